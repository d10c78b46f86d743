//! Templates that loop, grow, nest, reach out or are plainly wrong: each ends in time and says why.

use std::path::PathBuf;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// What comes of a template: the failure of its hook, or the body that was sent.
async fn evaluated(template: &str, jsonnet: Jsonnet) -> Result<String, (u16, String)> {
    let server = Server::ok().await;
    let body = format!("body: base64://{}", STANDARD.encode(template));
    let plan = plan(&one_web_hook(&[&body]), &server, "login after password");
    let outcome = run_with(&plan, sample("login after password"), &runtime().jsonnet(jsonnet)).await;
    if outcome.is_decided() { Ok(server.only().body) } else { Err(failure(&outcome.hooks[0])) }
}

async fn refused(template: &str) -> String {
    let (status, message) = evaluated(template, program()).await.expect_err("there is a result");
    assert_eq!(status, 500);
    message
}

#[tokio::test]
async fn honest_templates_have_the_standard_library() {
    let template = "local plus(n) = n + 1;\nfunction(ctx) { n: plus(1), names: std.sort(['b', 'a']), x:: 1 }";
    assert_eq!(evaluated(template, program()).await.unwrap(), r#"{"n": 2, "names": ["a", "b"]}"#);
    assert_eq!(evaluated("{ constant: true }", program()).await.unwrap(), r#"{"constant": true}"#);
}

#[tokio::test]
async fn endless_work_is_killed_at_its_time_and_reaped() {
    let limits = JsonnetLimits { time_max: Duration::from_millis(1500), ..JsonnetLimits::default() };
    let endless = [
        "local f(n) = if n < 2 then n else f(n - 1) + f(n - 2); f(90)",
        "local f(n) = f(n + 1) tailstrict; f(0)",
        "local double(n) = if n == 0 then 'x' else double(n - 1) + double(n - 1); std.length(double(60))",
    ];
    let named = Named::new('a');
    for template in endless {
        let started = Instant::now();
        let jsonnet = Jsonnet::new(&named.link).limits(limits.clone());
        let (status, message) = evaluated(template, jsonnet).await.unwrap_err();
        assert_eq!(status, 500);
        let killed = message.ends_with("the template had not ended after 1500 ms");
        // The strings may as well fill the memory first.
        assert!(killed || message.contains("used too much memory"), "{template}: {message}");
        assert!(started.elapsed() < Duration::from_secs(20), "{template}: {:?}", started.elapsed());
    }
    assert!(named.processes().is_empty(), "a child is left behind");
}

#[tokio::test]
async fn a_child_of_nobody_is_killed() {
    let limits = JsonnetLimits { time_max: Duration::from_secs(60), ..JsonnetLimits::default() };
    let named = Named::new('b');
    let jsonnet = Jsonnet::new(&named.link).limits(limits);
    let template = "local f(n) = if n < 2 then n else f(n - 1) + f(n - 2); f(90)";
    let waiting = tokio::spawn(evaluated(template, jsonnet));
    // So long that it has read its whole job, and would not end by itself.
    assert!(named.has(|ticks| ticks.iter().any(|ticks| *ticks > 10)).await, "no child is at work");
    waiting.abort();
    let _ = waiting.await;
    assert!(named.has(<[_]>::is_empty).await, "the child still runs, or was not reaped");
}

#[tokio::test]
async fn recursion_without_end_is_refused() {
    assert!(refused("local f(n) = f(n + 1) + 1; f(0)").await.contains("calls nest too deeply"));
    assert!(refused("local a = a; a").await.contains("a value depends on itself"));
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let source = refused(&"[".repeat(300_000)).await;
    assert!(source.contains("this is no Jsonnet") || source.contains("nests too deeply"), "{source}");
    let value = refused("local f(n) = [f(n + 1)]; f(0)").await;
    assert!(value.contains("nest") || value.contains("memory"), "{value}");
}

#[tokio::test]
async fn memory_ends_before_the_machine_does() {
    for template in ["std.range(1, 1000000000)", "std.length(std.repeat('x', 2000000000))"] {
        let message = refused(template).await;
        assert!(message.contains("used too much memory"), "{template}: {message}");
    }
}

#[tokio::test]
async fn results_on_either_side_of_the_limit() {
    let limits = JsonnetLimits { output_bytes_max: 1000, ..patient() };
    let string = |count: usize| format!("std.repeat('x', {count})");
    let fits = evaluated(&string(998), program().limits(limits.clone())).await.unwrap();
    assert_eq!(fits.len(), 1000);
    let (_, message) = evaluated(&string(999), program().limits(limits)).await.unwrap_err();
    assert!(message.ends_with("the result of the template is larger than 1000 bytes"), "{message}");
    // A result that fills the pipe many times over does not hold anybody up.
    let (_, message) = evaluated(&string(20_000_000), program()).await.unwrap_err();
    assert!(message.ends_with("larger than 262144 bytes"), "{message}");
}

#[tokio::test]
async fn errors_are_cut() {
    let message = refused("error std.repeat('x', 100000)").await;
    assert!(message.len() <= 1024 && message.ends_with("xxx"), "{}", message.len());
}

#[tokio::test]
async fn nothing_outside_can_be_reached() {
    let passwd = "/etc/passwd";
    let cases = [
        (format!("import '{passwd}'"), "imports are not allowed here"),
        (format!("function(ctx) importstr '{passwd}'"), "imports are not allowed here"),
        (format!("{{ a: importbin '{passwd}' }}"), "imports are not allowed here"),
        ("import 'x' + 'y'".to_owned(), "imports are not allowed here"),
        ("std.native('exec')('ls')".to_owned(), "is called as a function"),
        ("std.extVar('PATH')".to_owned(), "no external variable `PATH`"),
    ];
    for (template, expected) in cases {
        let message = refused(&template).await;
        assert!(message.contains(expected), "{template}: {message}");
        assert!(!message.contains("root:"), "{message}");
    }
}

#[tokio::test]
async fn the_process_has_no_environment() {
    // A program that prints its environment stands for the evaluator: it ends well, and so its output counts.
    assert!(std::env::vars().next().is_some(), "there is something to inherit");
    assert_eq!(evaluated("{}", Jsonnet::new("/usr/bin/env").limits(patient())).await.unwrap(), "");
}

#[tokio::test]
async fn mistakes_name_their_line() {
    let cases = [
        ("function(ctx)\n{ a: ", "2: this is no Jsonnet"),
        ("function(ctx) {\n  a: ctx.identity.nope,\n}", "2: there is no field `nope`"),
        ("function(ctx)\n\n  nobody", "3: there is no variable `nobody`"),
        ("function(x) x", "the function has no parameter `ctx`; a template begins with `function(ctx)`"),
        ("function(ctx) { f: function(x) x }", "the result holds a function"),
        ("function(ctx)\n assert false : 'no'; {}", "2: an assertion failed: no"),
        ("function(ctx) error 'broken'", "1: error: broken"),
        ("1 + {}", "does not take a number and an object"),
    ];
    for (template, expected) in cases {
        let message = refused(template).await;
        assert!(message.starts_with("kratos.yaml:11") && message.contains(expected), "{template}: {message}");
    }
}

#[tokio::test]
async fn a_missing_program_fails_the_hook_and_nothing_else() {
    let (status, message) = evaluated("{}", Jsonnet::new("/no/such/program")).await.unwrap_err();
    assert_eq!(status, 500);
    assert!(message.contains("cannot be started or read"), "{message}");
    assert!(message.contains("No such file"), "{message}");
    // One that is no evaluator is one that crashed.
    let (_, message) = evaluated("{}", Jsonnet::new("/bin/false").limits(patient())).await.unwrap_err();
    assert!(message.contains("exit status: 1"), "{message}");
}

#[tokio::test]
async fn a_context_that_nests_too_deeply_is_told_from_a_bad_template() {
    let server = Server::ok().await;
    let body = format!("body: base64://{}", STANDARD.encode("{}"));
    let plan = plan(&one_web_hook(&[&body]), &server, "login after password");
    let mut event = sample("login after password");
    let deep = (0..200).fold(serde_json::json!({}), |inner, _| serde_json::json!({ "x": inner }));
    event["flow"]["unknown_to_the_declaration"] = deep;
    let outcome = run(&plan, event).await;
    let (_, message) = failure(&outcome.hooks[0]);
    assert!(message.contains("no job on standard input: recursion limit exceeded"), "{message}");
}

/// The evaluator under a name of its own, so that its processes can be told from those of other tests.
struct Named {
    link: PathBuf,
    name: String,
}

impl Named {
    fn new(letter: char) -> Self {
        // The system keeps fifteen characters of the name of a process.
        let name = format!("vj{letter}{}", std::process::id());
        let link = std::env::temp_dir().join(&name);
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vestibule-jsonnet"), &link).unwrap();
        Self { link, name }
    }

    /// Its processes that run, or have ended and were not reaped: the time that each has used, in ticks.
    fn processes(&self) -> Vec<u64> {
        let wanted = format!("({}) ", self.name);
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
        let ours = stats.filter_map(|stat| Some(stat.split_once(&wanted)?.1.to_owned()));
        // The eleventh number behind the name is the time in user mode.
        ours.map(|stat| stat.split(' ').nth(11).unwrap().parse().unwrap()).collect()
    }

    async fn has(&self, wanted: impl Fn(&[u64]) -> bool) -> bool {
        for _ in 0..2000 {
            if wanted(&self.processes()) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.link);
    }
}

//! `vestibule run --ory` from end to end: a configuration in, requests to a real server, the document out.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use serde_json::Value;
use serde_json::json;
use vestibule_cli::Io;

/// A folder with a configuration, which goes away with the test.
struct Folder(PathBuf);

struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn with(configuration: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("vestibule-ory-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("kratos.yaml"), configuration).unwrap();
        Self(folder)
    }

    fn run(&self, line: &str) -> Ended {
        self.run_as(line, false)
    }

    fn run_as(&self, line: &str, is_terminal: bool) -> Ended {
        let (mut stdin, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
        let mut io = Io::new(&mut stdin, &mut out, &mut err);
        io.current_dir = self.0.clone();
        io.stdout_is_terminal = is_terminal;
        io.program = Some(env!("CARGO_BIN_EXE_vestibule").into());
        let line = format!("vestibule run --ory kratos.yaml {line}");
        let code = vestibule_cli::run(line.split_whitespace(), &mut io);
        Ended { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Ended {
    fn document(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Wrong use: nothing on stdout, and all of this on stderr.
    fn refuses(&self, texts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        for text in texts {
            assert!(self.err.contains(text), "{text:?} is not in {}", self.err);
        }
    }
}

/// Answers every request with this status and body; the bodies that it got come out of the channel.
fn server(status: u16, body: &str) -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (seen, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = seen.send(serve(stream, &answer));
        }
    });
    (url, bodies)
}

fn serve(mut stream: TcpStream, answer: &str) -> Value {
    let mut received = String::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap();
        received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        let Some((head, body)) = received.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            stream.write_all(answer.as_bytes()).unwrap();
            return serde_json::from_str(body).unwrap_or_default();
        }
    }
}

fn configuration(url: &str, more: &str) -> String {
    // function(ctx) { user: ctx.identity.id }
    let body = "base64://ZnVuY3Rpb24oY3R4KSB7IHVzZXI6IGN0eC5pZGVudGl0eS5pZCB9";
    format!(
        "selfservice:\n  flows:\n    login:\n      after:\n        hooks:\n          - hook: require_verified_address\n        \
         password:\n          hooks:\n            - hook: revoke_active_sessions\n            - hook: web_hook\n              \
         config: {{ id: risk, url: '{url}', method: POST, body: '{body}'{more} }}\n"
    )
}

const LOGIN: &str = "--flow login --when after --method password";

#[test]
fn hooks_run_with_their_templates_and_give_the_document() {
    let (url, bodies) = server(200, "");
    let folder = Folder::with(&configuration(&url, ""));
    let ended = folder.run(&format!("{LOGIN} --allow-address 127.0.0.1"));
    let document = ended.document(0);
    assert_eq!(document["decision"], json!({ "kind": "continue" }));
    assert_eq!(document["effects"], json!({ "hooks": { "revokeActiveSessions": true } }));
    assert_eq!(document["hooks"][1]["name"], "risk");
    assert_eq!(document["hooks"][1]["requests"][0]["outcome"], json!({ "kind": "answered", "status": 200 }));
    assert!(
        bodies.recv().unwrap()["user"].is_string(),
        "the template was evaluated by a child of the command"
    );
    assert!(ended.err.contains("warning: kratos.yaml:6: the hook here does not run"), "{}", ended.err);
    assert!(ended.err.contains("note: no --event given"), "{}", ended.err);
}

#[test]
fn people_read_one_line_for_each_hook() {
    let messages =
        json!({ "messages": [{ "instance_ptr": "#/", "messages": [{ "id": 1, "text": "Not now." }] }] });
    let (url, _bodies) = server(400, &messages.to_string());
    let folder = Folder::with(&configuration(&url, ", response: { parse: true }"));
    let ended = folder.run_as(&format!("{LOGIN} --allow-address 127.0.0.1"), true);
    assert_eq!(ended.code, 0, "a denial is a decision: {}", ended.err);
    assert!(ended.out.starts_with("Denied by risk\n  command: validation.error\n"), "{}", ended.out);
    assert!(ended.out.contains("Not now."), "{}", ended.out);
    let hooks = ended.out.split("Hooks\n").nth(1).unwrap();
    let lines: Vec<_> = hooks.lines().collect();
    assert_eq!(lines.len(), 2, "{hooks}");
    assert!(lines[0].starts_with("  1. revoke_active_sessions  completed  "), "{hooks}");
    let expected = format!("  2. risk (web_hook)  stopped the flow  POST {url}: 400  ");
    assert!(lines[1].starts_with(&expected) && lines[1].ends_with("kratos.yaml:10"), "{hooks}");
}

#[test]
fn a_target_on_this_machine_is_refused_with_the_way_out() {
    let (url, _bodies) = server(200, "");
    let ended = Folder::with(&configuration(&url, "")).run(LOGIN);
    let document = ended.document(1);
    assert_eq!(document["decision"]["kind"], "fail");
    assert!(ended.err.contains("hint: a target was refused by the egress policy"), "{}", ended.err);
    Folder::with(&configuration(&url, "")).run(&format!("{LOGIN} --allow-address localhost")).refuses(&[
        "--allow-address is \"localhost\", which is no address",
        "write --allow-address 127.0.0.1",
    ]);
}

#[test]
fn what_is_wrong_names_the_place_and_the_way_out() {
    let good = configuration("http://example.com/", "");
    let cases = [
        (
            good.replace("revoke_active_sessions", "revoke_sessions"),
            LOGIN,
            "kratos.yaml:9: there is no hook",
            "Kratos would log",
        ),
        (
            good.replace("revoke_active_sessions", "session"),
            LOGIN,
            "`session` is not allowed in",
            "move the hook",
        ),
        ("a: [".to_owned(), LOGIN, "kratos.yaml:", "--ory takes a configuration"),
        (good.clone(), "--flow login --when after", "depends on the method", "the methods are: password"),
        (good.clone(), "--flow logn", "there is no flow \"logn\"", "did you mean login?"),
        (
            good.clone(),
            "--flow login --when before --method code",
            "belong to no method",
            "leave the method out",
        ),
        (good.clone(), "--flow login action.js", "'--ory <FILE>' cannot be used with", "--help"),
        (good.clone(), "--flow login --secret A=b", "'--ory <FILE>' cannot be used with", "--help"),
        (good.clone(), "", "--flow", "--help"),
        (good, "--flow password-migration", "has no sample event", "name it with --event FILE"),
    ];
    for (text, line, problem, hint) in cases {
        Folder::with(&text).run(line).refuses(&[problem, hint]);
    }
}

#[test]
fn a_mistake_elsewhere_in_the_file_is_warned_of() {
    let text = format!(
        "{}    recovery:\n      after:\n        hooks: [{{ hook: webhook }}]\n",
        configuration("https://risk.example/", "")
    );
    let folder = Folder::with(&text);
    std::fs::write(
        folder.0.join("answers.json"),
        "[{ \"url\": \"https://risk.example/\", \"method\": \"POST\" }]",
    )
    .unwrap();
    let ended = folder.run(&format!("{LOGIN} --fetch answers.json"));
    ended.document(0);
    assert!(
        ended.err.contains("warning: kratos.yaml:14: there is no hook `webhook`; did you mean `web_hook`?"),
        "{}",
        ended.err
    );
}

#[test]
fn the_event_can_be_given() {
    let (url, bodies) = server(200, "");
    let folder = Folder::with(&configuration(&url, ""));
    let (mut stdin, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
    let sample = ["vestibule", "triggers", "sample", "ory/after-login"];
    assert_eq!(vestibule_cli::run(sample, &mut Io::new(&mut stdin, &mut out, &mut err)), 0);
    let mut event: Value = serde_json::from_slice(&out).unwrap();
    event["identity"]["id"] = "mine".into();
    std::fs::write(folder.0.join("event.json"), event.to_string()).unwrap();
    let ended = folder.run(&format!("{LOGIN} --event event.json --allow-address 127.0.0.0/8"));
    ended.document(0);
    assert_eq!(bodies.recv().unwrap(), json!({ "user": "mine" }));

    event["method"] = "oidc".into();
    std::fs::write(folder.0.join("event.json"), event.to_string()).unwrap();
    folder
        .run(&format!("{LOGIN} --event event.json"))
        .refuses(&["$.method must be \"password\"", "vestibule triggers sample ory/after-login"]);
}

#[test]
fn a_configuration_of_hydra_has_its_token_hook() {
    let folder = Folder::with("oauth2: { token_hook: 'https://hydra.example/' }\n");
    let claims = json!({ "session": { "access_token": { "tier": "gold" } } });
    let answers = json!([{ "url": "https://hydra.example/", "method": "POST", "json": claims }]);
    std::fs::write(folder.0.join("answers.json"), answers.to_string()).unwrap();
    let document = folder.run("--flow oauth2-token --fetch answers.json").document(0);
    assert_eq!(
        document["effects"],
        json!({ "accessToken": { "setClaims": { "claims": { "tier": "gold" } } } })
    );
}

#[test]
fn the_child_of_the_command_is_no_command_for_people() {
    let (mut stdin, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
    let mut io = Io::new(&mut stdin, &mut out, &mut err);
    assert_eq!(vestibule_cli::run(["vestibule", "--help"], &mut io), 0);
    assert!(!String::from_utf8(out).unwrap().contains("jsonnet"));
}

#[test]
fn answers_of_a_file_stand_for_the_network() {
    let folder = Folder::with(&configuration("https://risk.example/", ""));
    let answers = json!([{ "url": "https://risk.example/", "method": "POST", "status": 503 }]);
    std::fs::write(folder.0.join("answers.json"), answers.to_string()).unwrap();
    let document = folder.run(&format!("{LOGIN} --fetch answers.json")).document(1);
    let message = "the endpoint answered with the status 503";
    assert_eq!(document["decision"], json!({ "kind": "fail", "action": "risk", "message": message }));
    assert_eq!(document["hooks"][1]["requests"].as_array().unwrap().len(), 3);
}

//! `vestibule dev`, as the process that a person starts and ends.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use support::Folder;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(60);

const DENY: &str = "exports.onExecutePostLogin = async (event, api) => { api.access.deny('REASON'); };\n";

fn deny(reason: &str) -> String {
    DENY.replace("REASON", reason)
}

/// Two cases that pass; the second one takes its action from elsewhere.
fn folder() -> Folder {
    let folder = Folder::new()
        .with("cases/one/action.js", deny("one"))
        .with("actions/shared.js", deny("two"))
        .with("cases/two/case.json", r#"{ "files": ["../../actions/shared.js"] }"#);
    let updated = folder.run("test . --update");
    assert_eq!(updated.code, 0, "{}{}", updated.out, updated.err);
    folder
}

/// A running `vestibule dev`.
struct Dev {
    process: Child,
    lines: Receiver<String>,
}

impl Dev {
    fn start(folder: &Folder) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .arg("dev")
            .current_dir(&folder.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let (out, err) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let error_sender = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        std::thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).try_for_each(|line| error_sender.send(line))
        });
        Self { process, lines }
    }

    /// The lines up to one with this text in it.
    fn until(&self, text: &str) -> String {
        let mut seen = String::new();
        while !seen.contains(text) {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {text:?} in {seen}"));
            seen.push_str(&line);
            seen.push('\n');
        }
        seen
    }

    /// What Ctrl-C does.
    fn interrupt(mut self) -> i32 {
        let killed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

#[test]
fn what_a_change_concerns_runs_again() {
    let folder = folder();
    let dev = Dev::start(&folder);
    let first = dev.until("2 cases passed");
    assert!(first.contains("ok       cases/one") && first.contains("ok       cases/two"), "{first}");
    assert!(first.contains("2 of 2 cases passed") && first.contains("2 ran"), "{first}");

    // A change that makes one case fail: only that one runs, and says what differs.
    fs::write(folder.path.join("actions/shared.js"), deny("other")).unwrap();
    let failed = dev.until("failing: cases/two");
    assert!(failed.contains("changed: actions/shared.js"), "{failed}");
    assert!(
        failed.contains("FAILED   cases/two") && failed.contains("+") && failed.contains("other"),
        "{failed}"
    );
    assert!(!failed.contains("cases/one"), "{failed}");
    assert!(failed.contains("1 of 2 cases passed") && failed.contains("1 ran"), "{failed}");

    // A broken file is survived, and told by the check and by the case.
    fs::write(folder.path.join("cases/one/action.js"), "exports.onExecutePostLogin = async ( => {\n")
        .unwrap();
    let broken = dev.until("failing: cases/one, cases/two");
    assert!(broken.contains("cases/one/action.js:1:38: error:"), "{broken}");
    assert!(broken.contains("FAILED   cases/one") && !broken.contains("FAILED   cases/two"), "{broken}");
    assert!(broken.contains("0 of 2 cases passed, 1 error"), "{broken}");

    // Both are right again, in one change.
    fs::write(folder.path.join("cases/one/action.js"), deny("one")).unwrap();
    fs::write(folder.path.join("actions/shared.js"), deny("two")).unwrap();
    dev.until("2 of 2 cases passed");

    // A new case in a new folder.
    fs::create_dir(folder.path.join("cases/three")).unwrap();
    fs::write(folder.path.join("cases/three/action.js"), deny("three")).unwrap();
    let new = dev.until("of 3 cases passed");
    assert!(new.contains("BROKEN   cases/three") && new.contains("no expected.json"), "{new}");

    // And a case that goes away.
    fs::remove_dir_all(folder.path.join("cases/three")).unwrap();
    dev.until("2 of 2 cases passed");
    assert_eq!(dev.interrupt(), 0);
}

#[test]
fn a_case_json_that_is_no_json_breaks_its_case_only() {
    let folder = folder();
    let dev = Dev::start(&folder);
    dev.until("2 of 2 cases passed");
    fs::write(folder.path.join("cases/two/case.json"), "{").unwrap();
    let broken = dev.until("failing: cases/two");
    assert!(broken.contains("BROKEN   cases/two") && broken.contains("case.json:1:"), "{broken}");
    fs::write(folder.path.join("vestibule.yaml"), "version: 2\n").unwrap();
    let flow = dev.until("1 of 2 cases passed");
    assert!(flow.contains("vestibule.yaml:1:"), "{flow}");
    assert_eq!(dev.interrupt(), 0);
}

#[test]
fn one_round_ends_by_itself() {
    let folder = folder();
    let good = folder.run("dev --once");
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert!(good.out.contains("2 of 2 cases passed"), "{}", good.out);
    let folder = folder.with("actions/shared.js", deny("other"));
    let failed = folder.run("dev --once cases");
    assert_eq!(failed.code, 1, "{}", failed.out);
    assert!(failed.out.contains("failing: cases/two"), "{}", failed.out);
    let folder = folder
        .with("actions/shared.js", deny("two"))
        .with("actions/odd.js", "exports.onExecutePostLogin = async () => { process.exit(); };");
    let odd = folder.run("dev --once");
    assert_eq!(odd.code, 1, "{}", odd.out);
    assert!(
        odd.out.contains("actions/odd.js:1:") && odd.out.contains("An action has no `process`"),
        "{}",
        odd.out
    );
    folder.run("dev missing").refuses(&["cannot look at missing"]);
    folder.run("dev actions/odd.js").refuses(&["is a file, but must be a folder"]);
}

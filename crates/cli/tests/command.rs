//! The command from end to end, in this process: arguments and files in, output and exit code out.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::Folder;
use vestibule_cli::Io;

const GREET: &str = r#"
exports.onExecutePostLogin = async (event, api) => {
  console.log("hello", event.user.email, event.secrets.KEY);
  api.idToken.setCustomClaim("https://acme.example/k", event.secrets.KEY?.length ?? 0);
};
"#;

const DENY: &str =
    "exports.onExecutePostLogin = async (event, api) => { api.access.deny(`not ${event.user.name}`); };";

fn greeting() -> Folder {
    Folder::new().with("greet.js", GREET)
}

#[test]
fn run_prints_the_outcome_document() {
    let ended = greeting().run("run greet.js --trigger auth0/post-login --secret KEY=abcdef");
    let document = ended.document(0);
    assert_eq!(document["decision"]["kind"], "continue");
    assert_eq!(document["effects"]["idToken"]["setCustomClaim"]["https://acme.example/k"], 6);
    assert_eq!(document["actions"][0]["name"], "greet");
    assert!(!ended.out.contains("abcdef"), "a secret is shown: {}", ended.out);
    assert!(ended.err.starts_with("note: no --event"), "{}", ended.err);
}

#[test]
fn run_speaks_to_a_person_on_a_terminal() {
    let folder = greeting().with("deny.js", DENY);
    let ended = folder.run_with("run greet.js deny.js -t auth0/post-login", "", true);
    assert_eq!(ended.code, 0, "a denial is a decision: {}", ended.err);
    assert!(
        ended.out.starts_with("Denied by deny: not Ada Brandt\n  command: access.deny\n"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("\nThe host would now do\n  access.deny\n    reason: "), "{}", ended.out);
    assert!(
        ended.out.contains("1. greet  completed") && ended.out.contains("log   hello ada"),
        "{}",
        ended.out
    );
    let plain = folder.run_with("run deny.js -t auth0/post-login --format json", "", true);
    assert_eq!(plain.document(0)["decision"]["kind"], "deny");
}

#[test]
fn run_takes_the_event_from_a_file_or_from_standard_input() {
    let folder = Folder::new().with("deny.js", DENY);
    let mut event: Value = serde_json::from_str(&folder.run("triggers sample auth0/post-login").out).unwrap();
    event["user"]["name"] = "Mallory".into();
    let folder = folder.with("event.json", event.to_string());
    let from_file = folder.run("run deny.js -t auth0/post-login --event event.json");
    assert_eq!(from_file.document(0)["decision"]["reason"], "not Mallory");
    let from_stdin = folder.run_with("run deny.js -t auth0/post-login --event -", &event.to_string(), false);
    assert_eq!(from_stdin.document(0)["decision"]["reason"], "not Mallory");
}

/// Sends its user away, and takes the answer.
const ASK: &str = r#"
exports.onExecutePostLogin = async (event, api) => {
  api.user.setAppMetadata("asked", true);
  api.redirect.sendUserTo("https://consent.example/");
};
exports.onContinuePostLogin = async (event, api) => {
  api.user.setAppMetadata("answer", event.request.query.answer);
};
"#;

/// A folder with a flow that waits, and the event of the user who is back.
fn waiting() -> Folder {
    let folder = Folder::new().with("ask.js", ASK);
    let mut event: Value = serde_json::from_str(&folder.run("triggers sample auth0/post-login").out).unwrap();
    event["request"]["query"]["answer"] = "yes".into();
    let folder = folder.with("back.json", event.to_string());
    let outcome = folder.run("run ask.js -t auth0/post-login --continuation-key-file key");
    assert_eq!(outcome.document(0)["decision"]["kind"], "suspend");
    folder.with("outcome.json", &outcome.out)
}

const GO_ON: &str = "run ask.js -t auth0/post-login --continuation-key-file key --event back.json --continue";

#[test]
fn run_goes_on_where_a_flow_waits() {
    let folder = waiting();
    let from_file = folder.run(&format!("{GO_ON} outcome.json")).document(0);
    assert_eq!(from_file["decision"]["kind"], "continue");
    assert_eq!(
        from_file["effects"],
        serde_json::json!({ "user": { "setAppMetadata": { "asked": true, "answer": "yes" } } })
    );
    assert_eq!(from_file["actions"][0]["handler"], "onContinuePostLogin");
    let outcome: Value = serde_json::from_str(&folder.read("outcome.json")).unwrap();
    let text = outcome["decision"]["continuation"].as_str().unwrap();
    let alone = folder.run_with(&format!("{GO_ON} -"), &format!("{text}\n"), false).document(0);
    assert_eq!(alone["effects"], from_file["effects"]);
}

#[test]
fn run_says_why_a_continuation_is_refused() {
    let folder = waiting();
    let outside = "error: this request cannot be continued; please start again";
    folder.run_with(&format!("{GO_ON} -"), "nonsense", false).refuses(&[outside, "the reason is malformed"]);
    let mut event: Value = serde_json::from_str(&folder.read("back.json")).unwrap();
    event["user"]["user_id"] = "auth0|another".into();
    let folder = folder.with("another.json", event.to_string());
    let go_on = GO_ON.replace("back.json", "another.json");
    folder.run(&format!("{go_on} outcome.json")).refuses(&[outside, "the reason is other_subject"]);
    let folder = folder.with("ask.js", format!("{ASK}// changed"));
    folder.run(&format!("{GO_ON} outcome.json")).refuses(&[outside, "the reason is other_version"]);
    let folder = folder.with("ask.js", ASK).with("key", "00".repeat(32));
    folder.run(&format!("{GO_ON} outcome.json")).refuses(&[outside, "the reason is altered", "key file"]);
}

#[test]
fn run_says_what_it_needs_to_go_on() {
    let folder = waiting().with("done.json", r#"{"decision": {"kind": "continue"}}"#).with("short", "00");
    folder
        .run(&format!("{GO_ON} done.json"))
        .refuses(&["holds no continuation: its decision is \"continue\""]);
    folder.run(&format!("{GO_ON} gone.json")).refuses(&["cannot read gone.json"]);
    let no_key = GO_ON.replace("--continuation-key-file key", "");
    folder.run(&format!("{no_key} outcome.json")).refuses(&["--continuation-key-file"]);
    let missing = GO_ON.replace("-key-file key", "-key-file missing");
    folder.run(&format!("{missing} outcome.json")).refuses(&["cannot read missing"]);
    let short = GO_ON.replace("-key-file key", "-key-file short");
    folder
        .run(&format!("{short} outcome.json"))
        .refuses(&["short holds no key: it must be 64 hexadecimal digits"]);
    let both = GO_ON.replace("back.json", "-");
    folder.run(&format!("{both} -")).refuses(&["both read standard input"]);
}

#[cfg(unix)]
#[test]
fn a_key_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = waiting();
    let mode = fs::metadata(folder.path.join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = folder.read("key");
    folder.run("run ask.js -t auth0/post-login --continuation-key-file key").document(0);
    assert_eq!(folder.read("key"), key, "it is made once");
}

#[test]
fn a_failing_action_fails_the_flow_unless_it_may() {
    let thrower = "exports.onExecutePostLogin = async () => {\n  null.x;\n};";
    let folder = greeting().with("broken.js", thrower);
    let failed = folder.run("run broken.js greet.js -t auth0/post-login").document(1);
    assert_eq!(failed["decision"]["kind"], "fail");
    assert_eq!(failed["actions"][0]["outcome"]["frames"][0]["line"], 2);
    let survived =
        folder.run("run broken.js greet.js -t auth0/post-login --on-failure broken=continue").document(0);
    assert_eq!(survived["actions"][0]["failure_ignored"], true);
    assert_eq!(survived["actions"][1]["outcome"]["kind"], "completed");
}

#[test]
fn an_action_that_does_not_compile_is_a_failed_flow() {
    let folder =
        Folder::new().with("bad.ts", "export const onExecutePostLogin = async () => {\n  let x = = 1;\n};");
    let ended = folder.run("run bad.ts -t auth0/post-login");
    let document = ended.document(1);
    assert_eq!(document["decision"]["kind"], "fail");
    let outcome = &document["actions"][0]["outcome"];
    assert_eq!((&outcome["kind"], &outcome["name"]), (&"invalid_program".into(), &"SyntaxError".into()));
    assert_eq!(outcome["frames"][0]["line"], 2);
    assert!(ended.err.contains("error: bad.ts:2:11: "), "{}", ended.err);
    assert!(ended.err.contains(" 2 |   let x = = 1;\n   |           ^"), "{}", ended.err);
    let text = folder.run_with("run bad.ts -t auth0/post-login", "", true);
    assert_eq!((text.code, text.out.as_str()), (1, ""), "what is wrong is said once");
}

#[test]
fn a_limit_of_the_command_line_holds() {
    let folder = Folder::new().with("loop.js", "exports.onExecutePostLogin = async () => { for (;;); };");
    let document =
        folder.run("run loop.js -t auth0/post-login --limit cpu_ms=20 --limit wall_ms=2000").document(1);
    assert_eq!(document["actions"][0]["outcome"]["kind"], "cpu_limit");
    assert_eq!(document["actions"][0]["outcome"]["limit"], 20);
}

#[test]
fn fetch_is_answered_from_a_file() {
    let source = "exports.onExecutePostLogin = async (event, api) => {
        const answer = await fetch('https://risk.example/score?user=1');
        const { score } = await answer.json();
        api.access.deny(`score ${score}`);
    };";
    let answers = r#"[{ "url": "https://risk.example/*", "json": { "score": 97 } }]"#;
    let folder = Folder::new().with("risk.js", source).with("answers.json", answers);
    let document = folder.run("run risk.js -t auth0/post-login --fetch answers.json").document(0);
    assert_eq!(document["decision"]["reason"], "score 97");
    assert_eq!(document["actions"][0]["fetches"][0]["outcome"]["status"], 200);
    folder
        .run("run risk.js -t auth0/post-login --fetch risk.js")
        .refuses(&["risk.js:1:1: expected value", "hint: it must be a list"]);
}

#[test]
fn the_directory_answers_for_groups_and_roles() {
    let source = "exports.onExecutePostLogin = async (event, api) => {
        const { roles } = await api.roles.getUserEffectiveRoles();
        api.access.deny(roles.map((role) => role.name).join());
    };";
    let folder = Folder::new()
        .with("a.js", source)
        .with("host.json", r#"{ "roles": [{ "id": "r1", "name": "admin" }] }"#);
    let document = folder.run("run a.js -t auth0/post-login --host host.json").document(0);
    assert_eq!(document["decision"]["reason"], "admin", "{document:#}");
    let folder = folder.with("host.json", r#"{ "role": [] }"#);
    folder
        .run("run a.js -t auth0/post-login --host host.json")
        .refuses(&["host.json:1:8: unknown field `role`"]);
}

#[test]
fn wrong_files_are_told_with_the_way_out() {
    let folder = greeting()
        .with("broken.json", "{\n  \"user\": }")
        .with("list.json", "[]")
        .with("empty.json", "{}")
        .with("latin.js", b"// caf\xe9")
        .with("huge.js", " ".repeat(1024 * 1024 + 1))
        .with("dir/x.js", "");
    let run = |rest: &str| folder.run(&format!("run {rest} -t auth0/post-login"));
    run("missing.js").refuses(&["cannot read missing.js", "caused by: No such file", "hint: check the path"]);
    run("dir").refuses(&["dir is a directory, but must be a file"]);
    run("latin.js").refuses(&["latin.js:1: this is no text in UTF-8", "hint: "]);
    run("huge.js").refuses(&["huge.js: the source is 1048577 bytes long", "1048576 are allowed"]);
    run("greet.js --event missing.json").refuses(&["cannot read missing.json"]);
    run("greet.js --event broken.json")
        .refuses(&["broken.json:2:11: expected value\n 2 |   \"user\": }\n   |           ^"]);
    run("greet.js --event list.json").refuses(&["list.json holds a list, but an event is an object"]);
    let mismatch = run("greet.js --event empty.json");
    mismatch.refuses(&[
        "the event does not match the trigger auth0/post-login",
        "$.user ",
        "$.client ",
        "vestibule triggers sample",
    ]);
    assert_eq!(mismatch.err.matches("error: ").count(), 1);
}

#[test]
fn wrong_arguments_are_told_with_the_way_out() {
    let folder = greeting();
    folder.run("run greet.js -t auth0/post-loggin").refuses(&[
        "there is no trigger \"auth0/post-loggin\"; did you mean \"auth0/post-login\"?",
        "hint: `vestibule triggers` lists them",
    ]);
    let run = |rest: &str| folder.run(&format!("run greet.js -t auth0/post-login {rest}"));
    run("--secret A=1 --secret A=2").refuses(&["the secret A is given twice", "hint: "]);
    let secret = run("--secret hunter2");
    secret.refuses(&["a --secret has no \"=\"", "hint: write --secret NAME=VALUE"]);
    assert!(!secret.err.contains("hunter2"), "{}", secret.err);
    run("--limit wal_ms=1").refuses(&["there is no limit \"wal_ms\"", "hint: the limits are: wall_ms, "]);
    run("--limit heap_bytes=1").refuses(&["limit `heap_bytes` is 1, but must be from 8388608 to 536870912"]);
    run("--limit event_bytes=100").refuses(&["the event is ", "more than the limit of 100", "hint: "]);
    run("--on-failure other=continue")
        .refuses(&["which is none of the actions", "hint: the actions are: greet"]);
    run("--allow-host a..b").refuses(&["hint: write --allow-host "]);
    run("--colour").refuses(&["unexpected argument '--colour'"]);
    folder.run("run -t auth0/post-login").refuses(&["<ACTION>..."]);
}

#[test]
fn a_secret_can_come_from_a_file() {
    let folder = greeting().with("key", "abc\n");
    let document = folder.run("run greet.js -t auth0/post-login --secret-file KEY=key").document(0);
    assert_eq!(document["effects"]["idToken"]["setCustomClaim"]["https://acme.example/k"], 3);
    folder.run("run greet.js -t auth0/post-login --secret-file KEY=nokey").refuses(&["cannot read nokey"]);
    folder
        .run("run greet.js -t auth0/post-login --secret KEY=a --secret-file KEY=key")
        .refuses(&["the secret KEY is given twice"]);
}

#[test]
fn test_shows_what_differs_and_update_accepts_it() {
    let folder = Folder::new()
        .with("cases/case.json", r#"{ "trigger": "auth0/pre-user-registration" }"#)
        .with("cases/one/action.js", "exports.onExecutePreUserRegistration = async (event, api) => { console.log('hi'); };")
        .with("cases/two/action.js", "exports.onExecutePreUserRegistration = async (event, api) => { api.access.deny(event.user.email, ''); };")
        .with("cases/two/event.patch.json", r#"{ "user": { "email": "m@x.example" } }"#);
    let broken = folder.run("test cases");
    assert_eq!(broken.code, 2);
    assert!(
        broken.out.contains("there is no expected.json") && broken.out.contains("2 could not be run"),
        "{}",
        broken.out
    );
    let updated = folder.run("test cases --update");
    assert_eq!(updated.code, 0);
    assert!(
        updated.out.contains("updated  cases/one") && updated.out.contains("0 passed, 0 failed, 2 updated"),
        "{}",
        updated.out
    );
    assert!(folder.run("test cases").out.contains("\n2 passed, 0 failed"));

    let expected = folder.read("cases/two/expected.json");
    assert!(
        expected.contains("\"reason\": \"m@x.example\"") && expected.contains("\"usage\": \"*\""),
        "{expected}"
    );
    let folder = folder
        .with("cases/two/expected.json", expected.replace("\"kind\": \"deny\"", "\"kind\": \"continue\""));
    let failed = folder.run("test cases");
    assert_eq!(failed.code, 1);
    assert!(failed.out.contains("ok       cases/one"), "{}", failed.out);
    assert!(failed.out.contains("FAILED   cases/two"), "{}", failed.out);
    assert!(
        failed.out.contains("-     \"kind\": \"continue\",\n         +     \"kind\": \"deny\",\n"),
        "{}",
        failed.out
    );
    assert!(failed.out.contains("\n1 passed, 1 failed") && failed.out.contains("--update"), "{}", failed.out);

    let json: Value = serde_json::from_str(&folder.run("test cases --format json --filter two").out).unwrap();
    assert_eq!((&json["failed"], &json["cases"][0]["verdict"]), (&1.into(), &"failed".into()));
}

#[test]
fn a_star_in_the_expectation_survives_an_update() {
    let source =
        "exports.onExecutePostLogin = async () => { console.log(Math.random()); console.log('x'); };";
    let folder = Folder::new().with("action.js", source);
    assert_eq!(folder.run("test --update").code, 0);
    assert_eq!(folder.run("test").code, 1, "the log differs from run to run");
    let mut expected: Value = serde_json::from_str(&folder.read("expected.json")).unwrap();
    expected["actions"][0]["logs"][0]["message"] = "*".into();
    let folder = folder.with("expected.json", expected.to_string());
    assert_eq!(folder.run("test").code, 0);
    expected["actions"][0]["logs"][1]["message"] = "y".into();
    let folder = folder.with("expected.json", expected.to_string());
    assert_eq!(folder.run("test --update").code, 0);
    let written: Value = serde_json::from_str(&folder.read("expected.json")).unwrap();
    assert_eq!(written["actions"][0]["logs"][0]["message"], "*");
    assert_eq!(written["actions"][0]["logs"][1]["message"], "x");
}

#[test]
fn a_case_says_all_there_is_to_say() {
    let counter = "exports.onExecutePostLogin = async (event, api) => {
        const n = Number(api.cache.get('n')?.value ?? 0) + 1;
        api.cache.set('n', String(n));
        api.transaction.setMetadata('n', n);
    };";
    let second = "export const onExecutePostLogin = async (event: any, api: any) => {
        api.access.deny(`${event.secrets.A}${event.secrets.B.length} ${event.transaction.metadata.n}`);
    };";
    let case = r#"{ "description": "all of it", "runs": 3, "budget_ms": 5000, "limits": { "wall_ms": 4000 },
                    "actions": { "2-second.ts": { "name": "last", "secrets": { "B": "four" }, "limits": { "cpu_ms": 900 } } } }"#;
    let folder = Folder::new()
        .with("c/1-first.js", counter)
        .with("c/2-second.ts", second)
        .with("c/case.json", case)
        .with("c/secrets.json", r#"{ "A": "a", "B": "b" }"#);
    let updated = folder.run("test c --update");
    assert_eq!(updated.code, 0, "{}", updated.out);
    let expected: Value = serde_json::from_str(&folder.read("c/expected.json")).unwrap();
    assert_eq!(expected["actions"][0]["name"], "first");
    assert_eq!(expected["decision"]["action"], "last");
    assert_eq!(expected["decision"]["reason"], "a4 3", "{expected:#}");
}

#[test]
fn a_bad_case_says_what_is_wrong_with_it() {
    let action = "exports.onExecutePostLogin = async () => {};";
    let broken = |file: &str, text: &str| {
        let ended = Folder::new().with("c/action.js", action).with(&format!("c/{file}"), text).run("test c");
        assert_eq!(ended.code, 2, "{}", ended.out);
        ended.out
    };
    let contains = |text: String, part: &str| assert!(text.contains(part), "{part:?} is not in {text}");
    contains(broken("case.json", r#"{ "run": 2 }"#), "case.json:1:7: unknown field `run`, expected one of");
    contains(broken("case.json", r#"{ "runs": 0 }"#), "`runs` is 0, but must be from 1 to 1000");
    contains(
        broken("case.json", r#"{ "budget_ms": 18446744073709551615 }"#),
        "`budget_ms` is 18446744073709551615",
    );
    contains(broken("case.json", r#"{ "trigger": "post-login" }"#), "did you mean \"auth0/post-login\"?");
    contains(broken("case.json", r#"{ "limits": { "wall": 1 } }"#), "there is no limit \"wall\"");
    contains(broken("case.json", r#"{ "actions": { "x.js": {} } }"#), "hint: the actions are: action.js");
    contains(broken("case.json", r#"{ "files": ["../nowhere.js"] }"#), "cannot read ../nowhere.js");
    contains(
        broken("secrets.json", r#"{ "A": 1 }"#),
        "secrets.json:1:8: invalid type: integer `1`, expected a string",
    );
    contains(broken("1-other.js", action), "the order of the actions is not clear: action.js, 1-other.js");
    contains(broken("expected.json", "{"), "expected.json:1:");
    contains(
        broken("event.resume.patch.json", "{}"),
        "there is an event to resume with, but the flow does not wait: {\"kind\":\"continue\"}",
    );
    let both = Folder::new().with("c/action.js", action).with("c/event.resume.json", "{}");
    let both = both.with("c/event.resume.patch.json", "{}").run("test c");
    contains(both.out, "there is an event.resume.json and an event.resume.patch.json");
    let folder = Folder::new().with("c/notes.md", "");
    folder.run("test c").refuses(&["there is no case in c", "hint: a case is a folder with an action.js"]);
    folder.run("test c/notes.md").refuses(&["c/notes.md is a file", "hint: try: vestibule test c"]);
    folder.run("test nowhere").refuses(&["cannot search nowhere for cases"]);
}

#[test]
fn triggers_and_types_are_printed() {
    let folder = Folder::new();
    let list = folder.run("triggers");
    assert!(list.out.starts_with("auth0/post-login  "), "{}", list.out);
    assert!(list.out.contains("onExecutePostLogin, onContinuePostLogin"), "{}", list.out);
    let json: Value = serde_json::from_str(&folder.run("triggers --format json").out).unwrap();
    assert_eq!(json[1]["name"], "auth0/pre-user-registration");
    assert_eq!(json[1]["handlers"][0]["phase"], "execute");
    assert!(folder.run("types --trigger auth0/post-login").out.contains("export interface PostLoginAPI"));
    assert!(folder.run("triggers show auth0/post-login").out.starts_with("# Post Login\n"));
    folder.run("triggers show post-login").refuses(&["did you mean \"auth0/post-login\"?"]);
    folder.run("types --trigger x").refuses(&["there is no trigger \"x\""]);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = Folder::new();
    for command in ["run", "test", "dev", "check", "types", "triggers", "init"] {
        let help = folder.run(&format!("{command} --help"));
        assert_eq!((help.code, help.err.as_str()), (0, ""));
        assert!(help.out.contains("Examples:\n  vestibule "), "{}", help.out);
    }
    assert!(folder.run("run --help").out.contains("  wall_ms=20000\n"), "the limits are listed");
    assert!(folder.run("--version").out.starts_with("vestibule "));
    assert_eq!(folder.run("").code, 2);
}

#[test]
fn colours_appear_only_where_they_are_wanted() {
    let folder = greeting();
    let (mut stdin, mut out, mut err) = (std::io::empty(), Vec::new(), Vec::new());
    let mut io = Io::new(&mut stdin, &mut out, &mut err);
    io.current_dir = Path::to_owned(&folder.path);
    io.colours.stdout = true;
    let args = ["vestibule", "run", "greet.js", "-t", "auth0/post-login", "--format", "text"];
    assert_eq!(vestibule_cli::run(args, &mut io), 0);
    assert!(String::from_utf8(out).unwrap().starts_with("\u{1b}[1;32mAllowed\u{1b}[0m"));
    assert!(!String::from_utf8(err).unwrap().contains('\u{1b}'));
}

#[test]
fn a_reader_that_has_gone_is_no_failure_but_a_full_disk_is() {
    struct Refusing(std::io::ErrorKind);
    impl std::io::Write for Refusing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for (kind, code) in [(std::io::ErrorKind::BrokenPipe, 0), (std::io::ErrorKind::StorageFull, 1)] {
        let (mut stdin, mut out, mut err) = (std::io::empty(), Refusing(kind), Vec::new());
        let mut io = Io::new(&mut stdin, &mut out, &mut err);
        assert_eq!(vestibule_cli::run(["vestibule", "triggers"], &mut io), code);
        assert_eq!(err.is_empty(), code == 0);
    }
}

#[test]
fn hostile_cases_leave_the_others_alone() {
    let hostile = [
        "for (;;);",
        "await new Promise(() => {});",
        "const a = []; for (;;) a.push(new Array(1000).fill(a.length));",
        "for (;;) api.accessToken.addScope('x' + Math.random());",
        "throw { get message() { for (;;); } };",
        "for (let i = 0; i < 5000; i++) console.log('x'.repeat(1000));",
    ];
    let mut folder = Folder::new();
    for (index, body) in hostile.iter().enumerate() {
        let source = format!("exports.onExecutePostLogin = async (event, api) => {{ {body} }};");
        folder = folder
            .with(&format!("h{index}/action.js"), source)
            .with(&format!("h{index}/case.json"), r#"{ "limits": { "cpu_ms": 200, "wall_ms": 3000 } }"#);
    }
    let folder = folder.with("good/action.js", DENY);
    let updated = folder.run("test --update --jobs 8");
    assert_eq!(updated.code, 0, "{}", updated.out);
    let expected: Value = serde_json::from_str(&folder.read("good/expected.json")).unwrap();
    assert_eq!(expected["decision"]["kind"], "deny");
    let kind = |index: usize| {
        let text = folder.read(&format!("h{index}/expected.json"));
        serde_json::from_str::<Value>(&text).unwrap()["actions"][0]["outcome"]["kind"].clone()
    };
    let kinds: Vec<_> = (0..hostile.len()).map(kind).collect();
    assert_eq!(kinds[0], "cpu_limit");
    assert_eq!(kinds[1], "unsettled");
    assert!(kinds[2] == "heap_limit" || kinds[2] == "cpu_limit", "{kinds:?}");
    assert_ne!(kinds[3], "completed");
    assert_eq!(kinds[4], "threw");
    assert_eq!(kinds[5], "completed");
}

const RISK: &str =
    "exports.score = () => actions.secrets.KEY.length; console.log('with', actions.secrets.KEY);";
const BY_RISK: &str = r#"
const { score } = require("actions:risk");
exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://acme.example/risk", score());
};
"#;

#[test]
fn run_gives_modules_to_actions() {
    let folder = Folder::new().with("ask.js", BY_RISK).with("lib/risk.js", RISK);
    let line = "run ask.js -t auth0/post-login --module risk=lib/risk.js --module-secret risk.KEY=abc=def";
    let ended = folder.run(line);
    let document = ended.document(0);
    assert_eq!(document["effects"]["idToken"]["setCustomClaim"]["https://acme.example/risk"], 7);
    assert_eq!(document["actions"][0]["logs"][0]["message"], "with ****");
    let without = folder.run("run ask.js -t auth0/post-login");
    assert!(
        without.err.contains("warning: ask.js asks for actions:risk; give it with --module risk=FILE"),
        "{}",
        without.err
    );
    assert_eq!(
        without.document(1)["actions"][0]["outcome"]["message"],
        "Cannot find module 'actions:risk': the action has no modules"
    );
}

#[test]
fn wrong_modules_are_wrong_use() {
    let folder = Folder::new().with("ask.js", BY_RISK).with("risk.js", RISK).with("bad.js", "const = 1;");
    let run = |flags: &str| folder.run(&format!("run ask.js -t auth0/post-login {flags}"));
    run("--module risk").refuses(&["a --module has no \"=\"", "write --module NAME=FILE"]);
    run("--module risk=none.js").refuses(&["none.js"]);
    run("--module a.b=risk.js")
        .refuses(&["\"a.b\" is no name for a module", "1 to 100 letters, digits, - and _"]);
    run("--module risk=risk.js --module risk=risk.js").refuses(&["the module risk is given twice"]);
    run("--module risk=risk.js --module-secret KEY=hunter2").refuses(&[
        "a --module-secret names \"KEY\", which has no module",
        "write --module-secret MODULE.NAME=VALUE",
    ]);
    run("--module risk=risk.js --module-secret rsk.KEY=hunter2")
        .refuses(&["names \"rsk\", which is none of the modules", "the modules are: risk"]);
    run("--module risk=risk.js --module-secret risk.A=1 --module-secret risk.A=2")
        .refuses(&["the secret A is given twice"]);
    let ended = run("--module bad=bad.js");
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("bad.js:1:7: "), "{}", ended.err);
    let ended = run("--module risk=ask.js");
    assert!(ended.err.contains("a module may not require another module"), "{}", ended.err);
}

#[test]
fn modules_of_a_case_lie_in_a_folder() {
    let settings = r#"{"modules": {"risk": {"secrets": {"KEY": "abcdef"}}}}"#;
    let folder = Folder::new()
        .with("case/action.js", BY_RISK)
        .with("case/modules/risk.js", RISK)
        .with("case/modules/action.js", "exports.is = 'a module too';")
        .with("case/modules/README.md", "no source")
        .with("case/modules/types.d.ts", "export {};")
        .with("case/case.json", settings);
    assert_eq!(folder.run("test --update").code, 0);
    let ended = folder.run("test");
    assert!(ended.code == 0 && ended.out.contains("1 passed"), "{}{}", ended.out, ended.err);
    assert!(folder.read("case/expected.json").contains("\"https://acme.example/risk\": 6"));
    let folder = folder.with("case/case.json", r#"{"modules": {"rsk": {}}}"#);
    let ended = folder.run("test");
    assert_eq!(ended.code, 2);
    assert!(ended.out.contains("`modules` names \"rsk\", which is none of the modules"), "{}", ended.out);
    assert!(ended.out.contains("the modules are: action, risk"), "{}", ended.out);
}

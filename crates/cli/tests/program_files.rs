//! Program files: made by one command, believed by another, and harmless when they are not what they seem.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;

use support::Folder;

const ACTION: &str = "exports.onExecutePostLogin = async (event, api) => {\n  \
    api.idToken.setCustomClaim('https://acme.example/email', greet(event.user.email));\n};\n\
    function greet(name: string) { return `Hello, ${name}`; }\n";
const RUN: &str = "run login.vst --trigger auth0/post-login --format json";

fn run_of(file: &str) -> String {
    RUN.replace("login.vst", file)
}

/// A folder with an action and its program file, and a home.
fn made() -> Folder {
    let folder = Folder::new();
    let home = folder.path.join("home").display().to_string();
    let folder = folder.with_variable("HOME", &home).with("login.ts", ACTION);
    let made = folder.run("bundle login.ts -o login.vst");
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    assert!(made.out.starts_with("login.vst: ") && !made.out.contains("and 0 compiled code"), "{}", made.out);
    folder
}

fn runs(folder: &Folder, line: &str) -> String {
    let ended = folder.run(line);
    let claim = &ended.document(0)["commands"][0]["args"]["value"];
    assert!(claim.as_str().is_some_and(|claim| claim.starts_with("Hello, ")), "{claim}");
    ended.err
}

#[test]
fn a_program_file_runs_with_its_compiled_code() {
    let folder = made();
    let said = runs(&folder, RUN);
    assert!(!said.contains("warning"), "{said}");
    assert!(!runs(&folder, &run_of("login.ts")).contains("warning"));
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = made();
    let key = folder.path.join("home/.local/state/vestibule/program.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let state = key.parent().unwrap();
    assert_eq!(fs::metadata(state).unwrap().permissions().mode() & 0o777, 0o700);
    // A second program uses the same key.
    let before = fs::read(&key).unwrap();
    assert_eq!(folder.run("bundle login.ts -o other.vst").code, 0);
    assert_eq!(fs::read(&key).unwrap(), before);
}

#[test]
fn a_file_that_another_key_has_sealed_runs_without_its_compiled_code() {
    let folder = made();
    let not_used = "warning: 1 code cache not used: it is not sealed with this program key";
    assert_eq!(folder.run("bundle login.ts -o other.vst --program-key-file other.key").code, 0);
    let said = runs(&folder, &run_of("other.vst"));
    assert!(said.contains(not_used), "{said}");
    let said = runs(&folder, &format!("{RUN} --program-key-file other.key"));
    assert!(said.contains(not_used), "{said}");
    let said = runs(&folder, &format!("{} --program-key-file other.key", run_of("other.vst")));
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn without_a_key_everything_runs() {
    let folder = made();
    fs::remove_file(folder.path.join("home/.local/state/vestibule/program.key")).unwrap();
    let said = runs(&folder, RUN);
    assert!(said.contains("warning: 1 code cache not used: the host has no program key"), "{said}");
}

#[test]
fn what_is_no_program_file_is_refused() {
    let folder = made().with("text.vst", ACTION);
    folder.run(&run_of("text.vst")).refuses(&["text.vst is no program file"]);
    let bytes = fs::read(folder.path.join("login.vst")).unwrap();
    fs::write(folder.path.join("cut.vst"), &bytes[..bytes.len() - 1]).unwrap();
    folder.run(&run_of("cut.vst")).refuses(&["cut.vst is damaged", "make it anew"]);
    for place in [20, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(folder.path.join("changed.vst"), changed).unwrap();
        folder.run(&run_of("changed.vst")).refuses(&["changed.vst", "make it anew"]);
    }
    let nothing = folder.with("nothing.js", "exports.other = 1;");
    nothing.run("bundle nothing.js -o nothing.vst").refuses(&["has no handler of any trigger", "--trigger"]);
}

#[test]
fn an_action_that_fails_in_its_dry_run_is_bundled_all_the_same() {
    let failing = "exports.onExecutePostLogin = async (event) => { event.secrets.KEY.length; };";
    let folder = made().with("failing.js", failing);
    let made = folder.run("bundle failing.js -o failing.vst");
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.err.contains("note: the action failed on the sample event"), "{}", made.err);
    assert!(!made.out.contains("and 0 compiled code"), "{}", made.out);
}

#[test]
fn an_action_that_never_ends_does_not_hold_up_bundling() {
    let endless = "for (;;);\nexports.onExecutePostLogin = async () => {};";
    let folder = made().with("endless.js", endless);
    let made = folder.run("bundle endless.js -o endless.vst --limit cpu_ms=100");
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.err.contains("note: the action failed on the sample event"), "{}", made.err);
    assert!(made.out.contains("and 0 compiled code"), "{}", made.out);
}

#[test]
fn a_program_file_is_not_checked_and_check_says_so() {
    let checked = made().run("check login.vst");
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert!(checked.out.contains("login.vst: note: a program file is not checked"), "{}", checked.out);
}

#[test]
fn errors_name_the_authors_file_and_line() {
    let folder = made().with(
        "throws.ts",
        "type A = 1;\nexports.onExecutePostLogin = async () => {\n  throw new Error('no');\n};\n",
    );
    folder.run("bundle throws.ts -o throws.vst");
    let outcome = folder.run(&run_of("throws.vst")).document(1);
    let frame = &outcome["actions"][0]["outcome"]["frames"][0];
    assert_eq!((frame["file"].as_str(), frame["line"].as_u64()), (Some("throws.ts"), Some(3)), "{outcome}");
    assert_eq!(frame["source"].as_str(), Some("  throw new Error('no');"), "{outcome}");
}

#[test]
fn flow_files_and_cases_take_program_files() {
    let flow = "version: 1\nactions:\n  login: { file: login.vst }\ntriggers:\n  auth0/post-login:\n    \
        actions: [login]\n";
    let folder = made().with("vestibule.yaml", flow);
    let said = runs(&folder, "run --flow vestibule.yaml --trigger auth0/post-login --format json");
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(folder.run("flow check").code, 0);
    fs::create_dir(folder.path.join("case")).unwrap();
    fs::copy(folder.path.join("login.vst"), folder.path.join("case/action.vst")).unwrap();
    let updated = folder.run("test case --update");
    assert_eq!(updated.code, 0, "{}{}", updated.out, updated.err);
    let passed = folder.run("test case");
    assert_eq!(passed.code, 0, "{}{}", passed.out, passed.err);
    assert!(!passed.err.contains("warning"), "{}", passed.err);
}

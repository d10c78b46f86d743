//! `vestibule check`: what it finds, and that it finds nothing in what is right.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use support::Folder;

fn fixtures() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")).unwrap()
}

fn problems(folder: &Folder, line: &str, code: i32) -> Vec<Value> {
    let document = folder.run(&format!("{line} --format json")).document(code);
    document["problems"].as_array().unwrap().clone()
}

/// `LINE:COLUMN LEVEL MESSAGE | HELP` of each problem of one action.
fn told(source: &str, options: &str) -> Vec<String> {
    let folder = Folder::new().with("a.js", source);
    let ended = folder.run(&format!("check a.js --trigger auth0/post-login --format json {options}"));
    let document: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}", ended.err));
    let text = |problem: &Value| {
        let place = format!("{}:{}", problem["line"], problem["column"]);
        let help = problem["help"].as_str().unwrap_or_default();
        format!(
            "{place} {} {} | {help}",
            problem["level"].as_str().unwrap(),
            problem["message"].as_str().unwrap()
        )
    };
    let told: Vec<String> = document["problems"].as_array().unwrap().iter().map(text).collect();
    let has_errors = told.iter().any(|problem| problem.contains(" error "));
    assert_eq!(ended.code, i32::from(has_errors), "{told:?}");
    told
}

fn handler(body: &str) -> String {
    format!("exports.onExecutePostLogin = async (event, api) => {{\n{body}\n}};\n")
}

/// Where the case of a file is, and what came of the action in it.
fn outcome_of(file: &Path) -> Option<String> {
    let folder = file.ancestors().find(|folder| folder.join("expected.json").exists())?;
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let kinds = expected["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["outcome"]["kind"].as_str().unwrap().to_owned());
    let kinds: BTreeSet<String> = kinds.collect();
    Some(kinds.into_iter().collect::<Vec<_>>().join("+"))
}

#[test]
fn nothing_is_found_in_what_runs() {
    let folder = Folder::new();
    let fixtures = fixtures();
    let ended = folder.run_words(&["check", "--format", "json", fixtures.to_str().unwrap()]);
    let document = ended.document(1);
    assert!(document["files"].as_u64().unwrap() > 390, "{}", document["files"]);
    let mut found = BTreeSet::new();
    for problem in document["problems"].as_array().unwrap() {
        let file = PathBuf::from(problem["file"].as_str().unwrap());
        let outcome = outcome_of(&file).unwrap();
        assert!(!outcome.split('+').all(|kind| kind == "completed"), "{outcome}: {problem:#}");
        found.insert(file.strip_prefix(&fixtures).unwrap().to_str().unwrap().to_owned());
    }
    // And it is found where there is something.
    for file in [
        "outcomes/invalid-misspelt/action.js",
        "outcomes/invalid-no-handler/action.js",
        "outcomes/invalid-one-of-two/2-bad.ts",
        "outcomes/invalid-syntax/action.js",
        "outcomes/threw-no-such-method/action.js",
        "modules/import-fails/action.mjs",
        "modules/require-fails/action.js",
        "modules-shared/unknown-name/action.js",
        "pre-user-registration/wrong-trigger/action.js",
        "secrets/missing/action.js",
    ] {
        assert!(found.contains(file), "{file} is not among {found:#?}");
    }
}

#[test]
fn names_that_an_action_does_not_have() {
    let source = handler(
        "  const key = Buffer.from(process.env.KEY, 'hex');
  eval('1'); new Function('return 1')(); WebAssembly.compile(key);
  consol.log(key);",
    );
    assert_eq!(
        told(&source, ""),
        [
            "2:15 error An action has no `Buffer` | Use Uint8Array, TextEncoder and TextDecoder; Uint8Array.fromBase64 and .toHex convert.",
            "2:27 error An action has no `process` | Use event.secrets and event.configuration in place of the environment.",
            "3:3 error An action has no `eval` | Code in a string is not run. Write the code itself, or use JSON.parse for data.",
            "3:18 error A function cannot be made of a text | Write the function itself.",
            "3:42 error An action has no `WebAssembly` | Code is not compiled at run time. Use JavaScript.",
            "4:3 error `consol` is not defined | Did you mean console?",
        ]
    );
}

#[test]
fn names_that_are_declared_or_taken_care_of() {
    for body in [
        "  const Buffer = { from: (x) => x }; console.log(Buffer.from(1));",
        "  function eval(x) { return x; } eval(1);",
        "  if (typeof process !== 'undefined') console.log(process.env);",
        "  try { console.log(Buffer); } catch { console.log('no'); }",
        "  const attempts = [() => eval('1')]; for (const one of attempts) { try { one(); } catch {} }",
        "  console.log([1].map((window) => window + 1), event instanceof Function, { process: 1 }.process);",
        "  counter = 1; console.log(counter);",
        "  globalThis.mine = 1; console.log(mine);",
        "  console.log(arguments.length, undefined, Temporal, structuredClone);",
        "  label: for (;;) { break label; }",
    ] {
        assert_eq!(told(&handler(body), ""), [""; 0], "{body}");
    }
}

#[test]
fn methods_of_the_api() {
    let source = handler(
        "  api.multifactor.enabel('any');
  api.idToken.setCustomClaim('a', 1).access.denied('x');
  const { accessToken } = api; accessToken.addScop('x');
  const deny = api.access; deny.allow();
  api.nothing.here();
  api['acces'].deny('x');",
    );
    assert_eq!(
        told(&source, ""),
        [
            "2:19 error The trigger auth0/post-login has no api.multifactor.enabel | Did you mean api.multifactor.enable?",
            "3:45 error The trigger auth0/post-login has no api.access.denied | Did you mean api.access.deny?",
            "4:44 error The trigger auth0/post-login has no api.accessToken.addScop | Did you mean api.accessToken.addScope?",
            "5:33 error The trigger auth0/post-login has no api.access.allow | api.access has: deny.",
            "6:15 error The trigger auth0/post-login has no api.nothing.here | `vestibule triggers show auth0/post-login` lists what api has.",
            "7:16 error The trigger auth0/post-login has no api.acces.deny | Did you mean api.access.deny?",
        ]
    );
    for body in [
        "  api.access.deny('x'); api.idToken.setCustomClaim('a', 1).accessToken.setCustomClaim('b', 2);",
        "  api.access?.allow?.(); if (api.rules) api.rules.run(); try { api.x.y(); } catch {}",
        "  api.extra = { run() {} }; api.extra.run();",
        "  const name = 'access'; api[name].allow(); console.log(api.access.toString());",
        "  { const api = { x() {} }; api.x(); }",
        "  api.access.deny.call(api.access, 'x');",
        "  help(api); function help(api) { api.whatever(); }",
    ] {
        assert_eq!(told(&handler(body), ""), [""; 0], "{body}");
    }
}

#[test]
fn handlers_that_the_trigger_does_not_call() {
    assert_eq!(
        told("export const onExecutePostLogn = async () => {};", ""),
        ["1:14 error auth0/post-login does not call onExecutePostLogn | Did you mean onExecutePostLogin?"]
    );
    assert_eq!(
        told("const x = 1;", ""),
        [
            "1:1 error Nothing that is exported is called by auth0/post-login | Export a function onExecutePostLogin or onContinuePostLogin."
        ]
    );
    for right in [
        "module.exports = { onExecutePostLogin: async () => {}, helper() {} };",
        "module.exports = make();\nfunction make() { return {}; }",
        "const run = async () => {};\nexport { run as onExecutePostLogin };",
    ] {
        assert_eq!(told(right, ""), [""; 0], "{right}");
    }
}

#[test]
fn modules_and_packages_that_are_not_there() {
    let source =
        handler("  const { score } = require('lodash'); await import('actions:risk').catch(() => {});");
    let told = told(&source, "");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("2:21 error `require(\"lodash\")` will throw"), "{told:?}");
}

const FLOW: &str = "version: 1
modules: { risk: { file: shared/risk.js } }
actions:
  claims:
    file: actions/claims.js
    secrets: { API_KEY: { env: A }, OLD_KEY: { env: B } }
    modules: [risk]
  open: { file: actions/open.js, secrets: { ANY: { env: A } } }
triggers: { auth0/post-login: { actions: [claims, open] } }
";

#[test]
fn the_flow_file_says_which_secrets_and_modules_there_are() {
    let claims = handler(
        "  const { API_KEI, OPTIONAL = 'x' } = event.secrets;
  console.log(event.secrets.API_KEY, event.secrets.MAYBE ?? 'none', API_KEI, OPTIONAL);
  require('actions:risk'); require('actions:rusk');",
    );
    let folder = Folder::new()
        .with("vestibule.yaml", FLOW)
        .with("actions/claims.js", claims)
        .with("actions/open.js", handler("  console.log(Object.keys(event.secrets));"))
        .with("shared/risk.js", "exports.score = () => eval('1');\n");
    let ended = folder.run("check");
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert_eq!(
        ended.out,
        "actions/claims.js:1:9: note: The action does not read its secret OLD_KEY
 1 | exports.onExecutePostLogin = async (event, api) => {
   |         ^^^^^^^^^^^^^^^^^^
 help: Do not give it what it does not need.

actions/claims.js:2:11: warning: The action has no secret API_KEI
 2 |   const { API_KEI, OPTIONAL = 'x' } = event.secrets;
   |           ^^^^^^^
 help: Did you mean API_KEY?

actions/claims.js:4:28: error: The action has no module rusk
 4 |   require('actions:risk'); require('actions:rusk');
   |                            ^^^^^^^^^^^^^^^^^^^^^^^
 help: Did you mean actions:risk?

shared/risk.js:1:23: error: An action has no `eval`
 1 | exports.score = () => eval('1');
   |                       ^^^^
 help: Code in a string is not run. Write the code itself, or use JSON.parse for data.

3 files checked: 2 errors, 1 warning, 1 note
"
    );
    assert_eq!(problems(&folder, "check --flow vestibule.yaml", 1).len(), 4, "each file once");
}

#[test]
fn a_promise_that_nobody_waits_for() {
    let folder = Folder::new().with("a.js", "exports.onExecutePostLogin = async (event, api) => {\n  api.groups.getUserGroups({});\n  await api.groups.getUserGroups({});\n  const all = [api.groups.getUserGroups({})];\n  await Promise.all(all.map(() => api.groups.getUserGroups({})));\n};\n");
    let found = problems(&folder, "check a.js", 0);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["line"], 2);
    assert_eq!(found[0]["topic"], "promise");
}

#[test]
fn wrong_use_is_told_and_odd_files_are_survived() {
    let folder = Folder::new()
        .with("helper.js", "exports.x = 1;\n")
        .with("bin.js", "a\0b")
        .with("b.ts", "let x: = 1;");
    folder.run("check missing.js").refuses(&["cannot read missing.js"]);
    folder.run("check helper.js -t auth0/postlogin").refuses(&["auth0/post-login"]);
    folder.run("check --flow").refuses(&["there is no flow file here"]);
    Folder::new().run("check").refuses(&["there is nothing to check here"]);
    let helper = folder.run("check helper.js");
    assert_eq!((helper.code, helper.out.as_str()), (0, "1 file checked: 0 errors\n"));
    assert!(helper.err.contains("no trigger calls anything in helper.js"), "{}", helper.err);
    let all = problems(&folder, "check", 1);
    let files: Vec<_> = all
        .iter()
        .map(|problem| (problem["file"].as_str().unwrap(), problem["topic"].as_str().unwrap()))
        .collect();
    assert_eq!(files, [("b.ts", "syntax"), ("bin.js", "unsupported")]);
}

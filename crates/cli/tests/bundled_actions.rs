//! Actions that import files and packages, through every command that runs actions.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use serde_json::Value;
use serde_json::json;
use support::Folder;

const RUN: &str = "run actions/login.ts --trigger auth0/post-login --format json";

/// An action with a file beside it, a package and a module.
fn project() -> Folder {
    Folder::new()
        .with_program()
        .with("package.json", r#"{ "dependencies": { "greeting": "1" } }"#)
        .with("node_modules/greeting/package.json", r#"{ "name": "greeting", "main": "lib/index.js" }"#)
        .with("node_modules/greeting/lib/index.js", "exports.greet = (name) => 'Hello ' + name;\n")
        .with(
            "lib/claims.ts",
            "export interface Claims { plan: string }\n\nexport function claims(plan: string): Claims {\n  \
             if (plan === '') throw new RangeError('no plan');\n  return { plan };\n}\n",
        )
        .with("modules/risk.js", "exports.score = () => 7;\n")
        .with(
            "actions/login.ts",
            "import { claims } from '../lib/claims';\nimport { greet } from 'greeting';\nimport { score } from \
             'actions:risk';\n\nexport const onExecutePostLogin = async (event: any, api: any) => {\n  \
             api.idToken.setCustomClaim('https://x.example/all', [claims(event.transaction.protocol), \
             greet('you'), score()]);\n};\n",
        )
}

fn claim(document: &Value) -> &Value {
    &document["effects"]["idToken"]["setCustomClaim"]["https://x.example/all"]
}

/// The places of the first action's frames.
fn places(document: &Value) -> Vec<String> {
    let frames = document["actions"][0]["outcome"]["frames"].as_array().unwrap();
    let place = |frame: &Value| format!("{}:{}", frame["file"].as_str().unwrap(), frame["line"]);
    frames.iter().map(place).collect()
}

#[test]
fn run_bundles_what_an_action_imports() {
    let document = project().run(&format!("{RUN} --module risk=modules/risk.js")).document(0);
    assert!(claim(&document)[0]["plan"].is_string(), "{document:#}");
    assert_eq!(claim(&document)[1], "Hello you");
    assert_eq!(claim(&document)[2], 7);
}

#[test]
fn frames_are_in_the_authors_own_files() {
    let folder = project().with(
        "actions/login.ts",
        "import { claims } from '../lib/claims';\nimport { greet } from 'greeting';\n\nexport const \
         onExecutePostLogin = async () => {\n  claims(greet('').slice(6));\n};\n",
    );
    let ended = folder.run(RUN);
    let document = ended.document(1);
    let outcome = &document["actions"][0]["outcome"];
    assert_eq!((&outcome["name"], &outcome["message"]), (&json!("RangeError"), &json!("no plan")));
    assert_eq!(places(&document), ["lib/claims.ts:4", "actions/login.ts:5"]);
    assert_eq!(outcome["frames"][0]["source"], "  if (plan === '') throw new RangeError('no plan');");
}

#[test]
fn what_cannot_be_bundled_is_an_invalid_program_with_its_place() {
    let folder = project()
        .with("lib/claims.ts", "import 'none';\nimport '../../outside.js';\nexport const claims = 1;\n");
    let ended = folder.run(RUN);
    let document = ended.document(1);
    let outcome = &document["actions"][0]["outcome"];
    assert_eq!(outcome["kind"], "invalid_program");
    assert_eq!(outcome["message"], "Nothing can resolve the import of \"none\"");
    assert_eq!(
        outcome["hint"],
        "Install the package (vestibule add none), or put the code into a file of the project."
    );
    assert!(places(&document).starts_with(&["lib/claims.ts:1".to_owned()]), "{document:#}");
    assert!(ended.err.contains("lib/claims.ts:2:8: "), "{}", ended.err);
}

#[test]
fn a_built_in_module_is_a_warning_and_fails_when_it_is_asked_for() {
    let folder = project().with("lib/hash.js", "exports.hash = () => require('node:sqlite').open('x');\n").with(
        "actions/login.ts",
        "import { hash } from '../lib/hash';\nexport const onExecutePostLogin = async () => {\n  hash();\n};\n",
    );
    let ended = folder.run(RUN);
    assert!(
        ended.err.contains("lib/hash.js:1:22: \"node:sqlite\" is a built-in module of Node"),
        "{}",
        ended.err
    );
    let document = ended.document(1);
    assert_eq!(places(&document), ["lib/hash.js:1", "actions/login.ts:3"]);
    let message = document["actions"][0]["outcome"]["message"].as_str().unwrap();
    assert!(message.starts_with("Cannot find module 'node:sqlite'"), "{message}");
}

#[test]
fn test_bundles_the_actions_of_cases() {
    let folder = project()
        .with("case/action.ts", "import { greet } from 'greeting';\nimport { more } from './more';\nexport const onExecutePostLogin = async (event: unknown, api: any) => api.access.deny(greet(more));\n")
        .with("case/more.ts", "export const more: string = 'again';\n");
    let ended = folder.run("test case --update");
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let expected = std::fs::read_to_string(folder.path.join("case/expected.json")).unwrap();
    assert!(expected.contains("Hello again"), "{expected}");
    assert_eq!(folder.run("test case").code, 0);
}

#[test]
fn a_flow_file_binds_actions_that_import() {
    let folder = project().with(
        "flows/vestibule.yaml",
        "version: 1\nmodules:\n  risk: { file: ../modules/risk.js }\nactions:\n  login:\n    file: \
         ../actions/login.ts\n    modules: [risk]\n    dependencies: { greeting: '1' }\ntriggers:\n  \
         auth0/post-login:\n    actions: [login]\n",
    );
    let ended = folder.run("run --flow flows/vestibule.yaml --trigger auth0/post-login --format json");
    assert_eq!(claim(&ended.document(0))[1], "Hello you");
    assert!(!ended.err.contains("warning"), "{}", ended.err);
    let ended =
        folder.with("lib/claims.ts", "export const claims = ;\n").run("flow check flows/vestibule.yaml");
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("../lib/claims.ts:1:23"), "{}", ended.err);
}

#[test]
fn a_bundle_is_a_program_that_run_accepts() {
    let folder = project().with(
        "actions/login.ts",
        "import { claims } from '../lib/claims';\nimport { greet } from 'greeting';\nexport const \
         onExecutePostLogin = async (event: any, api: any) => {\n  api.access.deny(greet('you'));\n  if \
         (event.secrets.FAIL) claims('');\n};\n",
    );
    let home = folder.path.join("home").display().to_string();
    let folder = folder.with_variable("HOME", &home);
    let made = folder.run("bundle actions/login.ts -o login.vst");
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let code = folder.run("bundle actions/login.ts");
    assert!(code.out.contains("export { onExecutePostLogin }"), "{}", code.out);
    let folder = folder.with("login.js", &code.out).with("wrong.vst", "[]");
    // The program needs nothing of what it was made of.
    std::fs::remove_dir_all(folder.path.join("node_modules")).unwrap();
    std::fs::remove_dir_all(folder.path.join("lib")).unwrap();
    for program in ["login.vst", "login.js"] {
        let line = format!("run {program} --trigger auth0/post-login --format json");
        assert_eq!(folder.run(&line).document(0)["decision"]["reason"], "Hello you");
    }
    let line = "run login.vst --trigger auth0/post-login --format json --secret FAIL=yes";
    assert_eq!(places(&folder.run(line).document(1))[0], "lib/claims.ts:4");
    let wrong = folder.run("run wrong.vst --trigger auth0/post-login");
    wrong.refuses(&["wrong.vst is no program file; `vestibule bundle` makes one"]);
}

#[test]
fn check_follows_imports_and_knows_what_node_gives_every_file() {
    let folder = project().with(
        "actions/login.ts",
        "import { claims } from '../lib/claims';\nimport { join } from 'node:path';\nimport { score } from \
         'actions:risk';\n\nexport const onExecutePostLogin = async (event: any, api: any) => {\n  \
         api.idToken.setCustomClaim('x', [claims(join('a', 'b')), process.env.X, \
         score()]);\n  setImmediate(() => {});\n};\n",
    );
    let ended = folder.run("check actions");
    assert_eq!((ended.code, ended.out.as_str()), (0, "1 file checked: 0 errors\n"), "{}", ended.err);
}

#[test]
fn check_names_what_cannot_be_bundled_once_and_in_its_file() {
    let folder = project()
        .with("lib/claims.ts", "import { x } from 'none';\nexport const claims = () => x;\n")
        .with("actions/other.ts", "import { claims } from '../lib/claims';\nexport const onExecutePostLogin = async () => { claims(); window.open(); };\n");
    let ended = folder.run("check actions --format json");
    let document = ended.document(1);
    let problems = document["problems"].as_array().unwrap();
    let places: Vec<String> = problems
        .iter()
        .map(|problem| {
            format!("{}:{} {}", problem["file"].as_str().unwrap(), problem["line"], problem["message"])
        })
        .collect();
    assert_eq!(
        places,
        [
            "lib/claims.ts:1 \"Nothing can resolve the import of \\\"none\\\"\"",
            "actions/other.ts:2 \"An action has no `window`\"",
        ]
    );
}

#[test]
fn dev_runs_and_checks_actions_that_import() {
    let folder = project()
        .with("case/action.ts", "import { greet } from 'greeting';\nexport const onExecutePostLogin = async (event: any, api: any) => api.access.deny(greet('you'));\n")
        .with("case/case.json", r#"{ "trigger": "auth0/post-login" }"#);
    assert_eq!(folder.run("test case --update").code, 0);
    let ended = folder.run("dev case --once");
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(!ended.out.contains("error"), "{}", ended.out);
}

#[test]
fn modules_are_bundled_too() {
    let folder = project()
        .with("modules/risk.ts", "import { greet } from 'greeting';\nimport { claims } from '../lib/claims';\nexport const score = () => greet(claims('gold').plan) + actions.secrets.KEY.length;\n")
        .with("case/action.js", "const { score } = require('actions:risk');\nexports.onExecutePostLogin = (event, api) => api.access.deny(score());\n")
        .with("case/case.json", r#"{ "trigger": "auth0/post-login", "modules": { "risk": { "secrets": { "KEY": "1234567" } } } }"#)
        .with("case/modules/risk.ts", "export * from '../../modules/risk';\n")
        .with("key.txt", "abc")
        .with("vestibule.yaml", "version: 1\nmodules:\n  risk: { file: modules/risk.ts, secrets: { KEY: { file: key.txt } } }\nactions:\n  a: { file: case/action.js, modules: [risk] }\ntriggers:\n  auth0/post-login: { actions: [a] }\n");
    let reason = |ended: support::Ended, code| ended.document(code)["decision"]["reason"].clone();
    let flags = "run case/action.js --trigger auth0/post-login --module risk=modules/risk.ts --module-secret risk.KEY=12 --format json";
    assert_eq!(reason(folder.run(flags), 0), "Hello gold2");
    assert_eq!(
        reason(folder.run("run --flow vestibule.yaml --trigger auth0/post-login --format json"), 0),
        "Hello gold3"
    );
    assert_eq!(folder.run("test case --update").code, 0);
    assert!(folder.read("case/expected.json").contains("Hello gold7"));
    assert_eq!(folder.run("check modules case").code, 0);
}

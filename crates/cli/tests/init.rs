//! `vestibule init`: what it makes works at once, for every trigger.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;

use serde_json::Value;
use support::Folder;
use vestibule::Registry;

#[test]
fn for_every_trigger_the_action_runs_and_its_case_passes() {
    for trigger in Registry::built_in().iter().map(|trigger| trigger.id()) {
        for flags in ["", " --typescript"] {
            let folder = Folder::new();
            let made = folder.run(&format!("init . --trigger {trigger}{flags}"));
            assert_eq!(made.code, 0, "{trigger}: {}{}", made.out, made.err);
            let tested = folder.run("test .");
            assert_eq!(tested.code, 0, "{trigger}: {}{}", tested.out, tested.err);
            // The command that it tells to try, word by word.
            let line = made.out.lines().find_map(|line| line.strip_prefix("  vestibule run ")).unwrap();
            let expected: Value = serde_json::from_str(&folder.read("expected.json")).unwrap();
            let document = folder.run(&format!("run {line}")).document(0);
            assert_eq!(document["decision"]["kind"], expected["decision"]["kind"], "{trigger}");
            assert_eq!(document["commands"], expected["commands"], "{trigger}");
            assert!(folder.read("README.md").contains(&format!("\nvestibule run {line}\n")), "{trigger}");
        }
    }
}

#[test]
fn the_action_names_the_type_of_its_handler() {
    for (flags, action, typed) in [
        ("", "action.js", "\n/** @type {import(\"ory/before-login\").OnBeforeLogin} */\nexports."),
        (
            "--typescript",
            "action.ts",
            "\nexport const onBeforeLogin: OnBeforeLogin = async (event, api) => {\n",
        ),
    ] {
        let folder = Folder::new();
        assert_eq!(folder.run(&format!("init . --trigger ory/before-login {flags}")).code, 0);
        let source = folder.read(action);
        assert!(source.contains(typed), "{source}");
        assert!(source.contains("Please use a browser."), "it is the example of the declaration: {source}");
        let types = folder.read(".vestibule/types/ory/before-login.d.ts");
        assert!(types.contains("export type OnBeforeLogin = "), "{types}");
    }
}

#[test]
fn init_makes_a_folder_whose_cases_pass() {
    for (flags, action) in [("", "action.js"), ("--typescript", "action.ts")] {
        for trigger in ["auth0/post-login", "auth0/pre-user-registration"] {
            let folder = Folder::new();
            let made = folder.run(&format!("init mine --trigger {trigger} {flags}"));
            assert_eq!(made.code, 0, "{}{}", made.out, made.err);
            assert!(made.out.contains(&format!("  mine/{action}\n")), "{}", made.out);
            let tested = folder.run("test mine");
            assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
            assert!(tested.out.contains("\n2 passed, 0 failed"), "{}", tested.out);
            let event = format!("run mine/{action} --trigger {trigger} --event mine/event.json");
            assert_eq!(folder.run(&event).document(0)["decision"]["kind"], "continue");
            let denied: Vec<_> = fs::read_dir(folder.path.join("mine/cases")).unwrap().collect();
            let expected = denied[0].as_ref().unwrap().path().join("expected.json");
            let expected: Value = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
            assert_eq!(expected["decision"]["kind"], "deny");
        }
    }
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new().with("mine/action.js", "mine").with("mine/README.md", "too").with("file", "");
    folder.run("init mine").refuses(&[
        "mine already has files",
        "\n  action.js\n  README.md\n",
        "hint: name another folder",
    ]);
    assert_eq!(folder.read("mine/action.js"), "mine");
    assert!(!folder.path.join("mine/event.json").exists(), "all or nothing");
    folder.run("init file").refuses(&["file is a file"]);
}

//! From an export of Auth0's deploy CLI to a flow file that runs, and back.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::Path;

use support::Folder;

const DOMAIN_ONLY: &str = "/**
 * Only people of the company.
 */
exports.onExecutePostLogin = async (event, api) => {
  if (!event.user.email.endsWith(event.secrets.DOMAIN)) api.access.deny('company only');
};
";

const PLAN: &str = "exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://x.example/plan', event.secrets['plan key'] + ' in ##ENVIRONMENT##');
};
";

const SIGN_UP: &str = "exports.onExecutePreUserRegistration = async (event, api) => {
  api.user.setUserMetadata('source', event.secrets.API_KEY);
};
";

const HELPER: &str = "exports.plan = () => 'gold';\n";

/// The folder that `a0deploy export --format directory` makes; its older versions wrote paths from where
/// it was run.
fn directory() -> Folder {
    Folder::new()
        .with("tenant/tenant.json", "{}")
        .with(
            "tenant/actions/Company only.json",
            r#"{
  "name": "Company only",
  "code": "tenant/actions/Company only/code.js",
  "runtime": "node22",
  "status": "built",
  "dependencies": [],
  "secrets": [{ "name": "DOMAIN", "value": "_VALUE_NOT_SHOWN_" }],
  "supported_triggers": [{ "id": "post-login", "version": "v3" }],
  "deployed": true
}"#,
        )
        .with("tenant/actions/Company only/code.js", DOMAIN_ONLY)
        .with(
            "tenant/actions/plan.json",
            r#"{
  "name": "plan",
  "code": "./actions/plan/code.js",
  "dependencies": [{ "name": "axios", "version": "1.6.0" }],
  "secrets": [{ "name": "plan key", "value": @@PLAN_KEY@@ }],
  "supported_triggers": [{ "id": "post-login", "version": "v3" }],
  "deployed": false
}"#,
        )
        .with("tenant/actions/plan/code.js", PLAN)
        .with(
            "tenant/actions/sign-up.json",
            r#"{
  "name": "sign-up",
  "code": "./actions/sign-up/code.js",
  "secrets": [{ "name": "API_KEY", "value": "hunter2hunter2" }],
  "supported_triggers": [{ "id": "pre-user-registration", "version": "v2" }],
  "deployed": true
}"#,
        )
        .with("tenant/actions/sign-up/code.js", SIGN_UP)
        .with(
            "tenant/actions/spare.json",
            r#"{ "name": "spare", "code": "./actions/spare/code.js", "deployed": false, "supported_triggers": [{ "id": "post-login" }] }"#,
        )
        .with("tenant/actions/spare/code.js", DOMAIN_ONLY)
        .with(
            "tenant/actions/lost.json",
            r#"{ "name": "lost", "code": "../../etc/passwd", "supported_triggers": [{ "id": "post-login" }] }"#,
        )
        .with(
            "tenant/triggers/triggers.json",
            r#"{
  "post-login": [
    { "action_name": "Company only", "display_name": "Company only" },
    { "action_name": "plan", "display_name": "Plan of the company" },
    { "action_name": "lost", "display_name": "lost" }
  ],
  "pre-user-registration": [{ "action_name": "sign-up", "display_name": "sign-up" }],
  "post-change-password": [],
  "mcp-tool": [{ "action_name": "plan", "display_name": "plan" }]
}"#,
        )
}

/// The same tenant as `a0deploy export --format yaml` writes it.
fn yaml() -> Folder {
    let tenant = "tenant:
  friendly_name: 'Example'
attackProtection:
  captcha:
    site_key: ##CAPTCHA_SITE_KEY##
actions:
  - name: Company only
    deployed: true
    code: ./actions/Company only/code.js
    runtime: node22
    dependencies: []
    status: built
    secrets:
      - name: DOMAIN
        value: _VALUE_NOT_SHOWN_
    supported_triggers:
      - id: post-login
        version: v3
  - name: plan
    deployed: false
    code: ./actions/plan/code.js
    dependencies:
      - name: axios
        version: 1.6.0
    secrets:
      - name: plan key
        value: ##PLAN_KEY##
    supported_triggers:
      - id: post-login
        version: v3
  - name: sign-up
    deployed: true
    code: ./actions/sign-up/code.js
    secrets:
      - name: API_KEY
        value: hunter2hunter2
    supported_triggers:
      - id: pre-user-registration
        version: v2
  - name: spare
    deployed: false
    code: ./actions/spare/code.js
    supported_triggers:
      - id: post-login
  - name: lost
    code: ../../etc/passwd
    supported_triggers:
      - id: post-login
triggers:
  post-change-password: []
  post-login:
    - action_name: Company only
      display_name: Company only
    - action_name: plan
      display_name: Plan of the company
    - action_name: lost
      display_name: lost
  pre-user-registration:
    - action_name: sign-up
      display_name: sign-up
  mcp-tool:
    - action_name: plan
      display_name: plan
";
    Folder::new()
        .with("tenant/tenant.yaml", tenant)
        .with("tenant/actions/Company only/code.js", DOMAIN_ONLY)
        .with("tenant/actions/plan/code.js", PLAN)
        .with("tenant/actions/sign-up/code.js", SIGN_UP)
        .with("tenant/actions/spare/code.js", DOMAIN_ONLY)
}

const FLOW_FILE: &str = r#"# Made of an export of Auth0's deploy CLI.
version: 1

actions:
  "Company only":
    file: actions/Company-only.js
    secrets: { DOMAIN: { env: DOMAIN } }
    runtime: node22
  plan:
    file: actions/plan.js
    secrets: { "plan key": { env: PLAN_KEY } }
    dependencies: { axios: 1.6.0 }
  sign-up:
    file: actions/sign-up.js
    secrets: { API_KEY: { env: API_KEY } }
  spare:
    file: actions/spare.js
    trigger: auth0/post-login

triggers:
  auth0/post-login:
    actions:
      - "Company only"
      - { action: plan, name: "Plan of the company" }
  auth0/pre-user-registration:
    actions: [sign-up]
"#;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn both_shapes_of_an_export_become_a_flow_file_that_runs() {
    for folder in [directory(), yaml()] {
        let folder = folder
            .with_variable("DOMAIN", "@nowhere.example")
            .with_variable("PLAN_KEY", "gold")
            .with_variable("API_KEY", "k");
        let ended = folder.run("import auth0 tenant");
        assert_eq!(ended.code, 0, "{}", ended.err);
        let expected = "Imported 4 actions and 0 modules:
  vestibule/vestibule.yaml
  vestibule/actions/Company-only.js
  vestibule/actions/plan.js
  vestibule/actions/sign-up.js
  vestibule/actions/spare.js
Bound:
  auth0/post-login: 2 actions
  auth0/pre-user-registration: 1 action
Secrets are read from these environment variables:
  API_KEY
  DOMAIN
  PLAN_KEY
Now check it:
  vestibule flow check vestibule/vestibule.yaml
";
        assert_eq!(ended.out, expected);
        let out = folder.path.join("vestibule");
        assert_eq!(read(&out.join("vestibule.yaml")), FLOW_FILE);
        assert_eq!(read(&out.join("actions/Company-only.js")), DOMAIN_ONLY);
        assert!(!ended.err.contains("hunter2") && !ended.out.contains("hunter2"), "{}", ended.err);
        for note in [
            "note: action \"plan\": packages are not installed yet, so requiring axios fails",
            "note: action \"plan\": actions/plan.js:2 still says ##ENVIRONMENT##",
            "note: action \"plan\": it is not deployed there, but bound; here it runs",
            "note: action \"sign-up\": the value of the secret API_KEY stands in the export; it is not copied, set API_KEY to it",
            "note: action \"spare\": it is not deployed there, and bound to nothing",
            "note: action \"lost\": left out: its code \"../../etc/passwd\" is not in the export",
            "note: trigger auth0/post-login: the action \"lost\" is bound to it, but is not here",
            "note: trigger mcp-tool: there is no such trigger here, so what is bound to it is left out: plan",
        ] {
            assert!(ended.err.contains(note), "{note:?} is not in {}", ended.err);
        }

        let check = folder.run("flow check vestibule/vestibule.yaml");
        assert_eq!(check.code, 0, "{}{}", check.out, check.err);
        let run = |trigger: &str| {
            folder.run(&format!("run --flow vestibule/vestibule.yaml --trigger {trigger}")).document(0)
        };
        let denied = run("auth0/post-login");
        assert_eq!(denied["decision"]["action"], "Company only", "{denied:#}");
        let signed_up = run("auth0/pre-user-registration");
        assert_eq!(signed_up["commands"][0]["args"]["value"], "k", "{signed_up:#}");

        let again = folder.run("import auth0 tenant");
        again.refuses(&[
            "error: vestibule already has files that would be written:\n  vestibule.yaml\n",
            "--force",
        ]);
        assert_eq!(folder.run("import auth0 tenant --force").code, 0);
    }
}

#[test]
fn keywords_are_filled_into_code_and_never_into_secrets() {
    let config =
        r#"{ "AUTH0_KEYWORD_REPLACE_MAPPINGS": { "ENVIRONMENT": "production", "PLAN_KEY": "hunter2" } }"#;
    for folder in [directory(), yaml()] {
        let folder = folder.with("config.json", config).with("list.json", "[]");
        let ended = folder.run("import auth0 tenant --keywords config.json");
        assert_eq!(ended.code, 0, "{}", ended.err);
        assert!(!ended.err.contains("ENVIRONMENT"), "{}", ended.err);
        let out = folder.path.join("vestibule");
        assert_eq!(read(&out.join("actions/plan.js")), PLAN.replace("##ENVIRONMENT##", "production"));
        assert_eq!(read(&out.join("vestibule.yaml")), FLOW_FILE);
        folder.run("import auth0 tenant --keywords list.json").refuses(&[
            "error: list.json holds no keywords",
            "hint: it must be the deploy CLI's config.json",
        ]);
    }
}

#[test]
fn an_export_of_an_import_is_the_same_tenant() {
    let folder = directory();
    assert_eq!(folder.run("import auth0 tenant --out one").code, 0);
    let exported = folder.run("export auth0 one/vestibule.yaml --out back");
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(folder.run("import auth0 back --out two").code, 0);
    assert_eq!(read(&folder.path.join("two/actions/plan.js")), PLAN);
    // An action without a runtime of its own is exported with the current one.
    let one = read(&folder.path.join("one/vestibule.yaml"));
    let two = read(&folder.path.join("two/vestibule.yaml"));
    assert_eq!(two.replace("    runtime: node22\n", ""), one.replace("    runtime: node22\n", ""));
    let third = folder.run("export auth0 two/vestibule.yaml --out again");
    assert_eq!(third.code, 0, "{}", third.err);
    for path in [
        "triggers/triggers.json",
        "actions/Company-only.json",
        "actions/plan.json",
        "actions/sign-up/code.js",
    ] {
        assert_eq!(
            read(&folder.path.join("again").join(path)),
            read(&folder.path.join("back").join(path)),
            "{path}"
        );
    }
    let action: serde_json::Value =
        serde_json::from_str(&read(&folder.path.join("back/actions/plan.json"))).unwrap();
    let expected = serde_json::json!({
        "name": "plan",
        "code": "./actions/plan/code.js",
        "runtime": "node22",
        "status": "built",
        "dependencies": [{ "name": "axios", "version": "1.6.0" }],
        "secrets": [{ "name": "plan key", "value": "##PLAN_KEY##" }],
        "supported_triggers": [{ "id": "post-login", "version": "v3" }],
        "deployed": true,
    });
    assert_eq!(action, expected);
    folder.run("export auth0 one/vestibule.yaml --out back").refuses(&["error: back already has files"]);
}

#[test]
fn an_export_tells_what_auth0_has_no_place_for() {
    let flow = "version: 1
limits: { wall_ms: 1000 }
actions:
  a: { file: a.ts, secrets: { KEY: { file: key } }, egress: { hosts: [] } }
  b: { file: b.js }
triggers:
  auth0/post-login: { budget_ms: 5000, actions: [{ action: a, on_failure: continue }] }
  ory/after-login: { methods: { password: [b] } }
";
    let folder = Folder::new().with("vestibule.yaml", flow).with("a.ts", "").with("b.js", "");
    let ended = folder.run("export auth0 --out tenant");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let expected = "note: trigger auth0/post-login: Auth0 sets the budget itself
note: trigger ory/after-login: left out: it is none of Auth0's
note: the flow file: Auth0 has no place for limits and egress
note: \"a\" at auth0/post-login: Auth0 has no place for its on_failure there
note: action \"a\": a.ts is copied as it is, but Auth0 takes JavaScript that uses `exports`
note: action \"a\": Auth0 has no place for its limits, egress and configuration
note: action \"a\": its secret KEY is read from key; set the keyword KEY to it
note: action \"b\": left out: it is bound to no trigger of Auth0, and written for none
";
    assert_eq!(ended.err, expected);
}

/// Triggers that something else owns, and the file by which an export says so.
const OWNED: [(&str, &str, &str); 3] = [
    (
        "custom-token-exchange",
        "token-exchange-profiles/owner.json",
        r#"{ "name": "owner", "type": "custom_authentication", "subject_token_type": "urn:x", "action": "NAME" }"#,
    ),
    (
        "event-stream",
        "event-streams/owner.json",
        r#"{ "name": "owner", "destination": { "type": "action", "configuration": { "action_id": "NAME" } } }"#,
    ),
    (
        "password-hash-migration",
        "database-connections/owner/database.json",
        r#"{ "name": "owner", "options": { "custom_password_hash": { "action_id": "NAME" } } }"#,
    ),
];

#[test]
fn a_program_file_is_no_source_to_export() {
    let folder = Folder::new().with("a.vst", b"\x89VST").with(
        "vestibule.yaml",
        "version: 1\nactions:\n  a: { file: a.vst }\ntriggers:\n  auth0/post-login: { actions: [a] }\n",
    );
    folder
        .run("export auth0 --out tenant")
        .refuses(&["error: a.vst: it is a program file; name the source that it was made from"]);
}

#[test]
fn every_trigger_of_auth0_comes_over_and_runs() {
    let triggers = Folder::new().run("triggers --format json").document(0);
    let of_auth0 = triggers.as_array().unwrap().iter().filter_map(|trigger| {
        let id = trigger["name"].as_str()?.strip_prefix("auth0/")?;
        Some((id.to_owned(), trigger["handlers"][0]["name"].as_str()?.to_owned()))
    });
    let of_auth0: Vec<(String, String)> = of_auth0.collect();
    assert!(of_auth0.len() >= 13, "{of_auth0:?}");
    let (mut folder, mut bindings) = (Folder::new(), serde_json::Map::new());
    for (id, handler) in &of_auth0 {
        let name = format!("{id} action");
        let metadata = serde_json::json!({
            "name": name,
            "code": format!("./actions/{name}/code.js"),
            "supported_triggers": [{ "id": id, "version": "v1" }],
            "deployed": true,
        });
        // These two must come to something.
        let body = match id.as_str() {
            "custom-token-exchange" => "api.authentication.setUserById('auth0|1');",
            "password-hash-migration" => "api.password.accept();",
            _ => "",
        };
        folder = folder.with(&format!("t/actions/{name}.json"), metadata.to_string()).with(
            &format!("t/actions/{name}/code.js"),
            format!("exports.{handler} = async (event, api) => {{ {body} }};"),
        );
        match OWNED.iter().find(|(owned, _, _)| owned == id) {
            Some((_, path, text)) => folder = folder.with(&format!("t/{path}"), text.replace("NAME", &name)),
            None => {
                bindings.insert(id.clone(), serde_json::json!([{ "action_name": name, "display_name": id }]));
            }
        }
    }
    let folder = folder.with("t/triggers/triggers.json", serde_json::Value::from(bindings).to_string());

    let imported = folder.run("import auth0 t --out o");
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert_eq!(folder.run("flow check o/vestibule.yaml").code, 0);
    for (id, handler) in &of_auth0 {
        let entity = if OWNED.iter().any(|(owned, _, _)| owned == id) { " --entity owner" } else { "" };
        let document = folder.run(&format!("run --flow o/vestibule.yaml -t auth0/{id}{entity}")).document(0);
        assert_eq!(document["decision"]["kind"], "continue", "{id}: {document:#}");
        assert_eq!(document["actions"][0]["handler"], handler.as_str(), "{id}");
    }

    let exported = folder.run("export auth0 o/vestibule.yaml --out back");
    assert_eq!(exported.code, 0, "{}", exported.err);
    for (id, _) in &of_auth0 {
        let action = read(&folder.path.join(format!("back/actions/{id}-action.json")));
        let action: serde_json::Value = serde_json::from_str(&action).unwrap();
        assert_eq!(action["supported_triggers"][0]["id"], id.as_str());
    }
    assert!(
        exported
            .err
            .contains("note: auth0/event-stream of \"owner\": bind \"event-stream action\" to it in Auth0"),
        "{}",
        exported.err
    );
}

#[test]
fn modules_come_with_their_secrets() {
    let folder = Folder::new()
        .with("t/action-modules/helper.json", r###"{"name": "helper", "code": "./action-modules/helper/code.js", "secrets": [{"name": "KEY", "value": "##HELPER_KEY##"}]}"###)
        .with("t/action-modules/helper/code.js", HELPER)
        .with("t/actions/a.json", r#"{"name": "a", "code": "./actions/a/code.js", "modules": [{"module_name": "helper", "module_version_number": 3}, {"module_name": "gone"}], "supported_triggers": [{"id": "post-login"}]}"#)
        .with("t/actions/a/code.js", DOMAIN_ONLY);
    let ended = folder.run("import auth0 t --out o");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let expected = "# Made of an export of Auth0's deploy CLI.
version: 1

modules:
  helper:
    file: modules/helper.js
    secrets: { KEY: { env: HELPER_KEY } }

actions:
  a:
    file: actions/a.js
    trigger: auth0/post-login
    modules: [helper]
";
    assert_eq!(read(&folder.path.join("o/vestibule.yaml")), expected);
    assert_eq!(read(&folder.path.join("o/modules/helper.js")), HELPER);
    assert!(ended.err.contains("it uses version 3 of the module \"helper\""), "{}", ended.err);
    assert!(ended.err.contains("it uses the module \"gone\", which is not in the export"), "{}", ended.err);
}

#[test]
fn what_is_no_export_is_said() {
    let folder = Folder::new().with("empty/readme.md", "").with("broken/actions/a.json", "{\n  \"name\": }");
    folder.run("import auth0 empty").refuses(&[
        "empty is no export of Auth0's deploy CLI: it has neither tenant.yaml, nor actions/ or triggers/",
        "hint: `a0deploy export --format directory` or `--format yaml` makes one",
    ]);
    folder.run("import auth0 broken").refuses(&["broken/actions/a.json:2:11: this is no JSON: "]);
}

/// An export may be anybody's, and what it names is copied.
#[cfg(unix)]
#[test]
fn links_that_lead_out_of_an_export_are_not_followed() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new()
        .with("private.js", "module.exports = 'private'")
        .with("private.json", r#"{"post-login": []}"#)
        .with("t/actions/a.json", r#"{"name": "a", "code": "./actions/a/code.js"}"#)
        .with("t/actions/a/readme.md", "")
        .with("t/triggers/readme.md", "");
    symlink(folder.path.join("private.js"), folder.path.join("t/actions/a/code.js")).unwrap();
    let ended = folder.run("import auth0 t --out o");
    assert!(ended.err.contains("its code \"./actions/a/code.js\" is not in the export"), "{}", ended.err);
    assert!(!folder.path.join("o/actions/a.js").exists());
    symlink(folder.path.join("private.json"), folder.path.join("t/triggers/triggers.json")).unwrap();
    folder
        .run("import auth0 t --out p")
        .refuses(&["t/triggers/triggers.json: it is a link that leads out of the export"]);
}

#[test]
fn nothing_of_an_export_takes_the_place_of_something_else() {
    let action = |code: &str| format!(r#"{{"name": "same", "code": "./actions/{code}/code.js"}}"#);
    let bound = |id: &str, name: &str| {
        format!(r#"{{"{id}": [{{"action_name": "same", "display_name": "{name}"}}]}}"#)
    };
    let folder = Folder::new()
        .with("t/actions/1.json", action("1"))
        .with("t/actions/2.json", action("2"))
        .with("t/actions/3.json", r#"{"code": "./actions/1/code.js"}"#)
        .with("t/actions/1/code.js", DOMAIN_ONLY)
        .with("t/actions/2/code.js", PLAN)
        .with("t/triggers/1.json", bound("post-login", "first"))
        .with("t/triggers/2.json", bound("post-login", "second"));
    let ended = folder.run("import auth0 t --out o");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(read(&folder.path.join("o/actions/same.js")), DOMAIN_ONLY);
    assert!(!folder.path.join("o/actions/same-2.js").exists());
    let twice = "action \"same\": left out: another one of this name stands before it in the export";
    assert!(ended.err.contains(twice), "{}", ended.err);
    assert!(ended.err.contains("action \"\": left out: it has no name"), "{}", ended.err);
    let flow_file = read(&folder.path.join("o/vestibule.yaml"));
    assert!(flow_file.contains("name: first") && flow_file.contains("name: second"), "{flow_file}");
}

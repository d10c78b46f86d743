//! From a flow file to flows that run.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use vestibule::Decision;
use vestibule::Vestibule;
use vestibule_config::FlowFile;
use vestibule_config::Overrides;
use vestibule_config::Target;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vestibule-config-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(self, path: &str, text: &str) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn read(&self, file: &str) -> FlowFile {
        FlowFile::read(&self.0.join(file), environment).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What a text of the outcome or an error says of this folder, without its path.
    fn masked(&self, text: impl ToString) -> String {
        text.to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn environment(name: &str) -> Option<String> {
    (name == "TEST_KEY").then(|| "from-env".to_owned())
}

/// Runs what is bound to the target on the trigger's sample event.
fn run(file: &FlowFile, target: &Target) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let vestibule = file.configure(Vestibule::builder()).unwrap().build().unwrap();
        let flow = file.flow(&vestibule, target).unwrap_or_else(|error| panic!("{error}"));
        let event = serde_json::from_str(flow.trigger().sample_event().unwrap()).unwrap();
        serde_json::to_value(flow.run(event).await.unwrap()).unwrap()
    })
}

/// Every problem of a target.
fn problems(file: &FlowFile, target: &Target) -> String {
    let vestibule = Vestibule::builder().build().unwrap();
    file.flow(&vestibule, target).err().map(|error| error.to_string()).unwrap_or_default()
}

const LOGIN: &str = "auth0/post-login";

const TELL: &str = "exports.onExecutePostLogin = async (event, api) => {
  for (const [name, value] of Object.entries(event.secrets)) {
    api.idToken.setCustomClaim(`https://x.example/${name}`, `${value.length} characters`);
  }
};";

const THROW: &str = "exports.onExecutePostLogin = async () => { throw new Error('no'); };";

const YAML: &str = r#"
version: 1
limits: { commands: 100 }
actions:
  tell:
    file: actions/tell.js
    secrets: { KEY: { env: TEST_KEY }, LINE: { file: secrets/line } }
  throw: { file: actions/throw.js, limits: { wall_ms: 5000 } }
triggers:
  auth0/post-login:
    budget_ms: 15000
    actions:
      - tell
      - { action: throw, name: unlucky, on_failure: continue }
      - { action: tell, name: again, secrets: { KEY: { file: secrets/line } } }
"#;

const TOML: &str = r#"
version = 1
limits.commands = 100

[actions.tell]
file = "actions/tell.js"
secrets = { KEY = { env = "TEST_KEY" }, LINE = { file = "secrets/line" } }

[actions.throw]
file = "actions/throw.js"
limits.wall_ms = 5_000

[triggers."auth0/post-login"]
budget_ms = 15_000
actions = [
  "tell",
  { action = "throw", name = "unlucky", on_failure = "continue" },
  { action = "tell", name = "again", secrets = { KEY = { file = "secrets/line" } } },
]
"#;

const JSON: &str = r#"{
	"version": 1,
	"limits": { "commands": 100 },
	"actions": {
		"tell": {
			"file": "actions/tell.js",
			"secrets": { "KEY": { "env": "TEST_KEY" }, "LINE": { "file": "secrets/line" } }
		},
		"throw": { "file": "actions/throw.js", "limits": { "wall_ms": 5000 } }
	},
	"triggers": {
		"auth0/post-login": {
			"budget_ms": 15000,
			"actions": [
				"tell",
				{ "action": "throw", "name": "unlucky", "on_failure": "continue" },
				{ "action": "tell", "name": "again", "secrets": { "KEY": { "file": "secrets/line" } } }
			]
		}
	}
}"#;

fn three_formats(name: &str) -> Folder {
    Folder::new(name)
        .with("actions/tell.js", TELL)
        .with("actions/throw.js", THROW)
        .with("secrets/line", "twelve chars\r\n")
        .with("v.yaml", YAML)
        .with("v.toml", TOML)
        .with("v.json", JSON)
}

#[test]
fn the_three_formats_say_the_same() {
    let folder = three_formats("formats");
    for name in ["v.yaml", "v.toml", "v.json"] {
        let outcome = run(&folder.read(name), &Target::trigger(LOGIN));
        assert_eq!(outcome["decision"]["kind"], "continue", "{name}: {outcome:#}");
        let actions = outcome["actions"].as_array().unwrap();
        let names: Vec<_> = actions.iter().map(|action| action["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["tell", "unlucky", "again"], "{name}");
        assert_eq!(actions[1]["failure_ignored"], true, "{name}");
        let claim = |index: usize| &outcome["commands"][index]["args"]["value"];
        // A binding's own secret takes the place of the action's; the others stay.
        let values = [claim(0), claim(1), claim(2), claim(3)];
        assert_eq!(values, ["8 characters", "12 characters", "12 characters", "12 characters"], "{name}");
    }
}

#[test]
fn overrides_take_the_place_of_what_the_file_says() {
    let folder = three_formats("overrides");
    let overrides = Overrides {
        secrets: [("KEY".to_owned(), "k".to_owned())].into(),
        limits: serde_json::from_str(r#"{"commands": 1}"#).unwrap(),
        egress: None,
    };
    let outcome = run(&folder.read("v.yaml").with_overrides(overrides), &Target::trigger(LOGIN));
    assert_eq!(outcome["actions"][0]["outcome"]["kind"], "output_limit", "{outcome:#}");
}

#[test]
fn everything_that_cannot_be_had_is_told_at_once() {
    let text = "version: 1
actions:
  gone: { file: gone.js, secrets: { A: { env: NOT_SET }, B: { file: none } } }
  broken: { file: broken.js }
  there: { file: there.js, trigger: auth0/post-logn }
triggers:
  auth0/post-login: { actions: [gone, broken] }
  auth0/post-login-2: { actions: [there] }
  ory/after-logout: {}
";
    let folder = Folder::new("gone")
        .with("broken.js", "exports.onExecutePostLogin = async () => {\n  let x = ;\n};")
        .with("there.js", TELL)
        .with("v.yaml", text);
    let file = folder.read("v.yaml");
    let expected = "v.yaml:3:17: actions.gone.file: gone.js cannot be read: there is no such file
  help: paths are relative to the flow file
v.yaml:3:40: actions.gone.secrets.A: the environment variable NOT_SET is not set
  help: export NOT_SET=…
v.yaml:3:61: actions.gone.secrets.B: none cannot be read: there is no such file
v.yaml:4:19: actions.broken.file: broken.js:2:11: ";
    let said = folder.masked(problems(&file, &Target::trigger(LOGIN)));
    assert!(said.starts_with(expected), "{said}");

    let vestibule = Vestibule::builder().build().unwrap();
    let report = file.check(&vestibule);
    let said: Vec<_> = report.problems.iter().map(|problem| folder.masked(problem)).collect();
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(
        said[4].starts_with(
            "v.yaml:8:3: triggers.auth0/post-login-2: there is no trigger \"auth0/post-login-2\"; did you mean \"auth0/post-login\"?"
        ),
        "{}",
        said[4]
    );
    assert!(said[5].starts_with("v.yaml:9:3: triggers.ory/after-logout: "), "{}", said[5]);
    let refused: Vec<_> = report.problems.iter().filter_map(|problem| problem.refused.as_ref()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].name, "broken");
}

#[test]
fn a_target_that_is_not_bound_so_is_refused_with_a_reason() {
    let text = "version: 1
actions: { a: { file: a.js } }
triggers:
  auth0/post-login: { actions: [a] }
";
    let folder = Folder::new("targets").with("a.js", TELL).with("v.yaml", text);
    let file = folder.read("v.yaml");
    let said = |target: Target| folder.masked(problems(&file, &target));
    assert_eq!(
        said(Target::trigger(LOGIN).entity("e")),
        "v.yaml:4:3: triggers.auth0/post-login: this trigger is not bound to entities, but takes a list\n  \
         help: write it under `actions:`"
    );
    assert_eq!(
        said(Target::trigger(LOGIN).method("password")),
        "v.yaml:4:3: triggers.auth0/post-login: this trigger knows no methods, so not \"password\"\n  \
         help: the triggers that do are: ory/after-login, ory/after-registration, ory/after-settings"
    );
    assert_eq!(said(Target::trigger("auth0/pre-user-registration")), "");
}

#[test]
fn a_host_declares_triggers_of_its_own() {
    let declaration = "/**
 * Runs before an invoice is sent.
 * @trigger acme/invoice-due
 */

/** @handler onInvoiceDue */
export type OnInvoiceDue = (event: Event, api: InvoiceAPI) => Promise<void>;

export interface Event { cents: number; }

export interface InvoiceAPI {
  /** @stops */
  hold(reason: string): void;
}
";
    let text = "version: 1
declarations: [types/invoice.d.ts]
actions: { check: { file: check.ts } }
triggers: { acme/invoice-due: { actions: [check] } }
";
    let source = "export const onInvoiceDue = async (event, api) => {
  if (event.cents > 100_000) api.hold('ask first');
};";
    let folder = Folder::new("own")
        .with("types/invoice.d.ts", declaration)
        .with("types/broken.d.ts", "export interface Event {")
        .with("check.ts", source)
        .with("v.yaml", text)
        .with(
            "twice.yaml",
            "version: 1\ndeclarations:\n- types/invoice.d.ts\n- types/invoice.d.ts\n- types/broken.d.ts\n",
        );

    let file = folder.read("v.yaml");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        let vestibule = file.configure(Vestibule::builder()).unwrap().build().unwrap();
        let flow = file.flow(&vestibule, &Target::trigger("acme/invoice-due")).unwrap();
        flow.run(serde_json::json!({ "cents": 100_001 })).await.unwrap()
    });
    assert!(matches!(outcome.decision, Decision::Deny { .. }), "{outcome:?}");

    let error = folder.read("twice.yaml").configure(Vestibule::builder()).err().unwrap();
    let said = folder.masked(error);
    let twice = "twice.yaml:4:3: declarations[1]: types/invoice.d.ts: there is already a trigger \"acme/invoice-due\"";
    assert!(said.starts_with(twice), "{said}");
    assert!(said.contains("\ntwice.yaml:5:3: declarations[2]: types/broken.d.ts:"), "{said}");
}

#[test]
fn modules_and_configuration_reach_the_action() {
    let action = "const { plan } = require('actions:plans');
exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://x.example/plan', `${plan()} ${event.configuration.tier} ${event.configuration.region}`);
};";
    let module = "exports.plan = () => `gold with ${actions.secrets.KEY.length} characters`;";
    let text = "version: 1
modules:
  plans-2: { file: plans.js, name: plans, version: 2, secrets: { KEY: { env: TEST_KEY } } }
  broken: { file: broken.js }
  'no name': { file: plans.js }
actions:
  plan: { file: plan.js, modules: [plans-2], configuration: { tier: one, region: eu } }
  bad: { file: plan.js, modules: [broken, 'no name'] }
triggers:
  auth0/post-login:
    actions: [{ action: plan, configuration: { tier: two } }]
";
    let folder = Folder::new("modules")
        .with("plan.js", action)
        .with("plans.js", module)
        .with("broken.js", "let = ;")
        .with("v.yaml", text)
        .with("bad.yaml", &text.replace("action: plan,", "action: bad,"));
    let outcome = run(&folder.read("v.yaml"), &Target::trigger(LOGIN));
    assert_eq!(outcome["commands"][0]["args"]["value"], "gold with 8 characters two eu", "{outcome:#}");

    let file = folder.read("v.yaml");
    let report = file.check(&Vestibule::builder().build().unwrap());
    assert_eq!(report.unbound, ["bad"]);
    let forgotten = FlowFile::parse(&text.replace("modules: [plans-2],", ""), "v.yaml", environment);
    let forgotten = forgotten.unwrap().in_folder(&folder.0);
    let loaded = forgotten.load(&Vestibule::builder().build().unwrap(), &Target::trigger(LOGIN)).unwrap();
    assert_eq!(loaded.warnings, ["plan.js asks for actions:plans; write plans into the modules of plan"]);

    let said = folder.masked(problems(&folder.read("bad.yaml"), &Target::trigger(LOGIN)));
    assert!(said.starts_with("bad.yaml:4:19: modules.broken.file: broken.js:1:"), "{said}");
    let name = "bad.yaml:5:3: modules[\"no name\"]: \"no name\" is no name for a module; it must be 1 to 100 \
                letters, digits, - and _\n  help: give it a `name`, or another name in `modules`";
    assert!(said.ends_with(name), "{said}");
}

#[test]
fn an_entity_has_an_action_of_its_own() {
    let exchange = |user: &str| {
        format!(
            "exports.onExecuteCustomTokenExchange = async (event, api) => {{ api.authentication.setUserById('{user}'); }};"
        )
    };
    let text = "version: 1
actions: { one: { file: one.js }, two: { file: two.js } }
triggers:
  auth0/custom-token-exchange:
    entities: { cte_1: one, cte_2: { action: two, name: second } }
  auth0/post-login:
    entities: { cte_1: one }
";
    let folder = Folder::new("entities")
        .with("one.js", &exchange("auth0|one"))
        .with("two.js", &exchange("auth0|two"))
        .with("v.yaml", text)
        .with(
            "list.yaml",
            &text.replace("entities: { cte_1: one, cte_2: { action: two, name: second } }", "actions: [one]"),
        );
    let file = folder.read("v.yaml");
    let target = Target::trigger("auth0/custom-token-exchange");
    for (entity, name, user) in [("cte_1", "one", "auth0|one"), ("cte_2", "second", "auth0|two")] {
        let outcome = run(&file, &target.clone().entity(entity));
        assert_eq!(outcome["actions"][0]["name"], name);
        assert_eq!(
            outcome["commands"][0]["args"].as_object().unwrap().values().next().unwrap(),
            user,
            "{outcome:#}"
        );
    }
    let said = |file: &FlowFile, target: Target| folder.masked(problems(file, &target));
    assert_eq!(
        said(&file, target.clone()),
        "v.yaml:4:3: triggers.auth0/custom-token-exchange: this trigger is bound to a token-exchange-profile, and \
         none is named\n  help: the entities are: cte_1, cte_2"
    );
    assert_eq!(
        said(&file, target.clone().entity("cte_3")),
        "v.yaml:4:3: triggers.auth0/custom-token-exchange: nothing is bound to the token-exchange-profile \"cte_3\"; \
         did you mean \"cte_1\"?\n  help: the entities are: cte_1, cte_2"
    );
    assert_eq!(
        said(&file, Target::trigger(LOGIN).entity("cte_1")),
        "v.yaml:6:3: triggers.auth0/post-login: this trigger is not bound to entities, but takes a list\n  \
         help: write it under `actions:`"
    );
    assert_eq!(
        said(&folder.read("list.yaml"), target.entity("cte_1")),
        "list.yaml:4:3: triggers.auth0/custom-token-exchange: this trigger takes one action for each \
         token-exchange-profile, and no list\n  help: write it under `entities:`, by the id of the token-exchange-profile"
    );
}

#[test]
fn a_methods_list_overrides_and_never_merges() {
    let text = "version: 1
actions: { a: { file: a.js }, b: { file: a.js } }
triggers:
  ory/after-login:
    actions: [a]
    methods: { password: [b], code: [] }
";
    let file = FlowFile::parse(text, "v.yaml", |_| None).unwrap();
    let actions = |target: Target| -> Vec<String> {
        file.summary(&target).actions.into_iter().map(|action| action.name).collect()
    };
    let target = Target::trigger("ory/after-login");
    assert_eq!(actions(target.clone()), ["a"]);
    assert_eq!(actions(target.clone().method("password")), ["b"]);
    assert_eq!(actions(target.clone().method("code")), [""; 0]);
    assert_eq!(actions(target.method("totp")), ["a"]);
    let targets: Vec<_> = file.targets().iter().map(ToString::to_string).collect();
    assert_eq!(targets, ["ory/after-login", "ory/after-login with password", "ory/after-login with code"]);
}

#[test]
fn a_trigger_takes_no_more_actions_than_it_says() {
    let text = "version: 1
actions: { a: { file: a.js }, b: { file: a.js } }
triggers:
  auth0/custom-email-provider: { actions: [a, b] }
";
    let folder = Folder::new("max").with("a.js", "").with("v.yaml", text);
    assert_eq!(
        folder.masked(problems(&folder.read("v.yaml"), &Target::trigger("auth0/custom-email-provider"))),
        "v.yaml:4:3: triggers.auth0/custom-email-provider: 2 actions are bound to this trigger, but it takes 1 at \
         most\n  help: leave some of them out"
    );
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vestibule.schema.json");
    let published = fs::read_to_string(path).unwrap_or_default();
    let schema = format!("{:#}\n", vestibule_config::schema());
    assert!(
        published == schema,
        "docs/vestibule.schema.json is not the schema of the types; write it anew with \
         `cargo run -p vestibule-cli -- flow schema > docs/vestibule.schema.json`"
    );
}

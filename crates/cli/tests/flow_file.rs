//! Flow files at the command line: run, check, schema.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use support::Folder;

const CLAIM: &str = "exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://x.example/key', event.secrets.KEY);
};";

const DENY: &str = "exports.onExecutePostLogin = async (event, api) => {
  api.access.deny('closed');
};";

const BROKEN: &str = "exports.onExecutePostLogin = async () => {\n  let x = ;\n};";

const FLOW: &str = "version: 1
actions:
  claim: { file: actions/claim.js, secrets: { KEY: { env: CLAIM_KEY } } }
  deny: { file: actions/deny.js }
  spare: { file: actions/deny.js, trigger: auth0/post-login }
triggers:
  auth0/post-login:
    actions:
      - claim
      - { action: deny, name: closing-time, on_failure: continue }
";

fn folder() -> Folder {
    Folder::new()
        .with("actions/claim.js", CLAIM)
        .with("actions/deny.js", DENY)
        .with("vestibule.yaml", FLOW)
        .with_variable("CLAIM_KEY", "from the environment")
}

#[test]
fn run_runs_what_is_bound() {
    let folder = folder();
    for line in ["run --flow vestibule.yaml -t auth0/post-login", "run -t auth0/post-login --flow"] {
        let ended = folder.run(line);
        let document = ended.document(0);
        assert_eq!(document["decision"]["action"], "closing-time", "{document:#}");
        assert_eq!(document["commands"][0]["args"]["value"], "from the environment");
        assert!(ended.err.starts_with("note: no --event given"), "{}", ended.err);
    }
}

#[test]
fn options_take_the_place_of_what_the_file_says() {
    let folder = folder()
        .with(
            "actions/fetch.js",
            "exports.onExecutePostLogin = async (event, api) => {
  const answer = await fetch('https://api.example.com/plan');
  api.idToken.setCustomClaim('https://x.example/plan', (await answer.json()).plan);
};",
        )
        .with("fetch.json", r#"[{"url": "https://api.example.com/*", "json": {"plan": "gold"}}]"#)
        .with(
            "fetch.yaml",
            "version: 1
egress: { hosts: [] }
actions: { fetch: { file: actions/fetch.js, egress: { hosts: [other.example.com] } } }
triggers: { auth0/post-login: { actions: [fetch] } }
",
        );
    let line = "run -t auth0/post-login --flow vestibule.yaml --secret KEY=given";
    assert_eq!(folder.run(line).document(0)["commands"][0]["args"]["value"], "given");
    let canned = folder.run("run -t auth0/post-login --flow fetch.yaml --fetch fetch.json").document(0);
    assert_eq!(canned["commands"][0]["args"]["value"], "gold");
    let as_written = folder.run("run -t auth0/post-login --flow fetch.yaml").document(1);
    assert_eq!(as_written["actions"][0]["outcome"]["kind"], "threw");
    let limited = folder.run("run -t auth0/post-login --flow vestibule.yaml --limit commands=0").document(1);
    assert_eq!(limited["actions"][0]["outcome"]["kind"], "output_limit");
}

#[test]
fn options_that_do_not_fit_are_refused_with_a_reason() {
    let folder = folder();
    let run = |rest: &str| folder.run(&format!("run -t auth0/post-login {rest}"));
    run("--flow vestibule.yaml --on-failure claim=continue").refuses(&[
        "error: --on-failure does not go with --flow",
        "hint: write on_failure: continue at the action's place in the flow file",
    ]);
    run("--flow vestibule.yaml --module a=b.js").refuses(&["error: --module does not go with --flow"]);
    run("--flow vestibule.yaml --secret OTHER=x").refuses(&[
        "error: no action of auth0/post-login has a secret OTHER",
        "hint: their secrets are: KEY",
    ]);
    run("--flow vestibule.yaml --entity e").refuses(&["this trigger is not bound to entities"]);
    run("actions/deny.js --entity e").refuses(&["--entity chooses among what is bound"]);
    run("actions/deny.js --flow vestibule.yaml")
        .refuses(&["error: the argument '[ACTION]...' cannot be used with '--flow"]);
    run("").refuses(&["<ACTION>..."]);
    run("--flow none.yaml").refuses(&["error: cannot read none.yaml"]);
    folder
        .run("run -t auth0/post-logn --flow vestibule.yaml")
        .refuses(&["did you mean \"auth0/post-login\"?"]);
    folder.run("run -t auth0/pre-user-registration --flow vestibule.yaml").refuses(&[
        "error: nothing is bound to auth0/pre-user-registration",
        "hint: the flow file binds: auth0/post-login",
    ]);
    Folder::new().run("run -t auth0/post-login --flow").refuses(&[
        "error: there is no flow file here",
        "hint: it is called vestibule.yaml, vestibule.yml, vestibule.toml, vestibule.json; or name another one",
    ]);
    let two = Folder::new().with("vestibule.yaml", FLOW).with("vestibule.toml", "version = 1");
    two.run("flow check")
        .refuses(&["error: there are several flow files here: vestibule.yaml, vestibule.toml"]);
}

#[test]
fn a_secret_that_is_missing_stops_the_run_before_it_begins() {
    let folder = Folder::new()
        .with("actions/claim.js", CLAIM)
        .with("actions/deny.js", DENY)
        .with("vestibule.yaml", FLOW);
    folder.run("run -t auth0/post-login --flow vestibule.yaml").refuses(&[
        "error: vestibule.yaml:3:52: actions.claim.secrets.KEY: the environment variable CLAIM_KEY is not set",
        "hint: export CLAIM_KEY=…",
    ]);
}

#[test]
fn a_source_that_does_not_compile_fails_the_flow_as_it_does_without_a_file() {
    let folder = folder().with("actions/deny.js", BROKEN);
    let ended = folder.run("run -t auth0/post-login --flow vestibule.yaml");
    let document = ended.document(1);
    assert_eq!(document["actions"][0]["name"], "closing-time");
    assert_eq!(document["actions"][0]["outcome"]["kind"], "invalid_program");
    assert!(
        ended.err.contains("error: vestibule.yaml:4:17: actions.deny.file: actions/deny.js:2:11: "),
        "{}",
        ended.err
    );
}

#[test]
fn check_prints_what_is_bound() {
    let ended = folder().run("flow check");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let expected = "auth0/post-login
  1. claim                actions/claim.js  secrets: KEY
  2. closing-time (deny)  actions/deny.js   may fail
bound to nothing: spare
1 flow, 2 bound actions, 0 problems
";
    assert_eq!(ended.out, expected);
    let json = folder().run("flow check vestibule.yaml --format json").document(0);
    assert_eq!(json["flows"][0]["actions"][1]["name"], "closing-time");
    assert_eq!(json["problems"], serde_json::json!([]));
}

#[test]
fn check_tells_every_problem_at_once() {
    let folder = folder().with("actions/deny.js", BROKEN).with_variable("CLAIM_KEY", "x");
    let broken = folder.run("flow check");
    assert_eq!(broken.code, 1, "{}", broken.err);
    assert_eq!(broken.err.matches("error: vestibule.yaml:").count(), 2, "{}", broken.err);
    assert!(broken.out.ends_with("1 flow, 2 bound actions, 2 problems\n"), "{}", broken.out);
    let folder = folder
        .with("bad.toml", "version = 1\nactoins = {}\n[triggers.\"auth0/post-login\"]\nactions = [\"x\"]\n");
    folder
        .run("flow check bad.toml")
        .refuses(&["error: bad.toml:2:1: there is no key \"actoins\" here; did you mean \"actions\"?"]);
    let folder = folder.with("odd.json", "{\"version\": 1, \"triggers\": {\"auth0/post-logn\": {}}}");
    let odd = folder.run("flow check odd.json --format json");
    let document = odd.document(2);
    assert_eq!(document["problems"][0]["line"], 1);
    assert!(
        document["problems"][0]["message"].as_str().unwrap().contains("did you mean \"auth0/post-login\"?")
    );
}

#[test]
fn a_flow_that_waits_goes_on_from_the_file() {
    let visit = "exports.onExecutePostLogin = async (event, api) => {
  api.redirect.sendUserTo('https://forms.example.com/');
};
exports.onContinuePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://x.example/back', true);
};";
    let folder = folder().with("actions/claim.js", visit);
    let waits = folder.run("run -t auth0/post-login --flow vestibule.yaml --continuation-key-file key");
    let document = waits.document(0);
    assert_eq!(document["decision"]["kind"], "suspend", "{document:#}");
    let folder = folder.with("out.json", &waits.out);
    let goes_on = folder
        .run("run -t auth0/post-login --flow vestibule.yaml --continuation-key-file key --continue out.json");
    let document = goes_on.document(0);
    assert_eq!(document["actions"][0]["handler"], "onContinuePostLogin", "{document:#}");
    assert_eq!(document["decision"]["action"], "closing-time");
    let handler = folder.run("run -t auth0/post-login --flow vestibule.yaml --handler continue").document(0);
    assert_eq!(handler["actions"][0]["handler"], "onContinuePostLogin");
}

#[test]
fn schema_prints_the_published_schema() {
    let ended = Folder::new().run("flow schema");
    let published = include_str!("../../../docs/vestibule.schema.json");
    assert_eq!((ended.code, ended.out.as_str()), (0, published));
}

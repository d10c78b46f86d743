//! What is wrong with a flow file, word for word.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use vestibule_config::FlowFile;

/// A file with mistakes, and everything that is said about it.
struct Mistake {
    file: &'static str,
    text: &'static str,
    expected: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        file: "v.yaml",
        text: r#"version: 2
"#,
        expected: r#"v.yaml:1:10: version: this must be 1
  help: this vestibule reads no other version of the format"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"actions: {}
"#,
        expected: r#"v.yaml:1:1: the key "version" is missing
  help: write version: 1"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"- version: 1
"#,
        expected: r#"v.yaml:1:1: this is a list, but must be a mapping with version"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
acitons: {}
trigers: {}
"#,
        expected: r#"v.yaml:2:1: there is no key "acitons" here; did you mean "actions"?
  help: the keys are: $schema, version, declarations, limits, egress, modules, actions, triggers
v.yaml:3:1: there is no key "trigers" here; did you mean "triggers"?
  help: the keys are: $schema, version, declarations, limits, egress, modules, actions, triggers"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a: a.js
"#,
        expected: r#"v.yaml:3:6: actions.a: this is a string, but must be a mapping with file"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a:
    file: 5
    limits: { wall_ms: 0, cpu: 5, calls: 1.5 }
"#,
        expected: r#"v.yaml:4:11: actions.a.file: this is a whole number, but must be a string
  help: put it in quotes
v.yaml:5:24: actions.a.limits.wall_ms: this is 0, but must be from 1 to 600000
v.yaml:5:27: actions.a.limits: there is no key "cpu" here; did you mean "cpu_ms"?
  help: the keys are: wall_ms, cpu_ms, heap_bytes, buffer_bytes, log_bytes, log_lines, commands, command_bytes, call_bytes, calls, timers, fetches, fetches_at_once, fetch_bytes, fetch_ms, event_bytes
v.yaml:5:42: actions.a.limits.calls: this is a number, but must be a whole number"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a:
    file: a.js
    secrets:
      KEY: hunter2
      TWO: { env: A, file: b }
      NIL: {}
      ODD: { envv: A }
"#,
        expected: r#"v.yaml:6:12: actions.a.secrets.KEY: this is a string, but must be a mapping
  help: secrets do not stand in the file; write {env: NAME} for an environment variable, or {file: PATH}
v.yaml:7:12: actions.a.secrets.TWO: here must be exactly one of env and file
v.yaml:8:12: actions.a.secrets.NIL: here must be exactly one of env and file
v.yaml:9:14: actions.a.secrets.ODD: there is no key "envv" here; did you mean "env"?
  help: the keys are: env, file"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a: { file: a.js, dependencies: { axios: 1.6 }, configuration: { on: true }, trigger: }
"#,
        expected: r#"v.yaml:3:43: actions.a.dependencies.axios: this is a number, but must be a string
  help: put it in quotes
v.yaml:3:71: actions.a.configuration.on: this is true or false, but must be a string
  help: put it in quotes
v.yaml:3:86: actions.a.trigger: this is nothing, but must be a string
  help: fill it in, or leave the key out"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  claims: { file: a.js, modules: [modul, m1, m2] }
modules:
  module: { file: m.js }
  m1: { file: m.js, name: m }
  m2: { file: m.js, name: m, version: 2 }
triggers:
  auth0/post-login:
    actions: [claim, claims, { action: claims, on_failure: allow }]
"#,
        expected: r#"v.yaml:10:60: triggers.auth0/post-login.actions[2].on_failure: this is "allow"
  help: it must be one of: deny, continue"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a: { file: a.js }
triggers:
  auth0/post-login:
    budget_ms: 0
    actions: [a, { action: b, on_fail: deny }, a, []]
    methods: { passwort: [a] }
    entities: { e: a }
"#,
        expected: r#"v.yaml:6:16: triggers.auth0/post-login.budget_ms: this is 0, but must be from 1 to 3600000
v.yaml:7:31: triggers.auth0/post-login.actions[1]: there is no key "on_fail" here; did you mean "on_failure"?
  help: the keys are: action, name, on_failure, secrets, configuration, limits, egress
v.yaml:7:51: triggers.auth0/post-login.actions[3]: this is a list, but must be a string or a mapping with action
v.yaml:8:16: triggers.auth0/post-login.methods: there is no key "passwort" here; did you mean "password"?
  help: the keys are: code, lookup_secret, oidc, passkey, password, profile, totp, webauthn"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a: { file: a.js }
triggers:
  auth0/post-login:
    actions: [a, { action: b, on_failure: deny }, a]
    methods: { password: [a] }
    entities: { e: c }
"#,
        expected: r#"v.yaml:6:28: triggers.auth0/post-login.actions[1].action: there is no action "b"
  help: the actions are: a
v.yaml:6:51: triggers.auth0/post-login.actions[2]: "a" is bound here twice: it is number 1 too
  help: write {action: a, name: …} with a name of its own
v.yaml:7:5: triggers.auth0/post-login.methods: this trigger has no lists by method
  help: the triggers that have are: ory/after-login, ory/after-registration, ory/after-settings
v.yaml:8:5: triggers.auth0/post-login.entities: a trigger is bound either to a list or to entities
  help: leave one of them out
v.yaml:8:20: triggers.auth0/post-login.entities.e: there is no action "c"
  help: the actions are: a"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
egress: { hosts: ['*', api.example.com, 'a b'], ports: [0, 70000] }
"#,
        expected: r#"v.yaml:2:57: egress.ports[0]: this is 0, but must be from 1 to 65535
v.yaml:2:60: egress.ports[1]: this is 70000, but must be from 1 to 65535"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
egress: { hosts: ['*', api.example.com, 'a b'] }
"#,
        expected: r#"v.yaml:2:19: egress.hosts[0]: `*` names no host: it is no name; expected a name, an address, or a name after `*.`
  help: write a name such as api.example.com, or *.example.com for all names below it
v.yaml:2:41: egress.hosts[2]: `a b` names no host: invalid international domain name; expected a name, an address, or a name after `*.`
  help: write a name such as api.example.com, or *.example.com for all names below it"#,
    },
    Mistake {
        file: "v.yaml",
        text: r#"version: 1
actions:
  a:
  - file: a.js
   x: 1
"#,
        expected: r#"v.yaml:5:4: this is no YAML: while parsing a block mapping, did not find expected key"#,
    },
    Mistake {
        file: "v.toml",
        text: r#"version = 1
[actions.a]
fil = "a.js"
"#,
        expected: r#"v.toml:2:1: actions.a: the key "file" is missing
v.toml:3:1: actions.a: there is no key "fil" here; did you mean "file"?
  help: the keys are: file, trigger, secrets, configuration, limits, egress, modules, dependencies, runtime"#,
    },
    Mistake {
        file: "v.toml",
        text: r#"version = 1
version = 1
[actions.a
file = 
"#,
        expected: r#"v.toml:2:1: this is no TOML: duplicate key
v.toml:3:11: this is no TOML: unclosed table, expected `]`"#,
    },
    Mistake {
        file: "v.toml",
        text: r#"version = 1979-05-27
"#,
        expected: r#"v.toml:1:11: version: this is a date, and nothing in a flow file is one
  help: put it in quotes"#,
    },
    Mistake {
        file: "v.json",
        text: r#"{"version": 1, "version": 1,
 "actions": {"ä": {"fille": "a.js"}}}"#,
        expected: r#"v.json:1:16: version: this key is here twice
  help: leave one of them out"#,
    },
    Mistake {
        file: "v.json",
        text: r#"{"version": 1,}"#,
        expected: r#"v.json:1:14: this is no JSON: trailing commas are not allowed"#,
    },
    Mistake {
        file: "v.json",
        text: r#"{"version": 1, // one
}"#,
        expected: r#"v.json:1:16: this is no JSON: comments are not allowed"#,
    },
    Mistake {
        file: "v.ini",
        text: r#"version=1"#,
        expected: r#"v.ini:1:1: the ending of this file tells no format
  help: a flow file ends in .yaml, .yml, .toml or .json"#,
    },
    Mistake { file: "v.json", text: r#""#, expected: r#"v.json:1:1: the file is empty"# },
];

#[test]
fn every_mistake_is_named_with_its_place_and_the_way_out() {
    let mut wrong = String::new();
    for Mistake { file, text, expected } in MISTAKES {
        let error = match FlowFile::parse(text, file, |_| None) {
            Ok(_) => "no mistake".to_owned(),
            Err(error) => error.to_string(),
        };
        if error != *expected {
            wrong.push_str(&format!("--- for\n{text}\n--- expected\n{expected}\n--- but got\n{error}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

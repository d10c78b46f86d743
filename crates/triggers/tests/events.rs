//! Events, schemas and reference pages of the built-in triggers.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use std::collections::HashSet;

use serde_json::{Value, json};
use support::{Execution, deep, sample};
use vestibule_triggers::{Mode, Phase, Registry, Trigger};

const BOTH: [&str; 2] = ["auth0/post-login", "auth0/pre-user-registration"];

fn mismatches(id: &str, event: &Value) -> Vec<String> {
    let trigger = Execution::of(id).trigger;
    trigger.check_event(event).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_mismatch_names_the_path() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str); 12] = [
        (|event| event["user"]["email"] = json!(5), "$.user.email must be a string, got number"),
        (|event| event["stats"] = json!({}), "$.stats.logins_count must be a number, got nothing"),
        (
            |event| event["stats"]["logins_count"] = json!(-1),
            "$.stats.logins_count must be at least 0, got -1",
        ),
        (
            |event| event["transaction"]["protocol"] = json!("gopher"),
            "$.transaction.protocol must be \"oidc-basic-profile\", \"oidc-implicit-profile\", \"oidc-hybrid-profile\", \
             \"oidc-ciba\", \"oidc-ciba-web-link\", \"oauth2-device-code\", \"oauth2-resource-owner\", \
             \"oauth2-resource-owner-jwt-bearer\", \"oauth2-password\", \"oauth2-webauthn\", \"oauth2-access-token\", \
             \"oauth2-refresh-token\", \"oauth2-token-exchange\", \"samlp\", \"wsfed\" or \"wstrust-usernamemixed\", \
             got string \"gopher\"",
        ),
        (
            |event| event["session"]["created_at"] = json!("yesterday"),
            "$.session.created_at must be a date and time such as 2026-03-01T09:30:00Z, got \"yesterday\"",
        ),
        (
            |event| event["user"]["identities"][0]["isSocial"] = json!("no"),
            "$.user.identities[0].isSocial must be a boolean, got string",
        ),
        (
            |event| event["client"]["metadata"]["odd key"] = json!(1),
            "$.client.metadata[\"odd key\"] must be a string, got number",
        ),
        (|event| event["authentication"] = json!([]), "$.authentication must be an object, got array"),
        (
            |event| event["session"]["metadata"] = (0..26).map(|n| (n.to_string(), json!("v"))).collect(),
            "$.session.metadata must have at most 25 entries, got 26",
        ),
        (|event| event["experiment"] = json!(1), "$.experiment must be an object or null, got number"),
        (
            |event| {
                event["transaction"]["actor"] =
                    json!({ "sub": "a", "act": { "sub": "b", "act": { "sub": 1 } } })
            },
            "$.transaction.actor.act.act.sub must be a string, got number",
        ),
        (
            |event| event["session_transfer_token"] = deep(70),
            "$.session_transfer_token must be an object, got array",
        ),
    ];
    for (edit, expected) in cases {
        let mut event = sample("auth0/post-login");
        edit(&mut event);
        assert_eq!(mismatches("auth0/post-login", &event), [expected]);
    }
}

#[test]
fn hosts_may_send_more_and_need_not_send_what_the_runtime_provides() {
    let mut event = sample("auth0/post-login");
    assert!(event.get("secrets").is_none());
    event["something_new"] = json!({ "a": [1] });
    event["user"]["shoe_size"] = json!(43);
    event["user"]["app_metadata"] = json!("stored as a text");
    assert_eq!(mismatches("auth0/post-login", &event), Vec::<String>::new());
    event["secrets"] = json!({ "KEY": 5 });
    assert_eq!(mismatches("auth0/post-login", &event), ["$.secrets.KEY must be a string, got number"]);
}

#[test]
fn what_is_no_event_at_all() {
    assert_eq!(mismatches("auth0/post-login", &json!(null)), ["$ must be an object, got null"]);
    let all = mismatches("auth0/post-login", &json!({}));
    assert_eq!(all.first().map(String::as_str), Some("$.client must be an object, got nothing"));
    assert_eq!(all.len(), 6, "client, connection, request, stats, tenant, user: {all:?}");
    let many = json!({ "roles": vec![1; 50] });
    let mut event = sample("auth0/post-login");
    event["authorization"] = many;
    assert_eq!(mismatches("auth0/post-login", &event).len(), 20);
}

#[test]
fn a_deep_event_is_refused() {
    let mut event = sample("auth0/post-login");
    // Nested by moving: building it with the macro would recurse.
    let mut actor = json!({ "sub": "a" });
    for _ in 0..10_000 {
        let mut outer = json!({ "sub": "a" });
        outer["act"] = actor;
        actor = outer;
    }
    event["transaction"]["actor"] = actor;
    let found = mismatches("auth0/post-login", &event);
    // The test's own value is too deep for an ordinary drop on a small stack.
    std::mem::forget(event);
    assert!(!found.is_empty());
    for text in found {
        assert!(text.ends_with("must not nest deeper than 64 levels") && text.len() < 400, "{text}");
    }
}

#[test]
fn the_event_schema_says_what_the_declaration_says() {
    let schema = Execution::of("auth0/post-login").trigger.event_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$ref"], "#/$defs/Event");
    let defs = &schema["$defs"];
    let required = json!(["client", "connection", "request", "stats", "tenant", "user"]);
    assert_eq!(defs["Event"]["required"], required);
    assert_eq!(defs["Event"]["properties"]["session"]["$ref"], "#/$defs/Session");
    assert_eq!(defs["Timestamp"]["format"], "date-time");
    assert_eq!(defs["CookieMode"], json!({ "enum": ["persistent", "non-persistent"] }));
    assert_eq!(defs["StoredMetadata"]["maxProperties"], 25);
    assert_eq!(defs["Stats"]["properties"]["logins_count"]["minimum"], 0);
    assert_eq!(defs["Actor"]["properties"]["act"]["$ref"], "#/$defs/Actor");
    assert!(defs["User"]["properties"]["app_metadata"].get("type").is_none(), "a host may send anything");
    assert!(defs["Event"].get("additionalProperties").is_none(), "a host may send more");
    assert_references_resolve(&schema);
}

#[test]
fn the_command_schema_says_what_the_declaration_says() {
    for id in BOTH {
        let trigger = Execution::of(id).trigger;
        let schema = trigger.command_schema();
        let alternatives = schema["oneOf"].as_array().expect("a list");
        let names: Vec<&Value> =
            alternatives.iter().map(|command| &command["properties"]["command"]["const"]).collect();
        let recorded: Vec<Value> = trigger
            .methods()
            .iter()
            .filter(|method| method.host.is_none())
            .map(|method| json!(method.path))
            .collect();
        assert_eq!(names, recorded.iter().collect::<Vec<_>>());
        assert_references_resolve(&schema);
    }
    let schema = Execution::of("auth0/post-login").trigger.command_schema();
    let args = |path: &str| {
        let alternatives = schema["oneOf"].as_array().expect("a list");
        let found = alternatives.iter().find(|command| command["properties"]["command"]["const"] == path);
        found.expect("the command")["properties"]["args"].clone()
    };
    assert_eq!(args("accessToken.setCustomClaim")["required"], json!(["name"]));
    assert_eq!(args("accessToken.setCustomClaim")["additionalProperties"], json!(false));
    assert_eq!(schema["$defs"]["ClaimName"]["not"], json!({ "enum": ["scope"] }));
    assert_eq!(schema["$defs"]["Scope"]["maxLength"], 280);
    assert_eq!(schema["$defs"]["Scope"]["pattern"], "^\\S+$");
    assert_eq!(schema["$defs"]["RenderOptions"]["additionalProperties"], json!(false));
    let probes = &args("samlResponse.setNameIdentifierProbes")["properties"]["nameIdentifierProbes"];
    assert_eq!((&probes["maxItems"], &probes["items"]["$ref"]), (&json!(10), &json!("#/$defs/SamlName")));
    let url = &args("authentication.recordMethod")["properties"]["providerUrl"];
    assert_eq!((&url["type"], &url["format"]), (&json!("string"), &json!("uri")));
    assert_eq!(schema["$defs"]["TransactionValue"]["maximum"], json!(9_007_199_254_740_991_i64));
}

#[test]
fn reference_pages_name_everything() {
    for id in BOTH {
        let trigger = Execution::of(id).trigger;
        let page = trigger.reference();
        assert!(page.starts_with(&format!("# {}\n\n`{id}`, sync\n", trigger.title())));
        for method in trigger.methods() {
            assert!(page.contains(&format!("### `api.{}(", method.path)), "{}", method.path);
        }
        for handler in trigger.handlers() {
            assert!(page.contains(&format!("### `{}` ({})", handler.name, handler.phase.name())));
        }
        assert!(page.contains("| `email?` | `string` |"));
        assert!(page.contains("- `reason`: Why;"));
    }
    let page = Execution::of("auth0/post-login").trigger.reference();
    for text in [
        "- `scope`: The scope. (at most 280 characters; not empty; white space around it is removed; must not contain white space)",
        "- At most 1000 calls per execution.",
        "- Effect `accessToken.scopes`: one entry for each `scope`; the last call wins.",
        "- After `api.redirect.sendUserTo` in the same action it aborts the execution.",
        "- Can only be called in `onContinuePostLogin`.",
        "- Changes `event.session.metadata` at once.",
        "- Answered by the host function `cache.get`.",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_registry_knows_its_triggers() {
    let mut registry = Registry::built_in();
    let ids: Vec<&str> = registry.iter().map(|trigger| trigger.id()).collect();
    assert_eq!(ids[..2], BOTH);
    let trigger = registry.get("auth0/post-login").expect("it is built in");
    assert_eq!((trigger.title(), trigger.mode()), ("Post Login", Mode::Sync));
    let handlers: Vec<(&str, Phase)> =
        trigger.handlers().iter().map(|handler| (handler.name.as_str(), handler.phase)).collect();
    assert_eq!(handlers, [("onExecutePostLogin", Phase::Execute), ("onContinuePostLogin", Phase::Continue)]);
    assert!(trigger.source().contains("export interface PostLoginAPI"));

    for (asked, meant) in [
        ("auth0/post-logn", "auth0/post-login"),
        ("post-login", "auth0/post-login"),
        ("auth0/pre-user-registratio", "auth0/pre-user-registration"),
    ] {
        let unknown = registry.get(asked).expect_err("a misspelled name");
        assert_eq!(unknown.did_you_mean.as_deref(), Some(meant));
    }
    let unknown = registry.get("x").expect_err("no such name");
    let known = ids.join(", ");
    assert_eq!(unknown.to_string(), format!("there is no trigger \"x\" (known: {known})"));
    let again = Trigger::parse("again.d.ts", trigger.source()).expect("it is readable");
    let duplicate = registry.add(again).expect_err("the name is taken");
    assert_eq!(duplicate.id, "auth0/post-login");
}

/// Every `$ref` of a schema has its definition.
fn assert_references_resolve(schema: &Value) {
    let mut waiting = vec![schema];
    let mut seen = HashSet::new();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    let name = reference.strip_prefix("#/$defs/").expect("a reference to a definition");
                    assert!(schema["$defs"].get(name).is_some(), "{reference}");
                    seen.insert(name);
                }
                waiting.extend(map.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let defined = schema["$defs"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(seen.len(), defined, "nothing is defined without need");
}

#[test]
fn sensitive_texts_are_found_at_any_depth_and_in_any_branch() {
    let declaration = r#"
        /** @trigger acme/door */
        /** @handler onDoor */
        export type OnDoor = (event: Event, api: DoorAPI) => void;
        export interface Event {
          /** @sensitive */
          keys?: Record<string, unknown>;
          headers?: { /** @sensitive */ Cookie?: string[]; [name: string]: string[] };
          guests?: Guest[];
        }
        export type Guest = Known | Stranger;
        export interface Known { kind: "known"; name: string; brings?: Guest }
        export interface Stranger {
          kind: "stranger";
          /**
           * @sensitive
           * @pattern ^[a-z]+$
           */
          name: string;
          brings?: Guest;
        }
        export interface DoorAPI { open(): void }
    "#;
    let trigger = Trigger::parse("door.d.ts", declaration).expect("a declaration");
    let cases = [
        (json!({}), vec![]),
        (
            json!({ "keys": { "a": ["front", { "b": "back" }], "n": 1, "open": "true" } }),
            vec!["back", "front"],
        ),
        (json!({ "headers": { "cookie": ["session"], "Accept": ["text"] } }), vec!["session"]),
        (
            json!({ "guests": [
                { "kind": "known", "name": "ann", "brings": { "kind": "stranger", "name": "bob" } },
                { "kind": "stranger", "name": "eve" },
            ] }),
            vec!["bob", "eve"],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(trigger.check_event(&event), Ok(()), "{event}");
        assert_eq!(trigger.sensitive_texts(&event).collect::<Vec<_>>(), expected, "{event}");
    }
    let event = json!({ "guests": [{ "kind": "stranger", "name": "Mallory" }] });
    let mismatches = trigger.check_event(&event).expect_err("a bad name");
    assert_eq!(mismatches[0].to_string(), "$.guests[0].name must match ^[a-z]+$", "the name is not told");
}

#[test]
fn sensitive_is_a_tag_of_fields() {
    let declaration = r#"
        /** @trigger acme/door */
        /** @handler onDoor */
        export type OnDoor = (event: { id: string }, api: DoorAPI) => void;
        export interface DoorAPI { open(/** @sensitive */ code: string): void }
    "#;
    let error = Trigger::parse("door.d.ts", declaration).expect_err("a parameter is not hidden");
    assert!(error.to_string().contains("@sensitive on a parameter"), "{error}");
}

//! The triggers of Ory and Corbado: which method has which trigger, what events must hold, what calls take.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use support::{Execution, change, sample};
use vestibule_triggers::{CallOutcome, Command, Mode, Registry, RejectionCode, Returns, Trigger};

const CACHE: &str = "cache.get cache.set cache.delete";
const IDENTITY: &str = "identity.setTraits identity.setSchemaId identity.setState \
    identity.setVerifiableAddresses identity.setRecoveryAddresses identity.setMetadataPublic \
    identity.setMetadataAdmin identity.setExternalId";

/// The handler of each trigger, and the methods that it has besides those of the cache.
fn triggers() -> Vec<(&'static str, &'static str, String)> {
    let flow = |hooks: &str| {
        let hooks: Vec<String> = hooks.split_whitespace().map(|hook| format!("hooks.{hook}")).collect();
        format!("access.deny validation.error {}", hooks.join(" "))
    };
    let before = flow("b2bSso");
    vec![
        ("ory/before-login", "onBeforeLogin", before.clone()),
        ("ory/before-registration", "onBeforeRegistration", before.clone()),
        ("ory/before-recovery", "onBeforeRecovery", before.clone()),
        ("ory/before-settings", "onBeforeSettings", before.clone()),
        ("ory/before-verification", "onBeforeVerification", before.clone()),
        (
            "ory/after-login",
            "onAfterLogin",
            flow("b2bSso revokeActiveSessions requireVerifiedAddress verification showVerificationUi"),
        ),
        (
            "ory/after-registration",
            "onAfterRegistration",
            format!("{} {IDENTITY}", flow("b2bSso session showVerificationUi")),
        ),
        ("ory/after-recovery", "onAfterRecovery", flow("revokeActiveSessions")),
        (
            "ory/after-settings",
            "onAfterSettings",
            format!(
                "{} {IDENTITY}",
                flow(
                    "b2bSso revokeActiveSessions showVerificationUi verifyNewAddress notifyPreviousAddresses"
                )
            ),
        ),
        ("ory/after-verification", "onAfterVerification", before),
        (
            "ory/oauth2-token",
            "onOAuth2Token",
            "access.deny accessToken.setClaim accessToken.setClaims idToken.setClaim idToken.setClaims"
                .into(),
        ),
        ("corbado/pre-login", "onPreLogin", "access.deny login.setIdentifier".into()),
        ("corbado/post-login", "onPostLogin", "access.deny passkey.verifySignedData session.set".into()),
        ("corbado/post-append", "onPostAppend", "passkey.verifySignedData".into()),
    ]
}

fn trigger(id: &str) -> Arc<Trigger> {
    Arc::clone(Registry::built_in().get(id).expect("a built-in trigger"))
}

/// An execution with the sample event after an edit.
fn execution_with(id: &str, edit: impl FnOnce(&mut Value)) -> Execution {
    let mut event = sample(id);
    edit(&mut event);
    Execution::begin(&trigger(id), &trigger(id).handlers()[0].name, event, &[])
}

fn execution(id: &str) -> Execution {
    execution_with(id, |_| {})
}

fn mismatches(id: &str, event: &Value) -> Vec<String> {
    trigger(id).check_event(event).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn each_trigger_has_the_methods_that_its_platform_allows_there() {
    for (id, handler, methods) in triggers() {
        let trigger = trigger(id);
        assert_eq!(trigger.mode(), Mode::Sync, "{id}");
        assert_eq!(trigger.handlers().iter().map(|known| &known.name).collect::<Vec<_>>(), [handler]);
        let mut expected: Vec<&str> = methods.split_whitespace().chain(CACHE.split_whitespace()).collect();
        let mut found: Vec<&str> = trigger.methods().iter().map(|method| method.path.as_str()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{id}");
        for method in trigger.methods() {
            let stops = ["access.deny", "validation.error"].contains(&method.path.as_str());
            assert_eq!((method.stops, method.suspends.is_some()), (stops, false), "{id} {}", method.path);
        }
    }
}

/// Which of identity, session and method an event holds.
#[test]
fn events_hold_what_kratos_knows_at_that_point() {
    for (id, required) in [
        ("ory/before-login", vec![]),
        ("ory/before-registration", vec![]),
        ("ory/before-recovery", vec![]),
        ("ory/before-settings", vec!["session"]),
        ("ory/before-verification", vec![]),
        ("ory/after-login", vec!["identity", "method", "session"]),
        ("ory/after-registration", vec!["identity", "method"]),
        ("ory/after-recovery", vec!["identity"]),
        ("ory/after-settings", vec!["identity", "method", "session"]),
        ("ory/after-verification", vec!["identity"]),
    ] {
        let always = ["flow", "request_cookies", "request_headers", "request_method", "request_url"];
        for field in ["identity", "method", "session"].into_iter().chain(always) {
            let mut event = sample(id);
            let was_there = event.as_object_mut().expect("an object").remove(field).is_some();
            let is_required = always.contains(&field) || required.contains(&field);
            assert_eq!(
                (was_there, mismatches(id, &event).len()),
                (is_required, is_required.into()),
                "{id} {field}"
            );
        }
    }
}

#[test]
fn the_methods_of_a_flow_are_a_closed_list() {
    let all = ["password", "oidc", "totp", "webauthn", "passkey", "code", "lookup_secret", "profile"];
    for (id, allowed) in [
        ("ory/after-login", "password oidc totp webauthn passkey code lookup_secret"),
        ("ory/after-registration", "password oidc webauthn passkey code"),
        ("ory/after-settings", "password oidc totp webauthn passkey lookup_secret profile"),
    ] {
        let fits = |method: &&str| {
            let mut event = sample(id);
            event["method"] = json!(method);
            mismatches(id, &event).is_empty()
        };
        let fitting: Vec<&str> = all.into_iter().filter(fits).collect();
        assert_eq!(fitting.join(" "), allowed, "{id}");
    }
}

/// What Go writes for a missing value, and what Kratos may add one day.
#[test]
fn events_as_kratos_writes_them_are_fine() {
    let mut event = sample("ory/after-login");
    for field in
        ["metadata_public", "metadata_admin", "verifiable_addresses", "recovery_addresses", "external_id"]
    {
        event["identity"][field] = Value::Null;
    }
    event["flow"]["active"] = Value::Null;
    event["flow"]["transient_payload"] = Value::Null;
    event["flow"]["ui"]["messages"] = Value::Null;
    event["flow"]["ui"]["nodes"] = json!([
        { "type": "a", "group": "default", "messages": [], "meta": {},
          "attributes": { "node_type": "a", "id": "x", "href": "/", "title": { "id": 1, "text": "x", "type": "info" } } },
        { "type": "script", "group": "webauthn", "messages": [], "meta": { "label": null },
          "attributes": { "node_type": "script", "id": "x", "src": "/x.js", "type": "text/javascript", "async": true,
                          "crossorigin": "anonymous", "integrity": "", "nonce": "", "referrerpolicy": "no-referrer" } },
        { "type": "div", "group": "captcha", "messages": [], "meta": {},
          "attributes": { "node_type": "div", "id": "x", "data": { "sitekey": "k" } } },
    ]);
    event["session"]["devices"] = Value::Null;
    event["something_new"] = json!(true);
    assert_eq!(mismatches("ory/after-login", &event), Vec::<String>::new());

    event["flow"]["ui"]["nodes"][0]["attributes"]["node_type"] = json!("blink");
    let found = mismatches("ory/after-login", &event);
    assert!(
        found.len() == 1 && found[0].starts_with("$.flow.ui.nodes[0].attributes.node_type must be"),
        "{found:?}"
    );
}

#[test]
fn a_message_needs_a_json_pointer_and_a_number() {
    let message = json!({ "id": 4_000_001, "text": "x" });
    for pointer in ["", "#", "#/", "#/traits/email", "#/traits/a~0b/c~1d", "#/password", "#/traits/tags/0"] {
        execution("ory/after-login").record("validation.error", json!([pointer, message]));
    }
    let long = format!("#/{}", "x".repeat(1024));
    for pointer in ["/traits", "traits.email", "#traits", "#/a~", "#/a~2", "https://x/#/a", &long] {
        let (_, text) = execution("ory/after-login").throws("validation.error", json!([pointer, message]));
        assert!(text.starts_with("api.validation.error: \"instancePtr\" must be"), "{pointer}: {text}");
    }
    for (field, value) in [
        ("id", json!("1")),
        ("id", json!(0.5)),
        ("text", json!(1)),
        ("type", json!("success")),
        ("ctx", json!({})),
    ] {
        let mut wrong = message.clone();
        wrong[field] = value;
        let (_, text) = execution("ory/after-login").throws("validation.error", json!(["#/", wrong]));
        assert!(text.starts_with(&format!("api.validation.error: \"message.{field}\"")), "{text}");
    }
}

/// A built-in hook can be asked for where Kratos has it for this method, and nowhere else.
#[test]
fn hooks_of_settings_depend_on_what_was_changed() {
    let all = ["password", "oidc", "totp", "webauthn", "passkey", "lookup_secret", "profile"];
    for (hook, args, methods) in [
        ("revokeActiveSessions", json!([]), "password oidc totp webauthn passkey lookup_secret"),
        ("showVerificationUi", json!([]), "profile"),
        ("verifyNewAddress", json!([]), "profile"),
        ("notifyPreviousAddresses", json!([]), "profile"),
        ("b2bSso", json!([{}]), "password oidc totp webauthn passkey lookup_secret profile"),
    ] {
        let works = |method: &&str| {
            let mut execution = execution_with("ory/after-settings", |event| event["method"] = json!(method));
            let outcome = execution.call(&format!("hooks.{hook}"), args.clone());
            matches!(outcome, CallOutcome::Record { .. })
        };
        let working: Vec<&str> = all.into_iter().filter(works).collect();
        assert_eq!(working.join(" "), methods, "{hook}");
    }
}

#[test]
fn what_an_action_makes_of_the_identity_is_in_the_event_at_once() {
    for id in ["ory/after-registration", "ory/after-settings"] {
        let mut execution = execution(id);
        for (method, argument, field) in [
            ("setTraits", json!({ "email": "x@y.example" }), "traits"),
            ("setSchemaId", json!("employee"), "schema_id"),
            ("setState", json!("inactive"), "state"),
            ("setMetadataPublic", json!({}), "metadata_public"),
            ("setMetadataAdmin", json!(null), "metadata_admin"),
            ("setExternalId", json!(null), "external_id"),
            ("setExternalId", json!("E-1"), "external_id"),
            (
                "setRecoveryAddresses",
                json!([{ "value": "x@y.example", "via": "email" }]),
                "recovery_addresses",
            ),
        ] {
            let (_, changes) = execution.record(&format!("identity.{method}"), json!([argument]));
            assert_eq!(changes, [change(&["identity", field], Some(argument))], "{id} {method}");
        }
    }
}

#[test]
fn effects_are_what_the_host_has_to_do() {
    let mut settings = execution("ory/after-settings");
    let calls = [
        ("hooks.verifyNewAddress", json!([])),
        ("hooks.showVerificationUi", json!([])),
        ("hooks.notifyPreviousAddresses", json!([{ "recipients": "all" }])),
        ("validation.error", json!(["#/", { "id": 1, "text": "one" }])),
        ("validation.error", json!(["#/", { "id": 2, "text": "two", "type": "info" }])),
    ];
    let commands: Vec<Command> =
        calls.into_iter().map(|(path, args)| settings.record(path, args).0).collect();
    let folded = settings.trigger.fold(&[&commands]);
    assert_eq!(
        folded.effects,
        json!({
            "hooks": { "showVerificationUi": true, "notifyPreviousAddresses": { "options": { "recipients": "all" } } },
            "validation": { "error": [
                { "instancePtr": "#/", "message": { "id": 1, "text": "one", "type": "error" } },
                { "instancePtr": "#/", "message": { "id": 2, "text": "two", "type": "info" } },
            ] },
        })
    );
    let rejected: Vec<_> = folded.rejected.into_iter().flatten().map(|rejection| rejection.code).collect();
    assert_eq!(rejected, [RejectionCode::Discarded]);
}

#[test]
fn claims_of_hydra_are_reserved_in_the_id_token_alone() {
    let mut token = execution("ory/oauth2-token");
    for name in [
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "rat",
        "jti",
        "nonce",
        "at_hash",
        "c_hash",
        "auth_time",
        "acr",
        "amr",
    ] {
        for (path, is_reserved) in [("idToken.setClaim", true), ("accessToken.setClaim", false)] {
            let (command, _) = token.record(path, json!([name, "x"]));
            let rejected =
                token.trigger.fold(&[&[command]]).rejected.remove(0).map(|rejection| rejection.code);
            assert_eq!(rejected, is_reserved.then_some(RejectionCode::Reserved), "{path} {name}");
        }
    }
}

#[test]
fn calls_chain_where_one_interface_has_all_methods() {
    for (id, returns) in [
        ("ory/after-login", Returns::Nothing),
        ("ory/oauth2-token", Returns::Chain),
        ("corbado/pre-login", Returns::Chain),
        ("corbado/post-login", Returns::Chain),
    ] {
        for method in trigger(id).methods().iter().filter(|method| method.host.is_none()) {
            assert_eq!(method.returns, returns, "{id} {}", method.path);
        }
    }
}

#[test]
fn passkey_data_is_checked_by_the_host() {
    for id in ["corbado/post-login", "corbado/post-append"] {
        let options =
            json!({ "jwks": { "keys": [] }, "issuer": "https://pro-1.example", "username": "noor" });
        let CallOutcome::Host { name, args } =
            execution(id).call("passkey.verifySignedData", json!(["a.b.c", options]))
        else {
            panic!("the host answers")
        };
        assert_eq!(name, "passkey.verifySignedData");
        assert_eq!(Value::Object(args), json!({ "signedPasskeyData": "a.b.c", "options": options }));
        for (args, problem) in [
            (json!(["", options]), "\"signedPasskeyData\" must not be empty"),
            (json!(["a.b.c"]), "\"options\" must be an object, got undefined"),
            (json!(["a.b.c", {}]), "\"options.issuer\" must be a string, got undefined"),
            (
                json!(["a.b.c", { "issuer": "x", "jwksUrl": "http://x.example" }]),
                "\"options.jwksUrl\" must begin with https://, got \"http://x.example\"",
            ),
            (
                json!(["a.b.c", { "issuer": "x", "algorithm": "none" }]),
                "\"options.algorithm\" is not a known field (known: jwks, jwksUrl, issuer, username)",
            ),
        ] {
            let (_, text) = execution(id).throws("passkey.verifySignedData", args);
            assert_eq!(text, format!("api.passkey.verifySignedData: {problem}"));
        }
    }
}

//! The Auth0 triggers for messages, event streams and identifiers: what they accept, how they fold, and how a
//! host is to run them.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Execution, sample};
use vestibule_triggers::{
    BindingPolicy, CallOutcome, Command, Mode, RejectionCode, Retries, RetryOn, Returns, ThrowClass,
};

const SMS: &str = "auth0/send-phone-message";
const PHONE: &str = "auth0/custom-phone-provider";
const EMAIL: &str = "auth0/custom-email-provider";
const STREAM: &str = "auth0/event-stream";
const LOGIN: &str = "auth0/login-post-identifier";
const SIGNUP: &str = "auth0/signup-post-identifier";
const ALL: [&str; 6] = [SMS, PHONE, EMAIL, STREAM, LOGIN, SIGNUP];

fn handler(id: &str) -> &'static str {
    match id {
        SMS => "onExecuteSendPhoneMessage",
        PHONE => "onExecuteCustomPhoneProvider",
        EMAIL => "onExecuteCustomEmailProvider",
        STREAM => "onExecuteEventStream",
        _ => "onExecutePostIdentifier",
    }
}

fn execution(id: &str) -> Execution {
    Execution::with(id, handler(id), sample(id), &[])
}

#[test]
fn a_host_learns_how_to_run_them() {
    let list = |max| BindingPolicy::List { max };
    let retries = |on, seconds: &[u64]| {
        Some(Retries { on, waits: seconds.iter().copied().map(Duration::from_secs).collect() })
    };
    let asked_for = || retries(RetryOn::Command("notification.retry".into()), &[10, 30, 60, 120, 300]);
    let cases = [
        (SMS, Mode::Sync, list(None), None),
        (PHONE, Mode::Async, list(Some(1)), asked_for()),
        (EMAIL, Mode::Async, list(Some(1)), asked_for()),
        (
            STREAM,
            Mode::Async,
            BindingPolicy::Entity { kind: "event-stream".into() },
            retries(RetryOn::Failure, &[1, 2, 4]),
        ),
        (LOGIN, Mode::Sync, list(None), None),
        (SIGNUP, Mode::Sync, list(None), None),
    ];
    for (id, mode, binding, retries) in cases {
        let trigger = execution(id).trigger;
        assert_eq!((trigger.mode(), trigger.binding()), (mode, &binding), "{id}");
        assert_eq!(trigger.retries(), retries.as_ref(), "{id}");
        let handlers: Vec<&str> = trigger.handlers().iter().map(|handler| handler.name.as_str()).collect();
        assert_eq!(handlers, [handler(id)], "{id}");
        let holds_the_flow =
            trigger.methods().iter().find(|method| method.stops || method.suspends.is_some());
        assert!(holds_the_flow.is_none(), "{id}: {holds_the_flow:?}");
    }
}

/// A good call that records a command: trigger, path, arguments, and the effects of it alone.
fn recorded_calls() -> Vec<(&'static str, &'static str, Value, Value)> {
    let failure = |kind: &str| json!({ "notification": { "failure": { "reason": "no", "kind": kind } } });
    let connection = || json!({ "authentication": { "setConnectionByName": { "name": "saml" } } });
    let organization = || json!({ "authentication": { "setOrganization": { "organization": "org_1" } } });
    vec![
        (PHONE, "notification.drop", json!(["no"]), failure("drop")),
        (PHONE, "notification.retry", json!(["no"]), failure("retry")),
        (EMAIL, "notification.drop", json!(["no"]), failure("drop")),
        (EMAIL, "notification.retry", json!(["no", "extra"]), failure("retry")),
        (LOGIN, "authentication.setConnectionByName", json!(["saml"]), connection()),
        (LOGIN, "authentication.setOrganization", json!(["org_1"]), organization()),
        (LOGIN, "setConnection", json!(["saml"]), connection()),
        (SIGNUP, "authentication.setConnectionByName", json!(["saml"]), connection()),
        (SIGNUP, "authentication.setOrganization", json!(["org_1"]), organization()),
    ]
}

#[test]
fn good_calls_are_recorded_and_take_effect() {
    for (id, path, args, effects) in recorded_calls() {
        let mut execution = execution(id);
        let (command, changes) = execution.record(path, args);
        assert_eq!(execution.trigger.fold(&[&[command]]).effects, effects, "{id} {path}");
        assert!(changes.is_empty(), "{id} {path}: what the host has found stays in the event");
    }
}

#[test]
fn every_other_method_is_the_cache() {
    for id in ALL {
        let recorded: BTreeSet<&str> =
            recorded_calls().iter().filter(|call| call.0 == id).map(|call| call.1).collect();
        let mut execution = execution(id);
        let mut others = Vec::new();
        for method in execution.trigger.methods().to_vec() {
            let path = method.path.as_str();
            if recorded.contains(path) {
                assert_eq!(method.returns, Returns::Nothing, "{id} {path}");
                continue;
            }
            assert_eq!(method.returns, Returns::Value, "{id} {path}");
            let CallOutcome::Host { name, .. } = execution.call(path, json!(["k", "v"])) else {
                panic!("{id} {path} is a host function");
            };
            others.push(name);
        }
        assert_eq!(others, ["cache.get", "cache.set", "cache.delete"], "{id}");
    }
}

use ThrowClass::{RangeError, TypeError};

#[test]
fn bad_calls_throw() {
    let cases = [
        (PHONE, "notification.retry", json!([]), TypeError, "\"reason\" must be a string, got undefined"),
        (EMAIL, "notification.drop", json!([503]), TypeError, "\"reason\" must be a string, got number"),
        (EMAIL, "notification.drop", json!([null]), TypeError, "\"reason\" must be a string, got null"),
        (
            LOGIN,
            "authentication.setConnectionByName",
            json!([{ "name": "saml" }]),
            TypeError,
            "\"name\" must be a string, got object",
        ),
        (LOGIN, "setConnection", json!([""]), RangeError, "\"name\" must not be empty"),
        (
            SIGNUP,
            "authentication.setOrganization",
            json!([""]),
            RangeError,
            "\"organization\" must not be empty",
        ),
    ];
    for (id, path, args, class, message) in cases {
        let thrown = execution(id).throws(path, args);
        assert_eq!(thrown, (class, format!("api.{path}: {message}")), "{id}");
    }
}

/// An action hands on what a provider wrote; a long text must not cost the retry.
#[test]
fn a_long_reason_is_cut_at_1024_characters_not_bytes() {
    for path in ["notification.drop", "notification.retry"] {
        for id in [PHONE, EMAIL] {
            for (length, kept) in [(1023, 1023), (1024, 1024), (1025, 1024), (100_000, 1024)] {
                let (command, _) = execution(id).record(path, json!(["é".repeat(length)]));
                let reason = command.args["reason"].as_str().unwrap_or_default();
                assert_eq!((reason.chars().count(), reason.len()), (kept, 2 * kept), "{id} {path}");
            }
        }
    }
}

/// What is recorded in turn, in which of two actions, and what remains.
#[test]
fn the_last_word_counts() {
    let superseded = Some(RejectionCode::Superseded);
    type Calls = [(&'static str, &'static str); 3];
    let cases: [(&str, Calls, Value, [Option<RejectionCode>; 3]); 3] = [
        (
            PHONE,
            [("notification.retry", "a"), ("notification.drop", "b"), ("notification.retry", "c")],
            json!({ "notification": { "failure": { "reason": "c", "kind": "retry" } } }),
            [superseded, superseded, None],
        ),
        (
            EMAIL,
            [("notification.retry", "a"), ("notification.retry", "b"), ("notification.drop", "c")],
            json!({ "notification": { "failure": { "reason": "c", "kind": "drop" } } }),
            [superseded, superseded, None],
        ),
        (
            LOGIN,
            [
                ("authentication.setConnectionByName", "a"),
                ("authentication.setOrganization", "b"),
                ("setConnection", "c"),
            ],
            json!({ "authentication": {
                "setConnectionByName": { "name": "c" },
                "setOrganization": { "organization": "b" },
            } }),
            [superseded, None, None],
        ),
    ];
    for (id, calls, effects, rejected) in cases {
        let mut execution = execution(id);
        let commands: Vec<Command> =
            calls.into_iter().map(|(path, text)| execution.record(path, json!([text])).0).collect();
        let (first, second) = commands.split_at(2);
        let folded = execution.trigger.fold(&[first, second]);
        assert_eq!(folded.effects, effects, "{id}");
        let codes: Vec<_> = folded.rejected.into_iter().map(|why| why.map(|why| why.code)).collect();
        assert_eq!(codes, rejected, "{id}");
    }
}

fn mismatches(id: &str, event: &Value) -> Vec<String> {
    let checked = execution(id).trigger.check_event(event);
    checked.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_event_names_the_place() {
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit, &str); 9] = [
        (
            SMS,
            |event| event["message_options"]["message_type"] = json!("text"),
            "$.message_options.message_type must be \"sms\" or \"voice\", got string \"text\"",
        ),
        (
            SMS,
            |event| event["message_options"]["action"] = json!("login"),
            "$.message_options.action must be \"enrollment\" or \"second-factor-authentication\", \
             got string \"login\"",
        ),
        (
            PHONE,
            |event| event["notification"]["delivery_method"] = json!("sms"),
            "$.notification.delivery_method must be \"text\" or \"voice\", got string \"sms\"",
        ),
        (
            PHONE,
            |event| event["notification"]["code"] = json!(418_203),
            "$.notification.code must be a string, got number",
        ),
        (
            EMAIL,
            |event| event["notification"]["to"] = json!(null),
            "$.notification.to must be a string, got null",
        ),
        (
            STREAM,
            |event| event["message"]["specversion"] = json!("0.3"),
            "$.message.specversion must be \"1.0\", got string \"0.3\"",
        ),
        (STREAM, |event| event["message"]["id"] = json!(""), "$.message.id must not be empty"),
        (
            LOGIN,
            |event| event["transaction"]["identifier"] = json!(null),
            "$.transaction.identifier must be a string, got null",
        ),
        (
            SIGNUP,
            |event| event["initial_connection"] = json!(null),
            "$.initial_connection must be an object, got null",
        ),
    ];
    for (id, edit, expected) in cases {
        let mut event = sample(id);
        assert_eq!(mismatches(id, &event), Vec::<String>::new(), "{id}");
        edit(&mut event);
        assert_eq!(mismatches(id, &event), [expected], "{id}");
    }
}

/// What a host must send at the least: everything else of the samples may be left out.
#[test]
fn the_smallest_events_are_enough() {
    let client = json!({ "client_id": "c", "name": "App", "metadata": {} });
    let request = json!({ "ip": "192.0.2.1", "method": "POST" });
    let user = json!({ "user_id": "sms|1", "app_metadata": {}, "user_metadata": {} });
    let transaction = json!({ "acr_values": [], "locale": "en", "requested_scopes": [], "ui_locales": [], "identifier": "ben" });
    let cases = [
        (
            SMS,
            json!({
                "message_options": { "action": "enrollment", "code": "1", "message_type": "sms", "recipient": "+1", "text": "1" },
                "request": request, "tenant": { "id": "t" }, "user": user,
            }),
        ),
        (
            PHONE,
            json!({
                "client": client,
                "notification": {
                    "as_text": "x", "as_voice": "x", "delivery_method": "text",
                    "message_type": "blocked_account", "recipient": "+1",
                },
                "request": request, "tenant": { "id": "t" }, "user": user,
            }),
        ),
        (
            EMAIL,
            json!({
                "client": client,
                "notification": {
                    "from": "a@x.example", "html": "", "locale": "en", "message_type": "welcome_email",
                    "subject": "", "text": "", "to": "b@x.example",
                },
                "request": {}, "tenant": { "id": "t" }, "user": user,
            }),
        ),
        (STREAM, json!({ "message": { "id": "e", "type": "t", "source": "s", "specversion": "1.0" } })),
        (
            LOGIN,
            json!({ "client": client, "request": request, "tenant": { "id": "t" }, "transaction": transaction }),
        ),
        (
            SIGNUP,
            json!({
                "client": client, "request": request, "tenant": { "id": "t" }, "transaction": transaction,
                "initial_connection": { "id": "con_1", "name": "auth0", "strategy": "auth0" },
            }),
        ),
    ];
    for (id, event) in cases {
        assert_eq!(mismatches(id, &event), Vec::<String>::new(), "{id}");
        for field in event.as_object().expect("an event is an object").keys() {
            let mut less = event.clone();
            less.as_object_mut().expect("an event is an object").remove(field);
            assert_eq!(mismatches(id, &less).len(), 1, "{id} without {field}");
        }
    }
}

/// The events of a stream are of many kinds, also of kinds that nobody has thought of yet.
#[test]
fn a_stream_carries_any_kind_of_event() {
    let mut event = sample(STREAM);
    event["message"]["type"] = json!("group.role.assigned");
    event["message"]["data"] = json!({ "object": { "anything": [1, { "goes": null }] }, "previous": 1 });
    event["message"]["traceparent"] = json!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    event["message"]["time"] = json!(null);
    assert_eq!(mismatches(STREAM, &event), Vec::<String>::new());
}

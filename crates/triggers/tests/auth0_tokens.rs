//! Rules of the Auth0 triggers about tokens, passwords and what follows: limits on both sides, what stops and
//! suspends, and what the headers say.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use serde_json::{Map, Value, json};
use support::{Execution, change, sample};
use vestibule_triggers::ThrowClass::{Error, RangeError, TypeError};
use vestibule_triggers::{BindingPolicy, CallOutcome, Command, Method, Mode, Resume, Returns, ThrowClass};

const CREDENTIALS: &str = "auth0/credentials-exchange";
const EXCHANGE: &str = "auth0/custom-token-exchange";
const RESET: &str = "auth0/password-reset-post-challenge";
const REGISTERED: &str = "auth0/post-user-registration";
const CHANGED: &str = "auth0/post-change-password";
const HASH: &str = "auth0/password-hash-migration";
const ALL: [&str; 6] = [CREDENTIALS, EXCHANGE, RESET, REGISTERED, CHANGED, HASH];

/// A limit: the last call that is within it, the first one that is not, and the end of what that one is told.
struct Edge {
    trigger: &'static str,
    method: &'static str,
    within: Value,
    beyond: Value,
    class: ThrowClass,
    told: &'static str,
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

/// Texts that have a shortest and a longest form: the method, the argument's place, and its name.
fn texts() -> Vec<(&'static str, &'static str, usize, usize, &'static str)> {
    vec![
        (EXCHANGE, "access.deny", 0, 1024, "code"),
        (EXCHANGE, "access.deny", 1, 4096, "reason"),
        (EXCHANGE, "access.rejectInvalidSubjectToken", 0, 4096, "reason"),
        (EXCHANGE, "authentication.setUserById", 0, 512, "user_id"),
        (EXCHANGE, "authentication.setUserByConnection", 0, 512, "connection_name"),
        (EXCHANGE, "authentication.setOrganization", 0, 50, "organization_id_or_name"),
        (EXCHANGE, "transaction.setMetadata", 0, 64, "key"),
        (RESET, "prompt.render", 0, 48, "promptId"),
        (CREDENTIALS, "transaction.addTargetScope", 0, 280, "scope"),
        (CREDENTIALS, "transaction.removeTargetScope", 0, 280, "scope"),
    ]
}

/// Arguments with which every method of the table above can be called.
fn usual_args(method: &str) -> Value {
    match method {
        "access.deny" => json!(["invalid_request", "why"]),
        "authentication.setUserByConnection" => json!(["Members", { "user_id": "1" }, both("none", "none")]),
        "transaction.setMetadata" => json!(["k", 1]),
        _ => json!(["x"]),
    }
}

fn both(creation: &str, update: &str) -> Value {
    json!({ "creationBehavior": creation, "updateBehavior": update })
}

#[test]
fn texts_are_bounded_on_both_sides() {
    for (trigger, method, place, max, name) in texts() {
        let with = |text: String| {
            let mut args = usual_args(method);
            args[place] = json!(text);
            args
        };
        for length in [1, max] {
            Execution::of(trigger).record(method, with(long(length)));
        }
        for (text, told) in [
            (String::new(), format!("\"{name}\" must not be empty")),
            (long(max + 1), format!("\"{name}\" must be at most {max} characters long, got {}", max + 1)),
        ] {
            let (class, message) = Execution::of(trigger).throws(method, with(text));
            assert_eq!(class, RangeError, "{method}");
            assert!(message.ends_with(&told), "{method}: {message}");
        }
    }
}

/// A chain of so many parties.
fn chain(parties: usize) -> Value {
    (1..parties).fold(json!({ "sub": "p" }), |act, _| json!({ "sub": "p", "act": act }))
}

/// A party with so many properties of its own.
fn party(properties: usize) -> Value {
    let own = (0..properties).map(|n| (format!("k{n}"), json!(n)));
    let mut party: Map<String, Value> = own.collect();
    party.insert("sub".to_owned(), json!("p"));
    party.insert("act".to_owned(), json!({ "sub": "q" }));
    party.into()
}

/// A user with one attribute more, and so many of a host's own.
fn user(name: &str, value: impl Into<Value>) -> Value {
    let mut user = json!({ "user_id": "1" });
    user[name] = value.into();
    json!(["Members", user, both("none", "none")])
}

fn attributes(count: usize) -> Value {
    let mut user: Map<String, Value> = (1..count).map(|n| (format!("a{n}"), json!(n))).collect();
    user.insert("user_id".to_owned(), json!("1"));
    json!(["Members", user, both("none", "none")])
}

fn edges() -> Vec<Edge> {
    let by_connection = |within, beyond, told| Edge {
        trigger: EXCHANGE,
        method: "authentication.setUserByConnection",
        within,
        beyond,
        class: RangeError,
        told,
    };
    let set_actor = |within: Value, beyond: Value, class, told| Edge {
        trigger: EXCHANGE,
        method: "authentication.setActor",
        within: json!([within]),
        beyond: json!([beyond]),
        class,
        told,
    };
    let scopes = |count: usize| -> Value { json!([(0..count).map(|n| format!("s{n}")).collect::<Vec<_>>()]) };
    let keyed = |key: String| json!({ "sub": "p", key: 1 });
    vec![
        by_connection(
            attributes(24),
            attributes(25),
            "\"user_attributes\" must have at most 24 entries, got 25",
        ),
        by_connection(
            user("user_id", long(255)),
            user("user_id", long(256)),
            "\"user_attributes.user_id\" must be at most 255 characters long, got 256",
        ),
        by_connection(
            user("username", long(128)),
            user("username", long(129)),
            "\"user_attributes.username\" must be at most 128 characters long, got 129",
        ),
        by_connection(
            user("given_name", long(150)),
            user("given_name", long(151)),
            "\"user_attributes.given_name\" must be at most 150 characters long, got 151",
        ),
        by_connection(
            user("nickname", long(300)),
            user("nickname", long(301)),
            "\"user_attributes.nickname\" must be at most 300 characters long, got 301",
        ),
        by_connection(user("name", "x"), user("name", ""), "\"user_attributes.name\" must not be empty"),
        set_actor(
            chain(5),
            chain(6),
            TypeError,
            "\"actor.act.act.act.act.act\" has a key that must not be there: only \"act\" may hold a party, up to \
             the fifth, got \"sub\"",
        ),
        set_actor(party(5), party(6), RangeError, "\"actor\" must have at most 7 entries, got 8"),
        set_actor(
            json!({ "sub": long(512) }),
            json!({ "sub": long(513) }),
            RangeError,
            "\"actor.sub\" must be at most 512 characters long, got 513",
        ),
        set_actor(
            json!({ "sub": "p", "team": long(64) }),
            json!({ "sub": "p", "team": long(65) }),
            RangeError,
            "\"actor.team\" must be at most 64 characters long, got 65",
        ),
        set_actor(
            keyed(long(64)),
            keyed(long(65)),
            TypeError,
            "\"actor\" has a key that must be a name of 1 to 64 characters, got \
             \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\"",
        ),
        Edge {
            trigger: CREDENTIALS,
            method: "transaction.setTargetScopes",
            within: scopes(1000),
            beyond: scopes(1001),
            class: RangeError,
            told: "\"scopes\" must have at most 1000 items, got 1001",
        },
        Edge {
            trigger: EXCHANGE,
            method: "transaction.setMetadata",
            within: json!(["k", long(8192)]),
            beyond: json!(["k", long(8193)]),
            class: RangeError,
            told: "\"value\" must take at most 8192 bytes, got 8193",
        },
        Edge {
            trigger: HASH,
            method: "password.reject",
            within: json!([long(1024)]),
            beyond: json!([long(1025)]),
            class: RangeError,
            told: "\"reason\" must be at most 1024 characters long, got 1025",
        },
    ]
}

#[test]
fn limits_hold_from_the_first_call_beyond_them() {
    for Edge { trigger, method, within, beyond, class, told } in edges() {
        Execution::of(trigger).record(method, within);
        let (thrown, message) = Execution::of(trigger).throws(method, beyond);
        assert_eq!(thrown, class, "{method}");
        assert!(message.ends_with(&format!("api.{method}: {told}")), "{method}: {message}");
    }
}

#[test]
fn all_calls_together_are_limited() {
    let mut scopes = Execution::of(CREDENTIALS);
    for n in 0..1000 {
        scopes.record("transaction.addTargetScope", json!([format!("s{n}")]));
    }
    let told = "api.transaction.addTargetScope: An action may add at most 1000 scopes.";
    assert_eq!(scopes.throws("transaction.addTargetScope", json!(["more"])), (Error, told.to_owned()));

    // The names of the parameters count too: "key", "k" and "value".
    let filled = |bytes: usize| json!(["k", long(bytes - 9 - 2)]);
    for (method, prefix) in [
        ("user.setAppMetadata", "Invalid setAppMetadata arguments:"),
        ("user.setUserMetadata", "Invalid setUserMetadata arguments:"),
    ] {
        let (earlier, _) = Execution::of(EXCHANGE).record(method, filled(20_000));
        let handler = "onExecuteCustomTokenExchange";
        let mut later = Execution::with(EXCHANGE, handler, sample(EXCHANGE), &[earlier]);
        let (class, message) = later.throws(method, filled(20_000));
        assert_eq!(class, Error);
        assert!(
            message.starts_with(prefix) && message.ends_with("may take at most 32768 bytes."),
            "{message}"
        );
        later.record(method, filled(12_000));
    }
}

#[test]
fn only_one_of_two_answers_can_be_given() {
    let by_connection = json!(["Members", { "user_id": "1" }, both("create_if_not_exists", "replace")]);
    let one_user = "Exactly one of setUserById and setUserByConnection must be called.";
    let one_answer = "A password is either accepted or rejected, not both.";
    let one_page = "An action may either redirect or render a form, not both.";
    let by_id = json!(["auth0|1"]);
    for (trigger, first, second, message) in [
        (
            EXCHANGE,
            ("authentication.setUserById", &by_id),
            ("authentication.setUserByConnection", &by_connection),
            one_user,
        ),
        (
            EXCHANGE,
            ("authentication.setUserByConnection", &by_connection),
            ("authentication.setUserById", &by_id),
            one_user,
        ),
        (HASH, ("password.accept", &json!([])), ("password.reject", &json!(["no"])), one_answer),
        (HASH, ("password.reject", &json!(["no"])), ("password.accept", &json!([])), one_answer),
        (
            RESET,
            ("prompt.render", &json!(["f"])),
            ("redirect.sendUserTo", &json!(["https://x.example"])),
            one_page,
        ),
        (
            RESET,
            ("redirect.sendUserTo", &json!(["https://x.example"])),
            ("prompt.render", &json!(["f"])),
            one_page,
        ),
        (
            RESET,
            ("prompt.render", &json!(["f"])),
            ("prompt.render", &json!(["g"])),
            "An action may render one form only.",
        ),
    ] {
        let mut execution = Execution::of(trigger);
        execution.record(first.0, first.1.clone());
        let outcome = execution.call(second.0, second.1.clone());
        assert_eq!(outcome, CallOutcome::Abort { message: message.to_owned() }, "{} {}", first.0, second.0);
    }
    // The same answer again is only a change of mind.
    let mut execution = Execution::of(EXCHANGE);
    let commands =
        ["auth0|1", "auth0|2"].map(|id| execution.record("authentication.setUserById", json!([id])).0);
    let folded = execution.trigger.fold(&[&commands]);
    assert_eq!(folded.effects, json!({ "authentication": { "setUserById": { "user_id": "auth0|2" } } }));
}

#[test]
fn both_options_of_a_connection_must_be_given() {
    for (options, told) in [
        (json!("undefined"), "\"options\" must be an object, got undefined"),
        (
            json!({ "updateBehavior": "none" }),
            "\"options.creationBehavior\" must be \"create_if_not_exists\" or \"none\", got undefined",
        ),
        (
            both("always", "none"),
            "\"options.creationBehavior\" must be \"create_if_not_exists\" or \"none\", got string \"always\"",
        ),
    ] {
        let args = json!(["Members", { "user_id": "1" }, options]);
        let (class, message) = Execution::of(EXCHANGE).throws("authentication.setUserByConnection", args);
        let prefix = "Invalid setUserByConnection arguments: api.authentication.setUserByConnection: ";
        assert_eq!((class, message), (TypeError, format!("{prefix}{told}")));
    }
}

#[test]
fn target_scopes_and_metadata_change_in_the_event_at_once() {
    let path = ["transaction", "target_scopes"];
    let granted = ["read:orders", "read:stock", "write:stock"];
    let mut execution = Execution::of(CREDENTIALS);
    for (method, args, seen) in [
        ("transaction.addTargetScope", json!([" a "]), json!([granted[0], granted[1], granted[2], "a"])),
        ("transaction.removeTargetScope", json!(["read:stock"]), json!([granted[0], granted[2], "a"])),
        ("transaction.setTargetScopes", json!([["b", "c"]]), json!(["b", "c"])),
        ("transaction.clearTargetScopes", json!([]), json!([])),
    ] {
        let (_, changes) = execution.record(method, args);
        assert_eq!(changes, [change(&path, Some(seen))], "{method}");
    }

    // A host that sends no metadata has it made by the first call.
    let mut event = sample(EXCHANGE);
    event["transaction"]["metadata"] = Value::Null;
    let mut execution = Execution::with(EXCHANGE, "onExecuteCustomTokenExchange", event, &[]);
    let (_, changes) = execution.record("transaction.setMetadata", json!(["k", true]));
    assert_eq!(changes, [change(&["transaction", "metadata"], Some(json!({ "k": true })))]);
}

#[test]
fn what_the_headers_say() {
    let one_of = |entity: &str| BindingPolicy::Entity { kind: entity.to_owned() };
    let list = |max: Option<usize>| BindingPolicy::List { max };
    for (id, mode, binding) in [
        (CREDENTIALS, Mode::Sync, list(None)),
        (EXCHANGE, Mode::Sync, one_of("token-exchange-profile")),
        (RESET, Mode::Sync, list(Some(4))),
        (REGISTERED, Mode::Async, list(None)),
        (CHANGED, Mode::Async, list(None)),
        (HASH, Mode::Sync, one_of("connection")),
    ] {
        let trigger = Execution::of(id).trigger;
        assert_eq!((trigger.mode(), trigger.binding()), (mode, &binding), "{id}");
        assert_eq!(trigger.retries(), None, "{id}");
        assert!(trigger.check_event(&sample(id)).is_ok(), "{id}");
    }
    let reset = Execution::of(RESET).trigger;
    assert_eq!(reset.subject(&sample(RESET)), json!(["auth0|65f2b3a1c4d5e6f708192a3b"]));
}

#[test]
fn what_stops_suspends_and_chains() {
    let paths = |id: &str, which: fn(&Method) -> bool| -> Vec<String> {
        let trigger = Execution::of(id).trigger;
        trigger.methods().iter().filter(|method| which(method)).map(|method| method.path.clone()).collect()
    };
    assert_eq!(paths(CREDENTIALS, |method| method.stops), ["access.deny"]);
    assert_eq!(paths(EXCHANGE, |method| method.stops), ["access.deny", "access.rejectInvalidSubjectToken"]);
    assert_eq!(paths(RESET, |method| method.stops), ["access.deny"]);
    assert_eq!(paths(HASH, |method| method.stops), ["password.reject"]);
    assert_eq!(
        paths(RESET, |method| method.suspends == Some(Resume::Next)),
        ["authentication.challengeWith", "authentication.challengeWithAny"]
    );
    assert_eq!(
        paths(RESET, |method| method.suspends == Some(Resume::Continue)),
        ["prompt.render", "redirect.sendUserTo"]
    );
    // Unlike those of post-login, the methods of these triggers cannot be chained; one trigger excepted.
    for id in ALL {
        let chaining = paths(id, |method| method.returns == Returns::Chain);
        let expected: &[&str] =
            if id == CREDENTIALS { &["access.deny", "accessToken.setCustomClaim"] } else { &[] };
        assert_eq!(chaining, expected, "{id}");
    }
    // What is over cannot be changed.
    for id in [REGISTERED, CHANGED] {
        assert_eq!(paths(id, |_| true), ["cache.get", "cache.set", "cache.delete"], "{id}");
    }
}

#[test]
fn a_reserved_claim_is_told_and_left_out() {
    let mut execution = Execution::of(CREDENTIALS);
    let set = |execution: &mut Execution, name: &str| -> Command {
        execution.record("accessToken.setCustomClaim", json!([name, 1])).0
    };
    let commands = ["sub", "https://x.example/a"].map(|name| set(&mut execution, name));
    let folded = execution.trigger.fold(&[&commands]);
    assert_eq!(folded.effects, json!({ "accessToken": { "setCustomClaim": { "https://x.example/a": 1 } } }));
    assert_eq!(folded.rejected.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    let told = "api.accessToken.setCustomClaim: The \"scope\" claim cannot be set.";
    assert_eq!(execution.throws("accessToken.setCustomClaim", json!(["scope", 1])), (Error, told.to_owned()));
}

#[test]
fn an_event_that_differs_is_refused_with_its_path() {
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit, &str); 6] = [
        (
            CREDENTIALS,
            |event| event["transaction"]["requested_scopes"] = json!("read"),
            "$.transaction.requested_scopes must be an array, got string",
        ),
        (
            EXCHANGE,
            |event| event["transaction"]["requested_token_type"] = json!(5),
            "$.transaction.requested_token_type must be a string or null, got number",
        ),
        (
            RESET,
            |event| event["authentication"] = json!({}),
            "$.authentication.methods must be an array, got nothing",
        ),
        (
            REGISTERED,
            |event| event["user"]["user_id"] = Value::Null,
            "$.user.user_id must be a string, got null",
        ),
        (
            CHANGED,
            |event| event["user"]["last_password_reset"] = json!("today"),
            "$.user.last_password_reset must be a date and time such as 2026-03-01T09:30:00Z, got \"today\"",
        ),
        (HASH, |event| event["password"]["hash"] = json!({}), "$.password.hash must be a string, got object"),
    ];
    for (id, edit, told) in cases {
        let mut event = sample(id);
        edit(&mut event);
        let mismatches = Execution::of(id).trigger.check_event(&event).expect_err(id);
        assert_eq!(mismatches.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
    }
}

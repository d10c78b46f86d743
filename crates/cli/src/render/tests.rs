//! Whole outcomes as they are printed, letter by letter.

use serde_json::json;
use vestibule::Registry;

use super::*;

/// An outcome of `auth0/post-login` with one action, rendered without colours.
fn rendered(decision: Value, effects: Value, action: Value) -> String {
    rendered_with(json!([]), decision, effects, action)
}

fn rendered_with(commands: Value, decision: Value, effects: Value, action: Value) -> String {
    let mut report = json!({
        "name": "check", "handler": "onExecutePostLogin", "outcome": { "kind": "completed" }, "logs": [],
        "usage": { "wall_us": 240, "cpu_us": 190, "heap_peak_bytes": 0, "buffers_peak_bytes": 0,
                   "fetches": 0, "calls": 0, "queue_us": 0 },
    });
    for (name, value) in action.as_object().unwrap() {
        report[name] = value.clone();
    }
    let document = json!({
        "trigger": "auth0/post-login", "decision": decision, "commands": commands,
        "effects": effects, "actions": [report],
    });
    let outcome_value: FlowOutcome = serde_json::from_value(document).unwrap();
    let registry = Registry::built_in();
    outcome(&outcome_value, registry.get("auth0/post-login").unwrap(), Paint { is_on: false })
}

/// What stands below the line of the action.
fn action_text(action: Value) -> String {
    let decision = json!({ "kind": "continue" });
    let text = rendered(decision, json!({}), action);
    text.split_once("Actions\n").unwrap().1.to_owned()
}

#[test]
fn allowed_with_effects() {
    let effects = json!({
        "idToken": { "setCustomClaim": { "https://acme.example/roles": ["admin"] } },
        "accessToken": { "scopes": { "read:orders": "add" } },
    });
    assert_eq!(
        rendered(json!({ "kind": "continue" }), effects, json!({})),
        "\
Allowed: the flow goes on
  auth0/post-login, 1 action, 0.24 ms

The host would now do
  accessToken.scopes
    read:orders: \"add\"
  idToken.setCustomClaim
    https://acme.example/roles: [\"admin\"]

Actions
  1. check  completed  0.24 ms (0.19 ms CPU)
"
    );
}

#[test]
fn a_command_that_does_not_count_is_shown_with_its_reason() {
    let commands = json!([
        { "action": "check", "command": "idToken.setCustomClaim", "args": { "name": "aud", "value": 1 },
          "rejected": { "code": "reserved", "reason": "The claim is reserved.\nforged" } },
        { "action": "check", "command": "access.deny", "args": { "reason": "x" } },
    ]);
    let text = rendered_with(commands, json!({ "kind": "continue" }), json!({}), json!({}));
    let section = "\
Asked for, but does not count
  idToken.setCustomClaim(\"aud\") by check
    The claim is reserved.\\nforged

Actions
";
    assert!(text.contains(section), "{text}");
}

#[test]
fn denied_with_a_reason_and_a_message() {
    let decision = json!({ "kind": "deny", "action": "check", "command": "access.deny",
                           "reason": "not our domain\nforged", "user_message": "Sorry.\nBye." });
    let effects = json!({ "access": { "deny": { "reason": "not our domain" } } });
    let text = rendered(decision, effects, json!({}));
    assert!(
        text.starts_with(
            "\
Denied by check: not our domain\\nforged
  command: access.deny
  the user is told: Sorry.
  | Bye.
  auth0/post-login, 1 action, 0.24 ms

The host would now do
  access.deny
    reason: \"not our domain\"
"
        ),
        "{text}"
    );
}

#[test]
fn suspended_with_the_arguments() {
    let decision = json!({ "kind": "suspend", "action": "check", "command": "redirect.sendUserTo",
                           "args": { "url": "https://consent.example/" }, "continuation": "AQ" });
    let text = rendered(decision, json!({}), json!({}));
    assert!(
        text.starts_with(
            "\
Suspended by check: redirect.sendUserTo
  url: \"https://consent.example/\"
  the flow waits for the user; to go on, keep its outcome and give it back with a new event:
    run with --continuation-key-file KEY --format json > OUTCOME, then again
    with --continuation-key-file KEY --continue OUTCOME (to try one handler: --handler continue)
  auth0/post-login, 1 action, 0.24 ms

The host would change nothing
"
        ),
        "{text}"
    );
}

#[test]
fn failed_with_the_line_that_threw() {
    let outcome = json!({
        "kind": "threw", "name": "TypeError", "message": "Cannot read properties of undefined (reading 'b')",
        "phase": "handler", "causes": ["the first\nof all"], "hint": "look at a",
        "frames": [
            { "function": "helper", "file": "src/check.js", "line": 12, "column": 5, "source": "\tä(a.b);" },
            { "file": "src/check.js", "line": 3, "column": 1 },
        ],
    });
    let decision = json!({ "kind": "fail", "action": "check", "message": "TypeError: …" });
    let effects = json!({ "access": { "deny": { "reason": "x" } } });
    let text = rendered(decision, effects, json!({ "outcome": outcome }));
    assert!(text.starts_with("Failed in check: TypeError: …\n"), "{text}");
    assert!(text.contains("\nAsked for before the failure\n  access.deny\n"), "{text}");
    assert!(
        text.ends_with(
            "
  1. check  threw  0.24 ms (0.19 ms CPU)
     TypeError: Cannot read properties of undefined (reading 'b')
       at src/check.js:12:5 in helper
         12 |     ä(a.b);
            |        ^
       at src/check.js:3:1
     caused by: the first
     | of all
     hint: look at a
"
        ),
        "{text}"
    );
}

#[test]
fn every_other_outcome_says_what_happened_and_what_to_do() {
    let breach = |kind: &str, unit: &str| {
        action_text(
            json!({ "outcome": { "kind": kind, "limit": 500, "used": 512, "unit": unit, "phase": "handler" } }),
        )
    };
    assert_eq!(
        breach("wall_limit", "ms"),
        "  1. check  took too long  0.24 ms (0.19 ms CPU)
     512 ms in the handler, where 500 ms are allowed
     hint: wait for less, or raise the limit wall_ms
"
    );
    for (kind, unit, words) in [
        ("cpu_limit", "ms", ["used too much processor time", "512 ms in", "cpu_ms"]),
        ("heap_limit", "bytes", ["used too much memory", "512 bytes in", "heap_bytes"]),
        ("buffer_limit", "bytes", ["used too much memory for buffers", "512 bytes in", "buffer_bytes"]),
        ("output_limit", "commands", ["asked for too much", "512 commands in", "loop"]),
        ("output_limit", "calls", ["asked for too much", "512 calls in", "loop"]),
    ] {
        let text = breach(kind, unit);
        assert!(words.iter().all(|word| text.contains(word)), "{kind}: {text}");
    }
    let bare = |outcome: Value| action_text(json!({ "outcome": outcome }));
    let unsettled = bare(json!({ "kind": "unsettled", "phase": "handler" }));
    assert!(unsettled.contains("can never happen") && unsettled.contains("hint: "), "{unsettled}");
    assert!(bare(json!({ "kind": "cancelled" })).contains("was cancelled"));
    assert!(bare(json!({ "kind": "engine_lost" })).contains("can be run again"));
    let invalid =
        json!({ "kind": "invalid_program", "name": "SyntaxError", "message": "no }", "phase": "load" });
    assert!(bare(invalid).contains("cannot be run  0.24 ms (0.19 ms CPU)\n     SyntaxError: no }\n"));
}

#[test]
fn a_log_line_cannot_pass_for_two_or_move_the_cursor() {
    let text = action_text(json!({
        "logs": [
            { "level": "log", "message": "one\n+0.10 ms error forged", "at_us": 100 },
            { "level": "error", "message": "\u{1b}[2Jtwo", "at_us": 12_345 },
        ],
        "logs_dropped": 3,
    }));
    assert_eq!(
        text,
        "  1. check  completed  0.24 ms (0.19 ms CPU)
     0.10 ms log   one
                 | +0.10 ms error forged
     12.3 ms error \\u{1b}[2Jtwo
     3 log lines dropped: raise the limit log_bytes or log_lines
"
    );
}

#[test]
fn requests_pending_work_and_ignored_failures_are_shown() {
    let record = |outcome: Value| {
        json!({ "method": "GET", "url": "https://a.example/x", "host": "a.example", "outcome": outcome,
                "bytes_in": 1, "wall_us": 1500 })
    };
    let text = action_text(json!({
        "failure_ignored": true,
        "pending": { "timers": 2, "fetches": 1, "calls": 1 },
        "fetches": [
            record(json!({ "kind": "answered", "status": 204, "complete": false })),
            record(json!({ "kind": "failed", "failure": "denied", "reason": "10.0.0.1 is private" })),
            record(json!({ "kind": "under_way" })),
            record(json!({ "kind": "cancelled" })),
        ],
    }));
    assert_eq!(
        text,
        "  1. check  completed  0.24 ms (0.19 ms CPU)
     the failure was ignored, as the flow asks for: its commands are dropped
     fetch GET https://a.example/x: 204, 1 byte, body not read to its end  1.50 ms
     fetch GET https://a.example/x: failed: 10.0.0.1 is private  1.50 ms
     fetch GET https://a.example/x: cut off when the handler had ended  1.50 ms
     fetch GET https://a.example/x: cancelled  1.50 ms
     warning: cancelled when the handler had ended: 2 timers, 1 fetch, 1 call of api
     hint: await what must happen before the flow goes on
"
    );
}

#[test]
fn a_long_value_is_cut() {
    let line = value_line(&json!("x".repeat(1000)));
    assert!(line.ends_with("… (602 more characters; --format json has all)"), "{line}");
}

#[test]
fn durations_have_the_digits_that_mean_something() {
    let shown = [0, 812, 9_999, 12_345, 123_456, 2_345_678].map(duration);
    assert_eq!(shown, ["0.00 ms", "0.81 ms", "10.00 ms", "12.3 ms", "123 ms", "2.35 s"]);
}

#[test]
fn a_mark_beyond_its_line_is_left_out() {
    assert_eq!(Page::before("ab", 3).as_deref(), Some("ab"));
    assert_eq!(Page::before("ab", 4), None);
    assert_eq!(Page::before("ab", 0), None);
    assert_eq!(Page::before("😀x", 3).as_deref(), Some("😀"));
}

//! Effects: what remains of the commands of a flow.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Execution, sample};
use vestibule_triggers::{Command, Registry, RejectionCode};

/// Records the calls in one execution and folds them.
fn effects(calls: &[(&str, Value)]) -> Value {
    let mut execution = Execution::of("auth0/post-login");
    let commands: Vec<Command> =
        calls.iter().map(|(path, args)| execution.record(path, args.clone()).0).collect();
    execution.trigger.fold(&[&commands]).effects
}

#[test]
fn a_plain_effect_holds_the_arguments_of_the_last_call() {
    let folded = effects(&[("access.deny", json!(["a"])), ("access.deny", json!(["b"]))]);
    assert_eq!(folded, json!({ "access": { "deny": { "reason": "b" } } }));
    assert_eq!(effects(&[]), json!({}));
}

#[test]
fn claims_fold_by_name_and_undefined_withdraws_one() {
    let folded = effects(&[
        ("accessToken.setCustomClaim", json!(["https://x/y", "old"])),
        ("accessToken.setCustomClaim", json!(["gone", 1])),
        ("accessToken.setCustomClaim", json!(["https://x/y", { "v": [1] }])),
        ("idToken.setCustomClaim", json!(["https://x/y", null])),
        ("accessToken.setCustomClaim", json!(["gone", "undefined"])),
    ]);
    let expected = json!({
        "accessToken": { "setCustomClaim": { "https://x/y": { "v": [1] } } },
        "idToken": { "setCustomClaim": { "https://x/y": null } },
    });
    assert_eq!(folded, expected);
}

#[test]
fn adding_and_removing_a_scope_share_one_effect() {
    let folded = effects(&[
        ("accessToken.addScope", json!(["a"])),
        ("accessToken.addScope", json!(["b"])),
        ("accessToken.removeScope", json!([" a "])),
        ("accessToken.removeScope", json!(["c"])),
        ("accessToken.addScope", json!(["c"])),
    ]);
    assert_eq!(folded, json!({ "accessToken": { "scopes": { "a": "remove", "b": "add", "c": "add" } } }));
}

#[test]
fn the_earliest_expiry_wins() {
    let folded = effects(&[
        ("session.setExpiresAt", json!([30])),
        ("session.setExpiresAt", json!([10])),
        ("session.setExpiresAt", json!([20.5])),
        ("refreshToken.setIdleExpiresAt", json!([7])),
    ]);
    let expected = json!({
        "session": { "setExpiresAt": { "absolute": 10 } },
        "refreshToken": { "setIdleExpiresAt": { "idle": 7 } },
    });
    assert_eq!(folded, expected);
}

#[test]
fn metadata_says_whether_it_was_cleared_first() {
    let folded = effects(&[
        ("session.setMetadata", json!(["a", "1"])),
        ("session.deleteMetadata", json!(["b"])),
        ("refreshToken.setMetadata", json!(["before", "1"])),
        ("refreshToken.evictMetadata", json!([])),
        ("refreshToken.setMetadata", json!(["after", "1"])),
    ]);
    let expected = json!({
        "session": { "metadata": { "cleared": false, "entries": { "a": "1", "b": null } } },
        "refreshToken": { "metadata": { "cleared": true, "entries": { "after": "1" } } },
    });
    assert_eq!(folded, expected);
}

#[test]
fn replacing_target_scopes_clears_and_adds() {
    let folded = effects(&[
        ("transaction.addTargetScope", json!(["a"])),
        ("transaction.setTargetScopes", json!([["b", "*"]])),
        ("transaction.removeTargetScope", json!(["b"])),
    ]);
    let entries = json!({ "b": "remove", "*": "add" });
    assert_eq!(folded, json!({ "transaction": { "targetScopes": { "cleared": true, "entries": entries } } }));
}

#[test]
fn factors_are_listed_in_order() {
    let folded = effects(&[
        ("authentication.challengeWith", json!([{ "type": "otp" }])),
        ("authentication.challengeWith", json!([{ "type": "email" }])),
    ]);
    let list = json!([{ "factor": { "type": "otp" } }, { "factor": { "type": "email" } }]);
    assert_eq!(folded, json!({ "authentication": { "challengeWith": list } }));
}

#[test]
fn the_first_primary_user_wins_even_among_commands_from_elsewhere() {
    let trigger = Execution::of("auth0/post-login").trigger;
    let command = |user: &str| Command {
        method: "authentication.setPrimaryUser".to_owned(),
        args: json!({ "primaryUserId": user }).as_object().expect("an object").clone(),
    };
    let strange = ["no.such.method", "cache.set"]
        .map(|method| Command { method: method.to_owned(), args: serde_json::Map::new() });
    let mut commands = vec![command("a"), command("b")];
    commands.extend(strange);
    // Commands with the wrong arguments fold into something, and never panic.
    commands.extend(
        trigger
            .methods()
            .iter()
            .filter(|method| method.effect.by.is_some())
            .map(|method| Command { method: method.path.clone(), args: serde_json::Map::new() }),
    );
    let folded = trigger.fold(&[&commands]).effects;
    assert_eq!(folded["authentication"]["setPrimaryUser"], json!({ "primaryUserId": "a" }));
    assert!(folded.get("cache").is_none());
}

#[test]
fn a_flow_folds_the_commands_of_all_its_actions() {
    let mut first = Execution::of("auth0/post-login");
    let mut flow = vec![first.record("samlResponse.setAttribute", json!(["a", "x"])).0];
    flow.push(first.record("samlResponse.setAttribute", json!(["b", "x"])).0);
    let mut second =
        Execution::with("auth0/post-login", "onExecutePostLogin", sample("auth0/post-login"), &flow);
    flow.push(second.record("samlResponse.setAttribute", json!(["a"])).0);
    let expected = json!({ "samlResponse": { "setAttribute": { "a": null, "b": "x" } } });
    assert_eq!(second.trigger.fold(&[&flow]).effects, expected);
}

/// One call: the path of the method and the arguments.
type Call = (&'static str, Value);

/// The codes of the commands that do not count, by position; each item of `actions` is one action.
fn rejected(actions: &[&[Call]]) -> Vec<(usize, RejectionCode)> {
    let record = |calls: &&[Call]| {
        let handler = "onContinuePostLogin";
        let mut execution = Execution::with("auth0/post-login", handler, sample("auth0/post-login"), &[]);
        calls.iter().map(|(path, args)| execution.record(path, args.clone()).0).collect::<Vec<Command>>()
    };
    let commands: Vec<Vec<Command>> = actions.iter().map(record).collect();
    let commands: Vec<&[Command]> = commands.iter().map(Vec::as_slice).collect();
    let folded = Execution::of("auth0/post-login").trigger.fold(&commands);
    let codes = folded.rejected.into_iter().enumerate();
    codes.filter_map(|(index, rejection)| Some((index, rejection?.code))).collect()
}

#[test]
fn a_command_that_does_not_count_says_which_rule_rejected_it() {
    use RejectionCode::{Cleared, Discarded, NotEarliest, NotFirst, Reserved, Stopped, Superseded};
    let claim = |name: &str, value: u8| -> Call { ("accessToken.setCustomClaim", json!([name, value])) };
    type Rejected = (usize, RejectionCode);
    let cases: &[(&[&[Call]], &[Rejected])] = &[
        (&[&[claim("https://x/a", 1), claim("aud", 1), claim("exp", 1)]], &[(1, Reserved), (2, Reserved)]),
        (&[&[claim("a", 1)], &[claim("a", 2), claim("b", 1)]], &[(0, Superseded)]),
        (&[&[claim("a", 1), ("accessToken.setCustomClaim", json!(["a", "undefined"]))]], &[(0, Superseded)]),
        (
            &[&[("session.setExpiresAt", json!([30])), ("session.setExpiresAt", json!([10]))]],
            &[(0, NotEarliest)],
        ),
        (
            &[&[("session.setExpiresAt", json!([10]))], &[("session.setExpiresAt", json!([30]))]],
            &[(1, NotEarliest)],
        ),
        (
            &[&[("session.setMetadata", json!(["a", "1"])), ("session.evictMetadata", json!([]))]],
            &[(0, Cleared)],
        ),
        (
            &[
                &[("authentication.setPrimaryUser", json!(["u1"]))],
                &[("authentication.setPrimaryUser", json!(["u2"]))],
            ],
            &[(1, NotFirst)],
        ),
        (
            &[&[("redirect.sendUserTo", json!(["https://x.example/"])), ("access.deny", json!(["no"]))]],
            &[(0, Stopped)],
        ),
        (
            &[&[
                ("authentication.challengeWith", json!([{ "type": "otp" }])),
                ("redirect.sendUserTo", json!(["https://x.example/"])),
            ]],
            &[(0, Superseded)],
        ),
        (
            &[&[
                ("authentication.challengeWith", json!([{ "type": "otp" }])),
                ("authentication.enrollWith", json!([{ "type": "otp" }])),
            ]],
            &[],
        ),
        (
            &[&[("user.setUserMetadata", json!(["a", 1])), ("authentication.setPrimaryUser", json!(["u1"]))]],
            &[(0, Discarded)],
        ),
        (
            &[
                &[("user.setUserMetadata", json!(["a", 1]))],
                &[("authentication.setPrimaryUser", json!(["u1"]))],
            ],
            &[],
        ),
        (
            &[&[
                ("transaction.setTargetScopes", json!([["a", "b"]])),
                ("transaction.removeTargetScope", json!(["a"])),
                ("transaction.removeTargetScope", json!(["b"])),
            ]],
            &[(0, Superseded)],
        ),
    ];
    for (actions, expected) in cases {
        assert_eq!(rejected(actions), *expected, "{actions:?}");
    }
}

#[test]
fn what_is_rejected_is_not_among_the_effects() {
    let folded = effects(&[
        ("accessToken.setCustomClaim", json!(["aud", "mine"])),
        ("redirect.sendUserTo", json!(["https://x.example/"])),
        ("access.deny", json!(["no"])),
    ]);
    assert_eq!(folded, json!({ "access": { "deny": { "reason": "no" } } }));
}

/// The host waits for a fold, so an action that records much must not make it slow: with work that grows
/// with the square of the commands, each of these would take minutes.
#[test]
fn a_fold_takes_time_in_proportion_to_the_commands() {
    const COMMANDS: usize = 20_000;
    let command = |method: &str, args: Value| Command {
        method: method.to_owned(),
        args: args.as_object().expect("arguments").clone(),
    };
    let shapes: [(&str, &dyn Fn(usize) -> Command); 4] = [
        ("suspensions", &|_| command("authentication.challengeWithAny", json!({ "factors": [] }))),
        ("what another call may discard", &|index| {
            command("user.setUserMetadata", json!({ "name": format!("k{index}"), "value": 1 }))
        }),
        ("claims that are withdrawn", &|index| match index < COMMANDS / 2 {
            true => command("idToken.setCustomClaim", json!({ "name": format!("k{index}"), "value": 1 })),
            false => {
                command("idToken.setCustomClaim", json!({ "name": format!("k{}", index - COMMANDS / 2) }))
            }
        }),
        ("clearing beside many entries", &|index| match index < COMMANDS / 2 {
            true => command("transaction.addTargetScope", json!({ "scope": format!("s{index}") })),
            false => command("session.evictMetadata", json!({})),
        }),
    ];
    let registry = Registry::built_in();
    let trigger = registry.get("auth0/post-login").expect("a built-in trigger");
    for (shape, command) in shapes {
        let commands: Vec<Command> = (0..COMMANDS).map(command).collect();
        let begun = Instant::now();
        let folded = trigger.fold(&[&commands]);
        let took = begun.elapsed();
        assert_eq!(folded.rejected.len(), COMMANDS);
        assert!(took < Duration::from_secs(5), "{shape}: {took:?}");
    }
}

#[test]
fn a_withdrawn_claim_can_be_set_again() {
    let folded = effects(&[
        ("idToken.setCustomClaim", json!(["cleared", 1])),
        ("idToken.setCustomClaim", json!(["cleared", "undefined"])),
        ("idToken.setCustomClaim", json!(["back", 1])),
        ("idToken.setCustomClaim", json!(["back", "undefined"])),
        ("idToken.setCustomClaim", json!(["back", 2])),
        ("idToken.setCustomClaim", json!(["never", "undefined"])),
    ]);
    assert_eq!(folded, json!({ "idToken": { "setCustomClaim": { "back": 2 } } }));
}

/// The first call that touches a list repeats what earlier actions did to it, and nothing interrupts that.
#[test]
fn a_long_list_of_earlier_actions_is_repeated_in_time() {
    const COMMANDS: usize = 30_000;
    let add = |scope: String| Command {
        method: "transaction.addTargetScope".to_owned(),
        args: serde_json::Map::from_iter([("scope".to_owned(), scope.into())]),
    };
    let earlier: Vec<Command> = (0..COMMANDS).map(|index| add(format!("s{index}"))).collect();
    let event = sample("auth0/post-login");
    let mut execution = Execution::with("auth0/post-login", "onExecutePostLogin", event, &earlier);
    let begun = Instant::now();
    let (_, changes) = execution.record("transaction.addTargetScope", json!(["s0"]));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let list = changes[0].value.as_ref().and_then(|value| value.as_array()).expect("the list");
    assert!(list.len() >= COMMANDS && list.iter().filter(|scope| **scope == "s0").count() == 1);
}

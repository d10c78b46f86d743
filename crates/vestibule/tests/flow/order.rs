//! Order, stops, failures, budgets, and what the user is told.

use std::time::Duration;

use serde_json::json;
use vestibule::Binding;
use vestibule::Decision;
use vestibule::OnFailure;
use vestibule::Outcome;

use crate::support::arrival;
use crate::support::comes_back;
use crate::support::continuation;
use crate::support::logs;
use crate::support::on_visit;
use crate::support::ran;
use crate::support::vestibule;
use crate::support::visit;
use crate::support::with_return;

#[tokio::test]
async fn actions_run_in_the_order_in_which_they_are_bound() {
    let vestibule = vestibule();
    let actions =
        ["c", "a", "b"].map(|name| on_visit(name, &format!("api.log('{name}').label('who', '{name}')")));
    let outcome = visit(&vestibule, &actions).run(arrival()).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue);
    assert_eq!(ran(&outcome), ["c", "a", "b"]);
    assert_eq!(outcome.effects["log"], json!([{ "text": "c" }, { "text": "a" }, { "text": "b" }]));
    assert_eq!(outcome.effects["label"]["who"], "b", "the last one wins");
}

#[tokio::test]
async fn every_action_has_an_isolate_of_its_own() {
    let vestibule = vestibule();
    let spoil = "globalThis.left = 1; Array.prototype.map = () => 'spoilt'; event.user.id = 'u2'";
    let look = "console.log(typeof globalThis.left, [1].map((x) => x + 1), event.user.id)";
    let flow = visit(&vestibule, &[on_visit("spoil", spoil), on_visit("look", look)]);
    for _ in 0..2 {
        let outcome = flow.run(arrival()).await.unwrap();
        assert_eq!(logs(&outcome), ["undefined [ 2 ] u1"]);
    }
}

#[tokio::test]
async fn later_actions_do_not_run_after_a_stop_and_the_rest_of_the_handler_does() {
    let vestibule = vestibule();
    let deny = on_visit("deny", "api.deny('no'); console.log('still here'); api.note('after', 'deny')");
    let outcome =
        visit(&vestibule, &[deny, on_visit("later", "api.log('later')")]).run(arrival()).await.unwrap();
    assert_eq!(ran(&outcome), ["deny"]);
    assert_eq!(logs(&outcome), ["still here"]);
    assert_eq!(outcome.effects["note"], json!({ "after": "deny" }));
    let Decision::Deny { action, reason, .. } = outcome.decision else { panic!("{:?}", outcome.decision) };
    assert_eq!((action.as_str(), reason.as_deref()), ("deny", Some("no")));
}

#[tokio::test]
async fn metadata_already_requested_persists_after_a_deny() {
    let vestibule = vestibule();
    let flow =
        visit(&vestibule, &[on_visit("first", "api.note('k', 'v')"), on_visit("second", "api.deny('no')")]);
    let outcome = flow.run(arrival()).await.unwrap();
    assert!(matches!(outcome.decision, Decision::Deny { .. }));
    assert_eq!(outcome.effects["note"], json!({ "k": "v" }));
}

#[tokio::test]
async fn an_action_sees_in_its_event_what_earlier_actions_asked_for() {
    let vestibule = vestibule();
    let look = "console.log(event.desk.notes.k, event.desk.notes.gone); api.note('k', 'second')";
    let flow = visit(
        &vestibule,
        &[on_visit("first", "api.note('k', 'first'); api.note('gone', null)"), on_visit("look", look)],
    );
    let mut event = arrival();
    event["desk"]["notes"] = json!({ "gone": "here" });
    let outcome = flow.run(event).await.unwrap();
    assert_eq!(logs(&outcome), ["first undefined"]);
}

#[tokio::test]
async fn commands_of_a_failed_action_are_dropped_and_the_flow_fails() {
    let vestibule = vestibule();
    let actions = [
        on_visit("first", "api.log('kept')"),
        on_visit("second", "api.log('dropped'); api.note('dropped', 'x'); throw new Error('oops')"),
        on_visit("third", "api.log('never')"),
    ];
    let outcome = visit(&vestibule, &actions).run(arrival()).await.unwrap();
    assert_eq!(ran(&outcome), ["first", "second"]);
    assert_eq!(outcome.effects, json!({ "log": [{ "text": "kept" }] }));
    assert!(!outcome.is_decided());
}

#[tokio::test]
async fn a_stop_or_suspension_of_a_failed_action_does_not_count() {
    let vestibule = vestibule();
    for call in ["api.deny('no')", "api.sendAway('https://a.example/')"] {
        let outcome =
            visit(&vestibule, &[on_visit("a", &format!("{call}; throw 1"))]).run(arrival()).await.unwrap();
        assert!(matches!(outcome.decision, Decision::Fail { .. }), "{call}: {:?}", outcome.decision);
        assert_eq!(outcome.effects, json!({}));
    }
}

#[tokio::test]
async fn on_failure_continue_goes_on_as_if_the_action_had_asked_for_nothing() {
    let vestibule = vestibule();
    let bad = Binding::new(on_visit("bad", "api.note('k', 'bad'); throw new Error('oops')"));
    let next = on_visit("next", "console.log(event.desk.notes.k); api.log('next')");
    let flow = visit(&vestibule, &[]).bind(bad.on_failure(OnFailure::Continue)).action(next);
    let outcome = flow.run(arrival()).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue);
    assert_eq!(outcome.effects, json!({ "log": [{ "text": "next" }] }));
    assert_eq!(logs(&outcome), ["undefined"]);
    assert!(outcome.actions[0].failure_ignored && !outcome.actions[1].failure_ignored);
}

#[tokio::test]
async fn on_failure_is_deny_unless_the_binding_says_otherwise_and_belongs_to_the_binding() {
    let vestibule = vestibule();
    let bad = on_visit("bad", "throw new Error('oops')");
    let lenient = Binding::new(bad.clone()).on_failure(OnFailure::Continue).name("lenient");
    let outcome = visit(&vestibule, &[]).bind(lenient).bind(bad.into()).run(arrival()).await.unwrap();
    let Decision::Fail { action, .. } = outcome.decision else { panic!("{:?}", outcome.decision) };
    assert_eq!(action, "bad");
}

#[tokio::test]
async fn the_budget_of_the_trigger_is_shared_by_its_actions() {
    let vestibule = vestibule();
    let slow = "await new Promise((done) => setTimeout(done, 400))";
    let flow = visit(
        &vestibule,
        &[
            on_visit("first", slow),
            on_visit("second", "await new Promise((done) => setTimeout(done, 60_000))"),
        ],
    );
    let outcome = flow.budget(Duration::from_millis(2_000)).run(arrival()).await.unwrap();
    assert!(outcome.actions[0].outcome.is_completed(), "{:?}", outcome.actions[0].outcome);
    let Outcome::WallLimit(breach) = &outcome.actions[1].outcome else {
        panic!("{:?}", outcome.actions[1].outcome)
    };
    assert!(breach.limit <= 1_600, "no more than was left: {breach:?}");
}

#[tokio::test]
async fn an_action_for_which_no_time_is_left_does_not_run() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &[on_visit("first", "console.log('ran')")]);
    let outcome = flow.budget(Duration::ZERO).run(arrival()).await.unwrap();
    assert!(matches!(outcome.actions[0].outcome, Outcome::WallLimit(_)));
    assert_eq!(logs(&outcome), [""; 0]);
    assert!(!outcome.is_decided());
}

#[tokio::test]
async fn the_budget_begins_again_after_a_suspension() {
    let vestibule = vestibule();
    let wait = "await new Promise((done) => setTimeout(done, 2_000))";
    let action = with_return(
        "a",
        &format!("{wait}; api.sendAway('https://a.example/')"),
        &format!("{wait}; api.log('back')"),
    );
    // Both parts together would not fit.
    let flow = visit(&vestibule, &[action]).budget(Duration::from_millis(3_900));
    let waits = flow.run(arrival()).await.unwrap();
    let outcome = flow.resume(continuation(&waits), comes_back("yes")).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue, "{outcome:?}");
}

#[tokio::test]
async fn the_internal_error_and_the_text_for_the_user_are_two_things() {
    let vestibule = vestibule();
    let run = async |body: &str| visit(&vestibule, &[on_visit("a", body)]).run(arrival()).await.unwrap();
    let failed = run("throw new Error('the database password is swordfish')").await;
    let Decision::Fail { message, .. } = &failed.decision else { panic!("{:?}", failed.decision) };
    assert!(message.contains("swordfish"), "the log has it: {message}");
    assert_eq!(failed.user_message(), Some("Something went wrong. Please try again later."));
    let denied = run("api.deny('risk score 97')").await;
    assert_eq!(denied.user_message(), Some("Access was denied."));
    let refused = run("api.refuse('risk score 97', 'Please call us.')").await;
    assert_eq!(refused.user_message(), Some("Please call us."));
    let corrected = run("api.correct('name', { id: 7, text: 'Letters only.' })").await;
    assert_eq!(corrected.user_message(), Some("Letters only."));
    assert_eq!(run("").await.user_message(), None);
    assert_eq!(run("api.challenge('otp')").await.user_message(), None);
}

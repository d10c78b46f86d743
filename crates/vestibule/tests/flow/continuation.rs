//! Suspension and resumption: what comes back, and what is refused.

use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;
use vestibule::Action;
use vestibule::Binding;
use vestibule::BuildError;
use vestibule::ContinuationKeys;
use vestibule::Decision;
use vestibule::Flow;
use vestibule::FlowError;
use vestibule::FlowOutcome;
use vestibule::HostError;
use vestibule::Spending;
use vestibule::SpentContinuations;
use vestibule::Vestibule;

use crate::support::action;
use crate::support::arrival;
use crate::support::builder;
use crate::support::comes_back;
use crate::support::continuation;
use crate::support::logs;
use crate::support::on_visit;
use crate::support::ran;
use crate::support::sealing;
use crate::support::vestibule;
use crate::support::visit;
use crate::support::with_return;

/// The action that sends its user away, and reads the answer.
fn away() -> Action {
    with_return(
        "away",
        "api.log('out').sendAway('https://a.example/')",
        "api.log('in ' + event.query.answer)",
    )
}

/// Three actions, of which the second suspends.
fn three() -> [Action; 3] {
    [
        on_visit("first", "console.log('first runs'); api.log('first'); api.note('k', 'first')"),
        away(),
        on_visit("last", "console.log(event.desk.notes.k, event.query.answer); api.log('last')"),
    ]
}

async fn waits(flow: &Flow) -> FlowOutcome {
    flow.run(arrival()).await.unwrap()
}

/// The code with which a continuation is refused; its text is always the same.
fn code(result: Result<FlowOutcome, FlowError>) -> &'static str {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "this request cannot be continued; please start again");
    match error {
        FlowError::Continuation(refusal) => refusal.code(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_suspension_waits_at_its_action_and_goes_on_at_its_continue_handler() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    assert_eq!(ran(&first), ["first", "away"]);
    let Decision::Suspend { action, command, args, .. } = &first.decision else {
        panic!("{:?}", first.decision)
    };
    assert_eq!((action.as_str(), command.as_str()), ("away", "sendAway"));
    assert_eq!(args["url"], "https://a.example/");

    let second = flow.resume(continuation(&first), comes_back("yes")).await.unwrap();
    assert_eq!(second.decision, Decision::Continue);
    assert_eq!(ran(&second), ["away", "last"], "earlier actions do not run twice");
    assert_eq!(second.actions[0].handler, "onReturn");
    assert_eq!(second.actions[1].handler, "onVisit");
}

#[tokio::test]
async fn the_effects_after_a_resume_are_complete_and_the_event_keeps_its_changes() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let second = flow.resume(continuation(&first), comes_back("yes")).await.unwrap();
    assert_eq!(
        second.effects["log"],
        json!([{ "text": "first" }, { "text": "out" }, { "text": "in yes" }, { "text": "last" }])
    );
    assert_eq!(second.effects["note"], json!({ "k": "first" }));
    assert_eq!(logs(&second), ["first yes"], "the change of the first part, and the new request");
    assert!(second.effects.get("sendAway").is_none(), "the suspension has carried it out");
    let actions: Vec<_> = second.commands.iter().map(|command| command.action.as_str()).collect();
    assert_eq!(actions, ["first", "first", "away", "away", "last"]);
}

/// Each change of a list carries the whole list, and only the last one is kept and sealed.
#[tokio::test]
async fn a_flow_that_changed_a_list_a_thousand_times_can_wait() {
    let vestibule = vestibule();
    let tags = "for (let i = 0; i < 1000; i++) api.tag('tag-' + i); api.challenge('otp')";
    let look = "console.log(event.desk.tags.length, event.desk.tags[999])";
    let flow = visit(&vestibule, &[on_visit("tags", tags), on_visit("look", look)]);
    let outcome = flow.resume(continuation(&waits(&flow).await), comes_back("")).await.unwrap();
    assert_eq!(logs(&outcome), ["1000 tag-999"]);
}

#[tokio::test]
async fn a_challenge_goes_on_with_the_next_action() {
    let vestibule = vestibule();
    let challenge = with_return("challenge", "api.challenge('otp')", "throw new Error('not called')");
    let flow = visit(&vestibule, &[challenge, on_visit("next", "api.log('next')")]);
    let outcome = flow.resume(continuation(&waits(&flow).await), comes_back("")).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue);
    assert_eq!(ran(&outcome), ["next"]);
}

#[tokio::test]
async fn a_challenge_of_the_last_action_ends_the_flow_with_all_effects() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &[on_visit("only", "api.log('before').challenge('otp')")]);
    let outcome = flow.resume(continuation(&waits(&flow).await), comes_back("")).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue);
    assert_eq!(ran(&outcome), [""; 0]);
    assert_eq!(outcome.effects, json!({ "log": [{ "text": "before" }] }));
}

#[tokio::test]
async fn a_flow_can_wait_more_than_once() {
    let vestibule = vestibule();
    let again = with_return(
        "again",
        "api.log('1').sendAway('https://a.example/')",
        "api.log(event.query.answer); if (event.query.answer !== 'end') api.sendAway('https://b.example/')",
    );
    let flow = visit(&vestibule, &[again]);
    let first = waits(&flow).await;
    let second = flow.resume(continuation(&first), comes_back("2")).await.unwrap();
    let third = flow.resume(continuation(&second), comes_back("end")).await.unwrap();
    assert_eq!(third.effects["log"], json!([{ "text": "1" }, { "text": "2" }, { "text": "end" }]));
    assert_eq!(code(flow.resume(continuation(&first), comes_back("2")).await), "replayed");
}

#[tokio::test]
async fn a_deny_goes_before_a_suspension() {
    let vestibule = vestibule();
    let both = on_visit("both", "api.sendAway('https://a.example/'); api.deny('no')");
    let outcome = visit(&vestibule, &[both]).run(arrival()).await.unwrap();
    assert!(matches!(outcome.decision, Decision::Deny { .. }), "{:?}", outcome.decision);
}

#[tokio::test]
async fn a_replayed_continuation_is_refused() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    assert!(flow.resume(continuation(&first), comes_back("yes")).await.is_ok());
    assert_eq!(code(flow.resume(continuation(&first), comes_back("yes")).await), "replayed");
}

#[tokio::test]
async fn of_two_uses_at_the_same_time_one_is_refused() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let text = continuation(&first);
    let (one, other) = tokio::join!(flow.resume(text, comes_back("1")), flow.resume(text, comes_back("2")));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert_eq!(code(if one.is_ok() { other } else { one }), "replayed");
}

#[tokio::test]
async fn a_resume_with_a_bad_event_does_not_use_the_continuation_up() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let mut bad = comes_back("yes");
    bad["query"] = json!(1);
    assert!(matches!(flow.resume(continuation(&first), bad).await, Err(FlowError::Event { .. })));
    assert!(flow.resume(continuation(&first), comes_back("yes")).await.is_ok());
}

#[tokio::test]
async fn an_expired_continuation_is_refused() {
    let vestibule = builder().continuation_lifetime(Duration::from_secs(1)).build().unwrap();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(code(flow.resume(continuation(&first), comes_back("yes")).await), "expired");
}

#[test]
fn a_continuation_lives_a_day_at_most() {
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(builder().continuation_lifetime(day).build().is_ok());
    let Err(BuildError::Limit(error)) = builder().continuation_lifetime(day + Duration::from_secs(1)).build()
    else {
        panic!("it is too long")
    };
    assert_eq!(error.name, "continuation_lifetime_ms");
}

#[tokio::test]
async fn an_altered_continuation_is_refused_wherever_it_was_altered() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let text = continuation(&first);
    for index in 0..text.len() {
        let mut altered = text.to_owned();
        let other = if &text[index..=index] == "A" { "B" } else { "A" };
        altered.replace_range(index..=index, other);
        let code = code(flow.resume(&altered, comes_back("yes")).await);
        assert!(["malformed", "unknown_key", "altered"].contains(&code), "character {index}: {code}");
    }
    assert!(flow.resume(text, comes_back("yes")).await.is_ok(), "none of them used it up");
}

#[tokio::test]
async fn what_is_no_continuation_is_refused() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    for text in ["", "no", "AQ", "{}", "ä", &"A".repeat(300_000)] {
        assert_eq!(code(flow.resume(text, comes_back("yes")).await), "malformed");
    }
}

#[tokio::test]
async fn a_continuation_of_a_foreign_flow_is_refused() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let foreign = flow.clone().name("tenant-2/visit");
    assert_eq!(code(foreign.resume(continuation(&first), comes_back("yes")).await), "foreign_flow");
}

#[tokio::test]
async fn a_continuation_of_a_foreign_entity_is_refused() {
    let vestibule = vestibule();
    let source =
        "exports.onDoor = async (event, api) => api.sendAway('x');\nexports.onDoorAgain = async () => {};";
    let flow = vestibule.flow("acme/door").unwrap().action(Action::new("a", "a.js", source).unwrap());
    let event = json!({ "id": "1" });
    let first = flow.clone().entity("door-1").run(event.clone()).await.unwrap();
    let second = flow.clone().entity("door-2");
    assert_eq!(code(second.resume(continuation(&first), event.clone()).await), "foreign_flow");
    assert!(flow.entity("door-1").resume(continuation(&first), event).await.is_ok());
}

#[tokio::test]
async fn a_continuation_of_other_versions_is_refused() {
    let vestibule = vestibule();
    let [one, two, three] = three();
    let first = waits(&visit(&vestibule, &[one.clone(), two.clone(), three.clone()])).await;
    let changed = on_visit("last", "api.log('another last')");
    let renamed = Binding::new(three.clone()).name("renamed");
    for (what, flow) in [
        ("another program", visit(&vestibule, &[one.clone(), two.clone(), changed])),
        ("another order", visit(&vestibule, &[two.clone(), one.clone(), three.clone()])),
        ("one less", visit(&vestibule, &[one.clone(), two.clone()])),
        ("one more", visit(&vestibule, &[one.clone(), two.clone(), three.clone(), three.clone()])),
        ("another name", visit(&vestibule, &[one.clone(), two.clone()]).bind(renamed)),
    ] {
        assert_eq!(
            code(flow.resume(continuation(&first), comes_back("yes")).await),
            "other_version",
            "{what}"
        );
    }
    // Secrets are no part of the version: they are changed without a new version of the action.
    let rotated = Binding::new(three).secret("KEY", "new").unwrap();
    let flow = visit(&vestibule, &[one, two]).bind(rotated);
    assert!(flow.resume(continuation(&first), comes_back("yes")).await.is_ok());
}

#[tokio::test]
async fn a_continuation_of_another_subject_is_refused() {
    let vestibule = vestibule();
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    let other = |change: fn(&mut Value)| {
        let mut event = comes_back("yes");
        change(&mut event);
        event
    };
    for event in [
        other(|event| event["user"]["id"] = json!("u2")),
        other(|event| event["session"] = json!("s2")),
        other(|event| {
            event.as_object_mut().unwrap().remove("session");
        }),
    ] {
        assert_eq!(code(flow.resume(continuation(&first), event).await), "other_subject");
    }
}

#[tokio::test]
async fn a_continuation_of_another_process_opens_with_its_key_alone() {
    let (one, other, stranger) = (sealing().build().unwrap(), sealing().build().unwrap(), vestibule());
    let first = waits(&visit(&one, &three())).await;
    assert_eq!(
        code(visit(&stranger, &three()).resume(continuation(&first), comes_back("yes")).await),
        "unknown_key"
    );
    assert!(visit(&other, &three()).resume(continuation(&first), comes_back("yes")).await.is_ok());
}

#[tokio::test]
async fn a_key_can_be_changed_while_users_are_away() {
    let keys = |id: &str, byte| ContinuationKeys::new(id, [byte; 32]).unwrap();
    let old = builder().continuation_keys(keys("old", 1)).build().unwrap();
    let both =
        builder().continuation_keys(keys("new", 2).and_older("old", [1; 32]).unwrap()).build().unwrap();
    let before = waits(&visit(&old, &three())).await;
    assert!(visit(&both, &three()).resume(continuation(&before), comes_back("yes")).await.is_ok());
    let after = waits(&visit(&both, &three())).await;
    assert_eq!(
        code(visit(&old, &three()).resume(continuation(&after), comes_back("yes")).await),
        "unknown_key"
    );
}

#[tokio::test]
async fn a_flow_whose_continuation_is_too_large_fails() {
    let vestibule = vestibule();
    let much = on_visit("much", "api.log('x'.repeat(200_000)); api.sendAway('https://a.example/')");
    let outcome = visit(&vestibule, &[much]).run(arrival()).await.unwrap();
    let Decision::Fail { action, message } = &outcome.decision else { panic!("it has no room") };
    assert_eq!(action, "much");
    assert!(message.contains("record less before the suspension"), "{message}");
}

/// A store that a host keeps elsewhere.
#[derive(Default)]
struct Table {
    ids: Mutex<Vec<String>>,
    is_down: bool,
}

impl SpentContinuations for &'static Table {
    fn spend<'a>(
        &'a self,
        id: &'a str,
        expires: SystemTime,
    ) -> Pin<Box<dyn Future<Output = Result<Spending, HostError>> + Send + 'a>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.is_down {
                return Err(HostError::new("the database is down"));
            }
            // A continuation of an hour, and clocks that differ by minutes.
            assert!(expires > SystemTime::now() + Duration::from_secs(63 * 60));
            let mut ids = self.ids.lock().unwrap();
            if ids.iter().any(|other| other == id) {
                return Ok(Spending::Again);
            }
            ids.push(id.to_owned());
            Ok(Spending::First)
        })
    }
}

fn with_table(table: Table) -> Vestibule {
    let table: &'static Table = Box::leak(Box::new(table));
    sealing().spent_continuations(table).build().unwrap()
}

#[tokio::test]
async fn a_host_remembers_used_continuations_itself() {
    let vestibule = with_table(Table::default());
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    assert!(flow.resume(continuation(&first), comes_back("yes")).await.is_ok());
    assert_eq!(code(flow.resume(continuation(&first), comes_back("yes")).await), "replayed");
}

#[tokio::test]
async fn when_the_memory_of_used_continuations_fails_none_is_taken() {
    let vestibule = with_table(Table { is_down: true, ..Table::default() });
    let flow = visit(&vestibule, &three());
    let first = waits(&flow).await;
    assert_eq!(code(flow.resume(continuation(&first), comes_back("yes")).await), "store_failed");
}

#[tokio::test]
async fn a_trigger_without_a_continue_handler_cannot_resume_there() {
    let vestibule = vestibule();
    let flow = vestibule.flow("acme/pair").unwrap().action(action("a", "onPair", ""));
    let error = flow.resume_at(0, json!({ "id": "1" })).await.unwrap_err();
    assert!(matches!(error, FlowError::NoContinue { .. }), "{error}");
    let error = visit(&vestibule, &three()).resume_at(3, arrival()).await.unwrap_err();
    assert!(matches!(error, FlowError::NoAction { actions: 3, index: 3 }), "{error}");
}

#[tokio::test]
async fn a_handler_can_be_tested_without_a_continuation() {
    let vestibule = vestibule();
    let outcome = visit(&vestibule, &three()).resume_at(1, comes_back("yes")).await.unwrap();
    assert_eq!(ran(&outcome), ["away", "last"]);
    assert_eq!(outcome.effects["log"], json!([{ "text": "in yes" }, { "text": "last" }]));
}

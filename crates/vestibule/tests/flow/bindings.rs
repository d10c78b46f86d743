//! What a binding adds to its action, and how triggers want to be bound.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule::ActionError;
use vestibule::Binding;
use vestibule::CallContext;
use vestibule::CannedAnswer;
use vestibule::Egress;
use vestibule::FlowError;
use vestibule::HostAnswer;
use vestibule::HostFunctions;
use vestibule::Limits;
use vestibule::Outcome;

use crate::support::action;
use crate::support::arrival;
use crate::support::builder;
use crate::support::logs;
use crate::support::on_visit;
use crate::support::ran;
use crate::support::vestibule;
use crate::support::visit;

const SHOW_SECRETS: &str =
    "console.log(Object.entries(event.secrets).map(([k, v]) => k + ' ' + v.length).join())";
const SHOW_CONFIGURATION: &str = "console.log(JSON.stringify(event.configuration))";

#[tokio::test]
async fn a_binding_carries_secrets_of_its_own_over_those_of_the_action() {
    let vestibule = vestibule();
    let action = on_visit("a", SHOW_SECRETS).secret("SHARED", "1").unwrap().secret("OWN", "22").unwrap();
    let binding =
        Binding::new(action.clone()).secret("SHARED", "333").unwrap().secret("MORE", "4444").unwrap();
    let outcome = visit(&vestibule, &[]).bind(binding).action(action).run(arrival()).await.unwrap();
    assert_eq!(logs(&outcome), ["OWN 2,SHARED 3,MORE 4", "SHARED 1,OWN 2"]);
}

#[test]
fn two_secrets_of_one_name_in_one_place_are_refused() {
    let action = on_visit("a", "").secret("A", "1").unwrap();
    assert!(matches!(action.clone().secret("A", "2"), Err(ActionError::SecretTwice { .. })));
    let binding = Binding::new(action).secret("A", "2").unwrap();
    assert!(matches!(binding.secret("A", "3"), Err(ActionError::SecretTwice { .. })));
}

#[tokio::test]
async fn event_secrets_and_event_configuration_are_always_there() {
    let vestibule = vestibule();
    let action = on_visit("a", "console.log(typeof event.secrets, JSON.stringify(event.configuration))");
    let outcome = visit(&vestibule, &[action]).run(arrival()).await.unwrap();
    assert_eq!(logs(&outcome), ["object {}"]);
}

#[tokio::test]
async fn configuration_comes_from_event_action_and_binding_and_the_last_one_counts() {
    let vestibule = vestibule();
    let action = on_visit("a", SHOW_CONFIGURATION).configuration("b", "action").configuration("c", "action");
    let binding = Binding::new(action).configuration("c", "binding");
    let plain = on_visit("plain", SHOW_CONFIGURATION);
    let mut event = arrival();
    event["configuration"] = json!({ "a": "event", "b": "event" });
    let outcome = visit(&vestibule, &[]).bind(binding).action(plain).run(event).await.unwrap();
    assert_eq!(
        logs(&outcome),
        [r#"{"a":"event","b":"action","c":"binding"}"#, r#"{"a":"event","b":"event"}"#]
    );
}

#[tokio::test]
async fn a_binding_names_its_action() {
    let vestibule = vestibule();
    let action = on_visit("a", "api.log('x')");
    let flow = visit(&vestibule, &[]).bind(Binding::new(action.clone()).name("first")).action(action);
    let outcome = flow.run(arrival()).await.unwrap();
    assert_eq!(ran(&outcome), ["first", "a"]);
    assert_eq!(outcome.commands[0].action, "first");
}

#[tokio::test]
async fn a_binding_has_limits_of_its_own() {
    let vestibule = vestibule();
    let limits = Limits { wall: Duration::from_millis(50), ..Limits::default() };
    let slow = on_visit("slow", "await new Promise((done) => setTimeout(done, 60_000))");
    let flow = visit(&vestibule, &[]).bind(Binding::new(slow).limits(limits));
    let outcome = flow.run(arrival()).await.unwrap();
    let Outcome::WallLimit(breach) = &outcome.actions[0].outcome else { panic!("{:?}", outcome.actions[0]) };
    assert_eq!(breach.limit, 50);
}

#[tokio::test]
async fn a_binding_has_an_egress_policy_of_its_own() {
    let vestibule = builder().egress(Egress::none()).build().unwrap();
    let answers: Vec<CannedAnswer> =
        serde_json::from_value(json!([{ "url": "https://a.example/", "json": 7 }])).unwrap();
    let body = "console.log(await fetch('https://a.example/').then((r) => r.text(), () => 'refused'))";
    let open = Binding::new(on_visit("open", body)).egress(Egress::canned(answers));
    let flow = visit(&vestibule, &[]).bind(open).action(on_visit("closed", body));
    assert_eq!(logs(&flow.run(arrival()).await.unwrap()), ["7", "refused"]);
}

#[tokio::test]
async fn a_list_bound_trigger_takes_no_more_actions_than_it_declares() {
    let vestibule = vestibule();
    let one = || action("a", "onPair", "");
    let flow = vestibule.flow("acme/pair").unwrap().action(one()).action(one());
    assert_eq!(flow.run(json!({ "id": "1" })).await.unwrap().actions.len(), 2);
    let error = flow.clone().action(one()).run(json!({ "id": "1" })).await.unwrap_err();
    assert_eq!(error.to_string(), "the flow has 3 actions, but the trigger acme/pair takes 2 at most");
    let error = flow.entity("door-1").run(json!({ "id": "1" })).await.unwrap_err();
    assert!(matches!(error, FlowError::Entity { .. }), "{error}");
}

#[tokio::test]
async fn an_entity_bound_trigger_takes_exactly_one_action_and_an_entity() {
    let vestibule = vestibule();
    let door = || action("a", "onDoor", "");
    let flow = vestibule.flow("acme/door").unwrap();
    let error = flow.clone().action(door()).run(json!({ "id": "1" })).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trigger acme/door is bound to a door; say to which one with Flow::entity"
    );
    let flow = flow.entity("door-1");
    let error = flow.run(json!({ "id": "1" })).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the flow has 0 actions, but the trigger acme/door takes exactly one for each door"
    );
    let two = flow.clone().action(door()).action(door());
    assert!(matches!(two.run(json!({ "id": "1" })).await, Err(FlowError::NotOneAction { actions: 2, .. })));
    assert!(flow.action(door()).run(json!({ "id": "1" })).await.unwrap().is_decided());
}

/// Answers with the entity that a call comes from.
struct Entities;

impl HostFunctions for Entities {
    fn call(&self, _: &str, _: &Map<String, Value>, context: &CallContext) -> HostAnswer {
        HostAnswer::Value(Some(format!("{} {:?}", context.flow, context.entity).into()))
    }
}

#[tokio::test]
async fn a_host_function_knows_flow_and_entity() {
    let vestibule = builder().host(Entities).build().unwrap();
    let flow = vestibule.flow("acme/door").unwrap().name("tenant-1").entity("door-1");
    let flow = flow.action(action("a", "onDoor", "console.log(api.ask.entity())"));
    assert_eq!(logs(&flow.run(json!({ "id": "1" })).await.unwrap()), [r#"tenant-1 Some("door-1")"#]);
}

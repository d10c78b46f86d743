//! Triggers that only tests have, and short ways to run actions for them.

use serde_json::Value;
use serde_json::json;
use vestibule::Action;
use vestibule::Builder;
use vestibule::ContinuationKeys;
use vestibule::Decision;
use vestibule::EngineLimits;
use vestibule::Flow;
use vestibule::FlowOutcome;
use vestibule::Trigger;
use vestibule::Vestibule;

/// Stops, suspends in both ways, and changes the event.
const VISIT: &str = r#"
/**
 * Someone stands at the door.
 * @trigger acme/visit
 * @subject event.user.id event.session
 */

/** @handler onVisit execute */
export type OnVisit = (event: Event, api: VisitAPI) => Promise<void>;
/** @handler onReturn continue */
export type OnReturn = (event: Event, api: VisitAPI) => Promise<void>;

export interface Event {
  user: { id: string };
  session?: string;
  query: Record<string, string>;
  desk: { notes: Record<string, string | null>; tags?: string[] };
  /** @provided */
  secrets: Record<string, string>;
  /** @provided */
  configuration: Record<string, string>;
}

export interface VisitAPI {
  /** @merge last by name */
  label(name: string, text: string): VisitAPI;
  /** @merge append */
  log(text: string): VisitAPI;
  /** @stops */
  deny(reason: string): void;
  /** @stops */
  refuse(reason: string, userMessage: string): void;
  /** @stops */
  correct(field: string, message: { id: number; text: string }): void;
  /** @suspends */
  sendAway(url: string): void;
  /** @suspends next */
  challenge(kind: string): void;
  /**
   * @updates event.desk.notes[key] = value
   * @merge last by key
   */
  note(key: string, value: string | null): void;
  /**
   * @updates event.desk.tags += text
   * @merge last by text
   */
  tag(text: string): void;
}
"#;

/// At most two actions.
const PAIR: &str = r#"
/**
 * Takes two.
 * @trigger acme/pair
 * @binding list max 2
 */

/** @handler onPair */
export type OnPair = (event: Event, api: PairAPI) => Promise<void>;
export interface Event { id: string }
export interface PairAPI { /** @stops */ deny(reason: string): void }
"#;

/// One action for each door.
const DOOR: &str = r#"
/**
 * Belongs to one door.
 * @trigger acme/door
 * @binding entity door
 * @subject event.id
 */

/** @handler onDoor */
export type OnDoor = (event: Event, api: DoorAPI) => Promise<void>;
/** @handler onDoorAgain continue */
export type OnDoorAgain = (event: Event, api: DoorAPI) => Promise<void>;
export interface Event { id: string }
export interface DoorAPI {
  /** @suspends */
  sendAway(url: string): void;
  ask: {
    /** @host ask.entity */
    entity(): string;
  };
}
"#;

/// Runs in the background, and again after a failure.
const DELIVERY: &str = r#"
/**
 * A parcel is on its way.
 * @trigger acme/delivery
 * @mode async
 * @retries 2 after 1ms 2ms on failure
 */

/** @handler onDelivery */
export type OnDelivery = (event: Event, api: DeliveryAPI) => Promise<void>;
export interface Event { id: string }
export interface DeliveryAPI {
  /** @merge append */
  log(text: string): void;
  ask: {
    /** @host ask.attempt */
    attempt(): number;
    /** @host ask.panic */
    panic(): string;
    /** @host ask.panicLater */
    panicLater(): Promise<string>;
    /** @host ask.wait */
    wait(): Promise<void>;
  };
}
"#;

/// Runs in the background, and again when the action asks for it.
const MESSAGE: &str = r#"
/**
 * A message is to be sent.
 * @trigger acme/message
 * @mode async
 * @retries 5 after 1ms 1ms 1ms 1ms 1ms on message.retry
 */

/** @handler onMessage */
export type OnMessage = (event: Event, api: MessageAPI) => Promise<void>;
export interface Event { id: string }
export interface MessageAPI {
  message: {
    /** @effect message
     *  @merge last */
    retry(reason: string): void;
    /** @effect message
     *  @merge last */
    drop(reason: string): void;
  };
  ask: {
    /** @host ask.attempt */
    attempt(): number;
  };
}
"#;

/// A builder with the triggers of these tests, and an engine of one thread.
pub(crate) fn builder() -> Builder {
    let engine_limits = EngineLimits { threads: 1, ready_isolates: 1, ..EngineLimits::default() };
    let declarations = [VISIT, PAIR, DOOR, DELIVERY, MESSAGE];
    declarations.iter().fold(Vestibule::builder().engine_limits(engine_limits), |builder, declaration| {
        builder.trigger(Trigger::parse("test.d.ts", declaration).unwrap())
    })
}

pub(crate) fn vestibule() -> Vestibule {
    builder().build().unwrap()
}

/// A builder whose continuations open in every runtime of a test.
pub(crate) fn sealing() -> Builder {
    builder().continuation_keys(ContinuationKeys::new("test", [42; 32]).unwrap())
}

/// A flow of `acme/visit`. An action is a name and the bodies of its handlers.
pub(crate) fn visit(vestibule: &Vestibule, actions: &[Action]) -> Flow {
    let flow = vestibule.flow("acme/visit").unwrap().name("tenant-1/visit");
    actions.iter().cloned().fold(flow, Flow::action)
}

/// An action of `acme/visit` that does something on the way in.
pub(crate) fn on_visit(name: &str, body: &str) -> Action {
    action(name, "onVisit", body)
}

/// An action of `acme/visit` that does something on the way in, and something when its user is back.
pub(crate) fn with_return(name: &str, body: &str, on_return: &str) -> Action {
    let source = format!(
        "exports.onVisit = async (event, api) => {{ {body} }};\n\
         exports.onReturn = async (event, api) => {{ {on_return} }};"
    );
    Action::new(name, &format!("{name}.js"), &source).unwrap()
}

pub(crate) fn action(name: &str, handler: &str, body: &str) -> Action {
    let source = format!("exports.{handler} = async (event, api) => {{ {body} }};");
    Action::new(name, &format!("{name}.js"), &source).unwrap()
}

/// The event of a visit.
pub(crate) fn arrival() -> Value {
    json!({ "user": { "id": "u1" }, "session": "s1", "query": {}, "desk": { "notes": {} } })
}

/// The event of the same visitor who comes back with this answer.
pub(crate) fn comes_back(answer: &str) -> Value {
    json!({ "user": { "id": "u1" }, "session": "s1", "query": { "answer": answer }, "desk": { "notes": {} } })
}

pub(crate) fn continuation(outcome: &FlowOutcome) -> &str {
    match &outcome.decision {
        Decision::Suspend { continuation, .. } => continuation,
        other => panic!("the flow does not wait: {other:?}"),
    }
}

/// The names of the actions that ran.
pub(crate) fn ran(outcome: &FlowOutcome) -> Vec<&str> {
    outcome.actions.iter().map(|report| report.name.as_str()).collect()
}

/// All lines of the log.
pub(crate) fn logs(outcome: &FlowOutcome) -> Vec<&str> {
    outcome.actions.iter().flat_map(|report| &report.logs).map(|line| line.message.as_str()).collect()
}

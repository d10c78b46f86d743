//! Runs a flow to its end, and says what it means when it was not run.

use serde_json::Value;
use tokio::runtime::Runtime;
use vestibule::BindingPolicy;
use vestibule::ContinuationError;
use vestibule::EngineError;
use vestibule::Flow;
use vestibule::FlowError;
use vestibule::FlowOutcome;
use vestibule::Trigger;

use crate::command_error::CommandError;

/// Which handler of the first action is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HandlerChoice {
    /// The one that begins
    #[default]
    Execute,
    /// The one that goes on after a suspension
    Continue,
}

impl HandlerChoice {
    /// The name of the handler; empty when the trigger has none of this kind.
    pub(crate) fn name_in(self, trigger: &Trigger) -> String {
        let phase = match self {
            Self::Execute => "execute",
            Self::Continue => "continue",
        };
        let handler = trigger.handlers().iter().find(|handler| handler.phase.name() == phase);
        handler.map(|handler| handler.name.clone()).unwrap_or_default()
    }
}

/// Where a run enters its flow.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// At this handler of the first action.
    Handler(HandlerChoice),
    /// Where this continuation says.
    Continuation(String),
}

/// The entity of a flow on this machine, where its trigger is bound to entities.
const ENTITY: &str = "local";

/// Gives the flow an entity where its trigger asks for one.
pub(crate) fn with_entity(flow: Flow) -> Flow {
    match flow.trigger().binding() {
        BindingPolicy::List { .. } => flow,
        BindingPolicy::Entity { .. } => flow.entity(ENTITY),
    }
}

/// Runs a flow and waits for it.
pub(crate) fn execute(flow: &Flow, entry: Entry, event: Value) -> Result<FlowOutcome, CommandError> {
    runtime()?.block_on(enter(flow, entry, event))
}

/// Where a flow is waited for.
pub(crate) fn runtime() -> Result<Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::failed(anyhow::Error::new(error).context("the asynchronous runtime cannot start"))
    })
}

/// Runs a flow.
pub(crate) async fn enter(flow: &Flow, entry: Entry, event: Value) -> Result<FlowOutcome, CommandError> {
    let outcome = match entry {
        Entry::Handler(HandlerChoice::Execute) => flow.run(event).await,
        Entry::Handler(HandlerChoice::Continue) => flow.resume_at(0, event).await,
        Entry::Continuation(continuation) => flow.resume(&continuation, event).await,
    };
    outcome.map_err(|error| refused(error, flow.trigger()))
}

/// What to say when a flow was not run.
fn refused(error: FlowError, trigger: &Trigger) -> CommandError {
    match &error {
        FlowError::Event { .. } => CommandError::wrong_use(error)
            .hint(format!("`vestibule triggers sample {}` prints an event that fits", trigger.id())),
        FlowError::Continuation(refusal) => {
            let why = reason(refusal);
            CommandError::wrong_use(error).hint(why)
        }
        FlowError::NoContinue { .. }
        | FlowError::TooManyActions { .. }
        | FlowError::NotOneAction { .. }
        | FlowError::NoEntity { .. }
        | FlowError::Entity { .. } => CommandError::wrong_use(error),
        FlowError::Engine(EngineError::EventTooLarge { .. }) => {
            CommandError::wrong_use(error).hint("make the event smaller, or raise the limit event_bytes")
        }
        FlowError::Engine(EngineError::Event { .. } | EngineError::Limit(_)) | FlowError::NoAction { .. } => {
            CommandError::wrong_use(error)
        }
        FlowError::Engine(_)
        | FlowError::Synchronous { .. }
        | FlowError::NoRuntime
        | FlowError::QueueFull { .. }
        | FlowError::QueueShareFull { .. }
        | FlowError::Draining
        | FlowError::NoRandomness => CommandError::failed(error),
    }
}

/// Why a continuation is refused, for whoever writes the action; an end user is never told.
fn reason(refusal: &ContinuationError) -> String {
    let why = match refusal {
        ContinuationError::Malformed => "it is no continuation",
        ContinuationError::UnknownKey => "it was sealed with another key",
        ContinuationError::Altered => "it was changed, or sealed with another key file",
        ContinuationError::Expired => "its time is over",
        ContinuationError::ForeignFlow => "it belongs to another trigger or flow",
        ContinuationError::OtherVersion => {
            "the actions are not those that began the flow: same files, same names, same order"
        }
        ContinuationError::OtherSubject => "the event is about someone else",
        ContinuationError::Replayed => "it has been used",
        ContinuationError::StoreFailed(_) => "whether it has been used cannot be found out",
    };
    format!("the reason is {}: {why}", refusal.code())
}

//! Why a flow was not run.

use thiserror::Error;
use vestibule_engine::EngineError;
use vestibule_triggers::Mismatch;

use crate::continuation::ContinuationError;

/// Why a flow was not run. What an action does wrong is never an error of this kind: it stands in the
/// [`FlowOutcome`](crate::FlowOutcome).
#[derive(Debug, Error)]
pub enum FlowError {
    /// The event is not what the trigger's declaration says.
    #[error("the event does not match the trigger {trigger}:{}", list(.mismatches))]
    Event {
        /// The trigger.
        trigger: String,
        /// What is wrong, each with its path.
        mismatches: Vec<Mismatch>,
    },
    /// The trigger has no handler of that kind.
    #[error("the trigger {trigger} has no continue handler; its handlers are: {}", .handlers.join(", "))]
    NoContinue {
        /// The trigger.
        trigger: String,
        /// The handlers that it has.
        handlers: Vec<String>,
    },
    /// There is no action at which to resume.
    #[error("the flow has {actions} actions, so it cannot resume at number {index}")]
    NoAction {
        /// How many there are.
        actions: usize,
        /// Which one was asked for, from 0.
        index: usize,
    },
    /// More actions than the trigger takes.
    #[error("the flow has {actions} actions, but the trigger {trigger} takes {max} at most")]
    TooManyActions {
        /// The trigger.
        trigger: String,
        /// How many there are.
        actions: usize,
        /// How many there may be.
        max: usize,
    },
    /// A trigger that is bound to an entity has exactly one action.
    #[error("the flow has {actions} actions, but the trigger {trigger} takes exactly one for each {kind}")]
    NotOneAction {
        /// The trigger.
        trigger: String,
        /// What the entity is.
        kind: String,
        /// How many actions there are.
        actions: usize,
    },
    /// The flow does not say to which entity it belongs.
    #[error("the trigger {trigger} is bound to a {kind}; say to which one with Flow::entity")]
    NoEntity {
        /// The trigger.
        trigger: String,
        /// What the entity is.
        kind: String,
    },
    /// The flow belongs to an entity, but its trigger is bound to a list of actions.
    #[error("the flow has the entity {entity:?}, but the trigger {trigger} is not bound to entities")]
    Entity {
        /// The trigger.
        trigger: String,
        /// The entity.
        entity: String,
    },
    /// The continuation is refused. The text is fit for the user, the reason is its
    /// [`code`](ContinuationError::code).
    #[error(transparent)]
    Continuation(#[from] ContinuationError),
    /// The host waits for the decision of this trigger, so it cannot run in the background.
    #[error("the trigger {trigger} is synchronous: wait for its decision with Flow::run")]
    Synchronous {
        /// The trigger.
        trigger: String,
    },
    /// There is no tokio runtime to run in the background of.
    #[error("Flow::submit needs a tokio runtime: call it inside of one, and keep that runtime alive")]
    NoRuntime,
    /// As many runs wait as may.
    #[error("{queued} runs wait in the background, which is the most: submit this one later")]
    QueueFull {
        /// How many may wait, see [`BackgroundLimits`](crate::BackgroundLimits).
        queued: usize,
    },
    /// Flows of this name have as many runs in the background as they may.
    #[error("the flow {flow:?} has more runs in the background than its share: submit this one later")]
    QueueShareFull {
        /// The flow's name.
        flow: String,
    },
    /// The background takes no more work, because the host is shutting down.
    #[error("the background is being drained, and takes no more runs")]
    Draining,
    /// No random bytes for the identifier of a submission.
    #[error("the system gives no random bytes for an identifier")]
    NoRandomness,
    /// The engine did not run it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn list(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(|mismatch| format!("\n  {mismatch}")).collect()
}

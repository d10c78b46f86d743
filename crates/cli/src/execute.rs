//! Runs a flow to its end, and says what it means when it was not run.

use serde_json::Value;
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

/// Runs a flow and waits for it.
pub(crate) fn execute(
    flow: &Flow,
    handler: HandlerChoice,
    event: Value,
) -> Result<FlowOutcome, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::failed(anyhow::Error::new(error).context("the asynchronous runtime cannot start"))
    })?;
    let outcome = runtime.block_on(async {
        match handler {
            HandlerChoice::Execute => flow.run(event).await,
            HandlerChoice::Continue => flow.resume(0, event).await,
        }
    });
    outcome.map_err(|error| refused(error, flow.trigger()))
}

/// What to say when a flow was not run.
fn refused(error: FlowError, trigger: &Trigger) -> CommandError {
    match &error {
        FlowError::Event { .. } => CommandError::wrong_use(error)
            .hint(format!("`vestibule triggers sample {}` prints an event that fits", trigger.id())),
        FlowError::NoContinue { .. } => CommandError::wrong_use(error),
        FlowError::Engine(EngineError::EventTooLarge { .. }) => {
            CommandError::wrong_use(error).hint("make the event smaller, or raise the limit event_bytes")
        }
        FlowError::Engine(EngineError::Event { .. } | EngineError::Limit(_)) | FlowError::NoAction { .. } => {
            CommandError::wrong_use(error)
        }
        FlowError::Engine(_) => CommandError::failed(error),
    }
}

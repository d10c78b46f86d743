//! The outcome document of hooks: that of a flow of actions, and one report for each hook. Serializable,
//! and so promised.

use serde::Deserialize;
use serde::Serialize;
use vestibule::FetchFailure;
use vestibule::FlowOutcome;

use crate::plan::Phase;
use crate::plan::Warning;

/// What the hooks of one place came to.
///
/// In JSON it is the document of a [`FlowOutcome`] with two more fields, so that one reader serves both:
/// commands carry the name of the hook where those of a flow carry the name of the action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HooksOutcome {
    /// Trigger, decision, commands and effects. There are no actions.
    #[serde(flatten)]
    pub flow: FlowOutcome,
    /// One report for each hook that was reached, in order.
    pub hooks: Vec<HookReport>,
    /// What in the configuration does not do what it seems to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// How one hook went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookReport {
    /// Its place in the order, from 1.
    pub number: usize,
    /// What commands call it.
    pub name: String,
    /// The name in the configuration, such as `web_hook`.
    pub hook: String,
    /// File and line.
    pub at: String,
    /// When it ran, in flows that write the identity in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// How it ended.
    pub outcome: HookOutcome,
    /// It ran after the answer, and its result stands here and nowhere else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
    /// Microseconds from its start to its end.
    pub wall_us: u64,
    /// What all attempts of a call carry as `Ory-Webhook-Trigger-ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<String>,
    /// The attempts, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestReport>,
    /// What of its answer was not used, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How a hook ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HookOutcome {
    /// It is done, and the flow goes on.
    Completed,
    /// Its template said `error "cancel"`: nothing was sent, and the flow goes on.
    Cancelled,
    /// Its answer stops the flow.
    Stopped,
    /// It failed, and so does the flow, unless the hook is detached.
    Failed {
        /// The HTTP status that Kratos would answer with: 500 for a mistake of the configuration or the
        /// answer, 502 for a bad status or none, 504 when the time was up.
        status: u16,
        /// What happened, for the log and never for the end user.
        message: String,
    },
    /// It runs after the answer, and has not ended yet.
    Detached,
}

/// One attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReport {
    /// What the request carried as `Ory-Webhook-Request-ID`.
    pub request_id: String,
    /// The method.
    pub method: String,
    /// The URL without its query, which may carry secrets.
    pub url: String,
    /// How it ended.
    pub outcome: RequestOutcome,
    /// Microseconds from its start to its end.
    pub wall_us: u64,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RequestOutcome {
    /// The server answered.
    Answered {
        /// The HTTP status.
        status: u16,
    },
    /// It failed.
    Failed {
        /// The kind of failure.
        failure: FetchFailure,
        /// What happened, for the log.
        reason: String,
    },
}

/// Why a hook failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl HooksOutcome {
    /// Whether the host got a decision; `false` when a hook failed and that stopped the flow.
    pub fn is_decided(&self) -> bool {
        self.flow.is_decided()
    }

    /// What the end user may read when the flow does not go on: one text for all failures. See
    /// [`FlowOutcome::user_message`]; the messages of a `validation.error` are for the user as well.
    pub fn user_message(&self) -> Option<&str> {
        self.flow.user_message()
    }

    /// Puts the reports of detached hooks in the place of those that said they had not ended.
    pub fn take_in(&mut self, reports: Vec<HookReport>) {
        for report in reports {
            if let Some(place) = self.hooks.iter_mut().find(|known| known.number == report.number) {
                *place = report;
            }
        }
    }
}

impl Failure {
    /// A mistake of the configuration or of the answer.
    pub(crate) fn system(message: impl Into<String>) -> Self {
        Self { status: 500, message: message.into() }
    }

    /// A bad answer, or none.
    pub(crate) fn gateway(message: impl Into<String>) -> Self {
        Self { status: 502, message: message.into() }
    }

    pub(crate) fn into_outcome(self) -> HookOutcome {
        HookOutcome::Failed { status: self.status, message: self.message }
    }
}

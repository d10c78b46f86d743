//! The outcome document: what a flow came to. Serializable, and so promised: `vestibule run` prints
//! it, fixtures compare it, hosts store it.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use vestibule_engine::FetchRecord;
use vestibule_engine::LogLine;
use vestibule_engine::Outcome;
use vestibule_engine::Pending;
use vestibule_engine::Usage;
use vestibule_triggers::Rejection;

/// What the user reads when an action denied without a message for the user.
const DENIED: &str = "Access was denied.";
/// What the user reads when a flow failed.
const FAILED: &str = "Something went wrong. Please try again later.";

/// What a flow came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlowOutcome {
    /// The trigger, such as `auth0/post-login`.
    pub trigger: String,
    /// What the host is to do now.
    pub decision: Decision,
    /// What the actions asked for, in order. Commands of an action that failed are not among them.
    pub commands: Vec<FlowCommand>,
    /// The commands folded by the trigger's rules: what the host applies.
    pub effects: Value,
    /// One report for each action that ran.
    pub actions: Vec<ActionReport>,
}

/// How a flow ended for the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decision {
    /// Every action has run; go on, with the effects.
    Continue,
    /// An action stopped the flow.
    Deny {
        /// Which action.
        action: String,
        /// With which command.
        command: String,
        /// The reason that it gave, for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The code that it gave, where the trigger has such: an OAuth error, or one for the application.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What to tell the user, where the trigger keeps the two apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_message: Option<String>,
    },
    /// The flow waits for the user. The effects are what was asked for so far; they come back, complete,
    /// with the outcome of [`Flow::resume`](crate::Flow::resume), and are best applied then.
    Suspend {
        /// Which action.
        action: String,
        /// With which command.
        command: String,
        /// The arguments of the command.
        args: Map<String, Value>,
        /// What [`Flow::resume`](crate::Flow::resume) takes to go on: sealed text, 262,144 characters at
        /// most, that can be used once, for the same flow and subject.
        continuation: String,
    },
    /// An action failed, and failing stops this flow.
    Fail {
        /// Which action.
        action: String,
        /// What happened, for the log and never for the end user.
        message: String,
    },
}

/// A command, and the action that it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowCommand {
    /// The action.
    pub action: String,
    /// Path of the method, such as `access.deny`.
    pub command: String,
    /// Arguments under the names of the declaration.
    pub args: Map<String, Value>,
    /// Why the command does not count; then it is not among the effects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Rejection>,
}

/// How one action went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionReport {
    /// The action.
    pub name: String,
    /// The handler that was called.
    pub handler: String,
    /// How the execution ended.
    pub outcome: Outcome,
    /// The action failed, and the flow went on because its binding says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failure_ignored: bool,
    /// What it wrote with `console`.
    pub logs: Vec<LogLine>,
    /// Log lines that the limits dropped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub logs_dropped: usize,
    /// What it used.
    pub usage: Usage,
    /// Work that was cancelled because the handler did not wait for it.
    #[serde(default, skip_serializing_if = "Pending::is_empty")]
    pub pending: Pending,
    /// The requests that it tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetches: Vec<FetchRecord>,
}

impl Decision {
    /// The denial that a command means whose method stops the flow: reason, code and message are those of
    /// its arguments that have such a name.
    pub fn denied_by(action: &str, command: &str, args: &Map<String, Value>) -> Self {
        let text = |names: &[&str]| names.iter().find_map(|name| text_of(args.get(*name)?));
        Self::Deny {
            action: action.to_owned(),
            command: command.to_owned(),
            reason: text(&["reason"]),
            code: text(&["code", "errorCode"]),
            user_message: text(&["userMessage", "message", "errorMessage"]),
        }
    }
}

impl FlowOutcome {
    /// Whether the host got a decision; `false` when an action failed and that stopped the flow.
    pub fn is_decided(&self) -> bool {
        !matches!(self.decision, Decision::Fail { .. })
    }

    /// What the end user may read, when the flow does not go on. It is the message that the action gave for
    /// the user, where the trigger keeps it apart from the reason; else it is one fixed text for denials and
    /// one for failures. Everything else in this document is for the log: reasons, messages of errors and
    /// log lines can tell an attacker how the host decides.
    pub fn user_message(&self) -> Option<&str> {
        match &self.decision {
            Decision::Continue | Decision::Suspend { .. } => None,
            Decision::Deny { user_message, .. } => Some(user_message.as_deref().unwrap_or(DENIED)),
            Decision::Fail { .. } => Some(FAILED),
        }
    }
}

/// The words of an argument, which may stand beside a number by which user interfaces translate them.
fn text_of(argument: &Value) -> Option<String> {
    let text = argument.get("text").unwrap_or(argument);
    text.as_str().map(str::to_owned)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

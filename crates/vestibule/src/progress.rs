//! A flow under way: what its actions have recorded so far, and what that means for it.

use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde_json::Map;
use serde_json::Value;
use vestibule_engine::Breach;
use vestibule_engine::Execution;
use vestibule_engine::Outcome;
use vestibule_engine::Unit;
use vestibule_engine::Usage;
use vestibule_triggers::Command;
use vestibule_triggers::EventChange;
use vestibule_triggers::Folded;
use vestibule_triggers::Method;
use vestibule_triggers::Resume;
use vestibule_triggers::Trigger;

use crate::binding::Binding;
use crate::binding::OnFailure;
use crate::changes::EventChanges;
use crate::continuation::Recorded;
use crate::continuation::Suspended;
use crate::outcome::ActionReport;
use crate::outcome::Decision;
use crate::outcome::FlowCommand;
use crate::outcome::FlowOutcome;
use crate::recorder::Changes;

/// One part of a flow: from its beginning, or from a suspension, to its end or the next suspension.
pub(crate) struct Progress {
    /// The event that the host gave.
    pub(crate) event: Arc<Value>,
    /// What the commands so far changed in it.
    changes: EventChanges,
    /// By action, in the order in which the actions ran.
    recorded: Vec<Recorded>,
    reports: Vec<ActionReport>,
    deadline: Instant,
}

/// What ends a part of a flow before its last action has run.
pub(crate) enum Ending {
    Decided(Decision),
    Suspended(Suspension),
}

/// An action asked the flow to wait.
pub(crate) struct Suspension {
    pub(crate) action: String,
    pub(crate) command: String,
    pub(crate) args: Map<String, Value>,
    pub(crate) resume: Resume,
}

impl Progress {
    pub(crate) fn new(mut event: Value, budget: Duration) -> Self {
        // `event.configuration` is always there.
        if let Value::Object(event) = &mut event {
            let configuration = event.entry("configuration").or_insert(Value::Null);
            if !configuration.is_object() {
                *configuration = Value::Object(Map::new());
            }
        }
        Self {
            event: Arc::new(event),
            changes: EventChanges::default(),
            recorded: Vec::new(),
            reports: Vec::new(),
            // A budget beyond what the clock can express is as good as a year.
            deadline: Instant::now()
                .checked_add(budget)
                .unwrap_or_else(|| Instant::now() + Duration::from_secs(365 * 24 * 60 * 60)),
        }
    }

    /// Goes on with what was recorded before a suspension, and with a whole budget.
    pub(crate) fn resumed(event: Value, budget: Duration, suspended: Suspended) -> Self {
        Self {
            changes: suspended.changes.into_iter().map(EventChange::from).collect(),
            recorded: suspended.recorded,
            ..Self::new(event, budget)
        }
    }

    /// What is left of the budget; an action needs at least a millisecond.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that a budget reads as it was given.
        let ms = u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        (left >= Duration::from_millis(1)).then(|| Duration::from_millis(ms))
    }

    /// The event as the action of this binding sees it.
    pub(crate) fn event_for(&self, binding: &Binding) -> Arc<Value> {
        if self.changes.is_empty() && !binding.has_configuration() {
            return Arc::clone(&self.event);
        }
        let mut event = Value::clone(&self.event);
        self.changes.apply(&mut event);
        binding.configure(&mut event);
        Arc::new(event)
    }

    /// All commands so far.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> + Clone {
        self.recorded.iter().flat_map(|recorded| &recorded.commands)
    }

    /// Takes in how one action went, and says whether that ends this part of the flow.
    pub(crate) fn take_in(
        &mut self,
        trigger: &Trigger,
        binding: &Binding,
        handler: String,
        execution: Execution,
        changes: &Changes,
    ) -> Option<Ending> {
        let action = binding.shown_name();
        let failed = !execution.outcome.is_completed();
        let ignored = failed && binding.on_failure == OnFailure::Continue;
        let failure = failed.then(|| summary(&execution.outcome));
        let commands: Vec<Command> = execution
            .commands
            .into_iter()
            .map(|command| Command { method: command.name, args: command.args })
            .collect();
        self.reports.push(ActionReport {
            name: action.to_owned(),
            handler,
            outcome: execution.outcome,
            failure_ignored: ignored,
            logs: execution.logs,
            logs_dropped: execution.logs_dropped,
            usage: execution.usage,
            pending: execution.pending,
            fetches: execution.fetches,
        });
        if let Some(message) = failure {
            return (!ignored)
                .then(|| Ending::Decided(Decision::Fail { action: action.to_owned(), message }));
        }
        self.changes.append(std::mem::take(&mut *changes.lock().unwrap_or_else(PoisonError::into_inner)));
        let ending = ending(trigger, action, &commands);
        self.recorded.push(Recorded { action: action.to_owned(), commands });
        ending
    }

    /// What a continuation keeps. Commands that suspend are carried out by the suspension, so they are not
    /// among the effects a second time when the flow has ended.
    pub(crate) fn suspended(&self, trigger: &Trigger, index: usize, resume: Resume) -> Suspended {
        let suspends = |command: &Command| {
            trigger.method(&command.method).is_some_and(|method| method.suspends.is_some())
        };
        let keep = |recorded: &Recorded| Recorded {
            action: recorded.action.clone(),
            commands: recorded.commands.iter().filter(|command| !suspends(command)).cloned().collect(),
        };
        Suspended {
            index,
            resume,
            recorded: self.recorded.iter().map(keep).collect(),
            changes: self.changes.in_order().into_iter().map(Into::into).collect(),
        }
    }

    /// Why a flow with these commands cannot go on.
    pub(crate) fn unmet_need(&self, trigger: &Trigger) -> Option<String> {
        trigger.unmet_need(self.commands()).map(str::to_owned)
    }

    pub(crate) fn finish(self, trigger: &Trigger, decision: Decision) -> FlowOutcome {
        let by_action: Vec<&[Command]> =
            self.recorded.iter().map(|recorded| recorded.commands.as_slice()).collect();
        let Folded { effects, rejected } = trigger.fold(&by_action);
        let named = self.recorded.into_iter().flat_map(|Recorded { action, commands }| {
            commands.into_iter().map(move |command| (action.clone(), command))
        });
        let commands = named
            .zip(rejected)
            .map(|((action, command), rejected)| FlowCommand {
                action,
                command: command.method,
                args: command.args,
                rejected,
            })
            .collect();
        FlowOutcome { trigger: trigger.id().to_owned(), decision, commands, effects, actions: self.reports }
    }
}

/// What the commands of one action mean for the flow: a stop goes before a suspension, and of several
/// alike the last one counts.
fn ending(trigger: &Trigger, action: &str, commands: &[Command]) -> Option<Ending> {
    let last = |wanted: fn(&Method) -> bool| {
        commands.iter().rev().find(|command| trigger.method(&command.method).is_some_and(wanted))
    };
    if let Some(stop) = last(|method| method.stops) {
        return Some(Ending::Decided(Decision::denied_by(action, &stop.method, &stop.args)));
    }
    let suspension = last(|method| method.suspends.is_some())?;
    Some(Ending::Suspended(Suspension {
        action: action.to_owned(),
        command: suspension.method.clone(),
        args: suspension.args.clone(),
        resume: trigger.method(&suspension.method)?.suspends?,
    }))
}

/// One line about a bad end, for the log.
fn summary(outcome: &Outcome) -> String {
    let breach = |what: &str, breach: &Breach| {
        let unit = match breach.unit {
            Unit::Ms => "ms",
            Unit::Bytes => "bytes",
            Unit::Commands => "commands",
            Unit::Calls => "calls",
        };
        format!("{what}: {} of {} {unit}", breach.used, breach.limit)
    };
    match outcome {
        Outcome::Completed => "completed".to_owned(),
        Outcome::Threw(thrown) | Outcome::InvalidProgram(thrown) => {
            let place = thrown
                .frames
                .first()
                .map(|frame| format!(" ({}:{}:{})", frame.file, frame.line, frame.column));
            format!("{}: {}{}", thrown.name, thrown.message, place.unwrap_or_default())
        }
        Outcome::WallLimit(limit) => breach("too much time", limit),
        Outcome::CpuLimit(limit) => breach("too much processor time", limit),
        Outcome::HeapLimit(limit) => breach("too much memory", limit),
        Outcome::BufferLimit(limit) => breach("too many bytes in buffers", limit),
        Outcome::OutputLimit(limit) => breach("too much output", limit),
        Outcome::Unsettled { .. } => "the handler waits for something that can never happen".to_owned(),
        Outcome::Cancelled => "cancelled".to_owned(),
        Outcome::EngineLost => "the engine lost the execution; nothing was applied".to_owned(),
    }
}

/// The report of an action for which no time was left.
pub(crate) fn out_of_time(budget: Duration) -> Execution {
    let ms = u64::try_from(budget.as_millis()).unwrap_or(u64::MAX);
    Execution {
        outcome: Outcome::WallLimit(Breach {
            limit: ms,
            used: ms,
            unit: Unit::Ms,
            phase: vestibule_engine::Phase::Load,
        }),
        commands: Vec::new(),
        logs: Vec::new(),
        logs_dropped: 0,
        usage: Usage::default(),
        pending: vestibule_engine::Pending::default(),
        fetches: Vec::new(),
    }
}

//! A flow: the actions bound to a trigger, run one after the other, each in an isolate of its own.

use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use thiserror::Error;
use vestibule_engine::Breach;
use vestibule_engine::EngineError;
use vestibule_engine::Execution;
use vestibule_engine::Invocation;
use vestibule_engine::Outcome;
use vestibule_engine::Unit;
use vestibule_engine::Usage;
use vestibule_triggers::Calls;
use vestibule_triggers::Command;
use vestibule_triggers::EventChange;
use vestibule_triggers::Folded;
use vestibule_triggers::Mismatch;
use vestibule_triggers::Phase;
use vestibule_triggers::Trigger;

use crate::action::Action;
use crate::action::OnFailure;
use crate::builder::Vestibule;
use crate::host_functions::CallContext;
use crate::host_functions::HostFunctions;
use crate::outcome::ActionReport;
use crate::outcome::Decision;
use crate::outcome::FlowCommand;
use crate::outcome::FlowOutcome;
use crate::recorder::Changes;
use crate::recorder::Recorder;

/// Ordered actions of one trigger. Made by [`Vestibule::flow`]; cheap to clone, run as often as you like.
#[derive(Clone)]
pub struct Flow {
    vestibule: Vestibule,
    trigger: Arc<Trigger>,
    actions: Vec<Action>,
    budget: Duration,
    host: Arc<dyn HostFunctions>,
}

/// Why a flow was not run. What an action does wrong is never an error of this kind: it stands in the
/// [`FlowOutcome`].
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
    /// The engine did not run it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Time that all actions of a trigger may take together, by default.
const BUDGET_DEFAULT: Duration = Duration::from_secs(20);

impl Flow {
    pub(crate) fn new(vestibule: Vestibule, trigger: Arc<Trigger>) -> Self {
        let host = Arc::clone(&vestibule.inner.host);
        Self { vestibule, trigger, actions: Vec::new(), budget: BUDGET_DEFAULT, host }
    }

    /// Adds an action; actions run in the order in which they were added.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Time on the clock that all actions together may take; 20 seconds unless set. An action gets no
    /// more than is left of it.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Answers the api methods that a declaration marks with `@host`, instead of the host functions of
    /// the [`Vestibule`].
    #[must_use]
    pub fn host(mut self, host: impl HostFunctions + 'static) -> Self {
        self.host = Arc::new(host);
        self
    }

    /// The trigger.
    pub fn trigger(&self) -> &Arc<Trigger> {
        &self.trigger
    }

    /// Runs the actions from the first on.
    ///
    /// # Errors
    /// When the event does not match the trigger, or the engine does not take it.
    pub async fn run(&self, event: Value) -> Result<FlowOutcome, FlowError> {
        self.run_from(0, Phase::Execute, event).await
    }

    /// Goes on after a suspension: calls the continue handler of the action with this index, then the
    /// actions after it. `event` carries the new request.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and when there is no such action or the trigger knows no continuing.
    pub async fn resume(&self, index: usize, event: Value) -> Result<FlowOutcome, FlowError> {
        if index >= self.actions.len() {
            return Err(FlowError::NoAction { actions: self.actions.len(), index });
        }
        if self.handler(Phase::Continue).is_none() {
            let handlers = self.trigger.handlers().iter().map(|handler| handler.name.clone()).collect();
            return Err(FlowError::NoContinue { trigger: self.trigger.id().to_owned(), handlers });
        }
        self.run_from(index, Phase::Continue, event).await
    }

    async fn run_from(&self, first: usize, phase: Phase, event: Value) -> Result<FlowOutcome, FlowError> {
        self.trigger
            .check_event(&event)
            .map_err(|mismatches| FlowError::Event { trigger: self.trigger.id().to_owned(), mismatches })?;
        let mut progress = Progress::new(event, self.budget);
        for (index, action) in self.actions.iter().enumerate().skip(first) {
            let phase = if index == first { phase } else { Phase::Execute };
            let handler = self.handler(phase).unwrap_or_default();
            let changes = Changes::default();
            let execution = match progress.time_left() {
                Some(time_left) => self.execute(action, &handler, time_left, &progress, &changes).await?,
                None => out_of_time(self.budget),
            };
            let decision = progress.take_in(&self.trigger, action, handler, execution, &changes);
            if let Some(decision) = decision {
                return Ok(progress.finish(&self.trigger, decision));
            }
        }
        let decision = match self.trigger.unmet_need(progress.recorded.iter()) {
            None => Decision::Continue,
            Some(message) => {
                let action = self.actions.last().map(|action| action.name.clone()).unwrap_or_default();
                Decision::Fail { action, message: message.to_owned() }
            }
        };
        Ok(progress.finish(&self.trigger, decision))
    }

    /// Runs one action.
    async fn execute(
        &self,
        action: &Action,
        handler: &str,
        time_left: Duration,
        progress: &Progress,
        changes: &Changes,
    ) -> Result<Execution, EngineError> {
        let host = &self.vestibule.inner;
        let mut limits = action.limits.clone().unwrap_or_else(|| host.limits.clone());
        limits.wall = limits.wall.min(time_left);
        let event = progress.event_now();
        let invocation = Invocation {
            known_handlers: self.trigger.handlers().iter().map(|handler| handler.name.clone()).collect(),
            api: self.vestibule.shape(&self.trigger),
            secrets: action.secrets.clone(),
            limits,
            ..Invocation::new(handler, event.to_string())
        };
        let calls = Calls::new(&self.trigger, handler, Arc::clone(&progress.event), &progress.recorded);
        let context = CallContext {
            trigger: self.trigger.id().to_owned(),
            action: action.name.clone(),
            handler: handler.to_owned(),
            event,
        };
        let recorder = Recorder::new(calls, Arc::clone(&self.host), context, Arc::clone(changes));
        let egress = action.egress.clone().unwrap_or_else(|| host.egress.clone());
        host.engine.execute(&action.program, invocation, Box::new(recorder), egress).await
    }

    fn handler(&self, phase: Phase) -> Option<String> {
        self.trigger
            .handlers()
            .iter()
            .find(|handler| handler.phase == phase)
            .map(|handler| handler.name.clone())
    }
}

/// A flow under way.
struct Progress {
    /// The event that the host gave.
    event: Arc<Value>,
    /// What the commands so far changed in it.
    changes: Vec<EventChange>,
    recorded: Vec<Command>,
    /// Where the commands of each action end in `recorded`, and the action's name.
    ends: Vec<(usize, String)>,
    reports: Vec<ActionReport>,
    deadline: Instant,
}

impl Progress {
    fn new(event: Value, budget: Duration) -> Self {
        Self {
            event: Arc::new(event),
            changes: Vec::new(),
            recorded: Vec::new(),
            ends: Vec::new(),
            reports: Vec::new(),
            // A budget beyond what the clock can express is as good as a year.
            deadline: Instant::now()
                .checked_add(budget)
                .unwrap_or_else(|| Instant::now() + Duration::from_secs(365 * 24 * 60 * 60)),
        }
    }

    /// What is left of the budget; an action needs at least a millisecond.
    fn time_left(&self) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // Rounded up, so that a budget reads as it was given.
        let ms = u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        (left >= Duration::from_millis(1)).then(|| Duration::from_millis(ms))
    }

    /// The event as the next action sees it.
    fn event_now(&self) -> Arc<Value> {
        if self.changes.is_empty() {
            return Arc::clone(&self.event);
        }
        let mut event = Value::clone(&self.event);
        for change in &self.changes {
            change.apply(&mut event);
        }
        Arc::new(event)
    }

    /// Takes in how one action went; the decision, if that is the end of the flow.
    fn take_in(
        &mut self,
        trigger: &Trigger,
        action: &Action,
        handler: String,
        execution: Execution,
        changes: &Changes,
    ) -> Option<Decision> {
        let failed = !execution.outcome.is_completed();
        let ignored = failed && action.on_failure == OnFailure::Continue;
        let failure = failed.then(|| summary(&execution.outcome));
        let commands: Vec<Command> = execution
            .commands
            .into_iter()
            .map(|command| Command { method: command.name, args: command.args })
            .collect();
        self.reports.push(ActionReport {
            name: action.name.clone(),
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
            return (!ignored).then(|| Decision::Fail { action: action.name.clone(), message });
        }
        self.changes.append(&mut changes.lock().unwrap_or_else(PoisonError::into_inner));
        let decision = decide(trigger, action, &commands);
        self.recorded.extend(commands);
        self.ends.push((self.recorded.len(), action.name.clone()));
        decision
    }

    fn finish(self, trigger: &Trigger, decision: Decision) -> FlowOutcome {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        let by_action: Vec<&[Command]> =
            starts.zip(&self.ends).map(|(start, (end, _))| &self.recorded[start..*end]).collect();
        let Folded { effects, rejected } = trigger.fold(&by_action);
        let names = self.ends.iter().zip(&by_action);
        let names = names.flat_map(|((_, name), commands)| std::iter::repeat_n(name, commands.len()));
        let commands = names
            .zip(self.recorded.iter().zip(rejected))
            .map(|(action, (command, rejected))| FlowCommand {
                action: action.clone(),
                command: command.method.clone(),
                args: command.args.clone(),
                rejected,
            })
            .collect();
        FlowOutcome { trigger: trigger.id().to_owned(), decision, commands, effects, actions: self.reports }
    }
}

/// What the commands of one action mean for the flow: a stop goes before a suspension, and of several
/// alike the last one counts.
fn decide(trigger: &Trigger, action: &Action, commands: &[Command]) -> Option<Decision> {
    let last = |wanted: fn(&vestibule_triggers::Method) -> bool| {
        commands.iter().rev().find(|command| trigger.method(&command.method).is_some_and(wanted))
    };
    if let Some(stop) = last(|method| method.stops) {
        let text =
            |names: &[&str]| names.iter().find_map(|name| Some(stop.args.get(*name)?.as_str()?.to_owned()));
        return Some(Decision::Deny {
            action: action.name.clone(),
            command: stop.method.clone(),
            reason: text(&["reason", "code", "errorCode"]),
            user_message: text(&["userMessage", "message", "errorMessage"]),
        });
    }
    last(|method| method.suspends.is_some()).map(|suspension| Decision::Suspend {
        action: action.name.clone(),
        command: suspension.method.clone(),
        args: suspension.args.clone(),
    })
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
fn out_of_time(budget: Duration) -> Execution {
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

fn list(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(|mismatch| format!("\n  {mismatch}")).collect()
}

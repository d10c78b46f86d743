//! Runs a plan: hook after hook, until one stops the flow or fails.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::Map;
use serde_json::Value;
use thiserror::Error;
use tokio::task::JoinSet;
use vestibule::Decision;
use vestibule::FlowCommand;
use vestibule::FlowOutcome;
use vestibule::Trigger;
use vestibule::UnknownTrigger;
use vestibule_triggers::CallOutcome;
use vestibule_triggers::Calls;
use vestibule_triggers::Command;
use vestibule_triggers::Folded;
use vestibule_triggers::Mismatch;

use crate::answer;
use crate::answer::Answer;
use crate::call;
use crate::call::Call;
use crate::call::Ended;
use crate::call::Reads;
use crate::hook::Asked;
use crate::hook::Hook;
use crate::hook::VERIFICATION_COMMAND;
use crate::place::Flow;
use crate::place::Place;
use crate::plan::Phase;
use crate::plan::Plan;
use crate::plan::PlannedHook;
use crate::report::Failure;
use crate::report::HookOutcome;
use crate::report::HookReport;
use crate::report::HooksOutcome;
use crate::runtime::Runtime;
use crate::web_hook::ResponseUse;
use crate::web_hook::WebHook;

/// Why a plan was not run. What a hook or its endpoint does wrong is never an error of this kind: it stands
/// in the [`HooksOutcome`].
#[derive(Debug, Error)]
pub enum RunError {
    /// The registry of the [`Runtime`] has no declaration for the place.
    #[error(transparent)]
    Trigger(#[from] UnknownTrigger),
    /// The event is not what the trigger's declaration says.
    #[error("the event does not match the trigger {trigger}:{}", list(.mismatches))]
    Event {
        /// The trigger.
        trigger: String,
        /// What is wrong, each with its path.
        mismatches: Vec<Mismatch>,
    },
}

/// What the host answers its user with, and what is left to do after that.
pub struct Answered {
    /// The decision, the commands, and the reports so far.
    pub outcome: HooksOutcome,
    /// Web hooks with `response.ignore`.
    pub detached: Detached,
}

/// Web hooks whose answer nobody waits for. They run when [`run`](Self::run) is awaited, best in a task of
/// its own after the user has been answered.
#[must_use = "the web hooks in it are called by `run` alone"]
pub struct Detached {
    waiting: Vec<Waiting>,
    runtime: Runtime,
}

struct Waiting {
    hook: Arc<WebHook>,
    context: Value,
    report: HookReport,
}

impl Plan {
    /// The declaration of the commands that the hooks may give.
    ///
    /// # Errors
    /// When the registry of the runtime has none for the place.
    pub fn trigger(&self, runtime: &Runtime) -> Result<Arc<Trigger>, UnknownTrigger> {
        self.place.declaration(runtime)
    }

    /// Runs the hooks on an event of the place's trigger, whose `method` may be left out. Must run inside a
    /// tokio runtime with I/O and time.
    ///
    /// It takes as long as its web hooks do, each of them three attempts of 30 s and the waits between them.
    /// Dropping the future gives them up, but for those after a registration has been stored.
    ///
    /// # Errors
    /// When there is no such trigger, or the event does not match it.
    pub async fn run(&self, mut event: Value, runtime: &Runtime) -> Result<Answered, RunError> {
        let trigger = self.trigger(runtime)?;
        self.place.set_method(&mut event).map_err(|mismatch| RunError::Event {
            trigger: trigger.id().to_owned(),
            mismatches: vec![mismatch],
        })?;
        trigger
            .check_event(&event)
            .map_err(|mismatches| RunError::Event { trigger: trigger.id().to_owned(), mismatches })?;
        let mut progress = Progress::new(self, trigger, event, runtime.clone());
        let mut decision = None;
        for (index, planned) in self.hooks.iter().enumerate() {
            decision = progress.step(index + 1, planned).await;
            if decision.is_some() {
                break;
            }
        }
        Ok(progress.finish(decision.unwrap_or(Decision::Continue), self))
    }
}

impl Place {
    /// The declaration of what hooks here may ask for.
    fn declaration(&self, runtime: &Runtime) -> Result<Arc<Trigger>, UnknownTrigger> {
        match self {
            Self::PasswordMigration => Ok(Arc::clone(password_migration())),
            Self::Before(_) | Self::After(_) | Self::AfterMethod(..) | Self::TokenHook => {
                runtime.registry.get(&self.trigger()).map(Arc::clone)
            }
        }
    }

    /// Puts the method of the place into an event without one; an event of another method is a mistake.
    fn set_method(&self, event: &mut Value) -> Result<(), Mismatch> {
        let (Self::AfterMethod(_, method), Value::Object(fields)) = (self, event) else { return Ok(()) };
        let found = fields.entry("method").or_insert_with(|| method.name().into());
        if found == method.name() {
            return Ok(());
        }
        let expected = format!("must be \"{}\", the method of these hooks", method.name());
        Err(Mismatch { path: "$.method".to_owned(), expected, found: String::new() })
    }

    /// Whether what happens here goes on when the host stops waiting.
    fn outlives_its_caller(&self, phase: Option<Phase>) -> bool {
        let is_registration = matches!(self, Self::AfterMethod(Flow::Registration, _));
        is_registration && phase == Some(Phase::AfterPersist)
    }
}

/// No tenant writes actions for it, so it stands in no registry.
fn password_migration() -> &'static Arc<Trigger> {
    static TRIGGER: OnceLock<Arc<Trigger>> = OnceLock::new();
    TRIGGER.get_or_init(|| {
        let source = include_str!("password-migration.d.ts");
        #[expect(clippy::expect_used, reason = "the text is part of this crate, and a test reads it")]
        let trigger = Trigger::parse("password-migration.d.ts", source).expect("the declaration is readable");
        Arc::new(trigger)
    })
}

/// A plan under way.
struct Progress {
    place: Place,
    trigger: Arc<Trigger>,
    event: Arc<Value>,
    /// What templates see.
    context: Value,
    runtime: Runtime,
    /// What each hook asked for, in order.
    asked: Vec<(String, Vec<Command>)>,
    reports: Vec<HookReport>,
    waiting: Vec<Waiting>,
}

impl Progress {
    fn new(plan: &Plan, trigger: Arc<Trigger>, event: Value, runtime: Runtime) -> Self {
        Self {
            place: plan.place.clone(),
            trigger,
            context: context(&plan.place, &event, &plan.headers_allowed),
            event: Arc::new(event),
            runtime,
            asked: Vec::new(),
            reports: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Runs one hook; the decision, if that is the end of the flow.
    async fn step(&mut self, number: usize, planned: &PlannedHook) -> Option<Decision> {
        let started = Instant::now();
        let mut report = begin(number, planned);
        if let Hook::Web(hook) = &planned.hook
            && hook.response == ResponseUse::Ignore
        {
            report.outcome = HookOutcome::Detached;
            report.detached = true;
            let (hook, context) = (Arc::clone(hook), self.context.clone());
            self.waiting.push(Waiting { hook, context, report: report.clone() });
            self.reports.push(report);
            return None;
        }
        let result = self.answer(planned, &mut report).await;
        let result = match result {
            Ok(Some(answer)) => self.record(planned, answer, &mut report).map(Some),
            Ok(None) => Ok(None),
            Err(failure) => Err(failure),
        };
        let decision = match result {
            Ok(Some(decision)) => decision,
            Ok(None) => {
                report.outcome = HookOutcome::Cancelled;
                None
            }
            Err(failure) => {
                let decision =
                    Decision::Fail { action: planned.name.clone(), message: failure.message.clone() };
                report.outcome = failure.into_outcome();
                Some(decision)
            }
        };
        if matches!(decision, Some(Decision::Deny { .. })) {
            report.outcome = HookOutcome::Stopped;
        }
        report.wall_us = micros(started);
        self.reports.push(report);
        decision
    }

    /// What a hook asks for; `None` when its template cancelled it.
    async fn answer(
        &self,
        planned: &PlannedHook,
        report: &mut HookReport,
    ) -> Result<Option<Answer>, Failure> {
        if let Some(asked) = planned.hook.command() {
            return Ok(Some(Answer { asked: vec![asked], patch: Map::new() }));
        }
        let Some(web_hook) = planned.hook.web_hook() else { return Ok(Some(Answer::default())) };
        let reads = match (&planned.hook, web_hook.response) {
            (Hook::Token(_) | Hook::Migrate(_), _) => Reads::Body,
            (_, ResponseUse::Parse | ResponseUse::Interrupt) => Reads::Body,
            (_, ResponseUse::Status | ResponseUse::Ignore) => Reads::Status,
        };
        let call = self.call(planned, web_hook, reads).await?;
        report.trigger_id = Some(call.trigger_id);
        report.requests = call.requests;
        let response = match call.ended {
            Ended::Answered(response) => response,
            Ended::Cancelled => return Ok(None),
            Ended::Failed(failure) => return Err(failure),
        };
        let answer = match &planned.hook {
            Hook::Token(_) => answer::of_token_hook(&response),
            Hook::Migrate(_) => answer::of_migrate_hook(&response),
            _ => answer::of_web_hook(&response, web_hook.response),
        };
        answer.map(Some)
    }

    async fn call(&self, planned: &PlannedHook, hook: &Arc<WebHook>, reads: Reads) -> Result<Call, Failure> {
        let context = self.context.clone();
        if !self.place.outlives_its_caller(planned.phase) {
            return Ok(call::call(hook, context, reads, &self.runtime).await);
        }
        // The identity exists by now: whoever is to hear of it does so, even if the user has gone.
        let (hook, runtime) = (Arc::clone(hook), self.runtime.clone());
        let task = tokio::spawn(async move { call::call(&hook, context, reads, &runtime).await });
        task.await.map_err(|error| Failure::system(format!("the call was lost: {error}")))
    }

    /// Judges what a hook asks for by the trigger's declaration, all of it or none.
    fn record(
        &mut self,
        planned: &PlannedHook,
        answer: Answer,
        report: &mut HookReport,
    ) -> Result<Option<Decision>, Failure> {
        let handler =
            self.trigger.handlers().first().map(|handler| handler.name.as_str()).unwrap_or_default();
        let earlier = self.asked.iter().flat_map(|(_, commands)| commands);
        let mut calls = Calls::new(&self.trigger, handler, Arc::clone(&self.event), earlier);
        let mut commands = Vec::new();
        for Asked { method, args } in answer.asked {
            let Some(index) = self.trigger.methods().iter().position(|known| known.path == method) else {
                let problem = format!("{} has no api.{method}", self.trigger.id());
                if method.starts_with("identity.") {
                    report.warnings.push(format!("a change of the identity is left out: {problem}"));
                } else if matches!(planned.hook, Hook::Verification) {
                    // Kratos puts it there by itself, so that no action can ask for it.
                    commands.push(Command { method: method.to_owned(), args: Map::new() });
                } else {
                    return Err(Failure::system(problem));
                }
                continue;
            };
            match calls.call(index, args) {
                CallOutcome::Record { command, .. } => commands.push(command),
                CallOutcome::Throw { message, .. } | CallOutcome::Abort { message } => {
                    return Err(Failure::system(format!(
                        "the hook asks for what the trigger refuses: {message}"
                    )));
                }
                CallOutcome::Host { name, .. } => {
                    return Err(Failure::system(format!("api.{method} asks the host function {name}")));
                }
            }
        }
        self.patch(answer.patch);
        let decision = decide(&self.trigger, &planned.name, &commands);
        self.asked.push((planned.name.clone(), commands));
        Ok(decision)
    }

    /// Later hooks see the identity as earlier ones left it.
    fn patch(&mut self, patch: Map<String, Value>) {
        if let Some(Value::Object(identity)) = self.context.get_mut("identity") {
            identity.extend(patch);
        }
    }

    fn finish(self, decision: Decision, plan: &Plan) -> Answered {
        let by_hook: Vec<&[Command]> = self.asked.iter().map(|(_, commands)| commands.as_slice()).collect();
        let Folded { mut effects, rejected } = self.trigger.fold(&by_hook);
        let pairs =
            self.asked.iter().flat_map(|(name, commands)| commands.iter().map(move |one| (name, one)));
        let commands: Vec<_> = pairs
            .zip(rejected)
            .map(|((name, command), rejected)| FlowCommand {
                action: name.clone(),
                command: command.method.clone(),
                args: command.args.clone(),
                rejected,
            })
            .collect();
        if commands.iter().any(|command| command.command == VERIFICATION_COMMAND) {
            // Without a declaration nothing folds it; where there is one, it comes to the same.
            effects["hooks"]["verification"] = true.into();
        }
        let trigger = self.trigger.id().to_owned();
        let flow = FlowOutcome { trigger, decision, commands, effects, actions: Vec::new() };
        Answered {
            outcome: HooksOutcome { flow, hooks: self.reports, warnings: plan.warnings.clone() },
            detached: Detached { waiting: self.waiting, runtime: self.runtime },
        }
    }
}

impl Detached {
    /// Whether there is nothing left to do.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Makes the calls, all at the same time, and reports how each went, for
    /// [`HooksOutcome::take_in`].
    pub async fn run(self) -> Vec<HookReport> {
        let mut calls = JoinSet::new();
        for waiting in self.waiting {
            calls.spawn(waiting.run(self.runtime.clone()));
        }
        let mut reports = Vec::new();
        while let Some(ended) = calls.join_next().await {
            // A call that panics keeps the report that says it has not ended.
            reports.extend(ended);
        }
        reports.sort_by_key(|report| report.number);
        reports
    }
}

impl Waiting {
    async fn run(self, runtime: Runtime) -> HookReport {
        let Self { hook, context, mut report } = self;
        let started = Instant::now();
        let call = call::call(&hook, context, Reads::Status, &runtime).await;
        report.trigger_id = Some(call.trigger_id);
        report.requests = call.requests;
        report.outcome = match call.ended {
            Ended::Answered(response) => match answer::of_web_hook(&response, hook.response) {
                Ok(_) => HookOutcome::Completed,
                Err(failure) => failure.into_outcome(),
            },
            Ended::Cancelled => HookOutcome::Cancelled,
            Ended::Failed(failure) => failure.into_outcome(),
        };
        report.wall_us = micros(started);
        report
    }
}

/// The report of a hook that has just been reached.
fn begin(number: usize, planned: &PlannedHook) -> HookReport {
    HookReport {
        number,
        name: planned.name.clone(),
        hook: planned.hook.name().to_owned(),
        at: planned.at.to_string(),
        phase: planned.phase,
        outcome: HookOutcome::Completed,
        detached: false,
        wall_us: 0,
        trigger_id: None,
        requests: Vec::new(),
        warnings: Vec::new(),
    }
}

/// What the commands of one hook mean for the flow, by the same rule as for those of an action.
fn decide(trigger: &Trigger, hook: &str, commands: &[Command]) -> Option<Decision> {
    let stops = |command: &&Command| trigger.method(&command.method).is_some_and(|method| method.stops);
    let stop = commands.iter().rev().find(stops)?;
    Some(Decision::denied_by(hook, &stop.method, &stop.args))
}

/// What templates of a place see of an event: what Kratos shows them there, with the headers that may leave.
fn context(place: &Place, event: &Value, headers_allowed: &[String]) -> Value {
    const REQUEST: &[&str] = &["flow", "request_headers", "request_method", "request_url", "request_cookies"];
    let (common, more): (&[&str], &[&str]) = match place {
        Place::Before(Flow::Settings) => (REQUEST, &["session"]),
        Place::Before(_) => (REQUEST, &[]),
        Place::AfterMethod(Flow::Login | Flow::Settings, _) => (REQUEST, &["identity", "session"]),
        Place::After(_) | Place::AfterMethod(..) => (REQUEST, &["identity"]),
        Place::TokenHook => (&["session", "request"], &[]),
        Place::PasswordMigration => (&["identifier", "password"], &[]),
    };
    let mut context = Map::new();
    for name in common.iter().chain(more) {
        let Some(value) = event.get(name) else { continue };
        let mut value = value.clone();
        if *name == "request_headers"
            && let Value::Object(headers) = &mut value
        {
            headers.retain(|name, _| headers_allowed.contains(&name.to_ascii_lowercase()));
        }
        context.insert((*name).to_owned(), value);
    }
    Value::Object(context)
}

fn micros(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn list(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(|mismatch| format!("\n  {mismatch}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_of_the_password_migration_is_readable() {
        assert_eq!(password_migration().id(), "ory/password-migration");
    }
}

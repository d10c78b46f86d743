//! A flow: the actions bound to a trigger, run one after the other, each in an isolate of its own.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use vestibule_engine::EngineError;
use vestibule_engine::Execution;
#[cfg(feature = "inspector")]
use vestibule_engine::Inspection;
use vestibule_engine::Invocation;
use vestibule_engine::Secret;
use vestibule_triggers::BindingPolicy;
use vestibule_triggers::Calls;
use vestibule_triggers::Phase;
use vestibule_triggers::Resume;
use vestibule_triggers::Trigger;

use crate::action::Action;
use crate::background::Submission;
use crate::binding::Binding;
use crate::builder::Vestibule;
use crate::continuation;
use crate::continuation::ContinuationError;
use crate::continuation::Identity;
use crate::continuation::Opened;
use crate::digest;
use crate::flow_error::FlowError;
use crate::host_functions::CallContext;
use crate::host_functions::HostFunctions;
use crate::module::Module;
use crate::outcome::Decision;
use crate::outcome::FlowOutcome;
use crate::progress::Ending;
use crate::progress::Progress;
use crate::progress::Suspension;
use crate::progress::out_of_time;
use crate::recorder::Changes;
use crate::recorder::Recorder;
use crate::spent::Spending;

/// Bound actions of one trigger. Made by [`Vestibule::flow`]; cheap to clone, run as often as you like.
#[derive(Clone)]
pub struct Flow {
    pub(crate) vestibule: Vestibule,
    trigger: Arc<Trigger>,
    name: String,
    entity: Option<String>,
    bindings: Vec<Binding>,
    budget: Duration,
    host: Arc<dyn HostFunctions>,
}

/// Time that all actions of a trigger may take together, by default.
const BUDGET_DEFAULT: Duration = Duration::from_secs(20);

/// How much longer a used continuation is remembered than it lives: another process, whose clock is
/// behind, takes it for that much longer.
const SPENT_MARGIN: Duration = Duration::from_secs(5 * 60);

/// An event that the trigger takes, for a flow that is bound as the trigger asks for. Whoever runs it
/// several times checks it once.
#[derive(Clone)]
pub(crate) struct CheckedEvent(Value);

/// Where a part of a flow begins.
#[derive(Clone, Copy)]
struct Start {
    index: usize,
    phase: Phase,
}

impl Flow {
    pub(crate) fn new(vestibule: Vestibule, trigger: Arc<Trigger>) -> Self {
        let host = Arc::clone(&vestibule.inner.host);
        Self {
            vestibule,
            trigger,
            name: String::new(),
            entity: None,
            bindings: Vec::new(),
            budget: BUDGET_DEFAULT,
            host,
        }
    }

    /// What tells this flow from others of the same trigger, such as `tenant-1/login`. Continuations are
    /// bound to it, and `api.cache` is shared by flows of one name and trigger alone: a host with several
    /// tenants gives each its own. Flows without a name count as one.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The entity that the flow belongs to, such as the id of a token-exchange profile, where the trigger
    /// is bound to entities.
    #[must_use]
    pub fn entity(mut self, entity: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self
    }

    /// Adds an action in its place; actions run in the order in which they were added.
    #[must_use]
    pub fn bind(mut self, binding: Binding) -> Self {
        let host = &self.vestibule.inner;
        // The engine counts what it refuses, and the program runs without it.
        let _ = host.engine.accept_code_cache(&binding.action.program, host.program_key.as_ref());
        self.bindings.push(binding);
        self
    }

    /// Adds an action as it is: [`bind`](Self::bind) with nothing of its own.
    #[must_use]
    pub fn action(self, action: Action) -> Self {
        self.bind(Binding::new(action))
    }

    /// Time on the clock that all actions together may take; 20 seconds unless set. An action gets no
    /// more than is left of it. After a suspension the whole of it begins again.
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

    /// Runs the actions from the first on, and waits for the decision.
    ///
    /// # Errors
    /// When the event does not match the trigger, the actions are not bound as the trigger asks for, or
    /// the engine does not take it.
    pub async fn run(&self, event: Value) -> Result<FlowOutcome, FlowError> {
        let event = self.check(event)?;
        self.run_checked(event).await
    }

    /// Runs the actions from the first on: [`run`](Self::run) with what has been checked.
    pub(crate) async fn run_checked(
        &self,
        CheckedEvent(event): CheckedEvent,
    ) -> Result<FlowOutcome, FlowError> {
        let progress = Progress::new(event, self.budget);
        self.run_from(Start { index: 0, phase: Phase::Execute }, progress).await
    }

    /// Goes on after a suspension. `continuation` is the one of [`Decision::Suspend`], and `event` carries
    /// the new request. What the flow recorded before comes back with it: earlier actions do not run
    /// again, and the effects of the outcome are complete. Commands that suspended are not among them,
    /// because the suspension has carried them out.
    ///
    /// A continuation is used up when it passes all checks, whatever comes of the flow then.
    ///
    /// # Errors
    /// When the continuation is refused, and as for [`run`](Self::run).
    pub async fn resume(&self, continuation: &str, event: Value) -> Result<FlowOutcome, FlowError> {
        let host = &self.vestibule.inner;
        let Opened { id, expires_ms, suspended } =
            continuation::open(&host.continuation_keys, continuation, &self.identity(&event))?;
        let CheckedEvent(event) = self.check(event)?;
        let start = match suspended.resume {
            Resume::Continue => self.start_at_continue(suspended.index)?,
            Resume::Next => Start { index: suspended.index.saturating_add(1), phase: Phase::Execute },
        };
        let remembered = Duration::from_millis(expires_ms).saturating_add(SPENT_MARGIN);
        let expires = UNIX_EPOCH.checked_add(remembered).unwrap_or_else(SystemTime::now);
        match host.spent.spend(&id, expires).await {
            Ok(Spending::First) => {}
            Ok(Spending::Again) => return Err(ContinuationError::Replayed.into()),
            Err(error) => return Err(ContinuationError::StoreFailed(error).into()),
        }
        self.run_from(start, Progress::resumed(event, self.budget, suspended)).await
    }

    /// Calls the continue handler of the action with this index, counted from 0, then the actions after
    /// it, without a continuation and so without anything recorded before: to test a handler. A host
    /// resumes with [`resume`](Self::resume).
    ///
    /// # Errors
    /// As for [`run`](Self::run), and when there is no such action or the trigger knows no continuing.
    pub async fn resume_at(&self, index: usize, event: Value) -> Result<FlowOutcome, FlowError> {
        let start = self.start_at_continue(index)?;
        let CheckedEvent(event) = self.check(event)?;
        self.run_from(start, Progress::new(event, self.budget)).await
    }

    /// Runs the actions in the background, again where the trigger declares retries, and returns at once.
    /// Every attempt begins with the event, and with the whole budget.
    /// It spawns on the tokio runtime of the caller. The host learns of the end through
    /// [`Builder::on_finished`](crate::Builder::on_finished) or [`Submission::outcome`].
    ///
    /// # Errors
    /// When the event does not match the trigger, the actions are not bound as the trigger asks for, the
    /// trigger is synchronous, the queue is full or being drained, or there is no tokio runtime.
    pub fn submit(&self, event: Value) -> Result<Submission, FlowError> {
        let event = self.check(event)?;
        self.vestibule.inner.background.submit(self.clone(), event)
    }

    pub(crate) fn shown_name(&self) -> &str {
        &self.name
    }

    /// Whether the flow is one that its trigger takes, and the event too.
    fn check(&self, event: Value) -> Result<CheckedEvent, FlowError> {
        let trigger = || self.trigger.id().to_owned();
        let actions = self.bindings.len();
        match (self.trigger.binding(), &self.entity) {
            (BindingPolicy::List { max: Some(max) }, _) if actions > *max => {
                return Err(FlowError::TooManyActions { trigger: trigger(), actions, max: *max });
            }
            (BindingPolicy::List { max: _ }, Some(entity)) => {
                return Err(FlowError::Entity { trigger: trigger(), entity: entity.clone() });
            }
            (BindingPolicy::Entity { kind }, _) if actions != 1 => {
                return Err(FlowError::NotOneAction { trigger: trigger(), kind: kind.clone(), actions });
            }
            (BindingPolicy::Entity { kind }, None) => {
                return Err(FlowError::NoEntity { trigger: trigger(), kind: kind.clone() });
            }
            (BindingPolicy::List { max: _ }, None) | (BindingPolicy::Entity { kind: _ }, Some(_)) => {}
        }
        match self.trigger.check_event(&event) {
            Ok(()) => Ok(CheckedEvent(event)),
            Err(mismatches) => Err(FlowError::Event { trigger: trigger(), mismatches }),
        }
    }

    fn start_at_continue(&self, index: usize) -> Result<Start, FlowError> {
        if index >= self.bindings.len() {
            return Err(FlowError::NoAction { actions: self.bindings.len(), index });
        }
        if self.handler(Phase::Continue).is_none() {
            let handlers = self.trigger.handlers().iter().map(|handler| handler.name.clone()).collect();
            return Err(FlowError::NoContinue { trigger: self.trigger.id().to_owned(), handlers });
        }
        Ok(Start { index, phase: Phase::Continue })
    }

    /// What the next action may take of the flow's time.
    fn time_left(&self, progress: &Progress) -> Option<Duration> {
        // A debugger's pauses are not the flow's, and only the executions know how long they were.
        if self.vestibule.is_debugged() { Some(self.budget) } else { progress.time_left() }
    }

    async fn run_from(&self, start: Start, mut progress: Progress) -> Result<FlowOutcome, FlowError> {
        for (index, binding) in self.bindings.iter().enumerate().skip(start.index) {
            let phase = if index == start.index { start.phase } else { Phase::Execute };
            let handler = self.handler(phase).unwrap_or_default();
            let changes = Changes::default();
            let execution = match self.time_left(&progress) {
                Some(time_left) => self.execute(binding, &handler, time_left, &progress, &changes).await?,
                None => out_of_time(self.budget),
            };
            let decision = match progress.take_in(&self.trigger, binding, handler, execution, &changes) {
                None => continue,
                Some(Ending::Decided(decision)) => decision,
                Some(Ending::Suspended(suspension)) => self.suspend(index, suspension, &progress),
            };
            return Ok(progress.finish(&self.trigger, decision));
        }
        let decision = match progress.unmet_need(&self.trigger) {
            None => Decision::Continue,
            Some(message) => {
                let last = self.bindings.last().map(|binding| binding.shown_name().to_owned());
                Decision::Fail { action: last.unwrap_or_default(), message }
            }
        };
        Ok(progress.finish(&self.trigger, decision))
    }

    /// Runs one action.
    async fn execute(
        &self,
        binding: &Binding,
        handler: &str,
        time_left: Duration,
        progress: &Progress,
        changes: &Changes,
    ) -> Result<Execution, EngineError> {
        let host = &self.vestibule.inner;
        let mut limits = binding.limits.clone().unwrap_or_else(|| host.limits.clone());
        limits.wall = limits.wall.min(time_left);
        let event = progress.event_for(binding);
        let invocation = Invocation {
            known_handlers: self.trigger.handlers().iter().map(|handler| handler.name.clone()).collect(),
            api: self.vestibule.shape(&self.trigger),
            secrets: binding.all_secrets(),
            sensitive: self.trigger.sensitive_texts(&event).map(Secret::new).collect(),
            modules: binding.action.modules.iter().map(Module::for_engine).collect(),
            limits,
            code_caching: binding.code_caching,
            #[cfg(feature = "inspector")]
            inspection: host
                .inspector
                .clone()
                .map(|inspector| Inspection { inspector, title: binding.shown_name().to_owned() }),
            ..Invocation::new(handler, event.to_string())
        };
        let calls = Calls::new(&self.trigger, handler, Arc::clone(&progress.event), progress.commands());
        let egress = binding.egress.clone().unwrap_or_else(|| host.egress.clone());
        let context = CallContext {
            flow: self.name.clone(),
            entity: self.entity.clone(),
            trigger: self.trigger.id().to_owned(),
            action: binding.shown_name().to_owned(),
            handler: handler.to_owned(),
            event,
            egress: egress.clone(),
        };
        let (cache, passkeys) = (Arc::clone(&host.cache), Arc::clone(&host.passkeys));
        let recorder =
            Recorder::new(calls, Arc::clone(&self.host), cache, passkeys, context, Arc::clone(changes));
        host.engine.execute(&binding.action.program, invocation, Box::new(recorder), egress).await
    }

    /// Seals what is needed to go on. A flow that cannot be sealed fails, because it could never go on.
    fn suspend(&self, index: usize, suspension: Suspension, progress: &Progress) -> Decision {
        let host = &self.vestibule.inner;
        let Suspension { action, command, args, resume } = suspension;
        let suspended = progress.suspended(&self.trigger, index, resume);
        let identity = self.identity(&progress.event);
        match continuation::seal(&host.continuation_keys, identity, suspended, host.continuation_lifetime) {
            Ok(continuation) => Decision::Suspend { action, command, args, continuation },
            Err(error) => Decision::Fail { action, message: error.to_string() },
        }
    }

    /// What a continuation of this flow is bound to.
    fn identity(&self, event: &Value) -> Identity {
        Identity {
            flow: self.name.clone(),
            trigger: self.trigger.id().to_owned(),
            entity: self.entity.clone(),
            version: self.version(),
            subject: self.trigger.subject(event),
        }
    }

    /// Which versions of which actions are bound, and in which order.
    fn version(&self) -> String {
        let fingerprints: Vec<_> = self.bindings.iter().map(|binding| binding.action.fingerprint()).collect();
        let parts: Vec<&[u8]> = self
            .bindings
            .iter()
            .zip(&fingerprints)
            .flat_map(|(binding, fingerprint)| [binding.shown_name().as_bytes(), fingerprint])
            .collect();
        URL_SAFE_NO_PAD.encode(digest::of_parts(&parts))
    }

    fn handler(&self, phase: Phase) -> Option<String> {
        self.trigger
            .handlers()
            .iter()
            .find(|handler| handler.phase == phase)
            .map(|handler| handler.name.clone())
    }
}

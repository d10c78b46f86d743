//! Runs in the background: for asynchronous triggers, whose host does not wait for a decision.
//!
//! A submission holds one place from `submit` to its end; at most `parallel` of them run actions at one
//! moment, and the others queue, or wait to be run again. Flows of one name leave a quarter of both to
//! others.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use futures::FutureExt as _;
use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::TryAcquireError;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use vestibule_engine::LimitError;
use vestibule_triggers::Mode;
use vestibule_triggers::RetryOn;

use crate::flow::CheckedEvent;
use crate::flow::Flow;
use crate::flow_error::FlowError;
use crate::outcome::Decision;
use crate::outcome::FlowOutcome;
use crate::random;

/// How much may be under way in the background of one [`Vestibule`](crate::Vestibule). Of four and more,
/// flows of one name (see [`Flow::name`]) get three quarters at most, so that a tenant whose actions are
/// slow or many does not hold up all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackgroundLimits {
    /// Flows that run at the same time; further ones queue. Default 4, from 1 to 1,024. They share the
    /// engine with the flows that a user waits for, so this should be well below
    /// [`EngineLimits::executions`](crate::EngineLimits).
    pub parallel: usize,
    /// Submissions that wait to run for the first time or again; at more,
    /// [`Flow::submit`](crate::Flow::submit) is refused. Default 1,000, from 0 to 100,000.
    pub queued: usize,
}

/// A run that has been taken on. Dropping it lets the run go on.
#[derive(Debug)]
pub struct Submission {
    id: String,
    end: oneshot::Receiver<BackgroundReport>,
}

/// How a submission ended, after all its attempts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackgroundReport {
    /// The submission's [`id`](Submission::id).
    pub id: String,
    /// The flow's name; empty when it has none.
    pub flow: String,
    /// The trigger.
    pub trigger: String,
    /// How each attempt went, in order; the last one counts. Commands of the others were never to be
    /// applied.
    pub attempts: Vec<Attempt>,
}

/// How one attempt went.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Attempt {
    /// The flow came to an outcome, good or bad.
    Ran {
        /// The outcome.
        outcome: Box<FlowOutcome>,
    },
    /// The flow was not run, for example because the engine is overloaded.
    NotRun {
        /// The text of the [`FlowError`], for the log.
        error: String,
    },
    /// Code on the way of the flow panicked. (A host function that panics makes its action fail.)
    Panicked,
}

/// A submission ended without a report: [`Vestibule::drain`](crate::Vestibule::drain) cut it off, or the
/// runtime that it ran on is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the run in the background was cut off")]
pub struct CutOff;

/// What a drain came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Identifiers of the submissions that were cut off because the time was over.
    pub cut_off: Vec<String>,
}

/// The hook of the host.
pub(crate) type OnFinished = dyn Fn(&BackgroundReport) + Send + Sync;

/// The background of one runtime.
pub(crate) struct Background {
    limits: BackgroundLimits,
    /// One permit for each submission, from its beginning to its end. Closed by a drain.
    places: Arc<Semaphore>,
    /// One permit for each flow that runs.
    running: Arc<Semaphore>,
    on_finished: Option<Arc<OnFinished>>,
    under_way: Arc<UnderWay>,
}

/// Submissions that have not ended, to cut them off.
#[derive(Default)]
struct UnderWay {
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    /// By the submission's id; without a handle until the task has been spawned.
    by_id: HashMap<String, Option<AbortHandle>>,
    /// By the flow's name, as long as it has submissions.
    by_flow: HashMap<String, Share>,
    is_cut_off: bool,
}

/// What flows of one name take.
struct Share {
    places: usize,
    /// One permit for each of these flows that runs, or is the next to run.
    running: Arc<Semaphore>,
}

impl BackgroundLimits {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The first field out of its range.
    pub fn check(&self) -> Result<(), LimitError> {
        for (name, value, floor, ceiling) in [
            ("background_parallel", self.parallel as u128, 1, 1024),
            ("background_queued", self.queued as u128, 0, 100_000),
        ] {
            if !(floor..=ceiling).contains(&value) {
                return Err(LimitError { name, value, floor, ceiling });
            }
        }
        Ok(())
    }
}

impl Default for BackgroundLimits {
    fn default() -> Self {
        Self { parallel: 4, queued: 1_000 }
    }
}

impl Submission {
    /// Random text that tells it from others, the same as in the report.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Waits for the end, retries included.
    ///
    /// # Errors
    /// When the run was cut off.
    pub async fn outcome(self) -> Result<BackgroundReport, CutOff> {
        self.end.await.map_err(|_| CutOff)
    }
}

impl BackgroundReport {
    /// The outcome of the last attempt, if it came to one.
    pub fn outcome(&self) -> Option<&FlowOutcome> {
        match self.attempts.last()? {
            Attempt::Ran { outcome } => Some(outcome),
            Attempt::NotRun { .. } | Attempt::Panicked => None,
        }
    }
}

impl Background {
    pub(crate) fn new(limits: BackgroundLimits, on_finished: Option<Arc<OnFinished>>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.parallel + limits.queued)),
            running: Arc::new(Semaphore::new(limits.parallel)),
            limits,
            on_finished,
            under_way: Arc::default(),
        }
    }

    /// Takes on a run of a flow.
    pub(crate) fn submit(&self, flow: Flow, event: CheckedEvent) -> Result<Submission, FlowError> {
        let trigger = flow.trigger().id().to_owned();
        if flow.trigger().mode() == Mode::Sync {
            return Err(FlowError::Synchronous { trigger });
        }
        let runtime = Handle::try_current().map_err(|_| FlowError::NoRuntime)?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => FlowError::QueueFull { queued: self.limits.queued },
            TryAcquireError::Closed => FlowError::Draining,
        })?;
        let id = random::id().map_err(|_| FlowError::NoRandomness)?;
        let (sender, end) = oneshot::channel();
        let share = Share {
            places: share_of(self.limits.parallel + self.limits.queued),
            running: Arc::new(Semaphore::new(share_of(self.limits.parallel))),
        };
        let Some(Entered { entry, running: of_flow }) =
            self.under_way.enter(&id, flow.shown_name(), place, share)
        else {
            return Err(FlowError::QueueShareFull { flow: flow.shown_name().to_owned() });
        };
        let report = BackgroundReport {
            id: id.clone(),
            flow: flow.shown_name().to_owned(),
            trigger,
            attempts: Vec::new(),
        };
        let running = Arc::clone(&self.running);
        let on_finished = self.on_finished.clone();
        let task = runtime.spawn(async move {
            let report =
                attempt_all(&flow, event, report, Running { of_flow: &of_flow, of_all: &running }).await;
            if let Some(hook) = on_finished {
                // A hook that panics has failed its own host; the report still goes to whoever waits.
                let _ = catch_unwind(AssertUnwindSafe(|| hook(&report)));
            }
            // The flow goes first, then the place: whoever has seen a drain end may end the engine.
            drop(flow);
            // Nobody needs to wait for it.
            let _ = sender.send(report);
            drop(entry);
        });
        self.under_way.started(&id, task.abort_handle());
        Ok(Submission { id, end })
    }

    /// Takes no more submissions, and waits for those under way; after `timeout` it cuts off the rest.
    pub(crate) async fn drain(&self, timeout: Duration) -> Drained {
        self.places.close();
        // A closed semaphore hands out no permits any more, so this looks for their return.
        let all = self.limits.parallel + self.limits.queued;
        let returned = async {
            while self.places.available_permits() < all {
                tokio::time::sleep(DRAIN_POLL).await;
            }
        };
        if tokio::time::timeout(timeout, returned).await.is_ok() {
            return Drained::default();
        }
        Drained { cut_off: self.under_way.cut_off() }
    }
}

/// How often a drain looks whether all submissions have ended.
const DRAIN_POLL: Duration = Duration::from_millis(10);

/// Keeps a submission among those under way; drop takes it off, also when its task is cut off.
struct Entry {
    id: String,
    flow: String,
    under_way: Arc<UnderWay>,
    _place: OwnedSemaphorePermit,
}

/// A submission among those under way.
struct Entered {
    entry: Entry,
    /// See [`Share::running`].
    running: Arc<Semaphore>,
}

impl UnderWay {
    /// `None` when flows of this name have as many places as they may: those of `whole`, which is the share
    /// of a flow that has none yet.
    fn enter(
        self: &Arc<Self>,
        id: &str,
        flow: &str,
        place: OwnedSemaphorePermit,
        whole: Share,
    ) -> Option<Entered> {
        let mut tasks = self.lock();
        let places_max = whole.places;
        let share = tasks.by_flow.entry(flow.to_owned()).or_insert(Share { places: 0, ..whole });
        if share.places >= places_max {
            return None;
        }
        share.places += 1;
        let running = Arc::clone(&share.running);
        tasks.by_id.insert(id.to_owned(), None);
        let (id, flow) = (id.to_owned(), flow.to_owned());
        Some(Entered { entry: Entry { id, flow, under_way: Arc::clone(self), _place: place }, running })
    }

    /// A task that has ended before this is not among those under way any more.
    fn started(&self, id: &str, task: AbortHandle) {
        let mut tasks = self.lock();
        if tasks.is_cut_off {
            task.abort();
        } else if let Some(place) = tasks.by_id.get_mut(id) {
            *place = Some(task);
        }
    }

    fn cut_off(&self) -> Vec<String> {
        let mut tasks = self.lock();
        tasks.is_cut_off = true;
        tasks.by_id.values().flatten().for_each(AbortHandle::abort);
        tasks.by_id.keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut tasks = self.under_way.lock();
        tasks.by_id.remove(&self.id);
        if let Some(share) = tasks.by_flow.get_mut(&self.flow) {
            share.places -= 1;
            if share.places == 0 {
                tasks.by_flow.remove(&self.flow);
            }
        }
    }
}

/// What flows of one name may take: a quarter is left to others.
fn share_of(all: usize) -> usize {
    all - all / 4
}

/// What an attempt waits for: first its turn among flows of its name, then that among all.
#[derive(Clone, Copy)]
struct Running<'s> {
    of_flow: &'s Semaphore,
    of_all: &'s Semaphore,
}

/// Runs the flow until an attempt needs no other, or no retry is left. Every attempt starts from the event.
async fn attempt_all(
    flow: &Flow,
    event: CheckedEvent,
    mut report: BackgroundReport,
    running: Running<'_>,
) -> BackgroundReport {
    let retries = flow.trigger().retries();
    let mut waits = retries.map(|retries| retries.waits.as_slice()).unwrap_or_default().iter();
    loop {
        let attempt = {
            // Nobody closes them. In this order, so that only a few of each name stand in the queue of all.
            let _of_flow = running.of_flow.acquire().await;
            let _of_all = running.of_all.acquire().await;
            attempt_once(flow, event.clone()).await
        };
        let again = retries.is_some_and(|retries| calls_for_another(&attempt, &retries.on));
        report.attempts.push(attempt);
        match waits.next().filter(|_| again) {
            // Without the permit to run: others go on meanwhile.
            Some(wait) => tokio::time::sleep(*wait).await,
            None => return report,
        }
    }
}

async fn attempt_once(flow: &Flow, event: CheckedEvent) -> Attempt {
    match AssertUnwindSafe(flow.run_checked(event)).catch_unwind().await {
        Ok(Ok(outcome)) => Attempt::Ran { outcome: Box::new(outcome) },
        Ok(Err(error)) => Attempt::NotRun { error: error.to_string() },
        Err(_panic) => Attempt::Panicked,
    }
}

fn calls_for_another(attempt: &Attempt, on: &RetryOn) -> bool {
    match (attempt, on) {
        (Attempt::Ran { outcome }, RetryOn::Failure) => matches!(outcome.decision, Decision::Fail { .. }),
        (Attempt::Ran { outcome }, RetryOn::Command(method)) => {
            // A command that a later one took back does not count.
            outcome.commands.iter().any(|command| command.command == *method && command.rejected.is_none())
        }
        (Attempt::NotRun { .. } | Attempt::Panicked, RetryOn::Failure) => true,
        (Attempt::NotRun { .. } | Attempt::Panicked, RetryOn::Command(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_out_of_range_are_named() {
        assert_eq!(BackgroundLimits::default().check(), Ok(()));
        let none = BackgroundLimits { parallel: 0, ..BackgroundLimits::default() };
        assert_eq!(
            none.check().unwrap_err().to_string(),
            "limit `background_parallel` is 0, but must be from 1 to 1024"
        );
        assert!(BackgroundLimits { queued: 100_001, ..BackgroundLimits::default() }.check().is_err());
    }
}

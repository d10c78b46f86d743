//! One execution as every thread sees it: its limits, why it must stop, and its one answer.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;
use std::time::Instant;

use deno_core::v8::IsolateHandle;
use futures::task::AtomicWaker;
use tokio::sync::oneshot;

use crate::cpu_clock::CpuClock;
use crate::egress::FetchLog;
use crate::egress::FetchOutcome;
use crate::egress::FetchRecord;
use crate::engine::EngineError;
use crate::execution::Breach;
use crate::execution::Command;
use crate::execution::Execution;
use crate::execution::Outcome;
use crate::execution::Pending;
use crate::execution::Phase;
use crate::execution::Thrown;
use crate::execution::Unit;
use crate::execution::Usage;
use crate::inspector::Standstill;
use crate::limits::Limits;
use crate::log::Log;
use crate::redact::Redactor;

/// What the caller of `execute` receives.
pub(crate) type Answer = Result<Execution, EngineError>;

/// One execution, from its admission to its answer. Shared by the caller's future, the isolate's
/// thread, V8's callbacks and the watchdog.
pub(crate) struct Running {
    pub(crate) limits: Limits,
    pub(crate) redactor: Redactor,
    /// The time that its debugger takes, where it is debugged.
    standstill: Option<Standstill>,
    admitted: Instant,
    /// Set when its thread takes it up.
    begun: OnceLock<Begun>,
    /// Why it must stop. The first reason stands.
    kill: OnceLock<Killed>,
    /// Wakes the isolate's thread where the execution waits there.
    waker: AtomicWaker,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    output: Mutex<Output>,
    in_handler: AtomicBool,
    /// Processor time of the turns that are over, in nanoseconds.
    cpu_spent_ns: AtomicU64,
    pub(crate) heap_peak_bytes: AtomicUsize,
    pub(crate) buffers_peak_bytes: AtomicUsize,
}

struct Begun {
    at: Instant,
    isolate: IsolateHandle,
    clock: CpuClock,
}

struct Killed {
    at: Instant,
    kill: Kill,
}

/// Why an execution must stop, whatever its script does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    WallLimit,
    CpuLimit,
    HeapLimit {
        used: usize,
    },
    BufferLimit {
        used: usize,
    },
    OutputLimit {
        limit: usize,
        used: usize,
        unit: Unit,
    },
    /// The host's side of `api` ended it.
    Aborted {
        message: String,
    },
    Cancelled,
    EngineLost,
}

/// What the script has left so far.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) commands: Vec<Command>,
    pub(crate) command_bytes: usize,
    pub(crate) calls: usize,
    pub(crate) log: Log,
    pub(crate) fetches: FetchLog,
    pub(crate) fetches_started: usize,
    pub(crate) pending: Pending,
}

impl Running {
    /// An execution that waits for its thread, and the place where its answer arrives.
    pub(crate) fn admit(
        limits: Limits,
        redactor: Redactor,
        standstill: Option<Standstill>,
    ) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        let running = Self {
            limits,
            redactor,
            standstill,
            admitted: Instant::now(),
            begun: OnceLock::new(),
            kill: OnceLock::new(),
            waker: AtomicWaker::new(),
            answer: Mutex::new(Some(answer)),
            output: Mutex::default(),
            in_handler: AtomicBool::new(false),
            cpu_spent_ns: AtomicU64::new(0),
            heap_peak_bytes: AtomicUsize::new(0),
            buffers_peak_bytes: AtomicUsize::new(0),
        };
        (Arc::new(running), receiver)
    }

    /// How long it has waited for its thread.
    pub(crate) fn waited(&self) -> Duration {
        self.begun.get().map_or_else(Instant::now, |begun| begun.at).duration_since(self.admitted)
    }

    /// Starts its clock: its thread has taken it up, with this isolate.
    pub(crate) fn begin(&self, isolate: IsolateHandle, clock: CpuClock) {
        let begun = Begun { at: Instant::now(), isolate, clock };
        assert!(self.begun.set(begun).is_ok(), "an execution begins once");
    }

    /// The time that its debugger takes, where it is debugged.
    pub(crate) fn standstill(&self) -> Option<&Standstill> {
        self.standstill.as_ref()
    }

    fn stands_still(&self) -> bool {
        self.standstill.as_ref().is_some_and(Standstill::is_on)
    }

    /// When its time on the clock is up; `None` before it has begun, and while a debugger holds it. A debugger
    /// that has held it has moved this.
    pub(crate) fn wall_deadline(&self) -> Option<Instant> {
        self.begun.get().filter(|_| !self.stands_still())?;
        Some(self.started() + self.limits.wall)
    }

    /// Whether its processor time is up; `turn_began` as for [`cpu_spent`](Self::cpu_spent).
    pub(crate) fn is_out_of_cpu(&self, turn_began: Duration) -> bool {
        !self.stands_still() && self.cpu_spent(Some(turn_began)) >= self.limits.cpu
    }

    /// When it began, or would have, had no debugger held it.
    pub(crate) fn started(&self) -> Instant {
        let at = self.begun.get().map_or(self.admitted, |begun| begun.at);
        at + self.standstill.as_ref().map_or(Duration::ZERO, Standstill::wall)
    }

    /// Gives it a reason to stop; the first one stands. JavaScript that runs is ended at its next
    /// check, and one that waits is woken to find the reason.
    pub(crate) fn kill(&self, kill: Kill) {
        self.mark_killed(kill);
        self.terminate();
        self.waker.wake();
    }

    /// Does work that should not panic, and ends this execution and no other where it does. `what` failed then.
    pub(crate) fn contain<T>(&self, what: impl Display, work: impl FnOnce() -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(work));
        done.map_err(|_| self.kill(Kill::Aborted { message: format!("{what} failed") })).ok()
    }

    /// As [`kill`](Self::kill), from places where V8 must not be called; the watchdog follows up.
    pub(crate) fn mark_killed(&self, kill: Kill) {
        let _ = self.kill.set(Killed { at: Instant::now(), kill });
    }

    /// Asks V8 to end the JavaScript that runs. V8 forgets such a request when its error is
    /// handled, so the watchdog repeats it until the thread has left the isolate.
    pub(crate) fn terminate(&self) {
        if let Some(begun) = self.begun.get() {
            begun.isolate.terminate_execution();
        }
    }

    pub(crate) fn isolate(&self) -> Option<&IsolateHandle> {
        self.begun.get().map(|begun| &begun.isolate)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.kill.get().is_some()
    }

    /// How long ago it was killed.
    pub(crate) fn killed_for(&self) -> Option<Duration> {
        self.kill.get().map(|killed| killed.at.elapsed())
    }

    /// The processor time of its thread.
    #[cfg(feature = "inspector")]
    pub(crate) fn cpu_now(&self) -> Duration {
        self.begun.get().map_or(Duration::ZERO, |begun| begun.clock.now())
    }

    /// Has its thread look at it where it waits there.
    #[cfg(feature = "inspector")]
    pub(crate) fn wake(&self) {
        self.waker.wake();
    }

    pub(crate) fn wake_with(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// The handler begins: what ends the script from now on happened in it.
    pub(crate) fn enter_handler(&self) {
        self.in_handler.store(true, Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.in_handler.load(Ordering::Relaxed) {
            true => Phase::Handler,
            false => Phase::Load,
        }
    }

    /// Adds a turn of JavaScript to its processor time, unless it was a debugger's.
    pub(crate) fn charge_cpu(&self, turn: Duration) {
        if self.stands_still() {
            return;
        }
        let turn = u64::try_from(turn.as_nanos()).unwrap_or(u64::MAX);
        self.cpu_spent_ns.fetch_add(turn, Ordering::Relaxed);
    }

    /// Processor time so far; `turn_began` is the reading of its clock when the running turn began.
    pub(crate) fn cpu_spent(&self, turn_began: Option<Duration>) -> Duration {
        let over = Duration::from_nanos(self.cpu_spent_ns.load(Ordering::Relaxed));
        let running = match (turn_began, self.begun.get()) {
            (Some(turn_began), Some(begun)) => begun.clock.now().saturating_sub(turn_began),
            _ => Duration::ZERO,
        };
        let not_its_own = self.standstill.as_ref().map_or(Duration::ZERO, Standstill::cpu);
        (over + running).saturating_sub(not_its_own)
    }

    /// What the script has left so far.
    pub(crate) fn output(&self) -> MutexGuard<'_, Output> {
        // Nothing that holds this lock can panic half way through a change that matters.
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody has answered yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Answers with the report of how it ended. Only the first answer counts.
    pub(crate) fn finish(&self, outcome: Outcome, turn_began: Option<Duration>) {
        if let Some(answer) = self.take_answer() {
            let _ = answer.send(Ok(self.report(outcome, turn_began)));
        }
    }

    /// Answers that it was not, or not rightly, started.
    pub(crate) fn refuse(&self, error: EngineError) {
        if let Some(answer) = self.take_answer() {
            let _ = answer.send(Err(error));
        }
    }

    fn take_answer(&self) -> Option<oneshot::Sender<Answer>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The outcome that its kill stands for.
    pub(crate) fn outcome_of_kill(&self, turn_began: Option<Duration>) -> Option<Outcome> {
        let breach = |limit: u64, used: u64, unit| Breach { limit, used, unit, phase: self.phase() };
        let bytes = |limit: usize, used: usize| breach(limit as u64, used as u64, Unit::Bytes);
        let ms = |limit: Duration, used: Duration| breach(millis(limit), millis(used), Unit::Ms);
        let killed = self.kill.get()?;
        Some(match &killed.kill {
            Kill::WallLimit => {
                Outcome::WallLimit(ms(self.limits.wall, killed.at.duration_since(self.started())))
            }
            Kill::CpuLimit => Outcome::CpuLimit(ms(self.limits.cpu, self.cpu_spent(turn_began))),
            Kill::HeapLimit { used } => Outcome::HeapLimit(bytes(self.limits.heap_bytes, *used)),
            Kill::BufferLimit { used } => Outcome::BufferLimit(bytes(self.limits.buffer_bytes, *used)),
            Kill::OutputLimit { limit, used, unit } => {
                Outcome::OutputLimit(breach(*limit as u64, *used as u64, *unit))
            }
            Kill::Aborted { message } => Outcome::Threw(Thrown {
                name: "ExecutionAborted".to_owned(),
                message: self.redactor.redact(message),
                hint: None,
                frames: Vec::new(),
                causes: Vec::new(),
                phase: self.phase(),
            }),
            Kill::Cancelled => Outcome::Cancelled,
            Kill::EngineLost => Outcome::EngineLost,
        })
    }

    /// The records of requests, secrets replaced.
    fn records(&self, log: &FetchLog) -> Vec<FetchRecord> {
        let mut records = log.records();
        for record in &mut records {
            record.url = self.redactor.redact(&record.url);
            // The end of the execution ends its requests; their tasks notice a moment later.
            if record.outcome == FetchOutcome::UnderWay {
                record.outcome = FetchOutcome::Cancelled;
            }
        }
        records
    }

    fn report(&self, outcome: Outcome, turn_began: Option<Duration>) -> Execution {
        let mut output = self.output();
        let (logs, logs_dropped) = output.log.take();
        let commands = std::mem::take(&mut output.commands);
        Execution {
            commands: if outcome.is_completed() { commands } else { Vec::new() },
            outcome,
            logs,
            logs_dropped,
            usage: Usage {
                wall_us: micros(self.started().elapsed()),
                cpu_us: micros(self.cpu_spent(turn_began)),
                heap_peak_bytes: self.heap_peak_bytes.load(Ordering::Relaxed) as u64,
                buffers_peak_bytes: self.buffers_peak_bytes.load(Ordering::Relaxed) as u64,
                fetches: output.fetches_started as u64,
                calls: output.calls as u64,
                queue_us: micros(self.waited()),
            },
            pending: output.pending,
            fetches: self.records(&output.fetches),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

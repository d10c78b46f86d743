//! One engine thread: its queue, its ready isolates, and the turn that it is in.

use std::collections::VecDeque;
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
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::LocalSet;

use crate::cpu_clock::CpuClock;
use crate::engine::EngineError;
use crate::engine::Shared;
use crate::execution::Outcome;
use crate::isolate::Isolate;
use crate::life;
use crate::life::Job;
use crate::limits::THREAD_STACK_BYTES;
use crate::memory::Memory;
use crate::running::Kill;
use crate::running::Running;

/// How long a thread must have had nothing to do before it makes an isolate ready, as long as it has
/// one: making one takes milliseconds, in which the next execution would have to wait.
const QUIET: Duration = Duration::from_millis(1);

/// What every other thread may know of an engine thread.
pub(crate) struct Thread {
    clock: OnceLock<CpuClock>,
    queue: Mutex<VecDeque<Job>>,
    /// Wakes the thread for a job, or to leave.
    wake: Notify,
    executions: Mutex<Vec<Arc<Running>>>,
    turn: Mutex<Option<CurrentTurn>>,
    turns: AtomicU64,
    ready: AtomicUsize,
    leaving: AtomicBool,
    quarantined: AtomicBool,
    ended: AtomicBool,
}

/// The turn that a thread is in.
#[derive(Clone)]
pub(crate) struct CurrentTurn {
    pub(crate) running: Arc<Running>,
    pub(crate) memory: Arc<Memory>,
    /// The reading of the thread's clock when the turn began.
    pub(crate) cpu_began: Duration,
    number: u64,
}

/// Marks the turns of one thread.
#[derive(Clone)]
pub(crate) struct TurnKeeper {
    pub(crate) thread: Arc<Thread>,
    pub(crate) clock: CpuClock,
}

/// A turn; its end charges the execution.
pub(crate) struct Turn<'k> {
    keeper: &'k TurnKeeper,
    cpu_began: Duration,
}

impl Thread {
    /// Starts a thread that serves jobs until it is told to leave.
    pub(crate) fn start(number: u64, shared: Arc<Shared>) -> std::io::Result<(Arc<Self>, JoinHandle<()>)> {
        let thread = Arc::new(Self {
            clock: OnceLock::new(),
            queue: Mutex::default(),
            wake: Notify::new(),
            executions: Mutex::default(),
            turn: Mutex::default(),
            turns: AtomicU64::new(0),
            ready: AtomicUsize::new(0),
            leaving: AtomicBool::new(false),
            quarantined: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        // Its tokio context is made here, where a failure can still be reported.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let its = Arc::clone(&thread);
        let handle = std::thread::Builder::new()
            .name(format!("vestibule-{number}"))
            .stack_size(THREAD_STACK_BYTES)
            .spawn(move || {
                let served = catch_unwind(AssertUnwindSafe(|| {
                    let tasks = LocalSet::new();
                    tasks.block_on(&runtime, serve(&its, &shared));
                    // Whatever is left of tasks and isolates goes before the context that they need.
                    let _context = runtime.enter();
                    drop(tasks);
                }));
                if served.is_err() {
                    tracing::error!("a thread of the engine panicked; this is a bug of the engine");
                }
                its.ended.store(true, Ordering::Relaxed);
                shared.left(its.quarantined.load(Ordering::Relaxed));
            })?;
        Ok((thread, handle))
    }

    /// How much is on its hands: what runs, sleeps and waits there.
    pub(crate) fn load(&self) -> usize {
        lock(&self.executions).len() + lock(&self.queue).len()
    }

    /// How many jobs it has not taken up.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.queue).len()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.load() == 0
    }

    /// Whether an execution would find an isolate ready.
    pub(crate) fn has_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed) > lock(&self.queue).len()
    }

    /// Gives it a job, unless it leaves.
    #[expect(clippy::result_large_err, reason = "what is not taken goes to another thread")]
    pub(crate) fn give(&self, job: Job) -> Result<(), Job> {
        let mut queue = lock(&self.queue);
        if self.leaving.load(Ordering::Relaxed) {
            return Err(job);
        }
        queue.push_back(job);
        drop(queue);
        self.wake.notify_one();
        Ok(())
    }

    /// Refuses the jobs that have waited too long.
    pub(crate) fn expire_jobs(&self, wait: Duration) {
        lock(&self.queue).retain(|job| {
            let expired = job.running.waited() >= wait;
            if expired {
                job.running.refuse(EngineError::Busy { why: "no thread became free in time" });
            }
            !expired
        });
    }

    pub(crate) fn each_execution(&self, mut look: impl FnMut(&Running)) {
        for running in lock(&self.executions).iter() {
            look(running);
        }
    }

    pub(crate) fn current_turn(&self) -> Option<CurrentTurn> {
        lock(&self.turn).clone()
    }

    /// Whether it has not left that turn yet.
    pub(crate) fn is_still_in(&self, turn: &CurrentTurn) -> bool {
        lock(&self.turn).as_ref().is_some_and(|current| current.number == turn.number)
    }

    /// Tells it to leave when its executions are over; what it has not begun comes back.
    pub(crate) fn leave(&self) -> VecDeque<Job> {
        let jobs = {
            let mut queue = lock(&self.queue);
            self.leaving.store(true, Ordering::Relaxed);
            std::mem::take(&mut *queue)
        };
        self.wake.notify_one();
        jobs
    }

    /// Whether it has ended although nobody told it to leave.
    pub(crate) fn has_died(&self) -> bool {
        self.ended.load(Ordering::Relaxed) && !self.leaving.load(Ordering::Relaxed)
    }

    /// Gives it up. Its executions are lost; what it has not begun comes back.
    pub(crate) fn give_up(&self) -> VecDeque<Job> {
        self.quarantined.store(true, Ordering::Relaxed);
        self.each_execution(|running| {
            running.kill(Kill::EngineLost);
            running.finish(Outcome::EngineLost, None);
        });
        self.leave()
    }

    /// Ends everything that runs there.
    pub(crate) fn cancel_all(&self) {
        self.each_execution(|running| running.kill(Kill::Cancelled));
    }

    pub(crate) fn forget(&self, running: &Arc<Running>) {
        lock(&self.executions).retain(|other| !Arc::ptr_eq(other, running));
        if self.leaving.load(Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }

    fn take_up(&self) -> Option<Job> {
        let job = lock(&self.queue).pop_front()?;
        lock(&self.executions).push(Arc::clone(&job.running));
        Some(job)
    }

    fn may_end(&self) -> bool {
        self.leaving.load(Ordering::Relaxed) && lock(&self.executions).is_empty()
    }
}

impl TurnKeeper {
    /// Begins a turn of `running`.
    pub(crate) fn begin(&self, running: &Arc<Running>, memory: &Arc<Memory>) -> Turn<'_> {
        let cpu_began = self.clock.now();
        let number = self.thread.turns.fetch_add(1, Ordering::Relaxed);
        *lock(&self.thread.turn) =
            Some(CurrentTurn { running: Arc::clone(running), memory: Arc::clone(memory), cpu_began, number });
        Turn { keeper: self, cpu_began }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let turn = lock(&self.keeper.thread.turn).take();
        if let Some(turn) = turn {
            turn.running.charge_cpu(self.keeper.clock.now().saturating_sub(self.cpu_began));
        }
    }
}

/// Takes up jobs as they come, and makes isolates ready when none comes.
async fn serve(thread: &Arc<Thread>, shared: &Arc<Shared>) {
    let keeper = TurnKeeper { thread: Arc::clone(thread), clock: CpuClock::of_this_thread() };
    let _ = thread.clock.set(keeper.clock);
    let mut ready = VecDeque::new();
    while !thread.may_end() {
        if let Some(job) = thread.take_up() {
            let isolate = ready.pop_front();
            thread.ready.store(ready.len(), Ordering::Relaxed);
            tokio::task::spawn_local(life::live(keeper.clone(), isolate, job));
            // It runs now, and its answer leaves before this thread does anything else.
            tokio::task::yield_now().await;
            continue;
        }
        let wants_isolate =
            ready.len() < shared.limits.ready_isolates && !thread.leaving.load(Ordering::Relaxed);
        if !wants_isolate {
            thread.wake.notified().await;
        } else if ready.is_empty() || tokio::time::timeout(QUIET, thread.wake.notified()).await.is_err() {
            ready.push_back(Isolate::new());
            thread.ready.store(ready.len(), Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is whole after every statement, so a panic elsewhere breaks nothing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The engine: starts V8 and the threads, admits executions, and places each on a thread.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use deno_core::JsRuntime;
use deno_core::v8;
use thiserror::Error;
use tokio::runtime::Runtime;

use crate::code_cache;
use crate::code_cache::CodeCacheCounts;
use crate::code_cache::CodeCacheRefusal;
use crate::code_cache::CodeCacheStats;
use crate::code_cache::ProgramKey;
use crate::egress::Egress;
use crate::execution::Execution;
use crate::flags;
use crate::inspector::Inspection;
use crate::invocation::ApiHandler;
use crate::invocation::Invocation;
use crate::life::Job;
use crate::limits::DEBUGGED_FETCH;
use crate::limits::EngineLimits;
use crate::limits::LimitError;
use crate::program::Program;
use crate::redact::Redactor;
use crate::running::Kill;
use crate::running::Running;
use crate::thread::Thread;
use crate::time_zone;
use crate::watchdog;

/// Runs programs, each execution in an isolate of its own. Cheap to clone; the threads end with the
/// last clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// Why an execution was not started, or the engine not. Never the script's doing: what a script does
/// ends in an [`Outcome`](crate::Outcome).
#[derive(Debug, Error)]
pub enum EngineError {
    /// Too much is under way; try again later.
    #[error("the engine is busy: {why}")]
    Busy {
        /// What is used up.
        why: &'static str,
    },
    /// The engine is closing.
    #[error("the engine has been shut down")]
    ShutDown,
    /// The event is not the JSON text of an object.
    #[error("the event is not a JSON object: {why}")]
    Event {
        /// What is wrong with it.
        why: String,
    },
    /// The event is larger than the invocation's limit.
    #[error("the event is {bytes} bytes of JSON, more than the limit of {limit}")]
    EventTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit `event_bytes`.
        limit: usize,
    },
    /// A limit is out of its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A thread could not be started.
    #[error("a thread of the engine could not be started")]
    Thread(#[from] std::io::Error),
}

/// What [`Engine::stats`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineStats {
    /// Threads that serve executions.
    pub threads: usize,
    /// Threads given up because their isolate does not obey.
    pub quarantined: usize,
    /// Executions under way, waiting ones included.
    pub executions: usize,
    /// What has become of compiled forms of programs.
    pub code_caches: CodeCacheStats,
}

/// What the threads share.
pub(crate) struct Shared {
    pub(crate) limits: EngineLimits,
    quarantined: AtomicUsize,
}

/// The engine itself.
pub(crate) struct Inner {
    pub(crate) limits: EngineLimits,
    shared: Arc<Shared>,
    threads: RwLock<Vec<Arc<Thread>>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
    next_thread: AtomicU64,
    code_caches: Arc<CodeCacheCounts>,
    watchdog: OnceLock<std::thread::Thread>,
    /// Sends requests and polls the host's futures, away from the isolates' threads.
    io: Option<Runtime>,
    closing: AtomicBool,
}

impl Engine {
    /// Starts V8, once for the process, and the threads of this engine.
    ///
    /// May be called on any thread, in or outside of a tokio context. V8's own rule that threads
    /// which run isolates must be younger than V8 is kept by construction: all of them are the
    /// engine's own.
    ///
    /// # Errors
    /// When a limit is out of range, or a thread cannot be started.
    pub fn start(limits: EngineLimits) -> Result<Self, EngineError> {
        limits.check()?;
        flags::set();
        JsRuntime::init_platform(None);
        // What a script prints must not tell where the host stands.
        v8::icu::set_default_locale("en-US");
        time_zone::set_utc();
        let io = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("vestibule-io")
            .enable_all()
            .build()?;
        let inner = Arc::new(Inner {
            shared: Arc::new(Shared { limits: limits.clone(), quarantined: AtomicUsize::new(0) }),
            limits,
            threads: RwLock::default(),
            handles: Mutex::default(),
            next_thread: AtomicU64::new(0),
            code_caches: Arc::default(),
            watchdog: OnceLock::new(),
            io: Some(io),
            closing: AtomicBool::new(false),
        });
        for _ in 0..inner.limits.threads {
            inner.start_thread()?;
        }
        let _ = inner.watchdog.set(watchdog::start(Arc::downgrade(&inner))?);
        Ok(Self { inner })
    }

    /// Runs one program once, in a fresh isolate, and reports how it went.
    ///
    /// The future may be polled on any executor. Dropping it cancels the execution. However the
    /// script behaves, the answer comes within its limits and the engine's grace.
    ///
    /// # Errors
    /// Only for what the host did: see [`EngineError`].
    pub async fn execute(
        &self,
        program: &Program,
        mut invocation: Invocation,
        api: Box<dyn ApiHandler>,
        egress: Egress,
    ) -> Result<Execution, EngineError> {
        invocation.limits.check()?;
        let (bytes, limit) = (invocation.event.len(), invocation.limits.event_bytes);
        if bytes > limit {
            return Err(EngineError::EventTooLarge { bytes, limit });
        }
        let redactor = Redactor::new(invocation.all_secrets());
        let inspection = invocation.take_inspection();
        let mut limits = invocation.limits.clone();
        if inspection.is_some() {
            limits.fetch = DEBUGGED_FETCH;
        }
        let (running, answer) =
            Running::admit(limits, redactor, inspection.as_ref().map(Inspection::standstill));
        let _cancels = CancelOnDrop(Arc::clone(&running));
        let io = self.inner.io.as_ref().ok_or(EngineError::ShutDown)?.handle().clone();
        let code_caches = Arc::clone(&self.inner.code_caches);
        let program = program.clone();
        let job = Job { program, invocation, inspection, api, egress, running, code_caches, io };
        self.inner.place(job)?;
        answer.await.map_err(|_| EngineError::ShutDown)?
    }

    /// How much is under way.
    pub fn stats(&self) -> EngineStats {
        let threads = self.inner.threads();
        EngineStats {
            threads: threads.len(),
            quarantined: self.inner.shared.quarantined.load(Ordering::Relaxed),
            executions: threads.iter().map(|thread| thread.load()).sum(),
            code_caches: self.inner.code_caches.read(),
        }
    }

    /// V8's compiled form of a program as another process can use it; `None` when no execution has left one.
    /// It holds the functions that have run, and is sealed with the key.
    pub fn seal_code_cache(&self, program: &Program, key: &ProgramKey) -> Option<Vec<u8>> {
        let cache = program.any_code_cache()?;
        Some(code_cache::seal(program, &cache, key))
    }

    /// Judges the compiled form that a program has [brought along](Program::bring_code_cache), if there is
    /// one, and uses it from now on when it was sealed with this key, made from this code and by an engine
    /// like this one. It is judged once, by the engine that does so first; this counts in
    /// [`stats`](Self::stats).
    ///
    /// # Errors
    /// Why it is not used. The program runs as well without it, and slower the first time.
    pub fn accept_code_cache(
        &self,
        program: &Program,
        key: Option<&ProgramKey>,
    ) -> Result<(), CodeCacheRefusal> {
        let Some(sealed) = program.take_sealed_code_cache() else { return Ok(()) };
        let counts = &self.inner.code_caches;
        match code_cache::open(program, &sealed, key) {
            Ok(cache) => {
                counts.count_acceptance();
                program.keep_code_cache(cache);
                Ok(())
            }
            Err(refusal) => {
                counts.count_refusal(refusal);
                Err(refusal)
            }
        }
    }
}

impl Shared {
    /// A thread has left.
    pub(crate) fn left(&self, was_quarantined: bool) {
        if was_quarantined {
            self.quarantined.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Inner {
    pub(crate) fn threads(&self) -> Vec<Arc<Thread>> {
        self.threads.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives up a thread whose isolate does not obey.
    pub(crate) fn quarantine(&self, lost: &Arc<Thread>) {
        let quarantined = self.shared.quarantined.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(quarantined, "an isolate does not obey; its thread is quarantined");
        self.give_up(lost);
    }

    /// Gives up a thread: its executions are lost, what it has not begun runs elsewhere.
    pub(crate) fn give_up(&self, lost: &Arc<Thread>) {
        // The new thread comes before the old one goes, so that there is always one to place jobs on.
        self.replace_thread();
        self.threads
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|thread| !Arc::ptr_eq(thread, lost));
        let jobs = lost.give_up();
        for job in jobs {
            let running = Arc::clone(&job.running);
            if let Err(error) = self.place(job) {
                running.refuse(error);
            }
        }
    }

    /// Starts threads until there are enough, unless too many are quarantined.
    pub(crate) fn restore(&self) {
        while self.threads().len() < self.limits.threads && self.replace_thread() {}
    }

    /// Starts a thread for a lost one, unless too many are quarantined. Whether it did.
    fn replace_thread(&self) -> bool {
        if self.shared.quarantined.load(Ordering::Relaxed) > self.limits.quarantined {
            return false;
        }
        let started = self.start_thread();
        if let Err(error) = &started {
            tracing::error!(%error, "a lost thread cannot be replaced yet");
        }
        started.is_ok()
    }

    fn start_thread(&self) -> Result<(), EngineError> {
        let number = self.next_thread.fetch_add(1, Ordering::Relaxed);
        let (thread, handle) = Thread::start(number, Arc::clone(&self.shared))?;
        self.threads.write().unwrap_or_else(PoisonError::into_inner).push(thread);
        let mut handles = self.handles();
        handles.retain(|handle| !handle.is_finished());
        handles.push(handle);
        Ok(())
    }

    fn handles(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job on the thread with the least on its hands, and among equals on one with an isolate
    /// ready.
    fn place(&self, mut job: Job) -> Result<(), EngineError> {
        if self.closing.load(Ordering::Relaxed) {
            return Err(EngineError::ShutDown);
        }
        let threads = self.threads();
        if threads.iter().map(|thread| thread.load()).sum::<usize>() >= self.limits.executions {
            return Err(EngineError::Busy { why: "the limit of executions is reached" });
        }
        if threads.iter().map(|thread| thread.waiting()).sum::<usize>() >= self.limits.waiting {
            return Err(EngineError::Busy { why: "the limit of waiting executions is reached" });
        }
        let mut by_load: Vec<_> =
            threads.iter().map(|thread| (thread.load(), !thread.has_ready(), thread)).collect();
        by_load.sort_by_key(|(load, lacks_isolate, _)| (*load, *lacks_isolate));
        for (_, _, thread) in by_load {
            match thread.give(job) {
                Ok(()) => {
                    if let Some(watchdog) = self.watchdog.get() {
                        watchdog.unpark();
                    }
                    return Ok(());
                }
                Err(returned) => job = returned,
            }
        }
        Err(EngineError::Busy { why: "every thread is quarantined" })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        for thread in self.threads() {
            thread.cancel_all();
            for job in thread.leave() {
                job.running.refuse(EngineError::ShutDown);
            }
        }
        // What obeys has ended by then; a thread whose isolate does not obey is left to itself.
        let patience = Instant::now() + self.limits.grace;
        while self.handles().iter().any(|handle| !handle.is_finished()) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        if let Some(io) = self.io.take() {
            io.shutdown_background();
        }
    }
}

/// Cancels an execution whose caller has lost interest.
struct CancelOnDrop(Arc<Running>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.0.is_unanswered() {
            self.0.kill(Kill::Cancelled);
        }
    }
}

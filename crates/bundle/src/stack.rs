//! Where the compiler runs: on a thread of its own, with a stack that is large enough for whatever
//! the nesting scan lets pass, for a bounded time.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use thiserror::Error;

/// How long one compilation may take, with the wait for its turn: 30 seconds.
///
/// One megabyte of TypeScript takes a fraction of a second; the worst text that the tests know takes a
/// few seconds in a build without optimisation. At the limit the caller gets
/// [`CompileError::TooSlow`](crate::CompileError::TooSlow). The work cannot be stopped from outside:
/// it keeps its turn until it ends.
pub const COMPILE_WALL_MAX: Duration = Duration::from_secs(30);

/// Compilations at the same time; bounds the memory of the stacks and the processor time.
const COMPILATIONS_MAX: usize = 2;

/// Why no answer came back from the compiler's thread.
#[derive(Debug, Error)]
pub(crate) enum StackError {
    #[error("no thread with a stack of {stack_bytes} bytes can be started")]
    Spawn {
        stack_bytes: usize,
        #[source]
        source: std::io::Error,
    },
    #[error("it took longer than {COMPILE_WALL_MAX:?}")]
    TooSlow,
    #[error("it panicked")]
    Panicked,
}

/// Runs `work` on a thread with a stack of `stack_bytes`, when its turn has come.
///
/// Only the pages of the stack that are touched cost memory, and they go with the thread.
pub(crate) fn run<T: Send + 'static>(
    stack_bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StackError> {
    let deadline = Instant::now() + COMPILE_WALL_MAX;
    let turn = Turn::take(deadline)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("vestibule-compile".to_owned())
        .stack_size(stack_bytes)
        .spawn(move || {
            // The turn ends with the work, even when nobody waits any more, and by a panic too.
            let _turn = turn;
            // A failure to send means that the caller gave up.
            let _ = sender.send(work());
        })
        .map_err(|source| StackError::Spawn { stack_bytes, source })?;
    receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).map_err(|error| match error {
        RecvTimeoutError::Timeout => StackError::TooSlow,
        RecvTimeoutError::Disconnected => StackError::Panicked,
    })
}

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right to compile or to bundle; gives itself back.
pub(crate) struct Turn;

impl Turn {
    pub(crate) fn take(deadline: Instant) -> Result<Self, StackError> {
        let mut running = lock();
        while *running >= COMPILATIONS_MAX {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StackError::TooSlow);
            }
            running = ENDED.wait_timeout(running, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *running += 1;
        Ok(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock() -= 1;
        ENDED.notify_one();
    }
}

/// A number cannot be left half changed, so a poisoned lock is as good as any.
fn lock() -> MutexGuard<'static, usize> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The executions that a debugger can attach to, and the letters from it to their isolates.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use crate::inspector::debugger;
use crate::running::Kill;
use crate::running::Running;

/// One execution.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) mailbox: Arc<Mailbox>,
}

/// All executions that a debugger can attach to at this moment.
#[derive(Default)]
pub(super) struct Targets {
    list: Mutex<Vec<Target>>,
    next_session: AtomicU64,
}

/// Keeps a target on the list.
pub(super) struct Listed {
    targets: Arc<Targets>,
    target: Target,
}

/// What a debugger says to an isolate. A session is one connection of one debugger.
pub(super) enum Letter {
    Connect { session: u64, replies: UnboundedSender<String> },
    Message { session: u64, text: String },
    Disconnect { session: u64 },
}

/// As much of a message as is needed to know what it asks for.
#[derive(Deserialize)]
struct Heading {
    method: String,
}

/// Where letters wait for the thread of the isolate.
pub(super) struct Mailbox {
    /// `None` from the end of the execution on: what comes then is for nobody.
    letters: Mutex<Option<Letters>>,
    arrived: Condvar,
    /// What the isolate does for debuggers at this moment. The last one has begun in the middle of the others.
    calls: Mutex<Vec<Call>>,
    running: Arc<Running>,
}

struct Call {
    session: u64,
    /// Its debugger has gone, so nobody waits for what it evaluates, and nobody could end it.
    is_orphaned: bool,
}

#[derive(Default)]
struct Letters {
    waiting: VecDeque<Letter>,
    bytes: usize,
}

/// Nobody reads what is posted: the execution is over, or reads nothing for too long.
pub(super) struct Unread;

/// How many bytes of letters may wait. Debuggers wait for answers themselves long before.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

impl Targets {
    pub(super) fn add(self: &Arc<Self>, target: Target) -> Listed {
        lock(&self.list).push(target.clone());
        Listed { targets: Arc::clone(self), target }
    }

    pub(super) fn all(&self) -> Vec<Target> {
        lock(&self.list).clone()
    }

    pub(super) fn get(&self, id: Uuid) -> Option<Target> {
        lock(&self.list).iter().find(|target| target.id == id).cloned()
    }

    pub(super) fn next_session(&self) -> u64 {
        self.next_session.fetch_add(1, Ordering::Relaxed)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&self.targets.list).retain(|target| target.id != self.target.id);
        lock(&self.target.mailbox.letters).take();
    }
}

impl Letter {
    fn bytes(&self) -> usize {
        match self {
            Self::Connect { .. } | Self::Disconnect { .. } => 0,
            Self::Message { text, .. } => size_of::<Self>() + text.len(),
        }
    }
}

impl Letters {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn take(&mut self) -> Option<Letter> {
        let letter = self.waiting.pop_front()?;
        self.bytes -= letter.bytes();
        Some(letter)
    }
}

impl Mailbox {
    pub(super) fn new(running: Arc<Running>) -> Self {
        let letters = Mutex::new(Some(Letters::default()));
        Self { letters, arrived: Condvar::new(), calls: Mutex::default(), running }
    }

    /// Has the isolate's thread read a letter, whether it runs JavaScript, stands still or sleeps.
    pub(super) fn post(&self, letter: Letter) -> Result<(), Unread> {
        let bytes = letter.bytes();
        match &letter {
            Letter::Connect { .. } => {}
            // At once, because the isolate may be in the middle of something that does not end by itself.
            Letter::Message { text, .. } if ends_execution(text) => self.running.kill(Kill::Cancelled),
            Letter::Message { .. } => {}
            Letter::Disconnect { session } => self.orphan_calls(*session),
        }
        match &mut *lock(&self.letters) {
            // One that comes or goes is always heard.
            Some(letters) if bytes == 0 || letters.bytes + bytes <= WAITING_BYTES_MAX => {
                letters.bytes += bytes;
                letters.waiting.push_back(letter);
            }
            Some(_) | None => return Err(Unread),
        }
        self.arrived.notify_all();
        self.interrupt();
        self.running.wake();
        Ok(())
    }

    /// Has letters read that came where none could be.
    pub(super) fn remind(&self) {
        if lock(&self.letters).as_ref().is_some_and(|letters| !letters.is_empty()) {
            self.interrupt();
        }
    }

    fn interrupt(&self) {
        if let Some(isolate) = self.running.isolate() {
            isolate.request_interrupt(debugger::read_letters, std::ptr::null_mut());
        }
    }

    /// Whether the isolate does something for a debugger at this moment.
    pub(super) fn is_in_call(&self) -> bool {
        !lock(&self.calls).is_empty()
    }

    /// A debugger's call begins.
    pub(super) fn begin_call(&self, session: u64) {
        lock(&self.calls).push(Call { session, is_orphaned: false });
    }

    /// The call that has begun last is over.
    pub(super) fn end_call(&self) {
        let mut calls = lock(&self.calls);
        let ended = calls.pop();
        if ended.is_some_and(|call| call.is_orphaned)
            && !self.running.is_killed()
            && let Some(isolate) = self.running.isolate()
        {
            // The end was meant for the call alone. A kill from now on is repeated by the watchdog.
            isolate.cancel_terminate_execution();
        }
        self.end_orphan(&calls);
    }

    fn orphan_calls(&self, session: u64) {
        let mut calls = lock(&self.calls);
        for call in calls.iter_mut().filter(|call| call.session == session) {
            call.is_orphaned = true;
        }
        self.end_orphan(&calls);
    }

    /// V8 reads no letters while it evaluates something in a pause, but it can be told to end that.
    fn end_orphan(&self, calls: &[Call]) {
        if calls.last().is_some_and(|call| call.is_orphaned) {
            self.running.terminate();
        }
    }

    pub(super) fn take(&self) -> Option<Letter> {
        lock(&self.letters).as_mut()?.take()
    }

    /// Waits for a letter, but no longer than this.
    pub(super) fn wait(&self, time: Duration) -> Option<Letter> {
        let letters = lock(&self.letters);
        let waited = self
            .arrived
            .wait_timeout_while(letters, time, |letters| letters.as_ref().is_some_and(Letters::is_empty));
        waited.unwrap_or_else(PoisonError::into_inner).0.as_mut()?.take()
    }
}

/// Whether a debugger asks for the end of the execution.
fn ends_execution(message: &str) -> bool {
    const METHOD: &str = "Runtime.terminateExecution";
    // Few messages are parsed here.
    message.contains(METHOD)
        && serde_json::from_str::<Heading>(message).is_ok_and(|heading| heading.method == METHOD)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is whole after every statement, so a panic elsewhere breaks nothing.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

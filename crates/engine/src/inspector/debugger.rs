//! The isolate's side: V8's inspector, the sessions of its debuggers, and where the execution stands still.
//!
//! deno_core has an inspector too. It holds the thread of an isolate for good until a debugger answers, where
//! nothing of ours could end the execution; so this one waits by itself.

use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::rc::Rc;
use std::rc::Weak;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use deno_core::JsRuntime;
use deno_core::v8;
use deno_core::v8::inspector::Channel;
use deno_core::v8::inspector::ChannelImpl;
use deno_core::v8::inspector::StringBuffer;
use deno_core::v8::inspector::StringView;
use deno_core::v8::inspector::V8Inspector;
use deno_core::v8::inspector::V8InspectorClient;
use deno_core::v8::inspector::V8InspectorClientImpl;
use deno_core::v8::inspector::V8InspectorClientTrustLevel;
use deno_core::v8::inspector::V8InspectorSession;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use crate::execution::LogLevel;
use crate::execution::LogLine;
use crate::inspector;
use crate::inspector::Inspection;
use crate::inspector::InspectorEvent;
use crate::inspector::shown::Shown;
use crate::inspector::targets::Letter;
use crate::inspector::targets::Listed;
use crate::inspector::targets::Mailbox;
use crate::inspector::targets::Target;
use crate::isolate::IsolateState;
use crate::program::Program;
use crate::running::Running;
use crate::scripts::Scripts;

/// The group of all contexts; there is one context.
const CONTEXTS: i32 = 1;

/// V8 numbers the contexts of an isolate from here.
const FIRST_CONTEXT: i32 = 1;

/// The id of calls that are ours and not a debugger's. Debuggers count from 1.
const OWN_CALL: i32 = -1;

/// What JSON-RPC calls an error of the one that is called.
const SERVER_ERROR: i32 = -32_000;

/// How often an execution that stands still looks whether it has been killed.
const KILL_CHECK: Duration = Duration::from_millis(10);

/// The inspector of one execution. Lives in the isolate's state, and is detached before the isolate goes.
pub(crate) struct Debugger {
    v8: Rc<V8Inspector>,
    desk: Rc<Desk>,
    url: String,
    _listed: Listed,
}

/// What V8 calls back into.
struct Desk {
    inspection: Inspection,
    running: Arc<Running>,
    mailbox: Arc<Mailbox>,
    /// Weak, because the inspector owns the client that owns this.
    v8: OnceCell<Weak<V8Inspector>>,
    sessions: RefCell<BTreeMap<u64, Rc<Session>>>,
    /// The execution stands still at a breakpoint.
    is_paused: Cell<bool>,
    /// How many pauses it is in: what is evaluated in one can have another.
    stands: Cell<u32>,
    /// A debugger has said that it is ready.
    may_start: Cell<bool>,
    isolate: v8::UnsafeRawIsolatePtr,
    context: v8::Global<v8::Context>,
    /// Where the scripts are, by what V8 calls them.
    urls: BTreeMap<String, String>,
}

/// One connection of one debugger.
struct Session {
    v8: V8InspectorSession,
    replies: UnboundedSender<String>,
    shown: Rc<Shown>,
    hears_console: Cell<bool>,
}

struct Client(Rc<Desk>);

/// Where V8 answers.
struct Replies {
    to: UnboundedSender<String>,
    shown: Rc<Shown>,
}

/// As much of a message as we need to know.
#[derive(Default, Deserialize)]
struct Heading {
    id: Option<i64>,
    method: Option<String>,
}

impl Debugger {
    /// Lets debuggers find the execution. Must be inside of its isolate.
    pub(crate) fn attach(
        runtime: &mut JsRuntime,
        inspection: Inspection,
        running: &Arc<Running>,
        scripts: &Scripts,
    ) -> Rc<Self> {
        let context = runtime.main_context();
        // SAFETY: the pointer is used in `ensure_default_context_in_group` alone, which V8 calls while the
        // isolate lives.
        let isolate = unsafe { runtime.v8_isolate().as_raw_isolate_ptr() };
        let folder = &inspection.inspector.inner.folder;
        let url_of = |program: &Program| inspector::url_of(folder, program.file_name());
        let own = std::iter::once(&scripts.action);
        let all = own.chain(scripts.modules.iter().map(|module| &module.script));
        let urls = all.map(|script| (script.name.clone(), url_of(&script.program))).collect();
        let id = Uuid::new_v4();
        let mailbox = Arc::new(Mailbox::new(Arc::clone(running)));
        let target = Target {
            id,
            title: inspection.title.clone(),
            url: url_of(&scripts.action.program),
            mailbox: Arc::clone(&mailbox),
        };
        let url = format!("ws://{}/{id}", inspection.inspector.address());
        let targets = Arc::clone(&inspection.inspector.inner.targets);
        let desk = Rc::new(Desk {
            inspection,
            running: Arc::clone(running),
            mailbox,
            v8: OnceCell::new(),
            sessions: RefCell::default(),
            is_paused: Cell::new(false),
            stands: Cell::new(0),
            may_start: Cell::new(false),
            isolate,
            context,
            urls,
        });
        let client = V8InspectorClient::new(Box::new(Client(Rc::clone(&desk))));
        let v8 = Rc::new(V8Inspector::create(runtime.v8_isolate(), client));
        let _ = desk.v8.set(Rc::downgrade(&v8));
        deno_core::scope!(scope, runtime);
        let context = scope.get_current_context();
        let name = StringView::from(&b"action"[..]);
        // Debuggers ask for the default context of a target, and end with it.
        let kind = StringView::from(&br#"{"isDefault": true, "type": "default"}"#[..]);
        v8.context_created(context, CONTEXTS, name, kind);
        Rc::new(Self { v8, desk, url, _listed: targets.add(target) })
    }

    /// Says that a debugger is waited for, unless the last one has had enough.
    pub(crate) fn await_start(&self) {
        let Inspection { inspector, title } = &self.desk.inspection;
        if inspector.is_dismissed() {
            self.desk.may_start.set(true);
        } else {
            inspector.tell(InspectorEvent::Waiting { title: title.clone(), url: self.url.clone() });
        }
    }

    /// Whether the script may run: a debugger has set its breakpoints.
    pub(crate) fn may_start(&self) -> bool {
        self.desk.may_start.get()
    }

    /// Does what debuggers have asked for. Must be inside of the isolate.
    pub(crate) fn read_letters(&self) {
        while let Some(letter) = self.desk.mailbox.take() {
            self.desk.read(letter);
        }
    }

    /// The script begins.
    pub(crate) fn start(&self) {
        if self.desk.inspection.inspector.inner.breaks_at_start {
            for session in self.desk.all_sessions() {
                let reason = StringView::from(&b"Break on start"[..]);
                session.v8.schedule_pause_on_next_statement(reason, StringView::empty());
            }
        }
    }

    /// The source map of a program, as a debugger reads it.
    pub(crate) fn source_map_url(&self, program: &Program) -> Option<String> {
        inspector::source_map_url(&self.desk.inspection.inspector.inner.folder, program)
    }

    /// Shows a line of the log.
    pub(crate) fn log(&self, line: &LogLine) {
        let kind = match line.level {
            LogLevel::Trace => "trace",
            LogLevel::Debug => "debug",
            LogLevel::Log => "log",
            LogLevel::Info => "info",
            LogLevel::Warn => "warning",
            LogLevel::Error => "error",
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let called = json!({
            "method": "Runtime.consoleAPICalled",
            "params": {
                "type": kind,
                "args": [{ "type": "string", "value": line.message }],
                "executionContextId": FIRST_CONTEXT,
                "timestamp": now.as_secs_f64() * 1000.0,
            },
        });
        for session in self.desk.all_sessions() {
            if session.hears_console.get() {
                let _ = session.replies.send(called.to_string());
            }
        }
    }

    /// Ends all sessions. Must be inside of the isolate, outside of any JavaScript.
    pub(crate) fn detach(self: Rc<Self>, runtime: &mut JsRuntime) {
        deno_core::scope!(scope, runtime);
        self.v8.context_destroyed(scope.get_current_context());
        // Dropped before the inspector that they belong to.
        drop(self.desk.sessions.take());
    }
}

impl Desk {
    fn all_sessions(&self) -> Vec<Rc<Session>> {
        self.sessions.borrow().values().cloned().collect()
    }

    fn is_attached(&self) -> bool {
        !self.sessions.borrow().is_empty()
    }

    fn read(&self, letter: Letter) {
        match letter {
            Letter::Connect { session, replies } => self.connect(session, replies),
            Letter::Message { session: number, text } => {
                // Held only for a moment: a call can run JavaScript that stands still, where letters are read.
                let found = self.sessions.borrow().get(&number).cloned();
                if let Some(session) = found {
                    self.mailbox.begin_call(number);
                    session.hear(&text);
                    self.mailbox.end_call();
                    self.mailbox.remind();
                }
            }
            Letter::Disconnect { session } => self.disconnect(session),
        }
    }

    fn connect(&self, session: u64, replies: UnboundedSender<String>) {
        let Some(v8) = self.v8.get().and_then(Weak::upgrade) else { return };
        let shown = Rc::new(Shown::default());
        let channel = Channel::new(Box::new(Replies { to: replies.clone(), shown: Rc::clone(&shown) }));
        let trust = V8InspectorClientTrustLevel::FullyTrusted;
        let v8 = v8.connect(CONTEXTS, channel, StringView::empty(), trust);
        let new = Session { v8, replies, shown, hears_console: Cell::new(false) };
        self.sessions.borrow_mut().insert(session, Rc::new(new));
        let Inspection { inspector, title } = &self.inspection;
        inspector.dismiss(false);
        inspector.tell(InspectorEvent::Attached { title: title.clone() });
    }

    fn disconnect(&self, session: u64) {
        let gone = self.sessions.borrow_mut().remove(&session);
        let is_last = gone.is_some() && !self.is_attached();
        if let Some(gone) = gone {
            // Where it is still in a call, it must not stop the execution once more.
            gone.call("Debugger.disable");
        }
        if !is_last {
            return;
        }
        self.is_paused.set(false);
        if self.may_start.get() {
            let Inspection { inspector, title } = &self.inspection;
            inspector.dismiss(true);
            inspector.tell(InspectorEvent::Detached { title: title.clone() });
        }
    }

    /// Does what debuggers ask for until one of them lets the execution go on, or it is killed.
    fn stand_still(&self) {
        let stand = || {
            self.is_paused.set(true);
            for session in self.all_sessions() {
                session.leave_the_runtime();
            }
            while self.is_paused.get() && self.is_attached() && !self.running.is_killed() {
                if let Some(letter) = self.mailbox.wait(KILL_CHECK) {
                    self.read(letter);
                }
            }
            self.is_paused.set(false);
        };
        self.stands.set(self.stands.get() + 1);
        match self.running.standstill() {
            Some(standstill) => standstill.during(|| self.running.cpu_now(), stand),
            None => stand(),
        }
        self.stands.set(self.stands.get() - 1);
        self.mailbox.remind();
    }

    /// Whether letters may be read amid the script. V8 can neither step nor evaluate where it does so already.
    fn is_interruptible(&self) -> bool {
        self.stands.get() == 0 && !self.mailbox.is_in_call()
    }
}

impl Session {
    /// Passes a message of the debugger on.
    fn hear(&self, text: &str) {
        let heading: Heading = serde_json::from_str(text).unwrap_or_default();
        let method = heading.method.as_deref();
        if let Some(why) = method.and_then(|method| self.refusal(method, text)) {
            self.refuse(heading.id, why);
            return;
        }
        match method {
            Some("Runtime.enable") => {
                self.hears_console.set(true);
                self.dispatch(text);
            }
            Some("Runtime.disable") => {
                self.hears_console.set(false);
                self.dispatch(text);
            }
            Some(_) | None => self.dispatch(text),
        }
    }

    /// Why a call is not passed on, where it is not.
    fn refusal(&self, method: &str, call: &str) -> Option<&'static str> {
        match method {
            "Debugger.setScriptSource" => {
                Some("a script is not changed while it runs: edit its file and run it again")
            }
            "Debugger.restartFrame" => Some("no function begins again: what it asked of api is not undone"),
            "Debugger.setVariableValue" if !self.shown.has_scope(call) => Some("there is no such scope"),
            _ => None,
        }
    }

    fn refuse(&self, call: Option<i64>, message: &str) {
        let refusal = json!({ "id": call, "error": { "code": SERVER_ERROR, "message": message } });
        let _ = self.replies.send(refusal.to_string());
    }

    /// Goes on from a pause that the debugger was not shown.
    fn leave_the_runtime(&self) {
        if let Some(way_out) = self.shown.take_way_out() {
            self.call(way_out.method());
        }
    }

    /// Calls V8 without the debugger's knowledge.
    fn call(&self, method: &str) {
        let call = json!({ "id": OWN_CALL, "method": method });
        self.dispatch(&call.to_string());
    }

    fn dispatch(&self, text: &str) {
        if text.is_ascii() {
            self.v8.dispatch_protocol_message(StringView::from(text.as_bytes()));
        } else {
            let text: Vec<u16> = text.encode_utf16().collect();
            self.v8.dispatch_protocol_message(StringView::from(&text[..]));
        }
    }
}

impl V8InspectorClientImpl for Client {
    fn run_message_loop_on_pause(&self, _contexts: i32) {
        self.0.stand_still();
    }

    fn quit_message_loop_on_pause(&self) {
        self.0.is_paused.set(false);
    }

    fn run_if_waiting_for_debugger(&self, _contexts: i32) {
        self.0.may_start.set(true);
    }

    fn ensure_default_context_in_group(&self, _contexts: i32) -> Option<v8::Local<'_, v8::Context>> {
        // SAFETY: V8 calls this inside of the isolate that `attach` was given.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(self.0.isolate) };
        let isolate = &mut isolate;
        v8::callback_scope!(unsafe scope, isolate);
        let context = v8::Local::new(scope, &self.0.context);
        // SAFETY: a callback scope opens no scope of handles, so this one belongs to the caller's, which
        // outlives the call.
        Some(unsafe { context.extend_lifetime_unchecked() })
    }

    fn resource_name_to_url(&self, name: &StringView<'_>) -> Option<v8::UniquePtr<StringBuffer>> {
        let url = self.0.urls.get(&name.to_string())?;
        Some(StringBuffer::create(StringView::from(url.as_bytes())))
    }
}

impl ChannelImpl for Replies {
    fn send_response(&self, call: i32, message: v8::UniquePtr<StringBuffer>) {
        if call != OWN_CALL {
            self.send(text(&message));
        }
    }

    fn send_notification(&self, message: v8::UniquePtr<StringBuffer>) {
        if let Some(message) = self.shown.of(text(&message)) {
            self.send(message);
        }
    }

    fn flush_protocol_notifications(&self) {}
}

impl Replies {
    fn send(&self, message: String) {
        // A debugger that has gone needs no answer.
        let _ = self.to.send(message);
    }
}

fn text(message: &v8::UniquePtr<StringBuffer>) -> String {
    message.as_ref().map(|message| message.string().to_string()).unwrap_or_default()
}

/// The interrupt with which a letter announces itself; it runs on the isolate's thread, amid its JavaScript.
pub(super) unsafe extern "C" fn read_letters(isolate: v8::UnsafeRawIsolatePtr, _data: *mut c_void) {
    // SAFETY: V8 passes the isolate that was interrupted, on its thread.
    let isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(isolate) };
    let state = isolate.get_slot::<Rc<IsolateState>>().cloned();
    if let Some(debugger) = state.and_then(|state| state.debugger())
        && debugger.desk.is_interruptible()
    {
        debugger.read_letters();
    }
}

//! The Rust side of one execution: api calls, console, timers; `fetch` is in `fetch.rs`.

use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::rc::Weak;
use std::sync::Arc;

use deno_core::OpState;
use deno_core::ResourceId;
use deno_core::futures::future::LocalBoxFuture;
use deno_core::v8;
use deno_error::JsErrorBox;
use serde_json::Map;
use serde_json::Value;
use tokio::runtime::Handle;

use crate::compression::Compressions;
use crate::egress::Egress;
use crate::execution::LogLevel;
use crate::execution::Pending;
use crate::execution::Unit;
use crate::fetch::EndOnDrop;
use crate::fetch::Fetches;
use crate::inspector::Debugger;
use crate::invocation::Answer;
use crate::invocation::ApiError;
use crate::invocation::ApiHandler;
use crate::invocation::ErrorClass;
use crate::memory::Memory;
use crate::natives::NativeParts;
use crate::natives::dns;
use crate::ops::FetchHead;
use crate::ops::FetchStart;
use crate::ops::FetchStarted;
use crate::ops::Host;
use crate::ops::NativeAnswer;
use crate::running::Kill;
use crate::running::Running;

/// What the ops of one execution work on. Lives on the isolate's thread.
pub(crate) struct ScriptHost {
    running: Arc<Running>,
    memory: Arc<Memory>,
    io: Handle,
    egress: Egress,
    api: RefCell<Option<Box<dyn ApiHandler>>>,
    /// Calls that take time, by the number that the script waits on.
    calls: RefCell<HashMap<u32, EndOnDrop<Later>>>,
    next_call: Cell<u32>,
    calls_under_way: Rc<Cell<usize>>,
    timers: Cell<u32>,
    uncaught: RefCell<Option<v8::Global<v8::Value>>>,
    fetches: Rc<Fetches>,
    compressions: Compressions,
    natives: NativeParts,
    /// Weak, because the isolate keeps this until after the debugger is gone.
    debugger: OnceCell<Weak<Debugger>>,
}

/// More than any method takes; bounds what a call with a spread of holes costs.
const ARGUMENTS_MAX: usize = 64;

type Later = Result<Option<Value>, ApiError>;

impl ScriptHost {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>, egress: Egress, io: Handle) -> Self {
        Self {
            compressions: Compressions::new(Arc::clone(&running), Arc::clone(&memory)),
            fetches: Rc::new(Fetches::new(Arc::clone(&running), egress.clone(), io.clone())),
            egress,
            natives: NativeParts::new(Arc::clone(&running), Arc::clone(&memory)),
            running,
            memory,
            io,
            api: RefCell::default(),
            calls: RefCell::default(),
            next_call: Cell::new(0),
            calls_under_way: Rc::default(),
            timers: Cell::new(0),
            uncaught: RefCell::default(),
            debugger: OnceCell::new(),
        }
    }

    pub(crate) fn set_debugger(&self, debugger: &Rc<Debugger>) {
        let _ = self.debugger.set(Rc::downgrade(debugger));
    }

    pub(crate) fn set_api(&self, api: Box<dyn ApiHandler>) {
        *self.api.borrow_mut() = Some(api);
    }

    /// The first error that a callback without a caller threw.
    pub(crate) fn take_uncaught(&self) -> Option<v8::Global<v8::Value>> {
        self.uncaught.borrow_mut().take()
    }

    /// Writes down what is still under way.
    pub(crate) fn note_pending(&self) {
        self.running.output().pending = Pending {
            timers: self.timers.get() as usize,
            fetches: self.fetches.under_way(),
            calls: self.calls_under_way.get(),
        };
    }

    /// Counts a call; the text to give back where it was one too many.
    fn count_call(&self) -> Option<String> {
        let limit = self.running.limits.calls;
        let calls = {
            let mut output = self.running.output();
            output.calls += 1;
            output.calls
        };
        (calls > limit).then(|| self.end(Kill::OutputLimit { limit, used: calls, unit: Unit::Calls }))
    }

    /// Keeps a command within the limits.
    fn record(&self, command: crate::execution::Command, bytes: usize) -> Option<String> {
        let limits = &self.running.limits;
        let mut output = self.running.output();
        output.command_bytes += bytes;
        let (count, bytes) = (output.commands.len() + 1, output.command_bytes);
        if count > limits.commands {
            drop(output);
            return Some(self.end(Kill::OutputLimit {
                limit: limits.commands,
                used: count,
                unit: Unit::Commands,
            }));
        }
        if bytes > limits.command_bytes {
            drop(output);
            return Some(self.end(Kill::OutputLimit {
                limit: limits.command_bytes,
                used: bytes,
                unit: Unit::Bytes,
            }));
        }
        output.commands.push(command);
        None
    }

    fn end(&self, kill: Kill) -> String {
        self.running.kill(kill);
        "x".to_owned()
    }

    fn wait_for(
        &self,
        future: impl Future<Output = Result<Option<Value>, ApiError>> + Send + 'static,
    ) -> String {
        let call = self.next_call.get();
        self.next_call.set(call.wrapping_add(1));
        self.calls_under_way.set(self.calls_under_way.get() + 1);
        self.calls.borrow_mut().insert(call, EndOnDrop(self.io.spawn(future)));
        format!("p{call}")
    }
}

impl Host for ScriptHost {
    fn call(&self, method: u32, args: &str) -> String {
        if let Some(ended) = self.count_call() {
            return ended;
        }
        let limit = self.running.limits.call_bytes;
        if args.len() > limit {
            let message = format!("the arguments take {} bytes as JSON, more than {limit}", args.len());
            return throw(&ApiError { class: ErrorClass::RangeError, message });
        }
        let parsed = match parse_arguments(args) {
            Ok(parsed) => parsed,
            Err(error) => return throw(&error),
        };
        let answer = self.running.contain("the host's side of this call", || {
            self.api.borrow_mut().as_mut().map(|api| api.call(method as usize, parsed))
        });
        match answer {
            Some(Some(Answer::Record(command, changes))) => match self.record(command, args.len()) {
                Some(ended) => ended,
                None if changes.is_empty() => String::new(),
                // The changes are our own type; writing them as JSON cannot fail.
                None => format!("c{}", serde_json::to_string(&changes).unwrap_or_else(|_| "[]".to_owned())),
            },
            Some(Some(Answer::Value(value))) => encode(value.as_ref()),
            Some(Some(Answer::Later(future))) => self.wait_for(future),
            Some(Some(Answer::Throw(error))) => throw(&error),
            Some(Some(Answer::Abort(message))) => self.end(Kill::Aborted { message }),
            Some(None) => throw(&ApiError::error("the api is closed")),
            None => "x".to_owned(),
        }
    }

    fn answer(&self, call: u32) -> LocalBoxFuture<'static, String> {
        let later = self.calls.borrow_mut().remove(&call);
        let under_way = Rc::clone(&self.calls_under_way);
        Box::pin(async move {
            let Some(mut later) = later else {
                return throw(&ApiError::error("this call has been answered already"));
            };
            let answer = (&mut later.0).await.ok();
            under_way.set(under_way.get().saturating_sub(1));
            match answer {
                Some(Ok(value)) => encode(value.as_ref()),
                Some(Err(error)) => throw(&error),
                None => throw(&ApiError::error("the host's side of this call failed")),
            }
        })
    }

    fn log(&self, level: u8, message: &str, chars: u32) {
        let running = &self.running;
        let mut output = running.output();
        let kept = output.log.add(
            &running.limits,
            &running.redactor,
            running.started(),
            LogLevel::from_number(level),
            message,
            chars as usize,
        );
        if let Some(line) = kept
            && let Some(debugger) = self.debugger.get().and_then(Weak::upgrade)
        {
            debugger.log(line);
        }
    }

    fn uncaught(&self, scope: &mut v8::PinScope<'_, '_>, error: v8::Local<'_, v8::Value>) {
        let mut uncaught = self.uncaught.borrow_mut();
        if uncaught.is_none() {
            *uncaught = Some(v8::Global::new(scope, error));
        }
    }

    fn timers(&self, waiting: u32) {
        self.timers.set(waiting);
    }

    fn charge_buffers(&self, bytes: f64) -> bool {
        // What is no size in range is refused by V8 itself, with its own error.
        bytes.is_nan() || self.memory.charge(bytes.clamp(0.0, 9e15) as usize)
    }

    fn compression_open(&self, format: &str, decompresses: bool) -> Result<u32, JsErrorBox> {
        self.compressions.open(format, decompresses)
    }

    fn compression_write(&self, stream: u32, bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        self.compressions.write(stream, bytes)
    }

    fn compression_finish(&self, stream: u32, reports_errors: bool) -> Result<Vec<u8>, JsErrorBox> {
        self.compressions.finish(stream, reports_errors)
    }

    fn native(&self, part: &str, request: &str, data: [&[u8]; 3]) -> NativeAnswer {
        match part {
            // Its answers take time, as those of the host do.
            dns::PART => NativeAnswer::Text(match dns::look_up(&self.running, &self.egress, request) {
                Ok(answer) => self.wait_for(answer),
                Err(error) => throw(&error),
            }),
            _ => self.natives.answer(part, request, data),
        }
    }

    fn fetch(&self, state: &mut OpState, request: FetchStart) -> Result<FetchStarted, JsErrorBox> {
        self.fetches.start(state, request)
    }

    fn fetch_send(
        &self,
        state: Rc<RefCell<OpState>>,
        request: ResourceId,
    ) -> LocalBoxFuture<'static, Result<FetchHead, JsErrorBox>> {
        Rc::clone(&self.fetches).send(state, request)
    }
}

/// The arguments by position, from the object that `30_api.js` writes.
fn parse_arguments(text: &str) -> Result<Vec<Option<Value>>, ApiError> {
    let by_position: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        let why = match error.classify() {
            serde_json::error::Category::Syntax if error.to_string().contains("recursion") => {
                "the arguments are nested too deeply".to_owned()
            }
            _ => format!("the arguments cannot be sent: {error}"),
        };
        ApiError::type_error(why)
    })?;
    let mut arguments = Vec::with_capacity(by_position.len());
    for (position, value) in by_position {
        let position: usize =
            position.parse().map_err(|_| ApiError::type_error("the arguments cannot be sent"))?;
        if position >= ARGUMENTS_MAX {
            return Err(ApiError::type_error(format!("more than {ARGUMENTS_MAX} arguments were given")));
        }
        arguments.resize(arguments.len().max(position + 1), None);
        arguments[position] = Some(value);
    }
    Ok(arguments)
}

fn encode(value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("v{value}"),
        None => "u".to_owned(),
    }
}

fn throw(error: &ApiError) -> String {
    format!("e{}{}", error.class as u8, error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_their_places() {
        let parsed = parse_arguments(r#"{"0":1,"2":null}"#).unwrap();
        assert_eq!(parsed, [Some(Value::from(1)), None, Some(Value::Null)]);
    }

    #[test]
    fn deep_arguments_and_lone_surrogates_are_refused() {
        let deep = format!(r#"{{"0":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(parse_arguments(&deep).unwrap_err().message, "the arguments are nested too deeply");
        let lone = parse_arguments(r#"{"0":"\ud800"}"#).unwrap_err().message;
        assert!(lone.starts_with("the arguments cannot be sent:"), "{lone}");
    }
}

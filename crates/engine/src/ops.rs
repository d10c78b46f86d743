//! The ops: everything that JavaScript of the isolate can ask of Rust, in one declaration.
//!
//! The build script compiles this file too, because a snapshot refers to ops by their position. So
//! the ops are only shells; the work is done by the [`Host`] of the execution, which the engine puts
//! into the op state and the build script never does.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use deno_core::Extension;
use deno_core::OpDecl;
use deno_core::OpState;
use deno_core::ResourceId;
use deno_core::ToV8;
use deno_core::convert::ByteString;
use deno_core::convert::Uint8Array;
use deno_core::futures::future::LocalBoxFuture;
use deno_core::op2;
use deno_core::v8;
use deno_error::JsErrorBox;

/// The Rust side of one execution, as the ops see it.
pub(crate) trait Host {
    /// Answers a call of an api method, in the encoding that `30_api.js` reads.
    fn call(&self, method: u32, args: &str) -> String;
    /// Waits for the answer to a call that takes time.
    fn answer(&self, call: u32) -> LocalBoxFuture<'static, String>;
    /// Keeps a line of `console`.
    fn log(&self, level: u8, message: &str, chars: u32);
    /// Keeps an error that a callback without a caller threw.
    fn uncaught(&self, scope: &mut v8::PinScope<'_, '_>, error: v8::Local<'_, v8::Value>);
    /// Tells how many timers wait now.
    fn timers(&self, waiting: u32);
    /// Charges bytes of buffers that the allocator does not see; `false` when they do not fit.
    fn charge_buffers(&self, bytes: f64) -> bool;
    /// Opens a stream of the compression API; its number.
    fn compression_open(&self, format: &str, decompresses: bool) -> Result<u32, JsErrorBox>;
    /// Takes a piece in; what has come out of it.
    fn compression_write(&self, stream: u32, bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox>;
    /// Ends a stream; what comes out at the end.
    fn compression_finish(&self, stream: u32, reports_errors: bool) -> Result<Vec<u8>, JsErrorBox>;
    /// Answers what a script of `runtime-js/native` asks for.
    fn native(&self, part: &str, request: &str, data: [&[u8]; 3]) -> NativeAnswer;
    /// Starts a request; the ids are those of its resources.
    fn fetch(&self, state: &mut OpState, request: FetchStart) -> Result<FetchStarted, JsErrorBox>;
    /// Waits for the head of the response.
    fn fetch_send(
        &self,
        state: Rc<RefCell<OpState>>,
        request: ResourceId,
    ) -> LocalBoxFuture<'static, Result<FetchHead, JsErrorBox>>;
}

/// What evaluates a script by its specifier, with deno_core's `__bootstrap`; kept in a slot of the isolate.
#[derive(Clone, Copy)]
pub(crate) struct ScriptLoader(pub(crate) LoadScript);

type LoadScript = for<'s> fn(
    &mut v8::PinScope<'s, '_>,
    specifier: &str,
    bootstrap: v8::Local<'s, v8::Value>,
) -> Option<v8::Local<'s, v8::Value>>;

/// The answer of a native part.
pub(crate) enum NativeAnswer {
    /// Becomes an `ArrayBuffer`.
    Bytes(Vec<u8>),
    /// In the encoding that `24_native.js` reads.
    Text(String),
    /// An error of that encoding: what was asked for did not fit, and may once garbage is collected.
    Short(String),
}

/// A request as the JavaScript side of `fetch` hands it over.
pub(crate) struct FetchStart {
    pub method: ByteString,
    pub url: String,
    pub headers: Vec<(ByteString, ByteString)>,
    pub data: Option<Vec<u8>>,
    pub body_stream: Option<ResourceId>,
}

/// What `op_fetch` gives back, in the words of the JavaScript side.
#[derive(ToV8)]
pub(crate) struct FetchStarted {
    pub request_rid: ResourceId,
    pub cancel_handle_rid: Option<ResourceId>,
}

/// What `op_fetch_send` gives back, in the words of the JavaScript side.
#[derive(ToV8)]
pub(crate) struct FetchHead {
    pub status: u16,
    pub status_text: String,
    pub headers: Vec<(ByteString, ByteString)>,
    pub url: String,
    pub response_rid: ResourceId,
    pub content_length: Option<u64>,
    pub body_decoded: bool,
    pub error: Option<(String, String)>,
}

/// Our own ops.
pub(crate) fn vestibule() -> Extension {
    const OPS: &[OpDecl] = &[
        op_vestibule_call(),
        op_vestibule_answer(),
        op_vestibule_log(),
        op_vestibule_uncaught(),
        op_vestibule_timers(),
        op_vestibule_charge_buffers(),
        op_vestibule_load_script(),
        op_compression_new(),
        op_compression_write(),
        op_compression_finish(),
        op_vestibule_native(),
    ];
    Extension { name: "vestibule", ops: Cow::Borrowed(OPS), ..Default::default() }
}

/// The ops that the JavaScript side of `fetch` expects, under our egress policy.
pub(crate) fn fetch() -> Extension {
    const OPS: &[OpDecl] = &[op_fetch(), op_fetch_send()];
    Extension { name: "deno_fetch", ops: Cow::Borrowed(OPS), ..Default::default() }
}

fn host(state: &OpState) -> Rc<dyn Host> {
    Rc::clone(state.borrow::<Rc<dyn Host>>())
}

#[op2]
#[string]
fn op_vestibule_call(state: &mut OpState, method: u32, #[string] args: Cow<'_, str>) -> String {
    host(state).call(method, &args)
}

#[op2]
#[string]
async fn op_vestibule_answer(state: Rc<RefCell<OpState>>, call: u32) -> String {
    let host = host(&state.borrow());
    host.answer(call).await
}

#[op2(fast)]
fn op_vestibule_log(state: &mut OpState, level: u8, #[string] message: Cow<'_, str>, chars: u32) {
    host(state).log(level, &message, chars);
}

#[op2(fast)]
fn op_vestibule_uncaught(
    state: &mut OpState,
    scope: &mut v8::PinScope<'_, '_>,
    error: v8::Local<'_, v8::Value>,
) {
    host(state).uncaught(scope, error);
}

#[op2(fast)]
fn op_vestibule_timers(state: &mut OpState, waiting: u32) {
    host(state).timers(waiting);
}

#[op2(fast)]
fn op_vestibule_charge_buffers(state: &mut OpState, bytes: f64) -> bool {
    host(state).charge_buffers(bytes)
}

/// Evaluates one of the scripts that are not in the snapshot, and gives what it gives. `undefined` where there is
/// none of this name, and while the snapshot is made.
#[op2(reentrant)]
fn op_vestibule_load_script<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    #[string] specifier: Cow<'_, str>,
    bootstrap: v8::Local<'s, v8::Value>,
) -> v8::Local<'s, v8::Value> {
    let loader = scope.get_slot::<ScriptLoader>().copied();
    match loader.and_then(|loader| loader.0(scope, &specifier, bootstrap)) {
        Some(exports) => exports,
        // It may have thrown, and V8 looks at that first.
        None => v8::undefined(scope).into(),
    }
}

/// In the place of deno_web's, as the next two: by these names its JavaScript calls them.
#[op2(fast)]
fn op_compression_new(
    state: &mut OpState,
    #[string] format: &str,
    decompresses: bool,
) -> Result<u32, JsErrorBox> {
    host(state).compression_open(format, decompresses)
}

#[op2]
fn op_compression_write(
    state: &mut OpState,
    stream: u32,
    #[anybuffer] bytes: &[u8],
) -> Result<Uint8Array, JsErrorBox> {
    host(state).compression_write(stream, bytes).map(Uint8Array::from)
}

#[op2]
fn op_compression_finish(
    state: &mut OpState,
    stream: u32,
    reports_errors: bool,
) -> Result<Uint8Array, JsErrorBox> {
    host(state).compression_finish(stream, reports_errors).map(Uint8Array::from)
}

/// One op for all native parts: a further part makes no isolate larger.
#[op2]
fn op_vestibule_native<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &mut OpState,
    #[string] part: Cow<'_, str>,
    #[string] request: Cow<'_, str>,
    #[buffer] first: &[u8],
    #[buffer] second: &[u8],
    #[buffer] third: &[u8],
) -> v8::Local<'s, v8::Value> {
    let ask = || host(state).native(&part, &request, [first, second, third]);
    let mut answer = ask();
    if let NativeAnswer::Short(_) = answer {
        scope.low_memory_notification();
        answer = ask();
    }
    match answer {
        NativeAnswer::Bytes(bytes) => {
            // A copy, because only what the isolate's allocator has granted is counted at once.
            let buffer = v8::ArrayBuffer::new(scope, bytes.len());
            for (cell, byte) in buffer.get_backing_store().iter().zip(bytes) {
                cell.set(byte);
            }
            buffer.into()
        }
        NativeAnswer::Text(text) | NativeAnswer::Short(text) => match v8::String::new(scope, &text) {
            Some(text) => text.into(),
            None => v8::undefined(scope).into(),
        },
    }
}

#[op2]
#[allow(clippy::too_many_arguments, reason = "the JavaScript side of fetch calls it with these")]
fn op_fetch(
    state: &mut OpState,
    #[scoped] method: ByteString,
    #[string] url: String,
    #[scoped] headers: Vec<(ByteString, ByteString)>,
    #[smi] _client_rid: Option<u32>,
    _has_body: bool,
    data: Option<Uint8Array>,
    #[smi] resource: Option<ResourceId>,
) -> Result<FetchStarted, JsErrorBox> {
    let start =
        FetchStart { method, url, headers, data: data.map(|data| data.to_vec()), body_stream: resource };
    host(state).fetch(state, start)
}

#[op2]
async fn op_fetch_send(state: Rc<RefCell<OpState>>, #[smi] rid: ResourceId) -> Result<FetchHead, JsErrorBox> {
    let host = host(&state.borrow());
    host.fetch_send(state, rid).await
}

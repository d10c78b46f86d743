//! Errors of scripts: read with V8's own API, so that no getter, proxy or `prepareStackTrace` of the
//! script runs on the host's account, and nothing of unbounded size comes out.

use std::fmt::Write as _;
use std::rc::Rc;

use deno_core::v8;

use crate::execution::Frame;
use crate::execution::Phase;
use crate::execution::Thrown;
use crate::isolate::IsolateState;
use crate::limits::ERROR_FRAMES_MAX;
use crate::limits::ERROR_MESSAGE_CHARS_MAX;
use crate::limits::ERROR_NAME_CHARS_MAX;
use crate::limits::ERROR_STACK_CHARS_MAX;
use crate::limits::SECRET_CHARS_MAX;
use crate::log::cut;
use crate::program::Program;
use crate::redact::Redactor;
use crate::scripts::Scripts;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// How far up a prototype chain a property is looked for, and how many causes are followed.
const CHAIN_MAX: usize = 16;
const CAUSES_MAX: usize = 4;
/// A script with a longer name has no frames.
const SCRIPT_NAME_CHARS_MAX: usize = 1024;

/// Lets V8 capture enough frames, and formats `error.stack` ourselves.
pub(crate) fn install(isolate: &mut v8::OwnedIsolate) {
    isolate
        .set_capture_stack_trace_for_uncaught_exceptions(true, i32::try_from(ERROR_FRAMES_MAX).unwrap_or(32));
    isolate.set_prepare_stack_trace_callback(prepare_stack_trace);
}

/// Reads what a script threw.
pub(crate) fn read(
    scope: &mut Scope<'_, '_>,
    thrown: v8::Local<'_, v8::Value>,
    scripts: &Scripts,
    redactor: &Redactor,
    phase: Phase,
) -> Thrown {
    let Described { name, message } = describe(scope, thrown);
    let mut frames = frames(scope, thrown, scripts);
    for frame in &mut frames {
        frame.function = frame.function.take().map(|name| redactor.redact(&name));
        frame.source = frame.source.take().map(|line| redactor.redact(&line));
    }
    let causes = causes(scope, thrown).iter().map(|cause| redactor.redact(cause)).collect();
    Thrown {
        name: cut(redactor.redact(&name), ERROR_NAME_CHARS_MAX, name.chars().count()),
        message: cut(redactor.redact(&message), ERROR_MESSAGE_CHARS_MAX, message.chars().count()),
        hint: hint(&name).map(str::to_owned),
        frames,
        causes,
        phase,
    }
}

/// The way out of an error of the engine's own.
fn hint(name: &str) -> Option<&'static str> {
    // V8 itself throws it for one reason alone.
    (name == "EvalError").then_some(
        "code in a string is not compiled, also not by a package: have it write the code before the action is \
         bundled, or use one that needs none",
    )
}

/// Reads why a script does not compile: V8 has no stack for it, but a place.
pub(crate) fn read_syntax_error(
    scope: &mut Scope<'_, '_>,
    thrown: v8::Local<'_, v8::Value>,
    place: Option<Frame>,
    scripts: &Scripts,
    redactor: &Redactor,
) -> Thrown {
    let mut read = read(scope, thrown, scripts, redactor, Phase::Load);
    if let (true, Some(mut place)) = (read.frames.is_empty(), place) {
        place.source = place.source.take().map(|line| redactor.redact(&line));
        read.frames.push(place);
    }
    read
}

/// Where a program does not compile, its line quoted.
pub(crate) fn place(
    scope: &mut Scope<'_, '_>,
    position: v8::Local<'_, v8::Message>,
    program: &Program,
) -> Frame {
    let line = position.get_line_number(scope).unwrap_or(1).max(1);
    // V8 says -1 where it has no column.
    let column = position.get_start_column().checked_add(1).unwrap_or(1);
    program.locate_quoted(None, clamp(line), clamp(column))
}

/// Whether V8 has thrown this about a text.
pub(crate) fn is_syntax_error(scope: &mut Scope<'_, '_>, thrown: v8::Local<'_, v8::Value>) -> bool {
    let Ok(object) = v8::Local::<v8::Object>::try_from(thrown) else { return false };
    let class = object.get_constructor_name();
    thrown.is_native_error() && text(scope, class, ERROR_NAME_CHARS_MAX) == "SyntaxError"
}

/// The message of an error, read without running code.
pub(crate) fn message_of(scope: &mut Scope<'_, '_>, thrown: v8::Local<'_, v8::Value>) -> String {
    describe(scope, thrown).message
}

struct Described {
    name: String,
    message: String,
}

/// Name and message of an error; a description of any other value.
fn describe(scope: &mut Scope<'_, '_>, thrown: v8::Local<'_, v8::Value>) -> Described {
    let plain = |message: String| Described { name: "Error".to_owned(), message };
    if thrown.is_proxy() {
        return plain("a Proxy was thrown".to_owned());
    }
    let Ok(object) = v8::Local::<v8::Object>::try_from(thrown) else {
        return plain(format!("{} was thrown", primitive(scope, thrown)));
    };
    if thrown.is_function() {
        return plain("a function was thrown".to_owned());
    }
    let message = text_property(scope, object, "message", ERROR_MESSAGE_CHARS_MAX + SECRET_CHARS_MAX);
    if !thrown.is_native_error() && message.is_none() {
        let constructor = object.get_constructor_name();
        let name = text(scope, constructor, ERROR_NAME_CHARS_MAX);
        return plain(format!("an object of class {name} was thrown"));
    }
    let name = text_property(scope, object, "name", ERROR_NAME_CHARS_MAX + SECRET_CHARS_MAX)
        .filter(|name| !name.is_empty());
    Described { name: name.unwrap_or_else(|| "Error".to_owned()), message: message.unwrap_or_default() }
}

fn primitive(scope: &mut Scope<'_, '_>, value: v8::Local<'_, v8::Value>) -> String {
    if value.is_symbol() {
        return "a symbol".to_owned();
    }
    // The remaining primitives have no code of the script behind their text.
    match value.to_string(scope) {
        Some(string) if value.is_string() => format!("the string {:?}", text(scope, string, 200)),
        Some(string) => text(scope, string, 200),
        None => "a value".to_owned(),
    }
}

/// A data property that holds a string, looked for up the prototype chain without running code.
fn text_property(
    scope: &mut Scope<'_, '_>,
    object: v8::Local<'_, v8::Object>,
    name: &str,
    chars_max: usize,
) -> Option<String> {
    let value = data_property(scope, object, name)?;
    let string = v8::Local::<v8::String>::try_from(value).ok()?;
    Some(text(scope, string, chars_max))
}

/// The value of a data property, looked for up the prototype chain without running code: a proxy
/// on the way, or a getter, ends the search.
fn data_property<'s>(
    scope: &mut Scope<'s, '_>,
    object: v8::Local<'_, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let key: v8::Local<'_, v8::Name> = v8::String::new(scope, name)?.into();
    let value_key = v8::String::new(scope, "value")?;
    let mut holder = v8::Local::new(scope, object);
    for _ in 0..CHAIN_MAX {
        if holder.is_proxy() {
            return None;
        }
        let descriptor = holder.get_own_property_descriptor(scope, key)?;
        if let Ok(descriptor) = v8::Local::<v8::Object>::try_from(descriptor) {
            // The descriptor is a fresh object of V8; its own property hides any of its prototype.
            return match descriptor.has_own_property(scope, value_key.into()) {
                Some(true) => descriptor.get(scope, value_key.into()),
                Some(false) | None => None,
            };
        }
        holder = v8::Local::<v8::Object>::try_from(holder.get_prototype(scope)?).ok()?;
    }
    None
}

fn causes(scope: &mut Scope<'_, '_>, thrown: v8::Local<'_, v8::Value>) -> Vec<String> {
    let mut causes = Vec::new();
    let mut current = v8::Local::new(scope, thrown);
    while causes.len() < CAUSES_MAX {
        let Ok(object) = v8::Local::<v8::Object>::try_from(current) else { break };
        let Some(cause) = data_property(scope, object, "cause") else { break };
        if cause.is_undefined() || cause == current {
            break;
        }
        let Described { name, message } = describe(scope, cause);
        causes.push(format!("{name}: {message}"));
        current = cause;
    }
    causes
}

/// The frames that lie in code of the action and its modules; the first one quotes its line.
fn frames(scope: &mut Scope<'_, '_>, thrown: v8::Local<'_, v8::Value>, scripts: &Scripts) -> Vec<Frame> {
    let Some(trace) = v8::Exception::get_stack_trace(scope, thrown) else { return Vec::new() };
    let count = trace.get_frame_count().min(ERROR_FRAMES_MAX);
    let mut frames = Vec::new();
    for index in 0..count {
        let Some(frame) = trace.get_frame(scope, index) else { continue };
        let Some(program) = program_of(scope, frame, scripts) else { continue };
        let (line, column) = (clamp(frame.get_line_number()), clamp(frame.get_column()));
        if !program.is_authors(line, column) {
            continue;
        }
        let function = frame
            .get_function_name(scope)
            .map(|name| text(scope, name, ERROR_NAME_CHARS_MAX))
            .filter(|name| !name.is_empty());
        frames.push(match frames.is_empty() {
            true => program.locate_quoted(function, line, column),
            false => program.locate(function, line, column),
        });
    }
    frames
}

fn program_of<'a>(
    scope: &mut Scope<'_, '_>,
    frame: v8::Local<'_, v8::StackFrame>,
    scripts: &'a Scripts,
) -> Option<&'a Program> {
    let script = frame.get_script_name(scope)?;
    scripts.program_of(&text(scope, script, SCRIPT_NAME_CHARS_MAX))
}

/// `error.stack`: the header and our own frames. Called by V8 when a script first reads the property,
/// so on the script's account; `Error.prepareStackTrace` is honoured there as V8 itself would.
fn prepare_stack_trace<'s>(
    scope: &mut Scope<'s, '_>,
    error: v8::Local<'s, v8::Value>,
    sites: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    if let Some(prepared) = prepared_by_script(scope, error, sites) {
        return prepared;
    }
    let Described { name, message } = describe(scope, error);
    let mut stack = if message.is_empty() { name } else { format!("{name}: {message}") };
    if let Some(scripts) = scripts(scope) {
        for Frame { function, file, line, column, .. } in frames(scope, error, &scripts) {
            // Writing to a string cannot fail.
            let _ = match function {
                Some(function) => write!(stack, "\n    at {function} ({file}:{line}:{column})"),
                None => write!(stack, "\n    at {file}:{line}:{column}"),
            };
        }
    }
    let end = stack.char_indices().nth(ERROR_STACK_CHARS_MAX).map_or(stack.len(), |(index, _)| index);
    match v8::String::new(scope, &stack[..end]) {
        Some(stack) => stack.into(),
        None => v8::undefined(scope).into(),
    }
}

fn prepared_by_script<'s>(
    scope: &mut Scope<'s, '_>,
    error: v8::Local<'s, v8::Value>,
    sites: v8::Local<'s, v8::Array>,
) -> Option<v8::Local<'s, v8::Value>> {
    let global = scope.get_current_context().global(scope);
    let constructor = data_property(scope, global, "Error")?;
    let constructor = v8::Local::<v8::Object>::try_from(constructor).ok()?;
    let prepare = data_property(scope, constructor, "prepareStackTrace")?;
    let prepare = v8::Local::<v8::Function>::try_from(prepare).ok()?;
    // Where it throws, the reader of `stack` gets our own format.
    v8::tc_scope!(let scope, scope);
    let sites = own_sites(scope, sites);
    prepare.call(scope, constructor.into(), &[error, sites.into()])
}

/// The call sites that lie in code of the action and its modules: a site hands out names of our files
/// and functions.
fn own_sites<'s>(scope: &mut Scope<'s, '_>, sites: v8::Local<'s, v8::Array>) -> v8::Local<'s, v8::Array> {
    let Some(scripts) = scripts(scope) else { return v8::Array::new(scope, 0) };
    let own: Vec<v8::Local<'_, v8::Value>> = (0..sites.length())
        .filter_map(|index| {
            let site = sites.get_index(scope, index)?;
            scripts.program_of(&file_of(scope, site)?).map(|_| site)
        })
        .collect();
    v8::Array::new_with_elements(scope, &own)
}

/// What this isolate keeps.
pub(crate) fn isolate_state(scope: &mut Scope<'_, '_>) -> Option<Rc<IsolateState>> {
    scope.get_slot::<Rc<IsolateState>>().cloned()
}

/// The scripts of the execution in this isolate.
pub(crate) fn scripts(scope: &mut Scope<'_, '_>) -> Option<Rc<Scripts>> {
    let state = isolate_state(scope)?;
    state.scripts.borrow().clone()
}

/// What a call site says of itself. A script that has changed this method deceives only itself.
fn file_of(scope: &mut Scope<'_, '_>, site: v8::Local<'_, v8::Value>) -> Option<String> {
    let site = v8::Local::<v8::Object>::try_from(site).ok()?;
    let name = v8::String::new(scope, "getFileName")?;
    let method = v8::Local::<v8::Function>::try_from(site.get(scope, name.into())?).ok()?;
    let file = v8::Local::<v8::String>::try_from(method.call(scope, site.into(), &[])?).ok()?;
    Some(text(scope, file, SCRIPT_NAME_CHARS_MAX))
}

/// A string of a script, cut before it is copied.
pub(crate) fn text(scope: &mut Scope<'_, '_>, string: v8::Local<'_, v8::String>, chars_max: usize) -> String {
    let length = string.length();
    if length <= chars_max {
        return string.to_rust_string_lossy(scope);
    }
    let mut units = vec![0_u16; chars_max];
    string.write_v2(scope, 0, &mut units, v8::WriteFlags::empty());
    format!("{}... {} more characters", String::from_utf16_lossy(&units), length - chars_max)
}

fn clamp(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX).max(1)
}

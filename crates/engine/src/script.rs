//! What is done with a script inside of its isolate: bind, load, call.

use std::sync::Arc;

use deno_core::v8;
use deno_core::v8::script_compiler;

use crate::code_cache::CodeCache;
use crate::code_cache::CodeCacheRefusal;
use crate::code_cache::Wrapping;
use crate::engine::EngineError;
use crate::execution::Frame;
use crate::execution::Outcome;
use crate::execution::Thrown;
use crate::imports;
use crate::imports::Found;
use crate::invocation::Invocation;
use crate::invocation::revealed_as_json;
use crate::isolate::IsolateState;
use crate::life::Stop;
use crate::modules;
use crate::modules::Failure;
use crate::program::Program;
use crate::program::ProgramKind;
use crate::running::Running;
use crate::scripts::Script;
use crate::scripts::Scripts;
use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// What a module reaches its secrets by.
pub(crate) const ACTIONS: &str = "actions";
/// Where an ES module has that from. No module is called so, because the name is missing.
pub(crate) const ACTIONS_SPECIFIER: &str = "actions:";

/// The parameters of a CommonJS script; the last one is for modules.
pub(crate) const PARAMETERS: [&str; 4] = ["exports", "require", "module", ACTIONS];
/// Characters of the name in an import that are read.
const SPECIFIER_CHARS_MAX: usize = 200;

/// A script as it is compiled.
pub(crate) struct Text<'a> {
    pub(crate) script: &'a Script,
    pub(crate) wrapping: Wrapping,
}

/// What an ES module imports, and where it says so, counted from 1.
pub(crate) struct Request {
    pub(crate) specifier: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The two arguments of a handler.
pub(crate) struct Arguments {
    event: v8::Global<v8::Value>,
    api: v8::Global<v8::Value>,
}

/// A script whose top level has run, or runs.
#[derive(Clone)]
pub(crate) enum Exports {
    CommonJs { module: v8::Global<v8::Object>, body: v8::Global<v8::Function> },
    EsModule { module: v8::Global<v8::Module> },
}

/// Makes `event` and `api`.
pub(crate) fn bind(
    scope: &mut Scope<'_, '_>,
    bind: &v8::Global<v8::Function>,
    invocation: &Invocation,
) -> Result<Arguments, Stop> {
    v8::tc_scope!(let scope, scope);
    let refused = |why: &str| Stop::Refused(EngineError::Event { why: why.to_owned() });
    let text = string(scope, &invocation.event)?;
    let Some(event) = v8::json::parse(scope, text) else {
        let why = scope.message().map(|message| {
            let message = message.get(scope);
            stack::text(scope, message, 200)
        });
        return Err(refused(why.as_deref().unwrap_or("it cannot be parsed")));
    };
    if !event.is_object() || event.is_array() {
        return Err(refused("its top level is another value"));
    }
    let secrets = string(scope, &revealed_as_json(&invocation.secrets))?;
    let shape = string(scope, &invocation.api.json)?;
    let timers = v8::Number::new(scope, invocation.limits.timers as f64);
    let call_bytes = v8::Number::new(scope, invocation.limits.call_bytes as f64);
    let undefined = v8::undefined(scope);
    let bind = v8::Local::new(scope, bind);
    // No code of the script has run yet, so this fails only when the execution is killed.
    let api = bind
        .call(
            scope,
            undefined.into(),
            &[event, secrets.into(), shape.into(), timers.into(), call_bytes.into()],
        )
        .ok_or(Stop::Killed)?;
    Ok(Arguments { event: v8::Global::new(scope, event), api: v8::Global::new(scope, api) })
}

/// Compiles the action's script and runs its top level.
pub(crate) fn load(
    scope: &mut Scope<'_, '_>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<(Exports, Option<v8::Global<v8::Promise>>), Stop> {
    match scripts.action.program.kind() {
        ProgramKind::CommonJs => Ok((load_common_js(scope, scripts, running)?, None)),
        ProgramKind::EsModule => {
            let (exports, loaded) = load_es_module(scope, scripts, running)?;
            Ok((exports, Some(loaded)))
        }
    }
}

/// Calls the handler. A value that is no promise becomes one, by the rules of `await`.
pub(crate) fn call(
    scope: &mut Scope<'_, '_>,
    exports: &Exports,
    invocation: &Invocation,
    arguments: Arguments,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<v8::Global<v8::Promise>, Stop> {
    v8::tc_scope!(let scope, scope);
    let handler = handler(scope, exports, invocation, scripts, running)?;
    let event = v8::Local::new(scope, arguments.event);
    let api = v8::Local::new(scope, arguments.api);
    let undefined = v8::undefined(scope);
    let Some(returned) = handler.call(scope, undefined.into(), &[event, api]) else {
        let exception = scope.exception();
        return Err(threw(scope, exception, scripts, running));
    };
    if let Ok(promise) = v8::Local::<v8::Promise>::try_from(returned) {
        // Looked at as it is: a script may have replaced the `then` by which it would be adopted.
        promise.mark_as_handled();
        return Ok(v8::Global::new(scope, promise));
    }
    let Some(resolver) = v8::PromiseResolver::new(scope) else { return Err(Stop::Killed) };
    let promise = resolver.get_promise(scope);
    // We look at its state ourselves, so it is never unhandled.
    promise.mark_as_handled();
    resolver.resolve(scope, returned);
    Ok(v8::Global::new(scope, promise))
}

/// V8's compiled form of all that has been compiled so far.
pub(crate) fn code_cache(scope: &mut Scope<'_, '_>, exports: &Exports) -> Option<Box<[u8]>> {
    let cache = match exports {
        Exports::CommonJs { body, .. } => v8::Local::new(scope, body).create_code_cache()?,
        Exports::EsModule { module } => {
            v8::Local::new(scope, module).get_unbound_module_script(scope).create_code_cache()?
        }
    };
    Some(Box::from(&cache[..]))
}

/// The body of a CommonJS script as a function.
pub(crate) fn compile_common_js<'s>(
    scope: &mut Scope<'s, '_>,
    text: &Text<'_>,
) -> Option<v8::Local<'s, v8::Function>> {
    let mut source = Source::new(scope, text, false)?;
    let names = parameters(scope)?;
    let names = if text.wrapping == Wrapping::Module { &names[..] } else { &names[..3] };
    let (options, reason) = (source.options(), script_compiler::NoCacheReason::NoReason);
    let body = script_compiler::compile_function(scope, &mut source.source, names, &[], options, reason);
    source.note_whether_cache_was_taken(scope, text);
    body
}

/// An ES module, not linked.
pub(crate) fn compile_es_module<'s>(
    scope: &mut Scope<'s, '_>,
    text: &Text<'_>,
) -> Option<v8::Local<'s, v8::Module>> {
    let mut source = Source::new(scope, text, true)?;
    let (options, reason) = (source.options(), script_compiler::NoCacheReason::NoReason);
    let module = script_compiler::compile_module2(scope, &mut source.source, options, reason);
    source.note_whether_cache_was_taken(scope, text);
    module
}

/// Runs the body of a CommonJS script; its `module`, or `None` when it threw.
pub(crate) fn run_common_js<'s>(
    scope: &mut Scope<'s, '_>,
    body: v8::Local<'s, v8::Function>,
    require: v8::Local<'s, v8::Function>,
    actions: Option<v8::Local<'s, v8::Object>>,
) -> Option<v8::Local<'s, v8::Object>> {
    let [exports_name, ..] = parameters(scope)?;
    let exports = v8::Object::new(scope);
    let module = v8::Object::new(scope);
    module.create_data_property(scope, exports_name.into(), exports.into())?;
    let mut arguments = vec![exports.into(), require.into(), module.into()];
    arguments.extend(actions.map(v8::Local::<v8::Value>::from));
    body.call(scope, exports.into(), &arguments)?;
    Some(module)
}

/// What an ES module imports.
pub(crate) fn requests(scope: &mut Scope<'_, '_>, module: v8::Local<'_, v8::Module>) -> Vec<Request> {
    let requests = module.get_module_requests();
    let requests = (0..requests.length()).filter_map(|index| requests.get(scope, index));
    let requests: Vec<_> =
        requests.filter_map(|one| v8::Local::<v8::ModuleRequest>::try_from(one).ok()).collect();
    let from_1 = |position: i32| u32::try_from(position).unwrap_or(0).saturating_add(1);
    requests
        .into_iter()
        .map(|request| {
            let place = module.source_offset_to_location(request.get_source_offset());
            Request {
                specifier: stack::text(scope, request.get_specifier(), SPECIFIER_CHARS_MAX),
                line: from_1(place.get_line_number()),
                column: from_1(place.get_column_number()),
            }
        })
        .collect()
}

/// [`PARAMETERS`] as V8 wants them.
fn parameters<'s>(scope: &mut Scope<'s, '_>) -> Option<[v8::Local<'s, v8::String>; 4]> {
    let [exports, require, module, actions] = PARAMETERS.map(|name| v8::String::new(scope, name));
    Some([exports?, require?, module?, actions?])
}

fn load_common_js(
    scope: &mut Scope<'_, '_>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<Exports, Stop> {
    v8::tc_scope!(let scope, scope);
    let text = Text { script: &scripts.action, wrapping: Wrapping::Action };
    let Some(body) = compile_common_js(scope, &text) else {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, scripts, running));
    };
    let require = v8::Function::new(scope, imports::require).ok_or(Stop::Killed)?;
    let Some(module) = run_common_js(scope, body, require, None) else {
        let exception = scope.exception();
        return Err(threw(scope, exception, scripts, running));
    };
    Ok(Exports::CommonJs { module: v8::Global::new(scope, module), body: v8::Global::new(scope, body) })
}

fn load_es_module(
    scope: &mut Scope<'_, '_>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<(Exports, v8::Global<v8::Promise>), Stop> {
    v8::tc_scope!(let scope, scope);
    let text = Text { script: &scripts.action, wrapping: Wrapping::Action };
    let Some(module) = compile_es_module(scope, &text) else {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, scripts, running));
    };
    prepare_imports(scope, module, scripts, running)?;
    if module.instantiate_module2(scope, imports::resolve_import, imports::refuse_source).is_none() {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, scripts, running));
    }
    let Some(evaluated) = module.evaluate(scope) else {
        let exception = scope.exception();
        return Err(threw(scope, exception, scripts, running));
    };
    let Ok(promise) = v8::Local::<v8::Promise>::try_from(evaluated) else { return Err(Stop::Killed) };
    promise.mark_as_handled();
    let exports = Exports::EsModule { module: v8::Global::new(scope, module) };
    Ok((exports, v8::Global::new(scope, promise)))
}

/// Makes ready what the action imports, before V8 links it and asks. Nothing of the modules runs unless
/// all of them are there.
fn prepare_imports(
    scope: &mut Scope<'_, '_>,
    module: v8::Local<'_, v8::Module>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<(), Stop> {
    let requests = requests(scope, module);
    let mut wanted = Vec::with_capacity(requests.len());
    for Request { specifier, line, column } in requests {
        match imports::find(scripts, &specifier) {
            Ok(found) => wanted.push(found),
            Err(message) => {
                let place = scripts.action.program.locate_quoted(None, line, column);
                let error = imports::error(scope, &message, imports::NOT_FOUND).ok_or(Stop::Killed)?;
                return Err(invalid_at(scope, error, Some(place), scripts, running));
            }
        }
    }
    for found in wanted {
        let linked = match found {
            Found::Module(module) => modules::link(scope, scripts, module),
            Found::Native(native) => native.link(scope),
        };
        linked.map_err(|failure| not_imported(scope, &failure, scripts, running))?;
    }
    Ok(())
}

/// The end of an action whose import of a module fails.
fn not_imported(
    scope: &mut Scope<'_, '_>,
    failure: &Failure,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Stop {
    match failure {
        Failure::Threw(thrown) => {
            let thrown = v8::Local::new(scope, thrown);
            threw(scope, Some(thrown), scripts, running)
        }
        Failure::Invalid(invalid) => {
            let error = v8::Local::new(scope, &invalid.error);
            invalid_at(scope, error, invalid.place.clone(), scripts, running)
        }
        Failure::Killed => Stop::Killed,
    }
}

/// Finds the handler among the exports.
fn handler<'s>(
    scope: &mut Scope<'s, '_>,
    exports: &Exports,
    invocation: &Invocation,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Result<v8::Local<'s, v8::Function>, Stop> {
    v8::tc_scope!(let scope, scope);
    let found = namespace(scope, exports).and_then(|exports| {
        let name = v8::String::new(scope, &invocation.handler)?;
        Some((exports, exports.get(scope, name.into())?))
    });
    let Some((exports, found)) = found else {
        if scope.has_caught() {
            let exception = scope.exception();
            return Err(threw(scope, exception, scripts, running));
        }
        let message = "module.exports is not an object".to_owned();
        let hint =
            format!("export the handler: exports.{} = async (event, api) => {{ ... }}", invocation.handler);
        return Err(invalid(&scripts.action.program, running, message, hint));
    };
    v8::Local::<v8::Function>::try_from(found).map_err(|_| {
        let exported = exported_names(scope, exports);
        no_handler(&scripts.action.program, running, invocation, &exported, found.is_undefined())
    })
}

fn namespace<'s>(scope: &mut Scope<'s, '_>, exports: &Exports) -> Option<v8::Local<'s, v8::Object>> {
    let namespace = match exports {
        Exports::EsModule { module } => v8::Local::new(scope, module).get_module_namespace(),
        Exports::CommonJs { module, .. } => {
            let name = v8::String::new(scope, "exports")?;
            v8::Local::new(scope, module).get(scope, name.into())?
        }
    };
    v8::Local::<v8::Object>::try_from(namespace).ok()
}

fn exported_names(scope: &mut Scope<'_, '_>, exports: v8::Local<'_, v8::Object>) -> Vec<String> {
    const SHOWN: u32 = 20;
    // A proxy would run code of the script to name its keys.
    if exports.is_proxy() {
        return Vec::new();
    }
    let Some(names) = exports.get_own_property_names(scope, v8::GetPropertyNamesArgs::default()) else {
        return Vec::new();
    };
    (0..names.length().min(SHOWN))
        .filter_map(|index| {
            let name = names.get_index(scope, index)?;
            let name = v8::Local::<v8::String>::try_from(name).ok()?;
            Some(stack::text(scope, name, 100))
        })
        .collect()
}

fn no_handler(
    program: &Program,
    running: &Arc<Running>,
    invocation: &Invocation,
    exported: &[String],
    missing: bool,
) -> Stop {
    let wanted = &invocation.handler;
    if !missing {
        let hint = format!("exports.{wanted} = async (event, api) => {{ ... }}");
        return invalid(program, running, format!("the export {wanted} is not a function"), hint);
    }
    let message = match exported {
        [] => format!("{wanted} is not exported; nothing is"),
        names => format!("{wanted} is not exported; exported are: {}", names.join(", ")),
    };
    let elsewhere = invocation.known_handlers.iter().find(|known| exported.contains(*known));
    let hint = match (elsewhere, program.kind()) {
        (Some(other), _) => format!("the action has {other}, which this call does not want"),
        (None, ProgramKind::CommonJs) => {
            format!("add to the action: exports.{wanted} = async (event, api) => {{ ... }}")
        }
        (None, ProgramKind::EsModule) => {
            format!("add to the action: export const {wanted} = async (event, api) => {{ ... }}")
        }
    };
    invalid(program, running, message, hint)
}

fn invalid(program: &Program, running: &Arc<Running>, message: String, hint: String) -> Stop {
    Stop::ended(Outcome::InvalidProgram(Thrown {
        name: "InvalidProgram".to_owned(),
        message: running.redactor.redact(&format!("{}: {message}", program.file_name())),
        hint: Some(hint),
        frames: Vec::new(),
        causes: Vec::new(),
        phase: running.phase(),
    }))
}

/// An exception of the script, as the end of its execution. Never read after a kill: what was thrown
/// then means nothing, and reading it would let the script go on.
fn threw(
    scope: &mut Scope<'_, '_>,
    exception: Option<v8::Local<'_, v8::Value>>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Stop {
    match exception {
        Some(exception) if !running.is_killed() => Stop::ended(Outcome::Threw(stack::read(
            scope,
            exception,
            scripts,
            &running.redactor,
            running.phase(),
        ))),
        _ => Stop::Killed,
    }
}

/// The end of an action that does not compile or link.
fn does_not_compile(
    scope: &mut Scope<'_, '_>,
    exception: Option<v8::Local<'_, v8::Value>>,
    position: Option<v8::Local<'_, v8::Message>>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Stop {
    let Some(exception) = exception else { return Stop::Killed };
    let place = position.map(|position| stack::place(scope, position, &scripts.action.program));
    invalid_at(scope, exception, place, scripts, running)
}

/// The end of an action whose text, or that of a module of it, cannot run.
fn invalid_at(
    scope: &mut Scope<'_, '_>,
    error: v8::Local<'_, v8::Value>,
    place: Option<Frame>,
    scripts: &Scripts,
    running: &Arc<Running>,
) -> Stop {
    if running.is_killed() {
        return Stop::Killed;
    }
    let thrown = stack::read_syntax_error(scope, error, place, scripts, &running.redactor);
    Stop::ended(Outcome::InvalidProgram(thrown))
}

/// A script as V8 compiles it.
struct Source {
    source: script_compiler::Source,
    /// V8 reads it while it compiles.
    cache: Option<Arc<CodeCache>>,
}

impl Source {
    fn new(scope: &mut Scope<'_, '_>, text: &Text<'_>, module: bool) -> Option<Self> {
        let Text { script: Script { name, program }, wrapping } = text;
        let state = stack::isolate_state(scope)?;
        let code = program.text(*wrapping).as_string(scope, &state.memory)?;
        let name = v8::String::new(scope, name)?;
        let map = source_map_url(scope, &state, program);
        let origin =
            v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, map, false, false, module, None);
        let cache = program.code_cache(*wrapping);
        let source = match &cache {
            Some(cache) => {
                let data = v8::CachedData::new(&cache.bytes);
                script_compiler::Source::new_with_cached_data(code, Some(&origin), data)
            }
            None => script_compiler::Source::new(code, Some(&origin)),
        };
        Some(Self { source, cache })
    }

    fn options(&self) -> script_compiler::CompileOptions {
        match self.cache {
            Some(_) => script_compiler::CompileOptions::ConsumeCodeCache,
            None => script_compiler::CompileOptions::NoCompileOptions,
        }
    }

    /// V8 compiles anew where it refuses a compiled form, and nobody would notice that none is ever used.
    fn note_whether_cache_was_taken(&self, scope: &mut Scope<'_, '_>, text: &Text<'_>) {
        let (Some(cache), Some(state)) = (&self.cache, stack::isolate_state(scope)) else { return };
        let is_refused = self.source.get_cached_data().is_some_and(v8::CachedData::rejected);
        if is_refused {
            text.script.program.forget_code_cache(cache);
        }
        if let Some(counts) = state.code_caches.get() {
            match is_refused {
                true => counts.count_refusal(CodeCacheRefusal::RefusedByV8),
                false => counts.count_use(),
            }
        }
    }
}

/// Where a debugger finds the author's lines.
fn source_map_url<'s>(
    scope: &mut Scope<'s, '_>,
    state: &IsolateState,
    program: &Program,
) -> Option<v8::Local<'s, v8::Value>> {
    let url = state.debugger()?.source_map_url(program)?;
    Some(string(scope, &url).ok()?.into())
}

/// A string of ours; V8 refuses only strings that are longer than any of our limits allows.
fn string<'s>(scope: &mut Scope<'s, '_>, text: &str) -> Result<v8::Local<'s, v8::String>, Stop> {
    let string = match text.is_ascii() {
        true => v8::String::new_from_one_byte(scope, text.as_bytes(), v8::NewStringType::Normal),
        false => v8::String::new(scope, text),
    };
    string.ok_or(Stop::Killed)
}

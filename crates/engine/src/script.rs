//! What is done with a script inside of its isolate: bind, load, call.

use std::sync::Arc;

use deno_core::v8;
use deno_core::v8::script_compiler;

use crate::engine::EngineError;
use crate::execution::Outcome;
use crate::execution::Thrown;
use crate::imports;
use crate::invocation::Invocation;
use crate::life::Stop;
use crate::program::Program;
use crate::program::ProgramKind;
use crate::running::Running;
use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

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
    let secrets: serde_json::Map<_, _> =
        invocation.secrets.iter().map(|(name, secret)| (name.clone(), secret.reveal().into())).collect();
    let secrets = string(scope, &serde_json::Value::Object(secrets).to_string())?;
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

/// Compiles the script and runs its top level.
pub(crate) fn load(
    scope: &mut Scope<'_, '_>,
    program: &Program,
    running: &Arc<Running>,
) -> Result<(Exports, Option<v8::Global<v8::Promise>>), Stop> {
    match program.kind() {
        ProgramKind::CommonJs => Ok((load_common_js(scope, program, running)?, None)),
        ProgramKind::EsModule => {
            let (exports, loaded) = load_es_module(scope, program, running)?;
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
    program: &Program,
    running: &Arc<Running>,
) -> Result<v8::Global<v8::Promise>, Stop> {
    v8::tc_scope!(let scope, scope);
    let handler = handler(scope, exports, invocation, program, running)?;
    let event = v8::Local::new(scope, arguments.event);
    let api = v8::Local::new(scope, arguments.api);
    let undefined = v8::undefined(scope);
    let Some(returned) = handler.call(scope, undefined.into(), &[event, api]) else {
        let exception = scope.exception();
        return Err(threw(scope, exception, program, running));
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

fn load_common_js(
    scope: &mut Scope<'_, '_>,
    program: &Program,
    running: &Arc<Running>,
) -> Result<Exports, Stop> {
    v8::tc_scope!(let scope, scope);
    let mut source = source(scope, program, false)?;
    let names = [string(scope, "exports")?, string(scope, "require")?, string(scope, "module")?];
    let options = compile_options(program);
    let reason = script_compiler::NoCacheReason::NoReason;
    let Some(body) = script_compiler::compile_function(scope, &mut source, &names, &[], options, reason)
    else {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, program, running));
    };
    let exports = v8::Object::new(scope);
    let module = v8::Object::new(scope);
    module.create_data_property(scope, names[0].into(), exports.into());
    let Some(require) = v8::Function::new(scope, imports::require) else { return Err(Stop::Killed) };
    let body_global = v8::Global::new(scope, body);
    if body.call(scope, exports.into(), &[exports.into(), require.into(), module.into()]).is_none() {
        let exception = scope.exception();
        return Err(threw(scope, exception, program, running));
    }
    Ok(Exports::CommonJs { module: v8::Global::new(scope, module), body: body_global })
}

fn load_es_module(
    scope: &mut Scope<'_, '_>,
    program: &Program,
    running: &Arc<Running>,
) -> Result<(Exports, v8::Global<v8::Promise>), Stop> {
    v8::tc_scope!(let scope, scope);
    let mut source = source(scope, program, true)?;
    let reason = script_compiler::NoCacheReason::NoReason;
    let Some(module) = script_compiler::compile_module2(scope, &mut source, compile_options(program), reason)
    else {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, program, running));
    };
    if module.instantiate_module2(scope, imports::refuse_import, imports::refuse_import).is_none() {
        let (exception, position) = (scope.exception(), scope.message());
        return Err(does_not_compile(scope, exception, position, program, running));
    }
    let Some(evaluated) = module.evaluate(scope) else {
        let exception = scope.exception();
        return Err(threw(scope, exception, program, running));
    };
    let Ok(promise) = v8::Local::<v8::Promise>::try_from(evaluated) else { return Err(Stop::Killed) };
    promise.mark_as_handled();
    let exports = Exports::EsModule { module: v8::Global::new(scope, module) };
    Ok((exports, v8::Global::new(scope, promise)))
}

/// Finds the handler among the exports.
fn handler<'s>(
    scope: &mut Scope<'s, '_>,
    exports: &Exports,
    invocation: &Invocation,
    program: &Program,
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
            return Err(threw(scope, exception, program, running));
        }
        let message = "module.exports is not an object".to_owned();
        let hint =
            format!("export the handler: exports.{} = async (event, api) => {{ ... }}", invocation.handler);
        return Err(invalid(program, running, message, hint));
    };
    v8::Local::<v8::Function>::try_from(found).map_err(|_| {
        let exported = exported_names(scope, exports);
        no_handler(program, running, invocation, &exported, found.is_undefined())
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
    program: &Program,
    running: &Arc<Running>,
) -> Stop {
    match exception {
        Some(exception) if !running.is_killed() => Stop::ended(Outcome::Threw(stack::read(
            scope,
            exception,
            program,
            &running.redactor,
            running.phase(),
        ))),
        _ => Stop::Killed,
    }
}

fn does_not_compile(
    scope: &mut Scope<'_, '_>,
    exception: Option<v8::Local<'_, v8::Value>>,
    position: Option<v8::Local<'_, v8::Message>>,
    program: &Program,
    running: &Arc<Running>,
) -> Stop {
    match exception {
        Some(exception) if !running.is_killed() => Stop::ended(Outcome::InvalidProgram(
            stack::read_syntax_error(scope, exception, position, program, &running.redactor),
        )),
        _ => Stop::Killed,
    }
}

fn source(
    scope: &mut Scope<'_, '_>,
    program: &Program,
    module: bool,
) -> Result<script_compiler::Source, Stop> {
    let code = string(scope, program.code())?;
    let name = string(scope, program.file_name())?;
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, None, false, false, module, None);
    Ok(match program.code_cache() {
        Some(cache) => {
            script_compiler::Source::new_with_cached_data(code, Some(&origin), v8::CachedData::new(cache))
        }
        None => script_compiler::Source::new(code, Some(&origin)),
    })
}

fn compile_options(program: &Program) -> script_compiler::CompileOptions {
    match program.code_cache() {
        Some(_) => script_compiler::CompileOptions::ConsumeCodeCache,
        None => script_compiler::CompileOptions::NoCompileOptions,
    }
}

/// A string of ours; V8 refuses only strings that are longer than any of our limits allows.
fn string<'s>(scope: &mut Scope<'s, '_>, text: &str) -> Result<v8::Local<'s, v8::String>, Stop> {
    let string = match text.is_ascii() {
        true => v8::String::new_from_one_byte(scope, text.as_bytes(), v8::NewStringType::Normal),
        false => v8::String::new(scope, text),
    };
    string.ok_or(Stop::Killed)
}

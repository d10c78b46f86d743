//! The modules of an execution: loaded when they are first asked for, once, on the execution's time.
//!
//! V8 must find everything in place while it links: what runs code of a module comes before or after.

use std::rc::Rc;

use deno_core::v8;

use crate::code_cache::Wrapping;
use crate::execution::Frame;
use crate::imports;
use crate::invocation::revealed_as_json;
use crate::isolate::IsolateState;
use crate::program::ProgramKind;
use crate::script;
use crate::script::Exports;
use crate::scripts::MODULE_PREFIX;
use crate::scripts::ModuleScript;
use crate::scripts::ModuleState;
use crate::scripts::Scripts;
use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// Names that an import can take from a CommonJS module; further ones are only on its default.
const NAMED_EXPORTS_MAX: u32 = 10_000;

/// A module that is there: a CommonJS module has run, an ES module is linked.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) exports: Exports,
    pub(crate) wrapping: Wrapping,
}

/// Why a module cannot be had.
#[derive(Clone)]
pub(crate) enum Failure {
    /// Its top level threw this, or we did in its place.
    Threw(v8::Global<v8::Value>),
    /// Its text cannot run.
    Invalid(Rc<Invalid>),
    /// The execution was killed.
    Killed,
}

/// Why the text of a module cannot run.
pub(crate) struct Invalid {
    /// What V8 says.
    pub(crate) error: v8::Global<v8::Value>,
    /// Where, in the words of its author.
    pub(crate) place: Option<Frame>,
    /// The same as an error whose message names the place, for whoever requires the module.
    pub(crate) thrown: v8::Global<v8::Value>,
}

impl Failure {
    /// What a script that asks for the module gets to see; `None` after a kill.
    pub(crate) fn thrown<'s>(&self, scope: &mut Scope<'s, '_>) -> Option<v8::Local<'s, v8::Value>> {
        match self {
            Self::Threw(error) => Some(v8::Local::new(scope, error)),
            Self::Invalid(invalid) => Some(v8::Local::new(scope, &invalid.thrown)),
            Self::Killed => None,
        }
    }
}

/// What `require` gives: `module.exports`, or the namespace of an ES module.
pub(crate) fn require<'s>(
    scope: &mut Scope<'s, '_>,
    scripts: &Scripts,
    module: &ModuleScript,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    match load(scope, scripts, module)?.exports {
        Exports::CommonJs { module, .. } => exports_of(scope, &module),
        Exports::EsModule { module: es_module } => {
            let es_module = v8::Local::new(scope, es_module);
            require_es_module(scope, module, es_module)
        }
    }
}

/// The module as V8 links it into a graph. A CommonJS module has run by then.
pub(crate) fn link<'s>(
    scope: &mut Scope<'s, '_>,
    scripts: &Scripts,
    module: &ModuleScript,
) -> Result<v8::Local<'s, v8::Module>, Failure> {
    match load(scope, scripts, module)?.exports {
        Exports::EsModule { module } => Ok(v8::Local::new(scope, module)),
        Exports::CommonJs { module: common_js, .. } => {
            if let Some(synthetic) = &*module.synthetic.borrow() {
                return Ok(v8::Local::new(scope, synthetic));
            }
            let exports = exports_of(scope, &common_js)?;
            let synthetic = with_exports(scope, &module.script.name, exports)?;
            module.synthetic.replace(Some(v8::Global::new(scope, synthetic)));
            Ok(synthetic)
        }
    }
}

/// An ES module that hands out the properties of a value, and the value itself as its default; linked.
pub(crate) fn with_exports<'s>(
    scope: &mut Scope<'s, '_>,
    name: &str,
    exports: v8::Local<'s, v8::Value>,
) -> Result<v8::Local<'s, v8::Module>, Failure> {
    let synthetic = attempt(scope, |scope| {
        let named = named_exports(scope, exports)?;
        synthetic(scope, name, &named)
    });
    synthetic.map_err(|caught| failure(scope, caught))
}

/// Runs a linked module's top level, where it has not run; the promise of its end.
pub(crate) fn evaluate<'s>(
    scope: &mut Scope<'s, '_>,
    module: &ModuleScript,
    linked: v8::Local<'s, v8::Module>,
) -> Result<v8::Local<'s, v8::Promise>, Failure> {
    // V8 ends the process when it is asked to evaluate what it evaluates.
    if linked.get_status() == v8::ModuleStatus::Evaluating {
        return Err(still_loading(scope, module));
    }
    let evaluated = attempt(scope, |scope| linked.evaluate(scope));
    let evaluated = evaluated.map_err(|caught| failure(scope, caught))?;
    let Ok(promise) = v8::Local::<v8::Promise>::try_from(evaluated) else { return Err(Failure::Killed) };
    // Whoever asked for the module is told.
    promise.mark_as_handled();
    if let Some(state) = scope.get_slot::<Rc<IsolateState>>().cloned() {
        state.rejections.forgive(&v8::Global::new(scope, promise));
    }
    Ok(promise)
}

/// A module that [`link`] has given before, without running anything.
pub(crate) fn ready<'s>(
    scope: &mut Scope<'s, '_>,
    module: &ModuleScript,
) -> Option<v8::Local<'s, v8::Module>> {
    let linked = match &*module.state.borrow() {
        ModuleState::Loaded(Loaded { exports: Exports::EsModule { module }, .. }) => Some(module.clone()),
        ModuleState::Loaded(_) | ModuleState::Untouched | ModuleState::UnderWay | ModuleState::Failed(_) => {
            module.synthetic.borrow().clone()
        }
    };
    Some(v8::Local::new(scope, linked?))
}

/// The exports of a linked module, as an import sees them.
pub(crate) fn namespace<'s>(scope: &mut Scope<'s, '_>, module: &ModuleScript) -> v8::Local<'s, v8::Value> {
    match ready(scope, module) {
        Some(linked) => linked.get_module_namespace(),
        None => v8::undefined(scope).into(),
    }
}

/// Has a function called when a promise has settled. A script may have changed `Promise` so that this
/// throws, or so that what comes back is none; nobody looks at that.
pub(crate) fn when_settled<'s>(
    scope: &mut Scope<'s, '_>,
    promise: v8::Local<'s, v8::Promise>,
    fulfilled: v8::Local<'s, v8::Function>,
    rejected: v8::Local<'s, v8::Function>,
) -> Result<(), Failure> {
    let registered = attempt(scope, |scope| promise.then2(scope, fulfilled, rejected).map(|_| ()));
    registered.map_err(|caught| failure(scope, caught))
}

/// An error of ours, with a code as Node's have one.
pub(crate) fn error(scope: &mut Scope<'_, '_>, message: &str, code: &str) -> Failure {
    match imports::error(scope, message, code) {
        Some(error) => Failure::Threw(v8::Global::new(scope, error)),
        None => Failure::Killed,
    }
}

/// Runs a linked ES module, where it has not run; its namespace.
fn require_es_module<'s>(
    scope: &mut Scope<'s, '_>,
    module: &ModuleScript,
    linked: v8::Local<'s, v8::Module>,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    if linked.is_graph_async() {
        let name = full_name(module);
        let message = format!(
            "{name} waits at its top level (await), so it cannot be required; use: await import('{name}')"
        );
        return Err(error(scope, &message, "ERR_REQUIRE_ASYNC_MODULE"));
    }
    let promise = evaluate(scope, module, linked)?;
    match promise.state() {
        v8::PromiseState::Fulfilled => Ok(linked.get_module_namespace()),
        v8::PromiseState::Rejected => {
            let thrown = promise.result(scope);
            Err(Failure::Threw(v8::Global::new(scope, thrown)))
        }
        // Only a killed execution leaves one in this state that does not wait.
        v8::PromiseState::Pending => Err(Failure::Killed),
    }
}

/// Loads a module, where that has not been done.
fn load(scope: &mut Scope<'_, '_>, scripts: &Scripts, module: &ModuleScript) -> Result<Loaded, Failure> {
    match &*module.state.borrow() {
        ModuleState::Loaded(loaded) => return Ok(loaded.clone()),
        ModuleState::Failed(failure) => return Err(failure.clone()),
        ModuleState::UnderWay => return Err(still_loading(scope, module)),
        ModuleState::Untouched => {}
    }
    module.state.replace(ModuleState::UnderWay);
    let loaded = match module.script.program.kind() {
        ProgramKind::CommonJs => load_common_js(scope, module),
        ProgramKind::EsModule => load_es_module(scope, scripts, module),
    };
    module.state.replace(match &loaded {
        Ok(loaded) => ModuleState::Loaded(loaded.clone()),
        Err(failure) => ModuleState::Failed(failure.clone()),
    });
    loaded
}

/// Runs the top level of a CommonJS module.
fn load_common_js(scope: &mut Scope<'_, '_>, module: &ModuleScript) -> Result<Loaded, Failure> {
    let (body, wrapping) = compile(scope, module, |scope, text| script::compile_common_js(scope, text))?;
    let common_js = attempt(scope, |scope| {
        let actions = match wrapping {
            Wrapping::Module => Some(actions(scope, module)?),
            Wrapping::Action | Wrapping::ModuleWithOwnActions => None,
        };
        let require = v8::Function::new(scope, imports::require_in_module)?;
        script::run_common_js(scope, body, require, actions)
    });
    let common_js = common_js.map_err(|caught| failure(scope, caught))?;
    let body = v8::Global::new(scope, body);
    let exports = Exports::CommonJs { module: v8::Global::new(scope, common_js), body };
    Ok(Loaded { exports, wrapping })
}

/// Compiles and links an ES module.
fn load_es_module(
    scope: &mut Scope<'_, '_>,
    scripts: &Scripts,
    module: &ModuleScript,
) -> Result<Loaded, Failure> {
    let (es_module, wrapping) = compile(scope, module, |scope, text| script::compile_es_module(scope, text))?;
    prepare_imports(scope, module, es_module)?;
    let linked = attempt(scope, |scope| {
        if wrapping == Wrapping::Module {
            scripts.linking.replace(Some(actions_module(scope, module)?));
        }
        es_module.instantiate_module2(scope, imports::resolve_in_module, imports::refuse_source)
    });
    scripts.linking.take();
    linked.map_err(|caught| does_not_compile(scope, caught, module))?;
    Ok(Loaded { exports: Exports::EsModule { module: v8::Global::new(scope, es_module) }, wrapping })
}

/// Compiles a module so that it sees `actions`, unless it declares that name itself.
fn compile<'s, 'i, T>(
    scope: &mut Scope<'s, 'i>,
    module: &ModuleScript,
    compile: impl Fn(&mut Scope<'s, 'i>, &script::Text<'_>) -> Option<T>,
) -> Result<(T, Wrapping), Failure> {
    let wrapped = |scope: &mut Scope<'s, 'i>, wrapping| {
        let text = script::Text { script: &module.script, wrapping };
        attempt(scope, |scope| Some((compile(scope, &text)?, wrapping)))
    };
    let hides_ours = Wrapping::ModuleWithOwnActions;
    let compiled = match module.script.program.code_cache(hides_ours) {
        Some(_) => wrapped(scope, hides_ours),
        None => match wrapped(scope, Wrapping::Module) {
            Err(caught) if is_declared_twice(scope, &caught) => wrapped(scope, hides_ours),
            compiled => compiled,
        },
    };
    compiled.map_err(|caught| does_not_compile(scope, caught, module))
}

/// Whether a module does not compile because it declares the name `actions`.
fn is_declared_twice(scope: &mut Scope<'_, '_>, caught: &Caught<'_>) -> bool {
    let message = caught.thrown.map(|thrown| stack::message_of(scope, thrown));
    message.is_some_and(|message| {
        message == format!("Identifier '{}' has already been declared", script::ACTIONS)
    })
}

/// Makes ready what a module imports: native parts of the engine. It requires no other module, so any
/// other import is an error.
fn prepare_imports(
    scope: &mut Scope<'_, '_>,
    module: &ModuleScript,
    es_module: v8::Local<'_, v8::Module>,
) -> Result<(), Failure> {
    for request in script::requests(scope, es_module) {
        if request.specifier == script::ACTIONS_SPECIFIER {
            continue;
        }
        match imports::find_in_module(&request.specifier) {
            Ok(native) => {
                native.link(scope)?;
            }
            Err(message) => {
                let error = imports::error(scope, &message, imports::NOT_FOUND).ok_or(Failure::Killed)?;
                let place = module.script.program.locate_quoted(None, request.line, request.column);
                return Err(invalid(scope, error, Some(place)));
            }
        }
    }
    Ok(())
}

/// What V8 has against the text of a module.
fn does_not_compile(scope: &mut Scope<'_, '_>, caught: Caught<'_>, module: &ModuleScript) -> Failure {
    let Some(thrown) = caught.thrown else { return Failure::Killed };
    if !stack::is_syntax_error(scope, thrown) {
        // The stack was full.
        return failure(scope, caught);
    }
    let program = &module.script.program;
    let place = caught.position.map(|position| stack::place(scope, position, program));
    invalid(scope, thrown, place)
}

fn invalid(scope: &mut Scope<'_, '_>, error: v8::Local<'_, v8::Value>, place: Option<Frame>) -> Failure {
    let message = stack::message_of(scope, error);
    let placed = match &place {
        Some(Frame { file, line, column, .. }) => format!("{file}:{line}:{column}: {message}"),
        None => message,
    };
    let Some(placed) = v8::String::new(scope, &placed) else { return Failure::Killed };
    let thrown = v8::Exception::syntax_error(scope, placed);
    let error = v8::Global::new(scope, error);
    Failure::Invalid(Rc::new(Invalid { error, place, thrown: v8::Global::new(scope, thrown) }))
}

/// What ended an [`attempt`]; nothing was thrown where the execution was killed.
#[derive(Default)]
pub(crate) struct Caught<'s> {
    thrown: Option<v8::Local<'s, v8::Value>>,
    position: Option<v8::Local<'s, v8::Message>>,
}

/// Does what may run code of a script, and catches what that throws, but for the end of the execution.
pub(crate) fn attempt<'s, 'i, T>(
    scope: &mut Scope<'s, 'i>,
    run: impl FnOnce(&mut Scope<'s, 'i>) -> Option<T>,
) -> Result<T, Caught<'s>> {
    v8::tc_scope!(let scope, scope);
    if let Some(done) = run(scope) {
        return Ok(done);
    }
    if scope.has_terminated() {
        scope.rethrow();
        return Err(Caught::default());
    }
    Err(Caught { thrown: scope.exception(), position: scope.message() })
}

pub(crate) fn failure(scope: &mut Scope<'_, '_>, caught: Caught<'_>) -> Failure {
    match caught.thrown {
        Some(thrown) => Failure::Threw(v8::Global::new(scope, thrown)),
        None => Failure::Killed,
    }
}

fn still_loading(scope: &mut Scope<'_, '_>, module: &ModuleScript) -> Failure {
    let message = format!("{} is asked for while it is being loaded", full_name(module));
    error(scope, &message, "ERR_REQUIRE_CYCLE_MODULE")
}

fn full_name(module: &ModuleScript) -> String {
    format!("{MODULE_PREFIX}{}", module.name)
}

/// The object `actions` of a module. As with an event's, listing it does not show the secrets.
fn actions<'s>(scope: &mut Scope<'s, '_>, module: &ModuleScript) -> Option<v8::Local<'s, v8::Object>> {
    let text = v8::String::new(scope, &revealed_as_json(&module.secrets))?;
    let secrets = v8::json::parse(scope, text)?;
    let name = v8::String::new(scope, "secrets")?;
    let actions = v8::Object::new(scope);
    actions.define_own_property(scope, name.into(), secrets, v8::PropertyAttribute::DONT_ENUM)?;
    Some(actions)
}

/// The module that an ES module imports its `actions` from.
fn actions_module(scope: &mut Scope<'_, '_>, module: &ModuleScript) -> Option<v8::Global<v8::Module>> {
    let value = actions(scope, module)?.into();
    let name = v8::String::new(scope, script::ACTIONS)?;
    let linked = synthetic(scope, script::ACTIONS_SPECIFIER, &[Named { name, value }])?;
    Some(v8::Global::new(scope, linked))
}

/// `module.exports` as it is now; reading it may run code of the module.
fn exports_of<'s>(
    scope: &mut Scope<'s, '_>,
    common_js: &v8::Global<v8::Object>,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let common_js = v8::Local::new(scope, common_js);
    let exports = attempt(scope, |scope| {
        let name = v8::String::new(scope, "exports")?;
        common_js.get(scope, name.into())
    });
    exports.map_err(|caught| failure(scope, caught))
}

/// One export of a synthetic module.
struct Named<'s> {
    name: v8::Local<'s, v8::String>,
    value: v8::Local<'s, v8::Value>,
}

/// The default export, which is `module.exports`, and its enumerable properties; one that throws when it
/// is read is `undefined`, as in Node. A proxy has a default alone: it could name anything.
fn named_exports<'s>(scope: &mut Scope<'s, '_>, exports: v8::Local<'s, v8::Value>) -> Option<Vec<Named<'s>>> {
    let default = v8::String::new(scope, "default")?;
    let mut named = vec![Named { name: default, value: exports }];
    let Ok(object) = v8::Local::<v8::Object>::try_from(exports) else { return Some(named) };
    if exports.is_proxy() {
        return Some(named);
    }
    let which = v8::GetPropertyNamesArgs {
        mode: v8::KeyCollectionMode::OwnOnly,
        property_filter: v8::PropertyFilter::ONLY_ENUMERABLE | v8::PropertyFilter::SKIP_SYMBOLS,
        index_filter: v8::IndexFilter::SkipIndices,
        key_conversion: v8::KeyConversionMode::NoNumbers,
    };
    let names = object.get_property_names(scope, which)?;
    for index in 0..names.length().min(NAMED_EXPORTS_MAX) {
        let name = names.get_index(scope, index)?;
        let Ok(name) = v8::Local::<v8::String>::try_from(name) else { continue };
        // V8 ends the process over two exports of one name.
        if name == default {
            continue;
        }
        let value = match attempt(scope, |scope| object.get(scope, name.into())) {
            Ok(value) => value,
            Err(caught) => caught.thrown.map(|_| v8::undefined(scope).into())?,
        };
        named.push(Named { name, value });
    }
    Some(named)
}

/// A module of V8's own kind that hands out these values; linked.
fn synthetic<'s>(
    scope: &mut Scope<'s, '_>,
    name: &str,
    named: &[Named<'s>],
) -> Option<v8::Local<'s, v8::Module>> {
    let name = v8::String::new(scope, name)?;
    let names: Vec<_> = named.iter().map(|one| one.name).collect();
    let module = v8::Module::create_synthetic_module(scope, name, &names, nothing_to_evaluate);
    module.instantiate_module2(scope, imports::resolve_in_module, imports::refuse_source)?;
    // The places for values exist from here on, and evaluating changes none of them.
    for one in named {
        module.set_synthetic_module_export(scope, one.name, one.value)?;
    }
    Some(module)
}

fn nothing_to_evaluate<'s>(
    context: v8::Local<'s, v8::Context>,
    _module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    // SAFETY: V8 calls this while it evaluates a module, on the isolate's thread, with this context.
    v8::callback_scope!(unsafe scope, context);
    let resolver = v8::PromiseResolver::new(scope)?;
    let undefined = v8::undefined(scope);
    resolver.resolve(scope, undefined.into());
    Some(resolver.get_promise(scope).into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::Instant;

    use super::*;
    use crate::egress::Egress;
    use crate::engine::Engine;
    use crate::execution::Outcome;
    use crate::invocation::Invocation;
    use crate::invocation::Module;
    use crate::invocation::NoApi;
    use crate::limits::EngineLimits;
    use crate::program::Program;

    fn program(file_name: &str, code: &str, kind: ProgramKind) -> Program {
        Program::new(file_name, code, kind).unwrap()
    }

    #[test]
    fn compiled_forms_are_kept_by_what_stands_around_the_text() {
        let engine = Engine::start(EngineLimits { threads: 1, ..EngineLimits::default() }).unwrap();
        let (common_js, es_module) = (ProgramKind::CommonJs, ProgramKind::EsModule);
        let code =
            "exports.h = () => { for (const name of ['a', 'b', 'own']) require(`actions:${name}`).x(); };";
        let action = program("action.js", code, common_js);
        let wanted = [
            ("a", program("a.js", "exports.x = () => actions.secrets;", common_js), Some(Wrapping::Module)),
            (
                "b",
                program("b.mjs", "export const x = () => actions.secrets;", es_module),
                Some(Wrapping::Module),
            ),
            (
                "own",
                program("own.mjs", "const actions = 1; export const x = () => actions;", es_module),
                Some(Wrapping::ModuleWithOwnActions),
            ),
            ("never", program("never.js", "", common_js), None),
        ];
        let modules: Vec<Module> = wanted
            .iter()
            .map(|(name, program, _)| Module {
                name: (*name).to_owned(),
                program: program.clone(),
                secrets: Vec::new(),
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // The second time what the first has left is used; a debug build stops where V8 refuses it.
        for _ in 0..2 {
            let invocation = Invocation { modules: modules.clone(), ..Invocation::new("h", "{}") };
            let execution = engine.execute(&action, invocation, Box::new(NoApi), Egress::none());
            assert_eq!(runtime.block_on(execution).unwrap().outcome, Outcome::Completed);
            // They are kept after the answer has left.
            let patience = Instant::now() + Duration::from_secs(20);
            while !wanted[..3].iter().all(|(_, program, _)| program.any_code_cache().is_some()) {
                assert!(Instant::now() < patience, "no compiled form is kept");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        for (name, program, wrapping) in wanted {
            for one in [Wrapping::Action, Wrapping::Module, Wrapping::ModuleWithOwnActions] {
                assert_eq!(program.code_cache(one).is_some(), wrapping == Some(one), "{name} {one:?}");
            }
        }
        assert!(action.code_cache(Wrapping::Action).is_some());
    }
}

//! What V8 asks for by name: `require`, `import` and `import()` find the modules of the execution and the
//! native parts of the engine, and nothing else.

use deno_core::v8;
use strsim::levenshtein;

use crate::modules;
use crate::modules::Failure;
use crate::natives;
use crate::natives::Native;
use crate::scripts::MODULE_PREFIX;
use crate::scripts::ModuleScript;
use crate::scripts::Scripts;
use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// Node's code for a name that leads nowhere.
pub(crate) const NOT_FOUND: &str = "MODULE_NOT_FOUND";
/// Characters of a name that are read; no module has a longer one.
const NAME_CHARS_MAX: usize = 200;
/// Modules that a message lists.
const LISTED_MAX: usize = 20;

/// Takes deno_core's place as the one whom V8 asks for modules at run time.
pub(crate) fn install(isolate: &mut v8::OwnedIsolate) {
    isolate.set_host_import_module_dynamically_callback(import);
    isolate.set_host_import_module_with_phase_dynamically_callback(import_in_phase);
}

/// What a name leads to.
pub(crate) enum Found<'a> {
    Module(&'a ModuleScript),
    Native(Native),
}

/// What an action asks for; else what to tell it.
pub(crate) fn find<'a>(scripts: &'a Scripts, specifier: &str) -> Result<Found<'a>, String> {
    if specifier.starts_with(natives::PREFIX) {
        return find_native(specifier).map(Found::Native);
    }
    let name = specifier.strip_prefix(MODULE_PREFIX);
    let found = name.and_then(|name| scripts.modules.iter().find(|module| module.name == name));
    found.map(Found::Module).ok_or_else(|| not_found(&scripts.modules, specifier))
}

/// What a module asks for, which can only be a native part; else what to tell it.
pub(crate) fn find_in_module(specifier: &str) -> Result<Native, String> {
    if specifier.starts_with(natives::PREFIX) {
        return find_native(specifier);
    }
    Err(match specifier.starts_with(MODULE_PREFIX) {
        true => {
            format!("Cannot find module '{specifier}' from here: a module may not require another module")
        }
        false => format!("Cannot find module '{specifier}': a module must be self-contained"),
    })
}

fn find_native(specifier: &str) -> Result<Native, String> {
    Native::find(specifier).ok_or_else(|| {
        let names: Vec<String> = Native::names().map(|name| format!("'{}{name}'", natives::PREFIX)).collect();
        format!("Cannot find module '{specifier}': the engine's own are {}", names.join(", "))
    })
}

/// An error with a code, as Node's have one.
pub(crate) fn error<'s>(
    scope: &mut Scope<'s, '_>,
    message: &str,
    code: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let message = v8::String::new(scope, message)?;
    let error = v8::Exception::error(scope, message);
    let object = v8::Local::<v8::Object>::try_from(error).ok()?;
    let name = v8::String::new(scope, "code")?;
    let value = v8::String::new(scope, code)?;
    object.create_data_property(scope, name.into(), value.into())?;
    Some(error)
}

/// `require` of a CommonJS action.
pub(crate) fn require(
    scope: &mut Scope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut returned: v8::ReturnValue<'_, v8::Value>,
) {
    let (Some(scripts), Some(specifier)) = (stack::scripts(scope), required_name(scope, &arguments)) else {
        return;
    };
    let exports = match find(&scripts, &specifier) {
        Ok(Found::Module(module)) => modules::require(scope, &scripts, module),
        Ok(Found::Native(native)) => native.exports(scope),
        Err(message) => Err(modules::error(scope, &message, NOT_FOUND)),
    };
    match exports {
        Ok(exports) => returned.set(exports),
        Err(failure) => throw(scope, &failure),
    }
}

/// `require` of a CommonJS module.
pub(crate) fn require_in_module(
    scope: &mut Scope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut returned: v8::ReturnValue<'_, v8::Value>,
) {
    let Some(specifier) = required_name(scope, &arguments) else { return };
    let exports = match find_in_module(&specifier) {
        Ok(native) => native.exports(scope),
        Err(message) => Err(modules::error(scope, &message, NOT_FOUND)),
    };
    match exports {
        Ok(exports) => returned.set(exports),
        Err(failure) => throw(scope, &failure),
    }
}

/// `import … from` of an ES module action. Its modules have been made ready; no code runs here.
pub(crate) fn resolve_import<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    _referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    // SAFETY: V8 calls this while it links a module, on the isolate's thread, with this context.
    v8::callback_scope!(unsafe scope, context);
    let scripts = stack::scripts(scope)?;
    let specifier = stack::text(scope, specifier, NAME_CHARS_MAX);
    let ready = match find(&scripts, &specifier) {
        Ok(Found::Module(module)) => modules::ready(scope, module),
        Ok(Found::Native(native)) => native.ready(scope),
        Err(_) => None,
    };
    if ready.is_none() {
        let failure = modules::error(scope, &not_found(&scripts.modules, &specifier), NOT_FOUND);
        throw(scope, &failure);
    }
    ready
}

/// An import of an ES module: a native part, which has been made ready, or `actions`, which we have put
/// there. Others have been refused.
pub(crate) fn resolve_in_module<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    _referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    // SAFETY: V8 calls this while it links a module, on the isolate's thread, with this context.
    v8::callback_scope!(unsafe scope, context);
    let specifier = stack::text(scope, specifier, NAME_CHARS_MAX);
    if let Some(native) = Native::find(&specifier) {
        return native.ready(scope);
    }
    let actions = stack::scripts(scope)?.linking.borrow().clone()?;
    Some(v8::Local::new(scope, actions))
}

/// `import source … from`, which there is only for WebAssembly.
pub(crate) fn refuse_source<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    _referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Object>> {
    // SAFETY: V8 calls this while it links a module, on the isolate's thread, with this context.
    v8::callback_scope!(unsafe scope, context);
    let specifier = stack::text(scope, specifier, NAME_CHARS_MAX);
    let failure = modules::error(scope, &no_phase(&specifier), NOT_FOUND);
    throw(scope, &failure);
    None
}

/// `import()`. As everywhere, the module runs after the code that asks for it.
fn import<'s>(
    scope: &mut Scope<'s, '_>,
    _options: v8::Local<'s, v8::Data>,
    importer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let scripts = stack::scripts(scope)?;
    let resolver = v8::PromiseResolver::new(scope)?;
    let specifier = stack::text(scope, specifier, NAME_CHARS_MAX);
    let importer = v8::Local::<v8::String>::try_from(importer).ok();
    let importer = importer.map(|name| stack::text(scope, name, 1024));
    let is_action = importer.is_some_and(|importer| importer == scripts.action.name);
    let found = match is_action {
        true => find(&scripts, &specifier),
        false => find_in_module(&specifier).map(Found::Native),
    };
    match found {
        Ok(Found::Native(native)) => match native.link(scope) {
            Ok(linked) => {
                let namespace = linked.get_module_namespace();
                resolver.resolve(scope, namespace);
            }
            Err(failure) => {
                let error = failure.thrown(scope)?;
                resolver.reject(scope, error);
            }
        },
        Ok(Found::Module(module)) => {
            let index = scripts.modules.iter().position(|other| std::ptr::eq(other, module))?;
            let data = Import { index, resolver }.to_value(scope);
            let later = v8::Function::builder(import_now).data(data).build(scope)?;
            scope.enqueue_microtask(later);
        }
        Err(message) => {
            let error = error(scope, &message, NOT_FOUND)?;
            resolver.reject(scope, error);
        }
    }
    Some(resolver.get_promise(scope))
}

/// `import()`, which V8 asks for with a phase since there are such, and `import.source()`.
fn import_in_phase<'s>(
    scope: &mut Scope<'s, '_>,
    options: v8::Local<'s, v8::Data>,
    importer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    phase: v8::ModuleImportPhase,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    match phase {
        v8::ModuleImportPhase::kEvaluation => import(scope, options, importer, specifier, attributes),
        v8::ModuleImportPhase::kSource | v8::ModuleImportPhase::kDefer => {
            let specifier = stack::text(scope, specifier, NAME_CHARS_MAX);
            let error = error(scope, &no_phase(&specifier), NOT_FOUND)?;
            let resolver = v8::PromiseResolver::new(scope)?;
            resolver.reject(scope, error);
            Some(resolver.get_promise(scope))
        }
    }
}

/// An `import()` under way.
struct Import<'s> {
    index: usize,
    resolver: v8::Local<'s, v8::PromiseResolver>,
}

impl<'s> Import<'s> {
    /// As a value that V8's callbacks carry.
    fn to_value(&self, scope: &mut Scope<'s, '_>) -> v8::Local<'s, v8::Value> {
        let index = v8::Number::new(scope, self.index as f64);
        v8::Array::new_with_elements(scope, &[index.into(), self.resolver.into()]).into()
    }

    /// From a value that [`to_value`](Self::to_value) has made. No script ever holds it.
    fn from_value(scope: &mut Scope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Option<Self> {
        let parts = v8::Local::<v8::Array>::try_from(value).ok()?;
        let index = parts.get_index(scope, 0)?.uint32_value(scope)? as usize;
        let resolver = parts.get_index(scope, 1)?;
        // SAFETY: `to_value` has put a resolver there, and no script can reach the array.
        let resolver = unsafe { v8::Local::<v8::PromiseResolver>::cast_unchecked(resolver) };
        Some(Self { index, resolver })
    }

    fn settle(self, scope: &mut Scope<'s, '_>, outcome: Result<v8::Local<'s, v8::Value>, Failure>) {
        match outcome {
            Ok(namespace) => {
                self.resolver.resolve(scope, namespace);
            }
            Err(failure) => {
                if let Some(error) = failure.thrown(scope) {
                    self.resolver.reject(scope, error);
                }
            }
        }
    }
}

/// Loads what an `import()` asked for.
fn import_now<'s>(
    scope: &mut Scope<'s, '_>,
    arguments: v8::FunctionCallbackArguments<'s>,
    _returned: v8::ReturnValue<'s, v8::Value>,
) {
    let (Some(scripts), Some(import)) = (stack::scripts(scope), Import::from_value(scope, arguments.data()))
    else {
        return;
    };
    let Some(module) = scripts.modules.get(import.index) else { return };
    let evaluated =
        modules::link(scope, &scripts, module).and_then(|linked| modules::evaluate(scope, module, linked));
    let promise = match evaluated {
        Ok(promise) => promise,
        Err(failure) => return import.settle(scope, Err(failure)),
    };
    match promise.state() {
        v8::PromiseState::Fulfilled => {
            let namespace = modules::namespace(scope, module);
            import.settle(scope, Ok(namespace));
        }
        v8::PromiseState::Rejected => {
            let thrown = promise.result(scope);
            let failure = Failure::Threw(v8::Global::new(scope, thrown));
            import.settle(scope, Err(failure));
        }
        v8::PromiseState::Pending => {
            let data = import.to_value(scope);
            let fulfilled = v8::Function::builder(import_fulfilled).data(data).build(scope);
            let rejected = v8::Function::builder(import_rejected).data(data).build(scope);
            if let (Some(fulfilled), Some(rejected)) = (fulfilled, rejected)
                && let Err(failure) = modules::when_settled(scope, promise, fulfilled, rejected)
            {
                import.settle(scope, Err(failure));
            }
        }
    }
}

fn import_fulfilled<'s>(
    scope: &mut Scope<'s, '_>,
    arguments: v8::FunctionCallbackArguments<'s>,
    _returned: v8::ReturnValue<'s, v8::Value>,
) {
    let (Some(scripts), Some(import)) = (stack::scripts(scope), Import::from_value(scope, arguments.data()))
    else {
        return;
    };
    let Some(module) = scripts.modules.get(import.index) else { return };
    let namespace = modules::namespace(scope, module);
    import.settle(scope, Ok(namespace));
}

fn import_rejected<'s>(
    scope: &mut Scope<'s, '_>,
    arguments: v8::FunctionCallbackArguments<'s>,
    _returned: v8::ReturnValue<'s, v8::Value>,
) {
    let Some(import) = Import::from_value(scope, arguments.data()) else { return };
    let failure = Failure::Threw(v8::Global::new(scope, arguments.get(0)));
    import.settle(scope, Err(failure));
}

/// The argument of `require`; throws where it is no name.
fn required_name(scope: &mut Scope<'_, '_>, arguments: &v8::FunctionCallbackArguments<'_>) -> Option<String> {
    if let Ok(name) = v8::Local::<v8::String>::try_from(arguments.get(0)) {
        return Some(stack::text(scope, name, NAME_CHARS_MAX));
    }
    let message = v8::String::new(scope, "require takes the name of a module, which is a string")?;
    let error = v8::Exception::type_error(scope, message);
    scope.throw_exception(error);
    None
}

fn throw(scope: &mut Scope<'_, '_>, failure: &Failure) {
    if let Some(error) = failure.thrown(scope) {
        scope.throw_exception(error);
    }
}

/// Why an action does not get what it asks for, and how it would.
fn not_found(modules: &[ModuleScript], specifier: &str) -> String {
    let names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    let name = specifier.strip_prefix(MODULE_PREFIX);
    let why = match (name, names.as_slice()) {
        (None, []) => "an action must be self-contained".to_owned(),
        (Some(_), []) => "the action has no modules".to_owned(),
        (None, names) => {
            format!("an action must be self-contained, except for its modules: {}", listed(names))
        }
        (Some(_), names) => format!("the action's modules are {}", listed(names)),
    };
    let meant = nearest(name.unwrap_or(specifier), &names);
    let meant = meant.map(|name| format!(". Did you mean '{MODULE_PREFIX}{name}'?"));
    format!("Cannot find module '{specifier}': {why}{}", meant.unwrap_or_default())
}

fn no_phase(specifier: &str) -> String {
    format!("Cannot find module '{specifier}': modules are imported without a phase such as source or defer")
}

fn listed(names: &[&str]) -> String {
    let mut listed: Vec<_> =
        names.iter().take(LISTED_MAX).map(|name| format!("'{MODULE_PREFIX}{name}'")).collect();
    if names.len() > LISTED_MAX {
        listed.push(format!("and {} more", names.len() - LISTED_MAX));
    }
    listed.join(", ")
}

/// The name that differs in no more than a third of its characters.
fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let distances = names.iter().map(|name| (levenshtein(&wanted, &name.to_lowercase()), *name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_meant() {
        let names = ["greeting", "risk-score"];
        assert_eq!(nearest("Greetin", &names), Some("greeting"));
        assert_eq!(nearest("risk_score", &names), Some("risk-score"));
        assert_eq!(nearest("lodash", &names), None);
        assert_eq!(nearest("x", &[]), None);
    }
}

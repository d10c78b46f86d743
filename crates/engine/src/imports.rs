//! An action is self-contained: `require`, `import` and `import()` find nothing, and say so.

use deno_core::v8;

use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// Takes deno_core's place as the one whom V8 asks for modules at run time.
pub(crate) fn install(isolate: &mut v8::OwnedIsolate) {
    isolate.set_host_import_module_dynamically_callback(refuse_dynamic_import);
    isolate.set_host_import_module_with_phase_dynamically_callback(refuse_phase_import);
}

/// `require` of a CommonJS action.
pub(crate) fn require(
    scope: &mut Scope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    _returned: v8::ReturnValue<'_, v8::Value>,
) {
    let name = v8::Local::<v8::String>::try_from(arguments.get(0)).ok();
    if let Some(error) = not_found(scope, name) {
        scope.throw_exception(error);
    }
}

/// `import … from` and `import source … from` of a module action.
pub(crate) fn refuse_import<'s, T>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    _referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, T>> {
    // SAFETY: V8 calls this while it links a module, on the isolate's thread, with this context.
    v8::callback_scope!(unsafe scope, context);
    let error = not_found(scope, Some(specifier))?;
    scope.throw_exception(error);
    None
}

fn refuse_dynamic_import<'s>(
    scope: &mut Scope<'s, '_>,
    _options: v8::Local<'s, v8::Data>,
    _resource: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let error = not_found(scope, Some(specifier))?;
    let resolver = v8::PromiseResolver::new(scope)?;
    resolver.reject(scope, error);
    Some(resolver.get_promise(scope))
}

fn refuse_phase_import<'s>(
    scope: &mut Scope<'s, '_>,
    options: v8::Local<'s, v8::Data>,
    resource: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    _phase: v8::ModuleImportPhase,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    refuse_dynamic_import(scope, options, resource, specifier, attributes)
}

/// The error that Node has for it, code included.
fn not_found<'s>(
    scope: &mut Scope<'s, '_>,
    name: Option<v8::Local<'_, v8::String>>,
) -> Option<v8::Local<'s, v8::Value>> {
    let name = name.map_or_else(|| "?".to_owned(), |name| stack::text(scope, name, 200));
    let message = format!("Cannot find module '{name}': an action must be self-contained");
    let message = v8::String::new(scope, &message)?;
    let error = v8::Exception::error(scope, message);
    let object = v8::Local::<v8::Object>::try_from(error).ok()?;
    let code = v8::String::new(scope, "code")?;
    let value = v8::String::new(scope, "MODULE_NOT_FOUND")?;
    object.create_data_property(scope, code.into(), value.into())?;
    Some(error)
}

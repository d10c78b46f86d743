//! The scripts of Web APIs and native parts that an isolate evaluates on first use: their sources, and V8's compiled
//! form of each, for the process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use deno_core::v8;
use deno_core::v8::script_compiler;

use crate::stack;

/// Scripts by specifier, in order of the specifier, as deno_core wants them.
pub(crate) static SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/residual.rs"));

/// How often a compiled form is made of one script, and how often it may grow. V8 compiles a function when it is
/// first called, so a form is made after an execution that has used the script, and has what that one used as well.
const ATTEMPTS_MAX: u32 = 16;
const GROWTHS_MAX: u32 = 4;

/// Compiled forms by specifier. The sources are fixed, so no more than a few dozen ever exist.
static COMPILED: Mutex<BTreeMap<&'static str, Compiled>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Default)]
struct Compiled {
    bytes: Arc<[u8]>,
    attempts: u32,
    growths: u32,
}

impl Compiled {
    fn may_grow(&self) -> bool {
        self.attempts < ATTEMPTS_MAX && self.growths < GROWTHS_MAX
    }

    /// Takes a form in place of a smaller one. V8 drops what is not used for long, so a later one may have less.
    fn try_to_grow(&mut self, bytes: &[u8]) {
        if self.may_grow() {
            self.attempts += 1;
            if bytes.len() > self.bytes.len() {
                self.growths += 1;
                self.bytes = Arc::from(bytes);
            }
        }
    }
}

/// The scripts that an isolate has evaluated and of which a better form can be made.
#[derive(Default)]
pub(crate) struct LoadedScripts(RefCell<Vec<LoadedScript>>);

struct LoadedScript {
    specifier: &'static str,
    function: v8::Global<v8::Function>,
}

/// Evaluates the script of a specifier, with deno_core's `__bootstrap` as its one parameter. `None` where there is
/// none, or where it throws.
pub(crate) fn load<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    bootstrap: v8::Local<'s, v8::Value>,
) -> Option<v8::Local<'s, v8::Value>> {
    let index = SOURCES.binary_search_by_key(&specifier, |(known, _)| known).ok()?;
    let (specifier, text) = *SOURCES.get(index)?;
    let compiled = compiled().get(specifier).cloned();
    let function = compile(scope, specifier, text, compiled.as_ref())?;
    let undefined = v8::undefined(scope);
    let exports = function.call(scope, undefined.into(), &[bootstrap])?;
    if let (true, Some(state)) = (compiled.is_none_or(|form| form.may_grow()), stack::isolate_state(scope)) {
        let function = v8::Global::new(scope, function);
        state.loaded_scripts.0.borrow_mut().push(LoadedScript { specifier, function });
    }
    Some(exports)
}

fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    text: &'static str,
    compiled: Option<&Compiled>,
) -> Option<v8::Local<'s, v8::Function>> {
    let code = match text.is_ascii() {
        true => {
            if let Some(state) = stack::isolate_state(scope) {
                state.memory.note_static_text(text);
            }
            v8::String::new_external_onebyte_static(scope, text.as_bytes())?
        }
        false => v8::String::new(scope, text)?,
    };
    let name = v8::String::new(scope, specifier)?;
    let origin = v8::ScriptOrigin::new(scope, name.into(), 0, 0, false, -1, None, false, false, false, None);
    let parameter = v8::String::new(scope, "__bootstrap")?;
    let reason = script_compiler::NoCacheReason::NoReason;
    let (mut source, options) = match compiled {
        // V8 itself looks whether it fits, and compiles where it does not.
        Some(Compiled { bytes, .. }) => (
            script_compiler::Source::new_with_cached_data(code, Some(&origin), v8::CachedData::new(bytes)),
            script_compiler::CompileOptions::ConsumeCodeCache,
        ),
        None => (
            script_compiler::Source::new(code, Some(&origin)),
            script_compiler::CompileOptions::NoCompileOptions,
        ),
    };
    let function = script_compiler::compile_function(scope, &mut source, &[parameter], &[], options, reason);
    // Nobody would notice that none is ever used.
    debug_assert!(
        !source.get_cached_data().is_some_and(v8::CachedData::rejected),
        "the compiled form of {specifier} is refused"
    );
    function
}

impl LoadedScripts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Keeps what V8 has compiled of the scripts, for other isolates.
    pub(crate) fn keep_compiled(&self, scope: &mut v8::PinScope<'_, '_>) {
        for LoadedScript { specifier, function } in self.0.take() {
            if let Some(cache) = v8::Local::new(scope, function).create_code_cache() {
                compiled().entry(specifier).or_default().try_to_grow(&cache);
            }
        }
    }

    /// Drops the handles; the isolate must be entered.
    pub(crate) fn clear(&self) {
        self.0.take();
    }
}

fn compiled() -> MutexGuard<'static, BTreeMap<&'static str, Compiled>> {
    // An entry is whole before it goes in.
    COMPILED.lock().unwrap_or_else(PoisonError::into_inner)
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
    use crate::invocation::NoApi;
    use crate::limits::EngineLimits;
    use crate::program::Program;
    use crate::program::ProgramKind;

    const SCRIPT: &str = "ext:deno_web/01_urlpattern.js";

    /// How many bytes the form has, once it was made so often.
    fn bytes_of(attempts: u32) -> usize {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(known) = compiled().get(SCRIPT).filter(|known| known.attempts >= attempts) {
                return known.bytes.len();
            }
            assert!(Instant::now() < patience, "no form is kept after execution {attempts}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn what_an_execution_needs_of_a_script_is_compiled_for_the_next() {
        let engine = Engine::start(EngineLimits { threads: 1, ..EngineLimits::default() }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let run = |body: &str| {
            let code = format!("exports.h = () => {{ {body} }};");
            let program = Program::new("action.js", code, ProgramKind::CommonJs).unwrap();
            let execution =
                engine.execute(&program, Invocation::new("h", "{}"), Box::new(NoApi), Egress::none());
            assert_eq!(runtime.block_on(execution).unwrap().outcome, Outcome::Completed, "{body}");
        };
        run("URLPattern;");
        let loaded = bytes_of(1);
        run("new URLPattern({ pathname: '/a/:b' }).exec('https://a.example/a/1');");
        let used = bytes_of(2);
        assert!(used > loaded, "{loaded} {used}");
        // The next ones begin with all of that.
        run("URLPattern;");
        assert!(bytes_of(3) >= used);
    }
}

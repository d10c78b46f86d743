//! The native parts of the engine, which a program asks for by name: `vestibule:NAME`. Each is a script of
//! `runtime-js/native`, evaluated when it is first asked for, over Rust that is found here.

mod crypto;
pub(crate) mod dns;
pub(crate) mod error;
mod zlib;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use deno_core::v8;
use serde_json::Value;

use crate::lazy_scripts::SOURCES;
use crate::memory::Memory;
use crate::modules;
use crate::modules::Failure;
use crate::natives::crypto::Crypto;
use crate::natives::error::NativeError;
use crate::natives::zlib::Zlib;
use crate::ops::NativeAnswer;
use crate::running::Running;
use crate::stack;

type Scope<'s, 'i> = v8::PinScope<'s, 'i>;

/// In front of the name of a native part, wherever a program asks for it.
pub(crate) const PREFIX: &str = "vestibule:";
/// What deno_core calls their scripts, but for the name and what comes after it.
const SCRIPTS: &str = "ext:vestibule/native/";

/// One native part, by the specifier of its script.
#[derive(Clone, Copy)]
pub(crate) struct Native(&'static str);

impl Native {
    /// The part that a program asks for.
    pub(crate) fn find(specifier: &str) -> Option<Self> {
        let wanted = specifier.strip_prefix(PREFIX)?;
        Self::scripts().find(|(name, _)| *name == wanted).map(|(_, specifier)| Self(specifier))
    }

    /// The names of all parts.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::scripts().map(|(name, _)| name)
    }

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        SOURCES.iter().filter_map(|(specifier, _)| {
            Some((specifier.strip_prefix(SCRIPTS)?.strip_suffix(".js")?, *specifier))
        })
    }

    /// Its exports. The first call evaluates its script, in which no code of the program takes part.
    pub(crate) fn exports<'s>(self, scope: &mut Scope<'s, '_>) -> Result<v8::Local<'s, v8::Value>, Failure> {
        let load = stack::isolate_state(scope).and_then(|state| state.natives.load.borrow().clone());
        let Some(load) = load else { return Err(Failure::Killed) };
        let exports = modules::attempt(scope, |scope| {
            let specifier = v8::String::new(scope, self.0)?;
            let undefined = v8::undefined(scope);
            v8::Local::new(scope, load).call(scope, undefined.into(), &[specifier.into()])
        });
        exports.map_err(|caught| modules::failure(scope, caught))
    }

    /// Its exports as a module that an `import` leads to; linked.
    pub(crate) fn link<'s>(self, scope: &mut Scope<'s, '_>) -> Result<v8::Local<'s, v8::Module>, Failure> {
        if let Some(ready) = self.ready(scope) {
            return Ok(ready);
        }
        let exports = self.exports(scope)?;
        let module = modules::with_exports(scope, self.0, exports)?;
        if let Some(state) = stack::isolate_state(scope) {
            state.natives.modules.borrow_mut().insert(self.0, v8::Global::new(scope, module));
        }
        Ok(module)
    }

    /// What [`link`](Self::link) has given before.
    pub(crate) fn ready<'s>(self, scope: &mut Scope<'s, '_>) -> Option<v8::Local<'s, v8::Module>> {
        let state = stack::isolate_state(scope)?;
        let ready = state.natives.modules.borrow().get(self.0).cloned()?;
        Some(v8::Local::new(scope, ready))
    }
}

/// What an isolate keeps of its native parts.
#[derive(Default)]
pub(crate) struct Natives {
    /// The function of `runtime-js` that evaluates a script.
    load: RefCell<Option<v8::Global<v8::Function>>>,
    modules: RefCell<BTreeMap<&'static str, v8::Global<v8::Module>>>,
}

impl Natives {
    pub(crate) fn load_with(&self, load: v8::Global<v8::Function>) {
        self.load.replace(Some(load));
    }

    /// Drops the handles; the isolate must be entered.
    pub(crate) fn clear(&self) {
        self.load.take();
        self.modules.take();
    }
}

/// What an answer is made of.
enum Given {
    Bytes(Vec<u8>),
    Value(Value),
}

/// The Rust side of the native parts, for one execution.
pub(crate) struct NativeParts {
    running: Arc<Running>,
    memory: Arc<Memory>,
    crypto: Crypto,
    zlib: Zlib,
}

impl NativeParts {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>) -> Self {
        let crypto = Crypto::new(Arc::clone(&running), Arc::clone(&memory));
        let zlib = Zlib::new(Arc::clone(&memory));
        Self { running, memory, crypto, zlib }
    }

    /// Answers one request. Whatever a script sends, the worst that comes of it is an error.
    pub(crate) fn answer(&self, part: &str, request: &str, data: [&[u8]; 3]) -> NativeAnswer {
        self.memory.takes_shortage();
        // The libraries are given what a script made up, over which they should not panic.
        let what = format_args!("the native part vestibule:{part}");
        let given = self.running.contain(what, || match part {
            "crypto" => self.crypto.answer(request, data),
            "zlib" => self.zlib.answer(request, data[0]),
            _ => Err(NativeError::type_error("ERR_INVALID_ARG_VALUE", format!("no native part {part}"))),
        });
        match given {
            // A buffer that does not fit ends its execution, which may go on for a moment. What it asks for
            // until then would add up to more than the account can grant.
            Some(Ok(Given::Bytes(_))) if self.running.is_killed() => NativeAnswer::Text("x".to_owned()),
            Some(Ok(Given::Bytes(bytes))) => NativeAnswer::Bytes(bytes),
            Some(Ok(Given::Value(value))) => NativeAnswer::Text(format!("v{value}")),
            // Nothing has been done, so it can be asked for again.
            Some(Err(error)) if self.memory.takes_shortage() => NativeAnswer::Short(error.text()),
            Some(Err(error)) => NativeAnswer::Text(error.text()),
            None => NativeAnswer::Text("x".to_owned()),
        }
    }
}

//! The scripts of Web APIs that an isolate evaluates on first use: their sources, and V8's compiled form
//! of each, made once for the process.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::PoisonError;

use deno_core::ModuleLoadOptions;
use deno_core::ModuleLoadReferrer;
use deno_core::ModuleLoadResponse;
use deno_core::ModuleLoader;
use deno_core::ModuleSpecifier;
use deno_core::ResolutionKind;
use deno_core::SourceCodeCacheInfo;
use deno_core::error::ModuleLoaderError;
use deno_error::JsErrorBox;

/// Scripts by specifier, in order of the specifier, as deno_core wants them.
pub(crate) static SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/residual.rs"));

/// Compiled forms by specifier. The sources are fixed, so an entry is made once and lives on: no more
/// than a few dozen ever exist.
static COMPILED: Mutex<BTreeMap<String, &'static [u8]>> = Mutex::new(BTreeMap::new());

/// What deno_core asks for modules and compiled forms. It knows no module.
pub(crate) struct LazyScripts;

impl ModuleLoader for LazyScripts {
    fn resolve(
        &self,
        specifier: &str,
        _referrer: &str,
        _kind: ResolutionKind,
    ) -> Result<ModuleSpecifier, ModuleLoaderError> {
        Err(JsErrorBox::generic(format!("Cannot find module '{specifier}'")))
    }

    fn load(
        &self,
        specifier: &ModuleSpecifier,
        _referrer: Option<&ModuleLoadReferrer>,
        _options: ModuleLoadOptions,
    ) -> ModuleLoadResponse {
        ModuleLoadResponse::Sync(Err(JsErrorBox::generic(format!("Cannot find module '{specifier}'"))))
    }

    fn get_code_cache(&self, specifier: &ModuleSpecifier, _source: &str) -> Option<SourceCodeCacheInfo> {
        let compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let data = compiled.get(specifier.as_str());
        // The sources are part of the binary, so one number stands for all of them.
        Some(SourceCodeCacheInfo { hash: 0, data: data.map(|data| Cow::Borrowed(*data)) })
    }

    fn code_cache_ready(
        &self,
        specifier: ModuleSpecifier,
        _hash: u64,
        compiled: &[u8],
    ) -> Pin<Box<dyn Future<Output = ()>>> {
        if SOURCES.iter().any(|(known, _)| *known == specifier.as_str()) {
            let mut all = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(specifier.into()).or_insert_with(|| Box::leak(Box::from(compiled)));
        }
        Box::pin(std::future::ready(()))
    }
}

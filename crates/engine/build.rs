//! Makes the snapshot from which every isolate starts: the Web APIs and `runtime-js`, evaluated.

#![allow(clippy::expect_used, reason = "a build script reports by panicking")]

use std::borrow::Cow;
use std::cell::RefCell;
use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::Extension;
use deno_core::ExtensionFileSource;
use deno_core::OpState;
use deno_core::ResourceId;
use deno_core::futures::future::LocalBoxFuture;
use deno_core::snapshot::CreateSnapshotOptions;
use deno_core::snapshot::create_snapshot;
use deno_core::v8;
use deno_error::JsErrorBox;

#[path = "src/extensions.rs"]
#[allow(dead_code, reason = "the engine uses more of it")]
mod extensions;
#[path = "src/flags.rs"]
mod flags;
#[path = "src/ops.rs"]
#[allow(dead_code, reason = "the engine uses more of it")]
mod ops;

/// Evaluated first; it loads the other files of `runtime-js`.
const ENTRY: &str = "00_bootstrap.js";
/// Evaluated last: runs what every execution runs, so that its compiled code is in the snapshot.
const WARM_UP: &str = "99_warm_up.js";
/// Takes the place of deno_web's console, whose formatting is native code that a script could keep
/// busy beyond the reach of the limits.
const CONSOLE: (&str, &str) = ("ext:deno_web/01_console.js", "12_console_shim.js");
/// The folder of the native parts that programs ask for by name; they are never in the snapshot.
const NATIVE: &str = "native";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let runtime_js = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime-js");
    // Not the whole folder: the built-in modules of Node in it are no part of the engine.
    for name in ours(&runtime_js).iter().map(String::as_str).chain([ENTRY, WARM_UP, CONSOLE.1, NATIVE]) {
        println!("cargo:rerun-if-changed={}", runtime_js.join(name).display());
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/extensions.rs");
    println!("cargo:rerun-if-changed=src/flags.rs");
    println!("cargo:rerun-if-changed=src/ops.rs");

    flags::set();
    let entry = read(&runtime_js.join(ENTRY));
    let warm_up = read(&runtime_js.join(WARM_UP));
    let output = create_snapshot(
        CreateSnapshotOptions {
            cargo_manifest_dir: env!("CARGO_MANIFEST_DIR"),
            startup_snapshot: None,
            skip_op_registration: false,
            extensions: with_sources(&runtime_js),
            extension_transpiler: None,
            with_runtime_cb: Some(Box::new(move |runtime| {
                runtime.op_state().borrow_mut().put::<Rc<dyn ops::Host>>(Rc::new(WarmUpHost));
                for (name, code) in
                    [("ext:vestibule/00_bootstrap.js", &entry), ("ext:vestibule/warm_up.js", &warm_up)]
                {
                    if let Err(error) = runtime.execute_script(name, code.clone()) {
                        panic!("{name}: {error}\n{:?}", error.stack);
                    }
                }
                runtime.op_state().borrow_mut().take::<Rc<dyn ops::Host>>();
                let context = runtime.main_context();
                v8::scope_with_context!(scope, runtime.v8_isolate(), &context);
                scope.get_current_context().set_allow_generation_from_strings(false);
            })),
        },
        None,
    )
    .unwrap_or_else(|error| panic!("the snapshot of runtime-js cannot be made: {error}"));
    fs::write(out.join("vestibule.snapshot"), &output.output).expect("OUT_DIR is writable");
    // Compiled forms of programs are bound to it.
    let sha256 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &output.output);
    let sha256: String = sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=VESTIBULE_SNAPSHOT_SHA256={sha256}");

    let mut residual = String::from("&[\n");
    for (specifier, code) in sources(&runtime_js) {
        if output.consumed_lazy_specifiers.iter().any(|consumed| consumed == specifier) {
            continue;
        }
        let file = out.join(specifier.replace([':', '/'], "_"));
        fs::write(&file, format!("\"use strict\"; return ({});", code.trim().trim_end_matches(';')))
            .expect("OUT_DIR is writable");
        residual += &format!("    ({specifier:?}, include_str!({file:?})),\n");
    }
    residual += "]\n";
    fs::write(out.join("residual.rs"), residual).expect("OUT_DIR is writable");
}

/// Answers the calls of the warm-up.
struct WarmUpHost;

impl ops::Host for WarmUpHost {
    fn call(&self, method: u32, _args: &str) -> String {
        ["", "v{}", "u", "c[]"][method as usize % 4].to_owned()
    }

    fn answer(&self, _call: u32) -> LocalBoxFuture<'static, String> {
        Box::pin(async { String::new() })
    }

    fn log(&self, _level: u8, _message: &str, _chars: u32) {}

    fn uncaught(&self, _scope: &mut v8::PinScope<'_, '_>, _error: v8::Local<'_, v8::Value>) {}

    fn timers(&self, _waiting: u32) {}

    fn charge_buffers(&self, _bytes: f64) -> bool {
        true
    }

    fn compression_open(&self, _format: &str, _decompresses: bool) -> Result<u32, JsErrorBox> {
        Err(JsErrorBox::type_error("the warm-up compresses nothing"))
    }

    fn compression_write(&self, _stream: u32, _bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        Err(JsErrorBox::type_error("the warm-up compresses nothing"))
    }

    fn compression_finish(&self, _stream: u32, _reports_errors: bool) -> Result<Vec<u8>, JsErrorBox> {
        Err(JsErrorBox::type_error("the warm-up compresses nothing"))
    }

    fn native(&self, _part: &str, _request: &str, _data: [&[u8]; 3]) -> ops::NativeAnswer {
        ops::NativeAnswer::Text(String::new())
    }

    fn fetch(&self, _: &mut OpState, _: ops::FetchStart) -> Result<ops::FetchStarted, JsErrorBox> {
        Err(JsErrorBox::type_error("the warm-up fetches nothing"))
    }

    fn fetch_send(
        &self,
        _: Rc<RefCell<OpState>>,
        _: ResourceId,
    ) -> LocalBoxFuture<'static, Result<ops::FetchHead, JsErrorBox>> {
        Box::pin(async { Err(JsErrorBox::type_error("the warm-up fetches nothing")) })
    }
}

/// The extensions of the engine, and with them every script that the snapshot may take in.
fn with_sources(runtime_js: &Path) -> Vec<Extension> {
    let mut extensions = extensions::extensions(deno_web::BlobStore::default_arc());
    let files = sources(runtime_js)
        .into_iter()
        .map(|(specifier, code)| ExtensionFileSource::new_computed(specifier, Arc::from(code)))
        .collect();
    // The last one is ours; a script's specifier says where it is from, not the extension it is in.
    if let Some(ours) = extensions.last_mut() {
        ours.lazy_loaded_js_files = Cow::Owned(files);
    }
    extensions
}

/// Every script by specifier: those of deno's Web APIs, and ours.
fn sources(runtime_js: &Path) -> Vec<(&'static str, String)> {
    let web = deno_web::deno_web::init(
        deno_web::BlobStore::default_arc(),
        None,
        false,
        deno_web::InMemoryBroadcastChannel::default(),
    );
    let mut all = Vec::new();
    for extension in [
        deno_webidl::deno_webidl::init(),
        web,
        deno_crypto::deno_crypto::init(None),
        deno_fetch::deno_fetch::init(deno_fetch::Options::default()),
    ] {
        for file in extension.lazy_loaded_js_files.iter() {
            let code = match file.specifier == CONSOLE.0 {
                true => read(&runtime_js.join(CONSOLE.1)),
                false => file.load().expect("the crate's own sources are readable").as_str().to_owned(),
            };
            all.push((file.specifier, code));
        }
    }
    for name in ours(runtime_js) {
        let code = read(&runtime_js.join(&name));
        all.push((Box::leak(format!("ext:vestibule/{name}").into_boxed_str()) as &str, code));
    }
    // fetch asks for TLS client keys, which actions do not have.
    all.push((
        "ext:deno_net/02_tls.js",
        r#"(function () { return { loadTlsKeyPair() { throw new TypeError("client keys are not supported"); } }; })();"#
            .to_owned(),
    ));
    // deno_core searches the table of what is left over by halves.
    all.sort_by_key(|(specifier, _)| *specifier);
    all
}

fn ours(runtime_js: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(runtime_js)
        .expect("runtime-js is part of the source")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".js") && ![ENTRY, WARM_UP, CONSOLE.1].contains(&name.as_str()))
        .collect();
    let natives = fs::read_dir(runtime_js.join(NATIVE)).expect("runtime-js is part of the source");
    let natives = natives.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.extend(natives.filter(|name| name.ends_with(".js")).map(|name| format!("{NATIVE}/{name}")));
    names.sort();
    names
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

//! One isolate: made from the snapshot, entered only through a guard, never used twice.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

use deno_core::JsRuntime;
use deno_core::RuntimeOptions;
use deno_core::v8;

use crate::code_cache::CodeCacheCounts;
use crate::extensions;
use crate::imports;
use crate::inspector::Debugger;
use crate::lazy_scripts;
use crate::lazy_scripts::LoadedScripts;
use crate::memory::ChargedBlobs;
use crate::memory::Memory;
use crate::natives::Natives;
use crate::ops::ScriptLoader;
use crate::rejections;
use crate::rejections::Rejections;
use crate::running::Running;
use crate::scripts::Scripts;
use crate::stack;
use crate::thread::TurnKeeper;

static SNAPSHOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/vestibule.snapshot"));

/// An isolate with everything in place but an execution. Must be made, used and dropped on one
/// thread, inside of its tokio context.
///
/// deno_core expects its isolate to be the entered one whenever it is touched, and never enters one
/// itself. So an isolate of ours is entered inside of [`turn`](Self::turn) and nowhere else, and many
/// of them can live on one thread.
pub(crate) struct Isolate {
    runtime: ManuallyDrop<JsRuntime>,
    /// Handles into the isolate; gone before it is.
    hooks: ManuallyDrop<Hooks>,
    state: Rc<IsolateState>,
    memory: Arc<Memory>,
    handle: v8::IsolateHandle,
}

/// The functions of `runtime-js` that Rust calls.
pub(crate) struct Hooks {
    pub(crate) bind: v8::Global<v8::Function>,
    /// Puts right what a library remembers by thread, where other isolates have left their own.
    enter: v8::Global<v8::Function>,
}

/// What V8's callbacks find of the execution; kept in a slot of the isolate.
pub(crate) struct IsolateState {
    pub(crate) scripts: RefCell<Option<Rc<Scripts>>>,
    pub(crate) rejections: Rejections,
    pub(crate) natives: Natives,
    pub(crate) loaded_scripts: LoadedScripts,
    pub(crate) memory: Arc<Memory>,
    /// What is counted for the whole engine.
    pub(crate) code_caches: OnceCell<Arc<CodeCacheCounts>>,
    debugger: RefCell<Option<Rc<Debugger>>>,
}

impl Isolate {
    /// A blank isolate, not entered.
    pub(crate) fn new() -> Self {
        let memory = Arc::new(Memory::default());
        let mut runtime = JsRuntime::new(RuntimeOptions {
            extensions: extensions::extensions(ChargedBlobs::new(Arc::clone(&memory))),
            startup_snapshot: Some(SNAPSHOT),
            residual_lazy_js_sources: lazy_scripts::SOURCES,
            skip_op_registration: true,
            create_params: Some(memory.create_params()),
            ..Default::default()
        });
        let isolate = runtime.v8_isolate();
        memory.watch(isolate);
        stack::install(isolate);
        imports::install(isolate);
        rejections::install(isolate);
        let state = Rc::new(IsolateState {
            scripts: RefCell::default(),
            rejections: Rejections::default(),
            natives: Natives::default(),
            loaded_scripts: LoadedScripts::default(),
            memory: Arc::clone(&memory),
            code_caches: OnceCell::new(),
            debugger: RefCell::default(),
        });
        isolate.set_slot(Rc::clone(&state));
        isolate.set_slot(ScriptLoader(lazy_scripts::load));
        let handle = isolate.thread_safe_handle();
        let hooks = take_hooks(&mut runtime, &state);
        // SAFETY: `JsRuntime::new` has entered the isolate, and this is its one exit.
        unsafe { runtime.v8_isolate().exit() };
        Self { runtime: ManuallyDrop::new(runtime), hooks: ManuallyDrop::new(hooks), state, memory, handle }
    }

    pub(crate) fn handle(&self) -> v8::IsolateHandle {
        self.handle.clone()
    }

    pub(crate) fn state(&self) -> &Rc<IsolateState> {
        &self.state
    }

    pub(crate) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// One turn of an execution: enters the isolate, lets `run` use it on the execution's account
    /// under the watchdog's eyes, and leaves it. Must not be nested.
    pub(crate) fn turn<R>(
        &mut self,
        keeper: &TurnKeeper,
        running: &Arc<Running>,
        run: impl FnOnce(&mut JsRuntime, &Hooks) -> R,
    ) -> R {
        let _turn = keeper.begin(running, &self.memory);
        let _entered = Entered::enter(self.runtime.v8_isolate());
        self.hooks.take_the_thread_over(&mut self.runtime);
        run(&mut self.runtime, &self.hooks)
    }
}

impl IsolateState {
    /// Where the execution is debugged. Whoever keeps it longer than for a moment would keep V8's inspector
    /// beyond its isolate.
    pub(crate) fn debugger(&self) -> Option<Rc<Debugger>> {
        self.debugger.borrow().clone()
    }

    pub(crate) fn set_debugger(&self, debugger: Rc<Debugger>) {
        self.debugger.replace(Some(debugger));
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        // SAFETY: the isolate is not entered (every `turn` is over), so this is the one entry that
        // `JsRuntime::drop` undoes. Handles go first, while the isolate that they point into exists;
        // neither field is used again.
        unsafe {
            self.runtime.v8_isolate().enter();
            if let Some(debugger) = self.state.debugger.take() {
                debugger.detach(&mut self.runtime);
            }
            self.state.rejections.clear();
            self.state.natives.clear();
            self.state.loaded_scripts.clear();
            if let Some(scripts) = self.state.scripts.take() {
                scripts.clear();
            }
            ManuallyDrop::drop(&mut self.hooks);
            ManuallyDrop::drop(&mut self.runtime);
        }
    }
}

impl Hooks {
    /// Runs no code of the script: the hook was made with the snapshot and calls only our own.
    fn take_the_thread_over(&self, runtime: &mut JsRuntime) {
        deno_core::scope!(scope, runtime);
        v8::tc_scope!(let scope, scope);
        let undefined = v8::undefined(scope);
        // It fails only when the execution has been killed, and then nothing of it runs any more.
        let _ = v8::Local::new(scope, &self.enter).call(scope, undefined.into(), &[]);
    }
}

/// Keeps an isolate entered; leaves it when dropped, also on a panic.
struct Entered {
    isolate: *mut v8::OwnedIsolate,
}

impl Entered {
    fn enter(isolate: &mut v8::OwnedIsolate) -> Self {
        // SAFETY: the isolate belongs to this thread, and its exit is in `drop`.
        unsafe { isolate.enter() };
        Self { isolate }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: `Isolate::turn` keeps the runtime that owns the isolate borrowed for longer than
        // this guard lives, so the pointer is valid; `enter` was called once.
        unsafe { (*self.isolate).exit() };
    }
}

/// Takes what belongs to us off the global object, before any script can see it.
fn take_hooks(runtime: &mut JsRuntime, state: &IsolateState) -> Hooks {
    let context = runtime.main_context();
    v8::scope_with_context!(scope, runtime.v8_isolate(), &context);
    let global = scope.get_current_context().global(scope);
    let get = |scope: &mut v8::PinScope<'_, '_>, name: &str| -> v8::Global<v8::Function> {
        let found = (|| {
            let hooks_name = v8::String::new(scope, "__vestibule")?;
            let hooks = global.get(scope, hooks_name.into())?.cast::<v8::Object>();
            let name = v8::String::new(scope, name)?;
            v8::Local::<v8::Function>::try_from(hooks.get(scope, name.into())?).ok()
        })();
        // The snapshot was made by our build script, which failed if this were missing.
        let function = found.unwrap_or_else(|| unreachable!("the snapshot has the hook {name}"));
        v8::Global::new(scope, function)
    };
    let bind = get(scope, "bind");
    let enter = get(scope, "enter");
    state.natives.load_with(get(scope, "native"));
    let finish = get(scope, "finish");
    let finish = v8::Local::new(scope, finish);
    let undefined = v8::undefined(scope);
    finish.call(scope, undefined.into(), &[]);
    Hooks { bind, enter }
}

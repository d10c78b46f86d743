//! The life of one execution: build, bind, load, call, settle, answer, drop.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Instant;

use deno_core::JsRuntime;
use deno_core::PollEventLoopOptions;
use deno_core::v8;
use futures::future::poll_fn;
use tokio::runtime::Handle;

use crate::code_cache::CodeCache;
use crate::code_cache::CodeCacheCounts;
use crate::code_cache::CodeCaching;
use crate::code_cache::Wrapping;
use crate::egress::Egress;
use crate::engine::EngineError;
use crate::execution::Outcome;
use crate::execution::Thrown;
use crate::host::ScriptHost;
use crate::inspector::Debugger;
use crate::inspector::Inspection;
use crate::invocation::ApiHandler;
use crate::invocation::Invocation;
use crate::isolate::Isolate;
use crate::ops::Host;
use crate::program::Program;
use crate::running::Kill;
use crate::running::Running;
use crate::script;
use crate::script::Exports;
use crate::scripts::Compiled;
use crate::scripts::ModuleScript;
use crate::scripts::Scripts;
use crate::stack;
use crate::thread::TurnKeeper;

/// All that one execution needs.
pub(crate) struct Job {
    pub(crate) program: Program,
    pub(crate) invocation: Invocation,
    pub(crate) inspection: Option<Inspection>,
    pub(crate) api: Box<dyn ApiHandler>,
    pub(crate) egress: Egress,
    pub(crate) running: Arc<Running>,
    pub(crate) code_caches: Arc<CodeCacheCounts>,
    pub(crate) io: Handle,
}

/// Why an execution does not go on.
pub(crate) enum Stop {
    /// It has an outcome.
    Ended(Box<Outcome>),
    /// It was killed; [`Running`] knows why.
    Killed,
    /// The host's input cannot be used.
    Refused(EngineError),
}

impl Stop {
    pub(crate) fn ended(outcome: Outcome) -> Self {
        Self::Ended(Box::new(outcome))
    }
}

/// Runs one job to its answer. `ready` is a blank isolate, where the thread has one.
pub(crate) async fn live(keeper: TurnKeeper, ready: Option<Isolate>, mut job: Job) {
    let _departure = Departure { keeper: keeper.clone(), running: Arc::clone(&job.running) };
    if job.running.is_killed() {
        return job.running.finish(Outcome::Cancelled, None);
    }
    let isolate = ready.unwrap_or_else(Isolate::new);
    job.running.begin(isolate.handle(), keeper.clock);
    let mut life = Life::new(keeper, isolate, &mut job);
    if let Some(inspection) = job.inspection {
        life.let_debuggers_in(inspection);
    }

    let end = life.run(job.invocation, job.api).await;

    life.host.note_pending();
    if life.caching == CodeCaching::BeforeAnswer && !job.running.is_killed() {
        life.keep_code_cache();
    }
    match end {
        Ok(()) => job.running.finish(Outcome::Completed, None),
        Err(Stop::Ended(outcome)) => job.running.finish(*outcome, None),
        Err(Stop::Refused(error)) => job.running.refuse(error),
        Err(Stop::Killed) => {
            let outcome = job.running.outcome_of_kill(None).unwrap_or_else(|| {
                tracing::error!("an execution stopped without a reason; this is a bug of the engine");
                Outcome::EngineLost
            });
            job.running.finish(outcome, None);
        }
    }
    // The caller has its answer; what follows is on nobody's time.
    let is_debugged = job.running.standstill().is_some();
    if life.caching == CodeCaching::AfterAnswer && !is_debugged && !job.running.is_killed() {
        life.keep_code_cache();
    }
}

/// An execution on its thread.
struct Life {
    isolate: Isolate,
    keeper: TurnKeeper,
    running: Arc<Running>,
    scripts: Rc<Scripts>,
    host: Rc<ScriptHost>,
    exports: Option<Exports>,
    caching: CodeCaching,
}

impl Life {
    fn new(keeper: TurnKeeper, isolate: Isolate, job: &mut Job) -> Self {
        isolate.memory().bind(Arc::clone(&job.running));
        let modules = std::mem::take(&mut job.invocation.modules);
        let scripts = Rc::new(Scripts::new(job.program.clone(), modules));
        *isolate.state().scripts.borrow_mut() = Some(Rc::clone(&scripts));
        let _ = isolate.state().code_caches.set(Arc::clone(&job.code_caches));
        let host = Rc::new(ScriptHost::new(
            Arc::clone(&job.running),
            Arc::clone(isolate.memory()),
            job.egress.clone(),
            job.io.clone(),
        ));
        let (running, caching) = (Arc::clone(&job.running), job.invocation.code_caching);
        Self { isolate, keeper, running, scripts, host, exports: None, caching }
    }

    async fn run(&mut self, invocation: Invocation, api: Box<dyn ApiHandler>) -> Result<(), Stop> {
        self.host.set_api(api);
        self.wait_for_debugger().await?;
        let arguments = self.bind(&invocation)?;
        let (exports, loaded) = self.load()?;
        self.exports = Some(exports);
        if let Some(loaded) = loaded {
            self.settle(loaded).await?;
        }
        if self.caching == CodeCaching::BeforeAnswer {
            // The handler may run into a limit, after which nothing is kept.
            self.keep_code_cache();
        }
        self.running.enter_handler();
        let promise = self.call(&invocation, arguments)?;
        self.settle(promise).await
    }

    fn let_debuggers_in(&mut self, inspection: Inspection) {
        let (scripts, host) = (Rc::clone(&self.scripts), Rc::clone(&self.host));
        let state = Rc::clone(self.isolate.state());
        // Kept within the turn: it must not be dropped outside of the isolate. Why the turn has failed, if it
        // has, the next one tells too.
        let _ = self.turn(|runtime, _, running| {
            let debugger = Debugger::attach(runtime, inspection, running, &scripts);
            host.set_debugger(&debugger);
            state.set_debugger(debugger);
            Ok(())
        });
    }

    /// Waits until a debugger has set its breakpoints, where the execution is debugged.
    async fn wait_for_debugger(&mut self) -> Result<(), Stop> {
        let Some(debugger) = self.isolate.state().debugger() else { return Ok(()) };
        debugger.await_start();
        let running = Arc::clone(&self.running);
        poll_fn(|cx| {
            running.wake_with(cx.waker());
            if let Err(stop) = self.turn(|runtime, _, _| {
                debugger.read_letters();
                // What a console evaluates may await something, and is answered when that has settled.
                run_microtasks(runtime);
                Ok(())
            }) {
                return Poll::Ready(Err(stop));
            }
            if debugger.may_start() { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await?;
        if let Some(standstill) = running.standstill() {
            standstill.end_waiting();
        }
        Ok(())
    }

    /// Makes `event` and `api`.
    fn bind(&mut self, invocation: &Invocation) -> Result<script::Arguments, Stop> {
        let host: Rc<dyn Host> = Rc::clone(&self.host) as _;
        self.turn(|runtime, hooks, _| {
            runtime.op_state().borrow_mut().put(host);
            deno_core::scope!(scope, runtime);
            script::bind(scope, &hooks.bind, invocation)
        })
    }

    /// Runs the script's top level; for a module also gives the promise of its evaluation.
    fn load(&mut self) -> Result<(Exports, Option<v8::Global<v8::Promise>>), Stop> {
        let scripts = Rc::clone(&self.scripts);
        let debugger = self.isolate.state().debugger();
        self.turn(|runtime, _, running| {
            if let Some(debugger) = debugger {
                debugger.start();
            }
            deno_core::scope!(scope, runtime);
            script::load(scope, &scripts, running)
        })
    }

    /// Calls the handler; what it gives back becomes a promise, if it is none.
    fn call(
        &mut self,
        invocation: &Invocation,
        arguments: script::Arguments,
    ) -> Result<v8::Global<v8::Promise>, Stop> {
        let scripts = Rc::clone(&self.scripts);
        let exports = self.exports.clone();
        self.turn(|runtime, _, running| {
            deno_core::scope!(scope, runtime);
            // `run` has loaded the exports before it calls.
            let Some(exports) = exports else { return Err(Stop::Killed) };
            script::call(scope, &exports, invocation, arguments, &scripts, running)
        })
    }

    /// Turns the event loop until the promise has settled, or never can.
    async fn settle(&mut self, promise: v8::Global<v8::Promise>) -> Result<(), Stop> {
        let running = Arc::clone(&self.running);
        let deadline = running.wall_deadline().unwrap_or_else(Instant::now);
        let mut alarm = pin!(tokio::time::sleep_until(deadline.into()));
        poll_fn(|cx| {
            running.wake_with(cx.waker());
            while !running.is_killed() && alarm.as_mut().poll(cx).is_ready() {
                match running.wall_deadline().filter(|deadline| *deadline > Instant::now()) {
                    // A debugger has moved it.
                    Some(deadline) => alarm.as_mut().reset(deadline.into()),
                    None => running.kill(Kill::WallLimit),
                }
            }
            if running.is_killed() {
                return Poll::Ready(Err(Stop::Killed));
            }
            self.turn_event_loop(cx, &promise)
        })
        .await
    }

    /// One turn of the event loop.
    fn turn_event_loop(
        &mut self,
        cx: &mut Context<'_>,
        promise: &v8::Global<v8::Promise>,
    ) -> Poll<Result<(), Stop>> {
        let host = Rc::clone(&self.host);
        let state = Rc::clone(self.isolate.state());
        let memory = Arc::clone(self.isolate.memory());
        let scripts = Rc::clone(&self.scripts);
        let turned = self.turn(|runtime, _, running| {
            if let Some(debugger) = state.debugger() {
                debugger.read_letters();
            }
            let read = |runtime: &mut JsRuntime, error: v8::Global<v8::Value>| {
                deno_core::scope!(scope, runtime);
                let error = v8::Local::new(scope, error);
                stack::read(scope, error, &scripts, &running.redactor, running.phase())
            };
            // What is left to do within this turn may settle the promise before any timer fires.
            run_microtasks(runtime);
            let mut state_of_promise = self::state(runtime, promise);
            let mut polled = Poll::Pending;
            if state_of_promise == v8::PromiseState::Pending && !running.is_killed() {
                polled = runtime.poll_event_loop(cx, PollEventLoopOptions::default());
                state_of_promise = self::state(runtime, promise);
            }
            if running.is_killed() {
                return Err(Stop::Killed);
            }
            let threw = |thrown: Thrown| Err(Stop::ended(Outcome::Threw(thrown)));
            if let Some(error) = host.take_uncaught().or_else(|| state.rejections.end_turn()) {
                return threw(read(runtime, error));
            }
            match (state_of_promise, polled) {
                (v8::PromiseState::Rejected, _) => {
                    let error = result(runtime, promise);
                    threw(read(runtime, error))
                }
                (v8::PromiseState::Fulfilled, _) => {
                    memory.note(runtime.v8_isolate());
                    match state.rejections.first() {
                        Some(error) => threw(read(runtime, error)),
                        None => Ok(Poll::Ready(())),
                    }
                }
                (v8::PromiseState::Pending, Poll::Ready(Err(error))) => threw(Thrown {
                    name: "Error".to_owned(),
                    message: running.redactor.redact(&error.to_string()),
                    hint: None,
                    frames: Vec::new(),
                    causes: Vec::new(),
                    phase: running.phase(),
                }),
                (v8::PromiseState::Pending, Poll::Ready(Ok(()))) if state.rejections.is_empty() => {
                    Err(Stop::ended(Outcome::Unsettled { phase: running.phase() }))
                }
                (v8::PromiseState::Pending, _) => {
                    if !state.rejections.is_empty() {
                        // One more turn tells whether they stay unhandled.
                        cx.waker().wake_by_ref();
                    }
                    Ok(Poll::Pending)
                }
            }
        });
        match turned {
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Ok(Poll::Pending) => Poll::Pending,
            Err(stop) => Poll::Ready(Err(stop)),
        }
    }

    /// Keeps V8's compiled forms for the next execution of the programs.
    fn keep_code_cache(&mut self) {
        let action = self.exports.clone().map(|exports| Compiled {
            program: self.scripts.action.program.clone(),
            wrapping: Wrapping::Action,
            exports,
        });
        let modules = self.scripts.modules.iter().filter_map(ModuleScript::compiled);
        let mut compiled: Vec<Compiled> = action.into_iter().chain(modules).collect();
        if self.caching == CodeCaching::AfterAnswer {
            compiled.retain(|compiled| compiled.program.any_code_cache().is_none());
        }
        let state = Rc::clone(self.isolate.state());
        if compiled.is_empty() && state.loaded_scripts.is_empty() {
            return;
        }
        let _ = self.turn(|runtime, _, _| {
            deno_core::scope!(scope, runtime);
            state.loaded_scripts.keep_compiled(scope);
            for Compiled { program, wrapping, exports } in compiled {
                if let Some(bytes) = script::code_cache(scope, &exports) {
                    program.keep_code_cache(CodeCache { wrapping, bytes });
                }
            }
            Ok(())
        });
    }

    /// One turn in the isolate. A kill during the turn outweighs whatever the turn came to.
    fn turn<R>(
        &mut self,
        run: impl FnOnce(&mut JsRuntime, &crate::isolate::Hooks, &Arc<Running>) -> Result<R, Stop>,
    ) -> Result<R, Stop> {
        let running = Arc::clone(&self.running);
        let turned =
            self.isolate.turn(&self.keeper, &running, |runtime, hooks| run(runtime, hooks, &running));
        if running.is_killed() { Err(Stop::Killed) } else { turned }
    }
}

fn run_microtasks(runtime: &mut JsRuntime) {
    deno_core::scope!(scope, runtime);
    v8::tc_scope!(let scope, scope);
    scope.perform_microtask_checkpoint();
}

fn state(runtime: &mut JsRuntime, promise: &v8::Global<v8::Promise>) -> v8::PromiseState {
    deno_core::scope!(scope, runtime);
    v8::Local::new(scope, promise).state()
}

fn result(runtime: &mut JsRuntime, promise: &v8::Global<v8::Promise>) -> v8::Global<v8::Value> {
    deno_core::scope!(scope, runtime);
    let result = v8::Local::new(scope, promise).result(scope);
    v8::Global::new(scope, result)
}

/// Takes the execution off its thread's list, and answers where nobody has: after a panic of ours.
struct Departure {
    keeper: TurnKeeper,
    running: Arc<Running>,
}

impl Drop for Departure {
    fn drop(&mut self) {
        self.running.finish(Outcome::EngineLost, None);
        self.keeper.thread.forget(&self.running);
    }
}

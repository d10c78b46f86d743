//! What the tests share: an api whose methods do everything that a host can do, one call that runs a
//! script to its end, and figures of the process.

use std::future::pending;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule_engine::Answer;
use vestibule_engine::ApiError;
use vestibule_engine::ApiHandler;
use vestibule_engine::ApiMethod;
use vestibule_engine::ApiShape;
use vestibule_engine::Command;
use vestibule_engine::Egress;
use vestibule_engine::Engine;
use vestibule_engine::EngineError;
use vestibule_engine::EngineLimits;
use vestibule_engine::ErrorClass;
use vestibule_engine::EventChange;
use vestibule_engine::Execution;
use vestibule_engine::Invocation;
use vestibule_engine::Limits;
use vestibule_engine::Outcome;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;
use vestibule_engine::Returns;
use vestibule_engine::Secret;

pub(crate) const MIB: usize = 1024 * 1024;

/// A secret that must not show up anywhere.
pub(crate) const SECRET: &str = "canary/secret+5f1e09";

/// The methods of the test api, in their order.
const METHODS: &[(&str, Returns, u32)] = &[
    ("record", Returns::Api, 1),
    ("nested.deeply.record", Returns::Nothing, 2),
    ("echo", Returns::Value, 1),
    ("absent", Returns::Value, 0),
    ("later", Returns::Promise, 2),
    ("laterFails", Returns::Promise, 1),
    ("never", Returns::Promise, 0),
    ("laterPanics", Returns::Promise, 0),
    ("fails", Returns::Value, 2),
    ("aborts", Returns::Nothing, 1),
    ("panics", Returns::Value, 0),
    ("change", Returns::Nothing, 2),
    ("refusesLater", Returns::Promise, 1),
];

/// The host's side of the test api. `dropped` counts the futures of `never` that were dropped.
#[derive(Clone, Default)]
pub(crate) struct TestApi {
    pub(crate) never_dropped: Arc<AtomicUsize>,
    pub(crate) never_started: Arc<AtomicUsize>,
}

impl TestApi {
    pub(crate) fn shape() -> ApiShape {
        let methods: Vec<ApiMethod> = METHODS
            .iter()
            .map(|(path, returns, length)| ApiMethod {
                path: (*path).to_owned(),
                returns: *returns,
                length: *length,
            })
            .collect();
        ApiShape::new(&methods)
    }
}

impl ApiHandler for TestApi {
    fn call(&mut self, method: usize, args: Vec<Option<Value>>) -> Answer {
        let first = args.first().cloned().flatten();
        let text = || first.as_ref().and_then(Value::as_str).unwrap_or("no text").to_owned();
        match METHODS[method].0 {
            "record" | "nested.deeply.record" => {
                Answer::Record(command(METHODS[method].0, &args), Vec::new())
            }
            "echo" => Answer::Value(Some(json!(
                args.iter()
                    .map(|arg| arg.clone().unwrap_or_else(|| json!("<undefined>")))
                    .collect::<Vec<_>>()
            ))),
            "absent" => Answer::Value(None),
            "later" => {
                let wait = args.get(1).cloned().flatten().and_then(|wait| wait.as_u64()).unwrap_or(0);
                Answer::Later(Box::pin(async move {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    Ok(first)
                }))
            }
            "laterFails" => {
                let message = text();
                Answer::Later(Box::pin(async move { Err(ApiError::type_error(message)) }))
            }
            "never" => {
                let guard = CountOnDrop(Arc::clone(&self.never_dropped));
                let started = Arc::clone(&self.never_started);
                Answer::Later(Box::pin(async move {
                    let _guard = guard;
                    started.fetch_add(1, Ordering::SeqCst);
                    pending().await
                }))
            }
            "laterPanics" => Answer::Later(Box::pin(async { panic!("the test's future panics") })),
            "fails" => {
                let class = match args.get(1).cloned().flatten().and_then(|class| class.as_u64()) {
                    Some(1) => ErrorClass::TypeError,
                    Some(2) => ErrorClass::RangeError,
                    _ => ErrorClass::Error,
                };
                Answer::Throw(ApiError { class, message: text() })
            }
            "aborts" => Answer::Abort(text()),
            "panics" => panic!("the test's handler panics"),
            "change" => {
                let path = text().split('.').map(str::to_owned).collect();
                let value = args.get(1).cloned().flatten();
                Answer::Record(command("change", &args), vec![EventChange { path, value }])
            }
            "refusesLater" => Answer::Throw(ApiError::type_error(text())),
            other => unreachable!("{other} is in the list"),
        }
    }
}

fn command(name: &str, args: &[Option<Value>]) -> Command {
    let args: Map<String, Value> =
        args.iter().enumerate().filter_map(|(index, arg)| Some((index.to_string(), arg.clone()?))).collect();
    Command { name: name.to_owned(), args }
}

struct CountOnDrop(Arc<AtomicUsize>);

impl Drop for CountOnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The engine that tests share which leave no trace in it.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        start(EngineLimits {
            grace: Duration::from_millis(500),
            wait: Duration::from_secs(60),
            ..EngineLimits::default()
        })
    })
}

pub(crate) fn start(limits: EngineLimits) -> Engine {
    Engine::start(limits).unwrap()
}

/// An engine with so many threads, and nothing made ready.
pub(crate) fn engine_of(threads: usize) -> Engine {
    start(EngineLimits { threads, ready_isolates: 1, ..EngineLimits::default() })
}

pub(crate) fn common_js(code: &str) -> Program {
    Program::new("action.js", code, ProgramKind::CommonJs).unwrap()
}

pub(crate) fn es_module(code: &str) -> Program {
    Program::new("action.mjs", code, ProgramKind::EsModule).unwrap()
}

/// An invocation of `h` with the test api, a secret, and limits that a busy machine does not reach.
pub(crate) fn invocation() -> Invocation {
    let mut invocation = Invocation::new("h", r#"{"user":{"email":"a@b.c","n":1},"list":[1,2]}"#);
    invocation.api = TestApi::shape();
    invocation.secrets = vec![("KEY".to_owned(), Secret::new(SECRET))];
    invocation.limits = Limits {
        wall: Duration::from_secs(20),
        cpu: Duration::from_secs(5),
        heap_bytes: 64 * MIB,
        ..Limits::default()
    };
    invocation
}

pub(crate) fn with_limits(change: impl FnOnce(&mut Limits)) -> Invocation {
    let mut invocation = invocation();
    change(&mut invocation.limits);
    invocation
}

/// Waits for a future on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) async fn execute(
    engine: &Engine,
    program: &Program,
    invocation: Invocation,
) -> Result<Execution, EngineError> {
    engine.execute(program, invocation, Box::new(TestApi::default()), Egress::none()).await
}

/// Runs a program on the shared engine.
pub(crate) fn run_with(program: &Program, invocation: Invocation) -> Execution {
    block_on(execute(engine(), program, invocation)).unwrap()
}

/// Runs a CommonJS action on the shared engine.
pub(crate) fn run(code: &str) -> Execution {
    run_with(&common_js(code), invocation())
}

/// Runs the body of a handler, which has `event` and `api`, on the shared engine.
pub(crate) fn run_body(body: &str) -> Execution {
    run(&format!("exports.h = async (event, api) => {{ {body} }};"))
}

/// The lines that a handler's body logs; it must complete.
pub(crate) fn logged(body: &str) -> Vec<String> {
    let execution = run_body(body);
    assert_eq!(execution.outcome, Outcome::Completed, "{body}");
    execution.logs.into_iter().map(|line| line.message).collect()
}

/// The last line that a handler's body logs, read as JSON.
pub(crate) fn logged_json(body: &str) -> Value {
    let lines = logged(body);
    let last = lines.last().unwrap_or_else(|| panic!("nothing was logged by {body}"));
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
}

pub(crate) fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Threw(_) => "threw",
        Outcome::WallLimit(_) => "wall_limit",
        Outcome::CpuLimit(_) => "cpu_limit",
        Outcome::HeapLimit(_) => "heap_limit",
        Outcome::BufferLimit(_) => "buffer_limit",
        Outcome::OutputLimit(_) => "output_limit",
        Outcome::Unsettled { .. } => "unsettled",
        Outcome::Cancelled => "cancelled",
        Outcome::InvalidProgram(_) => "invalid_program",
        Outcome::EngineLost => "engine_lost",
    }
}

/// An action of a well-behaved neighbour, which uses a little of everything. Logs one line.
pub(crate) fn canary() -> Program {
    common_js(
        r#"
exports.h = async (event, api) => {
  api.record({ n: [1, "two", null] });
  const bytes = new TextEncoder().encode(event.user.email);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const clone = structuredClone(new Map([["a", [3, 1, 2].sort()]]));
  const later = await api.later("late", 1);
  console.log(JSON.stringify([bytes.length, [...clone], later, "x".repeat(3), /b(.)/.exec("abc")[1]]), Object.keys(event));
};"#,
    )
}

/// What the canary must give, byte by byte.
pub(crate) const CANARY_LOG: &str = r#"[5,[["a",[1,2,3]]],"late","xxx","c"] [ 'user', 'list' ]"#;

/// Runs the canary; an error says what is wrong with its answer.
pub(crate) async fn run_canary(engine: &Engine) -> Result<Duration, String> {
    let began = Instant::now();
    let execution =
        execute(engine, &canary(), invocation()).await.map_err(|error| format!("the canary: {error}"))?;
    let log: Vec<_> = execution.logs.iter().map(|line| line.message.as_str()).collect();
    if execution.outcome != Outcome::Completed || log != [CANARY_LOG] || execution.commands.len() != 1 {
        return Err(format!("the canary gave {:?} {log:?} {:?}", execution.outcome, execution.commands));
    }
    Ok(began.elapsed())
}

/// Waits until a condition holds; what was seen last when it never did.
pub(crate) fn eventually<T: std::fmt::Debug>(
    patience: Duration,
    mut look: impl FnMut() -> T,
    holds: impl Fn(&T) -> bool,
) -> Result<T, T> {
    let until = Instant::now() + patience;
    loop {
        let seen = look();
        if holds(&seen) {
            return Ok(seen);
        }
        if Instant::now() >= until {
            return Err(seen);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Figures of this process, from the kernel.
pub(crate) mod process {
    use std::fs;
    use std::time::Duration;

    /// Names of the threads.
    pub(crate) fn threads() -> Vec<String> {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .map(|name| name.trim().to_owned())
            .collect()
    }

    /// How many threads of an engine there are.
    pub(crate) fn engine_threads() -> usize {
        threads().iter().filter(|name| name.starts_with("vestibule-")).count()
    }

    pub(crate) fn file_descriptors() -> usize {
        fs::read_dir("/proc/self/fd").unwrap().count()
    }

    /// Resident bytes now.
    pub(crate) fn rss_bytes() -> usize {
        status("VmRSS:")
    }

    /// Resident bytes at their highest.
    pub(crate) fn rss_peak_bytes() -> usize {
        status("VmHWM:")
    }

    /// Processor time of all threads, in the kernel's ticks of 10 ms.
    pub(crate) fn cpu() -> Duration {
        let stat = fs::read_to_string("/proc/self/stat").unwrap();
        // The name of the program, in brackets, may hold anything; what is counted stands behind it.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<u64>().unwrap();
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    fn status(field: &str) -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }
}

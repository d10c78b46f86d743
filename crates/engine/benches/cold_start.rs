//! What an execution costs, beside the floor that V8 itself sets.
//!
//! `cargo bench -p vestibule-engine --bench cold_start` runs both in turn, several rounds each, in
//! processes of their own (a process can hold isolates of one snapshot only), and prints medians and
//! ratios. Only ratios of one run compare: absolute times drift with the machine.

#![allow(clippy::unwrap_used, clippy::print_stdout, unsafe_code, reason = "a benchmark")]

use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use deno_core::v8;
use vestibule_engine::Answer;
use vestibule_engine::ApiHandler;
use vestibule_engine::ApiMethod;
use vestibule_engine::ApiShape;
use vestibule_engine::Egress;
use vestibule_engine::Engine;
use vestibule_engine::EngineLimits;
use vestibule_engine::Invocation;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;
use vestibule_engine::Returns;

const ROUNDS: usize = 5;
const WARM_UP: usize = 20;
const EXECUTIONS: usize = 300;
const EVENT: &str = r#"{"user":{"email":"jo@example.com"},"request":{"ip":"203.0.113.7"}}"#;
const ACTION: &str = r#"
exports.onExecutePostLogin = async (event, api) => {
  if (event.user.email.endsWith("@blocked.example")) api.access.deny("blocked");
  api.idToken.setCustomClaim("https://acme.example/email", event.user.email);
};
"#;
/// The same work without any of our machinery.
const FLOOR_ACTION: &str = r#"
const handler = async (event, api) => {
  if (event.user.email.endsWith("@blocked.example")) api.deny("blocked");
  api.set("https://acme.example/email", event.user.email);
};
const commands = [];
handler(JSON.parse(EVENT), { deny(r) { commands.push(["deny", r]) }, set(k, v) { commands.push(["set", k, v]) } });
JSON.stringify(commands);
"#;

fn main() {
    let part = std::env::args().nth(1).filter(|part| part.starts_with("part-"));
    match part.as_deref() {
        Some("part-floor") => floor(),
        Some("part-whole") => whole(),
        Some("part-ready") => ready(),
        _ => compare(),
    }
}

/// Runs the parts in turn and prints their medians.
fn compare() {
    let mut floor = Vec::new();
    let mut whole = Vec::new();
    let mut ready = Vec::new();
    for _ in 0..ROUNDS {
        floor.push(part("part-floor"));
        whole.push(part("part-whole"));
        ready.push(part("part-ready"));
    }
    let [f_create, f_run, f_drop, f_wall, f_cpu] = medians(&floor);
    let [w_create, w_run, w_p50, w_wall, w_cpu] = medians(&whole);
    let [r_p50, r_p90, r_p99, r_run, _] = medians(&ready);
    println!("medians of {ROUNDS} rounds of {EXECUTIONS}, in microseconds\n");
    println!("| | create | run | drop and the rest | whole, wall | whole, CPU |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| raw V8: isolate + context | {f_create:.0} | {f_run:.0} | {f_drop:.0} | {f_wall:.0} | {f_cpu:.0} |"
    );
    let rest = w_wall - w_create - w_run;
    println!(
        "| an execution, isolate made on demand | {w_create:.0} | {w_run:.0} | {rest:.0} | {w_wall:.0} | {w_cpu:.0} |"
    );
    println!(
        "| ratio | {:.2} | {:.2} | | {:.2} | {:.2} |\n",
        w_create / f_create,
        w_run / f_run,
        w_wall / f_wall,
        w_cpu / f_cpu
    );
    println!("answer from an isolate made on demand: p50 {w_p50:.0}");
    println!(
        "answer from a ready isolate: p50 {r_p50:.0}, p90 {r_p90:.0}, p99 {r_p99:.0} (of which the action {r_run:.0}); p50 is {:.2} x the floor's create + run",
        r_p50 / (f_create + f_run)
    );
}

fn part(name: &str) -> Vec<f64> {
    let output = Command::new(std::env::current_exe().unwrap()).arg(name).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn medians<const N: usize>(rounds: &[Vec<f64>]) -> [f64; N] {
    std::array::from_fn(|column| {
        let mut values: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// V8 alone, with its own start-up snapshot.
fn floor() {
    let context = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _context = context.enter();
    deno_core::JsRuntime::init_platform(None);
    let source = FLOOR_ACTION.replace("EVENT", &format!("{EVENT:?}"));
    let (mut create, mut run, mut drop_, mut wall) = (vec![], vec![], vec![], vec![]);
    let mut cpu = Duration::ZERO;
    for turn in 0..WARM_UP + EXECUTIONS {
        if turn == WARM_UP {
            cpu = cpu_time();
        }
        let start = Instant::now();
        let mut isolate = v8::Isolate::new(v8::CreateParams::default());
        let (created, ran);
        {
            v8::scope!(let scope, &mut isolate);
            let context = v8::Context::new(scope, v8::ContextOptions::default());
            let scope = &mut v8::ContextScope::new(scope, context);
            created = Instant::now();
            let source = v8::String::new(scope, &source).unwrap();
            let script = v8::Script::compile(scope, source, None).unwrap();
            assert!(script.run(scope).unwrap().is_string());
            ran = Instant::now();
        }
        drop(isolate);
        if turn >= WARM_UP {
            create.push(created - start);
            run.push(ran - created);
            drop_.push(ran.elapsed());
            wall.push(start.elapsed());
        }
    }
    let cpu = (cpu_time() - cpu) / EXECUTIONS as u32;
    println!(
        "{} {} {} {} {}",
        p(&mut create, 50),
        p(&mut run, 50),
        p(&mut drop_, 50),
        p(&mut wall, 50),
        us(cpu)
    );
}

/// Executions one after the other, each of which first makes its isolate.
fn whole() {
    let bench = Bench::start(0);
    let (mut create, mut run, mut answer) = (vec![], vec![], vec![]);
    bench.warm_up();
    let (start, cpu) = (Instant::now(), cpu_time());
    for _ in 0..EXECUTIONS {
        let asked = Instant::now();
        let usage = bench.execute();
        answer.push(asked.elapsed());
        create.push(Duration::from_micros(usage.queue_us));
        run.push(Duration::from_micros(usage.wall_us));
    }
    let (wall, cpu) = (start.elapsed() / EXECUTIONS as u32, (cpu_time() - cpu) / EXECUTIONS as u32);
    println!("{} {} {} {} {}", p(&mut create, 50), p(&mut run, 50), p(&mut answer, 50), us(wall), us(cpu));
}

/// Executions that find an isolate ready, with pauses in which the next one is made.
fn ready() {
    let bench = Bench::start(4);
    let (mut answer, mut run) = (vec![], vec![]);
    bench.warm_up();
    for _ in 0..EXECUTIONS {
        std::thread::sleep(Duration::from_millis(12));
        let asked = Instant::now();
        let usage = bench.execute();
        answer.push(asked.elapsed());
        run.push(Duration::from_micros(usage.wall_us));
    }
    println!("{} {} {} {} 0", p(&mut answer, 50), p(&mut answer, 90), p(&mut answer, 99), p(&mut run, 50));
}

struct Bench {
    engine: Engine,
    program: Program,
    api: ApiShape,
    context: tokio::runtime::Runtime,
}

impl Bench {
    fn start(ready_isolates: usize) -> Self {
        let limits = EngineLimits { threads: 1, ready_isolates, ..EngineLimits::default() };
        let method = |path: &str, length| ApiMethod { path: path.to_owned(), returns: Returns::Api, length };
        Self {
            engine: Engine::start(limits).unwrap(),
            program: Program::new("action.js", ACTION, ProgramKind::CommonJs).unwrap(),
            api: ApiShape::new(&[method("access.deny", 1), method("idToken.setCustomClaim", 2)]),
            context: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        }
    }

    fn warm_up(&self) {
        for _ in 0..WARM_UP {
            self.execute();
        }
        std::thread::sleep(Duration::from_millis(50));
    }

    fn execute(&self) -> vestibule_engine::Usage {
        let invocation = Invocation { api: self.api.clone(), ..Invocation::new("onExecutePostLogin", EVENT) };
        let execution = self.engine.execute(&self.program, invocation, Box::new(Keep), Egress::default());
        let execution = self.context.block_on(execution).unwrap();
        assert!(execution.outcome.is_completed() && execution.commands.len() == 1, "{execution:?}");
        execution.usage
    }
}

struct Keep;

impl ApiHandler for Keep {
    fn call(&mut self, _method: usize, args: Vec<Option<serde_json::Value>>) -> Answer {
        let args = [("value".to_owned(), args.into_iter().flatten().collect())].into_iter().collect();
        Answer::Record(
            vestibule_engine::Command { name: "idToken.setCustomClaim".to_owned(), args },
            Vec::new(),
        )
    }
}

fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn p(times: &mut [Duration], percent: usize) -> f64 {
    times.sort();
    us(times[(times.len() * percent / 100).min(times.len() - 1)])
}

fn us(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

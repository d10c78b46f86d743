//! What an action costs that is run for the first time in a process: without V8's compiled form, with the one of
//! its program file, and with the one that the process has kept; beside a small action, and beside whole
//! processes, for what they are.
//!
//! `cargo bench -p vestibule --bench real_action -- ACTION [--trigger TRIGGER] ['COMMAND'…]` runs all of them in
//! turn, each execution in a fresh isolate that waits ready, on the trigger's sample event and without network,
//! and prints the time in milliseconds that half and that 95 % of them took at most. `ACTION` is the absolute path
//! of a program file or a source; a source that imports files or packages needs `vestibule-bundler` in the folder
//! that cargo builds in. Commands are run by the shell. Only ratios of one run compare: absolute times drift with
//! the machine.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use tokio::runtime::Runtime;
use vestibule::Action;
use vestibule::Bundler;
use vestibule::Egress;
use vestibule::EngineLimits;
use vestibule::EntryFile;
use vestibule::Flow;
use vestibule::FlowOutcome;
use vestibule::Limits;
use vestibule::ProgramKey;
use vestibule::Vestibule;
use vestibule::is_program_file;

const ROUNDS: usize = 100;
const COMMAND_ROUNDS: usize = 15;
const WARM_UP: usize = 5;
/// Between two executions: the last isolate goes, the next is made.
const PAUSE: Duration = Duration::from_millis(30);
const TRIGGER: &str = "auth0/post-login";
const HELLO: &str = r#"
exports.onExecutePostLogin = async (event, api) => {
  if (event.user.email.endsWith("@blocked.example")) api.access.deny("blocked");
  api.idToken.setCustomClaim("https://acme.example/email", event.user.email);
};
"#;

/// The command line.
struct Args {
    action: String,
    trigger: String,
    commands: Vec<String>,
}

fn main() {
    let Some(Args { action, trigger, commands }) = args() else {
        println!("name an action: cargo bench -p vestibule --bench real_action -- \"$PWD/action.vst\"");
        return;
    };
    Bench::start(&trigger).compare_loading(&action_in(&action));
    if !commands.is_empty() {
        compare_commands(&commands);
    }
}

fn args() -> Option<Args> {
    // Cargo says `--bench` to every benchmark.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (mut trigger, mut others) = (TRIGGER.to_owned(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--trigger" => trigger = words.next().unwrap(),
            _ => others.push(word),
        }
    }
    let mut others = others.into_iter();
    Some(Args { action: others.next()?, trigger, commands: others.collect() })
}

fn action_in(path: &str) -> Action {
    let bytes = std::fs::read(path).unwrap();
    if is_program_file(&bytes) {
        return Action::from_program_file("action", path, &bytes).unwrap();
    }
    let text = String::from_utf8(bytes).unwrap();
    let built = std::env::current_exe().unwrap();
    let bundler = Bundler::new(built.parent().and_then(Path::parent).unwrap().join("vestibule-bundler"));
    let file = EntryFile { path: Path::new(path), file_name: path, text: &text };
    Action::from_file("action", file, &bundler).unwrap()
}

struct Bench {
    /// Without a key, so it neither makes compiled forms for files nor believes any.
    plain: Vestibule,
    keyed: Vestibule,
    trigger: String,
    context: Runtime,
}

impl Bench {
    fn start(trigger: &str) -> Self {
        let builder = || {
            let engine = EngineLimits { threads: 1, ready_isolates: 2, ..EngineLimits::default() };
            // A busy machine counts waiting for memory as time of the processor.
            let limits = Limits { cpu: Duration::from_secs(10), ..Limits::default() };
            Vestibule::builder().engine_limits(engine).limits(limits).egress(Egress::none())
        };
        Self {
            plain: builder().build().unwrap(),
            keyed: builder().program_key(ProgramKey::new([7; 32])).build().unwrap(),
            trigger: trigger.to_owned(),
            context: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    fn compare_loading(&self, action: &Action) {
        let without = self.context.block_on(self.plain.make_program_file(action, &self.trigger)).unwrap();
        let with = self.context.block_on(self.keyed.make_program_file(action, &self.trigger)).unwrap();
        println!(
            "{}: a program file of {} bytes, {} of them compiled code; {ROUNDS} rounds",
            action.name(),
            with.bytes.len(),
            with.code_cache_bytes
        );
        if !with.dry_run.is_decided() {
            println!("it fails without network and secrets: {:?}", with.dry_run.decision);
        }
        let hello = self.keyed.flow(TRIGGER).unwrap().action(Action::new("hello", "a.js", HELLO).unwrap());
        let kept = self.bind(action.clone());
        let names = ["hello, kept in memory", "without code cache", "with code cache", "kept in memory"];
        let mut figures = names.map(Figures::new);
        for round in 0..WARM_UP + ROUNDS {
            let measured = [
                self.measure(|| hello.clone()),
                self.measure(|| self.bind(read(&without.bytes))),
                self.measure(|| self.bind(read(&with.bytes))),
                self.measure(|| kept.clone()),
            ];
            for (figures, measured) in figures.iter_mut().zip(measured) {
                if round >= WARM_UP {
                    figures.add(measured);
                }
            }
        }
        print(&mut figures);
        println!("\n{:?}\n", self.keyed.engine().stats().code_caches);
    }

    fn bind(&self, action: Action) -> Flow {
        self.keyed.flow(&self.trigger).unwrap().action(action)
    }

    fn measure(&self, load: impl FnOnce() -> Flow) -> Measured {
        std::thread::sleep(PAUSE);
        let started = Instant::now();
        let flow = load();
        let loaded = started.elapsed();
        let event: Value = serde_json::from_str(flow.trigger().sample_event().unwrap()).unwrap();
        let asked = Instant::now();
        let outcome = self.context.block_on(flow.run(event)).unwrap();
        Measured { load: loaded, run: asked.elapsed(), outcome }
    }
}

fn read(bytes: &[u8]) -> Action {
    Action::from_program_file("action", "action.vst", bytes).unwrap()
}

struct Measured {
    load: Duration,
    run: Duration,
    outcome: FlowOutcome,
}

/// What was measured of one way to run a program.
struct Figures {
    name: &'static str,
    load: Vec<Duration>,
    run: Vec<Duration>,
    cpu: Vec<Duration>,
    heap_bytes: Vec<u64>,
}

impl Figures {
    fn new(name: &'static str) -> Self {
        Self { name, load: vec![], run: vec![], cpu: vec![], heap_bytes: vec![] }
    }

    fn add(&mut self, Measured { load, run, outcome }: Measured) {
        let usage = &outcome.actions[0].usage;
        self.load.push(load);
        self.run.push(run);
        self.cpu.push(Duration::from_micros(usage.cpu_us));
        self.heap_bytes.push(usage.heap_peak_bytes);
    }
}

/// A row for each; the first is what the others are compared with.
fn print(figures: &mut [Figures]) {
    println!("| | load p50, ms | run p50, ms | run p95, ms | x hello | CPU p50, ms | heap p50, bytes |");
    println!("|---|---|---|---|---|---|---|");
    let floor = ms(percentile(&mut figures[0].run, 50));
    for Figures { name, load, run, cpu, heap_bytes } in figures {
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
            ms(percentile(load, 50)),
            ms(percentile(run, 50)),
            ms(percentile(run, 95)),
            ms(percentile(run, 50)) / floor,
            ms(percentile(cpu, 50)),
            percentile(heap_bytes, 50)
        );
    }
}

/// Whole processes, from their start to their end.
fn compare_commands(commands: &[String]) {
    let mut times = vec![Vec::new(); commands.len()];
    for _ in 0..COMMAND_ROUNDS {
        for (command, times) in commands.iter().zip(&mut times) {
            let started = Instant::now();
            let output = Command::new("sh").args(["-c", command]).output().unwrap();
            times.push(started.elapsed());
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    println!("| whole process, {COMMAND_ROUNDS} times | p50, ms | p95, ms |");
    println!("|---|---|---|");
    for (command, times) in commands.iter().zip(&mut times) {
        println!("| `{command}` | {:.1} | {:.1} |", ms(percentile(times, 50)), ms(percentile(times, 95)));
    }
}

/// The value that so many of a hundred do not exceed.
fn percentile<T: Copy + Ord>(values: &mut [T], percent: usize) -> T {
    values.sort();
    values[(values.len() * percent).div_ceil(100) - 1]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

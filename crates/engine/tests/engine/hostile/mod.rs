//! The hostile matrix: every script of [`cases`] alone in a process of its own, so that an abort or a
//! hang is put down to its case, and then all of them mixed in one process.
//!
//! `VESTIBULE_CASES=text` runs only the cases whose names contain the text; `VESTIBULE_SEED=n` repeats
//! a mixed run.

mod alone;
mod cases;
mod mixed;

use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use vestibule_engine::Engine;
use vestibule_engine::EngineError;
use vestibule_engine::Execution;
use vestibule_engine::Limits;
use vestibule_engine::LogLine;
use vestibule_engine::Outcome;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;

use crate::support;
use crate::support::MIB;
use crate::support::SECRET;

/// Names the one case that a child process runs.
const CASE_VARIABLE: &str = "VESTIBULE_CASE";
/// Limits the cases to those whose names contain the text.
const FILTER_VARIABLE: &str = "VESTIBULE_CASES";
/// What an answer may come later than limit and grace: the machine is shared and busy.
const SLACK: Duration = Duration::from_secs(2);
/// More memory than any case may touch; a process that takes more is ended for the machine's sake.
const RSS_BYTES_FATAL: usize = 8 * 1024 * MIB;

/// The cases that run now: what to name when memory runs away.
static RUNNING: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// One hostile script, and how it may end.
#[derive(Clone)]
struct Case {
    /// Area, what it does and where: `cpu/an endless loop (timer)`.
    name: String,
    /// The row of the catalogue.
    row: u16,
    source: String,
    kind: ProgramKind,
    limits: Limits,
    /// Kinds of outcome.
    expected: &'static [&'static str],
}

/// How a case went.
struct Run {
    kind: String,
    details: String,
    elapsed: Duration,
    /// How much later than its limit the answer came.
    overrun: Duration,
}

impl Case {
    fn program(&self) -> Program {
        let name = match self.kind {
            ProgramKind::CommonJs => "action.js",
            ProgramKind::EsModule => "action.mjs",
        };
        Program::new(name, self.source.as_str(), self.kind).unwrap()
    }

    /// Runs it; an error says in what it failed.
    async fn run(&self, engine: &Engine, grace: Duration) -> Result<Run, String> {
        let program = self.program();
        RUNNING.lock().unwrap().push(self.name.clone());
        let began = Instant::now();
        let result = self.execute(engine, &program).await;
        let elapsed = began.elapsed();
        RUNNING.lock().unwrap().retain(|name| *name != self.name);
        let execution = result.map_err(|error| format!("refused: {error}"))?;
        let kind = support::kind(&execution.outcome).to_owned();
        // On a busy machine processor time passes slowly; what it overran is in the report.
        let overrun = match &execution.outcome {
            Outcome::CpuLimit(breach) => Duration::from_millis(breach.used.saturating_sub(breach.limit)),
            _ => Duration::ZERO,
        };
        let overrun = overrun.max(elapsed.saturating_sub(self.limits.wall));
        let details = shortened(&format!("{:?} {:?}", execution.outcome, first_lines(&execution.logs)));
        if overrun > grace + SLACK {
            return Err(format!("answered {overrun:?} after its limit: {details}"));
        }
        if let Some(leak) = leak(&execution) {
            return Err(format!("shows {leak}: {details}"));
        }
        Ok(Run { kind, details, elapsed, overrun })
    }

    async fn execute(&self, engine: &Engine, program: &Program) -> Result<Execution, EngineError> {
        let mut invocation = support::invocation();
        invocation.limits = self.limits.clone();
        support::execute(engine, program, invocation).await
    }

    /// A script that is to run into another limit runs out of time on the clock where it is starved.
    fn is_expected(&self, kind: &str) -> bool {
        let any_limit = || self.expected.iter().any(|expected| expected.ends_with("_limit"));
        self.expected.contains(&kind) || (kind == "wall_limit" && any_limit())
    }
}

fn first_lines(logs: &[LogLine]) -> Vec<&str> {
    logs.iter().take(3).map(|line| line.message.as_str()).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}

/// What no report may hold: the secret, and names from inside of the runtime.
fn leak(execution: &Execution) -> Option<&'static str> {
    let logs: Vec<&str> = execution.logs.iter().map(|line| line.message.as_str()).collect();
    let text = format!("{:?} {}", execution.outcome, logs.join("\n"));
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let spellings = [SECRET, hex.as_str(), "Y2FuYXJ5L3NlY3JldCs1ZjFlMDk", "canary%2Fsecret%2B5f1e09"];
    if spellings.iter().any(|spelling| text.contains(spelling)) {
        return Some("the secret");
    }
    ["ext:", "/crates/", "/target/", ".cargo", "deno", "Deno", "op_", ".rs:", "primordials", "panicked"]
        .into_iter()
        .find(|inside| text.contains(inside))
}

/// The cases that this run is about.
fn selected() -> Vec<Case> {
    let filter = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    let all = cases::all();
    let mut names: Vec<_> = all.iter().map(|case| case.name.clone()).collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "every case has a name of its own");
    all.into_iter().filter(|case| case.name.contains(&filter)).collect()
}

/// Ends this process when it takes so much memory that the machine is in danger.
fn guard_memory() {
    std::thread::spawn(|| {
        loop {
            if support::process::rss_bytes() > RSS_BYTES_FATAL {
                let running = RUNNING.lock().unwrap().clone();
                eprintln!(
                    "memory runs away: {} MiB resident during {running:?}",
                    support::process::rss_bytes() / MIB
                );
                end_process(77);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}

/// Ends the process without destructors, which threads that do not obey would race with.
#[allow(unsafe_code, reason = "there is no safe `_exit`")]
fn end_process(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

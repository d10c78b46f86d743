//! Every case in a process of its own.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use vestibule_engine::Engine;
use vestibule_engine::EngineLimits;

use super::CASE_VARIABLE;
use super::Case;
use super::end_process;
use super::guard_memory;
use super::selected;
use crate::support;
use crate::support::MIB;

/// After this a child process hangs.
const PATIENCE: Duration = Duration::from_secs(150);
/// What comes before the report of a child in its output.
const REPORT: &str = "REPORT ";
/// Processes at one moment.
const AT_ONCE: usize = 2;
/// How much processor time a process may use until a builtin that does not obey has ended, V8's helpers
/// included: on a busy machine time on the clock says nothing.
const LOST_CPU: Duration = Duration::from_secs(20);
/// When it has not ended after this, it waits for something that never comes.
const LOST_PATIENCE: Duration = Duration::from_secs(90);
const GRACE: Duration = Duration::from_millis(50);
/// Native code that goes on for longer than that, with nothing to guard it by: no builtin is called by name,
/// or one step of it is as slow as a whole text is long. Their callers are answered on time all the same; the
/// price is a thread, for as long as V8 takes.
pub(super) const DEAF: &[&str] = &[
    "natives/a text compared with native comparators",
    "natives/the largest typed array shown in a locale",
    "natives/the largest typed array spread into an object",
    "natives/the largest typed array filled and moved again and again",
];

/// What a child process does when it is told a case; without one there is nothing to do.
#[test]
fn child_process() {
    let Ok(name) = std::env::var(CASE_VARIABLE) else { return };
    let cases = super::cases::all();
    let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"));
    guard_memory();
    let report = support::block_on(run_here(case));
    println!("{REPORT}{report}");
    end_process(0);
}

async fn run_here(case: &Case) -> Value {
    let engine = support::start(EngineLimits {
        threads: 1,
        ready_isolates: 1,
        grace: GRACE,
        wait: Duration::from_secs(60),
        ..EngineLimits::default()
    });
    let run = case.run(&engine, GRACE).await;
    let quarantined = engine.stats().quarantined;
    let canary = support::run_canary(&engine).await;
    let mut problems = Vec::new();
    if let Err(problem) = canary {
        problems.push(problem);
    }
    // What a lost thread does after the answer counts as well: it must end, and must not eat the machine.
    let is_deaf = DEAF.contains(&case.name.as_str());
    if !is_deaf && let Err(left) = all_end(&engine) {
        problems.push(left);
    }
    let executions = support::eventually(Duration::from_secs(2), || engine.stats().executions, |n| *n == 0);
    if !is_deaf && let Err(left) = executions {
        problems.push(format!("{left} executions are left over"));
    }
    let figures = match run {
        Ok(run) => {
            if !case.is_expected(&run.kind) {
                problems
                    .push(format!("ended as {}, expected {:?}: {}", run.kind, case.expected, run.details));
            }
            json!({ "kind": run.kind, "details": run.details, "elapsed_ms": run.elapsed.as_millis() as u64, "overrun_ms": run.overrun.as_millis() as u64 })
        }
        Err(problem) => {
            problems.push(problem);
            Value::Null
        }
    };
    json!({
        "run": figures,
        "quarantined": quarantined,
        "rss_peak_mib": support::process::rss_peak_bytes() / MIB,
        "problems": problems,
    })
}

/// Waits for the threads that were given up.
fn all_end(engine: &Engine) -> Result<(), String> {
    let look = || (engine.stats().quarantined, support::process::cpu());
    let is_over = |(quarantined, cpu): &(usize, Duration)| *quarantined == 0 || *cpu > LOST_CPU;
    match support::eventually(LOST_PATIENCE, look, is_over) {
        Ok((0, _)) => Ok(()),
        Ok((left, cpu)) | Err((left, cpu)) => {
            Err(format!("{left} quarantined thread still runs after {cpu:?} of processor time"))
        }
    }
}

/// How a child process went.
struct Verdict {
    case: Case,
    report: Option<Value>,
    problems: Vec<String>,
}

#[test]
fn every_hostile_script_is_contained_on_its_own() {
    let queue = Mutex::new(VecDeque::from(selected()));
    let verdicts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().pop_front() else { return };
                    let verdict = in_child_process(case);
                    verdicts.lock().unwrap().push(verdict);
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().unwrap();
    // On a busy machine a child may be starved; what fails must fail again, with the machine to itself.
    for verdict in verdicts.iter_mut().filter(|verdict| !verdict.problems.is_empty()) {
        eprintln!("once more: {}: {}", verdict.case.name, verdict.problems.join("; "));
        *verdict = in_child_process(verdict.case.clone());
    }
    verdicts.sort_by(|a, b| a.case.name.cmp(&b.case.name));
    let failed = failures(&verdicts);
    // Of a run that fails only what failed is printed: a log that is cut short must not lose that.
    assert!(failed.is_empty(), "{} cases of {} failed:\n{failed}", failed.lines().count(), verdicts.len());
    eprintln!("{}", table(&verdicts));
}

fn in_child_process(case: Case) -> Verdict {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::alone::child_process", "--nocapture", "--test-threads=1"])
        .env(CASE_VARIABLE, &case.name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = std::thread::spawn(move || read_all(&mut out));
    let err = std::thread::spawn(move || read_all(&mut err));
    let until = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > until {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (out, err) = (out.join().unwrap(), err.join().unwrap());
    let report = out.lines().find_map(|line| serde_json::from_str(line.split_once(REPORT)?.1).ok());
    let problems = problems(status, report.as_ref(), &err);
    Verdict { case, report, problems }
}

fn read_all(from: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.take(4 * MIB as u64).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn problems(status: Option<ExitStatus>, report: Option<&Value>, err: &str) -> Vec<String> {
    let mut problems: Vec<String> = Vec::new();
    match status {
        None => problems.push(format!("THE PROCESS HUNG for {PATIENCE:?}")),
        Some(status) if !status.success() => {
            let lines: Vec<&str> = err.lines().filter(|line| !line.trim().is_empty()).take(12).collect();
            let how = status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"));
            problems.push(format!("THE PROCESS DIED ({how}): {}", lines.join(" | ")));
        }
        Some(_) => {}
    }
    if err.contains("panicked at") {
        let line = err.lines().find(|line| line.contains("panicked at")).unwrap_or_default();
        if !line.contains("tests/engine/support.rs") {
            problems.push(format!("a panic: {line}"));
        }
    }
    if let Some(report) = report {
        let own = report["problems"].as_array().into_iter().flatten();
        problems.extend(own.filter_map(|problem| problem.as_str().map(str::to_owned)));
    }
    problems
}

fn failures(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for Verdict { case, problems, .. } in verdicts.iter().filter(|verdict| !verdict.problems.is_empty()) {
        writeln!(text, "  row {} {}: {}", case.row, case.name, problems.join("; ").replace('\n', " | "))
            .unwrap();
    }
    text
}

/// One line a case: what a release reports.
fn table(verdicts: &[Verdict]) -> String {
    let mut text = format!(
        "{:>4} {:<62} {:<15} {:>8} {:>8} {:>5} {:>5}\n",
        "row", "case", "outcome", "ms", "over ms", "MiB", "lost"
    );
    for Verdict { case, report, .. } in verdicts {
        let report = report.as_ref().unwrap_or(&Value::Null);
        let run = &report["run"];
        writeln!(
            text,
            "{:>4} {:<62} {:<15} {:>8} {:>8} {:>5} {:>5}",
            case.row,
            case.name.chars().take(62).collect::<String>(),
            run["kind"].as_str().unwrap_or("-"),
            run["elapsed_ms"].to_string(),
            run["overrun_ms"].to_string(),
            report["rss_peak_mib"].to_string(),
            report["quarantined"].to_string(),
        )
        .unwrap();
    }
    text
}

//! Cases in one process, in a shuffled order, in several rounds.

use std::process::Command;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use vestibule_engine::Engine;
use vestibule_engine::EngineLimits;

use super::Case;
use super::alone::DEAF;
use super::end_process;
use super::guard_memory;
use super::selected;
use crate::support;
use crate::support::MIB;
use crate::support::process;

const SEED_VARIABLE: &str = "VESTIBULE_SEED";
const CHILD_VARIABLE: &str = "VESTIBULE_MIXED";
const ROUNDS: usize = 4;
/// Rounds after which the allocators hold what they hold for good.
const ROUNDS_TO_WARM_UP: usize = 2;
/// Of all cases, so many run in a round: the seed chooses.
const ROUND_CASES: usize = 120;
/// A neighbour runs after so many cases.
const CANARY_EVERY: usize = 8;
const GRACE: Duration = Duration::from_millis(50);
/// What the later rounds may add to the resident memory after the warm-up: where isolates lie changes
/// from round to round.
const GROWTH_BYTES_MAX: usize = 192 * MIB;

#[test]
fn hostile_scripts_are_contained_in_one_process() {
    let seed = std::env::var(SEED_VARIABLE).unwrap_or_else(|_| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs()).to_string()
    });
    let Err(problem) = in_child_process(&seed) else { return };
    eprintln!("once more, because a busy machine may have starved it: {problem}");
    if let Err(problem) = in_child_process(&seed) {
        panic!("repeat with {SEED_VARIABLE}={seed}: {problem}");
    }
}

fn in_child_process(seed: &str) -> Result<(), String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::mixed::child_process", "--nocapture", "--test-threads=1"])
        .env(CHILD_VARIABLE, seed)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    eprintln!("{out}");
    if output.status.success() {
        return Ok(());
    }
    let tail: Vec<&str> = err.lines().rev().take(40).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(format!("{}\n{}", output.status, tail.join("\n")))
}

/// What the child process does when it is told a seed; without one there is nothing to do.
#[test]
fn child_process() {
    let Ok(seed) = std::env::var(CHILD_VARIABLE) else { return };
    guard_memory();
    let problems = support::block_on(rounds(seed.parse().unwrap()));
    for problem in &problems {
        eprintln!("{problem}");
    }
    end_process(i32::from(!problems.is_empty()));
}

async fn rounds(seed: u64) -> Vec<String> {
    let engine = support::start(EngineLimits {
        threads: 2,
        ready_isolates: 1,
        grace: GRACE,
        wait: Duration::from_secs(60),
        quarantined: 64,
        ..EngineLimits::default()
    });
    let mut random = Random(seed | 1);
    let mut problems = Vec::new();
    if let Err(problem) = support::run_canary(&engine).await {
        problems.push(problem);
    }
    let (threads, descriptors) = (process::threads().len(), process::file_descriptors());
    let mut resident = Vec::new();
    for round in 0..ROUNDS {
        let mut cases = selected();
        // What holds a thread, and its memory, beyond the end of the round is looked at alone.
        cases.retain(|case| !DEAF.contains(&case.name.as_str()));
        random.shuffle(&mut cases);
        cases.truncate(ROUND_CASES);
        let cases: Vec<&'static Case> = cases.into_iter().map(|case| &*Box::leak(Box::new(case))).collect();
        for pair in cases.chunks(CANARY_EVERY) {
            problems.extend(two_at_a_time(&engine, pair).await);
            if let Err(problem) = support::run_canary(&engine).await {
                problems.push(format!("round {round}, after {:?}: {problem}", names(pair)));
            }
        }
        problems.extend(residue(&engine, threads, descriptors).await);
        give_back_freed_memory();
        resident.push(process::rss_bytes());
        println!("round {round}: {} cases, {} MiB resident", cases.len(), resident[round] / MIB);
    }
    let (warm, last) = (resident[ROUNDS_TO_WARM_UP - 1], resident[ROUNDS - 1]);
    if last > warm + GROWTH_BYTES_MAX {
        problems.push(format!(
            "memory grows: {} MiB after {ROUNDS_TO_WARM_UP} rounds, {} MiB after the last",
            warm / MIB,
            last / MIB
        ));
    }
    problems
}

/// The allocator keeps what is freed, in an arena for each thread that ever was; what is meant here is what
/// is still in use.
fn give_back_freed_memory() {
    // SAFETY: `malloc_trim` has no preconditions.
    #[allow(unsafe_code, reason = "there is no safe `malloc_trim`")]
    unsafe {
        libc::malloc_trim(0);
    }
}

fn names(cases: &[&'static Case]) -> Vec<&'static str> {
    cases.iter().map(|case| case.name.as_str()).collect()
}

/// Runs cases as two callers, each with a thread of the engine.
async fn two_at_a_time(engine: &Engine, cases: &[&'static Case]) -> Vec<String> {
    let (left, right) = cases.split_at(cases.len() / 2);
    let (mut left, right) = futures::join!(one_by_one(engine, left), one_by_one(engine, right));
    left.extend(right);
    left
}

async fn one_by_one(engine: &Engine, cases: &[&'static Case]) -> Vec<String> {
    let mut problems = Vec::new();
    for case in cases {
        let mut run = case.run(engine, GRACE).await;
        // The other caller's script may have cost this one its thread; then it may be run again.
        for _ in 0..3 {
            if run.as_ref().is_ok_and(|run| run.kind == "engine_lost") {
                run = case.run(engine, GRACE).await;
            }
        }
        match run {
            Ok(run) if case.is_expected(&run.kind) => {}
            // Beside a hostile neighbour an honest script may run out of its few milliseconds.
            Ok(run) if ["wall_limit", "cpu_limit"].contains(&run.kind.as_str()) => {}
            Ok(run) => problems
                .push(format!("{}: {}, expected {:?}: {}", case.name, run.kind, case.expected, run.details)),
            Err(problem) => problems.push(format!("{}: {problem}", case.name)),
        }
    }
    problems
}

/// What is left over a while after the last execution.
async fn residue(engine: &Engine, threads: usize, descriptors: usize) -> Vec<String> {
    let patience = Duration::from_secs(60);
    let mut problems = Vec::new();
    let stats = support::eventually(
        patience,
        || engine.stats(),
        |stats| stats.executions == 0 && stats.quarantined == 0,
    );
    if let Err(left) = stats {
        problems.push(format!("left over: {left:?}"));
    }
    if let Err(left) = support::eventually(patience, || process::threads().len(), |n| *n <= threads) {
        problems.push(format!("{left} threads, {threads} at first: {:?}", process::threads()));
    }
    // One more may be open while the folder is read.
    if let Err(left) = support::eventually(patience, process::file_descriptors, |n| *n <= descriptors + 8) {
        problems.push(format!("{left} file descriptors, {descriptors} at first"));
    }
    problems
}

/// A small generator with a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = (self.next() % (index as u64 + 1)) as usize;
            items.swap(index, other);
        }
    }
}

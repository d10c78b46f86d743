//! Good and hostile actions in one process, again and again: it must stay as it was.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use vestibule::Action;
use vestibule::EngineLimits;
use vestibule::Limits;
use vestibule::Outcome;
use vestibule::Vestibule;

/// An action by the body of its handler, and the outcome that it must come to.
struct Case {
    name: &'static str,
    body: &'static str,
    outcome: fn(&Outcome) -> bool,
}

const CASES: &[Case] = &[
    Case {
        name: "claims",
        body: "api.idToken.setCustomClaim('https://a.example/x', event.user.email)",
        outcome: is_completed,
    },
    Case {
        name: "web",
        body: "console.log(new URL('https://a.example/?q=1').searchParams.get('q'), await new Blob(['x']).text(), crypto.randomUUID().length)",
        outcome: is_completed,
    },
    Case {
        name: "timers",
        body: "setInterval(() => {}, 1); await new Promise((done) => setTimeout(done, 5))",
        outcome: is_completed,
    },
    Case {
        name: "buffers",
        body: "for (let i = 0; i < 200; i++) new Uint8Array(1 << 18)",
        outcome: is_completed,
    },
    Case {
        name: "throw",
        body: "throw new TypeError('no')",
        outcome: |outcome| matches!(outcome, Outcome::Threw(_)),
    },
    Case { name: "loop", body: "for (;;) {}", outcome: is_out_of_time },
    Case {
        name: "microtasks",
        body: "const f = () => Promise.resolve().then(f); await f()",
        outcome: |outcome| matches!(outcome, Outcome::HeapLimit(_)) || is_out_of_time(outcome),
    },
    Case { name: "regex", body: "/(a+)+$/.test('a'.repeat(40) + 'b')", outcome: is_out_of_time },
    Case {
        name: "sleep",
        body: "await new Promise((done) => setTimeout(done, 1e6))",
        outcome: |outcome| matches!(outcome, Outcome::WallLimit(_)),
    },
    Case {
        name: "never",
        body: "await new Promise(() => {})",
        outcome: |outcome| matches!(outcome, Outcome::Unsettled { .. }),
    },
    Case {
        name: "heap",
        body: "const a = []; for (;;) a.push({ a: [1, 2, 3] })",
        outcome: |outcome| matches!(outcome, Outcome::HeapLimit(_)) || is_out_of_time(outcome),
    },
    Case {
        name: "calls",
        body: "for (;;) api.redirect.canRedirect()",
        outcome: |outcome| matches!(outcome, Outcome::OutputLimit(_)),
    },
    Case {
        name: "fetch",
        body: "try { await fetch('http://169.254.169.254/') } catch (error) { console.log(error.message) }",
        outcome: is_completed,
    },
    Case {
        name: "flood",
        body: "for (let i = 0; i < 5000; i++) console.log('line ' + i)",
        outcome: is_completed,
    },
];

/// A script that uses its processor for ever; on a machine that starves it, the clock comes first.
fn is_out_of_time(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::CpuLimit(_) | Outcome::WallLimit(_))
}

/// Enough for the 200 executions of which the bound speaks.
const ROUNDS: usize = 15;
const ROUNDS_TO_WARM_UP: usize = 4;
/// What allocators and caches may keep after the warm-up, however many executions follow.
const RESIDENT_GROWTH_MAX: usize = 48 << 20;

#[test]
fn two_hundred_executions_leave_the_process_as_it_was() {
    let context = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = Process::now();
    {
        let engine_limits = EngineLimits { threads: 2, ready_isolates: 1, ..EngineLimits::default() };
        let limits = Limits {
            wall: Duration::from_millis(1_000),
            cpu: Duration::from_millis(300),
            heap_bytes: 24 << 20,
            calls: 500,
            ..Limits::default()
        };
        let vestibule = Vestibule::builder().engine_limits(engine_limits).limits(limits).build().unwrap();
        let mut warm = None;
        for round in 0..ROUNDS_TO_WARM_UP + ROUNDS {
            if round == ROUNDS_TO_WARM_UP {
                warm = Some(settled(&vestibule));
            }
            context.block_on(run_all(&vestibule));
        }
        let (warm, end) = (warm.unwrap(), settled(&vestibule));
        assert_eq!((end.threads, end.files), (warm.threads, warm.files), "threads and open files");
        let grown = end.resident_bytes.saturating_sub(warm.resident_bytes);
        assert!(
            grown <= RESIDENT_GROWTH_MAX,
            "{grown} bytes more resident after {} executions",
            ROUNDS * CASES.len()
        );
        assert_eq!(vestibule.engine().stats().quarantined, 0);
    }
    wait_until(
        || Process::now().threads <= before.threads + V8_HELPER_THREADS_MAX,
        "the engine's threads end with it",
    );
}

/// V8 keeps its helper threads for the life of the process: at most four.
const V8_HELPER_THREADS_MAX: usize = 4;

/// Every case once, two at a time, each with the outcome that it must have.
async fn run_all(vestibule: &Vestibule) {
    for pair in CASES.chunks(2) {
        let runs = pair.iter().map(|case| run(vestibule, case));
        for (case, outcome) in pair.iter().zip(futures_join(runs).await) {
            assert!((case.outcome)(&outcome), "{}: {outcome:?}", case.name);
        }
    }
}

async fn futures_join(runs: impl Iterator<Item = impl Future<Output = Outcome>>) -> Vec<Outcome> {
    let mut runs: Vec<_> = runs.map(Box::pin).collect();
    let mut outcomes = Vec::new();
    match &mut runs[..] {
        [first, second] => {
            let (first, second) = tokio::join!(first, second);
            outcomes.extend([first, second]);
        }
        rest => {
            for run in rest {
                outcomes.push(run.await);
            }
        }
    }
    outcomes
}

async fn run(vestibule: &Vestibule, case: &Case) -> Outcome {
    let source = format!("exports.onExecutePostLogin = async (event, api) => {{ {} }};", case.body);
    let action = Action::new(case.name, "action.js", &source).unwrap();
    let flow = vestibule.flow("auth0/post-login").unwrap().action(action);
    let event: Value = serde_json::from_str(flow.trigger().sample_event().unwrap()).unwrap();
    flow.run(event).await.unwrap().actions.remove(0).outcome
}

fn is_completed(outcome: &Outcome) -> bool {
    outcome.is_completed()
}

struct Process {
    threads: usize,
    files: usize,
    resident_bytes: usize,
}

impl Process {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
        let memory = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: usize = memory.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            threads: count("/proc/self/task"),
            files: count("/proc/self/fd"),
            resident_bytes: pages * 4096,
        }
    }
}

/// The figures once nothing is under way any more.
fn settled(vestibule: &Vestibule) -> Process {
    wait_until(|| vestibule.engine().stats().executions == 0, "every execution ends");
    // Isolates are made ready and blocking look-ups end within moments.
    std::thread::sleep(Duration::from_millis(500));
    Process::now()
}

fn wait_until(mut condition: impl FnMut() -> bool, what: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < patience, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

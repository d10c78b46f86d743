//! Cancelling, quarantine, and the end of an engine.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use vestibule_engine::Egress;
use vestibule_engine::EngineError;
use vestibule_engine::EngineLimits;
use vestibule_engine::Limits;
use vestibule_engine::Outcome;

use crate::support;
use crate::support::TestApi;
use crate::support::block_on;
use crate::support::common_js;
use crate::support::engine_of;
use crate::support::eventually;
use crate::support::execute;
use crate::support::invocation;
use crate::support::kind;
use crate::support::logged;
use crate::support::run_canary;
use crate::support::start;
use crate::support::with_limits;

/// A call of V8 that lasts about a second and does not look at a requested termination.
const UNINTERRUPTIBLE: &str = "exports.h = () => { ({ ...new Uint8Array(4 << 20) }); };";

const PATIENCE: Duration = Duration::from_secs(5);

fn is_over(engine: &vestibule_engine::Engine) -> Result<usize, usize> {
    eventually(PATIENCE, || engine.stats().executions, |left| *left == 0)
}

#[test]
fn dropping_the_future_ends_a_loop() {
    let engine = engine_of(1);
    let program = common_js("exports.h = () => { for (;;); };");
    block_on(async {
        let given = with_limits(|limits| limits.cpu = Duration::from_secs(30));
        let answer =
            tokio::time::timeout(Duration::from_millis(200), execute(&engine, &program, given)).await;
        assert!(answer.is_err(), "{answer:?}");
    });
    assert_eq!(is_over(&engine), Ok(0));
    assert_eq!(engine.stats().quarantined, 0);
    block_on(run_canary(&engine)).unwrap();
}

#[test]
fn dropping_the_future_ends_what_sleeps() {
    let engine = engine_of(1);
    let api = TestApi::default();
    let program = common_js(
        "exports.h = async (e, api) => { api.never(); await new Promise((r) => setTimeout(r, 15000)); };",
    );
    block_on(async {
        let answer = tokio::time::timeout(
            Duration::from_millis(300),
            engine.execute(&program, invocation(), Box::new(api.clone()), Egress::none()),
        )
        .await;
        assert!(answer.is_err(), "{answer:?}");
    });
    assert_eq!(is_over(&engine), Ok(0));
    let dropped = eventually(PATIENCE, || api.never_dropped.load(Ordering::SeqCst), |n| *n == 1);
    assert_eq!(dropped, Ok(1), "the host's future is dropped with the execution");
}

#[test]
fn dropping_the_future_takes_a_waiting_execution_back() {
    let engine = engine_of(1);
    let hog = common_js("exports.h = () => { for (const end = Date.now() + 600; Date.now() < end;); };");
    block_on(async {
        let waits = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let program = common_js("exports.h = (e, api) => { for (;;); };");
            tokio::time::timeout(Duration::from_millis(100), execute(&engine, &program, invocation())).await
        };
        let (hog, waits) = futures::join!(execute(&engine, &hog, invocation()), waits);
        assert_eq!(hog.unwrap().outcome, Outcome::Completed);
        assert!(waits.is_err(), "{waits:?}");
    });
    assert_eq!(is_over(&engine), Ok(0));
    assert_eq!(engine.stats().quarantined, 0);
}

#[test]
fn a_host_future_that_never_ends_is_dropped_when_the_handler_settles() {
    let engine = engine_of(1);
    let api = TestApi::default();
    let program = common_js(
        "exports.h = async (e, api) => { api.never(); setTimeout(() => {}, 9000); await new Promise((r) => setTimeout(r, 500)); };",
    );
    let execution =
        block_on(engine.execute(&program, invocation(), Box::new(api.clone()), Egress::none())).unwrap();
    assert_eq!(execution.outcome, Outcome::Completed);
    assert_eq!((execution.pending.calls, execution.pending.timers), (1, 1), "{:?}", execution.pending);
    assert_eq!(api.never_started.load(Ordering::SeqCst), 1);
    let dropped = eventually(PATIENCE, || api.never_dropped.load(Ordering::SeqCst), |n| *n == 1);
    assert_eq!(dropped, Ok(1));
}

#[test]
fn a_caller_is_answered_in_time_though_the_isolate_does_not_obey() {
    in_own_process(
        "a_caller_is_answered_in_time_though_the_isolate_does_not_obey",
        a_caller_is_answered_in_time_though_the_isolate_does_not_obey_here,
    );
}

fn a_caller_is_answered_in_time_though_the_isolate_does_not_obey_here() {
    let grace = Duration::from_millis(50);
    let engine = start(EngineLimits { threads: 1, grace, ..EngineLimits::default() });
    block_on(run_canary(&engine)).unwrap();
    let given = with_limits(|limits| limits.cpu = Duration::from_millis(50));
    let began = Instant::now();
    let execution = block_on(execute(&engine, &common_js(UNINTERRUPTIBLE), given)).unwrap();
    let elapsed = began.elapsed();
    assert_eq!(kind(&execution.outcome), "cpu_limit", "{:?}", execution.outcome);
    let quarantined =
        eventually(PATIENCE, || engine.stats(), |stats| stats.quarantined == 1 && stats.threads == 1);
    assert!(quarantined.is_ok(), "{quarantined:?}; answered after {elapsed:?}");
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    block_on(run_canary(&engine)).unwrap();
    let back = eventually(Duration::from_secs(60), || engine.stats().quarantined, |n| *n == 0);
    assert_eq!(back, Ok(0), "the lost thread ends when its isolate has");
    assert_eq!(engine.stats().threads, 1);
}

#[test]
fn right_after_a_quarantine_the_next_execution_is_served() {
    in_own_process(
        "right_after_a_quarantine_the_next_execution_is_served",
        right_after_a_quarantine_the_next_execution_is_served_here,
    );
}

fn right_after_a_quarantine_the_next_execution_is_served_here() {
    let engine =
        start(EngineLimits { threads: 1, grace: Duration::from_millis(20), ..EngineLimits::default() });
    for _ in 0..6 {
        let given = with_limits(|limits| limits.cpu = Duration::from_millis(20));
        block_on(execute(&engine, &common_js(UNINTERRUPTIBLE), given)).unwrap();
        block_on(run_canary(&engine)).unwrap();
    }
}

#[test]
fn the_mates_of_a_lost_thread_end_as_engine_lost() {
    in_own_process(
        "the_mates_of_a_lost_thread_end_as_engine_lost",
        the_mates_of_a_lost_thread_end_as_engine_lost_here,
    );
}

fn the_mates_of_a_lost_thread_end_as_engine_lost_here() {
    let engine =
        start(EngineLimits { threads: 1, grace: Duration::from_millis(50), ..EngineLimits::default() });
    block_on(async {
        let sleeper = common_js("exports.h = () => new Promise((r) => setTimeout(r, 15000));");
        let mates = futures::future::join_all((0..5).map(|_| execute(&engine, &sleeper, invocation())));
        let uninterruptible = common_js(UNINTERRUPTIBLE);
        let hog = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let given = with_limits(|limits| limits.cpu = Duration::from_millis(50));
            execute(&engine, &uninterruptible, given).await
        };
        let (mates, hog) = futures::join!(mates, hog);
        assert_eq!(kind(&hog.unwrap().outcome), "cpu_limit");
        let kinds: Vec<_> = mates.iter().map(|mate| kind(&mate.as_ref().unwrap().outcome)).collect();
        assert_eq!(kinds, ["engine_lost"; 5]);
        run_canary(&engine).await.unwrap();
    });
}

#[test]
fn at_the_cap_of_quarantined_threads_the_engine_is_busy_until_one_comes_back() {
    in_own_process(
        "at_the_cap_of_quarantined_threads_the_engine_is_busy_until_one_comes_back",
        at_the_cap_of_quarantined_threads_the_engine_is_busy_until_one_comes_back_here,
    );
}

fn at_the_cap_of_quarantined_threads_the_engine_is_busy_until_one_comes_back_here() {
    let engine = start(EngineLimits {
        threads: 1,
        quarantined: 0,
        grace: Duration::from_millis(50),
        ..EngineLimits::default()
    });
    let given = with_limits(|limits| limits.cpu = Duration::from_millis(50));
    block_on(execute(&engine, &common_js(UNINTERRUPTIBLE), given)).unwrap();
    let lost = eventually(PATIENCE, || engine.stats(), |stats| stats.quarantined == 1);
    assert!(lost.is_ok(), "{lost:?}");
    let answer = block_on(execute(&engine, &common_js("exports.h = () => {};"), invocation()));
    assert!(matches!(answer, Err(EngineError::Busy { .. })), "{answer:?}");
    let back = eventually(Duration::from_secs(60), || engine.stats().quarantined, |n| *n == 0);
    assert_eq!(back, Ok(0));
    let served = eventually(PATIENCE, || block_on(run_canary(&engine)).is_ok(), |served| *served);
    assert_eq!(served, Ok(true), "a thread that came back, or a new one, serves again");
}

#[test]
fn an_engine_that_is_dropped_takes_its_threads_along() {
    // Other tests of this process have engines too; so this one looks from a process of its own.
    in_own_process("an_engine_that_is_dropped_takes_its_threads_along", || {
        let engine = engine_of(3);
        block_on(run_canary(&engine)).unwrap();
        assert_eq!(engine.stats().threads, 3);
        let sleeper = common_js("exports.h = () => new Promise((r) => setTimeout(r, 15000));");
        let waits = std::thread::spawn({
            let engine = engine.clone();
            move || {
                block_on(async {
                    let _ = tokio::time::timeout(
                        Duration::from_millis(200),
                        execute(&engine, &sleeper, invocation()),
                    )
                    .await;
                });
            }
        });
        waits.join().unwrap();
        drop(engine);
        let left = eventually(PATIENCE, support::process::engine_threads, |left| *left == 0);
        assert_eq!(left, Ok(0), "{:?}", support::process::threads());
    });
}

#[test]
fn many_engines_one_after_another_leave_nothing() {
    in_own_process("many_engines_one_after_another_leave_nothing", || {
        // The first one opens what the whole process shares.
        block_on(run_canary(&engine_of(2))).unwrap();
        let left = eventually(PATIENCE, support::process::engine_threads, |left| *left == 0);
        assert_eq!(left, Ok(0), "{:?}", support::process::threads());
        let descriptors = support::process::file_descriptors();
        for _ in 0..8 {
            let engine = engine_of(2);
            block_on(run_canary(&engine)).unwrap();
        }
        let left = eventually(PATIENCE, support::process::engine_threads, |left| *left == 0);
        assert_eq!(left, Ok(0), "{:?}", support::process::threads());
        let left = eventually(PATIENCE, support::process::file_descriptors, |left| *left <= descriptors);
        assert!(left.is_ok(), "{left:?} descriptors, {descriptors} at first");
    });
}

#[test]
fn a_limit_reached_while_the_runtime_loads_its_own_scripts() {
    in_own_process("a_limit_reached_while_the_runtime_loads_its_own_scripts", || {
        let engine =
            start(EngineLimits { threads: 1, grace: Duration::from_secs(2), ..EngineLimits::default() });
        let program = common_js(
            "for (const name of Object.getOwnPropertyNames(globalThis)) globalThis[name]; console.log({}); exports.h = () => {};",
        );
        for round in 0..60_u64 {
            let given = with_limits(|limits| {
                limits.cpu = Duration::from_millis(1 + round % 12);
                limits.wall = Duration::from_millis(1 + round % 7 * 5);
            });
            block_on(execute(&engine, &program, given)).unwrap();
        }
        block_on(run_canary(&engine)).unwrap();
    });
}

#[test]
fn scripts_see_utc_wherever_the_host_stands() {
    in_own_process("scripts_see_utc_wherever_the_host_stands", || {
        let seen = || {
            logged(
                "const noon = new Date(2026, 6, 1, 12);
                console.log(noon.toISOString(), noon.getTimezoneOffset(), String(noon));
                console.log(noon.toLocaleString('en-GB'), Intl.DateTimeFormat().resolvedOptions().timeZone);
                console.log(globalThis.Temporal?.Now.timeZoneId() ?? 'UTC');",
            )
        };
        let expected = [
            "2026-07-01T12:00:00.000Z 0 Wed Jul 01 2026 12:00:00 GMT+0000 (Coordinated Universal Time)",
            "01/07/2026, 12:00:00 UTC",
            "UTC",
        ];
        assert_eq!(seen(), expected);
        assert_eq!(std::env::var("TZ").as_deref(), Ok(ELSEWHERE), "the host's own time is as it was");
        assert_eq!(seen(), expected, "another isolate sees the same");
    });
}

/// Where processes of their own believe to be.
const ELSEWHERE: &str = "America/New_York";

/// Runs a test's body in a process of its own: what it looks at is the whole process's, or it leaves
/// threads busy that would hold up other tests.
fn in_own_process(test: &str, body: impl FnOnce()) {
    const VARIABLE: &str = "VESTIBULE_ALONE";
    if std::env::var(VARIABLE).is_ok() {
        return body();
    }
    let name = format!("promises::lifetime::{test}");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, "1")
        .env("TZ", ELSEWHERE)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the test {name} exists");
}

#[test]
fn the_api_handler_is_dropped_with_its_execution() {
    let engine = engine_of(1);
    let api = TestApi::default();
    let program = common_js("exports.h = (e, api) => { api.record(1); };");
    block_on(engine.execute(&program, invocation(), Box::new(api.clone()), Egress::none())).unwrap();
    let owners = eventually(PATIENCE, || Arc::strong_count(&api.never_dropped), |owners| *owners == 1);
    assert_eq!(owners, Ok(1));
}

#[test]
fn every_limit_at_its_floor_still_gives_an_outcome() {
    in_own_process("every_limit_at_its_floor_still_gives_an_outcome", floor);
}

fn floor() {
    let engine = engine_of(1);
    let given = with_limits(|limits| {
        *limits = Limits {
            wall: Duration::from_millis(1),
            cpu: Duration::from_millis(1),
            heap_bytes: 8 << 20,
            buffer_bytes: 64 << 10,
            log_bytes: 0,
            log_lines: 0,
            commands: 0,
            command_bytes: 0,
            call_bytes: 1024,
            calls: 0,
            timers: 0,
            fetches: 0,
            fetches_at_once: 1,
            fetch_bytes: 0,
            fetch: Duration::from_millis(1),
            event_bytes: 100,
        };
    });
    for _ in 0..20 {
        block_on(execute(&engine, &common_js("exports.h = () => { console.log(1); };"), given.clone()))
            .unwrap();
    }
}

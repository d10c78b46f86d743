//! Many executions at once: on one thread, from several threads, in two engines.

use std::time::Duration;
use std::time::Instant;

use futures::future::join_all;
use vestibule_engine::EngineLimits;
use vestibule_engine::Outcome;

use crate::support::block_on;
use crate::support::common_js;
use crate::support::engine_of;
use crate::support::es_module;
use crate::support::eventually;
use crate::support::execute;
use crate::support::invocation;
use crate::support::kind;
use crate::support::logged;
use crate::support::run_canary;
use crate::support::run_with;
use crate::support::start;
use crate::support::with_limits;

#[test]
fn two_hundred_suspended_executions_of_one_thread_wake() {
    let engine = start(EngineLimits {
        threads: 1,
        executions: 300,
        waiting: 300,
        wait: Duration::from_secs(60),
        ..EngineLimits::default()
    });
    let programs: Vec<_> = (0..200)
        .map(|n| {
            common_js(&format!(
                "exports.h = async (event, api) => {{
                   let sum = 0;
                   for (let i = 0; i < 3; i++) {{
                     await new Promise((r) => setTimeout(r, {}));
                     sum += await api.later({n}, 5);
                   }}
                   console.log(sum);
                 }};",
                (n * 7) % 90
            ))
        })
        .collect();
    let given = || with_limits(|limits| limits.wall = Duration::from_secs(60));
    let answers = block_on(join_all(programs.iter().map(|program| execute(&engine, program, given()))));
    for (n, answer) in answers.into_iter().enumerate() {
        let execution = answer.unwrap();
        assert_eq!(execution.outcome, Outcome::Completed, "{n}");
        assert_eq!(execution.logs[0].message, (n * 3).to_string());
        assert_eq!(execution.logs.len(), 1);
    }
    let left = eventually(Duration::from_secs(5), || engine.stats().executions, |left| *left == 0);
    assert_eq!(left, Ok(0));
}

#[test]
fn a_hog_delays_its_mates_until_its_limit_and_no_longer() {
    let engine =
        start(EngineLimits { threads: 1, grace: Duration::from_millis(500), ..EngineLimits::default() });
    let sleeper = common_js(
        "exports.h = async () => { for (let i = 0; i < 10; i++) await new Promise((r) => setTimeout(r, 20)); console.log('woke'); };",
    );
    let hog = common_js("exports.h = () => { for (;;); };");
    block_on(async {
        let mates = join_all((0..10).map(|_| execute(&engine, &sleeper, invocation())));
        let hog = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            execute(&engine, &hog, with_limits(|limits| limits.cpu = Duration::from_millis(200))).await
        };
        let began = Instant::now();
        let (mates, hog) = futures::join!(mates, hog);
        assert_eq!(kind(&hog.unwrap().outcome), "cpu_limit");
        for mate in mates {
            let mate = mate.unwrap();
            assert_eq!(mate.outcome, Outcome::Completed);
            assert_eq!(mate.logs[0].message, "woke");
            assert!(mate.usage.cpu_us < 1_000_000, "a mate pays for itself alone: {:?}", mate.usage);
        }
        assert!(began.elapsed() < Duration::from_secs(8));
    });
}

#[test]
fn the_wall_limit_of_a_mate_counts_while_a_hog_runs() {
    let engine =
        start(EngineLimits { threads: 1, grace: Duration::from_millis(50), ..EngineLimits::default() });
    let sleeper = common_js("exports.h = () => new Promise((r) => setTimeout(r, 100));");
    let hog = common_js("exports.h = () => { for (const end = Date.now() + 1500; Date.now() < end;); };");
    block_on(async {
        let mate = async {
            let began = Instant::now();
            let answer =
                execute(&engine, &sleeper, with_limits(|limits| limits.wall = Duration::from_millis(300)))
                    .await;
            (answer.unwrap(), began.elapsed())
        };
        let hog = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            execute(&engine, &hog, invocation()).await.unwrap()
        };
        let ((mate, elapsed), hog) = futures::join!(mate, hog);
        assert_eq!(kind(&mate.outcome), "wall_limit");
        assert!(elapsed < Duration::from_millis(1000), "answered after {elapsed:?}");
        assert_eq!(hog.outcome, Outcome::Completed, "the hog was within its limits");
    });
}

#[test]
fn executions_from_several_threads_at_once() {
    let engine = start(EngineLimits { threads: 2, ready_isolates: 2, ..EngineLimits::default() });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..15 {
                    block_on(run_canary(&engine)).unwrap();
                }
            });
        }
    });
    let left = eventually(Duration::from_secs(5), || engine.stats().executions, |left| *left == 0);
    assert_eq!(left, Ok(0));
}

#[test]
fn two_engines_do_not_know_of_each_other() {
    let (first, second) = (engine_of(1), engine_of(1));
    block_on(async {
        let (one, two) = futures::join!(run_canary(&first), run_canary(&second));
        one.unwrap();
        two.unwrap();
    });
    drop(first);
    block_on(run_canary(&second)).unwrap();
}

#[test]
fn nothing_of_one_execution_is_in_the_next() {
    let engine = engine_of(1);
    let program = common_js(
        "globalThis.count = (globalThis.count ?? 0) + 1; Array.prototype.mark = Object.prototype.mark = 1; URL.mark = 1; console.mark = 1; Math.mark = 1;
         exports.h = (event, api) => { console.log(count, navigator.mark, Object.getPrototypeOf(setTimeout).mark2); Function.prototype.mark2 = 1; api.record.mark3 = (api.record.mark3 ?? 0) + 1; console.log(api.record.mark3); };",
    );
    for _ in 0..4 {
        let execution = block_on(execute(&engine, &program, invocation())).unwrap();
        assert_eq!(execution.outcome, Outcome::Completed);
        assert_eq!(execution.logs[0].message, "1 1 undefined");
        assert_eq!(execution.logs[1].message, "1");
    }
}

#[test]
fn the_code_cache_changes_nothing() {
    let engine = engine_of(1);
    for (program, frames) in [
        (
            common_js(
                "function lazy(n) { if (n > 2) throw new TypeError('deep ' + n); return lazy(n + 1); }\nexports.h = () => { lazy(0); };",
            ),
            5,
        ),
        (
            es_module(
                "function lazy(n) { if (n > 2) throw new TypeError('deep ' + n); return lazy(n + 1); }\nexport const h = () => { lazy(0); };",
            ),
            5,
        ),
    ] {
        let first = block_on(execute(&engine, &program, invocation())).unwrap();
        let Outcome::Threw(thrown) = &first.outcome else { panic!("{:?}", first.outcome) };
        assert_eq!(thrown.frames.len(), frames, "{thrown:?}");
        for _ in 0..4 {
            let next = block_on(execute(&engine, &program, invocation())).unwrap();
            assert_eq!(next.outcome, first.outcome);
        }
    }
}

#[test]
fn random_numbers_differ_between_isolates() {
    let mut seen: Vec<String> = (0..6)
        .map(|_| {
            logged("console.log(JSON.stringify([Math.random(), Math.random(), crypto.randomUUID()]));")
                .remove(0)
        })
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "{seen:?}");
}

#[test]
fn usage_counts_what_was_used() {
    let engine = engine_of(1);
    let program = common_js(
        "exports.h = async (e, api) => { const b = new Uint8Array(3e6); b[1] = 1; for (const end = Date.now() + 60; Date.now() < end;); api.echo(1); api.record(2); await new Promise((r) => setTimeout(r, 100)); };",
    );
    let usage = block_on(execute(&engine, &program, invocation())).unwrap().usage;
    assert!((160_000..5_000_000).contains(&usage.wall_us), "{usage:?}");
    assert!((10_000..usage.wall_us).contains(&usage.cpu_us), "{usage:?}");
    assert!((3_000_000..6_000_000).contains(&usage.buffers_peak_bytes), "{usage:?}");
    assert!((500_000..64 << 20).contains(&usage.heap_peak_bytes), "{usage:?}");
    assert_eq!((usage.calls, usage.fetches), (2, 0));
    let none = run_with(&common_js("exports.h = () => {};"), invocation()).usage;
    assert!(none.buffers_peak_bytes < 1 << 20, "{none:?}");
}

/// The library behind WebCrypto remembers symbols of an isolate by thread; mates must not meet them.
#[test]
fn mates_that_make_keys_keep_out_of_each_others_way() {
    let engine = start(EngineLimits { threads: 1, executions: 64, waiting: 64, ..EngineLimits::default() });
    let programs: Vec<_> = (0..24)
        .map(|n| {
            common_js(&format!(
                "const nap = (ms) => new Promise((r) => setTimeout(r, ms));
                 exports.h = async () => {{
                   const made = [];
                   for (let i = 0; i < 3; i++) {{
                     const raw = crypto.getRandomValues(new Uint8Array(32));
                     const imported = await crypto.subtle.importKey('raw', raw, 'AES-GCM', true, ['encrypt']);
                     await nap({});
                     const copy = await crypto.subtle.exportKey('raw', imported);
                     const pair = await crypto.subtle.generateKey({{ name: 'ECDSA', namedCurve: 'P-256' }}, false, ['sign', 'verify']);
                     made.push(imported instanceof CryptoKey, new Uint8Array(copy).join() === raw.join(), pair.publicKey.type);
                   }}
                   console.log(made.join());
                 }};",
                (n * 11) % 40
            ))
        })
        .collect();
    let given = || with_limits(|limits| limits.wall = Duration::from_secs(60));
    for answer in block_on(join_all(programs.iter().map(|program| execute(&engine, program, given())))) {
        let execution = answer.unwrap();
        assert_eq!(execution.outcome, Outcome::Completed);
        assert_eq!(execution.logs[0].message, ["true,true,public"; 3].join(","));
    }
}

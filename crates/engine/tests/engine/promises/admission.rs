//! What is refused before a script starts.

use std::time::Duration;
use std::time::Instant;

use futures::future::join_all;
use vestibule_engine::EngineError;
use vestibule_engine::EngineLimits;
use vestibule_engine::Limits;
use vestibule_engine::Outcome;

use crate::support::block_on;
use crate::support::common_js;
use crate::support::engine;
use crate::support::execute;
use crate::support::invocation;
use crate::support::run_canary;
use crate::support::start;
use crate::support::with_limits;

fn sleeper() -> vestibule_engine::Program {
    common_js("exports.h = () => new Promise((r) => setTimeout(r, 400));")
}

fn hog() -> vestibule_engine::Program {
    common_js("exports.h = () => { for (const end = Date.now() + 700; Date.now() < end;); };")
}

#[test]
fn executions_beyond_the_limit_are_busy() {
    let engine = start(EngineLimits { threads: 2, executions: 3, ..EngineLimits::default() });
    let program = sleeper();
    let answers = block_on(join_all((0..5).map(|_| execute(&engine, &program, invocation()))));
    let completed =
        answers.iter().filter(|answer| answer.as_ref().is_ok_and(|e| e.outcome.is_completed())).count();
    let busy = answers.iter().filter(|answer| matches!(answer, Err(EngineError::Busy { .. }))).count();
    assert_eq!((completed, busy), (3, 2), "{answers:?}");
    block_on(run_canary(&engine)).unwrap();
}

#[test]
fn executions_that_wait_beyond_the_limit_are_busy() {
    let engine = start(EngineLimits { threads: 1, waiting: 2, ..EngineLimits::default() });
    let program = hog();
    block_on(async {
        let first = execute(&engine, &program, invocation());
        let later = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            join_all((0..4).map(|_| execute(&engine, &program, invocation()))).await
        };
        let (first, later) = futures::join!(first, later);
        assert_eq!(first.unwrap().outcome, Outcome::Completed);
        let busy = later.iter().filter(|answer| matches!(answer, Err(EngineError::Busy { .. }))).count();
        assert_eq!(busy, 2, "{later:?}");
    });
}

#[test]
fn an_execution_that_waits_too_long_is_busy_and_never_starts() {
    let engine =
        start(EngineLimits { threads: 1, wait: Duration::from_millis(100), ..EngineLimits::default() });
    block_on(async {
        let hog_program = hog();
        let waits = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let began = Instant::now();
            let answer = execute(&engine, &sleeper(), invocation()).await;
            (answer, began.elapsed())
        };
        let (_, (answer, waited)) = futures::join!(execute(&engine, &hog_program, invocation()), waits);
        assert!(matches!(answer, Err(EngineError::Busy { .. })), "{answer:?}");
        assert!(waited < Duration::from_millis(450), "answered only after {waited:?}");
        run_canary(&engine).await.unwrap();
    });
}

#[test]
fn an_event_must_be_the_text_of_an_object() {
    for (event, why) in [
        ("", "end"),
        ("{", "JSON"),
        ("{\"a\":}", "JSON"),
        ("[]", "another value"),
        ("null", "another value"),
        ("5", "another value"),
        ("\"text\"", "another value"),
        ("{} {}", "JSON"),
        ("{'a':1}", "JSON"),
        ("undefined", "JSON"),
    ] {
        let mut given = invocation();
        given.event = event.to_owned();
        let answer = block_on(execute(engine(), &common_js("throw 1;"), given));
        let Err(EngineError::Event { why: said }) = answer else { panic!("{event}: {answer:?}") };
        assert!(said.contains(why), "{event}: {said}");
    }
}

#[test]
fn an_event_that_is_too_large_is_refused_with_both_sizes() {
    let mut given = with_limits(|limits| limits.event_bytes = 20);
    given.event = r#"{"a":"0123456789012"}"#.to_owned();
    let bytes_given = given.event.len();
    let answer = block_on(execute(engine(), &common_js(""), given));
    let Err(EngineError::EventTooLarge { bytes, limit }) = answer else { panic!("{answer:?}") };
    assert_eq!((bytes, limit), (bytes_given, 20));
    let mut fits = with_limits(|limits| limits.event_bytes = 20);
    fits.event = r#"{"a":"012345678901"}"#.to_owned();
    assert_eq!(fits.event.len(), 20);
    let answer = block_on(execute(engine(), &common_js("exports.h = () => {};"), fits)).unwrap();
    assert_eq!(answer.outcome, Outcome::Completed);
}

#[test]
fn a_deep_event_arrives_whole() {
    let mut given = invocation();
    given.event = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let code = "exports.h = (e) => { let d = 0; for (let a = e.a; a; a = a[0]) d++; if (d !== 100000) throw new Error('' + d); };";
    let answer = block_on(execute(engine(), &common_js(code), given)).unwrap();
    assert_eq!(answer.outcome, Outcome::Completed);
}

#[test]
fn limits_out_of_range_are_refused() {
    let odd = [
        Limits { wall: Duration::ZERO, ..Limits::default() },
        Limits { cpu: Duration::from_secs(61), ..Limits::default() },
        Limits { heap_bytes: 1, ..Limits::default() },
        Limits { buffer_bytes: usize::MAX, ..Limits::default() },
        Limits { timers: 100_001, ..Limits::default() },
        Limits { event_bytes: 1, ..Limits::default() },
    ];
    for limits in odd {
        let answer = block_on(execute(engine(), &common_js(""), with_limits(|own| *own = limits.clone())));
        assert!(matches!(answer, Err(EngineError::Limit(_))), "{limits:?}: {answer:?}");
    }
    for limits in [
        EngineLimits { threads: 0, ..EngineLimits::default() },
        EngineLimits { grace: Duration::ZERO, ..EngineLimits::default() },
        EngineLimits { executions: 0, ..EngineLimits::default() },
    ] {
        assert!(matches!(vestibule_engine::Engine::start(limits), Err(EngineError::Limit(_))));
    }
}

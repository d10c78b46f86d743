//! What `console` writes, how much of it is kept, and what is taken out of it.

use std::time::Duration;

use vestibule_engine::LogLevel;
use vestibule_engine::Outcome;

use crate::support::SECRET;
use crate::support::common_js;
use crate::support::kind;
use crate::support::logged;
use crate::support::run_body;
use crate::support::run_with;
use crate::support::with_limits;

#[test]
fn every_method_has_its_level() {
    let execution = run_body(
        "console.log(1); console.info(2); console.debug(3); console.warn(4); console.error(5); console.trace(6); console.assert(false, 7); console.dir(8);",
    );
    let levels: Vec<_> = execution.logs.iter().map(|line| line.level).collect();
    use LogLevel::*;
    assert_eq!(levels, [Log, Info, Debug, Warn, Error, Trace, Warn, Log]);
}

#[test]
fn values_are_formatted_as_node_does() {
    for (arguments, text) in [
        ("'a', 1, true, null, undefined", "a 1 true null undefined"),
        ("{ a: 1, b: 'x' }", "{ a: 1, b: 'x' }"),
        ("[1, [2]]", "[ 1, [ 2 ] ]"),
        ("'%s is %d', 'x', 5, 'rest'", "x is 5 rest"),
        ("'%j %%', { a: 1 }", "{\"a\":1} %"),
        ("new Map([['a', 1]])", "Map(1) { 'a' => 1 }"),
        ("Symbol('s'), 10n", "Symbol(s) 10n"),
        ("() => {}", "[Function (anonymous)]"),
        ("class A {}", "[class A]"),
        ("", ""),
    ] {
        assert_eq!(logged(&format!("console.log({arguments});")), [text], "{arguments}");
    }
}

#[test]
fn groups_counters_and_asserts() {
    let lines = logged(
        "console.group('g'); console.log('a\\nb'); console.groupEnd(); console.count(); console.count('x'); console.count(); console.assert(1 === 1); console.assert(false, 'why');",
    );
    assert_eq!(lines, ["g", "  a\n  b", "default: 1", "x: 1", "default: 2", "Assertion failed: why"]);
}

#[test]
fn lines_and_bytes_are_limited_and_it_is_said() {
    let program = common_js("exports.h = () => { for (let i = 0; i < 10; i++) console.log('line ' + i); };");
    let execution = run_with(&program, with_limits(|limits| limits.log_lines = 4));
    assert_eq!(execution.outcome, Outcome::Completed);
    assert_eq!((execution.logs.len(), execution.logs_dropped), (5, 6));
    assert!(execution.logs[4].message.contains("6 more lines"), "{:?}", execution.logs[4]);
    let execution = run_with(&program, with_limits(|limits| limits.log_bytes = 18));
    assert_eq!((execution.logs.len(), execution.logs_dropped), (4, 7));
    let execution = run_with(&program, with_limits(|limits| limits.log_lines = 0));
    assert_eq!(execution.logs_dropped, 10);
    assert_eq!(execution.logs.len(), 1, "that lines were dropped is said even where none is kept");
}

#[test]
fn the_log_is_kept_up_to_a_kill() {
    for (body, expected) in [
        ("console.log('before'); for (;;);", "cpu_limit"),
        ("console.log('before'); await new Promise((r) => setTimeout(r, 60000));", "wall_limit"),
        ("console.log('before'); const a = []; for (;;) a.push({});", "heap_limit"),
        ("console.log('before'); await new Promise(() => {});", "unsettled"),
        ("console.log('before'); throw 1;", "threw"),
    ] {
        let given = with_limits(|limits| {
            limits.cpu = Duration::from_secs(2);
            limits.wall = Duration::from_secs(if expected == "wall_limit" { 1 } else { 20 });
            limits.heap_bytes = 32 << 20;
        });
        let execution = run_with(&common_js(&format!("exports.h = async () => {{ {body} }};")), given);
        assert_eq!(kind(&execution.outcome), expected);
        assert_eq!(execution.logs.len(), 1, "{expected}");
        assert_eq!(execution.logs[0].message, "before");
    }
}

#[test]
fn times_of_lines_rise() {
    let execution = run_body("console.log(1); await new Promise((r) => setTimeout(r, 30)); console.log(2);");
    let (first, second) = (execution.logs[0].at_us, execution.logs[1].at_us);
    assert!(second >= first + 25_000 && second <= execution.usage.wall_us, "{first} {second}");
}

#[test]
fn secrets_are_taken_out_of_lines_and_errors() {
    let execution = run_body(
        "console.log('key=' + event.secrets.KEY); console.log(btoa(event.secrets.KEY)); throw new Error('with ' + event.secrets.KEY, { cause: new Error(event.secrets.KEY) });",
    );
    assert_eq!(execution.logs[0].message, "key=****");
    let Outcome::Threw(thrown) = &execution.outcome else { panic!() };
    assert_eq!(thrown.message, "with ****");
    assert!(!format!("{execution:?}").contains(SECRET));
}

#[test]
fn secrets_are_taken_out_of_names_in_frames() {
    let execution =
        run_body("const o = { [event.secrets.KEY]() { throw new Error('x'); } }; o[event.secrets.KEY]();");
    assert!(!format!("{:?}", execution.outcome).contains(SECRET), "{:?}", execution.outcome);
}

#[test]
fn a_secret_at_the_cut_of_a_long_text_leaves_no_part() {
    let part = &SECRET[..10];
    let execution = run_body(
        "console.log('x'.repeat(16384 - 12) + event.secrets.KEY + 'y'.repeat(50)); throw new Error('x'.repeat(4096 - 12) + event.secrets.KEY + 'y'.repeat(50));",
    );
    assert!(!execution.logs[0].message.contains(part), "the log shows a part of the secret");
    assert!(!format!("{:?}", execution.outcome).contains(part), "the error shows a part of the secret");
}

#[test]
fn secrets_are_values_that_do_not_show() {
    let lines = logged(
        "console.log(JSON.stringify(event).includes('secrets'), Object.keys(event).includes('secrets'), event.secrets.KEY.length, 'secrets' in { ...event });",
    );
    assert_eq!(lines, [format!("false false {} false", SECRET.len())]);
}

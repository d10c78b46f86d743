//! How a script's error is told: where, what, and without running its code.

use vestibule_engine::Frame;
use vestibule_engine::Outcome;
use vestibule_engine::Phase;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;
use vestibule_engine::Thrown;

use crate::support::common_js;
use crate::support::es_module;
use crate::support::invocation;
use crate::support::kind;
use crate::support::logged;
use crate::support::run;
use crate::support::run_body;
use crate::support::run_with;

fn threw(program: &Program) -> Thrown {
    match run_with(program, invocation()).outcome {
        Outcome::Threw(thrown) => thrown,
        other => panic!("{other:?}"),
    }
}

fn invalid(program: &Program) -> Thrown {
    match run_with(program, invocation()).outcome {
        Outcome::InvalidProgram(thrown) => thrown,
        other => panic!("{other:?}"),
    }
}

fn place(frame: &Frame) -> (Option<&str>, &str, u32, u32) {
    (frame.function.as_deref(), &frame.file, frame.line, frame.column)
}

#[test]
fn frames_of_a_common_js_action() {
    let thrown = threw(&common_js(
        "function inner() {\n  throw new RangeError('mine');\n}\nexports.h = function outer() {\n  inner();\n};",
    ));
    assert_eq!(
        (thrown.name.as_str(), thrown.message.as_str(), thrown.phase),
        ("RangeError", "mine", Phase::Handler)
    );
    let places: Vec<_> = thrown.frames.iter().map(place).collect();
    assert_eq!(places, [(Some("inner"), "action.js", 2, 9), (Some("outer"), "action.js", 5, 3)]);
    assert_eq!(thrown.frames[0].source.as_deref(), Some("  throw new RangeError('mine');"));
    assert_eq!(thrown.frames[1].source, None);
}

#[test]
fn frames_on_the_first_line() {
    let thrown = threw(&common_js("throw new Error('first');"));
    assert_eq!(place(&thrown.frames[0]), (None, "action.js", 1, 7), "{thrown:?}");
    assert_eq!(thrown.phase, Phase::Load);
}

#[test]
fn frames_of_a_module() {
    let thrown = threw(&es_module("const a = 1;\nexport async function h() {\n  await null;\n  a.b.c;\n}"));
    assert_eq!(thrown.name, "TypeError");
    assert_eq!(place(&thrown.frames[0]), (Some("h"), "action.mjs", 4, 7), "{thrown:?}");
}

#[test]
fn frames_through_a_source_map() {
    let map = r#"{"version":3,"sources":["src/a.ts"],"sourcesContent":["type A = 1;\n\n  throw new Error('typed');"],"names":[],"mappings":"AAEE"}"#;
    let program =
        Program::with_source_map("bundle.js", "throw new Error('typed');", ProgramKind::CommonJs, map)
            .unwrap();
    let thrown = threw(&program);
    assert_eq!(place(&thrown.frames[0]), (None, "src/a.ts", 3, 3), "{thrown:?}");
    assert_eq!(thrown.frames[0].source.as_deref(), Some("  throw new Error('typed');"));
}

#[test]
fn a_comment_cannot_rename_the_action() {
    for comment in ["//# sourceURL=other.js", "//# sourceMappingURL=file:///etc/passwd"] {
        let thrown =
            threw(&common_js(&format!("exports.h = () => {{ throw new Error('mine'); }};\n{comment}")));
        assert_eq!(thrown.frames.len(), 1, "{comment}: {thrown:?}");
        assert_eq!(thrown.frames[0].file, "action.js", "{comment}");
    }
}

#[test]
fn a_syntax_error_is_placed() {
    let thrown = invalid(&common_js("exports.h = () => {\n  let x = ;\n};"));
    assert_eq!(thrown.name, "SyntaxError");
    assert_eq!((thrown.frames[0].line, thrown.frames[0].column), (2, 11), "{thrown:?}");
    assert_eq!(thrown.frames[0].source.as_deref(), Some("  let x = ;"));
    let thrown = invalid(&es_module("export const h = () => {\n  with (1) {}\n};"));
    assert_eq!((thrown.frames[0].line, thrown.frames[0].column), (2, 3), "{thrown:?}");
}

#[test]
fn an_import_is_refused_by_name() {
    let thrown = invalid(&es_module("import x from 'left-pad';\nexport const h = () => {};"));
    assert!(thrown.message.contains("left-pad"), "{thrown:?}");
    let thrown = threw(&common_js("\nconst x = require('left-pad');"));
    assert!(thrown.message.contains("left-pad"), "{thrown:?}");
    assert_eq!(place(&thrown.frames[0]), (None, "action.js", 2, 11), "{thrown:?}");
}

#[test]
fn code_in_a_string_is_refused_with_a_way_out() {
    for code in ["eval('1')", "Function('return 1')()"] {
        let thrown = threw(&common_js(&format!("exports.h = async () => {{ {code}; }};")));
        assert!(thrown.hint.as_deref().is_some_and(|hint| hint.contains("not compiled")), "{thrown:?}");
    }
}

#[test]
fn a_missing_handler_is_told_with_a_way_out() {
    let thrown = invalid(&common_js("exports.other = () => {}; exports.more = 1;"));
    assert_eq!(thrown.message, "action.js: h is not exported; exported are: other, more");
    assert_eq!(thrown.hint.as_deref(), Some("add to the action: exports.h = async (event, api) => { ... }"));
    let thrown = invalid(&es_module("export const h = 5;"));
    assert_eq!(thrown.message, "action.mjs: the export h is not a function");
    let mut given = invocation();
    given.known_handlers = vec!["h".to_owned(), "onContinue".to_owned()];
    let Outcome::InvalidProgram(thrown) =
        run_with(&common_js("exports.onContinue = () => {};"), given).outcome
    else {
        panic!()
    };
    assert_eq!(thrown.hint.as_deref(), Some("the action has onContinue, which this call does not want"));
}

#[test]
fn values_that_are_no_errors_are_described() {
    for (value, message) in [
        ("null", "null was thrown"),
        ("undefined", "undefined was thrown"),
        ("-1.5", "-1.5 was thrown"),
        ("10n", "10 was thrown"),
        ("'text'", "the string \"text\" was thrown"),
        ("Symbol('s')", "a symbol was thrown"),
        ("() => {}", "a function was thrown"),
        ("new Proxy({}, {})", "a Proxy was thrown"),
        ("{}", "an object of class Object was thrown"),
        ("new (class Mine {})()", "an object of class Mine was thrown"),
        ("{ message: 'own' }", "own"),
    ] {
        let Outcome::Threw(thrown) = run_body(&format!("throw {value};")).outcome else { panic!("{value}") };
        assert_eq!(thrown.message, message, "{value}");
        assert_eq!(thrown.name, "Error");
    }
}

#[test]
fn causes_are_told_and_bounded() {
    let Outcome::Threw(thrown) =
        run_body("throw new Error('a', { cause: new TypeError('b', { cause: 'c' }) });").outcome
    else {
        panic!()
    };
    assert_eq!(thrown.causes, ["TypeError: b", "Error: the string \"c\" was thrown"]);
    let Outcome::Threw(thrown) = run_body(
        "let e = new Error('0'); for (let i = 1; i < 99; i++) e = new Error('' + i, { cause: e }); throw e;",
    )
    .outcome
    else {
        panic!()
    };
    assert!(thrown.causes.len() < 10);
}

#[test]
fn long_texts_are_cut() {
    let Outcome::Threw(thrown) =
        run_body("const e = new Error('x'.repeat(1e6)); e.name = 'N'.repeat(1e5); throw e;").outcome
    else {
        panic!()
    };
    assert!(
        thrown.message.len() < 5_000 && thrown.name.len() < 300,
        "{} {}",
        thrown.message.len(),
        thrown.name.len()
    );
}

#[test]
fn rejections_are_errors_unless_they_are_handled() {
    for (body, expected) in [
        ("Promise.reject(new TypeError('mine')); await new Promise((r) => setTimeout(r, 30));", "threw"),
        ("Promise.reject(new TypeError('mine'));", "threw"),
        ("Promise.reject(1).catch(() => {});", "completed"),
        ("const p = Promise.reject(1); await null; p.catch(() => {});", "completed"),
        ("const p = Promise.reject(1); try { await p; } catch {}", "completed"),
        ("await Promise.allSettled([Promise.reject(1)]);", "completed"),
        (
            "queueMicrotask(() => { throw new TypeError('mine'); }); await new Promise((r) => setTimeout(r, 30));",
            "threw",
        ),
        (
            "setTimeout(() => { throw new TypeError('mine'); }, 1); await new Promise((r) => setTimeout(r, 60));",
            "threw",
        ),
        ("new EventTarget().dispatchEvent(new Event('x'));", "completed"),
        ("(async () => { throw new TypeError('mine'); })();", "threw"),
    ] {
        assert_eq!(kind(&run_body(body).outcome), expected, "{body}");
    }
}

#[test]
fn the_first_of_many_rejections_is_told() {
    let Outcome::Threw(thrown) = run_body("for (let i = 0; i < 20000; i++) Promise.reject(new Error('n' + i)); await new Promise((r) => setTimeout(r, 30));").outcome else { panic!() };
    assert_eq!(thrown.message, "n0");
}

#[test]
fn what_is_still_under_way_is_told() {
    let execution = run_body(
        "setTimeout(() => {}, 5000); setInterval(() => {}, 5000); api.never(); api.later(1, 5000); clearTimeout(setTimeout(() => {}, 5000));",
    );
    assert_eq!(execution.outcome, Outcome::Completed);
    assert_eq!((execution.pending.timers, execution.pending.calls), (2, 2));
    assert!(
        run_body("await new Promise((r) => setTimeout(r, 1)); await api.later(1, 1);").pending.is_empty()
    );
}

#[test]
fn prepare_stack_trace_is_honoured_for_the_script_alone() {
    let lines = logged(
        "Error.prepareStackTrace = (e, sites) => e.message + ' ' + sites.length + ' ' + sites[0].getLineNumber(); console.log(new Error('x').stack);",
    );
    assert!(lines[0].starts_with("x 1 1"), "{lines:?}");
    let Outcome::Threw(thrown) = run("Error.prepareStackTrace = () => { throw new Error('no'); };\nexports.h = () => { throw new TypeError('mine'); };").outcome else { panic!() };
    assert_eq!((thrown.message.as_str(), thrown.frames[0].line), ("mine", 2));
    let lines = logged(
        "Error.prepareStackTrace = () => { throw new RangeError('from prepare'); }; try { new Error('x').stack; console.log('nothing'); } catch (e) { console.log(e.message); }",
    );
    // V8 alone would throw here; we fall back to our own format.
    assert_eq!(lines, ["nothing"]);
}

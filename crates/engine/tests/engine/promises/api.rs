//! Calls of `api`: what goes over, what comes back, what is thrown and where.

use serde_json::json;
use vestibule_engine::Execution;
use vestibule_engine::Outcome;
use vestibule_engine::Thrown;
use vestibule_engine::Unit;

use crate::support::common_js;
use crate::support::kind;
use crate::support::logged;
use crate::support::logged_json;
use crate::support::run_body;
use crate::support::run_with;
use crate::support::with_limits;

fn thrown(execution: &Execution) -> &Thrown {
    match &execution.outcome {
        Outcome::Threw(thrown) => thrown,
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_come_in_order_with_their_arguments() {
    let execution =
        run_body("api.record({ a: [1, null, 'x'] }).record('two').nested.deeply.record(true, 2.5);");
    assert_eq!(execution.outcome, Outcome::Completed);
    let commands: Vec<_> = execution.commands.iter().map(|c| (c.name.as_str(), json!(c.args))).collect();
    assert_eq!(
        commands,
        [
            ("record", json!({"0": {"a": [1, null, "x"]}})),
            ("record", json!({"0": "two"})),
            ("nested.deeply.record", json!({"0": true, "1": 2.5})),
        ]
    );
}

#[test]
fn each_kind_of_method_gives_back_what_it_says() {
    let got = logged_json(
        "const p = api.later('x', 1);
         console.log(JSON.stringify([api.record(1) === api, api.nested.deeply.record(1) === undefined, api.echo('a', [1]), api.absent() === undefined, p instanceof Promise, await p, (await api.later(undefined)) === undefined]));",
    );
    assert_eq!(got, json!([true, true, ["a", [1]], true, true, "x", true]));
}

#[test]
fn functions_look_like_functions() {
    let got = logged_json(
        "console.log(JSON.stringify([api.record.length, api.record.name, api.nested.deeply.record.length, Object.keys(api).length, typeof api.record.prototype, Object.keys(api.nested)]));",
    );
    assert_eq!(got, json!([1, "record", 2, 13, "undefined", ["deeply"]]));
}

#[test]
fn undefined_is_told_from_null_and_from_nothing() {
    let got = logged_json(
        "console.log(JSON.stringify([api.echo(), api.echo(undefined), api.echo(null), api.echo(undefined, 1), api.echo(1, undefined), api.echo('')]));",
    );
    assert_eq!(got, json!([[], [], [null], ["<undefined>", 1], [1], [""]]));
}

#[test]
fn values_with_a_form_in_json_arrive_whole() {
    let got = logged_json(
        r#"console.log(JSON.stringify(api.echo(1e21, -0.5, 9007199254740991, "\u0000\u2028é😀\\\"", true, [], {}, [[{ a: { b: [] } }]], new Date(0), new Date("2020-02-03T04:05:06.007Z"), { toJSON: () => "own" }, Object("boxed"), Object(5), Object(true))));"#,
    );
    assert_eq!(
        got,
        json!([1e21, -0.5, 9007199254740991_i64, "\u{0}\u{2028}é😀\\\"", true, [], {}, [[{"a": {"b": []}}]], "1970-01-01T00:00:00.000Z", "2020-02-03T04:05:06.007Z", "own", "boxed", 5, true])
    );
}

#[test]
fn each_class_of_error_is_thrown_at_the_callers_line() {
    for (class, name) in [(0, "Error"), (1, "TypeError"), (2, "RangeError")] {
        let execution = run_body(&format!("\n  const x = 1;\n  api.fails('refused: ' + x, {class});"));
        let thrown = thrown(&execution);
        assert_eq!((thrown.name.as_str(), thrown.message.as_str()), (name, "refused: 1"));
        assert_eq!((thrown.frames[0].line, thrown.frames[0].column), (3, 7), "{thrown:?}");
        assert_eq!(
            thrown.frames[0].source.as_deref(),
            Some(format!("  api.fails('refused: ' + x, {class}); }};").as_str())
        );
    }
}

#[test]
fn the_stack_that_the_script_sees_starts_at_its_own_line() {
    let lines = logged(
        "\n  try { api.fails('no', 1); } catch (e) { console.log(e.stack); console.log(e instanceof TypeError, e.constructor === TypeError); }",
    );
    assert_eq!(lines, ["TypeError: no\n    at exports.h (action.js:2:13)", "true true"]);
    let lines = logged("\n  try { api.record(1n); } catch (e) { console.log(e.stack.split('\\n')[1]); }");
    assert_eq!(lines, ["    at exports.h (action.js:2:13)"]);
}

#[test]
fn a_promise_method_rejects_and_never_throws() {
    let got = logged_json(
        "const [e, f, g] = await Promise.all([api.refusesLater('no'), api.laterFails('late no'), api.later(1n)].map((p) => p.catch((e) => e)));
         console.log(JSON.stringify([e.name, e.message, f.name, f.message, g.name, g.message]));",
    );
    assert_eq!(
        got,
        json!([
            "TypeError",
            "no",
            "TypeError",
            "late no",
            "TypeError",
            "api.later: a BigInt has no form in JSON; send it as a string (at \"0\")"
        ])
    );
}

#[test]
fn refused_arguments_name_the_method_and_the_place() {
    for (argument, message) in [
        ("{ a: { b: 1n } }", "api.record: a BigInt has no form in JSON; send it as a string (at \"b\")"),
        ("NaN", "api.record: the number NaN has no form in JSON (at \"0\")"),
        ("[() => {}]", "api.record: a function has no form in JSON (at \"0\")"),
        ("new Map()", "api.record: a Map has no form in JSON; use Object.fromEntries (at \"0\")"),
        ("{ s: Symbol('x') }", "api.record: a symbol has no form in JSON (at \"s\")"),
        ("Promise.resolve()", "api.record: a Promise was given; is an await missing? (at \"0\")"),
        ("new Error('x')", "api.record: an Error has no form in JSON; send its message (at \"0\")"),
    ] {
        let execution = run_body(&format!("api.record({argument});"));
        assert_eq!(thrown(&execution).message, message);
        assert!(execution.commands.is_empty());
    }
}

#[test]
fn arguments_beyond_the_limit_throw() {
    let program = common_js(
        "exports.h = (e, api) => { let m; try { api.record('é'.repeat(800)); } catch (x) { m = x; } if (!(m instanceof RangeError)) throw new Error('accepted'); api.record('x'.repeat(900)); };",
    );
    let execution = run_with(&program, with_limits(|limits| limits.call_bytes = 1024));
    assert_eq!(execution.outcome, Outcome::Completed, "the limit counts bytes of UTF-8, not characters");
    assert_eq!(execution.commands.len(), 1);
}

#[test]
fn changes_of_the_event_are_seen_by_the_script() {
    let got = logged_json(
        "api.change('user.email', 'new'); api.change('made.on.the.way', [1]); api.change('user.n'); api.change('list', { 0: 'x' });
         console.log(JSON.stringify(event));",
    );
    assert_eq!(
        got,
        json!({"user": {"email": "new"}, "list": {"0": "x"}, "made": {"on": {"the": {"way": [1]}}}})
    );
}

#[test]
fn a_bad_end_drops_the_commands() {
    for body in [
        "api.record(1); throw 1;",
        "api.record(1); await new Promise(() => {});",
        "api.record(1); api.aborts('x');",
        "api.record(1); Promise.reject(1); await new Promise((r) => setTimeout(r, 30));",
    ] {
        let execution = run_body(body);
        assert!(!execution.outcome.is_completed(), "{body}");
        assert!(execution.commands.is_empty(), "{body}");
    }
}

#[test]
fn an_abort_cannot_be_caught() {
    let execution = run_body(
        "console.log('before'); try { api.aborts('it is over'); } catch { console.log('caught'); } finally { console.log('finally'); }",
    );
    let thrown = thrown(&execution);
    assert_eq!((thrown.name.as_str(), thrown.message.as_str()), ("ExecutionAborted", "it is over"));
    let lines: Vec<_> = execution.logs.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(lines, ["before"]);
}

#[test]
fn the_limit_of_commands_holds_and_both_sides_of_it() {
    let program = |n: usize| {
        common_js(&format!("exports.h = (e, api) => {{ for (let i = 0; i < {n}; i++) api.record(i); }};"))
    };
    let given = || with_limits(|limits| limits.commands = 10);
    assert_eq!(run_with(&program(10), given()).commands.len(), 10);
    let execution = run_with(&program(11), given());
    let Outcome::OutputLimit(breach) = execution.outcome else { panic!("{:?}", execution.outcome) };
    assert_eq!((breach.limit, breach.used, breach.unit), (10, 11, Unit::Commands));
}

#[test]
fn the_limit_of_calls_holds_and_both_sides_of_it() {
    let program = |n: usize| {
        common_js(&format!("exports.h = (e, api) => {{ for (let i = 0; i < {n}; i++) api.echo(i); }};"))
    };
    let given = || with_limits(|limits| limits.calls = 10);
    assert_eq!(kind(&run_with(&program(10), given()).outcome), "completed");
    let execution = run_with(&program(11), given());
    let Outcome::OutputLimit(breach) = execution.outcome else { panic!("{:?}", execution.outcome) };
    assert_eq!((breach.limit, breach.used, breach.unit), (10, 11, Unit::Calls));
}

#[test]
fn the_limit_of_command_bytes_holds() {
    let program = |n: usize| {
        common_js(&format!(
            "exports.h = (e, api) => {{ for (let i = 0; i < {n}; i++) api.record('0123456789'); }};"
        ))
    };
    // {"0":"0123456789"} is 18 bytes.
    let given = || with_limits(|limits| limits.command_bytes = 180);
    assert_eq!(kind(&run_with(&program(10), given()).outcome), "completed");
    assert_eq!(kind(&run_with(&program(11), given()).outcome), "output_limit");
}

#[test]
fn a_panic_of_the_host_ends_this_execution_alone() {
    let execution = run_body("try { api.panics(); } catch {} api.record(1);");
    assert_eq!(thrown(&execution).name, "ExecutionAborted");
    assert!(execution.commands.is_empty());
    let got = logged_json(
        "const e = await api.laterPanics().catch((e) => e); console.log(JSON.stringify([e.name, e.message]));",
    );
    assert_eq!(got, json!(["Error", "the host's side of this call failed"]));
}

#[test]
fn a_timer_is_an_object_that_is_a_number_where_one_is_wanted() {
    let execution = run_body(
        "const unwanted = [setTimeout(() => console.log('late'), 5).unref(), setTimeout(() => console.log('late'), 5)];
        clearTimeout(+unwanted[0]); unwanted[1].close(); for (const timer of unwanted) timer.refresh();
        let count = 0;
        await new Promise((resolve) => { const every = setInterval(() => { if (++count === 3) { clearInterval(every); resolve(); } }, 1); });
        const again = await new Promise((resolve) => { const timer = setTimeout((x) => resolve([timer, x]), 5, 'again'); timer.refresh(); });
        { using scoped = setTimeout(() => console.log('late'), 1); }
        await new Promise((resolve) => setTimeout(resolve, 30));
        console.log(count, again[1], +again[0] > 0, unwanted[0].hasRef(), unwanted[0].ref().hasRef(), clearTimeout({}), clearTimeout('x'));",
    );
    let lines: Vec<_> = execution.logs.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(lines, ["3 again true false true undefined undefined"], "{:?}", execution.outcome);
}

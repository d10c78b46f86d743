//! Modules of an action: found by name, loaded once, kept apart from the action and from each other.

use std::time::Duration;

use vestibule_engine::Execution;
use vestibule_engine::Frame;
use vestibule_engine::Invocation;
use vestibule_engine::Module;
use vestibule_engine::Outcome;
use vestibule_engine::Phase;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;
use vestibule_engine::Secret;
use vestibule_engine::Thrown;

use crate::support::SECRET;
use crate::support::block_on;
use crate::support::common_js;
use crate::support::engine;
use crate::support::es_module;
use crate::support::invocation;
use crate::support::kind;
use crate::support::run_canary;
use crate::support::run_with;

const MODULE_SECRET: &str = "of-the-module/7c1d44";

fn module(name: &str, program: Program) -> Module {
    let secrets = vec![("KEY".to_owned(), Secret::new(format!("{MODULE_SECRET}-{name}")))];
    Module { name: name.to_owned(), program, secrets }
}

fn common_js_module(name: &str, code: &str) -> Module {
    module(name, Program::new(format!("{name}.js"), code, ProgramKind::CommonJs).unwrap())
}

fn es_module_module(name: &str, code: &str) -> Module {
    module(name, Program::new(format!("{name}.mjs"), code, ProgramKind::EsModule).unwrap())
}

fn with_modules(modules: &[Module]) -> Invocation {
    Invocation { modules: modules.to_vec(), ..invocation() }
}

fn run(action: &Program, modules: &[Module]) -> Execution {
    run_with(action, with_modules(modules))
}

/// The lines that an action logs; it must complete.
fn logged(action: &Program, modules: &[Module]) -> Vec<String> {
    let execution = run(action, modules);
    assert_eq!(execution.outcome, Outcome::Completed);
    execution.logs.into_iter().map(|line| line.message).collect()
}

/// The lines that a CommonJS handler's body logs; it must complete.
fn logged_by(body: &str, modules: &[Module]) -> Vec<String> {
    logged(&common_js(&format!("exports.h = async (event, api) => {{ {body} }};")), modules)
}

fn threw(action: &Program, modules: &[Module]) -> Thrown {
    match run(action, modules).outcome {
        Outcome::Threw(thrown) => thrown,
        other => panic!("{other:?}"),
    }
}

fn invalid(action: &Program, modules: &[Module]) -> Thrown {
    match run(action, modules).outcome {
        Outcome::InvalidProgram(thrown) => thrown,
        other => panic!("{other:?}"),
    }
}

fn place(frame: &Frame) -> (Option<&str>, &str, u32, u32) {
    (frame.function.as_deref(), &frame.file, frame.line, frame.column)
}

#[test]
fn common_js_requires_both_kinds() {
    let old = common_js_module("old", "exports.n = 1; exports.key = () => actions.secrets.KEY.length;");
    let new = es_module_module(
        "new",
        "export const n = 2;\nexport default 3;\nexport const key = () => actions.secrets.KEY.length;",
    );
    let lines = logged_by(
        "const old = require('actions:old'), young = require('actions:new'); \
         console.log(old.n, old.key(), young.n, young.default, young.key()); \
         console.log(old === require('actions:old'), young === require('actions:new'), await import('actions:new') === young); \
         const star = await import('actions:old'); console.log(star.n, star.default === old, Object.keys(star).join());",
        &[old, new],
    );
    let length = format!("{MODULE_SECRET}-old").len();
    assert_eq!(lines[0], format!("1 {length} 2 3 {length}"));
    assert_eq!(lines[1..], ["true true true", "1 true default,key,n"]);
}

#[test]
fn es_modules_import_both_kinds() {
    let old = common_js_module(
        "old",
        "module.exports = function sum(a, b) { return a + b; }; module.exports.n = 1; \
         module.exports.default = 'not this'; Object.defineProperty(exports, 'lost', { value: 1, enumerable: true }); \
         Object.defineProperty(module.exports, 'got', { get: () => actions.secrets.KEY.length, enumerable: true });",
    );
    let new = es_module_module(
        "new",
        "await new Promise((resolve) => setTimeout(resolve, 1));\nexport let n = 0; export const count = () => ++n;",
    );
    let action = es_module(
        "import sum, { n, got } from 'actions:old'; import * as star from 'actions:new'; import { count, n as m } from 'actions:new';\n\
         export const h = async () => { count(); const again = await import('actions:new'); \
         console.log(sum(1, 2), n, got, m, again === star, (await import('actions:old')).default === sum); };",
    );
    let length = format!("{MODULE_SECRET}-old").len();
    assert_eq!(logged(&action, &[old, new]), [format!("3 1 {length} 1 true true")]);
}

#[test]
fn a_module_that_waits_at_its_top_level_is_imported_but_not_required() {
    let waits = es_module_module(
        "waits",
        "export const at = await new Promise((resolve) => setTimeout(resolve, 1, 'late'));",
    );
    let lines = logged_by(
        "try { require('actions:waits') } catch (error) { console.log(error.code, error.message) } \
         const [one, other] = await Promise.all([import('actions:waits'), import('actions:waits')]); \
         console.log(one.at, one === other); \
         try { require('actions:waits') } catch (error) { console.log(error.code) }",
        &[waits],
    );
    assert_eq!(
        lines,
        [
            "ERR_REQUIRE_ASYNC_MODULE actions:waits waits at its top level (await), so it cannot be required; \
             use: await import('actions:waits')",
            "late true",
            "ERR_REQUIRE_ASYNC_MODULE"
        ]
    );
}

#[test]
fn modules_are_loaded_when_they_are_asked_for_and_once() {
    let module = |name: &str| common_js_module(name, &format!("console.log('{name}'); exports.n = 0;"));
    let lines = logged_by(
        "console.log('begin'); require('actions:a').n++; const late = import('actions:b'); console.log('between'); \
         await late; console.log(require('actions:a').n, require('actions:b').n);",
        &[module("a"), module("b"), module("never")],
    );
    assert_eq!(lines, ["begin", "a", "between", "b", "1 0"]);
    // The next execution has modules of its own.
    assert_eq!(logged_by("console.log(require('actions:a').n++)", &[module("a")]), ["a", "0"]);
}

#[test]
fn the_error_of_a_module_is_the_same_for_everyone() {
    let bad = |name: &str, code: &str| {
        if name.starts_with("es") { es_module_module(name, code) } else { common_js_module(name, code) }
    };
    let modules = [
        bad("common", "globalThis.runs = (globalThis.runs ?? 0) + 1; throw { mine: 1 };"),
        bad("es", "globalThis.runs = (globalThis.runs ?? 0) + 1; throw new TypeError('mine');"),
        bad(
            "es-late",
            "globalThis.runs = (globalThis.runs ?? 0) + 1; await null; throw new TypeError('mine');",
        ),
        bad("empty", "globalThis.runs = (globalThis.runs ?? 0) + 1; throw undefined;"),
    ];
    // What waits at its top level is refused by `require` before it runs.
    for (name, wanted) in [
        ("common", "true true true true 1"),
        ("es", "true true true true 1"),
        ("empty", "true true true true 1"),
        ("es-late", "false false true true 1"),
    ] {
        let lines = logged_by(
            &format!(
                "const caught = []; \
                 for (let i = 0; i < 2; i++) try {{ require('actions:{name}'); caught.push('nothing'); }} catch (error) {{ caught.push(error); }} \
                 for (let i = 0; i < 2; i++) try {{ await import('actions:{name}'); caught.push('nothing'); }} catch (error) {{ caught.push(error); }} \
                 await new Promise((resolve) => setTimeout(resolve, 5)); \
                 console.log(caught[0] === caught[1], caught[1] === caught[2], caught[2] === caught[3], !caught.includes('nothing'), globalThis.runs);"
            ),
            &modules,
        );
        assert_eq!(lines, [wanted], "{name}");
    }
    for name in ["common", "es", "es-late"] {
        let action = common_js(&format!(
            "exports.h = async () => {{ import('actions:{name}'); await new Promise((resolve) => setTimeout(resolve, 50)); }};"
        ));
        assert_eq!(kind(&run(&action, &modules).outcome), "threw", "nobody handles the rejection of {name}");
    }
}

#[test]
fn the_error_of_an_imported_module_ends_the_action() {
    for (module, line) in [
        (common_js_module("bad", "const a = 1;\nnull.b;"), "bad.js"),
        (es_module_module("bad", "const a = 1;\nnull.b;"), "bad.mjs"),
        (es_module_module("bad", "const a = await 1;\nnull.b;"), "bad.mjs"),
    ] {
        let thrown = threw(&es_module("import 'actions:bad';\nexport const h = () => {};"), &[module]);
        assert_eq!((thrown.name.as_str(), thrown.phase), ("TypeError", Phase::Load));
        assert_eq!(place(&thrown.frames[0]), (None, line, 2, 6), "{thrown:?}");
        assert_eq!(thrown.frames[0].source.as_deref(), Some("null.b;"));
    }
}

#[test]
fn secrets_are_seen_inside_their_module_alone() {
    let modules = [
        common_js_module(
            "a",
            "exports.key = () => actions.secrets.KEY; exports.all = actions; exports.this = this === exports;",
        ),
        es_module_module("b", "export const key = () => actions.secrets.KEY; export const all = actions;"),
    ];
    let lines = logged_by(
        "const a = require('actions:a'), b = require('actions:b'); \
         console.log(typeof actions, 'actions' in globalThis, a.this); \
         console.log(a.key().slice(-2), b.key().slice(-2), event.secrets.KEY === a.key()); \
         console.log(a.all, b.all, JSON.stringify(a.all), Object.keys(a.all).length, Object.keys(a.all.secrets).join()); \
         console.log(a.key(), b.key(), btoa(a.key()).slice(0, 12).length);",
        &modules,
    );
    assert_eq!(lines, ["undefined false true", "-a -b false", "{} {} {} 0 KEY", "**** **** 12"]);
    let no_name = threw(&common_js("exports.h = () => actions.secrets;"), &modules);
    assert_eq!(
        (no_name.name.as_str(), no_name.message.as_str()),
        ("ReferenceError", "actions is not defined")
    );
    let no_name = threw(&es_module("export const h = () => actions.secrets;"), &modules);
    assert_eq!(no_name.message, "actions is not defined");
}

#[test]
fn secrets_of_modules_are_kept_out_of_errors_and_logs() {
    let module = common_js_module(
        "a",
        "console.log('log', actions.secrets); exports.fail = () => { throw new Error('with ' + actions.secrets.KEY); };",
    );
    let execution = run(
        &common_js(
            "exports.h = (event) => { console.log(event.secrets.KEY); require('actions:a').fail(); };",
        ),
        &[module],
    );
    let all = format!("{execution:?}");
    assert!(!all.contains(MODULE_SECRET) && !all.contains(SECRET), "{all}");
    let Outcome::Threw(thrown) = execution.outcome else { panic!("{all}") };
    assert_eq!(thrown.message, "with ****");
    assert_eq!(format!("{:?}", module_debug()).matches(MODULE_SECRET).count(), 0);
}

fn module_debug() -> Module {
    common_js_module("a", "")
}

#[test]
fn a_name_of_the_authors_own_hides_ours() {
    let modules = [
        common_js_module(
            "a",
            "const actions = ['own'];\nexports.all = actions; exports.fail = () => { null.x; };",
        ),
        es_module_module(
            "b",
            "const actions = ['own'];\nexport const all = actions; export const fail = () => { null.x; };",
        ),
        common_js_module("c", "var actions; exports.all = typeof actions.secrets.KEY;"),
    ];
    // Twice, so that the second run finds the compiled form of the first.
    for _ in 0..2 {
        let lines = logged_by(
            "const actions = 'mine', a = require('actions:a'), b = require('actions:b'); \
             console.log(actions, a.all, b.all, require('actions:c').all); \
             for (const { fail } of [a, b]) try { fail() } catch (error) { console.log(error.stack.split('\\n')[1].trim()) }",
            &modules,
        );
        assert_eq!(
            lines,
            ["mine [ 'own' ] [ 'own' ] string", "at exports.fail (a.js:2:52)", "at fail (b.mjs:2:62)"]
        );
    }
    let action = es_module("const actions = 1; export const h = () => console.log(actions);");
    assert_eq!(logged(&action, &modules), ["1"]);
}

#[test]
fn frames_name_the_files_of_their_authors() {
    let module = |program| Module { name: "a".to_owned(), program, secrets: Vec::new() };
    let same_name = module(
        Program::new(
            "action.js",
            "\n\nexports.fail = function inner() { throw new Error('mine'); };",
            ProgramKind::CommonJs,
        )
        .unwrap(),
    );
    let thrown =
        threw(&common_js("exports.h = function outer() {\n  require('actions:a').fail();\n};"), &[same_name]);
    let places: Vec<_> = thrown.frames.iter().map(place).collect();
    assert_eq!(places, [(Some("inner"), "action.js", 3, 41), (Some("outer"), "action.js", 2, 24)]);
    assert_eq!(
        thrown.frames[0].source.as_deref(),
        Some("exports.fail = function inner() { throw new Error('mine'); };")
    );

    let map = r#"{"version":3,"sources":["src/a.ts"],"sourcesContent":["type A = 1;\n\n  throw new Error('typed');"],"names":[],"mappings":"AAEE"}"#;
    let typed = module(
        Program::with_source_map("a.js", "throw new Error('typed');", ProgramKind::CommonJs, map).unwrap(),
    );
    let thrown = threw(&common_js("\nrequire('actions:a');"), &[typed]);
    let places: Vec<_> = thrown.frames.iter().map(place).collect();
    assert_eq!(places, [(None, "src/a.ts", 3, 3), (None, "action.js", 2, 1)]);
    assert_eq!(thrown.frames[0].source.as_deref(), Some("  throw new Error('typed');"));
}

#[test]
fn stacks_and_call_sites_span_action_and_modules() {
    let module = common_js_module("a", "exports.stack = function inner() { return new Error('x').stack; };");
    let lines = logged_by(
        "const { stack } = require('actions:a'); console.log(stack()); \
         Error.prepareStackTrace = (error, sites) => sites.map((site) => site.getFileName()).join(); console.log(stack());",
        &[module],
    );
    assert!(
        lines[0].starts_with("Error: x\n    at inner (a.js:1:43)\n    at exports.h (action.js:1:"),
        "{lines:?}"
    );
    assert_eq!(lines[1], "actions:a,action.js");
}

#[test]
fn a_module_that_does_not_compile_names_its_file() {
    let bad = |code: &str| [common_js_module("bad", code), es_module_module("worse", code)];
    let code = "const a = 1;\nconst b = ];";
    let lines = logged_by(
        "for (const name of ['actions:bad', 'actions:worse', 'actions:bad']) try { require(name) } catch (error) { \
         console.log(error.name, error instanceof SyntaxError, error.message) } \
         let first; try { require('actions:bad') } catch (error) { first = error } \
         await import('actions:bad').catch((error) => console.log(error === first));",
        &bad(code),
    );
    assert_eq!(
        lines,
        [
            "SyntaxError true bad.js:2:11: Unexpected token ']'",
            "SyntaxError true worse.mjs:2:11: Unexpected token ']'",
            "SyntaxError true bad.js:2:11: Unexpected token ']'",
            "true"
        ]
    );
    let thrown = threw(&common_js("\nrequire('actions:bad');"), &bad(code));
    assert_eq!(place(&thrown.frames[0]), (None, "action.js", 2, 1));
    for (name, file) in [("bad", "bad.js"), ("worse", "worse.mjs")] {
        let action = es_module(&format!("import 'actions:{name}';\nexport const h = () => {{}};"));
        let thrown = invalid(&action, &bad(code));
        assert_eq!((thrown.name.as_str(), thrown.message.as_str()), ("SyntaxError", "Unexpected token ']'"));
        assert_eq!(place(&thrown.frames[0]), (None, file, 2, 11));
        assert_eq!(thrown.frames[0].source.as_deref(), Some("const b = ];"));
    }
}

#[test]
fn a_name_that_is_not_exported_is_told_where_it_is_imported() {
    let modules = [common_js_module("a", "exports.yes = 1"), es_module_module("b", "export const yes = 1")];
    for name in ["a", "b"] {
        let action =
            es_module(&format!("\nimport {{ no }} from 'actions:{name}';\nexport const h = () => no;"));
        let thrown = invalid(&action, &modules);
        assert_eq!(
            thrown.message,
            format!("The requested module 'actions:{name}' does not provide an export named 'no'")
        );
        assert_eq!(place(&thrown.frames[0]), (None, "action.mjs", 2, 10));
    }
}

#[test]
fn unknown_names_are_told_which_there_are() {
    let modules = [common_js_module("greeting", ""), common_js_module("risk-score", "")];
    for (name, given, message) in [
        ("lodash", &[][..], "Cannot find module 'lodash': an action must be self-contained"),
        ("actions:x", &[], "Cannot find module 'actions:x': the action has no modules"),
        (
            "lodash",
            &modules,
            "Cannot find module 'lodash': an action must be self-contained, except for its modules: \
             'actions:greeting', 'actions:risk-score'",
        ),
        (
            "greeting",
            &modules,
            "Cannot find module 'greeting': an action must be self-contained, except for its modules: \
             'actions:greeting', 'actions:risk-score'. Did you mean 'actions:greeting'?",
        ),
        (
            "actions:risk_scores",
            &modules,
            "Cannot find module 'actions:risk_scores': the action's modules are 'actions:greeting', \
             'actions:risk-score'. Did you mean 'actions:risk-score'?",
        ),
        (
            "actions:",
            &modules,
            "Cannot find module 'actions:': the action's modules are 'actions:greeting', 'actions:risk-score'",
        ),
    ] {
        let lines = logged_by(
            &format!(
                "try {{ require('{name}') }} catch (error) {{ console.log(error.code, error.message) }} \
                 await import('{name}').catch((error) => console.log(error.code, error.message));"
            ),
            given,
        );
        assert_eq!(lines, [format!("MODULE_NOT_FOUND {message}"), format!("MODULE_NOT_FOUND {message}")]);
        let thrown = invalid(&es_module(&format!("\nimport a from '{name}';\nexport const h = a;")), given);
        assert_eq!(thrown.message, message);
        assert_eq!(place(&thrown.frames[0]), (None, "action.mjs", 2, 15));
    }
}

#[test]
fn nothing_runs_when_an_import_is_unknown() {
    let modules = [common_js_module("a", "console.log('ran')")];
    let execution = run(&es_module("import 'actions:a'; import 'actions:b'; export const h = 1;"), &modules);
    assert_eq!((kind(&execution.outcome), execution.logs.len()), ("invalid_program", 0));
}

#[test]
fn a_module_requires_no_module() {
    let refused = "may not require another module";
    for (name, code, message) in [
        ("a", "require('actions:b')", refused),
        ("a", "require('actions:a')", refused),
        ("a", "require('lodash')", "a module must be self-contained"),
        ("es", "import 'actions:b';", refused),
        ("es", "await import('actions:es');", refused),
        ("es", "await import('lodash');", "a module must be self-contained"),
        ("a", "exports.late = () => import('actions:b');", refused),
    ] {
        let modules = [
            if name == "es" { es_module_module(name, code) } else { common_js_module(name, code) },
            common_js_module("b", "console.log('b ran')"),
        ];
        let lines = logged_by(
            &format!(
                "try {{ await (await import('actions:{name}')).late?.(); console.log('loaded') }} catch (error) {{ console.log(error.message) }}"
            ),
            &modules,
        );
        assert!(lines.len() == 1 && lines[0].contains(message), "{code}: {lines:?}");
    }
    let thrown = invalid(
        &es_module("import 'actions:es'; export const h = 1;"),
        &[es_module_module("es", "\nimport { b } from 'actions:b';")],
    );
    assert!(thrown.message.contains(refused), "{thrown:?}");
    assert_eq!(place(&thrown.frames[0]), (None, "es.mjs", 2, 19));
}

#[test]
fn limits_hold_while_a_module_loads() {
    let endless = [
        common_js_module("common", "for (;;);"),
        es_module_module("es", "for (;;);"),
        es_module_module("waits", "await new Promise(() => setTimeout(() => {}, 1e9));"),
        common_js_module(
            "getter",
            "Object.defineProperty(exports, 'x', { enumerable: true, get() { for (;;); } });",
        ),
        common_js_module("exports", "Object.defineProperty(module, 'exports', { get() { for (;;); } });"),
    ];
    let mut busy = with_modules(&endless);
    busy.limits.cpu = Duration::from_millis(100);
    let mut idle = with_modules(&endless);
    idle.limits.wall = Duration::from_millis(300);
    for (action, wanted) in [
        (common_js("try { require('actions:common') } catch {} exports.h = () => {};"), "cpu_limit"),
        (common_js("exports.h = () => { try { require('actions:es') } catch {} };"), "cpu_limit"),
        (
            common_js("exports.h = () => { for (;;) try { require('actions:common') } catch {} };"),
            "cpu_limit",
        ),
        (
            common_js("exports.h = async () => { try { await import('actions:common') } catch {} };"),
            "cpu_limit",
        ),
        (common_js("exports.h = async () => { try { await import('actions:es') } catch {} };"), "cpu_limit"),
        (common_js("exports.h = async () => { await import('actions:getter'); };"), "cpu_limit"),
        (common_js("exports.h = async () => { require('actions:exports'); };"), "cpu_limit"),
        (common_js("exports.h = async () => { await import('actions:waits') };"), "wall_limit"),
        (es_module("import 'actions:common'; export const h = () => {};"), "cpu_limit"),
        (es_module("import 'actions:getter'; export const h = () => {};"), "cpu_limit"),
        (es_module("import 'actions:es'; export const h = () => {};"), "cpu_limit"),
        (es_module("import 'actions:waits'; export const h = () => {};"), "wall_limit"),
    ] {
        let given = if wanted == "cpu_limit" { &busy } else { &idle };
        let outcome = run_with(&action, given.clone()).outcome;
        assert_eq!(kind(&outcome), wanted, "{action:?} {outcome:?}");
    }
    block_on(run_canary(engine())).unwrap();
}

#[test]
fn memory_is_bounded_while_a_module_loads() {
    let module =
        common_js_module("a", "const all = []; for (;;) all.push(new Array(1000).fill(all.length));");
    let mut given = with_modules(&[module]);
    given.limits.heap_bytes = 16 << 20;
    let outcome = run_with(&common_js("exports.h = () => { require('actions:a') };"), given).outcome;
    assert_eq!(kind(&outcome), "heap_limit");
}

#[test]
fn one_program_serves_as_action_and_as_modules() {
    // The compiled form of one must not be taken for another: they differ in their parameters.
    let common = common_js("exports.h = () => console.log(typeof actions, typeof require); exports.h();");
    let es = es_module("export const h = () => console.log(typeof actions); h();");
    for _ in 0..3 {
        assert_eq!(logged(&common, &[]), ["undefined function", "undefined function"]);
        assert_eq!(logged(&es, &[]), ["undefined", "undefined"]);
        let modules = [module("a", common.clone()), module("b", common.clone()), module("es", es.clone())];
        let lines = logged_by("for (const name of ['a', 'b', 'es']) require(`actions:${name}`);", &modules);
        assert_eq!(lines, ["object function", "object function", "object"]);
    }
    let fresh = common_js("exports.h = () => console.log(typeof actions); exports.h();");
    for _ in 0..2 {
        assert_eq!(logged_by("require('actions:a')", &[module("a", fresh.clone())]), ["object"]);
        assert_eq!(logged(&fresh, &[]), ["undefined", "undefined"]);
    }
}

#[test]
fn strange_arguments_of_require_throw() {
    let lines = logged_by(
        "for (const value of [undefined, null, 1, {}, Symbol('x'), [], { toString() { throw 1; } }, new String('actions:a'), new Proxy({}, {})]) \
         try { require(value); console.log('nothing thrown') } catch (error) { console.log(error.name, error.message) } \
         try { new require('actions:a'); } catch (error) { console.log('new', error.name) } \
         console.log(require.call(null, 'actions:a').n, require('actions:\\u0000', 1) );",
        &[common_js_module("a", "exports.n = 1"), common_js_module("\0", "module.exports = 'nul'")],
    );
    assert_eq!(lines.len(), 10 + usize::from(lines[9].starts_with("new")), "{lines:?}");
    assert!(
        lines[..9]
            .iter()
            .all(|line| line == "TypeError require takes the name of a module, which is a string")
    );
    assert_eq!(lines.last().unwrap(), "1 nul");
    let huge = logged_by(
        "try { require('actions:' + 'x'.repeat(1e6)) } catch (error) { console.log(error.message.length < 1000) }",
        &[],
    );
    assert_eq!(huge, ["true"]);
}

#[test]
fn strange_exports_do_no_harm() {
    for (code, expected) in [
        (
            "module.exports = new Proxy({}, { ownKeys() { throw new Error('trap'); }, get() { throw new Error('trap'); } });",
            "default",
        ),
        ("module.exports = null;", "default"),
        ("module.exports = 'text';", "default"),
        ("module.exports = Symbol('x');", "default"),
        ("module.exports = 7n;", "default"),
        ("delete module.exports;", "default"),
        ("module.exports = [1, 2, 3];", "default"),
        ("module.exports = new Uint8Array(1000);", "default"),
        ("module.exports = globalThis;", "default"),
        (
            "exports.default = 1; exports['a b'] = 2; exports[''] = 3; exports[5] = 4; exports['\\ud800'] = 5; exports.__esModule = true;",
            "|__esModule|a b|default|\u{fffd}",
        ),
        (
            "Object.defineProperty(exports, 'bad', { enumerable: true, get() { throw new Error('get'); } }); exports.good = 1;",
            "bad|default|good",
        ),
        (
            "Object.defineProperty(exports, 'deep', { enumerable: true, get() { return exports.deep; } });",
            "deep|default",
        ),
        (
            "Object.defineProperty(exports, 'grows', { enumerable: true, get() { exports.more = 1; delete exports.later; return 1; } }); exports.later = 1;",
            "default|grows|later",
        ),
        ("for (let i = 0; i < 30000; i++) exports['n' + i] = i;", "default|n0|n1|n10|n100|n1000"),
        ("exports.__proto__ = null; exports.constructor = 1;", "constructor|default"),
        ("exports.then = 1;", "default|then"),
        ("Object.freeze(module); Object.freeze(exports); exports.x = 1;", "default"),
    ] {
        let lines = logged_by(
            "const star = await import('actions:a'); console.log(Object.keys(star).length < 20000 && Object.keys(star).sort().slice(0, 6).join('|')); \
             const again = require('actions:a'); console.log(again === star.default || again !== again);",
            &[common_js_module("a", code)],
        );
        assert_eq!(lines, [expected, "true"], "{code}");
        let action =
            es_module("import all from 'actions:a'; export const h = () => console.log(typeof all);");
        assert_eq!(logged(&action, &[common_js_module("a", code)]).len(), 1, "{code}");
    }
}

#[test]
fn an_accessor_for_exports_may_throw() {
    let module = common_js_module(
        "a",
        "Object.defineProperty(module, 'exports', { get() { throw new RangeError('mine'); } });",
    );
    let lines = logged_by(
        "for (let i = 0; i < 2; i++) { try { require('actions:a') } catch (error) { console.log(error.message) } \
         await import('actions:a').catch((error) => console.log(error.name)); }",
        &[module],
    );
    assert_eq!(lines, ["mine", "RangeError", "mine", "RangeError"]);
}

#[test]
fn an_accessor_for_exports_may_ask_again() {
    let module = common_js_module(
        "a",
        "Object.defineProperty(module, 'exports', { get() { return globalThis.ask('actions:a'); } });",
    );
    let lines = logged_by(
        "globalThis.ask = require; try { require('actions:a') } catch (error) { console.log(error.name) } \
         await import('actions:a').catch((error) => console.log(error.name));",
        &[module],
    );
    assert_eq!(lines, ["RangeError", "RangeError"]);
}

#[test]
fn a_module_is_not_entered_while_it_loads() {
    let modules = [
        common_js_module("common", "globalThis.ask('actions:common');"),
        es_module_module("es", "globalThis.ask('actions:es');"),
        es_module_module(
            "later",
            "globalThis.later = globalThis.importing('actions:later'); export const x = 1;",
        ),
    ];
    let lines = logged_by(
        "globalThis.ask = require; globalThis.importing = (name) => import(name); \
         for (const name of ['common', 'es']) try { require(`actions:${name}`) } catch (error) { console.log(error.code, error.message) } \
         console.log(require('actions:later').x, (await globalThis.later).x);",
        &modules,
    );
    assert_eq!(
        lines,
        [
            "ERR_REQUIRE_CYCLE_MODULE actions:common is asked for while it is being loaded",
            "ERR_REQUIRE_CYCLE_MODULE actions:es is asked for while it is being loaded",
            "1 1"
        ]
    );
    // The same while V8 evaluates the graph of an action, whose code has not begun.
    let action = es_module(
        "import { go } from 'actions:first'; import 'actions:second'; export const h = () => console.log(go);",
    );
    let modules = [
        common_js_module("first", "exports.go = 1; globalThis.ask = require;"),
        es_module_module(
            "second",
            "try { globalThis.ask('actions:second') } catch (error) { console.log(error.code) }",
        ),
    ];
    assert_eq!(logged(&action, &modules), ["MODULE_NOT_FOUND", "1"]);
}

#[test]
fn a_changed_language_does_no_harm() {
    let module =
        |code: &str| [common_js_module("a", code), es_module_module("waits", "export const x = await 1;")];
    for (code, body) in [
        (
            "Object.prototype.secrets = 'polluted'; exports.x = typeof actions.secrets.KEY;",
            "console.log(require('actions:a').x)",
        ),
        (
            "actions.secrets.__proto__.KEY2 = 'x'; Object.setPrototypeOf(actions.secrets, new Proxy({}, {})); exports.x = typeof actions.secrets.KEY;",
            "console.log(require('actions:a').x)",
        ),
        (
            "Object.freeze(actions); Object.freeze(actions.secrets); exports.x = typeof actions.secrets.KEY;",
            "console.log(require('actions:a').x)",
        ),
        ("actions.secrets = null; exports.x = 'string';", "console.log(require('actions:a').x)"),
        (
            "Object.defineProperty(Object.prototype, 'exports', { get() { throw 1; }, set() { throw 2; } }); exports.x = 'string';",
            "console.log(require('actions:a').x)",
        ),
        (
            "Array.prototype[0] = 'zero'; Object.defineProperty(Array.prototype, '1', { get() { throw 1; }, set() { throw 2; } }); exports.x = 'string';",
            "require('actions:a'); console.log((await import('actions:a')).x)",
        ),
        (
            "JSON.parse = JSON.stringify = () => { throw 1; }; exports.x = 'string';",
            "require('actions:a'); console.log((await import('actions:a')).x)",
        ),
        (
            "Promise.prototype.then = () => { throw 1; }; exports.x = 'string';",
            "console.log(require('actions:a').x)",
        ),
        (
            "globalThis.Promise = null; globalThis.Object = null; globalThis.Error = null; globalThis.SyntaxError = 1; exports.x = 'string';",
            "console.log(require('actions:a').x)",
        ),
    ] {
        assert_eq!(logged_by(body, &module(code)), ["string"], "{code}");
    }
    // A `Promise` that makes no promises: the import comes to nothing, or to its module, and no harm.
    for change in [
        "Object.defineProperty(Promise.prototype, 'constructor', { get() { throw new Error('mine'); } });",
        "Object.defineProperty(Promise, Symbol.species, { get() { throw new Error('mine'); } });",
        "Object.defineProperty(Promise, Symbol.species, { value: function (executor) { executor(() => {}, () => {}); return { strange: 1 }; } });",
        "Object.defineProperty(Promise, Symbol.species, { value: function (executor) { return 7; } });",
        "Promise.prototype.constructor = class { constructor(executor) { executor(() => { throw 1; }, () => { throw 2; }); } };",
        "delete Promise.prototype.constructor; Promise.prototype.then = null; Promise.resolve = null;",
    ] {
        for name in ["a", "waits"] {
            let action = common_js(&format!(
                "exports.h = async () => {{ {change} try {{ await import('actions:{name}') }} catch {{}} console.log('end'); }};"
            ));
            let outcome = run(&action, &module("exports.x = 1")).outcome;
            assert!(matches!(kind(&outcome), "completed" | "threw" | "unsettled"), "{change} {outcome:?}");
        }
    }
    block_on(run_canary(engine())).unwrap();
}

#[test]
fn the_first_script_may_change_builtins_and_nothing_breaks() {
    let modules = [
        common_js_module(
            "a",
            "exports.x = [3, 1, 2].map((n) => n).join(); exports.key = typeof actions.secrets.KEY;",
        ),
        es_module_module(
            "b",
            "export const x = [3, 1, 2].map((n) => n).join(); export const key = typeof actions.secrets.KEY;",
        ),
    ];
    let lines = logged_by(
        "Array.prototype.map = () => ['changed']; Object.prototype.actions = 'polluted'; globalThis.actions = 'global'; \
         for (const name of ['a', 'b']) { const { x, key } = require('actions:' + name); console.log(x, key); }",
        &modules,
    );
    assert_eq!(lines, ["changed string", "changed string"]);
}

#[test]
fn script_and_module_share_one_realm() {
    // No wall, and said to be none: what is on the stack of a sloppy function can be looked at, and a
    // script that runs first hands its own builtins to the module.
    let module = common_js_module("a", "exports.x = globalThis.trap;");
    let lines = logged_by(
        "Object.defineProperty(globalThis, 'trap', { get: function get() { return get.caller.arguments[3].secrets.KEY.slice(-2) } }); \
         console.log(require('actions:a').x);",
        &[module],
    );
    assert_eq!(lines, ["-a"]);
}

#[test]
fn at_the_edge_of_the_stack_a_module_loads_whole_or_not_at_all() {
    let code = "exports.x = typeof actions.secrets.KEY;";
    let modules: Vec<Module> = (0..200)
        .map(|n| match n % 3 {
            0 => common_js_module(&format!("m{n}"), code),
            1 => es_module_module(&format!("m{n}"), "export const x = typeof actions.secrets.KEY;"),
            _ => es_module_module(&format!("m{n}"), "const actions = 1; export const x = 'string';"),
        })
        .collect();
    let lines = logged_by(
        "const seen = {}; let n = 0, level = 0; const note = (what) => { seen[what] = (seen[what] ?? 0) + 1 }; \
         const ask = (name) => { try { note(require(name).x) } catch (error) { note(error.name) } }; \
         const dive = () => { try { dive() } catch (error) { if (level++ % 8 === 0 && n < 200) ask(`actions:m${n++}`); throw error } }; \
         ask('actions:m199'); try { dive() } catch {} \
         console.log(Object.keys(seen).sort().join(), seen.string > 1, seen.RangeError > 1);",
        &modules,
    );
    assert_eq!(lines, ["RangeError,string true true"]);
}

#[test]
fn many_modules_are_many() {
    let modules: Vec<Module> =
        (0..50).map(|n| common_js_module(&format!("m{n}"), &format!("module.exports = {n}"))).collect();
    let lines = logged_by(
        "let sum = 0; for (let n = 0; n < 50; n++) sum += require(`actions:m${n}`); console.log(sum); \
         try { require('actions:n0') } catch (error) { console.log(error.message.includes('and 30 more')) }",
        &modules,
    );
    assert_eq!(lines, ["1225", "true"]);
}

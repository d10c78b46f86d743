//! What a source becomes, seen from outside: kinds, names, stripped types, source maps, errors as printed.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use vestibule_bundle::{CompileError, Compiled, Diagnostic, ModuleKind, SOURCE_BYTES_MAX, Source, compile};

fn ok(file_name: &str, text: &str) -> Compiled {
    compile(Source { file_name, text })
        .unwrap_or_else(|error| panic!("{error}\n--\n{}", &text[..text.len().min(300)]))
}

fn err(file_name: &str, text: &str) -> CompileError {
    compile(Source { file_name, text }).expect_err(text)
}

fn messages(diagnostics: &[Diagnostic]) -> Vec<(u32, u32, &str)> {
    diagnostics.iter().map(|d| (d.line, d.column, d.message.as_str())).collect()
}

fn names(file_name: &str, text: &str) -> Option<Vec<String>> {
    ok(file_name, text).exports
}

fn some(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn the_name_then_the_content_decide_the_kind() {
    let cases = [
        ("a.mjs", "let a = 1;", ModuleKind::EsModule),
        ("a.mts", "let a = 1;", ModuleKind::EsModule),
        ("a.cjs", "return 1;", ModuleKind::CommonJs),
        ("a.cts", "exports.a = 1;", ModuleKind::CommonJs),
        ("a.js", "exports.a = 1;", ModuleKind::CommonJs),
        ("a.js", "let a = 1;", ModuleKind::CommonJs),
        ("a.js", "if (x) return; exports.a = 1;", ModuleKind::CommonJs),
        ("a.js", "var export_ = 'export', o = { import: 1 }; o.export;", ModuleKind::CommonJs),
        ("a.js", "const f = async () => { await g(); }; exports.f = f", ModuleKind::CommonJs),
        ("a.js", "export {};", ModuleKind::EsModule),
        ("a.ts", "import type { T } from 'x';\nexport {};", ModuleKind::EsModule),
        ("a.js", "export const a = 1;", ModuleKind::EsModule),
        ("a.js", "import.meta.url;", ModuleKind::EsModule),
        ("a.js", "const a = await fetch('x');", ModuleKind::EsModule),
        ("a.js", "for await (const a of b) {}", ModuleKind::EsModule),
        ("action", "export default () => {};", ModuleKind::EsModule),
        ("a.ts", "export const a: number = 1;", ModuleKind::EsModule),
        ("a.ts", "exports.a = 1 as number;", ModuleKind::CommonJs),
        ("a.ts", "import type { T } from 'x';\nexports.a = (t: T) => t;", ModuleKind::CommonJs),
        (
            "a.ts",
            "import { T } from 'x';\nexport type U = T;\nexports.a = (t: T) => t;",
            ModuleKind::CommonJs,
        ),
        ("A.TS", "let a: number = 1;", ModuleKind::CommonJs),
    ];
    for (file_name, text, kind) in cases {
        assert_eq!(ok(file_name, text).kind, kind, "{file_name}: {text}");
    }
}

#[test]
fn javascript_passes_through_unchanged() {
    let text = "// α\r\nexports.a = async (event) => {\r\n\tif (event.b) return `x${1}`  ;\r\n}\r\n//# sourceMappingURL=x.js.map";
    let compiled = ok("a.js", text);
    assert_eq!((compiled.code.as_str(), compiled.source_map), (text, None));
    assert_eq!(compiled.warnings, []);
    // Editors do not count it in columns.
    assert_eq!(ok("a.js", "\u{feff}exports.a = 1").code, "exports.a = 1");
    assert_eq!(ok("a.js", "#!/usr/bin/node\nexports.a = 1").code, "///usr/bin/node\nexports.a = 1");
    assert_eq!(ok("a.js", "").code, "");
}

#[test]
fn names_of_an_es_module() {
    let text = "export const a = 1, { b, c: [d] } = x; export function e() {} export class F {}\n\
                const g = 1; export { g as h, g as 'i j' }; export default 1;";
    assert_eq!(names("a.js", text), some(&["a", "b", "d", "e", "F", "h", "i j", "default"]));
    let text = "export type A = 1; export interface B {} export enum C { x } export declare const d: 1;\n\
                export abstract class E {} export namespace F { export const x = 1 } type G = 1; export type { G };";
    assert_eq!(names("a.ts", text), some(&["C", "E", "F"]));
}

#[test]
fn names_of_a_commonjs_program() {
    let cases: [(&str, Option<Vec<String>>); 19] = [
        ("exports.a = 1; exports['b'] = 2; module.exports.c = 3;", some(&["a", "b", "c"])),
        ("exports.a = exports.b = async () => {};", some(&["a", "b"])),
        ("if (x) { exports.a = 1; }", some(&["a"])),
        ("module.exports = { a, b: 1, 'c': 2, d() {}, async e() {} };", some(&["a", "b", "c", "d", "e"])),
        ("exports.z = 1; module.exports = { a };", some(&["a"])),
        ("exports = module.exports = { a }; exports.b = 1;", some(&["a", "b"])),
        ("module.exports = exports = { a };", some(&["a"])),
        ("Object.defineProperty(exports, '__esModule', { value: true }); exports.a = 1;", some(&["a"])),
        ("Object.defineProperty(exports, 'a', { get() {} });", some(&["a"])),
        ("Object.defineProperty(module.exports, 'a', {});", some(&["a"])),
        ("exports.a = 1; exports.a();", some(&["a"])),
        ("function f(exports) { exports.b = 1; } exports.a = f;", some(&["a"])),
        ("let x = 1;", some(&[])),
        ("exports[name] = 1;", None),
        ("module.exports = make();", None),
        ("module.exports = { ...handlers };", None),
        ("module.exports = { [a]: 1 };", None),
        ("Object.assign(exports, handlers);", None),
        ("const e = exports; e.a = 1;", None),
    ];
    for (text, expected) in cases {
        assert_eq!(names("a.js", text), expected, "{text}");
    }
    assert_eq!(names("a.ts", "exports.a = (1 as number); (exports as any).b = 2;"), some(&["a", "b"]));
}

#[test]
fn types_go_and_what_runs_stays() {
    let text = r"import type { Event } from '@x/types';
import { type Api } from 'y';
type Id<T extends string = 'a'> = T extends `x${infer U}` ? U : never;
interface User { id: Id; readonly tags?: string[] }
declare global { var marker: number }
enum Color { Red = 1, Green = Red << 1, Blue = 'b'.length }
namespace Rules { export const limit: number = 3; export function check(n: number): boolean { return n < limit } }
abstract class Base<T> { declare hidden: T; abstract run(): void; protected value?: T; constructor(private readonly name: string, public count = 0) {} }
function over(a: string): void;
function over(a: unknown) { return a! as any satisfies unknown }
const pick = <const T,>(value: T, ...rest: never[]): value is T => true;
export const onExecutePostLogin = async (event: Event, api: Api): Promise<void> => {
  const user = event.user as unknown as User;
  const optional = user?.tags?.[0] ?? 'none';
  for await (const item of over<string>(optional)) { api.log(item!) }
  label: while (true) { break label }
};
";
    let expected = "var Color = function(Color) {
	Color[Color[\"Red\"] = 1] = \"Red\";
	Color[Color[\"Green\"] = 2] = \"Green\";
	Color[Color[\"Blue\"] = \"b\".length] = \"Blue\";
	return Color;
}(Color || {});
let Rules;
(function(_Rules) {
	const limit = _Rules.limit = 3;
	function check(n) {
		return n < limit;
	}
	_Rules.check = check;
})(Rules || (Rules = {}));
class Base {
	name;
	count;
	value;
	constructor(name, count = 0) {
		this.name = name;
		this.count = count;
	}
}
function over(a) {
	return a;
}
const pick = (value, ...rest) => true;
export const onExecutePostLogin = async (event, api) => {
	const user = event.user;
	const optional = user?.tags?.[0] ?? \"none\";
	for await (const item of over(optional)) {
		api.log(item);
	}
	label: while (true) {
		break label;
	}
};
";
    assert_eq!(
        ok(
            "a.ts",
            &text
                .replace("(value: T, ...rest: never[]): value is T", "(value: T, ...rest: never[]): boolean")
        )
        .code,
        expected
    );
}

#[test]
fn nothing_is_rewritten_for_older_engines() {
    let text = "export const f = async () => {\n\tawait using a = b();\n\tx ??= y ** 2n;\n};\nclass A {\n\t#p = 1;\n\tstatic {\n\t\tthis.q = A?.q;\n\t}\n}\nconst { a, ...rest } = /(?<y>.)/dv.exec(s).groups;\n";
    assert_eq!(ok("a.ts", text).code, text);
}

/// Where a piece of text stands, line and UTF-16 column counted from 0.
fn place(text: &str, piece: &str) -> (u32, u32) {
    let at = text.find(piece).unwrap_or_else(|| panic!("no {piece}"));
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[..at].matches('\n').count();
    (u32::try_from(line).unwrap(), u32::try_from(text[line_start..at].encode_utf16().count()).unwrap())
}

#[test]
fn the_source_map_leads_back_to_the_author() {
    let text = "\u{feff}interface Skipped { a: string }\r\n\r\nenum E { A }\r\nexport const handler = async (event: {\r\n  user: string\r\n}): Promise<void> => {\r\n  const s: string = '😀é', marker: number = failing(event as any);\r\n  throw new TypeError(`bad ${(s as string).length}`);\r\n};\r\nfunction failing<T>(value: T): never { return deeper(value!) as never }\r\n";
    let compiled = ok("flow/action.ts", text);
    let json = compiled.source_map.unwrap();
    let map = sourcemap::SourceMap::from_slice(json.as_bytes()).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    assert_eq!(map.get_source(0), Some("flow/action.ts"));
    assert_eq!(map.get_source_contents(0), Some(text));
    for piece in [
        "handler",
        "failing(event",
        "marker",
        "throw",
        "new TypeError",
        "deeper(",
        "function failing",
        "length",
    ] {
        let (line, column) = place(&compiled.code, piece);
        let token = map.lookup_token(line, column).unwrap();
        assert_eq!(
            (token.get_src_line(), token.get_src_col()),
            place(text, if piece == "function failing" { "function failing" } else { piece }),
            "{piece}"
        );
    }
}

#[test]
fn imports_that_stay_are_refused_with_the_way_out() {
    let text = "import type { A } from 'types';\nimport _ from \"lodash\";\nexport * from './x';\nexport { y } from 'y';\nimport 'z';\nexport const a = _;\n";
    let error = err("a.ts", text);
    assert!(matches!(error, CompileError::Unsupported { .. }));
    assert_eq!(
        messages(error.diagnostics()),
        [
            (2, 15, "Nothing can resolve the import of \"lodash\""),
            (3, 15, "Nothing can resolve the import of \"./x\""),
            (4, 19, "Nothing can resolve the import of \"y\""),
            (5, 8, "Nothing can resolve the import of \"z\""),
        ]
    );
    assert_eq!(
        err("a.js", "import _ from 'lodash'").to_string(),
        "a.js:1:15: Nothing can resolve the import of \"lodash\"\n 1 | import _ from 'lodash'\n   |               ^^^^^^^^\n \
         help: An action is one file. Use the globals of the platform (fetch, crypto, URL), put the code into \
         this file, or write `import type` if only types are needed."
    );
}

#[test]
fn what_the_engine_cannot_run_is_refused() {
    let cases = [
        ("a.ts", "export = { a: 1 };", "`export =` is not supported"),
        ("a.ts", "import x = require('x'); exports.a = x;", "`import … = require(…)` is not supported"),
        ("a.ts", "@dec class A {}", "Decorators are not supported"),
        ("a.js", "class A { @dec() x }", "Decorators are not supported"),
        ("a.tsx", "const a = <b/>;", "JSX is not supported"),
        ("a.jsx", "const a = 1;", "JSX is not supported"),
        ("a.js", "a\n--> b", "HTML-like comments are not supported"),
        ("a.js", "a <!-- b", "HTML-like comments are not supported"),
    ];
    for (file_name, text, message) in cases {
        let error = err(file_name, text);
        assert!(matches!(error, CompileError::Unsupported { .. }), "{text}: {error}");
        assert_eq!(error.diagnostics()[0].message, message, "{text}");
        assert!(error.diagnostics()[0].help.is_some(), "{text}");
    }
}

#[test]
fn what_surprises_at_run_time_is_a_warning() {
    let text = "const x = require('axios');\nexport const a = () => import('./b');\nexports.c = 1;\nrequire(name);\n";
    let compiled = ok("a.js", text);
    assert_eq!(compiled.kind, ModuleKind::EsModule);
    assert_eq!(
        messages(&compiled.warnings),
        [
            (
                3,
                1,
                "This assignment exports nothing: the file is an ES module because of its `import` or `export`"
            ),
            (1, 11, "`require(\"axios\")` will throw: there is no such module to require"),
            (2, 24, "`import(…)` will reject: there is no such module to import"),
        ]
    );
    // A `require` of the author's own is no concern.
    assert_eq!(ok("a.js", "function require() {} require('x');").warnings, []);
    let warnings = ok("a.js", "let a = '\u{202e}';").warnings;
    assert_eq!(messages(&warnings)[0].0, 1);
    assert!(warnings[0].message.contains("U+202E") && !warnings[0].source_line.contains('\u{202e}'));
}

#[test]
fn modules_of_the_action_may_be_asked_for() {
    let text = "import risk, { score } from 'actions:risk';\nexport * from 'actions:re-export_1';\n\
                export const a = () => import('actions:late');\n";
    for (file_name, text, modules) in [
        ("a.js", text, ["late", "re-export_1", "risk"].as_slice()),
        ("a.js", "const x = require('actions:risk'); exports.a = () => require('actions:risk');", &["risk"]),
        (
            "a.ts",
            "import { score, type T } from 'actions:risk';\nexport const a = (t: T) => score(t);",
            &["risk"],
        ),
        ("a.ts", "import { T } from 'actions:types';\nexport const a = (t: T) => 1;", &[]),
        ("a.js", "function require() {} exports.a = require('actions:own');", &[]),
        ("a.js", "exports.a = 1;", &[]),
    ] {
        let compiled = ok(file_name, text);
        assert_eq!(compiled.modules, modules, "{text}");
        assert_eq!(compiled.warnings, [], "{text}");
    }
}

#[test]
fn names_that_no_module_has_are_refused_with_the_rule() {
    let long = format!("actions:{}", "a".repeat(101));
    for name in ["actions:", "actions:a b", "actions:a/b", "actions:ä", "actions:a.js", long.as_str()] {
        let error = err("a.js", &format!("import a from '{name}'"));
        let help = error.diagnostics()[0].help.as_deref().unwrap();
        assert!(help.starts_with("Modules of an action are named actions:NAME"), "{help}");
        let compiled = ok("a.js", &format!("require('{name}'); import('{name}');"));
        assert_eq!((compiled.modules.len(), compiled.warnings.len()), (0, 2), "{name}");
        assert!(compiled.warnings[0].help.as_deref().unwrap().contains("actions:NAME"));
    }
    assert!(err("a.js", "import a from 'Actions:a'").to_string().contains("An action is one file."));
    let undecided = ok("a.js", "exports.a = (name) => import(name);").warnings;
    assert!(undecided[0].message.contains("unless it names a module of the action"), "{undecided:?}");
}

#[test]
fn errors_print_like_those_of_a_good_compiler() {
    let text = "export const a = async () => {\n\tconst b = ;\n};\n";
    assert_eq!(
        err("action.ts", text).to_string(),
        "action.ts:2:12: Unexpected token\n 2 | \tconst b = ;\n   | \t          ^"
    );
    assert_eq!(
        err("action.js", "let a = 1;\nlet a = 2;").to_string(),
        "action.js:1:5: Identifier `a` has already been declared\n 1 | let a = 1;\n   |     ^\n help: `a` has already been declared here"
    );
}

#[test]
fn columns_count_utf16_and_lines_every_terminator() {
    let error = err("a.js", "'😀é'; let;\u{2028}'😀' x\r\ry y");
    assert_eq!((error.diagnostics()[0].line, error.diagnostics()[0].column), (2, 5), "{error}");
    let error = err("a.js", "\u{feff}let = = 1;");
    assert_eq!(error.diagnostics()[0].line, 1);
    assert_eq!(error.diagnostics()[0].column, 7, "{error}");
}

#[test]
fn errors_are_bounded() {
    let long = "a".repeat(50_000);
    let error = err("a.js", &format!("x='{long}';y = = z;'{long}'"));
    let printed = error.to_string();
    assert!(printed.chars().count() < 500, "{printed}");
    let one = &error.diagnostics()[0];
    assert_eq!(one.source_line.chars().nth(one.source_line_offset as usize), Some('='), "{error}");
    let name = "n".repeat(100_000);
    assert!(err(&name, &format!("let {name}, {name};")).to_string().len() < 3_000);
    let many = err("a.js", &"let a;".repeat(1_000));
    assert_eq!(many.diagnostics().len(), 20);
    assert!(err("a.js", &format!("import '{name}'")).to_string().len() < 2_000);
}

#[test]
fn early_errors_are_found() {
    for text in [
        "let a; var a;",
        "break;",
        "'use strict'; with (a) {}",
        "a: a: 1;",
        "class A { #a; #a }",
        "({ a: 1 }) = 1",
        "export { missing };",
        "export const a = 1; export { a };",
        "new.target = 1",
        "function f() { await 1 }",
        "let a = /(/ x",
    ] {
        let error = err("a.mjs", text);
        assert!(matches!(error, CompileError::Syntax { .. }), "{text}: {error:?}");
        assert!(!error.diagnostics().is_empty());
    }
}

#[test]
fn what_is_no_source_text_is_said_to_be_none() {
    assert_eq!(
        err("a.js", "let a;\n\0\u{1}").to_string(),
        "a.js: there is a NUL character in line 2, so this is no source text. Save it as UTF-8, or name the right file."
    );
    for (text, language) in
        [("{\n \"a\": 1 }", "JSON"), ("<!DOCTYPE html><html></html>", "HTML"), ("<?xml?>", "HTML")]
    {
        let error = err("a.js", text);
        assert!(error.diagnostics()[0].help.as_ref().unwrap().contains(language), "{error}");
    }
    assert!(err("a.js", "const a = <div/>;").diagnostics()[0].help.as_ref().unwrap().contains("JSX"));
    let long = " ".repeat(SOURCE_BYTES_MAX + 1);
    assert!(matches!(err("a.js", &long), CompileError::TooLarge { bytes, .. } if bytes == long.len()));
    assert_eq!(ok("a.js", &long[1..]).kind, ModuleKind::CommonJs);
}

#[test]
fn nesting_has_a_limit_that_names_its_place() {
    let deep = format!("exports.a =\n  {}1{};", "[".repeat(100_000), "]".repeat(100_000));
    let error = err("a.js", &deep);
    assert!(matches!(error, CompileError::TooDeep { .. }));
    assert_eq!(error.diagnostics()[0].line, 2);
    assert!(error.to_string().chars().count() < 600);
    ok("a.js", &format!("exports.a = {}1{};", "[".repeat(1_000), "]".repeat(1_000)));
    ok("a.ts", &format!("exports.a = x{};", ".then((y: T) => y)".repeat(300)));
    ok("a.ts", &format!("exports.a = {};", vec!["'line' +\n"; 1_500].concat() + "''"));
    ok("a.js", &format!("if (a) {{}} {}", "else if (b) { c() }\n".repeat(500)));
    // Length without depth is fine, with semicolons and without.
    ok("a.js", &"const f = (a) => a.b\nf(1)\n".replace("const f", "var f").repeat(10_000));
    ok("a.ts", &format!("export const a: number[][] = [{}];", "[1, 2, f<number>(3)],\n".repeat(10_000)));
}

#[test]
fn brackets_in_strings_comments_and_regular_expressions_do_not_nest() {
    let open = "(".repeat(5_000);
    ok(
        "a.js",
        &format!(
            "'{open}'; \"{open}\"; `{open}`; // {open}\n/* {open} */ /[{open}]/; if (a) /[('\"`]/.x; {{}} /[(`]/.x"
        ),
    );
    ok("a.js", &format!("x = a++ / 2; y = '{open}'; z = b / 3"));
    // A division that looks like the begin of a regular expression hides nothing.
    let hidden = format!("x = {{}} /1; {open} /2");
    assert!(matches!(err("a.js", &hidden), CompileError::TooDeep { .. }));
    let hidden = format!("x = a! / '; {open} / 2");
    assert!(matches!(err("a.ts", &hidden), CompileError::Syntax { .. } | CompileError::TooDeep { .. }));
}

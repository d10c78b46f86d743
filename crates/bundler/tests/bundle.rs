//! Bundles of real folders, made by a real child process.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use sourcemap::SourceMap;
use support::Folder;
use support::lines;
use vestibule_bundle::Bundle;
use vestibule_bundle::BundleError;
use vestibule_bundle::BundleLimits;
use vestibule_bundle::Bundler;
use vestibule_bundle::EntryFile;
use vestibule_bundle::ModuleKind;

impl Folder {
    fn build_with(&self, entry: &str, limits: BundleLimits) -> Result<Bundle, BundleError> {
        let path = self.0.join("p").join(entry);
        let text = fs::read_to_string(&path).unwrap();
        let bundler = Bundler::new(env!("CARGO_BIN_EXE_vestibule-bundler")).limits(limits);
        bundler.bundle(EntryFile { path: &path, file_name: entry, text: &text })
    }

    fn build(&self, entry: &str) -> Result<Bundle, BundleError> {
        self.build_with(entry, BundleLimits::default())
    }

    fn bundle(&self, entry: &str) -> Bundle {
        self.build(entry).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is wrong, one line for each remark: place and message.
    fn refusals(&self, entry: &str) -> Vec<String> {
        let error = self.build(entry).unwrap_err();
        assert!(matches!(error, BundleError::Refused { .. }), "{error:?}");
        lines(error.remarks())
    }
}

/// The author's file and line, counted from 1, of the place where a text stands in the program.
fn origin(bundle: &Bundle, text: &str) -> (String, u32) {
    let map = SourceMap::from_slice(bundle.source_map.as_ref().unwrap().as_bytes()).unwrap();
    let before = &bundle.code[..bundle.code.find(text).unwrap_or_else(|| panic!("{}", bundle.code))];
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let token = map.lookup_token(line as u32, column as u32).unwrap();
    (token.get_source().unwrap().to_owned(), token.get_src_line() + 1)
}

fn all_kinds() -> Folder {
    Folder::new()
        .with("p/tsconfig.json", r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#)
        .with(
            "p/actions/login.ts",
            r#"import type { Event } from "./types";
import risk from "actions:risk";
import { add } from "../lib/add";
import { name } from "../data.json";
import common from "common";
import { used } from "modular";
import { built } from "conditions";
import { shared } from "@/shared";

export const onExecutePostLogin = async (event: Event): Promise<unknown> => {
  const lazy = await import("../lib/lazy.js");
  return [event, risk, add(1, 2), name, common.hello(), used(), built, shared, lazy.default];
};
"#,
        )
        .with("p/actions/types.ts", "export interface Event { user: object }\n")
        .with(
            "p/lib/add.ts",
            "interface Unused {}\nexport function add(a: number, b: number): number {\n  throw new Error(`${a}${b}`);\n}\n",
        )
        .with("p/lib/lazy.js", "export default 'lazily';\n")
        .with("p/data.json", r#"{ "name": "from json", "unused": "dropped from json" }"#)
        .with("p/src/shared.ts", "export const shared: string = Math.random() + 'by paths';\n")
        .with_package("common", "{}", "index.js", "const own = require('./own');\nexports.hello = () => own;\n")
        .with("p/node_modules/common/own.js", "module.exports = 'hello of common';\n")
        .with_package(
            "modular",
            r#"{ "type": "module", "exports": "./m.js", "sideEffects": false }"#,
            "m.js",
            "export const used = () => 'used part';\nexport const unused = () => 'unused part';\n",
        )
        .with_package(
            "conditions",
            r#"{ "exports": { "node": "./n.js", "browser": "./b.js", "import": "./i.js", "default": "./i.js" } }"#,
            "b.js",
            "export const built = { for: 'the browser' };\n",
        )
}

#[test]
fn one_program_is_made_of_all_that_an_action_imports() {
    let bundle = all_kinds().bundle("actions/login.ts");
    assert_eq!(bundle.kind, ModuleKind::EsModule);
    assert_eq!(bundle.modules, ["risk"]);
    assert_eq!(lines(&bundle.warnings), [""; 0]);
    let has = ["lazily", "from json", "by paths", "hello of common", "used part", "the browser"];
    let has_not = ["unused part", "dropped from json", "interface", ": number"];
    for text in has {
        assert!(bundle.code.contains(text), "{text:?} lacks in {}", bundle.code);
    }
    for text in has_not {
        assert!(!bundle.code.contains(text), "{text:?} is in {}", bundle.code);
    }
    let imports: Vec<&str> = bundle.code.lines().filter(|line| line.starts_with("import ")).collect();
    assert_eq!(imports, ["import risk from \"actions:risk\";"]);
}

#[test]
fn the_source_map_leads_to_every_authors_file() {
    let bundle = all_kinds().bundle("actions/login.ts");
    assert_eq!(origin(&bundle, "throw new Error("), ("lib/add.ts".to_owned(), 3));
    assert_eq!(origin(&bundle, "hello of common"), ("node_modules/common/own.js".to_owned(), 1));
    assert_eq!(origin(&bundle, "async (event)"), ("actions/login.ts".to_owned(), 10));
    let map = SourceMap::from_slice(bundle.source_map.as_ref().unwrap().as_bytes()).unwrap();
    let index = (0..map.get_source_count()).find(|index| map.get_source(*index) == Some("lib/add.ts"));
    assert!(map.get_source_contents(index.unwrap()).unwrap().starts_with("interface Unused"));
}

#[test]
fn a_build_for_pages_is_replaced_by_the_one_for_node() {
    let folder = Folder::new()
        .with("p/package.json", "{}")
        .with("p/a.js", "const { read } = require('@aws-sdk/xml-builder');\nexports.onX = () => read();\n")
        .with_package(
            "@aws-sdk/xml-builder",
            r#"{ "main": "./dist-es/index.js", "browser": { "./dist-es/xml-parser": "./dist-es/xml-parser.browser" } }"#,
            "dist-es/index.js",
            "export { read } from './xml-parser';\n",
        )
        .with(
            "p/node_modules/@aws-sdk/xml-builder/dist-es/xml-parser.js",
            "export const read = () => 'by hand';\n",
        )
        .with(
            "p/node_modules/@aws-sdk/xml-builder/dist-es/xml-parser.browser.js",
            "const parser = new DOMParser();\nexport const read = () => parser;\n",
        );
    let code = folder.bundle("a.js").code;
    assert!(code.contains("by hand") && !code.contains("DOMParser"), "{code}");
}

#[test]
fn an_action_that_stands_alone_is_not_bundled() {
    let folder = Folder::new()
        .with("p/a.ts", "import risk from 'actions:risk';\nexport const onX = () => risk as unknown;\n")
        .with("p/types.ts", "import type { X } from './none';\nexports.onX = (x: X) => x;\n");
    for entry in ["a.ts", "types.ts"] {
        let bundler = Bundler::new("/no/such/program");
        let path = folder.0.join("p").join(entry);
        let text = fs::read_to_string(&path).unwrap();
        let built = bundler.bundle(EntryFile { path: &path, file_name: entry, text: &text }).unwrap();
        assert!(!built.code.contains("#region"), "{built:?}");
    }
}

#[test]
fn a_commonjs_action_stays_one() {
    let folder = Folder::new()
        .with("p/a.js", "const { f } = require('./lib');\nconst risk = require('actions:risk');\nexports.onX = () => [f(), risk];\n")
        .with("p/typed.ts", "import type { T } from './lib';\nconst { f } = require('./lib');\nexports.onX = (t: T) => f(t);\n")
        .with("p/lib.ts", "export type T = string;\nexport const f = (t?: T) => t;\n");
    let bundle = folder.bundle("a.js");
    assert_eq!((bundle.kind, bundle.modules.as_slice()), (ModuleKind::CommonJs, &["risk".to_owned()][..]));
    assert!(bundle.code.contains("require(\"actions:risk\")"), "{}", bundle.code);
    assert_eq!(origin(&bundle, "exports.onX"), ("a.js".to_owned(), 3));
    let bundle = folder.bundle("typed.ts");
    assert_eq!(bundle.kind, ModuleKind::CommonJs);
    assert_eq!(origin(&bundle, "exports.onX"), ("typed.ts".to_owned(), 3));
}

#[test]
fn what_cannot_be_found_is_named_with_its_place() {
    let folder = Folder::new()
        .with(
            "p/a.ts",
            "import a from './none';\nimport b from 'unknown/sub';\nimport c from './lib';\nexport const onX = [a, b, c];\n",
        )
        .with("p/lib.ts", "export { d as default } from './d';\n")
        .with("p/d.ts", "export const e = 1;\n");
    assert_eq!(
        folder.refusals("a.ts"),
        [
            "a.ts:1:15: Nothing can resolve the import of \"./none\"",
            "a.ts:2:15: Nothing can resolve the import of \"unknown/sub\"",
        ]
    );
    let error = folder.build("a.ts").unwrap_err().to_string();
    assert!(error.contains("help: Install the package (vestibule add unknown)"), "{error}");
    let folder = folder.with("p/a.ts", "import c from './lib';\nexport const onX = [c];\n");
    assert_eq!(
        folder.refusals("a.ts"),
        [
            "a.ts:1:8: \"default\" is not exported by \"lib.ts\", imported by \"a.ts\".",
            "lib.ts:1:10: \"d\" is not exported by \"d.ts\", imported by \"lib.ts\".",
        ]
    );
}

#[test]
fn what_is_asked_for_in_a_try_may_lack() {
    let folder = Folder::new()
        .with("p/a.js", "let fast; try { fast = require('fast'); } catch {}\nexports.onX = () => [fast, require('slow'), require('./b')];\n")
        .with("p/b.js", "");
    assert_eq!(
        lines(&folder.bundle("a.js").warnings),
        ["a.js:2:28: `require(\"slow\")` will throw: there is no such package"]
    );
}

#[test]
fn errors_in_other_files_are_placed_there() {
    let folder = Folder::new()
        .with("p/a.js", "import './b.js';\nexport const onX = 1;\n")
        .with("p/b.js", "let a;\nlet b = = 1;\n");
    assert_eq!(folder.refusals("a.js"), ["b.js:2:9: Unexpected token"]);
    let folder =
        folder.with("p/a.js", "import './c.json';\nexport const onX = 1;\n").with("p/c.json", "{\n \"a\": }");
    assert_eq!(folder.refusals("a.js"), ["c.json:2:7: expected value at line 2 column 7"]);
    let folder = folder.with("p/tsconfig.json", "{ \"compilerOptions\": 1, ");
    let refusals = folder.refusals("a.js");
    assert!(refusals[0].starts_with("tsconfig.json:1:1: Failed to load tsconfig"), "{refusals:?}");
}

#[test]
fn nothing_outside_the_project_is_read() {
    let folder = Folder::new()
        .with("outside/secret.js", "export default 'the secret';\n")
        .with_link("p/link.js", "../outside/secret.js")
        .with_link("p/folder", "../outside")
        .with_link("p/round.js", "round.js")
        .with("p/tsconfig.json", r#"{ "compilerOptions": { "paths": { "up/*": ["../outside/*"] } } }"#);
    let secret = folder.0.join("outside/secret.js").to_string_lossy().into_owned();
    let imports =
        ["../outside/secret.js", "./link.js", "./folder/secret.js", "up/secret.js", &secret, "./round.js"];
    let text: String =
        imports.iter().enumerate().map(|(at, name)| format!("export * as v{at} from '{name}';\n")).collect();
    let folder = folder.with("p/a.js", &text);
    let expected = [
        "a.js:1:21: \"../outside/secret.js\" leads out of the project".to_owned(),
        "a.js:2:21: \"./link.js\" leads out of the project".to_owned(),
        "a.js:3:21: \"./folder/secret.js\" leads out of the project".to_owned(),
        "a.js:4:21: \"up/secret.js\" leads out of the project".to_owned(),
        format!("a.js:5:21: \"{secret}\" is an absolute path"),
        "a.js:6:21: Nothing can resolve the import of \"./round.js\"".to_owned(),
    ];
    assert_eq!(folder.refusals("a.js"), expected);
    assert!(!folder.build("a.js").unwrap_err().to_string().contains("the secret"));
}

#[test]
fn links_inside_the_project_are_followed() {
    let folder = Folder::new()
        .with("p/node_modules/.store/dep/index.js", "exports.a = 'of dep';\n")
        .with("p/a.js", "const dep = require('dep');\nexports.onX = () => dep.a;\n")
        .with_link("p/node_modules/dep", ".store/dep");
    assert!(folder.bundle("a.js").code.contains("of dep"));
}

#[test]
fn only_code_and_json_is_bundled() {
    let folder = Folder::new()
        .with_package("native", r#"{ "main": "build/x.node" }"#, "build/x.node", "\u{7f}ELF")
        .with("p/style.css", "a {}")
        .with("p/view.tsx", "export default <p/>;")
        .with(
            "p/a.mjs",
            "import 'native';\nimport './style.css';\nimport './view';\nimport 'https://x.example/y.js';\nimport 'actions:a/b';\n",
        );
    assert_eq!(
        folder.refusals("a.mjs"),
        [
            "a.mjs:1:8: \"native\" is a native add-on (node_modules/native/build/x.node), which cannot run in a sandbox",
            "a.mjs:2:8: \"./style.css\" is neither JavaScript, TypeScript nor JSON (style.css)",
            "a.mjs:3:8: \"./view\" is a file with JSX (view.tsx)",
            "a.mjs:4:8: \"https://x.example/y.js\" is an address, and nothing is loaded from there",
            "a.mjs:5:8: \"actions:a/b\" names no module",
        ]
    );
}

#[test]
fn what_runs_away_is_stopped_by_a_limit_that_says_so() {
    let chain = (0..40).fold(Folder::new(), |folder, number| {
        let text = format!("import {{ a }} from './f{}.js';\nexport {{ a }};\n", number + 1);
        folder.with(&format!("p/f{number}.js"), &text)
    });
    let folder = chain
        .with("p/f40.js", "export const a = 1;\n")
        .with("p/a.js", "import { a } from './f0.js';\nexport const onX = a;\n")
        .with(
            "p/deep.js",
            &format!(
                "import './f40.js';\nexport const onX = {}1{};\n",
                "[".repeat(50_000),
                "]".repeat(50_000)
            ),
        )
        .with("p/b.js", "import './nested.js';\nexport const onX = 1;\n")
        .with("p/nested.js", &format!("let a = {}1;\n", "-~".repeat(50_000)));
    let limits = BundleLimits::default;
    let error = |entry: &str, limits: BundleLimits| folder.build_with(entry, limits).unwrap_err();

    let few_files = error("a.js", BundleLimits { files_max: 10, ..limits() });
    assert!(few_files.to_string().contains("a bundle is made of at most 10"), "{few_files}");
    let few_bytes = error("a.js", BundleLimits { source_bytes_max: 1_000, ..limits() });
    assert!(few_bytes.to_string().contains("have more than 1000 bytes"), "{few_bytes}");
    let small = error("a.js", BundleLimits { output_bytes_max: 100, ..limits() });
    assert!(matches!(small, BundleError::TooLarge { bytes_max: 100, .. }), "{small:?}");
    let short = error("a.js", BundleLimits { wall_max: Duration::from_millis(1), ..limits() });
    assert!(matches!(short, BundleError::TooSlow { .. }), "{short:?}");
    let tight = error("a.js", BundleLimits { memory_bytes_max: 80 * 1024 * 1024, ..limits() });
    assert!(matches!(tight, BundleError::Crashed { .. } | BundleError::Internal { .. }), "{tight:?}");
    let deep = error("deep.js", limits());
    assert!(matches!(deep, BundleError::Compile(_)), "{deep:?}");
    let nested = lines(error("b.js", limits()).remarks());
    assert!(nested[0].starts_with("nested.js:1:") && nested[0].contains("nested too deeply"), "{nested:?}");
    // And nothing of it stays behind.
    assert_eq!(folder.bundle("a.js").kind, ModuleKind::EsModule);
}

#[test]
fn files_that_import_each_other_are_no_problem() {
    let folder = Folder::new()
        .with(
            "p/a.js",
            "import { b } from './b.js';\nexport const a = 'of a';\nexport const onX = () => b();\n",
        )
        .with("p/b.js", "import { a } from './a.js';\nexport const b = () => a;\n");
    let bundle = folder.bundle("a.js");
    assert!(bundle.code.contains("of a"), "{}", bundle.code);
}

#[test]
fn a_host_that_cannot_start_the_bundler_is_told() {
    let folder = Folder::new().with("p/a.js", "import './b.js';\n").with("p/b.js", "");
    let path = folder.0.join("p/a.js");
    let entry = EntryFile { path: &path, file_name: "a.js", text: "import './b.js';" };
    let error = Bundler::new("/no/such/program").bundle(entry).unwrap_err();
    let way_out = "/no/such/program cannot be started. Install it beside `vestibule`: cargo install --path";
    assert!(error.to_string().contains(way_out), "{error}");
    // A program that is no bundler.
    let error = Bundler::new("/bin/true").bundle(entry).unwrap_err();
    assert!(matches!(error, BundleError::NoBundler { .. }), "{error:?}");
}

/// A program in a file, which does what a bundler of another version would do.
fn program(folder: &Folder, script: &str) -> PathBuf {
    let path = folder.0.join("bundler");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_bundler_of_another_version_is_not_listened_to() {
    let folder = Folder::new().with("p/a.js", "import './b.js';\n").with("p/b.js", "");
    let path = folder.0.join("p/a.js");
    let entry = EntryFile { path: &path, file_name: "a.js", text: "import './b.js';" };
    let older = program(&folder, "echo vestibule-bundler 0.0.9 protocol 0; echo '{\"Program\":1}'");
    let error = Bundler::new(older).bundle(entry).unwrap_err();
    assert!(matches!(error, BundleError::OtherVersion { .. }), "{error:?}");
    assert!(error.to_string().contains("(vestibule-bundler 0.0.9 protocol 0)"), "{error}");

    // And the other way round: it says its version to whoever starts it, and does no work.
    let newer = Command::new(env!("CARGO_BIN_EXE_vestibule-bundler"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut newer = newer.unwrap();
    newer.stdin.take().unwrap().write_all(b"vestibule-bundler 9.0.0 protocol 9\n{}").unwrap();
    let ended = newer.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(12));
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), vestibule_bundle::child::GREETING);
    assert!(String::from_utf8(ended.stderr).unwrap().contains("one of another version"));
}

/// The parser of JSON in this program keeps numbers as texts; what the two sides say must not change by it.
#[test]
fn numbers_reach_the_other_side() {
    assert!(serde_json::from_str::<serde_json::Value>("1e400").is_ok(), "then this test says nothing");
    let limits = BundleLimits { memory_bytes_max: u64::MAX, ..BundleLimits::default() };
    let text = serde_json::to_string(&limits).unwrap();
    assert!(text.contains("18446744073709551615"), "{text}");
    assert_eq!(serde_json::from_str::<BundleLimits>(&text).unwrap(), limits);
    let folder = Folder::new()
        .with("p/a.js", "import big from './n.json';\nexport const onX = big;\n")
        .with("p/n.json", "[1e2, 12345678901234567890, -0.0, 1.50]");
    let code = folder.build_with("a.js", limits).unwrap().code;
    // The second is the double next to 12345678901234567890, as the bundler writes it.
    assert!(code.contains("[\n\t100,\n\t0xab54a98ceb1f0800,\n\t-0,\n\t1.5\n]"), "{code}");
}

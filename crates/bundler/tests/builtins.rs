//! Node's built-in modules in bundles, with packages that the tests make in place of those that they are made of.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use support::Folder;
use support::lines;
use vestibule_bundle::Bundle;
use vestibule_bundle::BundleError;
use vestibule_bundle::Bundler;
use vestibule_bundle::EntryFile;
use vestibule_bundle::NodePackages;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vestibule-bundler");

/// Packages with the names of those that the modules ask for.
const PACKAGES: [(&str, &str); 3] = [
    (
        "buffer",
        "exports.Buffer = class Buffer extends Uint8Array { static is = 'of the package buffer'; };\n",
    ),
    ("events", "module.exports = class EventEmitter { is = 'of the package events'; };\n"),
    ("string_decoder", "exports.StringDecoder = class { is = 'of the package decoder'; };\n"),
];

/// Where packages are installed, and how often they were.
struct Installed {
    folder: PathBuf,
    times: Arc<AtomicU32>,
}

impl Installed {
    fn beside(folder: &Folder) -> Self {
        Self { folder: folder.0.join("kept"), times: Arc::default() }
    }

    fn packages(&self) -> NodePackages {
        let (folder, times) = (self.folder.clone(), Arc::clone(&self.times));
        NodePackages::new(&self.folder, move || {
            times.fetch_add(1, Ordering::Relaxed);
            for (name, code) in PACKAGES {
                let package = folder.join("node_modules").join(name);
                fs::create_dir_all(&package)?;
                fs::write(package.join("package.json"), "{}")?;
                fs::write(package.join("index.js"), code)?;
            }
            Ok(())
        })
    }
}

fn build(folder: &Folder, entry: &str) -> Result<Bundle, BundleError> {
    let path = folder.0.join("p").join(entry);
    let text = fs::read_to_string(&path).unwrap();
    let bundler = Bundler::new(PROGRAM).node_packages(Installed::beside(folder).packages());
    bundler.bundle(EntryFile { path: &path, file_name: entry, text: &text })
}

fn bundle(folder: &Folder, entry: &str) -> Bundle {
    build(folder, entry).unwrap_or_else(|error| panic!("{error}"))
}

/// The built-in modules that a program is made of.
fn modules_in(bundle: &Bundle) -> Vec<&str> {
    let regions = bundle.code.lines().filter_map(|line| line.trim().strip_prefix("//#region "));
    regions.filter(|name| name.starts_with("node:") && !name.contains("internal/")).collect()
}

#[test]
fn modules_of_node_become_part_of_the_program() {
    let folder = Folder::new()
        .with("p/a.mjs", "import path from 'path';\nimport { sep } from 'node:path/posix';\nexport const onX = () => [path.join('a', 'b'), sep];\n")
        .with("p/c.js", "const { join } = require('node:path');\nexports.onX = () => join('a', 'b');\n");
    for entry in ["a.mjs", "c.js"] {
        let bundle = bundle(&folder, entry);
        assert_eq!(lines(&bundle.warnings), [""; 0]);
        assert!(modules_in(&bundle).contains(&"node:path"), "{}", bundle.code);
        assert!(!bundle.code.contains("from \"path\""), "{}", bundle.code);
    }
    // The map leads to what they are called in Node's own stacks.
    let map = bundle(&folder, "c.js").source_map.unwrap();
    assert!(map.contains("\"node:path\""), "{map}");
}

#[test]
fn names_that_node_gives_every_file_are_imported_where_they_are_used() {
    let folder = Folder::new()
        .with("p/buffer.js", "exports.onX = () => Buffer.is;\n")
        .with("p/typed.ts", "exports.onX = (b: Buffer) => 1;\n")
        .with("p/own.js", "const Buffer = class {};\nconst { join } = require('path');\nexports.onX = () => [new Buffer(), join];\n")
        .with("p/env.js", "exports.onX = () => process.env.NODE_ENV;\n")
        .with("p/file.js", "exports.onX = () => [__filename, __dirname, global.x];\n");
    let with_buffer = bundle(&folder, "buffer.js");
    assert!(modules_in(&with_buffer).contains(&"node:buffer"), "{}", with_buffer.code);
    assert!(with_buffer.code.contains("of the package buffer"), "{}", with_buffer.code);
    for (entry, text) in [("typed.ts", "(b) => 1"), ("own.js", "class"), ("env.js", "production")] {
        let bundle = bundle(&folder, entry);
        let modules = modules_in(&bundle);
        assert!(!modules.contains(&"node:buffer") && !modules.contains(&"node:process"), "{modules:?}");
        assert!(bundle.code.contains(text), "{}", bundle.code);
    }
    let file = bundle(&folder, "file.js").code;
    for text in ["\"/action.js\"", "\"/\"", "globalThis.x"] {
        assert!(file.contains(text), "{text} lacks in {file}");
    }
}

#[test]
fn a_package_of_the_same_name_counts_only_where_node_would_take_it() {
    let folder = Folder::new()
        .with_package("events", "{}", "index.js", "exports.own = 'of the project';\n")
        .with("p/a.js", "exports.onX = () => require('events');\n")
        .with("p/b.js", "exports.onX = () => require('events/');\n")
        .with("p/c.mjs", "import Emitter from 'events';\nexport const onX = () => new Emitter();\n");
    let (builtin, own) = (bundle(&folder, "a.js").code, bundle(&folder, "b.js").code);
    assert!(builtin.contains("of the package events") && !builtin.contains("of the project"), "{builtin}");
    // What a module does to its own exports is kept.
    let imported = bundle(&folder, "c.mjs").code;
    assert!(imported.contains("Object.assign("), "{imported}");
    assert!(own.contains("of the project") && !own.contains("of the package events"), "{own}");
}

#[test]
fn a_package_may_want_something_else_in_a_browser() {
    let folder = Folder::new()
        .with_package(
            "hash",
            r#"{ "browser": { "path": false, "util": "./small.js" } }"#,
            "index.js",
            "exports.all = [require('path'), require('util')];\n",
        )
        .with("p/node_modules/hash/small.js", "module.exports = 'small util';\n")
        .with("p/a.js", "exports.onX = () => require('hash').all;\n");
    let bundle = bundle(&folder, "a.js");
    assert_eq!(modules_in(&bundle), [""; 0]);
    assert!(bundle.code.contains("small util"), "{}", bundle.code);
}

#[test]
fn packages_are_installed_when_they_are_first_needed_and_once() {
    let folder = Folder::new()
        .with("p/none.js", "exports.onX = () => require('path').sep;\n")
        .with("p/some.js", "exports.onX = () => require('events');\n");
    let installed = Installed::beside(&folder);
    let make = |bundler: &Bundler, entry: &str| {
        let path = folder.0.join("p").join(entry);
        let text = fs::read_to_string(&path).unwrap();
        bundler.bundle(EntryFile { path: &path, file_name: entry, text: &text })
    };
    let bundler = Bundler::new(PROGRAM).node_packages(installed.packages());
    for (entry, times) in [("none.js", 0), ("some.js", 1), ("some.js", 1)] {
        make(&bundler, entry).unwrap();
        assert_eq!(installed.times.load(Ordering::Relaxed), times, "{entry}");
    }
    let unable = NodePackages::new("/no/such/folder", || Err("no network; look at .npmrc".into()));
    let error = make(&Bundler::new(PROGRAM).node_packages(unable), "some.js").unwrap_err();
    assert!(error.to_string().ends_with("cannot be installed: no network; look at .npmrc"), "{error}");
    let error = make(&Bundler::new(PROGRAM), "some.js").unwrap_err();
    assert!(matches!(error, BundleError::NodePackages { .. }), "{error:?}");
}

#[test]
fn what_node_has_and_we_have_not_is_named_with_its_file() {
    let folder = Folder::new()
        .with("p/a.mjs", "import './lib.js';\nimport 'node:sea';\nexport const onX = 1;\n")
        .with(
            "p/lib.js",
            "try { require('node:nothing'); } catch {}\nexports.f = () => require('trace_events');\n",
        );
    let error = build(&folder, "a.mjs").unwrap_err();
    assert_eq!(
        lines(error.remarks()),
        ["a.mjs:2:8: \"node:sea\" is a built-in module of Node that an action does not have"]
    );
    let folder = folder.with("p/a.mjs", "import './lib.js';\nexport const onX = 1;\n");
    assert_eq!(
        lines(&bundle(&folder, "a.mjs").warnings),
        [
            "lib.js:1:7: \"node:nothing\" is a built-in module of Node that an action does not have",
            "lib.js:2:19: \"trace_events\" is a built-in module of Node that an action does not have",
        ]
    );
}

#[test]
fn what_the_modules_are_made_of_is_theirs_alone() {
    let folder = Folder::new()
        .with("p/a.mjs", "import 'vestibule:inspect';\nexport const onX = 1;\n")
        .with("p/b.mjs", "import 'node:internal/errors';\nexport const onX = 1;\n")
        .with("p/c.mjs", "import 'string_decoder/';\nimport 'string_decoder';\nexport const onX = 1;\n");
    for entry in ["a.mjs", "b.mjs", "c.mjs"] {
        let error = build(&folder, entry).unwrap_err();
        assert_eq!(error.remarks().len(), 1, "{error}");
    }
}

//! The walls of the house: who may import whom, who may name V8, who may be unsafe.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// What each of our crates may import of our crates.
const ALLOWED: &[(&str, &[&str])] = &[
    ("vestibule-engine", &[]),
    ("vestibule-triggers", &[]),
    ("vestibule-bundle", &[]),
    ("vestibule", &["vestibule-engine", "vestibule-triggers", "vestibule-bundle"]),
    ("vestibule-config", &["vestibule"]),
    ("vestibule-ory", &["vestibule", "vestibule-triggers"]),
    ("vestibule-packages", &[]),
    ("vestibule-cli", &["vestibule", "vestibule-config", "vestibule-ory", "vestibule-packages"]),
    ("vestibule-tests", &["vestibule", "vestibule-cli"]),
    ("xtask", &[]),
];

/// Crates that only `engine` may depend on.
const ENGINE_ONLY: &[&str] = &["v8", "deno_core", "deno_web", "deno_fetch", "deno_crypto", "deno_webidl"];

#[test]
fn every_crate_imports_only_what_the_map_allows() {
    let dependencies = dependencies();
    for (name, found) in &dependencies {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            panic!("{name} is new: add it to ALLOWED here and to crates/README.md");
        };
        let ours: BTreeSet<_> =
            found.iter().filter(|name| dependencies.contains_key(*name)).map(String::as_str).collect();
        let allowed: BTreeSet<_> = allowed.iter().copied().collect();
        assert!(ours.is_subset(&allowed), "{name} imports {ours:?}, but may import only {allowed:?}");
    }
}

#[test]
fn only_the_engine_depends_on_v8() {
    for (name, found) in dependencies() {
        let engine_only: Vec<_> = found.iter().filter(|name| ENGINE_ONLY.contains(&name.as_str())).collect();
        assert!(name == "vestibule-engine" || engine_only.is_empty(), "{name} depends on {engine_only:?}");
    }
}

#[test]
fn only_ory_depends_on_jsonnet() {
    for (name, found) in dependencies() {
        assert!(name == "vestibule-ory" || !found.contains("rsjsonnet-lang"), "{name} depends on Jsonnet");
    }
}

#[test]
fn no_host_compiles_the_bundler() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let bundler: Vec<_> = lock.lines().filter(|line| line.starts_with("name = \"rolldown")).collect();
    assert!(bundler.is_empty(), "only crates/bundler, a package of its own, may depend on {bundler:?}");
}

/// Cargo gives every crate of a program the features that any of them asks for, and with serde_json's
/// `arbitrary_precision` numbers are texts: what hosts read and write would change.
#[test]
fn numbers_of_json_are_numbers() {
    let infinite: Result<Value, _> = serde_json::from_str("1e400");
    assert!(infinite.is_err(), "a dependency turns on serde_json/arbitrary_precision");
}

/// The compiler reads a file for its imports, and the bundler reads it again: they must read the same.
#[test]
fn the_bundler_has_our_own_compiler() {
    let version = |lock: &str| {
        let lock = std::fs::read_to_string(root().join(lock)).unwrap();
        let entry = lock.split("[[package]]").find(|entry| entry.contains("\nname = \"oxc\"\n")).unwrap();
        entry.lines().find(|line| line.starts_with("version")).unwrap().to_owned()
    };
    assert_eq!(version("Cargo.lock"), version("crates/bundler/Cargo.lock"));
}

#[test]
fn only_the_engine_is_unsafe() {
    for file in rust_files(&root()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let relative = file.strip_prefix(root()).unwrap().display().to_string();
        let is_engine = relative.starts_with("crates/engine/");
        let forbids = text.contains("#![forbid(unsafe_code)]");
        if relative.ends_with("/src/lib.rs") && relative.starts_with("crates/") && !is_engine {
            assert!(forbids, "{relative} lacks #![forbid(unsafe_code)]");
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in rust_files(&root()) {
        let text = std::fs::read_to_string(&file).unwrap();
        let relative = file.strip_prefix(root()).unwrap().display();
        assert!(text.starts_with("//! "), "{relative} does not begin with a `//!` sentence");
    }
}

/// The direct dependencies of each of our crates, for building and for running.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let names = package["dependencies"].as_array().unwrap().iter();
            let names = names.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect();
            (package["name"].as_str().unwrap().to_owned(), names)
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(rust_files(&path));
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    files
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

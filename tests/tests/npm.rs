//! Actions that use npm packages: each is installed, bundled and run by the program that tenants have, and what the
//! packages gave is compared. The table at the end says what each costs.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use serde_json::Value;
use serde_json::json;

use crate::walls::root;

/// Names another program than the one that was built with the tests, such as a release build, for the times in the
/// table.
const PROGRAM_VARIABLE: &str = "VESTIBULE_PROGRAM";
/// What the program says where a registry does not answer.
const NO_REGISTRY: &str = "could not be fetched from";
const TRIGGER: &str = "auth0/post-login";
/// The key that programs are made with, and one that opens no compiled code of theirs.
const KEY: &str = "program.key";
const OTHER_KEY: &str = "other.key";
/// The claim in which each action puts what its packages gave.
const RESULT: &str = "https://example.com/result";
/// How often each program is run; the fastest run counts.
const RUNS: usize = 3;
/// Debug builds are slow, and the machine may be busy.
const LIMITS: [&str; 4] = ["--limit", "cpu_ms=30000", "--limit", "wall_ms=30000"];

/// One line of the table.
struct Row {
    packages: String,
    bundle_bytes: usize,
    plain_us: u64,
    cached_us: u64,
    result: String,
    is_as_expected: bool,
}

#[test]
fn packages_can_be_installed_bundled_and_used() {
    let project = project();
    let installed = vestibule(&project, &["install", "--frozen"]);
    let complaint = String::from_utf8_lossy(&installed.stderr).into_owned();
    if !installed.status.success() && complaint.contains(NO_REGISTRY) {
        say(&format!("SKIPPED: no npm package was used, for lack of a registry:\n{complaint}\n"));
        return;
    }
    assert!(installed.status.success(), "{complaint}");
    fs::write(project.join(OTHER_KEY), "0".repeat(64)).unwrap();
    let versions = versions(&project);
    let cases = fs::read_dir(project.join("cases")).unwrap();
    let mut folders: Vec<PathBuf> = cases.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let rows: Vec<Row> = folders.iter().map(|folder| used(&project, folder, &versions)).collect();
    say(&table(&rows));
    let bad: Vec<&str> =
        rows.iter().filter(|row| !row.is_as_expected).map(|row| row.packages.as_str()).collect();
    assert!(bad.is_empty(), "these did not give what their result.json says: {}", bad.join(", "));
}

#[test]
fn the_page_about_packages_names_those_that_are_tested() {
    let page = fs::read_to_string(root().join("docs/packages.md")).unwrap();
    let told: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", "))
        .filter(|cell| cell.ends_with(|last: char| last.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    let locked: BTreeSet<String> = versions(&root().join("tests/npm"))
        .into_iter()
        .map(|(package, version)| format!("{package} {version}"))
        .collect();
    assert_eq!(told, locked, "left: docs/packages.md, right: tests/npm/package-lock.json");
}

/// A copy of the project, outside of the sources; what was installed in it before is still there.
fn project() -> PathBuf {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm");
    let _ = fs::remove_dir_all(project.join("cases"));
    copy(&root().join("tests/npm"), &project);
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The versions that are locked, by name.
fn versions(project: &Path) -> BTreeMap<String, String> {
    let lock = json_of(&project.join("package-lock.json"));
    let asked = json_of(&project.join("package.json"));
    let version = |name: &str| lock["packages"][format!("node_modules/{name}")]["version"].as_str().unwrap();
    asked["dependencies"]
        .as_object()
        .unwrap()
        .keys()
        .map(|name| (name.clone(), version(name).to_owned()))
        .collect()
}

/// Bundles an action, runs it, and compares.
fn used(project: &Path, folder: &Path, versions: &BTreeMap<String, String>) -> Row {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let action = fs::read_to_string(folder.join("action.js")).unwrap();
    let is_asked_for =
        |package: &str| ['"', '/'].iter().any(|end| action.contains(&format!("\"{package}{end}")));
    let packages: Vec<String> = versions
        .iter()
        .filter(|(package, _)| is_asked_for(package))
        .map(|(package, version)| format!("{package} {version}"))
        .collect();
    assert!(!packages.is_empty(), "{name} uses no package of package.json");
    let expected = json_of(&folder.join("result.json"));

    let folder = format!("cases/{name}");
    let program = format!("{folder}/program.vst");
    let bundled = vestibule(project, &bundling(&format!("{folder}/action.js"), &program));
    assert!(bundled.status.success(), "{name}: {}", String::from_utf8_lossy(&bundled.stderr));
    let mut row = Row {
        packages: packages.join(", "),
        bundle_bytes: javascript_bytes(&String::from_utf8_lossy(&bundled.stdout)),
        plain_us: u64::MAX,
        cached_us: u64::MAX,
        result: String::new(),
        is_as_expected: false,
    };
    for _ in 0..RUNS {
        let plain = run(project, &program, &folder, OTHER_KEY);
        let cached = run(project, &program, &folder, KEY);
        row.plain_us = row.plain_us.min(microseconds(&plain));
        row.cached_us = row.cached_us.min(microseconds(&cached));
        let given = [given(&plain), given(&cached)];
        let wrong = given.iter().find(|given| !agrees(given, &expected));
        row.is_as_expected = wrong.is_none();
        row.result = match (wrong, given[0]["fails"].as_str()) {
            (Some(given), _) => format!("WRONG: {given}"),
            (None, Some(message)) => format!("fails, as it must: {message}"),
            (None, None) => "right".to_owned(),
        };
        if !row.is_as_expected {
            break;
        }
    }
    row
}

fn bundling<'a>(entry: &'a str, program: &'a str) -> Vec<&'a str> {
    let mut args = vec!["bundle", entry, "-o", program, "--trigger", TRIGGER, "--program-key-file", KEY];
    args.extend(&LIMITS[..2]);
    args
}

/// The figure in `login.vst: 2048 bytes, of which 512 are JavaScript and …`.
fn javascript_bytes(said: &str) -> usize {
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "JavaScript").unwrap();
    words[at - 2].parse().unwrap()
}

/// Runs a program in a process of its own, in which nothing is compiled yet.
fn run(project: &Path, program: &str, folder: &str, key: &str) -> Value {
    let mut args = vec!["run", program, "--trigger", TRIGGER, "--format", "json", "--program-key-file", key];
    args.extend(LIMITS);
    let fetch = format!("{folder}/fetch.json");
    if project.join(&fetch).is_file() {
        args.extend(["--fetch", &fetch]);
    }
    let ran = vestibule(project, &args);
    serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("{program}: {error}: {}", String::from_utf8_lossy(&ran.stderr)))
}

/// What the packages gave, or how they failed.
fn given(outcome: &Value) -> Value {
    let action = &outcome["actions"][0]["outcome"];
    match action["kind"].as_str() {
        Some("completed") => outcome["effects"]["idToken"]["setCustomClaim"][RESULT].clone(),
        _ => json!({ "fails": action["message"] }),
    }
}

fn agrees(given: &Value, expected: &Value) -> bool {
    match (expected["fails"].as_str(), given["fails"].as_str()) {
        (Some(part), Some(message)) => message.contains(part),
        _ => given == expected,
    }
}

/// From the isolate that is ready to the end of the handler: compiling, loading and calling.
fn microseconds(outcome: &Value) -> u64 {
    outcome["actions"][0]["usage"]["wall_us"].as_u64().unwrap()
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.packages.len()).max().unwrap_or(0);
    let mut text = format!(
        "\n{:width$}  {:>12}  {:>8}  {:>8}  result\n",
        "package", "bundle bytes", "cold ms", "cached"
    );
    for row in rows {
        let ms = |us: &u64| format!("{:.1}", *us as f64 / 1000.0);
        let Row { packages, bundle_bytes, plain_us, cached_us, result, .. } = row;
        let (plain, cached) = (ms(plain_us), ms(cached_us));
        let _ = writeln!(text, "{packages:width$}  {bundle_bytes:>12}  {plain:>8}  {cached:>8}  {result}");
    }
    text
}

/// Runs the program in the project.
fn vestibule(project: &Path, args: &[&str]) -> Output {
    let built = env::current_exe().unwrap().ancestors().nth(2).unwrap().join("vestibule");
    let program = env::var_os(PROGRAM_VARIABLE).map_or(built, PathBuf::from);
    let output = Command::new(&program).args(args).current_dir(project).output();
    output.unwrap_or_else(|error| panic!("{}: {error}; build it: cargo xtask bundler", program.display()))
}

fn json_of(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes past the test harness, which keeps what passing tests print.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

//! Project tasks, on a fresh machine as on an old one: `cargo xtask demo` and `cargo xtask test`.
//!
//! Builds nothing heavy itself. It makes sure that the static library of V8 can be had, which crate v8
//! otherwise downloads while it is built, and then calls cargo: for the workspace, and for the bundler, which
//! is a package of its own and lies beside `vestibule` in the same target directory.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "a command for people")]

use std::env;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::ExitCode;

const HELP: &str = "\
Project tasks.

Usage: cargo xtask <TASK>

Tasks:
  demo      run a login through two actions and show what the host would now do
  test      run all tests: units, documentation, whole system, and the cases in fixtures/
  bundler   build vestibule-bundler, the program that bundles what actions import

After one of the first two, plain `cargo build`, `cargo run` and `cargo test` work as well.

Examples:
  cargo xtask demo
  cargo xtask test
  cargo run -p vestibule-cli -- run my-action.js --trigger auth0/post-login
";

/// The package of the bundler.
const BUNDLER: &str = "crates/bundler/Cargo.toml";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let task = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo"] => demo,
        ["test"] => test,
        ["bundler"] => bundler,
        [] | ["help" | "--help" | "-h"] => {
            eprint!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("error: no such task: {}\n\n{HELP}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// A login through two actions, on an event as a real login has it.
fn demo() -> Result<(), String> {
    provide_v8()?;
    bundler()?;
    cargo(&[
        "run",
        "--quiet",
        "--package",
        "vestibule-cli",
        "--",
        "run",
        "fixtures/demo/1-risk-check.ts",
        "fixtures/demo/2-company-claims.js",
        "--trigger",
        "auth0/post-login",
        "--event",
        "fixtures/demo/event.json",
        "--secret",
        "CLAIM_NAMESPACE=https://acme.example/",
        "--format",
        "text",
    ])
}

/// Everything that can fail, cheapest first.
fn test() -> Result<(), String> {
    provide_v8()?;
    bundler()?;
    cargo(&["test", "--workspace"])?;
    cargo_of_bundler("test")?;
    cargo(&["run", "--quiet", "--package", "vestibule-cli", "--", "test", "fixtures"])
}

/// The program that bundles, beside `vestibule`.
fn bundler() -> Result<(), String> {
    cargo_of_bundler("build")
}

/// Calls cargo for the package of the bundler, which shares our target directory.
fn cargo_of_bundler(command: &str) -> Result<(), String> {
    let target = env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    cargo(&[command, "--manifest-path", BUNDLER, "--target-dir", &target])
}

/// Makes sure that crate v8 finds its static library, or may download it.
fn provide_v8() -> Result<(), String> {
    if let Some(archive) = env::var_os("RUSTY_V8_ARCHIVE") {
        let archive = PathBuf::from(archive);
        // It may also be an address to download from, which crate v8 checks itself.
        let is_address = archive.to_string_lossy().contains("://");
        return match is_address || archive.is_file() {
            true => Ok(()),
            false => Err(format!("RUSTY_V8_ARCHIVE names {}, which is not a file", archive.display())),
        };
    }
    if cached_v8().is_some() {
        return Ok(());
    }
    let offline = root().join("../shared/v8/install");
    if offline.is_file() {
        eprintln!("V8: installing the library from {}", offline.parent().unwrap_or(&offline).display());
        return run(Command::new("sh").arg(&offline));
    }
    eprintln!("V8: crate v8 will download its static library (30 MB) while it is built");
    Ok(())
}

/// The library where crate v8 keeps what it has downloaded.
fn cached_v8() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        Some(PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?).join(".cargo"))
    })?;
    let version = locked_version("v8")?;
    std::fs::read_dir(home.join(".rusty_v8")).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(
        |path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Crate v8 turns every character of the address that is no letter or digit into `_`.
            name.contains(&format!("v{}", version.replace('.', "_"))) && name.contains(env::consts::ARCH)
        },
    )
}

/// The version of a crate in our lock file.
fn locked_version(name: &str) -> Option<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).ok()?;
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")))?;
    let version = entry.split("version = \"").nth(1)?;
    Some(version.split('"').next()?.to_owned())
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).args(arguments))
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command
        .current_dir(root())
        .status()
        .map_err(|error| format!("{shown} cannot be started: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("this failed; run it again with: {shown}")),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

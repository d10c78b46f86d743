//! Makes one program of an action and all that it imports, for the process that has started this one.
//!
//! What the two say to each other stands in `vestibule_bundle::child`.

#![forbid(unsafe_code)]

mod builtins;
mod child;
mod packages;
mod page_builds;
mod rules;

use std::env;
use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use vestibule_bundle::child::GREETING;

/// What a person reads who starts it.
const HELP: &str = "\
The command `vestibule` starts this program to bundle actions with the files and packages that they import. Put
it beside `vestibule` or into a folder of PATH, or name it in VESTIBULE_BUNDLER. It has no use of its own.
";

fn main() -> ExitCode {
    if env::args_os().len() > 1 {
        // Without a working stderr there is nobody left to tell.
        let _ = write!(io::stderr(), "{GREETING}{HELP}");
        return ExitCode::from(2);
    }
    let code = child::work(&mut io::stdin(), &mut io::stdout(), &mut io::stderr());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

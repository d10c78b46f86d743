//! Evaluates one Jsonnet template for its parent: for hosts that do not want to start themselves.

#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let code = vestibule_ory::jsonnet_child(&mut io::stdin(), &mut io::stdout(), &mut io::stderr());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

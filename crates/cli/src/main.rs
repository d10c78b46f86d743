//! The `vestibule` command: hands the process over to [`vestibule_cli::run`].

#![forbid(unsafe_code)]

use std::env;
use std::io;
use std::io::IsTerminal;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use vestibule_cli::Colours;
use vestibule_cli::Io;

fn main() -> ExitCode {
    let (mut stdin, mut stdout, mut stderr) = (io::stdin(), io::stdout(), io::stderr());
    let stdout_is_terminal = stdout.is_terminal();
    let stderr_is_terminal = stderr.is_terminal();
    let wanted = are_colours_wanted();
    let colours = Colours { stdout: wanted && stdout_is_terminal, stderr: wanted && stderr_is_terminal };
    let mut io = Io::new(&mut stdin, &mut stdout, &mut stderr);
    io.stdout_is_terminal = stdout_is_terminal;
    io.stderr_is_terminal = stderr_is_terminal;
    io.colours = colours;
    io.environment = Arc::new(|name| env::var(name).ok());
    io.program = env::current_exe().ok();
    // Without a working stderr there is nobody left to tell.
    io.notices = Arc::new(|text| drop(io::stderr().write_all(text)));
    // 0, 1 or 2: see the crate documentation.
    ExitCode::from(u8::try_from(vestibule_cli::run(env::args_os(), &mut io)).unwrap_or(1))
}

/// By the convention of <https://no-color.org>, and not on a terminal that cannot show them.
fn are_colours_wanted() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    !refused && !dumb
}

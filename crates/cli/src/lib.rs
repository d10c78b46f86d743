//! The `vestibule` command as a library: [`run`] is the whole command in one call, so that a test can
//! drive it in its own process and compare what it prints; [`Runner`] runs fixture cases.
//!
//! ```
//! use vestibule_cli::Io;
//!
//! let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
//! let mut io = Io::new(&mut stdin, &mut stdout, &mut stderr);
//! let code = vestibule_cli::run(["vestibule", "triggers", "--format", "json"], &mut io);
//! assert_eq!(code, 0);
//! assert!(String::from_utf8(stdout)?.contains("auth0/post-login"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A command ends with exit code 0, with 1 when a flow or a case failed, and with 2 when it was used
//! wrongly. This crate decides nothing about actions: that is the crate `vestibule`.

#![forbid(unsafe_code)]

mod action;
mod checking;
mod cli;
mod command_error;
mod commands;
mod debugging;
mod editor;
mod escape;
mod execute;
mod fetches;
mod fixture;
mod flow_file;
mod input;
mod io;
mod key_file;
mod limits;
mod modules;
mod packages;
mod program_key;
mod render;
mod style;
mod transfer;
mod watch;

pub use cli::run;
pub use fixture::CalledMethod;
pub use fixture::CaseFolder;
pub use fixture::CaseReport;
pub use fixture::Expectation;
pub use fixture::FindError;
pub use fixture::Runner;
pub use fixture::Verdict;
pub use fixture::find_cases;
pub use io::Colours;
pub use io::Environment;
pub use io::Io;
pub use io::Notify;

//! The engine as a host sees it: what hostile scripts cannot do, what the engine promises, and what
//! a script can reach.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests"
)]

mod hostile;
mod promises;
mod support;
mod surface;

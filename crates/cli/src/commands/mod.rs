//! The commands, one file each: its arguments, then its function.

pub(crate) mod export;
pub(crate) mod flow;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod run;
mod run_flow;
pub(crate) mod run_ory;
pub(crate) mod test;
pub(crate) mod trigger_docs;
pub(crate) mod triggers;
pub(crate) mod types;

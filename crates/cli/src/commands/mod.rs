//! The commands, one file each: its arguments, then its function. What has no arguments of its own helps the
//! command that it is named after.

pub(crate) mod add;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod dev;
pub(crate) mod export;
pub(crate) mod flow;
pub(crate) mod import;
pub(crate) mod init;
mod init_action;
pub(crate) mod install;
pub(crate) mod remove;
pub(crate) mod run;
mod run_flow;
mod run_options;
mod run_ory;
pub(crate) mod test;
pub(crate) mod trigger_docs;
pub(crate) mod triggers;
pub(crate) mod types;

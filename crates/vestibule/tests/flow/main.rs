//! The rules of flows, each as a test with its name. One binary: it holds isolates of one snapshot, as a
//! process must.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod background;
mod bindings;
mod cache;
mod continuation;
mod order;
mod program_files;
mod support;

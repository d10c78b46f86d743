//! The whole-system tests, in one binary: it holds isolates of one snapshot, as a process must.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod fixtures;
mod mixed_bag;
mod npm;
mod own_trigger;
mod trigger_docs;
mod walls;

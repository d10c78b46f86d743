//! Installations from a registry on this machine, whose packages the tests make.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod failures;
mod hostile;
mod layout;
mod network;
mod pinned;
mod world;

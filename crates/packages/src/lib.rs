//! Packages of an npm registry: which versions a project needs, fetched, checked against their hashes and
//! laid out in `node_modules` so that Node's resolution finds them. No Node, no install script, no
//! machine code.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use vestibule_packages::{Group, Installer, Limits, Locking, Registries, Request, Settings};
//!
//! # async fn example() -> Result<(), vestibule_packages::PackagesError> {
//! // A host hands in what it has read of .npmrc files, and its own way to look up variables.
//! let registries = Registries::new(&[], None, |name| std::env::var(name).ok())?;
//! let installer = Installer::new(Settings {
//!     registries,
//!     cache: "cache/npm".into(),
//!     roots: Vec::new(),
//!     limits: Limits::default(),
//!     observer: Box::new(|_event| {}),
//! })?;
//! let request = Request::parse("jose@^5")?;
//! installer.add(Path::new("my-action"), &[request], Group::Dependencies).await?;
//! installer.install(Path::new("my-action"), Locking::Frozen).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! - A failure changes nothing: everything is made ready beside `node_modules` and moved in at the end. An
//!   interruption is put right by the next installation.
//! - Every package has the hash that the registry, or else the lock file, states.
//! - A token of `.npmrc` goes to the host that it is filed under, never further after a redirect, and never
//!   into a message.
//! - The lock file is npm's `package-lock.json` of version 3. It does not name the registry, so that it is
//!   the same behind every mirror.
//!
//! # What this crate does not do
//!
//! It runs nothing, prints nothing, and reads neither the environment nor the home folder. Packages come
//! from registries only, not from git, archives or folders; workspaces and overrides are not followed.

#![forbid(unsafe_code)]

mod cache;
mod error;
mod http;
mod installer;
mod integrity;
mod limits;
mod lock_file;
mod manifest;
mod name;
mod node_modules;
mod packument;
mod pinned;
mod progress;
mod project_file;
mod registries;
mod registry;
mod resolve;
mod spec;
mod tree;
mod unpack;

pub use error::PackagesError;
pub use installer::Installer;
pub use installer::Locking;
pub use installer::Report;
pub use installer::Saved;
pub use installer::Settings;
pub use limits::Limits;
pub use pinned::Pinned;
pub use progress::Event;
pub use progress::Observer;
pub use project_file::Group;
pub use registries::NpmrcFile;
pub use registries::Registries;
pub use spec::Request;

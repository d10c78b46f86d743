//! What is wrong with a project: remarks about places in any of its files, and why there is no bundle.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;

use crate::bundler::BundleLimits;
use crate::child::GREETING;
use crate::diagnostic::CompileError;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::cut;

/// A remark about a place in one of several files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Remark {
    /// The file, as the author of the action knows it.
    pub file_name: String,
    /// The place in it, and what there is to say.
    pub diagnostic: Diagnostic,
}

/// Why there is no bundle. Printed, it names files, lines and the way out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file of the action itself does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A file cannot be part of a program, or cannot be found.
    #[error("{}", listing(remarks))]
    Refused {
        /// The file of the action.
        file_name: String,
        /// What is wrong. Never empty, at most 20.
        remarks: Vec<Remark>,
    },
    /// Bundling did not end in time, or the machine is busy with other bundles.
    #[error(
        "{}: bundling took longer than {} ms and was stopped; import less, or only the parts of packages that \
         are used",
        cut(file_name),
        limit.as_millis()
    )]
    TooSlow {
        /// The file of the action.
        file_name: String,
        /// How long it was given.
        limit: Duration,
    },
    /// The program is larger than [`BundleLimits::output_bytes_max`].
    #[error(
        "{}: the bundled program and its source map are larger than {bytes_max} bytes; import less, or only the \
         parts of packages that are used",
        cut(file_name)
    )]
    TooLarge {
        /// The file of the action.
        file_name: String,
        /// How large it may be.
        bytes_max: u64,
    },
    /// The process that bundles ended by itself.
    #[error(
        "{}: bundling needed too much memory or processor time (more than {} MiB or {} ms), and its process \
         ended: {status}",
        cut(file_name),
        limits.memory_bytes_max / (1024 * 1024),
        limits.wall_max.as_millis()
    )]
    Crashed {
        /// The file of the action.
        file_name: String,
        /// What it was given.
        limits: Box<BundleLimits>,
        /// How it ended.
        status: String,
    },
    /// The program that bundles cannot be started, or is another program.
    #[error(
        "{}: what it imports is bundled by the program vestibule-bundler, and {} cannot be started. \
         Install it beside `vestibule`: cargo install --path crates/bundler",
        cut(file_name),
        program.display()
    )]
    NoBundler {
        /// The file of the action.
        file_name: String,
        /// What was to be started.
        program: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The program that bundles is of another version than this library.
    #[error(
        "{}: {} is of another version ({found}) than what starts it ({}); build both from the same sources",
        cut(file_name),
        program.display(),
        GREETING.trim_end()
    )]
    OtherVersion {
        /// The file of the action.
        file_name: String,
        /// What was started.
        program: PathBuf,
        /// What it calls itself.
        found: String,
    },
    /// A built-in module of Node needs packages that could not be installed.
    #[error(
        "{}: the npm packages that Node's built-in modules are made of cannot be installed: {reason}",
        cut(file_name)
    )]
    NodePackages {
        /// The file of the action.
        file_name: String,
        /// Why not, and the way out.
        reason: String,
    },
    /// The host failed: a file of the action that is not there, a process that cannot be read.
    #[error("{}: {what}", cut(file_name))]
    Host {
        /// The file of the action.
        file_name: String,
        /// What was being done.
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The bundler failed in itself.
    #[error(
        "{}: the bundler failed; this is an error of the platform, not of the source: {message}",
        cut(file_name)
    )]
    Internal {
        /// The file of the action.
        file_name: String,
        /// What it said.
        message: String,
    },
}

impl BundleError {
    /// The remarks it holds; none when it is not about a place.
    pub fn remarks(&self) -> &[Remark] {
        match self {
            Self::Refused { remarks, .. } => remarks,
            Self::Compile(_)
            | Self::TooSlow { .. }
            | Self::TooLarge { .. }
            | Self::Crashed { .. }
            | Self::NoBundler { .. }
            | Self::OtherVersion { .. }
            | Self::NodePackages { .. }
            | Self::Host { .. }
            | Self::Internal { .. } => &[],
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", cut(&self.file_name), self.diagnostic)
    }
}

fn listing(remarks: &[Remark]) -> String {
    let lines: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

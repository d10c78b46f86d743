//! What is wrong with a configuration: file, line, and the way out.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than a configuration is.
    #[error("{file} is larger than {limit} bytes")]
    TooLarge {
        /// The file as it was named.
        file: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file is no YAML, or no JSON.
    #[error("{at}: {reason}")]
    Syntax {
        /// Where.
        at: SourceLine,
        /// What is wrong there.
        reason: String,
    },
    /// There is no hook of that name. Kratos would log and ignore it: a check that somebody relies on
    /// would silently not happen.
    #[error("{at}: there is no hook `{name}`{} (known: {})", suggestion(.did_you_mean), .known.join(", "))]
    UnknownHook {
        /// Where.
        at: SourceLine,
        /// The name in the file.
        name: String,
        /// The known name that was most likely meant.
        did_you_mean: Option<&'static str>,
        /// All known names.
        known: Vec<&'static str>,
    },
    /// A hook stands where Kratos does not allow it.
    #[error("{at}: the hook `{name}` is not allowed in {list} (allowed: {})", .allowed.join(", "))]
    Misplaced {
        /// Where.
        at: SourceLine,
        /// The hook.
        name: &'static str,
        /// The list in which it stands.
        list: String,
        /// What may stand there.
        allowed: Vec<&'static str>,
    },
    /// A value is missing, unknown, or not what it must be.
    #[error("{at}: {problem}")]
    Wrong {
        /// Where.
        at: SourceLine,
        /// What is wrong and what would be right.
        problem: String,
    },
}

fn suggestion(meant: &Option<&'static str>) -> String {
    meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

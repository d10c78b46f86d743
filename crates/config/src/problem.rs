//! What is wrong with a flow file, each with its place and the way out.

use std::fmt;

use serde::Serialize;
use vestibule::ActionError;

use crate::node::Path;
use crate::place::Place;

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What stands there, such as `actions.claims.file`; empty for the file as a whole.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// The way out, where there is one to name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The action whose source was refused, if that is the problem.
    #[serde(skip)]
    pub refused: Option<RefusedAction>,
}

/// An action that a flow names and whose source does not become one.
#[derive(Debug)]
pub struct RefusedAction {
    /// What reports call it.
    pub name: String,
    /// Why it is refused.
    pub error: ActionError,
}

/// Everything that is wrong with a flow file, in the order of its places. Never empty.
#[derive(Debug)]
pub struct FlowFileError {
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A problem of which the file is not known yet.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) place: Place,
    pub(crate) at: Path,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) refused: Option<RefusedAction>,
}

impl Finding {
    pub(crate) fn new(place: Place, at: Path, message: impl Into<String>) -> Self {
        Self { place, at, message: message.into(), help: None, refused: None }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn refused(mut self, refused: RefusedAction) -> Self {
        self.refused = Some(refused);
        self
    }

    pub(crate) fn in_file(self, file: &str) -> Problem {
        Problem {
            file: file.to_owned(),
            line: self.place.line,
            column: self.place.column,
            at: self.at.to_string(),
            message: self.message,
            help: self.help,
            refused: self.refused,
        }
    }
}

impl FlowFileError {
    /// The findings about one file, in the order of their places.
    pub(crate) fn new(file: &str, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| finding.place);
        Self { problems: findings.into_iter().map(|finding| finding.in_file(file)).collect() }
    }
}

impl Problem {
    /// The place and what is wrong there, without the way out.
    pub fn summary(&self) -> String {
        let Self { file, line, column, at, message, .. } = self;
        let at = if at.is_empty() { String::new() } else { format!("{at}: ") };
        format!("{file}:{line}:{column}: {at}{message}")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FlowFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FlowFileError {}

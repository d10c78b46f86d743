//! Takes tables of the configuration apart, strictly: what is unknown or of the wrong kind is an error
//! with its line.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::ConfigError;
use crate::error::SourceLine;
use crate::yaml::Content;
use crate::yaml::Node;

/// The file that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// As it was named, for messages.
    pub(crate) file: Arc<str>,
    /// Where `file://` starts from, and what it cannot leave.
    pub(crate) folder: PathBuf,
}

impl Source {
    pub(crate) fn new(file: &str, folder: &Path) -> Self {
        Self { file: file.into(), folder: folder.to_owned() }
    }

    pub(crate) fn at(&self, line: usize) -> SourceLine {
        SourceLine { file: Arc::clone(&self.file), line }
    }

    pub(crate) fn wrong(&self, line: usize, problem: impl Into<String>) -> ConfigError {
        ConfigError::Wrong { at: self.at(line), problem: problem.into() }
    }

    /// Refuses keys other than these. `what` is the table, for the message.
    pub(crate) fn only(&self, table: &Node, what: &str, known: &[&str]) -> Result<(), ConfigError> {
        if !matches!(table.content, Content::Table(_)) {
            return Err(self.wrong(table.line, format!("{what} is {}, but must be a table", table.kind())));
        }
        let unknown = table.entries().iter().find(|entry| !known.contains(&entry.key.as_str()));
        let Some(entry) = unknown else { return Ok(()) };
        let meant = vestibule::did_you_mean(&entry.key, known.iter().copied())
            .map(|meant| format!("; did you mean `{meant}`?"));
        let (meant, known) = (meant.unwrap_or_default(), known.join(", "));
        Err(self.wrong(entry.line, format!("{what} has no `{}`{meant} (known: {known})", entry.key)))
    }

    /// A text that may be missing.
    pub(crate) fn text<'n>(&self, table: &'n Node, key: &str) -> Result<Option<&'n str>, ConfigError> {
        let Some(node) = table.get(key) else { return Ok(None) };
        match &node.content {
            Content::Text(text) => Ok(Some(text)),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::List(_) | Content::Table(_) => {
                Err(self.wrong_kind(node, key, "a text"))
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn needed<'n>(&self, table: &'n Node, what: &str, key: &str) -> Result<&'n str, ConfigError> {
        self.text(table, key)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.wrong(table.line, format!("{what} needs `{key}`")))
    }

    /// A switch; `default` when it is missing.
    pub(crate) fn switch(&self, table: &Node, key: &str, default: bool) -> Result<bool, ConfigError> {
        let Some(node) = table.get(key) else { return Ok(default) };
        match &node.content {
            Content::Bool(value) => Ok(*value),
            Content::Null | Content::Number(_) | Content::Text(_) | Content::List(_) | Content::Table(_) => {
                Err(self.wrong_kind(node, key, "true or false"))
            }
        }
    }

    /// The items of a list; none when it is missing or empty.
    pub(crate) fn list<'n>(&self, node: Option<&'n Node>, what: &str) -> Result<&'n [Node], ConfigError> {
        let Some(node) = node else { return Ok(&[]) };
        match &node.content {
            Content::List(items) => Ok(items),
            Content::Null => Ok(&[]),
            Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Table(_) => {
                Err(self.wrong_kind(node, what, "a list"))
            }
        }
    }

    pub(crate) fn wrong_kind(&self, node: &Node, key: &str, expected: &str) -> ConfigError {
        self.wrong(node.line, format!("`{key}` is {}, but must be {expected}", node.kind()))
    }
}

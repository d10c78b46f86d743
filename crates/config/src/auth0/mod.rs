//! Moves actions between Auth0 and a flow file, by the folder that Auth0's deploy CLI exports and
//! imports.
//!
//! Nothing is written here: [`import`] and [`export`] return files for a host to write, and notes about
//! what could not be carried over.

mod exporting;
mod importing;
mod keywords;
mod tenant;

pub use exporting::export;
pub use importing::Import;
pub use importing::import;
pub use keywords::Keywords;

use serde::Serialize;
use thiserror::Error;

/// Files to write, and what people should know about them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Transfer {
    /// The files, in the order in which people want to see them.
    pub files: Vec<NewFile>,
    /// What was carried over otherwise than it stood there, or not at all.
    pub notes: Vec<Note>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewFile {
    /// Where, below the folder that is written to, with `/` between names.
    pub path: String,
    /// What it holds.
    #[serde(skip)]
    pub text: String,
}

/// Something that people should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about, such as `action "Company only"`.
    pub about: String,
    /// What there is to know.
    pub text: String,
}

/// Why an export cannot be read.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The folder is not what Auth0's deploy CLI exports.
    #[error(
        "{folder} is no export of Auth0's deploy CLI: it has neither tenant.yaml, nor actions/ or triggers/"
    )]
    NoExport {
        /// The folder.
        folder: String,
    },
    /// A file cannot be read, or is not as it should be.
    #[error("{file}: {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A file is not in its format.
    #[error(transparent)]
    Format(#[from] crate::problem::FlowFileError),
}

impl Transfer {
    fn note(&mut self, about: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Note { about: about.into(), text: text.into() });
    }

    fn file(&mut self, path: String, text: String) {
        self.files.push(NewFile { path, text });
    }
}

/// A name as a part of a path, with nothing in it that a file system or a shell minds.
fn file_stem(name: &str) -> String {
    let is_kept = |char: char| char.is_alphanumeric() || "-_.".contains(char);
    let stem: String = name.trim().chars().map(|char| if is_kept(char) { char } else { '-' }).collect();
    let stem = stem.trim_matches(['.', '-']);
    if stem.is_empty() { "unnamed".to_owned() } else { stem.to_owned() }
}

/// A stem that no other file has, also not where letter case makes no difference.
fn unique_stem(name: &str, taken: &mut Vec<String>) -> String {
    let stem = file_stem(name);
    let mut unique = stem.clone();
    let mut number = 2;
    while taken.contains(&unique.to_lowercase()) {
        unique = format!("{stem}-{number}");
        number += 1;
    }
    taken.push(unique.to_lowercase());
    unique
}

//! The npm packages that built-in modules of Node are made of: a folder that the parent has made ready.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use vestibule_bundle::child::Project;
use vestibule_bundle::child::Unreadable;

use crate::builtins;
use crate::rules::PACKAGES;

/// A folder whose `node_modules` has them.
#[derive(Debug)]
pub(crate) struct Packages {
    /// It is read as a project is: nothing outside of it.
    files: Project,
}

impl Packages {
    pub(crate) fn new(folder: PathBuf) -> Self {
        let root = fs::canonicalize(&folder).unwrap_or(folder);
        let entry = root.join("builtin.js");
        Self { files: Project { root, entry, entry_name: "builtin.js".to_owned() } }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.files.root
    }

    /// The file, which need not be there, from which built-in modules look for their packages.
    pub(crate) fn importer(&self) -> String {
        self.files.entry.to_string_lossy().into_owned()
    }

    pub(crate) fn has(&self, path: &Path) -> bool {
        path.starts_with(&self.files.root)
    }

    pub(crate) fn read(&self, path: &Path, bytes_max: u64) -> Result<String, Unreadable> {
        self.files.read(path, bytes_max)
    }

    /// What stacks call a file: `node:readable-stream/lib/stream.js`.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.files.root).unwrap_or(path);
        let inside = inside.strip_prefix(PACKAGES).unwrap_or(inside);
        format!("{}{}", builtins::PREFIX, inside.display())
    }
}

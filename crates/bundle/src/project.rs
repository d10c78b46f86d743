//! Where a project lies: its root, what is inside it, and what its author calls its files.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

/// Files that make their folder the root of a project.
const ROOT_FILES: [&str; 2] = ["package.json", "tsconfig.json"];

/// One project, as both processes know it. All paths are canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Nothing outside is read.
    pub root: PathBuf,
    /// The file of the action.
    pub entry: PathBuf,
    /// What its author calls it.
    pub entry_name: String,
}

/// Why a file of the project is not read.
#[derive(Debug)]
pub enum Unreadable {
    /// It lies elsewhere.
    Outside,
    /// It is a folder, a device or a pipe.
    NoFile,
    /// It is larger than what is left of the limit.
    TooLarge,
    /// It is no text in UTF-8.
    NoText,
    /// It cannot be read.
    Failed(io::Error),
}

impl Project {
    /// The project of an action: the nearest folder at or above it with a `package.json` or a
    /// `tsconfig.json`, or else the action's own folder.
    ///
    /// # Errors
    /// When the file of the action is not there.
    pub fn of(path: &Path, entry_name: &str) -> io::Result<Self> {
        let entry = fs::canonicalize(path)?;
        let folder = entry.parent().unwrap_or(&entry);
        let is_root = |folder: &&Path| ROOT_FILES.iter().any(|name| folder.join(name).is_file());
        let root = folder.ancestors().find(is_root).unwrap_or(folder).to_owned();
        Ok(Self { root, entry, entry_name: entry_name.to_owned() })
    }

    /// Whether a path leads into the project, with every link on the way followed. A path that leads nowhere
    /// does not.
    pub fn holds(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| path.starts_with(&self.root))
    }

    /// Reads a file of the project. What was opened is what is checked: a link that changes meanwhile leads
    /// nowhere else.
    ///
    /// # Errors
    /// When it is no such file, or has more than `bytes_max` bytes.
    pub fn read(&self, path: &Path, bytes_max: u64) -> Result<String, Unreadable> {
        // Opening a pipe would wait for whoever writes to it.
        if !fs::metadata(path).map_err(Unreadable::Failed)?.is_file() {
            return Err(Unreadable::NoFile);
        }
        let file = File::open(path).map_err(Unreadable::Failed)?;
        let opened = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
        if !opened.map_err(Unreadable::Failed)?.starts_with(&self.root) {
            return Err(Unreadable::Outside);
        }
        let mut bytes = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(Unreadable::Failed)?;
        if bytes.len() as u64 > bytes_max {
            return Err(Unreadable::TooLarge);
        }
        String::from_utf8(bytes).map_err(|_| Unreadable::NoText)
    }

    /// What the action's author calls a file: beside `actions/a.ts` lies `actions/b.ts`, above it `c.ts`.
    pub fn name_of(&self, path: &Path) -> String {
        let from = self.entry.parent().unwrap_or(&self.root);
        let mut name = Path::new(&self.entry_name).parent().unwrap_or(Path::new("")).to_owned();
        let common = from.components().zip(path.components()).take_while(|(a, b)| a == b).count();
        for _ in from.components().skip(common) {
            let is_named = matches!(name.components().next_back(), Some(Component::Normal(_)));
            if is_named {
                name.pop();
            } else {
                name.push("..");
            }
        }
        name.extend(path.components().skip(common));
        name.to_string_lossy().into_owned()
    }

    /// The root, as the author of the action would call it.
    pub fn root_name(&self) -> String {
        let name = self.name_of(&self.root);
        if name.is_empty() { ".".to_owned() } else { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_as_their_author_would() {
        let project = |entry_name: &str| Project {
            root: "/p".into(),
            entry: "/p/src/actions/a.ts".into(),
            entry_name: entry_name.into(),
        };
        let name = |entry_name: &str, path: &str| project(entry_name).name_of(Path::new(path));
        assert_eq!(name("src/actions/a.ts", "/p/src/actions/a.ts"), "src/actions/a.ts");
        assert_eq!(name("src/actions/a.ts", "/p/src/actions/lib/b.ts"), "src/actions/lib/b.ts");
        assert_eq!(name("src/actions/a.ts", "/p/node_modules/x/i.js"), "node_modules/x/i.js");
        assert_eq!(name("a.ts", "/p/src/actions/b.ts"), "b.ts");
        assert_eq!(name("a.ts", "/p/src/c.ts"), "../c.ts");
        assert_eq!(name("a.ts", "/p/c.ts"), "../../c.ts");
        assert_eq!(name("../a.ts", "/p/c.ts"), "../../../c.ts");
        assert_eq!(name("/p/src/actions/a.ts", "/p/c.ts"), "/p/c.ts");
        assert_eq!(project("a.ts").root_name(), "../..");
        assert_eq!(project("src/actions/a.ts").root_name(), ".");
    }
}

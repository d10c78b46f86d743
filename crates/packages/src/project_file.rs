//! `package.json`: read as a whole, changed only where a dependency changes.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::CstInputValue;
use jsonc_parser::cst::CstObject;
use jsonc_parser::cst::CstRootNode;
use serde_json::Value;

use crate::error::PackagesError;

/// The name of the file.
pub(crate) const NAME: &str = "package.json";

/// The lists of dependencies that a package may be in.
const GROUPS: [&str; 4] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

const HELP: &str = "it has to be a JSON object";

/// Which of the project's dependencies a package joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What actions import.
    Dependencies,
    /// What only develops them.
    DevDependencies,
}

impl Group {
    fn key(self) -> &'static str {
        match self {
            Self::Dependencies => "dependencies",
            Self::DevDependencies => "devDependencies",
        }
    }
}

/// A `package.json` and what it is to become.
pub(crate) struct ProjectFile {
    pub(crate) path: PathBuf,
    /// The text on disk; `None` when there is no file.
    before: Option<String>,
    text: String,
}

impl ProjectFile {
    /// Reads the file of a folder.
    pub(crate) fn read(project: &Path) -> Result<Option<Self>, PackagesError> {
        let path = project.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(PackagesError::Io { what: "read", path, source }),
        };
        let text = String::from_utf8(bytes).map_err(|_| bad(&path, "it is not UTF-8".to_owned()))?;
        let file = Self { path, before: Some(text.clone()), text };
        file.check()?;
        Ok(Some(file))
    }

    /// A file that is not there yet.
    pub(crate) fn new(project: &Path) -> Self {
        Self { path: project.join(NAME), before: None, text: "{\n  \"private\": true\n}\n".to_owned() }
    }

    fn check(&self) -> Result<(), PackagesError> {
        let value: Value =
            serde_json::from_str(self.body()).map_err(|error| bad(&self.path, error.to_string()))?;
        let object = value.as_object().ok_or_else(|| bad(&self.path, "it is not an object".to_owned()))?;
        for group in GROUPS {
            for (name, spec) in object.get(group).and_then(Value::as_object).into_iter().flatten() {
                if !spec.is_string() {
                    return Err(bad(&self.path, format!("{group}.{name} is not a text")));
                }
            }
            if object.get(group).is_some_and(|group| !group.is_object()) {
                return Err(bad(&self.path, format!("{group} is not an object")));
            }
        }
        Ok(())
    }

    /// The text without the mark that some editors begin it with.
    fn body(&self) -> &str {
        self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)
    }

    /// The file as it is to become.
    pub(crate) fn value(&self) -> Value {
        // It was read before, and every change writes JSON.
        serde_json::from_str(self.body()).unwrap_or_default()
    }

    /// Sets a dependency, and takes it out of the lists where npm would not look any more.
    pub(crate) fn set(&mut self, group: Group, name: &str, spec: &str) -> Result<(), PackagesError> {
        self.edit(|root| {
            for other in GROUPS.iter().filter(|other| **other != group.key() && **other != "peerDependencies")
            {
                take_out(root, other, name);
            }
            let list = root.object_value_or_set(group.key());
            let value = CstInputValue::String(spec.to_owned());
            match list.get(name) {
                Some(property) => property.set_value(value),
                None => {
                    list.insert(place(&list, name), name, value);
                }
            }
        })
    }

    /// Takes a dependency out of every list; says whether it was in one.
    pub(crate) fn remove(&mut self, name: &str) -> Result<bool, PackagesError> {
        let mut was_there = false;
        self.edit(|root| {
            for group in GROUPS {
                was_there |= take_out(root, group, name);
            }
        })?;
        Ok(was_there)
    }

    fn edit(&mut self, change: impl FnOnce(&CstObject)) -> Result<(), PackagesError> {
        let mark = if self.text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        let root = CstRootNode::parse(self.body(), &ParseOptions::default())
            .map_err(|error| bad(&self.path, error.to_string()))?;
        change(&root.object_value_or_set());
        self.text = format!("{mark}{root}");
        self.check()
    }

    /// The new text, if it is another.
    pub(crate) fn changed(&self) -> Option<&str> {
        (self.before.as_ref() != Some(&self.text)).then_some(&self.text)
    }
}

/// Where a name belongs in a list that is in order; at the end of one that is not.
fn place(list: &CstObject, name: &str) -> usize {
    let names: Vec<String> =
        list.properties().iter().filter_map(|property| property.decoded_name()).collect();
    if names.is_sorted() { names.partition_point(|other| other.as_str() < name) } else { names.len() }
}

fn take_out(root: &CstObject, group: &str, name: &str) -> bool {
    let Some(list) = root.object_value(group) else {
        return false;
    };
    let Some(property) = list.get(name) else {
        return false;
    };
    property.remove();
    if list.properties().is_empty()
        && let Some(group) = root.get(group)
    {
        group.remove();
    }
    true
}

fn bad(path: &Path, reason: String) -> PackagesError {
    PackagesError::BadFile { path: path.to_path_buf(), reason, help: HELP.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ProjectFile {
        ProjectFile { path: PathBuf::from(NAME), before: Some(text.to_owned()), text: text.to_owned() }
    }

    #[test]
    fn only_the_line_of_the_dependency_changes() {
        let text = "{\n\t\"name\": \"x\",\n\t\"files\": [\"a\", \"b\"],\n\t\"dependencies\": {\n\t\t\"a\": \"1\",\n\t\t\"c\": \"1\"\n\t},\n\t\"odd\":   1.0\n}\n";
        let mut file = file(text);
        file.set(Group::Dependencies, "b", "^2.0.0").unwrap();
        assert_eq!(file.text, text.replace("\t\t\"c\"", "\t\t\"b\": \"^2.0.0\",\n\t\t\"c\""));
        file.set(Group::Dependencies, "b", "3").unwrap();
        assert_eq!(file.text, text.replace("\t\t\"c\"", "\t\t\"b\": \"3\",\n\t\t\"c\""));
        assert!(file.remove("b").unwrap());
        assert_eq!(file.text, text);
        assert!(!file.remove("b").unwrap() && file.changed().is_none());
    }

    #[test]
    fn a_dependency_is_in_one_list() {
        let mut file = file("\u{feff}{\n  \"devDependencies\": {\n    \"a\": \"1\"\n  }\n}");
        file.set(Group::Dependencies, "a", "2").unwrap();
        assert_eq!(file.text, "\u{feff}{\n  \"dependencies\": {\n    \"a\": \"2\"\n  }\n}");
    }

    #[test]
    fn an_empty_file_gets_its_first_dependency() {
        let mut file = ProjectFile::new(Path::new(""));
        file.set(Group::DevDependencies, "@types/node", "^20.1.0").unwrap();
        assert_eq!(
            file.text,
            "{\n  \"private\": true,\n  \"devDependencies\": {\n    \"@types/node\": \"^20.1.0\"\n  }\n}\n"
        );
    }

    #[test]
    fn what_is_no_package_json_is_refused() {
        for text in ["", "[]", "{,}", "{\"dependencies\": []}", "{\"dependencies\": {\"a\": 1}}", "{// c\n}"]
        {
            assert!(matches!(file(text).check(), Err(PackagesError::BadFile { .. })), "{text}");
        }
    }
}

//! `package-lock.json`, version 3: npm's own format, so that a project may go back and forth between npm
//! and this command, and so that every tool which audits lock files reads it.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::error::PackagesError;
use crate::manifest::Manifest;
use crate::name;
use crate::registry::Registry;
use crate::tree::Need;
use crate::tree::NodeId;
use crate::tree::PROJECT;
use crate::tree::Tree;

/// The name of the file.
pub(crate) const NAME: &str = "package-lock.json";

const HELP: &str = "restore it, or delete it and run `vestibule install`, which takes the newest versions";

/// A lock file as it is on disk.
pub(crate) struct LockFile {
    path: PathBuf,
    value: Option<Value>,
}

impl LockFile {
    pub(crate) fn read(project: &Path) -> Result<Self, PackagesError> {
        let path = project.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { path, value: None }),
            Err(source) => return Err(PackagesError::Io { what: "read", path, source }),
        };
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let value: Value = serde_json::from_slice(text).map_err(|error| bad(&path, error.to_string()))?;
        if !value.get("packages").is_some_and(Value::is_object) {
            return Err(PackagesError::BadFile {
                path,
                reason: "it is of the version 1 that npm wrote before 2020".to_owned(),
                help: "run `npm install --package-lock-only --lockfile-version 3`, or delete it and run \
                     `vestibule install`, which takes the newest versions"
                    .to_owned(),
            });
        }
        Ok(Self { path, value: Some(value) })
    }

    pub(crate) fn is_there(&self) -> bool {
        self.value.is_some()
    }

    /// The packages of the file below a project. What the file says of the project is not asked:
    /// `package.json` says it.
    pub(crate) fn tree(&self, project: &Value) -> Result<Tree, PackagesError> {
        let mut tree = Tree::new(project);
        let packages = self.value.as_ref().and_then(|value| value.get("packages")).and_then(Value::as_object);
        let mut entries: Vec<_> = packages.into_iter().flatten().filter(|(key, _)| !key.is_empty()).collect();
        // What a package stands in comes before it.
        entries.sort_by_key(|(key, _)| key.len());
        for (key, entry) in entries {
            self.put(&mut tree, key, entry)?;
        }
        Ok(tree)
    }

    fn put(&self, tree: &mut Tree, key: &str, entry: &Value) -> Result<(), PackagesError> {
        let names =
            names(key).ok_or_else(|| bad(&self.path, format!("{key:?} is not a place of a package")))?;
        let entry =
            entry.as_object().ok_or_else(|| bad(&self.path, format!("{key:?} has no description")))?;
        let is_set = |field: &str| entry.get(field).and_then(Value::as_bool).unwrap_or_default();
        if is_set("link") {
            return Err(bad(
                &self.path,
                format!("{key:?} is a link, and only packages of a registry are installed"),
            ));
        }
        // What comes in the tarball of another package needs no place of its own.
        let Some((last, parents)) = names.split_last().filter(|_| !is_set("inBundle")) else {
            return Ok(());
        };
        let parent = parents.iter().try_fold(PROJECT, |parent, name| tree.child(parent, name));
        let package = entry.get("name").and_then(Value::as_str).unwrap_or(last);
        if name::fault(package).is_some() {
            return Err(bad(&self.path, format!("{key:?} has a name that is none")));
        }
        let manifest = Manifest::from_lock(package, entry);
        // Without a hash it cannot be trusted, and is looked up again.
        let manifest = manifest.filter(|manifest| manifest.integrity.is_some());
        if let (Some(parent), Some(manifest)) = (parent, manifest) {
            tree.put(parent, last, Arc::new(manifest));
        }
        Ok(())
    }

    /// The text that the file should have; `None` when it says just that already.
    pub(crate) fn text(
        &self,
        tree: &Tree,
        project: &Value,
        folder: &str,
        registry: &Registry,
    ) -> Option<String> {
        let mut packages = Map::new();
        packages.insert(String::new(), project_entry(project));
        let needs = tree.needs();
        let mut entries: Vec<_> = needs
            .into_iter()
            .filter_map(|(id, need)| Some((tree.path(id), entry(tree, id, need, registry)?)))
            .collect();
        entries.sort_by_key(|(path, _)| (path.to_lowercase(), path.clone()));
        packages.extend(entries);
        let mut value = Map::new();
        value.insert("name".to_owned(), project.get("name").cloned().unwrap_or_else(|| json!(folder)));
        if let Some(version) = project.get("version") {
            value.insert("version".to_owned(), version.clone());
        }
        value.insert("lockfileVersion".to_owned(), json!(3));
        value.insert("requires".to_owned(), json!(true));
        value.insert("packages".to_owned(), Value::Object(packages));
        let value = Value::Object(value);
        (self.value.as_ref() != Some(&value)).then(|| format!("{value:#}\n"))
    }
}

/// The names on the way to a package: `node_modules/a/node_modules/@b/c` is `a`, `@b/c`.
fn names(key: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for part in key.strip_prefix("node_modules/")?.split("/node_modules/") {
        if name::fault(part).is_some() {
            return None;
        }
        names.push(part);
    }
    Some(names)
}

fn project_entry(project: &Value) -> Value {
    let mut entry = Map::new();
    let kept = [
        "name",
        "version",
        "license",
        "dependencies",
        "devDependencies",
        "engines",
        "optionalDependencies",
        "peerDependencies",
        "peerDependenciesMeta",
    ];
    for key in kept {
        let value =
            project.get(key).filter(|value| value.as_object().is_none_or(|object| !object.is_empty()));
        if let Some(value) = value {
            entry.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(in_order(entry))
}

fn entry(tree: &Tree, id: NodeId, need: Need, registry: &Registry) -> Option<Value> {
    let node = tree.node(id)?;
    let manifest = &node.manifest;
    let mut entry = Map::new();
    if manifest.name != node.name {
        entry.insert("name".to_owned(), json!(manifest.name));
    }
    entry.insert("version".to_owned(), json!(manifest.version_text));
    let resolved =
        if manifest.is_locked { manifest.tarball.clone() } else { registry.unusual_tarball_url(manifest) };
    if let Some(resolved) = resolved {
        entry.insert("resolved".to_owned(), json!(resolved));
    }
    if let Some(integrity) = &manifest.integrity {
        entry.insert("integrity".to_owned(), json!(integrity.to_string()));
    }
    let flags = [
        ("dev", need.dev),
        ("optional", need.optional),
        ("devOptional", need.dev_optional),
        ("peer", need.peer),
    ];
    entry.extend(
        flags.into_iter().filter(|(_, is_set)| *is_set).map(|(key, _)| (key.to_owned(), json!(true))),
    );
    entry.extend(manifest.fields.clone());
    Some(Value::Object(in_order(entry)))
}

/// The keys in the order of npm, so that who goes back and forth sees only what changed.
fn in_order(entry: Map<String, Value>) -> Map<String, Value> {
    const FIRST: [&str; 5] = ["name", "version", "resolved", "integrity", "dependencies"];
    let mut entries: Vec<(String, Value)> = entry.into_iter().collect();
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, value)| (value.is_object(), place(key), key.clone()));
    entries.into_iter().collect()
}

fn bad(path: &Path, reason: String) -> PackagesError {
    PackagesError::BadFile { path: path.to_path_buf(), reason, help: HELP.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_folders_of_node_modules_and_no_others() {
        assert_eq!(names("node_modules/a/node_modules/@b/c").unwrap(), ["a", "@b/c"]);
        for key in [
            "packages/a",
            "node_modules/../x",
            "node_modules/a/../../x",
            "../node_modules/a",
            "node_modules/",
        ] {
            assert_eq!(names(key), None, "{key}");
        }
    }
}

//! What a package says of itself, as the registry, a lock file or `package.json` has it. Old packages
//! have anything anywhere, so what has another type than it should counts as absent.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use deno_semver::Version;
use serde_json::Map;
use serde_json::Value;

use crate::integrity::Integrity;

/// One version of one package.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Its name in the registry.
    pub(crate) name: String,
    pub(crate) version: Version,
    /// The version as it is written, which is what its tarball is called after.
    pub(crate) version_text: String,
    /// What it depends on, in the order of the names.
    pub(crate) edges: Vec<Edge>,
    pub(crate) deprecated: Option<String>,
    pub(crate) has_install_script: bool,
    /// The operating systems or processors that it is for, when it is not for all.
    pub(crate) platform: Option<String>,
    pub(crate) integrity: Option<Integrity>,
    /// Where its tarball is, if that is said.
    pub(crate) tarball: Option<String>,
    /// Whether a lock file has it already.
    pub(crate) is_locked: bool,
    /// What a lock file has of it beside its place.
    pub(crate) fields: Map<String, Value>,
}

/// One dependency of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) name: String,
    /// What is wanted, as it is written.
    pub(crate) spec: String,
    pub(crate) kind: EdgeKind,
}

/// How much a package needs a dependency, and where it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeKind {
    Normal,
    /// Needed to develop the project; of the project alone.
    Dev,
    /// Left out when it cannot be installed.
    Optional,
    /// Found beside the package rather than below it.
    Peer,
    /// Used when something else brings it.
    PeerOptional,
}

/// What of the registry's answer a lock file keeps, in this order.
const KEPT: &[&str] = &[
    "cpu",
    "libc",
    "os",
    "deprecated",
    "hasInstallScript",
    "license",
    "dependencies",
    "bin",
    "engines",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
];

impl Manifest {
    /// Reads an entry of the registry's answer. `None` when its version is none.
    pub(crate) fn from_registry(name: &str, version: &str, value: &Value) -> Option<Self> {
        let dist = value.get("dist");
        let text = |key: &str| dist.and_then(|dist| dist.get(key)).and_then(Value::as_str);
        let integrity = text("integrity")
            .and_then(Integrity::parse)
            .or_else(|| text("shasum").and_then(Integrity::parse_shasum));
        let tarball = text("tarball").map(str::to_owned);
        let mut fields = kept_fields(value);
        if has_install_script(value) {
            fields.insert("hasInstallScript".to_owned(), Value::Bool(true));
        }
        Self::new(name, version, value, integrity, tarball, fields)
    }

    /// Reads an entry of a lock file.
    pub(crate) fn from_lock(name: &str, entry: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let fields = entry
            .iter()
            .filter(|(key, _)| !LAYOUT_KEYS.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let manifest = Self::new(
            name,
            text("version")?,
            &Value::Object(entry.clone()),
            text("integrity").and_then(Integrity::parse),
            text("resolved").map(str::to_owned),
            fields,
        )?;
        Some(Self { is_locked: true, ..manifest })
    }

    /// The project itself, whose development dependencies count.
    pub(crate) fn of_project(value: &Value) -> Self {
        let version = Version::default();
        Self {
            name: String::new(),
            version_text: version.to_string(),
            version,
            edges: edges(value, true),
            deprecated: None,
            has_install_script: false,
            platform: None,
            integrity: None,
            tarball: None,
            is_locked: false,
            fields: Map::new(),
        }
    }

    fn new(
        name: &str,
        version: &str,
        value: &Value,
        integrity: Option<Integrity>,
        tarball: Option<String>,
        fields: Map<String, Value>,
    ) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            version: Version::parse_from_npm(version).ok()?,
            version_text: version.to_owned(),
            edges: edges(value, false),
            deprecated: value.get("deprecated").and_then(Value::as_str).map(str::to_owned),
            has_install_script: has_install_script(value),
            platform: platform(value),
            integrity,
            tarball,
            is_locked: false,
            fields,
        })
    }

    /// `name@version`.
    pub(crate) fn label(&self) -> String {
        format!("{}@{}", self.name, self.version_text)
    }
}

/// What a lock file says of where a package stands and who needs it; written anew each time.
const LAYOUT_KEYS: &[&str] =
    &["name", "version", "resolved", "integrity", "dev", "optional", "devOptional", "peer"];

/// The short form of metadata says so, the long form has the scripts.
fn has_install_script(value: &Value) -> bool {
    let has = |script: &&str| value.get("scripts").is_some_and(|scripts| scripts.get(script).is_some());
    value.get("hasInstallScript").and_then(Value::as_bool).unwrap_or_default()
        || ["preinstall", "install", "postinstall"].iter().any(has)
}

fn kept_fields(value: &Value) -> Map<String, Value> {
    let mut fields = Map::new();
    for key in KEPT {
        let field = value.get(*key).filter(|field| is_worth_keeping(field));
        if let Some(field) = field {
            fields.insert((*key).to_owned(), field.clone());
        }
    }
    // The registry repeats the optional ones among the others.
    let optional: Vec<String> = names(value.get("optionalDependencies")).map(str::to_owned).collect();
    if let Some(Value::Object(dependencies)) = fields.get_mut("dependencies") {
        dependencies.retain(|name, _| !optional.contains(name));
        if dependencies.is_empty() {
            fields.shift_remove("dependencies");
        }
    }
    fields
}

fn is_worth_keeping(field: &Value) -> bool {
    match field {
        Value::Null | Value::Bool(false) => false,
        Value::Object(object) => !object.is_empty(),
        Value::Array(array) => !array.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => true,
    }
}

fn names(field: Option<&Value>) -> impl Iterator<Item = &str> {
    field.and_then(Value::as_object).into_iter().flat_map(Map::keys).map(String::as_str)
}

/// Its dependencies. Where a name stands twice, the later of peer, development, normal and optional wins.
fn edges(value: &Value, is_project: bool) -> Vec<Edge> {
    let mut edges = BTreeMap::new();
    let mut add = |field: &str, kind: &dyn Fn(&str) -> EdgeKind| {
        for (name, spec) in value.get(field).and_then(Value::as_object).into_iter().flatten() {
            if let Some(spec) = spec.as_str() {
                let edge = Edge { name: name.clone(), spec: spec.to_owned(), kind: kind(name) };
                edges.insert(name.clone(), edge);
            }
        }
    };
    let is_optional = |name: &str| {
        let meta = value.get("peerDependenciesMeta").and_then(|meta| meta.get(name));
        meta.and_then(|meta| meta.get("optional")).and_then(Value::as_bool).unwrap_or_default()
    };
    add("peerDependencies", &|name| {
        if is_optional(name) { EdgeKind::PeerOptional } else { EdgeKind::Peer }
    });
    if is_project {
        add("devDependencies", &|_| EdgeKind::Dev);
    }
    add("dependencies", &|_| EdgeKind::Normal);
    add("optionalDependencies", &|_| EdgeKind::Optional);
    let bundled = if is_project { BTreeSet::new() } else { bundled(value) };
    edges.into_values().filter(|edge| !bundled.contains(&edge.name)).collect()
}

/// The dependencies whose files are in the package's own tarball.
fn bundled(value: &Value) -> BTreeSet<String> {
    match value.get("bundleDependencies").or_else(|| value.get("bundledDependencies")) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::Bool(true)) => names(value.get("dependencies")).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// A package for certain machines only has machine code in it. `any`, and lists that only exclude
/// something, are no such limit.
fn platform(value: &Value) -> Option<String> {
    let listed = |key: &str| -> Vec<&str> {
        match value.get(key) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one.as_str()],
            _ => Vec::new(),
        }
    };
    ["os", "cpu", "libc"].into_iter().find_map(|key| {
        let names = listed(key);
        let is_limited =
            !names.is_empty() && !names.iter().any(|name| name.starts_with('!') || *name == "any");
        is_limited.then(|| format!("its {key} is {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_and_bundled_dependencies_stand_apart() {
        let manifest = Manifest::from_registry(
            "x",
            "1.0.0",
            &json!({
                "dependencies": { "a": "1", "b": "2", "c": "3", "odd": 7 },
                "optionalDependencies": { "b": "2" },
                "peerDependencies": { "p": "1", "q": "1" },
                "peerDependenciesMeta": { "q": { "optional": true } },
                "bundleDependencies": ["c"],
                "devDependencies": { "never": "1" },
                "engines": [], "license": "MIT", "scripts": { "install": "rm -rf /" }
            }),
        )
        .unwrap();
        let edges: Vec<_> = manifest.edges.iter().map(|edge| (edge.name.as_str(), edge.kind)).collect();
        let expected = [
            ("a", EdgeKind::Normal),
            ("b", EdgeKind::Optional),
            ("p", EdgeKind::Peer),
            ("q", EdgeKind::PeerOptional),
        ];
        assert_eq!(edges, expected);
        let fields = Value::Object(manifest.fields);
        assert_eq!(fields["dependencies"], json!({ "a": "1", "c": "3", "odd": 7 }));
        assert!(fields.get("engines").is_none() && fields.get("scripts").is_none());
    }

    #[test]
    fn a_limit_to_machines_is_one_only_when_it_names_them() {
        let platform = |value: Value| platform(&value);
        assert_eq!(platform(json!({ "os": ["linux"] })).unwrap(), "its os is linux");
        assert_eq!(platform(json!({ "cpu": "x64" })).unwrap(), "its cpu is x64");
        for value in [json!({}), json!({ "os": ["!win32"] }), json!({ "os": ["any"], "cpu": [] })] {
            assert_eq!(platform(value), None);
        }
    }
}

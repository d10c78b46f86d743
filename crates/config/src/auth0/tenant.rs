//! Reads what Auth0's deploy CLI exports, in either of its two shapes: a folder with one JSON file for
//! each thing, or `tenant.yaml` with the code beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Component;
use std::path::Path as FilePath;
use std::path::PathBuf;

use crate::auth0::Keywords;
use crate::auth0::TransferError;
use crate::auth0::file_stem;
use crate::auth0::keywords;
use crate::json;
use crate::load;
use crate::node::Entry;
use crate::node::Kind;
use crate::node::Node;
use crate::problem::FlowFileError;
use crate::yaml;

/// Bytes of one file of an export; forms and pages make `tenant.yaml` large.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The part of a tenant that is about actions.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    pub(super) actions: Vec<TenantAction>,
    pub(super) modules: Vec<TenantAction>,
    /// The ordered bindings by the id of the trigger.
    pub(super) bindings: BTreeMap<String, Vec<TenantBinding>>,
    pub(super) entities: Vec<TenantEntity>,
}

/// An action; a module is a part of one.
#[derive(Debug)]
pub(super) struct TenantAction {
    pub(super) name: String,
    /// The code, or why it cannot be had.
    pub(super) code: Result<String, String>,
    pub(super) runtime: Option<String>,
    pub(super) deployed: Option<bool>,
    pub(super) dependencies: BTreeMap<String, String>,
    pub(super) secrets: Vec<TenantSecret>,
    /// All secrets in one marker: their names are not in the export.
    pub(super) secrets_keyword: Option<String>,
    /// The ids of the triggers.
    pub(super) supported_triggers: Vec<String>,
    pub(super) modules: Vec<TenantModuleUse>,
}

/// A secret: its value is hardly ever exported.
#[derive(Debug)]
pub(super) struct TenantSecret {
    pub(super) name: String,
    /// The keyword that stands for its value.
    pub(super) keyword: Option<String>,
    /// Whether the export holds a value.
    pub(super) has_value: bool,
}

/// A module as an action uses it.
#[derive(Debug)]
pub(super) struct TenantModuleUse {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// An action at its place.
#[derive(Debug)]
pub(super) struct TenantBinding {
    pub(super) action: String,
    pub(super) display_name: Option<String>,
}

/// Something that owns one action.
#[derive(Debug)]
pub(super) struct TenantEntity {
    /// The id of the trigger.
    pub(super) trigger: &'static str,
    /// What it is, for notes.
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) action: String,
}

/// Stands for the value of a secret in an export.
const VALUE_NOT_SHOWN: &str = "_VALUE_NOT_SHOWN_";

/// Reads an export.
pub(super) fn read(folder: &FilePath, keywords: &Keywords) -> Result<Tenant, TransferError> {
    if folder.is_file() {
        return read_yaml(folder, keywords);
    }
    let tenant_file =
        ["tenant.yaml", "tenant.yml"].map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
    if let Some(path) = tenant_file {
        return read_yaml(&path, keywords);
    }
    if !folder.join("actions").is_dir() && !folder.join("triggers").is_dir() {
        return Err(TransferError::NoExport { folder: folder.to_string_lossy().into_owned() });
    }
    read_directory(folder, keywords)
}

fn read_yaml(path: &FilePath, keywords: &Keywords) -> Result<Tenant, TransferError> {
    let folder = path.parent().unwrap_or(FilePath::new(""));
    let root = tree(path, keywords)?;
    let list = |key: &str| root.get(key).map(Node::items).unwrap_or_default().iter();
    let mut tenant = Tenant {
        actions: list("actions").map(|node| action(node, folder, "actions", keywords)).collect(),
        modules: list("actionModules").map(|node| action(node, folder, "action-modules", keywords)).collect(),
        bindings: root.get("triggers").map(bindings).unwrap_or_default(),
        entities: Vec::new(),
    };
    tenant.entities.extend(list("tokenExchangeProfiles").filter_map(token_exchange_profile));
    tenant.entities.extend(list("eventStreams").filter_map(event_stream));
    tenant.entities.extend(list("databases").filter_map(connection));
    Ok(tenant)
}

fn read_directory(folder: &FilePath, keywords: &Keywords) -> Result<Tenant, TransferError> {
    let mut tenant = Tenant::default();
    for node in json_files(folder, "actions", keywords)? {
        tenant.actions.push(action(&node, folder, "actions", keywords));
    }
    for node in json_files(folder, "action-modules", keywords)? {
        tenant.modules.push(action(&node, folder, "action-modules", keywords));
    }
    for (id, bindings) in json_files(folder, "triggers", keywords)?.iter().flat_map(bindings) {
        // Two files may name one trigger.
        tenant.bindings.entry(id).or_default().extend(bindings);
    }
    let profiles = json_files(folder, "token-exchange-profiles", keywords)?;
    tenant.entities.extend(profiles.iter().filter_map(token_exchange_profile));
    let streams = json_files(folder, "event-streams", keywords)?;
    tenant.entities.extend(streams.iter().filter_map(event_stream));
    for database in children(&folder.join("database-connections"))? {
        let path = database.join("database.json");
        if path.is_file() {
            stays_inside(folder, &path)?;
            tenant.entities.extend(connection(&tree(&path, keywords)?));
        }
    }
    Ok(tenant)
}

fn action(node: &Node, folder: &FilePath, kind_folder: &str, keywords: &Keywords) -> TenantAction {
    let name = text(node, "name").unwrap_or_default();
    let secrets = node.get("secrets");
    TenantAction {
        code: code(folder, kind_folder, &name, text(node, "code").as_deref())
            .map(|code| keywords.fill_in(&code)),
        runtime: text(node, "runtime"),
        deployed: match node.get("deployed").map(|node| &node.kind) {
            Some(Kind::Bool(deployed)) => Some(*deployed),
            Some(Kind::Null | Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_)) | None => None,
        },
        dependencies: items(node, "dependencies")
            .filter_map(|item| {
                Some((text(item, "name")?, text(item, "version").unwrap_or_else(|| "latest".to_owned())))
            })
            .collect(),
        secrets: secrets.map(Node::items).unwrap_or_default().iter().filter_map(secret).collect(),
        secrets_keyword: secrets.and_then(Node::text).and_then(keywords::only_keyword).map(str::to_owned),
        supported_triggers: items(node, "supported_triggers").filter_map(|item| text(item, "id")).collect(),
        modules: items(node, "modules").filter_map(module_use).collect(),
        name,
    }
}

fn secret(node: &Node) -> Option<TenantSecret> {
    let value =
        node.get("value").and_then(Node::text).filter(|value| !value.is_empty() && *value != VALUE_NOT_SHOWN);
    Some(TenantSecret {
        name: text(node, "name")?,
        keyword: value.and_then(keywords::only_keyword).map(str::to_owned),
        has_value: value.is_some(),
    })
}

fn module_use(node: &Node) -> Option<TenantModuleUse> {
    let name = text(node, "module_name").or_else(|| text(node, "name"))?;
    Some(TenantModuleUse { name, version: text(node, "module_version_number") })
}

fn bindings(node: &Node) -> BTreeMap<String, Vec<TenantBinding>> {
    let binding = |item: &Node| {
        Some(TenantBinding { action: text(item, "action_name")?, display_name: text(item, "display_name") })
    };
    let list = |entry: &Entry| (entry.key.clone(), entry.value.items().iter().filter_map(binding).collect());
    node.entries().iter().map(list).collect()
}

fn token_exchange_profile(node: &Node) -> Option<TenantEntity> {
    let action = text(node, "action").or_else(|| text(node, "action_id"))?;
    let (trigger, kind) = ("custom-token-exchange", "token-exchange profile");
    Some(TenantEntity { trigger, kind, name: text(node, "name")?, action })
}

fn event_stream(node: &Node) -> Option<TenantEntity> {
    let destination = node.get("destination")?;
    let action = text(destination.get("configuration")?, "action_id")?;
    Some(TenantEntity { trigger: "event-stream", kind: "event stream", name: text(node, "name")?, action })
}

fn connection(node: &Node) -> Option<TenantEntity> {
    let action = text(node.get("options")?.get("custom_password_hash")?, "action_id")?;
    Some(TenantEntity {
        trigger: "password-hash-migration",
        kind: "connection",
        name: text(node, "name")?,
        action,
    })
}

/// The code of an action. The export names its file relative to the export, or to wherever the deploy
/// CLI was run; nothing outside of the export is read.
fn code(folder: &FilePath, kind_folder: &str, name: &str, named: Option<&str>) -> Result<String, String> {
    let named = named.unwrap_or_default();
    if named.contains('\n') {
        return Ok(named.to_owned());
    }
    let unix = named.replace('\\', "/");
    let parts: Vec<&str> = unix.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // `export/actions/x/code.js` of a run one folder above is `actions/x/code.js` here.
    let from_kind = parts.iter().rposition(|part| *part == kind_folder).map(|at| parts[at..].join("/"));
    let usual = [name.to_owned(), file_stem(name)].map(|stem| format!("{kind_folder}/{stem}/code.js"));
    let candidates = [Some(parts.join("/")), from_kind].into_iter().flatten().chain(usual);
    let found = candidates
        .map(PathBuf::from)
        .filter(|path| leads_down(path))
        .map(|path| folder.join(path))
        .find(|path| path.is_file() && stays_inside(folder, path).is_ok());
    match found {
        Some(path) => {
            load::text(&path, FILE_BYTES_MAX).map_err(|why| format!("its code cannot be read: {why}"))
        }
        None if named.is_empty() => Err("it has no code".to_owned()),
        None => Err(format!("its code {named:?} is not in the export")),
    }
}

fn leads_down(path: &FilePath) -> bool {
    path.components().all(|component| matches!(component, Component::Normal(_)))
}

/// Refuses links that lead out of the export: it may be anybody's, and what it names is copied.
fn stays_inside(export: &FilePath, path: &FilePath) -> Result<(), TransferError> {
    let export = if export.as_os_str().is_empty() { FilePath::new(".") } else { export };
    let is_inside = match (export.canonicalize(), path.canonicalize()) {
        (Ok(export), Ok(path)) => path.starts_with(export),
        (Err(_), _) | (_, Err(_)) => false,
    };
    if is_inside {
        return Ok(());
    }
    let why = "it is a link that leads out of the export".to_owned();
    Err(TransferError::File { file: path.to_string_lossy().into_owned(), why })
}

/// The JSON files of a folder of the export, in the order of their names; none when there is no such
/// folder.
fn json_files(export: &FilePath, folder: &str, keywords: &Keywords) -> Result<Vec<Node>, TransferError> {
    let is_json = |path: &PathBuf| path.is_file() && path.extension().is_some_and(|ending| ending == "json");
    let paths = children(&export.join(folder))?.into_iter().filter(is_json);
    paths.map(|path| stays_inside(export, &path).and_then(|()| tree(&path, keywords))).collect()
}

fn children(folder: &FilePath) -> Result<Vec<PathBuf>, TransferError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| TransferError::File {
        file: folder.to_string_lossy().into_owned(),
        why: error.to_string(),
    };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths =
        entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, TransferError>>()?;
    paths.sort();
    Ok(paths)
}

fn tree(path: &FilePath, keywords: &Keywords) -> Result<Node, TransferError> {
    let file = path.to_string_lossy().into_owned();
    let text = match load::text(path, FILE_BYTES_MAX) {
        Ok(text) => keywords::quoted(text.strip_prefix('\u{feff}').unwrap_or(&text)),
        Err(why) => return Err(TransferError::File { file, why }),
    };
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let read = if is_json { json::read(&text) } else { yaml::read(&text) };
    let mut root = read.map_err(|findings| TransferError::Format(FlowFileError::new(&file, findings)))?;
    fill_in(&mut root, keywords);
    Ok(root)
}

/// Fills keywords into texts. Secrets keep theirs: a keyword there is the name of an environment
/// variable, and its value does not belong into a file.
fn fill_in(node: &mut Node, keywords: &Keywords) {
    match &mut node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        Kind::Text(text) => *text = keywords.fill_in(text),
        Kind::List(items) => items.iter_mut().for_each(|item| fill_in(item, keywords)),
        Kind::Map(entries) => {
            let entries = entries.iter_mut().filter(|entry| entry.key != "secrets");
            entries.for_each(|entry| fill_in(&mut entry.value, keywords));
        }
    }
}

fn items<'n>(node: &'n Node, key: &str) -> std::slice::Iter<'n, Node> {
    node.get(key).map(Node::items).unwrap_or_default().iter()
}

/// A value as text; versions are also written as numbers.
fn text(node: &Node, key: &str) -> Option<String> {
    match &node.get(key)?.kind {
        Kind::Text(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => None,
    }
}

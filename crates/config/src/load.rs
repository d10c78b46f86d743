//! Reads what a flow file names: sources, secrets, declarations; and makes flows of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use vestibule::Action;
use vestibule::ActionError;
use vestibule::Binding;
use vestibule::Egress;
use vestibule::EntryFile;
use vestibule::Flow;
use vestibule::Limits;
use vestibule::Module;
use vestibule::OnFailure;
use vestibule::PROGRAM_FILE_BYTES_MAX;
use vestibule::Trigger;
use vestibule::Vestibule;
use vestibule::is_program_file_name;

use crate::document::ActionEntry;
use crate::document::BoundAction;
use crate::document::EgressRules;
use crate::document::FailurePolicy;
use crate::document::LimitChanges;
use crate::document::ModuleEntry;
use crate::document::SecretSource;
use crate::document::TriggerEntry;
use crate::flow_file::Bound;
use crate::flow_file::FlowFile;
use crate::node::Path;
use crate::problem::Finding;
use crate::problem::FlowFileError;
use crate::problem::RefusedAction;
use crate::target::Target;

/// Bytes that are read of a source or a declaration: more than any limit of the library, so that its
/// own error, which names the limit, comes first; and an end for devices that have none.
const SOURCE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 1024 * 1024;

/// Loads things and collects what is wrong with them.
pub(crate) struct Loader<'f> {
    file: &'f FlowFile,
    pub(crate) findings: Vec<Finding>,
    pub(crate) warnings: Vec<String>,
}

/// A secret as one action gets it.
struct BoundSecret<'f> {
    source: &'f SecretSource,
    path: Path,
}

/// Whether an override may take the place of a secret: overrides are for actions, and a module may have
/// a secret of the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overriding {
    Allowed,
    Refused,
}

impl<'f> Loader<'f> {
    pub(crate) fn new(file: &'f FlowFile) -> Self {
        Self { file, findings: Vec::new(), warnings: Vec::new() }
    }

    /// The value, unless something was found.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, FlowFileError> {
        if self.findings.is_empty() {
            Ok(value)
        } else {
            Err(FlowFileError::new(&self.file.shown, self.findings))
        }
    }

    /// The flow of a target; `None` after a finding.
    pub(crate) fn flow(&mut self, vestibule: &Vestibule, target: &Target) -> Option<Flow> {
        let trigger_path = Path::of(&["triggers", &target.trigger]);
        let mut flow = match vestibule.flow(&target.trigger) {
            Ok(flow) => flow,
            Err(error) => {
                self.findings.push(self.at_key(&trigger_path, error.to_string()));
                return None;
            }
        };
        self.check_target(&Arc::clone(flow.trigger()), target)?;
        let entry = self.file.document.triggers.get(&target.trigger);
        if let Some(budget_ms) = entry.and_then(|entry| entry.budget_ms) {
            flow = flow.budget(Duration::from_millis(budget_ms));
        }
        if let Some(entity) = &target.entity {
            flow = flow.entity(entity);
        }
        let Some(bound) = self.file.bound(target) else { return Some(flow) };
        Some(self.bindings(&bound).into_iter().fold(flow, Flow::bind))
    }

    /// Whether the trigger is bound by what the file and the target name.
    fn check_target(&mut self, trigger: &Trigger, target: &Target) -> Option<()> {
        let path = Path::of(&["triggers", &target.trigger]);
        let nothing = TriggerEntry::default();
        let entry = self.file.document.triggers.get(&target.trigger).unwrap_or(&nothing);
        target
            .check(trigger, entry)
            .map_err(|refusal| {
                let mut finding = self.at_key(&path, refusal.message);
                finding.help = refusal.help;
                self.findings.push(finding);
            })
            .ok()
    }

    /// The actions of a target that can be had, each in its place.
    fn bindings(&mut self, bound: &Bound<'_>) -> Vec<Binding> {
        let actions = bound.actions.iter().enumerate();
        actions.filter_map(|(index, action)| self.binding(action, &bound.path_of(index))).collect()
    }

    fn binding(&mut self, bound: &BoundAction, path: &Path) -> Option<Binding> {
        let key = bound.action();
        let entry = self.file.document.actions.get(key)?;
        let details = bound.details();
        let action_path = Path::of(&["actions", key]);
        let action = self.action(key, bound.name(), entry);
        let mut secrets = self.sources(&entry.secrets, &action_path);
        if let BoundAction::Detailed(details) = bound {
            secrets.extend(self.sources(&details.secrets, path));
        }
        let secrets = self.secrets(&secrets, Overriding::Allowed);
        let limits = self.limits(&[&entry.limits, &details.limits]);
        let egress = self.egress(&[entry.egress.as_ref(), details.egress.as_ref()]);

        let mut action = action?;
        for (name, value) in secrets {
            // The names come from a mapping, so none is there twice.
            action = action.secret(name, value).ok()?;
        }
        let configuration = entry.configuration.iter().chain(&details.configuration);
        let action = configuration.fold(action, |action, (name, value)| action.configuration(name, value));
        let mut binding = Binding::new(action).name(bound.name()).on_failure(match details.on_failure {
            Some(FailurePolicy::Continue) => OnFailure::Continue,
            Some(FailurePolicy::Deny) | None => OnFailure::Deny,
        });
        if let Some(limits) = limits {
            binding = binding.limits(limits);
        }
        if let Some(egress) = egress {
            binding = binding.egress(egress);
        }
        Some(binding)
    }

    /// An action with its modules, without its secrets. A module that its text asks for and that the file
    /// does not give it is a warning: the text may never come to it.
    pub(crate) fn action(&mut self, key: &str, bound_name: &str, entry: &ActionEntry) -> Option<Action> {
        let action = self.compile(key, bound_name, entry);
        let modules = self.modules(bound_name, entry);
        let is_complete = modules.len() == entry.modules.len();
        // Two modules of one name are refused when the file is read.
        let action = modules.into_iter().try_fold(action?, |action, module| action.module(module).ok())?;
        if is_complete {
            let missing = action.missing_modules();
            let warning = |name: &str| {
                format!("{} asks for actions:{name}; write {name} into the modules of {key}", entry.file)
            };
            self.warnings.extend(missing.map(warning));
        }
        Some(action)
    }

    /// The modules of an action that can be had. A module that does not compile is the action's failure.
    fn modules(&mut self, bound_name: &str, entry: &ActionEntry) -> Vec<Module> {
        let file = self.file;
        let keys = entry.modules.iter();
        keys.filter_map(|key| {
            let module_entry = file.document.modules.get(key)?;
            let module = self.module(bound_name, key, module_entry);
            let sources = self.sources(&module_entry.secrets, &Path::of(&["modules", key]));
            let secrets = self.secrets(&sources, Overriding::Refused);
            secrets.into_iter().try_fold(module?, |module, (name, value)| module.secret(name, value).ok())
        })
        .collect()
    }

    /// Compiles a module, without its secrets.
    pub(crate) fn module(&mut self, bound_name: &str, key: &str, entry: &ModuleEntry) -> Option<Module> {
        let path = Path::of(&["modules", key]);
        let source = self.source(&entry.file, &path.key("file"))?;
        let name = entry.name.as_deref().unwrap_or(key);
        let place = self.file.folder.join(&entry.file);
        let file = EntryFile { path: &place, file_name: &entry.file, text: &source };
        match Module::from_file(name, file, self.file.bundler.as_ref()) {
            Ok(module) => {
                self.warnings.extend(module.warnings().iter().cloned());
                self.warn_of_packages(&entry.dependencies, &entry.file);
                Some(match &entry.version {
                    Some(version) => module.version(version.to_string()),
                    None => module,
                })
            }
            Err(error @ ActionError::ModuleName { .. }) => {
                let finding = self.at_key(&path, error.to_string());
                self.findings.push(finding.help("give it a `name`, or another name in `modules`"));
                None
            }
            Err(error) => {
                self.refuse(bound_name, error, path.key("file"));
                None
            }
        }
    }

    /// Compiles the source of an action, without its secrets and modules.
    fn compile(&mut self, key: &str, bound_name: &str, entry: &ActionEntry) -> Option<Action> {
        let path = Path::of(&["actions", key, "file"]);
        let action = if is_program_file_name(&entry.file) {
            Action::from_program_file(key, &entry.file, &self.program(&entry.file, &path)?)
        } else {
            let (place, text) = (self.file.folder.join(&entry.file), self.source(&entry.file, &path)?);
            let file = EntryFile { path: &place, file_name: &entry.file, text: &text };
            Action::from_file(key, file, self.file.bundler.as_ref())
        };
        match action {
            Ok(action) => {
                self.warnings.extend(action.warnings().iter().cloned());
                self.warn_of_packages(&entry.dependencies, &entry.file);
                Some(action)
            }
            Err(error) => {
                self.refuse(bound_name, error, path);
                None
            }
        }
    }

    /// A source that does not become what it should be.
    fn refuse(&mut self, bound_name: &str, error: ActionError, path: Path) {
        let finding = Finding::new(self.file.tree.place_of(&path), path, error.to_string());
        self.findings.push(finding.refused(RefusedAction { name: bound_name.to_owned(), error }));
    }

    fn warn_of_packages(&mut self, dependencies: &BTreeMap<String, String>, file: &str) {
        // The bundler itself says which packages are not there.
        if !dependencies.is_empty() && self.file.bundler.is_none() {
            let names: Vec<&str> = dependencies.keys().map(String::as_str).collect();
            let names = names.join(", ");
            self.warnings
                .push(format!("{file}: packages are not installed yet, so it cannot require {names}"));
        }
    }

    /// Reads the declaration of a trigger.
    pub(crate) fn declaration(&mut self, file: &str, path: &Path) -> Option<Trigger> {
        let source = self.source(file, path)?;
        let folder = &self.file.folder;
        let imported = |path: &str| text(&folder.join(path), SOURCE_BYTES_MAX).ok();
        match Trigger::parse_with_imports(file, &source, imported) {
            Ok(trigger) => Some(trigger),
            Err(error) => {
                self.find(path, error.to_string());
                None
            }
        }
    }

    /// The limits that hold for the whole file; `None` when it changes none.
    pub(crate) fn limits_of_file(&mut self) -> Option<Limits> {
        let is_unchanged = self.file.document.limits.is_empty() && self.file.overrides.limits.is_empty();
        if is_unchanged { None } else { self.merged_limits(&[]) }
    }

    /// The limits of an action, changed by each of these in turn; `None` when what holds for the whole
    /// file holds for it too.
    fn limits(&mut self, changes: &[&LimitChanges]) -> Option<Limits> {
        let is_unchanged = changes.iter().all(|changes| changes.is_empty());
        if is_unchanged { None } else { self.merged_limits(changes) }
    }

    fn merged_limits(&mut self, changes: &[&LimitChanges]) -> Option<Limits> {
        let file = self.file;
        let mut merged = Map::new();
        let all = std::iter::once(&file.document.limits).chain(changes.iter().copied());
        for change in all.map(|changes| &changes.0).chain([&file.overrides.limits]) {
            merged.extend(change.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        let limits: Result<Limits, _> = serde_json::from_value(Value::Object(merged));
        let checked = limits
            .map_err(|error| error.to_string())
            .and_then(|limits| limits.check().map(|()| limits).map_err(|error| error.to_string()));
        // The schema has judged the file's own numbers; these may be the overrides'.
        self.found(checked, &Path::of(&["limits"]))
    }

    /// The egress that holds for the whole file; `None` when it says nothing.
    pub(crate) fn egress_of_file(&mut self) -> Option<Egress> {
        match (&self.file.overrides.egress, &self.file.document.egress) {
            (Some(egress), _) => Some(egress.clone()),
            (None, Some(rules)) => self.found(egress_of(rules), &Path::of(&["egress"])),
            (None, None) => None,
        }
    }

    /// The egress of an action by the last of these rules; `None` when what holds for the whole file
    /// holds for it too.
    fn egress(&mut self, rules: &[Option<&EgressRules>]) -> Option<Egress> {
        if let Some(egress) = &self.file.overrides.egress {
            return Some(egress.clone());
        }
        let rules = rules.iter().rev().find_map(|rules| *rules)?;
        self.found(egress_of(rules), &Path::of(&["egress"]))
    }

    fn found<T>(&mut self, result: Result<T, String>, path: &Path) -> Option<T> {
        result.map_err(|why| self.find(path, why)).ok()
    }

    fn sources(
        &self,
        secrets: &'f BTreeMap<String, SecretSource>,
        around: &Path,
    ) -> BTreeMap<&'f str, BoundSecret<'f>> {
        let path = around.key("secrets");
        secrets
            .iter()
            .map(|(name, source)| (name.as_str(), BoundSecret { source, path: path.key(name) }))
            .collect()
    }

    /// The values of secrets, as far as they can be had.
    fn secrets(
        &mut self,
        sources: &BTreeMap<&str, BoundSecret<'_>>,
        overriding: Overriding,
    ) -> Vec<(String, String)> {
        let mut values = Vec::new();
        for (name, BoundSecret { source, path }) in sources {
            let given = self.file.overrides.secrets.get(*name).filter(|_| overriding == Overriding::Allowed);
            let value = match given {
                Some(value) => Some(value.clone()),
                None => self.secret(source, path),
            };
            values.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        values
    }

    fn secret(&mut self, source: &SecretSource, path: &Path) -> Option<String> {
        let place = self.file.tree.place_of(path);
        if let Some(variable) = &source.env {
            let value = (self.file.environment)(variable);
            if value.is_none() {
                let message = format!("the environment variable {variable} is not set");
                self.findings
                    .push(Finding::new(place, path.clone(), message).help(format!("export {variable}=…")));
            }
            return value;
        }
        let file = source.file.as_ref()?;
        match text(&self.file.folder.join(file), SECRET_BYTES_MAX) {
            Ok(text) => {
                let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                Some(line.unwrap_or(&text).to_owned())
            }
            Err(why) => {
                self.findings.push(Finding::new(
                    place,
                    path.clone(),
                    format!("{file} cannot be read: {why}"),
                ));
                None
            }
        }
    }

    fn source(&mut self, file: &str, path: &Path) -> Option<String> {
        let read = text(&self.file.folder.join(file), SOURCE_BYTES_MAX);
        self.read(file, path, read)
    }

    /// The bytes of a program file.
    fn program(&mut self, file: &str, path: &Path) -> Option<Vec<u8>> {
        let read = bytes(&self.file.folder.join(file), PROGRAM_FILE_BYTES_MAX as u64);
        self.read(file, path, read)
    }

    fn read<T>(&mut self, file: &str, path: &Path, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(contents) => Some(contents),
            Err(why) => {
                let place = self.file.tree.place_of(path);
                let finding = Finding::new(place, path.clone(), format!("{file} cannot be read: {why}"));
                self.findings.push(finding.help("paths are relative to the flow file"));
                None
            }
        }
    }

    pub(crate) fn find(&mut self, path: &Path, message: impl Into<String>) {
        self.findings.push(Finding::new(self.file.tree.place_of(path), path.clone(), message));
    }

    fn at_key(&self, path: &Path, message: String) -> Finding {
        Finding::new(self.file.tree.key_place_of(path), path.clone(), message)
    }
}

/// Reads a text file; the error is a clause.
pub(crate) fn text(path: &FilePath, bytes_max: u64) -> Result<String, String> {
    String::from_utf8(bytes(path, bytes_max)?).map_err(|_| "it is no text in UTF-8".to_owned())
}

fn bytes(path: &FilePath, bytes_max: u64) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a directory".to_owned());
    }
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    })?;
    if bytes.len() as u64 > bytes_max {
        return Err(format!("it is larger than {bytes_max} bytes"));
    }
    Ok(bytes)
}

fn egress_of(rules: &EgressRules) -> Result<Egress, String> {
    if rules.hosts.as_ref().is_some_and(Vec::is_empty) || rules.ports.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Egress::none());
    }
    let mut builder = Egress::builder();
    if let Some(hosts) = &rules.hosts {
        builder = builder.allow_hosts(hosts);
    }
    if let Some(ports) = &rules.ports {
        builder = builder.allow_ports(ports.iter().map(|port| port.0));
    }
    builder.build().map_err(|error| error.to_string())
}

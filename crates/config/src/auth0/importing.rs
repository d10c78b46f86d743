//! From an export of Auth0's deploy CLI to a flow file.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path as FilePath;

use vestibule::Registry;

use crate::auth0::Keywords;
use crate::auth0::Transfer;
use crate::auth0::TransferError;
use crate::auth0::keywords;
use crate::auth0::tenant;
use crate::auth0::tenant::Tenant;
use crate::auth0::tenant::TenantAction;
use crate::auth0::tenant::TenantBinding;
use crate::auth0::tenant::TenantSecret;
use crate::auth0::unique_stem;
use crate::document::ActionEntry;
use crate::document::BoundAction;
use crate::document::BoundActionDetails;
use crate::document::Document;
use crate::document::ModuleEntry;
use crate::document::SecretSource;
use crate::place::Places;
use crate::write;

/// What came of an import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The flow file first, then the code.
    pub transfer: Transfer,
    /// How many actions there are.
    pub actions: usize,
    /// How many modules there are.
    pub modules: usize,
    /// What is bound, by the id of the trigger: how many actions.
    pub bound: BTreeMap<String, usize>,
    /// The environment variables that the secrets are read from.
    pub variables: BTreeSet<String>,
}

/// Reads an export, a folder or its `tenant.yaml`, and makes a flow file `flow_file` of it with copies
/// of the code. `registry` tells which triggers there are; `keywords` are filled into the code and the
/// names, and never into secrets.
///
/// # Errors
/// When the folder is no export, or a file in it cannot be read.
pub fn import(
    export: &FilePath,
    flow_file: &str,
    registry: &Registry,
    keywords: &Keywords,
) -> Result<Import, TransferError> {
    let tenant = tenant::read(export, keywords)?;
    let mut importer = Importer {
        registry,
        document: Document { version: 1, ..Document::default() },
        transfer: Transfer::default(),
        variables: BTreeMap::new(),
    };
    importer.modules(&tenant);
    importer.actions(&tenant);
    importer.bindings(&tenant);
    importer.entities(&tenant);
    importer.tell_of_unbound(&tenant);
    importer.tell_of_shared_variables();
    Ok(importer.finish(flow_file))
}

struct Importer<'r> {
    registry: &'r Registry,
    document: Document,
    transfer: Transfer,
    /// Who reads each environment variable without having named it.
    variables: BTreeMap<String, Vec<String>>,
}

impl Importer<'_> {
    fn modules(&mut self, tenant: &Tenant) {
        let mut taken = Vec::new();
        for module in &tenant.modules {
            let about = format!("module {:?}", module.name);
            if !self.has_own_name(&module.name, self.document.modules.contains_key(&module.name), &about) {
                continue;
            }
            let Some(file) = self.code(module, &about, "modules", &mut taken) else { continue };
            let entry = ModuleEntry {
                file,
                secrets: self.secrets(module, &about),
                dependencies: self.dependencies(module, &about),
                ..ModuleEntry::default()
            };
            self.document.modules.insert(module.name.clone(), entry);
        }
    }

    fn actions(&mut self, tenant: &Tenant) {
        let mut taken = Vec::new();
        for action in &tenant.actions {
            let about = format!("action {:?}", action.name);
            if !self.has_own_name(&action.name, self.document.actions.contains_key(&action.name), &about) {
                continue;
            }
            let Some(file) = self.code(action, &about, "actions", &mut taken) else { continue };
            let entry = ActionEntry {
                file,
                secrets: self.secrets(action, &about),
                dependencies: self.dependencies(action, &about),
                modules: self.modules_of(action, tenant, &about),
                runtime: action.runtime.clone(),
                ..ActionEntry::default()
            };
            self.document.actions.insert(action.name.clone(), entry);
        }
    }

    /// A flow file knows things by their names, so a second one would take the place of the first.
    fn has_own_name(&mut self, name: &str, is_taken: bool, about: &str) -> bool {
        if name.is_empty() {
            self.transfer.note(about, "left out: it has no name");
        } else if is_taken {
            self.transfer.note(about, "left out: another one of this name stands before it in the export");
        }
        !name.is_empty() && !is_taken
    }

    /// Copies the code; the path of the copy.
    fn code(
        &mut self,
        action: &TenantAction,
        about: &str,
        folder: &str,
        taken: &mut Vec<String>,
    ) -> Option<String> {
        let code = match &action.code {
            Ok(code) => code,
            Err(why) => {
                self.transfer.note(about, format!("left out: {why}"));
                return None;
            }
        };
        let path = format!("{folder}/{}.js", unique_stem(&action.name, taken));
        let places = Places::new(code);
        for marker in keywords::markers(code) {
            let line = places.at(marker.start).line;
            let marker_text = &code[marker.start..marker.end];
            let text = format!(
                "{path}:{line} still says {marker_text}, which the deploy CLI fills in; name its keywords, or make a secret of it"
            );
            self.transfer.note(about, text);
        }
        self.transfer.file(path.clone(), code.clone());
        Some(path)
    }

    /// Secrets by environment variable: by the keyword that stood for the value, or by the secret's
    /// own name.
    fn secrets(&mut self, action: &TenantAction, about: &str) -> BTreeMap<String, SecretSource> {
        if let Some(keyword) = &action.secrets_keyword {
            let text = format!(
                "its secrets stand in the keyword {keyword}, so their names are not known; write them into the flow file"
            );
            self.transfer.note(about, text);
        }
        action.secrets.iter().map(|secret| (secret.name.clone(), self.source(secret, about))).collect()
    }

    fn source(&mut self, secret: &TenantSecret, about: &str) -> SecretSource {
        let variable = match &secret.keyword {
            Some(keyword) => variable_of(keyword),
            None => {
                let variable = variable_of(&secret.name);
                self.variables.entry(variable.clone()).or_default().push(about.to_owned());
                variable
            }
        };
        if secret.has_value && secret.keyword.is_none() {
            let text = format!(
                "the value of the secret {} stands in the export; it is not copied, set {variable} to it",
                secret.name
            );
            self.transfer.note(about, text);
        }
        SecretSource { env: Some(variable), file: None }
    }

    fn dependencies(&mut self, action: &TenantAction, about: &str) -> BTreeMap<String, String> {
        if !action.dependencies.is_empty() {
            let names: Vec<&str> = action.dependencies.keys().map(String::as_str).collect();
            let text = format!("packages are not installed yet, so requiring {} fails", names.join(", "));
            self.transfer.note(about, text);
        }
        action.dependencies.clone()
    }

    fn modules_of(&mut self, action: &TenantAction, tenant: &Tenant, about: &str) -> Vec<String> {
        let mut names = Vec::new();
        for used in &action.modules {
            if !self.document.modules.contains_key(&used.name) {
                let is_exported = tenant.modules.iter().any(|module| module.name == used.name);
                let why = if is_exported { "was left out" } else { "is not in the export" };
                self.transfer.note(about, format!("it uses the module {:?}, which {why}", used.name));
                continue;
            }
            if let Some(version) = &used.version {
                let text = format!(
                    "it uses version {version} of the module {:?}; the export holds the module's latest code, and so does the flow file",
                    used.name
                );
                self.transfer.note(about, text);
            }
            names.push(used.name.clone());
        }
        names
    }

    fn bindings(&mut self, tenant: &Tenant) {
        for (id, bindings) in &tenant.bindings {
            let trigger = format!("auth0/{id}");
            if bindings.is_empty() {
                continue;
            }
            if self.registry.get(&trigger).is_err() {
                let names: Vec<&str> = bindings.iter().map(|binding| binding.action.as_str()).collect();
                let text = format!(
                    "there is no such trigger here, so what is bound to it is left out: {}",
                    names.join(", ")
                );
                self.transfer.note(format!("trigger {id}"), text);
                continue;
            }
            let mut taken = Vec::new();
            let bound: Vec<BoundAction> =
                bindings.iter().filter_map(|binding| self.bound(binding, &trigger, &mut taken)).collect();
            self.document.triggers.entry(trigger).or_default().actions = bound;
        }
    }

    fn bound(
        &mut self,
        binding: &TenantBinding,
        trigger: &str,
        taken: &mut Vec<String>,
    ) -> Option<BoundAction> {
        let action = &binding.action;
        if !self.document.actions.contains_key(action) {
            self.transfer.note(
                format!("trigger {trigger}"),
                format!("the action {action:?} is bound to it, but is not here"),
            );
            return None;
        }
        let wanted = binding.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(action);
        let mut name = wanted.to_owned();
        let mut number = 2;
        while taken.contains(&name) {
            name = format!("{wanted} {number}");
            number += 1;
        }
        taken.push(name.clone());
        Some(if name == *action {
            BoundAction::Name(name)
        } else {
            let details = BoundActionDetails {
                action: action.clone(),
                name: Some(name),
                ..BoundActionDetails::default()
            };
            BoundAction::Detailed(Box::new(details))
        })
    }

    fn entities(&mut self, tenant: &Tenant) {
        for entity in &tenant.entities {
            let about = format!("{} {:?}", entity.kind, entity.name);
            let trigger = format!("auth0/{}", entity.trigger);
            if self.registry.get(&trigger).is_err() {
                self.transfer.note(about, format!("left out: there is no trigger {trigger} here"));
            } else if !self.document.actions.contains_key(&entity.action) {
                self.transfer.note(about, format!("left out: its action {:?} is not here", entity.action));
            } else {
                let entities = &mut self.document.triggers.entry(trigger).or_default().entities;
                let bound = BoundAction::Name(entity.action.clone());
                if entities.contains_key(&entity.name) {
                    let text = format!(
                        "left out: another one of this name stands before it, so {:?} is not bound",
                        entity.action
                    );
                    self.transfer.note(about, text);
                    continue;
                }
                entities.insert(entity.name.clone(), bound);
                self.transfer.note(about, "its id is not in the export, so it is bound by its name; a host names it so, or you write the id");
            }
        }
    }

    /// Actions that nothing runs keep their trigger, and one that is not deployed is told of.
    fn tell_of_unbound(&mut self, tenant: &Tenant) {
        let bound: BTreeSet<String> = self
            .document
            .triggers
            .values()
            .flat_map(|trigger| trigger.actions.iter().chain(trigger.entities.values()))
            .map(|action| action.action().to_owned())
            .collect();
        for action in &tenant.actions {
            let about = format!("action {:?}", action.name);
            let is_bound = bound.contains(&action.name);
            if action.deployed == Some(false) && self.document.actions.contains_key(&action.name) {
                let text = if is_bound {
                    "it is not deployed there, but bound; here it runs"
                } else {
                    "it is not deployed there, and bound to nothing"
                };
                self.transfer.note(&about, text);
            }
            let trigger = action.supported_triggers.first().map(|id| format!("auth0/{id}"));
            let Some(trigger) = trigger.filter(|_| !is_bound) else { continue };
            if self.registry.get(&trigger).is_err() {
                self.transfer.note(&about, format!("it is written for {trigger}, which is no trigger here"));
            } else if let Some(entry) = self.document.actions.get_mut(&action.name) {
                entry.trigger = Some(trigger);
            }
        }
    }

    fn tell_of_shared_variables(&mut self) {
        for (variable, users) in std::mem::take(&mut self.variables) {
            if users.len() > 1 {
                let text =
                    format!("{} read it; name another variable where the values differ", users.join(", "));
                self.transfer.note(format!("variable {variable}"), text);
            }
        }
    }

    fn finish(mut self, flow_file: &str) -> Import {
        let document = &self.document;
        let text = format!("# Made of an export of Auth0's deploy CLI.\n{}", write::yaml(document));
        self.transfer.files.insert(0, super::NewFile { path: flow_file.to_owned(), text });
        let secrets = document.actions.values().flat_map(|action| action.secrets.values());
        let secrets = secrets.chain(document.modules.values().flat_map(|module| module.secrets.values()));
        Import {
            actions: document.actions.len(),
            modules: document.modules.len(),
            bound: document
                .triggers
                .iter()
                .map(|(id, trigger)| (id.clone(), trigger.actions.len() + trigger.entities.len()))
                .collect(),
            variables: secrets.filter_map(|secret| secret.env.clone()).collect(),
            transfer: self.transfer,
        }
    }
}

/// The name of an environment variable for a secret.
fn variable_of(name: &str) -> String {
    let is_kept = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let variable: String = name.chars().map(|char| if is_kept(char) { char } else { '_' }).collect();
    // A variable does not begin with a digit.
    if variable.starts_with(|char: char| char.is_ascii_digit()) { format!("_{variable}") } else { variable }
}

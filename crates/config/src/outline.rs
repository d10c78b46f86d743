//! What a flow file names, without reading any of it: for tools that look at the sources themselves.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use crate::document::ActionEntry;
use crate::document::BoundAction;
use crate::document::BoundActionDetails;
use crate::flow_file::FlowFile;

/// What a flow file names.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
    /// The actions, ordered by name.
    pub actions: Vec<ActionOutline>,
    /// The modules, ordered by their keys.
    pub modules: Vec<ModuleOutline>,
    /// The triggers that actions are bound to or written for, each once, ordered by id.
    pub triggers: Vec<String>,
}

/// What a flow file says about one action.
#[derive(Clone, Debug)]
pub struct ActionOutline {
    /// Its name in the file.
    pub name: String,
    /// Its source, relative to the folder.
    pub file: String,
    /// The triggers that run it, or else the one that it is written for.
    pub triggers: Vec<String>,
    /// The names in `event.secrets`.
    pub secrets: ProvidedNames,
    /// The names in `event.configuration`.
    pub configuration: ProvidedNames,
    /// The names under which it can ask for modules.
    pub modules: Vec<String>,
}

/// Names that an action is given, ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvidedNames {
    /// Those that it has wherever it is bound.
    pub always: Vec<String>,
    /// Those that it has at some of its places only.
    pub sometimes: Vec<String>,
}

/// What a flow file says about one module.
#[derive(Clone, Debug)]
pub struct ModuleOutline {
    /// The name under which actions ask for it.
    pub name: String,
    /// Its source, relative to the folder.
    pub file: String,
    /// The names in its `actions.secrets`.
    pub secrets: Vec<String>,
}

impl FlowFile {
    /// What the file names. No source and no secret is read.
    pub fn outline(&self) -> Outline {
        let actions: Vec<_> =
            self.document.actions.iter().map(|(name, entry)| self.action_outline(name, entry)).collect();
        let bound = self.document.triggers.keys().cloned();
        let triggers: BTreeSet<String> =
            bound.chain(actions.iter().flat_map(|action| action.triggers.iter().cloned())).collect();
        let modules = self.document.modules.iter().map(|(key, entry)| ModuleOutline {
            name: entry.name.clone().unwrap_or_else(|| key.clone()),
            file: entry.file.clone(),
            secrets: entry.secrets.keys().cloned().collect(),
        });
        Outline {
            folder: self.folder.clone(),
            modules: modules.collect(),
            triggers: triggers.into_iter().collect(),
            actions,
        }
    }

    fn action_outline(&self, name: &str, entry: &ActionEntry) -> ActionOutline {
        let (mut triggers, mut places) = (Vec::new(), Vec::new());
        for (id, trigger) in &self.document.triggers {
            let lists = trigger.actions.iter().chain(trigger.methods.values().flatten());
            let mut bound = lists.chain(trigger.entities.values()).filter(|bound| bound.action() == name);
            let here: Vec<&BoundAction> = bound.by_ref().collect();
            if !here.is_empty() {
                triggers.push(id.clone());
                places.extend(here.into_iter().map(BoundAction::details));
            }
        }
        if triggers.is_empty() {
            triggers.extend(entry.trigger.clone());
        }
        let names_at = |names: fn(&BoundActionDetails) -> Vec<&String>| -> Vec<BTreeSet<&String>> {
            places.iter().map(|details| names(details).into_iter().collect()).collect()
        };
        let modules = entry.modules.iter().map(|key| {
            let module = self.document.modules.get(key);
            module.and_then(|module| module.name.clone()).unwrap_or_else(|| key.clone())
        });
        ActionOutline {
            name: name.to_owned(),
            file: entry.file.clone(),
            triggers,
            secrets: ProvidedNames::of(&entry.secrets, &names_at(|details| details.secrets.keys().collect())),
            configuration: ProvidedNames::of(
                &entry.configuration,
                &names_at(|details| details.configuration.keys().collect()),
            ),
            modules: modules.collect(),
        }
    }
}

impl Outline {
    /// Where a source lies.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(Path::new(file))
    }
}

impl ProvidedNames {
    /// From the action's own names and those that each of its places adds.
    fn of<T>(own: &BTreeMap<String, T>, places: &[BTreeSet<&String>]) -> Self {
        let everywhere =
            |name: &String| own.contains_key(name) || places.iter().all(|names| names.contains(name));
        let all: BTreeSet<&String> = own.keys().chain(places.iter().flatten().copied()).collect();
        let (always, sometimes) = all.into_iter().cloned().partition(everywhere);
        Self { always, sometimes }
    }
}

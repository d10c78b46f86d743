//! From a flow file to a folder that Auth0's deploy CLI imports.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::auth0::Transfer;
use crate::auth0::TransferError;
use crate::auth0::unique_stem;
use crate::document::ActionEntry;
use crate::document::BoundAction;
use crate::document::FailurePolicy;
use crate::document::SecretSource;
use crate::document::TriggerEntry;
use crate::flow_file::FlowFile;
use crate::load;

/// The runtime of actions that name none.
const RUNTIME: &str = "node22";

/// The current version of each of Auth0's triggers.
const TRIGGER_VERSIONS: [(&str, &str); 14] = [
    ("post-login", "v3"),
    ("credentials-exchange", "v2"),
    ("pre-user-registration", "v2"),
    ("post-user-registration", "v2"),
    ("post-change-password", "v2"),
    ("send-phone-message", "v2"),
    ("password-reset-post-challenge", "v1"),
    ("custom-phone-provider", "v1"),
    ("custom-email-provider", "v1"),
    ("custom-token-exchange", "v1"),
    ("event-stream", "v1"),
    ("password-hash-migration", "v1"),
    ("login-post-identifier", "v1"),
    ("signup-post-identifier", "v1"),
];

/// Bytes of a source.
const SOURCE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Makes the files of what a flow file binds to Auth0's triggers: one JSON file for each action and
/// module, their code, and the ordered bindings. Secrets become keywords by the name of their
/// environment variable, which the deploy CLI fills in.
///
/// # Errors
/// When a source cannot be read.
pub fn export(file: &FlowFile) -> Result<Transfer, TransferError> {
    let mut exporter = Exporter { file, transfer: Transfer::default(), taken: Vec::new() };
    exporter.tell_of_what_stays();
    let bindings = exporter.bindings();
    exporter.transfer.file("triggers/triggers.json".to_owned(), pretty(&Value::Object(bindings)));
    for (name, action) in &file.document.actions {
        exporter.action(name, action)?;
    }
    exporter.taken.clear();
    for (name, module) in &file.document.modules {
        let about = format!("module {name:?}");
        let name = module.name.as_ref().unwrap_or(name);
        let code = exporter.code("action-modules", name, &module.file)?;
        let json = json!({
            "name": name,
            "code": code.path,
            "dependencies": dependencies(&module.dependencies),
            "secrets": exporter.secrets(&module.secrets, &about),
        });
        exporter.transfer.file(format!("action-modules/{}.json", code.stem), pretty(&json));
    }
    Ok(exporter.transfer)
}

struct Exporter<'f> {
    file: &'f FlowFile,
    transfer: Transfer,
    /// Stems of files that there are.
    taken: Vec<String>,
}

/// Where the code of an action went.
struct Code {
    stem: String,
    path: String,
}

impl Exporter<'_> {
    fn action(&mut self, name: &str, action: &ActionEntry) -> Result<(), TransferError> {
        let about = format!("action {name:?}");
        let triggers = self.triggers_of(name, action);
        if triggers.is_empty() {
            self.transfer.note(about, "left out: it is bound to no trigger of Auth0, and written for none");
            return Ok(());
        }
        if triggers.len() > 1 {
            let text = format!(
                "it is bound to {}, but Auth0 takes an action for one trigger; make copies",
                triggers.join(" and ")
            );
            self.transfer.note(&about, text);
        }
        self.tell_of_the_language(&about, &action.file);
        self.tell_of_limits(&about, action);
        let code = self.code("actions", name, &action.file)?;
        let mut json = json!({
            "name": name,
            "code": code.path,
            "runtime": action.runtime.as_deref().unwrap_or(RUNTIME),
            "status": "built",
            "dependencies": dependencies(&action.dependencies),
            "secrets": self.secrets(&action.secrets, &about),
            "supported_triggers": triggers.iter().map(|id| json!({ "id": id, "version": version_of(id) })).collect::<Value>(),
            "deployed": true,
        });
        if !action.modules.is_empty() {
            let modules = action.modules.iter().filter_map(|key| {
                let module = self.file.document.modules.get(key)?;
                Some(json!({ "module_name": module.name.as_ref().unwrap_or(key) }))
            });
            json["modules"] = modules.collect();
        }
        self.transfer.file(format!("actions/{}.json", code.stem), pretty(&json));
        Ok(())
    }

    fn code(&mut self, folder: &str, name: &str, file: &str) -> Result<Code, TransferError> {
        let text = match vestibule::is_program_file_name(file) {
            true => Err("it is a program file; name the source that it was made from".to_owned()),
            false => load::text(&self.file.folder.join(file), SOURCE_BYTES_MAX),
        };
        let text = text.map_err(|why| TransferError::File { file: file.to_owned(), why })?;
        let stem = unique_stem(name, &mut self.taken);
        let path = format!("{folder}/{stem}/code.js");
        self.transfer.file(path.clone(), text);
        Ok(Code { stem, path: format!("./{path}") })
    }

    /// A secret by keyword; the deploy CLI fills in the value.
    fn secrets(&mut self, secrets: &BTreeMap<String, SecretSource>, about: &str) -> Value {
        secrets
            .iter()
            .map(|(name, source)| {
                if let Some(file) = &source.file {
                    let text = format!("its secret {name} is read from {file}; set the keyword {name} to it");
                    self.transfer.note(about, text);
                }
                json!({ "name": name, "value": format!("##{}##", source.env.as_ref().unwrap_or(name)) })
            })
            .collect()
    }

    /// The ordered bindings by the id of the trigger.
    fn bindings(&mut self) -> Map<String, Value> {
        let mut bindings = Map::new();
        for (id, trigger) in auth0_triggers(self.file) {
            for (entity, action) in &trigger.entities {
                let text = format!("bind {:?} to it in Auth0; it is not in the files", action.action());
                self.transfer.note(format!("auth0/{id} of {entity:?}"), text);
            }
            if trigger.entities.is_empty() {
                let list: Value = trigger.actions.iter().map(|action| self.binding(id, action)).collect();
                bindings.insert(id.to_owned(), list);
            }
        }
        bindings
    }

    fn binding(&mut self, id: &str, action: &BoundAction) -> Value {
        let details = action.details();
        let lost: Vec<&str> = [
            ("on_failure", details.on_failure == Some(FailurePolicy::Continue)),
            ("secrets", !details.secrets.is_empty()),
            ("configuration", !details.configuration.is_empty()),
            ("limits", !details.limits.is_empty()),
            ("egress", details.egress.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_given)| is_given.then_some(key))
        .collect();
        if !lost.is_empty() {
            let text = format!("Auth0 has no place for its {} there", lost.join(", "));
            self.transfer.note(format!("{:?} at auth0/{id}", action.name()), text);
        }
        json!({ "action_name": action.action(), "display_name": action.name() })
    }

    /// What Auth0 has no place for.
    fn tell_of_what_stays(&mut self) {
        for (id, trigger) in &self.file.document.triggers {
            match auth0_id(id) {
                None => self.transfer.note(format!("trigger {id}"), "left out: it is none of Auth0's"),
                Some(_) if trigger.budget_ms.is_some() => {
                    self.transfer.note(format!("trigger {id}"), "Auth0 sets the budget itself");
                }
                Some(_) => {}
            }
        }
        if !self.file.document.limits.is_empty() || self.file.document.egress.is_some() {
            self.transfer.note("the flow file", "Auth0 has no place for limits and egress");
        }
    }

    fn tell_of_limits(&mut self, about: &str, action: &ActionEntry) {
        let has = !action.limits.is_empty() || action.egress.is_some() || !action.configuration.is_empty();
        if has {
            self.transfer.note(about, "Auth0 has no place for its limits, egress and configuration");
        }
    }

    fn tell_of_the_language(&mut self, about: &str, file: &str) {
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !matches!(ending, "js" | "cjs") {
            let text = format!("{file} is copied as it is, but Auth0 takes JavaScript that uses `exports`");
            self.transfer.note(about, text);
        }
    }

    /// The ids of Auth0's triggers that run an action, or for which it is written.
    fn triggers_of(&self, name: &str, action: &ActionEntry) -> Vec<String> {
        let runs = |trigger: &TriggerEntry| {
            trigger.actions.iter().chain(trigger.entities.values()).any(|bound| bound.action() == name)
        };
        let bound: Vec<String> = auth0_triggers(self.file)
            .filter(|(_, trigger)| runs(trigger))
            .map(|(id, _)| id.to_owned())
            .collect();
        if bound.is_empty() {
            action.trigger.as_deref().and_then(auth0_id).map(str::to_owned).into_iter().collect()
        } else {
            bound
        }
    }
}

fn auth0_triggers(file: &FlowFile) -> impl Iterator<Item = (&str, &TriggerEntry)> {
    file.document.triggers.iter().filter_map(|(id, trigger)| Some((auth0_id(id)?, trigger)))
}

fn auth0_id(id: &str) -> Option<&str> {
    id.strip_prefix("auth0/")
}

fn version_of(id: &str) -> &'static str {
    TRIGGER_VERSIONS.iter().find(|(known, _)| *known == id).map_or("v1", |(_, version)| version)
}

fn dependencies(dependencies: &BTreeMap<String, String>) -> Value {
    dependencies.iter().map(|(name, version)| json!({ "name": name, "version": version })).collect()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

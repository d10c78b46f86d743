//! Checks everything that a flow file names, at once: `vestibule flow check`.

use serde::Serialize;
use vestibule::Vestibule;

use crate::document::BoundAction;
use crate::document::FailurePolicy;
use crate::flow_file::FlowFile;
use crate::load::Loader;
use crate::node::Path;
use crate::problem::FlowFileError;
use crate::problem::Problem;
use crate::target::Target;

/// What a flow file binds, and everything that is wrong with what it names.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// What is bound, ordered by trigger.
    pub flows: Vec<FlowSummary>,
    /// Actions that are bound to nothing.
    pub unbound: Vec<String>,
    /// What is odd and stops nothing.
    pub warnings: Vec<String>,
    /// What is wrong, in the order of its places.
    pub problems: Vec<Problem>,
}

/// What is bound to one target.
#[derive(Debug, Serialize)]
pub struct FlowSummary {
    /// The trigger.
    pub trigger: String,
    /// The entity that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The authentication method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The actions, in the order in which they run.
    pub actions: Vec<ActionSummary>,
}

/// One action at its place.
#[derive(Debug, Serialize)]
pub struct ActionSummary {
    /// What reports call it.
    pub name: String,
    /// Its name in the file.
    pub action: String,
    /// Its source.
    pub file: String,
    /// Whether the flow goes on when it fails.
    pub may_fail: bool,
    /// The names of its secrets.
    pub secrets: Vec<String>,
}

impl FlowFile {
    /// Loads everything that the file names: compiles every action, bound or not, reads every secret,
    /// and looks for every trigger. `vestibule` must come from [`configure`](Self::configure).
    pub fn check(&self, vestibule: &Vestibule) -> CheckReport {
        let mut loader = Loader::new(self);
        let targets = self.targets();
        let flows = targets
            .iter()
            .map(|target| {
                loader.flow(vestibule, target);
                self.summary(target)
            })
            .collect();
        let unbound = self.unbound();
        for name in &unbound {
            let Some(entry) = self.document.actions.get(name) else { continue };
            let path = Path::of(&["actions", name]);
            loader.action(name, name, entry);
            let unknown = entry.trigger.as_ref().and_then(|id| vestibule.triggers().get(id).err());
            if let Some(error) = unknown {
                loader.find(&path.key("trigger"), error.to_string());
            }
        }
        for (key, module) in &self.document.modules {
            loader.module(key, key, module);
        }
        let Loader { mut findings, mut warnings, .. } = loader;
        // An action that is bound twice is loaded twice.
        findings.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
        findings.dedup_by(|a, b| a.place == b.place && a.message == b.message);
        warnings.sort();
        warnings.dedup();
        let problems = FlowFileError::new(&self.shown, findings).problems;
        CheckReport { flows, unbound, warnings, problems }
    }

    /// What is bound to a target, without loading any of it.
    pub fn summary(&self, target: &Target) -> FlowSummary {
        let actions = self.bound(target).map(|bound| bound.actions).unwrap_or_default();
        FlowSummary {
            trigger: target.trigger.clone(),
            entity: target.entity.clone(),
            method: target.method.clone(),
            actions: actions.iter().map(|action| self.summary_of(action)).collect(),
        }
    }

    fn summary_of(&self, bound: &BoundAction) -> ActionSummary {
        let entry = self.document.actions.get(bound.action());
        let details = bound.details();
        let mut secrets: Vec<String> =
            entry.map(|entry| entry.secrets.keys().cloned().collect()).unwrap_or_default();
        secrets.extend(details.secrets.keys().cloned());
        secrets.sort();
        secrets.dedup();
        ActionSummary {
            name: bound.name().to_owned(),
            action: bound.action().to_owned(),
            file: entry.map(|entry| entry.file.clone()).unwrap_or_default(),
            may_fail: details.on_failure == Some(FailurePolicy::Continue),
            secrets,
        }
    }

    /// The actions that no trigger runs.
    fn unbound(&self) -> Vec<String> {
        let bound = |name: &str| {
            self.document.triggers.values().any(|trigger| {
                let lists = trigger.actions.iter().chain(trigger.methods.values().flatten());
                lists.chain(trigger.entities.values()).any(|action| action.action() == name)
            })
        };
        self.document.actions.keys().filter(|name| !bound(name)).cloned().collect()
    }
}

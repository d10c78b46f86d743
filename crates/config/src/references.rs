//! What the schema cannot say: names that must exist, keys that go together, hosts that are none.

use std::collections::BTreeMap;

use vestibule::Egress;

use crate::conform::suggestion;
use crate::document::BoundAction;
use crate::document::Document;
use crate::document::EgressRules;
use crate::document::TriggerEntry;
use crate::node::Node;
use crate::node::Path;
use crate::problem::Finding;
use crate::target::METHOD_TRIGGERS;

/// Everything in a file that contradicts itself.
pub(crate) fn check(document: &Document, tree: &Node) -> Vec<Finding> {
    let mut check = Check { document, tree, findings: Vec::new() };
    check.egress(document.egress.as_ref(), &Path::root());
    for (name, action) in &document.actions {
        let path = Path::of(&["actions", name]);
        check.egress(action.egress.as_ref(), &path);
        check.modules(&action.modules, &path.key("modules"));
    }
    for (id, trigger) in &document.triggers {
        check.trigger(id, trigger);
    }
    check.findings
}

struct Check<'d> {
    document: &'d Document,
    tree: &'d Node,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn trigger(&mut self, id: &str, trigger: &TriggerEntry) {
        let path = Path::of(&["triggers", id]);
        self.list(&trigger.actions, &path.key("actions"));
        for (method, actions) in &trigger.methods {
            self.list(actions, &path.key("methods").key(method.name()));
        }
        for (entity, action) in &trigger.entities {
            self.bound(action, &path.key("entities").key(entity));
        }
        if !trigger.methods.is_empty() && !METHOD_TRIGGERS.contains(&id) {
            let finding = self.at_key(&path.key("methods"), "this trigger has no lists by method");
            let help = format!("the triggers that have are: {}", METHOD_TRIGGERS.join(", "));
            self.findings.push(finding.help(help));
        }
        let has_list = !trigger.actions.is_empty() || !trigger.methods.is_empty();
        if has_list && !trigger.entities.is_empty() {
            let finding =
                self.at_key(&path.key("entities"), "a trigger is bound either to a list or to entities");
            self.findings.push(finding.help("leave one of them out"));
        }
    }

    /// An ordered list: every action of it must be told apart in reports.
    fn list(&mut self, actions: &[BoundAction], path: &Path) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, action) in actions.iter().enumerate() {
            let path = path.index(index);
            self.bound(action, &path);
            if let Some(first) = seen.insert(action.name(), index) {
                let message =
                    format!("{:?} is bound here twice: it is number {} too", action.name(), first + 1);
                let finding = Finding::new(self.tree.place_of(&path), path, message);
                let help = format!("write {{action: {}, name: …}} with a name of its own", action.action());
                self.findings.push(finding.help(help));
            }
        }
    }

    fn bound(&mut self, bound: &BoundAction, path: &Path) {
        let name = bound.action();
        if !self.document.actions.contains_key(name) {
            let known: Vec<&str> = self.document.actions.keys().map(String::as_str).collect();
            let path = match bound {
                BoundAction::Name(_) => path.clone(),
                BoundAction::Detailed(_) => path.key("action"),
            };
            self.unknown("action", name, &known, &path);
        }
        self.egress(bound.details().egress.as_ref(), path);
    }

    fn modules(&mut self, modules: &[String], path: &Path) {
        let known: Vec<&str> = self.document.modules.keys().map(String::as_str).collect();
        let mut required: BTreeMap<&str, &str> = BTreeMap::new();
        for (index, key) in modules.iter().enumerate() {
            let path = path.index(index);
            let Some(module) = self.document.modules.get(key) else {
                self.unknown("module", key, &known, &path);
                continue;
            };
            let name = module.name.as_deref().unwrap_or(key);
            if let Some(other) = required.insert(name, key) {
                let message = format!("{other:?} and {key:?} are both required as {name:?}");
                let finding = Finding::new(self.tree.place_of(&path), path, message);
                self.findings.push(finding.help("an action can use one version of a module"));
            }
        }
    }

    fn unknown(&mut self, what: &str, name: &str, known: &[&str], path: &Path) {
        let message = format!("there is no {what} {name:?}{}", suggestion(name, known));
        let help = match known {
            [] => format!("{what}s are written under `{what}s:`, by name"),
            known => format!("the {what}s are: {}", known.join(", ")),
        };
        self.findings.push(Finding::new(self.tree.place_of(path), path.clone(), message).help(help));
    }

    /// Each host by itself, so that the finding stands at the one that is none.
    fn egress(&mut self, rules: Option<&EgressRules>, around: &Path) {
        let hosts = rules.and_then(|rules| rules.hosts.as_deref()).unwrap_or_default();
        for (index, host) in hosts.iter().enumerate() {
            if let Err(error) = Egress::builder().allow_hosts([host]).build() {
                let path = around.key("egress").key("hosts").index(index);
                let finding = Finding::new(self.tree.place_of(&path), path, error.to_string());
                let help = "write a name such as api.example.com, or *.example.com for all names below it";
                self.findings.push(finding.help(help));
            }
        }
    }

    fn at_key(&self, path: &Path, message: &str) -> Finding {
        Finding::new(self.tree.key_place_of(path), path.clone(), message)
    }
}

//! What actions can be bound to, and whether a trigger is bound so.

use std::fmt;

use vestibule::BindingPolicy;
use vestibule::Trigger;

use crate::conform::suggestion;
use crate::document::Method;
use crate::document::TriggerEntry;

/// Triggers whose lists may differ by authentication method.
pub(crate) const METHOD_TRIGGERS: [&str; 3] =
    ["ory/after-login", "ory/after-registration", "ory/after-settings"];

/// Something that actions can be bound to: a trigger, and where it has them an entity or a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The id of the trigger, such as `auth0/post-login`.
    pub trigger: String,
    /// The id of the entity, for triggers that are bound to one.
    pub entity: Option<String>,
    /// The authentication method, for the `ory/after-…` triggers that know one.
    pub method: Option<String>,
}

/// Why a trigger is not bound as it is asked for.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Target {
    /// What is bound to a trigger.
    pub fn trigger(id: impl Into<String>) -> Self {
        Self { trigger: id.into(), entity: None, method: None }
    }

    /// What is bound to an entity of the trigger.
    #[must_use]
    pub fn entity(mut self, id: impl Into<String>) -> Self {
        self.entity = Some(id.into());
        self
    }

    /// What is bound to an authentication method, or to the trigger where nothing is bound to the
    /// method.
    #[must_use]
    pub fn method(mut self, name: impl Into<String>) -> Self {
        self.method = Some(name.into());
        self
    }

    /// Whether the trigger is bound by what the file and the target name.
    pub(crate) fn check(&self, trigger: &Trigger, entry: &TriggerEntry) -> Result<(), Refusal> {
        match trigger.binding() {
            BindingPolicy::Entity { kind } => of_entity(entry, self, kind),
            BindingPolicy::List { max } => of_list(entry, self, *max),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.trigger)?;
        if let Some(entity) = &self.entity {
            write!(f, " of {entity:?}")?;
        }
        if let Some(method) = &self.method {
            write!(f, " with {method}")?;
        }
        Ok(())
    }
}

/// A trigger that is bound to entities: one action for each.
fn of_entity(entry: &TriggerEntry, target: &Target, kind: &str) -> Result<(), Refusal> {
    let known: Vec<&str> = entry.entities.keys().map(String::as_str).collect();
    let entities = match known.as_slice() {
        [] => format!("write it under `entities:`, by the id of the {kind}"),
        known => format!("the entities are: {}", known.join(", ")),
    };
    let message = if !entry.actions.is_empty() || !entry.methods.is_empty() {
        format!("this trigger takes one action for each {kind}, and no list")
    } else {
        match &target.entity {
            None => format!("this trigger is bound to a {kind}, and none is named"),
            Some(entity) if entry.entities.contains_key(entity) => return Ok(()),
            Some(entity) => {
                format!("nothing is bound to the {kind} {entity:?}{}", suggestion(entity, &known))
            }
        }
    };
    Err(Refusal { message, help: Some(entities) })
}

/// A trigger that is bound to a list, and perhaps to one for each method.
fn of_list(entry: &TriggerEntry, target: &Target, max: Option<usize>) -> Result<(), Refusal> {
    if !entry.entities.is_empty() || target.entity.is_some() {
        let message = "this trigger is not bound to entities, but takes a list".to_owned();
        return Err(Refusal { message, help: Some("write it under `actions:`".to_owned()) });
    }
    let knows_methods = METHOD_TRIGGERS.contains(&target.trigger.as_str());
    if let Some(method) = target.method.as_deref().filter(|_| !knows_methods) {
        let message = format!("this trigger knows no methods, so not {method:?}");
        let help = format!("the triggers that do are: {}", METHOD_TRIGGERS.join(", "));
        return Err(Refusal { message, help: Some(help) });
    }
    let known = Method::ALL.map(|(_, name)| name);
    if let Some(method) = target.method.as_deref().filter(|method| !known.contains(method)) {
        let message = format!("there is no method {method:?}{}", suggestion(method, &known));
        return Err(Refusal { message, help: Some(format!("the methods are: {}", known.join(", "))) });
    }
    let longest = entry.methods.values().chain([&entry.actions]).map(Vec::len).max().unwrap_or_default();
    match max {
        Some(max) if longest > max => {
            let message = format!("{longest} actions are bound to this trigger, but it takes {max} at most");
            Err(Refusal { message, help: Some("leave some of them out".to_owned()) })
        }
        Some(_) | None => Ok(()),
    }
}

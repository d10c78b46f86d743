//! The triggers that a host offers, by name.

use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::suggest::did_you_mean;
use crate::trigger::Trigger;

/// A declaration that comes with the crate, and an example of its event.
struct BuiltIn {
    file_name: &'static str,
    source: &'static str,
    sample_event: &'static str,
}

/// The declaration and the sample of a trigger, from their files.
macro_rules! built_in {
    ($id:literal) => {
        BuiltIn {
            file_name: concat!($id, ".d.ts"),
            source: include_str!(concat!("../../../runtime-js/triggers/", $id, ".d.ts")),
            sample_event: include_str!(concat!("../samples/", $id, ".json")),
        }
    };
}

/// A file of types that declarations import.
macro_rules! shared {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../runtime-js/triggers/", $path)))
    };
}

const BUILT_IN: &[BuiltIn] = &[
    built_in!("auth0/post-login"),
    built_in!("auth0/pre-user-registration"),
    built_in!("auth0/post-user-registration"),
    built_in!("auth0/login-post-identifier"),
    built_in!("auth0/signup-post-identifier"),
    built_in!("auth0/credentials-exchange"),
    built_in!("auth0/custom-token-exchange"),
    built_in!("auth0/password-reset-post-challenge"),
    built_in!("auth0/post-change-password"),
    built_in!("auth0/password-hash-migration"),
    built_in!("auth0/send-phone-message"),
    built_in!("auth0/custom-phone-provider"),
    built_in!("auth0/custom-email-provider"),
    built_in!("auth0/event-stream"),
    built_in!("ory/before-login"),
    built_in!("ory/after-login"),
    built_in!("ory/before-registration"),
    built_in!("ory/after-registration"),
    built_in!("ory/before-recovery"),
    built_in!("ory/after-recovery"),
    built_in!("ory/before-settings"),
    built_in!("ory/after-settings"),
    built_in!("ory/before-verification"),
    built_in!("ory/after-verification"),
    built_in!("ory/oauth2-token"),
    built_in!("corbado/pre-login"),
    built_in!("corbado/post-login"),
    built_in!("corbado/post-append"),
];

const SHARED: &[(&str, &str)] = &[
    shared!("shared.d.ts"),
    shared!("auth0/shared.d.ts"),
    shared!("ory/shared.d.ts"),
    shared!("corbado/shared.d.ts"),
];

/// The triggers that a host offers.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    triggers: Vec<Arc<Trigger>>,
}

/// A trigger of this name exists already.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is already a trigger {id:?}; give the new one another @trigger name")]
pub struct DuplicateTrigger {
    /// The name.
    pub id: String,
}

/// No trigger has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTrigger {
    /// The name that was asked for, cut to 100 characters.
    pub id: String,
    /// The known name that was most likely meant.
    pub did_you_mean: Option<String>,
    /// All known names.
    pub known: Vec<String>,
}

impl Registry {
    /// A registry without triggers.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// The triggers that come with this crate. Their declarations are read once per process.
    pub fn built_in() -> Registry {
        static TRIGGERS: OnceLock<Vec<Arc<Trigger>>> = OnceLock::new();
        let triggers = TRIGGERS.get_or_init(|| BUILT_IN.iter().map(BuiltIn::read).collect());
        Registry { triggers: triggers.clone() }
    }

    /// Adds a trigger.
    ///
    /// # Errors
    /// When there is a trigger of the same name.
    pub fn add(&mut self, trigger: Trigger) -> Result<(), DuplicateTrigger> {
        if self.triggers.iter().any(|other| other.id() == trigger.id()) {
            return Err(DuplicateTrigger { id: trigger.id().to_owned() });
        }
        self.triggers.push(Arc::new(trigger));
        Ok(())
    }

    /// Finds a trigger.
    ///
    /// # Errors
    /// When there is none of this name; the error says which one was most likely meant.
    pub fn get(&self, id: &str) -> Result<&Arc<Trigger>, UnknownTrigger> {
        self.triggers.iter().find(|trigger| trigger.id() == id).ok_or_else(|| self.unknown(id))
    }

    /// All triggers, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Trigger>> {
        self.triggers.iter()
    }

    /// A name without its platform counts as a near miss too: `post-login` for `auth0/post-login`.
    fn unknown(&self, id: &str) -> UnknownTrigger {
        let known: Vec<&str> = self.triggers.iter().map(|trigger| trigger.id()).collect();
        let by_name =
            known.iter().copied().find(|known| known.split_once('/').is_some_and(|(_, name)| name == id));
        let meant = by_name.or_else(|| did_you_mean(id, known.iter().copied()));
        UnknownTrigger {
            id: id.chars().take(100).collect(),
            did_you_mean: meant.map(str::to_owned),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl std::fmt::Display for UnknownTrigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no trigger {:?}", self.id)?;
        match &self.did_you_mean {
            Some(meant) => write!(f, "; did you mean {meant:?}?"),
            None => Ok(()),
        }?;
        write!(f, " (known: {})", self.known.join(", "))
    }
}

impl std::error::Error for UnknownTrigger {}

impl BuiltIn {
    fn read(&self) -> Arc<Trigger> {
        #[expect(clippy::expect_used, reason = "the text is part of this crate, and a test reads it")]
        let trigger = Trigger::parse_with_imports(self.file_name, self.source, shared)
            .expect("a built-in declaration is readable");
        Arc::new(trigger.with_sample_event(self.sample_event))
    }
}

/// The text of a file that built-in declarations share.
fn shared(path: &str) -> Option<String> {
    SHARED.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::Registry;
    use crate::conform::{Strictness, check};

    /// Fields that the declaration does not know would be misspelt ones.
    #[test]
    fn the_sample_events_are_valid_and_hold_nothing_unknown() {
        for trigger in Registry::built_in().iter() {
            let sample = trigger.sample_event().unwrap_or_else(|| panic!("{} has no sample", trigger.id()));
            let mut event: Value =
                serde_json::from_str(sample).unwrap_or_else(|error| panic!("{}: {error}", trigger.id()));
            for provided in ["secrets", "configuration"] {
                event[provided] = Value::Object(serde_json::Map::new());
            }
            let problems = check(&trigger.types, &trigger.event, &event, "$", Strictness::Closed, 20);
            let problems: Vec<String> =
                problems.iter().map(|problem| format!("{} {}", problem.path, problem.expected)).collect();
            assert!(problems.is_empty(), "{}: {problems:#?}", trigger.id());
        }
    }
}

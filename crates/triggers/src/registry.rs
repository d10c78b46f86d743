//! The triggers that a host offers, by name.

use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use thiserror::Error;

use crate::declaration::{self, DeclarationError, Library};
use crate::suggest::did_you_mean;
use crate::trigger::Trigger;

/// A declaration that comes with the crate, and an example of its event.
struct BuiltIn {
    id: &'static str,
    file_name: &'static str,
    source: &'static str,
    sample_event: &'static str,
    /// Read when it is first asked for: whoever calls one trigger does not wait for all the others.
    trigger: OnceLock<Arc<Trigger>>,
}

/// A file of types that declarations import, taken apart by the first declaration that imports it.
struct SharedFile {
    path: &'static str,
    text: &'static str,
    library: OnceLock<Result<Arc<Library>, DeclarationError>>,
}

/// The declaration and the sample of a trigger, from their files.
macro_rules! built_in {
    ($id:literal) => {
        BuiltIn {
            id: $id,
            file_name: concat!($id, ".d.ts"),
            source: include_str!(concat!("../../../runtime-js/triggers/", $id, ".d.ts")),
            sample_event: include_str!(concat!("../samples/", $id, ".json")),
            trigger: OnceLock::new(),
        }
    };
}

/// A file of types that declarations import.
macro_rules! shared {
    ($path:literal) => {
        SharedFile {
            path: $path,
            text: include_str!(concat!("../../../runtime-js/triggers/", $path)),
            library: OnceLock::new(),
        }
    };
}

static BUILT_IN: LazyLock<Vec<BuiltIn>> = LazyLock::new(|| {
    vec![
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
    ]
});

static SHARED: LazyLock<Vec<SharedFile>> = LazyLock::new(|| {
    vec![
        shared!("shared.d.ts"),
        shared!("auth0/shared.d.ts"),
        shared!("ory/shared.d.ts"),
        shared!("corbado/shared.d.ts"),
    ]
});

/// The triggers that a host offers.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    built_in: &'static [BuiltIn],
    added: Vec<Arc<Trigger>>,
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

    /// The triggers that come with this crate. Each declaration is read when its trigger is first asked
    /// for, once per process.
    pub fn built_in() -> Registry {
        Registry { built_in: &BUILT_IN, added: Vec::new() }
    }

    /// Adds a trigger.
    ///
    /// # Errors
    /// When there is a trigger of the same name.
    pub fn add(&mut self, trigger: Trigger) -> Result<(), DuplicateTrigger> {
        if self.ids().any(|id| id == trigger.id()) {
            return Err(DuplicateTrigger { id: trigger.id().to_owned() });
        }
        self.added.push(Arc::new(trigger));
        Ok(())
    }

    /// Finds a trigger.
    ///
    /// # Errors
    /// When there is none of this name; the error says which one was most likely meant.
    pub fn get(&self, id: &str) -> Result<&Arc<Trigger>, UnknownTrigger> {
        let built_in = self.built_in.iter().find(|built_in| built_in.id == id).map(BuiltIn::trigger);
        built_in
            .or_else(|| self.added.iter().find(|trigger| trigger.id() == id))
            .ok_or_else(|| self.unknown(id))
    }

    /// All triggers: the built-in ones, then the others in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Trigger>> {
        self.built_in.iter().map(BuiltIn::trigger).chain(&self.added)
    }

    /// The names of all triggers, without reading a declaration.
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.built_in.iter().map(|built_in| built_in.id).chain(self.added.iter().map(|trigger| trigger.id()))
    }

    /// A name without its platform counts as a near miss too: `post-login` for `auth0/post-login`.
    fn unknown(&self, id: &str) -> UnknownTrigger {
        let known: Vec<&str> = self.ids().collect();
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

impl fmt::Display for UnknownTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    fn trigger(&self) -> &Arc<Trigger> {
        self.trigger.get_or_init(|| self.read())
    }

    fn read(&self) -> Arc<Trigger> {
        #[expect(clippy::expect_used, reason = "the text is part of this crate, and a test reads it")]
        let trigger = declaration::read(self.file_name, self.source, &shared)
            .expect("a built-in declaration is readable");
        Arc::new(trigger.with_sample_event(self.sample_event))
    }
}

/// The name is what tells it from others; the texts would fill screens.
impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// A file that built-in declarations share.
fn shared(path: &str) -> Option<Result<Arc<Library>, DeclarationError>> {
    let file = SHARED.iter().find(|file| file.path == path)?;
    let read = || Library::read(file.path, file.text.to_owned()).map(Arc::new);
    Some(file.library.get_or_init(read).clone())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use serde_json::Value;

    use super::{BUILT_IN, BuiltIn, Registry};
    use crate::conform::{Strictness, check};

    #[test]
    fn every_built_in_declaration_is_readable_and_has_the_name_of_its_file() {
        for built_in in BUILT_IN.iter() {
            assert_eq!(built_in.trigger().id(), built_in.id);
        }
    }

    #[test]
    fn a_declaration_is_read_when_its_trigger_is_asked_for_and_not_before() {
        const SOURCE: &str = "/**\n * @trigger own/one\n * @title One\n */\n\
            /** @handler onOne execute */\nexport type OnOne = (event: Event) => Promise<void>;\n\
            export interface Event { id: string; }\n";
        fn of(id: &'static str, source: &'static str) -> BuiltIn {
            let (file_name, sample_event) = ("own.d.ts", "{ \"id\": \"1\" }");
            BuiltIn { id, file_name, source, sample_event, trigger: OnceLock::new() }
        }
        let own = vec![of("own/one", SOURCE), of("own/unreadable", "interface {")];
        let registry = Registry { built_in: own.leak(), added: Vec::new() };
        assert_eq!(registry.get("own/one").expect("it is there").handlers()[0].name, "onOne");
        assert_eq!(
            registry.get("own/two").expect_err("there is none").to_string(),
            "there is no trigger \"own/two\" (known: own/one, own/unreadable)"
        );
        assert!(registry.built_in[1].trigger.get().is_none(), "nobody asked for it");
    }

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

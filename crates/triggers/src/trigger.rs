//! A trigger: everything that its declaration says.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conform::{Strictness, check};
use crate::declaration::{self, DeclarationError, Library};
use crate::effects::Folded;
use crate::rules::{Rules, Target};
use crate::shape::{Shape, Types};
use crate::{effects, reference, schema, sensitive};

/// How many mismatches [`Trigger::check_event`] reports.
const MISMATCHES_MAX: usize = 20;

/// A named point of a host's flow: what an action sees, may ask for, and exports.
#[derive(Debug)]
pub struct Trigger {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) source: String,
    pub(crate) mode: Mode,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) methods: Vec<Method>,
    pub(crate) method_index: HashMap<String, usize>,
    pub(crate) types: Types,
    pub(crate) event: Shape,
    pub(crate) targets: Vec<Target>,
    pub(crate) sample_event: Option<String>,
    pub(crate) subject: Vec<Vec<String>>,
    pub(crate) binding: BindingPolicy,
    pub(crate) retries: Option<Retries>,
    pub(crate) needs: Vec<Need>,
}

/// Methods of which a flow calls at least one.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) methods: Vec<String>,
    pub(crate) message: String,
}

/// How actions are bound to a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindingPolicy {
    /// An ordered list of actions.
    List {
        /// How many there may be.
        max: Option<usize>,
    },
    /// Exactly one action for each entity of the host, such as a token-exchange profile.
    Entity {
        /// What the entity is, such as `token-exchange-profile`.
        kind: String,
    },
}

/// How a run in the background is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// What calls for another run.
    pub on: RetryOn,
    /// How long to wait before each repetition; as many entries as repetitions.
    pub waits: Vec<Duration>,
}

/// What calls for another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryOn {
    /// An action failed.
    Failure,
    /// An action called this method of `api`.
    Command(String),
}

/// Where a suspended flow goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resume {
    /// At the continue handler of the action that suspended it.
    Continue,
    /// At the action after it.
    Next,
}

/// Whether the flow waits for the actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The host waits for the decision.
    Sync,
    /// The host goes on; the actions run in the background.
    Async,
}

/// A function that actions of the trigger export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// The name of the export, such as `onExecutePostLogin`.
    pub name: String,
    /// When it is called.
    pub phase: Phase,
    /// Its description.
    pub docs: String,
    /// An example of an action, in Markdown.
    pub example: Option<String>,
}

/// When a handler is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// When the flow reaches the action.
    Execute,
    /// When the flow comes back from a suspension that the action asked for.
    Continue,
}

/// A method of the `api` object.
#[derive(Debug, Clone)]
pub struct Method {
    /// Where the method is found under `api`, such as `accessToken.setCustomClaim`.
    pub path: String,
    /// The parameters in order.
    pub params: Vec<Param>,
    /// What the call gives the script.
    pub returns: Returns,
    /// The type that the declaration gives the result.
    pub return_type: String,
    /// The host function that answers the call; a method without one records a command.
    pub host: Option<String>,
    /// Whether later actions of the flow do not run.
    pub stops: bool,
    /// Whether the flow waits for the user when the handler has ended, and where it goes on then.
    pub suspends: Option<Resume>,
    /// How the commands of this method fold into effects.
    pub effect: Effect,
    /// The description.
    pub docs: String,
    pub(crate) rules: Rules,
}

/// A parameter of a method.
#[derive(Debug, Clone)]
pub struct Param {
    /// The name, which is also the key in [`Command::args`].
    pub name: String,
    /// Whether the argument may be left out.
    pub optional: bool,
    /// The type as the declaration writes it.
    pub type_text: String,
    /// The description.
    pub docs: String,
    pub(crate) shape: Shape,
    /// Whether values may need trimming or defaults, which most never do.
    pub(crate) normalises: bool,
}

/// What a call gives the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// The `api` object, so that calls chain.
    Chain,
    /// `undefined`.
    Nothing,
    /// A value that the host computes while the script waits.
    Value,
    /// A promise of a value that the host computes.
    Promise,
}

/// How the commands of a method fold into effects.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Where the effect stands; the method's own path unless methods share one.
    pub path: Vec<String>,
    /// Which of several commands counts.
    pub merge: Merge,
    /// The parameter that tells entries apart.
    pub by: Option<String>,
    /// What an entry holds in place of the arguments.
    pub value: Option<Value>,
    /// What an entry holds beside the arguments.
    pub fields: Map<String, Value>,
}

/// Which of several commands counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// The last one.
    Last,
    /// The one with the smallest number.
    Earliest,
    /// The first one.
    Once,
    /// All of them, in order.
    Append,
    /// Withdraws the entries collected so far, and marks the effect as cleared.
    Clear,
}

/// One request that a script made through `api`: data for the host, never applied here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The path of the method, such as `access.deny`. It is called `command` in JSON.
    #[serde(rename = "command")]
    pub method: String,
    /// The arguments under the parameter names of the declaration.
    pub args: Map<String, Value>,
}

/// One way in which an event differs from its declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Where, such as `$.user.email`.
    pub path: String,
    /// What was expected there, as the end of a sentence: `must be a string`.
    pub expected: String,
    /// What is there; empty when `expected` says all.
    pub found: String,
}

impl Trigger {
    /// Reads a trigger declaration that stands alone. The tags are explained in the
    /// [crate documentation](crate).
    ///
    /// # Errors
    /// When the file is not TypeScript, or uses something that declarations do not support.
    pub fn parse(file_name: &str, source: &str) -> Result<Trigger, DeclarationError> {
        declaration::read(file_name, source, &|_| None)
    }

    /// Reads a trigger declaration that imports types from other files. `resolve` gives the text of a
    /// file by its path, which begins where `file_name` begins.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), and when a file or a type in it is missing.
    pub fn parse_with_imports(
        file_name: &str,
        source: &str,
        resolve: impl Fn(&str) -> Option<String> + Sync,
    ) -> Result<Trigger, DeclarationError> {
        declaration::read(file_name, source, &|path| {
            resolve(path).map(|text| Library::read(path, text).map(Arc::new))
        })
    }

    /// Adds an example of an event, as JSON text.
    #[must_use]
    pub fn with_sample_event(mut self, json: impl Into<String>) -> Trigger {
        self.sample_event = Some(json.into());
        self
    }

    /// The name, such as `auth0/post-login`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A short title for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the trigger is for.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The declaration itself with everything that it imports, which is what editors need.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the flow waits for the actions.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How actions are bound.
    pub fn binding(&self) -> &BindingPolicy {
        &self.binding
    }

    /// How a run in the background is repeated; `None` when it is not.
    pub fn retries(&self) -> Option<&Retries> {
        self.retries.as_ref()
    }

    /// What an event is about: a list of the values that the declaration names with `@subject`, `null`
    /// for those that are absent. A suspended flow only goes on with an event of the same subject.
    pub fn subject(&self, event: &Value) -> Value {
        let value = |path: &Vec<String>| path.iter().try_fold(event, |value, step| value.get(step)).cloned();
        self.subject.iter().map(|path| value(path).unwrap_or(Value::Null)).collect()
    }

    /// The functions that an action may export.
    pub fn handlers(&self) -> &[Handler] {
        &self.handlers
    }

    /// The methods of `api` in the order of the declaration. A method's index is its number in
    /// [`Calls::call`](crate::Calls::call).
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method with this path.
    pub fn method(&self, path: &str) -> Option<&Method> {
        self.method_index.get(path).and_then(|&index| self.methods.get(index))
    }

    /// A complete example of an event as JSON text.
    pub fn sample_event(&self) -> Option<&str> {
        self.sample_event.as_deref()
    }

    /// Compares an event with the declaration. Fields that the declaration does not know are fine.
    ///
    /// # Errors
    /// The first mismatches, at most 20.
    pub fn check_event(&self, event: &Value) -> Result<(), Vec<Mismatch>> {
        let problems = check(&self.types, &self.event, event, "$", Strictness::Open, MISMATCHES_MAX);
        if problems.is_empty() {
            return Ok(());
        }
        let mismatch =
            |p: crate::conform::Problem| Mismatch { path: p.path, expected: p.expected, found: p.found };
        Err(problems.into_iter().map(mismatch).collect())
    }

    /// The texts of an event that must not be shown in logs and errors: those in fields that the declaration
    /// marks with `@sensitive`, each once.
    pub fn sensitive_texts<'e>(&self, event: &'e Value) -> impl Iterator<Item = &'e str> {
        sensitive::texts(&self.types, &self.event, event).into_iter()
    }

    /// The JSON Schema (2020-12) of the event.
    pub fn event_schema(&self) -> Value {
        schema::of_event(self)
    }

    /// The JSON Schema (2020-12) of a [`Command`].
    pub fn command_schema(&self) -> Value {
        schema::of_command(self)
    }

    /// Why a flow with these commands cannot go on: it lacks a call that the declaration asks for with
    /// `@needs`.
    pub fn unmet_need<'c>(&self, commands: impl Iterator<Item = &'c Command> + Clone) -> Option<&str> {
        let is_met = |need: &&Need| commands.clone().any(|command| need.methods.contains(&command.method));
        self.needs.iter().find(|need| !is_met(need)).map(|need| need.message.as_str())
    }

    /// Folds the commands of a flow into effects by the rules of their methods, and says which of them
    /// the rules reject. Each item of `actions` holds the commands of one action, in order.
    pub fn fold(&self, actions: &[&[Command]]) -> Folded {
        effects::fold(self, actions)
    }

    /// A reference page in Markdown.
    pub fn reference(&self) -> String {
        reference::page(self)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.expected)?;
        match self.found.as_str() {
            "" => Ok(()),
            found => write!(f, ", got {found}"),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Sync => "sync",
            Mode::Async => "async",
        })
    }
}

impl Phase {
    /// The name that `--handler` takes: `execute` or `continue`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Execute => "execute",
            Phase::Continue => "continue",
        }
    }
}

//! The rules of a method that its types cannot say: when it may be called, how often, and what it changes.

use serde_json::Value;

/// All rules of one method.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// Handlers that may call the method; empty means all.
    pub(crate) only: Vec<String>,
    pub(crate) requires: Vec<Requirement>,
    pub(crate) limits: Vec<CallLimit>,
    pub(crate) aborts_after: Vec<OtherMethod>,
    /// Methods whose call in the same action makes the command of this one void.
    pub(crate) discarded_by: Vec<OtherMethod>,
    pub(crate) updates: Vec<Update>,
    pub(crate) error_prefix: Option<String>,
    /// The host answers for bad arguments itself.
    pub(crate) unchecked: bool,
}

/// What the event must say for a call to be allowed.
#[derive(Debug, Clone)]
pub(crate) struct Requirement {
    pub(crate) path: Vec<String>,
    pub(crate) condition: Condition,
    /// The condition as it was written.
    pub(crate) text: String,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// The field is there and not null.
    Present,
    Equals(Vec<Value>),
    Differs(Vec<Value>),
    ObjectOrAbsent,
}

/// How much may be asked for.
#[derive(Debug, Clone)]
pub(crate) struct CallLimit {
    pub(crate) measure: Measure,
    pub(crate) max: usize,
    pub(crate) scope: Scope,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Calls,
    /// Bytes of the arguments as JSON text, over all calls.
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Execution,
    Flow,
}

/// A method that does not go together with this one, and what to say then.
#[derive(Debug, Clone)]
pub(crate) struct OtherMethod {
    pub(crate) method: usize,
    pub(crate) message: String,
}

/// A change of the event that the action sees at once.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// Index into the trigger's targets.
    pub(crate) target: usize,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// `path[key] = value`; null deletes the entry.
    SetEntry { key: String, value: Operand },
    /// `path = value`.
    Replace(Operand),
    /// `path += value`: adds to a list that holds every value once.
    Add(String),
    /// `path -= value`.
    Remove(String),
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Param(String),
    Constant(Value),
}

/// A field of the event that calls change, with what it may hold.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) path: Vec<String>,
    pub(crate) properties_max: Option<usize>,
    pub(crate) bytes_max: Option<usize>,
}

impl Requirement {
    pub(crate) fn holds(&self, event: &Value) -> bool {
        let found = self.path.iter().try_fold(event, |value, step| value.get(step));
        match &self.condition {
            Condition::Present => found.is_some_and(|value| !value.is_null()),
            Condition::Equals(values) => found.is_some_and(|value| values.contains(value)),
            Condition::Differs(values) => found.is_none_or(|value| !values.contains(value)),
            Condition::ObjectOrAbsent => found.is_none_or(Value::is_object),
        }
    }
}

//! A way to write calls in tests as one would write them in an action.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_triggers::{CallOutcome, Calls, Command, EventChange, Registry, ThrowClass, Trigger};

/// One execution under test.
pub(crate) struct Execution {
    pub(crate) trigger: Arc<Trigger>,
    calls: Calls,
}

impl Execution {
    /// Begins an execution with the sample event of a built-in trigger.
    pub(crate) fn of(id: &str) -> Execution {
        let registry = Registry::built_in();
        let trigger = registry.get(id).expect("a built-in trigger");
        let handler = &trigger.handlers().first().expect("a trigger has a handler").name;
        Execution::begin(trigger, handler, sample(id), &[])
    }

    pub(crate) fn with(id: &str, handler: &str, event: Value, earlier: &[Command]) -> Execution {
        let registry = Registry::built_in();
        let trigger = registry.get(id).expect("a built-in trigger");
        Execution::begin(trigger, handler, event, earlier)
    }

    pub(crate) fn begin(
        trigger: &Arc<Trigger>,
        handler: &str,
        event: Value,
        earlier: &[Command],
    ) -> Execution {
        let calls = Calls::new(trigger, handler, Arc::new(event), earlier);
        Execution { trigger: Arc::clone(trigger), calls }
    }

    /// Calls a method with JSON arguments; the text `"undefined"` in the list stands for `undefined`.
    pub(crate) fn call(&mut self, path: &str, args: Value) -> CallOutcome {
        let index = self.trigger.methods().iter().position(|method| method.path == path);
        let index = index.unwrap_or_else(|| panic!("no method {path}"));
        let args = args.as_array().expect("a list of arguments").iter();
        let args = args.map(|arg| (arg != "undefined").then(|| arg.clone())).collect();
        self.calls.call(index, args)
    }

    pub(crate) fn call_values(&mut self, path: &str, args: Vec<Option<Value>>) -> CallOutcome {
        let index = self.trigger.methods().iter().position(|method| method.path == path);
        self.calls.call(index.unwrap_or_else(|| panic!("no method {path}")), args)
    }

    pub(crate) fn record(&mut self, path: &str, args: Value) -> (Command, Vec<EventChange>) {
        match self.call(path, args.clone()) {
            CallOutcome::Record { command, event_changes } => (command, event_changes),
            other => panic!("{path}{args} was to be recorded, but: {other:?}"),
        }
    }

    pub(crate) fn throws(&mut self, path: &str, args: Value) -> (ThrowClass, String) {
        match self.call(path, args.clone()) {
            CallOutcome::Throw { class, message } => (class, message),
            other => panic!("{path}{args} was to throw, but: {other:?}"),
        }
    }
}

pub(crate) fn sample(id: &str) -> Value {
    let registry = Registry::built_in();
    let trigger = registry.get(id).expect("a built-in trigger");
    serde_json::from_str(trigger.sample_event().expect("a sample")).expect("a sample is JSON")
}

/// A change of the event, for comparisons.
pub(crate) fn change(path: &[&str], value: Option<Value>) -> EventChange {
    EventChange { path: path.iter().map(|step| (*step).to_owned()).collect(), value }
}

/// A value that nests `levels` deep.
pub(crate) fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

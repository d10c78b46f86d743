//! The calls of one execution: what each one means, or why it is refused.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::conform::{
    Problem, ProblemKind, Strictness, byte_count, check, drop_deep, is_too_deep, normalise,
};
use crate::live::{EventChange, Live};
use crate::rules::{CallLimit, Measure, Scope};
use crate::shape::{DEPTH_MAX, Kind, Types};
use crate::trigger::{Command, Method, Param, Trigger};

/// The state of one execution: how often each method was called, and the parts of the event that calls
/// have changed.
#[derive(Debug)]
pub struct Calls {
    trigger: Arc<Trigger>,
    handler: String,
    event: Arc<Value>,
    /// What this execution has recorded, by method.
    execution: Vec<Tally>,
    /// What the earlier actions of the flow have recorded, by method.
    earlier: Vec<Tally>,
    /// Commands of earlier actions that changed the event.
    earlier_updates: Vec<Command>,
    /// By target of the trigger; filled when a call first touches it.
    live: Vec<Option<Live>>,
}

/// What a call means.
#[derive(Debug, Clone, PartialEq)]
pub enum CallOutcome {
    /// The call is a request to the host.
    Record {
        /// The request, with its arguments in their final form.
        command: Command,
        /// What the action must now see in its event.
        event_changes: Vec<EventChange>,
    },
    /// The call asks a host function.
    Host {
        /// The name of the host function.
        name: String,
        /// The arguments under the parameter names of the declaration.
        args: Map<String, Value>,
    },
    /// The call is refused; the script gets an exception at the line of the call.
    Throw {
        /// The class of the exception.
        class: ThrowClass,
        /// Its message: short, whatever the arguments were.
        message: String,
    },
    /// The call ends the execution; the script cannot catch this.
    Abort {
        /// Why.
        message: String,
    },
}

/// The class of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrowClass {
    /// A value of the wrong type, or not one of the allowed values.
    TypeError,
    /// A value that is too long, too large or too small.
    RangeError,
    /// A call that is not possible here or now.
    Error,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    calls: usize,
    bytes: usize,
}

impl Calls {
    /// Begins an execution.
    ///
    /// `earlier` are the commands of the flow so far; some limits and changes reach across actions.
    /// Nothing of the event is copied until a call changes it, and of the commands only those that changed
    /// the event.
    pub fn new<'c>(
        trigger: &Arc<Trigger>,
        handler: &str,
        event: Arc<Value>,
        earlier: impl IntoIterator<Item = &'c Command>,
    ) -> Calls {
        let mut tallies = vec![Tally::default(); trigger.methods.len()];
        let mut earlier_updates = Vec::new();
        for command in earlier {
            let Some(&index) = trigger.method_index.get(&command.method) else { continue };
            let method = &trigger.methods[index];
            if method.rules.limits.iter().any(|limit| limit.scope == Scope::Flow) {
                tallies[index].add(bytes_of(method, &command.args));
            }
            if !method.rules.updates.is_empty() {
                earlier_updates.push(command.clone());
            }
        }
        Calls {
            trigger: Arc::clone(trigger),
            handler: handler.to_owned(),
            event,
            execution: vec![Tally::default(); trigger.methods.len()],
            earlier: tallies,
            earlier_updates,
            live: trigger.targets.iter().map(|_| None).collect(),
        }
    }

    /// Judges one call. `method` is the index in [`Trigger::methods`]; an argument is `None` when it is
    /// missing or `undefined`. Arguments beyond the declared parameters are ignored, as JavaScript does.
    pub fn call(&mut self, method: usize, args: Vec<Option<Value>>) -> CallOutcome {
        let trigger = Arc::clone(&self.trigger);
        let Some(found) = trigger.methods.get(method) else {
            args.into_iter().flatten().for_each(drop_deep);
            let message = format!("api: there is no method number {method}");
            return CallOutcome::Throw { class: ThrowClass::TypeError, message };
        };
        match self.judge(&trigger, method, found, args) {
            Ok(outcome) => outcome,
            Err(refusal) => refusal.into_outcome(found),
        }
    }

    /// The order: arguments, then whether the call is possible here, then whether it is too much.
    fn judge(
        &mut self,
        trigger: &Trigger,
        index: usize,
        method: &Method,
        args: Vec<Option<Value>>,
    ) -> Result<CallOutcome, Refusal> {
        let args = named_args(&trigger.types, method, args)?;
        self.check_conditions(method)?;
        if let Some(rule) =
            method.rules.aborts_after.iter().find(|rule| self.execution[rule.method].calls > 0)
        {
            return Ok(CallOutcome::Abort { message: rule.message.clone() });
        }
        if let Some(name) = &method.host {
            return Ok(CallOutcome::Host { name: name.clone(), args });
        }
        let bytes = bytes_of(method, &args);
        for limit in &method.rules.limits {
            self.check_limit(index, limit, bytes)?;
        }
        let event_changes = self.update_event(trigger, method, &args)?;
        self.execution[index].add(bytes);
        Ok(CallOutcome::Record { command: Command { method: method.path.clone(), args }, event_changes })
    }

    fn check_conditions(&self, method: &Method) -> Result<(), Refusal> {
        let only = &method.rules.only;
        if !only.is_empty() && !only.contains(&self.handler) {
            return Err(Refusal::state(format!("can only be called in {}", only.join(" or "))));
        }
        match method.rules.requires.iter().find(|requirement| !requirement.holds(&self.event)) {
            None => Ok(()),
            Some(broken) => Err(Refusal::state(match &broken.message {
                Some(message) => message.clone(),
                None => format!("can only be called when {}", broken.text),
            })),
        }
    }

    fn check_limit(&self, index: usize, limit: &CallLimit, bytes: usize) -> Result<(), Refusal> {
        let (execution, earlier) = (self.execution[index], self.earlier[index]);
        let sum = |here: usize, before: usize, now: usize| match limit.scope {
            Scope::Execution => here.saturating_add(now),
            Scope::Flow => here.saturating_add(before).saturating_add(now),
        };
        let (total, unit) = match limit.measure {
            Measure::Calls => (sum(execution.calls, earlier.calls, 1), "calls"),
            Measure::Bytes => (sum(execution.bytes, earlier.bytes, bytes), "bytes of arguments"),
        };
        if total <= limit.max {
            return Ok(());
        }
        let scope = match limit.scope {
            Scope::Execution => "execution",
            Scope::Flow => "flow",
        };
        let standard = || format!("is limited to {} {unit} per {scope}", limit.max);
        Err(Refusal::state(limit.message.clone().unwrap_or_else(standard)))
    }

    fn update_event(
        &mut self,
        trigger: &Trigger,
        method: &Method,
        args: &Map<String, Value>,
    ) -> Result<Vec<EventChange>, Refusal> {
        let mut changes = Vec::new();
        for update in &method.rules.updates {
            let target = &trigger.targets[update.target];
            let live = match &mut self.live[update.target] {
                Some(live) => live,
                empty => empty.insert(load(trigger, update.target, &self.event, &self.earlier_updates)),
            };
            let change = live.apply(target, &update.change, args);
            changes.extend(change.map_err(|problem| Refusal::new(ThrowClass::RangeError, problem))?);
        }
        Ok(changes)
    }
}

impl Tally {
    fn add(&mut self, bytes: usize) {
        self.calls += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Why a call throws; the message lacks the name of the method.
struct Refusal {
    class: ThrowClass,
    problem: String,
}

impl Refusal {
    fn new(class: ThrowClass, problem: String) -> Refusal {
        Refusal { class, problem }
    }

    fn state(problem: String) -> Refusal {
        Refusal { class: ThrowClass::Error, problem }
    }

    fn of_argument(problem: &Problem) -> Refusal {
        let Problem { path, expected, found, kind } = problem;
        let class = match kind {
            ProblemKind::Type => ThrowClass::TypeError,
            ProblemKind::Range => ThrowClass::RangeError,
            ProblemKind::Forbidden => return Refusal::state(expected.clone()),
        };
        let got = if found.is_empty() { String::new() } else { format!(", got {found}") };
        Refusal::new(class, format!("\"{path}\" {expected}{got}"))
    }

    fn into_outcome(self, method: &Method) -> CallOutcome {
        let prefix = method.rules.error_prefix.as_deref();
        let space = if prefix.is_some() { " " } else { "" };
        let message = format!("{}{space}api.{}: {}", prefix.unwrap_or_default(), method.path, self.problem);
        CallOutcome::Throw { class: self.class, message }
    }
}

/// The arguments under their names, checked and in their final form.
fn named_args(
    types: &Types,
    method: &Method,
    args: Vec<Option<Value>>,
) -> Result<Map<String, Value>, Refusal> {
    let mut named = Map::new();
    let mut args = args.into_iter();
    let mut refusal = None;
    for param in &method.params {
        match checked_arg(types, method, param, args.next().flatten()) {
            Ok(Some(value)) => {
                named.insert(param.name.clone(), value);
            }
            Ok(None) => {}
            Err(found) => {
                refusal = Some(found);
                break;
            }
        }
    }
    // What is left was not checked, so it may be deeper than an ordinary drop can bear.
    args.flatten().for_each(drop_deep);
    refusal.map_or(Ok(named), Err)
}

fn checked_arg(
    types: &Types,
    method: &Method,
    param: &Param,
    arg: Option<Value>,
) -> Result<Option<Value>, Refusal> {
    let default = || param.shape.constraints.as_ref().and_then(|constraints| constraints.default.clone());
    let Some(mut value) = arg.or_else(default) else {
        if param.optional || method.rules.unchecked {
            return Ok(None);
        }
        let expected = format!("\"{}\" must be {}, got undefined", param.name, types.describe(&param.shape));
        return Err(Refusal::new(ThrowClass::TypeError, expected));
    };
    if method.rules.unchecked {
        if is_too_deep(&value) {
            drop_deep(value);
            let problem = format!("\"{}\" must not nest deeper than {DEPTH_MAX} levels", param.name);
            return Err(Refusal::new(ThrowClass::RangeError, problem));
        }
        return Ok(Some(value));
    }
    if param.normalises {
        normalise(types, &param.shape, &mut value, 0);
    }
    match check(types, &param.shape, &value, &param.name, Strictness::Closed, 1).first() {
        None => Ok(Some(value)),
        Some(problem) => {
            drop_deep(value);
            Err(Refusal::of_argument(problem))
        }
    }
}

/// Bytes are only counted for methods that limit them.
fn bytes_of(method: &Method, args: &Map<String, Value>) -> usize {
    if !method.rules.limits.iter().any(|limit| limit.measure == Measure::Bytes) {
        return 0;
    }
    args.iter().map(|(name, value)| name.len() + byte_count(value)).sum()
}

/// The part of the event that a target names, with what earlier actions changed.
fn load(trigger: &Trigger, target: usize, event: &Value, earlier: &[Command]) -> Live {
    let place = &trigger.targets[target];
    let is_list = trigger
        .types
        .path(&trigger.event, &place.path)
        .is_some_and(|shape| matches!(trigger.types.resolve(shape).kind, Kind::Array(_)));
    let mut live = Live::load(place, event, is_list);
    for command in earlier {
        let Some(method) = trigger.method(&command.method) else { continue };
        for update in method.rules.updates.iter().filter(|update| update.target == target) {
            live.replay(&update.change, &command.args);
        }
    }
    live
}

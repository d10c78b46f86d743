//! Effects: the commands of a flow folded by the rules of their methods; and which commands the rules
//! reject, with the reason.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rules::OtherMethod;
use crate::shape::{Kind, Reserved, Shape};
use crate::trigger::{Command, Effect, Merge, Method, Trigger};

/// What the commands of a flow come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// One object, nested by the paths of the effects.
    pub effects: Value,
    /// For each command, in order, why it does not count; `None` where it does.
    pub rejected: Vec<Option<Rejection>>,
}

/// Why a command does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The rule.
    pub code: RejectionCode,
    /// A sentence for the author of the action.
    pub reason: String,
}

/// The rules by which a command may not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// Its value is reserved for the host (`@reserved`).
    Reserved,
    /// A later command took its place (`@merge last`), or the flow waits for another one.
    Superseded,
    /// Another command asks for an earlier time (`@merge earliest`).
    NotEarliest,
    /// An earlier command counts (`@merge once`).
    NotFirst,
    /// A later command cleared all entries (`@merge clear`).
    Cleared,
    /// The same action stopped the flow that the command wanted to suspend.
    Stopped,
    /// The same action called a method that makes it void (`@discardedBy`).
    Discarded,
}

/// Folds commands, grouped by action. Commands of other triggers are left out.
pub(crate) fn fold(trigger: &Trigger, actions: &[&[Command]]) -> Folded {
    let count = actions.iter().map(|commands| commands.len()).sum();
    let mut fold = Fold {
        trigger,
        effects: Value::Object(Map::new()),
        rejected: vec![None; count],
        standing: HashMap::new(),
        withdrawn: HashMap::new(),
        places_held: vec![0; count],
    };
    let mut index = 0;
    for commands in actions {
        let facts = ActionFacts::of(trigger, commands);
        for command in *commands {
            if let Some(method) = trigger.method(&command.method).filter(|method| method.host.is_none()) {
                match facts.rejection(trigger, method, command) {
                    Some(rejection) => fold.rejected[index] = Some(rejection),
                    None => fold.take(index, method, &command.args),
                }
            }
            index += 1;
        }
    }
    fold.drop_withdrawn();
    Folded { effects: fold.effects, rejected: fold.rejected }
}

/// Whether some method clears this effect; then it says so beside its entries.
pub(crate) fn is_clearable(trigger: &Trigger, effect: &Effect) -> bool {
    let clears = |method: &Method| method.effect.merge == Merge::Clear && method.effect.path == effect.path;
    trigger.methods.iter().any(clears)
}

/// What the commands of one action say about each other. Gathered once for each action: an action may
/// record thousands of commands, and the host waits for their fold.
#[derive(Default)]
struct ActionFacts<'t> {
    called: HashSet<&'t str>,
    last_stop: Option<&'t Method>,
    last_suspension: Option<&'t Method>,
}

impl<'t> ActionFacts<'t> {
    fn of(trigger: &'t Trigger, commands: &[Command]) -> Self {
        let mut facts = Self::default();
        for method in commands.iter().filter_map(|command| trigger.method(&command.method)) {
            facts.called.insert(&method.path);
            if method.stops {
                facts.last_stop = Some(method);
            }
            if method.suspends.is_some() {
                facts.last_suspension = Some(method);
            }
        }
        facts
    }

    /// Why a command does not count whatever comes after its action.
    fn rejection(&self, trigger: &Trigger, method: &Method, command: &Command) -> Option<Rejection> {
        reserved(trigger, method, &command.args)
            .or_else(|| self.discarded(trigger, method))
            .or_else(|| self.not_suspending(method))
    }

    fn discarded(&self, trigger: &Trigger, method: &Method) -> Option<Rejection> {
        let is_called = |other: &&OtherMethod| {
            trigger.methods.get(other.method).is_some_and(|method| self.called.contains(method.path.as_str()))
        };
        let other = method.rules.discarded_by.iter().find(is_called)?;
        Some(Rejection { code: RejectionCode::Discarded, reason: other.message.clone() })
    }

    /// A stop goes before a suspension; and a flow waits for one thing, the last that was asked for, where
    /// methods of one namespace (such as several factors) are one thing.
    fn not_suspending(&self, method: &Method) -> Option<Rejection> {
        method.suspends?;
        if let Some(stop) = self.last_stop {
            let reason = format!("api.{} of the same action stopped the flow", stop.path);
            return Some(Rejection { code: RejectionCode::Stopped, reason });
        }
        let last = self.last_suspension?;
        if namespace(&last.path) == namespace(&method.path) {
            return None;
        }
        let reason = format!("the flow waits for api.{}, which was called later", last.path);
        Some(Rejection { code: RejectionCode::Superseded, reason })
    }
}

fn namespace(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(namespace, _)| namespace)
}

fn reserved(trigger: &Trigger, method: &Method, args: &Map<String, Value>) -> Option<Rejection> {
    method.params.iter().find_map(|param| {
        let value = args.get(&param.name)?;
        let reserved = reserved_values(trigger, &param.shape).find(|list| list.values.contains(value))?;
        let standard = || format!("the value {value} of \"{}\" is reserved", param.name);
        let reason = reserved.message.clone().unwrap_or_else(standard);
        Some(Rejection { code: RejectionCode::Reserved, reason })
    })
}

/// The lists of a parameter itself and of the types that it names.
fn reserved_values<'t>(trigger: &'t Trigger, shape: &'t Shape) -> impl Iterator<Item = &'t Reserved> {
    let inner = |shape: &&'t Shape| match shape.kind {
        Kind::Named(id) => Some(&trigger.types.get(id).shape),
        _ => None,
    };
    let shapes = std::iter::successors(Some(shape), inner);
    shapes.filter_map(|shape| shape.constraints.as_ref()?.reserved.as_ref())
}

struct Fold<'t> {
    trigger: &'t Trigger,
    effects: Value,
    rejected: Vec<Option<Rejection>>,
    /// Which command an effect, or an entry of one, comes from: by path, so that clearing an effect looks
    /// at nothing else.
    standing: HashMap<Vec<String>, HashMap<Entry, usize>>,
    /// By path: entries that go in the end. Taking one out at once would move all after it, each time.
    withdrawn: HashMap<Vec<String>, Withdrawn>,
    /// By command: how many places still come from it.
    places_held: Vec<usize>,
}

/// The key of an entry; `None` is an effect as a whole.
type Entry = Option<String>;

/// Entries of one effect that later commands withdrew.
struct Withdrawn {
    clearable: bool,
    keys: HashSet<String>,
}

impl Fold<'_> {
    fn take(&mut self, index: usize, method: &Method, args: &Map<String, Value>) {
        let effect = &method.effect;
        if effect.by.is_none() && effect.merge != Merge::Clear {
            return self.take_plain(index, method, args);
        }
        if effect.merge == Merge::Clear {
            self.clear(method);
        }
        let clearable = is_clearable(self.trigger, effect);
        entries_at(&mut self.effects, &effect.path, clearable);
        for key in keys(effect, args) {
            self.stand(index, method, Some(key.clone()));
            match entry_value(method, args) {
                Some(value) => {
                    if let Some(withdrawn) = self.withdrawn.get_mut(&effect.path) {
                        withdrawn.keys.remove(&key);
                    }
                    entries_at(&mut self.effects, &effect.path, clearable).insert(key, value);
                }
                // An argument that was `undefined` withdraws the entry.
                None => {
                    let none = || Withdrawn { clearable, keys: HashSet::new() };
                    self.withdrawn.entry(effect.path.clone()).or_insert_with(none).keys.insert(key);
                }
            }
        }
    }

    fn drop_withdrawn(&mut self) {
        for (path, Withdrawn { clearable, keys }) in &self.withdrawn {
            entries_at(&mut self.effects, path, *clearable).retain(|key, _| !keys.contains(key));
        }
    }

    fn take_plain(&mut self, index: usize, method: &Method, args: &Map<String, Value>) {
        let effect = &method.effect;
        let value = plain_value(effect, args);
        let before = self.standing.get(&effect.path).and_then(|entries| entries.get(&None)).copied();
        let slot = place_at(&mut self.effects, &effect.path);
        match effect.merge {
            Merge::Append => match slot {
                Value::Array(list) => list.push(value),
                other => *other = Value::Array(vec![value]),
            },
            Merge::Once if before.is_some() => {
                let reason = format!("an earlier call of api.{} counts", method.path);
                self.rejected[index] = Some(Rejection { code: RejectionCode::NotFirst, reason });
            }
            Merge::Earliest if before.is_some() && !is_earlier(args, slot) => {
                let reason = format!("an earlier time was asked for with api.{}", method.path);
                self.rejected[index] = Some(Rejection { code: RejectionCode::NotEarliest, reason });
            }
            Merge::Last | Merge::Once | Merge::Earliest | Merge::Clear => {
                *slot = value;
                self.withdrawn.remove(&effect.path);
                self.stand(index, method, None);
            }
        }
    }

    /// Notes that a place now comes from this command; the one that it came from may hold no more.
    fn stand(&mut self, index: usize, method: &Method, key: Entry) {
        self.places_held[index] += 1;
        let (code, how) = match method.effect.merge {
            Merge::Earliest => (RejectionCode::NotEarliest, "asks for an earlier time"),
            Merge::Last | Merge::Once | Merge::Append | Merge::Clear => {
                (RejectionCode::Superseded, "takes its place")
            }
        };
        let entries = self.standing.entry(method.effect.path.clone()).or_default();
        if let Some(before) = entries.insert(key, index) {
            self.release(before, code, || format!("a later call of api.{} {how}", method.path));
        }
    }

    /// All entries of the effect go.
    fn clear(&mut self, method: &Method) {
        let path = &method.effect.path;
        for before in self.standing.remove(path).unwrap_or_default().into_values() {
            let reason = || format!("a later call of api.{} cleared it", method.path);
            self.release(before, RejectionCode::Cleared, reason);
        }
        entries_at(&mut self.effects, path, true).clear();
        place_at(&mut self.effects, path)["cleared"] = Value::Bool(true);
    }

    fn release(&mut self, index: usize, code: RejectionCode, reason: impl Fn() -> String) {
        self.places_held[index] = self.places_held[index].saturating_sub(1);
        if self.places_held[index] == 0 {
            self.rejected[index] = Some(Rejection { code, reason: reason() });
        }
    }
}

/// The keys that a command's entries have: the one that it names, or each of a list.
fn keys(effect: &Effect, args: &Map<String, Value>) -> Vec<String> {
    match effect.by.as_ref().and_then(|by| args.get(by)) {
        None => Vec::new(),
        Some(Value::Array(keys)) => keys.iter().map(key_text).collect(),
        Some(key) => vec![key_text(key)],
    }
}

/// What a plain effect holds: the value of the declaration, or the arguments and the declaration's fields.
fn plain_value(effect: &Effect, args: &Map<String, Value>) -> Value {
    effect.value.clone().unwrap_or_else(|| {
        let mut value = args.clone();
        value.extend(effect.fields.clone());
        Value::Object(value)
    })
}

/// What an entry holds: the value of the declaration, the one other argument, or all other arguments.
fn entry_value(method: &Method, args: &Map<String, Value>) -> Option<Value> {
    let effect = &method.effect;
    if let Some(value) = &effect.value {
        return Some(value.clone());
    }
    let is_key = |name: &&str| effect.by.as_deref() == Some(*name);
    let others = || method.params.iter().map(|param| param.name.as_str()).filter(|name| !is_key(name));
    match (others().count(), effect.fields.is_empty()) {
        (0, true) => Some(Value::Bool(true)),
        (1, true) => others().next().and_then(|only| args.get(only).cloned()),
        (_, _) => {
            let present = others().filter_map(|name| Some((name.to_owned(), args.get(name)?.clone())));
            let mut value: Map<String, Value> = present.collect();
            value.extend(effect.fields.clone());
            Some(Value::Object(value))
        }
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_earlier(args: &Map<String, Value>, place: &Value) -> bool {
    let before = place.as_object().and_then(first_number);
    before.is_none_or(|before| first_number(args).is_some_and(|now| now < before))
}

fn first_number(args: &Map<String, Value>) -> Option<f64> {
    args.values().find_map(Value::as_f64)
}

/// The entries of an effect; one that some method clears says so beside them.
fn entries_at<'v>(effects: &'v mut Value, path: &[String], clearable: bool) -> &'v mut Map<String, Value> {
    let place = as_object(place_at(effects, path));
    if !clearable {
        return place;
    }
    place.entry("cleared").or_insert(Value::Bool(false));
    as_object(place.entry("entries").or_insert(Value::Null))
}

fn place_at<'v>(root: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(root, |place, step| as_object(place).entry(step.as_str()).or_insert(Value::Null))
}

fn as_object(place: &mut Value) -> &mut Map<String, Value> {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    match place {
        Value::Object(map) => map,
        _ => unreachable!("the value was made an object above"),
    }
}

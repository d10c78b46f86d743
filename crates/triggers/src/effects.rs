//! Effects: the commands of a flow folded by the rules of their methods.

use serde_json::{Map, Value};

use crate::trigger::{Command, Effect, Merge, Method, Trigger};

/// Folds commands into one object, nested by the paths of the effects. Commands of other triggers are
/// left out.
pub(crate) fn fold(trigger: &Trigger, commands: &[Command]) -> Value {
    let mut effects = Value::Object(Map::new());
    for command in commands {
        let Some(method) = trigger.method(&command.method).filter(|method| method.host.is_none()) else {
            continue;
        };
        let place = place_at(&mut effects, &method.effect.path);
        if method.effect.by.is_none() && method.effect.merge != Merge::Clear {
            fold_plain(place, &method.effect, &command.args);
        } else if is_clearable(trigger, &method.effect) {
            fold_clearable(place, method, &command.args);
        } else {
            set_entries(as_object(place), method, &command.args);
        }
    }
    effects
}

/// Whether some method clears this effect; then it says so beside its entries.
pub(crate) fn is_clearable(trigger: &Trigger, effect: &Effect) -> bool {
    let clears = |method: &Method| method.effect.merge == Merge::Clear && method.effect.path == effect.path;
    trigger.methods.iter().any(clears)
}

fn fold_plain(place: &mut Value, effect: &Effect, args: &Map<String, Value>) {
    let value = || effect.value.clone().unwrap_or_else(|| Value::Object(args.clone()));
    match effect.merge {
        Merge::Last | Merge::Clear => *place = value(),
        Merge::Once => {
            if place.is_null() {
                *place = value();
            }
        }
        Merge::Earliest => {
            let before = place.as_object().and_then(first_number);
            if before.is_none_or(|before| first_number(args).is_some_and(|now| now < before)) {
                *place = value();
            }
        }
        Merge::Append => match place {
            Value::Array(list) => list.push(value()),
            other => *other = Value::Array(vec![value()]),
        },
    }
}

fn fold_clearable(place: &mut Value, method: &Method, args: &Map<String, Value>) {
    let effect = as_object(place);
    let cleared = effect.entry("cleared").or_insert(Value::Bool(false));
    let clears = method.effect.merge == Merge::Clear;
    if clears {
        *cleared = Value::Bool(true);
    }
    let entries = as_object(effect.entry("entries").or_insert(Value::Null));
    if clears {
        entries.clear();
    }
    if method.effect.by.is_some() {
        set_entries(entries, method, args);
    }
}

/// Sets the entry that the method's key names, or one entry for each item of a list of keys.
fn set_entries(entries: &mut Map<String, Value>, method: &Method, args: &Map<String, Value>) {
    let Some(by) = &method.effect.by else { return };
    let keys: Vec<String> = match args.get(by) {
        None => return,
        Some(Value::Array(keys)) => keys.iter().map(key_text).collect(),
        Some(key) => vec![key_text(key)],
    };
    for key in keys {
        match entry_value(method, by, args) {
            Some(value) => {
                entries.insert(key, value);
            }
            // An argument that was `undefined` withdraws the entry.
            None => {
                entries.shift_remove(&key);
            }
        }
    }
}

/// What an entry holds: the value of the declaration, the one other argument, or all other arguments.
fn entry_value(method: &Method, by: &str, args: &Map<String, Value>) -> Option<Value> {
    if let Some(value) = &method.effect.value {
        return Some(value.clone());
    }
    let others: Vec<&str> =
        method.params.iter().map(|param| param.name.as_str()).filter(|name| *name != by).collect();
    match others.as_slice() {
        [] => Some(Value::Bool(true)),
        [only] => args.get(*only).cloned(),
        several => {
            let present = |name: &&str| Some(((*name).to_owned(), args.get(*name)?.clone()));
            Some(Value::Object(several.iter().filter_map(present).collect()))
        }
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn first_number(args: &Map<String, Value>) -> Option<f64> {
    args.values().find_map(Value::as_f64)
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

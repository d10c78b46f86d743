//! The parts of the event that calls change while an action runs.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::conform::byte_count;
use crate::rules::{Change, Operand, Target};

/// A change that the action must see in its event at once.
#[derive(Debug, Clone, PartialEq)]
pub struct EventChange {
    /// The steps from the event to the field. All objects on the way exist.
    pub path: Vec<String>,
    /// The new value; `None` deletes the field.
    pub value: Option<Value>,
}

impl EventChange {
    /// Makes the change in a host's copy of the event, so that the next action sees it too.
    pub fn apply(&self, event: &mut Value) {
        let Some((last, parents)) = self.path.split_last() else { return };
        let mut place = event;
        for step in parents {
            let Value::Object(map) = place else { return };
            place = map.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new()));
        }
        let Value::Object(map) = place else { return };
        match &self.value {
            Some(value) => {
                map.insert(last.clone(), value.clone());
            }
            None => {
                map.shift_remove(last);
            }
        }
    }
}

/// The current value of one target.
#[derive(Debug)]
pub(crate) struct Live {
    value: Value,
    /// How many steps of the target's path the action can follow in its event. The target can be changed
    /// in place when this is all of them; without the first, the change is not visible at all.
    visible_steps: usize,
    /// The strings of a list, once they have been looked for: the commands of earlier actions are repeated
    /// within one call, which nothing interrupts.
    strings: Option<HashSet<String>>,
}

impl Live {
    pub(crate) fn load(target: &Target, event: &Value, is_list: bool) -> Live {
        let mut place = Some(event);
        let mut visible_steps = 0;
        for (index, step) in target.path.iter().enumerate() {
            let is_last = index + 1 == target.path.len();
            let usable = |value: &&Value| if is_last { !value.is_null() } else { value.is_object() };
            place = place.and_then(|value| value.get(step)).filter(usable);
            visible_steps += usize::from(place.is_some());
        }
        let empty = if is_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        Live { value: place.cloned().unwrap_or(empty), visible_steps, strings: None }
    }

    /// Repeats a change of an earlier action.
    pub(crate) fn replay(&mut self, change: &Change, args: &Map<String, Value>) {
        self.change(change, args);
    }

    /// Makes a change and says what the action must see of it; refuses what the target cannot hold.
    pub(crate) fn apply(
        &mut self,
        target: &Target,
        change: &Change,
        args: &Map<String, Value>,
    ) -> Result<Option<EventChange>, String> {
        let before =
            (target.properties_max.is_some() || target.bytes_max.is_some()).then(|| self.value.clone());
        let changed_key = self.change(change, args);
        if let (Some(problem), Some(before)) = (self.excess(target), before) {
            self.value = before;
            self.strings = None;
            return Err(problem);
        }
        Ok(self.visible_change(target, changed_key))
    }

    /// The key that changed, or `None` when the whole value did.
    fn change(&mut self, change: &Change, args: &Map<String, Value>) -> Option<String> {
        match change {
            Change::Replace(operand) => {
                self.value = operand.value(args);
                self.strings = None;
                None
            }
            Change::SetEntry { key, value } => {
                let key = args.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                if !self.value.is_object() {
                    self.value = Value::Object(Map::new());
                    self.strings = None;
                    // What the action sees there is no object, so it must be replaced as a whole.
                    self.visible_steps = self.visible_steps.saturating_sub(1);
                }
                if let Value::Object(map) = &mut self.value {
                    match value.value(args) {
                        Value::Null => map.shift_remove(&key),
                        value => map.insert(key.clone(), value),
                    };
                }
                Some(key)
            }
            Change::Add(param) => {
                let item = args.get(param).cloned().unwrap_or(Value::Null);
                let is_new = match &item {
                    Value::String(text) => self.strings().insert(text.clone()),
                    other => !self.list().contains(other),
                };
                if is_new {
                    self.list().push(item);
                }
                None
            }
            Change::Remove(param) => {
                let item = args.get(param);
                let is_there = match item {
                    Some(Value::String(text)) => self.strings().remove(text),
                    _ => true,
                };
                if is_there {
                    self.list().retain(|other| Some(other) != item);
                }
                None
            }
        }
    }

    fn strings(&mut self) -> &mut HashSet<String> {
        if self.strings.is_none() {
            let strings = self.list().iter().filter_map(Value::as_str).map(str::to_owned).collect();
            self.strings = Some(strings);
        }
        self.strings.get_or_insert_default()
    }

    fn list(&mut self) -> &mut Vec<Value> {
        if !self.value.is_array() {
            self.value = Value::Array(Vec::new());
        }
        match &mut self.value {
            Value::Array(list) => list,
            _ => unreachable!("the value was made an array above"),
        }
    }

    fn excess(&self, target: &Target) -> Option<String> {
        let path = target.path.join(".");
        if let (Some(max), Value::Object(map)) = (target.properties_max, &self.value)
            && map.len() > max
        {
            return Some(format!("event.{path} can hold at most {max} entries"));
        }
        let max = target.bytes_max?;
        (byte_count(&self.value) > max).then(|| format!("event.{path} can hold at most {max} bytes of JSON"))
    }

    fn visible_change(&mut self, target: &Target, key: Option<String>) -> Option<EventChange> {
        if self.visible_steps == 0 {
            return None;
        }
        if let (Some(key), true) = (key, self.visible_steps == target.path.len()) {
            let value = self.value.get(&key).cloned();
            let mut path = target.path.clone();
            path.push(key);
            return Some(EventChange { path, value });
        }
        // Where objects are missing on the way, the change brings them along.
        let steps = (self.visible_steps + 1).min(target.path.len());
        let mut value = self.value.clone();
        for step in target.path[steps..].iter().rev() {
            value = Value::Object(Map::from_iter([(step.clone(), value)]));
        }
        self.visible_steps = target.path.len();
        Some(EventChange { path: target.path[..steps].to_vec(), value: Some(value) })
    }
}

impl Operand {
    fn value(&self, args: &Map<String, Value>) -> Value {
        match self {
            Operand::Param(name) => args.get(name).cloned().unwrap_or(Value::Null),
            Operand::Constant(value) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EventChange;

    #[test]
    fn a_change_is_made_in_a_copy_of_the_event() {
        let mut event = json!({ "session": { "metadata": { "a": "1" } } });
        let change = |path: &[&str], value| EventChange {
            path: path.iter().map(|step| (*step).to_owned()).collect(),
            value,
        };
        change(&["session", "metadata", "a"], None).apply(&mut event);
        change(&["session", "cookie", "mode"], Some(json!("persistent"))).apply(&mut event);
        assert_eq!(event, json!({ "session": { "metadata": {}, "cookie": { "mode": "persistent" } } }));
        change(&["session", "cookie", "mode", "deeper"], Some(json!(1))).apply(&mut event);
        assert_eq!(event["session"]["cookie"]["mode"], "persistent", "a text has no fields");
    }
}

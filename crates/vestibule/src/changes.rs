//! What commands changed in the event, as far as no later change has overtaken it.

use std::collections::BTreeMap;

use serde_json::Value;
use vestibule_triggers::EventChange;

/// Changes of an event. A change of a list or a mapping carries all of it, so of several changes at one
/// place only the last is kept: a script that adds to a list thousands of times would otherwise leave
/// thousands of lists here, which no limit counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventChanges {
    by_path: BTreeMap<Vec<String>, Standing>,
    made: u64,
}

/// The change that stands at a place.
#[derive(Clone, Debug)]
struct Standing {
    /// Its place in the order: that of the first change there, as with a key of a JavaScript object.
    number: u64,
    value: Option<Value>,
}

impl EventChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Makes one more change.
    pub(crate) fn make(&mut self, EventChange { path, value }: EventChange) {
        // What lies below a path follows it in this map.
        let below = self.by_path.range(path.clone()..).map(|(other, _)| other);
        let below = below.skip_while(|other| **other == path).take_while(|other| other.starts_with(&path));
        for overtaken in below.cloned().collect::<Vec<_>>() {
            self.by_path.remove(&overtaken);
        }
        self.made += 1;
        let standing = self.by_path.entry(path).or_insert(Standing { number: self.made, value: None });
        standing.value = value;
    }

    /// Makes later changes.
    pub(crate) fn append(&mut self, later: Self) {
        later.in_order().into_iter().for_each(|change| self.make(change));
    }

    /// The changes, each after those of what is around it.
    pub(crate) fn in_order(&self) -> Vec<EventChange> {
        let mut standing: Vec<_> = self.by_path.iter().collect();
        standing.sort_by_key(|(_, standing)| standing.number);
        let change = |(path, standing): (&Vec<String>, &Standing)| EventChange {
            path: path.clone(),
            value: standing.value.clone(),
        };
        standing.into_iter().map(change).collect()
    }

    /// Makes the changes in a copy of the event.
    pub(crate) fn apply(&self, event: &mut Value) {
        self.in_order().iter().for_each(|change| change.apply(event));
    }
}

impl FromIterator<EventChange> for EventChanges {
    fn from_iter<I: IntoIterator<Item = EventChange>>(changes: I) -> Self {
        let mut all = Self::default();
        changes.into_iter().for_each(|change| all.make(change));
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(path: &str, value: Value) -> EventChange {
        EventChange { path: path.split('.').map(str::to_owned).collect(), value: Some(value) }
    }

    #[test]
    fn only_the_last_change_of_a_place_is_kept() {
        let lists = (1..=1000).map(|length| change("scopes", vec!["s"; length].into()));
        let changes = EventChanges::from_iter(lists);
        assert_eq!(changes.in_order(), [change("scopes", vec!["s"; 1000].into())]);
    }

    #[test]
    fn what_is_kept_comes_to_the_same_event() {
        let all = [
            change("a.b", json!(1)),
            change("a.c", json!(2)),
            change("ab", json!(3)),
            EventChange { path: vec!["a".into(), "c".into()], value: None },
            change("z", json!(4)),
            change("a", json!({ "d": 5 })),
            change("a.e", json!(6)),
            change("z", json!({ "f": {} })),
            change("z.f.g", json!(7)),
            change("ab", json!(8)),
        ];
        let (mut one_by_one, mut at_once, mut in_two_parts) = (json!({}), json!({}), json!({}));
        all.iter().for_each(|change| change.apply(&mut one_by_one));
        EventChanges::from_iter(all.clone()).apply(&mut at_once);
        let mut changes = EventChanges::from_iter(all[..6].to_vec());
        changes.append(EventChanges::from_iter(all[6..].to_vec()));
        changes.apply(&mut in_two_parts);
        assert_eq!(one_by_one, json!({ "ab": 8, "a": { "d": 5, "e": 6 }, "z": { "f": { "g": 7 } } }));
        assert_eq!((&at_once, &in_two_parts), (&one_by_one, &one_by_one));
    }
}

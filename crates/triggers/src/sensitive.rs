//! The texts of an event that nobody should read in a log: those in fields with `@sensitive`.

use std::collections::{BTreeSet, HashSet};
use std::ptr;

use serde_json::Value;

use crate::shape::{Field, Kind, Shape, TypeId, Types};

/// Every text at or below a field with `@sensitive`, each once.
pub(crate) fn texts<'e>(types: &Types, shape: &Shape, event: &'e Value) -> BTreeSet<&'e str> {
    let mut finder = Finder { types, seen: HashSet::new(), found: BTreeSet::new() };
    finder.look(shape, event);
    finder.found
}

struct Finder<'t, 'e> {
    types: &'t Types,
    /// Which values were looked at as which types. A type that leads to itself through a union could
    /// otherwise be tried in every combination, once per level of the event.
    seen: HashSet<(TypeId, *const Value)>,
    found: BTreeSet<&'e str>,
}

impl<'e> Finder<'_, 'e> {
    /// The event has been checked, so it is no deeper than a check allows.
    fn look(&mut self, shape: &Shape, value: &'e Value) {
        match &shape.kind {
            Kind::Any | Kind::Null | Kind::Boolean | Kind::Number | Kind::String | Kind::Literal(_) => {}
            Kind::Array(items) => {
                value.as_array().into_iter().flatten().for_each(|value| self.look(items, value));
            }
            Kind::Tuple(items) => {
                let values = value.as_array().into_iter().flatten();
                items.iter().zip(values).for_each(|(item, value)| self.look(item, value));
            }
            Kind::Object(object) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    // `authorization` is as good a credential as `Authorization`.
                    let is_it = |field: &&Field| {
                        field.name == *name || field.sensitive && field.name.eq_ignore_ascii_case(name)
                    };
                    match object.fields.iter().find(is_it) {
                        Some(field) if field.sensitive => self.take(value),
                        Some(field) => self.look(&field.shape, value),
                        None => object.rest.iter().for_each(|rest| self.look(rest, value)),
                    }
                }
            }
            // Every branch that could be meant counts: better one text too many is hidden.
            Kind::Union(branches) => {
                let meant = branches.iter().filter(|branch| self.types.discriminants_match(branch, value));
                meant.for_each(|branch| self.look(branch, value));
            }
            Kind::Named(id) => {
                if self.seen.insert((*id, ptr::from_ref(value))) {
                    self.look(&self.types.get(*id).shape, value);
                }
            }
        }
    }

    fn take(&mut self, value: &'e Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            // Cookies are full of these words, and a log without them could not be read.
            Value::String(text) if ["", "true", "false", "null"].contains(&text.as_str()) => {}
            Value::String(text) => {
                self.found.insert(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(map) => map.values().for_each(|item| self.take(item)),
        }
    }
}

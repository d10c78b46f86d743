//! Reads JSON: the standard's own, without comments or other liberties.

use std::borrow::Cow;
use std::collections::HashSet;

use jsonc_parser::CollectOptions;
use jsonc_parser::ParseOptions;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged as _;
use serde_json::Number;

use crate::node::DEPTH_MAX;
use crate::node::Entry;
use crate::node::Kind;
use crate::node::Node;
use crate::node::Path;
use crate::place::Place;
use crate::place::Places;
use crate::problem::Finding;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a text. It collects every problem that does not end the reading.
pub(crate) fn read(text: &str) -> Result<Node, Vec<Finding>> {
    let places = Places::new(text);
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let place = places.at(error.range().start);
        vec![Finding::new(
            place,
            Path::root(),
            format!("this is no JSON: {}", lower_first(&error.kind().to_string())),
        )]
    })?;
    let Some(value) = parsed.value else {
        return Err(vec![Finding::new(Place::START, Path::root(), "the file is empty")]);
    };
    let mut reader = Reader { places, findings: Vec::new() };
    let node = reader.node(value, &Path::root(), 0);
    if reader.findings.is_empty() { Ok(node) } else { Err(reader.findings) }
}

struct Reader<'t> {
    places: Places<'t>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    /// The parser bounds the depth of what it reads to 512, so this recursion ends.
    fn node(&mut self, value: Value<'_>, path: &Path, depth: usize) -> Node {
        let place = self.places.at(value.range().start);
        if depth > DEPTH_MAX {
            let message = format!("nested more than {DEPTH_MAX} levels deep");
            self.findings.push(Finding::new(place, Path::root(), message));
            return Node::new(place, Kind::Null);
        }
        let kind = match value {
            Value::NullKeyword(_) => Kind::Null,
            Value::BooleanLit(literal) => Kind::Bool(literal.value),
            Value::NumberLit(literal) => self.number(literal.value, place, path),
            Value::StringLit(literal) => Kind::Text(literal.value.into_owned()),
            Value::Array(array) => {
                let items = array.elements.into_iter().enumerate();
                Kind::List(
                    items.map(|(index, item)| self.node(item, &path.index(index), depth + 1)).collect(),
                )
            }
            Value::Object(object) => {
                let mut entries: Vec<Entry> = Vec::new();
                let mut keys = HashSet::new();
                for property in object.properties {
                    let key_place = self.places.at(property.range.start);
                    let key = property.name.into_string();
                    let value = self.node(property.value, &path.key(&key), depth + 1);
                    if !keys.insert(key.clone()) {
                        self.findings.push(key_twice(key_place, path, &key));
                    }
                    entries.push(Entry { key, key_place, value });
                }
                Kind::Map(entries)
            }
        };
        Node::new(place, kind)
    }

    fn number(&mut self, text: &str, place: Place, path: &Path) -> Kind {
        match text.parse::<Number>() {
            Ok(number) => Kind::Number(number),
            Err(_) => {
                self.findings.push(Finding::new(place, path.clone(), "this number cannot be read"));
                Kind::Null
            }
        }
    }
}

/// The finding about a key that a mapping has already.
pub(crate) fn key_twice(place: Place, around: &Path, key: &str) -> Finding {
    Finding::new(place, around.key(key), "this key is here twice").help("leave one of them out")
}

/// A message of a parser as a part of our sentence.
pub(crate) fn lower_first(message: &str) -> Cow<'_, str> {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        // `JSON …` keeps its capitals.
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            Cow::Owned(first.to_lowercase().chain(message.chars().skip(1)).collect())
        }
        _ => Cow::Borrowed(message),
    }
}

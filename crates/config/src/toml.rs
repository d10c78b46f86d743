//! Reads TOML.

use ::toml::Spanned;
use ::toml::de::DeTable;
use ::toml::de::DeValue;
use serde_json::Number;

use crate::json::lower_first;
use crate::node::DEPTH_MAX;
use crate::node::Entry;
use crate::node::Kind;
use crate::node::Node;
use crate::node::Path;
use crate::place::Place;
use crate::place::Places;
use crate::problem::Finding;

/// Reads a text. It collects every problem.
pub(crate) fn read(text: &str) -> Result<Node, Vec<Finding>> {
    let mut reader = Reader { places: Places::new(text), findings: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = reader.places.at(error.span().map_or(0, |span| span.start));
        let message = format!("this is no TOML: {}", lower_first(error.message()));
        reader.findings.push(Finding::new(place, Path::root(), message));
    }
    if !reader.findings.is_empty() {
        return Err(reader.findings);
    }
    let kind = reader.table(table.get_ref(), &Path::root(), 0);
    if reader.findings.is_empty() { Ok(Node::new(Place::START, kind)) } else { Err(reader.findings) }
}

struct Reader<'t> {
    places: Places<'t>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    /// The parser bounds the depth of what it reads to 80, so this recursion ends.
    fn node(&mut self, value: &Spanned<DeValue<'_>>, path: &Path, depth: usize) -> Node {
        let place = self.places.at(value.span().start);
        if depth > DEPTH_MAX {
            let message = format!("nested more than {DEPTH_MAX} levels deep");
            self.findings.push(Finding::new(place, Path::root(), message));
            return Node::new(place, Kind::Null);
        }
        let kind = match value.get_ref() {
            DeValue::String(text) => Kind::Text(text.clone().into_owned()),
            DeValue::Boolean(bool) => Kind::Bool(*bool),
            DeValue::Integer(integer) => {
                let number = i64::from_str_radix(integer.as_str(), integer.radix()).map(Number::from).ok();
                self.number(number, place, path)
            }
            DeValue::Float(float) => {
                let number = float.as_str().parse().ok().and_then(Number::from_f64);
                self.number(number, place, path)
            }
            DeValue::Datetime(_) => {
                let message = "this is a date, and nothing in a flow file is one";
                self.findings.push(Finding::new(place, path.clone(), message).help("put it in quotes"));
                Kind::Null
            }
            DeValue::Array(items) => {
                let items = items.iter().enumerate();
                Kind::List(
                    items.map(|(index, item)| self.node(item, &path.index(index), depth + 1)).collect(),
                )
            }
            DeValue::Table(table) => self.table(table, path, depth),
        };
        Node::new(place, kind)
    }

    fn table(&mut self, table: &DeTable<'_>, path: &Path, depth: usize) -> Kind {
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in table {
            let value = self.node(value, &path.key(key.get_ref().as_ref()), depth + 1);
            let key_place = self.places.at(key.span().start);
            entries.push(Entry { key: key.get_ref().clone().into_owned(), key_place, value });
        }
        // The reader sorts keys by name; people wrote them in an order.
        entries.sort_by_key(|entry| entry.key_place);
        Kind::Map(entries)
    }

    fn number(&mut self, number: Option<Number>, place: Place, path: &Path) -> Kind {
        match number {
            Some(number) => Kind::Number(number),
            None => {
                self.findings.push(Finding::new(place, path.clone(), "this number cannot be read"));
                Kind::Null
            }
        }
    }
}

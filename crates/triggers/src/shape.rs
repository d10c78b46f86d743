//! The shapes of values: what a declaration says about an argument or a field of the event.

use std::fmt::Write as _;

use regex::Regex;
use serde_json::Value;

/// How deep a value may nest before it is refused. Everything that walks a value recurses at most
/// this far, so a hostile value cannot exhaust the stack.
pub(crate) const DEPTH_MAX: usize = 64;

/// The named types of one declaration; shapes refer to them by number, so they may be recursive.
#[derive(Debug, Default)]
pub(crate) struct Types {
    named: Vec<NamedType>,
}

#[derive(Debug)]
pub(crate) struct NamedType {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TypeId(usize);

#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// Most shapes have no constraints, so they cost one word here.
    pub(crate) constraints: Option<Box<Constraints>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Any,
    Null,
    Boolean,
    Number,
    String,
    Literal(Value),
    Array(Box<Shape>),
    Tuple(Vec<Shape>),
    Object(ObjectShape),
    Union(Vec<Shape>),
    Named(TypeId),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectShape {
    pub(crate) fields: Vec<Field>,
    /// The shape of further entries, when the type has an index signature or is a `Record`.
    pub(crate) rest: Option<Box<Shape>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    /// Whether the type says that an action may find the field missing.
    pub(crate) optional: bool,
    /// Whether the runtime fills the field, so that the host need not send it.
    pub(crate) provided: bool,
    /// Whether the texts in it, at any depth, are kept out of logs.
    pub(crate) sensitive: bool,
    pub(crate) docs: String,
}

/// What the tags of a type, field or parameter add to its type. A constraint applies to values of the
/// kind that it speaks of and says nothing about others, as in JSON Schema.
#[derive(Debug, Clone, Default)]
pub(crate) struct Constraints {
    pub(crate) length_min: Option<usize>,
    pub(crate) length_max: Option<usize>,
    /// UTF-8 bytes of a string; bytes as JSON text of anything else.
    pub(crate) bytes_max: Option<usize>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) format: Option<Format>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) integer: bool,
    pub(crate) items_min: Option<usize>,
    pub(crate) items_max: Option<usize>,
    pub(crate) properties_min: Option<usize>,
    pub(crate) properties_max: Option<usize>,
    pub(crate) property_names: Option<Pattern>,
    pub(crate) forbidden: Vec<Forbidden>,
    pub(crate) reserved: Option<Reserved>,
    pub(crate) trim: bool,
    /// Characters of a string after which the rest is left out.
    pub(crate) truncate: Option<usize>,
    pub(crate) default: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    /// What to say instead of the pattern, such as `must not contain white space`.
    pub(crate) meaning: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Forbidden {
    pub(crate) value: Value,
    pub(crate) message: Option<String>,
}

/// Values that a command may carry, and that make it void.
#[derive(Debug, Clone)]
pub(crate) struct Reserved {
    pub(crate) values: Vec<Value>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// An absolute URL.
    Uri,
    /// An absolute URL with the scheme `http` or `https`.
    HttpUri,
    /// A date and time as RFC 3339 writes it.
    DateTime,
}

impl Constraints {
    pub(crate) fn normalises_text(&self) -> bool {
        self.trim || self.truncate.is_some()
    }
}

impl Types {
    pub(crate) fn get(&self, id: TypeId) -> &NamedType {
        &self.named[id.0]
    }

    /// Adds a type whose shape is not known yet, so that the shape may refer to itself.
    pub(crate) fn reserve(&mut self, name: &str, docs: String) -> TypeId {
        self.named.push(NamedType { name: name.to_owned(), docs, shape: Kind::Any.into() });
        TypeId(self.named.len() - 1)
    }

    pub(crate) fn define(&mut self, id: TypeId, shape: Shape) {
        self.named[id.0].shape = shape;
    }

    /// Follows names until something that is not a name. The reader refuses endless chains.
    pub(crate) fn resolve<'a>(&'a self, mut shape: &'a Shape) -> &'a Shape {
        while let Kind::Named(id) = shape.kind {
            shape = &self.get(id).shape;
        }
        shape
    }

    /// The field of an object shape, looked for in the branches of a union too.
    pub(crate) fn field<'a>(&'a self, shape: &'a Shape, name: &str) -> Option<&'a Shape> {
        let shape = self.resolve(shape);
        match &shape.kind {
            Kind::Object(object) => object
                .fields
                .iter()
                .find(|field| field.name == name)
                .map(|field| &field.shape)
                .or(object.rest.as_deref()),
            Kind::Union(branches) => branches.iter().find_map(|branch| self.field(branch, name)),
            Kind::Any
            | Kind::Null
            | Kind::Boolean
            | Kind::Number
            | Kind::String
            | Kind::Literal(_)
            | Kind::Array(_)
            | Kind::Tuple(_)
            | Kind::Named(_) => None,
        }
    }

    /// The shape at the end of a path of fields.
    pub(crate) fn path<'a>(&'a self, shape: &'a Shape, path: &[String]) -> Option<&'a Shape> {
        path.iter().try_fold(shape, |shape, step| self.field(shape, step))
    }

    /// Whether an argument of this shape may be left out: `undefined` is a value of `any` and `unknown`.
    pub(crate) fn accepts_undefined(&self, shape: &Shape) -> bool {
        matches!(self.resolve(shape).kind, Kind::Any)
    }

    /// Whether [`crate::conform::normalise`] could change a value of this shape.
    pub(crate) fn normalises(&self, shape: &Shape) -> bool {
        self.normalises_within(shape, &mut Vec::new())
    }

    fn normalises_within(&self, shape: &Shape, seen: &mut Vec<TypeId>) -> bool {
        if shape.constraints.as_ref().is_some_and(|c| c.normalises_text() || c.default.is_some()) {
            return true;
        }
        match &shape.kind {
            Kind::Any | Kind::Null | Kind::Boolean | Kind::Number | Kind::String | Kind::Literal(_) => false,
            Kind::Array(items) => self.normalises_within(items, seen),
            Kind::Tuple(items) | Kind::Union(items) => {
                items.iter().any(|item| self.normalises_within(item, seen))
            }
            Kind::Object(object) => {
                object.fields.iter().any(|field| self.normalises_within(&field.shape, seen))
                    || object.rest.as_ref().is_some_and(|rest| self.normalises_within(rest, seen))
            }
            Kind::Named(id) => {
                if seen.contains(id) {
                    return false;
                }
                seen.push(*id);
                self.normalises_within(&self.get(*id).shape, seen)
            }
        }
    }

    /// What a value of this shape is called in messages: `a string`, `"sms", "voice" or "both"`.
    pub(crate) fn describe(&self, shape: &Shape) -> String {
        let mut parts = Vec::new();
        self.describe_into(shape, &mut parts);
        parts.dedup();
        let Some(last) = parts.pop() else { return "nothing".to_owned() };
        if parts.is_empty() { last } else { format!("{} or {last}", parts.join(", ")) }
    }

    fn describe_into(&self, shape: &Shape, parts: &mut Vec<String>) {
        let shape = self.resolve(shape);
        let part = match &shape.kind {
            Kind::Any => "any value".to_owned(),
            Kind::Null => "null".to_owned(),
            Kind::Boolean => "a boolean".to_owned(),
            Kind::Number if shape.constraints.as_ref().is_some_and(|c| c.integer) => "an integer".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::String => "a string".to_owned(),
            Kind::Literal(value) => value.to_string(),
            Kind::Array(_) => "an array".to_owned(),
            Kind::Tuple(items) => format!("an array of {} items", items.len()),
            Kind::Object(_) => "an object".to_owned(),
            Kind::Union(branches) => {
                return branches.iter().for_each(|branch| self.describe_into(branch, parts));
            }
            Kind::Named(_) => return,
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }

    /// The shape as TypeScript writes it, with names left as names.
    pub(crate) fn type_text(&self, shape: &Shape) -> String {
        let mut text = String::new();
        self.write_type(shape, &mut text);
        text
    }

    fn write_type(&self, shape: &Shape, text: &mut String) {
        match &shape.kind {
            Kind::Any => text.push_str("any"),
            Kind::Null => text.push_str("null"),
            Kind::Boolean => text.push_str("boolean"),
            Kind::Number => text.push_str("number"),
            Kind::String => text.push_str("string"),
            Kind::Literal(value) => {
                // Writing to a String cannot fail.
                let _ = write!(text, "{value}");
            }
            Kind::Array(items) => {
                let parenthesised = matches!(items.kind, Kind::Union(_));
                text.push_str(if parenthesised { "(" } else { "" });
                self.write_type(items, text);
                text.push_str(if parenthesised { ")[]" } else { "[]" });
            }
            Kind::Tuple(items) => {
                text.push('[');
                self.write_list(items, ", ", text);
                text.push(']');
            }
            Kind::Union(branches) => self.write_list(branches, " | ", text),
            Kind::Object(object) => self.write_object(object, text),
            Kind::Named(id) => text.push_str(&self.get(*id).name),
        }
    }

    fn write_list(&self, shapes: &[Shape], separator: &str, text: &mut String) {
        for (index, shape) in shapes.iter().enumerate() {
            text.push_str(if index > 0 { separator } else { "" });
            self.write_type(shape, text);
        }
    }

    fn write_object(&self, object: &ObjectShape, text: &mut String) {
        if let (true, Some(rest)) = (object.fields.is_empty(), &object.rest) {
            text.push_str("Record<string, ");
            self.write_type(rest, text);
            text.push('>');
            return;
        }
        text.push_str("{ ");
        for (index, field) in object.fields.iter().enumerate() {
            text.push_str(if index > 0 { "; " } else { "" });
            text.push_str(&field.name);
            text.push_str(if field.optional { "?: " } else { ": " });
            self.write_type(&field.shape, text);
        }
        text.push_str(" }");
    }
}

impl From<Kind> for Shape {
    fn from(kind: Kind) -> Self {
        Shape { kind, constraints: None }
    }
}

impl Format {
    pub(crate) const ALL: [Format; 3] = [Format::Uri, Format::HttpUri, Format::DateTime];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Uri => "uri",
            Format::HttpUri => "http-uri",
            Format::DateTime => "date-time",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Format::Uri => "must be an absolute URL",
            Format::HttpUri => "must be an absolute http or https URL",
            Format::DateTime => "must be a date and time such as 2026-03-01T09:30:00Z",
        }
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        match self {
            Format::Uri => url::Url::parse(text).is_ok(),
            Format::HttpUri => url::Url::parse(text)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            Format::DateTime => is_date_time(text),
        }
    }
}

/// Whether the text is `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` with fields in range.
fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let in_range = |from, low, high| number(from, from + 2).is_some_and(|n| (low..=high).contains(&n));
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if number(0, 4).is_none()
        || separators.iter().any(|&(at, byte)| bytes.get(at) != Some(&byte))
        || !matches!(bytes.get(10), Some(b'T' | b't' | b' '))
        || !(in_range(5, 1, 12) && in_range(8, 1, 31) && in_range(11, 0, 23))
        || !(in_range(14, 0, 59) && in_range(17, 0, 60))
    {
        return false;
    }
    let rest = &text[19..];
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    let start = text.len() - zone.len();
    matches!(zone, "Z" | "z")
        || (zone.len() == 6
            && zone.starts_with(['+', '-'])
            && bytes.get(start + 3) == Some(&b':')
            && in_range(start + 1, 0, 23)
            && in_range(start + 4, 0, 59))
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn date_times() {
        for good in ["2026-03-01T09:30:00Z", "2026-03-01T09:30:00.123Z", "2026-12-31T23:59:60+05:30"] {
            assert!(Format::DateTime.matches(good), "{good}");
        }
        for bad in ["", "2026-03-01", "2026-13-01T09:30:00Z", "2026-03-01T09:30:00", "2026-03-01T09:30:00.Z"]
        {
            assert!(!Format::DateTime.matches(bad), "{bad}");
        }
        assert!(!Format::DateTime.matches("2026-03-0€T09:30:00Z"), "text that is not ASCII is no date");
    }
}

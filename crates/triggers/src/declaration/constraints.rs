//! From tags to constraints.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::jsdoc::{Docs, Tag};
use super::source::{DeclarationError, Source};
use crate::shape::{Constraints, Forbidden, Format, Pattern, Reserved};

/// A compiled pattern takes at most this much memory.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;

pub(super) struct ReadConstraints {
    pub(super) constraints: Option<Constraints>,
    /// `@asType any`: the type is what an action may expect, but no value is refused.
    pub(super) any: bool,
}

/// Reads the tags that constrain a type, a field or a parameter.
pub(super) fn read_constraints(
    source: &Source<'_>,
    docs: &Docs,
) -> Result<ReadConstraints, DeclarationError> {
    let count = |name| docs.one(source, name)?.map(|tag| read_count(source, tag)).transpose();
    let number = |name| docs.one(source, name)?.map(|tag| read_number(source, tag)).transpose();
    let pattern = |name| docs.one(source, name)?.map(|tag| read_pattern(source, tag)).transpose();
    let as_type = docs.one(source, "asType")?.map(|tag| read_as_type(source, tag)).transpose()?;
    let constraints = Constraints {
        length_min: count("minLength")?,
        length_max: count("maxLength")?,
        bytes_max: count("maxBytes")?,
        pattern: pattern("pattern")?,
        format: docs.one(source, "format")?.map(|tag| read_format(source, tag)).transpose()?,
        minimum: number("minimum")?,
        maximum: number("maximum")?,
        integer: as_type == Some(AsType::Integer),
        items_min: count("minItems")?,
        items_max: count("maxItems")?,
        properties_min: count("minProperties")?,
        properties_max: count("maxProperties")?,
        property_names: pattern("propertyNames")?,
        forbidden: docs
            .all("forbid")
            .into_iter()
            .map(|tag| read_forbidden(source, tag))
            .collect::<Result<_, _>>()?,
        reserved: docs.one(source, "reserved")?.map(|tag| read_reserved(source, tag)).transpose()?,
        trim: docs.flag(source, "trim")?,
        truncate: count("truncate")?,
        default: docs.one(source, "default")?.map(|tag| read_json(source, tag, &tag.text)).transpose()?,
    };
    let present = constraints.is_present();
    Ok(ReadConstraints { constraints: present.then_some(constraints), any: as_type == Some(AsType::Any) })
}

/// JSON values in a tag, with bars between them.
pub(super) fn read_json_list(
    source: &Source<'_>,
    tag: &Tag,
    text: &str,
) -> Result<Vec<Value>, DeclarationError> {
    text.split('|').map(|value| read_json(source, tag, value)).collect()
}

/// A JSON value in a tag.
pub(super) fn read_json(source: &Source<'_>, tag: &Tag, text: &str) -> Result<Value, DeclarationError> {
    serde_json::from_str(text.trim()).map_err(|_| {
        tag.error(
            source,
            "needs a JSON value",
            "write a number, true, false, null or a \"text\" in double quotes",
        )
    })
}

#[derive(PartialEq, Eq)]
enum AsType {
    Integer,
    Any,
}

impl Constraints {
    fn is_present(&self) -> bool {
        let counts = [
            self.length_min,
            self.length_max,
            self.bytes_max,
            self.items_min,
            self.items_max,
            self.properties_min,
            self.properties_max,
        ];
        counts.iter().any(Option::is_some)
            || self.pattern.is_some()
            || self.property_names.is_some()
            || self.format.is_some()
            || self.minimum.is_some()
            || self.maximum.is_some()
            || self.default.is_some()
            || self.integer
            || self.normalises_text()
            || self.reserved.is_some()
            || !self.forbidden.is_empty()
    }
}

fn read_count(source: &Source<'_>, tag: &Tag) -> Result<usize, DeclarationError> {
    tag.text
        .parse()
        .map_err(|_| tag.error(source, "needs a whole number", format!("write `@{} 10`", tag.name)))
}

fn read_number(source: &Source<'_>, tag: &Tag) -> Result<f64, DeclarationError> {
    let number = tag.text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| tag.error(source, "needs a number", format!("write `@{} 10`", tag.name)))
}

fn read_pattern(source: &Source<'_>, tag: &Tag) -> Result<Pattern, DeclarationError> {
    let (text, meaning) = tag.with_message();
    let regex: Result<Regex, _> = RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build();
    match regex {
        Ok(regex) if !text.is_empty() => Ok(Pattern { regex, meaning }),
        _ => {
            let supported = "write a regular expression without look-around or back references, \
                such as `@pattern ^[a-z]+$ - must be lower-case letters`";
            Err(tag.error(source, "needs a pattern", supported))
        }
    }
}

fn read_format(source: &Source<'_>, tag: &Tag) -> Result<Format, DeclarationError> {
    Format::ALL.into_iter().find(|format| format.name() == tag.text).ok_or_else(|| {
        let known = Format::ALL.map(Format::name).join(", ");
        tag.error(source, "names an unknown format", format!("known formats: {known}"))
    })
}

fn read_as_type(source: &Source<'_>, tag: &Tag) -> Result<AsType, DeclarationError> {
    match tag.text.as_str() {
        "integer" => Ok(AsType::Integer),
        "any" => Ok(AsType::Any),
        _ => Err(tag.error(source, "names an unknown type", "write `@asType integer` or `@asType any`")),
    }
}

fn read_forbidden(source: &Source<'_>, tag: &Tag) -> Result<Forbidden, DeclarationError> {
    let (value, message) = tag.with_message();
    Ok(Forbidden { value: read_json(source, tag, value)?, message })
}

fn read_reserved(source: &Source<'_>, tag: &Tag) -> Result<Reserved, DeclarationError> {
    let (values, message) = tag.with_message();
    Ok(Reserved { values: read_json_list(source, tag, values)?, message })
}

//! Compares a file with the schema of its format, and names everything that does not fit, with its
//! place. It knows the part of JSON Schema that our own schema uses; a test holds the two together.

use serde_json::Value;

use crate::node::Kind;
use crate::node::Node;
use crate::node::Path;
use crate::problem::Finding;
use crate::suggest::did_you_mean;

/// Everything in which a file differs from the schema.
pub(crate) fn check(root: &Node, schema: &Value) -> Vec<Finding> {
    let mut conform = Conform { root: schema, findings: Vec::new() };
    conform.node(root, schema, &Path::root());
    conform.findings
}

struct Conform<'s> {
    root: &'s Value,
    findings: Vec<Finding>,
}

impl<'s> Conform<'s> {
    fn node(&mut self, node: &Node, schema: &'s Value, path: &Path) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
            return self.choice(node, choices, schema, path);
        }
        if !fits(node, schema) {
            return self.wrong_kind(node, &[schema], schema, path);
        }
        self.value(node, schema, path);
        match &node.kind {
            Kind::Map(_) => self.map(node, schema, path),
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &schema["items"], &path.index(index));
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }

    /// The one of several schemas that is for values of this kind.
    fn choice(&mut self, node: &Node, choices: &'s [Value], around: &'s Value, path: &Path) {
        let resolved: Vec<&Value> = choices.iter().map(|choice| self.resolve(choice)).collect();
        match resolved.iter().find(|choice| fits(node, choice)) {
            Some(choice) => self.node(node, choice, path),
            None => self.wrong_kind(node, &resolved, around, path),
        }
    }

    fn wrong_kind(&mut self, node: &Node, wanted: &[&'s Value], schema: &'s Value, path: &Path) {
        let names: Vec<String> = wanted.iter().flat_map(|schema| kind_names(schema)).collect();
        let message = format!("this is {}, but must be {}", node.kind_name(), names.join(" or "));
        let mut finding = Finding::new(node.place, path.clone(), message);
        let hint = wanted.iter().chain([&schema]).find_map(|schema| schema["x-hint"].as_str());
        finding.help = hint.map(str::to_owned).or_else(|| way_out(node, wanted).map(str::to_owned));
        self.findings.push(finding);
    }

    /// Rules about the value itself.
    fn value(&mut self, node: &Node, schema: &Value, path: &Path) {
        let mut find = |message: String| self.findings.push(Finding::new(node.place, path.clone(), message));
        match &node.kind {
            Kind::Number(number) => {
                let (min, max) = (&schema["minimum"], &schema["maximum"]);
                let value = number.as_f64().unwrap_or_default();
                let too_small = min.as_f64().is_some_and(|min| value < min);
                let too_large = max.as_f64().is_some_and(|max| value > max);
                if too_small || too_large {
                    match max {
                        Value::Null => find(format!("this is {number}, but must be at least {min}")),
                        max => find(format!("this is {number}, but must be from {min} to {max}")),
                    }
                }
            }
            Kind::Text(text)
                if text.is_empty() && schema["minLength"].as_u64().is_some_and(|min| min > 0) =>
            {
                find("this is empty".to_owned());
            }
            Kind::Text(text) => {
                if let Some(known) = schema["enum"].as_array() {
                    self.one_of(text, known, node, path);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => {}
        }
        let constant = &schema["const"];
        if !constant.is_null() && node.to_value() != *constant {
            let message = format!("this must be {constant}");
            let help = "this vestibule reads no other version of the format";
            self.findings.push(Finding::new(node.place, path.clone(), message).help(help));
        }
    }

    fn one_of(&mut self, text: &str, known: &[Value], node: &Node, path: &Path) {
        let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
        if known.contains(&text) {
            return;
        }
        let finding =
            Finding::new(node.place, path.clone(), format!("this is {text:?}{}", suggestion(text, &known)));
        self.findings.push(finding.help(format!("it must be one of: {}", known.join(", "))));
    }

    fn map(&mut self, node: &Node, schema: &'s Value, path: &Path) {
        let properties = schema["properties"].as_object();
        let others = &schema["additionalProperties"];
        let names = self.resolve(&schema["propertyNames"])["enum"].as_array();
        for entry in node.entries() {
            let inner = path.key(&entry.key);
            if let Some(property) = properties.and_then(|properties| properties.get(&entry.key)) {
                self.node(&entry.value, property, &inner);
            } else if others.is_object() {
                if let Some(names) = names {
                    let key = Node::new(entry.key_place, Kind::Text(entry.key.clone()));
                    self.one_of(&entry.key, names, &key, &inner);
                }
                if entry.key.is_empty() {
                    self.findings.push(Finding::new(entry.key_place, inner.clone(), "this name is empty"));
                }
                self.node(&entry.value, others, &inner);
            } else if *others == Value::Bool(false) {
                let known: Vec<&str> =
                    properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
                let message =
                    format!("there is no key {:?} here{}", entry.key, suggestion(&entry.key, &known));
                let known = format!("the keys are: {}", known.join(", "));
                self.findings.push(Finding::new(entry.key_place, path.clone(), message).help(known));
            }
        }
        self.completeness(node, schema, path);
    }

    /// Keys that must be there, and how many there may be.
    fn completeness(&mut self, node: &Node, schema: &Value, path: &Path) {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| node.get(key).is_none()) {
            let mut finding = Finding::new(node.place, path.clone(), format!("the key {key:?} is missing"));
            if let Some(constant) = schema["properties"][key].get("const") {
                finding = finding.help(format!("write {key}: {constant}"));
            }
            self.findings.push(finding);
        }
        let count = node.entries().len() as u64;
        let (min, max) = (schema["minProperties"].as_u64(), schema["maxProperties"].as_u64());
        if min.is_some_and(|min| count < min) || max.is_some_and(|max| count > max) {
            let keys: Vec<&str> =
                schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            let message = format!("here must be exactly one of {}", keys.join(" and "));
            self.findings.push(Finding::new(node.place, path.clone(), message));
        }
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')) {
            Some(pointer) => self.root.pointer(pointer).unwrap_or(&Value::Null),
            None => schema,
        }
    }
}

/// Whether a value is of a kind that a schema allows.
fn fits(node: &Node, schema: &Value) -> bool {
    let types: Vec<&str> = types(schema);
    types.is_empty()
        || types.iter().any(|name| match &node.kind {
            Kind::Null => *name == "null",
            Kind::Bool(_) => *name == "boolean",
            Kind::Number(number) if number.is_f64() => *name == "number",
            Kind::Number(_) => matches!(*name, "number" | "integer"),
            Kind::Text(_) => *name == "string",
            Kind::List(_) => *name == "array",
            Kind::Map(_) => *name == "object",
        })
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// What people call values of the kinds that a schema allows.
fn kind_names(schema: &Value) -> Vec<String> {
    let keys: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    types(schema)
        .into_iter()
        .map(|name| match name {
            "boolean" => "true or false".to_owned(),
            "integer" => "a whole number".to_owned(),
            "number" => "a number".to_owned(),
            "string" => "a string".to_owned(),
            "array" => "a list".to_owned(),
            _ if keys.is_empty() => "a mapping".to_owned(),
            _ => format!("a mapping with {}", keys.join(", ")),
        })
        .collect()
}

/// What to do about a value of the wrong kind, where the kind alone tells.
fn way_out(node: &Node, wanted: &[&Value]) -> Option<&'static str> {
    let wants = |name: &str| wanted.iter().any(|schema| types(schema).contains(&name));
    match &node.kind {
        Kind::Number(_) | Kind::Bool(_) if wants("string") => Some("put it in quotes"),
        Kind::Null => Some("fill it in, or leave the key out"),
        Kind::Text(_) if wants("array") => Some("write a list, even of one"),
        Kind::Number(_) | Kind::Bool(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// `; did you mean "X"?`, or nothing.
pub(crate) fn suggestion(text: &str, known: &[&str]) -> String {
    did_you_mean(text, known).map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::document;

    /// Keywords that this file enforces, and those that only tell.
    const KNOWN: &[&str] = &[
        "$ref",
        "$defs",
        "$schema",
        "additionalProperties",
        "anyOf",
        "oneOf",
        "const",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxProperties",
        "maximum",
        "minLength",
        "minProperties",
        "minimum",
        "properties",
        "propertyNames",
        "required",
        "title",
        "type",
        "x-hint",
    ];

    /// The keywords of a schema; names of properties are none.
    fn keywords(schema: &Value, found: &mut BTreeSet<String>) {
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            found.insert(keyword.clone());
            match (keyword.as_str(), value) {
                ("properties" | "$defs", Value::Object(inner)) => {
                    inner.values().for_each(|schema| keywords(schema, found));
                }
                ("anyOf" | "oneOf", Value::Array(inner)) => {
                    inner.iter().for_each(|schema| keywords(schema, found));
                }
                ("items" | "additionalProperties" | "propertyNames", inner) => keywords(inner, found),
                _ => {}
            }
        }
    }

    #[test]
    fn every_keyword_of_the_schema_is_enforced() {
        let mut found = BTreeSet::new();
        keywords(&document::schema(), &mut found);
        let unknown: Vec<_> = found.iter().filter(|keyword| !KNOWN.contains(&keyword.as_str())).collect();
        assert!(unknown.is_empty(), "conform.rs does not enforce {unknown:?}");
    }
}

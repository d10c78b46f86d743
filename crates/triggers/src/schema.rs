//! JSON Schemas (draft 2020-12) of events and commands.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::shape::{Constraints, Format, Kind, ObjectShape, Shape, TypeId};
use crate::trigger::{Method, Trigger};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(crate) fn of_event(trigger: &Trigger) -> Value {
    let mut writer = Writer::new(trigger, false);
    let root = writer.shape(&trigger.event);
    writer.document(format!("Event of {}", trigger.id), root)
}

pub(crate) fn of_command(trigger: &Trigger) -> Value {
    let mut writer = Writer::new(trigger, true);
    let recorded = trigger.methods.iter().filter(|method| method.host.is_none());
    let alternatives: Vec<Value> = recorded.map(|method| writer.command(method)).collect();
    let root = Map::from_iter([("oneOf".to_owned(), Value::Array(alternatives))]);
    writer.document(format!("Command of {}", trigger.id), root)
}

struct Writer<'t> {
    trigger: &'t Trigger,
    /// Whether objects refuse fields that they do not name.
    closed: bool,
    seen: HashSet<TypeId>,
    waiting: Vec<TypeId>,
}

impl<'t> Writer<'t> {
    fn new(trigger: &'t Trigger, closed: bool) -> Self {
        Writer { trigger, closed, seen: HashSet::new(), waiting: Vec::new() }
    }

    fn document(mut self, title: String, root: Map<String, Value>) -> Value {
        let mut definitions = Map::new();
        while let Some(id) = self.waiting.pop() {
            let named = self.trigger.types.get(id);
            let mut schema = self.shape(&named.shape);
            describe(&mut schema, &named.docs);
            definitions.insert(named.name.clone(), Value::Object(schema));
        }
        definitions.sort_keys();
        let mut document = Map::from_iter([
            ("$schema".to_owned(), Value::from(DIALECT)),
            ("title".to_owned(), Value::from(title)),
        ]);
        document.extend(root);
        if !definitions.is_empty() {
            document.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Value::Object(document)
    }

    fn command(&mut self, method: &Method) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for param in &method.params {
            let mut schema = self.shape(&param.shape);
            describe(&mut schema, &param.docs);
            properties.insert(param.name.clone(), Value::Object(schema));
            if !param.optional {
                required.push(param.name.as_str());
            }
        }
        json!({
            "type": "object",
            "description": method.docs,
            "properties": {
                "command": { "const": method.path },
                "args": {
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                },
            },
            "required": ["command", "args"],
        })
    }

    fn shape(&mut self, shape: &Shape) -> Map<String, Value> {
        let mut schema = self.kind(&shape.kind);
        if let Some(constraints) = &shape.constraints {
            constrain(&mut schema, constraints);
        }
        schema
    }

    fn kind(&mut self, kind: &Kind) -> Map<String, Value> {
        let schema = match kind {
            Kind::Any => json!({}),
            Kind::Null => json!({ "type": "null" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Number => json!({ "type": "number" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Literal(value) => json!({ "const": value }),
            Kind::Array(items) => json!({ "type": "array", "items": self.shape(items) }),
            Kind::Tuple(items) => {
                let schemas: Vec<_> = items.iter().map(|item| self.shape(item)).collect();
                json!({ "type": "array", "prefixItems": schemas, "items": false, "minItems": items.len() })
            }
            Kind::Object(object) => self.object(object),
            Kind::Union(branches) => self.union(branches),
            Kind::Named(id) => {
                if self.seen.insert(*id) {
                    self.waiting.push(*id);
                }
                json!({ "$ref": format!("#/$defs/{}", self.trigger.types.get(*id).name) })
            }
        };
        match schema {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn object(&mut self, object: &ObjectShape) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in &object.fields {
            let mut schema = self.shape(&field.shape);
            describe(&mut schema, &field.docs);
            properties.insert(field.name.clone(), Value::Object(schema));
            let may_miss =
                field.optional || field.provided || self.trigger.types.accepts_undefined(&field.shape);
            if !may_miss {
                required.push(field.name.as_str());
            }
        }
        let mut schema = json!({ "type": "object" });
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
            schema["required"] = json!(required);
        }
        match &object.rest {
            Some(rest) => schema["additionalProperties"] = Value::Object(self.shape(rest)),
            None if self.closed => schema["additionalProperties"] = Value::Bool(false),
            None => {}
        }
        schema
    }

    /// A union of literals is an `enum`, which tools show as a list of choices.
    fn union(&mut self, branches: &[Shape]) -> Value {
        let literals: Option<Vec<&Value>> = branches
            .iter()
            .map(|branch| match (&branch.kind, &branch.constraints) {
                (Kind::Literal(value), None) => Some(value),
                _ => None,
            })
            .collect();
        match literals {
            Some(values) => json!({ "enum": values }),
            None => {
                let schemas: Vec<_> = branches.iter().map(|branch| self.shape(branch)).collect();
                json!({ "anyOf": schemas })
            }
        }
    }
}

fn constrain(schema: &mut Map<String, Value>, constraints: &Constraints) {
    let counts = [
        ("minLength", constraints.length_min),
        // A text of at most N bytes has at most N characters, which is what the schema can say.
        ("maxLength", constraints.length_max.or(constraints.bytes_max)),
        ("minItems", constraints.items_min),
        ("maxItems", constraints.items_max),
        ("minProperties", constraints.properties_min),
        ("maxProperties", constraints.properties_max),
    ];
    for (keyword, count) in counts {
        if let Some(count) = count {
            schema.insert(keyword.to_owned(), Value::from(count));
        }
    }
    for (keyword, number) in [("minimum", constraints.minimum), ("maximum", constraints.maximum)] {
        if let Some(number) = number {
            schema.insert(keyword.to_owned(), number_value(number));
        }
    }
    if constraints.integer {
        schema.insert("type".to_owned(), Value::from("integer"));
    }
    if let Some(pattern) = &constraints.pattern {
        schema.insert("pattern".to_owned(), Value::from(pattern.regex.as_str()));
    }
    if let Some(pattern) = &constraints.property_names {
        schema.insert("propertyNames".to_owned(), json!({ "pattern": pattern.regex.as_str() }));
    }
    match constraints.format {
        Some(Format::HttpUri) => {
            schema.insert("format".to_owned(), Value::from("uri"));
            schema.entry("pattern").or_insert(Value::from("^[hH][tT][tT][pP][sS]?:"));
        }
        Some(format @ (Format::Uri | Format::DateTime)) => {
            schema.insert("format".to_owned(), Value::from(format.name()));
        }
        None => {}
    }
    if !constraints.forbidden.is_empty() {
        let values: Vec<&Value> = constraints.forbidden.iter().map(|forbidden| &forbidden.value).collect();
        schema.insert("not".to_owned(), json!({ "enum": values }));
    }
    if let Some(default) = &constraints.default {
        schema.insert("default".to_owned(), default.clone());
    }
}

fn describe(schema: &mut Map<String, Value>, docs: &str) {
    if !docs.is_empty() {
        schema.insert("description".to_owned(), Value::from(docs));
    }
}

/// Whole numbers are written without a fraction.
fn number_value(number: f64) -> Value {
    crate::declaration::integer(number).unwrap_or_else(|| Value::from(number))
}

//! Every key of the flow file, from the schema: what `docs/flow-file.md` and `vestibule flow keys` show.

use serde_json::Value;

use crate::document;

/// A part of the format: where it stands, and its definition in the schema.
struct Part {
    heading: &'static str,
    definition: &'static str,
}

/// The parts, in the order in which people meet them. The first is the file itself.
const PARTS: [Part; 8] = [
    Part { heading: "The file", definition: "" },
    Part { heading: "An action: `actions.NAME`", definition: "Action" },
    Part { heading: "What runs at a trigger: `triggers.ID`", definition: "Trigger" },
    Part { heading: "An action at its place, when it is more than a name", definition: "BoundActionDetails" },
    Part { heading: "A module: `modules.NAME`", definition: "Module" },
    Part { heading: "A secret: `secrets.NAME`", definition: "Secret" },
    Part { heading: "Where `fetch` may go: `egress`", definition: "Egress" },
    Part { heading: "What an action may use: `limits`", definition: "Limits" },
];

/// Every key of the flow file with what it means, as Markdown.
pub fn reference() -> String {
    let schema = document::schema();
    let tables = PARTS.iter().map(|Part { heading, definition }| {
        let part = if definition.is_empty() { &schema } else { &schema["$defs"][definition] };
        format!("### {heading}\n\n{}", table(part, &schema))
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn table(part: &Value, schema: &Value) -> String {
    let required: Vec<&str> =
        part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = format!(
        "{}\n\n| key | value | meaning |\n|---|---|---|\n",
        part["description"].as_str().unwrap_or_default()
    );
    for (key, property) in part["properties"].as_object().into_iter().flatten() {
        let must = if required.contains(&key.as_str()) { ", required" } else { "" };
        let meaning = property["description"].as_str().unwrap_or_default();
        text.push_str(&format!("| `{key}` | {}{must} | {meaning} |\n", value_of(property, schema)));
    }
    text
}

/// What a value is, in words.
fn value_of(property: &Value, schema: &Value) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|text| text.rsplit('/').next()) {
        return match name {
            "Limits" => "limits".to_owned(),
            "Egress" => "egress".to_owned(),
            "Secret" => "secret".to_owned(),
            "Action" => "action".to_owned(),
            "Module" => "module".to_owned(),
            "Trigger" => "trigger".to_owned(),
            "BoundAction" => "name, or action at its place".to_owned(),
            _ => value_of(&schema["$defs"][name], schema),
        };
    }
    if let Some(known) = property["enum"].as_array() {
        return known
            .iter()
            .filter_map(Value::as_str)
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    if !property["const"].is_null() {
        return property["const"].to_string();
    }
    match &property["type"] {
        Value::String(kind) => match kind.as_str() {
            "array" => format!("list of: {}", value_of(&property["items"], schema)),
            "object" if property["additionalProperties"].is_object() => {
                format!("mapping to: {}", value_of(&property["additionalProperties"], schema))
            }
            "object" => {
                let keys = property["properties"].as_object().into_iter().flatten();
                let keys = keys.map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                let inner = property["properties"].as_object().and_then(|keys| keys.values().next());
                format!(
                    "mapping from {keys} to: {}",
                    inner.map(|inner| value_of(inner, schema)).unwrap_or_default()
                )
            }
            "integer" => "whole number".to_owned(),
            other => other.to_owned(),
        },
        Value::Array(_) => "string or whole number".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "anything".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_of_the_schema_has_its_part_or_is_told_in_place() {
        let in_place = ["BoundAction", "FailurePolicy"];
        let schema = document::schema();
        for (name, _) in schema["$defs"].as_object().unwrap() {
            let has_part = PARTS.iter().any(|part| part.definition == name);
            assert!(has_part || in_place.contains(&name.as_str()), "{name} is in no part");
        }
    }
}

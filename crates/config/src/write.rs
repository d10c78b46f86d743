//! Writes a flow file as YAML.

use serde_json::Map;
use serde_json::Value;

use crate::document::Document;
use crate::yaml;

/// Characters of a mapping that is written on one line.
const LINE_CHARS_MAX: usize = 80;

/// The text of a flow file.
pub(crate) fn yaml(document: &Document) -> String {
    let mut text = String::new();
    // The types of the format hold strings, numbers, lists and mappings; writing them cannot fail.
    if let Ok(Value::Object(entries)) = serde_json::to_value(document) {
        map(&entries, 0, &mut text);
    }
    text
}

fn map(entries: &Map<String, Value>, depth: usize, text: &mut String) {
    for (index, (key, value)) in entries.iter().enumerate() {
        // Sections stand apart.
        if depth == 0 && index > 0 && value.is_object() {
            text.push('\n');
        }
        text.push_str(&format!("{}{}:", "  ".repeat(depth), scalar(key)));
        match value {
            Value::Object(inner) if depth < 2 && !inner.is_empty() => {
                text.push('\n');
                map(inner, depth + 1, text);
            }
            Value::Object(inner) if !inner.is_empty() && line(value).len() > LINE_CHARS_MAX => {
                text.push('\n');
                map(inner, depth + 1, text);
            }
            Value::Array(items)
                if items.iter().any(Value::is_object) || line(value).len() > LINE_CHARS_MAX =>
            {
                text.push('\n');
                for item in items {
                    text.push_str(&format!("{}- {}\n", "  ".repeat(depth + 1), line(item)));
                }
            }
            _ => text.push_str(&format!(" {}\n", line(value))),
        }
    }
}

/// A value on one line.
fn line(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), line(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A string, without quotes where it reads as itself. JSON's quotes are YAML's too.
fn scalar(text: &str) -> String {
    let is_word = |char: char| char.is_ascii_alphanumeric() || "_./@-".contains(char);
    let starts_well = text.starts_with(|char: char| char.is_ascii_alphanumeric() || "_./".contains(char));
    if starts_well && text.chars().all(is_word) && yaml::is_text(text) {
        return text.to_owned();
    }
    let mut quoted = Value::from(text).to_string();
    // What YAML calls a line break or does not print, and JSON lets stand.
    for char in ['\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'] {
        quoted = quoted.replace(char, &format!("\\u{:04x}", char as u32));
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_string_is_read_as_it_was_written() {
        for text in [
            "",
            "a",
            "true",
            "null",
            "~",
            "1",
            "1.5",
            "1.6.0",
            "0x10",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#",
            "@x",
            "*x",
            "&x",
            "!x",
            "{x",
            "it's",
            "\"q\"",
            "two\nlines",
            "tab\t",
            "ä",
            "😀",
            "\u{85}\u{2028}",
            "no",
            "=",
            "%x",
            "a, b",
            "auth0/post-login",
            "..",
            ".5",
            "1e3",
            "My Action",
            " x ",
        ] {
            let written = format!("k: {}\n", scalar(text));
            let read = yaml::read(&written).unwrap_or_else(|findings| panic!("{written}{findings:?}"));
            assert_eq!(read.to_value(), json!({ "k": text }), "{written}");
            let in_line = format!("k: {{ {}: [{}] }}\n", scalar(text), scalar(text));
            let read = yaml::read(&in_line).unwrap_or_else(|findings| panic!("{in_line}{findings:?}"));
            assert_eq!(read.to_value(), json!({ "k": { text: [text] } }), "{in_line}");
        }
    }
}

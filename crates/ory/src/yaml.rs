//! A YAML or JSON text as a tree that remembers the line of everything in it.

use std::collections::HashMap;

use saphyr_parser::Event;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::Tag;
use serde_json::Map;
use serde_json::Value;

/// Levels of lists and tables. Real configurations have about ten.
const DEPTH_MAX: usize = 100;

/// Values of one text, those that aliases repeat counted each time: a small text can name billions.
const NODES_MAX: usize = 100_000;

/// A value and the line on which it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) value: Node,
}

/// Why a text is no YAML that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// Reads a text. JSON is YAML as well.
pub(crate) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    while let Some(event) = parser.next_event() {
        let (event, span) = event
            .map_err(|error| SyntaxError { line: error.marker().line(), reason: error.info().to_owned() })?;
        builder.take_in(event, span.start.line())?;
    }
    Ok(builder.root.unwrap_or(Node { line: 1, content: Content::Null }))
}

impl Node {
    /// The value under a key; `None` when this is no table or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries; none when this is no table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Table(entries) => entries,
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::List(_) => {
                &[]
            }
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Bool(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }

    /// The same value without lines.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(value) => Value::Number(value.clone()),
            Content::Text(value) => Value::String(value.clone()),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Table(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// This value and all values in it.
    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => 0,
            Content::List(items) => items.iter().map(Node::count).sum(),
            Content::Table(entries) => entries.iter().map(|entry| entry.value.count()).sum(),
        }
    }

    fn depth(&self) -> usize {
        1 + match &self.content {
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => 0,
            Content::List(items) => items.iter().map(Node::depth).max().unwrap_or(0),
            Content::Table(entries) => entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0),
        }
    }
}

/// Puts the tree together from the events of the parser.
#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: usize,
}

/// A list or table that has not ended.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value comes next, in a table.
    key: Option<(String, usize)>,
}

impl Builder {
    fn take_in(&mut self, event: Event<'_>, line: usize) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| is_string(&tag));
                let content = match style {
                    ScalarStyle::Plain if !is_text => plain(&text),
                    ScalarStyle::Plain
                    | ScalarStyle::SingleQuoted
                    | ScalarStyle::DoubleQuoted
                    | ScalarStyle::Literal
                    | ScalarStyle::Folded => Content::Text(text.into_owned()),
                };
                self.scalar(Node { line, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(Content::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.open(Content::Table(Vec::new()), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(error(line, "a second document begins here, but there can be only one"));
                }
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// A scalar is a value, or the key of a table that waits for one.
    fn scalar(&mut self, node: Node, anchor: usize) -> Result<(), SyntaxError> {
        let line = node.line;
        if let Some(table) = self.table_without_key() {
            let key = match node.content {
                Content::Text(text) => text,
                Content::Null => "null".to_owned(),
                Content::Bool(value) => value.to_string(),
                Content::Number(value) => value.to_string(),
                Content::List(_) | Content::Table(_) => return Err(error(line, "a key must be a text")),
            };
            if key != "<<" && table.node.get(&key).is_some() {
                return Err(error(line, format!("the key `{key}` is there twice")));
            }
            table.key = Some((key, line));
            return Ok(());
        }
        self.add(node, anchor)
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), SyntaxError> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(error(line, "an alias stands inside of what it repeats"));
        };
        self.nodes += node.count();
        if self.nodes > NODES_MAX || self.open.len() + node.depth() > DEPTH_MAX {
            return Err(error(line, "the aliases repeat too much"));
        }
        // Errors about what is repeated name the line where it is written.
        let node = node.clone();
        self.scalar_or_value(node, line)
    }

    fn scalar_or_value(&mut self, node: Node, line: usize) -> Result<(), SyntaxError> {
        match node.content {
            Content::List(_) | Content::Table(_) if self.table_without_key().is_some() => {
                Err(error(line, "a key must be a text"))
            }
            Content::List(_) | Content::Table(_) => self.add(node, 0),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => self.scalar(node, 0),
        }
    }

    fn open(&mut self, content: Content, anchor: usize, line: usize) -> Result<(), SyntaxError> {
        if self.table_without_key().is_some() {
            return Err(error(line, "a key must be a text"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(error(line, format!("lists and tables nest deeper than {DEPTH_MAX} levels")));
        }
        self.open.push(Open { node: Node { line, content }, anchor, key: None });
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        let Some(Open { mut node, anchor, .. }) = self.open.pop() else { return Ok(()) };
        if let Content::Table(entries) = &mut node.content {
            merge(entries)?;
        }
        self.add(node, anchor)
    }

    /// Adds a whole value to what is open.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(error(node.line, format!("the text holds more than {NODES_MAX} values")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.node.content, parent.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Table(entries), Some((key, line))) => entries.push(Entry { key, line, value: node }),
            // Only lists and tables are ever open, and a table takes a key first.
            (Content::Table(_), None)
            | (Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_), _) => {}
        }
        Ok(())
    }

    fn table_without_key(&mut self) -> Option<&mut Open> {
        self.open
            .last_mut()
            .filter(|open| matches!(open.node.content, Content::Table(_)) && open.key.is_none())
    }
}

/// Carries out `<<: *other`: what the table says itself goes before what it takes over.
fn merge(entries: &mut Vec<Entry>) -> Result<(), SyntaxError> {
    let Some(index) = entries.iter().position(|entry| entry.key == "<<") else { return Ok(()) };
    let entry = entries.remove(index);
    let sources = match entry.value.content {
        Content::List(items) => items,
        Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Table(_) => {
            vec![entry.value]
        }
    };
    for source in sources {
        let Content::Table(taken) = source.content else {
            return Err(error(entry.line, "`<<` takes a table, or a list of tables"));
        };
        for candidate in taken {
            if !entries.iter().any(|known| known.key == candidate.key) {
                entries.push(candidate);
            }
        }
    }
    Ok(())
}

/// What a text without quotes means, by the core schema of YAML 1.2.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Content::Null,
        "true" | "True" | "TRUE" => return Content::Bool(true),
        "false" | "False" | "FALSE" => return Content::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Content::Text(text.to_owned()), Content::Number)
}

fn number(text: &str) -> Option<serde_json::Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Into::into);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Into::into);
    }
    // Rust also reads `inf` and `nan`, which are texts here.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    text.parse().ok().and_then(serde_json::Number::from_f64)
}

fn is_string(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == "str"
}

fn error(line: usize, reason: impl Into<String>) -> SyntaxError {
    SyntaxError { line, reason: reason.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_of(text: &str) -> Value {
        parse(text).unwrap().to_json()
    }

    fn reason(text: &str) -> String {
        let error = parse(text).unwrap_err();
        format!("{}: {}", error.line, error.reason)
    }

    #[test]
    fn yaml_and_json_give_the_same_tree() {
        let expected = json!({"a": {"b": [1, "x", true, null, -2.5]}, "c": "yes"});
        assert_eq!(
            json_of("a:\n  b:\n    - 1\n    - x\n    - true\n    - ~\n    - -2.5\nc: yes\n"),
            expected
        );
        assert_eq!(json_of(&serde_json::to_string_pretty(&expected).unwrap()), expected);
        assert_eq!(
            json_of("{\n\t\"a\": [\n\t\t1\n\t]\n}"),
            json!({"a": [1]}),
            "JSON is often indented by tabs"
        );
        assert_eq!(json_of(""), Value::Null);
    }

    #[test]
    fn every_value_has_its_line() {
        let root = parse("a:\n  b: 1\n  c:\n    - x\n    - y: 2\n").unwrap();
        let list = root.at(&["a", "c"]).unwrap();
        let Content::List(items) = &list.content else { panic!("{list:?}") };
        assert_eq!(items.iter().map(|item| item.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(root.get("a").unwrap().entries()[1].line, 3);
    }

    #[test]
    fn anchors_aliases_and_merges_are_carried_out() {
        let text =
            "base: &base\n  url: u\n  method: POST\nhook:\n  <<: *base\n  method: PUT\nlist: [*base]\n";
        let root = json_of(text);
        assert_eq!(root["hook"], json!({"method": "PUT", "url": "u"}));
        assert_eq!(root["list"][0]["method"], "POST");
    }

    #[test]
    fn quotes_and_tags_make_texts() {
        assert_eq!(
            json_of("[\"1\", '2', !!str 3, 4, 0x1F, 1e3, inf]"),
            json!(["1", "2", "3", 4, 31, 1000.0, "inf"])
        );
    }

    #[test]
    fn texts_that_cannot_be_used_name_their_line() {
        assert_eq!(reason("a: 1\nb: 2\na: 3\n"), "3: the key `a` is there twice");
        assert!(reason("a: [1\nb: 2").contains(": "), "{}", reason("a: [1\nb: 2"));
        assert_eq!(
            reason("a: 1\n---\nb: 2\n"),
            "2: a second document begins here, but there can be only one"
        );
        assert!(reason(&"[".repeat(150)).contains("nest deeper"), "{}", reason(&"[".repeat(150)));
    }

    #[test]
    fn aliases_that_multiply_end_soon() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(reason(&text).ends_with("the aliases repeat too much"), "{}", reason(&text));
    }
}

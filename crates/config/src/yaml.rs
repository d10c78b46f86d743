//! Reads YAML: one document, the core schema, anchors; no tags and no merge keys.

use std::collections::HashMap;
use std::collections::HashSet;

use saphyr_parser::Event;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::Span;
use saphyr_parser::Tag;
use serde_json::Number;

use crate::json::key_twice;
use crate::json::lower_first;
use crate::node::DEPTH_MAX;
use crate::node::Entry;
use crate::node::Kind;
use crate::node::Node;
use crate::node::Path;
use crate::place::Place;
use crate::problem::Finding;

/// Values that a file may stand for, with every alias written out: a short file with aliases of
/// aliases can stand for more than any memory holds.
const NODES_MAX: usize = 100_000;
/// Bytes of a text that is repeated which count as one value.
const TEXT_BYTES_PER_NODE: usize = 256;

/// Reads a text. It collects every problem that does not end the reading.
pub(crate) fn read(text: &str) -> Result<Node, Vec<Finding>> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => builder.take(event, place(span)),
            Err(error) => {
                let at = error.marker();
                let place = Place { line: at.line(), column: at.col() + 1 };
                let message = format!("this is no YAML: {}", lower_first(error.info()));
                builder.findings.push(Finding::new(place, Path::root(), message));
                break;
            }
        }
        if builder.is_full {
            break;
        }
    }
    builder.finish()
}

/// Builds the tree from events; it keeps its own stack, so depth costs no recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    is_full: bool,
    findings: Vec<Finding>,
}

/// A list or mapping whose end has not come yet.
struct Open {
    place: Place,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, keys: HashSet<String>, key: Option<Node> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place) {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.find(place, "a second document begins here, but a flow file is one");
                }
            }
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(&text, style, tag.as_deref(), place);
                let node = Node::new(place, kind);
                self.remember(anchor, &node);
                self.add(node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(OpenKind::List(Vec::new()), anchor, tag.as_deref(), place);
            }
            Event::MappingStart(anchor, tag) => {
                let map = OpenKind::Map { entries: Vec::new(), keys: HashSet::new(), key: None };
                self.open(map, anchor, tag.as_deref(), place);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
    }

    fn open(&mut self, kind: OpenKind, anchor: usize, tag: Option<&Tag>, place: Place) {
        if let Some(tag) = tag {
            self.refuse_tag(tag, place);
        }
        self.open.push(Open { place, anchor, kind });
        if self.open.len() > DEPTH_MAX {
            self.too_deep(place);
        }
    }

    fn too_deep(&mut self, place: Place) {
        self.find(place, format!("nested more than {DEPTH_MAX} levels deep"));
        self.is_full = true;
    }

    /// Counts values before there is memory for them; `false` where there are too many.
    fn count(&mut self, nodes: usize, place: Place) -> bool {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX && !self.is_full {
            self.find(place, format!("the file stands for more than {NODES_MAX} values"));
            self.is_full = true;
        }
        !self.is_full
    }

    fn close(&mut self) {
        let Some(Open { place, anchor, kind }) = self.open.pop() else { return };
        let kind = match kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, keys: _, key: _ } => Kind::Map(entries),
        };
        let node = Node::new(place, kind);
        self.remember(anchor, &node);
        self.add(node);
    }

    /// Keeps a value for its aliases; 0 stands for no anchor.
    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 && self.count(weight(node), node.place) {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) {
        match self.anchors.get(&anchor) {
            // Errors about what is repeated name where it was written.
            Some(node) => {
                let (weight, depth) = (weight(node), self.open.len() + depth(node));
                if depth > DEPTH_MAX {
                    self.too_deep(place);
                } else if self.count(weight, place)
                    && let Some(node) = self.anchors.get(&anchor).cloned()
                {
                    self.add(node);
                }
            }
            None => {
                self.find(place, "this alias stands inside of what it repeats");
                self.add(Node::new(place, Kind::Null));
            }
        }
    }

    fn add(&mut self, node: Node) {
        if !self.count(1, node.place) {
            return;
        }
        let path = self.path_around();
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => {
                self.root.get_or_insert(node);
            }
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { entries, keys, key }) => match key.take() {
                None => *key = Some(node),
                Some(Node { place: key_place, kind }) => match key_text(kind) {
                    Some(text) if text == "<<" => self.findings.push(
                        Finding::new(key_place, path, "merge keys are not read here")
                            .help("write the keys out"),
                    ),
                    Some(text) => {
                        if !keys.insert(text.clone()) {
                            self.findings.push(key_twice(key_place, &path, &text));
                        }
                        entries.push(Entry { key: text, key_place, value: node });
                    }
                    None => self.findings.push(Finding::new(key_place, path, "a key must be a string")),
                },
            },
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Kind {
        match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Kind::Text(text.to_owned()),
            Some(tag) => {
                self.refuse_tag(tag, place);
                Kind::Null
            }
            None if style == ScalarStyle::Plain => plain(text),
            None => Kind::Text(text.to_owned()),
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, place: Place) {
        let finding = Finding::new(place, self.path(), format!("the tag {tag} is not read here"));
        self.findings.push(finding.help("leave it out; to make a string of something, put it in quotes"));
    }

    fn find(&mut self, place: Place, message: impl Into<String>) {
        self.findings.push(Finding::new(place, Path::root(), message));
    }

    /// The way to what is being read.
    fn path(&self) -> Path {
        Self::path_through(&self.open)
    }

    /// The way to the list or mapping in which it stands.
    fn path_around(&self) -> Path {
        Self::path_through(self.open.split_last().map_or(&[], |(_, around)| around))
    }

    fn path_through(open: &[Open]) -> Path {
        open.iter().fold(Path::root(), |path, open| match &open.kind {
            OpenKind::List(items) => path.index(items.len()),
            OpenKind::Map { key: Some(Node { kind: Kind::Text(key), .. }), .. } => path.key(key),
            OpenKind::Map { .. } => path,
        })
    }

    fn finish(mut self) -> Result<Node, Vec<Finding>> {
        match self.root {
            _ if !self.findings.is_empty() => Err(self.findings),
            Some(Node { kind: Kind::Null, .. }) | None => {
                self.findings.push(Finding::new(Place::START, Path::root(), "the file is empty"));
                Err(self.findings)
            }
            Some(root) => Ok(root),
        }
    }
}

fn place(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

/// How many values a copy of this one adds; a long text counts as several.
fn weight(node: &Node) -> usize {
    let text = |text: &str| text.len() / TEXT_BYTES_PER_NODE;
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 1,
        Kind::Text(value) => 1 + text(value),
        Kind::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Kind::Map(entries) => {
            1 + entries.iter().map(|entry| text(&entry.key) + weight(&entry.value)).sum::<usize>()
        }
    }
}

/// Lists and mappings inside of each other.
fn depth(node: &Node) -> usize {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => 0,
        Kind::List(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Kind::Map(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or_default(),
    }
}

/// A key as text: `1:` and `true:` are names too.
fn key_text(kind: Kind) -> Option<String> {
    match kind {
        Kind::Text(text) => Some(text),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Bool(bool) => Some(bool.to_string()),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// Whether a scalar without quotes is a string.
pub(crate) fn is_text(scalar: &str) -> bool {
    matches!(plain(scalar), Kind::Text(_))
}

/// A scalar without quotes, by YAML's core schema.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let radix = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, radix).ok())
    };
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let is_numeric = unsigned.starts_with(|char: char| char.is_ascii_digit() || "-.".contains(char))
        && unsigned.chars().all(|char| char.is_ascii_digit() || "+-.eE".contains(char));
    let number = radix("0x", 16).or_else(|| radix("0o", 8)).map(Number::from);
    let number = number.or_else(|| unsigned.parse::<u64>().ok().map(Number::from));
    let number = number.or_else(|| unsigned.parse::<i64>().ok().map(Number::from));
    let float = || is_numeric.then(|| unsigned.parse::<f64>().ok().and_then(Number::from_f64)).flatten();
    number.or_else(float).map_or_else(|| Kind::Text(text.to_owned()), Kind::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let findings = read(text).err().unwrap_or_default();
        findings.into_iter().map(|finding| finding.in_file("f").to_string()).collect()
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        let text =
            "a: [1, -2, 0x10, 0o17, 1.5, 1e3, .5, true, ~, null, '1', \"x\", 1.6.0, v3, +7, no, !!str 5]";
        let value = read(text).unwrap().to_value();
        let expected =
            json!([1, -2, 16, 15, 1.5, 1000.0, 0.5, true, null, null, "1", "x", "1.6.0", "v3", 7, "no", "5"]);
        assert_eq!(value["a"], expected);
    }

    #[test]
    fn anchors_repeat_and_every_value_knows_its_place() {
        let node = read("a: &x\n  k: [1,\n    2]\nb: *x\n").unwrap();
        assert_eq!(node.to_value(), json!({ "a": { "k": [1, 2] }, "b": { "k": [1, 2] } }));
        assert_eq!(node.place_of(&Path::of(&["a", "k"]).index(1)), Place { line: 3, column: 5 });
        assert_eq!(node.key_place_of(&Path::of(&["b"])), Place { line: 4, column: 1 });
    }

    #[test]
    fn what_is_not_read_is_said() {
        for (text, expected) in [
            ("", "f:1:1: the file is empty"),
            ("# only a comment\n", "f:1:1: the file is empty"),
            ("a: 1\nb: 2\na: 3", "f:3:1: a: this key is here twice\n  help: leave one of them out"),
            ("a:\n  <<: {}\n", "f:2:3: a: merge keys are not read here\n  help: write the keys out"),
            ("a: 1\n---\nb: 1", "f:2:1: a second document begins here, but a flow file is one"),
            ("[1, 2]: 3", "f:1:1: a key must be a string"),
            (
                "a: !env X",
                "f:1:4: a: the tag !env is not read here\n  help: leave it out; to make a string of \
                 something, put it in quotes",
            ),
        ] {
            assert_eq!(errors(text), [expected], "{text}");
        }
        assert_eq!(
            errors("a: ["),
            ["f:2:1: this is no YAML: while parsing a node, did not find expected node content"]
        );
    }

    #[test]
    fn a_short_file_does_not_become_a_large_one() {
        let mut text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for level in 1..8 {
            let before = level - 1;
            let aliases = vec![format!("*a{before}"); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(errors(&text)[0].ends_with("the file stands for more than 100000 values"));
        let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 500].join(", "));
        assert!(errors(&long)[0].ends_with("the file stands for more than 100000 values"));
        let anchors = |levels| (0..levels).map(|level| format!("[&a{level} ")).collect::<String>();
        let kept = format!("{}[{}]{}", anchors(60), vec!["1"; 50_000].join(","), "]".repeat(60));
        assert!(errors(&kept)[0].ends_with("the file stands for more than 100000 values"));
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(errors(&deep(100)), ["f:1:65: nested more than 64 levels deep"]);
        assert_eq!(errors(&deep(100_000)).len(), 1);
        let deeper = format!("a: &a {}\nb: [{}*a{}]\n", deep(40), "[".repeat(30), "]".repeat(30));
        assert_eq!(errors(&deeper), ["f:2:35: nested more than 64 levels deep"]);
    }
}

//! Doc comments: the description, and the tags below it.

use std::cell::Cell;

use super::source::{DeclarationError, Source, to_u32};
use crate::suggest::did_you_mean;

/// Tags that say something to readers and editors alone.
const TAGS_FOR_READERS: [&str; 10] =
    ["param", "returns", "example", "see", "deprecated", "since", "remarks", "throws", "internal", "private"];

/// Every tag of ours, for suggestions. The tables in the documentation of [`super`] explain them.
const TAGS_OF_OURS: [&str; 42] = [
    "trigger",
    "title",
    "mode",
    "subject",
    "binding",
    "retries",
    "needs",
    "handler",
    "provided",
    "sensitive",
    "asType",
    "default",
    "trim",
    "truncate",
    "forbid",
    "reserved",
    "minLength",
    "maxLength",
    "maxBytes",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "stops",
    "suspends",
    "merge",
    "effect",
    "host",
    "unchecked",
    "only",
    "requires",
    "limit",
    "limitBytes",
    "abortsAfter",
    "discardedBy",
    "updates",
    "errorPrefix",
];

/// A doc comment taken apart.
#[derive(Debug, Default)]
pub(super) struct Docs {
    pub(super) description: String,
    tags: Vec<Tag>,
}

#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    /// What follows the name, on one line.
    pub(super) text: String,
    /// Where the tag stands in the file.
    pub(super) offset: u32,
    taken: Cell<bool>,
}

impl Docs {
    /// Takes apart the comment that starts at `offset` of the file; `comment` includes its delimiters.
    pub(super) fn parse(comment: &str, offset: u32) -> Docs {
        let mut docs = Docs::default();
        let mut in_code = false;
        let mut line_start = 0;
        for line in comment.split_inclusive('\n') {
            let (content, at) = line_content(line);
            let tag = content.strip_prefix('@').filter(|_| !in_code);
            if content.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            match (tag, docs.tags.last_mut()) {
                (Some(tag), _) => {
                    let (name, text) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
                    docs.tags.push(Tag {
                        name: name.to_owned(),
                        text: text.trim().to_owned(),
                        offset: offset + to_u32(line_start + at),
                        taken: Cell::new(false),
                    });
                }
                (None, Some(last)) if last.name == "example" => {
                    last.text.push_str(content.trim_end());
                    last.text.push('\n');
                }
                (None, Some(last)) => {
                    if !content.trim().is_empty() {
                        last.text.push_str(if last.text.is_empty() { "" } else { " " });
                        last.text.push_str(content.trim());
                    }
                }
                (None, None) => {
                    docs.description.push_str(content.trim_end());
                    docs.description.push('\n');
                }
            }
            line_start += line.len();
        }
        docs.description = docs.description.trim().to_owned();
        docs
    }

    /// The first example, as it was written.
    pub(super) fn example(&self) -> Option<String> {
        let tag = self.tags.iter().find(|tag| tag.name == "example")?;
        Some(tag.text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tags.iter().any(|tag| tag.name == name)
    }

    /// The first tag that the reader would act on.
    pub(super) fn first_of_ours(&self) -> Option<&Tag> {
        self.tags.iter().find(|tag| TAGS_OF_OURS.contains(&tag.name.as_str()))
    }

    /// All tags of this name.
    pub(super) fn all(&self, name: &str) -> Vec<&Tag> {
        let tags: Vec<&Tag> = self.tags.iter().filter(|tag| tag.name == name).collect();
        tags.iter().for_each(|tag| tag.taken.set(true));
        tags
    }

    /// The only tag of this name.
    pub(super) fn one(&self, source: &Source<'_>, name: &str) -> Result<Option<&Tag>, DeclarationError> {
        let tags = self.all(name);
        match tags.get(1) {
            Some(second) => Err(source.error(second.offset, format!("a second @{name}"), "one is enough")),
            None => Ok(tags.first().copied()),
        }
    }

    /// Whether a tag without text is present.
    pub(super) fn flag(&self, source: &Source<'_>, name: &str) -> Result<bool, DeclarationError> {
        match self.one(source, name)? {
            Some(tag) if !tag.text.is_empty() => {
                Err(source.error(tag.offset, format!("@{name} with a text"), format!("write @{name} alone")))
            }
            tag => Ok(tag.is_some()),
        }
    }

    /// The description of a parameter.
    pub(super) fn param(&self, name: &str) -> String {
        let text = self.tags.iter().filter(|tag| tag.name == "param").find_map(|tag| {
            let rest = tag.text.strip_prefix(name)?;
            let rest = rest.strip_prefix(char::is_whitespace).or(rest.is_empty().then_some(rest))?;
            Some(rest.trim_start().trim_start_matches("- ").trim().to_owned())
        });
        text.unwrap_or_default()
    }

    /// Refuses tags that nobody asked for: a misspelled constraint must not go unnoticed.
    pub(super) fn finish(&self, source: &Source<'_>, place: &str) -> Result<(), DeclarationError> {
        let left = |tag: &&Tag| !tag.taken.get() && !TAGS_FOR_READERS.contains(&tag.name.as_str());
        let Some(tag) = self.tags.iter().find(left) else { return Ok(()) };
        let name = &tag.name;
        if TAGS_OF_OURS.contains(&name.as_str()) {
            return Err(source.error(tag.offset, format!("@{name} on {place}"), "it has no meaning here"));
        }
        let supported = match did_you_mean(name, TAGS_OF_OURS) {
            Some(meant) => format!("did you mean @{meant}?"),
            None => format!("known tags: @{}", TAGS_OF_OURS.join(" @")),
        };
        Err(source.error(tag.offset, format!("the unknown tag @{name}"), supported))
    }
}

impl Tag {
    /// The text before ` - `, and the message after it.
    pub(super) fn with_message(&self) -> (&str, Option<String>) {
        match self.text.split_once(" - ") {
            Some((text, message)) => (text.trim(), Some(message.trim().to_owned())),
            None => (self.text.trim(), None),
        }
    }

    pub(super) fn error(
        &self,
        source: &Source<'_>,
        problem: &str,
        supported: impl Into<String>,
    ) -> DeclarationError {
        source.error(self.offset, format!("@{} {problem}", self.name), supported)
    }
}

/// One line of a comment without its decoration, and where it begins in the line.
fn line_content(line: &str) -> (&str, usize) {
    let body = line.trim_end();
    let body = body.strip_suffix("*/").unwrap_or(body).trim_end();
    let text = body.trim_start();
    let text = text.strip_prefix("/**").or_else(|| text.strip_prefix('*')).unwrap_or(text);
    let text = text.strip_prefix(' ').unwrap_or(text);
    // A tag may be indented, as in `/**   @trim */`; text keeps its indentation for lists and code.
    let text = if text.trim_start().starts_with('@') { text.trim_start() } else { text };
    (text, body.len() - text.len())
}

#[cfg(test)]
mod tests {
    use super::Docs;

    #[test]
    fn takes_a_comment_apart() {
        let comment = "/**\n * One.\n *\n * Two.\n * @a x\n *   y - z\n * @example\n * ```\n * @no tag\n * ```\n * @b\n */";
        let docs = Docs::parse(comment, 100);
        assert_eq!(docs.description, "One.\n\nTwo.");
        let tags: Vec<(&str, &str)> =
            docs.tags.iter().map(|tag| (tag.name.as_str(), tag.text.as_str())).collect();
        assert_eq!(tags, [("a", "x y - z"), ("example", "```\n@no tag\n```\n"), ("b", "")]);
        assert_eq!(docs.tags[0].with_message(), ("x y", Some("z".to_owned())));
        assert_eq!(docs.tags[0].offset as usize, 100 + comment.find('@').unwrap_or(0));
        assert_eq!(Docs::parse("/** @trim */", 0).tags[0].name, "trim");
    }
}

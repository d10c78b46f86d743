//! `##KEYWORD##` and `@@KEYWORD@@`: places that Auth0's deploy CLI fills in before it reads a file.

use serde_json::Map;
use serde_json::Value;

/// What stands for each keyword, for markers outside of secrets: as the deploy CLI takes it, under
/// `AUTH0_KEYWORD_REPLACE_MAPPINGS` in its configuration.
#[derive(Clone, Debug, Default)]
pub struct Keywords(Map<String, Value>);

impl Keywords {
    /// Reads the configuration of the deploy CLI, or the keywords alone: a JSON object.
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut keywords: Map<String, Value> = serde_json::from_str(text)?;
        match keywords.remove("AUTH0_KEYWORD_REPLACE_MAPPINGS") {
            Some(mappings) => serde_json::from_value(mappings).map(Self),
            None => Ok(Self(keywords)),
        }
    }

    /// Fills in the markers whose keywords are known.
    pub(super) fn fill_in(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut copied = 0;
        for marker in markers(text) {
            let Some(value) = self.0.get(marker.keyword) else { continue };
            let value = match value {
                Value::String(value) if !marker.is_json => value.clone(),
                value => value.to_string(),
            };
            result.push_str(&text[copied..marker.start]);
            result.push_str(&value);
            copied = marker.end;
        }
        result.push_str(&text[copied..]);
        result
    }
}

/// A marker in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker<'t> {
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// The keyword.
    pub(super) keyword: &'t str,
    /// Whether it is one of `@@KEYWORD@@`, which stands for JSON of any kind.
    is_json: bool,
}

/// The markers of a text, in order.
pub(super) fn markers(text: &str) -> Vec<Marker<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(marker) = next_marker(text, from) {
        from = marker.end;
        found.push(marker);
    }
    found
}

/// The keyword of a text that is one marker and nothing else.
pub(super) fn only_keyword(text: &str) -> Option<&str> {
    match markers(text).as_slice() {
        [marker] if marker.start == 0 && marker.end == text.len() => Some(marker.keyword),
        _ => None,
    }
}

/// Puts quotes around markers that stand for a whole value: without them, a file in which nothing was
/// filled in is no JSON, and `##` begins a comment in YAML.
pub(super) fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for marker in markers(text) {
        let (before, after) = (&text[..marker.start], &text[marker.end..]);
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        let is_quoted = before.ends_with(['"', '\'']) || after.starts_with(['"', '\'']);
        let begins_value =
            line_before.trim_end().ends_with([':', '-', '[', ',']) && line_before.ends_with([' ', '[']);
        let ends_value = after.trim_start_matches([' ', '\r']).starts_with(['\n', ',', ']', '}'])
            || after.trim().is_empty();
        if !is_quoted && begins_value && ends_value {
            result.push_str(&text[copied..marker.start]);
            result.push('"');
            result.push_str(&text[marker.start..marker.end]);
            result.push('"');
            copied = marker.end;
        }
    }
    result.push_str(&text[copied..]);
    result
}

fn next_marker(text: &str, from: usize) -> Option<Marker<'_>> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let found = ["##", "@@"].into_iter().filter_map(|fence| Some((rest.find(fence)?, fence))).min()?;
        let (offset, fence) = found;
        let start = at + offset;
        let inner = &text[start + 2..];
        let length = inner
            .find(|char: char| !(char.is_ascii_alphanumeric() || "_-".contains(char)))
            .unwrap_or(inner.len());
        if length > 0 && inner[length..].starts_with(fence) {
            let end = start + 2 + length + 2;
            return Some(Marker { start, end, keyword: &inner[..length], is_json: fence == "@@" });
        }
        // Both fences are ASCII, so the next byte begins a character.
        at = start + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_among_what_looks_like_them() {
        let text = "# a ## b\n const x = '##ENV##', y = @@LIST@@; // ###### @@";
        let found: Vec<_> = markers(text).into_iter().map(|marker| marker.keyword).collect();
        assert_eq!(found, ["ENV", "LIST"]);
        assert_eq!(only_keyword("##A_B##"), Some("A_B"));
        assert_eq!(only_keyword("x##A##"), None);
        assert_eq!(only_keyword("##A##-##B##"), None);
    }

    #[test]
    fn keywords_are_filled_in_where_they_are_known() {
        let config = r#"{"AUTH0_DOMAIN": "x", "AUTH0_KEYWORD_REPLACE_MAPPINGS": {"ENV": "prod", "LIST": ["a"], "N": 5}}"#;
        let keywords = Keywords::parse(config).unwrap();
        let text = "'##ENV##' @@ENV@@ @@LIST@@ ##N## ##OTHER## ##AUTH0_DOMAIN##";
        assert_eq!(keywords.fill_in(text), "'prod' \"prod\" [\"a\"] 5 ##OTHER## ##AUTH0_DOMAIN##");
        assert_eq!(Keywords::parse(r#"{"ENV": "dev"}"#).unwrap().fill_in("##ENV##"), "dev");
        assert!(Keywords::parse("[]").is_err());
    }

    #[test]
    fn a_marker_that_is_a_value_gets_quotes() {
        for (text, expected) in [
            ("a: ##X##\nb: @@Y@@", "a: \"##X##\"\nb: \"@@Y@@\""),
            ("a: \"##X##\"", "a: \"##X##\""),
            ("a: https://##X##/y", "a: https://##X##/y"),
            ("- ##X##\r\n", "- \"##X##\"\r\n"),
            (r#"{"s": @@S@@, "t": [@@T@@]}"#, r####"{"s": "@@S@@", "t": ["@@T@@"]}"####),
            ("## a comment ##\n", "## a comment ##\n"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}

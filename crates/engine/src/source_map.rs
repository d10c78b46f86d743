//! The way back from generated code to its authors' lines, by maps that are trusted and by maps that anybody
//! may have written.

use std::borrow::Cow;
use std::panic::catch_unwind;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::IgnoredAny;
use sourcemap::SourceMap;

/// Files that one program is made of, and as many again: a bundle has 5,000 at most.
const SOURCES_MAX: usize = 10_000;

/// Names that a map may have beyond one for four characters of its code.
const NAMES_SLACK: usize = 100;

/// A source map.
pub(crate) enum Map {
    Read(Box<SourceMap>),
    /// Reading one takes longer than running most programs, and few executions ask for a place.
    Unread {
        json: String,
        /// `None` when it cannot be read.
        read: OnceLock<Option<Box<SourceMap>>>,
    },
}

/// What a map consists of, counted without keeping any of it. The reader takes more memory for small parts
/// than their text does, and some parts that we have no use for it takes on trust; those are refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the types of the others are what counts")]
struct Shape<'a> {
    version: u32,
    #[serde(borrow, default)]
    file: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    source_root: Option<Cow<'a, str>>,
    sources: Vec<IgnoredAny>,
    #[serde(default)]
    sources_content: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    names: Vec<IgnoredAny>,
    #[serde(borrow)]
    mappings: Cow<'a, str>,
    #[serde(default, rename = "x_google_ignoreList")]
    x_google_ignore_list: IgnoredAny,
    #[serde(borrow, default)]
    debug_id: Option<Cow<'a, str>>,
}

impl Map {
    pub(crate) fn unread(json: String) -> Self {
        Self::Unread { json, read: OnceLock::new() }
    }

    /// JSON text of version 3.
    pub(crate) fn json(&self) -> Option<String> {
        match self {
            Self::Unread { json, read: _ } => Some(json.clone()),
            Self::Read(map) => {
                let mut json = Vec::new();
                map.to_writer(&mut json).ok()?;
                String::from_utf8(json).ok()
            }
        }
    }

    /// The map, if it is one that this code can have.
    pub(crate) fn read(&self, code: &str) -> Option<&SourceMap> {
        match self {
            Self::Read(map) => Some(map),
            Self::Unread { json, read } => read.get_or_init(|| read_any(json, code)).as_deref(),
        }
    }
}

/// Reads a map that anybody may have written.
fn read_any(json: &str, code: &str) -> Option<Box<SourceMap>> {
    let shape: Shape<'_> = serde_json::from_str(json).ok()?;
    if !shape.may_be_of(code) {
        return None;
    }
    // The reader calculates with numbers of the map as they are, which overflows where overflows are found.
    let read = catch_unwind(|| SourceMap::from_slice(json.as_bytes()).ok());
    read.ok().flatten().map(Box::new)
}

impl Shape<'_> {
    /// Whether a map of this code can have as many parts: every place in it has a character of its own.
    fn may_be_of(&self, code: &str) -> bool {
        let places = self.mappings.bytes().filter(|byte| matches!(byte, b',' | b';')).count();
        places <= code.len()
            && self.names.len() <= code.len() / 4 + NAMES_SLACK
            && self.sources.len() <= SOURCES_MAX
            && self.sources_content.as_ref().is_none_or(|contents| contents.len() <= SOURCES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "first();\nsecond();\n";
    const MAP: &str = r#"{"version":3,"file":"a.js","sourceRoot":"","sources":["a.ts","b.ts"],"sourcesContent":["f();","s();"],"names":["f"],"mappings":"AAAA,KAAMA;ACAN","debugId":"00000000-0000-0000-0000-000000000000"}"#;

    /// Asks everything that the engine asks.
    fn ask(json: &str) -> Option<()> {
        let map = Map::unread(json.to_owned());
        let map = map.read(CODE)?;
        for line in [0, 1, 2, 7, u32::MAX] {
            for column in [0, 1, 5, 80, u32::MAX] {
                let Some(token) = map.lookup_token(line, column) else { continue };
                let _ = (token.get_source(), token.get_src_line(), token.get_src_col(), token.get_dst_line());
            }
        }
        let contents: usize =
            (0..map.get_source_count()).filter_map(|at| map.get_source_contents(at)).count();
        (contents <= 2).then_some(())
    }

    #[test]
    fn a_map_of_the_code_is_read_and_others_are_not() {
        assert!(ask(MAP).is_some());
        let with = |from: &str, to: &str| ask(&MAP.replace(from, to));
        assert!(with(r#"["f"]"#, &format!("[{}]", vec!["0"; NAMES_SLACK + CODE.len()].join(","))).is_none());
        assert!(with("AAAA", &"A,".repeat(CODE.len())).is_none());
        assert!(with("AAAA", &";".repeat(CODE.len())).is_none());
        assert!(with(r#"["a.ts","#, &format!("[{}", r#""","#.repeat(SOURCES_MAX))).is_none());
        assert!(with(r#"["f();","#, &format!("[{}", "null,".repeat(SOURCES_MAX))).is_none());
        for unknown in
            [r#""sections":[]"#, r#""rangeMappings":"B""#, r#""x_facebook_sources":[]"#, r#""x":[0]"#]
        {
            assert!(with(r#""version":3"#, &format!(r#""version":3,{unknown}"#)).is_none(), "{unknown}");
        }
        assert!(ask("}{!").is_none());
    }

    #[test]
    fn numbers_that_overflow_are_no_map() {
        for mappings in ["+/////////////D", "g/////////////H,AAAA", "D", "ADAA", "AADA", "AAAD", "AAAAD"] {
            let _ = ask(&MAP.replace("AAAA,KAAMA;ACAN", mappings));
        }
    }

    #[test]
    fn no_changed_byte_does_harm() {
        for index in 0..MAP.len() {
            for byte in (0x20..0x7f).step_by(3) {
                let mut altered = MAP.as_bytes().to_vec();
                altered[index] = byte;
                let _ = ask(std::str::from_utf8(&altered).unwrap());
            }
        }
    }
}

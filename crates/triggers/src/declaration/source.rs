//! The text of a declaration: positions in it, errors about it, and the guard in front of the parser.

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::parser::Parser;
use oxc::span::SourceType;
use thiserror::Error;

use super::link::Piece;

/// The largest declaration. The largest of our own is a tenth of this.
const SOURCE_BYTES_MAX: usize = 512 * 1024;
/// How deep brackets may nest.
const BRACKETS_MAX: usize = 64;
/// How many tokens that can nest without a bracket (`=>`, `?`, `keyof`…) one member may hold.
const NESTING_TOKENS_MAX: usize = 300;

/// A trigger declaration that cannot be used: where, what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {construct}; {supported}")]
pub struct DeclarationError {
    /// The name that the declaration was read under.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// What is wrong or not supported.
    pub construct: String,
    /// What is supported in its place.
    pub supported: String,
}

pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    /// The parts of the text that come from other files.
    pub(super) pieces: &'a [Piece],
}

impl Source<'_> {
    /// An error at a byte offset of the text.
    pub(super) fn error(
        &self,
        offset: u32,
        construct: impl Into<String>,
        supported: impl Into<String>,
    ) -> DeclarationError {
        let before = self.text.get(..offset as usize).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let (file, line) = Piece::file_and_line(self.pieces, self.text, before.len())
            .unwrap_or_else(|| (self.file, to_u32(before.matches('\n').count() + 1)));
        DeclarationError {
            file: file.to_owned(),
            line,
            column: to_u32(before[line_start..].chars().count() + 1),
            construct: construct.into(),
            supported: supported.into(),
        }
    }

    pub(super) fn parse<'b>(&'b self, allocator: &'b Allocator) -> Result<Program<'b>, DeclarationError> {
        let parsed = Parser::new(allocator, self.text, SourceType::d_ts()).parse();
        let Some(diagnostic) = parsed.diagnostics.iter().next() else { return Ok(parsed.program) };
        let offset = diagnostic.labels.first().map_or(0, |label| label.offset());
        let supported = "a declaration must be valid TypeScript";
        Err(self.error(offset, format!("syntax error: {}", diagnostic.message), supported))
    }

    /// Refuses texts that would make a recursive parser exhaust its stack. A declaration is a list of
    /// flat types, so no honest one comes near these bounds.
    pub(super) fn guard(&self) -> Result<(), DeclarationError> {
        if self.text.len() > SOURCE_BYTES_MAX {
            let supported = format!("a declaration may have at most {SOURCE_BYTES_MAX} bytes");
            return Err(self.error(0, "the file is too large", supported));
        }
        let mut levels = vec![0_usize];
        for token in (Tokens { text: self.text, at: 0 }) {
            let depth = levels.len();
            let Some(count) = levels.last_mut() else { break };
            match token.text {
                "(" | "[" | "{" | "<" => {
                    *count += 1;
                    levels.push(0);
                }
                ")" | "]" | "}" | ">" if depth > 1 => {
                    levels.pop();
                }
                ";" | "," => *count = 0,
                "export" | "interface" | "type" | "declare" if depth == 1 => *count = 0,
                ":" if depth > 1 => {}
                text if nests(text) => *count += 1,
                _ => {}
            }
            if depth > BRACKETS_MAX || levels.last().is_some_and(|&count| count > NESTING_TOKENS_MAX) {
                let supported = "name the inner types, and end every member with a semicolon";
                return Err(self.error(to_u32(token.start), "types nest too deeply here", supported));
            }
        }
        Ok(())
    }
}

pub(super) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The words of a text, without those in comments and strings.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    Tokens { text, at: 0 }.map(|token| token.text)
}

/// Whether a token can open another level of types or expressions without a bracket.
fn nests(token: &str) -> bool {
    let first = token.chars().next().unwrap_or(' ');
    if first.is_alphanumeric() || matches!(first, '_' | '$' | '"' | '\'' | '|' | '&' | '.') {
        const WORDS: [&str; 20] = [
            "keyof", "readonly", "unique", "infer", "typeof", "extends", "is", "asserts", "new", "abstract",
            "void", "await", "delete", "yield", "async", "else", "if", "for", "while", "do",
        ];
        return WORDS.contains(&token);
    }
    true
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

struct Token<'a> {
    start: usize,
    text: &'a str,
}

/// Splits into words, strings and single characters, without comments. It does not need to be right
/// about TypeScript: it only has to see every token that can nest.
impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            let length = match first {
                _ if first.is_whitespace() => {
                    self.at += first.len_utf8();
                    continue;
                }
                '/' if rest.starts_with("//") => {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                    continue;
                }
                '/' if rest.starts_with("/*") => {
                    self.at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                    continue;
                }
                '"' | '\'' => string_length(rest, first),
                '=' if rest.starts_with("=>") => 2,
                _ if first.is_alphanumeric() || first == '_' || first == '$' => {
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
                }
                _ => first.len_utf8(),
            };
            let token = Token { start: self.at, text: &rest[..length] };
            self.at += length;
            return Some(token);
        }
    }
}

/// The length of a string with its quotes; a string ends with its line at the latest.
fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

//! What is wrong with a source, said as a good compiler says it: place, reason, the line, a way out.

use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;

use crate::compile::SOURCE_BYTES_MAX;
use crate::stack::COMPILE_WALL_MAX;

/// Diagnostics that one error or one list of warnings holds.
pub const DIAGNOSTICS_MAX: usize = 20;

/// Characters of a source line that are quoted.
const SOURCE_LINE_CHARS_MAX: usize = 120;

/// Characters of a message, a help or a file name: the compiler repeats names of any length in them.
const TEXT_CHARS_MAX: usize = 400;

/// One remark about one place of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What is wrong, in one sentence.
    pub message: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in UTF-16 code units, as editors, V8 and source maps do.
    pub column: u32,
    /// How many UTF-16 code units the remark is about, on its first line. At least 1.
    pub length: u32,
    /// The line, or the part of it around the place, without its line break.
    pub source_line: String,
    /// Characters of `source_line` before the place.
    pub source_line_offset: u32,
    /// The way out, where there is one to name.
    pub help: Option<String>,
}

/// Why a source cannot become a program. Printed, it names the place, quotes the line and marks the column.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The text is not correct JavaScript or TypeScript.
    #[error("{}", listing(file_name, diagnostics))]
    Syntax {
        /// As the author knows it.
        file_name: String,
        /// What is wrong, in the order of the text. Never empty, at most 20.
        diagnostics: Vec<Diagnostic>,
    },
    /// The text is correct but needs what the platform does not have.
    #[error("{}", listing(file_name, diagnostics))]
    Unsupported {
        /// As the author knows it.
        file_name: String,
        /// Every place that needs it, each with the way out. Never empty, at most 20.
        diagnostics: Vec<Diagnostic>,
    },
    /// The nesting is beyond anything that people or tools write.
    #[error("{}", listing(file_name, std::slice::from_ref(diagnostic)))]
    TooDeep {
        /// As the author knows it.
        file_name: String,
        /// Where the limit was reached.
        diagnostic: Box<Diagnostic>,
    },
    /// The text is longer than [`SOURCE_BYTES_MAX`](crate::SOURCE_BYTES_MAX).
    #[error(
        "{}: the source is {bytes} bytes long, and {SOURCE_BYTES_MAX} are allowed. Move data out of the code.",
        cut(file_name)
    )]
    TooLarge {
        /// As the author knows it.
        file_name: String,
        /// How long it is.
        bytes: usize,
    },
    /// The text is something other than source text: it holds NUL characters.
    #[error(
        "{}: {found} in line {line}, so this is no source text. Save it as UTF-8, or name the right file.",
        cut(file_name)
    )]
    NotText {
        /// As the author knows it.
        file_name: String,
        /// What was found, as the subject of a sentence.
        found: &'static str,
        /// Where, counted from 1.
        line: u32,
    },
    /// The compiler did not end in time, or the machine is busy with other compilations.
    #[error(
        "{}: compiling took longer than {COMPILE_WALL_MAX:?}. Try again, or make the source smaller.",
        cut(file_name)
    )]
    TooSlow {
        /// As the author knows it.
        file_name: String,
        /// How long it was given.
        limit: Duration,
    },
    /// The host could not start a thread.
    #[error("{}: the compiler could not start", cut(file_name))]
    Start {
        /// As the author knows it.
        file_name: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The compiler failed in itself.
    #[error("{}: the compiler failed; this is an error of the platform, not of the source", cut(file_name))]
    Internal {
        /// As the author knows it.
        file_name: String,
    },
}

impl CompileError {
    /// The remarks it holds; none when it is not about a place.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Syntax { diagnostics, .. } | Self::Unsupported { diagnostics, .. } => diagnostics,
            Self::TooDeep { diagnostic, .. } => std::slice::from_ref(diagnostic),
            Self::TooLarge { .. }
            | Self::NotText { .. }
            | Self::TooSlow { .. }
            | Self::Start { .. }
            | Self::Internal { .. } => &[],
        }
    }
}

/// A remark as a person reads it, without the name of the file.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, line, column, length, source_line, source_line_offset, help } = self;
        write!(formatter, "{line}:{column}: {message}")?;
        if !source_line.is_empty() {
            let width = line.to_string().len();
            // A tab stays a tab, so the mark stands under its place however wide tabs are.
            let offset = *source_line_offset as usize;
            let blank: String =
                source_line.chars().take(offset).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let room = source_line.chars().count().saturating_sub(offset).max(1);
            let mark = "^".repeat((*length as usize).clamp(1, room));
            write!(formatter, "\n {line} | {source_line}\n {:width$} | {blank}{mark}", "")?;
        }
        if let Some(help) = help {
            write!(formatter, "\n help: {help}")?;
        }
        Ok(())
    }
}

fn listing(file_name: &str, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        let separator = if index == 0 { "" } else { "\n" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{}:{diagnostic}", cut(file_name));
    }
    text
}

/// A text cut to a readable length, on one line.
pub(crate) fn cut(text: &str) -> String {
    let mut chars = text.chars();
    let mut kept: String =
        chars.by_ref().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.next().is_some() {
        kept.push('…');
    }
    kept
}

/// A source text that knows its lines.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        let mut chars = text.char_indices().peekable();
        while let Some((index, char)) = chars.next() {
            let ends = match char {
                '\n' | '\u{2028}' | '\u{2029}' => true,
                '\r' => chars.peek().is_none_or(|(_, next)| *next != '\n'),
                _ => false,
            };
            if ends {
                starts.push(index + char.len_utf8());
            }
        }
        Self { text, starts }
    }

    /// The line of a byte offset, counted from 1.
    pub fn line(&self, offset: usize) -> u32 {
        count(self.starts.partition_point(|start| *start <= offset))
    }

    /// A remark about `bytes` bytes from `offset`.
    pub fn diagnostic(&self, offset: usize, bytes: usize, message: &str, help: Option<&str>) -> Diagnostic {
        let offset = self.border(offset);
        let line = self.line(offset);
        let start = self.starts[line as usize - 1];
        let end = self.starts.get(line as usize).copied().unwrap_or(self.text.len());
        let line_text = self.text[start..end].trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}']);
        // An error at the end of a line may lie behind its line break.
        let before_bytes = (offset - start).min(line_text.len());
        let before = &line_text[..before_bytes];
        let about_end = self.border(offset.saturating_add(bytes)).min(start + line_text.len());
        let about = self.text.get(offset..about_end).unwrap_or_default();
        let quote = Quote::around(line_text, before_bytes);
        Diagnostic {
            message: cut(message),
            line,
            column: count(before.encode_utf16().count()) + 1,
            length: count(about.encode_utf16().count()).max(1),
            source_line: quote.text,
            source_line_offset: count(quote.chars_before),
            help: help.map(cut),
        }
    }

    /// The byte offset of a place: its line, counted from 1, and the UTF-16 code units before it there.
    pub fn offset(&self, line: usize, code_units: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let mut left = code_units;
        let before = self.text[start..].chars().take_while(|char| {
            let fits = left >= char.len_utf16();
            left = left.saturating_sub(char.len_utf16());
            fits
        });
        start + before.map(char::len_utf8).sum::<usize>()
    }

    /// The next border between characters at or before `offset`.
    fn border(&self, offset: usize) -> usize {
        let mut border = offset.min(self.text.len());
        while !self.text.is_char_boundary(border) {
            border -= 1;
        }
        border
    }
}

/// The part of a line around a place.
struct Quote {
    text: String,
    chars_before: usize,
}

impl Quote {
    fn around(line: &str, place_bytes: usize) -> Self {
        let before: Vec<char> = line[..place_bytes].chars().rev().take(SOURCE_LINE_CHARS_MAX).collect();
        let rest = &line[place_bytes..];
        // A long line is shown from a little before its place.
        let is_whole =
            before.len() + rest.chars().take(SOURCE_LINE_CHARS_MAX).count() <= SOURCE_LINE_CHARS_MAX;
        let kept_before = if is_whole { before.len() } else { before.len().min(SOURCE_LINE_CHARS_MAX / 2) };
        let mut text = String::new();
        let mut chars_before = kept_before;
        if line[..place_bytes].chars().nth(kept_before).is_some() {
            text.push('…');
            chars_before += 1;
        }
        text.extend(before[..kept_before].iter().rev().copied().map(printable));
        let mut after = rest.chars();
        text.extend(after.by_ref().take(SOURCE_LINE_CHARS_MAX - kept_before).map(printable));
        if after.next().is_some() {
            text.push('…');
        }
        Self { text, chars_before }
    }
}

/// Control and direction characters could rewrite the reader's terminal.
fn printable(char: char) -> char {
    if char == '\t' || !(char.is_control() || is_direction_control(char)) { char } else { '\u{fffd}' }
}

/// Characters that make a text look other than it runs.
pub(crate) fn is_direction_control(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// No text that is let in has more of anything than fits.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

//! Reads what the command line names: bounded, and with errors that say where and what to do.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::command_error::CommandError;

/// Bytes that are read of any file: more than every limit of the library, so that its own error, which
/// names the limit, comes first; and an end for devices that have none.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Characters of a line of JSON that an error quotes.
const QUOTE_CHARS_MAX: usize = 100;

/// Reads a text file. `shown` is what errors call it.
pub(crate) fn text(path: &Path, shown: &str) -> Result<String, CommandError> {
    text_from(open(path, shown)?, shown)
}

/// Reads a file of at most so many bytes. `shown` is what errors call it.
pub(crate) fn bytes(path: &Path, shown: &str, bytes_max: u64) -> Result<Vec<u8>, CommandError> {
    bytes_from(open(path, shown)?, shown, bytes_max)
}

fn open(path: &Path, shown: &str) -> Result<File, CommandError> {
    if path.is_dir() {
        return Err(CommandError::usage(format!("{shown} is a directory, but must be a file")));
    }
    File::open(path).map_err(|error| unreadable(error, shown))
}

/// Reads a text from a stream.
pub(crate) fn text_from(stream: impl Read, shown: &str) -> Result<String, CommandError> {
    let bytes = bytes_from(stream, shown, FILE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        CommandError::usage(format!("{shown}:{line}: this is no text in UTF-8"))
            .hint("save the file as UTF-8, or name another one")
    })
}

fn bytes_from(stream: impl Read, shown: &str, bytes_max: u64) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    stream.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error, shown))?;
    if bytes.len() as u64 > bytes_max {
        let mib = bytes_max / (1024 * 1024);
        return Err(CommandError::usage(format!("{shown} is too large: more than {mib} MiB")));
    }
    Ok(bytes)
}

/// Reads a JSON file into a value of a type.
pub(crate) fn json<T: DeserializeOwned>(path: &Path, shown: &str) -> Result<T, CommandError> {
    parse_json(&text(path, shown)?, shown)
}

/// Reads JSON text. Errors name line and column, quote the line, and mark the place.
pub(crate) fn parse_json<T: DeserializeOwned>(text: &str, shown: &str) -> Result<T, CommandError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| CommandError::usage(json_error(&error, text, shown)))
}

fn json_error(error: &serde_json::Error, text: &str, shown: &str) -> String {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let why = full.strip_suffix(place.as_str()).unwrap_or(&full);
    if text.trim().is_empty() {
        return format!("{shown} is empty, but must hold JSON");
    }
    let Some(line) = error.line().checked_sub(1).and_then(|index| text.lines().nth(index)) else {
        return format!("{shown}: {why}");
    };
    // The column counts bytes, and is 0 at the end of a line.
    let bytes_before = error.column().saturating_sub(1).min(line.len());
    let chars_before = String::from_utf8_lossy(&line.as_bytes()[..bytes_before]).chars().count();
    let head = format!("{shown}:{}:{}: {why}", error.line(), chars_before + 1);
    format!("{head}\n{}", quote(line, error.line(), chars_before))
}

/// A line with its number and a mark under one character of it.
pub(crate) fn quote(line: &str, number: usize, chars_before: usize) -> String {
    // A long line is shown from a little before the place.
    let skipped = if chars_before < QUOTE_CHARS_MAX { 0 } else { chars_before - QUOTE_CHARS_MAX / 2 };
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(QUOTE_CHARS_MAX)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    let (lead, gutter) = (if skipped > 0 { "…" } else { "" }, number.to_string().len());
    let column = chars_before - skipped + lead.chars().count();
    let shown = shown.trim_end();
    format!(" {number} | {lead}{shown}\n {:gutter$} | {:column$}^", "", "")
}

fn unreadable(error: io::Error, shown: &str) -> CommandError {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let error = CommandError::wrong_use(anyhow::Error::new(error).context(format!("cannot read {shown}")));
    if missing { error.hint("check the path; it is relative to the current directory") } else { error }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn error(text: &str) -> String {
        parse_json::<Value>(text, "event.json").unwrap_err().error.to_string()
    }

    #[test]
    fn broken_json_is_quoted_with_a_mark_under_the_place() {
        assert_eq!(
            error("{\n  \"ä\": nope\n}"),
            "event.json:2:9: expected ident\n 2 |   \"ä\": nope\n   |         ^"
        );
        assert_eq!(error(" \n"), "event.json is empty, but must hold JSON");
        assert!(error("{").starts_with("event.json:1:"), "{}", error("{"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("[{}x]", "1,".repeat(500));
        let error = error(&text);
        let lines: Vec<_> = error.lines().collect();
        assert!(lines[1].starts_with(" 1 | …") && lines[1].chars().count() < 120, "{error}");
        let column = lines[2].chars().position(|char| char == '^').unwrap();
        assert_eq!(lines[1].chars().nth(column), Some('x'), "{error}");
    }

    #[test]
    fn a_byte_order_mark_is_no_mistake_and_bad_utf8_names_its_line() {
        assert_eq!(parse_json::<Value>("\u{feff}1", "e").unwrap(), Value::from(1));
        let error = text_from(&b"one\ntwo \xff"[..], "a.js").unwrap_err();
        assert_eq!(error.error.to_string(), "a.js:2: this is no text in UTF-8");
    }

    #[test]
    fn endless_input_ends() {
        let error = text_from(io::repeat(b'x'), "/dev/zero").unwrap_err();
        assert_eq!(error.error.to_string(), "/dev/zero is too large: more than 16 MiB");
    }
}

//! Text of others made safe to show: what a script logs must not move the cursor, recolour the
//! terminal, reverse the line or forge another line.

use std::fmt::Write as _;

/// The text on one line.
pub(crate) fn line(text: &str) -> String {
    escape(text, |_| false)
}

/// The text with its own line breaks and tabs; the caller indents the lines.
pub(crate) fn block(text: &str) -> String {
    escape(&text.replace("\r\n", "\n"), |char| matches!(char, '\n' | '\t'))
}

fn escape(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            char if is_kept(char) => escaped.push(char),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            char if char.is_control() || is_deceptive(char) => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(char));
            }
            char => escaped.push(char),
        }
    }
    escaped
}

/// Characters that break lines, change the direction of what follows, or cannot be seen.
fn is_deceptive(char: char) -> bool {
    matches!(char,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_gets_through() {
        let hostile = "\u{1b}[2J\u{9b}31m\u{7}\u{8}\r\n\u{2028}\u{202e}gnp.exe\u{7f}\0";
        assert_eq!(
            line(hostile),
            "\\u{1b}[2J\\u{9b}31m\\u{7}\\u{8}\\r\\n\\u{2028}\\u{202e}gnp.exe\\u{7f}\\u{0}"
        );
        assert!(!block(hostile).chars().any(|char| char.is_control() && char != '\n'));
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "Grüße, 世界 👩‍👩‍👧 {\"a\": 1} \\n";
        assert_eq!(line(text), text);
        assert_eq!(block("a\r\n\tb\rc"), "a\n\tb\\rc");
    }
}

//! The log of one execution: bounded, secrets replaced, kept up to a kill.

use std::time::Instant;

use crate::execution::LogLevel;
use crate::execution::LogLine;
use crate::limits::LOG_LINE_CHARS_MAX;
use crate::limits::Limits;
use crate::redact::Redactor;

/// Lines as they come in.
#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: usize,
}

impl Log {
    /// Keeps a line, and gives it back as it is kept, or counts it as dropped.
    pub(crate) fn add(
        &mut self,
        limits: &Limits,
        redactor: &Redactor,
        started: Instant,
        level: LogLevel,
        text: &str,
        chars: usize,
    ) -> Option<&LogLine> {
        // Looked at first: a script that floods a full log must not make us search each line for secrets.
        if self.dropped > 0 || self.lines.len() >= limits.log_lines {
            self.dropped += 1;
            return None;
        }
        let text = cut(redactor.redact(text), LOG_LINE_CHARS_MAX, chars);
        if self.bytes + text.len() > limits.log_bytes {
            self.dropped += 1;
            return None;
        }
        let at_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.bytes += text.len();
        self.lines.push(LogLine { level, message: text, at_us });
        self.lines.last()
    }

    /// The lines so far, and how many were dropped. A last line says so.
    pub(crate) fn take(&mut self) -> (Vec<LogLine>, usize) {
        let dropped = std::mem::take(&mut self.dropped);
        let mut lines = std::mem::take(&mut self.lines);
        if dropped > 0 {
            lines.push(LogLine {
                level: LogLevel::Warn,
                message: format!("[{dropped} more lines were dropped: the log is full]"),
                at_us: lines.last().map_or(0, |last| last.at_us),
            });
        }
        (lines, dropped)
    }
}

/// A text of `chars` characters, of which the first ones are here, cut to `chars_max`. Secrets must be out
/// of it already: a part of one could not be told any more.
pub(crate) fn cut(text: String, chars_max: usize, chars: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text,
        Some((end, _)) => format!("{}... {} more characters", &text[..end], chars.saturating_sub(chars_max)),
    }
}

impl LogLevel {
    /// The level for the number that `20_console.js` gives.
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Trace,
            1 => Self::Debug,
            3 => Self::Info,
            4 => Self::Warn,
            5 => Self::Error,
            _ => Self::Log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_dropped_and_said() {
        let limits = Limits { log_bytes: 10, ..Limits::default() };
        let redactor = Redactor::new([]);
        let mut log = Log::default();
        for text in ["12345", "1234567", "1"] {
            log.add(&limits, &redactor, Instant::now(), LogLevel::Log, text, text.len());
        }
        let (lines, dropped) = log.take();
        assert_eq!(dropped, 2, "once a line is dropped, later ones are too, so that no gap is hidden");
        assert_eq!(lines[0].message, "12345");
        assert_eq!(lines[1].message, "[2 more lines were dropped: the log is full]");
    }
}

//! The outcome document as a person reads it: the decision, what the host would do, then each action.

mod failure;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::Value;
use vestibule::ActionReport;
use vestibule::Decision;
use vestibule::FlowOutcome;
use vestibule::LogLevel;
use vestibule::LogLine;
use vestibule::Pending;
use vestibule::Trigger;

use crate::escape;
use crate::fetches;
use crate::style::Paint;

/// Characters of a value on one line; the whole of it is in the JSON format.
const VALUE_CHARS_MAX: usize = 400;

/// What to do when a flow waits. The continuation itself is long, and nothing to read.
const HOW_TO_GO_ON: [&str; 3] = [
    "the flow waits for the user; to go on, keep its outcome and give it back with a new event:",
    "  run with --continuation-key-file KEY --format json > OUTCOME, then again",
    "  with --continuation-key-file KEY --continue OUTCOME (to try one handler: --handler continue)",
];

/// The whole outcome.
pub(crate) fn outcome(outcome: &FlowOutcome, trigger: &Trigger, paint: Paint) -> String {
    let mut page = Page { text: String::new(), paint };
    page.decision(outcome);
    page.effects(outcome, trigger);
    page.rejections(outcome);
    if !outcome.actions.is_empty() {
        page.line(0, paint.bold("Actions"));
    }
    for (index, report) in outcome.actions.iter().enumerate() {
        page.action(index + 1, report);
    }
    page.text
}

/// Microseconds with as many digits as mean something.
pub(crate) fn duration(us: u64) -> String {
    let ms = us as f64 / 1e3;
    match us {
        0..10_000 => format!("{ms:.2} ms"),
        10_000..100_000 => format!("{ms:.1} ms"),
        100_000..1_000_000 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1e3),
    }
}

/// A count with its noun.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 {
        ""
    } else if noun.ends_with('h') {
        "es"
    } else {
        "s"
    };
    format!("{number} {noun}{plural}")
}

struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    /// Writing to a string cannot fail.
    fn line(&mut self, indent: usize, text: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// Text of others over several lines: none of them can pass for a line of ours.
    fn paragraph(&mut self, indent: usize, head: &str, text: &str) {
        let text = escape::block(text);
        let mut lines = text.split('\n');
        self.line(indent, format_args!("{head}{}", lines.next().unwrap_or_default()));
        for line in lines {
            self.line(indent, format_args!("{} {line}", self.paint.dim("|")));
        }
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn decision(&mut self, outcome: &FlowOutcome) {
        let paint = self.paint;
        match &outcome.decision {
            Decision::Continue => self.line(0, format_args!("{}: the flow goes on", paint.green("Allowed"))),
            Decision::Deny { action, command, reason, code, user_message } => {
                let reason = reason.as_deref().map(|reason| format!(": {}", escape::line(reason)));
                let head = format!("{} by {}", paint.red("Denied"), escape::line(action));
                self.line(0, format_args!("{head}{}", reason.unwrap_or_default()));
                self.line(2, format_args!("command: {}", escape::line(command)));
                if let Some(code) = code {
                    self.line(2, format_args!("code: {}", escape::line(code)));
                }
                if let Some(message) = user_message {
                    self.paragraph(2, "the user is told: ", message);
                }
            }
            Decision::Suspend { action, command, args, continuation: _ } => {
                let name = escape::line(action);
                self.line(
                    0,
                    format_args!("{} by {name}: {}", paint.yellow("Suspended"), escape::line(command)),
                );
                for (name, value) in args {
                    self.line(2, format_args!("{}: {}", escape::line(name), value_line(value)));
                }
                for line in HOW_TO_GO_ON {
                    self.line(2, paint.dim(line));
                }
            }
            Decision::Fail { action, message } => {
                self.paragraph(0, &format!("{} in {}: ", paint.red("Failed"), escape::line(action)), message);
            }
        }
        let trigger = escape::line(&outcome.trigger);
        if outcome.actions.is_empty() {
            self.line(2, paint.dim(trigger));
        } else {
            let wall_us = outcome.actions.iter().map(|report| report.usage.wall_us).sum();
            let actions = count(outcome.actions.len() as u64, "action");
            self.line(2, paint.dim(format!("{trigger}, {actions}, {}", duration(wall_us))));
        }
        self.blank();
    }

    /// The effects under the paths that the trigger gives them.
    fn effects(&mut self, outcome: &FlowOutcome, trigger: &Trigger) {
        let mut paths: Vec<&[String]> = Vec::new();
        for method in trigger.methods() {
            if !paths.contains(&method.effect.path.as_slice()) {
                paths.push(&method.effect.path);
            }
        }
        let at = |path: &[String]| path.iter().try_fold(&outcome.effects, |value, step| value.get(step));
        let found: Vec<_> = paths.iter().filter_map(|path| Some((path.join("."), at(path)?))).collect();
        let title = match (found.is_empty(), outcome.is_decided()) {
            (true, _) => "The host would change nothing",
            (false, true) => "The host would now do",
            (false, false) => "Asked for before the failure",
        };
        self.line(0, self.paint.bold(title));
        for (path, value) in &found {
            self.effect(path, value);
        }
        self.blank();
    }

    /// The commands that the trigger's rules reject, so that nobody waits for their effects.
    fn rejections(&mut self, outcome: &FlowOutcome) {
        let rejected =
            outcome.commands.iter().filter_map(|command| Some((command, command.rejected.as_ref()?)));
        let mut lines = rejected.peekable();
        if lines.peek().is_none() {
            return;
        }
        self.line(0, self.paint.bold("Asked for, but does not count"));
        for (command, rejection) in lines {
            let (action, name) = (escape::line(&command.action), escape::line(&command.command));
            let first = command.args.values().next().map(|value| format!("({})", value_line(value)));
            self.line(2, self.paint.yellow(format!("{name}{} by {action}", first.unwrap_or_default())));
            self.line(4, escape::line(&rejection.reason));
        }
        self.blank();
    }

    fn effect(&mut self, path: &str, value: &Value) {
        let path = self.paint.cyan(path);
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                self.line(2, path);
                for (name, value) in entries {
                    self.line(4, format_args!("{}: {}", escape::line(name), value_line(value)));
                }
            }
            Value::Array(items) if !items.is_empty() => {
                self.line(2, path);
                for item in items {
                    self.line(4, format_args!("- {}", value_line(item)));
                }
            }
            other => self.line(2, format_args!("{path}: {}", value_line(other))),
        }
    }

    fn action(&mut self, number: usize, report: &ActionReport) {
        let name = format!("{number}. {}", escape::line(&report.name));
        let state = self.state(&report.outcome);
        let usage = &report.usage;
        let used = format!("{} ({} CPU)", duration(usage.wall_us), duration(usage.cpu_us));
        self.line(2, format_args!("{}  {state}  {}", self.paint.bold(name), self.paint.dim(used)));
        self.failure(&report.outcome);
        if report.failure_ignored {
            self.line(
                5,
                self.paint.yellow("the failure was ignored, as the flow asks for: its commands are dropped"),
            );
        }
        self.logs(report);
        for fetch in &report.fetches {
            self.line(5, fetches::line(fetch, self.paint));
        }
        self.pending(&report.pending);
    }

    fn logs(&mut self, report: &ActionReport) {
        let time_width = report.logs.iter().map(|line| duration(line.at_us).len()).max().unwrap_or(0);
        for line in &report.logs {
            self.log(line, time_width);
        }
        if report.logs_dropped > 0 {
            let lines = count(report.logs_dropped as u64, "log line");
            self.line(
                5,
                self.paint.yellow(format!("{lines} dropped: raise the limit log_bytes or log_lines")),
            );
        }
    }

    fn log(&mut self, line: &LogLine, time_width: usize) {
        let paint = self.paint;
        let level = match line.level {
            LogLevel::Trace => paint.dim("trace").to_string(),
            LogLevel::Debug => paint.dim("debug").to_string(),
            LogLevel::Log => "log  ".to_owned(),
            LogLevel::Info => paint.cyan("info ").to_string(),
            LogLevel::Warn => paint.yellow("warn ").to_string(),
            LogLevel::Error => paint.red("error").to_string(),
        };
        let time = format!("{:>time_width$}", duration(line.at_us));
        let message = escape::block(&line.message);
        let mut lines = message.split('\n');
        let first = lines.next().unwrap_or_default();
        self.line(5, format_args!("{} {level} {first}", paint.dim(time)));
        // Below the first line's message, behind a bar: no message can look like two.
        for more in lines {
            let indent = time_width + " log  ".len() - 1;
            self.line(5, format_args!("{:indent$}{} {more}", "", paint.dim("|")));
        }
    }

    fn pending(&mut self, pending: &Pending) {
        if pending.is_empty() {
            return;
        }
        let kinds = [(pending.timers, "timer"), (pending.fetches, "fetch"), (pending.calls, "call of api")];
        let list: Vec<_> = kinds
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| match *noun {
                "call of api" if *number > 1 => format!("{number} calls of api"),
                noun => count(*number as u64, noun),
            })
            .collect();
        let what = format!("cancelled when the handler had ended: {}", list.join(", "));
        self.line(5, format_args!("{} {what}", self.paint.yellow("warning:")));
        self.hint("await what must happen before the flow goes on");
    }

    fn hint(&mut self, hint: &str) {
        self.paragraph(5, &format!("{} ", self.paint.cyan("hint:")), hint);
    }
}

/// A value as JSON on one line, cut to a readable length.
fn value_line(value: &Value) -> String {
    let json = escape::line(&value.to_string());
    let mut chars = json.char_indices();
    match chars.nth(VALUE_CHARS_MAX) {
        None => json,
        Some((end, _)) => {
            let more = json[end..].chars().count();
            format!("{}… ({more} more characters; --format json has all)", &json[..end])
        }
    }
}

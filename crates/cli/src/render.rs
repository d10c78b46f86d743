//! The outcome document as a person reads it: the decision, what the host would do, then each action.

use std::fmt::Write as _;

use serde_json::Value;
use vestibule::ActionReport;
use vestibule::Breach;
use vestibule::Decision;
use vestibule::FlowOutcome;
use vestibule::Frame;
use vestibule::LogLevel;
use vestibule::LogLine;
use vestibule::Outcome;
use vestibule::Pending;
use vestibule::Thrown;
use vestibule::Trigger;
use vestibule::Unit;

use crate::escape;
use crate::fetches;
use crate::style::Paint;

/// Characters of a value on one line; the whole of it is in the JSON format.
const VALUE_CHARS_MAX: usize = 400;

/// Frames of an error that are shown.
const FRAMES_SHOWN: usize = 8;

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

    fn state(&self, outcome: &Outcome) -> String {
        let paint = self.paint;
        let words = match outcome {
            Outcome::Completed => return paint.green("completed").to_string(),
            Outcome::Threw(_) => "threw",
            Outcome::WallLimit(_) => "took too long",
            Outcome::CpuLimit(_) => "used too much processor time",
            Outcome::HeapLimit(_) => "used too much memory",
            Outcome::BufferLimit(_) => "used too much memory for buffers",
            Outcome::OutputLimit(_) => "asked for too much",
            Outcome::Unsettled { .. } => "waits for something that can never happen",
            Outcome::Cancelled => "was cancelled",
            Outcome::InvalidProgram(_) => "cannot be run",
            Outcome::EngineLost => "was lost with its engine thread",
        };
        paint.red(words).to_string()
    }

    /// What is known about a bad end, and the way out.
    fn failure(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Threw(thrown) | Outcome::InvalidProgram(thrown) => self.thrown(thrown),
            Outcome::WallLimit(breach) => self.breach(breach, "wait for less, or raise the limit wall_ms"),
            Outcome::CpuLimit(breach) => {
                self.breach(breach, "look for a loop that does not end, or raise the limit cpu_ms")
            }
            Outcome::HeapLimit(breach) => {
                self.breach(breach, "keep less at one time, or raise the limit heap_bytes")
            }
            Outcome::BufferLimit(breach) => {
                self.breach(breach, "keep less at one time, or raise the limit buffer_bytes")
            }
            Outcome::OutputLimit(breach) => self.breach(breach, "look for a loop around the calls of api"),
            Outcome::Unsettled { .. } => {
                self.hint("a promise is awaited that nothing will settle; look for a forgotten resolve()");
            }
            Outcome::EngineLost => self.hint("nothing of it was applied, so it can be run again"),
            Outcome::Completed | Outcome::Cancelled => {}
        }
    }

    fn breach(&mut self, breach: &Breach, hint: &str) {
        let amount = |number: u64| match breach.unit {
            Unit::Ms => format!("{number} ms"),
            Unit::Bytes => format!("{number} bytes"),
            Unit::Commands => count(number, "command"),
            Unit::Calls => count(number, "call"),
        };
        let phase = match breach.phase {
            vestibule::Phase::Load => "while it was loaded",
            vestibule::Phase::Handler => "in the handler",
        };
        let (used, limit) = (amount(breach.used), amount(breach.limit));
        self.line(5, format_args!("{used} {phase}, where {limit} are allowed"));
        self.hint(hint);
    }

    fn thrown(&mut self, thrown: &Thrown) {
        let head = format!("{}: ", self.paint.red(escape::line(&thrown.name)));
        self.paragraph(5, &head, &thrown.message);
        if let Some(first) = thrown.frames.first() {
            self.frame(first);
            self.quote(first);
        }
        let rest = thrown.frames.get(1..).unwrap_or_default();
        for frame in rest.iter().take(FRAMES_SHOWN - 1) {
            self.frame(frame);
        }
        if rest.len() >= FRAMES_SHOWN {
            self.line(7, self.paint.dim(format!("and {} more", rest.len() - (FRAMES_SHOWN - 1))));
        }
        for cause in &thrown.causes {
            self.paragraph(5, "caused by: ", cause);
        }
        if let Some(hint) = &thrown.hint {
            self.hint(hint);
        }
    }

    fn frame(&mut self, frame: &Frame) {
        let function = frame.function.as_deref().map(|name| format!(" in {}", escape::line(name)));
        let place = format!("{}:{}:{}", escape::line(&frame.file), frame.line, frame.column);
        self.line(7, format_args!("at {}{}", self.paint.cyan(place), function.unwrap_or_default()));
    }

    /// The line of a frame, with a mark under its column.
    fn quote(&mut self, frame: &Frame) {
        let Some(source) = &frame.source else { return };
        let number = frame.line.to_string();
        let bar = self.paint.dim("|");
        let before = Self::before(source, frame.column);
        // What is blank or escaped in front of the place takes as much room in the line below it.
        let room = |text: &str| escape::line(&text.replace('\t', "    "));
        let shown = room(source);
        self.line(9, format_args!("{} {bar} {}", self.paint.dim(&number), shown.trim_end()));
        if let Some(before) = before {
            let (gutter, column) = (number.len(), room(&before).chars().count());
            let bar = self.paint.dim("|");
            self.line(9, format_args!("{:gutter$} {bar} {:column$}{}", "", "", self.paint.red("^")));
        }
    }

    /// The part of a line in front of a column, which counts UTF-16 code units from 1.
    fn before(source: &str, column: u32) -> Option<String> {
        let units_before = column.checked_sub(1)? as usize;
        let mut units = 0;
        let mut before = String::new();
        for char in source.chars() {
            if units >= units_before {
                break;
            }
            units += char.len_utf16();
            before.push(char);
        }
        (units >= units_before).then_some(before)
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vestibule::Registry;

    use super::*;

    /// An outcome of `auth0/post-login` with one action, rendered without colours.
    fn rendered(decision: Value, effects: Value, action: Value) -> String {
        rendered_with(json!([]), decision, effects, action)
    }

    fn rendered_with(commands: Value, decision: Value, effects: Value, action: Value) -> String {
        let mut report = json!({
            "name": "check", "handler": "onExecutePostLogin", "outcome": { "kind": "completed" }, "logs": [],
            "usage": { "wall_us": 240, "cpu_us": 190, "heap_peak_bytes": 0, "buffers_peak_bytes": 0,
                       "fetches": 0, "calls": 0, "queue_us": 0 },
        });
        for (name, value) in action.as_object().unwrap() {
            report[name] = value.clone();
        }
        let document = json!({
            "trigger": "auth0/post-login", "decision": decision, "commands": commands,
            "effects": effects, "actions": [report],
        });
        let outcome_value: FlowOutcome = serde_json::from_value(document).unwrap();
        let registry = Registry::built_in();
        outcome(&outcome_value, registry.get("auth0/post-login").unwrap(), Paint { is_on: false })
    }

    /// What stands below the line of the action.
    fn action_text(action: Value) -> String {
        let decision = json!({ "kind": "continue" });
        let text = rendered(decision, json!({}), action);
        text.split_once("Actions\n").unwrap().1.to_owned()
    }

    #[test]
    fn allowed_with_effects() {
        let effects = json!({
            "idToken": { "setCustomClaim": { "https://acme.example/roles": ["admin"] } },
            "accessToken": { "scopes": { "read:orders": "add" } },
        });
        assert_eq!(
            rendered(json!({ "kind": "continue" }), effects, json!({})),
            "\
Allowed: the flow goes on
  auth0/post-login, 1 action, 0.24 ms

The host would now do
  accessToken.scopes
    read:orders: \"add\"
  idToken.setCustomClaim
    https://acme.example/roles: [\"admin\"]

Actions
  1. check  completed  0.24 ms (0.19 ms CPU)
"
        );
    }

    #[test]
    fn a_command_that_does_not_count_is_shown_with_its_reason() {
        let commands = json!([
            { "action": "check", "command": "idToken.setCustomClaim", "args": { "name": "aud", "value": 1 },
              "rejected": { "code": "reserved", "reason": "The claim is reserved.\nforged" } },
            { "action": "check", "command": "access.deny", "args": { "reason": "x" } },
        ]);
        let text = rendered_with(commands, json!({ "kind": "continue" }), json!({}), json!({}));
        let section = "\
Asked for, but does not count
  idToken.setCustomClaim(\"aud\") by check
    The claim is reserved.\\nforged

Actions
";
        assert!(text.contains(section), "{text}");
    }

    #[test]
    fn denied_with_a_reason_and_a_message() {
        let decision = json!({ "kind": "deny", "action": "check", "command": "access.deny",
                               "reason": "not our domain\nforged", "user_message": "Sorry.\nBye." });
        let effects = json!({ "access": { "deny": { "reason": "not our domain" } } });
        let text = rendered(decision, effects, json!({}));
        assert!(
            text.starts_with(
                "\
Denied by check: not our domain\\nforged
  command: access.deny
  the user is told: Sorry.
  | Bye.
  auth0/post-login, 1 action, 0.24 ms

The host would now do
  access.deny
    reason: \"not our domain\"
"
            ),
            "{text}"
        );
    }

    #[test]
    fn suspended_with_the_arguments() {
        let decision = json!({ "kind": "suspend", "action": "check", "command": "redirect.sendUserTo",
                               "args": { "url": "https://consent.example/" }, "continuation": "AQ" });
        let text = rendered(decision, json!({}), json!({}));
        assert!(
            text.starts_with(
                "\
Suspended by check: redirect.sendUserTo
  url: \"https://consent.example/\"
  the flow waits for the user; to go on, keep its outcome and give it back with a new event:
    run with --continuation-key-file KEY --format json > OUTCOME, then again
    with --continuation-key-file KEY --continue OUTCOME (to try one handler: --handler continue)
  auth0/post-login, 1 action, 0.24 ms

The host would change nothing
"
            ),
            "{text}"
        );
    }

    #[test]
    fn failed_with_the_line_that_threw() {
        let outcome = json!({
            "kind": "threw", "name": "TypeError", "message": "Cannot read properties of undefined (reading 'b')",
            "phase": "handler", "causes": ["the first\nof all"], "hint": "look at a",
            "frames": [
                { "function": "helper", "file": "src/check.js", "line": 12, "column": 5, "source": "\tä(a.b);" },
                { "file": "src/check.js", "line": 3, "column": 1 },
            ],
        });
        let decision = json!({ "kind": "fail", "action": "check", "message": "TypeError: …" });
        let effects = json!({ "access": { "deny": { "reason": "x" } } });
        let text = rendered(decision, effects, json!({ "outcome": outcome }));
        assert!(text.starts_with("Failed in check: TypeError: …\n"), "{text}");
        assert!(text.contains("\nAsked for before the failure\n  access.deny\n"), "{text}");
        assert!(
            text.ends_with(
                "
  1. check  threw  0.24 ms (0.19 ms CPU)
     TypeError: Cannot read properties of undefined (reading 'b')
       at src/check.js:12:5 in helper
         12 |     ä(a.b);
            |        ^
       at src/check.js:3:1
     caused by: the first
     | of all
     hint: look at a
"
            ),
            "{text}"
        );
    }

    #[test]
    fn every_other_outcome_says_what_happened_and_what_to_do() {
        let breach = |kind: &str, unit: &str| {
            action_text(
                json!({ "outcome": { "kind": kind, "limit": 500, "used": 512, "unit": unit, "phase": "handler" } }),
            )
        };
        assert_eq!(
            breach("wall_limit", "ms"),
            "  1. check  took too long  0.24 ms (0.19 ms CPU)
     512 ms in the handler, where 500 ms are allowed
     hint: wait for less, or raise the limit wall_ms
"
        );
        for (kind, unit, words) in [
            ("cpu_limit", "ms", ["used too much processor time", "512 ms in", "cpu_ms"]),
            ("heap_limit", "bytes", ["used too much memory", "512 bytes in", "heap_bytes"]),
            ("buffer_limit", "bytes", ["used too much memory for buffers", "512 bytes in", "buffer_bytes"]),
            ("output_limit", "commands", ["asked for too much", "512 commands in", "loop"]),
            ("output_limit", "calls", ["asked for too much", "512 calls in", "loop"]),
        ] {
            let text = breach(kind, unit);
            assert!(words.iter().all(|word| text.contains(word)), "{kind}: {text}");
        }
        let bare = |outcome: Value| action_text(json!({ "outcome": outcome }));
        let unsettled = bare(json!({ "kind": "unsettled", "phase": "handler" }));
        assert!(unsettled.contains("can never happen") && unsettled.contains("hint: "), "{unsettled}");
        assert!(bare(json!({ "kind": "cancelled" })).contains("was cancelled"));
        assert!(bare(json!({ "kind": "engine_lost" })).contains("can be run again"));
        let invalid =
            json!({ "kind": "invalid_program", "name": "SyntaxError", "message": "no }", "phase": "load" });
        assert!(bare(invalid).contains("cannot be run  0.24 ms (0.19 ms CPU)\n     SyntaxError: no }\n"));
    }

    #[test]
    fn a_log_line_cannot_pass_for_two_or_move_the_cursor() {
        let text = action_text(json!({
            "logs": [
                { "level": "log", "message": "one\n+0.10 ms error forged", "at_us": 100 },
                { "level": "error", "message": "\u{1b}[2Jtwo", "at_us": 12_345 },
            ],
            "logs_dropped": 3,
        }));
        assert_eq!(
            text,
            "  1. check  completed  0.24 ms (0.19 ms CPU)
     0.10 ms log   one
                 | +0.10 ms error forged
     12.3 ms error \\u{1b}[2Jtwo
     3 log lines dropped: raise the limit log_bytes or log_lines
"
        );
    }

    #[test]
    fn requests_pending_work_and_ignored_failures_are_shown() {
        let record = |outcome: Value| {
            json!({ "method": "GET", "url": "https://a.example/x", "host": "a.example", "outcome": outcome,
                    "bytes_in": 1, "wall_us": 1500 })
        };
        let text = action_text(json!({
            "failure_ignored": true,
            "pending": { "timers": 2, "fetches": 1, "calls": 1 },
            "fetches": [
                record(json!({ "kind": "answered", "status": 204, "complete": false })),
                record(json!({ "kind": "failed", "failure": "denied", "reason": "10.0.0.1 is private" })),
                record(json!({ "kind": "under_way" })),
                record(json!({ "kind": "cancelled" })),
            ],
        }));
        assert_eq!(
            text,
            "  1. check  completed  0.24 ms (0.19 ms CPU)
     the failure was ignored, as the flow asks for: its commands are dropped
     fetch GET https://a.example/x: 204, 1 byte, body not read to its end  1.50 ms
     fetch GET https://a.example/x: failed: 10.0.0.1 is private  1.50 ms
     fetch GET https://a.example/x: cut off when the handler had ended  1.50 ms
     fetch GET https://a.example/x: cancelled  1.50 ms
     warning: cancelled when the handler had ended: 2 timers, 1 fetch, 1 call of api
     hint: await what must happen before the flow goes on
"
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let line = value_line(&json!("x".repeat(1000)));
        assert!(line.ends_with("… (602 more characters; --format json has all)"), "{line}");
    }

    #[test]
    fn durations_have_the_digits_that_mean_something() {
        let shown = [0, 812, 9_999, 12_345, 123_456, 2_345_678].map(duration);
        assert_eq!(shown, ["0.00 ms", "0.81 ms", "10.00 ms", "12.3 ms", "123 ms", "2.35 s"]);
    }

    #[test]
    fn a_mark_beyond_its_line_is_left_out() {
        assert_eq!(Page::before("ab", 3).as_deref(), Some("ab"));
        assert_eq!(Page::before("ab", 4), None);
        assert_eq!(Page::before("ab", 0), None);
        assert_eq!(Page::before("😀x", 3).as_deref(), Some("😀"));
    }
}

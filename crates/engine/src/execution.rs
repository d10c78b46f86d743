//! What an execution leaves behind: outcome, commands, log and usage, as plain data.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::egress::FetchRecord;

/// The report of one execution.
#[derive(Clone, Debug)]
pub struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// What the script asked for, in order. Empty unless the outcome is [`Outcome::Completed`]: an
    /// execution that ends badly leaves no half results.
    pub commands: Vec<Command>,
    /// What it wrote with `console`, up to its end or its kill.
    pub logs: Vec<LogLine>,
    /// Log lines that the limits dropped.
    pub logs_dropped: usize,
    /// What it used.
    pub usage: Usage,
    /// Work that was still under way when the handler had settled, and was cancelled.
    pub pending: Pending,
    /// One record for every request that was tried, also for those that the egress policy refused.
    pub fetches: Vec<FetchRecord>,
}

/// How an execution ended. Closed: every execution ends in exactly one of these ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The handler returned, or its promise was fulfilled.
    Completed,
    /// The script threw and nothing caught it.
    Threw(Thrown),
    /// Too much time on the clock.
    WallLimit(Breach),
    /// Too much processor time.
    CpuLimit(Breach),
    /// Too much JavaScript heap.
    HeapLimit(Breach),
    /// Too many bytes in array buffers.
    BufferLimit(Breach),
    /// Too many, or too large, commands or calls.
    OutputLimit(Breach),
    /// The handler's promise can never settle: nothing is pending that could settle it.
    Unsettled {
        /// Where the script waited for ever.
        phase: Phase,
    },
    /// The caller dropped the future.
    Cancelled,
    /// The program cannot be run: it does not compile, or lacks the handler.
    InvalidProgram(Thrown),
    /// The isolate's thread was lost to another execution. Nothing of this one was applied, so it
    /// may be run again.
    EngineLost,
}

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The limit.
    pub limit: u64,
    /// What had been used when it was noticed.
    pub used: u64,
    /// The unit of both: `ms`, `bytes`, `commands` or `calls`.
    pub unit: Unit,
    /// What the script was doing.
    pub phase: Phase,
}

/// The unit of a [`Breach`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Ms,
    Bytes,
    Commands,
    Calls,
}

/// What a script was doing when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its top level was running.
    Load,
    /// Its handler was running.
    Handler,
}

/// An error that a script did not catch, read without running any of the script's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thrown {
    /// The error's name, such as `TypeError`; `Error` where it has none that is safe to read.
    pub name: String,
    /// The error's message; for a thrown value that is no error, a description of the value.
    pub message: String,
    /// The way out, where we know one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where it was thrown, innermost first, in the author's own files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// The message of the error's `cause`, and of the cause's cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What the script was doing.
    pub phase: Phase,
}

/// One place in the author's source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The function's name; `None` at the top level and in functions without a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The file, as its author knows it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 code units, from 1.
    pub column: u32,
    /// The text of that line; only on the first frame, cut to a readable length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One request that a script made through `api`, in the words of the trigger's declaration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Path of the method, such as `access.deny`.
    #[serde(rename = "command")]
    pub name: String,
    /// Arguments by parameter name.
    pub args: Map<String, Value>,
}

/// One line that a script wrote with `console`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Which method wrote it.
    pub level: LogLevel,
    /// The text, secrets replaced.
    pub message: String,
    /// Microseconds since the action started.
    pub at_us: u64,
}

/// The method of `console` that wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Trace,
    Debug,
    Log,
    Info,
    Warn,
    Error,
}

/// What an execution used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Microseconds on the clock from the start of the action to its end.
    pub wall_us: u64,
    /// Microseconds of processor time of the isolate's thread.
    pub cpu_us: u64,
    /// Largest size of the JavaScript heap that was seen, the runtime's own part included.
    pub heap_peak_bytes: u64,
    /// Largest size of all array buffers together.
    pub buffers_peak_bytes: u64,
    /// Requests made by `fetch`, redirects included.
    pub fetches: u64,
    /// Calls made through `api`.
    pub calls: u64,
    /// Microseconds spent waiting for a thread and, where none was ready, an isolate.
    pub queue_us: u64,
}

/// Work that was cancelled because the handler had settled without waiting for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Timers that had not fired.
    pub timers: usize,
    /// Requests without an answer.
    pub fetches: usize,
    /// Asynchronous calls through `api` without an answer.
    pub calls: usize,
}

impl Outcome {
    /// Whether the execution did what its author wrote, to the end.
    pub fn is_completed(&self) -> bool {
        *self == Self::Completed
    }
}

impl Pending {
    /// Whether nothing was pending.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

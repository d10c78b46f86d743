//! Every limit of an execution and of the engine: unit, default, range and what happens at it.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

/// What one execution may use. An execution that reaches a limit ends with the outcome named there,
/// and everything it asked for is dropped; limits that say "throws" can be caught by the script.
///
/// Durations are written as milliseconds when (de)serialized, sizes as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Time on the clock from the start of the action to its end, waiting included.
    /// Default 20 s, 1 ms to 10 min. At the limit: outcome `wall_limit`.
    #[serde(rename = "wall_ms", with = "milliseconds")]
    pub wall: Duration,
    /// Processor time of the isolate's thread while it runs the action; waiting costs nothing.
    /// Default 1 s, 1 ms to 60 s. At the limit: outcome `cpu_limit`.
    #[serde(rename = "cpu_ms", with = "milliseconds")]
    pub cpu: Duration,
    /// JavaScript heap after a full collection, without the bytes of array buffers.
    /// Default 64 MiB, 8 MiB to 512 MiB. At the limit: outcome `heap_limit`.
    pub heap_bytes: usize,
    /// Bytes of array buffers; a resizable buffer is charged at its largest size.
    /// Default 32 MiB, 64 KiB to 256 MiB. One allocation that cannot fit throws a `RangeError`;
    /// a script that goes on ends with `buffer_limit`.
    pub buffer_bytes: usize,
    /// Text written with `console`, over all lines.
    /// Default 256 KiB, 0 to 4 MiB. At the limit later lines are dropped and one line says so.
    pub log_bytes: usize,
    /// Lines written with `console`. Default 2,000, 0 to 100,000. As for `log_bytes`.
    pub log_lines: usize,
    /// Commands recorded through `api`. Default 5,000, 0 to 100,000. At the limit: `output_limit`.
    pub commands: usize,
    /// JSON bytes of all recorded commands. Default 1 MiB, 0 to 16 MiB. At the limit: `output_limit`.
    pub command_bytes: usize,
    /// JSON bytes of the arguments of one call through `api`, also of calls that only read.
    /// Default 256 KiB, 1 KiB to 16 MiB. Above it the call throws a `RangeError`.
    pub call_bytes: usize,
    /// Calls through `api` of every kind. Default 10,000, 0 to 1,000,000. At the limit: `output_limit`.
    pub calls: usize,
    /// Timers waiting at one moment. Default 1,000, 0 to 100,000. Above it `setTimeout` throws.
    pub timers: usize,
    /// Requests made by `fetch`, redirects included. Default 50, 0 to 10,000. Above it `fetch` rejects.
    pub fetches: usize,
    /// Requests under way at one moment. Default 6, 1 to 256. A further `fetch` waits for its turn.
    pub fetches_at_once: usize,
    /// Decoded bytes of one response. Default 5 MiB, 0 to 64 MiB. Above it reading the body rejects.
    pub fetch_bytes: usize,
    /// Time of one request from start to the last byte. Default 10 s, 1 ms to 10 min. Above it `fetch` rejects.
    #[serde(rename = "fetch_ms", with = "milliseconds")]
    pub fetch: Duration,
    /// Bytes of the event as JSON text. Default 1 MiB, 2 B to 6 MiB: parsing JSON cannot be
    /// interrupted, so the ceiling bounds what it costs. A larger event is refused before the start.
    pub event_bytes: usize,
}

/// What the engine may use for all executions together. Fixed when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineLimits {
    /// Threads that run isolates. Default: one per core, 1 to 64.
    pub threads: usize,
    /// Isolates that each thread keeps ready for the next execution, about 2 MB each.
    /// Default 4, 0 to 64. Without one an execution first waits for its isolate.
    pub ready_isolates: usize,
    /// Executions at one moment, suspended ones included; each holds 1 to 3 MB.
    /// Default 512, 1 to 10,000. Above it `execute` answers [`Busy`](crate::EngineError::Busy).
    pub executions: usize,
    /// Executions that wait for their thread. Default 256, 1 to 10,000. Above it `Busy`.
    pub waiting: usize,
    /// How long an execution may wait for its thread. Default 5 s, 1 ms to 10 min. After it `Busy`.
    pub wait: Duration,
    /// What a caller waits beyond a limit before it is answered without the isolate's consent.
    /// Default 50 ms, 5 ms to 10 s. An isolate that does not obey within four times as long has its
    /// thread quarantined.
    pub grace: Duration,
    /// Quarantined threads at one moment. Default 8, 0 to 64. At the cap a lost thread is no longer
    /// replaced, and with no thread left `execute` answers `Busy` until one of them comes back.
    pub quarantined: usize,
}

/// A limit outside its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("limit `{name}` is {value}, but must be from {floor} to {ceiling}")]
pub struct LimitError {
    /// The field, with its unit.
    pub name: &'static str,
    /// What was asked for.
    pub value: u128,
    /// The smallest value that works.
    pub floor: u128,
    /// The largest value that is allowed.
    pub ceiling: u128,
}

/// How far the engine's own heap limit lies above the largest soft limit. V8 ends the process when
/// one allocation exceeds its limit, so the limit must be out of reach of any single allocation
/// (the largest fixed array takes 1 GiB) while the soft limit is enforced by us.
pub(crate) const HEAP_HEADROOM_BYTES: usize = 1228 * MIB;
/// The largest soft heap limit; the isolates that wait ready must fit every execution.
pub(crate) const HEAP_BYTES_CEILING: usize = 512 * MIB;
/// Old-generation size at which V8 first collects; small, so that garbage is not mistaken for use.
pub(crate) const HEAP_INITIAL_BYTES: usize = 16 * MIB;
/// Buffers that may be granted beyond the limit. V8 ends the process when an allocation that native
/// code makes is refused, so what is small is granted and the execution ended instead.
pub(crate) const BUFFER_SLACK_BYTES: usize = 16 * MIB;
/// Stack that JavaScript may use.
pub(crate) const JS_STACK_BYTES: usize = 984 * KIB;
/// Stack of an isolate's thread: JavaScript's share and ample room for native frames below it.
pub(crate) const THREAD_STACK_BYTES: usize = 8 * MIB;
/// Source text of a program. The largest of npm's common packages come to 7 MB.
pub const SOURCE_BYTES_MAX: usize = 8 * MIB;
/// How many graces after a kill a thread is given up. Most isolates obey soon after the first one, and
/// giving up a thread costs its other executions their lives.
pub(crate) const QUARANTINE_AFTER_GRACES: u32 = 4;
/// Time of one request of an execution that is debugged: it may stand still while the answer comes.
pub(crate) const DEBUGGED_FETCH: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the watchdog looks at a running isolate.
pub(crate) const WATCH_INTERVAL: Duration = Duration::from_millis(2);
/// How often it asks a running isolate for its heap figures, and looks at what waits or sleeps.
pub(crate) const THOROUGH_INTERVAL: Duration = Duration::from_millis(10);
/// Characters of an error's name, message, stack and quoted line.
pub(crate) const ERROR_NAME_CHARS_MAX: usize = 128;
pub(crate) const ERROR_MESSAGE_CHARS_MAX: usize = 4 * KIB;
pub(crate) const ERROR_STACK_CHARS_MAX: usize = 16 * KIB;
pub(crate) const ERROR_LINE_CHARS_MAX: usize = 240;
/// How much longer a text is read than it is kept, so that a secret at the cut is seen whole.
pub(crate) const SECRET_CHARS_MAX: usize = 4 * KIB;
/// Characters of one `console` line; the rest is cut off with a mark.
pub(crate) const LOG_LINE_CHARS_MAX: usize = 16 * KIB;
/// Stack frames captured for an error.
pub(crate) const ERROR_FRAMES_MAX: usize = 32;
/// Unhandled rejections that are remembered; beyond it only the first ones are told apart.
pub(crate) const REJECTIONS_MAX: usize = 10_000;

const _: () = assert!(JS_STACK_BYTES * 4 <= THREAD_STACK_BYTES);
const _: () = assert!(HEAP_INITIAL_BYTES < HEAP_BYTES_CEILING);

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(20),
            cpu: Duration::from_secs(1),
            heap_bytes: 64 * MIB,
            buffer_bytes: 32 * MIB,
            log_bytes: 256 * KIB,
            log_lines: 2_000,
            commands: 5_000,
            command_bytes: MIB,
            call_bytes: 256 * KIB,
            calls: 10_000,
            timers: 1_000,
            fetches: 50,
            fetches_at_once: 6,
            fetch_bytes: 5 * MIB,
            fetch: Duration::from_secs(10),
            event_bytes: MIB,
        }
    }
}

impl Limits {
    /// Checks every field against its range.
    pub fn check(&self) -> Result<(), LimitError> {
        let ms = |duration: Duration| duration.as_millis();
        let n = |size: usize| size as u128;
        let (minute, ten_minutes) = (60_000, 600_000);
        for (name, value, floor, ceiling) in [
            ("wall_ms", ms(self.wall), 1, ten_minutes),
            ("cpu_ms", ms(self.cpu), 1, minute),
            ("heap_bytes", n(self.heap_bytes), n(8 * MIB), n(HEAP_BYTES_CEILING)),
            ("buffer_bytes", n(self.buffer_bytes), n(64 * KIB), n(256 * MIB)),
            ("log_bytes", n(self.log_bytes), 0, n(4 * MIB)),
            ("log_lines", n(self.log_lines), 0, 100_000),
            ("commands", n(self.commands), 0, 100_000),
            ("command_bytes", n(self.command_bytes), 0, n(16 * MIB)),
            ("call_bytes", n(self.call_bytes), n(KIB), n(16 * MIB)),
            ("calls", n(self.calls), 0, 1_000_000),
            ("timers", n(self.timers), 0, 100_000),
            ("fetches", n(self.fetches), 0, 10_000),
            ("fetches_at_once", n(self.fetches_at_once), 1, 256),
            ("fetch_bytes", n(self.fetch_bytes), 0, n(64 * MIB)),
            ("fetch_ms", ms(self.fetch), 1, ten_minutes),
            ("event_bytes", n(self.event_bytes), 2, n(6 * MIB)),
        ] {
            in_range(name, value, floor, ceiling)?;
        }
        Ok(())
    }
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(2, usize::from).min(64),
            ready_isolates: 4,
            executions: 512,
            waiting: 256,
            wait: Duration::from_secs(5),
            grace: Duration::from_millis(50),
            quarantined: 8,
        }
    }
}

impl EngineLimits {
    /// Checks every field against its range.
    pub fn check(&self) -> Result<(), LimitError> {
        for (name, value, floor, ceiling) in [
            ("threads", self.threads as u128, 1, 64),
            ("ready_isolates", self.ready_isolates as u128, 0, 64),
            ("executions", self.executions as u128, 1, 10_000),
            ("waiting", self.waiting as u128, 1, 10_000),
            ("wait_ms", self.wait.as_millis(), 1, 600_000),
            ("grace_ms", self.grace.as_millis(), 5, 10_000),
            ("quarantined", self.quarantined as u128, 0, 64),
        ] {
            in_range(name, value, floor, ceiling)?;
        }
        Ok(())
    }
}

fn in_range(name: &'static str, value: u128, floor: u128, ceiling: u128) -> Result<(), LimitError> {
    if (floor..=ceiling).contains(&value) {
        return Ok(());
    }
    Err(LimitError { name, value, floor, ceiling })
}

mod milliseconds {
    use std::time::Duration;

    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_range() {
        assert_eq!(Limits::default().check(), Ok(()));
        assert_eq!(EngineLimits::default().check(), Ok(()));
    }

    #[test]
    fn a_limit_out_of_range_is_named_with_its_range() {
        let limits = Limits { heap_bytes: 1, ..Limits::default() };
        assert_eq!(
            limits.check().unwrap_err().to_string(),
            "limit `heap_bytes` is 1, but must be from 8388608 to 536870912"
        );
    }

    #[test]
    fn durations_are_milliseconds_in_json() {
        let limits: Limits = serde_json::from_str(r#"{"wall_ms": 250}"#).unwrap();
        assert_eq!(limits.wall, Duration::from_millis(250));
        assert!(serde_json::from_str::<Limits>(r#"{"wall": 250}"#).is_err());
    }
}

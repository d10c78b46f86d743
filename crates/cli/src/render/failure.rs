//! How one action ended, for a person: what is known about a bad end, where it happened, and the way out.

use vestibule::Breach;
use vestibule::Frame;
use vestibule::Outcome;
use vestibule::Phase;
use vestibule::Thrown;
use vestibule::Unit;

use crate::escape;
use crate::render::Page;
use crate::render::count;

/// Frames of an error that are shown.
const FRAMES_SHOWN: usize = 8;

impl Page {
    pub(super) fn state(&self, outcome: &Outcome) -> String {
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
    pub(super) fn failure(&mut self, outcome: &Outcome) {
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
            Phase::Load => "while it was loaded",
            Phase::Handler => "in the handler",
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
    pub(super) fn before(source: &str, column: u32) -> Option<String> {
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
}

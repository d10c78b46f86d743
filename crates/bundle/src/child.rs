//! For the program `vestibule-bundler` alone, which [`Bundler`](crate::Bundler) starts: what the two say to each
//! other, and what that program needs of the compiler. A host needs none of it.
//!
//! Each side begins with [`GREETING`], and then comes one JSON text: a [`Job`] there, an [`Answer`] back. Neither
//! reads on when the other greets differently, so what they say may change with every version.

use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::bundler::BundleLimits;
use crate::compile;
use crate::compile::ModuleKind;
use crate::diagnostic::Diagnostic;
use crate::remark::Remark;

pub use crate::compile::Printed;
pub use crate::compile::as_commonjs;
pub use crate::compile::check_nesting;
pub use crate::compile::place_of_request;
pub use crate::diagnostic::DIAGNOSTICS_MAX;
pub use crate::diagnostic::Lines;
pub use crate::facts::MODULE_PREFIX;
pub use crate::facts::module_name;
pub use crate::project::Project;
pub use crate::project::Unreadable;

/// How each side begins: the version of the package and, after it, of what is said.
///
/// The second number goes up whenever [`Job`] or [`Answer`] changes, so that a program that was built before
/// is told from one that was built now.
pub const GREETING: &str = concat!("vestibule-bundler ", env!("CARGO_PKG_VERSION"), " protocol 2\n");

/// What every version's greeting begins with.
const GREETING_START: &str = "vestibule-bundler ";

/// The longest greeting of any version, in bytes.
const GREETING_BYTES_MAX: usize = 100;

/// How the child ends when it has written its answer.
pub const EXIT_ANSWERED: i32 = 0;

/// The stack of each of the child's threads, which walk syntax trees by recursion: as much as the compiler's
/// own, for the same bound on nesting. In bytes.
pub const STACK_BYTES: usize = compile::STACK_BYTES;

/// Threads of each kind that the child has.
pub const THREADS: usize = 2;

/// What there is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Where the files lie.
    pub project: Project,
    /// The text of the action's own file.
    pub text: String,
    /// How it exports.
    pub kind: ModuleKind,
    /// What the work may use.
    pub limits: BundleLimits,
    /// The folder whose `node_modules` has what built-in modules of Node are made of, if it is ready.
    pub packages: Option<PathBuf>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// One program.
    Program(MadeProgram),
    /// Files that cannot be part of one. Never empty.
    Refused(Vec<Remark>),
    /// There may be one, once [`Job::packages`] is ready.
    LacksPackages,
    /// The bundler failed in itself: what it said.
    Failed(String),
}

/// A program as the child hands it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeProgram {
    /// JavaScript.
    pub code: String,
    /// The way back to the files: JSON, version 3.
    pub source_map: String,
    /// The modules of the action that are asked for, each once.
    pub modules: Vec<String>,
    /// What will not do what its author may expect.
    pub warnings: Vec<Remark>,
}

/// A text that begins with some version's greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeted<'a> {
    /// The greeting, with its line break.
    pub greeting: &'a str,
    /// What follows.
    pub rest: &'a [u8],
}

impl<'a> Greeted<'a> {
    /// `None` for what no bundler and no parent of one has written.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.iter().take(GREETING_BYTES_MAX).position(|byte| *byte == b'\n')? + 1;
        let (greeting, rest) = bytes.split_at_checked(end)?;
        let greeting = str::from_utf8(greeting).ok()?;
        greeting.starts_with(GREETING_START).then_some(Self { greeting, rest })
    }

    /// Whether it is of our own version.
    pub fn is_ours(&self) -> bool {
        self.greeting == GREETING
    }
}

impl Remark {
    /// A remark about a place in a file; `file_name` is what the author of the action calls it.
    pub fn new(file_name: String, diagnostic: Diagnostic) -> Self {
        Self { file_name, diagnostic }
    }

    /// A remark about a whole file.
    pub fn on_file(file_name: String, message: &str, help: &str) -> Self {
        Self::new(file_name, Lines::new("").diagnostic(0, 1, message, Some(help)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_our_own_version_is_listened_to() {
        let own = format!("{GREETING}{{}}");
        let greeted = Greeted::read(own.as_bytes()).unwrap();
        assert!(greeted.is_ours());
        assert_eq!(greeted.rest, b"{}");
        let other = Greeted::read(b"vestibule-bundler 7.0.0 protocol 9\n").unwrap();
        assert!(!other.is_ours());
        let long = format!("{GREETING_START}{}\n", "9".repeat(GREETING_BYTES_MAX));
        for text in ["", "{}\n", "vestibule-bundler 1", long.as_str()] {
            assert_eq!(Greeted::read(text.as_bytes()), None, "{text}");
        }
    }

    /// What the two say, as this protocol has it: when this changes, the number in [`GREETING`] must.
    #[test]
    fn what_is_said_is_what_the_number_of_the_protocol_stands_for() {
        let project = Project { root: "/p".into(), entry: "/p/a.ts".into(), entry_name: "a.ts".to_owned() };
        let limits = BundleLimits {
            wall_max: Duration::from_millis(1_500),
            memory_bytes_max: u64::MAX,
            files_max: 1,
            source_bytes_max: 2,
            output_bytes_max: 3,
        };
        let job = Job {
            project,
            text: "\"\u{e4}\"".to_owned(),
            kind: ModuleKind::EsModule,
            limits,
            packages: Some("/n".into()),
        };
        let remark = Remark::on_file("b.ts".to_owned(), "m", "h");
        let program = MadeProgram {
            code: "c".to_owned(),
            source_map: "{}".to_owned(),
            modules: vec!["risk".to_owned()],
            warnings: vec![remark.clone()],
        };
        assert!(GREETING.ends_with(" protocol 2\n"));
        let remark_text = r#"{"file_name":"b.ts","diagnostic":{"message":"m","line":1,"column":1,"length":1,"source_line":"","source_line_offset":0,"help":"h"}}"#;
        assert_eq!(
            serde_json::to_string(&job).unwrap(),
            r#"{"project":{"root":"/p","entry":"/p/a.ts","entry_name":"a.ts"},"text":"\"ä\"","kind":"EsModule","limits":{"wall_max":{"secs":1,"nanos":500000000},"memory_bytes_max":18446744073709551615,"files_max":1,"source_bytes_max":2,"output_bytes_max":3},"packages":"/n"}"#
        );
        let text = |answer: Answer| serde_json::to_string(&answer).unwrap();
        assert_eq!(
            text(Answer::Program(program)),
            format!(
                r#"{{"Program":{{"code":"c","source_map":"{{}}","modules":["risk"],"warnings":[{remark_text}]}}}}"#
            )
        );
        assert_eq!(text(Answer::Refused(vec![remark])), format!(r#"{{"Refused":[{remark_text}]}}"#));
        assert_eq!(text(Answer::LacksPackages), r#""LacksPackages""#);
        assert_eq!(text(Answer::Failed("f".to_owned())), r#"{"Failed":"f"}"#);
    }
}

//! Where a command reads and writes: the process's own streams, or a test's buffers.

use std::env;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use vestibule::Bundler;

use crate::packages;

/// The program that bundles, and the variable that names another place of it.
const BUNDLER: &str = "vestibule-bundler";
const BUNDLER_VARIABLE: &str = "VESTIBULE_BUNDLER";

/// The world that a command sees. [`Io::new`] makes a plain one: no terminal, no colours, no
/// environment, paths relative to the directory of the process.
pub struct Io<'a> {
    /// What `--event -` reads.
    pub stdin: &'a mut dyn Read,
    /// Results.
    pub stdout: &'a mut dyn Write,
    /// Errors, warnings and hints.
    pub stderr: &'a mut dyn Write,
    /// Whether a person reads `stdout`; decides the default of `--format`.
    pub stdout_is_terminal: bool,
    /// Whether a person reads `stderr` as it comes; decides how progress is shown.
    pub stderr_is_terminal: bool,
    /// Where colours are wanted.
    pub colours: Colours,
    /// What relative paths start from.
    pub current_dir: PathBuf,
    /// Looks up an environment variable, for the secrets of a flow file. A plain world has none.
    pub environment: Environment,
    /// This program, which starts itself to evaluate the Jsonnet of web hooks, and the bundler beside it to
    /// bundle actions with what they import; `None` where that cannot be.
    pub program: Option<PathBuf>,
    /// What is said on `stderr` from other threads, while something takes long. A plain world says nothing.
    pub notices: Notify,
    /// The first write to `stdout` that failed.
    failure: Option<io::Error>,
}

/// Writes a part of a text.
pub type Notify = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Looks up an environment variable by its name.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// On which streams colours are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Colours {
    pub stdout: bool,
    pub stderr: bool,
}

impl<'a> Io<'a> {
    /// Plain streams.
    pub fn new(stdin: &'a mut dyn Read, stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> Self {
        Self {
            stdin,
            stdout,
            stderr,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            colours: Colours::default(),
            current_dir: PathBuf::new(),
            environment: Arc::new(|_| None),
            program: None,
            notices: Arc::new(|_| {}),
            failure: None,
        }
    }

    /// What makes one program of the files that an action imports; `None` in a world without programs.
    pub(crate) fn bundler(&self) -> Option<Bundler> {
        let bundler = Bundler::new(self.bundler_program()?);
        Some(bundler.node_packages(packages::of_node(self)))
    }

    /// The bundler that the environment names, or else the one beside this program, or else one of `PATH`. Where
    /// there is none, actions that import nothing run all the same; the others are told where it should be.
    fn bundler_program(&self) -> Option<PathBuf> {
        if let Some(named) = (self.environment)(BUNDLER_VARIABLE) {
            return Some(self.path(Path::new(&named)));
        }
        let beside = self.program.as_ref()?.with_file_name(BUNDLER);
        if beside.is_file() {
            return Some(beside);
        }
        let path = (self.environment)("PATH").unwrap_or_default();
        let on_path = env::split_paths(&path).map(|folder| folder.join(BUNDLER)).find(|file| file.is_file());
        Some(on_path.unwrap_or(beside))
    }

    /// Where a path of the command line leads.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.current_dir.join(path)
    }

    /// Writes a result. A failure is kept for [`failure`](Self::failure), so that a command ends with
    /// the exit code of what it found out even when its reader has gone.
    pub(crate) fn out(&mut self, text: &str) {
        if self.failure.is_none() {
            self.failure = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()).err();
        }
    }

    /// Writes what is beside the result. Without a working stderr there is nobody left to tell.
    pub(crate) fn err(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }

    /// Why the results could not be written; a reader that has read enough is no failure.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }
}

//! A folder, an environment, and the command in it.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use serde_json::Value;
use vestibule_cli::Io;

/// An empty folder that goes away with the test, and the environment of commands in it.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    variables: BTreeMap<String, String>,
    program: Option<PathBuf>,
}

/// What a command left behind.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vestibule-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path, variables: BTreeMap::new(), program: None }
    }

    pub(crate) fn with(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path.join(path)).unwrap()
    }

    /// Commands can start the program, so actions may import files.
    pub(crate) fn with_program(mut self) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_vestibule"));
        let bundler = program.with_file_name("vestibule-bundler");
        assert!(bundler.is_file(), "{} is not there; build it: cargo xtask bundler", bundler.display());
        self.program = Some(program.to_owned());
        self
    }

    pub(crate) fn run(&self, line: &str) -> Ended {
        self.run_with(line, "", false)
    }

    pub(crate) fn run_with(&self, line: &str, stdin: &str, is_terminal: bool) -> Ended {
        self.command(&line.split_whitespace().collect::<Vec<_>>(), stdin, is_terminal)
    }

    /// For arguments with spaces in them.
    pub(crate) fn run_words(&self, words: &[&str]) -> Ended {
        self.command(words, "", false)
    }

    fn command(&self, words: &[&str], stdin: &str, is_terminal: bool) -> Ended {
        let (mut stdin, mut out, mut err) = (stdin.as_bytes(), Vec::new(), Vec::new());
        let mut io = Io::new(&mut stdin, &mut out, &mut err);
        io.current_dir = self.path.clone();
        io.stdout_is_terminal = is_terminal;
        io.program = self.program.clone();
        let variables = self.variables.clone();
        io.environment = Arc::new(move |name| variables.get(name).cloned());
        let code = vestibule_cli::run(std::iter::once("vestibule").chain(words.iter().copied()), &mut io);
        Ended { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Ended {
    /// The JSON document that was printed, with the given exit code.
    pub(crate) fn document(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Wrong use: nothing on stdout, and all of this on stderr.
    pub(crate) fn refuses(&self, texts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        assert!(self.err.lines().any(|line| line.starts_with("error: ")), "{}", self.err);
        for text in texts {
            assert!(self.err.contains(text), "{text:?} is not in {}", self.err);
        }
    }
}

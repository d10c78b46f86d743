//! Makes one program of many files: the parent's side, which starts a process and ends it.

use std::error::Error;
use std::fmt;
use std::io;
use std::io::Read;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde::Deserialize;
use serde::Serialize;

use crate::child::Answer;
use crate::child::EXIT_ANSWERED;
use crate::child::GREETING;
use crate::child::Greeted;
use crate::child::Job;
use crate::child::MadeProgram;
use crate::child::STACK_BYTES;
use crate::child::THREADS;
use crate::compile;
use crate::compile::Compiled;
use crate::compile::ModuleKind;
use crate::compile::Reading;
use crate::compile::Source;
use crate::project::Project;
use crate::remark::BundleError;
use crate::remark::Remark;
use crate::stack::Turn;

/// Bytes of what the child complains about that are kept.
const COMPLAINT_BYTES_MAX: u64 = 4 * 1024;

/// How long to wait before looking again whether a child has ended that has closed its output.
const REAP_INTERVAL: Duration = Duration::from_millis(2);

/// What making one bundle may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleLimits {
    /// Time from the start of the process to its end. Default 60 s. After it the process is killed.
    pub wall_max: Duration,
    /// Address space of the process, its program and stacks included. Default 4 GiB. Above it the process
    /// ends.
    pub memory_bytes_max: u64,
    /// Files that are read. Default 5,000.
    pub files_max: usize,
    /// Bytes of all files together. Default 32 MiB.
    pub source_bytes_max: u64,
    /// Bytes of the program with its source map, which holds the sources. Default 96 MiB.
    pub output_bytes_max: u64,
}

/// Makes one program of an action and all that it imports, in a process of its own.
#[derive(Clone, Debug)]
pub struct Bundler {
    program: PathBuf,
    limits: BundleLimits,
    packages: Option<NodePackages>,
}

/// The npm packages that Node's built-in modules are made of: [`NODE_PACKAGES`], in a folder of the host's.
///
/// Actions that use no such module, or one that is made of none, never ask for it.
#[derive(Clone)]
pub struct NodePackages {
    folder: PathBuf,
    install: Arc<Install>,
}

/// Makes a folder ready, or says why it cannot be.
type Install = dyn Fn() -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// Two files of an npm project.
#[derive(Clone, Copy, Debug)]
pub struct NpmProject {
    /// Its `package.json`.
    pub manifest: &'static str,
    /// Its `package-lock.json`, with a hash of every package.
    pub lock: &'static str,
}

/// What [`NodePackages`] installs: exactly what the lock file says.
pub const NODE_PACKAGES: NpmProject = NpmProject {
    manifest: include_str!("../../../runtime-js/node/package.json"),
    lock: include_str!("../../../runtime-js/node/package-lock.json"),
};

/// The file of an action, where its imports begin.
#[derive(Clone, Copy, Debug)]
pub struct EntryFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// What its author calls it; all other files are named after it.
    pub file_name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// One program: an action's file with the files that it imports, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The file of the action.
    pub file_name: String,
    /// JavaScript that imports nothing but modules of the action and built-in modules of Node.
    pub code: String,
    /// How it hands out what it exports: as the action's own file does.
    pub kind: ModuleKind,
    /// The way back to every author's file: JSON, version 3, with the sources. `None` when `code` is the text
    /// of the action's own file.
    pub source_map: Option<String>,
    /// The modules of the action that its files ask for, each once.
    pub modules: Vec<String>,
    /// What will not do what its author may expect. At most 20.
    pub warnings: Vec<Remark>,
}

impl Default for BundleLimits {
    fn default() -> Self {
        Self {
            wall_max: Duration::from_secs(60),
            memory_bytes_max: 4 * 1024 * 1024 * 1024,
            files_max: 5_000,
            source_bytes_max: 32 * 1024 * 1024,
            output_bytes_max: 96 * 1024 * 1024,
        }
    }
}

impl Bundle {
    fn made(job: &Job, program: MadeProgram) -> Self {
        let MadeProgram { code, source_map, modules, warnings } = program;
        Self {
            file_name: job.project.entry_name.clone(),
            code,
            kind: job.kind,
            source_map: Some(source_map),
            modules,
            warnings,
        }
    }

    fn of(file_name: &str, compiled: Compiled) -> Self {
        let Compiled { code, kind, source_map, modules, warnings, .. } = compiled;
        let remark = |diagnostic| Remark { file_name: file_name.to_owned(), diagnostic };
        Self {
            file_name: file_name.to_owned(),
            code,
            kind,
            source_map,
            modules,
            warnings: warnings.into_iter().map(remark).collect(),
        }
    }
}

impl Bundler {
    /// The program `vestibule-bundler` of our own version, by its path. It is not looked for before it is needed.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), limits: BundleLimits::default(), packages: None }
    }

    /// Says where the packages are that Node's built-in modules are made of. Without it actions can use only
    /// those modules that are made of none.
    #[must_use]
    pub fn node_packages(mut self, packages: NodePackages) -> Self {
        self.packages = Some(packages);
        self
    }

    /// Sets what making one bundle may use.
    #[must_use]
    pub fn limits(mut self, limits: BundleLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles a file that stands alone, and bundles one that imports others.
    ///
    /// It blocks, for as long as the limits allow. Two bundles are made at the same time; more wait.
    ///
    /// # Errors
    /// When there is no program: see [`BundleError`].
    pub fn bundle(&self, file: EntryFile<'_>) -> Result<Bundle, BundleError> {
        let EntryFile { path, file_name, text } = file;
        match compile::read(Source { file_name, text })? {
            Reading::Complete(compiled) => Ok(Bundle::of(file_name, compiled)),
            Reading::Incomplete(kind) => {
                let project =
                    Project::of(path, file_name).map_err(host(file_name, "its folder cannot be read"))?;
                let packages = self.packages.as_ref().and_then(NodePackages::ready);
                self.make(Job { project, text: text.to_owned(), kind, limits: self.limits.clone(), packages })
            }
        }
    }

    /// Makes the program; and again, once the packages are there that the first attempt asks for.
    fn make(&self, job: Job) -> Result<Bundle, BundleError> {
        let file_name = job.project.entry_name.clone();
        let answer = match (self.run(&job)?, &self.packages) {
            (Answer::LacksPackages, Some(packages)) => {
                let installed = (packages.install)();
                installed.map_err(|error| BundleError::NodePackages {
                    file_name: file_name.clone(),
                    reason: error.to_string(),
                })?;
                self.run(&Job { packages: packages.ready(), ..job.clone() })?
            }
            (answer, _) => answer,
        };
        match answer {
            Answer::Program(program) => Ok(Bundle::made(&job, program)),
            Answer::Refused(remarks) => Err(BundleError::Refused { file_name, remarks }),
            Answer::LacksPackages => {
                let reason = "the host has named no folder for them".to_owned();
                Err(BundleError::NodePackages { file_name, reason })
            }
            Answer::Failed(message) => Err(BundleError::Internal { file_name, message }),
        }
    }

    /// Starts the child, hands the job over and waits for the answer.
    fn run(&self, job: &Job) -> Result<Answer, BundleError> {
        let file_name = &job.project.entry_name;
        let too_slow = || BundleError::TooSlow { file_name: file_name.clone(), limit: self.limits.wall_max };
        let text = serde_json::to_string(job).map_err(|error| BundleError::Host {
            file_name: file_name.clone(),
            what: "its path is no text in UTF-8",
            source: error.into(),
        })?;
        let said = format!("{GREETING}{text}").into_bytes();
        let deadline = Instant::now() + self.limits.wall_max;
        let _turn = Turn::take(deadline).map_err(|_| too_slow())?;
        let mut running = Running(self.start().map_err(|error| self.not_started(file_name, error))?);
        let ended = running
            .exchange(said, self.limits.output_bytes_max, deadline)
            .map_err(host(file_name, "the bundler cannot be read"))?;
        let Some(ended) = ended else { return Err(too_slow()) };
        if ended.output.len() as u64 > self.limits.output_bytes_max {
            return Err(BundleError::TooLarge {
                file_name: file_name.clone(),
                bytes_max: self.limits.output_bytes_max,
            });
        }
        self.answer(job, &ended)
    }

    /// What the child has answered, if it is ours and of our version.
    fn answer(&self, job: &Job, ended: &Ended) -> Result<Answer, BundleError> {
        let Ended { status, output, complaint } = ended;
        let file_name = job.project.entry_name.clone();
        let internal = |message| Err(BundleError::Internal { file_name: file_name.clone(), message });
        if status.code().is_none() {
            return Err(BundleError::Crashed {
                file_name,
                limits: Box::new(self.limits.clone()),
                status: status.to_string(),
            });
        }
        let greeted = match Greeted::read(output) {
            Some(greeted) if greeted.is_ours() => greeted,
            Some(other) => {
                return Err(BundleError::OtherVersion {
                    file_name,
                    program: self.program.clone(),
                    found: other.greeting.trim_end().to_owned(),
                });
            }
            None if status.success() => {
                return Err(BundleError::NoBundler {
                    file_name,
                    program: self.program.clone(),
                    source: io::Error::other("it is another program"),
                });
            }
            None => Greeted { greeting: GREETING, rest: &[] },
        };
        if status.code() != Some(EXIT_ANSWERED) {
            let complaint = String::from_utf8_lossy(complaint);
            return internal(format!("{status}: {}", complaint.trim()));
        }
        serde_json::from_slice(greeted.rest).or_else(|error| internal(error.to_string()))
    }

    fn not_started(&self, file_name: &str, source: io::Error) -> BundleError {
        BundleError::NoBundler { file_name: file_name.to_owned(), program: self.program.clone(), source }
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .env_clear()
            // Threads that the bundler starts by itself ask these.
            .env("RUST_MIN_STACK", STACK_BYTES.to_string())
            .env("RAYON_NUM_THREADS", THREADS.to_string())
            // Each arena takes address space, which is limited.
            .env("MALLOC_ARENA_MAX", THREADS.to_string())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

impl NodePackages {
    /// A folder that `install` makes ready, all at once: while it is being made, or after a failure, it must not
    /// be there. It is called when a bundle needs the folder and it is not there; several bundles may call it at
    /// the same time.
    pub fn new(
        folder: impl Into<PathBuf>,
        install: impl Fn() -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        Self { folder: folder.into(), install: Arc::new(install) }
    }

    fn ready(&self) -> Option<PathBuf> {
        self.folder.is_dir().then(|| self.folder.clone())
    }
}

impl fmt::Debug for NodePackages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodePackages").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A child; killed and reaped when it is dropped.
struct Running(Child);

/// A child that has ended.
struct Ended {
    status: ExitStatus,
    output: Vec<u8>,
    complaint: Vec<u8>,
}

impl Running {
    /// Hands the job over and reads the answer. `None` when the time is up, or more than `output_bytes_max`
    /// bytes have come and the rest does not matter.
    fn exchange(
        &mut self,
        job: Vec<u8>,
        output_bytes_max: u64,
        deadline: Instant,
    ) -> io::Result<Option<Ended>> {
        let (stdin, stdout, stderr) = (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take());
        // The threads end when the child does, and that is no later than the drop of `self`.
        thread::Builder::new().spawn(move || write_all(stdin, &job))?;
        let output = reader(stdout, output_bytes_max + 1)?;
        let complaint = reader(stderr, COMPLAINT_BYTES_MAX)?;
        let left = || deadline.saturating_duration_since(Instant::now());
        let Ok(output) = output.recv_timeout(left()) else { return Ok(None) };
        let output = output?;
        if output.len() as u64 > output_bytes_max {
            self.0.kill()?;
        }
        let Some(status) = self.wait(deadline)? else { return Ok(None) };
        let complaint = complaint.recv_timeout(left()).unwrap_or_else(|_| Ok(Vec::new()))?;
        Ok(Some(Ended { status, output, complaint }))
    }

    fn wait(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            thread::sleep(REAP_INTERVAL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail for a child that is reaped already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write_all(stdin: Option<ChildStdin>, job: &[u8]) {
    if let Some(mut stdin) = stdin {
        // A child that ends without reading on says why by how it ends.
        let _ = stdin.write_all(job);
    }
}

/// Reads a stream on a thread of its own.
fn reader(
    stream: Option<impl Read + Send + 'static>,
    bytes_max: u64,
) -> io::Result<mpsc::Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |stream| stream.take(bytes_max).read_to_end(&mut bytes));
        // A failure to send means that the caller gave up.
        let _ = sender.send(read.map(|_| bytes));
    })?;
    Ok(receiver)
}

fn host(file_name: &str, what: &'static str) -> impl FnOnce(io::Error) -> BundleError {
    let file_name = file_name.to_owned();
    move |source| BundleError::Host { file_name, what, source }
}

//! Evaluates the Jsonnet of tenants, each time in a process of its own that can be ended.
//!
//! Jsonnet is a programming language: a template can loop for ever and fill any memory. It is evaluated
//! by a child process with an empty environment, no file, no import and no native function, under the
//! limits in [`JsonnetLimits`]. The child is killed and reaped when its time is up, and when nobody waits
//! for it any more.

mod child;
mod explain;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::process::Child;
use tokio::process::Command;
use tokio::sync::Semaphore;

pub use child::jsonnet_child;

/// How the child ends when the template was evaluated.
const EXIT_DONE: i32 = 0;
/// How it ends when the template says `error "cancel"`.
const EXIT_CANCELLED: i32 = 10;
/// How it ends when the template is wrong.
const EXIT_REFUSED: i32 = 11;

/// How it ends when it could not begin, or could not write its result.
const EXIT_NOT_STARTED: i32 = 12;

/// Children at one time. More evaluations wait for their turn.
const CHILDREN_MAX: usize = 8;

/// What one evaluation may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonnetLimits {
    /// Time from the start of the process to its end. Default 1 s. After it the process is killed.
    pub time_max: Duration,
    /// Bytes of the result. Default 256 KiB. Above it the process is killed.
    pub output_bytes_max: usize,
    /// Bytes of the template's own error that are kept. Default 1 KiB.
    pub error_bytes_max: usize,
    /// Address space of the process, its program included. Default 512 MiB. Above it the process ends.
    pub memory_bytes_max: u64,
}

/// The program that evaluates Jsonnet: one that calls [`jsonnet_child`] when it is started with these
/// arguments. Clones share the bound on how many run at one time.
#[derive(Clone, Debug)]
pub struct Jsonnet {
    program: PathBuf,
    args: Vec<OsString>,
    limits: JsonnetLimits,
    turns: Arc<Semaphore>,
}

/// Why a template gave no result.
#[derive(Debug, Error)]
pub(crate) enum JsonnetError {
    /// The template asks for nothing to be done.
    #[error("the template cancelled")]
    Cancelled,
    /// The template is wrong.
    #[error("{message}")]
    Refused { message: String },
    #[error("the template had not ended after {} ms", limit.as_millis())]
    TimedOut { limit: Duration },
    #[error("the result of the template is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// Out of memory, or out of stack.
    #[error(
        "the template used too much memory, or nests too deeply (the process that evaluated it ended: {status})"
    )]
    Crashed { status: ExitStatus },
    #[error("the process that evaluates templates cannot be started or read: {0}")]
    Host(std::io::Error),
}

/// What the child reads from its standard input.
#[derive(Serialize, Deserialize)]
struct Job {
    name: String,
    template: String,
    context: Value,
    memory_bytes_max: u64,
    cpu_seconds_max: u64,
}

impl Default for JsonnetLimits {
    fn default() -> Self {
        Self {
            time_max: Duration::from_secs(1),
            output_bytes_max: 256 * 1024,
            error_bytes_max: 1024,
            memory_bytes_max: 512 * 1024 * 1024,
        }
    }
}

impl Jsonnet {
    /// A program that is started without arguments.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            limits: JsonnetLimits::default(),
            turns: Arc::new(Semaphore::new(CHILDREN_MAX)),
        }
    }

    /// Adds an argument, such as the name of a subcommand.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets what one evaluation may use.
    #[must_use]
    pub fn limits(mut self, limits: JsonnetLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Evaluates a template: the JSON text of `template(ctx)`. `name` is what errors call the template.
    pub(crate) async fn evaluate(
        &self,
        name: &str,
        template: &str,
        context: Value,
    ) -> Result<String, JsonnetError> {
        let job = Job {
            name: name.to_owned(),
            template: template.to_owned(),
            context,
            memory_bytes_max: self.limits.memory_bytes_max,
            // Ends a child whose parent has died; the parent itself is faster.
            cpu_seconds_max: self.limits.time_max.as_secs() + 2,
        };
        let job = serde_json::to_vec(&job).map_err(|error| JsonnetError::Host(error.into()))?;
        // The semaphore is never closed, so there is always a turn to wait for.
        let _turn = self.turns.acquire().await;
        let mut child = self.start().map_err(JsonnetError::Host)?;
        let exchange = exchange(&mut child, &job, &self.limits);
        let ended = tokio::time::timeout(self.limits.time_max, exchange).await;
        let result = match ended {
            Ok(result) => result,
            Err(_) => Err(JsonnetError::TimedOut { limit: self.limits.time_max }),
        };
        // Kills what still runs, and reaps what has ended.
        child.kill().await.map_err(JsonnetError::Host)?;
        result
    }

    fn start(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }
}

/// Hands the job over and reads the result.
async fn exchange(child: &mut Child, job: &[u8], limits: &JsonnetLimits) -> Result<String, JsonnetError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A child that ends without reading on says why by how it ends.
            let _ = stdin.write_all(job).await;
        }
        Ok(())
    };
    let read = async {
        let output = read_bounded(stdout, limits.output_bytes_max + 1).await.map_err(JsonnetError::Host)?;
        match output.len() <= limits.output_bytes_max {
            true => Ok(output),
            // Ends the exchange at once: a child that still writes would never end by itself.
            false => Err(JsonnetError::TooLarge { limit: limits.output_bytes_max }),
        }
    };
    let complain = async { read_bounded(stderr, limits.error_bytes_max).await.map_err(JsonnetError::Host) };
    let (_, output, message) = tokio::try_join!(write, read, complain)?;
    let status = child.wait().await.map_err(JsonnetError::Host)?;
    match status.code() {
        Some(EXIT_DONE) => {
            String::from_utf8(output).map_err(|error| JsonnetError::Host(std::io::Error::other(error)))
        }
        Some(EXIT_CANCELLED) => Err(JsonnetError::Cancelled),
        Some(EXIT_REFUSED) => {
            Err(JsonnetError::Refused { message: String::from_utf8_lossy(&message).into_owned() })
        }
        Some(EXIT_NOT_STARTED) => {
            Err(JsonnetError::Host(std::io::Error::other(String::from_utf8_lossy(&message).into_owned())))
        }
        Some(_) | None => Err(JsonnetError::Crashed { status }),
    }
}

async fn read_bounded(stream: Option<impl AsyncRead + Unpin>, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(bytes_max as u64).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

//! Lets a debugger into executions: a server of the Chrome DevTools protocol.
//!
//! Time does not count while a debugger is waited for and while it holds the execution; all other limits stay.
//! Whoever attaches has full control of the execution and sees its secrets. While it stands still, so does its
//! thread with everything else that runs there.

mod debugger;
mod server;
mod shown;
mod standstill;
mod targets;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use sourcemap::SourceMap;
use thiserror::Error;
use tokio::sync::oneshot;
use url::Url;

pub(crate) use debugger::Debugger;
pub(crate) use standstill::Standstill;

use crate::program::Program;
use targets::Targets;

/// A server that debuggers connect to. Cheap to clone; its port is closed with the last clone.
#[derive(Clone)]
pub struct Inspector {
    inner: Arc<Inner>,
}

/// How an [`Inspector`] is to be.
#[derive(Clone, Debug)]
pub struct InspectorOptions {
    /// Where it listens. Anything but a loopback address lets other machines in, and none is asked for a
    /// password. Port 0 takes any free one.
    pub address: SocketAddr,
    /// The folder that the file names of programs start from, so that a debugger finds them on the disk.
    pub folder: PathBuf,
    /// Whether every execution stops at its first line.
    pub breaks_at_start: bool,
}

/// What a person at a debugger wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectorEvent {
    /// An execution waits for a debugger before its first line.
    Waiting {
        /// What the execution is called.
        title: String,
        /// Where a debugger connects to it: `ws://ADDRESS/ID`, with an id that nobody can guess.
        url: String,
    },
    /// A debugger has connected.
    Attached {
        /// What the execution is called.
        title: String,
    },
    /// The last debugger has left before the execution was over. It goes on without one, and so do later
    /// executions, until a debugger comes again.
    Detached {
        /// What the execution is called.
        title: String,
    },
}

/// Why there is no [`Inspector`].
#[derive(Debug, Error)]
pub enum InspectorError {
    /// The address cannot be had.
    #[error("the inspector cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        #[source]
        #[expect(missing_docs, reason = "the name says it")]
        source: io::Error,
    },
    /// Its thread could not be started.
    #[error("the thread of the inspector could not be started")]
    Thread(#[source] io::Error),
}

/// What makes an execution a debugged one.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Where its debugger comes from.
    pub inspector: Inspector,
    /// What the debugger calls it.
    pub title: String,
}

impl Inspection {
    /// The time that its debugger takes, from now on.
    pub(crate) fn standstill(&self) -> Standstill {
        Standstill::new()
    }
}

type OnEvent = dyn Fn(InspectorEvent) + Send + Sync;

struct Inner {
    address: SocketAddr,
    folder: PathBuf,
    breaks_at_start: bool,
    on_event: Box<OnEvent>,
    targets: Arc<Targets>,
    /// The last debugger left before its execution was over, so none is waited for.
    is_dismissed: AtomicBool,
    /// Dropped to end the server.
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Inspector {
    /// Starts to listen. `on_event` is called on threads of the engine, so it must be quick.
    ///
    /// # Errors
    /// When the address cannot be had, or the thread cannot be started.
    pub fn listen(
        options: InspectorOptions,
        on_event: impl Fn(InspectorEvent) + Send + Sync + 'static,
    ) -> Result<Self, InspectorError> {
        let InspectorOptions { address, folder, breaks_at_start } = options;
        let failed = |source| InspectorError::Listen { address, source };
        let listener = std::net::TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let targets = Arc::new(Targets::default());
        let (stop, stopped) = oneshot::channel();
        let server =
            server::start(listener, Arc::clone(&targets), stopped).map_err(InspectorError::Thread)?;
        let inner = Inner {
            address,
            // No folder at all means the current one.
            folder: std::path::absolute(Path::new(".").join(&folder)).unwrap_or(folder),
            breaks_at_start,
            on_event: Box::new(on_event),
            targets,
            is_dismissed: AtomicBool::new(false),
            stop: Some(stop),
            server: Some(server),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    fn tell(&self, event: InspectorEvent) {
        (self.inner.on_event)(event);
    }

    fn is_dismissed(&self) -> bool {
        self.inner.is_dismissed.load(Ordering::Relaxed)
    }

    fn dismiss(&self, is_dismissed: bool) {
        self.inner.is_dismissed.store(is_dismissed, Ordering::Relaxed);
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("address", &self.inner.address).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            // It has logged its own panic, and there is nothing to save.
            let _ = server.join();
        }
    }
}

/// What a debugger takes a file for that its author calls so.
fn url_of(folder: &Path, file_name: &str) -> String {
    // What a bundle calls a built-in module of Node. Debuggers know that such a thing is no file.
    if file_name.starts_with("node:") {
        return file_name.to_owned();
    }
    let url = Url::from_file_path(folder.join(file_name));
    // Parsed once more, which takes `..` out of it.
    let url = url.ok().and_then(|url| Url::parse(url.as_str()).ok());
    url.map_or_else(|| file_name.to_owned(), String::from)
}

/// The source map of a program with the places of its sources, as a debugger reads it.
fn source_map_url(folder: &Path, program: &Program) -> Option<String> {
    let mut map = SourceMap::from_slice(program.source_map()?.as_bytes()).ok()?;
    let sources: Vec<String> = (0..map.get_source_count())
        .map(|index| url_of(folder, map.get_source(index).unwrap_or_default()))
        .collect();
    // They hold it already.
    map.set_source_root(None::<String>);
    for (index, source) in (0..).zip(&sources) {
        map.set_source(index, source);
    }
    map.to_data_url().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::ProgramKind;

    #[test]
    fn files_are_where_their_author_has_them() {
        let folder = Path::new("/home/ada/my project");
        assert_eq!(url_of(folder, "greet.ts"), "file:///home/ada/my%20project/greet.ts");
        assert_eq!(url_of(folder, "../a b/é#1.ts"), "file:///home/ada/a%20b/%C3%A9%231.ts");
        assert_eq!(url_of(folder, "/elsewhere/x.js"), "file:///elsewhere/x.js");
        assert_eq!(url_of(folder, "node:buffer/index.js"), "node:buffer/index.js");
    }

    #[test]
    fn a_source_map_names_whole_places() {
        let map = r#"{"version":3,"sources":["src/a.ts"],"sourcesContent":["throw 1;"],"names":[],"mappings":"AAAA"}"#;
        let program = Program::with_source_map("src/a.ts", "throw 1;", ProgramKind::CommonJs, map).unwrap();
        let url = source_map_url(Path::new("/home/ada"), &program).unwrap();
        let sourcemap::DecodedMap::Regular(map) = sourcemap::decode_data_url(&url).unwrap() else { panic!() };
        assert_eq!(map.get_source(0), Some("file:///home/ada/src/a.ts"));
        assert_eq!(map.get_source_contents(0), Some("throw 1;"));
    }

    #[test]
    fn its_port_is_open_as_long_as_it_is_there() {
        let options = |address: &str| InspectorOptions {
            address: address.parse().unwrap(),
            folder: PathBuf::new(),
            breaks_at_start: false,
        };
        let inspector = Inspector::listen(options("127.0.0.1:0"), |_| {}).unwrap();
        let taken = inspector.address().to_string();
        let error = Inspector::listen(options(&taken), |_| {}).unwrap_err();
        assert!(matches!(error, InspectorError::Listen { .. }), "{error}");
        drop(inspector);
        assert!(std::net::TcpStream::connect(taken).is_err());
    }
}

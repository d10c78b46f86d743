//! What `add`, `install` and `remove` have in common: where packages come from on this machine, how the
//! wait is shown, and how it ends.

use std::fs;
use std::future::Future;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Error;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use vestibule::NODE_PACKAGES;
use vestibule::NodePackages;
use vestibule_packages::Event;
use vestibule_packages::Installer;
use vestibule_packages::Limits;
use vestibule_packages::NpmrcFile;
use vestibule_packages::PackagesError;
use vestibule_packages::Pinned;
use vestibule_packages::Registries;
use vestibule_packages::Report;
use vestibule_packages::Settings;

use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::escape;
use crate::io::Io;
use crate::io::Notify;
use crate::render;
use crate::style::Paint;

/// Where a project is and where its packages come from.
#[derive(clap::Args, Default)]
pub(crate) struct PackagesArgs {
    /// The folder with package.json; without it the current directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// The registry, before what .npmrc and NPM_CONFIG_REGISTRY say
    #[arg(long, value_name = "URL")]
    registry: Option<String>,

    /// The folder where fetched packages are kept; without it vestibule/npm in the user's cache folder
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl PackagesArgs {
    /// The folder of the project.
    pub(crate) fn project(&self, io: &Io<'_>) -> PathBuf {
        io.path(self.dir.as_deref().unwrap_or(Path::new("")))
    }

    /// Does this work with an installer, and shows how far it is.
    pub(crate) fn work<F, T>(
        &self,
        io: &mut Io<'_>,
        work: impl FnOnce(Installer) -> F,
    ) -> Result<T, CommandError>
    where
        F: Future<Output = Result<T, PackagesError>>,
    {
        let (sender, receiver) = mpsc::unbounded_channel();
        let settings = Settings {
            registries: self.registries(io)?,
            cache: self.cache(io)?,
            roots: roots(io)?,
            limits: Limits::default(),
            // Nobody listens any more once the work has ended.
            observer: Box::new(move |event| {
                let _ = sender.send(event);
            }),
        };
        let installer = Installer::new(settings).map_err(refused)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError::failed(Error::new(error).context("cannot start")))?;
        runtime.block_on(show(io, receiver, work(installer))).map_err(refused)
    }

    fn registries(&self, io: &Io<'_>) -> Result<Registries, CommandError> {
        let variable = |name: &str| (io.environment)(name).filter(|value| !value.is_empty());
        let project = self.project(io).join(".npmrc");
        let user = variable("NPM_CONFIG_USERCONFIG").or_else(|| variable("npm_config_userconfig"));
        let user = user.map(PathBuf::from).or_else(|| Some(home(io)?.join(".npmrc")));
        let mut files = Vec::new();
        for path in std::iter::once(project).chain(user) {
            if let Some(text) = read_if_there(&path)? {
                files.push(NpmrcFile { path, text });
            }
        }
        let registry = self.registry.clone();
        let registry =
            registry.or_else(|| variable("NPM_CONFIG_REGISTRY")).or_else(|| variable("npm_config_registry"));
        let environment = io.environment.clone();
        Registries::new(&files, registry.as_deref(), move |name| environment(name)).map_err(refused)
    }

    fn cache(&self, io: &Io<'_>) -> Result<PathBuf, CommandError> {
        if let Some(folder) = &self.cache {
            return Ok(io.path(folder));
        }
        caches(io).map(|caches| caches.join("npm")).ok_or_else(|| {
            CommandError::usage("there is no folder to keep fetched packages in: HOME is not set")
                .hint("name one with --cache DIR")
        })
    }
}

/// The packages that Node's built-in modules are made of. They are fetched when an action first needs them, and
/// kept in the user's cache folder.
pub(crate) fn of_node(io: &Io<'_>) -> NodePackages {
    let Some(caches) = caches(io) else {
        return NodePackages::new("", || Err("there is no folder to keep them in: set HOME".into()));
    };
    let pinned = Pinned::new(&caches.join("node-builtins"), NODE_PACKAGES.manifest, NODE_PACKAGES.lock);
    let folder = pinned.folder().to_owned();
    let (current_dir, environment) = (io.current_dir.clone(), io.environment.clone());
    let (notices, is_terminal) = (io.notices.clone(), io.stderr_is_terminal);
    NodePackages::new(folder, move || {
        let mut notices = Notices(notices.clone());
        let (mut stdin, mut stdout) = (io::empty(), io::sink());
        let mut io = Io::new(&mut stdin, &mut stdout, &mut notices);
        io.current_dir = current_dir.clone();
        io.environment = environment.clone();
        io.stderr_is_terminal = is_terminal;
        provide(&pinned, &mut io).map_err(|error| error.sentence().into())
    })
}

fn provide(pinned: &Pinned, io: &mut Io<'_>) -> Result<(), CommandError> {
    io.err("installing what Node's built-in modules are made of, once\n");
    PackagesArgs::default().work(io, async |installer| pinned.provide(&installer).await)
}

/// Where a library's notices go, as a stream.
struct Notices(Notify);

impl Write for Notices {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Our own folder in the user's cache folder.
fn caches(io: &Io<'_>) -> Option<PathBuf> {
    let set = (io.environment)("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = set.or_else(|| Some(home(io)?.join(".cache")))?;
    Some(caches.join("vestibule"))
}

/// How the work ended, for people.
pub(crate) fn tell(report: &Report, io: &mut Io<'_>) {
    let paint = Paint { is_on: io.colours.stderr };
    for note in &report.notes {
        io.err(&format!("{} {}\n", paint.yellow("note:"), escape::line(note)));
    }
    for saved in &report.saved {
        let (name, spec) = (escape::line(&saved.name), escape::line(&saved.spec));
        io.out(&format!("{name} {} ({spec})\n", escape::line(&saved.version)));
    }
    let mut text = format!("{} in node_modules", render::count(report.packages as u64, "package"));
    if report.installed == 0 && report.removed == 0 {
        text.push_str(", all there already");
    } else {
        text.push_str(&format!(": {} installed, {} removed", report.installed, report.removed));
    }
    io.out(&format!("{text}\n"));
}

/// An error of the packages, with its way out.
pub(crate) fn refused(error: PackagesError) -> CommandError {
    let hint = error.hint();
    let is_wrong_use = error.is_wrong_use();
    let error = if is_wrong_use { CommandError::wrong_use(error) } else { CommandError::failed(error) };
    match hint {
        None => error,
        Some(hint) => error.hint(hint),
    }
}

/// Ends a command whose work has ended.
pub(crate) fn finish(report: Result<Report, CommandError>, io: &mut Io<'_>) -> CommandResult {
    tell(&report?, io);
    Ok(0)
}

fn home(io: &Io<'_>) -> Option<PathBuf> {
    (io.environment)("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// The certificates that the environment names for other programs too: a mirror inside a company often
/// has its own authority.
fn roots(io: &Io<'_>) -> Result<Vec<u8>, CommandError> {
    let mut roots = Vec::new();
    for name in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
        let path = (io.environment)(name).filter(|path| !path.is_empty());
        if let Some(path) = path {
            let text = fs::read(&path).map_err(|error| {
                CommandError::wrong_use(Error::new(error).context(format!("cannot read {path:?}")))
                    .hint(format!("{name} names it; correct or remove the variable"))
            })?;
            roots.extend(text);
            roots.push(b'\n');
        }
    }
    Ok(roots)
}

fn read_if_there(path: &Path) -> Result<Option<String>, CommandError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => {
            let context = format!("cannot read {}", cli::shown(path));
            Err(CommandError::wrong_use(Error::new(error).context(context)))
        }
    }
}

/// Runs the work and shows its events: on a terminal one line that changes, else a line a stage.
async fn show<T>(
    io: &mut Io<'_>,
    mut events: UnboundedReceiver<Event>,
    work: impl Future<Output = Result<T, PackagesError>>,
) -> Result<T, PackagesError> {
    let mut work = std::pin::pin!(work);
    let mut line = Line { is_terminal: io.stderr_is_terminal, stage: None };
    let result = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => line.show(event, io),
            result = &mut work => break result,
        }
    };
    while let Ok(event) = events.try_recv() {
        line.show(event, io);
    }
    line.end(io);
    result
}

/// The progress as it stands on the terminal.
struct Line {
    is_terminal: bool,
    /// What was last shown where lines stay.
    stage: Option<&'static str>,
}

impl Line {
    fn show(&mut self, event: Event, io: &mut Io<'_>) {
        let (stage, text) = match event {
            Event::Waiting => ("wait", "waiting for another installation in this folder".to_owned()),
            Event::Resolving { packages } => ("resolve", format!("resolving: {packages} packages known")),
            Event::Fetched { packages, total } => {
                ("fetch", format!("fetching: {packages} of {total} packages"))
            }
        };
        let is_new = self.stage.replace(stage) != Some(stage);
        if self.is_terminal {
            io.err(&format!("\r\u{1b}[2K{text}"));
        } else if is_new || matches!(event, Event::Fetched { packages, total } if packages == total) {
            io.err(&format!("{text}\n"));
        }
    }

    fn end(&self, io: &mut Io<'_>) {
        if self.is_terminal && self.stage.is_some() {
            io.err("\r\u{1b}[2K");
        }
    }
}

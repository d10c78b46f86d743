//! Waits until something changes in folders, or until the person at the terminal has had enough.

use std::collections::BTreeSet;
use std::fs;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context as _;
use notify::EventKind;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;

/// How long nothing may happen until a change counts as complete: editors write in several steps.
const QUIET: Duration = Duration::from_millis(80);

/// How long a change may take; a program that writes all the time must not keep everything waiting.
const CHANGE_MAX: Duration = Duration::from_secs(1);

/// How deep folders are watched, as deep as they are searched for cases.
const DEPTH_MAX: usize = 32;

/// Watches folders and the terminal.
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    news: Receiver<News>,
    watched: BTreeSet<PathBuf>,
    stop: Stop,
}

/// Whether it is time to end.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// Why a wait has ended.
pub(crate) enum Woken {
    /// These files and folders have changed, or come, or gone.
    Changed(BTreeSet<PathBuf>),
    /// Anything may have changed.
    Everything,
    /// It is time to end.
    Stopped,
}

enum News {
    Files(Vec<PathBuf>),
    Lost,
    Stopped,
}

impl Watch {
    /// Nothing is watched yet but the terminal.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (sender, news) = mpsc::channel();
        let stop = Stop::default();
        listen_for_interrupt(sender.clone(), stop.clone())?;
        let watcher = notify::recommended_watcher(move |event| {
            // A failure to send means that nobody watches any more.
            let _ = news_of(event).map_or(Ok(()), |news| sender.send(news));
        })
        .context("files cannot be watched")?;
        Ok(Self { watcher, news, watched: BTreeSet::new(), stop })
    }

    /// Whether it is time to end; true from the first Ctrl-C on.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Watches folders, each with what is below it, and these folders alone. Folders that are watched
    /// already stay as they are; those that have gone are forgotten.
    pub(crate) fn watch(&mut self, trees: &[PathBuf], folders: &[PathBuf]) -> anyhow::Result<()> {
        let mut wanted: BTreeSet<PathBuf> =
            folders.iter().filter(|folder| folder.is_dir()).cloned().collect();
        for tree in trees {
            collect_folders(tree, DEPTH_MAX, &mut wanted);
        }
        self.watched.retain(|folder| wanted.contains(folder));
        for folder in wanted {
            if !self.watched.contains(&folder) {
                let added = self.watcher.watch(&folder, RecursiveMode::NonRecursive);
                match added {
                    Ok(()) => drop(self.watched.insert(folder)),
                    // It has gone in the meantime.
                    Err(_) if !folder.is_dir() => {}
                    Err(error) => {
                        return Err(error).with_context(|| format!("{} cannot be watched", folder.display()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits for the next change, and until it is complete.
    pub(crate) fn next(&mut self) -> Woken {
        let mut changed = BTreeSet::new();
        let mut is_lost = false;
        let mut news = self.news.recv().unwrap_or(News::Stopped);
        let began = Instant::now();
        loop {
            match news {
                News::Files(paths) => changed.extend(paths),
                News::Lost => is_lost = true,
                News::Stopped => return Woken::Stopped,
            }
            if began.elapsed() >= CHANGE_MAX {
                break;
            }
            match self.news.recv_timeout(QUIET) {
                Ok(more) => news = more,
                Err(_) => break,
            }
        }
        // A folder that came again under its old name is a new one to the system.
        self.watched.retain(|folder| !changed.contains(folder));
        if is_lost { Woken::Everything } else { Woken::Changed(changed) }
    }
}

impl Stop {
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn news_of(event: notify::Result<notify::Event>) -> Option<News> {
    let Ok(event) = event else { return Some(News::Lost) };
    if event.need_rescan() {
        return Some(News::Lost);
    }
    let is_change = match event.kind {
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any => true,
        EventKind::Access(_) | EventKind::Other => false,
    };
    let paths: Vec<PathBuf> = event.paths.into_iter().filter(|path| !is_hidden_name(path)).collect();
    (is_change && !paths.is_empty()).then_some(News::Files(paths))
}

/// Files that editors and version control keep beside those of a person.
fn is_hidden_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_passed_over(&name) || name.ends_with('~')
}

fn is_passed_over(name: &str) -> bool {
    name.starts_with('.') || name == "node_modules"
}

fn collect_folders(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    // What cannot be read is reported by whoever looks for cases in it.
    let Ok(entries) = fs::read_dir(folder) else { return };
    found.insert(folder.to_owned());
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 && !is_passed_over(&entry.file_name().to_string_lossy()) {
            collect_folders(&entry.path(), depth - 1, found);
        }
    }
}

/// The first Ctrl-C asks for the end, the second one does not ask.
fn listen_for_interrupt(sender: Sender<News>, stop: Stop) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime cannot start")?;
    let listen = async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        stop.0.store(true, Ordering::Relaxed);
        // A failure to send means that the command has ended.
        let _ = sender.send(News::Stopped);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    };
    let started = std::thread::Builder::new()
        .name("vestibule-interrupt".to_owned())
        .spawn(move || runtime.block_on(listen));
    started.map(drop).context("a thread cannot start")
}

/// An absolute path without `.` and `..`, as far as names tell.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

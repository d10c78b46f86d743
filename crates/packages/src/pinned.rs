//! A folder with exactly the packages of one lock file, made once for all who need them.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use aws_lc_rs::digest;

use crate::error::PackagesError;
use crate::installer::Installer;
use crate::installer::Locking;
use crate::lock_file;
use crate::project_file;

/// Packages that are the same everywhere: those of one `package.json` with its lock file.
#[derive(Clone, Debug)]
pub struct Pinned {
    manifest: String,
    lock: String,
    folder: PathBuf,
}

impl Pinned {
    /// The packages of a `package.json` and its `package-lock.json`, to be kept in a folder of `cache` that is
    /// named after what the two say. Nothing is read or written yet.
    pub fn new(cache: &Path, manifest: &str, lock: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for text in [manifest, "\0", lock] {
            context.update(text.as_bytes());
        }
        let hash: String =
            context.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { manifest: manifest.to_owned(), lock: lock.to_owned(), folder: cache.join(hash) }
    }

    /// Where its `node_modules` is, once it is ready.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it was made ready before.
    pub fn is_ready(&self) -> bool {
        self.folder.is_dir()
    }

    /// Makes it ready, if it is not: every package has the hash that the lock file states, and the folder is
    /// there with all of them or not at all. Several may do this at the same time.
    ///
    /// # Errors
    /// See [`PackagesError`]. The folder is then not there.
    pub async fn provide(&self, installer: &Installer) -> Result<(), PackagesError> {
        if self.is_ready() {
            return Ok(());
        }
        let draft = self.draft()?;
        let installed = installer.install(&draft, Locking::Frozen).await;
        let moved = installed.and_then(|_| match fs::rename(&draft, &self.folder) {
            // Whoever was faster has made the same.
            Err(_) if self.is_ready() => Ok(()),
            moved => moved.map_err(PackagesError::io("write", &self.folder)),
        });
        // Of a draft that was moved nothing is left; another is of no use.
        let _ = fs::remove_dir_all(&draft);
        moved
    }

    /// A project of its own beside the folder.
    fn draft(&self) -> Result<PathBuf, PackagesError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let draft = self.folder.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
        let written = write(&draft, project_file::NAME, &self.manifest)
            .and_then(|()| write(&draft, lock_file::NAME, &self.lock));
        written.map_err(PackagesError::io("write", &draft))?;
        Ok(draft)
    }
}

fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), text)
}

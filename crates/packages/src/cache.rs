//! Tarballs that were fetched before, named by the hash of their content.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use crate::integrity::Integrity;

/// A folder of tarballs. Several processes may share it: a file appears whole or not at all, and is
/// checked each time that it is read.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The tarball, if it is here and unharmed.
    pub(crate) fn read(&self, integrity: &Integrity) -> Option<Bytes> {
        let path = self.path(integrity);
        let bytes = fs::read(&path).ok()?;
        if integrity.of_same_kind(&bytes) == *integrity {
            return Some(bytes.into());
        }
        // Somebody or a failing disk changed it; the next fetch puts it right.
        let _ = fs::remove_file(&path);
        None
    }

    /// Keeps a tarball whose hash has been checked.
    pub(crate) fn write(&self, integrity: &Integrity, bytes: &[u8]) -> io::Result<()> {
        write_whole(&self.path(integrity), bytes)
    }

    fn path(&self, integrity: &Integrity) -> PathBuf {
        self.folder.join(format!("{}.tgz", integrity.file_name()))
    }
}

/// Writes a file so that others see the old content or the new one, never a part of it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
    let written = fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

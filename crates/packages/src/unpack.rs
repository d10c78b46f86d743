//! From a tarball to a folder. A tarball is hostile: it must not leave its folder, nor fill the disk,
//! nor bring machine code.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tar::Archive;
use tar::Entry;
use tar::EntryType;

use crate::limits::Limits;

/// What all packages of one installation have unpacked so far.
#[derive(Debug, Default)]
pub(crate) struct Total {
    bytes: AtomicU64,
}

/// Why a tarball was not unpacked.
#[derive(Debug)]
pub(crate) enum UnpackError {
    /// It is broken, too large, or reaches out of its folder.
    Refused(String),
    /// It has machine code, or compiles some.
    Native(String),
    Io {
        path: PathBuf,
        source: io::Error,
    },
}

/// Unpacks a tarball into a folder that is not there yet.
pub(crate) fn unpack(bytes: &[u8], folder: &Path, limits: &Limits, total: &Total) -> Result<(), UnpackError> {
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    // Headers and padding count too: an archive of empty files is a bomb as well.
    let archive_bytes_max = limits.unpacked_bytes_max + limits.files_max.saturating_mul(2048);
    let decoder = MultiGzDecoder::new(bytes).take(archive_bytes_max);
    let mut unpacking = Unpacking { folder, limits, total, files: 0, bytes: 0 };
    let mut archive = Archive::new(decoder);
    for entry in archive.entries().map_err(broken)? {
        unpacking.entry(&mut entry.map_err(broken)?)?;
    }
    if archive.into_inner().limit() == 0 {
        return Err(refused(format!("it unpacks to more than {archive_bytes_max} bytes")));
    }
    refuse_native_build(folder)
}

struct Unpacking<'a> {
    folder: &'a Path,
    limits: &'a Limits,
    total: &'a Total,
    files: u64,
    bytes: u64,
}

impl Unpacking<'_> {
    fn entry<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), UnpackError> {
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => return Ok(()),
            _ => {
                let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                return Err(refused(format!("{path:?} is neither a file nor a folder")));
            }
        }
        let Some(path) = self.place(&entry.path_bytes())? else {
            return Ok(());
        };
        self.files += 1;
        if self.files > self.limits.files_max {
            return Err(refused(format!("it has more than {} files", self.limits.files_max)));
        }
        self.count(entry.size())?;
        self.write(entry, &self.folder.join(path))
    }

    /// Where an entry belongs below the folder: its path without the first part, which is `package` by
    /// custom. `None` for what stands beside that.
    fn place(&self, path: &[u8]) -> Result<Option<PathBuf>, UnpackError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let text =
            std::str::from_utf8(path).map_err(|_| refused(format!("the path {shown:?} is not UTF-8")))?;
        if text.len() > self.limits.path_bytes_max {
            let max = self.limits.path_bytes_max;
            return Err(refused(format!("a path is longer than {max} bytes: {text:?}")));
        }
        let is_odd =
            |part: &str| part == ".." || part.contains(['\\', ':']) || part.chars().any(char::is_control);
        if text.starts_with('/') || text.split('/').any(is_odd) {
            return Err(refused(format!("the path {shown:?} leads out of the package")));
        }
        let parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
        let place: PathBuf = parts.skip(1).collect();
        Ok((place != Path::new("")).then_some(place))
    }

    fn count(&mut self, bytes: u64) -> Result<(), UnpackError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.unpacked_bytes_max {
            return Err(refused(format!("it unpacks to more than {} bytes", self.limits.unpacked_bytes_max)));
        }
        let before = self.total.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limits.unpacked_bytes_total_max {
            let max = self.limits.unpacked_bytes_total_max;
            return Err(refused(format!("with it, the packages unpack to more than {max} bytes")));
        }
        Ok(())
    }

    fn write<R: Read>(&self, entry: &mut Entry<'_, R>, path: &Path) -> Result<(), UnpackError> {
        let parent = path.parent().unwrap_or(self.folder);
        fs::create_dir_all(parent).map_err(io_error(parent))?;
        let mut file = File::create(path).map_err(io_error(path))?;
        let written = io::copy(entry, &mut file).map_err(broken)?;
        if written != entry.size() {
            return Err(refused("it ends in the middle of a file".to_owned()));
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("node")) {
            drop(file);
            refuse_machine_code(path, self.folder)?;
        }
        Ok(())
    }
}

/// What executables of Linux, macOS and Windows begin with.
const MACHINE_CODE: &[&[u8]] =
    &[b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"];

/// A `.node` file that is none, such as a fixture of a test, does no harm.
fn refuse_machine_code(path: &Path, folder: &Path) -> Result<(), UnpackError> {
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut head)).map_err(io_error(path))?;
    if MACHINE_CODE.iter().any(|magic| head.starts_with(magic)) {
        let inside = path.strip_prefix(folder).unwrap_or(path).display();
        return Err(UnpackError::Native(format!("{inside} is machine code")));
    }
    Ok(())
}

/// npm compiles a package that has a binding.gyp, unless its package.json says no.
fn refuse_native_build(folder: &Path) -> Result<(), UnpackError> {
    let path = folder.join("package.json");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(refused("it has no package.json".to_owned()));
        }
        Err(source) => return Err(UnpackError::Io { path, source }),
    };
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| refused(format!("its package.json is broken: {error}")))?;
    match value.get("gypfile").and_then(Value::as_bool) {
        Some(true) => Err(UnpackError::Native("its package.json says gypfile".to_owned())),
        Some(false) => Ok(()),
        None if folder.join("binding.gyp").exists() => {
            Err(UnpackError::Native("it has a binding.gyp".to_owned()))
        }
        None => Ok(()),
    }
}

fn refused(reason: String) -> UnpackError {
    UnpackError::Refused(reason)
}

fn broken(error: io::Error) -> UnpackError {
    refused(format!("the archive is broken: {error}"))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> UnpackError {
    let path = path.to_path_buf();
    move |source| UnpackError::Io { path, source }
}

//! A project in a folder, and what is said about it.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use vestibule_bundle::Remark;

/// A folder that goes away with the test; a project lies in its folder `p`.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vestibule-bundle-{}-{number}", std::process::id()));
        Self(path).with("p/package.json", "{}")
    }

    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A package with one file.
    pub(crate) fn with_package(self, name: &str, settings: &str, file: &str, text: &str) -> Self {
        let folder = format!("p/node_modules/{name}");
        self.with(&format!("{folder}/package.json"), settings).with(&format!("{folder}/{file}"), text)
    }

    pub(crate) fn with_link(self, path: &str, target: &str) -> Self {
        symlink(target, self.0.join(path)).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One line for each remark: place and message.
pub(crate) fn lines(remarks: &[Remark]) -> Vec<String> {
    let first_line = |remark: &Remark| remark.to_string().lines().next().unwrap().to_owned();
    remarks.iter().map(first_line).collect()
}

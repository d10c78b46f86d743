//! Writes the list of Node's built-in modules, as they lie in `runtime-js/node`, for `builtins.rs` to include.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime-js/node");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    let name_of = |file: &Path| file.strip_prefix(&folder).unwrap_or(file).with_extension("");
    let mut modules: Vec<(PathBuf, PathBuf)> = files.into_iter().map(|file| (name_of(&file), file)).collect();
    // As texts, which are looked for by halves; paths have another order.
    modules.sort_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
    let mut list = String::from("&[\n");
    for (name, file) in &modules {
        // Writing to a string cannot fail.
        let _ =
            writeln!(list, "({:?}, include_str!({:?})),", name.to_string_lossy(), fs::canonicalize(file)?);
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("builtins.rs"), list)
}

/// The modules in a folder and the folders below it; not the packages that a developer has installed there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules" && name != "test") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "js") {
            files.push(path);
        }
    }
    Ok(())
}

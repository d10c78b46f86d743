//! `vestibule triggers docs`: the reference of every trigger as Markdown.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use vestibule::Registry;

use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::io::Io;
use crate::render;

/// The pages of the reference by their path: one for each trigger, and a list of them.
fn pages(registry: &Registry) -> BTreeMap<PathBuf, String> {
    let mut index = "# Triggers\n\n| trigger | | mode | handlers |\n|---|---|---|---|\n".to_owned();
    let mut pages = BTreeMap::new();
    for trigger in registry.iter() {
        let handlers: Vec<_> =
            trigger.handlers().iter().map(|handler| format!("`{}`", handler.name)).collect();
        let (id, title, mode) = (trigger.id(), trigger.title(), trigger.mode());
        index.push_str(&format!("| [`{id}`]({id}.md) | {title} | {mode} | {} |\n", handlers.join(", ")));
        pages.insert(PathBuf::from(format!("{id}.md")), format!("{}\n", trigger.reference().trim_end()));
    }
    index.push_str("\nThese pages are made from the declarations: `vestibule triggers docs`.\n");
    pages.insert(PathBuf::from("README.md"), index);
    pages
}

/// Writes the pages.
pub(crate) fn write(registry: &Registry, out: &Path, io: &mut Io<'_>) -> Result<(), CommandError> {
    let pages = pages(registry);
    for (path, text) in &pages {
        let file = io.path(out).join(path);
        let written = match file.parent() {
            Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(&file, text)),
            None => fs::write(&file, text),
        };
        written.map_err(|error| {
            let what = format!("cannot write {}", cli::shown(&out.join(path)));
            CommandError::failed(anyhow::Error::new(error).context(what))
        })?;
    }
    io.out(&format!("{} in {}\n", render::count(pages.len() as u64, "page"), cli::shown(out)));
    Ok(())
}

/// Compares the pages with what is there.
pub(crate) fn check(registry: &Registry, out: &Path, io: &mut Io<'_>) -> CommandResult {
    let pages = pages(registry);
    let folder = io.path(out);
    let mut wrong: Vec<String> = Vec::new();
    for (path, text) in &pages {
        match fs::read_to_string(folder.join(path)) {
            Ok(found) if found == *text => {}
            Ok(_) => wrong.push(format!("{} differs from the declaration", cli::shown(&out.join(path)))),
            Err(_) => wrong.push(format!("{} is missing", cli::shown(&out.join(path)))),
        }
    }
    for path in markdown_files(&folder) {
        let known = path.strip_prefix(&folder).is_ok_and(|path| pages.contains_key(path));
        if !known {
            wrong.push(format!("{} belongs to no trigger", cli::shown(&path)));
        }
    }
    if wrong.is_empty() {
        return Ok(0);
    }
    Err(CommandError::failed(anyhow::Error::msg(wrong.join("\n")))
        .hint(format!("write them with: vestibule triggers docs --out {}", cli::shown(out))))
}

/// The pages of a folder and of the folders in it.
fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let inner =
        entries(folder).filter(|path| path.is_dir()).flat_map(|folder| entries(&folder).collect::<Vec<_>>());
    entries(folder)
        .chain(inner)
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect()
}

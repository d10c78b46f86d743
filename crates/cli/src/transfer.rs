//! Writes what an import or an export came to, and tells about it.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use vestibule_config::FlowFileError;
use vestibule_config::auth0::Note;
use vestibule_config::auth0::Transfer;
use vestibule_config::auth0::TransferError;

use crate::cli;
use crate::command_error::CommandError;
use crate::escape;
use crate::io::Io;
use crate::style::Paint;

/// Writes the files below a folder. Without `force`, none is written when one of them is there.
pub(crate) fn write(
    transfer: &Transfer,
    folder: &Path,
    force: bool,
    io: &Io<'_>,
) -> Result<(), CommandError> {
    let full = io.path(folder);
    if full.exists() && !full.is_dir() {
        let error = CommandError::usage(format!("{} is a file", cli::shown(folder)));
        return Err(error.hint("name another folder with --out"));
    }
    // `symlink_metadata` also sees links that lead nowhere.
    let is_there = |path: &&String| full.join(path).symlink_metadata().is_ok();
    let there: Vec<_> = transfer.files.iter().map(|file| &file.path).filter(is_there).collect();
    if !there.is_empty() && !force {
        let list: String = there.iter().map(|path| format!("\n  {path}")).collect();
        let shown = cli::shown(folder);
        return Err(CommandError::usage(format!("{shown} already has files that would be written:{list}"))
            .hint("name another folder with --out, or overwrite them with --force"));
    }
    for file in &transfer.files {
        let path = full.join(&file.path);
        write_file(&path, &file.text, force)
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(CommandError::failed)?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str, force: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    if force && path.symlink_metadata().is_ok() {
        // Through a link the text would go to where it leads.
        fs::remove_file(path)?;
    }
    // What has come into being since we looked is not overwritten either.
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// Notes, one line each.
pub(crate) fn tell(notes: &[Note], io: &mut Io<'_>) {
    let paint = Paint { is_on: io.colours.stderr };
    for Note { about, text } in notes {
        io.err(&format!("{} {}: {}\n", paint.yellow("note:"), escape::line(about), escape::line(text)));
    }
}

/// What to say when an export cannot be read or made.
pub(crate) fn refused(error: TransferError) -> CommandError {
    match error {
        TransferError::NoExport { .. } => CommandError::wrong_use(error)
            .hint("`a0deploy export --format directory` or `--format yaml` makes one"),
        TransferError::File { .. } => CommandError::wrong_use(error),
        TransferError::Format(FlowFileError { problems }) => {
            let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
            CommandError::usage(list.join("\n"))
        }
    }
}

//! Finds and reads the flow file of a command, and prints what is wrong with it.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use vestibule_config::FILE_NAMES;
use vestibule_config::FlowFile;
use vestibule_config::FlowFileError;
use vestibule_config::Problem;

use crate::cli;
use crate::command_error::CommandError;
use crate::input;
use crate::io::Io;
use crate::style::Paint;

/// Reads the flow file that is named, or the one that there is in the current directory.
pub(crate) fn read(
    named: Option<&Path>,
    io: &Io<'_>,
) -> Result<Result<FlowFile, FlowFileError>, CommandError> {
    let path = find(named, io)?;
    let full_path = io.path(&path);
    let text = input::text(&full_path, &cli::shown(&path))?;
    let environment = Arc::clone(&io.environment);
    let file = FlowFile::parse(&text, &cli::shown(&path), move |name| environment(name));
    Ok(file.map(|file| {
        let file = file.in_folder(full_path.parent().unwrap_or(Path::new("")));
        match io.bundler() {
            Some(bundler) => file.with_bundler(bundler),
            None => file,
        }
    }))
}

/// The folder that the names in a flow file start from.
pub(crate) fn folder(named: Option<&Path>, io: &Io<'_>) -> Result<PathBuf, CommandError> {
    Ok(io.path(&find(named, io)?).parent().unwrap_or(Path::new("")).to_owned())
}

fn find(named: Option<&Path>, io: &Io<'_>) -> Result<PathBuf, CommandError> {
    match named {
        Some(path) => Ok(path.to_owned()),
        None => in_current_dir(io),
    }
}

/// Prints problems to stderr; the exit code that they mean.
pub(crate) fn report(problems: &[Problem], io: &mut Io<'_>) -> i32 {
    let paint = Paint { is_on: io.colours.stderr };
    for problem in problems {
        let error = CommandError::usage(problem.summary());
        let error = match &problem.help {
            Some(help) => error.hint(help),
            None => error,
        };
        io.err(&error.render(paint));
    }
    // As for any other file: what an action does wrong is not wrong use of the command.
    if problems.iter().all(|problem| problem.refused.is_some()) { 1 } else { 2 }
}

fn in_current_dir(io: &Io<'_>) -> Result<PathBuf, CommandError> {
    let there: Vec<&str> = FILE_NAMES.into_iter().filter(|name| io.path(Path::new(name)).exists()).collect();
    match there.as_slice() {
        [] => Err(CommandError::usage("there is no flow file here")
            .hint(format!("it is called {}; or name another one", FILE_NAMES.join(", ")))),
        [only] => Ok(PathBuf::from(only)),
        several => {
            Err(CommandError::usage(format!("there are several flow files here: {}", several.join(", ")))
                .hint("name the one that you mean"))
        }
    }
}

//! `vestibule bundle`: an action and all that it imports go in, one program comes out.

use std::fs;
use std::path::PathBuf;

use vestibule::Action;
use vestibule::ActionError;
use vestibule::Bundle;
use vestibule::BundleError;
use vestibule::EntryFile;

use crate::action;
use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run;
use crate::input;
use crate::io::Io;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule bundle actions/login.ts -o login.json
  vestibule run login.json --trigger auth0/post-login
  vestibule bundle actions/login.ts > login.js

A .json file holds the program with its source map, so errors name the files and lines that it was made
of; other files hold the JavaScript alone.")]
pub(crate) struct BundleArgs {
    /// The action file: .js .mjs .cjs .ts .mts .cts
    #[arg(value_name = "ACTION")]
    action: PathBuf,

    /// Where to write the program; without it to standard output, as JavaScript
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn bundle(args: &BundleArgs, io: &mut Io<'_>) -> CommandResult {
    let bundle = make(args, io)?;
    for warning in &bundle.warnings {
        run::warn(&warning.to_string(), io);
    }
    let Some(output) = &args.output else {
        io.out(&bundle.code);
        return Ok(0);
    };
    let is_whole = output.extension().is_some_and(|ending| ending == action::PROGRAM_ENDING);
    let text = if is_whole { bundle.to_json().map_err(CommandError::failed)? } else { bundle.code.clone() };
    fs::write(io.path(output), &text).map_err(|error| {
        let shown = cli::shown(output);
        CommandError::wrong_use(anyhow::Error::new(error).context(format!("{shown} cannot be written")))
    })?;
    // What an engine would refuse is better known now.
    Action::from_bundle("action", bundle).map_err(action::refusal_error)?;
    Ok(0)
}

fn make(args: &BundleArgs, io: &Io<'_>) -> Result<Bundle, CommandError> {
    let (path, file_name) = (io.path(&args.action), cli::shown(&args.action));
    let text = input::text(&path, &file_name)?;
    let Some(bundler) = io.bundler() else {
        return Err(CommandError::usage("this program cannot start another to bundle"));
    };
    let file = EntryFile { path: &path, file_name: &file_name, text: &text };
    bundler.bundle(file).map_err(|error| {
        action::refusal_error(match error {
            BundleError::Compile(error) => ActionError::Compile(error),
            error => ActionError::Bundle(error),
        })
    })
}

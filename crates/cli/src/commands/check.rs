//! `vestibule check`: looks for mistakes in actions without running them.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use vestibule::Registry;
use vestibule_config::FILE_NAMES;

use crate::checking;
use crate::checking::Counts;
use crate::checking::Problem;
use crate::checking::Role;
use crate::checking::Subject;
use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::escape;
use crate::flow_file;
use crate::input;
use crate::io::Io;
use crate::render;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
It tells of syntax errors, handlers that the trigger does not call, modules, files and packages that cannot be
found or bundled, names that no action has (window, eval), methods that `api` does not have, promises of `api` that
nobody waits for, secrets that are read and not there, and secrets that are there and not read. Code that takes
care of something's absence (typeof x, x?.y, x ?? y, a try that catches) is left alone.

What a file is for is told by --trigger, by the flow file, by the case that it lies in, or else by its handlers.

Examples:
  vestibule check                             this folder, and what the flow file in it names
  vestibule check action.ts --trigger auth0/post-login
  vestibule check --flow vestibule.yaml --format json

Exit codes: 0 no errors (there may be warnings), 1 errors, 2 wrong use.")]
pub(crate) struct CheckArgs {
    /// Files, and folders with all sources in them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Check what a flow file names; without FILE vestibule.yaml, .yml, .toml or .json here
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "the option has an optional value")]
    flow: Option<Option<PathBuf>>,

    /// The trigger that the files are for
    #[arg(long, short, value_name = "TRIGGER", conflicts_with = "flow")]
    trigger: Option<String>,

    /// How to print what is found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn check(args: &CheckArgs, io: &mut Io<'_>) -> CommandResult {
    let mut registry = Registry::built_in();
    let mut subjects = Vec::new();
    if let Some(named) = flow_of(args, io) {
        match flow_file::read(named.as_deref(), io)?.and_then(|file| Ok((file.registry()?, file.outline()))) {
            Ok((with_own, outline)) => {
                registry = with_own;
                let shown = |file: &str| beside(named.as_deref(), file);
                subjects.extend(checking::of_flow(&outline, shown));
            }
            Err(error) => return Ok(flow_file::report(&error.problems, io)),
        }
    }
    subjects.extend(of_paths(args, io)?);
    let subjects = checking::without_repetition(subjects);
    if subjects.is_empty() {
        return Err(CommandError::usage("there is nothing to check here")
            .hint("name files or folders with actions, or a flow file: --flow FILE"));
    }
    let bundler = io.bundler();
    let mut problems = Vec::new();
    for subject in &subjects {
        note_unknown(args, subject, &registry, io);
        for problem in checking::check(subject, &registry, bundler.as_ref())? {
            // A file that several import is looked at with each of them.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    report(args.format, subjects.len(), &problems, io);
    Ok(i32::from(Counts::of(&problems).errors > 0))
}

/// The flow file to look at: the one that is asked for, or the one that is here when nothing is asked for.
fn flow_of(args: &CheckArgs, io: &Io<'_>) -> Option<Option<PathBuf>> {
    let is_here = || FILE_NAMES.iter().any(|name| io.path(Path::new(name)).exists());
    match &args.flow {
        Some(named) => Some(named.clone()),
        None => (args.paths.is_empty() && args.trigger.is_none() && is_here()).then_some(None),
    }
}

/// A path of a flow file as seen from here.
fn beside(flow_file: Option<&Path>, file: &str) -> String {
    let folder = flow_file.and_then(Path::parent).unwrap_or(Path::new(""));
    cli::shown(&folder.join(file))
}

fn of_paths(args: &CheckArgs, io: &Io<'_>) -> Result<Vec<Subject>, CommandError> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() && args.flow.is_none() { here.as_slice() } else { &args.paths };
    let mut subjects = Vec::new();
    for path in paths {
        subjects.extend(checking::in_path(&io.path(path), &cli::shown(path))?);
    }
    if let Some(trigger) = &args.trigger {
        for subject in subjects.iter_mut().filter(|subject| !matches!(subject.role, Role::Module)) {
            subject.role = Role::Action(vec![trigger.clone()]);
        }
    }
    Ok(subjects)
}

/// For a file that was named and that no trigger seems to be for.
fn note_unknown(args: &CheckArgs, subject: &Subject, registry: &Registry, io: &mut Io<'_>) {
    let is_named =
        matches!(subject.role, Role::Unknown) && args.paths.iter().any(|path| io.path(path) == subject.path);
    let Some(text) = is_named.then(|| input::text(&subject.path, &subject.shown).ok()).flatten() else {
        return;
    };
    if checking::likely_triggers(&text, registry).is_empty() {
        let paint = Paint { is_on: io.colours.stderr };
        let shown = escape::line(&subject.shown);
        io.err(&format!(
            "{} no trigger calls anything in {shown}; name its trigger to have handlers, api and secrets checked: --trigger\n",
            paint.cyan("note:")
        ));
    }
}

fn report(format: Format, files: usize, problems: &[Problem], io: &mut Io<'_>) {
    let Counts { errors, warnings, notes } = Counts::of(problems);
    match format {
        Format::Json => {
            let problems: Vec<Value> = problems.iter().map(Problem::json).collect();
            let document = json!({ "files": files, "errors": errors, "warnings": warnings, "notes": notes,
                                   "problems": problems });
            io.out(&format!("{document:#}\n"));
        }
        Format::Text => {
            let paint = Paint { is_on: io.colours.stdout };
            for problem in problems {
                io.out(&format!("{}\n", problem.text(paint)));
            }
            let count = |number: usize, what: &str| render::count(number as u64, what);
            let mut summary = format!("{} checked: {}", count(files, "file"), count(errors, "error"));
            for (number, what) in [(warnings, "warning"), (notes, "note")] {
                if number > 0 {
                    summary.push_str(&format!(", {}", count(number, what)));
                }
            }
            let summary = if errors > 0 { paint.red(summary) } else { paint.green(summary) };
            io.out(&format!("{summary}\n"));
        }
    }
}

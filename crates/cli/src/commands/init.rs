//! `vestibule init`: a folder with an action, its event, test cases and editor types, that works at once.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;
use serde_json::json;
use vestibule::Registry;
use vestibule::Trigger;

use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::init_action::NewAction;
use crate::commands::init_action::World;
use crate::commands::init_action::new_action;
use crate::commands::triggers;
use crate::editor;
use crate::editor::NewFile;
use crate::escape;
use crate::fixture::Expectation;
use crate::fixture::Runner;
use crate::fixture::Verdict;
use crate::fixture::find_cases;
use crate::io::Io;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule init my-action
  vestibule init sign-up --trigger auth0/pre-user-registration --typescript

It never overwrites a file.")]
pub(crate) struct InitArgs {
    /// The folder to make
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The trigger that the action is for
    #[arg(long, short, default_value = "auth0/post-login")]
    trigger: String,

    /// Write the action in TypeScript
    #[arg(long)]
    typescript: bool,
}

/// A secret that opens nothing. It is no word of the example, because it is taken out of logs and errors.
const SECRET: &str = "made-up-secret";

const README: &str = include_str!("../../templates/README.md");

pub(crate) fn init(args: &InitArgs, io: &mut Io<'_>) -> CommandResult {
    let registry = Registry::built_in();
    let trigger = registry.get(&args.trigger).map_err(cli::unknown_trigger)?;
    let folder = io.path(&args.folder);
    let files = files(trigger, args.typescript)?;
    refuse_to_overwrite(&folder, &args.folder, &files)?;
    for file in &files {
        write(&folder, file).map_err(CommandError::failed)?;
    }
    let expectations = expect_what_comes_out(&folder)?;
    let made = files.into_iter().map(|file| file.path).chain(expectations);
    let text = farewell(args, trigger, made.collect(), Paint { is_on: io.colours.stdout });
    io.out(&text);
    Ok(0)
}

fn files(trigger: &Trigger, is_typescript: bool) -> Result<Vec<NewFile>, CommandError> {
    let sample = trigger.sample_event().ok_or_else(|| triggers::no_sample(trigger))?;
    let NewAction { source, description, denied, world } = new_action(trigger, is_typescript);
    let file = |path: &str, text: String| NewFile { path: path.to_owned(), text };
    let action = name(is_typescript);
    let case = json!({ "description": description, "trigger": trigger.id() });
    let readme = README
        .replace("{run}", &run_line(trigger, is_typescript, world))
        .replace("{action}", action)
        .replace("{trigger}", trigger.id());
    let mut files = vec![
        file(action, source),
        file("event.json", format!("{}\n", sample.trim_end())),
        file("case.json", pretty(&case)),
        file("README.md", readme),
        editor::project_settings(),
    ];
    files.extend(editor::files(&[trigger], &[], None));
    if let Some(World { secret, fetch, .. }) = world {
        files.push(file("fetch.json", format!("{fetch}\n")));
        files.push(file("secrets.json", pretty(&json!({ *secret: SECRET }))));
    }
    if let Some(denied) = denied {
        let folder = format!("cases/{}", denied.name);
        let case = json!({
            "description": denied.description,
            "trigger": trigger.id(),
            "files": [format!("../../{action}")],
        });
        files.push(file(&format!("{folder}/case.json"), pretty(&case)));
        files.push(file(&format!("{folder}/event.patch.json"), format!("{}\n", denied.event_patch)));
    }
    Ok(files)
}

/// The command that runs the new action as its case does.
fn run_line(trigger: &Trigger, is_typescript: bool, world: Option<&World>) -> String {
    let action = name(is_typescript);
    let line = format!("vestibule run {action} --trigger {} --event event.json", trigger.id());
    match world {
        None => line,
        Some(World { secret, .. }) => format!("{line} --fetch fetch.json --secret {secret}={SECRET}"),
    }
}

/// The name of the action.
fn name(is_typescript: bool) -> &'static str {
    if is_typescript { "action.ts" } else { "action.js" }
}

fn refuse_to_overwrite(folder: &Path, shown: &Path, files: &[NewFile]) -> Result<(), CommandError> {
    if folder.exists() && !folder.is_dir() {
        return Err(
            CommandError::usage(format!("{} is a file", cli::shown(shown))).hint("name another folder")
        );
    }
    let written_later = ["expected.json".to_owned()];
    let planned = files.iter().map(|file| &file.path).chain(&written_later);
    // `symlink_metadata` also sees links that lead nowhere.
    let there: Vec<_> = planned.filter(|path| folder.join(path).symlink_metadata().is_ok()).collect();
    if there.is_empty() {
        return Ok(());
    }
    let list: String = there.iter().map(|path| format!("\n  {path}")).collect();
    let error =
        CommandError::usage(format!("{} already has files that would be made:{list}", cli::shown(shown)));
    Err(error.hint("name another folder, or move these files away"))
}

fn write(folder: &Path, file: &NewFile) -> anyhow::Result<()> {
    let path = folder.join(&file.path);
    let context = || format!("cannot write {}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(context)?;
    }
    // What has come into being since we looked is not overwritten either.
    let mut opened = OpenOptions::new().write(true).create_new(true).open(&path).with_context(context)?;
    opened.write_all(file.text.as_bytes()).with_context(context)
}

/// Runs the new cases once and keeps their outcomes, so that `vestibule test` passes from the start.
fn expect_what_comes_out(folder: &Path) -> Result<Vec<String>, CommandError> {
    let cases = find_cases(folder, ".").map_err(CommandError::failed)?;
    let runner = Runner::start().map_err(CommandError::failed)?;
    let mut made = Vec::new();
    let mut failure = None;
    runner.run_all(&cases, Expectation::Update, NonZeroUsize::MIN, |report| match report.verdict {
        Verdict::Updated | Verdict::Passed if report.name == "." => made.push("expected.json".to_owned()),
        Verdict::Updated | Verdict::Passed => made.push(format!("{}/expected.json", report.name)),
        Verdict::Broken(why) => failure = Some(why),
        Verdict::Failed { .. } => failure = Some(format!("{} does not pass", report.name)),
    });
    match failure {
        None => Ok(made),
        Some(why) => {
            let error =
                anyhow::Error::msg(why).context("the files are made, but the new action does not run");
            Err(CommandError::failed(error))
        }
    }
}

fn farewell(args: &InitArgs, trigger: &Trigger, mut made: Vec<String>, paint: Paint) -> String {
    made.sort_by_key(|path| (path.contains('/'), path.clone()));
    let folder = escape::line(&cli::shown(&args.folder));
    let list: String = made.iter().map(|path| format!("  {folder}/{path}\n")).collect();
    let is_plain = folder.chars().all(|char| char.is_alphanumeric() || "/._-".contains(char));
    let quoted = if is_plain { folder.clone() } else { format!("'{}'", folder.replace('\'', r"'\''")) };
    let run = run_line(trigger, args.typescript, new_action(trigger, args.typescript).world);
    format!(
        "Made an action for {}:\n{list}\n{}\n  cd {quoted}\n  {run}\n  vestibule test\n",
        paint.bold(trigger.id()),
        paint.bold("Try it:"),
    )
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

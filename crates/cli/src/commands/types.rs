//! `vestibule types`: the declaration of a trigger, or a folder of all that an editor needs.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use vestibule::Registry;
use vestibule::Trigger;
use vestibule_config::FlowFile;

use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::editor;
use crate::editor::ModuleFile;
use crate::editor::NewFile;
use crate::escape;
use crate::flow_file;
use crate::input;
use crate::io::Io;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule types --trigger auth0/post-login > post-login.d.ts
  vestibule types --trigger auth0/post-login --out .
  vestibule types --out .                     all triggers
  vestibule types --flow                      those that vestibule.yaml uses, and its actions

With --out or --flow it writes DIR/.vestibule, with declarations and settings for an editor and for the
TypeScript compiler, version 5.9 or later, and a tsconfig.json that extends them if DIR has none. Then sources say

  import type { Event, PostLoginAPI } from \"auth0/post-login\";
  import type { Event, PostLoginAPI } from \"flow/claims\";     with the secrets that the flow file gives claims
  /** @type {import(\"auth0/post-login\").OnExecutePostLogin} */ in JavaScript

and `actions:NAME` leads to the source of the module. Comments that name the types without a path, as Auth0's
do, need one line at the top: /** @import { Event, PostLoginAPI } from \"auth0/post-login\" */")]
pub(crate) struct TypesArgs {
    /// The trigger, such as auth0/post-login; several with --out
    #[arg(long = "trigger", short, value_name = "TRIGGER", required_unless_present_any = ["flow", "out"])]
    triggers: Vec<String>,

    /// Write what the actions of a flow file need; without FILE vestibule.yaml, .yml, .toml or .json here
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "the option has an optional value")]
    flow: Option<Option<PathBuf>>,

    /// Tell where actions:NAME leads
    #[arg(long = "module", value_name = "NAME=FILE")]
    modules: Vec<String>,

    /// Where to write instead of printing; with --flow the folder of the flow file, if not told
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What is to be written, and where.
struct Plan {
    folder: PathBuf,
    shown: PathBuf,
    files: Vec<NewFile>,
}

pub(crate) fn types(args: &TypesArgs, io: &mut Io<'_>) -> CommandResult {
    let plan = match (&args.flow, &args.out) {
        (Some(named), _) => match flow_file::read(named.as_deref(), io)? {
            Ok(file) => match file.registry() {
                Ok(registry) => plan_of_flow(args, &file, &registry, io)?,
                Err(error) => return Ok(flow_file::report(&error.problems, io)),
            },
            Err(error) => return Ok(flow_file::report(&error.problems, io)),
        },
        (None, Some(out)) => {
            let registry = Registry::built_in();
            let files = editor::files(&chosen(args, &registry)?, &modules(args, out, io)?, None);
            Plan { folder: io.path(out), shown: out.clone(), files }
        }
        (None, None) => return print(args, io),
    };
    write(&plan, io)
}

fn print(args: &TypesArgs, io: &mut Io<'_>) -> CommandResult {
    let registry = Registry::built_in();
    let [trigger] = args.triggers.as_slice() else {
        return Err(CommandError::usage("several declarations cannot be printed as one file")
            .hint("write them into a folder: --out DIR"));
    };
    if !args.modules.is_empty() {
        return Err(CommandError::usage("--module needs a folder to write to").hint("add --out DIR"));
    }
    io.out(registry.get(trigger).map_err(cli::unknown_trigger)?.source());
    Ok(0)
}

/// The triggers that are named, or else all.
fn chosen<'r>(args: &TypesArgs, registry: &'r Registry) -> Result<Vec<&'r Trigger>, CommandError> {
    if args.triggers.is_empty() {
        return Ok(registry.iter().map(AsRef::as_ref).collect());
    }
    let named = args.triggers.iter().map(|id| registry.get(id).map(AsRef::as_ref));
    named.collect::<Result<_, _>>().map_err(cli::unknown_trigger)
}

fn plan_of_flow(
    args: &TypesArgs,
    file: &FlowFile,
    registry: &Registry,
    io: &Io<'_>,
) -> Result<Plan, CommandError> {
    let outline = file.outline();
    let used = outline.triggers.iter().chain(&args.triggers);
    let mut triggers: Vec<&Trigger> = Vec::new();
    for id in used {
        let trigger = registry.get(id).map_err(cli::unknown_trigger)?.as_ref();
        if !triggers.iter().any(|other| other.id() == trigger.id()) {
            triggers.push(trigger);
        }
    }
    let shown = match (&args.out, &args.flow) {
        (Some(out), _) => out.clone(),
        (None, Some(Some(flow))) => flow.parent().unwrap_or(Path::new("")).to_owned(),
        (None, _) => PathBuf::new(),
    };
    let folder = io.path(&shown);
    let mut modules = modules(args, &shown, io)?;
    for module in &outline.modules {
        // Two versions of one module: an editor can know only one of them.
        if !modules.iter().any(|other| other.name == module.name) {
            let file = from_folder(&folder, &outline.path(&module.file), &module.file)?;
            modules.push(ModuleFile { name: module.name.clone(), file });
        }
    }
    Ok(Plan { files: editor::files(&triggers, &modules, Some(&outline)), folder, shown })
}

/// The modules of `--module`.
fn modules(args: &TypesArgs, out: &Path, io: &Io<'_>) -> Result<Vec<ModuleFile>, CommandError> {
    let folder = io.path(out);
    let named = args.modules.iter().map(|pair| {
        let (name, file) = cli::split_pair(pair, "--module", "NAME=FILE")?;
        let path = io.path(Path::new(file));
        input::text(&path, file)?;
        Ok(ModuleFile { name: name.to_owned(), file: from_folder(&folder, &path, file)? })
    });
    named.collect()
}

/// The way from a folder to a file, with `/` between names. A file elsewhere has a path from the root.
fn from_folder(folder: &Path, file: &Path, shown: &str) -> Result<String, CommandError> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| {
            CommandError::failed(anyhow::Error::new(error).context(format!("{shown} has no absolute path")))
        })
    };
    let (folder, file) = (clean(&absolute(folder)?), clean(&absolute(file)?));
    let shared = folder.iter().zip(&file).take_while(|(one, other)| one == other).count();
    let up = folder.iter().skip(shared).map(|_| "..".to_owned());
    Ok(up.chain(file.into_iter().skip(shared)).collect::<Vec<_>>().join("/"))
}

/// The names of an absolute path without `.` and `..`.
fn clean(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                names.pop();
            }
            std::path::Component::CurDir => {}
            other => names.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    names
}

fn write(plan: &Plan, io: &mut Io<'_>) -> CommandResult {
    for file in &plan.files {
        put(&plan.folder, file)?;
    }
    let own = editor::project_settings();
    let path = plan.folder.join(&own.path);
    let shown = |path: &str| escape::line(&cli::shown(&plan.shown.join(path)));
    let count = plan.files.len();
    let mut text = format!("Wrote {count} files into {}\n", shown(editor::FOLDER));
    if path.symlink_metadata().is_err() {
        put(&plan.folder, &own)?;
        text.push_str(&format!("Wrote {}, which extends them\n", shown(&own.path)));
    } else if !fs::read_to_string(&path).unwrap_or_default().contains(".vestibule/tsconfig.json") {
        let hint = format!("write \"extends\": \"{}\" into {}", editor::SETTINGS, shown(&own.path));
        io.err(&format!("{} {hint}\n", Paint { is_on: io.colours.stderr }.cyan("hint:")));
    }
    io.out(&text);
    Ok(0)
}

fn put(folder: &Path, file: &NewFile) -> Result<(), CommandError> {
    let path = folder.join(&file.path);
    let written =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &file.text));
    written.with_context(|| format!("cannot write {}", path.display())).map_err(CommandError::failed)
}

//! `vestibule bundle`: an action and all that it imports go in, a program file comes out, which starts without
//! compiling; or the JavaScript alone.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use vestibule::Action;
use vestibule::ActionError;
use vestibule::BundleError;
use vestibule::EngineLimits;
use vestibule::EntryFile;
use vestibule::Limits;
use vestibule::MadeProgramFile;
use vestibule::Registry;
use vestibule::Vestibule;

use crate::action;
use crate::checking;
use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run;
use crate::input;
use crate::io::Io;
use crate::limits;
use crate::modules;
use crate::program_key::ProgramKeyArgs;
use crate::render;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule bundle actions/login.ts -o login.vst
  vestibule bundle actions/claims.js -o claims.vst --trigger auth0/post-login
  vestibule run login.vst --trigger auth0/post-login
  vestibule bundle actions/login.ts > login.js

For a program file (.vst) the action is run once on the trigger's sample event, without network and
secrets, and what it asks for is dropped. What V8 has compiled by then goes into the file, so that
later runs need not compile it. It is used where the key, the version of vestibule and the kind of
processor are the same; everywhere else the file runs without it, and a warning says why.")]
pub(crate) struct BundleArgs {
    /// The action file: .js .mjs .cjs .ts .mts .cts
    #[arg(value_name = "ACTION")]
    action: PathBuf,

    /// Where to write the program: .vst for a program file, other endings for the JavaScript alone; without it
    /// to standard output, as JavaScript
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Which trigger the action is for; without it the one whose handlers it names
    #[arg(long, short)]
    trigger: Option<String>,

    /// A module of the action, for the run: require('actions:NAME') or import … from 'actions:NAME'
    #[arg(long = "module", value_name = "NAME=FILE")]
    modules: Vec<String>,

    /// What that run may use, such as cpu_ms=2000 (`vestibule run --help` lists the limits)
    #[arg(long = "limit", value_name = "NAME=NUMBER")]
    limits: Vec<String>,

    #[command(flatten)]
    key: ProgramKeyArgs,
}

pub(crate) fn bundle(args: &BundleArgs, io: &mut Io<'_>) -> CommandResult {
    let Some(output) = &args.output else {
        let code = code(args, io)?;
        io.out(&code);
        return Ok(0);
    };
    let shown = cli::shown(output);
    if !vestibule::is_program_file_name(&shown) {
        let code = code(args, io)?;
        write(output, code.as_bytes(), io)?;
        return Ok(0);
    }
    let made = make(args, io)?;
    write(output, &made.bytes, io)?;
    if !made.dry_run.is_decided() {
        let why = serde_json::to_string(&made.dry_run.decision).map_err(CommandError::failed)?;
        io.err(&format!(
            "note: the action failed on the sample event, so only what ran until then is compiled: {why}\n"
        ));
    }
    let (of_code, of_cache) = (made.code_bytes, made.code_cache_bytes);
    let bytes = render::count(made.bytes.len() as u64, "byte");
    io.out(&format!("{shown}: {bytes}, of which {of_code} are JavaScript and {of_cache} compiled code\n"));
    Ok(0)
}

fn write(output: &Path, bytes: &[u8], io: &Io<'_>) -> Result<(), CommandError> {
    fs::write(io.path(output), bytes).map_err(|error| {
        let context = format!("cannot write {}", cli::shown(output));
        CommandError::wrong_use(anyhow::Error::new(error).context(context))
    })
}

/// The JavaScript of the action and all that it imports.
fn code(args: &BundleArgs, io: &mut Io<'_>) -> Result<String, CommandError> {
    let (path, file_name) = (io.path(&args.action), cli::shown(&args.action));
    let text = input::text(&path, &file_name)?;
    let Some(bundler) = io.bundler() else {
        return Err(CommandError::usage("this program cannot start another to bundle"));
    };
    let file = EntryFile { path: &path, file_name: &file_name, text: &text };
    let bundle = bundler.bundle(file).map_err(|error| {
        action::refusal_error(match error {
            BundleError::Compile(error) => ActionError::Compile(error),
            error => ActionError::Bundle(error),
        })
    })?;
    for warning in &bundle.warnings {
        run::warn(&warning.to_string(), io);
    }
    // What an engine would refuse is better known now.
    let code = bundle.code.clone();
    Action::from_bundle("action", bundle).map_err(action::refusal_error)?;
    Ok(code)
}

fn make(args: &BundleArgs, io: &mut Io<'_>) -> Result<MadeProgramFile, CommandError> {
    let file = cli::shown(&args.action);
    let path = io.path(&args.action);
    let source = action::read(&path, &file)?;
    let trigger = trigger(args, &source)?;
    let name = action::name_of(&args.action.file_name().unwrap_or_default().to_string_lossy());
    let action = source.compile(&name, &path, &file, io.bundler().as_ref()).map_err(action::refusal_error)?;
    for warning in action.warnings() {
        run::warn(warning, io);
    }
    let modules = modules::from_flags(&args.modules, &[], io)?;
    let action = modules::give(&modules, action)?;
    let limits: Limits = limits::given(&args.limits)?;
    let engine_limits = EngineLimits { threads: 1, ready_isolates: 1, ..EngineLimits::default() };
    let builder = Vestibule::builder().engine_limits(engine_limits).limits(limits);
    let vestibule = builder.program_key(args.key.for_making(io)?).build().map_err(CommandError::failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::failed(anyhow::Error::new(error).context("the asynchronous runtime cannot start"))
    })?;
    runtime.block_on(vestibule.make_program_file(&action, &trigger)).map_err(CommandError::failed)
}

/// The trigger that is given, or the first of those that the source seems to be for.
fn trigger(args: &BundleArgs, source: &action::ActionFile) -> Result<String, CommandError> {
    let registry = Registry::built_in();
    if let Some(trigger) = &args.trigger {
        return Ok(registry.get(trigger).map_err(cli::unknown_trigger)?.id().to_owned());
    }
    let likely = source.text().map(|text| checking::likely_triggers(text, &registry)).unwrap_or_default();
    likely.first().map(|trigger| trigger.id().to_owned()).ok_or_else(|| {
        CommandError::usage(format!("{} has no handler of any trigger", cli::shown(&args.action)))
            .hint("name its trigger with --trigger; `vestibule triggers` lists them")
    })
}

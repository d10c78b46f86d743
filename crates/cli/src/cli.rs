//! The command line: which commands there are, and how they end.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use vestibule::UnknownTrigger;

use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::add;
use crate::commands::bundle;
use crate::commands::check;
use crate::commands::dev;
use crate::commands::export;
use crate::commands::flow;
use crate::commands::import;
use crate::commands::init;
use crate::commands::install;
use crate::commands::remove;
use crate::commands::run;
use crate::commands::test;
use crate::commands::triggers;
use crate::commands::types;
use crate::io::Io;
use crate::limits;
use crate::style::Paint;

/// Write, run and test actions: sandboxed scripts that decide about logins and registrations
#[derive(Parser)]
#[command(name = "vestibule", version, subcommand_required = true, arg_required_else_help = true)]
#[command(max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run actions on an event and print what the host would now do
    Run(Box<run::RunArgs>),
    /// Run the cases in folders and compare with what they expect
    Test(test::TestArgs),
    /// Run cases and checks again whenever a file changes
    Dev(dev::DevArgs),
    /// Look for mistakes in actions without running them
    Check(check::CheckArgs),
    /// Print the TypeScript declaration of a trigger, or write what an editor needs
    Types(types::TypesArgs),
    /// List the triggers, or show one of them
    Triggers(triggers::TriggersArgs),
    /// Check a flow file, which binds actions to triggers, or print its schema
    Flow(flow::FlowArgs),
    /// Make a flow file of what another platform exports
    Import(import::ImportArgs),
    /// Make of a flow file what another platform imports
    Export(export::ExportArgs),
    /// Make one program of an action and all that it imports, which starts without compiling
    Bundle(bundle::BundleArgs),
    /// Make a folder with an action to start from
    Init(init::InitArgs),
    /// Add packages of the npm registry to a project
    Add(add::AddArgs),
    /// Install the packages that package.json and package-lock.json say
    Install(install::InstallArgs),
    /// Remove packages from a project
    Remove(remove::RemoveArgs),
    /// Evaluate a Jsonnet template for the process that has started this one
    #[command(hide = true)]
    JsonnetChild,
}

/// How a command prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

const EXAMPLES: &str = "\
Examples:
  vestibule init my-action                       start with something that works
  vestibule run my-action/action.js --trigger auth0/post-login
  vestibule test my-action                       check that it still does what it should
  vestibule dev my-action                        run its cases whenever a file changes
  vestibule triggers show auth0/post-login       everything that event and api have
  vestibule check my-action                      look for mistakes without running anything
  vestibule flow check                           check the actions that vestibule.yaml binds

Exit codes: 0 done, 1 a flow or a case failed, 2 wrong use.";

/// Runs the command with these arguments, the first of which is the program's name, and returns the
/// exit code. It blocks, so it must not be called inside an asynchronous runtime.
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, io: &mut Io<'_>) -> i32 {
    let result = match limits::describe(Cli::command()).try_get_matches_from(args) {
        Ok(matches) => match Cli::from_arg_matches(&matches) {
            Ok(cli) => dispatch(cli.command, io),
            Err(error) => return explain(&error, io),
        },
        Err(error) => return explain(&error, io),
    };
    let paint = Paint { is_on: io.colours.stderr };
    let code = result.unwrap_or_else(|error| {
        io.err(&error.render(paint));
        error.exit_code()
    });
    match io.failure() {
        None => code,
        Some(error) => {
            let error = anyhow::Error::new(error).context("the result could not be written");
            io.err(&CommandError::failed(error).render(paint));
            code.max(1)
        }
    }
}

fn dispatch(command: Command, io: &mut Io<'_>) -> CommandResult {
    match command {
        Command::Run(args) => run::run(&args, io),
        Command::Test(args) => test::test(&args, io),
        Command::Dev(args) => dev::dev(&args, io),
        Command::Check(args) => check::check(&args, io),
        Command::Types(args) => types::types(&args, io),
        Command::Triggers(args) => triggers::triggers(&args, io),
        Command::Flow(args) => flow::flow(&args, io),
        Command::Import(args) => import::import(&args, io),
        Command::Export(args) => export::export(&args, io),
        Command::Bundle(args) => bundle::bundle(&args, io),
        Command::Init(args) => init::init(&args, io),
        Command::Add(args) => add::add(&args, io),
        Command::Install(args) => install::install(&args, io),
        Command::Remove(args) => remove::remove(&args, io),
        Command::JsonnetChild => Ok(vestibule_ory::jsonnet_child(io.stdin, io.stdout, io.stderr)),
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn explain(error: &clap::Error, io: &mut Io<'_>) -> i32 {
    let text = error.render();
    let show = |colours: bool| if colours { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        let text = show(io.colours.stderr);
        io.err(&text);
    } else {
        let text = show(io.colours.stdout);
        io.out(&text);
    }
    error.exit_code()
}

/// `NAME=VALUE`. The error does not repeat what was given: it may be a secret.
pub(crate) fn split_pair<'a>(
    text: &'a str,
    flag: &str,
    form: &str,
) -> Result<(&'a str, &'a str), CommandError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        Some(_) => Err(CommandError::usage(format!("a {flag} has no name before its \"=\""))
            .hint(format!("write {flag} {form}"))),
        None => {
            Err(CommandError::usage(format!("a {flag} has no \"=\"")).hint(format!("write {flag} {form}")))
        }
    }
}

/// What to say about the name of a trigger that there is not.
pub(crate) fn unknown_trigger(error: UnknownTrigger) -> CommandError {
    CommandError::wrong_use(error).hint("`vestibule triggers` lists them")
}

/// A path as messages show it.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, String> {
        Cli::try_parse_from(line.split(' ')).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_sound() {
        limits::describe(Cli::command()).debug_assert();
    }

    /// The lines of help that begin with `vestibule`, of the command and of all below it, without what a
    /// shell does with them and what they say for people.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter(|line| line.starts_with("  vestibule "));
        let own = lines.map(|line| {
            let line = line.trim_start();
            let end = [" > ", " < ", "   "].iter().filter_map(|sign| line.find(sign)).min();
            line[..end.unwrap_or(line.len())].to_owned()
        });
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    #[test]
    fn the_examples_in_the_help_are_right() {
        let examples = examples(&Cli::command());
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let start = format!("vestibule {}", command.get_name());
            assert!(examples.iter().any(|line| line.starts_with(&start)), "{start} has no example");
        }
        for line in examples {
            assert!(parse(&line).is_ok(), "{line}: {}", parse(&line).err().unwrap());
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        let error = |line: &str| parse(line).err().unwrap();
        assert!(error("vestibule run --trigger t").contains("<ACTION>..."));
        assert!(error("vestibule run a.js").contains("--trigger <TRIGGER>"));
        let typo = error("vestibule run a.js --triger t");
        assert!(typo.contains("'--triger'") && typo.contains("'--trigger'"), "{typo}");
        assert!(error("vestibule rum a.js").contains("'run'"));
        assert!(error("vestibule run a.js --trigger t --handler later").contains("execute, continue"));
    }

    #[test]
    fn a_pair_without_its_parts_is_refused_without_repeating_it() {
        assert_eq!(split_pair("A=b=c", "--secret", "NAME=VALUE").unwrap(), ("A", "b=c"));
        for text in ["hunter2", "=hunter2"] {
            let error = split_pair(text, "--secret", "NAME=VALUE").unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert_eq!(error.hints, ["write --secret NAME=VALUE"]);
        }
    }
}

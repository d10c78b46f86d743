//! `vestibule flow`: checks a flow file, and prints the keys and the schema of the format.

use std::path::PathBuf;

use clap::Subcommand;
use vestibule::EngineLimits;
use vestibule::Vestibule;
use vestibule_config::ActionSummary;
use vestibule_config::CheckReport;
use vestibule_config::FlowSummary;

use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run;
use crate::escape;
use crate::flow_file;
use crate::io::Io;
use crate::render;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule flow check
  vestibule flow check staging.toml --format json
  vestibule flow keys
  vestibule flow schema > vestibule.schema.json")]
pub(crate) struct FlowArgs {
    #[command(subcommand)]
    command: FlowCommand,
}

#[derive(Subcommand)]
enum FlowCommand {
    /// Check everything that a flow file names: actions compile, secrets are there, triggers exist
    Check(CheckArgs),
    /// Print every key of the flow file with what it means, as Markdown
    Keys,
    /// Print the JSON Schema of the flow file, for editors
    Schema,
}

#[derive(clap::Args)]
struct CheckArgs {
    /// The flow file; without it vestibule.yaml, .yml, .toml or .json in the current directory
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// How to print what is bound
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn flow(args: &FlowArgs, io: &mut Io<'_>) -> CommandResult {
    match &args.command {
        FlowCommand::Check(args) => check(args, io),
        FlowCommand::Keys => {
            io.out(&vestibule_config::reference());
            Ok(0)
        }
        FlowCommand::Schema => {
            io.out(&format!("{:#}\n", vestibule_config::schema()));
            Ok(0)
        }
    }
}

fn check(args: &CheckArgs, io: &mut Io<'_>) -> CommandResult {
    let file = match flow_file::read(args.file.as_deref(), io)? {
        Ok(file) => file,
        Err(error) => return Ok(flow_file::report(&error.problems, io)),
    };
    // Nothing is run, so no isolate needs to be ready.
    let engine_limits = EngineLimits { threads: 1, ready_isolates: 0, ..EngineLimits::default() };
    let builder = match file.configure(Vestibule::builder().engine_limits(engine_limits)) {
        Ok(builder) => builder,
        Err(error) => return Ok(flow_file::report(&error.problems, io)),
    };
    let report = file.check(&builder.build().map_err(CommandError::failed)?);
    match args.format {
        Format::Json => {
            io.out(&(serde_json::to_string_pretty(&report).map_err(CommandError::failed)? + "\n"));
        }
        Format::Text => {
            let text = table(&report, Paint { is_on: io.colours.stdout });
            io.out(&text);
        }
    }
    for warning in &report.warnings {
        run::warn(warning, io);
    }
    Ok(if report.problems.is_empty() { 0 } else { flow_file::report(&report.problems, io) })
}

fn table(report: &CheckReport, paint: Paint) -> String {
    let all = || report.flows.iter().flat_map(|flow| &flow.actions);
    let names = all().map(|action| escape::line(&called(action)).chars().count()).max().unwrap_or(0);
    let files = all().map(|action| escape::line(&action.file).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for flow in &report.flows {
        text.push_str(&format!("{}\n", paint.bold(escape::line(&title(flow)))));
        for (index, action) in flow.actions.iter().enumerate() {
            let row = format!(
                "{:>3}. {:names$}  {:files$}  {}",
                index + 1,
                escape::line(&called(action)),
                escape::line(&action.file),
                paint.dim(escape::line(&remarks(action))),
            );
            text.push_str(row.trim_end());
            text.push('\n');
        }
        if flow.actions.is_empty() {
            text.push_str("     nothing\n");
        }
    }
    if !report.unbound.is_empty() {
        text.push_str(&format!("bound to nothing: {}\n", escape::line(&report.unbound.join(", "))));
    }
    let count = |number: usize, what: &str| render::count(number as u64, what);
    text.push_str(&format!(
        "{}, {}, {}\n",
        count(report.flows.len(), "flow"),
        count(all().count(), "bound action"),
        count(report.problems.len(), "problem"),
    ));
    text
}

fn title(flow: &FlowSummary) -> String {
    let entity = flow.entity.as_ref().map(|entity| format!(" of {entity:?}"));
    let method = flow.method.as_ref().map(|method| format!(" with {method}"));
    format!("{}{}{}", flow.trigger, entity.unwrap_or_default(), method.unwrap_or_default())
}

fn called(action: &ActionSummary) -> String {
    let ActionSummary { name, action, .. } = action;
    if name == action { name.clone() } else { format!("{name} ({action})") }
}

fn remarks(action: &ActionSummary) -> String {
    let may_fail = action.may_fail.then(|| "may fail".to_owned());
    let secrets = (!action.secrets.is_empty()).then(|| format!("secrets: {}", action.secrets.join(", ")));
    may_fail.into_iter().chain(secrets).collect::<Vec<_>>().join("; ")
}

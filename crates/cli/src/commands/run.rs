//! `vestibule run`: actions and an event go in, the outcome document comes out.

use std::path::PathBuf;

use clap::builder::ArgPredicate;
use serde_json::Value;
use vestibule::Action;
use vestibule::ActionReport;
use vestibule::Binding;
use vestibule::ContinuationKeys;
use vestibule::Egress;
use vestibule::EngineLimits;
use vestibule::Flow;
use vestibule::FlowOutcome;
use vestibule::Limits;
use vestibule::MemoryHost;
use vestibule::Module;
use vestibule::OnFailure;
use vestibule::ProgramKey;
use vestibule::Registry;
use vestibule::Trigger;
use vestibule::Vestibule;

use crate::action;
use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run_flow;
use crate::commands::run_options;
use crate::commands::run_ory;
use crate::debugging::Debugging;
use crate::debugging::Ended;
use crate::debugging::INTERRUPTED;
use crate::debugging::InspectArgs;
use crate::escape;
use crate::execute::Entry;
use crate::execute::HandlerChoice;
use crate::execute::execute;
use crate::execute::with_entity;
use crate::io::Io;
use crate::limits;
use crate::modules;
use crate::program_key;
use crate::program_key::ProgramKeyArgs;
use crate::render;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule run action.js --trigger auth0/post-login
  vestibule run check.ts claims.js -t auth0/post-login --event event.json --secret API_KEY=abc
  vestibule run action.js -t auth0/post-login --fetch answers.json --limit wall_ms=500
  vestibule run action.js -t auth0/post-login --event - --format json < event.json
  vestibule run --ory kratos.yaml --flow login --when after --method password --event event.json
  vestibule run action.js -t auth0/post-login --module risk=risk.js --module-secret risk.KEY=abc
  vestibule run --flow vestibule.yaml -t auth0/post-login --event event.json
  vestibule run action.ts -t auth0/post-login --event event.json --inspect

A debugger is waited for, because most actions are over before one could attach: with --inspect
until it has set its breakpoints (Chrome and VS Code say so by themselves), with --inspect-brk the
action then also stops at its first line. Each action of a flow is a target of its own, with the
action's name. If the debugger leaves in the middle, the rest of the flow runs without it.

A flow that waits for the user goes on with the same actions and the same key file:
  vestibule run a.js -t auth0/post-login --continuation-key-file key --format json > out.json
  vestibule run a.js -t auth0/post-login --continuation-key-file key --continue out.json -e e.json

Exit codes: 0 the flow came to a decision (a denial is one), 1 it failed, 2 wrong use,
130 Ctrl-C with --inspect.")]
pub(crate) struct RunArgs {
    /// Action files, in the order in which they run: .js .mjs .cjs .ts .mts .cts, or .vst of `vestibule bundle`
    #[arg(value_name = "ACTION", required_unless_present = "flow", conflicts_with = "flow")]
    actions: Vec<PathBuf>,

    /// Run what a flow file binds to the trigger; without FILE vestibule.yaml, .yml, .toml or .json here.
    /// With --ory the name of a flow: login, registration, settings, recovery, verification, oauth2-token,
    /// password-migration
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(super) flow: Option<Option<PathBuf>>,

    /// The trigger that the actions are written for, such as auth0/post-login
    #[arg(long, short, required = false, required_unless_present = "ory")]
    #[arg(default_value_if("ory", ArgPredicate::IsPresent, ""), hide_default_value = true)]
    pub(super) trigger: String,

    /// Run the hooks of an Ory configuration instead of actions: a file of Kratos, or of Hydra
    #[arg(long, value_name = "FILE", requires = "flow", conflicts_with_all = NOT_FOR_HOOKS)]
    pub(super) ory: Option<PathBuf>,

    /// With --ory: whether the flow is created (before) or was submitted (after)
    #[arg(long, value_name = "before|after", requires = "ory")]
    pub(super) when: Option<String>,

    /// The entity whose action runs, for triggers that are bound to one
    #[arg(long, value_name = "ID")]
    pub(super) entity: Option<String>,

    /// The authentication method, for ory/after-… triggers and for hooks after login, registration, settings
    #[arg(long)]
    pub(super) method: Option<String>,

    /// The event as JSON, `-` for standard input; without it the trigger's sample event
    #[arg(long, short, value_name = "FILE")]
    pub(super) event: Option<PathBuf>,

    /// A value of event.secrets, for all actions; with --flow, for those that have a secret of this name
    #[arg(long = "secret", value_name = "NAME=VALUE")]
    pub(super) secrets: Vec<String>,

    /// A value of event.secrets, read from a file without its last line break
    #[arg(long = "secret-file", value_name = "NAME=FILE")]
    pub(super) secret_files: Vec<String>,

    /// A module of all actions: require('actions:NAME') or import … from 'actions:NAME'
    #[arg(long = "module", value_name = "NAME=FILE")]
    pub(super) modules: Vec<String>,

    /// A value of actions.secrets, which only that module sees
    #[arg(long = "module-secret", value_name = "MODULE.NAME=VALUE")]
    pub(super) module_secrets: Vec<String>,

    /// Which handler of the first action is called, with nothing recorded before
    #[arg(long, value_enum, default_value = "execute")]
    pub(super) handler: HandlerChoice,

    /// Go on where a flow waits: an outcome document, or the continuation alone; `-` for standard input.
    /// Each run of this command forgets which continuations it has used
    #[arg(
        long = "continue",
        value_name = "FILE",
        conflicts_with = "handler",
        requires = "continuation_key_file"
    )]
    pub(super) continuation: Option<PathBuf>,

    /// The key that seals continuations; without --continue the file is made when it is missing
    #[arg(long, value_name = "FILE")]
    pub(super) continuation_key_file: Option<PathBuf>,

    /// How to print the outcome; text on a terminal, else json
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,

    /// What each action may use, such as wall_ms=500 (--help lists the limits)
    #[arg(long = "limit", value_name = "NAME=NUMBER")]
    pub(super) limits: Vec<String>,

    /// Answers for fetch, instead of the network: a list of {"url": …, "status": …, "json": …}
    #[arg(long, value_name = "FILE", conflicts_with = "allow_hosts")]
    pub(super) fetch: Option<PathBuf>,

    /// Hosts that fetch may reach, such as api.example.com or *.example.com; without it all public ones
    #[arg(long = "allow-host", value_name = "HOST")]
    pub(super) allow_hosts: Vec<String>,

    /// Addresses that requests may reach although they are not public, on every port, such as 127.0.0.1
    #[arg(long = "allow-address", value_name = "ADDRESS[/BITS]", conflicts_with = "fetch")]
    pub(super) allow_addresses: Vec<String>,

    /// Groups, roles and rules that api answers with: {"groups": [], "roles": [], "rules": []}
    #[arg(long, value_name = "FILE")]
    pub(super) host: Option<PathBuf>,

    /// Let the flow go on when this action fails
    #[arg(long = "on-failure", value_name = "ACTION=continue")]
    pub(super) on_failure: Vec<String>,

    #[command(flatten)]
    pub(super) program_key: ProgramKeyArgs,

    #[command(flatten)]
    pub(super) debugger: InspectArgs,
}

/// What only actions have.
const NOT_FOR_HOOKS: &[&str] = &[
    "actions",
    "trigger",
    "entity",
    "secrets",
    "secret_files",
    "modules",
    "module_secrets",
    "handler",
    "continuation",
    "continuation_key_file",
    "limits",
    "host",
    "on_failure",
    "program_key_file",
    "inspect",
    "inspect_brk",
];

/// Everything that the command line names, read and checked.
struct Plan<'a> {
    args: &'a RunArgs,
    trigger: &'a Trigger,
    event: Value,
    secrets: Vec<(String, String)>,
    modules: Vec<Module>,
    limits: Limits,
    egress: Egress,
    host: MemoryHost,
    entry: Entry,
    keys: Option<ContinuationKeys>,
    program_key: Option<ProgramKey>,
}

/// Actions that compile, and the reports and errors of those that do not.
#[derive(Default)]
struct Loaded {
    bindings: Vec<Binding>,
    refused: Vec<ActionReport>,
}

pub(crate) fn run(args: &RunArgs, io: &mut Io<'_>) -> CommandResult {
    if let Some(path) = &args.ory {
        return run_ory::run(args, path, io);
    }
    if args.flow.is_some() {
        return run_flow::run(args, io);
    }
    refuse_what_needs_a_flow(args)?;
    let registry = Registry::built_in();
    let trigger = registry.get(&args.trigger).map_err(cli::unknown_trigger)?;
    let plan = Plan {
        args,
        trigger,
        secrets: run_options::secrets(args, io)?,
        modules: modules::from_flags(&args.modules, &args.module_secrets, io)?,
        limits: limits::given(&args.limits)?,
        egress: run_options::egress(args, io)?,
        host: MemoryHost::new(run_options::directory(args, io)?),
        entry: run_options::entry(args, io)?,
        event: run_options::event(args, trigger, io)?,
        keys: run_options::keys(args, io)?,
        program_key: args.program_key.for_running(io)?,
    };
    let loaded = load(&plan, io)?;
    if !loaded.refused.is_empty() {
        // A person has just read on stderr what is wrong, with the quoted line.
        if format(args, io) == Format::Json {
            io.out(&json(&action::refused_flow(trigger, loaded.refused))?);
        }
        return Ok(1);
    }
    note_sample_event(args, trigger, io);
    let debugging = args.debugger.listen(io.current_dir.clone(), io)?;
    let ended = run_actions(plan, loaded.bindings, debugging, io)?;
    finish(args, ended, trigger, io)
}

/// Says so when nobody gave an event.
pub(super) fn note_sample_event(args: &RunArgs, trigger: &Trigger, io: &mut Io<'_>) {
    if args.event.is_none() {
        let note = "no --event given, so the actions run on the sample event; to change it:";
        let id = trigger.id();
        io.err(&format!("note: {note}\n      vestibule triggers sample {id} > event.json\n"));
    }
}

/// Prints the outcome document; the exit code that it means.
pub(super) fn finish(args: &RunArgs, ended: Ended, trigger: &Trigger, io: &mut Io<'_>) -> CommandResult {
    let outcome = &match ended {
        Ended::Outcome(outcome) => outcome,
        Ended::Interrupted => {
            io.err("\ninterrupted\n");
            return Ok(INTERRUPTED);
        }
    };
    let text = match format(args, io) {
        Format::Text => render::outcome(outcome, trigger, Paint { is_on: io.colours.stdout }),
        Format::Json => json(outcome)?,
    };
    io.out(&text);
    Ok(if outcome.is_decided() { 0 } else { 1 })
}

/// How to print the outcome.
pub(super) fn format(args: &RunArgs, io: &Io<'_>) -> Format {
    args.format.unwrap_or(if io.stdout_is_terminal { Format::Text } else { Format::Json })
}

fn refuse_what_needs_a_flow(args: &RunArgs) -> Result<(), CommandError> {
    let given = [("--entity", args.entity.is_some()), ("--method", args.method.is_some())];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => Err(CommandError::usage(format!(
            "{option} chooses among what is bound, and ACTION binds nothing"
        ))
        .hint("leave it out, or bind the actions in a flow file and name it with --flow")),
    }
}

/// Compiles the actions. What does not compile is told on stderr, with its place.
fn load(plan: &Plan<'_>, io: &mut Io<'_>) -> Result<Loaded, CommandError> {
    let names = unique_names(&plan.args.actions);
    let failures = failures_ignored(&plan.args.on_failure, &names)?;
    let handler = plan.args.handler.name_in(plan.trigger);
    let paint = Paint { is_on: io.colours.stderr };
    let bundler = io.bundler();
    let mut loaded = Loaded::default();
    for warning in plan.modules.iter().flat_map(Module::warnings) {
        warn(warning, io);
    }
    for (path, name) in plan.args.actions.iter().zip(&names) {
        let file = cli::shown(path);
        let path = io.path(path);
        match action::read(&path, &file)?.compile(name, &path, &file, bundler.as_ref()) {
            Ok(action) => {
                for warning in action.warnings() {
                    warn(warning, io);
                }
                let is_ignored = failures.contains(&name.as_str());
                let on_failure = if is_ignored { OnFailure::Continue } else { OnFailure::Deny };
                let action = modules::give(&plan.modules, action)?;
                for module in action.missing_modules() {
                    let way_out = format!("give it with --module {module}=FILE");
                    warn(&format!("{file} asks for actions:{module}; {way_out}"), io);
                }
                loaded.bindings.push(bind(action, plan, on_failure)?);
            }
            Err(error) => {
                let report = action::refusal(name, &handler, &error);
                let error = action::refusal_error(error);
                let Some(report) = report else { return Err(error) };
                io.err(&error.render(paint));
                loaded.refused.push(report);
            }
        }
    }
    Ok(loaded)
}

pub(crate) fn warn(text: &str, io: &mut Io<'_>) {
    let paint = Paint { is_on: io.colours.stderr };
    io.err(&format!("{} {}\n", paint.yellow("warning:"), escape::block(text)));
}

/// Names of the actions; of two files with the same name the second is told apart by a number.
fn unique_names(files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let name = action::name_of(&file.file_name().unwrap_or_default().to_string_lossy());
        let mut unique = name.clone();
        let mut number = 2;
        while names.contains(&unique) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        names.push(unique);
    }
    names
}

/// The actions whose failure the flow survives.
fn failures_ignored<'a>(given: &'a [String], names: &[String]) -> Result<Vec<&'a str>, CommandError> {
    let form = "ACTION=continue";
    let mut ignored = Vec::new();
    for pair in given {
        let (name, what) = cli::split_pair(pair, "--on-failure", form)?;
        if !names.iter().any(|known| known == name) {
            return Err(CommandError::usage(format!(
                "--on-failure names {name:?}, which is none of the actions"
            ))
            .hint(format!("the actions are: {}", names.join(", "))));
        }
        match what {
            "continue" => ignored.push(name),
            "deny" => ignored.retain(|other| *other != name),
            other => {
                return Err(CommandError::usage(format!(
                    "--on-failure {name} is {other:?}, but must be continue or deny"
                ))
                .hint(format!("write --on-failure {name}=continue")));
            }
        }
    }
    Ok(ignored)
}

fn bind(action: Action, plan: &Plan<'_>, on_failure: OnFailure) -> Result<Binding, CommandError> {
    let mut binding = Binding::new(action).egress(plan.egress.clone()).on_failure(on_failure);
    for (name, value) in &plan.secrets {
        binding = binding.secret(name, value).map_err(CommandError::wrong_use)?;
    }
    Ok(binding)
}

fn run_actions(
    plan: Plan<'_>,
    bindings: Vec<Binding>,
    debugging: Option<Debugging>,
    io: &mut Io<'_>,
) -> Result<Ended, CommandError> {
    // One flow at a time needs one thread, and an isolate ready for each of its first actions.
    let engine_limits =
        EngineLimits { threads: 1, ready_isolates: bindings.len().min(4), ..EngineLimits::default() };
    let mut builder = Vestibule::builder().engine_limits(engine_limits).limits(plan.limits).host(plan.host);
    if let Some(keys) = plan.keys {
        builder = builder.continuation_keys(keys);
    }
    if let Some(key) = plan.program_key {
        builder = builder.program_key(key);
    }
    if let Some(debugging) = &debugging {
        builder = debugging.prepare(builder);
    }
    let vestibule = builder.build().map_err(CommandError::failed)?;
    let flow = with_entity(vestibule.flow(plan.trigger.id()).map_err(cli::unknown_trigger)?);
    let flow = bindings.into_iter().fold(flow, Flow::bind);
    let ended = run_to_its_end(&flow, plan.entry, plan.event, debugging, io);
    program_key::warn_of_refusals(&vestibule.engine().stats().code_caches, io);
    ended
}

/// Runs a flow to its end, with or without a debugger.
pub(super) fn run_to_its_end(
    flow: &Flow,
    entry: Entry,
    event: Value,
    debugging: Option<Debugging>,
    io: &mut Io<'_>,
) -> Result<Ended, CommandError> {
    match debugging {
        Some(debugging) => debugging.execute(flow, entry, event, io),
        None => execute(flow, entry, event).map(Ended::outcome),
    }
}

pub(super) fn json(outcome: &FlowOutcome) -> Result<String, CommandError> {
    let text = serde_json::to_string_pretty(outcome).map_err(CommandError::failed)?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        let files = ["a/action.js", "b/action.ts", "1-action.js", "x.js"].map(PathBuf::from);
        assert_eq!(unique_names(&files), ["action", "action-2", "action-3", "x"]);
    }

    #[test]
    fn only_actions_of_the_flow_may_fail() {
        let names = strings(&["a", "b"]);
        assert_eq!(failures_ignored(&strings(&["a=continue", "b=deny"]), &names).unwrap(), ["a"]);
        let error = failures_ignored(&strings(&["c=continue"]), &names).unwrap_err();
        assert_eq!(error.hints, ["the actions are: a, b"]);
        assert!(failures_ignored(&strings(&["a=maybe"]), &names).is_err());
    }
}

//! `vestibule run --ory`: the hooks of an Ory configuration and an event go in, the same outcome document
//! comes out.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use vestibule::FetchFailure;
use vestibule::Trigger;
use vestibule_ory::ConfigError;
use vestibule_ory::HookOutcome;
use vestibule_ory::HookReport;
use vestibule_ory::HooksOutcome;
use vestibule_ory::Jsonnet;
use vestibule_ory::OryConfig;
use vestibule_ory::Place;
use vestibule_ory::Plan;
use vestibule_ory::RequestOutcome;
use vestibule_ory::RunError;
use vestibule_ory::Runtime;

use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run;
use crate::commands::run::RunArgs;
use crate::commands::run_options;
use crate::escape;
use crate::io::Io;
use crate::render;
use crate::style::Paint;

pub(super) fn run(args: &RunArgs, path: &Path, io: &mut Io<'_>) -> CommandResult {
    let place = place(args)?;
    let config = OryConfig::read_as(&io.path(path), &cli::shown(path)).map_err(refused_file)?;
    let plan = config.plan(&place).map_err(refused_file)?;
    let runtime = runtime(args, io)?;
    let trigger = plan.trigger(&runtime).map_err(cli::unknown_trigger)?;
    let mut event = run_options::event(args, &trigger, io)?;
    if let (None, Value::Object(sample)) = (&args.event, &mut event) {
        // It stands for every method; the plan brings its own.
        sample.remove("method");
    }
    say_first(args, &config, &plan, &trigger, io);
    let outcome = execute(&plan, event, &runtime)?;
    let text = match run::format(args, io) {
        Format::Text => text(&outcome, &trigger, Paint { is_on: io.colours.stdout }),
        Format::Json => serde_json::to_string_pretty(&outcome).map_err(CommandError::failed)? + "\n",
    };
    io.out(&text);
    if is_refused_by_policy(&outcome) {
        let paint = Paint { is_on: io.colours.stderr };
        let hint = "a target was refused by the egress policy; for one on this machine or nearby add its \
                    address, such as --allow-address 127.0.0.1";
        io.err(&format!("{} {hint}\n", paint.cyan("hint:")));
    }
    Ok(if outcome.is_decided() { 0 } else { 1 })
}

/// Clap has seen to it that a flow is named.
fn place(args: &RunArgs) -> Result<Place, CommandError> {
    let flow = args.flow.as_ref().and_then(Option::as_deref).map(cli::shown).unwrap_or_default();
    Place::from_words(&flow, args.when.as_deref(), args.method.as_deref()).map_err(|error| {
        let hint = error.hint.clone();
        CommandError::wrong_use(error)
            .hint(hint)
            .hint("write --flow FLOW --when before|after --method METHOD")
    })
}

fn runtime(args: &RunArgs, io: &Io<'_>) -> Result<Runtime, CommandError> {
    let runtime = Runtime::new(run_options::egress(args, io)?);
    Ok(match &io.program {
        Some(program) => runtime.jsonnet(Jsonnet::new(program).arg("jsonnet-child")),
        None => runtime,
    })
}

/// What a person should know before the result.
fn say_first(args: &RunArgs, config: &OryConfig, plan: &Plan, trigger: &Trigger, io: &mut Io<'_>) {
    let paint = Paint { is_on: io.colours.stderr };
    if let Err(error) = config.check() {
        let line = escape::line(&format!("{error}; this run does not come to it, but others do"));
        io.err(&format!("{} {line}\n", paint.yellow("warning:")));
    }
    for warning in plan.warnings() {
        run::warn(&format!("{}: {}", warning.at, warning.message), io);
    }
    if plan.hooks().is_empty() {
        io.err(&format!("note: no hooks run here: there are none in {}\n", plan.place()));
    }
    if args.event.is_none() {
        let id = trigger.id();
        io.err(&format!(
            "note: no --event given, so the hooks run on the sample event; to change it:\n      \
             vestibule triggers sample {id} > event.json\n"
        ));
    }
}

/// Runs the hooks, and those whose answers nobody waits for after them.
fn execute(plan: &Plan, event: Value, runtime: &Runtime) -> Result<HooksOutcome, CommandError> {
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandError::failed(anyhow::Error::new(error).context("the asynchronous runtime cannot start"))
    })?;
    executor.block_on(async {
        let answered = plan.run(event, runtime).await.map_err(refused_event)?;
        let mut outcome = answered.outcome;
        outcome.take_in(answered.detached.run().await);
        Ok(outcome)
    })
}

fn is_refused_by_policy(outcome: &HooksOutcome) -> bool {
    let mut requests = outcome.hooks.iter().flat_map(|report| &report.requests);
    requests.any(|request| {
        matches!(request.outcome, RequestOutcome::Failed { failure: FetchFailure::Denied, .. })
    })
}

fn refused_file(error: ConfigError) -> CommandError {
    let hint = match &error {
        ConfigError::Unreadable { .. } => "check the path; it is relative to the current directory",
        ConfigError::UnknownHook { .. } => {
            "Kratos would log an unknown hook and go on without it; correct the name, or take the hook out"
        }
        ConfigError::Misplaced { .. } => "move the hook to a list where it is allowed, or take it out",
        ConfigError::TooLarge { .. } | ConfigError::Syntax { .. } => {
            "--ory takes a configuration of Ory Kratos or Hydra, YAML or JSON"
        }
        ConfigError::Wrong { .. } => return CommandError::wrong_use(error),
    };
    CommandError::wrong_use(error).hint(hint)
}

fn refused_event(error: RunError) -> CommandError {
    match error {
        RunError::Trigger(error) => cli::unknown_trigger(error),
        RunError::Event { ref trigger, .. } => {
            let hint = format!("`vestibule triggers sample {trigger}` prints an event that fits");
            CommandError::wrong_use(error).hint(hint)
        }
    }
}

/// The outcome for a person: as that of a flow, then one line for each hook.
fn text(outcome: &HooksOutcome, trigger: &Trigger, paint: Paint) -> String {
    let mut text = render::outcome(&outcome.flow, trigger, paint);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", paint.bold("Hooks"));
    if outcome.hooks.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for report in &outcome.hooks {
        let _ = writeln!(text, "  {}", hook(report, paint));
    }
    text
}

/// `2. login-audit (web_hook)  completed after the answer  POST https://…: 500, 200  12 ms  kratos.yaml:41`
fn hook(report: &HookReport, paint: Paint) -> String {
    let name = escape::line(&report.name);
    let mut line = format!("{}", paint.bold(format!("{}. {name}", report.number)));
    if report.name != report.hook {
        line.push_str(&format!(" ({})", report.hook));
    }
    line.push_str(&format!("  {}", state(&report.outcome, paint)));
    if report.detached {
        line.push_str(" after the answer");
    }
    let failed = match &report.outcome {
        HookOutcome::Failed { message, .. } => Some(message),
        HookOutcome::Completed | HookOutcome::Cancelled | HookOutcome::Stopped | HookOutcome::Detached => {
            None
        }
    };
    // The message of a call without an answer names the target already.
    let is_named = |url: &str| failed.is_some_and(|message| message.contains(url));
    if let Some(first) = report.requests.first().filter(|first| !is_named(&first.url)) {
        let ends: Vec<_> = report.requests.iter().map(|request| end(&request.outcome)).collect();
        let target = escape::line(&format!("{} {}", first.method, first.url));
        line.push_str(&format!("  {target}: {}", escape::line(&ends.join(", "))));
    }
    if let Some(message) = failed {
        line.push_str(&format!("  {}", escape::line(message)));
    }
    for warning in &report.warnings {
        line.push_str(&format!("  {} {}", paint.yellow("note:"), escape::line(warning)));
    }
    let time = render::duration(report.wall_us);
    line.push_str(&format!("  {}", paint.dim(format!("{time}  {}", escape::line(&report.at)))));
    line
}

fn state(outcome: &HookOutcome, paint: Paint) -> String {
    match outcome {
        HookOutcome::Completed => paint.green("completed").to_string(),
        HookOutcome::Cancelled => paint.yellow("cancelled by its template").to_string(),
        HookOutcome::Stopped => paint.red("stopped the flow").to_string(),
        HookOutcome::Failed { .. } => paint.red("failed").to_string(),
        HookOutcome::Detached => paint.yellow("has not ended").to_string(),
    }
}

fn end(outcome: &RequestOutcome) -> String {
    match outcome {
        RequestOutcome::Answered { status } => status.to_string(),
        RequestOutcome::Failed { reason, .. } => reason.clone(),
    }
}

//! `vestibule run --flow FILE`: what a flow file binds to a trigger.

use vestibule::ActionReport;
use vestibule::EngineLimits;
use vestibule::MemoryHost;
use vestibule::Trigger;
use vestibule::Vestibule;
use vestibule_config::FlowFile;
use vestibule_config::FlowFileError;
use vestibule_config::LoadedFlow;
use vestibule_config::Overrides;
use vestibule_config::Target;

use crate::action;
use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::run;
use crate::commands::run::RunArgs;
use crate::commands::run_options;
use crate::debugging::Debugging;
use crate::flow_file;
use crate::io::Io;
use crate::limits;
use crate::program_key;

/// Runs what is bound. Options of the command line take the place of what the file says.
pub(super) fn run(args: &RunArgs, io: &mut Io<'_>) -> CommandResult {
    refuse_what_the_file_says(args)?;
    let file = match flow_file::read(args.flow.as_ref().and_then(Option::as_deref), io)? {
        Ok(file) => file.with_overrides(overrides(args, io)?),
        Err(error) => return Ok(flow_file::report(&error.problems, io)),
    };
    let folder = flow_file::folder(args.flow.as_ref().and_then(Option::as_deref), io)?;
    let debugging = args.debugger.listen(folder, io)?;
    let target =
        Target { trigger: args.trigger.clone(), entity: args.entity.clone(), method: args.method.clone() };
    let vestibule = match start(args, &file, debugging.as_ref(), io)? {
        Ok(vestibule) => vestibule,
        Err(error) => return Ok(flow_file::report(&error.problems, io)),
    };
    let trigger = vestibule.triggers().get(&target.trigger).map_err(cli::unknown_trigger)?;
    refuse_what_is_not_bound(args, &file, &target)?;
    let entry = run_options::entry(args, io)?;
    let event = run_options::event(args, trigger, io)?;
    let LoadedFlow { flow, warnings } = match file.load(&vestibule, &target) {
        Ok(loaded) => loaded,
        Err(error) => return refused(args, trigger, &error, io),
    };
    for warning in warnings {
        run::warn(&warning, io);
    }
    run::note_sample_event(args, trigger, io);
    let ended = run::run_to_its_end(&flow, entry, event, debugging, io)?;
    program_key::warn_of_refusals(&vestibule.engine().stats().code_caches, io);
    run::finish(args, ended, trigger, io)
}

/// Options that a flow file has a place for.
fn refuse_what_the_file_says(args: &RunArgs) -> Result<(), CommandError> {
    let refusal = |option: &str, hint: &str| {
        Err(CommandError::usage(format!("{option} does not go with --flow")).hint(hint))
    };
    if !args.on_failure.is_empty() {
        return refusal("--on-failure", "write on_failure: continue at the action's place in the flow file");
    }
    if !args.modules.is_empty() || !args.module_secrets.is_empty() {
        return refusal("--module", "write modules and their secrets into the flow file");
    }
    Ok(())
}

fn overrides(args: &RunArgs, io: &Io<'_>) -> Result<Overrides, CommandError> {
    let is_network_named =
        args.fetch.is_some() || !args.allow_hosts.is_empty() || !args.allow_addresses.is_empty();
    Ok(Overrides {
        secrets: run_options::secrets(args, io)?.into_iter().collect(),
        limits: limits::changes(&args.limits)?,
        egress: if is_network_named { Some(run_options::egress(args, io)?) } else { None },
    })
}

fn start(
    args: &RunArgs,
    file: &FlowFile,
    debugging: Option<&Debugging>,
    io: &Io<'_>,
) -> Result<Result<Vestibule, FlowFileError>, CommandError> {
    // One flow at a time needs one thread.
    let engine_limits = EngineLimits { threads: 1, ready_isolates: 2, ..EngineLimits::default() };
    let host = MemoryHost::new(run_options::directory(args, io)?);
    let mut builder = Vestibule::builder().engine_limits(engine_limits).host(host);
    if let Some(keys) = run_options::keys(args, io)? {
        builder = builder.continuation_keys(keys);
    }
    if let Some(key) = args.program_key.for_running(io)? {
        builder = builder.program_key(key);
    }
    if let Some(debugging) = debugging {
        builder = debugging.prepare(builder);
    }
    match file.configure(builder) {
        Ok(builder) => builder.build().map(Ok).map_err(CommandError::failed),
        Err(error) => Ok(Err(error)),
    }
}

/// What the command line names and the file does not.
fn refuse_what_is_not_bound(args: &RunArgs, file: &FlowFile, target: &Target) -> Result<(), CommandError> {
    let targets = file.targets();
    if !targets.iter().any(|bound| bound.trigger == target.trigger) {
        let bound: Vec<_> = targets.iter().map(ToString::to_string).collect();
        let hint = match bound.as_slice() {
            [] => "the flow file binds nothing; bindings are written under `triggers:`".to_owned(),
            bound => format!("the flow file binds: {}", bound.join(", ")),
        };
        return Err(CommandError::usage(format!("nothing is bound to {}", target.trigger)).hint(hint));
    }
    let actions = file.summary(target).actions;
    let known: Vec<&str> = actions.iter().flat_map(|action| &action.secrets).map(String::as_str).collect();
    let given = args.secrets.iter().chain(&args.secret_files).filter_map(|pair| pair.split_once('='));
    match given.map(|(name, _)| name).find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let hint = match known.as_slice() {
                [] => "they have none; write them into the flow file".to_owned(),
                known => format!("their secrets are: {}", known.join(", ")),
            };
            Err(CommandError::usage(format!("no action of {target} has a secret {name}")).hint(hint))
        }
    }
}

/// Problems with what the file names; sources that do not compile have an outcome document.
fn refused(args: &RunArgs, trigger: &Trigger, error: &FlowFileError, io: &mut Io<'_>) -> CommandResult {
    let code = flow_file::report(&error.problems, io);
    let handler = args.handler.name_in(trigger);
    let refused = error.problems.iter().map(|problem| {
        let refused = problem.refused.as_ref()?;
        action::refusal(&refused.name, &handler, &refused.error)
    });
    // Another problem beside them is about the flow file, and then nothing was tried.
    if let Some(reports) = refused.collect::<Option<Vec<ActionReport>>>()
        && run::format(args, io) == Format::Json
    {
        io.out(&run::json(&action::refused_flow(trigger, reports))?);
    }
    Ok(code)
}

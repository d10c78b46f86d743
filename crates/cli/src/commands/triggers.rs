//! `vestibule triggers`: which triggers there are, and all about one of them.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::Value;
use serde_json::json;
use vestibule::Registry;
use vestibule::Trigger;

use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::commands::trigger_docs;
use crate::io::Io;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  vestibule triggers
  vestibule triggers show auth0/post-login
  vestibule triggers sample auth0/post-login > event.json
  vestibule triggers docs --out docs/triggers"
)]
pub(crate) struct TriggersArgs {
    #[command(subcommand)]
    command: Option<TriggersCommand>,
    /// How to print the list
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Subcommand)]
enum TriggersCommand {
    /// Print the reference of a trigger: handlers, event and every method of api
    Show {
        /// The trigger, such as auth0/post-login
        trigger: String,
    },
    /// Write the reference of every trigger as Markdown, one file for each
    Docs {
        /// The folder to write into
        #[arg(long, short, value_name = "DIR", default_value = "docs/triggers")]
        out: PathBuf,
        /// Write nothing; fail when a file is missing, differs, or belongs to no trigger
        #[arg(long)]
        check: bool,
    },
    /// Print an example of the event of a trigger
    Sample {
        /// The trigger, such as auth0/post-login
        trigger: String,
    },
}

pub(crate) fn triggers(args: &TriggersArgs, io: &mut Io<'_>) -> CommandResult {
    let registry = Registry::built_in();
    match (&args.command, args.format) {
        (Some(TriggersCommand::Show { trigger }), _) => {
            io.out(&registry.get(trigger).map_err(cli::unknown_trigger)?.reference());
        }
        (Some(TriggersCommand::Docs { out, check: true }), _) => {
            return trigger_docs::check(&registry, out, io);
        }
        (Some(TriggersCommand::Docs { out, check: false }), _) => trigger_docs::write(&registry, out, io)?,
        (Some(TriggersCommand::Sample { trigger }), _) => {
            let trigger = registry.get(trigger).map_err(cli::unknown_trigger)?;
            let sample = trigger.sample_event().ok_or_else(|| no_sample(trigger))?;
            io.out(&format!("{}\n", sample.trim_end()));
        }
        (None, Format::Text) => {
            let list = list(&registry, Paint { is_on: io.colours.stdout });
            io.out(&list);
        }
        (None, Format::Json) => {
            let list: Vec<Value> = registry.iter().map(|trigger| entry(trigger)).collect();
            io.out(&format!("{:#}\n", Value::Array(list)));
        }
    }
    Ok(0)
}

/// What to say where an event is needed and there is none.
pub(crate) fn no_sample(trigger: &Trigger) -> CommandError {
    CommandError::usage(format!("the trigger {} has no sample event", trigger.id()))
        .hint("write an event and name it with --event FILE")
}

fn list(registry: &Registry, paint: Paint) -> String {
    let names = registry.iter().map(|trigger| trigger.id().len()).max().unwrap_or(0);
    let titles = registry.iter().map(|trigger| trigger.title().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut platform = "";
    for trigger in registry.iter() {
        let own = trigger.id().split('/').next().unwrap_or_default();
        if platform != own && !platform.is_empty() {
            text.push('\n');
        }
        platform = own;
        let handlers: Vec<_> = trigger.handlers().iter().map(|handler| handler.name.as_str()).collect();
        text.push_str(&format!(
            "{:names$}  {:titles$}  {:5}  {:>2} methods  {}\n",
            paint.bold(trigger.id()),
            trigger.title(),
            trigger.mode().to_string(),
            trigger.methods().len(),
            paint.dim(handlers.join(", ")),
        ));
    }
    text.push_str("\nTell me more:  vestibule triggers show NAME\n");
    text
}

fn entry(trigger: &Trigger) -> Value {
    let handlers: Vec<_> = trigger
        .handlers()
        .iter()
        .map(|handler| json!({ "name": handler.name, "phase": handler.phase.name() }))
        .collect();
    json!({
        "name": trigger.id(),
        "title": trigger.title(),
        "summary": trigger.summary(),
        "mode": trigger.mode(),
        "handlers": handlers,
        "methods": trigger.methods().len(),
    })
}

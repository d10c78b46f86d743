//! `vestibule types`: the declaration of a trigger, for an editor.

use vestibule::Registry;

use crate::cli;
use crate::command_error::CommandResult;
use crate::io::Io;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule types --trigger auth0/post-login > post-login.d.ts

`vestibule init` puts the file where an editor finds it.")]
pub(crate) struct TypesArgs {
    /// The trigger, such as auth0/post-login
    #[arg(long, short)]
    trigger: String,
}

pub(crate) fn types(args: &TypesArgs, io: &mut Io<'_>) -> CommandResult {
    let registry = Registry::built_in();
    let trigger = registry.get(&args.trigger).map_err(cli::unknown_trigger)?;
    io.out(trigger.source());
    Ok(0)
}

//! `vestibule remove`: packages that a project no longer needs.

use crate::command_error::CommandResult;
use crate::io::Io;
use crate::packages;
use crate::packages::PackagesArgs;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule remove lodash            out of package.json, the lock file and node_modules")]
pub(crate) struct RemoveArgs {
    /// The names of dependencies
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,

    #[command(flatten)]
    place: PackagesArgs,
}

pub(crate) fn remove(args: &RemoveArgs, io: &mut Io<'_>) -> CommandResult {
    let project = args.place.project(io);
    let report = args.place.work(io, async |installer| installer.remove(&project, &args.names).await);
    packages::finish(report, io)
}

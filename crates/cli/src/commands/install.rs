//! `vestibule install`: the packages that a project's files ask for.

use vestibule_packages::Locking;

use crate::command_error::CommandResult;
use crate::io::Io;
use crate::packages;
use crate::packages::PackagesArgs;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule install                  what package.json and package-lock.json say
  vestibule install --frozen         on a build machine: exactly the lock file, or an error
  vestibule install --dir my-action --registry https://HOST/npm/

A failure changes nothing, and what was fetched is kept. An installation that was interrupted is put right
by the next one.")]
pub(crate) struct InstallArgs {
    /// Refuse to change package-lock.json
    #[arg(long)]
    frozen: bool,

    #[command(flatten)]
    place: PackagesArgs,
}

pub(crate) fn install(args: &InstallArgs, io: &mut Io<'_>) -> CommandResult {
    let locking = if args.frozen { Locking::Frozen } else { Locking::Update };
    let project = args.place.project(io);
    let report = args.place.work(io, async |installer| installer.install(&project, locking).await);
    packages::finish(report, io)
}

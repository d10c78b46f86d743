//! `vestibule add`: packages of the npm registry for a project.

use vestibule_packages::Group;
use vestibule_packages::PackagesError;
use vestibule_packages::Request;

use crate::command_error::CommandResult;
use crate::io::Io;
use crate::packages;
use crate::packages::PackagesArgs;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule add jose                      the newest version, and later ones that are compatible
  vestibule add lodash@4.17.21 uuid@^9    exactly this version; any version of this range
  vestibule add zod@next                  the version of a tag
  vestibule add joi17@npm:joi@17          under another name
  vestibule add --dev @types/node         only for developing

package.json and package-lock.json are npm's: a project may go back and forth between npm and this
command. No install script is run, and packages with machine code are refused.

A mirror and tokens stand in .npmrc, of the project or in the home folder:
  registry=https://HOST/npm/
  @SCOPE:registry=https://HOST/other/
  //HOST/:_authToken=${NAME_OF_A_VARIABLE}")]
pub(crate) struct AddArgs {
    /// The packages: NAME, NAME@VERSION, NAME@RANGE, NAME@TAG or ALIAS@npm:NAME@VERSION
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<String>,

    /// Write them into devDependencies
    #[arg(long, short = 'D')]
    dev: bool,

    #[command(flatten)]
    place: PackagesArgs,
}

pub(crate) fn add(args: &AddArgs, io: &mut Io<'_>) -> CommandResult {
    let requests: Result<Vec<Request>, PackagesError> =
        args.packages.iter().map(String::as_str).map(Request::parse).collect();
    let requests = requests.map_err(packages::refused)?;
    let group = if args.dev { Group::DevDependencies } else { Group::Dependencies };
    let project = args.place.project(io);
    let report = args.place.work(io, async |installer| installer.add(&project, &requests, group).await);
    packages::finish(report, io)
}

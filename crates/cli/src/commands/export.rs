//! `vestibule export`: what another platform imports, made of a flow file.

use std::path::PathBuf;

use clap::Subcommand;
use vestibule_config::auth0;

use crate::cli;
use crate::command_error::CommandResult;
use crate::escape;
use crate::flow_file;
use crate::io::Io;
use crate::render;
use crate::transfer;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule export auth0 --out tenant
  vestibule export auth0 vestibule.toml --out tenant --force")]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    platform: Platform,
}

#[derive(Subcommand)]
enum Platform {
    /// Write a folder that Auth0's deploy CLI imports
    Auth0(Auth0Args),
}

#[derive(clap::Args)]
struct Auth0Args {
    /// The flow file; without it vestibule.yaml, .yml, .toml or .json in the current directory
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The folder to write into
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,

    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn export(args: &ExportArgs, io: &mut Io<'_>) -> CommandResult {
    match &args.platform {
        Platform::Auth0(args) => export_auth0(args, io),
    }
}

fn export_auth0(args: &Auth0Args, io: &mut Io<'_>) -> CommandResult {
    let file = match flow_file::read(args.file.as_deref(), io)? {
        Ok(file) => file,
        Err(error) => return Ok(flow_file::report(&error.problems, io)),
    };
    let exported = auth0::export(&file).map_err(transfer::refused)?;
    transfer::write(&exported, &args.out, args.force, io)?;
    transfer::tell(&exported.notes, io);
    let folder = escape::line(&cli::shown(&args.out));
    let mut text = format!("Exported {}:\n", render::count(exported.files.len() as u64, "file"));
    for file in &exported.files {
        text.push_str(&format!("  {folder}/{}\n", escape::line(&file.path)));
    }
    text.push_str(&format!("Now deploy it:\n  a0deploy import --input_file {folder}\n"));
    io.out(&text);
    Ok(0)
}

//! `vestibule import`: a flow file of what another platform exports.

use std::path::PathBuf;

use clap::Subcommand;
use vestibule::Registry;
use vestibule_config::FILE_NAMES;
use vestibule_config::auth0;
use vestibule_config::auth0::Import;
use vestibule_config::auth0::Keywords;

use crate::cli;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::escape;
use crate::input;
use crate::io::Io;
use crate::render;
use crate::transfer;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  vestibule import auth0 exported-tenant
  vestibule import auth0 exported-tenant/tenant.yaml --out actions-of-prod --keywords config.json")]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    platform: Platform,
}

#[derive(Subcommand)]
enum Platform {
    /// Read the folder, or the tenant.yaml, that Auth0's deploy CLI exports
    Auth0(Auth0Args),
}

#[derive(clap::Args)]
struct Auth0Args {
    /// The exported folder, or its tenant.yaml
    #[arg(value_name = "DIR")]
    export: PathBuf,

    /// The folder to write the flow file and the code into
    #[arg(long, short, value_name = "DIR", default_value = "vestibule")]
    out: PathBuf,

    /// What stands for ##KEYWORD## and @@KEYWORD@@ in code and names: the deploy CLI's config.json
    #[arg(long, value_name = "FILE")]
    keywords: Option<PathBuf>,

    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn import(args: &ImportArgs, io: &mut Io<'_>) -> CommandResult {
    match &args.platform {
        Platform::Auth0(args) => import_auth0(args, io),
    }
}

fn import_auth0(args: &Auth0Args, io: &mut Io<'_>) -> CommandResult {
    let [flow_file, ..] = FILE_NAMES;
    let keywords = keywords(args, io)?;
    let imported = auth0::import(&io.path(&args.export), flow_file, &Registry::built_in(), &keywords)
        .map_err(transfer::refused)?;
    transfer::write(&imported.transfer, &args.out, args.force, io)?;
    transfer::tell(&imported.transfer.notes, io);
    let text = summary(&imported, args, flow_file);
    io.out(&text);
    Ok(0)
}

fn keywords(args: &Auth0Args, io: &Io<'_>) -> Result<Keywords, CommandError> {
    let Some(path) = &args.keywords else { return Ok(Keywords::default()) };
    let shown = cli::shown(path);
    let text = input::text(&io.path(path), &shown)?;
    Keywords::parse(&text).map_err(|error| {
        CommandError::wrong_use(anyhow::Error::new(error).context(format!("{shown} holds no keywords")))
            .hint("it must be the deploy CLI's config.json, or {\"KEYWORD\": \"value\"}")
    })
}

fn summary(imported: &Import, args: &Auth0Args, flow_file: &str) -> String {
    let count = |number: usize, what: &str| render::count(number as u64, what);
    let folder = escape::line(&cli::shown(&args.out));
    let mut text = format!(
        "Imported {} and {}:\n",
        count(imported.actions, "action"),
        count(imported.modules, "module")
    );
    for file in &imported.transfer.files {
        text.push_str(&format!("  {folder}/{}\n", escape::line(&file.path)));
    }
    if !imported.bound.is_empty() {
        text.push_str("Bound:\n");
    }
    for (trigger, number) in &imported.bound {
        text.push_str(&format!("  {}: {}\n", escape::line(trigger), count(*number, "action")));
    }
    if !imported.variables.is_empty() {
        text.push_str("Secrets are read from these environment variables:\n");
    }
    for variable in &imported.variables {
        text.push_str(&format!("  {variable}\n"));
    }
    text.push_str(&format!("Now check it:\n  vestibule flow check {folder}/{flow_file}\n"));
    text
}

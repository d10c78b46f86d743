//! Where the key of program files is on this machine, and what is said when it opens none.

use std::fs::DirBuilder;
use std::path::PathBuf;

use vestibule::CodeCacheRefusal;
use vestibule::CodeCacheStats;
use vestibule::ProgramKey;

use crate::cli;
use crate::command_error::CommandError;
use crate::io::Io;
use crate::key_file;
use crate::render;
use crate::style::Paint;

/// The option of every command that makes or runs program files.
#[derive(Default, clap::Args)]
pub(crate) struct ProgramKeyArgs {
    /// The key with which program files (.vst) are made and believed; without it vestibule/program.key in the
    /// user's state folder, which `vestibule bundle` makes when it is missing
    #[arg(long, value_name = "FILE")]
    program_key_file: Option<PathBuf>,
}

impl ProgramKeyArgs {
    /// The key to make a program file with; its file is made when it is missing.
    pub(crate) fn for_making(&self, io: &Io<'_>) -> Result<ProgramKey, CommandError> {
        if let Some(path) = &self.program_key_file {
            return key_file::program_key_or_created(&io.path(path), &cli::shown(path));
        }
        let path = default_path(io).ok_or_else(|| {
            CommandError::usage("there is no folder to keep the program key in: HOME is not set")
                .hint("name a file with --program-key-file FILE")
        })?;
        if let Some(folder) = path.parent() {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder).map_err(|error| {
                let context = format!("cannot make the folder {}", cli::shown(folder));
                CommandError::wrong_use(anyhow::Error::new(error).context(context))
            })?;
        }
        key_file::program_key_or_created(&path, &cli::shown(&path))
    }

    /// The key to believe program files with. Without one they run as well, only slower, so a missing or broken
    /// file that nobody named is no error.
    pub(crate) fn for_running(&self, io: &Io<'_>) -> Result<Option<ProgramKey>, CommandError> {
        match &self.program_key_file {
            Some(path) => key_file::program_key(&io.path(path), &cli::shown(path)).map(Some),
            None => Ok(default_path(io).and_then(|path| key_file::program_key(&path, "").ok())),
        }
    }
}

/// What to say about compiled forms that were not used: a warning for each reason.
pub(crate) fn warn_of_refusals(stats: &CodeCacheStats, io: &mut Io<'_>) {
    let paint = Paint { is_on: io.colours.stderr };
    let reasons = [
        (stats.no_key, CodeCacheRefusal::NoKey),
        (stats.not_authentic, CodeCacheRefusal::NotAuthentic),
        (stats.other_code, CodeCacheRefusal::OtherCode),
        (stats.other_engine, CodeCacheRefusal::OtherEngine),
        (stats.refused_by_v8, CodeCacheRefusal::RefusedByV8),
    ];
    for (count, reason) in reasons.into_iter().filter(|(count, _)| *count > 0) {
        let what = render::count(count, "code cache");
        let way_out = "make the program anew with `vestibule bundle`";
        io.err(&format!("{} {what} not used: {reason}; {way_out}\n", paint.yellow("warning:")));
    }
}

fn default_path(io: &Io<'_>) -> Option<PathBuf> {
    let variable = |name| (io.environment)(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let states =
        variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local").join("state")))?;
    Some(states.join("vestibule").join("program.key"))
}

//! Modules of actions: as the command line names them, and as they lie in the folder of a case.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use vestibule::Action;
use vestibule::Bundler;
use vestibule::EntryFile;
use vestibule::Module;

use crate::action;
use crate::cli;
use crate::command_error::CommandError;
use crate::input;
use crate::io::Io;

/// The folder of a case with its modules.
pub(crate) const FOLDER: &str = "modules";

const MODULE_FORM: &str = "NAME=FILE";
const SECRET_FORM: &str = "MODULE.NAME=VALUE";

/// What `case.json` says about one module. It has no `Debug`: it holds secrets.
#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModuleSettings {
    secrets: BTreeMap<String, String>,
    version: Option<String>,
}

/// The modules that `--module` and `--module-secret` give to every action.
pub(crate) fn from_flags(
    modules: &[String],
    secrets: &[String],
    io: &Io<'_>,
) -> Result<Vec<Module>, CommandError> {
    let bundler = io.bundler();
    let mut made: Vec<Module> = Vec::new();
    for pair in modules {
        let (name, file) = cli::split_pair(pair, "--module", MODULE_FORM)?;
        if made.iter().any(|other| other.name() == name) {
            return Err(CommandError::usage(format!("the module {name} is given twice"))
                .hint("leave one of them out"));
        }
        made.push(compile(name, &io.path(Path::new(file)), file, bundler.as_ref())?);
    }
    for pair in secrets {
        let (path, value) = cli::split_pair(pair, "--module-secret", SECRET_FORM)?;
        let Some((module, name)) = path.split_once('.').filter(|(_, name)| !name.is_empty()) else {
            return Err(CommandError::usage(format!(
                "a --module-secret names {path:?}, which has no module"
            ))
            .hint(format!("write --module-secret {SECRET_FORM}")));
        };
        let Some(index) = made.iter().position(|other| other.name() == module) else {
            return Err(unknown(&format!("a --module-secret names {module:?}"), &names(&made))
                .hint(format!("give the module too: --module {module}=FILE")));
        };
        let with_secret = made.swap_remove(index).secret(name, value);
        made.push(with_secret.map_err(CommandError::wrong_use)?);
    }
    Ok(made)
}

/// A module, with what it imports where there is a bundler. `shown` is what messages call its file.
fn compile(name: &str, path: &Path, shown: &str, bundler: Option<&Bundler>) -> Result<Module, CommandError> {
    let text = input::text(path, shown)?;
    let file = EntryFile { path, file_name: shown, text: &text };
    Module::from_file(name, file, bundler).map_err(action::refusal_error)
}

/// The modules of a case: the files of its folder `modules`.
pub(crate) fn from_folder(
    case: &Path,
    mut settings: BTreeMap<String, ModuleSettings>,
    bundler: Option<&Bundler>,
) -> Result<Vec<Module>, CommandError> {
    let folder = case.join(FOLDER);
    let mut made = Vec::new();
    for file_name in if folder.is_dir() { files_in(&folder)? } else { Vec::new() } {
        let shown = format!("{FOLDER}/{file_name}");
        let name = file_name.rsplit_once('.').map_or(file_name.as_str(), |(stem, _)| stem);
        let mut module = compile(name, &folder.join(&file_name), &shown, bundler)?;
        let ModuleSettings { secrets, version } = settings.remove(name).unwrap_or_default();
        for (name, value) in secrets {
            module = module.secret(name, value).map_err(CommandError::wrong_use)?;
        }
        made.push(match version {
            Some(version) => module.version(version),
            None => module,
        });
    }
    match settings.keys().next() {
        Some(name) => Err(unknown(&format!("case.json: `modules` names {name:?}"), &names(&made))),
        None => Ok(made),
    }
}

/// The files of the modules of a case.
pub(crate) fn paths_in(case: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let folder = case.join(FOLDER);
    let files = if folder.is_dir() { files_in(&folder)? } else { Vec::new() };
    Ok(files.into_iter().map(|file| folder.join(file)).collect())
}

/// The action with all these modules.
pub(crate) fn give(modules: &[Module], action: Action) -> Result<Action, CommandError> {
    let given = modules.iter().cloned().try_fold(action, Action::module);
    given.map_err(CommandError::wrong_use)
}

fn files_in(folder: &Path) -> Result<Vec<String>, CommandError> {
    let failed = |error| {
        CommandError::wrong_use(
            anyhow::Error::new(error).context(format!("the folder {FOLDER} cannot be read")),
        )
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let is_source = name
            .rsplit_once('.')
            .is_some_and(|(stem, ending)| action::ENDINGS.contains(&ending) && !stem.ends_with(".d"));
        if is_source {
            files.push(name);
        }
    }
    files.sort();
    Ok(files)
}

fn names(modules: &[Module]) -> Vec<&str> {
    modules.iter().map(Module::name).collect()
}

fn unknown(what: &str, names: &[&str]) -> CommandError {
    let there_are = match names {
        [] => "there are no modules".to_owned(),
        names => format!("the modules are: {}", names.join(", ")),
    };
    CommandError::usage(format!("{what}, which is none of the modules")).hint(there_are)
}

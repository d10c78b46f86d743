//! Which sources a command looks at, what is known about each, and what is to say about them.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use vestibule::BundleError;
use vestibule::BundleRemark;
use vestibule::Bundler;
use vestibule::CheckedSource;
use vestibule::Diagnostic;
use vestibule::EntryFile;
use vestibule::Level;
use vestibule::Registry;
use vestibule::Topic;
use vestibule::Trigger;
use vestibule_config::Outline;

use crate::action;
use crate::cli;
use crate::command_error::CommandError;
use crate::escape;
use crate::fixture::CaseSources;
use crate::fixture::find_cases;
use crate::input;
use crate::style::Paint;

/// How deep folders are searched; an end for trees that have none.
const DEPTH_MAX: usize = 32;

/// A source to be checked.
pub(crate) struct Subject {
    /// What remarks call it.
    pub(crate) shown: String,
    pub(crate) path: PathBuf,
    pub(crate) role: Role,
    /// The names of its secrets and of its modules, where they are known.
    pub(crate) secrets: Option<Vec<String>>,
    pub(crate) modules: Option<Vec<String>>,
    /// Whether the secrets are given to this action and not to several.
    are_secrets_its_own: bool,
}

/// What a source is for.
pub(crate) enum Role {
    /// An action of one of these triggers.
    Action(Vec<String>),
    /// A module of actions.
    Module,
    /// Its handlers tell: an action of whatever calls them, or something else.
    Unknown,
}

/// What is to say about one file.
#[derive(PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) file: String,
    pub(crate) level: Level,
    topic: Topic,
    message: String,
    /// `None` when it is about the whole file.
    diagnostic: Option<Diagnostic>,
}

/// How many problems there are of each kind.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

/// The actions and modules of a flow file.
pub(crate) fn of_flow(outline: &Outline, shown: impl Fn(&str) -> String) -> Vec<Subject> {
    let actions = outline.actions.iter().map(|action| Subject {
        shown: shown(&action.file),
        path: outline.path(&action.file),
        role: match action.triggers.is_empty() {
            true => Role::Unknown,
            false => Role::Action(action.triggers.clone()),
        },
        secrets: Some(action.secrets.always.iter().chain(&action.secrets.sometimes).cloned().collect()),
        modules: Some(action.modules.clone()),
        are_secrets_its_own: true,
    });
    let modules = outline.modules.iter().map(|module| Subject {
        shown: shown(&module.file),
        path: outline.path(&module.file),
        role: Role::Module,
        secrets: None,
        modules: None,
        are_secrets_its_own: false,
    });
    actions.chain(modules).collect()
}

/// A file, or what there is in a folder and below it: the sources of cases, and other sources.
pub(crate) fn in_path(path: &Path, shown: &str) -> Result<Vec<Subject>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![unknown(path.to_owned(), shown.to_owned())]);
    }
    in_folder(path, shown, Err)
}

/// As [`in_path`], for a folder in which some cases may be broken: they say so when they run.
pub(crate) fn in_path_as_far_as_it_goes(path: &Path, shown: &str) -> Result<Vec<Subject>, CommandError> {
    in_folder(path, shown, |_| Ok(()))
}

fn in_folder(
    path: &Path,
    shown: &str,
    on_broken: impl Fn(CommandError) -> Result<(), CommandError>,
) -> Result<Vec<Subject>, CommandError> {
    let mut subjects = Vec::new();
    for case in find_cases(path, shown).map_err(CommandError::wrong_use)? {
        match CaseSources::read(&case.path) {
            Ok(sources) => subjects.extend(of_case(&sources, &case.path, &case.name)),
            Err(CommandError { kind, error, hints }) => {
                on_broken(CommandError { kind, error: error.context(case.name.clone()), hints })?;
            }
        }
    }
    sources_below(path, shown, DEPTH_MAX, &mut subjects)?;
    Ok(subjects)
}

fn of_case(sources: &CaseSources, folder: &Path, name: &str) -> Vec<Subject> {
    let shown = |path: &Path| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        joined(name, &below.to_string_lossy())
    };
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let modules: Vec<String> = sources.modules.iter().map(stem).collect();
    let actions = sources.actions.iter().map(|action| Subject {
        shown: shown(&action.path),
        path: action.path.clone(),
        role: Role::Action(vec![sources.trigger.clone()]),
        secrets: Some(action.secrets.clone()),
        modules: Some(modules.clone()),
        are_secrets_its_own: false,
    });
    let modules = sources.modules.iter().map(|path| Subject {
        shown: shown(path),
        path: path.clone(),
        role: Role::Module,
        secrets: None,
        modules: None,
        are_secrets_its_own: false,
    });
    actions.chain(modules).collect()
}

fn unknown(path: PathBuf, shown: String) -> Subject {
    Subject { shown, path, role: Role::Unknown, secrets: None, modules: None, are_secrets_its_own: false }
}

fn joined(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{}/{name}", folder.trim_end_matches('/')) }
}

fn sources_below(
    folder: &Path,
    shown: &str,
    depth: usize,
    found: &mut Vec<Subject>,
) -> Result<(), CommandError> {
    let failed =
        |error| CommandError::wrong_use(anyhow::Error::new(error).context(format!("cannot search {shown}")));
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push((name, entry.path(), entry.file_type().map_err(failed)?));
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    for (name, path, kind) in entries {
        if kind.is_dir() {
            if depth > 0 && !name.starts_with('.') && name != "node_modules" {
                sources_below(&path, &joined(shown, &name), depth - 1, found)?;
            }
        } else if is_source(&name) {
            found.push(unknown(path, joined(shown, &name)));
        }
    }
    Ok(())
}

/// Whether a file of this name can be an action or a module.
pub(crate) fn is_source(name: &str) -> bool {
    let parts = name.rsplit_once('.');
    parts.is_some_and(|(stem, ending)| action::ENDINGS.contains(&ending) && !stem.ends_with(".d"))
}

/// Each file once: what is said first about it is what is known best.
pub(crate) fn without_repetition(subjects: Vec<Subject>) -> Vec<Subject> {
    let mut seen: Vec<(PathBuf, bool)> = Vec::new();
    let is_new = |subject: &Subject| {
        let path = fs::canonicalize(&subject.path).unwrap_or_else(|_| subject.path.clone());
        let is_known = !matches!(subject.role, Role::Unknown);
        // The same action may stand in several cases, with other secrets in each.
        let is_told = seen.iter().any(|(other, known)| *other == path && (*known || !is_known));
        seen.push((path, is_known));
        !is_told
    };
    let mut is_new = is_new;
    subjects.into_iter().filter(|subject| is_new(subject)).collect()
}

/// Checks one source, and all that it imports where there is a bundler.
///
/// # Errors
/// When it cannot be read, or is for a trigger that there is not.
pub(crate) fn check(
    subject: &Subject,
    registry: &Registry,
    bundler: Option<&Bundler>,
) -> Result<Vec<Problem>, CommandError> {
    if vestibule::is_program_file_name(&subject.shown) {
        let message = "a program file is not checked; check the source that it was made from".to_owned();
        let problem = Problem::on_file(&subject.shown, Topic::Unsupported, message);
        return Ok(vec![Problem { level: Level::Note, ..problem }]);
    }
    let text = input::text(&subject.path, &subject.shown)?;
    let triggers = triggers(subject, &text, registry)?;
    let source = CheckedSource {
        file_name: &subject.shown,
        text: &text,
        triggers: &triggers,
        secrets: subject.secrets.as_deref(),
        modules: subject.modules.as_deref(),
        is_bundled: bundler.is_some(),
    };
    let file = &subject.shown;
    let remarks = match vestibule::check(source) {
        Ok(remarks) => remarks,
        Err(error) => return Ok(vec![Problem::on_file(file, Topic::Unsupported, error.to_string())]),
    };
    let is_told = |remark: &vestibule::Remark| {
        subject.are_secrets_its_own || (remark.topic, remark.level) != (Topic::Secret, Level::Note)
    };
    let told = remarks.into_iter().filter(is_told);
    let mut problems: Vec<Problem> =
        told.map(|remark| Problem::at(file, remark.level, remark.topic, remark.diagnostic)).collect();
    let can_be_read =
        !problems.iter().any(|problem| matches!(problem.topic, Topic::Syntax | Topic::Unsupported));
    if let Some(bundler) = bundler.filter(|_| can_be_read) {
        problems.extend(of_imports(subject, &text, bundler));
    }
    Ok(problems)
}

/// What is to say about what a source imports.
fn of_imports(subject: &Subject, text: &str, bundler: &Bundler) -> Vec<Problem> {
    let file = EntryFile { path: &subject.path, file_name: &subject.shown, text };
    let (level, remarks) = match bundler.bundle(file) {
        Ok(bundle) => (Level::Warning, bundle.warnings),
        Err(BundleError::Refused { remarks, .. }) => (Level::Error, remarks),
        Err(error) => return vec![Problem::on_file(&subject.shown, Topic::Module, error.to_string())],
    };
    remarks
        .into_iter()
        .map(|BundleRemark { file_name, diagnostic, .. }| {
            Problem::at(&file_name, level, Topic::Module, diagnostic)
        })
        .collect()
}

fn triggers<'r>(
    subject: &Subject,
    text: &str,
    registry: &'r Registry,
) -> Result<Vec<&'r Trigger>, CommandError> {
    match &subject.role {
        Role::Module => Ok(Vec::new()),
        Role::Action(ids) => {
            let named = ids.iter().map(|id| registry.get(id).map(AsRef::as_ref));
            named.collect::<Result<_, _>>().map_err(cli::unknown_trigger)
        }
        Role::Unknown => Ok(likely_triggers(text, registry)),
    }
}

/// The triggers whose handlers a text names; those whose types it imports, if there are any.
pub(crate) fn likely_triggers<'r>(text: &str, registry: &'r Registry) -> Vec<&'r Trigger> {
    let is_named = |trigger: &&Trigger| trigger.handlers().iter().any(|handler| text.contains(&handler.name));
    let named: Vec<&Trigger> = registry.iter().map(AsRef::as_ref).filter(is_named).collect();
    let imported: Vec<&Trigger> =
        named.iter().copied().filter(|trigger| text.contains(trigger.id())).collect();
    if imported.is_empty() { named } else { imported }
}

impl Problem {
    fn at(file: &str, level: Level, topic: Topic, diagnostic: Diagnostic) -> Self {
        let message = diagnostic.message.clone();
        Self { file: file.to_owned(), level, topic, message, diagnostic: Some(diagnostic) }
    }

    fn on_file(file: &str, topic: Topic, message: String) -> Self {
        let message = message.strip_prefix(&format!("{file}: ")).unwrap_or(&message).to_owned();
        Self { file: file.to_owned(), level: Level::Error, topic, message, diagnostic: None }
    }

    /// As a person reads it: `FILE:LINE:COLUMN: error: …`, the line, and the way out.
    pub(crate) fn text(&self, paint: Paint) -> String {
        let level = match self.level {
            Level::Error => paint.red("error:"),
            Level::Warning => paint.yellow("warning:"),
            Level::Note => paint.cyan("note:"),
        };
        let file = escape::line(&self.file);
        let Some(diagnostic) = &self.diagnostic else {
            return format!("{file}: {level} {}\n", escape::block(&self.message));
        };
        let Diagnostic { line, column, .. } = diagnostic;
        let shown = diagnostic.to_string();
        let rest = shown.strip_prefix(&format!("{line}:{column}: ")).unwrap_or(&shown);
        format!("{file}:{line}:{column}: {level} {}\n", escape::block(rest))
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "file": self.file,
            "level": self.level,
            "topic": self.topic,
            "message": self.message,
        });
        if let Some(diagnostic) = &self.diagnostic {
            json["line"] = diagnostic.line.into();
            json["column"] = diagnostic.column.into();
            json["length"] = diagnostic.length.into();
            json["help"] = diagnostic.help.clone().into();
        }
        json
    }
}

impl Counts {
    pub(crate) fn of<'p>(problems: impl IntoIterator<Item = &'p Problem>) -> Self {
        let mut counts = Self::default();
        for problem in problems {
            match problem.level {
                Level::Error => counts.errors += 1,
                Level::Warning => counts.warnings += 1,
                Level::Note => counts.notes += 1,
            }
        }
        counts
    }
}

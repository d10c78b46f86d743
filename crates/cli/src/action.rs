//! From a file to an action; and what the outcome document says of a source that does not compile.

use std::path::Path;

use vestibule::Action;
use vestibule::ActionError;
use vestibule::ActionReport;
use vestibule::BundleError;
use vestibule::Bundler;
use vestibule::CompileError;
use vestibule::Decision;
use vestibule::Diagnostic;
use vestibule::EntryFile;
use vestibule::FlowOutcome;
use vestibule::Frame;
use vestibule::Outcome;
use vestibule::PROGRAM_FILE_BYTES_MAX;
use vestibule::Pending;
use vestibule::Phase;
use vestibule::Thrown;
use vestibule::Trigger;
use vestibule::Usage;
use vestibule::is_program_file_name;

use crate::command_error::CommandError;
use crate::input;

/// Endings of action files.
pub(crate) const ENDINGS: [&str; 6] = ["js", "mjs", "cjs", "ts", "mts", "cts"];

/// The contents of an action's file.
pub(crate) enum ActionFile {
    Source(String),
    Program(Vec<u8>),
}

/// Reads the file of an action. `shown` is what errors call it.
pub(crate) fn read(path: &Path, shown: &str) -> Result<ActionFile, CommandError> {
    match is_program_file_name(shown) {
        true => input::bytes(path, shown, PROGRAM_FILE_BYTES_MAX as u64).map(ActionFile::Program),
        false => input::text(path, shown).map(ActionFile::Source),
    }
}

impl ActionFile {
    /// The action, with what it imports where there is a bundler. `shown` is what messages call the file.
    pub(crate) fn compile(
        &self,
        name: &str,
        path: &Path,
        shown: &str,
        bundler: Option<&Bundler>,
    ) -> Result<Action, ActionError> {
        match self {
            Self::Source(text) => {
                Action::from_file(name, EntryFile { path, file_name: shown, text }, bundler)
            }
            Self::Program(bytes) => Action::from_program_file(name, shown, bytes),
        }
    }

    /// Its text, where it is a source.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Source(text) => Some(text),
            Self::Program(_) => None,
        }
    }
}

/// What reports call the action in a file: `2-claims.ts` is `claims`. The number in front only puts
/// files in order.
pub(crate) fn name_of(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    numbered(stem).map_or(stem, |(_, name)| name).to_owned()
}

/// The number and the name of `2-claims`.
pub(crate) fn numbered(stem: &str) -> Option<(u32, &str)> {
    let (number, name) = stem.split_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || name.is_empty() {
        return None;
    }
    Some((number.parse().ok()?, name))
}

/// The outcome document of a flow with actions that do not compile: the first of them fails it.
pub(crate) fn refused_flow(trigger: &Trigger, refused: Vec<ActionReport>) -> FlowOutcome {
    let (action, message) = refused.first().map_or_else(Default::default, |report| {
        (report.name.clone(), message_of(&report.outcome).unwrap_or_default())
    });
    FlowOutcome {
        trigger: trigger.id().to_owned(),
        decision: Decision::Fail { action, message },
        commands: Vec::new(),
        effects: serde_json::json!({}),
        actions: refused,
    }
}

/// The report of an action that does not compile; `None` when the error is not about its code.
pub(crate) fn refusal(name: &str, handler: &str, error: &ActionError) -> Option<ActionReport> {
    let Refusal { class, places } = match error {
        ActionError::Compile(error) => compile_refusal(error)?,
        ActionError::Bundle(BundleError::Refused { remarks, .. }) => {
            let places = remarks.iter().map(|remark| (&remark.file_name, &remark.diagnostic)).collect();
            Refusal { class: "InvalidProgram", places }
        }
        _ => return None,
    };
    let (_, first) = places.first()?;
    let frames = places.iter().enumerate().map(|(index, (file, diagnostic))| Frame {
        function: None,
        file: (*file).clone(),
        line: diagnostic.line,
        column: diagnostic.column,
        // A line that is cut in front would no longer fit its column.
        source: (index == 0 && !diagnostic.source_line.starts_with('…'))
            .then(|| diagnostic.source_line.clone()),
    });
    Some(ActionReport {
        name: name.to_owned(),
        handler: handler.to_owned(),
        outcome: Outcome::InvalidProgram(Thrown {
            name: class.to_owned(),
            message: first.message.clone(),
            hint: first.help.clone(),
            frames: frames.collect(),
            causes: Vec::new(),
            phase: Phase::Load,
        }),
        failure_ignored: false,
        logs: Vec::new(),
        logs_dropped: 0,
        usage: Usage::default(),
        pending: Pending::default(),
        fetches: Vec::new(),
    })
}

/// Why code is refused, and where.
struct Refusal<'e> {
    class: &'static str,
    places: Vec<(&'e String, &'e Diagnostic)>,
}

fn compile_refusal(error: &CompileError) -> Option<Refusal<'_>> {
    let (class, file) = match error {
        CompileError::Syntax { file_name, .. } => ("SyntaxError", file_name),
        CompileError::Unsupported { file_name, .. } | CompileError::TooDeep { file_name, .. } => {
            ("InvalidProgram", file_name)
        }
        // The others are about the file or the machine: `TooLarge`, `NotText`, `TooSlow`, and so on.
        _ => return None,
    };
    let places = error.diagnostics().iter().map(|diagnostic| (file, diagnostic)).collect();
    Some(Refusal { class, places })
}

/// What to say about a source that does not become an action.
pub(crate) fn refusal_error(error: ActionError) -> CommandError {
    match &error {
        // Then the command line named the wrong file.
        ActionError::Compile(CompileError::TooLarge { .. } | CompileError::NotText { .. })
        | ActionError::Program(_)
        | ActionError::ProgramFile(_)
        | ActionError::SecretTwice { .. }
        | ActionError::ModuleTwice { .. }
        | ActionError::ModuleName { .. } => CommandError::wrong_use(error),
        ActionError::Compile(_) | ActionError::Bundle(_) | ActionError::ModuleInModule { .. } => {
            CommandError::failed(error)
        }
    }
}

fn message_of(outcome: &Outcome) -> Option<String> {
    let Outcome::InvalidProgram(thrown) = outcome else { return None };
    let place = thrown.frames.first()?;
    Some(format!("{}: {} ({}:{}:{})", thrown.name, thrown.message, place.file, place.line, place.column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_front_of_a_name_only_orders() {
        assert_eq!(name_of("2-company-claims.js"), "company-claims");
        assert_eq!(name_of("action.ts"), "action");
        assert_eq!(name_of("2fa-check.js"), "2fa-check");
        assert_eq!(name_of("10-.js"), "10-");
        assert_eq!(name_of("-x.js"), "-x");
    }
}

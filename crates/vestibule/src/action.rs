//! An action: one script, compiled, with its secrets and configuration.

use thiserror::Error;
use vestibule_bundle::CompileError;
use vestibule_bundle::Compiled;
use vestibule_bundle::ModuleKind;
use vestibule_bundle::Source;
use vestibule_engine::Program;
use vestibule_engine::ProgramError;
use vestibule_engine::ProgramKind;
use vestibule_engine::Secret;

use crate::digest;

/// One script, ready to be bound to a trigger. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Action {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) warnings: Vec<String>,
    pub(crate) secrets: Vec<(String, Secret)>,
    pub(crate) configuration: Vec<(String, String)>,
    fingerprint: [u8; 32],
}

/// Why a text cannot become an action.
#[derive(Debug, Error)]
pub enum ActionError {
    /// The text does not compile; the message quotes the line.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The compiled program cannot be used.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Two secrets of one name.
    #[error("the secret {name} is given twice")]
    SecretTwice {
        /// The name.
        name: String,
    },
}

impl Action {
    /// An action from its source. `file_name` is what its author calls the file: its ending tells
    /// TypeScript from JavaScript, and errors name it. `name` is what reports call the action.
    ///
    /// # Errors
    /// When the source does not compile: with line, column and the quoted line.
    pub fn new(name: impl Into<String>, file_name: &str, source: &str) -> Result<Self, ActionError> {
        let Compiled { code, kind, source_map, warnings, .. } =
            vestibule_bundle::compile(Source { file_name, text: source })?;
        let kind = match kind {
            ModuleKind::CommonJs => ProgramKind::CommonJs,
            ModuleKind::EsModule => ProgramKind::EsModule,
        };
        let fingerprint = digest::of_parts(&[file_name.as_bytes(), code.as_bytes()]);
        let program = match source_map {
            None => Program::new(file_name, code, kind)?,
            Some(map) => Program::with_source_map(file_name, code, kind, &map)?,
        };
        Ok(Self {
            name: name.into(),
            program,
            warnings: warnings
                .iter()
                .map(|warning| {
                    format!("{file_name}:{}:{}: {}", warning.line, warning.column, warning.message)
                })
                .collect(),
            secrets: Vec::new(),
            configuration: Vec::new(),
            fingerprint,
        })
    }

    /// Adds a value of `event.secrets`.
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, ActionError> {
        let name = name.into();
        if self.secrets.iter().any(|(other, _)| *other == name) {
            return Err(ActionError::SecretTwice { name });
        }
        self.secrets.push((name, Secret::new(value)));
        Ok(self)
    }

    /// Sets a value of `event.configuration`.
    #[must_use]
    pub fn configuration(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.configuration.push((name.into(), value.into()));
        self
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 over its file name and its compiled code: the same for the same version of the action.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// What the compiler found odd, one line each, with file, line and column.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

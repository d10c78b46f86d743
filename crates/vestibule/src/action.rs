//! An action: one script, compiled, with its secrets and configuration.

use thiserror::Error;
use vestibule_bundle::Bundle;
use vestibule_bundle::BundleError;
use vestibule_bundle::Bundler;
use vestibule_bundle::CompileError;
use vestibule_bundle::EntryFile;
use vestibule_engine::Program;
use vestibule_engine::ProgramError;
use vestibule_engine::ProgramKind;
use vestibule_engine::Secret;

use crate::digest;
use crate::module::Module;
use crate::program_file::ProgramFileError;
use crate::source;
use crate::source::CompiledSource;

/// One script, ready to be bound to a trigger. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Action {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) warnings: Vec<String>,
    pub(crate) secrets: Vec<(String, Secret)>,
    pub(crate) configuration: Vec<(String, String)>,
    pub(crate) modules: Vec<Module>,
    /// Names of the modules that its text asks for.
    asks_for: Vec<String>,
}

/// Why a text cannot become an action.
#[derive(Debug, Error)]
pub enum ActionError {
    /// The text does not compile; the message quotes the line.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The file cannot be bundled with what it imports; the message names the place.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The compiled program cannot be used.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The bytes are no program file.
    #[error(transparent)]
    ProgramFile(#[from] ProgramFileError),
    /// Two secrets of one name.
    #[error("the secret {name} is given twice")]
    SecretTwice {
        /// The name.
        name: String,
    },
    /// Two modules of one name.
    #[error("the module {name} is given twice; an action has one version of a module")]
    ModuleTwice {
        /// The name.
        name: String,
    },
    /// A module whose name no script can ask for.
    #[error("{name:?} is no name for a module; it must be 1 to 100 letters, digits, - and _")]
    ModuleName {
        /// The name, cut to its first 100 characters.
        name: String,
    },
    /// A module that requires or imports a module.
    #[error(
        "{file_name}: the module {name} asks for actions:{required}, but a module may not require another \
         module; put both into one, or require both in the action"
    )]
    ModuleInModule {
        /// The file, as its author knows it.
        file_name: String,
        /// The module.
        name: String,
        /// The module that it asks for.
        required: String,
    },
}

impl Action {
    /// An action from its source. `file_name` is what its author calls the file: its ending tells
    /// TypeScript from JavaScript, and errors name it. `name` is what reports call the action.
    ///
    /// # Errors
    /// When the source does not compile: with line, column and the quoted line.
    pub fn new(name: impl Into<String>, file_name: &str, source: &str) -> Result<Self, ActionError> {
        Ok(Self::of(name.into(), source::compile(file_name, source)?))
    }

    /// An action from a file that may import other files of its project, and packages in its
    /// `node_modules`. One that imports none is compiled as [`new`](Self::new) does it, and so is every one where
    /// there is no bundler.
    ///
    /// It blocks while the bundler works; in an asynchronous host, call it where blocking is allowed.
    ///
    /// # Errors
    /// When the file does not compile, or imports what cannot be bundled: with file, line and column.
    pub fn from_file<'b>(
        name: impl Into<String>,
        file: EntryFile<'_>,
        bundler: impl Into<Option<&'b Bundler>>,
    ) -> Result<Self, ActionError> {
        Ok(Self::of(name.into(), source::of_file(file, bundler.into())?))
    }

    /// An action from a bundle that was made before.
    ///
    /// # Errors
    /// When the bundle is larger than a program may be.
    pub fn from_bundle(name: impl Into<String>, bundle: Bundle) -> Result<Self, ActionError> {
        Ok(Self::of(name.into(), source::bundled(bundle)?))
    }

    fn of(name: String, source: CompiledSource) -> Self {
        let CompiledSource { program, modules: asks_for, warnings } = source;
        Self { warnings, ..Self::from_program(name, program, asks_for) }
    }

    /// An action of a program that asks for these modules.
    pub(crate) fn from_program(name: String, program: Program, asks_for: Vec<String>) -> Self {
        Self {
            name,
            program,
            warnings: Vec::new(),
            secrets: Vec::new(),
            configuration: Vec::new(),
            modules: Vec::new(),
            asks_for,
        }
    }

    /// Adds a value of `event.secrets`.
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, ActionError> {
        add_secret(&mut self.secrets, name.into(), value.into())?;
        Ok(self)
    }

    /// Adds a module, in the version that this action is to use.
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn module(mut self, module: Module) -> Result<Self, ActionError> {
        if self.modules.iter().any(|other| other.name == module.name) {
            return Err(ActionError::ModuleTwice { name: module.name });
        }
        self.modules.push(module);
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

    /// The modules that its text asks for and that it has not been given. Asking for one of them throws.
    pub fn missing_modules(&self) -> impl Iterator<Item = &str> {
        let has = |name: &str| self.modules.iter().any(|module| module.name == name);
        self.asks_for.iter().map(String::as_str).filter(move |name| !has(name))
    }

    /// Names of the modules that its text asks for.
    pub(crate) fn asks_for(&self) -> &[String] {
        &self.asks_for
    }

    /// The same, with no secrets of its own or of its modules.
    pub(crate) fn without_secrets(&self) -> Self {
        let mut bare = self.clone();
        bare.secrets.clear();
        bare.modules.iter_mut().for_each(|module| module.secrets.clear());
        bare
    }

    /// SHA-256 over its name, its code, and the names, versions and code of its modules: the same for
    /// the same version of the action. Secrets and settings do not count.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut parts = vec![self.name.as_bytes()];
        parts.extend(parts_of(&self.program));
        for module in &self.modules {
            parts.push(module.name.as_bytes());
            parts.push(if module.version.is_some() { b"version" } else { b"" });
            parts.push(module.version.as_deref().unwrap_or_default().as_bytes());
            parts.extend(parts_of(&module.program));
        }
        digest::of_parts(&parts)
    }

    /// What the compiler found odd, one line each, with file, line and column.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// What tells a program from another in a fingerprint.
fn parts_of(program: &Program) -> [&[u8]; 3] {
    let kind: &[u8] = match program.kind() {
        ProgramKind::CommonJs => b"commonjs",
        ProgramKind::EsModule => b"module",
    };
    [program.file_name().as_bytes(), kind, program.code().as_bytes()]
}

/// Adds a secret to those of an action or a module.
pub(crate) fn add_secret(
    secrets: &mut Vec<(String, Secret)>,
    name: String,
    value: String,
) -> Result<(), ActionError> {
    if secrets.iter().any(|(other, _)| *other == name) {
        return Err(ActionError::SecretTwice { name });
    }
    secrets.push((name, Secret::new(value)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(source: &str) -> Action {
        Action::new("a", "a.js", source).unwrap()
    }

    fn module(source: &str) -> Module {
        Module::new("m", "m.js", source).unwrap()
    }

    #[test]
    fn a_module_is_given_once() {
        let twice = action("").module(module("")).unwrap().module(module("").version("2")).unwrap_err();
        assert_eq!(twice.to_string(), "the module m is given twice; an action has one version of a module");
    }

    #[test]
    fn modules_that_lack_are_told() {
        let action = action("require('actions:m'); require('actions:n'); require(name);");
        assert_eq!(action.missing_modules().collect::<Vec<_>>(), ["m", "n"]);
        let action = action.module(module("")).unwrap();
        assert_eq!(action.missing_modules().collect::<Vec<_>>(), ["n"]);
    }

    #[test]
    fn whatever_runs_otherwise_has_another_fingerprint() {
        let with = |module: Module| action("").module(module).unwrap();
        let all = [
            action(""),
            action("1"),
            Action::new("b", "a.js", "").unwrap(),
            Action::new("a", "a.mjs", "").unwrap(),
            with(module("")),
            with(module("1")),
            with(module("").version("")),
            with(module("").version("1")),
            with(Module::new("n", "m.js", "").unwrap()),
        ];
        for (index, one) in all.iter().enumerate() {
            for other in &all[..index] {
                assert_ne!(one.fingerprint(), other.fingerprint(), "{one:?} {other:?}");
            }
        }
        let kept = with(module("").secret("A", "1").unwrap()).secret("B", "2").unwrap();
        assert_eq!(kept.fingerprint(), with(module("")).fingerprint());
    }
}

//! A module: code that several actions share, compiled, with secrets of its own.

use vestibule_bundle::Bundler;
use vestibule_bundle::EntryFile;
use vestibule_engine::Program;
use vestibule_engine::Secret;

use crate::action::ActionError;
use crate::action::add_secret;
use crate::source;
use crate::source::CompiledSource;

/// The longest name of a module.
const NAME_CHARS_MAX: usize = 100;

/// Code that actions get with `require('actions:NAME')`, `import … from 'actions:NAME'` or
/// `import('actions:NAME')`. Cheap to clone.
///
/// Its code finds its own secrets in `actions.secrets`, and requires no other module. It runs in the
/// isolate of the action that asks for it, within the action's limits, and may reach what the action may.
/// Each action is given the version that it was made for: the host decides when it gets another one.
///
/// ```
/// use vestibule::{Action, Module};
///
/// let source = "exports.score = (event) => actions.secrets.KEY.length + event.stats.logins_count;";
/// let risk = Module::new("risk", "risk.js", source)?.secret("KEY", "s3cr3t")?.version("3");
///
/// let source = r#"
///     const { score } = require('actions:risk');
///     exports.onExecutePostLogin = async (event, api) => {
///       if (score(event) > 1000) api.access.deny("too risky");
///     };
/// "#;
/// let action = Action::new("check-risk", "check-risk.js", source)?.module(risk)?;
/// # Ok::<(), vestibule::ActionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Module {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) secrets: Vec<(String, Secret)>,
    pub(crate) version: Option<String>,
    warnings: Vec<String>,
}

impl Module {
    /// A module from its source. Actions ask for it as `actions:` and `name`: letters, digits, `-` and
    /// `_`, 1 to 100 of them. `file_name` is what its author calls the file, as for
    /// [`Action::new`](crate::Action::new).
    ///
    /// # Errors
    /// When the name is no such name, when the source does not compile, or when it asks for a module.
    pub fn new(name: impl Into<String>, file_name: &str, source: &str) -> Result<Self, ActionError> {
        let name = checked_name(name.into())?;
        Self::of(name, file_name, source::compile(file_name, source)?)
    }

    /// A module from a file that may import other files of its project, and packages in its `node_modules`:
    /// see [`Action::from_file`](crate::Action::from_file).
    ///
    /// # Errors
    /// As [`new`](Self::new), and when the file imports what cannot be bundled: with file, line and column.
    pub fn from_file<'b>(
        name: impl Into<String>,
        file: EntryFile<'_>,
        bundler: impl Into<Option<&'b Bundler>>,
    ) -> Result<Self, ActionError> {
        let name = checked_name(name.into())?;
        Self::of(name, file.file_name, source::of_file(file, bundler.into())?)
    }

    fn of(name: String, file_name: &str, source: CompiledSource) -> Result<Self, ActionError> {
        let CompiledSource { program, modules, warnings } = source;
        if let Some(required) = modules.into_iter().next() {
            return Err(ActionError::ModuleInModule { file_name: file_name.to_owned(), name, required });
        }
        Ok(Self { name, program, secrets: Vec::new(), version: None, warnings })
    }

    /// Adds a value of its `actions.secrets`.
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, ActionError> {
        add_secret(&mut self.secrets, name.into(), value.into())?;
        Ok(self)
    }

    /// What the host calls this state of the module. It is part of the
    /// [fingerprint](crate::Action::fingerprint) of every action that has the module.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// By what name actions ask for it, without the `actions:` in front.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the compiler found odd, one line each, with file, line and column.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The module as the engine takes it.
    pub(crate) fn for_engine(&self) -> vestibule_engine::Module {
        vestibule_engine::Module {
            name: self.name.clone(),
            program: self.program.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

fn checked_name(name: String) -> Result<String, ActionError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(name);
    }
    Err(ActionError::ModuleName { name: name.chars().take(NAME_CHARS_MAX).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, source: &str) -> String {
        Module::new(name, "m.js", source).unwrap_err().to_string()
    }

    #[test]
    fn names_are_what_scripts_can_write() {
        for name in ["a", "risk-score_2", "A", "0", "x".repeat(100).as_str()] {
            assert_eq!(Module::new(name, "m.js", "").unwrap().name(), name);
        }
        for name in ["", "a b", "a.b", "ä", "actions:a", "a/b", "x".repeat(101).as_str()] {
            let error = refused(name, "");
            assert!(error.contains("1 to 100 letters, digits, - and _"), "{error}");
        }
    }

    #[test]
    fn a_module_that_asks_for_a_module_is_refused() {
        for source in
            ["require('actions:b')", "import 'actions:b'", "exports.late = () => import('actions:b');"]
        {
            assert_eq!(
                refused("a", source),
                "m.js: the module a asks for actions:b, but a module may not require another module; put \
                 both into one, or require both in the action"
            );
        }
        assert!(refused("a", "const = 1").starts_with("m.js:1:7: "));
    }

    #[test]
    fn a_secret_has_one_value() {
        let module = Module::new("a", "m.js", "").unwrap().secret("KEY", "1").unwrap();
        assert!(!format!("{module:?}").contains("\"1\""));
        assert_eq!(module.secret("KEY", "2").unwrap_err().to_string(), "the secret KEY is given twice");
    }
}

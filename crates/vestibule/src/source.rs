//! From a source text to a program, for actions and modules alike.

use vestibule_bundle::Compiled;
use vestibule_bundle::ModuleKind;
use vestibule_bundle::Source;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;

use crate::action::ActionError;

/// A source that compiles.
pub(crate) struct CompiledSource {
    pub(crate) program: Program,
    /// Names of the modules that its text asks for.
    pub(crate) modules: Vec<String>,
    /// What the compiler found odd, one line each.
    pub(crate) warnings: Vec<String>,
}

/// Compiles a source. `file_name` is what its author calls the file.
pub(crate) fn compile(file_name: &str, text: &str) -> Result<CompiledSource, ActionError> {
    let Compiled { code, kind, source_map, modules, warnings, .. } =
        vestibule_bundle::compile(Source { file_name, text })?;
    let kind = match kind {
        ModuleKind::CommonJs => ProgramKind::CommonJs,
        ModuleKind::EsModule => ProgramKind::EsModule,
    };
    let program = match source_map {
        None => Program::new(file_name, code, kind)?,
        Some(map) => Program::with_source_map(file_name, code, kind, &map)?,
    };
    let warnings = warnings
        .iter()
        .map(|warning| format!("{file_name}:{}:{}: {}", warning.line, warning.column, warning.message))
        .collect();
    Ok(CompiledSource { program, modules, warnings })
}

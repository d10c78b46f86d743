//! From a source text to a program, for actions and modules alike.

use vestibule_bundle::Bundle;
use vestibule_bundle::BundleError;
use vestibule_bundle::Bundler;
use vestibule_bundle::Compiled;
use vestibule_bundle::Diagnostic;
use vestibule_bundle::EntryFile;
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
    let program = program(file_name, code, kind, source_map.as_deref())?;
    let warnings = warnings.iter().map(|warning| line(file_name, warning)).collect();
    Ok(CompiledSource { program, modules, warnings })
}

/// Compiles a file, where there is a bundler together with the files and packages that it imports.
pub(crate) fn of_file(file: EntryFile<'_>, bundler: Option<&Bundler>) -> Result<CompiledSource, ActionError> {
    let Some(bundler) = bundler else { return compile(file.file_name, file.text) };
    match bundler.bundle(file) {
        Ok(bundle) => bundled(bundle),
        Err(BundleError::Compile(error)) => Err(ActionError::Compile(error)),
        Err(error) => Err(ActionError::Bundle(error)),
    }
}

/// The program of a bundle.
pub(crate) fn bundled(bundle: Bundle) -> Result<CompiledSource, ActionError> {
    let Bundle { file_name, code, kind, source_map, modules, warnings, .. } = bundle;
    let program = program(&file_name, code, kind, source_map.as_deref())?;
    let warnings = warnings.iter().map(|remark| line(&remark.file_name, &remark.diagnostic)).collect();
    Ok(CompiledSource { program, modules, warnings })
}

fn program(
    file_name: &str,
    code: String,
    kind: ModuleKind,
    source_map: Option<&str>,
) -> Result<Program, ActionError> {
    let kind = match kind {
        ModuleKind::CommonJs => ProgramKind::CommonJs,
        ModuleKind::EsModule => ProgramKind::EsModule,
    };
    Ok(match source_map {
        None => Program::new(file_name, code, kind)?,
        Some(map) => Program::with_source_map(file_name, code, kind, map)?,
    })
}

fn line(file_name: &str, warning: &Diagnostic) -> String {
    format!("{file_name}:{}:{}: {}", warning.line, warning.column, warning.message)
}

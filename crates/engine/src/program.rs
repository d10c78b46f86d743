//! What the engine runs: one script, the action's or a module's, and the way from its positions back to
//! the author's own lines.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

use sourcemap::SourceMap;
use thiserror::Error;

use crate::execution::Frame;
use crate::limits::ERROR_LINE_CHARS_MAX;
use crate::limits::SOURCE_BYTES_MAX;

/// One script, self-contained except for modules. Cheap to clone; share it between executions.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    file_name: String,
    code: String,
    kind: ProgramKind,
    source_map: Option<SourceMap>,
    code_cache: OnceLock<CodeCache>,
}

/// V8's compiled form of a program.
struct CodeCache {
    wrapping: Wrapping,
    bytes: Box<[u8]>,
}

/// What stands around a program's text when V8 compiles it. V8 tells compiled forms apart by the length
/// of the text alone, so a form must only be used with the wrapping that it was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// Nothing more than a CommonJS program's three parameters.
    Action,
    /// The name `actions` as well.
    Module,
    /// As for an action: a module that declares a name `actions` of its own, which hides ours.
    ModuleWithOwnActions,
}

/// How the script hands out its handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramKind {
    /// `exports.handler = …`; runs as the body of a function of `exports`, `require` and `module`, and
    /// as a module also of `actions`.
    CommonJs,
    /// `export const handler = …`; imports nothing but modules (`actions:NAME`).
    EsModule,
}

/// Why a text cannot become a program.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ProgramError {
    #[error("{file_name}: the program is {bytes} bytes, more than the {SOURCE_BYTES_MAX} that are allowed")]
    TooLarge { file_name: String, bytes: usize },
    #[error("{file_name}: the source map cannot be read")]
    SourceMap {
        file_name: String,
        #[source]
        source: sourcemap::Error,
    },
}

impl Program {
    /// A program from code that runs as it stands. `file_name` is what its author calls it.
    ///
    /// # Errors
    /// When the code is too large.
    pub fn new(
        file_name: impl Into<String>,
        code: impl Into<String>,
        kind: ProgramKind,
    ) -> Result<Self, ProgramError> {
        Self::build(file_name.into(), code.into(), kind, None)
    }

    /// A program from generated code, with the source map (version 3, JSON) to what its author
    /// wrote. `sourcesContent` of the map is what errors quote.
    ///
    /// # Errors
    /// When the code is too large, or the map is no source map.
    pub fn with_source_map(
        file_name: impl Into<String>,
        code: impl Into<String>,
        kind: ProgramKind,
        source_map: &str,
    ) -> Result<Self, ProgramError> {
        let file_name = file_name.into();
        let map = SourceMap::from_slice(source_map.as_bytes())
            .map_err(|source| ProgramError::SourceMap { file_name: file_name.clone(), source })?;
        Self::build(file_name, code.into(), kind, Some(map))
    }

    fn build(
        file_name: String,
        code: String,
        kind: ProgramKind,
        source_map: Option<SourceMap>,
    ) -> Result<Self, ProgramError> {
        if code.len() > SOURCE_BYTES_MAX {
            return Err(ProgramError::TooLarge { file_name, bytes: code.len() });
        }
        let inner = Inner { file_name, code, kind, source_map, code_cache: OnceLock::new() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What its author calls it.
    pub fn file_name(&self) -> &str {
        &self.inner.file_name
    }

    /// How it hands out its handlers.
    pub fn kind(&self) -> ProgramKind {
        self.inner.kind
    }

    /// The JavaScript that runs.
    pub fn code(&self) -> &str {
        &self.inner.code
    }

    /// V8's compiled form, once an execution has left one. It belongs to this very text, and to V8
    /// of this process, so it never leaves the program.
    pub(crate) fn code_cache(&self, wrapping: Wrapping) -> Option<&[u8]> {
        self.inner.code_cache.get().filter(|cache| cache.wrapping == wrapping).map(|cache| &*cache.bytes)
    }

    /// Whether there is a compiled form, for whichever wrapping. Only the first one is kept: few programs
    /// serve both as an action and as a module.
    pub(crate) fn has_code_cache(&self) -> bool {
        self.inner.code_cache.get().is_some()
    }

    pub(crate) fn keep_code_cache(&self, wrapping: Wrapping, bytes: Box<[u8]>) {
        // Another execution may have been quicker; both hold the same.
        let _ = self.inner.code_cache.set(CodeCache { wrapping, bytes });
    }

    /// The author's place for a position of the code, both counted from 1.
    pub(crate) fn locate(&self, function: Option<String>, line: u32, column: u32) -> Frame {
        let as_written = Frame { function, file: self.inner.file_name.clone(), line, column, source: None };
        let Some(map) = &self.inner.source_map else { return as_written };
        let Some(token) = map.lookup_token(line.saturating_sub(1), column.saturating_sub(1)) else {
            return as_written;
        };
        Frame {
            file: token.get_source().unwrap_or(&self.inner.file_name).to_owned(),
            line: token.get_src_line().saturating_add(1),
            column: token.get_src_col().saturating_add(1),
            ..as_written
        }
    }

    /// Whether an author wrote what stands at a position of the code, counted from 1. A bundler puts lines of
    /// its own between those of the authors, for which the source map has nothing.
    pub(crate) fn is_authors(&self, line: u32, column: u32) -> bool {
        let Some(map) = &self.inner.source_map else { return true };
        let line = line.saturating_sub(1);
        map.lookup_token(line, column.saturating_sub(1)).is_some_and(|token| token.get_dst_line() == line)
    }

    /// As [`locate`](Self::locate), with the text of the author's line, cut to a readable length.
    pub(crate) fn locate_quoted(&self, function: Option<String>, line: u32, column: u32) -> Frame {
        let frame = self.locate(function, line, column);
        Frame { source: self.quote(&frame), ..frame }
    }

    /// The text of the author's line that a frame names.
    fn quote(&self, frame: &Frame) -> Option<String> {
        let text = match &self.inner.source_map {
            None => self.inner.code.as_str(),
            Some(map) => {
                let index = (0..map.get_source_count())
                    .find(|index| map.get_source(*index) == Some(frame.file.as_str()))?;
                map.get_source_contents(index)?
            }
        };
        let line = text.lines().nth(frame.line.checked_sub(1)? as usize)?;
        Some(line.chars().take(ERROR_LINE_CHARS_MAX).collect())
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("file_name", &self.inner.file_name)
            .field("kind", &self.inner.kind)
            .field("bytes", &self.inner.code.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_a_map_quotes_its_own_lines() {
        let program = Program::new("action.js", "first\nsecond", ProgramKind::CommonJs).unwrap();
        let frame = program.locate(None, 2, 4);
        assert_eq!((frame.file.as_str(), frame.line, frame.column), ("action.js", 2, 4));
        assert_eq!(program.quote(&frame).as_deref(), Some("second"));
    }

    #[test]
    fn a_source_map_leads_back_to_the_authors_line() {
        let map = r#"{"version":3,"sources":["action.ts"],"sourcesContent":["type A = 1;\nthrow 1;"],"names":[],"mappings":"AACA"}"#;
        let program = Program::with_source_map("action.ts", "throw 1;", ProgramKind::CommonJs, map).unwrap();
        let frame = program.locate(Some("f".into()), 1, 1);
        assert_eq!((frame.file.as_str(), frame.line, frame.column), ("action.ts", 2, 1));
        assert_eq!(program.quote(&frame).as_deref(), Some("throw 1;"));
    }

    #[test]
    fn lines_that_nobody_wrote_are_told_apart() {
        let map = r#"{"version":3,"sources":["a.ts"],"names":[],"mappings":";EACA;"}"#;
        let code = "let helper;\n{ f(); }\nhelper();";
        let program = Program::with_source_map("a.ts", code, ProgramKind::EsModule, map).unwrap();
        let authors =
            [(1, 1), (2, 1), (2, 3), (2, 9), (3, 1)].map(|(line, column)| program.is_authors(line, column));
        assert_eq!(authors, [false, false, true, true, false]);
        assert!(Program::new("a.js", code, ProgramKind::EsModule).unwrap().is_authors(1, 1));
    }

    #[test]
    fn a_program_that_is_too_large_is_refused_with_both_sizes() {
        let error =
            Program::new("a.js", " ".repeat(SOURCE_BYTES_MAX + 1), ProgramKind::CommonJs).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.js: the program is 8388609 bytes, more than the 8388608 that are allowed"
        );
    }
}

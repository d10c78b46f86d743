//! What the engine runs: one script, the action's or a module's, and the way from its positions back to
//! the author's own lines.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::RwLock;

use sourcemap::SourceMap;
use thiserror::Error;

use crate::code_cache::CodeCache;
use crate::code_cache::Wrapping;
use crate::execution::Frame;
use crate::limits::ERROR_LINE_CHARS_MAX;
use crate::limits::SOURCE_BYTES_MAX;
use crate::script::ACTIONS;
use crate::script::ACTIONS_SPECIFIER;
use crate::shared_text::SharedText;
use crate::source_map::Map;

/// Characters of the name of a file in a report.
const FILE_NAME_CHARS_MAX: usize = 1_000;

/// One script, self-contained except for modules. Cheap to clone; share it between executions.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    file_name: String,
    code: Arc<str>,
    kind: ProgramKind,
    source_map: Option<Map>,
    /// The code as V8 reads it.
    text: SharedText,
    /// The code of an ES module together with the import of `actions`.
    text_with_actions: OnceLock<SharedText>,
    code_cache: RwLock<Option<Arc<CodeCache>>>,
    /// A compiled form that nobody has judged yet.
    sealed_code_cache: Mutex<Option<Box<[u8]>>>,
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
        Self::build(file_name, code.into(), kind, Some(Map::Read(Box::new(map))))
    }

    /// As [`with_source_map`](Self::with_source_map), but the map is read when the first error asks for a
    /// place. Anybody may have written it: if it is no map that this code can have, places are those of the
    /// generated code.
    ///
    /// # Errors
    /// When the code is too large.
    pub fn with_unread_source_map(
        file_name: impl Into<String>,
        code: impl Into<String>,
        kind: ProgramKind,
        source_map: impl Into<String>,
    ) -> Result<Self, ProgramError> {
        Self::build(file_name.into(), code.into(), kind, Some(Map::unread(source_map.into())))
    }

    fn build(
        file_name: String,
        code: String,
        kind: ProgramKind,
        source_map: Option<Map>,
    ) -> Result<Self, ProgramError> {
        if code.len() > SOURCE_BYTES_MAX {
            return Err(ProgramError::TooLarge { file_name, bytes: code.len() });
        }
        let code: Arc<str> = code.into();
        let inner = Inner {
            file_name,
            text: SharedText::new(&code),
            text_with_actions: OnceLock::new(),
            code,
            kind,
            source_map,
            code_cache: RwLock::default(),
            sealed_code_cache: Mutex::default(),
        };
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

    /// The source map, as JSON text of version 3.
    pub fn source_map(&self) -> Option<String> {
        self.inner.source_map.as_ref()?.json()
    }

    /// Takes along a compiled form that [`Engine::seal_code_cache`](crate::Engine::seal_code_cache) has made,
    /// perhaps in another process. It is not believed, and not used, before
    /// [`Engine::accept_code_cache`](crate::Engine::accept_code_cache) has judged it.
    pub fn bring_code_cache(&self, sealed: impl Into<Box<[u8]>>) {
        *self.inner.sealed_code_cache.lock().unwrap_or_else(PoisonError::into_inner) = Some(sealed.into());
    }

    /// The sealed form that has been brought along; once, so that it is judged once.
    pub(crate) fn take_sealed_code_cache(&self) -> Option<Box<[u8]>> {
        self.inner.sealed_code_cache.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The code as V8 reads it.
    pub(crate) fn text(&self, wrapping: Wrapping) -> &SharedText {
        match (self.inner.kind, wrapping) {
            // An ES module has no parameters. Behind its last line the import moves no line or column of its
            // author's, and V8 evaluates imports first, wherever they stand.
            (ProgramKind::EsModule, Wrapping::Module) => self.inner.text_with_actions.get_or_init(|| {
                let code = &self.inner.code;
                let text = format!("{code}\nimport {{ {ACTIONS} }} from \"{ACTIONS_SPECIFIER}\";");
                SharedText::new(&text.into())
            }),
            (ProgramKind::EsModule, Wrapping::Action | Wrapping::ModuleWithOwnActions)
            | (ProgramKind::CommonJs, _) => &self.inner.text,
        }
    }

    /// How many there are that keep the text which V8 reads.
    #[cfg(test)]
    pub(crate) fn text_owners(&self) -> usize {
        match &self.inner.text {
            SharedText::OneByte(bytes) => Arc::strong_count(bytes),
            SharedText::TwoByte(units) => Arc::strong_count(units),
        }
    }

    /// V8's compiled form, once an execution has left one or one that was brought along has been accepted.
    pub(crate) fn code_cache(&self, wrapping: Wrapping) -> Option<Arc<CodeCache>> {
        self.any_code_cache().filter(|cache| cache.wrapping == wrapping)
    }

    /// The compiled form for whichever wrapping. Only one is kept: few programs serve both as an action and
    /// as a module.
    pub(crate) fn any_code_cache(&self) -> Option<Arc<CodeCache>> {
        self.inner.code_cache.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keep_code_cache(&self, cache: CodeCache) {
        *self.inner.code_cache.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(cache));
    }

    /// Lets go of a compiled form that V8 does not want, unless it has been replaced since.
    pub(crate) fn forget_code_cache(&self, refused: &Arc<CodeCache>) {
        let mut kept = self.inner.code_cache.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, refused)) {
            *kept = None;
        }
    }

    /// The author's place for a position of the code, both counted from 1.
    pub(crate) fn locate(&self, function: Option<String>, line: u32, column: u32) -> Frame {
        let as_written = Frame { function, file: self.inner.file_name.clone(), line, column, source: None };
        let Some(map) = self.map() else { return as_written };
        let Some(token) = map.lookup_token(line.saturating_sub(1), column.saturating_sub(1)) else {
            return as_written;
        };
        Frame {
            file: self.cut_name(token.get_source()),
            line: token.get_src_line().saturating_add(1),
            column: token.get_src_col().saturating_add(1),
            ..as_written
        }
    }

    /// Whether an author wrote what stands at a position of the code, counted from 1. A bundler puts lines of
    /// its own between those of the authors, for which the source map has nothing.
    pub(crate) fn is_authors(&self, line: u32, column: u32) -> bool {
        let Some(map) = self.map() else { return true };
        let line = line.saturating_sub(1);
        map.lookup_token(line, column.saturating_sub(1)).is_some_and(|token| token.get_dst_line() == line)
    }

    /// As [`locate`](Self::locate), with the text of the author's line, cut to a readable length.
    pub(crate) fn locate_quoted(&self, function: Option<String>, line: u32, column: u32) -> Frame {
        let frame = self.locate(function, line, column);
        Frame { source: self.quote(&frame), ..frame }
    }

    /// The way back to the author's lines.
    fn map(&self) -> Option<&SourceMap> {
        self.inner.source_map.as_ref()?.read(&self.inner.code)
    }

    /// What an author calls a file. A map may say anything, and a report repeats it for every frame.
    fn cut_name(&self, named: Option<&str>) -> String {
        named.unwrap_or(&self.inner.file_name).chars().take(FILE_NAME_CHARS_MAX).collect()
    }

    /// The text of the author's line that a frame names.
    fn quote(&self, frame: &Frame) -> Option<String> {
        let text = match self.map() {
            None => &*self.inner.code,
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

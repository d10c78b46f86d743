//! Program files (`.vst`): an action as it runs, with V8's compiled form of it, so that no start has to compile.
//!
//! Layout: eight bytes that no text begins with, the version and the length of the header (32 bits each, the
//! lower byte first), the SHA-256 of all that follows, the header as JSON, and then, as long as the header
//! says, the code, its source map and the sealed compiled form. Code and compiled form are the bytes that V8
//! reads, so there is nothing to decode, and a header of JSON can gain fields; an archive or a binary encoding
//! would add a parser of hostile files and give nothing for it.
//!
//! Anyone may write such a file, hash included, and it is no more trusted than a source: the hash finds damage,
//! not malice. Only the compiled form could do harm, and that one is believed only when the host's own key has
//! sealed it, for this very code.

use serde::Deserialize;
use serde::Serialize;
use thiserror::Error;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;
use vestibule_engine::SOURCE_BYTES_MAX;

use crate::action::Action;
use crate::action::ActionError;
use crate::digest;

/// What every program file begins with. Its bytes tell a file that a transfer has taken for text.
const MAGIC: [u8; 8] = *b"\x89VST\r\n\x1a\n";
const VERSION: u32 = 1;
/// How the names of program files end.
const ENDING: &str = ".vst";
const HASH_BYTES: usize = 32;
const PREFIX_BYTES: usize = MAGIC.len() + 4 + 4 + HASH_BYTES;

/// Bytes of the header.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Bytes of what the author calls the source: a path.
const FILE_NAME_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a source map, which holds all sources.
const SOURCE_MAP_BYTES_MAX: usize = 48 * 1024 * 1024;
/// Bytes of a compiled form. One of everything in the largest program has less.
pub(crate) const CODE_CACHE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of the largest program file. A larger file is none, so nobody needs to read further.
pub const PROGRAM_FILE_BYTES_MAX: usize =
    PREFIX_BYTES + HEADER_BYTES_MAX + SOURCE_BYTES_MAX + SOURCE_MAP_BYTES_MAX + CODE_CACHE_BYTES_MAX;

/// Why a file is no program file, or cannot become one.
#[derive(Debug, Error)]
pub enum ProgramFileError {
    /// It does not begin as a program file does.
    #[error("{file} is no program file; `vestibule bundle` makes one")]
    NotOne {
        /// The file.
        file: String,
    },
    /// It is of a format that this version does not know.
    #[error(
        "{file} is a program file of version {version}, but only version {VERSION} is known; make it anew"
    )]
    Version {
        /// The file.
        file: String,
        /// The version that it names.
        version: u32,
    },
    /// Its parts are longer or shorter than it says.
    #[error("{file} is damaged: it should have {expected} bytes, but has {found}; make it anew")]
    Length {
        /// The file.
        file: String,
        /// Bytes that it should have.
        expected: usize,
        /// Bytes that it has.
        found: usize,
    },
    /// Its parts are not those that were written.
    #[error("{file} is damaged: its contents are not those that it was made with; make it anew")]
    Contents {
        /// The file.
        file: String,
    },
    /// A part is larger than such a part may be.
    #[error("{file}: the {part} has {bytes} bytes, more than the {limit} that are allowed")]
    TooLarge {
        /// The file.
        file: String,
        /// Which part.
        part: &'static str,
        /// Its size.
        bytes: usize,
        /// The largest size that is allowed.
        limit: usize,
    },
    /// The header cannot be read or written.
    #[error("{file} is damaged: its header cannot be understood; make it anew")]
    Header {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A part that should be text is none.
    #[error("{file} is damaged: the {part} is no text in UTF-8; make it anew")]
    NotText {
        /// The file.
        file: String,
        /// Which part.
        part: &'static str,
    },
}

/// What stands in front of the parts.
#[derive(Serialize, Deserialize)]
struct Header {
    /// What its author calls the source.
    file_name: String,
    kind: Kind,
    /// Names of the modules that the code asks for.
    modules: Vec<String>,
    code_bytes: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_map_bytes: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_cache_bytes: Option<usize>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    CommonJs,
    Module,
}

/// Whether a file of this name is a program file: whether it ends in `.vst`.
pub fn is_program_file_name(name: &str) -> bool {
    name.ends_with(ENDING)
}

/// Whether a file begins as a program file does.
pub fn is_program_file(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

impl Action {
    /// An action from the bytes of a program file. `file` is what errors about the file itself call it; errors
    /// of the action name the author's own files. The compiled form in it is used once a
    /// [`Vestibule`](crate::Vestibule) with the [key](crate::Builder::program_key) that sealed it binds the
    /// action.
    ///
    /// # Errors
    /// When the bytes are no program file, or one that is damaged or too large.
    pub fn from_program_file(name: impl Into<String>, file: &str, bytes: &[u8]) -> Result<Self, ActionError> {
        let Parts { header, code, source_map, code_cache } = Parts::read(file, bytes)?;
        let kind = match header.kind {
            Kind::CommonJs => ProgramKind::CommonJs,
            Kind::Module => ProgramKind::EsModule,
        };
        let program = match source_map {
            None => Program::new(header.file_name, code, kind)?,
            Some(map) => Program::with_unread_source_map(header.file_name, code, kind, map)?,
        };
        if let Some(sealed) = code_cache {
            program.bring_code_cache(sealed);
        }
        Ok(Self::from_program(name.into(), program, header.modules))
    }
}

/// The bytes of a program file of an action.
pub(crate) fn write(action: &Action, code_cache: Option<&[u8]>) -> Result<Vec<u8>, ProgramFileError> {
    let file = || action.program.file_name().to_owned();
    let (code, source_map) = (action.program.code(), action.program.source_map());
    let header = Header {
        file_name: file(),
        kind: match action.program.kind() {
            ProgramKind::CommonJs => Kind::CommonJs,
            ProgramKind::EsModule => Kind::Module,
        },
        modules: action.asks_for().to_vec(),
        code_bytes: code.len(),
        source_map_bytes: source_map.as_ref().map(String::len),
        code_cache_bytes: code_cache.map(<[u8]>::len),
    };
    header.check(&file())?;
    let text =
        serde_json::to_vec(&header).map_err(|source| ProgramFileError::Header { file: file(), source })?;
    check_size(&file(), "header", text.len(), HEADER_BYTES_MAX)?;
    let source_map = source_map.unwrap_or_default();
    Ok(assemble(&text, &[code.as_bytes(), source_map.as_bytes(), code_cache.unwrap_or_default()].concat()))
}

/// A file of a header, which has 64 KiB at most, and of the parts that it tells of.
fn assemble(header: &[u8], parts: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + header.len() + parts.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(digest::of_parts(&[header, parts]));
    bytes.extend(header);
    bytes.extend(parts);
    bytes
}

/// A program file, taken apart.
struct Parts<'a> {
    header: Header,
    code: &'a str,
    source_map: Option<&'a str>,
    code_cache: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn read(file: &str, bytes: &'a [u8]) -> Result<Self, ProgramFileError> {
        let name = || file.to_owned();
        let rest = bytes.strip_prefix(&MAGIC).ok_or_else(|| ProgramFileError::NotOne { file: name() })?;
        let cut = |expected| ProgramFileError::Length { file: name(), expected, found: bytes.len() };
        let (version, rest) = rest.split_first_chunk().ok_or_else(|| cut(PREFIX_BYTES))?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(ProgramFileError::Version { file: name(), version });
        }
        let (header_bytes, rest) = rest.split_first_chunk().ok_or_else(|| cut(PREFIX_BYTES))?;
        let header_bytes = u32::from_le_bytes(*header_bytes) as usize;
        check_size(file, "header", header_bytes, HEADER_BYTES_MAX)?;
        let (hash, rest) = rest.split_first_chunk::<HASH_BYTES>().ok_or_else(|| cut(PREFIX_BYTES))?;
        let (header_text, rest) =
            rest.split_at_checked(header_bytes).ok_or_else(|| cut(PREFIX_BYTES + header_bytes))?;
        let header: Header = serde_json::from_slice(header_text)
            .map_err(|source| ProgramFileError::Header { file: name(), source })?;
        header.check(file)?;
        let expected = PREFIX_BYTES + header_bytes + header.parts_bytes();
        if bytes.len() != expected {
            return Err(cut(expected));
        }
        if digest::of_parts(&[header_text, rest]) != *hash {
            return Err(ProgramFileError::Contents { file: name() });
        }
        // The lengths have just been compared with what there is.
        let (code, rest) = rest.split_at(header.code_bytes);
        let (source_map, code_cache) = rest.split_at(header.source_map_bytes.unwrap_or(0));
        let text = |part, bytes| {
            std::str::from_utf8(bytes).map_err(|_| ProgramFileError::NotText { file: name(), part })
        };
        Ok(Self {
            code: text("code", code)?,
            source_map: header.source_map_bytes.map(|_| text("source map", source_map)).transpose()?,
            code_cache: header.code_cache_bytes.map(|_| code_cache),
            header,
        })
    }
}

impl Header {
    /// Whether every part is of a size that may be, so that no sum of sizes can overflow.
    fn check(&self, file: &str) -> Result<(), ProgramFileError> {
        check_size(file, "name of the source", self.file_name.len(), FILE_NAME_BYTES_MAX)?;
        check_size(file, "code", self.code_bytes, SOURCE_BYTES_MAX)?;
        check_size(file, "source map", self.source_map_bytes.unwrap_or(0), SOURCE_MAP_BYTES_MAX)?;
        check_size(file, "code cache", self.code_cache_bytes.unwrap_or(0), CODE_CACHE_BYTES_MAX)
    }

    fn parts_bytes(&self) -> usize {
        self.code_bytes + self.source_map_bytes.unwrap_or(0) + self.code_cache_bytes.unwrap_or(0)
    }
}

fn check_size(file: &str, part: &'static str, bytes: usize, limit: usize) -> Result<(), ProgramFileError> {
    if bytes <= limit {
        return Ok(());
    }
    Err(ProgramFileError::TooLarge { file: file.to_owned(), part, bytes, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPESCRIPT: &str =
        "import { x } from 'actions:shared';\nexport const h = async (event: { n: number }) => x(event.n);\n";

    fn file(code_cache: Option<&[u8]>) -> Vec<u8> {
        write(&Action::new("a", "a.ts", TYPESCRIPT).unwrap(), code_cache).unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        let ActionError::ProgramFile(error) = Action::from_program_file("a", "a.vst", bytes).unwrap_err()
        else {
            panic!("another error")
        };
        error.to_string()
    }

    #[test]
    fn what_goes_in_comes_out() {
        let action = Action::new("a", "a.ts", TYPESCRIPT).unwrap();
        for code_cache in [None, Some(&b"sealed"[..])] {
            let read = Action::from_program_file("a", "a.vst", &file(code_cache)).unwrap();
            assert_eq!(read.fingerprint(), action.fingerprint());
            assert_eq!(read.program.file_name(), "a.ts");
            assert_eq!(read.missing_modules().collect::<Vec<_>>(), ["shared"]);
            assert_eq!(read.program.source_map(), action.program.source_map());
            assert!(read.program.source_map().is_some());
            assert_eq!(write(&read, code_cache).unwrap(), file(code_cache));
        }
    }

    #[test]
    fn a_file_that_ends_early_or_late_is_refused_at_every_length() {
        let whole = file(Some(b"sealed"));
        for length in 0..whole.len() {
            let why = refusal(&whole[..length]);
            let expected = if length < MAGIC.len() { "is no program file" } else { "is damaged" };
            assert!(why.contains(expected), "{length}: {why}");
        }
        let longer = [&whole[..], b"x"].concat();
        assert!(refusal(&longer).contains("is damaged"), "{}", refusal(&longer));
    }

    #[test]
    fn a_file_with_any_bit_changed_is_refused() {
        let whole = file(Some(b"sealed"));
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut altered = whole.clone();
                altered[index] ^= 1 << bit;
                let why = refusal(&altered);
                assert!(why.contains("a.vst"), "{index}: {why}");
            }
        }
    }

    #[test]
    fn other_contents_are_told_from_those_that_were_written() {
        let mut altered = file(Some(b"sealed"));
        *altered.last_mut().unwrap() ^= 1;
        let why = "a.vst is damaged: its contents are not those that it was made with; make it anew";
        assert_eq!(refusal(&altered), why);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let with_header = |header: &str| assemble(header.as_bytes(), b"");
        let header =
            |sizes: &str| format!(r#"{{"file_name":"a.js","kind":"commonjs","modules":[],{sizes}}}"#);
        assert_eq!(refusal(b"exports.h = 1;"), "a.vst is no program file; `vestibule bundle` makes one");
        let mut version = file(None);
        version[8] = 9;
        assert!(
            refusal(&version).contains("version 9, but only version 1 is known"),
            "{}",
            refusal(&version)
        );
        assert!(refusal(&with_header("{}")).contains("its header cannot be understood"));
        assert!(
            refusal(&with_header(&header(r#""code_bytes":-1"#))).contains("its header cannot be understood")
        );
        let huge = refusal(&with_header(&header(r#""code_bytes":18446744073709551615"#)));
        let why = format!("the code has 18446744073709551615 bytes, more than the {SOURCE_BYTES_MAX} ");
        assert!(huge.contains(&why), "{huge}");
        let cache = refusal(&with_header(&header(r#""code_bytes":0,"code_cache_bytes":99999999999"#)));
        assert!(cache.contains("the code cache has 99999999999 bytes"), "{cache}");
        let mut long = with_header("{}");
        long[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(refusal(&long).contains("the header has 4294967295 bytes, more than the 65536"));
        let text = assemble(header(r#""code_bytes":2"#).as_bytes(), &[0xff, 0xfe]);
        assert_eq!(refusal(&text), "a.vst is damaged: the code is no text in UTF-8; make it anew");
    }

    #[test]
    fn a_source_map_that_is_none_leaves_the_program_as_it_is() {
        let header =
            r#"{"file_name":"a.js","kind":"commonjs","modules":[],"code_bytes":0,"source_map_bytes":3}"#;
        let bytes = assemble(header.as_bytes(), b"}{!");
        assert!(Action::from_program_file("a", "a.vst", &bytes).is_ok());
    }
}

//! From the source of an action to a program that the engine can run.
//!
//! ```
//! use vestibule_bundle::{ModuleKind, Source, compile};
//!
//! let text = "export const onExecutePostLogin = async (event: Event): Promise<void> => {};";
//! let compiled = compile(Source { file_name: "action.ts", text })?;
//! assert_eq!(compiled.kind, ModuleKind::EsModule);
//! assert_eq!(compiled.code, "export const onExecutePostLogin = async (event) => {};\n");
//! assert_eq!(compiled.exports, Some(vec!["onExecutePostLogin".to_owned()]));
//! # Ok::<(), vestibule_bundle::CompileError>(())
//! ```
//!
//! - JavaScript passes through unchanged, so its lines and columns stay the author's own. Only a byte
//!   order mark is dropped, and the `#!` of a first line becomes `//`.
//! - TypeScript loses its types; enums, namespaces and parameter properties become code. Nothing is
//!   rewritten for older engines: an `async` function stays one. A source map leads back.
//! - The text is hostile until shown otherwise: no text overflows the stack, runs for ever or makes an
//!   error without bound. See [`SOURCE_BYTES_MAX`] and [`COMPILE_WALL_MAX`].
//!
//! - [`survey`] tells what a source mentions: free names, and what its exported functions do with what they
//!   are called with. Who knows what those are can judge them.
//!
//! What it does not do: check types, resolve imports (each is an error that says so, except for modules of
//! the action, `actions:NAME`), run anything, or know what a handler is called.

#![forbid(unsafe_code)]

mod compile;
mod diagnostic;
mod facts;
#[cfg(test)]
mod hostile;
mod nesting;
mod stack;
mod survey;

pub use compile::{Compiled, ModuleKind, SOURCE_BYTES_MAX, Source, compile};
pub use diagnostic::{CompileError, Diagnostic};
pub use stack::COMPILE_WALL_MAX;
pub use survey::{CALL, ExportedName, FreeName, ModuleRequest, NameUse, Place, Survey, Use, UseKind, survey};

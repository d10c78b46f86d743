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
//! # Actions of several files
//!
//! [`Bundler`] makes one program of an action's file, the files that it imports and packages in
//! `node_modules`: TypeScript and JavaScript, ES modules and CommonJS mixed, JSON, `paths` of a
//! `tsconfig.json`. Packages are asked for what they have for browsers and workers. What nobody uses is left
//! out, and one source map leads back to every file.
//!
//! - The work is done by a child process under [`BundleLimits`], which is killed when its time is up: the program
//!   `vestibule-bundler` of the package in `crates/bundler`. No host compiles a bundler into itself.
//! - The project is the nearest folder at or above the action's with a `package.json` or a `tsconfig.json`,
//!   else the action's own. Nothing outside of it becomes part of a program, whichever link or `..` leads
//!   there.
//! - `actions:NAME` stays an import, for the engine.
//! - Built-in modules of Node become part of the program, and so do `Buffer`, `process` and the like where a file
//!   uses them without declaring them. Some are made of npm packages, which a host installs once:
//!   [`NodePackages`].
//!
//! What this crate does not do: check types, install packages, run anything, or know what a handler is called.
//! [`compile`] alone resolves no imports: each is an error that says so, except for modules of the action.

#![forbid(unsafe_code)]

mod bundler;
pub mod child;
mod compile;
mod diagnostic;
mod facts;
#[cfg(test)]
mod hostile;
mod nesting;
mod project;
mod remark;
mod stack;
mod survey;

pub use bundler::{Bundle, BundleLimits, Bundler, EntryFile, NODE_PACKAGES, NodePackages, NpmProject};
pub use compile::{Compiled, ModuleKind, SOURCE_BYTES_MAX, Source, compile};
pub use diagnostic::{CompileError, Diagnostic};
pub use facts::NODE_NAMES;
pub use remark::{BundleError, Remark};
pub use stack::COMPILE_WALL_MAX;
pub use survey::{
    CALL, ExportedName, FreeName, ModuleRequest, NameUse, Place, Survey, Use, UseKind, survey,
    survey_to_bundle,
};

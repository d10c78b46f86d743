//! One execution of one program in one fresh V8 isolate, under limits.
//!
//! The engine knows no trigger and no flow: it is given a [`Program`], an [`Invocation`] (handler, event,
//! the shape of `api`, secrets, modules, limits), the host's side of `api` and an [`Egress`] policy, and
//! reports an [`Execution`]. All of it is plain data, but for the two that reach the host.
//!
//! ```
//! use vestibule_engine::{
//!     Egress, Engine, EngineLimits, Invocation, NoApi, Outcome, Program, ProgramKind,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::start(EngineLimits::default())?;
//! let source = "exports.greet = async (event) => { console.log(`Hello, ${event.name}`); };";
//! let program = Program::new("greet.js", source, ProgramKind::CommonJs)?;
//!
//! let invocation = Invocation::new("greet", r#"{"name":"Ada"}"#);
//! let execution = engine.execute(&program, invocation, Box::new(NoApi), Egress::none()).await?;
//!
//! assert_eq!(execution.outcome, Outcome::Completed);
//! assert_eq!(execution.logs[0].message, "Hello, Ada");
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new()?.block_on(example())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it holds
//!
//! - **An isolate serves one execution.** Blank ones are made from a snapshot ahead of time, many live on
//!   one thread, and each is entered only through a guard.
//! - **Limits are layers.** The watchdog ends what runs too long and repeats itself until it is obeyed;
//!   memory has a soft limit of ours below V8's own, whose breach would end the process; a caller is
//!   answered at its limit and the engine's grace, whatever the isolate does; a thread whose isolate does
//!   not obey is quarantined and replaced.
//! - **Data crosses as JSON text.** Errors are read with V8's own API. Nothing of a script runs on the
//!   host's account.
//! - **What a script does is a value**, the [`Outcome`]; an [`EngineError`] is only what the host did.
//!
//! # What it does not do
//!
//! It is no wall against a bug in V8 itself: for that, isolates belong into processes of their own.

#![allow(unsafe_code, reason = "V8 is entered, left and watched here, and nowhere else in the project")]

mod code_cache;
mod codec;
mod compression;
mod cpu_clock;
mod egress;
mod engine;
mod execution;
mod extensions;
mod fetch;
mod flags;
mod host;
mod imports;
#[cfg(feature = "inspector")]
mod inspector;
#[cfg(not(feature = "inspector"))]
#[path = "inspector/absent.rs"]
mod inspector;
mod invocation;
mod isolate;
mod lazy_scripts;
mod life;
mod limits;
mod log;
mod memory;
mod modules;
mod natives;
mod ops;
mod program;
mod redact;
mod rejections;
mod running;
mod script;
mod scripts;
mod shared_text;
mod source_map;
mod stack;
mod thread;
mod time_zone;
mod watchdog;

pub use code_cache::CodeCacheRefusal;
pub use code_cache::CodeCacheStats;
pub use code_cache::CodeCaching;
pub use code_cache::NoRandomness;
pub use code_cache::ProgramKey;
pub use egress::CannedAnswer;
pub use egress::Egress;
pub use egress::EgressBuilder;
pub use egress::EgressError;
pub use egress::FetchFailure;
pub use egress::FetchOutcome;
pub use egress::FetchRecord;
pub use egress::HttpError;
pub use egress::HttpRequest;
pub use egress::HttpResponse;
pub use engine::Engine;
pub use engine::EngineError;
pub use engine::EngineStats;
pub use execution::Breach;
pub use execution::Command;
pub use execution::Execution;
pub use execution::Frame;
pub use execution::LogLevel;
pub use execution::LogLine;
pub use execution::Outcome;
pub use execution::Pending;
pub use execution::Phase;
pub use execution::Thrown;
pub use execution::Unit;
pub use execution::Usage;
#[cfg(feature = "inspector")]
pub use inspector::Inspection;
#[cfg(feature = "inspector")]
pub use inspector::Inspector;
#[cfg(feature = "inspector")]
pub use inspector::InspectorError;
#[cfg(feature = "inspector")]
pub use inspector::InspectorEvent;
#[cfg(feature = "inspector")]
pub use inspector::InspectorOptions;
pub use invocation::Answer;
pub use invocation::ApiError;
pub use invocation::ApiHandler;
pub use invocation::ApiMethod;
pub use invocation::ApiShape;
pub use invocation::ErrorClass;
pub use invocation::EventChange;
pub use invocation::Invocation;
pub use invocation::Module;
pub use invocation::NoApi;
pub use invocation::Returns;
pub use invocation::Secret;
pub use limits::EngineLimits;
pub use limits::LimitError;
pub use limits::Limits;
pub use limits::SOURCE_BYTES_MAX;
pub use program::Program;
pub use program::ProgramError;
pub use program::ProgramKind;

//! Run tenants' actions inside your own flow: sandboxed, limited, typed.
//!
//! An *action* is a script that a tenant writes for a *trigger*, a named point of your flow: after a
//! login, before a registration. You call the trigger; every action runs in a fresh V8 isolate under
//! limits of time, processor, memory and network; you get back *commands* and their *effects*, plain
//! data that you apply yourself. A script never acts on the world except through its `api` and a guarded
//! `fetch`.
//!
//! ```
//! use serde_json::json;
//! use vestibule::{Action, Decision, Vestibule};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let vestibule = Vestibule::builder().build()?;
//! let source = r#"
//!     exports.onExecutePreUserRegistration = async (event, api) => {
//!       if (!event.user.email.endsWith("@example.com")) {
//!         api.access.deny("not our domain", "Please use your company address.");
//!       }
//!     };
//! "#;
//! let flow = vestibule
//!     .flow("auth0/pre-user-registration")?
//!     .action(Action::new("company-only", "company-only.js", source)?);
//!
//! let sample = flow.trigger().sample_event().expect("the built-in triggers have one");
//! let mut event: serde_json::Value = serde_json::from_str(sample)?;
//! event["user"]["email"] = json!("mallory@elsewhere.net");
//!
//! let outcome = flow.run(event).await?;
//! let Decision::Deny { reason, .. } = outcome.decision else { panic!("{outcome:?}") };
//! assert_eq!(reason.as_deref(), Some("not our domain"));
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # When a flow waits
//!
//! An action can send its user away, or ask for a challenge. Then the decision is [`Decision::Suspend`], and
//! its `continuation` is all that is needed to go on: sealed text that holds what was recorded so far. Keep it
//! with the user's transaction, and give it back with the event of the new request. Earlier actions do not
//! run again, and the effects are complete.
//!
//! ```
//! # use serde_json::json;
//! # use vestibule::{Action, ContinuationKeys, Decision, FlowError, Vestibule};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // All processes of a host share one key, which lives in its secret store.
//! let keys = ContinuationKeys::new("2026-03", ContinuationKeys::random_key()?)?;
//! let vestibule = Vestibule::builder().continuation_keys(keys).build()?;
//! let source = r#"
//!     exports.onExecutePostLogin = async (event, api) => {
//!       if (!event.user.app_metadata.terms) api.redirect.sendUserTo("https://terms.example/");
//!     };
//!     exports.onContinuePostLogin = async (event, api) => {
//!       api.user.setAppMetadata("terms", event.request.query.accepted);
//!     };
//! "#;
//! let flow = vestibule.flow("auth0/post-login")?.name("tenant-1/login");
//! let flow = flow.action(Action::new("terms", "terms.js", source)?);
//! let mut event: serde_json::Value = serde_json::from_str(flow.trigger().sample_event().unwrap())?;
//! event["user"]["app_metadata"] = json!({});
//!
//! let outcome = flow.run(event.clone()).await?;
//! let Decision::Suspend { args, continuation, .. } = outcome.decision else { panic!("it waits") };
//! assert_eq!(args["url"], "https://terms.example/");
//!
//! event["request"]["query"] = json!({ "accepted": "2026-03" });
//! let outcome = flow.resume(&continuation, event.clone()).await?;
//! assert_eq!(outcome.effects["user"]["setAppMetadata"]["terms"], "2026-03");
//!
//! // A continuation can be used once. The reason is for the log, the text for the user.
//! let Err(FlowError::Continuation(refusal)) = flow.resume(&continuation, event).await else { panic!() };
//! assert_eq!(refusal.code(), "replayed");
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # When nobody waits
//!
//! Flows of asynchronous triggers go to the background with [`Flow::submit`]: bounded, repeated where their
//! trigger says so, and reported to [`Builder::on_finished`]. [`Vestibule::drain`] ends them in good order.
//!
//! # When a program is large
//!
//! Within a process, executions use what V8 has compiled for the first one. From process to process it goes in a
//! *program file*, sealed with a key that the host alone has: V8 would run whatever stood in a forged one.
//!
//! ```
//! # use vestibule::{Action, ProgramKey, Vestibule};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // Kept where only the host can read it.
//! let key = ProgramKey::random_bytes()?;
//! let vestibule = Vestibule::builder().program_key(ProgramKey::new(key)).build()?;
//! let action = Action::new("hello", "hello.js", "exports.onExecutePostLogin = async () => {};")?;
//! // Runs the action once, without network, secrets and the host's functions.
//! let made = vestibule.make_program_file(&action, "auth0/post-login").await?;
//!
//! // Later, in any process with the same key.
//! let action = Action::from_program_file("hello", "hello.vst", &made.bytes)?;
//! let flow = vestibule.flow("auth0/post-login")?.action(action);
//! assert_eq!(vestibule.engine().stats().code_caches.accepted, 1);
//! # let _ = flow;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # What an action cannot do
//!
//! Take down, hang or slow the process; read files, the environment or other actions' data; reach
//! addresses that are not public, unless you allow them; alter or forge a command; leave anything behind
//! for the next execution.
//!
//! # What this crate does not do
//!
//! It applies no command, stores nothing, and speaks no HTTP of its own accord. In one process, V8 itself
//! is the wall between tenants.

#![forbid(unsafe_code)]

mod action;
mod background;
mod binding;
mod builder;
mod cache;
mod changes;
mod check;
mod clock;
mod continuation;
mod digest;
mod dry_run;
mod flow;
mod flow_error;
mod globals;
mod host_functions;
mod memory_host;
mod module;
mod outcome;
mod passkey;
mod program_file;
mod progress;
mod random;
mod recorder;
mod source;
mod spent;
mod tokens;

pub use action::Action;
pub use action::ActionError;
pub use background::Attempt;
pub use background::BackgroundLimits;
pub use background::BackgroundReport;
pub use background::CutOff;
pub use background::Drained;
pub use background::Submission;
pub use binding::Binding;
pub use binding::OnFailure;
pub use builder::BuildError;
pub use builder::Builder;
pub use builder::Vestibule;
pub use cache::CacheEntry;
pub use cache::CacheScope;
pub use cache::CacheStore;
pub use cache::MemoryCache;
pub use check::CheckedSource;
pub use check::Level;
pub use check::Remark;
pub use check::Topic;
pub use check::check;
pub use continuation::ContinuationError;
pub use continuation::ContinuationKeyError;
pub use continuation::ContinuationKeys;
pub use dry_run::MadeProgramFile;
pub use dry_run::MakeProgramFileError;
pub use flow::Flow;
pub use flow_error::FlowError;
pub use host_functions::CallContext;
pub use host_functions::HostAnswer;
pub use host_functions::HostError;
pub use host_functions::HostFunctions;
pub use memory_host::Directory;
pub use memory_host::MemoryHost;
pub use module::Module;
pub use outcome::ActionReport;
pub use outcome::Decision;
pub use outcome::FlowCommand;
pub use outcome::FlowOutcome;
pub use program_file::PROGRAM_FILE_BYTES_MAX;
pub use program_file::ProgramFileError;
pub use program_file::is_program_file;
pub use program_file::is_program_file_name;
pub use spent::MemorySpent;
pub use spent::Spending;
pub use spent::SpentContinuations;
pub use vestibule_bundle::Bundle;
pub use vestibule_bundle::BundleError;
pub use vestibule_bundle::BundleLimits;
pub use vestibule_bundle::Bundler;
pub use vestibule_bundle::CompileError;
pub use vestibule_bundle::Diagnostic;
pub use vestibule_bundle::EntryFile;
pub use vestibule_bundle::ModuleKind;
pub use vestibule_bundle::NODE_PACKAGES;
pub use vestibule_bundle::NodePackages;
pub use vestibule_bundle::NpmProject;
pub use vestibule_bundle::Remark as BundleRemark;
pub use vestibule_engine::*;
pub use vestibule_triggers::BindingPolicy;
pub use vestibule_triggers::DuplicateTrigger;
pub use vestibule_triggers::Mode;
pub use vestibule_triggers::Registry;
pub use vestibule_triggers::Rejection;
pub use vestibule_triggers::RejectionCode;
pub use vestibule_triggers::Trigger;
pub use vestibule_triggers::UnknownTrigger;
pub use vestibule_triggers::did_you_mean;

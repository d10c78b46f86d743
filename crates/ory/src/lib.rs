//! Runs the hooks of a real Ory configuration.
//!
//! A tenant of Ory Kratos has a configuration with lists of hooks by flow and method, and one of Hydra has a
//! token hook. This crate reads those files as they are, finds out which hooks run at one [`Place`] by the
//! rules of Kratos, and runs them: built-in hooks become commands, web hooks become requests under the
//! host's egress policy, and their answers become commands too. They are the commands of the triggers
//! `ory/…`, so that a host applies one outcome document, whoever wrote it: a hook or an action.
//!
//! ```
//! use std::path::Path;
//! use serde_json::json;
//! use vestibule::{CannedAnswer, Egress, Registry};
//! use vestibule_ory::{OryConfig, Place, Runtime};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "
//! selfservice:
//!   flows:
//!     login:
//!       after:
//!         hooks: [{ hook: require_verified_address }]
//!         password:
//!           hooks:
//!             - hook: revoke_active_sessions
//!             - hook: web_hook
//!               config: { id: risk, url: 'https://risk.example/', method: POST, response: { parse: true } }
//! ";
//! let config = OryConfig::parse(text, "kratos.yaml", Path::new("."))?;
//! let place = Place::from_words("login", Some("after"), Some("password"))?;
//! let plan = config.plan(&place)?;
//! assert_eq!(plan.warnings()[0].at, "kratos.yaml:6", "the list of the flow is overridden, not merged");
//!
//! let message = json!({ "id": 4100001, "text": "Not from here.", "type": "error" });
//! let refusal = json!({ "messages": [{ "instance_ptr": "#/", "messages": [message] }] });
//! let answers = json!([{ "url": "https://risk.example/", "method": "POST", "status": 400, "json": refusal }]);
//! let answers: Vec<CannedAnswer> = serde_json::from_value(answers)?;
//! let runtime = Runtime::new(Egress::canned(answers));
//! let registry = Registry::built_in();
//! let sample = registry.get("ory/after-login")?.sample_event().expect("the built-in triggers have one");
//! let answered = plan.run(serde_json::from_str(sample)?, &runtime).await?;
//!
//! let commands = &answered.outcome.flow.commands;
//! assert_eq!(commands[0].command, "hooks.revokeActiveSessions");
//! assert_eq!(commands[1].command, "validation.error");
//! // Tell the user; then make the calls whose answers nobody waits for.
//! answered.detached.run().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new()?.block_on(example())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How far it goes with Kratos
//!
//! Which hooks run, and in which order, stands in the table of [`Plan`]. Where Kratos is silent, this crate
//! is not: what never runs is a [`Warning`], and what Kratos ignores (a hook of an unknown name) or would
//! only notice during a login (a template that is missing) is a [`ConfigError`] with file and line.
//!
//! | a web hook's answer | with `response.parse` | with `can_interrupt` | else |
//! |---|---|---|---|
//! | 200 with an identity | `identity.set…` for each field that is there and not empty | nothing | nothing |
//! | 204 and others below 300 | nothing | nothing | nothing |
//! | 300 to 399 | fails: redirects are not followed | fails | fails |
//! | 400 and above with messages | `validation.error` | `validation.error` | fails with 502 |
//! | 400 and above without | fails | fails | fails with 502 |
//!
//! A call is tried three times at most: again after 429 and 5xx but 501, after a connection that fails or
//! breaks off, and after 30 s without an answer. What fails has a reason for the log and one text for the
//! end user, [`HooksOutcome::user_message`].
//!
//! # Jsonnet
//!
//! Bodies are templates of tenants, and so are programs. Each is evaluated by a process of its own: the one
//! that [`Jsonnet`] names, which calls [`jsonnet_child`] and nothing else. A host names itself with a hidden
//! argument, as the command `vestibule` does, or ships the small program `vestibule-jsonnet`. Limits stand
//! in [`JsonnetLimits`]; there are no imports, no native functions, no environment, no files, no sockets.
//!
//! # What this crate does not do
//!
//! It applies no command. It reads neither environment variables that override a configuration nor several
//! files on top of each other: merge them first. It checks the parts of the file that it reads, and no
//! others. Which private addresses a web hook may reach is the business of the [`Egress`](vestibule::Egress)
//! alone; `clients.http` of the configuration is not read.

#![forbid(unsafe_code)]

mod answer;
mod call;
mod config;
mod error;
mod hook;
mod jsonnet;
mod place;
mod plan;
mod reader;
mod redacted;
mod report;
mod run;
mod runtime;
mod web_hook;
mod yaml;

pub use config::OryConfig;
pub use error::ConfigError;
pub use error::SourceLine;
pub use jsonnet::Jsonnet;
pub use jsonnet::JsonnetLimits;
pub use jsonnet::jsonnet_child;
pub use place::Flow;
pub use place::Method;
pub use place::Place;
pub use place::PlaceError;
pub use plan::Phase;
pub use plan::Plan;
pub use plan::PlannedHook;
pub use plan::Warning;
pub use report::HookOutcome;
pub use report::HookReport;
pub use report::HooksOutcome;
pub use report::RequestOutcome;
pub use report::RequestReport;
pub use run::Answered;
pub use run::Detached;
pub use run::RunError;
pub use runtime::Runtime;

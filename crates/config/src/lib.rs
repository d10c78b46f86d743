//! The flow file: which actions are bound to which triggers, where their sources are, where their
//! secrets come from, and under which limits they run. One format in YAML, TOML or JSON.
//!
//! ```
//! use vestibule::Vestibule;
//! use vestibule_config::{FlowFile, Target};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("vestibule-config-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # std::fs::write(folder.join("company-only.js"), "exports.onExecutePostLogin = async (event, api) => {
//! #   if (event.secrets.DOMAIN !== 'example.com') api.access.deny('not our domain');
//! # };")?;
//! # let path = folder.join("vestibule.yaml");
//! # let text = "
//! version: 1
//! actions:
//!   company-only:
//!     file: company-only.js
//!     secrets: { DOMAIN: { env: COMPANY_DOMAIN } }
//! triggers:
//!   auth0/post-login:
//!     actions: [company-only]
//! # ";
//! # std::fs::write(&path, text)?;
//! // A host passes its own way to look up environment variables; this crate never reads them.
//! let environment = |name: &str| (name == "COMPANY_DOMAIN").then(|| "example.com".to_owned());
//!
//! let file = FlowFile::read(&path, environment)?;
//! let vestibule = file.configure(Vestibule::builder())?.build()?;
//! let flow = file.flow(&vestibule, &Target::trigger("auth0/post-login"))?;
//!
//! let event = serde_json::from_str(flow.trigger().sample_event().expect("it is built in"))?;
//! assert!(flow.run(event).await?.is_decided());
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! Everything that is wrong with a file is told at once, each with line, column and the way out:
//!
//! ```
//! # use vestibule_config::FlowFile;
//! let text = "version: 1\nactions:\n  greet:\n    fil: greet.js\n";
//! let error = FlowFile::parse(text, "vestibule.yaml", |_| None).err().expect("it has mistakes");
//! assert_eq!(
//!     error.to_string(),
//!     "vestibule.yaml:4:5: actions.greet: there is no key \"fil\" here; did you mean \"file\"?\n  \
//!      help: the keys are: file, trigger, secrets, configuration, limits, egress, modules, \
//!      dependencies, runtime\n\
//!      vestibule.yaml:4:5: actions.greet: the key \"file\" is missing"
//! );
//! ```
//!
//! # What this crate does not do
//!
//! It runs nothing, watches no file, and reads no environment of its own accord. What an action may do
//! is decided by the crate `vestibule`.

#![forbid(unsafe_code)]

pub mod auth0;
mod check;
mod conform;
mod document;
mod flow_file;
mod json;
mod load;
mod node;
mod outline;
mod place;
mod problem;
mod reference;
mod references;
mod suggest;
mod target;
mod toml;
mod write;
mod yaml;

pub use check::ActionSummary;
pub use check::CheckReport;
pub use check::FlowSummary;
pub use flow_file::FILE_NAMES;
pub use flow_file::FlowFile;
pub use flow_file::LoadedFlow;
pub use flow_file::Overrides;
pub use flow_file::schema;
pub use outline::ActionOutline;
pub use outline::ModuleOutline;
pub use outline::Outline;
pub use outline::ProvidedNames;
pub use problem::FlowFileError;
pub use problem::Problem;
pub use problem::RefusedAction;
pub use reference::reference;
pub use target::Target;

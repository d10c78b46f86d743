//! The host's side of api methods that answer: a trait, and what a call is told about its flow.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;
use vestibule_engine::Egress;

/// Answers the api methods that a declaration marks with `@host NAME`.
///
/// The runtime itself answers `cache.*`, from the [`CacheStore`](crate::CacheStore), `redirect.*` and
/// `passkey.*`, when the host says [`Unknown`](HostAnswer::Unknown). [`MemoryHost`](crate::MemoryHost)
/// answers the others of the built-in triggers. A host that keeps its groups elsewhere implements this trait,
/// and hands names that it does not know to another implementation. So does one that runs in several
/// processes for `passkey.verifySignedData`: which tokens were used is remembered in this process alone.
pub trait HostFunctions: Send + Sync {
    /// Answers one call. `args` carries the names of the declaration.
    ///
    /// Runs on the isolate's thread while the script waits, so it must be quick: what takes time goes
    /// into [`HostAnswer::Later`], for methods that return a promise.
    fn call(&self, name: &str, args: &Map<String, Value>, context: &CallContext) -> HostAnswer;
}

/// Where a call comes from.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The flow's name; empty when it has none.
    pub flow: String,
    /// The entity that the flow belongs to, where its trigger is bound to entities.
    pub entity: Option<String>,
    /// The trigger, such as `auth0/post-login`.
    pub trigger: String,
    /// The action.
    pub action: String,
    /// The handler that runs.
    pub handler: String,
    /// The event, without secrets.
    pub event: Arc<Value>,
    /// Where the action's `fetch` may go. Requests on the action's behalf go through
    /// [`Egress::request`], under the same policy.
    pub egress: Egress,
}

/// The answer to a call.
pub enum HostAnswer {
    /// This value; `None` is `undefined`.
    Value(Option<Value>),
    /// A value that takes time. The future is polled on the engine's I/O threads and dropped when the
    /// execution ends before it.
    Later(Pin<Box<dyn Future<Output = Result<Option<Value>, HostError>> + Send>>),
    /// An error to throw in the script.
    Throw(HostError),
    /// No function of that name here.
    Unknown,
}

/// An error that a script sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    /// Its message.
    pub message: String,
}

impl HostError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HostError {}

//! What an execution is given: handler, event, api, secrets and limits, as plain data, and the
//! host's side of the api as a trait.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::code_cache::CodeCaching;
use crate::execution::Command;
use crate::inspector::Inspection;
use crate::limits::Limits;
use crate::program::Program;

/// One call of one handler. Plain data: it could as well come from another process.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Name of the exported function to call.
    pub handler: String,
    /// Other names that the trigger knows, to tell a misspelt handler from a missing one.
    pub known_handlers: Vec<String>,
    /// The event, as JSON text of an object.
    pub event: String,
    /// The methods of `api`.
    pub api: ApiShape,
    /// Values of `event.secrets`. They are kept out of `JSON.stringify(event)` and of the log.
    pub secrets: Vec<(String, Secret)>,
    /// Texts that must not be shown either, such as credentials within the event: the log, errors and the
    /// records of requests hold `****` in their place, as in that of secrets.
    pub sensitive: Vec<Secret>,
    /// What the script can `require` and `import`; of two with one name the first counts.
    pub modules: Vec<Module>,
    /// What the execution may use.
    pub limits: Limits,
    /// When V8's compiled form of its programs is kept.
    pub code_caching: CodeCaching,
    /// Lets a debugger in, and waits for one before the first line. Time does not count while it waits or a
    /// debugger holds it, and one request may take a day.
    #[cfg(feature = "inspector")]
    pub inspection: Option<Inspection>,
}

/// Code that a script asks for by name, with secrets of its own: `require('actions:NAME')`,
/// `import … from 'actions:NAME'` or `import('actions:NAME')`.
///
/// It is loaded when it is first asked for, once for each execution, on the execution's time and within
/// its limits. What its top level throws is thrown again, the very same value, by every `require`. A
/// module that does not compile throws a `SyntaxError` that names its file; where a script imports it
/// with a declaration, the script itself is an [`InvalidProgram`](crate::Outcome::InvalidProgram). A
/// module requires no other module.
///
/// In its code, and nowhere else, `actions.secrets` holds its secrets. That keeps the secrets of honest
/// authors apart. It is no wall: script and module share one isolate, and a script that runs first can
/// change every builtin that the module then uses.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name, without the `actions:` in front.
    pub name: String,
    /// Its code.
    pub program: Program,
    /// Values of its `actions.secrets`. As for the secrets of an event, the log does not show them.
    pub secrets: Vec<(String, Secret)>,
}

/// A value that must not be shown. `Debug` prints `****`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The methods of `api`, in a fixed order: the position in it is the number by which
/// [`ApiHandler::call`] knows the method. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiShape {
    /// JSON text, which is what the isolate reads.
    pub(crate) json: Arc<str>,
}

/// One method of `api`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ApiMethod {
    /// Names from `api` to the method, joined by dots: `accessToken.setCustomClaim`.
    pub path: String,
    /// What a call gives back to the script.
    pub returns: Returns,
    /// Number of parameters, which becomes the function's `length`.
    pub length: u32,
}

/// What a call of an api method gives back to the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// The `api` object, so that calls chain.
    Api,
    /// `undefined`.
    Nothing,
    /// The value of [`Answer::Value`].
    Value,
    /// A promise of the value of [`Answer::Value`] or [`Answer::Later`].
    Promise,
}

/// The host's side of `api`, for one execution. It lives on the isolate's thread: `call` runs while
/// the script waits, on the execution's time, and must not block.
pub trait ApiHandler: Send {
    /// Answers one call. `args` holds the arguments in order; `None` is `undefined`.
    fn call(&mut self, method: usize, args: Vec<Option<Value>>) -> Answer;
}

/// The answer to one call of an api method.
pub enum Answer {
    /// The call is a command: keep it, and change these parts of `event` that show its effect.
    Record(Command, Vec<EventChange>),
    /// The call is a question; `None` is `undefined`.
    Value(Option<Value>),
    /// The call is a question that takes time. The future is polled on the engine's I/O threads.
    Later(Pin<Box<dyn Future<Output = Result<Option<Value>, ApiError>> + Send>>),
    /// The call is refused: throw this at the script's line.
    Throw(ApiError),
    /// The call ends the whole execution, as an error that no script can catch.
    Abort(String),
}

/// An error to throw at the line of the script that made the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Constructor of the error.
    pub class: ErrorClass,
    /// Its message.
    pub message: String,
}

/// Constructors that an [`ApiError`] can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ErrorClass {
    Error,
    TypeError,
    RangeError,
}

/// A change of the script's `event` that follows from a command.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EventChange {
    /// Property names from `event` downwards; objects on the way are made where they lack.
    pub path: Vec<String>,
    /// The new value; `None` deletes the property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Invocation {
    /// A call of `handler` with an event, default limits, and an api without methods.
    pub fn new(handler: impl Into<String>, event: impl Into<String>) -> Self {
        Self {
            handler: handler.into(),
            known_handlers: Vec::new(),
            event: event.into(),
            api: ApiShape::default(),
            secrets: Vec::new(),
            sensitive: Vec::new(),
            modules: Vec::new(),
            limits: Limits::default(),
            code_caching: CodeCaching::default(),
            #[cfg(feature = "inspector")]
            inspection: None,
        }
    }

    /// What makes it a debugged one, where it is.
    pub(crate) fn take_inspection(&mut self) -> Option<Inspection> {
        #[cfg(feature = "inspector")]
        let inspection = self.inspection.take();
        #[cfg(not(feature = "inspector"))]
        let inspection = None;
        inspection
    }

    /// Every secret that must not be shown.
    pub(crate) fn all_secrets(&self) -> impl Iterator<Item = &Secret> {
        let of_modules = self.modules.iter().flat_map(|module| &module.secrets);
        self.secrets.iter().chain(of_modules).map(|(_, secret)| secret).chain(&self.sensitive)
    }
}

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Whoever calls this must not print it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Secrets as a JSON object, for the isolate alone.
pub(crate) fn revealed_as_json(secrets: &[(String, Secret)]) -> String {
    let object: serde_json::Map<_, _> =
        secrets.iter().map(|(name, secret)| (name.clone(), secret.reveal().into())).collect();
    Value::Object(object).to_string()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl ApiShape {
    /// The shape with these methods.
    pub fn new(methods: &[ApiMethod]) -> Self {
        let json = Value::Array(
            methods
                .iter()
                .map(|method| {
                    Value::Array(vec![
                        Value::Array(method.path.split('.').map(Value::from).collect()),
                        Value::from(method.returns as u8),
                        Value::from(method.length),
                    ])
                })
                .collect(),
        );
        Self { json: json.to_string().into() }
    }
}

impl Default for ApiShape {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl ApiError {
    /// A `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::TypeError, message: message.into() }
    }

    /// A plain `Error`.
    pub fn error(message: impl Into<String>) -> Self {
        Self { class: ErrorClass::Error, message: message.into() }
    }
}

/// An api without methods; for tests, and for programs that only compute.
pub struct NoApi;

impl ApiHandler for NoApi {
    fn call(&mut self, _method: usize, _args: Vec<Option<Value>>) -> Answer {
        Answer::Throw(ApiError::error("this api has no methods"))
    }
}

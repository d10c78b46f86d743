//! Joins the engine's `api` to the trigger's rules and the host's functions, for one execution.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::Map;
use serde_json::Value;
use vestibule_engine::Answer;
use vestibule_engine::ApiError;
use vestibule_engine::ApiHandler;
use vestibule_engine::ApiMethod;
use vestibule_engine::ApiShape;
use vestibule_engine::Command;
use vestibule_engine::ErrorClass;
use vestibule_engine::EventChange;
use vestibule_triggers::CallOutcome;
use vestibule_triggers::Calls;
use vestibule_triggers::ThrowClass;
use vestibule_triggers::Trigger;

use crate::cache;
use crate::cache::CacheStore;
use crate::changes::EventChanges;
use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;
use crate::host_functions::HostFunctions;
use crate::passkey::KeyFetches;
use crate::passkey::Passkeys;
use crate::tokens;

/// Changes of the event that the commands of one execution brought about, for later actions.
pub(crate) type Changes = Arc<Mutex<EventChanges>>;

/// Judges the calls of one execution.
pub(crate) struct Recorder {
    calls: Calls,
    host: Arc<dyn HostFunctions>,
    cache: Arc<dyn CacheStore>,
    passkeys: Arc<Passkeys>,
    key_fetches: Arc<KeyFetches>,
    context: CallContext,
    changes: Changes,
}

impl Recorder {
    pub(crate) fn new(
        calls: Calls,
        host: Arc<dyn HostFunctions>,
        cache: Arc<dyn CacheStore>,
        passkeys: Arc<Passkeys>,
        context: CallContext,
        changes: Changes,
    ) -> Self {
        Self { calls, host, cache, passkeys, key_fetches: Arc::default(), context, changes }
    }

    /// Asks the host, then the runtime's own functions.
    fn ask(&self, name: &str, args: &Map<String, Value>) -> HostAnswer {
        match self.host.call(name, args, &self.context) {
            HostAnswer::Unknown => {}
            answer => return answer,
        }
        match name.split_once('.') {
            Some(("cache", _)) => cache::answer(&*self.cache, name, args, &self.context),
            Some(("redirect", _)) => tokens::answer(name, args, &self.context.event),
            Some(("passkey", _)) => self.passkeys.answer(name, args, &self.context, &self.key_fetches),
            _ => HostAnswer::Unknown,
        }
    }
}

impl ApiHandler for Recorder {
    fn call(&mut self, method: usize, args: Vec<Option<Value>>) -> Answer {
        match self.calls.call(method, args) {
            CallOutcome::Record { command, event_changes } => {
                let changes = event_changes.iter().map(to_engine).collect();
                let mut all = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
                event_changes.into_iter().for_each(|change| all.make(change));
                Answer::Record(Command { name: command.method, args: command.args }, changes)
            }
            CallOutcome::Host { name, args } => match self.ask(&name, &args) {
                HostAnswer::Value(value) => Answer::Value(value),
                HostAnswer::Later(future) => {
                    Answer::Later(Box::pin(async move { future.await.map_err(to_error) }))
                }
                HostAnswer::Throw(error) => Answer::Throw(to_error(error)),
                HostAnswer::Unknown => {
                    Answer::Throw(ApiError::error(format!("the host has no function \"{name}\"")))
                }
            },
            CallOutcome::Throw { class, message } => {
                Answer::Throw(ApiError { class: to_class(class), message })
            }
            CallOutcome::Abort { message } => Answer::Abort(message),
        }
    }
}

/// The methods of a trigger, as the engine wants them.
pub(crate) fn shape(trigger: &Trigger) -> ApiShape {
    let methods: Vec<ApiMethod> = trigger
        .methods()
        .iter()
        .map(|method| ApiMethod {
            path: method.path.clone(),
            returns: match method.returns {
                vestibule_triggers::Returns::Chain => vestibule_engine::Returns::Api,
                vestibule_triggers::Returns::Nothing => vestibule_engine::Returns::Nothing,
                vestibule_triggers::Returns::Value => vestibule_engine::Returns::Value,
                vestibule_triggers::Returns::Promise => vestibule_engine::Returns::Promise,
            },
            length: u32::try_from(method.params.iter().take_while(|param| !param.optional).count())
                .unwrap_or(u32::MAX),
        })
        .collect();
    ApiShape::new(&methods)
}

fn to_engine(change: &vestibule_triggers::EventChange) -> EventChange {
    EventChange { path: change.path.clone(), value: change.value.clone() }
}

fn to_class(class: ThrowClass) -> ErrorClass {
    match class {
        ThrowClass::TypeError => ErrorClass::TypeError,
        ThrowClass::RangeError => ErrorClass::RangeError,
        ThrowClass::Error => ErrorClass::Error,
    }
}

fn to_error(error: HostError) -> ApiError {
    ApiError::error(error.message)
}

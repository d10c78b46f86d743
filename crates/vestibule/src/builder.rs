//! The runtime that a host embeds: engine, triggers, host functions and defaults.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use thiserror::Error;
use vestibule_engine::ApiShape;
use vestibule_engine::Egress;
use vestibule_engine::Engine;
use vestibule_engine::EngineError;
use vestibule_engine::EngineLimits;
#[cfg(feature = "inspector")]
use vestibule_engine::Inspector;
use vestibule_engine::LimitError;
use vestibule_engine::Limits;
use vestibule_engine::ProgramKey;
use vestibule_triggers::DuplicateTrigger;
use vestibule_triggers::Registry;
use vestibule_triggers::Trigger;
use vestibule_triggers::UnknownTrigger;

use crate::background::Background;
use crate::background::BackgroundLimits;
use crate::background::BackgroundReport;
use crate::background::Drained;
use crate::background::OnFinished;
use crate::cache::CacheStore;
use crate::cache::MemoryCache;
use crate::continuation;
use crate::continuation::ContinuationKeyError;
use crate::continuation::ContinuationKeys;
use crate::flow::Flow;
use crate::host_functions::HostFunctions;
use crate::memory_host::MemoryHost;
use crate::passkey::Passkeys;
use crate::recorder;
use crate::spent::MemorySpent;
use crate::spent::SpentContinuations;

/// The runtime. Cheap to clone; its threads end with the last clone.
#[derive(Clone)]
pub struct Vestibule {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) triggers: Registry,
    pub(crate) host: Arc<dyn HostFunctions>,
    pub(crate) limits: Limits,
    pub(crate) egress: Egress,
    pub(crate) continuation_keys: ContinuationKeys,
    pub(crate) continuation_lifetime: Duration,
    pub(crate) spent: Box<dyn SpentContinuations>,
    pub(crate) cache: Arc<dyn CacheStore>,
    pub(crate) passkeys: Arc<Passkeys>,
    pub(crate) background: Background,
    pub(crate) program_key: Option<ProgramKey>,
    #[cfg(feature = "inspector")]
    pub(crate) inspector: Option<Inspector>,
    /// The api of each trigger as the engine wants it, made once.
    pub(crate) shapes: Mutex<HashMap<String, ApiShape>>,
}

/// Settings of a [`Vestibule`] that is about to start.
pub struct Builder {
    engine_limits: EngineLimits,
    limits: Limits,
    egress: Egress,
    host: Option<Arc<dyn HostFunctions>>,
    triggers: Vec<Trigger>,
    continuation_keys: Option<ContinuationKeys>,
    continuation_lifetime: Duration,
    spent: Option<Box<dyn SpentContinuations>>,
    cache: Option<Arc<dyn CacheStore>>,
    background: BackgroundLimits,
    on_finished: Option<Arc<OnFinished>>,
    program_key: Option<ProgramKey>,
    #[cfg(feature = "inspector")]
    inspector: Option<Inspector>,
}

/// Why a [`Vestibule`] cannot start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A limit is out of its range.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Two triggers of one name.
    #[error(transparent)]
    Trigger(#[from] DuplicateTrigger),
    /// There is no key for continuations.
    #[error(transparent)]
    ContinuationKey(#[from] ContinuationKeyError),
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Vestibule {
    /// Settings to start from: all built-in triggers, default limits, the public internet as egress,
    /// a [`MemoryHost`], a [`MemoryCache`], and a random key for continuations that end with the process.
    pub fn builder() -> Builder {
        Builder {
            engine_limits: EngineLimits::default(),
            limits: Limits::default(),
            egress: Egress::default(),
            host: None,
            triggers: Vec::new(),
            continuation_keys: None,
            continuation_lifetime: continuation::LIFETIME_DEFAULT,
            spent: None,
            cache: None,
            background: BackgroundLimits::default(),
            on_finished: None,
            program_key: None,
            #[cfg(feature = "inspector")]
            inspector: None,
        }
    }

    /// A flow of the trigger with this name, without actions.
    ///
    /// # Errors
    /// When there is no such trigger; the error names the one that was perhaps meant.
    pub fn flow(&self, trigger: &str) -> Result<Flow, UnknownTrigger> {
        let trigger = self.inner.triggers.get(trigger)?;
        Ok(Flow::new(self.clone(), Arc::clone(trigger)))
    }

    /// The triggers.
    pub fn triggers(&self) -> &Registry {
        &self.inner.triggers
    }

    /// The engine below, for its figures.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Takes no more runs in the background, and waits for those under way; after `timeout` it cuts off the
    /// rest. Nothing that was cut off was applied, so its host may submit it again elsewhere. Flows that are
    /// waited for are not touched.
    pub async fn drain(&self, timeout: Duration) -> Drained {
        self.inner.background.drain(timeout).await
    }

    /// Whether debuggers are let in.
    pub(crate) fn is_debugged(&self) -> bool {
        #[cfg(feature = "inspector")]
        return self.inner.inspector.is_some();
        #[cfg(not(feature = "inspector"))]
        return false;
    }

    pub(crate) fn shape(&self, trigger: &Trigger) -> ApiShape {
        let mut shapes = self.inner.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        shapes.entry(trigger.id().to_owned()).or_insert_with(|| recorder::shape(trigger)).clone()
    }
}

impl Builder {
    /// What the engine may use for all executions together.
    #[must_use]
    pub fn engine_limits(mut self, limits: EngineLimits) -> Self {
        self.engine_limits = limits;
        self
    }

    /// What one execution may use, unless its action says otherwise.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where `fetch` may go, unless the action says otherwise.
    #[must_use]
    pub fn egress(mut self, egress: Egress) -> Self {
        self.egress = egress;
        self
    }

    /// Who answers api methods that a declaration marks with `@host`.
    #[must_use]
    pub fn host(mut self, host: impl HostFunctions + 'static) -> Self {
        self.host = Some(Arc::new(host));
        self
    }

    /// Adds a trigger of your own.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// The keys that seal and open continuations. Without them, they are sealed with a random key of this
    /// process, and no other process can go on.
    #[must_use]
    pub fn continuation_keys(mut self, keys: ContinuationKeys) -> Self {
        self.continuation_keys = Some(keys);
        self
    }

    /// How long a suspended flow waits for its user: an hour unless set, from a second to a day.
    #[must_use]
    pub fn continuation_lifetime(mut self, lifetime: Duration) -> Self {
        self.continuation_lifetime = lifetime;
        self
    }

    /// Who remembers which continuations have been used; without it a [`MemorySpent`], which is enough for
    /// one process.
    #[must_use]
    pub fn spent_continuations(mut self, spent: impl SpentContinuations + 'static) -> Self {
        self.spent = Some(Box::new(spent));
        self
    }

    /// Where `api.cache` keeps its entries.
    #[must_use]
    pub fn cache(mut self, store: impl CacheStore + 'static) -> Self {
        self.cache = Some(Arc::new(store));
        self
    }

    /// How much may be under way in the background.
    #[must_use]
    pub fn background(mut self, limits: BackgroundLimits) -> Self {
        self.background = limits;
        self
    }

    /// What to do when a run in the background has ended, all its attempts included. It is called on the
    /// task of the run, so it must be quick; a panic in it is caught.
    #[must_use]
    pub fn on_finished(mut self, hook: impl Fn(&BackgroundReport) + Send + Sync + 'static) -> Self {
        self.on_finished = Some(Arc::new(hook));
        self
    }

    /// The key that seals V8's compiled form in program files, and without which none is believed. Whoever
    /// has it can have V8 run anything at all, so no tenant may ever see it.
    #[must_use]
    pub fn program_key(mut self, key: ProgramKey) -> Self {
        self.program_key = Some(key);
        self
    }

    /// Lets debuggers into every action, which waits for one before its first line. No time counts while it
    /// waits or stands still; each action then has the flow's whole budget. For a developer's own machine:
    /// whoever attaches sees the secrets, and an action that stands still holds its thread of the engine.
    #[cfg(feature = "inspector")]
    #[must_use]
    pub fn inspector(mut self, inspector: Inspector) -> Self {
        self.inspector = Some(inspector);
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// When a limit is out of range, a trigger's name is taken, or a thread cannot be started.
    pub fn build(self) -> Result<Vestibule, BuildError> {
        self.limits.check()?;
        self.background.check()?;
        check_lifetime(self.continuation_lifetime)?;
        let continuation_keys = match self.continuation_keys {
            Some(keys) => keys,
            None => ContinuationKeys::random()?,
        };
        let mut triggers = Registry::built_in();
        for trigger in self.triggers {
            triggers.add(trigger)?;
        }
        let inner = Inner {
            engine: Engine::start(self.engine_limits)?,
            triggers,
            host: self.host.unwrap_or_else(|| Arc::new(MemoryHost::default())),
            limits: self.limits,
            egress: self.egress,
            continuation_keys,
            continuation_lifetime: self.continuation_lifetime,
            spent: self.spent.unwrap_or_else(|| Box::new(MemorySpent::default())),
            cache: self.cache.unwrap_or_else(|| Arc::new(MemoryCache::default())),
            passkeys: Arc::default(),
            background: Background::new(self.background, self.on_finished),
            program_key: self.program_key,
            #[cfg(feature = "inspector")]
            inspector: self.inspector,
            shapes: Mutex::default(),
        };
        Ok(Vestibule { inner: Arc::new(inner) })
    }
}

fn check_lifetime(lifetime: Duration) -> Result<(), LimitError> {
    let (value, floor, ceiling) = (lifetime.as_millis(), 1_000, continuation::LIFETIME_MAX.as_millis());
    if (floor..=ceiling).contains(&value) {
        return Ok(());
    }
    Err(LimitError { name: "continuation_lifetime_ms", value, floor, ceiling })
}

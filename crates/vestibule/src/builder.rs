//! The runtime that a host embeds: engine, triggers, host functions and defaults.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use thiserror::Error;
use vestibule_engine::ApiShape;
use vestibule_engine::Egress;
use vestibule_engine::Engine;
use vestibule_engine::EngineError;
use vestibule_engine::EngineLimits;
use vestibule_engine::LimitError;
use vestibule_engine::Limits;
use vestibule_triggers::DuplicateTrigger;
use vestibule_triggers::Registry;
use vestibule_triggers::Trigger;
use vestibule_triggers::UnknownTrigger;

use crate::flow::Flow;
use crate::host_functions::HostFunctions;
use crate::memory_host::MemoryHost;
use crate::recorder;

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
    /// The api of each trigger as the engine wants it, made once.
    shapes: Mutex<HashMap<String, ApiShape>>,
}

/// Settings of a [`Vestibule`] that is about to start.
pub struct Builder {
    engine_limits: EngineLimits,
    limits: Limits,
    egress: Egress,
    host: Option<Arc<dyn HostFunctions>>,
    triggers: Vec<Trigger>,
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
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Vestibule {
    /// Settings to start from: all built-in triggers, default limits, the public internet as egress,
    /// and a [`MemoryHost`].
    pub fn builder() -> Builder {
        Builder {
            engine_limits: EngineLimits::default(),
            limits: Limits::default(),
            egress: Egress::default(),
            host: None,
            triggers: Vec::new(),
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

    /// Starts the engine.
    ///
    /// # Errors
    /// When a limit is out of range, a trigger's name is taken, or a thread cannot be started.
    pub fn build(self) -> Result<Vestibule, BuildError> {
        self.limits.check()?;
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
            shapes: Mutex::default(),
        };
        Ok(Vestibule { inner: Arc::new(inner) })
    }
}

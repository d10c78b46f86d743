//! A binding: an action in its place in a flow, with what the place adds to it.

use serde_json::Value;
use vestibule_engine::CodeCaching;
use vestibule_engine::Egress;
use vestibule_engine::Limits;
use vestibule_engine::Secret;

use crate::action::Action;
use crate::action::ActionError;

/// An action in its place in a flow. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Binding {
    pub(crate) action: Action,
    name: Option<String>,
    secrets: Vec<(String, Secret)>,
    configuration: Vec<(String, String)>,
    pub(crate) on_failure: OnFailure,
    pub(crate) limits: Option<Limits>,
    pub(crate) egress: Option<Egress>,
    pub(crate) code_caching: CodeCaching,
}

/// What a failing action means for its flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The flow fails.
    #[default]
    Deny,
    /// The flow goes on as if the action had asked for nothing.
    Continue,
}

impl Binding {
    /// Binds an action as it is.
    pub fn new(action: Action) -> Self {
        Self {
            action,
            name: None,
            secrets: Vec::new(),
            configuration: Vec::new(),
            on_failure: OnFailure::default(),
            limits: None,
            egress: None,
            code_caching: CodeCaching::default(),
        }
    }

    /// What reports call the action here, instead of the action's own name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a value of `event.secrets`; it goes before the action's own of that name.
    ///
    /// # Errors
    /// When the binding has one of that name already.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, ActionError> {
        let name = name.into();
        if self.secrets.iter().any(|(other, _)| *other == name) {
            return Err(ActionError::SecretTwice { name });
        }
        self.secrets.push((name, Secret::new(value)));
        Ok(self)
    }

    /// Sets a value of `event.configuration`; it goes before the action's own of that name.
    #[must_use]
    pub fn configuration(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.configuration.push((name.into(), value.into()));
        self
    }

    /// What the action's failure means for the flow; without it, the flow fails.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Limits of its own, instead of the host's.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// An egress policy of its own, instead of the host's.
    #[must_use]
    pub fn egress(mut self, egress: Egress) -> Self {
        self.egress = Some(egress);
        self
    }

    /// Has V8's compiled form kept while the action runs: for runs whose purpose it is.
    #[must_use]
    pub(crate) fn keeping_code_cache(mut self) -> Self {
        self.code_caching = CodeCaching::BeforeAnswer;
        self
    }

    /// The action.
    pub fn action(&self) -> &Action {
        &self.action
    }

    pub(crate) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.action.name)
    }

    /// `event.secrets`: the action's, and the binding's over them.
    pub(crate) fn all_secrets(&self) -> Vec<(String, Secret)> {
        let is_own = |name: &String| self.secrets.iter().any(|(own, _)| own == name);
        let of_action = self.action.secrets.iter().filter(|(name, _)| !is_own(name));
        of_action.chain(&self.secrets).cloned().collect()
    }

    pub(crate) fn has_configuration(&self) -> bool {
        !self.action.configuration.is_empty() || !self.configuration.is_empty()
    }

    /// Completes `event.configuration`: what the event brings, the action's over it, the binding's over
    /// both.
    pub(crate) fn configure(&self, event: &mut Value) {
        let Some(Value::Object(configuration)) = event.get_mut("configuration") else { return };
        let pairs = self.action.configuration.iter().chain(&self.configuration);
        configuration.extend(pairs.map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    }
}

impl From<Action> for Binding {
    fn from(action: Action) -> Self {
        Self::new(action)
    }
}

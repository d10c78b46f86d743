//! What the hooks of a plan run with: triggers, egress policy, and the program that evaluates Jsonnet.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use vestibule::Egress;
use vestibule::HttpRequest;
use vestibule::Registry;

use crate::jsonnet::Jsonnet;
use crate::jsonnet::JsonnetError;
use crate::report::Failure;
use crate::web_hook::TEMPLATE_BYTES_MAX;
use crate::web_hook::Template;
use crate::web_hook::TemplateSource;

/// Time of one attempt.
const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(30);

/// Waits before the second and the third attempt.
const RETRY_WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// How long a template from the network is used before it is fetched again.
const TEMPLATE_AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// Templates from the network that are kept.
const TEMPLATES_MAX: usize = 100;

/// What hooks run with. Cheap to clone; clones share connections and templates.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) registry: Registry,
    pub(crate) egress: Egress,
    jsonnet: Option<Jsonnet>,
    pub(crate) attempt_time_max: Duration,
    pub(crate) retry_waits: [Duration; 2],
    fetched: Arc<Mutex<HashMap<String, Fetched>>>,
}

struct Fetched {
    text: Arc<str>,
    at: Instant,
}

impl Runtime {
    /// The built-in triggers, this egress policy, and no program for Jsonnet: hooks with a template fail
    /// until there is one.
    pub fn new(egress: Egress) -> Self {
        Self {
            registry: Registry::built_in(),
            egress,
            jsonnet: None,
            attempt_time_max: ATTEMPT_TIME_MAX,
            retry_waits: RETRY_WAITS,
            fetched: Arc::default(),
        }
    }

    /// The program that evaluates the templates of web hooks.
    #[must_use]
    pub fn jsonnet(mut self, jsonnet: Jsonnet) -> Self {
        self.jsonnet = Some(jsonnet);
        self
    }

    /// Triggers instead of the built-in ones.
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Time of one attempt of a call, its whole answer included. Default 30 s.
    #[must_use]
    pub fn attempt_time_max(mut self, time: Duration) -> Self {
        self.attempt_time_max = time;
        self
    }

    /// Waits before the second and the third attempt of a call. Default 1 s and 2 s; a server's
    /// `Retry-After` lengthens them to at most 30 s.
    #[must_use]
    pub fn retry_waits(mut self, waits: [Duration; 2]) -> Self {
        self.retry_waits = waits;
        self
    }

    /// The JSON text of `template(ctx)`; `None` when the template cancels.
    pub(crate) async fn render(
        &self,
        template: &Template,
        context: Value,
    ) -> Result<Option<String>, Failure> {
        let Some(jsonnet) = &self.jsonnet else {
            return Err(Failure::system("the host has named no program that evaluates Jsonnet"));
        };
        let text = match &template.source {
            TemplateSource::Text(text) => Arc::clone(text),
            TemplateSource::Url(url) => self.fetch(&template.name, url).await?,
        };
        match jsonnet.evaluate(&template.name, &text, context).await {
            Ok(result) => Ok(Some(result)),
            Err(JsonnetError::Cancelled) => Ok(None),
            // Both say all there is to say.
            Err(error @ (JsonnetError::Refused { .. } | JsonnetError::Host(_))) => {
                Err(Failure::system(error.to_string()))
            }
            Err(
                error @ (JsonnetError::TimedOut { .. }
                | JsonnetError::TooLarge { .. }
                | JsonnetError::Crashed { .. }),
            ) => Err(Failure::system(format!("{}: {error}", template.name))),
        }
    }

    async fn fetch(&self, shown: &str, url: &str) -> Result<Arc<str>, Failure> {
        if let Some(known) = self.kept(url) {
            return Ok(known);
        }
        let request = HttpRequest {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            response_bytes_max: TEMPLATE_BYTES_MAX,
            time_max: self.attempt_time_max,
        };
        let response = self.egress.request(request).await.map_err(|error| {
            Failure::gateway(format!("the template {shown} cannot be fetched: {}", error.reason()))
        })?;
        if response.status != 200 {
            let status = response.status;
            return Err(Failure::gateway(format!(
                "the template {shown} is answered with the status {status}"
            )));
        }
        let text: Arc<str> = String::from_utf8(response.body)
            .map_err(|_| Failure::gateway(format!("the template {shown} is no text in UTF-8")))?
            .into();
        self.keep(url, &text);
        Ok(text)
    }

    fn kept(&self, url: &str) -> Option<Arc<str>> {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let known = fetched.get(url).filter(|known| known.at.elapsed() < TEMPLATE_AGE_MAX)?;
        Some(Arc::clone(&known.text))
    }

    fn keep(&self, url: &str, text: &Arc<str>) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.retain(|_, known| known.at.elapsed() < TEMPLATE_AGE_MAX);
        if fetched.len() < TEMPLATES_MAX {
            fetched.insert(url.to_owned(), Fetched { text: Arc::clone(text), at: Instant::now() });
        }
    }
}

//! The public keys that signed passkey data is checked with: given with the call, or fetched from a URL and
//! kept for some minutes.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use vestibule_engine::Egress;
use vestibule_engine::HttpError;
use vestibule_engine::HttpRequest;

use crate::host_functions::CallContext;
use crate::passkey::Refusal;
use crate::passkey::limit;

/// The sets of keys that this process has fetched.
#[derive(Debug, Default)]
pub(super) struct KeySets {
    pub(super) fetched: Mutex<Vec<FetchedKeys>>,
}

/// The sets of keys that one execution fetches.
#[derive(Debug, Default)]
pub(crate) struct KeyFetches {
    begun: AtomicUsize,
    is_under_way: AtomicBool,
}

/// A set of keys that came from a URL. What one policy fetched is never shown to another: what is behind
/// a name can differ between the two.
#[derive(Debug)]
pub(super) struct FetchedKeys {
    egress: Egress,
    url: String,
    /// As it came: a hostile set takes many times as much memory once it is read.
    text: Arc<[u8]>,
    pub(super) at: Instant,
}

impl KeySets {
    /// The key from the set behind a URL; `None` when the set, as new as it may be, does not have it.
    pub(super) async fn key_from_url(
        &self,
        url: &str,
        kid: &str,
        context: &CallContext,
        fetches: &KeyFetches,
    ) -> Result<Option<Jwk>, Refusal> {
        if let Some(text) = self.fetched(url, &context.egress, limit::FETCHED_AGE)
            && let Some(key) = key_of(&key_set(&text)?, kid)?
        {
            return Ok(Some(key));
        }
        if self.fetched(url, &context.egress, limit::FETCHED_AGE_WITHOUT_KEY).is_some() {
            return Ok(None);
        }
        let text = fetch(url, context, fetches).await?;
        let key = key_of(&key_set(&text)?, kid)?;
        self.keep(url, &context.egress, text.into());
        Ok(key)
    }

    fn fetched(&self, url: &str, egress: &Egress, age_max: Duration) -> Option<Arc<[u8]>> {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |keys: &&FetchedKeys| keys.is_for(url, egress) && keys.at.elapsed() < age_max;
        fetched.iter().find(is_it).map(|keys| Arc::clone(&keys.text))
    }

    fn keep(&self, url: &str, egress: &Egress, text: Arc<[u8]>) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.retain(|keys| !keys.is_for(url, egress) && keys.at.elapsed() < limit::FETCHED_AGE);
        if fetched.len() >= limit::FETCHED_SETS {
            // The oldest stands first.
            fetched.remove(0);
        }
        fetched.push(FetchedKeys { egress: egress.clone(), url: url.to_owned(), text, at: Instant::now() });
    }
}

impl FetchedKeys {
    fn is_for(&self, url: &str, egress: &Egress) -> bool {
        self.url == url && self.egress.is_same(egress)
    }
}

/// The set of keys behind a URL, as it came. One request at a time for each execution, and not many in all:
/// requests of the host do not count as those of the action, so without this an action could begin any
/// number of them.
pub(super) async fn fetch(
    url: &str,
    context: &CallContext,
    fetches: &KeyFetches,
) -> Result<Vec<u8>, Refusal> {
    let _turn = fetches.begin()?;
    let request = HttpRequest {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body: Vec::new(),
        response_bytes_max: limit::KEYS_BYTES,
        time_max: limit::FETCH_TIME,
    };
    let response = context.egress.request(request).await.map_err(|error| match error {
        HttpError::ResponseTooLarge { .. } => Refusal::too_many_keys(),
        HttpError::BadRequest { .. }
        | HttpError::Unreachable { .. }
        | HttpError::TimedOut { .. }
        | HttpError::Broken { .. } => Refusal::Fetch(error.to_string()),
    })?;
    if response.status != 200 {
        return Err(Refusal::Fetch(format!("the answer has the status {}", response.status)));
    }
    Ok(response.body)
}

fn key_set(text: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(text).map_err(|_| Refusal::keys("they are not JSON"))
}

/// A fetch of keys; it ends when this is dropped.
pub(super) struct Turn<'f>(&'f KeyFetches);

impl KeyFetches {
    pub(super) fn begin(&self) -> Result<Turn<'_>, Refusal> {
        let refused = |problem: &str| Err(Refusal::Fetch(problem.to_owned()));
        if self.is_under_way.swap(true, Ordering::AcqRel) {
            return refused("another fetch of keys is under way; await one call before the next");
        }
        let turn = Turn(self);
        if self.begun.fetch_add(1, Ordering::AcqRel) >= limit::FETCHES_OF_EXECUTION {
            return refused("this execution has fetched keys too often");
        }
        Ok(turn)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.is_under_way.store(false, Ordering::Release);
    }
}

/// The one key of the set with this `kid`. Keys of other kinds in the set do no harm.
pub(super) fn key_of(set: &Value, kid: &str) -> Result<Option<Jwk>, Refusal> {
    let Some(list) = set.get("keys").and_then(Value::as_array) else {
        return Err(Refusal::keys("they are not a JSON Web Key Set: there is no list \"keys\""));
    };
    let mut named = list.iter().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
    let (Some(key), second) = (named.next(), named.next()) else { return Ok(None) };
    if second.is_some() {
        return Err(Refusal::keys(format!("more than one of them has the kid {kid:?}")));
    }
    let is = |field: &str, wanted: &str| key.get(field).is_none_or(|value| value == wanted);
    if key.get("kty").is_none_or(|kty| kty != "RSA") || !is("alg", "RS256") {
        return Err(Refusal::keys(format!("the key {kid:?} is not an RSA key for RS256")));
    }
    let operations = key.get("key_ops").and_then(Value::as_array);
    if !is("use", "sig") || operations.is_some_and(|all| !all.iter().any(|one| one == "verify")) {
        return Err(Refusal::keys(format!("the key {kid:?} is not for signatures")));
    }
    let key = serde_json::from_value(key.clone());
    key.map(Some).map_err(|_| Refusal::keys(format!("the key {kid:?} is not a public RSA key")))
}

//! `passkey.verifySignedData`: what a passkey ceremony came to, as Corbado signed it, checked against its
//! public keys.
//!
//! The token is a JWT. The algorithm is RS256 whatever the token says, exactly one key may carry the token's
//! `kid`, and a token is good for one call as long as it lives.

mod key_set;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jsonwebtoken::jwk::Jwk;
use serde_json::Map;
use serde_json::Value;
use thiserror::Error;

use crate::clock;
use crate::digest;
use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;
pub(crate) use crate::passkey::key_set::KeyFetches;
use crate::passkey::key_set::KeySets;
use crate::passkey::key_set::key_of;
use crate::passkey::token::checked_claims;
use crate::passkey::token::key_id;
use crate::passkey::token::seconds_claim;
use crate::passkey::token::text_claim;
use crate::passkey::token::token_id;

mod limit {
    use std::time::Duration;

    pub(super) const TOKEN_BYTES: usize = 8 * 1024;
    pub(super) const KEYS_BYTES: usize = 64 * 1024;
    pub(super) const KID_BYTES: usize = 256;
    /// How far two clocks may differ.
    pub(super) const CLOCK_SKEW_S: u64 = 10;
    /// Tokens that were used and are still alive; together they take a few megabytes.
    pub(super) const USED_TOKENS: usize = 50_000;
    /// What each flow may still use when that many are remembered: an action can sign tokens with keys of
    /// its own, and those must not lock out the flows of others.
    pub(super) const USED_TOKENS_OF_FLOW: usize = 1_000;
    /// How far away the end of a token may be. Corbado's end after some minutes; one without an end would
    /// be remembered for ever.
    pub(super) const LIFETIME_S: u64 = 24 * 60 * 60;
    pub(super) const FETCHED_SETS: usize = 100;
    /// How long a fetched set of keys is good.
    pub(super) const FETCHED_AGE: Duration = Duration::from_secs(5 * 60);
    /// A set that lacks a key is fetched again, at most this often: Corbado may just have changed keys,
    /// but a token that names a key at random must not become a request each time.
    pub(super) const FETCHED_AGE_WITHOUT_KEY: Duration = Duration::from_secs(30);
    pub(super) const FETCH_TIME: Duration = Duration::from_secs(5);
    /// Sets that one execution fetches. They are requests of the host, which do not count as the action's
    /// own.
    pub(super) const FETCHES_OF_EXECUTION: usize = 10;
}

/// The keys that this process has fetched, and the tokens that were used in it.
#[derive(Debug, Default)]
pub(crate) struct Passkeys {
    sets: KeySets,
    /// Used tokens by [`token_id`].
    used: Mutex<HashMap<[u8; 32], UsedToken>>,
}

/// A token that cannot be used again.
#[derive(Clone, Copy, Debug)]
struct UsedToken {
    /// When it ends, in seconds since 1970.
    ends_s: u64,
    /// SHA-256 of the name of the flow that used it.
    flow: [u8; 32],
}

/// The arguments of a call.
struct Request {
    token: String,
    keys: Keys,
    issuer: String,
    username: Option<String>,
}

enum Keys {
    Inline(Value),
    Url(String),
}

/// Why a call is refused. The text is what the script sees.
#[derive(Debug, PartialEq, Eq, Error)]
enum Refusal {
    #[error("passkey.verifySignedData: {0}")]
    Arguments(&'static str),
    #[error("The signed passkey data is invalid: {0}")]
    Token(String),
    #[error("The keys for the signed passkey data cannot be used: {0}")]
    Keys(String),
    #[error("The keys for the signed passkey data cannot be fetched: {0}")]
    Fetch(String),
    #[error("Too many passkey tokens are in use at this moment; please try again in a few minutes.")]
    Full,
}

impl Refusal {
    fn token(problem: impl Into<String>) -> Self {
        Self::Token(problem.into())
    }

    fn keys(problem: impl Into<String>) -> Self {
        Self::Keys(problem.into())
    }

    fn too_many_keys() -> Self {
        Self::keys(format!("they take more than {} bytes", limit::KEYS_BYTES))
    }
}

impl Passkeys {
    /// Answers `passkey.verifySignedData`.
    pub(crate) fn answer(
        self: &Arc<Self>,
        name: &str,
        args: &Map<String, Value>,
        context: &CallContext,
        fetches: &Arc<KeyFetches>,
    ) -> HostAnswer {
        if name != "passkey.verifySignedData" {
            return HostAnswer::Unknown;
        }
        let (passkeys, args, context) = (Arc::clone(self), args.clone(), context.clone());
        let fetches = Arc::clone(fetches);
        HostAnswer::Later(Box::pin(async move {
            let claims = passkeys.claims(&args, &context, &fetches).await;
            claims
                .map(|claims| Some(Value::Object(claims)))
                .map_err(|refusal| HostError::new(refusal.to_string()))
        }))
    }

    async fn claims(
        &self,
        args: &Map<String, Value>,
        context: &CallContext,
        fetches: &KeyFetches,
    ) -> Result<Map<String, Value>, Refusal> {
        let request = Request::read(args)?;
        let kid = key_id(&request.token)?;
        let key = match &request.keys {
            Keys::Inline(set) => key_of(set, &kid)?,
            Keys::Url(url) => self.sets.key_from_url(url, &kid, context, fetches).await?,
        };
        let key = key.ok_or_else(|| Refusal::token(format!("no key of the set has its kid {kid:?}")))?;
        let now_s = clock::now_ms() / 1000;
        let claims = checked_claims(&request, &key, now_s)?;
        self.use_up(&key, &claims, context, now_s)?;
        Ok(claims)
    }

    /// Notes that the token was used, unless it was before.
    fn use_up(
        &self,
        key: &Jwk,
        claims: &Map<String, Value>,
        context: &CallContext,
        now_s: u64,
    ) -> Result<(), Refusal> {
        let id = token_id(key, text_claim(claims, "jti")?);
        let ends_s = seconds_claim(claims, "exp")?.saturating_add(limit::CLOCK_SKEW_S);
        let flow = digest::of_parts(&[context.flow.as_bytes()]);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains_key(&id) {
            return Err(Refusal::token("it was used before"));
        }
        if used.len() >= limit::USED_TOKENS {
            used.retain(|_, token| token.ends_s >= now_s);
        }
        let of_flow = || used.values().filter(|token| token.flow == flow).count();
        if used.len() >= limit::USED_TOKENS && of_flow() >= limit::USED_TOKENS_OF_FLOW {
            return Err(Refusal::Full);
        }
        used.insert(id, UsedToken { ends_s, flow });
        Ok(())
    }
}

impl Request {
    fn read(args: &Map<String, Value>) -> Result<Self, Refusal> {
        let options = args.get("options").and_then(Value::as_object);
        let option = |name: &str| options?.get(name).filter(|value| !value.is_null());
        let text = |name: &str| option(name).map(|value| value.as_str().map(str::to_owned));
        let keys = match (option("jwks"), text("jwksUrl")) {
            (Some(set), None) => Keys::Inline(small(set)?.clone()),
            (None, Some(Some(url))) => Keys::Url(https(url)?),
            (None, Some(None)) => return Err(Refusal::Arguments("jwksUrl must be a string")),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Refusal::Arguments("give either jwks or jwksUrl, and not both"));
            }
        };
        let given = |text: Option<String>, problem| {
            text.filter(|text| !text.is_empty()).ok_or(Refusal::Arguments(problem))
        };
        Ok(Self {
            token: args
                .get("signedPasskeyData")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or(Refusal::Arguments("signedPasskeyData must be a string"))?,
            keys,
            issuer: given(text("issuer").flatten(), "issuer must be a string that is not empty")?,
            username: match text("username") {
                None => None,
                Some(username) => Some(given(username, "username must be a string that is not empty")?),
            },
        })
    }
}

fn small(set: &Value) -> Result<&Value, Refusal> {
    let bytes = serde_json::to_vec(set).map_or(usize::MAX, |json| json.len());
    if bytes > limit::KEYS_BYTES { Err(Refusal::too_many_keys()) } else { Ok(set) }
}

/// Keys that come over an open line could be anybody's.
fn https(url: String) -> Result<String, Refusal> {
    let is_https = url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    if is_https { Ok(url) } else { Err(Refusal::Arguments("jwksUrl must begin with https://")) }
}

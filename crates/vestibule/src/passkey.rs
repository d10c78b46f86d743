//! `passkey.verifySignedData`: what a passkey ceremony came to, as Corbado signed it, checked against its
//! public keys.
//!
//! The token is a JWT. The algorithm is RS256 whatever the token says, exactly one key may carry the token's
//! `kid`, and a token is good for one call as long as it lives.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::ThumbprintHash;
use serde_json::Map;
use serde_json::Value;
use thiserror::Error;
use vestibule_engine::Egress;
use vestibule_engine::HttpError;
use vestibule_engine::HttpRequest;

use crate::clock;
use crate::digest;
use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;

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
    fetched: Mutex<Vec<FetchedKeys>>,
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

/// The sets of keys that one execution fetches.
#[derive(Debug, Default)]
pub(crate) struct KeyFetches {
    begun: AtomicUsize,
    is_under_way: AtomicBool,
}

/// A set of keys that came from a URL. What one policy fetched is never shown to another: what is behind
/// a name can differ between the two.
#[derive(Debug)]
struct FetchedKeys {
    egress: Egress,
    url: String,
    /// As it came: a hostile set takes many times as much memory once it is read.
    text: Arc<[u8]>,
    at: Instant,
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
            Keys::Url(url) => self.key_from_url(url, &kid, context, fetches).await?,
        };
        let key = key.ok_or_else(|| token(format!("no key of the set has its kid {kid:?}")))?;
        let now_s = clock::now_ms() / 1000;
        let claims = checked_claims(&request, &key, now_s)?;
        self.use_up(&key, &claims, context, now_s)?;
        Ok(claims)
    }

    /// The key from the set behind a URL; `None` when the set, as new as it may be, does not have it.
    async fn key_from_url(
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
            return Err(token("it was used before"));
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

impl FetchedKeys {
    fn is_for(&self, url: &str, egress: &Egress) -> bool {
        self.url == url && self.egress.is_same(egress)
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

/// The set of keys behind a URL, as it came. One request at a time for each execution, and not many in all:
/// requests of the host do not count as those of the action, so without this an action could begin any
/// number of them.
async fn fetch(url: &str, context: &CallContext, fetches: &KeyFetches) -> Result<Vec<u8>, Refusal> {
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
        HttpError::ResponseTooLarge { .. } => too_many_keys(),
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
    serde_json::from_slice(text).map_err(|_| keys("they are not JSON"))
}

/// A fetch of keys; it ends when this is dropped.
struct Turn<'f>(&'f KeyFetches);

impl KeyFetches {
    fn begin(&self) -> Result<Turn<'_>, Refusal> {
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

/// The `kid` of a token that has a header as it must be. Nothing of it is trusted yet.
fn key_id(jwt: &str) -> Result<String, Refusal> {
    if jwt.len() > limit::TOKEN_BYTES {
        return Err(token(format!("it is longer than {} bytes", limit::TOKEN_BYTES)));
    }
    let header = jwt.split('.').next().unwrap_or_default();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok();
    let header: Option<Map<String, Value>> = header.and_then(|json| serde_json::from_slice(&json).ok());
    let header = header.filter(|_| jwt.split('.').count() == 3).ok_or_else(|| token("it is malformed"))?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(token("it is not signed with RS256"));
    }
    if header.contains_key("crit") {
        return Err(token("its header has \"crit\", which asks for more than is understood"));
    }
    match header.get("kid") {
        None => Err(token("it does not say which key signed it (\"kid\")")),
        Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= limit::KID_BYTES => Ok(kid.clone()),
        Some(_) => Err(token(format!("its kid is not a text of 1 to {} bytes", limit::KID_BYTES))),
    }
}

/// The one key of the set with this `kid`. Keys of other kinds in the set do no harm.
fn key_of(set: &Value, kid: &str) -> Result<Option<Jwk>, Refusal> {
    let Some(list) = set.get("keys").and_then(Value::as_array) else {
        return Err(keys("they are not a JSON Web Key Set: there is no list \"keys\""));
    };
    let mut named = list.iter().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
    let (Some(key), second) = (named.next(), named.next()) else { return Ok(None) };
    if second.is_some() {
        return Err(keys(format!("more than one of them has the kid {kid:?}")));
    }
    let is = |field: &str, wanted: &str| key.get(field).is_none_or(|value| value == wanted);
    if key.get("kty").is_none_or(|kty| kty != "RSA") || !is("alg", "RS256") {
        return Err(keys(format!("the key {kid:?} is not an RSA key for RS256")));
    }
    let operations = key.get("key_ops").and_then(Value::as_array);
    if !is("use", "sig") || operations.is_some_and(|all| !all.iter().any(|one| one == "verify")) {
        return Err(keys(format!("the key {kid:?} is not for signatures")));
    }
    let key = serde_json::from_value(key.clone());
    key.map(Some).map_err(|_| keys(format!("the key {kid:?} is not a public RSA key")))
}

/// The claims of a token whose signature, times and names are right.
fn checked_claims(request: &Request, key: &Jwk, now_s: u64) -> Result<Map<String, Value>, Refusal> {
    let unusable = |_| keys("the key is not a public RSA key of 2048 to 8192 bits");
    let decoding_key = DecodingKey::from_jwk(key).map_err(unusable)?;
    // The algorithm is ours, whatever the token's header says.
    let mut rules = Validation::new(Algorithm::RS256);
    rules.leeway = limit::CLOCK_SKEW_S;
    rules.validate_nbf = true;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["exp"]);
    let decoded = jsonwebtoken::decode::<Map<String, Value>>(&request.token, &decoding_key, &rules);
    let claims = decoded.map_err(|error| reason(&error))?.claims;

    if text_claim(&claims, "iss")? != request.issuer {
        return Err(token("it comes from another issuer"));
    }
    text_claim(&claims, "sub")?;
    text_claim(&claims, "jti")?;
    if seconds_claim(&claims, "iat")? > now_s.saturating_add(limit::CLOCK_SKEW_S) {
        return Err(token("it is not valid yet"));
    }
    if seconds_claim(&claims, "exp")? > now_s.saturating_add(limit::LIFETIME_S) {
        return Err(token("it lives for more than a day"));
    }
    match &request.username {
        Some(username) if claims.get("username").and_then(Value::as_str) != Some(username) => {
            Err(token("it was made for another username"))
        }
        Some(_) | None => Ok(claims),
    }
}

/// A `jti` is unique among the tokens of one key. The key is part of this so that nobody can use up a token
/// of somebody else's by signing the same `jti` with a key of their own.
fn token_id(key: &Jwk, jti: &str) -> [u8; 32] {
    digest::of_parts(&[key.thumbprint(ThumbprintHash::SHA256).as_bytes(), jti.as_bytes()])
}

fn text_claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Result<&'c str, Refusal> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| token(format!("it has no \"{name}\"")))
}

/// A time in seconds since 1970; parts of a second are cut off.
fn seconds_claim(claims: &Map<String, Value>, name: &str) -> Result<u64, Refusal> {
    let seconds = claims.get(name).and_then(Value::as_f64).filter(|seconds| *seconds >= 0.0);
    seconds.map(|seconds| seconds as u64).ok_or_else(|| token(format!("it has no \"{name}\"")))
}

fn reason(error: &jsonwebtoken::errors::Error) -> Refusal {
    match error.kind() {
        ErrorKind::ExpiredSignature => token("it has expired"),
        ErrorKind::ImmatureSignature => token("it is not valid yet"),
        ErrorKind::InvalidSignature => token("its signature does not match the key"),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => token("it is not signed with RS256"),
        ErrorKind::MissingRequiredClaim(claim) => token(format!("it has no \"{claim}\"")),
        ErrorKind::InvalidRsaKey(_) | ErrorKind::InvalidKeyFormat => {
            keys("the key is not a public RSA key of 2048 to 8192 bits")
        }
        _ => token("it is malformed"),
    }
}

fn small(set: &Value) -> Result<&Value, Refusal> {
    let bytes = serde_json::to_vec(set).map_or(usize::MAX, |json| json.len());
    if bytes > limit::KEYS_BYTES { Err(too_many_keys()) } else { Ok(set) }
}

/// Keys that come over an open line could be anybody's.
fn https(url: String) -> Result<String, Refusal> {
    let is_https = url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    if is_https { Ok(url) } else { Err(Refusal::Arguments("jwksUrl must begin with https://")) }
}

fn token(problem: impl Into<String>) -> Refusal {
    Refusal::Token(problem.into())
}

fn keys(problem: impl Into<String>) -> Refusal {
    Refusal::Keys(problem.into())
}

fn too_many_keys() -> Refusal {
    keys(format!("they take more than {} bytes", limit::KEYS_BYTES))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jsonwebtoken::EncodingKey;
    use jsonwebtoken::Header;
    use serde_json::json;
    use vestibule_engine::CannedAnswer;

    use super::*;

    const ISSUER: &str = "https://pro-1.frontendapi.example";
    const FLOW: &str = "tenant-1/login";
    const KEYS_URL: &str = "https://pro-1.frontendapi.example/jwks";

    static OURS: LazyLock<EncodingKey> = LazyLock::new(new_key);
    static FOREIGN: LazyLock<EncodingKey> = LazyLock::new(new_key);

    fn now_s() -> u64 {
        clock::now_ms() / 1000
    }

    fn new_key() -> EncodingKey {
        /// What stands before the RSA key in its PKCS #8 wrapping.
        const WRAPPING_BYTES: usize = 26;
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        EncodingKey::from_rsa_der(&key.serialize_der()[WRAPPING_BYTES..])
    }

    /// The public half of our key, with these fields besides or instead.
    fn jwk(changes: Value) -> Value {
        let mut key = serde_json::to_value(Jwk::from_encoding_key(&OURS, Algorithm::RS256).unwrap()).unwrap();
        key["kid"] = json!("pki-1");
        key["use"] = json!("sig");
        merge(key, changes)
    }

    fn jwks(changes: Value) -> Value {
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "pki-0" }, jwk(changes)] })
    }

    /// Claims as Corbado makes them, with these changes.
    fn claims(changes: Value) -> Value {
        let now_s = now_s();
        let claims = json!({
            "iss": ISSUER, "sub": "usr-1", "jti": "jti-1", "iat": now_s, "nbf": now_s, "exp": now_s + 300,
            "username": "ada@lantern.example", "credential": "cre-1",
        });
        merge(claims, changes)
    }

    /// `null` takes a field away.
    fn merge(mut base: Value, changes: Value) -> Value {
        let Value::Object(changes) = changes else { panic!("changes are an object") };
        for (name, value) in changes {
            match value {
                Value::Null => drop(base.as_object_mut().unwrap().remove(&name)),
                value => base[name] = value,
            }
        }
        base
    }

    fn sign(changes: Value) -> String {
        sign_with(&OURS, Some("pki-1"), &claims(changes))
    }

    fn sign_with(key: &EncodingKey, kid: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, key).unwrap()
    }

    /// Our token with another header in front; the signature stays.
    fn with_header(header: Value) -> String {
        let token = sign(json!({}));
        let (_, rest) = token.split_once('.').unwrap();
        format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    fn context(egress: Egress) -> CallContext {
        CallContext {
            flow: FLOW.into(),
            entity: None,
            trigger: "corbado/post-login".into(),
            action: "a".into(),
            handler: "onPostLogin".into(),
            event: Arc::new(json!({})),
            egress,
        }
    }

    async fn call(passkeys: &Passkeys, token: &str, options: Value) -> Result<Value, String> {
        let Value::Object(args) = json!({ "signedPasskeyData": token, "options": options }) else { panic!() };
        let claims = passkeys.claims(&args, &context(Egress::none()), &KeyFetches::default()).await;
        claims.map(Value::Object).map_err(|refusal| refusal.to_string())
    }

    fn options(changes: Value) -> Value {
        merge(
            json!({ "jwks": jwks(json!({})), "issuer": ISSUER, "username": "ada@lantern.example" }),
            changes,
        )
    }

    /// What a fresh verifier says about a token.
    async fn refusal(token: &str, options: Value) -> String {
        call(&Passkeys::default(), token, options).await.expect_err("the token is wrong")
    }

    #[tokio::test]
    async fn a_good_token_gives_its_claims() {
        let checked = call(&Passkeys::default(), &sign(json!({})), options(json!({}))).await.unwrap();
        assert_eq!((&checked["sub"], &checked["credential"]), (&json!("usr-1"), &json!("cre-1")));
        let nobody = options(json!({ "username": null }));
        assert!(call(&Passkeys::default(), &sign(json!({ "username": null })), nobody).await.is_ok());
    }

    #[tokio::test]
    async fn a_token_that_is_wrong_in_any_way_is_refused_with_its_reason() {
        let (now_s, long) = (now_s(), "x".repeat(9000));
        let rs256 = "it is not signed with RS256";
        let no_header = BASE64_URL_SAFE_NO_PAD.encode("[]");
        let hmac = {
            // The trap: a verifier that trusts the header takes the public key for a shared secret.
            let public = jwk(json!({}))["n"].as_str().unwrap().to_owned();
            let header = Header { kid: Some("pki-1".into()), ..Header::new(Algorithm::HS256) };
            let key = EncodingKey::from_secret(public.as_bytes());
            jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap()
        };
        let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"pki-1"}"#);
        let unsigned = format!("{none}.{}.", BASE64_URL_SAFE_NO_PAD.encode(claims(json!({})).to_string()));
        for (token, reason) in [
            (unsigned, rs256),
            (hmac, rs256),
            (with_header(json!({ "alg": "PS256", "kid": "pki-1" })), rs256),
            (with_header(json!({ "kid": "pki-1" })), rs256),
            (sign_with(&OURS, None, &claims(json!({}))), "it does not say which key signed it (\"kid\")"),
            (with_header(json!({ "alg": "RS256", "kid": "" })), "its kid is not a text of 1 to 256 bytes"),
            (with_header(json!({ "alg": "RS256", "kid": 7 })), "its kid is not a text of 1 to 256 bytes"),
            (
                with_header(json!({ "alg": "RS256", "kid": "pki-1", "crit": ["b64"] })),
                "its header has \"crit\", which asks for more than is understood",
            ),
            (sign_with(&OURS, Some("pki-9"), &claims(json!({}))), "no key of the set has its kid \"pki-9\""),
            (sign_with(&FOREIGN, Some("pki-1"), &claims(json!({}))), "its signature does not match the key"),
            (
                with_header(json!({ "alg": "RS256", "kid": "pki-1", "typ": "X" })),
                "its signature does not match the key",
            ),
            (sign(json!({ "exp": now_s - 60 })), "it has expired"),
            (sign(json!({ "nbf": now_s + 60 })), "it is not valid yet"),
            (sign(json!({ "iat": now_s + 60 })), "it is not valid yet"),
            (sign(json!({ "iss": "https://pro-2.frontendapi.example" })), "it comes from another issuer"),
            (sign(json!({ "iss": [ISSUER] })), "it has no \"iss\""),
            (sign(json!({ "username": "bob@lantern.example" })), "it was made for another username"),
            (sign(json!({ "username": null })), "it was made for another username"),
            (sign(json!({ "exp": null })), "it has no \"exp\""),
            (sign(json!({ "iat": null })), "it has no \"iat\""),
            (sign(json!({ "iss": null })), "it has no \"iss\""),
            (sign(json!({ "sub": null })), "it has no \"sub\""),
            (sign(json!({ "jti": null })), "it has no \"jti\""),
            (sign(json!({ "jti": "" })), "it has no \"jti\""),
            (sign(json!({ "exp": "soon" })), "it has no \"exp\""),
            (sign(json!({ "exp": now_s + 100_000 })), "it lives for more than a day"),
            (sign(json!({ "exp": 1e15 })), "it lives for more than a day"),
            (sign(json!({ "long": long })), "it is longer than 8192 bytes"),
            (String::new(), "it is malformed"),
            ("not a token".to_owned(), "it is malformed"),
            (format!("{no_header}.e30.AA"), "it is malformed"),
            (format!("{}.more", sign(json!({}))), "it is malformed"),
        ] {
            let refusal = refusal(&token, options(json!({}))).await;
            assert_eq!(refusal, format!("The signed passkey data is invalid: {reason}"));
        }
    }

    #[tokio::test]
    async fn a_set_of_keys_that_is_wrong_in_any_way_is_refused_with_its_reason() {
        let twice = json!({ "keys": [jwk(json!({})), jwk(json!({}))] });
        let kid = "the key \"pki-1\"";
        for (set, reason) in [
            (json!({}), "they are not a JSON Web Key Set: there is no list \"keys\"".to_owned()),
            (json!([]), "they are not a JSON Web Key Set: there is no list \"keys\"".to_owned()),
            (twice, "more than one of them has the kid \"pki-1\"".to_owned()),
            (jwks(json!({ "kty": "oct", "k": "AAAA" })), format!("{kid} is not an RSA key for RS256")),
            (jwks(json!({ "alg": "HS256" })), format!("{kid} is not an RSA key for RS256")),
            (jwks(json!({ "use": "enc" })), format!("{kid} is not for signatures")),
            (jwks(json!({ "key_ops": ["sign"] })), format!("{kid} is not for signatures")),
            (jwks(json!({ "n": null })), format!("{kid} is not a public RSA key")),
            (jwks(json!({ "n": "%" })), "the key is not a public RSA key of 2048 to 8192 bits".to_owned()),
            (json!({ "keys": [], "x": "x".repeat(70_000) }), "they take more than 65536 bytes".to_owned()),
        ] {
            let refusal = refusal(&sign(json!({})), options(json!({ "jwks": set }))).await;
            assert_eq!(refusal, format!("The keys for the signed passkey data cannot be used: {reason}"));
        }
        // A modulus far too short: whatever signs it could be forged in an afternoon.
        let short = refusal(&sign(json!({})), options(json!({ "jwks": jwks(json!({ "n": "AQAB" })) }))).await;
        assert!(short.contains("its signature does not match the key"), "{short}");
    }

    #[tokio::test]
    async fn arguments_that_make_no_sense_are_refused() {
        for (changes, reason) in [
            (json!({ "jwks": null }), "give either jwks or jwksUrl, and not both"),
            (json!({ "jwksUrl": KEYS_URL }), "give either jwks or jwksUrl, and not both"),
            (json!({ "jwks": null, "jwksUrl": 5 }), "jwksUrl must be a string"),
            (
                json!({ "jwks": null, "jwksUrl": "http://pro-1.frontendapi.example/jwks" }),
                "jwksUrl must begin with https://",
            ),
            (json!({ "issuer": null }), "issuer must be a string that is not empty"),
            (json!({ "issuer": "" }), "issuer must be a string that is not empty"),
            (json!({ "username": "" }), "username must be a string that is not empty"),
            (json!({ "username": 5 }), "username must be a string that is not empty"),
        ] {
            let refusal = refusal(&sign(json!({})), options(changes)).await;
            assert_eq!(refusal, format!("passkey.verifySignedData: {reason}"));
        }
        let no_token =
            Passkeys::default().claims(&Map::new(), &context(Egress::none()), &KeyFetches::default()).await;
        assert!(no_token.is_err());
    }

    #[tokio::test]
    async fn a_token_can_be_used_once() {
        let passkeys = Passkeys::default();
        let (first, second) = (sign(json!({})), sign(json!({ "jti": "jti-2" })));
        assert!(call(&passkeys, &first, options(json!({}))).await.is_ok());
        let again = call(&passkeys, &first, options(json!({}))).await.unwrap_err();
        assert_eq!(again, "The signed passkey data is invalid: it was used before");
        assert!(call(&passkeys, &second, options(json!({}))).await.is_ok());
    }

    #[tokio::test]
    async fn a_token_that_was_refused_is_not_used_up() {
        let passkeys = Passkeys::default();
        let token = sign(json!({}));
        assert!(call(&passkeys, &token, options(json!({ "username": "bob" }))).await.is_err());
        assert!(call(&passkeys, &token, options(json!({}))).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_uses_up_the_token_of_somebody_else() {
        let passkeys = Passkeys::default();
        let foreign = Jwk::from_encoding_key(&FOREIGN, Algorithm::RS256).unwrap();
        let foreign = merge(serde_json::to_value(foreign).unwrap(), json!({ "kid": "pki-1" }));
        let forged = sign_with(&FOREIGN, Some("pki-1"), &claims(json!({})));
        let own_keys = options(json!({ "jwks": { "keys": [foreign] } }));
        assert!(call(&passkeys, &forged, own_keys).await.is_ok(), "it is good for its own keys");
        assert!(call(&passkeys, &sign(json!({})), options(json!({}))).await.is_ok());
    }

    #[tokio::test]
    async fn the_memory_of_used_tokens_is_bounded_and_forgets_what_has_expired() {
        let passkeys = Passkeys::default();
        let fill = |ends_s: u64, flow: &str| {
            let token = UsedToken { ends_s, flow: digest::of_parts(&[flow.as_bytes()]) };
            let tokens = (0..limit::USED_TOKENS).map(|n| (digest::of_parts(&[&n.to_be_bytes()]), token));
            *passkeys.used.lock().unwrap() = tokens.collect();
        };
        fill(u64::MAX, FLOW);
        let full = call(&passkeys, &sign(json!({})), options(json!({}))).await.unwrap_err();
        assert_eq!(full, Refusal::Full.to_string());
        fill(u64::MAX, "tenant-2/login");
        let (first, second) = (sign(json!({})), sign(json!({ "jti": "jti-2" })));
        for token in [first.as_str(), second.as_str()] {
            assert!(call(&passkeys, token, options(json!({}))).await.is_ok(), "others have filled it");
            assert!(call(&passkeys, token, options(json!({}))).await.is_err(), "once");
        }
        fill(now_s() - 1, FLOW);
        assert!(call(&passkeys, &sign(json!({})), options(json!({}))).await.is_ok());
        assert_eq!(passkeys.used.lock().unwrap().len(), 1);
    }

    /// A verifier with keys behind a URL, and how it answers a token that names this key.
    struct Fetching {
        passkeys: Passkeys,
        context: CallContext,
        fetches: KeyFetches,
        tokens: usize,
    }

    impl Fetching {
        fn new(answers: Value) -> Self {
            let answers: Vec<CannedAnswer> = serde_json::from_value(answers).unwrap();
            let context = context(Egress::canned(answers));
            Self { passkeys: Passkeys::default(), context, fetches: KeyFetches::default(), tokens: 0 }
        }

        async fn call(&mut self, kid: &str) -> Result<Value, String> {
            self.tokens += 1;
            let jti = format!("jti-{}", self.tokens);
            let token = sign_with(&OURS, Some(kid), &claims(json!({ "jti": jti })));
            let options = options(json!({ "jwks": null, "jwksUrl": KEYS_URL }));
            let args = json!({ "signedPasskeyData": token, "options": options });
            let claims = self.passkeys.claims(args.as_object().unwrap(), &self.context, &self.fetches).await;
            claims.map(Value::Object).map_err(|refusal| refusal.to_string())
        }

        /// Makes all fetched keys this much older.
        fn age(&self, time: Duration) {
            for keys in self.passkeys.fetched.lock().unwrap().iter_mut() {
                keys.at = keys.at.checked_sub(time).expect("the machine has been up for longer");
            }
        }
    }

    fn keys_once(kid: &str) -> Value {
        json!({ "url": KEYS_URL, "times": 1, "json": { "keys": [jwk(json!({ "kid": kid }))] } })
    }

    #[tokio::test]
    async fn keys_are_fetched_once_for_some_minutes() {
        let mut fetching = Fetching::new(json!([keys_once("pki-1"), keys_once("pki-1")]));
        assert!(fetching.call("pki-1").await.is_ok());
        fetching.age(limit::FETCHED_AGE / 2);
        assert!(fetching.call("pki-1").await.is_ok(), "one answer is still left, and was not asked for");
        fetching.age(limit::FETCHED_AGE);
        assert!(fetching.call("pki-1").await.is_ok(), "the second answer");
        fetching.age(limit::FETCHED_AGE);
        assert!(fetching.call("pki-1").await.unwrap_err().contains("cannot be fetched"), "no answer is left");
    }

    #[tokio::test]
    async fn a_new_key_is_looked_for_but_not_with_every_token() {
        let mut fetching = Fetching::new(json!([keys_once("pki-1"), keys_once("pki-2")]));
        assert!(fetching.call("pki-1").await.is_ok());
        let unknown = fetching.call("pki-2").await.unwrap_err();
        assert_eq!(unknown, "The signed passkey data is invalid: no key of the set has its kid \"pki-2\"");
        fetching.age(limit::FETCHED_AGE_WITHOUT_KEY);
        assert!(fetching.call("pki-2").await.is_ok());
    }

    #[tokio::test]
    async fn keys_that_one_policy_fetched_are_not_shown_to_another() {
        let mut fetching = Fetching::new(json!([keys_once("pki-1")]));
        assert!(fetching.call("pki-1").await.is_ok());
        fetching.context.egress = Egress::none();
        let refused = fetching.call("pki-1").await.unwrap_err();
        assert!(
            refused.ends_with("the target cannot be reached, or reaching it is not allowed"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn keys_that_cannot_be_fetched_say_why() {
        let prefix = "The keys for the signed passkey data cannot be";
        for (answer, reason) in [
            (json!({ "status": 404 }), "fetched: the answer has the status 404"),
            (
                json!({ "status": 302, "headers": { "location": "/" } }),
                "fetched: the answer has the status 302",
            ),
            (json!({ "body": "<html>" }), "used: they are not JSON"),
            (json!({ "body": "x".repeat(70_000) }), "used: they take more than 65536 bytes"),
            (
                json!({ "error": "reset" }),
                "fetched: the target cannot be reached, or reaching it is not allowed",
            ),
        ] {
            let mut fetching = Fetching::new(json!([merge(json!({ "url": KEYS_URL }), answer)]));
            assert_eq!(fetching.call("pki-1").await.unwrap_err(), format!("{prefix} {reason}"));
        }
    }

    #[tokio::test]
    async fn an_execution_fetches_one_set_of_keys_at_a_time_and_not_many() {
        let (context, fetches) = (context(Egress::none()), KeyFetches::default());
        let turn = fetches.begin().unwrap();
        let busy = fetch(KEYS_URL, &context, &fetches).await.unwrap_err();
        assert!(busy.to_string().ends_with("await one call before the next"), "{busy}");
        drop(turn);
        for _ in 1..limit::FETCHES_OF_EXECUTION {
            let other = fetch(KEYS_URL, &context, &fetches).await.unwrap_err();
            assert!(other.to_string().ends_with("reaching it is not allowed"), "{other}");
        }
        let too_often = fetch(KEYS_URL, &context, &fetches).await.unwrap_err();
        assert!(too_often.to_string().ends_with("has fetched keys too often"), "{too_often}");
        let of_another = fetch(KEYS_URL, &context, &KeyFetches::default()).await.unwrap_err();
        assert!(of_another.to_string().ends_with("reaching it is not allowed"), "{of_another}");
    }
}

//! Passkey data that is signed well, and every way in which it is not.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde_json::json;
use vestibule_engine::CannedAnswer;
use vestibule_engine::Egress;

use super::*;
use crate::passkey::key_set::fetch;

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
    merge(json!({ "jwks": jwks(json!({})), "issuer": ISSUER, "username": "ada@lantern.example" }), changes)
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
        for keys in self.passkeys.sets.fetched.lock().unwrap().iter_mut() {
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
    assert!(refused.ends_with("the target cannot be reached, or reaching it is not allowed"), "{refused}");
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_say_why() {
    let prefix = "The keys for the signed passkey data cannot be";
    for (answer, reason) in [
        (json!({ "status": 404 }), "fetched: the answer has the status 404"),
        (json!({ "status": 302, "headers": { "location": "/" } }), "fetched: the answer has the status 302"),
        (json!({ "body": "<html>" }), "used: they are not JSON"),
        (json!({ "body": "x".repeat(70_000) }), "used: they take more than 65536 bytes"),
        (json!({ "error": "reset" }), "fetched: the target cannot be reached, or reaching it is not allowed"),
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

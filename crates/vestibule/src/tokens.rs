//! The tokens that travel with a user who is sent to another site and back: signed, not encrypted.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde_json::Map;
use serde_json::Value;

use crate::clock::now_ms;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;

/// How long a token lives unless the script says otherwise, in seconds.
const LIFETIME_DEFAULT: u64 = 900;
/// The longest lifetime, in seconds: about three centuries, so that no sum of times overflows.
const LIFETIME_MAX: f64 = 1e10;
/// Where a token is looked for unless the script says otherwise.
const PARAMETER_DEFAULT: &str = "session_token";

/// Bytes of a token: more than any header or query string carries.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Answers `redirect.encodeToken`, `redirect.validateToken` and `redirect.canRedirect`.
pub(crate) fn answer(name: &str, args: &Map<String, Value>, event: &Value) -> HostAnswer {
    let options = args.get("options").unwrap_or(&Value::Null);
    let result = match name {
        "redirect.encodeToken" => encode(options, event, now_ms() / 1000),
        "redirect.validateToken" => validate(options, event, now_ms() / 1000),
        "redirect.canRedirect" => Ok(can_redirect(event).into()),
        _ => return HostAnswer::Unknown,
    };
    match result {
        Ok(value) => HostAnswer::Value(Some(value)),
        Err(error) => HostAnswer::Throw(error),
    }
}

/// `redirect.encodeToken`: HS256 over the payload and what binds it to this login.
///
/// The payload comes last, so it may set `sub`, `exp` and the others itself, as it may at Auth0. A token
/// with another `sub` or `iss` than those of the login does not come back, because
/// [`validate`] compares both with the event.
fn encode(options: &Value, event: &Value, now_s: u64) -> Result<Value, HostError> {
    let impossible = |why: &dyn Display| HostError::new(format!("the session token cannot be made: {why}"));
    let secret = secret(options)?;
    let lifetime = lifetime_s(options)?;
    let bound = Bound::read(event).map_err(|why| impossible(&why))?;
    let mut claims = Map::new();
    claims.insert("iat".into(), now_s.into());
    claims.insert("iss".into(), bound.issuer.into());
    claims.insert("sub".into(), bound.subject.into());
    claims.insert("exp".into(), now_s.saturating_add(lifetime).into());
    claims
        .insert("ip".into(), event.pointer("/request/ip").and_then(Value::as_str).unwrap_or_default().into());
    if let Some(payload) = options.get("payload").and_then(Value::as_object) {
        claims.extend(payload.clone());
    }
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map_err(|error| impossible(&error))?;
    match token.len() {
        0..=TOKEN_BYTES_MAX => Ok(token.into()),
        bytes => Err(impossible(&format!("it has {bytes} bytes, but {TOKEN_BYTES_MAX} are the most"))),
    }
}

/// `redirect.validateToken`: the payload of the token that came back with the request.
fn validate(options: &Value, event: &Value, now_s: u64) -> Result<Value, HostError> {
    let secret = secret(options)?;
    let parameter = options.get("tokenParameterName").and_then(Value::as_str).unwrap_or(PARAMETER_DEFAULT);
    let token = parameter_of(event, parameter).ok_or_else(|| {
        HostError::new(format!("There is no parameter called \"{parameter}\" in the request"))
    })?;
    let claims = verified_claims(token, secret).and_then(|claims| {
        check_times(&claims, now_s)?;
        check_bound(&claims, event)?;
        Ok(claims)
    });
    claims.map(Value::Object).map_err(|why| HostError::new(format!("The session token is invalid: {why}")))
}

/// A text that came with the request: what the body carries goes before what the query carries.
fn parameter_of<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    ["/request/body", "/request/query"].iter().find_map(|place| event.pointer(place)?.get(name)?.as_str())
}

/// The claims of a token that is signed with HS256 and this secret, and with nothing else.
fn verified_claims(token: &str, secret: &str) -> Result<Map<String, Value>, String> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(format!("it has {} bytes, but {TOKEN_BYTES_MAX} are the most", token.len()));
    }
    let malformed = || "it is malformed".to_owned();
    let (message, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = message.split_once('.').ok_or_else(malformed)?;
    let header = object(header).ok_or_else(malformed)?;
    // The algorithm is ours, whatever the header says; it is read for a clear reason, and so that no
    // spelling of another one gets any further.
    if header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err("it is not signed with HS256".to_owned());
    }
    if header.contains_key("crit") {
        return Err("its header asks for extensions".to_owned());
    }
    let key = DecodingKey::from_secret(secret.as_bytes());
    // The library compares in constant time.
    match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::HS256) {
        Ok(true) => object(claims).ok_or_else(malformed),
        Ok(false) | Err(_) => Err("its signature does not match the secret".to_owned()),
    }
}

/// One part of a token: a JSON object as base64url.
fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_times(claims: &Map<String, Value>, now_s: u64) -> Result<(), String> {
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| format!("its \"{name}\" is not a number")),
    };
    let expires = seconds("exp")?.ok_or("it has no \"exp\"")?;
    if expires <= now_s as f64 {
        return Err("it has expired".to_owned());
    }
    match seconds("nbf")? {
        Some(begins) if begins > now_s as f64 => Err("it is not valid yet".to_owned()),
        Some(_) | None => Ok(()),
    }
}

/// A token belongs to one user, one host name and one transaction.
fn check_bound(claims: &Map<String, Value>, event: &Value) -> Result<(), String> {
    let text = |name: &str| match claims.get(name) {
        None => Err(format!("it has no \"{name}\"")),
        Some(value) => value.as_str().ok_or_else(|| format!("its \"{name}\" is not a string")),
    };
    let bound = Bound::read(event)?;
    if text("iss")? != bound.issuer {
        return Err("it was made for another host name".to_owned());
    }
    if text("sub")? != bound.subject {
        return Err("it was made for another user".to_owned());
    }
    if Some(text("state")?) != parameter_of(event, "state") {
        return Err("it was made for another state".to_owned());
    }
    Ok(())
}

/// What a token is bound to. Without it, any token would be as good as any other.
struct Bound<'a> {
    issuer: &'a str,
    subject: &'a str,
}

impl<'a> Bound<'a> {
    fn read(event: &'a Value) -> Result<Self, String> {
        let text = |pointer: &str, name: &str| {
            let text = event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.ok_or_else(|| format!("the event has no {name}, which a token is bound to"))
        };
        Ok(Self {
            issuer: text("/request/hostname", "request.hostname")?,
            subject: text("/user/user_id", "user.user_id")?,
        })
    }
}

/// `redirect.canRedirect`: not without a browser, and not where the client forbids to ask the user.
fn can_redirect(event: &Value) -> bool {
    const WITHOUT_BROWSER: [&str; 4] =
        ["oauth2-resource-owner", "oauth2-refresh-token", "oauth2-password", "oauth2-webauthn"];
    string_at(event, "/request/query/prompt") != "none"
        && !WITHOUT_BROWSER.contains(&string_at(event, "/transaction/protocol").as_str())
}

fn lifetime_s(options: &Value) -> Result<u64, HostError> {
    let Some(asked) = options.get("expiresInSeconds").filter(|asked| !asked.is_null()) else {
        return Ok(LIFETIME_DEFAULT);
    };
    match asked.as_f64() {
        Some(seconds) if (1.0..=LIFETIME_MAX).contains(&seconds) => Ok(seconds as u64),
        _ => Err(HostError::new(format!(
            "expiresInSeconds must be a number of seconds from 1 to {LIFETIME_MAX}, got {asked}"
        ))),
    }
}

fn secret(options: &Value) -> Result<&str, HostError> {
    options
        .get("secret")
        .and_then(Value::as_str)
        .filter(|secret| !secret.is_empty())
        .ok_or_else(|| HostError::new("the secret must be a string that is not empty"))
}

fn string_at(event: &Value, pointer: &str) -> String {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now_s() -> u64 {
        now_ms() / 1000
    }

    fn event() -> Value {
        json!({
            "user": { "user_id": "auth0|1" },
            "request": { "hostname": "login.example.com", "ip": "203.0.113.7", "query": {}, "body": {} },
        })
    }

    fn returned(token: &Value) -> Value {
        let mut event = event();
        event["request"]["query"] = json!({ "session_token": token, "state": "s1" });
        event
    }

    fn refusal(options: Value, event: &Value) -> String {
        validate(&options, event, now_s()).unwrap_err().message
    }

    #[test]
    fn a_token_of_the_same_login_comes_back() {
        let options = json!({ "secret": "abc", "payload": { "state": "s1", "extra": 1 } });
        let token = encode(&options, &event(), now_s()).unwrap();
        let claims = validate(&json!({ "secret": "abc" }), &returned(&token), now_s()).unwrap();
        assert_eq!(claims["extra"], 1);
        assert_eq!(claims["sub"], "auth0|1");
        assert_eq!(claims["ip"], "203.0.113.7");
    }

    const PREFIX: &str = "The session token is invalid: ";

    fn token(payload: Value) -> Value {
        let mut claims = json!({ "state": "s1" });
        claims.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        encode(&json!({ "secret": "abc", "payload": claims }), &event(), now_s()).unwrap()
    }

    /// A token of other claims and another header than `encode` makes, signed as the header says or else
    /// with HS256.
    fn signed(header: Value, claims: Value) -> Value {
        let algorithm = match header["alg"].as_str() {
            Some("HS384") => Algorithm::HS384,
            Some("HS512") => Algorithm::HS512,
            _ => Algorithm::HS256,
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let key = EncodingKey::from_secret(b"abc");
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
        json!(format!("{message}.{signature}"))
    }

    fn claims() -> Value {
        json!({ "iss": "login.example.com", "sub": "auth0|1", "state": "s1", "exp": now_s() + 60 })
    }

    fn reason(token: &Value) -> String {
        let refusal = refusal(json!({ "secret": "abc" }), &returned(token));
        refusal.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{refusal}")).to_owned()
    }

    fn without(name: &str) -> Value {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    #[test]
    fn another_algorithm_is_refused_however_it_is_spelt_and_signed() {
        let right = signed(json!({ "alg": "HS256" }), claims());
        assert!(validate(&json!({ "secret": "abc" }), &returned(&right), now_s()).is_ok());
        for alg in [
            json!("none"),
            json!("None"),
            json!("NONE"),
            json!(""),
            json!("HS384"),
            json!("HS512"),
            json!("RS256"),
            json!("ES256"),
            json!("hs256"),
            json!("HS256 "),
            json!(null),
            json!(["HS256"]),
            json!({}),
            json!(256),
        ] {
            let token = signed(json!({ "typ": "JWT", "alg": alg }), claims());
            assert_eq!(reason(&token), "it is not signed with HS256", "{alg}");
        }
        assert_eq!(reason(&signed(json!({ "typ": "JWT" }), claims())), "it is not signed with HS256");
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let signed = signed(json!({ "alg": "HS256" }), claims());
        let (message, _) = signed.as_str().unwrap().rsplit_once('.').unwrap();
        assert_eq!(reason(&json!(format!("{message}."))), "its signature does not match the secret");
        assert_eq!(reason(&json!(message)), "it is malformed");
    }

    #[test]
    fn a_header_with_extensions_is_refused() {
        let token = signed(json!({ "alg": "HS256", "crit": ["b64"], "b64": false }), claims());
        assert_eq!(reason(&token), "its header asks for extensions");
    }

    #[test]
    fn another_secret_or_other_claims_under_the_same_signature_are_refused() {
        let other = refusal(json!({ "secret": "other" }), &returned(&token(json!({}))));
        assert_eq!(other, format!("{PREFIX}its signature does not match the secret"));
        let good = token(json!({}));
        let parts: Vec<_> = good.as_str().unwrap().split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(with("sub", json!("auth0|2")).to_string());
        let forged = json!(format!("{}.{forged}.{}", parts[0], parts[2]));
        assert_eq!(reason(&forged), "its signature does not match the secret");
    }

    #[test]
    fn another_user_host_name_or_state_is_refused() {
        for (payload, why) in [
            (json!({ "sub": "auth0|2" }), "it was made for another user"),
            (json!({ "iss": "x" }), "it was made for another host name"),
            (json!({ "state": "s2" }), "it was made for another state"),
        ] {
            assert_eq!(reason(&token(payload)), why);
        }
        let mut stateless = returned(&token(json!({})));
        stateless["request"]["query"].as_object_mut().unwrap().remove("state");
        let refusal = refusal(json!({ "secret": "abc" }), &stateless);
        assert_eq!(refusal, format!("{PREFIX}it was made for another state"));
    }

    #[test]
    fn a_token_outside_its_time_is_refused() {
        assert_eq!(reason(&token(json!({ "exp": now_s() - 1 }))), "it has expired");
        assert_eq!(reason(&token(json!({ "exp": now_s() }))), "it has expired");
        assert_eq!(reason(&token(json!({ "nbf": now_s() + 60 }))), "it is not valid yet");
    }

    #[test]
    fn a_claim_that_is_missing_or_of_the_wrong_type_is_named() {
        let check = |claims: Value| reason(&signed(json!({ "alg": "HS256" }), claims));
        for name in ["exp", "iss", "sub", "state"] {
            assert_eq!(check(without(name)), format!("it has no \"{name}\""));
        }
        for name in ["exp", "nbf"] {
            for wrong in [json!("4102444800"), json!(null), json!([4_102_444_800_u64])] {
                assert_eq!(check(with(name, wrong)), format!("its \"{name}\" is not a number"));
            }
        }
        for name in ["iss", "sub", "state"] {
            for wrong in [json!(["login.example.com", "auth0|1", "s1"]), json!(1), json!(null)] {
                assert_eq!(check(with(name, wrong)), format!("its \"{name}\" is not a string"));
            }
        }
        for wrong in [json!([]), json!("text"), json!(null)] {
            assert_eq!(check(wrong), "it is malformed");
        }
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        for text in ["", ".", "..", "not.a.token", "a.b", "e30", "bnVsbA.e30.", "====.e30.x"] {
            assert_eq!(reason(&json!(text)), "it is malformed", "{text:?}");
        }
        let missing = refusal(json!({ "secret": "abc" }), &event());
        assert_eq!(missing, "There is no parameter called \"session_token\" in the request");
    }

    #[test]
    fn a_token_that_is_too_large_is_neither_made_nor_read() {
        let large = json!({ "secret": "abc", "payload": { "text": "x".repeat(TOKEN_BYTES_MAX) } });
        let error = encode(&large, &event(), 0).unwrap_err().message;
        assert!(error.ends_with("but 16384 are the most"), "{error}");
        let read = reason(&json!("x".repeat(TOKEN_BYTES_MAX + 1)));
        assert_eq!(read, "it has 16385 bytes, but 16384 are the most");
    }

    #[test]
    fn the_payload_goes_over_the_claims_of_the_login() {
        let token = token(json!({ "exp": now_s() + 5, "ip": "198.51.100.1" }));
        let claims = validate(&json!({ "secret": "abc" }), &returned(&token), now_s()).unwrap();
        assert_eq!(claims["exp"], now_s() + 5);
        assert_eq!(claims["ip"], "198.51.100.1");
    }

    #[test]
    fn a_login_without_user_or_host_name_has_no_tokens() {
        for field in ["/user/user_id", "/request/hostname"] {
            let mut event = returned(&token(json!({})));
            *event.pointer_mut(field).unwrap() = json!("");
            let error = encode(&json!({ "secret": "abc" }), &event, 0).unwrap_err().message;
            assert!(error.ends_with("which a token is bound to"), "{error}");
            let error = refusal(json!({ "secret": "abc" }), &event);
            assert!(error.ends_with("which a token is bound to"), "{error}");
        }
    }

    #[test]
    fn a_lifetime_that_is_none_is_refused() {
        for lifetime in [json!(-60), json!(0), json!(1e30), json!("60")] {
            let options = json!({ "secret": "abc", "expiresInSeconds": lifetime });
            let refusal = encode(&options, &event(), 0).unwrap_err().message;
            assert!(refusal.starts_with("expiresInSeconds must be a number of seconds"), "{refusal}");
        }
    }

    #[test]
    fn the_body_goes_before_the_query() {
        let mut event = returned(&json!("wrong"));
        let options = json!({ "secret": "abc", "payload": { "state": "s1" } });
        event["request"]["body"]["session_token"] = encode(&options, &event, now_s()).unwrap();
        assert!(validate(&json!({ "secret": "abc" }), &event, now_s()).is_ok());
    }

    #[test]
    fn a_flow_without_browser_or_with_prompt_none_cannot_redirect() {
        assert!(can_redirect(&event()));
        let mut silent = event();
        silent["request"]["query"]["prompt"] = json!("none");
        assert!(!can_redirect(&silent));
        let mut refresh = event();
        refresh["transaction"] = json!({ "protocol": "oauth2-refresh-token" });
        assert!(!can_redirect(&refresh));
    }
}

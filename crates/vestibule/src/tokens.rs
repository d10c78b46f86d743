//! The tokens that travel with a user who is sent to another site and back: signed, not encrypted.

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::Validation;
use serde_json::Map;
use serde_json::Value;

use crate::host_functions::HostError;

/// How long a token lives unless the script says otherwise, in seconds.
const LIFETIME_DEFAULT: u64 = 900;
/// The longest lifetime, in seconds: about three centuries, so that no sum of times overflows.
const LIFETIME_MAX: f64 = 1e10;
/// Where a token is looked for unless the script says otherwise.
const PARAMETER_DEFAULT: &str = "session_token";

/// `redirect.encodeToken`: HS256 over the payload and what binds it to this login.
pub(crate) fn encode(options: &Value, event: &Value, now_s: u64) -> Result<Value, HostError> {
    let secret = secret(options)?;
    let lifetime = lifetime_s(options)?;
    let mut claims = Map::new();
    claims.insert("iat".into(), now_s.into());
    claims.insert("iss".into(), string_at(event, "/request/hostname").into());
    claims.insert("sub".into(), string_at(event, "/user/user_id").into());
    claims.insert("exp".into(), now_s.saturating_add(lifetime).into());
    claims.insert("ip".into(), string_at(event, "/request/ip").into());
    if let Some(payload) = options.get("payload").and_then(Value::as_object) {
        claims.extend(payload.clone());
    }
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .map(Value::from)
        .map_err(|error| HostError::new(format!("the session token cannot be made: {error}")))
}

/// `redirect.validateToken`: the payload of the token that came back with the request.
pub(crate) fn validate(options: &Value, event: &Value) -> Result<Value, HostError> {
    let secret = secret(options)?;
    let parameter = options.get("tokenParameterName").and_then(Value::as_str).unwrap_or(PARAMETER_DEFAULT);
    // What the body carries goes before what the query carries.
    let token = ["/request/body", "/request/query"]
        .iter()
        .find_map(|place| event.pointer(place)?.get(parameter)?.as_str())
        .ok_or_else(|| {
            HostError::new(format!("There is no parameter called \"{parameter}\" in the request"))
        })?;
    let invalid = |why: String| HostError::new(format!("The session token is invalid: {why}"));

    // The algorithm is ours, whatever the token's header says.
    let mut rules = Validation::new(Algorithm::HS256);
    rules.leeway = 0;
    rules.validate_nbf = true;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["exp", "iss", "sub"]);
    rules.set_issuer(&[string_at(event, "/request/hostname")]);
    rules.sub = Some(string_at(event, "/user/user_id"));
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules)
        .map_err(|error| invalid(reason(&error)))?
        .claims;

    let state = ["/request/body/state", "/request/query/state"]
        .iter()
        .find_map(|place| event.pointer(place).and_then(Value::as_str));
    match (claims.get("state").and_then(Value::as_str), state) {
        (None, _) => Err(invalid("it has no \"state\"".to_owned())),
        (Some(claimed), Some(state)) if claimed == state => Ok(Value::Object(claims)),
        (Some(_), _) => Err(invalid("it was made for another state".to_owned())),
    }
}

/// `redirect.canRedirect`: not without a browser, and not where the client forbids to ask the user.
pub(crate) fn can_redirect(event: &Value) -> bool {
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

fn reason(error: &jsonwebtoken::errors::Error) -> String {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired".to_owned(),
        ErrorKind::ImmatureSignature => "it is not valid yet".to_owned(),
        ErrorKind::InvalidSignature => "its signature does not match the secret".to_owned(),
        ErrorKind::InvalidIssuer => "it was made for another host name".to_owned(),
        ErrorKind::InvalidSubject => "it was made for another user".to_owned(),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            "it is not signed with HS256".to_owned()
        }
        ErrorKind::MissingRequiredClaim(claim) => format!("it has no \"{claim}\""),
        _ => "it is malformed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::*;

    fn now_s() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
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
        validate(&options, event).unwrap_err().message
    }

    #[test]
    fn a_token_of_the_same_login_comes_back() {
        let options = json!({ "secret": "abc", "payload": { "state": "s1", "extra": 1 } });
        let token = encode(&options, &event(), now_s()).unwrap();
        let claims = validate(&json!({ "secret": "abc" }), &returned(&token)).unwrap();
        assert_eq!(claims["extra"], 1);
        assert_eq!(claims["sub"], "auth0|1");
        assert_eq!(claims["ip"], "203.0.113.7");
    }

    #[test]
    fn a_token_that_is_wrong_in_any_way_is_refused_with_its_reason() {
        let sign = |payload: Value, now_s| {
            encode(&json!({ "secret": "abc", "payload": payload }), &event(), now_s).unwrap()
        };
        let state = json!({ "state": "s1" });
        let good = sign(state.clone(), now_s());
        let check = |token: Value| refusal(json!({ "secret": "abc" }), &returned(&token));
        let prefix = "The session token is invalid: ";
        for (token, reason) in [
            (sign(json!({ "state": "s2" }), now_s()), "it was made for another state"),
            (sign(json!({}), now_s()), "it has no \"state\""),
            (sign(json!({ "state": "s1", "sub": "auth0|2" }), now_s()), "it was made for another user"),
            (sign(json!({ "state": "s1", "iss": "x" }), now_s()), "it was made for another host name"),
            (sign(state.clone(), now_s() - 1000), "it has expired"),
            (json!("not.a.token"), "it is malformed"),
            // {"alg":"none"}.{}.
            (json!("eyJhbGciOiJub25lIn0.e30."), "it is malformed"),
        ] {
            assert_eq!(check(token), format!("{prefix}{reason}"));
        }
        let other = refusal(json!({ "secret": "other" }), &returned(&good));
        assert_eq!(other, format!("{prefix}its signature does not match the secret"));
        let missing = refusal(json!({ "secret": "abc" }), &event());
        assert_eq!(missing, "There is no parameter called \"session_token\" in the request");
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
        assert!(validate(&json!({ "secret": "abc" }), &event).is_ok());
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

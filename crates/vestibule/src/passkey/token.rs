//! A token as Corbado signs it: what its header and its claims must be.

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

use crate::digest;
use crate::passkey::Refusal;
use crate::passkey::Request;
use crate::passkey::limit;

/// The `kid` of a token that has a header as it must be. Nothing of it is trusted yet.
pub(super) fn key_id(jwt: &str) -> Result<String, Refusal> {
    if jwt.len() > limit::TOKEN_BYTES {
        return Err(Refusal::token(format!("it is longer than {} bytes", limit::TOKEN_BYTES)));
    }
    let header = jwt.split('.').next().unwrap_or_default();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok();
    let header: Option<Map<String, Value>> = header.and_then(|json| serde_json::from_slice(&json).ok());
    let header =
        header.filter(|_| jwt.split('.').count() == 3).ok_or_else(|| Refusal::token("it is malformed"))?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(Refusal::token("it is not signed with RS256"));
    }
    if header.contains_key("crit") {
        return Err(Refusal::token("its header has \"crit\", which asks for more than is understood"));
    }
    match header.get("kid") {
        None => Err(Refusal::token("it does not say which key signed it (\"kid\")")),
        Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= limit::KID_BYTES => Ok(kid.clone()),
        Some(_) => Err(Refusal::token(format!("its kid is not a text of 1 to {} bytes", limit::KID_BYTES))),
    }
}

/// The claims of a token whose signature, times and names are right.
pub(super) fn checked_claims(
    request: &Request,
    key: &Jwk,
    now_s: u64,
) -> Result<Map<String, Value>, Refusal> {
    let unusable = |_| Refusal::keys("the key is not a public RSA key of 2048 to 8192 bits");
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
        return Err(Refusal::token("it comes from another issuer"));
    }
    text_claim(&claims, "sub")?;
    text_claim(&claims, "jti")?;
    if seconds_claim(&claims, "iat")? > now_s.saturating_add(limit::CLOCK_SKEW_S) {
        return Err(Refusal::token("it is not valid yet"));
    }
    if seconds_claim(&claims, "exp")? > now_s.saturating_add(limit::LIFETIME_S) {
        return Err(Refusal::token("it lives for more than a day"));
    }
    match &request.username {
        Some(username) if claims.get("username").and_then(Value::as_str) != Some(username) => {
            Err(Refusal::token("it was made for another username"))
        }
        Some(_) | None => Ok(claims),
    }
}

/// A `jti` is unique among the tokens of one key. The key is part of this so that nobody can use up a token
/// of somebody else's by signing the same `jti` with a key of their own.
pub(super) fn token_id(key: &Jwk, jti: &str) -> [u8; 32] {
    digest::of_parts(&[key.thumbprint(ThumbprintHash::SHA256).as_bytes(), jti.as_bytes()])
}

pub(super) fn text_claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Result<&'c str, Refusal> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::token(format!("it has no \"{name}\"")))
}

/// A time in seconds since 1970; parts of a second are cut off.
pub(super) fn seconds_claim(claims: &Map<String, Value>, name: &str) -> Result<u64, Refusal> {
    let seconds = claims.get(name).and_then(Value::as_f64).filter(|seconds| *seconds >= 0.0);
    seconds.map(|seconds| seconds as u64).ok_or_else(|| Refusal::token(format!("it has no \"{name}\"")))
}

fn reason(error: &jsonwebtoken::errors::Error) -> Refusal {
    match error.kind() {
        ErrorKind::ExpiredSignature => Refusal::token("it has expired"),
        ErrorKind::ImmatureSignature => Refusal::token("it is not valid yet"),
        ErrorKind::InvalidSignature => Refusal::token("its signature does not match the key"),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            Refusal::token("it is not signed with RS256")
        }
        ErrorKind::MissingRequiredClaim(claim) => Refusal::token(format!("it has no \"{claim}\"")),
        ErrorKind::InvalidRsaKey(_) | ErrorKind::InvalidKeyFormat => {
            Refusal::keys("the key is not a public RSA key of 2048 to 8192 bits")
        }
        _ => Refusal::token("it is malformed"),
    }
}

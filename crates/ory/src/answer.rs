//! What the answer of an endpoint means: commands, a stop, a failure, or nothing.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule::HttpResponse;

use crate::hook::Asked;
use crate::report::Failure;
use crate::web_hook::ResponseUse;

/// What an answer asks for.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) asked: Vec<Asked>,
    /// Fields of the identity that are replaced, as later hooks see it.
    pub(crate) patch: Map<String, Value>,
}

/// A field of the identity that an answer may replace, and the method that replaces it.
struct Field {
    name: &'static str,
    method: &'static str,
    /// An explicit `null` clears it.
    clears: bool,
}

const FIELDS: &[Field] = &[
    Field { name: "traits", method: "identity.setTraits", clears: false },
    Field { name: "schema_id", method: "identity.setSchemaId", clears: false },
    Field { name: "state", method: "identity.setState", clears: false },
    Field { name: "verifiable_addresses", method: "identity.setVerifiableAddresses", clears: false },
    Field { name: "recovery_addresses", method: "identity.setRecoveryAddresses", clears: false },
    Field { name: "metadata_public", method: "identity.setMetadataPublic", clears: false },
    Field { name: "metadata_admin", method: "identity.setMetadataAdmin", clears: false },
    Field { name: "external_id", method: "identity.setExternalId", clears: true },
];

/// Bytes of the answer of a password migration that are read.
const MIGRATION_BYTES_MAX: usize = 1024;

/// The answer of a `web_hook`.
pub(crate) fn of_web_hook(response: &HttpResponse, response_use: ResponseUse) -> Result<Answer, Failure> {
    match response.status {
        400.. if response_use.interrupts() => messages(response),
        400.. => Err(bad_status(response.status)),
        300..400 => Err(redirected(response)),
        200 if response_use == ResponseUse::Parse => identity_patch(response),
        _ => Ok(Answer::default()),
    }
}

/// The answer of Hydra's token hook.
pub(crate) fn of_token_hook(response: &HttpResponse) -> Result<Answer, Failure> {
    match response.status {
        204 => Ok(Answer::default()),
        200 if response.body.is_empty() => Ok(Answer::default()),
        200 => token_claims(response),
        403 => Ok(stop("access.deny", "the token hook refuses the tokens")),
        300..400 => Err(redirected(response)),
        status => Err(bad_status(status)),
    }
}

/// The answer of a password migration.
pub(crate) fn of_migrate_hook(response: &HttpResponse) -> Result<Answer, Failure> {
    let matches = || {
        let read = response.body.get(..MIGRATION_BYTES_MAX).unwrap_or(&response.body);
        serde_json::from_slice::<Value>(read).is_ok_and(|answer| answer["status"] == "password_match")
    };
    match response.status {
        200 if matches() => Ok(Answer::default()),
        200 | 403 => Ok(stop("access.deny", "the old system does not know this password")),
        300..400 => Err(redirected(response)),
        status => Err(bad_status(status)),
    }
}

fn stop(method: &'static str, reason: &str) -> Answer {
    Answer { asked: vec![Asked { method, args: vec![Some(reason.into())] }], patch: Map::new() }
}

fn bad_status(status: u16) -> Failure {
    Failure::gateway(format!("the endpoint answered with the status {status}"))
}

fn redirected(response: &HttpResponse) -> Failure {
    let status = response.status;
    Failure::gateway(format!(
        "the endpoint answered with the redirect {status}, which is not followed; write its target as `url`"
    ))
}

fn json_of(response: &HttpResponse) -> Result<Value, Failure> {
    serde_json::from_slice(&response.body).map_err(|error| {
        Failure::system(format!("the endpoint answered with {}, but not in JSON: {error}", response.status))
    })
}

/// `{"messages": [{"instance_ptr": …, "messages": [{"id", "text", "type", "context"}]}]}`
fn messages(response: &HttpResponse) -> Result<Answer, Failure> {
    let status = response.status;
    let answer = json_of(response)?;
    let malformed = || {
        Failure::system(format!(
            "the endpoint answered with {status}, but without a list `messages` of objects with \
             `instance_ptr` and `messages`"
        ))
    };
    let mut asked = Vec::new();
    for of_field in answer["messages"].as_array().ok_or_else(malformed)? {
        // Without a place it belongs to the form as a whole, which is what an empty pointer means.
        let pointer = of_field.get("instance_ptr").filter(|pointer| !pointer.is_null()).cloned();
        let pointer = pointer.unwrap_or_else(|| "".into());
        for message in of_field["messages"].as_array().ok_or_else(malformed)? {
            let message = message.as_object().ok_or_else(malformed)?;
            let args = vec![Some(pointer.clone()), Some(message_of(message))];
            asked.push(Asked { method: "validation.error", args });
        }
    }
    if asked.is_empty() {
        return Err(Failure::system(format!(
            "the endpoint answered with {status} and an empty list of messages"
        )));
    }
    Ok(Answer { asked, patch: Map::new() })
}

/// A message as the trigger takes it: what is no error is information.
fn message_of(given: &Map<String, Value>) -> Value {
    let mut message = Map::new();
    for name in ["id", "text"] {
        message.extend(given.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let is_error = given.get("type").is_some_and(|kind| kind == "error");
    message.insert("type".to_owned(), if is_error { "error" } else { "info" }.into());
    let context = given.get("context").filter(|context| !context.is_null());
    message.extend(context.map(|context| ("context".to_owned(), context.clone())));
    Value::Object(message)
}

/// `{"identity": {…}}`: each field that is there and not empty replaces the whole field.
fn identity_patch(response: &HttpResponse) -> Result<Answer, Failure> {
    let answer = json_of(response)?;
    let mut patched = Answer::default();
    let identity = match answer.get("identity") {
        None | Some(Value::Null) => return Ok(patched),
        Some(Value::Object(identity)) => identity,
        Some(_) => return Err(Failure::system("the endpoint answered with an `identity` that is no object")),
    };
    for field in FIELDS {
        let Some(value) = identity.get(field.name) else { continue };
        let is_empty = match value {
            Value::Null => !field.clears,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            // Metadata and traits of no fields are a value: they clear what was there.
            Value::Object(_) | Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            patched.asked.push(Asked { method: field.method, args: vec![Some(value.clone())] });
            patched.patch.insert(field.name.to_owned(), value.clone());
        }
    }
    Ok(patched)
}

/// `{"session": {"access_token": {…}, "id_token": {…}}}`
fn token_claims(response: &HttpResponse) -> Result<Answer, Failure> {
    let answer = json_of(response)?;
    let mut asked = Vec::new();
    for (name, method) in [("access_token", "accessToken.setClaims"), ("id_token", "idToken.setClaims")] {
        match answer.get("session").and_then(|session| session.get(name)) {
            None | Some(Value::Null) => {}
            Some(claims @ Value::Object(_)) => asked.push(Asked { method, args: vec![Some(claims.clone())] }),
            Some(_) => {
                return Err(Failure::system(format!(
                    "the endpoint answered with a `{name}` that is no object"
                )));
            }
        }
    }
    if asked.is_empty() && !answer.get("session").is_some_and(Value::is_object) {
        let expected = json!({"session": {"access_token": {}, "id_token": {}}});
        return Err(Failure::system(format!("the endpoint answered with 200, but not as {expected}")));
    }
    Ok(Answer { asked, patch: Map::new() })
}

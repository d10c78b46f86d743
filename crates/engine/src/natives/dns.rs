//! `vestibule:dns`: what the name servers say, under the egress policy. A look-up counts as a request.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::egress::Egress;
use crate::egress::RecordKind;
use crate::invocation::ApiError;
use crate::running::Running;

/// The name under which a script asks for this part.
pub(crate) const PART: &str = "dns";
/// Characters of a name, as the protocol has it.
const NAME_CHARS_MAX: usize = 253;

/// What a script can ask for.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    /// The addresses of a name, those that `fetch` would connect to.
    Lookup { name: String },
    /// The records of one kind.
    Records { name: String, kind: RecordKind },
}

/// Starts a look-up. The answer is a list, or nothing: why there is none would tell a script about the network
/// that the host stands in.
pub(crate) fn look_up(
    running: &Arc<Running>,
    egress: &Egress,
    request: &str,
) -> Result<impl Future<Output = Result<Option<Value>, ApiError>> + Send + 'static, ApiError> {
    let request: Request =
        serde_json::from_str(request).map_err(|error| ApiError::type_error(format!("dns: {error}")))?;
    let limit = running.limits.fetches;
    let started = {
        let mut output = running.output();
        output.fetches_started += 1;
        output.fetches_started
    };
    if started > limit {
        let message = format!("an execution may make no more than {limit} requests, look-ups included");
        return Err(ApiError::error(message));
    }
    let egress = egress.clone();
    Ok(async move {
        let found = match request {
            Request::Lookup { name } | Request::Records { name, .. } if name.len() > NAME_CHARS_MAX => None,
            Request::Lookup { name } => {
                egress.addresses(&name).await.map(|addresses| addresses_json(&addresses))
            }
            Request::Records { name, kind } => egress.records(&name, kind).await.map(Value::Array),
        };
        Ok(found)
    })
}

fn addresses_json(addresses: &[IpAddr]) -> Value {
    addresses
        .iter()
        .map(|address| json!({ "address": address.to_string(), "family": if address.is_ipv4() { 4 } else { 6 } }))
        .collect()
}

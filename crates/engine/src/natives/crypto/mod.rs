//! `vestibule:crypto`: what Node's `crypto` asks of Rust, request by request.

mod digest;

use std::sync::Arc;

use serde::Deserialize;

use crate::memory::Memory;
use crate::natives::Given;
use crate::natives::error::NativeError;
use crate::running::Running;

type Answer = Result<Given, NativeError>;

/// Bytes that one request may work on. What is longer comes in pieces, so that an execution can be ended
/// between them: a request is answered in one go.
const PIECE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a script can ask for. The bytes that come with a request are named first, second and third.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    /// The digest of the first bytes.
    Hash { algorithm: String, length: Option<usize> },
    /// The names of all hash functions.
    Hashes,
}

/// The state of one execution.
pub(crate) struct Crypto {
    running: Arc<Running>,
    memory: Arc<Memory>,
}

impl Crypto {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>) -> Self {
        Self { running, memory }
    }

    pub(crate) fn answer(&self, request: &str, [first, second, third]: [&[u8]; 3]) -> Answer {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| NativeError::type_error("ERR_INVALID_ARG_VALUE", format!("crypto: {error}")))?;
        if [first, second, third].iter().any(|bytes| bytes.len() > PIECE_BYTES_MAX) {
            let message = format!("crypto: no more than {PIECE_BYTES_MAX} bytes at a time");
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        match request {
            Request::Hash { algorithm, length } => digest::hash(&algorithm, length, first),
            Request::Hashes => Ok(digest::names()),
        }
    }
}

//! One HTTP request of the host's own, under the policy that a tenant's `fetch` stands under.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use thiserror::Error;

use super::Egress;
use super::error::FetchError;
use super::record::FetchLog;
use super::request::FetchBody;
use super::request::FetchLimits;
use super::request::FetchRequest;
use super::response::FetchResponse;

/// A request that the host sends on a tenant's behalf: a web hook, a set of keys to be looked up.
///
/// `Debug` shows neither the values of the headers nor the body nor the URL's query: they carry secrets.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method, in upper case.
    pub method: String,
    /// The whole URL, `http` or `https`.
    pub url: String,
    /// Names and values, in order. Those that belong to the connection (`Host`, `Content-Length` and
    /// their like) are left out.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none. At most 5 MiB.
    pub body: Vec<u8>,
    /// Bytes of the response's body after decoding. With more the request fails.
    pub response_bytes_max: usize,
    /// Time from the start of the request to the last byte of the response, never extended by progress.
    pub time_max: Duration,
}

/// A response, whole. A redirect is a response like any other: it is never followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// Names, in lower case, and values, in order. What is no UTF-8 in a value is replaced.
    pub headers: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// Why a request of the host has no response.
///
/// `Display` tells nothing about the host's network and may be shown to a tenant;
/// [`reason`](Self::reason) is for the host's log.
#[derive(Debug, Error)]
pub enum HttpError {
    /// It is no request, or is larger than a request may be. Nothing, or not all of it, was sent.
    #[error("the request is not valid: {reason}")]
    BadRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// The policy refuses the target, or there is no connection, or no HTTP over it. One kind for all:
    /// whoever could tell them apart could look around in the host's network.
    #[error("the target cannot be reached, or reaching it is not allowed")]
    Unreachable {
        /// What happened, for the host alone.
        reason: String,
        /// Whether the policy refused the target: trying again changes nothing.
        denied: bool,
    },
    /// The response had not ended when the time was up.
    #[error("the target did not answer in time")]
    TimedOut {
        /// What happened, for the host alone.
        reason: String,
    },
    /// The response is larger than allowed.
    #[error("the answer is larger than allowed: {reason}")]
    ResponseTooLarge {
        /// The HTTP status, where the headers were not too large already.
        status: Option<u16>,
        /// Which part, and the limit.
        reason: String,
    },
    /// The response broke off, or its encoding is damaged.
    #[error("the answer broke off")]
    Broken {
        /// The HTTP status, where it had arrived.
        status: Option<u16>,
        /// What happened, for the host alone.
        reason: String,
    },
}

impl Egress {
    /// Sends one request and waits for the whole response. The target is judged as that of a `fetch` is;
    /// redirects are not followed, proxies and cookies do not exist, nothing is sent twice. Must run
    /// inside a tokio runtime with I/O and time. Dropping the future ends the request.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vestibule_engine::{CannedAnswer, Egress, HttpRequest};
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = HttpRequest {
    ///     method: "GET".into(),
    ///     url: "http://169.254.169.254/latest/meta-data".into(),
    ///     headers: Vec::new(),
    ///     body: Vec::new(),
    ///     response_bytes_max: 64 * 1024,
    ///     time_max: Duration::from_secs(5),
    /// };
    /// let refused = Egress::public_internet().request(request).await.unwrap_err();
    /// assert_eq!(refused.to_string(), "the target cannot be reached, or reaching it is not allowed");
    /// assert!(refused.reason().contains("169.254.169.254 is not public"));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new()?.block_on(example())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn request(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let limits = FetchLimits {
            response_bytes_max: request.response_bytes_max,
            time_max: request.time_max,
            ..FetchLimits::default()
        };
        let response = self.send(request.into_fetch(), &limits, &FetchLog::default()).await?;
        HttpResponse::read(response).await
    }
}

impl HttpRequest {
    fn into_fetch(self) -> FetchRequest {
        let headers = self.headers.into_iter();
        let body = if self.body.is_empty() { FetchBody::Empty } else { FetchBody::Bytes(self.body.into()) };
        FetchRequest {
            method: self.method,
            url: self.url,
            headers: headers.map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect(),
            body,
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let before_query = self.url.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &before_query)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl HttpResponse {
    async fn read(mut response: FetchResponse) -> Result<Self, HttpError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.body.next().await {
            let chunk: Bytes = chunk.map_err(|error| HttpError::from(error).after(response.status))?;
            body.extend_from_slice(&chunk);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = response.headers.iter();
        Ok(Self {
            status: response.status,
            headers: headers.map(|(name, value)| (text(name), text(value))).collect(),
            body,
        })
    }
}

impl HttpError {
    /// What happened, in words for the host's log.
    pub fn reason(&self) -> &str {
        match self {
            Self::BadRequest { reason }
            | Self::Unreachable { reason, .. }
            | Self::TimedOut { reason }
            | Self::ResponseTooLarge { reason, .. }
            | Self::Broken { reason, .. } => reason,
        }
    }

    /// Adds the status of a response whose head had arrived.
    fn after(mut self, arrived: u16) -> Self {
        match &mut self {
            Self::ResponseTooLarge { status, .. } | Self::Broken { status, .. } => *status = Some(arrived),
            Self::BadRequest { .. } | Self::Unreachable { .. } | Self::TimedOut { .. } => {}
        }
        self
    }
}

impl From<FetchError> for HttpError {
    fn from(error: FetchError) -> Self {
        let reason = error.reason();
        match error {
            FetchError::BadRequest { .. } => Self::BadRequest { reason },
            FetchError::Denied(_) => Self::Unreachable { reason, denied: true },
            FetchError::Unreachable { .. } => Self::Unreachable { reason, denied: false },
            FetchError::NoAnswer { .. } | FetchError::TimedOut { .. } => Self::TimedOut { reason },
            FetchError::HeadersTooLarge { .. } | FetchError::TooLarge { .. } => {
                Self::ResponseTooLarge { status: None, reason }
            }
            FetchError::Broken { .. } => Self::Broken { status: None, reason },
        }
    }
}

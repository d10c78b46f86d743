//! One request as the script hands it over, and what it must be before anything is sent.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream;
use reqwest::Method;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use thiserror::Error;
use tokio::sync::mpsc;
use url::Url;

use super::error::FetchError;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Headers that belong to the connection, and that a script cannot set: they are left out silently,
/// as libraries written for other runtimes set them out of habit. Those of proxies are left out too.
const CONNECTION_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of one request. Each costs far more memory than its bytes.
const HEADERS_MAX: usize = 256;

/// Names and values of headers, in order, as they go over the wire.
pub(crate) type HeaderList = Vec<(Vec<u8>, Vec<u8>)>;

/// One hop of a `fetch`: a redirect is another request.
#[derive(Debug)]
pub struct FetchRequest {
    /// The method, as the script wrote it.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Names and values, in order.
    pub headers: HeaderList,
    /// The body.
    pub body: FetchBody,
}

/// The body of a request.
#[derive(Debug)]
pub enum FetchBody {
    /// None.
    Empty,
    /// All there is.
    Bytes(Bytes),
    /// Chunks as the script makes them; an `Err` is what went wrong there, and fails the request.
    Stream(mpsc::Receiver<Result<Bytes, String>>),
}

/// What one request may use. All bounds are for one hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of the response's body after decoding. Default 5 MiB. Above it reading the body fails.
    pub response_bytes_max: usize,
    /// Time from the start of the request to the last byte of the response, never extended by
    /// progress. Default 10 s. After it the request, or reading its body, fails.
    pub time_max: Duration,
    /// Bytes of the headers' names and values, of the request and of the response. Default 64 KiB.
    /// Above it the request fails, as it does with more than 256 headers in the request, or 100 in the
    /// response.
    pub header_bytes_max: usize,
    /// Bytes of the URL. Default 8 KiB. A longer one is refused before it is parsed.
    pub url_bytes_max: usize,
    /// Bytes of the request's body. Default 5 MiB. Above it the request fails.
    pub request_bytes_max: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            response_bytes_max: 5 * MIB,
            time_max: Duration::from_secs(10),
            header_bytes_max: 64 * KIB,
            url_bytes_max: 8 * KIB,
            request_bytes_max: 5 * MIB,
        }
    }
}

/// A request that may be sent, as far as the request itself goes.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: FetchBody,
}

/// Why the body of a request could not be sent.
#[derive(Debug, Error)]
pub(super) enum BodyError {
    #[error("the body of the request is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body of the request failed: {reason}")]
    Aborted { reason: String },
}

/// Parses a URL, once: everything that follows, the policy and the connection, goes by the result.
/// A dot at the end of the host changes nothing about where it leads, so it is dropped here.
pub(super) fn parse_url(text: &str, limits: &FetchLimits) -> Result<Url, FetchError> {
    if text.len() > limits.url_bytes_max {
        let reason = format!("the URL is longer than {} bytes", limits.url_bytes_max);
        return Err(FetchError::bad_request(reason));
    }
    let mut url =
        Url::parse(text).map_err(|error| FetchError::bad_request(format!("not a valid URL: {error}")))?;
    url.set_fragment(None);
    let Some(domain) = url.domain() else { return Ok(url) };
    let domain = domain.strip_suffix('.').unwrap_or(domain).to_owned();
    if matches!(url.scheme(), "http" | "https") {
        let named = !domain.is_empty() && domain.split('.').all(|label| !label.is_empty());
        if !named || url.set_host(Some(&domain)).is_err() {
            return Err(FetchError::bad_request("not a valid URL: the host has an empty part"));
        }
    }
    Ok(url)
}

/// Checks all of a request that does not depend on the policy.
pub(super) fn prepare(request: FetchRequest, url: Url, limits: &FetchLimits) -> Result<Prepared, FetchError> {
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "the URL has a user name or password; send an `Authorization` header instead";
        return Err(FetchError::bad_request(reason));
    }
    let method = method(&request.method)?;
    let headers = headers(&request.headers, limits)?;
    if let FetchBody::Bytes(bytes) = &request.body
        && bytes.len() > limits.request_bytes_max
    {
        let error = BodyError::TooLarge { limit: limits.request_bytes_max };
        return Err(FetchError::bad_request(error.to_string()));
    }
    Ok(Prepared { method, url, headers, body: request.body })
}

/// The methods that `fetch` may not use are those that would make a tunnel, or echo headers.
fn method(text: &str) -> Result<Method, FetchError> {
    let forbidden = ["CONNECT", "TRACE", "TRACK"].iter().any(|name| text.eq_ignore_ascii_case(name));
    match Method::from_bytes(text.as_bytes()) {
        Ok(method) if !forbidden && text.len() <= 64 => Ok(method),
        _ => Err(FetchError::bad_request("the method is not valid or not allowed")),
    }
}

fn headers(pairs: &[(Vec<u8>, Vec<u8>)], limits: &FetchLimits) -> Result<HeaderMap, FetchError> {
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > limits.header_bytes_max {
        let reason = format!("the headers of the request are larger than {} bytes", limits.header_bytes_max);
        return Err(FetchError::bad_request(reason));
    }
    if pairs.len() > HEADERS_MAX {
        return Err(FetchError::bad_request(format!("the request has more than {HEADERS_MAX} headers")));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name)
            .map_err(|_| FetchError::bad_request("a header of the request has a name that is not valid"))?;
        if CONNECTION_HEADERS.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            continue;
        }
        let value = HeaderValue::from_bytes(value).map_err(|_| {
            FetchError::bad_request(format!("the header `{name}` has a value that is not valid"))
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

impl FetchBody {
    /// The body as the client sends it, bounded.
    pub(super) fn into_client_body(self, limits: &FetchLimits) -> Option<reqwest::Body> {
        match self {
            Self::Empty => None,
            Self::Bytes(bytes) => Some(bytes.into()),
            Self::Stream(chunks) => {
                Some(reqwest::Body::wrap_stream(bounded(chunks, limits.request_bytes_max)))
            }
        }
    }
}

/// The chunks until they end, fail, or are too many.
fn bounded(
    chunks: mpsc::Receiver<Result<Bytes, String>>,
    limit: usize,
) -> impl Stream<Item = Result<Bytes, BodyError>> {
    stream::unfold(Some((chunks, 0)), move |state| async move {
        let (mut chunks, sent) = state?;
        match chunks.recv().await? {
            Err(reason) => Some((Err(BodyError::Aborted { reason }), None)),
            Ok(chunk) if chunk.len() > limit - sent => Some((Err(BodyError::TooLarge { limit }), None)),
            Ok(chunk) => {
                let sent = sent + chunk.len();
                Some((Ok(chunk), Some((chunks, sent))))
            }
        }
    })
}

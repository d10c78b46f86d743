//! Answers written beforehand, so that an action can be tested without a network.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header::CONTENT_LENGTH;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::error::FetchError;
use super::record::Entry;
use super::request::FetchLimits;
use super::request::HeaderList;
use super::request::Prepared;
use super::response::Deadline;
use super::response::FetchResponse;
use super::response::ResponseBody;
use super::response::plain_headers;

/// Answers that are named when none fits.
const SHOWN_MAX: usize = 10;

/// One answer, and the request that it is for. Read from JSON:
///
/// | field | meaning | default |
/// |---|---|---|
/// | `method` | method of the request | `GET` |
/// | `url` | whole URL of the request, query included; with `*` at the end every URL that begins so; `*` alone is every URL | needed |
/// | `status` | status of the answer, 200 to 599 | 200 |
/// | `headers` | object of strings, or of lists of strings | none |
/// | `body` | text of the body | empty |
/// | `json` | a value that is the body as JSON; not together with `body` | |
/// | `delay_ms` | milliseconds before the head of the answer | 0 |
/// | `error` | instead of an answer the network fails; the text is for the record | |
/// | `times` | how many requests it answers, from 1 | any number |
///
/// The first answer that fits and is not used up is given. `content-type` is added where it is not
/// among the headers.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct CannedAnswer {
    method: Method,
    url: UrlPattern,
    reply: Reply,
    delay: Duration,
    times: Option<u64>,
}

#[derive(Clone, Debug)]
enum UrlPattern {
    Exact(Url),
    Prefix(String),
}

#[derive(Clone, Debug)]
enum Reply {
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes },
    NetworkError(String),
}

/// An answer as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    method: Option<String>,
    url: String,
    status: Option<u16>,
    headers: Option<BTreeMap<String, OneOrMore>>,
    body: Option<String>,
    #[serde(default, deserialize_with = "present")]
    json: Option<Value>,
    delay_ms: Option<u64>,
    error: Option<String>,
    times: Option<u64>,
}

/// `null` is a JSON body like any other.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a header is a string or a list of strings")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// What is wrong with a canned answer.
#[derive(Debug, Error)]
enum CannedError {
    #[error("canned answer for `{url}`: `{method}` is not a method")]
    Method { url: String, method: String },
    #[error("`{url}` is not a URL for a canned answer: {reason}; expected http:// or https://, or `*`")]
    Url { url: String, reason: String },
    #[error("canned answer for `{url}`: status {status} is not from 200 to 599")]
    Status { url: String, status: u16 },
    #[error("canned answer for `{url}`: `{header}` is not a header that can be sent")]
    Header { url: String, header: String },
    #[error("canned answer for `{url}`: write either `{one}` or `{other}`, not both")]
    Both { url: String, one: &'static str, other: &'static str },
    #[error("canned answer for `{url}`: `times` is 0; leave the answer out, or write 1 or more")]
    Never { url: String },
}

/// The canned answers of one `Egress`, and how often each may still be given.
pub(super) struct Canned {
    answers: Vec<CannedAnswer>,
    left: Mutex<Vec<Option<u64>>>,
}

impl Canned {
    pub(super) fn new(answers: Vec<CannedAnswer>) -> Self {
        let left = answers.iter().map(|answer| answer.times).collect();
        Self { answers, left: Mutex::new(left) }
    }

    pub(super) async fn send(
        &self,
        request: Prepared,
        limits: &FetchLimits,
        deadline: Deadline,
        entry: Entry,
    ) -> Result<FetchResponse, (FetchError, Entry)> {
        match self.answer(&request, limits, deadline).await {
            Err(error) => Err((error, entry)),
            Ok(answer) => {
                entry.answered(answer.status.as_u16());
                Ok(answer.into_response(request, limits, deadline, entry))
            }
        }
    }

    async fn answer(
        &self,
        request: &Prepared,
        limits: &FetchLimits,
        deadline: Deadline,
    ) -> Result<Answer, FetchError> {
        let found = self.take(request).ok_or_else(|| self.nothing_fits(request))?;
        let late = tokio::time::timeout_at(deadline.at, tokio::time::sleep(found.delay)).await.is_err();
        if late {
            return Err(FetchError::NoAnswer { limit: deadline.time_max });
        }
        match &found.reply {
            Reply::NetworkError(reason) => Err(FetchError::Unreachable { source: reason.clone().into() }),
            Reply::Answer { status, headers, body } => {
                let headers = plain_headers(headers, limits)?;
                Ok(Answer { status: *status, headers, body: body.clone() })
            }
        }
    }

    /// The first answer that fits, counted as used.
    fn take(&self, request: &Prepared) -> Option<&CannedAnswer> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = self.answers.iter().zip(left.iter_mut());
        for (answer, left) in fitting.filter(|(answer, _)| answer.fits(request)) {
            match left {
                None => return Some(answer),
                Some(0) => {}
                Some(left) => {
                    *left -= 1;
                    return Some(answer);
                }
            }
        }
        None
    }

    fn nothing_fits(&self, request: &Prepared) -> FetchError {
        let (method, url) = (&request.method, &request.url);
        let mut reason = format!("no canned answer for {method} {url}; there are: ");
        if self.answers.is_empty() {
            reason.push_str("none");
        }
        for (index, answer) in self.answers.iter().take(SHOWN_MAX).enumerate() {
            let used_up = if answer.fits(request) { " (used up)" } else { "" };
            let comma = if index == 0 { "" } else { ", " };
            reason.push_str(&format!("{comma}{} {}{used_up}", answer.method, answer.url));
        }
        if self.answers.len() > SHOWN_MAX {
            reason.push_str(&format!(" and {} more", self.answers.len() - SHOWN_MAX));
        }
        FetchError::Unreachable { source: reason.into() }
    }
}

/// An answer on its way to one request.
struct Answer {
    status: StatusCode,
    headers: HeaderList,
    body: Bytes,
}

impl Answer {
    fn into_response(
        self,
        request: Prepared,
        limits: &FetchLimits,
        deadline: Deadline,
        entry: Entry,
    ) -> FetchResponse {
        let unread = request.method == Method::HEAD || matches!(self.status.as_u16(), 204 | 205 | 304);
        let body = if unread { Bytes::new() } else { self.body };
        let content_length = Some(body.len() as u64);
        let chunks = stream::iter((!body.is_empty()).then_some(Ok(body))).boxed();
        FetchResponse {
            status: self.status.as_u16(),
            status_text: self.status.canonical_reason().unwrap_or_default().to_owned(),
            headers: self.headers,
            url: request.url.into(),
            remote_addr: None,
            content_length,
            body: ResponseBody::new(chunks, limits, deadline, entry),
        }
    }
}

impl CannedAnswer {
    fn fits(&self, request: &Prepared) -> bool {
        self.method == request.method && self.url.matches(&request.url)
    }
}

impl UrlPattern {
    fn parse(text: &str) -> Result<Self, CannedError> {
        let bad = |reason: String| CannedError::Url { url: text.to_owned(), reason };
        if let Some(prefix) = text.strip_suffix('*') {
            let schemes = ["http://", "https://"];
            // A prefix may be as short as to end within the scheme.
            return match schemes.iter().any(|scheme| prefix.starts_with(scheme) || scheme.starts_with(prefix))
            {
                true => Ok(Self::Prefix(prefix.to_owned())),
                false => Err(bad("it begins with another scheme".to_owned())),
            };
        }
        let mut url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!("its scheme is `{}`", url.scheme())));
        }
        url.set_fragment(None);
        Ok(Self::Exact(url))
    }

    fn matches(&self, url: &Url) -> bool {
        match self {
            Self::Exact(exact) => url == exact,
            Self::Prefix(prefix) => url.as_str().starts_with(prefix.as_str()),
        }
    }
}

impl std::fmt::Display for UrlPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(url) => url.fmt(f),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

impl TryFrom<Written> for CannedAnswer {
    type Error = CannedError;

    fn try_from(written: Written) -> Result<Self, CannedError> {
        let url = UrlPattern::parse(&written.url)?;
        let method = written.method.as_deref().unwrap_or("GET");
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| CannedError::Method { url: written.url.clone(), method: method.to_owned() })?;
        if written.times == Some(0) {
            return Err(CannedError::Never { url: written.url });
        }
        let delay = Duration::from_millis(written.delay_ms.unwrap_or(0));
        let times = written.times;
        Ok(Self { method, url, reply: written.into_reply()?, delay, times })
    }
}

impl Written {
    fn into_reply(self) -> Result<Reply, CannedError> {
        let given = [
            ("status", self.status.is_some()),
            ("headers", self.headers.is_some()),
            ("body", self.body.is_some()),
            ("json", self.json.is_some()),
        ];
        if let Some(error) = self.error {
            return match given.into_iter().find(|(_, given)| *given) {
                None => Ok(Reply::NetworkError(error)),
                Some((other, _)) => Err(CannedError::Both { url: self.url, one: "error", other }),
            };
        }
        let number = self.status.unwrap_or(200);
        let status = StatusCode::from_u16(number)
            .ok()
            .filter(|_| (200..600).contains(&number))
            .ok_or_else(|| CannedError::Status { url: self.url.clone(), status: number })?;
        let (body, content_type) = match (self.body, self.json) {
            (Some(_), Some(_)) => {
                return Err(CannedError::Both { url: self.url, one: "body", other: "json" });
            }
            (None, Some(json)) => (json.to_string(), Some("application/json")),
            (Some(body), None) => (body, Some("text/plain;charset=UTF-8")),
            (None, None) => (String::new(), None),
        };
        let mut headers = written_headers(&self.url, self.headers.unwrap_or_default())?;
        if let Some(content_type) = content_type {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        }
        headers.remove(CONTENT_LENGTH);
        Ok(Reply::Answer { status, headers, body: body.into() })
    }
}

fn written_headers(url: &str, written: BTreeMap<String, OneOrMore>) -> Result<HeaderMap, CannedError> {
    let mut headers = HeaderMap::new();
    for (name, values) in written {
        let bad = || CannedError::Header { url: url.to_owned(), header: name.clone() };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let values = match values {
            OneOrMore::One(value) => vec![value],
            OneOrMore::More(values) => values,
        };
        for value in values {
            let value = HeaderValue::from_str(&value).map_err(|_| bad())?;
            headers.try_append(&header, value).map_err(|_| bad())?;
        }
    }
    Ok(headers)
}

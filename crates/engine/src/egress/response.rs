//! One response: its head, and its body as it comes in, counted and timed.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::header::HeaderMap;
use tokio::time::Instant;
use tokio::time::Sleep;

use super::error::BoxError;
use super::error::FetchError;
use super::record::Entry;
use super::request::FetchLimits;
use super::request::HeaderList;

/// The head of a response, and its body to be read. Dropping it ends the request.
#[derive(Debug)]
pub struct FetchResponse {
    /// The HTTP status. A redirect is handed over like any other response, never followed.
    pub status: u16,
    /// The usual words for that status; empty where there are none.
    pub status_text: String,
    /// Names and values, in order. Where the body was decoded, `content-encoding` and
    /// `content-length` are gone.
    pub headers: HeaderList,
    /// The URL that was asked, in canonical form, without its fragment.
    pub url: String,
    /// Where it came from; `None` for canned answers.
    pub remote_addr: Option<SocketAddr>,
    /// Length of the body, where the server says it and the body is not decoded.
    pub content_length: Option<u64>,
    /// The body, decoded.
    pub body: ResponseBody,
}

/// The body of a response: a stream of decoded chunks. Only what is asked for is read from the
/// connection. Ends after its first error.
pub struct ResponseBody {
    /// `None` once it has ended or failed: the connection is given up at that moment.
    chunks: Option<BoxStream<'static, Result<Bytes, BoxError>>>,
    deadline: Pin<Box<Sleep>>,
    time_max: Duration,
    bytes_left: usize,
    bytes_max: usize,
    entry: Option<Entry>,
}

/// When a request must have ended.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    pub(super) time_max: Duration,
}

impl Deadline {
    pub(super) fn start(limits: &FetchLimits) -> Self {
        let now = Instant::now();
        // A limit beyond what the clock can express is as good as a year.
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        Self { at: now.checked_add(limits.time_max).unwrap_or(now + year), time_max: limits.time_max }
    }
}

impl ResponseBody {
    pub(super) fn new(
        chunks: BoxStream<'static, Result<Bytes, BoxError>>,
        limits: &FetchLimits,
        deadline: Deadline,
        entry: Entry,
    ) -> Self {
        Self {
            chunks: Some(chunks),
            deadline: Box::pin(tokio::time::sleep_until(deadline.at)),
            time_max: deadline.time_max,
            bytes_left: limits.response_bytes_max,
            bytes_max: limits.response_bytes_max,
            entry: Some(entry),
        }
    }

    fn end(&mut self) {
        self.chunks = None;
        if let Some(entry) = self.entry.take() {
            entry.completed();
        }
    }

    fn fail(&mut self, error: FetchError) -> FetchError {
        self.chunks = None;
        if let Some(entry) = self.entry.take() {
            entry.failed(&error);
        }
        error
    }

    /// Counts a chunk; one that crosses the limit is not handed over.
    fn admit(&mut self, chunk: Bytes) -> Result<Bytes, FetchError> {
        match self.bytes_left.checked_sub(chunk.len()) {
            None => Err(self.fail(FetchError::TooLarge { limit: self.bytes_max })),
            Some(left) => {
                self.bytes_left = left;
                if let Some(entry) = &self.entry {
                    entry.add_bytes(chunk.len());
                }
                Ok(chunk)
            }
        }
    }
}

impl Stream for ResponseBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        let next = chunks.poll_next_unpin(cx);
        if let Poll::Ready(None) = next {
            self.end();
            return Poll::Ready(None);
        }
        // Looked at before a chunk is handed over: a body that never pauses ends in time as well.
        if self.deadline.as_mut().poll(cx).is_ready() {
            let error = FetchError::TimedOut { limit: self.time_max };
            return Poll::Ready(Some(Err(self.fail(error))));
        }
        match next {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Ok(chunk))) => Poll::Ready(Some(self.admit(chunk))),
            Poll::Ready(Some(Err(source))) => {
                Poll::Ready(Some(Err(self.fail(FetchError::Broken { source }))))
            }
        }
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("bytes_left", &self.bytes_left).finish_non_exhaustive()
    }
}

/// The headers as plain data, if they are not too many.
pub(super) fn plain_headers(headers: &HeaderMap, limits: &FetchLimits) -> Result<HeaderList, FetchError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > limits.header_bytes_max {
        return Err(FetchError::HeadersTooLarge { limit: limits.header_bytes_max });
    }
    Ok(headers
        .iter()
        .map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect())
}

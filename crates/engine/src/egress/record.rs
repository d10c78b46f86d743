//! What the host learns about each request: one record per attempt, refused ones included.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Instant;

use serde::Deserialize;
use serde::Serialize;
use url::Url;

use super::error::FetchError;

/// Characters of a URL, a method or a reason that a record keeps: a script chooses them, and many
/// records may be kept at once.
const TEXT_CHARS_MAX: usize = 512;

/// One request as the host's report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchRecord {
    /// The method.
    pub method: String,
    /// The URL without its query and fragment, which may carry secrets, cut to 512 characters. Empty when
    /// it could not be parsed.
    pub url: String,
    /// The host in canonical form.
    pub host: String,
    /// The address that was connected to, or tried, or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// How it ended.
    pub outcome: FetchOutcome,
    /// Bytes of the body that the script could read, after decoding.
    pub bytes_in: u64,
    /// Microseconds from the start of the request to its end.
    pub wall_us: u64,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FetchOutcome {
    /// It has not ended.
    UnderWay,
    /// The server answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// Whether the body was read to its end; a script may well drop it unread.
        complete: bool,
    },
    /// The script or the end of the execution cancelled it before there was an answer.
    Cancelled,
    /// It failed.
    Failed {
        /// The kind of failure.
        failure: FetchFailure,
        /// What happened. The script sees less.
        reason: String,
    },
}

/// The kinds of [`FetchError`], as a record names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchFailure {
    /// Not a request.
    BadRequest,
    /// Refused by the egress policy.
    Denied,
    /// No connection, or no HTTP over it.
    Unreachable,
    /// Out of time, before or after the head of the response.
    TimedOut,
    /// The response is larger than allowed.
    TooLarge,
    /// The response broke off.
    Broken,
}

impl From<&FetchError> for FetchFailure {
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::BadRequest { .. } => Self::BadRequest,
            FetchError::Denied(_) => Self::Denied,
            FetchError::Unreachable { .. } => Self::Unreachable,
            FetchError::NoAnswer { .. } | FetchError::TimedOut { .. } => Self::TimedOut,
            FetchError::HeadersTooLarge { .. } | FetchError::TooLarge { .. } => Self::TooLarge,
            FetchError::Broken { .. } => Self::Broken,
        }
    }
}

/// Collects the records of one execution, in the order in which the requests started. Clones share
/// their records. A request is there from its start, so that none is missing from a report that is
/// taken while some are under way.
#[derive(Clone, Debug, Default)]
pub struct FetchLog(Arc<Mutex<Vec<FetchRecord>>>);

impl FetchLog {
    /// The records so far.
    pub fn records(&self) -> Vec<FetchRecord> {
        self.lock().clone()
    }

    /// Opens the record of a request that starts now.
    pub(super) fn open(&self, method: &str) -> Entry {
        let record = FetchRecord {
            method: cut(method),
            url: String::new(),
            host: String::new(),
            address: None,
            outcome: FetchOutcome::UnderWay,
            bytes_in: 0,
            wall_us: 0,
        };
        let mut records = self.lock();
        records.push(record);
        Entry { place: Place { log: self.clone(), index: records.len() - 1 }, started: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FetchRecord>> {
        // A panic while a record is written leaves at worst one incomplete record.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open record of one request. Dropping it closes the record.
#[derive(Debug)]
pub(crate) struct Entry {
    place: Place,
    started: Instant,
}

/// Where a record is, for those who only add to it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    log: FetchLog,
    index: usize,
}

impl Place {
    pub(super) fn set_address(&self, address: IpAddr) {
        self.update(|record| record.address = Some(address));
    }

    fn update(&self, change: impl FnOnce(&mut FetchRecord)) {
        if let Some(record) = self.log.lock().get_mut(self.index) {
            change(record);
        }
    }
}

impl Entry {
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn set_url(&self, url: &Url) {
        let mut shown = url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        // Fails only for URLs without a host, which carry no user.
        let _ = shown.set_username("").and_then(|()| shown.set_password(None));
        let host = url.host_str().unwrap_or_default();
        self.place.update(|record| {
            record.url = cut(shown.as_str());
            record.host = cut(host);
        });
    }

    pub(super) fn answered(&self, status: u16) {
        self.place.update(|record| record.outcome = FetchOutcome::Answered { status, complete: false });
    }

    pub(super) fn completed(&self) {
        self.place.update(|record| {
            if let FetchOutcome::Answered { complete, .. } = &mut record.outcome {
                *complete = true;
            }
        });
    }

    pub(super) fn failed(&self, error: &FetchError) {
        let outcome = FetchOutcome::Failed { failure: error.into(), reason: cut(&error.reason()) };
        self.place.update(|record| record.outcome = outcome);
    }

    pub(super) fn add_bytes(&self, bytes: usize) {
        self.place.update(|record| record.bytes_in += bytes as u64);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let wall_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.place.update(|record| {
            record.wall_us = wall_us;
            if record.outcome == FetchOutcome::UnderWay {
                record.outcome = FetchOutcome::Cancelled;
            }
        });
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

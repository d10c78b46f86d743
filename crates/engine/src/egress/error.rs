//! How a request fails: one text for the script, which tells nothing about the network, and one
//! reason for the host's record.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use super::address::NotPublic;

/// An error of any kind from below.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// What a script reads when its target could not be had, whatever the cause. Were the texts of
/// "not allowed", "refused", "unknown name" and "timed out" different, `fetch` would be a scanner of
/// the network that the host stands in.
pub(crate) const TARGET_FAILED: &str =
    "fetch failed: the target cannot be reached, or reaching it is not allowed";

/// Why a request had no answer, or its answer no end.
///
/// `Display` is the text for the script; [`reason`](Self::reason) is the one for the host.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The script asked for something that is no request; nothing was sent. It reads the reason.
    #[error("fetch failed: {reason}")]
    BadRequest {
        /// What is wrong with the request.
        reason: String,
    },
    /// The policy refuses the target; nothing was sent to it.
    #[error("{TARGET_FAILED}")]
    Denied(#[source] Denial),
    /// The name is unknown, the connection failed, or what came over it was no HTTP response.
    #[error("{TARGET_FAILED}")]
    Unreachable {
        /// What the network or the protocol said.
        source: BoxError,
    },
    /// The head of the response had not arrived when the time was up.
    #[error("{TARGET_FAILED}")]
    NoAnswer {
        /// The limit.
        limit: Duration,
    },
    /// The body had not ended when the time was up, however steadily it came.
    #[error("fetch failed: the response had not ended after {} ms", limit.as_millis())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The headers of the response have more bytes than they may.
    #[error("fetch failed: the headers of the response are larger than {limit} bytes")]
    HeadersTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body has more bytes than it may, counted after decoding.
    #[error("fetch failed: the body of the response is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The response broke off, or its encoding is damaged.
    #[error("fetch failed: the body of the response broke off")]
    Broken {
        /// What the network or the decoder said.
        source: BoxError,
    },
}

impl FetchError {
    /// What happened, in words for the host; not for the script, which could map networks with it.
    pub fn reason(&self) -> String {
        match self {
            Self::Denied(denial) => denial.to_string(),
            Self::Unreachable { source } | Self::Broken { source } => chain(source.as_ref()),
            Self::NoAnswer { limit } => format!("no answer within {} ms", limit.as_millis()),
            Self::BadRequest { reason } => reason.clone(),
            Self::TimedOut { limit } => format!("the response had not ended after {} ms", limit.as_millis()),
            Self::HeadersTooLarge { limit } => format!("response headers larger than {limit} bytes"),
            Self::TooLarge { limit } => format!("response body larger than {limit} bytes"),
        }
    }

    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self::BadRequest { reason: reason.into() }
    }
}

/// What the egress policy has against a target.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// Nothing may be fetched at all.
    #[error("the egress policy allows no requests")]
    NoRequests,
    /// Neither http nor https.
    #[error("scheme `{scheme}` is not allowed, only http and https")]
    Scheme {
        /// The scheme, without the colon.
        scheme: String,
    },
    /// There is an allow-list, and the host is not on it.
    #[error("host `{host}` is not on the allow-list")]
    Host {
        /// The host in canonical form.
        host: String,
    },
    /// A name of a machine nearby, which only the allow-list could allow.
    #[error("host `{host}` is a local name, which is allowed only by its entry on the allow-list")]
    LocalName {
        /// The host in canonical form.
        host: String,
    },
    /// Not one of the allowed ports.
    #[error("port {port} is not allowed")]
    Port {
        /// The port.
        port: u16,
    },
    /// An address outside the public internet.
    #[error("address {address} is not public ({why})")]
    NotPublic {
        /// The address.
        address: IpAddr,
        /// The range it lies in.
        why: NotPublic,
    },
    /// An address that the host has excluded.
    #[error("address {address} is excluded by the egress policy")]
    Excluded {
        /// The address.
        address: IpAddr,
    },
    /// An address of the machine that we run on.
    #[error("address {address} is this machine's own")]
    OwnAddress {
        /// The address.
        address: IpAddr,
    },
}

impl Denial {
    /// The address that was refused, if it was an address.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::NotPublic { address, .. } | Self::Excluded { address } | Self::OwnAddress { address } => {
                Some(*address)
            }
            Self::NoRequests
            | Self::Scheme { .. }
            | Self::Host { .. }
            | Self::LocalName { .. }
            | Self::Port { .. } => None,
        }
    }
}

/// A policy that cannot be built.
#[derive(Debug, Error)]
pub enum EgressError {
    /// An entry that names no host.
    #[error("`{host}` names no host: {reason}; expected a name, an address, or a name after `*.`")]
    BadHost {
        /// The entry.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Port 0 cannot be connected to.
    #[error("port 0 cannot be allowed; ports are 1 to 65535")]
    BadPort,
    /// A certificate that cannot be read, or is not fit as a root.
    #[error("the root certificate cannot be used: {reason}; expected PEM text with at least one certificate")]
    BadCertificate {
        /// What is wrong with it.
        reason: String,
    },
    /// A user agent with characters that a header cannot carry.
    #[error("`{user_agent}` cannot be sent as a user agent: only visible ASCII and spaces can")]
    BadUserAgent {
        /// The text.
        user_agent: String,
    },
}

/// The causes of an error, nearest first.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}

/// An error and its causes in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        let cause = cause.to_string();
        // Several libraries repeat the text of their cause in their own.
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

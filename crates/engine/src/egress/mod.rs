//! Where a script's `fetch` may go, and the HTTP client that goes there.
//!
//! The policy is judged for every hop: redirects are handed to the script's side of `fetch`, which
//! asks again for the next one. A URL is parsed once; the host that was judged is the host that is
//! connected to. A name is looked up once for each new connection, every one of its addresses is
//! judged, and the connection goes to those addresses. One forbidden address refuses the name.
//!
//! What [`Egress::public_internet`] allows:
//!
//! | | default | changed by |
//! |---|---|---|
//! | schemes | `http`, `https` | |
//! | hosts | every public name and address; not single-label names, `localhost`, `*.local`, `*.internal` and their like | [`allow_hosts`](EgressBuilder::allow_hosts) |
//! | ports | 80 and 443 | [`allow_ports`](EgressBuilder::allow_ports) |
//! | addresses | the public internet, without this machine's own addresses | [`allow_addresses`](EgressBuilder::allow_addresses), [`deny_addresses`](EgressBuilder::deny_addresses) |
//! | names | the system's resolver, 3 s, 8 look-ups at once | [`resolve`](EgressBuilder::resolve) |
//! | time to connect | 5 s, the look-up and TLS included | [`connect_time_max`](EgressBuilder::connect_time_max) |
//! | roots of trust | Mozilla's | [`add_root_certificate`](EgressBuilder::add_root_certificate) |
//! | encodings | gzip, br, deflate, zstd; one at a time, others are handed over as they are | |
//! | proxies, cookies, client certificates, retries | none, whatever the environment says | |
//! | bytes and time of one request | those of [`FetchLimits`] | |
//!
//! A script cannot set headers that belong to the connection (`Host`, `Connection`, `Content-Length`,
//! `Transfer-Encoding`, `Proxy-*` and their like): they are left out.
//!
//! A target that is refused by the policy, refuses the connection, has an unknown name or does not
//! answer in time fails with one and the same text, [`TARGET_FAILED`], so that `fetch` cannot be used
//! to look around in the host's network. The reason is in the [`FetchRecord`]. What concerns the
//! request or the response itself has texts of its own: a request that is not valid, too many bytes,
//! a response that does not end in time or breaks off.
//!
//! Hosts send requests of their own under the same policy with [`Egress::request`].
//!
//! Hosts make one `Egress` for each tenant: connections that are kept alive belong to it.

mod address;
mod canned;
mod client;
mod error;
mod host_request;
mod lookup;
mod policy;
mod record;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::HeaderValue;

pub use canned::CannedAnswer;
pub(crate) use error::Denial;
pub use error::EgressError;
pub(crate) use error::FetchError;
pub(crate) use error::TARGET_FAILED;
pub use host_request::HttpError;
pub use host_request::HttpRequest;
pub use host_request::HttpResponse;
pub(crate) use lookup::RecordKind;
pub use record::FetchFailure;
pub(crate) use record::FetchLog;
pub use record::FetchOutcome;
pub use record::FetchRecord;
pub(crate) use request::FetchBody;
pub(crate) use request::FetchLimits;
pub(crate) use request::FetchRequest;
pub(crate) use response::FetchResponse;
pub(crate) use response::ResponseBody;

use canned::Canned;
use client::Network;
use client::Settings;
use policy::Policy;
use policy::Rules;
pub(crate) use record::Entry;
use response::Deadline;

/// How we name ourselves to servers, unless the host or the script says otherwise.
const USER_AGENT: &str = concat!("Vestibule/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Where `fetch` may go. Cheap to clone; clones share their connections. One that is never used
/// costs nothing.
#[derive(Clone)]
pub struct Egress(Arc<Kind>);

enum Kind {
    Network(Box<Network>),
    Nowhere,
    Canned(Canned),
}

/// Makes an [`Egress`] with rules of its own.
#[derive(Clone)]
pub struct EgressBuilder {
    rules: Rules,
    roots_pem: Vec<Vec<u8>>,
    user_agent: String,
    connect_time_max: Duration,
}

impl Egress {
    /// The public internet, by the defaults in the table above.
    pub fn public_internet() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the defaults hold nothing that could be refused; a test builds them"
        )]
        Self::builder().build().expect("the default policy is valid")
    }

    /// Nothing: every request is refused.
    pub fn none() -> Self {
        Self(Arc::new(Kind::Nowhere))
    }

    /// No network, only these answers; a request that none fits fails as an unreachable target does.
    pub fn canned(answers: Vec<CannedAnswer>) -> Self {
        Self(Arc::new(Kind::Canned(Canned::new(answers))))
    }

    /// Rules of your own, starting from the public internet.
    pub fn builder() -> EgressBuilder {
        EgressBuilder {
            rules: Rules::default(),
            roots_pem: Vec::new(),
            user_agent: USER_AGENT.to_owned(),
            connect_time_max: CONNECT_TIME_MAX,
        }
    }

    /// Whether one is a clone of the other: the same policy, the same connections.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Sends one request and waits for the head of its response; redirects are not followed. Must
    /// run inside a tokio runtime with I/O and time, which must live as long as the `Egress` is used:
    /// connections that are kept alive belong to it. Dropping the future, or the response, ends the
    /// request and closes its connection. The request is in `log` from the first moment.
    pub async fn send(
        &self,
        request: FetchRequest,
        limits: &FetchLimits,
        log: &FetchLog,
    ) -> Result<FetchResponse, FetchError> {
        let entry = Self::open(&request, limits, log);
        self.send_opened(request, limits, entry).await
    }

    /// Opens the record of a request that is about to be sent.
    pub(crate) fn open(request: &FetchRequest, limits: &FetchLimits, log: &FetchLog) -> Entry {
        let entry = log.open(&request.method);
        if let Ok(url) = request::parse_url(&request.url, limits) {
            entry.set_url(&url);
        }
        entry
    }

    /// As [`send`](Self::send), for a request whose record is open.
    pub(crate) async fn send_opened(
        &self,
        request: FetchRequest,
        limits: &FetchLimits,
        entry: Entry,
    ) -> Result<FetchResponse, FetchError> {
        self.attempt(request, limits, entry).await.map_err(|(error, entry)| {
            entry.failed(&error);
            error
        })
    }

    async fn attempt(
        &self,
        request: FetchRequest,
        limits: &FetchLimits,
        entry: Entry,
    ) -> Result<FetchResponse, (FetchError, Entry)> {
        let deadline = Deadline::start(limits);
        let url = match request::parse_url(&request.url, limits) {
            Ok(url) => url,
            Err(error) => return Err((error, entry)),
        };
        if !matches!(url.scheme(), "http" | "https") {
            let scheme = url.scheme().to_owned();
            return Err((FetchError::Denied(Denial::Scheme { scheme }), entry));
        }
        let prepared = match request::prepare(request, url, limits) {
            Ok(prepared) => prepared,
            Err(error) => return Err((error, entry)),
        };
        match &*self.0 {
            Kind::Network(network) => network.send(prepared, limits, deadline, entry).await,
            Kind::Nowhere => Err((FetchError::Denied(Denial::NoRequests), entry)),
            Kind::Canned(canned) => canned.send(prepared, limits, deadline, entry).await,
        }
    }
}

impl Default for Egress {
    /// [`Egress::public_internet`].
    fn default() -> Self {
        Self::public_internet()
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &*self.0 {
            Kind::Network(_) => "Egress(network)",
            Kind::Nowhere => "Egress(none)",
            Kind::Canned(_) => "Egress(canned)",
        })
    }
}

impl EgressBuilder {
    /// Allows these hosts and no others: exact names, addresses, or `*.example.com` for every name
    /// below `example.com`, but not itself. Names are compared as the parser of URLs writes them:
    /// case, a dot at the end and the spelling of international names make no difference. Without a
    /// list every public host is allowed; a local name is allowed only when it is on the list. Their
    /// addresses must still be allowed, see [`allow_addresses`](Self::allow_addresses).
    pub fn allow_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rules.hosts.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// Allows these addresses although they are not public, for upstreams in a private network and
    /// for tests. An IPv4-mapped address counts as the IPv4 address.
    pub fn allow_addresses(mut self, ranges: impl IntoIterator<Item = IpNet>) -> Self {
        self.rules.addresses_allowed.extend(ranges);
        self
    }

    /// Refuses these addresses although they are public, before anything that allows them. Addresses
    /// of this machine's own interfaces are refused without being named; one that a router maps to
    /// this machine is not known here and belongs on this list.
    pub fn deny_addresses(mut self, ranges: impl IntoIterator<Item = IpNet>) -> Self {
        self.rules.addresses_denied.extend(ranges);
        self
    }

    /// Allows these ports instead of 80 and 443.
    pub fn allow_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.rules.ports.get_or_insert_default().extend(ports);
        self
    }

    /// Fixes the addresses of a name; without any, the name is unknown. They are judged like those
    /// of the system's resolver.
    pub fn resolve(mut self, host: impl Into<String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.rules.fixed.push((host.into(), addresses.into_iter().collect()));
        self
    }

    /// Trusts the certificates of a PEM text besides Mozilla's.
    pub fn add_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots_pem.push(pem.into());
        self
    }

    /// Sends this user agent where the script sets none. Default: `Vestibule/` and our version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Longest time to connect, the look-up of the name and the TLS handshake included. Default 5 s.
    pub fn connect_time_max(mut self, time: Duration) -> Self {
        self.connect_time_max = time;
        self
    }

    /// Checks the rules.
    pub fn build(self) -> Result<Egress, EgressError> {
        let user_agent = HeaderValue::from_str(&self.user_agent)
            .map_err(|_| EgressError::BadUserAgent { user_agent: self.user_agent.clone() })?;
        let mut roots = Vec::new();
        for pem in &self.roots_pem {
            roots.extend(client::parse_roots(pem)?);
        }
        let settings = Settings { roots, user_agent, connect_time_max: self.connect_time_max };
        let network = Network::new(Policy::new(self.rules)?, settings);
        Ok(Egress(Arc::new(Kind::Network(Box::new(network)))))
    }

    /// Asks this function instead of the system's resolver.
    #[cfg(test)]
    fn lookup(
        mut self,
        lookup: impl Fn(&str) -> std::io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.rules.lookup = Arc::new(lookup);
        self
    }
}

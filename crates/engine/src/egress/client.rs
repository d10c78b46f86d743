//! One hop over the network: the client, how it connects, and what its errors mean.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use futures::StreamExt;
use reqwest::Client;
use reqwest::StatusCode;
use reqwest::dns::Addrs;
use reqwest::dns::Name;
use reqwest::dns::Resolve;
use reqwest::dns::Resolving;
use reqwest::header::HeaderValue;
use reqwest::redirect;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::error::BoxError;
use super::error::Denial;
use super::error::EgressError;
use super::error::FetchError;
use super::error::causes;
use super::policy::Policy;
use super::policy::ResolveError;
use super::record::Entry;
use super::record::Place;
use super::request::BodyError;
use super::request::FetchLimits;
use super::request::HeaderList;
use super::request::Prepared;
use super::response::Deadline;
use super::response::FetchResponse;
use super::response::ResponseBody;
use super::response::plain_headers;

/// Idle connections: few and not for long, as there is one pool for each tenant.
const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 4;
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);
/// What a server may send over HTTP/2 before it is read.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
const HTTP2_HEADER_LIST_BYTES_MAX: u32 = 64 * 1024;

tokio::task_local! {
    /// The record of the request whose connection is being made by this task.
    static RECORD: Place;
}

/// The network under a policy. Connections are shared by the requests of one `Network` only.
pub(super) struct Network {
    policy: Arc<Policy>,
    settings: Settings,
    /// Made by the first request: it holds about 150 root certificates.
    client: OnceLock<Result<Client, String>>,
}

/// How the client connects.
pub(super) struct Settings {
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) user_agent: HeaderValue,
    pub(super) connect_time_max: Duration,
}

impl Network {
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn new(policy: Policy, settings: Settings) -> Self {
        Self { policy: Arc::new(policy), settings, client: OnceLock::new() }
    }

    /// Sends one request and waits for the head of its response.
    pub(super) async fn send(
        &self,
        request: Prepared,
        limits: &FetchLimits,
        deadline: Deadline,
        entry: Entry,
    ) -> Result<FetchResponse, (FetchError, Entry)> {
        match self.head(request, limits, deadline, &entry).await {
            Err(error) => Err((error, entry)),
            Ok(head) => Ok(head.with_body(limits, deadline, entry)),
        }
    }

    async fn head(
        &self,
        request: Prepared,
        limits: &FetchLimits,
        deadline: Deadline,
        entry: &Entry,
    ) -> Result<Head, FetchError> {
        if let Some(address) = self.policy.check_url(&request.url).map_err(FetchError::Denied)? {
            entry.place().set_address(address);
        }
        let url = request.url.to_string();
        let answer = self.execute(request, limits, entry.place().clone());
        let response = match tokio::time::timeout_at(deadline.at, answer).await {
            Err(_) => return Err(FetchError::NoAnswer { limit: deadline.time_max }),
            Ok(response) => response?,
        };
        if let Some(remote) = response.remote_addr() {
            entry.place().set_address(remote.ip());
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let source = "the server switched to another protocol without being asked".into();
            return Err(FetchError::Unreachable { source });
        }
        let headers = plain_headers(response.headers(), limits)?;
        Ok(Head { url, headers, response })
    }

    async fn execute(
        &self,
        request: Prepared,
        limits: &FetchLimits,
        record: Place,
    ) -> Result<reqwest::Response, FetchError> {
        let client = self.client().map_err(|reason| FetchError::Unreachable { source: reason.into() })?;
        let mut request_out = reqwest::Request::new(request.method, request.url);
        *request_out.headers_mut() = request.headers;
        *request_out.body_mut() = request.body.into_client_body(limits);
        RECORD.scope(record, client.execute(request_out)).await.map_err(explain)
    }

    fn client(&self) -> Result<&Client, String> {
        let make = || make_client(&self.policy, &self.settings).map_err(|error| error.to_string());
        self.client.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

/// The head of a response whose body waits in the connection.
struct Head {
    url: String,
    headers: HeaderList,
    response: reqwest::Response,
}

impl Head {
    fn with_body(self, limits: &FetchLimits, deadline: Deadline, entry: Entry) -> FetchResponse {
        let status = self.response.status();
        entry.answered(status.as_u16());
        let remote_addr = self.response.remote_addr();
        let content_length = self.response.content_length();
        let chunks =
            self.response.bytes_stream().map(|chunk| chunk.map_err(|error| error.without_url().into()));
        FetchResponse {
            status: status.as_u16(),
            status_text: status.canonical_reason().unwrap_or_default().to_owned(),
            headers: self.headers,
            url: self.url,
            remote_addr,
            content_length,
            body: ResponseBody::new(chunks.boxed(), limits, deadline, entry),
        }
    }
}

/// A client that goes nowhere but where the policy lets it: no redirects, no proxies from the
/// environment, no cookies, no client certificate, names resolved by the policy.
fn make_client(policy: &Arc<Policy>, settings: &Settings) -> Result<Client, BoxError> {
    Ok(Client::builder()
        .use_preconfigured_tls(tls_config(&settings.roots)?)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .dns_resolver(Arc::new(PolicyResolver { policy: Arc::clone(policy) }))
        .user_agent(settings.user_agent.clone())
        .connect_timeout(settings.connect_time_max)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
        .pool_idle_timeout(IDLE_TIME_MAX)
        .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
        .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(HTTP2_HEADER_LIST_BYTES_MAX)
        .build()?)
}

/// The public roots and the host's own. The provider is named here because a process may have none,
/// or another one, as its default.
fn tls_config(own_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, BoxError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in own_roots {
        roots.add(root.clone())?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a PEM text, each fit as a root.
pub(super) fn parse_roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let bad = |reason: String| EgressError::BadCertificate { reason };
    let roots = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(error.to_string()))?;
    if roots.is_empty() {
        return Err(bad("there is no certificate in it".to_owned()));
    }
    let mut store = RootCertStore::empty();
    for root in &roots {
        store.add(root.clone()).map_err(|error| bad(error.to_string()))?;
    }
    Ok(roots)
}

/// Resolves the names that the client connects to. The client connects to these addresses and to no
/// others, and does not look the name up again.
struct PolicyResolver {
    policy: Arc<Policy>,
}

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.policy);
        Box::pin(async move {
            let resolved = policy.resolve(name.as_str()).await;
            let address = match &resolved {
                Ok(addresses) => addresses.first().copied(),
                Err(ResolveError::Denied(denial)) => denial.address(),
                Err(ResolveError::Failed(_) | ResolveError::NoAddress | ResolveError::TimedOut) => None,
            };
            if let Some(address) = address {
                // Without a record when the request has meanwhile found another connection.
                let _ = RECORD.try_with(|record| record.set_address(address));
            }
            let addresses = resolved?.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// Finds out what a failure of the client means.
fn explain(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    if let Some(denial) = causes(&error).find_map(denial_in) {
        return FetchError::Denied(denial);
    }
    if let Some(body) = causes(&error).find_map(|cause| cause.downcast_ref::<BodyError>()) {
        return FetchError::bad_request(body.to_string());
    }
    FetchError::Unreachable { source: error.into() }
}

fn denial_in(cause: &(dyn Error + 'static)) -> Option<Denial> {
    match cause.downcast_ref::<ResolveError>()? {
        ResolveError::Denied(denial) => Some(denial.clone()),
        ResolveError::Failed(_) | ResolveError::NoAddress | ResolveError::TimedOut => None,
    }
}

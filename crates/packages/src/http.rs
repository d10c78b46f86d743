//! One request to a registry: bounded, tried again, and never with a token for the wrong host.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Client;
use reqwest::StatusCode;
use reqwest::header;
use reqwest::header::HeaderMap;
use reqwest::redirect;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Semaphore;
use url::Url;

use crate::error::PackagesError;
use crate::limits::Limits;
use crate::registries::Registries;
use crate::registries::shown;

/// Fetches from registries.
pub(crate) struct Http {
    registries: Registries,
    limits: Limits,
    /// For metadata, which is worth compressing.
    compressed: Client,
    /// For tarballs, whose hash is over the bytes as they are.
    plain: Client,
    slots: Semaphore,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Metadata,
    Tarball,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// The server has nothing there.
    Absent,
    /// It does not know us, or not well enough.
    Refused(String),
    /// Anything else.
    Failed { reason: String, attempts: u32 },
}

/// Why one try failed.
enum Failure {
    Final(HttpError),
    Passing { reason: String, pause: Option<Duration> },
}

/// The short form of metadata, without what only a web page of a package needs.
const METADATA_TYPES: &str =
    "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*; q=0.5";

impl Http {
    /// `roots` are certificates in PEM that count beside the public ones.
    pub(crate) fn new(registries: Registries, roots: &[u8], limits: &Limits) -> Result<Self, String> {
        let tls = tls(roots)?;
        let builder = || {
            Client::builder()
                .use_preconfigured_tls(tls.clone())
                .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .connect_timeout(limits.connect_time_max)
                .read_timeout(limits.idle_time_max)
                .pool_max_idle_per_host(limits.requests_max)
                // Variables of the environment are the caller's to read.
                .no_proxy()
        };
        let plain = builder().no_gzip().no_brotli().no_deflate().no_zstd().build();
        Ok(Self {
            registries,
            limits: limits.clone(),
            compressed: builder().build().map_err(|error| error.to_string())?,
            plain: plain.map_err(|error| error.to_string())?,
            slots: Semaphore::new(limits.requests_max),
        })
    }

    pub(crate) fn registries(&self) -> &Registries {
        &self.registries
    }

    /// Fetches something that belongs to a package.
    pub(crate) async fn get(&self, url: &Url, package: &str, want: Want) -> Result<Bytes, HttpError> {
        let mut attempts = 0;
        let mut pause = self.limits.first_pause;
        loop {
            attempts += 1;
            // The semaphore is never closed; without a permit the request would only be less bounded.
            let slot = self.slots.acquire().await.ok();
            let answer = tokio::time::timeout(self.limits.request_time_max, self.attempt(url, package, want));
            let failure = match answer.await {
                Ok(Ok(bytes)) => return Ok(bytes),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Passing { reason: "it took too long".to_owned(), pause: None },
            };
            drop(slot);
            let (reason, asked) = match failure {
                Failure::Final(error) => return Err(error),
                Failure::Passing { reason, pause } => (reason, pause),
            };
            if attempts >= self.limits.attempts_max {
                return Err(HttpError::Failed { reason, attempts });
            }
            tokio::time::sleep(asked.unwrap_or(pause).min(self.limits.pause_max)).await;
            pause *= 2;
        }
    }

    /// One try, with its redirects.
    async fn attempt(&self, first: &Url, package: &str, want: Want) -> Result<Bytes, Failure> {
        let mut url = first.clone();
        for _ in 0..=self.limits.redirects_max {
            // After a redirect to another origin no token is sent, not even one filed for that origin:
            // who redirects must not choose who sees what.
            let is_same = url.origin() == first.origin();
            let response = self.send(&url, package, want, is_same).await.map_err(passing)?;
            if !response.status().is_redirection() {
                return self.body(response, want).await;
            }
            url = redirected(&url, response.headers())?;
        }
        Err(failed("it redirects too often"))
    }

    async fn send(
        &self,
        url: &Url,
        package: &str,
        want: Want,
        may_identify: bool,
    ) -> reqwest::Result<reqwest::Response> {
        let client = match want {
            Want::Metadata => &self.compressed,
            Want::Tarball => &self.plain,
        };
        let mut bare = url.clone();
        // reqwest would send what stands before the host to wherever it leads. Neither can fail for http.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        let mut request = client.get(bare);
        if want == Want::Metadata {
            request = request.header(header::ACCEPT, METADATA_TYPES);
        }
        if let Some(credentials) = self.registries.credentials(url, package).filter(|_| may_identify) {
            request = request.header(header::AUTHORIZATION, credentials);
        }
        request.send().await
    }

    async fn body(&self, mut response: reqwest::Response, want: Want) -> Result<Bytes, Failure> {
        check_status(&response)?;
        let max = match want {
            Want::Metadata => self.limits.metadata_bytes_max,
            Want::Tarball => self.limits.tarball_bytes_max,
        };
        let too_large = || failed(&format!("it is larger than {max} bytes"));
        if response.content_length().is_some_and(|length| length > max) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(passing)? {
            if (body.len() + chunk.len()) as u64 > max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    /// The error for what could not be fetched, once it is known what that is.
    pub(crate) fn explain(&self, what: &str, url: &Url, error: HttpError) -> PackagesError {
        let (reason, attempts, is_refused) = match error {
            HttpError::Absent => ("it is not there".to_owned(), 1, false),
            HttpError::Refused(reason) => (reason, 1, true),
            HttpError::Failed { reason, attempts } => (reason, attempts, false),
        };
        PackagesError::Fetch { what: what.to_owned(), url: shown(url), reason, attempts, is_refused }
    }
}

fn check_status(response: &reqwest::Response) -> Result<(), Failure> {
    let status = response.status();
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Failure::Final(HttpError::Absent)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(Failure::Final(HttpError::Refused(format!("the registry answered {status}"))))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(again(status, response.headers())),
        status if status.is_server_error() => Err(again(status, response.headers())),
        status if status.is_success() => Ok(()),
        status => Err(failed(&format!("the registry answered {status}"))),
    }
}

fn again(status: StatusCode, headers: &HeaderMap) -> Failure {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Failure::Passing {
        reason: format!("the registry answered {status}"),
        pause: seconds.map(Duration::from_secs),
    }
}

fn redirected(from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let url = location.and_then(|location| from.join(location).ok());
    let url = url.ok_or_else(|| failed("it redirects to nowhere"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if from.scheme() == "http" => Ok(url),
        _ => Err(failed("it redirects to an address without TLS")),
    }
}

fn failed(reason: &str) -> Failure {
    Failure::Final(HttpError::Failed { reason: reason.to_owned(), attempts: 1 })
}

/// What the network did. The address is left out: the caller shows it, without its credentials.
fn passing(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    Failure::Passing { reason, pause: None }
}

fn tls(roots: &[u8]) -> Result<ClientConfig, String> {
    let mut store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in CertificateDer::pem_slice_iter(roots) {
        let certificate = certificate.map_err(|error| format!("the certificates are not PEM: {error}"))?;
        // A bundle may hold a certificate that this library finds too odd to trust.
        let _ = store.add(certificate);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = builder.with_root_certificates(store).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

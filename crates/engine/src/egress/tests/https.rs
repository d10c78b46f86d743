//! TLS: whom we trust, and what we tell about ourselves.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority that the test trusts, or not.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A server's certificate for a name, good until a year.
    fn server(&self, name: &str, until: i32, alpn: &[&[u8]]) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate: CertificateDer<'static> = params.signed_by(&key, &self.0).unwrap().der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        // Asks for a client's certificate, and does not insist.
        let asking = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let asking = asking.allow_unauthenticated().build().unwrap();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(asking)
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        config
    }

    fn egress(&self) -> Egress {
        let names = ["a.example", "b.example"];
        let trusting = local().add_root_certificate(self.0.pem()).connect_time_max(Duration::from_secs(3));
        names.into_iter().fold(trusting, |builder, name| builder.resolve(name, [loopback()])).build().unwrap()
    }
}

/// Answers over TLS with whether the client showed a certificate.
async fn start(config: ServerConfig) -> Server {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::start(move |connection| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(connection.stream).await else { return };
            let shown = stream.get_ref().1.peer_certificates().is_some();
            let mut buffer = [0; 4096];
            while matches!(stream.read(&mut buffer).await, Ok(1..)) {
                let body = if shown { "identified" } else { "anonymous" };
                let _ = stream.write_all(ok(body).as_bytes()).await;
            }
        }
    })
    .await
}

fn url(server: &Server, host: &str) -> String {
    format!("https://{host}:{}/", server.address.port())
}

#[tokio::test]
async fn a_trusted_server_is_reached_without_telling_who_we_are() {
    let authority = Authority::new("ours");
    let server = start(authority.server("a.example", 2100, &[])).await;
    let response = succeeds(&authority.egress(), get(url(&server, "a.example"))).await;
    assert_eq!(text(response).await, "anonymous");
    let by_address = start(authority.server("127.0.0.1", 2100, &[b"http/1.1"])).await;
    let response = succeeds(&authority.egress(), get(url(&by_address, "127.0.0.1"))).await;
    assert_eq!(text(response).await, "anonymous");
}

#[tokio::test]
async fn servers_that_cannot_prove_themselves_are_unreachable() {
    let authority = Authority::new("ours");
    let stranger = Authority::new("theirs");
    let cases = [
        ("another name", authority.server("b.example", 2100, &[]), "NotValidForName"),
        ("expired", authority.server("a.example", 2001, &[]), "expired"),
        ("unknown authority", stranger.server("a.example", 2100, &[]), "UnknownIssuer"),
    ];
    for (case, config, expected) in cases {
        let server = start(config).await;
        let (error, record) =
            fails(&authority.egress(), get(url(&server, "a.example")), &FetchLimits::default()).await;
        assert_eq!(error.to_string(), TARGET_FAILED, "{case}");
        let said = reason(&record);
        assert!(said.contains(expected) || said.contains("not valid for name"), "{case}: {said}");
    }
    // Without the authority nothing is trusted but the public roots.
    let server = start(authority.server("a.example", 2100, &[])).await;
    let distrusting = local().resolve("a.example", [loopback()]).build().unwrap();
    let (error, _) = fails(&distrusting, get(url(&server, "a.example")), &FetchLimits::default()).await;
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
}

/// Frames of HTTP/2, sent without end by a server that never answers.
async fn flood(config: ServerConfig, frame: &'static [u8]) -> Server {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::start(move |connection| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(connection.stream).await else { return };
            let (mut reader, mut writer) = tokio::io::split(stream);
            let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            let write = async {
                let _ = writer.write_all(&settings).await;
                while writer.write_all(frame).await.is_ok() && writer.flush().await.is_ok() {}
            };
            let read = async {
                let mut buffer = [0; 4096];
                while matches!(reader.read(&mut buffer).await, Ok(1..)) {}
            };
            tokio::join!(write, read);
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_http2_frames_end_in_time() {
    let authority = Authority::new("ours");
    let cases: [(&str, &[u8]); 4] = [
        ("ping", &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("settings", &[0, 0, 0, 4, 0, 0, 0, 0, 0]),
        ("reset", &[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7]),
        ("continuation", &[0, 0, 1, 9, 0, 0, 0, 0, 1, 0]),
    ];
    for (case, frame) in cases {
        let server = flood(authority.server("a.example", 2100, &[b"h2"]), frame).await;
        let egress = authority.egress();
        let started = std::time::Instant::now();
        let (error, _) = fails(&egress, get(url(&server, "a.example")), &within(MOMENT * 2)).await;
        assert_eq!(error.to_string(), TARGET_FAILED, "{case}");
        assert!(started.elapsed() < MOMENT * 8, "{case}: {:?}", started.elapsed());
        // Another server is reached while the flood goes on.
        let good = start(authority.server("b.example", 2100, &[])).await;
        assert_eq!(text(succeeds(&egress, get(url(&good, "b.example"))).await).await, "anonymous", "{case}");
        drop(egress);
        assert!(server.all_closed().await, "{case}");
    }
}

/// Answers over HTTP/2, `/large` with more headers than we take.
async fn serve_http2(config: ServerConfig) -> Server {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::start(move |connection| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(stream) = acceptor.accept(connection.stream).await else { return };
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, mut answer))) = connection.accept().await {
                let mut response = http::Response::new(());
                if request.uri().path() == "/large" {
                    let value = HeaderValue::from_str(&"x".repeat(100_000)).unwrap();
                    response.headers_mut().insert("x", value);
                }
                if let Ok(mut body) = answer.send_response(response, false) {
                    let _ = body.send_data(Bytes::from_static(b"over two"), true);
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    let authority = Authority::new("ours");
    let server = serve_http2(authority.server("a.example", 2100, &[b"h2", b"http/1.1"])).await;
    let egress = authority.egress();
    let url = |path: &str| format!("https://a.example:{}{path}", server.address.port());
    for _ in 0..3 {
        let response = succeeds(&egress, get(url("/"))).await;
        assert_eq!(text(response).await, "over two");
    }
    let (error, _) = fails(&egress, get(url("/large")), &within(MOMENT * 4)).await;
    assert_eq!(error.to_string(), TARGET_FAILED);
    assert_eq!(text(succeeds(&egress, get(url("/"))).await).await, "over two");
}

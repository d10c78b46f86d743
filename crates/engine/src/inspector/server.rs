//! The server: which executions there are, as JSON; and one WebSocket for each debugger.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use deno_core::v8;
use futures::SinkExt as _;
use futures::StreamExt as _;
use http::HeaderMap;
use http::Method;
use http::Request;
use http::Response;
use http::StatusCode;
use http::header;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use serde_json::json;
use sha1::Digest as _;
use sha1::Sha1;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use url::Host;
use uuid::Uuid;

use crate::inspector::targets::Letter;
use crate::inspector::targets::Target;
use crate::inspector::targets::Targets;
use crate::limits::SOURCE_BYTES_MAX;

/// How long debuggers have at the end to take what is on its way to them.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long nobody is let in where the system has no connection left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The largest message of a debugger: a program as large as may be, with room for its escapes.
const MESSAGE_BYTES_MAX: usize = 4 * SOURCE_BYTES_MAX;

/// The only one there is (RFC 6455).
const WEBSOCKET_VERSION: &str = "13";

/// Counts the debuggers that are connected: each holds one, and nobody sends anything.
type Presence = mpsc::Sender<Infallible>;

/// Serves on a thread of its own until `stopped` is.
pub(super) fn start(
    listener: std::net::TcpListener,
    targets: Arc<Targets>,
    stopped: oneshot::Receiver<()>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _context = runtime.enter();
        TcpListener::from_std(listener)?
    };
    let thread = std::thread::Builder::new().name("vestibule-inspector".to_owned());
    thread.spawn(move || {
        runtime.block_on(async {
            let (presence, mut absence) = mpsc::channel(1);
            tokio::select! {
                () = accept(listener, targets, presence) => {}
                _ = stopped => {}
            }
            let _ = tokio::time::timeout(FAREWELL, absence.recv()).await;
        });
    })
}

async fn accept(listener: TcpListener, targets: Arc<Targets>, presence: Presence) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&targets), presence.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

async fn serve(stream: TcpStream, targets: Arc<Targets>, presence: Presence) {
    let service = service_fn(move |request| {
        let answer = answer(request, &targets, &presence);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A debugger that goes away in the middle of a request is nobody's concern.
    let _ = connection.with_upgrades().await;
}

fn answer(request: Request<Incoming>, targets: &Targets, presence: &Presence) -> Response<Full<Bytes>> {
    // A page of the web can have its own name lead to this machine, and would be let in under it.
    let Some(host) = own_host(request.headers()) else {
        return text(StatusCode::FORBIDDEN, "the Host header must be localhost or an IP address");
    };
    if !is_from_a_debugger(request.headers()) {
        return text(StatusCode::FORBIDDEN, "pages of the web are not let in");
    }
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here");
    }
    match request.uri().path() {
        "/json" | "/json/list" => {
            json_text(&targets.all().iter().map(|target| description(target, &host)).collect())
        }
        "/json/version" => json_text(&json!({
            "Browser": concat!("Vestibule/", env!("CARGO_PKG_VERSION")),
            "Protocol-Version": "1.3",
            "V8-Version": v8::V8::get_version(),
        })),
        path => {
            let id = path.strip_prefix('/').and_then(|id| Uuid::try_parse(id).ok());
            match id.and_then(|id| targets.get(id)) {
                Some(target) => connect(request, target, targets.next_session(), presence.clone()),
                None => text(StatusCode::NOT_FOUND, "there is no such execution; /json lists them"),
            }
        }
    }
}

/// The one Host of a request, when nobody else can have given this machine that name.
fn own_host(headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host = host.to_str().ok()?;
    let authority: http::uri::Authority = host.parse().ok()?;
    let is_own = match Host::parse(authority.host()).ok()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    };
    let is_port_good = authority.as_str() == authority.host() || authority.port_u16().is_some();
    (is_own && is_port_good && !host.contains('@')).then(|| host.to_owned())
}

/// Whether a request comes from no page of a browser. Debuggers send no Origin, and the browser's own one says
/// that it is; a WebSocket needs no one's leave to connect from a page.
fn is_from_a_debugger(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    origins.all(|origin| origin.as_bytes().starts_with(b"devtools://"))
}

/// What a debugger wants to know of an execution before it connects.
fn description(target: &Target, host: &str) -> Value {
    let Target { id, title, url, mailbox: _ } = target;
    json!({
        "description": "an execution of an action",
        "devtoolsFrontendUrl":
            format!("devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws={host}/{id}"),
        "id": id.to_string(),
        "title": title,
        // The kind of target that debuggers expect without a page.
        "type": "node",
        "url": url,
        "webSocketDebuggerUrl": format!("ws://{host}/{id}"),
    })
}

/// Makes a WebSocket of a connection.
fn connect(
    mut request: Request<Incoming>,
    target: Target,
    session: u64,
    presence: Presence,
) -> Response<Full<Bytes>> {
    let wants_websocket = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let is_known = request
        .headers()
        .get(header::SEC_WEBSOCKET_VERSION)
        .is_some_and(|version| version.as_bytes() == WEBSOCKET_VERSION.as_bytes());
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).filter(|_| wants_websocket && is_known);
    let Some(accept) = key.and_then(|key| accepted(key.as_bytes()).parse().ok()) else {
        let mut response = text(StatusCode::UPGRADE_REQUIRED, "this is the place of a WebSocket");
        let version = header::HeaderValue::from_static(WEBSOCKET_VERSION);
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
        return response;
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _presence = presence;
        if let Ok(connection) = upgrade.await {
            let limits = WebSocketConfig::default()
                .max_message_size(Some(MESSAGE_BYTES_MAX))
                .max_frame_size(Some(MESSAGE_BYTES_MAX));
            let connection = TokioIo::new(connection);
            let socket = WebSocketStream::from_raw_socket(connection, Role::Server, Some(limits)).await;
            converse(socket, &target, session).await;
        }
    });
    let mut response = text(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// What proves to the other side that its key was read by a server of WebSockets (RFC 6455, section 4.2.2).
fn accepted(key: &[u8]) -> String {
    const OF_THE_PROTOCOL: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(OF_THE_PROTOCOL).finalize())
}

/// Carries letters and replies until either side has had enough.
async fn converse(mut socket: WebSocketStream<TokioIo<Upgraded>>, target: &Target, session: u64) {
    let (replies, mut replied) = mpsc::unbounded_channel();
    if target.mailbox.post(Letter::Connect { session, replies }).is_err() {
        return;
    }
    loop {
        tokio::select! {
            reply = replied.recv() => match reply {
                Some(reply) => {
                    if socket.send(Message::text(reply)).await.is_err() {
                        break;
                    }
                }
                None => {
                    let end = CloseFrame { code: CloseCode::Away, reason: "the execution is over".into() };
                    let _ = socket.close(Some(end)).await;
                    break;
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let letter = Letter::Message { session, text: text.as_str().to_owned() };
                    if target.mailbox.post(letter).is_err() {
                        break;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            },
        }
    }
    let _ = target.mailbox.post(Letter::Disconnect { session });
}

fn json_text(value: &Value) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::OK, value.to_string());
    let kind = header::HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_standard_is_accepted_as_it_says() {
        assert_eq!(accepted(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn only_names_of_this_machine_are_let_in() {
        let host = |hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, header::HeaderValue::from_static(host));
            }
            own_host(&headers)
        };
        for good in ["localhost", "LOCALHOST:9229", "127.0.0.1:9229", "192.0.2.1:9229", "[::1]:1"] {
            assert_eq!(host(&[good]).as_deref(), Some(good));
        }
        for bad in [
            "",
            "rebound.example:9229",
            "localhost.example",
            "localhost@rebound.example",
            "rebound.example@localhost",
            "127.0.0.1:no",
        ] {
            assert_eq!(host(&[bad]), None, "{bad}");
        }
        assert_eq!(host(&[]), None);
        assert_eq!(host(&["localhost", "localhost"]), None);
    }

    #[test]
    fn pages_are_not_let_in() {
        let is_let_in = |origins: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, header::HeaderValue::from_static(origin));
            }
            is_from_a_debugger(&headers)
        };
        assert!(is_let_in(&[]));
        assert!(is_let_in(&["devtools://devtools"]));
        for bad in ["https://rebound.example", "http://localhost:9229", "http://127.0.0.1", "null", ""] {
            assert!(!is_let_in(&[bad]), "{bad}");
            assert!(!is_let_in(&["devtools://devtools", bad]), "{bad}");
        }
    }
}

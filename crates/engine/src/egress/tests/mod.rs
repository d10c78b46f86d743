//! The policy and the client against real servers, all of them on loopback addresses.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod bombs;
mod canned;
mod host_requests;
mod https;
mod requests;
mod sharing;
mod targets;

use std::future::Future;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use super::*;

/// A server that answers each connection as the test says.
struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Server {
    async fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(Connection) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send,
    {
        Self::start_at("127.0.0.1:0", serve).await
    }

    async fn start_at<F, Fut>(address: &str, serve: F) -> Self
    where
        F: Fn(Connection) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, accepted: Arc::default(), open: Arc::default() };
        let (accepted, open, serve) =
            (Arc::clone(&server.accepted), Arc::clone(&server.open), Arc::new(serve));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                let (open, serve) = (Arc::clone(&open), Arc::clone(&serve));
                tokio::spawn(async move {
                    serve(Connection { stream, received: Vec::new() }).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// One that answers every request of every connection with the same bytes.
    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<Vec<u8>> = Arc::new(answer.into());
        Self::start(move |mut connection| {
            let answer = Arc::clone(&answer);
            async move {
                while connection.head().await.is_some() {
                    connection.write(&answer).await;
                }
            }
        })
        .await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Waits until the client has closed every connection.
    async fn all_closed(&self) -> bool {
        eventually(|| self.open.load(Ordering::SeqCst) == 0).await
    }
}

/// The server's end of a connection.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// The next request up to its empty line; `None` when the client has closed.
    async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = self.received.split_off(end + 4);
                let head = std::mem::replace(&mut self.received, rest);
                return Some(String::from_utf8(head).unwrap());
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Everything up to and with `end`.
    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        while !self.received.ends_with(end) {
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            }
        }
        std::mem::take(&mut self.received)
    }

    /// Whether the client still takes bytes.
    async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Reads until the client closes.
    async fn closed(&mut self) {
        self.until(b"\0 never sent \0").await;
    }
}

/// A policy that lets tests reach this machine.
fn local() -> EgressBuilder {
    let loopback = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    Egress::builder().allow_addresses(loopback).allow_ports(1..=65535)
}

fn loopback() -> IpAddr {
    "127.0.0.1".parse().unwrap()
}

fn get(url: impl Into<String>) -> FetchRequest {
    FetchRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: FetchBody::Empty }
}

fn within(time: Duration) -> FetchLimits {
    FetchLimits { time_max: time, ..FetchLimits::default() }
}

const MOMENT: Duration = Duration::from_millis(300);

/// A request that ended without a body to read, and its record.
async fn fails(egress: &Egress, request: FetchRequest, limits: &FetchLimits) -> (FetchError, FetchRecord) {
    let log = FetchLog::default();
    let error = egress.send(request, limits, &log).await.expect_err("there is an answer");
    (error, only_record(&log))
}

async fn succeeds(egress: &Egress, request: FetchRequest) -> FetchResponse {
    egress.send(request, &FetchLimits::default(), &FetchLog::default()).await.unwrap()
}

fn only_record(log: &FetchLog) -> FetchRecord {
    let mut records = log.records();
    assert_eq!(records.len(), 1, "one record for each attempt");
    records.remove(0)
}

fn reason(record: &FetchRecord) -> String {
    match &record.outcome {
        FetchOutcome::Failed { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

/// The bytes up to the end or the first error, and the largest chunk among them.
struct Read {
    bytes: Vec<u8>,
    chunk_bytes_max: usize,
    error: Option<FetchError>,
}

async fn read(mut body: ResponseBody) -> Read {
    let mut read = Read { bytes: Vec::new(), chunk_bytes_max: 0, error: None };
    let started = std::time::Instant::now();
    let patience = Duration::from_secs(30);
    while let Some(chunk) = tokio::time::timeout(patience, body.next()).await.expect("the body hangs") {
        assert!(started.elapsed() < patience, "the body does not end");
        match chunk {
            Ok(chunk) => {
                read.chunk_bytes_max = read.chunk_bytes_max.max(chunk.len());
                read.bytes.extend_from_slice(&chunk);
            }
            Err(error) => {
                assert!(read.error.is_none(), "two errors");
                read.error = Some(error);
            }
        }
    }
    read
}

async fn text(response: FetchResponse) -> String {
    let read = read(response.body).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    String::from_utf8(read.bytes).unwrap()
}

fn header<'a>(response: &'a FetchResponse, name: &str) -> Vec<&'a str> {
    let named = response.headers.iter().filter(|(other, _)| other == name.as_bytes());
    named.map(|(_, value)| std::str::from_utf8(value).unwrap()).collect()
}

async fn eventually(holds: impl Fn() -> bool) -> bool {
    for _ in 0..400 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

//! Responses that are too large, too slow, too many, or broken.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use flate2::write::ZlibEncoder;

use super::*;

const MIB: usize = 1 << 20;
/// 16 MiB of zeros in brotli.
const BROTLI: &[u8] = &[
    0xcb, 0xff, 0xff, 0x3f, 0x00, 0x24, 0x00, 0xe2, 0xb1, 0x40, 0x72, 0xef, 0xff, 0xf8, 0xff, 0xff, 0x07,
    0x80, 0x04, 0x40, 0x1c, 0x16, 0x80, 0xee, 0xfd, 0xdf,
];

fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn gzip(decoded: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(decoded).unwrap();
    encoder.finish().unwrap()
}

fn zlib(decoded: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(decoded).unwrap();
    encoder.finish().unwrap()
}

/// Zeros in zstd: a frame whose blocks each repeat one byte 128 KiB times.
fn zstd(blocks: u32) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for block in 1..=blocks {
        let last = u32::from(block == blocks);
        let header = last | 1 << 1 | 0x2_0000 << 3;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

async fn fetch(answer: Vec<u8>, limits: &FetchLimits) -> (Read, FetchRecord) {
    let server = Server::answering(answer).await;
    let log = FetchLog::default();
    let egress = local().build().unwrap();
    let response = egress.send(get(server.url("/")), limits, &log).await.unwrap();
    let read = read(response.body).await;
    assert!(server.all_closed().await, "the connection of a failed response is closed");
    (read, only_record(&log))
}

#[tokio::test]
async fn encodings_that_expand_are_stopped_at_the_cap() {
    let zeros = vec![0; 64 * MIB];
    let limits = FetchLimits { response_bytes_max: MIB, ..FetchLimits::default() };
    let cases =
        [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("br", BROTLI.to_vec()), ("zstd", zstd(512))];
    for (encoding, body) in cases {
        assert!(body.len() < MIB / 10, "{encoding}: {}", body.len());
        let (read, record) = fetch(encoded(encoding, &body), &limits).await;
        assert!(
            matches!(read.error, Some(FetchError::TooLarge { limit: MIB })),
            "{encoding}: {:?}",
            read.error
        );
        assert!(read.bytes.len() <= MIB && read.bytes.len() > MIB / 2, "{encoding}: {}", read.bytes.len());
        assert!(read.chunk_bytes_max <= 64 * 1024, "{encoding}: {}", read.chunk_bytes_max);
        assert_eq!(record.bytes_in, read.bytes.len() as u64);
        assert_eq!(reason(&record), "response body larger than 1048576 bytes");
    }
}

#[tokio::test]
async fn encodings_are_decoded_up_to_the_cap() {
    let expected = vec![0; 16 * MIB];
    let limits = FetchLimits { response_bytes_max: 16 * MIB, ..FetchLimits::default() };
    for (encoding, body) in [
        ("gzip", gzip(&expected)),
        ("deflate", zlib(&expected)),
        ("br", BROTLI.to_vec()),
        ("zstd", zstd(128)),
    ] {
        let (read, record) = fetch(encoded(encoding, &body), &limits).await;
        assert!(read.error.is_none(), "{encoding}: {:?}", read.error);
        assert!(read.bytes == expected, "{encoding}: {}", read.bytes.len());
        assert_eq!(record.outcome, FetchOutcome::Answered { status: 200, complete: true });
    }
}

#[tokio::test]
async fn stacked_encodings_are_handed_over_as_they_are() {
    let stacked = gzip(&gzip(&vec![0; 16 * MIB]));
    let (read, _) = fetch(encoded("gzip, gzip", &stacked), &FetchLimits::default()).await;
    assert!(read.error.is_none() && read.bytes == stacked);
}

#[tokio::test]
async fn damaged_and_unfinished_bodies_break_off() {
    let mut damaged = gzip(b"hello hello hello");
    damaged[12] ^= 0xff;
    let unfinished = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nhell";
    let server = Server::start(move |mut connection| async move {
        connection.head().await;
        connection.write(unfinished.as_bytes()).await;
    })
    .await;
    let response = succeeds(&local().build().unwrap(), get(server.url("/"))).await;
    let read = read(response.body).await;
    assert!(matches!(read.error, Some(FetchError::Broken { .. })), "{:?}", read.error);
    let (read, record) = fetch(encoded("gzip", &damaged), &FetchLimits::default()).await;
    assert!(matches!(read.error, Some(FetchError::Broken { .. })), "{:?}", read.error);
    assert!(matches!(record.outcome, FetchOutcome::Failed { failure: FetchFailure::Broken, .. }));
}

/// A server that sends a beginning and then, for ever, more of the same.
async fn endless(beginning: &'static str, more: &'static str, pause: Duration) -> Server {
    Server::start(move |mut connection| async move {
        connection.head().await;
        connection.write(beginning.as_bytes()).await;
        while connection.write(more.as_bytes()).await {
            tokio::time::sleep(pause).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_dripping_body_ends_at_the_deadline() {
    let drip = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "1\r\nx\r\n",
        Duration::from_millis(20),
    )
    .await;
    let (egress, log) = (local().build().unwrap(), FetchLog::default());
    let started = std::time::Instant::now();
    let response = egress.send(get(drip.url("/")), &within(MOMENT), &log).await.unwrap();
    let read = read(response.body).await;
    let took = started.elapsed();
    let error = read.error.unwrap();
    assert_eq!(error.to_string(), "fetch failed: the response had not ended after 300 ms");
    assert!(took >= MOMENT && took < MOMENT * 4, "{took:?}");
    assert!(read.bytes.len() > 2, "it made progress");
    assert!(drip.all_closed().await);
}

/// Compressed blocks without content never give the cap anything to count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_body_that_decodes_to_nothing_ends_at_the_deadline() {
    let server = Server::start(|mut connection| async move {
        connection.head().await;
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n\x78\x9c").await;
        let empty_blocks = [0, 0, 0, 0xff, 0xff].repeat(10_000);
        while connection.write(&empty_blocks).await {}
    })
    .await;
    let started = std::time::Instant::now();
    let log = FetchLog::default();
    let response = local().build().unwrap().send(get(server.url("/")), &within(MOMENT), &log).await.unwrap();
    let read = read(response.body).await;
    assert!(matches!(read.error, Some(FetchError::TimedOut { .. })), "{:?}", read.error);
    assert!(started.elapsed() < MOMENT * 6, "{:?}", started.elapsed());
    assert!(server.all_closed().await);
}

#[tokio::test]
async fn an_endless_body_ends_at_the_cap() {
    let flood = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "a\r\n0123456789\r\n",
        Duration::ZERO,
    )
    .await;
    let limits = FetchLimits { response_bytes_max: 10_000, ..FetchLimits::default() };
    let response =
        local().build().unwrap().send(get(flood.url("/")), &limits, &FetchLog::default()).await.unwrap();
    let read = read(response.body).await;
    assert!(matches!(read.error, Some(FetchError::TooLarge { limit: 10_000 })), "{:?}", read.error);
    assert!(flood.all_closed().await);
}

#[tokio::test]
async fn endless_chunk_extensions_and_trailers_fail() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let extensions =
        endless(head, "1;extension=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n", Duration::ZERO);
    let trailers = endless(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
        "trailer: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
        Duration::ZERO,
    );
    for (case, server) in [("extensions", extensions.await), ("trailers", trailers.await)] {
        let response = succeeds(&local().build().unwrap(), get(server.url("/"))).await;
        let read = read(response.body).await;
        assert!(matches!(read.error, Some(FetchError::Broken { .. })), "{case}: {:?}", read.error);
        assert!(server.all_closed().await, "{case}");
    }
}

#[tokio::test]
async fn bombs_in_the_head_fail() {
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(MIB));
    let many = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x: y\r\n".repeat(10_000));
    for answer in [large, many] {
        let server = Server::answering(answer).await;
        let (error, _) =
            fails(&local().build().unwrap(), get(server.url("/")), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
        assert!(server.all_closed().await);
    }
    let server = Server::answering(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(70_000))).await;
    let (error, _) = fails(&local().build().unwrap(), get(server.url("/")), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), "fetch failed: the headers of the response are larger than 65536 bytes");
    assert!(server.all_closed().await);
}

#[tokio::test]
async fn a_head_that_never_ends_fails_at_the_deadline() {
    let drip = endless("HTTP/1.1 200 OK\r\nx: ", "x", Duration::from_millis(20)).await;
    let interim = endless("", "HTTP/1.1 100 Continue\r\n\r\n", Duration::from_micros(100)).await;
    for server in [drip, interim] {
        let (error, _) = fails(&local().build().unwrap(), get(server.url("/")), &within(MOMENT)).await;
        assert!(matches!(error, FetchError::NoAnswer { .. }), "{error:?}");
        assert!(server.all_closed().await);
    }
}

#[tokio::test]
async fn an_upgrade_that_nobody_asked_for_fails() {
    let server =
        Server::answering("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
            .await;
    let (error, _) = fails(&local().build().unwrap(), get(server.url("/")), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), TARGET_FAILED);
}

/// The bytes that a server can push to a client that does not read are those of the buffers between.
#[tokio::test]
async fn a_body_that_is_not_read_stays_with_the_server() {
    let pushed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pushed);
    let server = Server::start(move |mut connection| {
        let counted = Arc::clone(&counted);
        async move {
            connection.head().await;
            connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await;
            while connection.write(&[0; 65536]).await {
                counted.fetch_add(65536, Ordering::SeqCst);
            }
        }
    })
    .await;
    let response = succeeds(&local().build().unwrap(), get(server.url("/"))).await;
    tokio::time::sleep(MOMENT).await;
    assert!(pushed.load(Ordering::SeqCst) < 32 * MIB, "{pushed:?}");
    drop(response);
    assert!(server.all_closed().await);
}

//! Requests of the host's own: the same policy, the whole response, one kind for each failure.

use tokio::sync::mpsc;

use super::*;

fn post(url: String) -> HttpRequest {
    HttpRequest {
        method: "POST".into(),
        url,
        headers: vec![("x-key".into(), "s3cret".into())],
        body: b"body!".to_vec(),
        response_bytes_max: 1000,
        time_max: Duration::from_secs(20),
    }
}

#[tokio::test]
async fn a_host_request_is_sent_and_its_response_read_whole() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection| {
        let seen = seen.clone();
        async move {
            seen.send(String::from_utf8(connection.until(b"body!").await).unwrap()).unwrap();
            connection
                .write(b"HTTP/1.1 422 Odd\r\nX-Two: a\r\nX-Two: b\r\ncontent-length: 6\r\n\r\nab")
                .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            connection.write(b"cdef").await;
        }
    })
    .await;
    let response = local().build().unwrap().request(post(server.url("/hook?q=1"))).await.unwrap();
    assert_eq!(response.status, 422);
    assert_eq!(response.body, b"abcdef");
    let twice: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-two").collect();
    assert_eq!(twice.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["a", "b"]);

    let sent = requests.recv().await.unwrap();
    assert!(sent.starts_with("POST /hook?q=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\nx-key: s3cret\r\n") && sent.contains("\r\ncontent-length: 5\r\n"), "{sent}");
}

#[tokio::test]
async fn a_host_request_follows_no_redirect() {
    let server =
        Server::answering("HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n").await;
    let response = local().build().unwrap().request(post(server.url("/"))).await.unwrap();
    assert_eq!(response.status, 302);
    assert!(response.headers.contains(&("location".into(), "/other".into())));
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_host_request_stands_under_the_policy() {
    let server = Server::answering(ok("hello")).await;
    let refused =
        Egress::builder().allow_ports(1..=65535).build().unwrap().request(post(server.url("/"))).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, HttpError::Unreachable { denied: true, .. }), "{refused:?}");
    assert!(refused.reason().contains("127.0.0.1 is not public"), "{}", refused.reason());
    assert!(!refused.to_string().contains("127.0.0.1"), "{refused}");
    assert_eq!(server.accepted(), 0, "a refused target is never connected to");
}

/// What each kind of failure is, and that `Display` tells a refused target from a missing one nowhere.
#[tokio::test]
async fn each_failure_of_a_host_request_has_its_kind() {
    let egress = local().build().unwrap();
    let closed = {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        server.local_addr().unwrap()
    };
    let unreachable = egress.request(post(format!("http://{closed}/"))).await.unwrap_err();
    assert!(matches!(unreachable, HttpError::Unreachable { denied: false, .. }), "{unreachable:?}");

    let nowhere = Egress::none().request(post("http://example.com/".into())).await.unwrap_err();
    assert_eq!(unreachable.to_string(), nowhere.to_string());

    let large = Server::answering(ok(&"x".repeat(1001))).await;
    let too_large = egress.request(post(large.url("/"))).await.unwrap_err();
    assert!(matches!(too_large, HttpError::ResponseTooLarge { status: Some(200), .. }), "{too_large:?}");
    let just_fits = Server::answering(ok(&"x".repeat(1000))).await;
    assert_eq!(egress.request(post(just_fits.url("/"))).await.unwrap().body.len(), 1000);

    let silent = Server::start(|mut connection| async move { connection.closed().await }).await;
    let hasty = HttpRequest { time_max: MOMENT, ..post(silent.url("/")) };
    let timed_out = egress.request(hasty).await.unwrap_err();
    assert!(matches!(timed_out, HttpError::TimedOut { .. }), "{timed_out:?}");
    assert!(silent.all_closed().await, "a request that is given up closes its connection");

    let short = Server::start(|mut connection| async move {
        connection.head().await;
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nab").await;
    })
    .await;
    let broken = egress.request(post(short.url("/"))).await.unwrap_err();
    assert!(matches!(broken, HttpError::Broken { status: Some(200), .. }), "{broken:?}");

    for (url, method) in
        [("no url", "POST"), ("http://a:b@example.com/", "POST"), ("http://example.com/", "CONNECT")]
    {
        let request = HttpRequest { method: method.into(), ..post(url.into()) };
        let bad = egress.request(request).await.unwrap_err();
        assert!(matches!(bad, HttpError::BadRequest { .. }), "{url} {method}: {bad:?}");
    }
}

#[test]
fn a_host_request_prints_no_secret() {
    let request = post("http://example.com/hook?token=s3cret#s3cret".into());
    let printed = format!("{request:?}");
    assert!(printed.contains("http://example.com/hook") && printed.contains("x-key"), "{printed}");
    assert!(!printed.contains("s3cret") && !printed.contains("body!"), "{printed}");
}

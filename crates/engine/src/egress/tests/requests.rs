//! What goes over the wire, and what comes back from it.

use tokio::sync::mpsc;

use super::*;

#[tokio::test]
async fn a_request_and_its_answer_go_through_whole() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection| {
        let seen = seen.clone();
        async move {
            seen.send(String::from_utf8(connection.until(b"body!").await).unwrap()).unwrap();
            let answer = "HTTP/1.1 404 Gone Fishing\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-odd: \u{e9}\r\n\
                          content-length: 4\r\n\r\nnone";
            connection.write(answer.as_bytes()).await;
        }
    })
    .await;
    let headers = [
        ("X-Mine", "yes"),
        ("Host", "evil.example"),
        ("Content-Length", "999"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Upgrade", "websocket"),
        ("Proxy-Authorization", "x"),
        ("TE", "trailers"),
        ("Expect", "100-continue"),
        ("User-Agent", "mine"),
        ("Cookie", "c=1"),
    ];
    let headers = headers.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    let request = FetchRequest {
        method: "POST".into(),
        url: server.url("/a%20b/../c?q=secret#frag"),
        headers: headers.to_vec(),
        body: FetchBody::Bytes(Bytes::from_static(b"body!")),
    };
    let log = FetchLog::default();
    let egress = local().build().unwrap();
    let response = egress.send(request, &FetchLimits::default(), &log).await.unwrap();

    assert_eq!((response.status, response.status_text.as_str()), (404, "Not Found"));
    assert_eq!(header(&response, "set-cookie"), ["a=1", "b=2"]);
    assert_eq!(header(&response, "x-odd"), ["\u{e9}"]);
    assert_eq!(response.content_length, Some(4));
    assert_eq!(response.url, server.url("/c?q=secret"));
    assert_eq!(text(response).await, "none");

    let sent = requests.recv().await.unwrap().to_ascii_lowercase();
    assert!(sent.starts_with("post /c?q=secret http/1.1\r\n"), "{sent}");
    assert!(sent.contains(&format!("\r\nhost: {}\r\n", server.address)), "{sent}");
    for expected in ["x-mine: yes", "content-length: 5", "user-agent: mine", "cookie: c=1"] {
        assert!(sent.contains(&format!("\r\n{expected}\r\n")), "{expected} in {sent}");
    }
    for absent in ["evil", "999", "chunked", "upgrade", "proxy", "te:", "expect", "referer"] {
        assert!(!sent.contains(&format!("\r\n{absent}")) && !sent.contains("evil"), "{absent} in {sent}");
    }

    let record = only_record(&log);
    assert_eq!(record.url, server.url("/c"));
    assert_eq!((record.method.as_str(), record.host.as_str()), ("POST", "127.0.0.1"));
    assert_eq!(record.address, Some(loopback()));
    assert_eq!(record.outcome, FetchOutcome::Answered { status: 404, complete: true });
    assert_eq!(record.bytes_in, 4);
    assert!(record.wall_us > 0);
}

#[tokio::test]
async fn redirects_are_handed_over_and_cookies_forgotten() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection| {
        let seen = seen.clone();
        async move {
            while let Some(head) = connection.head().await {
                seen.send(head.to_ascii_lowercase()).unwrap();
                let answer = "HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\nset-cookie: s=1\r\ncontent-length: 0\r\n\r\n";
                connection.write(answer.as_bytes()).await;
            }
        }
    })
    .await;
    let egress = local().build().unwrap();
    for _ in 0..2 {
        let response = succeeds(&egress, get(server.url("/"))).await;
        assert_eq!(response.status, 302);
        assert_eq!(header(&response, "location"), ["http://10.0.0.1/"]);
        let sent = requests.recv().await.unwrap();
        assert!(!sent.contains("cookie") && !sent.contains("referer"), "{sent}");
        assert!(sent.contains("user-agent: vestibule/"), "{sent}");
        text(response).await;
    }
}

#[tokio::test]
async fn a_streamed_body_is_sent_as_it_comes_and_bounded() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut connection| {
        let seen = seen.clone();
        async move {
            let sent = connection.until(b"0\r\n\r\n").await;
            let _ = seen.send(String::from_utf8(sent).unwrap());
            connection.write(ok("thanks").as_bytes()).await;
        }
    })
    .await;
    let egress = local().build().unwrap();
    let post = |chunks| FetchRequest {
        method: "POST".into(),
        body: FetchBody::Stream(chunks),
        ..get(server.url("/"))
    };

    let (sender, chunks) = mpsc::channel(1);
    let send = async {
        for chunk in ["one", "two"] {
            sender.send(Ok(Bytes::from_static(chunk.as_bytes()))).await.unwrap();
        }
        drop(sender);
    };
    let (response, ()) = tokio::join!(succeeds(&egress, post(chunks)), send);
    assert_eq!(text(response).await, "thanks");
    assert!(requests.recv().await.unwrap().ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));

    let limits = FetchLimits { request_bytes_max: 5, ..FetchLimits::default() };
    let (sender, chunks) = mpsc::channel(2);
    for chunk in ["one", "two"] {
        sender.send(Ok(Bytes::from_static(chunk.as_bytes()))).await.unwrap();
    }
    let (error, _) = fails(&egress, post(chunks), &limits).await;
    assert_eq!(error.to_string(), "fetch failed: the body of the request is larger than 5 bytes");

    let (sender, chunks) = mpsc::channel(1);
    sender.send(Err("the stream threw".to_owned())).await.unwrap();
    let (error, _) = fails(&egress, post(chunks), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), "fetch failed: the body of the request failed: the stream threw");
    assert!(server.all_closed().await);
}

#[tokio::test]
async fn requests_that_are_no_requests_say_so() {
    let egress = local().build().unwrap();
    let url = "http://127.0.0.1:1/";
    let with_header = |name: &[u8], value: &[u8]| FetchRequest {
        headers: vec![(name.to_vec(), value.to_vec())],
        ..get(url)
    };
    let method = |method: &str| FetchRequest { method: method.into(), ..get(url) };
    let many = (0..257).map(|_| (b"a".to_vec(), Vec::new())).collect();
    let body = FetchBody::Bytes(vec![0; 6 << 20].into());
    let cases = [
        (get(format!("http://a.example/{}", "x".repeat(8192))), "longer than 8192 bytes"),
        (get("http://user:pass@a.example/"), "Authorization"),
        (method("CONNECT"), "method"),
        (method("trace"), "method"),
        (method("TRACK"), "method"),
        (method("GET / HTTP/1.1\r\nX: y"), "method"),
        (method(""), "method"),
        (with_header(b"a b", b""), "name"),
        (with_header(b"a", b"x\r\nHost: evil"), "value"),
        (with_header(b"a", b"x\0"), "value"),
        (with_header(b"a", &[b'x'; 70_000]), "larger than 65536 bytes"),
        (FetchRequest { headers: many, ..get(url) }, "more than 256 headers"),
        (FetchRequest { body, ..method("POST") }, "larger than 5242880 bytes"),
    ];
    for (request, expected) in cases {
        let (error, record) = fails(&egress, request, &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::BadRequest { .. }), "{expected}: {error:?}");
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(reason(&record).contains(expected));
    }
}

#[tokio::test]
async fn nothing_is_fetched_by_none() {
    let server = Server::answering(ok("")).await;
    let (error, record) = fails(&Egress::none(), get(server.url("/")), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), TARGET_FAILED);
    assert_eq!(reason(&record), "the egress policy allows no requests");
    assert_eq!((record.url, server.accepted()), (server.url("/"), 0));
}

#[tokio::test]
async fn a_record_exists_from_the_start_and_says_when_nobody_waited() {
    let server = Server::start(|mut connection| async move { connection.closed().await }).await;
    let (egress, log) = (local().build().unwrap(), FetchLog::default());
    let limits = FetchLimits::default();
    let mut request = Box::pin(egress.send(get(server.url("/")), &limits, &log));
    assert!(futures::poll!(&mut request).is_pending());
    assert_eq!(only_record(&log).outcome, FetchOutcome::UnderWay);
    drop(request);
    assert_eq!(only_record(&log).outcome, FetchOutcome::Cancelled);

    let log = FetchLog::default();
    let server = Server::answering(ok("unread")).await;
    drop(egress.send(get(server.url("/")), &limits, &log).await.unwrap());
    assert_eq!(only_record(&log).outcome, FetchOutcome::Answered { status: 200, complete: false });
}

//! What requests share: connections of one `Egress`, and nothing beyond.

use super::*;

#[tokio::test]
async fn connections_are_kept_for_their_own_egress_only() {
    let server = Server::answering(ok("x")).await;
    let (a, b) = (local().build().unwrap(), local().build().unwrap());
    for _ in 0..3 {
        text(succeeds(&a.clone(), get(server.url("/"))).await).await;
    }
    assert_eq!(server.accepted(), 1);
    text(succeeds(&b, get(server.url("/"))).await).await;
    assert_eq!(server.accepted(), 2);
    drop((a, b));
    assert!(server.all_closed().await, "connections end with their egress");
}

#[tokio::test]
async fn requests_dropped_under_way_free_their_sockets() {
    let silent = Server::start(|mut connection| async move { connection.closed().await }).await;
    let egress = local().build().unwrap();
    let limits = FetchLimits::default();
    for round in 1..=10 {
        let log = FetchLog::default();
        let requests = (0..50).map(|_| egress.send(get(silent.url("/")), &limits, &log));
        let all = futures::future::join_all(requests);
        tokio::select! {
            _ = all => panic!("a silent server answered"),
            arrived = eventually(|| silent.accepted() == round * 50) => assert!(arrived),
        }
        assert!(log.records().iter().all(|record| record.outcome == FetchOutcome::Cancelled));
    }
    assert!(silent.all_closed().await);
    assert_eq!(silent.accepted(), 500);
}

#[tokio::test]
async fn responses_dropped_half_way_free_their_sockets() {
    let server = Server::start(|mut connection| async move {
        connection.head().await;
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun").await;
        connection.closed().await;
    })
    .await;
    let egress = local().build().unwrap();
    for _ in 0..50 {
        let mut response = succeeds(&egress, get(server.url("/"))).await;
        assert_eq!(response.body.next().await.unwrap().unwrap(), "begun");
    }
    assert!(server.all_closed().await);
    assert_eq!(server.accepted(), 50);
}

const CHILD: &str = "EGRESS_TEST_PROXY_CHILD";

/// Runs itself again in a process whose environment names proxies.
#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    if std::env::var_os(CHILD).is_some() {
        let server = Server::answering(ok("direct")).await;
        let egress = local().resolve("direct.example", [loopback()]).build().unwrap();
        for url in [server.url("/"), format!("http://direct.example:{}/", server.address.port())] {
            assert_eq!(text(succeeds(&egress, get(url)).await).await, "direct");
        }
        return;
    }
    let proxy = Server::answering(ok("proxied")).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "egress::tests::sharing::proxies_of_the_environment_are_ignored"]).env(CHILD, "1");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, proxy.url("")).env_remove("NO_PROXY").env_remove("no_proxy");
    }
    child.env_remove("REQUEST_METHOD");
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    assert_eq!(proxy.accepted(), 0);
}

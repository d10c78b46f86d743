//! Which targets are refused, in every spelling, and what the script learns of it.

use std::net::Ipv4Addr;

use super::*;

/// A policy for the public internet on every port, in which no name exists.
fn public() -> Egress {
    Egress::builder()
        .allow_ports(1..=65535)
        .lookup(|_| Err(std::io::Error::other("no such name")))
        .build()
        .unwrap()
}

async fn denial(egress: &Egress, url: &str) -> Denial {
    let (error, record) = fails(egress, get(url), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), TARGET_FAILED, "{url:?}");
    match error {
        FetchError::Denied(denial) => {
            assert_eq!(reason(&record), denial.to_string());
            denial
        }
        other => panic!("{url:?}: {} {other:?}", other.reason()),
    }
}

/// One IPv4 address in the spellings that parsers of URLs accept.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let low = number & 0xff_ffff;
    let dotted = address.to_string();
    let map = |first: u32, text: &str| -> String {
        let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(first + digit)).unwrap_or(c);
        text.chars().map(digit).collect()
    };
    let percent: String = dotted.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mapped = address.to_ipv6_mapped();
    vec![
        dotted.clone(),
        format!("{dotted}."),
        number.to_string(),
        format!("0{number:o}"),
        format!("0x{number:x}"),
        format!("0X{number:X}"),
        format!("{a}.{low}"),
        format!("{a}.0x{low:x}"),
        format!("0x{a:x}.0{low:o}"),
        format!("{a}.{b}.{}", u32::from(c) << 8 | u32::from(d)),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0x{a:x}.0{b:o}.{c}.0x{d:02x}"),
        map(0xff10, &dotted),
        map(0xff10, &dotted).replace('.', "\u{3002}"),
        dotted.replace('.', "\u{ff0e}"),
        dotted.replace('.', "\u{ff61}"),
        map(0x1d7d8, &dotted),
        percent,
        format!("\u{ad}{dotted}"),
        format!("[{mapped}]"),
        format!("[::ffff:{:x}:{:x}]", number >> 16, number & 0xffff),
        format!("[0:0:0:0:0:FFFF:{dotted}]"),
        format!("[64:ff9b::{dotted}]"),
        format!("[::{dotted}]"),
        format!("[2002:{:x}:{:x}::1]", number >> 16, number & 0xffff),
    ]
}

#[tokio::test]
async fn forbidden_addresses_are_refused_in_every_spelling() {
    let addresses = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.1.2.3",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.254",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
    ];
    let egress = public();
    let mut tried = 0;
    for address in addresses {
        let address: Ipv4Addr = address.parse().unwrap();
        for spelling in spellings(address) {
            match denial(&egress, &format!("http://{spelling}/")).await {
                Denial::NotPublic { .. } => tried += 1,
                other => panic!("{spelling}: {other:?}"),
            }
        }
    }
    assert_eq!(tried, 19 * 27);
}

#[tokio::test]
async fn enclosed_digits_and_soft_hyphens_are_judged_by_what_they_become() {
    let egress = public();
    for (url, address) in [
        ("http://①②⑦.⓪.⓪.①/", "127.0.0.1"),
        ("http://⑯⑨.254.⑯⑨.254/", "169.254.169.254"),
        ("http://127.0.0.\u{ad}1/", "127.0.0.1"),
        ("http://1%32%37.0.0.1/", "127.0.0.1"),
        ("http://127.0.0%2e1/", "127.0.0.1"),
        ("http://127\t.0.\n0.1/", "127.0.0.1"),
        ("  http://0/  ", "0.0.0.0"),
        ("http://127.1/", "127.0.0.1"),
    ] {
        assert_eq!(denial(&egress, url).await.address(), Some(address.parse().unwrap()), "{url}");
    }
    for url in ["http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://LocalHost./", "http://loc\u{ad}alhost/", "http://%6cocalhost/"]
    {
        assert_eq!(denial(&egress, url).await, Denial::LocalName { host: "localhost".into() }, "{url}");
    }
}

#[tokio::test]
async fn forbidden_ipv6_addresses_are_refused() {
    let egress = public();
    for host in [
        "::",
        "::1",
        "0:0:0:0:0:0:0:1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "64:ff9b:1::1",
        "2600::5efe:7f00:1",
        "::ffff:0:7f00:1",
    ] {
        let denial = denial(&egress, &format!("http://[{host}]/")).await;
        assert!(matches!(denial, Denial::NotPublic { .. }), "{host}: {denial:?}");
    }
    // Zones mean an interface of this machine; URLs have no way to write them.
    for host in ["fe80::1%25eth0", "fe80::1%eth0", "::1%251"] {
        let (error, _) = fails(&egress, get(format!("http://[{host}]/")), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::BadRequest { .. }), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn only_http_and_https_are_schemes() {
    let egress = public();
    for url in [
        "file:///etc/passwd",
        "data:text/plain,x",
        "blob:https://a.example/x",
        "ftp://a.example/",
        "ws://a.example/",
        "wss://a.example/",
        "unix:/run/x.sock",
        "http+unix://x/",
        "gopher://a.example/",
        "javascript:1",
        "about:blank",
    ] {
        assert!(matches!(denial(&egress, url).await, Denial::Scheme { .. }), "{url}");
    }
}

#[tokio::test]
async fn the_judged_host_is_the_one_that_the_parser_sees() {
    let egress = public();
    for url in [
        "http://127.0.0.1\\@a.example/",
        "http://127.0.0.1#@a.example/",
        "http://127.0.0.1?@a.example/",
        "http:127.0.0.1/",
        "http:/127.0.0.1",
        "http:///127.0.0.1/",
        "http:\\\\127.0.0.1\\x",
        "http://127.0.0.1:80/",
        "hTTp://127.0.0.1",
        "ht\ntp://127.0.0.1/",
    ] {
        assert_eq!(denial(&egress, url).await.address(), Some(loopback()), "{url:?}");
    }
    for url in [
        "http://user@a.example/",
        "http://a.example@127.0.0.1/",
        "http://:secret@a.example/",
        "http://a.example:80@127.0.0.1/",
        "http://a@b@127.0.0.1/",
        "http://a.example..b/",
        "http://.a.example/",
        "http://a.example:65536/",
        "http://a b/",
        "http://[::1/",
        "http://127.0.0.1.5/",
        "http://256.0.0.1/",
        "//x",
        "",
        "http://",
        "http://a.example%00.b/",
        "http://a.example%2f.b/",
        "http://a<b/",
    ] {
        let (error, record) = fails(&egress, get(url), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::BadRequest { .. }), "{url:?}: {error:?}");
        assert!(!record.url.contains("secret") && !record.url.contains("user"), "{record:?}");
    }
}

#[tokio::test]
async fn an_allow_list_is_compared_whole_and_in_canonical_form() {
    let egress = Egress::builder()
        .allow_hosts(["API.example.com.", "*.Bücher.example", "192.168.7.7", "::1", "intranet"])
        .lookup(|_| Ok(Vec::new()))
        .build()
        .unwrap();
    for host in [
        "example.com",
        "xapi.example.com",
        "api.example.com.evil.example",
        "api.example.comx",
        "api-example.com",
        "x.api.example.com",
        "bücher.example",
        "xbücher.example",
        "xn--bcher-kva.example",
        "a.bücher.example.evil.example",
        "192.168.7.8",
        "[::2]",
        "intranet.evil.example",
        "evil.example",
        "api.example.co",
        "аpi.example.com",
    ] {
        let denial = denial(&egress, &format!("http://{host}/")).await;
        assert!(matches!(denial, Denial::Host { .. }), "{host}: {denial:?}");
    }
    // Names on the list get as far as the look-up, which finds nothing.
    for host in [
        "api.example.com",
        "api.EXAMPLE.com",
        "api.example.com.",
        "a.bücher.example",
        "a.b.xn--bcher-kva.example",
        "intranet",
    ] {
        let (error, record) = fails(&egress, get(format!("http://{host}/")), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::Unreachable { .. }), "{host}: {error:?}");
        assert!(reason(&record).ends_with("the name has no addresses"), "{record:?}");
    }
    // Being on the list does not make an address public.
    for host in ["192.168.7.7", "[::1]"] {
        let denial = denial(&egress, &format!("http://{host}/")).await;
        assert!(matches!(denial, Denial::NotPublic { .. }), "{host}: {denial:?}");
    }
}

#[tokio::test]
async fn local_names_are_refused_unless_listed() {
    let egress = public();
    for host in [
        "localhost",
        "a.localhost",
        "printer.local",
        "metadata.google.internal",
        "metadata",
        "instance-data",
        "router",
        "nas.lan",
        "x.home.arpa",
        "kubernetes.default.svc.cluster.local",
        "METADATA.GOOGLE.INTERNAL.",
        "metadata.tencentyun.com",
        "localhost.localdomain",
        "a.corp",
    ] {
        let denial = denial(&egress, &format!("http://{host}/")).await;
        assert!(matches!(denial, Denial::LocalName { .. }), "{host}: {denial:?}");
    }
    for host in ["mylocalhost.example", "local.example", "internal.example.com", "home.arpa.example"] {
        let (error, _) = fails(&egress, get(format!("http://{host}/")), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::Unreachable { .. }), "{host}: {error:?}");
    }
    let server = Server::answering(ok("local")).await;
    let listed = local().allow_hosts(["*.internal"]).resolve("api.internal", [loopback()]).build().unwrap();
    let response = succeeds(&listed, get(format!("http://api.internal:{}/", server.address.port()))).await;
    assert_eq!(text(response).await, "local");
}

#[tokio::test]
async fn ports_outside_the_list_are_refused() {
    let egress = Egress::builder().lookup(|_| Ok(Vec::new())).build().unwrap();
    for port in [
        1, 21, 22, 23, 25, 53, 110, 111, 389, 445, 2375, 3306, 5432, 6379, 8080, 9200, 11211, 27017, 65535, 0,
    ] {
        assert_eq!(denial(&egress, &format!("http://a.example:{port}/")).await, Denial::Port { port });
    }
    for url in ["http://a.example/", "https://a.example/", "https://a.example:80/", "http://a.example:443/"] {
        let (error, _) = fails(&egress, get(url), &FetchLimits::default()).await;
        assert!(matches!(error, FetchError::Unreachable { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn addresses_that_the_host_excludes_are_refused_first() {
    let server = Server::answering(ok("")).await;
    let egress = local().deny_addresses(["127.0.0.1/32".parse().unwrap()]).build().unwrap();
    assert!(matches!(denial(&egress, &server.url("/")).await, Denial::Excluded { .. }));
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", server.address.port());
    assert!(matches!(denial(&egress, &mapped).await, Denial::Excluded { .. }));
    assert_eq!(server.accepted(), 0);
}

/// For this test 127.0.0.1 is what a public address is, and 127.0.0.2 is private.
#[tokio::test]
async fn a_name_that_changes_its_address_never_leads_to_a_forbidden_one() {
    let public = Server::start(|mut connection| async move {
        connection.head().await;
        connection.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\npublic").await;
    })
    .await;
    let port = public.address.port();
    let private = Server::start_at(&format!("127.0.0.2:{port}"), |_| async {}).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let egress = Egress::builder()
        .allow_addresses(["127.0.0.1/32".parse().unwrap()])
        .allow_ports([port])
        .lookup(move |_| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            Ok(vec![if first { "127.0.0.1" } else { "127.0.0.2" }.parse().unwrap()])
        })
        .build()
        .unwrap();
    let url = format!("http://rebind.example:{port}/");

    let response = succeeds(&egress, get(&url)).await;
    assert_eq!(response.remote_addr, Some(public.address));
    assert_eq!(text(response).await, "public");
    assert_eq!(lookups.load(Ordering::SeqCst), 1, "a connection takes one look-up");
    assert!(public.all_closed().await);

    let (error, record) = fails(&egress, get(&url), &FetchLimits::default()).await;
    assert!(matches!(error, FetchError::Denied(Denial::NotPublic { .. })), "{error:?}");
    assert_eq!(record.address, Some("127.0.0.2".parse().unwrap()));
    assert_eq!(lookups.load(Ordering::SeqCst), 2);
    assert_eq!(private.accepted(), 0);
}

#[tokio::test]
async fn one_forbidden_address_refuses_the_name() {
    let server = Server::answering(ok("")).await;
    let other: IpAddr = "127.0.0.2".parse().unwrap();
    for addresses in [[loopback(), other], [other, loopback()]] {
        let egress = Egress::builder()
            .allow_addresses(["127.0.0.1/32".parse().unwrap()])
            .allow_ports([server.address.port()])
            .resolve("mixed.example", addresses)
            .build()
            .unwrap();
        let url = format!("http://mixed.example:{}/", server.address.port());
        assert_eq!(denial(&egress, &url).await.address(), Some(other));
    }
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn a_script_cannot_tell_why_a_target_failed() {
    let silent = Server::start(|mut connection| async move { connection.closed().await }).await;
    let hanging_up = Server::start(|mut connection| async move { drop(connection.head().await) }).await;
    let garbage = Server::answering("SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    let free_port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let egress = local()
        .connect_time_max(MOMENT)
        .lookup(|name| match name {
            "slow.example" => {
                std::thread::sleep(MOMENT * 2);
                Ok(vec![loopback()])
            }
            "private.example" => Ok(vec!["10.0.0.1".parse().unwrap()]),
            _ => Err(std::io::Error::other("unknown")),
        })
        .build()
        .unwrap();
    let cases = [
        ("denied address", "http://10.0.0.1/".to_owned(), FetchFailure::Denied),
        ("denied name", "http://localhost/".to_owned(), FetchFailure::Denied),
        ("denied scheme", "ftp://a.example/".to_owned(), FetchFailure::Denied),
        ("private name", "http://private.example/".to_owned(), FetchFailure::Denied),
        ("unknown name", "http://unknown.example/".to_owned(), FetchFailure::Unreachable),
        ("slow name server", "http://slow.example/".to_owned(), FetchFailure::Unreachable),
        ("refused", format!("http://127.0.0.1:{free_port}/"), FetchFailure::Unreachable),
        ("no TLS handshake", silent.url("/").replace("http:", "https:"), FetchFailure::Unreachable),
        ("hung up", hanging_up.url("/"), FetchFailure::Unreachable),
        ("not HTTP", garbage.url("/"), FetchFailure::Unreachable),
        ("no answer", silent.url("/"), FetchFailure::TimedOut),
    ];
    for (case, url, expected) in cases {
        let (error, record) = fails(&egress, get(url), &within(MOMENT * 2)).await;
        assert_eq!(error.to_string(), TARGET_FAILED, "{case}");
        match record.outcome {
            FetchOutcome::Failed { failure, reason } => {
                assert_eq!(failure, expected, "{case}");
                assert!(!reason.contains(TARGET_FAILED), "{case}: {reason}");
            }
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_dead_name_server_of_one_tenant_does_not_hold_up_another() {
    let (asked, given_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&asked), Arc::clone(&given_up));
    let dead = local()
        .lookup(move |_| {
            counted.0.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_secs(2));
            counted.1.fetch_add(1, Ordering::SeqCst);
            Err(std::io::Error::other("dead"))
        })
        .build()
        .unwrap();
    let (limits, log) = (within(MOMENT), FetchLog::default());
    let many = (0..100).map(|index| dead.send(get(format!("http://n{index}.example/")), &limits, &log));
    let many = futures::future::join_all(many);
    let server = Server::answering(ok("alive")).await;
    let neighbour = local().lookup(|_| Ok(vec![loopback()])).build().unwrap();
    let quick = async {
        let url = format!("http://neighbour.example:{}/", server.address.port());
        let answer = text(succeeds(&neighbour, get(url)).await).await;
        (answer, given_up.load(Ordering::SeqCst))
    };
    let (failed, (answer, given_up_before)) = tokio::join!(many, quick);
    assert_eq!(answer, "alive");
    assert_eq!(given_up_before, 0, "the neighbour waited for the dead name server");
    assert!(failed.iter().all(Result::is_err));
    assert_eq!(asked.load(Ordering::SeqCst), 8, "look-ups hold few threads");
}

#[test]
fn bad_rules_are_refused_with_the_way_out() {
    for host in [
        "",
        "*",
        "*.",
        "**.a.example",
        "*.*.a.example",
        "a.*.example",
        "https://a.example",
        "a.example:80",
        "a b",
        "*.127.0.0.1",
        "a..b",
    ] {
        let error = Egress::builder().allow_hosts([host]).build().expect_err(host);
        assert!(matches!(error, EgressError::BadHost { .. }), "{host}: {error}");
    }
    assert!(matches!(Egress::builder().allow_ports([80, 0]).build(), Err(EgressError::BadPort)));
    assert!(matches!(Egress::builder().user_agent("a\nb").build(), Err(EgressError::BadUserAgent { .. })));
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = Egress::builder().add_root_certificate(pem).build().expect_err(pem);
        assert!(matches!(error, EgressError::BadCertificate { .. }), "{pem}: {error}");
    }
}

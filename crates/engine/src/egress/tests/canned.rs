//! Canned answers: how they are written, chosen, and bounded.

use serde_json::json;

use super::*;

fn canned(answers: serde_json::Value) -> Egress {
    Egress::canned(serde_json::from_value(answers).unwrap())
}

#[tokio::test]
async fn the_first_answer_that_fits_is_given() {
    let egress = canned(json!([
        { "url": "https://api.example.com/once", "body": "first", "times": 1 },
        { "url": "https://API.example.com:443/once", "body": "then" },
        { "method": "POST", "url": "https://api.example.com/*", "status": 201, "json": { "ok": true },
          "headers": { "x-one": "1", "set-cookie": ["a=1", "b=2"] } },
        { "url": "http://10.0.0.1/null", "json": null },
        { "url": "*", "status": 302, "headers": { "location": "https://api.example.com/once" } },
    ]));
    let once = || get("https://api.example.com/once#part");
    assert_eq!(text(succeeds(&egress, once()).await).await, "first");
    assert_eq!(text(succeeds(&egress, once()).await).await, "then");
    assert_eq!(text(succeeds(&egress, once()).await).await, "then");

    let post = FetchRequest { method: "POST".into(), ..get("https://api.example.com/users?a=b") };
    let response = succeeds(&egress, post).await;
    assert_eq!((response.status, response.status_text.as_str()), (201, "Created"));
    assert_eq!(header(&response, "content-type"), ["application/json"]);
    assert_eq!(header(&response, "set-cookie"), ["a=1", "b=2"]);
    assert_eq!(text(response).await, r#"{"ok":true}"#);

    assert_eq!(text(succeeds(&egress, get("http://10.0.0.1/null")).await).await, "null");
    let response = succeeds(&egress, get("https://elsewhere.example/")).await;
    assert_eq!((response.status, header(&response, "location")), (302, vec!["https://api.example.com/once"]));
}

#[tokio::test]
async fn a_request_without_an_answer_is_told_what_there_is() {
    let egress = canned(json!([
        { "url": "https://a.example/1", "times": 1 },
        { "method": "PUT", "url": "https://a.example/*" },
    ]));
    succeeds(&egress, get("https://a.example/1")).await;
    let (error, record) = fails(&egress, get("https://a.example/1"), &FetchLimits::default()).await;
    assert_eq!(error.to_string(), TARGET_FAILED);
    assert_eq!(
        reason(&record),
        "no canned answer for GET https://a.example/1; there are: GET https://a.example/1 (used up), PUT https://a.example/*"
    );
    let (_, record) = fails(&canned(json!([])), get("https://a.example/"), &FetchLimits::default()).await;
    assert_eq!(reason(&record), "no canned answer for GET https://a.example/; there are: none");
}

#[tokio::test]
async fn delays_errors_and_limits_are_real() {
    let egress = canned(json!([
        { "url": "https://a.example/slow", "delay_ms": 5000 },
        { "url": "https://a.example/soon", "delay_ms": 50, "body": "here" },
        { "url": "https://a.example/down", "error": "connection reset" },
        { "url": "https://a.example/large", "body": "0123456789" },
    ]));
    let (error, record) = fails(&egress, get("https://a.example/slow"), &within(MOMENT)).await;
    assert!(matches!(error, FetchError::NoAnswer { .. }) && record.wall_us >= 300_000, "{record:?}");
    let started = std::time::Instant::now();
    assert_eq!(text(succeeds(&egress, get("https://a.example/soon")).await).await, "here");
    assert!(started.elapsed() >= Duration::from_millis(50));
    let (error, record) = fails(&egress, get("https://a.example/down"), &FetchLimits::default()).await;
    assert_eq!((error.to_string().as_str(), reason(&record).as_str()), (TARGET_FAILED, "connection reset"));
    let limits = FetchLimits { response_bytes_max: 9, ..FetchLimits::default() };
    let log = FetchLog::default();
    let response = egress.send(get("https://a.example/large"), &limits, &log).await.unwrap();
    assert!(matches!(read(response.body).await.error, Some(FetchError::TooLarge { limit: 9 })));
    for url in ["ftp://a.example/", "http://user@a.example/"] {
        fails(&canned(json!([{ "url": "*" }])), get(url), &FetchLimits::default()).await;
    }
}

#[test]
fn answers_that_are_wrongly_written_say_what_is_wrong() {
    for (answer, expected) in [
        (json!({}), "missing field `url`"),
        (
            json!({ "url": "https://a.example/", "stauts": 200 }),
            "unknown field `stauts`, expected one of `method`",
        ),
        (json!({ "url": "a.example" }), "expected http:// or https://"),
        (json!({ "url": "ftp://a.example/" }), "its scheme is `ftp`"),
        (json!({ "url": "ftp://*" }), "another scheme"),
        (json!({ "url": "https://a.example/", "status": 99 }), "status 99 is not from 200 to 599"),
        (json!({ "url": "https://a.example/", "status": 101 }), "status 101"),
        (json!({ "url": "https://a.example/", "body": "", "json": null }), "either `body` or `json`"),
        (json!({ "url": "https://a.example/", "error": "x", "status": 500 }), "either `error` or `status`"),
        (json!({ "url": "https://a.example/", "times": 0 }), "`times` is 0"),
        (json!({ "url": "https://a.example/", "method": "A B" }), "`A B` is not a method"),
        (json!({ "url": "https://a.example/", "headers": { "a b": "" } }), "`a b` is not a header"),
        (json!({ "url": "https://a.example/", "headers": { "a": "x\ny" } }), "`a` is not a header"),
        (
            json!({ "url": "https://a.example/", "headers": { "a": 1 } }),
            "a header is a string or a list of strings",
        ),
    ] {
        let error =
            serde_json::from_value::<CannedAnswer>(answer.clone()).expect_err("it is wrong").to_string();
        assert!(error.contains(expected), "{answer}: {error}");
    }
}

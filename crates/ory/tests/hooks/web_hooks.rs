//! What web hooks send, and what their answers mean.

use serde_json::json;
use vestibule::Decision;
use vestibule_ory::RequestOutcome;

use super::server::Answer;
use super::server::answer;
use super::*;

const LOGIN: &str = "login after password";

async fn login(server: &Server, more: &[&str]) -> HooksOutcome {
    run(&plan(&one_web_hook(more), server, LOGIN), sample(LOGIN)).await
}

/// One web hook with `response.parse` at these words.
fn parsing(words: &str) -> String {
    let mut parts = words.split(' ');
    let (flow, when, method) = (parts.next().unwrap(), parts.next().unwrap(), parts.next());
    let hooks = json!([{ "hook": "web_hook", "config": {
        "url": "http://hooks.example/hook", "method": "POST", "response": { "parse": true },
    }}]);
    let block = match method {
        None => json!({ "hooks": hooks }),
        Some(method) => json!({ method: { "hooks": hooks } }),
    };
    json!({ "selfservice": { "flows": { flow: { when: block } } } }).to_string()
}

async fn parsed(words: &str, given: Answer) -> HooksOutcome {
    let server = Server::answering([given]).await;
    run(&plan(&parsing(words), &server, words), sample(words)).await
}

fn messages() -> Value {
    json!({ "messages": [
        { "instance_ptr": "#/traits/email", "messages": [
            { "id": 4100001, "text": "Not this address.", "type": "error", "context": { "domain": "x.test" } },
            { "id": 4100002, "text": "Try another." },
        ]},
        { "instance_ptr": "#/", "messages": [{ "id": 4100003, "text": "Sorry.", "type": "error" }] },
    ]})
}

#[tokio::test]
async fn the_body_is_what_the_template_makes_of_the_context() {
    let server = Server::ok().await;
    let outcome =
        login(&server, &["body: file://bodies/identity.jsonnet", "headers: { X-Env: staging }"]).await;
    assert_eq!(decision(&outcome), json!({ "kind": "continue" }));
    let asked = server.only();
    let event = sample(LOGIN);
    assert_eq!(asked.line, "POST /hook");
    assert_eq!(asked.json()["user"], event["identity"]["id"]);
    assert_eq!(asked.json()["email"], event["identity"]["traits"]["email"]);
    assert_eq!(asked.header("content-type"), ["application/json"]);
    assert_eq!(asked.header("x-env"), ["staging"]);
}

#[tokio::test]
async fn a_template_can_stand_in_the_configuration_itself() {
    let server = Server::ok().await;
    // function(ctx) { id: ctx.identity.id }
    login(&server, &["body: base64://ZnVuY3Rpb24oY3R4KSB7IGlkOiBjdHguaWRlbnRpdHkuaWQgfQ=="]).await;
    assert_eq!(server.only().json(), json!({ "id": sample(LOGIN)["identity"]["id"] }));
}

#[tokio::test]
async fn a_template_from_the_network_is_fetched_once_and_under_the_policy() {
    let server = Server::answering([answer(200, "function(ctx) { from: 'network' }"), answer(200, "")]).await;
    let text = one_web_hook(&["body: http://hooks.example/body.jsonnet"]);
    let (plan, runtime) = (plan(&text, &server, LOGIN), runtime());
    for _ in 0..2 {
        run_with(&plan, sample(LOGIN), &runtime).await;
    }
    let asked = server.asked();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(lines, ["GET /body.jsonnet", "POST /hook", "POST /hook"]);
    assert_eq!(asked[2].json(), json!({ "from": "network" }));

    let strict = Runtime::new(Egress::public_internet()).jsonnet(program());
    let outcome = run_with(&plan, sample(LOGIN), &strict).await;
    let (status, message) = failure(&outcome.hooks[0]);
    assert_eq!(status, 502);
    assert!(message.contains("body.jsonnet cannot be fetched"), "{message}");
    assert_eq!(server.asked().len(), 3, "a refused template is not fetched");
}

#[tokio::test]
async fn a_form_is_sent_as_forms_are() {
    let server = Server::ok().await;
    let headers = "headers: { Content-Type: application/x-www-form-urlencoded }";
    // {a: 'x y', b: 'ü&'}
    login(&server, &[headers, "body: base64://e2E6ICd4IHknLCBiOiAnw7wmJ30="]).await;
    let asked = server.only();
    assert_eq!(asked.body, "a=x+y&b=%C3%BC%26");
    assert_eq!(asked.header("content-type"), ["application/x-www-form-urlencoded"]);
    // {a: 1}
    let outcome = login(&server, &[headers, "body: base64://e2E6IDF9"]).await;
    assert!(failure(&outcome.hooks[0]).1.contains("a form is an object of strings"), "{outcome:?}");
}

#[tokio::test]
async fn a_template_that_cancels_sends_nothing_and_the_flow_goes_on() {
    let server = Server::ok().await;
    // function(ctx) error 'cancel'
    let outcome = login(&server, &["body: base64://ZnVuY3Rpb24oY3R4KSBlcnJvciAnY2FuY2VsJw=="]).await;
    assert_eq!(decision(&outcome), json!({ "kind": "continue" }));
    assert_eq!(outcome.hooks[0].outcome, HookOutcome::Cancelled);
    assert!(server.asked().is_empty() && outcome.hooks[0].requests.is_empty());
}

#[tokio::test]
async fn a_template_that_fails_fails_the_flow_with_its_line() {
    let server = Server::ok().await;
    // function(ctx)\n{ a: ctx.nothing }
    let outcome = login(&server, &["body: base64://ZnVuY3Rpb24oY3R4KQp7IGE6IGN0eC5ub3RoaW5nIH0="]).await;
    let (status, message) = failure(&outcome.hooks[0]);
    assert_eq!(status, 500);
    assert_eq!(message, "kratos.yaml:11:2: there is no field `nothing`");
    assert!(matches!(outcome.flow.decision, Decision::Fail { .. }) && server.asked().is_empty());
}

#[tokio::test]
async fn secrets_go_over_the_wire_and_nowhere_else() {
    let cases = [
        ("{ type: api_key, config: { name: X-Api-Key, value: s3cret, in: header } }", "x-api-key", "s3cret"),
        ("{ type: api_key, config: { name: key, value: s3cret, in: cookie } }", "cookie", "key=s3cret"),
        (
            "{ type: basic_auth, config: { user: me, password: s3cret } }",
            "authorization",
            "Basic bWU6czNjcmV0",
        ),
    ];
    for (auth, header, value) in cases {
        let server = Server::answering([answer(418, "s3cret-of-the-answer")]).await;
        let auth = format!("auth: {auth}");
        let outcome = login(&server, &[&auth, "headers: { X-Other: s3cret-too }"]).await;
        let asked = server.only();
        assert_eq!(asked.header(header), [value]);
        assert_eq!(asked.header("x-other"), ["s3cret-too"]);
        let document = serde_json::to_string(&outcome).unwrap();
        assert!(!document.contains("s3cret") && !document.contains("bWU6"), "{document}");
        assert!(!format!("{outcome:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_key_replaces_a_header_of_its_name() {
    let server = Server::ok().await;
    let auth = "auth: { type: api_key, config: { name: X-Key, value: right, in: header } }";
    login(&server, &[auth, "headers: { x-key: wrong }"]).await;
    assert_eq!(server.only().header("x-key"), ["right"]);
    let basic = "auth: { type: basic_auth, config: { user: me, password: s3cret } }";
    login(&server, &[basic, "headers: { authorization: wrong }"]).await;
    assert_eq!(server.asked()[1].header("authorization"), ["Basic bWU6czNjcmV0"]);
    let cookie = "auth: { type: api_key, config: { name: key, value: right, in: cookie } }";
    login(&server, &[cookie, "headers: { cookie: a=b }"]).await;
    assert_eq!(server.asked()[2].header("cookie"), ["a=b; key=right"], "a cookie joins the others");
}

#[tokio::test]
async fn the_query_of_a_url_is_sent_but_not_reported() {
    let server = Server::ok().await;
    let text = one_web_hook(&[]).replace("/hook\n", "/hook?token=s3cret\n");
    let outcome = run(&plan(&text, &server, LOGIN), sample(LOGIN)).await;
    assert_eq!(server.only().line, "POST /hook?token=s3cret");
    assert_eq!(outcome.hooks[0].requests[0].url, server.url("/hook"));
}

#[tokio::test]
async fn templates_see_the_headers_on_the_list_and_all_cookies() {
    let server = Server::ok().await;
    let mut event = sample("login before");
    event["request_headers"] = json!({
        "Accept-Language": ["nl"], "User-Agent": ["x"], "X-Tenant": ["t1"], "Authorization": ["Bearer s3cret"],
        "Cookie": ["a=b"], "Sec-Ch-Ua": ["y"],
    });
    event["request_cookies"] = json!({ "ory_kratos_session": "c" });
    event["flow"]["type"] = "browser".into();
    // The example has a list of its own, in any case of letters.
    run(&plan(&example("kratos.yaml"), &server, "login before"), event.clone()).await;
    let own = server.asked()[0].json();
    assert_eq!(own["headers"], json!({ "Accept-Language": ["nl"], "User-Agent": ["x"], "X-Tenant": ["t1"] }));
    assert_eq!(own["cookies"], json!({ "ory_kratos_session": "c" }));

    let defaults = example("kratos.yaml").replace("header_allowlist:", "x:");
    run(&plan(&defaults, &server, "login before"), event).await;
    let defaults = server.asked()[1].json();
    assert_eq!(
        defaults["headers"],
        json!({ "Accept-Language": ["nl"], "User-Agent": ["x"], "Sec-Ch-Ua": ["y"] })
    );
}

#[tokio::test]
async fn templates_see_identity_and_session_where_kratos_shows_them() {
    let request = ["flow", "request_cookies", "request_headers", "request_method", "request_url"];
    let cases: &[(&str, &[&str])] = &[
        ("login before", &[]),
        ("settings before", &["session"]),
        ("login after password", &["identity", "session"]),
        ("settings after profile", &["identity", "session"]),
        ("registration after password", &["identity"]),
        ("recovery after", &["identity"]),
        ("verification after", &["identity"]),
    ];
    for (words, more) in cases {
        let server = Server::ok().await;
        let mut event = sample(words);
        // What Kratos does not show is not shown, even if the host sends it.
        for name in ["identity", "session"] {
            let example = sample("login after password")[name].clone();
            event.as_object_mut().unwrap().entry(name).or_insert(example);
        }
        // std.objectFields(ctx), through a template without a function around it.
        let text = parsing(words).replace(
            "\"method\":\"POST\"",
            "\"method\":\"POST\",\"body\":\"base64://ZnVuY3Rpb24oY3R4KSBzdGQub2JqZWN0RmllbGRzKGN0eCk=\"",
        );
        run(&plan(&text, &server, words), event).await;
        let mut expected: Vec<_> = request.iter().chain(*more).copied().collect();
        expected.sort_unstable();
        assert_eq!(server.only().json(), json!(expected), "{words}");
    }
}

#[tokio::test]
async fn attempts_carry_ids_of_their_own_and_one_of_the_trigger() {
    let server = Server::answering([answer(500, ""), answer(503, ""), answer(204, "")]).await;
    let outcome = login(&server, &[]).await;
    assert_eq!(decision(&outcome), json!({ "kind": "continue" }));
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "two retries");
    let ids = |name: &str| asked.iter().flat_map(|asked| asked.header(name)).collect::<Vec<_>>();
    let (requests, triggers) = (ids("Ory-Webhook-Request-ID"), ids("Ory-Webhook-Trigger-ID"));
    assert!(requests.len() == 3 && requests[0] != requests[1] && requests[1] != requests[2], "{requests:?}");
    assert!(triggers.len() == 3 && triggers.iter().all(|id| *id == triggers[0]), "{triggers:?}");
    let report = &outcome.hooks[0];
    assert_eq!(report.trigger_id.as_ref(), Some(&triggers[0]));
    let reported: Vec<_> = report.requests.iter().map(|request| request.request_id.clone()).collect();
    assert_eq!(reported, requests);
    let statuses: Vec<_> = report.requests.iter().map(|request| request.outcome.clone()).collect();
    assert_eq!(statuses, [500, 503, 204].map(|status| RequestOutcome::Answered { status }));
}

#[tokio::test]
async fn only_what_another_attempt_may_change_is_repeated() {
    let attempts = [(400, 1), (403, 1), (404, 1), (501, 1), (429, 3), (500, 3), (502, 3), (503, 3)];
    for (status, expected) in attempts {
        let server = Server::answering([answer(status, "")]).await;
        let outcome = login(&server, &[]).await;
        assert_eq!(server.asked().len(), expected, "{status}");
        let (failed_with, message) = failure(&outcome.hooks[0]);
        assert_eq!(failed_with, 502, "{status}");
        assert!(message.contains(&format!("the status {status}")), "{message}");
    }
    let broken = Server::answering([answer(200, "x").cut()]).await;
    let outcome = run(&plan(&parsing(LOGIN), &broken, LOGIN), sample(LOGIN)).await;
    assert_eq!((broken.asked().len(), failure(&outcome.hooks[0]).0), (3, 502));
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it() {
    let busy = answer(503, "").header("retry-after: 1");
    let server = Server::answering([busy, answer(200, "")]).await;
    let started = std::time::Instant::now();
    login(&server, &[]).await;
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_target_that_the_policy_refuses_is_tried_once() {
    let server = Server::ok().await;
    let runtime = Runtime::new(Egress::public_internet()).retry_waits([Duration::from_millis(5); 2]);
    let outcome = run_with(&plan(&one_web_hook(&[]), &server, LOGIN), sample(LOGIN), &runtime).await;
    assert_eq!(outcome.hooks[0].requests.len(), 1);
    assert_eq!(failure(&outcome.hooks[0]).0, 502);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_in_time_is_a_504() {
    let server = Server::answering([answer(200, "").after(Duration::from_secs(60))]).await;
    let runtime = runtime().attempt_time_max(Duration::from_millis(300));
    let outcome = run_with(&plan(&one_web_hook(&[]), &server, LOGIN), sample(LOGIN), &runtime).await;
    let (status, message) = failure(&outcome.hooks[0]);
    assert_eq!(status, 504);
    assert!(message.contains("no answer within 300 ms, after 3 attempts"), "{message}");
    assert!(!outcome.is_decided());
}

#[tokio::test]
async fn a_bad_status_fails_the_flow_with_one_text_for_the_user() {
    let server = Server::answering([answer(403, "internal details")]).await;
    let outcome = login(&server, &[]).await;
    let (status, message) = failure(&outcome.hooks[0]);
    assert_eq!((status, message.as_str()), (502, "the endpoint answered with the status 403"));
    assert_eq!(outcome.user_message(), Some("Something went wrong. Please try again later."));
    let failed = json!({ "kind": "fail", "action": "web_hook", "message": message });
    assert_eq!(decision(&outcome), failed);
    assert!(!serde_json::to_string(&outcome).unwrap().contains("internal details"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_fails() {
    let server = Server::answering([answer(302, "").header("location: /elsewhere")]).await;
    let outcome = login(&server, &[]).await;
    assert_eq!(server.asked().len(), 1);
    assert!(failure(&outcome.hooks[0]).1.contains("the redirect 302, which is not followed"), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_may_be_large_or_break_off() {
    for given in [answer(200, "x".repeat(6 * 1024 * 1024)), answer(200, "x").cut()] {
        let server = Server::answering([given.clone()]).await;
        assert!(login(&server, &[]).await.is_decided());
        // One that is to be read may not.
        let read = run(&plan(&parsing(LOGIN), &server, LOGIN), sample(LOGIN)).await;
        assert_eq!(failure(&read.hooks[0]).0, 502);
    }
}

#[tokio::test]
async fn messages_of_an_answer_stop_the_flow_as_validation_errors() {
    for more in ["response: { parse: true }", "can_interrupt: true"] {
        for status in [400, 422, 500] {
            let server = Server::answering([answer(status, messages())]).await;
            let outcome = login(&server, &[more]).await;
            assert_eq!(commands(&outcome), ["web_hook validation.error"; 3], "{more} {status}");
            let args: Vec<_> = outcome.flow.commands.iter().map(|command| json!(command.args)).collect();
            assert_eq!(
                args[0],
                json!({ "instancePtr": "#/traits/email", "message": {
                    "id": 4100001, "text": "Not this address.", "type": "error", "context": { "domain": "x.test" },
                }})
            );
            assert_eq!(args[1]["message"]["type"], "info", "what is no error is information");
            assert_eq!(args[2]["instancePtr"], "#/");
            assert_eq!(
                decision(&outcome),
                json!({ "kind": "deny", "action": "web_hook", "command": "validation.error", "user_message": "Sorry." })
            );
            assert_eq!(outcome.hooks[0].outcome, HookOutcome::Stopped);
            assert_eq!(outcome.flow.effects["validation"]["error"].as_array().unwrap().len(), 3);
        }
    }
}

#[tokio::test]
async fn a_message_without_a_place_belongs_to_the_form() {
    for messages in [
        json!([{ "instance_ptr": "", "messages": [{ "id": 1, "text": "x" }] }]),
        json!([{ "instance_ptr": null, "messages": [{ "id": 1, "text": "x" }] }]),
        json!([{ "messages": [{ "id": 1, "text": "x" }] }]),
    ] {
        let outcome = parsed(LOGIN, answer(400, json!({ "messages": messages }))).await;
        assert_eq!(outcome.flow.commands[0].args["instancePtr"], "", "{messages}: {outcome:?}");
    }
}

#[tokio::test]
async fn hooks_after_one_that_stops_do_not_run() {
    let server = Server::answering([answer(400, messages())]).await;
    let outcome = run(
        &plan(&example("kratos.yaml"), &server, "registration after password"),
        sample("registration after password"),
    )
    .await;
    assert_eq!(server.only().line, "POST /enrich");
    let names: Vec<_> = outcome.hooks.iter().map(|report| report.name.as_str()).collect();
    assert_eq!(names, ["enrich"]);
}

#[tokio::test]
async fn an_answer_without_proper_messages_is_a_system_error() {
    let cases = [
        (json!({ "messages": [] }).to_string(), "an empty list of messages"),
        (json!({ "messages": [{ "instance_ptr": "#/", "messages": [] }] }).to_string(), "an empty list"),
        (json!({}).to_string(), "without a list `messages`"),
        (json!({ "messages": ["x"] }).to_string(), "without a list `messages`"),
        ("<html>".to_owned(), "but not in JSON"),
        (
            json!({ "messages": [{ "instance_ptr": "nowhere", "messages": [{ "id": 1, "text": "x" }] }] })
                .to_string(),
            "the trigger refuses: api.validation.error: \"instancePtr\" must be a JSON Pointer",
        ),
        (
            json!({ "messages": [{ "instance_ptr": "#/a", "messages": [{ "id": "1", "text": "x" }] }] })
                .to_string(),
            "api.validation.error: \"message.id\"",
        ),
    ];
    for (body, expected) in cases {
        let outcome = parsed(LOGIN, answer(400, &body)).await;
        let (status, message) = failure(&outcome.hooks[0]);
        assert_eq!(status, 500, "{body}");
        assert!(message.contains(expected), "{body}: {message}");
        assert!(outcome.flow.commands.is_empty(), "all or nothing");
    }
}

#[tokio::test]
async fn fields_of_the_identity_that_are_there_replace_the_whole_field() {
    let words = "registration after password";
    let address = json!({ "value": "a@b.test", "via": "email", "verified": true, "status": "completed" });
    let fields = [
        ("traits", json!({ "email": "a@b.test" }), "identity.setTraits"),
        ("schema_id", json!("staff"), "identity.setSchemaId"),
        ("state", json!("inactive"), "identity.setState"),
        ("verifiable_addresses", json!([address]), "identity.setVerifiableAddresses"),
        (
            "recovery_addresses",
            json!([{ "value": "a@b.test", "via": "email" }]),
            "identity.setRecoveryAddresses",
        ),
        ("metadata_public", json!({ "plan": "trial" }), "identity.setMetadataPublic"),
        ("metadata_admin", json!({}), "identity.setMetadataAdmin"),
        ("external_id", json!("crm-1"), "identity.setExternalId"),
        ("external_id", Value::Null, "identity.setExternalId"),
    ];
    for (field, value, method) in fields {
        let outcome = parsed(words, answer(200, json!({ "identity": { field: value } }))).await;
        assert_eq!(commands(&outcome), [format!("web_hook {method}")], "{field}");
        assert_eq!(outcome.flow.commands[0].args.values().collect::<Vec<_>>(), [&value], "{field}");
        assert!(outcome.is_decided());
    }
}

#[tokio::test]
async fn empty_fields_and_answers_without_an_identity_change_nothing() {
    let empty = json!({ "identity": {
        "traits": null, "schema_id": "", "state": "", "verifiable_addresses": [], "recovery_addresses": [],
        "metadata_public": null, "metadata_admin": null, "external_id": "", "id": "other",
    }});
    let cases =
        [answer(200, empty), answer(200, "{}"), answer(200, json!({ "identity": null })), answer(204, "")];
    for given in cases {
        let outcome = parsed("settings after profile", given.clone()).await;
        assert!(outcome.flow.commands.is_empty() && outcome.is_decided(), "{given:?}: {outcome:?}");
    }
    // Kratos cannot read this one, and neither can we.
    let outcome = parsed("settings after profile", answer(200, "")).await;
    assert!(failure(&outcome.hooks[0]).1.contains("not in JSON"), "{outcome:?}");
}

#[tokio::test]
async fn a_change_that_the_declaration_refuses_fails_whole() {
    let answered = json!({ "identity": { "traits": { "a": 1 }, "state": "asleep" } });
    let outcome = parsed("registration after password", answer(200, answered)).await;
    assert!(failure(&outcome.hooks[0]).1.contains("api.identity.setState"), "{outcome:?}");
    assert!(outcome.flow.commands.is_empty());
}

#[tokio::test]
async fn flows_that_change_no_identity_say_so() {
    let outcome = parsed(LOGIN, answer(200, json!({ "identity": { "traits": { "a": 1 } } }))).await;
    assert!(outcome.flow.commands.is_empty() && outcome.is_decided());
    assert_eq!(
        outcome.hooks[0].warnings,
        ["a change of the identity is left out: ory/after-login has no api.identity.setTraits"]
    );
}

#[tokio::test]
async fn later_hooks_see_the_identity_as_earlier_ones_left_it() {
    let patch = json!({ "identity": { "metadata_public": { "plan": "trial" } } });
    let server = Server::answering([answer(200, patch), answer(200, "")]).await;
    let words = "registration after password";
    let outcome = run(&plan(&example("kratos.yaml"), &server, words), sample(words)).await;
    assert_eq!(
        commands(&outcome),
        [
            "enrich identity.setMetadataPublic",
            "verification hooks.verification",
            "show_verification_ui hooks.showVerificationUi",
            "session hooks.session",
        ]
    );
    let asked = server.asked();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(lines, ["POST /enrich", "POST /welcome"]);
    assert_eq!((&asked[0].json()["plan"], &asked[1].json()["plan"]), (&Value::Null, &json!("trial")));
    let hooks = json!({ "verification": true, "showVerificationUi": true, "session": true });
    assert_eq!(outcome.flow.effects["hooks"], hooks);
}

#[tokio::test]
async fn an_ignored_answer_is_waited_for_after_ours() {
    let server = Server::answering([answer(500, "").after(Duration::from_millis(300))]).await;
    let text = one_web_hook(&["response: { ignore: true }"]);
    let text = format!("{text}            - hook: revoke_active_sessions\n");
    let answered = plan(&text, &server, LOGIN).run(sample(LOGIN), &runtime()).await.unwrap();
    assert!(server.asked().is_empty(), "nothing is sent before the answer");
    let mut outcome = answered.outcome;
    assert_eq!(decision(&outcome), json!({ "kind": "continue" }));
    assert_eq!(outcome.hooks[0].outcome, HookOutcome::Detached);
    assert_eq!(commands(&outcome), ["revoke_active_sessions hooks.revokeActiveSessions"]);

    outcome.take_in(answered.detached.run().await);
    assert_eq!(server.asked().len(), 3);
    assert_eq!(failure(&outcome.hooks[0]).0, 502);
    assert!(outcome.hooks[0].detached && outcome.is_decided(), "its result stands in its report alone");
}

#[tokio::test]
async fn an_answer_that_says_something_is_heard_by_no_hook_that_ignores() {
    let server = Server::answering([answer(200, json!({ "identity": { "traits": {} } }))]).await;
    let outcome = login(&server, &["response: { ignore: true }"]).await;
    assert!(outcome.flow.commands.is_empty() && outcome.hooks[0].warnings.is_empty());
    assert_eq!(outcome.hooks[0].outcome, HookOutcome::Completed);
}

#[tokio::test]
async fn hooks_after_a_registration_outlive_the_host_that_waits() {
    let server =
        Server::answering([answer(500, "").after(Duration::from_millis(200)), answer(200, "")]).await;
    let words = "registration after oidc";
    let text = parsing(words).replace("\"parse\":true", "\"parse\":false");
    let plan = plan(&text, &server, words);
    let waiting = tokio::spawn(async move { run(&plan, sample(words)).await });
    while server.asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    waiting.abort();
    let mut patience = 1000;
    while server.asked().len() < 2 && patience > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        patience -= 1;
    }
    assert_eq!(server.asked().len(), 2, "the second attempt came after the host had gone");
}

#[tokio::test]
async fn the_document_is_that_of_a_flow_with_reports_of_hooks() {
    let server = Server::ok().await;
    let outcome = login(&server, &[]).await;
    let document = serde_json::to_value(&outcome).unwrap();
    assert_eq!(document["trigger"], "ory/after-login");
    assert_eq!(document["actions"], json!([]));
    assert_eq!(document["hooks"][0]["hook"], "web_hook");
    assert!(document["hooks"][0]["at"].as_str().unwrap().ends_with("kratos.yaml:7"));
    let flow: vestibule::FlowOutcome = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(flow.trigger, "ory/after-login");
    let again: HooksOutcome = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(again).unwrap(), document);
}

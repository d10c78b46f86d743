//! Built-in hooks, Hydra's token hook, and the password migration.

use serde_json::json;
use vestibule_ory::RunError;

use super::server::answer;
use super::*;

#[tokio::test]
async fn built_in_hooks_are_commands_in_the_outcome() {
    let server = Server::ok().await;
    let config = |path: &str, hooks: Value| {
        let (flow, rest) = path.split_once('.').unwrap();
        let block = match rest.split_once('.') {
            None => json!({ rest: { "hooks": hooks } }),
            Some((after, method)) => json!({ after: { method: { "hooks": hooks } } }),
        };
        json!({ "selfservice": { "flows": { flow: block } } }).to_string()
    };
    let cases = [
        ("login.after.password", "login after password", "revoke_active_sessions", "revokeActiveSessions"),
        (
            "login.after.password",
            "login after password",
            "require_verified_address",
            "requireVerifiedAddress",
        ),
        ("login.after.password", "login after password", "verification", "verification"),
        ("login.after.password", "login after password", "show_verification_ui", "showVerificationUi"),
        ("registration.after.code", "registration after code", "session", "session"),
        ("settings.after.profile", "settings after profile", "verify_new_address", "verifyNewAddress"),
        (
            "settings.after.password",
            "settings after password",
            "revoke_active_sessions",
            "revokeActiveSessions",
        ),
        ("recovery.after", "recovery after", "revoke_active_sessions", "revokeActiveSessions"),
    ];
    for (path, words, hook, method) in cases {
        let plan = plan(&config(path, json!([{ "hook": hook }])), &server, words);
        let outcome = run(&plan, sample(words)).await;
        assert_eq!(commands(&outcome), [format!("{hook} hooks.{method}")], "{path}");
        assert_eq!(outcome.flow.effects["hooks"], json!({ method: true }), "{path}");
        assert_eq!(outcome.hooks[0].outcome, HookOutcome::Completed);
    }

    let notify = json!([{ "hook": "notify_previous_addresses", "config": { "recipients": "all" } }]);
    let words = "settings after profile";
    let outcome = run(&plan(&config("settings.after.profile", notify), &server, words), sample(words)).await;
    assert_eq!(json!(outcome.flow.commands[0].args), json!({ "options": { "recipients": "all" } }));
    for name in ["b2b_sso", "organization"] {
        let hooks = json!([{ "hook": name, "config": { "org": "acme" } }]);
        let words = "login after oidc";
        let outcome = run(&plan(&config("login.after.oidc", hooks), &server, words), sample(words)).await;
        assert_eq!(commands(&outcome), ["b2b_sso hooks.b2bSso"]);
        assert_eq!(json!(outcome.flow.commands[0].args), json!({ "config": { "org": "acme" } }));
    }
    assert!(server.asked().is_empty(), "none of them sends anything");
}

#[tokio::test]
async fn an_event_of_another_method_is_refused() {
    let server = Server::ok().await;
    let plan = plan(&one_web_hook(&[]), &server, "login after password");
    let mut event = sample("login after password");
    event["method"] = "oidc".into();
    let error = plan.run(event, &runtime()).await.err().unwrap();
    assert!(matches!(error, RunError::Event { .. }));
    let text = error.to_string();
    assert!(text.ends_with("$.method must be \"password\", the method of these hooks"), "{text}");
    let error = plan.run(json!({ "flow": 1 }), &runtime()).await.err().unwrap().to_string();
    assert!(error.contains("\n  $.flow must be an object, got number"), "{error}");
}

#[tokio::test]
async fn a_place_without_hooks_lets_the_flow_go_on() {
    let server = Server::ok().await;
    let words = "verification after";
    let outcome = run(&plan("selfservice: {}\n", &server, words), sample(words)).await;
    assert_eq!(decision(&outcome), json!({ "kind": "continue" }));
    assert!(outcome.hooks.is_empty() && outcome.flow.commands.is_empty());
}

#[tokio::test]
async fn the_token_hook_gets_the_event_and_sets_claims() {
    let claims = json!({ "session": { "access_token": { "tier": "gold" }, "id_token": { "n": 1 } } });
    let server = Server::answering([answer(200, claims)]).await;
    let outcome = run(&plan(&example("hydra.yaml"), &server, "oauth2-token"), sample("oauth2-token")).await;
    let asked = server.only();
    let event = sample("oauth2-token");
    assert_eq!(asked.line, "POST /token");
    assert_eq!(asked.json(), json!({ "session": event["session"], "request": event["request"] }));
    assert_eq!(asked.header("cookie"), ["hydra=s3cret-of-hydra"]);
    assert_eq!(commands(&outcome), ["token_hook accessToken.setClaims", "token_hook idToken.setClaims"]);
    assert_eq!(json!(outcome.flow.commands[0].args), json!({ "claims": { "tier": "gold" } }));
    assert!(!serde_json::to_string(&outcome).unwrap().contains("s3cret"));
}

#[tokio::test]
async fn each_answer_of_a_token_hook_has_its_meaning() {
    let cases = [
        (answer(204, ""), "continue", 0),
        (answer(200, ""), "continue", 0),
        (answer(200, json!({ "session": {} })), "continue", 0),
        (answer(200, json!({ "session": { "id_token": { "a": 1 } } })), "continue", 1),
        (answer(403, "no"), "deny", 1),
        (answer(200, "[]"), "fail", 0),
        (answer(200, json!({ "session": { "access_token": [] } })), "fail", 0),
        (answer(200, "<html>"), "fail", 0),
        (answer(404, ""), "fail", 0),
        (answer(500, ""), "fail", 0),
    ];
    for (given, kind, count) in cases {
        let server = Server::answering([given.clone()]).await;
        // A URL alone is a token hook as well.
        let text = "oauth2: { token_hook: \"http://hooks.example/token\" }\n";
        let outcome = run(&plan(text, &server, "oauth2-token"), sample("oauth2-token")).await;
        assert_eq!(decision(&outcome)["kind"], kind, "{given:?}");
        assert_eq!(outcome.flow.commands.len(), count, "{given:?}");
    }
}

#[tokio::test]
async fn a_password_migration_asks_the_old_system() {
    let long = format!("{{\"x\":\"{}\",\"status\":\"password_match\"}}", "x".repeat(2000));
    let cases = [
        (answer(200, json!({ "status": "password_match" })), "continue"),
        (answer(200, json!({ "status": "no" })), "deny"),
        (answer(200, ""), "deny"),
        (answer(200, long), "deny"),
        (answer(403, ""), "deny"),
        (answer(204, ""), "fail"),
        (answer(500, ""), "fail"),
    ];
    for (given, kind) in cases {
        let server = Server::answering([given.clone()]).await;
        let plan = plan(&example("kratos.yaml"), &server, "password-migration");
        let outcome = run(&plan, json!({ "identifier": "noor", "password": "s3cret-word" })).await;
        let asked = server.asked()[0].clone();
        assert_eq!(asked.line, "POST /migrate");
        assert_eq!(asked.json(), json!({ "identifier": "noor", "password": "s3cret-word" }));
        assert_eq!(asked.header("authorization").len(), 1);
        assert_eq!(decision(&outcome)["kind"], kind, "{given:?}");
        assert!(!serde_json::to_string(&outcome).unwrap().contains("s3cret"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_password_migration_can_have_a_template() {
    let server = Server::answering([answer(200, json!({ "status": "password_match" }))]).await;
    // function(ctx) { login: ctx.identifier, secret: ctx.password }
    let body =
        "base64://ZnVuY3Rpb24oY3R4KSB7IGxvZ2luOiBjdHguaWRlbnRpZmllciwgc2VjcmV0OiBjdHgucGFzc3dvcmQgfQ==";
    let text = example("kratos.yaml").replace(
        "url: http://hooks.example/migrate",
        &format!("url: http://hooks.example/migrate\n            body: {body}"),
    );
    let outcome =
        run(&plan(&text, &server, "password-migration"), json!({ "identifier": "noor", "password": "word" }))
            .await;
    assert_eq!(server.only().json(), json!({ "login": "noor", "secret": "word" }));
    assert!(outcome.is_decided());
}

#[tokio::test]
async fn a_password_migration_that_is_off_asks_nobody() {
    let server = Server::ok().await;
    let text = example("kratos.yaml")
        .replace("migrate_hook:\n          enabled: true", "migrate_hook:\n          enabled: false");
    let plan = plan(&text, &server, "password-migration");
    assert!(plan.hooks().is_empty());
}

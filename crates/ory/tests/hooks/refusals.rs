//! What of a configuration is refused, with its line and the way out.

use vestibule_ory::ConfigError;
use vestibule_ory::OryConfig;

use super::*;

fn refused(text: &str, words: &str) -> ConfigError {
    let config = OryConfig::parse(text, "kratos.yaml", data()).unwrap();
    config.plan(&place(words)).expect_err("the plan is accepted")
}

fn list(path: &str, hooks: &str) -> String {
    let mut text = "selfservice:\n  flows:\n".to_owned();
    for (depth, key) in path.split('.').enumerate() {
        text.push_str(&format!("{:1$}{key}:\n", "", depth * 2 + 4));
    }
    format!("{text}            hooks:\n              - hook: {hooks}\n")
}

#[test]
fn a_hook_that_kratos_would_ignore_is_refused() {
    let error = refused(&list("login.after.password", "revoke_active_session"), "login after password");
    let ConfigError::UnknownHook { at, name, did_you_mean, known } = &error else { panic!("{error}") };
    assert_eq!(
        (at.line, name.as_str(), *did_you_mean),
        (7, "revoke_active_session", Some("revoke_active_sessions"))
    );
    assert!(known.contains(&"web_hook"));
    let text = error.to_string();
    assert!(
        text.starts_with("kratos.yaml:7: there is no hook `revoke_active_session`; did you mean"),
        "{text}"
    );
    assert!(text.contains("(known: session, revoke_active_sessions,"), "{text}");
    let error = refused(&list("login.after.password", "nothing_like_it"), "login after password").to_string();
    assert!(!error.contains("did you mean"), "{error}");
}

#[test]
fn hooks_stand_only_where_kratos_allows_them() {
    let cases = [
        ("login.before", "session", "login before"),
        ("login.before", "revoke_active_sessions", "login before"),
        ("login.after.password", "session", "login after password"),
        ("login.after.oidc", "verification", "login after oidc"),
        ("login.after.oidc", "show_verification_ui", "login after oidc"),
        ("registration.after.password", "revoke_active_sessions", "registration after password"),
        ("registration.after.code", "verify_new_address", "registration after code"),
        ("settings.after.password", "show_verification_ui", "settings after password"),
        ("settings.after.profile", "revoke_active_sessions", "settings after profile"),
        ("settings.after", "verify_new_address", "settings after profile"),
        ("recovery.after", "session", "recovery after"),
        ("recovery.after", "b2b_sso", "recovery after"),
        ("verification.after", "revoke_active_sessions", "verification after"),
    ];
    for (path, hook, words) in cases {
        let error = refused(&list(path, hook), words);
        let ConfigError::Misplaced { name, list, allowed, .. } = &error else {
            panic!("{path} {hook}: {error}")
        };
        assert_eq!((*name, list.as_str()), (hook, format!("selfservice.flows.{path}.hooks").as_str()));
        assert!(!allowed.is_empty() && !allowed.contains(&hook), "{error}");
    }
}

#[test]
fn hooks_stand_where_kratos_allows_them() {
    let b2b = "b2b_sso\n                config: { org: acme }";
    let cases = [
        ("login.before", b2b, "login before"),
        ("login.after.password", "verification", "login after password"),
        ("login.after.totp", "require_verified_address", "login after totp"),
        ("login.after.oidc", &b2b.replace("b2b_sso", "organization"), "login after oidc"),
        ("registration.after.passkey", "session", "registration after passkey"),
        ("settings.after.lookup_secret", "revoke_active_sessions", "settings after lookup_secret"),
        ("settings.after.profile", "notify_previous_addresses", "settings after profile"),
        ("settings.after.profile", "show_verification_ui", "settings after profile"),
        ("recovery.after", "revoke_active_sessions", "recovery after"),
        ("verification.after", b2b, "verification after"),
    ];
    for (path, hook, words) in cases {
        let config = OryConfig::parse(&list(path, hook), "kratos.yaml", data()).unwrap();
        let plan = config.plan(&place(words)).unwrap_or_else(|error| panic!("{path} {hook}: {error}"));
        assert_eq!(plan.hooks().len(), 1, "{path} {hook}");
    }
}

#[test]
fn a_web_hook_that_cannot_work_is_refused_with_its_line() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["response: { ignore: true, parse: true }"],
            "kratos.yaml:11: `response` says both `ignore` and `parse`",
        ),
        (&["can_interrupt: true", "response: { ignore: true }"], "`ignore` beside `can_interrupt`"),
        (
            &["respone: {}"],
            "kratos.yaml:11: the config of a web_hook has no `respone`; did you mean `response`?",
        ),
        (&["response: { pase: true }"], "did you mean `parse`?"),
        (&["response: { parse: yes }"], "`parse` is a text, but must be true or false"),
        (
            &["auth: { type: api_key, config: { name: x, in: header } }"],
            "`auth` of type api_key needs `value`",
        ),
        (&["auth: { type: api_key, config: { name: x, value: y, in: query } }"], "must be header or cookie"),
        (&["auth: { type: basic_auth, config: { user: x } }"], "`auth` of type basic_auth needs `password`"),
        (&["auth: { type: oauth, config: {} }"], "no auth of type \"oauth\" (known: api_key, basic_auth)"),
        (&["headers: [a]"], "`headers` is a list, but must be a table"),
        (&["headers: { 'a b': c }"], "\"a b\" is no name of a header"),
        (&["headers: { X-Key: \"s3cret\\r\\nHost: evil\" }"], "the header X-Key has a line break"),
        (&["headers: { Content-Type: text/xml }", "body: base64://e30="], "as no other"),
        (
            &["body: file://bodies/none.jsonnet"],
            "kratos.yaml:11: the body bodies/none.jsonnet cannot be read",
        ),
        (&["body: file://../../Cargo.toml"], "is not below the folder of the configuration; move it there"),
        (&["body: file:///etc/passwd"], "is not below the folder of the configuration"),
        (&["body: base64://%%%"], "`body` is no text in base64"),
        (&["body: ftp://example.com/x"], "must begin with file://, base64://, http:// or https://"),
    ];
    for (more, expected) in cases {
        let error = refused(&one_web_hook(more), "login after password").to_string();
        assert!(error.contains(expected), "{more:?}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn urls_and_methods_that_cannot_be_sent_are_refused() {
    let cases = [
        ("url: http://hooks.example/hook", "url: mailto:someone", "has the scheme mailto"),
        ("url: http://hooks.example/hook", "url: //nowhere", "`url` is no URL"),
        (
            "url: http://hooks.example/hook",
            "url: http://me:s3cret@hooks.example/",
            "use `auth` with type basic_auth",
        ),
        ("method: POST", "method: CONNECT", "the method \"CONNECT\" cannot be sent"),
        ("method: POST", "method: 'PO ST'", "cannot be sent"),
    ];
    for (good, bad, expected) in cases {
        let error = refused(&one_web_hook(&[]).replace(good, bad), "login after password").to_string();
        assert!(error.contains(expected) && !error.contains("s3cret"), "{bad}: {error}");
    }
    let without = one_web_hook(&[]).replace("                method: POST\n", "");
    let error = refused(&without, "login after password").to_string();
    assert!(error.contains("the config of a web_hook needs `method`"), "{error}");
}

#[test]
fn built_in_hooks_with_a_wrong_config_are_refused() {
    let cases = [
        ("settings.after.profile", "b2b_sso", "the hook `b2b_sso` needs `config`"),
        ("settings.after.profile", "web_hook", "the hook `web_hook` needs `config`"),
        (
            "settings.after.profile",
            "notify_previous_addresses\n                config: { recipients: everyone }",
            "must be one of removed, all_verified, all",
        ),
        (
            "settings.after.profile",
            "verify_new_address\n                config: { a: b }",
            "the hook `verify_new_address` takes no `config`",
        ),
        (
            "settings.after.profile",
            "verify_new_address\n                cofnig: {}",
            "has no `cofnig`; did you mean `config`?",
        ),
        (
            "settings.after.profile",
            "verify_new_address\n              - hook: verify_new_address",
            "kratos.yaml:8: this hook stands in selfservice.flows.settings.after.profile.hooks twice, first on line 7",
        ),
    ];
    for (path, hooks, expected) in cases {
        let error = refused(&list(path, hooks), "settings after profile").to_string();
        assert!(error.contains(expected), "{hooks}: {error}");
    }
}

#[test]
fn a_method_that_is_mistyped_is_refused() {
    let error =
        refused(&list("login.after.pasword", "revoke_active_sessions"), "login after password").to_string();
    assert!(
        error.starts_with(
            "kratos.yaml:5: selfservice.flows.login.after has no `pasword`; did you mean `password`?"
        ),
        "{error}"
    );
}

#[test]
fn a_mistake_anywhere_is_found_by_checking_the_whole_file() {
    for file in ["kratos.yaml", "hydra.yaml"] {
        OryConfig::parse(&example(file), file, data()).unwrap().check().unwrap();
    }
    let mistakes = [
        ("kratos.yaml", "- hook: verify_new_address", "- hook: verify_new_adress"),
        ("kratos.yaml", "recipients: all_verified", "recipients: some"),
        ("kratos.yaml", "file://bodies/flow.jsonnet", "file://bodies/flow.jsonet"),
        ("kratos.yaml", "{ user: kratos, password", "{ user: kratos, passwort"),
        ("hydra.yaml", "in: cookie", "in: body"),
    ];
    for (file, good, bad) in mistakes {
        let text = example(file);
        let line = text.lines().position(|line| line.contains(good)).unwrap() + 1;
        let error = OryConfig::parse(&text.replace(good, bad), file, data()).unwrap().check().unwrap_err();
        assert!(error.to_string().starts_with(&format!("{file}:{line}: ")), "{bad}: {error}");
    }
}

#[test]
fn files_that_are_no_configuration_are_refused() {
    let parse = |text: &str| OryConfig::parse(text, "kratos.yaml", data()).unwrap_err().to_string();
    assert_eq!(parse("- a\n"), "kratos.yaml:1: a configuration is a table, but this is a list");
    assert!(parse("a: [1\nb: 2\n").starts_with("kratos.yaml:"), "{}", parse("a: [1\nb: 2\n"));
    let error = OryConfig::read(&data().join("none.yaml")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.ends_with("none.yaml"), "{error}");
}

#[test]
fn nothing_that_is_read_prints_a_secret() {
    let config = OryConfig::parse(&example("kratos.yaml"), "kratos.yaml", data()).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    for words in ["login after password", "password-migration"] {
        let printed = format!("{:?}", config.plan(&place(words)).unwrap());
        assert!(printed.contains("hooks.example") && !printed.contains("s3cret"), "{printed}");
    }
}

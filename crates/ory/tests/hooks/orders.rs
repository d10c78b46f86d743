//! Which hooks run, and in which order.

use serde_json::json;
use vestibule_ory::OryConfig;
use vestibule_ory::Phase;
use vestibule_ory::Plan;

use super::*;

fn plan_of(text: &str, words: &str) -> Plan {
    OryConfig::parse(text, "kratos.yaml", data()).unwrap().plan(&place(words)).unwrap()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.hooks().iter().map(|hook| hook.name()).collect()
}

/// `LINE: message` of every warning.
fn warnings(plan: &Plan) -> Vec<String> {
    plan.warnings().iter().map(|warning| format!("{}: {}", warning.at, warning.message)).collect()
}

/// `after` of a flow, with hooks by list: `""` is the list of the flow.
fn after(flow: &str, lists: &[(&str, &[&str])]) -> String {
    let mut after = serde_json::Map::new();
    for (list, hooks) in lists {
        let hooks: Vec<_> = hooks
            .iter()
            .map(|hook| match hook.split_once(' ') {
                None => json!({ "hook": hook }),
                Some((name, use_of_response)) => json!({
                    "hook": name,
                    "config": {
                        "id": use_of_response,
                        "url": "http://hooks.example/",
                        "method": "POST",
                        "response": { "parse": use_of_response.starts_with("parse") },
                    },
                }),
            })
            .collect();
        if list.is_empty() {
            after.insert("hooks".to_owned(), hooks.into());
        } else {
            after.insert((*list).to_owned(), json!({ "hooks": hooks }));
        }
    }
    json!({ "selfservice": { "flows": { flow: { "after": after } } } }).to_string()
}

#[test]
fn hooks_of_a_method_override_those_of_the_flow_and_are_never_merged() {
    let lists: &[(&str, &[&str])] =
        &[("", &["revoke_active_sessions"]), ("password", &["require_verified_address"]), ("oidc", &[])];
    let text = after("login", lists);
    let overridden = plan_of(&text, "login after password");
    assert_eq!(names(&overridden), ["require_verified_address"]);
    assert_eq!(warnings(&overridden).len(), 1, "{:?}", warnings(&overridden));
    assert!(warnings(&overridden)[0].contains("after.password.hooks overrides this list"));

    for method in ["oidc", "totp"] {
        let fallen_back = plan_of(&text, &format!("login after {method}"));
        assert_eq!(names(&fallen_back), ["revoke_active_sessions"], "{method} has no hooks of its own");
        assert!(fallen_back.warnings().is_empty());
    }
}

#[test]
fn session_runs_last_wherever_it_stands() {
    let text =
        after("registration", &[("password", &["session", "web_hook status", "show_verification_ui"])]);
    assert_eq!(
        names(&plan_of(&text, "registration after password")),
        ["status", "show_verification_ui", "session"]
    );
}

#[test]
fn hooks_that_can_interrupt_run_before_the_identity_is_written() {
    let lists: &[(&str, &[&str])] = &[("oidc", &["session", "web_hook status", "web_hook parse"])];
    let plan = plan_of(&after("registration", lists), "registration after oidc");
    assert_eq!(names(&plan), ["parse", "status", "session"]);
    let phases: Vec<_> = plan.hooks().iter().map(|hook| hook.phase().unwrap()).collect();
    assert_eq!(phases, [Phase::BeforePersist, Phase::AfterPersist, Phase::AfterPersist]);
}

#[test]
fn a_parsing_web_hook_in_the_list_of_the_flow_never_runs_and_is_warned_of() {
    for flow in ["registration", "settings"] {
        let lists: &[(&str, &[&str])] = &[("", &["web_hook parse", "web_hook status"])];
        let plan = plan_of(&after(flow, lists), &format!("{flow} after password"));
        assert_eq!(names(&plan), ["status"], "{flow}");
        let warnings = warnings(&plan);
        assert!(warnings[0].starts_with("kratos.yaml:1: this web_hook never runs"), "{warnings:?}");
        assert!(
            warnings[0].ends_with(&format!("move it to selfservice.flows.{flow}.after.password.hooks")),
            "{warnings:?}"
        );
    }
    // After a login nothing is written in between, so there it does run.
    let login = plan_of(&after("login", &[("", &["web_hook parse"])]), "login after password");
    assert_eq!(names(&login), ["parse"]);
    assert!(login.warnings().is_empty() && login.hooks()[0].phase().is_none());
}

#[test]
fn a_method_with_only_parsing_hooks_still_overrides() {
    let lists: &[(&str, &[&str])] = &[("", &["web_hook status"]), ("code", &["web_hook parse"])];
    assert_eq!(names(&plan_of(&after("registration", lists), "registration after code")), ["parse"]);
}

#[test]
fn a_method_with_only_verify_new_address_leaves_the_second_phase_to_the_flow() {
    let lists: &[(&str, &[&str])] = &[("", &["web_hook status"]), ("profile", &["verify_new_address"])];
    let plan = plan_of(&after("settings", lists), "settings after profile");
    assert_eq!(names(&plan), ["verify_new_address", "status"]);
}

#[test]
fn a_verifier_goes_in_front_where_verification_is_enabled() {
    let verified = |flow: &str, enabled: bool| {
        let text = after(flow, &[("password", &["web_hook status", "web_hook parse"])]);
        let mut root: Value = serde_json::from_str(&text).unwrap();
        root["selfservice"]["flows"]["verification"] = json!({ "enabled": enabled });
        plan_of(&root.to_string(), &format!("{flow} after password"))
    };
    for flow in ["registration", "settings"] {
        assert_eq!(names(&verified(flow, true)), ["parse", "verification", "status"], "{flow}");
        assert_eq!(names(&verified(flow, false)), ["parse", "status"], "{flow}");
    }
    assert_eq!(names(&verified("login", true)), ["status", "parse"], "a login verifies nothing");
}

#[test]
fn hooks_of_one_name_are_told_apart() {
    let text = after("login", &[("code", &["web_hook a", "revoke_active_sessions"])])
        .replace("\"id\":\"a\"", "\"id\":\"revoke_active_sessions\"");
    let plan = plan_of(&text, "login after code");
    assert_eq!(names(&plan), ["revoke_active_sessions", "revoke_active_sessions-2"]);
}

#[test]
fn the_complete_example_gives_its_hooks_with_their_lines() {
    let text = example("kratos.yaml");
    let cases: &[(&str, &[&str])] = &[
        ("login before", &["login-gate"]),
        ("login after password", &["revoke_active_sessions", "require_verified_address", "login-audit"]),
        ("login after oidc", &["require_verified_address"]),
        (
            "registration after password",
            &["enrich", "verification", "welcome", "show_verification_ui", "session"],
        ),
        ("registration after oidc", &["verification"]),
        ("registration before", &[]),
        ("settings after password", &["verification", "revoke_active_sessions"]),
        ("settings after profile", &["verify_new_address", "verification", "notify_previous_addresses"]),
        ("settings after totp", &["verification"]),
        ("recovery after", &["revoke_active_sessions"]),
        ("verification after", &[]),
        ("password-migration", &["migrate_hook"]),
        ("oauth2-token", &[]),
    ];
    for (words, expected) in cases {
        assert_eq!(names(&plan_of(&text, words)), *expected, "{words}");
    }
    let plan = plan_of(&text, "login after password");
    let line = text.lines().position(|line| line.contains("hook: revoke_active_sessions")).unwrap() + 1;
    assert_eq!(plan.hooks()[0].at().to_string(), format!("kratos.yaml:{line}"));
    assert_eq!(names(&plan_of(&example("hydra.yaml"), "oauth2-token")), ["token_hook"]);
}

#[test]
fn json_is_read_as_yaml_is() {
    let text = after("login", &[("password", &["revoke_active_sessions"])]);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
    let plan = plan_of(&pretty, "login after password");
    assert_eq!(names(&plan), ["revoke_active_sessions"]);
    assert!(plan.hooks()[0].at().line > 5, "{}", plan.hooks()[0].at());
}

#[test]
fn what_is_deprecated_or_has_no_effect_is_warned_of() {
    let login = after("login", &[("password", &["show_verification_ui"])]);
    let both = after("settings", &[("profile", &["show_verification_ui", "verify_new_address"])]);
    let interrupt = one_web_hook(&["can_interrupt: true"]);
    let bare = one_web_hook(&["body: bodies/identity.jsonnet"]);
    let exceptions = format!(
        "clients: {{ http: {{ private_ip_exception_urls: [http://10.0.0.1] }} }}\n{}",
        one_web_hook(&[])
    );
    let hydra = "oauth2:\n  refresh_token_hook: { url: http://hooks.example/ }\n".to_owned();
    let cases = [
        (login, "login after password", "kratos.yaml:1: `show_verification_ui` after login is deprecated"),
        (both, "settings after profile", "do not go together"),
        (interrupt, "login after password", "kratos.yaml:11: `can_interrupt` is deprecated"),
        (bare, "login after password", "write file://bodies/identity.jsonnet instead"),
        (exceptions, "login after password", "kratos.yaml:1: `private_ip_exception_urls` is not read here"),
        (hydra, "oauth2-token", "kratos.yaml:2: `oauth2.refresh_token_hook` is not run"),
    ];
    for (text, words, expected) in cases {
        let warnings = warnings(&plan_of(&text, words));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(expected), "{warnings:?} lacks {expected}");
    }
}

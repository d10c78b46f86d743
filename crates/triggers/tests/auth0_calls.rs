//! Every method of the Auth0 triggers: a good call, what a bad call is told, and what chains.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use serde_json::{Value, json};
use support::{Execution, change, deep, sample};
use vestibule_triggers::{CallOutcome, Command, Returns, ThrowClass};

const POST_LOGIN: &str = "auth0/post-login";
const REGISTRATION: &str = "auth0/pre-user-registration";

/// A call that is recorded as it stands: path, arguments, and the recorded arguments.
fn recorded_calls() -> Vec<(&'static str, Value, Value)> {
    vec![
        ("access.deny", json!(["no"]), json!({ "reason": "no" })),
        ("access.deny", json!(["no", "extra", 1]), json!({ "reason": "no" })),
        (
            "accessToken.setCustomClaim",
            json!(["https://x/y", { "a": [1] }]),
            json!({ "name": "https://x/y", "value": { "a": [1] } }),
        ),
        ("accessToken.setCustomClaim", json!(["x", "undefined"]), json!({ "name": "x" })),
        ("accessToken.addScope", json!(["  read:a "]), json!({ "scope": "read:a" })),
        ("accessToken.removeScope", json!(["read:a"]), json!({ "scope": "read:a" })),
        ("idToken.setCustomClaim", json!(["roles", null]), json!({ "name": "roles", "value": null })),
        (
            "authentication.challengeWith",
            json!([{ "type": "phone", "options": { "preferredMethod": "both" } }, { "additionalFactors": [{ "type": "otp" }] }]),
            json!({
                "factor": { "type": "phone", "options": { "preferredMethod": "both" } },
                "options": { "additionalFactors": [{ "type": "otp" }] },
            }),
        ),
        (
            "authentication.challengeWithAny",
            json!([[{ "type": "push-notification", "options": { "otpFallback": true } }, { "type": "email" }]]),
            json!({ "factors": [{ "type": "push-notification", "options": { "otpFallback": true } }, { "type": "email" }] }),
        ),
        (
            "authentication.enrollWith",
            json!([{ "type": "webauthn-roaming" }]),
            json!({ "factor": { "type": "webauthn-roaming" } }),
        ),
        (
            "authentication.enrollWithAny",
            json!([[{ "type": "recovery-code" }]]),
            json!({ "factors": [{ "type": "recovery-code" }] }),
        ),
        ("authentication.setPrimaryUser", json!(["auth0|1"]), json!({ "primaryUserId": "auth0|1" })),
        (
            "multifactor.enable",
            json!(["duo", { "allowRememberBrowser": false, "providerOptions": { "host": "h", "ikey": "i", "skey": "s" } }]),
            json!({
                "provider": "duo",
                "options": { "allowRememberBrowser": false, "providerOptions": { "host": "h", "ikey": "i", "skey": "s" } },
            }),
        ),
        ("multifactor.enable", json!(["none"]), json!({ "provider": "none" })),
        (
            "prompt.render",
            json!(["ap_1", { "fields": { "a_1": 1 }, "vars": { "v": "x" } }]),
            json!({ "promptId": "ap_1", "options": { "fields": { "a_1": 1 }, "vars": { "v": "x" } } }),
        ),
        (
            "redirect.sendUserTo",
            json!(["https://x.example/a", { "query": { "t": "1", "n": 2 } }]),
            json!({ "url": "https://x.example/a", "options": { "query": { "t": "1", "n": 2 } } }),
        ),
        (
            "refreshToken.setExpiresAt",
            json!([1_900_000_000_000_i64]),
            json!({ "absolute": 1_900_000_000_000_i64 }),
        ),
        ("refreshToken.setIdleExpiresAt", json!([5]), json!({ "idle": 5 })),
        ("refreshToken.setMetadata", json!(["k", "v"]), json!({ "key": "k", "value": "v" })),
        ("refreshToken.deleteMetadata", json!(["k"]), json!({ "key": "k" })),
        ("refreshToken.evictMetadata", json!([]), json!({})),
        (
            "samlResponse.setAttribute",
            json!(["a", ["x", 1, true]]),
            json!({ "name": "a", "value": ["x", 1, true] }),
        ),
        ("samlResponse.setAttribute", json!(["a"]), json!({ "name": "a", "value": null })),
        ("samlResponse.setAudience", json!(["urn:a"]), json!({ "audience": "urn:a" })),
        ("samlResponse.setRecipient", json!(["urn:a"]), json!({ "recipient": "urn:a" })),
        ("samlResponse.setDestination", json!(["urn:a"]), json!({ "destination": "urn:a" })),
        ("samlResponse.setCreateUpnClaim", json!([true]), json!({ "createUpnClaim": true })),
        (
            "samlResponse.setPassthroughClaimsWithNoMapping",
            json!([false]),
            json!({ "passthroughClaimsWithNoMapping": false }),
        ),
        ("samlResponse.setMapUnknownClaimsAsIs", json!([true]), json!({ "mapUnknownClaimsAsIs": true })),
        ("samlResponse.setMapIdentities", json!([true]), json!({ "mapIdentities": true })),
        (
            "samlResponse.setSignatureAlgorithm",
            json!(["rsa-sha256"]),
            json!({ "signatureAlgorithm": "rsa-sha256" }),
        ),
        ("samlResponse.setDigestAlgorithm", json!(["sha1"]), json!({ "digestAlgorithm": "sha1" })),
        ("samlResponse.setLifetimeInSeconds", json!([3600]), json!({ "lifetimeInSeconds": 3600 })),
        ("samlResponse.setSignResponse", json!([true]), json!({ "signResponse": true })),
        (
            "samlResponse.setNameIdentifierFormat",
            json!([]),
            json!({ "nameIdentifierFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" }),
        ),
        (
            "samlResponse.setNameIdentifierProbes",
            json!([["a", "b"]]),
            json!({ "nameIdentifierProbes": ["a", "b"] }),
        ),
        ("samlResponse.setAuthnContextClassRef", json!(["c"]), json!({ "authnContextClassRef": "c" })),
        ("samlResponse.setSigningCert", json!(["pem"]), json!({ "signingCert": "pem" })),
        (
            "samlResponse.setIncludeAttributeNameFormat",
            json!([true]),
            json!({ "includeAttributeNameFormat": true }),
        ),
        ("samlResponse.setTypedAttributes", json!([true]), json!({ "typedAttributes": true })),
        ("samlResponse.setEncryptionCert", json!(["pem"]), json!({ "encryptionCert": "pem" })),
        ("samlResponse.setEncryptionPublicKey", json!(["pem"]), json!({ "encryptionPublicKey": "pem" })),
        (
            "samlResponse.setEncryptionAlgorithm",
            json!(["aes256-gcm"]),
            json!({ "encryptionAlgorithm": "aes256-gcm" }),
        ),
        ("samlResponse.setCert", json!(["pem"]), json!({ "cert": "pem" })),
        ("samlResponse.setKey", json!(["pem"]), json!({ "key": "pem" })),
        ("samlResponse.setRelayState", json!(["r"]), json!({ "relayState": "r" })),
        ("samlResponse.setIssuer", json!(["urn:i"]), json!({ "issuer": "urn:i" })),
        (
            "session.revoke",
            json!(["stolen", { "preserveRefreshTokens": true }]),
            json!({ "reason": "stolen", "options": { "preserveRefreshTokens": true } }),
        ),
        ("session.setExpiresAt", json!([0]), json!({ "absolute": 0 })),
        ("session.setIdleExpiresAt", json!([5.5]), json!({ "idle": 5.5 })),
        ("session.setCookieMode", json!(["persistent"]), json!({ "mode": "persistent" })),
        ("session.setMetadata", json!(["k", null]), json!({ "key": "k", "value": null })),
        ("session.deleteMetadata", json!(["k"]), json!({ "key": "k" })),
        ("session.evictMetadata", json!([]), json!({})),
        ("transaction.setMetadata", json!(["k", true]), json!({ "key": "k", "value": true })),
        ("transaction.addTargetScope", json!([" a"]), json!({ "scope": "a" })),
        ("transaction.removeTargetScope", json!(["a"]), json!({ "scope": "a" })),
        ("transaction.setTargetScopes", json!([["a ", "b"]]), json!({ "scopes": ["a", "b"] })),
        ("transaction.clearTargetScopes", json!([]), json!({})),
        ("user.setAppMetadata", json!(["k", null]), json!({ "name": "k", "value": null })),
        ("user.setUserMetadata", json!(["k", [1]]), json!({ "name": "k", "value": [1] })),
        ("validation.error", json!(["code", "text"]), json!({ "errorCode": "code", "errorMessage": "text" })),
    ]
}

#[test]
fn good_calls_of_post_login_are_recorded() {
    for (path, args, expected) in recorded_calls() {
        let (command, _) = Execution::of(POST_LOGIN).record(path, args);
        assert_eq!(command.method, path);
        assert_eq!(Value::Object(command.args), expected, "{path}");
    }
}

/// Methods that need another event or handler than the table above.
#[test]
fn good_calls_that_need_a_special_event_are_recorded() {
    let mut continued = Execution::with(POST_LOGIN, "onContinuePostLogin", sample(POST_LOGIN), &[]);
    let (command, _) = continued.record("authentication.recordMethod", json!(["https://factor.example/pin"]));
    assert_eq!(Value::Object(command.args), json!({ "providerUrl": "https://factor.example/pin" }));

    let mut event = sample(POST_LOGIN);
    event["transaction"]["protocol"] = json!("oauth2-refresh-token");
    let mut refresh = Execution::with(POST_LOGIN, "onExecutePostLogin", event, &[]);
    let (command, _) = refresh.record("refreshToken.revoke", json!(["stolen"]));
    assert_eq!(Value::Object(command.args), json!({ "reason": "stolen" }));
}

#[test]
fn host_functions_get_their_arguments_by_name() {
    let cases = [
        ("cache.get", json!(["k"]), json!({ "key": "k" })),
        (
            "cache.set",
            json!(["k", "v", { "ttl": 5 }]),
            json!({ "key": "k", "value": "v", "options": { "ttl": 5 } }),
        ),
        ("cache.set", json!([1, { "not": "text" }]), json!({ "key": 1, "value": { "not": "text" } })),
        ("cache.delete", json!(["undefined"]), json!({})),
        ("groups.getUserGroups", json!([{ "take": 10 }]), json!({ "params": { "take": 10 } })),
        ("groups.hasGroupMembership", json!([["a"]]), json!({ "groups": ["a"] })),
        ("roles.getUserEffectiveRoles", json!([]), json!({})),
        ("roles.getUserEffectiveRolesByIds", json!([["r"]]), json!({ "ids": ["r"] })),
        ("roles.getUserEffectiveRolesByNames", json!([["r"]]), json!({ "names": ["r"] })),
        ("redirect.canRedirect", json!([]), json!({})),
        (
            "redirect.encodeToken",
            json!([{ "secret": "s", "payload": { "a": 1 } }]),
            json!({ "options": { "secret": "s", "payload": { "a": 1 }, "expiresInSeconds": 900 } }),
        ),
        (
            "redirect.validateToken",
            json!([{ "secret": "s" }]),
            json!({ "options": { "secret": "s", "tokenParameterName": "session_token" } }),
        ),
        ("rules.wasExecuted", json!(["rul_1"]), json!({ "ruleId": "rul_1" })),
    ];
    for (path, call, expected) in cases {
        let CallOutcome::Host { name, args } = Execution::of(POST_LOGIN).call(path, call) else {
            panic!("{path} is a host function");
        };
        assert_eq!((name.as_str(), Value::Object(args)), (path, expected));
    }
}

#[test]
fn the_tables_above_cover_every_method() {
    let mut covered: Vec<&str> = recorded_calls().iter().map(|(path, ..)| *path).collect();
    covered.extend(["authentication.recordMethod", "refreshToken.revoke"]);
    let trigger = Execution::of(POST_LOGIN).trigger;
    let missing = trigger.methods().iter().filter(|method| method.host.is_none());
    let missing: Vec<&str> =
        missing.map(|method| method.path.as_str()).filter(|path| !covered.contains(path)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(trigger.methods().len(), 72);
}

use ThrowClass::{Error, RangeError, TypeError};

#[test]
fn bad_calls_of_post_login_throw() {
    let long = |length| "x".repeat(length);
    let entries = |count: usize| -> Value { (0..count).map(|n| (format!("k{n}"), json!(1))).collect() };
    let cases = [
        ("access.deny", json!([]), TypeError, "api.access.deny: \"reason\" must be a string, got undefined"),
        ("access.deny", json!([5]), TypeError, "api.access.deny: \"reason\" must be a string, got number"),
        ("access.deny", json!([null]), TypeError, "api.access.deny: \"reason\" must be a string, got null"),
        (
            "accessToken.setCustomClaim",
            json!(["scope", "a"]),
            Error,
            "api.accessToken.setCustomClaim: The \"scope\" claim cannot be set.",
        ),
        (
            "idToken.setCustomClaim",
            json!(["scope", 1]),
            Error,
            "api.idToken.setCustomClaim: The \"scope\" claim cannot be set.",
        ),
        (
            "idToken.setCustomClaim",
            json!(["", 1]),
            RangeError,
            "api.idToken.setCustomClaim: \"name\" must not be empty",
        ),
        (
            "accessToken.addScope",
            json!([7]),
            TypeError,
            "api.accessToken.addScope: \"scope\" must be a string, got number",
        ),
        (
            "accessToken.addScope",
            json!(["  "]),
            RangeError,
            "api.accessToken.addScope: \"scope\" must not be empty",
        ),
        (
            "accessToken.addScope",
            json!(["a b"]),
            TypeError,
            "api.accessToken.addScope: \"scope\" must not contain white space, got \"a b\"",
        ),
        (
            "accessToken.removeScope",
            json!([long(281)]),
            RangeError,
            "api.accessToken.removeScope: \"scope\" must be at most 280 characters long, got 281",
        ),
        (
            "authentication.challengeWith",
            json!([{ "type": "smell" }]),
            TypeError,
            "api.authentication.challengeWith: \"factor.type\" must be \"phone\", \"push\", \"push-notification\", \"otp\", \
             \"email\", \"webauthn-platform\", \"webauthn-roaming\" or \"recovery-code\", got string \"smell\"",
        ),
        (
            "authentication.challengeWith",
            json!([{ "type": "phone", "options": { "preferredMethod": "pigeon" } }]),
            TypeError,
            "api.authentication.challengeWith: \"factor.options.preferredMethod\" must be \"sms\", \"voice\" or \"both\", \
             got string \"pigeon\"",
        ),
        (
            "authentication.challengeWithAny",
            json!([[{ "type": "push", "options": { "otpFallback": 1 } }]]),
            TypeError,
            "api.authentication.challengeWithAny: \"factors[0].options.otpFallback\" must be a boolean, got number",
        ),
        (
            "authentication.enrollWith",
            json!([{ "type": "email" }]),
            TypeError,
            "api.authentication.enrollWith: \"factor.type\" must be \"phone\", \"push\", \"push-notification\", \"otp\", \
             \"webauthn-platform\", \"webauthn-roaming\" or \"recovery-code\", got string \"email\"",
        ),
        (
            "authentication.enrollWithAny",
            json!(["otp"]),
            TypeError,
            "api.authentication.enrollWithAny: \"factors\" must be an array, got string",
        ),
        (
            "authentication.recordMethod",
            json!(["https://x.example"]),
            Error,
            "api.authentication.recordMethod: can only be called in onContinuePostLogin",
        ),
        (
            "authentication.recordMethod",
            json!(["ftp://x.example"]),
            TypeError,
            "api.authentication.recordMethod: \"providerUrl\" must be an absolute http or https URL, got \"ftp://x.example\"",
        ),
        (
            "authentication.setPrimaryUser",
            json!([""]),
            RangeError,
            "api.authentication.setPrimaryUser: \"primaryUserId\" must not be empty",
        ),
        (
            "authentication.setPrimaryUser",
            json!([long(129)]),
            RangeError,
            "api.authentication.setPrimaryUser: \"primaryUserId\" must be at most 128 characters long, got 129",
        ),
        (
            "multifactor.enable",
            json!(["sms"]),
            TypeError,
            "api.multifactor.enable: \"provider\" must be \"none\", \"guardian\", \"google-authenticator\", \"duo\" or \
             \"any\", got string \"sms\"",
        ),
        (
            "multifactor.enable",
            json!(["any", { "allowRememberBrowsr": false }]),
            TypeError,
            "api.multifactor.enable: \"options.allowRememberBrowsr\" is not a known field; did you mean \
             \"allowRememberBrowser\"?",
        ),
        (
            "multifactor.enable",
            json!(["duo", { "providerOptions": { "host": "h", "ikey": "i" } }]),
            TypeError,
            "api.multifactor.enable: \"options.providerOptions.skey\" must be a string, got undefined",
        ),
        (
            "prompt.render",
            json!([long(49)]),
            RangeError,
            "api.prompt.render: \"promptId\" must be at most 48 characters long, got 49",
        ),
        (
            "prompt.render",
            json!(["p", { "fields": entries(25) }]),
            RangeError,
            "api.prompt.render: \"options.fields\" must have at most 24 entries, got 25",
        ),
        (
            "prompt.render",
            json!(["p", { "vars": entries(25) }]),
            RangeError,
            "api.prompt.render: \"options.vars\" must have at most 24 entries, got 25",
        ),
        (
            "prompt.render",
            json!(["p", { "fields": { "1a": 1 } }]),
            TypeError,
            "api.prompt.render: \"options.fields\" must have keys that match ^[a-zA-Z_][a-zA-Z0-9_]{0,49}$, got \"1a\"",
        ),
        (
            "prompt.render",
            json!(["p", { "vars": { "v": long(24_576) } }]),
            RangeError,
            "api.prompt.render: \"options\" must take at most 24576 bytes of JSON, got 24593",
        ),
        (
            "redirect.sendUserTo",
            json!(["/relative"]),
            TypeError,
            "api.redirect.sendUserTo: \"url\" must be an absolute URL, got \"/relative\"",
        ),
        (
            "redirect.sendUserTo",
            json!(["https://x.example", { "query": { "a": {} } }]),
            TypeError,
            "api.redirect.sendUserTo: \"options.query.a\" must be a string, a number or a boolean, got object",
        ),
        (
            "redirect.encodeToken",
            json!([{ "secret": "", "payload": {} }]),
            RangeError,
            "api.redirect.encodeToken: \"options.secret\" must not be empty",
        ),
        (
            "redirect.encodeToken",
            json!([{ "secret": "s" }]),
            TypeError,
            "api.redirect.encodeToken: \"options.payload\" must be an object, got undefined",
        ),
        (
            "redirect.validateToken",
            json!([]),
            TypeError,
            "api.redirect.validateToken: \"options\" must be an object, got undefined",
        ),
        (
            "refreshToken.revoke",
            json!(["x"]),
            Error,
            "api.refreshToken.revoke: A refresh token can only be revoked while it is exchanged.",
        ),
        (
            "refreshToken.revoke",
            json!([long(1025)]),
            RangeError,
            "api.refreshToken.revoke: \"reason\" must be at most 1024 characters long, got 1025",
        ),
        (
            "refreshToken.setExpiresAt",
            json!([0]),
            Error,
            "api.refreshToken.setExpiresAt: The expiry must be a time in milliseconds, not 0.",
        ),
        (
            "refreshToken.setIdleExpiresAt",
            json!([null]),
            TypeError,
            "api.refreshToken.setIdleExpiresAt: \"idle\" must be a number, got null",
        ),
        (
            "refreshToken.setMetadata",
            json!(["no spaces", "v"]),
            TypeError,
            "Failed to set refresh token metadata: api.refreshToken.setMetadata: \"key\" must be 1 to 255 letters, digits, \
             \"_\" or \"-\", got \"no spaces\"",
        ),
        (
            "refreshToken.setMetadata",
            json!(["k", 1]),
            TypeError,
            "Failed to set refresh token metadata: api.refreshToken.setMetadata: \"value\" must be a string or null, got \
             number",
        ),
        (
            "session.setMetadata",
            json!(["k", long(256)]),
            RangeError,
            "Failed to set session metadata: api.session.setMetadata: \"value\" must be at most 255 characters long, got 256",
        ),
        (
            "session.setMetadata",
            json!(["k", "a\u{0}b"]),
            TypeError,
            "Failed to set session metadata: api.session.setMetadata: \"value\" must not contain a NUL character, got \
             \"a\\u0000b\"",
        ),
        (
            "session.deleteMetadata",
            json!(["*"]),
            TypeError,
            "Failed to set session metadata: api.session.deleteMetadata: \"key\" must be 1 to 255 letters, digits, \"_\" or \
             \"-\", got \"*\"",
        ),
        (
            "session.setCookieMode",
            json!(["forever"]),
            TypeError,
            "api.session.setCookieMode: \"mode\" must be \"persistent\" or \"non-persistent\", got string \"forever\"",
        ),
        (
            "session.setExpiresAt",
            json!(["tomorrow"]),
            TypeError,
            "api.session.setExpiresAt: \"absolute\" must be a number, got string",
        ),
        (
            "session.revoke",
            json!([]),
            TypeError,
            "api.session.revoke: \"reason\" must be a string, got undefined",
        ),
        (
            "transaction.setMetadata",
            json!([long(65), 1]),
            RangeError,
            "api.transaction.setMetadata: \"key\" must be at most 64 characters long, got 65",
        ),
        (
            "transaction.setMetadata",
            json!(["k", long(8193)]),
            RangeError,
            "api.transaction.setMetadata: \"value\" must take at most 8192 bytes, got 8193",
        ),
        (
            "transaction.setMetadata",
            json!(["k", 9_007_199_254_740_993_i64]),
            RangeError,
            "api.transaction.setMetadata: \"value\" must be at most 9007199254740991, got 9007199254740992",
        ),
        (
            "transaction.setMetadata",
            json!(["k", {}]),
            TypeError,
            "api.transaction.setMetadata: \"value\" must be a string, a number, a boolean or null, got object",
        ),
        (
            "transaction.setTargetScopes",
            json!([["ok", "not ok"]]),
            TypeError,
            "api.transaction.setTargetScopes: \"scopes[1]\" must not contain white space, got \"not ok\"",
        ),
        (
            "groups.getUserGroups",
            json!([{ "take": 101 }]),
            RangeError,
            "api.groups.getUserGroups: \"params.take\" must be at most 100, got 101",
        ),
        (
            "roles.getUserEffectiveRoles",
            json!([{ "take": 1.5 }]),
            TypeError,
            "api.roles.getUserEffectiveRoles: \"params.take\" must be an integer, got 1.5",
        ),
        (
            "roles.getUserEffectiveRolesByIds",
            json!([vec!["r"; 101]]),
            RangeError,
            "api.roles.getUserEffectiveRolesByIds: \"ids\" must have at most 100 items, got 101",
        ),
        (
            "roles.getUserEffectiveRolesByNames",
            json!([vec!["r"; 51]]),
            RangeError,
            "api.roles.getUserEffectiveRolesByNames: \"names\" must have at most 50 items, got 51",
        ),
        (
            "rules.wasExecuted",
            json!([1]),
            TypeError,
            "api.rules.wasExecuted: \"ruleId\" must be a string, got number",
        ),
        (
            "samlResponse.setAttribute",
            json!([long(1025), "v"]),
            RangeError,
            "api.samlResponse.setAttribute: \"name\" must take at most 1024 bytes, got 1025",
        ),
        (
            "samlResponse.setAttribute",
            json!(["a", long(2049)]),
            RangeError,
            "api.samlResponse.setAttribute: \"value\" must take at most 2048 bytes, got 2049",
        ),
        (
            "samlResponse.setAttribute",
            json!(["a", { "not": "allowed" }]),
            TypeError,
            "api.samlResponse.setAttribute: \"value\" must be a string, a number, a boolean, an array or null, got object",
        ),
        (
            "samlResponse.setAudience",
            json!([long(2049)]),
            RangeError,
            "api.samlResponse.setAudience: \"audience\" must be at most 2048 characters long, got 2049",
        ),
        (
            "samlResponse.setSignatureAlgorithm",
            json!(["md5"]),
            TypeError,
            "api.samlResponse.setSignatureAlgorithm: \"signatureAlgorithm\" must be \"rsa-sha256\" or \"rsa-sha1\", got \
             string \"md5\"",
        ),
        (
            "samlResponse.setNameIdentifierProbes",
            json!([vec!["p"; 11]]),
            RangeError,
            "api.samlResponse.setNameIdentifierProbes: \"nameIdentifierProbes\" must have at most 10 items, got 11",
        ),
        (
            "samlResponse.setNameIdentifierProbes",
            json!([[long(513)]]),
            RangeError,
            "api.samlResponse.setNameIdentifierProbes: \"nameIdentifierProbes[0]\" must be at most 512 characters long, got \
             513",
        ),
        (
            "samlResponse.setEncryptionCert",
            json!([long(4097)]),
            RangeError,
            "api.samlResponse.setEncryptionCert: \"encryptionCert\" must be at most 4096 characters long, got 4097",
        ),
        (
            "samlResponse.setCreateUpnClaim",
            json!(["yes"]),
            TypeError,
            "api.samlResponse.setCreateUpnClaim: \"createUpnClaim\" must be a boolean, got string",
        ),
        (
            "user.setAppMetadata",
            json!([1, 1]),
            TypeError,
            "api.user.setAppMetadata: \"name\" must be a string, got number",
        ),
        (
            "validation.error",
            json!(["", "text"]),
            RangeError,
            "api.validation.error: \"errorCode\" must not be empty",
        ),
        (
            "validation.error",
            json!(["code"]),
            TypeError,
            "api.validation.error: \"errorMessage\" must be a string, got undefined",
        ),
    ];
    for (path, args, class, message) in cases {
        assert_eq!(Execution::of(POST_LOGIN).throws(path, args), (class, message.to_owned()));
    }
}

#[test]
fn every_limited_saml_text_has_its_limit() {
    let limits = [
        ("Audience", 2048),
        ("Recipient", 2048),
        ("Destination", 2048),
        ("NameIdentifierFormat", 512),
        ("AuthnContextClassRef", 512),
        ("SigningCert", 4096),
        ("EncryptionCert", 4096),
        ("EncryptionPublicKey", 4096),
        ("Cert", 4096),
        ("Key", 4096),
        ("RelayState", 512),
        ("Issuer", 512),
    ];
    for (name, max) in limits {
        let path = format!("samlResponse.set{name}");
        Execution::of(POST_LOGIN).record(&path, json!(["x".repeat(max)]));
        assert_eq!(Execution::of(POST_LOGIN).throws(&path, json!(["x".repeat(max + 1)])).0, RangeError);
    }
}

#[test]
fn what_the_event_says_can_forbid_a_call() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str, Value, &str); 5] = [
        (
            |event| event["refresh_token"]["access"] = json!("online"),
            "refreshToken.setExpiresAt",
            json!([9]),
            "api.refreshToken.setExpiresAt: The expiry of an online refresh token follows its session.",
        ),
        (
            |event| event["refresh_token"]["access"] = json!("online"),
            "refreshToken.setIdleExpiresAt",
            json!([9]),
            "api.refreshToken.setIdleExpiresAt: The expiry of an online refresh token follows its session.",
        ),
        (
            |event| event["session"] = Value::Null,
            "session.setMetadata",
            json!(["k", "v"]),
            "Failed to set session metadata: api.session.setMetadata: There is no session.",
        ),
        (
            |event| event["user"]["app_metadata"] = json!("text"),
            "user.setAppMetadata",
            json!(["k", 1]),
            "api.user.setAppMetadata: The stored app_metadata of the user is not an object.",
        ),
        (
            |event| event["user"]["user_metadata"] = json!([]),
            "user.setUserMetadata",
            json!(["k", 1]),
            "api.user.setUserMetadata: The stored user_metadata of the user is not an object.",
        ),
    ];
    for (edit, path, args, message) in cases {
        let mut event = sample(POST_LOGIN);
        edit(&mut event);
        let mut execution = Execution::with(POST_LOGIN, "onExecutePostLogin", event, &[]);
        assert_eq!(execution.throws(path, args), (Error, message.to_owned()));
    }
    let mut event = sample(POST_LOGIN);
    event.as_object_mut().expect("an object").remove("refresh_token");
    Execution::with(POST_LOGIN, "onExecutePostLogin", event, &[])
        .record("refreshToken.setExpiresAt", json!([9]));
}

#[test]
fn the_primary_user_is_set_once_per_flow() {
    let mut first = Execution::of(POST_LOGIN);
    let (command, _) = first.record("authentication.setPrimaryUser", json!(["a"]));
    let message =
        "api.authentication.setPrimaryUser: The primary user can only be altered once per transaction.";
    let again = first.throws("authentication.setPrimaryUser", json!(["b"]));
    assert_eq!(again, (Error, message.to_owned()));
    let mut second = Execution::with(POST_LOGIN, "onExecutePostLogin", sample(POST_LOGIN), &[command]);
    assert_eq!(second.throws("authentication.setPrimaryUser", json!(["b"])), (Error, message.to_owned()));
}

#[test]
fn limits_over_several_calls() {
    let mut execution = Execution::of(POST_LOGIN);
    let mut commands = Vec::new();
    for number in 0..1000 {
        commands.push(execution.record("accessToken.addScope", json!([format!("s{number}")])).0);
    }
    let message = "api.accessToken.addScope: An action may add at most 1000 scopes.";
    assert_eq!(execution.throws("accessToken.addScope", json!(["one-more"])), (Error, message.to_owned()));
    execution.record("accessToken.removeScope", json!(["s1"]));
    let mut next = Execution::with(POST_LOGIN, "onExecutePostLogin", sample(POST_LOGIN), &commands);
    next.record(
        "accessToken.addScope",
        json!(["the limit is per execution"].map(|text| text.replace(' ', "-"))),
    );

    let mut execution = Execution::of(POST_LOGIN);
    let mut commands = Vec::new();
    for number in 0..100 {
        commands.push(execution.record("samlResponse.setAttribute", json!([format!("a{number}"), "v"])).0);
    }
    let message = "api.samlResponse.setAttribute: At most 100 SAML attributes can be changed.";
    assert_eq!(execution.throws("samlResponse.setAttribute", json!(["x", "v"])), (Error, message.to_owned()));
    let mut next = Execution::with(POST_LOGIN, "onExecutePostLogin", sample(POST_LOGIN), &commands);
    assert_eq!(next.throws("samlResponse.setAttribute", json!(["x", "v"])), (Error, message.to_owned()));

    let mut execution = Execution::of(POST_LOGIN);
    let half = "x".repeat(52_000);
    execution.record("idToken.setCustomClaim", json!(["a", half]));
    let message =
        "api.idToken.setCustomClaim: The custom claims of the ID token may take at most 102400 bytes.";
    assert_eq!(execution.throws("idToken.setCustomClaim", json!(["b", half])), (Error, message.to_owned()));
    execution.record("accessToken.setCustomClaim", json!(["b", half]));
}

#[test]
fn rendering_twice_or_beside_a_redirect_aborts() {
    let redirect = json!(["https://x.example"]);
    let cases = [
        (
            ("prompt.render", json!(["p"])),
            ("prompt.render", json!(["p"])),
            "An action may render one form only.",
        ),
        (
            ("redirect.sendUserTo", redirect.clone()),
            ("prompt.render", json!(["p"])),
            "An action may either redirect or render a form, not both.",
        ),
        (
            ("prompt.render", json!(["p"])),
            ("redirect.sendUserTo", redirect.clone()),
            "An action may either redirect or render a form, not both.",
        ),
    ];
    for ((first, first_args), (second, second_args), message) in cases {
        let mut execution = Execution::of(POST_LOGIN);
        let (command, _) = execution.record(first, first_args);
        let outcome = execution.call(second, second_args.clone());
        assert_eq!(outcome, CallOutcome::Abort { message: message.to_owned() });
        Execution::with(POST_LOGIN, "onContinuePostLogin", sample(POST_LOGIN), &[command])
            .record(second, second_args);
    }
    let mut execution = Execution::of(POST_LOGIN);
    execution.throws("prompt.render", json!([]));
    execution.record("prompt.render", json!(["a call that threw does not count"]));
}

#[test]
fn metadata_changes_the_event_at_once() {
    let mut execution = Execution::of(POST_LOGIN);
    let cases = [
        (
            "transaction.setMetadata",
            json!(["a", 1]),
            vec![change(&["transaction", "metadata", "a"], Some(json!(1)))],
        ),
        (
            "transaction.setMetadata",
            json!(["a", null]),
            vec![change(&["transaction", "metadata", "a"], None)],
        ),
        (
            "session.setMetadata",
            json!(["a", "1"]),
            vec![change(&["session", "metadata", "a"], Some(json!("1")))],
        ),
        ("session.deleteMetadata", json!(["a"]), vec![change(&["session", "metadata", "a"], None)]),
        ("session.evictMetadata", json!([]), vec![change(&["session", "metadata"], Some(json!({})))]),
        (
            "session.setCookieMode",
            json!(["persistent"]),
            vec![change(&["session", "cookie", "mode"], Some(json!("persistent")))],
        ),
        (
            "refreshToken.setMetadata",
            json!(["a", "1"]),
            vec![change(&["refresh_token", "metadata", "a"], Some(json!("1")))],
        ),
        (
            "refreshToken.deleteMetadata",
            json!(["a"]),
            vec![change(&["refresh_token", "metadata", "a"], None)],
        ),
        (
            "refreshToken.evictMetadata",
            json!([]),
            vec![change(&["refresh_token", "metadata"], Some(json!({})))],
        ),
        (
            "transaction.addTargetScope",
            json!(["b"]),
            vec![change(&["transaction", "target_scopes"], Some(json!(["read:orders", "b"])))],
        ),
        (
            "transaction.addTargetScope",
            json!(["b"]),
            vec![change(&["transaction", "target_scopes"], Some(json!(["read:orders", "b"])))],
        ),
        (
            "transaction.removeTargetScope",
            json!(["read:orders"]),
            vec![change(&["transaction", "target_scopes"], Some(json!(["b"])))],
        ),
        (
            "transaction.setTargetScopes",
            json!([["c"]]),
            vec![change(&["transaction", "target_scopes"], Some(json!(["c"])))],
        ),
        (
            "transaction.clearTargetScopes",
            json!([]),
            vec![change(&["transaction", "target_scopes"], Some(json!([])))],
        ),
        ("user.setAppMetadata", json!(["a", 1]), vec![]),
    ];
    for (path, args, expected) in cases {
        assert_eq!(execution.record(path, args).1, expected, "{path}");
    }
}

#[test]
fn changes_of_what_the_event_does_not_have() {
    let event = json!({ "session": { "id": "s" }, "transaction": {} });
    let mut execution = Execution::with(POST_LOGIN, "onExecutePostLogin", event, &[]);
    assert_eq!(execution.record("refreshToken.setMetadata", json!(["a", "1"])).1, []);
    assert_eq!(
        execution.record("session.setCookieMode", json!(["persistent"])).1,
        [change(&["session", "cookie"], Some(json!({ "mode": "persistent" })))]
    );
    assert_eq!(
        execution.record("session.setCookieMode", json!(["non-persistent"])).1,
        [change(&["session", "cookie", "mode"], Some(json!("non-persistent")))]
    );
    assert_eq!(
        execution.record("transaction.setMetadata", json!(["a", 1])).1,
        [change(&["transaction", "metadata"], Some(json!({ "a": 1 })))]
    );
    assert_eq!(
        execution.record("transaction.setMetadata", json!(["b", 2])).1,
        [change(&["transaction", "metadata", "b"], Some(json!(2)))]
    );
    let mut without = Execution::with(POST_LOGIN, "onExecutePostLogin", json!({}), &[]);
    assert_eq!(without.record("session.deleteMetadata", json!(["a"])).1, []);
    assert_eq!(without.record("session.evictMetadata", json!([])).1, []);
}

#[test]
fn metadata_has_room_for_so_much() {
    let mut execution = Execution::of(POST_LOGIN);
    for number in 0..24 {
        execution.record("session.setMetadata", json!([format!("k{number}"), "v"]));
    }
    let message = "Failed to set session metadata: api.session.setMetadata: event.session.metadata can hold at most 25 entries";
    let refused = (RangeError, message.to_owned());
    assert_eq!(execution.throws("session.setMetadata", json!(["one-more", "v"])), refused);
    execution.record("session.setMetadata", json!(["k1", "again"]));
    execution.record("session.setMetadata", json!(["k2", null]));
    execution.record("session.setMetadata", json!(["one-more", "v"]));
    assert_eq!(execution.throws("session.setMetadata", json!(["and-more", "v"])), refused);

    let mut flow = Vec::new();
    let text = "x".repeat(8000);
    let mut first = Execution::of(POST_LOGIN);
    flow.push(first.record("transaction.setMetadata", json!(["a", text])).0);
    flow.push(first.record("transaction.setMetadata", json!(["b", text])).0);
    let mut second = Execution::with(POST_LOGIN, "onExecutePostLogin", sample(POST_LOGIN), &flow);
    let message =
        "api.transaction.setMetadata: event.transaction.metadata can hold at most 16384 bytes of JSON";
    assert_eq!(
        second.throws("transaction.setMetadata", json!(["c", text])),
        (RangeError, message.to_owned())
    );
    second.record("transaction.setMetadata", json!(["c", "short"]));
}

/// The column "returns" of the method tables of both triggers.
#[test]
fn calls_chain_exactly_where_auth0_chains() {
    let chaining = [
        "access.deny",
        "accessToken.setCustomClaim",
        "authentication.recordMethod",
        "idToken.setCustomClaim",
        "multifactor.enable",
        "redirect.sendUserTo",
        "user.setAppMetadata",
        "user.setUserMetadata",
        "validation.error",
    ];
    let values = [
        "cache.delete",
        "cache.get",
        "cache.set",
        "redirect.canRedirect",
        "redirect.encodeToken",
        "redirect.validateToken",
        "rules.wasExecuted",
    ];
    for method in Execution::of(POST_LOGIN).trigger.methods() {
        let path = method.path.as_str();
        let expected = match path.split_once('.') {
            Some(("samlResponse", _)) => Returns::Chain,
            Some(("groups" | "roles", _)) => Returns::Promise,
            _ if chaining.contains(&path) => Returns::Chain,
            _ if values.contains(&path) => Returns::Value,
            _ => Returns::Nothing,
        };
        assert_eq!(method.returns, expected, "{path}");
    }
    for method in Execution::of(REGISTRATION).trigger.methods() {
        let expected = match method.path.split_once('.') {
            Some(("cache", _)) => Returns::Value,
            Some(("prompt", _)) => Returns::Nothing,
            _ => Returns::Chain,
        };
        assert_eq!(method.returns, expected, "{}", method.path);
    }
}

#[test]
fn which_methods_stop_and_suspend() {
    let paths = |id: &str, which: fn(&vestibule_triggers::Method) -> bool| -> Vec<String> {
        let trigger = Execution::of(id).trigger;
        trigger.methods().iter().filter(|method| which(method)).map(|method| method.path.clone()).collect()
    };
    assert_eq!(
        paths(POST_LOGIN, |method| method.stops),
        ["access.deny", "refreshToken.revoke", "session.revoke", "validation.error"]
    );
    assert_eq!(
        paths(POST_LOGIN, |method| method.suspends.is_some()),
        [
            "authentication.challengeWith",
            "authentication.challengeWithAny",
            "authentication.enrollWith",
            "authentication.enrollWithAny",
            "prompt.render",
            "redirect.sendUserTo"
        ]
    );
    assert_eq!(paths(REGISTRATION, |method| method.stops), ["access.deny", "validation.error"]);
    assert_eq!(paths(REGISTRATION, |method| method.suspends.is_some()), ["prompt.render"]);
}

#[test]
fn calls_of_pre_user_registration() {
    let good = [
        ("access.deny", json!(["log", "user"]), json!({ "reason": "log", "userMessage": "user" })),
        ("prompt.render", json!(["f"]), json!({ "promptId": "f" })),
        ("user.setAppMetadata", json!(["k", 1]), json!({ "name": "k", "value": 1 })),
        ("user.setUserMetadata", json!(["k", null]), json!({ "name": "k", "value": null })),
        ("user.setUserId", json!(["u1"]), json!({ "userId": "u1" })),
        ("validation.error", json!(["c", "m"]), json!({ "errorCode": "c", "errorMessage": "m" })),
    ];
    let mut covered = vec!["cache.get", "cache.set", "cache.delete"];
    for (path, args, expected) in good {
        let (command, _) = Execution::of(REGISTRATION).record(path, args);
        assert_eq!(Value::Object(command.args), expected, "{path}");
        covered.push(path);
    }
    let trigger = Execution::of(REGISTRATION).trigger;
    assert!(trigger.methods().iter().all(|method| covered.contains(&method.path.as_str())));

    let bad = [
        (
            "access.deny",
            json!(["log"]),
            TypeError,
            "api.access.deny: \"userMessage\" must be a string, got undefined",
        ),
        (
            "validation.error",
            json!(["c", "x".repeat(101)]),
            RangeError,
            "api.validation.error: \"errorMessage\" must be at most 100 characters long, got 101",
        ),
        (
            "validation.error",
            json!(["x".repeat(101), "m"]),
            RangeError,
            "api.validation.error: \"errorCode\" must be at most 100 characters long, got 101",
        ),
        ("user.setUserId", json!([""]), RangeError, "api.user.setUserId: \"userId\" must not be empty"),
        (
            "user.setUserMetadata",
            json!([["k"], 1]),
            TypeError,
            "api.user.setUserMetadata: \"name\" must be a string, got array",
        ),
    ];
    for (path, args, class, message) in bad {
        assert_eq!(Execution::of(REGISTRATION).throws(path, args), (class, message.to_owned()));
    }
    let mut event = sample(REGISTRATION);
    event["user"]["app_metadata"] = json!(5);
    let refused = Execution::with(REGISTRATION, "onExecutePreUserRegistration", event, &[])
        .throws("user.setAppMetadata", json!(["k", 1]));
    assert_eq!(
        refused,
        (Error, "api.user.setAppMetadata: The stored app_metadata of the user is not an object.".to_owned())
    );
    let mut execution = Execution::of(REGISTRATION);
    execution.record("prompt.render", json!(["f"]));
    let message = "An action may render one form only.".to_owned();
    assert_eq!(execution.call("prompt.render", json!(["f"])), CallOutcome::Abort { message });
}

#[test]
fn hostile_arguments_are_refused_in_few_words() {
    let huge = "\u{1F600}\"\n".repeat(1_000_000);
    let mut keyed = serde_json::Map::new();
    keyed.insert(huge.clone(), json!(1));
    // The macro would walk a deep value by recursion; moving it does not.
    let mut with_deep_payload = json!({ "secret": "s", "payload": {} });
    with_deep_payload["payload"]["a"] = deep(10_000);
    let cases: Vec<(&str, Vec<Option<Value>>)> = vec![
        ("access.deny", vec![Some(deep(10_000))]),
        ("accessToken.setCustomClaim", vec![Some(json!("x")), Some(deep(10_000))]),
        ("accessToken.setCustomClaim", vec![Some(deep(10_000)), Some(deep(10_000))]),
        ("user.setAppMetadata", vec![Some(json!("x")), Some(deep(65))]),
        ("multifactor.enable", vec![Some(json!("any")), Some(deep(10_000))]),
        ("redirect.encodeToken", vec![Some(with_deep_payload)]),
        ("cache.set", vec![Some(deep(10_000))]),
        ("accessToken.addScope", vec![Some(json!(huge))]),
        ("redirect.sendUserTo", vec![Some(json!(huge))]),
        ("session.setCookieMode", vec![Some(json!(huge))]),
        ("multifactor.enable", vec![Some(json!("any")), Some(Value::Object(keyed.clone()))]),
        ("prompt.render", vec![Some(json!("p")), Some(json!({ "fields": keyed }))]),
    ];
    for (path, args) in cases {
        let CallOutcome::Throw { message, .. } = Execution::of(POST_LOGIN).call_values(path, args) else {
            panic!("{path} was to throw");
        };
        assert!(message.len() < 600, "{path}: {} bytes", message.len());
        assert!(message.contains(path) && !message.contains('\n'), "{message}");
    }
    let extra = vec![Some(json!("reason")), Some(deep(10_000))];
    assert!(matches!(
        Execution::of(POST_LOGIN).call_values("access.deny", extra),
        CallOutcome::Record { .. }
    ));
    let trigger = Execution::of(POST_LOGIN).trigger;
    let mut calls = vestibule_triggers::Calls::new(&trigger, "onExecutePostLogin", Value::Null.into(), &[]);
    assert!(matches!(calls.call(usize::MAX, vec![Some(deep(10_000))]), CallOutcome::Throw { .. }));
}

#[test]
fn calls_can_move_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<vestibule_triggers::Calls>();
    is_send::<CallOutcome>();
}

#[test]
fn commands_cross_a_pipe_as_they_are() {
    let (command, _) = Execution::of(POST_LOGIN).record("access.deny", json!(["no"]));
    let text = serde_json::to_string(&command).expect("a command is JSON");
    assert_eq!(text, r#"{"command":"access.deny","args":{"reason":"no"}}"#);
    assert_eq!(serde_json::from_str::<Command>(&text).expect("and back"), command);
}

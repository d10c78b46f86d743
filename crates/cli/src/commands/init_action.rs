//! What `vestibule init` fills a folder with: an action that shows what its trigger is for, and what that
//! action needs around it.

use vestibule::Trigger;

use crate::editor;

/// An action, and what its cases need.
pub(crate) struct NewAction {
    pub(crate) source: String,
    /// What the first case shows.
    pub(crate) description: &'static str,
    pub(crate) denied: Option<&'static Denied>,
    pub(crate) world: Option<&'static World>,
}

/// A second case, in which the action says no.
pub(crate) struct Denied {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) event_patch: &'static str,
}

/// What an action finds outside: a secret, and an answer to its request.
pub(crate) struct World {
    trigger: &'static str,
    pub(crate) secret: &'static str,
    /// `fetch.json`.
    pub(crate) fetch: &'static str,
}

/// An action that says more than the example in its declaration, and an event that it refuses.
struct Template {
    trigger: &'static str,
    javascript: &'static str,
    typescript: &'static str,
    description: &'static str,
    denied: Denied,
}

const TEMPLATES: [Template; 2] = [
    Template {
        trigger: "auth0/post-login",
        javascript: include_str!("../../templates/auth0/post-login.js"),
        typescript: include_str!("../../templates/auth0/post-login.ts"),
        description: "A user with a confirmed address gets the roles as a claim.",
        denied: Denied {
            name: "address-not-confirmed",
            description: "A user whose address is not confirmed is refused.",
            event_patch: r#"{ "user": { "email_verified": false } }"#,
        },
    },
    Template {
        trigger: "auth0/pre-user-registration",
        javascript: include_str!("../../templates/auth0/pre-user-registration.js"),
        typescript: include_str!("../../templates/auth0/pre-user-registration.ts"),
        description: "A user with a lasting address may sign up, and the country is kept.",
        denied: Denied {
            name: "disposable-address",
            description: "A user with an address that is thrown away after use is refused.",
            event_patch: r#"{ "user": { "email": "somebody@mailinator.com" } }"#,
        },
    },
];

/// The world of each example that asks somebody.
const WORLDS: [World; 9] = [
    World {
        trigger: "auth0/post-user-registration",
        secret: "CRM_TOKEN",
        fetch: r#"[{ "method": "POST", "url": "https://crm.acme.example/contacts", "status": 201 }]"#,
    },
    World {
        trigger: "auth0/custom-token-exchange",
        secret: "SSO_KEY",
        fetch: r#"[{ "method": "POST", "url": "https://sso.acme.example/introspect", "json": { "active": true, "sub": "auth0|1" } }]"#,
    },
    World {
        trigger: "auth0/post-change-password",
        secret: "SHOP_TOKEN",
        fetch: r#"[{ "method": "DELETE", "url": "https://shop.acme.example/*", "status": 204 }]"#,
    },
    World {
        trigger: "auth0/send-phone-message",
        secret: "SMS_KEY",
        fetch: r#"[{ "method": "POST", "url": "https://sms.example/v1/messages", "status": 202 }]"#,
    },
    World {
        trigger: "auth0/custom-phone-provider",
        secret: "SMS_KEY",
        fetch: r#"[{ "method": "POST", "url": "https://sms.example/v1/messages", "status": 202 }]"#,
    },
    World {
        trigger: "auth0/custom-email-provider",
        secret: "MAIL_KEY",
        fetch: r#"[{ "method": "POST", "url": "https://mail.example/v1/send", "status": 202 }]"#,
    },
    World {
        trigger: "auth0/event-stream",
        secret: "CRM_TOKEN",
        fetch: r#"[{ "method": "POST", "url": "https://crm.example/hooks/users", "status": 204 }]"#,
    },
    World {
        trigger: "ory/after-verification",
        secret: "CRM_TOKEN",
        fetch: r#"[{ "method": "POST", "url": "https://crm.example.com/contacts", "status": 201 }]"#,
    },
    World {
        trigger: "corbado/post-append",
        secret: "IDP_TOKEN",
        fetch: r#"[{ "method": "PATCH", "url": "https://idp.example.com/*", "status": 204 }]"#,
    },
];

/// Triggers whose example cannot run on an event that somebody wrote: it checks a signature that is good for
/// some minutes.
const EXAMPLES_FOR_READERS: [&str; 1] = ["corbado/post-login"];

/// An action for a trigger: the template, else the example of its declaration, else one that only logs.
pub(crate) fn new_action(trigger: &Trigger, is_typescript: bool) -> NewAction {
    let template = TEMPLATES.iter().find(|template| template.trigger == trigger.id());
    if let Some(Template { javascript, typescript, description, denied, .. }) = template {
        let source = if is_typescript { *typescript } else { *javascript };
        return NewAction { source: source.to_owned(), description, denied: Some(denied), world: None };
    }
    let handler = trigger.handlers().first();
    let example = handler
        .and_then(|handler| code_in(handler.example.as_deref()?))
        .filter(|_| !EXAMPLES_FOR_READERS.contains(&trigger.id()));
    let world = WORLDS.iter().find(|world| world.trigger == trigger.id()).filter(|_| example.is_some());
    let name = handler.map(|handler| handler.name.as_str()).unwrap_or_default();
    let javascript = example.unwrap_or_else(|| {
        format!("exports.{name} = async (event, api) => {{\n  console.log(\"event:\", event);\n}};\n")
    });
    let source = with_types(&javascript, trigger.id(), name, is_typescript);
    NewAction { source, description: "What comes out for the sample event.", denied: None, world }
}

/// The code of an example without the fence around it.
fn code_in(example: &str) -> Option<String> {
    let code = example.strip_prefix("```js\n")?;
    Some(code.trim_end().strip_suffix("```")?.to_owned())
}

/// The action with the type of its handler.
fn with_types(javascript: &str, trigger: &str, handler: &str, is_typescript: bool) -> String {
    let of_type = editor::type_of_handler(handler);
    let export = format!("exports.{handler} = ");
    if is_typescript {
        let typed = javascript.replacen(&export, &format!("export const {handler}: {of_type} = "), 1);
        format!("import type {{ {of_type} }} from \"{trigger}\";\n\n{typed}")
    } else {
        let comment = format!("/** @type {{import(\"{trigger}\").{of_type}}} */\n{export}");
        format!("// @ts-check\n\n{}", javascript.replacen(&export, &comment, 1))
    }
}

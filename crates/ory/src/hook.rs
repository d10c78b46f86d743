//! The hooks that a configuration can name, where each may stand, and what each comes to.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::error::ConfigError;
use crate::place::Flow;
use crate::plan::Warning;
use crate::reader::Source;
use crate::web_hook::WebHook;
use crate::yaml::Node;

/// One entry of a list of hooks.
#[derive(Clone, Debug)]
pub(crate) enum Hook {
    Session,
    RevokeActiveSessions,
    RequireVerifiedAddress,
    Verification,
    ShowVerificationUi,
    VerifyNewAddress,
    NotifyPreviousAddresses {
        recipients: String,
    },
    /// Called `b2b_sso` or `organization`.
    B2bSso {
        config: Value,
    },
    Web(Arc<WebHook>),
    /// `oauth2.token_hook` of Hydra.
    Token(Arc<WebHook>),
    /// `migrate_hook` of the password method.
    Migrate(Arc<WebHook>),
}

/// The command of the hook that Kratos puts in front by itself.
pub(crate) const VERIFICATION_COMMAND: &str = "hooks.verification";

/// What a built-in hook asks the host for.
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) args: Vec<Option<Value>>,
}

const SESSION: &str = "session";
const REVOKE_ACTIVE_SESSIONS: &str = "revoke_active_sessions";
const REQUIRE_VERIFIED_ADDRESS: &str = "require_verified_address";
const VERIFICATION: &str = "verification";
const SHOW_VERIFICATION_UI: &str = "show_verification_ui";
const VERIFY_NEW_ADDRESS: &str = "verify_new_address";
const NOTIFY_PREVIOUS_ADDRESSES: &str = "notify_previous_addresses";
const WEB_HOOK: &str = "web_hook";
const B2B_SSO: &str = "b2b_sso";
const ORGANIZATION: &str = "organization";

/// Every name that a list may hold somewhere.
const NAMES: &[&str] = &[
    SESSION,
    REVOKE_ACTIVE_SESSIONS,
    REQUIRE_VERIFIED_ADDRESS,
    VERIFICATION,
    SHOW_VERIFICATION_UI,
    VERIFY_NEW_ADDRESS,
    NOTIFY_PREVIOUS_ADDRESSES,
    WEB_HOOK,
    B2B_SSO,
    ORGANIZATION,
];

/// What may stand in `before.hooks` of every flow, and in `after.hooks` of settings and verification.
pub(crate) const EVERYWHERE: &[&str] = &[WEB_HOOK, B2B_SSO, ORGANIZATION];

/// What may stand in `after.hooks` of a flow.
pub(crate) fn allowed_after(flow: Flow) -> &'static [&'static str] {
    match flow {
        Flow::Login => &[
            REVOKE_ACTIVE_SESSIONS,
            REQUIRE_VERIFIED_ADDRESS,
            WEB_HOOK,
            VERIFICATION,
            SHOW_VERIFICATION_UI,
            B2B_SSO,
            ORGANIZATION,
        ],
        Flow::Registration => &[SESSION, WEB_HOOK, SHOW_VERIFICATION_UI, B2B_SSO, ORGANIZATION],
        Flow::Settings | Flow::Verification => EVERYWHERE,
        Flow::Recovery => &[WEB_HOOK, REVOKE_ACTIVE_SESSIONS],
    }
}

/// What may stand in `after.METHOD.hooks` of a flow.
pub(crate) fn allowed_after_method(flow: Flow, method: &str) -> &'static [&'static str] {
    match (flow, method) {
        (Flow::Login, "oidc") => {
            &[REVOKE_ACTIVE_SESSIONS, REQUIRE_VERIFIED_ADDRESS, WEB_HOOK, B2B_SSO, ORGANIZATION]
        }
        (Flow::Settings, "profile") => &[
            WEB_HOOK,
            SHOW_VERIFICATION_UI,
            VERIFY_NEW_ADDRESS,
            NOTIFY_PREVIOUS_ADDRESSES,
            B2B_SSO,
            ORGANIZATION,
        ],
        (Flow::Settings, _) => &[WEB_HOOK, REVOKE_ACTIVE_SESSIONS],
        (Flow::Login | Flow::Registration | Flow::Recovery | Flow::Verification, _) => allowed_after(flow),
    }
}

impl Hook {
    /// Reads one entry of the list with this path.
    pub(crate) fn read(
        source: &Source,
        node: &Node,
        list: &str,
        allowed: &[&'static str],
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        source.only(node, &format!("an entry of {list}"), &["hook", "config"])?;
        let name = source.needed(node, &format!("an entry of {list}"), "hook")?;
        let line = node.get("hook").map_or(node.line, |node| node.line);
        let Some(name) = NAMES.iter().copied().find(|known| *known == name) else {
            let (name, did_you_mean) =
                (name.to_owned(), vestibule::did_you_mean(name, NAMES.iter().copied()));
            return Err(ConfigError::UnknownHook {
                at: source.at(line),
                name,
                did_you_mean,
                known: NAMES.to_vec(),
            });
        };
        if !allowed.contains(&name) {
            let (list, allowed) = (list.to_owned(), allowed.to_vec());
            return Err(ConfigError::Misplaced { at: source.at(line), name, list, allowed });
        }
        Self::named(source, node, name, warnings)
    }

    fn named(
        source: &Source,
        node: &Node,
        name: &'static str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let config = node.get("config");
        let needed =
            || config.ok_or_else(|| source.wrong(node.line, format!("the hook `{name}` needs `config`")));
        let hook = match name {
            WEB_HOOK => return Ok(Self::Web(Arc::new(WebHook::read(source, needed()?, warnings)?))),
            B2B_SSO | ORGANIZATION => return Ok(Self::B2bSso { config: needed()?.to_json() }),
            NOTIFY_PREVIOUS_ADDRESSES => {
                return Ok(Self::NotifyPreviousAddresses { recipients: recipients(source, config)? });
            }
            SESSION => Self::Session,
            REVOKE_ACTIVE_SESSIONS => Self::RevokeActiveSessions,
            REQUIRE_VERIFIED_ADDRESS => Self::RequireVerifiedAddress,
            VERIFICATION => Self::Verification,
            SHOW_VERIFICATION_UI => Self::ShowVerificationUi,
            // The caller has found the name in the list of all names.
            _ => Self::VerifyNewAddress,
        };
        match config {
            None => Ok(hook),
            Some(config) => Err(source.wrong(config.line, format!("the hook `{name}` takes no `config`"))),
        }
    }

    /// The name in the configuration.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Session => SESSION,
            Self::RevokeActiveSessions => REVOKE_ACTIVE_SESSIONS,
            Self::RequireVerifiedAddress => REQUIRE_VERIFIED_ADDRESS,
            Self::Verification => VERIFICATION,
            Self::ShowVerificationUi => SHOW_VERIFICATION_UI,
            Self::VerifyNewAddress => VERIFY_NEW_ADDRESS,
            Self::NotifyPreviousAddresses { .. } => NOTIFY_PREVIOUS_ADDRESSES,
            Self::B2bSso { .. } => B2B_SSO,
            Self::Web(_) => WEB_HOOK,
            Self::Token(_) => "token_hook",
            Self::Migrate(_) => "migrate_hook",
        }
    }

    /// The call that it makes, if it makes one.
    pub(crate) fn web_hook(&self) -> Option<&Arc<WebHook>> {
        match self {
            Self::Web(hook) | Self::Token(hook) | Self::Migrate(hook) => Some(hook),
            Self::Session
            | Self::RevokeActiveSessions
            | Self::RequireVerifiedAddress
            | Self::Verification
            | Self::ShowVerificationUi
            | Self::VerifyNewAddress
            | Self::NotifyPreviousAddresses { .. }
            | Self::B2bSso { .. } => None,
        }
    }

    /// The command that a built-in hook is.
    pub(crate) fn command(&self) -> Option<Asked> {
        let (method, arg) = match self {
            Self::Session => ("hooks.session", None),
            Self::RevokeActiveSessions => ("hooks.revokeActiveSessions", None),
            Self::RequireVerifiedAddress => ("hooks.requireVerifiedAddress", None),
            Self::Verification => (VERIFICATION_COMMAND, None),
            Self::ShowVerificationUi => ("hooks.showVerificationUi", None),
            Self::VerifyNewAddress => ("hooks.verifyNewAddress", None),
            Self::NotifyPreviousAddresses { recipients } => {
                ("hooks.notifyPreviousAddresses", Some(json!({ "recipients": recipients })))
            }
            Self::B2bSso { config } => ("hooks.b2bSso", Some(config.clone())),
            Self::Web(_) | Self::Token(_) | Self::Migrate(_) => return None,
        };
        Some(Asked { method, args: vec![arg] })
    }

    /// Whether it acts before the identity is written, where a flow writes one.
    pub(crate) fn acts_before_persist(&self) -> bool {
        match self {
            Self::VerifyNewAddress => true,
            Self::Web(hook) => hook.response.interrupts(),
            Self::Session
            | Self::RevokeActiveSessions
            | Self::RequireVerifiedAddress
            | Self::Verification
            | Self::ShowVerificationUi
            | Self::NotifyPreviousAddresses { .. }
            | Self::B2bSso { .. }
            | Self::Token(_)
            | Self::Migrate(_) => false,
        }
    }
}

fn recipients(source: &Source, config: Option<&Node>) -> Result<String, ConfigError> {
    const KNOWN: &[&str] = &["removed", "all_verified", "all"];
    let Some(config) = config else { return Ok("removed".to_owned()) };
    source.only(config, "the config of notify_previous_addresses", &["recipients"])?;
    let recipients = source.text(config, "recipients")?.unwrap_or("removed");
    if KNOWN.contains(&recipients) {
        return Ok(recipients.to_owned());
    }
    let known = KNOWN.join(", ");
    Err(source.wrong(config.line, format!("`recipients` is {recipients:?}, but must be one of {known}")))
}

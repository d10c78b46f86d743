//! A place of the configuration where hooks stand: flow, before or after, method.

use std::fmt;

use thiserror::Error;

/// A self-service flow that has hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Flow {
    Login,
    Registration,
    Settings,
    Recovery,
    Verification,
}

/// Where hooks stand, and so when they run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `selfservice.flows.FLOW.before`: when the flow is created.
    Before(Flow),
    /// `selfservice.flows.FLOW.after`, for the flows that know no methods: when it is submitted.
    After(Flow),
    /// `selfservice.flows.FLOW.after.METHOD` and its fallback: when it is submitted with that method.
    AfterMethod(Flow, Method),
    /// `oauth2.token_hook` of Hydra: before tokens are issued.
    TokenHook,
    /// `selfservice.methods.password.config.migrate_hook`: when a password is to be migrated.
    PasswordMigration,
}

/// How the user proved who they are, or which part of the settings they changed; one that the flow knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(&'static str);

/// Words that name no place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct PlaceError {
    /// What is wrong.
    pub problem: String,
    /// The way out.
    pub hint: String,
}

const LOGIN_METHODS: &[&str] = &["password", "webauthn", "passkey", "oidc", "code", "totp", "lookup_secret"];
const REGISTRATION_METHODS: &[&str] = &["password", "webauthn", "passkey", "oidc", "code"];
const SETTINGS_METHODS: &[&str] =
    &["password", "totp", "oidc", "webauthn", "passkey", "lookup_secret", "profile"];

const FLOWS: &[Flow] = &[Flow::Login, Flow::Registration, Flow::Settings, Flow::Recovery, Flow::Verification];

/// The places beside the self-service flows, by the name that stands for a flow.
const TOKEN_HOOK: &str = "oauth2-token";
const PASSWORD_MIGRATION: &str = "password-migration";

impl Flow {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Registration => "registration",
            Self::Settings => "settings",
            Self::Recovery => "recovery",
            Self::Verification => "verification",
        }
    }

    /// The methods that its `after` block may name.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Login => LOGIN_METHODS,
            Self::Registration => REGISTRATION_METHODS,
            Self::Settings => SETTINGS_METHODS,
            Self::Recovery | Self::Verification => &[],
        }
    }

    /// Whether the identity is written in the middle of its `after` hooks.
    pub(crate) fn persists(self) -> bool {
        match self {
            Self::Registration | Self::Settings => true,
            Self::Login | Self::Recovery | Self::Verification => false,
        }
    }
}

impl Method {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl Place {
    /// Finds a place by the words of a command line: a flow (`login`, `oauth2-token`,
    /// `password-migration`…), `before` or `after`, and a method.
    ///
    /// # Errors
    /// When one of the words is unknown, missing, or does not belong to the others.
    pub fn from_words(flow: &str, when: Option<&str>, method: Option<&str>) -> Result<Self, PlaceError> {
        let single = match flow {
            TOKEN_HOOK => Some(Self::TokenHook),
            PASSWORD_MIGRATION => Some(Self::PasswordMigration),
            _ => None,
        };
        if let Some(place) = single {
            return match (when, method) {
                (None, None) => Ok(place),
                (Some(_), _) | (None, Some(_)) => Err(PlaceError {
                    problem: format!("the flow {flow} has neither before nor after, and no methods"),
                    hint: format!("name the flow {flow} alone"),
                }),
            };
        }
        let flow = find_flow(flow)?;
        match when {
            Some("before") => before(flow, method),
            Some("after") => after(flow, method),
            Some(other) => Err(PlaceError {
                problem: format!("{other:?} is neither before nor after"),
                hint: "before: when the flow is created; after: when it is submitted".to_owned(),
            }),
            None => Err(PlaceError {
                problem: format!("the flow {} has hooks before and after, and none is chosen", flow.name()),
                hint: "before: when the flow is created; after: when it is submitted".to_owned(),
            }),
        }
    }

    /// Every place.
    pub(crate) fn all() -> Vec<Self> {
        let mut places = vec![Self::TokenHook, Self::PasswordMigration];
        for flow in FLOWS {
            places.push(Self::Before(*flow));
            match flow.methods() {
                [] => places.push(Self::After(*flow)),
                methods => {
                    places.extend(methods.iter().map(|method| Self::AfterMethod(*flow, Method(method))));
                }
            }
        }
        places
    }

    /// The trigger whose commands the hooks give.
    pub fn trigger(&self) -> String {
        match self {
            Self::Before(flow) => format!("ory/before-{}", flow.name()),
            Self::After(flow) | Self::AfterMethod(flow, _) => format!("ory/after-{}", flow.name()),
            Self::TokenHook => format!("ory/{TOKEN_HOOK}"),
            Self::PasswordMigration => format!("ory/{PASSWORD_MIGRATION}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(flow) => write!(f, "selfservice.flows.{}.before", flow.name()),
            Self::After(flow) => write!(f, "selfservice.flows.{}.after", flow.name()),
            Self::AfterMethod(flow, method) => {
                write!(f, "selfservice.flows.{}.after.{}", flow.name(), method.name())
            }
            Self::TokenHook => f.write_str("oauth2.token_hook"),
            Self::PasswordMigration => f.write_str("selfservice.methods.password.config.migrate_hook"),
        }
    }
}

fn find_flow(name: &str) -> Result<Flow, PlaceError> {
    if let Some(flow) = FLOWS.iter().find(|flow| flow.name() == name) {
        return Ok(*flow);
    }
    let names: Vec<_> =
        FLOWS.iter().map(|flow| flow.name()).chain([TOKEN_HOOK, PASSWORD_MIGRATION]).collect();
    let hint =
        vestibule::did_you_mean(name, names.iter().copied()).map(|meant| format!("did you mean {meant}? "));
    Err(PlaceError {
        problem: format!("there is no flow {name:?} with hooks"),
        hint: format!("{}the flows are: {}", hint.unwrap_or_default(), names.join(", ")),
    })
}

fn before(flow: Flow, method: Option<&str>) -> Result<Place, PlaceError> {
    match method {
        None => Ok(Place::Before(flow)),
        Some(_) => Err(PlaceError {
            problem: format!("the hooks before {} belong to no method", flow.name()),
            hint: "leave the method out: it is not known before the flow is submitted".to_owned(),
        }),
    }
}

fn after(flow: Flow, method: Option<&str>) -> Result<Place, PlaceError> {
    let methods = flow.methods();
    match method {
        None if methods.is_empty() => Ok(Place::After(flow)),
        None => Err(PlaceError {
            problem: format!("which hooks run after {} depends on the method", flow.name()),
            hint: format!("the methods are: {}", methods.join(", ")),
        }),
        Some(name) => match methods.iter().find(|known| **known == name) {
            Some(known) => Ok(Place::AfterMethod(flow, Method(known))),
            None if methods.is_empty() => Err(PlaceError {
                problem: format!("the hooks after {} belong to no method", flow.name()),
                hint: "leave the method out".to_owned(),
            }),
            None => {
                let meant = vestibule::did_you_mean(name, methods.iter().copied())
                    .map(|meant| format!("did you mean {meant}? "));
                let methods = methods.join(", ");
                Err(PlaceError {
                    problem: format!("the flow {} has no method {name:?}", flow.name()),
                    hint: format!("{}the methods are: {methods}", meant.unwrap_or_default()),
                })
            }
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn words_that_fit_name_a_place_and_its_trigger() {
        let cases = [
            ("login", Some("before"), None, "ory/before-login", "selfservice.flows.login.before"),
            ("login", Some("after"), Some("oidc"), "ory/after-login", "selfservice.flows.login.after.oidc"),
            ("recovery", Some("after"), None, "ory/after-recovery", "selfservice.flows.recovery.after"),
            (
                "settings",
                Some("after"),
                Some("profile"),
                "ory/after-settings",
                "selfservice.flows.settings.after.profile",
            ),
            ("oauth2-token", None, None, "ory/oauth2-token", "oauth2.token_hook"),
        ];
        for (flow, when, method, trigger, shown) in cases {
            let place = Place::from_words(flow, when, method).unwrap();
            assert_eq!((place.trigger().as_str(), place.to_string().as_str()), (trigger, shown));
        }
    }

    #[test]
    fn words_that_do_not_fit_say_which_do() {
        let cases = [
            ("logn", Some("after"), None, "there is no flow", "did you mean login? the flows are: login"),
            ("logout", Some("after"), None, "there is no flow", "the flows are"),
            ("login", None, None, "before and after", "after: when it is submitted"),
            ("login", Some("during"), None, "neither before nor after", "after: when it is submitted"),
            ("login", Some("after"), None, "depends on the method", "password, webauthn"),
            ("login", Some("after"), Some("pasword"), "no method \"pasword\"", "did you mean password?"),
            ("registration", Some("after"), Some("totp"), "no method \"totp\"", "password, webauthn"),
            ("login", Some("before"), Some("password"), "belong to no method", "leave the method out"),
            ("recovery", Some("after"), Some("code"), "belong to no method", "leave the method out"),
            ("oauth2-token", Some("after"), None, "neither before nor after", "alone"),
        ];
        for (flow, when, method, problem, hint) in cases {
            let error = Place::from_words(flow, when, method).unwrap_err();
            assert!(error.problem.contains(problem), "{flow} {when:?} {method:?}: {error:?}");
            assert!(error.hint.contains(hint), "{flow} {when:?} {method:?}: {error:?}");
        }
    }
}

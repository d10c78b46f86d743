//! Which hooks run at one place, in which order: what Kratos makes of the lists of a configuration.

use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use crate::error::SourceLine;
use crate::hook::Hook;
use crate::place::Place;
use crate::reader::Source;

/// The hooks of one place in the order in which they run. Made by [`OryConfig::plan`](crate::OryConfig::plan).
///
/// | rule | what happens |
/// |---|---|
/// | a method's list overrides | `after.METHOD.hooks` and `after.hooks` are never merged; the second runs only where the first gives no hook |
/// | two phases | after registration and settings, hooks that can interrupt run before the identity is written, from the method's list alone; all others run after it is written |
/// | never | a hook that can interrupt in `after.hooks` of those flows runs in neither phase: the plan follows Kratos and warns |
/// | a verifier first | where verification is enabled it goes before all others of the second phase |
/// | `session` last | wherever it stands in its list |
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) place: Place,
    pub(crate) hooks: Vec<PlannedHook>,
    pub(crate) warnings: Vec<Warning>,
    /// Names of headers in lower case.
    pub(crate) headers_allowed: Arc<[String]>,
}

/// A hook that runs.
#[derive(Clone, Debug)]
pub struct PlannedHook {
    pub(crate) hook: Hook,
    pub(crate) name: String,
    pub(crate) at: SourceLine,
    pub(crate) phase: Option<Phase>,
}

/// When a hook runs, in flows that write the identity in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The identity has not been written, and a web hook may still change it.
    BeforePersist,
    /// The identity has been written.
    AfterPersist,
}

/// Something in the configuration that does not do what it seems to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// File and line.
    pub at: String,
    /// What happens, and what to write instead.
    pub message: String,
}

/// A hook where the configuration has it.
pub(crate) struct Listed {
    pub(crate) hook: Hook,
    pub(crate) at: SourceLine,
}

/// The lists that are looked at after a flow with methods.
pub(crate) struct MethodLists {
    pub(crate) of_method: Vec<Listed>,
    pub(crate) of_flow: Vec<Listed>,
    /// Where verification is enabled, if it is.
    pub(crate) verifier: Option<SourceLine>,
}

impl Plan {
    /// The place.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What runs, in order.
    pub fn hooks(&self) -> &[PlannedHook] {
        &self.hooks
    }

    /// What does not do what it seems to.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl PlannedHook {
    /// The name in the configuration, such as `web_hook`.
    pub fn hook(&self) -> &'static str {
        self.hook.name()
    }

    /// What reports and commands call it: its `id` or the name of the hook; unlike all others of its plan.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    pub fn at(&self) -> &SourceLine {
        &self.at
    }

    /// When it runs, in flows that write the identity in between.
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }
}

impl Warning {
    pub(crate) fn new(at: &SourceLine, message: impl Into<String>) -> Self {
        Self { at: at.to_string(), message: message.into() }
    }
}

/// A list as it is, `session` last.
pub(crate) fn in_order(list: Vec<Listed>) -> Vec<PlannedHook> {
    named(session_last(list).into_iter().map(|listed| (listed, None)).collect())
}

/// The hooks after a flow with methods that writes nothing in between.
pub(crate) fn overridden(
    lists: MethodLists,
    place: &Place,
    source: &Source,
    warnings: &mut Vec<Warning>,
) -> Vec<PlannedHook> {
    if lists.of_method.is_empty() {
        return in_order(lists.of_flow);
    }
    warn_of_override(&lists.of_flow, place, source, warnings);
    in_order(lists.of_method)
}

/// The hooks after a flow that writes the identity in between.
pub(crate) fn in_two_phases(
    lists: MethodLists,
    place: &Place,
    source: &Source,
    warnings: &mut Vec<Warning>,
) -> Vec<PlannedHook> {
    let MethodLists { of_method, of_flow, verifier } = lists;
    // Kratos counts what could run in the second phase, although a parsing hook then returns at once.
    let is_fallback = of_method.iter().all(|listed| matches!(listed.hook, Hook::VerifyNewAddress));
    let (before, mut after): (Vec<_>, Vec<_>) =
        of_method.into_iter().partition(|listed| listed.hook.acts_before_persist());
    if is_fallback {
        for listed in of_flow {
            if listed.hook.acts_before_persist() {
                warnings.push(Warning::new(&listed.at, never_runs(place)));
            } else {
                after.push(listed);
            }
        }
    } else {
        warn_of_override(&of_flow, place, source, warnings);
    }
    let verifier = verifier.map(|at| Listed { hook: Hook::Verification, at });
    let before = before.into_iter().map(|listed| (listed, Some(Phase::BeforePersist)));
    let after = verifier.into_iter().chain(session_last(after));
    named(before.chain(after.map(|listed| (listed, Some(Phase::AfterPersist)))).collect())
}

fn session_last(list: Vec<Listed>) -> Vec<Listed> {
    let (session, mut others): (Vec<_>, Vec<_>) =
        list.into_iter().partition(|listed| matches!(listed.hook, Hook::Session));
    others.extend(session);
    others
}

fn never_runs(place: &Place) -> String {
    format!(
        "this web_hook never runs: before the identity is written only {place}.hooks is looked at, and \
         after it is written a hook that can interrupt is skipped; move it to {place}.hooks"
    )
}

fn warn_of_override(of_flow: &[Listed], place: &Place, source: &Source, warnings: &mut Vec<Warning>) {
    let Some(first) = of_flow.first() else { return };
    let hooks = if of_flow.len() == 1 { "the hook here does" } else { "the hooks from here on do" };
    let message = format!(
        "{hooks} not run: {place}.hooks overrides this list, and the two are never merged; repeat there what \
         is to run"
    );
    warnings.push(Warning::new(&source.at(first.at.line), message));
}

/// Gives every hook a name that no other has.
fn named(hooks: Vec<(Listed, Option<Phase>)>) -> Vec<PlannedHook> {
    let mut planned: Vec<PlannedHook> = Vec::new();
    for (Listed { hook, at }, phase) in hooks {
        let id = hook.web_hook().and_then(|web_hook| web_hook.id.as_deref());
        let name = id.unwrap_or(hook.name());
        let is_taken = |name: &str| planned.iter().any(|other| other.name == name);
        let mut unique = name.to_owned();
        let mut number = 2;
        while is_taken(&unique) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        planned.push(PlannedHook { hook, name: unique, at, phase });
    }
    planned
}

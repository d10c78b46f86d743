//! The doc comment that carries `@trigger`: name, title, mode, subject, binding, retries, needs.

use std::time::Duration;

use super::jsdoc::{Docs, Tag};
use super::rules::event_path;
use super::source::{DeclarationError, Source};
use crate::rules::Scope;
use crate::shape::{Shape, Types};
use crate::trigger::{BindingPolicy, Method, Mode, Need, Retries, RetryOn};

const BINDING_FORMS: &str = "write `@binding list`, `@binding list max 4` or `@binding entity KIND`";
const RETRY_FORMS: &str = "write `@retries 2 after 5s 1m on failure`, or `on` and the path of a method";
const SUBJECT_FORMS: &str = "write `@subject event.a.b`, or several paths";

/// What stands in the header alone.
pub(super) struct Header {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) mode: Mode,
    pub(super) binding: BindingPolicy,
    pub(super) retries: Option<Retries>,
    pub(super) needs: Vec<Need>,
}

pub(super) fn read_header(source: &Source<'_>, docs: &Docs) -> Result<Header, DeclarationError> {
    let id = docs.one(source, "trigger")?.map(|tag| read_id(source, tag)).transpose()?.unwrap_or_default();
    let title = docs.one(source, "title")?.map(|tag| tag.text.clone());
    let mode = docs.one(source, "mode")?.map(|tag| read_mode(source, tag)).transpose()?;
    let binding = docs.one(source, "binding")?.map(|tag| read_binding(source, tag)).transpose()?;
    let retries = docs.one(source, "retries")?.map(|tag| read_retries(source, tag)).transpose()?;
    // Read when the event is known, see `read_subject`.
    docs.one(source, "subject")?;
    let needs = docs.all("needs").into_iter().map(read_need).collect();
    docs.finish(source, "the trigger")?;
    Ok(Header {
        title: title.unwrap_or_else(|| id.clone()),
        id,
        summary: docs.description.clone(),
        mode: mode.unwrap_or(Mode::Sync),
        binding: binding.unwrap_or(BindingPolicy::List { max: None }),
        retries,
        needs,
    })
}

/// The paths of the event that say what it is about.
pub(super) fn read_subject(
    source: &Source<'_>,
    docs: &Docs,
    types: &Types,
    event: &Shape,
) -> Result<Vec<Vec<String>>, DeclarationError> {
    let Some(tag) = docs.one(source, "subject")? else { return Ok(Vec::new()) };
    let path = |text| Ok(event_path(source, types, event, tag, text, SUBJECT_FORMS)?.0);
    tag.text.split_whitespace().map(path).collect()
}

/// Refuses retries and needs that name a method that there is not, and suspensions that cannot be kept.
pub(super) fn check_methods(
    source: &Source<'_>,
    docs: &Docs,
    header: &Header,
    methods: &[Method],
) -> Result<(), DeclarationError> {
    let is_known = |path: &String| methods.iter().any(|method| method.path == *path);
    if let Some(Retries { on: RetryOn::Command(path), .. }) = &header.retries
        && let Some(tag) = docs.one(source, "retries")?.filter(|_| !is_known(path))
    {
        return Err(tag.error(source, "names no method", RETRY_FORMS));
    }
    check_suspensions(source, docs, methods)?;
    for (need, tag) in header.needs.iter().zip(docs.all("needs")) {
        if !need.methods.iter().all(is_known) {
            return Err(tag.error(source, "names no method", "write `@needs a.b | a.c - MESSAGE`"));
        }
    }
    Ok(())
}

/// A flow that waits for somebody must say who that is: else whoever comes back could go on with it. And a
/// suspension carries its command out, so nothing that counts on the command holds afterwards.
fn check_suspensions(source: &Source<'_>, docs: &Docs, methods: &[Method]) -> Result<(), DeclarationError> {
    let Some(tag) = docs.one(source, "trigger")? else { return Ok(()) };
    for method in methods.iter().filter(|method| method.suspends.is_some()) {
        let path = &method.path;
        if docs.one(source, "subject")?.is_none() {
            let construct = format!("has no @subject, but api.{path} suspends");
            return Err(tag.error(source, &construct, SUBJECT_FORMS));
        }
        if method.rules.limits.iter().any(|limit| limit.scope == Scope::Flow) {
            let construct = format!("limits api.{path} per flow, but it suspends");
            return Err(tag.error(source, &construct, "write `per execution`"));
        }
        let discards = |other: &&Method| {
            let by = other.rules.discarded_by.iter().filter_map(|by| methods.get(by.method));
            by.map(|by| &by.path).any(|by| by == path)
        };
        if let Some(other) = methods.iter().find(discards) {
            let construct = format!("discards api.{} by api.{path}, but that suspends", other.path);
            return Err(tag.error(source, &construct, "leave out `@discardedBy`"));
        }
    }
    Ok(())
}

fn read_need(tag: &Tag) -> Need {
    let (methods, message) = tag.with_message();
    let methods: Vec<String> = methods.split('|').map(|path| path.trim().to_owned()).collect();
    let standard = || format!("no action has called {}", methods.join(" or "));
    Need { message: message.unwrap_or_else(standard), methods }
}

fn read_id(source: &Source<'_>, tag: &Tag) -> Result<String, DeclarationError> {
    match tag.text.split_once('/') {
        Some((platform, name)) if is_word(platform) && is_word(name) => Ok(tag.text.clone()),
        _ => {
            let supported =
                "write PLATFORM/NAME in lower-case letters, digits and hyphens, such as acme/post-login";
            Err(tag.error(source, "is not the name of a trigger", supported))
        }
    }
}

fn read_mode(source: &Source<'_>, tag: &Tag) -> Result<Mode, DeclarationError> {
    match tag.text.as_str() {
        "sync" => Ok(Mode::Sync),
        "async" => Ok(Mode::Async),
        _ => Err(tag.error(source, "names an unknown mode", "write `@mode sync` or `@mode async`")),
    }
}

fn read_binding(source: &Source<'_>, tag: &Tag) -> Result<BindingPolicy, DeclarationError> {
    let malformed = || tag.error(source, "is not a way to bind actions", BINDING_FORMS);
    let words: Vec<&str> = tag.text.split_whitespace().collect();
    match words.as_slice() {
        ["list"] => Ok(BindingPolicy::List { max: None }),
        ["list", "max", max] => {
            let max: usize = max.parse().ok().filter(|&max| max > 0).ok_or_else(malformed)?;
            Ok(BindingPolicy::List { max: Some(max) })
        }
        ["entity", kind] if is_word(kind) => Ok(BindingPolicy::Entity { kind: (*kind).to_owned() }),
        _ => Err(malformed()),
    }
}

fn read_retries(source: &Source<'_>, tag: &Tag) -> Result<Retries, DeclarationError> {
    let malformed = || tag.error(source, "is not a rule for repetitions", RETRY_FORMS);
    let (count, rest) = tag.text.split_once(" after ").ok_or_else(malformed)?;
    let (waits, on) = rest.split_once(" on ").ok_or_else(malformed)?;
    let waits: Option<Vec<Duration>> = waits.split_whitespace().map(read_duration).collect();
    let waits = waits.filter(|waits| count.trim().parse() == Ok(waits.len())).ok_or_else(malformed)?;
    let on = match on.trim() {
        "failure" => RetryOn::Failure,
        path => RetryOn::Command(path.to_owned()),
    };
    Ok(Retries { on, waits })
}

/// `500ms`, `10s` or `2m`.
fn read_duration(text: &str) -> Option<Duration> {
    let number = |suffix| text.strip_suffix(suffix)?.parse::<u64>().ok();
    let minutes = || number("m").and_then(|minutes| minutes.checked_mul(60)).map(Duration::from_secs);
    number("ms").map(Duration::from_millis).or_else(|| number("s").map(Duration::from_secs)).or_else(minutes)
}

fn is_word(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

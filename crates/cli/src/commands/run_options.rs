//! What the options of `vestibule run` say, read and checked; with a flow file or without.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use vestibule::ContinuationKeys;
use vestibule::Directory;
use vestibule::Egress;
use vestibule::Trigger;

use crate::cli;
use crate::command_error::CommandError;
use crate::commands::run::RunArgs;
use crate::commands::triggers;
use crate::execute::Entry;
use crate::fetches;
use crate::input;
use crate::io::Io;
use crate::key_file;

pub(super) fn secrets(args: &RunArgs, io: &Io<'_>) -> Result<Vec<(String, String)>, CommandError> {
    let mut secrets: Vec<(String, String)> = Vec::new();
    for pair in &args.secrets {
        let (name, value) = cli::split_pair(pair, "--secret", "NAME=VALUE")?;
        secrets.push((name.to_owned(), value.to_owned()));
    }
    for pair in &args.secret_files {
        let (name, file) = cli::split_pair(pair, "--secret-file", "NAME=FILE")?;
        let text = input::text(&io.path(Path::new(file)), file)?;
        let value =
            text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        secrets.push((name.to_owned(), value.to_owned()));
    }
    for (index, (name, _)) in secrets.iter().enumerate() {
        if secrets[..index].iter().any(|(other, _)| other == name) {
            return Err(CommandError::usage(format!("the secret {name} is given twice"))
                .hint("leave one of them out"));
        }
    }
    Ok(secrets)
}

pub(super) fn egress(args: &RunArgs, io: &Io<'_>) -> Result<Egress, CommandError> {
    match &args.fetch {
        Some(path) => fetches::canned(&io.path(path), &cli::shown(path)),
        None => fetches::network(&args.allow_hosts, &args.allow_addresses),
    }
}

pub(super) fn directory(args: &RunArgs, io: &Io<'_>) -> Result<Directory, CommandError> {
    match &args.host {
        Some(path) => input::json(&io.path(path), &cli::shown(path)),
        None => Ok(Directory::default()),
    }
}

/// Where the run begins: at a handler, or where a continuation says.
pub(super) fn entry(args: &RunArgs, io: &mut Io<'_>) -> Result<Entry, CommandError> {
    let Some(path) = &args.continuation else { return Ok(Entry::Handler(args.handler)) };
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    if is_stdin(path) && args.event.as_ref().is_some_and(is_stdin) {
        return Err(CommandError::usage("--continue and --event both read standard input")
            .hint("name a file for one of them"));
    }
    let (text, shown) = match is_stdin(path) {
        true => (input::text_from(&mut *io.stdin, "standard input")?, "standard input".to_owned()),
        false => (input::text(&io.path(path), &cli::shown(path))?, cli::shown(path)),
    };
    continuation_in(&text, &shown).map(Entry::Continuation)
}

/// The continuation in a text: of the outcome document, or the text itself.
fn continuation_in(text: &str, shown: &str) -> Result<String, CommandError> {
    if !text.trim_start().starts_with('{') {
        return Ok(text.trim().to_owned());
    }
    let document: Value = input::parse_json(text, shown)?;
    let continuation = document.pointer("/decision/continuation").and_then(Value::as_str);
    continuation.map(str::to_owned).ok_or_else(|| {
        let kind = document.pointer("/decision/kind").and_then(Value::as_str).unwrap_or("unknown");
        CommandError::usage(format!("{shown} holds no continuation: its decision is {kind:?}"))
            .hint("only a flow that waits can go on; its decision is \"suspend\"")
    })
}

pub(super) fn keys(args: &RunArgs, io: &Io<'_>) -> Result<Option<ContinuationKeys>, CommandError> {
    let Some(path) = &args.continuation_key_file else { return Ok(None) };
    let (file, shown) = (io.path(path), cli::shown(path));
    // A new key would open no continuation.
    let keys = match args.continuation {
        Some(_) => key_file::read(&file, &shown)?,
        None => key_file::read_or_create(&file, &shown)?,
    };
    Ok(Some(keys))
}

pub(super) fn event(args: &RunArgs, trigger: &Trigger, io: &mut Io<'_>) -> Result<Value, CommandError> {
    let (event, shown) = match &args.event {
        None => {
            let sample = trigger.sample_event().ok_or_else(|| triggers::no_sample(trigger))?;
            (input::parse_json(sample, "the sample event")?, "the sample event".to_owned())
        }
        Some(path) if path.as_os_str() == "-" => {
            let text = input::text_from(&mut *io.stdin, "standard input")?;
            (input::parse_json(&text, "standard input")?, "standard input".to_owned())
        }
        Some(path) => (input::json(&io.path(path), &cli::shown(path))?, cli::shown(path)),
    };
    let kind = match event {
        Value::Object(_) => return Ok(event),
        Value::Array(_) => "a list",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
    };
    Err(CommandError::usage(format!("{shown} holds {kind}, but an event is an object"))
        .hint(format!("`vestibule triggers sample {}` prints one", trigger.id())))
}

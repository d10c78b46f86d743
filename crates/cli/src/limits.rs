//! Limits by name, as `--limit` and `case.json` set them.

use serde_json::Map;
use serde_json::Value;
use vestibule::Limits;

use crate::cli;
use crate::command_error::CommandError;

/// Adds the table of limits to the long help of `run`, from the limits themselves.
pub(crate) fn describe(command: clap::Command) -> clap::Command {
    let names: Vec<_> = default_limits().iter().map(|(name, value)| format!("  {name}={value}")).collect();
    let help = format!("What each action may use. The limits and their defaults:\n{}", names.join("\n"));
    command.mut_subcommand("run", |run| run.mut_arg("limits", |arg| arg.long_help(help)))
}

/// The limits that `--limit` and `case.json` set, over the defaults, and within their ranges.
pub(crate) fn from_changes(changes: Map<String, Value>) -> Result<Limits, CommandError> {
    let known = default_limits();
    if let Some(name) = changes.keys().find(|name| !known.contains_key(*name)) {
        let names: Vec<_> = known.keys().map(String::as_str).collect();
        return Err(CommandError::usage(format!("there is no limit {name:?}"))
            .hint(format!("the limits are: {}", names.join(", "))));
    }
    let limits: Limits = serde_json::from_value(Value::Object(changes))
        .map_err(|error| CommandError::wrong_use(error).hint("a limit is a whole number"))?;
    limits.check().map_err(CommandError::wrong_use)?;
    Ok(limits)
}

/// The limits by name.
fn default_limits() -> Map<String, Value> {
    match serde_json::to_value(Limits::default()) {
        Ok(Value::Object(limits)) => limits,
        // Limits are a flat structure of numbers; writing them cannot fail.
        _ => Map::new(),
    }
}

/// The limits that `--limit` sets, over the defaults.
pub(crate) fn given(given: &[String]) -> Result<Limits, CommandError> {
    from_changes(changes(given)?)
}

/// What `--limit` sets, by name.
pub(crate) fn changes(given: &[String]) -> Result<Map<String, Value>, CommandError> {
    let mut changes = Map::new();
    for pair in given {
        let (name, value) = cli::split_pair(pair, "--limit", "NAME=NUMBER")?;
        let number: u64 = value.replace('_', "").parse().map_err(|_| {
            CommandError::usage(format!("the limit {name} is {value:?}, but must be a whole number"))
                .hint(format!("write --limit {name}=500"))
        })?;
        if changes.insert(name.to_owned(), number.into()).is_some() {
            return Err(
                CommandError::usage(format!("the limit {name} is given twice")).hint("leave one of them out")
            );
        }
    }
    from_changes(changes.clone())?;
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn limits_are_numbers_by_name() {
        let set = given(&strings(&["wall_ms=500", "heap_bytes=16_777_216"])).unwrap();
        assert_eq!((set.wall.as_millis(), set.heap_bytes), (500, 16 * 1024 * 1024));
        assert_eq!(set.cpu, Limits::default().cpu);
    }

    #[test]
    fn a_bad_limit_says_which_are_good() {
        let error = |text: &[&str]| given(&strings(text)).unwrap_err();
        assert_eq!(error(&["wall=5"]).error.to_string(), "there is no limit \"wall\"");
        assert!(error(&["wall=5"]).hints[0].starts_with("the limits are: wall_ms, cpu_ms, "));
        assert_eq!(
            error(&["wall_ms=5s"]).error.to_string(),
            "the limit wall_ms is \"5s\", but must be a whole number"
        );
        assert_eq!(
            error(&["wall_ms=0"]).error.to_string(),
            "limit `wall_ms` is 0, but must be from 1 to 600000"
        );
        assert_eq!(error(&["wall_ms=1", "wall_ms=2"]).error.to_string(), "the limit wall_ms is given twice");
        assert_eq!(error(&["wall_ms"]).error.to_string(), "a --limit has no \"=\"");
    }
}

//! Node's built-in modules: JavaScript of ours, compiled into this program.

use nodejs_built_in_modules::is_nodejs_builtin_module;

/// How they are asked for, and in front of their names where nothing else can be meant.
pub(crate) const PREFIX: &str = "node:";

/// In front of the names of what the engine has ready for them.
pub(crate) const NATIVE_PREFIX: &str = "vestibule:";

/// Modules that only other ones of them may ask for.
const INTERNAL: &str = "internal/";

/// Every module by its name, with its source.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// What Node gives every file without an import, and the module that has it.
pub(crate) const GLOBALS: [Global; 4] = [
    Global { name: "Buffer", module: "node:buffer", exported: "Buffer" },
    Global { name: "process", module: "node:process", exported: "default" },
    Global { name: "setImmediate", module: "node:timers", exported: "setImmediate" },
    Global { name: "clearImmediate", module: "node:timers", exported: "clearImmediate" },
];

/// A name that a file may use without declaring it.
pub(crate) struct Global {
    pub(crate) name: &'static str,
    pub(crate) module: &'static str,
    pub(crate) exported: &'static str,
}

/// What a specifier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin<'a> {
    /// A module that we have, by its name.
    Here(&'a str),
    /// One that Node has, or could have: it begins with `node:`.
    Missing,
    /// Something else: a package, a file.
    No,
}

/// What a specifier asks for. A slash at its end means a package, as for Node.
pub(crate) fn find(specifier: &str, is_from_builtin: bool) -> Builtin<'_> {
    let prefixed = specifier.strip_prefix(PREFIX);
    let name = prefixed.unwrap_or(specifier);
    let is_reachable = is_from_builtin || !name.starts_with(INTERNAL);
    if is_reachable && source(name).is_some() && (prefixed.is_some() || !name.starts_with(INTERNAL)) {
        Builtin::Here(name)
    } else if prefixed.is_some() || is_nodejs_builtin_module(specifier) {
        Builtin::Missing
    } else {
        Builtin::No
    }
}

/// The source of a module.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    let index = SOURCES.binary_search_by_key(&name, |(name, _)| *name).ok()?;
    Some(SOURCES[index].1)
}

/// The module whose identifier in a bundle this is.
pub(crate) fn source_of_id(id: &str) -> Option<&'static str> {
    source(id.strip_prefix(PREFIX)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_node_finds_them() {
        assert_eq!(find("util", false), Builtin::Here("util"));
        assert_eq!(find("node:util", false), Builtin::Here("util"));
        assert_eq!(find("stream/promises", false), Builtin::Here("stream/promises"));
        assert_eq!(find("punycode/", false), Builtin::No);
        assert_eq!(find("lodash", false), Builtin::No);
        assert_eq!(find("internal/errors", true), Builtin::No);
        assert_eq!(find("node:internal/errors", false), Builtin::Missing);
        assert_eq!(find("node:internal/errors", true), Builtin::Here("internal/errors"));
        assert_eq!(find("node:sea", false), Builtin::Missing);
        assert_eq!(find("trace_events", false), Builtin::Missing);
    }

    #[test]
    fn every_module_is_found_by_its_name() {
        assert!(SOURCES.iter().all(|(name, _)| source(name).is_some()), "the list is not in order");
        for global in GLOBALS {
            assert!(source_of_id(global.module).is_some(), "{}", global.module);
        }
    }
}

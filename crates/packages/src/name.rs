//! Names of packages. A name becomes a folder, so a name that is none is refused wherever it comes from.

/// The longest name that the registry takes, in bytes.
const NAME_BYTES_MAX: usize = 214;

/// Why a text is not the name of a package; `None` when it is one.
pub(crate) fn fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return Some("it is longer than 214 bytes");
    }
    let parts: Vec<&str> = match name.strip_prefix('@') {
        None => vec![name],
        Some(scoped) => match scoped.split_once('/') {
            None => return Some("a scope is followed by \"/\" and a name"),
            Some((scope, name)) => vec![scope, name],
        },
    };
    parts.into_iter().find_map(part_fault)
}

fn part_fault(part: &str) -> Option<&'static str> {
    let is_fit = |char: char| char.is_ascii_alphanumeric() || "-_.~!'()*".contains(char);
    if part.is_empty() {
        return Some("a part of it is empty");
    }
    if part.starts_with('.') {
        return Some("it begins with a dot");
    }
    if !part.chars().all(is_fit) {
        return Some("it has characters that no package has");
    }
    if part.eq_ignore_ascii_case("node_modules") {
        return Some("node_modules is not a package");
    }
    None
}

/// The name without its scope.
pub(crate) fn base(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, base)| base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_names() {
        for name in ["lodash", "@types/node", "JSONStream", "a.b", "x~y", "socket.io"] {
            assert_eq!(fault(name), None, "{name}");
        }
        let long = "a".repeat(215);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "@a",
            "@a/",
            "@/b",
            "@a/..",
            "@../b",
            "a\\b",
            "a b",
            "node_modules",
            "Node_Modules",
            ".bin",
            "a\0",
            "@a/b/c",
            "@a/node_modules",
            &long,
        ] {
            assert!(fault(name).is_some(), "{name:?}");
        }
    }
}

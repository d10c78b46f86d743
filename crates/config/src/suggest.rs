//! The nearest known name to one that is not known.

/// The known name that a mistyped one most likely meant.
pub(crate) fn did_you_mean<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // `cpu` for `cpu_ms`: who forgets the unit is far away by letters.
    let lower = name.to_lowercase();
    let has_unit = |known: &&&str| {
        !lower.is_empty() && known.strip_prefix(&lower).is_some_and(|rest| rest.starts_with('_'))
    };
    match known.iter().find(has_unit) {
        Some(longer) => Some(longer),
        None => vestibule::did_you_mean(name, known.iter().copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        let known = ["wall_ms", "cpu_ms", "file"];
        assert_eq!(did_you_mean("fiel", &known), Some("file"));
        assert_eq!(did_you_mean("CPU", &known), Some("cpu_ms"));
        assert_eq!(did_you_mean("secrets", &known), None);
    }
}

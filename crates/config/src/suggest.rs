//! The nearest known name to one that is not known.

/// Texts longer than this are not names that somebody mistyped.
const NAME_CHARS_MAX: usize = 64;

/// The known name that a mistyped one most likely meant. Letter case costs nothing.
pub(crate) fn did_you_mean<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    if name.is_empty() || name.len() > NAME_CHARS_MAX {
        return None;
    }
    let name = name.to_lowercase();
    // `cpu` for `cpu_ms`: who forgets the unit is far away by letters.
    if let Some(longer) =
        known.iter().find(|known| known.strip_prefix(&name).is_some_and(|rest| rest.starts_with('_')))
    {
        return Some(longer);
    }
    known
        .iter()
        .filter(|known| known.len() <= NAME_CHARS_MAX)
        .map(|known| (strsim::damerau_levenshtein(&name, &known.to_lowercase()), *known))
        .filter(|(distance, known)| {
            *distance <= (known.len().max(name.len()) / 3).max(1) && *distance < name.len()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
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
        assert_eq!(did_you_mean("x", &["a"]), None);
    }
}

//! The nearest known name to one that is not known.

/// The candidate that a mistyped name most likely meant.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // A text of this length is not a name that somebody mistyped.
    if name.len() > 64 {
        return None;
    }
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_none_that_is_far() {
        let names = ["web_hook", "session"];
        assert_eq!(did_you_mean("webhook", &names), Some("web_hook"));
        assert_eq!(did_you_mean("sesion", &names), Some("session"));
        assert_eq!(did_you_mean("something_else", &names), None);
        assert_eq!(did_you_mean(&"x".repeat(100_000), &names), None);
    }
}

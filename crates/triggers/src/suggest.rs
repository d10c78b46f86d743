//! The nearest known name to one that is not known.

use strsim::levenshtein;

/// Texts longer than this are not names that somebody mistyped.
const NAME_CHARS_MAX: usize = 64;

/// Returns the candidate that a mistyped name most likely meant.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > NAME_CHARS_MAX {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= NAME_CHARS_MAX)
        .map(|candidate| (levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_the_nearest_name() {
        let names = ["auth0/post-login", "auth0/pre-user-registration"];
        assert_eq!(did_you_mean("auth0/post-logn", names), Some("auth0/post-login"));
        assert_eq!(did_you_mean("AUTH0/Post-Login", names), Some("auth0/post-login"));
        assert_eq!(did_you_mean("something else", names), None);
        assert_eq!(did_you_mean(&"x".repeat(1_000_000), names), None);
    }
}

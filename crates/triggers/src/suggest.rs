//! The nearest known name to one that is not known.

use strsim::damerau_levenshtein;

/// Texts longer than this are not names that somebody mistyped.
const NAME_BYTES_MAX: usize = 64;

/// The known name that a mistyped one most likely meant: it differs in a third of its letters at most, and
/// not in all of them. Letter case costs nothing.
pub fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = name.to_lowercase();
    known
        .into_iter()
        .filter(|known| known.len() <= NAME_BYTES_MAX)
        .map(|known| (damerau_levenshtein(&name, &known.to_lowercase()), known))
        .filter(|(distance, known)| {
            *distance <= (known.len().max(name.len()) / 3).max(1) && *distance < name.len()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_the_nearest_name() {
        let names = ["auth0/post-login", "auth0/pre-user-registration", "file"];
        assert_eq!(did_you_mean("auth0/post-logn", names), Some("auth0/post-login"));
        assert_eq!(did_you_mean("AUTH0/Post-Login", names), Some("auth0/post-login"));
        assert_eq!(did_you_mean("fiel", names), Some("file"), "letters that changed places are one slip");
        assert_eq!(did_you_mean("something else", names), None);
        assert_eq!(did_you_mean("x", ["a"]), None);
        assert_eq!(did_you_mean("", ["a"]), None);
        assert_eq!(did_you_mean(&"x".repeat(1_000_000), names), None);
    }
}

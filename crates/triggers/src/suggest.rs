//! The nearest known name to one that is not known.

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
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of single-character edits between two short texts; letter case costs nothing.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, a) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
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

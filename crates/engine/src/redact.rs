//! Takes secrets out of text that leaves an execution: log lines, errors, records of requests.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use aho_corasick::AhoCorasickKind;
use aho_corasick::MatchKind;
use base64::Engine as _;
use base64::engine::general_purpose;

use crate::invocation::Secret;

/// What stands in the place of a secret.
const MARK: &str = "****";
/// Shorter secrets are not looked for: they would blot out ordinary text.
const SECRET_CHARS_MIN: usize = 4;

/// Replaces the secrets of one execution, as they are and in the encodings in which they are most
/// easily written by accident: base64, hexadecimal, percent-encoding and JSON. It is a help for
/// honest authors; a script that wants to hide a secret in its log finds another encoding.
pub(crate) struct Redactor {
    secrets: Vec<Secret>,
    /// Made when first needed: most executions write no log.
    searcher: OnceLock<Option<AhoCorasick>>,
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let long = |secret: &&Secret| secret.reveal().chars().count() >= SECRET_CHARS_MIN;
        let secrets = secrets.into_iter().filter(long).cloned().collect();
        Self { secrets, searcher: OnceLock::new() }
    }

    /// The text with every secret replaced.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self.searcher.get_or_init(|| self.searcher()) {
            None => text.to_owned(),
            Some(searcher) => {
                let mut out = String::with_capacity(text.len());
                searcher.replace_all_with(text, &mut out, |_, _, out| {
                    out.push_str(MARK);
                    true
                });
                out
            }
        }
    }

    fn searcher(&self) -> Option<AhoCorasick> {
        let patterns: Vec<String> =
            self.secrets.iter().flat_map(|secret| spellings(secret.reveal())).collect();
        if patterns.is_empty() {
            return None;
        }
        // Building fails only beyond sizes that no list of secrets reaches; then nothing is shown.
        AhoCorasick::builder()
            // The kind that is chosen for few patterns takes some hundred bytes for each of theirs, and a
            // token in an event can be long.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns)
            .or_else(|_| AhoCorasick::new([""]))
            .ok()
    }
}

fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(*byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let json = serde_json::Value::from(secret).to_string();
    // Without the quotes around it.
    let json = json[1..json.len() - 1].to_owned();
    vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        percent,
        json,
        general_purpose::STANDARD_NO_PAD.encode(bytes),
        general_purpose::URL_SAFE_NO_PAD.encode(bytes),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(values: &[&str]) -> Redactor {
        let secrets: Vec<Secret> = values.iter().copied().map(Secret::new).collect();
        Redactor::new(&secrets)
    }

    #[test]
    fn a_secret_is_replaced_in_every_listed_spelling() {
        let redactor = redactor(&["s3cr&t \"x\""]);
        for text in [
            "s3cr&t \"x\"",
            "s3cr&t \\\"x\\\"",
            "s3cr%26t%20%22x%22",
            "73336372267420227822",
            "czNjciZ0ICJ4Ig",
        ] {
            assert_eq!(redactor.redact(&format!("before {text} after")), "before **** after", "{text}");
        }
    }

    #[test]
    fn short_and_absent_secrets_leave_text_alone() {
        assert_eq!(redactor(&["abc", ""]).redact("abc abc"), "abc abc");
        assert_eq!(redactor(&[]).redact("text"), "text");
    }

    #[test]
    fn the_longest_secret_wins_where_two_begin_alike() {
        assert_eq!(redactor(&["abcd", "abcdefgh"]).redact("abcdefgh abcd"), "**** ****");
    }
}

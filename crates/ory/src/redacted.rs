//! A text that never prints itself: keys and passwords of web hooks.

use std::fmt;

/// A secret of the configuration. Only the request that carries it reads it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Redacted(String);

impl Redacted {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_stars_and_nothing_else() {
        assert_eq!(
            format!("{:?} {:#?}", Redacted::new("s3cret"), Some(Redacted::new(""))),
            "**** Some(\n    ****,\n)"
        );
    }
}

//! The hash that says which bytes a package has.

use aws_lc_rs::digest;
use aws_lc_rs::digest::Algorithm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One hash of a package's tarball: the strongest that the registry or the lock file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Integrity {
    kind: Kind,
    hash: Vec<u8>,
}

/// From the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Packages from before 2017 have nothing better.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

impl Integrity {
    /// Reads `sha512-BASE64`, and takes the strongest where several stand side by side. `None` when
    /// there is none of a kind that we know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().filter_map(Self::parse_one).max_by_key(|integrity| integrity.kind)
    }

    fn parse_one(text: &str) -> Option<Self> {
        let (kind, hash) = text.split_once('-')?;
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
        // Options may follow the hash.
        let hash = hash.split('?').next()?;
        Self::new(kind, STANDARD.decode(hash).ok()?)
    }

    /// Reads the 40 hexadecimal digits of a SHA-1 that old packages have.
    pub(crate) fn parse_shasum(text: &str) -> Option<Self> {
        if text.len() != 40 || !text.is_ascii() {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        Self::new(Kind::Sha1, (0..40).step_by(2).map(byte).collect::<Option<_>>()?)
    }

    fn new(kind: Kind, hash: Vec<u8>) -> Option<Self> {
        (hash.len() == kind.algorithm().output_len()).then_some(Self { kind, hash })
    }

    /// The same kind of hash of these bytes.
    pub(crate) fn of_same_kind(&self, bytes: &[u8]) -> Self {
        Self { kind: self.kind, hash: digest::digest(self.kind.algorithm(), bytes).as_ref().to_vec() }
    }

    /// A name for a file with this content.
    pub(crate) fn file_name(&self) -> String {
        let hex: String = self.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{hex}", self.kind.name())
    }
}

impl std::fmt::Display for Integrity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.kind.name(), STANDARD.encode(&self.hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_hash_counts() {
        // Of the empty text.
        let sha1 = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
        let sha256 = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let both = Integrity::parse(&format!("{sha1} {sha256} md5-xx")).unwrap();
        assert_eq!(both.to_string(), sha256);
        assert_eq!(both.of_same_kind(b""), both);
        assert_ne!(both.of_same_kind(b"x"), both);
        let old = Integrity::parse_shasum("da39a3ee5e6b4b0d3255bfef95601890afd80709").unwrap();
        assert_eq!(old, Integrity::parse(sha1).unwrap());
        assert_eq!(old.file_name(), "sha1-da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }

    #[test]
    fn what_is_no_hash_is_none() {
        for text in ["", "sha512-", "sha512-AAAA", "md5-1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1-!!"] {
            assert_eq!(Integrity::parse(text), None, "{text}");
        }
        assert_eq!(Integrity::parse_shasum("zz39a3ee5e6b4b0d3255bfef95601890afd80709"), None);
        assert_eq!(Integrity::parse_shasum("ääääääääääääääääääää"), None);
    }
}

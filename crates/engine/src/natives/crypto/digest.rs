//! Hash functions by the names that Node knows them by.

use blake2::Blake2b512;
use blake2::Blake2s256;
use hmac::Mac;
use hmac::SimpleHmac;
use md5::Md5;
use pkcs8::ObjectIdentifier;
use ripemd::Ripemd160;
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha224;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use sha2::Sha512_224;
use sha2::Sha512_256;
use sha2::digest::Digest;
use sha2::digest::DynDigest;
use sha2::digest::ExtendableOutput;
use sha2::digest::Update;
use sha2::digest::XofReader;
use sha3::Sha3_224;
use sha3::Sha3_256;
use sha3::Sha3_384;
use sha3::Sha3_512;
use sha3::Shake128;
use sha3::Shake256;

use crate::natives::Given;
use crate::natives::crypto::Answer;
use crate::natives::crypto::PIECE_BYTES_MAX;
use crate::natives::error::NativeError;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Ripemd160,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Shake128,
    Shake256,
    Blake2b512,
    Blake2s256,
}

/// In Node's spelling, sorted as Node sorts them.
const NAMES: &[(&str, Algorithm)] = &[
    ("RSA-MD5", Algorithm::Md5),
    ("RSA-RIPEMD160", Algorithm::Ripemd160),
    ("RSA-SHA1", Algorithm::Sha1),
    ("RSA-SHA1-2", Algorithm::Sha1),
    ("RSA-SHA224", Algorithm::Sha224),
    ("RSA-SHA256", Algorithm::Sha256),
    ("RSA-SHA3-224", Algorithm::Sha3_224),
    ("RSA-SHA3-256", Algorithm::Sha3_256),
    ("RSA-SHA3-384", Algorithm::Sha3_384),
    ("RSA-SHA3-512", Algorithm::Sha3_512),
    ("RSA-SHA384", Algorithm::Sha384),
    ("RSA-SHA512", Algorithm::Sha512),
    ("RSA-SHA512/224", Algorithm::Sha512_224),
    ("RSA-SHA512/256", Algorithm::Sha512_256),
    ("blake2b512", Algorithm::Blake2b512),
    ("blake2s256", Algorithm::Blake2s256),
    ("id-rsassa-pkcs1-v1_5-with-sha3-224", Algorithm::Sha3_224),
    ("id-rsassa-pkcs1-v1_5-with-sha3-256", Algorithm::Sha3_256),
    ("id-rsassa-pkcs1-v1_5-with-sha3-384", Algorithm::Sha3_384),
    ("id-rsassa-pkcs1-v1_5-with-sha3-512", Algorithm::Sha3_512),
    ("md5", Algorithm::Md5),
    ("md5WithRSAEncryption", Algorithm::Md5),
    ("ripemd", Algorithm::Ripemd160),
    ("ripemd160", Algorithm::Ripemd160),
    ("ripemd160WithRSA", Algorithm::Ripemd160),
    ("rmd160", Algorithm::Ripemd160),
    ("sha1", Algorithm::Sha1),
    ("sha1WithRSAEncryption", Algorithm::Sha1),
    ("sha224", Algorithm::Sha224),
    ("sha224WithRSAEncryption", Algorithm::Sha224),
    ("sha256", Algorithm::Sha256),
    ("sha256WithRSAEncryption", Algorithm::Sha256),
    ("sha3-224", Algorithm::Sha3_224),
    ("sha3-256", Algorithm::Sha3_256),
    ("sha3-384", Algorithm::Sha3_384),
    ("sha3-512", Algorithm::Sha3_512),
    ("sha384", Algorithm::Sha384),
    ("sha384WithRSAEncryption", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
    ("sha512-224", Algorithm::Sha512_224),
    ("sha512-224WithRSAEncryption", Algorithm::Sha512_224),
    ("sha512-256", Algorithm::Sha512_256),
    ("sha512-256WithRSAEncryption", Algorithm::Sha512_256),
    ("sha512WithRSAEncryption", Algorithm::Sha512),
    ("shake128", Algorithm::Shake128),
    ("shake256", Algorithm::Shake256),
    ("ssl3-md5", Algorithm::Md5),
    ("ssl3-sha1", Algorithm::Sha1),
];

/// Spellings that Node accepts and does not list.
const ALIASES: &[(&str, Algorithm)] = &[
    ("sha-1", Algorithm::Sha1),
    ("sha-224", Algorithm::Sha224),
    ("sha-256", Algorithm::Sha256),
    ("sha-384", Algorithm::Sha384),
    ("sha-512", Algorithm::Sha512),
    ("sha2-224", Algorithm::Sha224),
    ("sha2-256", Algorithm::Sha256),
    ("sha2-384", Algorithm::Sha384),
    ("sha2-512", Algorithm::Sha512),
    ("sha512/224", Algorithm::Sha512_224),
    ("sha512/256", Algorithm::Sha512_256),
    ("sha2-512/224", Algorithm::Sha512_224),
    ("sha2-512/256", Algorithm::Sha512_256),
    ("ripemd-160", Algorithm::Ripemd160),
    ("shake-128", Algorithm::Shake128),
    ("shake-256", Algorithm::Shake256),
    ("blake2b-512", Algorithm::Blake2b512),
    ("blake2s-256", Algorithm::Blake2s256),
];

/// What signatures call a hash function.
pub(super) fn object_identifier(algorithm: Algorithm) -> Option<ObjectIdentifier> {
    Some(ObjectIdentifier::new_unwrap(match algorithm {
        Algorithm::Md5 => "1.2.840.113549.2.5",
        Algorithm::Ripemd160 => "1.3.36.3.2.1",
        Algorithm::Sha1 => "1.3.14.3.2.26",
        Algorithm::Sha224 => "2.16.840.1.101.3.4.2.4",
        Algorithm::Sha256 => "2.16.840.1.101.3.4.2.1",
        Algorithm::Sha384 => "2.16.840.1.101.3.4.2.2",
        Algorithm::Sha512 => "2.16.840.1.101.3.4.2.3",
        Algorithm::Sha512_224 => "2.16.840.1.101.3.4.2.5",
        Algorithm::Sha512_256 => "2.16.840.1.101.3.4.2.6",
        Algorithm::Sha3_224 => "2.16.840.1.101.3.4.2.7",
        Algorithm::Sha3_256 => "2.16.840.1.101.3.4.2.8",
        Algorithm::Sha3_384 => "2.16.840.1.101.3.4.2.9",
        Algorithm::Sha3_512 => "2.16.840.1.101.3.4.2.10",
        Algorithm::Shake128 | Algorithm::Shake256 | Algorithm::Blake2b512 | Algorithm::Blake2s256 => {
            return None;
        }
    }))
}

impl Algorithm {
    /// A digest that has seen nothing, by the name of its function.
    pub(super) fn start(name: &str) -> Result<State, NativeError> {
        Self::find(name).map(State::new).ok_or_else(|| invalid_digest(name))
    }

    /// By a name in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        let known = NAMES.iter().chain(ALIASES).find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, algorithm)| *algorithm)
    }
}

/// Evaluates an expression with `$hash` as the type of a hash function; `$other` for those that are not made
/// of blocks as HMAC's inner workings want them.
macro_rules! with_hash {
    ($algorithm:expr, $hash:ident => $each:expr, _ => $other:expr) => {{
        macro_rules! with {
            ($type:ty) => {{
                type $hash = $type;
                $each
            }};
        }
        match $algorithm {
            Algorithm::Md5 => with!(md5::Md5),
            Algorithm::Ripemd160 => with!(ripemd::Ripemd160),
            Algorithm::Sha1 => with!(sha1::Sha1),
            Algorithm::Sha224 => with!(sha2::Sha224),
            Algorithm::Sha256 => with!(sha2::Sha256),
            Algorithm::Sha384 => with!(sha2::Sha384),
            Algorithm::Sha512 => with!(sha2::Sha512),
            Algorithm::Sha512_224 => with!(sha2::Sha512_224),
            Algorithm::Sha512_256 => with!(sha2::Sha512_256),
            Algorithm::Sha3_224 => with!(sha3::Sha3_224),
            Algorithm::Sha3_256 => with!(sha3::Sha3_256),
            Algorithm::Sha3_384 => with!(sha3::Sha3_384),
            Algorithm::Sha3_512 => with!(sha3::Sha3_512),
            Algorithm::Shake128 | Algorithm::Shake256 | Algorithm::Blake2b512 | Algorithm::Blake2s256 => {
                $other
            }
        }
    }};
}
pub(super) use with_hash;

/// A keyed digest under way.
pub(super) trait Keyed {
    fn update(&mut self, data: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
}

impl<M: Mac> Keyed for M {
    fn update(&mut self, data: &[u8]) {
        Mac::update(self, data);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.finalize().into_bytes().to_vec()
    }
}

/// An HMAC that has seen its key.
pub(super) fn hmac(name: &str, key: &[u8]) -> Result<Box<dyn Keyed>, NativeError> {
    let invalid = || invalid_digest(name);
    fn boxed<M: Mac + sha2::digest::KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn Keyed>> {
        Some(Box::new(<M as Mac>::new_from_slice(key).ok()?))
    }
    let algorithm = Algorithm::find(name).ok_or_else(invalid)?;
    let keyed = with_hash!(algorithm, D => boxed::<SimpleHmac<D>>(key), _ => match algorithm {
        Algorithm::Blake2b512 => boxed::<SimpleHmac<Blake2b512>>(key),
        Algorithm::Blake2s256 => boxed::<SimpleHmac<Blake2s256>>(key),
        _ => None,
    });
    keyed.ok_or_else(invalid)
}

/// A digest under way.
#[derive(Clone)]
pub(super) enum State {
    Fixed(Box<dyn DynDigest>),
    Shake128(Shake128),
    Shake256(Shake256),
}

impl State {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        fn fixed<D: Digest + DynDigest + Clone + 'static>() -> State {
            State::Fixed(Box::new(<D as Digest>::new()))
        }
        match algorithm {
            Algorithm::Md5 => fixed::<Md5>(),
            Algorithm::Ripemd160 => fixed::<Ripemd160>(),
            Algorithm::Sha1 => fixed::<Sha1>(),
            Algorithm::Sha224 => fixed::<Sha224>(),
            Algorithm::Sha256 => fixed::<Sha256>(),
            Algorithm::Sha384 => fixed::<Sha384>(),
            Algorithm::Sha512 => fixed::<Sha512>(),
            Algorithm::Sha512_224 => fixed::<Sha512_224>(),
            Algorithm::Sha512_256 => fixed::<Sha512_256>(),
            Algorithm::Sha3_224 => fixed::<Sha3_224>(),
            Algorithm::Sha3_256 => fixed::<Sha3_256>(),
            Algorithm::Sha3_384 => fixed::<Sha3_384>(),
            Algorithm::Sha3_512 => fixed::<Sha3_512>(),
            Algorithm::Shake128 => Self::Shake128(Shake128::default()),
            Algorithm::Shake256 => Self::Shake256(Shake256::default()),
            Algorithm::Blake2b512 => fixed::<Blake2b512>(),
            Algorithm::Blake2s256 => fixed::<Blake2s256>(),
        }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Fixed(state) => state.update(data),
            Self::Shake128(state) => state.update(data),
            Self::Shake256(state) => state.update(data),
        }
    }

    /// Bytes of a digest whose length nobody chose.
    pub(super) fn output_bytes(&self) -> usize {
        match self {
            Self::Fixed(state) => state.output_size(),
            Self::Shake128(_) => 16,
            Self::Shake256(_) => 32,
        }
    }

    /// The digest; only extendable functions give another length than their own.
    pub(super) fn finish(self, length: Option<usize>) -> Result<Vec<u8>, NativeError> {
        let length = length.unwrap_or_else(|| self.output_bytes());
        if length > PIECE_BYTES_MAX {
            let message = format!("a digest has no more than {PIECE_BYTES_MAX} bytes");
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        match self {
            Self::Fixed(state) if state.output_size() == length => Ok(state.finalize().into_vec()),
            Self::Fixed(_) => Err(NativeError::error(
                "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
                "Unsupported state or unable to digest",
            )),
            Self::Shake128(state) => Ok(squeezed(state, length)),
            Self::Shake256(state) => Ok(squeezed(state, length)),
        }
    }
}

fn squeezed(state: impl ExtendableOutput, length: usize) -> Vec<u8> {
    let mut digest = vec![0; length];
    state.finalize_xof().read(&mut digest);
    digest
}

pub(super) fn invalid_digest(name: &str) -> NativeError {
    NativeError::type_error("ERR_CRYPTO_INVALID_DIGEST", format!("Invalid digest: {name}"))
}

/// One digest of bytes that are all there.
pub(super) fn hash(algorithm: &str, length: Option<usize>, data: &[u8]) -> Answer {
    let algorithm = Algorithm::find(algorithm).ok_or_else(|| invalid_digest(algorithm))?;
    let mut state = State::new(algorithm);
    state.update(data);
    state.finish(length).map(Given::Bytes)
}

pub(super) fn names() -> Given {
    Given::Value(NAMES.iter().map(|(name, _)| Value::from(*name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_found_by_its_names() {
        for (name, algorithm) in NAMES.iter().chain(ALIASES) {
            assert_eq!(Algorithm::find(&name.to_uppercase()), Some(*algorithm), "{name}");
        }
        assert_eq!(Algorithm::find("sha0"), None);
    }
}

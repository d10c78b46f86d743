//! Signatures and the encryption with public keys.

use aws_lc_rs::signature::ED25519;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::UnparsedPublicKey;
use rand::rngs::OsRng;
use rsa::BigUint;
use rsa::Oaep;
use rsa::Pkcs1v15Encrypt;
use rsa::Pkcs1v15Sign;
use rsa::Pss;
use rsa::RsaPrivateKey;
use rsa::RsaPublicKey;
use rsa::traits::PublicKeyParts;
use serde::Deserialize;
use sha2::digest::DynDigest;

use crate::natives::crypto::digest;
use crate::natives::crypto::digest::Algorithm;
use crate::natives::crypto::digest::with_hash;
use crate::natives::crypto::ec::Encoding;
use crate::natives::crypto::key::PrivateKey;
use crate::natives::crypto::key::PublicKey;
use crate::natives::error::NativeError;

/// How Node numbers the paddings of RSA.
const PKCS1: u32 = 1;
const OAEP: u32 = 4;
const PSS: u32 = 6;
/// Lengths of a salt that are none: as long as the digest, and as long as there is room.
const SALT_AS_DIGEST: i64 = -1;
const SALT_MAX: i64 = -2;

/// What a signature is like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scheme {
    pub(super) algorithm: Option<String>,
    padding: Option<u32>,
    salt: Option<i64>,
    #[serde(default)]
    p1363: bool,
}

/// What the encryption with a public key is like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    padding: u32,
    algorithm: Option<String>,
}

/// What is signed: it all, or the digest of it.
pub(super) enum Signed<'a> {
    Message(&'a [u8]),
    Digest(Vec<u8>),
}

impl Scheme {
    fn encoding(&self) -> Encoding {
        if self.p1363 { Encoding::P1363 } else { Encoding::Der }
    }

    fn algorithm(&self) -> Result<Algorithm, NativeError> {
        let name = self.algorithm.as_deref().unwrap_or("sha256");
        Algorithm::find(name).ok_or_else(|| digest::invalid_digest(name))
    }

    fn digest(&self, signed: Signed<'_>) -> Result<Vec<u8>, NativeError> {
        match signed {
            Signed::Digest(digest) => Ok(digest),
            Signed::Message(message) => {
                let mut state = digest::State::new(self.algorithm()?);
                state.update(message);
                state.finish(None)
            }
        }
    }

    pub(super) fn sign(&self, key: &PrivateKey, signed: Signed<'_>) -> Result<Vec<u8>, NativeError> {
        match (key, signed) {
            (PrivateKey::Rsa(key), signed) => self.sign_rsa(key, &self.digest(signed)?),
            (PrivateKey::Ec(key), signed) => {
                key.sign(&self.digest(signed)?, self.encoding()).ok_or_else(cannot_sign)
            }
            (PrivateKey::Ed25519(seed), Signed::Message(message)) if self.algorithm.is_none() => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&**seed).map_err(|_| cannot_sign())?;
                Ok(pair.sign(message).as_ref().to_vec())
            }
            (PrivateKey::Ed25519(_), _) => {
                Err(NativeError::error("ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation"))
            }
            (PrivateKey::X25519(_), _) => Err(wrong_key_type()),
        }
    }

    pub(super) fn verify(
        &self,
        key: &PublicKey,
        signed: Signed<'_>,
        signature: &[u8],
    ) -> Result<bool, NativeError> {
        match (key, signed) {
            (PublicKey::Rsa(key), signed) => self.verify_rsa(key, &self.digest(signed)?, signature),
            (PublicKey::Ec(key), signed) => {
                Ok(key.verifies(&self.digest(signed)?, signature, self.encoding()))
            }
            (PublicKey::Ed25519(key), Signed::Message(message)) if self.algorithm.is_none() => {
                Ok(UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok())
            }
            (PublicKey::Ed25519(_), _) => {
                Err(NativeError::error("ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation"))
            }
            (PublicKey::X25519(_), _) => Err(wrong_key_type()),
        }
    }

    fn sign_rsa(&self, key: &RsaPrivateKey, digest: &[u8]) -> Result<Vec<u8>, NativeError> {
        let algorithm = self.algorithm()?;
        let too_big = |_| {
            NativeError::openssl(
                "02000070",
                "rsa routines",
                "digest too big for rsa key",
                "ERR_OSSL_RSA_DIGEST_TOO_BIG_FOR_RSA_KEY",
            )
        };
        match self.padding.unwrap_or(PKCS1) {
            PKCS1 => key.sign_with_rng(&mut OsRng, pkcs1(algorithm)?, digest).map_err(too_big),
            PSS => {
                let room = (key.n().bits().saturating_sub(1)).div_ceil(8).checked_sub(digest.len() + 2);
                let room = room.ok_or_else(|| too_big(rsa::Error::MessageTooLong))?;
                let salt_len = match self.salt.unwrap_or(SALT_MAX) {
                    SALT_AS_DIGEST => digest.len(),
                    SALT_MAX => room,
                    length => usize::try_from(length).map_err(|_| data_too_large())?,
                };
                if salt_len > room {
                    return Err(data_too_large());
                }
                let pss = Pss { blinded: true, digest: boxed(algorithm)?, salt_len };
                key.sign_with_rng(&mut OsRng, pss, digest).map_err(too_big)
            }
            _ => Err(illegal_padding()),
        }
    }

    fn verify_rsa(&self, key: &RsaPublicKey, digest: &[u8], signature: &[u8]) -> Result<bool, NativeError> {
        let algorithm = self.algorithm()?;
        match self.padding.unwrap_or(PKCS1) {
            PKCS1 => Ok(key.verify(pkcs1(algorithm)?, digest, signature).is_ok()),
            PSS => {
                let salt_len = match self.salt.unwrap_or(SALT_MAX) {
                    SALT_AS_DIGEST => Some(digest.len()),
                    SALT_MAX => salt_len_of(key, algorithm, digest.len(), signature)?,
                    length => usize::try_from(length).ok(),
                };
                let Some(salt_len) = salt_len.filter(|length| *length <= key.size()) else {
                    return Ok(false);
                };
                let pss = Pss { blinded: false, digest: boxed(algorithm)?, salt_len };
                Ok(key.verify(pss, digest, signature).is_ok())
            }
            _ => Err(illegal_padding()),
        }
    }
}

impl Envelope {
    fn algorithm(&self) -> Result<Algorithm, NativeError> {
        let name = self.algorithm.as_deref().unwrap_or("sha1");
        Algorithm::find(name).ok_or_else(|| digest::invalid_digest(name))
    }

    fn oaep(&self, label: &[u8]) -> Result<Oaep, NativeError> {
        let label = String::from_utf8(label.to_vec()).map_err(|_| {
            NativeError::type_error("ERR_INVALID_ARG_VALUE", "The oaepLabel must be UTF-8 text")
        })?;
        let label = (!label.is_empty()).then_some(label);
        Ok(Oaep { digest: boxed(self.algorithm()?)?, mgf_digest: boxed(self.algorithm()?)?, label })
    }

    pub(super) fn encrypt(&self, key: &PublicKey, data: &[u8], label: &[u8]) -> Result<Vec<u8>, NativeError> {
        let PublicKey::Rsa(key) = key else { return Err(wrong_key_type()) };
        let encrypted = match self.padding {
            PKCS1 => key.encrypt(&mut OsRng, Pkcs1v15Encrypt, data),
            OAEP => key.encrypt(&mut OsRng, self.oaep(label)?, data),
            _ => return Err(illegal_padding()),
        };
        encrypted.map_err(|_| data_too_large())
    }

    /// The opposite of [`encrypt`](Self::encrypt). The older padding is refused, as Node does: whoever can
    /// tell a wrong padding from a right one can decrypt without the key.
    pub(super) fn decrypt(
        &self,
        key: &PrivateKey,
        data: &[u8],
        label: &[u8],
    ) -> Result<Vec<u8>, NativeError> {
        let PrivateKey::Rsa(key) = key else { return Err(wrong_key_type()) };
        match self.padding {
            PKCS1 => Err(NativeError::type_error(
                "ERR_INVALID_ARG_VALUE",
                "RSA_PKCS1_PADDING is no longer supported for private decryption",
            )),
            OAEP => key.decrypt_blinded(&mut OsRng, self.oaep(label)?, data).map_err(|_| {
                NativeError::openssl(
                    "02000079",
                    "rsa routines",
                    "oaep decoding error",
                    "ERR_OSSL_RSA_OAEP_DECODING_ERROR",
                )
            }),
            _ => Err(illegal_padding()),
        }
    }

    /// A signature of bare bytes, which carries the bytes.
    pub(super) fn encrypt_with_private(&self, key: &PrivateKey, data: &[u8]) -> Result<Vec<u8>, NativeError> {
        let PrivateKey::Rsa(key) = key else { return Err(wrong_key_type()) };
        if self.padding != PKCS1 {
            return Err(illegal_padding());
        }
        let bare = Pkcs1v15Sign::new_unprefixed();
        key.sign_with_rng(&mut OsRng, bare, data).map_err(|_| data_too_large())
    }

    /// The bytes that such a signature carries.
    pub(super) fn decrypt_with_public(&self, key: &PublicKey, data: &[u8]) -> Result<Vec<u8>, NativeError> {
        let PublicKey::Rsa(key) = key else { return Err(wrong_key_type()) };
        if self.padding != PKCS1 {
            return Err(illegal_padding());
        }
        let invalid = || {
            NativeError::openssl(
                "0200008A",
                "rsa routines",
                "invalid padding",
                "ERR_OSSL_RSA_INVALID_PADDING",
            )
        };
        let message = opened(key, data).ok_or_else(invalid)?;
        // 0, 1, at least eight times 255, 0, the bytes.
        let filled = message.get(2..).unwrap_or_default().iter().take_while(|byte| **byte == 255).count();
        match (message.as_slice(), filled) {
            ([0, 1, ..], 8..) if message.get(2 + filled) == Some(&0) => Ok(message[3 + filled..].to_vec()),
            _ => Err(invalid()),
        }
    }
}

fn pkcs1(algorithm: Algorithm) -> Result<Pkcs1v15Sign, NativeError> {
    let object = digest::object_identifier(algorithm).ok_or_else(|| digest::invalid_digest(""))?;
    let (name, digest_bytes) = (object.as_bytes(), digest::State::new(algorithm).output_bytes());
    // RFC 8017, 9.2: an algorithm with its name and no parameters, and the digest, in DER. No length of
    // these is beyond one byte.
    let algorithm = [&[6, name.len() as u8], name, &[5, 0]].concat();
    let around = (algorithm.len() + 4 + digest_bytes) as u8;
    let prefix =
        [&[48, around, 48, algorithm.len() as u8], &algorithm[..], &[4, digest_bytes as u8]].concat();
    Ok(Pkcs1v15Sign { hash_len: Some(digest_bytes), prefix: prefix.into() })
}

fn boxed(algorithm: Algorithm) -> Result<Box<dyn DynDigest + Send + Sync>, NativeError> {
    with_hash!(algorithm, D => Ok(Box::new(D::default())), _ => Err(digest::invalid_digest("")))
}

/// What a private key made of the bytes, as long as the modulus.
fn opened(key: &RsaPublicKey, data: &[u8]) -> Option<Vec<u8>> {
    let number = BigUint::from_bytes_be(data);
    if data.len() != key.size() || number >= *key.n() {
        return None;
    }
    let opened = number.modpow(key.e(), key.n()).to_bytes_be();
    let mut message = vec![0; key.size().checked_sub(opened.len())?];
    message.extend_from_slice(&opened);
    Some(message)
}

/// The length of the salt in a PSS signature, which the library wants to be told. Whether the signature is
/// right is judged by the library; a wrong length only makes it say no. See RFC 8017, 9.1.2.
fn salt_len_of(
    key: &RsaPublicKey,
    algorithm: Algorithm,
    digest_bytes: usize,
    signature: &[u8],
) -> Result<Option<usize>, NativeError> {
    let Some(message) = opened(key, signature) else { return Ok(None) };
    let bits = key.n().bits().saturating_sub(1);
    let encoded = &message[message.len().saturating_sub(bits.div_ceil(8))..];
    let Some(masked_bytes) = encoded.len().checked_sub(digest_bytes + 1) else { return Ok(None) };
    let (masked, rest) = encoded.split_at(masked_bytes);
    let mut mask = Vec::with_capacity(masked_bytes + digest_bytes);
    let mut counter = 0_u32;
    while mask.len() < masked_bytes {
        let mut state = digest::State::new(algorithm);
        state.update(&rest[..digest_bytes]);
        state.update(&counter.to_be_bytes());
        mask.extend(state.finish(None)?);
        counter += 1;
    }
    let mut block: Vec<u8> = masked.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect();
    if let (Some(first), true) = (block.first_mut(), !bits.is_multiple_of(8)) {
        *first &= 0xff >> (8 - bits % 8);
    }
    let one = block.iter().position(|byte| *byte != 0);
    Ok(one.filter(|one| block[*one] == 1).map(|one| block.len() - one - 1))
}

fn cannot_sign() -> NativeError {
    NativeError::error("ERR_CRYPTO_OPERATION_FAILED", "Crypto operation failed")
}

fn wrong_key_type() -> NativeError {
    NativeError::openssl(
        "03000096",
        "digital envelope routines",
        "operation not supported for this keytype",
        "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE",
    )
}

fn illegal_padding() -> NativeError {
    NativeError::openssl(
        "1C8000A5",
        "Provider routines",
        "illegal or unsupported padding mode",
        "ERR_OSSL_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE",
    )
}

fn data_too_large() -> NativeError {
    NativeError::openssl(
        "0200006E",
        "rsa routines",
        "data too large for key size",
        "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_KEY_SIZE",
    )
}

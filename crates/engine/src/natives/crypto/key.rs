//! Keys: read from every form in which programs keep them, and written in these forms.
//!
//! What a script holds is the DER text of a key (SPKI or PKCS #8), which is read again whenever the key is
//! used: nothing of a key lives here, and a script that makes one up gets an error.

use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkcs5::EncryptionScheme;
use pkcs5::pbes2;
use pkcs8::AlgorithmIdentifierRef;
use pkcs8::ObjectIdentifier;
use pkcs8::PrivateKeyInfo;
use pkcs8::SubjectPublicKeyInfoRef;
use pkcs8::der::AnyRef;
use pkcs8::der::Decode;
use pkcs8::der::Encode;
use pkcs8::der::Tag;
use pkcs8::der::asn1::BitStringRef;
use pkcs8::der::asn1::Null;
use pkcs8::der::asn1::OctetStringRef;
use rand::RngCore;
use rand::rngs::OsRng;
use rsa::BigUint;
use rsa::RsaPrivateKey;
use rsa::RsaPublicKey;
use rsa::pkcs1;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::traits::PrivateKeyParts;
use rsa::traits::PublicKeyParts;
use sec1::EcParameters;
use sec1::EcPrivateKey;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use x25519_dalek::X25519_BASEPOINT_BYTES;
use x25519_dalek::x25519;
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::natives::crypto::certificate;
use crate::natives::crypto::ec::Curve;
use crate::natives::crypto::ec::EcPrivate;
use crate::natives::crypto::ec::EcPublic;
use crate::natives::crypto::kdf::SCRYPT_WORK_MAX;
use crate::natives::error::NativeError;

/// Bytes of a key in any form.
const KEY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an RSA modulus: 4,096 bits. The work grows with the third power.
const MODULUS_BYTES_MAX: usize = 512;
/// Rounds with which the key of an encrypted key may be derived; they cannot be interrupted.
const PASSPHRASE_ROUNDS_MAX: u32 = 600_000;
/// Rounds with which we encrypt one, as OpenSSL does.
const PASSPHRASE_ROUNDS: u32 = 2_048;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A key of either half.
pub(super) enum Key {
    Private(PrivateKey),
    Public(PublicKey),
}

pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Ec(EcPrivate),
    /// The seed.
    Ed25519(Zeroizing<[u8; 32]>),
    X25519(Zeroizing<[u8; 32]>),
}

pub(super) enum PublicKey {
    Rsa(RsaPublicKey),
    Ec(EcPublic),
    Ed25519([u8; 32]),
    X25519([u8; 32]),
}

/// How a text in DER is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Layout {
    Pkcs1,
    Pkcs8,
    Sec1,
    Spki,
    X509,
}

/// Which half of a key is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Half {
    Private,
    /// Also found in a private key.
    Public,
}

type Read<T> = Result<T, NativeError>;

pub(super) fn unsupported() -> NativeError {
    NativeError::openssl("1E08010C", "DECODER routines", "unsupported", "ERR_OSSL_UNSUPPORTED")
}

fn missing_passphrase() -> NativeError {
    NativeError::openssl(
        "07880109",
        "common libcrypto routines",
        "interrupted or cancelled",
        "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED",
    )
}

fn bad_decrypt() -> NativeError {
    NativeError::openssl("1C800064", "Provider routines", "bad decrypt", "ERR_OSSL_BAD_DECRYPT")
}

/// Turns what a library says about bytes into what Node says about them.
trait Said<T> {
    fn said(self) -> Read<T>;
}

impl<T, E> Said<T> for Result<T, E> {
    fn said(self) -> Read<T> {
        self.map_err(|_| unsupported())
    }
}

/// A key as a script gives it.
pub(super) struct Source<'a> {
    pub(super) bytes: &'a [u8],
    /// `None` for PEM, which says it itself.
    pub(super) layout: Option<Layout>,
    pub(super) passphrase: Option<&'a [u8]>,
    pub(super) half: Half,
}

impl Source<'_> {
    pub(super) fn read(&self, memory: &Memory) -> Read<Key> {
        if self.bytes.len() > KEY_BYTES_MAX {
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", "The key is too long"));
        }
        let Some(layout) = self.layout else { return self.read_pem(memory) };
        self.read_der(layout, self.bytes, memory)
    }

    fn read_der(&self, layout: Layout, der: &[u8], memory: &Memory) -> Read<Key> {
        match (layout, self.half) {
            (Layout::Pkcs1, Half::Public) => match rsa_public(der) {
                Ok(key) => Ok(Key::Public(PublicKey::Rsa(key))),
                Err(_) => rsa_private(der).map(Key::Private),
            },
            (Layout::Pkcs1, Half::Private) => rsa_private(der).map(Key::Private),
            (Layout::Sec1, _) => ec_private(der, None).map(Key::Private),
            (Layout::Pkcs8, _) => match PrivateKeyInfo::from_der(der) {
                Ok(info) => private_from(&info).map(Key::Private),
                Err(_) => self.decrypt(der, memory).map(Key::Private),
            },
            (Layout::Spki, Half::Public) => PublicKey::from_spki(der).map(Key::Public),
            (Layout::X509, Half::Public) => certificate::public_key(der).map(Key::Public),
            (Layout::Spki | Layout::X509, Half::Private) => Err(unsupported()),
        }
    }

    /// The first block of a text that has such a key in it. Programs keep these texts with all sorts of
    /// line lengths, spaces and words around, so this is as lenient as OpenSSL.
    fn read_pem(&self, memory: &Memory) -> Read<Key> {
        let text = std::str::from_utf8(self.bytes).said()?;
        let mut rest = text;
        while let Some((_, from)) = rest.split_once("-----BEGIN ") {
            let (label, body) = from.split_once("-----").ok_or_else(unsupported)?;
            let (body, after) = body.split_once(&format!("-----END {label}-----")).ok_or_else(unsupported)?;
            rest = after;
            let layout = match (label, self.half) {
                ("PRIVATE KEY" | "ENCRYPTED PRIVATE KEY", _) => Layout::Pkcs8,
                ("RSA PRIVATE KEY", _) | ("RSA PUBLIC KEY", Half::Public) => Layout::Pkcs1,
                ("EC PRIVATE KEY", _) => Layout::Sec1,
                ("PUBLIC KEY", Half::Public) => Layout::Spki,
                ("CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE", Half::Public) => Layout::X509,
                _ => continue,
            };
            if body.contains("Proc-Type:") {
                let message = "keys encrypted in OpenSSL's old form cannot be read; convert the key with \
                               `openssl pkcs8 -topk8`";
                return Err(NativeError::error("ERR_OSSL_UNSUPPORTED", message));
            }
            let base64: String = body.split_ascii_whitespace().collect();
            let der = Zeroizing::new(STANDARD.decode(base64).said()?);
            return self.read_der(layout, &der, memory);
        }
        Err(unsupported())
    }

    fn decrypt(&self, der: &[u8], memory: &Memory) -> Read<PrivateKey> {
        let (algorithm, encrypted) = encrypted_parts(der).said()?;
        let passphrase = self.passphrase.ok_or_else(missing_passphrase)?;
        let whole = EncryptionScheme::try_from(algorithm).said()?;
        let scheme = whole.pbes2().ok_or_else(unsupported)?;
        let is_dear = match &scheme.kdf {
            pbes2::Kdf::Pbkdf2(params) => params.iteration_count > PASSPHRASE_ROUNDS_MAX,
            pbes2::Kdf::Scrypt(params) => {
                let lanes = u64::from(params.block_size).saturating_mul(u64::from(params.parallelization));
                let work = params.cost_parameter.saturating_mul(lanes);
                let bytes = work.saturating_mul(128).saturating_add(lanes * 128);
                work > SCRYPT_WORK_MAX
                    || !usize::try_from(bytes).is_ok_and(|bytes| memory.has_room_for(bytes))
            }
            _ => true,
        };
        if is_dear {
            let message = "the key is encrypted with a derivation that costs too much";
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        let decrypted = scheme.decrypt(passphrase, encrypted).map_err(|_| bad_decrypt())?;
        let decrypted = Zeroizing::new(decrypted);
        private_from(&PrivateKeyInfo::from_der(&decrypted).map_err(|_| bad_decrypt())?)
    }
}

/// How a key is encrypted, and what came of it. See RFC 5958, 3.
fn encrypted_parts(der: &[u8]) -> pkcs8::der::Result<(AlgorithmIdentifierRef<'_>, &[u8])> {
    AnyRef::from_der(der)?.sequence(|parts| {
        let algorithm = AlgorithmIdentifierRef::decode(parts)?;
        Ok((algorithm, OctetStringRef::decode(parts)?.as_bytes()))
    })
}

/// The public half of a seed.
fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed);
    // Every seed of this length has a public half.
    pair.ok().and_then(|pair| <[u8; 32]>::try_from(pair.public_key().as_ref()).ok()).unwrap_or_default()
}

/// Checks sizes before any arithmetic.
fn checked_rsa(parts: [&[u8]; 5]) -> Read<RsaPrivateKey> {
    if parts.iter().any(|part| part.len() > MODULUS_BYTES_MAX) {
        return Err(too_large());
    }
    let [n, e, d, p, q] = parts.map(BigUint::from_bytes_be);
    RsaPrivateKey::from_components(n, e, d, vec![p, q]).said()
}

fn too_large() -> NativeError {
    let message = format!("RSA keys have at most {} bits", MODULUS_BYTES_MAX * 8);
    NativeError::range_error("ERR_OUT_OF_RANGE", message)
}

fn rsa_private(pkcs1: &[u8]) -> Read<PrivateKey> {
    let key = pkcs1::RsaPrivateKey::from_der(pkcs1).said()?;
    if key.version() != pkcs1::Version::TwoPrime {
        return Err(unsupported());
    }
    let parts = [key.modulus, key.public_exponent, key.private_exponent, key.prime1, key.prime2];
    checked_rsa(parts.map(|part| part.as_bytes())).map(|key| PrivateKey::Rsa(Box::new(key)))
}

fn rsa_public(pkcs1: &[u8]) -> Read<RsaPublicKey> {
    let key = pkcs1::RsaPublicKey::from_der(pkcs1).said()?;
    rsa_public_of(key.modulus.as_bytes(), key.public_exponent.as_bytes())
}

fn rsa_public_of(n: &[u8], e: &[u8]) -> Read<RsaPublicKey> {
    if n.len() > MODULUS_BYTES_MAX || e.len() > MODULUS_BYTES_MAX {
        return Err(too_large());
    }
    RsaPublicKey::new(BigUint::from_bytes_be(n), BigUint::from_bytes_be(e)).said()
}

fn ec_private(sec1: &[u8], curve: Option<Curve>) -> Read<PrivateKey> {
    let key = EcPrivateKey::from_der(sec1).said()?;
    let named = key.parameters.and_then(|parameters| Curve::from_oid(parameters.named_curve()?));
    let curve = curve.or(named).ok_or_else(unsupported)?;
    EcPrivate::new(curve, key.private_key).map(PrivateKey::Ec).ok_or_else(unsupported)
}

fn private_from(info: &PrivateKeyInfo<'_>) -> Read<PrivateKey> {
    let seed = || -> Read<Zeroizing<[u8; 32]>> {
        let inner = OctetStringRef::from_der(info.private_key).said()?;
        <[u8; 32]>::try_from(inner.as_bytes()).map(Zeroizing::new).said()
    };
    match info.algorithm.oid {
        RSA => rsa_private(info.private_key),
        EC => {
            let curve = info.algorithm.parameters_oid().ok().and_then(Curve::from_oid);
            ec_private(info.private_key, Some(curve.ok_or_else(unsupported)?))
        }
        ED25519 => Ok(PrivateKey::Ed25519(seed()?)),
        X25519 => Ok(PrivateKey::X25519(seed()?)),
        _ => Err(unsupported()),
    }
}

impl Key {
    /// What a script knows of the key, and its canonical text.
    pub(super) fn described(&self) -> Read<Value> {
        let (half, der, public) = match self {
            Self::Private(key) => ("private", key.to_pkcs8()?, key.public()),
            Self::Public(key) => ("public", Zeroizing::new(key.to_spki()?), key.clone_public()),
        };
        let mut described = json!({ "half": half, "der": hex(&der), "type": public.type_name() });
        match &public {
            PublicKey::Rsa(key) => {
                described["modulusLength"] = json!(key.n().bits());
                described["publicExponent"] = json!(key.e().to_string());
            }
            PublicKey::Ec(key) => described["namedCurve"] = json!(key.curve.node_name()),
            PublicKey::Ed25519(_) | PublicKey::X25519(_) => {}
        }
        Ok(described)
    }

    pub(super) fn to_jwk(&self) -> Value {
        match self {
            Self::Private(key) => key.to_jwk(),
            Self::Public(key) => key.to_jwk(),
        }
    }

    pub(super) fn from_jwk(jwk: &Map<String, Value>, half: Half) -> Read<Self> {
        let message = match jwk.get("kty").and_then(Value::as_str) {
            Some("EC") => "Invalid JWK EC key",
            Some("RSA") => "Invalid JWK RSA key",
            Some(_) | None => "Invalid JWK data",
        };
        let invalid = || NativeError::type_error("ERR_CRYPTO_INVALID_JWK", message);
        let part = |name: &str| -> Read<Zeroizing<Vec<u8>>> {
            let text = jwk.get(name).and_then(Value::as_str).ok_or_else(invalid)?;
            let text = text.trim_end_matches('=');
            if text.len() > KEY_BYTES_MAX {
                return Err(invalid());
            }
            // Node takes both alphabets.
            let text = text.replace('+', "-").replace('/', "_");
            URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| invalid())
        };
        let array =
            |name| -> Read<[u8; 32]> { <[u8; 32]>::try_from(part(name)?.as_slice()).map_err(|_| invalid()) };
        let is_private = half == Half::Private;
        let name = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match name("kty").as_str() {
            "RSA" if is_private => {
                let parts = [part("n")?, part("e")?, part("d")?, part("p")?, part("q")?];
                let [n, e, d, p, q] = &parts;
                let key = checked_rsa([n, e, d, p, q]).map_err(|_| invalid())?;
                Ok(Self::Private(PrivateKey::Rsa(Box::new(key))))
            }
            "RSA" => Ok(Self::Public(PublicKey::Rsa(
                rsa_public_of(&part("n")?, &part("e")?).map_err(|_| invalid())?,
            ))),
            "EC" => {
                let wrong = || {
                    let message =
                        "The property 'key.crv' must be one of: 'P-256', 'secp256k1', 'P-384', 'P-521'.";
                    let message = format!("{message} Received '{}'", name("crv"));
                    NativeError::type_error("ERR_INVALID_ARG_VALUE", message)
                };
                let curve = Curve::find(&name("crv")).ok_or_else(wrong)?;
                let public =
                    EcPublic::from_coordinates(curve, &part("x")?, &part("y")?).ok_or_else(invalid)?;
                if !is_private {
                    return Ok(Self::Public(PublicKey::Ec(public)));
                }
                let key = EcPrivate::new(curve, &part("d")?).ok_or_else(invalid)?;
                if key.public.point != public.point {
                    return Err(invalid());
                }
                Ok(Self::Private(PrivateKey::Ec(key)))
            }
            "OKP" => match (name("crv").as_str(), is_private) {
                ("Ed25519", true) => Ok(Self::Private(PrivateKey::Ed25519(Zeroizing::new(array("d")?)))),
                ("Ed25519", false) => Ok(Self::Public(PublicKey::Ed25519(array("x")?))),
                ("X25519", true) => Ok(Self::Private(PrivateKey::X25519(Zeroizing::new(array("d")?)))),
                ("X25519", false) => Ok(Self::Public(PublicKey::X25519(array("x")?))),
                _ => Err(NativeError::error("ERR_CRYPTO_INVALID_CURVE", "Invalid OKP curve name")),
            },
            _ => Err(invalid()),
        }
    }

    /// In one of the forms that a script asks for.
    pub(super) fn write(&self, layout: Layout, encryption: Option<&Encryption<'_>>) -> Read<Written> {
        let incompatible = || {
            let message = "The selected key encoding is incompatible with the key type";
            NativeError::error("ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", message)
        };
        Ok(match (self, layout) {
            (Self::Public(key), Layout::Spki) => {
                Written { label: "PUBLIC KEY", der: Zeroizing::new(key.to_spki()?) }
            }
            (Self::Public(PublicKey::Rsa(key)), Layout::Pkcs1) => Written {
                label: "RSA PUBLIC KEY",
                der: Zeroizing::new(key.to_pkcs1_der().said()?.into_vec()),
            },
            (Self::Private(key), Layout::Pkcs8) => {
                let der = key.to_pkcs8()?;
                match encryption {
                    Some(encryption) => {
                        Written { label: "ENCRYPTED PRIVATE KEY", der: encryption.apply(&der)? }
                    }
                    None => Written { label: "PRIVATE KEY", der },
                }
            }
            (Self::Private(PrivateKey::Rsa(key)), Layout::Pkcs1) => {
                Written { label: "RSA PRIVATE KEY", der: key.to_pkcs1_der().said()?.to_bytes() }
            }
            (Self::Private(PrivateKey::Ec(key)), Layout::Sec1) => {
                Written { label: "EC PRIVATE KEY", der: sec1_of(key, true)? }
            }
            _ => return Err(incompatible()),
        })
    }
}

/// A key written down, and what PEM calls it.
pub(super) struct Written {
    label: &'static str,
    pub(super) der: Zeroizing<Vec<u8>>,
}

impl Written {
    pub(super) fn pem(&self) -> Vec<u8> {
        let base64 = STANDARD.encode(&*self.der);
        let mut pem = format!("-----BEGIN {}-----\n", self.label).into_bytes();
        for line in base64.as_bytes().chunks(64) {
            pem.extend_from_slice(line);
            pem.push(b'\n');
        }
        pem.extend_from_slice(format!("-----END {}-----\n", self.label).as_bytes());
        pem
    }
}

/// How a private key is encrypted when it is written down.
pub(super) struct Encryption<'a> {
    pub(super) cipher: &'a str,
    pub(super) passphrase: &'a [u8],
}

impl Encryption<'_> {
    fn apply(&self, der: &[u8]) -> Read<Zeroizing<Vec<u8>>> {
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        OsRng.fill_bytes(&mut salt);
        OsRng.fill_bytes(&mut iv);
        let params = match self.cipher.to_ascii_lowercase().as_str() {
            "aes-128-cbc" | "aes128" => {
                pbes2::Parameters::pbkdf2_sha256_aes128cbc(PASSPHRASE_ROUNDS, &salt, &iv)
            }
            "aes-256-cbc" | "aes256" => {
                pbes2::Parameters::pbkdf2_sha256_aes256cbc(PASSPHRASE_ROUNDS, &salt, &iv)
            }
            _ => {
                let message = "Unknown cipher: keys are encrypted with aes-128-cbc or aes-256-cbc";
                return Err(NativeError::error("ERR_CRYPTO_UNKNOWN_CIPHER", message));
            }
        };
        let scheme = EncryptionScheme::from(params.said()?);
        let encrypted = scheme.encrypt(self.passphrase, der).said()?;
        let (algorithm, encrypted) =
            (scheme.to_der().said()?, OctetStringRef::new(&encrypted).said()?.to_der().said()?);
        let parts = [algorithm, encrypted].concat();
        Ok(Zeroizing::new(AnyRef::new(Tag::Sequence, &parts).said()?.to_der().said()?))
    }
}

impl PrivateKey {
    pub(super) fn from_pkcs8(der: &[u8]) -> Read<Self> {
        if der.len() > KEY_BYTES_MAX {
            return Err(unsupported());
        }
        private_from(&PrivateKeyInfo::from_der(der).said()?)
    }

    pub(super) fn public(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.to_public_key()),
            Self::Ec(key) => PublicKey::Ec(key.public.clone()),
            Self::Ed25519(seed) => PublicKey::Ed25519(ed25519_public(seed)),
            Self::X25519(key) => PublicKey::X25519(x25519(**key, X25519_BASEPOINT_BYTES)),
        }
    }

    fn to_pkcs8(&self) -> Read<Zeroizing<Vec<u8>>> {
        let wrapped = |algorithm: AlgorithmIdentifierRef<'_>, inner: &[u8]| -> Read<Zeroizing<Vec<u8>>> {
            Ok(Zeroizing::new(PrivateKeyInfo::new(algorithm, inner).to_der().said()?))
        };
        let seed = |oid, seed: &[u8]| -> Read<Zeroizing<Vec<u8>>> {
            let inner = Zeroizing::new(OctetStringRef::new(seed).said()?.to_der().said()?);
            wrapped(AlgorithmIdentifierRef { oid, parameters: None }, &inner)
        };
        match self {
            Self::Rsa(key) => {
                let inner = key.to_pkcs1_der().said()?;
                wrapped(AlgorithmIdentifierRef { oid: RSA, parameters: Some(Null.into()) }, inner.as_bytes())
            }
            Self::Ec(key) => {
                let oid = key.public.curve.oid();
                let parameters = Some(AnyRef::from(&oid));
                wrapped(AlgorithmIdentifierRef { oid: EC, parameters }, &sec1_of(key, false)?)
            }
            Self::Ed25519(key) => seed(ED25519, &**key),
            Self::X25519(key) => seed(X25519, &**key),
        }
    }

    fn to_jwk(&self) -> Value {
        let mut jwk = self.public().to_jwk();
        match self {
            Self::Rsa(key) => {
                let (p, q) = (&key.primes()[0], &key.primes()[1]);
                let one = BigUint::from(1_u8);
                jwk["d"] = encoded(&key.d().to_bytes_be());
                jwk["p"] = encoded(&p.to_bytes_be());
                jwk["q"] = encoded(&q.to_bytes_be());
                jwk["dp"] = encoded(&(key.d() % (p - &one)).to_bytes_be());
                jwk["dq"] = encoded(&(key.d() % (q - &one)).to_bytes_be());
                jwk["qi"] = encoded(&key.crt_coefficient().unwrap_or_default().to_bytes_be());
            }
            Self::Ec(key) => jwk["d"] = encoded(&key.scalar),
            Self::Ed25519(key) | Self::X25519(key) => jwk["d"] = encoded(&**key),
        }
        jwk
    }
}

impl PublicKey {
    pub(super) fn from_spki(der: &[u8]) -> Read<Self> {
        if der.len() > KEY_BYTES_MAX {
            return Err(unsupported());
        }
        let spki = SubjectPublicKeyInfoRef::from_der(der).said()?;
        let bits = spki.subject_public_key.as_bytes().ok_or_else(unsupported)?;
        match spki.algorithm.oid {
            RSA => rsa_public(bits).map(Self::Rsa),
            EC => {
                let curve = spki.algorithm.parameters_oid().ok().and_then(Curve::from_oid);
                let curve = curve.ok_or_else(unsupported)?;
                EcPublic::new(curve, bits).map(Self::Ec).ok_or_else(unsupported)
            }
            ED25519 => <[u8; 32]>::try_from(bits).map(Self::Ed25519).said(),
            X25519 => <[u8; 32]>::try_from(bits).map(Self::X25519).said(),
            _ => Err(unsupported()),
        }
    }

    pub(super) fn to_spki(&self) -> Read<Vec<u8>> {
        let spki = |algorithm: AlgorithmIdentifierRef<'_>, bits: &[u8]| -> Read<Vec<u8>> {
            let subject_public_key = BitStringRef::from_bytes(bits).said()?;
            SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().said()
        };
        match self {
            Self::Rsa(key) => {
                let inner = key.to_pkcs1_der().said()?;
                spki(AlgorithmIdentifierRef { oid: RSA, parameters: Some(Null.into()) }, inner.as_bytes())
            }
            Self::Ec(key) => {
                let oid = key.curve.oid();
                spki(AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&oid)) }, &key.point)
            }
            Self::Ed25519(key) => spki(AlgorithmIdentifierRef { oid: ED25519, parameters: None }, key),
            Self::X25519(key) => spki(AlgorithmIdentifierRef { oid: X25519, parameters: None }, key),
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::Ec(_) => "ec",
            Self::Ed25519(_) => "ed25519",
            Self::X25519(_) => "x25519",
        }
    }

    fn clone_public(&self) -> Self {
        match self {
            Self::Rsa(key) => Self::Rsa(key.clone()),
            Self::Ec(key) => Self::Ec(key.clone()),
            Self::Ed25519(key) => Self::Ed25519(*key),
            Self::X25519(key) => Self::X25519(*key),
        }
    }

    fn to_jwk(&self) -> Value {
        match self {
            Self::Rsa(key) => {
                json!({ "kty": "RSA", "n": encoded(&key.n().to_bytes_be()), "e": encoded(&key.e().to_bytes_be()) })
            }
            Self::Ec(key) => {
                let (x, y) = key.coordinates();
                json!({ "kty": "EC", "x": encoded(x), "y": encoded(y), "crv": key.curve.jwk_name() })
            }
            Self::Ed25519(key) => json!({ "crv": "Ed25519", "x": encoded(key), "kty": "OKP" }),
            Self::X25519(key) => json!({ "crv": "X25519", "x": encoded(key), "kty": "OKP" }),
        }
    }
}

fn sec1_of(key: &EcPrivate, names_curve: bool) -> Read<Zeroizing<Vec<u8>>> {
    let parameters = names_curve.then(|| EcParameters::NamedCurve(key.public.curve.oid()));
    let sec1 = EcPrivateKey { private_key: &key.scalar, parameters, public_key: Some(&key.public.point) };
    Ok(Zeroizing::new(sec1.to_der().said()?))
}

fn encoded(bytes: &[u8]) -> Value {
    Value::from(URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

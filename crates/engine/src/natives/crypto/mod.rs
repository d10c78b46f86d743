//! `vestibule:crypto`: what Node's `crypto` asks of Rust, request by request.
//!
//! A request is answered in one go on the isolate's thread, so each has a bound that keeps it short, or an
//! eye on whether its execution has been ended.

mod certificate;
mod cipher;
mod digest;
mod ec;
mod generate;
mod kdf;
mod key;
mod sign;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngCore;
use rand::rngs::OsRng;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::memory::Memory;
use crate::natives::Given;
use crate::natives::crypto::cipher::Cipher;
use crate::natives::crypto::digest::Algorithm;
use crate::natives::crypto::digest::Keyed;
use crate::natives::crypto::ec::Curve;
use crate::natives::crypto::ec::EcPrivate;
use crate::natives::crypto::ec::EcPublic;
use crate::natives::crypto::key::Encryption;
use crate::natives::crypto::key::Half;
use crate::natives::crypto::key::Key;
use crate::natives::crypto::key::Layout;
use crate::natives::crypto::key::PrivateKey;
use crate::natives::crypto::key::PublicKey;
use crate::natives::crypto::key::Source;
use crate::natives::crypto::sign::Envelope;
use crate::natives::crypto::sign::Scheme;
use crate::natives::crypto::sign::Signed;
use crate::natives::error::NativeError;
use crate::running::Running;

type Answer = Result<Given, NativeError>;

/// Bytes that one request may work on. What is longer comes in pieces, so that an execution can be ended
/// between them.
const PIECE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Digests and ciphers that are under way at one moment; each takes some hundred bytes.
const STATES_MAX: usize = 2_000;

/// What a script can ask for. The bytes that come with a request are named first, second and third.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    /// The digest of the first bytes.
    Hash { algorithm: String, length: Option<usize> },
    /// The names of all hash functions.
    Hashes,
    /// A digest under way; the number of it.
    StartHash { algorithm: String },
    /// A digest under way with the first bytes as its key.
    StartHmac { algorithm: String },
    /// Another one that has seen the same.
    Copy { state: u32 },
    /// Shows the first bytes to a digest.
    Update { state: u32 },
    /// The digest; its number is free then.
    Finish { state: u32, length: Option<usize> },
    /// A cipher with the first bytes as key and the second as initialization vector.
    #[serde(rename_all = "camelCase")]
    StartCipher { name: String, encrypts: bool, tag_bytes: usize },
    /// Shows the first bytes to a cipher, to be authenticated alone.
    Associate { state: u32 },
    /// The first bytes, encrypted or decrypted, as far as they go.
    Turn { state: u32 },
    /// The last bytes; for GCM the tag, or a look at the first bytes, which are one.
    FinishCipher { state: u32, pads: bool },
    /// Random bytes.
    Random { length: usize },
    /// Whether the first and the second bytes are equal, in a time that does not tell where they differ.
    Equal,
    /// A key from the first bytes with the second as salt.
    Pbkdf2 { algorithm: String, iterations: u32, length: usize },
    /// As before.
    Scrypt { n: u64, r: u32, p: u32, length: usize },
    /// As before; the third bytes say what the key is for.
    Hkdf { algorithm: String, length: usize },
    /// A key in the first bytes; the second are its passphrase.
    #[serde(rename_all = "camelCase")]
    ReadKey { layout: Option<Layout>, half: Half, has_passphrase: bool },
    /// A key from a JWK.
    ReadJwk { jwk: Map<String, Value>, half: Half },
    /// The public half of the private key in the first bytes.
    PublicOf,
    /// The key in the first bytes as a JWK.
    WriteJwk { half: Half },
    /// The key in the first bytes; the second bytes are the passphrase to encrypt it with.
    WriteKey { half: Half, layout: Layout, pem: bool, cipher: Option<String> },
    /// A new private key.
    Generate { kind: String, bits: u32, curve: String },
    /// The signature of the second bytes, or of a digest under way, by the private key in the first.
    Sign { scheme: Scheme, state: Option<u32> },
    /// Whether the third bytes are such a signature, for the public key in the first.
    Verify { scheme: Scheme, state: Option<u32> },
    /// The second bytes for the owner of the public key in the first; the third are a label.
    Encrypt { envelope: Envelope },
    /// The opposite, with the private key.
    Decrypt { envelope: Envelope },
    /// The second bytes, such that everyone with the public key sees who has done it.
    EncryptWithPrivate { envelope: Envelope },
    /// The opposite, with the public key.
    DecryptWithPublic { envelope: Envelope },
    /// What the private key in the first bytes and the public key in the second come to.
    Agree,
    /// A number that is a private key of a curve.
    EcRandom { curve: String },
    /// The point that the number in the first bytes leads to.
    EcPoint { curve: String, compressed: bool },
    /// The point in the first bytes, in another encoding.
    EcConvert { curve: String, compressed: bool },
    /// What the number in the first bytes and the point in the second come to.
    EcAgree { curve: String },
}

/// What is under way between two requests.
enum State {
    Hash(Box<digest::State>),
    Hmac(Box<dyn Keyed>),
    Cipher(Cipher),
}

/// The state of one execution.
pub(crate) struct Crypto {
    running: Arc<Running>,
    memory: Arc<Memory>,
    states: RefCell<States>,
}

#[derive(Default)]
struct States {
    by_number: BTreeMap<u32, State>,
    next: u32,
}

impl Crypto {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>) -> Self {
        Self { running, memory, states: RefCell::default() }
    }

    pub(crate) fn answer(&self, request: &str, data: [&[u8]; 3]) -> Answer {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| NativeError::type_error("ERR_INVALID_ARG_VALUE", format!("crypto: {error}")))?;
        if data.iter().any(|bytes| bytes.len() > PIECE_BYTES_MAX) {
            let message = format!("crypto: no more than {PIECE_BYTES_MAX} bytes at a time");
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        self.answer_parsed(request, data)
    }

    fn answer_parsed(&self, request: Request, [first, second, third]: [&[u8]; 3]) -> Answer {
        let input = |algorithm, length| kdf::Input { algorithm, secret: first, salt: second, length };
        match request {
            Request::Hash { algorithm, length } => digest::hash(&algorithm, length, first),
            Request::Hashes => Ok(digest::names()),
            Request::StartHash { algorithm } => {
                self.keep(State::Hash(Box::new(Algorithm::start(&algorithm)?)))
            }
            Request::StartHmac { algorithm } => self.keep(State::Hmac(digest::hmac(&algorithm, first)?)),
            Request::Copy { state } => self.copy(state),
            Request::Update { state } => self.update(state, first),
            Request::Finish { state, length } => self.finish(state, length).map(Given::Bytes),
            Request::StartCipher { name, encrypts, tag_bytes } => {
                let setup = cipher::Setup { name: &name, encrypts, key: first, iv: second, tag_bytes };
                self.keep(State::Cipher(Cipher::new(&setup)?))
            }
            Request::Associate { state } => {
                self.with_cipher(state, |cipher| cipher.associate(first)).map(|()| yes(true))
            }
            Request::Turn { state } => {
                self.with_cipher(state, |cipher| cipher.update(first)).map(Given::Bytes)
            }
            Request::FinishCipher { state, pads } => match self.take(state)? {
                State::Cipher(cipher) => cipher.finish(pads, first).map(Given::Bytes),
                State::Hash(_) | State::Hmac(_) => Err(no_state()),
            },
            Request::Random { length } => self.random(length),
            Request::Equal => Ok(yes(first.ct_eq(second).into())),
            Request::Pbkdf2 { algorithm, iterations, length } => {
                self.pbkdf2(&input(&algorithm, length), iterations)
            }
            Request::Scrypt { n, r, p, length } => self.scrypt(&input("", length), &kdf::Cost { n, r, p }),
            Request::Hkdf { algorithm, length } => kdf::hkdf(&input(&algorithm, length), third),
            Request::ReadKey { layout, half, has_passphrase } => {
                let passphrase = has_passphrase.then_some(second);
                let key = Source { bytes: first, layout, passphrase, half }.read(&self.memory)?;
                self.described(key, half)
            }
            Request::ReadJwk { jwk, half } => self.described(Key::from_jwk(&jwk, half)?, half),
            Request::PublicOf => self.described(Key::Private(PrivateKey::from_pkcs8(first)?), Half::Public),
            Request::WriteJwk { half } => Ok(Given::Value(kept(first, half)?.to_jwk())),
            Request::WriteKey { half, layout, pem, cipher } => {
                let encryption = cipher.as_deref().map(|cipher| Encryption { cipher, passphrase: second });
                let written = kept(first, half)?.write(layout, encryption.as_ref())?;
                Ok(Given::Bytes(if pem { written.pem() } else { written.der.to_vec() }))
            }
            Request::Generate { kind, bits, curve } => {
                Ok(Given::Value(Key::Private(self.generate(&kind, bits, &curve)?).described()?))
            }
            Request::Sign { scheme, state } => {
                let signed = self.signed(state, second)?;
                scheme.sign(&PrivateKey::from_pkcs8(first)?, signed).map(Given::Bytes)
            }
            Request::Verify { scheme, state } => {
                let signed = self.signed(state, second)?;
                scheme.verify(&PublicKey::from_spki(first)?, signed, third).map(yes)
            }
            Request::Encrypt { envelope } => {
                envelope.encrypt(&PublicKey::from_spki(first)?, second, third).map(Given::Bytes)
            }
            Request::Decrypt { envelope } => {
                envelope.decrypt(&PrivateKey::from_pkcs8(first)?, second, third).map(Given::Bytes)
            }
            Request::EncryptWithPrivate { envelope } => {
                envelope.encrypt_with_private(&PrivateKey::from_pkcs8(first)?, second).map(Given::Bytes)
            }
            Request::DecryptWithPublic { envelope } => {
                envelope.decrypt_with_public(&PublicKey::from_spki(first)?, second).map(Given::Bytes)
            }
            Request::Agree => {
                let (own, other) = (PrivateKey::from_pkcs8(first)?, PublicKey::from_spki(second)?);
                generate::agree(&own, &other).map(Given::Bytes)
            }
            Request::EcRandom { curve } => {
                let key = EcPrivate::random(found(&curve)?).ok_or_else(invalid_pair)?;
                Ok(Given::Bytes(key.scalar.to_vec()))
            }
            Request::EcPoint { curve, compressed } => {
                let key = EcPrivate::new(found(&curve)?, first).ok_or_else(invalid_pair)?;
                Ok(Given::Bytes(key.public.encoded(compressed)))
            }
            Request::EcConvert { curve, compressed } => {
                let point = EcPublic::new(found(&curve)?, first).ok_or_else(not_on_curve)?;
                Ok(Given::Bytes(point.encoded(compressed)))
            }
            Request::EcAgree { curve } => {
                let curve = found(&curve)?;
                let own = EcPrivate::new(curve, first).ok_or_else(invalid_pair)?;
                let other = EcPublic::new(curve, second).ok_or_else(not_on_curve)?;
                own.agree(&other).map(Given::Bytes).ok_or_else(not_on_curve)
            }
        }
    }

    fn random(&self, length: usize) -> Answer {
        if length > PIECE_BYTES_MAX || !self.memory.has_room_for(length) {
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", "Array buffer allocation failed"));
        }
        let mut bytes = vec![0; length];
        OsRng.fill_bytes(&mut bytes);
        Ok(Given::Bytes(bytes))
    }

    fn described(&self, key: Key, half: Half) -> Answer {
        let key = match (key, half) {
            (Key::Private(key), Half::Public) => Key::Public(key.public()),
            (key, Half::Private | Half::Public) => key,
        };
        key.described().map(Given::Value)
    }

    fn signed<'a>(&self, state: Option<u32>, message: &'a [u8]) -> Result<Signed<'a>, NativeError> {
        match state {
            Some(state) => self.finish(state, None).map(Signed::Digest),
            None => Ok(Signed::Message(message)),
        }
    }

    fn keep(&self, state: State) -> Answer {
        let mut states = self.states.borrow_mut();
        if states.by_number.len() >= STATES_MAX {
            let message = format!("crypto: no more than {STATES_MAX} digests and ciphers may be unfinished");
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        let number = states.next;
        states.next = number.wrapping_add(1);
        states.by_number.insert(number, state);
        Ok(Given::Value(Value::from(number)))
    }

    fn copy(&self, number: u32) -> Answer {
        let copy = match self.states.borrow().by_number.get(&number) {
            Some(State::Hash(state)) => state.clone(),
            Some(State::Hmac(_) | State::Cipher(_)) | None => return Err(no_state()),
        };
        self.keep(State::Hash(copy))
    }

    fn update(&self, number: u32, data: &[u8]) -> Answer {
        match self.states.borrow_mut().by_number.get_mut(&number) {
            Some(State::Hash(state)) => state.update(data),
            Some(State::Hmac(state)) => state.update(data),
            Some(State::Cipher(_)) | None => return Err(no_state()),
        }
        Ok(yes(true))
    }

    fn finish(&self, number: u32, length: Option<usize>) -> Result<Vec<u8>, NativeError> {
        match self.take(number)? {
            State::Hash(state) => state.finish(length),
            State::Hmac(state) => Ok(state.finish()),
            State::Cipher(_) => Err(no_state()),
        }
    }

    fn with_cipher<T>(
        &self,
        number: u32,
        work: impl FnOnce(&mut Cipher) -> Result<T, NativeError>,
    ) -> Result<T, NativeError> {
        match self.states.borrow_mut().by_number.get_mut(&number) {
            Some(State::Cipher(cipher)) => work(cipher),
            Some(State::Hash(_) | State::Hmac(_)) | None => Err(no_state()),
        }
    }

    fn take(&self, number: u32) -> Result<State, NativeError> {
        self.states.borrow_mut().by_number.remove(&number).ok_or_else(no_state)
    }
}

/// A key that a script holds.
fn kept(der: &[u8], half: Half) -> Result<Key, NativeError> {
    match half {
        Half::Private => PrivateKey::from_pkcs8(der).map(Key::Private),
        Half::Public => PublicKey::from_spki(der).map(Key::Public),
    }
}

fn found(curve: &str) -> Result<Curve, NativeError> {
    Curve::find(curve)
        .ok_or_else(|| NativeError::type_error("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name"))
}

fn yes(is_so: bool) -> Given {
    Given::Value(Value::Bool(is_so))
}

fn no_state() -> NativeError {
    NativeError::error("ERR_CRYPTO_INVALID_STATE", "Invalid state for this operation")
}

fn invalid_pair() -> NativeError {
    NativeError::error("ERR_CRYPTO_INVALID_KEYPAIR", "Invalid key pair")
}

fn not_on_curve() -> NativeError {
    let message = "Public key is not valid for specified curve";
    NativeError::error("ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", message)
}

//! Sealed continuations: where a suspended flow goes on, and what it has recorded so far, as one text that
//! the host keeps until the user is back.
//!
//! The text is AES-256-GCM under a key of the host, so it can travel through a browser: nobody there can
//! read or change it. It is bound to the flow, the trigger, the entity, the versions of all actions and the
//! subject of the event; it expires, and it can be used once.
//!
//! Layout, before base64url: version (1 byte), length of the key's id (1 byte), the id, nonce (12 bytes),
//! sealed contents with their tag. What stands in front of the nonce is authenticated with the contents.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::RandomizedNonceKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use vestibule_triggers::Command;
use vestibule_triggers::EventChange;
use vestibule_triggers::Resume;

use crate::clock::now_ms;
use crate::host_functions::HostError;
use crate::random;

/// Characters of a sealed continuation.
pub(crate) const CONTINUATION_CHARS_MAX: usize = 256 * 1024;

/// How long a continuation can be used unless the host says otherwise.
pub(crate) const LIFETIME_DEFAULT: Duration = Duration::from_secs(60 * 60);
/// The longest time that a host can set.
pub(crate) const LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const VERSION: u8 = 1;
const KEY_ID_BYTES_MAX: usize = 64;

/// The keys of continuations: the first seals, all of them open. Cheap to clone.
///
/// To change keys, put the new one in front and keep the old one for as long as a continuation lives. One
/// key is good for some billions of continuations.
#[derive(Clone)]
pub struct ContinuationKeys {
    keys: Vec<Arc<Key>>,
}

struct Key {
    id: String,
    key: RandomizedNonceKey,
}

/// Why keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContinuationKeyError {
    /// An id that is empty or too long.
    #[error("the id {id:?} of a continuation key has {bytes} bytes, but must have from 1 to 64", bytes = id.len())]
    Id {
        /// The id.
        id: String,
    },
    /// Two keys of one id.
    #[error("there are two continuation keys with the id {id:?}; give each its own")]
    IdTwice {
        /// The id.
        id: String,
    },
    /// The cryptographic library gave up: no random bytes, or no memory.
    #[error("the cryptographic library cannot make a continuation key")]
    Library,
}

/// Why a continuation is refused. Its text is the same for every reason, so that it can be shown outside;
/// the log gets [`code`](Self::code).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this request cannot be continued; please start again")]
pub enum ContinuationError {
    /// It is no continuation, or one of a format that this version does not know.
    Malformed,
    /// It was sealed with a key that is not among the keys.
    UnknownKey,
    /// It was changed on its way, or sealed with another key of the same id.
    Altered,
    /// Its time is over.
    Expired,
    /// It belongs to another flow, trigger or entity.
    ForeignFlow,
    /// The actions of the flow are not those that began it.
    OtherVersion,
    /// The event is about another subject.
    OtherSubject,
    /// It has been used before.
    Replayed,
    /// Whether it has been used before cannot be found out.
    StoreFailed(HostError),
}

impl ContinuationKeys {
    /// Keys of which this one seals. The id is written into continuations, for all to see; it tells which
    /// key opens them.
    ///
    /// # Errors
    /// When the id is empty or longer than 64 bytes.
    pub fn new(id: impl Into<String>, key: [u8; 32]) -> Result<Self, ContinuationKeyError> {
        Ok(Self { keys: vec![Arc::new(Key::new(id.into(), key)?)] })
    }

    /// Adds a key that only opens.
    ///
    /// # Errors
    /// When the id is empty, longer than 64 bytes, or taken.
    pub fn and_older(mut self, id: impl Into<String>, key: [u8; 32]) -> Result<Self, ContinuationKeyError> {
        let id = id.into();
        if self.keys.iter().any(|other| other.id == id) {
            return Err(ContinuationKeyError::IdTwice { id });
        }
        self.keys.push(Arc::new(Key::new(id, key)?));
        Ok(self)
    }

    /// One random key. Continuations that it seals end with the process.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn random() -> Result<Self, ContinuationKeyError> {
        Self::new("process", Self::random_key()?)
    }

    /// The bytes of a random key, to be kept where only the host can read them.
    ///
    /// # Errors
    /// When the system has no random bytes to give.
    pub fn random_key() -> Result<[u8; 32], ContinuationKeyError> {
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| ContinuationKeyError::Library)?;
        Ok(key)
    }
}

impl fmt::Debug for ContinuationKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl ContinuationError {
    /// The reason as one word, for the log and not for the user.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Altered => "altered",
            Self::Expired => "expired",
            Self::ForeignFlow => "foreign_flow",
            Self::OtherVersion => "other_version",
            Self::OtherSubject => "other_subject",
            Self::Replayed => "replayed",
            Self::StoreFailed(_) => "store_failed",
        }
    }
}

/// What a continuation is bound to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) flow: String,
    pub(crate) trigger: String,
    pub(crate) entity: Option<String>,
    /// Of the names and programs of all bindings.
    pub(crate) version: String,
    /// The values that the trigger names as its subject.
    pub(crate) subject: Value,
}

/// A flow that waits: where it goes on, and what it has recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Suspended {
    /// The action that suspended the flow, from 0.
    pub(crate) index: usize,
    pub(crate) resume: Resume,
    pub(crate) recorded: Vec<Recorded>,
    pub(crate) changes: Vec<SealedChange>,
}

/// The commands of one action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) action: String,
    pub(crate) commands: Vec<Command>,
}

/// An [`EventChange`] as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedChange {
    path: Vec<String>,
    /// Without it the field is deleted, which is not the same as null.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    value: Option<Value>,
}

/// A continuation that is what it should be, but may have been used before.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) expires_ms: u64,
    pub(crate) suspended: Suspended,
}

/// Why a flow cannot be suspended.
#[derive(Debug, Error)]
pub(crate) enum SealError {
    #[error(
        "the flow cannot wait: its continuation would have {chars} characters, but {CONTINUATION_CHARS_MAX} are the most; record less before the suspension"
    )]
    TooLarge { chars: usize },
    #[error("the flow cannot wait: its continuation cannot be written")]
    Write(#[from] serde_json::Error),
    #[error("the flow cannot wait: the cryptographic library cannot seal its continuation")]
    Library,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    id: String,
    issued_ms: u64,
    expires_ms: u64,
    bound_to: Identity,
    suspended: Suspended,
}

/// Seals a suspended flow.
pub(crate) fn seal(
    keys: &ContinuationKeys,
    bound_to: Identity,
    suspended: Suspended,
    lifetime: Duration,
) -> Result<String, SealError> {
    let issued_ms = now_ms();
    let expires_ms = issued_ms.saturating_add(u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX));
    let id = random::id().map_err(|_| SealError::Library)?;
    let contents = Contents { id, issued_ms, expires_ms, bound_to, suspended };
    // There is always a first key: each way to make the list begins with one.
    let Some(key) = keys.keys.first() else { return Err(SealError::Library) };
    let text = key.seal(serde_json::to_vec(&contents)?)?;
    match text.len() {
        0..=CONTINUATION_CHARS_MAX => Ok(text),
        chars => Err(SealError::TooLarge { chars }),
    }
}

/// Opens a continuation and compares what it is bound to. The caller sees to it that it is used once.
pub(crate) fn open(
    keys: &ContinuationKeys,
    text: &str,
    bound_to: &Identity,
) -> Result<Opened, ContinuationError> {
    let Contents { id, issued_ms: _, expires_ms, bound_to: found, suspended } = unseal(keys, text)?;
    // The contents are ours from here on, so nobody outside learns anything from how long this takes.
    if expires_ms <= now_ms() {
        return Err(ContinuationError::Expired);
    }
    found.is_same_place_as(bound_to).then_some(()).ok_or(ContinuationError::ForeignFlow)?;
    if found.version != bound_to.version {
        return Err(ContinuationError::OtherVersion);
    }
    if found.subject != bound_to.subject {
        return Err(ContinuationError::OtherSubject);
    }
    Ok(Opened { id, expires_ms, suspended })
}

fn unseal(keys: &ContinuationKeys, text: &str) -> Result<Contents, ContinuationError> {
    if text.len() > CONTINUATION_CHARS_MAX {
        return Err(ContinuationError::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ContinuationError::Malformed)?;
    let parts = Parts::read(&bytes).ok_or(ContinuationError::Malformed)?;
    let key = keys.keys.iter().find(|key| key.id.as_bytes() == parts.key_id);
    let key = key.ok_or(ContinuationError::UnknownKey)?;
    let mut sealed = parts.sealed.to_vec();
    // The tag is compared in constant time by the library.
    let plain = key
        .key
        .open_in_place(Nonce::assume_unique_for_key(parts.nonce), Aad::from(parts.head), &mut sealed)
        .map_err(|_| ContinuationError::Altered)?;
    serde_json::from_slice(plain).map_err(|_| ContinuationError::Malformed)
}

/// The bytes of a continuation, taken apart.
struct Parts<'a> {
    /// Version, length and id of the key: authenticated, not sealed.
    head: &'a [u8],
    key_id: &'a [u8],
    nonce: [u8; NONCE_LEN],
    sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let [VERSION, id_bytes, ..] = *bytes else { return None };
        let (head, rest) = bytes.split_at_checked(2 + usize::from(id_bytes))?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        Some(Self { head, key_id: &head[2..], nonce: *nonce, sealed })
    }
}

impl Key {
    fn new(id: String, key: [u8; 32]) -> Result<Self, ContinuationKeyError> {
        if id.is_empty() || id.len() > KEY_ID_BYTES_MAX {
            return Err(ContinuationKeyError::Id { id });
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| ContinuationKeyError::Library)?;
        Ok(Self { id, key })
    }

    fn seal(&self, mut contents: Vec<u8>) -> Result<String, SealError> {
        // An id has 64 bytes at most.
        let mut bytes = vec![VERSION, self.id.len() as u8];
        bytes.extend(self.id.as_bytes());
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(&bytes), &mut contents)
            .map_err(|_| SealError::Library)?;
        bytes.extend(nonce.as_ref());
        bytes.extend(contents);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl Identity {
    fn is_same_place_as(&self, other: &Self) -> bool {
        self.flow == other.flow && self.trigger == other.trigger && self.entity == other.entity
    }
}

impl From<EventChange> for SealedChange {
    fn from(EventChange { path, value }: EventChange) -> Self {
        Self { path, value }
    }
}

impl From<SealedChange> for EventChange {
    fn from(SealedChange { path, value }: SealedChange) -> Self {
        Self { path, value }
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity() -> Identity {
        Identity {
            flow: "tenant-1/login".into(),
            trigger: "acme/visit".into(),
            entity: None,
            version: "v".into(),
            subject: json!(["u1", null]),
        }
    }

    fn suspended(text: &str) -> Suspended {
        let args = serde_json::Map::from_iter([("text".to_owned(), text.into())]);
        Suspended {
            index: 1,
            resume: Resume::Continue,
            recorded: vec![Recorded {
                action: "first".into(),
                commands: vec![Command { method: "note".into(), args }],
            }],
            changes: vec![
                EventChange { path: vec!["a".into()], value: Some(Value::Null) }.into(),
                EventChange { path: vec!["b".into()], value: None }.into(),
            ],
        }
    }

    fn keys() -> ContinuationKeys {
        ContinuationKeys::new("k1", [7; 32]).unwrap()
    }

    fn sealed() -> String {
        seal(&keys(), identity(), suspended("hello"), LIFETIME_DEFAULT).unwrap()
    }

    fn refusal(text: &str) -> &'static str {
        open(&keys(), text, &identity()).unwrap_err().code()
    }

    #[test]
    fn what_is_sealed_comes_back_whole() {
        let opened = open(&keys(), &sealed(), &identity()).unwrap();
        assert_eq!(opened.suspended.index, 1);
        assert_eq!(opened.suspended.recorded[0].commands[0].args["text"], "hello");
        let values: Vec<_> = opened.suspended.changes.into_iter().map(|change| change.value).collect();
        assert_eq!(values, [Some(Value::Null), None], "null and deleted stay apart");
    }

    #[test]
    fn nothing_of_the_contents_can_be_read() {
        let bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("hello") && !text.contains("tenant-1"), "{text}");
        assert_ne!(sealed(), sealed(), "the nonce is random");
    }

    #[test]
    fn a_changed_byte_is_refused_wherever_it_stands() {
        let bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
        for index in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[index] ^= flip;
                let code = refusal(&URL_SAFE_NO_PAD.encode(&bytes));
                assert!(["malformed", "unknown_key", "altered"].contains(&code), "byte {index}: {code}");
            }
        }
    }

    #[test]
    fn a_changed_character_is_refused_wherever_it_stands() {
        let text = sealed();
        for index in 0..text.len() {
            for other in ["A", "z", "-", "=", " "] {
                let mut changed = text.clone();
                changed.replace_range(index..=index, other);
                assert!(changed == text || open(&keys(), &changed, &identity()).is_err(), "{index} {other}");
            }
        }
    }

    #[test]
    fn a_cut_or_longer_text_is_refused() {
        let text = sealed();
        for end in 0..text.len() {
            assert!(open(&keys(), &text[..end], &identity()).is_err(), "{end}");
        }
        assert_eq!(refusal(&format!("{text}AAAA")), "altered");
        assert_eq!(refusal(&"A".repeat(CONTINUATION_CHARS_MAX + 1)), "malformed");
        assert_eq!(refusal(""), "malformed");
    }

    #[test]
    fn a_key_that_is_not_among_the_keys_is_unknown_and_an_older_one_opens() {
        let text = sealed();
        let other = ContinuationKeys::new("k2", [7; 32]).unwrap();
        assert_eq!(open(&other, &text, &identity()).unwrap_err().code(), "unknown_key");
        let same_id = ContinuationKeys::new("k1", [8; 32]).unwrap();
        assert_eq!(open(&same_id, &text, &identity()).unwrap_err().code(), "altered");
        let both = other.and_older("k1", [7; 32]).unwrap();
        assert!(open(&both, &text, &identity()).is_ok());
        let newer = seal(&both, identity(), suspended(""), LIFETIME_DEFAULT).unwrap();
        assert_eq!(refusal(&newer), "unknown_key", "the first key seals");
    }

    #[test]
    fn the_id_of_the_key_is_authenticated() {
        // Two ids of one key, so that nothing but the id differs.
        let keys = keys().and_older("k2", [7; 32]).unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
        assert_eq!(&bytes[2..4], b"k1");
        bytes[3] = b'2';
        let renamed = open(&keys, &URL_SAFE_NO_PAD.encode(bytes), &identity());
        assert_eq!(renamed.unwrap_err().code(), "altered");
    }

    #[test]
    fn every_part_of_the_identity_counts() {
        let text = sealed();
        for (changed, code) in [
            (Identity { flow: "tenant-2/login".into(), ..identity() }, "foreign_flow"),
            (Identity { trigger: "acme/other".into(), ..identity() }, "foreign_flow"),
            (Identity { entity: Some("e1".into()), ..identity() }, "foreign_flow"),
            (Identity { version: "w".into(), ..identity() }, "other_version"),
            (Identity { subject: json!(["u2", null]), ..identity() }, "other_subject"),
            (Identity { subject: json!([null, "u1"]), ..identity() }, "other_subject"),
        ] {
            let error = open(&keys(), &text, &changed).unwrap_err();
            assert_eq!(error.code(), code);
            assert_eq!(error.to_string(), ContinuationError::Malformed.to_string(), "one text outside");
        }
    }

    #[test]
    fn an_expired_continuation_is_refused() {
        let text = seal(&keys(), identity(), suspended(""), Duration::ZERO).unwrap();
        assert_eq!(refusal(&text), "expired");
    }

    #[test]
    fn a_continuation_that_is_too_large_is_not_sealed() {
        let large = suspended(&"x".repeat(CONTINUATION_CHARS_MAX));
        let error = seal(&keys(), identity(), large, LIFETIME_DEFAULT).unwrap_err();
        assert!(error.to_string().contains("262144 are the most"), "{error}");
    }

    #[test]
    fn keys_are_checked_and_not_shown() {
        assert!(matches!(ContinuationKeys::new("", [0; 32]), Err(ContinuationKeyError::Id { .. })));
        assert!(ContinuationKeys::new("k".repeat(65), [0; 32]).is_err());
        let twice = keys().and_older("k1", [1; 32]).unwrap_err();
        assert_eq!(twice, ContinuationKeyError::IdTwice { id: "k1".into() });
        assert_eq!(format!("{:?}", keys().and_older("k0", [9; 32]).unwrap()), r#"["k1", "k0"]"#);
    }
}

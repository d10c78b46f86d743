//! New keys, and what two keys agree on.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use rand::RngCore;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq;
use x25519_dalek::x25519;
use zeroize::Zeroizing;

use crate::cpu_clock::CpuClock;
use crate::natives::crypto::Crypto;
use crate::natives::crypto::ec::Curve;
use crate::natives::crypto::ec::EcPrivate;
use crate::natives::crypto::key::PrivateKey;
use crate::natives::crypto::key::PublicKey;
use crate::natives::error::NativeError;

/// RSA keys that are made at one moment, over all executions: each search for primes takes a core for up to
/// some seconds, and goes on when the execution that asked for it has ended.
const RSA_AT_ONCE_MAX: usize = 2;
/// How often the isolate's thread looks at its execution while it waits.
const LOOK: Duration = Duration::from_millis(2);
/// Stack of a thread that searches for primes.
const STACK_BYTES: usize = 512 * 1024;

static RSA_AT_ONCE: AtomicUsize = AtomicUsize::new(0);

/// One of [`RSA_AT_ONCE_MAX`] places; given back when dropped.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        RSA_AT_ONCE
            .fetch_update(Relaxed, Relaxed, |taken| (taken < RSA_AT_ONCE_MAX).then_some(taken + 1))
            .is_ok()
            .then_some(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        RSA_AT_ONCE.fetch_sub(1, Relaxed);
    }
}

/// What the thread that searches tells.
enum News {
    Began(CpuClock),
    Found(Option<Vec<u8>>),
}

impl Crypto {
    pub(super) fn generate(&self, kind: &str, bits: u32, curve: &str) -> Result<PrivateKey, NativeError> {
        let unsupported = || {
            let message =
                format!("The key type '{kind}' is not supported; there are rsa, ec, ed25519 and x25519");
            NativeError::type_error("ERR_INVALID_ARG_VALUE", message)
        };
        match kind {
            "rsa" => self.generate_rsa(bits),
            "ec" => {
                let wrong = || NativeError::type_error("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
                let curve = Curve::find(curve).ok_or_else(wrong)?;
                EcPrivate::random(curve).map(PrivateKey::Ec).ok_or_else(failed)
            }
            "ed25519" => Ok(PrivateKey::Ed25519(random())),
            "x25519" => Ok(PrivateKey::X25519(random())),
            _ => Err(unsupported()),
        }
    }

    /// The search cannot be interrupted, so another thread makes it, and this one waits for as long as the
    /// execution may live. The time of that thread is charged as if it were the execution's own.
    fn generate_rsa(&self, bits: u32) -> Result<PrivateKey, NativeError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => {
                let message = format!("RSA keys are made with 2048, 3072 or 4096 bits. Received {bits}");
                return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
            }
        };
        let place = loop {
            match Place::take() {
                Some(place) => break place,
                None if self.running.is_killed() => return Err(failed()),
                None => thread::sleep(LOOK),
            }
        };
        let (tell, news) = mpsc::channel();
        let search = move || {
            let _place = place;
            let _ = tell.send(News::Began(CpuClock::of_this_thread()));
            let der = KeyPair::generate(size).ok().and_then(|pair| {
                let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
                Some(der.as_ref().to_vec())
            });
            let _ = tell.send(News::Found(der));
            // The clock must not end before it has been read for the last time.
            thread::sleep(LOOK);
        };
        let builder = thread::Builder::new().name("rsa-key".to_owned()).stack_size(STACK_BYTES);
        builder.spawn(search).map_err(|_| failed())?;
        PrivateKey::from_pkcs8(&self.found(&news)?)
    }

    fn found(&self, news: &mpsc::Receiver<News>) -> Result<Vec<u8>, NativeError> {
        let mut clock = None;
        let mut charged = Duration::ZERO;
        loop {
            let told = news.recv_timeout(LOOK);
            if let Ok(News::Began(of_search)) = told {
                clock = Some(of_search);
            }
            let spent = clock.map_or(charged, |clock: CpuClock| clock.now().max(charged));
            self.running.charge_cpu(spent - charged);
            charged = spent;
            match told {
                Ok(News::Found(der)) => return der.ok_or_else(failed),
                Err(RecvTimeoutError::Disconnected) => return Err(failed()),
                Ok(News::Began(_)) | Err(RecvTimeoutError::Timeout) if self.running.is_killed() => {
                    return Err(failed());
                }
                Ok(News::Began(_)) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn random() -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    OsRng.fill_bytes(&mut *bytes);
    bytes
}

/// What the two sides of an exchange come to.
pub(super) fn agree(own: &PrivateKey, other: &PublicKey) -> Result<Vec<u8>, NativeError> {
    match (own, other) {
        (PrivateKey::Ec(own), PublicKey::Ec(other)) => own.agree(other).ok_or_else(different),
        (PrivateKey::X25519(own), PublicKey::X25519(other)) => {
            let agreed = x25519(**own, *other);
            // A point of small order leads here whatever the own key is.
            if bool::from(agreed.ct_eq(&[0; 32])) { Err(failed()) } else { Ok(agreed.to_vec()) }
        }
        _ => Err(different()),
    }
}

fn different() -> NativeError {
    let message = "Incompatible key types for Diffie-Hellman";
    NativeError::error("ERR_CRYPTO_INCOMPATIBLE_KEY", message)
}

fn failed() -> NativeError {
    NativeError::error("ERR_CRYPTO_OPERATION_FAILED", "Crypto operation failed")
}

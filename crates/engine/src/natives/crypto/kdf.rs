//! Keys from passwords and from other keys, with bounds on what one derivation costs.

use hkdf::SimpleHkdf;
use hmac::Hmac;
use hmac::Mac;

use crate::natives::Given;
use crate::natives::crypto::Answer;
use crate::natives::crypto::Crypto;
use crate::natives::crypto::PIECE_BYTES_MAX;
use crate::natives::crypto::digest;
use crate::natives::crypto::digest::Algorithm;
use crate::natives::crypto::digest::with_hash;
use crate::natives::error::NativeError;

/// Rounds of PBKDF2 between two looks at whether the execution has been ended.
const ROUNDS_AT_ONCE: u32 = 1_000;
/// scrypt's N * r * p. It cannot be interrupted, and so many take a tenth of a second or two.
pub(super) const SCRYPT_WORK_MAX: u64 = 1 << 19;
/// Bytes that one derivation gives.
const DERIVED_BYTES_MAX: usize = 1024 * 1024;

/// What a derivation begins with.
pub(super) struct Input<'a> {
    pub(super) algorithm: &'a str,
    pub(super) secret: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) length: usize,
}

/// The numbers of scrypt.
pub(super) struct Cost {
    pub(super) n: u64,
    pub(super) r: u32,
    pub(super) p: u32,
}

fn checked(algorithm: &str, length: usize) -> Result<Algorithm, NativeError> {
    let algorithm = Algorithm::find(algorithm).ok_or_else(|| digest::invalid_digest(algorithm))?;
    at_most(length, DERIVED_BYTES_MAX)?;
    Ok(algorithm)
}

fn at_most(length: usize, max: usize) -> Result<(), NativeError> {
    if length <= max {
        return Ok(());
    }
    let message = format!("The value of \"keylen\" is out of range. It must be <= {max}. Received {length}");
    Err(NativeError::range_error("ERR_OUT_OF_RANGE", message))
}

impl Crypto {
    /// PBKDF2, with an eye on the execution: its rounds are many, and each is short.
    pub(super) fn pbkdf2(&self, input: &Input<'_>, iterations: u32) -> Answer {
        let algorithm = checked(input.algorithm, input.length)?;
        let mut derived = vec![0; input.length];
        with_hash!(algorithm, D => {
            let keyed = Hmac::<D>::new_from_slice(input.secret).map_err(|_| digest::invalid_digest(input.algorithm))?;
            let block_bytes = <D as sha2::digest::Digest>::output_size();
            for (block, number) in derived.chunks_mut(block_bytes).zip(1_u32..) {
                let first = keyed.clone().chain_update(input.salt).chain_update(number.to_be_bytes());
                let mut round = first.finalize().into_bytes();
                let mut sum = round.clone();
                for done in 1..iterations {
                    if done % ROUNDS_AT_ONCE == 0 && self.running.is_killed() {
                        break;
                    }
                    round = keyed.clone().chain_update(&round).finalize().into_bytes();
                    sum.iter_mut().zip(&round).for_each(|(sum, byte)| *sum ^= byte);
                }
                block.copy_from_slice(&sum[..block.len()]);
            }
            Ok(Given::Bytes(derived))
        }, _ => Err(digest::invalid_digest(input.algorithm)))
    }

    /// scrypt, where its memory fits beside what the script holds.
    pub(super) fn scrypt(&self, input: &Input<'_>, cost: &Cost) -> Answer {
        at_most(input.length, DERIVED_BYTES_MAX)?;
        let invalid =
            || NativeError::range_error("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", "Invalid scrypt params");
        let Cost { n, r, p } = *cost;
        if !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
            return Err(invalid());
        }
        let work = n.checked_mul(u64::from(r)).and_then(|work| work.checked_mul(u64::from(p)));
        let bytes = n.checked_add(u64::from(p)).and_then(|blocks| blocks.checked_mul(128 * u64::from(r)));
        let (Some(work), Some(bytes)) = (work, bytes) else { return Err(invalid()) };
        let has_room = usize::try_from(bytes).is_ok_and(|bytes| self.memory.has_room_for(bytes));
        if work > SCRYPT_WORK_MAX || !has_room {
            let message = format!(
                "Invalid scrypt params: memory limit exceeded (N * r * p is {work} and may be {SCRYPT_WORK_MAX})"
            );
            return Err(NativeError::range_error("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", message));
        }
        let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| invalid())?;
        let mut derived = vec![0; input.length];
        if derived.is_empty() {
            return Ok(Given::Bytes(derived));
        }
        let params =
            scrypt::Params::new(log_n, r, p, scrypt::Params::RECOMMENDED_LEN).map_err(|_| invalid())?;
        scrypt::scrypt(input.secret, input.salt, &params, &mut derived).map_err(|_| invalid())?;
        Ok(Given::Bytes(derived))
    }
}

/// HKDF: extract, then expand.
pub(super) fn hkdf(input: &Input<'_>, info: &[u8]) -> Answer {
    let algorithm = checked(input.algorithm, input.length.min(DERIVED_BYTES_MAX).min(PIECE_BYTES_MAX))?;
    let invalid = || NativeError::range_error("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    with_hash!(algorithm, D => {
        if input.length > 255 * <D as sha2::digest::Digest>::output_size() {
            return Err(invalid());
        }
        let mut derived = vec![0; input.length];
        let extracted = SimpleHkdf::<D>::new(Some(input.salt), input.secret);
        extracted.expand(info, &mut derived).map_err(|_| invalid())?;
        Ok(Given::Bytes(derived))
    }, _ => Err(digest::invalid_digest(input.algorithm)))
}

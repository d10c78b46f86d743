//! AES in the modes of Node's `createCipheriv`, piece by piece.

use aes::Aes128;
use aes::Aes192;
use aes::Aes256;
use cipher::BlockCipher;
use cipher::BlockDecrypt;
use cipher::BlockDecryptMut;
use cipher::BlockEncrypt;
use cipher::BlockEncryptMut;
use cipher::KeyInit;
use cipher::KeyIvInit;
use cipher::StreamCipher;
use cipher::consts::U16;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

use crate::natives::error::NativeError;

type Block = [u8; 16];

const BLOCK: usize = 16;
/// GCM's counter is of 32 bits, and one block goes to the tag.
const GCM_BYTES_MAX: u64 = ((1 << 32) - 2) * BLOCK as u64;

/// What a cipher is made of.
pub(super) struct Setup<'a> {
    pub(super) name: &'a str,
    pub(super) encrypts: bool,
    pub(super) key: &'a [u8],
    pub(super) iv: &'a [u8],
    pub(super) tag_bytes: usize,
}

/// A cipher under way.
pub(super) enum Cipher {
    Blocks(Blocks),
    Stream(Box<dyn KeyStream>),
    Gcm(Box<Gcm>),
}

/// A mode that turns whole blocks into whole blocks.
pub(super) struct Blocks {
    mode: Box<dyn Mode>,
    encrypts: bool,
    /// Bytes of an unfinished block; while decrypting also a whole one that may be the last.
    waiting: Vec<u8>,
}

pub(super) trait Mode {
    fn turn(&mut self, block: &mut Block);
}

pub(super) trait KeyStream {
    fn apply(&mut self, data: &mut [u8]);
}

impl<S: StreamCipher> KeyStream for S {
    fn apply(&mut self, data: &mut [u8]) {
        self.apply_keystream(data);
    }
}

struct Encrypting<M>(M);
struct Decrypting<M>(M);

impl<M: BlockEncryptMut + cipher::BlockSizeUser<BlockSize = U16>> Mode for Encrypting<M> {
    fn turn(&mut self, block: &mut Block) {
        self.0.encrypt_block_mut(block.into());
    }
}

impl<M: BlockDecryptMut + cipher::BlockSizeUser<BlockSize = U16>> Mode for Decrypting<M> {
    fn turn(&mut self, block: &mut Block) {
        self.0.decrypt_block_mut(block.into());
    }
}

/// Galois/counter mode, as NIST SP 800-38D builds it of a counter and GHASH.
pub(super) struct Gcm {
    counter: Box<dyn KeyStream>,
    hash: GHash,
    /// What encrypts the hash to the tag.
    mask: Block,
    encrypts: bool,
    tag_bytes: usize,
    associated_bytes: u64,
    text_bytes: u64,
    /// Bytes of an unfinished block of the hash.
    waiting: Vec<u8>,
}

impl Cipher {
    pub(super) fn new(setup: &Setup<'_>) -> Result<Self, NativeError> {
        let unknown = || NativeError::error("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
        let name = setup.name.to_ascii_lowercase();
        let (bits, mode) = match name.strip_prefix("aes-").and_then(|name| name.split_once('-')) {
            Some(parts) => parts,
            None => match name.strip_prefix("id-aes").and_then(|name| name.split_once('-')) {
                Some((bits, "gcm")) => (bits, "gcm"),
                _ => match name.strip_prefix("aes") {
                    Some(bits) => (bits, "cbc"),
                    None => return Err(unknown()),
                },
            },
        };
        match bits {
            "128" => with_key::<Aes128>(setup, mode),
            "192" => with_key::<Aes192>(setup, mode),
            "256" => with_key::<Aes256>(setup, mode),
            _ => Err(unknown()),
        }
    }

    /// Data that is authenticated and not encrypted; before any other.
    pub(super) fn associate(&mut self, data: &[u8]) -> Result<(), NativeError> {
        match self {
            Self::Gcm(gcm) if gcm.text_bytes == 0 => {
                gcm.associated_bytes += data.len() as u64;
                gcm.absorb(data);
                Ok(())
            }
            Self::Gcm(_) | Self::Blocks(_) | Self::Stream(_) => Err(invalid_state("setAAD")),
        }
    }

    pub(super) fn update(&mut self, data: &[u8]) -> Result<Vec<u8>, NativeError> {
        match self {
            Self::Blocks(blocks) => Ok(blocks.update(data)),
            Self::Stream(stream) => {
                let mut turned = data.to_vec();
                stream.apply(&mut turned);
                Ok(turned)
            }
            Self::Gcm(gcm) => gcm.update(data),
        }
    }

    /// The last bytes; where GCM encrypts, these are the tag.
    pub(super) fn finish(self, pads: bool, tag: &[u8]) -> Result<Vec<u8>, NativeError> {
        match self {
            Self::Blocks(blocks) => blocks.finish(pads),
            Self::Stream(_) => Ok(Vec::new()),
            Self::Gcm(gcm) => gcm.finish(tag),
        }
    }
}

fn with_key<A>(setup: &Setup<'_>, mode: &str) -> Result<Cipher, NativeError>
where
    A: BlockCipher
        + BlockEncrypt
        + BlockDecrypt
        + BlockEncryptMut
        + BlockDecryptMut
        + cipher::BlockSizeUser<BlockSize = U16>
        + KeyInit
        + Clone
        + 'static,
{
    let iv_bytes = match mode {
        "cbc" | "ctr" => BLOCK,
        "ecb" => 0,
        "gcm" => setup.iv.len().max(1),
        _ => return Err(NativeError::error("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher")),
    };
    let wrong_key = || NativeError::range_error("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    let cipher = A::new_from_slice(setup.key).map_err(|_| wrong_key())?;
    let wrong_iv = || NativeError::type_error("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
    if setup.iv.len() != iv_bytes {
        return Err(wrong_iv());
    }
    let boxed: Box<dyn Mode> = match (mode, setup.encrypts) {
        ("ctr", _) => {
            let stream = ctr::Ctr128BE::<A>::new_from_slices(setup.key, setup.iv).map_err(|_| wrong_iv())?;
            return Ok(Cipher::Stream(Box::new(stream)));
        }
        ("gcm", _) => return Ok(Cipher::Gcm(Box::new(Gcm::new(&cipher, setup)?))),
        ("cbc", true) => Box::new(Encrypting(
            cbc::Encryptor::<A>::new_from_slices(setup.key, setup.iv).map_err(|_| wrong_iv())?,
        )),
        ("cbc", false) => Box::new(Decrypting(
            cbc::Decryptor::<A>::new_from_slices(setup.key, setup.iv).map_err(|_| wrong_iv())?,
        )),
        (_, true) => Box::new(Encrypting(cipher)),
        (_, false) => Box::new(Decrypting(cipher)),
    };
    Ok(Cipher::Blocks(Blocks { mode: boxed, encrypts: setup.encrypts, waiting: Vec::new() }))
}

impl Blocks {
    fn update(&mut self, data: &[u8]) -> Vec<u8> {
        self.waiting.extend_from_slice(data);
        // The last block holds the padding, and only `finish` knows which one is the last.
        let kept_back = usize::from(!self.encrypts);
        let whole = self.waiting.len().saturating_sub(kept_back) / BLOCK * BLOCK;
        let mut turned: Vec<u8> = self.waiting.drain(..whole).collect();
        let (blocks, _) = turned.as_chunks_mut::<BLOCK>();
        for block in blocks {
            self.mode.turn(block);
        }
        turned
    }

    fn finish(mut self, pads: bool) -> Result<Vec<u8>, NativeError> {
        let mut last = std::mem::take(&mut self.waiting);
        if self.encrypts && pads {
            let fill = BLOCK - last.len();
            last.resize(BLOCK, fill as u8);
        }
        if !last.len().is_multiple_of(BLOCK) || (!self.encrypts && pads && last.is_empty()) {
            return Err(NativeError::openssl(
                "1C80006B",
                "Provider routines",
                "wrong final block length",
                "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH",
            ));
        }
        let (blocks, _) = last.as_chunks_mut::<BLOCK>();
        for block in blocks {
            self.mode.turn(block);
        }
        if !self.encrypts && pads {
            let fill = last.last().map_or(0, |fill| usize::from(*fill));
            let is_padding = (1..=BLOCK).contains(&fill)
                && last[last.len() - fill..].iter().all(|byte| usize::from(*byte) == fill);
            if !is_padding {
                return Err(NativeError::openssl(
                    "1C800064",
                    "Provider routines",
                    "bad decrypt",
                    "ERR_OSSL_BAD_DECRYPT",
                ));
            }
            last.truncate(last.len() - fill);
        }
        Ok(last)
    }
}

impl Gcm {
    fn new<A>(cipher: &A, setup: &Setup<'_>) -> Result<Self, NativeError>
    where
        A: BlockCipher
            + BlockEncrypt
            + BlockEncryptMut
            + cipher::BlockSizeUser<BlockSize = U16>
            + KeyInit
            + Clone
            + 'static,
    {
        let mut hash_key = Block::default();
        cipher.encrypt_block((&mut hash_key).into());
        let hash = GHash::new(&hash_key.into());
        let mut first = Block::default();
        if let Ok(iv) = <[u8; 12]>::try_from(setup.iv) {
            first[..12].copy_from_slice(&iv);
            first[15] = 1;
        } else {
            let mut of_iv = hash.clone();
            of_iv.update_padded(setup.iv);
            let mut lengths = Block::default();
            lengths[8..].copy_from_slice(&(setup.iv.len() as u64 * 8).to_be_bytes());
            of_iv.update(&[lengths.into()]);
            first = of_iv.finalize().into();
        }
        let wrong_iv = |_| NativeError::type_error("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
        let mut counter = ctr::Ctr32BE::<A>::new_from_slices(setup.key, &first).map_err(wrong_iv)?;
        let mut mask = Block::default();
        counter.apply(&mut mask);
        Ok(Self {
            counter: Box::new(counter),
            hash,
            mask,
            encrypts: setup.encrypts,
            tag_bytes: setup.tag_bytes,
            associated_bytes: 0,
            text_bytes: 0,
            waiting: Vec::new(),
        })
    }

    fn absorb(&mut self, data: &[u8]) {
        self.waiting.extend_from_slice(data);
        let whole = self.waiting.len() / BLOCK * BLOCK;
        let (blocks, _) = self.waiting[..whole].as_chunks::<BLOCK>();
        for block in blocks {
            self.hash.update(&[(*block).into()]);
        }
        self.waiting.drain(..whole);
    }

    /// Fills the unfinished block with zeros.
    fn end_part(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.hash.update_padded(&waiting);
    }

    fn update(&mut self, data: &[u8]) -> Result<Vec<u8>, NativeError> {
        if self.text_bytes == 0 && !data.is_empty() {
            self.end_part();
        }
        self.text_bytes += data.len() as u64;
        if self.text_bytes > GCM_BYTES_MAX {
            return Err(invalid_state("update"));
        }
        let mut turned = data.to_vec();
        if !self.encrypts {
            self.absorb(data);
        }
        self.counter.apply(&mut turned);
        if self.encrypts {
            self.absorb(&turned);
        }
        Ok(turned)
    }

    fn finish(mut self, expected: &[u8]) -> Result<Vec<u8>, NativeError> {
        self.end_part();
        let mut lengths = Block::default();
        lengths[..8].copy_from_slice(&(self.associated_bytes * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(self.text_bytes * 8).to_be_bytes());
        self.hash.update(&[lengths.into()]);
        let mut tag: Block = self.hash.finalize().into();
        tag.iter_mut().zip(&self.mask).for_each(|(tag, mask)| *tag ^= mask);
        let tag = tag[..self.tag_bytes.min(BLOCK)].to_vec();
        if self.encrypts {
            return Ok(tag);
        }
        let is_right = !expected.is_empty() && expected.len() <= BLOCK && {
            let tag = &tag[..expected.len().min(tag.len())];
            bool::from(tag.ct_eq(expected))
        };
        match is_right {
            true => Ok(Vec::new()),
            false => Err(NativeError::plain("Unsupported state or unable to authenticate data")),
        }
    }
}

fn invalid_state(operation: &str) -> NativeError {
    NativeError::error("ERR_CRYPTO_INVALID_STATE", format!("Invalid state for operation {operation}"))
}

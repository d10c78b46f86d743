//! Compressing and decompressing, piece by piece: what `vestibule:zlib` and the compression streams of the Web do. No
//! step takes more or gives more than a bounded piece, so an execution can be ended between two of them, and what a
//! decompression bomb becomes is never larger than what a script has room for.

use std::io;
use std::io::BufRead;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::mem;
use std::sync::Arc;

use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::Decompress;
use flate2::FlushDecompress;
use flate2::Status;
use flate2::bufread::GzDecoder;
use flate2::write::DeflateEncoder;
use flate2::write::GzEncoder;
use flate2::write::ZlibEncoder;
use serde::Deserialize;

use crate::limits::KIB;
use crate::limits::MIB;
use crate::memory::Memory;
use crate::natives::error::NativeError;

/// Bytes that may be written at once.
pub(crate) const INPUT_BYTES_MAX: usize = 256 * KIB;
/// Bytes that one reading gives.
const OUTPUT_BYTES_MAX: usize = 256 * KIB;
/// Brotli's higher qualities are ten times slower for a few percent, and nothing can end them half way.
const BROTLI_QUALITY_MAX: u32 = 9;
/// Brotli's window, as the exponent of its size. A larger one costs memory for every stream.
const BROTLI_WINDOW_BITS: i32 = 18;
/// The buffer between a brotli stream and its source.
const BROTLI_BUFFER_BYTES: usize = 4 * KIB;
/// How a member of a gzip file begins.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a stream does to its bytes, by the names of Node's classes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Codec {
    Gzip,
    Gunzip,
    Deflate,
    Inflate,
    DeflateRaw,
    InflateRaw,
    BrotliCompress,
    BrotliDecompress,
}

impl Codec {
    /// About what a stream of it takes, with the bytes that wait in it; brotli's window comes to what it decompresses.
    fn memory_bytes(self) -> usize {
        match self {
            Self::Gzip | Self::Deflate | Self::DeflateRaw => MIB,
            Self::Gunzip | Self::Inflate | Self::InflateRaw | Self::BrotliDecompress => 512 * KIB,
            Self::BrotliCompress => 4 * MIB,
        }
    }
}

/// Bytes that a stream is charged with, until it is dropped.
struct Charge {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Charge {
    fn of(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), bytes: 0 }
    }

    fn add(&mut self, bytes: usize) -> Result<(), NativeError> {
        if !self.memory.charge(bytes) {
            return Err(NativeError::error("Z_MEM_ERROR", "zlib: no room for another stream"));
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.release(self.bytes);
    }
}

/// Data on its way through a codec. It is written to, and what comes of it is read.
pub(crate) struct Stream {
    work: Work,
    /// What went wrong, perhaps behind bytes that were read before; every later read tells it.
    failed: Option<NativeError>,
    charge: Charge,
}

/// What is done to the bytes, with those that wait before and after it.
enum Work {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    DeflateRaw(DeflateEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Gunzip {
        decoder: Box<GzDecoder<Input>>,
        has_ended: bool,
    },
    Inflate {
        state: Box<Decompress>,
        input: Input,
        has_ended: bool,
    },
    Unbrotli {
        decoder: Box<brotli::Decompressor<Input>>,
        is_window_charged: bool,
        has_ended: bool,
    },
    /// A compressor that has written its last bytes.
    Finished(Vec<u8>),
}

impl Work {
    fn new(codec: Codec, level: u32) -> Self {
        let compression = Compression::new(level.min(9));
        match codec {
            Codec::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), compression)),
            Codec::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), compression)),
            Codec::DeflateRaw => Self::DeflateRaw(DeflateEncoder::new(Vec::new(), compression)),
            Codec::BrotliCompress => {
                let parameters = BrotliEncoderParams {
                    quality: level.min(BROTLI_QUALITY_MAX) as i32,
                    lgwin: BROTLI_WINDOW_BITS,
                    ..BrotliEncoderParams::default()
                };
                Self::Brotli(Box::new(CompressorWriter::with_params(
                    Vec::new(),
                    BROTLI_BUFFER_BYTES,
                    &parameters,
                )))
            }
            Codec::Gunzip => {
                Self::Gunzip { decoder: Box::new(GzDecoder::new(Input::default())), has_ended: false }
            }
            Codec::Inflate => Self::inflate(true),
            Codec::InflateRaw => Self::inflate(false),
            Codec::BrotliDecompress => Self::Unbrotli {
                decoder: Box::new(brotli::Decompressor::new(Input::default(), BROTLI_BUFFER_BYTES)),
                is_window_charged: false,
                has_ended: false,
            },
        }
    }

    fn inflate(has_header: bool) -> Self {
        Self::Inflate {
            state: Box::new(Decompress::new(has_header)),
            input: Input::default(),
            has_ended: false,
        }
    }
}

impl Stream {
    /// A new one. It takes memory that the execution is charged with, as long as it is there.
    pub(crate) fn open(codec: Codec, level: u32, memory: &Arc<Memory>) -> Result<Self, NativeError> {
        let mut charge = Charge::of(memory);
        charge.add(codec.memory_bytes())?;
        Ok(Self { work: Work::new(codec, level), failed: None, charge })
    }

    /// Takes bytes in, [`INPUT_BYTES_MAX`] at most. Those who write without reading are stopped.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), NativeError> {
        bound(self.work.waiting_bytes())?;
        let taken = match &mut self.work {
            Work::Gzip(encoder) => encoder.write_all(bytes),
            Work::Deflate(encoder) => encoder.write_all(bytes),
            Work::DeflateRaw(encoder) => encoder.write_all(bytes),
            Work::Brotli(encoder) => encoder.write_all(bytes),
            Work::Gunzip { decoder, has_ended: true } => {
                // Another member may follow; what else follows is not looked at.
                let mut input = Input::default();
                if may_begin_member(bytes) {
                    input.add(bytes)?;
                    self.work = Work::Gunzip { decoder: Box::new(GzDecoder::new(input)), has_ended: false };
                } else {
                    *decoder.get_mut() = input;
                }
                Ok(())
            }
            Work::Inflate { has_ended: true, .. } | Work::Unbrotli { has_ended: true, .. } => Ok(()),
            Work::Gunzip { decoder, .. } => return decoder.get_mut().add(bytes),
            Work::Inflate { input, .. } => return input.add(bytes),
            Work::Unbrotli { decoder, is_window_charged, .. } => {
                if let (false, Some(first)) = (*is_window_charged, bytes.first()) {
                    self.charge.add(brotli_window_bytes(*first)?)?;
                    *is_window_charged = true;
                }
                return decoder.get_mut().add(bytes);
            }
            Work::Finished(_) => Err(io::Error::other("the stream has ended")),
        };
        taken.map_err(|error| failure(&error))
    }

    /// Ends a piece: all that was written can be read by the other side.
    pub(crate) fn flush(&mut self) -> Result<(), NativeError> {
        bound(self.work.waiting_bytes())?;
        let flushed = match &mut self.work {
            Work::Gzip(encoder) => encoder.flush(),
            Work::Deflate(encoder) => encoder.flush(),
            Work::DeflateRaw(encoder) => encoder.flush(),
            Work::Brotli(encoder) => encoder.flush(),
            Work::Gunzip { .. } | Work::Inflate { .. } | Work::Unbrotli { .. } | Work::Finished(_) => Ok(()),
        };
        flushed.map_err(|error| failure(&error))
    }

    /// No more bytes will come.
    pub(crate) fn finish(&mut self) -> Result<(), NativeError> {
        let rest = match mem::replace(&mut self.work, Work::Finished(Vec::new())) {
            Work::Gzip(encoder) => encoder.finish(),
            Work::Deflate(encoder) => encoder.finish(),
            Work::DeflateRaw(encoder) => encoder.finish(),
            Work::Brotli(encoder) => Ok(encoder.into_inner()),
            Work::Finished(rest) => Ok(rest),
            mut decoding => {
                if let Some(input) = decoding.input_mut() {
                    input.is_complete = true;
                }
                self.work = decoding;
                return Ok(());
            }
        };
        self.work = Work::Finished(rest.map_err(|error| failure(&error))?);
        Ok(())
    }

    /// The next bytes that have come of it; none where it waits for more, or has ended.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, NativeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let mut output = Vec::new();
        if let Err(error) = self.work.read(&mut output) {
            self.failed = Some(error.clone());
            if output.is_empty() {
                return Err(error);
            }
        }
        Ok(output)
    }

    /// Whether these bytes would mean something after what came before: behind the end, only another member of a
    /// gzip file does.
    pub(crate) fn takes(&self, bytes: &[u8]) -> bool {
        match &self.work {
            Work::Gunzip { has_ended: true, .. } => may_begin_member(bytes),
            Work::Inflate { has_ended: true, .. } | Work::Unbrotli { has_ended: true, .. } => false,
            Work::Gunzip { .. }
            | Work::Inflate { .. }
            | Work::Unbrotli { .. }
            | Work::Gzip(_)
            | Work::Deflate(_)
            | Work::DeflateRaw(_)
            | Work::Brotli(_)
            | Work::Finished(_) => true,
        }
    }

    /// Whether bytes are left behind its end.
    pub(crate) fn has_rest(&mut self) -> bool {
        if !self.has_ended() {
            return false;
        }
        // The library has a buffer of its own in front of the rest, and complains of what is left in it.
        let is_buffered = if let Work::Unbrotli { decoder, .. } = &mut self.work {
            decoder.read(&mut [0]).is_err()
        } else {
            false
        };
        is_buffered || self.work.input_mut().is_some_and(|input| !input.left().is_empty())
    }

    /// Whether nothing more will come of it.
    pub(crate) fn has_ended(&self) -> bool {
        match &self.work {
            Work::Gzip(_) | Work::Deflate(_) | Work::DeflateRaw(_) | Work::Brotli(_) => false,
            Work::Gunzip { has_ended, .. }
            | Work::Inflate { has_ended, .. }
            | Work::Unbrotli { has_ended, .. } => *has_ended,
            Work::Finished(rest) => rest.is_empty(),
        }
    }
}

impl Work {
    /// Reads a piece. What was read before an error is in the piece.
    fn read(&mut self, output: &mut Vec<u8>) -> Result<(), NativeError> {
        match self {
            Self::Gzip(encoder) => take(encoder.get_mut(), output),
            Self::Deflate(encoder) => take(encoder.get_mut(), output),
            Self::DeflateRaw(encoder) => take(encoder.get_mut(), output),
            Self::Brotli(encoder) => take(encoder.get_mut(), output),
            Self::Finished(rest) => take(rest, output),
            Self::Gunzip { decoder, has_ended } => read_members(decoder, has_ended, output)?,
            Self::Inflate { state, input, has_ended } => inflate(state, input, has_ended, output)?,
            Self::Unbrotli { has_ended: true, .. } => {}
            Self::Unbrotli { decoder, has_ended, .. } => {
                // The library does not tell data that breaks off from data that is damaged.
                *has_ended = read_some(decoder, output).map_err(|_| damaged_brotli())?;
            }
        }
        Ok(())
    }

    /// What has been compressed and not been read.
    fn waiting_bytes(&self) -> usize {
        match self {
            Self::Gzip(encoder) => encoder.get_ref().len(),
            Self::Deflate(encoder) => encoder.get_ref().len(),
            Self::DeflateRaw(encoder) => encoder.get_ref().len(),
            Self::Brotli(encoder) => encoder.get_ref().len(),
            Self::Finished(rest) => rest.len(),
            // Their input is bounded, and output comes of it when it is read.
            Self::Gunzip { .. } | Self::Inflate { .. } | Self::Unbrotli { .. } => 0,
        }
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        match self {
            Self::Gunzip { decoder, .. } => Some(decoder.get_mut()),
            Self::Inflate { input, .. } => Some(input),
            Self::Unbrotli { decoder, .. } => Some(decoder.get_mut()),
            Self::Gzip(_) | Self::Deflate(_) | Self::DeflateRaw(_) | Self::Brotli(_) | Self::Finished(_) => {
                None
            }
        }
    }
}

/// The window that brotli data asks for in its first byte (RFC 7932, 9.1), and what the library needs beside it. The
/// library would also follow an extension to windows of a gigabyte, which the RFC does not know.
fn brotli_window_bytes(first: u8) -> Result<usize, NativeError> {
    let bits = match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, ..) => 16,
        (_, 0, 0) => 17,
        (_, 0, 1) => return Err(damaged_brotli()),
        (_, 0, more) => 8 + more,
        (_, more, _) => 17 + more,
    };
    Ok(4 * MIB + (1 << bits))
}

fn damaged_brotli() -> NativeError {
    NativeError::error("ERR__ERROR_FORMAT", "Decompression failed")
}

/// Whoever writes without reading is stopped, because nothing else bounds what waits.
fn bound(waiting_bytes: usize) -> Result<(), NativeError> {
    if waiting_bytes <= 2 * INPUT_BYTES_MAX {
        return Ok(());
    }
    Err(NativeError::error("Z_MEM_ERROR", "zlib: read before writing more"))
}

/// Moves the first bytes of a piece.
fn take(from: &mut Vec<u8>, to: &mut Vec<u8>) {
    let rest = from.split_off(from.len().min(OUTPUT_BYTES_MAX));
    *to = mem::replace(from, rest);
}

/// Reads a piece; whether the source has ended.
fn read_some(source: &mut impl Read, output: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    while output.len() < OUTPUT_BYTES_MAX {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(count) => output.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Whether bytes behind the end of a member of a gzip file begin another one, as far as they go.
fn may_begin_member(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().zip(GZIP_MAGIC).all(|(byte, magic)| *byte == magic)
}

/// A gzip file is one or more members, one after the other.
fn read_members(
    decoder: &mut GzDecoder<Input>,
    has_ended: &mut bool,
    output: &mut Vec<u8>,
) -> Result<(), NativeError> {
    while !*has_ended && output.len() < OUTPUT_BYTES_MAX {
        if !read_some(decoder, output).map_err(|error| failure(&error))? {
            return Ok(());
        }
        let input = decoder.get_ref();
        let waits_for_more = input.left().len() < GZIP_MAGIC.len() && !input.is_complete;
        if input.left().starts_with(&GZIP_MAGIC) || (waits_for_more && may_begin_member(input.left())) {
            let rest = mem::take(decoder.get_mut());
            *decoder = GzDecoder::new(rest);
        } else {
            *has_ended = true;
        }
    }
    Ok(())
}

fn inflate(
    state: &mut Decompress,
    input: &mut Input,
    has_ended: &mut bool,
    output: &mut Vec<u8>,
) -> Result<(), NativeError> {
    let mut buffer = [0; 16 * 1024];
    while !*has_ended && output.len() < OUTPUT_BYTES_MAX {
        let before = (state.total_in(), state.total_out());
        let status = state.decompress(input.left(), &mut buffer, FlushDecompress::None);
        let (read, written) = (state.total_in() - before.0, state.total_out() - before.1);
        input.position += read as usize;
        output.extend_from_slice(&buffer[..written as usize]);
        match status {
            Ok(Status::StreamEnd) => *has_ended = true,
            Ok(Status::Ok | Status::BufError) if read > 0 || written > 0 => {}
            Ok(Status::Ok | Status::BufError) if input.is_complete => {
                return Err(failure(&ErrorKind::UnexpectedEof.into()));
            }
            Ok(Status::Ok | Status::BufError) => return Ok(()),
            Err(_) if state.total_out() == 0 && state.total_in() <= 2 => {
                return Err(NativeError::error("Z_DATA_ERROR", "incorrect header check"));
            }
            Err(_) => return Err(NativeError::error("Z_DATA_ERROR", "invalid data")),
        }
    }
    Ok(())
}

/// The error in Node's words.
fn failure(error: &io::Error) -> NativeError {
    match error.kind() {
        ErrorKind::UnexpectedEof => NativeError::error("Z_BUF_ERROR", "unexpected end of file"),
        ErrorKind::InvalidInput if error.to_string().contains("header") => {
            NativeError::error("Z_DATA_ERROR", "incorrect header check")
        }
        _ if error.to_string().contains("checksum") => {
            NativeError::error("Z_DATA_ERROR", "incorrect data check")
        }
        _ => NativeError::error("Z_DATA_ERROR", "invalid data"),
    }
}

/// The bytes that a decoder has not read yet. A decoder that wants more than there is gets an error that it
/// survives, until no more will come.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    position: usize,
    is_complete: bool,
}

impl Input {
    fn left(&self) -> &[u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Adds bytes.
    fn add(&mut self, bytes: &[u8]) -> Result<(), NativeError> {
        bound(self.left().len() + bytes.len())?;
        self.bytes.drain(..self.position);
        self.position = 0;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = {
            let left = self.fill_buf()?;
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
            count
        };
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left().is_empty() && !self.is_complete {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(self.left())
    }

    fn consume(&mut self, count: usize) {
        self.position = (self.position + count).min(self.bytes.len());
    }
}

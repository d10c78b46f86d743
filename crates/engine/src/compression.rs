//! The streams of `CompressionStream` and `DecompressionStream`.
//!
//! deno_web's own give back at once all that a piece becomes. A piece of a decompression bomb becomes a
//! thousand times itself, and more, in memory that no limit counts; so these stop when an execution has no
//! room left, or no time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::sync::Arc;

use brotli::CompressorWriter;
use brotli::DecompressorWriter;
use brotli::enc::BrotliEncoderParams;
use deno_error::JsErrorBox;
use flate2::Compression;
use flate2::write::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::write::GzDecoder;
use flate2::write::GzEncoder;
use flate2::write::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::limits::KIB;
use crate::limits::MIB;
use crate::memory::Memory;
use crate::running::Kill;
use crate::running::Running;

/// How much goes in between two looks at whether the execution must end.
const PIECE_BYTES: usize = 16 * KIB;
/// The buffer between a brotli stream and its output.
const BROTLI_BUFFER_BYTES: usize = 4 * KIB;
/// Half way between speed and size, as web servers have it.
const BROTLI_QUALITY: i32 = 6;
/// The window, as the exponent of its size. A larger one costs memory for every stream.
const BROTLI_WINDOW_BITS: i32 = 18;

/// The open streams of one execution.
pub(crate) struct Compressions {
    running: Arc<Running>,
    memory: Arc<Memory>,
    streams: RefCell<BTreeMap<u32, Stream>>,
}

struct Stream {
    work: Work,
    charged_bytes: usize,
}

/// What is done to the bytes.
enum Work {
    Deflate(ZlibEncoder<Output>),
    DeflateRaw(DeflateEncoder<Output>),
    Gzip(GzEncoder<Output>),
    Brotli(Box<CompressorWriter<Output>>),
    Inflate(ZlibDecoder<Output>),
    InflateRaw(DeflateDecoder<Output>),
    Gunzip(GzDecoder<Output>),
    Unbrotli(Box<DecompressorWriter<Output>>),
}

/// What has come out since the script was last given something. It refuses more than fits.
struct Output {
    bytes: Vec<u8>,
    running: Arc<Running>,
    memory: Arc<Memory>,
}

impl Compressions {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>) -> Self {
        Self { running, memory, streams: RefCell::default() }
    }

    /// A new stream; its number.
    pub(crate) fn open(&self, format: &str, decompresses: bool) -> Result<u32, JsErrorBox> {
        let output = Output {
            bytes: Vec::new(),
            running: Arc::clone(&self.running),
            memory: Arc::clone(&self.memory),
        };
        let (work, charged_bytes) = Work::new(format, decompresses, output)
            .ok_or_else(|| JsErrorBox::type_error("Unsupported format"))?;
        if !self.memory.charge(charged_bytes) {
            self.running.kill(Kill::BufferLimit { used: self.memory.buffer_bytes() + charged_bytes });
            return Err(JsErrorBox::range_error("no memory for another stream"));
        }
        let mut streams = self.streams.borrow_mut();
        let number = streams.last_key_value().map_or(0, |(last, _)| last + 1);
        streams.insert(number, Stream { work, charged_bytes });
        Ok(number)
    }

    /// Takes a piece in; what has come out of it.
    pub(crate) fn write(&self, number: u32, bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        let mut streams = self.streams.borrow_mut();
        let stream = streams.get_mut(&number).ok_or_else(closed)?;
        for piece in bytes.chunks(PIECE_BYTES) {
            if self.running.is_killed() {
                return Err(closed());
            }
            stream.work.write(piece).map_err(|error| failed(&error))?;
        }
        Ok(std::mem::take(&mut stream.work.output().bytes))
    }

    /// Ends a stream; what comes out at the end.
    pub(crate) fn finish(&self, number: u32, reports_errors: bool) -> Result<Vec<u8>, JsErrorBox> {
        let stream = self.streams.borrow_mut().remove(&number).ok_or_else(closed)?;
        self.memory.release(stream.charged_bytes);
        match stream.work.finish() {
            Ok(output) => Ok(output.bytes),
            Err(error) if reports_errors => Err(failed(&error)),
            Err(_) => Ok(Vec::new()),
        }
    }
}

impl Work {
    /// With about what it takes, besides the bytes that wait in it.
    fn new(format: &str, decompresses: bool, output: Output) -> Option<(Self, usize)> {
        let level = Compression::default();
        let parameters =
            BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW_BITS, ..Default::default() };
        Some(match (format, decompresses) {
            ("deflate", false) => (Self::Deflate(ZlibEncoder::new(output, level)), 512 * KIB),
            ("deflate", true) => (Self::Inflate(ZlibDecoder::new(output)), 128 * KIB),
            ("deflate-raw", false) => (Self::DeflateRaw(DeflateEncoder::new(output, level)), 512 * KIB),
            ("deflate-raw", true) => (Self::InflateRaw(DeflateDecoder::new(output)), 128 * KIB),
            ("gzip", false) => (Self::Gzip(GzEncoder::new(output, level)), 512 * KIB),
            ("gzip", true) => (Self::Gunzip(GzDecoder::new(output)), 128 * KIB),
            ("brotli", false) => {
                let writer = CompressorWriter::with_params(output, BROTLI_BUFFER_BYTES, &parameters);
                (Self::Brotli(Box::new(writer)), 4 * MIB)
            }
            // The window is what the data asks for, up to 16 MiB.
            ("brotli", true) => {
                (Self::Unbrotli(Box::new(DecompressorWriter::new(output, BROTLI_BUFFER_BYTES))), 16 * MIB)
            }
            _ => return None,
        })
    }

    /// Takes a piece in. A decompressor gives out at once what it can; a compressor waits for more.
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Deflate(work) => work.write_all(piece),
            Self::DeflateRaw(work) => work.write_all(piece),
            Self::Gzip(work) => work.write_all(piece),
            Self::Brotli(work) => work.write_all(piece),
            Self::Inflate(work) => work.write_all(piece).and_then(|()| work.flush()),
            Self::InflateRaw(work) => work.write_all(piece).and_then(|()| work.flush()),
            Self::Gunzip(work) => work.write_all(piece).and_then(|()| work.flush()),
            Self::Unbrotli(work) => work.write_all(piece).and_then(|()| work.flush()),
        }
    }

    fn output(&mut self) -> &mut Output {
        match self {
            Self::Deflate(work) => work.get_mut(),
            Self::DeflateRaw(work) => work.get_mut(),
            Self::Gzip(work) => work.get_mut(),
            Self::Brotli(work) => work.get_mut(),
            Self::Inflate(work) => work.get_mut(),
            Self::InflateRaw(work) => work.get_mut(),
            Self::Gunzip(work) => work.get_mut(),
            Self::Unbrotli(work) => work.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Output> {
        match self {
            Self::Deflate(work) => work.finish(),
            Self::DeflateRaw(work) => work.finish(),
            Self::Gzip(work) => work.finish(),
            Self::Brotli(work) => Ok(work.into_inner()),
            Self::Inflate(work) => work.finish(),
            Self::InflateRaw(work) => work.finish(),
            Self::Gunzip(work) => work.finish(),
            Self::Unbrotli(work) => {
                work.into_inner().map_err(|_| io::Error::other("the data ends before its end"))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let held = self.bytes.len() + bytes.len();
        if !self.memory.has_room_for(held) {
            self.running.kill(Kill::BufferLimit { used: self.memory.buffer_bytes() + held });
        }
        if self.running.is_killed() {
            return Err(io::Error::other("the execution ends"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn closed() -> JsErrorBox {
    JsErrorBox::type_error("the stream is closed")
}

fn failed(error: &io::Error) -> JsErrorBox {
    JsErrorBox::type_error(error.to_string())
}

//! The streams of `CompressionStream` and `DecompressionStream`.
//!
//! deno_web's own give back at once all that a piece becomes. A piece of a decompression bomb becomes a
//! thousand times itself, and more, in memory that no limit counts; so these stop when an execution has no
//! room left, or no time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use deno_error::JsErrorBox;

use crate::codec::Codec;
use crate::codec::Stream;
use crate::limits::KIB;
use crate::memory::Memory;
use crate::natives::error::NativeError;
use crate::running::Kill;
use crate::running::Running;

/// How much goes in between two looks at whether the execution must end.
const PIECE_BYTES: usize = 16 * KIB;
/// Half way between speed and size, as web servers have it.
const LEVEL: u32 = 6;

/// The open streams of one execution.
pub(crate) struct Compressions {
    running: Arc<Running>,
    memory: Arc<Memory>,
    streams: RefCell<BTreeMap<u32, Stream>>,
}

impl Compressions {
    pub(crate) fn new(running: Arc<Running>, memory: Arc<Memory>) -> Self {
        Self { running, memory, streams: RefCell::default() }
    }

    /// A new stream; its number.
    pub(crate) fn open(&self, format: &str, decompresses: bool) -> Result<u32, JsErrorBox> {
        let codec =
            codec(format, decompresses).ok_or_else(|| JsErrorBox::type_error("Unsupported format"))?;
        let stream = Stream::open(codec, LEVEL, &self.memory).map_err(|error| {
            self.running.kill(Kill::BufferLimit { used: self.memory.buffer_bytes() });
            failed(&error)
        })?;
        let mut streams = self.streams.borrow_mut();
        let number = streams.last_key_value().map_or(0, |(last, _)| last + 1);
        streams.insert(number, stream);
        Ok(number)
    }

    /// Takes a piece in; what has come out of it.
    pub(crate) fn write(&self, number: u32, bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        let mut stream = self.streams.borrow_mut().remove(&number).ok_or_else(closed)?;
        let output = self.guarded(|| self.pass(&mut stream, bytes))?;
        // One that has failed is not there any more: nobody ends it.
        self.streams.borrow_mut().insert(number, stream);
        Ok(output)
    }

    fn pass(&self, stream: &mut Stream, bytes: &[u8]) -> Result<Vec<u8>, JsErrorBox> {
        let mut output = Vec::new();
        for piece in bytes.chunks(PIECE_BYTES) {
            let is_behind_end = !stream.takes(piece);
            if !is_behind_end {
                stream.write(piece).map_err(|error| failed(&error))?;
                self.read(stream, &mut output)?;
            }
            if is_behind_end || stream.has_rest() {
                return Err(JsErrorBox::type_error("there is more data behind the end"));
            }
        }
        Ok(output)
    }

    /// Ends a stream; what comes out at the end.
    pub(crate) fn finish(&self, number: u32, reports_errors: bool) -> Result<Vec<u8>, JsErrorBox> {
        let mut stream = self.streams.borrow_mut().remove(&number).ok_or_else(closed)?;
        let finished = self.guarded(|| {
            let mut output = Vec::new();
            stream.finish().map_err(|error| failed(&error))?;
            self.read(&mut stream, &mut output).map(|()| output)
        });
        match finished {
            Err(error) if reports_errors => Err(error),
            finished => Ok(finished.unwrap_or_default()),
        }
    }

    /// The libraries are given what a script made up, over which they should not panic.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, JsErrorBox>) -> Result<T, JsErrorBox> {
        self.running.contain("a compression stream", work).unwrap_or_else(|| Err(closed()))
    }

    /// Reads all that has come, as far as there is room.
    fn read(&self, stream: &mut Stream, output: &mut Vec<u8>) -> Result<(), JsErrorBox> {
        loop {
            let piece = stream.read().map_err(|error| failed(&error))?;
            if piece.is_empty() {
                return Ok(());
            }
            let held = output.len() + piece.len();
            if !self.memory.has_room_for(held) {
                self.running.kill(Kill::BufferLimit { used: self.memory.buffer_bytes() + held });
            }
            if self.running.is_killed() {
                return Err(closed());
            }
            output.extend(piece);
        }
    }
}

fn codec(format: &str, decompresses: bool) -> Option<Codec> {
    Some(match (format, decompresses) {
        ("deflate", false) => Codec::Deflate,
        ("deflate", true) => Codec::Inflate,
        ("deflate-raw", false) => Codec::DeflateRaw,
        ("deflate-raw", true) => Codec::InflateRaw,
        ("gzip", false) => Codec::Gzip,
        ("gzip", true) => Codec::Gunzip,
        ("brotli", false) => Codec::BrotliCompress,
        ("brotli", true) => Codec::BrotliDecompress,
        _ => return None,
    })
}

fn closed() -> JsErrorBox {
    JsErrorBox::type_error("the stream is closed")
}

fn failed(error: &NativeError) -> JsErrorBox {
    JsErrorBox::type_error(error.message().to_owned())
}

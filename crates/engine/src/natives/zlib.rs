//! `vestibule:zlib`: a script opens a stream, writes to it and reads what comes of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use crate::codec::Codec;
use crate::codec::INPUT_BYTES_MAX;
use crate::codec::Stream;
use crate::memory::Memory;
use crate::natives::Given;
use crate::natives::error::NativeError;

type Answer = Result<Given, NativeError>;

/// Streams that may be open at one moment.
const STREAMS_MAX: usize = 16;

/// What a script can ask for. The bytes that come with a request are those to write.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    /// A new stream; its number.
    Open { codec: Codec, level: u32 },
    /// Takes bytes in.
    Write { stream: u32 },
    /// Ends a piece: all that was written can be read by the other side.
    Flush { stream: u32 },
    /// No more bytes will come.
    Finish { stream: u32 },
    /// The next bytes that have come of it; none where it waits for more, or has ended.
    Read { stream: u32 },
    /// Whether it has ended.
    State { stream: u32 },
    /// Forgets the stream.
    Close { stream: u32 },
}

/// The streams of one execution.
pub(crate) struct Zlib {
    memory: Arc<Memory>,
    streams: RefCell<BTreeMap<u32, Stream>>,
}

impl Zlib {
    pub(crate) fn new(memory: Arc<Memory>) -> Self {
        Self { memory, streams: RefCell::default() }
    }

    pub(crate) fn answer(&self, request: &str, bytes: &[u8]) -> Answer {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| NativeError::type_error("ERR_INVALID_ARG_VALUE", format!("zlib: {error}")))?;
        if bytes.len() > INPUT_BYTES_MAX {
            let message = format!("zlib: no more than {INPUT_BYTES_MAX} bytes at a time");
            return Err(NativeError::range_error("ERR_OUT_OF_RANGE", message));
        }
        match request {
            Request::Open { codec, level } => self.open(codec, level),
            Request::Write { stream } => self.with(stream, |stream| stream.write(bytes).map(done)),
            Request::Flush { stream } => self.with(stream, |stream| stream.flush().map(done)),
            Request::Finish { stream } => self.with(stream, |stream| stream.finish().map(done)),
            Request::Read { stream } => self.with(stream, |stream| stream.read().map(Given::Bytes)),
            Request::State { stream } => {
                self.with(stream, |stream| Ok(Given::Value(json!({ "ended": stream.has_ended() }))))
            }
            Request::Close { stream } => {
                self.streams.borrow_mut().remove(&stream);
                Ok(done(()))
            }
        }
    }

    fn open(&self, codec: Codec, level: u32) -> Answer {
        let mut streams = self.streams.borrow_mut();
        if streams.len() >= STREAMS_MAX {
            let message = format!("zlib: no more than {STREAMS_MAX} streams may be open at one moment");
            return Err(NativeError::error("Z_MEM_ERROR", message));
        }
        let number = streams.last_key_value().map_or(0, |(last, _)| last + 1);
        streams.insert(number, Stream::open(codec, level, &self.memory)?);
        Ok(Given::Value(json!(number)))
    }

    fn with(&self, number: u32, act: impl FnOnce(&mut Stream) -> Answer) -> Answer {
        match self.streams.borrow_mut().get_mut(&number) {
            Some(stream) => act(stream),
            None => Err(NativeError::error("Z_STREAM_ERROR", "zlib: the stream is closed")),
        }
    }
}

fn done(_: ()) -> Given {
    Given::Value(json!(null))
}

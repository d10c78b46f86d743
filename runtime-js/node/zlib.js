// `zlib` over the engine's native part, which takes and gives pieces: one call is never long, and what a compressed
// piece becomes is read as far as there is room.
import native from "vestibule:zlib";
import { Buffer } from "node:buffer";
import { Transform } from "node:stream";
import { checkFunction, coded, invalidArgType, outOfRange, unsupported } from "node:internal/errors";
import { nextTick } from "node:internal/ticks";
import * as numbers from "unenv/node/internal/zlib/constants";
import { codes as errorCodes } from "unenv/node/internal/zlib/codes";

export const constants = Object.freeze({ ...numbers });
export const codes = Object.freeze({ ...errorCodes });

/** Bytes that the native part takes at a time. */
const PIECE_BYTES = 262144;
const NOTHING = Buffer.alloc(0);
const ERROR_NUMBERS = { __proto__: null, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5 };
const GZIP_FIRST_BYTE = 0x1f;

/** One stream of the native part. */
class Coder {
  #stream;

  constructor(codec, level) {
    this.#stream = this.#ask({ do: "open", codec, level });
  }

  #ask(request, bytes) {
    try {
      return native.ask(request, bytes);
    } catch (error) {
      if (ERROR_NUMBERS[error.code] !== undefined) error.errno = ERROR_NUMBERS[error.code];
      throw error;
    }
  }

  write(bytes) {
    this.#ask({ do: "write", stream: this.#stream }, bytes);
  }

  flush() {
    this.#ask({ do: "flush", stream: this.#stream });
  }

  finish() {
    this.#ask({ do: "finish", stream: this.#stream });
  }

  /** The next piece; nothing where there is none yet, or none any more. */
  read() {
    const piece = this.#ask({ do: "read", stream: this.#stream });
    return piece.length === 0 ? undefined : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  }

  close() {
    this.#ask({ do: "close", stream: this.#stream });
  }
}

/** What a codec and the options of its user come to. */
function settings(codec, options = {}) {
  const { dictionary, finishFlush, flush, level = constants.Z_DEFAULT_COMPRESSION, maxOutputLength = Infinity, params } = options ?? {};
  if (dictionary !== undefined) throw unsupported("zlib with a dictionary", "compress without it");
  if (typeof level !== "number" || !(level >= -1 && level <= 9)) throw outOfRange("options.level", ">= -1 and <= 9", level);
  if (!(maxOutputLength >= 1)) throw outOfRange("options.maxOutputLength", ">= 1", maxOutputLength);
  const isBrotli = codec.startsWith("brotli");
  const quality = params?.[constants.BROTLI_PARAM_QUALITY] ?? constants.BROTLI_DEFAULT_QUALITY;
  // Whoever ends with a flush wants what there is, also of data that breaks off.
  const mayBreakOff = isBrotli ? finishFlush === constants.BROTLI_OPERATION_FLUSH : finishFlush === constants.Z_SYNC_FLUSH;
  return { level: isBrotli ? quality : level < 0 ? 6 : level, maxOutputLength, mayBreakOff, flush };
}

function bytesOf(input) {
  if (typeof input === "string") return Buffer.from(input);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  throw invalidArgType("buffer", ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"], input);
}

/** `unzip` is what the first byte says. */
function meant(codec, bytes) {
  if (codec !== "unzip") return codec;
  return bytes[0] === GZIP_FIRST_BYTE ? "gunzip" : "inflate";
}

function tooLarge(max) {
  return coded(RangeError, "ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${max} bytes`);
}

function runSync(codec, input, options) {
  const bytes = bytesOf(input);
  const { level, maxOutputLength, mayBreakOff } = settings(codec, options);
  const coder = new Coder(meant(codec, bytes), level);
  const pieces = [];
  let length = 0;
  const drain = () => {
    for (let piece = coder.read(); piece !== undefined; piece = coder.read()) {
      length += piece.length;
      if (length > maxOutputLength) throw tooLarge(maxOutputLength);
      pieces.push(piece);
    }
  };
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      coder.write(bytes.subarray(at, at + PIECE_BYTES));
      drain();
    }
    if (!mayBreakOff || !isDecoder(codec)) coder.finish();
    drain();
  } finally {
    coder.close();
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

function isDecoder(codec) {
  return codec === "unzip" || /^(gunzip|inflate|inflateRaw|brotliDecompress)$/.test(codec);
}

class ZlibBase extends Transform {
  #codec;
  #coder;
  #settings;
  #resume;
  #length = 0;
  #marks = new Set();

  constructor(codec, options) {
    super(options);
    this.#codec = codec;
    this.#settings = settings(codec, options);
    this.bytesWritten = 0;
  }

  _transform(chunk, _encoding, done) {
    if (this.#marks.delete(chunk)) return this.#pieces(NOTHING, (coder) => coder.flush(), done);
    if (chunk.length === 0) return done();
    const bytes = bytesOf(chunk);
    this.bytesWritten += bytes.length;
    this.#pieces(bytes, undefined, done);
  }

  _flush(done) {
    const isOpenEnd = this.#settings.mayBreakOff && isDecoder(this.#codec);
    if (isDecoder(this.#codec) && this.#coder === undefined && this.bytesWritten === 0) return done();
    this.#pieces(NOTHING, isOpenEnd ? undefined : (coder) => coder.finish(), done);
  }

  /** Writes piece by piece, then does what comes last, and reads after each as long as somebody takes what is read. */
  #pieces(bytes, last, done) {
    let at = 0;
    const step = () => {
      try {
        this.#coder ??= new Coder(meant(this.#codec, bytes), this.#settings.level);
        for (;;) {
          for (let piece = this.#coder.read(); piece !== undefined; piece = this.#coder.read()) {
            this.#length += piece.length;
            if (this.#length > this.#settings.maxOutputLength) throw tooLarge(this.#settings.maxOutputLength);
            if (!this.push(piece)) {
              this.#resume = step;
              return;
            }
            if (this.destroyed) return;
          }
          if (at < bytes.length) {
            this.#coder.write(bytes.subarray(at, at + PIECE_BYTES));
            at += PIECE_BYTES;
          } else if (last !== undefined) {
            const act = last;
            last = undefined;
            act(this.#coder);
          } else {
            break;
          }
        }
      } catch (error) {
        done(error);
        return;
      }
      done();
    };
    step();
  }

  _read(size) {
    if (this.#resume === undefined) return super._read(size);
    const resume = this.#resume;
    this.#resume = undefined;
    resume();
  }

  _destroy(error, done) {
    this.#coder?.close();
    this.#coder = undefined;
    done(error);
  }

  flush(kind, callback) {
    const done = typeof kind === "function" ? kind : callback;
    const mark = Buffer.alloc(0);
    this.#marks.add(mark);
    this.write(mark, done === undefined ? undefined : () => done());
  }

  /** The level is chosen when the stream is made; Node would change it from here on. */
  params(_level, _strategy, callback) {
    if (callback !== undefined) nextTick(callback);
  }

  reset() {
    this.#coder?.close();
    this.#coder = undefined;
  }

  close(callback) {
    if (callback !== undefined) this.once("close", callback);
    this.destroy();
  }
}

/** The class, the function that makes one, and the two that do all at once. */
function family(codec, name) {
  const { [name]: Class } = {
    // A function, because old packages call it without `new`.
    [name]: function (options) {
      return Reflect.construct(ZlibBase, [codec, options], new.target ?? Class);
    },
  };
  Object.setPrototypeOf(Class, ZlibBase);
  Class.prototype = Object.create(ZlibBase.prototype, { constructor: { value: Class, writable: true, configurable: true } });
  return {
    Class,
    create: (options) => new Class(options),
    sync: (input, options) => withInfo(runSync(codec, input, options), options, Class),
    later(input, options, callback) {
      const [given, done] = typeof options === "function" ? [undefined, options] : [options, callback];
      checkFunction(done, "callback");
      const bytes = bytesOf(input);
      // Mistakes in the call are thrown at once, those in the data are told later.
      settings(codec, given);
      nextTick(() => {
        let result;
        try {
          result = withInfo(runSync(codec, bytes, given), given, Class);
        } catch (error) {
          return done(error);
        }
        done(null, result);
      });
    },
  };
}

function withInfo(buffer, options, Class) {
  return options?.info ? { buffer, engine: new Class(options) } : buffer;
}

export const { Class: Gzip, create: createGzip, sync: gzipSync, later: gzip } = family("gzip", "Gzip");
export const { Class: Gunzip, create: createGunzip, sync: gunzipSync, later: gunzip } = family("gunzip", "Gunzip");
export const { Class: Deflate, create: createDeflate, sync: deflateSync, later: deflate } = family("deflate", "Deflate");
export const { Class: Inflate, create: createInflate, sync: inflateSync, later: inflate } = family("inflate", "Inflate");
export const { Class: DeflateRaw, create: createDeflateRaw, sync: deflateRawSync, later: deflateRaw } = family("deflateRaw", "DeflateRaw");
export const { Class: InflateRaw, create: createInflateRaw, sync: inflateRawSync, later: inflateRaw } = family("inflateRaw", "InflateRaw");
export const { Class: Unzip, create: createUnzip, sync: unzipSync, later: unzip } = family("unzip", "Unzip");
export const {
  Class: BrotliCompress, create: createBrotliCompress, sync: brotliCompressSync, later: brotliCompress,
} = family("brotliCompress", "BrotliCompress");
export const {
  Class: BrotliDecompress, create: createBrotliDecompress, sync: brotliDecompressSync, later: brotliDecompress,
} = family("brotliDecompress", "BrotliDecompress");

export function crc32(data, value = 0) {
  let crc = ~value;
  for (const byte of bytesOf(data)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const zlib = {
  ...constants, BrotliCompress, BrotliDecompress, Deflate, DeflateRaw, Gunzip, Gzip, Inflate, InflateRaw, Unzip, brotliCompress,
  brotliCompressSync, brotliDecompress, brotliDecompressSync, codes, constants, crc32, createBrotliCompress, createBrotliDecompress,
  createDeflate, createDeflateRaw, createGunzip, createGzip, createInflate, createInflateRaw, createUnzip, deflate, deflateRaw,
  deflateRawSync, deflateSync, gunzip, gunzipSync, gzip, gzipSync, inflate, inflateRaw, inflateRawSync, inflateSync, unzip, unzipSync,
};
export { zlib as default, zlib as "module.exports" };

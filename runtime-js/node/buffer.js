// `buffer`: the package of that name, and what Node has added since.
import base from "buffer/";
import { coded, invalidArgType } from "node:internal/errors";
import { lazyClass } from "node:internal/web";

export const Buffer = base.Buffer;
export const SlowBuffer = base.SlowBuffer;
export const kMaxLength = base.kMaxLength;
export const kStringMaxLength = 536870888;
export const INSPECT_MAX_BYTES = 50;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

/** Texts and arrays from this length on are worth the way into native code. */
const NATIVE_BYTES_MIN = 96;

const packageFrom = Buffer.from;
const { write: packageWrite, toString: packageToString, fill: packageFill } = Buffer.prototype;
const { indexOf: packageIndexOf, lastIndexOf: packageLastIndexOf, includes: packageIncludes } = Buffer.prototype;
const packageByteLength = Buffer.byteLength;
const packageIsEncoding = Buffer.isEncoding;
let encoder;
let decoder;

function isUtf8Name(encoding) {
  return encoding === undefined || encoding === "utf8" || encoding === "utf-8" || encoding === null || encoding === "";
}

/** The package knows all encodings but `base64url`. Its base64 reads both alphabets. */
function known(encoding) {
  return typeof encoding === "string" && encoding.toLowerCase() === "base64url" ? "base64" : encoding;
}

Object.defineProperties(Buffer, {
  from: hidden(function from(value, encodingOrOffset, length) {
    if (typeof value !== "string") return packageFrom(value, encodingOrOffset, length);
    if (isUtf8Name(encodingOrOffset) && value.length >= NATIVE_BYTES_MIN) {
      encoder ??= new TextEncoder();
      const bytes = encoder.encode(value);
      return packageFrom(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return packageFrom(value, known(encodingOrOffset));
  }),
  byteLength: hidden(function byteLength(value, encoding) {
    return packageByteLength(value, known(encoding));
  }),
  isEncoding: hidden(function isEncoding(encoding) {
    return packageIsEncoding(known(encoding));
  }),
  copyBytesFrom: hidden(function copyBytesFrom(view, offset = 0, length = view.length - offset) {
    if (!ArrayBuffer.isView(view)) throw invalidArgType("view", "TypedArray", view);
    const part = view.subarray(offset, offset + length);
    return Buffer.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }),
});

Object.defineProperties(Buffer.prototype, {
  toString: hidden(function toString(encoding, start, end) {
    if (isUtf8Name(encoding)) {
      const from = start === undefined ? 0 : Math.max(0, start | 0);
      const to = end === undefined ? this.length : Math.min(this.length, end | 0);
      if (to - from < NATIVE_BYTES_MIN) return packageToString.call(this, "utf8", from, Math.max(from, to));
      decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
      return decoder.decode(Uint8Array.prototype.subarray.call(asBytes(this), from, to));
    }
    const text = packageToString.call(this, known(encoding), start, end);
    return known(encoding) === encoding ? text : text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }),
  write: hidden(function write(text, offset, length, encoding) {
    return packageWrite.call(this, text, known(offset), known(length), known(encoding));
  }),
  fill: hidden(function fill(value, start, end, encoding) {
    return packageFill.call(this, value, known(start), known(end), known(encoding));
  }),
  indexOf: hidden(function indexOf(value, offset, encoding) {
    return packageIndexOf.call(this, value, known(offset), known(encoding));
  }),
  lastIndexOf: hidden(function lastIndexOf(value, offset, encoding) {
    return packageLastIndexOf.call(this, value, known(offset), known(encoding));
  }),
  includes: hidden(function includes(value, offset, encoding) {
    return packageIncludes.call(this, value, known(offset), known(encoding));
  }),
});
Buffer.prototype.toLocaleString = Buffer.prototype.toString;
for (const encoding of ["ascii", "base64", "base64url", "hex", "latin1", "ucs2", "utf8"]) {
  Object.defineProperty(Buffer.prototype, `${encoding}Slice`, hidden(function slice(start, end) {
    return this.toString(encoding, start, end);
  }));
  Object.defineProperty(Buffer.prototype, `${encoding}Write`, hidden(function write(text, offset = 0, length = this.length - offset) {
    return this.write(text, offset, length, encoding);
  }));
}

function asBytes(buffer) {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function hidden(value) {
  return { value, writable: true, enumerable: false, configurable: true };
}

function bytesOf(input) {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return asBytes(input);
  throw invalidArgType("input", ["ArrayBuffer", "Buffer", "TypedArray"], input);
}

export function isUtf8(input) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(input));
    return true;
  } catch (error) {
    if (error.code === "ERR_INVALID_ARG_TYPE") throw error;
    return false;
  }
}

export function isAscii(input) {
  return bytesOf(input).every((byte) => byte < 128);
}

export function transcode(source, fromEncoding, toEncoding) {
  for (const encoding of [fromEncoding, toEncoding]) {
    if (!/^(utf-?8|ucs-?2|utf-?16le|latin1|binary|ascii)$/i.test(encoding)) {
      throw coded(Error, "U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
    }
  }
  const text = Buffer.from(bytesOf(source)).toString(fromEncoding);
  const narrow = /^(latin1|binary|ascii)$/i.test(toEncoding);
  return Buffer.from(narrow ? text.replace(/[^\0-\xff]/gu, "?") : text, toEncoding);
}

export function resolveObjectURL() {
  return undefined;
}

export function atob(text) {
  return globalThis.atob(text);
}

export function btoa(text) {
  return globalThis.btoa(text);
}

export const Blob = /* @__PURE__ */ lazyClass("Blob");
export const File = /* @__PURE__ */ lazyClass("File");

const buffer = {
  Buffer, INSPECT_MAX_BYTES, SlowBuffer, atob, btoa, constants, isAscii, isUtf8, kMaxLength, kStringMaxLength,
  resolveObjectURL, transcode,
  // Read when asked for, because the first look at a Web API loads it.
  get Blob() {
    return globalThis.Blob;
  },
  get File() {
    return globalThis.File;
  },
};
export { buffer as default, buffer as "module.exports" };

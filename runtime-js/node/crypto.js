// Node's `crypto` over the engine's native part. A module of its own: `node:buffer` is all it brings along.
//
// In Node a Hash, Hmac, Sign, Verify and Cipher is a stream. Here each has the methods by which streams are
// fed and read (`write`, `end`, `pipe`, `on`, `read`), made below in a few lines, and is not an instance of
// `stream.Transform`: a program that only hashes must not carry the whole of `readable-stream`.
import { Buffer } from "node:buffer";
import { ask } from "vestibule:crypto";

/** What one request may carry; more goes in pieces, between which an execution can be ended. */
const PIECE = 4194304;
const PROMISIFY = Symbol.for("nodejs.util.promisify.custom");
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

export const constants = Object.freeze({
  __proto__: null,
  RSA_PKCS1_PADDING: 1,
  RSA_NO_PADDING: 3,
  RSA_PKCS1_OAEP_PADDING: 4,
  RSA_X931_PADDING: 5,
  RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1,
  RSA_PSS_SALTLEN_MAX_SIGN: -2,
  RSA_PSS_SALTLEN_AUTO: -2,
  POINT_CONVERSION_COMPRESSED: 2,
  POINT_CONVERSION_UNCOMPRESSED: 4,
  POINT_CONVERSION_HYBRID: 6,
});

// ---- arguments and errors ----

function coded(error, code) {
  error.code = code;
  return error;
}

function wrongType(name, expected, value) {
  const what = name.includes(".") ? "property" : "argument";
  return coded(new TypeError(`The "${name}" ${what} must be ${expected}. Received ${received(value)}`), "ERR_INVALID_ARG_TYPE");
}

function received(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    return value.constructor?.name ? `an instance of ${value.constructor.name}` : "[Object: null prototype] {}";
  }
  let text = typeof value === "bigint" ? `${value}n` : String(value);
  if (text.length > 25) text = `${text.slice(0, 25)}...`;
  return `type ${typeof value} (${typeof value === "string" ? `'${text}'` : text})`;
}

function outOfRange(name, range, value) {
  return coded(new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${grouped(value)}`), "ERR_OUT_OF_RANGE");
}

/** Node writes large numbers with underscores. */
function grouped(value) {
  if (!Number.isInteger(value) || Math.abs(value) <= 2 ** 32) return String(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}

function checkString(value, name) {
  if (typeof value !== "string") throw wrongType(name, "of type string", value);
}

function checkFunction(value, name) {
  if (typeof value !== "function") throw wrongType(name, "of type function", value);
}

function checkInteger(value, name, min, max) {
  if (typeof value !== "number") throw wrongType(name, "of type number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

const BYTES = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView";
const DATA = "of type string or an instance of Buffer, TypedArray, or DataView";

/** The bytes of what programs give as data: text, a view, a buffer. Shares memory where it can. */
function bytesOf(value, name, encoding, expected = BYTES) {
  if (typeof value === "string") {
    return Buffer.from(value, encoding === undefined || encoding === "buffer" ? "utf8" : encoding);
  }
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (expected === BYTES && value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrongType(name, expected, value);
}

/** The bytes of a key for what takes a secret, which may be a KeyObject. */
function secretOf(key, name, encoding) {
  if (isKeyObject(key)) {
    if (key.type !== "secret") throw wrongKey(key.type, "secret");
    return bytesIn(key);
  }
  if (typeof key !== "string" && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer)) {
    throw wrongType(name, "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey", key);
  }
  return bytesOf(key, name, encoding);
}

function wrongKey(type, expected) {
  return coded(new TypeError(`Invalid key object type ${type}, expected ${expected}.`), "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE");
}

function out(bytes, encoding) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding);
}

/** Does it now, and tells of it later. */
function later(work, callback) {
  let error = null;
  let result;
  try {
    result = work();
  } catch (thrown) {
    error = thrown;
  }
  queueMicrotask(() => error === null ? callback(null, result) : callback(error));
}

/** An option as it is, unless it was not given. */
function given(value) {
  return value === undefined ? null : value;
}

// ---- what feeds and reads like a stream ----

class Streamlike {
  #listeners = new Map();
  #chunks = [];
  #ended = false;
  #told = false;
  #encoding;
  #flows = false;

  on(event, listener) {
    checkFunction(listener, "listener");
    const all = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...all, listener]);
    if (event === "data") this.resume();
    else if (event === "readable" || event === "end") queueMicrotask(() => this.#tell());
    return this;
  }

  addListener(event, listener) {
    return this.on(event, listener);
  }

  prependListener(event, listener) {
    return this.on(event, listener);
  }

  once(event, listener) {
    const once = (...args) => {
      this.off(event, once);
      listener.apply(this, args);
    };
    once.listener = listener;
    return this.on(event, once);
  }

  off(event, listener) {
    const all = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, all.filter((one) => one !== listener && one.listener !== listener));
    return this;
  }

  removeListener(event, listener) {
    return this.off(event, listener);
  }

  removeAllListeners(event) {
    if (event === undefined) this.#listeners.clear();
    else this.#listeners.delete(event);
    return this;
  }

  listenerCount(event) {
    return (this.#listeners.get(event) ?? []).length;
  }

  emit(event, ...args) {
    const all = this.#listeners.get(event) ?? [];
    if (all.length === 0 && event === "error") throw args[0];
    for (const listener of all) listener.apply(this, args);
    return all.length > 0;
  }

  get writable() {
    return !this.#ended;
  }

  get readable() {
    return !this.#told;
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    try {
      if (this.#ended) throw coded(new Error("write after end"), "ERR_STREAM_WRITE_AFTER_END");
      const turned = this._fed(chunk, encoding);
      if (turned !== undefined && turned.length > 0) this.#chunks.push(turned);
    } catch (error) {
      this.#fail(error, callback);
      return false;
    }
    if (callback !== undefined) queueMicrotask(() => callback(null));
    if (this.#flows) this.#drain();
    return true;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === "function") [chunk, callback] = [undefined, chunk];
    if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    if (this.#ended) return this;
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    try {
      const last = this._ended();
      if (last !== undefined && last.length > 0) this.#chunks.push(last);
    } catch (error) {
      this.#ended = true;
      this.#fail(error, callback);
      return this;
    }
    this.#ended = true;
    queueMicrotask(() => {
      this.emit("finish");
      callback?.(null);
      this.#tell();
    });
    return this;
  }

  read() {
    if (this.#chunks.length === 0) return null;
    const all = Buffer.concat(this.#chunks.splice(0));
    if (this.#ended) queueMicrotask(() => this.#close());
    return this.#encoding === undefined ? all : all.toString(this.#encoding);
  }

  setEncoding(encoding) {
    this.#encoding = encoding;
    return this;
  }

  resume() {
    this.#flows = true;
    queueMicrotask(() => this.#drain());
    return this;
  }

  pause() {
    this.#flows = false;
    return this;
  }

  pipe(destination, options) {
    this.on("data", (chunk) => destination.write(chunk));
    if (options?.end !== false) this.once("end", () => destination.end());
    destination.emit?.("pipe", this);
    return destination;
  }

  destroy(error) {
    this.#ended = this.#told = true;
    queueMicrotask(() => {
      if (error) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  async *[Symbol.asyncIterator]() {
    while (!this.#ended) await new Promise((resolve) => this.once("finish", resolve));
    const all = this.read();
    if (all !== null) yield all;
  }

  #fail(error, callback) {
    queueMicrotask(() => {
      callback?.(error);
      this.emit("error", error);
    });
  }

  #tell() {
    if (!this.#ended || this.#told) return;
    if (this.#flows) this.#drain();
    else if (this.listenerCount("readable") > 0) {
      this.emit("readable");
      if (this.#chunks.length === 0) this.#close();
    }
  }

  #drain() {
    if (!this.#flows) return;
    const all = this.read();
    if (all !== null) this.emit("data", all);
    else if (this.#ended) this.#close();
  }

  #close() {
    if (this.#told) return;
    this.#told = true;
    if (this.listenerCount("readable") > 0) this.emit("readable");
    this.emit("end");
    this.emit("close");
  }
}

// ---- digests ----

let hashes;

export function getHashes() {
  hashes ??= ask({ do: "hashes" });
  return [...hashes];
}

/** Shows bytes to a digest, piece by piece. */
function show(state, bytes) {
  for (let from = 0; from < bytes.length; from += PIECE) ask({ do: "update", state }, bytes.subarray(from, from + PIECE));
}

function finalized() {
  return coded(new Error("Digest already called"), "ERR_CRYPTO_HASH_FINALIZED");
}

class Digest extends Streamlike {
  _state;
  _length = null;
  _done;

  update(data, encoding) {
    if (this._state === undefined) throw finalized();
    show(this._state, bytesOf(data, "data", encoding, DATA));
    return this;
  }

  _fed(chunk, encoding) {
    this.update(chunk, encoding);
  }

  _ended() {
    return this.digest();
  }
}

class HashClass extends Digest {
  constructor(algorithm, options) {
    super();
    if (algorithm instanceof HashClass) {
      if (algorithm._state === undefined) throw finalized();
      this._length = algorithm._length;
      this._state = ask({ do: "copy", state: algorithm._state });
    } else {
      checkString(algorithm, "algorithm");
      if (!isHash(algorithm)) throw new Error("Digest method not supported");
      this._state = ask({ do: "startHash", algorithm });
    }
    const length = options?.outputLength;
    if (length !== undefined) {
      checkInteger(length, "options.outputLength", 0, 4294967295);
      const fixed = digestBytes(algorithm);
      if (fixed !== undefined && fixed !== length) {
        throw new Error("Unsupported state or unable to digest");
      }
      this._length = length;
    }
  }

  copy(options) {
    return new HashClass(this, options);
  }

  digest(encoding) {
    if (this._state === undefined) throw finalized();
    const state = this._state;
    this._state = undefined;
    return out(ask({ do: "finish", state, length: this._length }), encoding);
  }
}

class HmacClass extends Digest {
  constructor(algorithm, key, options) {
    super();
    checkString(algorithm, "hmac");
    const bytes = secretOf(key, "key", options?.encoding);
    this._state = startHmac(algorithm, bytes);
  }

  digest(encoding) {
    // Node gives nothing, rather than an error, the second time.
    if (this._state === undefined) return out(new Uint8Array(0), encoding);
    const state = this._state;
    this._state = undefined;
    return out(ask({ do: "finish", state, length: null }), encoding);
  }

  update(data, encoding) {
    if (this._state === undefined) throw finalized();
    return super.update(data, encoding);
  }
}

/** HMAC itself begins with the digest of a key longer than a block. */
function startHmac(algorithm, key) {
  if (key.length <= PIECE) return ask({ do: "startHmac", algorithm }, key);
  return ask({ do: "startHmac", algorithm }, hashed(algorithm, null, key));
}

function hashed(algorithm, length, bytes) {
  if (bytes.length <= PIECE) return ask({ do: "hash", algorithm, length }, bytes);
  const state = ask({ do: "startHash", algorithm });
  show(state, bytes);
  return ask({ do: "finish", state, length });
}

function isHash(name) {
  return digestBytes(name) !== null;
}

/** Bytes of a digest; `undefined` where any number can be had, `null` where there is no such function. */
function digestBytes(name) {
  if (typeof name !== "string") return undefined;
  if (/^shake/i.test(name)) return undefined;
  try {
    return ask({ do: "hash", algorithm: name, length: null }).length;
  } catch {
    return null;
  }
}

/** A class that can be called without `new`, as Node's can. */
function callable(Class) {
  return new Proxy(Class, { apply: (target, _receiver, args) => new target(...args) });
}

export const Hash = /* @__PURE__ */ callable(HashClass);
export const Hmac = /* @__PURE__ */ callable(HmacClass);

export function createHash(algorithm, options) {
  return new HashClass(algorithm, options);
}

export function createHmac(algorithm, key, options) {
  return new HmacClass(algorithm, key, options);
}

export function hash(algorithm, data, encoding = "hex") {
  checkString(algorithm, "algorithm");
  const bytes = bytesOf(data, "input", undefined, DATA);
  if (!isHash(algorithm)) throw new Error("Digest method not supported");
  return out(hashed(algorithm, null, bytes), typeof encoding === "object" ? encoding?.outputEncoding ?? "hex" : encoding);
}

// ---- chance ----

function randomInto(bytes) {
  for (let from = 0; from < bytes.length; from += PIECE) {
    const length = Math.min(PIECE, bytes.length - from);
    bytes.set(ask({ do: "random", length }), from);
  }
  return bytes;
}

export function randomBytes(size, callback) {
  checkInteger(size, "size", 0, 2147483647);
  const work = () => out(randomInto(new Uint8Array(size)));
  if (callback === undefined) return work();
  checkFunction(callback, "callback");
  later(work, callback);
}

export { randomBytes as rng, randomBytes as prng, randomBytes as pseudoRandomBytes };

function filled(buffer, offset = 0, size) {
  if (!ArrayBuffer.isView(buffer) && !(buffer instanceof ArrayBuffer)) {
    throw wrongType("buf", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", buffer);
  }
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  checkInteger(offset, "offset", 0, buffer.byteLength / unit);
  const from = offset * unit;
  const bytes = size === undefined ? buffer.byteLength - from : size * unit;
  checkInteger(bytes, "size", 0, 2147483647);
  if (from + bytes > buffer.byteLength) throw outOfRange("size + offset", `<= ${buffer.byteLength}`, from + bytes);
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset + from, bytes)
    : new Uint8Array(buffer, from, bytes);
}

export function randomFillSync(buffer, offset, size) {
  randomInto(filled(buffer, offset, size));
  return buffer;
}

export function randomFill(buffer, offset, size, callback) {
  if (typeof offset === "function") [offset, size, callback] = [undefined, undefined, offset];
  else if (typeof size === "function") [size, callback] = [undefined, size];
  checkFunction(callback, "callback");
  const part = filled(buffer, offset, size);
  later(() => {
    randomInto(part);
    return buffer;
  }, callback);
}

export function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min)) throw wrongType("min", "a safe integer", min);
  if (!Number.isSafeInteger(max)) throw wrongType("max", "a safe integer", max);
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > 281474976710655) throw outOfRange(callback === undefined && min === 0 ? "max" : "max - min", "<= 281474976710655", range);
  const work = () => {
    // Numbers beyond the last whole multiple of the range would make the small ones likelier.
    const limit = 281474976710656 - 281474976710656 % range;
    for (;;) {
      const drawn = out(ask({ do: "random", length: 6 })).readUIntBE(0, 6);
      if (drawn < limit) return drawn % range + min;
    }
  };
  if (callback === undefined) return work();
  checkFunction(callback, "callback");
  later(work, callback);
}

export function randomUUID(options) {
  if (options !== undefined && (options === null || typeof options !== "object")) throw wrongType("options", "of type object", options);
  const bytes = out(ask({ do: "random", length: 16 }));
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function timingSafeEqual(left, right) {
  const first = compared(left, "buf1");
  const second = compared(right, "buf2");
  if (first.length !== second.length) {
    throw coded(new RangeError("Input buffers must have the same byte length"), "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH");
  }
  let equal = true;
  for (let from = 0; from < first.length; from += PIECE) {
    const same = ask({ do: "equal" }, first.subarray(from, from + PIECE), second.subarray(from, from + PIECE));
    equal = same && equal;
  }
  return equal;
}

/** Node does not say what it received here: it may be a secret. */
function compared(value, name) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return bytesOf(value, name);
  const message = `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
  throw coded(new TypeError(message), "ERR_INVALID_ARG_TYPE");
}

// ---- derived keys ----

function derivation(password, salt, keylen, passwordName) {
  const secret = bytesOf(password, passwordName);
  const salted = bytesOf(salt, "salt");
  checkInteger(keylen, "keylen", 0, 2147483647);
  return [secret, salted];
}

function pbkdf2Work(password, salt, iterations, keylen, digest) {
  if (typeof digest !== "string") throw wrongType("digest", "of type string", digest);
  const [secret, salted] = derivation(password, salt, keylen, "password");
  checkInteger(iterations, "iterations", 1, 2147483647);
  if (!isHash(digest)) throw coded(new TypeError(`Invalid digest: ${digest}`), "ERR_CRYPTO_INVALID_DIGEST");
  return () => out(ask({ do: "pbkdf2", algorithm: digest, iterations, length: keylen }, secret, salted));
}

export function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  return pbkdf2Work(password, salt, iterations, keylen, digest)();
}

export function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === "function") [digest, callback] = [undefined, digest];
  const work = pbkdf2Work(password, salt, iterations, keylen, digest);
  checkFunction(callback, "callback");
  later(work, callback);
}

function scryptWork(password, salt, keylen, options) {
  const [secret, salted] = derivation(password, salt, keylen, "password");
  const n = options?.N ?? options?.cost ?? 16384;
  const r = options?.r ?? options?.blockSize ?? 8;
  const p = options?.p ?? options?.parallelization ?? 1;
  const most = options?.maxmem ?? 33554432;
  checkInteger(n, "N", 0, 4294967295);
  checkInteger(r, "r", 0, 4294967295);
  checkInteger(p, "p", 0, 4294967295);
  if (n < 2 || (n & (n - 1)) !== 0) throw coded(new RangeError("Invalid scrypt params"), "ERR_CRYPTO_INVALID_SCRYPT_PARAMS");
  // What OpenSSL counts, and it wants less than the limit.
  if (128 * r * (n + p + 2) > most) {
    throw coded(new RangeError("Invalid scrypt params: memory limit exceeded"), "ERR_CRYPTO_INVALID_SCRYPT_PARAMS");
  }
  return () => out(ask({ do: "scrypt", n, r, p, length: keylen }, secret, salted));
}

export function scryptSync(password, salt, keylen, options) {
  return scryptWork(password, salt, keylen, options)();
}

export function scrypt(password, salt, keylen, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  const work = scryptWork(password, salt, keylen, options);
  checkFunction(callback, "callback");
  later(work, callback);
}

function hkdfWork(digest, key, salt, info, keylen) {
  checkString(digest, "digest");
  const secret = secretOf(key, "ikm");
  const salted = bytesOf(salt, "salt");
  const about = bytesOf(info, "info");
  checkInteger(keylen, "length", 0, 2147483647);
  if (about.length > 1024) throw outOfRange("info", "must not contain more than 1024 bytes", about.length);
  const bytes = digestBytes(digest);
  if (bytes === null) throw coded(new TypeError(`Invalid digest: ${digest}`), "ERR_CRYPTO_INVALID_DIGEST");
  if (keylen > bytes * 255) throw coded(new RangeError("Invalid key length"), "ERR_CRYPTO_INVALID_KEYLEN");
  return () => {
    const derived = ask({ do: "hkdf", algorithm: digest, length: keylen }, secret, salted, about);
    return derived.buffer;
  };
}

export function hkdfSync(digest, key, salt, info, keylen) {
  return hkdfWork(digest, key, salt, info, keylen)();
}

export function hkdf(digest, key, salt, info, keylen, callback) {
  const work = hkdfWork(digest, key, salt, info, keylen);
  checkFunction(callback, "callback");
  later(work, callback);
}

// ---- keys ----

const MAKE = Symbol("make");

/** A key: the bytes of a secret, or the DER text of a public (SPKI) or private (PKCS #8) one. */
export class KeyObject {
  #type;
  #bytes;
  #details;

  constructor(type, bytes, details, mark) {
    if (mark !== MAKE) {
      if (type !== "secret" && type !== "public" && type !== "private") {
        throw coded(new TypeError(`The argument 'type' is invalid. Received ${received(type)}`), "ERR_INVALID_ARG_VALUE");
      }
      throw wrongType("handle", "of type object", bytes);
    }
    this.#type = type;
    this.#bytes = bytes;
    this.#details = details;
  }

  static from(key) {
    if (!(key instanceof globalThis.CryptoKey)) throw wrongType("key", "an instance of CryptoKey", key);
    throw coded(new Error("KeyObject.from cannot read a CryptoKey here; export it with crypto.subtle.exportKey"), "ERR_METHOD_NOT_IMPLEMENTED");
  }

  static _bytes(key) {
    return key.#bytes;
  }

  static _is(value) {
    return typeof value === "object" && value !== null && #bytes in value;
  }

  get type() {
    return this.#type;
  }

  get asymmetricKeyType() {
    return this.#details?.type;
  }

  get asymmetricKeyDetails() {
    if (this.#details === undefined) return undefined;
    const { modulusLength, publicExponent, namedCurve } = this.#details;
    if (modulusLength !== undefined) return { modulusLength, publicExponent: BigInt(publicExponent) };
    return namedCurve === undefined ? {} : { namedCurve };
  }

  get symmetricKeySize() {
    return this.#type === "secret" ? this.#bytes.length : undefined;
  }

  equals(other) {
    if (!isKeyObject(other)) throw wrongType("otherKeyObject", "an instance of KeyObject", other);
    const theirs = bytesIn(other);
    return other.type === this.#type && theirs.length === this.#bytes.length && timingSafeEqual(theirs, this.#bytes);
  }

  export(options) {
    if (this.#type === "secret") {
      if (options?.format === "jwk") return { kty: "oct", k: out(this.#bytes).toString("base64url") };
      return Buffer.from(this.#bytes);
    }
    if (options === undefined || options === null || typeof options !== "object") throw wrongType("options", "of type object", options);
    return exported(this.#bytes, this.#type, options);
  }

  toCryptoKey(algorithm, extractable, usages) {
    const format = this.#type === "secret" ? "raw" : this.#type === "public" ? "spki" : "pkcs8";
    return globalThis.crypto.subtle.importKey(format, this.#bytes, algorithm, extractable, usages);
  }

  get [Symbol.toStringTag]() {
    return "KeyObject";
  }

  /** As Node shows one: never what is in it. */
  [INSPECT]() {
    const name = { secret: "SecretKeyObject", public: "PublicKeyObject", private: "PrivateKeyObject" }[this.#type];
    return `${name} {}`;
  }
}

const bytesIn = KeyObject._bytes;
const isKeyObject = KeyObject._is;
delete KeyObject._bytes;
delete KeyObject._is;

function keyFrom({ half, der, ...details }) {
  return new KeyObject(half, Uint8Array.fromHex(der), details, MAKE);
}

const FORMATS = { __proto__: null, pkcs1: "pkcs1", pkcs8: "pkcs8", sec1: "sec1", spki: "spki" };

function layoutOf(type, name) {
  const layout = FORMATS[type];
  if (layout === undefined) {
    throw coded(new TypeError(`The property '${name}' is invalid. Received ${received(type)}`), "ERR_INVALID_ARG_VALUE");
  }
  return layout;
}

function exported(der, half, options) {
  const { format, type, cipher, passphrase } = options;
  if (format === "jwk") return ask({ do: "writeJwk", half }, der);
  if (format !== "pem" && format !== "der") {
    throw coded(new TypeError(`The property 'options.format' is invalid. Received ${received(format)}`), "ERR_INVALID_ARG_VALUE");
  }
  const layout = layoutOf(type, "options.type");
  const secret = passphrase === undefined ? undefined : bytesOf(passphrase, "options.passphrase", options.encoding);
  if (cipher !== undefined && cipher !== null && layout !== "pkcs8") {
    throw coded(new Error(`The selected key encoding ${layout} does not support encryption.`), "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS");
  }
  const written = out(ask({ do: "writeKey", half, layout, pem: format === "pem", cipher: given(cipher) }, der, secret));
  return format === "pem" ? written.toString() : written;
}

const KEY = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey";

/** A key from whatever Node takes for one. */
function readKey(key, half, name = "key", expected = KEY) {
  if (isKeyObject(key)) {
    if (key.type === half) return key;
    if (half === "public" && key.type === "private") return keyFrom(ask({ do: "publicOf" }, bytesIn(key)));
    throw wrongKey(key.type, half === "public" ? "private or public" : "private");
  }
  if (typeof key === "string" || ArrayBuffer.isView(key) || key instanceof ArrayBuffer) {
    return parsed(bytesOf(key, name), null, half, undefined);
  }
  if (typeof key !== "object" || key === null || !("key" in key)) throw wrongType(name, expected, key);
  const { format, type, passphrase, encoding } = key;
  if (isKeyObject(key.key)) return readKey(key.key, half, name);
  if (format === "jwk") {
    if (key.key === null || typeof key.key !== "object") throw wrongType(`${name}.key`, "of type object", key.key);
    const isPrivate = half === "private" || typeof key.key.d === "string";
    const read = keyFrom(ask({ do: "readJwk", jwk: plain(key.key), half: isPrivate ? "private" : "public" }));
    return readKey(read, half, name);
  }
  if (format !== undefined && format !== "pem" && format !== "der") {
    throw coded(new TypeError(`The property '${name}.format' is invalid. Received ${received(format)}`), "ERR_INVALID_ARG_VALUE");
  }
  const bytes = bytesOf(key.key, `${name}.key`, encoding);
  const secret = passphrase === undefined || passphrase === null ? undefined : bytesOf(passphrase, `${name}.passphrase`, encoding);
  return parsed(bytes, format === "der" ? layoutOf(type, `${name}.type`) : null, half, secret);
}

/** The texts of a JWK, and nothing else of the object. */
function plain(jwk) {
  const texts = {};
  for (const name of ["kty", "crv", "n", "e", "d", "p", "q", "x", "y"]) {
    if (typeof jwk[name] === "string") texts[name] = jwk[name];
  }
  return texts;
}

function parsed(bytes, layout, half, passphrase) {
  return keyFrom(ask({ do: "readKey", layout, half, hasPassphrase: passphrase !== undefined }, bytes, passphrase));
}

export function createPublicKey(key) {
  if (isKeyObject(key) && key.type !== "private") throw wrongKey(key.type, "private");
  return readKey(key, "public", "key", BYTES);
}

export function createPrivateKey(key) {
  if (isKeyObject(key)) throw wrongType("key", BYTES, key);
  return readKey(key, "private", "key", BYTES);
}

export function createSecretKey(key, encoding) {
  const bytes = bytesOf(key, "key", encoding);
  return new KeyObject("secret", Uint8Array.from(bytes), undefined, MAKE);
}

const NAMES_OF_CURVES = ["prime256v1", "secp256k1", "secp384r1", "secp521r1"];

export function getCurves() {
  return [...NAMES_OF_CURVES];
}

function generation(type, options) {
  checkString(type, "type");
  const kind = type.toLowerCase();
  if (!["rsa", "ec", "ed25519", "x25519"].includes(kind)) {
    throw coded(new TypeError(`The argument 'type' must be a supported key type: rsa, ec, ed25519 or x25519. Received ${received(type)}`), "ERR_INVALID_ARG_VALUE");
  }
  if (kind === "rsa") {
    checkInteger(options?.modulusLength, "options.modulusLength", 0, 4294967295);
    if (options.publicExponent !== undefined && options.publicExponent !== 65537) {
      throw coded(new RangeError("RSA keys are made with the public exponent 65537"), "ERR_OUT_OF_RANGE");
    }
  }
  if (kind === "ec") checkString(options?.namedCurve, "options.namedCurve");
  const request = { do: "generate", kind, bits: options?.modulusLength ?? 0, curve: options?.namedCurve ?? "" };
  return () => {
    const privateKey = keyFrom(ask(request));
    const publicKey = readKey(privateKey, "public");
    const { publicKeyEncoding, privateKeyEncoding } = options ?? {};
    return {
      publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding),
      privateKey: privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding),
    };
  };
}

export function generateKeyPairSync(type, options) {
  return generation(type, options)();
}

export function generateKeyPair(type, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  const work = generation(type, options);
  checkFunction(callback, "callback");
  later(work, (error, pair) => error ? callback(error) : callback(null, pair.publicKey, pair.privateKey));
}

generateKeyPair[PROMISIFY] = (type, options) =>
  new Promise((resolve, reject) => later(generation(type, options), (error, pair) => error ? reject(error) : resolve(pair)));

function secretGeneration(type, options) {
  checkString(type, "type");
  const { length } = options ?? {};
  if (type === "hmac") {
    checkInteger(length, "options.length", 8, 2147483647);
    return () => createSecretKey(randomBytes(Math.floor(length / 8)));
  }
  if (type !== "aes") throw coded(new TypeError(`The argument 'type' must be a supported key type. Received ${received(type)}`), "ERR_INVALID_ARG_VALUE");
  if (![128, 192, 256].includes(length)) {
    throw coded(new TypeError(`The property 'options.length' must be one of: 128, 192, 256. Received ${received(length)}`), "ERR_INVALID_ARG_VALUE");
  }
  return () => createSecretKey(randomBytes(length / 8));
}

export function generateKeySync(type, options) {
  return secretGeneration(type, options)();
}

export function generateKey(type, options, callback) {
  const work = secretGeneration(type, options);
  checkFunction(callback, "callback");
  later(work, callback);
}

// ---- signatures ----

function schemeOf(algorithm, key, isKeyed) {
  const options = isKeyed ? key : undefined;
  const { padding, saltLength, dsaEncoding } = options ?? {};
  if (padding !== undefined) checkInteger(padding, "options.padding", 0, 2147483647);
  if (saltLength !== undefined) checkInteger(saltLength, "options.saltLength", -2, 2147483647);
  if (dsaEncoding !== undefined && dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363") {
    throw coded(new TypeError(`The property 'options.dsaEncoding' is invalid. Received ${received(dsaEncoding)}`), "ERR_INVALID_ARG_VALUE");
  }
  return { algorithm: given(algorithm), padding: given(padding), salt: given(saltLength), p1363: dsaEncoding === "ieee-p1363" };
}

function optionsIn(key) {
  return typeof key === "object" && key !== null && !isKeyObject(key) && !ArrayBuffer.isView(key) && !(key instanceof ArrayBuffer);
}

/** What is signed: the bytes, or where they are too many for one request a digest of them that has begun. */
function toSign(algorithm, bytes) {
  if (bytes.length <= PIECE) return { state: null, bytes };
  if (algorithm === null || algorithm === undefined) throw outOfRange("data.length", `<= ${PIECE}`, bytes.length);
  const state = ask({ do: "startHash", algorithm });
  show(state, bytes);
  return { state, bytes: undefined };
}

function signed(scheme, key, state, bytes) {
  return ask({ do: "sign", scheme, state }, bytesIn(readKey(key, "private")), bytes);
}

function verified(scheme, key, state, bytes, signature) {
  return ask({ do: "verify", scheme, state }, bytesIn(readKey(key, "public")), bytes, signature);
}

export function sign(algorithm, data, key, callback) {
  if (algorithm !== null && algorithm !== undefined) checkString(algorithm, "algorithm");
  if (callback !== undefined) checkFunction(callback, "callback");
  const bytes = bytesOf(data, "data", undefined, BYTES);
  if (key === undefined || key === null) throw coded(new Error("No key provided to sign"), "ERR_CRYPTO_SIGN_KEY_REQUIRED");
  const work = () => {
    const scheme = schemeOf(algorithm, key, optionsIn(key));
    const own = readKey(key, "private");
    const given = toSign(algorithm, bytes);
    return out(signed(scheme, own, given.state, given.bytes));
  };
  if (callback === undefined) return work();
  later(work, callback);
}

export function verify(algorithm, data, key, signature, callback) {
  if (algorithm !== null && algorithm !== undefined) checkString(algorithm, "algorithm");
  if (callback !== undefined) checkFunction(callback, "callback");
  const bytes = bytesOf(data, "data", undefined, BYTES);
  if (typeof signature === "string") throw wrongType("signature", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", signature);
  const sealed = bytesOf(signature, "signature");
  const work = () => {
    const scheme = schemeOf(algorithm, key, optionsIn(key));
    const own = readKey(key, "public");
    const given = toSign(algorithm, bytes);
    return verified(scheme, own, given.state, given.bytes, sealed);
  };
  if (callback === undefined) return work();
  later(work, callback);
}

class Signing extends Streamlike {
  _algorithm;
  _state;

  constructor(algorithm) {
    super();
    checkString(algorithm, "algorithm");
    if (!isHash(algorithm)) throw coded(new TypeError("Invalid digest"), "ERR_CRYPTO_INVALID_DIGEST");
    this._algorithm = algorithm;
    this._state = ask({ do: "startHash", algorithm });
  }

  update(data, encoding) {
    this._use();
    show(this._state, bytesOf(data, "data", encoding, DATA));
    return this;
  }

  _fed(chunk, encoding) {
    this.update(chunk, encoding);
  }

  _ended() {}

  _use() {
    if (this._state === undefined) throw coded(new Error("Not initialised"), "ERR_CRYPTO_INVALID_STATE");
    return this._state;
  }
}

class SignClass extends Signing {
  sign(key, encoding) {
    if (key === undefined || key === null) throw coded(new Error("No key provided to sign"), "ERR_CRYPTO_SIGN_KEY_REQUIRED");
    const scheme = schemeOf(this._algorithm, key, optionsIn(key));
    const own = readKey(key, "private");
    const state = this._use();
    this._state = undefined;
    return out(signed(scheme, own, state), encoding);
  }
}

class VerifyClass extends Signing {
  verify(key, signature, encoding) {
    const scheme = schemeOf(this._algorithm, key, optionsIn(key));
    const own = readKey(key, "public");
    const sealed = bytesOf(signature, "signature", encoding);
    const state = this._use();
    this._state = undefined;
    return verified(scheme, own, state, undefined, sealed);
  }
}

export const Sign = /* @__PURE__ */ callable(SignClass);
export const Verify = /* @__PURE__ */ callable(VerifyClass);

export function createSign(algorithm) {
  return new SignClass(algorithm);
}

export function createVerify(algorithm) {
  return new VerifyClass(algorithm);
}

// ---- encryption for the owner of a key ----

function enveloped(request, half, padding) {
  return (key, data) => {
    const options = optionsIn(key) ? key : {};
    const envelope = { padding: options.padding ?? padding, algorithm: given(options.oaepHash) };
    const label = options.oaepLabel === undefined ? undefined : bytesOf(options.oaepLabel, "key.oaepLabel", options.encoding);
    const bytes = bytesOf(data, "buffer", options.encoding);
    return out(ask({ do: request, envelope }, bytesIn(readKey(key, half)), bytes, label));
  };
}

export const publicEncrypt = /* @__PURE__ */ enveloped("encrypt", "public", 4);
export const privateDecrypt = /* @__PURE__ */ enveloped("decrypt", "private", 4);
export const privateEncrypt = /* @__PURE__ */ enveloped("encryptWithPrivate", "private", 1);
export const publicDecrypt = /* @__PURE__ */ enveloped("decryptWithPublic", "public", 1);

// ---- ciphers ----

const CIPHERS = [];
for (const bits of [128, 192, 256]) {
  for (const mode of ["cbc", "ctr", "ecb", "gcm"]) CIPHERS.push(`aes-${bits}-${mode}`);
}

export function getCiphers() {
  const all = [...CIPHERS];
  for (const bits of [128, 192, 256]) all.push(`aes${bits}`, `id-aes${bits}-GCM`);
  return all.sort();
}

/** A cipher by any of its names. */
function cipherNamed(name) {
  const lower = name.toLowerCase();
  const short = /^(?:id-)?aes(128|192|256)(-gcm)?$/.exec(lower);
  const found = short === null ? lower : `aes-${short[1]}${short[2] ?? "-cbc"}`;
  return CIPHERS.includes(found) ? found : undefined;
}

export function getCipherInfo(name, options) {
  const found = typeof name === "string" ? cipherNamed(name) : undefined;
  if (found === undefined) return undefined;
  const [, bits, mode] = found.split("-");
  const keyLength = bits / 8;
  const ivLength = mode === "gcm" ? options?.ivLength ?? 12 : 16;
  if (options?.keyLength !== undefined && options.keyLength !== keyLength) return undefined;
  if (options?.ivLength !== undefined && mode !== "gcm" && options.ivLength !== ivLength) return undefined;
  const isBlock = mode === "cbc" || mode === "ecb";
  const info = { mode, name: mode === "gcm" ? `id-aes${bits}-gcm` : found, nid: NIDS[found], blockSize: isBlock ? 16 : 1 };
  if (mode !== "ecb") info.ivLength = ivLength;
  info.keyLength = keyLength;
  return info;
}

/** Numbers by which OpenSSL knows the ciphers. */
const NIDS = {
  __proto__: null,
  "aes-128-ecb": 418, "aes-128-cbc": 419, "aes-192-ecb": 422, "aes-192-cbc": 423, "aes-256-ecb": 426, "aes-256-cbc": 427,
  "aes-128-gcm": 895, "aes-192-gcm": 898, "aes-256-gcm": 901, "aes-128-ctr": 904, "aes-192-ctr": 905, "aes-256-ctr": 906,
};

const TAG_BYTES = [4, 8, 12, 13, 14, 15, 16];

class CipherBase extends Streamlike {
  #state;
  #encrypts;
  #isGcm;
  #pads = true;
  #tag;
  #tagBytes;
  #done = false;

  constructor(encrypts, name, key, iv, options) {
    super();
    checkString(name, "cipher");
    const secret = secretOf(key, "key", options?.encoding);
    if (iv !== null && typeof iv !== "string" && !ArrayBuffer.isView(iv) && !(iv instanceof ArrayBuffer)) {
      throw wrongType("iv", BYTES, iv);
    }
    const found = cipherNamed(name);
    if (found === undefined) throw coded(new Error("Unknown cipher"), "ERR_CRYPTO_UNKNOWN_CIPHER");
    this.#encrypts = encrypts;
    this.#isGcm = found.endsWith("gcm");
    const tagBytes = options?.authTagLength;
    if (this.#isGcm && tagBytes !== undefined) checkTag(tagBytes);
    this.#tagBytes = tagBytes;
    const start = iv === null ? new Uint8Array(0) : bytesOf(iv, "iv");
    this.#state = ask({ do: "startCipher", name: found, encrypts, tagBytes: tagBytes ?? 16 }, secret, start);
  }

  update(data, inputEncoding, outputEncoding) {
    const bytes = bytesOf(data, "data", inputEncoding, DATA);
    if (this.#done) throw new Error("Trying to add data in unsupported state");
    const turned = [];
    for (let from = 0; from < bytes.length; from += PIECE) {
      turned.push(ask({ do: "turn", state: this.#state }, bytes.subarray(from, from + PIECE)));
    }
    return this.#out(turned.length === 1 ? turned[0] : Buffer.concat(turned), outputEncoding);
  }

  final(outputEncoding) {
    if (this.#done) throw coded(new Error("Unsupported state"), "ERR_CRYPTO_INVALID_STATE");
    this.#done = true;
    const tag = this.#encrypts ? undefined : this.#tag;
    const last = ask({ do: "finishCipher", state: this.#state, pads: this.#pads }, tag);
    if (!this.#isGcm || !this.#encrypts) return this.#out(last, outputEncoding);
    this.#tag = last;
    return this.#out(new Uint8Array(0), outputEncoding);
  }

  setAutoPadding(pads = true) {
    if (this.#done) throw invalidState("setAutoPadding");
    this.#pads = Boolean(pads);
    return this;
  }

  setAAD(data, options) {
    const bytes = bytesOf(data, "buffer", options?.encoding);
    if (!this.#isGcm || this.#done) throw invalidState("setAAD");
    for (let from = 0; from < bytes.length; from += PIECE) {
      ask({ do: "associate", state: this.#state }, bytes.subarray(from, from + PIECE));
    }
    return this;
  }

  _getTag() {
    if (!this.#isGcm || !this.#done || this.#tag === undefined) throw invalidState("getAuthTag");
    return Buffer.from(this.#tag);
  }

  _setTag(tag, encoding) {
    const bytes = bytesOf(tag, "buffer", encoding);
    if (!this.#isGcm || this.#done || this.#tag !== undefined) throw invalidState("setAuthTag");
    checkTag(bytes.length);
    if (this.#tagBytes !== undefined && this.#tagBytes !== bytes.length) {
      throw coded(new TypeError(`Invalid authentication tag length: ${bytes.length}`), "ERR_CRYPTO_INVALID_AUTH_TAG");
    }
    this.#tag = Uint8Array.from(bytes);
    return this;
  }

  _fed(chunk, encoding) {
    return this.update(chunk, encoding);
  }

  _ended() {
    return this.final();
  }

  #decoder = "";

  /** Text of several updates put together must be the text of it all, so bytes may wait for the next one. */
  #out(bytes, encoding) {
    if (encoding === undefined || encoding === null || encoding === "buffer") return out(bytes);
    const waiting = this.#decoder === "" ? bytes : Buffer.concat([this.#decoder, bytes]);
    const whole = this.#done ? waiting.length : waiting.length - unfinished(waiting, encoding);
    this.#decoder = whole === waiting.length ? "" : waiting.slice(whole);
    return out(waiting.subarray(0, whole), encoding);
  }
}

/** Bytes at the end that need more to be text of an encoding. */
function unfinished(bytes, encoding) {
  switch (String(encoding).toLowerCase()) {
    case "base64":
    case "base64url":
      return bytes.length % 3;
    case "utf8":
    case "utf-8":
      for (let back = 1; back <= Math.min(3, bytes.length); back++) {
        const byte = bytes[bytes.length - back];
        if ((byte & 192) === 128) continue;
        const length = byte >= 240 ? 4 : byte >= 224 ? 3 : byte >= 192 ? 2 : 1;
        return length > back ? back : 0;
      }
      return 0;
    case "utf16le":
    case "ucs2":
      return bytes.length % 2;
    default:
      return 0;
  }
}

function checkTag(length) {
  if (!TAG_BYTES.includes(length)) {
    throw coded(new TypeError(`Invalid authentication tag length: ${length}`), "ERR_CRYPTO_INVALID_AUTH_TAG");
  }
}

function invalidState(operation) {
  return coded(new Error(`Invalid state for operation ${operation}`), "ERR_CRYPTO_INVALID_STATE");
}

class CipherivClass extends CipherBase {
  constructor(cipher, key, iv, options) {
    super(true, cipher, key, iv, options);
  }

  getAuthTag() {
    return this._getTag();
  }
}

class DecipherivClass extends CipherBase {
  constructor(cipher, key, iv, options) {
    super(false, cipher, key, iv, options);
  }

  setAuthTag(tag, encoding) {
    return this._setTag(tag, encoding);
  }
}

export const Cipheriv = /* @__PURE__ */ callable(CipherivClass);
export const Decipheriv = /* @__PURE__ */ callable(DecipherivClass);

export function createCipheriv(cipher, key, iv, options) {
  return new CipherivClass(cipher, key, iv, options);
}

export function createDecipheriv(cipher, key, iv, options) {
  return new DecipherivClass(cipher, key, iv, options);
}

// ---- agreements ----

export function diffieHellman(options) {
  const { privateKey, publicKey } = options ?? {};
  if (!isKeyObject(privateKey)) throw wrongType("options.privateKey", "an instance of KeyObject", privateKey);
  if (!isKeyObject(publicKey)) throw wrongType("options.publicKey", "an instance of KeyObject", publicKey);
  if (privateKey.type !== "private") throw wrongKey(privateKey.type, "private");
  return out(ask({ do: "agree" }, bytesIn(privateKey), bytesIn(readKey(publicKey, "public"))));
}

class ECDHClass {
  #curve;
  #private;

  constructor(curve) {
    checkString(curve, "curve");
    if (!NAMES_OF_CURVES.includes(curve)) throw coded(new TypeError("Invalid EC curve name"), "ERR_CRYPTO_INVALID_CURVE");
    this.#curve = curve;
  }

  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    checkString(curve, "curve");
    const compressed = format === "compressed";
    return out(ask({ do: "ecConvert", curve, compressed }, bytesOf(key, "key", inputEncoding)), outputEncoding);
  }

  generateKeys(encoding, format) {
    this.#private = ask({ do: "ecRandom", curve: this.#curve });
    return this.getPublicKey(encoding, format);
  }

  computeSecret(other, inputEncoding, outputEncoding) {
    const bytes = bytesOf(other, "otherPublicKey", inputEncoding);
    return out(ask({ do: "ecAgree", curve: this.#curve }, this.#own(), bytes), outputEncoding);
  }

  getPrivateKey(encoding) {
    return out(Uint8Array.from(this.#own()), encoding);
  }

  getPublicKey(encoding, format) {
    return out(ask({ do: "ecPoint", curve: this.#curve, compressed: format === "compressed" }, this.#own()), encoding);
  }

  setPrivateKey(key, encoding) {
    const bytes = Uint8Array.from(bytesOf(key, "key", encoding));
    try {
      ask({ do: "ecPoint", curve: this.#curve, compressed: false }, bytes);
    } catch {
      throw coded(new Error("Private key is not valid for specified curve."), "ERR_CRYPTO_INVALID_KEYTYPE");
    }
    this.#private = bytes;
    return this;
  }

  #own() {
    if (this.#private === undefined) throw coded(new Error("Failed to get ECDH private key"), "ERR_CRYPTO_ECDH_NO_PRIVATE_KEY");
    return this.#private;
  }
}

export const ECDH = /* @__PURE__ */ callable(ECDHClass);

export function createECDH(curve) {
  return new ECDHClass(curve);
}

// ---- what does not exist here ----

function absent(name, instead) {
  const { [name]: refused } = {
    [name]() {
      throw coded(new Error(`crypto.${name} is not supported in an action: ${instead}`), "ERR_VESTIBULE_UNSUPPORTED");
    },
  };
  return refused;
}

export const createDiffieHellman = /* @__PURE__ */ absent("createDiffieHellman", "use createECDH or diffieHellman with X25519 keys");
export const getDiffieHellman = /* @__PURE__ */ absent("getDiffieHellman", "use createECDH or diffieHellman with X25519 keys");
export const createDiffieHellmanGroup = getDiffieHellman;
export const X509Certificate = /* @__PURE__ */ absent("X509Certificate", "createPublicKey reads the key of a certificate");
export const setEngine = /* @__PURE__ */ absent("setEngine", "there are no engines");

export function getFips() {
  return 0;
}

export function setFips(on) {
  if (on) throw coded(new Error("FIPS mode is not available"), "ERR_CRYPTO_FIPS_UNAVAILABLE");
}

// ---- the Web's own ----

// The global object, asked for when it is used: its script is large, and most programs need none of it.
const SUBTLE = [
  "decrypt", "deriveBits", "deriveKey", "digest", "encrypt", "exportKey", "generateKey", "importKey", "sign", "unwrapKey",
  "verify", "wrapKey",
];

export const subtle = {};
for (const name of SUBTLE) {
  subtle[name] = (...args) => globalThis.crypto.subtle[name](...args);
}

export function getRandomValues(array) {
  return globalThis.crypto.getRandomValues(array);
}

export const webcrypto = {
  subtle,
  getRandomValues,
  randomUUID: () => globalThis.crypto.randomUUID(),
  get CryptoKey() {
    return globalThis.CryptoKey;
  },
};

export default {
  Cipheriv, Decipheriv, ECDH, Hash, Hmac, KeyObject, Sign, Verify, X509Certificate, constants, createCipheriv,
  createDecipheriv, createDiffieHellman, createDiffieHellmanGroup, createECDH, createHash, createHmac, createPrivateKey,
  createPublicKey, createSecretKey, createSign, createVerify, diffieHellman, generateKey, generateKeyPair,
  generateKeyPairSync, generateKeySync, getCipherInfo, getCiphers, getCurves, getDiffieHellman, getFips, getHashes,
  getRandomValues, hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, privateDecrypt, privateEncrypt, prng: randomBytes,
  pseudoRandomBytes: randomBytes, publicDecrypt, publicEncrypt, randomBytes, randomFill, randomFillSync, randomInt,
  randomUUID, rng: randomBytes, scrypt, scryptSync, setEngine, setFips, sign, subtle, timingSafeEqual, verify, webcrypto,
};

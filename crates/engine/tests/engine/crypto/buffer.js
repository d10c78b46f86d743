// As much of `node:buffer` as `runtime-js/node/crypto.js` and cases.js use. Programs get the real one from the bundler.
class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === "string") return Buffer.#wrap(Buffer.#decode(value, (encoding ?? "utf8").toLowerCase()));
    if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
    return Buffer.#wrap(Uint8Array.from(value));
  }
  static alloc(size, fill = 0) {
    return new Buffer(size).fill(fill);
  }
  static concat(parts) {
    const all = new Buffer(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
  static #wrap(bytes) {
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  static #decode(text, encoding) {
    if (encoding === "hex") return Uint8Array.fromHex(text);
    if (encoding === "base64" || encoding === "base64url") return Uint8Array.fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
    if (encoding === "latin1") return Uint8Array.from(text, (char) => char.charCodeAt(0));
    return new TextEncoder().encode(text);
  }
  slice(from, to) {
    return this.subarray(from, to);
  }
  readUIntBE(at, length) {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + this[at + i];
    return value;
  }
  toString(encoding = "utf8") {
    const plain = new Uint8Array(this.buffer, this.byteOffset, this.byteLength);
    if (encoding === "hex") return plain.toHex();
    if (encoding === "base64") return plain.toBase64();
    if (encoding === "base64url") return plain.toBase64({ alphabet: "base64url", omitPadding: true });
    if (encoding === "latin1") return String.fromCharCode(...plain);
    return new TextDecoder().decode(plain);
  }
}

// `stream/consumers`: all that a stream gives, at once.
import { Buffer } from "node:buffer";

async function chunksOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return chunks;
}

export async function buffer(stream) {
  return Buffer.concat(await chunksOf(stream));
}

export async function arrayBuffer(stream) {
  const bytes = await buffer(stream);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

export async function blob(stream) {
  return new Blob(await chunksOf(stream));
}

export async function text(stream) {
  return new TextDecoder().decode(await buffer(stream));
}

export async function json(stream) {
  return JSON.parse(await text(stream));
}

const consumers = { arrayBuffer, blob, buffer, json, text };
export { consumers as default, consumers as "module.exports" };

// `stream`: the package `readable-stream`, with the bridges to web streams that it lacks.
import Stream from "node:internal/readable";
import { bridge } from "node:internal/web_streams";

bridge(Stream);
export const {
  Duplex, PassThrough, Readable, Transform, Writable, _isUint8Array, _uint8ArrayToBuffer, addAbortSignal, compose, destroy, finished,
  getDefaultHighWaterMark, isDestroyed, isDisturbed, isErrored, isReadable, isWritable, pipeline, promises, setDefaultHighWaterMark,
} = Stream;
export { Stream, Stream as default, Stream as "module.exports" };

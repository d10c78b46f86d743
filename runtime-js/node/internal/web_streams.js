// `Readable.fromWeb` and its kin.
import { Buffer } from "node:buffer";

/** Puts the functions on the classes of streams. */
export function bridge({ Duplex, Readable, Writable }) {
  Readable.fromWeb = (web, options) => readableFromWeb(Readable, web, options);
  Readable.toWeb = readableToWeb;
  Writable.fromWeb = (web, options) => new Writable({ ...options, ...sinkOf(web.getWriter()) });
  Writable.toWeb = writableToWeb;
  Duplex.fromWeb = (pair, options) => {
    const source = sourceOf(pair.readable.getReader());
    const sink = sinkOf(pair.writable.getWriter());
    return new Duplex({
      ...options, ...source, ...sink,
      destroy(error, done) {
        source.destroy.call(this, error, () => sink.destroy.call(this, error, done));
      },
    });
  };
  Duplex.toWeb = (duplex) => ({ readable: readableToWeb(duplex), writable: writableToWeb(duplex) });
}

function readableFromWeb(Readable, web, options) {
  return new Readable({ ...options, ...sourceOf(web.getReader()) });
}

function sourceOf(reader) {
  return {
    read() {
      reader.read().then(
        ({ value, done }) => this.push(done ? null : toChunk(value, this.readableObjectMode)),
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      reader.cancel(error ?? undefined).then(() => done(error), () => done(error));
    },
  };
}

/** Streams of bytes carry `Buffer`s. */
function toChunk(value, isObjectMode) {
  if (isObjectMode || !(value instanceof Uint8Array) || value instanceof Buffer) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function sinkOf(writer) {
  return {
    write(chunk, _encoding, done) {
      writer.ready.then(() => writer.write(chunk)).then(() => done(), done);
    },
    final(done) {
      writer.close().then(() => done(), done);
    },
    destroy(error, done) {
      const ended = error ? writer.abort(error) : Promise.resolve();
      ended.then(() => done(error), () => done(error));
    },
  };
}

function readableToWeb(readable) {
  let isOver = false;
  return new ReadableStream({
    start(controller) {
      readable.pause();
      readable.on("data", (chunk) => {
        if (isOver) return;
        controller.enqueue(chunk instanceof Buffer ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
        if (controller.desiredSize <= 0) readable.pause();
      });
      readable.on("end", () => {
        if (!isOver) controller.close();
        isOver = true;
      });
      readable.on("error", (error) => {
        if (!isOver) controller.error(error);
        isOver = true;
      });
      readable.pause();
    },
    pull() {
      readable.resume();
    },
    cancel(reason) {
      isOver = true;
      readable.destroy(reason instanceof Error ? reason : undefined);
    },
  });
}

function writableToWeb(writable) {
  return new WritableStream({
    start(controller) {
      writable.on("error", (error) => controller.error(error));
    },
    write(chunk) {
      return new Promise((resolve, reject) => writable.write(chunk, (error) => (error ? reject(error) : resolve())));
    },
    close() {
      return new Promise((resolve) => writable.end(resolve));
    },
    abort(reason) {
      writable.destroy(reason);
    },
  });
}

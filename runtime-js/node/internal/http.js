// `http` and `https` over the guarded `fetch`: the classes of a client. A request is sent when it has ended, or when more
// of it has been written than is worth keeping; its response is a stream of what `fetch` reads.
import { Buffer } from "node:buffer";
import EventEmitter from "node:events";
import { Readable, Writable } from "node:stream";
import { checkFunction, checkString, coded, invalidArgType, unsupported, unsupportedClass } from "node:internal/errors";

/** Bytes of a body that wait for its end; a longer one is sent while it is written. */
const KEPT_BYTES_MAX = 65536;
const BODILESS = ["GET", "HEAD"];
/** What `fetch` decides itself. */
const OWN_HEADERS = ["connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];
const INSTEAD = "it answers no requests; it is called with an event";

/** Stands for the connection, which is the engine's own. */
class Connection extends EventEmitter {
  constructor(isEncrypted) {
    super();
    Object.assign(this, {
      encrypted: isEncrypted, authorized: isEncrypted, connecting: false, destroyed: false, readable: true, writable: true,
      remoteAddress: undefined, remotePort: undefined, bytesRead: 0, bytesWritten: 0, timeout: 0,
    });
  }

  setKeepAlive() {
    return this;
  }

  setNoDelay() {
    return this;
  }

  setTimeout() {
    return this;
  }

  getPeerCertificate() {
    return {};
  }

  address() {
    return {};
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  destroy() {
    this.destroyed = true;
    return this;
  }
}

/** Its settings are kept for whoever reads them; connections are opened and kept by the engine. */
export class Agent extends EventEmitter {
  constructor(options = {}) {
    super();
    this.options = { path: null, noDelay: true, ...options };
    this.requests = {};
    this.sockets = {};
    this.freeSockets = {};
    this.keepAlive = options.keepAlive ?? false;
    this.keepAliveMsecs = options.keepAliveMsecs ?? 1000;
    this.maxSockets = options.maxSockets ?? Infinity;
    this.maxFreeSockets = options.maxFreeSockets ?? 256;
    this.maxTotalSockets = options.maxTotalSockets ?? Infinity;
    this.scheduling = options.scheduling ?? "lifo";
    this.totalSocketCount = 0;
    this.defaultPort = 80;
    this.protocol = "http:";
  }

  createConnection() {
    throw unsupported("http.Agent.createConnection", "connections are opened by the engine");
  }

  getName({ host = "localhost", port = "", localAddress = "" } = {}) {
    return `${host}:${port}:${localAddress}`;
  }

  destroy() {}
}

export class HttpsAgent extends Agent {
  constructor(options) {
    super(options);
    this.defaultPort = 443;
    this.protocol = "https:";
  }
}

export class IncomingMessage extends Readable {
  #reader;
  #request;
  #headers;

  constructor(socket, request, response) {
    super();
    this.socket = this.connection = socket;
    this.aborted = false;
    this.complete = false;
    this.httpVersion = "1.1";
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.method = null;
    this.url = "";
    this.rawTrailers = [];
    this.trailers = {};
    this.rawHeaders = [];
    this.statusCode = null;
    this.statusMessage = null;
    if (response === undefined) return;
    this.#request = this.req = request;
    this.statusCode = response.status;
    this.statusMessage = response.statusText;
    for (const [name, value] of response.headers) this.rawHeaders.push(name, value);
    this.#reader = response.body?.getReader();
  }

  get headers() {
    return this.#headers ??= joined(this.rawHeaders);
  }

  set headers(value) {
    this.#headers = value;
  }

  get headersDistinct() {
    const all = { __proto__: null };
    for (let i = 0; i < this.rawHeaders.length; i += 2) (all[this.rawHeaders[i].toLowerCase()] ??= []).push(this.rawHeaders[i + 1]);
    return all;
  }

  setTimeout(delay, callback) {
    this.#request?.setTimeout(delay, callback);
    return this;
  }

  _read() {
    if (this.#reader === undefined) {
      this.complete = true;
      this.push(null);
      return;
    }
    this.#reader.read().then(({ value, done }) => {
      if (this.destroyed) return;
      this.#request?._heard();
      if (done) this.complete = true;
      this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }, (error) => {
      if (this.destroyed) return;
      this.aborted = true;
      this.emit("aborted");
      this.destroy(coded(Error, "ECONNRESET", "aborted", { cause: error }));
    });
  }

  _destroy(error, done) {
    this.#request?._ended();
    if (this.#reader === undefined || this.complete) return done(error);
    this.#reader.cancel().then(() => done(error), () => done(error));
  }
}

/** Headers of a response in one object, by Node's rules: cookies in a list, the rest in one text. */
function joined(raw) {
  const all = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (name === "set-cookie") (all[name] ??= []).push(raw[i + 1]);
    else if (all[name] === undefined) all[name] = raw[i + 1];
    else all[name] += `${name === "cookie" ? "; " : ", "}${raw[i + 1]}`;
  }
  return all;
}

export function validateHeaderName(name) {
  if (typeof name === "string" && /^[!#$%&'*+\-.^_`|~0-9a-zA-Z]+$/.test(name)) return;
  throw coded(TypeError, "ERR_INVALID_HTTP_TOKEN", `Header name must be a valid HTTP token ["${name}"]`);
}

export function validateHeaderValue(name, value) {
  if (value === undefined) throw coded(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw coded(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
}

export class OutgoingMessage extends Writable {
  #headers = new Map();

  headersSent = false;
  finished = false;

  setHeader(name, value) {
    if (this.headersSent) throw coded(Error, "ERR_HTTP_HEADERS_SENT", "Cannot set headers after they are sent to the client");
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
    this.#headers.set(name.toLowerCase(), { name, value });
    return this;
  }

  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name, value) {
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat());
  }

  getHeader(name) {
    checkString(name, "name");
    return this.#headers.get(name.toLowerCase())?.value;
  }

  getHeaderNames() {
    return [...this.#headers.keys()];
  }

  getRawHeaderNames() {
    return [...this.#headers.values()].map(({ name }) => name);
  }

  getHeaders() {
    return Object.assign(Object.create(null), Object.fromEntries([...this.#headers].map(([key, { value }]) => [key, value])));
  }

  hasHeader(name) {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name) {
    this.#headers.delete(name.toLowerCase());
  }

  addTrailers() {
    throw unsupported("http.OutgoingMessage.addTrailers", "send it in the headers or the body");
  }

  flushHeaders() {}
}

export class ClientRequest extends OutgoingMessage {
  #abort = new AbortController();
  #chunks = [];
  #keptBytes = 0;
  /** The controller of the body, once it is sent while it is written. */
  #body;
  #pulled;
  #timer;
  #delay = 0;
  #signal;

  constructor(input, options, callback) {
    // It lives on when all is written, until its response has ended.
    super({ autoDestroy: false, emitClose: false });
    const asked = askedFor(input, options, callback);
    Object.assign(this, asked.fields);
    this.aborted = false;
    this.reusedSocket = false;
    this.maxHeadersCount = null;
    this.res = null;
    this.socket = this.connection = new Connection(this.protocol === "https:");
    for (const [name, value] of asked.headers) this.setHeader(name, value);
    if (asked.auth && !this.hasHeader("authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(asked.auth).toString("base64")}`);
    }
    if (!this.hasHeader("host")) this.setHeader("Host", asked.host);
    if (asked.callback !== undefined) this.once("response", asked.callback);
    if (asked.timeout !== undefined) this.setTimeout(asked.timeout);
    this.#follow(asked.signal);
    queueMicrotask(() => {
      if (this.destroyed) return;
      this.emit("socket", this.socket);
      this.socket.emit("connect");
      this.socket.emit("secureConnect");
    });
  }

  #follow(signal) {
    if (signal === undefined || signal === null) return;
    this.#signal = { signal, abort: () => this.destroy(Object.assign(coded(Error, "ABORT_ERR", "The operation was aborted"), { name: "AbortError", cause: signal.reason })) };
    if (signal.aborted) queueMicrotask(this.#signal.abort);
    else signal.addEventListener("abort", this.#signal.abort, { once: true });
  }

  setTimeout(delay, callback) {
    if (typeof delay !== "number") throw invalidArgType("msecs", "number", delay);
    if (callback !== undefined) {
      checkFunction(callback, "callback");
      this.once("timeout", callback);
    }
    this.#delay = delay;
    this.timeout = delay;
    this._heard();
    return this;
  }

  setNoDelay() {}

  setSocketKeepAlive() {}

  flushHeaders() {
    if (!BODILESS.includes(this.method)) this.#stream();
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    queueMicrotask(() => this.emit("abort"));
    this.destroy();
  }

  /** Something has come or gone: whoever waits for silence starts anew. */
  _heard() {
    clearTimeout(this.#timer);
    if (this.#delay > 0 && !this.destroyed) {
      this.#timer = setTimeout(() => {
        this.emit("timeout");
        this.socket.emit("timeout");
      }, this.#delay);
    }
  }

  _ended() {
    clearTimeout(this.#timer);
    this.#delay = 0;
    this.#signal?.signal.removeEventListener("abort", this.#signal.abort);
    if (!this.destroyed) super.destroy();
    this.emit("close");
    this._ended = () => {};
  }

  _write(chunk, encoding, done) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    this._heard();
    if (this.#body !== undefined) return this.#send(bytes, done);
    this.#chunks.push(bytes);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > KEPT_BYTES_MAX && !this.hasHeader("content-length")) this.#stream();
    done();
  }

  _final(done) {
    this.finished = true;
    if (this.#body === undefined) this.#start(this.#keptBytes === 0 ? undefined : Buffer.concat(this.#chunks));
    else this.#body.close();
    done();
  }

  /** Sends what has been written, and from now on whatever is written. */
  #stream() {
    if (this.#body !== undefined || this.headersSent) return;
    const body = new ReadableStream({
      start: (controller) => {
        this.#body = controller;
        for (const chunk of this.#chunks) controller.enqueue(new Uint8Array(chunk));
      },
      pull: () => this.#goOn(),
    });
    this.#start(body);
  }

  #send(bytes, done) {
    this.#body.enqueue(new Uint8Array(bytes));
    // The next chunk may come when this one has been asked for.
    if (this.#body.desiredSize > 0) done();
    else this.#pulled = () => done();
  }

  /** Lets the next chunk come. It may be there at once, so what it waits on is forgotten first. */
  #goOn() {
    const pulled = this.#pulled;
    this.#pulled = undefined;
    pulled?.();
  }

  #start(body) {
    this.headersSent = true;
    const { method } = this;
    if (body !== undefined && BODILESS.includes(method)) {
      this.destroy(unsupported(`a body of a ${method} request`, "send it with another method, or in the query"));
      return;
    }
    const headers = [];
    for (const name of this.getRawHeaderNames()) {
      if (OWN_HEADERS.includes(name.toLowerCase())) continue;
      for (const value of [this.getHeader(name)].flat()) headers.push([name, String(value)]);
    }
    const { signal } = this.#abort;
    const url = `${this.protocol}//${this.#authority()}${this.path}`;
    // One microtask later, so that a mistake in the request reaches a listener that is about to be added.
    Promise.resolve()
      .then(() => fetch(url, { method, headers, body, signal, redirect: "manual", duplex: "half" }))
      .then((response) => this.#answer(response))
      .catch((error) => {
        if (!this.destroyed) this.destroy(failure(error, this));
      });
  }

  #authority() {
    const host = this.host.includes(":") && !this.host.startsWith("[") ? `[${this.host}]` : this.host;
    return this.port === undefined || this.port === null || this.port === "" ? host : `${host}:${this.port}`;
  }

  #answer(response) {
    if (this.destroyed) return;
    this._heard();
    const message = new IncomingMessage(this.socket, this, response);
    this.res = message;
    const isHeard = this.emit("response", message);
    // What nobody reads is let go, so that the connection is free.
    if (!isHeard) message.destroy();
  }

  _destroy(error, done) {
    this.#abort.abort();
    if (this.#body !== undefined && !this.finished) this.#body.error(error ?? new Error("aborted"));
    this.#goOn();
    const isEarly = this.res === null;
    if (!isEarly && !this.res.complete && !this.res.destroyed) this.res.destroy(error ?? coded(Error, "ECONNRESET", "aborted"));
    const reason = error ?? (isEarly ? hangUp() : null);
    done(reason);
    queueMicrotask(() => this._ended());
  }
}

function hangUp() {
  return coded(Error, "ECONNRESET", "socket hang up");
}

/** Why there is no answer, as Node tells it: the engine tells a script nothing about the network behind it. */
function failure(error, { host, port, protocol }) {
  if (error?.name === "AbortError") return hangUp();
  const text = String(error?.message ?? error);
  if (!text.startsWith("fetch failed")) return coded(Error, "ERR_INVALID_ARG_VALUE", text, { cause: error });
  if (!text.includes("cannot be reached")) return coded(Error, "ECONNRESET", text, { cause: error });
  const shownPort = Number(port) || (protocol === "https:" ? 443 : 80);
  return coded(Error, "ECONNREFUSED", `connect ECONNREFUSED ${host}:${shownPort}: ${text}`, {
    errno: -111, syscall: "connect", hostname: host, port: shownPort, cause: error,
  });
}

/** The arguments of `request` in one form. */
function askedFor(input, given, callback) {
  let options;
  if (typeof input === "string" || input instanceof URL) {
    if (typeof given === "function") [given, callback] = [undefined, given];
    options = { ...fromUrl(new URL(input)), ...given };
  } else {
    callback = typeof given === "function" ? given : callback;
    options = { ...input };
  }
  const agent = options.agent;
  if (typeof agent?.connect === "function" || (typeof agent?.callback === "function" && !(agent instanceof Agent && agent.constructor === Agent))) {
    throw unsupported("an agent that opens connections of its own", "leave it out; the host decides whether requests go through a proxy");
  }
  const protocol = options.protocol ?? agent?.protocol ?? options._defaultProtocol;
  if (protocol !== "http:" && protocol !== "https:") {
    throw coded(TypeError, "ERR_INVALID_PROTOCOL", `Protocol "${protocol}" not supported. Expected "${options._defaultProtocol}"`);
  }
  if (options.socketPath) throw unsupported("http.request with socketPath", "call a host by its name");
  const path = options.path ?? "/";
  if (/[^\x21-\xff]/.test(path)) throw coded(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  const host = options.hostname || options.host || "localhost";
  checkString(host, "options.host");
  const port = options.port ?? options.defaultPort;
  const method = (options.method ?? "GET").toUpperCase();
  const headers = listed(options.headers);
  const isDefault = !port || Number(port) === (protocol === "https:" ? 443 : 80);
  return {
    fields: { agent, host, method, path, port, protocol, timeout: options.timeout },
    headers, callback, auth: options.auth, timeout: options.timeout, signal: options.signal, host: isDefault ? host : `${host}:${port}`,
  };
}

function fromUrl(url) {
  const { hostname, password, pathname, port, protocol, search, username } = url;
  return {
    protocol, hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname, path: pathname + search,
    ...(port === "" ? {} : { port }),
    ...(username || password ? { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` } : {}),
  };
}

/** Headers from an object or from a list of names and values. */
function listed(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {}).filter(([, value]) => value !== undefined);
  if (Array.isArray(headers[0])) return headers;
  return headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : []));
}

export const Server = unsupportedClass("http.Server", INSTEAD);
export const ServerResponse = unsupportedClass("http.ServerResponse", INSTEAD, OutgoingMessage);

/** The functions of a module, which differ in the protocol alone. */
export function client(module, protocol, globalAgent) {
  function request(input, options, callback) {
    const defaults = { _defaultProtocol: protocol, agent: globalAgent };
    if (typeof input === "string" || input instanceof URL) {
      const [given, done] = typeof options === "function" ? [undefined, options] : [options, callback];
      return new ClientRequest(input, { ...defaults, ...given }, done);
    }
    return new ClientRequest({ ...defaults, ...input, ...(input?.agent ? {} : { agent: globalAgent }) }, options, callback);
  }
  function get(...args) {
    const sent = request(...args);
    sent.end();
    return sent;
  }
  function createServer() {
    throw unsupported(`${module}.createServer`, INSTEAD);
  }
  return { createServer, get, request };
}

/*
 * The globals of an action beside those of the language: what `lib: ["ESNext"]` does not declare.
 * Nothing of a browser's page, nothing of Node. A test compares the names with what a script can reach.
 *
 * Interfaces, one member a line: declarations of actions may merge into them.
 */

// ---------------------------------------------------------------------------------------------
// Modules
// ---------------------------------------------------------------------------------------------

/** Loads a module of the action: `require("actions:NAME")`. */
declare var require: (specifier: string) => any;
/** What the action hands out: `exports.onExecutePostLogin = …`. */
declare var exports: any;
declare var module: { exports: any };
/** Inside a module (`actions:NAME`) only: the secrets of the module. */
declare var actions: { readonly secrets: Readonly<Record<string, string>> };

// ---------------------------------------------------------------------------------------------
// Console, timers, and what else every platform has
// ---------------------------------------------------------------------------------------------

/** Lines go into the report of the execution, with secrets made unreadable. */
interface Console {
  assert(condition?: boolean, ...data: unknown[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  debug(...data: unknown[]): void;
  dir(item?: unknown, options?: unknown): void;
  dirxml(...data: unknown[]): void;
  error(...data: unknown[]): void;
  group(...data: unknown[]): void;
  groupCollapsed(...data: unknown[]): void;
  groupEnd(): void;
  info(...data: unknown[]): void;
  log(...data: unknown[]): void;
  table(data?: unknown, properties?: readonly string[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: unknown[]): void;
  trace(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}
declare var console: Console;

interface Navigator {
  readonly language: string;
  readonly userAgent: string;
}
declare var navigator: Navigator;

/** What `setTimeout` and `setInterval` give, as in Node: an object that is a number where one is wanted. */
interface Timeout {
  ref(): this;
  /** Has no effect on how long an action runs: it ends with its handler. */
  unref(): this;
  hasRef(): boolean;
  /** Begins to wait again, as long as at first. */
  refresh(): this;
  /** As `clearTimeout`. */
  close(): this;
  [Symbol.toPrimitive](): number;
  [Symbol.dispose](): void;
}
/** Calls `callback` once, after `delay` milliseconds. Code in a string is not run. */
declare function setTimeout(callback: (_: void) => void, delay?: number): number & Timeout;
declare function setTimeout<Args extends any[]>(callback: (...args: Args) => void, delay?: number, ...args: Args): number & Timeout;
declare function clearTimeout(id: number | Timeout | undefined): void;
/** Calls `callback` every `delay` milliseconds. Code in a string is not run. */
declare function setInterval(callback: (_: void) => void, delay?: number): number & Timeout;
declare function setInterval<Args extends any[]>(callback: (...args: Args) => void, delay?: number, ...args: Args): number & Timeout;
declare function clearInterval(id: number | Timeout | undefined): void;
declare function queueMicrotask(callback: () => void): void;

interface StructuredSerializeOptions {
  transfer?: (ArrayBuffer | ReadableStream | WritableStream | TransformStream)[];
}
declare function structuredClone<T = any>(value: T, options?: StructuredSerializeOptions): T;

/** From base64 to a text of bytes. */
declare function atob(data: string): string;
/** From a text of bytes to base64. */
declare function btoa(data: string): string;

// ---------------------------------------------------------------------------------------------
// Errors and events
// ---------------------------------------------------------------------------------------------

interface DOMException extends Error {
  readonly code: number;
  readonly message: string;
  readonly name: string;
  readonly INDEX_SIZE_ERR: 1;
  readonly DOMSTRING_SIZE_ERR: 2;
  readonly HIERARCHY_REQUEST_ERR: 3;
  readonly WRONG_DOCUMENT_ERR: 4;
  readonly INVALID_CHARACTER_ERR: 5;
  readonly NO_DATA_ALLOWED_ERR: 6;
  readonly NO_MODIFICATION_ALLOWED_ERR: 7;
  readonly NOT_FOUND_ERR: 8;
  readonly NOT_SUPPORTED_ERR: 9;
  readonly INUSE_ATTRIBUTE_ERR: 10;
  readonly INVALID_STATE_ERR: 11;
  readonly SYNTAX_ERR: 12;
  readonly INVALID_MODIFICATION_ERR: 13;
  readonly NAMESPACE_ERR: 14;
  readonly INVALID_ACCESS_ERR: 15;
  readonly VALIDATION_ERR: 16;
  readonly TYPE_MISMATCH_ERR: 17;
  readonly SECURITY_ERR: 18;
  readonly NETWORK_ERR: 19;
  readonly ABORT_ERR: 20;
  readonly URL_MISMATCH_ERR: 21;
  readonly QUOTA_EXCEEDED_ERR: 22;
  readonly TIMEOUT_ERR: 23;
  readonly INVALID_NODE_TYPE_ERR: 24;
  readonly DATA_CLONE_ERR: 25;
}
declare var DOMException: {
  prototype: DOMException;
  new (message?: string, name?: string | { name?: string; cause?: unknown }): DOMException;
  readonly INDEX_SIZE_ERR: 1;
  readonly DOMSTRING_SIZE_ERR: 2;
  readonly HIERARCHY_REQUEST_ERR: 3;
  readonly WRONG_DOCUMENT_ERR: 4;
  readonly INVALID_CHARACTER_ERR: 5;
  readonly NO_DATA_ALLOWED_ERR: 6;
  readonly NO_MODIFICATION_ALLOWED_ERR: 7;
  readonly NOT_FOUND_ERR: 8;
  readonly NOT_SUPPORTED_ERR: 9;
  readonly INUSE_ATTRIBUTE_ERR: 10;
  readonly INVALID_STATE_ERR: 11;
  readonly SYNTAX_ERR: 12;
  readonly INVALID_MODIFICATION_ERR: 13;
  readonly NAMESPACE_ERR: 14;
  readonly INVALID_ACCESS_ERR: 15;
  readonly VALIDATION_ERR: 16;
  readonly TYPE_MISMATCH_ERR: 17;
  readonly SECURITY_ERR: 18;
  readonly NETWORK_ERR: 19;
  readonly ABORT_ERR: 20;
  readonly URL_MISMATCH_ERR: 21;
  readonly QUOTA_EXCEEDED_ERR: 22;
  readonly TIMEOUT_ERR: 23;
  readonly INVALID_NODE_TYPE_ERR: 24;
  readonly DATA_CLONE_ERR: 25;
};

interface QuotaExceededErrorOptions {
  quota?: number;
  requested?: number;
}
interface QuotaExceededError extends DOMException {
  readonly quota: number | null;
  readonly requested: number | null;
}
declare var QuotaExceededError: {
  prototype: QuotaExceededError;
  new (message?: string, options?: QuotaExceededErrorOptions): QuotaExceededError;
};

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}
/** An event of the web. The event of a trigger is a type that its declaration exports. */
interface Event {
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
  readonly CAPTURING_PHASE: 1;
  readonly NONE: 0;
  readonly bubbles: boolean;
  cancelBubble: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  composedPath(): EventTarget[];
  readonly currentTarget: EventTarget | null;
  readonly defaultPrevented: boolean;
  readonly eventPhase: number;
  readonly isTrusted: boolean;
  preventDefault(): void;
  returnValue: boolean;
  readonly srcElement: EventTarget | null;
  stopImmediatePropagation(): void;
  stopPropagation(): void;
  readonly target: EventTarget | null;
  readonly timeStamp: number;
  readonly type: string;
}
declare var Event: {
  prototype: Event;
  new (type: string, init?: EventInit): Event;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
  readonly CAPTURING_PHASE: 1;
  readonly NONE: 0;
};

interface CustomEventInit<T = any> extends EventInit {
  detail?: T;
}
interface CustomEvent<T = any> extends Event {
  readonly detail: T;
}
declare var CustomEvent: {
  prototype: CustomEvent;
  new <T>(type: string, init?: CustomEventInit<T>): CustomEvent<T>;
};

interface ErrorEventInit extends EventInit {
  colno?: number;
  error?: any;
  filename?: string;
  lineno?: number;
  message?: string;
}
interface ErrorEvent extends Event {
  readonly colno: number;
  readonly error: any;
  readonly filename: string;
  readonly lineno: number;
  readonly message: string;
}
declare var ErrorEvent: {
  prototype: ErrorEvent;
  new (type: string, init?: ErrorEventInit): ErrorEvent;
};

interface ProgressEventInit extends EventInit {
  lengthComputable?: boolean;
  loaded?: number;
  total?: number;
}
interface ProgressEvent extends Event {
  readonly lengthComputable: boolean;
  readonly loaded: number;
  readonly total: number;
}
declare var ProgressEvent: {
  prototype: ProgressEvent;
  new (type: string, init?: ProgressEventInit): ProgressEvent;
};

interface EventListenerObject {
  handleEvent(event: Event): void;
}
type EventListener = ((event: Event) => void) | EventListenerObject;
interface EventListenerOptions {
  capture?: boolean;
}
interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}
interface EventTarget {
  addEventListener(type: string, listener: EventListener | null, options?: boolean | AddEventListenerOptions): void;
  dispatchEvent(event: Event): boolean;
  removeEventListener(type: string, listener: EventListener | null, options?: boolean | EventListenerOptions): void;
}
declare var EventTarget: {
  prototype: EventTarget;
  new (): EventTarget;
};

interface AbortController {
  abort(reason?: any): void;
  readonly signal: AbortSignal;
}
declare var AbortController: {
  prototype: AbortController;
  new (): AbortController;
};

interface AbortSignal extends EventTarget {
  readonly aborted: boolean;
  onabort: ((this: AbortSignal, event: Event) => any) | null;
  readonly reason: any;
  throwIfAborted(): void;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: any): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(milliseconds: number): AbortSignal;
};

// ---------------------------------------------------------------------------------------------
// URLs
// ---------------------------------------------------------------------------------------------

interface URL {
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  toJSON(): string;
  toString(): string;
  username: string;
}
declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  createObjectURL(blob: Blob): string;
  parse(url: string | URL, base?: string | URL): URL | null;
  revokeObjectURL(url: string): void;
};

interface URLSearchParams {
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArg?: any): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  readonly size: number;
  sort(): void;
  toString(): string;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
}
declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (init?: Iterable<readonly string[]> | Record<string, string> | string | URLSearchParams): URLSearchParams;
};

interface URLPatternInit {
  baseURL?: string;
  hash?: string;
  hostname?: string;
  password?: string;
  pathname?: string;
  port?: string;
  protocol?: string;
  search?: string;
  username?: string;
}
interface URLPatternOptions {
  ignoreCase?: boolean;
}
interface URLPatternComponentResult {
  groups: Record<string, string | undefined>;
  input: string;
}
interface URLPatternResult {
  hash: URLPatternComponentResult;
  hostname: URLPatternComponentResult;
  inputs: (string | URLPatternInit)[];
  password: URLPatternComponentResult;
  pathname: URLPatternComponentResult;
  port: URLPatternComponentResult;
  protocol: URLPatternComponentResult;
  search: URLPatternComponentResult;
  username: URLPatternComponentResult;
}
interface URLPattern {
  exec(input?: string | URL | URLPatternInit, base?: string | URL): URLPatternResult | null;
  readonly hasRegExpGroups: boolean;
  readonly hash: string;
  readonly hostname: string;
  readonly password: string;
  readonly pathname: string;
  readonly port: string;
  readonly protocol: string;
  readonly search: string;
  test(input?: string | URL | URLPatternInit, base?: string | URL): boolean;
  readonly username: string;
}
declare var URLPattern: {
  prototype: URLPattern;
  new (input: string | URL | URLPatternInit, base: string | URL, options?: URLPatternOptions): URLPattern;
  new (input?: string | URL | URLPatternInit, options?: URLPatternOptions): URLPattern;
};

// ---------------------------------------------------------------------------------------------
// Bytes and texts
// ---------------------------------------------------------------------------------------------

type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;
type AllowSharedBufferSource = ArrayBufferView | ArrayBufferLike;
type BlobPart = BufferSource | Blob | string;

interface BlobPropertyBag {
  endings?: "native" | "transparent";
  type?: string;
}
interface Blob {
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  readonly size: number;
  slice(start?: number, end?: number, contentType?: string): Blob;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
  textStream(): ReadableStream<string>;
  readonly type: string;
}
declare var Blob: {
  prototype: Blob;
  new (parts?: Iterable<BlobPart>, options?: BlobPropertyBag): Blob;
};

interface FilePropertyBag extends BlobPropertyBag {
  lastModified?: number;
}
interface File extends Blob {
  readonly lastModified: number;
  readonly name: string;
}
declare var File: {
  prototype: File;
  new (parts: Iterable<BlobPart>, name: string, options?: FilePropertyBag): File;
};

interface TextDecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}
interface TextDecoder {
  decode(input?: AllowSharedBufferSource, options?: { stream?: boolean }): string;
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
}
declare var TextDecoder: {
  prototype: TextDecoder;
  new (label?: string, options?: TextDecoderOptions): TextDecoder;
};

interface TextEncoderEncodeIntoResult {
  read: number;
  written: number;
}
interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): TextEncoderEncodeIntoResult;
  readonly encoding: string;
}
declare var TextEncoder: {
  prototype: TextEncoder;
  new (): TextEncoder;
};

interface TextDecoderStream {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<BufferSource>;
}
declare var TextDecoderStream: {
  prototype: TextDecoderStream;
  new (label?: string, options?: TextDecoderOptions): TextDecoderStream;
};

interface TextEncoderStream {
  readonly encoding: string;
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<string>;
}
declare var TextEncoderStream: {
  prototype: TextEncoderStream;
  new (): TextEncoderStream;
};

// ---------------------------------------------------------------------------------------------
// Streams
// ---------------------------------------------------------------------------------------------

interface QueuingStrategy<T = any> {
  highWaterMark?: number;
  size?: (chunk: T) => number;
}
interface QueuingStrategyInit {
  highWaterMark: number;
}
interface ByteLengthQueuingStrategy extends QueuingStrategy<ArrayBufferView> {
  readonly highWaterMark: number;
  readonly size: (chunk: ArrayBufferView) => number;
}
declare var ByteLengthQueuingStrategy: {
  prototype: ByteLengthQueuingStrategy;
  new (init: QueuingStrategyInit): ByteLengthQueuingStrategy;
};
interface CountQueuingStrategy extends QueuingStrategy {
  readonly highWaterMark: number;
  readonly size: () => 1;
}
declare var CountQueuingStrategy: {
  prototype: CountQueuingStrategy;
  new (init: QueuingStrategyInit): CountQueuingStrategy;
};

type ReadableStreamController<T> = ReadableStreamDefaultController<T> | ReadableByteStreamController;
interface UnderlyingDefaultSource<R = any> {
  cancel?: (reason?: any) => void | PromiseLike<void>;
  pull?: (controller: ReadableStreamDefaultController<R>) => void | PromiseLike<void>;
  start?: (controller: ReadableStreamDefaultController<R>) => any;
  type?: undefined;
}
interface UnderlyingByteSource {
  autoAllocateChunkSize?: number;
  cancel?: (reason?: any) => void | PromiseLike<void>;
  pull?: (controller: ReadableByteStreamController) => void | PromiseLike<void>;
  start?: (controller: ReadableByteStreamController) => any;
  type: "bytes";
}
interface UnderlyingSink<W = any> {
  abort?: (reason?: any) => void | PromiseLike<void>;
  close?: () => void | PromiseLike<void>;
  start?: (controller: WritableStreamDefaultController) => any;
  type?: undefined;
  write?: (chunk: W, controller: WritableStreamDefaultController) => void | PromiseLike<void>;
}
interface Transformer<I = any, O = any> {
  cancel?: (reason?: any) => void | PromiseLike<void>;
  flush?: (controller: TransformStreamDefaultController<O>) => void | PromiseLike<void>;
  start?: (controller: TransformStreamDefaultController<O>) => any;
  transform?: (chunk: I, controller: TransformStreamDefaultController<O>) => void | PromiseLike<void>;
}
interface StreamPipeOptions {
  preventAbort?: boolean;
  preventCancel?: boolean;
  preventClose?: boolean;
  signal?: AbortSignal;
}
interface ReadableWritablePair<R = any, W = any> {
  readable: ReadableStream<R>;
  writable: WritableStream<W>;
}
type ReadableStreamReadResult<T> = { done: false; value: T } | { done: true; value: T | undefined };

interface ReadableStream<R = any> {
  cancel(reason?: any): Promise<void>;
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader<R>;
  readonly locked: boolean;
  pipeThrough<T>(transform: ReadableWritablePair<T, R>, options?: StreamPipeOptions): ReadableStream<T>;
  pipeTo(destination: WritableStream<R>, options?: StreamPipeOptions): Promise<void>;
  tee(): [ReadableStream<R>, ReadableStream<R>];
  values(options?: { preventCancel?: boolean }): AsyncIteratorObject<R, undefined>;
  [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIteratorObject<R, undefined>;
}
declare var ReadableStream: {
  prototype: ReadableStream;
  new (source: UnderlyingByteSource, strategy?: { highWaterMark?: number }): ReadableStream<Uint8Array<ArrayBuffer>>;
  new <R = any>(source?: UnderlyingDefaultSource<R>, strategy?: QueuingStrategy<R>): ReadableStream<R>;
  from<R>(source: Iterable<R> | AsyncIterable<R>): ReadableStream<R>;
};

interface ReadableStreamDefaultReader<R = any> {
  cancel(reason?: any): Promise<void>;
  readonly closed: Promise<void>;
  read(): Promise<ReadableStreamReadResult<R>>;
  releaseLock(): void;
}
declare var ReadableStreamDefaultReader: {
  prototype: ReadableStreamDefaultReader;
  new <R = any>(stream: ReadableStream<R>): ReadableStreamDefaultReader<R>;
};

interface ReadableStreamBYOBReader {
  cancel(reason?: any): Promise<void>;
  readonly closed: Promise<void>;
  read<T extends ArrayBufferView>(view: T, options?: { min?: number }): Promise<ReadableStreamReadResult<T>>;
  releaseLock(): void;
}
declare var ReadableStreamBYOBReader: {
  prototype: ReadableStreamBYOBReader;
  new (stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStreamBYOBReader;
};

interface ReadableStreamBYOBRequest {
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView<ArrayBuffer>): void;
  readonly view: ArrayBufferView<ArrayBuffer> | null;
}
declare var ReadableStreamBYOBRequest: {
  prototype: ReadableStreamBYOBRequest;
};

interface ReadableStreamDefaultController<R = any> {
  close(): void;
  readonly desiredSize: number | null;
  enqueue(chunk?: R): void;
  error(error?: any): void;
}
declare var ReadableStreamDefaultController: {
  prototype: ReadableStreamDefaultController;
};

interface ReadableByteStreamController {
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  close(): void;
  readonly desiredSize: number | null;
  enqueue(chunk: ArrayBufferView<ArrayBuffer>): void;
  error(error?: any): void;
}
declare var ReadableByteStreamController: {
  prototype: ReadableByteStreamController;
};

interface WritableStream<W = any> {
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<W>;
  readonly locked: boolean;
}
declare var WritableStream: {
  prototype: WritableStream;
  new <W = any>(sink?: UnderlyingSink<W>, strategy?: QueuingStrategy<W>): WritableStream<W>;
};

interface WritableStreamDefaultWriter<W = any> {
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  readonly closed: Promise<void>;
  readonly desiredSize: number | null;
  readonly ready: Promise<void>;
  releaseLock(): void;
  write(chunk?: W): Promise<void>;
}
declare var WritableStreamDefaultWriter: {
  prototype: WritableStreamDefaultWriter;
  new <W = any>(stream: WritableStream<W>): WritableStreamDefaultWriter<W>;
};

interface WritableStreamDefaultController {
  error(error?: any): void;
  readonly signal: AbortSignal;
}
declare var WritableStreamDefaultController: {
  prototype: WritableStreamDefaultController;
};

interface TransformStream<I = any, O = any> {
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;
}
declare var TransformStream: {
  prototype: TransformStream;
  new <I = any, O = any>(transformer?: Transformer<I, O>, writable?: QueuingStrategy<I>, readable?: QueuingStrategy<O>): TransformStream<I, O>;
};

interface TransformStreamDefaultController<O = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: O): void;
  error(reason?: any): void;
  terminate(): void;
}
declare var TransformStreamDefaultController: {
  prototype: TransformStreamDefaultController;
};

type CompressionFormat = "brotli" | "deflate" | "deflate-raw" | "gzip";
interface CompressionStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<BufferSource>;
}
declare var CompressionStream: {
  prototype: CompressionStream;
  new (format: CompressionFormat): CompressionStream;
};
interface DecompressionStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<BufferSource>;
}
declare var DecompressionStream: {
  prototype: DecompressionStream;
  new (format: CompressionFormat): DecompressionStream;
};

// ---------------------------------------------------------------------------------------------
// Time
// ---------------------------------------------------------------------------------------------

interface PerformanceMarkOptions {
  detail?: any;
  startTime?: number;
}
interface PerformanceMeasureOptions {
  detail?: any;
  duration?: number;
  end?: string | number;
  start?: string | number;
}
interface PerformanceEntry {
  readonly duration: number;
  readonly entryType: string;
  readonly name: string;
  readonly startTime: number;
  toJSON(): any;
}
declare var PerformanceEntry: {
  prototype: PerformanceEntry;
};
interface PerformanceMark extends PerformanceEntry {
  readonly detail: any;
  readonly entryType: "mark";
}
declare var PerformanceMark: {
  prototype: PerformanceMark;
  new (name: string, options?: PerformanceMarkOptions): PerformanceMark;
};
interface PerformanceMeasure extends PerformanceEntry {
  readonly detail: any;
  readonly entryType: "measure";
}
declare var PerformanceMeasure: {
  prototype: PerformanceMeasure;
};
interface Performance extends EventTarget {
  clearMarks(name?: string): void;
  clearMeasures(name?: string): void;
  clearResourceTimings(): void;
  getEntries(): PerformanceEntry[];
  getEntriesByName(name: string, type?: string): PerformanceEntry[];
  getEntriesByType(type: string): PerformanceEntry[];
  mark(name: string, options?: PerformanceMarkOptions): PerformanceMark;
  measure(name: string, startOrOptions?: string | PerformanceMeasureOptions, end?: string): PerformanceMeasure;
  now(): number;
  setResourceTimingBufferSize(size: number): void;
  readonly timeOrigin: number;
  toJSON(): any;
}
declare var Performance: {
  prototype: Performance;
};
declare var performance: Performance;

// ---------------------------------------------------------------------------------------------
// Cryptography
// ---------------------------------------------------------------------------------------------

type KeyFormat = "jwk" | "pkcs8" | "raw" | "spki" | "raw-public" | "raw-private" | "raw-secret" | "raw-seed";
type KeyType = "private" | "public" | "secret";
type KeyUsage =
  | "decrypt"
  | "deriveBits"
  | "deriveKey"
  | "encrypt"
  | "sign"
  | "unwrapKey"
  | "verify"
  | "wrapKey"
  | "encapsulateKey"
  | "encapsulateBits"
  | "decapsulateKey"
  | "decapsulateBits";
interface Algorithm {
  name: string;
}
type AlgorithmIdentifier = Algorithm | string;
interface KeyAlgorithm {
  name: string;
}
/** The parameters of an algorithm: those that it asks for, beside its name. */
interface AlgorithmParameters extends Algorithm {
  additionalData?: BufferSource;
  context?: BufferSource;
  counter?: BufferSource;
  hash?: AlgorithmIdentifier;
  info?: BufferSource;
  iterations?: number;
  iv?: BufferSource;
  label?: BufferSource;
  length?: number;
  modulusLength?: number;
  namedCurve?: string;
  public?: CryptoKey;
  publicExponent?: Uint8Array<ArrayBuffer>;
  salt?: BufferSource;
  saltLength?: number;
  tagLength?: number;
}
interface RsaOtherPrimesInfo {
  d?: string;
  r?: string;
  t?: string;
}
interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kty?: string;
  n?: string;
  oth?: RsaOtherPrimesInfo[];
  p?: string;
  priv?: string;
  pub?: string;
  q?: string;
  qi?: string;
  use?: string;
  x?: string;
  y?: string;
}
interface CryptoKey {
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly type: KeyType;
  readonly usages: KeyUsage[];
}
declare var CryptoKey: {
  prototype: CryptoKey;
};
interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}
interface EncapsulatedBits {
  ciphertext: ArrayBuffer;
  sharedKey: ArrayBuffer;
}
interface EncapsulatedKey {
  ciphertext: ArrayBuffer;
  sharedKey: CryptoKey;
}
interface SubtleCrypto {
  decapsulateBits(algorithm: AlgorithmIdentifier, key: CryptoKey, ciphertext: BufferSource): Promise<ArrayBuffer>;
  decapsulateKey(algorithm: AlgorithmIdentifier, key: CryptoKey, ciphertext: BufferSource, sharedKeyAlgorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  decrypt(algorithm: string | AlgorithmParameters, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  deriveBits(algorithm: string | AlgorithmParameters, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(algorithm: string | AlgorithmParameters, key: CryptoKey, derivedKeyType: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  digest(algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer>;
  encapsulateBits(algorithm: AlgorithmIdentifier, key: CryptoKey): Promise<EncapsulatedBits>;
  encapsulateKey(algorithm: AlgorithmIdentifier, key: CryptoKey, sharedKeyAlgorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<EncapsulatedKey>;
  encrypt(algorithm: string | AlgorithmParameters, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, "jwk">, key: CryptoKey): Promise<ArrayBuffer>;
  exportKey(format: KeyFormat, key: CryptoKey): Promise<ArrayBuffer | JsonWebKey>;
  generateKey(algorithm: "Ed25519" | { name: "Ed25519" }, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKeyPair>;
  generateKey(algorithm: AlgorithmParameters & ({ modulusLength: number } | { namedCurve: string }), extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKeyPair>;
  generateKey(algorithm: AlgorithmParameters & ({ length: number } | { name: "HMAC" }), extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  generateKey(algorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey | CryptoKeyPair>;
  getPublicKey(key: CryptoKey, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  importKey(format: "jwk", data: JsonWebKey, algorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  importKey(format: Exclude<KeyFormat, "jwk">, data: BufferSource, algorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  sign(algorithm: string | AlgorithmParameters, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  unwrapKey(format: KeyFormat, wrapped: BufferSource, key: CryptoKey, unwrapAlgorithm: string | AlgorithmParameters, keyAlgorithm: string | AlgorithmParameters, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  verify(algorithm: string | AlgorithmParameters, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
  wrapKey(format: KeyFormat, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: string | AlgorithmParameters): Promise<ArrayBuffer>;
}
declare var SubtleCrypto: {
  prototype: SubtleCrypto;
  supports(operation: string, algorithm: AlgorithmIdentifier, lengthOrAdditional?: number | null | AlgorithmIdentifier): boolean;
};
interface Crypto {
  getRandomValues<T extends ArrayBufferView | null>(array: T): T;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
  readonly subtle: SubtleCrypto;
}
declare var Crypto: {
  prototype: Crypto;
};
declare var crypto: Crypto;

// ---------------------------------------------------------------------------------------------
// fetch
// ---------------------------------------------------------------------------------------------

type HeadersInit = Iterable<readonly string[]> | Record<string, string> | Headers;
type BodyInit = Blob | BufferSource | FormData | URLSearchParams | ReadableStream<Uint8Array> | string;
type RequestInfo = Request | string;
type FormDataEntryValue = File | string;
type RequestRedirect = "error" | "follow" | "manual";
type RequestCache = "default" | "force-cache" | "no-cache" | "no-store" | "only-if-cached" | "reload";
type RequestCredentials = "include" | "omit" | "same-origin";
type RequestMode = "cors" | "navigate" | "no-cors" | "same-origin";
type ResponseType = "basic" | "cors" | "default" | "error" | "opaque" | "opaqueredirect";

interface Headers {
  append(name: string, value: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, string], undefined>;
  forEach(callback: (value: string, key: string, parent: Headers) => void, thisArg?: any): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  values(): IteratorObject<string, undefined>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined>;
}
declare var Headers: {
  prototype: Headers;
  new (init?: HeadersInit): Headers;
};

interface FormData {
  append(name: string, value: string): void;
  append(name: string, value: Blob, fileName?: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, FormDataEntryValue], undefined>;
  forEach(callback: (value: FormDataEntryValue, key: string, parent: FormData) => void, thisArg?: any): void;
  get(name: string): FormDataEntryValue | null;
  getAll(name: string): FormDataEntryValue[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string): void;
  set(name: string, value: Blob, fileName?: string): void;
  values(): IteratorObject<FormDataEntryValue, undefined>;
  [Symbol.iterator](): IteratorObject<[string, FormDataEntryValue], undefined>;
}
declare var FormData: {
  prototype: FormData;
  new (): FormData;
};

interface Body {
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly bodyUsed: boolean;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json(): Promise<any>;
  text(): Promise<string>;
  textStream(): ReadableStream<string>;
}

interface RequestInit {
  body?: BodyInit | null;
  cache?: RequestCache;
  credentials?: RequestCredentials;
  duplex?: "half";
  headers?: HeadersInit;
  integrity?: string;
  keepalive?: boolean;
  method?: string;
  mode?: RequestMode;
  redirect?: RequestRedirect;
  referrer?: string;
  referrerPolicy?: string;
  signal?: AbortSignal | null;
}
interface Request extends Body {
  readonly cache: RequestCache;
  clone(): Request;
  readonly credentials: RequestCredentials;
  readonly headers: Headers;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly method: string;
  readonly mode: RequestMode;
  readonly redirect: RequestRedirect;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly signal: AbortSignal;
  readonly url: string;
}
declare var Request: {
  prototype: Request;
  new (input: RequestInfo | URL, init?: RequestInit): Request;
};

interface ResponseInit {
  headers?: HeadersInit;
  status?: number;
  statusText?: string;
}
interface Response extends Body {
  clone(): Response;
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: ResponseType;
  readonly url: string;
}
declare var Response: {
  prototype: Response;
  new (body?: BodyInit | null, init?: ResponseInit): Response;
  error(): Response;
  json(data: any, init?: ResponseInit): Response;
  redirect(url: string | URL, status?: number): Response;
};

/** Calls out, to where the egress rules of the action allow it. */
declare function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;

// `events`: the package of that name, and what Node has added since. Not here: `captureRejections`.
import EventEmitter from "events/";
import { aborted, checkFunction, coded, invalidArgType, outOfRange } from "node:internal/errors";

export const errorMonitor = Symbol.for("events.errorMonitor");
export const captureRejectionSymbol = Symbol.for("nodejs.rejection");
export const captureRejections = false;
export const usingDomains = false;
export const { defaultMaxListeners, once } = EventEmitter;

const TARGET_LISTENERS_MAX = 10;
const targetLimits = new WeakMap();
const targetListeners = new WeakMap();
const packageEmit = EventEmitter.prototype.emit;

EventEmitter.prototype.emit = function emit(type, ...args) {
  if (type === "error") {
    const { _events: events } = this;
    if (events?.[errorMonitor] !== undefined) packageEmit.call(this, errorMonitor, ...args);
    if (events?.error === undefined && !(args[0] instanceof Error)) throw unhandled(args[0]);
    if (events?.error === undefined) throw args[0];
  }
  return packageEmit.call(this, type, ...args);
};

function unhandled(value) {
  let text;
  try {
    text = typeof value === "string" ? `'${value}'` : JSON.stringify(value);
  } catch {
    // What cannot be shown is still unhandled.
  }
  return coded(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${text})`, { context: value });
}

function isTarget(value) {
  return typeof value?.addEventListener === "function";
}

export function getEventListeners(emitter, type) {
  if (typeof emitter?.listeners === "function") return emitter.listeners(type);
  // An EventTarget does not tell; only what came through `on` is known.
  if (isTarget(emitter)) return [...(targetListeners.get(emitter)?.get(type) ?? [])];
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

export function getMaxListeners(emitter) {
  if (typeof emitter?.getMaxListeners === "function") return emitter.getMaxListeners();
  if (isTarget(emitter)) return targetLimits.get(emitter) ?? TARGET_LISTENERS_MAX;
  throw invalidArgType("emitter", ["EventEmitter", "EventTarget"], emitter);
}

export function setMaxListeners(count = EventEmitter.defaultMaxListeners, ...emitters) {
  if (typeof count !== "number" || !(count >= 0)) throw outOfRange("n", "a non-negative number", count);
  if (emitters.length === 0) EventEmitter.defaultMaxListeners = count;
  for (const emitter of emitters) {
    if (isTarget(emitter)) targetLimits.set(emitter, count);
    else if (typeof emitter?.setMaxListeners === "function") emitter.setMaxListeners(count);
    else throw invalidArgType("eventTargets", ["EventEmitter", "EventTarget"], emitter);
  }
}

export function listenerCount(emitter, type) {
  return typeof emitter.listenerCount === "function" ? emitter.listenerCount(type) : getEventListeners(emitter, type).length;
}

export function addAbortListener(signal, listener) {
  if (typeof signal !== "object" || signal === null || !("aborted" in signal)) throw invalidArgType("signal", "AbortSignal", signal);
  checkFunction(listener, "listener");
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener("abort", listener, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", listener);
    },
  };
}

/** The events of one type as an async iterator of their arguments. */
export function on(emitter, type, options = {}) {
  const { signal, close = [] } = options;
  if (signal?.aborted) throw aborted(signal);
  const arrived = [];
  const asked = [];
  let failure;
  let isDone = false;

  function event(...args) {
    const waiting = asked.shift();
    if (waiting === undefined) arrived.push(args);
    else waiting.resolve({ value: args, done: false });
  }
  function fail(error) {
    const waiting = asked.shift();
    if (waiting === undefined) failure = { error };
    else waiting.reject(error);
    finish();
  }
  function abort() {
    fail(aborted(signal));
  }
  function finish() {
    isDone = true;
    emitter.removeListener(type, event);
    emitter.removeListener("error", fail);
    for (const name of close) emitter.removeListener(name, finish);
    signal?.removeEventListener("abort", abort);
    for (const waiting of asked.splice(0)) waiting.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  emitter.on(type, event);
  if (type !== "error") emitter.on("error", fail);
  for (const name of close) emitter.on(name, finish);
  signal?.addEventListener("abort", abort, { once: true });
  return {
    next() {
      if (arrived.length > 0) return Promise.resolve({ value: arrived.shift(), done: false });
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (isDone) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve, reject) => asked.push({ resolve, reject }));
    },
    return: finish,
    throw(error) {
      fail(error);
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

Object.assign(EventEmitter, {
  addAbortListener, captureRejectionSymbol, captureRejections, errorMonitor, getEventListeners, getMaxListeners, listenerCount,
  on, setMaxListeners, usingDomains,
});
export { EventEmitter, EventEmitter as default, EventEmitter as "module.exports" };

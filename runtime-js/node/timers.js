// `timers`: the global ones with Node's checks, and immediates.
import promises from "node:timers/promises";
import { checkFunction } from "node:internal/errors";

export class Immediate {
  #isWaiting = true;
  #timer;

  constructor(callback, args) {
    // A timer rather than a microtask, so that what has arrived meanwhile has its turn.
    this.#timer = globalThis.setTimeout(() => {
      if (!this.#isWaiting) return;
      this.#isWaiting = false;
      callback(...args);
    }, 0);
  }

  /** Has no effect on how long the action runs: it ends with its handler. */
  ref() {
    this.#timer.ref();
    return this;
  }

  unref() {
    this.#timer.unref();
    return this;
  }

  hasRef() {
    return this.#timer.hasRef() && this.#isWaiting;
  }

  [Symbol.dispose]() {
    this.#isWaiting = false;
  }
}

export function setTimeout(callback, delay, ...args) {
  checkFunction(callback, "callback");
  return globalThis.setTimeout(callback, delay, ...args);
}

export function setInterval(callback, delay, ...args) {
  checkFunction(callback, "callback");
  return globalThis.setInterval(callback, delay, ...args);
}

export function setImmediate(callback, ...args) {
  checkFunction(callback, "callback");
  return new Immediate(callback, args);
}

export const { clearInterval, clearTimeout } = globalThis;

export function clearImmediate(immediate) {
  if (immediate instanceof Immediate) immediate[Symbol.dispose]();
}

setTimeout[Symbol.for("nodejs.util.promisify.custom")] = (delay, value) => new Promise((resolve) => globalThis.setTimeout(resolve, delay, value));
setImmediate[Symbol.for("nodejs.util.promisify.custom")] = (value) => new Promise((resolve) => setImmediate(resolve, value));

// How older packages put a limit on an object of theirs.
export function enroll(item, delay) {
  item._idleTimeout = delay;
}

export function unenroll(item) {
  clearTimeout(item._vestibuleTimer);
  item._idleTimeout = -1;
}

export function active(item) {
  clearTimeout(item._vestibuleTimer);
  if (item._idleTimeout < 0) return;
  item._vestibuleTimer = setTimeout(() => item._onTimeout?.(), item._idleTimeout);
}

const timers = {
  active, clearImmediate, clearInterval, clearTimeout, enroll, setImmediate, setInterval, setTimeout, unenroll, promises,
};
export { promises };
export { timers as default, timers as "module.exports" };

// `timers`: what the functions return is an object, as in Node, around the number that the global ones return.
import promises from "node:timers/promises";
import { checkFunction } from "node:internal/errors";

/** What can be told not to hold up the end of a program. */
class Referable {
  #isReferenced = true;

  /** Has no effect on how long the action runs: it ends with its handler. */
  ref() {
    this.#isReferenced = true;
    return this;
  }

  unref() {
    this.#isReferenced = false;
    return this;
  }

  hasRef() {
    return this.#isReferenced;
  }
}

export class Timeout extends Referable {
  #start;
  #stop;
  #id;

  constructor(start, stop) {
    super();
    this.#start = start;
    this.#stop = stop;
    this.#id = start();
  }

  refresh() {
    this.#stop(this.#id);
    this.#id = this.#start();
    return this;
  }

  close() {
    this.#stop(this.#id);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.#id;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

export class Immediate extends Referable {
  #isWaiting = true;

  constructor(callback, args) {
    super();
    // A timer rather than a microtask, so that what has arrived meanwhile has its turn.
    globalThis.setTimeout(() => {
      if (!this.#isWaiting) return;
      this.#isWaiting = false;
      callback(...args);
    }, 0);
  }

  hasRef() {
    return super.hasRef() && this.#isWaiting;
  }

  [Symbol.dispose]() {
    this.#isWaiting = false;
  }
}

export function setTimeout(callback, delay, ...args) {
  checkFunction(callback, "callback");
  return new Timeout(() => globalThis.setTimeout(callback, delay, ...args), globalThis.clearTimeout);
}

export function setInterval(callback, delay, ...args) {
  checkFunction(callback, "callback");
  return new Timeout(() => globalThis.setInterval(callback, delay, ...args), globalThis.clearInterval);
}

export function setImmediate(callback, ...args) {
  checkFunction(callback, "callback");
  return new Immediate(callback, args);
}

export function clearTimeout(timer) {
  if (timer instanceof Timeout) timer.close();
  else globalThis.clearTimeout(timer);
}

export function clearInterval(timer) {
  clearTimeout(timer);
}

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
}

export function active(item) {
  unenroll(item);
  item._vestibuleTimer = setTimeout(() => item._onTimeout?.(), item._idleTimeout);
}

const timers = {
  active, clearImmediate, clearInterval, clearTimeout, enroll, setImmediate, setInterval, setTimeout, unenroll, promises,
};
export { promises };
export { timers as default, timers as "module.exports" };

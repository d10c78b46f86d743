// `process.nextTick` without the rest of `process`.
import { checkFunction } from "node:internal/errors";

/** Calls back as soon as the code that runs now has ended, in the order of the calls. */
export function nextTick(callback, ...args) {
  checkFunction(callback, "callback");
  queueMicrotask(() => callback(...args));
}

// `timers/promises`: timers to wait for, which a signal can end.
import { aborted } from "node:internal/errors";

function waiting(start, stop, value, signal) {
  if (signal?.aborted) return Promise.reject(aborted(signal));
  return new Promise((resolve, reject) => {
    const id = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    function abort() {
      stop(id);
      reject(aborted(signal));
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

export function setTimeout(delay, value, options) {
  return waiting((done) => globalThis.setTimeout(done, delay), globalThis.clearTimeout, value, options?.signal);
}

export function setImmediate(value, options) {
  return waiting((done) => globalThis.setTimeout(done, 0), globalThis.clearTimeout, value, options?.signal);
}

export async function* setInterval(delay, value, options) {
  for (;;) yield await setTimeout(delay, value, options);
}

export const scheduler = {
  wait: (delay, options) => setTimeout(delay, undefined, options),
  yield: () => setImmediate(),
};

const promises = { scheduler, setImmediate, setInterval, setTimeout };
export { promises as default, promises as "module.exports" };

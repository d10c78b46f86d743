// `async_hooks`: stores that follow the flow of a program through `await`, timers and callbacks. V8 carries one value
// along; ours is a map from storage to store, which is never changed, only replaced.
import native from "vestibule:async";
import { checkFunction, checkString, unsupported } from "node:internal/errors";

/** Runs a function with another map, and puts the present one back whatever happens. */
function runIn(frame, callback, self, args) {
  const before = native.get();
  native.set(frame);
  try {
    return Reflect.apply(callback, self, args);
  } finally {
    native.set(before);
  }
}

function changed(storage, store) {
  const frame = new Map(native.get());
  if (store === undefined) frame.delete(storage);
  else frame.set(storage, store);
  return frame;
}

export class AsyncLocalStorage {
  #fallback;

  constructor(options) {
    this.#fallback = options?.defaultValue;
    this.name = options?.name ?? "";
  }

  static bind(callback) {
    checkFunction(callback, "fn");
    const frame = native.get();
    return function bound(...args) {
      return runIn(frame, callback, this, args);
    };
  }

  static snapshot() {
    const frame = native.get();
    return (callback, ...args) => runIn(frame, callback, undefined, args);
  }

  getStore() {
    const frame = native.get();
    return frame?.has(this) ? frame.get(this) : this.#fallback;
  }

  run(store, callback, ...args) {
    return runIn(changed(this, store), callback, undefined, args);
  }

  exit(callback, ...args) {
    return this.run(undefined, callback, ...args);
  }

  enterWith(store) {
    native.set(changed(this, store));
  }

  disable() {
    native.set(changed(this, undefined));
  }
}

let lastId = 1;

export class AsyncResource {
  #frame = native.get();
  #id = ++lastId;

  constructor(type) {
    checkString(type, "type");
    this.type = type;
  }

  static bind(callback, type, self) {
    return new AsyncResource(type ?? callback.name ?? "bound-anonymous-fn").bind(callback, self);
  }

  bind(callback, self) {
    checkFunction(callback, "fn");
    const resource = this;
    const bound = function (...args) {
      return resource.runInAsyncScope(callback, self === undefined ? this : self, ...args);
    };
    return Object.defineProperty(bound, "length", { value: callback.length, configurable: true });
  }

  runInAsyncScope(callback, self, ...args) {
    return runIn(this.#frame, callback, self, args);
  }

  asyncId() {
    return this.#id;
  }

  triggerAsyncId() {
    return 1;
  }

  emitDestroy() {
    return this;
  }
}

/** Hooks of an action see nothing: what they would watch is the engine's. */
export function createHook() {
  return {
    enable() {
      throw unsupported("async_hooks.createHook", "use AsyncLocalStorage");
    },
    disable() {
      return this;
    },
  };
}

export const executionAsyncId = () => 1;
export const triggerAsyncId = () => 0;
export const executionAsyncResource = () => ({});
export const asyncWrapProviders = Object.freeze({ __proto__: null });

const hooks = {
  AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId,
};
export { hooks as default, hooks as "module.exports" };

// `setTimeout` and its kin on deno_core's timers, with a cap on how many wait at one moment.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { cancelTimer, createTimer, getAsyncContext, setAsyncContext } = core;
  const { op_vestibule_timers, op_vestibule_uncaught } = core.ops;
  const {
    MapPrototypeDelete,
    MapPrototypeGet,
    MapPrototypeGetSize,
    MapPrototypeSet,
    Number,
    PromisePrototypeThen,
    PromiseResolve,
    RangeError,
    ReflectApply,
    SafeMap,
    SymbolDispose,
    SymbolToPrimitive,
    TypeError,
  } = primordials;

  const waiting = new SafeMap();
  let waitingMax = 0;

  /**
   * What a timer is to a script, as in Node: an object that is a number where one is wanted. Whether it is referenced
   * means nothing, for an action ends with its handler.
   */
  class Timeout {
    #start;
    #id;
    #isCleared = false;
    #isReferenced = true;

    constructor(start) {
      this.#start = start;
      this.#id = start(this);
    }

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

    /** Waits anew, also after it has called; not after it was cleared. */
    refresh() {
      if (this.#isCleared) return this;
      cancel(this.#id);
      this.#id = this.#start(this);
      return this;
    }

    close() {
      this.#clear();
      return this;
    }

    #clear() {
      this.#isCleared = true;
      cancel(this.#id);
    }

    [SymbolToPrimitive]() {
      return this.#id;
    }

    [SymbolDispose]() {
      this.#clear();
    }

    static clear(value) {
      if (typeof value === "object" && value !== null && #id in value) return value.#clear();
      const id = Number(value);
      MapPrototypeGet(waiting, id)?.owner.#clear();
    }
  }
  // Scripts reach the class by `constructor`, and have `clearTimeout`.
  const { clear } = Timeout;
  delete Timeout.clear;

  function timer(name, callback, delay, args, repeat) {
    if (typeof callback !== "function") {
      throw new TypeError(`${name}: the callback must be a function; code in a string is not run`);
    }
    // Once, and before the timers are counted: it may call the script.
    const milliseconds = Number(delay);
    return new Timeout((owner) => start(name, callback, milliseconds, args, repeat, owner));
  }

  function start(name, callback, milliseconds, args, repeat, owner) {
    if (MapPrototypeGetSize(waiting) >= waitingMax) {
      throw new RangeError(`${name}: no more than ${waitingMax} timers may wait at one moment`);
    }
    let id = 0;
    // What `vestibule:async` carries along was there when the timer was set, and is there again when it calls.
    const context = getAsyncContext();
    const run = () => {
      if (!repeat) forget(id);
      setAsyncContext(context);
      try {
        ReflectApply(callback, globalThis, args);
      } catch (error) {
        op_vestibule_uncaught(error);
      } finally {
        setAsyncContext(undefined);
      }
    };
    // deno_core turns what is not from 1 to 2^31-1 milliseconds into 1, as Node does.
    const timer = createTimer(run, milliseconds, undefined, repeat, true);
    id = timer._timerId;
    MapPrototypeSet(waiting, id, { __proto__: null, timer, owner });
    op_vestibule_timers(MapPrototypeGetSize(waiting));
    return id;
  }

  function forget(id) {
    MapPrototypeDelete(waiting, id);
    op_vestibule_timers(MapPrototypeGetSize(waiting));
  }

  function cancel(id) {
    const known = MapPrototypeGet(waiting, id);
    if (known === undefined) return;
    cancelTimer(known.timer);
    forget(id);
  }

  const functions = {
    setTimeout(callback, delay = 0, ...args) {
      return timer("setTimeout", callback, delay, args, false);
    },
    setInterval(callback, delay = 0, ...args) {
      return timer("setInterval", callback, delay, args, true);
    },
    clearTimeout(id = undefined) {
      clear(id);
    },
    clearInterval(id = undefined) {
      clear(id);
    },
    queueMicrotask(callback) {
      if (typeof callback !== "function") {
        throw new TypeError("queueMicrotask: the callback must be a function");
      }
      // What the callback throws becomes an unhandled rejection, which ends the execution alike.
      PromisePrototypeThen(PromiseResolve(undefined), () => {
        callback();
      });
    },
  };

  // Errors that deno_core catches on its own account end the execution like those of callbacks.
  core.setReportExceptionCallback((error) => op_vestibule_uncaught(error));

  return {
    functions,
    limit(max) {
      waitingMax = max;
    },
  };
})();

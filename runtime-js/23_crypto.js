// WebCrypto, with caps on what one call may cost: its work is done by native threads that no limit of an
// execution reaches. Sizes that nobody needs are refused before any work.
(function () {
  "use strict";
  const { core, internals, primordials } = __bootstrap;
  const {
    Number,
    ObjectAssign,
    PromiseReject,
    ReflectApply,
    TypeError,
  } = primordials;
  const { replace } = core.loadExtScript("ext:vestibule/01_properties.js");
  const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
  const web = core.loadExtScript("ext:deno_crypto/00_crypto.js");

  /** The largest values of an algorithm's fields. */
  const ALGORITHM_MAX = { __proto__: null, iterations: 2000000, modulusLength: 4096, length: 1048576 };
  const DERIVED_BITS_MAX = 1048576;

  /** A copy of the algorithm with its numbers read once, or a message about the first one too large. */
  function checked(algorithm) {
    if (algorithm === null || typeof algorithm !== "object") return algorithm;
    const copy = ObjectAssign({ __proto__: null }, algorithm);
    for (const name in ALGORITHM_MAX) {
      if (copy[name] === undefined) continue;
      copy[name] = Number(copy[name]);
      atMost(name, copy[name], ALGORITHM_MAX[name]);
    }
    return copy;
  }

  function atMost(name, value, max) {
    if (value > max) throw new TypeError(`crypto.subtle: ${name} must be at most ${max}, got ${value}`);
  }

  function guard(name, check) {
    const prototype = web.SubtleCrypto.prototype;
    const native = prototype[name];
    const { [name]: guarded } = {
      [name](...args) {
        try {
          check(args);
        } catch (error) {
          return PromiseReject(error);
        }
        return ReflectApply(native, this, args);
      },
    };
    replace(prototype, name, guarded);
  }

  function checkAlgorithm(args) {
    if (args.length > 0) args[0] = checked(args[0]);
  }

  guard("generateKey", checkAlgorithm);
  guard("deriveKey", (args) => {
    checkAlgorithm(args);
    if (args.length > 2) args[2] = checked(args[2]);
  });
  guard("deriveBits", (args) => {
    checkAlgorithm(args);
    if (args.length > 2 && args[2] !== null && args[2] !== undefined) {
      args[2] = Number(args[2]);
      atMost("length", args[2], DERIVED_BITS_MAX);
    }
  });

  // The library marks every key with symbols that it remembers by thread, and V8 ends the process over a
  // symbol of another isolate.
  const { registerSymbols } = web.Crypto;
  internals.onEnter = () => {
    ReflectApply(registerSymbols, web.Crypto, [webidl.brand, internals.kKeyObject]);
  };

  return web;
})();

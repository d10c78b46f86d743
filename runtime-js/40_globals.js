// The global object of an action: an allow-list. What is not named here is deleted.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { op_vestibule_charge_buffers } = core.ops;
  const {
    ArrayBuffer: NativeArrayBuffer,
    ArrayBufferIsView,
    Number,
    ObjectDefineProperty,
    RangeError,
    ReflectConstruct,
    ReflectOwnKeys,
    SafeSet,
    SetPrototypeHas,
    SymbolSpecies,
    SymbolToStringTag,
    TypeError,
  } = primordials;
  const { define } = core.loadExtScript("ext:vestibule/01_properties.js");

  /**
   * The language itself, without `WebAssembly` and `SharedArrayBuffer`. `eval` runs nothing here, as `Function` does:
   * packages name it while they load.
   */
  const LANGUAGE = [
    "AggregateError", "Array", "ArrayBuffer", "AsyncDisposableStack", "Atomics", "BigInt",
    "BigInt64Array", "BigUint64Array", "Boolean", "DataView", "Date", "DisposableStack", "Error",
    "EvalError", "FinalizationRegistry", "Float16Array", "Float32Array", "Float64Array", "Function",
    "Infinity", "Int16Array", "Int32Array", "Int8Array", "Intl", "Iterator", "JSON", "Map", "Math",
    "NaN", "Number", "Object", "Promise", "Proxy", "RangeError", "ReferenceError", "Reflect",
    "RegExp", "Set", "String", "SuppressedError", "Symbol", "SyntaxError", "Temporal", "TypeError",
    "URIError", "Uint16Array", "Uint32Array", "Uint8Array", "Uint8ClampedArray", "WeakMap",
    "WeakRef", "WeakSet", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent",
    "escape", "eval", "globalThis", "isFinite", "isNaN", "parseFloat", "parseInt", "undefined", "unescape",
  ];

  /** Web APIs by the script that defines them; a script runs when one of its names is first used. */
  const WEB = {
    __proto__: null,
    "ext:deno_web/00_url.js": ["URL", "URLSearchParams"],
    "ext:deno_web/01_urlpattern.js": ["URLPattern"],
    "ext:deno_web/01_dom_exception.js": ["DOMException", "QuotaExceededError"],
    "ext:deno_web/02_event.js": ["CustomEvent", "ErrorEvent", "Event", "EventTarget", "ProgressEvent"],
    "ext:deno_web/03_abort_signal.js": ["AbortController", "AbortSignal"],
    "ext:deno_web/05_base64.js": ["atob", "btoa"],
    "ext:deno_web/06_streams.js": [
      "ByteLengthQueuingStrategy", "CountQueuingStrategy", "ReadableByteStreamController",
      "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest",
      "ReadableStreamDefaultController", "ReadableStreamDefaultReader", "TransformStream",
      "TransformStreamDefaultController", "WritableStream", "WritableStreamDefaultController",
      "WritableStreamDefaultWriter",
    ],
    "ext:deno_web/08_text_encoding.js": [
      "TextDecoder", "TextDecoderStream", "TextEncoder", "TextEncoderStream",
    ],
    "ext:deno_web/09_file.js": ["Blob", "File"],
    "ext:deno_web/13_message_port.js": ["structuredClone"],
    "ext:deno_web/14_compression.js": ["CompressionStream", "DecompressionStream"],
    "ext:deno_web/15_performance.js": [
      "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "performance",
    ],
    "ext:vestibule/23_crypto.js": ["Crypto", "CryptoKey", "SubtleCrypto", "crypto"],
    "ext:deno_fetch/20_headers.js": ["Headers"],
    "ext:deno_fetch/21_formdata.js": ["FormData"],
    "ext:deno_fetch/23_request.js": ["Request"],
    "ext:deno_fetch/23_response.js": ["Response"],
    "ext:vestibule/22_fetch.js": ["fetch"],
  };

  function install(global) {
    const { console } = core.loadExtScript("ext:vestibule/20_console.js");
    const { functions } = core.loadExtScript("ext:vestibule/21_timers.js");
    define(global, "console", console);
    for (const name in functions) define(global, name, functions[name]);
    define(global, "navigator", makeNavigator());
    define(global, "ArrayBuffer", makeArrayBuffer());
    for (const specifier in WEB) {
      const names = WEB[specifier];
      for (let i = 0; i < names.length; i++) defineLazy(global, names[i], specifier);
    }

    const allowed = new SafeSet([...LANGUAGE, "console", "navigator", SymbolToStringTag]);
    for (const name in functions) allowed.add(name);
    for (const specifier in WEB) WEB[specifier].forEach((name) => allowed.add(name));

    /** Once more on every new isolate: V8 and deno_core leave things on its global object. */
    function clean() {
      const keys = ReflectOwnKeys(global);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i];
        if (!SetPrototypeHas(allowed, key)) delete global[key];
      }
      // V8 adds its own at every start, above ours.
      define(global, "queueMicrotask", functions.queueMicrotask);
    }
    return { clean };
  }

  function defineLazy(global, name, specifier) {
    ObjectDefineProperty(global, name, {
      __proto__: null,
      get() {
        const value = core.loadExtScript(specifier)[name];
        define(global, name, value);
        return value;
      },
      set(value) {
        define(global, name, value);
      },
      enumerable: false,
      configurable: true,
    });
  }

  function makeNavigator() {
    class Navigator {
      constructor() {
        throw new TypeError("Illegal constructor");
      }
      get userAgent() {
        return "Vestibule";
      }
      get language() {
        return "en-US";
      }
    }
    return { __proto__: Navigator.prototype };
  }

  /**
   * `ArrayBuffer`, with resizable buffers charged at their largest size: V8 takes their memory past
   * the allocator that counts all others.
   */
  function makeArrayBuffer() {
    function ArrayBuffer(length, options) {
      if (new.target === undefined) throw new TypeError("Constructor ArrayBuffer requires 'new'");
      const target = new.target === ArrayBuffer ? NativeArrayBuffer : new.target;
      const max = options === null || typeof options !== "object" ? undefined : options.maxByteLength;
      if (max === undefined) return ReflectConstruct(NativeArrayBuffer, [length], target);
      const maxByteLength = Number(max);
      if (maxByteLength > 0 && !op_vestibule_charge_buffers(maxByteLength)) {
        throw new RangeError("Array buffer allocation failed");
      }
      return ReflectConstruct(NativeArrayBuffer, [length, { __proto__: null, maxByteLength }], target);
    }
    const prototype = NativeArrayBuffer.prototype;
    const fixed = { __proto__: null, writable: false, enumerable: false, configurable: false };
    ObjectDefineProperty(ArrayBuffer, "prototype", { ...fixed, __proto__: null, value: prototype });
    ObjectDefineProperty(ArrayBuffer, "length", { __proto__: null, value: 1, configurable: true });
    define(ArrayBuffer, "isView", ArrayBufferIsView);
    ObjectDefineProperty(ArrayBuffer, SymbolSpecies, {
      __proto__: null,
      get: { get [SymbolSpecies]() { return this; } }.__lookupGetter__(SymbolSpecies),
      configurable: true,
    });
    define(prototype, "constructor", ArrayBuffer);
    return ArrayBuffer;
  }

  return { install };
})();

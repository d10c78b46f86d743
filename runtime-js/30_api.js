// Makes `event` and `api` of an execution. Every method of `api` sends its arguments as JSON text to
// Rust, where they are checked and kept: a script holds no command that it could alter.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { op_vestibule_answer, op_vestibule_call } = core.ops;
  const {
    Error,
    ErrorCaptureStackTrace,
    JSONParse,
    JSONStringify,
    NumberIsFinite,
    NumberPrototypeValueOf,
    ObjectDefineProperty,
    ObjectHasOwn,
    PromisePrototypeThen,
    PromiseReject,
    PromiseResolve,
    RangeError,
    StringPrototypeCharCodeAt,
    StringPrototypeSlice,
    TypeError,
  } = primordials;
  const { define } = core.loadExtScript("ext:vestibule/01_properties.js");

  // What a method gives back; the numbers are those of `Returns` in Rust.
  const RETURNS_API = 0;
  const RETURNS_NOTHING = 1;
  const RETURNS_PROMISE = 3;

  // The first character of an answer; the rest is its text.
  const CHANGES = 99; // c: recorded; JSON text of changes of the event
  const PENDING = 112; // p: the number under which to wait for the answer
  const THROW = 101; // e: a digit for the class, then the message
  const VALUE = 118; // v: JSON text
  const UNDEFINED = 117; // u
  const ABORTED = 120; // x
  const CLASSES = { __proto__: null, 0: Error, 1: TypeError, 2: RangeError };

  let event;
  let callBytesMax;

  /** Called by Rust before the action's code runs. `eventValue` is the parsed event. */
  function bind(eventValue, secretsText, shapeText, timersMax, callBytes) {
    event = eventValue;
    callBytesMax = callBytes;
    core.loadExtScript("ext:vestibule/21_timers.js").limit(timersMax);
    // Not enumerable, so that neither `console.log(event)` nor `JSON.stringify(event)` shows them.
    define(event, "secrets", JSONParse(secretsText));
    return makeApi(JSONParse(shapeText));
  }

  function makeApi(shape) {
    const api = {};
    for (let i = 0; i < shape.length; i++) {
      const path = shape[i][0];
      let holder = api;
      for (let depth = 0; depth < path.length - 1; depth++) {
        if (!ObjectHasOwn(holder, path[depth])) define(holder, path[depth], {}, true);
        holder = holder[path[depth]];
      }
      const name = path[path.length - 1];
      define(holder, name, makeMethod(api, i, path, shape[i][1], shape[i][2]), true);
    }
    return api;
  }

  function makeMethod(api, index, path, returns, length) {
    const name = path[path.length - 1];
    const { [name]: method } = {
      [name](...args) {
        if (returns !== RETURNS_PROMISE) return call(args);
        try {
          return PromiseResolve(call(args));
        } catch (error) {
          return PromiseReject(error);
        }
      },
    };
    function call(args) {
      const answer = op_vestibule_call(index, encode(args, path, method));
      const result = decode(answer, method);
      return returns === RETURNS_API ? api : returns === RETURNS_NOTHING ? undefined : result;
    }
    ObjectDefineProperty(method, "length", { __proto__: null, value: length, configurable: true });
    return method;
  }

  /** JSON text of an object by position, so that `undefined` is told from `null`. */
  function encode(args, path, method) {
    const byPosition = { __proto__: null };
    let plain = true;
    for (let i = 0; i < args.length; i++) {
      const type = typeof args[i];
      if (type === "undefined") continue;
      byPosition[i] = args[i];
      if (type !== "string" && type !== "boolean") plain = false;
    }
    let refusal = "";
    const text = plain
      ? JSONStringify(byPosition)
      : JSONStringify(byPosition, function (key, value) {
        // An invalid date is null by now; only its holder still knows.
        if (refusal === "") {
          refusal = value === null && core.isDate(this[key])
            ? "an invalid Date has no form in JSON"
            : whyUnsendable(key, value);
        }
        return refusal === "" ? value : undefined;
      });
    if (refusal !== "") throw located(new TypeError(`api.${dotted(path)}: ${refusal}`), method);
    if (text.length > callBytesMax) {
      throw located(
        new RangeError(
          `api.${dotted(path)}: the arguments take ${text.length} characters as JSON, more than ${callBytesMax}`,
        ),
        method,
      );
    }
    return text;
  }

  /** Why a value cannot be sent: JSON would drop or change it without a word. `""` where it can. */
  function whyUnsendable(key, value) {
    const what = unsendable(value);
    if (what === "") return "";
    return `${what} (at "${StringPrototypeSlice(key, 0, 100)}")`;
  }

  function unsendable(value) {
    switch (typeof value) {
      case "number":
        return NumberIsFinite(value) ? "" : `the number ${value} has no form in JSON`;
      case "bigint":
        return "a BigInt has no form in JSON; send it as a string";
      case "symbol":
        return "a symbol has no form in JSON";
      case "function":
        return "a function has no form in JSON";
      case "object":
        if (value === null) return "";
        if (core.isPromise(value)) return "a Promise was given; is an await missing?";
        if (core.isMap(value)) return "a Map has no form in JSON; use Object.fromEntries";
        if (core.isSet(value)) return "a Set has no form in JSON; use an array";
        if (core.isAnyArrayBuffer(value) || core.isArrayBufferView(value)) {
          return "binary data has no form in JSON; encode it as a string";
        }
        if (core.isBoxedPrimitive(value)) return unsendableBoxed(value);
        if (
          core.isWeakMap(value) || core.isWeakSet(value) || core.isMapIterator(value) ||
          core.isSetIterator(value) || core.isGeneratorObject(value) || typeof value.next === "function"
        ) return "a weak collection or an iterator has no form in JSON";
        if (core.isRegExp(value)) return "a RegExp has no form in JSON; send its source";
        if (core.isNativeError(value)) return "an Error has no form in JSON; send its message";
        return "";
      default:
        return "";
    }
  }

  function unsendableBoxed(value) {
    if (core.isNumberObject(value)) return unsendable(NumberPrototypeValueOf(value));
    if (core.isSymbolObject(value)) return "a symbol has no form in JSON";
    return core.isBigIntObject(value) ? "a BigInt has no form in JSON; send it as a string" : "";
  }

  function decode(answer, method) {
    if (answer === "") return undefined;
    const text = StringPrototypeSlice(answer, 1);
    switch (StringPrototypeCharCodeAt(answer, 0)) {
      case VALUE:
        return JSONParse(text);
      case CHANGES:
        try {
          change(JSONParse(text));
        } catch {
          // The script froze its event, or put something strange there. The command stands.
        }
        return undefined;
      case PENDING:
        return PromisePrototypeThen(op_vestibule_answer(+text), (later) => decode(later, undefined));
      case THROW: {
        const error = new CLASSES[text[0]](StringPrototypeSlice(text, 1));
        throw method === undefined ? error : located(error, method);
      }
      case ABORTED:
        // Rust has asked V8 to end this execution; V8 does so at the next turn of a loop.
        for (;;);
      case UNDEFINED:
      default:
        return undefined;
    }
  }

  /** Lets the error's stack start at the line that called the method. */
  function located(error, method) {
    ErrorCaptureStackTrace(error, method);
    return error;
  }

  function change(changes) {
    for (let i = 0; i < changes.length; i++) {
      const { path, value } = changes[i];
      let holder = event;
      for (let depth = 0; depth < path.length - 1; depth++) {
        const inner = ObjectHasOwn(holder, path[depth]) ? holder[path[depth]] : undefined;
        if (inner === null || typeof inner !== "object") define(holder, path[depth], {}, true);
        holder = holder[path[depth]];
      }
      const name = path[path.length - 1];
      if (ObjectHasOwn(changes[i], "value")) define(holder, name, value, true);
      else delete holder[name];
    }
  }

  function dotted(path) {
    let text = path[0];
    for (let i = 1; i < path.length; i++) text += `.${path[i]}`;
    return text;
  }

  return { bind };
})();

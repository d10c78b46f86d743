// How the scripts of `native` ask Rust: a request as JSON text, bytes beside it, and one answer. What they
// give to programs must lead nowhere else: objects without a prototype, and methods that use nothing a
// script can replace. Rust freezes both before a program sees them (see `native` in 00_bootstrap.js).
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { op_vestibule_answer, op_vestibule_native } = core.ops;
  const {
    Error,
    JSONParse,
    JSONStringify,
    PromisePrototypeThen,
    PromiseReject,
    RangeError,
    StringPrototypeCharCodeAt,
    StringPrototypeSlice,
    TypeError,
    TypedArrayPrototypeGetSymbolToStringTag,
    Uint8Array,
  } = primordials;
  const { define } = core.loadExtScript("ext:vestibule/01_properties.js");

  const REQUEST_CHARS_MAX = 262144;
  const NOTHING = new Uint8Array(0);
  const ABORTED = 120; // x
  const PENDING = 112; // p
  const VALUE = 118; // v
  const THROW = 101; // e
  const CLASSES = { __proto__: null, Error, RangeError, TypeError };

  /** What Rust's side of the part answers: bytes, or a value. */
  function ask(part, request, first, second, third) {
    const text = requestText(part, request);
    const answer = op_vestibule_native(part, text, bytes(part, first), bytes(part, second), bytes(part, third));
    if (typeof answer !== "string") return new Uint8Array(answer);
    const kind = StringPrototypeCharCodeAt(answer, 0);
    // Rust has asked V8 to end this execution; V8 does so at the next turn of a loop.
    if (kind === ABORTED) for (;;);
    const value = JSONParse(StringPrototypeSlice(answer, 1));
    if (kind === THROW) throw failure(value);
    return value;
  }

  function requestText(part, request) {
    const text = JSONStringify(request);
    if (typeof text !== "string") throw new TypeError(`vestibule:${part}: the request must be an object`);
    if (text.length > REQUEST_CHARS_MAX) throw new RangeError(`vestibule:${part}: the request is too long`);
    return text;
  }

  /** As `ask`, for answers that take time. */
  function askLater(part, request) {
    const answer = op_vestibule_native(part, requestText(part, request), NOTHING, NOTHING, NOTHING);
    if (StringPrototypeCharCodeAt(answer, 0) !== PENDING) return PromiseReject(later(answer));
    return PromisePrototypeThen(op_vestibule_answer(+StringPrototypeSlice(answer, 1)), (text) => {
      const kind = StringPrototypeCharCodeAt(text, 0);
      if (kind === THROW) throw later(text);
      return kind === VALUE ? JSONParse(StringPrototypeSlice(text, 1)) : undefined;
    });
  }

  /** The error of an answer that took time: a digit for the class, which does not matter here, then the message. */
  function later(answer) {
    return new Error(StringPrototypeSlice(answer, 2));
  }

  function bytes(part, value) {
    if (value === undefined || value === null) return NOTHING;
    // Read past what a script may have put on the object.
    if (!core.isArrayBufferView(value) || TypedArrayPrototypeGetSymbolToStringTag(value) !== "Uint8Array") {
      throw new TypeError(`vestibule:${part}: bytes must be a Uint8Array`);
    }
    return value;
  }

  function failure({ class: name, message, ...details }) {
    const error = new CLASSES[name](message);
    for (const detail in details) define(error, detail, details[detail], true);
    return error;
  }

  /** A part that has this one method. */
  function part(name) {
    return {
      __proto__: null,
      ask(request, first = undefined, second = undefined, third = undefined) {
        return ask(name, request, first, second, third);
      },
    };
  }

  return { askLater, part };
})();

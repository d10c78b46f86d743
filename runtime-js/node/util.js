// `util`: formatting is the console's own, which the engine has anyway; the rest is small.
import native from "vestibule:inspect";
import types from "node:util/types";
import { checkFunction, coded, invalidArgType, unsupportedFunction } from "node:internal/errors";
import { isDeepEqual } from "node:internal/equal";
import { errno } from "node:internal/errno";
import { lazyClass } from "node:internal/web";

export { types };

/** Characters of one text of `inspect` and `format`; a console line has far fewer. */
const INSPECT_CHARS_MAX = 1048576;
const CUSTOM_PROMISE = Symbol.for("nodejs.util.promisify.custom");

const COLORS = {
  __proto__: null, reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
  hidden: [8, 28], strikethrough: [9, 29], black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39],
  magenta: [35, 39], cyan: [36, 39], white: [37, 39], gray: [90, 39], grey: [90, 39], bgBlack: [40, 49], bgRed: [41, 49],
  bgGreen: [42, 49], bgYellow: [43, 49], bgBlue: [44, 49], bgMagenta: [45, 49], bgCyan: [46, 49], bgWhite: [47, 49],
};

export function inspect(value, options, depth) {
  const given = typeof options === "object" && options !== null ? options : {};
  const legacy = typeof options === "boolean" ? { showHidden: options } : {};
  if (depth !== undefined && typeof options !== "object") legacy.depth = depth;
  return native.inspect(value, { ...inspect.defaultOptions, budget: INSPECT_CHARS_MAX, ...given, ...legacy });
}
inspect.custom = Symbol.for("nodejs.util.inspect.custom");
inspect.colors = COLORS;
inspect.styles = Object.assign(Object.create(null), {
  special: "cyan", number: "yellow", bigint: "yellow", boolean: "yellow", undefined: "grey", null: "bold", string: "green",
  symbol: "green", date: "magenta", regexp: "red", module: "underline",
});
inspect.defaultOptions = {
  showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100, maxStringLength: 10000,
  breakLength: 128, compact: 3, sorted: false, getters: false, numericSeparator: false,
};

export function format(...args) {
  return native.format(args, { budget: INSPECT_CHARS_MAX });
}

export function formatWithOptions(options, ...args) {
  if (typeof options !== "object" || options === null) throw invalidArgType("inspectOptions", "object", options);
  return native.format(args, { budget: INSPECT_CHARS_MAX, ...options });
}

export function promisify(original) {
  checkFunction(original, "original");
  if (original[CUSTOM_PROMISE] !== undefined) {
    checkFunction(original[CUSTOM_PROMISE], "util.promisify.custom");
    return Object.defineProperty(original[CUSTOM_PROMISE], CUSTOM_PROMISE, { value: original[CUSTOM_PROMISE], configurable: true });
  }
  // A timer calls back without an error before the value.
  if (original === globalThis.setTimeout) return (delay, value) => new Promise((resolve) => original(resolve, delay, value));
  function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
  return Object.defineProperty(promised, CUSTOM_PROMISE, { value: promised, configurable: true });
}
promisify.custom = CUSTOM_PROMISE;

export function callbackify(original) {
  checkFunction(original, "original");
  function calledBack(...args) {
    const callback = args.pop();
    checkFunction(callback, "last argument");
    // In microtasks of their own, so that what the callback throws is nobody's rejection.
    Reflect.apply(original, this, args).then(
      (value) => queueMicrotask(() => Reflect.apply(callback, this, [null, value])),
      (reason) => queueMicrotask(() => Reflect.apply(callback, this, [reason || falsy(reason)])),
    );
  }
  const properties = Object.getOwnPropertyDescriptors(original);
  if (typeof properties.length.value === "number") properties.length.value++;
  if (typeof properties.name.value === "string") properties.name.value += "Callbackified";
  return Object.defineProperties(calledBack, properties);
}

function falsy(reason) {
  return coded(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", { reason });
}

export function inherits(constructor, parent) {
  checkFunction(constructor, "ctor");
  checkFunction(parent, "superCtor");
  if (parent.prototype === undefined) throw invalidArgType("superCtor.prototype", "Object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

/** The function itself: its author's warning is not for whoever runs the action. */
export function deprecate(original) {
  checkFunction(original, "fn");
  return original;
}

/** Switched on by the variable NODE_DEBUG, which an action does not have. */
export function debuglog() {
  return Object.assign(() => {}, { enabled: false });
}
export const debug = debuglog;

export function isDeepStrictEqual(a, b) {
  return isDeepEqual(a, b, true);
}

export function stripVTControlCharacters(text) {
  if (typeof text !== "string") throw invalidArgType("str", "string", text);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u001b\u009b][[\]()#;?]*(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001b\u005c|\u009c)|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g, "");
}

export function styleText(styles, text) {
  return [styles].flat().reduceRight((styled, name) => {
    if (COLORS[name] === undefined) throw coded(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'format' is no style: ${name}`);
    return `\u001b[${COLORS[name][0]}m${styled}\u001b[${COLORS[name][1]}m`;
  }, text);
}

export function toUSVString(text) {
  return `${text}`.toWellFormed();
}

export function getSystemErrorName(number) {
  return Object.keys(errno).find((name) => errno[name] === -number);
}

export function getSystemErrorMap() {
  return new Map(Object.entries(errno).map(([name, number]) => [-number, [name, name]]));
}

export async function aborted(signal, resource) {
  if (typeof resource !== "object" || resource === null) throw invalidArgType("resource", "Object", resource);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

export function transferableAbortController() {
  return new AbortController();
}

export function transferableAbortSignal(signal) {
  return signal;
}

export function _extend(target, source) {
  return typeof source === "object" && source !== null ? Object.assign(target, source) : target;
}

export function _errnoException(number, syscall, original) {
  const code = getSystemErrorName(number) ?? `Unknown system error ${number}`;
  const message = original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`;
  return coded(Error, code, message, { errno: number, syscall });
}

export function parseArgs(config) {
  return unsupportedFunction("util.parseArgs", "it is called by an event, not with a command line")(config);
}

export const { isArray } = Array;
export const { isDate, isNativeError, isRegExp } = types;
export const isBoolean = (value) => typeof value === "boolean";
export const isBuffer = (value) => value instanceof Uint8Array && value.constructor?.name === "Buffer";
export const isError = (value) => isNativeError(value) || value instanceof Error;
export const isFunction = (value) => typeof value === "function";
export const isNull = (value) => value === null;
export const isNullOrUndefined = (value) => value === null || value === undefined;
export const isNumber = (value) => typeof value === "number";
export const isObject = (value) => value !== null && typeof value === "object";
export const isPrimitive = (value) => value === null || (typeof value !== "object" && typeof value !== "function");
export const isString = (value) => typeof value === "string";
export const isSymbol = (value) => typeof value === "symbol";
export const isUndefined = (value) => value === undefined;

export function log(...args) {
  console.log(...args);
}

const util = {
  _errnoException, _extend, aborted, callbackify, debug, debuglog, deprecate, format, formatWithOptions, getSystemErrorMap,
  getSystemErrorName, inherits, inspect, isArray, isBoolean, isBuffer, isDate, isDeepStrictEqual, isError, isFunction, isNull,
  isNullOrUndefined, isNumber, isObject, isPrimitive, isRegExp, isString, isSymbol, isUndefined, log, parseArgs, promisify,
  stripVTControlCharacters, styleText, toUSVString, transferableAbortController, transferableAbortSignal, types,
  // Read when asked for, because the first look at a Web API loads it.
  get TextDecoder() {
    return globalThis.TextDecoder;
  },
  get TextEncoder() {
    return globalThis.TextEncoder;
  },
};
export { util as default, util as "module.exports" };
export const TextDecoder = /* @__PURE__ */ lazyClass("TextDecoder");
export const TextEncoder = /* @__PURE__ */ lazyClass("TextEncoder");

// `assert`: the checks, and errors that show both sides.
import { inspect } from "node:util";
import types from "node:util/types";
import { coded, invalidArgType, invalidArgValue, missingArgs } from "node:internal/errors";
import { isDeepEqual } from "node:internal/equal";

const SHOWN_LINES_MAX = 50;
const TITLES = {
  __proto__: null,
  deepEqual: "Expected values to be loosely deep-equal:",
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  equal: "Expected values to be loosely equal:",
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notEqual: 'Expected "actual" to be loosely unequal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  strictEqual: "Expected values to be strictly equal:",
};

export class AssertionError extends Error {
  constructor(options) {
    if (typeof options !== "object" || options === null) throw invalidArgType("options", "Object", options);
    const { actual, expected, message, operator, stackStartFn } = options;
    super(message === undefined ? describe(actual, expected, operator) : String(message));
    Object.assign(this, { generatedMessage: message === undefined, code: "ERR_ASSERTION", actual, expected, operator });
    Object.defineProperty(this, "name", { value: "AssertionError", writable: true, configurable: true });
    Error.captureStackTrace(this, stackStartFn);
  }
}

function describe(actual, expected, operator) {
  const title = TITLES[operator];
  if (title === undefined) return "Failed";
  const left = shown(actual);
  const right = shown(expected);
  if (left.length === 1 && right.length === 1) {
    if (operator === "equal") return `${left[0]} == ${right[0]}`;
    if (operator === "notEqual") return `${left[0]} != ${right[0]}`;
    if (operator === "strictEqual") return `${title}\n\n${left[0]} !== ${right[0]}\n`;
  }
  if (operator.startsWith("not")) return left.length === 1 ? `${title} ${left[0]}` : `${title}\n\n${left.join("\n")}`;
  return `${title}\n+ actual - expected\n\n${differences(left, right).slice(0, SHOWN_LINES_MAX).join("\n")}`;
}

function shown(value) {
  return inspect(value, { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, breakLength: Infinity }).split("\n");
}

/** Lines of both texts: the equal ones at the beginning and end once, between them the one's and the other's. */
function differences(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  return [
    ...left.slice(0, start).map((line) => `  ${line}`),
    ...left.slice(start, left.length - end).map((line) => `+ ${line}`),
    ...right.slice(start, right.length - end).map((line) => `- ${line}`),
    ...left.slice(left.length - end).map((line) => `  ${line}`),
  ];
}

function fails(actual, expected, message, operator, stackStartFn) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ actual, expected, message, operator, stackStartFn });
}

function truthy(args, stackStartFn) {
  if (args.length === 0) {
    fails(undefined, true, "No value argument passed to `assert.ok()`", "==", stackStartFn);
  }
  if (args[0]) return;
  fails(args[0], true, args[1] ?? "The expression evaluated to a falsy value", "==", stackStartFn);
}

function assert(...args) {
  truthy(args, assert);
}

export function ok(...args) {
  truthy(args, ok);
}

export function fail(message = "Failed") {
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, operator: "fail", stackStartFn: fail });
}

/** A check of two values: fails where `holds` is not what it should be. */
function comparison(operator, holds) {
  const { [operator]: check } = {
    [operator](...args) {
      if (args.length < 2) throw missingArgs("actual", "expected");
      const [actual, expected, message] = args;
      if (!holds(actual, expected)) fails(actual, expected, message, operator, check);
    },
  };
  return check;
}

// eslint-disable-next-line eqeqeq -- loose is what the name says
const isEqual = (a, b) => a == b || (a !== a && b !== b);
export const equal = comparison("equal", isEqual);
export const notEqual = comparison("notEqual", (a, b) => !isEqual(a, b));
export const strictEqual = comparison("strictEqual", Object.is);
export const notStrictEqual = comparison("notStrictEqual", (a, b) => !Object.is(a, b));
export const deepEqual = comparison("deepEqual", (a, b) => isDeepEqual(a, b, false));
export const notDeepEqual = comparison("notDeepEqual", (a, b) => !isDeepEqual(a, b, false));
export const deepStrictEqual = comparison("deepStrictEqual", (a, b) => isDeepEqual(a, b, true));
export const notDeepStrictEqual = comparison("notDeepStrictEqual", (a, b) => !isDeepEqual(a, b, true));

export function match(text, pattern, message) {
  matches(text, pattern, message, true, match);
}

export function doesNotMatch(text, pattern, message) {
  matches(text, pattern, message, false, doesNotMatch);
}

function matches(text, pattern, message, expected, stackStartFn) {
  if (!types.isRegExp(pattern)) throw invalidArgType("regexp", "RegExp", pattern);
  if (typeof text === "string" && (pattern.exec(text) !== null) === expected) return;
  const what = typeof text !== "string"
    ? `The "string" argument must be of type string. Received ${inspect(text)}`
    : `The input ${expected ? "did not match" : "was expected to not match"} the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
  fails(text, pattern, message ?? what, stackStartFn.name, stackStartFn);
}

export function ifError(value) {
  if (value === null || value === undefined) return;
  const what = typeof value === "object" && typeof value.message === "string" ? value.message || value.constructor?.name : inspect(value);
  throw new AssertionError({
    actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${what}`, stackStartFn: ifError,
  });
}

export function throws(run, ...rest) {
  expectThrown(thrownBy(run), rest, "throws", throws);
}

export function doesNotThrow(run, ...rest) {
  expectNothing(thrownBy(run), rest, "doesNotThrow", doesNotThrow);
}

export async function rejects(promise, ...rest) {
  expectThrown(await rejectedBy(promise), rest, "rejects", rejects);
}

export async function doesNotReject(promise, ...rest) {
  expectNothing(await rejectedBy(promise), rest, "doesNotReject", doesNotReject);
}

function thrownBy(run) {
  if (typeof run !== "function") throw invalidArgType("fn", "function", run);
  try {
    run();
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function rejectedBy(promise) {
  const awaited = typeof promise === "function" ? promise() : promise;
  if (typeof awaited?.then !== "function") throw invalidArgType("promiseFn", ["function", "Promise"], promise);
  try {
    await awaited;
    return undefined;
  } catch (error) {
    return { error };
  }
}

function expectThrown(thrown, [expected, message], operator, stackStartFn) {
  if (typeof expected === "string") [expected, message] = [undefined, expected];
  const what = operator === "rejects" ? "rejection" : "exception";
  if (thrown === undefined) {
    const name = expected?.name ? ` (${expected.name})` : "";
    const ending = message === undefined || message instanceof Error ? "." : `: ${message}`;
    fails(undefined, expected, message instanceof Error ? message : `Missing expected ${what}${name}${ending}`, operator, stackStartFn);
  }
  if (expected !== undefined) expectError(thrown.error, expected, message, operator, stackStartFn);
}

function expectNothing(thrown, [expected, message], operator, stackStartFn) {
  if (thrown === undefined) return;
  if (typeof expected === "string") [expected, message] = [undefined, expected];
  if (typeof expected === "function" && !(thrown.error instanceof expected)) throw thrown.error;
  const what = operator === "doesNotReject" ? "rejection" : "exception";
  const given = `Got unwanted ${what}${message === undefined ? "." : `: ${message}`}`;
  fails(thrown.error, expected, `${given}\nActual message: "${thrown.error?.message}"`, operator, stackStartFn);
}

function expectError(error, expected, message, operator, stackStartFn) {
  if (typeof expected === "function") {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (Error.isPrototypeOf(expected)) throw error;
    if (Reflect.apply(expected, {}, [error]) === true) return;
    const what = `The ${expected.name ? `"${expected.name}" ` : ""}validation function is expected to return "true".`;
    fails(error, expected, message ?? what, operator, stackStartFn);
  } else if (types.isRegExp(expected)) {
    if (expected.exec(String(error)) !== null) return;
    fails(error, expected, message ?? `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(error))}\n`,
      operator, stackStartFn);
  } else if (typeof expected === "object" && expected !== null) {
    const keys = expected instanceof Error ? ["name", "message", ...Object.keys(expected)] : Object.keys(expected);
    if (keys.length === 0) throw invalidArgValue("error", expected, "may not be an empty object");
    const isSame = keys.every((key) => {
      const isPattern = types.isRegExp(expected[key]) && typeof error?.[key] === "string";
      return isPattern ? expected[key].exec(error[key]) !== null : key in Object(error) && isDeepEqual(error[key], expected[key], true);
    });
    if (isSame) return;
    const part = Object.fromEntries(keys.map((key) => [key, error?.[key]]));
    fails(error, expected, message ?? describe(part, { ...expected, ...pick(expected, keys) }, "deepStrictEqual"), operator, stackStartFn);
  } else {
    throw invalidArgType("expected", ["Function", "Error", "RegExp", "Object"], expected);
  }
}

function pick(value, keys) {
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}

export function CallTracker() {
  throw coded(Error, "ERR_VESTIBULE_UNSUPPORTED", "assert.CallTracker is not available in an action: count the calls in a variable");
}

const checks = { AssertionError, CallTracker, doesNotMatch, doesNotReject, doesNotThrow, fail, ifError, match, ok, rejects, throws };
const strictChecks = { deepStrictEqual, notDeepStrictEqual, notStrictEqual, strictEqual };
export const strict = Object.assign((...args) => truthy(args, strict), checks, strictChecks, {
  deepEqual: deepStrictEqual, equal: strictEqual, notDeepEqual: notDeepStrictEqual, notEqual: notStrictEqual,
});
strict.strict = strict;
Object.assign(assert, checks, strictChecks, { deepEqual, equal, notDeepEqual, notEqual, strict });
export { assert as default, assert as "module.exports" };

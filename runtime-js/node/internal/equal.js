// Deep equality, strict and loose, as `assert` and `util` define it.
import types from "node:util/types";

/** Whether two values have the same shape and content; `strict` also compares types and prototypes. */
export function isDeepEqual(a, b, strict) {
  return equal(a, b, strict, new Map());
}

function equal(a, b, strict, pairs) {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  if (!isObject(a) || !isObject(b)) return equalPrimitives(a, b, strict);
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  if (Array.isArray(a) !== Array.isArray(b) || !equalInside(a, b, strict)) return false;
  // A pair that is being compared further up is equal unless something else differs.
  if (pairs.get(a) === b) return true;
  const before = pairs.get(a);
  pairs.set(a, b);
  const result = equalContents(a, b, strict, pairs);
  if (before === undefined) pairs.delete(a);
  else pairs.set(a, before);
  return result;
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function equalPrimitives(a, b, strict) {
  if (isObject(a) || isObject(b)) return false;
  if (a !== a && b !== b) return true;
  if (strict || typeof a === "function" || typeof b === "function") return false;
  // eslint-disable-next-line eqeqeq -- loose is what was asked for
  return a == b;
}

/** What is not in properties: the value of a date, the text of a regular expression, bytes. */
function equalInside(a, b, strict) {
  if (types.isDate(a)) return types.isDate(b) && Object.is(a.getTime(), b.getTime());
  if (types.isRegExp(a)) return types.isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  if (types.isNativeError(a) || a instanceof Error) {
    return (types.isNativeError(b) || b instanceof Error) && a.message === b.message && a.name === b.name;
  }
  if (types.isAnyArrayBuffer(a)) return types.isAnyArrayBuffer(b) && equalBytes(new Uint8Array(a), new Uint8Array(b));
  if (ArrayBuffer.isView(a)) {
    if (!ArrayBuffer.isView(b) || a.byteLength !== b.byteLength) return false;
    if (!strict && (types.isFloat32Array(a) || types.isFloat64Array(a))) return a.every((value, i) => value === b[i]);
    return equalBytes(bytesOf(a), bytesOf(b));
  }
  if (types.isBoxedPrimitive(a)) {
    return types.isBoxedPrimitive(b) && (Object.is(a.valueOf(), b.valueOf()) || a.toString() === b.toString());
  }
  return types.isSet(a) === types.isSet(b) && types.isMap(a) === types.isMap(b);
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function equalBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function equalContents(a, b, strict, pairs) {
  const keys = keysOf(a, strict);
  if (keys.length !== keysOf(b, strict).length || (Array.isArray(a) && a.length !== b.length)) return false;
  for (const key of keys) {
    if (!Object.prototype.propertyIsEnumerable.call(b, key) || !equal(a[key], b[key], strict, pairs)) return false;
  }
  if (types.isSet(a)) return equalSets(a, b, strict, pairs);
  if (types.isMap(a)) return equalMaps(a, b, strict, pairs);
  return true;
}

function keysOf(value, strict) {
  const keys = ArrayBuffer.isView(value) && !types.isDataView(value)
    ? Object.keys(value).slice(value.length)
    : Object.keys(value);
  if (!strict) return keys;
  const symbols = Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  return [...keys, ...symbols];
}

function equalSets(a, b, strict, pairs) {
  if (a.size !== b.size) return false;
  const rest = new Set([...b].filter((value) => !a.has(value)));
  for (const value of a) {
    if (!b.has(value) && !takeEqual(rest, (other) => equal(value, other, strict, pairs))) return false;
  }
  return true;
}

function equalMaps(a, b, strict, pairs) {
  if (a.size !== b.size) return false;
  const rest = new Set([...b].filter(([key]) => !a.has(key)));
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!equal(value, b.get(key), strict, pairs)) return false;
    } else if (!takeEqual(rest, ([other, its]) => equal(key, other, strict, pairs) && equal(value, its, strict, pairs))) {
      return false;
    }
  }
  return true;
}

function takeEqual(rest, isEqual) {
  for (const candidate of rest) {
    if (isEqual(candidate)) return rest.delete(candidate);
  }
  return false;
}

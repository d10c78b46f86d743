// `util/types`: asked of the engine, which cannot be deceived by what a value says of itself.
import native from "vestibule:inspect";

export const {
  isAnyArrayBuffer, isArgumentsObject, isArrayBuffer, isAsyncFunction, isBigIntObject, isBooleanObject, isDataView, isDate,
  isGeneratorFunction, isGeneratorObject, isMap, isMapIterator, isModuleNamespaceObject, isNativeError, isNumberObject, isPromise,
  isProxy, isRegExp, isSet, isSetIterator, isSharedArrayBuffer, isStringObject, isSymbolObject, isTypedArray, isWeakMap, isWeakSet,
} = native.types;

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

function isArrayOf(tag) {
  return (value) => typeof value === "object" && value !== null && tagOf.call(value) === tag;
}

export const isBigInt64Array = isArrayOf("BigInt64Array");
export const isBigUint64Array = isArrayOf("BigUint64Array");
export const isFloat32Array = isArrayOf("Float32Array");
export const isFloat64Array = isArrayOf("Float64Array");
export const isInt8Array = isArrayOf("Int8Array");
export const isInt16Array = isArrayOf("Int16Array");
export const isInt32Array = isArrayOf("Int32Array");
export const isUint8Array = isArrayOf("Uint8Array");
export const isUint8ClampedArray = isArrayOf("Uint8ClampedArray");
export const isUint16Array = isArrayOf("Uint16Array");
export const isUint32Array = isArrayOf("Uint32Array");
export const { isView: isArrayBufferView } = ArrayBuffer;

export function isBoxedPrimitive(value) {
  return isNumberObject(value) || isStringObject(value) || isBooleanObject(value) || isBigIntObject(value) || isSymbolObject(value);
}

export function isCryptoKey(value) {
  return typeof value === "object" && value !== null && value instanceof globalThis.CryptoKey;
}

export function isKeyObject(value) {
  return typeof value === "object" && value?.constructor?.name === "KeyObject";
}

export function isExternal() {
  return false;
}

const types = {
  isAnyArrayBuffer, isArgumentsObject, isArrayBuffer, isArrayBufferView, isAsyncFunction, isBigInt64Array, isBigIntObject,
  isBigUint64Array, isBooleanObject, isBoxedPrimitive, isCryptoKey, isDataView, isDate, isExternal, isFloat32Array, isFloat64Array,
  isGeneratorFunction, isGeneratorObject, isInt16Array, isInt32Array, isInt8Array, isKeyObject, isMap, isMapIterator,
  isModuleNamespaceObject, isNativeError, isNumberObject, isPromise, isProxy, isRegExp, isSet, isSetIterator, isSharedArrayBuffer,
  isStringObject, isSymbolObject, isTypedArray, isUint16Array, isUint32Array, isUint8Array, isUint8ClampedArray, isWeakMap, isWeakSet,
};
export { types as default, types as "module.exports" };

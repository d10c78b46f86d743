// `vestibule:inspect`: what the console prints, and what a value really is, as V8 sees it.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { ArrayIsArray, ObjectFreeze, TypeError } = primordials;
  const { format, inspect } = core.loadExtScript("ext:vestibule/10_inspect.js");

  const NAMES = [
    "isAnyArrayBuffer", "isArgumentsObject", "isArrayBuffer", "isAsyncFunction", "isBigIntObject", "isBooleanObject", "isDataView",
    "isDate", "isGeneratorFunction", "isGeneratorObject", "isMap", "isMapIterator", "isModuleNamespaceObject", "isNativeError",
    "isNumberObject", "isPromise", "isProxy", "isRegExp", "isSet", "isSetIterator", "isSharedArrayBuffer", "isStringObject",
    "isSymbolObject", "isTypedArray", "isWeakMap", "isWeakSet",
  ];
  const types = { __proto__: null };
  for (let i = 0; i < NAMES.length; i++) {
    const name = NAMES[i];
    const native = core[name];
    // Of our own, so that nothing can be put on what our other files use.
    types[name] = ObjectFreeze({
      [name](value) {
        return native(value);
      },
    }[name]);
  }

  return {
    __proto__: null,
    types,
    /** The text for one value; `options` are those of Node. */
    inspect(value, options = undefined) {
      return inspect(value, options);
    },
    /** The text of a line of the console with these arguments, which are in a list. */
    format(args, options = undefined) {
      if (!ArrayIsArray(args)) throw new TypeError("vestibule:inspect: the arguments must be a list");
      return format(args, options);
    },
  };
})();

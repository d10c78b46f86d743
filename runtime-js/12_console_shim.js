// Takes the place of deno_web's `01_console.js`: of its exports, the Web API files use `createFilteredInspectProxy`
// alone. Our console does the printing (see 10_inspect.js), so the rest of that file would only enlarge the snapshot.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { ObjectGetPrototypeOf, ObjectSetPrototypeOf, ReflectDefineProperty, ReflectGetOwnPropertyDescriptor } = primordials;
  const { isProxy } = core;
  const PROTOTYPES_MAX = 1000;

  /**
   * The part of a Web API object that is worth showing: an object of the same class name whose own properties are
   * `keys`. With `evaluate` their values are read; without (the object is a prototype) accessors stay accessors.
   */
  function createFilteredInspectProxy({ object, keys, evaluate }) {
    const name = constructorName(object);
    const shown = class {};
    ReflectDefineProperty(shown, "name", { __proto__: null, value: name });
    const result = new shown();
    for (let i = 0; i < keys.length; i++) {
      const found = evaluate ? undefined : findDescriptor(object, keys[i]);
      ReflectDefineProperty(result, keys[i], found ?? evaluated(object, keys[i]));
    }
    return result;
  }

  function constructorName(object) {
    const constructor = findDescriptor(object, "constructor")?.value;
    if (typeof constructor !== "function") return "";
    const name = findDescriptor(constructor, "name")?.value;
    return typeof name === "string" ? name : "";
  }

  function evaluated(object, key) {
    return { __proto__: null, configurable: true, enumerable: true, writable: true, value: object[key] };
  }

  function findDescriptor(object, key) {
    for (let hops = 0; object !== null && hops < PROTOTYPES_MAX && !isProxy(object); hops++) {
      const descriptor = ReflectGetOwnPropertyDescriptor(object, key);
      // Without its prototype, so that the tenant's Object.prototype cannot add a getter to it.
      if (descriptor !== undefined) return ObjectSetPrototypeOf(descriptor, null);
      object = ObjectGetPrototypeOf(object);
    }
    return undefined;
  }

  return { createFilteredInspectProxy };
})();

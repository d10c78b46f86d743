// How the other files put properties on objects that scripts see.
(function () {
  "use strict";
  const { primordials } = __bootstrap;
  const { ObjectDefineProperty, ReflectDefineProperty, ReflectGetOwnPropertyDescriptor } = primordials;

  /** An ordinary property, whatever a script has done to the prototypes. */
  function define(object, name, value, enumerable = false) {
    ObjectDefineProperty(object, name, {
      __proto__: null,
      value,
      writable: true,
      enumerable,
      configurable: true,
    });
  }

  /** Puts the guard where the original was, with the attributes of the original and of its name and length. */
  function replace(holder, name, guard) {
    const original = holder[name];
    const attributes = ["length", "name"];
    for (let i = 0; i < attributes.length; i++) {
      ReflectDefineProperty(guard, attributes[i], ReflectGetOwnPropertyDescriptor(original, attributes[i]));
    }
    const descriptor = ReflectGetOwnPropertyDescriptor(holder, name);
    descriptor.value = guard;
    ReflectDefineProperty(holder, name, descriptor);
  }

  return { define, replace };
})();

/**
 * A class of the global object that is looked at only when it is used: the first look at a Web API loads it, and
 * most programs that load a built-in module never get that far.
 */
export function lazyClass(name) {
  const Class = new Proxy(function () {}, {
    get: (_, key) => Reflect.get(globalThis[name], key),
    has: (_, key) => Reflect.has(globalThis[name], key),
    construct: (_, args, target) => Reflect.construct(globalThis[name], args, target === Class ? globalThis[name] : target),
  });
  return Class;
}

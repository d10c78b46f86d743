// `fetch`, with the line of the action that called it in the stack of a failure: the failure itself is
// made much later, when no line of the action is running.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const {
    ErrorCaptureStackTrace,
    FunctionPrototypeBind,
    ObjectDefineProperty,
    ObjectPrototypeIsPrototypeOf,
    PromisePrototypeThen,
    PromiseReject,
    TypeError,
    TypeErrorPrototype,
  } = primordials;
  const { define } = core.loadExtScript("ext:vestibule/01_properties.js");

  function fetch(input, init = undefined) {
    const { fetch: webFetch } = core.loadExtScript("ext:deno_fetch/26_fetch.js");
    const failure = new TypeError();
    ErrorCaptureStackTrace(failure, fetch);
    return PromisePrototypeThen(webFetch(input, init), undefined, (error) => {
      // Aborts have reasons of their own, which must arrive as they are.
      if (!ObjectPrototypeIsPrototypeOf(TypeErrorPrototype, error)) return PromiseReject(error);
      define(failure, "message", error.message);
      if (error.cause !== undefined) define(failure, "cause", error.cause);
      return PromiseReject(failure);
    });
  }

  // Bound, so that its text is that of a native function and names none of our files.
  const bound = FunctionPrototypeBind(fetch, undefined);
  ObjectDefineProperty(bound, "name", { __proto__: null, value: "fetch", configurable: true });
  return { fetch: bound };
})();

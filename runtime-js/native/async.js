// `vestibule:async`: the value that V8 carries along with the flow of a program, through `await` and reactions of
// promises; 21_timers.js carries it through timers.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { getAsyncContext, setAsyncContext } = core;

  return {
    __proto__: null,
    get() {
      return getAsyncContext();
    },
    set(value) {
      setAsyncContext(value);
    },
  };
})();

// `vestibule:crypto`: the native part of Node's `crypto`, which `runtime-js/node/crypto.js` builds on. The
// requests are those of `Request` in `engine/src/natives/crypto`.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { ask } = core.loadExtScript("ext:vestibule/24_native.js");

  return {
    __proto__: null,
    ask(request, first = undefined, second = undefined, third = undefined) {
      return ask("crypto", request, first, second, third);
    },
  };
})();

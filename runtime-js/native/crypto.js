// `vestibule:crypto`: the native part of Node's `crypto`, which `runtime-js/node/crypto.js` builds on. The
// requests are those of `Request` in `engine/src/natives/crypto`.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { part } = core.loadExtScript("ext:vestibule/24_native.js");

  return part("crypto");
})();

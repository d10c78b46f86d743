// `vestibule:zlib`: the native part of Node's `zlib`. The requests are those of `Request` in
// `engine/src/natives/zlib.rs`.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { part } = core.loadExtScript("ext:vestibule/24_native.js");

  return part("zlib");
})();

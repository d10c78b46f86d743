// `vestibule:dns`: look-ups under the egress policy. The requests are those of `Request` in
// `engine/src/natives/dns.rs`.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { askLater } = core.loadExtScript("ext:vestibule/24_native.js");

  return {
    __proto__: null,
    /** A promise of the answer. */
    ask(request) {
      return askLater("dns", request);
    },
  };
})();

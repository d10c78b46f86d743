// `vestibule:process`: what a program may know of where it runs. That is nothing, unless the host grants variables.
(function () {
  "use strict";
  return { __proto__: null, env: { __proto__: null } };
})();

// Loads scripts when they are first used. While the snapshot is made, deno_core does that and puts them into it; later,
// Rust compiles them, from what earlier executions have compiled of them.
(function () {
  "use strict";
  const { core } = __bootstrap;
  const { op_vestibule_load_script } = core.ops;
  const { TypeError } = __bootstrap.primordials;
  const load = core.loadExtScript;
  const loaded = { __proto__: null };
  const LOADING = {};

  function loadScript(specifier) {
    const known = loaded[specifier];
    if (known === LOADING) throw new TypeError(`${specifier} loads itself`);
    if (known !== undefined) return known;
    loaded[specifier] = LOADING;
    let exports;
    try {
      exports = op_vestibule_load_script(specifier, __bootstrap) ?? load(specifier);
    } finally {
      loaded[specifier] = exports;
    }
    return exports;
  }

  // Every script that is loaded late finds this object, and calls it by this name.
  core.loadExtScript = loadScript;
  return { loadScript };
})();

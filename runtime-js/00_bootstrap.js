// Runs once, when the snapshot is made: turns deno_core's global object into the one that actions
// see, and leaves the hooks that Rust calls on it. Rust takes the hooks, `Deno` and `__bootstrap`
// off the global object of every new isolate before an action can look.
((globalThis) => {
  "use strict";
  const { core, internals } = globalThis.__bootstrap;

  // fetch asks for telemetry, and crypto for the mark of Node's key objects; we have neither.
  internals.kKeyObject = Symbol("kKeyObject");
  internals.__telemetry = {
    __proto__: null,
    TRACING_ENABLED: false,
    PROPAGATORS: [],
    builtinTracer() {},
    ContextManager: {},
    enterSpan() {},
    exitSpan() {},
    DID_NOT_ENTER: Symbol("did not enter"),
  };
  internals.__telemetryUtil = {
    __proto__: null,
    updateSpanFromRequest() {},
    updateSpanFromClientResponse() {},
    updateSpanFromError() {},
  };

  // Almost every action logs an object, so the formatter is worth its place in the snapshot.
  core.loadExtScript("ext:vestibule/10_inspect.js");
  core.loadExtScript("ext:vestibule/11_guards.js").install(globalThis);
  const { install } = core.loadExtScript("ext:vestibule/40_globals.js");
  const { bind } = core.loadExtScript("ext:vestibule/30_api.js");
  const { clean } = install(globalThis);

  /** Called by Rust on every new isolate, before it waits ready for an execution. */
  function finish() {
    clean();
    // The first run of anything is slow, because its memory and code are cold. Better now than when
    // somebody waits; the execution binds its own event and api over these.
    bind({}, "{}", '[[["warm", "up"], 0, 1]]', 0, 0);
  }

  globalThis.__vestibule = { __proto__: null, bind, finish };
})(globalThis);

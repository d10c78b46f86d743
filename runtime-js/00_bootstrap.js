// Runs once, when the snapshot is made: turns deno_core's global object into the one that actions
// see, and leaves the hooks that Rust calls on it. Rust takes the hooks, `Deno` and `__bootstrap`
// off the global object of every new isolate before an action can look.
((globalThis) => {
  "use strict";
  const { core, internals, primordials } = globalThis.__bootstrap;
  const { ObjectFreeze, ReflectOwnKeys } = primordials;

  const { loadScript } = core.loadExtScript("ext:vestibule/02_lazy_scripts.js");

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

  // The errors that ops name, as the Web APIs define them.
  const names = [
    "DataError", "IndexSizeError", "InvalidAccessError", "InvalidCharacterError", "InvalidStateError",
    "NotSupportedError", "OperationError", "SyntaxError", "TypeMismatchError",
  ];
  for (const name of names) {
    core.registerErrorBuilder(`DOMException${name}`, (message) => {
      const { DOMException } = loadScript("ext:deno_web/01_dom_exception.js");
      return new DOMException(message, name);
    });
  }
  core.registerErrorBuilder("DOMExceptionQuotaExceededError", (message) => {
    const { QuotaExceededError } = loadScript("ext:deno_web/01_dom_exception.js");
    return new QuotaExceededError(message);
  });

  // Almost every action logs an object, so the formatter is worth its place in the snapshot.
  loadScript("ext:vestibule/10_inspect.js");
  loadScript("ext:vestibule/11_guards.js").install(globalThis);
  loadScript("ext:vestibule/13_text_guards.js").install(globalThis);
  const { install } = loadScript("ext:vestibule/40_globals.js");
  const { bind } = loadScript("ext:vestibule/30_api.js");
  const { clean } = install(globalThis);

  /** Called by Rust on every new isolate, before it waits ready for an execution. */
  function finish() {
    clean();
    // The first script that is loaded late makes deno_core replace its ops by faster ones, and that must
    // not happen where a script is at the edge of its stack: deno_core would end the process there.
    core.loadExtScript("ext:deno_net/02_tls.js");
    // The first run of anything is slow, because its memory and code are cold. Better now than when
    // somebody waits; the execution binds its own event and api over these.
    bind({}, "{}", '[[["warm", "up"], 0, 1]]', 0, 0);
  }

  /** Called by Rust whenever it enters the isolate: others, which share the thread, were here meanwhile. */
  function enter() {
    const { onEnter } = internals;
    if (onEnter !== undefined) onEnter();
  }

  /** Called by Rust where a script asks for a native part: its exports, which no script can change. */
  function native(specifier) {
    const exports = loadScript(specifier);
    const names = ReflectOwnKeys(exports);
    for (let i = 0; i < names.length; i++) ObjectFreeze(exports[names[i]]);
    return ObjectFreeze(exports);
  }

  globalThis.__vestibule = { __proto__: null, bind, enter, finish, native };
})(globalThis);

// `console`: formats as Node does, and hands each line to Rust, which bounds, redacts and keeps it.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const { op_vestibule_log } = core.ops;
  const {
    ArrayPrototypePush,
    Error,
    ErrorCaptureStackTrace,
    MapPrototypeDelete,
    MapPrototypeGet,
    MapPrototypeSet,
    NumberPrototypeToFixed,
    ReflectApply,
    SafeMap,
    String,
    StringPrototypeRepeat,
    StringPrototypeReplaceAll,
    StringPrototypeSlice,
  } = primordials;
  const { define } = core.loadExtScript("ext:vestibule/01_properties.js");

  const LEVEL = { __proto__: null, trace: 0, debug: 1, log: 2, info: 3, warn: 4, error: 5 };
  const COPIED_CHARS_MAX = 24576;
  const INDENT_MAX = 40;

  let indent = "";
  const timers = new SafeMap();
  const counters = new SafeMap();

  function format(args) {
    // Most lines are one string; they need no formatter, and the formatter is loaded on first use.
    if (args.length === 1 && typeof args[0] === "string") return args[0];
    return core.loadExtScript("ext:vestibule/10_inspect.js").format(args);
  }

  function write(level, text) {
    const length = text.length;
    // Rust cuts the line, once secrets are out of it; this bounds what is copied to there.
    if (length > COPIED_CHARS_MAX) text = StringPrototypeSlice(text, 0, COPIED_CHARS_MAX);
    if (indent !== "") text = indent + StringPrototypeReplaceAll(text, "\n", "\n" + indent);
    op_vestibule_log(level, text, length);
  }

  function labelOf(args) {
    return args.length === 0 || args[0] === undefined ? "default" : String(args[0]);
  }

  function elapsed(label) {
    const start = MapPrototypeGet(timers, label);
    if (start === undefined) {
      write(LEVEL.warn, `Warning: No such label '${label}' for console.timeEnd()`);
      return undefined;
    }
    return `${label}: ${NumberPrototypeToFixed(now() - start, 3)}ms`;
  }

  function now() {
    return core.loadExtScript("ext:deno_web/15_performance.js").performance.now();
  }

  const methods = {
    __proto__: null,
    log(...args) {
      write(LEVEL.log, format(args));
    },
    info(...args) {
      write(LEVEL.info, format(args));
    },
    debug(...args) {
      write(LEVEL.debug, format(args));
    },
    warn(...args) {
      write(LEVEL.warn, format(args));
    },
    error(...args) {
      write(LEVEL.error, format(args));
    },
    trace(...args) {
      const place = new Error();
      place.name = "Trace";
      place.message = args.length === 0 ? "" : format(args);
      ErrorCaptureStackTrace(place, methods.trace);
      write(LEVEL.trace, `${place.stack}`);
    },
    dir(value, options) {
      const { inspect } = core.loadExtScript("ext:vestibule/10_inspect.js");
      write(LEVEL.log, inspect(value, { __proto__: null, ...options, customInspect: false }));
    },
    dirxml(...args) {
      write(LEVEL.log, format(args));
    },
    table(value) {
      write(LEVEL.log, format([value]));
    },
    assert(condition, ...args) {
      if (condition) return;
      if (typeof args[0] === "string") args[0] = `Assertion failed: ${args[0]}`;
      else args = prepend("Assertion failed", args);
      write(LEVEL.warn, format(args));
    },
    count(...args) {
      const label = labelOf(args);
      const count = (MapPrototypeGet(counters, label) ?? 0) + 1;
      MapPrototypeSet(counters, label, count);
      write(LEVEL.log, `${label}: ${count}`);
    },
    countReset(...args) {
      MapPrototypeDelete(counters, labelOf(args));
    },
    group(...args) {
      if (args.length > 0) write(LEVEL.log, format(args));
      if (indent.length < INDENT_MAX) indent += "  ";
    },
    groupCollapsed(...args) {
      ReflectApply(methods.group, undefined, args);
    },
    groupEnd() {
      indent = StringPrototypeSlice(indent, 2);
    },
    time(...args) {
      MapPrototypeSet(timers, labelOf(args), now());
    },
    timeLog(label, ...args) {
      const text = elapsed(labelOf([label]));
      if (text !== undefined) write(LEVEL.log, args.length === 0 ? text : `${text} ${format(args)}`);
    },
    timeEnd(...args) {
      const label = labelOf(args);
      const text = elapsed(label);
      MapPrototypeDelete(timers, label);
      if (text !== undefined) write(LEVEL.log, text);
    },
  };

  function prepend(first, args) {
    const all = [first];
    for (let i = 0; i < args.length; i++) ArrayPrototypePush(all, args[i]);
    return all;
  }

  // An ordinary object: scripts replace single methods of it in their tests.
  const console = {};
  for (const name in methods) define(console, name, methods[name], true);
  return { console };
})();

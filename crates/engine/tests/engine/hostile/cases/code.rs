//! Areas G, I (source), P, Q, R, S and T: what the language itself offers: WebAssembly, modules,
//! dynamic code, nesting, shared memory, the marks of the machine.

use std::fmt::Write as _;

use vestibule_engine::ProgramKind;

use super::*;

const OK: &[&str] = &["completed"];
const THREW: &[&str] = &["threw"];
const INVALID: &[&str] = &["invalid_program"];
const INVALID_OR_THREW: &[&str] = &["invalid_program", "threw"];
/// Deep source may as well be run, if the engine can.
const ANY_SOURCE: &[&str] = &["invalid_program", "threw", "completed", "cpu_limit", "heap_limit"];

pub(super) fn add(cases: &mut Vec<Case>) {
    add_rows(cases, "code", &limits(), ROWS);
    add_rows(cases, "globals", &limits(), GLOBAL_ROWS);
    add_nested(cases);
}

const ROWS: &[Row] = &[
    row(79, "WebAssembly", &[Handler, Load, Module], "new WebAssembly.Memory({ initial: 1 });", THREW),
    row(
        79,
        "WebAssembly by another way",
        &[Handler],
        "if (typeof WebAssembly !== 'undefined' || globalThis['Web' + 'Assembly'] !== undefined || 'WebAssembly' in globalThis) throw new Error('there');",
        OK,
    ),
    row(
        87,
        "an import of wasm",
        &[ModuleScript],
        "import m from './a.wasm'; export const h = () => {};",
        INVALID,
    ),
    row(
        87,
        "a source import of wasm",
        &[ModuleScript],
        "import source m from './a.wasm'; export const h = () => {};",
        INVALID,
    ),
    row(
        87,
        "a deferred import",
        &[ModuleScript],
        "import defer * as m from './a.js'; export const h = () => {};",
        INVALID,
    ),
    row(
        87,
        "a dynamic source import of wasm",
        &[Handler, Module, Load],
        "import.source('./a.wasm').then(() => { throw new Error('there'); }, () => {});",
        &["completed", "invalid_program"],
    ),
    row(
        87,
        "a dynamic deferred import",
        &[Handler, Module],
        "import.defer('./a.js').then(() => { throw new Error('there'); }, () => {});",
        &["completed", "invalid_program"],
    ),
    row(
        204,
        "a dynamic import",
        EVERYWHERE,
        "return import('fs').then(() => { throw new Error('there'); }, (e) => { if (!(e instanceof Error)) throw new Error('not an error'); });",
        &["completed", "unsettled"],
    ),
    row(
        204,
        "a dynamic import of odd specifiers",
        &[Handler, Module],
        "for (const s of ['', 'node:fs', 'ext:core/mod.js', 'ext:core/ops', 'data:text/javascript,export default 1', 'file:///etc/passwd', 'https://a.example/x.js', './action.js', 'action.js', 'action.mjs', '\\ud800', 'x'.repeat(1e6), undefined, 5]) { let m; try { m = await import(s); } catch { continue; } throw new Error('imported ' + s); }",
        OK,
    ),
    row(
        204,
        "a dynamic import with a hostile specifier",
        &[Handler, Module],
        "await import({ toString() { throw new RangeError('mine'); } }).then(() => { throw new Error('there'); }, (e) => { if (!(e instanceof RangeError)) throw e; });",
        OK,
    ),
    row(
        204,
        "a dynamic import that is not awaited",
        &[Handler, Module],
        "import('x'); await new Promise((r) => setTimeout(r, 50));",
        THREW,
    ),
    row(
        204,
        "thousands of dynamic imports",
        &[Handler, Module],
        "const all = []; for (let i = 0; i < 3000; i++) all.push(import('x' + i)); await Promise.allSettled(all);",
        &["completed", "cpu_limit"],
    ),
    row(
        209,
        "a dynamic import with attributes",
        &[Handler, Module],
        "for (const type of ['json', 'text', 'bytes', 'wasm', 'x', '']) await import('./a', { with: { type } }).then(() => { throw new Error('there'); }, () => {}); await import('./a', { with: new Proxy({}, { ownKeys() { throw 1; } }) }).then(() => { throw new Error('there'); }, () => {});",
        OK,
    ),
    row(
        209,
        "an import with attributes",
        &[ModuleScript],
        "import a from './a.json' with { type: 'json' }; export const h = () => {};",
        INVALID,
    ),
    row(
        210,
        "an import that climbs",
        &[ModuleScript],
        "import a from '../../etc/passwd'; export const h = () => {};",
        INVALID,
    ),
    row(
        210,
        "an import of the runtime",
        &[ModuleScript],
        "import a from 'core:ops'; export const h = () => {};",
        INVALID,
    ),
    row(
        210,
        "an export from elsewhere",
        &[ModuleScript],
        "export * from 'x'; export const h = () => {};",
        INVALID,
    ),
    row(
        206,
        "an import of itself",
        &[ModuleScript],
        "import * as me from 'action.mjs'; export const h = () => {};",
        INVALID,
    ),
    row(
        206,
        "import.meta",
        &[Module, ModuleLoad],
        "const m = import.meta; if (m.url !== undefined && !String(m.url).includes('action.mjs')) throw new Error('url ' + m.url); for (const k of Object.keys(m)) if (typeof m[k] === 'function') m[k]('x');",
        &["completed", "threw"],
    ),
    row(206, "import.meta in CommonJS", &[Handler], "import.meta;", INVALID),
    row(
        207,
        "a top-level await that never settles",
        &[ModuleScript],
        "await new Promise(() => {}); export const h = () => {};",
        &["unsettled"],
    ),
    row(
        207,
        "a top-level await that rejects",
        &[ModuleScript],
        "await Promise.reject(new TypeError('mine')); export const h = () => {};",
        THREW,
    ),
    row(207, "a top-level throw", &[ModuleScript, Script], "throw new TypeError('mine');", THREW),
    row(
        211,
        "CommonJS shims",
        &[Handler, Load],
        "for (const n of ['process', 'Buffer', 'global', '__dirname', '__filename', 'setImmediate', 'window', 'self', 'importScripts']) if (n in globalThis) throw new Error(n); if (typeof require !== 'function' || typeof module !== 'object') throw new Error('shims');",
        OK,
    ),
    row(211, "require", &[Load], "require('fs');", THREW),
    row(
        211,
        "require of odd names",
        &[Load],
        "for (const n of [undefined, null, 5, Symbol('x'), {}, { toString() { throw 1; } }, '\\ud800', 'x'.repeat(1e6)]) { let e; try { require(n); } catch (x) { e = x; } if (typeof n === 'string' ? e.code !== 'MODULE_NOT_FOUND' : !(e instanceof TypeError)) throw new Error('not refused'); }",
        OK,
    ),
    row(
        211,
        "require through its constructor",
        &[Load],
        "if (require.constructor !== Function || require.prototype !== undefined && false) throw 1; new require('fs');",
        THREW,
    ),
    row(
        215,
        "a handler that is a getter",
        &[Script],
        "let n = 0; Object.defineProperty(exports, 'h', { get() { n++; if (n > 1) throw new Error('read twice'); return () => {}; } });",
        OK,
    ),
    row(215, "a handler that is a proxy", &[Script], "exports.h = new Proxy(() => {}, {});", OK),
    row(215, "a handler that is a class", &[Script], "exports.h = class {};", INVALID_OR_THREW),
    row(
        215,
        "a handler that is an async generator",
        &[Script],
        "exports.h = async function* () { yield 1; };",
        OK,
    ),
    row(215, "a handler that is an object", &[Script], "exports.h = {};", INVALID),
    row(215, "a handler that is missing", &[Script], "exports.onOther = () => {};", INVALID),
    row(215, "exports that are a primitive", &[Script], "module.exports = 5;", INVALID),
    row(215, "exports that are null", &[Script], "module.exports = null;", INVALID),
    row(
        215,
        "exports that are a revoked proxy",
        &[Script],
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); module.exports = proxy;",
        &["threw", "invalid_program"],
    ),
    row(
        215,
        "exports whose getter throws",
        &[Script],
        "Object.defineProperty(module, 'exports', { get() { throw new TypeError('mine'); } });",
        THREW,
    ),
    row(
        215,
        "a handler changed after load",
        &[Script],
        "exports.h = () => {}; queueMicrotask(() => { exports.h = 5; });",
        &["completed", "invalid_program"],
    ),
    row(
        215,
        "a module whose handler is in its dead zone",
        &[ModuleScript],
        "await null; throw new Error('first'); export const h = () => {};",
        THREW,
    ),
    row(
        215,
        "a handler with a name of Object.prototype",
        &[Script],
        "delete exports.h; Object.prototype.h = () => {};",
        OK,
    ),
    row(231, "with", &[ModuleScript], "with ({}) {} export const h = () => {};", INVALID),
    row(231, "a legacy octal number in a module", &[ModuleScript], "export const h = () => 010;", INVALID),
    row(
        231,
        "an HTML-like comment in a module",
        &[ModuleScript],
        "<!-- x\nexport const h = () => {};",
        INVALID,
    ),
    row(231, "natives syntax", &[Handler], "%DebugPrint(1);", INVALID),
    row(231, "a syntax error", &[Handler], "let x = ;", INVALID),
    row(231, "a body that closes its function", &[Script], "}); globalThis.out = 1; (function () {", INVALID),
    row(
        142,
        "a comment that points to a source map",
        &[Script],
        "exports.h = () => { throw new Error('mine'); };\n//# sourceMappingURL=file:///etc/passwd\n//# sourceURL=ext:core/01_core.js",
        THREW,
    ),
    row(
        142,
        "a comment that points to a source map on the net",
        &[Script],
        "exports.h = () => { const e = new Error('mine'); console.log(e.stack); throw e; };\n//# sourceMappingURL=http://127.0.0.1:1/x.map",
        THREW,
    ),
    row(
        229,
        "eval",
        EVERYWHERE,
        r#"
const indirect = eval;
const ways = [
  () => eval("1"), () => indirect("1"), () => eval?.("1"), () => eval.call(null, "1"), () => Reflect.apply(eval, null, ["1"]),
  () => ["1"].map(eval), () => eval(""), () => globalThis["ev" + "al"]("1"), () => eval("/".repeat(1 << 24)),
];
for (const way of ways) {
  let ran = true;
  try { way(); } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    ran = false;
  }
  if (ran) throw new Error("ran " + way);
}
"#,
        &["completed", "unsettled"],
    ),
    row(
        229,
        "every constructor of functions",
        EVERYWHERE,
        r#"
const makers = [Function, (function* () {}).constructor, (async () => {}).constructor, (async function* () {}).constructor];
for (const make of makers) {
  const ways = [
    () => make("return 1"), () => new make("return 1"), () => make(), () => make("a", "b", ""),
    () => Reflect.construct(make, ["return 1"]), () => Reflect.construct(Object, ["return 1"], make) && make("x"),
    () => new (make.bind(null, "return 1"))(), () => make.call(null, "return 1"), () => make.apply(null, ["1"]),
    () => new (class extends make {})("return 1"), () => new Proxy(make, {})("return 1"),
    () => make({ toString() { return "return 1"; } }), () => make`return 1`,
    () => ["return 1"].map(make)[0], () => JSON.parse('["return 1"]', (k, v) => k === "0" ? make(v) : v),
  ];
  for (const way of ways) {
    let made;
    try { made = way(); } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      continue;
    }
    throw new Error("compiled by " + way);
  }
}"#,
        &["completed", "unsettled"],
    ),
    row(
        232,
        "a very large text for a refused compiler",
        &[Handler],
        "Function('/*' + 'x'.repeat(2 ** 28) + '*/');",
        &["threw", "heap_limit"],
    ),
    row(
        224,
        "what other runtimes have",
        &[Handler, Module],
        "for (const n of ['Worker', 'ShadowRealm', 'SharedWorker', 'gc', 'Inspector', 'd8', 'print', 'load', 'quit', 'version', 'Realm', 'Worklet', 'AsyncContext', 'v8', 'trustedTypes', 'AbstractModuleSource', 'MessageChannel', 'MessagePort', 'BroadcastChannel', 'postMessage', 'localStorage', 'sessionStorage', 'caches', 'indexedDB', 'locks', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'alert', 'prompt', 'confirm', 'close', 'reportError', 'location', 'document', 'onmessage', 'name', 'Deno', '__bootstrap', '__vestibule']) if (n in globalThis) throw new Error(n + ' is there'); for (const n of ['locks', 'gpu', 'storage', 'hardwareConcurrency']) if (n in navigator) throw new Error(n);",
        OK,
    ),
    row(234, "Atomics.wait", &[Handler], "Atomics.wait(new Int32Array(8), 0, 0, 1e9);", THREW),
    row(234, "Atomics.waitAsync", &[Handler], "Atomics.waitAsync(new Int32Array(8), 0, 0);", THREW),
    row(
        234,
        "shared memory",
        &[Handler, Module],
        "if (typeof SharedArrayBuffer !== 'undefined') throw new Error('there'); for (const f of [() => new ArrayBuffer(8, { maxByteLength: 8, shared: true }), () => structuredClone(new ArrayBuffer(8))]) { const b = f(); if (Object.prototype.toString.call(b) !== '[object ArrayBuffer]') throw new Error('shared'); }",
        OK,
    ),
    row(
        241,
        "the marks of the machine",
        &[Handler],
        "const zone = Intl.DateTimeFormat().resolvedOptions(); if (zone.timeZone !== 'UTC' || new Date(0).getTimezoneOffset() !== 0) throw new Error(zone.timeZone); if (zone.locale !== 'en-US') throw new Error(zone.locale); if (navigator.language !== 'en-US' || navigator.userAgent !== 'Vestibule') throw new Error('navigator');",
        OK,
    ),
    row(
        244,
        "addresses in texts",
        &[Handler],
        "const texts = [String(new Error().stack), String(() => {}), String(Symbol('x')), String({}), String(new Map()), Object.prototype.toString.call(api), String(api.record), String(setTimeout), String(fetch)]; for (const t of texts) if (/0x[0-9a-f]{6,}/i.test(t) || /ext:|core\\//.test(t)) throw new Error(t);",
        OK,
    ),
];

const GLOBAL_ROWS: &[Row] = &[
    row(
        216,
        "every prototype overwritten",
        &[Handler, Load],
        r#"
for (const C of [Array, Object, Function, String, RegExp, Promise, Map, Set, WeakMap, Number, Boolean, Error, TypeError, Date, Symbol, Uint8Array, ArrayBuffer, Object.getPrototypeOf(Uint8Array), Object.getPrototypeOf([][Symbol.iterator]()).constructor]) {
  for (const holder of [C, C.prototype]) {
    if (!holder || holder === Promise || holder === Promise.prototype) continue;
    for (const key of Reflect.ownKeys(holder)) {
      if (key === "constructor" || key === "prototype") continue;
      try { Object.defineProperty(holder, key, { value() { throw new Error("overwritten " + String(key)); }, configurable: true, writable: true }); } catch {}
    }
  }
}
console.log("still", { a: 1 }, [1, 2]);
if (typeof api !== "undefined") { api.record({ a: 1 }); api.echo("x"); }
const t = setTimeout(() => {}, 1); clearTimeout(t);"#,
        &["completed", "threw"],
    ),
    row(
        216,
        "then of promises overwritten",
        &[Handler],
        "Promise.prototype.then = () => { throw new Error('overwritten'); }; await api.later(1, 1);",
        OK,
    ),
    row(
        216,
        "the constructor of promises overwritten",
        &[Handler],
        "Promise.prototype.constructor = class { static get [Symbol.species]() { throw new Error('mine'); } }; await api.later(1, 1);",
        &["completed", "threw"],
    ),
    row(
        216,
        "JSON and Object overwritten",
        &[Handler],
        "JSON.stringify = JSON.parse = () => { throw new Error('overwritten'); }; Object.defineProperty = Object.create = Object.keys = JSON.parse; globalThis.Object = globalThis.Array = globalThis.Promise = globalThis.Error = globalThis.JSON = undefined; api.record({ a: [1] }); if (api.echo('x')[0] !== 'x') throw 1; await api.later('y', 1); console.log({ a: 1 });",
        OK,
    ),
    row(
        216,
        "Math, Reflect and Symbol taken away",
        &[Handler],
        "delete globalThis.Math; delete globalThis.Reflect; delete globalThis.Symbol; delete globalThis.Map; delete globalThis.Set; new URL('https://a.example/?a=b').searchParams.get('a'); console.log([1.5], new Headers()); new TextEncoder().encode('x'); structuredClone({ a: 1 }); setTimeout(() => {}, 0); crypto.randomUUID(); await new Blob(['x']).text();",
        OK,
    ),
    row(
        217,
        "setters and getters on Object.prototype",
        &[Handler, Load],
        r#"
for (const name of ["timeout", "allow", "status", "toJSON", "value", "get", "set", "path", "name", "kind", "limit", "outcome", "0", "length", "message", "stack", "cause", "configurable", "writable", "enumerable", "secrets", "callback"]) {
  try { Object.defineProperty(Object.prototype, name, { get() { return undefined; }, set() { throw new Error("set " + name); }, configurable: true }); } catch {}
}
if (typeof api !== "undefined") { api.record({ a: 1 }); api.echo("x"); }
console.log("still", { a: [1] });
setTimeout(() => {}, 1);"#,
        OK,
    ),
    row(
        217,
        "a then on Object.prototype",
        &[Handler],
        "Object.prototype.then = function (f) { f('hijacked'); }; api.record({ a: 1 }); await api.later({ a: 1 }, 1);",
        OK,
    ),
    row(
        217,
        "a then on Object.prototype that throws",
        &[Handler],
        "Object.defineProperty(Object.prototype, 'then', { get() { throw new Error('mine'); } }); api.record('x');",
        &["completed", "threw"],
    ),
    row(
        217,
        "a toJSON on prototypes",
        &[Handler],
        "for (const p of [Object.prototype, String.prototype, Number.prototype, Boolean.prototype, Array.prototype]) p.toJSON = () => 'forged'; const got = api.echo('x', 1, true); if (got[0] !== 'x' || got[1] !== 1 || got[2] !== true) throw new Error(String(got[0]));",
        OK,
    ),
    row(
        135,
        "index setters on Array.prototype",
        &[Handler, Load],
        "for (let i = 0; i < 40; i++) Object.defineProperty(Array.prototype, i, { set() { throw new Error('set'); }, get() { throw new Error('get'); }, configurable: true }); console.log('a', { b: 1 }); if (typeof api !== 'undefined') { api.record({ a: [] }, 2, 3); api.echo('x', 'y'); } setTimeout(() => {}, 1, 2, 3); new Error('x').stack;",
        OK,
    ),
    row(
        135,
        "index setters on Array.prototype while a stack is captured",
        &[Handler],
        "for (let i = 0; i < 40; i++) Object.defineProperty(Array.prototype, i, { set() {}, get() { return 5; }, configurable: true }); throw new Error('mine');",
        THREW,
    ),
    row(
        135,
        "index setters on Object.prototype while a stack is captured",
        &[Handler],
        "for (let i = 0; i < 40; i++) Object.defineProperty(Object.prototype, i, { set() { throw 1; }, get() { throw 2; }, configurable: true }); Error.prepareStackTrace = (e, s) => s; console.log(typeof new Error('x').stack); throw new Error('mine');",
        THREW,
    ),
    row(
        220,
        "names from inside",
        &[Handler, Module, Load],
        "for (const n of ['Deno', '__bootstrap', '__vestibule', 'core', 'ops', 'internals', 'primordials', 'bootstrap']) if (n in globalThis || globalThis[n] !== undefined) throw new Error(n);",
        OK,
    ),
    row(
        221,
        "the constructors of the host's objects",
        &[Handler],
        "for (const o of [api, api.record, api.nested, event, event.user, event.secrets, console, console.log, setTimeout, navigator, crypto, performance, await api.later({}, 0), api.echo({})]) { const F = o.constructor.constructor; if (F !== Function) throw new Error('another realm'); try { F('return 1'); } catch (e) { if (!(e instanceof EvalError)) throw e; continue; } throw new Error('compiled'); }",
        &["completed"],
    ),
    row(
        222,
        "the properties of api functions",
        &[Handler],
        r#"
for (const f of [api.record, api.nested.deeply.record, api.later, console.log, setTimeout, fetch, Array.prototype.map, structuredClone, ArrayBuffer]) {
  for (const name of ["caller", "arguments"]) {
    let seen;
    try { seen = f[name]; } catch (error) { if (!(error instanceof TypeError)) throw error; continue; }
    if (seen !== undefined && seen !== null) throw new Error(name);
  }
}
let caller = "none";
function sloppy() { try { caller = sloppy.caller; } catch { caller = null; } return 1; }
[1].map(sloppy); api.echo({ toJSON: sloppy }); console.log({ [Symbol.for("nodejs.util.inspect.custom")]: sloppy });
setTimeout(sloppy, 0); await new Promise((r) => setTimeout(r, 5));
if (caller !== null && caller !== "none" && caller !== undefined) throw new Error("caller " + caller);"#,
        OK,
    ),
    row(
        222,
        "the functions behind the frames of a stack",
        &[Handler],
        r#"
const found = [];
Error.prepareStackTrace = (error, sites) => {
  for (const site of sites) {
    for (const name of ["getFunction", "getThis", "getEvalOrigin", "getTypeName", "getFileName", "getScriptNameOrSourceURL"]) {
      const value = site[name]?.();
      if (typeof value === "function" && value !== look) found.push(name + ": a function " + value.name);
      if (name === "getThis" && value !== null && typeof value === "object") found.push(name + ": " + Object.keys(value).slice(0, 5));
      if (typeof value === "string" && /ext:|core|bootstrap/.test(value)) found.push(name + ": a name of the runtime");
    }
  }
  return "";
};
function look() { "use strict"; new Error("x").stack; return 1; }
look(); [1].map(look); [3, 1].sort(look); [[1]].flatMap(look); Array.from([1], look);
api.echo({ toJSON: look }); api.record({ get a() { return look(); } });
console.log({ [Symbol.for("nodejs.util.inspect.custom")]: look }, "%s", { toString: look });
structuredClone({ get a() { return look(); } });
new EventTarget().addEventListener("x", look);
const target = new EventTarget(); target.addEventListener("x", look); target.dispatchEvent(new Event("x"));
new ReadableStream({ start: look, pull: look }); new URLSearchParams({ get a() { return look(); } }); new Headers({ get a() { return look(); } });
new AbortController().signal.addEventListener("abort", look);
await new Promise((r) => setTimeout(() => { look(); r(); }, 1));
await new Promise((r) => queueMicrotask(() => { look(); r(); }));
await api.later(1, 1).then(look);
delete Error.prepareStackTrace;
if (found.length > 0) throw new Error([...new Set(found)].join("; "));"#,
        OK,
    ),
    row(
        134,
        "Error.prepareStackTrace that throws",
        &[Handler, Load],
        "Error.prepareStackTrace = () => { throw new Error('mine'); }; let n = 0; try { new Error('x').stack; } catch { n++; } throw new Error('after ' + n);",
        THREW,
    ),
    row(
        134,
        "Error.prepareStackTrace that throws while an error goes out",
        &[Handler, Timer, Microtask, Module],
        "Error.prepareStackTrace = () => { throw { get stack() { throw 1; } }; }; throw new Error('mine');",
        THREW,
    ),
    row(
        134,
        "Error.prepareStackTrace that calls itself",
        &[Handler],
        "Error.prepareStackTrace = (e) => { return new Error('y').stack; }; new Error('x').stack;",
        &["completed", "threw"],
    ),
    row(
        134,
        "Error.prepareStackTrace that never ends",
        &[Handler, Load],
        "Error.prepareStackTrace = () => { for (;;); }; new Error('x').stack;",
        &["cpu_limit"],
    ),
    row(
        134,
        "Error.prepareStackTrace that never ends and is not asked",
        &[Handler],
        "Error.prepareStackTrace = () => { for (;;); }; throw new Error('mine');",
        &["threw", "cpu_limit"],
    ),
    row(
        134,
        "Error.prepareStackTrace that gives megabytes",
        &[Handler],
        "Error.prepareStackTrace = () => 'x'.repeat(2 ** 28); const e = new Error('mine'); e.stack; console.log(e); throw e;",
        &["threw", "heap_limit", "cpu_limit"],
    ),
    row(
        134,
        "Error.prepareStackTrace that changes the sites",
        &[Handler],
        "Error.prepareStackTrace = (e, s) => { s.length = 0; s.push(1, 2); Object.setPrototypeOf(s, null); return s; }; const e = new Error('mine'); e.stack; throw e;",
        THREW,
    ),
    row(
        134,
        "Error replaced",
        &[Handler],
        "globalThis.Error = new Proxy(Error, { get() { throw 1; }, getOwnPropertyDescriptor() { throw 2; } }); null.x;",
        THREW,
    ),
    row(
        136,
        "Error.stackTraceLimit without end",
        &[Handler, Load],
        "Error.stackTraceLimit = Infinity; (function f(n) { if (n > 3000) throw new Error('deep'); f(n + 1); })(0);",
        THREW,
    ),
    row(
        136,
        "odd values of Error.stackTraceLimit",
        &[Handler],
        "for (const v of [NaN, -1, 'x', {}, 1n, Symbol('s'), 2 ** 53, 0]) { Error.stackTraceLimit = v; new Error('x').stack; } Object.defineProperty(Error, 'stackTraceLimit', { get() { throw 1; } }); throw new Error('mine');",
        THREW,
    ),
    row(
        136,
        "Error.captureStackTrace on odd things",
        &[Handler],
        "for (const o of [{}, [], () => {}, new Proxy({}, {}), globalThis, api, event, Object.freeze({})]) try { Error.captureStackTrace(o, look); o.stack; } catch (e) { if (!(e instanceof TypeError)) throw e; } function look() {} throw new Error('mine');",
        THREW,
    ),
];

/// Sources that a generator writes.
fn add_nested(cases: &mut Vec<Case>) {
    let nests: &[(&str, &str, &str, &str)] = &[
        ("parentheses", "(", "1", ")"),
        ("arrays", "[", "1", "]"),
        ("objects", "{a:", "1", "}"),
        ("template literals", "`${", "1", "}`"),
        ("arrow functions", "()=>", "1", ""),
        ("negations", "!", "1", ""),
        ("unary minuses", "- ", "1", ""),
        ("typeofs", "typeof ", "1", ""),
        ("conditions", "1?", "1", ":0"),
        ("assignments", "a=", "1", ""),
        ("powers", "2**", "1", ""),
        ("function expressions", "(function(){return ", "1", "})"),
        ("class bodies", "class{a=", "1", "}"),
        ("class heritages", "class extends (", "Object", "){}"),
        ("new", "new ", "Object", ""),
        ("calls", "f(", "1", ")"),
        ("spreads", "[...", "[]", "]"),
        ("computed keys", "{[", "1", "]:1}"),
        ("awaits", "await ", "1", ""),
        ("voids in commas", "(0,", "1", ")"),
        ("optional chains", "a?.[", "1", "]"),
        ("nullish", "(null??", "1", ")"),
        ("destructuring", "([a=", "1", "]=[])"),
        ("regular expression tests", "/a/.test(", "1", ")"),
    ];
    for (name, open, middle, close) in nests {
        for depth in [4_000, 200_000] {
            let depth = depth.min(3_900_000 / (open.len() + close.len()));
            let expression = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            let source =
                format!("exports.h = async () => {{ let a, f = (x) => x; const v = {expression}; }};");
            push(cases, 106, &format!("{depth} nested {name}"), source);
        }
    }
    let statements: &[(&str, &str, &str)] = &[
        ("ifs", "if(1)", ";"),
        ("blocks", "{", "}"),
        ("elses", "if(0);else ", ";"),
        ("fors", "for(;0;)", ";"),
        ("labels", "a:", ";"),
        ("functions", "function f(){", "}"),
        ("tries", "try{", "}finally{}"),
        ("switches", "switch(1){case 1:", "}"),
        ("whiles", "while(0)", ";"),
    ];
    for (name, open, close) in statements {
        for depth in [5_000_usize, 200_000] {
            let end = if *close == ";" { ";".to_owned() } else { close.repeat(depth) };
            let source = format!("exports.h = () => {{ {}{end} }};", open.repeat(depth));
            push(cases, 106, &format!("{depth} nested {name}"), source);
        }
    }
    let chains: &[(&str, &str, &str, &str)] = &[
        ("sums", "1", "+1", ""),
        ("members", "Object", ".a", ""),
        ("optional members", "Object", "?.a", ""),
        ("calls in a row", "f", "(1)", ""),
        ("commas", "1", ",1", ""),
        ("ors", "0", "||0", ""),
        ("texts added", "''", "+'a'", ""),
        ("tagged templates", "f", "``", ""),
        ("elements", "[1", ",1", "]"),
        ("holes", "[1", ",", "]"),
        ("conditions in a row", "0", "?1:0", ""),
    ];
    for (name, first, link, last) in chains {
        let count = 3_900_000 / link.len();
        let source = format!(
            "exports.h = () => {{ const f = () => f; return ({first}{}{last}); }};",
            link.repeat(count)
        );
        push(cases, 106, &format!("{count} {name} in a chain"), source);
    }
    let mut many = String::from("exports.h = () => { switch (5) {");
    for index in 0..120_000 {
        let _ = write!(many, "case {index}:a{index};break;");
    }
    push(cases, 106, "a switch of very many cases", format!("{many} }} }};"));
    let names: Vec<String> = (0..300_000).map(|index| format!("a{index}")).collect();
    push(cases, 106, "very many variables", format!("let {}; exports.h = () => {{}};", names.join(",")));
    push(
        cases,
        106,
        "very many parameters",
        format!("exports.h = ({}) => {{}};", names[..200_000].join(",")),
    );
    push(cases, 106, "very many closures over very many variables", {
        let closures: Vec<String> = names[..60_000].iter().map(|name| format!("()=>{name}")).collect();
        format!(
            "let {}; const f = [{}]; exports.h = () => {{}};",
            names[..60_000].join(","),
            closures.join(",")
        )
    });
    push(
        cases,
        106,
        "a regular expression literal of megabytes",
        format!("exports.h = () => /{}/.test('b');", "(a|b)".repeat(700_000)),
    );
    push(
        cases,
        106,
        "a text literal of megabytes",
        format!("exports.h = () => '{}'.length;", "x".repeat(4_000_000)),
    );
    push(cases, 106, "a number of megabytes", format!("exports.h = () => {};", "9".repeat(4_000_000)));
    push(
        cases,
        106,
        "a BigInt literal of megabytes",
        format!("exports.h = () => {}n;", "9".repeat(4_000_000)),
    );
    push(
        cases,
        106,
        "a line of blanks of megabytes",
        format!("exports.h = () => {{{}}};", " ".repeat(4_000_000)),
    );
    push(
        cases,
        106,
        "NUL and odd characters",
        "exports.h = () => { \0 \u{feff}\u{2028}\u{202e} };".to_owned(),
    );
}

fn push(cases: &mut Vec<Case>, row: u16, name: &str, source: String) {
    let limits = Limits { cpu: Duration::from_secs(3), heap_bytes: 256 * MIB, ..memory_limits() };
    let name = format!("source/{name}");
    cases.push(Case { name, row, source, kind: ProgramKind::CommonJs, limits, expected: ANY_SOURCE });
}

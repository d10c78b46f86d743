//! Areas J, K, L and U: what a script hands over, throws, logs, and keeps secret.

use std::time::Duration;

use vestibule_engine::Limits;

use super::*;

const OK: &[&str] = &["completed"];
const THREW: &[&str] = &["threw"];
const OUTPUT: &[&str] = &["output_limit"];
const CPU: &[&str] = &["cpu_limit"];
const ENDED: &[&str] = &["cpu_limit", "heap_limit", "buffer_limit", "threw", "wall_limit", "output_limit"];

pub(super) fn add(cases: &mut Vec<Case>) {
    let limits = Limits {
        cpu: Duration::from_millis(500),
        commands: 100,
        command_bytes: 64 * 1024,
        call_bytes: 32 * 1024,
        calls: 2000,
        log_lines: 200,
        log_bytes: 64 * 1024,
        ..limits()
    };
    add_rows(cases, "api", &limits, API_ROWS);
    add_rows(cases, "errors", &limits, ERROR_ROWS);
    add_rows(cases, "console", &limits, CONSOLE_ROWS);
    add_rows(cases, "secrets", &limits, SECRET_ROWS);
}

const API_ROWS: &[Row] = &[
    row(
        112,
        "an argument with a getter that throws",
        &[Handler, Timer],
        "api.record({ get a() { throw new TypeError('mine'); } });",
        THREW,
    ),
    row(
        112,
        "a result with a getter that throws",
        &[Handler],
        "return { get a() { throw new Error('mine'); } };",
        OK,
    ),
    row(
        114,
        "a proxy as argument whose traps throw",
        &[Handler],
        "api.record(new Proxy({}, { ownKeys() { throw new Error('mine'); } }));",
        THREW,
    ),
    row(
        114,
        "a proxy as argument with a million keys",
        &[Handler],
        "const keys = Array.from({ length: 1e6 }, (_, i) => 'k' + i); api.record(new Proxy({}, { ownKeys: () => keys, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) }));",
        ENDED,
    ),
    row(
        114,
        "a proxy as argument that lies",
        &[Handler],
        "api.record(new Proxy(Object.freeze({ a: 1 }), { get: () => 2, ownKeys: () => [] }));",
        THREW,
    ),
    row(
        114,
        "a revoked proxy as argument",
        &[Handler],
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); api.record(proxy);",
        THREW,
    ),
    row(
        114,
        "a proxy of an array without end as argument",
        &[Handler],
        "api.record(new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : k === 'toJSON' ? undefined : 1 }));",
        ENDED,
    ),
    row(
        115,
        "a toJSON that gives itself",
        &[Handler],
        "const o = { toJSON() { return o; } }; api.record(o);",
        &["completed", "threw"],
    ),
    row(
        115,
        "a toJSON that gives more and more",
        &[Handler],
        "const grow = () => ({ toJSON() { return { a: grow(), b: grow() }; } }); api.record(grow());",
        ENDED,
    ),
    row(116, "a cyclic argument", &[Handler], "const o = {}; o.o = o; api.record(o);", THREW),
    row(117, "one argument of many megabytes", &[Handler], "api.record('x'.repeat(3e6));", THREW),
    row(
        117,
        "an argument of a million keys",
        &[Handler],
        "const o = {}; for (let i = 0; i < 2e5; i++) o['k' + i] = 1; api.record(o);",
        ENDED,
    ),
    row(
        117,
        "a million commands",
        &[Handler, Load],
        "if (typeof api === 'undefined') throw 1; for (let i = 0; i < 1e6; i++) api.record(i);",
        &["output_limit", "threw"],
    ),
    row(
        117,
        "a million commands, everything caught",
        &[Handler],
        "for (;;) try { api.record(1); } catch {} finally { continue; }",
        OUTPUT,
    ),
    row(117, "a million questions", &[Handler], "for (;;) api.echo(1);", OUTPUT),
    row(117, "a million questions that take time", &[Handler], "for (;;) api.later(1, 1000);", OUTPUT),
    row(117, "a million refused calls", &[Handler], "for (;;) try { api.fails('x'); } catch {}", OUTPUT),
    row(
        129,
        "many commands beyond the sum of bytes",
        &[Handler],
        "for (let i = 0; i < 90; i++) api.record('x'.repeat(1000));",
        OUTPUT,
    ),
    row(
        119,
        "values that have no form in JSON",
        &[Handler],
        r#"
const bad = [1n, Symbol("s"), () => {}, NaN, Infinity, -Infinity, new Map(), new Set(), new Uint8Array(1), new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), /x/, new Error("x"), Promise.resolve(), class {}];
for (const value of bad) {
  for (const argument of [value, [value], { a: value }, { a: [{ b: value }] }]) {
    let refused;
    try { api.record(argument); } catch (error) { refused = error; }
    if (!(refused instanceof TypeError)) throw new Error("not refused: " + typeof value + " " + Object.prototype.toString.call(value));
    if (!refused.message.startsWith("api.record: ")) throw new Error(refused.message);
  }
}"#,
        OK,
    ),
    row(
        119,
        "values that JSON would change without a word",
        &[Handler],
        r#"
const silent = [];
for (const [name, value] of [["an invalid Date", new Date(NaN)], ["Object(NaN)", Object(NaN)], ["Object(Infinity)", Object(Infinity)], ["Object(Symbol())", Object(Symbol())], ["a WeakMap", new WeakMap()], ["a WeakSet", new WeakSet()], ["an iterator", [1].values()], ["a generator", (function* () {})()]]) {
  try { api.record({ a: value }); silent.push(name); } catch {}
}
if (silent.length > 0) throw new Error("changed without a word: " + silent.join(", "));"#,
        OK,
    ),
    row(
        120,
        "own keys with odd names",
        &[Handler],
        r#"
const made = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":1,"hasOwnProperty":2,"toString":3,"":4}');
const got = api.echo(made)[0];
if (!Object.hasOwn(got, "__proto__") || got.__proto__.polluted !== 1 || {}.polluted !== undefined) throw new Error("lost");
api.change("user.__proto__.polluted", 1); api.change("__proto__", { polluted: 1 }); api.change("constructor.prototype.polluted", 1);
if ({}.polluted !== undefined || Object.polluted !== undefined) throw new Error("polluted");"#,
        OK,
    ),
    row(
        124,
        "api functions overwritten and deleted",
        &[Handler],
        "const { record } = api; api.record = () => { throw new Error('mine'); }; delete api.echo; api.nested.deeply = null; record({ a: 1 }); record.call(null, 1); record.apply(undefined, [1]); Reflect.apply(record, {}, [1]);",
        OK,
    ),
    row(124, "api functions constructed", &[Handler], "new api.record(1);", THREW),
    row(
        125,
        "an argument that changes while it is read",
        &[Handler],
        "let n = 0; const got = api.echo({ get a() { return n++; }, get b() { return n++; } })[0]; if (got.a !== 0 || got.b !== 1) throw new Error('read twice');",
        OK,
    ),
    row(
        126,
        "lone surrogates and NUL",
        &[Handler],
        "let refused = 0; for (const v of ['\\ud800', { '\\udc00': 1 }, ['a\\ud800b']]) try { api.record(v); } catch (e) { if (!(e instanceof TypeError)) throw e; refused++; } const got = api.echo('a\\0b', { 'k\\0': '\\u2028' }); if (got[0] !== 'a\\0b' || got[1]['k\\0'] !== '\\u2028') throw new Error('lost');",
        OK,
    ),
    row(121, "very many arguments", &[Handler], "api.record(...new Array(65).fill(1));", THREW),
    row(
        121,
        "very many arguments that are undefined",
        &[Handler],
        "api.record(...new Array(1e5));",
        &["threw", "completed"],
    ),
    row(
        130,
        "commands and then an error",
        &[Handler],
        "api.record({ a: 1 }); throw new Error('mine');",
        THREW,
    ),
    row(
        130,
        "commands and then an error caught and thrown by the api",
        &[Handler],
        "api.record({ a: 1 }); api.fails('mine', 1);",
        THREW,
    ),
    row(
        140,
        "the api aborts, and the script catches",
        EVERYWHERE_WITH_API,
        "try { api.aborts('over'); } catch {} finally { for (;;); }",
        THREW,
    ),
    row(325, "the host's side panics", &[Handler], "try { api.panics(); } catch {} ", THREW),
    row(
        325,
        "the host's future panics",
        &[Handler],
        "let e; try { await api.laterPanics(); } catch (x) { e = x; } if (!(e instanceof Error)) throw new Error('no error');",
        OK,
    ),
    row(
        117,
        "a change of a frozen event",
        &[Handler],
        "Object.freeze(event); Object.freeze(event.user); api.change('user.a', 1); api.change('b.c', 1);",
        OK,
    ),
    row(
        117,
        "a change of an event with setters",
        &[Handler],
        "Object.defineProperty(event, 'user', { get() { for (;;); } }); api.change('user.a', 1);",
        &["cpu_limit", "completed"],
    ),
];

const EVERYWHERE_WITH_API: &[Place] = &[Handler, Timer, Microtask, Getter, Module];

const ERROR_ROWS: &[Row] = &[
    row(131, "null thrown", EVERYWHERE, "throw null;", THREW),
    row(131, "undefined thrown", EVERYWHERE, "throw undefined;", THREW),
    row(131, "a number thrown", &[Handler, Load], "throw -0;", THREW),
    row(131, "a BigInt thrown", &[Handler, Load], "throw 1n << 1000n;", THREW),
    row(
        131,
        "a huge BigInt thrown",
        &[Handler, Load],
        "throw 1n << 100000000n;",
        &["threw", "heap_limit", "cpu_limit"],
    ),
    row(131, "a symbol thrown", EVERYWHERE, "throw Symbol('x'.repeat(1e6));", THREW),
    row(131, "a function thrown", &[Handler, Load], "throw function mine() {};", THREW),
    row(
        131,
        "a proxy thrown",
        EVERYWHERE,
        "throw new Proxy(new Error('x'), { get() { for (;;); }, getPrototypeOf() { for (;;); }, getOwnPropertyDescriptor() { for (;;); } });",
        THREW,
    ),
    row(
        131,
        "an error whose prototype is a proxy",
        EVERYWHERE,
        "throw Object.setPrototypeOf(new Error('x'), new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); }, has() { for (;;); } }));",
        THREW,
    ),
    row(131, "an object without a prototype thrown", &[Handler, Load], "throw Object.create(null);", THREW),
    row(
        131,
        "an object with a constructor of odd kind thrown",
        &[Handler],
        "throw { constructor: { get name() { for (;;); } }, get [Symbol.toStringTag]() { for (;;); } };",
        THREW,
    ),
    row(131, "api thrown", &[Handler], "throw api;", THREW),
    row(131, "globalThis thrown", &[Handler, Load], "throw globalThis;", THREW),
    row(
        131,
        "a module's namespace thrown",
        &[ModuleScript],
        "export const h = async () => { throw ns; }; export const later = 1; const ns = { h };",
        THREW,
    ),
    row(131, "a DOMException thrown", &[Handler], "throw new DOMException('mine', 'AbortError');", THREW),
    row(
        132,
        "an error whose getters throw",
        EVERYWHERE,
        "const e = new Error('x'); for (const k of ['message', 'stack', 'name', 'cause', 'toString', 'errors', 'constructor']) Object.defineProperty(e, k, { get() { throw new Error(k); } }); throw e;",
        THREW,
    ),
    row(
        132,
        "an error whose getters loop",
        ALL_PLACES,
        "const e = new Error('x'); for (const k of ['message', 'stack', 'name', 'cause', 'toString', 'errors', 'constructor']) Object.defineProperty(e, k, { get() { for (;;); } }); throw e;",
        THREW,
    ),
    row(
        132,
        "an object shaped as an error whose getters loop",
        EVERYWHERE,
        "throw { get message() { for (;;); }, get stack() { for (;;); }, get name() { for (;;); } };",
        THREW,
    ),
    row(
        132,
        "an error whose fields are of odd kinds",
        &[Handler, Load],
        "const e = new Error(); e.message = Symbol('m'); e.name = { toString() { for (;;); } }; e.stack = 5; e.cause = e; throw e;",
        THREW,
    ),
    row(
        132,
        "getters on Error.prototype that loop",
        &[Handler, Load],
        "for (const k of ['message', 'stack', 'name', 'toString']) Object.defineProperty(Error.prototype, k, { get() { for (;;); }, configurable: true }); throw new TypeError();",
        THREW,
    ),
    row(
        137,
        "a cyclic cause",
        &[Handler],
        "const a = new Error('a'), b = new Error('b', { cause: a }); a.cause = b; throw a;",
        THREW,
    ),
    row(
        137,
        "an AggregateError with a million entries",
        &[Handler],
        "throw new AggregateError(new Array(1e6).fill(1), 'mine');",
        &["threw", "heap_limit"],
    ),
    row(
        139,
        "stacks of every kind",
        &[Handler, Module, Load],
        r#"
const stacks = [];
const grab = () => { try { throw new Error("x"); } catch (e) { stacks.push(e.stack); } };
grab(); [1].map(grab); Array.from([1], grab); Array.prototype.flatMap.call([1], grab);
for (const f of [() => new URL("::"), () => structuredClone(() => {}), () => atob("*"), () => new Headers([["a"]]), () => Array.prototype.map.call(null), () => [].reduce((a) => a), () => crypto.getRandomValues(1), () => setTimeout("x"), () => new TextDecoder("zzz"), () => fetch.call(5).catch((e) => stacks.push(String(e.stack))), () => Reflect.get(AbortSignal.prototype, 'aborted', 1)]) {
  try { f(); } catch (e) { stacks.push(String(e?.stack), String(e?.message)); }
}
for (const s of stacks) if (/ext:|core\/|\.rs|bootstrap|node:/.test(s)) throw new Error("shows: " + s.replaceAll("ext:", "e-x-t:"));"#,
        OK,
    ),
    row(
        140,
        "an error shaped as one of ours",
        &[Handler],
        "const e = new Error('Too much processor time'); e.name = 'cpu_limit'; e.kind = 'cpu_limit'; e.outcome = { kind: 'completed' }; throw e;",
        THREW,
    ),
    row(
        140,
        "an error with the name of an abort",
        &[Handler],
        "const e = new Error('over'); e.name = 'ExecutionAborted'; throw e;",
        THREW,
    ),
    row(140, "a throw of what a termination throws", &[Handler], "throw null; throw undefined;", THREW),
    row(
        144,
        "a rejection whose value is collected",
        &[Handler],
        "for (let i = 0; i < 1000; i++) Promise.reject(new Array(1000).fill(i)).catch(() => {}); Promise.reject(new Error('mine')); for (let i = 0; i < 100; i++) new Array(1e5); await new Promise((r) => setTimeout(r, 20));",
        THREW,
    ),
    row(
        141,
        "an error of a Web API while the limit is reached",
        &[Handler, Timer],
        "for (;;) try { new URL('::'); } catch {}",
        CPU,
    ),
    row(
        141,
        "rejections of Web APIs while the limit is reached",
        &[Handler],
        "for (;;) await crypto.subtle.digest('NO', new Uint8Array(1)).catch(() => {});",
        CPU,
    ),
    row(
        141,
        "errors of api calls while the limit is reached",
        &[Handler],
        "for (;;) try { api.record({ toJSON() { throw 1; } }); } catch {}",
        CPU,
    ),
];

const CONSOLE_ROWS: &[Row] = &[
    row(
        145,
        "a million lines",
        EVERYWHERE,
        "for (let i = 0; i < 3e5; i++) console.log('line');",
        &["completed", "cpu_limit"],
    ),
    row(145, "lines of empty text without end", &[Handler], "for (;;) console.log('');", CPU),
    row(
        145,
        "objects logged without end",
        &[Handler],
        "for (;;) console.log({ a: [1, { b: 2 }] }, new Map([[1, 2]]), new Error('x'));",
        CPU,
    ),
    row(
        146,
        "one line of a hundred megabytes",
        &[Handler],
        "console.log('x'.repeat(6e7));",
        &["completed", "heap_limit"],
    ),
    row(
        146,
        "one line of line feeds in a group",
        &[Handler],
        "console.group('g'); console.log('\\n'.repeat(2 ** 26));",
        &["completed", "heap_limit"],
    ),
    row(
        146,
        "one line of line feeds in a group, the error caught",
        &[Handler],
        "console.group(); for (let i = 0; i < 10; i++) try { console.log('\\n'.repeat(2 ** 26)); } catch (e) { throw new Error('console threw ' + e.message); }",
        &["completed", "heap_limit", "cpu_limit"],
    ),
    row(
        146,
        "arguments of many megabytes",
        &[Handler],
        "console.log(new Array(100).fill('x'.repeat(1e6)), { a: 'x'.repeat(1e7) }, ...new Array(1000).fill('y'.repeat(1e5)));",
        &["completed", "heap_limit", "cpu_limit"],
    ),
    row(
        146,
        "an array of a million elements",
        &[Handler],
        "console.log(new Array(1e6).fill(0)); console.log(new Uint8Array(1e7)); console.dir(new Array(1e5).fill(0), { maxArrayLength: Infinity });",
        &["completed", "heap_limit", "cpu_limit"],
    ),
    row(
        146,
        "an object of very many keys",
        &[Handler],
        "const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i] = i; for (;;) console.log(o);",
        &["cpu_limit", "heap_limit"],
    ),
    row(
        146,
        "a Map, a Set and a sparse array of very many entries",
        &[Handler],
        "const m = new Map(), s = new Set(), a = []; for (let i = 0; i < 1e5; i++) { m.set(i, i); s.add(i); } a.length = 2 ** 32 - 1; console.log(m, s, a, m.entries(), s.values());",
        &["completed", "heap_limit", "cpu_limit"],
    ),
    row(
        147,
        "an argument whose getters throw",
        &[Handler],
        "console.log({ get a() { throw new Error('mine'); } }, new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, getPrototypeOf() { throw 3; } }));",
        OK,
    ),
    row(
        147,
        "an inspect hook that loops",
        &[Handler],
        "console.log({ [Symbol.for('nodejs.util.inspect.custom')]() { for (;;); } });",
        CPU,
    ),
    row(147, "a toString that loops", &[Handler], "console.log('%s', { toString() { for (;;); } });", CPU),
    row(
        147,
        "hooks that throw",
        &[Handler],
        "const hook = () => { throw new Error('mine'); }; console.log({ [Symbol.for('nodejs.util.inspect.custom')]: hook }, '%s', { toString: hook }); console.log('%s %d %i %f %j %o %O %c', { toString: hook, valueOf: hook, toJSON: hook }, { valueOf: hook }, Symbol('x'), 1n, { toJSON: hook }, hook, {}, 'css');",
        OK,
    ),
    row(
        147,
        "hooks that give odd things",
        &[Handler],
        "for (const v of [null, undefined, Symbol('x'), {}, () => {}, 'x'.repeat(1e6)]) console.log({ [Symbol.for('nodejs.util.inspect.custom')]: () => v }); const o = { [Symbol.for('nodejs.util.inspect.custom')]: () => o }; console.log(o);",
        &["completed"],
    ),
    row(
        147,
        "labels that throw",
        &[Handler],
        "for (const m of ['count', 'countReset', 'time', 'timeEnd', 'timeLog']) console[m]({ toString() { throw new Error('mine'); } });",
        &["threw", "completed"],
    ),
    row(
        147,
        "labels without end",
        &[Handler],
        "for (let i = 0; ; i++) { console.time('l' + i); console.count('c' + i); }",
        &["heap_limit", "cpu_limit"],
    ),
    row(
        147,
        "groups without end",
        &[Handler],
        "for (let i = 0; i < 1e4; i++) console.group(); console.log('x'); for (let i = 0; i < 2e4; i++) console.groupEnd();",
        &["completed", "cpu_limit"],
    ),
    row(
        149,
        "control characters",
        &[Handler],
        "console.log('a\\r\\nb\\u2028c\\u001b[31md\\u202ee\\0f'); console.log({ a: '\\u001b[31m\\r\\n\\0' }, ['\\u202e']);",
        OK,
    ),
    row(
        150,
        "directives of formats",
        &[Handler],
        "console.log('%s%s%s%n%x%p%%%', 1); console.log('%', '%%'); console.log('%s'.repeat(1e5), ...new Array(1e4).fill('x')); console.log('{} {0} {{}} %1$s');",
        &["completed", "cpu_limit"],
    ),
    row(
        150,
        "an assert with odd arguments",
        &[Handler],
        "console.assert(false); console.assert(false, '%s', 'x'); console.assert(false, {}); console.assert(true); console.table([[1, 2]]); console.dirxml({}); console.trace('%s', {}); console.dir(1, null); console.dir({}, { get depth() { throw new Error('mine'); } });",
        &["completed", "threw"],
    ),
    row(
        152,
        "a line after the end",
        &[Handler],
        "setTimeout(() => console.log('too late'), 5); Promise.resolve().then(() => setTimeout(() => console.log('too late'), 0));",
        OK,
    ),
    row(
        137,
        "errors of odd kinds logged",
        &[Handler],
        "const e = new Error('a'); e.cause = e; e.stack = { toString() { for (;;); } }; console.log(e, new AggregateError([e, 1], 'x'), Object.create(Error.prototype)); const f = new Error('b'); Object.defineProperty(f, 'stack', { get() { throw 1; } }); console.log(f);",
        &["completed", "cpu_limit"],
    ),
];

const SECRET_ROWS: &[Row] = &[
    row(
        246,
        "a secret logged",
        EVERYWHERE_WITH_API,
        "console.log(event.secrets.KEY); console.log('a' + event.secrets.KEY + 'b', { s: event.secrets.KEY }, [event.secrets.KEY], event.secrets, new Map([[event.secrets.KEY, event.secrets.KEY]])); console.table(event.secrets); console.dir(event.secrets, { showHidden: true });",
        &["completed", "unsettled"],
    ),
    row(
        247,
        "a secret logged in other spellings",
        &[Handler],
        "const s = event.secrets.KEY, bytes = new TextEncoder().encode(s); console.log(btoa(s), encodeURIComponent(s), JSON.stringify(s), [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''), btoa(s).replaceAll('+', '-').replaceAll('/', '_'), [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('').toUpperCase());",
        OK,
    ),
    row(
        249,
        "a secret thrown",
        EVERYWHERE_WITH_API,
        "throw new Error('failed with ' + event.secrets.KEY, { cause: new Error(event.secrets.KEY) });",
        THREW,
    ),
    row(249, "a secret thrown as text", &[Handler], "throw event.secrets.KEY;", THREW),
    row(
        249,
        "a secret as the name of an error",
        &[Handler],
        "const e = new Error('x'); e.name = event.secrets.KEY; throw e;",
        THREW,
    ),
    row(
        249,
        "a secret as the name of a function",
        &[Handler],
        "const o = { [event.secrets.KEY]() { throw new Error('x'); } }; o[event.secrets.KEY]();",
        THREW,
    ),
    row(
        249,
        "a secret as the name of a class",
        &[Handler],
        "const C = { [event.secrets.KEY]: class {} }[event.secrets.KEY]; throw new C();",
        THREW,
    ),
    row(
        249,
        "a secret in a rejection",
        &[Handler],
        "Promise.reject(new Error(event.secrets.KEY)); await new Promise((r) => setTimeout(r, 20));",
        THREW,
    ),
    row(249, "a secret in an abort", &[Handler], "api.aborts('over: ' + event.secrets.KEY);", THREW),
    row(249, "a secret in the error of a Web API", &[Handler], "new URL(event.secrets.KEY);", THREW),
    row(
        249,
        "a secret in the error of a required module",
        &[Script],
        "exports.h = (event) => require(event.secrets.KEY);",
        THREW,
    ),
    row(
        250,
        "the event shown",
        &[Handler],
        "console.log(event); console.log(JSON.stringify(event)); console.dir(event, { depth: Infinity, showHidden: true }); console.log('%o %O %j', event, event, event); if (JSON.stringify(event).includes('KEY') || Object.keys(event).includes('secrets')) throw new Error('shown');",
        OK,
    ),
    row(
        250,
        "the event cloned and sent",
        &[Handler],
        "const got = api.echo(event)[0]; if ('secrets' in got || 'secrets' in structuredClone(event) || 'secrets' in { ...event }) throw new Error('copied');",
        OK,
    ),
    row(
        251,
        "names of other secrets",
        &[Handler],
        "for (const n of ['key', 'KEY2', '__proto__', 'constructor', 'toString']) if (Object.hasOwn(event.secrets, n)) throw new Error(n);",
        OK,
    ),
    row(
        254,
        "a secret cut by the length of a line",
        &[Handler],
        "for (let i = 0; i < 20; i++) console.log('x'.repeat(16384 - i) + event.secrets.KEY);",
        OK,
    ),
];

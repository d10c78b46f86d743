//! Areas A, B, C and M: processor time, time on the clock, jobs, timers.

use std::time::Duration;

use vestibule_engine::Limits;

use super::*;

const CPU: &[&str] = &["cpu_limit"];
const WALL: &[&str] = &["wall_limit"];
const OK: &[&str] = &["completed"];
const THREW: &[&str] = &["threw"];
const CPU_OR_HEAP: &[&str] = &["cpu_limit", "heap_limit"];

pub(super) fn add(cases: &mut Vec<Case>) {
    add_rows(cases, "cpu", &limits(), CPU_ROWS);
    let wall = Limits { wall: Duration::from_millis(500), cpu: Duration::from_secs(2), ..limits() };
    add_rows(cases, "wall", &wall, WALL_ROWS);
    add_rows(cases, "jobs", &limits(), JOB_ROWS);
    add_rows(cases, "jobs", &memory_limits(), LONG_JOB_ROWS);
    add_rows(cases, "timers", &wall, TIMER_ROWS);
}

const CPU_ROWS: &[Row] = &[
    row(1, "an endless loop", ALL_PLACES, "for (;;);", CPU),
    row(
        1,
        "an endless loop with try and finally",
        EVERYWHERE,
        "for (;;) { try { for (;;); } catch { continue; } finally { continue; } }",
        CPU,
    ),
    row(
        1,
        "an endless do-while over a volatile value",
        &[Handler],
        "let x = 0; do { x = (x + 1) | 0; } while (x !== -0.5);",
        CPU,
    ),
    row(2, "an endless loop before the export", &[Script], "for (;;); exports.h = () => {};", CPU),
    row(
        2,
        "an endless loop in a static block",
        &[Script],
        "class A { static { for (;;); } } exports.h = () => {};",
        CPU,
    ),
    row(
        4,
        "a loop in the exported getter",
        &[Script],
        "Object.defineProperty(exports, 'h', { get() { for (;;); } });",
        CPU,
    ),
    row(
        4,
        "a loop in a proxy around the exports",
        &[Script],
        "module.exports = new Proxy({}, { get() { for (;;); } });",
        CPU,
    ),
    row(
        4,
        "a loop in ownKeys of a proxy around the exports",
        &[Script],
        "module.exports = new Proxy({}, { get() { return undefined; }, ownKeys() { for (;;); } });",
        &["cpu_limit", "invalid_program"],
    ),
    row(4, "a loop in valueOf", &[Handler], "return +{ valueOf() { for (;;); } };", CPU),
    row(
        4,
        "a loop in Symbol.toPrimitive",
        &[Handler],
        "return `${{ [Symbol.toPrimitive]() { for (;;); } }}`;",
        CPU,
    ),
    row(
        4,
        "a loop in has of a proxy",
        &[Handler],
        "return 'x' in new Proxy({}, { has() { for (;;); } });",
        CPU,
    ),
    row(4, "a loop in a thenable", &[Handler], "return { then() { for (;;); } };", CPU),
    row(
        4,
        "a loop in an argument of an api call",
        &[Handler],
        "api.record({ toJSON() { for (;;); } });",
        CPU,
    ),
    row(
        4,
        "a loop in a getter of an argument of an api call",
        &[Handler],
        "api.record({ get a() { for (;;); } });",
        CPU,
    ),
    row(
        5,
        "a generator that never finishes",
        &[Handler, Load],
        "function* g() { for (;;) yield 1; } for (const x of g());",
        CPU,
    ),
    row(
        5,
        "an async generator that never finishes",
        &[Handler],
        "async function* g() { for (;;) yield 1; } for await (const x of g());",
        CPU,
    ),
    row(
        5,
        "a spread of a generator that never finishes",
        &[Handler],
        "function* g() { for (;;) yield; } for (const x of g().drop(1e15));",
        CPU,
    ),
    row(
        6,
        "a sort with an expensive comparator",
        &[Handler],
        "const a = Array.from({ length: 2e5 }, (_, i) => -i); a.sort((x, y) => { for (let i = 0; i < 1e4; i++); return x - y; });",
        CPU,
    ),
    row(6, "a sort with an endless comparator", EVERYWHERE, "[2, 1].sort(() => { for (;;); });", CPU),
    row(
        6,
        "a sort of a typed array with an endless comparator",
        &[Handler],
        "new Uint8Array(9).sort(() => { for (;;); });",
        CPU,
    ),
    row(14, "a script within its budget", &[Handler, Timer, Module], "for (let i = 0; i < 1e5; i++);", OK),
    row(
        9,
        "JSON.stringify with an endless replacer",
        &[Handler],
        "JSON.stringify([1], () => { for (;;); });",
        CPU,
    ),
    row(9, "JSON.parse with an endless reviver", &[Handler], "JSON.parse('[1]', () => { for (;;); });", CPU),
    row(
        12,
        "thousands of distinct hot functions",
        &[Handler],
        r#"
const shapes = [];
for (let i = 0; ; i++) {
  const make = (k) => function f(x) { let s = k; for (let j = 0; j < 300; j++) s = (s * 31 + x + j) | 0; return s; };
  const f = make(i);
  for (let j = 0; j < 50; j++) f(j);
  if (i % 100 === 0) shapes.push({ ["p" + i]: f });
}"#,
        CPU_OR_HEAP,
    ),
];

const WALL_ROWS: &[Row] = &[
    row(
        16,
        "a timer far beyond the limit",
        &[Handler, Microtask, Module],
        "await new Promise((r) => setTimeout(r, 1e8));",
        WALL,
    ),
    row(
        16,
        "a top-level await of a timer far beyond the limit",
        &[ModuleScript],
        "await new Promise((r) => setTimeout(r, 1e8)); export const h = () => {};",
        WALL,
    ),
    row(16, "a call of the host that never answers", &[Handler], "await api.never();", WALL),
    row(
        17,
        "a promise that nobody can settle",
        &[Handler, Microtask, Timer, Module],
        "await new Promise(() => {});",
        &["unsettled"],
    ),
    row(
        17,
        "a returned promise that nobody can settle",
        &[Script],
        "exports.h = () => new Promise(() => {});",
        &["unsettled"],
    ),
    row(
        19,
        "many short awaits",
        &[Handler],
        "for (;;) await new Promise((r) => setTimeout(r, 1));",
        &["wall_limit", "cpu_limit"],
    ),
    row(
        20,
        "timers, calls and jobs left behind",
        &[Handler],
        "setInterval(() => { throw new Error('too late'); }, 50); setTimeout(() => { for (;;); }, 20); api.never(); Promise.resolve().then(() => 1);",
        OK,
    ),
    row(
        20,
        "endless jobs left behind",
        &[Script],
        "exports.h = () => { (async () => { for (;;) await null; })(); };",
        &["completed", "cpu_limit", "wall_limit"],
    ),
];

const JOB_ROWS: &[Row] = &[
    row(
        26,
        "a job that schedules itself",
        EVERYWHERE,
        "(function again() { Promise.resolve().then(again); })(); ",
        &["cpu_limit", "wall_limit", "unsettled", "completed", "threw"],
    ),
    row(
        26,
        "a job that schedules itself while the handler waits",
        &[Handler, Timer, Microtask],
        "await new Promise((r) => { (function again() { queueMicrotask(again); })(); });",
        CPU_OR_HEAP,
    ),
    row(
        26,
        "a job that schedules itself before a top-level await",
        &[ModuleScript],
        "(function again() { queueMicrotask(again); })(); await new Promise(() => {}); export const h = () => {};",
        CPU_OR_HEAP,
    ),
    row(
        27,
        "jobs that double each turn",
        &[Handler],
        "await new Promise((r) => { (function again() { queueMicrotask(again); queueMicrotask(again); })(); });",
        CPU_OR_HEAP,
    ),
    row(
        29,
        "awaits of settled promises",
        EVERYWHERE,
        "return (async () => { for (;;) await 1; })();",
        &["cpu_limit", "heap_limit", "unsettled", "threw", "completed"],
    ),
    row(
        29,
        "awaits of settled promises in the handler",
        &[Handler, Microtask, Module],
        "for (;;) await 1;",
        CPU_OR_HEAP,
    ),
    row(
        31,
        "a rejection handled after a zero timer",
        &[Handler],
        "const p = Promise.reject(new Error('x')); await new Promise((r) => setTimeout(r, 0)); await p.catch(() => {});",
        // More than a turn late, for which Node ends a script, unless the timer fires within the turn.
        &["threw", "completed"],
    ),
    row(
        31,
        "a rejection handled one job late",
        &[Handler],
        "const p = Promise.reject(new Error('x')); await null; await p.catch(() => {});",
        OK,
    ),
    row(
        32,
        "a rejection with undefined",
        &[Handler],
        "Promise.reject(undefined); await new Promise((r) => setTimeout(r, 50));",
        THREW,
    ),
    row(
        32,
        "a rejection with a symbol",
        &[Handler],
        "Promise.reject(Symbol('s')); await new Promise((r) => setTimeout(r, 50));",
        THREW,
    ),
    row(
        32,
        "a rejection with a revoked proxy",
        &[Handler],
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); Promise.reject(proxy); await new Promise((r) => setTimeout(r, 50));",
        THREW,
    ),
    row(
        32,
        "the handler rejects with a revoked proxy",
        &[Handler],
        "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy;",
        THREW,
    ),
    row(
        34,
        "a thenable that resolves twice and then throws",
        &[Handler],
        "return { then(f) { f(1); f(2); throw new Error('after'); } };",
        OK,
    ),
    row(
        34,
        "a thenable that rejects after it resolved",
        &[Handler],
        "return { then(f, r) { f(1); r(new Error('after')); } };",
        OK,
    ),
    row(34, "a thenable that never resolves", &[Handler], "return { then() {} };", &["unsettled"]),
    row(
        34,
        "a thenable that throws",
        &[Handler],
        "return { then() { throw new TypeError('mine'); } };",
        THREW,
    ),
    row(
        34,
        "thenables of thenables without end",
        &[Handler],
        "const t = () => ({ then(f) { f(t()); } }); return t();",
        CPU_OR_HEAP,
    ),
    row(
        35,
        "the limit is reached between jobs",
        &[Handler],
        "const until = Date.now() + 100; for (;;) { await null; while (Date.now() < until); }",
        CPU_OR_HEAP,
    ),
    row(
        36,
        "finalizers by the thousand",
        &[Handler],
        "const r = new FinalizationRegistry(() => { throw new Error('ran'); }); for (let i = 0; i < 2e4; i++) { r.register({ i }, i); new WeakRef({}); }",
        OK,
    ),
    row(
        36,
        "finalizers that loop",
        &[Handler],
        "const r = new FinalizationRegistry(() => { for (;;); }); for (let i = 0; i < 1e5; i++) r.register(new Array(100), i); await new Promise((r) => setTimeout(r, 100));",
        &["completed", "cpu_limit", "wall_limit"],
    ),
];

const LONG_JOB_ROWS: &[Row] = &[
    row(
        30,
        "a hundred thousand unhandled rejections",
        &[Handler],
        "for (let i = 0; i < 1e5; i++) Promise.reject(new Error('n' + i)); await new Promise((r) => setTimeout(r, 50));",
        &["threw", "heap_limit"],
    ),
    row(
        30,
        "a hundred thousand rejections handled late",
        &[Handler],
        "const all = []; for (let i = 0; i < 1e5; i++) all.push(Promise.reject(i)); for (const p of all) p.catch(() => {});",
        &["completed", "cpu_limit", "heap_limit"],
    ),
    row(
        37,
        "a chain of a million promises",
        &[Handler],
        "let p = Promise.resolve(); for (let i = 0; i < 1e6; i++) p = p.then(() => i); await p;",
        &["completed", "heap_limit"],
    ),
    row(
        37,
        "a million promises that wait on each other",
        &[Handler],
        "let p = new Promise(() => {}); for (let i = 0; i < 1e6; i++) { const q = p; p = (async () => { await q; })(); } await p;",
        &["unsettled", "heap_limit"],
    ),
];

const TIMER_ROWS: &[Row] = &[
    row(
        154,
        "a million timers without delay",
        &[Handler],
        "for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 0);",
        THREW,
    ),
    row(
        154,
        "a million timers, the refusal caught",
        &[Handler],
        "let refused = 0; for (let i = 0; i < 1e5; i++) try { setTimeout(() => {}, 1000); } catch (e) { if (!(e instanceof RangeError)) throw e; refused++; } if (refused !== 99000) throw new Error('refused ' + refused);",
        // The clock may be up before the loop is.
        &["completed", "wall_limit", "cpu_limit"],
    ),
    row(155, "an interval never cleared", &[Handler], "setInterval(() => {}, 1);", OK),
    row(
        155,
        "an interval never cleared that is waited for",
        &[Handler],
        "setInterval(() => {}, 1); await new Promise(() => {});",
        WALL,
    ),
    row(
        156,
        "odd delays",
        &[Handler],
        "await Promise.all([-1, NaN, -Infinity, undefined, null, 'x', 0.5, -0].map((d) => new Promise((r) => setTimeout(r, d))));",
        OK,
    ),
    row(
        156,
        "infinite delays",
        &[Handler],
        "await Promise.all([Infinity, 2 ** 31, 2 ** 53, 1e300].map((d) => new Promise((r) => setTimeout(r, d))));",
        OK,
    ),
    row(156, "a delay that is no number", &[Handler], "setTimeout(() => {}, Symbol('x'));", THREW),
    row(
        156,
        "a delay that is a BigInt",
        &[Handler],
        "await new Promise((r) => setTimeout(r, 1n));",
        &["completed", "threw"],
    ),
    row(
        156,
        "a delay whose conversion loops",
        &[Handler],
        "setTimeout(() => {}, { valueOf() { for (;;); } });",
        &["wall_limit", "cpu_limit"],
    ),
    row(157, "a string as callback", &[Handler], "setTimeout('globalThis.ran = true', 0);", THREW),
    row(
        159,
        "timer ids guessed and cleared",
        &[Handler],
        "for (let i = -10; i < 1e4; i++) { clearTimeout(i); clearInterval(i); } clearTimeout({}); clearTimeout('x'); clearTimeout(NaN); await new Promise((r) => setTimeout(r, 1));",
        OK,
    ),
    row(
        160,
        "a timer re-armed without end",
        &[Handler],
        "await new Promise(() => { let d = 8; (function again() { setTimeout(again, d /= 2); })(); });",
        &["wall_limit", "cpu_limit"],
    ),
    row(
        160,
        "a timer that throws",
        &[Handler],
        "setTimeout(() => { throw new Error('mine'); }, 1); await new Promise((r) => setTimeout(r, 200));",
        THREW,
    ),
    row(
        160,
        "a timer cleared by itself and others",
        &[Handler],
        "await new Promise((r) => { const a = setInterval(() => { clearInterval(a); clearTimeout(b); r(); }, 1); const b = setTimeout(() => { throw new Error('cleared'); }, 5); });",
        OK,
    ),
];

//! Areas D, E and F: the JavaScript heap, strings, buffers.

use super::*;

const HEAP: &[&str] = &["heap_limit"];
const HEAP_OR_THREW: &[&str] = &["heap_limit", "threw"];
const HEAP_OR_CPU: &[&str] = &["heap_limit", "cpu_limit"];
const HEAP_THREW_CPU: &[&str] = &["heap_limit", "threw", "cpu_limit"];
const ANY_MEMORY: &[&str] = &["heap_limit", "buffer_limit", "threw"];
const ANY_MEMORY_OR_CPU: &[&str] = &["heap_limit", "buffer_limit", "threw", "cpu_limit", "completed"];
const OK: &[&str] = &["completed"];
const THREW: &[&str] = &["threw"];

pub(super) fn add(cases: &mut Vec<Case>) {
    add_rows(cases, "heap", &memory_limits(), HEAP_ROWS);
    add_rows(cases, "strings", &memory_limits(), STRING_ROWS);
    add_rows(cases, "buffers", &memory_limits(), BUFFER_ROWS);
}

const HEAP_ROWS: &[Row] = &[
    row(39, "push on one array", EVERYWHERE, "const a = []; for (;;) a.push(a.length);", HEAP),
    row(39, "push of objects", &[Handler, Timer], "const a = []; for (;;) a.push({ a: [1, 2, 3] });", HEAP),
    row(39, "push of numbers that are no integers", &[Handler], "const a = []; for (;;) a.push(a.length + 0.5);", HEAP),
    row(40, "one large array, written", EVERYWHERE, "const a = new Array(3e7); for (let i = 0; i < 3e7; i++) a[i] = i;", HEAP_OR_THREW),
    row(40, "one larger array, filled", &[Handler, Load], "new Array(1e8).fill(0);", HEAP_THREW_CPU),
    row(40, "large arrays filled and dropped", &[Handler], "for (;;) new Array(4e6).fill(0);", HEAP_OR_CPU),
    row(40, "Array.from of a long list", &[Handler], "Array.from({ length: 1e8 });", HEAP_THREW_CPU),
    row(40, "an array whose length is set", &[Handler], "const a = []; for (let i = 0; ; i++) { a.length = i * 1e6; a[a.length - 1] = 1; if (i > 3000) break; }", ANY_MEMORY_OR_CPU),
    row(41, "a spread of a long string", &[Handler, Load], "[...'x'.repeat(5e7)];", HEAP_THREW_CPU),
    row(41, "a spread of a string with the longest length", &[Handler], "[...'x'.repeat(2 ** 29 - 24)];", HEAP_THREW_CPU),
    row(42, "one array past the ceiling of elements", &[Handler], "const a = []; for (let i = 0; i < 2 ** 28; i++) a.push(0);", HEAP),
    row(42, "one array doubled by concat", &[Handler], "let a = [1]; for (;;) a = a.concat(a);", HEAP_THREW_CPU),
    row(42, "one array doubled by spread", &[Handler], "let a = [1]; for (;;) a = [...a, ...a];", HEAP_THREW_CPU),
    row(42, "one array doubled by push of a spread", &[Handler], "const a = [1]; for (;;) a.push(...a);", HEAP_THREW_CPU),
    row(44, "a Map grown to its maximum", &[Handler], "const m = new Map(); for (let i = 0; ; i++) m.set(i, i);", HEAP_OR_THREW),
    row(44, "a Set grown to its maximum", &[Handler], "const s = new Set(); for (let i = 0; ; i++) s.add(i);", HEAP_OR_THREW),
    row(44, "an object grown to its maximum", &[Handler], "const o = {}; for (let i = 0; ; i++) o['k' + i] = i;", HEAP_OR_THREW),
    row(44, "a sparse array grown to its maximum", &[Handler], "const a = []; for (let i = 0; ; i++) a[(i * 7919) % 4294967295] = i;", HEAP_THREW_CPU),
    row(45, "millions of symbols", &[Handler], "const a = []; for (let i = 0; ; i++) a.push(Symbol('s' + i));", HEAP),
    row(45, "millions of registered symbols", &[Handler], "for (let i = 0; ; i++) Symbol.for('s' + i);", HEAP_OR_CPU),
    row(46, "very many functions", &[Handler], "const a = []; for (let i = 0; ; i++) a.push(class { m() { return i; } static s = i; });", HEAP_OR_CPU),
    row(47, "a long linked list", &[Handler], "let l = null; for (;;) l = { l };", HEAP),
    row(47, "a long chain of closures", &[Handler], "let f = () => 1; for (;;) { const g = f; f = () => g; }", HEAP),
    row(47, "a long chain of ephemerons", &[Handler], "const w = new WeakMap(); let k = {}; const first = k; for (;;) { const n = {}; w.set(k, n); k = n; }", HEAP_OR_CPU),
    row(47, "a long chain of prototypes", &[Handler], "let o = null; for (;;) o = Object.create(o);", HEAP_OR_CPU),
    row(47, "a long chain of proxies", &[Handler], "let p = {}; for (;;) p = new Proxy(p, {});", HEAP_OR_CPU),
    row(47, "a long chain of bound functions", &[Handler], "let f = () => 1; for (;;) f = f.bind(null, f);", HEAP_OR_CPU),
    row(49, "structuredClone of a graph, repeated", &[Handler], "let g = { a: [1, 2, 3] }; for (;;) g = { l: structuredClone(g), r: structuredClone(g) };", HEAP_THREW_CPU),
    row(49, "structuredClone of a long list", &[Handler], "let l = null; for (let i = 0; i < 1e5; i++) l = { l }; structuredClone(l);", HEAP_THREW_CPU),
    row(49, "structuredClone of a long string", &[Handler], "structuredClone('x'.repeat(2 ** 28));", ANY_MEMORY_OR_CPU),
    row(49, "structuredClone of a sparse array", &[Handler], "const a = []; a.length = 2 ** 32 - 1; structuredClone(a);", ANY_MEMORY_OR_CPU),
    row(50, "a full heap with churn", &[Handler], "const keep = []; for (let i = 0; i < 24e4; i++) keep.push({ a: i, b: [i] }); for (;;) { keep[Math.floor(Math.random() * keep.length)] = { a: 1, b: [2] }; }", HEAP_OR_CPU),
    row(51, "allocation in finally after the limit", EVERYWHERE, "const a = []; try { for (;;) a.push({}); } catch { for (;;) a.push({}); } finally { console.log('finally'); for (;;) a.push({}); }", HEAP),
    row(51, "the limit caught again and again", &[Handler], "for (;;) { try { const a = []; for (;;) a.push([]); } catch {} }", HEAP),
    row(54, "a full heap at the end", &[Handler], "globalThis.keep = []; for (let i = 0; i < 2e5; i++) keep.push({ a: i, b: [i] }); throw new Error('mine');", &["threw", "heap_limit"]),
    row(55, "a script within its heap", &[Handler], "const keep = []; for (let i = 0; i < 1e5; i++) keep.push({ a: i, b: [i] }); if (keep.length !== 1e5) throw 1;", OK),
    row(56, "a heap that fills while arguments are sent", &[Handler], "api.record({ toJSON() { const a = []; for (;;) a.push({}); } });", HEAP),
    row(52, "a heap that fills while a class is made", &[Script], "const a = []; class A { static { for (;;) a.push({}); } } exports.h = () => {};", HEAP),
];

const STRING_ROWS: &[Row] = &[
    row(57, "doubling to the longest length", EVERYWHERE, "let s = 'x'; for (;;) s += s;", HEAP_OR_THREW),
    row(57, "doubling, the refusal caught", &[Handler], "let s = 'x'; for (;;) try { s += s; } catch { s = 'x'; }", HEAP_OR_CPU),
    row(59, "the longest rope made flat by an index", &[Handler, Load], "let s = 'x'.repeat(2 ** 29 - 24); s[5]; s.charCodeAt(9);", ANY_MEMORY_OR_CPU),
    row(59, "the longest rope made flat by a pattern", &[Handler], "/y/.test('x'.repeat(2 ** 29 - 24));", ANY_MEMORY_OR_CPU),
    row(59, "the longest ropes compared", &[Handler], "'x'.repeat(2 ** 29 - 24) === 'x'.repeat(2 ** 29 - 24);", ANY_MEMORY_OR_CPU),
    row(59, "the longest rope as a property name", &[Handler], "({})['x'.repeat(2 ** 29 - 24)];", ANY_MEMORY_OR_CPU),
    row(60, "the longest two-byte string made flat", &[Handler], "let s = '\\u4e00'.repeat(2 ** 29 - 24); s[5];", ANY_MEMORY_OR_CPU),
    row(60, "two-byte strings kept", &[Handler], "const a = []; for (;;) { const s = '\\u4e00'.repeat(1e6) + a.length; s[9]; a.push(s); }", HEAP),
    row(61, "join that multiplies", &[Handler], "new Array(1e6).join('x'.repeat(1e6));", ANY_MEMORY_OR_CPU),
    row(61, "join of one long string many times", &[Handler], "const s = 'x'.repeat(1e6); new Array(500).fill(s).join('');", ANY_MEMORY_OR_CPU),
    row(61, "replaceAll that multiplies", &[Handler], "'x'.repeat(1e5).replaceAll('x', 'y'.repeat(5e3));", ANY_MEMORY_OR_CPU),
    row(61, "normalize that multiplies", &[Handler], "'\\ufdfa'.repeat(2e7).normalize('NFKC');", ANY_MEMORY_OR_CPU),
    row(61, "toUpperCase that multiplies", &[Handler], "'\\u00df'.repeat(2 ** 28).toUpperCase();", ANY_MEMORY_OR_CPU),
    row(61, "toLocaleUpperCase of a long string", &[Handler], "'\\u0149'.repeat(2 ** 26).toLocaleUpperCase('tr');", ANY_MEMORY_OR_CPU),
    row(61, "encodeURIComponent that multiplies", &[Handler], "encodeURIComponent('\\u4e00'.repeat(5e7));", ANY_MEMORY_OR_CPU),
    row(61, "escape that multiplies", &[Handler], "escape('\\u4e00'.repeat(8e7));", ANY_MEMORY_OR_CPU),
    row(61, "JSON.stringify that multiplies", &[Handler], "JSON.stringify('\\u0001'.repeat(2 ** 26));", ANY_MEMORY_OR_CPU),
    row(61, "padStart to the longest length", &[Handler], "'x'.padStart(2 ** 29 - 25, 'ab')[7];", ANY_MEMORY_OR_CPU),
    row(61, "split of a long string into characters", &[Handler], "'x'.repeat(2 ** 27).split('');", ANY_MEMORY_OR_CPU),
    row(61, "split of a longer string into characters", &[Handler], "'x'.repeat(2 ** 28).split('');", ANY_MEMORY_OR_CPU),
    row(61, "split of the longest string by its character", &[Handler], "'x'.repeat(2 ** 29 - 24).split('x');", ANY_MEMORY_OR_CPU),
    row(61, "split of a long string by a pattern", &[Handler], "'x'.repeat(2 ** 28).split(/(x)/);", ANY_MEMORY_OR_CPU),
    row(61, "keys of a long string", &[Handler], "Object.keys('x'.repeat(2 ** 28));", ANY_MEMORY_OR_CPU),
    row(61, "own keys of a long string object", &[Handler], "Reflect.ownKeys(new String('x'.repeat(2 ** 28)));", ANY_MEMORY_OR_CPU),
    row(61, "own descriptors of a long string object", &[Handler], "Object.getOwnPropertyDescriptors(new String('x'.repeat(2 ** 28)));", ANY_MEMORY_OR_CPU),
    row(61, "a long string spread into an object", &[Handler], "({ ...'x'.repeat(2 ** 28) });", ANY_MEMORY_OR_CPU),
    row(61, "entries of a long string", &[Handler], "Object.entries('x'.repeat(2 ** 28));", ANY_MEMORY_OR_CPU),
    row(61, "values of a long string", &[Handler], "Object.values('x'.repeat(2 ** 28));", ANY_MEMORY_OR_CPU),
    row(61, "assign of a long string", &[Handler], "Object.assign({}, 'x'.repeat(2 ** 28));", ANY_MEMORY_OR_CPU),
    row(61, "for-in over a long string object", &[Handler], "for (const k in new String('x'.repeat(2 ** 28)));", ANY_MEMORY_OR_CPU),
    row(61, "freeze of a long string object", &[Handler], "Object.freeze(new String('x'.repeat(2 ** 28)));", ANY_MEMORY_OR_CPU),
    row(61, "localeCompare of long strings", &[Handler], "('x'.repeat(2 ** 27) + '\\u00e9').localeCompare('x'.repeat(2 ** 27) + '\\u00e8');", ANY_MEMORY_OR_CPU),
    row(61, "isWellFormed and toWellFormed of a long string", &[Handler], "('\\u4e00'.repeat(2 ** 28) + '\\ud800').toWellFormed();", ANY_MEMORY_OR_CPU),
    row(61, "segments of a long string", &[Handler], "[...new Intl.Segmenter('en').segment('x'.repeat(2 ** 26))];", ANY_MEMORY_OR_CPU),
    row(62, "TextEncoder on the longest string", &[Handler, Timer], "new TextEncoder().encode('x'.repeat(2 ** 29 - 24));", &["buffer_limit", "threw", "heap_limit", "cpu_limit"]),
    row(62, "TextEncoder on the longest two-byte string", &[Handler], "new TextEncoder().encode('\\u4e00'.repeat(2 ** 29 - 24));", &["buffer_limit", "threw", "heap_limit", "cpu_limit"]),
    row(62, "TextEncoder on many strings", &[Handler], "const keep = []; for (;;) keep.push(new TextEncoder().encode('x'.repeat(1e6)));", &["buffer_limit", "threw"]),
    row(62, "encodeInto of the longest string", &[Handler], "new TextEncoder().encodeInto('\\u4e00'.repeat(2 ** 29 - 24), new Uint8Array(10));", ANY_MEMORY_OR_CPU),
    row(62, "TextDecoder on the largest buffer", &[Handler], "const b = new Uint8Array(15 << 20).fill(0xe9); for (const l of ['utf-8', 'latin1', 'utf-16le', 'shift_jis', 'gb18030']) new TextDecoder(l).decode(b);", ANY_MEMORY_OR_CPU),
    row(62, "btoa and atob of long strings", &[Handler], "atob(btoa('x'.repeat(2 ** 27)));", ANY_MEMORY_OR_CPU),
    row(62, "btoa of the longest string", &[Handler], "btoa('x'.repeat(2 ** 29 - 24));", ANY_MEMORY_OR_CPU),
    row(62, "a Blob of the longest string", &[Handler], "new Blob(['x'.repeat(2 ** 29 - 24)]);", ANY_MEMORY),
    row(64, "the longest string as URL", &[Handler], "new URL('https://a.example/' + 'x'.repeat(2 ** 29 - 100));", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as host", &[Handler], "new URL('https://' + 'x'.repeat(2 ** 28) + '.example/');", ANY_MEMORY_OR_CPU),
    row(64, "a long host of another script", &[Handler], "new URL('https://' + '\\u4e00'.repeat(5e6) + '.example/');", ANY_MEMORY_OR_CPU),
    row(64, "a long host of many labels", &[Handler], "new URL('https://' + '\\u00fc.'.repeat(2e6) + 'example/');", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as search", &[Handler], "new URLSearchParams('a=b&'.repeat(2 ** 26));", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as header name", &[Handler], "new Headers([['x'.repeat(2 ** 28), 'v']]);", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as header value", &[Handler], "new Headers([['x', 'x'.repeat(2 ** 28)]]);", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as method", &[Handler], "new Request('https://a.example/', { method: 'x'.repeat(2 ** 28) });", ANY_MEMORY_OR_CPU),
    row(64, "the longest string as pattern of a URL", &[Handler], "new URLPattern({ pathname: '/:a'.repeat(1e5) });", ANY_MEMORY_OR_CPU),
    row(64, "a URL pattern of nested groups", &[Handler], "new URLPattern({ pathname: '{'.repeat(1e5) });", ANY_MEMORY_OR_CPU),
    row(66, "the longest string as an argument of the host", &[Handler], "api.record('x'.repeat(2 ** 29 - 24));", ANY_MEMORY_OR_CPU),
    row(66, "the longest string thrown", &[Handler, Load], "throw 'x'.repeat(2 ** 29 - 24);", &["threw", "heap_limit"]),
    row(66, "the longest string as message", &[Handler, Load], "throw new Error('\\u4e00'.repeat(2 ** 29 - 24));", &["threw", "heap_limit"]),
    row(66, "the longest string as name of an error", &[Handler], "const e = new Error(); e.name = '\\u4e00'.repeat(2 ** 29 - 24); throw e;", &["threw", "heap_limit"]),
    row(66, "the longest string logged", &[Handler], "console.log('\\u4e00'.repeat(2 ** 29 - 24));", ANY_MEMORY_OR_CPU),
    row(66, "the longest string required", &[Load], "require('\\u4e00'.repeat(2 ** 29 - 24));", ANY_MEMORY_OR_CPU),
];

const BUFFER_ROWS: &[Row] = &[
    row(67, "many buffers kept", EVERYWHERE, "const a = []; for (;;) a.push(new ArrayBuffer(1e5));", &["buffer_limit", "threw"]),
    row(67, "many buffers kept, the refusal caught", &[Handler, Load], "const a = []; for (;;) try { a.push(new Uint8Array(1e5)); } catch {}", &["buffer_limit", "cpu_limit"]),
    row(67, "one buffer too large", &[Handler], "new ArrayBuffer(2 ** 40);", THREW),
    row(67, "one buffer too large, the refusal caught", &[Handler], "try { new ArrayBuffer(2 ** 33); } catch (e) { if (!(e instanceof RangeError)) throw e; }", &["completed", "buffer_limit"]),
    row(67, "buffers dropped", &[Handler], "for (let i = 0; i < 2000; i++) new Uint8Array(1e5)[0] = 1;", OK),
    row(69, "very many typed arrays of one byte", &[Handler], "const a = []; for (;;) a.push(new Uint8Array(1));", &["heap_limit", "buffer_limit"]),
    row(69, "very many views", &[Handler], "const a = [], b = new ArrayBuffer(8); for (;;) a.push(new DataView(b));", HEAP),
    row(70, "a resizable buffer with a huge maximum", &[Handler], "new ArrayBuffer(1, { maxByteLength: 2 ** 40 });", THREW),
    row(70, "many resizable buffers", &[Handler], "const a = []; for (;;) a.push(new ArrayBuffer(0, { maxByteLength: 1e6 }));", &["threw", "buffer_limit"]),
    row(70, "a resizable buffer resized in a loop", &[Handler], "const b = new ArrayBuffer(0, { maxByteLength: 8e6 }); for (let i = 0; i < 1000; i++) { b.resize(8e6); new Uint8Array(b).fill(1); b.resize(0); }", OK),
    row(70, "a maximum that changes between its readings", &[Handler], "let n = 0; const a = []; for (let i = 0; i < 64; i++) a.push(new ArrayBuffer(0, { get maxByteLength() { return n++ % 2 === 0 ? 1 : 2 ** 30; } })); for (const b of a) b.resize(b.maxByteLength);", &["completed", "threw", "buffer_limit"]),
    row(70, "the original constructor found through species", &[Handler], "const B = new ArrayBuffer(8).slice(0, 4).constructor; if (B !== ArrayBuffer || Object.getPrototypeOf(Uint8Array.prototype.subarray).constructor === B) throw 1; const a = []; for (;;) a.push(new (class extends B {})(0, { maxByteLength: 1e6 }));", &["threw", "buffer_limit"]),
    row(70, "a buffer made resizable by transfer", &[Handler], "const a = []; for (;;) a.push(new ArrayBuffer(0, { maxByteLength: 1e6 }).transfer());", &["threw", "buffer_limit"]),
    row(71, "transfer, detach and again", &[Handler], "for (let i = 0; i < 1e5; i++) { const b = new ArrayBuffer(16); const c = b.transfer(64); c.transferToFixedLength(8); }", OK),
    row(71, "transfer to larger and larger", &[Handler], "let b = new ArrayBuffer(1); for (;;) b = b.transfer(b.byteLength * 2);", &["threw", "buffer_limit"]),
    row(72, "buffers held by pending work", &[Handler], "for (let i = 0; i < 8; i++) crypto.subtle.digest('SHA-256', new Uint8Array(1e6)); const a = []; for (;;) a.push(new Uint8Array(1e6));", &["threw", "buffer_limit"]),
    row(74, "random bytes beyond the quota", &[Handler], "crypto.getRandomValues(new Uint8Array(65537));", THREW),
    row(74, "a digest of much data", &[Handler], "await crypto.subtle.digest('SHA-512', new Uint8Array(14 << 20));", ANY_MEMORY_OR_CPU),
    row(74, "a key derived with absurd iterations", &[Handler], "const k = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 2 ** 31 - 1 }, k, 256);", THREW),
    row(74, "keys derived with many iterations and not awaited", &[Handler], "const k = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); for (let i = 0; i < 20; i++) crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(8), iterations: 3e7 }, k, 512);", THREW),
    row(74, "a key derived with absurd length", &[Handler], "const k = await crypto.subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']); await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 1 }, k, 2 ** 32 - 8);", ANY_MEMORY),
    row(74, "HKDF with absurd length", &[Handler], "const k = await crypto.subtle.importKey('raw', new Uint8Array(8), 'HKDF', false, ['deriveBits']); await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(8), info: new Uint8Array(8) }, k, 2 ** 32 - 8);", THREW),
    row(74, "an HMAC key of absurd length", &[Handler], "await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 2 ** 32 - 8 }, false, ['sign']);", ANY_MEMORY),
    row(74, "an RSA key of absurd length", &[Handler], "await crypto.subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 65536, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, false, ['encrypt', 'decrypt']);", THREW),
    row(74, "an RSA key of absurd length, not awaited", &[Handler], "crypto.subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 65536, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, false, ['encrypt', 'decrypt']); await null;", &["threw", "completed"]),
    row(74, "an RSA key with an absurd exponent", &[Handler], "await crypto.subtle.generateKey({ name: 'RSA-OAEP', modulusLength: 512, publicExponent: new Uint8Array(1e6).fill(255), hash: 'SHA-256' }, false, ['encrypt', 'decrypt']);", THREW),
    row(75, "a transfer list that repeats a buffer", &[Handler], "const b = new ArrayBuffer(8); structuredClone(b, { transfer: [b, b] });", THREW),
    row(75, "a transfer of a detached buffer", &[Handler], "const b = new ArrayBuffer(8); structuredClone(b, { transfer: [b] }); structuredClone(b, { transfer: [b] });", THREW),
    row(75, "a transfer list without end", &[Handler], "structuredClone({}, { transfer: { *[Symbol.iterator]() { for (;;) yield new ArrayBuffer(1); } } });", &["heap_limit", "buffer_limit", "cpu_limit", "threw"]),
    row(75, "a buffer detached while it is cloned", &[Handler], "const b = new ArrayBuffer(8); structuredClone({ get a() { b.transfer(); return 1; }, b }, { transfer: [b] });", &["threw", "completed"]),
    row(76, "views over a buffer that shrank", &[Handler], "const b = new ArrayBuffer(4096, { maxByteLength: 4096 }); const v = new Uint8Array(b, 1024, 2048); v.fill(7); b.resize(512); if (v.length !== 0 || v[0] !== undefined) throw new Error('stale'); const d = new DataView(new ArrayBuffer(8)); d.buffer.transfer(); try { d.getInt8(0); throw 'stale'; } catch (e) { if (!(e instanceof TypeError)) throw e; }", OK),
    row(76, "a typed array that shrinks while it is sorted", &[Handler], "const b = new ArrayBuffer(4096, { maxByteLength: 4096 }); const v = new Uint8Array(b); v.sort((x, y) => { b.resize(8); return x - y; });", OK),
    row(76, "a typed array that shrinks while it is filled", &[Handler], "const b = new ArrayBuffer(4096, { maxByteLength: 4096 }); const v = new Uint8Array(b); v.fill({ valueOf() { b.resize(8); return 1; } }); v.set([{ valueOf() { b.resize(0); return 1; } }, 2, 3]);", &["completed", "threw"]),
    row(76, "a buffer that shrinks while the host reads it", &[Handler], "const b = new ArrayBuffer(4096, { maxByteLength: 4096 }); const v = new Uint8Array(b); new TextDecoder().decode(v); b.resize(1); new TextDecoder().decode(v); await crypto.subtle.digest('SHA-1', v);", &["completed", "threw"]),
    row(77, "new buffers hold nothing of others", &[Handler], "for (let i = 0; i < 200; i++) { const b = new Uint8Array(50000); for (let j = 0; j < b.length; j += 97) if (b[j] !== 0) throw new Error('not zero'); b.fill(165); }", OK),
    row(77, "buffers that grow hold nothing of others", &[Handler], "for (let i = 0; i < 100; i++) { let b = new ArrayBuffer(16); b = b.transfer(50000); if (new Uint8Array(b).some((x) => x !== 0)) throw new Error('not zero'); new Uint8Array(b).fill(165); }", OK),
    row(67, "Blobs kept", &[Handler], "const a = []; for (;;) a.push(new Blob([new Uint8Array(1e5)]));", &["buffer_limit", "threw"]),
    row(67, "Blobs dropped", &[Handler], "for (;;) new Blob(['x'.repeat(1e5)]);", &["buffer_limit", "threw"]),
    row(67, "streams with chunks without end", &[Handler], "const s = new ReadableStream({ start(c) { for (;;) c.enqueue(new Uint8Array(1e4)); } });", &["buffer_limit", "threw", "heap_limit"]),
    row(192, "a deflate bomb", &[Handler], r#"
// One block with the fixed codes: a zero, and then copies of 258 zeros, 13 bits each.
const bytes = new Uint8Array(7 << 20);
let at = 0;
const put = (bit) => { if (bit) bytes[at >> 3] |= 1 << (at & 7); at++; };
for (const bit of [0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0]) put(bit);
while (at + 13 < bytes.length * 8) { put(1); put(1); put(0); put(0); put(0); put(1); put(0); put(1); at += 5; }
const d = new DecompressionStream('deflate-raw');
const w = d.writable.getWriter();
w.write(bytes).catch(() => {});
const r = d.readable.getReader();
for (;;) { const { done, value } = await r.read(); if (done) break; }"#, &["buffer_limit", "threw", "cpu_limit", "heap_limit"]),
    row(192, "a gzip stream of zeros, compressed and expanded again and again", &[Handler], r#"
const zeros = new Uint8Array(1 << 20);
const c = new CompressionStream('gzip');
const d = new DecompressionStream('gzip');
c.readable.pipeTo(d.writable).catch(() => {});
const w = c.writable.getWriter();
(async () => { for (;;) await w.write(zeros); })().catch(() => {});
const r = d.readable.getReader();
const keep = [];
for (;;) { const { done, value } = await r.read(); if (done) break; keep.push(value); }"#, &["buffer_limit", "threw", "cpu_limit", "heap_limit"]),
];

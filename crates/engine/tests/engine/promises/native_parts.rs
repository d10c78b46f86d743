//! The native parts that Node's built-in modules rest on: `zlib`, `dns`, `async`, `inspect` and `process`.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use vestibule_engine::Egress;
use vestibule_engine::Outcome;

use crate::support::TestApi;
use crate::support::block_on;
use crate::support::common_js;
use crate::support::engine;
use crate::support::invocation;
use crate::support::kind;
use crate::support::logged;
use crate::support::logged_json;
use crate::support::run_body;
use crate::support::run_with;
use crate::support::with_limits;

/// Runs bytes through a codec, in pieces as the native part wants them.
const RUN: &str = r#"
const { ask } = require("vestibule:zlib");
function run(codec, bytes, level = 6) {
  const stream = ask({ do: "open", codec, level });
  const out = [];
  const drain = () => { for (let piece = ask({ do: "read", stream }); piece.length > 0; piece = ask({ do: "read", stream })) for (const byte of piece) out.push(byte); };
  try {
    for (let at = 0; at < bytes.length; at += 65536) { ask({ do: "write", stream }, bytes.slice(at, at + 65536)); drain(); }
    ask({ do: "finish", stream });
    drain();
  } finally { ask({ do: "close", stream }); }
  return new Uint8Array(out);
}
function failure(act) { try { act(); return "nothing"; } catch (error) { return `${error.code}: ${error.message}`; } }
"#;

const PAIRS: &str = r#"[["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["brotliCompress", "brotliDecompress"]]"#;

#[test]
fn what_was_compressed_comes_back() {
    let lines = logged(&format!(
        "{RUN} for (const [to, from] of {PAIRS}) for (const length of [0, 1, 1000, 200000]) {{
        const bytes = new Uint8Array(length).map((_, i) => (i * i) % 251);
        const small = run(to, bytes), again = run(from, small);
        if (again.length !== length || again.some((byte, i) => byte !== bytes[i])) console.log(to, length, 'differs');
        if (length === 200000 && small.length > 20000) console.log(to, 'is not small', small.length);
        }} console.log('done');"
    ));
    assert_eq!(lines, ["done"]);
}

#[test]
fn a_file_of_two_members_is_read_to_its_end() {
    let mut file = Vec::new();
    for text in ["hello ", "world"] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        file.extend(encoder.finish().unwrap());
    }
    file.extend(b"what follows is not looked at");
    let lines = logged(&format!(
        "{RUN} console.log(new TextDecoder().decode(run('gunzip', new Uint8Array({file:?}))));"
    ));
    assert_eq!(lines, ["hello world"]);
}

#[test]
fn damaged_data_is_an_error_with_nodes_code() {
    let lines = logged(&format!(
        "{RUN} const bytes = new Uint8Array(1000).map((_, i) => (i * 7919) % 256);
        for (const [to, from] of {PAIRS}) {{
        const small = run(to, bytes);
        console.log(from, failure(() => run(from, small.slice(0, small.length - 5))));
        if (to === 'gzip') {{ small[small.length - 6] ^= 1; console.log(from, failure(() => run(from, small))); }}
        console.log(from, failure(() => run(from, new Uint8Array(64).fill(255))));
        }}"
    ));
    assert_eq!(
        lines,
        [
            "gunzip Z_BUF_ERROR: unexpected end of file",
            "gunzip Z_DATA_ERROR: incorrect data check",
            "gunzip Z_DATA_ERROR: incorrect header check",
            "inflate Z_BUF_ERROR: unexpected end of file",
            "inflate Z_DATA_ERROR: incorrect header check",
            "inflateRaw Z_BUF_ERROR: unexpected end of file",
            "inflateRaw Z_DATA_ERROR: incorrect header check",
            "brotliDecompress ERR__ERROR_FORMAT: Decompression failed",
            "brotliDecompress ERR__ERROR_FORMAT: Decompression failed",
        ]
    );
}

/// Whatever bytes come, and in whatever order the requests: an error at worst.
#[test]
fn made_up_bytes_and_requests_do_no_harm() {
    let lines = logged(&format!(
        "{RUN} let seed = 7; const next = (n) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
        const codecs = {PAIRS}.flat(); const acts = ['write', 'flush', 'finish', 'read', 'state', 'write', 'read'];
        let count = 0;
        for (let round = 0; round < 300; round++) {{
        const stream = ask({{ do: 'open', codec: codecs[round % codecs.length], level: next(12) }});
        const valid = run('gzip', new Uint8Array(300).map(() => next(4)));
        for (let step = 0; step < 12; step++) {{
        const bytes = next(2) ? valid.map((byte) => (next(40) ? byte : next(256))) : new Uint8Array(next(400)).map(() => next(256));
        try {{ ask({{ do: acts[next(acts.length)], stream }}, bytes); }} catch (error) {{ if (!error.code) throw error; count++; }}
        }}
        ask({{ do: 'close', stream }}); }}
        console.log(count > 0);"
    ));
    assert_eq!(lines, ["true"]);
}

#[test]
fn streams_and_pieces_are_bounded() {
    let lines = logged(&format!(
        "{RUN} console.log(failure(() => {{ for (let i = 0; i < 100; i++) ask({{ do: 'open', codec: 'inflate', level: 0 }}); }}));
        console.log(failure(() => ask({{ do: 'write', stream: 0 }}, new Uint8Array(262145))));
        console.log(failure(() => ask({{ do: 'read', stream: 99 }})), failure(() => ask({{ do: 'open', codec: 'zip', level: 1 }})).slice(0, 21));
        const bytes = new Uint8Array(262144);
        console.log(failure(() => {{ for (let i = 0; i < 100; i++) ask({{ do: 'write', stream: 0 }}, bytes); }}));
        ask({{ do: 'close', stream: 1 }});
        const stored = ask({{ do: 'open', codec: 'deflateRaw', level: 0 }});
        console.log(failure(() => {{ for (let i = 0; i < 100; i++) ask({{ do: 'write', stream: stored }}, bytes); }}));
        for (let i = 0; i < 16; i++) ask({{ do: 'close', stream: i }});
        for (let i = 0; i < 100; i++) ask({{ do: 'close', stream: ask({{ do: 'open', codec: 'brotliCompress', level: 1 }}) }});
        console.log('given back');"
    ));
    assert_eq!(
        lines,
        [
            "Z_MEM_ERROR: zlib: no more than 16 streams may be open at one moment",
            "ERR_OUT_OF_RANGE: zlib: no more than 262144 bytes at a time",
            "Z_STREAM_ERROR: zlib: the stream is closed ERR_INVALID_ARG_VALUE",
            "Z_MEM_ERROR: zlib: read before writing more",
            "Z_MEM_ERROR: zlib: read before writing more",
            "given back",
        ]
    );
}

/// A few kilobytes that become a gigabyte: what is read is the script's, and so is the limit that it meets.
#[test]
fn a_decompression_bomb_meets_the_limit_of_buffers() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let megabyte = vec![0; 1024 * 1024];
    for _ in 0..200 {
        encoder.write_all(&megabyte).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let code = format!(
        "{RUN} const bomb = new Uint8Array({bomb:?});
        exports.h = async () => {{ const stream = ask({{ do: 'open', codec: 'gunzip', level: 0 }});
        ask({{ do: 'write', stream }}, bomb); const kept = []; for (;;) kept.push(ask({{ do: 'read', stream }})); }};"
    );
    let execution = run_with(&common_js(&code), with_limits(|limits| limits.buffer_bytes = 16 * 1024 * 1024));
    assert_eq!(kind(&execution.outcome), "buffer_limit", "{:?}", execution.outcome);
    assert!(execution.usage.buffers_peak_bytes <= 17 * 1024 * 1024, "{:?}", execution.usage);
}

/// What was read and dropped is collected before it is held against a script.
#[test]
fn pieces_that_are_not_kept_make_room_for_the_next() {
    let execution = run_with(
        &common_js(&format!(
            "{RUN} exports.h = async () => {{ const zeros = new Uint8Array(262144); let bytes = 0;
            for (let round = 0; round < 40; round++) bytes += run('gunzip', run('gzip', zeros)).length;
            console.log(bytes); }};"
        )),
        with_limits(|limits| limits.buffer_bytes = 4 * 1024 * 1024),
    );
    assert_eq!(kind(&execution.outcome), "completed", "{:?}", execution.outcome);
    assert!(execution.usage.buffers_peak_bytes <= 5 * 1024 * 1024, "{:?}", execution.usage);
}

/// The window of data in RFC 7932 has 16 MiB at most. The library knows an extension to a gigabyte.
#[test]
fn brotli_data_with_a_giant_window_is_refused() {
    let parameters =
        BrotliEncoderParams { large_window: true, lgwin: 28, quality: 1, ..BrotliEncoderParams::default() };
    let mut giant = Vec::new();
    brotli::BrotliCompress(&mut [7; 1024].as_slice(), &mut giant, &parameters).unwrap();
    let lines = logged(&format!(
        "{RUN} const giant = new Uint8Array({giant:?});
        console.log(failure(() => run('brotliDecompress', giant)));
        const web = new Response(new Blob([giant]).stream().pipeThrough(new DecompressionStream('brotli')));
        console.log(await web.text().catch(String));"
    ));
    assert_eq!(lines, ["ERR__ERROR_FORMAT: Decompression failed", "TypeError: Decompression failed"]);
}

#[test]
fn streams_of_the_web_end_where_their_data_ends() {
    let lines = logged(
        "const whole = async (bytes, stream) => new Uint8Array(await new Response(new Blob(bytes).stream().pipeThrough(stream)).arrayBuffer());
        const text = new Uint8Array(300000).map((_, i) => i * i);
        for (const format of ['gzip', 'deflate', 'deflate-raw', 'brotli']) {
        const packed = await whole([text], new CompressionStream(format));
        const again = await whole([packed], new DecompressionStream(format));
        const fails = async (...bytes) => (await whole(bytes, new DecompressionStream(format)).catch((error) => error.name)) === 'TypeError';
        console.log(format, again.length === text.length && again.every((byte, i) => byte === text[i]),
        await fails(packed.subarray(0, -5)), await fails(packed, 'more'), await fails(await new Blob([packed, 'more']).bytes()), await fails(text), await fails());
        }
        const packed = await whole(['a'], new CompressionStream('gzip'));
        const bytes = [...packed, ...packed].map((byte) => new Uint8Array([byte]));
        const pieces = new ReadableStream({ pull(to) { const piece = bytes.shift(); if (piece) to.enqueue(piece); else to.close(); } });
        console.log(await new Response(pieces.pipeThrough(new DecompressionStream('gzip'))).text());
        for (let i = 0; i < 200; i++) await whole(['bad'], new DecompressionStream('gzip')).catch(() => {});
        console.log(String(await whole([packed, packed], new DecompressionStream('gzip'))));",
    );
    let right = ["gzip", "deflate", "deflate-raw", "brotli"]
        .map(|format| format!("{format} true true true true true true"));
    assert_eq!(lines[..4], right);
    assert_eq!(lines[4..], ["aa", "97,97"]);
}

#[test]
fn a_value_follows_await_timers_and_reactions() {
    let seen = logged_json(
        r#"
const { get, set } = require("vestibule:async");
const seen = [];
const note = (owner) => seen.push(`${owner}: ${get()}`);
const within = (value, act) => { const before = get(); set(value); try { return act(); } finally { set(before); } };
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
note("none");
await Promise.all([
  within("a", async () => { await null; note("a"); await later(1); note("a"); }),
  within("b", async () => { await new Promise((resolve) => setTimeout(() => { note("b"); resolve(); }, 1)); queueMicrotask(() => note("b")); await null; }),
]);
await new Promise((resolve) => { let turns = 0; within("c", () => { const id = setInterval(() => { note("c"); if (++turns === 2) { clearInterval(id); resolve(); } }, 1); }); });
await new Promise((resolve) => setTimeout(() => { note("none"); resolve(); }, 1));
// Which of two timers comes first is chance.
console.log(JSON.stringify(seen.sort()));"#,
    );
    let all = ["a: a", "a: a", "b: b", "b: b", "c: c", "c: c", "none: undefined", "none: undefined"];
    assert_eq!(seen, serde_json::json!(all));
}

#[test]
fn the_consoles_formatter_is_to_be_had() {
    let lines = logged(
        r#"
const { format, inspect, types } = require("vestibule:inspect");
console.log(inspect({ a: [1, { b: { c: {} } }], m: new Map([[1, 2]]) }), format(["%s=%d %j", "x", 1, { y: 2 }, "z"]));
console.log(Object.keys(types).length, types.isPromise(Promise.resolve()), types.isPromise({ then() {} }), types.isProxy(new Proxy({}, {})),
  types.isDate(Object.create(Date.prototype)), types.isGeneratorObject((function* () {})()));
try { format("text"); } catch (error) { console.log(error.name); }
console.log(Object.keys(require("vestibule:process").env).length);"#,
    );
    assert_eq!(
        lines,
        [
            "{ a: [ 1, { b: [Object] } ], m: Map(1) { 1 => 2 } } x=1 {\"y\":2} z",
            "26 true false true false true",
            "TypeError",
            "0",
        ]
    );
}

#[test]
fn every_part_is_frozen() {
    let open = logged_json(
        r#"
const open = [];
for (const name of ["async", "dns", "inspect", "process", "zlib"]) {
  const seen = new Set();
  const walk = (value, path) => {
    if ((typeof value !== "object" || value === null) && typeof value !== "function") return;
    if (value === Function.prototype || value === Object.prototype || seen.has(value)) return;
    seen.add(value);
    if (!Object.isFrozen(value)) open.push(path);
    for (const key of Reflect.ownKeys(value)) walk(value[key], `${path}.${String(key)}`);
    walk(Reflect.getPrototypeOf(value), `${path}.__proto__`);
  };
  walk(require(`vestibule:${name}`), name);
}
console.log(JSON.stringify(open));"#,
    );
    assert_eq!(open, serde_json::json!([]));
}

fn looked_up(egress: Egress, body: &str) -> Vec<String> {
    let program = common_js(&format!(
        "const {{ ask }} = require('vestibule:dns'); const say = (name) => ask({{ do: 'lookup', name }}).then((found) => console.log(JSON.stringify(found) ?? 'nothing'),
        (error) => console.log(error.message)); exports.h = async () => {{ {body} }};"
    ));
    let executed = engine().execute(&program, invocation(), Box::new(TestApi::default()), egress);
    let execution = block_on(executed).unwrap();
    assert_eq!(execution.outcome, Outcome::Completed);
    execution.logs.into_iter().map(|line| line.message).collect()
}

#[test]
fn names_are_looked_up_under_the_egress_policy() {
    let egress = || {
        Egress::builder()
            .resolve(
                "shop.example",
                ["93.184.216.34".parse().unwrap(), "2606:2800:220:1::1".parse().unwrap()],
            )
            .resolve("inside.example", ["10.0.0.1".parse().unwrap()])
            .resolve("both.example", ["93.184.216.34".parse().unwrap(), "127.0.0.1".parse().unwrap()])
    };
    let names = "for (const name of ['shop.example', 'SHOP.example.', 'inside.example', 'both.example', 'localhost', 'printer.local', '127.0.0.1', '1.1.1.1', '', 'a b', 'x'.repeat(300)]) await say(name);";
    let shop = r#"[{"address":"93.184.216.34","family":4},{"address":"2606:2800:220:1::1","family":6}]"#;
    let one = r#"[{"address":"1.1.1.1","family":4}]"#;
    let none = "nothing";
    let open = looked_up(egress().build().unwrap(), names);
    assert_eq!(open, [shop, shop, none, none, none, none, none, one, none, none, none]);
    // With an allow-list, a name that is not on it cannot carry data to whoever serves its zone.
    let closed = egress().allow_hosts(["other.example"]).build().unwrap();
    assert_eq!(
        looked_up(
            closed,
            "await say('shop.example'); const found = await ask({ do: 'records', name: 'shop.example', kind: 'TXT' }); console.log(found ?? 'nothing');"
        ),
        [none, "nothing"]
    );
    assert_eq!(looked_up(Egress::none(), "await say('shop.example');"), [none]);
}

#[test]
fn look_ups_count_as_requests() {
    let program = common_js(
        "const { ask } = require('vestibule:dns'); exports.h = async () => { for (let i = 0; i < 3; i++) \
         await ask({ do: 'lookup', name: 'localhost' }).then(() => console.log('asked'), (error) => console.log(error.message)); \
         await ask({ do: 'what' }).catch((error) => console.log(error.message.slice(0, 4))); };",
    );
    let execution = run_with(&program, with_limits(|limits| limits.fetches = 2));
    let lines: Vec<_> = execution.logs.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(
        lines,
        ["asked", "asked", "an execution may make no more than 2 requests, look-ups included", "dns:"]
    );
}

#[test]
fn a_part_that_is_never_awaited_ends_with_its_execution() {
    let execution = run_body("require('vestibule:dns').ask({ do: 'lookup', name: 'x.example' });");
    assert_eq!(execution.outcome, Outcome::Completed);
}

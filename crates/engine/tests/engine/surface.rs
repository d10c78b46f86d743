//! What a script can reach. `surface.txt` lists every property that can be reached from `globalThis`,
//! `event` and `api`; run with `UPDATE=1` to write it anew, and look at the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vestibule_engine::Outcome;

use crate::support::common_js;
use crate::support::invocation;
use crate::support::run_with;

/// Walks everything that can be reached by properties, prototypes and accessors, breadth first, and
/// names each value by the first path that leads to it.
const WALK: &str = r#"
const walk = (visit) => {
  const names = new Map();
  const queue = [];
  const isObject = (v) => (typeof v === "object" && v !== null) || typeof v === "function";
  const add = (value, path) => {
    if (!isObject(value) || names.has(value)) return;
    names.set(value, path);
    queue.push(value);
  };
  const keyText = (key) => typeof key === "symbol" ? `[${String(key.description ?? "symbol")}]` : key;
  const roots = [["globalThis", globalThis], ["api", api], ["event", event], ["require", typeof require === "undefined" ? undefined : require],
    ["(iterator of an array)", [][Symbol.iterator]()], ["(iterator of a Map)", new Map().keys()], ["(iterator of a Set)", new Set().keys()], ["(iterator of a string)", ""[Symbol.iterator]()],
    ["(iterator of a pattern)", "a".matchAll(/a/g)], ["(generator function)", function* () {}], ["(async generator function)", async function* () {}], ["(async function)", async () => {}],
    ["(iterator helper)", [].values().map((x) => x)], ["(wrapped iterator)", Iterator.from({ next() {} })], ["(segments)", new Intl.Segmenter().segment("a")], ["(segment iterator)", new Intl.Segmenter().segment("a")[Symbol.iterator]()],
    ["(arguments)", (function () { return arguments; })()], ["(error)", new Error("x")], ["(promise of the api)", api.later(1, 1)], ["(value of the api)", api.echo({})],
    ["(URL)", new URL("https://a.example/?b")], ["(URLSearchParams iterator)", new URLSearchParams("a").keys()], ["(Headers)", new Headers([["a", "b"]])], ["(Headers iterator)", new Headers().keys()], ["(FormData iterator)", new FormData().keys()],
    ["(AbortController)", new AbortController()], ["(Event)", new Event("a")], ["(Request)", new Request("https://a.example/", { method: "POST", body: "x" })], ["(Response)", new Response("x")], ["(Response body)", new Response("x").body],
    ["(Blob)", new Blob(["x"])], ["(TransformStream)", new TransformStream()], ["(reader)", new ReadableStream().getReader()], ["(async iterator of a stream)", new ReadableStream()[Symbol.asyncIterator]()],
    ["(writer)", new WritableStream().getWriter()], ["(TextEncoderStream)", new TextEncoderStream()], ["(CompressionStream)", new CompressionStream("gzip")], ["(TextDecoder)", new TextDecoder()], ["(URLPattern)", new URLPattern()],
    ["(DOMException)", new DOMException("x")], ["(performance mark)", performance.mark("x")], ["(FormData)", new FormData()], ["(pattern match)", /(?<a>b)/d.exec("b")]];
  for (const [name, value] of roots) add(value, name);
  for (let at = 0; at < queue.length; at++) {
    const value = queue[at];
    const path = names.get(value);
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      if (descriptor === undefined) continue;
      const child = `${path}.${keyText(key)}`;
      const isLazy = descriptor.get !== undefined && value === globalThis;
      const inner = isLazy ? globalThis[key] : descriptor.value;
      visit(value, key, child, descriptor, inner);
      if (!isLazy) { add(descriptor.get, `get ${child}`); add(descriptor.set, `set ${child}`); }
      add(inner, child);
      // What an accessor gives is reachable too.
      if (!isLazy && descriptor.get !== undefined) { try { const got = Reflect.apply(descriptor.get, value, []); if (got instanceof Promise) got.catch(() => {}); add(got, `${child}()`); } catch {} }
    }
    const prototype = Reflect.getPrototypeOf(value);
    if (prototype !== null) add(prototype, `${path}.__proto__`);
  }
  return names;
};
"#;

const LIST: &str = r#"
exports.h = async (event, api) => {
  WALK
  const kinds = (descriptor, inner) => {
    if (descriptor.get !== undefined || descriptor.set !== undefined) return inner === undefined ? "accessor" : "lazy " + kind(inner);
    return kind(inner);
  };
  const kind = (v) => {
    if (typeof v !== "function") return typeof v === "object" ? (v === null ? "null" : "object") : "value";
    const text = Function.prototype.toString.call(v);
    if (/^class\b/.test(text)) return "class";
    return Object.hasOwn(v, "prototype") && Reflect.getOwnPropertyDescriptor(v, "prototype").writable === false ? "class" : "function";
  };
  let page = "";
  walk((holder, key, path, descriptor, inner) => {
    // Numbers of lines and texts that vary are not part of the surface.
    if (typeof inner !== "object" && typeof inner !== "function" && /\.(length|name)$/.test(path)) return;
    page += `${path}: ${kinds(descriptor, inner)}\n`;
    if (page.length > 14000) { console.log(page); page = ""; }
  });
  console.log(page);
};"#;

const FORBIDDEN: &str = r#"
exports.h = async (event, api) => {
  WALK
  const names = ["Deno", "core", "ops", "__bootstrap", "__vestibule", "primordials", "internals", "WebAssembly", "SharedArrayBuffer", "__telemetry", "loadExtScript", "kKeyObject"];
  const found = [];
  const seen = walk((holder, key, path) => {
    if (names.includes(key) || (typeof key === "string" && key.startsWith("op_"))) found.push(path);
  });
  for (const [value, path] of seen) {
    if (typeof value !== "function") continue;
    const name = Reflect.getOwnPropertyDescriptor(value, "name")?.value;
    if (typeof name === "string" && (name.startsWith("op_") || names.includes(name))) found.push(`${path} is ${name}`);
    if (!/^[A-Za-z]*Function$/.test(name ?? "") || !Object.hasOwn(value, "prototype")) continue;
    let made;
    try { made = value("return 1"); } catch { continue; }
    found.push(`${path} compiles`);
  }
  for (let i = 0; i < found.length; i++) console.log(found[i]);
  console.log(`walked ${seen.size}`);
};"#;

fn run(code: &str) -> Vec<String> {
    let mut given = invocation();
    given.limits.log_bytes = 4 << 20;
    given.limits.heap_bytes = 256 << 20;
    let execution = run_with(&common_js(&code.replace("WALK", WALK)), given);
    assert_eq!(execution.outcome, Outcome::Completed);
    assert_eq!(execution.logs_dropped, 0);
    execution.logs.into_iter().map(|line| line.message).collect()
}

#[test]
fn what_can_be_reached_is_what_is_listed() {
    let pages = run(LIST);
    let now: BTreeSet<&str> = pages.iter().flat_map(|page| page.lines()).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/surface.txt");
    if std::env::var_os("UPDATE").is_some() {
        let text: String = now.iter().map(|line| format!("{line}\n")).collect();
        fs::write(&path, text).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<&str> = text.lines().collect();
    let added: Vec<_> = now.difference(&listed).take(40).collect();
    let gone: Vec<_> = listed.difference(&now).take(40).collect();
    assert!(
        added.is_empty() && gone.is_empty(),
        "the surface differs from {}; if that is meant, run the test again with UPDATE=1\nadded: {added:#?}\ngone: {gone:#?}",
        path.display()
    );
}

#[test]
fn nothing_of_the_inside_can_be_reached() {
    let mut lines = run(FORBIDDEN);
    let walked = lines.pop().unwrap();
    let count: usize = walked.trim_start_matches("walked ").parse().unwrap();
    assert!(count > 1500, "the walk sees the surface: {walked}");
    assert!(lines.is_empty(), "{lines:#?}");
}

// Our built-in modules answer what Node's answer. Those that rest on npm packages are tested in bundled actions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ours } from "./node_builtins.mjs";

const MODULES = [
  "assert", "async_hooks", "child_process", "cluster", "console", "dgram", "diagnostics_channel", "domain", "fs", "fs/promises", "http2", "inspector",
  "module", "net", "os", "path", "perf_hooks", "process", "readline", "timers", "timers/promises", "tls", "tty", "util", "util/types", "v8",
  "vm", "worker_threads",
];
/** Of Node's own names those that no package reads at load. */
const LEFT_OUT = {
  cluster: ["SCHED_NONE", "SCHED_RR", "schedulingPolicy"],
  fs: ["Dir", "openAsBlob"],
  inspector: ["Network"],
  module: ["SourceMap", "globalPaths", "runMain", "wrapper"],
  http2: ["performServerHandshake"],
  perf_hooks: ["PerformanceResourceTiming"],
  tls: ["convertALPNProtocols"],
  util: ["MIMEParams", "MIMEType", "parseEnv"],
  v8: ["DefaultDeserializer", "DefaultSerializer", "GCProfiler", "cachedDataVersionTag", "getHeapCodeStatistics", "promiseHooks", "queryObjects", "setHeapSnapshotNearHeapLimit", "startupSnapshot", "stopCoverage"],
  vm: ["createScript"],
  worker_threads: ["postMessageToThread"],
};

for (const name of MODULES.filter((name) => name !== "process")) {
  test(`${name} has the names that Node's has`, async () => {
    const theirs = (await import(`node:${name}`)).default;
    const own = await ours(name);
    const missing = Object.getOwnPropertyNames(theirs).filter((key) => !key.startsWith("_") && !(key in own));
    assert.deepEqual(missing.filter((key) => !(LEFT_OUT[name] ?? []).includes(key)), []);
    assert.equal(typeof own, typeof theirs);
  });
}

/** Numbers that are the same in every run. */
function sequence(seed) {
  return (count) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % count;
}

test("path cuts, joins and normalizes as Node's does", async () => {
  const { default: theirs } = await import("node:path");
  const own = await ours("path");
  const pick = sequence(1);
  const atoms = ["/", "//", "a", "b.js", ".", "..", "", ".hid", "x.", "..a", "c d", "A"];
  const before = process.cwd();
  process.chdir("/");
  try {
    for (let round = 0; round < 4000; round++) {
      const make = () => Array.from({ length: 1 + pick(5) }, () => atoms[pick(atoms.length)] + (pick(2) ? "/" : "")).join("");
      const [a, b] = [make(), make()];
      const calls = [
        ["normalize", a], ["join", a, b], ["resolve", a, b], ["relative", a, b], ["dirname", a], ["basename", a], ["basename", a, ".js"],
        ["extname", a], ["isAbsolute", a], ["parse", a],
      ];
      for (const [method, ...args] of calls) {
        // Node takes the last name of "/.." for a dot with an extension.
        if (method === "parse" && /^\/+\.\.\/*$/.test(a)) continue;
        // And of slashes alone it takes off no suffix, where it would else leave nothing.
        if (method === "basename" && args.length === 2 && /^\/+$/.test(a)) continue;
        assert.deepEqual(own[method](...args), theirs[method](...args), `${method}(${args.map((arg) => JSON.stringify(arg))})`);
      }
      // On Windows a name with a colon, a share and another drive are told apart in more ways than here.
      const win = a.replace(/\//g, "\\").replace(/^\\\\+/, "\\");
      for (const method of ["normalize", "basename", "extname", "dirname"]) {
        assert.equal(own.win32[method](`C:${win}`), theirs.win32[method](`C:${win}`), `win32.${method}(C:${win})`);
      }
    }
  } finally {
    process.chdir(before);
  }
});

const EQUAL = [
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [new Map([[{ x: 1 }, 2]]), new Map([[{ x: 1 }, 2]])], [new Set([[1]]), new Set([[1]])],
  [[1, , 3], [1, , 3]], [NaN, NaN], [new Date(1), new Date(1)], [/a/g, /a/g], [Buffer.from("a"), Buffer.from("a")], [Object(1), Object(1)],
  [new Error("a"), new Error("a")], [Symbol.iterator, Symbol.iterator],
];
const DIFFERENT = [
  [{ a: 1 }, { a: "1" }], [[1], { 0: 1 }], [0, -0], [new Date(1), new Date(2)], [new Set([1]), new Set([2])], [{ a: undefined }, {}],
  [Object.create(null), {}], [new Error("a"), new Error("b")], [new Map([[1, 2]]), new Map([[1, 3]])], [[1, , 3], [1, undefined, 3]],
  [/a/g, /a/i], [new Uint8Array([1]), new Uint8Array([2])], [Object(1), Object(2)], [{ [Symbol.iterator]: 1 }, {}], [1, 1n],
];

test("deep equality is Node's, strict and loose", async () => {
  const { default: theirs } = await import("node:assert");
  const own = await ours("assert");
  const holds = (module, method, pair) => {
    try {
      module[method](...pair);
      return true;
    } catch (error) {
      assert.equal(error.code, "ERR_ASSERTION");
      return false;
    }
  };
  for (const pair of [...EQUAL, ...DIFFERENT]) {
    for (const method of ["deepStrictEqual", "deepEqual", "notDeepEqual", "notDeepStrictEqual"]) {
      assert.equal(holds(own, method, pair), holds(theirs, method, pair), `${method} of ${inspect(pair)}`);
    }
  }
  const circular = () => Object.assign([], { 0: 1 }).concat([[]]).map((value, _, all) => (Array.isArray(value) ? all : value));
  own.deepStrictEqual(circular(), circular());
});

test("the messages of assert are Node's where they are short", async () => {
  const { default: theirs } = await import("node:assert");
  const own = await ours("assert");
  const message = (module, act) => {
    try {
      act(module);
    } catch (error) {
      return `${error.name} ${error.code} ${error.message}`;
    }
    return "nothing";
  };
  for (const act of [
    (a) => a.strictEqual(1, 2), (a) => a.strictEqual("a", "b"), (a) => a.equal(1, 2), (a) => a.notEqual(1, 1), (a) => a.notStrictEqual(1, 1),
    (a) => a.ok(0, "no"), (a) => a.throws(() => {}), (a) => a.fail(), (a) => a.fail("x"), (a) => a.match("a", /b/),
    (a) => a.ifError(new Error("q")), (a) => a.deepStrictEqual({ a: 1 }, { a: 2 }), (a) => a.throws(() => { throw new Error("x"); }, /y/),
    (a) => a.strictEqual(1), (a) => a.throws("no function"), (a) => a.doesNotThrow(() => { throw new Error("x"); }),
  ]) {
    assert.equal(message(own, act), message(theirs, act), String(act));
  }
  await assert.rejects(own.rejects(Promise.resolve(1)), { code: "ERR_ASSERTION", message: "Missing expected rejection." });
  await own.rejects(Promise.reject(new TypeError("x")), TypeError);
});

test("net tells addresses as Node does", async () => {
  const { default: theirs } = await import("node:net");
  const own = await ours("net");
  for (const text of [
    "1.2.3.4", "::1", "::", "1::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "fe80::1%eth0", "1.2.3", "01.2.3.4", "256.1.1.1",
    "1:2:3:4:5:6:7::", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "g::", ":::", "1::2::3", "", "1:", "12345::", "example.com",
  ]) {
    assert.equal(own.isIP(text), theirs.isIP(text), text);
  }
});

test("util makes promises of callbacks and callbacks of promises", async () => {
  const own = await ours("util");
  const twice = own.promisify((value, done) => done(null, value * 2));
  assert.equal(await twice(4), 8);
  await assert.rejects(own.promisify((done) => done(new Error("no")))(), /no/);
  assert.equal(await own.promisify(setTimeout)(1, "later"), "later");
  const back = own.callbackify(async (value) => value + 1);
  assert.equal(await new Promise((resolve) => back(1, (_error, value) => resolve(value))), 2);
  const failed = own.callbackify(() => Promise.reject(null));
  assert.equal((await new Promise((resolve) => failed(resolve))).code, "ERR_FALSY_VALUE_REJECTION");
  assert.equal(own.format("%s is %d %j", "a", 1, { b: 2 }), 'a is 1 {"b":2}');
  assert.equal(own.stripVTControlCharacters("\u001b[31mred\u001b[39m"), "red");
  assert.equal(own.styleText("red", "x"), "\u001b[31mx\u001b[39m");
});

test("a store follows await, timers and callbacks, and leaves others alone", async () => {
  const { AsyncLocalStorage, AsyncResource } = await ours("async_hooks");
  const [one, other] = [new AsyncLocalStorage(), new AsyncLocalStorage()];
  await one.run({ id: 1 }, async () => {
    await null;
    assert.deepEqual(one.getStore(), { id: 1 });
    await other.run("x", () => new Promise((resolve) => setTimeout(() => {
      assert.deepEqual([one.getStore(), other.getStore()], [{ id: 1 }, "x"]);
      resolve();
    }, 1)));
    assert.equal(other.getStore(), undefined);
    one.exit(() => assert.equal(one.getStore(), undefined));
  });
  assert.equal(one.getStore(), undefined);
  const bound = one.run(2, () => AsyncLocalStorage.bind(() => one.getStore()));
  assert.equal(bound(), 2);
  const snapshot = one.run(3, () => AsyncLocalStorage.snapshot());
  assert.equal(snapshot(() => one.getStore()), 3);
  const resource = one.run(4, () => new AsyncResource("test"));
  assert.equal(resource.runInAsyncScope(() => one.getStore()), 4);
});

test("channels and traces reach who listens", async () => {
  const own = await ours("diagnostics_channel");
  const seen = [];
  own.subscribe("a", (message, name) => seen.push([message, name]));
  assert.equal(own.hasSubscribers("a"), true);
  own.channel("a").publish(1);
  const trace = own.tracingChannel("t");
  trace.subscribe({ start: () => seen.push("start"), end: () => seen.push("end"), asyncEnd: ({ result }) => seen.push(result) });
  await trace.tracePromise(async () => 5);
  assert.deepEqual(seen, [[1, "a"], "start", "end", 5]);
});

test("what an action does not have says so when it is used", async () => {
  const uses = {
    child_process: (m) => m.exec("ls"), fs: (m) => m.readFileSync("/x"), http2: (m) => m.connect("https://x"), net: (m) => new m.Socket(),
    process: (m) => m.exit(1), readline: (m) => m.createInterface(), tls: (m) => m.connect(1), vm: (m) => new m.Script("1"),
    worker_threads: (m) => new m.Worker("x"), module: (m) => m.createRequire("/")("x"), dgram: (m) => m.createSocket("udp4"),
  };
  for (const [name, use] of Object.entries(uses)) {
    const own = await ours(name);
    assert.throws(() => use(own), { code: "ERR_VESTIBULE_UNSUPPORTED", message: / is not available in an action: / }, name);
  }
  await assert.rejects((await ours("fs/promises")).readFile("/x"), { code: "ERR_VESTIBULE_UNSUPPORTED" });
});

test("a class that cannot be made can be extended and asked for", async () => {
  const { Socket } = await ours("net");
  class Mine extends Socket {}
  assert.equal({} instanceof Socket, false);
  assert.throws(() => new Mine(), { code: "ERR_VESTIBULE_UNSUPPORTED" });
});

test("process tells the time, and nothing of the machine", async () => {
  const own = await ours("process");
  const start = own.hrtime();
  const [seconds, nanoseconds] = own.hrtime(start);
  assert.ok(seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1e9);
  assert.equal(typeof own.hrtime.bigint(), "bigint");
  assert.deepEqual([own.cwd(), own.platform, Object.keys(own.env), `${own}`], ["/", "linux", [], "[object process]"]);
  const order = [];
  await new Promise((resolve) => {
    own.nextTick((word) => order.push(word), "tick");
    order.push("now");
    setTimeout(resolve, 1);
  });
  assert.deepEqual(order, ["now", "tick"]);
  const heard = new Promise((resolve) => own.once("warning", resolve));
  own.emitWarning("careful", "OddWarning", "C1");
  assert.deepEqual([(await heard).name, (await heard).code], ["OddWarning", "C1"]);
});

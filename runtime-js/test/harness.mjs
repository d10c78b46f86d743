// Runs files of runtime-js under plain Node: deno_core's own primordials script, and Node's natives under deno_core's
// names. `realm` is the function `(source) => value` that evaluates in the realm where the files shall live.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import util from "node:util";

const RUNTIME_JS = fileURLToPath(new URL("..", import.meta.url));

/** Node shows its natives only to a process that was started for it: start that one and end this one. */
export function reexecWithInternals(url) {
  if (process.execArgv.includes("--expose-internals")) return;
  const run = spawnSync(process.execPath, ["--expose-internals", "--experimental-vm-modules", "--no-warnings", fileURLToPath(url), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(run.status ?? 1);
}

/** deno_core's `00_primordials.js`, from cargo's source folder or from the path in DENO_CORE_DIR. */
function primordialsSource() {
  if (process.env.DENO_CORE_DIR) return readFileSync(join(process.env.DENO_CORE_DIR, "00_primordials.js"), "utf8");
  const sources = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry", "src");
  for (const index of readdirSync(sources)) {
    for (const name of readdirSync(join(sources, index))) {
      if (name.startsWith("deno_core-")) return readFileSync(join(sources, index, name, "00_primordials.js"), "utf8");
    }
  }
  throw new Error("deno_core's sources are not in cargo's folder: run `cargo fetch`, or name them in DENO_CORE_DIR");
}

function coreNatives() {
  const { types } = util;
  const core = { ops: {} };
  for (const name of Object.keys(types)) core[name] = types[name];
  if (process.execArgv.includes("--expose-internals")) {
    const { internalBinding } = createRequire(import.meta.url)("internal/test/binding");
    const native = internalBinding("util");
    core.getProxyDetails = (value) => native.getProxyDetails(value, true) ?? null;
    core.getPromiseDetails = (value) => native.getPromiseDetails(value);
    core.ops.op_get_constructor_name = (value) => native.getConstructorName(value);
    core.ops.op_get_non_index_property_names = (value, filter) => native.getOwnNonIndexProperties(value, filter);
    core.ops.op_preview_entries = (value, slow) => native.previewEntries(value, slow ? true : undefined);
  }
  return core;
}

/** A `load(file)` for files of runtime-js, all in one realm with one `__bootstrap`. */
export function newLoader(realm) {
  const scope = realm("({})");
  const run = realm("(source, __bootstrap) => new Function('__bootstrap', `return (${source}\n)`)(__bootstrap)");
  const primordials = realm(`(source, globalThis) => {
    const scope = Object.create(globalThis); scope.__bootstrap = {};
    new Function('globalThis', source)(scope);
    return scope.__bootstrap.primordials;
  }`)(primordialsSource(), realm("globalThis"));
  scope.core = coreNatives();
  scope.primordials = primordials;
  const load = (file) => run(readFileSync(join(RUNTIME_JS, file), "utf8").trim().replace(/;$/, ""), scope);
  scope.core.loadExtScript = (specifier) => load(specifier.replace("ext:vestibule/", ""));
  return load;
}

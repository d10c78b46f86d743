// `module`: names of the built-in modules. Loading more code at run time is not possible.
import { unsupported, unsupportedFunction } from "node:internal/errors";

export const builtinModules = [
  "assert", "assert/strict", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
  "diagnostics_channel", "dns", "dns/promises", "domain", "events", "fs", "fs/promises", "http", "http2", "https", "inspector", "module", "net",
  "os", "path", "path/posix", "path/win32", "perf_hooks", "process", "punycode", "querystring", "readline", "readline/promises", "repl",
  "stream", "stream/consumers", "stream/promises", "stream/web", "string_decoder", "sys", "timers", "timers/promises", "tls", "tty",
  "url", "util", "util/types", "v8", "vm", "worker_threads", "zlib",
];

export function isBuiltin(name) {
  return builtinModules.includes(String(name).replace(/^node:/, ""));
}

/** Packages make a `require` at load and use it rarely, so only its use fails. */
export function createRequire() {
  const require = (name) => {
    throw unsupported(`require("${name}") of module.createRequire`, "write require(\"…\") or import with the name as a literal");
  };
  return Object.assign(require, { resolve: require, cache: Object.create(null), extensions: Object.create(null), main: undefined });
}

const INSTEAD = "an action is one program, complete when it is bundled";
export const register = unsupportedFunction("module.register", INSTEAD);
export const syncBuiltinESMExports = () => {};
export const findSourceMap = () => undefined;
export const enableCompileCache = () => ({ status: 3 });
export const wrap = (code) => `(function (exports, require, module, __filename, __dirname) { ${code}\n});`;

export class Module {
  static _load = unsupportedFunction("module.Module._load", INSTEAD);
  static _resolveFilename = unsupportedFunction("module.Module._resolveFilename", INSTEAD);
  static _extensions = Object.create(null);
  static _cache = Object.create(null);
  static _nodeModulePaths = () => [];

  constructor(id = "") {
    this.id = id;
    this.exports = {};
    this.children = [];
    this.paths = [];
    this.loaded = false;
  }

  require(name) {
    return createRequire()(name);
  }

  _compile() {
    throw unsupported("module.Module._compile", INSTEAD);
  }
}

Object.assign(Module, {
  Module, builtinModules, createRequire, enableCompileCache, findSourceMap, isBuiltin, register, syncBuiltinESMExports, wrap,
});
export { Module as default, Module as "module.exports" };

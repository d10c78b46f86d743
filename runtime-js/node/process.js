// `process`: of one action that was called by an event. It has no arguments, no signals and no files.
import native from "vestibule:process";
import { checkFunction, checkString, coded, invalidArgType, unsupported, unsupportedFunction } from "node:internal/errors";
import { nextTick as nextTickNow } from "node:internal/ticks";

// Its own, because programs also write to it.
export const env = { ...native.env };
export const nextTick = nextTickNow;
export const arch = "x64";
export const argv = ["/usr/local/bin/node", "/action.js"];
export const argv0 = "node";
export const browser = false;
export const config = { target_defaults: {}, variables: {} };
export const execArgv = [];
export const execPath = argv[0];
export const features = { inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: false, tls: true };
export const pid = 1;
export const platform = "linux";
export const ppid = 0;
export const release = { name: "node", lts: "Jod" };
export const title = "node";
export const version = "v22.22.0";
export const versions = { node: version.slice(1), v8: "12.4.254.21-node.33", uv: "1.51.0", zlib: "1.3.1", modules: "127", openssl: "3.0.17", unicode: "16.0" };

const OUTSIDE = "an action has no process of its own";

export function cwd() {
  return "/";
}

export function hrtime(since) {
  const now = hrtime.bigint();
  const seconds = Number(now / 1000000000n);
  const nanoseconds = Number(now % 1000000000n);
  if (since === undefined) return [seconds, nanoseconds];
  if (!Array.isArray(since)) throw invalidArgType("time", "Array", since);
  const borrowed = nanoseconds < since[1] ? 1 : 0;
  return [seconds - since[0] - borrowed, nanoseconds - since[1] + borrowed * 1000000000];
}
hrtime.bigint = () => BigInt(Math.round(performance.now() * 1000000));

export function uptime() {
  return performance.now() / 1000;
}

/** What cannot be measured from inside is nothing. */
export function memoryUsage() {
  return { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => 0;

export function cpuUsage() {
  return { user: 0, system: 0 };
}

export function resourceUsage() {
  return { userCPUTime: 0, systemCPUTime: 0, maxRSS: 0 };
}

/** Tells the listeners of `warning`, and the log; deprecations are nothing that whoever runs the action can mend. */
export function emitWarning(warning, typeOrOptions = "Warning", code) {
  const options = typeof typeOrOptions === "object" && typeOrOptions !== null ? typeOrOptions : { type: typeOrOptions, code };
  if (typeof warning === "string") {
    warning = Object.assign(new Error(warning), { name: options.type ?? "Warning" });
    if (options.code !== undefined) warning.code = options.code;
    if (options.detail !== undefined) warning.detail = options.detail;
  } else if (!(warning instanceof Error)) {
    throw invalidArgType("warning", ["string", "Error"], warning);
  }
  nextTick(() => {
    const isHeard = process.emit("warning", warning);
    if (!isHeard && warning.name !== "DeprecationWarning") console.warn(`${warning.name}: ${warning.message}`);
  });
}

export function exit(status) {
  throw unsupported(`process.exit(${status ?? ""})`, "return from the handler, or throw an error");
}

export const abort = unsupportedFunction("process.abort", "return from the handler, or throw an error");
export const kill = unsupportedFunction("process.kill", OUTSIDE);
export const dlopen = unsupportedFunction("process.dlopen", "machine code cannot be loaded");
export const binding = unsupportedFunction("process.binding", "the insides of Node are not here");
export const chdir = unsupportedFunction("process.chdir", "there are no files");
export const umask = () => 0o022;
export const getuid = () => 1000;
export const geteuid = getuid;
export const getgid = getuid;
export const getegid = getuid;
export const getgroups = () => [1000];

export function getBuiltinModule(id) {
  checkString(id, "id");
  return undefined;
}

function output(fd, level) {
  return {
    fd, isTTY: false, writable: true, columns: 80, rows: 24,
    write(chunk, encoding, callback) {
      console[level](String(chunk).replace(/\n$/, ""));
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") nextTick(done);
      return true;
    },
    end() {}, on() { return this; }, once() { return this; }, emit() { return false; }, removeListener() { return this; },
    getColorDepth: () => 1, hasColors: () => false,
  };
}

export const stdout = output(1, "log");
export const stderr = output(2, "error");
export const stdin = { fd: 0, isTTY: false, read: () => null, on() { return this; }, once() { return this; }, resume() {}, pause() {} };

/**
 * Listeners, so that packages can wait for what never comes. Much uses `process` that uses no events else, so this is
 * less than `events`.
 */
class Listeners {
  #byName = new Map();

  on(name, listener) {
    checkFunction(listener, "listener");
    this.#byName.set(name, [...this.listeners(name), listener]);
    return this;
  }

  once(name, listener) {
    const once = (...args) => {
      this.off(name, once);
      return Reflect.apply(listener, this, args);
    };
    return this.on(name, Object.assign(once, { listener }));
  }

  off(name, listener) {
    this.#byName.set(name, this.listeners(name).filter((other) => other !== listener && other.listener !== listener));
    return this;
  }

  emit(name, ...args) {
    const listeners = this.listeners(name);
    for (const listener of listeners) Reflect.apply(listener, this, args);
    return listeners.length > 0;
  }

  listeners(name) {
    return this.#byName.get(name) ?? [];
  }

  listenerCount(name) {
    return this.listeners(name).length;
  }

  eventNames() {
    return [...this.#byName.keys()].filter((name) => this.listenerCount(name) > 0);
  }

  removeAllListeners(name) {
    if (name === undefined) this.#byName.clear();
    else this.#byName.delete(name);
    return this;
  }

  getMaxListeners() {
    return 0;
  }

  setMaxListeners() {
    return this;
  }
}
Object.assign(Listeners.prototype, {
  addListener: Listeners.prototype.on, prependListener: Listeners.prototype.on, prependOnceListener: Listeners.prototype.once,
  rawListeners: Listeners.prototype.listeners, removeListener: Listeners.prototype.off,
});

const process = Object.assign(new Listeners(), {
  abort, arch, argv, argv0, binding, browser, chdir, config, cpuUsage, cwd, dlopen, emitWarning, env, execArgv, execPath, exit, features,
  getBuiltinModule, getegid, geteuid, getgid, getgroups, getuid, hrtime, kill, memoryUsage, nextTick, pid, platform, ppid, release,
  resourceUsage, stderr, stdin, stdout, title, umask, uptime, version, versions,
});
Object.defineProperty(process, Symbol.toStringTag, { value: "process", configurable: true });
Object.defineProperty(process, "exitCode", {
  get: () => undefined,
  set(status) {
    if (status) throw coded(Error, "ERR_VESTIBULE_UNSUPPORTED", "process.exitCode is not available in an action: throw an error");
  },
  enumerable: true,
  configurable: true,
});
export const on = process.on.bind(process);
export const once = process.once.bind(process);
export const off = process.off.bind(process);
export const emit = process.emit.bind(process);
export { process as default, process as "module.exports" };

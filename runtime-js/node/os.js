// `os`: the same answers everywhere. Nothing of the machine is told.
import { unsupportedFunction } from "node:internal/errors";
import { errno } from "node:internal/errno";
import { signals } from "node:internal/signals";

export const EOL = "\n";
export const devNull = "/dev/null";
export const constants = {
  UV_UDP_REUSEADDR: 4, dlopen: {}, errno, signals,
  priority: { PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20 },
};

/** Enough for a program that makes itself at home by the figures. */
const MEMORY_BYTES = 134217728;

export const arch = () => "x64";
export const availableParallelism = () => 1;
export const cpus = () => [{ model: "virtual", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }];
export const endianness = () => "LE";
export const freemem = () => MEMORY_BYTES;
export const getPriority = () => 0;
export const homedir = () => "/";
export const hostname = () => "localhost";
export const loadavg = () => [0, 0, 0];
export const machine = () => "x86_64";
export const networkInterfaces = () => ({});
export const platform = () => "linux";
export const release = () => "6.0.0";
export const setPriority = unsupportedFunction("os.setPriority", "an action has no process of its own");
export const tmpdir = () => "/tmp";
export const totalmem = () => MEMORY_BYTES;
export const type = () => "Linux";
export const uptime = () => performance.now() / 1000;
export const userInfo = () => ({ uid: 1000, gid: 1000, username: "action", homedir: "/", shell: null });
export const version = () => "#1";

const os = {
  EOL, arch, availableParallelism, constants, cpus, devNull, endianness, freemem, getPriority, homedir, hostname, loadavg, machine,
  networkInterfaces, platform, release, setPriority, tmpdir, totalmem, type, uptime, userInfo, version,
};
export { os as default, os as "module.exports" };

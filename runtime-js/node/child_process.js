// `child_process`: there are no other programs.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it starts no programs; do the work in JavaScript, or call a service";

export const ChildProcess = unsupportedClass("child_process.ChildProcess", INSTEAD);
export const { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } = unsupportedFunctions(
  "child_process", ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"], INSTEAD,
);

const processes = { ChildProcess, exec, execFile, execFileSync, execSync, fork, spawn, spawnSync };
export { processes as default, processes as "module.exports" };

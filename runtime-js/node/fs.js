// `fs`: an action has no files. It loads, so that packages that only might read one work.
import promises from "node:fs/promises";
import { coded, unsupportedClass, unsupportedFunctions } from "node:internal/errors";
import { constants } from "node:internal/fs_constants";

export { constants, promises };
const INSTEAD = "it has no files; put the data into the source, a secret or the event, or fetch it";

const names = [
  "access", "appendFile", "chmod", "chown", "close", "copyFile", "cp", "fchmod", "fchown", "fdatasync", "fstat", "fsync", "ftruncate",
  "futimes", "lchmod", "lchown", "link", "lstat", "lutimes", "mkdir", "mkdtemp", "open", "opendir", "read", "readFile", "readdir",
  "readlink", "readv", "realpath", "rename", "rm", "rmdir", "stat", "statfs", "symlink", "truncate", "unlink", "utimes", "write",
  "writeFile", "writev",
];
const throwing = unsupportedFunctions("fs", [
  ...names, ...names.map((name) => `${name}Sync`), "createReadStream", "createWriteStream", "watch", "watchFile", "unwatchFile",
], INSTEAD);
// Whether a file exists can be answered.
throwing.existsSync = () => false;
throwing.exists = (_path, callback) => queueMicrotask(() => callback(false));
throwing.accessSync = (path) => {
  throw coded(Error, "ENOENT", `ENOENT: no such file or directory, access '${path}'`, { errno: -2, syscall: "access", path });
};
throwing.realpath.native = throwing.realpath;
throwing.realpathSync.native = throwing.realpathSync;

export const {
  access, accessSync, appendFile, appendFileSync, chmod, chmodSync, close, closeSync, copyFile, copyFileSync, createReadStream,
  createWriteStream, exists, existsSync, fstat, fstatSync, fsync, fsyncSync, lstat, lstatSync, mkdir, mkdirSync, mkdtemp, mkdtempSync,
  open, openSync, opendir, opendirSync, read, readFile, readFileSync, readSync, readdir, readdirSync, readlink, readlinkSync, realpath,
  realpathSync, rename, renameSync, rm, rmSync, rmdir, rmdirSync, stat, statSync, symlink, symlinkSync, truncate, truncateSync, unlink,
  unlinkSync, unwatchFile, utimes, utimesSync, watch, watchFile, write, writeFile, writeFileSync, writeSync,
} = throwing;
export const Dirent = unsupportedClass("fs.Dirent", INSTEAD);
export const ReadStream = unsupportedClass("fs.ReadStream", INSTEAD);
export const Stats = unsupportedClass("fs.Stats", INSTEAD);
export const WriteStream = unsupportedClass("fs.WriteStream", INSTEAD);

const fs = {
  ...throwing, ...constants, Dirent, FileReadStream: ReadStream, FileWriteStream: WriteStream, ReadStream, Stats, WriteStream, constants, promises,
};
export { fs as default, fs as "module.exports" };

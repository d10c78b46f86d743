// `fs/promises`: promises that are rejected; an action has no files.
import { unsupported } from "node:internal/errors";
import { constants } from "node:internal/fs_constants";

export { constants };

const rejecting = Object.fromEntries([
  "access", "appendFile", "chmod", "chown", "copyFile", "cp", "lchmod", "lchown", "link", "lstat", "lutimes", "mkdir", "mkdtemp", "open", "opendir", "readFile", "readdir",
  "readlink", "realpath", "rename", "rm", "rmdir", "stat", "statfs", "symlink", "truncate", "unlink", "utimes", "watch", "writeFile",
].map((name) => [name, async () => {
  throw unsupported(`fs.promises.${name}`, "it has no files; put the data into the source, a secret or the event, or fetch it");
}]));
export const {
  access, appendFile, chmod, chown, copyFile, cp, lchmod, lchown, link, lstat, lutimes, mkdir, mkdtemp, open, opendir, readFile, readdir, readlink, realpath, rename,
  rm, rmdir, stat, statfs, symlink, truncate, unlink, utimes, watch, writeFile,
} = rejecting;

const promises = { ...rejecting, constants };
export { promises as default, promises as "module.exports" };

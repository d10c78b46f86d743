// `path`: that of POSIX systems.
import { posix, win32 } from "node:internal/paths";

export const {
  _makeLong, basename, delimiter, dirname, extname, format, isAbsolute, join, matchesGlob, normalize, parse, relative, resolve, sep,
  toNamespacedPath,
} = posix;
export { posix, win32, posix as default, posix as "module.exports" };

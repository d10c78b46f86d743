// `path/win32`: paths of Windows.
import { win32 } from "node:path";

export const {
  _makeLong, basename, delimiter, dirname, extname, format, isAbsolute, join, matchesGlob, normalize, parse, posix, relative, resolve, sep,
  toNamespacedPath,
} = win32;
export { win32, win32 as default, win32 as "module.exports" };

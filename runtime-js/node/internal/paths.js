// `path` for both families of systems. They differ in what a path begins with and in what separates its names; there
// is no disk to look at, so all of it is about text.
import { checkString, invalidArgType } from "node:internal/errors";

/** `/a/b` */
const POSIX = {
  delimiter: ":", sep: "/", separators: /\/+/, trailing: /\/+$/, ending: /\/$/, start: "/",
  split: (path) => ({ device: "", isRooted: path.startsWith("/"), rest: path }),
  isSame: (a, b) => a === b,
};

/** `C:\a\b` and `\\server\share\a`, with either slash */
const WIN32 = {
  delimiter: ";", sep: "\\", separators: /[\\/]+/, trailing: /[\\/]+$/, ending: /[\\/]$/, start: "C:\\",
  split(path) {
    const share = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)(?=[\\/]|$)/.exec(path);
    const device = share !== null ? `\\\\${share[1]}\\${share[2]}` : /^[a-zA-Z]:/.exec(path)?.[0] ?? "";
    const rest = path.slice(share !== null ? share[0].length : device.length);
    return { device, isRooted: share !== null || /^[\\/]/.test(rest), rest };
  },
  isSame: (a, b) => a.toLowerCase() === b.toLowerCase(),
};

/** The functions of `path` for one family. */
function pathOf({ delimiter, ending, isSame, sep, separators, split, start, trailing }) {
  /** The names without `.` and without what `..` takes back; above a root there is nothing. */
  function walked(rest, isRooted) {
    const names = [];
    for (const name of rest.split(separators)) {
      if (name === "" || name === ".") continue;
      if (name !== "..") names.push(name);
      else if (names.length > 0 && names.at(-1) !== "..") names.pop();
      else if (!isRooted) names.push("..");
    }
    return names;
  }

  function normalize(path) {
    checkString(path, "path");
    if (path === "") return ".";
    const { device, isRooted, rest } = split(path);
    const names = walked(rest, isRooted).join(sep) || (isRooted ? "" : ".");
    const tail = names !== "" && ending.test(rest) ? sep : "";
    return `${device}${isRooted ? sep : ""}${names}${tail}`;
  }

  function join(...paths) {
    for (const path of paths) checkString(path, "path");
    return normalize(paths.filter((path) => path !== "").join(sep));
  }

  function resolve(...paths) {
    let device = "";
    let rest = "";
    let isRooted = false;
    for (const path of [start, ...paths].reverse()) {
      checkString(path, "path");
      const part = split(path);
      const isElsewhere = part.device !== "" && device !== "" && !isSame(part.device, device);
      if (path === "" || isElsewhere || (isRooted && device !== "")) continue;
      device ||= part.device;
      if (isRooted) continue;
      rest = `${part.rest}${sep}${rest}`;
      isRooted = part.isRooted;
    }
    return `${device}${isRooted ? sep : ""}${walked(rest, isRooted).join(sep)}`;
  }

  function relative(from, to) {
    checkString(from, "from");
    checkString(to, "to");
    const [here, there] = [resolve(from), resolve(to)].map((path) => split(path));
    if (!isSame(here.device, there.device)) return resolve(to);
    const [back, forth] = [walked(here.rest, true), walked(there.rest, true)];
    let same = 0;
    while (same < back.length && same < forth.length && isSame(back[same], forth[same])) same++;
    return [...back.slice(same).map(() => ".."), ...forth.slice(same)].join(sep);
  }

  /** Where the last name begins and ends, and where what comes before it ends. */
  function cut(path) {
    checkString(path, "path");
    const { device, isRooted, rest } = split(path);
    const root = path.slice(0, path.length - rest.length + (isRooted && rest !== "" ? 1 : 0));
    const inside = path.slice(root.length).replace(trailing, "");
    const names = inside.split(sep === "/" ? "/" : /[\\/]/);
    const base = names.at(-1);
    return { device, root, base, before: inside.slice(0, inside.length - base.length) };
  }

  function extensionOf(base) {
    const dot = base.lastIndexOf(".");
    return dot > 0 && base !== ".." ? base.slice(dot) : "";
  }

  function dirname(path) {
    const { before, root } = cut(path);
    if (before === "") return root || ".";
    // Two slashes at the beginning may mean something of their own.
    return before === "/" ? "//" : root + before.slice(0, -1);
  }

  function basename(path, suffix) {
    if (suffix !== undefined) checkString(suffix, "suffix");
    const { base } = cut(path);
    return suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  }

  function parse(path) {
    const { base, before, root } = cut(path);
    const ext = extensionOf(base);
    return { root, dir: root + before.slice(0, -1), base, ext, name: base.slice(0, base.length - ext.length) };
  }

  function format(parts) {
    if (typeof parts !== "object" || parts === null) throw invalidArgType("pathObject", "Object", parts);
    const { base, dir, ext = "", name = "", root = "" } = parts;
    const file = base || `${name}${ext === "" || ext.startsWith(".") ? "" : "."}${ext}`;
    const folder = dir || root;
    if (!folder) return file;
    return folder === root ? folder + file : folder + sep + file;
  }

  return {
    basename, delimiter, dirname, extname: (path) => extensionOf(cut(path).base), format,
    isAbsolute: (path) => (checkString(path, "path"), split(path).isRooted), join, matchesGlob, normalize, parse, relative, resolve, sep,
    toNamespacedPath: (path) => path,
  };
}

/** Whether a path matches a pattern of `*`, `**`, `?`, `[…]` and `{…,…}`. */
function matchesGlob(path, pattern) {
  let source = "";
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === "*" && pattern[i + 1] === "*") {
      const isWhole = pattern[i + 2] === "/";
      source += isWhole ? "(?:.*/)?" : ".*";
      i += isWhole ? 2 : 1;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "[") {
      const end = pattern.indexOf("]", i + 1);
      source += end < 0 ? "\\[" : `[${pattern.slice(i + 1, end).replace(/^!/, "^").replace(/\\/g, "\\\\")}]`;
      if (end >= 0) i = end;
    } else if (char === "{") source += (depth++, "(?:");
    else if (char === "}" && depth > 0) source += (depth--, ")");
    else if (char === "," && depth > 0) source += "|";
    else source += char.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  return new RegExp(`^${source}${")".repeat(depth)}$`, "s").test(path);
}

export const posix = pathOf(POSIX);
export const win32 = pathOf(WIN32);
for (const path of [posix, win32]) Object.assign(path, { posix, win32, _makeLong: path.toNamespacedPath });

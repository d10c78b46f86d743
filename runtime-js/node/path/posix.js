// `path/posix`: `path` itself.
import path from "node:path";

export * from "node:path";
export { path as default, path as "module.exports" };

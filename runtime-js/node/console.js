// `console`: the global one.
import { unsupportedClass } from "node:internal/errors";

const { console } = globalThis;
export const Console = console.Console ?? unsupportedClass("console.Console", "use the global console");
if (!("Console" in console)) Object.defineProperty(console, "Console", { value: Console, writable: true, configurable: true });
export const { assert, clear, count, countReset, debug, dir, dirxml, error, group, groupCollapsed, groupEnd, info, log, table, time, timeEnd, timeLog, trace, warn } = console;
export { console as default, console as "module.exports" };

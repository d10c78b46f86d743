// `repl`: nobody types.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it has no input but its event";

export const builtinModules = [];
export const REPLServer = unsupportedClass("repl.REPLServer", INSTEAD);
export const Recoverable = class Recoverable extends SyntaxError {};
export const { start } = unsupportedFunctions("repl", ["start"], INSTEAD);

const repl = { REPLServer, Recoverable, builtinModules, start };
export { repl as default, repl as "module.exports" };

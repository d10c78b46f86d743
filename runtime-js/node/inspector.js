// `inspector`: an action cannot debug itself.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it cannot debug itself; run it with a debugger from outside";

export const Session = unsupportedClass("inspector.Session", INSTEAD);
export const console = globalThis.console;
export const url = () => undefined;
export const close = () => {};
export const { open, waitForDebugger } = unsupportedFunctions("inspector", ["open", "waitForDebugger"], INSTEAD);

const inspector = { Session, close, console, open, url, waitForDebugger };
export { inspector as default, inspector as "module.exports" };

// `readline`: nobody types.
import promises from "node:readline/promises";
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it has no input but its event";

export { promises };
export const Interface = unsupportedClass("readline.Interface", INSTEAD);
export const { clearLine, clearScreenDown, createInterface, cursorTo, emitKeypressEvents, moveCursor } = unsupportedFunctions(
  "readline", ["clearLine", "clearScreenDown", "createInterface", "cursorTo", "emitKeypressEvents", "moveCursor"], INSTEAD,
);

const readline = { Interface, clearLine, clearScreenDown, createInterface, cursorTo, emitKeypressEvents, moveCursor, promises };
export { readline as default, readline as "module.exports" };

// `readline/promises`: nobody types.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it has no input but its event";

export const Interface = unsupportedClass("readline.promises.Interface", INSTEAD);
export const Readline = unsupportedClass("readline.promises.Readline", INSTEAD);
export const { createInterface } = unsupportedFunctions("readline.promises", ["createInterface"], INSTEAD);

const promises = { Interface, Readline, createInterface };
export { promises as default, promises as "module.exports" };

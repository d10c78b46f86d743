// `tty`: there is no terminal.
import { unsupportedClass } from "node:internal/errors";

const INSTEAD = "write to the log with console.log";
export const isatty = () => false;
export const ReadStream = unsupportedClass("tty.ReadStream", INSTEAD);
export const WriteStream = unsupportedClass("tty.WriteStream", INSTEAD);

const tty = { ReadStream, WriteStream, isatty };
export { tty as default, tty as "module.exports" };

// `dgram`: an action opens no sockets.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it opens no connections of its own; use fetch, or http and https";

export const Socket = unsupportedClass("dgram.Socket", INSTEAD);
export const { createSocket } = unsupportedFunctions("dgram", ["createSocket"], INSTEAD);

const dgram = { Socket, createSocket };
export { dgram as default, dgram as "module.exports" };

// `tls`: an action opens no connections of its own.
import { unsupported, unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it opens no connections of its own; use fetch, or https";

export const DEFAULT_CIPHERS = "";
export const DEFAULT_ECDH_CURVE = "auto";
export const DEFAULT_MAX_VERSION = "TLSv1.3";
export const DEFAULT_MIN_VERSION = "TLSv1.2";
export const CLIENT_RENEG_LIMIT = 3;
export const CLIENT_RENEG_WINDOW = 600;
export const rootCertificates = Object.freeze([]);
export const getCiphers = () => [];
/** Settings for connections that are opened elsewhere; made by packages at load. */
export const createSecureContext = (options) => ({ context: {}, options });
export const SecureContext = class SecureContext {};
export const Server = unsupportedClass("tls.Server", INSTEAD);

const StreamSocket = unsupportedClass("net.Socket", INSTEAD);

/** Over a stream that is there it can be made, as packages do at load to see what Node makes of it; it is of no use. */
export class TLSSocket {
  constructor(stream) {
    if (stream === undefined) throw unsupported("tls.TLSSocket", INSTEAD);
    this._handle = { _parentWrap: Object.create(StreamSocket.prototype) };
  }
}
Object.assign(TLSSocket.prototype, unsupportedFunctions("tls.TLSSocket", ["end", "on", "once", "pipe", "write"], INSTEAD));

export const { checkServerIdentity, connect, createSecurePair, createServer } = unsupportedFunctions(
  "tls", ["checkServerIdentity", "connect", "createSecurePair", "createServer"], INSTEAD,
);

const tls = {
  CLIENT_RENEG_LIMIT, CLIENT_RENEG_WINDOW, DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION, SecureContext,
  Server, TLSSocket, checkServerIdentity, connect, createSecureContext, createSecurePair, createServer, getCiphers, rootCertificates,
};
export { tls as default, tls as "module.exports" };

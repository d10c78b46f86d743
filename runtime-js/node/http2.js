// `http2`: `fetch` speaks it where the server does; there is no client to be handled by hand.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "use fetch, which speaks HTTP/2 where the server does";

/** What packages read at load. */
export const constants = {
  HTTP2_HEADER_AUTHORITY: ":authority", HTTP2_HEADER_METHOD: ":method", HTTP2_HEADER_PATH: ":path", HTTP2_HEADER_SCHEME: ":scheme",
  HTTP2_HEADER_STATUS: ":status", HTTP2_HEADER_CONTENT_LENGTH: "content-length", HTTP2_HEADER_CONTENT_TYPE: "content-type",
  HTTP2_HEADER_CONTENT_ENCODING: "content-encoding", HTTP2_HEADER_AUTHORIZATION: "authorization", HTTP2_HEADER_COOKIE: "cookie",
  HTTP2_HEADER_TE: "te", HTTP2_METHOD_CONNECT: "CONNECT", HTTP2_METHOD_DELETE: "DELETE", HTTP2_METHOD_GET: "GET", HTTP2_METHOD_HEAD: "HEAD",
  HTTP2_METHOD_POST: "POST", HTTP2_METHOD_PUT: "PUT", NGHTTP2_NO_ERROR: 0, NGHTTP2_CANCEL: 8, NGHTTP2_REFUSED_STREAM: 7,
  HTTP_STATUS_OK: 200, HTTP_STATUS_NO_CONTENT: 204, HTTP_STATUS_BAD_REQUEST: 400, HTTP_STATUS_NOT_FOUND: 404,
};
export const sensitiveHeaders = Symbol("nodejs.http2.sensitiveHeaders");
export const Http2ServerRequest = unsupportedClass("http2.Http2ServerRequest", INSTEAD);
export const Http2ServerResponse = unsupportedClass("http2.Http2ServerResponse", INSTEAD);
export const { connect, createSecureServer, createServer, getDefaultSettings, getPackedSettings, getUnpackedSettings } = unsupportedFunctions(
  "http2", ["connect", "createSecureServer", "createServer", "getDefaultSettings", "getPackedSettings", "getUnpackedSettings"], INSTEAD,
);

const http2 = {
  Http2ServerRequest, Http2ServerResponse, connect, constants, createSecureServer, createServer, getDefaultSettings, getPackedSettings,
  getUnpackedSettings, sensitiveHeaders,
};
export { http2 as default, http2 as "module.exports" };

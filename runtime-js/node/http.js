// `http`: requests over the guarded `fetch`; no servers.
import {
  Agent, ClientRequest, IncomingMessage, OutgoingMessage, Server, ServerResponse, client, validateHeaderName, validateHeaderValue,
} from "node:internal/http";
import { METHODS, STATUS_CODES } from "node:internal/http_names";

export { Agent, ClientRequest, IncomingMessage, METHODS, OutgoingMessage, STATUS_CODES, Server, ServerResponse, validateHeaderName, validateHeaderValue };
export const globalAgent = new Agent({ keepAlive: true });
export const maxHeaderSize = 16384;
export const setMaxIdleHTTPParsers = () => {};
export const { createServer, get, request } = client("http", "http:", globalAgent);

const http = {
  Agent, ClientRequest, IncomingMessage, METHODS, OutgoingMessage, STATUS_CODES, Server, ServerResponse, createServer, get, globalAgent,
  maxHeaderSize, request, setMaxIdleHTTPParsers, validateHeaderName, validateHeaderValue,
};
export { http as default, http as "module.exports" };

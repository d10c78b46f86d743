// `https`: requests over the guarded `fetch`; no servers.
import { HttpsAgent as Agent, Server, client } from "node:internal/http";

export { Agent, Server };
export const globalAgent = new Agent({ keepAlive: true });
export const { createServer, get, request } = client("https", "https:", globalAgent);

const https = { Agent, Server, createServer, get, globalAgent, request };
export { https as default, https as "module.exports" };

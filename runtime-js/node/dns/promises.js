// `dns/promises`: what the engine's resolver says, under the host's egress policy. An address that `fetch` may not call
// is not told, and neither is why.
import native from "vestibule:dns";
import { checkString, coded, invalidArgValue, unsupported } from "node:internal/errors";
import { isIP } from "node:net";

export const NODATA = "ENODATA";
export const FORMERR = "EFORMERR";
export const SERVFAIL = "ESERVFAIL";
export const NOTFOUND = "ENOTFOUND";
export const NOTIMP = "ENOTIMP";
export const REFUSED = "EREFUSED";
export const TIMEOUT = "ETIMEOUT";

const CODES = { FORMERR, NODATA, NOTFOUND, NOTIMP, REFUSED, SERVFAIL, TIMEOUT };

function notFound(syscall, hostname) {
  const errno = syscall === "getaddrinfo" ? -3008 : undefined;
  return coded(Error, NOTFOUND, `${syscall} ENOTFOUND ${hostname}`, { errno, syscall, hostname });
}

async function addresses(name, syscall) {
  checkString(name, "hostname");
  const found = await native.ask({ do: "lookup", name });
  if (!found) throw notFound(syscall, name);
  return found;
}

async function records(name, kind) {
  checkString(name, "name");
  const found = await native.ask({ do: "records", name, kind });
  if (!found) throw notFound(`query${kind[0]}${kind.slice(1).toLowerCase()}`, name);
  return found;
}

export async function lookup(hostname, options) {
  const { all = false, family = 0 } = typeof options === "number" ? { family: options } : options ?? {};
  const wanted = { IPv4: 4, IPv6: 6 }[family] ?? family;
  const literal = isIP(hostname);
  const found = literal > 0 ? [{ address: hostname, family: literal }] : await addresses(hostname, "getaddrinfo");
  const fitting = wanted === 0 ? found : found.filter((one) => one.family === wanted);
  if (fitting.length === 0) throw notFound("getaddrinfo", hostname);
  return all ? fitting : fitting[0];
}

async function ofFamily(name, family, options) {
  const syscall = family === 4 ? "queryA" : "queryAaaa";
  const found = (await addresses(name, syscall)).filter((one) => one.family === family).map(({ address }) => address);
  if (found.length === 0) throw notFound(syscall, name);
  // How long it may be kept is not known here; a minute is what much of the internet says.
  return options?.ttl ? found.map((address) => ({ address, ttl: 60 })) : found;
}

export const resolve4 = (name, options) => ofFamily(name, 4, options);
export const resolve6 = (name, options) => ofFamily(name, 6, options);
export const resolveCaa = (name) => records(name, "CAA");
export const resolveCname = (name) => records(name, "CNAME");
export const resolveMx = (name) => records(name, "MX");
export const resolveNs = (name) => records(name, "NS");
export const resolveSoa = async (name) => (await records(name, "SOA"))[0];
export const resolveSrv = (name) => records(name, "SRV");
export const resolveTxt = (name) => records(name, "TXT");

const WAYS = {
  __proto__: null, A: resolve4, AAAA: resolve6, CAA: resolveCaa, CNAME: resolveCname, MX: resolveMx, NS: resolveNs, SOA: resolveSoa,
  SRV: resolveSrv, TXT: resolveTxt,
};

export async function resolve(name, kind = "A") {
  if (WAYS[kind] === undefined) throw invalidArgValue("rrtype", kind);
  return WAYS[kind](name);
}

function notHere(what) {
  return async () => {
    throw unsupported(`dns.${what}`, "look up a name with resolve or lookup");
  };
}

export const lookupService = notHere("lookupService");
export const resolveAny = notHere("resolveAny");
export const resolveNaptr = notHere("resolveNaptr");
export const resolvePtr = notHere("resolvePtr");
export const reverse = notHere("reverse");
/** The servers are the host's. */
export const getServers = () => [];
export const setServers = () => {};
export const getDefaultResultOrder = () => "verbatim";
export const setDefaultResultOrder = () => {};

const functions = {
  resolve, resolve4, resolve6, resolveAny, resolveCaa, resolveCname, resolveMx, resolveNaptr, resolveNs, resolvePtr, resolveSoa,
  resolveSrv, resolveTxt, reverse,
};

export class Resolver {
  cancel() {}

  getServers() {
    return [];
  }

  setServers() {}

  setLocalAddress() {}
}
Object.assign(Resolver.prototype, functions);

const promises = {
  ...CODES, ...functions, Resolver, getDefaultResultOrder, getServers, lookup, lookupService, setDefaultResultOrder, setServers,
};
export { promises as default, promises as "module.exports" };

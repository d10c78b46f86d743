// `dns`: `dns/promises` with callbacks.
import promises from "node:dns/promises";
import { checkFunction } from "node:internal/errors";

export { promises };
export { FORMERR, NODATA, NOTFOUND, NOTIMP, REFUSED, SERVFAIL, TIMEOUT, getDefaultResultOrder, getServers, setDefaultResultOrder, setServers } from "node:dns/promises";
export const ADDRCONFIG = 1024;
export const ALL = 256;
export const V4MAPPED = 8;

/** The function with a callback at the end; `spread` makes the callback's arguments of the answer. */
function calledBack(name, spread = (value) => [value]) {
  const { [name]: result } = {
    [name](...args) {
      const callback = args.pop();
      checkFunction(callback, "callback");
      promises[name](...args).then(
        (value) => queueMicrotask(() => callback(null, ...spread(value))),
        (error) => queueMicrotask(() => callback(error)),
      );
    },
  };
  return result;
}

export const lookup = calledBack("lookup", (found) => (Array.isArray(found) ? [found] : [found.address, found.family]));
export const lookupService = calledBack("lookupService");
export const resolve = calledBack("resolve");
export const resolve4 = calledBack("resolve4");
export const resolve6 = calledBack("resolve6");
export const resolveAny = calledBack("resolveAny");
export const resolveCaa = calledBack("resolveCaa");
export const resolveCname = calledBack("resolveCname");
export const resolveMx = calledBack("resolveMx");
export const resolveNaptr = calledBack("resolveNaptr");
export const resolveNs = calledBack("resolveNs");
export const resolvePtr = calledBack("resolvePtr");
export const resolveSoa = calledBack("resolveSoa");
export const resolveSrv = calledBack("resolveSrv");
export const resolveTxt = calledBack("resolveTxt");
export const reverse = calledBack("reverse");

const functions = {
  resolve, resolve4, resolve6, resolveAny, resolveCaa, resolveCname, resolveMx, resolveNaptr, resolveNs, resolvePtr, resolveSoa,
  resolveSrv, resolveTxt, reverse,
};

export class Resolver extends promises.Resolver {}
Object.assign(Resolver.prototype, functions);

const dns = { ...promises, ...functions, ADDRCONFIG, ALL, Resolver, V4MAPPED, lookup, lookupService, promises };
export { dns as default, dns as "module.exports" };

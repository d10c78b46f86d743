// `url`: the global `URL`, and the older functions as unenv has them, which are complete.
import { toUnicode } from "unenv/node/punycode";
import { Url } from "unenv/node/url";
import { coded, invalidArgType } from "node:internal/errors";

export { Url };
export const { URL, URLSearchParams } = globalThis;

// The functions are made here of the class: those of unenv warn of themselves in the log.
export function parse(url, parseQueryString, slashesDenoteHost) {
  if (url instanceof Url) return url;
  const parsed = new Url();
  parsed.parse(url, parseQueryString, slashesDenoteHost);
  return parsed;
}

export function resolveObject(from, to) {
  return from ? parse(from, false, true).resolveObject(parse(to, false, true)) : to;
}

export function resolve(from, to) {
  return parse(from, false, true).resolveObject(parse(to, false, true)).format();
}
Url.prototype.resolve = function (to) {
  return resolve(this, to);
};

export function format(url, options) {
  if (typeof url === "string") return parse(url).format();
  if (typeof url !== "object" || url === null) throw invalidArgType("urlObject", ["Object", "string"], url);
  if (!(url instanceof URL)) return Url.prototype.format.call(url);
  const copy = new URL(url);
  if (options?.fragment === false) copy.hash = "";
  if (options?.search === false) copy.search = "";
  if (options?.auth === false) copy.username = copy.password = "";
  const { host, href } = copy;
  return options?.unicode && host !== "" ? href.replace(host, domainToUnicode(copy.hostname) + (copy.port && `:${copy.port}`)) : href;
}

export function fileURLToPath(url) {
  const { hostname, pathname, protocol } = toUrl(url, "path");
  if (protocol !== "file:") throw coded(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (hostname !== "") throw coded(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  if (/%2f/i.test(pathname)) throw coded(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  return decodeURIComponent(pathname);
}

export function pathToFileURL(path) {
  const url = new URL("file:///");
  url.pathname = path.replace(/[%\\\n\r\t?#]/g, encodeURIComponent);
  return url;
}

export function urlToHttpOptions(url) {
  const { hash, hostname, href, password, pathname, port, protocol, search, username } = url;
  const options = {
    __proto__: null, ...url, protocol, hash, search, pathname, path: `${pathname || ""}${search || ""}`, href,
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
  };
  if (port !== "") options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

export function domainToASCII(domain) {
  return URL.parse(`ws://${domain}`)?.hostname ?? "";
}

export function domainToUnicode(domain) {
  return toUnicode(domainToASCII(domain));
}

function toUrl(value, name) {
  if (value instanceof URL) return value;
  if (typeof value !== "string") throw invalidArgType(name, ["string", "URL"], value);
  return new URL(value);
}

const url = {
  URL, URLSearchParams, Url, domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve, resolveObject,
  urlToHttpOptions,
};
export { url as default, url as "module.exports" };

// `net`: an action opens no connections of its own. Addresses can be told apart, and the classes extended.
import { unsupportedClass, unsupportedFunctions } from "node:internal/errors";

const INSTEAD = "it opens no connections of its own; use fetch, or http and https";

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

export function isIPv4(text) {
  return IPV4.test(text);
}

export function isIPv6(text) {
  const [address, zone, more] = `${text}`.split("%");
  if (more !== undefined || zone === "") return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  // The last two groups may be written as an IPv4 address.
  const isMixed = groups.length > 0 && !address.endsWith(":") && isIPv4(groups.at(-1));
  const count = groups.length + (isMixed ? 1 : 0);
  const plain = isMixed ? groups.slice(0, -1) : groups;
  return plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

export function isIP(text) {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

export const Socket = unsupportedClass("net.Socket", INSTEAD);
export const Server = unsupportedClass("net.Server", INSTEAD);
export const BlockList = unsupportedClass("net.BlockList", "the host's egress policy decides who may be called");
export const SocketAddress = unsupportedClass("net.SocketAddress", INSTEAD);
export const Stream = Socket;
export const { connect, createConnection, createServer } = unsupportedFunctions("net", ["connect", "createConnection", "createServer"], INSTEAD);
export const getDefaultAutoSelectFamily = () => true;
export const setDefaultAutoSelectFamily = () => {};
export const getDefaultAutoSelectFamilyAttemptTimeout = () => 250;
export const setDefaultAutoSelectFamilyAttemptTimeout = () => {};

const net = {
  BlockList, Server, Socket, SocketAddress, Stream, connect, createConnection, createServer, getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout, isIP, isIPv4, isIPv6, setDefaultAutoSelectFamily, setDefaultAutoSelectFamilyAttemptTimeout,
};
export { net as default, net as "module.exports" };

// `querystring`: as unenv has it, which is complete.
import querystring from "unenv/node/querystring";

export { decode, encode, escape, parse, stringify, unescape, unescapeBuffer } from "unenv/node/querystring";
export { querystring as default, querystring as "module.exports" };

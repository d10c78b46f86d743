// `punycode`: as unenv has it, which is the package of that name as an ES module.
import punycode from "unenv/node/punycode";

export { decode, encode, toASCII, toUnicode, ucs2, version } from "unenv/node/punycode";
export { punycode as default, punycode as "module.exports" };

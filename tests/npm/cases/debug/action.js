const { format } = require("util");
const debug = require("debug");

async function use(event) {
  debug.enable("acme:*");
  const lines = [];
  const log = debug("acme:login");
  log.log = (...parts) => lines.push(format(...parts));
  log("user %s has %d roles and %o", "ada", 2, { a: 1 });
  debug("other").log = () => lines.push("never");
  debug("other")("silent");
  return { lines: lines.length, has: lines[0].includes("user ada has 2 roles"), enabled: [debug.enabled("acme:x"), debug.enabled("other")] };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

const njwt = require("njwt");

async function use(event) {
  const token = njwt.create({ iss: "https://acme.example/", sub: event.user.user_id, scope: "self" }, Buffer.alloc(32, 9));
  token.setExpiration(new Date("2100-01-01T00:00:00Z"));
  const compact = token.compact();
  const verified = njwt.verify(compact, Buffer.alloc(32, 9));
  const wrong = (() => { try { njwt.verify(compact, Buffer.alloc(32, 1)); } catch (error) { return error.message; } })();
  return { scope: verified.body.scope, alg: verified.header.alg, parts: compact.split(".").length, wrong };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

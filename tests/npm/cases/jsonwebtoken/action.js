const crypto = require("crypto");
const jwt = require("jsonwebtoken");

async function use(event) {
  const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = (key, type) => key.export({ type, format: "pem" });
  const results = {};
  for (const [algorithm, sign, verify] of [
    ["HS256", "shared secret", "shared secret"],
    ["HS512", "shared secret", "shared secret"],
    ["RS256", pem(rsa.privateKey, "pkcs8"), pem(rsa.publicKey, "spki")],
    ["RS512", pem(rsa.privateKey, "pkcs1"), pem(rsa.publicKey, "pkcs1")],
    ["PS256", pem(rsa.privateKey, "pkcs8"), pem(rsa.publicKey, "spki")],
    ["ES256", pem(ec.privateKey, "sec1"), pem(ec.publicKey, "spki")],
  ]) {
    const token = jwt.sign({ plan: "gold" }, sign, { algorithm, expiresIn: "1h", subject: event.user.user_id });
    const claims = jwt.verify(token, verify, { algorithms: [algorithm] });
    results[algorithm] = [claims.plan, claims.exp - claims.iat];
  }
  const fixed = jwt.sign({ iat: 1 }, "shared secret");
  const expired = jwt.sign({ exp: 1_600_000_000 }, "shared secret");
  const why = (token, key) => { try { return jwt.verify(token, key); } catch (error) { return `${error.name}: ${error.message}`; } };
  return { results, fixed, expired: why(expired, "shared secret"), wrong: why(fixed, "another"), decoded: jwt.decode(fixed, { complete: true }).header };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

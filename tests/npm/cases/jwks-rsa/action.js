const jwksClient = require("jwks-rsa");
const jwt = require("jsonwebtoken");

const TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Im9uZSJ9.eyJwbGFuIjoiZ29sZCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ.FSWTA3hZrCFOiT13GcLSrroz2AFMi3tIDefwo6mwnVaWfUDB4fwEE1lp7ip77SPc6DLnDmX1zlOZ4sxYTM-BEiXDM8nbJfRQ6K2KkphySCCWGaQ9IMLYUm_CRz8WF5UfssNGO5_7qJ-oZMnoq8Jv5SEXHsr1ryDwc0-H-jeBlW-_xTSrGEt1MVi_b20O_H3Rf_KwNo6SGyDLCMNm9N_Zdqwdsg1xSc8zJZ5WnK8Ao21t3KZ0OZezGHHTETEzoP6ioWe1KHDyPa1xUBPR2GD4maJkvcHrbdWwakT8OAfpa6XaOOUyFGMGKlvww22fw6lDoh7jM7r9oPpNV9LJxVs6rw";

async function use(event) {
  const client = jwksClient({ jwksUri: "https://idp.example/.well-known/jwks.json", cache: true, rateLimit: true });
  const key = await client.getSigningKey("one");
  const claims = jwt.verify(TOKEN, key.getPublicKey(), { algorithms: ["RS256"], ignoreExpiration: true });
  const unknown = await client.getSigningKey("two").catch((error) => `${error.name}: ${error.message}`);
  return { claims, pem: key.getPublicKey().split("\n")[0], unknown };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

const client = require("openid-client");

async function use(event) {
  const config = await client.discovery(new URL("https://idp.example"), "my-client", "my-secret");
  const tokens = await client.clientCredentialsGrant(config, { scope: "read" });
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, { redirect_uri: "https://acme.example/cb", code_challenge: await client.calculatePKCECodeChallenge("abc") , code_challenge_method: "S256" });
  return { token: tokens.access_token, issuer: config.serverMetadata().issuer, verifier: verifier.length, url: url.href };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

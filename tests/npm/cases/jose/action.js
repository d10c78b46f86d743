const { SignJWT, jwtVerify, EncryptJWT, jwtDecrypt, generateKeyPair, exportJWK, importJWK, createRemoteJWKSet } = require("jose");

const REMOTE = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln";

async function use(event) {
  const secret = new TextEncoder().encode("a secret of at least 32 characters");
  const signed = await new SignJWT({ plan: "gold" })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(event.user.user_id)
    .setIssuer("https://acme.example/")
    .setIssuedAt(1_700_000_000)
    .setExpirationTime(4_000_000_000)
    .sign(secret);
  const { payload } = await jwtVerify(signed, secret, { issuer: "https://acme.example/" });
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const elliptic = await new SignJWT({ n: 1 }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  const verified = await jwtVerify(elliptic, await importJWK(await exportJWK(publicKey), "ES256"));
  const sealed = await new EncryptJWT({ card: "4242" })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .encrypt(new Uint8Array(32).fill(7));
  const opened = await jwtDecrypt(sealed, new Uint8Array(32).fill(7));
  const forged = await jwtVerify(signed.slice(0, -4) + "AAAA", secret).catch((error) => error.code);
  // Keys from the net, as an identity provider publishes them.
  const keys = createRemoteJWKSet(new URL("https://idp.example/jwks.json"));
  const remote = await jwtVerify(event.request.query?.token ?? REMOTE, keys).catch((error) => error.code);
  return { plan: payload.plan, n: verified.payload.n, card: opened.payload.card, forged, remote, signed };
}

exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/result", await use(event));
};

// Writes golden.json: keys and signatures that Node makes, and its answers to cases.js. Keys that are there
// already stay as they are. Run: node make-golden.mjs
import * as crypto from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = readFileSync(new URL("cases.js", import.meta.url), "utf8");
const makeCases = new Function(source.replace("export default", "return"))();
const golden = new URL("golden.json", import.meta.url);
const text = "The quick brown fox jumps over the lazy dog, and ünïcödé too";

function pair(type, options) {
  const publicKeyEncoding = { type: "spki", format: "pem" };
  const privateKeyEncoding = { type: "pkcs8", format: "pem" };
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type, { ...options, publicKeyEncoding, privateKeyEncoding });
  return { public: publicKey, private: privateKey };
}

function make() {
  const ec = (namedCurve) => pair("ec", { namedCurve });
  const given = {
    missing: ["md5-sha1"], rsa: pair("rsa", { modulusLength: 2048 }), p256: ec("P-256"), p384: ec("P-384"), p521: ec("P-521"),
    k256: ec("secp256k1"), ed25519: pair("ed25519"), x25519: pair("x25519"), otherP256: ec("P-256"), otherX25519: pair("x25519"),
    signatures: {},
  };
  const add = (name, pair, digest, scheme) => {
    const signature = crypto.sign(digest, Buffer.from(text), { key: given[pair].private, ...scheme }).toString("base64");
    given.signatures[name] = { pair, digest, scheme, signature };
  };
  for (const [curve, digests] of [["p256", ["sha256", "sha1", "sha512"]], ["p384", ["sha384", "sha1", "sha256"]], ["p521", ["sha512", "sha256"]], ["k256", ["sha256"]]]) {
    for (const digest of digests) {
      add(`${curve} ${digest}`, curve, digest, {});
      add(`${curve} ${digest} ieee-p1363`, curve, digest, { dsaEncoding: "ieee-p1363" });
    }
  }
  for (const [name, saltLength] of [["as the digest", -1], ["as much as there is room", -2], ["none", 0], ["some", 20]]) {
    add(`pss, salt ${name}`, "rsa", "sha256", { padding: 6, saltLength });
    add(`pss sha512, salt ${name}, found out`, "rsa", "sha512", { padding: 6, saltLength });
    given.signatures[`pss sha512, salt ${name}, found out`].scheme = { padding: 6 };
  }
  add("ed25519", "ed25519", null, {});
  given.sealed = crypto.publicEncrypt(given.rsa.public, Buffer.from(text)).toString("base64");
  given.encrypted = crypto.createPrivateKey(given.p256.private).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" });
  const folder = mkdtempSync(join(tmpdir(), "golden-"));
  writeFileSync(join(folder, "key.pem"), given.rsa.private);
  given.certificate = execFileSync("openssl", ["req", "-x509", "-new", "-key", join(folder, "key.pem"), "-subj", "/C=DE/CN=example.com", "-days", "3650"], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return given;
}

let given;
try {
  given = JSON.parse(readFileSync(golden, "utf8")).given;
} catch {
  given = make();
}
const answers = {};
for (const [name, run] of Object.entries(makeCases(crypto, Buffer, given))) {
  try {
    answers[name] = { value: run() ?? null };
  } catch (error) {
    answers[name] = { error: { class: error.constructor.name, code: error.code ?? null, message: error.message } };
  }
}
writeFileSync(golden, `${JSON.stringify({ node: process.version, given, answers }, null, 1)}\n`);

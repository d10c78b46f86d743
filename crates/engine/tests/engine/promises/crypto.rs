//! Node's `crypto`: the same answers as Node gives, bounds on what a request costs, and no bytes that do harm.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use vestibule_engine::Execution;
use vestibule_engine::Outcome;

use crate::support::es_module;
use crate::support::invocation;
use crate::support::kind;
use crate::support::logged_json;
use crate::support::run_canary;
use crate::support::run_with;

/// A file of the repository, by its path below the engine's crate. Read when a test runs: the module is not
/// part of the engine.
fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn golden() -> Value {
    serde_json::from_str(&file("tests/engine/crypto/golden.json")).unwrap()
}

/// Runs the body of a handler that has `crypto` and `Buffer`, without a bundler.
fn run_with_crypto(body: &str, cpu: Duration) -> Execution {
    let crypto =
        file("../../runtime-js/node/crypto.js").replace("import { Buffer } from \"node:buffer\";", "");
    let crypto = crypto.replace("export default {", "const crypto = {");
    assert!(!crypto.contains("node:buffer\""), "the import of Buffer is taken out");
    let buffer = file("tests/engine/crypto/buffer.js");
    let code = format!("{buffer}\n{crypto}\nexport const h = async (event, api) => {{\n{body}\n}};");
    let mut given = invocation();
    given.limits.cpu = cpu;
    // The big numbers of RSA are slow where nothing is optimized.
    given.limits.wall = Duration::from_secs(600);
    given.limits.log_bytes = 4 << 20;
    run_with(&es_module(&code), given)
}

fn lines(body: &str) -> Vec<String> {
    let execution = run_with_crypto(body, Duration::from_secs(60));
    assert_eq!(execution.outcome, Outcome::Completed, "{}", body.chars().take(200).collect::<String>());
    execution.logs.into_iter().map(|line| line.message).collect()
}

#[test]
fn answers_are_those_of_node() {
    let golden = golden();
    let body = format!(
        "{}\nconst cases = makeCases(crypto, Buffer, {});
        for (const name in cases) {{
          let answer;
          try {{ answer = {{ value: cases[name]() ?? null }}; }}
          catch (error) {{ answer = {{ error: {{ class: error.constructor.name, code: error.code ?? null, message: error.message }} }}; }}
          console.log(JSON.stringify([name, answer]));
        }}",
        file("tests/engine/crypto/cases.js").replace("export default", "const makeCases ="),
        golden["given"]
    );
    let expected = golden["answers"].as_object().unwrap();
    let answered = lines(&body);
    let mut wrong = Vec::new();
    for line in &answered {
        let answer: Value = serde_json::from_str(line).unwrap();
        let name = answer[0].as_str().unwrap();
        if expected.get(name) != Some(&answer[1]) {
            wrong.push(format!("{name}:\n  Node {}\n  here {}", expected[name], answer[1]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), answered.len(), wrong.join("\n"));
    assert_eq!(answered.len(), expected.len(), "every case of golden.json is there");
}

#[test]
fn callbacks_come_later_and_streams_are_fed() {
    let said = lines(
        r#"
const told = (f, ...args) => new Promise((resolve, reject) => { let early = true; f(...args, (error, result) => error ? reject(error) : resolve([early, result])); early = false; });
console.log(JSON.stringify([(await told(randomBytes, 5))[1].length, (await told(randomBytes, 5))[0], (await told(pbkdf2, "p", "s", 2, 8, "sha256"))[1].toString("hex") === pbkdf2Sync("p", "s", 2, 8, "sha256").toString("hex"),
  (await told(scrypt, "p", "s", 8, { N: 16 }))[1].length, (await told(hkdf, "sha256", "k", "s", "i", 8))[1].byteLength, (await told(randomFill, new Uint8Array(4)))[1].length, typeof (await told(randomInt, 9))[1]]));
await told(pbkdf2, "p", "s", 2, 2 ** 30, "sha256").catch((error) => console.log(error.code));
const hash = createHash("sha256");
const ended = new Promise((resolve) => hash.on("readable", () => { const d = hash.read(); if (d) resolve(d.toString("hex")); }));
hash.write("a"); hash.end("bc");
console.log(await ended);
const parts = [];
const cipher = createCipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(16));
const done = new Promise((resolve) => cipher.on("data", (d) => parts.push(d)).on("end", resolve));
cipher.write("x".repeat(20)); cipher.end();
await done;
const whole = createCipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(16));
console.log(Buffer.concat(parts).toString("hex") === whole.update("x".repeat(20), "utf8", "hex") + whole.final("hex"));
console.log(Hash("md5") instanceof Hash, createHmac("md5", "k") instanceof Hmac, webcrypto.getRandomValues(new Uint8Array(2)).length);
console.log((await webcrypto.subtle.digest("SHA-1", new Uint8Array(0))).byteLength);"#,
    );
    assert_eq!(
        said,
        [
            "[5,false,true,8,8,4,\"number\"]",
            "ERR_OUT_OF_RANGE",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "true",
            "true true 2",
            "20",
        ]
    );
}

#[test]
fn a_new_rsa_key_signs_and_its_time_is_charged() {
    let execution = run_with_crypto(
        r#"const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        const signature = sign("sha256", Buffer.from("a"), privateKey);
        console.log(verify("sha256", Buffer.from("a"), publicKey, signature), publicKey.asymmetricKeyDetails.modulusLength);"#,
        Duration::from_secs(60),
    );
    assert_eq!(execution.outcome, Outcome::Completed);
    assert_eq!(execution.logs[0].message, "true 2048");
    let execution = run_with_crypto(
        "for (;;) generateKeyPairSync('rsa', { modulusLength: 4096 });",
        Duration::from_millis(200),
    );
    assert_eq!(kind(&execution.outcome), "cpu_limit");
}

/// Each of these would take far longer than it may.
#[test]
fn no_request_takes_longer_than_it_may() {
    for body in [
        "pbkdf2Sync('p', 's', 2147483647, 64, 'sha512');",
        "pbkdf2Sync('p', 's', 100000, 1048576, 'md5');",
        "for (;;) scryptSync('p', 's', 64);",
        "for (;;) createHash('sha3-512').update(new Uint8Array(16777216));",
        "for (;;) createECDH('secp521r1').generateKeys();",
        "for (;;) verify('sha1', Buffer.alloc(1), generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, Buffer.alloc(96));",
        "for (;;) randomBytes(8000000);",
    ] {
        let execution = run_with_crypto(body, Duration::from_millis(200));
        assert!(
            ["cpu_limit", "threw", "buffer_limit"].contains(&kind(&execution.outcome)),
            "{body}: {:?}",
            execution.outcome
        );
    }
    for (body, code) in [
        (
            "scryptSync('p', 's', 64, { N: 1048576, r: 8, maxmem: 2 ** 40 });",
            "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
        ),
        (
            "scryptSync('p', 's', 64, { N: 2, r: 2 ** 31, p: 2 ** 31, maxmem: Infinity });",
            "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
        ),
        ("pbkdf2Sync('p', 's', 1, 2147483647, 'md5');", "ERR_OUT_OF_RANGE"),
        ("randomBytes(2147483647);", ""),
        ("createHash('shake128', { outputLength: 4294967295 }).digest();", "ERR_OUT_OF_RANGE"),
        ("generateKeyPairSync('rsa', { modulusLength: 16384 });", "ERR_OUT_OF_RANGE"),
        ("const all = []; for (;;) all.push(createHash('md5'));", "ERR_OUT_OF_RANGE"),
    ] {
        let said = lines(&format!("try {{ {body} }} catch (error) {{ console.log(error.code ?? ''); }}"));
        assert_eq!(said, [code], "{body}");
    }
}

/// Keys, certificates and signatures with every byte changed in turn, cut short, or made of nonsense.
#[test]
fn no_bytes_of_a_key_do_harm() {
    let golden = golden();
    let seen = run_with_crypto(
        &format!(
            r#"
const given = {};
let seed = 20;
const chance = (max) => (seed = (seed * 1103515245 + 12345) % 2147483648) % max;
let read = 0, refused = 0;
const codes = new Set();
const attempt = (work) => {{ try {{ work(); read++; }} catch (error) {{ refused++; codes.add(error.code ?? error.message); }} }};
const use = (half, der, type) => attempt(() => {{
  const key = (half === "private" ? createPrivateKey : createPublicKey)({{ key: der, format: "der", type }});
  const kind = key.asymmetricKeyType;
  key.export({{ format: "jwk" }});
  if (kind === "rsa" && half === "private") privateDecrypt({{ key }}, Buffer.alloc(key.asymmetricKeyDetails.modulusLength >> 3, 1));
  if (kind === "ed25519" && half === "public") verify(null, Buffer.from("x"), key, Buffer.alloc(64));
  if (kind === "ec" && half === "public") verify("sha256", Buffer.from("x"), key, Buffer.alloc(64, 1));
}});
for (const pair of ["p256", "k256", "ed25519", "x25519", "p521", "rsa"]) {{
  const own = createPrivateKey(given[pair].private);
  const forms = [["private", own.export({{ type: "pkcs8", format: "der" }}), "pkcs8"], ["public", createPublicKey(own).export({{ type: "spki", format: "der" }}), "spki"]];
  if (pair === "rsa") forms.push(["private", own.export({{ type: "pkcs1", format: "der" }}), "pkcs1"], ["public", createPublicKey(own).export({{ type: "pkcs1", format: "der" }}), "pkcs1"]);
  if (/^[pk]\d/.test(pair)) forms.push(["private", own.export({{ type: "sec1", format: "der" }}), "sec1"]);
  for (const [half, der, type] of forms) {{
    const rounds = pair === "rsa" ? 60 : 250;
    for (let round = 0; round < rounds; round++) {{
      const bytes = Buffer.from(der);
      for (let n = 0; n <= round % 3; n++) bytes[chance(round % 2 === 0 ? Math.min(40, bytes.length) : bytes.length)] = chance(256);
      use(half, bytes, type);
      use(half, bytes.subarray(0, chance(bytes.length)), type);
    }}
  }}
}}
const pem = [given.encrypted, given.certificate, given.rsa.private];
for (const text of pem) for (let round = 0; round < 200; round++) {{
  const bytes = Buffer.from(text);
  bytes[chance(bytes.length)] = chance(256);
  attempt(() => createPublicKey({{ key: bytes, passphrase: "pass" }}));
}}
for (let round = 0; round < 200; round++) attempt(() => createPrivateKey({{ key: Buffer.from(Array.from({{ length: chance(200) }}, () => chance(256))), format: "der", type: "pkcs8" }}));
for (const jwk of [{{ kty: "RSA", n: "AA", e: "AA" }}, {{ kty: "RSA", n: "AQ", e: "AQ", d: "AQ", p: "AQ", q: "AQ" }}, {{ kty: "RSA", n: "_".repeat(4000), e: "Aw" }}, {{ kty: "RSA", n: "_".repeat(600), e: "_".repeat(600) }},
  {{ kty: "RSA", n: "Dw", e: "Aw", d: "Aw", p: "Aw", q: "BQ" }}, {{ kty: "RSA", n: "CQ", e: "Aw", d: "Aw", p: "Aw", q: "Aw" }}, {{ kty: "EC", crv: "P-256", x: "", y: "", d: "" }}, {{ kty: "OKP", crv: "X25519", x: "AAAA" }}, {{}}])
  for (const create of [createPublicKey, createPrivateKey]) attempt(() => {{ const key = create({{ key: jwk, format: "jwk" }}); sign("sha256", Buffer.from("a"), {{ key, padding: 6 }}); }});
attempt(() => diffieHellman({{ privateKey: createPrivateKey(given.x25519.private), publicKey: createPublicKey({{ key: {{ kty: "OKP", crv: "X25519", x: "A".repeat(43) }}, format: "jwk" }}) }}));
console.log(JSON.stringify({{ read, refused, codes: [...codes].sort() }}));"#,
            golden["given"]
        ),
        Duration::from_secs(60),
    );
    assert_eq!(seen.outcome, Outcome::Completed);
    let seen: Value = serde_json::from_str(&seen.logs[0].message).unwrap();
    assert!(seen["refused"].as_u64().unwrap() > 2_000, "{seen}");
    crate::support::block_on(run_canary(crate::support::engine())).unwrap();
}

/// What is asked of the engine past the module, as a script can that wants to do harm.
#[test]
fn the_native_part_answers_nonsense_with_errors() {
    let seen = logged_json(
        r#"
const { ask } = require("vestibule:crypto");
const kinds = ["hash", "startHash", "startHmac", "copy", "update", "finish", "startCipher", "associate", "turn", "finishCipher", "random", "equal", "pbkdf2", "scrypt", "hkdf",
  "readKey", "readJwk", "publicOf", "writeJwk", "writeKey", "generate", "sign", "verify", "encrypt", "decrypt", "encryptWithPrivate", "decryptWithPublic", "agree", "ecRandom", "ecPoint", "ecConvert", "ecAgree"];
const values = [0, 1, -1, 2 ** 32, 1.5, "", "sha256", "aes-128-gcm", "P-256", "rsa", null, true, [], {}, "x".repeat(1000)];
const fields = ["algorithm", "length", "state", "name", "encrypts", "tagBytes", "pads", "iterations", "n", "r", "p", "layout", "half", "hasPassphrase", "jwk", "pem", "cipher", "kind", "bits", "curve", "scheme", "envelope", "compressed"];
const own = { hash: ["algorithm", "length"], startHash: ["algorithm"], startHmac: ["algorithm"], copy: ["state"], update: ["state"], finish: ["state", "length"], startCipher: ["name", "encrypts", "tagBytes"], associate: ["state"], turn: ["state"], finishCipher: ["state", "pads"], random: ["length"],
  pbkdf2: ["algorithm", "iterations", "length"], scrypt: ["n", "r", "p", "length"], hkdf: ["algorithm", "length"], readKey: ["layout", "half", "hasPassphrase"], readJwk: ["jwk", "half"], writeJwk: ["half"], writeKey: ["half", "layout", "pem", "cipher"], generate: ["kind", "bits", "curve"],
  sign: ["scheme", "state"], verify: ["scheme", "state"], encrypt: ["envelope"], decrypt: ["envelope"], encryptWithPrivate: ["envelope"], decryptWithPublic: ["envelope"], ecRandom: ["curve"], ecPoint: ["curve", "compressed"], ecConvert: ["curve", "compressed"], ecAgree: ["curve"] };
let seed = 7, errors = 0, answers = 0;
const chance = (max) => (seed = (seed * 1103515245 + 12345) % 2147483648) % max;
for (let round = 0; round < 4000; round++) {
  const kind = kinds[round % kinds.length];
  const request = { do: kind };
  for (const field of own[kind] ?? []) request[field] = values[chance(values.length)];
  if (request.iterations > 1000) request.iterations = 3;
  if (chance(9) === 0) request[fields[chance(fields.length)]] = 1;
  const bytes = () => Uint8Array.from({ length: [0, 1, 12, 16, 32, 64][chance(6)] }, () => chance(256));
  try { ask(request, bytes(), bytes(), bytes()); answers++; } catch (e) { errors++; }
}
console.log(JSON.stringify({ errors, answers }));"#,
    );
    assert!(seen["errors"].as_u64().unwrap() > 1_000 && seen["answers"].as_u64().unwrap() > 50, "{seen}");
}

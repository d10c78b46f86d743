// What Node's `crypto` and ours must answer alike. `given` are keys and signatures that Node made; a case
// gives a value that JSON can hold, or throws. `make-golden.mjs` runs this file in Node and keeps the answers.
export default (crypto, Buffer, given) => {
  const cases = {};
  const text = "The quick brown fox jumps over the lazy dog, and ünïcödé too";
  const key = Buffer.from("0123456789abcdef0123456789abcdef");
  const iv = Buffer.from("fedcba9876543210");
  const rsa = given.rsa.private;

  for (const name of ["md5", "sha1", "SHA256", "sha224", "sha384", "sha512", "sha512-256", "RSA-SHA256", "ripemd160", "sha3-256", "sha3-512",
    "shake128", "shake256", "blake2b512", "blake2s256", "sha-256", "nope"]) {
    cases[`hash ${name}`] = () => crypto.createHash(name).update(text).update("ff00", "hex").digest("hex");
    cases[`hmac ${name}`] = () => /shake/.test(name) ? null : crypto.createHmac(name, key).update(text).digest("base64");
  }
  cases["hash of nothing"] = () => crypto.createHash("sha256").digest("base64url");
  cases["hash twice"] = () => { const h = crypto.createHash("md5"); h.digest(); h.digest(); };
  cases["hash after digest"] = () => { const h = crypto.createHash("md5"); h.digest(); h.update("a"); };
  cases["hmac twice"] = () => { const h = crypto.createHmac("md5", "k"); h.digest(); return h.digest("hex"); };
  cases["hash copy"] = () => { const h = crypto.createHash("sha1").update("a"); const c = h.copy(); h.update("b"); return [h.digest("hex"), c.digest("hex")]; };
  cases["hash of a chosen length"] = () => crypto.createHash("shake256", { outputLength: 50 }).update("a").digest("hex");
  cases["hash of a number"] = () => crypto.createHash("md5").update(5);
  cases["hash without a name"] = () => crypto.createHash();
  cases["hmac with a long key"] = () => crypto.createHmac("sha256", "k".repeat(300)).update("x").digest("hex");
  cases["hmac without a key"] = () => crypto.createHmac("sha256");
  cases["hmac with a KeyObject"] = () => crypto.createHmac("sha256", crypto.createSecretKey("k")).update("x").digest("hex");
  cases["hash of a DataView"] = () => crypto.createHash("sha256").update(new DataView(new ArrayBuffer(8), 2, 3)).digest("hex");
  cases["hashes listed"] = () => crypto.getHashes().filter((name) => !/sm3|mdc2|md4|whirlpool/i.test(name)).filter((name) => !given.missing.includes(name)).sort();

  cases["sizes of chance"] = () => [crypto.randomBytes(0).length, crypto.randomBytes(33).length, crypto.randomFillSync(new Uint16Array(3)).length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())];
  cases["randomBytes of a text"] = () => crypto.randomBytes("1");
  cases["randomBytes below nothing"] = () => crypto.randomBytes(-1);
  cases["randomInt"] = () => { for (let i = 0; i < 100; i++) { const n = crypto.randomInt(3, 6); if (n < 3 || n > 5) return n; } return crypto.randomInt(1); };
  cases["randomInt of nothing"] = () => crypto.randomInt(5, 5);
  cases["timingSafeEqual"] = () => [crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")), crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("b"))];
  cases["timingSafeEqual of lengths"] = () => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab"));
  cases["timingSafeEqual of texts"] = () => crypto.timingSafeEqual("a", "a");

  for (const name of ["md5", "sha1", "sha256", "sha512", "sha3-256"]) {
    cases[`pbkdf2 ${name}`] = () => crypto.pbkdf2Sync("password", "salt", 20, 70, name).toString("hex");
    cases[`hkdf ${name}`] = () => Buffer.from(crypto.hkdfSync(name, "key", "salt", "info", 70)).toString("hex");
  }
  cases["pbkdf2 of nothing"] = () => crypto.pbkdf2Sync("", "", 1, 0, "sha1").length;
  cases["pbkdf2 without rounds"] = () => crypto.pbkdf2Sync("a", "b", 0, 16, "sha1");
  cases["pbkdf2 without a digest"] = () => crypto.pbkdf2Sync("a", "b", 1, 16);
  cases["pbkdf2 with an unknown digest"] = () => crypto.pbkdf2Sync("a", "b", 1, 16, "nope");
  cases["hkdf too long"] = () => crypto.hkdfSync("sha256", "key", "salt", "info", 8161);
  cases["scrypt"] = () => crypto.scryptSync("password", "salt", 40, { N: 1024, r: 4, p: 2 }).toString("hex");
  cases["scrypt of few bytes"] = () => crypto.scryptSync("password", "salt", 5, { cost: 16 }).toString("hex");
  cases["scrypt with wrong numbers"] = () => crypto.scryptSync("a", "b", 64, { N: 15 });

  for (const bits of [128, 192, 256]) {
    for (const mode of ["cbc", "ctr", "ecb", "gcm"]) {
      const name = `aes-${bits}-${mode}`;
      const start = mode === "gcm" ? iv.subarray(0, 12) : mode === "ecb" ? null : iv;
      const secret = key.subarray(0, bits / 8);
      cases[`cipher ${name}`] = () => {
        const cipher = crypto.createCipheriv(name, secret, start);
        if (mode === "gcm") cipher.setAAD(Buffer.from("aad that is longer than a block"));
        const sealed = Buffer.concat([cipher.update(text.slice(0, 7)), cipher.update(text.slice(7)), cipher.final()]);
        const tag = mode === "gcm" ? cipher.getAuthTag() : null;
        const back = crypto.createDecipheriv(name.toUpperCase(), secret, start);
        if (mode === "gcm") back.setAAD(Buffer.from("aad that is longer than a block")).setAuthTag(tag);
        const opened = back.update(sealed.subarray(0, 17), undefined, "utf8") + back.update(sealed.subarray(17), null, "utf8") + back.final("utf8");
        return [sealed.toString("hex"), tag === null ? null : tag.toString("hex"), opened === text];
      };
    }
  }
  cases["cipher with text"] = () => { const c = crypto.createCipheriv("aes256", key, iv); return c.update(text, "utf8", "base64") + c.update("more", "utf8", "base64") + c.final("base64"); };
  cases["cipher with a long iv"] = () => { const c = crypto.createCipheriv("aes-256-gcm", key, Buffer.alloc(60, 7)); return c.update("abc", "utf8", "hex") + c.final("hex") + c.getAuthTag().toString("hex"); };
  cases["cipher with a short tag"] = () => { const c = crypto.createCipheriv("aes-256-gcm", key, iv, { authTagLength: 12 }); c.update("abc"); c.final(); return c.getAuthTag().toString("hex"); };
  cases["cipher that does not exist"] = () => crypto.createCipheriv("rot13", key, iv);
  cases["cipher with a wrong key"] = () => crypto.createCipheriv("aes-128-cbc", key, iv);
  cases["cipher with a wrong iv"] = () => crypto.createCipheriv("aes-256-cbc", key, Buffer.alloc(3));
  cases["cipher without padding"] = () => { const c = crypto.createCipheriv("aes-256-cbc", key, iv).setAutoPadding(false); c.update("abc"); c.final(); };
  cases["decipher of a part"] = () => { const d = crypto.createDecipheriv("aes-256-cbc", key, iv); d.update(Buffer.alloc(5)); d.final(); };
  cases["decipher of nonsense"] = () => { const d = crypto.createDecipheriv("aes-256-cbc", key, iv); d.update(Buffer.alloc(32)); d.final(); };
  cases["decipher with a wrong tag"] = () => { const d = crypto.createDecipheriv("aes-256-gcm", key, iv); d.setAuthTag(Buffer.alloc(16)); d.update("abc"); d.final(); };
  cases["decipher without a tag"] = () => { const d = crypto.createDecipheriv("aes-256-gcm", key, iv); d.update("abc"); d.final(); };
  cases["decipher with a tag of no length"] = () => crypto.createDecipheriv("aes-256-gcm", key, iv).setAuthTag(Buffer.alloc(3));
  cases["tag too early"] = () => crypto.createCipheriv("aes-256-gcm", key, iv).getAuthTag();

  for (const name of ["md5", "sha1", "RSA-SHA256", "sha384", "sha512", "sha3-256"]) {
    cases[`sign rsa ${name}`] = () => crypto.createSign(name).update(text).sign(rsa, "hex");
    cases[`verify rsa ${name}`] = () => {
      const signature = crypto.sign(name, Buffer.from(text), rsa);
      return [crypto.createVerify(name).update(text).verify(given.rsa.public, signature), crypto.verify(name, Buffer.from("x"), given.rsa.public, signature)];
    };
  }
  for (const [name, { scheme, digest, signature, pair }] of Object.entries(given.signatures)) {
    cases[`verify ${name}`] = () => {
      const sealed = Buffer.from(signature, "base64");
      const right = crypto.verify(digest, Buffer.from(text), { key: given[pair].public, ...scheme }, sealed);
      sealed[sealed.length >> 1] ^= 1;
      return [right, crypto.verify(digest, Buffer.from(text), { key: given[pair].public, ...scheme }, sealed)];
    };
    cases[`sign and verify ${name}`] = () => {
      const sealed = crypto.sign(digest, Buffer.from(text), { key: given[pair].private, ...scheme });
      return [sealed.length > 50, crypto.verify(digest, Buffer.from(text), { key: given[pair].public, ...scheme }, sealed)];
    };
  }
  cases["sign ed25519"] = () => crypto.sign(null, Buffer.from(text), given.ed25519.private).toString("hex");
  cases["sign without a key"] = () => crypto.sign("sha256", Buffer.from(text));
  cases["sign with nonsense"] = () => crypto.sign("sha256", Buffer.from(text), "nonsense");
  cases["sign with a public key"] = () => crypto.sign("sha256", Buffer.from(text), given.rsa.public);
  cases["sign with an unknown digest"] = () => crypto.createSign("nope");
  cases["pss with too much salt"] = () => crypto.sign("sha256", Buffer.from(text), { key: rsa, padding: 6, saltLength: 300 });

  cases["oaep"] = () => ["sha1", "sha256"].map((oaepHash) => crypto.privateDecrypt({ key: rsa, oaepHash, oaepLabel: Buffer.from("l") }, crypto.publicEncrypt({ key: given.rsa.public, oaepHash, oaepLabel: Buffer.from("l") }, Buffer.from(text))).toString());
  cases["oaep of Node"] = () => crypto.privateDecrypt(rsa, Buffer.from(given.sealed, "base64")).toString();
  cases["oaep of nonsense"] = () => crypto.privateDecrypt(rsa, Buffer.alloc(256, 1));
  cases["oaep too long"] = () => crypto.publicEncrypt(given.rsa.public, Buffer.alloc(300));
  cases["privateEncrypt"] = () => crypto.privateEncrypt(rsa, Buffer.from(text)).toString("hex");
  cases["publicDecrypt"] = () => crypto.publicDecrypt(given.rsa.public, crypto.privateEncrypt(rsa, Buffer.from(text))).toString();
  cases["publicDecrypt of nonsense"] = () => crypto.publicDecrypt(given.rsa.public, Buffer.alloc(256, 1));

  for (const pair of ["rsa", "p256", "p384", "p521", "k256", "ed25519", "x25519"]) {
    const own = () => crypto.createPrivateKey(given[pair].private);
    const shown = (k) => [k.type, k.asymmetricKeyType, k.asymmetricKeyDetails.namedCurve ?? null, k.asymmetricKeyDetails.modulusLength ?? null, String(k.asymmetricKeyDetails.publicExponent)];
    cases[`key ${pair}`] = () => [...shown(own()), ...shown(crypto.createPublicKey(given[pair].private)), crypto.createPublicKey(own()).equals(crypto.createPublicKey(given[pair].public))];
    cases[`key ${pair} written`] = () => {
      const all = [own().export({ type: "pkcs8", format: "pem" }), crypto.createPublicKey(own()).export({ type: "spki", format: "der" }).toString("hex"), own().export({ type: "pkcs8", format: "der" }).toString("base64")];
      if (pair === "rsa") all.push(own().export({ type: "pkcs1", format: "pem" }), crypto.createPublicKey(own()).export({ type: "pkcs1", format: "pem" }));
      if (/^[pk]\d/.test(pair)) all.push(own().export({ type: "sec1", format: "pem" }));
      return all;
    };
    cases[`key ${pair} as jwk`] = () => {
      const all = [own(), crypto.createPublicKey(own())].map((k) => k.export({ format: "jwk" }));
      const back = [crypto.createPrivateKey({ key: all[0], format: "jwk" }).equals(own()), crypto.createPublicKey({ key: all[1], format: "jwk" }).equals(crypto.createPublicKey(own()))];
      return [...all.map((jwk) => Object.entries(jwk).sort()), ...back];
    };
    cases[`key ${pair} read again`] = () => {
      const k = own();
      const all = [crypto.createPrivateKey({ key: k.export({ type: "pkcs8", format: "der" }), format: "der", type: "pkcs8" }).equals(k)];
      if (pair === "rsa") all.push(crypto.createPrivateKey(k.export({ type: "pkcs1", format: "pem" })).equals(k), crypto.createPublicKey({ key: crypto.createPublicKey(k).export({ type: "pkcs1", format: "der" }), format: "der", type: "pkcs1" }).equals(crypto.createPublicKey(k)));
      if (/^[pk]\d/.test(pair)) all.push(crypto.createPrivateKey(k.export({ type: "sec1", format: "pem" })).equals(k));
      return all;
    };
  }
  cases["key encrypted by Node"] = () => crypto.createPrivateKey({ key: given.encrypted, passphrase: "pass" }).equals(crypto.createPrivateKey(given.p256.private));
  cases["key encrypted and read"] = () => { const pem = crypto.createPrivateKey(rsa).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" }); return [pem.slice(0, 37), crypto.createPrivateKey({ key: pem, passphrase: "pass" }).equals(crypto.createPrivateKey(rsa))]; };
  cases["key with a wrong passphrase"] = () => crypto.createPrivateKey({ key: given.encrypted, passphrase: "wrong" });
  cases["key without its passphrase"] = () => crypto.createPrivateKey(given.encrypted);
  cases["key of a certificate"] = () => crypto.createPublicKey(given.certificate).export({ type: "spki", format: "pem" });
  cases["key in one line"] = () => crypto.createPublicKey(given.rsa.public.replace(/\n/g, "").replace("KEY-----", "KEY-----\n").replace("-----END", "\n-----END")).asymmetricKeyType;
  cases["key that is none"] = () => crypto.createPrivateKey("nonsense");
  cases["key that is a number"] = () => crypto.createPrivateKey(5);
  cases["public key where a private one is needed"] = () => crypto.createPrivateKey(given.rsa.public);
  cases["jwk of no point"] = () => crypto.createPublicKey({ key: { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" }, format: "jwk" });
  cases["jwk of no kind"] = () => crypto.createPublicKey({ key: { kty: "EC", crv: "P-1", x: "AAAA", y: "AAAA" }, format: "jwk" });
  cases["secret key"] = () => { const k = crypto.createSecretKey(Buffer.from("secret")); return [k.type, k.symmetricKeySize, k.export().toString(), k.export({ format: "jwk" }), k.equals(crypto.createSecretKey("secret", "utf8"))]; };
  cases["secret key for a signature"] = () => crypto.createSign("sha256").update("a").sign(crypto.createSecretKey("a", "utf8"));

  cases["generated"] = () => [["ec", { namedCurve: "P-256" }], ["ec", { namedCurve: "secp521r1" }], ["ed25519"], ["x25519"]].map(([type, options]) => { const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options); return [publicKey.asymmetricKeyType, privateKey.type, publicKey.asymmetricKeyDetails.namedCurve ?? null]; });
  cases["generated text"] = () => crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1", publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "sec1", format: "pem" } }).privateKey.slice(0, 30);
  cases["generated secrets"] = () => [crypto.generateKeySync("hmac", { length: 64 }).symmetricKeySize, crypto.generateKeySync("aes", { length: 256 }).symmetricKeySize];
  cases["generated on no curve"] = () => crypto.generateKeyPairSync("ec", { namedCurve: "nope" });
  for (const [pair, other] of [["p256", "otherP256"], ["x25519", "otherX25519"]]) {
    cases[`agreed ${pair}`] = () => crypto.diffieHellman({ privateKey: crypto.createPrivateKey(given[pair].private), publicKey: crypto.createPublicKey(given[other].public) }).toString("hex");
  }
  for (const curve of ["prime256v1", "secp384r1", "secp521r1", "secp256k1"]) {
    cases[`ecdh ${curve}`] = () => {
      const [a, b] = [crypto.createECDH(curve), crypto.createECDH(curve)];
      a.setPrivateKey("0102030405060708", "hex");
      b.setPrivateKey("1112131415161718", "hex");
      return [a.getPublicKey("hex"), b.getPublicKey("hex", "compressed"), a.computeSecret(b.getPublicKey(), null, "hex"), b.computeSecret(a.getPublicKey("hex", "compressed"), "hex", "hex")];
    };
  }
  cases["ecdh with no point"] = () => { const a = crypto.createECDH("prime256v1"); a.generateKeys(); a.computeSecret(Buffer.alloc(65, 4)); };
  cases["ciphers named"] = () => ["aes-128-cbc", "AES-256-GCM", "aes192", "nope"].map((name) => crypto.getCipherInfo(name) ?? null);
  return cases;
};

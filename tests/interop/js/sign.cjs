/*
 * Signatures of PKI.js: a task a line. Task, fields parted by tabs: a name, a kind of key, and attached or detached.
 * It signs the file document by KIND.key and KIND.crt with above.pem, in the folder of the first argument, and writes
 * NAME.theirs there.
 */
"use strict";
const { createHash, webcrypto } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const asn1js = require("asn1js");
const pkijs = require("pkijs");

const folder = process.argv[2];
const octets = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
const blocks = (name) =>
  readFileSync(join(folder, name), "utf8")
    .match(/-----BEGIN [^-]+-----[^-]+-----END/g)
    .map((text) => Buffer.from(text.replace(/-----[^-]*-----|-----END/g, ""), "base64"));

const CURVES = { "p-256": ["P-256", "SHA-256"], "p-384": ["P-384", "SHA-384"], "p-521": ["P-521", "SHA-512"] };

async function key(kind) {
  const [curve, hash] = CURVES[kind] ?? [undefined, "SHA-256"];
  const algorithm = curve ? { name: "ECDSA", namedCurve: curve } : { name: "RSASSA-PKCS1-v1_5", hash };
  const found = await webcrypto.subtle.importKey("pkcs8", blocks(`${kind}.key`)[0], algorithm, true, ["sign"]);
  return [found, hash];
}

async function sign(name, kind, form) {
  const [privateKey, hash] = await key(kind);
  const document = readFileSync(join(folder, "document"));
  const [own] = blocks(`${kind}.crt`).map((der) => pkijs.Certificate.fromBER(octets(der)));
  const above = blocks("above.pem").map((der) => pkijs.Certificate.fromBER(octets(der)));
  const attribute = (type, value) => new pkijs.Attribute({ type, values: [value] });
  const digest = createHash(hash.replace("-", "")).update(document).digest();
  const signer = new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
    signedAttrs: new pkijs.SignedAndUnsignedAttributes({
      type: 0,
      attributes: [
        attribute("1.2.840.113549.1.9.3", new asn1js.ObjectIdentifier({ value: "1.2.840.113549.1.7.1" })),
        attribute("1.2.840.113549.1.9.4", new asn1js.OctetString({ valueHex: octets(digest) })),
      ],
    }),
  });
  const content = new pkijs.EncapsulatedContentInfo({ eContentType: "1.2.840.113549.1.7.1" });
  if (form === "attached") content.eContent = new asn1js.OctetString({ valueHex: octets(document) });
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: content,
    signerInfos: [signer],
    certificates: [own, ...above],
  });
  await signed.sign(privateKey, 0, hash, octets(document));
  const info = new pkijs.ContentInfo({ contentType: "1.2.840.113549.1.7.2", content: signed.toSchema(true) });
  writeFileSync(join(folder, `${name}.theirs`), Buffer.from(info.toSchema().toBER()));
}

async function main() {
  pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) await sign(...line.split("\t"));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});

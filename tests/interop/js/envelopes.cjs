/*
 * Envelopes opened and made by PKI.js: a task a line, an answer a line; files in the folder of the first argument,
 * with the keys KIND.key and KIND.crt, password and shared-key as octets, and the content document.
 *
 * Tasks, fields parted by tabs: "open", a name, the envelope's file, who opens; "seal", a name, for whom, a cipher,
 * options. Answer: the name, and "good" (opened to the content, or written as NAME.theirs) or why not.
 */
"use strict";
const { webcrypto } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const pkijs = require("pkijs");

const folder = process.argv[2];
const octets = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
const read = (name) => octets(readFileSync(join(folder, name)));
const pem = (name) =>
  octets(Buffer.from(readFileSync(join(folder, name), "utf8").replace(/-----[^-]*-----/g, ""), "base64"));

function decryption(opener) {
  if (opener === "password" || opener === "shared-key") return { preDefinedData: read(opener) };
  return {
    recipientCertificate: pkijs.Certificate.fromBER(pem(`${opener}.crt`)),
    recipientPrivateKey: pem(`${opener}.key`),
  };
}

async function open(file, opener) {
  const info = pkijs.ContentInfo.fromBER(read(file));
  const envelope = new pkijs.EnvelopedData({ schema: info.content });
  const problems = [];
  for (let number = 0; number < envelope.recipientInfos.length; number++) {
    const found = await envelope.decrypt(number, decryption(opener)).catch((error) => {
      problems.push(`${error && error.message ? error.message : error}`);
    });
    if (found) return Buffer.from(found).equals(readFileSync(join(folder, "document"))) ? "good" : "another content";
  }
  return problems.join("; ");
}

async function seal(name, whom, cipher, options) {
  const [, bits, mode] = cipher.split("-");
  const envelope = new pkijs.EnvelopedData({ version: 2 });
  if (whom === "password" || whom === "shared-key") {
    const shared = whom === "shared-key" ? 1 : 2;
    const parameters = { keyIdentifier: octets(Buffer.from("desk 7")), kekEncryptionLength: 256 };
    envelope.addRecipientByPreDefinedData(read(whom), parameters, shared);
  } else {
    const certificate = pkijs.Certificate.fromBER(pem(`${whom}.crt`));
    const parameters = { oaepHashAlgorithm: options || "SHA-256", kdfAlgorithm: "SHA-256", kekEncryptionLength: 256 };
    envelope.addRecipientByCertificate(certificate, parameters);
  }
  await envelope.encrypt({ name: `AES-${mode.toUpperCase()}`, length: Number(bits) }, read("document"));
  const info = new pkijs.ContentInfo({ contentType: "1.2.840.113549.1.7.3", content: envelope.toSchema() });
  writeFileSync(join(folder, `${name}.theirs`), Buffer.from(info.toSchema().toBER()));
  return "good";
}

async function main() {
  pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const [act, name, ...rest] = line.split("\t");
    const work = act === "open" ? open(...rest) : seal(name, ...rest);
    const said = await work.catch((error) => `${error && error.message ? error.message : error}`);
    process.stdout.write(`${name}\t${said.replace(/[\t\n]/g, " ")}\n`);
  }
}

main();

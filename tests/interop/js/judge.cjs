/*
 * PKI.js on signatures: a question a line, an answer a line. Question, fields parted by tabs: an act, a name, the
 * signature's file, the covered file ("-" when it stands inside), all in the folder of the first argument, which
 * holds the anchor, root.pem. Answer: the name, and "good" or the reason.
 */
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { webcrypto } = require("node:crypto");
const pkijs = require("pkijs");

const folder = process.argv[2];
const octets = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
const read = (name) => octets(readFileSync(join(folder, name)));

function anchor() {
  const text = readFileSync(join(folder, "root.pem"), "utf8").replace(/-----[^-]*-----/g, "");
  return pkijs.Certificate.fromBER(octets(Buffer.from(text, "base64")));
}

async function judge(root, signature, covered) {
  const info = pkijs.ContentInfo.fromBER(read(signature));
  const signed = new pkijs.SignedData({ schema: info.content });
  const data = covered === "-" ? undefined : read(covered);
  if (signed.signerInfos.length === 0) return "no signer";
  for (let signer = 0; signer < signed.signerInfos.length; signer++) {
    const said = await signed.verify({ signer, data, trustedCerts: [root], checkChain: true, extendedMode: true });
    if (!said.signatureVerified || !said.signerCertificateVerified) return `signer ${signer}: ${said.message}`;
  }
  return "good";
}

async function main() {
  pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));
  const root = anchor();
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const [, name, signature, covered] = line.split("\t");
    const said = await judge(root, signature, covered).catch((error) => `${error.message}`);
    process.stdout.write(`${name}\t${said.replace(/[\t\n]/g, " ")}\n`);
  }
}

main();

"""Encrypt to two people; each opens it with their own key, nobody else does."""

from esign import Certificate, EsignError, decrypt, encrypt
from esign.testing import TestPKI

pki = TestPKI()
anvar = pki.decryptor("anvar@test.example")
nodira = pki.decryptor("nodira@test.example")
stranger = pki.decryptor("stranger@test.example")

certificates = [Certificate.load(key.certificate or b"") for key in (anvar, nodira)]
envelope = encrypt("Maxfiy xat, махфий хат".encode(), certificates)

for key in (anvar, nodira):
    print(decrypt(envelope, [key]).content.decode())
try:
    decrypt(envelope, [stranger])
except EsignError as refused:
    print(f"refused: {refused.code}")

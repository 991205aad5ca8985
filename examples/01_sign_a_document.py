"""Sign a document and verify it. Needs no certificate of one's own: a test authority is made in memory."""

from esign import sign, verify
from esign.testing import TestPKI

pki = TestPKI()
document = "Hujjat: Ўзбекистон, 2026-yil".encode()

signature = sign(document, pki.signer("Aliyev Anvar"))
report = verify(signature, trust=pki.trust, material=pki.crls)

print(report.explain("en"))
report.require_passed()

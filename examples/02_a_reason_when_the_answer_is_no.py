"""What a verdict that is not VALID says: changed content, an unknown root, a missing revocation list."""

from esign import Trust, sign, verify
from esign.testing import TestPKI

pki = TestPKI()
document = b"one hundred"
signature = sign(document, pki.signer("Karimova Nodira"), detached=True)

cases = {
    "changed": verify(signature, document=b"one thousand", trust=pki.trust, material=pki.crls),
    "unknown root": verify(signature, document=document, trust=Trust.empty(), material=pki.crls),
    "no revocation list": verify(signature, document=document, trust=pki.trust),
}
for name, report in cases.items():
    first = report.signatures[0].findings[0]
    sub = report.sub_indication.value if report.sub_indication else ""
    print(f"{name}: {report.indication.value} {sub}: {first.code}")

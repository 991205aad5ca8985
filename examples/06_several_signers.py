"""Two people sign one document, a third confirms both; the document is taken out and put back."""

from esign import Claims, preserve, sign, verify
from esign.testing import TestPKI

pki = TestPKI()
document = b"Qaror loyihasi"
claims = Claims.of(commitments=["approval"], roles=["Vazir o'rinbosari"], country="UZ", locality="Toshkent")

# Beside each other: one adds a signature to the other's, or both are joined later.
first = sign(document, pki.signer("Aliyev Anvar"))
second = sign(document, pki.signer("Karimova Nodira"), detached=True, attributes=claims)
both = preserve.join([first, second])

# Above each other: the registrar signs the two signatures, not the document.
confirmed = preserve.countersign(both, pki.signer("Registrator"))

report = verify(confirmed, trust=pki.trust, material=pki.crls)
for one in sorted(report.signatures, key=lambda each: each.signer.name if each.signer else ""):
    (counter,) = one.countersignatures
    if one.signer and counter.signer:
        by = f"{counter.signer.name} ({counter.crypto})"
        print(f"{one.signer.name}: {one.indication.value}, confirmed by {by}")

detached, content = preserve.detach(confirmed)
print(f"attached again: {preserve.attach(detached, content) == confirmed}")

"""Several documents in one ASiC-E container, signed together and made to last; one of them is changed."""

import io
import zipfile

from esign import asic, augment, sign, verify
from esign.testing import TestPKI

pki = TestPKI()
signer, tsa = pki.signer("Aliyev Anvar"), pki.time_stamper()
documents = {"decree.txt": b"a decree", "tables/one.csv": b"1;2;3"}

container = asic.make(documents, lambda octets: sign(octets, signer, detached=True), at=pki.at)
container = augment(container, "B-LTA", tsa=tsa, trust=pki.trust, material=pki.crls)
report = verify(container, trust=pki.trust)
names = ", ".join(asic.Container.open(container).data_objects)
print(f"decree.asice: {report.indication.value} {report.signatures[0].level} over {names}")

changed = io.BytesIO()
with zipfile.ZipFile(io.BytesIO(container)) as old, zipfile.ZipFile(changed, "w") as new:
    for entry in old.infolist():
        content = old.read(entry)
        new.writestr(entry, content.replace(b"1;2;3", b"1;2;4"))
report = verify(changed.getvalue(), trust=pki.trust)
print(f"changed: {report.indication.value} {report.sub_indication.value if report.sub_indication else ''}")

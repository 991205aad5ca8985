"""An authority in a folder: an officer's own key is certified, revoked, and the verdict follows."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from esign import CertificateAuthority, Signer, sign, verify
from esign.ca.request import Subject, read
from esign.io.keystore import new_request

at = datetime.now(UTC)
with tempfile.TemporaryDirectory() as place:
    ca = CertificateAuthority.create(
        Path(place) / "ca", organization="Namuna vazirligi", passphrase="ca secret", at=at, key="p-256"
    )
    # The key is born with the officer; the authority sees the request only.
    key, request = new_request(
        {"surname": "Aliyev", "given_name": "Anvar"}, emails=["a@namuna.uz"], passphrase="my own"
    )
    subject = Subject.of({"organization": "Namuna vazirligi"}, emails=["a@namuna.uz"])
    certificate = ca.issue("officer-sign", subject, at=at, request=read(request))

    signer = Signer.from_pem(key, certificate.raw, chain=[c.raw for c in ca.chain], passphrase="my own")
    signature = sign(b"an order", signer)
    print(verify(signature, trust=ca.trust, material=[c.raw for c in ca.crls]).indication.value)

    ca.revoke(certificate.serial_number, at=at, reason="keyCompromise")
    ca.publish_crls(at=at)
    report = verify(signature, trust=ca.trust, material=[c.raw for c in ca.crls])
    print(report.indication.value, report.sub_indication.value if report.sub_indication else "")
    ca.close()

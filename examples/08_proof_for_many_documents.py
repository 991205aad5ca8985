"""A thousand documents, one request for a time stamp, and a proof for each of them (RFC 4998)."""

from esign import preserve
from esign.testing import TestPKI

pki = TestPKI()
answer, requests = pki.time_stamper(), 0


def authority(request: bytes) -> bytes:
    """The authority, counted; `esign.io.timestamping.HTTPTimeStamper(url)` asks one over HTTP."""
    global requests
    requests += 1
    return answer(request)


documents = [f"document {number}".encode() for number in range(1000)]
records = preserve.stamp_together(documents, authority)
print(f"requests: {requests}, records: {len(records)}")

# A record is given out with its document; the others are not needed, and not shown.
report = preserve.verify_evidence(records[7], documents=[documents[7]], trust=pki.trust, material=pki.crls)
print(f"document 7: {report.indication.value}, existed at {report.timestamps[0].at} at the latest")
report = preserve.verify_evidence(records[7], documents=[documents[8]], trust=pki.trust, material=pki.crls)
print(f"another document: {report.indication.value}")

# Before the authority's certificate runs out, its time stamp is covered by another one.
renewed = preserve.renew_evidence(records[7], tsa=authority, trust=pki.trust, material=pki.crls)
report = preserve.verify_evidence(renewed, documents=[documents[7]], trust=pki.trust, material=pki.crls)
print(f"time stamps after the renewal: {len(report.timestamps)}")

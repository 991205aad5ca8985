"""A signature at level B-LTA is judged long after the certificates of signer and authority expired."""

from datetime import UTC, datetime, timedelta

from esign import augment, sign, verify
from esign.testing import TestPKI

YEAR = timedelta(days=365)
today = datetime(2026, 11, 23, 9, tzinfo=UTC)
pki = TestPKI(today)
clerk, tsa = pki.signer("Aliyev Anvar"), pki.time_stamper(today)


def tell(when: str, what: str, signature: bytes, at: datetime, material: tuple[bytes, ...]) -> None:
    """What the verdict is at a time."""
    found = verify(signature, trust=pki.trust, at=at, material=material).signatures[0]
    sub = found.sub_indication.value if found.sub_indication else found.level
    print(f"{when}, {what}: {found.indication.value} {sub}")


plain = sign(b"a decree", clerk, at=today)
lists = pki.crls_at(today)
tell("today", "signed", plain, today, lists)

# A time stamp, then what proves the certificates, then a time stamp over all of it.
lasting = augment(plain, "B-LTA", tsa=tsa, at=today, trust=pki.trust, material=lists)

# In four years the time-stamp authority's own certificate is about to end: all is stamped again.
moment = today + 4 * YEAR
lists = pki.crls_at(moment)
tell("in four years", "signed", plain, moment, lists)
tell("in four years", "made to last", lasting, moment, lists)
newer = pki.time_stamper(moment)
renewed = augment(lasting, "B-LTA", tsa=newer, at=moment, trust=pki.trust, material=lists)

moment = today + 8 * YEAR
lists = pki.crls_at(moment)
tell("in eight years", "made to last", lasting, moment, lists)
tell("in eight years", "renewed in time", renewed, moment, lists)

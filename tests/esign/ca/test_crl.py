"""Revocation lists: octets compared with those of the builder of `cryptography`, numbers and times."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from esign.algorithms import ECDSA_SHA256
from esign.ca.crl import Revocation, entry, write
from esign.ca.template import Issuer, assemble
from esign.x509 import CertificateList
from tests.esign.ca.world import AT, key, make_issuer

NEXT = AT + timedelta(days=7)


def issuer() -> Issuer:
    own = make_issuer().certificate
    return Issuer(own.subject.raw, own.subject_key_identifier or b"", ECDSA_SHA256)


def listed(*revocations: Revocation, number: int = 3, next_update: datetime = NEXT) -> CertificateList:
    entries = b"".join(map(entry, revocations))
    tbs = write(issuer(), entries, number=number, this_update=AT, next_update=next_update)
    return CertificateList.load(assemble(tbs, ECDSA_SHA256, b"\0" * 64))


ALL = (
    Revocation(1 << 158, AT - timedelta(days=1), "keyCompromise", AT - timedelta(days=2)),
    Revocation(7, AT, "superseded"),
    Revocation(8, AT),
    Revocation(9, datetime(2050, 1, 1, tzinfo=UTC), "privilegeWithdrawn"),
)


def test_the_octets_are_those_of_an_independent_builder() -> None:
    above = x509.load_der_x509_certificate(make_issuer().certificate.raw)
    entries = []
    for revocation in ALL:
        entry = (
            x509.RevokedCertificateBuilder().serial_number(revocation.serial).revocation_date(revocation.at)
        )
        if revocation.reason != "unspecified":
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(revocation.reason)), False)
        if revocation.invalid_since:
            entry = entry.add_extension(x509.InvalidityDate(revocation.invalid_since), False)
        entries.append(entry.build())
    identifier = x509.AuthorityKeyIdentifier(make_issuer().certificate.subject_key_identifier, None, None)
    built = (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .issuer_name(above.subject)
        .last_update(AT)
        .next_update(NEXT)
        .add_extension(identifier, False)
        .add_extension(x509.CRLNumber(3), False)
        .sign(key("p-256", 101), hashes.SHA256())
    )
    assert (
        listed(*ALL).tbs.partition(issuer().name)[2] == built.tbs_certlist_bytes.partition(issuer().name)[2]
    )


def test_a_list_tells_who_when_and_why() -> None:
    made = listed(*ALL)
    assert (made.version, made.number, made.this_update, made.next_update) == (2, 3, AT, NEXT)
    assert [e.serial_number for e in made.entries] == [1 << 158, 7, 8, 9]
    found = made.find(1 << 158)
    assert found is not None
    assert (found.reason, found.revoked_at) == ("keyCompromise", AT - timedelta(days=1))
    assert made.find(6) is None


def test_no_reason_is_said_by_leaving_it_out() -> None:
    """RFC 5280 §5.3.1: the reason code extension SHOULD be absent instead of using unspecified (0)."""
    found = listed(Revocation(8, AT)).find(8)
    assert found is not None and (found.reason, found.extensions) == (None, ())


def test_an_empty_list_has_no_list_of_entries() -> None:
    """RFC 5280 §5.1.2.6: when there are no revoked certificates, the list MUST be absent."""
    made = listed()
    assert made.revoked is None and list(made.entries) == []


@pytest.mark.parametrize("count", [1, 1000])
def test_every_serial_is_found(count: int) -> None:
    made = listed(*(Revocation(n + 1, AT) for n in range(count)))
    assert all(made.find(n + 1) for n in range(count)) and made.find(count + 1) is None

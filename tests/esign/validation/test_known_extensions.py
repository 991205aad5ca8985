"""An extension that is understood may be critical; each one that is named as understood is tried."""

from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import der, extensions
from esign.crl import CertificateList
from esign.findings import Severity
from esign.ocsp import ARCHIVE_CUTOFF, CRL_REFERENCE, NONCE, OCSP_SIGNING
from esign.validation.conformance import PROCESSED, objections
from esign.validation.path import validate_path
from esign.validation.report import RevocationState
from esign.x509 import Certificate
from tests.esign.test_crl import INVALIDITY, extension, line, reason
from tests.esign.validation import world
from tests.esign.validation.test_ocsp import answer, codes, judge, with_extensions
from tests.esign.validation.test_revocation import handmade
from tests.esign.validation.world import AT, DAY, Node

GOOD, UNDETERMINED = RevocationState.GOOD, RevocationState.UNDETERMINED
URI = foreign.UniformResourceIdentifier("http://ca.agency.uz/x")
PUBLIC = world.key("Known").public_key()
POINT = foreign.DistributionPoint([URI], None, None, None)
ACCESS = foreign.AuthorityInformationAccess(
    [foreign.AccessDescription(foreign.ObjectIdentifier("1.3.6.1.5.5.7.48.2"), URI)]
)
POLICY = foreign.PolicyInformation(foreign.ObjectIdentifier("1.2.3"), None)
AUTHORITY_KEY = foreign.AuthorityKeyIdentifier.from_issuer_public_key(
    world.intermediate().private.public_key()
)


# --- of a certificate ---


def _with_critical(oid: str) -> Certificate:
    value = foreign.UnrecognizedExtension(foreign.ObjectIdentifier(oid), _VALUES[oid])
    return world.root().issue("x", usages=None, key_identifiers=False, extensions=[(value, True)]).certificate


def _encoded(value: Any) -> bytes:
    found: bytes = value.public_bytes()
    return found


_VALUES = {
    extensions.BASIC_CONSTRAINTS: der.sequence(),
    extensions.KEY_USAGE: _encoded(world.usage("digitalSignature")),
    extensions.EXTENDED_KEY_USAGE: der.sequence(der.oid(OCSP_SIGNING)),
    extensions.SUBJECT_ALT_NAME: _encoded(foreign.SubjectAlternativeName([URI])),
    extensions.SUBJECT_KEY_IDENTIFIER: der.octet_string(b"x"),
    extensions.AUTHORITY_KEY_IDENTIFIER: _encoded(AUTHORITY_KEY),
    extensions.NAME_CONSTRAINTS: _encoded(foreign.NameConstraints([URI], None)),
    extensions.CERTIFICATE_POLICIES: _encoded(foreign.CertificatePolicies([POLICY])),
    extensions.POLICY_MAPPINGS: der.sequence(der.sequence(der.oid("1.2.3"), der.oid("1.2.4"))),
    extensions.POLICY_CONSTRAINTS: _encoded(foreign.PolicyConstraints(1, None)),
    extensions.INHIBIT_ANY_POLICY: der.integer(1),
    extensions.CRL_DISTRIBUTION_POINTS: _encoded(foreign.CRLDistributionPoints([POINT])),
    extensions.FRESHEST_CRL: _encoded(foreign.FreshestCRL([POINT])),
    extensions.AUTHORITY_INFO_ACCESS: _encoded(ACCESS),
    extensions.OCSP_NO_CHECK: der.null(),
}


@pytest.mark.parametrize("oid", sorted(_VALUES))
def test_an_extension_that_is_processed_is_not_unknown(oid: str) -> None:
    assert set(_VALUES) == PROCESSED
    found = [f.code for f in objections(_with_critical(oid), is_anchor=False)]
    assert "extension-unknown" not in found


@pytest.mark.parametrize(
    "oid",
    [
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.SUBJECT_KEY_IDENTIFIER,
        extensions.FRESHEST_CRL,
        extensions.AUTHORITY_INFO_ACCESS,
    ],
)
def test_what_must_not_be_critical_is_told(oid: str) -> None:
    found = [f for f in objections(_with_critical(oid), is_anchor=False) if f.code == "extension-critical"]
    assert [(f.severity, dict(f.values)["oid"]) for f in found] == [(Severity.ERROR, oid)]


# --- of a list ---


def listed(*revoked: bytes, oid: str = "", value: bytes = b"", critical: bool = True) -> CertificateList:
    more = [extension(oid, value, critical=critical)] if oid else []
    lines = [der.sequence(*revoked)] if revoked else []
    wrapped = [der.explicit(0, der.sequence(*more))] if more else []
    return handmade(der.time(AT - DAY), der.time(AT + DAY), *lines, *wrapped)


def judged(crl: CertificateList, target: Node | None = None) -> tuple[RevocationState, list[str]]:
    holder = target or world.root().issue("x", serial=77)
    report = validate_path(holder.certificate, trust=world.root().trust, crls=[crl], at=AT)
    warnings = [f.code for f in report.findings if f.severity is Severity.WARNING]
    return report.revocation[0].state, warnings


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (extensions.AUTHORITY_INFO_ACCESS, _encoded(ACCESS)),
        (extensions.AUTHORITY_KEY_IDENTIFIER, _encoded(AUTHORITY_KEY)),
        (extensions.CRL_NUMBER, der.integer(7)),
        (extensions.FRESHEST_CRL, _encoded(foreign.FreshestCRL([POINT]))),
        (extensions.ISSUING_DISTRIBUTION_POINT, der.sequence(der.implicit(1, der.boolean(True)))),
    ],
    ids=[
        "authorityInfoAccess",
        "authorityKeyIdentifier",
        "cRLNumber",
        "freshestCRL",
        "issuingDistributionPoint",
    ],
)
def test_a_critical_extension_that_is_understood_does_not_spoil_a_list(oid: str, value: bytes) -> None:
    assert judged(listed(oid=oid, value=value)) == (GOOD, [])


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (extensions.REASON_CODE, der.tlv(der.ENUMERATED, b"\x01")),
        (extensions.INVALIDITY_DATE, der.generalized_time(AT)),
        (extensions.HOLD_INSTRUCTION, der.oid("1.2.840.10040.2.1")),
    ],
)
def test_a_critical_extension_of_a_line_that_is_understood_does_not_spoil_it(oid: str, value: bytes) -> None:
    assert judged(listed(line(5, extension(oid, value, critical=True)))) == (GOOD, [])


def test_what_a_line_may_say_the_list_may_not() -> None:
    value = der.tlv(der.ENUMERATED, b"\x01")
    assert judged(listed(oid=extensions.REASON_CODE, value=value)) == (
        UNDETERMINED,
        ["crl-extension-unknown"],
    )
    odd = line(5, extension(extensions.CRL_NUMBER, der.integer(1), critical=True))
    assert judged(listed(odd)) == (UNDETERMINED, ["crl-extension-unknown"])


def test_each_unknown_extension_is_told_by_its_number() -> None:
    odd = line(5, extension("1.2.3.5", b"\x05\x00", critical=True), INVALIDITY, reason(1))
    found = validate_path(
        world.root().issue("x").certificate,
        trust=world.root().trust,
        crls=[listed(odd, oid="1.2.3.4", value=b"\x05\x00")],
        at=AT,
    ).findings
    told = [(f.where, dict(f.values)["oid"]) for f in found if f.code == "crl-extension-unknown"]
    assert told == [("CRL of CN=Root,C=UZ", "1.2.3.4"), ("CRL of CN=Root,C=UZ", "1.2.3.5")]


# --- of an OCSP answer and of a responder ---


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (NONCE, der.octet_string(b"nonce")),
        (CRL_REFERENCE, der.sequence()),
        (ARCHIVE_CUTOFF, der.generalized_time(AT - 9 * DAY)),
        (extensions.REASON_CODE, der.tlv(der.ENUMERATED, b"\x00")),
        (extensions.INVALIDITY_DATE, der.generalized_time(AT)),
    ],
)
def test_a_critical_extension_that_is_understood_does_not_spoil_an_answer(
    oid: str, value: bytes, single: bool
) -> None:
    critical = extension(oid, value, critical=True)
    assert codes(judge(with_extensions(critical, single=single))) == (GOOD, [])


@pytest.mark.parametrize(
    "value",
    [
        foreign.OCSPNoCheck(),
        ACCESS,
        AUTHORITY_KEY,
        foreign.BasicConstraints(ca=False, path_length=None),
        foreign.CertificatePolicies([POLICY]),
        foreign.CRLDistributionPoints([POINT]),
        foreign.ExtendedKeyUsage([foreign.ObjectIdentifier(OCSP_SIGNING)]),
        world.usage("digitalSignature"),
        foreign.SubjectAlternativeName([URI]),
        foreign.SubjectKeyIdentifier.from_public_key(PUBLIC),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_critical_extension_that_is_understood_does_not_spoil_a_responder(value: Any) -> None:
    own = [foreign.OCSPNoCheck(), foreign.ExtendedKeyUsage([foreign.ObjectIdentifier(OCSP_SIGNING)])]
    others = [(e, False) for e in own if e.oid != value.oid]
    by = world.intermediate().issue(
        "Known", usages=None, key_identifiers=False, extensions=[(value, True), *others]
    )
    assert codes(judge(answer(by=by))) == (GOOD, [])

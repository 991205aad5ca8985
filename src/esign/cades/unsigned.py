"""Unsigned attributes of CAdES: time stamps, countersignatures, validation data, evidence records, read raw.

Tokens, certificates and answers are given as octets: what they prove is asked in `esign.validation`. An
attribute may stand several times and have several values; every one is given, in received order. Anybody can
add an unsigned attribute, so none of them is believed here.

    signature_time_stamps(signer_info)
    archive_time_stamps(signer_info)[0].version
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from esign import der
from esign.algorithms import SHA1, AlgorithmIdentifier, Digest
from esign.attributes import Attribute, bounded
from esign.cades.signed import CertificateReference, directory_name
from esign.cms import SignerInfo
from esign.der import TLV, Fields
from esign.encoded import read_serial, reported_as
from esign.errors import LimitExceeded, MalformedInput

COUNTERSIGNATURE: Final = "1.2.840.113549.1.9.6"
SIGNATURE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"
CERTIFICATE_REFERENCES: Final = "1.2.840.113549.1.9.16.2.21"
REVOCATION_REFERENCES: Final = "1.2.840.113549.1.9.16.2.22"
CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
ESC_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.25"
REFERENCES_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.26"
ARCHIVE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.27"
ARCHIVE_TIME_STAMP_V2: Final = "1.2.840.113549.1.9.16.2.48"
ARCHIVE_TIME_STAMP_V3: Final = "0.4.0.1733.2.4"
INTERNAL_EVIDENCE_RECORD: Final = "1.2.840.113549.1.9.16.2.49"
EXTERNAL_EVIDENCE_RECORD: Final = "1.2.840.113549.1.9.16.2.50"
POLICY_STORE: Final = "0.4.0.19122.1.3"

ARCHIVE_VERSIONS: Final = {ARCHIVE_TIME_STAMP: 1, ARCHIVE_TIME_STAMP_V2: 2, ARCHIVE_TIME_STAMP_V3: 3}
TIME_STAMPS: Final = frozenset(
    (SIGNATURE_TIME_STAMP, ESC_TIME_STAMP, REFERENCES_TIME_STAMP, *ARCHIVE_VERSIONS)
)

MAX_VALUES: Final = 1_000
MAX_COUNTERSIGNATURES: Final = 64
_BASIC_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"


@dataclass(frozen=True, slots=True)
class ArchiveTimeStampAttribute:
    """One archive time stamp: `token` is its ContentInfo as received, `position` that of its attribute.

    `version` 1 and 2 are those of TS 101 733 (RFC 5126 §6.4.1), 3 that of EN 319 122-1 cl. 5.5.3.
    """

    version: int
    token: bytes = field(repr=False)
    position: int


@dataclass(frozen=True, slots=True)
class RevocationReference:
    """The digest of a revocation list (`crl`) or of a BasicOCSPResponse (`ocsp`) that was used once.

    `value` is None where the reference names an answer without its digest.
    """

    kind: str
    digest_algorithm: AlgorithmIdentifier | None
    value: bytes | None


def unsigned_values(info: SignerInfo, *oids: str) -> tuple[bytes, ...]:
    """Every value of every unsigned attribute that is one of `oids`, as received, in order."""
    return tuple(value for item in info.unsigned.items if item.oid in oids for value in item.values)


def signature_time_stamps(info: SignerInfo) -> tuple[bytes, ...]:
    """The tokens over the signature value (EN 319 122-1 cl. 5.3)."""
    return unsigned_values(info, SIGNATURE_TIME_STAMP)


def esc_time_stamps(info: SignerInfo) -> tuple[bytes, ...]:
    """The tokens over signature, signature time stamps and references (RFC 5126 §6.3.5)."""
    return unsigned_values(info, ESC_TIME_STAMP)


def reference_time_stamps(info: SignerInfo) -> tuple[bytes, ...]:
    """The tokens over the references alone (RFC 5126 §6.3.6)."""
    return unsigned_values(info, REFERENCES_TIME_STAMP)


def archive_time_stamps(info: SignerInfo) -> tuple[ArchiveTimeStampAttribute, ...]:
    """The archive time stamps of each version, in received order."""
    return tuple(
        ArchiveTimeStampAttribute(ARCHIVE_VERSIONS[item.oid], token, position)
        for position, item in enumerate(info.unsigned.items)
        if item.oid in ARCHIVE_VERSIONS
        for token in item.values
    )


def evidence_records(info: SignerInfo) -> tuple[tuple[bool, bytes], ...]:
    """The evidence records as received (RFC 5126 §6.5); True for one over the detached content besides."""
    pairs = ((EXTERNAL_EVIDENCE_RECORD, True), (INTERNAL_EVIDENCE_RECORD, False))
    return tuple((external, raw) for oid, external in pairs for raw in unsigned_values(info, oid))


def countersignatures(info: SignerInfo) -> tuple[SignerInfo, ...]:
    """The signatures over the signature value of `info` (RFC 5652 §11.4); each may be countersigned again.

    Raises:
        MalformedInput: `malformed-input`, `cms-malformed`.
        LimitExceeded: `limit-exceeded` over 64.
    """
    values = unsigned_values(info, COUNTERSIGNATURE)
    if len(values) > MAX_COUNTERSIGNATURES:
        raise LimitExceeded(limit=MAX_COUNTERSIGNATURES, found=f"{len(values)}", where="countersignature")
    return tuple(SignerInfo.read(der.decode(value), "countersignature") for value in values)


def certificate_values(info: SignerInfo) -> tuple[bytes, ...]:
    """The certificates of the attribute certificate-values, each as received (RFC 5126 §6.3.3).

    Raises:
        MalformedInput: `cades-malformed`.
    """
    with reported_as("cades-malformed"):
        values = (der.decode(value) for value in unsigned_values(info, CERTIFICATE_VALUES))
        return tuple(e.raw for value in values for e in _bounded(_sequence(value, "certificate-values")))


def revocation_values(info: SignerInfo) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Lists, and OCSP answers, of the attribute revocation-values (RFC 5126 §6.3.4).

    The answers stand there as BasicOCSPResponse; here each is wrapped as a successful OCSPResponse.

    Raises:
        MalformedInput: `cades-malformed`.
    """
    crls: list[bytes] = []
    answers: list[bytes] = []
    with reported_as("cades-malformed"):
        for value in unsigned_values(info, REVOCATION_VALUES):
            fields = Fields.of(der.decode(value), "revocation-values")
            lists, responses = fields.optional(der.context(0)), fields.optional(der.context(1))
            fields.optional(der.context(2))
            fields.end()
            crls += () if lists is None else (e.raw for e in _bounded(lists.only()))
            answers += (
                () if responses is None else (wrap_basic_response(e.raw) for e in _bounded(responses.only()))
            )
    return tuple(crls), tuple(answers)


def wrap_basic_response(basic: bytes) -> bytes:
    """A BasicOCSPResponse as a successful OCSPResponse (RFC 6960 §4.2.1)."""
    body = der.sequence(der.oid(_BASIC_RESPONSE), der.octet_string(basic))
    return der.sequence(der.tlv(der.ENUMERATED, b"\0"), der.explicit(0, body))


def certificate_references(info: SignerInfo) -> tuple[CertificateReference, ...]:
    """The attribute complete-certificate-references (RFC 5126 §6.2.1): the path without the signer's own.

    Raises:
        MalformedInput: `cades-malformed`.
    """
    with reported_as("cades-malformed"):
        values = (der.decode(value) for value in unsigned_values(info, CERTIFICATE_REFERENCES))
        elements = (e for value in values for e in _bounded(_sequence(value, "certificate-references")))
        return tuple(map(_certificate_reference, elements))


def revocation_references(info: SignerInfo) -> tuple[RevocationReference, ...]:
    """The attribute complete-revocation-references (RFC 5126 §6.2.2).

    Raises:
        MalformedInput: `cades-malformed`.
    """
    found: list[RevocationReference] = []
    with reported_as("cades-malformed"):
        for value in unsigned_values(info, REVOCATION_REFERENCES):
            for element in _bounded(_sequence(der.decode(value), "revocation-references")):
                fields = Fields.of(element, "revocation-references")
                for kind, tagged in (
                    ("crl", fields.optional(der.context(0))),
                    ("ocsp", fields.optional(der.context(1))),
                ):
                    found += () if tagged is None else _references(kind, tagged)
                fields.optional(der.context(2))
                fields.end()
    return tuple(found)


def _sequence(element: TLV, where: str) -> TLV:
    if element.tag != der.SEQUENCE:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a sequence", where=where)
    return element


def _bounded(element: TLV) -> tuple[TLV, ...]:
    return bounded(element, MAX_VALUES, "unsignedAttrs")


def _other_hash(element: TLV, where: str) -> tuple[AlgorithmIdentifier, bytes]:
    """OtherHash (RFC 5126 §6.2.1): octets alone are SHA-1."""
    if element.tag == der.OCTET_STRING:
        return SHA1.identifier, element.content
    fields = Fields.of(element, where)
    algorithm, value = AlgorithmIdentifier.read(fields.take(), where), fields.take(der.OCTET_STRING).content
    fields.end()
    return algorithm, value


def _certificate_reference(element: TLV) -> CertificateReference:
    where = "certificate-references"
    fields = Fields.of(element, where)
    algorithm, value = _other_hash(fields.take(), where)
    named = fields.optional(der.SEQUENCE)
    fields.end()
    if named is None:
        return CertificateReference(algorithm, value)
    inner = Fields.of(named, where)
    issuer, serial = directory_name(inner.take(der.SEQUENCE), where), read_serial(inner.take(der.INTEGER))
    inner.end()
    return CertificateReference(algorithm, value, issuer, serial)


def _references(kind: str, tagged: TLV) -> Iterable[RevocationReference]:
    where = "revocation-references"
    listed = Fields.of(tagged.only(), where)
    for element in _bounded(listed.take(der.SEQUENCE)):
        fields = Fields.of(element, where)
        if kind == "ocsp":
            fields.take(der.SEQUENCE)
        if fields.peek is None:
            yield RevocationReference(kind, None, None)
        else:
            yield RevocationReference(kind, *_other_hash(fields.take(), where))


def references_imprint(info: SignerInfo, by: Digest, *, with_signature: bool) -> bytes:
    """What an ESC time stamp (`with_signature`) or one over the references covers, digested by `by`.

    RFC 5126 §6.3.5, RFC 5126 §6.3.6: of each attribute its type and set of values, without the SEQUENCE.
    """
    covered = (CERTIFICATE_REFERENCES, REVOCATION_REFERENCES)
    oids = (SIGNATURE_TIME_STAMP, *covered) if with_signature else covered
    parts = [info.signature] if with_signature else []
    parts += (
        der.decode(item.encode()).content for oid in oids for item in info.unsigned.items if item.oid == oid
    )
    return by.of(b"".join(parts))


# --- writing: DER only ---


def signature_time_stamp(token: bytes) -> Attribute:
    """The attribute signature-time-stamp over a token's ContentInfo."""
    return Attribute(SIGNATURE_TIME_STAMP, (token,))


def archive_time_stamp_v3(token: bytes) -> Attribute:
    """The attribute archive-time-stamp-v3 over a token's ContentInfo, which bears its hash index."""
    return Attribute(ARCHIVE_TIME_STAMP_V3, (token,))


def countersignature(signer_info: bytes) -> Attribute:
    """The attribute countersignature over an encoded SignerInfo."""
    return Attribute(COUNTERSIGNATURE, (signer_info,))


def evidence_record(record: bytes, *, external: bool = False) -> Attribute:
    """The attribute that holds an EvidenceRecord; `external` when the content is detached (RFC 5126 §6.5)."""
    return Attribute(EXTERNAL_EVIDENCE_RECORD if external else INTERNAL_EVIDENCE_RECORD, (record,))

"""SignedData taken apart into the octets it came in, so that something can be added and nothing else changes.

What a signature or a time stamp covers goes back as it was received; the frame around it is written anew, in
DER, with the version that its parts ask for (RFC 5652 §5.1).

    frame = Frame.read(signed)
    frame.with_material(certificates, crls).encode()
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

from esign import der
from esign.algorithms import AlgorithmIdentifier, Digest
from esign.attributes import Attribute, bounded
from esign.cms import (
    DATA,
    MAX_CERTIFICATES,
    MAX_SIGNERS,
    OCSP_RESPONSE,
    SIGNED_DATA,
    encode_content_info,
    take_content,
)
from esign.der import TLV, Fields

_OTHER_CERTIFICATE: Final = der.context(3)
_ATTRIBUTE_CERTIFICATE_V2: Final = der.context(2)
_ATTRIBUTE_CERTIFICATE_V1: Final = der.context(1)
_OTHER_REVOCATION: Final = der.context(1)
_MAX_ATTRIBUTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class SignerFrame:
    """A SignerInfo: its fields up to the signature, and each unsigned attribute, as received."""

    fields: tuple[bytes, ...]
    unsigned: tuple[bytes, ...] = ()
    version: int = 1

    @classmethod
    def read(cls, element: TLV) -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        parts = Fields.of(element, "SignerInfo").rest()
        version = Fields(parts, "SignerInfo").take(der.INTEGER).integer()
        last = parts[-1] if len(parts) > 3 and parts[-1].tag == der.context(1) else None
        held = () if last is None else bounded(last, _MAX_ATTRIBUTES, "SignerInfo.unsignedAttrs")
        fields = parts if last is None else parts[:-1]
        return cls(tuple(part.raw for part in fields), tuple(part.raw for part in held), version)

    @property
    def digest_algorithm(self) -> bytes:
        """The field digestAlgorithm as received."""
        return self.fields[2]

    def adding(self, *attributes: Attribute, keep_order: bool = False) -> Self:
        """The same with more unsigned attributes; those there stay as they are.

        They are put in the order of DER, unless `keep_order`: an older archive time stamp covers the order.
        """
        found = (*self.unsigned, *(attribute.encode() for attribute in attributes))
        return replace(self, unsigned=found if keep_order else tuple(sorted(found)))

    def without(self, *removed: bytes) -> Self:
        """The same without the unsigned attributes whose octets are `removed`."""
        return replace(self, unsigned=tuple(raw for raw in self.unsigned if raw not in removed))

    def encode(self) -> bytes:
        """The SEQUENCE."""
        held = der.tlv(der.context(1), *self.unsigned) if self.unsigned else b""
        return der.sequence(*self.fields, held)


@dataclass(frozen=True, slots=True)
class Frame:
    """SignedData as its parts; `encapsulated` is the field encapContentInfo as received."""

    digest_algorithms: tuple[bytes, ...]
    content_type: str
    encapsulated: bytes
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signers: tuple[SignerFrame, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From a ContentInfo with SignedData, BER or DER.

        Raises:
            MalformedInput: `malformed-input`, `cms-wrong-content-type`.
            LimitExceeded: `limit-exceeded`.
        """
        fields = Fields.of(take_content(data, SIGNED_DATA)[1], "SignedData")
        fields.take(der.INTEGER)
        algorithms = bounded(fields.take(der.SET), MAX_SIGNERS, "SignedData.digestAlgorithms")
        encapsulated = fields.take(der.SEQUENCE)
        certificates, crls = fields.optional(der.context(0)), fields.optional(der.context(1))
        signers = bounded(fields.take(der.SET), MAX_SIGNERS, "SignedData.signerInfos")
        fields.end()
        return cls(
            tuple(a.raw for a in algorithms),
            Fields.of(encapsulated, "SignedData.encapContentInfo").take(der.OID).oid(),
            encapsulated.raw,
            _raws(certificates, "SignedData.certificates"),
            _raws(crls, "SignedData.crls"),
            tuple(map(SignerFrame.read, signers)),
        )

    def with_material(self, certificates: Iterable[bytes], crls: Iterable[bytes]) -> Self:
        """The same with more elements; those there stay as they are, and none stands twice."""
        return replace(
            self,
            certificates=_joined(self.certificates, certificates),
            crls=_joined(self.crls, crls),
        )

    def with_digests(self, *several: Digest) -> Self:
        """The same with digests among digestAlgorithms, once each (RFC 5652 §5.1)."""
        return self.with_algorithms(by.identifier.encode() for by in several)

    def with_algorithms(self, encoded: Iterable[bytes]) -> Self:
        """The same with more digestAlgorithms, each an encoded AlgorithmIdentifier."""
        known = {_oid(raw): raw for raw in (*encoded, *self.digest_algorithms)}
        return replace(self, digest_algorithms=tuple(sorted(known.values())))

    def with_signers(self, signers: Iterable[SignerFrame]) -> Self:
        """The same with other signers."""
        return replace(self, signers=tuple(signers))

    def with_content(self, encapsulated: bytes) -> Self:
        """The same with another field encapContentInfo, of the same type."""
        return replace(self, encapsulated=encapsulated)

    @property
    def version(self) -> int:
        """The version that RFC 5652 §5.1 demands for these parts."""
        certificates = {raw[0] for raw in self.certificates}
        if _OTHER_CERTIFICATE in certificates or any(raw[0] == _OTHER_REVOCATION for raw in self.crls):
            return 5
        if _ATTRIBUTE_CERTIFICATE_V2 in certificates:
            return 4
        third = _ATTRIBUTE_CERTIFICATE_V1 in certificates or any(s.version == 3 for s in self.signers)
        return 3 if third or self.content_type != DATA else 1

    def encode(self) -> bytes:
        """A ContentInfo; DER when the parts are."""
        certificates, crls = (
            der.tlv(der.context(number), *held) if held else b""
            for number, held in enumerate((self.certificates, self.crls))
        )
        return encode_content_info(
            SIGNED_DATA,
            der.sequence(
                der.integer(self.version),
                der.set_of(self.digest_algorithms),
                self.encapsulated,
                certificates,
                crls,
                der.set_of(signer.encode() for signer in self.signers),
            ),
        )


def _raws(element: TLV | None, where: str) -> tuple[bytes, ...]:
    return () if element is None else tuple(e.raw for e in bounded(element, MAX_CERTIFICATES, where))


def _joined(held: tuple[bytes, ...], more: Iterable[bytes]) -> tuple[bytes, ...]:
    """As it was when there is nothing new; else in the order of DER."""
    known = frozenset(held)
    fresh = tuple(dict.fromkeys(raw for raw in more if raw not in known))
    return tuple(sorted((*held, *fresh))) if fresh else held


def _oid(algorithm: bytes) -> str:
    return AlgorithmIdentifier.read(der.decode(algorithm)).oid


def other_revocation(response: bytes) -> bytes:
    """An OCSPResponse as OtherRevocationInfoFormat, the element of the field crls (RFC 5940 §2)."""
    return der.tlv(_OTHER_REVOCATION, der.oid(OCSP_RESPONSE), response)

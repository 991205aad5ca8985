"""What a signer claims under the signature beside the document: policy, commitment, place, role, content.

Nothing here is true because it stands here: a claim is the signer's word (EN 319 122-1 cl. 5.2).
`read_claims` gives all of them as one value, `encode_claims` of `esign.cades.claiming` writes them; certified
attributes are kept as received.

    encode_claims(Claims.of(commitments=["origin"], roles=["director"]))
    read_claims(signer_info).policy
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from esign import der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest
from esign.attributes import Attributes, bounded
from esign.cms import DATA, SignerInfo
from esign.der import TLV, Fields
from esign.encoded import reported_as
from esign.errors import MalformedInput

SIGNATURE_POLICY: Final = "1.2.840.113549.1.9.16.2.15"
COMMITMENT_TYPE: Final = "1.2.840.113549.1.9.16.2.16"
SIGNER_LOCATION: Final = "1.2.840.113549.1.9.16.2.17"
SIGNER_ATTRIBUTES: Final = "1.2.840.113549.1.9.16.2.18"
SIGNER_ATTRIBUTES_V2: Final = "0.4.0.19122.1.1"
CONTENT_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.20"
CONTENT_HINTS: Final = "1.2.840.113549.1.9.16.2.4"
CONTENT_IDENTIFIER: Final = "1.2.840.113549.1.9.16.2.7"
CONTENT_REFERENCE: Final = "1.2.840.113549.1.9.16.2.10"
MIME_TYPE: Final = "0.4.0.1733.2.1"

PROOF_OF_ORIGIN: Final = "1.2.840.113549.1.9.16.6.1"
PROOF_OF_RECEIPT: Final = "1.2.840.113549.1.9.16.6.2"
PROOF_OF_DELIVERY: Final = "1.2.840.113549.1.9.16.6.3"
PROOF_OF_SENDER: Final = "1.2.840.113549.1.9.16.6.4"
PROOF_OF_APPROVAL: Final = "1.2.840.113549.1.9.16.6.5"
PROOF_OF_CREATION: Final = "1.2.840.113549.1.9.16.6.6"
COMMITMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "approval": PROOF_OF_APPROVAL,
        "creation": PROOF_OF_CREATION,
        "origin": PROOF_OF_ORIGIN,
        "sender": PROOF_OF_SENDER,
        "receipt": PROOF_OF_RECEIPT,
        "delivery": PROOF_OF_DELIVERY,
    }
)
"""The commitments that have a word, by it."""
IMPLIED: Final = "implied"

POLICY_URI: Final = "1.2.840.113549.1.9.16.5.1"
POLICY_NOTICE: Final = "1.2.840.113549.1.9.16.5.2"

MAX_CLAIMS: Final = 64
"""Of each kind in one signature."""
MAX_TEXT: Final = 4_096
"""Octets of one text."""
NAME: Final = "2.5.4.41"
"""The attribute that says a role."""
_ADDRESS_LINES: Final = 6


@dataclass(frozen=True, slots=True)
class SignaturePolicy:
    """The attribute signature-policy-identifier (EN 319 122-1 cl. 5.2.9.1).

    `implied`: the policy is known from elsewhere, and nothing else is set. Otherwise `oid` (dotted) names it
    and `digest` is that of its document by `digest_algorithm`; both None where the signer gave none.
    """

    oid: str = ""
    digest_algorithm: AlgorithmIdentifier | None = None
    digest: bytes | None = None
    uri: str = ""
    user_notice: str = ""
    implied: bool = False

    @classmethod
    def of(cls, oid: str, document: bytes, by: Digest, *, uri: str = "") -> Self:
        """The policy `oid` whose document has the octets `document`."""
        return cls(oid, by.identifier, by.of(document), uri)

    @classmethod
    def read(cls, element: TLV, where: str = "signature-policy-identifier") -> Self:
        """From its SEQUENCE, or the NULL of an implied one.

        Raises:
            MalformedInput: `malformed-input`.
        """
        if element.tag == der.NULL:
            return cls(implied=True)
        fields = Fields.of(element, where)
        oid = fields.take(der.OID).oid()
        hashed, qualifiers = _hash_and_qualifiers(fields, where)
        fields.end()
        algorithm, value = (None, None) if hashed is None else _algorithm_and_value(hashed, where)
        uri, notice = _qualifiers(qualifiers, where)
        return cls(oid, algorithm, value, uri, notice)

    def encode(self) -> bytes:
        """The value of the attribute, DER.

        Raises:
            ValueError: a policy with a name but without a digest.
        """
        if self.implied:
            return der.null()
        if self.digest_algorithm is None or self.digest is None:
            raise ValueError("an explicit signature policy needs the digest of its document")
        qualifiers = []
        if self.uri:
            qualifiers.append(
                der.sequence(der.oid(POLICY_URI), der.tlv(der.IA5_STRING, self.uri.encode("ascii")))
            )
        if self.user_notice:
            qualifiers.append(der.sequence(der.oid(POLICY_NOTICE), der.sequence(der.utf8(self.user_notice))))
        return der.sequence(
            der.oid(self.oid),
            der.sequence(self.digest_algorithm.encode(), der.octet_string(self.digest)),
            der.sequence(*qualifiers) if qualifiers else b"",
        )


def _hash_and_qualifiers(fields: Fields, where: str) -> tuple[TLV | None, TLV | None]:
    """Both are SEQUENCE and may be left out: a digest is an AlgorithmIdentifier and an OCTET STRING."""
    first, second = fields.optional(der.SEQUENCE), fields.optional(der.SEQUENCE)
    if first is None or second is not None:
        return first, second
    parts = bounded(first, MAX_CLAIMS, where)
    is_hash = len(parts) == 2 and parts[1].tag == der.OCTET_STRING
    return (first, None) if is_hash else (None, first)


def _algorithm_and_value(element: TLV, where: str) -> tuple[AlgorithmIdentifier, bytes]:
    fields = Fields.of(element, where)
    algorithm, value = AlgorithmIdentifier.read(fields.take(), where), fields.take(der.OCTET_STRING).content
    fields.end()
    return algorithm, value


def _qualifiers(element: TLV | None, where: str) -> tuple[str, str]:
    uri = notice = ""
    for qualifier in () if element is None else bounded(element, MAX_CLAIMS, where):
        fields = Fields.of(qualifier, where)
        kind, value = fields.take(der.OID).oid(), fields.optional(*_ANY)
        if kind == POLICY_URI and value is not None:
            uri = _text(value, where)
        if kind == POLICY_NOTICE and value is not None:
            notice = _notice(value, where)
    return uri, notice


_ANY: Final = tuple(range(256))


def _notice(element: TLV, where: str) -> str:
    fields = Fields.of(element, where)
    fields.optional(der.SEQUENCE)
    return _text(fields.take(), where) if fields.peek is not None else ""


def _text(element: TLV, where: str) -> str:
    if len(element.content) > MAX_TEXT:
        raise MalformedInput(found="a text that is too long", where=where)
    return element.text()


@dataclass(frozen=True, slots=True)
class SignerLocation:
    """The attribute signer-location (EN 319 122-1 cl. 5.2.5); empty where nothing is said."""

    country: str = ""
    locality: str = ""
    postal_address: tuple[str, ...] = ()

    @classmethod
    def read(cls, element: TLV, where: str = "signer-location") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(element, where)
        country, locality, address = (fields.optional(der.context(number)) for number in range(3))
        fields.end()
        lines = () if address is None else bounded(_sequence_under(address), _ADDRESS_LINES, where)
        return cls(
            "" if country is None else _text(country.only(), where),
            "" if locality is None else _text(locality.only(), where),
            tuple(_text(line, where) for line in lines),
        )

    def encode(self) -> bytes:
        """The value of the attribute, DER.

        Raises:
            ValueError: nothing is said, or the address has more than six lines.
        """
        if (
            not (self.country or self.locality or self.postal_address)
            or len(self.postal_address) > _ADDRESS_LINES
        ):
            raise ValueError("a signer location says something, and its address has at most six lines")
        address = der.sequence(*map(der.utf8, self.postal_address))
        return der.sequence(
            der.explicit(0, der.utf8(self.country)) if self.country else b"",
            der.explicit(1, der.utf8(self.locality)) if self.locality else b"",
            der.explicit(2, address) if self.postal_address else b"",
        )


def _sequence_under(tagged: TLV) -> TLV:
    """What an EXPLICIT tag wraps; some write it IMPLICIT."""
    first = next(tagged.children(), None)
    return first if first is not None and first.tag == der.SEQUENCE and first.end == tagged.stop else tagged


@dataclass(frozen=True, slots=True)
class ContentHints:
    """The attribute content-hints (EN 319 122-1 cl. 5.2.4.1): the content's type, words about it."""

    content_type: str
    description: str = ""

    @classmethod
    def read(cls, element: TLV, where: str = "content-hints") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(element, where)
        described = fields.optional(der.UTF8_STRING)
        content_type = fields.take(der.OID).oid()
        fields.end()
        return cls(content_type, "" if described is None else _text(described, where))

    def encode(self) -> bytes:
        """The value of the attribute, DER."""
        described = der.utf8(self.description) if self.description else b""
        return der.sequence(described, der.oid(self.content_type))


@dataclass(frozen=True, slots=True)
class ContentReference:
    """The attribute content-reference (EN 319 122-1 cl. 5.2.11): which signed content this one answers to."""

    content_type: str
    identifier: bytes
    originator_signature: bytes

    @classmethod
    def read(cls, element: TLV, where: str = "content-reference") -> Self:
        """From its SEQUENCE.

        Raises:
            MalformedInput: `malformed-input`.
        """
        fields = Fields.of(element, where)
        content_type = fields.take(der.OID).oid()
        identifier, signature = (fields.take(der.OCTET_STRING).content for _ in range(2))
        fields.end()
        return cls(content_type, identifier, signature)

    def encode(self) -> bytes:
        """The value of the attribute, DER."""
        return der.sequence(
            der.oid(self.content_type),
            der.octet_string(self.identifier),
            der.octet_string(self.originator_signature),
        )


@dataclass(frozen=True, slots=True)
class Claims:
    """Everything that the signed attributes of one signature claim beside the CMS ones.

    `commitments` are dotted (EN 319 122-1 cl. 5.2.3); `roles` what the signer claims to be (EN 319 122-1 cl.
    5.2.6); `certified_attributes` and `signed_assertions` elements as received, not judged here;
    `content_time_stamps` are tokens (ContentInfo) as received (EN 319 122-1 cl. 5.2.8).
    """

    policy: SignaturePolicy | None = None
    commitments: tuple[str, ...] = ()
    location: SignerLocation | None = None
    roles: tuple[str, ...] = ()
    certified_attributes: tuple[bytes, ...] = field(default=(), repr=False)
    signed_assertions: tuple[bytes, ...] = field(default=(), repr=False)
    content_hints: ContentHints | None = None
    content_identifier: bytes | None = None
    content_reference: ContentReference | None = None
    mime_type: str = ""
    content_time_stamps: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        *,
        commitments: Iterable[str] = (),
        roles: Iterable[str] = (),
        country: str = "",
        locality: str = "",
        postal_address: Iterable[str] = (),
        policy: str = "",
        policy_document: bytes | None = None,
        policy_uri: str = "",
        mime_type: str = "",
        description: str = "",
    ) -> Self:
        """Claims as people say them.

        Args:
            commitments: words of `COMMITMENTS`, or dotted.
            roles: what the signer claims to be.
            country, locality, postal_address: where it is signed; at most six lines of address.
            policy: the signature policy, dotted, or `implied`.
            policy_document: the octets of an explicit policy; their SHA-256 is claimed.
            policy_uri: where that document is, ASCII.
            mime_type: the media type of the document.
            description: words about the document.

        Raises:
            ValueError: a commitment that is neither, or an explicit policy without its document.
        """
        told = tuple(COMMITMENTS.get(one, one) for one in commitments)
        for oid in told:
            der.oid(oid)
        place = SignerLocation(country, locality, tuple(postal_address))
        return cls(
            policy=_policy(policy, policy_document, policy_uri),
            commitments=told,
            location=place if country or locality or place.postal_address else None,
            roles=tuple(roles),
            content_hints=ContentHints(DATA, description) if description else None,
            mime_type=mime_type,
        )

    def to_dict(self) -> dict[str, object]:
        """For JSON: what is said, octets in hexadecimal digits; tokens and certified attributes by number."""
        policy, location, hints = self.policy, self.location, self.content_hints
        said: dict[str, object] = {
            "policy": None if policy is None else _policy_dict(policy),
            "commitments": list(self.commitments),
            "location": None if location is None else _location_dict(location),
            "roles": list(self.roles),
            "certified_attributes": len(self.certified_attributes) + len(self.signed_assertions),
            "content_hints": None if hints is None else hints.description or hints.content_type,
            "content_identifier": None if self.content_identifier is None else self.content_identifier.hex(),
            "mime_type": self.mime_type,
            "content_time_stamps": len(self.content_time_stamps),
        }
        return {name: value for name, value in said.items() if value}


def _policy(named: str, document: bytes | None, uri: str) -> SignaturePolicy | None:
    if named in ("", IMPLIED):
        if document is not None or uri:
            raise ValueError("a policy document or its address needs the identifier of an explicit policy")
        return SignaturePolicy(implied=True) if named else None
    if document is None:
        raise ValueError("an explicit signature policy needs its document")
    der.oid(named)
    return SignaturePolicy.of(named, document, SHA256, uri=uri)


NO_CLAIMS: Final = Claims()


def _policy_dict(policy: SignaturePolicy) -> dict[str, object]:
    if policy.implied:
        return {"implied": True}
    value = "" if policy.digest is None else policy.digest.hex()
    return {"oid": policy.oid, "digest": value, "uri": policy.uri, "user_notice": policy.user_notice}


def _location_dict(location: SignerLocation) -> dict[str, object]:
    address = list(location.postal_address)
    return {"country": location.country, "locality": location.locality, "postal_address": address}


def read_claims(info: SignerInfo) -> Claims:
    """The claims among the signed attributes of `info`.

    Raises:
        MalformedInput: `cades-malformed` for an attribute that has not its structure; `attribute-repeated`,
            `attribute-values`.
    """
    return NO_CLAIMS if info.signed is None else claims_of(info.signed)


def claims_of(signed: Attributes) -> Claims:
    """As `read_claims`, from the signed attributes."""
    if not signed.has_any(_READ):
        return NO_CLAIMS
    with reported_as("cades-malformed"):
        roles, certified, assertions = _signer_attributes(signed)
        policy = signed.one(SIGNATURE_POLICY, der.SEQUENCE, der.NULL)
        location = signed.one(SIGNER_LOCATION, der.SEQUENCE)
        hints = signed.one(CONTENT_HINTS, der.SEQUENCE)
        identifier = signed.one(CONTENT_IDENTIFIER, der.OCTET_STRING)
        reference = signed.one(CONTENT_REFERENCE, der.SEQUENCE)
        mime = signed.one(MIME_TYPE, der.UTF8_STRING)
        return Claims(
            None if policy is None else SignaturePolicy.read(policy),
            _commitments(signed.get(COMMITMENT_TYPE) or ()),
            None if location is None else SignerLocation.read(location),
            roles,
            certified,
            assertions,
            None if hints is None else ContentHints.read(hints),
            None if identifier is None else identifier.content,
            None if reference is None else ContentReference.read(reference),
            "" if mime is None else _text(mime, "mime-type"),
            _content_time_stamps(signed),
        )


_READ: Final = frozenset(
    (
        *(SIGNATURE_POLICY, COMMITMENT_TYPE, SIGNER_LOCATION, SIGNER_ATTRIBUTES, SIGNER_ATTRIBUTES_V2),
        *(CONTENT_TIME_STAMP, CONTENT_HINTS, CONTENT_IDENTIFIER, CONTENT_REFERENCE, MIME_TYPE),
    )
)


def content_time_stamps(info: SignerInfo) -> tuple[bytes, ...]:
    """The tokens of the attribute content-time-stamp as received (EN 319 122-1 cl. 5.2.8), every instance."""
    return () if info.signed is None else _content_time_stamps(info.signed)


def _content_time_stamps(signed: Attributes) -> tuple[bytes, ...]:
    return tuple(value for item in signed.items if item.oid == CONTENT_TIME_STAMP for value in item.values)


def _commitments(values: Iterable[bytes]) -> tuple[str, ...]:
    found = []
    for value in values:
        fields = Fields.of(der.decode(value), "commitment-type-indication")
        found.append(fields.take(der.OID).oid())
        fields.optional(der.SEQUENCE)
        fields.end()
    return tuple(found)


def _signer_attributes(signed: Attributes) -> tuple[tuple[str, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Roles, certified attributes and assertions of both versions of the attribute."""
    roles: list[str] = []
    kept: dict[int, list[bytes]] = {1: [], 2: []}
    for oid in (SIGNER_ATTRIBUTES_V2, SIGNER_ATTRIBUTES):
        value = signed.one(oid, der.SEQUENCE)
        for choice in () if value is None else bounded(value, MAX_CLAIMS, "signer-attributes"):
            if choice.tag == der.context(0):
                roles += _claimed(_sequence_under(choice))
            elif choice.tag in (der.context(1), der.context(2)):
                kept[choice.tag & 0x1F].append(choice.raw)
    return tuple(roles), tuple(kept[1]), tuple(kept[2])


def _claimed(attributes: TLV) -> Iterable[str]:
    where = "signer-attributes"
    for attribute in bounded(attributes, MAX_CLAIMS, where):
        fields = Fields.of(attribute, where)
        fields.take(der.OID)
        for value in bounded(fields.take(der.SET), MAX_CLAIMS, where):
            if (role := _role(value, where)) is not None:
                yield role


def _role(value: TLV, where: str) -> str | None:
    """A character string, or the name in RoleSyntax (RFC 5755 §4.4.5); None for what is neither."""
    if not value.constructed:
        return _text(value, where)
    named = next((part for part in bounded(value, MAX_CLAIMS, where) if part.tag == der.context(1)), None)
    name = None if named is None else named.only()
    if name is None or name.constructed:
        return None
    return name.content[:MAX_TEXT].decode("ascii", "replace")

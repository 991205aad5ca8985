"""What is asked for: the holder's request, and the subject that the registrar states.

A request proves that its sender has the key. It decides nothing else: which of its fields are taken is said
by the profile, and what the registrar states comes before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from esign.algorithms import KeyDescription, PublicKey, describe_key
from esign.ca import identifiers
from esign.ca.profile import ATTRIBUTES, KeyOrigin, Profile
from esign.errors import IssuanceRefused, MalformedInput
from esign.findings import Finding
from esign.x509 import CertificationRequest, load_public_key

MAX_REQUEST: Final = 1 << 16
_BY_OID: Final = {oid: name for name, (oid, _) in ATTRIBUTES.items()}
_CURVES: Final = {"secp256r1": "p-256", "secp384r1": "p-384", "secp521r1": "p-521"}


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate names: attributes by the names of `ATTRIBUTES`, mailboxes, host names.

    `stir` and `pinfl` are written in the way of the profile: as national attributes, or inside
    organizationIdentifier and serialNumber.
    """

    attributes: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, attributes: Mapping[str, str], *, emails: Iterable[str] = (), dns_names: Iterable[str] = ()
    ) -> Self:
        """From attributes by name.

        Raises:
            IssuanceRefused: `attribute-unknown`; `attribute-unwritable` for control characters, and for a
                host name that is not ASCII.
        """
        for name in attributes:
            if name not in ATTRIBUTES:
                raise IssuanceRefused("attribute-unknown", name=name)
        ordered = tuple((n, attributes[n]) for n in ATTRIBUTES if n in attributes)
        mailboxes, hosts = tuple(emails), tuple(dns_names)
        for name, value in (*ordered, *(("email", e) for e in mailboxes), *(("dns_name", h) for h in hosts)):
            if not value.isprintable() or (name == "dns_name" and not value.isascii()):
                raise IssuanceRefused("attribute-unwritable", name=name, value=value)
        return cls(ordered, mailboxes, hosts)

    def get(self, name: str) -> str | None:
        """The value of an attribute."""
        return dict(self.attributes).get(name)


@dataclass(frozen=True, slots=True)
class Request:
    """A request of PKCS#10 whose sender has proved possession of the key."""

    raw: bytes
    subject: Subject
    public_key_info: bytes
    key: str


def read(data: bytes) -> Request:
    """The request of `data` (PKCS#10, PEM or DER), its proof of possession checked (RFC 2986 §4.2).

    Attributes that no profile of ours knows are left out.

    Raises:
        MalformedInput: `request-malformed`; `limit-exceeded` over 65,536 octets.
        IssuanceRefused: `request-without-possession` when its signature is not made by its key.
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    if len(data) > MAX_REQUEST:
        raise MalformedInput("request-malformed", found=f"{len(data)} octets, at most {MAX_REQUEST}")
    request = CertificationRequest.load(data)
    key = key_name(request.public_key)
    if not request.proves_possession():
        raise IssuanceRefused("request-without-possession", clause="RFC 2986 §4.2")
    attributes = {_BY_OID[oid]: value for oid, value in request.subject.attributes if oid in _BY_OID}
    names = request.values.get("2.5.29.17", ())
    dns_names = [name.text for name in names if name.kind == "dNSName"]
    subject = Subject.of(attributes, emails=request.emails, dns_names=dns_names)
    return Request(request.raw, subject, request.public_key_info, key)


def key_name(public_key: PublicKey) -> str:
    """The name of a public key as profiles list it: `p-256`, `rsa-3072`, `ml-dsa-65`; what is not listed has
    its own.

    >>> from esign.keys import generate
    >>> key_name(generate("p-384").public_key())
    'p-384'
    """
    described: KeyDescription = describe_key(public_key)
    if described.kind == "ec":
        return _CURVES.get(described.curve, described.curve)
    return f"rsa-{described.bits}" if described.kind == "rsa" else described.kind


def key_info_name(public_key_info: bytes) -> str:
    """The name of the key of a SubjectPublicKeyInfo, DER.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    return key_name(load_public_key(public_key_info))


def settle(profile: Profile, stated: Subject, request: Request | None) -> tuple[Subject, tuple[Finding, ...]]:
    """The subject of the certificate, and what of the request was not taken.

    In this order: what the registrar states, what the profile takes from the request, the profile's defaults,
    and a common name composed from the others. A common name of the request counts when it has the person's
    names.

    Raises:
        IssuanceRefused: `request-needed` when the profile wants the holder's own key and there is no request.
    """
    if request is None and profile.key_origin is KeyOrigin.HOLDER:
        raise IssuanceRefused("request-needed", profile=profile.name)
    rules = profile.subject
    asked = dict(request.subject.attributes) if request else {}
    taken: dict[str, str] = {name: asked[name] for name in rules.from_request if name in asked}
    person = {**taken, **dict(stated.attributes)}
    # A common name that is no name of the person, but an office, say, is composed instead.
    called = (person.get("surname", ""), person.get("given_name", ""))
    if not identifiers.names_the_person(taken.get("common_name", ""), *called):
        taken.pop("common_name", None)
    defaults = {str(name): value for name, value in rules.defaults.items()}
    attributes: dict[str, str] = {**defaults, **taken, **_written(profile, stated)}
    if "common_name" not in attributes and (composed := _compose(profile, attributes, stated)):
        attributes["common_name"] = composed
    settled = Subject.of(attributes, emails=stated.emails, dns_names=stated.dns_names)
    return settled, _left_out(asked, settled, request)


def _written(profile: Profile, stated: Subject) -> dict[str, str]:
    attributes, allowed = dict(stated.attributes), profile.subject.allowed
    for number, holder, prefix in (
        ("stir", "organization_identifier", "NTRUZ-"),
        ("pinfl", "serial_number", "PNOUZ-"),
    ):
        if number in attributes and holder in allowed:
            attributes.setdefault(holder, prefix + attributes[number])
            if number not in allowed:
                del attributes[number]
    return attributes


def _compose(profile: Profile, attributes: Mapping[str, str], stated: Subject) -> str:
    first = {"email": stated.emails[:1], "dns_name": stated.dns_names[:1]}
    values = {**attributes, **{name: "".join(found) for name, found in first.items()}}
    return " ".join(filter(None, (values.get(name, "") for name in profile.subject.common_name_from)))


def _left_out(asked: Mapping[str, str], settled: Subject, request: Request | None) -> tuple[Finding, ...]:
    found = [
        Finding.info("request-field-left-out", where=name, name=name, value=value)
        for name, value in asked.items()
        if settled.get(name) != value
    ]
    found += [
        Finding.info("request-field-left-out", where="email", name="email", value=email)
        for email in (request.subject.emails if request else ())
        if email not in settled.emails
    ]
    return tuple(found)

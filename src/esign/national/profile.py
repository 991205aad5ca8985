"""Certificates of the Uzbek authorities: whom they name, for what, and where they leave the standards' ways.

Nothing here decides on validity. A number of a person is shown masked unless the whole is asked for.

    holder = Holder.of(certificate)
    holder.to_dict(), purposes(certificate), findings(certificate)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from esign import der, extensions, names
from esign.algorithms import OZDST_1092_OID, OZMST_286_OID, AlgorithmIdentifier
from esign.errors import EsignError
from esign.findings import Finding
from esign.gost import CRYPTOPRO_A, CRYPTOPRO_B, CRYPTOPRO_C
from esign.national.identifiers import is_pinfl, is_stir
from esign.x509 import Certificate

NAME: Final = "2.5.4.41"
LOCALITY: Final = "2.5.4.7"
STATE: Final = "2.5.4.8"


@dataclass(frozen=True, slots=True)
class Holder:
    """The subject of a national certificate; empty strings where it says nothing.

    `stir` is the organisation's number, absent from a person's certificate; `uid` is the person's own STIR.
    """

    common_name: str = ""
    surname: str = ""
    given_name: str = ""
    organization: str = ""
    title: str = ""
    locality: str = ""
    state: str = ""
    country: str = ""
    stir: str = ""
    uid: str = field(default="", repr=False)
    pinfl: str = field(default="", repr=False)

    @classmethod
    def of(cls, certificate: Certificate) -> "Holder":
        """The holder that `certificate` names."""
        subject = certificate.subject
        return cls(**{part: subject.get(oid) or "" for part, oid in _ATTRIBUTES.items()})

    @property
    def is_organization(self) -> bool:
        """Whether the certificate speaks for an organisation."""
        return bool(self.stir)

    def to_dict(self, *, unmasked: bool = False) -> dict[str, str]:
        """For JSON; the person's numbers are masked but for their last four digits unless `unmasked`."""
        found = {part: str(getattr(self, part)) for part in _ATTRIBUTES}
        if not unmasked:
            found.update({part: names.masked(found[part]) for part in ("uid", "pinfl")})
        return found


_ATTRIBUTES: Final[Mapping[str, str]] = {
    "common_name": names.COMMON_NAME,
    "surname": names.SURNAME,
    "given_name": NAME,
    "organization": names.ORGANIZATION,
    "title": names.TITLE,
    "locality": LOCALITY,
    "state": STATE,
    "country": names.COUNTRY,
    "stir": names.STIR,
    "uid": names.USER_ID,
    "pinfl": names.PINFL,
}


@dataclass(frozen=True, slots=True)
class PolicyPurpose:
    """What a certificate policy stands for; `test` when only a test authority issues under it."""

    oid: str
    name: str
    test: bool = False


_PURPOSES: Final = ("electronic-reporting", "declarations", "payments", "exchange-deals")
POLICIES: Final[Mapping[str, PolicyPurpose]] = {
    row.oid: row
    for row in (
        *(PolicyPurpose(f"1.2.860.3.2.2.1.2.{n}", name) for n, name in enumerate(_PURPOSES, 1)),
        *(
            PolicyPurpose(f"1.3.6.1.4.1.46709.1.2.{n}", name, test=True)
            for n, name in enumerate(_PURPOSES, 1)
        ),
        PolicyPurpose("1.2.860.3.2.11.1", "time-stamping"),
        PolicyPurpose("1.2.860.3.2.10.2", "temporary-self-signed"),
    )
}


def purposes(certificate: Certificate) -> tuple[PolicyPurpose, ...]:
    """What the policies of `certificate` stand for, in its order; unknown ones are passed over."""
    stated = certificate.values.get(extensions.CERTIFICATE_POLICIES, ())
    return tuple(POLICIES[oid] for oid in stated if oid in POLICIES)


# As one reader of these sets numbers them; an authority has been seen to mean C by the second. The sets of
# O'z MSt 286 name carriers of keys, not curves.
PARAMETER_SETS: Final[Mapping[str, str]] = {
    f"{OZDST_1092_OID}.{number}": curve.name
    for number, curve in (
        (1, CRYPTOPRO_A),
        (2, CRYPTOPRO_B),
        (3, CRYPTOPRO_C),
        (5, CRYPTOPRO_A),
        (6, CRYPTOPRO_C),
    )
}


def parameter_set(certificate: Certificate) -> str | None:
    """The parameter set that a national key names, dotted; None for other keys, and where none is named."""
    key_info = der.Fields.of(der.decode(certificate.public_key_info), "subjectPublicKeyInfo")
    algorithm = AlgorithmIdentifier.read(key_info.take(der.SEQUENCE), "subjectPublicKeyInfo")
    if algorithm.oid not in (OZDST_1092_OID, OZMST_286_OID) or algorithm.parameters is None:
        return None
    try:
        return der.Fields.of(der.decode(algorithm.parameters)).take(der.OID).oid()
    except EsignError:
        return None


def findings(certificate: Certificate) -> tuple[Finding, ...]:
    """Where `certificate` leaves the ways of the standards: warnings, none of which makes it invalid."""
    where = certificate.subject.shown
    return (
        *_curve(certificate, where),
        *_numbers(Holder.of(certificate), where),
        *_authority(certificate, where),
    )


def _curve(certificate: Certificate, where: str) -> Iterator[Finding]:
    named = parameter_set(certificate)
    wanted = PARAMETER_SETS.get(named or "")
    try:
        found = certificate.public_key.curve.name if wanted else wanted
    except EsignError:
        return
    if found != wanted:
        yield Finding.warning("national-parameter-set", where=where, oid=named, curve=found)


def _numbers(holder: Holder, where: str) -> Iterator[Finding]:
    for kind, value, is_right in (
        ("STIR", holder.stir, is_stir),
        ("UID", holder.uid, is_stir),
        ("PINFL", holder.pinfl, is_pinfl),
    ):
        if value and not is_right(value):
            yield Finding.warning("national-number", where=where, kind=kind, found=names.masked(value))


def _authority(certificate: Certificate, where: str) -> Iterator[Finding]:
    """RFC 5280 §4.2.1.2 and §4.2.1.3, which the country's own authorities have been seen to leave."""
    if not certificate.is_ca:
        return
    if certificate.subject_key_identifier is None:
        yield Finding.warning("national-authority-identifier", clause="RFC 5280 §4.2.1.2", where=where)
    if certificate.key_usage is not None and "cRLSign" not in certificate.key_usage:
        yield Finding.warning("national-authority-lists", clause="RFC 5280 §4.2.1.3", where=where)

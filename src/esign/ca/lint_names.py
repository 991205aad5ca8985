"""The rules of the lint about names: the subject, the alternative names, and which an issuer may certify.

Each takes a case and yields what it found wrong, in English; the table of rules stands in `esign.ca.lint`.
"""

from collections.abc import Callable, Iterator
from typing import Final

from esign import names
from esign.ca import identifiers
from esign.ca.case import Case
from esign.ca.profile import ATTRIBUTES, DOMAIN_AUTHORITIES, Presence
from esign.errors import MalformedInput
from esign.national.identifiers import is_pinfl, is_stir
from esign.validation import name_constraints as constraints
from esign.x509 import Certificate

_PRINTABLE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
_BY_OID: Final = {oid: (name, longest) for name, (oid, longest) in ATTRIBUTES.items()}


def subject_attributes(case: Case) -> Iterator[str]:
    """What the profile demands stands there once, and nothing else does."""
    rules, found = case.profile.subject, [oid for oid, _ in case.certificate.subject.attributes]
    for name in rules.required:
        if ATTRIBUTES[name][0] not in found:
            yield f"{name} is missing"
    allowed = {ATTRIBUTES[name][0] for name in rules.allowed}
    for oid in dict.fromkeys(found):
        if oid not in allowed:
            yield f"{_BY_OID.get(oid, (oid, 0))[0]} does not belong there"
        elif found.count(oid) > 1:
            yield f"{_BY_OID[oid][0]} stands there twice"


def subject_strings(case: Case) -> Iterator[str]:
    """Each value is written as its attribute may be (RFC 5280 §A.1)."""
    for oid, value in case.certificate.subject.attributes:
        name, longest = _BY_OID.get(oid, (oid, 64))
        if not value or value != " ".join(value.split()) or not value.isprintable():
            yield f"{name} is empty, padded or has control characters"
        elif len(value) > longest:
            yield f"{name} has {len(value)} characters, at most {longest}"
        elif oid in (names.COUNTRY, names.SERIAL_NUMBER) and not set(value) <= _PRINTABLE:
            yield f"{name} has characters that a PrintableString has not"


def country(case: Case) -> Iterator[str]:
    """The country is a code of ISO 3166, in capitals."""
    country = case.certificate.subject.country
    if country is not None and not (len(country) == 2 and country.isascii() and country.isupper()):
        yield country


def pinfl(case: Case) -> Iterator[str]:
    """A PINFL has its check digit."""
    return _values(case, names.PINFL, is_pinfl)


def stir(case: Case) -> Iterator[str]:
    """A STIR has its form."""
    return _values(case, names.STIR, is_stir)


def organization_identifier(case: Case) -> Iterator[str]:
    """The identifier of an organisation has one of the forms of EN 319 412-1 cl. 5.1.4."""
    return _values(case, names.ORGANIZATION_IDENTIFIER, identifiers.is_organization_identifier)


def person_identifier(case: Case) -> Iterator[str]:
    """The identifier of a person has one of the forms of EN 319 412-1 cl. 5.1.3."""
    return _values(case, names.SERIAL_NUMBER, identifiers.is_person_identifier)


def _values(case: Case, oid: str, is_good: Callable[[str], bool]) -> Iterator[str]:
    return (value for value in case.certificate.subject.get_all(oid) if not is_good(value))


def person_is_one(case: Case) -> Iterator[str]:
    """Two numbers of one person agree."""
    subject = case.certificate.subject
    pinfl, serial = subject.pinfl, subject.get(names.SERIAL_NUMBER) or ""
    if pinfl and serial.startswith("PNOUZ-") and serial != f"PNOUZ-{pinfl}":
        yield serial


def common_name(case: Case) -> Iterator[str]:
    """The common name is the holder's own; for mail a mailbox will do (S/MIME BR 7.1.4.2.2)."""
    subject, rules = case.certificate.subject, case.profile.subject
    common_name = subject.get(names.COMMON_NAME)
    mail = "emailProtection" in case.profile.extended_key_usage and not case.profile.ca
    if common_name is None or (mail and common_name in _mailboxes(case.certificate)):
        return
    if "surname" in rules.common_name_from:
        person = (subject.get(oid) or "" for oid in (names.SURNAME, names.GIVEN_NAME))
        if not identifiers.names_the_person(common_name, *person):
            yield common_name
    elif mail and common_name != subject.get(names.ORGANIZATION):
        yield common_name
    elif "dns_name" in rules.common_name_from and common_name not in case.certificate.dns_names:
        yield common_name


def _mailboxes(certificate: Certificate) -> list[str]:
    return [n.text for n in certificate.subject_alt_names if n.kind in ("rfc822Name", "smtpUTF8Mailbox")]


def domain_authority(case: Case) -> Iterator[str]:
    """RFC 3183 §3.1.1: what speaks for a domain has its reserved mailbox, and nobody else has."""
    wanted = case.profile.mailbox
    for email in _mailboxes(case.certificate):
        local = email.rpartition("@")[0]
        if local != wanted if wanted else local.casefold() in DOMAIN_AUTHORITIES:
            yield email


def emails(case: Case) -> Iterator[str]:
    """Mailboxes stand where the profile wants them, in a form that is certified."""
    found = _mailboxes(case.certificate)
    yield from _presence(case.profile.emails, len(found))
    for email in found:
        if not identifiers.is_mailbox(email) or email.rpartition("@")[2] != email.rpartition("@")[2].lower():
            yield email


def hosts(case: Case) -> Iterator[str]:
    """Hosts stand where the profile wants them, in a form that is certified."""
    found = case.certificate.dns_names
    yield from _presence(case.profile.dns_names, len(found))
    for host in found:
        if not identifiers.is_host(host) or host != host.lower():
            yield host


def _presence(wanted: Presence, count: int) -> Iterator[str]:
    if count and wanted is Presence.FORBIDDEN:
        yield "not allowed by the profile"
    if not count and wanted is Presence.REQUIRED:
        yield "none"


def other_names(case: Case) -> Iterator[str]:
    """There is no other kind of alternative name, and none twice."""
    known = ("rfc822Name", "smtpUTF8Mailbox", "dNSName")
    seen = [(name.kind, name.text) for name in case.certificate.subject_alt_names]
    for kind, text in dict.fromkeys(seen):
        if kind not in known:
            yield kind
        elif seen.count((kind, text)) > 1:
            yield f"{text} twice"


def name_constraints(case: Case) -> Iterator[str]:
    """RFC 5280 §4.2.1.10: the mailboxes and hosts that an authority may certify are those of its profile."""
    profile = case.profile
    try:
        found = constraints.constraints_of(case.certificate) or constraints.NameConstraints()
    except MalformedInput as e:
        yield e.message
        return
    wanted = [("rfc822Name", domain) for domain in profile.permitted_emails]
    wanted += [("dNSName", domain) for domain in profile.permitted_dns_names]
    if found.excluded or [(name.kind, name.text) for name in found.permitted] != wanted:
        yield ", ".join(name.text for name in (*found.permitted, *found.excluded)) or "none"


def names_within_issuer(case: Case) -> Iterator[str]:
    """No name is outside those that the issuer may certify."""
    limits = constraints.constraints_of(case.issuer) if case.issuer else None
    if limits is not None:
        for finding in constraints.violations(case.certificate, (limits,), spend=lambda _: None):
            yield str(dict(finding.values).get("name") or finding.code)

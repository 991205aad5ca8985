"""What RFC 5280 §4 demands of a certificate itself, whoever may stand above it.

A demand whose breach lets a name or a limit be read in two ways forbids the good verdict. A demand that only
eases the search for a path (key identifiers), or that the suite of NIST accepts broken (an extension that is
obeyed here whether critical or not), is a warning: the issuer broke it, and its reader loses nothing.
`docs/divergences.md` lists each.
"""

import re
from collections.abc import Iterator
from typing import Final

from esign import extensions
from esign.findings import Finding, Severity
from esign.names import GeneralName
from esign.x509 import Certificate

PROCESSED: Final = frozenset(
    (
        extensions.BASIC_CONSTRAINTS,
        extensions.KEY_USAGE,
        extensions.EXTENDED_KEY_USAGE,
        extensions.SUBJECT_ALT_NAME,
        extensions.SUBJECT_KEY_IDENTIFIER,
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.NAME_CONSTRAINTS,
        extensions.CERTIFICATE_POLICIES,
        extensions.POLICY_MAPPINGS,
        extensions.POLICY_CONSTRAINTS,
        extensions.INHIBIT_ANY_POLICY,
        extensions.CRL_DISTRIBUTION_POINTS,
        extensions.FRESHEST_CRL,
        extensions.AUTHORITY_INFO_ACCESS,
        extensions.OCSP_NO_CHECK,
    )
)
"""The extensions that a path is judged by; another one that is critical fails it (RFC 5280 §4.2)."""

_NEVER_CRITICAL: Final = {
    extensions.AUTHORITY_KEY_IDENTIFIER: "RFC 5280 §4.2.1.1",
    extensions.SUBJECT_KEY_IDENTIFIER: "RFC 5280 §4.2.1.2",
    extensions.FRESHEST_CRL: "RFC 5280 §4.2.1.15",
    extensions.AUTHORITY_INFO_ACCESS: "RFC 5280 §4.2.2.1",
}
_ALWAYS_CRITICAL: Final = {
    extensions.NAME_CONSTRAINTS: (Severity.ERROR, "RFC 5280 §4.2.1.10"),
    extensions.POLICY_CONSTRAINTS: (Severity.WARNING, "RFC 5280 §4.2.1.11"),
    extensions.INHIBIT_ANY_POLICY: (Severity.WARNING, "RFC 5280 §4.2.1.14"),
}
_AUTHORITY: Final = "RFC 5280 §4.2.1.9"
_MAX_SERIAL: Final = 1 << 159
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_DOTTED_NUMBERS: Final = re.compile(r"[0-9.]+")
_MAX_HOST: Final = 253


def objections(certificate: Certificate, *, is_anchor: bool) -> Iterator[Finding]:
    """A finding for each demand that `certificate` breaks.

    The serial number of an anchor is nobody's business. That it is an authority it must say critically,
    though: it is chosen with care, while an authority below it is what others made.
    """
    yield from _extensions(certificate)
    yield from _names(certificate)
    # RFC 5280 §4.1.2.2: a positive integer of at most 20 octets; nobody looks an anchor up by it.
    if not is_anchor and not 0 < certificate.serial_number < _MAX_SERIAL:
        where = certificate.subject.text
        yield Finding.error("serial-number-malformed", clause="RFC 5280 §4.1.2.2", where=where)
    if certificate.is_ca:
        yield from _authority(certificate, is_anchor=is_anchor)
    else:
        yield from _no_authority(certificate)
    yield from _issuer_key(certificate)


def _extensions(certificate: Certificate) -> Iterator[Finding]:
    for extension in certificate.extensions:
        oid = extension.oid
        if extension.critical:
            if oid not in PROCESSED:
                where = certificate.subject.text
                yield Finding.error("extension-unknown", clause="RFC 5280 §6.1.4", where=where, oid=oid)
            elif oid in _NEVER_CRITICAL:
                where, clause = certificate.subject.text, _NEVER_CRITICAL[oid]
                yield Finding.error("extension-critical", clause=clause, where=where, oid=oid)
        elif oid in _ALWAYS_CRITICAL:
            severity, clause = _ALWAYS_CRITICAL[oid]
            where = certificate.subject.text
            yield Finding("extension-not-critical", severity, clause, where, (("oid", oid),))


def _names(certificate: Certificate) -> Iterator[Finding]:
    if not certificate.issuer:
        where = certificate.subject.text
        yield Finding.error("issuer-empty", clause="RFC 5280 §4.1.2.4", where=where)
    if not certificate.subject:
        other = certificate.extension(extensions.SUBJECT_ALT_NAME)
        # RFC 5280 §4.1.2.6: without a subject the alternative name MUST be there and critical; an authority
        # always has one.
        if certificate.is_ca or other is None or not other.critical:
            where = certificate.subject.text
            yield Finding.error("subject-empty", clause="RFC 5280 §4.1.2.6", where=where)
    for name in certificate.subject_alt_names:
        if not _well_formed(name):
            where, shown = certificate.subject.text, name.text or name.octets.hex()
            yield Finding.error("name-malformed", clause="RFC 5280 §4.2.1.6", where=where, name=shown)


def _well_formed(name: GeneralName) -> bool:
    """Whether a host name is one, a wildcard in front allowed, and an address has 4 or 16 octets."""
    if name.kind == "iPAddress":
        return len(name.octets) in (4, 16)
    if name.kind != "dNSName":
        return True
    is_host = len(name.text) <= _MAX_HOST and _HOST.fullmatch(name.text)
    return bool(is_host) and not _DOTTED_NUMBERS.fullmatch(name.text)


def _authority(certificate: Certificate, *, is_anchor: bool) -> Iterator[Finding]:
    said = certificate.extension(extensions.BASIC_CONSTRAINTS)
    if said is None or not said.critical:
        severity = Severity.ERROR if is_anchor else Severity.WARNING
        yield Finding("basic-constraints-not-critical", severity, _AUTHORITY, certificate.subject.text)
    if certificate.subject_key_identifier is None:
        where = certificate.subject.text
        yield Finding.warning("subject-key-identifier-missing", clause="RFC 5280 §4.2.1.2", where=where)


def _no_authority(certificate: Certificate) -> Iterator[Finding]:
    where = certificate.subject.text
    if certificate.key_usage is not None and "keyCertSign" in certificate.key_usage:
        yield Finding.error("certificate-signing-by-no-authority", clause=_AUTHORITY, where=where)
    # RFC 5280 §4.2.1.10: name constraints MUST be used only in a certificate of an authority.
    if certificate.extension(extensions.NAME_CONSTRAINTS) is not None:
        yield Finding.error("name-constraints-of-no-authority", clause="RFC 5280 §4.2.1.10", where=where)


def _issuer_key(certificate: Certificate) -> Iterator[Finding]:
    if certificate.authority_key_identifier is not None or certificate.version != 3:
        return
    if not certificate.is_self_issued:
        where = certificate.subject.text
        yield Finding.warning("authority-key-identifier-missing", clause="RFC 5280 §4.2.1.1", where=where)

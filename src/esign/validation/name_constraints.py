"""Name constraints: what names an authority may certify (RFC 5280 §4.2.1.10), applied to a path.

Every form that is understood is checked: directory names, mailboxes (also SmtpUTF8Mailbox of RFC 9598 §6 and
the e-mail address in a subject), host names, URIs and IP addresses. A constraint on another form, or one with
a distance, is refused: whoever wrote it meant something, and ignoring it would let names through.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from esign import der
from esign.errors import MalformedInput
from esign.extensions import NAME_CONSTRAINTS
from esign.findings import Finding
from esign.names import EMAIL_ADDRESS, GeneralName
from esign.x509 import Certificate

CLAUSE: Final = "RFC 5280 §4.2.1.10"
_HOST: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:@\[\]]+)(?::[0-9]*)?(?:[/?#].*)?", re.S
)
_FORMS: Final = frozenset(
    ("rfc822Name", "dNSName", "directoryName", "uniformResourceIdentifier", "iPAddress")
)
_MAX_NAME: Final = 1024


class _Unclear(Exception):  # noqa: N818
    """A name or constraint that cannot be compared with certainty: the path fails."""


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """The subtrees of one certificate."""

    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()

    @classmethod
    def read(cls, value: bytes) -> "NameConstraints":
        """From the extension's value, DER.

        Raises:
            MalformedInput: `malformed-input`, also for a minimum or maximum, which say a
                distance (RFC 5280 §4.2.1.10).
        """
        where = f"extension {NAME_CONSTRAINTS}"
        fields = der.Fields.of(der.decode(value, where=where), where)
        permitted, excluded = fields.optional(der.context(0)), fields.optional(der.context(1))
        fields.end()
        if permitted is None and excluded is None:
            raise MalformedInput(found="no subtree", where=where)
        return cls(_subtrees(permitted, where), _subtrees(excluded, where))


def _subtrees(element: der.TLV | None, where: str) -> tuple[GeneralName, ...]:
    return () if element is None else tuple(_subtree(item, where) for item in element.children())


def _subtree(element: der.TLV, where: str) -> GeneralName:
    fields = der.Fields.of(element, where)
    base = GeneralName.read(fields.take(), where)
    fields.end()
    return base


def constraints_of(certificate: Certificate) -> NameConstraints | None:
    """The constraints that `certificate` imposes; None when there are none.

    Raises:
        MalformedInput: `malformed-input`.
    """
    found = next((e for e in certificate.extensions if e.oid == NAME_CONSTRAINTS), None)
    return None if found is None else NameConstraints.read(found.value)


def names_of(certificate: Certificate) -> Iterator[GeneralName]:
    """Every name of `certificate` that constraints can speak about, with the subject's e-mail addresses."""
    if certificate.subject:
        yield GeneralName("directoryName", b"", certificate.subject.text, certificate.subject)
    for address in certificate.subject.get_all(EMAIL_ADDRESS):
        yield GeneralName("rfc822Name", b"", address)
    yield from certificate.subject_alt_names


def violations(
    certificate: Certificate, constraints: Iterable[NameConstraints], *, spend: Callable[[int], None]
) -> Iterator[Finding]:
    """A finding for each name of `certificate` that one of `constraints` does not let pass.

    `spend` is told the number of comparisons before they are made, and may raise to stop.
    """
    for names in constraints:
        spend(len(names.permitted) + len(names.excluded))
        unknown = {_form(n) for n in (*names.permitted, *names.excluded)} - _FORMS
        for name in names_of(certificate):
            spend(len(names.permitted) + len(names.excluded))
            if name.kind in unknown or (name.kind == "smtpUTF8Mailbox" and "otherName" in unknown):
                yield Finding.error("name-constraint-unsupported", clause=CLAUSE, form=name.kind)
            elif problem := _problem(name, names):
                yield Finding.error(
                    problem, clause=CLAUSE, where=certificate.subject.text, name=name.text or name.kind
                )


def _form(base: GeneralName) -> str:
    return "otherName" if base.kind == "smtpUTF8Mailbox" else base.kind


def _problem(name: GeneralName, constraints: NameConstraints) -> str:
    form = "rfc822Name" if name.kind == "smtpUTF8Mailbox" else name.kind
    compare = _COMPARE.get(form)
    if compare is None:
        return ""
    permitted = [base for base in constraints.permitted if base.kind == form]
    excluded = [base for base in constraints.excluded if base.kind == form]
    try:
        if any(compare(name, base, True) for base in excluded):
            return "name-excluded"
        if permitted and not any(compare(name, base, False) for base in permitted):
            return "name-not-permitted"
    except _Unclear:
        return "name-not-comparable"
    return ""


def _host(text: str) -> str:
    lowered = text.lower()
    # Before folding: the Kelvin sign would become an ASCII k.
    if len(text) > _MAX_NAME or not text.isascii() or not _HOST.fullmatch(lowered):
        raise _Unclear
    return lowered


def _within(host: str, base: str) -> bool:
    return host == base or host.endswith("." + base)


def _directory(name: GeneralName, base: GeneralName, excluding: bool) -> bool:
    return name.name is not None and base.name is not None and name.name.is_within(base.name)


def _mailbox(name: GeneralName, base: GeneralName, excluding: bool) -> bool:
    local, at, domain = name.text.rpartition("@")
    # RFC 5321 §4.1.2: quoted local parts could hold an @ of their own; none is needed, so none is compared.
    if not at or not local or any(c in local for c in '@"\\ \t\r\n\0') or len(local) > _MAX_NAME:
        raise _Unclear
    host = _host(domain)
    if "@" in base.text:
        box, _, base_host = base.text.rpartition("@")
        same = box.casefold() == local.casefold() if excluding else box == local
        return same and host == _host(base_host)
    if base.text.startswith("."):
        return host.endswith("." + _host(base.text[1:]))
    return base.text == "" or host == _host(base.text)


def _dns(name: GeneralName, base: GeneralName, excluding: bool) -> bool:
    base_host = _host(base.text) if base.text else ""
    wild, host = name.text.startswith("*."), _host(name.text.removeprefix("*."))
    if not base_host:
        return True
    # A wildcard covers hosts inside an excluded subtree one level below it.
    return _within(host, base_host) or (excluding and wild and base_host.endswith("." + host))


def _uri(name: GeneralName, base: GeneralName, excluding: bool) -> bool:
    found = _URI.fullmatch(name.text) if len(name.text) <= _MAX_NAME else None
    # RFC 5280 §4.2.1.10: a URI without a host name in its authority MUST be rejected.
    if found is None or re.fullmatch(r"[0-9.]+", found[1]):
        raise _Unclear
    host = _host(found[1])
    if base.text.startswith("."):
        return host.endswith("." + _host(base.text[1:]))
    return host == _host(base.text)


def _address(name: GeneralName, base: GeneralName, excluding: bool) -> bool:
    half = len(base.octets) // 2
    network, mask = (int.from_bytes(part, "big") for part in (base.octets[:half], base.octets[half:]))
    inverse = mask ^ ((1 << 8 * half) - 1)
    if len(base.octets) not in (8, 32) or len(name.octets) not in (4, 16) or inverse & (inverse + 1):
        raise _Unclear
    return len(name.octets) == half and int.from_bytes(name.octets, "big") & mask == network & mask


_COMPARE: Final = {
    "directoryName": _directory,
    "rfc822Name": _mailbox,
    "dNSName": _dns,
    "uniformResourceIdentifier": _uri,
    "iPAddress": _address,
}

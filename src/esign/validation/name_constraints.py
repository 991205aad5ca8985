"""Name constraints: what names an authority may certify (RFC 5280 §4.2.1.10), applied to a path.

Every form that is understood is checked: directory names, mailboxes (also SmtpUTF8Mailbox of RFC 9598 §6 and
the e-mail address in a subject), host names, URIs and IP addresses. Refused is a constraint on another form,
or one with a distance: whoever wrote it meant something, and ignoring it would let names through. So is a
name that cannot be compared with certainty. Internationalised hosts are compared as A-labels, never by sight.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
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
_MAX_LABEL: Final = 63


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
            MalformedInput: `malformed-input`, also for a minimum that is not zero and for a maximum, which
                say a distance (RFC 5280 §4.2.1.10).
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
    minimum = fields.optional(der.context(0, constructed=False))
    fields.end()
    if minimum is not None and minimum.integer() != 0:
        raise MalformedInput(found="a subtree with a distance", where=where)
    return base


def constraints_of(certificate: Certificate) -> NameConstraints | None:
    """The constraints that `certificate` imposes; None when there are none.

    Raises:
        MalformedInput: `malformed-input`.
    """
    found = certificate.extension(NAME_CONSTRAINTS)
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
    where = certificate.subject.text
    names = tuple(names_of(certificate))
    for limits in constraints:
        size = len(limits.permitted) + len(limits.excluded)
        spend(size * (1 + len(names)))
        permitted, excluded = _by_form(limits.permitted), _by_form(limits.excluded)
        unknown = (permitted.keys() | excluded.keys()) - _FORMS
        for name in names:
            form = _form(name)
            if unknown & {form, _other(name)}:
                yield Finding.error("name-constraint-unsupported", clause=CLAUSE, where=where, form=name.kind)
            elif form in _FORMS and (problem := _problem(name, permitted.get(form), excluded.get(form))):
                shown = name.text or name.octets.hex()
                yield Finding.error(problem, clause=CLAUSE, where=where, name=shown)


@dataclass(frozen=True, slots=True)
class _Base:
    """A subtree that is read once and compared often: `below` with a dot in front, `host` None if unclear."""

    name: GeneralName
    box: str = ""
    below: bool = False
    host: str | None = None

    @classmethod
    def of(cls, name: GeneralName) -> "_Base":
        """What the subtree says of mailbox and host; a form without a host leaves that out."""
        if name.kind not in ("rfc822Name", "dNSName", "uniformResourceIdentifier"):
            return cls(name)
        box, at, host = name.text.rpartition("@") if name.kind == "rfc822Name" else ("", "", name.text)
        below = host.startswith(".") and name.kind != "dNSName" and not at
        if at and not box:
            return cls(name)
        try:
            return cls(name, box, below, _host(host[1:] if below else host) if host else "")
        except _Unclear:
            return cls(name)

    def certain(self) -> str:
        """The host.

        Raises:
            _Unclear: it is none.
        """
        if self.host is None:
            raise _Unclear
        return self.host


def _by_form(bases: Iterable[GeneralName]) -> Mapping[str, tuple[_Base, ...]]:
    """The subtrees by the kind of name as it stands there: a mailbox of RFC 9598 is an otherName."""
    found: dict[str, list[_Base]] = defaultdict(list)
    for base in bases:
        found[_other(base)].append(_Base.of(base))
    return {form: tuple(group) for form, group in found.items()}


def _other(name: GeneralName) -> str:
    return "otherName" if name.kind == "smtpUTF8Mailbox" else name.kind


def _form(name: GeneralName) -> str:
    """The form whose constraints bind `name`: those of mailboxes bind one of RFC 9598 too (RFC 9598 §6)."""
    return "rfc822Name" if name.kind == "smtpUTF8Mailbox" else name.kind


_Bases = tuple[_Base, ...]


def _problem(name: GeneralName, permitted: _Bases | None, excluded: _Bases | None) -> str:
    compare = _COMPARE[_form(name)]
    try:
        if any(compare(name, base, True) for base in excluded or ()):
            return "name-excluded"
        if permitted and not any(compare(name, base, False) for base in permitted):
            return "name-not-permitted"
    except _Unclear:
        return "name-not-comparable"
    return ""


@lru_cache(maxsize=4096)
def _host(text: str) -> str:
    """A host in lower case, its labels as A-labels; an absolute, empty or unprintable one is unclear."""
    lowered = text.lower() if text.isascii() else ".".join(_a_label(label) for label in text.split("."))
    if len(text) > _MAX_NAME or not _HOST.fullmatch(lowered):
        raise _Unclear
    return lowered


def _a_label(label: str) -> str:
    """RFC 5890 §2.3.2.1: a U-label is in normal form and has no capitals; it is written as an A-label."""
    if label.isascii():
        return label.lower()
    if len(label) > _MAX_LABEL or unicodedata.normalize("NFKC", label.lower()) != label:
        raise _Unclear
    return "xn--" + label.encode("punycode").decode("ascii")


def _within(host: str, base: str) -> bool:
    return host == base or host.endswith("." + base)


def _directory(name: GeneralName, base: _Base, excluding: bool) -> bool:
    return name.name is not None and base.name.name is not None and name.name.is_within(base.name.name)


def _mailbox(name: GeneralName, base: _Base, excluding: bool) -> bool:
    local, host = _mailbox_parts(name.text)
    wanted = base.certain()
    if base.box:
        same = base.box.casefold() == local.casefold() if excluding else base.box == local
        return same and host == wanted
    if base.below:
        return host.endswith("." + wanted)
    return wanted in ("", host)


@lru_cache(maxsize=4096)
def _mailbox_parts(text: str) -> tuple[str, str]:
    local, at, domain = text.rpartition("@")
    # RFC 5321 §4.1.2: quoted local parts could hold an @ of their own; none is needed, so none is compared.
    if not at or not local or any(c in local for c in '@"\\ \t\r\n\0') or len(local) > _MAX_NAME:
        raise _Unclear
    return local, _host(domain)


def _dns(name: GeneralName, base: _Base, excluding: bool) -> bool:
    wanted = base.certain()
    wild, host = name.text.startswith("*."), _host(name.text.removeprefix("*."))
    # A wildcard covers hosts inside an excluded subtree one level below it.
    return not wanted or _within(host, wanted) or (excluding and wild and wanted.endswith("." + host))


def _uri(name: GeneralName, base: _Base, excluding: bool) -> bool:
    host, wanted = _uri_host(name.text), base.certain()
    if not wanted:
        raise _Unclear
    return host.endswith("." + wanted) if base.below else host == wanted


@lru_cache(maxsize=4096)
def _uri_host(text: str) -> str:
    found = _URI.fullmatch(text) if len(text) <= _MAX_NAME else None
    # RFC 5280 §4.2.1.10: a URI without a host name in its authority MUST be rejected.
    if found is None or re.fullmatch(r"[0-9.]+", found[1]):
        raise _Unclear
    return _host(found[1])


def _address(name: GeneralName, base: _Base, excluding: bool) -> bool:
    octets = base.name.octets
    half = len(octets) // 2
    if len(octets) not in (8, 32) or len(name.octets) not in (4, 16):
        raise _Unclear
    network, mask = (int.from_bytes(part, "big") for part in (octets[:half], octets[half:]))
    inverse = mask ^ ((1 << 8 * half) - 1)
    if inverse & (inverse + 1):
        raise _Unclear
    return len(name.octets) == half and int.from_bytes(name.octets, "big") & mask == network & mask


_COMPARE: Final = {
    "directoryName": _directory,
    "rfc822Name": _mailbox,
    "dNSName": _dns,
    "uniformResourceIdentifier": _uri,
    "iPAddress": _address,
}

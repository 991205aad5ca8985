"""Who sent a letter: the one mailbox that it names, and whether its signer may use it (RFC 8550 §3).

A display name decides nothing. A mailbox is the signer's when the certificate says so, in an rfc822Name or a
SmtpUTF8Mailbox, or when a directory that the caller trusts binds the certificate to it.
"""

import enum
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol

from esign.errors import EsignError, MalformedInput
from esign.findings import Finding
from esign.mime import Entity, Field, Mailbox, read_date, read_mailboxes
from esign.validation.report import Report, SignatureReport, Subject
from esign.x509 import Certificate

MAX_SKEW: Final = timedelta(hours=1)
"""How far Date may be from the time that the signer claims: a letter sent anew has another Date."""

_SINGLE: Final = ("Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID")
"""Fields that stand at most once (RFC 5322 §3.6); From has a code of its own."""
_WORD: Final = re.compile(r"\w{2,}")
_LONGEST_NAME: Final = 1_000


class Directory(Protocol):
    """Binds certificates to mailboxes, where certificates bear no e-mail or mailboxes are shared."""

    def binds(self, certificate: Certificate, mailbox: Mailbox) -> bool:
        """Whether the holder of `certificate` may sign letters from `mailbox`."""
        ...


@dataclass(frozen=True, slots=True)
class Bindings:
    """A directory in memory: the fingerprints of certificates (SHA-256, hexadecimal) by `Mailbox.key`."""

    fingerprints: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, mailboxes: Mapping[str, Iterable[Certificate]]) -> "Bindings":
        """From the certificates of each mailbox (`name@domain`).

        Raises:
            MalformedInput: the codes of `Mailbox.parse`.
        """
        found = {
            Mailbox.parse(address).key: frozenset(one.fingerprint for one in certificates)
            for address, certificates in mailboxes.items()
        }
        return cls(MappingProxyType(found))

    def binds(self, certificate: Certificate, mailbox: Mailbox) -> bool:
        """Whether the certificate stands at the mailbox."""
        return certificate.fingerprint in self.fingerprints.get(mailbox.key, ())


class Binding(enum.Enum):
    """What binds the signer to the mailbox of From."""

    CERTIFICATE = "certificate"
    DIRECTORY = "directory"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender as the letter names it and as the signature shows it.

    `mailbox` is None where From names none or several; `is_signed` tells whether From itself is under the
    signature; `signer` is who signed for this mailbox.
    """

    mailbox: Mailbox | None = None
    binding: Binding = Binding.NONE
    signer: Subject | None = None
    is_signed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the mailbox in the form that is compared, so that look-alikes show."""
        return {
            "mailbox": self.mailbox.key if self.mailbox else None,
            "display_name": self.mailbox.name if self.mailbox else "",
            "binding": self.binding.value,
            "signer": self.signer.to_dict() if self.signer else None,
            "is_signed": self.is_signed,
        }


Match = tuple[SignatureReport, Binding]


def check_header(header: Sequence[Field], *, where: str) -> Iterator[Finding]:
    """What is wrong with a header as the header of a letter: one sender, each field once, plain addresses.

    Errors: `from-missing`, `from-repeated`, `from-several`, `header-duplicate`, `sender-differs`,
    `display-name-misleads`, and the codes of `read_mailboxes` for From and Sender. Warnings: those codes for
    recipients, and `reply-to-differs`.
    """
    by_key: dict[str, list[Field]] = {}
    for one in header:
        by_key.setdefault(one.key, []).append(one)
    for name in _SINGLE:
        if len(by_key.get(name.lower(), ())) > 1:
            yield Finding.error("header-duplicate", clause="RFC 5322 §3.6", where=where, name=name)
    mailbox, problems = read_sender(header, where=where)
    yield from problems
    if mailbox is not None:
        yield from _beside_the_sender(mailbox, by_key, where)
    for name in ("To", "Cc"):
        for one in by_key.get(name.lower(), ()):
            yield from _unreadable(one)


def read_sender(header: Sequence[Field], *, where: str) -> tuple[Mailbox | None, tuple[Finding, ...]]:
    """The one mailbox of From, or why there is none."""
    fields = [one for one in header if one.key == "from"]
    if len(fields) > 1:
        return None, (Finding.error("from-repeated", clause="RFC 5322 §3.6", where=where),)
    if not fields or not fields[0].text:
        return None, (Finding.error("from-missing", clause="RFC 5322 §3.6", where=where),)
    try:
        mailboxes = read_mailboxes(fields[0].text, where="From")
    except EsignError as e:
        return None, (_told(Finding.error, e),)
    if not mailboxes:
        group = Finding.error("mailbox-group", clause="RFC 5322 §3.4", where="From", found=fields[0].text)
        return None, (group,)
    if len(mailboxes) > 1:
        several = Finding.error("from-several", clause="RFC 5322 §3.6.2", where=where, found=len(mailboxes))
        return None, (several,)
    return mailboxes[0], ()


def _beside_the_sender(mailbox: Mailbox, by_key: dict[str, list[Field]], where: str) -> Iterator[Finding]:
    if mailbox.poses_as_another:
        yield Finding.error(
            "display-name-misleads",
            clause="RFC 5322 §3.4",
            where=where,
            found=mailbox.name,
            wanted=mailbox.address,
        )
    rules: tuple[tuple[str, Callable[..., Finding]], ...] = (
        ("sender", Finding.error),
        ("reply-to", Finding.warning),
    )
    for key, weigh in rules:
        for one in by_key.get(key, ()):
            yield from _same(one, mailbox, weigh)


def _same(one: Field, mailbox: Mailbox, weigh: Callable[..., Finding]) -> Iterator[Finding]:
    try:
        named = read_mailboxes(one.text, where=one.name)
    except EsignError as e:
        yield _told(weigh, e)
        return
    if [other.key for other in named] != [mailbox.key]:
        code = "sender-differs" if one.key == "sender" else "reply-to-differs"
        yield weigh(code, clause="RFC 5322 §3.6.2", where=one.name, found=one.text, wanted=mailbox.address)


def _unreadable(one: Field) -> Iterator[Finding]:
    try:
        read_mailboxes(one.text, where=one.name)
    except EsignError as e:
        yield _told(Finding.warning, e)


def _told(weigh: Callable[..., Finding], error: EsignError) -> Finding:
    return weigh(error.code, clause=error.clause, where=error.where, **dict(error.values))


def matches(report: Report, mailbox: Mailbox, directory: Directory | None) -> tuple[Match, ...]:
    """The signatures of `report` whose signers may use `mailbox`, and what binds each of them to it."""
    found: list[Match] = []
    for signature in report.signatures:
        certificate = signature.certificate
        if certificate is None:
            continue
        if mailbox.key in set(_keys(certificate.emails)):
            found.append((signature, Binding.CERTIFICATE))
        elif directory is not None and directory.binds(certificate, mailbox):
            found.append((signature, Binding.DIRECTORY))
    return tuple(found)


def _keys(emails: Iterable[str]) -> Iterator[str]:
    for email in emails:
        try:
            yield Mailbox.parse(email).key
        except MalformedInput:
            continue


def judge_sender(
    mailbox: Mailbox | None, author: Report, *, directory: Directory | None = None, is_signed: bool = False
) -> tuple[Sender, tuple[Finding, ...]]:
    """Whether the signer of `author`, the innermost signature, is the sender that the letter names.

    Findings: error `signer-not-sender`; warnings `signer-not-sender` for a further signer, and
    `display-name-differs`.
    """
    if mailbox is None:
        return Sender(is_signed=is_signed), ()
    found = matches(author, mailbox, directory)
    if not found:
        return Sender(mailbox, is_signed=is_signed), tuple(_strangers(author, mailbox))
    signature, binding = found[0]
    findings = [*_further_signers(author, found, mailbox), *_other_name(mailbox, signature)]
    return Sender(mailbox, binding, signature.signer, is_signed), tuple(findings)


def _strangers(author: Report, mailbox: Mailbox) -> Iterator[Finding]:
    """No signer fits; one whose certificate is missing is told elsewhere and may still be the sender."""
    known = [one for one in author.signatures if one.certificate is not None]
    if len(known) == len(author.signatures):
        for signature in known:
            yield _not_sender(Finding.error, signature, mailbox)


def _further_signers(author: Report, found: Sequence[Match], mailbox: Mailbox) -> Iterator[Finding]:
    fitting = [id(signature) for signature, _ in found]
    for signature in author.signatures:
        if id(signature) not in fitting:
            yield _not_sender(Finding.warning, signature, mailbox)


def _not_sender(weigh: Callable[..., Finding], signature: SignatureReport, mailbox: Mailbox) -> Finding:
    certificate = signature.certificate
    named = ", ".join(certificate.emails) or certificate.subject.text if certificate else ""
    return weigh("signer-not-sender", clause="RFC 8550 §3", where="From", found=named, wanted=mailbox.address)


def _other_name(mailbox: Mailbox, signature: SignatureReport) -> Iterator[Finding]:
    """A display name that shares no word with the certificate; names in two scripts are not compared."""
    certificate = signature.certificate
    if certificate is None or not mailbox.name or "@" in mailbox.name:
        return
    shown = _words(mailbox.name)
    certified = _words(certificate.subject.text)
    known = certified | _words(mailbox.local)
    if shown and certified and not shown & known and _script(shown) == _script(certified):
        yield Finding.warning(
            "display-name-differs",
            clause="RFC 8550 §3",
            where="From",
            found=mailbox.name,
            wanted=certificate.subject.text,
        )


def _words(text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_NAME]).casefold()
    return frozenset(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def _script(words: frozenset[str]) -> frozenset[str]:
    letters = {c for word in words for c in word if c.isalpha()}
    return frozenset(unicodedata.name(c, "?").split(" ")[0] for c in letters)


def check_reader(header: Sequence[Field], emails: Iterable[str]) -> Iterator[Finding]:
    """Whether one of the reader's mailboxes (`emails`) is among the recipients that were signed.

    A letter may have been signed for somebody else and encrypted anew. Findings: warning
    `reader-not-addressed`; a list, an alias and a blind copy look so too.
    """
    own = set(_keys(emails))
    named = [one for one in header if one.key in ("to", "cc")]
    if not own or not named:
        return
    addressed: set[str] = set()
    for one in named:
        try:
            addressed |= {mailbox.key for mailbox in read_mailboxes(one.text, where=one.name)}
        except EsignError:
            return
    if not addressed & own:
        yield Finding.warning("reader-not-addressed", clause="RFC 9788 §4.1", where="To")


def check_date(header: Entity | Sequence[Field], author: Report) -> Iterator[Finding]:
    """Whether the Date of the letter is near the time that its signers claim, where both are there.

    Findings: error `date-differs`, warning `date-syntax`.
    """
    fields = header.header if isinstance(header, Entity) else header
    dates = [one for one in fields if one.key == "date"]
    if len(dates) != 1:
        return
    try:
        date = read_date(dates[0].text)
    except MalformedInput as e:
        yield _told(Finding.warning, e)
        return
    for signature in author.signatures:
        claimed = signature.signing_time
        if claimed is not None and abs(claimed - date) > MAX_SKEW:
            yield Finding.error(
                "date-differs",
                clause="RFC 8551 §2.5.1",
                where="Date",
                found=dates[0].text,
                wanted=claimed.isoformat(),
            )
            return

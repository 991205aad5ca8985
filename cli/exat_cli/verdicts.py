"""Verdicts on files: what is judged with what, told in words and as JSON, and the exit status for it."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import esign
from esign import Indication, Report, Trust, preserve
from esign.io.profiles import Policy, validation_policies, validation_policy_of
from esign.language import text
from esign.language.words import printable
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import fetched, fetcher_of
from exat_cli.output import Output, read_input, reading
from exat_cli.pairs import PROOFS, document_beside

_STATUS: Final = {
    Indication.TOTAL_PASSED: Exit.DONE,
    Indication.TOTAL_FAILED: Exit.REFUSED,
    Indication.INDETERMINATE: Exit.INDETERMINATE,
}
_UNREADABLE: Final = {"no-signature-found", "malformed-input", "time-stamp-unreadable", "ers-malformed"}


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one file; `document` is the file beside it that was taken for what it is about."""

    report: Report
    document: str | None
    content: dict[str, Any]

    def words(self, output: Output, *, full: bool) -> str:
        """The verdict for people."""
        told = verdict_words(self.report, output.language, full=full)
        if self.document is None:
            return told
        return f"{told}\n{output.labelled('label-document', self.document)}"


@dataclass(frozen=True, slots=True)
class Court:
    """What all files of one run are judged by."""

    output: Output
    trust: Trust
    material: tuple[bytes, ...]
    policy: Policy
    at: datetime | None
    fetch: bool
    allow_private: bool

    def judge(self, file: str, content: str | None, *, octets: bytes | None = None) -> Judged:
        """The verdict on `file`; `content` names the document when it does not stand beside.

        `octets` are those of the file where they were read already.

        Raises:
            Failure: `document-needed` (exit 2) for a time stamp or a record whose document is not there;
                `file-unreadable` (exit 4).
        """
        paired = None if content is not None else document_beside(file)
        fetcher = fetcher_of(fetch=self.fetch, allow_private=self.allow_private)
        report = self._report(file, octets, content or paired, fetcher)
        told = {**report.to_dict(), **fetched(self.output, fetcher)}
        return Judged(report, paired, told if paired is None else {**told, "document": paired})

    def _report(self, file: str, octets: bytes | None, document: str | None, fetch: Any) -> Report:
        rules = {"trust": self.trust, "at": self.at, "material": self.material, "fetch": fetch}
        suffix = Path(file).suffix.casefold()
        if suffix in PROOFS:
            if document is None:
                raise Failure("document-needed", Exit.USAGE, file=file, hint="--content FILE")
            with reading(document) as source:
                if suffix == ".ers":
                    return preserve.verify_evidence(
                        read_input(file), documents=[source], policy=self.policy, **rules
                    )
                return preserve.verify_timestamp(
                    read_input(file), document=source, policy=self.policy, **rules
                )
        with reading(file) if octets is None else nullcontext(BytesIO(octets)) as signature:
            if document is None:
                return esign.verify(signature, policy=self.policy, **rules)
            with reading(document) as source:
                return esign.verify(signature, document=source, policy=self.policy, **rules)


def policy_of(name: str) -> Policy:
    """The validation policy of that name, or in the file of that name.

    Raises:
        Failure: `validation-policy-unknown` (exit 2), `file-unreadable` (exit 4).
        EsignError: `policy-malformed`, `profile-malformed`.
    """
    known = validation_policies()
    if name in known:
        return known[name]
    if not name.endswith(".toml") and not Path(name).exists():
        raise Failure("validation-policy-unknown", Exit.USAGE, name=name, known=", ".join(known))
    return validation_policy_of(Path(name))


def verdict_status(report: Report) -> Exit:
    """The exit status of a verdict."""
    stamps = (finding for stamp in report.timestamps for finding in stamp.findings)
    codes = {finding.code for finding in (*report.findings, *stamps)}
    if not report.signatures and codes & _UNREADABLE:
        return Exit.UNREADABLE
    return _STATUS[report.indication]


def verdict_words(report: Report, language: str, *, full: bool) -> str:
    """The verdict for people: verdict, reason, advice, who signed and when; or all of it."""
    words = report.explain(language).strip()
    if full:
        return words
    head, _, rest = words.partition("\n\n")
    if not report.signatures and report.timestamps:
        return words if rest else head
    return "\n".join([head, *_signers(report, language)])


def _signers(report: Report, language: str) -> Iterator[str]:
    for signature in report.signatures:
        if signature.signer is not None:
            named = ", ".join(filter(None, (signature.signer.name, signature.signer.organization)))
            yield f"{text('label-signer', language)}: {printable(named)}"
        if signature.signing_time is not None:
            moment = signature.signing_time.isoformat(" ", "seconds")
            yield f"{text('label-claimed-time', language)}: {moment}"

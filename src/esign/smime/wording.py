"""Judgements in words: for a clerk the verdict, who sent it, what each layer is; then every finding."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from esign.findings import Severity
from esign.language import text
from esign.language.words import printable
from esign.smime.structure import CompressedLayer, Coverage, EncryptedLayer, JudgedLayer, Opening, SignedLayer
from esign.validation.wording import instant, verdict_word

if TYPE_CHECKING:
    from esign.smime.judgement import Judgement
    from esign.smime.sender import Sender

_VERDICTS: Final = {
    "accepted": "letter-accepted",
    "undetermined": "letter-undetermined",
    "refused": "letter-refused",
}
_OPENINGS: Final = {
    Opening.OPENED: "envelope-state-opened",
    Opening.NO_KEY: "envelope-state-no-key",
    Opening.FAILED: "envelope-state-failed",
    Opening.NOT_VOUCHED: "envelope-state-not-vouched",
    Opening.NOT_TRIED: "envelope-state-not-tried",
}
_BINDINGS: Final = {
    "certificate": "sender-by-certificate",
    "directory": "sender-by-directory",
    "none": "sender-unbound",
}
_SEVERITIES: Final = {
    Severity.ERROR: "severity-error",
    Severity.WARNING: "severity-warning",
    Severity.INFO: "severity-info",
}


def judgement_text(judgement: "Judgement", language: str) -> str:
    """A judgement in words, several lines without a line end after the last."""
    return "\n".join(_lines(judgement, language))


def _lines(judgement: "Judgement", language: str) -> Iterator[str]:
    verdict = judgement.verdict.value
    yield f"{text(_VERDICTS[verdict], language)} [{verdict}]"
    yield f"{text('label-checked-at', language)}: {instant(judgement.at)}"
    yield _sender(judgement.sender, language)
    for number, layer in enumerate(judgement.layers, 1):
        yield f"{number}. {_layer(layer, language)}"
    uncovered = sum(part.coverage is not Coverage.LETTER for part in judgement.parts)
    if judgement.parts:
        total = len(judgement.parts)
        yield text("letter-parts", language, {"total": total, "uncovered": uncovered})
    if judgement.unprotected:
        yield text("letter-unprotected", language, {"names": ", ".join(judgement.unprotected)})
    if judgement.findings:
        yield f"{text('label-findings', language)}:"
    for finding in judgement.findings:
        severity = text(_SEVERITIES[finding.severity], language)
        where = f" ({printable(finding.where)})" if finding.where else ""
        yield f"  {severity}: {finding.explain(language)}{where} [{finding.code}]"
    if judgement.needs:
        yield f"{text('label-needs', language)}:"
    for need in judgement.needs:
        yield f"  {need.kind}: {printable(need.url)}"


def _sender(sender: "Sender", language: str) -> str:
    values = {
        "mailbox": sender.mailbox.key if sender.mailbox else "-",
        "signer": sender.signer.name if sender.signer else "-",
    }
    return text(_BINDINGS[sender.binding.value], language, values)


def _layer(layer: JudgedLayer, language: str) -> str:
    if isinstance(layer, SignedLayer):
        return _signed(layer, language)
    if isinstance(layer, EncryptedLayer):
        state = text(_OPENINGS[layer.opening], language)
        values = {"state": state, "cipher": layer.cipher or "-", "recipients": len(layer.recipients)}
        return text("layer-encrypted", language, values)
    return _compressed(layer, language)


def _signed(layer: SignedLayer, language: str) -> str:
    signers = [one.signer.name if one.signer else "-" for one in layer.report.signatures]
    values = {"signers": ", ".join(signers), "verdict": verdict_word(layer.report.indication, language)}
    return text("layer-signed", language, values)


def _compressed(layer: CompressedLayer, language: str) -> str:
    return text("layer-compressed", language, {"octets": layer.octets})

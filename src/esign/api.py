"""What the front door shows: the pure acts with clock, files and fetching supplied.

Everything below takes bytes and a time and returns values; here `at=None` reads the clock, files are read and
written, and `fetch` answers the needs of a report in bounded rounds. Input is told apart by its form: DER or
PEM of CMS, or a message of S/MIME.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final, Protocol, TypeVar, overload, runtime_checkable

from esign import envelope as envelopes
from esign import signing, smime
from esign.cms import SignedData, read_pem_or_der
from esign.envelope import Decrypted
from esign.errors import EsignError, MalformedInput
from esign.io.clock import now
from esign.io.verdicts import ParsedMaterial, PathQuestion, Verdicts
from esign.keys import Decryptor, Signer
from esign.material import Need
from esign.validation import path as paths
from esign.validation import signature as signatures
from esign.validation.policy import Policy
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport, Report
from esign.validation.revocation import Revocation
from esign.x509 import Certificate, Trust

Source = bytes | BinaryIO
Fetch = Callable[[Need], bytes | None]

MAX_ROUNDS: Final = 8
MAX_NEEDS: Final = 64
_DEFAULT_POLICY: Final = Policy.default()
# Caches of pure functions: keys, bounds and expiry stand in `esign.io.verdicts`.
_MATERIAL: Final = ParsedMaterial()
_VERDICTS: Final = Verdicts()


@overload
def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = ...,
    detached: bool = ...,
    at: datetime | None = ...,
    out: None = ...,
) -> bytes: ...


@overload
def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = ...,
    detached: bool = ...,
    at: datetime | None = ...,
    out: BinaryIO,
) -> None: ...


def sign(
    document: Source,
    signer: Signer,
    *,
    level: str = "B-B",
    detached: bool = False,
    at: datetime | None = None,
    out: BinaryIO | None = None,
) -> bytes | None:
    """A CAdES signature over `document` (EN 319 122-1 cl. 6): SignedData, DER; None when written to `out`.

    Args:
        document: the octets, or a binary file that is read to its end.
        signer: who signs, with certificate and chain.
        level: `B-B`; higher levels need a time stamp and are refused.
        detached: leave the document out of the signature.
        at: the claimed signing time (aware); the clock when None.
        out: a binary file that takes the result.

    Raises:
        ValueError: another level, or a naive `at`.
        EsignError: `unsupported-algorithm` for a key that cannot sign.
    """
    if level != "B-B":
        raise ValueError(f"level {level!r} is not supported, only 'B-B'")
    result = signing.sign(_read(document), signer, at=_instant(at), detached=detached)
    return _deliver(result, out)


def verify(
    signature: Source,
    *,
    document: Source | None = None,
    trust: Trust,
    at: datetime | None = None,
    material: Iterable[bytes] = (),
    policy: Policy = _DEFAULT_POLICY,
    fetch: Fetch | None = None,
) -> Report:
    """The verdict on every signature in `signature` at `at`, by EN 319 102-1 cl. 5.3; raises on no input.

    Args:
        signature: CMS SignedData (DER, BER or PEM), or a signed S/MIME message. document: the signed octets
        of a detached signature. trust: the anchors; nothing else is trusted. at: the validation time (aware);
        the clock when None. material: certificates, CRLs and OCSP answers, PEM or DER, that complete the path
        and tell what is revoked. policy: which algorithms, keys and purposes are acceptable. fetch: answers a
        `Need` with octets, or None, in at most 8 rounds. Without it nothing is fetched.
    """
    octets, content = _signature(_read(signature), None if document is None else _read(document))
    known, moment = tuple(material), _instant(at)

    def judge(extra: tuple[bytes, ...]) -> Report:
        found = _MATERIAL.read((*known, *extra)).material
        return signatures.verify(
            octets, document=content, trust=trust, at=moment, material=found, policy=policy
        )

    return _in_rounds(judge, fetch)


def validate_path(
    certificate: Certificate,
    *,
    pool: Iterable[Certificate] = (),
    trust: Trust,
    crls: Iterable[bytes] = (),
    ocsp: Iterable[bytes] = (),
    at: datetime | None = None,
    usage: str | None = None,
    policies: Iterable[str] | None = None,
    require_explicit_policy: bool = False,
    inhibit_any_policy: bool = False,
    inhibit_policy_mapping: bool = False,
    revocation: str = "require",
    policy: Policy = _DEFAULT_POLICY,
    fetch: Fetch | None = None,
) -> PathReport:
    """The verdict on a certificate: a path to an anchor, valid and not revoked at `at` (RFC 5280 §6.1).

    Args:
        certificate: the certificate in question.
        pool: other certificates that a path may be built from.
        trust: the anchors.
        crls: revocation lists, PEM or DER.
        ocsp: answers of OCSP responders, PEM or DER.
        at: the validation time (aware); the clock when None.
        usage: what the certificate must serve for, a purpose of `policy`: `document-signing`,
            `email-signing`, `email-encryption`, `time-stamping`, `ocsp-signing`, `crl-signing`, `tls-server`,
            `tls-client`; None for anything.
        policies: the certificate policies that are acceptable, dotted; None for any. The report names those
            for which the path is valid.
        require_explicit_policy: the path must be valid for one of them (RFC 5280 §6.1.1 (e)).
        inhibit_any_policy: anyPolicy in a certificate stands for none (RFC 5280 §6.1.1 (g)).
        inhibit_policy_mapping: no authority may rename policies (RFC 5280 §6.1.1 (f)).
        revocation: `require`, `unsafe-if-supplied` or `unsafe-off`; evidence that is supplied binds in each.
        policy: which algorithms and key sizes are acceptable.
        fetch: answers a `Need` with octets, or None; asked in at most 8 rounds.
    """
    known, moment, members = (*crls, *ocsp), _instant(at), tuple(pool)
    mode = Revocation(revocation)
    inputs = PolicyInputs.of(
        policies,
        require_explicit=require_explicit_policy,
        inhibit_any=inhibit_any_policy,
        inhibit_mapping=inhibit_policy_mapping,
    )

    def judge(extra: tuple[bytes, ...]) -> PathReport:
        evidence = _MATERIAL.read((*known, *extra))
        found = evidence.material

        def reach() -> PathReport:
            report = paths.validate_path(
                certificate,
                pool=(*members, *found.certificates),
                trust=trust,
                crls=found.crls,
                at=moment,
                usage=usage,
                revocation=mode,
                policies=inputs,
                policy=policy,
                ocsp=found.ocsp,
            )
            return replace(report, findings=(*report.findings, *found.findings)) if found.findings else report

        demands = (usage, mode, inputs)
        question = PathQuestion(certificate, members, trust, evidence.digest, policy, demands)
        return _VERDICTS.judge(question, at=moment, material=found, reach=reach)

    return _in_rounds(judge, fetch)


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: None = ...
) -> bytes: ...


@overload
def encrypt(
    content: Source, recipients: Sequence[Certificate], *, cipher: str = ..., out: BinaryIO
) -> None: ...


def encrypt(
    content: Source,
    recipients: Sequence[Certificate],
    *,
    cipher: str = "aes-256-gcm",
    out: BinaryIO | None = None,
) -> bytes | None:
    """An envelope that each of `recipients` can open: AuthEnvelopedData (GCM) or EnvelopedData (CBC), DER.

    Raises:
        ValueError: no recipient.
        EsignError: `unsupported-algorithm` for the cipher or a key, `recipient-key-usage` and
            `recipient-key-kind` for a certificate that must not be encrypted to.
    """
    return _deliver(envelopes.encrypt(_read(content), recipients, cipher=cipher), out)


def decrypt(envelope: Source, keys: Sequence[Decryptor], *, out: BinaryIO | None = None) -> Decrypted:
    """The content of an envelope (DER, BER, PEM, or an encrypted S/MIME message), opened with one of `keys`.

    With `out` the content is also written there, after it was found whole.

    Raises:
        NotARecipient: `not-a-recipient` when none of the keys is named.
        DecryptionFailed: `decryption-failed`, whatever the cause.
        MalformedInput: the input is no envelope.
    """
    opened = envelopes.decrypt(_envelope(_read(envelope)), keys)
    if out is not None:
        out.write(opened.content)
    return opened


def attached_content(signature: Source) -> bytes | None:
    """The document inside a signature, unjudged; None for a detached one.

    Raises:
        EsignError: `malformed-input` or a code of its kind when `signature` is no signature.
    """
    octets, content = _signature(_read(signature), None)
    return content if content is not None else SignedData.read(read_pem_or_der(octets)).content


_R = TypeVar("_R", Report, PathReport)


@runtime_checkable
class _Forgetful(Protocol):
    """A fetch that remembers from one act to the next, as `esign.io.fetch.Fetcher` does with a cache."""

    def forget(self, need: Need) -> None: ...


def _in_rounds(judge: Callable[[tuple[bytes, ...]], _R], fetch: Fetch | None) -> _R:
    """Judge, get what is missing, judge again: each need is asked for once, 64 in at most 8 rounds.

    What was got and is asked for still did not help: it is forgotten, so that it cannot stand in the way of
    what the service says later.
    """
    report = judge(())
    if fetch is None:
        return report
    fetched: dict[Need, bytes | None] = {}
    for _ in range(MAX_ROUNDS):
        fresh = {_asked(need): need for need in report.needs if _asked(need) not in fetched}
        chosen = tuple(fresh.items())[: MAX_NEEDS - len(fetched)]
        if not chosen:
            break
        fetched.update({asked: fetch(need) for asked, need in chosen})
        report = judge(tuple(dict.fromkeys(octets for octets in fetched.values() if octets is not None)))
    if isinstance(fetch, _Forgetful):
        for need in (n for n in report.needs if fetched.get(_asked(n)) is not None):
            fetch.forget(need)
    return report


def _asked(need: Need) -> Need:
    """What is asked there, whomever it concerns."""
    return replace(need, subject="")


def _signature(data: bytes, document: bytes | None) -> tuple[bytes, bytes | None]:
    """CMS octets and content of what was given; a message of S/MIME is taken apart."""
    if not smime.looks_like_message(data):
        return data, document
    try:
        layers = smime.read(smime.canonical(data))
    except EsignError:
        return data, document
    if layers.signature is None:
        return data, document
    # What the message brings along must not take the place of a document that the caller names.
    return layers.signature, layers.signed_octets if document is None else document


def _envelope(data: bytes) -> bytes:
    if not smime.looks_like_message(data):
        return read_pem_or_der(data)
    layers = smime.read(smime.canonical(data))
    if layers.envelope is None:
        raise MalformedInput(found="a message that is not encrypted")
    return layers.envelope.cms


def _read(source: Source) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    return source.read()


def _deliver(result: bytes, out: BinaryIO | None) -> bytes | None:
    if out is None:
        return result
    out.write(result)
    return None


def _instant(at: datetime | None) -> datetime:
    if at is None:
        return now()
    if at.tzinfo is None:
        raise ValueError("at must be an aware datetime")
    return at

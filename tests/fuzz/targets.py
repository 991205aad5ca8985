"""What is fuzzed: a function for each target, which ends without an exception and says nothing false.

A parser may raise `EsignError` and nothing else; `verify` and `validate_path` raise nothing. What does not
come from our keys never passes. `believing` takes every signature for good, so that the rules behind the
signature are reached too: there, only errors count.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from esign import algorithms, smime
from esign.cms import SignedData
from esign.crl import CertificateList
from esign.envelope import decrypt
from esign.errors import EsignError
from esign.findings import Indication
from esign.material import Material
from esign.ocsp import OCSPResponse
from esign.tsp import TimeStampToken, check_signature
from esign.validation.path import validate_path
from esign.validation.policy_tree import PolicyInputs
from esign.validation.signature import verify
from esign.x509 import Certificate
from tests.esign.validation.world import AT
from tests.fuzz import world


class WrongVerdict(AssertionError):
    """Something passed that must not."""


@dataclass(frozen=True)
class Target:
    """One kind of input: what is done with it, and well-formed examples."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]


@contextmanager
def believing() -> Iterator[None]:
    """Every signature by a key of the right kind is good."""
    kept = algorithms.SignatureScheme.is_valid
    algorithms.SignatureScheme.is_valid = lambda *_: True  # type: ignore[method-assign]
    try:
        yield
    finally:
        algorithms.SignatureScheme.is_valid = kept  # type: ignore[method-assign]


def touch(value: Any) -> None:
    """Read every property of a parsed value; what it cannot tell, it refuses in our words."""
    for attribute, kind in vars(type(value)).items():
        if isinstance(kind, property | cached_property):
            try:
                found = getattr(value, attribute)
                if isinstance(found, Iterator):
                    deque(found, maxlen=0)
            except EsignError:
                continue


INPUTS = PolicyInputs.of(["1.2.3.4"], require_explicit=True, inhibit_any=False, inhibit_mapping=False)


@cache
def _known() -> frozenset[bytes]:
    """What may pass: that which came from the fixed keys, but for the malleable signature around it."""
    made = (world.root(), world.issuing(), world.person(), world.bare(), world.responder(), world.stamper())
    return frozenset(node.certificate.tbs for node in made)


def _path(certificate: Certificate, *, pool: Iterable[Certificate] = (), **options: Any) -> Any:
    return validate_path(
        certificate,
        pool=(world.issuing().certificate, *pool),
        trust=world.root().trust,
        at=AT,
        **{"crls": world.lists(), **options},
    )


def run_certificate(data: bytes) -> None:
    """As a certificate in question, as an authority between, and as what signs a list."""
    try:
        certificate = Certificate.load(data)
    except EsignError:
        return
    touch(certificate)
    report = _path(certificate)
    if report.indication is Indication.PASSED and certificate.tbs not in _known():
        raise WrongVerdict("a changed certificate passed")
    report.to_dict()
    with believing():
        _path(certificate, usage="email-signing", policies=INPUTS)
        _path(world.person().certificate, pool=[certificate], policies=INPUTS).explain("uz")


def run_crl(data: bytes) -> None:
    """As a revocation list: the one that speaks for the person, beside those that are good."""
    try:
        found = CertificateList.load(data)
    except EsignError:
        return
    touch(found)
    for crls in ((world.lists()[0], found), (*world.lists(), found)):
        _path(world.person().certificate, crls=crls)
        with believing():
            _path(world.person().certificate, crls=crls).to_dict()


def run_ocsp(data: bytes) -> None:
    """As the answer of a responder about the person."""
    try:
        response = OCSPResponse.load(data)
    except EsignError:
        return
    touch(response)
    lists = world.lists()[:1]
    _path(world.person().certificate, crls=lists, ocsp=[response])
    with believing():
        _path(world.person().certificate, crls=lists, ocsp=[response]).to_dict()


def run_signature(data: bytes) -> None:
    """As a signature over a document: nothing but that document may pass."""
    try:
        touch(SignedData.read(data))
    except EsignError:
        pass
    material = Material((world.issuing().certificate,), world.lists())
    for document in (None, world.DOCUMENT):
        report = verify(data, document=document, trust=world.root().trust, at=AT, material=material)
        if report.indication is Indication.TOTAL_PASSED:
            signed = SignedData.read(data)
            if (document if signed.content is None else signed.content) != world.DOCUMENT:
                raise WrongVerdict("changed content passed")
        report.explain("ru")
        report.to_dict()


def run_token(data: bytes) -> None:
    """As a time-stamp token."""
    try:
        token = TimeStampToken.read(data)
    except EsignError:
        return
    signer = token.signer([world.stamper().certificate])
    found = check_signature(token, signer or world.stamper().certificate)
    if not found and token.info.imprint.value not in data:
        raise WrongVerdict("an imprint that is not in the token")


def run_envelope(data: bytes) -> None:
    """As an envelope: what opens is the document, or the error."""
    try:
        opened = decrypt(data, [world.decryptor()])
    except EsignError:
        return
    if opened.authenticated and opened.content != world.DOCUMENT:
        raise WrongVerdict("changed content came out of an authenticated envelope")


def run_message(data: bytes) -> None:
    """As a message of S/MIME."""
    try:
        touch(smime.read(smime.canonical(data)))
    except EsignError:
        return


def _messages() -> Iterator[bytes]:
    yield b"From: a@agency.uz\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\nletter\r\n"
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    yield head + b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"


def _certificates() -> Iterator[bytes]:
    for node in (
        world.root(),
        world.issuing(),
        world.person(),
        world.bare(),
        world.responder(),
        world.stamper(),
    ):
        yield node.certificate.raw


TARGETS = {
    target.name: target
    for target in (
        Target("certificate", run_certificate, _certificates),
        Target("crl", run_crl, lambda: (c.raw for c in (*world.lists(), *world.more_lists()))),
        Target("ocsp", run_ocsp, world.answers),
        Target("signature", run_signature, world.signatures),
        Target("token", run_token, world.tokens),
        Target("envelope", run_envelope, world.envelopes),
        Target("message", run_message, _messages),
    )
}

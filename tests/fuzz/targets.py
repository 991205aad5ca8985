"""What is fuzzed: a function for each target, which ends without an exception and says nothing false.

A parser may raise `EsignError` and nothing else; `verify` and `validate_path` raise nothing. What does not
come from our keys never passes. `believing` takes every signature for good, so that the rules behind the
signature are reached too: there, only errors count.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from esign import der, smime
from esign import verify as verify_signature
from esign.cms import SignedData
from esign.envelope import decrypt
from esign.errors import EsignError
from esign.findings import Indication
from esign.ocsp import OCSPResponse
from esign.tsp import TimeStampToken, check_signature
from esign.validation.path import validate_path
from esign.validation.policy_tree import PolicyInputs
from esign.x509 import Certificate, CertificateList
from tests.esign.validation.world import AT
from tests.fuzz import archive, letters, mutator, packages, world
from tests.fuzz.belief import WrongVerdict, believing, touch
from tests.fuzz.documents import DOCUMENTS, run_asic
from tests.fuzz.mail import ENVELOPES, MAIL


@dataclass(frozen=True)
class Target:
    """One kind of input: what is done with it, well-formed examples, and how they are changed."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    mutate: mutator.Mutate = mutator.mutate


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


@cache
def _known_lists() -> frozenset[bytes]:
    return frozenset(crl.tbs for crl in (*world.lists(), *world.more_lists()))


@cache
def _known_answers() -> frozenset[bytes]:
    read = (OCSPResponse.load(octets).basic for octets in world.answers())
    return frozenset(basic.tbs for basic in read if basic is not None)


def _must_be_ours(report: Any, signed: bytes, known: frozenset[bytes]) -> None:
    if report.indication is Indication.PASSED and signed not in known:
        raise WrongVerdict("what our keys have not made let a path pass")


_READERS: tuple[Callable[[der.TLV], object], ...] = (
    *(der.TLV.integer, der.TLV.boolean, der.TLV.oid, der.TLV.bits, der.TLV.time, der.TLV.text),
    *(der.TLV.octets, der.TLV.only),
)


def run_der(data: bytes) -> None:
    """As one element: each reader on each element below, and what is DER is written again as it came."""
    try:
        root = der.decode(data)
    except EsignError:
        return
    waiting = [root]
    for _ in range(500):
        if not waiting:
            break
        element = waiting.pop()
        for read in _READERS:
            try:
                read(element)
            except EsignError:
                continue
        if element.constructed:
            try:
                waiting += der.Fields.of(element, tag=None).rest()
            except EsignError:
                continue
    if der.is_der(root) and _written(root) != data:
        raise WrongVerdict("taken for DER, and written otherwise")


def _written(element: der.TLV) -> bytes:
    if not element.constructed:
        return der.tlv(element.tag, element.content)
    return der.tlv(element.tag, *map(_written, element.children()))


def run_certificate(data: bytes) -> None:
    """As a certificate in question, as an authority between, and as what signs a list."""
    try:
        certificate = Certificate.load(data)
    except EsignError:
        return
    touch(certificate)
    report = _path(certificate)
    _must_be_ours(report, certificate.tbs, _known())
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
    alone = _path(world.person().certificate, crls=(world.lists()[0], found))
    _must_be_ours(alone, found.tbs, _known_lists())
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
    report = _path(world.person().certificate, crls=lists, ocsp=[response])
    _must_be_ours(report, response.basic.tbs if response.basic else b"", _known_answers())
    with believing():
        _path(world.person().certificate, crls=lists, ocsp=[response]).to_dict()


def _verified(data: bytes, document: bytes | None = None) -> Any:
    material = (world.issuing().certificate.raw, *(crl.raw for crl in world.lists()))
    return verify_signature(data, document=document, trust=world.root().trust, at=AT, material=material)


def run_signature(data: bytes) -> None:
    """As a signature over a document: nothing but that document may pass."""
    try:
        touch(SignedData.read(data))
    except EsignError:
        pass
    for document in (None, world.DOCUMENT):
        report = _verified(data, document)
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
    """As a message of S/MIME: its layers with and without a key, and as a signed document."""
    for read in (smime.read, lambda octets: smime.open(octets, [world.decryptor()])):
        try:
            touch(read(smime.canonical(data)))
        except EsignError:
            continue
    _verified(data).to_dict()


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


def _elements() -> Iterator[bytes]:
    yield world.root().certificate.raw
    yield from (crl.raw for crl in world.more_lists())
    yield from world.envelopes()


TARGETS = {
    target.name: target
    for target in (
        Target("der", run_der, _elements),
        Target("certificate", run_certificate, _certificates),
        Target("crl", run_crl, lambda: (c.raw for c in (*world.lists(), *world.more_lists()))),
        Target("ocsp", run_ocsp, world.answers),
        Target("signature", run_signature, world.signatures),
        Target("token", run_token, world.tokens),
        Target("envelope", run_envelope, world.envelopes),
        Target("message", run_message, world.messages, letters.mutate),
        *(Target(name, run, seeds) for name, run, seeds in DOCUMENTS),
        *(Target(name, run, seeds, letters.mutate) for name, run, seeds in MAIL),
        Target(*ENVELOPES),
        Target("asic", run_asic, lambda: archive.examples(archive.containers()), packages.mutate),
    )
}

"""Who accepts whose: every cell of docs/interop.md, by the programs themselves."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

import esign
from esign.algorithms import SHA256
from esign.ers import EvidenceRecord, stamp_many
from esign.material import Material
from esign.tsp import MessageImprint, TimeStampToken, stamp
from esign.validation.context import Context
from esign.validation.evidence import validate_evidence
from esign.validation.timestamps import validate_timestamp
from tests.interop import matrix
from tests.interop.makers import MAKERS, Made, castle_evidence, stamps_of_openssl
from tests.interop.programs import PROGRAMS, STAMP_JUDGES, Case, Program, castle
from tests.interop.samples import DOCUMENT, Sample, forgeries, samples, tokens, world

pytestmark = pytest.mark.peer
STAMPS = ("openssl", "castle")


def said(program: Program, wanted: tuple[Sample, ...]) -> dict[str, str]:
    folder = Path(tempfile.mkdtemp())
    try:
        above = world().pki.chain
        return program.judge(Case(folder, world().pki.root, wanted, above))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def of_signatures(program: str) -> dict[str, str]:
    """What `program` says of every sample and every forgery."""
    return said(PROGRAMS[program], tuple((samples() | forgeries()).values()))


@cache
def of_time_stamps(program: str) -> dict[str, str]:
    """What `program` says of every time stamp."""
    return said(STAMP_JUDGES[program], tuple(tokens().values()))


@cache
def made_by(maker: str) -> dict[str, Made]:
    """What `maker` makes."""
    return in_folder(MAKERS[maker].make)


def in_folder(act: Callable[[Path], dict[str, Made]]) -> dict[str, Made]:
    folder = Path(tempfile.mkdtemp())
    try:
        return act(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def now() -> datetime:
    return datetime.now(UTC)


def context() -> Context:
    return Context.of(Material.read(lists()), trust=world().pki.trust, at=now())


@cache
def castle_made() -> dict[str, Made]:
    """A time stamp and an evidence record of Bouncy Castle."""
    return in_folder(castle_evidence)


@cache
def stamps_made() -> dict[str, bytes]:
    """Time stamps over the document by others, by name."""
    folder = Path(tempfile.mkdtemp())
    try:
        token = stamp(MessageImprint.of(DOCUMENT), stamps_of_openssl(folder)).raw
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"openssl": token, "castle": castle_made()["stamp"].signature}


def lists() -> tuple[bytes, ...]:
    return (*world().pki.crls_at(now()), *(one.raw for one in world().pki.chain))


@pytest.mark.parametrize("kind", matrix.KINDS)
@pytest.mark.parametrize("program", matrix.SIGNATURES)
def test_a_signature_of_ours_is_judged_as_the_matrix_says(program: str, kind: str) -> None:
    word = of_signatures(program)[kind]
    assert matrix.expected(matrix.SIGNATURES, program, kind).agrees(word), word or "it is accepted"


@pytest.mark.parametrize("kind", matrix.KINDS)
def test_a_signature_of_ours_passes_with_us(kind: str) -> None:
    one = samples()[kind]
    report = esign.verify(
        one.signature, document=one.content, trust=world().pki.trust, material=lists(), at=now()
    )
    # What an explicit policy asks for is unknown without its document (EN 319 102-1 cl. 5.2.2).
    wanted = esign.SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE if kind == "claims" else None
    assert report.sub_indication is wanted
    assert all(signature.crypto == "valid" for signature in report.signatures)


@pytest.mark.parametrize("kind", matrix.FORGERIES)
def test_a_forgery_does_not_pass_with_us(kind: str) -> None:
    one = forgeries()[kind]
    report = esign.verify(one.signature, document=one.content, trust=world().pki.trust, material=lists())
    assert report.indication is not esign.Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", matrix.FORGERIES)
@pytest.mark.parametrize("program", matrix.SIGNATURES)
def test_a_forgery_is_accepted_by_nobody(program: str, kind: str) -> None:
    assert of_signatures(program)[kind]


@pytest.mark.parametrize("kind", matrix.TOKENS)
@pytest.mark.parametrize("program", matrix.TIME_STAMPS)
def test_a_time_stamp_of_ours_is_judged_as_the_matrix_says(program: str, kind: str) -> None:
    word = of_time_stamps(program)[kind]
    assert matrix.expected(matrix.TIME_STAMPS, program, kind).agrees(word), word or "it is accepted"


@pytest.mark.parametrize("program", matrix.TIME_STAMPS)
def test_a_time_stamp_covers_no_other_document(program: str) -> None:
    token = tokens()["time-stamp-p-256"].signature
    changed = Sample("changed", token, DOCUMENT + b"!")
    assert said(STAMP_JUDGES[program], (changed,))["changed"]


@pytest.mark.parametrize(("maker", "kind"), [(m, k) for m, kinds in matrix.THEIRS.items() for k in kinds])
def test_a_signature_of_others_passes(maker: str, kind: str) -> None:
    made = made_by(maker)[kind]
    report = esign.verify(
        made.signature, document=made.document, trust=world().pki.trust, material=lists(), at=now()
    )
    assert report.indication is esign.Indication.TOTAL_PASSED, report.to_dict()


@pytest.mark.parametrize("maker", MAKERS)
def test_a_signature_of_others_over_changed_content_fails(maker: str) -> None:
    made = next(iter(made_by(maker).values()))
    changed = made.signature.replace(b"dunyo", b"Dunyo")
    assert changed != made.signature
    report = esign.verify(changed, trust=world().pki.trust, material=lists(), at=now())
    assert report.sub_indication is esign.SubIndication.HASH_FAILURE


@pytest.mark.parametrize("maker", MAKERS)
def test_the_page_names_all_that_a_maker_makes(maker: str) -> None:
    assert set(made_by(maker)) == set(matrix.THEIRS[maker])


def test_castle_believes_our_evidence_record() -> None:
    digests = [SHA256.of(one) for one in (b"one", DOCUMENT, b"three", b"four")]
    record = stamp_many(digests, world().tsa)[1]
    changed = Sample("changed", record.raw, DOCUMENT + b"!")
    wanted = (Sample("record", record.raw, DOCUMENT), changed)
    judge = Program("Bouncy Castle", lambda case: castle(case, case.lines("record")))
    answers = said(judge, wanted)
    assert answers["record"] == ""
    assert answers["changed"]


def test_we_believe_the_evidence_record_of_castle() -> None:
    record = EvidenceRecord.read(castle_made()["record"].signature)
    good = validate_evidence(record, [lambda by: by.of(DOCUMENT)], context=context())
    assert good.indication is esign.Indication.PASSED
    bad = validate_evidence(record, [lambda by: by.of(DOCUMENT + b"!")], context=context())
    assert bad.indication is esign.Indication.FAILED


@pytest.mark.parametrize("kind", STAMPS)
def test_we_believe_the_time_stamps_of_others(kind: str) -> None:
    token = TimeStampToken.read(stamps_made()[kind])
    for document, wanted in ((DOCUMENT, "PASSED"), (DOCUMENT + b"!", "FAILED")):
        report = validate_timestamp(
            token, imprint=lambda by, d=document: by.of(d), kind="signature", context=context()
        )
        assert report.indication.value == wanted


def test_the_matrix_names_all_that_we_make() -> None:
    assert tuple(samples()) == matrix.KINDS
    assert tuple(forgeries()) == matrix.FORGERIES
    assert tuple(tokens()) == matrix.TOKENS


def test_the_page_is_what_the_tables_say() -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page()

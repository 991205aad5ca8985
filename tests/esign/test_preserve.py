"""Levels and time stamps by the front door: in memory, from files, in rounds."""

import io
from datetime import timedelta
from functools import cache

import pytest

import esign
from esign import signing
from esign.algorithms import SHA256
from esign.errors import EsignError
from esign.keys import Signer
from esign.material import Need
from esign.signing import EvidenceMissing
from esign.testing import TestPKI
from esign.tsp import TimeStampToken

DOCUMENT = b"a decree " * 100
LEVELS = ["B-B", "B-T", "B-LT", "B-LTA"]


@cache
def pki() -> TestPKI:
    return TestPKI()


@cache
def signer() -> Signer:
    return pki().signer("Aliyev A.")


@cache
def tsa() -> object:
    return pki().time_stamper(pki().at)


def lists() -> tuple[bytes, ...]:
    tsa()
    return pki().crls


def judged(signature: bytes, document: bytes | None = None) -> esign.Report:
    return esign.verify(signature, document=document, trust=pki().trust, at=pki().at, material=lists())


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("level", LEVELS)
def test_each_level_is_made_and_passes(level: str, detached: bool) -> None:
    made = esign.sign(
        DOCUMENT,
        signer(),
        level=level,
        detached=detached,
        at=pki().at,
        tsa=tsa(),  # type: ignore[arg-type]
        trust=pki().trust,
        material=lists(),
    )
    report = judged(made, DOCUMENT if detached else None)
    report.require_passed()
    assert report.signatures[0].level == level


def test_a_file_that_cannot_be_read_twice_is_signed_at_the_highest_level() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.inner = io.BytesIO(DOCUMENT)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            found = self.inner.read(len(buffer))
            buffer[: len(found)] = found
            return len(found)

    out = io.BytesIO()
    esign.sign(
        Pipe(),  # type: ignore[arg-type]
        signer(),
        level="B-LTA",
        detached=True,
        at=pki().at,
        tsa=tsa(),  # type: ignore[arg-type]
        trust=pki().trust,
        material=lists(),
        out=out,
    )
    judged(out.getvalue(), DOCUMENT).require_passed()


def test_what_is_missing_is_fetched_and_the_signature_stamped_once() -> None:
    stamped: list[bytes] = []

    def counting(request: bytes) -> bytes:
        stamped.append(request)
        return tsa()(request)  # type: ignore[operator]

    asked: list[Need] = []
    made = esign.sign(DOCUMENT, signer(), at=pki().at)
    with pytest.raises(EvidenceMissing) as raised:
        esign.augment(made, "B-LT", tsa=counting, trust=pki().trust, at=pki().at, fetch=asked.append)
    assert raised.value.code == "evidence-missing"
    assert len(stamped) == 1
    done = esign.augment(
        made, "B-LT", tsa=counting, trust=pki().trust, at=pki().at, material=(blob for blob in lists())
    )
    assert len(stamped) == 2
    assert judged(done).signatures[0].level == "B-LT"


def test_a_level_without_what_it_needs_is_the_callers_mistake() -> None:
    for options in ({"level": "B-T"}, {"level": "B-X", "tsa": tsa()}):
        with pytest.raises(ValueError, match="one of B-B, B-T, B-LT, B-LTA"):
            esign.sign(DOCUMENT, signer(), **options)  # type: ignore[call-overload]
    made = esign.sign(DOCUMENT, signer(), at=pki().at)
    with pytest.raises(ValueError, match="trust"):
        esign.augment(made, "B-LT", tsa=tsa())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="aware"):
        esign.augment(made, "B-T", tsa=tsa(), at=pki().at.replace(tzinfo=None))  # type: ignore[arg-type]


def test_an_authority_that_refuses_is_an_error_of_ours() -> None:
    made = esign.sign(DOCUMENT, signer(), at=pki().at)
    with pytest.raises(EsignError):
        esign.augment(made, "B-T", tsa=lambda request: b"no answer", at=pki().at)


def test_a_time_stamp_over_a_document_states_when_it_was_there() -> None:
    for document in (DOCUMENT, io.BytesIO(DOCUMENT)):
        token = TimeStampToken.read(esign.timestamp(document, tsa()))  # type: ignore[arg-type]
        assert token.info.imprint.value == SHA256.of(DOCUMENT)
        assert token.info.gen_time - pki().at < timedelta(seconds=1)


def test_a_container_is_judged_by_the_front_door_and_brings_no_document_of_its_own() -> None:
    from esign import asic

    def sign(content: bytes) -> bytes:
        return signing.sign(content, signer(), at=pki().at, detached=True)

    for form in ("asic-s", "asic-e"):
        made = asic.make({"decree.txt": DOCUMENT}, sign, at=pki().at, container=form)  # type: ignore[arg-type]
        for source in (made, io.BytesIO(made)):
            report = esign.verify(source, trust=pki().trust, at=pki().at, material=lists())
            report.require_passed()
        judged(made, DOCUMENT).require_passed()
        other = judged(made, b"another document")
        assert (other.indication.value, other.sub_indication) == (
            "TOTAL-FAILED",
            esign.SubIndication.HASH_FAILURE,
        )
        assert "content-differs" in {f.code for f in other.signatures[0].findings}


def test_the_report_is_also_etsi_xml() -> None:
    made = esign.sign(DOCUMENT, signer(), at=pki().at)
    assert b"urn:etsi:019102:mainindication:total-passed" in judged(made).to_etsi_xml()


def test_the_words_tell_each_time_stamp_and_what_it_proves() -> None:
    made = esign.sign(
        DOCUMENT,
        signer(),
        level="B-LTA",
        at=pki().at,
        tsa=tsa(),  # type: ignore[arg-type]
        trust=pki().trust,
        material=lists(),
    )
    words = judged(made).explain("en")
    for line in ("Time stamp over the signature: ", "Archive time stamp: ", "Proved: made not later than: "):
        assert line in words
    assert "Test TSA, VALID [PASSED]" in words
    later = esign.verify(made, trust=esign.Trust.empty(), at=pki().at)
    assert "CANNOT BE CONFIRMED [INDETERMINATE, NO_CERTIFICATE_CHAIN_FOUND]" in later.explain("en")
    assert len({judged(made).explain(language) for language in ("en", "ru", "uz", "uz-Cyrl")}) == 4

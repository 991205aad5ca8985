"""Levels and time stamps by the front door: in memory, from files, in rounds."""

import io
from datetime import timedelta
from functools import cache

import pytest

import esign
from esign import Indication, SubIndication, asic, preserve, signing
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


# --- time stamps and records that stand alone ---


def test_a_time_stamp_is_judged_with_its_document() -> None:
    token = esign.timestamp(DOCUMENT, tsa())  # type: ignore[arg-type]
    how = {"trust": pki().trust, "at": pki().at, "material": lists()}
    for document in (DOCUMENT, io.BytesIO(DOCUMENT)):
        report = preserve.verify_timestamp(token, document=document, **how)  # type: ignore[arg-type]
        assert report.indication is Indication.TOTAL_PASSED
        assert [stamp.kind for stamp in report.timestamps] == ["document"]
    other = preserve.verify_timestamp(token, document=b"another", **how)  # type: ignore[arg-type]
    assert (other.indication, other.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.HASH_FAILURE,
    )
    broken = preserve.verify_timestamp(token[:-1], document=DOCUMENT, **how)  # type: ignore[arg-type]
    assert (broken.indication, broken.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.FORMAT_FAILURE,
    )
    assert [found.code for found in broken.timestamps[0].findings] == ["time-stamp-unreadable"]
    assert b"ValidationReport" in report.to_etsi_xml()


def test_a_time_stamp_without_lists_says_what_it_needs_and_gets_it() -> None:
    token = esign.timestamp(DOCUMENT, tsa())  # type: ignore[arg-type]
    asked: list[Need] = []

    def fetch(need: Need) -> bytes | None:
        asked.append(need)
        return None

    report = preserve.verify_timestamp(token, document=DOCUMENT, trust=pki().trust, at=pki().at, fetch=fetch)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.TRY_LATER,
    )
    assert asked == list(dict.fromkeys(asked))
    assert bool(asked) is bool(report.needs)


def test_each_record_proves_its_own_document() -> None:
    documents = [b"one", b"two", b"three"]
    records = preserve.stamp_together(documents, tsa())  # type: ignore[arg-type]
    how = {"trust": pki().trust, "at": pki().at, "material": lists()}
    for record, document in zip(records, documents, strict=True):
        good = preserve.verify_evidence(record, documents=[document], **how)  # type: ignore[arg-type]
        assert good.indication is Indication.TOTAL_PASSED
        wrong = preserve.verify_evidence(record, documents=[b"four"], **how)  # type: ignore[arg-type]
        assert wrong.sub_indication is SubIndication.HASH_FAILURE
    broken = preserve.verify_evidence(records[0][:-1], documents=[b"one"], **how)  # type: ignore[arg-type]
    assert [found.code for found in broken.findings] == ["ers-malformed"]
    with pytest.raises(ValueError, match="hashes"):
        preserve.stamp_together([], tsa())  # type: ignore[arg-type]


def test_a_record_is_renewed_with_what_proves_it() -> None:
    (record,) = preserve.stamp_together([DOCUMENT], tsa())  # type: ignore[arg-type]
    how = {"trust": pki().trust, "at": pki().at}
    with pytest.raises(EvidenceMissing):
        preserve.renew_evidence(record, tsa=tsa(), **how)  # type: ignore[arg-type]
    renewed = preserve.renew_evidence(record, tsa=tsa(), material=lists(), **how)  # type: ignore[arg-type]
    report = preserve.verify_evidence(renewed, documents=[DOCUMENT], material=lists(), **how)  # type: ignore[arg-type]
    assert report.indication is Indication.TOTAL_PASSED
    assert len(report.timestamps) == 2
    with pytest.raises(EsignError) as found:
        preserve.renew_evidence(b"no record", tsa=tsa(), material=lists(), **how)  # type: ignore[arg-type]
    assert found.value.code == "ers-malformed"


# --- more signers, containers ---


def test_a_signer_is_added_and_the_signatures_are_confirmed() -> None:
    first = esign.sign(DOCUMENT, signer(), detached=True, at=pki().at)
    with pytest.raises(EsignError) as refused:
        preserve.add_signer(first, pki().signer("Karimova N."), at=pki().at)
    assert refused.value.code == "structure-refused"
    claims = esign.Claims.of(roles=["boshliq"])
    both = preserve.add_signer(
        first, pki().signer("Karimova N."), document=DOCUMENT, at=pki().at, attributes=claims
    )
    confirmed = preserve.countersign(both, pki().signer("Registrator"), at=pki().at)
    report = judged(confirmed, DOCUMENT)
    assert report.indication is Indication.TOTAL_PASSED
    assert sorted(len(one.countersignatures) for one in report.signatures) == [1, 1]
    assert sorted(one.claims.roles if one.claims else () for one in report.signatures) == [(), ("boshliq",)]


@pytest.mark.parametrize("archive_manifest", [False, True])
def test_a_container_is_raised_as_a_signature_is(archive_manifest: bool) -> None:
    def over(octets: bytes) -> bytes:
        return esign.sign(octets, signer(), detached=True, at=pki().at)

    made = asic.make({"a.txt": DOCUMENT}, over, at=pki().at)
    raised = esign.augment(
        made,
        "B-LTA",
        tsa=tsa(),  # type: ignore[arg-type]
        trust=pki().trust,
        material=lists(),
        at=pki().at,
        archive_manifest=archive_manifest,
    )
    report = esign.verify(raised, trust=pki().trust, at=pki().at)
    assert (report.indication, report.signatures[0].level) == (Indication.TOTAL_PASSED, "B-LTA")
    assert bool(asic.Container.open(raised).archive_manifests) is archive_manifest


def test_a_signature_is_not_stamped_over_another_document() -> None:
    made = esign.sign(DOCUMENT, signer(), detached=True, at=pki().at)
    with pytest.raises(EsignError) as refused:
        esign.augment(
            made,
            "B-LTA",
            tsa=tsa(),  # type: ignore[arg-type]
            document=b"another",
            trust=pki().trust,
            material=lists(),
            at=pki().at,
        )
    assert refused.value.code == "augmentation-refused"

"""The front door: clock, files, fetching, and input told apart by its form."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from esign import (
    Certificate,
    CertificateAuthority,
    EsignError,
    Indication,
    Need,
    Report,
    Signer,
    SubIndication,
    Trust,
    attached_content,
    decrypt,
    encrypt,
    sign,
    smime,
    validate_path,
    verify,
)
from esign.ca.request import Subject, read
from esign.cms import to_pem
from esign.io.keystore import new_request
from esign.rounds import MAX_ROUNDS, in_rounds
from esign.testing import TestPKI

DOCUMENT = b"Yillik hisobot"
URL = "http://crl.test.example/persons.crl"


@pytest.fixture(scope="module")
def pki() -> TestPKI:
    return TestPKI()


def verdict(signature: bytes, pki: TestPKI, **options: object) -> str:
    report = verify(signature, trust=pki.trust, material=pki.crls, **options)  # type: ignore[arg-type]
    return report.indication.value


def test_a_file_is_signed_and_verified_like_its_octets(pki: TestPKI) -> None:
    signer, out = pki.signer("Aliyev A."), io.BytesIO()
    assert sign(io.BytesIO(DOCUMENT), signer, detached=True, out=out) is None
    assert verdict(out.getvalue(), pki, document=io.BytesIO(DOCUMENT)) == "TOTAL-PASSED"
    assert verdict(memoryview(out.getvalue()), pki, document=bytearray(DOCUMENT)) == "TOTAL-PASSED"


def test_the_clock_is_read_only_when_no_time_is_given(pki: TestPKI) -> None:
    signature = sign(DOCUMENT, pki.signer("Aliyev A."))
    later = datetime.now(UTC) + timedelta(days=3650)
    assert verdict(signature, pki) == "TOTAL-PASSED"
    assert verdict(signature, pki, at=later) == "INDETERMINATE"


@pytest.mark.parametrize("act", ["sign", "verify", "path"])
def test_a_naive_time_is_a_mistake_of_the_caller(pki: TestPKI, act: str) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    signer = pki.signer("Aliyev A.")
    with pytest.raises(ValueError, match="aware"):
        if act == "sign":
            sign(DOCUMENT, signer, at=naive)
        elif act == "verify":
            verify(b"", trust=pki.trust, at=naive)
        else:
            validate_path(Certificate.load(signer.certificate), trust=pki.trust, at=naive)


def test_a_level_that_needs_a_time_stamp_is_refused(pki: TestPKI) -> None:
    with pytest.raises(ValueError, match="B-T"):
        sign(DOCUMENT, pki.signer("Aliyev A."), level="B-T")


@pytest.mark.parametrize("opaque", [False, True])
def test_a_signed_message_is_verified_as_it_is(pki: TestPKI, opaque: bool) -> None:
    entity = b"Content-Type: text/plain\r\n\r\nSalom\r\n"
    message = smime.sign(entity, pki.signer("Aliyev A."), at=datetime.now(UTC), opaque=opaque)
    assert verdict(message, pki) == "TOTAL-PASSED"
    assert attached_content(message) == entity
    assert verdict(message.replace(b"\r\n", b"\n"), pki) == "TOTAL-PASSED"


@pytest.mark.parametrize("opaque", [False, True])
def test_the_content_of_a_message_does_not_take_the_place_of_the_document(pki: TestPKI, opaque: bool) -> None:
    entity = b"Content-Type: text/plain\r\n\r\nSalom\r\n"
    message = smime.sign(entity, pki.signer("Aliyev A."), at=datetime.now(UTC), opaque=opaque)
    assert verdict(message, pki, document=entity) == "TOTAL-PASSED"
    report = verify(message, document=b"another document", trust=pki.trust, material=pki.crls)
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is SubIndication.HASH_FAILURE


def test_pem_and_der_are_one(pki: TestPKI) -> None:
    signature = sign(DOCUMENT, pki.signer("Aliyev A."))
    assert verdict(to_pem(signature), pki) == "TOTAL-PASSED"
    assert attached_content(to_pem(signature)) == DOCUMENT
    assert attached_content(sign(DOCUMENT, pki.signer("Aliyev A."), detached=True)) is None


@pytest.mark.parametrize(
    "octets",
    [b"", b"garbage", b"From: a\r\n\r\nno signature", b"Content-Type: multipart/signed\r\n\r\n", b"\x30\x80"],
)
def test_what_is_no_signature_is_a_verdict_and_no_exception(pki: TestPKI, octets: bytes) -> None:
    report = verify(octets, trust=pki.trust)
    assert report.indication is Indication.TOTAL_FAILED
    assert [finding.code for finding in report.findings] == ["malformed-input"]
    with pytest.raises(EsignError):
        attached_content(octets)


def test_an_encrypted_message_is_opened_as_it_is(pki: TestPKI) -> None:
    opener, out = pki.decryptor("a@test.example"), io.BytesIO()
    certificate = Certificate.load(opener.certificate or b"")
    entity = b"Content-Type: text/plain\r\n\r\nSalom\r\n"
    opened = decrypt(smime.encrypt(entity, [certificate]), [opener], out=out)
    assert (opened.content, opened.written, out.getvalue()) == (b"", len(entity), entity)
    sealed = io.BytesIO()
    assert encrypt(io.BytesIO(DOCUMENT), [certificate], out=sealed) is None
    assert decrypt(to_pem(sealed.getvalue()), [opener]).content == DOCUMENT


def test_a_message_that_is_not_encrypted_is_refused_by_decrypt(pki: TestPKI) -> None:
    with pytest.raises(EsignError) as refused:
        decrypt(b"Content-Type: text/plain\r\n\r\nSalom\r\n", [pki.decryptor("a@test.example")])
    assert refused.value.code == "malformed-input"


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> tuple[CertificateAuthority, bytes]:
    """An authority whose certificates say where its lists are, and a signature by one of its holders."""
    at = datetime.now(UTC)
    authority = CertificateAuthority.create(
        tmp_path_factory.mktemp("ca") / "ca",
        organization="Namuna",
        passphrase="secret",
        at=at,
        key="p-256",
        crl_url="http://crl.test.example/{name}.crl",
    )
    key, request = new_request(
        {"surname": "Aliyev", "given_name": "Anvar"}, emails=["a@namuna.uz"], passphrase="own"
    )
    subject = Subject.of({"organization": "Namuna"}, emails=["a@namuna.uz"])
    certificate = authority.issue("officer-sign", subject, at=at, request=read(request))
    signer = Signer.from_pem(key, certificate.raw, chain=[c.raw for c in authority.chain], passphrase="own")
    return authority, sign(DOCUMENT, signer)


def test_what_is_lacking_is_fetched_and_the_verdict_asked_again(
    far: tuple[CertificateAuthority, bytes],
) -> None:
    authority, signature = far
    offline = verify(signature, trust=authority.trust)
    assert offline.sub_indication is SubIndication.TRY_LATER
    assert {(need.kind, need.url) for need in offline.needs} == {
        ("crl", "http://crl.test.example/persons.crl"),
        ("crl", "http://crl.test.example/root.crl"),
    }
    asked: list[str] = []

    def fetch(need: Need) -> bytes:
        asked.append(need.url)
        return (authority.folder / "crl" / need.url.rpartition("/")[2]).read_bytes()

    report = verify(signature, trust=authority.trust, fetch=fetch)
    assert report.indication is Indication.TOTAL_PASSED
    assert sorted(asked) == sorted(set(asked)), "nothing is asked twice"


@pytest.mark.parametrize("answer", [None, b"", b"lies"])
def test_an_answer_that_does_not_help_ends_undecided(
    far: tuple[CertificateAuthority, bytes], answer: bytes | None
) -> None:
    authority, signature = far
    asked: list[Need] = []

    def fetch(need: Need) -> bytes | None:
        asked.append(need)
        return answer

    report = verify(signature, trust=authority.trust, fetch=fetch)
    assert report.sub_indication is SubIndication.TRY_LATER
    assert len(asked) == len(set(asked)) == 2


def test_rounds_of_fetching_are_bounded() -> None:
    judged: list[int] = []

    def insatiable(extra: tuple[bytes, ...]) -> Report:
        judged.append(len(extra))
        need = Need("crl", f"http://a.example/{len(judged)}")
        return Report(Indication.INDETERMINATE, None, datetime.now(UTC), needs=(need,))

    in_rounds(insatiable, lambda need: need.url.encode())
    assert judged == list(range(MAX_ROUNDS + 1))


def test_a_path_is_validated_with_lists_in_pem_or_der(pki: TestPKI) -> None:
    certificate = Certificate.load(pki.signer("Aliyev A.").certificate)
    pool = list(pki.chain)
    report = validate_path(certificate, pool=pool, trust=pki.trust, crls=pki.crls, usage="email-signing")
    assert report.indication is Indication.PASSED
    assert validate_path(certificate, trust=Trust.empty()).indication is Indication.INDETERMINATE
    with pytest.raises(ValueError):
        validate_path(certificate, trust=pki.trust, revocation="hard-fail")


def test_a_kept_verdict_hides_no_revocation() -> None:
    pki = TestPKI(at=datetime.now(UTC) - timedelta(days=1))
    signer = pki.signer("Revoked R.")
    signatures = [sign(text, signer) for text in (b"one", b"two", b"three")]
    assert [verdict(signature, pki) for signature in signatures[:2]] == ["TOTAL-PASSED"] * 2
    before = pki.crls
    pki.revoke(signer)
    report = verify(signatures[2], trust=pki.trust, material=(*before, *pki.crls))
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.REVOKED_NO_POE,
    )
    assert verify(signatures[2], trust=pki.trust, material=()).indication is Indication.INDETERMINATE
    assert verify(signatures[2], trust=Trust.empty(), material=before).indication is Indication.INDETERMINATE


def test_a_kept_verdict_passes_no_changed_document() -> None:
    pki = TestPKI(at=datetime.now(UTC) - timedelta(days=1))
    signature = sign(DOCUMENT, pki.signer("Changed C."))
    assert verdict(signature, pki) == "TOTAL-PASSED"
    changed = signature.replace(DOCUMENT, DOCUMENT[::-1])
    assert verdict(changed, pki) == "TOTAL-FAILED"

"""Files of any size at the front door: what is read, how often, and how much of it is kept."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from esign import Need, Report, sign, verify
from esign.cades import Claims, read_claims
from esign.cms import SignedData, to_pem
from esign.der import decode, is_der
from esign.findings import SubIndication
from esign.io import sources
from esign.testing import TestPKI

DOCUMENT = b"Yillik hisobot"
MEGABYTE = 1 << 20
LARGE = 24 * MEGABYTE


class Zeros(io.RawIOBase):
    """A seekable file of zeros that takes no memory."""

    def __init__(self, size: int, *, seekable: bool = True) -> None:
        self.size, self.at, self.octets, self._seekable = size, 0, 0, seekable

    def seekable(self) -> bool:
        return self._seekable

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if not self._seekable:
            raise io.UnsupportedOperation
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self.size - self.at)
        found = bytes(left if size < 0 else min(size, left))
        self.at += len(found)
        self.octets += len(found)
        return found


class OnlyRead:
    """What has no other act than to be read."""

    def __init__(self, octets: bytes) -> None:
        self._file = io.BytesIO(octets)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)


def pipe(octets: bytes) -> BinaryIO:
    return cast("BinaryIO", OnlyRead(octets))


def zeros(size: int, *, seekable: bool = True) -> tuple[Zeros, BinaryIO]:
    """The file twice: to be asked, and to be given."""
    file = Zeros(size, seekable=seekable)
    return file, cast("BinaryIO", file)


class Unseekable(io.BytesIO):
    """A pipe that says so."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation


@pytest.fixture(scope="module")
def pki() -> TestPKI:
    return TestPKI()


def verdict(
    signature: bytes | BinaryIO,
    pki: TestPKI,
    *,
    document: bytes | BinaryIO | None = None,
    at: datetime | None = None,
) -> Report:
    return verify(signature, document=document, trust=pki.trust, material=pki.crls, at=at)


def test_a_large_document_is_signed_detached_without_being_held(pki: TestPKI) -> None:
    signer, (counted, file) = pki.signer("Aliyev A."), zeros(LARGE)
    tracemalloc.start()
    signature = sign(file, signer, detached=True)
    passed = verdict(signature, pki, document=zeros(LARGE)[1]).indication.value
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (passed, counted.octets) == ("TOTAL-PASSED", LARGE)
    assert held < 4 * MEGABYTE


@pytest.mark.parametrize("seekable", [True, False], ids=["der", "ber"])
def test_a_large_document_is_signed_attached_without_being_held(
    pki: TestPKI, tmp_path: Path, seekable: bool
) -> None:
    signer, place = pki.signer("Aliyev A."), tmp_path / "signed.p7m"
    tracemalloc.start()
    with place.open("wb") as out:
        assert sign(zeros(LARGE, seekable=seekable)[1], signer, out=out) is None
    with place.open("rb") as file:
        passed = verdict(file, pki).indication.value
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert passed == "TOTAL-PASSED"
    assert held < 4 * MEGABYTE
    assert place.stat().st_size > LARGE


def test_a_changed_octet_in_a_large_document_is_found(pki: TestPKI) -> None:
    out = io.BytesIO()
    sign(io.BytesIO(bytes(2 * MEGABYTE)), pki.signer("Aliyev A."), out=out)
    out.getbuffer()[MEGABYTE] = 1
    out.seek(0)
    report = verdict(out, pki)
    assert (report.sub_indication, report.signatures[0].crypto) == (SubIndication.HASH_FAILURE, "invalid")


def test_attached_is_der_where_it_can_be(pki: TestPKI) -> None:
    signer = pki.signer("Aliyev A.")
    out = io.BytesIO()
    sign(io.BytesIO(DOCUMENT), signer, out=out)
    assert is_der(decode(out.getvalue()))
    assert is_der(decode(sign(pipe(DOCUMENT), signer)))
    streamed = io.BytesIO()
    sign(pipe(DOCUMENT), signer, out=streamed)
    assert not is_der(decode(streamed.getvalue()))
    for data in (out.getvalue(), streamed.getvalue()):
        assert SignedData.read(data).content == DOCUMENT
        assert verdict(data, pki).indication.value == "TOTAL-PASSED"


@pytest.mark.parametrize("kind", [pipe, Unseekable, io.BytesIO])
def test_what_cannot_be_read_twice_is_verified(pki: TestPKI, kind: Callable[[bytes], BinaryIO]) -> None:
    signer = pki.signer("Aliyev A.")
    detached, attached = sign(DOCUMENT, signer, detached=True), sign(DOCUMENT, signer)
    assert verdict(kind(attached), pki).indication.value == "TOTAL-PASSED"
    assert verdict(kind(detached), pki, document=kind(DOCUMENT)).indication.value == "TOTAL-PASSED"
    assert verdict(kind(detached), pki).sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert verdict(kind(detached), pki, document=kind(b"other")).sub_indication is SubIndication.HASH_FAILURE
    assert verdict(kind(to_pem(attached)), pki).indication.value == "TOTAL-PASSED"


def test_a_file_is_read_from_its_present_place(pki: TestPKI) -> None:
    signer = pki.signer("Aliyev A.")
    document, signature = io.BytesIO(b"ahead" + DOCUMENT), io.BytesIO()
    document.seek(5)
    sign(document, signer, out=signature)
    file = io.BytesIO(b"more ahead" + signature.getvalue())
    file.seek(10)
    assert verdict(file, pki).indication.value == "TOTAL-PASSED"


@pytest.mark.parametrize("octets", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"text"])
def test_a_file_that_is_no_signature_says_the_same_as_its_octets(pki: TestPKI, octets: bytes) -> None:
    at = pki.at
    assert verdict(io.BytesIO(octets), pki, at=at) == verdict(octets, pki, at=at)


def test_an_attached_document_must_be_the_one_that_is_given(pki: TestPKI) -> None:
    signature = sign(DOCUMENT, pki.signer("Aliyev A."))
    assert verdict(signature, pki, document=io.BytesIO(DOCUMENT)).indication.value == "TOTAL-PASSED"
    assert verdict(signature, pki, document=io.BytesIO(b"o")).sub_indication is SubIndication.HASH_FAILURE


def test_the_document_is_read_once_for_all_rounds(pki: TestPKI) -> None:
    signature = sign(bytes(MEGABYTE), pki.signer("Aliyev A."), detached=True)
    counted, document = zeros(MEGABYTE)
    asked: list[Need] = []

    def fetch(need: Need) -> bytes | None:
        asked.append(need)
        return None

    report = verify(signature, document=document, trust=pki.trust, fetch=fetch)
    assert report.indication.value == "INDETERMINATE"
    assert counted.octets == MEGABYTE


def test_attributes_and_content_type_are_signed_from_every_source(pki: TestPKI) -> None:
    signer, claims = pki.signer("Aliyev A."), Claims(roles=("mudir",))
    out, piped = io.BytesIO(), io.BytesIO()
    sign(io.BytesIO(DOCUMENT), signer, out=out, attributes=claims, content_type="1.2.3.4")
    sign(pipe(DOCUMENT), signer, out=piped, attributes=claims, content_type="1.2.3.4")
    several = (
        sign(DOCUMENT, signer, attributes=claims, content_type="1.2.3.4"),
        sign(io.BytesIO(DOCUMENT), signer, detached=True, attributes=claims, content_type="1.2.3.4"),
        out.getvalue(),
        piped.getvalue(),
    )
    for data in several:
        signed = SignedData.read(data)
        assert signed.content_type == "1.2.3.4"
        assert read_claims(signed.signer_infos[0]) == claims


def test_a_copy_goes_when_it_is_no_longer_needed() -> None:
    with sources.readable_twice(pipe(DOCUMENT)) as copy:
        assert (copy.read(), copy.seek(0), copy.read(3)) == (DOCUMENT, 0, DOCUMENT[:3])
    assert copy.closed
    own = io.BytesIO(DOCUMENT)
    with sources.readable_twice(own) as same:
        assert same is own
    assert not own.closed

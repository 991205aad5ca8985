"""Containers around files: documents of any size go through in parts, in and out."""

import io
from pathlib import Path
from typing import BinaryIO

import pytest

import esign
from esign import asic
from esign.asic.making import MAX_PACKAGE
from esign.asic.zipping import Package, Packed, Writer
from esign.content import Content
from esign.errors import LimitExceeded, MalformedInput
from tests.esign.asic import world
from tests.esign.asic.world import BORN, DAY, MADE, PASSED

SIZE = 9 << 20
NOW = BORN + 6 * DAY


class Watched(io.BytesIO):
    """A file that remembers the most that was read or written at once."""

    def __init__(self, octets: bytes = b"") -> None:
        super().__init__(octets)
        self.most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.most = max(self.most, len(found))
        return found

    def write(self, octets: bytes, /) -> int:  # type: ignore[override]
        self.most = max(self.most, len(memoryview(octets)))
        return super().write(octets)


def document() -> Watched:
    return Watched(b"0123456789abcdef" * (SIZE // 16))


def signs(source: "bytes | BinaryIO") -> bytes:
    made = esign.sign(source, world.signer(), detached=True, at=MADE)
    assert made is not None
    return made


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_a_large_document_is_signed_judged_and_raised_in_parts(form: asic.Form) -> None:
    source, out = document(), Watched()
    assert asic.make({"large.bin": source}, signs, at=MADE, container=form, out=out) == b""
    assert SIZE < out.seek(0, 2) < SIZE + (1 << 14)
    report = asic.verify(out, trust=world.pki().trust, at=NOW, material=world.lists(NOW))
    assert (report.indication, report.sub_indication) == PASSED
    at, better = BORN + 4 * DAY, Watched()
    for archive_manifest in (False, True):
        asic.augment(
            out,
            "B-LTA",
            tsa=world.tsa(at),
            at=at,
            trust=world.pki().trust,
            material=world.lists(at),
            archive_manifest=archive_manifest,
            out=better,
        )
    assert max(file.most for file in (source, out, better)) <= 1 << 20


def test_a_document_is_taken_from_its_present_place() -> None:
    for form in ("asic-e", "asic-s"):
        source = io.BytesIO(b"before the document")
        source.seek(7)
        made = asic.make({"a.txt": source}, signs, at=MADE, container=form)  # type: ignore[arg-type]
        assert world.files(made)["a.txt"] == b"the document"
        assert world.verdict(world.judge(made, NOW)) == PASSED


def test_files_and_octets_go_into_one_container() -> None:
    documents: dict[str, bytes | BinaryIO] = {"a.txt": b"a", "b.txt": io.BytesIO(b"b")}
    for form in ("asic-e", "asic-s"):
        made = asic.make(documents, signs, at=MADE, container=form)  # type: ignore[arg-type]
        assert world.verdict(world.judge(made, NOW)) == PASSED


def test_a_package_within_is_bounded() -> None:
    class Large(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return MAX_PACKAGE + 1 if whence == 2 else super().seek(offset, whence)

    documents: dict[str, bytes | BinaryIO] = {"a": Large(), "b": b"b"}
    with pytest.raises(LimitExceeded):
        asic.make(documents, signs, at=MADE, container="asic-s")


def test_a_container_in_a_file_is_read_by_the_front_door(tmp_path: Path) -> None:
    path = tmp_path / "c.asice"
    path.write_bytes(world.lasting())
    with path.open("rb") as file:
        report = esign.verify(file, trust=world.pki().trust, at=NOW)
    assert (report.indication, report.sub_indication) == PASSED


def test_what_is_copied_stays_as_it_was_packed() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    writer = Writer(first, MADE)
    writer.add("\u0436.txt", b"a" * 500)
    writer.close()
    package = Package.open(first.getvalue())
    copy = Writer(second, MADE)
    copy.add("\u0436.txt", Packed(package, "\u0436.txt"))
    copy.close()
    assert second.getvalue() == first.getvalue()


def test_a_file_whose_check_sum_does_not_hold_is_not_signed_for() -> None:
    made = world.signed().replace(b"a;b\r\n1;2", b"a;b\r\n1;3")
    assert made != world.signed()
    with pytest.raises(MalformedInput) as raised:
        asic.add_signature(made, world.signs("Karimov K."), at=MADE)
    assert raised.value.code == "container-malformed"
    report = world.judge(made, NOW)
    assert report.indication is world.Indication.TOTAL_FAILED


def test_content_of_a_container_can_be_read_again() -> None:
    found = asic.Container.open(world.signed())
    content = found.content("contract.txt")
    assert isinstance(content, Content)
    assert [b"".join(content.chunks()) for _ in range(2)] == [world.DOCUMENTS["contract.txt"]] * 2
    with pytest.raises(KeyError):
        found.content("other")


class Counted(io.BytesIO):
    """A file that counts what is read."""

    total = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.total += len(found)
        return found


def test_a_document_is_read_once_however_many_signatures_are_over_it() -> None:
    signature = signs(document())
    out = Counted()
    writer = Writer(out, MADE)
    writer.add("large.bin", document().getvalue(), stored=True)
    for number in range(20):
        writer.add(f"META-INF/signature{number}.p7s", signature)
    writer.close()
    report = asic.verify(out, trust=world.pki().trust, at=NOW, material=world.lists(NOW))
    assert (report.indication, len(report.signatures)) == (PASSED[0], 20)
    assert out.total < 2 * SIZE

"""The ZIP layer: what two readers could understand differently is refused, bombs before they are opened."""

import io
import random
import struct
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.asic.zipping import MAX_ENTRIES, Package, Writer
from esign.errors import EsignError, LimitExceeded, MalformedInput

AT = datetime(2026, 11, 23, 10, 30, 8, tzinfo=UTC)
FILES = {
    "mimetype": b"application/vnd.etsi.asic-e+zip",
    "report.pdf": b"%PDF-1.7 " + b"a report " * 300,
    "META-INF/signature.p7s": bytes(range(256)),
    "\u0445\u0430\u0442.txt": "\u0441\u0430\u043b\u043e\u043c".encode(),
}


def made(files: dict[str, bytes] | None = None) -> bytes:
    """A package by our writer."""
    out = io.BytesIO()
    writer = Writer(out, AT)
    for name, content in (files or FILES).items():
        writer.add(name, content, stored=name == "mimetype")
    writer.close()
    return out.getvalue()


def foreign(files: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package by the standard library."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in (files or FILES).items():
            package.writestr(name, content)
    return out.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    """Everything in a package as our reader sees it."""
    package = Package.open(data)
    return {name: package.octets(name, limit=1 << 26) for name in package.names}


def refused(data: bytes) -> MalformedInput:
    """How opening and reading it whole is refused."""
    with pytest.raises(MalformedInput) as raised:
        contents(data)
    return raised.value


# --- what is sound ---


def test_what_is_written_is_read_here_and_by_another_reader() -> None:
    data = made()
    assert contents(data) == FILES
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in package.namelist()} == FILES
        assert package.infolist()[0].date_time == (2026, 11, 23, 10, 30, 8)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_another_writer_made_is_read(method: int) -> None:
    assert contents(foreign(method=method)) == FILES


def test_an_entry_that_is_described_after_its_content_is_read() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, octets: bytes) -> int:  # type: ignore[override]
            self.data += octets
            return len(octets)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in FILES.items():
            package.writestr(name, content)
    assert contents(bytes(pipe.data)) == FILES


def test_folders_are_no_files() -> None:
    data = foreign({"META-INF/": b"", "a.txt": b"a"}, zipfile.ZIP_STORED)
    assert Package.open(data).names == ("a.txt",)


def test_the_comment_is_kept() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("a", b"a")
        package.comment = b"mimetype=application/vnd.etsi.asic-s+zip"
    assert Package.open(out.getvalue()).comment == b"mimetype=application/vnd.etsi.asic-s+zip"


def test_what_would_look_like_a_bomb_is_stored() -> None:
    zeros = bytes(1 << 21)
    data = made({"zeros": zeros})
    assert contents(data) == {"zeros": zeros}
    assert len(data) > len(zeros)


def test_large_content_is_stored_without_being_held() -> None:
    class Large:
        passes = 0

        def chunks(self) -> "io.Iterator[bytes]":  # type: ignore[name-defined]
            self.passes += 1
            return (bytes([n]) * (1 << 20) for n in range(20))

    out, large = io.BytesIO(), Large()
    writer = Writer(out, AT)
    writer.add("large", large)
    writer.close()
    assert large.passes == 2
    assert [len(c) for c in Package.open(out.getvalue()).chunks("large")] == [1 << 18] * 80


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=600)))
def test_any_files_survive(files: dict[str, bytes]) -> None:
    # A name that is also a folder of another's is two files for a file system, and not ours to judge.
    assert contents(made({"mimetype": b"x", **files})) == {"mimetype": b"x", **files}


# --- what is refused ---


def test_every_truncation_is_refused() -> None:
    data = made()
    for length in range(len(data)):
        refused(data[:length])


@pytest.mark.parametrize("where", ["before", "after"])
def test_octets_around_a_package_are_refused(where: str) -> None:
    data = b"MZ" + made() if where == "before" else made() + b"\0"
    assert refused(data).code == "container-malformed"


def test_no_change_of_one_octet_changes_a_content_unnoticed() -> None:
    data, random_ = made(), random.Random(7)  # noqa: S311 - repeatable
    for _ in range(1500):
        place = random_.randrange(len(data))
        changed = bytearray(data)
        changed[place] ^= 1 << random_.randrange(8)
        try:
            found = contents(bytes(changed))
        except EsignError:
            continue
        assert sorted(found.values()) == sorted(FILES.values())


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning):
        data = foreign_pair("a.txt", "a.txt")
    assert refused(data).values["found"] == "two files of one name"


@pytest.mark.parametrize("other", ["A.txt", "a.txt/"])
def test_names_that_a_file_system_takes_for_one_are_refused(other: str) -> None:
    assert refused(foreign_pair("a.txt", other)).values["found"] == "two files of one name"


def test_names_that_differ_only_in_composition_are_refused() -> None:
    assert refused(foreign_pair("\u00e9.txt", "e\u0301.txt")).values["found"] == "two files of one name"


def foreign_pair(one: str, other: str) -> bytes:
    """A package of the standard library with two entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(one, b"one")
        package.writestr(other, b"" if other.endswith("/") else b"other")
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["../a", "a/../b", "/a", "a//b", "./a", "a\\b", "c:/a", "a\nb", "\x7f", "a\x00b"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    placeholder = "x" * len(name)
    data = made({placeholder: b"a"}).replace(placeholder.encode(), name.encode())
    assert refused(data).values["found"] == "a file name that leads elsewhere"


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(made({"a": b"a"}))
    central = data.index(b"PK\1\2")
    data[6] |= 1
    data[central + 8] |= 1
    assert refused(bytes(data)).values["found"] == "an encrypted or unknown kind of entry"


def test_a_local_header_with_another_name_is_refused() -> None:
    data = made({"a.txt": b"a"})
    changed = data.replace(b"a.txt", b"b.txt", 1)
    assert refused(changed).values["found"] == "an entry that disagrees with the list of files"


def with_unicode_path(path: bytes, *, local: bool = True, listed: bool = True) -> bytes:
    """A package whose file `contract.txt` bears another name in the extra field 0x7075."""
    name, found = b"contract.txt", made({"contract.txt": b"a"})
    value = struct.pack("<BI", 1, zlib.crc32(name)) + path
    extra = struct.pack("<2H", 0x7075, len(value)) + value
    start, end = found.index(b"PK\1\2"), found.index(b"PK\5\6")
    head, entry, tail = bytearray(found[:start]), bytearray(found[start:end]), bytearray(found[end:])
    if local:
        head[28:30] = struct.pack("<H", len(extra))
        head[30 + len(name) : 30 + len(name)] = extra
    if listed:
        entry[30:32] = struct.pack("<H", len(extra))
        entry += extra
    tail[12:20] = struct.pack("<2I", len(entry), len(head))
    return bytes(head + entry + tail)


@pytest.mark.parametrize("place", ["local", "listed"])
def test_an_entry_that_others_know_by_another_name_is_refused(place: str) -> None:
    data = with_unicode_path(b"draft.txt", local=place == "local", listed=place == "listed")
    assert zipfile.ZipFile(io.BytesIO(data)).read("contract.txt") == b"a"
    assert refused(data).values["found"] == "an entry with two names"


def test_an_entry_that_repeats_its_name_is_read() -> None:
    assert contents(with_unicode_path(b"contract.txt")) == {"contract.txt": b"a"}


def test_an_entry_that_the_list_leaves_out_is_refused() -> None:
    whole = made({"a.txt": b"a", "b.txt": b"b"})
    one = made({"a.txt": b"a"})
    hidden = whole[: whole.index(b"PK\1\2")]
    listed = one[one.index(b"PK\1\2") :]
    place = struct.pack("<I", len(hidden))
    end = listed.index(b"PK\5\6")
    joined = hidden + listed[: end + 16] + place + listed[end + 20 :]
    assert refused(joined).values["found"] == "octets before the list of files"


def test_another_method_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as package:
        package.writestr("a", b"a" * 100)
    assert refused(out.getvalue()).values["found"] == "a method other than stored and deflated"


def test_a_package_in_several_parts_is_refused() -> None:
    data = bytearray(made())
    data[data.rindex(b"PK\5\6") + 4] = 1
    assert refused(bytes(data)).values["found"] == "a package in several parts or over 4 GiB"


def test_content_with_another_check_sum_is_refused() -> None:
    data = made({"a": b"content"}).replace(b"content", b"cOntent")
    assert refused(data).values["found"] == "content that is not what was declared"


def packed(deflated: bytes, *, crc: int, size: int) -> bytes:
    """A package of one deflated entry, with what is declared about it."""
    told = struct.pack("<5H3I2H", 20, 0, 8, 0, 0, crc, len(deflated), size, 1, 0)
    local = b"PK\3\4" + told + b"a" + deflated
    central = b"PK\1\2" + struct.pack("<H", 20) + told + struct.pack("<3H2I", 0, 0, 0, 0, 0) + b"a"
    return local + central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)


def raw_deflate(content: bytes) -> bytes:
    """A raw deflate stream."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(content) + deflater.flush()


def test_a_stream_that_holds_more_than_declared_is_cut_off() -> None:
    content = bytes(1 << 24)
    data = packed(raw_deflate(content), crc=zlib.crc32(content), size=1000)
    assert refused(data).code == "container-malformed"


@pytest.mark.parametrize("change", ["short", "broken", "longer"])
def test_a_stream_that_is_not_whole_is_refused(change: str) -> None:
    content = b"a document " * 50
    stream = raw_deflate(content)
    changed = {"short": stream[:-3], "broken": b"\xff" * len(stream), "longer": stream + b"\0\0"}[change]
    assert refused(packed(changed, crc=zlib.crc32(content), size=len(content))).code == "container-malformed"


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    content = bytes(10 << 20)
    with pytest.raises(LimitExceeded):
        Package.open(packed(raw_deflate(content), crc=zlib.crc32(content), size=len(content)))


def test_a_declared_size_beyond_the_limit_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        Package.open(packed(b"\3\0", crc=0, size=0xFFFFFFFE))


def test_too_many_entries_are_refused() -> None:
    data = bytearray(made())
    place = data.rindex(b"PK\5\6")
    data[place + 8 : place + 12] = struct.pack("<HH", MAX_ENTRIES + 1, MAX_ENTRIES + 1)
    with pytest.raises(LimitExceeded):
        Package.open(bytes(data))


def test_a_limit_on_one_file_binds() -> None:
    with pytest.raises(LimitExceeded):
        Package.open(made()).octets("report.pdf", limit=100)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyError):
        Package.open(made()).octets("other", limit=10)


@given(st.binary(max_size=300))
def test_any_octets_are_refused_by_our_errors(data: bytes) -> None:
    refused(b"PK\3\4" + data)

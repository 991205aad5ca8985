"""Envelopes over files of any size at the front door: what is read, kept, written, and when."""

import io
import sys
import tracemalloc
from pathlib import Path
from typing import BinaryIO, Final, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from esign import der
from esign.api.envelopes import DISCARD, MAX_IN_MEMORY, READ_WHOLE, decrypt, encrypt
from esign.ciphers import AES256_GCM
from esign.cms import DATA, to_pem
from esign.envelope import AUTHENTICATED_CIPHERS
from esign.envelope.content import MAX_UNDER_GCM, new_encryption
from esign.enveloped import Frame, RecipientKind
from esign.errors import DecryptionFailed, EsignError, LimitExceeded, UnsupportedAlgorithm
from tests.esign.people import recipient
from tests.esign.test_api_files import LARGE, MEGABYTE, Unseekable, pipe, zeros
from tests.esign.test_envelope import pkcs1
from tests.peers import require, run

HOLDER = recipient("p-256")
KEYS = [HOLDER.decryptor]
LONG = bytes(range(256)) * ((READ_WHOLE + MEGABYTE) // 256) + b"and more"
CIPHERS = ["aes-256-gcm", "aes-256-cbc"]
MOST_MIB: Final = 64
_HUGE_MIB: Final = 512


def sealed(content: bytes | BinaryIO, cipher: str = "aes-256-gcm") -> bytes:
    out = io.BytesIO()
    assert encrypt(content, [HOLDER.certificate], cipher=cipher, out=out) is None
    return out.getvalue()


class Untouched(io.RawIOBase):
    """A file that must not be written to."""

    def write(self, octets: object, /) -> int:
        raise AssertionError("something was released")


class Little(io.RawIOBase):
    """A file that takes a thousand octets at once."""

    def __init__(self) -> None:
        self.octets = b""

    def write(self, octets: object, /) -> int:
        taken = bytes(cast("bytes", octets))[:1000]
        self.octets += taken
        return len(taken)


def with_keys(folder: Path) -> Path:
    """The folder, with the key and the certificate of the holder in it."""
    pem = HOLDER.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "certificate.pem").write_bytes(HOLDER.certificate.pem)
    return folder


# --- made ---


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_file_makes_the_envelope_that_its_octets_make(cipher: str) -> None:
    file = io.BytesIO(b"ahead" + LONG)
    file.seek(5)
    for source in (LONG, file):
        data = sealed(source, cipher)
        assert der.is_der(der.decode(data))
        assert decrypt(data, KEYS).content == LONG


@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_cannot_be_sought_in_makes_ber(cipher: str) -> None:
    for source in (pipe(LONG), Unseekable(LONG)):
        data = sealed(source, cipher)
        assert der.decode(data).indefinite
        assert decrypt(data, KEYS).content == LONG


def test_without_out_the_envelope_is_returned() -> None:
    data = encrypt(pipe(LONG), [HOLDER.certificate])
    assert der.is_der(der.decode(data))
    assert decrypt(data, KEYS).content == LONG


def test_a_file_is_read_once_to_be_encrypted() -> None:
    counted, file = zeros(LARGE)
    sealed(file)
    assert counted.octets == LARGE


def test_a_file_over_the_limit_of_gcm_is_refused_unread() -> None:
    counted, file = zeros(MAX_UNDER_GCM + 1)
    with pytest.raises(LimitExceeded) as refused:
        encrypt(file, [HOLDER.certificate], out=cast("BinaryIO", Untouched()))
    assert (refused.value.code, counted.octets) == ("content-over-cipher", 0)


# --- opened ---


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("size", [0, 5, READ_WHOLE + 1, len(LONG)])
def test_with_out_the_content_is_there_only(cipher: str, size: int) -> None:
    for data in (sealed(LONG[:size], cipher), sealed(pipe(LONG[:size]), cipher)):
        for source in (data, io.BytesIO(data), pipe(data)):
            out = io.BytesIO()
            opened = decrypt(source, KEYS, out=out)
            assert (opened.content, opened.written, out.getvalue() == LONG[:size]) == (b"", size, True)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_without_out_a_file_opens_in_memory(cipher: str) -> None:
    data = sealed(LONG, cipher)
    for source in (io.BytesIO(data), pipe(data)):
        opened = decrypt(source, KEYS)
        assert (opened.content == LONG, opened.written) == (True, None)
        assert opened.recipient.kind is RecipientKind.KEY_AGREEMENT


def test_a_file_is_read_from_its_present_place() -> None:
    file = io.BytesIO(b"ahead" + sealed(LONG))
    file.seek(5)
    assert decrypt(file, KEYS).content == LONG


def test_pem_in_a_file_opens() -> None:
    out = io.BytesIO()
    assert decrypt(io.BytesIO(to_pem(sealed(LONG))), KEYS, out=out).written == len(LONG)
    assert out.getvalue() == LONG


def test_pem_is_not_held_either(tmp_path: Path) -> None:
    place = tmp_path / "sealed.pem"
    place.write_bytes(to_pem(encrypt(bytes(8 * MEGABYTE), [HOLDER.certificate])))
    tracemalloc.start()
    with place.open("rb") as file:
        assert decrypt(file, KEYS, out=DISCARD).written == 8 * MEGABYTE
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 3 * MEGABYTE


@pytest.mark.parametrize("place", [0, 5000, -1], ids=["first", "middle", "tag"])
@pytest.mark.parametrize("piped", [False, True])
def test_nothing_is_written_of_a_changed_envelope(place: int, piped: bool) -> None:
    data = bytearray(sealed(LONG))
    data[len(data) - len(LONG) - 18 + place if place >= 0 else place] ^= 1
    source = pipe(bytes(data)) if piped else io.BytesIO(data)
    with pytest.raises(DecryptionFailed) as refused:
        decrypt(source, KEYS, out=cast("BinaryIO", Untouched()))
    assert refused.value.code == "decryption-failed"


@pytest.mark.parametrize("length", [1, 100, READ_WHOLE + 1, len(LONG), -1])
def test_nothing_is_written_of_an_envelope_cut_short(length: int) -> None:
    for data in (sealed(LONG), sealed(pipe(LONG))):
        with pytest.raises(EsignError) as refused:
            decrypt(io.BytesIO(data[:length]), KEYS, out=cast("BinaryIO", Untouched()))
        assert refused.value.code == "malformed-input"


def test_the_unsafe_release_writes_before_it_fails() -> None:
    data = sealed(LONG)
    changed = io.BytesIO(data[:-1] + bytes((data[-1] ^ 1,)))
    out = io.BytesIO()
    with pytest.raises(DecryptionFailed):
        decrypt(changed, KEYS, out=out, unsafe_release_unverified=True)
    assert out.getvalue() == LONG


def test_the_unsafe_release_changes_nothing_where_nothing_is_released() -> None:
    data = sealed(LONG)
    for out in (None, DISCARD):
        changed = io.BytesIO(data[:-1] + bytes((data[-1] ^ 1,)))
        with pytest.raises(DecryptionFailed):
            decrypt(changed, KEYS, out=out, unsafe_release_unverified=True)


@pytest.mark.parametrize("size", [5, len(LONG)])
def test_discarding_tells_only_whether_it_opens(size: int) -> None:
    data = sealed(LONG[:size])
    opened = decrypt(io.BytesIO(data), KEYS, out=DISCARD)
    assert (opened.content, opened.written, opened.authenticated) == (b"", size, True)
    with pytest.raises(DecryptionFailed):
        decrypt(io.BytesIO(data[:-1] + bytes((data[-1] ^ 1,))), KEYS, out=DISCARD)


def test_discarding_takes_what_it_is_given() -> None:
    assert DISCARD.writable()
    assert DISCARD.write(b"letter") == 6


def test_cbc_is_kept_out_of_files_too() -> None:
    with pytest.raises(UnsupportedAlgorithm) as refused:
        decrypt(io.BytesIO(sealed(LONG, "aes-256-cbc")), KEYS, accepted=AUTHENTICATED_CIPHERS)
    assert refused.value.code == "cipher-not-accepted"


def test_a_file_that_takes_little_at_once_gets_all() -> None:
    made, opened = Little(), Little()
    encrypt(io.BytesIO(LONG[:300_000]), [HOLDER.certificate], out=cast("BinaryIO", made))
    decrypt(io.BytesIO(made.octets), KEYS, out=cast("BinaryIO", opened))
    assert opened.octets == LONG[:300_000]


class Sparse(io.RawIOBase):
    """A file that begins and ends with some octets, and holds zeros between."""

    def __init__(self, before: bytes, zeros: int, after: bytes) -> None:
        self.before, self.after, self.at = before, after, 0
        self.stop = len(before) + zeros
        self.size = self.stop + len(after)

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size: int = -1, /) -> bytes:
        stop = self.size if size < 0 else min(self.size, self.at + size)
        found = self.before[self.at : stop]
        found += bytes(max(0, min(stop, self.stop) - self.at - len(found)))
        if stop > self.stop:
            found += self.after[max(0, self.at - self.stop) : stop - self.stop]
        self.at = max(self.at, stop)
        return found


def sparse(size: int) -> BinaryIO:
    """An envelope for an RSA key, whose content is zeros and its tag as well."""
    encryption, _ = new_encryption(AES256_GCM, derived=False)
    infos = [pkcs1(recipient("rsa-2048"), bytes(32))]
    frame = Frame.around(size, infos, encryption, content_type=DATA, attributes=b"", tag=16)
    return cast("BinaryIO", Sparse(frame.before, size, frame.after + bytes(16) + frame.end))


def test_content_over_what_is_kept_in_memory_asks_for_out() -> None:
    with pytest.raises(LimitExceeded) as refused:
        decrypt(sparse(MAX_IN_MEMORY + 1), [recipient("rsa-2048").decryptor])
    assert refused.value.code == "content-over-memory"
    assert refused.value.message.endswith("let it be written to a file, out")
    assert refused.value.values["limit"] == str(1 << 26)


def test_content_that_fits_into_memory_is_judged() -> None:
    with pytest.raises(DecryptionFailed):
        decrypt(sparse(MAX_IN_MEMORY), [recipient("rsa-2048").decryptor])


def test_an_envelope_over_the_limit_of_gcm_is_refused_unread() -> None:
    with pytest.raises(LimitExceeded) as refused:
        decrypt(sparse(MAX_UNDER_GCM + 1), [recipient("rsa-2048").decryptor], out=DISCARD)
    assert refused.value.code == "content-over-cipher"


# --- memory ---


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("seekable", [True, False], ids=["der", "ber"])
def test_a_large_file_is_sealed_and_opened_without_being_held(
    tmp_path: Path, cipher: str, seekable: bool
) -> None:
    place = tmp_path / "sealed"
    tracemalloc.start()
    with place.open("wb") as out:
        encrypt(zeros(LARGE, seekable=seekable)[1], [HOLDER.certificate], cipher=cipher, out=out)
    with place.open("rb") as file, (tmp_path / "opened").open("wb") as out:
        opened = decrypt(file, KEYS, out=out)
    with place.open("rb") as file, (tmp_path / "piped").open("wb") as out:
        decrypt(pipe_of(file), KEYS, out=out)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert opened.written == LARGE
    assert (tmp_path / "opened").stat().st_size == (tmp_path / "piped").stat().st_size == LARGE
    assert held < 2 * MEGABYTE


class _Pipe:
    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read


def pipe_of(file: BinaryIO) -> BinaryIO:
    """A file that has no other act than to be read."""
    return cast("BinaryIO", _Pipe(file))


_WATCH = """
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
_ACT = """
import os, sys
from esign import Certificate, Decryptor, decrypt, encrypt
os.chdir(sys.argv[1])
pem, certificate = open("key.pem", "rb").read(), open("certificate.pem", "rb").read()
with open("plain", "rb") as source, open("sealed", "wb") as out:
    encrypt(source, [Certificate.load(certificate)], out=out)
with open("sealed", "rb") as source, open(os.devnull, "wb") as out:
    print(decrypt(source, [Decryptor.from_pem(pem, certificate)], out=out).written)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a process in KiB")
def test_half_a_gibibyte_is_sealed_and_opened_within_64_mib(tmp_path: Path) -> None:
    with_keys(tmp_path)
    with (tmp_path / "plain").open("wb") as file:
        file.truncate(_HUGE_MIB * MEGABYTE)
    # A small process starts it: the peak of a new one begins with that of the process that it comes from.
    act = [sys.executable, "-c", _ACT, str(tmp_path)]
    done = run([sys.executable, "-I", "-S", "-c", _WATCH, *act])
    assert done.returncode == 0, done.stderr
    written, peak = map(int, done.stdout.split())
    assert written == _HUGE_MIB * MEGABYTE
    assert peak <= MOST_MIB * 1024


# --- OpenSSL ---


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its certificate as OpenSSL reads them, and a long document."""
    place = with_keys(tmp_path_factory.mktemp("envelopes"))
    (place / "document").write_bytes(LONG)
    return place


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("seekable", [True, False], ids=["der", "ber"])
def test_openssl_opens_what_was_made_in_a_stream(folder: Path, cipher: str, seekable: bool) -> None:
    openssl = require("openssl")
    with (folder / "document").open("rb") as file, (folder / "ours").open("wb") as out:
        encrypt(file if seekable else pipe_of(file), [HOLDER.certificate], cipher=cipher, out=out)
    words = "cms -decrypt -binary -inform DER -in ours -recip certificate.pem -inkey key.pem -out theirs"
    done = run([openssl, *words.split()], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "theirs").read_bytes() == LONG


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("stream", [True, False])
def test_what_openssl_makes_opens_from_a_file(folder: Path, cipher: str, stream: bool) -> None:
    openssl = require("openssl")
    words = f"cms -encrypt -binary -{cipher} -in document -outform DER -out made certificate.pem"
    options = words.replace("-binary", "-binary -stream") if stream else words
    done = run([openssl, *options.split()], cwd=folder)
    assert done.returncode == 0, done.stderr
    out = io.BytesIO()
    with (folder / "made").open("rb") as file:
        assert decrypt(file, KEYS, out=out).written == len(LONG)
    assert out.getvalue() == LONG

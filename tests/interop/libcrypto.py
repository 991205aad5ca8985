"""A newer OpenSSL than the program's, as the library that the PostgreSQL driver brings, by its C interface.

A process of its own, so that a mistake of ours in C ends no test run. Questions on standard input, one a
line, fields parted by tabs: an act, a name, the file to judge, the file that it covers (`-` when it stands
inside). Files are in the folder of the first argument, which holds the anchor, root.pem. Answer: the name,
and `good` or why not.
"""

import ctypes
import importlib.util
import sys
from ctypes import c_char_p, c_int, c_long, c_size_t, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any

BINARY = 0x80
"""CMS_BINARY: content is taken as it is."""
PARTIAL = 0x4000
"""CMS_PARTIAL: signers are added afterwards."""
ANY_PURPOSE = 7
"""X509_PURPOSE_ANY."""


class Library:
    """The functions that are called, with their types; octets handed over are kept until the end."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("psycopg_binary")
        if found is None or found.origin is None:
            raise SystemExit("psycopg_binary is not installed")
        libraries = Path(found.origin).parent.parent / "psycopg_binary.libs"
        self._c = ctypes.CDLL(str(next(libraries.glob("libcrypto-*.so*"))))
        self._kept: list[bytes] = []
        pointer = c_void_p
        self._type("OpenSSL_version", c_char_p, c_int)
        self._type("ERR_get_error", c_ulong)
        self._type("ERR_error_string_n", None, c_ulong, c_char_p, c_size_t)
        self._type("BIO_new_mem_buf", pointer, c_char_p, c_int)
        self._type("BIO_s_mem", pointer)
        self._type("BIO_new", pointer, pointer)
        self._type("BIO_ctrl", c_long, pointer, c_int, c_long, pointer)
        self._type("PEM_read_bio_X509", pointer, pointer, pointer, pointer, pointer)
        self._type("PEM_read_bio_PrivateKey", pointer, pointer, pointer, pointer, pointer)
        self._type("X509_STORE_new", pointer)
        self._type("X509_STORE_add_cert", c_int, pointer, pointer)
        self._type("X509_STORE_set_purpose", c_int, pointer, c_int)
        self._type("d2i_CMS_bio", pointer, pointer, pointer)
        self._type("i2d_CMS_bio", c_int, pointer, pointer)
        self._type("CMS_verify", c_int, pointer, pointer, pointer, pointer, pointer, c_uint)
        self._type("CMS_sign", pointer, pointer, pointer, pointer, pointer, c_uint)
        self._type("CMS_add1_signer", pointer, pointer, pointer, pointer, pointer, c_uint)
        self._type("CMS_final", c_int, pointer, pointer, pointer, c_uint)
        self._type("EVP_get_digestbyname", pointer, c_char_p)

    def _type(self, name: str, result: Any, *arguments: Any) -> None:
        function = getattr(self._c, name)
        function.restype, function.argtypes = result, arguments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._c, name)

    def memory(self, octets: bytes) -> Any:
        """A BIO over `octets`."""
        self._kept.append(octets)
        return self._c.BIO_new_mem_buf(octets, len(octets))

    def sink(self) -> Any:
        """A BIO that takes what is written."""
        return self._c.BIO_new(self._c.BIO_s_mem())

    def taken(self, sink: Any) -> bytes:
        """What a `sink` has taken."""
        place = c_void_p()
        size = self._c.BIO_ctrl(sink, 3, 0, ctypes.byref(place))
        return ctypes.string_at(place, size) if size else b""

    def certificate(self, pem: bytes) -> Any:
        """An X509 from PEM."""
        return self._c.PEM_read_bio_X509(self.memory(pem), None, None, None)

    def key(self, pem: bytes) -> Any:
        """An EVP_PKEY from PEM."""
        return self._c.PEM_read_bio_PrivateKey(self.memory(pem), None, None, None)

    def errors(self) -> str:
        """What went wrong since the last time."""
        words = []
        while number := self._c.ERR_get_error():
            text = ctypes.create_string_buffer(256)
            self._c.ERR_error_string_n(number, text, len(text))
            words.append(text.value.decode())
        return "; ".join(words) or "no reason given"


def verify(library: Library, root: bytes, signed: bytes, content: bytes | None) -> str:
    """`good`, or why `CMS_verify` refuses."""
    store = library.X509_STORE_new()
    library.X509_STORE_add_cert(store, library.certificate(root))
    library.X509_STORE_set_purpose(store, ANY_PURPOSE)
    message = library.d2i_CMS_bio(library.memory(signed), None)
    if not message:
        return library.errors()
    data = None if content is None else library.memory(content)
    good = library.CMS_verify(message, None, store, data, library.sink(), BINARY)
    return "good" if good == 1 else library.errors()


def sign(library: Library, certificate: bytes, key: bytes, content: bytes) -> bytes:
    """`CMS_sign`, attached, DER, with SHA-512 over the content.

    Raises:
        ValueError: it refuses.
    """
    signer, private = library.certificate(certificate), library.key(key)
    message = library.CMS_sign(None, None, None, None, BINARY | PARTIAL)
    by = library.EVP_get_digestbyname(b"SHA512")
    added = library.CMS_add1_signer(message, signer, private, by, BINARY)
    if not added or not library.CMS_final(message, library.memory(content), None, BINARY):
        raise ValueError(library.errors())
    sink = library.sink()
    library.i2d_CMS_bio(sink, message)
    return library.taken(sink)


def main(folder: Path) -> None:
    """Answer each line."""
    library = Library()
    for line in sys.stdin.read().splitlines():
        act, name, judged, covered = line.split("\t")
        first = (folder / judged).read_bytes()
        second = None if covered == "-" else (folder / covered).read_bytes()
        if act == "version":
            said = library.OpenSSL_version(0).decode()
        elif act == "sign":
            certificate, key = (folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes()
            made = sign(library, certificate, key, first)
            (folder / f"{name}.theirs").write_bytes(made)
            said = "good"
        else:
            said = verify(library, (folder / "root.pem").read_bytes(), first, second)
        print(name, said, sep="\t")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

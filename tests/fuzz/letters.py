"""A mutator that knows messages: header fields, boundaries, encodings, parts, and the CMS in their base64."""

import base64
import binascii
import random
import re
from collections.abc import Callable
from typing import Final

from tests.fuzz import mutator

_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/]{40,76}\r\n)+[A-Za-z0-9+/]*={0,2}(?=\r\n)")
_FIELD: Final = re.compile(rb"^[A-Za-z0-9-]+:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n", re.MULTILINE)
_LINE: Final = re.compile(rb"[^\r\n]*\r\n")
_BOUNDARY: Final = re.compile(rb"^--[^\r\n]+\r\n", re.MULTILINE)
_WORD: Final = re.compile(rb"[\w.@=/+-]{2,40}")
_FIELDS: Final = (
    *(b"Content-Type: text/html; charset=utf-8", b"Content-Type: message/rfc822"),
    *(
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/signed; boundary="b"; micalg=x',
    ),
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data",
    b'Content-Type: text/plain; charset="us-ascii"; hp="cipher"; hp-legacy-display="1"',
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable"),
    *(b"Content-Transfer-Encoding: binary", b"From: b@agency.uz", b"Sender: c@agency.uz"),
    b"From: =?utf-8?q?a=2Ealiyev=40agency=2Euz?= <b@agency.uz>, a.aliyev@agency.uz",
    *(b"HP-Outer: Subject: [...]", b"HP-Outer: From: b@agency.uz", b"Subject: another", b"MIME-Version: 1.0"),
    *(b"Date: Mon, 23 Nov 2026 12:00:00 +0500", b"Content-Disposition: attachment; filename*=utf-8''%00"),
    *(b"Content-ID: <a@b>", b"Reply-To: d@agency.uz", b"Disposition-Notification-To: e@agency.uz"),
)
_WORDS: Final = (
    *(b"multipart/mixed", b"multipart/signed", b"multipart/alternative", b"message/rfc822", b"text/html"),
    *(b"application/pkcs7-mime", b"application/x-pkcs7-mime", b"application/pkcs7-signature", b"base64"),
    *(b"signed-data", b"enveloped-data", b"authEnveloped-data", b"compressed-data", b"certs-only", b"7bit"),
    *(b"utf-8", b"utf-7", b"us-ascii", b"utf-16", b"b", b"sha-256", b"boundary=b", b"charset=x", b"a@b@c"),
)

_MIXED: Final = (
    b"From: a.aliyev@agency.uz\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n"
)

Change = Callable[[random.Random, bytes, bytes], bytes]


def _in_cms(r: random.Random, data: bytes, other: bytes) -> bytes:
    """One block of base64, decoded, changed as TLV, and encoded again."""
    found = list(_BASE64.finditer(data))
    if not found:
        return _swap_words(r, data, other)
    block, lent = r.choice(found), r.choice(list(_BASE64.finditer(other)) or found)
    octets = _decoded(block[0])
    changed = mutator.mutate(octets, r.randrange(1 << 30), limit=1 << 15, other=_decoded(lent[0]))
    return data if changed is None else _replaced(data, block, _encoded(changed))


def _decoded(block: bytes) -> bytes:
    try:
        return base64.b64decode(block, validate=False)
    except binascii.Error:
        return b""


def _encoded(octets: bytes) -> bytes:
    text = base64.b64encode(octets)
    return b"\r\n".join(text[n : n + 64] for n in range(0, len(text), 64))


def _replaced(data: bytes, match: "re.Match[bytes]", octets: bytes) -> bytes:
    return data[: match.start()] + octets + data[match.end() :]


def _one(r: random.Random, pattern: "re.Pattern[bytes]", data: bytes) -> "re.Match[bytes] | None":
    found = list(pattern.finditer(data))
    return r.choice(found) if found else None


def _field(r: random.Random, data: bytes, other: bytes) -> bytes:
    """A header field dropped, doubled, exchanged or put in."""
    match = _one(r, _FIELD, data)
    if match is None:
        return data
    lent = _one(r, _FIELD, other)
    fresh = r.choice(_FIELDS) + b"\r\n" if lent is None or r.random() < 0.6 else lent[0]
    return _replaced(data, match, r.choice((b"", match[0] * 2, fresh, match[0] + fresh, fresh + match[0])))


def _swap_words(r: random.Random, data: bytes, other: bytes) -> bytes:
    """A word of one field exchanged."""
    match = _one(r, _FIELD, data)
    word = None if match is None else _one(r, _WORD, match[0])
    if match is None or word is None:
        return data
    return _replaced(data, match, _replaced(match[0], word, r.choice(_WORDS)))


def _line(r: random.Random, data: bytes, other: bytes) -> bytes:
    """A line dropped, doubled, or with another end."""
    match = _one(r, _LINE, data)
    if match is None:
        return data
    bare = match[0][:-2]
    fresh = (
        b"",
        match[0] * 2,
        bare + b"\n",
        bare + b"\r",
        bare + b" \r\n",
        b" " + match[0],
        b"\r\n" + match[0],
    )
    return _replaced(data, match, r.choice(fresh))


def _delimiter(r: random.Random, data: bytes, other: bytes) -> bytes:
    """A boundary dropped, closed, doubled, or with a part before it."""
    match = _one(r, _BOUNDARY, data)
    if match is None:
        return _line(r, data, other)
    bare = match[0][:-2]
    part = match[0] + r.choice(_FIELDS) + b"\r\n\r\nfrom elsewhere\r\n" + match[0]
    return _replaced(data, match, r.choice((b"", bare + b"--\r\n", match[0] * 2, part, bare + b" \t\r\n")))


def _wrap(r: random.Random, data: bytes, other: bytes) -> bytes:
    """The whole as one part of several, beside text of somebody else."""
    parts = [data, b"Content-Type: text/plain\r\n\r\nfrom elsewhere\r\n", other]
    r.shuffle(parts)
    head = (
        b"From: a.aliyev@agency.uz\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n"
    )
    return head + b"".join(b"--zz\r\n" + part + b"\r\n" for part in parts[: r.randint(1, 3)]) + b"--zz--\r\n"


def _after(r: random.Random, data: bytes, other: bytes) -> bytes:
    """Text before or behind."""
    return (
        data + r.choice((b"footer\r\n", b"\0", b"\x80\r\n", other))
        if r.random() < 0.7
        else other[:200] + data
    )


_CHANGES: Final[tuple[Change, ...]] = (
    *(_in_cms, _in_cms, _in_cms, _field, _field, _swap_words, _swap_words),
    *(_line, _delimiter, _wrap, _after),
)


def mutate(data: bytes, seed: int, *, limit: int, other: bytes = b"") -> bytes | None:
    """`data` with one to three changes, at most `limit` octets; None when it is no message.

    The same arguments give the same octets.
    """
    if b":" not in data[:200]:
        return None
    r = random.Random(seed)  # noqa: S311 - repeatable, nothing secret
    changed = data
    for _ in range(r.randint(1, 3)):
        changed = r.choice(_CHANGES)(r, changed, other or data)
    return changed if len(changed) <= limit else None

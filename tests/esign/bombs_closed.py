"""Envelopes made to cost more than they are worth: what a reader is asked to try before anything opens."""

from typing import Final

from esign import envelope, smime
from esign.envelope import Recipient
from esign.errors import EsignError
from esign.keys import KeyEncryptionKey, OpeningKey, Password
from tests.esign.bombs import MANY
from tests.fuzz import mutator, world

_HEAD: Final = b"From: a.aliyev@agency.uz\r\nTo: b@agency.uz\r\nSubject: x\r\n"
_WRONG: Final = (Password("wrong"), KeyEncryptionKey(bytes(range(32)), b"shared"))


def _several(recipient: Recipient, count: int) -> bytes:
    """An envelope that names one recipient so many times."""
    (root, *_) = mutator.parse(envelope.encrypt(world.DOCUMENT, [recipient])) or [mutator.Node(b"\x05")]
    content = (root.children or [])[1].children or []
    infos = next(one for one in content[0].children or [] if one.tag == b"\x31")
    infos.children = (infos.children or []) * count
    return root.encode()


def passwords() -> bytes:
    """10,000 recipients by password."""
    return _several(Password("another", iterations=1_000), MANY)


def slow_passwords() -> bytes:
    """Six recipients by password, with a million iterations each."""
    return _several(Password("another", iterations=1_000_000), 6)


def shared_keys() -> bytes:
    """10,000 recipients by a key that both sides hold, which has the same name and is another one."""
    return _several(KeyEncryptionKey(bytes(32), b"shared"), MANY)


def recipients() -> bytes:
    """10,001 recipients: one more than are read."""
    return _several(KeyEncryptionKey(bytes(32), b"shared"), MANY + 1)


def compressed_letter() -> bytes:
    """64 MiB of one letter in a compressed part."""
    text = b"Content-Type: text/plain\r\n\r\n" + (b"x" * 70 + b"\r\n") * ((1 << 26) // 72)
    return smime.message(_HEAD, smime.compress(text))


def nested_envelopes() -> bytes:
    """An envelope in an envelope, ten deep, all for one recipient."""
    inner = b"Content-Type: text/plain\r\n\r\nhello\r\n"
    for _ in range(10):
        inner = smime.encrypt(inner, [world.person().certificate])
    return smime.message(_HEAD, inner)


def open_with_wrong_keys(data: bytes) -> str:
    """What comes of opening it."""
    return _opened(data, _WRONG)


def _opened(data: bytes, keys: tuple[OpeningKey, ...]) -> str:
    try:
        envelope.decrypt(data, keys)
    except EsignError as e:
        return e.code
    return "opened"

"""The mechanisms of AUTH: from the lines of a dialogue to a name and a password, judged by nobody here.

RFC 4954 for the dialogue, RFC 4616 for PLAIN; LOGIN as mail programs use it.
"""

import binascii
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from exat.smtp.replies import Reply, reply

MECHANISMS: Final = ("LOGIN", "PLAIN")
"""What is offered, only under TLS."""

Credentials = tuple[str, str]
"""Name and password as the peer gave them."""
Ask = Callable[[Reply], Awaitable[bytes]]
"""Says a challenge and gives the line that answers it, without CRLF."""


async def read_credentials(argument: bytes, ask: Ask) -> Credentials | Reply:
    """The credentials that AUTH with `argument` brings, or the refusal; `ask` carries the challenges.

    Mechanism names are compared without case (RFC 4422 §3.1).
    """
    mechanism, _, initial = argument.partition(b" ")
    read = _READERS.get(mechanism.upper())
    return await read(initial, ask) if read else reply("auth-mechanism-unknown")


async def _plain(initial: bytes, ask: Ask) -> Credentials | Reply:
    """Read RFC 4616 §2; another authorization identity than the login's own is refused."""
    answered = initial or await ask(_challenge(""))
    if answered == b"*":
        return reply("auth-cancelled")
    try:
        authority, name, password = _decoded(answered).split("\0")
    except ValueError:
        return reply("auth-malformed")
    return (name, password) if authority in ("", name) else reply("auth-failed")


async def _login(initial: bytes, ask: Ask) -> Credentials | Reply:
    answers: list[str] = []
    for words in ("Username:", "Password:"):
        answered = initial if initial and not answers else await ask(_challenge(words))
        if answered == b"*":
            return reply("auth-cancelled")
        try:
            answers.append(_decoded(answered))
        except ValueError:
            return reply("auth-malformed")
    return answers[0], answers[1]


def _challenge(words: str) -> Reply:
    return reply("auth-continue", challenge=b64encode(words.encode()).decode())


def _decoded(octets: bytes) -> str:
    return binascii.a2b_base64(octets, strict_mode=True).decode()


_READERS: Final[Mapping[bytes, Callable[[bytes, Ask], Awaitable[Credentials | Reply]]]] = {
    b"PLAIN": _plain,
    b"LOGIN": _login,
}

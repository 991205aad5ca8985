"""Password verifiers: scrypt (RFC 7914), salted, compared in constant time. They cost 16 MiB and some 50 ms.

The form is `scrypt$n$r$p$salt$hash`, salt and hash in base64: what a verifier was made with stands in it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from exat.errors import ConfigurationError

MINIMUM: Final = 8
"""Characters of a new password."""
_COST: Final = (1 << 14, 8, 1)
_SALT_OCTETS: Final = 16
_HASH_OCTETS: Final = 32


def make_verifier(password: str) -> str:
    """The verifier of a new password.

    Raises:
        ConfigurationError: `password-too-short`.
    """
    if len(password) < MINIMUM:
        raise ConfigurationError(
            "password-too-short", f"wanted {MINIMUM} characters or more", values={"minimum": MINIMUM}
        )
    salt = secrets.token_bytes(_SALT_OCTETS)
    parts = ["scrypt", *map(str, _COST), _encoded(salt), _encoded(_hash(password, salt, _COST))]
    return "$".join(parts)


def fits(password: str, verifier: str | None) -> bool:
    """Whether `password` is the one of `verifier`; without one the same work is done, and the answer is no.

    Raises:
        ValueError: `verifier` is not one of `make_verifier`'s (the store is damaged).
    """
    if verifier is None:
        _hash(password, bytes(_SALT_OCTETS), _COST)
        return False
    scheme, n, r, p, salt, wanted = verifier.split("$")
    if scheme != "scrypt":
        raise ValueError(f"wanted scrypt, found {scheme}")
    found = _hash(password, _decoded(salt), (int(n), int(r), int(p)))
    return hmac.compare_digest(found, _decoded(wanted))


def _hash(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    octets = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(octets, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=_HASH_OCTETS)


def _encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _decoded(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)

"""SMIMECapabilities: what the holder of a key can read, most wanted first (RFC 8551 §2.5.2).

Stands as a signed attribute in a message and, in the same syntax, as an extension in a certificate
(RFC 4262). A capability is a claim about software, not about trust: it orders what a sender may choose from
and never lowers what a policy demands.

    Capabilities.read(der.decode(value)).ciphers
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from esign import der
from esign.ciphers import CIPHER_NAMES, CIPHERS, ContentCipher
from esign.der import TLV, Fields
from esign.digests import AlgorithmIdentifier
from esign.errors import LimitExceeded

SMIME_CAPABILITIES: Final = "1.2.840.113549.1.9.15"
"""Of the attribute and of the extension."""
MAX_CAPABILITIES: Final = 128


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What somebody can read, in the order of preference; `items` are as they stand, known or not."""

    items: tuple[AlgorithmIdentifier, ...]

    @classmethod
    def read(cls, element: TLV, where: str = "SMIMECapabilities") -> Self:
        """From the SEQUENCE OF SMIMECapability; parameters stay as received.

        Raises:
            MalformedInput: `malformed-input`.
            LimitExceeded: `limit-exceeded` over 128 capabilities.
        """
        found: list[AlgorithmIdentifier] = []
        for item in Fields.of(element, where).rest():
            if len(found) == MAX_CAPABILITIES:
                raise LimitExceeded(limit=MAX_CAPABILITIES, found="more capabilities", where=where)
            found.append(AlgorithmIdentifier.read(item, where))
        return cls(tuple(found))

    @classmethod
    def of(cls, ciphers: Iterable[ContentCipher]) -> Self:
        """Of content ciphers, each without parameters (RFC 8551 §2.5.2, RFC 5084 §1.4)."""
        return cls(tuple(AlgorithmIdentifier(cipher.oid) for cipher in ciphers))

    @property
    def ciphers(self) -> tuple[ContentCipher, ...]:
        """The content ciphers among them that the registry has, most wanted first."""
        return tuple(CIPHERS[item.oid] for item in self.items if item.oid in CIPHERS)

    def encode(self) -> bytes:
        """The SEQUENCE, DER."""
        return der.sequence(*(item.encode() for item in self.items))


OWN: Final = Capabilities.of(
    CIPHER_NAMES[name] for name in ("aes-256-gcm", "aes-128-gcm", "aes-256-cbc", "aes-192-cbc", "aes-128-cbc")
)
"""What this library opens, as it says of itself."""

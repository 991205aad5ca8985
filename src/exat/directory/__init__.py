"""Who is who: mailboxes, the keys that letters are encrypted to, the signers that may sign for them.

A `Directory` is this agency and its peers, indexed once. What an agency says about itself travels as a
bundle, signed by its seal. Whether a certificate is valid is not asked here.

    directory.mailbox(Address.parse("kanselyariya@adliya.uz")).encryption[0]
"""

from exat.directory.bundle import (
    MAX_CLOCK_SKEW,
    Bundle,
    claims,
    encode,
    read_bundle,
    sign_bundle,
)
from exat.directory.entries import (
    Directory,
    KeyOwner,
    is_seal_of,
    is_usable,
    material_of,
    seal_address,
    trust_of,
)

__all__ = [
    "MAX_CLOCK_SKEW",
    "Bundle",
    "Directory",
    "KeyOwner",
    "claims",
    "encode",
    "is_seal_of",
    "is_usable",
    "material_of",
    "read_bundle",
    "seal_address",
    "sign_bundle",
    "trust_of",
]

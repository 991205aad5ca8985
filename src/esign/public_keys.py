"""Public keys: read from SubjectPublicKeyInfo by `cryptography`, or by a registry, identifier to reader.

The registry holds the algorithms that `cryptography` does not know. What is read is a key of its kind and no
more: whether it is acceptable is for a policy to say.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm as ForeignUnsupported
from cryptography.hazmat.primitives.serialization import load_der_public_key

from esign import der, gost
from esign.algorithms import OZDST_1092_OID, OZMST_286_OID, AlgorithmIdentifier, PublicKey
from esign.errors import MalformedInput, UnsupportedAlgorithm

Reader = Callable[[bytes], PublicKey]
"""What makes a key of the octets in the BIT STRING; it raises `MalformedInput` for what is no key."""


@lru_cache(maxsize=1024)
def load_public_key(public_key_info: bytes) -> PublicKey:
    """The public key of a SubjectPublicKeyInfo, DER. Cached by its octets.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` when the kind of key is not known, or it is broken.
        MalformedInput: `malformed-input` when it is no SubjectPublicKeyInfo.
    """
    try:
        return load_der_public_key(public_key_info)
    except (ValueError, TypeError, OverflowError, ForeignUnsupported) as e:
        return _registered(public_key_info, cause=e)


def _registered(public_key_info: bytes, *, cause: Exception) -> PublicKey:
    fields = der.Fields.of(der.decode(public_key_info), "subjectPublicKeyInfo")
    oid = AlgorithmIdentifier.read(fields.take(der.SEQUENCE), "subjectPublicKeyInfo").oid
    reader = READERS.get(oid)
    if reader is None:
        raise UnsupportedAlgorithm(algorithm=oid, where="subjectPublicKeyInfo") from cause
    try:
        return reader(fields.take(der.BIT_STRING).bits())
    except MalformedInput as e:
        raise UnsupportedAlgorithm(algorithm=oid, where="subjectPublicKeyInfo") from e


def _national(bits: bytes) -> gost.PublicKey:
    """X and Y in an OCTET STRING, 32 octets each, the lowest first (RFC 4491 §2.3.2).

    The curve is the one that holds the point: the parameter sets have been numbered in two ways, so what the
    algorithm's parameters name decides nothing. A point on two curves would be two keys, so it is none.
    """
    element = der.decode(bits)
    if element.tag != der.OCTET_STRING or len(element.content) != 2 * gost.SIZE:
        raise MalformedInput(found="a point that is not 64 octets", where="subjectPublicKey")
    x, y = (int.from_bytes(half, "little") for half in (element.content[:32], element.content[32:]))
    curves = [curve for curve in gost.CURVES if curve.holds(x, y)]
    if len(curves) != 1:
        raise MalformedInput(found=f"a point on {len(curves)} curves", where="subjectPublicKey")
    return gost.PublicKey(curves[0], x, y)


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    dict.fromkeys((OZDST_1092_OID, OZMST_286_OID), _national)
)

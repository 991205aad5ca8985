"""What a verdict is held against: signatures that are all taken for good, and a verdict that is wrong."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from esign import algorithms
from esign.errors import EsignError
from esign.validation import crl_issuer


class WrongVerdict(AssertionError):
    """Something passed that must not."""


@contextmanager
def believing() -> Iterator[None]:
    """Every signature by a key of the right kind is good.

    What is remembered of lists that were checked in earnest must not decide here, nor the other way round.
    """
    scheme, remembered = algorithms.SignatureScheme, crl_issuer._VERDICTS
    kept = scheme.is_valid
    setattr(scheme, "is_valid", lambda *_: True)  # noqa: B010 - a method is put in the place of another
    setattr(crl_issuer, "_VERDICTS", crl_issuer._Verdicts(64))  # noqa: B010
    try:
        yield
    finally:
        setattr(scheme, "is_valid", kept)  # noqa: B010
        setattr(crl_issuer, "_VERDICTS", remembered)  # noqa: B010


def touch(value: Any) -> None:
    """Read every property of a parsed value; what it cannot tell, it refuses in our words."""
    for attribute, kind in vars(type(value)).items():
        if isinstance(kind, property | cached_property):
            try:
                found = getattr(value, attribute)
                if isinstance(found, Iterator):
                    deque(found, maxlen=0)
            except EsignError:
                continue

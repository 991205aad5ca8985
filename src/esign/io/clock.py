"""The clock: the one place of the library that reads it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, UTC, in whole seconds as X.509 and CMS count them."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def instant(at: datetime | None) -> datetime:
    """`at`, or the clock when None.

    Raises:
        ValueError: a naive `at`.
    """
    if at is None:
        return now()
    if at.tzinfo is None:
        raise ValueError("at must be an aware datetime")
    return at

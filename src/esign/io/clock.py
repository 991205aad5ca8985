"""The clock: the one place of the library that reads it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, UTC, in whole seconds as X.509 and CMS count them."""
    return datetime.fromtimestamp(int(time.time()), UTC)

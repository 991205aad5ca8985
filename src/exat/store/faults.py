"""The one place where the world's refusals (SQLite, the file system) become `StoreError` with a code."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from exat.errors import StoreError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BY_PRIMARY_CODE: Final = {
    sqlite3.SQLITE_FULL: "store-full",
    sqlite3.SQLITE_BUSY: "store-busy",
    sqlite3.SQLITE_LOCKED: "store-busy",
    sqlite3.SQLITE_CORRUPT: "store-damaged",
    sqlite3.SQLITE_NOTADB: "store-damaged",
    sqlite3.SQLITE_CONSTRAINT: "store-refused",
    sqlite3.SQLITE_MISMATCH: "store-refused",
    sqlite3.SQLITE_TOOBIG: "store-refused",
}
_MESSAGES: Final = {
    "store-full": "no space is left",
    "store-busy": "another process holds the store",
    "store-damaged": "the database is damaged",
    "store-refused": "the change breaks a rule of the store",
    "store-failed": "the store cannot be read or written",
}


@contextmanager
def translated() -> Iterator[None]:
    """Give what SQLite and the file system raise inside as StoreError; what others raise passes through.

    Raises:
        StoreError: `store-full`, `store-busy`, `store-damaged`, `store-refused`, `store-failed`.
    """
    try:
        yield
    except sqlite3.Error as e:
        raise _store_error(_code_of(e), e) from e
    except (UnicodeEncodeError, OverflowError) as e:
        # SQLite's binding of a lone surrogate, or of an integer over 64 bits.
        raise _store_error("store-refused", e) from e
    except OSError as e:
        raise _store_error("store-full" if e.errno in _FULL else "store-failed", e) from e


def _code_of(error: sqlite3.Error) -> str:
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return _BY_PRIMARY_CODE.get(primary, "store-failed")


def _store_error(code: str, cause: Exception) -> StoreError:
    reason = str(cause)
    return StoreError(code, f"{_MESSAGES[code]}: {reason}", values={"reason": reason})

"""Letters of our own that are not sent yet: to write, to sign and to send are separate acts."""

import sqlite3
from datetime import datetime

from exat.address import Address
from exat.errors import StoreError
from exat.store.rows import address, instant, stamp
from exat.store.statements import statements
from exat.store.values import Draft, DraftState

_SQL = statements("people")


def put(
    connection: sqlite3.Connection,
    identifier: str,
    mailbox: Address,
    *,
    state: DraftState,
    payload: bytes,
    at: datetime,
) -> None:
    """Set a draft as it now is; what was sent is not changed.

    Raises:
        StoreError: `draft-closed`: it was sent, or is another mailbox's.
    """
    values = {
        "id": identifier,
        "mailbox_key": mailbox.key,
        "mailbox": str(mailbox),
        "state": state.value,
        "at": stamp(at),
        "payload": payload,
    }
    if connection.execute(_SQL["put_draft"], values).rowcount == 0:
        raise StoreError(
            "draft-closed",
            f"the draft {identifier} was sent or belongs to another mailbox",
            values={"draft": identifier},
        )


def remove(connection: sqlite3.Connection, identifier: str) -> bool:
    """Throw a draft away; False when there is none or it was sent."""
    return connection.execute(_SQL["remove_draft"], {"id": identifier}).rowcount > 0


def one(connection: sqlite3.Connection, identifier: str) -> Draft | None:
    """A draft by its identifier."""
    row = connection.execute(_SQL["draft"], {"id": identifier}).fetchone()
    return None if row is None else _draft(row)


def of_mailbox(connection: sqlite3.Connection, mailbox: Address) -> tuple[Draft, ...]:
    """The drafts of a mailbox, the oldest first."""
    rows = connection.execute(_SQL["drafts"], {"mailbox_key": mailbox.key})
    return tuple(_draft(row) for row in rows)


def _draft(row: tuple[str, str, str, str, str, bytes]) -> Draft:
    identifier, mailbox, state, created_at, changed_at, payload = row
    return Draft(
        identifier=identifier,
        mailbox=address(mailbox),
        state=DraftState(state),
        created_at=instant(created_at),
        changed_at=instant(changed_at),
        payload=payload,
    )

"""Many clients at once, both ways: each letter arrives once, and the chains of evidence stay whole."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exat.evidence import verify_chain
from tests.e2e.agencies import House, eventually, native, running, two_agencies

pytestmark = pytest.mark.e2e

CLIENTS, LETTERS = 6, 5


def _hand_in(sender: House, to: House, client: int) -> None:
    for number in range(LETTERS):
        raw = native(sender, [to], number=f"{client}-{number}")
        assert sender.send(raw, to.mailbox)[0].code == 250


def test_many_letters_at_once_arrive_once_each(tmp_path: Path) -> None:
    with two_agencies(tmp_path) as (a, b), running(a, b):
        with ThreadPoolExecutor(CLIENTS) as clients:
            ways = [(a, b) if client % 2 else (b, a) for client in range(CLIENTS)]
            work = [clients.submit(_hand_in, *way, client) for client, way in enumerate(ways)]
            for each in work:
                each.result()
        wanted = CLIENTS // 2 * LETTERS
        eventually(lambda: (len(a.inbox()), len(b.inbox())) == (wanted, wanted))
        eventually(lambda: not a.home.store.queue() and not b.home.store.queue())
        for house in (a, b):
            letters = [entry.message_id for entry in house.home.store.list_mailbox(house.mailbox)]
            assert len(set(letters)) == wanted
            report = verify_chain(house.home.store.evidence())
            assert report.broken is None
            # Submission, relay and consignment of each letter.
            assert report.count == 3 * wanted

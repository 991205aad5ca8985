"""Carries what is queued to the nodes of other agencies, again and again by the schedule of `exat.relay`.

Each round claims what is due, and brings it to each peer: one connection a peer at a time. What a peer has
acknowledged is marked at once. A letter that was carried twice, because the mark was lost, is recognised by
the node that receives it.
"""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from esign import Certificate, EsignError
from exat import pipeline
from exat.address import Address
from exat.errors import StoreError
from exat.records import Agency, Attempt, DeliveryState, Effect, StoredLetter
from exat.relay import MAX_JITTER, Settlement, next_attempt, settle
from exat.shell import tls
from exat.shell.desk import NodeDesk, node_objection
from exat.shell.failpoints import reach
from exat.shell.forward import Answer, forward
from exat.store import Store, Waiting

LEASE: Final = timedelta(minutes=30)
"""Longer than any attempt takes; a node that starts frees what it held when it died."""
_CLAIMED: Final = 20
_POLL: Final = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """How a peer is reached: the agency, and the TLS that knows both ends."""

    agency: Agency
    context: ssl.SSLContext


class Carrier:
    """The queue's way out. `run` until cancelled; `wake` tells that something was queued."""

    def __init__(
        self,
        store: Store,
        desk: NodeDesk,
        identity: tls.Identity,
        *,
        clock: Callable[[], datetime],
        timeout: float = 60.0,
    ) -> None:
        self._store = store
        self._desk = desk
        self._identity = identity
        self._clock = clock
        self._timeout = timeout
        self._woken = asyncio.Event()
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._contexts: dict[str, tuple[Agency, ssl.SSLContext]] = {}

    def wake(self) -> None:
        """Look at the queue now."""
        self._woken.set()

    async def free(self) -> None:
        """Free what a process that died held; only one process may carry the queue of a home."""
        await asyncio.to_thread(free, self._store, at=self._clock())

    async def run(self) -> None:
        """Carry what is due, for ever; no failure ends it."""
        while True:
            self._woken.clear()
            try:
                claimed = await asyncio.to_thread(self._claim)
                self._begin(claimed)
                pause = 0.0 if len(claimed) == _CLAIMED else _POLL
            except StoreError as e:
                _log.error("the queue cannot be read: %s", e)
                pause = _POLL
            except Exception:
                # Whatever it is, letters must not lie for ever because of it.
                _log.exception("a round of the queue failed")
                pause = _POLL
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _claim(self) -> tuple[Attempt, ...]:
        """What is due; asked by a reader first, for a claim takes the writer's turn."""
        due, at = self._store.next_due(), self._clock()
        if due is None or due > at:
            return ()
        return self._store.claim_due(at, lease=LEASE, limit=_CLAIMED)

    async def finish(self, grace: float) -> None:
        """Wait `grace` seconds for the attempts under way, then give them up: they will be made again."""
        rounds = tuple(self._rounds.values())
        if rounds:
            _, pending = await asyncio.wait(rounds, timeout=grace)
            for late in pending:
                late.cancel()
            await asyncio.gather(*rounds, return_exceptions=True)

    def _begin(self, claimed: Sequence[Attempt]) -> None:
        for domain in dict.fromkeys(attempt.domain for attempt in claimed):
            own = [attempt for attempt in claimed if attempt.domain == domain]
            self._rounds[domain] = asyncio.create_task(self._round(own, self._rounds.get(domain)))

    async def _round(self, attempts: Sequence[Attempt], before: "asyncio.Task[None] | None") -> None:
        """One peer's letters, one after another; when nobody answers, the rest are not tried."""
        if before is not None:
            await asyncio.wait([before])
        unreachable = ""
        for attempt in attempts:
            try:
                unreachable = await self._carry(attempt, unreachable)
            except StoreError as e:
                _log.warning("attempt %s could not be recorded: %s", attempt.identifier, e)
            except Exception:
                # The row comes free with its lease; the other letters must not wait for it.
                _log.exception("attempt %s failed", attempt.identifier)

    async def _carry(self, attempt: Attempt, unreachable: str) -> str:
        """One attempt, recorded; gives why the peer could not be reached, empty when it could."""
        letter = await asyncio.to_thread(self._store.letter, attempt.key)
        answers = await self._ask(attempt, letter, unreachable)
        await self._record(attempt, letter, answers)
        heard = any(answer.code for answer in answers)
        return "" if heard else answers[0].text

    async def _ask(self, attempt: Attempt, letter: StoredLetter, unreachable: str) -> tuple[Answer, ...]:
        route = self._route(attempt.domain)
        if unreachable or route is None:
            reason = unreachable or f"{attempt.domain} is not known"
            return tuple(Answer(recipient, 0, reason) for recipient in attempt.recipients)
        answers = await forward(
            route.agency,
            context=route.context,
            hostname=self._desk.directory.own.node,
            sender=letter.sender,
            recipients=attempt.recipients,
            raw=letter.raw,
            judge=lambda der: self._objection(der, route.agency),
            timeout=self._timeout,
        )
        if any(200 <= answer.code <= 299 for answer in answers):
            reach("after-peer-250")
        return answers

    def _objection(self, certificate: bytes, agency: Agency) -> str:
        """The handshake knows no revocation: the lists of the peer's bundle do."""
        try:
            node = Certificate.load(certificate)
        except EsignError:
            return "peer-unknown"
        return node_objection(node, agency, at=self._clock(), usage="tls-server")

    def _route(self, domain: str) -> Route | None:
        agency = self._desk.directory.peer(domain)
        if agency is None:
            return None
        known = self._contexts.get(domain)
        if known is None or known[0].roots != agency.roots:
            known = (agency, tls.to_node(self._identity, agency))
            self._contexts[domain] = known
        return Route(agency, known[1])

    async def _record(self, attempt: Attempt, letter: StoredLetter, answers: Sequence[Answer]) -> None:
        """Mark what became of each recipient: taken, refused for good, or to be tried again."""
        settled = settle(attempt.recipients, {answer.recipient.key: answer.code for answer in answers})
        said = {answer.recipient.key: f"{answer.code} {answer.text}" for answer in answers}
        at = self._clock()
        for reply, taken in _by_reply(settled.relayed, said).items():
            await asyncio.wrap_future(
                self._store.record_relayed(attempt, at=at, reply=reply, recipients=taken)
            )
        for reply, refused in _by_reply(settled.failed, said).items():
            await self._fail(attempt, letter, refused, reply, DeliveryState.REFUSED)
        if settled.retry:
            await self._postpone(attempt, letter, settled, said[settled.retry[0].key])

    async def _postpone(
        self, attempt: Attempt, letter: StoredLetter, settled: Settlement, reply: str
    ) -> None:
        jitter = timedelta(seconds=secrets.randbelow(int(MAX_JITTER.total_seconds()) + 1))
        at = self._clock()
        again = next_attempt(attempt.attempts + 1, queued_at=attempt.queued_at, at=at, jitter=jitter)
        if again is None:
            await self._fail(attempt, letter, settled.retry, reply, DeliveryState.FAILED)
        else:
            await asyncio.wrap_future(self._store.record_retry(attempt, next_at=again, reply=reply))

    async def _fail(
        self,
        attempt: Attempt,
        letter: StoredLetter,
        recipients: Sequence[Address],
        reply: str,
        state: DeliveryState,
    ) -> None:
        """A letter that fails leaves evidence; of a report of evidence nobody is told."""
        reason = "relay-refused" if state is DeliveryState.REFUSED else "relay-timeout"
        effects: tuple[Effect, ...] = ()
        if letter.sender is not None:
            effects = pipeline.fail(
                letter, recipients, reason=reason, domain=attempt.domain, context=self._desk.context()
            )
        await asyncio.wrap_future(
            self._store.record_failed(
                attempt,
                at=self._clock(),
                reply=reply,
                state=state,
                recipients=recipients,
                effects=effects,
                seal=self._desk.attest,
            )
        )


def free(store: Store, *, at: datetime) -> int:
    """Make rows due at `at` whose process died, and say how many; only for when none carries the queue."""
    return _release(store, [row for row in store.queue() if row.lease_owner is not None], at)


def hurry(store: Store, *, at: datetime, domain: str | None = None) -> int:
    """Make waiting rows (those for `domain`, or all) due at `at` instead of later, and say how many."""
    waiting = [row for row in store.queue() if row.lease_owner is None and row.next_at > at]
    return _release(store, [row for row in waiting if domain in (None, row.domain)], at)


def _release(store: Store, rows: Sequence[Waiting], at: datetime) -> int:
    for row in rows:
        attempt = Attempt(
            row.identifier, row.key, row.domain, row.recipients, row.attempts - 1, row.queued_at
        )
        store.record_retry(attempt, next_at=at, reply=row.last_reply).result()
    return len(rows)


def _by_reply(recipients: Sequence[Address], said: Mapping[str, str]) -> dict[str, list[Address]]:
    found: dict[str, list[Address]] = {}
    for recipient in recipients:
        found.setdefault(said[recipient.key], []).append(recipient)
    return found

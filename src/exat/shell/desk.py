"""The desk of a node: the listener's questions, answered by pipeline, store and directory.

Nothing is judged here: the pipeline judges, the store keeps. A reply is given after the commit.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from esign import Certificate, EsignError, Indication, Signer, SubIndication, validate_path
from exat import evidence, pipeline
from exat.address import Address
from exat.directory import Directory, trust_of
from exat.errors import StoreError
from exat.language import explain
from exat.pipeline import Context, Outcome
from exat.policy import judge_recipient
from exat.records import (
    Agency,
    Effect,
    Envelope,
    EvidenceDraft,
    EvidenceRecord,
    Keep,
    MessageKey,
    Origin,
    Relayed,
    Submission,
    User,
)
from exat.shell.failpoints import reach
from exat.shell.passwords import fits
from exat.smtp.replies import Reply, refusal, reply
from exat.store import Committed, Follow, Seal, Store

_log = logging.getLogger(__name__)
_STORE_REPLIES: Final = {"store-full": "store-full"}


def _only(judged: Sequence[tuple[Agency, str]]) -> tuple[Agency, str] | None:
    """The one agency that a node's name stands for, with the objection to it.

    A bundle may claim the name of another's node: then it is the agency in whose domain the name lies, and if
    that is not one agency alone, nobody.
    """
    if len(judged) > 1:
        judged = [(a, said) for a, said in judged if f".{a.node}".endswith(f".{a.domain}")]
    return judged[0] if len(judged) == 1 else None


class NodeDesk:
    """Answers for a node; `directory` is replaced when it changes.

    `stirred` is called after each commit: something may wait to be sent.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        *,
        seal: Signer,
        clock: Callable[[], datetime],
        stirred: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._seal = seal
        self._clock = clock
        self._stirred = stirred
        self._peers: dict[bytes, str] = {}

    @property
    def directory(self) -> Directory:
        """This agency and its peers, as the desk knows them."""
        return self._directory

    @directory.setter
    def directory(self, found: Directory) -> None:
        self._directory = found
        self._peers = {}

    # Who comes

    async def login(self, name: str, password: str) -> User | None:
        """The user of these credentials; None when they are not right. The same work is done either way."""
        return await asyncio.to_thread(self._login, name, password)

    def _login(self, name: str, password: str) -> User | None:
        user = self._store.user(name)
        verifier = self._store.verifier(name)
        if not fits(password, verifier) or user is None or user.disabled:
            return None
        return user

    def peer(self, certificate: bytes) -> Relayed | None:
        """The agency whose node bears this certificate (DER), which leads to a root of that very agency.

        The handshake has only shown that it leads to a root of some peer. One whose revocation cannot be told
        is let in and refused at RCPT, for a time.
        """
        try:
            node = Certificate.load(certificate)
        except EsignError:
            return None
        named = [agency for agency in self._directory.peers if agency.node in node.dns_names]
        judged = [(a, node_objection(node, a, at=self._clock(), usage="tls-client")) for a in named]
        found = _only([(agency, said) for agency, said in judged if said != "peer-unknown"])
        if found is None:
            return None
        self._peers[certificate] = found[1]
        return Relayed(found[0].domain, certificate)

    def refuse_recipient(self, origin: Origin, recipient: Address) -> Reply | None:
        """The refusal of a recipient, already at RCPT; None when letters may come for it."""
        relayed = isinstance(origin, Relayed)
        if isinstance(origin, Relayed) and self._peers.get(origin.certificate):
            return refusal(self._peers[origin.certificate])
        finding = judge_recipient(recipient, self._directory, relayed=relayed)
        return None if finding is None else refusal(finding.code, explain(finding, "en"))

    # What comes

    async def take(self, origin: Origin, envelope: Envelope, raw: bytes) -> Reply:
        """Judge the letter, keep it with its evidence, and answer after the commit."""
        outcome = await asyncio.to_thread(self._judge, origin, envelope, raw)
        try:
            return await self._commit(outcome, origin)
        except StoreError as e:
            if e.code == "duplicate-message-id":
                outcome = await asyncio.to_thread(self._judge, origin, envelope, raw, outcome)
                return await self._commit(outcome, origin)
            _log.error("a letter could not be kept: %s", e)
            return reply(_STORE_REPLIES.get(e.code, "internal-error"))

    def _judge(
        self, origin: Origin, envelope: Envelope, raw: bytes, before: Outcome | None = None
    ) -> Outcome:
        """What the pipeline says; with `before`, knowing the letter that already has its Message-ID."""
        context = self.context(seen=None if before is None else self._seen(before.effects))
        if isinstance(origin, Submission):
            return pipeline.submit(envelope, raw, user=origin.user, context=context)
        return pipeline.relay_in(envelope, raw, peer=origin, context=context)

    def _seen(self, effects: Sequence[Effect]) -> str | None:
        for effect in effects:
            if isinstance(effect, Keep):
                sender = effect.letter.sender.key if effect.letter.sender else ""
                return self._store.seen(sender, effect.letter.message_id)
        return None

    async def _commit(self, outcome: Outcome, origin: Origin) -> Reply:
        if not outcome.effects:
            return outcome.reply
        reach("before-commit")
        follow = self.reporting(origin.domain) if isinstance(origin, Relayed) else None
        done = self._store.commit(outcome.effects, seal=self.attest, follow=follow, at=self._clock())
        committed = await asyncio.wrap_future(done)
        reach("after-commit")
        self._stirred()
        return _acknowledged(outcome.reply, committed)

    # What the pipeline needs

    def context(self, *, seen: str | None = None) -> Context:
        """What a judgement stands on now, with a new key for the letter."""
        return Context(self._directory, self._seal, self._clock(), new_message_key(), seen=seen)

    def attest(self, draft: EvidenceDraft, sequence: int, previous: str) -> EvidenceRecord:
        """Seal evidence at its place in the chain."""
        issuer = self._directory.own.domain
        return evidence.seal(draft, sequence=sequence, previous=previous, signer=self._seal, issuer=issuer)

    def reporting(self, domain: str) -> Follow:
        """What tells the agency `domain` of the evidence that was just sealed."""
        return lambda records: pipeline.report(records, domain, context=self.context())


def seals_with(seal: Signer, issuer: str) -> Seal:
    """Seals evidence of the agency `issuer`, for those who commit without a desk."""
    return lambda draft, sequence, previous: evidence.seal(
        draft, sequence=sequence, previous=previous, signer=seal, issuer=issuer
    )


def new_message_key() -> MessageKey:
    """A name for a letter that no other has."""
    return MessageKey(secrets.token_hex(10))


def node_objection(node: Certificate, agency: Agency, *, at: datetime, usage: str) -> str:
    """What stands against `node` as the certificate of the agency's node: a code, empty for nothing.

    `peer-unknown` when it does not lead to the agency's root or was revoked, `revocation-undetermined` when
    nobody can tell now. Where the agency gives no list for its nodes, there is nothing to require.
    """
    listed = any(crl.issuer == node.issuer for crl in agency.crls)
    report = validate_path(
        node,
        pool=agency.intermediates,
        trust=trust_of(agency),
        crls=[crl.raw for crl in agency.crls],
        at=at,
        usage=usage,
        revocation="require" if listed else "unsafe-if-supplied",
    )
    if report.indication is Indication.PASSED:
        return ""
    undetermined = report.sub_indication is SubIndication.TRY_LATER
    return "revocation-undetermined" if undetermined else "peer-unknown"


def _acknowledged(answer: Reply, committed: Committed) -> Reply:
    """The reply names the letter as it stands in the store, which may know it from before."""
    if answer.name != "accepted" or committed.key is None:
        return answer
    return reply("replayed-letter") if committed.duplicate else reply("accepted", id=committed.key)

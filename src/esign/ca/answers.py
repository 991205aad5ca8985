"""Answers for several authorities at one place: what was signed once is said again while it holds and is
true.

A question about one certificate without a nonce gets what was signed for the last who asked it (RFC 5019),
until half of its time has passed or the register knows something else; every other question gets an answer of
its own. The register is looked at once in a second, so a revocation is told a second later at the latest.
Time is an argument; nothing here listens.

    answers = Answers((authority.certificate,))
    answers.appoint(Responder(signer, Source(authority.certificate, authority.register)))
    answer = answers.answer(request, at=at)
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from esign.ca.responder import Answer, Responder, is_by
from esign.ca.state import Record
from esign.errors import MalformedInput, RegisterError
from esign.ocsp import CertID, OCSPRequest, ResponseStatus
from esign.x509 import Certificate

CAPACITY: Final = 100_000
"""Answers that are kept, of about 1,000 octets each."""


@dataclass(slots=True)
class _Kept:
    """An answer, what the register told when it was signed, and the last event when it was asked again."""

    answer: Answer
    named: CertID
    told: tuple[object, ...]
    responder: Responder
    number: int
    is_asked: bool = True

    def is_young(self, at: datetime) -> bool:
        since, until = self.answer.this_update, self.answer.next_update
        return since is not None and until is not None and since <= at < since + (until - since) / 2


class Answers:
    """Who answers for `issuers`: for each the responder that was appointed, and `tryLater` without one.

    At most `capacity` answers are kept; those that nobody asked for longest go first.
    """

    def __init__(self, issuers: Iterable[Certificate], *, capacity: int = CAPACITY) -> None:
        self._issuers = tuple(issuers)
        self._capacity = capacity
        self._responders: dict[str, Responder] = {}
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._looked: dict[str, tuple[datetime, int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def appoint(self, responder: Responder) -> None:
        """Let `responder` answer for its issuer from now on; what its predecessor signed is signed anew."""
        self._responders[responder.source.issuer.fingerprint] = responder

    def dismiss(self, issuer: Certificate) -> None:
        """Nobody answers for `issuer` from now on."""
        self._responders.pop(issuer.fingerprint, None)

    def answer(self, request: bytes, *, at: datetime) -> Answer:
        """The answer to `request` (DER, hostile) at `at`, aware; raises on no input."""
        moment = at.replace(microsecond=0)
        try:
            if (known := self._standing(request, moment)) is not None:
                return known
            return self._fresh(OCSPRequest.read(request), moment)
        except MalformedInput:
            return Answer.refusal(ResponseStatus.MALFORMED_REQUEST)
        except RegisterError:
            return Answer.refusal(ResponseStatus.TRY_LATER)

    def renew(self, *, at: datetime, limit: int = 200) -> int:
        """Sign anew what was asked for and is past half of its time, `limit` at most; how many.

        What nobody asked for since it was signed goes when its time ends.

        Raises:
            RegisterError: the register cannot be read.
        """
        moment = at.replace(microsecond=0)
        old = [request for request, kept in self._kept.items() if not kept.is_young(moment)]
        for request in old[:limit]:
            kept = self._kept.pop(request)
            if kept.is_asked:
                self._fresh(OCSPRequest((kept.named,), raw=request), moment, is_asked=False)
        return min(len(old), limit)

    def _standing(self, request: bytes, at: datetime) -> Answer | None:
        """What was signed for the same question, when it still holds and the register says the same."""
        kept = self._kept.get(request)
        if kept is None or not kept.is_young(at):
            return None
        responder = self._responders.get(kept.responder.source.issuer.fingerprint)
        if responder is not kept.responder:
            return None
        if kept.number != (number := self._number(responder, at)):
            if _told(responder.source.record(kept.named.serial_number)) != kept.told:
                return None
            kept.number = number
        kept.is_asked = True
        self._kept.move_to_end(request)
        return kept.answer

    def _fresh(self, asked: OCSPRequest, at: datetime, *, is_asked: bool = True) -> Answer:
        issuer = next(
            (one for one in self._issuers if all(is_by(named, one) for named in asked.certificates)), None
        )
        if issuer is None:
            return Answer.refusal(ResponseStatus.UNAUTHORIZED)
        responder = self._responders.get(issuer.fingerprint)
        if responder is None:
            return Answer.refusal(ResponseStatus.TRY_LATER)
        number = self._number(responder, at)
        answer = responder.respond(asked.certificates, at=at, nonce=asked.nonce)
        if answer.is_for_all and asked.raw == OCSPRequest(asked.certificates[:1]).encode():
            self._keep(asked, answer, responder, number, is_asked=is_asked)
        return answer

    def _keep(
        self, asked: OCSPRequest, answer: Answer, responder: Responder, number: int, *, is_asked: bool
    ) -> None:
        """Only what is known is kept, under its one canonical question: strangers cannot fill the room."""
        (named,) = asked.certificates
        record = responder.source.record(named.serial_number)
        if record is None:
            return
        self._kept[asked.raw] = _Kept(answer, named, _told(record), responder, number, is_asked)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def _number(self, responder: Responder, at: datetime) -> int:
        """The last event of the register, looked up once in a second."""
        about = responder.source.issuer.fingerprint
        looked = self._looked.get(about)
        if looked is None or looked[0] != at:
            head = responder.source.register.head()
            looked = self._looked[about] = at, head.number if head else 0
        return looked[1]


def _told(found: Record | None) -> tuple[object, ...]:
    """What an answer tells of a certificate."""
    return (found.state, found.revoked_at, found.reason, found.invalid_since) if found else ()

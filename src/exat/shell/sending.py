"""Sending a signed draft through the own node, as any mail program does; and what its refusal means.

The node's reply is what counts: `250` says that the letter and its evidence are on the disk. A refusal comes
back as an error with the code of the reason, which is told in the clerk's language.
"""

import re
from dataclasses import dataclass
from typing import Final

from exat.errors import ExatError
from exat.language import CATALOGUE
from exat.message import Message
from exat.shell.clerk import ClerkError, SignedLetter, stored_draft
from exat.shell.config import host_port
from exat.shell.forward import Answer
from exat.shell.home import Home
from exat.shell.mailing import submit
from exat.smtp.replies import REPLIES, finding_code
from exat.store import DraftState

_ACCEPTED: Final = re.compile(r"accepted as ([0-9A-Za-z-]+)")
_ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (where listeners stand, not where we call)


class LetterRefused(ExatError):
    """The node does not take the letter, for good; `reply` is what it said."""

    def __init__(self, code: str, reply: str) -> None:
        super().__init__(code, reply, values=refusal_values(code, reply))
        self.reply = reply


class LetterDeferred(LetterRefused):
    """The node does not take the letter now; it may be sent again later."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the node answered: `key` is its name of the letter, `reply` its words."""

    key: str
    letter: SignedLetter
    reply: str


def send(home: Home, identifier: str, *, login: str, password: str) -> Sent:
    """Submit a signed draft to the node of this home; a draft that was taken for all is done with.

    Raises:
        ClerkError: `draft-unknown`, `draft-not-signed`, `draft-sent`.
        LetterRefused: the code of the reason; `LetterDeferred` when it may pass later.
        LoginRefused: `login-refused`.
        NodeUnreachable: `node-unreachable`.
    """
    found = stored_draft(home, identifier)
    if found.state is not DraftState.SIGNED:
        code = "draft-sent" if found.state is DraftState.SENT else "draft-not-signed"
        raise ClerkError(code, f"found {found.state.value}", values={"draft": identifier})
    message = Message.read(found.payload, smtputf8=True)
    letter = SignedLetter(
        identifier, message.message_id, message.sender, message.header.recipients, found.payload
    )
    sent = send_letter(home, letter, login=login, password=password)
    home.store.put_draft(identifier, found.mailbox, state=DraftState.SENT, payload=found.payload)
    return sent


def send_letter(home: Home, letter: SignedLetter, *, login: str, password: str) -> Sent:
    """Submit a letter to the node of this home.

    Raises:
        LetterRefused, LoginRefused, NodeUnreachable: as `send`; also when only some recipients were refused.
    """
    host, port = host_port(home.config.listen.submission)
    answers = submit(
        ("localhost" if host in _ANYWHERE else host, port),
        name=home.config.agency.node,
        roots=home.own().roots,
        user=login,
        password=password,
        sender=letter.sender,
        recipients=letter.recipients,
        raw=letter.raw,
    )
    for answer in answers:
        _require_accepted(answer)
    reply = answers[0].text
    found = _ACCEPTED.search(reply)
    known = () if found else home.store.trace(letter.message_id).letters
    key = found[1] if found else next((each.key for each in known), "")
    return Sent(key, letter, reply)


def _require_accepted(answer: Answer) -> None:
    if 200 <= answer.code <= 299:
        return
    kind = LetterRefused if answer.code >= 500 else LetterDeferred
    raise kind(finding_code(answer.text) or "letter-refused", f"{answer.code} {answer.text}")


def refusal_values(code: str, reply: str) -> dict[str, object]:
    """What a refusal in English speaks of, so that it can be told in another language.

    The node fills the English message of `code` and cuts it: what stands before the cut is found again.

    >>> said = "550 5.1.1 no such mailbox here: there is no mailbox a@b.uz in the directory; ch [...]"
    >>> refusal_values("unknown-recipient", said)
    {'mailbox': 'a@b.uz'}
    """
    if code == "letter-refused" or code not in CATALOGUE:
        return {"found": reply}
    row = REPLIES[code if code in REPLIES else "refused"]
    detail = reply.partition(f"{row.text}: ")[2]
    first, *parts = re.split(r"\{(\w+)\}", CATALOGUE[code].en)
    values: dict[str, object] = {}
    pattern = re.escape(first)
    for name, literal in zip(parts[::2], parts[1::2], strict=True):
        seen = f"(?P={name})" if name in values else f"(?P<{name}>.+?)"
        found = re.match(f"{pattern}{seen}{re.escape(literal[:12])}", detail)
        if found is None:
            break
        values.update(found.groupdict())
        pattern += seen + re.escape(literal)
    return values

"""What a session has reached, and which verb is allowed when: one table that a listener consults.

session = Session(Service.SUBMISSION)
assert objection(session, "MAIL") == "tls-required"
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum


class Service(Enum):
    """What a listener is for: users with a login, or nodes of other agencies with a certificate."""

    SUBMISSION = "submission"
    RELAY = "relay"


class State(Enum):
    """How far a session is."""

    CONNECTED = "connected"
    GREETED = "greeted"
    SENDER = "sender"
    RECIPIENTS = "recipients"
    CONTENT = "content"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Session:
    """What decides whether a verb is allowed.

    ``authenticated`` is a login at SUBMISSION, a known agency's client certificate at RELAY; the listener
    sets it at RELAY after the handshake. With implicit TLS a session starts with ``tls``.
    """

    service: Service
    state: State = State.CONNECTED
    tls: bool = False
    authenticated: bool = False


END_OF_CONTENT = "."
"""The verb of ``next_session`` for the answer to the content."""

_OPEN = frozenset({State.CONNECTED, State.GREETED, State.SENDER, State.RECIPIENTS})
_GREETED = frozenset({State.GREETED})
_ALLOWED: Mapping[str, frozenset[State]] = {
    "EHLO": _OPEN,
    "HELO": _OPEN,
    "NOOP": _OPEN,
    "RSET": _OPEN,
    "HELP": _OPEN,
    "VRFY": _OPEN,
    "QUIT": _OPEN,
    "STARTTLS": _GREETED,
    "AUTH": _GREETED,
    "MAIL": _GREETED,
    "RCPT": frozenset({State.SENDER, State.RECIPIENTS}),
    "DATA": frozenset({State.RECIPIENTS}),
}
_NEVER = {"BDAT": "chunking-not-offered"} | dict.fromkeys(
    ("EXPN", "TURN", "ATRN", "ETRN", "SEND", "SOML", "SAML"), "not-implemented"
)
_BEFORE_TLS = frozenset({"EHLO", "HELO", "NOOP", "RSET", "HELP", "QUIT", "STARTTLS"})
_TRANSACTION = frozenset({"MAIL", "RCPT", "DATA"})
_REACHED = {
    "EHLO": State.GREETED,
    "HELO": State.GREETED,
    "MAIL": State.SENDER,
    "RCPT": State.RECIPIENTS,
    "DATA": State.CONTENT,
}


def objection(session: Session, verb: str) -> str:
    """Name the reply that refuses ``verb`` now, empty if it is allowed.

    Nothing but greetings crosses before TLS (RFC 3207 §4), no letter before authentication.
    """
    if verb not in _ALLOWED:
        return _NEVER.get(verb, "unknown-command")
    if not session.tls and verb not in _BEFORE_TLS:
        return "tls-required"
    if verb in ("STARTTLS", "AUTH"):
        return _objection_to_security(session, verb)
    if verb in _TRANSACTION and not session.authenticated:
        return "peer-unknown" if session.service is Service.RELAY else "auth-required"
    return _out_of_sequence(session, verb)


def _objection_to_security(session: Session, verb: str) -> str:
    if verb == "STARTTLS" and session.tls:
        return "tls-active"
    if verb == "AUTH" and session.service is Service.RELAY:
        return "not-implemented"
    if verb == "AUTH" and session.authenticated:
        return "auth-active"
    return _out_of_sequence(session, verb)


def _out_of_sequence(session: Session, verb: str) -> str:
    if session.state in _ALLOWED[verb]:
        return ""
    return "no-valid-recipient" if (verb, session.state) == ("DATA", State.SENDER) else "bad-sequence"


def next_session(session: Session, verb: str, code: int) -> Session:
    """Give the session after ``verb`` was answered with ``code`` (a reply code of three digits).

    ``verb`` is ``END_OF_CONTENT`` for the answer to the content: whatever it is, the transaction is over
    (RFC 5321 §4.1.1.4). The handshake forgets all that was said before it (RFC 3207 §4.2).
    """
    if code in (221, 421):
        return replace(session, state=State.CLOSED)
    if verb == END_OF_CONTENT:
        return replace(session, state=State.GREETED)
    if code >= 400:
        return session
    if verb == "STARTTLS":
        return Session(session.service, tls=True)
    if verb == "AUTH":
        return replace(session, authenticated=session.authenticated or code == 235)
    if verb == "RSET" and session.state is not State.CONNECTED:
        return replace(session, state=State.GREETED)
    return replace(session, state=_REACHED.get(verb, session.state))

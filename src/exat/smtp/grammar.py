"""The grammar of SMTP commands, on octets and without sockets.

Strict where laxness has let attackers in: one space, angle brackets, no source routes, no unknown or
repeated parameters, no octet outside the grammar. What breaks it is a ``ProtocolError`` that names its
reply. When a verb is allowed stands in ``session``, the letter's content is read by ``data``; passwords and
the limits of a node are judged elsewhere.

    command = parse_command(b"MAIL FROM:<devon@a.test> SIZE=1000", extensions={"SIZE"})
    parse_mail(command.argument, extensions={"SIZE"}).size == 1000
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from exat.address import Address
from exat.errors import MalformedAddress, ProtocolError
from exat.smtp.data import DataReader as DataReader
from exat.smtp.data import DataState as DataState
from exat.smtp.data import Phase as Phase
from exat.smtp.data import dot_stuff as dot_stuff
from exat.smtp.data import is_canonical as is_canonical

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)

COMMAND_OCTETS = 512
"""A command line with its CRLF (RFC 5321 §4.5.3.1.4)."""
AUTH_OCTETS = 12288
"""An AUTH line and a response line with its CRLF (RFC 4954 §4)."""

# What a parameter adds to the line: SIZE by RFC 1870 §3, BODY by RFC 6152 §2, SMTPUTF8 by RFC 6531 §3.1,
# AUTH by RFC 4954 §3, DSN by the greatest lengths of RFC 3461 §4.
_ROOM: Mapping[str, Mapping[str, int]] = {
    "MAIL": {"SIZE": 26, "8BITMIME": 17, "SMTPUTF8": 10, "AUTH": 500, "DSN": 116},
    "RCPT": {"DSN": 536},
}
_COMMAND = re.compile(rb"([A-Za-z][A-Za-z0-9]{0,15})(?: (.*))?\Z", re.DOTALL)
_WITHOUT_ARGUMENT = frozenset({"DATA", "RSET", "QUIT", "STARTTLS"})
_WITH_ADDRESS = frozenset({"MAIL", "RCPT", "VRFY", "EXPN"})
_PATH = re.compile(rb'<((?:[^<>" \\]|"(?:[^"\\]|\\.)*")*)>(?: (.*))?\Z', re.DOTALL)
_PARAMETER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9-]{0,31})(?:=([!-<>-~\x80-\xff]+))?\Z")
_XTEXT = re.compile(rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")
_XTEXT_CODED = re.compile(rb"\+([0-9A-F]{2})")
_ADDRESS_TYPE = re.compile(rb"[A-Za-z0-9-]{1,32}\Z")
_HOST = re.compile(rb"(?:[A-Za-z0-9_.-]{1,255}|\[[A-Za-z0-9:.-]{1,253}\])\Z")


@dataclass(frozen=True, slots=True)
class Command:
    """One command line: ``verb`` in upper case, known or not, and the octets after its one space."""

    verb: str
    argument: bytes = b""


class Body(StrEnum):
    """BODY of MAIL (RFC 6152 §2)."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT_MIME = "8BITMIME"


class Return(StrEnum):
    """RET of MAIL: how much of the letter a failure notice returns (RFC 3461 §4.3)."""

    FULL = "FULL"
    HEADERS = "HDRS"


class Notify(StrEnum):
    """NOTIFY of RCPT: when to tell the sender (RFC 3461 §4.1)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


@dataclass(frozen=True, slots=True)
class OriginalRecipient:
    """ORCPT of RCPT, decoded (RFC 3461 §4.2): the type in lower case, the address as printable ASCII."""

    address_type: str
    address: str


@dataclass(frozen=True, slots=True)
class MailFrom:
    """A MAIL command; ``reverse_path`` is None for ``<>``, a parameter is None where it was not given.

    ``size`` is in octets. ``auth`` is the decoded mailbox or ``<>``: a claim of the peer, never an identity.
    """

    reverse_path: Address | None
    size: int | None = None
    body: Body | None = None
    smtputf8: bool = False
    ret: Return | None = None
    envid: str | None = None
    auth: str | None = None


@dataclass(frozen=True, slots=True)
class RcptTo:
    """A RCPT command; ``notify`` is empty and ``orcpt`` None where they were not given."""

    forward_path: Address
    notify: frozenset[Notify] = frozenset()
    orcpt: OriginalRecipient | None = None


def line_limit(verb: str, extensions: Collection[str]) -> int:
    """How many octets, CRLF included, a line of ``verb`` may have with the ``extensions`` offered."""
    if verb == "AUTH" and "AUTH" in extensions:
        return AUTH_OCTETS
    return COMMAND_OCTETS + sum(room for name, room in _ROOM.get(verb, {}).items() if name in extensions)


def parse_command(line: bytes, *, extensions: Collection[str] = ()) -> Command:
    """Read one command line without its CRLF; ``extensions`` are the EHLO keywords offered.

    White space at the end is dropped (RFC 5321 §4.1.1). Octets over 127 stand only in addresses, and only
    where SMTPUTF8 is offered.

    Raises:
        ProtocolError: ``forbidden-octet`` (CR, LF, NUL: close), ``line-too-long``, ``syntax-error``,
            ``unexpected-argument``; ``reply`` is the same name.
    """
    # Bounded before anything is searched; the exact limit depends on the verb.
    if len(line) > AUTH_OCTETS:
        raise _too_long()
    if any(octet in line for octet in (b"\r", b"\n", b"\0")):
        raise _protocol_error("forbidden-octet", "found CR, LF or NUL in a command", clause="RFC 5321 §2.3.8")
    found = _COMMAND.match(line.rstrip(b" \t"))
    if not found:
        raise _too_long() if len(line) > COMMAND_OCTETS - 2 else _syntax_error("wanted a verb")
    command = Command(found[1].decode("ascii").upper(), found[2] or b"")
    if len(line) + 2 > line_limit(command.verb, extensions):
        raise _too_long()
    if not line.isascii() and not (command.verb in _WITH_ADDRESS and "SMTPUTF8" in extensions):
        raise _syntax_error("found 8-bit octets")
    if command.argument and command.verb in _WITHOUT_ARGUMENT:
        raise _protocol_error(
            "unexpected-argument", f"{command.verb} takes no argument", clause="RFC 5321 §4.1.1"
        )
    return command


def parse_hello(argument: bytes) -> str:
    """Read the argument of EHLO or HELO: a host name or a bracketed literal, for the trace only.

    The underscores that desktops have in their names pass: nothing is decided by this name.

    Raises:
        ProtocolError: ``bad-host-name``.
    """
    if not _HOST.match(argument):
        raise _protocol_error("bad-host-name", "wanted a host name", clause="RFC 5321 §4.1.1.1")
    return argument.decode("ascii")


def parse_mail(argument: bytes, *, extensions: Collection[str]) -> MailFrom:
    """Read the argument of MAIL (RFC 5321 §4.1.1.2); ``extensions`` are the EHLO keywords offered.

    Raises:
        ProtocolError: ``reply`` is ``bad-sender-address`` (with the address's own ``code``),
            ``smtputf8-required``, ``unknown-parameter``, ``duplicate-parameter``, ``bad-parameter``.
    """
    path, rest = _split_path(argument, b"FROM:", reply="bad-sender-address")
    parameters = _parameters(rest, _MAIL_PARAMETERS, extensions)
    smtputf8 = "SMTPUTF8" in parameters
    reverse_path = _mailbox(path, smtputf8=smtputf8, reply="bad-sender-address") if path else None
    return MailFrom(
        reverse_path,
        size=_value(parameters, "SIZE", _size),
        body=_value(parameters, "BODY", _body),
        smtputf8=smtputf8,
        ret=_value(parameters, "RET", _return),
        envid=_value(parameters, "ENVID", _envelope_identifier),
        auth=_value(parameters, "AUTH", _claimed_author),
    )


def parse_rcpt(
    argument: bytes, *, extensions: Collection[str], local_domain: str, smtputf8: bool = False
) -> RcptTo:
    """Read the argument of RCPT (RFC 5321 §4.1.1.3).

    ``<Postmaster>`` without a domain is the postmaster of ``local_domain``. ``smtputf8`` says whether the
    MAIL of this transaction declared it.

    Raises:
        ProtocolError: ``reply`` is ``bad-recipient-address`` (with the address's own ``code``),
            ``smtputf8-required``, ``unknown-parameter``, ``duplicate-parameter``, ``bad-parameter``.
    """
    path, rest = _split_path(argument, b"TO:", reply="bad-recipient-address")
    parameters = _parameters(rest, _RCPT_PARAMETERS, extensions)
    if path.lower() == b"postmaster":
        path = b"postmaster@" + local_domain.encode()
        smtputf8 = True
    return RcptTo(
        _mailbox(path, smtputf8=smtputf8, reply="bad-recipient-address"),
        notify=_value(parameters, "NOTIFY", _notify) or frozenset(),
        orcpt=_value(parameters, "ORCPT", _original_recipient),
    )


def decode_xtext(raw: bytes) -> str:
    """Decode xtext (RFC 3461 §4) to printable ASCII; ``+XX`` wants upper-case digits.

    Raises:
        ProtocolError: ``bad-parameter``.
    """
    if not _XTEXT.match(raw):
        raise _bad_parameter("wanted xtext", clause="RFC 3461 §4")
    decoded = _XTEXT_CODED.sub(lambda coded: bytes([int(coded[1], 16)]), raw)
    if any(not 32 <= octet <= 126 for octet in decoded):
        raise _bad_parameter("wanted printable ASCII in xtext", clause="RFC 3461 §4")
    return decoded.decode("ascii")


def encode_xtext(text: str) -> bytes:
    """Encode printable ASCII as xtext (RFC 3461 §4), for the next hop's ORCPT and ENVID.

    Raises:
        ValueError: ``text`` is not printable ASCII.
    """
    if not all(" " <= character <= "~" for character in text):
        raise ValueError("wanted printable ASCII")
    return b"".join(b"+%02X" % ord(c) if c in "+= " else c.encode("ascii") for c in text)


def _split_path(argument: bytes, keyword: bytes, *, reply: str) -> tuple[bytes, bytes | None]:
    """Split ``FROM:<path> parameters``; the path without brackets, parameters None if absent."""
    if argument[: len(keyword)].upper() != keyword:
        raise _syntax_error(f"wanted {keyword.decode('ascii')}<...>", reply=reply)
    found = _PATH.match(argument, len(keyword))
    if not found:
        raise ProtocolError(
            "path-syntax", "wanted <...>", reply=reply, clause="RFC 5321 §4.1.2", where="path"
        )
    return found[1], found[2]


def _mailbox(path: bytes, *, smtputf8: bool, reply: str) -> Address:
    try:
        return Address.parse(path, smtputf8=smtputf8)
    except MalformedAddress as e:
        answer = "smtputf8-required" if e.code == "address-not-ascii" else reply
        raise ProtocolError(e.code, e.message, reply=answer, clause=e.clause, where=e.where) from e


def _parameters(
    raw: bytes | None, known: Mapping[str, tuple[str, bool]], extensions: Collection[str]
) -> dict[str, bytes]:
    """Read ``keyword[=value]`` separated by single spaces; ``known`` maps to (extension, has a value)."""
    parameters: dict[str, bytes] = {}
    for spelled in [] if raw is None else raw.split(b" "):
        found = _PARAMETER.match(spelled)
        if not found:
            raise _bad_parameter("wanted keyword=value", clause="RFC 5321 §4.1.2")
        keyword = found[1].decode("ascii").upper()
        extension, has_value = known.get(keyword, ("", False))
        if not extension or extension not in extensions:
            raise _parameter_error("unknown-parameter", keyword, clause="RFC 5321 §4.1.1.11")
        if keyword in parameters:
            raise _parameter_error("duplicate-parameter", keyword, clause="RFC 5321 §4.1.1.11")
        if has_value != (found[2] is not None):
            raise _parameter_error("bad-parameter", keyword, clause="RFC 5321 §4.1.2")
        parameters[keyword] = found[2] or b""
    return parameters


def _value(parameters: Mapping[str, bytes], keyword: str, read: Callable[[bytes], _T]) -> _T | None:
    """Read the value of one parameter, None if it was not given; errors name the parameter."""
    if keyword not in parameters:
        return None
    try:
        return read(parameters[keyword])
    except ProtocolError as e:
        raise ProtocolError(e.code, e.message, reply=e.reply, clause=e.clause, where=keyword) from e


def _size(raw: bytes) -> int:
    if len(raw) > 20 or not raw.isdigit():
        raise _bad_parameter("wanted 1 to 20 digits", clause="RFC 1870 §4")
    return int(raw)


def _member(kind: type[_E], raw: bytes, *, clause: str) -> _E:
    """Read one member of an enumeration, whatever its case."""
    try:
        return kind(raw.decode("ascii").upper())
    except ValueError as e:
        raise _bad_parameter("wanted one of " + ", ".join(kind), clause=clause) from e


def _body(raw: bytes) -> Body:
    return _member(Body, raw, clause="RFC 6152 §2")


def _return(raw: bytes) -> Return:
    return _member(Return, raw, clause="RFC 3461 §4.3")


def _envelope_identifier(raw: bytes) -> str:
    if len(raw) > 100:
        raise _bad_parameter("wanted at most 100 octets", clause="RFC 3461 §4.4")
    return decode_xtext(raw)


def _claimed_author(raw: bytes) -> str:
    decoded = decode_xtext(raw)
    if decoded == "<>":
        return decoded
    try:
        return str(Address.parse(decoded))
    except MalformedAddress as e:
        raise _bad_parameter("wanted a mailbox or <>", clause="RFC 4954 §5") from e


def _notify(raw: bytes) -> frozenset[Notify]:
    wanted = [_member(Notify, word, clause="RFC 3461 §4.1") for word in raw.split(b",")]
    if len(set(wanted)) < len(wanted) or (Notify.NEVER in wanted and len(wanted) > 1):
        raise _bad_parameter("wanted NEVER alone, or each word once", clause="RFC 3461 §4.1")
    return frozenset(wanted)


def _original_recipient(raw: bytes) -> OriginalRecipient:
    address_type, semicolon, address = raw.partition(b";")
    if len(raw) > 500 or not semicolon or not address or not _ADDRESS_TYPE.match(address_type):
        raise _bad_parameter("wanted type;xtext of at most 500 octets", clause="RFC 3461 §4.2")
    return OriginalRecipient(address_type.decode("ascii").lower(), decode_xtext(address))


# The extension that brings a parameter, and whether it has a value.
_MAIL_PARAMETERS: Mapping[str, tuple[str, bool]] = {
    "SIZE": ("SIZE", True),
    "BODY": ("8BITMIME", True),
    "SMTPUTF8": ("SMTPUTF8", False),
    "RET": ("DSN", True),
    "ENVID": ("DSN", True),
    "AUTH": ("AUTH", True),
}
_RCPT_PARAMETERS: Mapping[str, tuple[str, bool]] = {"NOTIFY": ("DSN", True), "ORCPT": ("DSN", True)}


def _protocol_error(name: str, message: str, *, clause: str) -> ProtocolError:
    return ProtocolError(name, message, reply=name, clause=clause)


def _syntax_error(message: str, *, reply: str = "syntax-error") -> ProtocolError:
    return ProtocolError("syntax-error", message, reply=reply, clause="RFC 5321 §4.1.1")


def _too_long() -> ProtocolError:
    return _protocol_error("line-too-long", "found too long a line", clause="RFC 5321 §4.5.3.1.4")


def _bad_parameter(message: str, *, clause: str) -> ProtocolError:
    return _protocol_error("bad-parameter", message, clause=clause)


def _parameter_error(name: str, keyword: str, *, clause: str) -> ProtocolError:
    return ProtocolError(name, f"found {keyword}", reply=name, clause=clause, where=keyword)

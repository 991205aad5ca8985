"""Every reply of a node, once: code, enhanced code, name, text.

On the wire a reply is ASCII English; a negative one ends with its stable name in brackets, which a client
translates and evidence quotes: ``550 5.7.1 the letter is not signed by its sender [unsigned-letter]``.
Nothing of an exception, a path or a configuration goes into a reply, and nothing that a peer said goes
in but as cut, printable ASCII.

    render(refusal("unsigned-letter"))
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

LINE_OCTETS = 512
"""One reply line with its CRLF (RFC 5321 §4.5.3.1.5)."""
DETAIL_OCTETS = 160
"""What a refusal's detail is cut to."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: ``text`` is ASCII, lines separated by a line feed, without the codes.

    ``enhanced`` is empty where RFC 2034 §4 wants none (greeting, EHLO, 3yz).
    """

    code: int
    enhanced: str
    name: str
    text: str

    def __str__(self) -> str:
        """Give the reply as on the wire without the last CRLF."""
        return render(self)[:-2].decode("ascii")

    @property
    def is_positive(self) -> bool:
        """2yz or 3yz (RFC 5321 §4.2.1)."""
        return self.code < 400

    @property
    def closes(self) -> bool:
        """The node closes the connection after this reply."""
        return self.code in (221, 421) or self.name in _CLOSING


_ROWS = (
    # session
    Reply(220, "", "greeting", "{host} ESMTP exat"),
    Reply(250, "", "hello", "{host}"),
    Reply(221, "2.0.0", "closing", "closing the connection"),
    Reply(250, "2.0.0", "nothing-done", "nothing done"),
    Reply(250, "2.0.0", "reset", "forgotten"),
    Reply(214, "2.0.0", "help", "EHLO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT"),
    Reply(252, "2.1.5", "not-verified", "send some mail, the letter will show it"),
    Reply(421, "4.3.2", "shutting-down", "the node is closing, try again later"),
    Reply(421, "4.4.2", "timeout", "nothing heard for too long, closing"),
    Reply(421, "4.4.2", "too-slow", "the content comes too slowly, closing"),
    Reply(421, "4.7.0", "too-many-connections", "too many connections, try again later"),
    Reply(421, "4.7.0", "too-many-commands", "too many commands without a letter, closing"),
    Reply(421, "4.7.0", "too-many-errors", "too many errors, closing"),
    # transport security and login
    Reply(220, "2.0.0", "tls-ready", "ready to start TLS"),
    Reply(530, "5.7.0", "tls-required", "STARTTLS must come first"),
    Reply(503, "5.5.1", "tls-active", "TLS is in use already"),
    Reply(454, "4.7.0", "tls-unavailable", "TLS is not available now"),
    Reply(334, "", "auth-continue", "{challenge}"),
    Reply(235, "2.7.0", "auth-accepted", "authenticated"),
    Reply(530, "5.7.0", "auth-required", "authentication is required"),
    Reply(535, "5.7.8", "auth-failed", "user name or password is not right"),
    Reply(454, "4.7.0", "auth-unavailable", "authentication is not available now"),
    Reply(421, "4.7.0", "auth-too-many", "too many failed logins, closing"),
    Reply(504, "5.5.4", "auth-mechanism-unknown", "this mechanism is not offered"),
    Reply(501, "5.7.0", "auth-cancelled", "the authentication was cancelled"),
    Reply(501, "5.5.2", "auth-malformed", "the authentication response cannot be decoded"),
    Reply(500, "5.5.6", "auth-line-too-long", "the authentication response is too long"),
    Reply(503, "5.5.1", "auth-active", "authenticated already"),
    # grammar
    Reply(500, "5.5.2", "syntax-error", "the command cannot be read"),
    Reply(500, "5.5.2", "line-too-long", "the command line is too long"),
    Reply(500, "5.5.2", "forbidden-octet", "CR, LF or NUL within a command, closing"),
    Reply(500, "5.5.1", "unknown-command", "unknown command"),
    Reply(502, "5.5.1", "not-implemented", "the command is not implemented"),
    Reply(502, "5.5.1", "chunking-not-offered", "BDAT is not offered, closing"),
    Reply(503, "5.5.1", "bad-sequence", "the command is not allowed now"),
    Reply(503, "5.5.1", "no-valid-recipient", "no recipient was accepted"),
    Reply(501, "5.5.4", "unexpected-argument", "the command takes no argument"),
    Reply(501, "5.5.4", "bad-host-name", "wanted a host name or an address literal"),
    Reply(501, "5.1.7", "bad-sender-address", "the sender's address cannot be read"),
    Reply(501, "5.1.3", "bad-recipient-address", "the recipient's address cannot be read"),
    Reply(553, "5.6.7", "smtputf8-required", "the address needs SMTPUTF8"),
    Reply(555, "5.5.4", "unknown-parameter", "a parameter is not known or not offered"),
    Reply(501, "5.5.4", "duplicate-parameter", "a parameter stands twice"),
    Reply(501, "5.5.4", "bad-parameter", "a parameter's value cannot be read"),
    # transaction
    Reply(250, "2.1.0", "sender-accepted", "sender ok"),
    Reply(250, "2.1.5", "recipient-accepted", "recipient ok"),
    Reply(354, "", "start-content", "send the letter, end it with a dot on a line of its own"),
    Reply(250, "2.6.0", "accepted", "accepted as {id}"),
    Reply(250, "2.6.0", "replayed-letter", "the same letter was accepted before"),
    Reply(554, "5.6.11", "bare-newline", "CR or LF stands alone, wanted CRLF"),
    Reply(554, "5.6.11", "nul-octet", "the letter holds NUL"),
    Reply(554, "5.6.0", "content-line-too-long", "a line of the letter is longer than 998 octets"),
    Reply(552, "5.3.4", "too-large", "the letter is too large"),
    Reply(552, "5.3.4", "flood", "the letter is far too large, closing"),
    Reply(452, "4.5.3", "too-many-recipients", "too many recipients in one letter"),
    Reply(550, "5.1.1", "unknown-recipient", "no such mailbox here"),
    Reply(550, "5.2.1", "recipient-rejected", "the mailbox takes no letters"),
    Reply(550, "5.7.1", "relaying-denied", "the recipient's agency is not served here"),
    Reply(552, "5.2.2", "quota-exceeded", "the mailbox is full"),
    Reply(452, "4.3.1", "store-full", "the store is full, try again later"),
    Reply(451, "4.3.0", "internal-error", "an error of this node, try again later"),
    Reply(450, "4.7.1", "rate-limited", "too many letters, try again later"),
    # policy: who
    Reply(553, "5.7.1", "sender-not-allowed", "the login may not send for this mailbox"),
    Reply(550, "5.7.1", "peer-unknown", "the peer's certificate is not of a known agency"),
    Reply(550, "5.7.1", "relay-sender-mismatch", "the sender does not belong to the peer's agency"),
    Reply(550, "5.7.1", "from-not-single", "wanted exactly one From with exactly one mailbox"),
    Reply(550, "5.7.1", "from-signer-mismatch", "the signer is not the mailbox in From"),
    Reply(550, "5.7.1", "signer-not-authorised", "the signer is not authorised for the mailbox in From"),
    Reply(550, "5.7.1", "signer-revoked", "the signer's certificate was revoked"),
    Reply(550, "5.7.1", "signer-untrusted", "the signer's certificate leads to no trusted authority"),
    Reply(
        451, "4.7.5", "revocation-undetermined", "the signer's revocation cannot be checked, try again later"
    ),
    # policy: how the letter is protected
    Reply(550, "5.7.1", "unsigned-letter", "the letter is not signed by its sender"),
    Reply(550, "5.7.1", "unencrypted-letter", "the letter is not encrypted"),
    Reply(550, "5.6.0", "malformed-letter", "the letter cannot be read"),
    Reply(550, "5.7.7", "signature-invalid", "the signature does not fit the letter"),
    Reply(550, "5.7.1", "recipient-not-encrypted-to", "the letter is not encrypted for this recipient"),
    Reply(550, "5.7.1", "undeclared-recipient-key", "the letter is encrypted for a key that nobody declared"),
    Reply(550, "5.7.5", "algorithm-not-allowed", "an algorithm of the letter is not allowed"),
    Reply(550, "5.7.1", "duplicate-message-id", "another letter with this Message-ID was accepted before"),
    Reply(550, "5.7.1", "refused", "the letter is refused"),
)

REPLIES: Mapping[str, Reply] = MappingProxyType({row.name: row for row in _ROWS})
"""The table by name; ``text`` may hold placeholders that ``reply`` fills."""

_CLOSING = frozenset({"forbidden-octet", "chunking-not-offered", "bare-newline", "nul-octet", "flood"})
_POSITIVE_FINDINGS = frozenset({"replayed-letter"})
_WITHOUT_DETAIL = frozenset({"internal-error", "auth-failed"})
_UNPRINTABLE = re.compile(r"[^ -~]+")
_BRACKETS = str.maketrans("[]", "()")
_FINDING_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_TRAILING_CODE = re.compile(r"\[([a-z0-9-]{1,64})\]\s*\Z")


def reply(name: str, **values: str) -> Reply:
    """Build the reply ``name`` of the table; ``values`` fill its placeholders, cut to printable ASCII.

    Raises:
        KeyError: no such row, or a placeholder without value (a programmer's mistake).
    """
    row = REPLIES[name]
    text = row.text.format(**{key: _sanitised(value) for key, value in values.items()})
    return Reply(row.code, row.enhanced, name, text if row.is_positive else f"{text} [{name}]")


def refusal(code: str, detail: str = "") -> Reply:
    """Build the answer to a finding of the policy; an unknown code is a permanent refusal that bears it.

    ``detail`` may come from hostile input: it is reduced to printable ASCII without brackets, cut to 160
    octets, and dropped where it could leak (an internal error, a failed login).
    """
    row = REPLIES.get(code, REPLIES["refused"])
    # A finding that bears the name of a positive reply must not come out as an acceptance.
    if row.is_positive and code not in _POSITIVE_FINDINGS:
        row = REPLIES["refused"]
    name = code if len(code) <= 64 and _FINDING_CODE.match(code) else row.name
    said = "" if code in _WITHOUT_DETAIL else _sanitised(detail).translate(_BRACKETS)
    text = f"{row.text}: {said}" if said else row.text
    return Reply(row.code, row.enhanced, name, f"{text} [{name}]")


def ehlo(host: str, keywords: Collection[str]) -> Reply:
    """Build the answer to EHLO (RFC 5321 §4.1.1.1): the host, then one line a keyword, sorted."""
    lines = [_sanitised(host), *sorted(_sanitised(keyword) for keyword in keywords)]
    return Reply(250, "", "hello", "\n".join(lines))


def render(reply: Reply) -> bytes:
    """Give the octets of a reply with its CRLFs; every line bears both codes (RFC 2034 §4).

    Whatever the text holds, each line is printable ASCII of at most 512 octets.
    """
    lines = [_UNPRINTABLE.sub("?", line) for line in reply.text.split("\n")]
    prefix = f"{reply.enhanced} " if reply.enhanced else ""
    width = LINE_OCTETS - 6 - len(prefix)
    last = len(lines) - 1
    return "".join(
        f"{reply.code}{'-' if number < last else ' '}{prefix}{line[:width]}\r\n"
        for number, line in enumerate(lines)
    ).encode("ascii")


def finding_code(text: str) -> str:
    """Give the code in brackets at the end of a peer's reply, empty if there is none."""
    found = _TRAILING_CODE.search(text[-80:])
    return found[1] if found else ""


def _sanitised(text: str) -> str:
    """Reduce to printable ASCII, one line, bounded."""
    return _UNPRINTABLE.sub("?", text[:DETAIL_OCTETS]).strip()

"""The content of the DATA phase: the CRLF law, the end mark, dot-stuffing, in bounded memory.

One law, at the entrance and at the exit: CR and LF stand only as CRLF, NUL nowhere, and CRLF.CRLF alone
ends the content (RFC 5321 §2.3.8, RFC 5321 §4.1.1.4). Any other ending is what another server may take
for the end, so it is refused and never passed on. Nothing is mended, because the content is signed.

    state = DataReader(maximum_size=1000).feed(b"..hidden\\r\\n.\\r\\nQUIT\\r\\n")
    assert (state.phase, state.content, state.rest) == (Phase.COMPLETE, b".hidden\\r\\n", b"QUIT\\r\\n")
"""

from dataclasses import dataclass
from enum import Enum

from exat.errors import MalformedMessage

TERMINATOR = b"\r\n.\r\n"
"""RFC 5321 §4.1.1.4."""
LINE_OCTETS = 998
"""Octets of a line without CRLF and without the stuffed dot (RFC 5321 §4.5.3.1.6)."""


class Phase(Enum):
    """Where a ``DataReader`` stands."""

    MORE = "more"
    COMPLETE = "complete"
    """The end mark was seen and the content is within the law and the limits."""
    REFUSED = "refused"
    """The end mark was seen, the content was over a limit: answer, the session goes on."""
    BROKEN = "broken"
    """The law was broken: answer and close, for nobody knows where the content ends."""


@dataclass(frozen=True, slots=True)
class DataState:
    """What one chunk brought.

    ``content`` is the next piece of the message without stuffed dots; keep it only while ``refusal`` is
    empty. ``rest`` holds the octets after the end mark (pipelined commands). ``refusal`` is the name of
    the reply to give at the end; it may stand already while the phase is MORE.
    """

    phase: Phase
    content: bytes = b""
    rest: bytes = b""
    refusal: str = ""


class DataReader:
    """Eats the octets after ``354`` in chunks of any size and gives content pieces.

    Holds at most four octets between chunks; the work is linear in the octets fed. Content over a limit
    is read to its end mark and dropped, for an answer is awaited only there, but no further than twice
    ``maximum_size``: then the phase is BROKEN with ``flood``.
    """

    __slots__ = (
        "_carry",
        "_column",
        "_head",
        "_maximum_line",
        "_maximum_size",
        "_refusal",
        "_size",
        "phase",
    )

    def __init__(self, *, maximum_size: int, maximum_line: int = LINE_OCTETS) -> None:
        """Take limits in octets of unstuffed content; a line counts without its CRLF."""
        self.phase = Phase.MORE
        self._maximum_size = maximum_size
        self._maximum_line = maximum_line
        # The content begins at the start of a line, as if a CRLF stood before it.
        self._carry = b"\r\n"
        self._head = 2
        self._column = 0
        self._size = 0
        self._refusal = ""

    @property
    def size(self) -> int:
        """Octets of content so far, as SIZE counts them (RFC 1870 §3)."""
        return self._size

    def feed(self, chunk: bytes) -> DataState:
        """Take the next octets from the wire.

        The state's ``refusal`` is one of ``bare-newline``, ``nul-octet``, ``too-large``,
        ``content-line-too-long``, ``flood``; it never raises on hostile input.

        Raises:
            ValueError: the content has ended already.
        """
        if self.phase is not Phase.MORE:
            raise ValueError("fed after the end of the content")
        octets = self._carry + chunk if self._carry else chunk
        end = octets.find(TERMINATOR)
        stop = end + 2 if end >= 0 else len(octets) - _undecided(octets)
        region = octets[:stop]
        if broken := _broken_law(region):
            return self._settle(Phase.BROKEN, refusal=broken)
        content = self._taken(region)
        if self._size > 2 * self._maximum_size:
            return self._settle(Phase.BROKEN, refusal="flood")
        if end < 0:
            self._carry = octets[stop:]
            return DataState(Phase.MORE, content, refusal=self._refusal)
        phase = Phase.REFUSED if self._refusal else Phase.COMPLETE
        return self._settle(phase, content, rest=octets[end + len(TERMINATOR) :], refusal=self._refusal)

    def _settle(self, phase: Phase, content: bytes = b"", *, rest: bytes = b"", refusal: str) -> DataState:
        self.phase = phase
        self._carry = b""
        return DataState(phase, content, rest, refusal)

    def _taken(self, region: bytes) -> bytes:
        """Unstuff and count one lawful region; nothing is handed out once a limit is passed."""
        content = region.replace(b"\r\n.", b"\r\n")
        if content and self._head:
            content = content[self._head :]
            self._head = 0
        self._size += len(content)
        # Size before line length: the refusal depends on the content, never on how it was cut.
        if self._size > self._maximum_size:
            self._refusal = "too-large"
        elif not self._refusal and self._has_long_line(content):
            self._refusal = "content-line-too-long"
        return b"" if self._refusal else content

    def _has_long_line(self, content: bytes) -> bool:
        """Hop from line end to line end as far as one permitted line reaches; linear, no pattern."""
        reach = self._maximum_line + 2
        start, column = 0, self._column
        while start - column + reach <= len(content):
            line_feed = content.rfind(b"\n", start, start - column + reach)
            if line_feed < 0:
                return True
            start, column = line_feed + 1, 0
        last = content.rfind(b"\n", start) + 1
        self._column = len(content) - last if last else len(content) - start + column
        return False


def _undecided(octets: bytes) -> int:
    """How many octets at the end may be the beginning of the end mark."""
    for length in range(min(len(TERMINATOR) - 1, len(octets)), 0, -1):
        if octets.endswith(TERMINATOR[:length]):
            return length
    return 0


def _broken_law(octets: bytes) -> str:
    """Name the part of the law that ``octets`` break, empty if none."""
    pairs = octets.count(b"\r\n")
    if pairs != octets.count(b"\r") or pairs != octets.count(b"\n"):
        return "bare-newline"
    return "nul-octet" if b"\0" in octets else ""


def is_canonical(content: bytes) -> bool:
    """The content obeys the CRLF law and its last line, if any, is ended: DATA carries it unchanged."""
    return not _broken_law(content) and (not content or content.endswith(b"\r\n"))


def dot_stuff(content: bytes) -> bytes:
    """Spell canonical content for DATA: leading dots doubled (RFC 5321 §4.5.2), then the end mark.

    A ``DataReader`` gives back exactly ``content``.

    Raises:
        MalformedMessage: ``bare-newline``, ``nul-octet``, ``unended-line`` (no CRLF at the end: SMTP
            would add one, and a signature would break).
    """
    if broken := _broken_law(content):
        raise MalformedMessage(broken, "found CR, LF or NUL alone, wanted CRLF", clause="RFC 5321 §2.3.8")
    if content and not content.endswith(b"\r\n"):
        raise MalformedMessage("unended-line", "wanted CRLF at the end", clause="RFC 5321 §4.1.1.4")
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + TERMINATOR[2:]

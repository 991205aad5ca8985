"""The error tree of the mail system: everything that hostile input, a peer or the world can raise.

An error has a stable ``code`` for machines and evidence, an English ``message`` for the log, and the
``values`` that a translation of the code needs. This is the lowest floor: it imports nothing of exat.
It holds no verdicts (those are reports) and no programmer's mistakes (those are ``TypeError`` and
``ValueError``).

    raise MalformedAddress("domain-syntax", "found an empty label, wanted letters", where="domain")
"""

from collections.abc import Mapping
from types import MappingProxyType


class ExatError(Exception):
    """The root of what the mail system raises on broken input, a failing peer or a failing world.

    ``code`` is stable, lower case with hyphens. ``message`` says what was found and what was wanted, in
    English, without key material. ``clause`` cites the rule that was broken, ``where`` names the place
    (a field, a parameter, an octet offset), ``values`` fill the placeholders of a translated message.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        clause: str = "",
        where: str = "",
        values: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Keep the parts as they are; ``values`` is copied."""
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.clause = clause
        self.where = where
        self.values: Mapping[str, object] = dict(values)

    def __str__(self) -> str:
        """Give one line: the place, the message, and the code in brackets."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message} [{self.code}]"


class MalformedAddress(ExatError):
    """An address is outside the strict grammar of ``exat.address``."""


class MalformedMessage(ExatError):
    """A message is outside the strict grammar, or outside the CRLF law."""


class ProtocolError(ExatError):
    """A peer broke the SMTP grammar; ``reply`` is the name of the row in ``exat.smtp.replies`` to answer."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reply: str,
        clause: str = "",
        where: str = "",
        values: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Keep the parts; ``code`` may be finer than ``reply``."""
        super().__init__(code, message, clause=clause, where=where, values=values)
        self.reply = reply


class ConfigurationError(ExatError):
    """The node's configuration cannot be used; ``where`` names file, line or key."""


class StoreError(ExatError):
    """The store refused, is full, or is damaged."""


class DirectoryError(ExatError):
    """A directory entry or bundle cannot be read, trusted or applied."""

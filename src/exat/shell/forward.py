"""One delivery attempt to another node: SMTP over mutual TLS, the octets unchanged.

aiosmtplib speaks, and has nothing to mend: the letter is canonical before, and the paths are written by us.
There is no fallback without TLS, and none to another name.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from exat.address import Address
from exat.errors import MalformedMessage
from exat.records import Agency
from exat.smtp.data import is_canonical
from exat.smtp.replies import refusal

UNREACHABLE: Final = 0
"""The code of an answer that no peer gave."""
_TIMEOUT: Final = 60.0
_CONTENT_TIMEOUT: Final = 600.0
_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What the peer said for one recipient: `code` 0 when it could not be asked.

    `text` is the peer's own, at most 500 characters, not to be trusted.
    """

    recipient: Address
    code: int
    text: str


async def forward(
    peer: Agency,
    *,
    context: ssl.SSLContext,
    hostname: str,
    sender: Address | None,
    recipients: Sequence[Address],
    raw: bytes,
    judge: Callable[[bytes], str] = lambda certificate: "",
    timeout: float = _TIMEOUT,
) -> tuple[Answer, ...]:
    """Offer the letter to `peer` for `recipients` and tell what it said, one answer each, in order.

    `judge` names what stands against the node's certificate (DER) besides name and root: a revocation; empty
    for nothing. `timeout` is in seconds for each step; the answer to the content may take ten minutes
    (RFC 5321 §4.5.3.2.6). What the peer has answered stands, whatever happens after it; before MAIL nothing
    is an answer to the letter.

    Raises:
        MalformedMessage: `bare-newline`, before anything is sent, when `raw` is not canonical.
    """
    if not raw or not is_canonical(raw):
        raise MalformedMessage("bare-newline", "the letter is not canonical", clause="RFC 5321 §2.3.8")
    client = aiosmtplib.SMTP(
        hostname=peer.host,
        port=peer.port,
        local_hostname=hostname,
        use_tls=False,
        start_tls=False,
        timeout=timeout,
    )
    said: dict[str, Answer] = {}
    missing = "no answer"
    try:
        await client.connect()
        await client.starttls(tls_context=context, server_hostname=peer.node)
        if objection := judge(client.get_transport_info("ssl_object").getpeercert(binary_form=True)):
            return tuple(Answer(r, UNREACHABLE, f"the node's certificate: {objection}") for r in recipients)
        await client.ehlo(hostname=hostname)
        await _transact(client, sender, recipients, raw, said)
        async with asyncio.timeout(timeout):
            await client.quit()
    except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError) as e:
        missing = _reason(e)
    finally:
        client.close()
    return tuple(said.get(r.key) or Answer(r, UNREACHABLE, missing[:_TEXT]) for r in recipients)


async def _transact(
    client: aiosmtplib.SMTP,
    sender: Address | None,
    recipients: Sequence[Address],
    raw: bytes,
    said: dict[str, Answer],
) -> None:
    """One mail transaction; each answer goes into `said` as soon as it is known."""
    international = any(address.needs_smtputf8 for address in (*recipients, *([sender] if sender else ())))
    if international and not client.supports_extension("smtputf8"):
        wanted = refusal("smtputf8-required")
        said.update({r.key: Answer(r, wanted.code, wanted.text) for r in recipients})
        return
    try:
        await _command(client, "MAIL FROM", sender, _parameters(client, raw, international=international))
    except aiosmtplib.SMTPResponseException as e:
        said.update({r.key: _answer(r, e) for r in recipients})
        return
    for recipient in recipients:
        try:
            await _command(client, "RCPT TO", recipient)
        except aiosmtplib.SMTPResponseException as e:
            said[recipient.key] = _answer(recipient, e)
    taken = [recipient for recipient in recipients if recipient.key not in said]
    if taken:
        code, text = await _content(client, raw)
        said.update({recipient.key: Answer(recipient, code, text[:_TEXT]) for recipient in taken})


def _parameters(client: aiosmtplib.SMTP, raw: bytes, *, international: bool) -> str:
    """What MAIL tells of the letter, as far as the peer offers to hear it."""
    told = {"size": f" SIZE={len(raw)}", "8bitmime": "" if raw.isascii() else " BODY=8BITMIME"}
    words = [parameter for name, parameter in told.items() if client.supports_extension(name)]
    return "".join(words) + (" SMTPUTF8" if international else "")


async def _command(
    client: aiosmtplib.SMTP, words: str, address: Address | None, parameters: str = ""
) -> None:
    """The path is written here: the library would read the address again and send what it made of it."""
    path = "" if address is None else str(address)
    response = await client.execute_command(f"{words}:<{path}>{parameters}".encode())
    if not 200 <= response.code <= 299:
        raise aiosmtplib.SMTPResponseException(response.code, response.message)


async def _content(client: aiosmtplib.SMTP, raw: bytes) -> tuple[int, str]:
    try:
        response = await client.data(raw, timeout=_CONTENT_TIMEOUT)
    except aiosmtplib.SMTPResponseException as e:
        return e.code, str(e.message)
    return response.code, str(response.message)


def _answer(recipient: Address, error: aiosmtplib.SMTPResponseException) -> Answer:
    """The peer's words; what the library says in the peer's stead (codes below 200) counts as no answer."""
    code = error.code if error.code >= 200 else UNREACHABLE
    return Answer(recipient, code, str(error.message)[:_TEXT])


def _reason(error: Exception) -> str:
    """Why nobody could be asked; a refusal before MAIL is no judgement of the letter."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPException) else None
    told = f"{type(error).__name__}: {error}"
    return told if cause is None or str(cause) in told else f"{told} ({cause})"

"""A mail list passes a message on: proved, stopped where it would turn in a circle, encrypted anew for the
members, signed around with the history (RFC 2634 §4.2).

The content itself and its author's signature go on octet for octet; what the list replaces is the envelope
and the signature around it, which the list answers for.

    pass_on(message, list_signer, at=at, keys=[list_key], members=certificates)
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Final

from esign import cms, ess
from esign.attributes import Attribute
from esign.cades import ALGORITHM_PROTECTION, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2
from esign.errors import EsignError
from esign.ess import EXPANSION_HISTORY, ReceiptPolicy
from esign.keys import Decryptor, Signer
from esign.smime import layers
from esign.smime.layers import Layer, Layers
from esign.smime.making import copied_header, encrypt, message, sign
from esign.smime.receipts import services_of
from esign.x509 import Certificate

_REPLACED: Final = frozenset(
    (
        *(cms.CONTENT_TYPE, cms.MESSAGE_DIGEST, cms.SIGNING_TIME, EXPANSION_HISTORY),
        *(SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, ALGORITHM_PROTECTION),
    )
)
"""What each signer says anew; all else of the outer signature the list says again (RFC 2634 §4.2)."""


class NotPassedOn(EsignError):
    """A message that a mail list may not pass on."""

    code = "list-signature-unproved"


def pass_on(
    received: bytes,
    agent: Signer,
    *,
    at: datetime,
    members: Sequence[Certificate] = (),
    keys: Sequence[Decryptor] = (),
    policy: ReceiptPolicy | None = None,
) -> bytes:
    """The message that the list `agent` sends to its members instead of `received`, signed at `at`.

    Where an envelope stands at the root or below outer signatures, one of `keys` opens it and it is closed
    anew for `members`, with the cipher that it had. `policy` is what the list says of receipts.

    Raises:
        NotPassedOn: `list-signature-unproved` when a signature outside the envelope does not hold,
            `list-members-missing` for an envelope without members.
        ExpansionLoop: `expansion-loop`.
        MalformedInput: the codes of `layers.open`; `expansion-histories-differ`.
        DecryptionFailed: as `layers.open`.
    """
    seen = layers.read(received)
    said = {id(layer): _said(layer, at) for layer in seen.signatures}
    outer = _outer(seen, said)
    services = said[id(outer)][0] if outer else ess.Services()
    history = ess.expanded(services.history, Certificate.load(agent.certificate), at=at, policy=policy)
    carried = said[id(outer)][1] if outer else ()
    inside = _inside(seen, outer, members=members, keys=keys)
    signed = sign(inside, agent, at=at, capabilities=None, attributes=(*carried, history.attribute()))
    return message(copied_header(seen.root), signed)


def _said(layer: Layer, at: datetime) -> tuple[ess.Services, tuple[Attribute, ...]]:
    """What the signers of a layer state, each of whom must be proved, and what the list is to say again."""
    signed = cms.SignedData.read(layer.cms)
    proved = ess.proved_signers(signed, layer.document, at)
    if len(proved) != len(signed.signer_infos):
        raise NotPassedOn(clause="RFC 2634 §4.2.3.2", where="message")
    held = () if proved[0].signed is None else proved[0].signed.items
    return services_of(layer, at=at).services, tuple(item for item in held if item.oid not in _REPLACED)


def _outer(seen: Layers, said: dict[int, tuple[ess.Services, tuple[Attribute, ...]]]) -> Layer | None:
    """The "outer" signature of RFC 2634 §4.2: the first with a history, or around an envelope."""
    for layer, below in zip_longest(seen.layers, seen.layers[1:]):
        if not layer.is_signature:
            return None
        if said[id(layer)][0].history is not None or (below is not None and below.is_envelope):
            return layer
    return None


def _inside(
    seen: Layers, outer: Layer | None, *, members: Sequence[Certificate], keys: Sequence[Decryptor]
) -> bytes:
    """What the list signs: the envelope closed anew, what its own kind signed before, or all of it."""
    closed = seen.envelope
    if closed is not None:
        return _closed_anew(seen.root.raw, closed, members=members, keys=keys)
    if outer is not None and outer.signed is not None:
        return outer.signed
    return seen.root.raw


def _closed_anew(
    received: bytes, closed: Layer, *, members: Sequence[Certificate], keys: Sequence[Decryptor]
) -> bytes:
    if not members:
        raise NotPassedOn("list-members-missing", clause="RFC 2634 §4.2.3.1", where="envelope")
    opened = layers.open(received, keys)
    if opened.inner is None:
        raise TypeError("an envelope that was opened has an inside")
    header = b"".join(one.raw for one in closed.entity.header if not _is_mime(one.key))
    made = encrypt(opened.inner.root.raw, members, cipher=opened.cipher)
    return message(header, made) if header else made


def _is_mime(key: str) -> bool:
    return key.startswith("content-") or key == "mime-version"

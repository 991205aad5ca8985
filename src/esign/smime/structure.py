"""What a judged message is made of: its layers from outside inward, and every part that a reader could show.

The list of parts hides nothing: parts of attached messages, of signatures that stand inside, and text before
and after the parts are in it, each with what vouches for it. Nothing is decrypted here.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from esign.cms import CertificateId, content_info_type
from esign.compressed import COMPRESSED_DATA
from esign.enveloped import RecipientId
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.findings import Finding
from esign.mime import (
    MAX_DEPTH,
    MAX_PARTS,
    Disposition,
    Entity,
    Multipart,
    decode_charset,
    decode_transfer,
    readable,
    split_base64,
)
from esign.smime.layers import CMS_TYPES, Layer, LayerKind, find_layer, read_below
from esign.validation.report import Report

MESSAGE_TYPES: Final = frozenset({"message/rfc822", "message/global"})
_SIGNING: Final = CMS_TYPES | {"multipart/signed"}
_ELSEWHERE: Final = {
    "message/partial": "part-partial",
    "message/external-body": "part-external",
}


class Opening(enum.Enum):
    """What became of an envelope; only `OPENED` has content."""

    OPENED = "opened"
    NO_KEY = "no-key"
    FAILED = "failed"
    NOT_VOUCHED = "not-vouched"
    NOT_TRIED = "not-tried"


class Coverage(enum.Enum):
    """What vouches for a part: a signature around the whole letter, one that stands inside, or none."""

    LETTER = "letter"
    INSIDE = "inside"
    NONE = "none"


class Role(enum.Enum):
    """Whether a part is one, or text that stands before or after the parts and should be shown by nobody."""

    PART = "part"
    PREAMBLE = "preamble"
    EPILOGUE = "epilogue"


@dataclass(frozen=True, slots=True)
class SignedLayer:
    """A signature around everything below it: `report` is the verdict on each of its signers."""

    kind: LayerKind
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": self.kind.value, "report": self.report.to_dict()}


@dataclass(frozen=True, slots=True)
class EncryptedLayer:
    """An envelope: for whom it is closed, by what, and whether it was opened.

    `authenticated` tells whether the envelope itself vouches for its content (AES-GCM).
    """

    kind: LayerKind
    opening: Opening
    recipients: tuple[RecipientId, ...] = ()
    cipher: str = ""
    authenticated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind.value,
            "opening": self.opening.value,
            "cipher": self.cipher,
            "authenticated": self.authenticated,
            "recipients": [_recipient(one) for one in self.recipients],
        }


@dataclass(frozen=True, slots=True)
class CompressedLayer:
    """Compressed content (RFC 3274): `octets` is its size, unpacked."""

    octets: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": "compressed", "octets": self.octets}


JudgedLayer = SignedLayer | EncryptedLayer | CompressedLayer


def _recipient(one: RecipientId) -> dict[str, Any]:
    named: CertificateId = one.certificate_id
    serial, identifier = named.serial_number, named.subject_key_identifier
    return {
        "kind": one.kind.value,
        "algorithm": one.algorithm_name,
        "serial_number": None if serial is None else format(serial, "x"),
        "subject_key_identifier": None if identifier is None else identifier.hex(),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """One part as a reader could show it: `number` is its place (`2.1`, empty for the payload itself).

    `content` is without its transfer encoding; as received where that cannot be taken off, and empty where
    the parts of it follow.
    """

    number: str
    media_type: str
    coverage: Coverage
    filename: str = ""
    content: bytes = field(default=b"", repr=False)
    role: Role = Role.PART
    charset: str = ""

    @property
    def text(self) -> str:
        """The content as text, for showing: what is unreadable or would drive a terminal is U+FFFD."""
        return readable(decode_charset(self.content, self.charset or "us-ascii"))

    def to_dict(self) -> dict[str, Any]:
        """For JSON, without the content."""
        return {
            "number": self.number,
            "role": self.role.value,
            "media_type": self.media_type,
            "charset": self.charset,
            "filename": self.filename,
            "octets": len(self.content),
            "coverage": self.coverage.value,
        }


@dataclass(frozen=True, slots=True)
class Inside:
    """A signature that stands at `number` among the parts, and so covers only what is below it."""

    number: str
    layer: Layer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of a payload in their order, the signatures among them, and what is wrong."""

    parts: tuple[Part, ...] = ()
    inside: tuple[Inside, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entity stands: `boundaries` are those around it; `attached` is within an attached message."""

    entity: Entity
    number: str
    coverage: Coverage
    boundaries: tuple[str, ...] = ()
    attached: bool = False
    level: int = 0

    def below(self, entity: Entity, step: int, **changes: Any) -> "_Place":
        number = f"{self.number}.{step}" if self.number else str(step)
        return replace(self, entity=entity, number=number, level=self.level + 1, **changes)


@dataclass(slots=True)
class _List:
    parts: list[Part] = field(default_factory=list)
    inside: list[Inside] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, place: _Place, error: EsignError) -> None:
        """What cannot be read is an error of the letter; in a message that is only attached, a warning."""
        weigh = Finding.warning if place.attached else Finding.error
        self.findings.append(
            weigh(error.code, clause=error.clause, where=_where(place), **dict(error.values))
        )


def list_parts(payload: Entity, coverage: Coverage, *, boundaries: tuple[str, ...] = ()) -> Parts:
    """Every part of `payload`, which stands under `coverage`; `boundaries` are those of the layers around it.

    Findings: errors `part-partial`, `part-external`, `boundary-duplicate`, `boundary-ambiguous`,
    `part-undecodable`, `too-deep`, `too-many-parts` and the codes of `Entity.multipart`; `layer-not-at-root`
    and `envelope-not-at-root`, errors where nothing covers the letter; warnings `text-after-base64`,
    `text-outside-parts`, `attachment-name-unreadable`. In an attached message all but limits are warnings.
    """
    found = _List()
    waiting = [_Place(payload, "", coverage, boundaries)]
    while waiting:
        place = waiting.pop()
        if len(found.parts) >= MAX_PARTS or place.level > MAX_DEPTH:
            # Also in an attached message: what is not in the list would be shown by somebody.
            found.note(replace(place, attached=False), _limit(place))
            break
        waiting += reversed(list(_visit(place, found)))
    return Parts(tuple(found.parts), tuple(found.inside), tuple(found.findings))


def _limit(place: _Place) -> LimitExceeded:
    if place.level > MAX_DEPTH:
        return LimitExceeded("too-deep", limit=MAX_DEPTH)
    return LimitExceeded("too-many-parts", limit=MAX_PARTS)


def _where(place: _Place) -> str:
    return f"part {place.number}" if place.number else "payload"


def _visit(place: _Place, found: _List) -> Iterator[_Place]:
    kind = place.entity.content_type.media_type
    if code := _ELSEWHERE.get(kind):
        weigh = Finding.warning if place.attached else Finding.error
        found.findings.append(weigh(code, clause="RFC 2046 §5.2", where=_where(place)))
    if kind in _SIGNING and place.number and not place.attached and not _is_of_pgp(place.entity):
        place, below = _layer_inside(place, found)
        if below is not None:
            found.parts.append(_part(place, found, with_content=False))
            yield below
            return
    if place.entity.is_multipart:
        found.parts.append(_part(place, found, with_content=False))
        yield from _children(place, found)
        return
    part = _part(place, found, with_content=True)
    below = _attached_message(place, part, found) if kind in MESSAGE_TYPES else None
    found.parts.append(part if below is None else replace(part, content=b""))
    if below is not None:
        yield below


def _children(place: _Place, found: _List) -> Iterator[_Place]:
    boundary = place.entity.content_type.parameters.get("boundary", "")
    if boundary and boundary in place.boundaries:
        found.note(place, MalformedInput("boundary-duplicate", clause="RFC 2046 §5.1.1", found=boundary))
        return
    cut = _cut(place, boundary, found)
    if cut is None:
        return
    if cut.ambiguous or _has_bare_delimiter(place.entity.body, boundary):
        found.note(place, MalformedInput("boundary-ambiguous", clause="RFC 2046 §5.1.1"))
    _beside(place, cut.preamble, Role.PREAMBLE, found)
    around = (*place.boundaries, boundary)
    for step, part in enumerate(cut.parts, 1):
        yield place.below(part, step, boundaries=around)
    if _beside(place, cut.epilogue, Role.EPILOGUE, found):
        warning = Finding.warning("text-outside-parts", clause="RFC 2046 §5.1.1", where=_where(place))
        found.findings.append(warning)


def _has_bare_delimiter(body: bytes, boundary: str) -> bool:
    """Whether a delimiter follows a bare CR or LF: CMS may carry such, and some readers would cut there."""
    delimiter = b"--" + boundary.encode()
    return b"\r" + delimiter in body or body.count(b"\n" + delimiter) != body.count(b"\r\n" + delimiter)


def _cut(place: _Place, boundary: str, found: _List) -> Multipart | None:
    """The parts; where only the end of them is missing they are shown all the same."""
    try:
        return place.entity.multipart()
    except EsignError as e:
        found.note(place, e)
    closed = replace(place.entity, body=place.entity.body + f"\r\n--{boundary}--\r\n".encode())
    try:
        return closed.multipart()
    except EsignError:
        return None


def _beside(place: _Place, octets: bytes, role: Role, found: _List) -> bool:
    """Text before or after the parts; that of a signature that stands inside is under no signature."""
    if not octets.strip(b" \t\r\n"):
        return False
    is_signature = place.entity.content_type.media_type == "multipart/signed"
    coverage = Coverage.NONE if is_signature and place.coverage is Coverage.INSIDE else place.coverage
    found.parts.append(Part(place.number, "text/plain", coverage, content=octets, role=role))
    return True


def _layer_inside(place: _Place, found: _List) -> tuple[_Place, _Place | None]:
    """A signature or an envelope among the parts: its place, and what it holds where that can be shown."""
    layer = _readable_layer(place.entity)
    covered = place.coverage is Coverage.LETTER
    weigh = Finding.warning if covered else Finding.error
    if layer is not None and layer.is_envelope:
        # Decrypting a part hands the plaintext to whoever wrote the other parts.
        found.findings.append(weigh("envelope-not-at-root", clause="RFC 8551 §3.5", where=_where(place)))
        return place, None
    found.findings.append(weigh("layer-not-at-root", clause="RFC 8551 §3.5", where=_where(place)))
    if layer is None or layer.signed is None:
        return place, None
    found.inside.append(Inside(place.number, layer))
    here = replace(place, coverage=Coverage.LETTER if covered else Coverage.INSIDE)
    if layer.kind is LayerKind.MULTIPART_SIGNED:
        return here, None
    return here, _opaque(here, layer.signed, found)


def _is_of_pgp(entity: Entity) -> bool:
    return entity.content_type.parameter("protocol").startswith("application/pgp")


def _readable_layer(entity: Entity) -> Layer | None:
    """The layer, None for what cannot be read; nothing is unpacked among parts: there may be many."""
    try:
        return None if is_compressed(entity) else find_layer(entity, transported_content)
    except EsignError:
        return None


def is_compressed(entity: Entity) -> bool:
    """Whether `entity` carries CompressedData.

    Raises:
        MalformedInput: `base64-syntax`, `quoted-printable-syntax`, and the codes of `content_info_type`.
    """
    if entity.content_type.media_type not in CMS_TYPES:
        return False
    return content_info_type(transported_content(entity)) == COMPRESSED_DATA


def _opaque(place: _Place, signed: bytes, found: _List) -> _Place | None:
    try:
        entity, _ = read_below(signed, transported=False)
    except EsignError as e:
        found.note(place, e)
        return None
    return place.below(entity, 1)


def _attached_message(place: _Place, part: Part, found: _List) -> _Place | None:
    """The message that is attached: shown, and never a layer of this letter; None when it cannot be read."""
    inside = replace(place, attached=True)
    try:
        return inside.below(Entity.read(part.content, within_cms=True), 1)
    except EsignError as e:
        found.note(inside, e)
        return None


def _part(place: _Place, found: _List, *, with_content: bool) -> Part:
    entity = place.entity
    kind = entity.content_type
    return Part(
        place.number,
        kind.media_type,
        place.coverage,
        filename=_filename(place, found),
        content=_content(place, found) if with_content else b"",
        charset=kind.parameter("charset"),
    )


def _filename(place: _Place, found: _List) -> str:
    disposition: Disposition | None
    try:
        disposition = place.entity.disposition
    except EsignError as e:
        warning = Finding.warning(
            "attachment-name-unreadable", clause=e.clause, where=_where(place), reason=e.message
        )
        found.findings.append(warning)
        disposition = None
    named = disposition.parameters.get("filename", "") if disposition else ""
    return named or place.entity.content_type.parameters.get("name", "")


def _content(place: _Place, found: _List) -> bytes:
    entity = place.entity
    try:
        content, added = _taken_off(entity)
    except EsignError as e:
        weigh = Finding.warning if place.attached else Finding.error
        found.findings.append(
            weigh("part-undecodable", clause=e.clause, where=_where(place), reason=e.message)
        )
        return entity.body
    if added:
        found.findings.append(
            Finding.warning("text-after-base64", clause="RFC 2045 §6.8", where=_where(place))
        )
    if entity.content_type.type == "text" and _breaks_lines(entity):
        found.findings.append(
            Finding.warning("content-not-canonical", clause="RFC 8551 §3.1.1", where=_where(place))
        )
    return content


def _breaks_lines(entity: Entity) -> bool:
    """Whether a text has CR, LF or NUL by themselves, which only a CMS object can have carried."""
    body, pairs = entity.body, entity.body.count(b"\r\n")
    return body.count(b"\n") != pairs or body.count(b"\r") != pairs or b"\0" in body


def transported_content(entity: Entity) -> bytes:
    """The body without its transfer encoding; what somebody added below the base64 is left out.

    Raises:
        MalformedInput: `base64-syntax`, `quoted-printable-syntax`.
    """
    return _taken_off(entity)[0]


def added_text(entity: Entity) -> bytes:
    """What stands below the base64 of `entity`; empty where that is nothing, or another encoding.

    Raises:
        MalformedInput: `base64-syntax`, `quoted-printable-syntax`.
    """
    return _taken_off(entity)[1]


def _taken_off(entity: Entity) -> tuple[bytes, bytes]:
    try:
        return entity.content(), b""
    except MalformedInput:
        digits, added = split_base64(entity.body) if entity.transfer_encoding == "base64" else (b"", b"")
        if not digits.strip():
            raise
    return decode_transfer(digits, "base64"), added.strip(b" \t\r\n")

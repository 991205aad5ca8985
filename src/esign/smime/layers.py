"""The layers of a message: what was signed, what is closed, in the order from outside inward (RFC 8551 §3).

A layer counts only where it encloses everything: at the root, or as the whole content of the layer above. A
signature or an envelope among other parts is not a layer of the letter; it stays a part, and a finding says
so. Nothing here judges a signature: each layer gives the CMS octets and the document to verify.
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from esign import cms, envelope
from esign.compressed import COMPRESSED_DATA, decompress
from esign.enveloped import AUTH_ENVELOPED_DATA, ENVELOPED_DATA
from esign.errors import DecryptionFailed, EsignError, LimitExceeded, MalformedInput
from esign.ess import RECEIPT
from esign.findings import Finding
from esign.keys import Decryptor
from esign.mime import MAX_HEADER_OCTETS, Entity, canonical, walk
from esign.smime.protection import HeaderProtection, compare, differences, read_protection

MAX_LAYERS: Final = 5
"""Triple wrap (RFC 2634 §1.1), an agency's layer around it, and one to spare."""

SIGNATURE_TYPES: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
CMS_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
CERTIFICATES_ONLY: Final = "certs-only"
SIGNED_RECEIPT: Final = "signed-receipt"
_LAYER_TYPES: Final = CMS_TYPES | {"multipart/signed"}
_FIRST_FIELD: Final = re.compile(rb"[!-9;-~]{1,76}:")
_CONTENT_TYPE: Final = re.compile(rb"(?:\A|\n)content-type:", re.IGNORECASE)
_WRAPPED: Final = ("From", "To", "Cc", "Subject", "Date", "Message-ID")


class LayerKind(enum.Enum):
    """What a layer is, in the words of RFC 8551 §3.2.2 where it has one."""

    MULTIPART_SIGNED = "multipart-signed"
    SIGNED_DATA = "signed-data"
    ENVELOPED = "enveloped"
    AUTH_ENVELOPED = "auth-enveloped"
    COMPRESSED = "compressed"


_KINDS: Final = {
    cms.SIGNED_DATA: LayerKind.SIGNED_DATA,
    ENVELOPED_DATA: LayerKind.ENVELOPED,
    AUTH_ENVELOPED_DATA: LayerKind.AUTH_ENVELOPED,
    COMPRESSED_DATA: LayerKind.COMPRESSED,
}
_SIGNATURES: Final = frozenset({LayerKind.MULTIPART_SIGNED, LayerKind.SIGNED_DATA})
_ENVELOPES: Final = frozenset({LayerKind.ENVELOPED, LayerKind.AUTH_ENVELOPED})
_DECLARED: Final = {
    "signed-data": frozenset({LayerKind.SIGNED_DATA}),
    "enveloped-data": _ENVELOPES,
    "authenveloped-data": _ENVELOPES,
    "compressed-data": frozenset({LayerKind.COMPRESSED}),
    "": frozenset(LayerKind),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: `entity` carries it, `cms` is its ContentInfo (DER or BER), `signed` the octets signed.

    `unpacked` are the octets that a compressed layer held, which nothing vouches for by that.
    To verify: `verify(layer.cms, document=layer.document, ...)`.
    """

    kind: LayerKind
    entity: Entity = field(repr=False)
    cms: bytes = field(repr=False)
    signed: bytes | None = field(default=None, repr=False)
    unpacked: bytes | None = field(default=None, repr=False)

    @property
    def is_signature(self) -> bool:
        """Whether the layer is a signature."""
        return self.kind in _SIGNATURES

    @property
    def is_envelope(self) -> bool:
        """Whether the layer is encrypted."""
        return self.kind in _ENVELOPES

    @property
    def inside(self) -> bytes | None:
        """The octets that stand inside; None in an envelope, which wants a key."""
        return self.unpacked if self.signed is None else self.signed

    @property
    def document(self) -> bytes | None:
        """The detached content of a multipart/signed; None where the CMS object holds its content."""
        return self.signed if self.kind is LayerKind.MULTIPART_SIGNED else None


@dataclass(frozen=True, slots=True)
class Layers:
    """What can be seen without a key: `layers` from outside inward, and what stands below the last one.

    `payload` is None when the last layer is an envelope.
    """

    root: Entity
    layers: tuple[Layer, ...]
    payload: Entity | None
    findings: tuple[Finding, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the outermost layer, `none` without one."""
        return self.layers[0].kind.value if self.layers else "none"

    @property
    def signatures(self) -> tuple[Layer, ...]:
        """The signature layers, outermost first."""
        return tuple(layer for layer in self.layers if layer.is_signature)

    @property
    def signature(self) -> bytes | None:
        """The CMS octets of the outermost signature, None without one."""
        return self.signatures[0].cms if self.signatures else None

    @property
    def signed_octets(self) -> bytes | None:
        """The detached content of the outermost signature, exact; None where the signature holds it."""
        return self.signatures[0].document if self.signatures else None

    @property
    def envelope(self) -> Layer | None:
        """The envelope at the root or directly below outer signatures, None without one."""
        return self.layers[-1] if self.layers and self.layers[-1].is_envelope else None


@dataclass(frozen=True, slots=True)
class Opened:
    """A message opened: `outer` as seen without a key, `inner` what the envelope held, if there was one.

    `authenticated` tells whether the envelope itself vouches for its content (AES-GCM); None without an
    envelope.
    """

    outer: Layers
    inner: Layers | None
    payload: Entity
    cipher: str = ""
    authenticated: bool | None = None
    protection: HeaderProtection | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, from outside inward."""
        return self.outer.layers + (self.inner.layers if self.inner else ())

    @property
    def author_signature(self) -> Layer | None:
        """The innermost signature: the one that stands next to the payload, None without one.

        Compression between them changes nothing: what is compressed is signed with what it holds.
        """
        last = next((layer for layer in reversed(self.layers) if layer.unpacked is None), None)
        return last if last and last.is_signature else None


def looks_like_message(data: bytes) -> bool:
    """Whether `data` begins like a header with a Content-Type, whatever its line ends."""
    start = data[:MAX_HEADER_OCTETS]
    return bool(_FIRST_FIELD.match(start)) and bool(_CONTENT_TYPE.search(start))


def read(message: bytes) -> Layers:
    """The layers of `message` (octets with CRLF) as far as they can be seen without a key.

    Raises:
        MalformedInput: the codes of `Entity.read` and `Entity.multipart`; `signed-structure`,
            `unsigned-sibling`, `boundary-ambiguous`, `detached-signature-with-content`,
            `signed-data-without-content`, `signature-without-signers`, `hp-outer-syntax`,
            `smime-type-differs`, `smime-kind-unsupported`, `cms-malformed`.
        LimitExceeded: `too-many-layers`, and those of the readers below.
    """
    return _peel(Entity.read(message), MAX_LAYERS)


def open(message: bytes, keys: Sequence[Decryptor]) -> Opened:  # the field's word, used as `smime.open`
    """`message` with its envelope opened by one of `keys`, and the layers and header that stood in it.

    Only the envelope at the root, or directly below signatures at the root, is opened: decrypting a part
    among others hands the plaintext to whoever wrote the others. Verify the outer signature before you open,
    and the inner one before you believe. Where the envelope itself does not vouch for the plaintext (AES-GCM
    does), what is wrong with it is not told: every failure is `decryption-failed`, also under an outer
    signature, which nobody has verified here and anybody can make.

    Raises:
        NotARecipient: `not-a-recipient`.
        DecryptionFailed: `decryption-failed`.
        MalformedInput: the codes of `read`, for the inside too; `envelope-nested`.
    """
    outer = read(message)
    if outer.envelope is None:
        return _opened(outer)
    decrypted = envelope.decrypt(outer.envelope.cms, keys)
    try:
        inner = _inside(decrypted.content, MAX_LAYERS - len(outer.layers))
        opened = _opened(outer, inner)
    except EsignError as e:
        if decrypted.authenticated:
            raise
        raise DecryptionFailed from e
    opened = replace(opened, cipher=decrypted.cipher, authenticated=decrypted.authenticated)
    if decrypted.authenticated or outer.signatures:
        return opened
    weak = Finding.warning if inner.signatures else Finding.error
    return replace(
        opened, findings=(*opened.findings, weak("envelope-unauthenticated", clause="RFC 8551 §6"))
    )


def _inside(content: bytes, budget: int) -> Layers:
    root, noted = read_below(content, transported=False)
    inner = _peel(root, budget)
    if inner.envelope is not None:
        raise MalformedInput("envelope-nested", where="envelope")
    return replace(inner, findings=(*noted, *inner.findings))


def read_below(content: bytes, *, transported: bool) -> tuple[Entity, tuple[Finding, ...]]:
    """The entity that a layer held; one written with bare LF is read as all mail readers read it.

    `transported` tells whether the content crossed mail transport itself (multipart/signed).

    Raises:
        MalformedInput: the codes of `Entity.read`.
    """
    first = content.find(b"\n")
    if transported or first < 0 or content[first - 1 : first] == b"\r":
        return Entity.read(content, within_cms=not transported), ()
    noted = Finding.warning("content-not-canonical", clause="RFC 8551 §3.1.1", where="content")
    return Entity.read(canonical(content), within_cms=True), (noted,)


def _opened(outer: Layers, inner: Layers | None = None) -> Opened:
    payload = (inner or outer).payload
    if payload is None:
        raise TypeError("an envelope that was not opened has no payload")
    header = outer.root
    findings = [*outer.findings, *(inner.findings if inner else ())]
    protection = read_protection(payload)
    if outer.layers:
        findings += compare(header, payload, encrypted=inner is not None)
    return Opened(outer, inner, payload, protection=protection, findings=tuple(findings))


def _peel(root: Entity, budget: int) -> Layers:
    layers: list[Layer] = []
    findings: list[Finding] = []
    current: Entity | None = root
    while current is not None and (layer := find_layer(current)):
        if len(layers) == budget:
            raise LimitExceeded("too-many-layers", limit=MAX_LAYERS, where="message")
        layers.append(layer)
        current = None
        if layer.inside is not None:
            current, noted = read_below(layer.inside, transported=layer.kind is LayerKind.MULTIPART_SIGNED)
            findings += (*noted, *copied_differences(layer.entity, current))
    if current is not None:
        findings += _buried(current)
    return Layers(root, tuple(layers), current, tuple(findings))


def copied_differences(carrier: Entity, signed: Entity) -> Iterable[Finding]:
    """What the header outside a signature says otherwise than the copy of it that is signed.

    Only of a payload is the protected header compared later: what calls itself protected and is another layer
    is compared here.
    """
    if signed.content_type.media_type not in _LAYER_TYPES and read_protection(signed) is not None:
        return ()
    copies = [(field.name, field.text) for name in _WRAPPED for field in signed.get_all(name)]
    return differences(carrier, [(name, text) for name, text in copies if carrier.get(name)])


def _buried(payload: Entity) -> Iterator[Finding]:
    """A finding when a signature or an envelope stands among the parts of what no layer covers further."""
    if payload.content_type.media_type in CMS_TYPES:
        # Certificates or a receipt alone: `find_layer` has refused whatever else it might pretend to be.
        return
    try:
        kinds = [entity.content_type.media_type for entity in walk(payload)]
    except MalformedInput as e:
        yield Finding.warning("payload-unreadable", where=e.where, reason=e.message)
        return
    if any(kind == "multipart/signed" or kind in CMS_TYPES | SIGNATURE_TYPES for kind in kinds):
        yield Finding.warning("layer-not-at-root", clause="RFC 8551 §3.5", where="payload")


def find_layer(entity: Entity, content: Callable[[Entity], bytes] = Entity.content) -> Layer | None:
    """The layer that `entity` carries, None when it is none; `content` takes off the transfer encoding.

    Raises:
        MalformedInput: the codes of `read`.
    """
    kind = entity.content_type.media_type
    if kind in CMS_TYPES:
        return _cms_layer(entity, content(entity))
    if kind == "multipart/signed" and not entity.content_type.parameter("protocol").startswith(
        "application/pgp"
    ):
        return _multipart_signed(entity, content)
    return None


def _cms_layer(entity: Entity, content: bytes) -> Layer | None:
    kind = _KINDS.get(found := cms.content_info_type(content))
    if kind is None:
        raise MalformedInput(
            "smime-kind-unsupported", clause="RFC 8551 §3.2.2", where="ContentInfo", found=found
        )
    declared = entity.content_type.parameter("smime-type")
    if kind is LayerKind.SIGNED_DATA and _encloses_nothing(content, declared):
        return None
    if kind not in _DECLARED.get(declared, ()):
        raise MalformedInput(
            "smime-type-differs",
            clause="RFC 8551 §3.2.2",
            where="Content-Type",
            found=declared,
            wanted=kind.value,
        )
    if kind is LayerKind.COMPRESSED:
        return Layer(kind, entity, content, unpacked=_unpacked(content))
    if kind is not LayerKind.SIGNED_DATA:
        return Layer(kind, entity, content)
    signed = _signed_data(content)
    if signed.content is None or signed.content_type != cms.DATA:
        raise MalformedInput("signed-data-without-content", clause="RFC 8551 §3.5.2", where="signed-data")
    return Layer(kind, entity, content, signed.content)


def _encloses_nothing(content: bytes, declared: str) -> bool:
    """Whether SignedData is no layer: certificates without a signer, or a receipt, each so declared.

    What is declared and is not so is refused by its `smime-type` like every other pretence.
    """
    if declared == CERTIFICATES_ONLY:
        signed = cms.SignedData.read(content)
        return not signed.signer_infos and signed.encapsulated is None
    if declared in (SIGNED_RECEIPT, ""):
        signed = cms.SignedData.read(content)
        return bool(signed.signer_infos) and signed.content_type == RECEIPT
    return False


def _unpacked(content: bytes) -> bytes:
    found = decompress(content)
    if found.content_type != cms.DATA:
        raise MalformedInput(
            "smime-kind-unsupported", clause="RFC 8551 §3.6", where="eContentType", found=found.content_type
        )
    return found.octets


def _multipart_signed(entity: Entity, decode: Callable[[Entity], bytes]) -> Layer:
    clause = "RFC 8551 §3.5.3.1"
    found = entity.multipart()
    kinds = [part.content_type.media_type for part in found.parts]
    if entity.content_type.parameter("protocol") not in SIGNATURE_TYPES or len(kinds) < 2:
        raise MalformedInput(
            "signed-structure", clause=clause, where="multipart/signed", found=", ".join(kinds)
        )
    if len(kinds) > 2 or found.epilogue.strip(b" \t\r\n"):
        raise MalformedInput("unsigned-sibling", clause=clause, where="multipart/signed")
    if kinds[1] not in SIGNATURE_TYPES:
        raise MalformedInput(
            "signed-structure", clause=clause, where="multipart/signed", found=", ".join(kinds)
        )
    if found.ambiguous:
        raise MalformedInput("boundary-ambiguous", clause="RFC 2046 §5.1.1", where="multipart/signed")
    content, signature = found.parts
    octets = decode(signature)
    signed = _signed_data(octets)
    if signed.content_type != cms.DATA:
        # What was signed as something else (a time-stamp token, say) was not signed as mail.
        raise MalformedInput(
            "smime-kind-unsupported",
            clause="RFC 8551 §2.4.2",
            where="eContentType",
            found=signed.content_type,
        )
    if signed.content is not None:
        # Some readers show the content, others the part: a good signature over the one would cover the other.
        raise MalformedInput("detached-signature-with-content", clause=clause, where="multipart/signed")
    return Layer(LayerKind.MULTIPART_SIGNED, entity, octets, content.raw)


def _signed_data(octets: bytes) -> cms.SignedData:
    signed = cms.SignedData.read(octets)
    if not signed.signer_infos:
        # "All of none are valid" is true of nothing that anybody signed.
        raise MalformedInput(
            "signature-without-signers", clause="RFC 5652 §5.1", where="SignedData.signerInfos"
        )
    return signed

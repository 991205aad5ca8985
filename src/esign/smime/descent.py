"""Going inward through the layers of a message: verify, then open, then look further.

The order is the rule. An outer signature is verified before what it covers is decrypted; what an envelope
held is kept only when the envelope itself (AES-GCM) or a signature inside vouches for it: around another
one's ciphertext, changed at will, anybody can put a signature of their own. Behind an envelope that nothing
else vouches for, all failures look the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from esign import cms, der
from esign.envelope import Decrypted, open_envelope
from esign.enveloped import AUTH_ENVELOPED_DATA, ENVELOPED_DATA, Envelope, read_content, read_envelope
from esign.errors import EsignError, LimitExceeded, MalformedInput, NotARecipient, UnsupportedAlgorithm
from esign.findings import Finding, Indication
from esign.keys import OpeningKey
from esign.material import Material
from esign.mime import ContentType, Entity
from esign.smime.layers import (
    CERTIFICATES_ONLY,
    CMS_TYPES,
    MAX_LAYERS,
    Layer,
    LayerKind,
    copied_differences,
    find_layer,
    read_below,
)
from esign.smime.sender import Directory
from esign.smime.structure import (
    CompressedLayer,
    EncryptedLayer,
    JudgedLayer,
    Opening,
    SignedLayer,
    added_text,
    is_compressed,
    transported_content,
)
from esign.validation.policy import Policy
from esign.validation.report import Report
from esign.validation.signature import verify
from esign.x509 import Trust

MAX_ENVELOPES: Final = 2
"""Envelopes that are opened one in the other, at the root (one for each of two kinds of key)."""

_KNOWN_VALUES: Final = frozenset({"limit", "name"})
_VERDICTS: Final = frozenset({"signature-not-valid", "signature-unconfirmed"})
_VOUCHED_HERE: Final = "content-not-authenticated"
"""What an opened envelope says of CBC: here it is given away only where a signature vouches for it."""
_NO_ATTRIBUTES: Final = "signed-attributes-absent"
_POSES: Final = "content-poses-as-attributes"
_MESSAGE_NAMES: Final = (".p7m", ".p7z")


@dataclass(frozen=True, slots=True)
class Case:
    """What a judgement is made with."""

    root: Entity
    trust: Trust
    at: datetime
    keys: tuple[OpeningKey, ...]
    material: Material
    policy: Policy
    directory: Directory | None
    unsafe_release: bool = False

    def verify(self, layer: Layer) -> Report:
        """The verdict on the signature of `layer`."""
        return verify(
            layer.cms,
            document=layer.document,
            trust=self.trust,
            at=self.at,
            material=self.material,
            policy=self.policy,
        )


@dataclass(frozen=True, slots=True)
class Descent:
    """What was found from some layer inward; `boundaries` are those of the multipart layers."""

    layers: tuple[JudgedLayer, ...] = ()
    payload: Entity | None = None
    findings: tuple[Finding, ...] = ()
    boundaries: tuple[str, ...] = ()

    def under(self, layer: JudgedLayer, *findings: Finding, boundary: str = "") -> "Descent":
        """The same with one more layer around it."""
        around = (boundary, *self.boundaries) if boundary else self.boundaries
        return replace(
            self, layers=(layer, *self.layers), findings=(*findings, *self.findings), boundaries=around
        )


def descend(case: Case, entity: Entity, above: tuple[JudgedLayer, ...]) -> Descent:
    """From `entity` inward; `above` are the layers around it."""
    where = f"layer {len(above) + 1}"
    try:
        carrier, noted = _tidied(_as_declared(entity), where)
        if is_compressed(carrier) and any(isinstance(one, CompressedLayer) for one in above):
            raise LimitExceeded("too-many-layers", limit=1)
        layer = find_layer(carrier, transported_content)
        if layer is not None and len(above) == MAX_LAYERS:
            raise LimitExceeded("too-many-layers", limit=MAX_LAYERS)
    except EsignError as e:
        return Descent(findings=(told(e, where),))
    if layer is None:
        return Descent(payload=entity, findings=tuple(_no_letter(carrier, where)))
    found = _through(case, layer, above)
    return replace(found, findings=(*noted, *found.findings))


def _through(case: Case, layer: Layer, above: tuple[JudgedLayer, ...]) -> Descent:
    if layer.is_envelope:
        return _through_envelope(case, layer, above)
    if layer.is_signature:
        return _through_signature(case, layer, above)
    return _through_compressed(case, layer, above)


def _no_letter(entity: Entity, where: str) -> Iterator[Finding]:
    """Certificates or a receipt alone enclose no letter (RFC 8551 §3.8, RFC 2634 §2.5)."""
    if entity.content_type.media_type not in CMS_TYPES:
        return
    if entity.content_type.parameter("smime-type") == CERTIFICATES_ONLY:
        yield Finding.error("certificates-only", clause="RFC 8551 §3.8", where=where)
    else:
        yield Finding.error("receipt-only", clause="RFC 2634 §2.5", where=where)


def _as_declared(entity: Entity) -> Entity:
    """RFC 8551 §3.9: a gateway may have made application/octet-stream of it, and left the name."""
    kind = entity.content_type
    if kind.media_type != "application/octet-stream":
        return entity
    disposition = entity.disposition
    named = (disposition.parameters.get("filename") if disposition else None) or kind.parameters.get(
        "name", ""
    )
    if not named.lower().endswith(_MESSAGE_NAMES):
        return entity
    return replace(entity, content_type=ContentType("application", "pkcs7-mime", kind.parameters))


def _tidied(entity: Entity, where: str) -> tuple[Entity, tuple[Finding, ...]]:
    """`entity` without the text that lists and filters add below a layer, and a finding about it."""
    kind = entity.content_type.media_type
    if kind in CMS_TYPES and added_text(entity):
        return entity, (Finding.warning("text-after-base64", clause="RFC 2045 §6.8", where=where),)
    if kind != "multipart/signed":
        return entity, ()
    cut = entity.multipart()
    findings = [
        Finding.warning("text-after-base64", clause="RFC 2045 §6.8", where=where)
        for part in cut.parts[1:2]
        if added_text(part)
    ]
    if not cut.epilogue.strip(b" \t\r\n"):
        return entity, tuple(findings)
    findings.append(Finding.error("text-outside-layer", clause="RFC 2046 §5.1.1", where=where))
    return replace(entity, body=entity.body[: -len(cut.epilogue)]), tuple(findings)


def _through_compressed(case: Case, layer: Layer, above: tuple[JudgedLayer, ...]) -> Descent:
    """Compression vouches for nothing; one layer of it is unpacked in a letter."""
    octets = layer.inside or b""
    judged = CompressedLayer(len(octets))
    try:
        below, noted = read_below(octets, transported=False)
    except EsignError as e:
        return Descent().under(judged, told(e, f"layer {len(above) + 1}"))
    return descend(case, below, (*above, judged)).under(judged, *noted)


def _through_signature(case: Case, layer: Layer, above: tuple[JudgedLayer, ...]) -> Descent:
    where = f"layer {len(above) + 1}"
    report = case.verify(layer)
    judged = SignedLayer(layer.kind, report)
    findings = [*_about(report, where), *_missing(layer, where)]
    boundary = layer.entity.content_type.parameters.get("boundary", "") if layer.document else ""
    try:
        below, noted = read_below(layer.signed or b"", transported=layer.document is not None)
        findings += [*noted, *copied_differences(layer.entity, below)]
    except EsignError as e:
        return Descent().under(judged, *findings, told(e, where))
    return descend(case, below, (*above, judged)).under(judged, *findings, boundary=boundary)


def _about(report: Report, where: str) -> Iterator[Finding]:
    sub = report.sub_indication.value if report.sub_indication else ""
    if report.indication is Indication.TOTAL_FAILED:
        yield Finding.error("signature-not-valid", clause="RFC 8551 §3.5", where=where, reason=sub)
    elif report.indication is not Indication.TOTAL_PASSED:
        yield Finding.error("signature-unconfirmed", clause="RFC 8551 §3.5", where=where, reason=sub)
    codes = {found.code for signature in report.signatures for found in signature.findings}
    # A signature over signed attributes can be moved to content that is their encoding, and back.
    if _NO_ATTRIBUTES in codes:
        yield Finding.error("signed-attributes-absent", clause="RFC 5652 §5.3", where=where)
    if _POSES in codes:
        yield Finding.error("content-poses-as-attributes", clause="RFC 5652 §5.4", where=where)


def _missing(layer: Layer, where: str) -> Iterator[Finding]:
    """A digest algorithm that no signer uses: a SignerInfo seems to have been taken out.

    Archival attributes name further algorithms there (EN 319 122-1 cl. 5.5.3); with unsigned attributes
    nothing is concluded.
    """
    signed = cms.SignedData.read(layer.cms)
    used = {info.digest_algorithm.oid for info in signed.signer_infos}
    unused = {one.oid for one in signed.digest_algorithms} - used
    if unused and not any(info.unsigned_attributes for info in signed.signer_infos):
        found = ", ".join(sorted(unused))
        yield Finding.error("signer-missing", clause="RFC 5652 §5.1", where=where, found=found)


# --- envelopes ---


def _through_envelope(case: Case, layer: Layer, above: tuple[JudgedLayer, ...]) -> Descent:
    try:
        found = read_envelope(layer.cms)
    except EsignError as e:
        closed = EncryptedLayer(layer.kind, Opening.FAILED)
        return Descent().under(closed, told(e, f"layer {len(above) + 1}"))
    return _through_closed(case, found, above)


def _through_closed(case: Case, found: Envelope, above: tuple[JudgedLayer, ...]) -> Descent:
    where = f"layer {len(above) + 1}"
    kind = LayerKind.AUTH_ENVELOPED if found.authenticated else LayerKind.ENVELOPED
    closed = EncryptedLayer(
        kind, Opening.NO_KEY, found.recipient_ids, found.cipher_name, authenticated=found.authenticated
    )
    if sum(isinstance(one, EncryptedLayer) for one in above) == MAX_ENVELOPES:
        nested = Finding.error("envelope-nested", clause="RFC 8551 §3.7", where=where)
        return Descent().under(replace(closed, opening=Opening.NOT_TRIED), nested)
    if any(_is_bad(one) for one in above) and not case.unsafe_release:
        return _unopened(closed, Opening.NOT_TRIED, where)
    if not case.keys:
        return _unopened(closed, Opening.NO_KEY, where)
    return _opened(case, found, closed, above)


def _is_bad(layer: JudgedLayer) -> bool:
    return isinstance(layer, SignedLayer) and layer.report.indication is Indication.TOTAL_FAILED


def _unopened(closed: EncryptedLayer, opening: Opening, where: str) -> Descent:
    finding = Finding.error("envelope-not-opened", clause="RFC 8551 §3.3", where=where)
    return Descent().under(replace(closed, opening=opening), finding)


def _opened(case: Case, closed: Envelope, layer: EncryptedLayer, above: tuple[JudgedLayer, ...]) -> Descent:
    where = f"layer {len(above) + 1}"
    opened = replace(layer, opening=Opening.OPENED)
    vouched = layer.authenticated
    try:
        held = open_envelope(closed, case.keys)
    except NotARecipient:
        return _unopened(layer, Opening.NO_KEY, where)
    except UnsupportedAlgorithm as e:
        # Which algorithms stand there is seen without a key.
        return Descent().under(replace(layer, opening=Opening.FAILED), told(e, where))
    except EsignError:
        return _failed(layer, where, vouched=vouched)
    try:
        found = _held(case, held, (*above, opened))
    except EsignError:
        return _failed(layer, where, vouched=vouched)
    weak = [one for one in held.findings if one.code != _VOUCHED_HERE]
    if vouched or _vouches(found):
        return quiet(found).under(opened, *weak)
    failed = _failed(layer, where, vouched=False)
    return found.under(opened, *weak, *failed.findings) if case.unsafe_release else failed


def _held(case: Case, held: Decrypted, above: tuple[JudgedLayer, ...]) -> Descent:
    """What stood in an envelope: an entity, or another envelope for another kind of key."""
    if held.content_type in (ENVELOPED_DATA, AUTH_ENVELOPED_DATA):
        return _through_closed(case, read_content(held.content_type, der.decode(held.content)), above)
    if held.content_type != cms.DATA:
        raise MalformedInput("smime-kind-unsupported", found=held.content_type)
    below, noted = read_below(held.content, transported=False)
    found = descend(case, below, above)
    return replace(found, findings=(*noted, *found.findings))


def _failed(closed: EncryptedLayer, where: str, *, vouched: bool) -> Descent:
    """Nothing is told about what came out, nor whether anything did.

    RFC 8551 §6: what stands in an envelope that nothing authenticates may have been put together by somebody
    who reads the answer.
    """
    if vouched:
        finding = Finding.error("decryption-failed", clause="RFC 8551 §6", where=where)
        return Descent().under(replace(closed, opening=Opening.FAILED), finding)
    finding = Finding.error("envelope-not-vouched", clause="RFC 8551 §6", where=where)
    return Descent().under(replace(closed, opening=Opening.NOT_VOUCHED), finding)


def _vouches(found: Descent) -> bool:
    """Whether the outermost layer of what came out is a signature that holds over all of it."""
    first = found.layers[0] if found.layers else None
    if not isinstance(first, SignedLayer) or not first.report.signatures:
        return False
    return all(signature.crypto == "valid" for signature in first.report.signatures)


def quiet(found: Descent) -> Descent:
    """Findings about what an envelope held, without pieces of it: they end up in logs and in answers."""
    return replace(found, findings=tuple(replace(one, values=_harmless(one)) for one in found.findings))


def _harmless(finding: Finding) -> tuple[tuple[str, str], ...]:
    known = _KNOWN_VALUES | ({"reason"} if finding.code in _VERDICTS else frozenset())
    return tuple((name, value) for name, value in finding.values if name in known)


def was_opened(found: Descent) -> bool:
    """Whether what was found came out of an envelope."""
    return any(isinstance(one, EncryptedLayer) and one.opening is Opening.OPENED for one in found.layers)


def told(error: EsignError, where: str) -> Finding:
    """The finding that says what `error` says, at `where`."""
    place = f"{where}: {error.where}" if error.where else where
    return Finding.error(error.code, clause=error.clause, where=place, **dict(error.values))

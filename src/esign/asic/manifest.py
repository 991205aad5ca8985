"""Manifests of containers: which files a signature, a time stamp or an evidence record covers, as XML.

ASiCManifest, ASiCArchiveManifest (both of type ASiCManifestType) and ASiCEvidenceRecordManifest of
EN 319 162-1 Annex A. Document types and entities are refused before anything is expanded.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from esign.algorithms import SHA1, SHA3_256, SHA3_384, SHA3_512, SHA224, SHA256, SHA384, SHA512, Digest
from esign.errors import LimitExceeded, MalformedInput

NAMESPACE: Final = "http://uri.etsi.org/02918/v1.2.1#"
SIGNATURE_TYPE: Final = "application/pkcs7-signature"
TIME_STAMP_TYPE: Final = "application/vnd.etsi.timestamp-token"
MAX_MANIFEST: Final = 1 << 22
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_MAX_REFERENCES: Final = 10_000
_MAX_DEPTH: Final = 32
_CHUNK: Final = 1 << 16
_MAX_ELEMENTS: Final = 50_000
# A tag is built whole, with all its attributes, before anything here sees it.
_TOO_LONG: Final = re.compile(rb"[^<]{65536}")
# XML Signature and RFC 9231 name digests by address; the first of each is the one that is written.
_DIGESTS: Final[dict[str, Digest]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": SHA512,
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256": SHA3_256,
    "http://www.w3.org/2007/05/xmldsig-more#sha3-384": SHA3_384,
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512": SHA3_512,
}
# Read, because what was made with them may have been proved in their time, but never written.
_OLD_DIGESTS: Final[dict[str, Digest]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": SHA1,
    "http://www.w3.org/2001/04/xmldsig-more#sha224": SHA224,
}
_ADDRESSES: Final = {digest.oid: address for address, digest in _DIGESTS.items()}


@dataclass(frozen=True, slots=True)
class DataObject:
    """DataObjectReference: the digest that a file must have; `root` marks what readers should open first.

    `digest` is None, and `algorithm` an address, when the digest is one that is not known here.
    """

    name: str
    digest: Digest | None
    value: bytes
    mime_type: str = ""
    root: bool = False
    algorithm: str = ""

    def matches(self, digest_value: bytes) -> bool:
        """Whether `digest_value` is the one that is wanted."""
        return secrets.compare_digest(digest_value, self.value)


@dataclass(frozen=True, slots=True)
class Manifest:
    """An ASiCManifest: `reference` names the file with the signature, time stamp or evidence record.

    `name` is that of the manifest itself in its package, `raw` its octets as received.
    """

    name: str
    raw: bytes
    reference: str
    objects: tuple[DataObject, ...]
    reference_type: str = ""
    by_name: Mapping[str, DataObject] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.objects})

    @classmethod
    def read(cls, name: str, data: bytes) -> Self:
        """From XML in UTF-8.

        Raises:
            MalformedInput: `manifest-malformed` for other XML, a document type, a reference without digest,
                or a file referenced twice.
            LimitExceeded: `limit-exceeded` over 4 MiB or 10,000 references.
        """
        root = _parsed(name, data)
        if _local(root) != "ASiCManifest":
            raise _bad(f"the element {_local(root)}", name)
        signatures = [child for child in root if _local(child) == "SigReference"]
        references = [child for child in root if _local(child) == "DataObjectReference"]
        if len(signatures) != 1 or not references:
            raise _bad("not exactly one SigReference, or no DataObjectReference", name)
        if len(references) > _MAX_REFERENCES:
            raise LimitExceeded(limit=_MAX_REFERENCES, found=f"{len(references)} references", where=name)
        objects = tuple(_data_object(element, name) for element in references)
        if len({one.name for one in objects}) != len(objects):
            raise _bad("a file that is referenced twice", name)
        (signature,) = signatures
        return cls(name, data, _uri(signature, name), objects, signature.get("MimeType", ""))

    def object(self, name: str) -> DataObject | None:
        """The reference to the file `name`; None when it is not covered."""
        return self.by_name.get(name)


def encode(reference: str, objects: Iterable[DataObject], *, reference_type: str = SIGNATURE_TYPE) -> bytes:
    """ASiCManifest in UTF-8 over `objects`, whose `digest` must be set (EN 319 162-1 Annex A.4).

    `reference_type` is the media type of what is named; evidence records have none.
    """
    ElementTree.register_namespace("asic", NAMESPACE)
    ElementTree.register_namespace("ds", _DSIG)
    root = ElementTree.Element(f"{{{NAMESPACE}}}ASiCManifest")
    named = {"URI": quote(reference), **({"MimeType": reference_type} if reference_type else {})}
    ElementTree.SubElement(root, f"{{{NAMESPACE}}}SigReference", named)
    for one in objects:
        _append(root, one)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>' + ElementTree.tostring(root)


def _append(root: ElementTree.Element, one: DataObject) -> None:
    if one.digest is None or one.digest.oid not in _ADDRESSES:
        raise ValueError("a data object without a digest that is written")
    named = {"URI": quote(one.name)}
    if one.mime_type:
        named["MimeType"] = one.mime_type
    if one.root:
        named["Rootfile"] = "true"
    element = ElementTree.SubElement(root, f"{{{NAMESPACE}}}DataObjectReference", named)
    ElementTree.SubElement(element, f"{{{_DSIG}}}DigestMethod", {"Algorithm": _ADDRESSES[one.digest.oid]})
    ElementTree.SubElement(element, f"{{{_DSIG}}}DigestValue").text = base64.b64encode(one.value).decode()


def _parsed(name: str, data: bytes) -> ElementTree.Element:
    if len(data) > MAX_MANIFEST:
        raise LimitExceeded(limit=MAX_MANIFEST, found=f"{len(data)} octets", where=name)
    if _TOO_LONG.search(data):
        raise LimitExceeded(limit=1 << 16, found="a longer tag or text", where=name)
    try:
        # A document type could only hide from this look in an encoding that is not a superset of ASCII.
        if "<!DOCTYPE" in data.decode("utf-8") or b"\0" in data:
            raise _bad("a document type", name)
        # Without a document type there is nothing to expand.
        parser = ElementTree.XMLParser(target=_Bounded(name))  # noqa: S314
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        return parser.close()
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError, LookupError):
        raise _bad("no XML in UTF-8", name) from None


class _Bounded(ElementTree.TreeBuilder):
    """Builds the tree while it is no deeper, and has no more elements, than a manifest can have."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self._depth, self._elements = self._depth + 1, self._elements + 1
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise LimitExceeded(limit=_MAX_ELEMENTS, found="more or deeper elements", where=self._name)
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _data_object(element: ElementTree.Element, name: str) -> DataObject:
    method = next(_children(element, "DigestMethod"), None)
    value = next(_children(element, "DigestValue"), None)
    if method is None or value is None:
        raise _bad("a reference without digest", name)
    try:
        octets = base64.b64decode("".join((value.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise _bad("a digest that is not base64", name) from None
    algorithm = method.get("Algorithm", "")
    return DataObject(
        _uri(element, name),
        _DIGESTS.get(algorithm, _OLD_DIGESTS.get(algorithm)),
        octets,
        element.get("MimeType", ""),
        element.get("Rootfile", "") in ("true", "1"),
        algorithm,
    )


def _uri(element: ElementTree.Element, name: str) -> str:
    """The file that is meant: relative to the root of the package, percent-encoding undone."""
    try:
        found = unquote(element.get("URI", ""), errors="strict").removeprefix("/").removeprefix("./")
    except UnicodeDecodeError:
        raise _bad("an address that is not UTF-8", name) from None
    if not found:
        raise _bad("a reference without address", name)
    return found


def _children(element: ElementTree.Element, local: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _local(child) == local)


def _local(element: ElementTree.Element) -> str:
    """The name without its namespace: older drafts of the standard used others."""
    return str(element.tag).rpartition("}")[2]


def _bad(found: str, name: str) -> MalformedInput:
    return MalformedInput("manifest-malformed", clause="EN 319 162-1 Annex A.4", where=name, found=found)

"""A report as ETSI TS 119 102-2 XML: the same verdicts in the words that other validators exchange.

Every signature, countersignatures included, is a SignatureValidationReport; certificates and time stamps are
validation objects that it refers to. Findings stand as additional data under their codes, in English.
"""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from esign.findings import Finding, Indication, SubIndication
from esign.x509 import Certificate

if TYPE_CHECKING:
    from esign.validation.report import PathReport, Report, RevocationStatus, SignatureReport, TimeStampReport

NAMESPACE: Final = "http://uri.etsi.org/19102/v1.4.1#"
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_URN: Final = "urn:etsi:019102"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_PROCESSES: Final = {"B-LTA": "LTA", "B-LT": "LTVM", "B-T": "LTVM"}
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ALGORITHMS: Final = {
    **{f"ecdsa-{name}": f"{_MORE}ecdsa-{name}" for name in ("sha224", "sha256", "sha384", "sha512")},
    **{f"rsa-{name}": f"{_MORE}rsa-{name}" for name in ("sha224", "sha256", "sha384", "sha512")},
    **{
        f"rsa-pss-{name}": f"http://www.w3.org/2007/05/xmldsig-more#{name}-rsa-MGF1"
        for name in ("sha224", "sha256", "sha384", "sha512")
    },
    "ed25519": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    "ed448": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448",
}
_TIME_STAMPS: Final = {
    "content": "AllDataObjectsTimeStamp",
    "signature": "SignatureTimeStamp",
    "references": "SigAndRefsTimeStamp",
    "archive": "ArchiveTimeStamp",
}
_XML: Final = "".join(map(chr, (0x9, 0xA, 0xD)))


def report_xml(report: "Report") -> bytes:
    """ValidationReport of TS 119 102-2 V1.4.1 in UTF-8."""
    for prefix, address in (("vr", NAMESPACE), ("ds", _DSIG), ("xs", _SCHEMA), ("xsi", _INSTANCE)):
        ElementTree.register_namespace(prefix, address)
    root = ElementTree.Element(_name("ValidationReport"))
    objects = _Objects(report.at)
    signatures = list(_all(report.signatures))
    for number, signature in enumerate(signatures, 1):
        _signature(root, signature, report, f"S-{number}", objects)
    if not signatures:
        _nothing(root, report)
    for stamp in report.timestamps:
        objects.stamp(stamp)
    objects.write(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root)


def _all(signatures: Iterable["SignatureReport"]) -> Iterator["SignatureReport"]:
    for signature in signatures:
        yield signature
        yield from _all(signature.countersignatures)


class _Objects:
    """Certificates and time stamps, each once, that reports refer to by identifier."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._certificates: dict[str, Certificate] = {}
        self._stamps: dict[str, TimeStampReport] = {}

    def certificate(self, certificate: Certificate) -> str:
        identifier = f"C-{certificate.fingerprint}"
        self._certificates[identifier] = certificate
        return identifier

    def stamp(self, stamp: "TimeStampReport") -> str:
        identifier = f"T-{stamp.digest or len(self._stamps)}"
        self._stamps[identifier] = stamp
        for certificate in () if stamp.path is None else stamp.path.path:
            self.certificate(certificate)
        return identifier

    def write(self, root: ElementTree.Element) -> None:
        if not self._certificates and not self._stamps:
            return
        parent = _sub(root, "SignatureValidationObjects")
        for identifier, certificate in self._certificates.items():
            one = _object(parent, identifier, "certificate")
            _sub(_sub(one, "ValidationObjectRepresentation"), "base64").text = _base64(certificate.raw)
            _poe(_sub(one, "POE"), self._at, "validation")
        for identifier, stamp in self._stamps.items():
            one = _object(parent, identifier, "timestamp")
            representation = _sub(one, "ValidationObjectRepresentation")
            _digest(_sub(representation, "DigestAlgAndValue"), bytes.fromhex(stamp.digest))
            if stamp.at is not None and stamp.indication is Indication.PASSED:
                _sub(_sub(one, "POEProvisioning"), "POETime").text = _instant(stamp.at)
            judged = _sub(one, "ValidationReport")
            status = _status(judged, stamp.indication, stamp.sub_indication)
            _associated(status, stamp.path, stamp.findings, self)


def _nothing(root: ElementTree.Element, report: "Report") -> None:
    """A report without signature: the schema wants one, and the findings say why there is none."""
    parent = _sub(root, "SignatureValidationReport")
    status = _status(parent, report.indication, report.sub_indication)
    _associated(status, None, report.findings, _Objects(report.at))


def _signature(
    root: ElementTree.Element, found: "SignatureReport", report: "Report", identifier: str, objects: _Objects
) -> None:
    parent = _sub(root, "SignatureValidationReport")
    named = _sub(parent, "SignatureIdentifier", id=identifier)
    for flag in ("HashOnly", "DocHashOnly"):
        _sub(named, flag).text = "false"
    info = _sub(parent, "ValidationTimeInfo")
    _sub(info, "ValidationTime").text = _instant(report.at)
    best = found.best_signature_time or report.at
    _poe(_sub(info, "BestSignatureTime"), best, "validation")
    _attributes(parent, found, objects)
    if found.certificate is not None and found.signer is not None:
        who = _sub(parent, "SignerInformation")
        _sub(who, "SignerCertificate", VOReference=objects.certificate(found.certificate))
        _sub(who, "Signer").text = _clean(found.signer.name)
    process = _PROCESSES.get(found.level, "Basic")
    _sub(
        _sub(parent, "SignatureValidationProcess"), "SignatureValidationProcessID"
    ).text = f"{_URN}:validationprocess:{process}"
    status = _status(parent, found.indication, found.sub_indication)
    general = report.findings if found is report.signatures[0] else ()
    _associated(status, found.path, (*found.findings, *general), objects, algorithm=_algorithm(found))


def _attributes(parent: ElementTree.Element, found: "SignatureReport", objects: _Objects) -> None:
    claims, listed = found.claims, ElementTree.Element(_name("SignatureAttributes"))
    if found.signing_time is not None:
        _sub(_sub(listed, "SigningTime", Signed="true"), "Time").text = _instant(found.signing_time)
    if claims is not None:
        if claims.mime_type:
            _sub(_sub(listed, "DataObjectFormat", Signed="true"), "MimeType").text = _clean(claims.mime_type)
        for oid in claims.commitments:
            told = _sub(listed, "CommitmentTypeIndication", Signed="true")
            _sub(told, "CommitmentTypeIdentifier").text = f"urn:oid:{oid}"
    _stamps(listed, found, objects, "content")
    if claims is not None:
        if claims.policy is not None and claims.policy.oid:
            told = _sub(listed, "SigPolicyIdentifier", Signed="true")
            _sub(told, "SigPolicyId").text = f"urn:oid:{claims.policy.oid}"
        _place_and_role(listed, found)
    for kind in ("signature", "references", "archive"):
        _stamps(listed, found, objects, kind)
    if len(listed):
        parent.append(listed)


def _place_and_role(listed: ElementTree.Element, found: "SignatureReport") -> None:
    claims = found.claims
    place = None if claims is None else claims.location
    if place is not None:
        told = _sub(listed, "SignatureProductionPlace", Signed="true")
        for line in filter(None, (*place.postal_address, place.locality, place.country)):
            _sub(told, "AddressString").text = _clean(line)
    if claims is not None and claims.roles:
        told = _sub(listed, "SignerRole", Signed="true")
        for role in claims.roles:
            details = _sub(told, "RoleDetails")
            _sub(details, "Role").text = _clean(role)
            _sub(details, "EndorsementType").text = "claimed"


def _stamps(listed: ElementTree.Element, found: "SignatureReport", objects: _Objects, kind: str) -> None:
    for stamp in found.timestamps:
        if stamp.kind == kind and stamp.at is not None:
            signed = "true" if kind == "content" else "false"
            told = _sub(listed, _TIME_STAMPS[kind], Signed=signed)
            _sub(told, "AttributeObject", VOReference=objects.stamp(stamp))
            _sub(told, "TimeStampValue").text = _instant(stamp.at)


def _algorithm(found: "SignatureReport") -> tuple[str, bool] | None:
    address = _ALGORITHMS.get(found.algorithm)
    refused = any(f.code == "algorithm-not-acceptable" for f in found.findings)
    return None if address is None else (address, not refused)


def _status(
    parent: ElementTree.Element, indication: Indication, sub_indication: SubIndication | None
) -> ElementTree.Element:
    status = _sub(parent, "SignatureValidationStatus")
    _sub(status, "MainIndication").text = f"{_URN}:mainindication:{indication.value.lower()}"
    if sub_indication is not None:
        _sub(status, "SubIndication").text = f"{_URN}:subindication:{sub_indication.value}"
    return status


def _associated(
    status: ElementTree.Element,
    path: "PathReport | None",
    findings: Iterable[Finding],
    objects: _Objects,
    *,
    algorithm: tuple[str, bool] | None = None,
) -> None:
    data = ElementTree.Element(_name("AssociatedValidationReportData"))
    if path is not None and path.path:
        _chain(data, path, objects)
        for revoked in path.revocation:
            if revoked.revoked_at is not None:
                _revocation(data, revoked, objects)
                break
        if algorithm is not None:
            crypto = _sub(data, "CryptoInformation")
            _sub(crypto, "ValidationObjectId", VOReference=objects.certificate(path.path[0]))
            _sub(crypto, "Algorithm").text = algorithm[0]
            _sub(crypto, "SecureAlgorithm").text = str(algorithm[1]).lower()
    if told := tuple(dict.fromkeys(findings)):
        additional = _sub(data, "AdditionalValidationReportData")
        for finding in told:
            item = _sub(additional, "ReportData")
            _sub(item, "Type").text = f"urn:exat:finding:{finding.severity.value}:{finding.code}"
            value = _sub(item, "Value")
            value.set(f"{{{_INSTANCE}}}type", "xs:string")
            where = f"{finding.where}: " if finding.where else ""
            clause = f" ({finding.clause})" if finding.clause else ""
            value.text = _clean(f"{where}{finding.message}{clause}")
    if len(data):
        status.append(data)


def _chain(data: ElementTree.Element, path: "PathReport", objects: _Objects) -> None:
    chain = _sub(data, "CertificateChain")
    identifiers = [objects.certificate(certificate) for certificate in path.path]
    _sub(chain, "SigningCertificate", VOReference=identifiers[0])
    for identifier in identifiers[1:-1]:
        _sub(chain, "IntermediateCertificate", VOReference=identifier)
    if len(identifiers) > 1:
        _sub(chain, "TrustAnchor", VOReference=identifiers[-1])


def _revocation(data: ElementTree.Element, revoked: "RevocationStatus", objects: _Objects) -> None:
    told = _sub(data, "RevocationStatusInformation")
    _sub(told, "ValidationObjectId", VOReference=objects.certificate(revoked.certificate))
    if revoked.revoked_at is not None:
        _sub(told, "RevocationTime").text = _instant(revoked.revoked_at)
    if revoked.reason:
        _sub(told, "RevocationReason").text = f"{_URN}:revocationReason:{revoked.reason}"


def _object(parent: ElementTree.Element, identifier: str, kind: str) -> ElementTree.Element:
    one = _sub(parent, "ValidationObject", id=identifier)
    _sub(one, "ObjectType").text = f"{_URN}:validationObject:{kind}"
    return one


def _poe(parent: ElementTree.Element, at: datetime, kind: str) -> None:
    _sub(parent, "POETime").text = _instant(at)
    _sub(parent, "TypeOfProof").text = f"{_URN}:poetype:{kind}"


def _digest(parent: ElementTree.Element, value: bytes) -> None:
    ElementTree.SubElement(parent, f"{{{_DSIG}}}DigestMethod", {"Algorithm": _SHA256})
    ElementTree.SubElement(parent, f"{{{_DSIG}}}DigestValue").text = _base64(value)


def _sub(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, _name(name), attributes)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clean(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold: it comes from hostile input."""
    return "".join(
        c if c in _XML or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
        for c in text
    )

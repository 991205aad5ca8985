"""Evidence records made ready for their renewal: what proves the last time stamp goes in with it.

A new time stamp covers the octets of the one before it. Whatever is needed to judge that one later must be
among these octets (RFC 4998 §5.2), or nothing proves that it existed in time.

    ready = with_validation_data(record, Inquiry(material, trust, at))
    (renewed,) = renew_time_stamps([ready], tsa)
"""

from dataclasses import replace

from esign.ers import EvidenceRecord
from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.signing.evidence import EvidenceMissing, Inquiry
from esign.signing.frame import Frame, other_revocation
from esign.tsp import TimeStampToken
from esign.validation.report import PathReport
from esign.validation.timestamps import USAGE


def with_validation_data(record: EvidenceRecord, inquiry: Inquiry) -> EvidenceRecord:
    """`record` with the path of its last authority and what speaks of it, put into the last token.

    The signed octets of the token stay as they are. Give it the newest lists and answers: they are what shows
    that the authority was good until the renewal.

    Raises:
        EvidenceMissing: `evidence-missing` when no path passes at the time of `inquiry`.
    """
    return record.with_last_token(with_path(record.last.token, inquiry))


def with_path(token: TimeStampToken, inquiry: Inquiry) -> TimeStampToken:
    """The same for one token by itself, before another time stamp covers it.

    Raises:
        EvidenceMissing: `evidence-missing` when no path passes at the time of `inquiry`.
    """
    signed = token.signed
    own = Material.read((*signed.certificates, *signed.crls, *signed.ocsp))
    known = Material(
        (*inquiry.material.certificates, *own.certificates),
        (*inquiry.material.crls, *own.crls),
        ocsp=(*inquiry.material.ocsp, *own.ocsp),
    )
    asked = replace(inquiry, material=known)
    signer = token.signer(known.certificates)
    if signer is None:
        missing = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
        raise EvidenceMissing(PathReport(Indication.INDETERMINATE, missing, inquiry.at), "")
    found = asked.about(signer, usage=USAGE)
    held = {*signed.certificates, *signed.crls, *signed.ocsp}
    frame = Frame.read(token.raw).with_material(
        [c.raw for c in found.certificates if c.raw not in held],
        [
            *(crl.raw for crl in found.crls if crl.raw not in held),
            *(other_revocation(answer.raw) for answer in found.ocsp if answer.raw not in held),
        ],
    )
    return TimeStampToken.read(frame.encode())

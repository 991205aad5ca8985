"""Signatures made, raised, joined and taken apart: CAdES B-B to B-LTA (EN 319 122-1 cl. 6).

signature = sign(document, signer, at=at, detached=True)
augment(signature, "B-LTA", tsa=tsa, trust=trust, material=material, at=at, document=document)
"""

from esign.signing.basic import sign, sign_content, sign_digest, sign_stream
from esign.signing.deferred import ToBeSigned, complete, prepare
from esign.signing.evidence import Evidence, EvidenceMissing, Inquiry
from esign.signing.levels import LEVELS, AugmentationRefused, Level, augment, signing_certificate
from esign.signing.structure import StructureRefused, add_signer, attach, countersign, detach, join

__all__ = [
    "AugmentationRefused",
    "Evidence",
    "EvidenceMissing",
    "Inquiry",
    "LEVELS",
    "Level",
    "StructureRefused",
    "ToBeSigned",
    "add_signer",
    "attach",
    "augment",
    "complete",
    "countersign",
    "detach",
    "join",
    "prepare",
    "sign",
    "sign_content",
    "sign_digest",
    "sign_stream",
    "signing_certificate",
]

"""Containers of documents and their signatures: ASiC-S and ASiC-E with CAdES (EN 319 162-1 V1.1.1).

The package (`zipping`) and the manifests (`manifest`) are read strictly; `reading` judges signatures and
`assertions` what protects them beside; `making` writes, `lasting` keeps provable what is there.
"""

from esign.asic.container import Container, looks_like_container
from esign.asic.lasting import add_evidence_record, archive, augment, renew_evidence_records
from esign.asic.making import Form, Sign, add_signature, exchange, make, record, stamp
from esign.asic.reading import verify

__all__ = [
    "Container",
    "Form",
    "Sign",
    "add_evidence_record",
    "add_signature",
    "archive",
    "augment",
    "exchange",
    "looks_like_container",
    "make",
    "record",
    "renew_evidence_records",
    "stamp",
    "verify",
]

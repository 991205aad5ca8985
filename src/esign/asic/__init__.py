"""Containers of documents and their signatures: ASiC-S and ASiC-E with CAdES (EN 319 162-1 V1.1.1).

The package (`zipping`) and the manifests (`manifest`) are read strictly; `reading` judges, `making` writes.
"""

from esign.asic.making import Form, Sign, add_signature, exchange, make, stamp
from esign.asic.reading import Container, looks_like_container, verify

__all__ = [
    "Container",
    "Form",
    "Sign",
    "add_signature",
    "exchange",
    "looks_like_container",
    "make",
    "stamp",
    "verify",
]

"""Which document a detached signature or a proof belongs to: the file beside it whose name it bears.

`report.pdf.p7s`, `report.pdf.tst` and `report.pdf.ers` are about `report.pdf`.
"""

from pathlib import Path
from typing import Final

import esign
from esign import EsignError
from exat_cli.output import read_input

SIGNATURES: Final = (".p7s", ".sig")
PROOFS: Final = (".tst", ".ers")
_LIMIT: Final = 1 << 24
"""Octets of a detached signature; what is larger has its document inside."""


def document_beside(file: str) -> str | None:
    """The document of the detached signature or the proof in `file`; None where none is needed or there."""
    suffix = Path(file).suffix.casefold()
    if file == "-" or suffix not in (*SIGNATURES, *PROOFS):
        return None
    document = Path(file).with_suffix("")
    if not document.is_file() or (suffix in SIGNATURES and not is_detached(file)):
        return None
    return str(document)


def is_detached(file: str) -> bool:
    """Whether `file` is a signature without its document."""
    if Path(file).stat().st_size > _LIMIT:
        return False
    try:
        return esign.attached_content(read_input(file)) is None
    except EsignError:
        return False

"""What an evidence record covers is left as it is: a change would break the record (RFC 4998 §5.3)."""

from collections.abc import Callable

import pytest

from esign import signing
from esign.ers import embed
from esign.signing import AugmentationRefused, StructureRefused
from tests.esign.validation.world import AT
from tests.fuzz import archive
from tests.fuzz.archive import DOCUMENT

CHANGES: dict[str, Callable[[bytes], object]] = {
    "detach": signing.detach,
    "join": lambda signed: signing.join([signed, archive.levels()["B-B"]]),
    "add-signer": lambda signed: signing.add_signer(signed, archive.signer(archive.chief()), at=AT),
    "countersign": lambda signed: signing.countersign(signed, archive.signer(archive.chief()), at=AT),
}


def raised(signed: bytes) -> bytes:
    return signing.augment(
        signed,
        "B-LTA",
        tsa=lambda request: archive.authority().answer(request, at=AT, serial=1),
        at=AT,
        trust=archive.root().trust,
        material=archive.material(),
    )


def test_a_signature_with_a_record_is_not_raised() -> None:
    with pytest.raises(AugmentationRefused) as caught:
        raised(archive.levels()["record"])
    assert caught.value.code == "augmentation-refused"
    assert raised(archive.levels()["B-LT"])


@pytest.mark.parametrize("name", CHANGES)
def test_a_signature_with_a_record_is_not_changed(name: str) -> None:
    with pytest.raises(StructureRefused) as caught:
        CHANGES[name](archive.levels()["record"])
    assert caught.value.code == "structure-refused"
    assert CHANGES[name](archive.levels()["B-LT"])


def test_a_document_is_not_attached_under_a_record() -> None:
    signed, _ = signing.detach(archive.levels()["B-LT"])
    assert signing.attach(signed, DOCUMENT)
    with pytest.raises(StructureRefused):
        signing.attach(embed(signed, archive.records()["alone"].raw), DOCUMENT)

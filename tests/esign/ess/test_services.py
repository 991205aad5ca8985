"""What several signers state together, and what layers say of each other."""

import pytest

from esign import cms, der, signing
from esign.attributes import Attribute
from esign.capabilities import OWN
from esign.errors import MalformedInput
from esign.ess import (
    ENCRYPTION_KEY_PREFERENCE,
    SECURITY_LABEL,
    Party,
    SecurityLabel,
    Services,
    agreed,
    capabilities_attribute,
    compare_labels,
    encryption_key_preference,
    equivalent_labels,
    expanded,
    proved_signers,
    request_receipt,
)
from tests.esign.people import AT, recipient, signatory

TEXT = b"Salom"
ALICE, BOB = signatory("p-256"), signatory("p-384")
LABEL, OTHER = SecurityLabel("1.2.3", 1), SecurityLabel("1.2.3", 2)
LIST = signatory("rsa-2048").certificate


def info(*attributes: Attribute) -> cms.SignerInfo:
    made = signing.sign(TEXT, ALICE.signer, at=AT, attributes=attributes)
    return cms.SignedData.read(made).signer_infos[0]


def request(identifier: bytes = b"1") -> Attribute:
    return request_receipt((Party.of("alice@a.test"),), identifier=identifier).attribute()


def history(times: int = 1) -> Attribute:
    found = expanded(None, LIST, at=AT)
    return found.attribute() if times == 1 else expanded(found, BOB.certificate, at=AT).attribute()


def test_everything_that_is_said_is_read() -> None:
    reader = recipient("p-256").certificate
    found = Services.read(
        info(
            request(),
            LABEL.attribute(),
            equivalent_labels((SecurityLabel("1.2.4", 3),)),
            history(),
            capabilities_attribute(OWN),
            encryption_key_preference(reader),
        )
    )
    assert found.label == LABEL
    assert found.preferred_key is not None and found.preferred_key.names(reader)
    assert found.capabilities == OWN
    assert set(found.to_dict()) == {
        "receipt_request",
        "label",
        "equivalent_labels",
        "mail_lists",
        "ciphers",
    }
    assert Services.read(info()) == Services() and Services().to_dict() == {}


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (der.tlv(0x82, b"key"), b"key"),
        (der.tlv(0xA1, der.octet_string(b"key"), der.generalized_time(AT)), b"key"),
    ],
    ids=["identifier", "recipient-key"],
)
def test_a_preferred_key_is_named_by_its_identifier_too(value: bytes, named: bytes) -> None:
    found = Services.read(info(Attribute(ENCRYPTION_KEY_PREFERENCE, (value,)))).preferred_key
    assert found is not None and found.subject_key_identifier == named


@pytest.mark.parametrize(
    ("oid", "values", "code"),
    [
        (SECURITY_LABEL, (LABEL.encode(), OTHER.encode()), "attribute-values"),
        (SECURITY_LABEL, (der.sequence(),), "malformed-input"),
        (ENCRYPTION_KEY_PREFERENCE, (der.null(),), "malformed-input"),
        (ENCRYPTION_KEY_PREFERENCE, (der.tlv(0xA0),), "malformed-input"),
        (ENCRYPTION_KEY_PREFERENCE, (der.tlv(0xA1),), "malformed-input"),
    ],
    ids=range(5),
)
def test_an_attribute_of_another_shape_is_refused(oid: str, values: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        Services.read(info(Attribute(oid, tuple(sorted(values)))))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ((), (), []),
        ((LABEL.attribute(), request(), history()), (LABEL.attribute(), request(), history()), []),
        ((request(),), (), []),
        ((history(),), (), []),
        ((request(b"1"),), (request(b"2"),), ["receipt-requests-differ"]),
        ((LABEL.attribute(),), (OTHER.attribute(),), ["security-labels-differ"]),
        ((LABEL.attribute(),), (), ["security-label-missing"]),
        ((history(),), (history(2),), ["expansion-histories-differ"]),
    ],
    ids=["nothing", "alike", "one-asks", "one-list", "requests", "labels", "label-missing", "histories"],
)
def test_signers_must_agree(
    first: tuple[Attribute, ...], second: tuple[Attribute, ...], codes: list[str]
) -> None:
    for pair in ((first, second), (second, first)):
        found = agreed(info(*said) for said in pair)
        assert [finding.code for finding in found.findings] == codes
        services = found.services
        assert (services.receipt_request is None) is (request() not in first or "requests" in str(codes))
        assert (services.label is None) is ("labels-differ" in str(codes) or LABEL.attribute() not in first)


def test_what_nobody_signed_says_nothing() -> None:
    assert agreed(()).services == Services()


def test_only_signers_whose_signature_holds_are_heard() -> None:
    good = signing.sign(TEXT, ALICE.signer, at=AT, attributes=(LABEL.attribute(),))
    assert len(proved_signers(cms.SignedData.read(good), None, AT)) == 1
    changed = cms.SignedData.read(good.replace(TEXT, b"salom"))
    assert proved_signers(changed, None, AT) == ()


@pytest.mark.parametrize(
    ("inner", "outer", "differs"),
    [
        (LABEL, OTHER, True),
        (LABEL, LABEL, False),
        (LABEL, SecurityLabel("1.2.4", 2), False),
        (LABEL, None, False),
        (None, LABEL, False),
    ],
    ids=["differ", "same", "other-policy", "inner-alone", "outer-alone"],
)
def test_labels_of_two_layers_are_compared_under_one_policy(
    inner: SecurityLabel | None, outer: SecurityLabel | None, differs: bool
) -> None:
    found = compare_labels(inner, outer)
    assert [finding.code for finding in found] == ["security-label-layers-differ"] * differs

"""Security labels: read, written, and which one a reader goes by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der
from esign.cms import SignedData
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.ess import (
    ReceiptRule,
    SecurityCategory,
    SecurityLabel,
    Services,
    equivalent_labels,
    label_to_process,
    read_equivalent_labels,
)
from esign.ess.labels import MAX_CATEGORIES, MAX_EQUIVALENT
from tests.peers import corpus

ACME, WIDGET = "1.2.3.4.1", "1.2.3.4.2"
CATEGORY = SecurityCategory("1.2.3.9", der.utf8("chancery"))
LABEL = SecurityLabel(ACME, 3, "ДСП", (CATEGORY,))


def read(octets: bytes) -> SecurityLabel:
    return SecurityLabel.read(der.decode(octets))


@given(
    st.builds(
        SecurityLabel,
        st.sampled_from([ACME, WIDGET, "2.5.4.3"]),
        st.none() | st.integers(0, 256),
        st.text(st.characters(codec="utf-8"), max_size=40),
        st.lists(
            st.builds(SecurityCategory, st.just("1.2.3"), st.binary().map(der.octet_string)), max_size=3
        ).map(lambda held: tuple(sorted(held, key=SecurityCategory.encode))),
    )
)
def test_a_label_is_read_as_it_was_written(label: SecurityLabel) -> None:
    assert read(label.encode()) == label
    assert der.is_der(der.decode(label.encode()))


def test_the_elements_of_a_set_stand_in_any_order() -> None:
    shuffled = der.tlv(der.SET, der.utf8("x"), der.oid(ACME), der.integer(1))
    assert read(shuffled) == SecurityLabel(ACME, 1, "x")


@pytest.mark.parametrize(("number", "name"), [(0, "unmarked"), (5, "top-secret"), (6, "6"), (None, "")])
def test_the_basic_hierarchy_has_names(number: int | None, name: str) -> None:
    assert SecurityLabel(ACME, number).classification_name == name


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (der.tlv(der.SET, der.integer(1)), MalformedInput),
        (der.sequence(der.oid(ACME)), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.oid(WIDGET)), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.boolean(True)), MalformedInput),
        (der.tlv(der.SET, der.integer(257), der.oid(ACME)), MalformedInput),
        (der.tlv(der.SET, der.integer(-1), der.oid(ACME)), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.utf8("")), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.tlv(der.PRINTABLE_STRING, b"x" * 129)), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.utf8("x" * 4097)), MalformedInput),
        (der.tlv(der.SET, der.oid(ACME), der.set_of([der.sequence()])), MalformedInput),
        (
            der.tlv(der.SET, der.oid(ACME), der.set_of([CATEGORY.encode()] * (MAX_CATEGORIES + 1))),
            LimitExceeded,
        ),
    ],
    ids=str,
)
def test_what_is_no_label_is_refused(octets: bytes, error: type[EsignError]) -> None:
    with pytest.raises(error):
        read(octets)


def test_a_cut_label_is_refused_at_each_length() -> None:
    octets = LABEL.encode()
    for length in range(len(octets)):
        with pytest.raises(MalformedInput):
            read(octets[:length])


@given(st.binary(max_size=60))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    for reader in (SecurityLabel.read, read_equivalent_labels):
        try:
            reader(der.decode(octets))
        except EsignError:
            continue


@pytest.mark.parametrize(
    "label",
    [
        SecurityLabel(ACME, 257),
        SecurityLabel(ACME, -1),
        SecurityLabel(ACME, None, "x" * 4097),
        SecurityLabel(ACME, None, "", (CATEGORY,) * 65),
    ],
    ids=["high", "low", "mark", "categories"],
)
def test_a_label_out_of_bounds_is_not_written(label: SecurityLabel) -> None:
    with pytest.raises(ValueError, match="label|classification"):
        label.encode()


def test_equivalent_labels_stand_under_policies_of_their_own() -> None:
    both = (SecurityLabel(ACME, 1), SecurityLabel(WIDGET, 2))
    (value,) = equivalent_labels(both).values
    assert read_equivalent_labels(der.decode(value)) == both
    for labels in ((), (both[0], both[0])):
        with pytest.raises(ValueError, match="policy"):
            equivalent_labels(labels)
        with pytest.raises(MalformedInput):
            read_equivalent_labels(der.decode(der.sequence(*(label.encode() for label in labels))))
    with pytest.raises(MalformedInput):
        read_equivalent_labels(der.decode(der.set_of([both[0].encode()])))
    many = der.sequence(*(SecurityLabel(f"1.2.{n}").encode() for n in range(MAX_EQUIVALENT + 1)))
    with pytest.raises(LimitExceeded):
        read_equivalent_labels(der.decode(many))


@pytest.mark.parametrize(
    ("label", "known", "wanted"),
    [
        (SecurityLabel(ACME, 1), {ACME, WIDGET}, SecurityLabel(ACME, 1)),
        (SecurityLabel(ACME, 1), {WIDGET}, SecurityLabel(WIDGET, 2)),
        (SecurityLabel(WIDGET, 1), {"1.2.3"}, None),
        (None, {WIDGET}, SecurityLabel(WIDGET, 2)),
        (None, set(), None),
    ],
    ids=["own", "translated", "unknown", "no-label", "nothing-known"],
)
def test_a_known_label_comes_before_its_equivalents(
    label: SecurityLabel | None, known: set[str], wanted: SecurityLabel | None
) -> None:
    assert label_to_process(label, (SecurityLabel(WIDGET, 2),), known) == wanted


def test_the_label_of_the_example_message_is_read() -> None:
    """RFC 4134 §4.10: a message with many signed attributes."""
    folder = corpus("rfc4134")
    (info,) = SignedData.read((folder / "4.10.bin").read_bytes()).signer_infos
    found = Services.read(info)
    assert found.label is not None and found.history is not None and found.preferred_key is not None
    assert found.label.to_dict() == {
        "policy": "1.2.3.4.5.6.7.8",
        "classification": 1,
        "classification_name": "unclassified",
        "privacy_mark": "THIS IS A PRIVACY MARK TEST",
        "categories": [
            {"type": "1.2.3.4.5.6.7.888", "value": (b"\x13!THIS IS A TEST SECURITY-CATEGORY.").hex()}
        ],
    }
    assert [label.policy for label in found.equivalent_labels] == ["1.2.3.4.5.6.7.9", "1.2.3.4.5.6.7.10"]
    assert found.history.policy is not None
    assert found.history.policy.rule is ReceiptRule.INSTEAD_OF
    assert [name.name.common_name for name in found.history.policy.parties[0].names if name.name] == [
        "Bugs Bunny DSA",
        "Elmer Fudd DSA",
    ]
    assert found.history.expansions[0].by.subject_key_identifier == b"5738299"
    assert found.preferred_key.serial_number == 0x0A554433
    assert found.capabilities is not None and found.capabilities.items[0].oid == "1.2.3.4.5.6"
    assert found.receipt_request is None

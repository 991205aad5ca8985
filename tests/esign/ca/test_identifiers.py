import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.ca import identifiers


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("GOVUZ", True),
        ("NTRUZ-301234567", True),
        ("NTRDE-HRB 1", False),
        ("NTRDE-HRB1", True),
        ("NTRUZ-30123456", False),
        ("govuz", False),
        ("NTRUZ", False),
    ],
)
def test_organisation_identifiers_by_en_319_412_1(value: str, right: bool) -> None:
    assert identifiers.is_organization_identifier(value) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("PNOUZ-31201901234563", True),
        ("PNOUZ-31201901234561", False),
        ("PASUZ-AA1234567", True),
        ("x", False),
    ],
)
def test_person_identifiers_by_en_319_412_1(value: str, right: bool) -> None:
    assert identifiers.is_person_identifier(value) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("a@agency.uz", True),
        ("ali.valiyev+x@mail.agency.uz", True),
        ("алиев@agency.uz", True),
        ("a@agency", False),
        ("a@@agency.uz", False),
        (".a@agency.uz", False),
        ("a.@agency.uz", False),
        ("a b@agency.uz", False),
        ('"a b"@agency.uz', False),
        ("a@[127.0.0.1]", False),
        ("a@-agency.uz", False),
        ("a@agency.uz.", False),
        ("a@агентлик.uz", False),
        ("@agency.uz", False),
        ("a" * 65 + "@agency.uz", False),
        ("a@agency.uz\n", False),
        ("a\0@agency.uz", False),
    ],
)
def test_mailboxes(value: str, right: bool) -> None:
    assert identifiers.is_mailbox(value) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("mx.agency.uz", True),
        ("localhost", True),
        ("*.agency.uz", False),
        ("mx_1.agency.uz", False),
        ("127.0.0.1", False),
        ("mx..uz", False),
        ("a." * 127 + "uz", False),
        ("", False),
    ],
)
def test_hosts(value: str, right: bool) -> None:
    assert identifiers.is_host(value) is right


@given(st.text(max_size=40))
def test_no_text_raises(value: str) -> None:
    for judge in (
        identifiers.is_mailbox,
        identifiers.is_host,
        identifiers.is_person_identifier,
        identifiers.is_organization_identifier,
    ):
        assert judge(value) in (True, False)

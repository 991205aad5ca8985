"""Numbers of people and organisations: their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.national import identifiers


def test_a_pinfl_with_its_check_digit_is_right() -> None:
    assert identifiers.is_pinfl("31201901234563")


@pytest.mark.parametrize(
    "value",
    [
        "31201901234561",  # check digit
        "3120190123456",  # 13 digits
        "312019012345630",
        "01201901234563",  # first digit 0
        "71201901234563",  # first digit 7
        "33201901234563",  # day 32
        "31213901234563",  # month 13
        "3120190123456٣",  # a digit that is not ASCII
        "",
    ],
)
def test_a_wrong_pinfl_is_refused(value: str) -> None:
    assert not identifiers.is_pinfl(value)


@given(st.integers(0, 12), st.integers(1, 9))
def test_each_changed_digit_of_a_pinfl_is_seen(place: int, shift: int) -> None:
    """Weights 7, 3 and 1 have no factor in common with 10."""
    digits = [int(d) for d in "31201901234563"]
    digits[place] = (digits[place] + shift) % 10
    assert not identifiers.is_pinfl("".join(map(str, digits)))


@pytest.mark.parametrize(("value", "right"), [("301234567", True), ("30123456", False), ("30123456x", False)])
def test_a_stir_has_nine_digits(value: str, right: bool) -> None:
    assert identifiers.is_stir(value) is right


@given(st.text(max_size=20))
def test_no_text_raises(value: str) -> None:
    for judge in (identifiers.is_pinfl, identifiers.is_stir):
        assert judge(value) in (True, False)

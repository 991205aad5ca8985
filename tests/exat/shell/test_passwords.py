"""Password verifiers."""

import pytest

from exat.errors import ConfigurationError
from exat.shell.passwords import fits, make_verifier


def test_the_password_fits_and_another_does_not() -> None:
    verifier = make_verifier("to'g'ri ot batareya")
    assert fits("to'g'ri ot batareya", verifier)
    assert not fits("to'g'ri ot batareyA", verifier)
    assert not fits("", verifier)


def test_one_password_has_many_verifiers_and_stands_in_none() -> None:
    first, second = make_verifier("correct horse"), make_verifier("correct horse")
    assert first != second
    assert "horse" not in first
    assert first.startswith("scrypt$16384$8$1$")


def test_nothing_fits_without_a_verifier() -> None:
    assert not fits("anything", None)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_verifier("1234567")
    assert caught.value.code == "password-too-short"
    make_verifier("12345678")


@pytest.mark.parametrize("verifier", ["", "scrypt$1", "md5$16384$8$1$AAAA$AAAA", "scrypt$16384$8$1$!$AAAA"])
def test_a_damaged_verifier_is_an_error_and_no_login(verifier: str) -> None:
    with pytest.raises(ValueError, match="."):
        fits("anything", verifier)

"""Whatever the mail system or the library finds is explained in each language."""

from esign import Finding
from esign.language import CATALOGUE as LIBRARY
from exat.errors import DirectoryError
from exat.language import CATALOGUE, LANGUAGES, explain, text


def test_the_mail_systems_own_words_come_first() -> None:
    for code in CATALOGUE:
        assert text(code, "en", {}).startswith(CATALOGUE[code].en.partition("{")[0])


def test_a_code_of_the_library_is_explained_too() -> None:
    code = next(iter(LIBRARY))
    assert text(code, "ru") != code


def test_an_unknown_code_is_its_own_message() -> None:
    assert text("never-heard-of", "uz") == "never-heard-of"


def test_findings_and_errors_are_explained_alike() -> None:
    finding = Finding.error("bundle-malformed", found="x")
    error = DirectoryError("bundle-malformed", "x", values={"found": "x"})
    for language in LANGUAGES:
        assert explain(finding, language) == explain(error, language)
    assert explain(finding, "en") == "the agency's bundle cannot be read: x; ask the agency for a new export"


def test_values_of_hostile_input_are_made_printable() -> None:
    finding = Finding.error("unknown-recipient", mailbox="a\x1b[31m\n\u202e@b")
    assert explain(finding, "en").isprintable()

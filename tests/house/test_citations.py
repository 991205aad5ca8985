"""Citations have one exact form, and the ledger made of them is up to date."""

import tomllib

import pytest

from tests.house import ledger
from tests.house.tree import name_of, text_of


def test_every_citation_has_the_exact_form() -> None:
    files = ledger.citing_files(*ledger.CODE_ROOTS, *ledger.TEST_ROOTS)
    found = {name_of(path): wrong for path in files if (wrong := ledger.malformed(text_of(path)))}
    assert not found


def test_the_ledger_is_up_to_date() -> None:
    assert text_is_current(ledger.STANDARDS.name)


def test_the_list_of_codes_is_up_to_date() -> None:
    assert text_is_current(ledger.CODES.name)


def text_is_current(name: str) -> bool:
    return f"docs/{name}" not in ledger.outdated()


def test_the_ledger_reads_back_as_what_was_cited() -> None:
    cited = {"RFC 5652": {"§5.4": {"code": ["b.py", "a.py"], "tests": ["t.py"]}, "§10.1": {"code": ["a.py"]}}}
    document = ledger.standards_document(cited)
    assert tomllib.loads(document) == {
        "RFC 5652": {"§5.4": {"code": ["a.py", "b.py"], "tests": ["t.py"]}, "§10.1": {"code": ["a.py"]}}
    }
    assert document.index("§5.4") < document.index("§10.1")


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("RFC 5280 §4.2.1.12", [("RFC 5280", "§4.2.1.12")]),
        ("see RFC 5652 §5.4.", [("RFC 5652", "§5.4")]),
        ("RFC 5280 §6.1.3 (d)", [("RFC 5280", "§6.1.3")]),
        ("RFC 8551 §A.1 and RFC 822", [("RFC 8551", "§A.1")]),
        (
            "EN 319 122-1 cl. 5.2.3, TS 119 312 cl. 7",
            [("EN 319 122-1", "cl. 5.2.3"), ("TS 119 312", "cl. 7")],
        ),
        ("X.690 §8.1.3 = ITU-T X.690 §8.1.3", [("X.690", "§8.1.3"), ("X.690", "§8.1.3")]),
        ("FIPS 204 §5.2", [("FIPS 204", "§5.2")]),
        ('"EN319522v1.2.1"', []),
        ("RFC 5652 §5.4, §9 and §A", [("RFC 5652", "§5.4"), ("RFC 5652", "§9"), ("RFC 5652", "§A")]),
    ],
)
def test_exact_forms_are_read(text: str, cited: list[tuple[str, str]]) -> None:
    assert list(ledger.citations(text)) == cited
    assert not ledger.malformed(text)


@pytest.mark.parametrize(
    "text",
    [
        "RFC5652",
        "RFC-5652",
        "RFC 5652 section 5.4",
        "RFC 5652, Section 5.4",
        "RFC 5652 cl. 5.4",
        "RFC 5652 §5.4; §5.6",
        "RFC 5652 § 5.4",
        "RFC 5652\n§5.4",
        "EN 319 122-1 §5.2.3",
        "EN 319 122-1, clause 5.2.3",
        "EN 319122-1 cl. 5.2.3",
        "EN319122-1 cl. 5.2.3",
        "EN319 122-1 clause 5",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    assert ledger.malformed(text)

from pathlib import Path

import pytest

from esign.errors import EsignError
from esign.io.profiles import certificate_profiles, certificate_profiles_of

OWN = """
issuer = "persons"
keys = ["p-384"]
days = 30
key_usage = ["nonRepudiation"]
[summary]
en = "a visitor"
ru = "гость"
uz = "mehmon"
uz-Cyrl = "меҳмон"
[subject]
required = ["country", "common_name"]
"""


def test_profiles_of_ones_own_stand_beside_and_above_the_librarys(tmp_path: Path) -> None:
    (tmp_path / "visitor-sign.toml").write_text(OWN, "utf-8")
    (tmp_path / "officer-sign.toml").write_text(OWN, "utf-8")
    (tmp_path / "notes.txt").write_text("not a profile", "utf-8")
    found = certificate_profiles_of(tmp_path)
    assert set(found) == {*certificate_profiles(), "visitor-sign"}
    assert found["visitor-sign"].name == "visitor-sign"
    assert (found["officer-sign"].days, certificate_profiles()["officer-sign"].days) == (30, 730)


@pytest.mark.parametrize("octets", [b"\xff", b"#" * 70_000, b"days = 1"])
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "visitor.toml").write_bytes(octets)
    with pytest.raises(EsignError) as caught:
        certificate_profiles_of(tmp_path)
    assert (caught.value.code, caught.value.values["name"]) == ("profile-malformed", "visitor")


def test_a_file_with_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "A Visitor.toml").write_text(OWN, "utf-8")
    with pytest.raises(EsignError):
        certificate_profiles_of(tmp_path)

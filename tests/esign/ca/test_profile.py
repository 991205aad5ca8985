import copy
import tomllib
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.ca.profile import Profile
from esign.errors import EsignError
from esign.io.profiles import certificate_profiles

NAMES = (
    "agency-seal",
    "agency-seal-mail",
    "business-sign",
    "citizen-sign",
    "gateway-domain-encrypt",
    "gateway-domain-encrypt-ml-kem",
    "gateway-domain-sign",
    "issuing-infra",
    "issuing-person",
    "mailbox-encrypt",
    "ocsp",
    "officer-encrypt-ec",
    "officer-encrypt-ml-kem",
    "officer-encrypt-rsa",
    "officer-sign",
    "ra-operator",
    "relay-tls",
    "root",
    "tsa",
)


def data(name: str = "officer-sign") -> dict[str, Any]:
    folder = resources.files("esign_profiles") / "certificates"
    return tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))


def refusal(changed: dict[str, Any]) -> str:
    with pytest.raises(EsignError) as caught:
        Profile.read("officer-sign", changed)
    assert caught.value.code == "profile-malformed"
    assert caught.value.values["name"] == "officer-sign"
    return str(caught.value.values["reason"])


def test_the_profiles_of_the_library_are_these() -> None:
    assert tuple(sorted(certificate_profiles())) == NAMES


def test_an_unknown_key_is_an_error_with_a_suggestion() -> None:
    changed = data()
    changed["key_usages"] = changed.pop("key_usage")
    assert "key_usages: unknown key, did you mean key_usage?" in refusal(changed)


def test_an_unknown_key_of_a_table_is_an_error_with_a_suggestion() -> None:
    changed = data()
    changed["subject"]["requird"] = []
    assert refusal(changed) == "subject.requird: unknown key, did you mean required?"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key_usage": ["digitalSignatur"]}, "did you mean digitalSignature?"),
        ({"key_usage": ["digitalSignature", "digitalSignature"]}, "a value twice"),
        ({"key_usage": ["digitalSignature", "keyAgreement"]}, "one key does not both sign and decrypt"),
        ({"key_usage": ["keyCertSign"]}, "only an authority has keyCertSign"),
        ({"key_usage": []}, "key_usage"),
        ({"key_usage": ["keyAgreement"], "keys": ["p-256", "rsa-3072"]}, "does not fit the keys rsa-3072"),
        ({"key_usage": ["keyEncipherment"], "keys": ["p-256"]}, "does not fit the keys p-256"),
        ({"key_usage": ["keyAgreement"], "keys": ["ml-kem-768"]}, "does not fit the keys ml-kem-768"),
        ({"key_usage": ["dataEncipherment"], "keys": ["ml-kem-768"]}, "does not fit the keys ml-kem-768"),
        ({"keys": ["p-256", "ml-kem-768"]}, "does not fit the keys ml-kem-768"),
        ({"keys": ["x25519"]}, "does not fit the keys x25519"),
        ({"key_usage": ["nonRepudiation", "dataEncipherment"]}, "one key does not both sign and decrypt"),
        ({"key_usage": ["decipherOnly"], "keys": ["p-256"]}, "beside keyAgreement alone"),
        ({"mailbox": "postmaster"}, "mailbox is for emailProtection, one of domain-signing-authority"),
        ({"renewals": -1}, "renewals"),
        ({"revocation_reasons": ["cACompromise"]}, "for authorities alone"),
        ({"key_origin": "either"}, "made by its holder"),
        ({"keys": ["p-192"]}, "p-192 is unknown"),
        ({"keys": []}, "keys"),
        ({"extended_key_usage": ["emailprotection"]}, "did you mean emailProtection?"),
        ({"extended_key_usage": ["emailProtection", "serverAuth"]}, "serverAuth needs dns_names"),
        ({"emails": "optional"}, "emailProtection needs emails"),
        ({"path_length": 0}, "path_length"),
        ({"issuer": "root"}, "a root issues authorities only"),
        ({"issuer": "nobody"}, "issuer"),
        ({"days": 826}, "at most 825"),
        ({"days": 0}, "days"),
        ({"policies": ["1.2.x"]}, "policies"),
        ({"qc_types": ["eSing"]}, "did you mean eSign?"),
        ({"revocation_reasons": ["certificateHold"]}, "certificateHold is unknown"),
        ({"ca": True}, "an authority has key_usage"),
        ({"summary": {"en": "x"}}, "summary"),
    ],
)
def test_an_illegal_profile_cannot_be_made(changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal({**data(), **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"required": ["common_name", "surname", "given_name"], "defaults": {}}, "always required"),
        ({"optional": ["surname"]}, "both required and optional"),
        ({"from_request": ["pinfl"]}, "does not have"),
        ({"defaults": {"locality": "Toshkent"}}, "does not have"),
        ({"required": ["country", "common_name", "shoe_size"]}, "subject.required"),
    ],
)
def test_illegal_rules_for_the_subject_are_refused(changes: dict[str, Any], reason: str) -> None:
    changed = data()
    changed["subject"] |= changes
    assert reason in refusal(changed)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("ocsp", {"extended_key_usage": ["OCSPSigning", "clientAuth"]}, "stands alone"),
        ("tsa", {"extended_key_usage": ["timeStamping", "clientAuth"], "days": 800}, "stands alone"),
        ("ocsp", {"days": 32}, "at most 31 days"),
        ("tsa", {"no_check": True}, "no_check is for OCSPSigning"),
        ("tsa", {"issuer": "any"}, "only OCSPSigning has issuer = any"),
        ("tsa", {"days": 1828}, "at most 1827"),
        ("tsa", {"private_key_days": 1827}, "private_key_days: at most days"),
        ("issuing-infra", {"private_key_days": 9}, "not for an authority"),
        ("tsa", {"private_key_days": None}, "need private_key_days"),
        ("ocsp", {"issuer": "root"}, "a root issues authorities only"),
        ("agency-seal", {"permitted_emails": ["agency.uz"]}, "for authorities below a root"),
        ("root", {"permitted_emails": ["agency.uz"]}, "for authorities below a root"),
        ("issuing-person", {"permitted_emails": ["devon@agency.uz"]}, "permitted_emails.0"),
        ("issuing-person", {"permitted_emails": ["Agency.uz"]}, "permitted_emails.0"),
        ("issuing-person", {"permitted_emails": ["uz"]}, "permitted_emails.0"),
        ("issuing-infra", {"permitted_dns_names": [".agency.uz"]}, "no dot in front"),
        ("agency-seal", {"days": 1097}, "at most 1096"),
        ("agency-seal", {"mailbox": "review-authority"}, "mailbox is for emailProtection"),
        ("agency-seal", {"extended_key_usage": ["emailProtection"], "emails": "required"}, "at most 825"),
    ],
)
def test_a_service_stands_alone(name: str, changes: dict[str, Any], reason: str) -> None:
    assert reason in refusal({**data(name), **changes})


def test_extended_usage_is_critical_for_time_stamps_alone() -> None:
    critical = [name for name, found in certificate_profiles().items() if found.extended_usage_is_critical]
    assert critical == ["tsa"]


def test_a_root_has_no_extended_key_usage() -> None:
    assert "a root has no extended_key_usage" in refusal(
        {**data("root"), "extended_key_usage": ["emailProtection"]}
    )


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        certificate_profiles()["root"].days = 1


@pytest.mark.parametrize("document", ["days = ", "days = " + "[" * 5000])
def test_broken_toml_is_our_error(document: str) -> None:
    with pytest.raises(EsignError) as caught:
        Profile.from_toml("x", document)
    assert caught.value.code == "profile-malformed"


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(document: str) -> None:
    with pytest.raises(EsignError):
        Profile.from_toml("x", document)


@given(st.sampled_from(sorted(data())), st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_no_value_raises_anything_else(key: str, value: Any) -> None:
    changed = copy.deepcopy(data())
    changed[key] = value
    try:
        Profile.read("officer-sign", changed)
    except EsignError as e:
        assert e.code == "profile-malformed"

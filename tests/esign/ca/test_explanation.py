from pathlib import Path

import pytest

from esign.ca import explanation
from esign.ca.explanation import explain
from esign.ca.profile import ATTRIBUTES, EXTENDED_USAGES, KeyOrigin, Profile
from esign.extensions import KEY_USAGES
from esign.io.profiles import certificate_profiles
from esign.language import LANGUAGES

NAMES = tuple(sorted(certificate_profiles()))


def changed(name: str, **changes: object) -> Profile:
    data = certificate_profiles()[name].model_dump(by_alias=True)
    return Profile.read(name, {**data, **changes})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_profile_explains_itself(name: str, language: str) -> None:
    lines = explain(certificate_profiles()[name], language).splitlines()
    assert lines[0].startswith(f"{name}: ") and len(lines) >= 6
    assert all(line.strip() and not set("?{}") & set(line) for line in lines)
    assert all(not line.endswith("...") for line in lines), "cut by the limit of a value"
    assert not any(f"{kind}-" in line for line in lines for kind in ("usage", "purpose", "issuer"))


@pytest.mark.parametrize("name", NAMES)
def test_each_language_has_words_of_its_own(name: str) -> None:
    said = {explain(certificate_profiles()[name], language) for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_profile_demands_is_named_as_the_command_names_it(name: str) -> None:
    profile, said = certificate_profiles()[name], explain(certificate_profiles()[name], "uz")
    for word in (*profile.subject.required, *profile.key_usage, *profile.extended_key_usage):
        assert f"({word})" in said


def test_an_explanation_is_in_the_language_asked_for() -> None:
    profile = certificate_profiles()["officer-sign"]
    assert "signature of an officer" in explain(profile, "en")
    assert "мансабдор" in explain(profile, "uz-Cyrl")
    assert "выдаёт: центр для людей" in explain(profile, "ru")
    assert explain(profile, "fr") == explain(profile, "en")


def test_an_explanation_says_the_words_of_its_profile() -> None:
    assert explain(certificate_profiles()["gateway-domain-sign"]).splitlines() == [
        "gateway-domain-sign: the signature of a whole domain, which its gateway puts on letters",
        "issued by: the authority for people; for at most 730 days",
        "key: p-256, p-384, rsa-3072, rsa-4096; the holder makes it and asks with a request (PKCS#10)",
        "what the key does: signs (digitalSignature)",
        "it serves: letters (emailProtection)",
        "must say: country, organisation (organization), identifier of the organisation"
        " (organization_identifier), common name (common_name)",
        "mailboxes: domain-signing-authority@ and the domain",
        "policies: 2.23.140.1.5.2.3",
        "may be revoked for: unspecified, keyCompromise, affiliationChanged, superseded,"
        " cessationOfOperation, privilegeWithdrawn",
    ]


@pytest.mark.parametrize(
    ("profile", "line"),
    [
        (changed("citizen-sign"), "may be extended: 2 times"),
        (changed("tsa"), "the key signs for the first 457 days only"),
        (changed("issuing-person"), "authorities below it: 0"),
        (
            changed("issuing-person", permitted_emails=["agency.uz", ".agency.uz"]),
            "names that it may certify end in: agency.uz, .agency.uz",
        ),
        (changed("ocsp"), "nobody asks whether it is revoked"),
        (changed("mailbox-encrypt"), "key: p-256, p-384; made by the holder or by the authority"),
        (changed("mailbox-encrypt"), "mailboxes: at least one"),
        (changed("agency-seal", emails="optional"), "mailboxes: if there are any"),
        (changed("relay-tls"), "host names: at least one"),
        (changed("agency-seal", dns_names="optional"), "host names: if there are any"),
        (changed("citizen-sign"), "may say: the person's own STIR (user_id)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_some_profiles_have_is_a_line_where_it_is(profile: Profile, line: str) -> None:
    assert line in explain(profile).splitlines()


def test_what_a_profile_does_not_have_is_no_line() -> None:
    said = explain(changed("relay-tls", policies=[]))
    for word in ("mailboxes", "extended", "policies", "below", "first"):
        assert word not in said


def test_every_word_that_a_profile_may_use_is_explained() -> None:
    assert set(explanation._USAGES) == set(KEY_USAGES)
    assert set(explanation._PURPOSES) == set(EXTENDED_USAGES)
    assert set(explanation._NAMES) == set(ATTRIBUTES)
    issuers = Profile.model_fields["issuer"].annotation
    assert set(explanation._ISSUERS) == set(issuers.__args__)  # type: ignore[union-attr]


def row(profile: Profile) -> str:
    """A profile as a row of the paper."""
    either = " (or by the authority)" if profile.key_origin is KeyOrigin.EITHER else ""
    cells = (
        f"`{profile.name}`",
        profile.issuer,
        ", ".join(profile.keys) + either,
        ", ".join(profile.key_usage),
        ", ".join(profile.extended_key_usage) or "none",
        ", ".join(profile.subject.required),
        f"{profile.days} d" + (f", {profile.renewals} extensions" if profile.renewals is not None else ""),
    )
    return f"| {' | '.join(cells)} |"


def test_the_paper_has_the_table_of_the_profiles() -> None:
    paper = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text("utf-8").splitlines()
    rows = [line for line in paper if line.startswith("| `") and line.count("|") == 8]
    assert rows == [row(profile) for _, profile in sorted(certificate_profiles().items())]


def test_the_paper_explains_each_field_of_a_profile() -> None:
    paper = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text("utf-8")
    for name in (field for field in Profile.model_fields if field != "name"):
        assert f"`{name}" in paper, name

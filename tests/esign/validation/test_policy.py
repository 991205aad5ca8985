"""The policy is data: it is read strictly, and the one that is built in is the one of the profiles."""

from datetime import UTC, datetime
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from esign.algorithms import ECDSA_SHA256, RSA_SHA256, SIGNATURES
from esign.errors import MalformedInput
from esign.validation.policy import Policy, Revocation
from exat_cli import paths
from tests.esign.validation.world import AT

END = datetime(2029, 1, 1, tzinfo=UTC)
SHORT = rsa.generate_private_key(65537, 2048).public_key()
CURVE = ec.generate_private_key(ec.SECP256R1()).public_key()


def _text() -> str:
    return (files("esign_profiles") / "policies" / "default.toml").read_text(encoding="utf-8")


def test_the_built_in_policy_is_the_one_of_the_profiles() -> None:
    assert Policy.read(_text()) == Policy.default()


def test_the_default_demands_revocation_and_documents() -> None:
    assert Policy.default().revocation is Revocation.REQUIRE
    assert Policy.default().usage == "document-signing"


def test_an_end_date_is_the_first_instant_that_no_longer_counts() -> None:
    policy = Policy.default()
    assert policy.accepts_key(SHORT, END.replace(year=2028))
    assert not policy.accepts_key(SHORT, END)
    assert policy.objection(RSA_SHA256, SHORT, END) == "rsa 2048"
    assert policy.objection(RSA_SHA256, SHORT, AT) == ""


def test_what_is_not_listed_is_not_accepted() -> None:
    policy = Policy.default()
    assert not policy.accepts_digest("sha1", AT)
    assert policy.objection(SIGNATURES["1.2.840.10045.4.1"], CURVE, AT) == "ecdsa-sha1"
    other = ec.generate_private_key(ec.SECP256K1()).public_key()
    assert policy.objection(ECDSA_SHA256, other, AT) == "ec secp256k1"
    assert policy.accepts_key(ed25519.Ed25519PrivateKey.generate().public_key(), AT)


def test_a_policy_for_another_usage() -> None:
    assert Policy.default().for_usage("email-signing").usage == "email-signing"
    assert Policy.default().for_usage(None).usage is None
    with pytest.raises(ValueError, match="party"):
        Policy.default().for_usage("party")


def test_an_empty_usage_asks_for_none() -> None:
    assert Policy.read(_text().replace('usage = "document-signing"', 'usage = ""')).usage is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "default"', ""),
        ('name = "default"', "name = 1"),
        ('name = "default"', 'name = "default"\nextra = 1'),
        ('revocation = "require"', 'revocation = "maybe"'),
        ('usage = "document-signing"', 'usage = "party"'),
        ('name = "sha256"', 'nam = "sha256"'),
        ('name = "sha256"', ""),
        ("until = 2029-01-01T00:00:00Z", "until = 2029-01-01T00:00:00"),
        ("minimum = 3000", 'minimum = "3000"'),
        ("minimum = 3000", "minimum = true"),
        ("explicit = true", "explicit = 1"),
        ('curves = ["secp256r1"', "curves = [1"),
        ("[limits]", "[[limits]]"),
        ("depth = 10", "depth = 10\nx = 1"),
        ("[limits]", "[limits"),
    ],
)
def test_a_policy_with_a_mistake_is_refused(old: str, new: str) -> None:
    assert old in _text()
    with pytest.raises(MalformedInput) as e:
        Policy.read(_text().replace(old, new, 1))
    assert e.value.code == "policy-malformed"


def test_the_command_offers_every_purpose_of_the_policy() -> None:
    assert set(paths.USAGES) == {purpose.name for purpose in Policy.default().purposes}

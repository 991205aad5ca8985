"""Constraints and families of signatures as data of a policy (EN 319 102-1 cl. 5.1.4.1)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from esign.algorithms import ECDSA_SHA256, ED25519, RSA_SHA256
from esign.errors import MalformedInput
from esign.findings import Finding, Indication, Severity, SubIndication
from esign.keys import generate
from esign.validation.block import Block
from esign.validation.constraints import constrain
from esign.validation.policy import CONSTRAINTS, Constraint, ConstraintLevel, DigestRule, KeyRule, Policy

BASE = """
name = "x"
{more}
[[digest]]
name = "sha256"
[[key]]
kind = "ec"
[[purpose]]
name = "document-signing"
key_usage = ["digitalSignature"]
{tables}
"""
END = datetime(2030, 1, 1, tzinfo=UTC)
CODE = "signing-certificate-sha1"


def read(more: str = "", tables: str = "") -> Policy:
    return Policy.read(BASE.format(more=more, tables=tables))


def test_without_any_the_built_in_levels_stand() -> None:
    policy = read()
    assert (policy.signatures, policy.constraints) == ((), ())
    assert {code: policy.level_of(code) for code in CONSTRAINTS} == dict(CONSTRAINTS)
    assert policy.level_of("certificate-expired") is None


def test_families_and_levels_are_read() -> None:
    policy = read(
        'signatures = ["classical", "post-quantum"]', f'[[constraint]]\ncode = "{CODE}"\nlevel = "fail"'
    )
    assert policy.signatures == ("classical", "post-quantum")
    assert policy.constraints == (Constraint(CODE, ConstraintLevel.FAIL),)
    assert policy.level_of(CODE) is ConstraintLevel.FAIL


@pytest.mark.parametrize(
    ("more", "tables"),
    [
        ('signatures = ["modern"]', ""),
        ('signatures = "classical"', ""),
        ("signatures = [1]", ""),
        ("", "constraint = 1"),
        ("", f'[[constraint]]\ncode = "{CODE}"'),
        ("", f'[[constraint]]\ncode = "{CODE}"\nlevel = "loud"'),
        ("", '[[constraint]]\ncode = "certificate-expired"\nlevel = "warn"'),
        ("", f'[[constraint]]\ncode = "{CODE}"\nlevel = "warn"\nmore = 1'),
        ("", "[[constraint]]\ncode = 1\nlevel = 2"),
    ],
    ids=range(9),
)
def test_what_a_policy_may_not_say_is_refused(more: str, tables: str) -> None:
    with pytest.raises(MalformedInput) as e:
        read(more, tables)
    assert e.value.code == "policy-malformed"


@pytest.mark.parametrize("level", ConstraintLevel, ids=lambda level: level.value)
def test_no_level_makes_an_error_less(level: ConstraintLevel) -> None:
    error = Block(Indication.FAILED, SubIndication.HASH_FAILURE, (Finding.error(CODE),))
    policy = replace(Policy.default(), constraints=(Constraint(CODE, level),))
    assert constrain((error,), policy) == (error,)


def test_a_constraint_that_fails_leaves_a_graver_block_as_it_was() -> None:
    bad = Block(Indication.FAILED, SubIndication.HASH_FAILURE, (Finding.warning(CODE),))
    policy = replace(Policy.default(), constraints=(Constraint(CODE, ConstraintLevel.FAIL),))
    (found,) = constrain((bad,), policy)
    assert (found.indication, found.sub_indication) == (bad.indication, bad.sub_indication)
    assert [f.severity for f in found.findings] == [Severity.ERROR]


# --- until when an algorithm is believed ---


def test_the_end_of_a_scheme_is_the_earlier_one_of_digest_and_key() -> None:
    key = generate("p-256").public_key()
    policy = replace(Policy.default(), digests=(DigestRule("sha256", END),))
    assert policy.reliable_until(ECDSA_SHA256, key) == END
    both = replace(policy, keys=(KeyRule("ec", until=END.replace(year=2029)),))
    assert both.reliable_until(ECDSA_SHA256, key) == END.replace(year=2029)
    assert Policy.default().reliable_until(ECDSA_SHA256, key) is None


def test_what_was_never_acceptable_was_never_reliable() -> None:
    key = generate("rsa-2048").public_key()
    policy = replace(Policy.default(), digests=())
    ended = policy.reliable_until(RSA_SHA256, key)
    assert ended is not None and ended.year == 1


def test_a_timeless_policy_has_no_ends_and_is_else_the_same() -> None:
    policy = Policy.default().timeless()
    assert all(rule.until is None for rule in (*policy.digests, *policy.keys))
    assert [r.name for r in policy.digests] == [r.name for r in Policy.default().digests]
    assert replace(policy, digests=(), keys=()) == replace(Policy.default(), digests=(), keys=())


def test_a_scheme_without_a_digest_ends_with_its_key_alone() -> None:
    key = generate("ed25519").public_key()
    ending = replace(Policy.default(), keys=(KeyRule("ed25519", until=END),))
    assert ending.reliable_until(ED25519, key) == END
    assert Policy.default().reliable_until(ED25519, key) is None

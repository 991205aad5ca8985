"""Policies at their limits: sizes, words, dates, and what the reader of a policy is told about a mistake."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from esign.algorithms import KeyDescription
from esign.errors import MalformedInput
from esign.validation.policy import DigestRule, KeyRule, Limits, Policy, Purpose, Revocation
from esign.validation.work import Work, WorkExceeded
from tests.esign.validation.test_policy import _text
from tests.esign.validation.world import AT

END = datetime(2029, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bits", "covered"), [(2047, False), (2048, True), (2500, True), (2999, True), (3000, False)]
)
def test_both_ends_of_a_size_are_covered(bits: int, covered: bool) -> None:
    assert KeyRule("rsa", 2048, 2999).covers(KeyDescription("rsa", bits)) is covered
    assert KeyRule("dsa", 2048, 2999).covers(KeyDescription("rsa", bits)) is False


@pytest.mark.parametrize(
    ("curves", "covered"),
    [((), True), (("secp256r1",), True), (("secp384r1", "secp256r1"), True), (("x",), False)],
)
def test_a_rule_without_curves_covers_each(curves: tuple[str, ...], covered: bool) -> None:
    key = KeyDescription("ec", 256, "secp256r1")
    assert KeyRule("ec", curves=curves).covers(key) is covered


def test_a_rule_without_sizes_covers_what_exists() -> None:
    rule = KeyRule("rsa")
    assert rule.covers(KeyDescription("rsa", 0)) and rule.covers(KeyDescription("rsa", 1 << 20))
    assert not rule.covers(KeyDescription("rsa", (1 << 20) + 1))


@pytest.mark.parametrize(
    ("at", "good"), [(END - timedelta(seconds=1), True), (END, False), (END + timedelta(days=1), False)]
)
def test_a_digest_ends_before_its_date(at: datetime, good: bool) -> None:
    policy = replace(Policy.default(), digests=(DigestRule("sha224", END), DigestRule("sha256")))
    assert policy.accepts_digest("sha224", at) is good
    assert policy.accepts_digest("sha256", at) is True


@pytest.mark.parametrize("mode", list(Revocation))
def test_each_mode_is_read_by_its_word(mode: Revocation) -> None:
    assert {m.value for m in Revocation} == {"require", "unsafe-if-supplied", "unsafe-off"}
    changed = _text().replace('revocation = "require"', f'revocation = "{mode.value}"')
    assert Policy.read(changed).revocation is mode


def test_what_a_policy_does_not_say_is_the_default() -> None:
    text = "\n".join(
        ['name = "least"', '[[digest]]\nname = "sha256"', '[[key]]\nkind = "ec"', "[[purpose]]"]
        + ['name = "document-signing"', 'key_usage = ["digitalSignature"]']
    )
    found = Policy.read(text)
    assert found == Policy(
        "least",
        (DigestRule("sha256"),),
        (KeyRule("ec"),),
        (Purpose("document-signing", ("digitalSignature",)),),
    )
    assert (found.usage, found.revocation) == ("document-signing", Revocation.REQUIRE)
    assert (found.limits, found.freshness.max_age) == (Limits(), 0)
    assert found.purposes[0].explicit is False


@pytest.mark.parametrize("name", [f for f in Limits.__dataclass_fields__])
def test_each_limit_is_read_by_its_name(name: str) -> None:
    text = _text().partition("[limits]")[0] + f"[limits]\n{name} = 7\n"
    assert Policy.read(text).limits == replace(Limits(), **{name: 7})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "default"', "", "missing key 'name'"),
        ('name = "default"', "name = 1", "'name' is of a wrong kind"),
        ('name = "default"', 'name = "default"\nextra = 1\nalso = 2', "unknown key 'also'"),
        ("[limits]", "[[limits]]", "'row' is of a wrong kind"),
        ("[limits]", "[limits.x]", "unknown key 'x'"),
        ('usage = "document-signing"', "usage = 1", "'usage' is of a wrong kind"),
        ('name = "sha256"', "name = 256", "'name' is of a wrong kind"),
        ('name = "sha256"', 'name = "sha256"\nnam = 1', "unknown key 'nam'"),
        ('curves = ["secp256r1"', "curves = [1", "'curves' is of a wrong kind"),
        ("minimum = 3000", "minimum = true", "'minimum' is of a wrong kind"),
        ("until = 2029-01-01T00:00:00Z", "until = 2029-01-01", "'until' is of a wrong kind"),
    ],
)
def test_a_mistake_is_told_with_its_key(old: str, new: str, reason: str) -> None:
    assert old in _text()
    with pytest.raises(MalformedInput) as e:
        Policy.read(_text().replace(old, new, 1))
    assert e.value.values["reason"] == reason


@pytest.mark.parametrize("name", ["digest", "key", "purpose"])
def test_a_table_is_a_list(name: str) -> None:
    tables = {"digest": "[]", "key": "[]", "purpose": "[]", name: "1"}
    text = 'name = "x"\n' + "".join(f"{n} = {value}\n" for n, value in tables.items())
    with pytest.raises(MalformedInput) as e:
        Policy.read(text)
    assert e.value.values["reason"] == "'table' is of a wrong kind"


def test_an_unknown_usage_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'party'; known: document-signing, email-signing, "):
        Policy.default().purpose("party")


@pytest.mark.parametrize("name", ["signature_checks", "links", "name_comparisons", "paths", "policy_nodes"])
def test_work_ends_after_the_last_that_is_allowed(name: str) -> None:
    work = Work(replace(Limits(), **{name: 3}))
    work.spend(name, 2)
    work.spend(name)
    assert work.spent(name) == 3
    with pytest.raises(WorkExceeded) as e:
        work.spend(name)
    assert (e.value.name, e.value.limit, str(e.value)) == (name, 3, name)


def test_each_counter_is_its_own() -> None:
    work = Work(Limits())
    work.compare_names(5)
    work.count_policies(7)
    assert (work.spent("name_comparisons"), work.spent("policy_nodes"), work.spent("links")) == (5, 7, 0)


def test_the_limits_that_are_built_in() -> None:
    assert Limits() == Limits(
        signers=100,
        signature_checks=100,
        links=10_000,
        name_comparisons=250_000,
        paths=100,
        policy_nodes=100_000,
        depth=10,
    )


@pytest.mark.parametrize(
    ("kind", "curve", "bits", "good"),
    [
        ("ec", "secp256r1", 256, True),
        ("ec", "secp384r1", 384, True),
        ("ec", "secp521r1", 521, True),
        ("ec", "brainpoolP256r1", 256, True),
        ("ec", "brainpoolP384r1", 384, True),
        ("ec", "brainpoolP512r1", 512, True),
        ("ec", "secp256k1", 256, False),
        ("ed25519", "", 256, True),
        ("ed448", "", 456, True),
        ("ml-dsa-44", "", 0, True),
        ("ml-dsa-65", "", 0, True),
        ("ml-dsa-87", "", 0, True),
        ("dsa", "", 2048, False),
        ("rsa", "", 2047, False),
        ("rsa", "", 2048, True),
        ("rsa", "", 16384, True),
        ("rsa", "", 16385, False),
    ],
)
def test_keys_that_the_built_in_policy_accepts(kind: str, curve: str, bits: int, good: bool) -> None:
    described = KeyDescription(kind, bits, curve)
    rules = [rule for rule in Policy.default().keys if rule.until is None or rule.until > AT]
    assert any(rule.covers(described) for rule in rules) is good

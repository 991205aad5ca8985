"""A verdict that was kept is the one that would be reached: same inputs, at a time that changes nothing."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509 as foreign
from hypothesis import given, settings
from hypothesis import strategies as st

from esign.findings import Indication
from esign.io.verdicts import (
    LIFETIME,
    Evidence,
    ParsedMaterial,
    PathQuestion,
    Recent,
    SignerPaths,
    Verdicts,
)
from esign.material import Material
from esign.validation import path as paths
from esign.validation.context import Context
from esign.validation.policy import DigestRule, Freshness, Policy
from esign.validation.report import PathReport
from esign.validation.revocation import Revocation
from esign.x509 import Certificate, Trust
from tests.esign.io.test_cache import answer
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, SECOND

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """A question before its evidence was read."""

    certificate: Certificate
    pool: tuple[Certificate, ...]
    trust: Trust
    evidence: tuple[bytes, ...]
    policy: Policy
    demands: tuple[Any, ...] = ()


class Judge:
    """The pure function, and the one that remembers; `reached` counts what was really done."""

    def __init__(self) -> None:
        self.verdicts, self.parsed = Verdicts(), ParsedMaterial()
        self.reached = 0

    def fresh(self, asked: Asked, at: datetime) -> PathReport:
        self.reached += 1
        found = Material.read(asked.evidence)
        mode = next((d for d in asked.demands if isinstance(d, Revocation)), Revocation.REQUIRE)
        return paths.validate_path(
            asked.certificate,
            pool=(*asked.pool, *found.certificates),
            trust=asked.trust,
            crls=found.crls,
            at=at,
            policy=asked.policy,
            revocation=mode,
        )

    def __call__(self, asked: Asked, at: datetime, reach: Any = None) -> PathReport:
        read = self.parsed.read(asked.evidence)
        question = PathQuestion(
            asked.certificate, asked.pool, asked.trust, read.digest, asked.policy, asked.demands
        )
        reach = reach or (lambda: self.fresh(asked, at))
        return self.verdicts.judge(question, at=at, material=read.material, reach=reach)


def ask(**changed: Any) -> Asked:
    usual = Asked(
        world.person().certificate,
        (world.intermediate().certificate,),
        world.root().trust,
        tuple(crl.raw for crl in CRLS),
        Policy.default(),
    )
    return replace(usual, **changed)


CRLS = world.clean_crls()


def test_the_same_question_is_answered_once() -> None:
    judge = Judge()
    first = judge(ask(), AT)
    again = judge(ask(), AT + MINUTE)
    assert first.indication is Indication.PASSED
    assert judge.reached == 1
    assert again == replace(first, at=AT + MINUTE)


def test_a_new_list_that_revokes_is_heard() -> None:
    judge = Judge()
    judge(ask(), AT)
    serial = world.person().certificate.serial_number
    revoking = world.intermediate().crl((serial, AT - SECOND, None), this_update=AT)
    for evidence in ((*ask().evidence, revoking.raw), (ask().evidence[0], revoking.raw)):
        assert judge(ask(evidence=evidence), AT).indication is Indication.FAILED
    assert judge.reached == 3


def test_a_list_that_is_taken_away_is_missed() -> None:
    judge = Judge()
    judge(ask(), AT)
    assert judge(ask(evidence=ask().evidence[:1]), AT).indication is Indication.INDETERMINATE


def test_trust_that_is_withdrawn_counts_at_once() -> None:
    judge = Judge()
    judge(ask(), AT)
    assert judge(ask(trust=Trust.empty()), AT).indication is Indication.INDETERMINATE
    other = world.issue("Other root", ca=True)
    assert judge(ask(trust=other.trust), AT).indication is Indication.INDETERMINATE


def test_another_policy_is_another_question() -> None:
    judge = Judge()
    judge(ask(), AT)
    strict = replace(Policy.default(), digests=(DigestRule("sha512"),))
    assert judge(ask(policy=strict), AT).indication is not Indication.PASSED
    judge(ask(demands=("tls-server",)), AT)
    judge(ask(pool=()), AT)
    assert judge.reached == 4


def test_only_good_verdicts_are_kept() -> None:
    judge = Judge()
    for _ in range(2):
        assert judge(ask(evidence=()), AT).indication is Indication.INDETERMINATE
    assert judge.reached == 2 and len(judge.verdicts) == 0


def test_an_earlier_time_is_judged_anew() -> None:
    judge = Judge()
    judge(ask(), AT)
    judge(ask(), AT - SECOND)
    assert judge.reached == 2


def test_no_verdict_outlives_its_hour() -> None:
    judge = Judge()
    judge(ask(), AT)
    judge(ask(), AT + LIFETIME - SECOND)
    assert judge.reached == 1
    judge(ask(), AT + LIFETIME)
    assert judge.reached == 2


def _revoked_soon(moment: datetime) -> Asked:
    serial = world.person().certificate.serial_number
    crl = world.intermediate().crl(
        (serial, moment, None), this_update=moment + DAY, next_update=moment + 2 * DAY
    )
    return ask(evidence=(*ask().evidence, crl.raw))


def _ends(moment: datetime) -> list[Asked]:
    """Questions whose answer changes at `moment`, each for another reason."""
    short = world.intermediate().issue("Short", not_after=moment)
    above = world.root().issue("Above", ca=True, not_after=moment)
    below = above.issue("Below")
    stale = world.intermediate().crl(next_update=moment)
    aged = replace(Policy.default(), freshness=Freshness(max_age=int((moment - (AT - DAY)).total_seconds())))
    ending = tuple(replace(rule, until=moment) for rule in Policy.default().keys)
    return [
        ask(certificate=short.certificate),
        ask(
            certificate=below.certificate,
            pool=(above.certificate,),
            evidence=(CRLS[0].raw, above.crl().raw),
        ),
        ask(evidence=(CRLS[0].raw, stale.raw)),
        ask(policy=aged),
        ask(policy=replace(Policy.default(), keys=ending)),
        _revoked_soon(moment),
    ]


@pytest.mark.parametrize("number", range(6))
@settings(max_examples=8)
@given(soon=st.integers(1, 90), later=st.lists(st.integers(0, 120_000_000), max_size=2))
def test_a_kept_verdict_is_the_one_that_would_be_reached(number: int, soon: int, later: list[int]) -> None:
    moment = AT + timedelta(seconds=soon)
    judge, question = Judge(), _ends(moment)[number]
    near = [moment - SECOND, moment - timedelta(microseconds=1), moment, moment + timedelta(microseconds=1)]
    times = [AT, *near, moment + SECOND, *(AT + timedelta(microseconds=m) for m in sorted(later))]
    for at in times:
        assert judge(question, at) == judge.fresh(question, at)


@pytest.mark.parametrize("number", range(6))
def test_the_question_that_changes_does_change(number: int) -> None:
    question = _ends(AT + MINUTE)[number]
    judge = Judge()
    assert judge(question, AT).indication is Indication.PASSED
    assert judge(question, AT + 2 * MINUTE).indication is not Indication.PASSED


def test_an_answer_binds_until_its_next_update() -> None:
    evidence = (answer(next_update=AT + MINUTE, this_update=AT - SECOND), b"\x30\x03\x0a\x01\x06")
    judge, reached = Judge(), []

    def reach() -> PathReport:
        reached.append(True)
        return PathReport(Indication.PASSED, None, AT)

    for seconds in (0, 59, 60, 61):
        found = judge(ask(evidence=evidence), AT + timedelta(seconds=seconds), reach)
        assert found.indication is Indication.PASSED
    assert len(reached) == 3


def test_the_lines_of_an_indirect_list_count_too() -> None:
    judge = Judge()
    serial = world.person().certificate.serial_number
    scope = foreign.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=True,
        only_contains_attribute_certs=False,
    )
    indirect = world.root().crl((serial, AT + MINUTE, None), extensions=[(scope, True)])
    judge(ask(evidence=(*ask().evidence, indirect.raw)), AT)
    judge(ask(evidence=(*ask().evidence, indirect.raw)), AT + 2 * MINUTE)
    assert judge.reached >= 1


def test_a_list_whose_lines_cannot_be_read_keeps_nothing() -> None:
    crl = world.intermediate().crl((5, AT, None))
    at = crl.raw.index(b"\x17\x0d261123120000Z")
    broken = crl.raw[:at] + b"\x17\x0d261123120000X" + crl.raw[at + 15 :]
    judge = Judge()
    question = ask(evidence=(*ask().evidence, broken), demands=(Revocation.UNSAFE_OFF,))
    for _ in range(2):
        assert judge(question, AT).indication is Indication.PASSED
    assert judge.reached == 2 and len(judge.verdicts) == 0


def test_a_second_that_is_the_last_is_not_kept() -> None:
    judge = Judge()
    short = world.intermediate().issue("Last", not_after=AT)
    assert judge(ask(certificate=short.certificate), AT).indication is Indication.PASSED
    assert len(judge.verdicts) == 0


def test_everything_can_be_dropped() -> None:
    judge = Judge()
    judge(ask(), AT)
    judge.verdicts.clear()
    judge.parsed.clear()
    judge(ask(), AT)
    assert judge.reached == 2


def test_material_is_parsed_once() -> None:
    parsed = ParsedMaterial()
    blobs = [CRLS[0].raw, b"rubbish"]
    assert parsed.read(blobs) is parsed.read(bytes(blob) for blob in blobs)
    assert parsed.read(reversed(blobs)).material == Material.read(reversed(blobs))


def test_evidence_is_told_apart_by_its_order_and_its_borders() -> None:
    found = [(b"ab", b"c"), (b"a", b"bc"), (b"c", b"ab"), (b"abc",), (b"abc", b""), ()]
    assert len({Evidence.read(blobs).digest for blobs in found}) == len(found)


class Memory:
    """The memory of a context, which counts what was really reached."""

    def __init__(self) -> None:
        self.kept = SignerPaths(Verdicts())
        self.reached = 0

    def judge(
        self,
        certificate: Certificate,
        context: Context,
        *,
        usage: str | None,
        at: datetime,
        reach: Callable[[], PathReport],
    ) -> PathReport:
        def counted() -> PathReport:
            self.reached += 1
            return reach()

        return self.kept.judge(certificate, context, usage=usage, at=at, reach=counted)


def context_with(memory: Memory | None, *blobs: bytes, at: datetime = AT, **changed: Any) -> Context:
    held = blobs or tuple(crl.raw for crl in CRLS)
    material = Material.read((world.intermediate().certificate.raw, *held))
    given = {"trust": world.root().trust, "policy": Policy.default(), **changed}
    return Context.of(material, at=at, memory=memory, **given)


PERSON = world.person().certificate


def test_the_path_of_a_signer_is_judged_once() -> None:
    memory = Memory()
    first = context_with(memory).path(PERSON, usage="email-signing")
    again = context_with(memory, at=AT + MINUTE).path(PERSON, usage="email-signing")
    assert first.indication is Indication.PASSED
    assert memory.reached == 1
    assert again == replace(first, at=AT + MINUTE)
    assert again == context_with(None, at=AT + MINUTE).path(PERSON, usage="email-signing")


def test_whatever_the_path_of_a_signer_depends_on_makes_it_another() -> None:
    memory = Memory()
    serial = PERSON.serial_number
    revoking = world.intermediate().crl((serial, AT - SECOND, None), this_update=AT)
    strict = replace(Policy.default(), digests=(DigestRule("sha512"),))
    lists = tuple(crl.raw for crl in CRLS)
    context_with(memory).path(PERSON, usage="email-signing")
    others = [
        context_with(memory, *lists, revoking.raw),
        context_with(memory, lists[0]),
        context_with(memory, policy=strict),
        context_with(memory, trust=Trust.empty()),
    ]
    for context in others:
        assert context.path(PERSON, usage="email-signing").indication is not Indication.PASSED
    context_with(memory).path(PERSON, usage=None)
    assert memory.reached == 2 + len(others)


def test_a_path_of_a_signer_that_failed_is_judged_anew() -> None:
    memory = Memory()
    for _ in range(2):
        found = context_with(memory, trust=Trust.empty()).path(PERSON, usage=None)
        assert found.indication is Indication.INDETERMINATE
    assert memory.reached == 2


def test_what_a_memory_holds_on_to_is_weighed() -> None:
    lists = tuple(crl.raw for crl in CRLS)
    asked = PathQuestion(PERSON, (), Trust.empty(), lists, Policy.default())
    assert asked.octets == len(PERSON.raw) + sum(map(len, lists))


class TestRecent:
    def filled(self, keys: Iterable[str], **bounds: int) -> Recent[str, str]:
        kept: Recent[str, str] = Recent(**{"entries": 3, "weight": 100, **bounds})
        for key in keys:
            kept.put(key, key.upper(), weight=10)
        return kept

    def test_what_was_used_last_stays(self) -> None:
        kept = self.filled("abc")
        assert kept.get("a") == "A"
        kept.put("d", "D", weight=10)
        assert [kept.get(key) for key in "abcd"] == ["A", None, "C", "D"]

    def test_the_weight_is_bounded(self) -> None:
        kept = self.filled("abc", weight=25)
        assert [kept.get(key) for key in "abc"] == [None, "B", "C"]

    def test_what_is_too_heavy_is_not_kept_and_drives_nothing_out(self) -> None:
        kept = self.filled("ab")
        kept.put("c", "C", weight=101)
        assert [kept.get(key) for key in "abc"] == ["A", "B", None]

    def test_a_value_is_replaced_with_its_weight(self) -> None:
        kept = self.filled("a", weight=30)
        for _ in range(9):
            kept.put("a", "again", weight=15)
        kept.put("b", "B", weight=15)
        assert (kept.get("a"), kept.get("b"), len(kept)) == ("again", "B", 2)

    def test_threads_do_not_break_it(self) -> None:
        kept: Recent[int, int] = Recent(entries=5, weight=40)

        def work() -> None:
            for number in range(500):
                kept.put(number % 9, number, weight=number % 13)
                kept.get((number * 7) % 9)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(kept) <= 5

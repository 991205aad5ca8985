"""Proofs of existence are about octets, and the earliest counts."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign.validation.proofs import Proofs

AT = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_without_a_proof_nothing_is_known() -> None:
    assert Proofs().of(b"octets") is None
    assert Proofs().with_(b"others", AT).of(b"octets") is None


def test_a_proof_is_kept_under_the_sha256_of_the_octets() -> None:
    assert Proofs().with_(b"octets", AT).times == {hashlib.sha256(b"octets").digest(): AT}


@pytest.mark.parametrize("order", [(AT, AT + DAY), (AT + DAY, AT)])
def test_the_earlier_of_two_proofs_stays(order: tuple[datetime, datetime]) -> None:
    proofs = Proofs().with_(b"octets", order[0]).with_(b"octets", order[1])
    assert proofs.of(b"octets") == AT


def test_what_is_added_leaves_the_old_value_as_it_was() -> None:
    before = Proofs().with_(b"one", AT)
    after = before.with_all((b"two", b"three"), AT + DAY)
    assert (len(before), len(after)) == (1, 3)
    with pytest.raises(TypeError):
        after.times[b"x"] = AT  # type: ignore[index]


@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 50)), max_size=12),
    st.integers(0, 12),
)
def test_merging_is_the_same_as_adding_all(several: list[tuple[bytes, int]], cut: int) -> None:
    def of(some: list[tuple[bytes, int]]) -> Proofs:
        found = Proofs()
        for octets, days in some:
            found = found.with_(octets, AT + days * DAY)
        return found

    one, other = of(several[:cut]), of(several[cut:])
    assert one.merged(other) == other.merged(one) == of(several)

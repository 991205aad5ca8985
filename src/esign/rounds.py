"""Judge, get what is missing, judge again: the rounds in which a shell answers the needs of a report."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol, TypeVar, runtime_checkable

from esign.material import Need
from esign.validation.report import PathReport, Report

Fetch = Callable[[Need], bytes | None]
MAX_ROUNDS: Final = 8
MAX_NEEDS: Final = 64

_R = TypeVar("_R", Report, PathReport)


@runtime_checkable
class _Forgetful(Protocol):
    """A fetch that remembers from one act to the next, as `esign.io.fetch.Fetcher` does with a cache."""

    def forget(self, need: Need) -> None: ...


def in_rounds(judge: Callable[[tuple[bytes, ...]], _R], fetch: Fetch | None) -> _R:
    """Judge, get what is missing, judge again: each need is asked for once, 64 in at most 8 rounds.

    What was got and is asked for still did not help: it is forgotten, so that it cannot stand in the way of
    what the service says later.
    """
    report = judge(())
    if fetch is None:
        return report
    fetched: dict[Need, bytes | None] = {}
    for _ in range(MAX_ROUNDS):
        fresh = {asked(need): need for need in report.needs if asked(need) not in fetched}
        chosen = tuple(fresh.items())[: MAX_NEEDS - len(fetched)]
        if not chosen:
            break
        fetched.update({key: fetch(need) for key, need in chosen})
        report = judge(tuple(dict.fromkeys(octets for octets in fetched.values() if octets is not None)))
    if isinstance(fetch, _Forgetful):
        for need in (n for n in report.needs if fetched.get(asked(n)) is not None):
            fetch.forget(need)
    return report


def asked(need: Need) -> Need:
    """What is asked there, whomever it concerns."""
    return replace(need, subject="")

"""How the demonstration speaks: lines of stages, in no language yet, and the one way in which it fails.

A line has a code of the command's catalogue and values. What must be told in the reader's language inside a
line (a verdict, a reason, an event) is a `Words`. Nothing is printed here.
"""

import enum
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


class Stage(enum.Enum):
    """The acts of the demonstration in their order; the value is the code of the title."""

    WORKSPACE = "demo-workspace"
    AUTHORITY = "demo-authority"
    AGENCIES = "demo-agencies"
    NODES = "demo-nodes"
    LETTER = "demo-letter"
    SENDING = "demo-sending"
    READING = "demo-reading"
    REFUSALS = "demo-refusals"
    EVIDENCE = "demo-evidence"
    OPINION = "demo-opinion"


@dataclass(frozen=True, slots=True)
class Words:
    """A message of the mail system's or the library's catalogue, with what fills it."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """What was done and seen: `values` are text, numbers, aware datetimes, `Words`, and tuples of these."""

    stage: Stage
    code: str
    values: Mapping[str, object]


Tell = Callable[[Line], None]
"""Takes each line as soon as it is true."""


class DemoFailed(Exception):
    """Reality differs from what was expected: in which stage, what was wanted, what was found."""

    def __init__(self, stage: Stage, *, wanted: str, found: str) -> None:
        super().__init__(f"{stage.name.lower()}: found {found}, wanted {wanted}")
        self.stage = stage
        self.wanted = wanted
        self.found = found


class TellingFailed(Exception):
    """A line could not be told (the cause says why): nothing is wrong with the play."""


@dataclass(frozen=True, slots=True)
class Act:
    """A stage that is being played."""

    stage: Stage
    tell: Tell

    def say(self, code: str, **values: object) -> None:
        """Tell a line of this stage.

        Raises:
            TellingFailed: whatever `tell` raised.
        """
        try:
            self.tell(Line(self.stage, code, values))
        except Exception as e:
            raise TellingFailed from e

    def expect(self, wanted: object, found: object, what: str) -> None:
        """Go on only when `found` is `wanted`.

        Raises:
            DemoFailed: it is not.
        """
        if found != wanted:
            raise DemoFailed(self.stage, wanted=f"{what}: {wanted}", found=str(found))


@contextmanager
def act(stage: Stage, tell: Tell) -> Iterator[Act]:
    """Play a stage: whatever goes wrong in it is told as a failure of this stage.

    Raises:
        DemoFailed: also in place of every other exception.
        TellingFailed: what happened is sound, but could not be told.
    """
    try:
        yield Act(stage, tell)
    except (DemoFailed, TellingFailed):
        raise
    except Exception as e:
        raise DemoFailed(stage, wanted="no error", found=f"{type(e).__name__}: {e}") from e

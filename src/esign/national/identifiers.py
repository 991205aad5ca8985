"""The numbers of a person (PINFL, also called JSHSHIR) and of an organisation (STIR, also called INN).

Only the form is judged: whether a number belongs to somebody is the registrar's duty.

>>> is_pinfl("31201901234563"), is_pinfl("31201901234567"), is_stir("301234567")
(True, False, True)
"""

import re
from itertools import cycle
from typing import Final

_PINFL_WEIGHTS: Final = (7, 3, 1)
_STIR: Final = re.compile(r"[0-9]{9}")
_PINFL: Final = re.compile(r"[1-6][0-9]{13}")


def pinfl_check_digit(first_thirteen: str) -> int:
    """The last digit of a PINFL: the sum of the first thirteen, weighted 7, 3, 1 in turn, modulo 10."""
    return sum(int(d) * w for d, w in zip(first_thirteen, cycle(_PINFL_WEIGHTS), strict=False)) % 10


def is_pinfl(value: str) -> bool:
    """Whether `value` has the form of a PINFL: 14 digits, the first 1 to 6, a day and month in it, the check
    digit.
    """
    if not _PINFL.fullmatch(value):
        return False
    day, month = int(value[1:3]), int(value[3:5])
    return 1 <= day <= 31 and 1 <= month <= 12 and pinfl_check_digit(value[:13]) == int(value[13])


def is_stir(value: str) -> bool:
    """Whether `value` has the form of a STIR: nine digits."""
    return bool(_STIR.fullmatch(value))

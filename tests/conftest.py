"""What every test shares: the profiles of generated input.

`quick` runs at each `./dev test`; `fuzz` is what `./dev fuzz` asks for. No deadline: machines differ, and
bounds on work are asserted by counting, not by clocks. In CI the examples are derived from the test, so that
a run can be repeated.
"""

import os

from hypothesis import HealthCheck, settings

_RELAXED = [HealthCheck.too_slow]

settings.register_profile("quick", deadline=None, max_examples=60, suppress_health_check=_RELAXED)
settings.register_profile(
    "ci", deadline=None, max_examples=60, suppress_health_check=_RELAXED, derandomize=True, database=None
)
settings.register_profile("fuzz", deadline=None, max_examples=5_000, suppress_health_check=_RELAXED)
settings.load_profile("ci" if os.environ.get("CI") else "quick")

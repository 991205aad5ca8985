"""The mail system: nodes that take, judge, keep, relay and hand over protected letters."""

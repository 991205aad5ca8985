"""Tests: a mirror of `src`, with the house's own rules in `house`."""

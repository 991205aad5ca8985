"""Mutants of the path and revocation modules, and whether a test notices each: `./dev mutate`."""

"""The rules of the house as tests: what may stand in which file, and that documents keep step with code."""

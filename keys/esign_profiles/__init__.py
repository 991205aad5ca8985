"""Certificate profiles and validation policies as data files."""

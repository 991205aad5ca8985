"""Coverage-guided fuzzing: targets, a mutator that knows TLV, a driver, and the corpus that CI replays."""

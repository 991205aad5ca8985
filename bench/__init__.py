"""Speed: against the floor that the primitives set, and against named peers, in one run."""

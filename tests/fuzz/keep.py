"""The kept corpus: of what the fuzzer found, as little as goes the same ways through `esign`.

A file for each target, packed as one stream, since the inputs resemble each other. CI replays it without
atheris.
"""

import hashlib
import io
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

KEPT: Final = Path(__file__).parent / "corpus"
MAX_PACKED: Final = 1 << 17
_LIBRARY: Final = f"{Path('src', 'esign')}"

Run = Callable[[bytes], None]
Way = tuple[CodeType, int, int, int]


def kept(name: str) -> list[bytes]:
    """The kept corpus of a target, smallest first."""
    path = KEPT / f"{name}.tar.xz"
    if not path.exists():
        return []
    with tarfile.open(path) as package:
        files = [package.extractfile(member) for member in package.getmembers()]
        return [file.read() for file in files if file is not None]


def keep(name: str, run: Run, inputs: Iterable[bytes]) -> tuple[int, int]:
    """Pack what is worth it of `inputs`; how many they are, and the octets that they take."""
    worth = chosen(inputs, run)
    packed = pack(worth)
    while len(packed) > MAX_PACKED:
        # What comes last adds least.
        worth = worth[: len(worth) * 9 // 10]
        packed = pack(worth)
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.tar.xz").write_bytes(packed)
    return len(worth), len(packed)


def pack(inputs: Iterable[bytes]) -> bytes:
    """One compressed stream; the same inputs give the same octets."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", format=tarfile.USTAR_FORMAT) as package:
        for octets in sorted(inputs, key=lambda o: (len(o), o)):
            entry = tarfile.TarInfo(hashlib.sha256(octets).hexdigest()[:16])
            entry.size = len(octets)
            package.addfile(entry, io.BytesIO(octets))
    return packed.getvalue()


def chosen(inputs: Iterable[bytes], run: Run) -> list[bytes]:
    """The inputs that together go every way which any of them goes: the one that adds most comes first."""
    numbers: dict[Way, int] = {}
    gone: dict[bytes, int] = {}
    for octets in inputs:
        found = {numbers.setdefault(way, len(numbers)) for way in ways(run, octets)}
        gone[octets] = sum(1 << number for number in found)
    missing = (1 << len(numbers)) - 1
    worth: list[bytes] = []
    while missing:
        best = max(gone, key=lambda octets: ((gone[octets] & missing).bit_count(), -len(octets), octets))
        missing &= ~gone.pop(best)
        worth.append(best)
    return worth


def ways(run: Run, octets: bytes) -> set[Way]:
    """The steps from line to line in `esign` that `run` takes with an input, each with how often, roughly."""
    taken: Counter[tuple[CodeType, int, int]] = Counter()

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if _LIBRARY not in code.co_filename:
            return None
        before = 0

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal before
            if event == "line":
                taken[code, before, frame.f_lineno] += 1
                before = frame.f_lineno
            return step

        return step

    known = sys.gettrace()
    sys.settrace(enter)
    try:
        run(octets)
    finally:
        sys.settrace(known)
    return {(*step, times.bit_length()) for step, times in taken.items()}

"""What is done with each bomb, what must come of it, and what it costs: `python -m tests.esign.bomb_runs`.

Cost is counted in calls of functions, which is the same on each machine; here it is measured besides, each in
a process of its own.
"""

import cProfile
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from esign import asic, smime
from esign import verify as verify_document
from esign.cms import SignedData
from esign.errors import EsignError
from esign.ers import EvidenceRecord
from esign.findings import Severity
from esign.signing import augment
from esign.validation.context import Context
from esign.validation.evidence import validate_evidence
from tests.esign import bombs, bombs_closed, bombs_packed
from tests.esign.validation.world import AT
from tests.fuzz import archive, world
from tests.fuzz.archive import DOCUMENT

_MATERIAL: Final = (archive.issuing().certificate.raw, *(crl.raw for crl in archive.lists()))


def _verdict(source: Any) -> str:
    report = verify_document(source, trust=archive.root().trust, at=AT, material=_MATERIAL)
    findings = [*report.findings, *(f for one in report.signatures for f in one.findings)]
    codes = sorted({f.code for f in findings if f.severity is not Severity.INFO})
    return " ".join((report.indication.value, *codes))


def verify(data: bytes) -> str:
    """The verdict and its codes."""
    return _verdict(data)


def verify_file(data: bytes) -> str:
    """The same, read from a file."""
    return _verdict(io.BytesIO(data))


def raise_level(data: bytes) -> str:
    """What comes of raising it to B-LTA."""
    authority = archive.authority()
    try:
        augment(
            data,
            "B-LTA",
            tsa=lambda request: authority.answer(request, at=AT, serial=1),
            at=AT,
            trust=archive.root().trust,
            material=archive.material(),
        )
    except EsignError as e:
        return e.code
    return "raised"


def evidence(data: bytes) -> str:
    """The verdict on an evidence record over the document."""
    try:
        record = EvidenceRecord.read(data)
    except EsignError as e:
        return e.code
    context = Context.of(archive.material(), trust=archive.root().trust, at=AT)
    report = validate_evidence(record, [lambda by: by.of(DOCUMENT)], context=context)
    return " ".join((report.indication.value, *sorted({f.code for f in report.findings})))


def judge_message(data: bytes) -> str:
    """The verdict on a message, with the key of its recipient, and its codes."""
    keys = [world.decryptor()]
    judged = smime.judge(data, trust=archive.root().trust, at=AT, keys=keys, material=archive.material())
    return " ".join((judged.verdict.value, *sorted({f.code for f in judged.findings})))


def read_message(data: bytes) -> str:
    """What comes of reading it as a message."""
    try:
        smime.read(smime.canonical(data))
    except EsignError as e:
        return e.code
    return "read"


@dataclass(frozen=True, slots=True)
class Bomb:
    """An input, what is done with it, and a word of what must come of it."""

    make: Callable[[], bytes]
    act: Callable[[bytes], str]
    code: str

    @property
    def name(self) -> str:
        """By which it is asked for."""
        return f"{self.make.__name__} {self.act.__name__}".replace("_", "-")


def _refused(*makers: Callable[[], bytes]) -> tuple[Bomb, ...]:
    acts = ((verify, "malformed-input"), (verify_file, "malformed-input"), (raise_level, "limit-exceeded"))
    return tuple(Bomb(make, act, code) for make in makers for act, code in acts)


def _judged(make: Callable[[], bytes], code: str, *acts: Callable[[bytes], str]) -> tuple[Bomb, ...]:
    return tuple(Bomb(make, act, code) for act in acts or (verify,))


BOMBS: Final = (
    *_refused(bombs.signers, bombs.flat_countersignatures, bombs.nested_countersignatures),
    *_refused(bombs.signature_time_stamps, bombs.archive_time_stamps, bombs.attributes, bombs.values),
    *_refused(bombs.certificates, bombs.distinct_certificates, bombs.revocation_lists),
    *_refused(bombs.nested_signed_data, bombs.nested_elements),
    *_judged(bombs.long_element, "malformed-input", verify, verify_file, raise_level),
    *_judged(bombs.long_content, "malformed-input", verify, verify_file, raise_level),
    *_judged(bombs.long_signers, "malformed-input", verify, verify_file, raise_level),
    *_judged(bombs.pieces, "no-signature-found", verify, verify_file),
    *_judged(bombs.allowed_signers, "TOTAL-PASSED"),
    *_judged(bombs.allowed_countersignatures, "work-limit"),
    *_judged(bombs.allowed_time_stamps, "time-stamp-not-passed"),
    *_judged(bombs.distinct_time_stamps, "TOTAL-PASSED"),
    *_judged(bombs.old_archives_over_much, "time-stamp-not-passed"),
    *_judged(bombs.archives_over_much, "time-stamp-not-passed"),
    *_judged(bombs.slow_digest_of_much, "time-stamp-not-passed", verify, verify_file),
    *_judged(bombs.slow_digest_in_four_ways, "time-stamp-not-passed"),
    *_judged(bombs.allowed_certificates, "work-limit"),
    *_judged(bombs.allowed_revocation_lists, "work-limit"),
    *_judged(bombs.namesakes_of_issuer, "work-limit"),
    *_judged(bombs.namesakes_of_stampers, "time-stamp-not-passed"),
    *_judged(bombs.chains, "ers-malformed", evidence),
    *_judged(bombs.chained_time_stamps, "ers-malformed", evidence),
    *_judged(bombs.hashes, "ers-malformed", evidence),
    *_judged(bombs.allowed_chains, "ers-renewal-mismatch", evidence),
    *_judged(bombs.allowed_hashes, "ers-root-mismatch", evidence),
    *_judged(bombs.nested_parts, "malformed-input", verify),
    *_judged(bombs.parts, "malformed-input", verify),
    *_judged(bombs.header_fields, "header-too-large", read_message),
    *_judged(bombs.nested_parts, "too-deep", judge_message),
    *_judged(bombs.parts, "too-many-parts", judge_message),
    *_judged(bombs_closed.nested_envelopes, "envelope-nested", judge_message),
    *_judged(bombs_closed.compressed_letter, "compressed-too-large", judge_message),
    *_judged(bombs_closed.passwords, "decryption-failed", bombs_closed.open_with_wrong_keys),
    *_judged(bombs_closed.slow_passwords, "limit-exceeded", bombs_closed.open_with_wrong_keys),
    *_judged(bombs_closed.shared_keys, "decryption-failed", bombs_closed.open_with_wrong_keys),
    *_judged(bombs_closed.recipients, "limit-exceeded", bombs_closed.open_with_wrong_keys),
    *_judged(bombs_packed.zip_bomb, "malformed-input", verify, verify_file),
    *_judged(bombs_packed.lying_zip_bomb, "malformed-input"),
    *_judged(bombs_packed.overlapping_zip_bomb, "malformed-input"),
    *_judged(bombs_packed.long_file, "malformed-input"),
    *_judged(bombs_packed.longer_file, "malformed-input", verify, verify_file),
    *_judged(bombs_packed.files, "malformed-input"),
    *_judged(bombs_packed.signatures, "malformed-input"),
    *_judged(bombs_packed.allowed_signatures, "TOTAL-PASSED"),
    *_judged(bombs_packed.manifests, "manifest-malformed"),
    *_judged(bombs_packed.references, "manifest-malformed"),
    *_judged(bombs_packed.entities, "manifest-malformed"),
    *_judged(bombs_packed.nested_xml, "manifest-malformed"),
    *_judged(bombs_packed.nested_containers, "message-digest-mismatch"),
    *_judged(bombs_packed.container_of_signers, "work-limit", verify, verify_file),
    *_judged(bombs_packed.container_of_time_stamps, "work-limit"),
    *_judged(bombs_packed.container_of_countersignatures, "work-limit"),
)


def calls(act: Callable[[bytes], str], data: bytes) -> tuple[str, int]:
    """What comes of it, and how many calls of Python functions that took."""
    profile = cProfile.Profile(builtins=False)
    said = profile.runcall(act, data)
    return said, sum(entry.callcount for entry in profile.getstats())


def warm() -> None:
    """What is made on first use is no input's cost."""
    for act in (verify, verify_file, raise_level):
        act(archive.levels()["B-LTA"])
    verify(archive.containers()["twice"])
    evidence(archive.records()["grown"].raw)
    asic.Container.open(archive.containers()["simple"])
    SignedData.read(archive.structures()["counter"])


def main() -> None:
    """Measure those whose name has the word given, all without one; or, with a file, that one here."""
    if len(sys.argv) == 3:
        _measure(next(bomb for bomb in BOMBS if bomb.name == sys.argv[1]), Path(sys.argv[2]))
        return
    print("| input | octets | CPU seconds | MB more | comes of it |\n|---|--:|--:|--:|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for bomb in BOMBS:
            if sys.argv[1:] and sys.argv[1] not in bomb.name:
                continue
            path = Path(folder, "bomb")
            path.write_bytes(bomb.make())
            argv = [sys.executable, "-m", "tests.esign.bomb_runs", bomb.name, str(path)]
            answer = subprocess.run(argv, capture_output=True, check=False, text=True)  # noqa: S603
            told = answer.stdout.strip() or f"| failed: {answer.stderr.strip()[-300:]}"
            print(f"| {bomb.name} | {path.stat().st_size:,} {told}", flush=True)


def _measure(bomb: Bomb, path: Path) -> None:
    warm()
    data = path.read_bytes()
    # Linux: forget the most memory that there was so far.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    high, start = _most_memory(), time.process_time()
    said = bomb.act(data)
    spent = time.process_time() - start
    print(f"| {spent:.2f} | {max(0, _most_memory() - high) / 1024:.0f} | {said[:100]} |")


def _most_memory() -> int:
    """In KiB."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()

"""An authority's work in processes that are killed, each at the next of its points.

    python -m tests.esign.io.killing FOLDER KILLS

A point is where something becomes lasting: before and after each commit, and before each file takes its name.
After each kill the folder is opened again and judged; the day begins anew at the first point when it was
reached to its end. Prints how often processes were killed, at how many points.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from esign.ca.authority import public_key_info
from esign.ca.request import Subject
from esign.ca.state import Query, State
from esign.io import authority as rooms
from esign.io.authority import CertificateAuthority
from esign.io.register import SqliteRegister
from esign.keys import generate
from esign.x509 import Certificate, CertificateList
from tests.esign.ca.world import AT

PASSPHRASE = "correct horse battery staple"
DAY = timedelta(days=1)


class Points:
    """Counts down; at zero the process ends as if the power had failed."""

    def __init__(self, left: int) -> None:
        self.left = left

    def reach(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def register_with(points: Points) -> type[SqliteRegister]:
    class Killed(SqliteRegister):
        @contextmanager
        def transaction(self) -> Iterator[None]:
            with super().transaction():
                yield
                points.reach()
            points.reach()

    return Killed


def day(folder: Path, at: datetime, handed_out: Path) -> None:
    """Issue, suspend, revoke, issue many, publish; what is handed out is told before the next act."""
    with CertificateAuthority.open(folder, PASSPHRASE) as ca, handed_out.open("a") as told:
        made = [found.serial_number for found in (deliver(ca, 0, at), *many(ca, at))]
        told.write("".join(f"{serial:x}\n" for serial in made))
        told.flush()
        ca.suspend(made[0], at=at)
        ca.revoke(made[1], at=at)
        ca.publish_due(at=at)


def deliver(ca: CertificateAuthority, number: int, at: datetime) -> Certificate:
    return ca.deliver("mailbox-encrypt", mailbox(number), at=at).certificate


def many(ca: CertificateAuthority, at: datetime) -> tuple[Certificate, ...]:
    infos = [public_key_info(generate("p-256").public_key()) for _ in range(3)]
    batch = [
        ca.prepare("mailbox-encrypt", mailbox(number), at=at, public_key_info=info)
        for number, info in enumerate(infos, 1)
    ]
    return ca.authority("persons").sign_many(batch, at=at)


def mailbox(number: int) -> Subject:
    return Subject.of({"organization": "A"}, emails=(f"m{number}@a.uz",))


def killed(act: Callable[[], None], point: int) -> bool:
    """Whether the process that did `act` was killed at its point."""
    child = os.fork()
    if child == 0:
        points = Points(point)
        rooms.SqliteRegister = register_with(points)  # type: ignore[attr-defined]
        sys.addaudithook(lambda event, _: points.reach() if event == "os.rename" else None)
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert status == 0, status
    return False


def numbers(folder: Path) -> dict[str, int]:
    """The number of each list that lies there."""
    files = (folder / "crl").glob("*.crl")
    return {file.name: CertificateList.load(file.read_bytes()).number or 0 for file in files}


def judge(folder: Path, at: datetime, before: dict[str, int], handed_out: Path) -> None:
    """What must hold after any kill."""
    found = numbers(folder)
    assert all(found[name] >= number for name, number in before.items()), (before, found)
    with CertificateAuthority.open(folder, PASSPHRASE) as ca:
        ca.check_log()
        serials = [record.serial for _, record in ca.records()]
        assert len(serials) == len(set(serials))
        stored = {found.serial for _, found in ca.records(Query()) if found.certificate}
        told = {int(line, 16) for line in handed_out.read_text().split()} if handed_out.exists() else set()
        assert told <= stored
        revoked = {found.serial for _, found in ca.records(Query(state=State.REVOKED))}
        ca.authority("persons").abandon_unfinished(at=at)
        ca.publish_due(at=at)
        assert not ca.due(at=at)
        on_list = {e.serial_number for crl in ca.crls if crl.scope is None for e in crl.entries}
        assert revoked <= on_list


def main(folder: Path, kills: int) -> None:
    """Kill until it was done `kills` times."""
    handed_out = folder.parent / "handed-out"
    done = point = highest = 0
    at = AT
    while done < kills:
        point, at = point + 1, at + DAY
        before = numbers(folder)
        if not killed(lambda: day(folder, at, handed_out), point):  # noqa: B023
            point = 0
            continue
        done, highest = done + 1, max(highest, point)
        judge(folder, at, before, handed_out)
    print(done, highest)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

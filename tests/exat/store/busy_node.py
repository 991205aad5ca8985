"""A process that commits letters until it is killed, or until it has done its number.

    python busy_node.py FOLDER NAME COUNT

It says `ready` and waits for a line on stdin. Then each acknowledged letter is one line on stdout, written
after its future resolved.
"""

import sys
import threading

from exat.store import Store
from tests.exat.store.world import BOB, DORA, acceptance, letter, seal

THREADS = 4


def main(folder: str, name: str, count: int) -> None:
    """Commit `count` letters of this name from several threads."""
    with Store.create(folder, busy_seconds=30) as store:
        say("ready")
        sys.stdin.readline()
        threads = [
            threading.Thread(target=work, args=(store, name, range(first, count, THREADS)))
            for first in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def work(store: Store, name: str, numbers: range) -> None:
    """Commit one after another; each tenth letter is large."""
    for number in numbers:
        body = f"{name} {number} ".encode() * (12_000 if number % 10 == 0 else 1)
        kept = letter(f"{name}-{number}", body=body)
        done = store.commit(acceptance(kept, local=[DORA], peers=[BOB]), seal=seal).result()
        store.next_bundle_serial()
        say(str(done.key))


def say(line: str) -> None:
    """Write a whole line at once: a kill does not cut it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

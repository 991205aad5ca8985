"""Whole processes: two that write at once, and one that is killed in the middle."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from exat.store import Store
from tests.exat.store.world import ANN, DORA, assert_chain

NODE = Path(__file__).with_name("busy_node.py")
PAUSES = (0.02, 0.11, 0.19, 0.28)
"""Seconds from the beginning to the kill: what it hits there differs from run to run."""


def start(folder: Path, name: str, count: int, output: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(NODE), str(folder), name, str(count)]
    with output.open("wb") as stdout:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, env=environment)


def go(nodes: Sequence[subprocess.Popen[bytes]], outputs: Sequence[Path]) -> None:
    """Let processes begin at the same moment, when all are ready."""
    for node, output in zip(nodes, outputs, strict=True):
        while not output.read_bytes():
            assert node.poll() is None
            time.sleep(0.005)
    for node in nodes:
        assert node.stdin is not None
        node.stdin.close()


def acknowledged(output: Path) -> list[str]:
    """The keys in whole lines: the last line may be cut by the kill."""
    lines = output.read_text().splitlines(keepends=True)
    return [line.strip() for line in lines if line.startswith("key-") and line.endswith("\n")]


def test_two_processes_lose_nothing_and_share_one_chain(tmp_path: Path) -> None:
    count = 120
    outputs = [tmp_path / "first.txt", tmp_path / "second.txt"]
    nodes = [start(tmp_path / "home", path.stem, count, path) for path in outputs]
    go(nodes, outputs)
    assert [node.wait(timeout=60) for node in nodes] == [0, 0]
    with Store.open(tmp_path / "home") as store:
        records = assert_chain(store)
        keys = {key for path in outputs for key in acknowledged(path)}
        assert len(keys) == 2 * count == len(records)
        assert {record.message_key for record in records} == keys
        assert sorted(entry.uid for entry in store.list_mailbox(DORA)) == list(range(1, 2 * count + 1))
        assert {row.key for row in store.queue()} == keys
        assert store.next_bundle_serial() == 2 * count + 1
        assert store.faults() == ()
    owners = ["second" if record.message_key.startswith("key-second") else "first" for record in records]
    assert any(a != b for a, b in zip(owners[:-1], owners[1:], strict=True))


def test_nothing_acknowledged_is_lost_when_a_process_is_killed(tmp_path: Path) -> None:
    keys: set[str] = set()
    for number, pause in enumerate(PAUSES):
        output = tmp_path / f"{number}.txt"
        node = start(tmp_path / "home", f"round{number}", 1_000_000, output)
        go([node], [output])
        time.sleep(pause)
        node.kill()
        node.wait()
        keys |= {*acknowledged(output)}
        check(tmp_path / "home", keys)
    assert len(keys) > len(PAUSES)


def check(home: Path, keys: set[str]) -> None:
    """What was answered stands whole; what was not is there with its evidence, or not at all."""
    with Store.open(home) as store:
        assert store.faults() == ()
        stored = {known.key: known for known in store.sent_by(ANN)}
        assert keys <= stored.keys()
        assert {record.message_key for record in assert_chain(store)} == stored.keys()
        assert {entry.key for entry in store.list_mailbox(DORA)} == stored.keys()
        assert {row.key for row in store.queue()} == stored.keys()
        for key, known in stored.items():
            assert len(store.letter(key).raw) == known.size
            assert len(known.deliveries) == 2

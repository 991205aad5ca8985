"""The desk: what it answers when the store cannot keep a letter, and whom it lets in."""

import asyncio
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from exat.address import Address
from exat.directory import Directory
from exat.errors import StoreError
from exat.records import MessageKey, Origin, Relayed, Submission
from exat.shell.desk import NodeDesk
from exat.store import Committed
from tests.exat import world


class BrokenStore:
    """Refuses to commit with one error after another; then takes everything."""

    def __init__(self, *codes: str, seen: str | None = None) -> None:
        self._codes = list(codes)
        self._seen = seen
        self.committed: list[tuple[Any, ...]] = []

    def commit(self, effects: Any, **_: Any) -> "Future[Committed]":
        done: Future[Committed] = Future()
        if self._codes:
            code = self._codes.pop(0)
            done.set_exception(StoreError(code, "secret path /var/lib"))
        else:
            self.committed.append(tuple(effects))
            done.set_result(Committed(MessageKey("K9"), ()))
        return done

    def seen(self, sender_key: str, message_id: str) -> str | None:
        return self._seen


def _desk(store: BrokenStore, *, there: bool = False) -> NodeDesk:
    directory, house = (world.there(), world.soliq()) if there else (world.here(), world.adliya())
    anything: Any = store
    return NodeDesk(anything, directory, seal=house.seal, clock=lambda: world.AT)


def _take(store: BrokenStore, raw: bytes) -> str:
    origin: Origin = Submission(world.clerk())
    return str(asyncio.run(_desk(store).take(origin, world.envelope(), raw)))


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("store-full", "452 4.3.1 the store is full, try again later [store-full]"),
        ("store-busy", "451 4.3.0 an error of this node, try again later [internal-error]"),
        ("store-damaged", "451 4.3.0 an error of this node, try again later [internal-error]"),
    ],
)
def test_a_letter_that_cannot_be_kept_is_not_acknowledged_and_nothing_leaks(code: str, answer: str) -> None:
    assert _take(BrokenStore(code), world.native()) == answer


def test_the_reply_names_the_letter_as_the_store_knows_it() -> None:
    assert _take(BrokenStore(), world.native()) == "250 2.6.0 accepted as K9"


def test_another_letter_under_a_known_message_id_is_refused_with_evidence() -> None:
    store = BrokenStore("duplicate-message-id", seen="0" * 64)
    assert _take(store, world.native()).endswith("[duplicate-message-id]")
    assert [effect.draft.reasons for effects in store.committed for effect in effects] == [
        ("duplicate-message-id",)
    ]


def test_a_refused_letter_is_refused_after_its_evidence_is_kept() -> None:
    store = BrokenStore()
    assert _take(store, world.plain()).endswith("[unsigned-letter]")
    assert len(store.committed) == 1
    assert _take(BrokenStore("store-full"), world.plain()).endswith("[store-full]")


def test_recipients_are_judged_by_who_asks() -> None:
    desk = _desk(BrokenStore())
    clerk, node = Submission(world.clerk()), Relayed("soliq.uz", b"")

    def said(origin: Origin, spelled: str) -> str:
        return str(desk.refuse_recipient(origin, Address.parse(spelled)) or "")

    assert said(clerk, world.TAX) == said(clerk, world.CHANCERY) == said(node, world.CHANCERY) == ""
    assert said(clerk, "yoq@soliq.uz").endswith("[unknown-recipient]")
    assert said(node, world.TAX).endswith("[relaying-denied]")
    assert said(node, "seal@adliya.uz") == ""


@pytest.mark.parametrize("certificate", [b"", b"garbage", b"0\x82\x01\x00"])
def test_what_is_no_certificate_is_a_stranger(certificate: bytes) -> None:
    assert _desk(BrokenStore()).peer(certificate) is None


def test_a_seal_is_no_node() -> None:
    assert _desk(BrokenStore(), there=True).peer(world.adliya().seal.certificate) is None


@pytest.mark.parametrize("first", ["soliq.uz", "bojxona.uz"])
def test_a_bundle_that_claims_the_name_of_anothers_node_does_not_take_its_place(first: str) -> None:
    victim, liar = world.house("bojxona.uz", ("qabul@bojxona.uz",)), world.soliq().agency
    node = victim.pki.node("mx.bojxona.uz")
    honest = replace(victim.agency, intermediates=victim.pki.chain)
    claiming = replace(
        liar,
        node="mx.bojxona.uz",
        roots=(*liar.roots, victim.pki.root),
        intermediates=(*liar.intermediates, *victim.pki.chain),
        crls=(*liar.crls, *victim.agency.crls),
    )
    peers = sorted((honest, claiming), key=lambda agency: agency.domain != first)
    anything: Any = None
    own = world.adliya()
    desk = NodeDesk(anything, Directory(own.agency, tuple(peers)), seal=own.seal, clock=lambda: world.AT)
    found = desk.peer(node.certificate)
    assert found is not None and found.domain == "bojxona.uz"
    both = (claiming, replace(claiming, domain="begona.uz"))
    desk.directory = Directory(own.agency, both)
    assert desk.peer(node.certificate) is None

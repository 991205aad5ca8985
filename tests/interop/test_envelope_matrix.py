"""Who opens whose: every cell of docs/interop.md about envelopes, by the programs themselves."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from esign import der, envelope
from esign.envelope import Decrypted
from esign.enveloped import AUTH_ENVELOPED_DATA
from esign.errors import DecryptionFailed, NotARecipient, UnsupportedAlgorithm
from tests.interop import matrix
from tests.interop.envelopes import Enveloped, envelopes, holder, opening_key
from tests.interop.readers import READERS, Desk
from tests.interop.samples import DOCUMENT

pytestmark = pytest.mark.peer
UNREAD = ("x25519-aes-256-gcm", "x25519-aes-256-cbc", "p-256-derived-key", "ml-kem-768-derived-key")
"""What none of the programs knows."""
ALL = [(maker, kind) for maker, kinds in matrix.SEALED.items() for kind in kinds]


def at_desk(act: Any) -> Any:
    folder = Path(tempfile.mkdtemp())
    try:
        return act(Desk(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def opened_by(program: str) -> dict[str, str]:
    """What `program` says of every envelope of ours, and of one that was changed."""
    reader = READERS[program]
    assert reader.open is not None
    wanted = (*envelopes().values(), *(changed(one, "changed") for one in envelopes().values()))
    said: dict[str, str] = at_desk(lambda desk: reader.open(desk, wanted))
    return said


@cache
def made_by(maker: str) -> dict[str, Enveloped]:
    """What `maker` encrypts for us."""
    found: dict[str, Enveloped] = at_desk(READERS[maker].make)
    return found


def changed(one: Enveloped, name: str, *, at: int = -1) -> Enveloped:
    """The same with one octet changed: the last of the tag or of the padding, or one of the content."""
    octets = bytearray(one.envelope)
    octets[at] ^= 1
    return Enveloped(f"{one.name}-{name}", bytes(octets), one.opener)


def opened(one: Enveloped) -> Decrypted:
    legacy = one.name == "triple-des"
    return envelope.decrypt(one.envelope, [opening_key(one.opener)], unsafe_legacy_ciphers=legacy)


@pytest.mark.parametrize("kind", matrix.ENVELOPE_KINDS)
@pytest.mark.parametrize("program", matrix.ENVELOPES)
def test_an_envelope_of_ours_is_opened_as_the_matrix_says(program: str, kind: str) -> None:
    word = opened_by(program)[kind]
    assert matrix.expected(matrix.ENVELOPES, program, kind).agrees(word), word or "it is opened"


@pytest.mark.parametrize("program", matrix.ENVELOPES)
def test_a_changed_envelope_gives_nobody_the_document(program: str) -> None:
    assert all(opened_by(program)[f"{kind}-changed"] for kind in matrix.ENVELOPE_KINDS)


@pytest.mark.parametrize("kind", matrix.ENVELOPE_KINDS)
def test_some_program_that_is_not_ours_opens_each_kind(kind: str) -> None:
    words = {matrix.expected(matrix.ENVELOPES, program, kind).word for program in matrix.ENVELOPES}
    assert ("yes" in words) != (kind in UNREAD)


@pytest.mark.parametrize("classical", ["rsa-3072", "p-256"])
def test_what_needs_both_keys_is_opened_in_two_steps_by_others(classical: str) -> None:
    people = (holder(classical).certificate, holder("ml-kem-768").certificate)
    nested = envelope.protect_with_both(DOCUMENT, [people])
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        outer = READERS["castle"].open(desk, [Enveloped("outer", nested, "ml-kem-768")])
        assert outer["outer"] == "another content"
        value = (desk.folder / "outer.opened").read_bytes()
        inner = der.sequence(der.oid(AUTH_ENVELOPED_DATA), der.explicit(0, value))
        for program in ("castle", "openssl"):
            assert READERS[program].open(desk, [Enveloped("inner", inner, classical)]) == {"inner": ""}


@pytest.mark.parametrize(("maker", "kind"), ALL)
def test_an_envelope_of_others_is_opened(maker: str, kind: str) -> None:
    found = opened(made_by(maker)[kind])
    assert found.content == DOCUMENT
    codes = {finding.code for finding in found.findings}
    assert ("content-not-authenticated" in codes) == (not found.authenticated)


@pytest.mark.parametrize("maker", ["openssl", "castle"])
def test_an_authenticated_envelope_of_others_that_was_changed_is_not_opened(maker: str) -> None:
    found = [one for one in made_by(maker).values() if one.name.endswith("-gcm")]
    assert found
    for one in found:
        with pytest.raises(DecryptionFailed):
            opened(changed(one, "inside", at=-60))


@pytest.mark.parametrize("maker", matrix.SEALED)
def test_an_envelope_of_others_is_for_nobody_else(maker: str) -> None:
    one = next(iter(made_by(maker).values()))
    with pytest.raises(NotARecipient):
        envelope.decrypt(one.envelope, [opening_key("x25519")])


@pytest.mark.parametrize("maker", ["openssl", "castle", "gpgsm"])
def test_triple_des_is_opened_only_by_its_unsafe_name(maker: str) -> None:
    one = made_by(maker)["triple-des"]
    assert opened(one).content == DOCUMENT
    with pytest.raises(UnsupportedAlgorithm):
        envelope.decrypt(one.envelope, [opening_key(one.opener)])


@pytest.mark.parametrize("maker", matrix.SEALED)
def test_the_page_names_all_that_a_maker_encrypts(maker: str) -> None:
    assert set(made_by(maker)) == set(matrix.SEALED[maker])


def test_the_matrix_names_all_that_we_encrypt() -> None:
    assert tuple(envelopes()) == matrix.ENVELOPE_KINDS

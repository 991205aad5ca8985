"""Envelopes made by others, from the test data."""

import json
from pathlib import Path
from typing import Any

import pytest

from esign import envelope
from esign.cms import read_pem_or_der
from esign.enveloped import RecipientKind, read_envelope
from esign.errors import EsignError
from esign.keys import Decryptor
from tests.peers import corpus


def entries(name: str) -> list[dict[str, Any]]:
    """The list of a corpus, whatever it is called there."""
    read = json.loads((corpus(name) / "index.json").read_text())
    return list(next(value for value in read.values() if isinstance(value, list)))


def test_the_examples_of_rfc_9936_open() -> None:
    folder = corpus("lamps_examples") / "cms-kyber"
    data = read_pem_or_der((folder / "ML-KEM-512.cms").read_bytes())
    for form in ("seed", "expanded", "both"):
        key = Decryptor.from_pem((folder / f"ML-KEM-512-{form}.priv").read_bytes())
        opened = envelope.decrypt(data, [key])
        assert opened.content == b"Hello, world!"
        assert (opened.cipher, opened.authenticated) == ("aes-128-gcm", True)
        assert opened.recipient.algorithm_name == "ml-kem-512-hkdf-sha256-aes128-wrap"


def test_ml_kem_envelopes_of_others_open_and_nonconformant_ones_do_not() -> None:
    folder = corpus("pqc_hackathon")
    opened, refused = 0, 0
    for entry in entries("pqc_hackathon"):
        if not entry["kind"].startswith("cms-kemri"):
            continue
        data = read_pem_or_der((folder / entry["file"]).read_bytes())
        held = [Decryptor.from_pem((folder / name).read_bytes()) for name in entry["keys"]]
        if entry["expected"] == "decrypts":
            found = envelope.decrypt(data, held)
            assert found.content == (folder / entry["plaintext"]).read_bytes(), entry["file"]
            assert found.recipient.kind is RecipientKind.KEY_ENCAPSULATION
            opened += 1
        else:
            with pytest.raises(EsignError):
                envelope.decrypt(data, held)
            refused += 1
    assert opened >= 3
    assert refused >= 3


def test_every_envelope_in_the_test_data_is_read_or_refused() -> None:
    """No foreign exception, whatever file it is given."""
    folder: Path = corpus("pqc_hackathon")
    for path in sorted(folder.rglob("*.der"))[:200]:
        try:
            read_envelope(path.read_bytes())
        except EsignError:
            continue

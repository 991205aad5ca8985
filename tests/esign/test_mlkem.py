"""ML-KEM in plain Python: the vectors of others, and keys in every form."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem as foreign

from esign import keys, mlkem
from esign.errors import KeyUnavailable, MalformedInput
from esign.mlkem import ML_KEM_512, ML_KEM_768, ML_KEM_1024, Parameters, PrivateKey
from tests.peers import corpus

SETS = {"ML-KEM-512": ML_KEM_512, "ML-KEM-768": ML_KEM_768, "ML-KEM-1024": ML_KEM_1024}
FOREIGN: Any = {"ml-kem-768": foreign.MLKEM768PrivateKey, "ml-kem-1024": foreign.MLKEM1024PrivateKey}
PER_FLAG = 6


def vectors(name: str) -> list[tuple[Parameters, dict[str, Any]]]:
    """A few cases of each flag and result of one file."""
    read = json.loads((corpus("wycheproof") / name).read_text())
    seen: dict[str, int] = {}
    found = []
    for group in read["testGroups"]:
        for case in group["tests"]:
            kind = f"{case['result']} {case.get('flags')}"
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= PER_FLAG:
                found.append((SETS[group["parameterSet"]], case))
    return found


def opened(parameters: Parameters, case: dict[str, Any]) -> PrivateKey:
    if "dk" in case and "c" in case:
        return PrivateKey(parameters, bytes.fromhex(case["dk"]))
    return PrivateKey.from_seed(parameters, bytes.fromhex(case["seed"]))


@pytest.mark.parametrize("size", ["512", "768", "1024"])
@pytest.mark.parametrize("kind", ["test", "keygen_seed_test", "semi_expanded_decaps_test"])
def test_the_vectors_of_wycheproof_agree(size: str, kind: str) -> None:
    for parameters, case in vectors(f"mlkem_{size}_{kind}.json"):
        try:
            key = opened(parameters, case)
            secret = key.decapsulate(bytes.fromhex(case["c"])).hex() if "c" in case else case.get("K")
        except (MalformedInput, ValueError):
            assert case["result"] == "invalid", case["tcId"]
            continue
        agrees = secret == case.get("K", secret)
        if "dk" in case and "c" not in case:
            agrees = agrees and key.expanded.hex() == case["dk"]
        assert agrees == (case["result"] == "valid"), case["tcId"]


@pytest.mark.parametrize("parameters", [ML_KEM_768, ML_KEM_1024], ids=lambda p: p.name)
def test_both_implementations_agree(parameters: Parameters) -> None:
    seed = bytes(range(64))
    theirs = FOREIGN[parameters.name].from_seed_bytes(seed)
    ours = PrivateKey.from_seed(parameters, seed)
    secret, ciphertext = theirs.public_key().encapsulate()
    assert ours.decapsulate(ciphertext) == secret
    changed = ciphertext[:-1] + bytes((ciphertext[-1] ^ 1,))
    # FIPS 203 cl. 6.3: implicit rejection is the same for all.
    assert ours.decapsulate(changed) == theirs.decapsulate(changed) != secret
    assert ours.is_consistent()


@pytest.mark.parametrize("size", [0, 767, 769])
def test_a_ciphertext_of_another_length_is_a_mistake(size: int) -> None:
    with pytest.raises(ValueError, match="length"):
        PrivateKey.from_seed(ML_KEM_512, bytes(64)).decapsulate(bytes(size))


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_seed_of_another_length_is_malformed(size: int) -> None:
    with pytest.raises(MalformedInput):
        PrivateKey.from_seed(ML_KEM_512, bytes(size))


def test_a_damaged_key_is_seen() -> None:
    whole = PrivateKey.from_seed(ML_KEM_512, bytes(64))
    with pytest.raises(MalformedInput):
        PrivateKey(ML_KEM_512, whole.expanded[:-1])
    with pytest.raises(MalformedInput):
        PrivateKey(
            ML_KEM_512, whole.expanded[:800] + bytes((whole.expanded[800] ^ 1,)) + whole.expanded[801:]
        )
    # What FIPS 203 cl. 7.3 does not look at: the secret vector itself.
    damaged = PrivateKey(ML_KEM_512, bytes((whole.expanded[0] ^ 1,)) + whole.expanded[1:])
    assert whole.is_consistent()
    assert not damaged.is_consistent()


def test_no_secret_is_shown() -> None:
    assert "expanded" not in repr(PrivateKey.from_seed(ML_KEM_512, bytes(64)))


# --- keys as files ---


def key_files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.rglob(pattern))


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("lamps_examples", "ML-KEM-*.priv"),
        ("pqc_hackathon", "*[mM][lL]-[kK][eE][mM]-*_priv.der"),
    ],
)
def test_each_form_of_a_private_key_is_read(source: str, pattern: str) -> None:
    found = key_files(corpus(source), pattern)
    assert len(found) > 10
    for path in found:
        key = keys.load_private_key(path.read_bytes())
        name = next(name for name in SETS if name.lower() in path.name.lower())
        if isinstance(key, mlkem.PrivateKey):
            assert key.parameters is SETS[name]
        else:
            assert isinstance(key, FOREIGN[name.lower()])


def test_keys_that_disagree_with_themselves_are_refused() -> None:
    found = key_files(corpus("lamps_examples"), "bad-ML-KEM-*.priv")
    assert len(found) == 4
    for path in found:
        with pytest.raises(KeyUnavailable):
            keys.load_private_key(path.read_bytes())


@pytest.mark.parametrize("name", ["x25519", "ml-kem-768", "ml-kem-1024"])
def test_new_keys_for_reading_are_kept_under_a_passphrase(name: str) -> None:
    made = keys.generate(name)
    kept = keys.load_private_key(keys.dump_private_key(made, "long words"), "long words")
    assert kept.public_key() == made.public_key()

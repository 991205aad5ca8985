"""The one table: what a name means, and that nothing outside it is accepted."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, mldsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from esign import algorithms, ciphers, der, keys
from esign.algorithms import (
    DIGESTS,
    ECDSA_SHA256,
    PSS_OID,
    RIPEMD160,
    RSA_OID,
    SHA1,
    SHA256,
    SHA384,
    SHA512,
    SHAKE256,
    SIGNATURES,
    AlgorithmIdentifier,
    default_scheme,
    describe_key,
    digest,
    key_kind,
    pss,
    signature_scheme,
)
from esign.ciphers import CIPHERS, key_transport_scheme, oaep
from esign.errors import EsignError, MalformedInput, UnsupportedAlgorithm
from tests.esign.people import recipient, signatory
from tests.peers import corpus

KINDS = ["p-256", "p-384", "p-521", "rsa-2048", "ed25519", "ml-dsa-65"]
DIGEST_OF_NOTHING = {
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}


def rows_of(kind: str) -> list[algorithms.SignatureScheme]:
    private = signatory(kind).private
    return [row for row in SIGNATURES.values() if row.key_kind == key_kind(private.public_key())]


def test_identifiers_are_spelled_once() -> None:
    for table in (DIGESTS, SIGNATURES, CIPHERS):
        assert len({row.name for row in table.values()}) == len(table)
    assert all(oid == row.oid for oid, row in DIGESTS.items())
    assert all(oid == row.identifier.oid for oid, row in SIGNATURES.items())


# --- digests ---


@pytest.mark.parametrize("row", DIGESTS.values(), ids=lambda row: row.name)
def test_a_digest_is_found_by_its_identifier(row: algorithms.Digest) -> None:
    assert digest(row.identifier) is row
    assert digest(AlgorithmIdentifier(row.oid, der.null())) is row
    assert len(row.of(b"")) == row.size
    assert row.foreign is None or row.primitive.digest_size == row.size
    running = row.new()
    running.update(b"abc")
    assert running.digest() == row.of(b"abc")
    if row.name in DIGEST_OF_NOTHING:
        assert row.of(b"").hex() == DIGEST_OF_NOTHING[row.name]


@pytest.mark.parametrize(
    "identifier", [AlgorithmIdentifier("1.2.3"), AlgorithmIdentifier(SHA256.oid, der.integer(1))]
)
def test_another_digest_is_not_supported(identifier: AlgorithmIdentifier) -> None:
    with pytest.raises(UnsupportedAlgorithm) as raised:
        digest(identifier)
    assert (raised.value.code, raised.value.where) == ("unsupported-algorithm", "digestAlgorithm")
    assert raised.value.values["algorithm"] == identifier.oid


@pytest.mark.parametrize("row", [algorithms.OZDST_1106, algorithms.OZMST_285], ids=lambda row: row.name)
def test_a_digest_of_ours_has_no_padding_by_others(row: algorithms.Digest) -> None:
    hashing = AlgorithmIdentifier(row.oid, der.null()).encode()
    for parameters in (
        der.sequence(der.explicit(0, hashing)),
        der.sequence(der.explicit(1, der.sequence(der.oid(algorithms.MGF1_OID), hashing))),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            signature_scheme(AlgorithmIdentifier(PSS_OID, parameters))
        with pytest.raises(UnsupportedAlgorithm):
            key_transport_scheme(AlgorithmIdentifier(ciphers.OAEP_OID, parameters))


def test_a_national_scheme_goes_by_three_names() -> None:
    for name, row, by in (
        (algorithms.OZDST_1092_OID, algorithms.OZDST_1092, algorithms.OZDST_1106),
        (algorithms.OZMST_286_OID, algorithms.OZMST_286, algorithms.OZMST_285),
    ):
        assert signature_scheme(row.identifier) is row
        assert signature_scheme(AlgorithmIdentifier(row.identifier.oid)) is row
        assert signature_scheme(AlgorithmIdentifier(name), by) is row
        with pytest.raises(UnsupportedAlgorithm):
            signature_scheme(AlgorithmIdentifier(name), SHA256)


# --- algorithm identifiers ---


@pytest.mark.parametrize("parameters", [None, der.null(), der.sequence(der.integer(1))])
def test_an_identifier_round_trips(parameters: bytes | None) -> None:
    identifier = AlgorithmIdentifier("1.2.3", parameters)
    assert AlgorithmIdentifier.read(der.decode(identifier.encode())) == identifier
    assert identifier.bare == (parameters in (None, der.null()))


@pytest.mark.parametrize(
    "data", [der.null(), der.sequence(), der.sequence(der.oid("1.2.3"), der.null(), der.null())]
)
def test_a_broken_identifier_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedInput) as raised:
        AlgorithmIdentifier.read(der.decode(data), "there")
    assert raised.value.where == "there"


# --- signatures ---


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_of_a_kind_signs_and_verifies(kind: str) -> None:
    private = signatory(kind).private
    public = private.public_key()
    for row in rows_of(kind):
        if row.digest in (SHA1, RIPEMD160):
            continue
        signature = row.sign(private, b"letter")
        assert row.is_valid(public, signature, b"letter"), row.name
        assert not row.is_valid(public, signature, b"Letter"), row.name
        assert not row.is_valid(public, signature[:-1] + bytes((signature[-1] ^ 1,)), b"letter"), row.name
        assert not row.is_valid(public, b"", b"letter"), row.name
        assert signature_scheme(row.identifier) is row


@pytest.mark.parametrize("row", SIGNATURES.values(), ids=lambda row: row.name)
def test_a_key_of_another_kind_verifies_nothing(row: algorithms.SignatureScheme) -> None:
    for kind in KINDS:
        public = signatory(kind).private.public_key()
        if key_kind(public) != row.key_kind:
            assert not row.is_valid(public, bytes(64), b"letter")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("p-256", "ecdsa-sha256"),
        ("p-384", "ecdsa-sha384"),
        ("p-521", "ecdsa-sha512"),
        ("rsa-2048", "rsa-pss-sha256"),
        ("ed25519", "ed25519"),
        ("ml-dsa-65", "ml-dsa-65"),
    ],
)
def test_each_key_has_its_default(kind: str, name: str) -> None:
    private = signatory(kind).private
    scheme = default_scheme(private.public_key())
    assert scheme.name == name
    signature = scheme.sign(private, b"letter")
    assert signature_scheme(scheme.identifier).is_valid(private.public_key(), signature, b"letter")


def test_a_key_that_signs_nothing_has_no_default() -> None:
    from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey

    public = X448PrivateKey.generate().public_key()
    assert key_kind(public) == ""
    with pytest.raises(UnsupportedAlgorithm):
        default_scheme(public)


def test_eddsa_and_ml_dsa_have_sha_512_for_attributes() -> None:
    # RFC 8419 §2.3, RFC 9882 §3.3
    for row in SIGNATURES.values():
        if row.digest is None:
            assert row.attribute_digest is (SHAKE256 if row.key_kind == "ed448" else SHA512)
        else:
            assert row.attribute_digest is row.digest


@pytest.mark.parametrize(
    ("oid", "by", "name"),
    [
        (RSA_OID, SHA256, "rsa-sha256"),
        (RSA_OID, SHA1, "rsa-sha1"),
        ("1.2.840.10045.2.1", SHA384, "ecdsa-sha384"),
    ],
)
def test_a_name_without_digest_takes_the_digest_of_cms(oid: str, by: algorithms.Digest, name: str) -> None:
    assert signature_scheme(AlgorithmIdentifier(oid, der.null()), by).name == name
    with pytest.raises(UnsupportedAlgorithm):
        signature_scheme(AlgorithmIdentifier(oid, der.null()))


@pytest.mark.parametrize(
    "identifier",
    [AlgorithmIdentifier("1.2.3"), AlgorithmIdentifier(ECDSA_SHA256.identifier.oid, der.sequence())],
)
def test_another_signature_is_not_supported(identifier: AlgorithmIdentifier) -> None:
    with pytest.raises(UnsupportedAlgorithm) as raised:
        signature_scheme(identifier, SHA256)
    assert raised.value.where == "signatureAlgorithm"


# --- RSASSA-PSS and RSAES-OAEP ---


@pytest.mark.parametrize("by", [SHA256, SHA384, SHA512])
@pytest.mark.parametrize("mask", [SHA1, SHA256])
@pytest.mark.parametrize("salt", [0, 20, 64])
def test_pss_parameters_round_trip(by: algorithms.Digest, mask: algorithms.Digest, salt: int) -> None:
    scheme = pss(by, salt, mask)
    assert signature_scheme(scheme.identifier) is scheme
    private = signatory("rsa-2048").private
    assert scheme.is_valid(private.public_key(), scheme.sign(private, b"x"), b"x")
    assert not pss(by, salt + 1, mask).is_valid(private.public_key(), scheme.sign(private, b"x"), b"x")


def test_digests_in_rsa_parameters_bear_null() -> None:
    # RFC 4055 §2.1
    spelled = der.sequence(der.oid(SHA256.oid), der.null())
    for identifier in (pss(SHA256, 32).identifier, oaep(SHA256).identifier):
        assert identifier.parameters is not None
        assert identifier.parameters.count(spelled) == 2


def test_absent_pss_fields_are_the_defaults() -> None:
    assert signature_scheme(AlgorithmIdentifier(PSS_OID, der.sequence())) is pss(SHA1, 20, SHA1)
    spelled = der.sequence(der.explicit(3, der.integer(1)))
    assert signature_scheme(AlgorithmIdentifier(PSS_OID, spelled)) is pss(SHA1, 20, SHA1)


MGF_OTHER = der.explicit(1, der.sequence(der.oid("1.2.3"), SHA256.identifier.encode()))


@pytest.mark.parametrize(
    "parameters",
    [
        MGF_OTHER,
        der.explicit(1, der.sequence(der.oid(algorithms.MGF1_OID))),
        der.explicit(2, der.integer(-1)),
        der.explicit(2, der.integer(513)),
        der.explicit(3, der.integer(2)),
        der.explicit(0, AlgorithmIdentifier("1.2.3").encode()),
    ],
    ids=bytes.hex,
)
def test_other_pss_parameters_are_not_supported(parameters: bytes) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        signature_scheme(AlgorithmIdentifier(PSS_OID, der.sequence(parameters)))


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        der.null(),
        b"",
        der.sequence(der.tlv(der.context(0))),
        der.sequence(der.tlv(der.context(2))),
        der.sequence(der.explicit(2, der.null() * 2)),
        der.sequence(der.integer(1)),
        der.sequence(der.explicit(2, der.integer(20)), der.explicit(0, SHA256.identifier.encode())),
    ],
)
def test_broken_pss_parameters_are_malformed(parameters: bytes | None) -> None:
    with pytest.raises(MalformedInput):
        signature_scheme(AlgorithmIdentifier(PSS_OID, parameters))


@pytest.mark.parametrize("by", [SHA1, SHA256, SHA512])
@pytest.mark.parametrize("mask", [SHA1, SHA256])
def test_oaep_parameters_round_trip(by: algorithms.Digest, mask: algorithms.Digest) -> None:
    scheme = oaep(by, mask)
    assert key_transport_scheme(scheme.identifier) is scheme
    private = recipient("rsa-2048").private
    encrypted = private.public_key().encrypt(b"key", scheme.padding)
    assert private.decrypt(encrypted, key_transport_scheme(scheme.identifier).padding) == b"key"


def test_absent_oaep_fields_are_the_defaults() -> None:
    for parameters in (None, der.sequence()):
        assert key_transport_scheme(AlgorithmIdentifier(ciphers.OAEP_OID, parameters)) is oaep(SHA1, SHA1)


@pytest.mark.parametrize(("label", "good"), [(b"", True), (b"label", False)])
def test_oaep_has_no_label(label: bytes, good: bool) -> None:
    source = der.explicit(2, der.sequence(der.oid("1.2.840.113549.1.1.9"), der.octet_string(label)))
    identifier = AlgorithmIdentifier(ciphers.OAEP_OID, der.sequence(source))
    if good:
        assert key_transport_scheme(identifier) is oaep(SHA1, SHA1)
    else:
        with pytest.raises(UnsupportedAlgorithm) as raised:
            key_transport_scheme(identifier)
        assert raised.value.where == "pSourceAlgorithm"


def test_another_key_encryption_is_not_supported() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        key_transport_scheme(AlgorithmIdentifier("1.2.3"))
    with pytest.raises(UnsupportedAlgorithm):
        key_transport_scheme(AlgorithmIdentifier(ciphers.OAEP_OID, der.sequence(MGF_OTHER)))


@given(st.binary(max_size=60), st.sampled_from([PSS_OID, ciphers.OAEP_OID, RSA_OID]))
def test_parameters_raise_only_our_errors(parameters: bytes, oid: str) -> None:
    for read in (signature_scheme, key_transport_scheme):
        for data in (parameters, der.sequence(parameters), der.sequence(der.tlv(0xA0, parameters))):
            try:
                read(AlgorithmIdentifier(oid, data))
            except EsignError:
                continue


# --- keys ---


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("p-256", ("ec", 256, "secp256r1")),
        ("p-384", ("ec", 384, "secp384r1")),
        ("rsa-2048", ("rsa", 2048, "")),
        ("ed25519", ("ed25519", 256, "")),
        ("ml-dsa-65", ("ml-dsa-65", 15616, "")),
    ],
)
def test_a_key_is_described(kind: str, expected: tuple[str, int, str]) -> None:
    found = describe_key(keys.generate(kind).public_key())
    assert (found.kind, found.bits, found.curve) == expected


# --- vectors made by others ---


def _groups(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((corpus("wycheproof") / name).read_bytes())["testGroups"]
    return found


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("ecdsa_secp256r1_sha256_test.json", ECDSA_SHA256),
        ("ed25519_test.json", algorithms.ED25519),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", pss(SHA256, 32)),
    ],
)
def test_wycheproof_signatures_are_judged_as_published(name: str, scheme: algorithms.SignatureScheme) -> None:
    count = 0
    for group in _groups(name):
        spelled = group.get("publicKeyDer") or group["keyDer"]
        public = load_der_public_key(bytes.fromhex(spelled))
        for case in group["tests"]:
            good = scheme.is_valid(public, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            if case["result"] != "acceptable":
                assert good == (case["result"] == "valid"), case["tcId"]
            count += 1
    assert count > 50


@pytest.mark.corpora
@pytest.mark.parametrize("level", [44, 65, 87])
def test_wycheproof_ml_dsa_is_judged_as_published(level: int) -> None:
    kind = {44: mldsa.MLDSA44PublicKey, 65: mldsa.MLDSA65PublicKey, 87: mldsa.MLDSA87PublicKey}[level]
    scheme = next(row for row in SIGNATURES.values() if row.name == f"ml-dsa-{level}")
    count = 0
    for group in _groups(f"mldsa_{level}_verify_test.json"):
        try:
            public = kind.from_public_bytes(bytes.fromhex(group["publicKey"]))
        except ValueError:
            assert all(case["result"] == "invalid" for case in group["tests"])
            continue
        for case in group["tests"]:
            # RFC 9882 §3: the context of a signature in CMS is empty.
            if not case.get("ctx"):
                good = scheme.is_valid(public, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
                assert good == (case["result"] == "valid"), case["tcId"]
                count += 1
    assert count > 20


# --- what others sign with, read here ---


def test_a_plain_ecdsa_signature_is_r_and_s_of_one_length() -> None:
    private = signatory("p-256").private
    plain = SIGNATURES["0.4.0.127.0.7.1.1.4.1.3"]
    signature = plain.sign(private, b"letter")
    assert len(signature) == 64
    assert plain.is_valid(private.public_key(), signature, b"letter")
    assert not plain.is_valid(private.public_key(), signature, b"other")
    for wrong in (signature[:-1], signature + b"\0\0", ECDSA_SHA256.sign(private, b"letter"), b""):
        assert not plain.is_valid(private.public_key(), wrong, b"letter")


def _signed_without_null(private: Any, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 over a DigestInfo without parameters (RFC 8017 §9.2 Note 1), by hand."""
    info = der.sequence(der.sequence(der.oid(SHA256.oid)), der.octet_string(SHA256.of(message)))
    numbers = private.private_numbers()
    size = private.key_size // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
    n = numbers.public_numbers.n
    return pow(int.from_bytes(padded, "big"), numbers.d, n).to_bytes(size, "big")


def test_a_digest_info_without_null_is_told_from_a_good_and_from_a_bad_one() -> None:
    private = signatory("rsa-2048").private
    public, row = private.public_key(), algorithms.RSA_SHA256
    signature = _signed_without_null(private, b"letter")
    assert not row.is_valid(public, signature, b"letter")
    assert algorithms.lacks_null(row, public, signature, b"letter")
    assert not algorithms.lacks_null(row, public, signature, b"other")
    assert not algorithms.lacks_null(row, public, row.sign(private, b"letter"), b"letter")
    assert not algorithms.lacks_null(row, public, b"", b"letter")
    assert not algorithms.lacks_null(pss(SHA256, 32), public, signature, b"letter")
    other = signatory("p-256")
    assert not algorithms.lacks_null(row, other.private.public_key(), signature, b"letter")


def test_ripemd160_signatures_are_checked_where_the_platform_has_the_digest() -> None:
    if RIPEMD160.oid not in DIGESTS:
        pytest.skip("OpenSSL without RIPEMD-160")
    private = signatory("rsa-2048").private
    row = SIGNATURES["1.3.36.3.3.1.2"]
    info = der.sequence(
        der.sequence(der.oid(RIPEMD160.oid), der.null()), der.octet_string(RIPEMD160.of(b"x"))
    )
    numbers, size = private.private_numbers(), private.key_size // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
    signature = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    assert row.is_valid(private.public_key(), signature, b"x")
    assert not row.is_valid(private.public_key(), signature, b"y")


def test_shake256_is_named_with_its_length_in_bits() -> None:
    named = AlgorithmIdentifier("2.16.840.1.101.3.4.2.18", der.integer(512))
    assert digest(named) is SHAKE256
    assert (
        SHAKE256.of(b"").hex().startswith("46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f")
    )
    for other in (None, der.integer(256)):
        with pytest.raises(UnsupportedAlgorithm):
            digest(AlgorithmIdentifier(named.oid, other))


def test_ed448_signs_and_verifies() -> None:
    private = ed448.Ed448PrivateKey.generate()
    row = default_scheme(private.public_key())
    assert (row.name, row.attribute_digest) == ("ed448", SHAKE256)
    assert row.is_valid(private.public_key(), row.sign(private, b"letter"), b"letter")

"""What others write loosely and the reference validator accepts: good, with a named warning."""

from dataclasses import replace
from typing import Any

import pytest

from esign import algorithms, der, signing
from esign.algorithms import SHA256
from esign.findings import Indication, Severity
from esign.keys import Signer
from esign.material import Material
from esign.testing import TestPKI
from esign.validation.report import Report
from esign.validation.signature import verify


class WithoutNull:
    """An RSA key that leaves the NULL out of its DigestInfo (RFC 8017 §9.2 Note 1)."""

    def __init__(self, private: Any) -> None:
        self.private = private

    @property
    def public_key(self) -> Any:
        return self.private.public_key()

    def sign(self, scheme: algorithms.SignatureScheme, message: bytes) -> bytes:
        info = der.sequence(der.sequence(der.oid(SHA256.oid)), der.octet_string(SHA256.of(message)))
        numbers, size = self.private.private_numbers(), self.private.key_size // 8
        padded = b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info
        n = numbers.public_numbers.n
        return pow(int.from_bytes(padded, "big"), numbers.d, n).to_bytes(size, "big")


def judged(change: bytes = b"") -> Report:
    pki = TestPKI()
    good: Any = pki.signer(key="rsa-3072")
    loose = Signer(WithoutNull(good.key.private), good.certificate, good.chain, algorithms.RSA_SHA256)
    signature = signing.sign(b"a document" + change, loose, at=pki.at)
    changed = signature.replace(b"a document" + change, b"a document" + change.swapcase())
    return verify(changed, trust=pki.trust, at=pki.at, material=Material.read(pki.crls))


def test_a_digest_info_without_null_is_good_with_a_warning() -> None:
    report = judged()
    assert report.indication is Indication.TOTAL_PASSED
    (signature,) = report.signatures
    assert signature.crypto == "valid"
    (found,) = [f for f in signature.findings if f.code == "digest-info-null"]
    assert found.severity is Severity.WARNING


def test_it_does_not_save_a_changed_document() -> None:
    assert judged(b"x").indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize("name", ["rsa-sha256"])
def test_the_strict_check_stays_strict(name: str) -> None:
    pki = TestPKI()
    private: Any = replace(pki.signer(key="rsa-3072")).key
    signature = WithoutNull(private.private).sign(algorithms.RSA_SHA256, b"x")
    assert algorithms.RSA_SHA256.name == name
    assert not algorithms.RSA_SHA256.is_valid(private.public_key, signature, b"x")

"""Keys on their way into and out of files: what is written opens again, nothing private is in the clear."""

import pytest

from esign import Certificate, Decryptor, EsignError, Signer
from esign.ca.request import read as read_request
from esign.io.keystore import decryptor_to_pkcs12, new_key, new_request, to_pkcs12
from esign.keys import dump_private_key, load_private_key
from esign.testing import TestPKI

WORD = "fluffy dice"


@pytest.mark.parametrize("kind", ["p-256", "p-384", "rsa-3072", "ed25519", "ml-dsa-65"])
def test_a_request_proves_possession_of_the_key_beside_it(kind: str) -> None:
    attributes = {"surname": "Алиев", "given_name": "Анвар"}
    key, csr = new_request(attributes, emails=["a@adliya.uz"], key=kind, passphrase=WORD)
    request = read_request(csr)
    assert (request.key, request.subject.emails) == (kind, ("a@adliya.uz",))
    assert dict(request.subject.attributes) == attributes
    assert b"ENCRYPTED PRIVATE KEY" in key
    assert load_private_key(key, WORD)


def test_empty_attributes_and_no_mailbox_are_left_out() -> None:
    _, csr = new_request({"surname": "Aliyev", "title": ""}, passphrase=WORD)
    request = read_request(csr)
    assert (dict(request.subject.attributes), request.subject.emails) == ({"surname": "Aliyev"}, ())


@pytest.mark.parametrize(
    ("attributes", "emails", "code"),
    [
        ({"colour": "red"}, (), "attribute-unknown"),
        ({"country": "UZB"}, (), "attribute-unwritable"),
        ({"surname": "A\nB"}, (), "attribute-unwritable"),
        ({"surname": "A"}, ("қ@adliya.uz",), "attribute-unwritable"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(
    attributes: dict[str, str], emails: tuple[str, ...], code: str
) -> None:
    with pytest.raises(EsignError) as caught:
        new_request(attributes, emails=emails, passphrase=WORD)
    assert caught.value.code == code


def test_a_key_is_never_written_without_a_passphrase() -> None:
    with pytest.raises(EsignError) as caught:
        new_request({"surname": "A"}, passphrase="")
    assert caught.value.code == "passphrase-needed"
    with pytest.raises(EsignError) as caught:
        decryptor_to_pkcs12(TestPKI().decryptor(), passphrase="")
    assert caught.value.code == "passphrase-needed"


@pytest.mark.parametrize("compatible", [False, True])
def test_pkcs12_opens_again_with_certificate_and_chain(compatible: bool) -> None:
    pki = TestPKI()
    decryptor = pki.decryptor()
    assert decryptor.certificate is not None
    certificates = [Certificate.load(decryptor.certificate), *pki.chain]
    key = dump_private_key(decryptor.private, WORD)
    packed = to_pkcs12(key, certificates, passphrase="other", key_passphrase=WORD, compatible=compatible)
    opened = Signer.from_pkcs12(packed, "other")
    assert (opened.certificate, opened.chain) == (certificates[0].raw, tuple(c.raw for c in pki.chain))
    with pytest.raises(EsignError) as caught:
        Signer.from_pkcs12(packed, WORD)
    assert caught.value.code == "wrong-passphrase"


def test_a_key_of_another_certificate_is_refused() -> None:
    pki = TestPKI()
    signer = pki.signer()
    key = dump_private_key(new_key().private, WORD)
    with pytest.raises(EsignError) as caught:
        to_pkcs12(key, [Certificate.load(signer.certificate)], passphrase=WORD, key_passphrase=WORD)
    assert caught.value.code == "key-mismatch"


def test_a_decryptor_without_a_certificate_is_not_packed() -> None:
    with pytest.raises(EsignError) as caught:
        decryptor_to_pkcs12(new_key(), passphrase=WORD)
    assert caught.value.code == "key-unavailable"
    packed = decryptor_to_pkcs12(TestPKI().decryptor(), passphrase=WORD)
    assert Decryptor.from_pkcs12(packed, WORD).certificate is not None

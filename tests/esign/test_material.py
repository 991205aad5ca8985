"""Material is taken in any order and form; what cannot be read is said and left out."""

from esign.material import Material, Need
from tests.esign.validation import world


def test_certificates_and_lists_are_told_apart() -> None:
    ca, crl = world.root().certificate, world.root().crl()
    found = Material.read([crl.raw, ca.raw, ca.pem + world.intermediate().certificate.pem])
    assert found.certificates == (ca, world.intermediate().certificate)
    assert found.crls == (crl,)
    assert found.findings == ()


def test_what_cannot_be_read_is_a_warning_with_its_place() -> None:
    blobs = [b"rubbish", b"\x30\x00", world.root().certificate.raw, b"", b"-----BEGIN X509 CRL-----\n"]
    found = Material.read(blobs)
    assert found.certificates == (world.root().certificate,)
    assert [f.where for f in found.findings] == ["material 0", "material 1", "material 3", "material 4"]
    assert {f.code for f in found.findings} == {"material-unreadable"}


def test_a_need_is_written_for_machines() -> None:
    need = Need("ocsp", "http://ocsp.agency.uz", b"\x30\x00", "CN=x")
    assert need.to_dict() == {
        "kind": "ocsp",
        "url": "http://ocsp.agency.uz",
        "request": "3000",
        "subject": "CN=x",
    }

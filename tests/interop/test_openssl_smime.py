"""S/MIME both ways with `openssl`: multipart/signed, opaque, enveloped, and the triple wrap peeled by it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esign import cms, smime
from esign.mime import canonical, field, text_field
from tests.esign.people import AT, Holder, recipient, root, signatory
from tests.peers import require, run

pytestmark = pytest.mark.peer

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n.dot\r\nFrom here\r\n"
HEADER = (
    field("From", "Alice <alice@a.test>")
    + field("To", "Bob <bob@b.test>")
    + text_field("Subject", "Ҳисобот")
    + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    + field("Message-ID", "<1@a.test>")
)
EPOCH = str(int(AT.timestamp()))
SIGNERS = ("p-256", "p-384", "rsa-2048")
RECIPIENTS = ("p-256", "p-384", "rsa-2048")


@pytest.fixture(scope="module")
def openssl() -> str:
    return require("openssl")


@pytest.fixture
def call(openssl: str, tmp_path: Path) -> Callable[..., bytes]:
    """Runs `openssl TOOL ...` on `data` and gives what it writes; a refusal fails the test."""

    def answer(*arguments: Any, data: bytes) -> bytes:
        (tmp_path / "in").write_bytes(data)
        tool, act, *others = arguments
        done = run([openssl, tool, act, "-in", tmp_path / "in", "-out", tmp_path / "out", *others])
        assert done.returncode == 0, done.stderr.decode()
        return (tmp_path / "out").read_bytes()

    return answer


def pem_of(holder: Holder, folder: Path, name: str) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(holder.certificate.pem + holder.key_pem)
    return path


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[Any, ...]:
    path = pem_of(root(), tmp_path, "root")
    return ("-CAfile", path, "-attime", EPOCH, "-purpose", "any")


@pytest.mark.parametrize("kind", SIGNERS)
@pytest.mark.parametrize("opaque", [False, True])
def test_openssl_verifies_what_we_sign(
    call: Callable[..., bytes], trusted: tuple[Any, ...], kind: str, opaque: bool
) -> None:
    made = smime.message(HEADER, smime.sign(TEXT, signatory(kind).signer, at=AT, opaque=opaque))
    assert canonical(call("cms", "-verify", *trusted, data=made)) == TEXT
    if not kind.startswith("rsa"):
        # The older command knows no RSASSA-PSS.
        assert canonical(call("smime", "-verify", *trusted, data=made)) == TEXT


@pytest.mark.parametrize("kind", SIGNERS)
@pytest.mark.parametrize("options", [(), ("-nodetach",), ("-crlfeol",), ("-nodetach", "-stream")])
@pytest.mark.parametrize("tool", ["cms", "smime"])
def test_we_read_what_openssl_signs(
    call: Callable[..., bytes], tmp_path: Path, kind: str, options: tuple[str, ...], tool: str
) -> None:
    signer = pem_of(signatory(kind), tmp_path, "signer")
    made = call(tool, "-sign", "-md", "sha256", "-signer", signer, *options, "-subject", "x", data=TEXT)
    layers = smime.read(canonical(made))
    assert layers.kind == ("signed-data" if "-nodetach" in options else "multipart-signed")
    assert layers.layers[0].signed == TEXT
    info = cms.SignedData.read(layers.signature or b"").signer_infos[0]
    assert info.names(signatory(kind).certificate)
    assert info.message_digest is not None


@pytest.mark.parametrize("kind", RECIPIENTS)
@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_openssl_opens_what_we_encrypt(
    call: Callable[..., bytes], tmp_path: Path, kind: str, cipher: str
) -> None:
    made = smime.message(HEADER, smime.encrypt(TEXT, [recipient(kind).certificate], cipher=cipher))
    key = pem_of(recipient(kind), tmp_path, "recipient")
    assert canonical(call("cms", "-decrypt", "-recip", key, data=made)) == TEXT


@pytest.mark.parametrize("kind", RECIPIENTS)
@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_we_open_what_openssl_encrypts(
    call: Callable[..., bytes], tmp_path: Path, kind: str, cipher: str
) -> None:
    holder = recipient(kind)
    made = call("cms", "-encrypt", f"-{cipher}", pem_of(holder, tmp_path, "recipient"), data=TEXT)
    opened = smime.open(canonical(made), [holder.decryptor])
    assert opened.payload.raw == TEXT
    assert (opened.cipher, opened.authenticated) == (cipher, cipher.endswith("gcm"))


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "aes-256-cbc"])
def test_openssl_peels_the_triple_wrap_layer_by_layer(
    call: Callable[..., bytes], trusted: tuple[Any, ...], tmp_path: Path, cipher: str
) -> None:
    protected = smime.protect(TEXT, HEADER, mode="cipher")
    letter = smime.triple_wrap(
        protected,
        [recipient("p-256").certificate, recipient("rsa-2048").certificate],
        signer=signatory("p-256").signer,
        outer_signer=signatory("p-384").signer,
        at=AT,
        cipher=cipher,
    )
    original = call("cms", "-verify", *trusted, data=letter)
    for kind in ("p-256", "rsa-2048"):
        key = pem_of(recipient(kind), tmp_path, kind)
        inside = call("cms", "-decrypt", "-recip", key, data=original)
        assert canonical(call("cms", "-verify", *trusted, data=inside)) == protected.payload


def test_a_changed_octet_of_the_signed_part_is_refused_by_openssl_too(
    openssl: str, trusted: tuple[Any, ...], tmp_path: Path
) -> None:
    made = smime.message(HEADER, smime.sign(TEXT, signatory("p-256").signer, at=AT)).replace(
        b"Salom", b"salom"
    )
    (tmp_path / "in").write_bytes(made)
    assert run([openssl, "cms", "-verify", *trusted, "-in", tmp_path / "in"]).returncode != 0
    assert (smime.read(made).signed_octets or b"").find(b"salom") > 0


def test_the_form_of_ordinary_clients_is_opened(call: Callable[..., bytes], tmp_path: Path) -> None:
    """Signed, then encrypted with CBC to several, none of it by our code; wrapped by the node."""
    signer = pem_of(signatory("rsa-2048"), tmp_path, "signer")
    recipients = [pem_of(recipient(kind), tmp_path, kind) for kind in RECIPIENTS]
    inside = call("cms", "-sign", "-signer", signer, data=TEXT)
    closed = call("cms", "-encrypt", "-aes-256-cbc", *recipients, data=canonical(inside))
    original = HEADER + canonical(closed)
    wrapped = smime.wrap(original, signatory("p-384").signer, at=AT)
    assert smime.read(wrapped).signed_octets == original
    for kind in RECIPIENTS:
        opened = smime.open(wrapped, [recipient(kind).decryptor])
        assert [layer.kind.value for layer in opened.layers] == [
            "multipart-signed",
            "enveloped",
            "multipart-signed",
        ]
        assert opened.payload.raw == TEXT
        assert [finding.code for finding in opened.findings] == ["header-unprotected"]

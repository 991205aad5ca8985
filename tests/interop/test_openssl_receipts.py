"""Signed receipts both ways with `openssl cms`: asked for, printed, made and verified (RFC 2634 §2)."""

from pathlib import Path
from typing import Any

import pytest

from esign import ess, smime
from esign.ess import Party
from esign.findings import Indication
from esign.mime import canonical, field
from esign.x509 import Trust
from tests.esign.people import AT, Holder, root, signatory
from tests.peers import require, run

pytestmark = pytest.mark.peer

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
HEADER = field("From", "alice@a.test") + field("To", "bob@b.test")
EPOCH = str(int(AT.timestamp()))
ALICE, BOB = signatory("p-256"), signatory("rsa-2048")
TRUST = Trust((root().certificate,))


@pytest.fixture(scope="module")
def openssl() -> str:
    return require("openssl")


def pem(holder: Holder, folder: Path, name: str) -> Path:
    path = folder / f"{name}.pem"
    path.write_bytes(holder.certificate.pem + holder.key_pem)
    return path


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def answer(*argv: Any) -> bytes:
    done = run([str(part) for part in argv])
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def asking(**options: Any) -> bytes:
    request = smime.request_receipt((Party.of("alice@a.test"),), identifier=b"letter 1", **options)
    return smime.message(HEADER, smime.sign(TEXT, ALICE.signer, at=AT, opaque=True, receipt=request))


def trusted(folder: Path) -> tuple[Any, ...]:
    return ("-CAfile", pem(root(), folder, "root"), "-attime", EPOCH, "-purpose", "any")


def test_openssl_prints_the_request_that_we_make(openssl: str, tmp_path: Path) -> None:
    for message, wanted in (
        (asking(), b"Receipts From: All"),
        (asking(first_tier=True), b"Receipts From: First Tier"),
        (asking(asked=(Party.of("bob@b.test"),)), b"email:bob@b.test"),
    ):
        path = written(tmp_path, "in", message)
        said = run([openssl, "cms", "-verify", "-receipt_request_print", *trusted(tmp_path), "-in", path])
        assert said.returncode == 0
        printed = said.stderr + said.stdout
        assert wanted in printed and b"email:alice@a.test" in printed


def test_openssl_verifies_the_receipt_that_we_make(openssl: str, tmp_path: Path) -> None:
    original = asking()
    made = smime.make_receipt(original, BOB.signer, at=AT)
    receipt = written(tmp_path, "receipt", smime.read_receipt(smime.Entity.read(made.entity)))
    asked = written(tmp_path, "asked", original)
    verify = (openssl, "cms", "-verify_receipt", receipt, "-rctform", "DER", *trusted(tmp_path))
    assert b"successful" in run([*map(str, verify), "-in", str(asked)]).stderr
    other = written(tmp_path, "other", asking(first_tier=True))
    assert run([*map(str, verify), "-in", str(other)]).returncode != 0


@pytest.mark.parametrize("detached", [False, True], ids=["opaque", "detached"])
def test_we_verify_the_receipt_that_openssl_makes(openssl: str, tmp_path: Path, detached: bool) -> None:
    """Of a message that openssl itself asked for, and of one of ours."""
    sign = (openssl, "cms", "-sign", "-md", "sha256", "-signer", pem(ALICE, tmp_path, "alice"))
    wish = (
        "-receipt_request_all",
        "-receipt_request_to",
        "alice@a.test",
        *(() if detached else ("-nodetach",)),
    )
    theirs = canonical(answer(*sign, *wish, "-in", written(tmp_path, "text", TEXT)))
    for original in (theirs, *(() if detached else (asking(),))):
        path = written(tmp_path, "asked", original)
        made = answer(
            *(openssl, "cms", "-sign_receipt", "-md", "sha256", "-signer", pem(BOB, tmp_path, "bob")),
            *("-in", path),
        )
        report = smime.verify_receipt(canonical(made), original, trust=TRUST, at=AT)
        assert report.findings == ()
        assert report.indication is not Indication.TOTAL_FAILED
        assert report.report is not None and report.report.signatures[0].crypto == "valid"
        assert report.recipient == BOB.certificate
        assert [party.mailboxes for party in report.request.receipts_to] == [("alice@a.test",)]  # type: ignore[union-attr]


def test_we_answer_the_request_that_openssl_makes(openssl: str, tmp_path: Path) -> None:
    sign = (openssl, "cms", "-sign", "-md", "sha256", "-nodetach", "-signer", pem(ALICE, tmp_path, "alice"))
    wish = ("-receipt_request_from", "bob@b.test", "-receipt_request_to", "alice@a.test")
    original = canonical(answer(*sign, *wish, "-in", written(tmp_path, "text", TEXT)))
    with pytest.raises(ess.ReceiptRefused) as refused:
        smime.make_receipt(original, BOB.signer, at=AT)
    assert refused.value.code == "receipt-not-listed"
    made = smime.make_receipt(original, BOB.signer, at=AT, mailboxes=("bob@B.test",))
    receipt = written(tmp_path, "receipt", smime.read_receipt(smime.Entity.read(made.entity)))
    verify = (openssl, "cms", "-verify_receipt", receipt, "-rctform", "DER", *trusted(tmp_path))
    done = run([*map(str, verify), "-in", str(written(tmp_path, "asked", original))])
    assert b"successful" in done.stderr, done.stderr


def test_openssl_reads_the_label_and_the_certificates_that_travel_alone(openssl: str, tmp_path: Path) -> None:
    label = smime.SecurityLabel("1.2.3.4", 3, "for the chancery")
    message = smime.message(HEADER, smime.sign(TEXT, ALICE.signer, at=AT, opaque=True, label=label))
    said = answer(openssl, "cms", "-cmsout", "-print", "-in", written(tmp_path, "in", message))
    assert b"id-smime-aa-securityLabel" in said and b"for the chancery" in said
    alone = smime.message(HEADER, smime.certificates_only((ALICE.certificate, BOB.certificate)))
    listed = answer(openssl, "pkcs7", "-print_certs", "-in", written(tmp_path, "certs", der_pem(alone)))
    assert b"Signs p-256" in listed and b"Signs rsa-2048" in listed


def der_pem(message: bytes) -> bytes:
    """The CMS object of a message as PEM with the older label."""
    return b"-----BEGIN PKCS7-----\n" + message.split(b"\r\n\r\n", 1)[1] + b"-----END PKCS7-----\n"

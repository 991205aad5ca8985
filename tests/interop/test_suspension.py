"""Suspended, restored, revoked: OpenSSL, GnuTLS and our own engine tell each state alike."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from esign import validate_path
from esign.ca.request import Subject, read
from esign.ca.responder import Responder, Source
from esign.findings import Indication, SubIndication
from esign.io.authority import CertificateAuthority
from esign.keys import generate
from tests.esign.ca.requests import make_request
from tests.peers import require, run

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.peer


class World:
    """An authority in a folder, and an officer of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ca"
        words = {"organization": "Markaz", "passphrase": "a passphrase"}
        self.ca = CertificateAuthority.create(self.folder, at=NOW - 9 * HOUR, **words)
        names = {"surname": "Aliyev", "given_name": "Vali", "organization": "Agentlik"}
        subject = Subject.of(names, emails=("v.aliyev@agency.exat.uz",))
        request = read(make_request(generate("p-256")))
        self.officer = self.ca.issue("officer-sign", subject, at=NOW - 8 * HOUR, request=request)
        (self.folder / "officer.pem").write_bytes(self.officer.pem)

    def openssl(self) -> str:
        """What `openssl verify` says, by the lists."""
        crls = self.folder / "crls.pem"
        crls.write_bytes(b"".join(self._pem(crl.raw) for crl in self.ca.crls))
        chain = ("-CAfile", self.folder / "root.pem", "-untrusted", self.folder / "chain.pem")
        words = (require("openssl"), "verify", "-crl_check_all", "-CRLfile", crls, *chain)
        answer = run([*words, self.folder / "officer.pem"])
        said = (answer.stdout + answer.stderr).decode()
        return "good" if answer.returncode == 0 else "revoked" if "certificate revoked" in said else said

    def certtool(self) -> str:
        """What `certtool --verify` says, by the lists."""
        chain, lists = self.folder / "path.pem", self.folder / "lists.pem"
        issuing = self.ca.authority("persons").certificate
        chain.write_bytes(self.officer.pem + issuing.pem + self.ca.root.pem)
        published = {crl.issuer: crl for crl in self.ca.crls}
        lists.write_bytes(b"".join(self._pem(published[c.subject].raw) for c in (issuing, self.ca.root)))
        words = (require("certtool"), "--verify", "--load-ca-certificate", self.folder / "root.pem")
        answer = run([*words, "--load-crl", lists, "--infile", chain])
        said = (answer.stdout + answer.stderr).decode()
        return "good" if answer.returncode == 0 else "revoked" if "revoked" in said.lower() else said

    def openssl_ocsp(self, at: datetime) -> str:
        """What `openssl ocsp` reads in our responder's answer."""
        issuer = self.ca.authority("persons")
        (self.folder / "issuer.pem").write_bytes(issuer.certificate.pem)
        asked = self.folder / "asked.der"
        who = ("-issuer", self.folder / "issuer.pem", "-cert", self.folder / "officer.pem")
        run([require("openssl"), "ocsp", *who, "-reqout", asked, "-no_nonce"])
        responder = Responder(issuer.signer, Source(issuer.certificate, issuer.register, at))
        (self.folder / "answer.der").write_bytes(responder.answer(asked.read_bytes(), at=at))
        trusted = ("-CAfile", self.folder / "root.pem", "-verify_other", self.folder / "issuer.pem")
        words = (require("openssl"), "ocsp", *who, "-respin", self.folder / "answer.der", *trusted)
        answer = run([*words, "-no_nonce"])
        return answer.stdout.decode().partition("officer.pem: ")[2]

    def ours(self, at: datetime) -> tuple[Indication, SubIndication | None, str | None]:
        """What our own engine says."""
        report = validate_path(
            self.officer, pool=self.ca.chain, trust=self.ca.trust, crls=[c.raw for c in self.ca.crls], at=at
        )
        return report.indication, report.sub_indication, report.revocation[0].reason

    def _pem(self, octets: bytes) -> bytes:
        return run([require("openssl"), "crl", "-inform", "DER"], input=octets).stdout


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.ca.close()


def test_each_state_is_told_alike(world: World) -> None:
    serial = world.officer.serial_number
    world.ca.suspend(serial, at=NOW - 6 * HOUR)
    world.ca.publish_crls(at=NOW - 6 * HOUR)
    assert (world.openssl(), world.certtool()) == ("revoked", "revoked")
    assert world.ours(NOW) == (Indication.FAILED, SubIndication.REVOKED, "certificateHold")
    answered = world.openssl_ocsp(NOW)
    assert answered.startswith("revoked") and "Reason: certificateHold" in answered

    world.ca.restore(serial, at=NOW - 4 * HOUR)
    world.ca.publish_crls(at=NOW - 4 * HOUR)
    assert (world.openssl(), world.certtool()) == ("good", "good")
    assert world.ours(NOW) == (Indication.PASSED, None, None)
    assert world.openssl_ocsp(NOW).startswith("good")

    world.ca.suspend(serial, at=NOW - 3 * HOUR)
    world.ca.revoke(serial, at=NOW - 2 * HOUR, reason="keyCompromise")
    world.ca.publish_crls(at=NOW - 2 * HOUR)
    assert (world.openssl(), world.certtool()) == ("revoked", "revoked")
    assert world.ours(NOW) == (Indication.FAILED, SubIndication.REVOKED, "keyCompromise")
    answered = world.openssl_ocsp(NOW)
    assert "Reason: keyCompromise" in answered
    assert f"Revocation Time: {NOW - 3 * HOUR:%b} " in answered

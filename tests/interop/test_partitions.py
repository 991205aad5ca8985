"""Lists of partitions and of changes: what OpenSSL says with them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from esign.ca.crl import COMPLETE, ListName
from esign.io.authority import CertificateAuthority
from esign.x509 import Certificate
from tests.esign.ca.world import officer, officer_request
from tests.peers import require, run

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.peer


class World:
    """A partitioned authority with changes every hour, and an officer in each partition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ca"
        self.ca = CertificateAuthority.create(
            self.folder,
            organization="Markaz",
            passphrase="a passphrase",
            at=NOW - 9 * HOUR,
            key="p-256",
            crl_url="http://pki.uz/{name}-{partition}.crl",
            delta_url="http://pki.uz/{name}-{partition}-delta.crl",
            crl_partitions=2,
            delta_hours=1,
        )
        self.officers: dict[int, Certificate] = {}
        while len(self.officers) < 2:
            made = self.ca.issue("officer-sign", officer(), at=NOW - 8 * HOUR, request=officer_request())
            self.officers[self.ca.record(made.serial_number)[1].partition] = made

    def openssl(self, certificate: Certificate, *names: ListName) -> str:
        """What `openssl verify` says of a certificate with these lists of its authority."""
        files = [self.ca.list_file("root", COMPLETE), *(self.ca.list_file("persons", one) for one in names)]
        crls, holder = self.folder / "crls.pem", self.folder / "holder.pem"
        pem = [run([require("openssl"), "crl", "-inform", "DER", "-in", file]).stdout for file in files]
        crls.write_bytes(b"".join(pem))
        holder.write_bytes(certificate.pem)
        chain = ("-CAfile", self.folder / "root.pem", "-untrusted", self.folder / "chain.pem")
        checks = ("-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile", crls)
        answer = run([require("openssl"), "verify", *checks, *chain, holder])
        said = (answer.stdout + answer.stderr).decode()
        known = ("certificate revoked", "unable to get certificate CRL", "different CRL scope")
        return "good" if answer.returncode == 0 else next((one for one in known if one in said), said)

    def text(self, name: ListName) -> str:
        """What `openssl crl -text` shows of a list."""
        file = self.ca.list_file("persons", name)
        return run(
            [require("openssl"), "crl", "-inform", "DER", "-in", file, "-noout", "-text"]
        ).stdout.decode()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.ca.close()


def test_openssl_takes_the_list_of_the_partition_and_no_other(world: World) -> None:
    first, second = world.officers[1], world.officers[2]
    world.ca.revoke(second.serial_number, at=NOW - 7 * HOUR)
    world.ca.publish_crls(at=NOW - 7 * HOUR)
    assert world.openssl(first, ListName(1)) == "good"
    assert world.openssl(second, ListName(2)) == "certificate revoked"
    assert world.openssl(first, ListName(2)) == world.openssl(second, ListName(1)) == "different CRL scope"
    assert (world.openssl(first, COMPLETE), world.openssl(second, COMPLETE)) == (
        "good",
        "certificate revoked",
    )


def test_openssl_combines_a_whole_list_with_its_changes(world: World) -> None:
    holder, name = world.officers[1], ListName(1)
    world.ca.suspend(holder.serial_number, at=NOW - 2 * HOUR)
    world.ca.publish_due(at=NOW - 2 * HOUR)
    assert world.openssl(holder, name) == "good"
    assert world.openssl(holder, name, name.delta) == "certificate revoked"
    assert "Certificate Hold" in world.text(name.delta)
    world.ca.restore(holder.serial_number, at=NOW - HOUR)
    world.ca.publish_due(at=NOW - HOUR)
    assert world.openssl(holder, name, name.delta) == "good"
    shown = world.text(name.delta)
    assert "Remove From CRL" in shown and "X509v3 Delta CRL Indicator: critical" in shown
    assert "X509v3 Issuing Distribution Point: critical" in shown
    assert "X509v3 Freshest CRL" in world.text(name)

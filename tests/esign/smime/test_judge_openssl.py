"""Letters that `openssl` made are judged and opened like ours."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from esign import Certificate, keys, smime
from esign.io.clock import now
from esign.mime import canonical
from esign.smime import Verdict
from esign.testing import TestPKI
from tests.esign.smime.letters import TEXT, errors, header
from tests.peers import require, run

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def pki() -> TestPKI:
    return TestPKI(now() - timedelta(hours=1))


def written(holder: Any, private: Any, path: Path) -> Path:
    certificate = Certificate.load(holder.certificate)
    path.write_bytes(certificate.pem + keys.dump_private_key(private, "secret"))
    return path


def openssl(folder: Path, *arguments: str | Path, data: bytes) -> bytes:
    """What `openssl cms` makes of `data`; whole lines end in CRLF, as they would have crossed the wire."""
    (folder / "in").write_bytes(data)
    done = run(
        [
            require("openssl"),
            "cms",
            *arguments[:1],
            "-in",
            folder / "in",
            "-out",
            folder / "out",
            *arguments[1:],
        ]
    )
    assert done.returncode == 0, done.stderr.decode()
    return canonical((folder / "out").read_bytes())


def judged(entity: bytes, pki: TestPKI, *, reader: Any, at: Any) -> smime.Judgement:
    date = at.strftime("%d %b %Y %H:%M:%S +0000")
    message = header(date=date) + entity
    return smime.judge(message, trust=pki.trust, at=at, keys=[reader], material=pki.crls)


@pytest.mark.parametrize("key", ["p-256", "rsa-2048"])
@pytest.mark.parametrize("form", ["detached", "opaque"])
@pytest.mark.parametrize("cipher", ["none", "aes-256-cbc", "aes-256-gcm"])
def test_a_letter_that_openssl_signed_and_closed_is_accepted(
    pki: TestPKI, tmp_path: Path, key: str, form: str, cipher: str
) -> None:
    alice = pki.signer("Alice Lovelace", email="alice@a.test", key=key)
    bob = pki.decryptor("bob@b.test", key=key)
    signer = written(alice, alice.key.private, tmp_path / "alice.pem")
    opaque = ("-nodetach",) if form == "opaque" else ()
    above = tmp_path / "above.pem"
    above.write_bytes(pki.issuing.pem)
    sign: tuple[str | Path, ...] = ("-signer", signer, "-passin", "pass:secret", "-certfile", above, *opaque)
    entity = openssl(tmp_path, "-sign", *sign, data=TEXT)
    if cipher != "none":
        reader = tmp_path / "bob.pem"
        reader.write_bytes(Certificate.load(bob.certificate or b"").pem)
        entity = openssl(tmp_path, "-encrypt", "-binary", f"-{cipher}", "-recip", reader, data=entity)
    found = judged(entity, pki, reader=bob, at=now())
    assert (found.verdict, errors(found)) == (Verdict.ACCEPTED, [])
    assert [part.content for part in found.parts] == [b"hello\r\n"]
    assert len(found.layers) == (1 if cipher == "none" else 2)

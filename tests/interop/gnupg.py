"""A home of gpgsm with a root that it trusts and keys of ours.

home = Home.make(folder, root)
home.take(private, certificate)
"""

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from esign.x509 import Certificate
from tests.peers import require_newer, run

_CURVES = {"secp256r1": "NIST P-256", "secp384r1": "NIST P-384", "secp521r1": "NIST P-521"}


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that GNUPGHOME names; nobody is asked about revocation."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, root: Certificate) -> Self:
        """A fresh one that trusts `root`."""
        folder.mkdir(mode=0o700)
        (folder / "private-keys-v1.d").mkdir(mode=0o700)
        agent = folder / "agent"
        agent.write_text(f'#!/bin/sh\nexec {shlex.join(require_newer("gpg-agent"))} "$@"\n')
        agent.chmod(0o700)
        (folder / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\nno-tty\nbatch\n")
        fingerprint = _name(root).upper()
        (folder / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
        made = cls(folder)
        assert made("--import", input=root.pem).returncode == 0
        return made

    def __call__(
        self, *arguments: str, input: bytes | None = None, cwd: Path | None = None
    ) -> CompletedProcess[bytes]:
        """Run gpgsm with `arguments`."""
        program = (*require_newer("gpgsm"), "--agent-program", str(self.folder / "agent"))
        return run([*program, *arguments], input=input, cwd=cwd, env={"GNUPGHOME": str(self.folder)})

    def take(self, private: Any, certificate: Certificate) -> str:
        """Take a certificate with its key, and give the name of both.

        The key is written as gpg-agent keeps it: import of PKCS#12 knows RSA alone in this version.
        """
        assert self("--import", input=certificate.pem).returncode == 0
        name = f"0x{_name(certificate)}"
        listed = self("--with-colons", "--with-keygrip", "--list-keys", name).stdout.decode()
        grip = next(line for line in listed.splitlines() if line.startswith("grp")).split(":")[9]
        written = self.folder / "private-keys-v1.d" / f"{grip}.key"
        written.write_text(f"Key: (private-key {_expression(private)})\n")
        return name

    def stop(self) -> None:
        """End the agent that gpgsm has started."""
        command = (*require_newer("gpg-connect-agent"), "--no-autostart", "killagent", "/bye")
        run(command, env={"GNUPGHOME": str(self.folder)})


def _name(certificate: Certificate) -> str:
    return hashlib.sha1(certificate.raw, usedforsecurity=False).hexdigest()


def _expression(private: Any) -> str:
    if isinstance(private, rsa.RSAPrivateKey):
        return _rsa(private.private_numbers())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        size = (private.key_size + 7) // 8
        value = private.private_numbers().private_value.to_bytes(size + 1)
        return (
            f'(ecc (curve "{_CURVES[private.curve.name]}")(q {_octets(_point(private))})(d {_octets(value)}))'
        )
    raise ValueError("a key that gpgsm does not know")


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.UncompressedPoint
    return private.public_key().public_bytes(serialization.Encoding.X962, form)


def _rsa(numbers: rsa.RSAPrivateNumbers) -> str:
    less, more = sorted((numbers.p, numbers.q))
    named = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d}
    named |= {"p": less, "q": more, "u": pow(less, -1, more)}
    sizes = {name: value.bit_length() // 8 + 1 for name, value in named.items()}
    return "(rsa {})".format(
        "".join(f"({name} {_octets(value.to_bytes(sizes[name]))})" for name, value in named.items())
    )


def _octets(value: bytes) -> str:
    return f"#{value.hex()}#"

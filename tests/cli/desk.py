"""A clerk's desk: a document, a signer, a root, the lists of its authorities, and a TSA at hand."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import esign
from esign.io.addresses import FetchFailed
from esign.keys import dump_private_key
from esign.testing import TestPKI
from exat_cli.main import cli

URL = "https://tsa.example/"


class World:
    """A folder with a document, a signer, a root and the lists of its authorities."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pki = folder, TestPKI()
        self.stamper = self.pki.time_stamper(self.pki.at)
        self.requests, self.outage = 0, False
        signer = self.pki.signer("Aliyev A.")
        private: Any = signer.key
        chain = [esign.Certificate.load(raw) for raw in (signer.certificate, *signer.chain)]
        self.write("key.pem", dump_private_key(private.private, "blue kettle"))
        self.write("key.pass", b"blue kettle")
        self.write("chain.pem", b"".join(certificate.pem for certificate in chain))
        self.write("root.pem", self.pki.root.pem)
        self.write("decree.txt", b"a decree")
        self.lists = [str(self.write(f"{n}.crl", raw)) for n, raw in enumerate(self.pki.crls)]

    def asked(self, request: bytes) -> bytes:
        """The authority of time stamps, counted; nobody answers during an outage."""
        self.requests += 1
        if self.outage:
            raise FetchFailed("fetch-unreachable", url=URL)
        return self.stamper(request)

    def write(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        return path

    def orders(self, *names: str) -> str:
        """A folder with documents, each of its own name."""
        for name in names or ("a.txt", "b.txt", "sub/c.txt"):
            self.write(f"orders/{name}", name.encode())
        return self.path("orders")

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(cli, [*words])

    @property
    def key(self) -> list[str]:
        """The signer's key, as options."""
        key = ["--key", self.path("key.pem"), "--certificate", self.path("chain.pem")]
        return [*key, "--passphrase", f"file:{self.path('key.pass')}"]

    @property
    def evidence(self) -> list[str]:
        return ["--trust", self.path("root.pem"), *(w for name in self.lists for w in ("--crl", name))]

    def sign(self, *more: str) -> Any:
        return self.run("sign", self.path("decree.txt"), *self.key, *more)

    def json(self, *words: str) -> dict[str, Any]:
        """What a command says with `--json`."""
        told: dict[str, Any] = json.loads(self.run(*words, "--json").stdout)
        return told

    def verdict(self, name: str, *more: str) -> dict[str, Any]:
        found = self.run("verify", self.path(name), *self.evidence, "--json", *more)
        told: dict[str, Any] = json.loads(found.stdout)
        assert found.exit_code == {"TOTAL-PASSED": 0, "TOTAL-FAILED": 1}.get(told["indication"], 3)
        return told

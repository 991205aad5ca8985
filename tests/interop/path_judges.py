"""Second and third opinions on certification paths: OpenSSL's and Java's, for many chains at a time.

said = opinions(chains, tmp_path)
assert said["4.1.1"].somebody_accepts
"""

import hashlib
import re
from base64 import encodebytes
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from esign.validation.policy_tree import ANY_POLICY, PolicyInputs
from tests.peers import require, run

JUDGE = Path(__file__).with_name("java") / "Paths.java"
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")
_ERROR = re.compile(r"error (\d+) at (\d+) depth lookup: ?(.*)")
_REFUSED = re.compile(r"error (\S+): verification failed")


@dataclass(frozen=True, slots=True)
class Chain:
    """What all judges are asked: DER throughout, time in whole seconds.

    `path` leads from the certificate up, without its anchor.
    """

    name: str
    certificate: bytes
    anchors: tuple[bytes, ...]
    at: datetime
    pool: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    revocation: bool = False
    policies: PolicyInputs = PolicyInputs()
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What each says: empty for good, else why not. `java` looks for a path, `java_path` judges ours."""

    openssl: str
    java: str
    java_path: str

    @property
    def somebody_accepts(self) -> bool:
        return not self.openssl or not self.java or not self.java_path

    @property
    def everybody_accepts(self) -> bool:
        return not self.openssl and not self.java


def opinions(chains: Sequence[Chain], folder: Path) -> Mapping[str, Opinion]:
    """By name, what OpenSSL and Java say; `folder` takes what they read."""
    openssl, java = require("openssl"), require("java")
    files = _PemFiles(folder)
    groups: dict[tuple[str, ...], list[Chain]] = defaultdict(list)
    for chain in chains:
        groups[tuple(_openssl_options(chain, files))].append(chain)
    with ThreadPoolExecutor(2) as workers:
        of_java = workers.submit(_ask_java, java, chains, folder)
        of_openssl: dict[str, str] = {}
        for options, members in groups.items():
            of_openssl |= _ask_openssl(openssl, options, {c.name: files.of(c.certificate) for c in members})
        return {name: Opinion(of_openssl[name], *said) for name, said in of_java.result().items()}


class _PemFiles:
    """Files of PEM for OpenSSL, each set of octets written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[tuple[str, tuple[bytes, ...]], Path] = {}

    def of(self, *certificates: bytes) -> str:
        """The file with these certificates."""
        return self._file("CERTIFICATE", certificates)

    def of_lists(self, *crls: bytes) -> str:
        """The file with these lists."""
        return self._file("X509 CRL", crls)

    def _file(self, label: str, parts: tuple[bytes, ...]) -> str:
        found = self._written.get((label, parts))
        if found is None:
            found = self._folder / f"{len(self._written)}.pem"
            found.write_bytes(b"".join(_pem(label, part) for part in parts))
            self._written[label, parts] = found
        return str(found)


def _pem(label: str, octets: bytes) -> bytes:
    begin, end = (f"-----{word} {label}-----\n".encode() for word in ("BEGIN", "END"))
    return begin + encodebytes(octets) + end


def _openssl_options(chain: Chain, files: _PemFiles) -> Iterator[str]:
    yield from ("-partial_chain", "-x509_strict", "-auth_level", "0", "-no-CApath", "-no-CAstore")
    yield from ("-attime", str(int(chain.at.timestamp())), "-CAfile", files.of(*chain.anchors))
    yield from ("-untrusted", files.of(*chain.pool)) if chain.pool else ()
    yield from ("-CRLfile", files.of_lists(*chain.crls)) if chain.crls else ()
    yield from ("-crl_check_all", "-extended_crl", "-use_deltas") if chain.revocation else ()
    yield from _openssl_policies(chain.policies)


def _ask_openssl(openssl: str, options: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """What OpenSSL says of certificates: `names` gives the file of each."""
    asked = run([openssl, "verify", *options, *dict.fromkeys(names.values())])
    good = {line.removesuffix(": OK") for line in asked.stdout.decode().splitlines() if line.endswith(": OK")}
    why: dict[str, str] = {}
    reason = ""
    for line in asked.stderr.decode(errors="replace").splitlines():
        if found := _ERROR.match(line):
            reason = f"{found[1]} at {found[2]}: {found[3]}"
        elif found := _REFUSED.match(line):
            why[found[1]] = reason
    return {name: "" if file in good else why.get(file, "unreadable") for name, file in names.items()}


def _openssl_policies(inputs: PolicyInputs) -> list[str]:
    options = ["-policy_check"]
    for oid in sorted(inputs.accepted):
        options += ["-policy", oid]
    flags = {
        "-explicit_policy": inputs.require_explicit,
        "-inhibit_any": inputs.inhibit_any,
        "-inhibit_map": inputs.inhibit_mapping,
    }
    return [*options, *(flag for flag, wanted in flags.items() if wanted)]


def _ask_java(java: str, chains: Iterable[Chain], folder: Path) -> dict[str, tuple[str, str]]:
    questions = "".join(_question(chain, folder) for chain in chains)
    answered = run([java, *_JAVA, JUDGE, folder], input=questions.encode(), timeout=120)
    assert answered.returncode == 0, answered.stderr.decode(errors="replace")
    lines = (line.split("\t") for line in answered.stdout.decode().splitlines())
    return {name: (_reason(built), _reason(judged)) for name, built, judged in lines}


def _reason(said: str) -> str:
    return "" if said == "good" else said


def _question(chain: Chain, folder: Path) -> str:
    inputs = chain.policies
    flags = {
        "revocation": chain.revocation,
        "explicit": inputs.require_explicit,
        "inhibit-any": inputs.inhibit_any,
        "inhibit-mapping": inputs.inhibit_mapping,
    }
    fields = (
        chain.name,
        str(int(chain.at.timestamp()) * 1000),
        ",".join(flag for flag, wanted in flags.items() if wanted) or "none",
        ",".join(sorted(inputs.accepted - {ANY_POLICY})),
        *(_named(parts, folder) for parts in ((chain.certificate,), chain.anchors, chain.pool)),
        _named(chain.crls, folder),
        _named(chain.path, folder),
    )
    return "\t".join(fields) + "\n"


def _named(parts: tuple[bytes, ...], folder: Path) -> str:
    names = []
    for octets in parts:
        name = f"{hashlib.sha256(octets).hexdigest()[:32]}.der"
        if not (folder / name).exists():
            (folder / name).write_bytes(octets)
        names.append(name)
    return ",".join(names)

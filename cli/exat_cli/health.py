"""Whether a node's home is fit for its work: its keys, certificates, lists and store."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from esign.io.clock import now
from exat.errors import ExatError
from exat.shell import serve as serving
from exat.shell.home import Home
from exat_cli.doctor import Check
from exat_cli.failures import explained
from exat_cli.homes import opened
from exat_cli.node import runs_out
from exat_cli.output import Output


def home_checks(output: Output, folder: str) -> Iterator[Check]:
    """What was looked at in the home in `folder`; a home that cannot be opened is one failure."""
    try:
        home = opened(folder)
    except ExatError as e:
        yield Check("home", "failed", explained(e, output.language))
        return
    with home:
        yield Check("home", "ok", folder)
        yield from _keys(output, home)
        yield from _times(output, home)
        faults = home.store.faults()
        yield Check("store", "failed" if faults else "ok", "; ".join(faults) or output.words("doctor-sound"))
        runtime = serving.runtime(home.folder)
        yield Check("ports", "ok" if runtime else "warning", _ports(output, runtime))


def _keys(output: Output, home: Home) -> Iterator[Check]:
    """Every private key below the home, wherever it came from: encrypted, and its owner's alone."""
    for path in sorted(
        p for p in home.folder.rglob("*") if p.suffix in (".pem", ".key", ".p12") and p.is_file()
    ):
        name = str(path.relative_to(home.folder))
        octets = path.read_bytes()
        if path.suffix == ".p12" or b"PRIVATE KEY-----" in octets:
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if b"PRIVATE KEY-----" in octets and b"ENCRYPTED" not in octets:
                yield Check(name, "failed", output.words("doctor-plain-key"))
            elif mode & 0o077:
                yield Check(name, "failed", output.words("doctor-open-key", mode=f"{mode:o}"))
            else:
                yield Check(name, "ok", output.words("doctor-closed-key"))
    if any((home.folder / "officers").glob("*/keys.pass")):
        yield Check("officers", "warning", output.words("doctor-officers"))


def _times(output: Output, home: Home) -> Iterator[Check]:
    at = now()
    try:
        found = list(runs_out(home, home.own()))
    except ExatError as e:
        yield Check("certificates", "failed", explained(e, output.language))
        return
    for what, until in found:
        code = "doctor-until" if until > at else "doctor-expired"
        words = output.words(code, at=until.isoformat(" ", "seconds"))
        yield Check(what, "ok" if until > at else "failed", words)
    if not home.config.trust.crls:
        yield Check("CRL", "warning", output.words("doctor-no-crl"))
    for name in home.config.trust.crls:
        if not (Path(home.folder) / name).is_file():
            yield Check(name, "failed", output.words("doctor-no-file"))


def _ports(output: Output, runtime: serving.Runtime | None) -> str:
    if runtime is None:
        return output.words("node-not-running")
    submission, relay = (f"{host}:{port}" for host, port in (runtime.submission, runtime.relay))
    return output.words("node-listens", submission=submission, relay=relay)

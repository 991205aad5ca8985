"""Is this machine, and this node's home, fit for its work: `exat doctor`."""

import importlib.metadata
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import click

from esign.io.clock import now
from exat_cli.failures import Exit
from exat_cli.options import speaks
from exat_cli.output import Output

_PACKAGES: Final = ("cryptography", "click", "pydantic", "sqlite-utils")
_NODE_PACKAGES: Final = ("aiosmtpd", "aiosmtplib")
_STATES: Final = {"ok": "doctor-ok", "warning": "doctor-warning", "failed": "doctor-failed"}
_BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows a time before this program was written."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `state` is `ok`, `warning` or `failed`; `words` say what was found."""

    name: str
    state: str
    words: str


@click.command()
@click.option(
    "--home",
    "folder",
    metavar="DIR",
    envvar="EXAT_HOME",
    show_envvar=True,
    help="The node's folder, to look at it too.",
)
@speaks
@click.pass_context
def doctor(ctx: click.Context, output: Output, folder: str | None) -> None:
    """Look at Python, packages and clock; with --home also at keys, certificates, lists and store.

    Exit 7 when something has failed.

    \b
    exat doctor --home adliya
    """
    checks = list(_machine(output, node=folder is not None))
    if folder is not None and not any(c.state == "failed" for c in checks):
        from exat_cli.health import home_checks

        checks += home_checks(output, folder)
    content = {"checks": [{"name": c.name, "state": c.state, "message": c.words} for c in checks]}
    words = "\n".join(f"{output.words(_STATES[c.state]):9}  {c.name}: {c.words}" for c in checks)
    output.result("doctor", content, words)
    ctx.exit(Exit.CONFIGURATION if any(c.state == "failed" for c in checks) else Exit.DONE)


def _machine(output: Output, *, node: bool) -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", "ok" if sys.version_info >= (3, 11) else "failed", version)
    for name in (*_PACKAGES, *_NODE_PACKAGES):
        try:
            yield Check(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            needed = node or name in _PACKAGES
            yield Check(name, "failed" if needed else "warning", output.words("doctor-no-package"))
    openssl = shutil.which("openssl")
    words = openssl or output.words("doctor-no-openssl")
    yield Check("openssl", "ok" if openssl else "warning", words)
    at = now()
    yield Check("clock", "ok" if at > _BUILT else "failed", at.isoformat(" ", "seconds"))

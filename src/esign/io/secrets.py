"""Where a passphrase comes from, never from the command line itself.

The grammar: `env:VAR`, `file:PATH` and `fd:N` (first line), `cred:NAME` (a systemd credential), `prompt`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from esign.errors import KeyUnavailable

FORMS: Final = "env:VAR, file:PATH, fd:N, cred:NAME, prompt"
_LIMIT: Final = 4096


def read_secret(source: str, ask: Callable[[], str] | None = None) -> str:
    """The passphrase that `source` names; `ask` answers `prompt`.

    Raises:
        KeyUnavailable: `secret-unavailable` when the source cannot be read, is empty, or is of no known form.
    """
    kind, _, name = source.partition(":")
    readers: dict[str, Callable[[], str]] = {
        "env": lambda: os.environ[name],
        "file": lambda: _first_line(Path(name).read_bytes()),
        "fd": lambda: _first_line(os.read(int(name), _LIMIT)),
        "cred": lambda: _first_line(
            (Path(os.environ["CREDENTIALS_DIRECTORY"]) / Path(name).name).read_bytes()
        ),
    }
    try:
        if source == "prompt" and ask is not None:
            secret = ask()
        else:
            secret = readers[kind]()
    except (KeyError, OSError, ValueError) as e:
        raise KeyUnavailable("secret-unavailable", source=source, forms=FORMS) from e
    if not secret:
        raise KeyUnavailable("secret-unavailable", source=source, forms=FORMS)
    return secret


def _first_line(data: bytes) -> str:
    return data[:_LIMIT].split(b"\n", 1)[0].rstrip(b"\r").decode()

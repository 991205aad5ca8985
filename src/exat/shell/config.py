"""The configuration of a node: one TOML file, checked whole before anything starts.

Every mistake is told at once, with its line and the nearest known key. Relative paths start at the home.
"""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exat.errors import ConfigurationError

FILE: Final = "exat.toml"
_HOST_PORT: Final = r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$"
_DOMAIN: Final = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$"

HostPort = Annotated[str, Field(pattern=_HOST_PORT)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgencySection(_Section):
    """Whose node it is: `domain` of its addresses, `node` is the DNS name in its TLS certificate."""

    name: str = Field(min_length=1, max_length=64)
    domain: str = Field(pattern=_DOMAIN)
    node: str = Field(pattern=_DOMAIN)
    postal_address: str = ""


class ListenSection(_Section):
    """Where it listens (`host:port`; port 0 takes a free one) and where its peers reach its relay."""

    submission: HostPort = "127.0.0.1:4650"
    relay: HostPort = "127.0.0.1:2525"
    advertised: HostPort | None = None


class TrustSection(_Section):
    """PEM files: the agency's own root, what stands below it, and the lists of revoked certificates."""

    root: str = "trust/root.pem"
    chain: str = "trust/chain.pem"
    crls: tuple[str, ...] = ()


class KeysSection(_Section):
    """The node's keys and certificates, without `.pem` (key) and `.crt` (certificate)."""

    seal: str = "keys/seal"
    relay: str = "keys/relay"


class LimitsSection(_Section):
    """What the node takes: octets, numbers, seconds."""

    message_size: int = Field(default=33_554_432, ge=1024, le=1_073_741_824)
    recipients: int = Field(default=100, ge=1, le=1000)
    connections: int = Field(default=500, ge=1)
    connections_per_host: int = Field(default=50, ge=1)
    idle: float = Field(default=60.0, gt=0)


class Config(_Section):
    """The whole of `exat.toml`."""

    agency: AgencySection
    listen: ListenSection = ListenSection()
    trust: TrustSection = TrustSection()
    keys: KeysSection = KeysSection()
    limits: LimitsSection = LimitsSection()


def load_config(home: Path) -> Config:
    """The configuration in `home`.

    Raises:
        ConfigurationError: `config-missing`, `config-syntax`, `config-invalid` (every mistake with its line).
    """
    path = home / FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigurationError(
            "config-missing", f"cannot read {path}", where=str(path), values={"file": path}
        ) from e
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as e:
        raise ConfigurationError(
            "config-syntax", f"{path}: {e}", where=str(path), values={"file": path, "reason": e}
        ) from e
    except ValidationError as e:
        mistakes = "; ".join(_told(mistake, text) for mistake in e.errors())
        raise ConfigurationError(
            "config-invalid",
            f"{path}: {mistakes}",
            where=str(path),
            values={"file": path, "mistakes": mistakes},
        ) from e


def host_port(value: str) -> tuple[str, int]:
    """`host:port` taken apart; brackets of an IPv6 address removed."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def _told(mistake: Any, text: str) -> str:
    place = [str(part) for part in mistake["loc"]]
    line = _line_of(place, text)
    shown = f"line {line}: " if line else ""
    if mistake["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], _known(place[:-1]), n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        return f"{shown}{'.'.join(place)} is not known{hint}"
    return f"{shown}{'.'.join(place)}: {mistake['msg'].lower()}"


def _known(place: list[str]) -> list[str]:
    model: Any = Config
    for part in place:
        model = model.model_fields[part].annotation
    return list(model.model_fields)


def _line_of(place: list[str], text: str) -> int:
    """The line of a key in its section; 0 when it does not stand there."""
    section, key = (place[0], place[1]) if len(place) > 1 else ("", place[0])
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[([^\]]+)\]", line):
            here = found[1].strip()
            if not section and here == key:
                return number
        elif here == section and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return 0

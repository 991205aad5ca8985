"""Certificate profiles from the package `esign_profiles` or one's own folder, and its validation policies."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from esign.ca.profile import Profile
from esign.errors import EsignError
from esign.validation.policy import Policy as Policy

_LIMIT: Final = 1 << 16


@cache
def certificate_profiles() -> Mapping[str, Profile]:
    """The profiles that come with the library, by name. Read once."""
    return _read(resources.files("esign_profiles") / "certificates")


def certificate_profiles_of(folder: Path) -> Mapping[str, Profile]:
    """The profiles of the library, those of `folder` (`*.toml`) beside and above them.

    Raises:
        EsignError: `profile-malformed`.
        OSError: what the disk says.
    """
    return MappingProxyType({**certificate_profiles(), **_read(folder)})


@cache
def validation_policies() -> Mapping[str, Policy]:
    """The validation policies that come with the library, by name. Read once."""
    folder = resources.files("esign_profiles") / "policies"
    found: dict[str, Policy] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = Policy.read(_text(file, name))
    return MappingProxyType(found)


def validation_policy_of(file: Path) -> Policy:
    """The validation policy of a file in TOML, as those that come with the library.

    Raises:
        EsignError: `profile-malformed`, `policy-malformed`.
        OSError: what the disk says.
    """
    return Policy.read(_text(file, file.name))


def _read(folder: Traversable) -> Mapping[str, Profile]:
    found: dict[str, Profile] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = Profile.from_toml(name, _text(file, name))
    return MappingProxyType(found)


def _text(file: Traversable, name: str) -> str:
    octets = file.read_bytes()
    if len(octets) > _LIMIT:
        raise EsignError("profile-malformed", name=name, reason=f"{len(octets)} octets, at most {_LIMIT}")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as e:
        raise EsignError("profile-malformed", name=name, reason="it is not UTF-8") from e

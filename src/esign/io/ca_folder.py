"""What stands in the folder of a certificate authority beside its registers: settings, and keys in files."""

import json
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from esign.algorithms import PrivateKey, PublicKey, SignatureScheme
from esign.ca.profile import Profile
from esign.ca.publishing import Schedule
from esign.ca.template import Publication
from esign.errors import EsignError, KeyUnavailable
from esign.keys import load_private_key

MAX_PARTITIONS: Final = 10_000
_Url = Annotated[str, StringConstraints(pattern=r"^(http://[!-~]+)?$", max_length=200)]


class Settings(BaseModel):
    """What `ca.toml` says. Addresses may hold `{name}` for the authority; empty: left out.

    `crl_partitions` are those of the authorities below the root, told apart by `{partition}` in `crl_url` and
    `delta_url`. Whole lists are made every `crl_hours` (0: after half of their life), delta lists every
    `delta_hours` (0: never).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    organization: str
    country: str = "UZ"
    crl_url: _Url = ""
    ocsp_url: _Url = ""
    issuer_url: _Url = ""
    delta_url: _Url = ""
    crl_partitions: Annotated[int, Field(ge=0, le=MAX_PARTITIONS)] = 0
    crl_hours: Annotated[int, Field(ge=0)] = 0
    delta_hours: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _tells_partitions_apart(self) -> Self:
        urls = (self.crl_url, self.delta_url) if self.delta_url else (self.crl_url,)
        if self.crl_partitions and not all("{partition}" in url for url in urls):
            raise ValueError("crl_partitions without {partition} in crl_url and delta_url")
        return self

    @classmethod
    def read(cls, document: str) -> Self:
        """From the text of the file.

        Raises:
            EsignError: `ca-settings-malformed`.
        """
        try:
            return cls.model_validate(tomllib.loads(document))
        except (tomllib.TOMLDecodeError, ValidationError, RecursionError) as e:
            raise EsignError("ca-settings-malformed", reason=" ".join(str(e).split())) from e

    @property
    def document(self) -> str:
        """The text of the file; a JSON string is a TOML string."""
        return "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in self.model_dump().items())

    def publication(self, issuer: str) -> Publication:
        """Where the lists and the certificate of `issuer` are found."""
        crl, ocsp, certificate, delta = (
            (url.replace("{name}", issuer),) if url else ()
            for url in (self.crl_url, self.ocsp_url, self.issuer_url, self.delta_url)
        )
        partitions = 0 if issuer == "root" else self.crl_partitions
        return Publication(crl, ocsp, certificate, delta, partitions)

    def schedule(self, profile: Profile) -> Schedule:
        """How often an authority of `profile` makes its lists."""
        usual = Schedule.of_days(profile.crl_days)
        every = min(timedelta(hours=self.crl_hours), usual.lifetime) if self.crl_hours else usual.every
        delta_every = timedelta(hours=self.delta_hours) if self.delta_hours else None
        return Schedule(usual.lifetime, every, delta_every)


@dataclass(frozen=True)
class LockedKey:
    """A key in a file, opened at its first signature."""

    path: Path
    passphrase: str = field(repr=False)
    public_key: PublicKey

    @cached_property
    def _private(self) -> PrivateKey:
        try:
            octets = self.path.read_bytes()
        except FileNotFoundError as e:
            raise KeyUnavailable(reason=f"{self.path.name} of {self.path.parent.name} is not here") from e
        private = load_private_key(octets, self.passphrase)
        if private.public_key() != self.public_key:
            raise KeyUnavailable("key-mismatch")
        return private

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        """The signature over `message` by `scheme`."""
        return scheme.sign(self._private, message)

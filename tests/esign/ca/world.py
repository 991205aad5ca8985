"""A small hierarchy with fixed times, for the tests of the authority's rooms."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from esign.ca.authority import Authority, establish, public_key_info
from esign.ca.profile import Profile
from esign.ca.register import MemoryRegister, Register
from esign.ca.request import Request, Subject, read
from esign.io.profiles import certificate_profiles
from esign.keys import Signer, SoftwareKey, generate
from tests.esign.ca.requests import make_request

AT = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PINFL = "31201901234563"
STIR = "301234567"
OWN = {"persons": "issuing-person", "infra": "issuing-infra"}


@cache
def key(name: str = "p-256", number: int = 0) -> Any:
    """A private key, the same at each call."""
    return generate(name)


def info(private: Any) -> bytes:
    """Its SubjectPublicKeyInfo."""
    return public_key_info(private.public_key())


def profile(name: str) -> Profile:
    return certificate_profiles()[name]


def authority_subject(name: str) -> Subject:
    return Subject.of({"country": "UZ", "organization": "Markaz", "common_name": f"Markaz {name}"})


def make_root(*, register: Register | None = None, key_name: str = "p-256") -> Authority:
    kept = register or MemoryRegister()
    own = SoftwareKey(key(key_name, 100))
    certificate = establish(profile("root"), authority_subject("root"), key=own, register=kept, at=AT)
    return Authority("root", Signer(own, certificate.raw), profile("root"), certificate_profiles(), kept)


def make_issuer(
    name: str = "persons", *, register: Register | None = None, key_name: str = "p-256"
) -> Authority:
    root, own = make_root(key_name=key_name), SoftwareKey(key(key_name, 101))
    certificate = root.issue(OWN[name], authority_subject(name), at=AT, public_key_info=info(own.private))
    signer = Signer(own, certificate.raw, (root.signer.certificate,))
    kept = register or MemoryRegister()
    return Authority(name, signer, profile(OWN[name]), certificate_profiles(), kept)


def officer(**changes: str) -> Subject:
    attributes = {"organization": "Agentlik", "surname": "Aliyev", "given_name": "Vali", "pinfl": PINFL}
    return Subject.of({**attributes, **changes}, emails=("v.aliyev@agency.example",))


@cache
def officer_request() -> Request:
    return read(make_request(key("p-256", 1)))

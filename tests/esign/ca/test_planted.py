"""Requests with a planted fault: each is refused before the authority signs, by the name of the rule.

Nothing of them stays but one event that says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from esign.ca.events import Kind
from esign.ca.register import MemoryRegister, Register
from esign.ca.request import Request, Subject, read
from esign.ca.template import Publication
from esign.errors import IssuanceRefused, UnsupportedAlgorithm
from esign.io.register import SqliteRegister
from esign.keys import Signer
from tests.esign.ca.requests import make_request
from tests.esign.ca.world import AT, PINFL, STIR, key, make_issuer

EXPONENT_THREE = 3
DAY = timedelta(days=1)


@cache
def exponent_three() -> Any:
    return rsa.generate_private_key(EXPONENT_THREE, 3072)


@dataclass(frozen=True)
class Wish:
    """What a registrar asks for; as it stands, nothing is wrong with it."""

    profile: str = "officer-sign"
    attributes: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ("v.aliyev@agency.uz",)
    hosts: tuple[str, ...] = ()
    key: Callable[[], Any] = field(default=lambda: key("p-256", 1))
    at: datetime = AT
    not_after: datetime | None = None
    publication: Publication = Publication()

    @property
    def subject(self) -> Subject:
        person = {"organization": "Agentlik", "surname": "Aliyev", "given_name": "Vali", "pinfl": PINFL}
        kept = {name: value for name, value in {**person, **dict(self.attributes)}.items() if value}
        return Subject.of(kept, emails=self.emails, dns_names=self.hosts)

    @property
    def issuer(self) -> str:
        """Who issues by the profile."""
        return "infra" if self.profile == "relay-tls" else "persons"

    @property
    def request(self) -> Request:
        return read(make_request(self.key()))


def saying(profile: str = "officer-sign", **attributes: str) -> Wish:
    return Wish(profile, tuple(attributes.items()))


def national(**attributes: str) -> Wish:
    return replace(saying("business-sign", **{"stir": STIR, **attributes}), emails=())


PLANTED = {
    "a PINFL with a wrong check digit": ("lint-pinfl", national(pinfl="31201901234561")),
    "a STIR of eight digits": ("lint-stir", national(stir="30123456")),
    "a PNO that is not the PINFL": ("lint-person-is-one", national(serial_number="PNOUZ-32202902345674")),
    "a PNO without a check": ("lint-person-identifier", saying(serial_number="PNOUZ-1", pinfl="")),
    "an organisation without its register": ("lint-organization-identifier", saying(stir="12345")),
    "no organisation": ("lint-subject-attributes", saying(organization="")),
    "an attribute of another profile": ("lint-subject-attributes", saying(locality="Toshkent")),
    "a country in small letters": ("lint-country", saying(country="uz")),
    "a post of 65 characters": ("lint-subject-strings", saying(title="x" * 65)),
    "a name with a space before it": ("lint-subject-strings", saying(surname=" Aliyev")),
    "an office for a common name": ("lint-common-name", saying(common_name="Bosh mutaxassis")),
    "no mailbox": ("lint-emails", Wish(emails=())),
    "a mailbox without a domain": ("lint-emails", Wish(emails=("v.aliyev@agency",))),
    "a mailbox where there is no mail": ("lint-emails", replace(national(), emails=("v@agency.uz",))),
    "the mailbox of a gateway": ("lint-domain-authority", Wish(emails=("review-authority@agency.uz",))),
    "a mailbox twice": ("lint-other-names", Wish(emails=("v@agency.uz", "v@agency.uz"))),
    "a host in a certificate for mail": ("lint-hosts", Wish(hosts=("mx.agency.uz",))),
    "a host with a wildcard": ("lint-hosts", replace(saying("relay-tls"), emails=(), hosts=("*.agency.uz",))),
    "three years": ("lint-validity", Wish(not_after=AT + 1096 * DAY)),
    "an end before the start": ("lint-validity", Wish(not_after=AT - 10 * DAY)),
    "an end after its issuer's": ("lint-validity-within-issuer", Wish(at=AT + 3600 * DAY)),
    "RSA of 2048 bits": ("lint-key-kind", Wish(key=lambda: key("rsa-2048"))),
    "a key that signs for one that opens": (
        "lint-key-kind",
        replace(Wish("officer-encrypt-ec"), key=lambda: key("ed25519")),
    ),
    "RSA with exponent 3": ("lint-rsa-exponent", Wish(key=exponent_three)),
    "the key of the authority itself": ("lint-key-of-issuer", Wish(key=lambda: key("p-256", 101))),
    "a list that is fetched by TLS": (
        "lint-urls",
        Wish(publication=Publication(("https://pki.uz/persons.crl",))),
    ),
}


@pytest.fixture(params=["memory", "sqlite"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    if request.param == "memory":
        yield MemoryRegister()
        return
    with SqliteRegister(tmp_path / "register.db") as kept:
        yield kept


class Unused:
    """The authority's key, with which nobody may sign."""

    def __init__(self, key: Any) -> None:
        self.public_key = key.public_key

    def sign(self, scheme: object, message: bytes) -> bytes:
        raise AssertionError("signed")


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_refused_before_signature(register: Register, fault: str) -> None:
    rule, wish = PLANTED[fault]
    authority = make_issuer(wish.issuer, register=register)
    signer = Signer(Unused(authority.signer.key), authority.signer.certificate, authority.signer.chain)
    wary = replace(authority, signer=signer, publication=wish.publication)
    before = list(authority.register.events())
    with pytest.raises(IssuanceRefused) as caught:
        wary.issue(wish.profile, wish.subject, at=wish.at, request=wish.request, not_after=wish.not_after)
    assert caught.value.code == "lint-refused"
    assert rule in caught.value.values["codes"].split(", ")
    (event,) = list(authority.register.events())[len(before) :]
    assert event.draft.kind is Kind.REFUSED
    assert rule in event.draft.get("codes").split(", ")
    assert list(authority.records()) == []


@pytest.mark.parametrize(
    "wish",
    [
        Wish(),
        Wish(not_after=AT + 700 * DAY),
        national(),
        saying(common_name="Vali Aliyev", stir=STIR),
        Wish("officer-encrypt-ec"),
        replace(saying("relay-tls", surname="", given_name="", pinfl=""), emails=(), hosts=("mx.agency.uz",)),
        Wish(publication=Publication(("http://pki.uz/persons.crl",))),
        Wish(key=lambda: key("ml-dsa-65")),
    ],
    ids=range(8),
)
def test_without_the_fault_the_same_is_issued(wish: Wish) -> None:
    issuing = replace(make_issuer(wish.issuer), publication=wish.publication)
    made = issuing.issue(wish.profile, wish.subject, at=wish.at, request=wish.request)
    assert [record.serial for record in issuing.records()] == [made.serial_number]


def test_there_are_as_many_faults_as_the_linters_were_tried_with() -> None:
    assert len({rule for rule, _ in PLANTED.values()}) >= 17


def test_a_key_that_cannot_be_delivered_is_not_certified() -> None:
    authority = make_issuer()
    subject = Wish("officer-encrypt-ml-kem").subject
    with pytest.raises(UnsupportedAlgorithm) as caught:
        authority.deliver("officer-encrypt-ml-kem", subject, key=key("ml-kem-768"), at=AT)
    assert (caught.value.code, caught.value.values["algorithm"]) == ("unsupported-algorithm", "ml-kem-768")
    assert list(authority.register.events()) == []
    assert authority.deliver("officer-encrypt-ec", subject, key=key("p-256"), at=AT).pkcs12

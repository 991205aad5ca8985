"""Two agencies in memory: each with its own root, seal, officers and mailboxes; and the letters that they
write.

Everything is made once a run at the fixed time `AT`; a test that revokes or replaces works on its own
`House`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from esign import Certificate, CertificateList, Decryptor, Signer, smime
from esign.ca.request import Subject
from esign.keys import generate
from esign.testing import TestPKI
from exat.address import Address
from exat.directory import Directory
from exat.message import NamedAddress, Requisites, compose
from exat.pipeline import Context
from exat.records import Agency, AuthorisedSigner, Envelope, Mailbox, MessageKey, Relayed, User

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
CHANCERY = "kanselyariya@adliya.uz"
ARCHIVE = "arxiv@adliya.uz"
TAX = "qabul@soliq.uz"
TAX_ARCHIVE = "arxiv@soliq.uz"


def address(spelled: str) -> Address:
    return Address.parse(spelled, smtputf8=True)


@dataclass(frozen=True)
class Officer:
    """A person with a signature key, and a key to which mailbox keys are wrapped."""

    name: str
    signer: Signer
    decryptor: Decryptor

    @property
    def authorised(self) -> AuthorisedSigner:
        assert self.decryptor.certificate is not None
        return AuthorisedSigner(
            Certificate.load(self.signer.certificate),
            self.name,
            Certificate.load(self.decryptor.certificate),
        )


@dataclass(frozen=True)
class House:
    """One agency with all its keys."""

    pki: TestPKI
    seal: Signer
    officers: Mapping[str, Officer]
    keys: Mapping[str, Decryptor]
    agency: Agency = field(repr=False)

    def officer(self, mailbox: str) -> Officer:
        """The one officer who signs for a mailbox."""
        return self.officers[mailbox]

    def refreshed(self, at: datetime = AT) -> "House":
        """The same agency with revocation lists of `at`; only for a house of the test's own."""
        crls = tuple(CertificateList.load(crl) for crl in self.pki.crls_at(at))
        return dataclasses.replace(self, agency=dataclasses.replace(self.agency, crls=crls))

    def certificate(self, mailbox: str) -> Certificate:
        """The current encryption certificate of a mailbox."""
        octets = self.keys[mailbox].certificate
        assert octets is not None
        return Certificate.load(octets)


def house(domain: str, mailboxes: Sequence[str], at: datetime = AT - timedelta(days=1)) -> House:
    """An agency of `domain`; each mailbox has one officer of its own."""
    pki = TestPKI(at)
    seal = pki.seal(f"TEST {domain}", email=f"seal@{domain}")
    officers: dict[str, Officer] = {}
    keys: dict[str, Decryptor] = {}
    for number, mailbox in enumerate(mailboxes):
        name = f"Officer{number} of {domain}"
        signer = pki.signer(name, email=mailbox)
        officers[mailbox] = Officer(name, signer, pki.decryptor(mailbox, name=name))
        private = generate("p-256")
        subject = Subject.of({"organization": f"TEST {domain}"}, emails=(mailbox,))
        keys[mailbox] = Decryptor(private, pki.issue("mailbox-encrypt", subject, key=private).raw)
    agency = Agency(
        domain=domain,
        name=f"TEST {domain}",
        node=f"mx.{domain}",
        host="127.0.0.1",
        port=2525,
        seal=Certificate.load(seal.certificate),
        roots=(pki.root,),
        intermediates=pki.chain,
        crls=tuple(CertificateList.load(crl) for crl in pki.crls_at(AT)),
        mailboxes=tuple(
            Mailbox(
                address(mailbox),
                f"TEST {mailbox}",
                (Certificate.load(keys[mailbox].certificate or b""),),
                (officers[mailbox].authorised,),
            )
            for mailbox in mailboxes
        ),
    )
    return House(pki, seal, officers, keys, agency)


@cache
def adliya() -> House:
    """The sending agency."""
    return house("adliya.uz", (CHANCERY, ARCHIVE))


@cache
def soliq() -> House:
    """The receiving agency."""
    return house("soliq.uz", (TAX, TAX_ARCHIVE))


@cache
def here() -> Directory:
    """The directory of the sending agency's node."""
    return Directory(adliya().agency, (soliq().agency,))


@cache
def there() -> Directory:
    """The directory of the receiving agency's node."""
    return Directory(soliq().agency, (adliya().agency,))


def everyone(*spelled: str) -> list[Certificate]:
    """The mailbox certificates of these addresses."""
    houses = {"adliya.uz": adliya(), "soliq.uz": soliq()}
    return [houses[one.rpartition("@")[2]].certificate(one) for one in spelled]


def native(
    *,
    sender: str = CHANCERY,
    to: Sequence[str] = (TAX,),
    author: Signer | None = None,
    outer: Signer | None = None,
    keys: Sequence[Certificate] | None = None,
    message_id: str = "<1@adliya.uz>",
    text: str = "Hurmatli hamkasblar",
    cipher: str = "aes-256-gcm",
) -> bytes:
    """A letter of our own client: protected header, signed, encrypted, signed again."""
    author = author or adliya().officer(CHANCERY).signer
    protected = compose(
        NamedAddress(address(sender)),
        [NamedAddress(address(one)) for one in to],
        subject="So'rov",
        text=text,
        message_id=message_id,
        at=AT,
        requisites=Requisites(outgoing_number="01-12/345"),
    )
    chosen = everyone(*to, CHANCERY) if keys is None else list(keys)
    return smime.triple_wrap(
        protected, chosen, signer=author, outer_signer=outer or author, at=AT, cipher=cipher
    )


def ordinary_header(
    sender: str = CHANCERY, to: Sequence[str] = (TAX,), message_id: str = "<2@adliya.uz>"
) -> bytes:
    """The header of a letter that an ordinary mail program writes."""
    return (
        f"From: {sender}\r\nTo: {', '.join(to)}\r\nSubject: So'rov\r\n"
        f"Date: Mon, 23 Nov 2026 14:00:00 +0500\r\nMessage-ID: {message_id}\r\n"
    ).encode()


def ordinary(
    *,
    sender: str = CHANCERY,
    to: Sequence[str] = (TAX,),
    author: Signer | None = None,
    signed: bool = True,
    keys: Sequence[Certificate] | None = None,
    message_id: str = "<2@adliya.uz>",
    cipher: str = "aes-256-cbc",
) -> bytes:
    """A letter as Thunderbird sends it: signed, then encrypted, also to the sender; no outer signature."""
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
    if signed:
        entity = smime.sign(entity, author or adliya().officer(CHANCERY).signer, at=AT)
    chosen = everyone(*to, CHANCERY) if keys is None else list(keys)
    return smime.message(
        ordinary_header(sender, to, message_id), smime.encrypt(entity, chosen, cipher=cipher)
    )


def plain(sender: str = CHANCERY, to: Sequence[str] = (TAX,)) -> bytes:
    """A letter without any protection."""
    return smime.message(ordinary_header(sender, to), b"Content-Type: text/plain\r\n\r\nSalom\r\n")


def envelope(sender: str | None = CHANCERY, to: Sequence[str] = (TAX,)) -> Envelope:
    """What SMTP says of a letter."""
    return Envelope(None if sender is None else address(sender), tuple(address(one) for one in to))


def clerk(*mailboxes: str) -> User:
    """A login of the sending agency."""
    return User("clerk", tuple(address(one) for one in mailboxes or (CHANCERY,)))


def context(directory: Directory | None = None, *, key: str = "K1", seen: str | None = None) -> Context:
    """What the node of the sending agency judges on; `directory` may be the other node's."""
    chosen = directory or here()
    owner = adliya() if chosen.own.domain == "adliya.uz" else soliq()
    return Context(chosen, owner.seal, AT, MessageKey(key), seen)


def peer(domain: str = "adliya.uz") -> Relayed:
    """The node that brings a letter."""
    return Relayed(domain, b"TLS certificate of " + domain.encode())


def private_octets(key: Decryptor) -> bytes:
    """A private key as PKCS#8, DER, not encrypted: what is wrapped to officers."""
    return bytes(key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def without(crls: Agency) -> Agency:
    """The agency with no revocation list at all."""
    return dataclasses.replace(crls, crls=())

"""A certificate authority for tests and first steps, in memory: a signer, trust and lists in a line each.

Everything it issues is marked: the organisation is `TEST ONLY` and each certificate bears the policy
`TEST_POLICY`, so that a production policy can refuse it. The keys and the registers die with the object.

>>> from esign import sign, verify
>>> pki = TestPKI()
>>> report = verify(sign(b"a document", pki.signer("Aliyev A.")), trust=pki.trust, material=pki.crls)
>>> report.indication.value
'TOTAL-PASSED'
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from esign.algorithms import PrivateKey
from esign.ca.authority import Authority, establish, public_key_info
from esign.ca.profile import Profile
from esign.ca.register import MemoryRegister
from esign.ca.request import Request, Subject, key_info_name
from esign.ca.responder import Responder, Source
from esign.io.clock import now
from esign.io.profiles import certificate_profiles
from esign.keys import KEY_NAMES, Decryptor, Signer, SoftwareKey, generate
from esign.ocsp import OCSPRequest
from esign.tsa import TimeStampAuthority
from esign.tsp import TimeStamper
from esign.x509 import Certificate, Trust

TEST_ORGANIZATION: Final = "TEST ONLY"
TEST_POLICY: Final = "2.999.860.1"
"""Below the arc that ISO/IEC and ITU-T keep for examples: it can mean nothing else."""

TEST_TIME_STAMP_POLICY: Final = "2.999.860.2"

_DOMAIN: Final = "test.example"
_SIGNING_KEYS: Final = (
    "p-256",
    "p-384",
    "p-521",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
    "ed25519",
    "ed448",
    "ml-dsa-44",
    "ml-dsa-65",
    "ml-dsa-87",
)
_YEAR: Final = timedelta(days=365)


class TestPKI:
    """A root, an authority for people and one for nodes, born at `at` (the clock when None).

    Whatever key `esign.keys` can make may be certified here; otherwise the profiles are those of production.
    """

    __test__ = False

    def __init__(self, at: datetime | None = None, *, key: str = "p-256") -> None:
        self.at = at or now()
        self._profiles = _marked_profiles()
        root_key = SoftwareKey(generate(key))
        register = MemoryRegister()
        subject = _subject("Root CA")
        certificate = establish(self._profiles["root"], subject, key=root_key, register=register, at=self.at)
        signer = Signer(root_key, certificate.raw)
        self._root = Authority("root", signer, self._profiles["root"], self._profiles, register)
        self._issuers: dict[str, Authority] = {"root": self._root}
        self._key = key

    @property
    def root(self) -> Certificate:
        """The root certificate."""
        return self._root.certificate

    @property
    def trust(self) -> Trust:
        """The root as an anchor."""
        return Trust((self.root,))

    @property
    def issuing(self) -> Certificate:
        """The certificate of the authority for people."""
        return self.authority("persons").certificate

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates of the authorities that have issued something."""
        return tuple(a.certificate for name, a in self._issuers.items() if name != "root")

    @property
    def crls(self) -> tuple[bytes, ...]:
        """Fresh lists of each authority, DER, valid from the birth for a year."""
        self.authority("persons")
        return tuple(a.crl(self.at, lifetime=_YEAR).raw for a in self._issuers.values())

    def crls_at(self, at: datetime, *, lifetime: timedelta = _YEAR) -> tuple[bytes, ...]:
        """The lists of each authority at a later moment, DER."""
        self.authority("persons")
        return tuple(a.crl(at, lifetime=lifetime).raw for a in self._issuers.values())

    def authority(self, name: str) -> Authority:
        """`root`, `persons` or `infra`, to issue and revoke with by hand."""
        if name not in self._issuers:
            self._issuers[name] = self._establish(name)
        return self._issuers[name]

    def issue(
        self,
        profile: str,
        subject: Subject,
        *,
        key: PrivateKey | None = None,
        at: datetime | None = None,
        not_after: datetime | None = None,
        issuer: str = "persons",
    ) -> Certificate:
        """A certificate of `profile` for the public half of `key` (a fresh P-256 key when None).

        `issuer` is who issues it where the profile lets any authority do so.
        """
        info = public_key_info((key or generate("p-256")).public_key())
        chosen = self._profiles[profile]
        # The key stands here, so its possession needs no proof by a request.
        request = Request(b"", Subject(), info, key_info_name(info))
        by = issuer if chosen.issuer == "any" else chosen.issuer
        return self.authority(by).issue(
            profile, subject, at=at or self.at, request=request, not_after=not_after
        )

    def signer(
        self,
        name: str = "Test Signer",
        *,
        email: str = f"signer@{_DOMAIN}",
        key: str = "p-256",
        profile: str = "officer-sign",
        organization: str = TEST_ORGANIZATION,
        at: datetime | None = None,
    ) -> Signer:
        """A person with a signature key: `name` is the common name, its first word the surname."""
        private = generate(key)
        subject = self._person(profile, name, email, organization)
        certificate = self.issue(profile, subject, key=private, at=at)
        return Signer(SoftwareKey(private), certificate.raw, self._above(profile))

    def decryptor(
        self,
        email: str = f"mailbox@{_DOMAIN}",
        *,
        key: str = "p-256",
        name: str = "Test Recipient",
        organization: str = TEST_ORGANIZATION,
        at: datetime | None = None,
    ) -> Decryptor:
        """A person with a decryption key, RSA or on an elliptic curve."""
        profile = "officer-encrypt-rsa" if key.startswith("rsa") else "officer-encrypt-ec"
        private = generate(key)
        subject = self._person(profile, name, email, organization)
        return Decryptor(private, self.issue(profile, subject, key=private, at=at).raw)

    def seal(self, organization: str = TEST_ORGANIZATION, *, email: str = f"node@{_DOMAIN}") -> Signer:
        """The seal of an agency."""
        private = generate("p-256")
        subject = Subject.of({"organization": organization}, emails=(email,))
        certificate = self.issue("agency-seal-mail", subject, key=private)
        return Signer(SoftwareKey(private), certificate.raw, self._above("agency-seal-mail"))

    def node(self, host: str = f"mx.{_DOMAIN}") -> Signer:
        """The TLS identity of a node."""
        private = generate("p-256")
        subject = Subject.of({"organization": TEST_ORGANIZATION}, dns_names=(host,))
        certificate = self.issue("relay-tls", subject, key=private)
        return Signer(SoftwareKey(private), certificate.raw, self._above("relay-tls"))

    def time_stamper(
        self,
        at: datetime | Callable[[], datetime] | None = None,
        *,
        issued: datetime | None = None,
        key: str = "p-256",
        name: str = "Test TSA",
    ) -> TimeStamper:
        """A time-stamp authority: TimeStampReq in, TimeStampResp out.

        It stamps at `at`, a moment or a clock (that of the machine when None). Its certificate is born at
        `issued`; when None at that moment, or with a clock at the birth of the PKI.
        """
        clock = _clock(at)
        born = issued or (at if isinstance(at, datetime) else self.at)
        signer = self.stamping_signer(at=born, key=key, name=name)
        authority = TimeStampAuthority(signer, TEST_TIME_STAMP_POLICY)

        def stamp(request: bytes) -> bytes:
            return authority.answer(request, at=clock(), serial=secrets.randbits(63) + 1)

        return stamp

    def stamping_signer(
        self, *, at: datetime | None = None, key: str = "p-256", name: str = "Test TSA"
    ) -> Signer:
        """Who makes time stamps, certified at `at`."""
        private = generate(key)
        subject = Subject.of({"organization": TEST_ORGANIZATION, "common_name": name})
        certificate = self.issue("tsa", subject, key=private, at=at)
        return Signer(SoftwareKey(private), certificate.raw, self._above("tsa"))

    def ocsp(self, certificate: Certificate, *, at: datetime | None = None, delegated: bool = True) -> bytes:
        """The OCSPResponse of the issuer of `certificate` about it, DER; it holds for twelve hours from `at`.

        It is signed by a responder that the issuer certified, or by the issuer itself.

        Raises:
            ValueError: nobody here has issued it.
        """
        moment = (at or self.at).replace(microsecond=0)
        for name, authority in self._issuers.items():
            if authority.certificate.subject == certificate.issuer:
                signer = self._responder(name, moment) if delegated else authority.signer
                source = Source(authority.certificate, authority.register, as_of=moment)
                request = OCSPRequest.about((certificate,), authority.certificate)
                return Responder(signer, source).answer(request.encode(), at=moment)
        raise ValueError("a certificate of another authority")

    def _responder(self, issuer: str, at: datetime) -> Signer:
        private = generate("p-256")
        subject = Subject.of({"organization": TEST_ORGANIZATION, "common_name": "Test OCSP"})
        certificate = self.issue("ocsp", subject, key=private, at=at, issuer=issuer)
        return Signer(SoftwareKey(private), certificate.raw)

    def revoke(
        self,
        holder: Signer | Decryptor | Certificate,
        *,
        reason: str = "keyCompromise",
        at: datetime | None = None,
    ) -> None:
        """Revoke somebody's certificate; it stands on `crls` from then on."""
        octets = holder.raw if isinstance(holder, Certificate) else holder.certificate
        if octets is None:
            raise ValueError("a decryptor without a certificate cannot be revoked")
        certificate = Certificate.load(octets)
        for authority in self._issuers.values():
            if authority.certificate.subject == certificate.issuer:
                authority.revoke(certificate.serial_number, at=at or self.at, reason=reason)

    def _person(self, profile: str, name: str, email: str, organization: str) -> Subject:
        surname, _, given_name = name.partition(" ")
        attributes = {"surname": surname, "given_name": given_name or surname, "common_name": name}
        allowed = self._profiles[profile].subject.allowed
        if organization and "organization" in allowed:
            attributes["organization"] = organization
        if "pinfl" in allowed:
            attributes["pinfl"] = "31201901234563"
        takes_mail = "emailProtection" in self._profiles[profile].extended_key_usage
        return Subject.of(attributes, emails=(email,) if takes_mail else ())

    def _above(self, profile: str) -> tuple[bytes, ...]:
        return (self.authority(self._profiles[profile].issuer).certificate.raw,)

    def _establish(self, name: str) -> Authority:
        profile = self._profiles[{"persons": "issuing-person", "infra": "issuing-infra"}[name]]
        key = SoftwareKey(generate(self._key))
        info = public_key_info(key.public_key)
        certificate = self._root.issue(
            profile.name, _subject(f"{name.title()} CA"), at=self.at, public_key_info=info
        )
        signer = Signer(key, certificate.raw, (self.root.raw,))
        return Authority(name, signer, profile, self._profiles, MemoryRegister())


def _clock(at: datetime | Callable[[], datetime] | None) -> Callable[[], datetime]:
    if at is None:
        return now
    return (lambda: at) if isinstance(at, datetime) else at


def _subject(title: str) -> Subject:
    attributes = {"country": "UZ", "organization": TEST_ORGANIZATION}
    return Subject.of({**attributes, "common_name": f"{TEST_ORGANIZATION} {title}"})


def _marked_profiles() -> Mapping[str, Profile]:
    return MappingProxyType({name: _marked(profile) for name, profile in certificate_profiles().items()})


def _marked(profile: Profile) -> Profile:
    if profile.ca:
        return profile
    keys = profile.keys if profile.signs is False else _SIGNING_KEYS
    if "keyEncipherment" in profile.key_usage:
        keys = tuple(name for name in KEY_NAMES if name.startswith("rsa"))
    if "keyAgreement" in profile.key_usage:
        keys = ("p-256", "p-384", "p-521")
    return profile.model_copy(update={"keys": keys, "policies": (*profile.policies, TEST_POLICY)})

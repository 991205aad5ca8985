"""An authority in a folder that has issued one certificate of each profile, for judges that are not ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from esign.ca.authority import public_key_info
from esign.ca.request import Request, Subject, read
from esign.io.authority import CertificateAuthority
from esign.keys import generate
from esign.x509 import Certificate
from tests.esign.ca.requests import make_request
from tests.peers import require, run

NOW = datetime.now(UTC).replace(microsecond=0)
BORN = NOW - timedelta(days=2)
ISSUED = NOW - timedelta(days=1)
AUTHORITIES = ("root", "persons", "infra")


@dataclass(frozen=True)
class Holder:
    """How one certificate is asked for; its key cannot sign a request when it is of ML-KEM."""

    profile: str
    attributes: dict[str, str]
    email: str = ""
    host: str = ""
    key: str = "p-256"
    issuer: str = "persons"

    @property
    def subject(self) -> Subject:
        """What the registrar states."""
        emails, hosts = ((name,) if name else () for name in (self.email, self.host))
        return Subject.of(self.attributes, emails=emails, dns_names=hosts)


_NAMES = {"surname": "Aliyev", "given_name": "Vali"}
_CITIZEN = {**_NAMES, "pinfl": "31201901234563"}
_AGENCY = {"organization": "Agentlik", "stir": "301234567"}
_OFFICER = {**_CITIZEN, **_AGENCY, "title": "Bosh mutaxassis"}
_SERVICE = {"organization": "Markaz", "common_name": "Markaz Service"}
_OWN, _DESK = "v.aliyev@agency.exat.uz", "devon@agency.exat.uz"
_GATE = "@agency.exat.uz"
HOLDERS = {
    "agency-seal": Holder("agency-seal", _AGENCY),
    "agency-seal-mail": Holder("agency-seal-mail", _AGENCY, _DESK),
    "officer-sign": Holder("officer-sign", _OFFICER, _OWN),
    "officer-sign-rsa": Holder("officer-sign", _OFFICER, _OWN, key="rsa-3072"),
    "officer-sign-cyrillic": Holder("officer-sign", _OFFICER, "вали@agency.exat.uz"),
    "officer-sign-ml-dsa": Holder("officer-sign", _OFFICER, _OWN, key="ml-dsa-65"),
    "officer-encrypt-ec": Holder("officer-encrypt-ec", _OFFICER, _OWN),
    "officer-encrypt-rsa": Holder("officer-encrypt-rsa", _OFFICER, _OWN, key="rsa-3072"),
    "officer-encrypt-ml-kem": Holder("officer-encrypt-ml-kem", _OFFICER, _OWN, key="ml-kem-768"),
    "mailbox-encrypt": Holder("mailbox-encrypt", _AGENCY, _DESK),
    "citizen-sign": Holder("citizen-sign", {**_CITIZEN, "user_id": "401234567"}),
    "business-sign": Holder("business-sign", {**_OFFICER, "user_id": "401234567"}),
    "gateway-domain-encrypt": Holder(
        "gateway-domain-encrypt", _AGENCY, f"domain-confidentiality-authority{_GATE}"
    ),
    "gateway-domain-encrypt-ml-kem": Holder(
        "gateway-domain-encrypt-ml-kem",
        _AGENCY,
        f"domain-confidentiality-authority{_GATE}",
        key="ml-kem-768",
    ),
    "gateway-domain-sign": Holder("gateway-domain-sign", _AGENCY, f"domain-signing-authority{_GATE}"),
    "ra-operator": Holder("ra-operator", {**_NAMES, "organization": "Markaz"}),
    "relay-tls": Holder(
        "relay-tls",
        {"organization": "Agentlik", "locality": "Toshkent"},
        host="mx.agency.exat.uz",
        issuer="infra",
    ),
    "tsa": Holder("tsa", _SERVICE, issuer="infra"),
    "ocsp": Holder("ocsp", _SERVICE),
}
POST_QUANTUM = tuple(name for name, holder in HOLDERS.items() if holder.key.startswith("ml-"))
CLASSICAL = tuple(name for name in HOLDERS if name not in POST_QUANTUM)
"""Those with keys that programs of 2022 know."""


class Issued:
    """The authority, what it issued by name of `HOLDERS` and `AUTHORITIES`, a revoked one, and its lists."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ca"
        self.ca = CertificateAuthority.create(
            self.folder,
            organization="Markaz",
            passphrase="a passphrase",
            at=BORN,
            crl_url="http://pki.exat.uz/{name}.crl",
            issuer_url="http://pki.exat.uz/{name}.cer",
        )
        self.keys: dict[str, Any] = {}
        self.certificates = {name: self._issue(name) for name in HOLDERS}
        self.revoked = self._issue("officer-sign")
        self.ca.revoke(self.revoked.serial_number, at=ISSUED, reason="keyCompromise")
        self.crls = self.ca.publish_crls(at=ISSUED)
        for name in AUTHORITIES:
            self.certificates[name] = self.ca.authority(name).certificate

    def _issue(self, name: str) -> Certificate:
        holder = HOLDERS[name]
        key = self.keys[name] = generate(holder.key)
        request = _request(key, holder.key)
        return self.ca.issue(holder.profile, holder.subject, at=ISSUED, request=request, issuer=holder.issuer)

    def file(self, name: str, certificate: Certificate) -> Path:
        """The certificate as a PEM file."""
        path = self.folder.parent / f"{name}.pem"
        path.write_bytes(certificate.pem)
        return path

    def lists(self, *names: str) -> Path:
        """The lists of these authorities in one file, PEM."""
        path = self.folder.parent / f"{'-'.join(names)}.lists.pem"
        openssl = [require("openssl"), "crl", "-inform", "DER"]
        path.write_bytes(b"".join(run(openssl, input=self.crls[name].raw).stdout for name in names))
        return path


def _request(key: Any, name: str) -> Request:
    if name.startswith("ml-kem-"):
        # Such a key signs nothing; possession is stated by other means.
        return Request(b"", Subject(), public_key_info(key.public_key()), name)
    return read(make_request(key))

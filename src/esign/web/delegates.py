"""The keys that services sign with: each in one file of the authority's folder, replaced before it ends.

    services/ocsp-persons.p12      who answers about the certificates of `persons`
    services/tsa.p12               who makes time stamps

Each file is PKCS#12 under the passphrase of the folder: key, certificate and those above it appear together
or not at all. A successor is certified by the authority while the authority's key is in the folder; elsewhere
the certificate runs out, and that is told in time.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from esign.ca import request as requests
from esign.ca.request import Subject
from esign.errors import EsignError, KeyUnavailable
from esign.extensions import private_key_usage_period
from esign.findings import Finding
from esign.io import disk, keystore
from esign.io.authority import AUTHORITIES, CertificateAuthority
from esign.keys import Signer, load_private_key
from esign.x509 import Certificate

FOLDER: Final = "services"
_KEY: Final = "p-256"


@dataclass(frozen=True, slots=True)
class Post:
    """A service that signs: the name of its file, whose profile it is certified by, and by whom."""

    name: str
    profile: str
    issuer: str

    def path(self, folder: Path) -> Path:
        """Where its key and certificate lie."""
        return folder / FOLDER / f"{self.name}.p12"


OCSP: Final = {name: Post(f"ocsp-{name}", "ocsp", name) for name in AUTHORITIES}
TSA: Final = Post("tsa", "tsa", "infra")


def term(certificate: Certificate) -> tuple[datetime, datetime]:
    """From when and until when its key signs: the certificate's time, or the key's where that is shorter."""
    since, until = private_key_usage_period(certificate.extensions)
    first = max(certificate.not_before, since or certificate.not_before)
    return first, min(certificate.not_after, until or certificate.not_after)


def is_waning(certificate: Certificate, *, at: datetime) -> bool:
    """Whether less than a quarter of its time is left: a successor is due."""
    since, until = term(certificate)
    return at >= until - (until - since) / 4


def filled(
    authority: CertificateAuthority, post: Post, passphrase: str, *, at: datetime
) -> tuple[Signer | None, tuple[Finding, ...]]:
    """Who signs for `post` at `at`: who stands, or a successor made now; and what somebody should know.

    Nobody, when there is none and none can be made here.
    """
    try:
        standing = _standing(authority.folder, post, passphrase)
    except (EsignError, OSError) as e:
        return None, (Finding.error("service-signer-missing", where=post.name, reason=reason_of(e)),)
    own = None if standing is None else Certificate.load(standing.certificate)
    if own is not None and not is_waning(own, at=at):
        return standing, ()
    try:
        return _successor(authority, post, passphrase, at), ()
    except (EsignError, OSError) as e:
        if own is None or term(own)[1] <= at:
            return None, (Finding.error("service-signer-missing", where=post.name, reason=reason_of(e)),)
        until = term(own)[1].isoformat()
        return standing, (
            Finding.warning("service-signer-ends", where=post.name, until=until, reason=reason_of(e)),
        )


def _standing(folder: Path, post: Post, passphrase: str) -> Signer | None:
    try:
        return Signer.from_pkcs12(post.path(folder).read_bytes(), passphrase)
    except FileNotFoundError:
        return None


def _successor(authority: CertificateAuthority, post: Post, passphrase: str, at: datetime) -> Signer:
    """A new key, certified now; before anything is written down the authority's own key is tried."""
    own = authority.folder / post.issuer / "key.pem"
    if not own.exists():
        raise KeyUnavailable(reason=f"the key of {post.issuer} is not here")
    load_private_key(own.read_bytes(), passphrase)
    issuer = authority.authority(post.issuer)
    key, asked = keystore.new_request({}, key=_KEY, passphrase=passphrase)
    settings = authority.settings
    names = {
        "country": settings.country,
        "organization": settings.organization,
        "common_name": f"{post.profile.upper()} {post.issuer} {at:%Y-%m-%d}",
    }
    made = authority.issue(
        post.profile, Subject.of(names), at=at, request=requests.read(asked), issuer=post.issuer
    )
    chain = (made, issuer.certificate)
    packed = keystore.to_pkcs12(key, chain, passphrase=passphrase, key_passphrase=passphrase, name=post.name)
    path = post.path(authority.folder)
    if not path.parent.exists():
        disk.make_private_folder(path.parent)
    disk.write_private(path, packed)
    return Signer.from_pkcs12(packed, passphrase)


def reason_of(error: EsignError | OSError) -> str:
    """What went wrong, in a few words, without the name of a file."""
    return error.message if isinstance(error, EsignError) else error.strerror or type(error).__name__

"""Issuance in two acts: prepare what will be signed and lint it, then sign exactly that.

`prepare` writes the certificate, signs it with a key that is thrown away, and lints the result. `sign` takes
nothing but what `prepare` made, whole and for this issuer; a certificate that was not linted cannot be signed
here.

    prepared = prepare(profile, subject, issuer=authority, public_key_info=key, serial=new_serial(), at=at)
    certificate = sign(prepared, authority_key)
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from esign.algorithms import PrivateKey, PublicKey, SignatureScheme, describe_key
from esign.ca.lint import lint
from esign.ca.profile import Profile
from esign.ca.request import Subject, key_name
from esign.ca.template import (
    UNPUBLISHED,
    Contents,
    Issuer,
    Publication,
    assemble,
    issuing_scheme,
    key_identifier,
    subject_name,
    write,
)
from esign.errors import IssuanceRefused
from esign.findings import Finding, Severity
from esign.keys import SigningKey, generate
from esign.x509 import Certificate, load_public_key

_SEAL_KEY: Final = secrets.token_bytes(32)
_SERIAL_BITS: Final = 158


@dataclass(frozen=True, slots=True)
class Prepared:
    """A linted template: `template` is the certificate under a throw-away signature, `findings` what lint
    says.

    `issuer` is None for a root. Made by `prepare` alone: `seal` binds all of it, for the life of the process.
    """

    profile: Profile
    template: Certificate
    issuer: Certificate | None
    findings: tuple[Finding, ...]
    seal: bytes = field(repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether lint found no error, so that `sign` will sign it."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid the signature."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)


def new_serial() -> int:
    """A serial number of 20 octets with 158 random bits; positive, never with a leading zero octet."""
    return secrets.randbits(_SERIAL_BITS) | 1 << _SERIAL_BITS


def prepare(
    profile: Profile,
    subject: Subject,
    *,
    issuer: Certificate | None,
    public_key_info: bytes,
    serial: int,
    at: datetime,
    not_after: datetime | None = None,
    publication: Publication = UNPUBLISHED,
    notes: tuple[Finding, ...] = (),
) -> Prepared:
    """The certificate that would be issued, linted; `issuer` is None for a root, `notes` join the findings.

    It is valid from `at` less the profile's allowance for slow clocks, but not before its issuer, to
    `not_after` or the end of the profile's days. A certificate that would outlive its issuer is a finding,
    not shortened silently.

    Raises:
        UnsupportedAlgorithm: `unsupported-algorithm` for a key that is not in the table.
        MalformedInput: values that cannot be written into a certificate at all.
    """
    start = _whole(at) - timedelta(seconds=profile.backdate_seconds)
    if issuer is not None:
        start = max(start, issuer.not_before)
    end = _whole(not_after) if not_after else start + timedelta(days=profile.days, seconds=-1)
    contents = Contents(subject, public_key_info, serial, start, end, publication)
    public_key = load_public_key(issuer.public_key_info if issuer else public_key_info)
    above = _issuer(issuer, contents, issuing_scheme(public_key))
    tbs = write(profile, contents, above)
    signature = above.scheme.sign(_throw_away_key(_like(public_key)), tbs)
    template = Certificate.load(assemble(tbs, above.scheme, signature))
    findings = (*lint(template, profile, issuer=issuer), *notes)
    return Prepared(profile, template, issuer, findings, _seal(profile, template, issuer, findings))


def sign(prepared: Prepared, key: SigningKey) -> Certificate:
    """The certificate: the linted octets under the issuer's signature.

    Raises:
        IssuanceRefused: `lint-refused` when lint found an error, `prepared-by-another` when `prepared` is not
            as `prepare` made it, `issuer-key-mismatch` when `key` is not the issuer's.
    """
    seal = _seal(prepared.profile, prepared.template, prepared.issuer, prepared.findings)
    if not hmac.compare_digest(seal, prepared.seal):
        raise IssuanceRefused("prepared-by-another")
    if errors := prepared.errors:
        codes = ", ".join(dict.fromkeys(f.code for f in errors))
        raise IssuanceRefused("lint-refused", found=errors[0].message, codes=codes)
    template = prepared.template
    public_key = (prepared.issuer or template).public_key
    scheme = issuing_scheme(public_key)
    if key.public_key != public_key:
        raise IssuanceRefused("issuer-key-mismatch")
    signature = key.sign(scheme, template.tbs)
    # A faulty signature can give the key away, so what is not good never leaves.
    if not scheme.is_valid(public_key, signature, template.tbs):
        raise IssuanceRefused("issuer-key-mismatch")
    return Certificate.load(assemble(template.tbs, scheme, signature))


def _issuer(issuer: Certificate | None, contents: Contents, scheme: SignatureScheme) -> Issuer:
    if issuer is None:
        return Issuer(subject_name(contents.subject), key_identifier(contents.public_key_info), scheme)
    identifier = issuer.subject_key_identifier or key_identifier(issuer.public_key_info)
    return Issuer(issuer.subject.raw, identifier, scheme)


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _like(public_key: PublicKey) -> str:
    """The name of a key that signs by the same scheme; for RSA the quickest to make."""
    return "rsa-2048" if describe_key(public_key).kind == "rsa" else key_name(public_key)


@lru_cache(maxsize=8)
def _throw_away_key(name: str) -> PrivateKey:
    """Cached by its kind: it belongs to nobody, and no one can tell its signatures from an unknown
    authority's.
    """
    return generate(name)


def _seal(
    profile: Profile, template: Certificate, issuer: Certificate | None, findings: tuple[Finding, ...]
) -> bytes:
    above = issuer.raw if issuer else b""
    parts = (profile.model_dump_json().encode(), template.raw, above, repr(findings).encode())
    bound = hmac.new(_SEAL_KEY, digestmod=hashlib.sha256)
    for part in parts:
        bound.update(len(part).to_bytes(8, "big") + part)
    return bound.digest()

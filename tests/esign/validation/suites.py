"""The cases of NIST's PKITS and of x509-limbo, in one form, as every judge of paths is asked them.

PKITS is of 2010: SHA-1, RSA keys of 1024 bits and DSA count under its policy. x509-limbo speaks of TLS; its
cases about TLS alone, or about machines on the network, are left out.
"""

import email
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes

from esign.algorithms import SHA1, AlgorithmIdentifier, SignatureScheme
from esign.cms import SignedData, read_pem_or_der
from esign.encoded import der_of
from esign.errors import EsignError
from esign.findings import Indication
from esign.validation.path import validate_path
from esign.validation.policy import DigestRule, KeyRule, Policy, Revocation
from esign.validation.policy_tree import PolicyInputs
from esign.validation.report import PathReport
from esign.x509 import Certificate, CertificateList, Trust
from tests import peers

PKITS_TIME = datetime(2015, 1, 1, tzinfo=UTC)
DSA_SHA1 = "1.2.840.10040.4.3"
_LIMBO_TIME = datetime(2024, 6, 1, tzinfo=UTC)
_OF_TLS = ("webpki::", "online::", "bettertls::")
_USAGES = {"CLIENT": "tls-client", "SERVER": "tls-server"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case: octets as they came (DER), what is asked, whether the suite holds it `valid`, its `entry`."""

    name: str
    certificate: bytes
    anchors: tuple[bytes, ...]
    pool: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    at: datetime
    valid: bool
    revocation: Revocation
    usage: str | None
    policies: PolicyInputs
    entry: dict[str, Any]

    def judge(self, policy: Policy) -> PathReport | None:
        """Our verdict; None when certificate or anchor cannot be read. What else cannot be is passed over."""
        try:
            return validate_path(
                Certificate.load(self.certificate),
                pool=_readable(Certificate, self.pool),
                trust=Trust(tuple(map(Certificate.load, self.anchors))),
                crls=_readable(CertificateList, self.crls),
                at=self.at,
                usage=self.usage,
                revocation=self.revocation,
                policies=self.policies,
                policy=policy,
            )
        except EsignError:
            return None


def passed(report: PathReport | None) -> bool:
    """Whether a verdict is the good one."""
    return report is not None and report.indication is Indication.PASSED


@cache
def _readable(kind: Any, blobs: tuple[bytes, ...]) -> tuple[Any, ...]:
    found = []
    for octets in blobs:
        try:
            found.append(kind.load(octets))
        except EsignError:
            continue
    return tuple(found)


def lenient(policy: Policy) -> Policy:
    """`policy` with what was good in 2010: SHA-1, short RSA keys, DSA."""
    keys = (*policy.keys, KeyRule("rsa", 1024), KeyRule("DSAPublicKey"))
    return replace(policy, digests=(*policy.digests, DigestRule("sha1")), keys=keys)


def dsa() -> SignatureScheme:
    """A row that no policy but `lenient` admits."""
    return SignatureScheme(
        "dsa-sha1",
        AlgorithmIdentifier(DSA_SHA1),
        "",
        SHA1,
        SHA1,
        lambda key, signature, message: key.verify(signature, message, hashes.SHA1()),  # noqa: S303
        lambda key, message: key.sign(message, hashes.SHA1()),  # noqa: S303
    )


@cache
def pkits() -> tuple[Case, ...]:
    """Every case with its own policy inputs, over all certificates and lists of the suite."""
    folder = peers.corpus("pkits")
    pool, crls = (_files(pattern) for pattern in ("certs/*.crt", "crls/*.crl"))
    entries = json.loads((folder / "index.json").read_text("utf-8"))["entries"]
    return tuple(
        Case(
            name=entry["test"],
            certificate=_signer((folder / entry["file"]).read_bytes()),
            anchors=((folder / entry["trust"]).read_bytes(),),
            pool=pool,
            crls=crls,
            at=PKITS_TIME,
            valid=entry["expected"] == "valid",
            revocation=Revocation.REQUIRE,
            usage=None,
            policies=PolicyInputs.of(
                entry["initial_policies"],
                require_explicit=entry["explicit_policy"],
                inhibit_any=entry["inhibit_any"],
                inhibit_mapping=entry["inhibit_map"],
            ),
            entry=entry,
        )
        for entry in entries
    )


def _files(pattern: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(peers.corpus("pkits").glob(pattern)))


def _signer(message: bytes) -> bytes:
    """The certificate that signed a message; where none that can be read did, one that cannot be."""
    parts = email.message_from_bytes(message).walk()
    signature = next(p for p in parts if "pkcs7-signature" in p.get_content_type())
    signed = SignedData.read(read_pem_or_der(bytes(signature.get_payload(decode=True))))
    readable = {c.raw: c for c in _readable(Certificate, signed.certificates)}
    named = (raw for raw, c in readable.items() if signed.signer_infos[0].names(c))
    broken = (raw for raw in signed.certificates if raw not in readable)
    return next(named, None) or next(broken)


@cache
def limbo() -> tuple[Case, ...]:
    """The cases that speak neither of TLS alone nor of a network."""
    found = json.loads((peers.corpus("limbo") / "limbo.json").read_text("utf-8"))["testcases"]
    return tuple(
        Case(
            name=entry["id"],
            certificate=_der(entry["peer_certificate"]),
            anchors=tuple(map(_der, entry["trusted_certs"])),
            pool=tuple(map(_der, entry["untrusted_intermediates"])),
            crls=tuple(_der(block, "X509 CRL") for block in entry.get("crls", [])),
            at=_instant(entry["validation_time"]),
            valid=entry["expected_result"] == "SUCCESS",
            revocation=Revocation.UNSAFE_IF_SUPPLIED,
            usage=_USAGES[entry["validation_kind"]] if entry["extended_key_usage"] else None,
            policies=PolicyInputs(),
            entry=entry,
        )
        for entry in found
        if not entry["id"].startswith(_OF_TLS)
    )


def _der(block: str, label: str = "CERTIFICATE") -> bytes:
    return der_of(block.encode(), (label,))[0]


def _instant(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else _LIMBO_TIME

"""How an agency's entries travel: JSON of the schema `exat.directory/1` under the agency's seal.

A bundle is believed at first contact only with a fingerprint that was compared by people, and afterwards
never turned back.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import esign
from esign import Certificate, CertificateList, EsignError, Finding, Indication, Report, Signer, Trust
from exat import canonical
from exat.address import Address, parse_domain
from exat.canonical import Fields, MalformedJSON
from exat.directory.entries import is_seal_of, material_of
from exat.errors import DirectoryError, MalformedAddress
from exat.records import Agency, AuthorisedSigner, Mailbox

SCHEMA: Final = "exat.directory/1"
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
_PEM: Final = re.compile(rb"-----BEGIN CMS-----\s+([A-Za-z0-9+/=\s]+?)-----END CMS-----")
_PEM_LINE: Final = 64


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an agency says about itself, verified; `raw` is as received, `report` the verdict on its seal."""

    agency: Agency
    serial: int
    issued_at: datetime
    expires_at: datetime
    raw: bytes = field(repr=False)
    report: Report = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What stands in a bundle, not verified."""

    agency: Agency
    serial: int
    issued_at: datetime
    expires_at: datetime


def encode(agency: Agency, *, serial: int, issued_at: datetime, expires_at: datetime) -> bytes:
    """A bundle before it is signed: canonical JSON, certificates and lists as base64 of DER."""
    return canonical.write(
        {
            "schema": SCHEMA,
            "serial": serial,
            "issued_at": canonical.instant(issued_at),
            "expires_at": canonical.instant(expires_at),
            "agency": {
                "domain": agency.domain,
                "name": agency.name,
                "node": agency.node,
                "relay": {"host": agency.host, "port": agency.port},
                "seal": canonical.octets(agency.seal.raw),
                "roots": _encoded(agency.roots),
                "intermediates": _encoded(agency.intermediates),
                "crls": _encoded(agency.crls),
                "mailboxes": [_encode_mailbox(mailbox) for mailbox in agency.mailboxes],
            },
        }
    )


def _encoded(items: Iterable[Certificate | CertificateList]) -> list[str]:
    return [canonical.octets(item.raw) for item in items]


def _encode_mailbox(mailbox: Mailbox) -> dict[str, object]:
    return {
        "address": str(mailbox.address),
        "name": mailbox.name,
        "encryption": _encoded(mailbox.encryption),
        "signers": [
            {
                "certificate": canonical.octets(signer.certificate.raw),
                "name": signer.name,
                "encryption": None if signer.encryption is None else canonical.octets(signer.encryption.raw),
            }
            for signer in mailbox.signers
        ],
    }


def sign_bundle(content: bytes, seal: Signer, *, at: datetime) -> bytes:
    """A bundle as it is handed over: CMS with the content inside, signed by the agency's seal, PEM."""
    text = base64.b64encode(esign.sign(content, seal, at=at) or b"")
    lines = [text[start : start + _PEM_LINE] for start in range(0, len(text), _PEM_LINE)]
    return b"\n".join((b"-----BEGIN CMS-----", *lines, b"-----END CMS-----", b""))


def claims(data: bytes) -> Agency:
    """What a bundle claims, for people to look at. Nothing is verified: never act on it.

    Raises:
        DirectoryError: `bundle-malformed`.
    """
    return _read_content(_signed(data)).agency


def read_bundle(
    data: bytes, *, at: datetime, root_fingerprint: str | None = None, known: Bundle | None = None
) -> Bundle:
    """A bundle, believed: sealed under a root that people confirmed or that is known already.

    `data` is PEM or DER and may be hostile. `root_fingerprint` is the SHA-256 of the root certificate in hex,
    with or without colons, as it was confirmed; `known` is the last bundle of the same agency.

    Raises:
        DirectoryError: `bundle-malformed`, `bundle-signature-invalid`, `bundle-expired`,
        `bundle-not-yet-valid`,
            `bundle-rollback`, `bundle-other-agency`, `bundle-root-changed`, `fingerprint-needed` (its
            `values` hold the `fingerprint` to compare), `fingerprint-mismatch`.
    """
    signed = _signed(data)
    claim = _read_content(signed)
    _check_times(claim, at)
    trust = Trust(_confirmed_roots(claim.agency, root_fingerprint, known))
    report = _judge_seal(signed, claim.agency, trust, at)
    # A root that nobody confirmed is not believed because it came along with one that was.
    agency = replace(claim.agency, roots=trust.anchors)
    bundle = Bundle(agency, claim.serial, claim.issued_at, claim.expires_at, data, report)
    if known is not None:
        _check_succession(bundle, known)
    return bundle


def _confirmed_roots(
    agency: Agency, fingerprint: str | None, known: Bundle | None
) -> tuple[Certificate, ...]:
    found = agency.roots[0].fingerprint
    if fingerprint is not None:
        wanted = re.sub(r"[:\s]", "", fingerprint).lower()
        chosen = tuple(root for root in agency.roots if root.fingerprint == wanted)
        if not chosen:
            raise _error("fingerprint-mismatch", agency, wanted=wanted, found=found)
        return chosen
    if known is None:
        raise _error("fingerprint-needed", agency, fingerprint=found)
    familiar = {root.raw for root in known.agency.roots}
    strange = [root for root in agency.roots if root.raw not in familiar]
    if strange:
        raise _error("bundle-root-changed", agency, found=strange[0].fingerprint)
    return agency.roots


def _judge_seal(signed: bytes, agency: Agency, trust: Trust, at: datetime) -> Report:
    """Exactly one signature, by the seal that the bundle names, TOTAL-PASSED under the confirmed root."""
    report = esign.verify(signed, trust=trust, at=at, material=material_of(agency))
    signers = [signature.certificate for signature in report.signatures]
    if len(signers) != 1 or signers[0] is None or signers[0].raw != agency.seal.raw:
        raise _error("bundle-signature-invalid", agency, found="the signer is not the agency's seal")
    if not is_seal_of(agency.seal, agency.domain):
        raise _error("bundle-signature-invalid", agency, found="the certificate is no seal of the domain")
    if report.indication is not Indication.TOTAL_PASSED:
        reasons = "; ".join(f.message for f in _reasons(report)[:3])
        raise _error("bundle-signature-invalid", agency, found=reasons or report.indication.value)
    return report


def _reasons(report: Report) -> list[Finding]:
    found = [*report.findings, *(f for signature in report.signatures for f in signature.findings)]
    return [f for f in found if f.severity.value != "info"]


def _check_times(claim: _Claim, at: datetime) -> None:
    if claim.issued_at > at + MAX_CLOCK_SKEW:
        raise _error("bundle-not-yet-valid", claim.agency, issued_at=canonical.instant(claim.issued_at))
    if claim.expires_at <= at:
        raise _error("bundle-expired", claim.agency, expires_at=canonical.instant(claim.expires_at))


def _check_succession(bundle: Bundle, known: Bundle) -> None:
    if bundle.agency.domain != known.agency.domain:
        raise _error(
            "bundle-other-agency", bundle.agency, found=bundle.agency.domain, known=known.agency.domain
        )
    turned_back = bundle.serial < known.serial
    if turned_back or (bundle.serial == known.serial and bundle.raw != known.raw):
        raise _error("bundle-rollback", bundle.agency, found=bundle.serial, known=known.serial)


def _signed(data: bytes) -> bytes:
    """The CMS octets of a bundle in PEM, or the octets as they are."""
    if not data.lstrip().startswith(b"-----"):
        return data
    blocks = _PEM.findall(data)
    if len(blocks) != 1:
        raise _malformed(f"found {len(blocks)} PEM blocks, wanted one of CMS")
    try:
        return base64.b64decode(re.sub(rb"\s", b"", blocks[0]), validate=True)
    except binascii.Error as e:
        raise _malformed("found broken base64") from e


def _read_content(signed: bytes) -> _Claim:
    try:
        content = esign.attached_content(signed)
        if content is None:
            raise _malformed("found a signature without the bundle in it")
        fields = canonical.read(content)
        if (schema := fields.text("schema")) != SCHEMA:
            raise _malformed(f"found the schema {schema[:40]}, wanted {SCHEMA}")
        agency = _read_agency(fields.fields("agency"))
        return _Claim(
            agency, fields.number("serial"), fields.instant("issued_at"), fields.instant("expires_at")
        )
    except EsignError as e:
        raise _malformed(e.message) from e
    except (MalformedJSON, MalformedAddress) as e:
        raise _malformed(f"{e.message}, in {e.where}" if e.where else e.message) from e


def _read_agency(fields: Fields) -> Agency:
    relay = fields.fields("relay")
    port = relay.number("port")
    roots = tuple(Certificate.load(der) for der in fields.each_octets("roots"))
    mailboxes = tuple(_read_mailbox(item) for item in fields.each("mailboxes"))
    if not 0 < port < 65536:
        raise MalformedJSON("malformed-json", f"found the port {port}", where=f"{relay.where}.port")
    if not roots:
        raise MalformedJSON("malformed-json", "found no root certificate", where=f"{fields.where}.roots")
    if len({mailbox.address.key for mailbox in mailboxes}) != len(mailboxes):
        raise MalformedJSON("malformed-json", "found a mailbox twice", where=f"{fields.where}.mailboxes")
    return Agency(
        domain=Address("postmaster", parse_domain(fields.text("domain"), smtputf8=True)).domain_key,
        name=fields.text("name"),
        node=parse_domain(fields.text("node")),
        host=_host(relay),
        port=port,
        seal=Certificate.load(fields.octets("seal")),
        roots=roots,
        intermediates=tuple(Certificate.load(der) for der in fields.each_octets("intermediates")),
        crls=tuple(CertificateList.load(der) for der in fields.each_octets("crls")),
        mailboxes=mailboxes,
    )


def _host(relay: Fields) -> str:
    """A DNS name, or an address of digits, dots and colons: nothing that a resolver interprets."""
    host = relay.text("host")
    if re.fullmatch(r"[0-9A-Fa-f.:]{2,45}", host):
        return host
    return parse_domain(host)


def _read_mailbox(fields: Fields) -> Mailbox:
    return Mailbox(
        address=Address.parse(fields.text("address"), smtputf8=True),
        name=fields.text("name"),
        encryption=tuple(Certificate.load(der) for der in fields.each_octets("encryption")),
        signers=tuple(_read_signer(item) for item in fields.each("signers")),
    )


def _read_signer(fields: Fields) -> AuthorisedSigner:
    encryption = Certificate.load(fields.octets("encryption")) if fields.has("encryption") else None
    return AuthorisedSigner(Certificate.load(fields.octets("certificate")), fields.text("name"), encryption)


def _malformed(found: str) -> DirectoryError:
    return DirectoryError("bundle-malformed", found, values={"found": found})


def _error(code: str, agency: Agency, **values: object) -> DirectoryError:
    said = {"agency": agency.name or agency.domain, **values}
    message = ", ".join(f"{name} {value}" for name, value in said.items())
    return DirectoryError(code, message, values=said)

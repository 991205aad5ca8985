"""Who is who: mailboxes, the keys that letters are encrypted to, the signers that may sign for them.

A `Directory` is this agency and its peers, indexed once. What an agency says about itself travels as a
bundle: JSON of the schema `exat.directory/1`, signed by the agency's seal, believed at first contact only
with a fingerprint that was compared by people, and afterwards never turned back. Whether a certificate is
valid is not asked here.

    directory.mailbox(Address.parse("kanselyariya@adliya.uz")).encryption[0]
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import esign
from esign import Certificate, CertificateList, EsignError, Finding, Indication, Report, Signer, Trust, smime
from exat import canonical
from exat.address import Address, parse_domain
from exat.canonical import Fields, MalformedJSON
from exat.errors import DirectoryError, MalformedAddress
from exat.records import Agency, AuthorisedSigner, Mailbox

SCHEMA: Final = "exat.directory/1"
MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
_PEM: Final = re.compile(rb"-----BEGIN CMS-----\s+([A-Za-z0-9+/=\s]+?)-----END CMS-----")
_PEM_LINE: Final = 64


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose key an envelope names: a mailbox, or (with `officer`) a person who signs for it."""

    mailbox: Mailbox
    certificate: Certificate
    officer: AuthorisedSigner | None = None


_Handle = int | bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """This agency and its peers.

    A mailbox belongs to one agency. What an agency claims in the domain of another, or after another, is not
    used and stands in `findings`: this agency comes first, then the peers in their order.
    """

    own: Agency
    peers: tuple[Agency, ...] = ()
    findings: tuple[Finding, ...] = field(init=False, compare=False)
    _mailboxes: Mapping[str, tuple[Mailbox, Agency]] = field(init=False, repr=False, compare=False)
    _domains: Mapping[str, Agency] = field(init=False, repr=False, compare=False)
    _keys: Mapping[_Handle, Sequence[KeyOwner]] = field(init=False, repr=False, compare=False)
    _usurped: frozenset[tuple[str, bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index mailboxes by address, agencies by domain, keys by serial number and key identifier."""
        domains: dict[str, Agency] = {}
        for agency in self.agencies:
            domains.setdefault(agency.domain, agency)
        mailboxes, findings = _claims(self.agencies, domains)
        object.__setattr__(self, "_domains", MappingProxyType(domains))
        object.__setattr__(self, "_mailboxes", MappingProxyType(mailboxes))
        object.__setattr__(self, "_keys", MappingProxyType(_keys(found for found, _ in mailboxes.values())))
        usurped = _usurped(mailboxes)
        object.__setattr__(self, "_usurped", frozenset(usurped))
        object.__setattr__(self, "findings", (*findings, *usurped.values()))

    @property
    def agencies(self) -> tuple[Agency, ...]:
        """This agency, then its peers."""
        return (self.own, *self.peers)

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """Every mailbox that letters can be written to, this agency's first."""
        return tuple(found for found, _ in self._mailboxes.values())

    def peer(self, domain: str) -> Agency | None:
        """The peer agency of `domain` (as `Address.domain_key`); this agency is no peer."""
        found = self._domains.get(domain)
        return None if found is self.own else found

    def mailbox(self, address: Address) -> Mailbox | None:
        """The mailbox of `address`, whatever the case of its letters."""
        found = self._mailboxes.get(address.key)
        return found[0] if found else None

    def agency_of(self, address: Address) -> Agency | None:
        """Whose `address` is: by mailbox first, for a domain may be shared, then by domain."""
        found = self._mailboxes.get(address.key)
        return found[1] if found else self._domains.get(address.domain_key)

    def is_local(self, address: Address) -> bool:
        """This agency serves `address`, or would if the mailbox existed."""
        return self.agency_of(address) is self.own

    def signer(self, certificate: Certificate, address: Address) -> AuthorisedSigner | None:
        """Who may sign for `address` with exactly this certificate, octet by octet."""
        found = self._mailboxes.get(address.key)
        if found is None or (found[1].domain, certificate.raw) in self._usurped:
            return None
        return _signer_of(found[0], certificate)

    def signs_for(self, certificate: Certificate) -> tuple[Mailbox, ...]:
        """The mailboxes that the holder of `certificate` may sign for."""
        return tuple(found for found in self.mailboxes if self.signer(certificate, found.address))

    def owners_of_key(self, recipient: smime.RecipientId) -> tuple[KeyOwner, ...]:
        """Whose key an envelope names; nothing for a key that no entry declares.

        Two entries may declare one key: what one agency writes must not hide the entry of another.
        """
        handle = (
            recipient.serial_number
            if recipient.subject_key_identifier is None
            else recipient.subject_key_identifier
        )
        found = () if handle is None else self._keys.get(handle, ())
        return tuple(owner for owner in found if recipient.names(owner.certificate))


def _signer_of(mailbox: Mailbox, certificate: Certificate) -> AuthorisedSigner | None:
    return next((s for s in mailbox.signers if s.certificate.raw == certificate.raw), None)


def _claims(
    agencies: Iterable[Agency], domains: Mapping[str, Agency]
) -> tuple[dict[str, tuple[Mailbox, Agency]], list[Finding]]:
    """Give each mailbox to one agency; what is claimed against another agency becomes a finding."""
    found: dict[str, tuple[Mailbox, Agency]] = {}
    findings: list[Finding] = []
    for agency in agencies:
        for mailbox in agency.mailboxes:
            address, claimant = mailbox.address, agency.domain
            owner = domains.get(address.domain_key, agency)
            known = found.get(address.key)
            if owner is not agency:
                findings.append(_claim("mailbox-claimed-outside", claimant, address, owner))
            elif known is not None:
                findings.append(_claim("mailbox-claimed-twice", claimant, address, known[1]))
            else:
                found[address.key] = (mailbox, agency)
                if not mailbox.encryption:
                    findings.append(Finding.warning("mailbox-without-key", mailbox=address))
    return found, findings


def _claim(code: str, claimant: str, address: Address, owner: Agency) -> Finding:
    return Finding.warning(code, agency=claimant, mailbox=address, owner=owner.domain)


def _usurped(mailboxes: Mapping[str, tuple[Mailbox, Agency]]) -> dict[tuple[str, bytes], Finding]:
    """Signers, as (domain, certificate), whom an agency lists though they are another agency's officers."""
    claims: dict[Certificate, dict[str, Mailbox]] = {}
    for mailbox, agency in mailboxes.values():
        for signer in mailbox.signers:
            claims.setdefault(signer.certificate, {}).setdefault(agency.domain, mailbox)
    found: dict[tuple[str, bytes], Finding] = {}
    for certificate, claimed in claims.items():
        owners = _homes(certificate, mailboxes) & claimed.keys()
        for domain in claimed.keys() - owners if owners else ():
            address, name = claimed[domain].address, certificate.subject.text
            found[domain, certificate.raw] = Finding.warning(
                "signer-claimed-outside", agency=domain, signer=name, mailbox=address, owner=min(owners)
            )
    return found


def _homes(certificate: Certificate, mailboxes: Mapping[str, tuple[Mailbox, Agency]]) -> frozenset[str]:
    """The agencies in whose mailboxes or domains the addresses of a certificate lie."""
    owned = ((address, mailboxes.get(address.key)) for address in _addresses(certificate))
    return frozenset(address.domain_key if known is None else known[1].domain for address, known in owned)


def _keys(mailboxes: Iterable[Mailbox]) -> dict[_Handle, list[KeyOwner]]:
    found: dict[_Handle, list[KeyOwner]] = {}
    for mailbox in mailboxes:
        for owner in _owners(mailbox):
            for handle in (owner.certificate.serial_number, owner.certificate.subject_key_identifier):
                if handle is not None:
                    found.setdefault(handle, []).append(owner)
    return found


def _owners(mailbox: Mailbox) -> Iterator[KeyOwner]:
    for certificate in mailbox.encryption:
        yield KeyOwner(mailbox, certificate)
    for officer in mailbox.signers:
        if officer.encryption is not None:
            yield KeyOwner(mailbox, officer.encryption, officer)


def is_usable(certificate: Certificate, agency: Agency, at: datetime) -> bool:
    """Whether letters may be encrypted to a certificate of `agency`: valid at `at`, and on no list of it.

    The agency gave certificate and lists under its seal: no path is built. An unreadable list acquits nobody.
    """
    lists = (crl for crl in agency.crls if crl.issuer == certificate.issuer)
    try:
        revoked = any(crl.find(certificate.serial_number) is not None for crl in lists)
    except EsignError:
        return False
    return not revoked and certificate.not_before <= at <= certificate.not_after


def trust_of(agency: Agency) -> Trust:
    """The anchors for what is of this agency; another agency's root vouches for nothing of it."""
    return Trust(agency.roots)


def material_of(agency: Agency) -> tuple[bytes, ...]:
    """The certificates and revocation lists, DER, that complete a path to the anchors of `agency`."""
    certificates = (certificate.raw for certificate in agency.intermediates)
    return (*certificates, *(crl.raw for crl in agency.crls))


def is_seal_of(certificate: Certificate, domain: str) -> bool:
    """Whether a certificate may be the seal of the agency of `domain`: a legal person with an address there.

    Agencies may stand under one root: without this any of them, or any of an agency's officers, could speak
    for the agency. A natural person's name has a surname or a given name (EN 319 412-2 cl. 4.2.4), a legal
    person's has none.
    """
    subject = certificate.subject
    if subject.surname or subject.given_name or subject.pinfl:
        return False
    return subject.organization is not None and seal_address(certificate, domain) is not None


def seal_address(certificate: Certificate, domain: str) -> Address | None:
    """The address in `domain` that the certificate of a seal bears; reports of evidence go there."""
    return next((found for found in _addresses(certificate) if found.domain_key == domain), None)


def _addresses(certificate: Certificate) -> Iterator[Address]:
    for spelled in certificate.emails:
        try:
            yield Address.parse(spelled, smtputf8=True)
        except MalformedAddress:
            continue


# --- bundles ---


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

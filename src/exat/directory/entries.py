"""Who is who: mailboxes, the keys that letters are encrypted to, the signers that may sign for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from esign import Certificate, EsignError, Finding, Trust, smime
from exat.address import Address
from exat.errors import MalformedAddress
from exat.records import Agency, AuthorisedSigner, Mailbox


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
            address, name = claimed[domain].address, certificate.subject.shown
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

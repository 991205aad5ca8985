"""Who signed a revocation list, and whether their word counts (RFC 5280 §6.3.3 (f) and (g)).

The key that signed the certificate may sign its list. Any other key needs a certificate of its own with a
valid path to the same anchor; that certificate's revocation is asked in turn, never within its own question.
Another key of the certificate's issuer must come from the issuer itself or from the authority above it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from esign.crl import CertificateList
from esign.errors import EsignError
from esign.findings import Finding, Indication, Severity
from esign.validation.report import PathReport
from esign.validation.work import Work
from esign.x509 import Certificate

_CLAUSE: Final = "RFC 5280 §6.3.3"
_MAX_CANDIDATES: Final = 8
_MAX_PENDING: Final = 4


def _nobody(certificate: Certificate, pending: frozenset[Certificate]) -> PathReport | None:
    return None


@dataclass(frozen=True, slots=True)
class CRLIssuers:
    """Where keys of CRL issuers come from: `pool`, each with a path by `validate`.

    `validate` takes the certificate of an issuer and the certificates whose revocation is being asked, and
    must lead to the anchor of `path`, the path in question. `pending` are those of the question at hand.
    """

    pool: tuple[Certificate, ...] = ()
    validate: Callable[[Certificate, frozenset[Certificate]], PathReport | None] = _nobody
    pending: frozenset[Certificate] = frozenset()
    path: tuple[Certificate, ...] = ()


class _Verdicts:
    """Whether a list, by its SHA-256, is signed with a key, by its octets: the last `size` answers.

    An answer never changes, so none expires.
    """

    __slots__ = ("_known", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[tuple[bytes, bytes], bool] = OrderedDict()

    def holds(self, crl: CertificateList, signer: Certificate, work: Work) -> bool:
        key = (crl.fingerprint, signer.public_key_info)
        found = self._known.get(key)
        if found is None:
            found = work.holds(signer, crl.signature_algorithm, signature=crl.signature, message=crl.tbs)
            self._known[key] = found
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        return found


_VERDICTS: Final = _Verdicts(1024)


def signer_of(
    crl: CertificateList,
    certificate: Certificate,
    issuer: Certificate,
    *,
    issuers: CRLIssuers,
    work: Work,
) -> Certificate | Finding:
    """The certificate whose key signed the list that is to tell about `certificate`, or why nobody's counts.

    Raises:
        WorkExceeded: the limits of `work` are reached.
    """
    where = f"CRL of {crl.issuer.shown}"
    why = Finding.warning("crl-issuer-missing", clause=_CLAUSE, where=where)
    for candidate in _candidates(crl, issuer, issuers.pool):
        try:
            holds = _VERDICTS.holds(crl, candidate, work)
        except EsignError as e:
            why = Finding.warning("crl-unusable", where=where, reason=e.message)
            continue
        if holds:
            objection = _objection(candidate, certificate, issuer, crl=crl, issuers=issuers)
            if objection is None:
                return candidate
            why = objection
        elif why.code == "crl-issuer-missing":
            why = Finding.warning("crl-signature-invalid", clause=_CLAUSE, where=where)
    return why


def _candidates(
    crl: CertificateList, issuer: Certificate, pool: tuple[Certificate, ...]
) -> Iterator[Certificate]:
    """Certificates of the name of the list's issuer: `issuer` first, then by key identifier; at most nine."""
    if issuer.subject == crl.issuer:
        yield issuer
    wanted = crl.authority_key_identifier
    named = [c for c in dict.fromkeys(pool) if c.subject == crl.issuer and c != issuer]
    named.sort(key=lambda c: wanted is not None and c.subject_key_identifier != wanted)
    yield from named[:_MAX_CANDIDATES]


def _objection(
    signer: Certificate,
    certificate: Certificate,
    issuer: Certificate,
    *,
    crl: CertificateList,
    issuers: CRLIssuers,
) -> Finding | None:
    where = f"CRL of {crl.issuer.shown}"
    if _same_holder(signer, issuer) or is_own_list(signer, certificate, issuer):
        return None
    # RFC 5280 §6.3.3 asks for the same anchor only: then any authority below it could certify another's name
    # and acquit in its place. A further key of an issuer comes from itself, or from where its first one does.
    same = [c for c in (issuer, *issuers.path) if c.subject == issuer.subject]
    if crl.issuer == issuer.subject and signer.issuer not in {issuer.subject, *(c.issuer for c in same)}:
        return Finding.warning(
            "crl-issuer-unrelated", clause=_CLAUSE, where=where, issuer=signer.issuer.shown
        )
    # A list that its own issuer's good standing hangs on proves nothing about that issuer.
    pending = issuers.pending | {certificate}
    if len(pending) > _MAX_PENDING or any(_same_holder(signer, c) for c in pending):
        return Finding.warning("crl-issuer-loop", clause=_CLAUSE, where=where)
    report = issuers.validate(signer, pending)
    if report is not None and report.indication is Indication.PASSED:
        return None
    errors = () if report is None else (f.code for f in report.findings if f.severity is Severity.ERROR)
    reason = next(iter(errors), "")
    return Finding.warning("crl-issuer-path", clause=_CLAUSE, where=where, reason=reason)


def is_own_list(signer: Certificate, certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the key of `certificate` itself signed what is to tell about it.

    What such a list says against the certificate counts, what it says for it does not.
    """
    return _same_holder(signer, certificate) and not _same_holder(signer, issuer)


def _same_holder(first: Certificate, second: Certificate) -> bool:
    return first.public_key_info == second.public_key_info and first.subject == second.subject

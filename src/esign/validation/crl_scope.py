"""Which certificates and reasons a revocation list speaks for (RFC 5280 §6.3.3 (b) and (d)).

Nothing here asks whether the list is signed, fresh or complete.
"""

from typing import Final

from esign import der
from esign.crl import CertificateList
from esign.extensions import REASON_FLAGS, DistributionPoint, IssuingDistributionPoint
from esign.names import GeneralName, Name
from esign.x509 import Certificate

ALL_REASONS: Final = frozenset(REASON_FLAGS.values())
_NOWHERE: Final = IssuingDistributionPoint()

_Key = tuple[str, object]


def concerns(crl: CertificateList, certificate: Certificate) -> bool:
    """Whether the list is of the issuer of `certificate`, or of one that the certificate names instead."""
    points = certificate.distribution_points
    return crl.issuer == certificate.issuer or any(crl.issuer in _directory_names(p.issuers) for p in points)


def covered_reasons(crl: CertificateList, certificate: Certificate) -> frozenset[str]:
    """For which reasons of revocation the list speaks about `certificate`; empty when it is not meant for it.

    The point that a certificate does not name, that of its issuer, counts as the last one (RFC 5280 §6.3.3).
    """
    scope = crl.scope or _NOWHERE
    if scope.only - {"ca" if certificate.is_ca else "user"}:
        return frozenset()
    listed = ALL_REASONS if scope.point.reasons is None else scope.point.reasons
    unnamed = DistributionPoint((_directory_name(certificate.issuer),))
    found: frozenset[str] = frozenset()
    for point in (*certificate.distribution_points, unnamed):
        if _matches(point, crl, certificate.issuer):
            found |= listed & (ALL_REASONS if point.reasons is None else point.reasons)
    return found


def _matches(point: DistributionPoint, crl: CertificateList, issuer: Name) -> bool:
    scope = crl.scope or _NOWHERE
    if point.issuers:
        # RFC 5280 §6.3.3 (b)(1): the list of another issuer must say that it is an indirect one.
        if crl.issuer not in _directory_names(point.issuers) or not scope.indirect:
            return False
    elif crl.issuer != issuer:
        return False
    if not (scope.point.names or scope.point.relative):
        return True
    listed = _point_names(scope.point, crl.issuer)
    if point.names or point.relative:
        return not listed.isdisjoint(_point_names(point, crl.issuer))
    return not listed.isdisjoint(map(_key, point.issuers))


def _point_names(point: DistributionPoint, issuer: Name) -> frozenset[_Key]:
    """The names of a point; a relative one stands below the name of the issuer of the list."""
    found = {_key(name) for name in point.names}
    if point.relative is not None:
        rdns = [rdn.raw for rdn in der.decode(issuer.raw).children()]
        whole = Name.read(der.decode(der.sequence(*rdns, point.relative)))
        found.add(("directoryName", whole))
    return frozenset(found)


def _key(name: GeneralName) -> _Key:
    return (name.kind, name.name if name.name is not None else name.octets)


def _directory_name(name: Name) -> GeneralName:
    return GeneralName("directoryName", name.raw, name.text, name)


def _directory_names(names: tuple[GeneralName, ...]) -> tuple[Name, ...]:
    return tuple(n.name for n in names if n.name is not None)

"""What must be true of a certificate before it is signed: one table of rules, each with its clause and
severity.

The rules look at the octets that will be signed, not at what was meant to be written. They are ours and cover
the profiles of this house; independent linters judge the results in tests.

    findings = lint(certificate, profile, issuer=authority)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from esign import der, extensions
from esign.ca import identifiers, lint_names
from esign.ca.case import Case
from esign.ca.profile import EXTENDED_USAGES, Profile
from esign.ca.request import key_name
from esign.ca.template import issuing_scheme, key_identifier
from esign.ca.weak_keys import weakness
from esign.errors import MalformedInput, UnsupportedAlgorithm
from esign.findings import Finding, Severity
from esign.x509 import Certificate

MOST_SERIAL_OCTETS: Final = 20
FEWEST_SERIAL_BITS: Final = 64
_QC_STATEMENTS: Final = "1.3.6.1.5.5.7.1.3"
_ANY_USAGE: Final = "2.5.29.37.0"
_DELEGATIONS: Final = frozenset(EXTENDED_USAGES[name] for name in ("OCSPSigning", "cmcRA"))
"""What an authority gives to those who act for it, whatever else it certifies."""
_EXTENSIONS: Final = frozenset(
    (
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.SUBJECT_KEY_IDENTIFIER,
        extensions.KEY_USAGE,
        extensions.CERTIFICATE_POLICIES,
        extensions.EXTENDED_KEY_USAGE,
        extensions.CRL_DISTRIBUTION_POINTS,
        extensions.AUTHORITY_INFO_ACCESS,
    )
)

Check = Callable[[Case], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `code` is that of its findings; `check` yields what was found wrong, in English, one per
    fault.
    """

    code: str
    clause: str
    check: Check
    severity: Severity = Severity.ERROR


def lint(certificate: Certificate, profile: Profile, *, issuer: Certificate | None) -> tuple[Finding, ...]:
    """What is wrong with `certificate` as one of `profile` by `issuer` (None for a root); empty when nothing
    is.
    """
    case = Case(certificate, profile, issuer)
    return tuple(
        Finding(rule.code, rule.severity, rule.clause, "certificate", (("found", found),))
        for rule in RULES
        for found in rule.check(case)
    )


def _version(case: Case) -> Iterator[str]:
    if case.certificate.version != 3:
        yield f"version {case.certificate.version}"


def _serial(case: Case) -> Iterator[str]:
    serial = case.certificate.serial_number
    if serial <= 0:
        yield "not positive"
    elif serial.bit_length() // 8 + 1 > MOST_SERIAL_OCTETS:
        yield f"{serial.bit_length() // 8 + 1} octets"


def _serial_entropy(case: Case) -> Iterator[str]:
    bits = case.certificate.serial_number.bit_length()
    if bits < FEWEST_SERIAL_BITS:
        yield f"{bits} bits"


def _signature_algorithm(case: Case) -> Iterator[str]:
    wanted = issuing_scheme(case.authority.public_key).identifier
    if case.certificate.signature_algorithm != wanted:
        yield case.certificate.signature_algorithm.oid


def _issuer_name(case: Case) -> Iterator[str]:
    if case.certificate.issuer.raw != case.authority.subject.raw:
        yield case.certificate.issuer.text


def _issuer_may_sign(case: Case) -> Iterator[str]:
    issuer = case.authority
    if not issuer.is_ca:
        yield "it is no authority"
    if "keyCertSign" not in (issuer.key_usage or ()):
        yield "its key may not sign certificates"


def _issuer_kind(case: Case) -> Iterator[str]:
    if (case.issuer is None) != (case.profile.issuer == "self"):
        yield f"the profile is issued by: {case.profile.issuer}"


def _path_length(case: Case) -> Iterator[str]:
    certificate, limit = case.certificate, case.issuer.path_length if case.issuer else None
    if certificate.path_length != case.profile.path_length:
        yield f"{certificate.path_length}"
    if limit is None or not certificate.is_ca:
        return
    if limit == 0 or certificate.path_length is None or certificate.path_length >= limit:
        yield f"the issuer allows {limit}"


def _validity(case: Case) -> Iterator[str]:
    certificate = case.certificate
    length = certificate.not_after - certificate.not_before + timedelta(seconds=1)
    if length <= timedelta(0):
        yield "the end is before the start"
    elif length > timedelta(days=case.profile.days):
        yield f"{-(-length // timedelta(days=1))} days, at most {case.profile.days}"


def _validity_within_issuer(case: Case) -> Iterator[str]:
    certificate, issuer = case.certificate, case.authority
    if certificate.not_before < issuer.not_before:
        yield f"the issuer begins {issuer.not_before.isoformat()}"
    if certificate.not_after > issuer.not_after:
        yield f"the issuer ends {issuer.not_after.isoformat()}"


def _key_kind(case: Case) -> Iterator[str]:
    try:
        found = key_name(case.certificate.public_key)
    except UnsupportedAlgorithm as e:
        found = e.message
    if found not in case.profile.keys:
        yield found


def _rsa_exponent(case: Case) -> Iterator[str]:
    try:
        key = case.certificate.public_key
    except UnsupportedAlgorithm:
        return
    if isinstance(key, rsa.RSAPublicKey) and not (
        65537 <= (exponent := key.public_numbers().e) < 1 << 256 and exponent % 2
    ):
        yield f"{exponent}"


def _weak_key(case: Case) -> Iterator[str]:
    try:
        key = case.certificate.public_key
    except UnsupportedAlgorithm:
        return
    if isinstance(key, rsa.RSAPublicKey) and (found := weakness(key.public_numbers().n)):
        yield found


def _key_is_fresh(case: Case) -> Iterator[str]:
    if case.issuer and case.certificate.public_key_info == case.issuer.public_key_info:
        yield "the issuer's own key"


def _subject_key_identifier(case: Case) -> Iterator[str]:
    found = case.certificate.subject_key_identifier
    if found != key_identifier(case.certificate.public_key_info):
        yield found.hex() if found else "none"


def _authority_key_identifier(case: Case) -> Iterator[str]:
    found, wanted = case.certificate.authority_key_identifier, case.authority.subject_key_identifier
    if wanted is None:
        wanted = key_identifier(case.authority.public_key_info)
    if found != wanted:
        yield found.hex() if found else "none"


def _key_usage(case: Case) -> Iterator[str]:
    found = case.certificate.key_usage
    if found != frozenset(case.profile.key_usage):
        yield ", ".join(sorted(found or ())) or "none"


def _critical(case: Case) -> Iterator[str]:
    wanted = {extensions.KEY_USAGE} | ({extensions.BASIC_CONSTRAINTS} if case.profile.ca else set())
    if case.profile.extended_usage_is_critical:
        wanted |= {extensions.EXTENDED_KEY_USAGE}
    if case.profile.permitted_emails or case.profile.permitted_dns_names:
        wanted |= {extensions.NAME_CONSTRAINTS}
    for found in case.certificate.extensions:
        if found.critical != (found.oid in wanted):
            yield f"{found.oid} is {'critical' if found.critical else 'not critical'}"


def _authority_bit(case: Case) -> Iterator[str]:
    if case.certificate.is_ca != case.profile.ca:
        yield "an authority" if case.certificate.is_ca else "no authority"


def _extended_key_usage(case: Case) -> Iterator[str]:
    found = case.certificate.extended_key_usage or ()
    if sorted(found) != sorted(case.profile.extended_usages):
        yield ", ".join(found) or "none"


def _usage_within_issuer(case: Case) -> Iterator[str]:
    allowed = case.issuer.extended_key_usage if case.issuer else None
    if allowed is None or _ANY_USAGE in allowed:
        return
    for usage in case.certificate.extended_key_usage or ():
        # Each authority names who answers for it (RFC 6960 §2.6) and who registers for it (RFC 6402 §2.10).
        if usage not in allowed and usage not in _DELEGATIONS:
            yield usage


def _policies(case: Case) -> Iterator[str]:
    if case.certificate.policies != case.profile.policies:
        yield ", ".join(case.certificate.policies) or "none"


def _extensions(case: Case) -> Iterator[str]:
    expected = _EXTENSIONS | {
        extensions.BASIC_CONSTRAINTS if case.profile.ca else extensions.SUBJECT_ALT_NAME
    }
    if case.profile.qc_types:
        expected |= {_QC_STATEMENTS}
    if case.profile.permitted_emails or case.profile.permitted_dns_names:
        expected |= {extensions.NAME_CONSTRAINTS}
    if case.profile.no_check:
        expected |= {extensions.OCSP_NO_CHECK}
    if case.profile.private_key_days is not None:
        expected |= {extensions.PRIVATE_KEY_USAGE_PERIOD}
    for found in case.certificate.extensions:
        if found.oid not in expected:
            yield found.oid


def _no_check(case: Case) -> Iterator[str]:
    found = next((e for e in case.certificate.extensions if e.oid == extensions.OCSP_NO_CHECK), None)
    if (found is not None) != case.profile.no_check:
        yield "none" if found is None else "not allowed by the profile"
    elif found is not None:
        if found.value != der.null():
            yield "not NULL"
        if case.certificate.distribution_points or case.certificate.ocsp_urls:
            yield "and yet it says where to ask"


def _private_key_period(case: Case) -> Iterator[str]:
    certificate, days = case.certificate, case.profile.private_key_days
    try:
        since, until = extensions.private_key_usage_period(certificate.extensions)
    except MalformedInput as e:
        yield e.message
        return
    if days is None and (since or until):
        yield "not allowed by the profile"
    elif days is not None:
        if since is None or until is None:
            yield "none"
        elif not certificate.not_before <= since <= until <= certificate.not_after:
            yield "not within the validity"
        elif until - since >= timedelta(days=days):
            yield f"more than {days} days"


def _urls(case: Case) -> Iterator[str]:
    certificate = case.certificate
    for url in (*certificate.crl_urls, *certificate.ocsp_urls, *certificate.issuer_urls):
        host = url.removeprefix("http://").partition("/")[0].partition(":")[0]
        if (
            not url.startswith("http://")
            or not identifiers.is_host(host)
            or not url.isprintable()
            or " " in url
        ):
            yield url


RULES: Final = (
    Rule("lint-version", "RFC 5280 §4.1.2.1", _version),
    Rule("lint-serial", "RFC 5280 §4.1.2.2", _serial),
    Rule("lint-serial-entropy", "RFC 5280 §4.1.2.2", _serial_entropy),
    Rule("lint-signature-algorithm", "RFC 5280 §4.1.1.2", _signature_algorithm),
    Rule("lint-issuer-name", "RFC 5280 §4.1.2.4", _issuer_name),
    Rule("lint-issuer-may-sign", "RFC 5280 §4.2.1.9", _issuer_may_sign),
    Rule("lint-issuer-kind", "", _issuer_kind),
    Rule("lint-path-length", "RFC 5280 §4.2.1.9", _path_length),
    Rule("lint-validity", "RFC 5280 §4.1.2.5", _validity),
    Rule("lint-validity-within-issuer", "RFC 5280 §4.1.2.5", _validity_within_issuer),
    Rule("lint-key-kind", "RFC 5280 §4.1.2.7", _key_kind),
    Rule("lint-rsa-exponent", "RFC 5280 §4.1.2.7", _rsa_exponent),
    Rule("lint-weak-key", "", _weak_key),
    Rule("lint-key-of-issuer", "RFC 5280 §4.1.2.7", _key_is_fresh),
    Rule("lint-subject-key-identifier", "RFC 5280 §4.2.1.2", _subject_key_identifier),
    Rule("lint-authority-key-identifier", "RFC 5280 §4.2.1.1", _authority_key_identifier),
    Rule("lint-key-usage", "RFC 5280 §4.2.1.3", _key_usage),
    Rule("lint-critical", "RFC 5280 §4.2", _critical),
    Rule("lint-authority-bit", "RFC 5280 §4.2.1.9", _authority_bit),
    Rule("lint-extended-key-usage", "RFC 5280 §4.2.1.12", _extended_key_usage),
    Rule("lint-usage-within-issuer", "RFC 5280 §4.2.1.12", _usage_within_issuer),
    Rule("lint-policies", "RFC 5280 §4.2.1.4", _policies),
    Rule("lint-extensions", "RFC 5280 §4.2", _extensions),
    Rule("lint-name-constraints", "RFC 5280 §4.2.1.10", lint_names.name_constraints),
    Rule("lint-names-within-issuer", "RFC 5280 §4.2.1.10", lint_names.names_within_issuer),
    Rule("lint-no-check", "RFC 6960 §4.2.2.2.1", _no_check),
    Rule("lint-private-key-period", "RFC 3280 §4.2.1.4", _private_key_period),
    Rule("lint-subject-attributes", "RFC 5280 §4.1.2.6", lint_names.subject_attributes),
    Rule("lint-subject-strings", "RFC 5280 §4.1.2.6", lint_names.subject_strings),
    Rule("lint-country", "RFC 5280 §4.1.2.4", lint_names.country),
    Rule("lint-pinfl", "", lint_names.pinfl),
    Rule("lint-stir", "", lint_names.stir),
    Rule("lint-organization-identifier", "EN 319 412-1 cl. 5.1.4", lint_names.organization_identifier),
    Rule("lint-person-identifier", "EN 319 412-1 cl. 5.1.3", lint_names.person_identifier),
    Rule("lint-person-is-one", "EN 319 412-1 cl. 5.1.3", lint_names.person_is_one),
    Rule("lint-common-name", "EN 319 412-2 cl. 4.2.4", lint_names.common_name),
    Rule("lint-domain-authority", "RFC 3183 §3.1.1", lint_names.domain_authority),
    Rule("lint-emails", "RFC 5280 §4.2.1.6", lint_names.emails),
    Rule("lint-hosts", "RFC 5280 §4.2.1.6", lint_names.hosts),
    Rule("lint-other-names", "RFC 5280 §4.2.1.6", lint_names.other_names),
    Rule("lint-urls", "RFC 5280 §4.2.1.13", _urls),
)
"""Every rule of this house, in the order of its findings."""

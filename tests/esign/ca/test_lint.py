"""Each rule of the lint: a certificate that breaks it, beside the ones that break none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from esign import der, extensions, names
from esign.algorithms import ECDSA_SHA256, ECDSA_SHA384
from esign.ca import lint as room
from esign.ca.authority import Authority, public_key_info
from esign.ca.lint import RULES, lint
from esign.ca.profile import Profile
from esign.ca.request import Subject, settle
from esign.ca.template import Contents, Issuer, Publication, assemble, extension, key_identifier, write
from esign.findings import Severity
from esign.x509 import Certificate
from tests.esign.ca.world import AT, PINFL, STIR, info, key, make_issuer, make_root, officer, profile
from tests.esign.ca.world import officer_request as request

DAY = timedelta(days=1)


@cache
def persons() -> Authority:
    return make_issuer("persons")


@cache
def root() -> Authority:
    return make_root()


@dataclass(frozen=True)
class Made:
    """What a test writes: by which profile, and what differs from a good certificate."""

    profile: Profile
    contents: Contents
    issuer: Issuer
    edit: Callable[[bytes], bytes] = bytes

    @property
    def certificate(self) -> Certificate:
        tbs = self.edit(write(self.profile, self.contents, self.issuer))
        return Certificate.load(assemble(tbs, self.issuer.scheme, b"\0" * 64))

    def with_profile(self, **changes: Any) -> "Made":
        return replace(self, profile=self.profile.model_copy(update=changes))

    def with_contents(self, **changes: Any) -> "Made":
        return replace(self, contents=replace(self.contents, **changes))

    def with_subject(self, **changes: str) -> "Made":
        attributes = {**dict(self.contents.subject.attributes), **changes}
        kept = {name: value for name, value in attributes.items() if value != "DROP"}
        subject = Subject.of(kept, emails=self.contents.subject.emails)
        return self.with_contents(subject=subject)

    def with_emails(self, *emails: str) -> "Made":
        return self.with_contents(subject=replace(self.contents.subject, emails=emails))

    def with_hosts(self, *hosts: str) -> "Made":
        return self.with_contents(subject=replace(self.contents.subject, dns_names=hosts))


def good(name: str = "officer-sign", issuer: Certificate | None = None) -> Made:
    chosen, above = profile(name), issuer or persons().certificate
    stated = officer() if name == "officer-sign" else officer(stir=STIR)
    if name != "officer-sign":
        stated = replace(stated, emails=())
    subject, _ = settle(chosen, stated, request())
    contents = Contents(subject, info(key("p-256", 1)), 1 << 158 | 5, AT, AT + 100 * DAY)
    identifier = above.subject_key_identifier or b""
    return Made(chosen, contents, Issuer(above.subject.raw, identifier, ECDSA_SHA256))


def extended(*added: bytes, without: str = "") -> Callable[[bytes], bytes]:
    """An edit of the signed part: extensions added, one left out."""

    def edit(tbs: bytes) -> bytes:
        *fields, last = der.decode(tbs).children()
        kept = [
            item.raw
            for item in next(last.children()).children()
            if next(item.children()).oid() != (without or "1.1")
        ]
        return der.sequence(*(f.raw for f in fields), der.explicit(3, der.sequence(*kept, *added)))

    return edit


def version_1(tbs: bytes) -> bytes:
    return der.sequence(*(field.raw for field in list(der.decode(tbs).children())[1:-1]))


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(tbs: bytes) -> bytes:
        assert old in tbs
        return tbs.replace(old, new)

    return edit


def exponent_three() -> bytes:
    return public_key_info(rsa.RSAPublicNumbers(3, (1 << 3071) + 1).public_key())


def of_modulus(modulus: int) -> bytes:
    return public_key_info(rsa.RSAPublicNumbers(65537, modulus).public_key())


def issuer_case(profile_name: str = "issuing-person", **changes: Any) -> Made:
    """An authority below the root."""
    made = good()
    subject = Subject.of({"country": "UZ", "organization": "Markaz", "common_name": "Markaz 2"})
    above = root().certificate
    at_root = Issuer(above.subject.raw, above.subject_key_identifier or b"", ECDSA_SHA256)
    made = Made(profile(profile_name), replace(made.contents, subject=subject), at_root)
    return made.with_profile(**changes) if changes else made


def service(name: str, days: int = 20, issuer: Certificate | None = None) -> Made:
    """A certificate of an OCSP responder or a time-stamping authority."""
    made = good(issuer=issuer)
    subject = Subject.of({"country": "UZ", "organization": "Markaz", "common_name": "Service"})
    contents = replace(made.contents, subject=subject, not_after=AT + days * DAY - timedelta(seconds=1))
    return replace(made, profile=profile(name), contents=contents)


def period(*ends: datetime) -> bytes:
    parts = (der.implicit(number, der.generalized_time(at)) for number, at in enumerate(ends))
    return extension(extensions.PRIVATE_KEY_USAGE_PERIOD, der.sequence(*parts))


NO_CHECK, PERIOD = extensions.OCSP_NO_CHECK, extensions.PRIVATE_KEY_USAGE_PERIOD
NO_TREE = extension(extensions.NAME_CONSTRAINTS, der.sequence(), critical=True)
SOMEWHERE = Publication(("http://a.uz/x.crl",), ("http://a.uz/",))
EDITED_KEY = key_identifier(info(key("p-256", 1)))
LONG_AGO = datetime(2020, 1, 1, tzinfo=AT.tzinfo)
NATIONAL = "business-sign"
Fault = tuple[str, Made, str]


def faults() -> list[Fault]:
    """Code of the rule, what breaks it, what the finding says."""
    made, national, above = good(), good(NATIONAL), persons().certificate
    return [
        ("lint-version", replace(made, edit=version_1), "version 1"),
        ("lint-serial", made.with_contents(serial=1 << 160), "21 octets"),
        ("lint-serial", made.with_contents(serial=0), "not positive"),
        ("lint-serial", made.with_contents(serial=-1), "not positive"),
        ("lint-serial-entropy", made.with_contents(serial=(1 << 63) - 1), "63 bits"),
        ("lint-signature-algorithm", replace(made, issuer=replace(made.issuer, scheme=ECDSA_SHA384)), "1.2"),
        ("lint-issuer-name", replace(made, issuer=replace(made.issuer, name=shouted(above))), "MARKAZ"),
        ("lint-path-length", issuer_case(path_length=3), "3"),
        ("lint-validity", made.with_contents(not_after=AT + 730 * DAY), "731 days, at most 730"),
        ("lint-validity", made.with_contents(not_after=AT - DAY), "the end is before the start"),
        ("lint-validity-within-issuer", made.with_contents(not_before=LONG_AGO), "the issuer begins"),
        ("lint-key-kind", made.with_contents(public_key_info=info(key("ed25519"))), "ed25519"),
        ("lint-key-kind", made.with_contents(public_key_info=info(key("rsa-2048"))), "rsa-2048"),
        ("lint-rsa-exponent", made.with_contents(public_key_info=exponent_three()), "3"),
        ("lint-weak-key", made.with_contents(public_key_info=of_modulus(3 << 3070 | 3)), "a factor of 3"),
        ("lint-key-of-issuer", made.with_contents(public_key_info=above.public_key_info), "the issuer's"),
        ("lint-subject-key-identifier", replace(made, edit=swapped(EDITED_KEY, bytes(20))), "00"),
        ("lint-subject-key-identifier", without(made, extensions.SUBJECT_KEY_IDENTIFIER), "none"),
        (
            "lint-authority-key-identifier",
            replace(made, issuer=replace(made.issuer, key_identifier=b"\1" * 20)),
            "01",
        ),
        ("lint-key-usage", made.with_profile(key_usage=("digitalSignature",)), "digitalSignature"),
        ("lint-key-usage", without(made, extensions.KEY_USAGE), "none"),
        ("lint-critical", rewritten(made, extensions.EXTENDED_KEY_USAGE, True), "is critical"),
        ("lint-critical", rewritten(made, extensions.KEY_USAGE, False), "is not critical"),
        ("lint-authority-bit", made.with_profile(ca=True), "an authority"),
        ("lint-extended-key-usage", made.with_profile(extended_key_usage=("emailProtection",)), "7.3.4"),
        ("lint-policies", made.with_profile(policies=()), "none"),
        ("lint-extensions", replace(made, edit=extended(extension("1.2.3.4", b"\5\0"))), "1.2.3.4"),
        ("lint-name-constraints", issuer_case(permitted_emails=("agency.uz",)), "agency.uz"),
        ("lint-name-constraints", replace(issuer_case(), edit=extended(NO_TREE)), "no subtree"),
        ("lint-subject-attributes", made.with_subject(surname="DROP"), "surname is missing"),
        ("lint-subject-attributes", made.with_subject(locality="Toshkent"), "locality does not belong there"),
        ("lint-subject-strings", made.with_subject(title="x" * 65), "title has 65 characters, at most 64"),
        ("lint-subject-strings", made.with_subject(title=" x"), "title is empty, padded"),
        ("lint-subject-strings", made.with_subject(serial_number="PNOUZ_x*"), "PrintableString"),
        ("lint-no-check", without(service("ocsp"), NO_CHECK), "none"),
        ("lint-no-check", replace(made, edit=extended(extension(NO_CHECK, der.null()))), "not allowed"),
        (
            "lint-no-check",
            replace(service("ocsp"), edit=extended(extension(NO_CHECK, b"\x30\0"), without=NO_CHECK)),
            "not NULL",
        ),
        (
            "lint-no-check",
            replace(
                service("ocsp").with_profile(no_check=False).with_contents(publication=SOMEWHERE),
                edit=extended(extension(NO_CHECK, der.null())),
            ),
            "where to ask",
        ),
        ("lint-private-key-period", without(service("tsa"), PERIOD), "none"),
        ("lint-private-key-period", replace(made, edit=extended(period(AT, AT + DAY))), "not allowed"),
        ("lint-private-key-period", with_period(AT - DAY, AT), "not within"),
        ("lint-private-key-period", with_period(AT + DAY, AT), "not within"),
        ("lint-private-key-period", with_period(AT), "none"),
        ("lint-private-key-period", with_period(AT, AT + 457 * DAY), "more than 457 days"),
        ("lint-private-key-period", replace(made, edit=extended(extension(PERIOD, b"\5\0"))), "tag 0x05"),
        ("lint-critical", rewritten(service("tsa"), extensions.EXTENDED_KEY_USAGE, False), "not critical"),
        ("lint-country", made.with_subject(country="uz"), "uz"),
        ("lint-pinfl", national.with_subject(pinfl="31201901234561"), "31201901234561"),
        ("lint-stir", national.with_subject(stir="30123456"), "30123456"),
        ("lint-organization-identifier", made.with_subject(organization_identifier="UZ"), "UZ"),
        ("lint-person-identifier", made.with_subject(serial_number="PNOUZ-31201901234561"), "PNOUZ-"),
        ("lint-person-is-one", national.with_subject(pinfl="31201901234570"), f"PNOUZ-{PINFL}"),
        ("lint-common-name", made.with_subject(common_name="Bosh mutaxassis"), "Bosh mutaxassis"),
        ("lint-common-name", made.with_subject(common_name="Aliyev"), "Aliyev"),
        ("lint-common-name", national.with_subject(common_name="MChJ"), "MChJ"),
        ("lint-common-name", seal().with_subject(common_name="Vazirlik"), "Vazirlik"),
        ("lint-common-name", node().with_subject(common_name="mx.agency.uz"), "mx.agency.uz"),
        ("lint-domain-authority", made.with_emails("Review-Authority@agency.uz"), "Review-Authority@"),
        ("lint-domain-authority", made.with_emails("domain-signing-authority@agency.uz"), "domain-signing-"),
        ("lint-domain-authority", gateway().with_emails("devon@agency.uz"), "devon@agency.uz"),
        ("lint-emails", made.with_emails(), "none"),
        ("lint-emails", made.with_emails("v.aliyev@agency"), "v.aliyev@agency"),
        ("lint-emails", made.with_emails("v.aliyev@AGENCY.uz"), "v.aliyev@AGENCY.uz"),
        ("lint-emails", national.with_emails("v@agency.uz"), "not allowed by the profile"),
        ("lint-hosts", made.with_hosts("mx.agency.uz"), "not allowed by the profile"),
        ("lint-hosts", made.with_hosts("*.agency.uz"), "*.agency.uz"),
        ("lint-other-names", made.with_emails("v@agency.uz", "v@agency.uz"), "v@agency.uz twice"),
        ("lint-urls", made.with_contents(publication=Publication(("ftp://x/a",))), "ftp://x/a"),
        ("lint-urls", made.with_contents(publication=Publication((), ("https://x/",))), "https://x/"),
        ("lint-urls", made.with_contents(publication=Publication((), (), ("http://",))), "http://"),
    ]


def seal() -> Made:
    """A certificate of an organisation for mail."""
    subject = Subject.of({"organization": "Agentlik"}, emails=("devon@agency.uz",))
    settled, _ = settle(profile("agency-seal-mail"), subject, request())
    return replace(good().with_contents(subject=settled), profile=profile("agency-seal-mail"))


def gateway(domain: str = "agency.uz") -> Made:
    """A certificate that signs for a domain."""
    stated = Subject.of({"organization": "Agentlik"}, emails=(f"domain-signing-authority@{domain}",))
    settled, _ = settle(profile("gateway-domain-sign"), stated, request())
    return replace(good().with_contents(subject=settled), profile=profile("gateway-domain-sign"))


def node() -> Made:
    """A certificate of a node, whose common name is not yet one of its names."""
    subject, _ = settle(profile("relay-tls"), Subject.of({"organization": "Agentlik"}), request())
    return replace(good().with_contents(subject=subject), profile=profile("relay-tls"))


def with_period(*ends: datetime) -> Made:
    return replace(service("tsa", 600), edit=extended(period(*ends), without=PERIOD))


def shouted(above: Certificate) -> bytes:
    """The issuer's name in capitals: the same name by RFC 5280 §7.1, other octets."""
    return names.Name.of((oid, value.upper()) for oid, value in above.subject.attributes).raw


def without(made: Made, oid: str) -> Made:
    return replace(made, edit=extended(without=oid))


def rewritten(made: Made, oid: str, critical: bool) -> Made:
    value = next(e.value for e in made.certificate.extensions if e.oid == oid)
    return replace(made, edit=extended(extension(oid, value, critical=critical), without=oid))


@pytest.mark.parametrize(("code", "made", "found"), faults(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_rule_sees_its_fault(code: str, made: Made, found: str) -> None:
    issuer = root().certificate if made.profile.ca and code != "lint-authority-bit" else persons().certificate
    judged_by = profile(made.profile.name)
    seen = [f for f in lint(made.certificate, judged_by, issuer=issuer) if f.code == code]
    assert seen and all(f.severity is Severity.ERROR for f in seen)
    assert any(found in dict(finding.values)["found"] for finding in seen)
    assert seen[0].clause == next(rule.clause for rule in RULES if rule.code == code)


def test_an_issuer_that_is_no_authority_may_not_sign() -> None:
    holder = good().certificate
    seen = {dict(f.values)["found"] for f in lint(good().certificate, profile("officer-sign"), issuer=holder)}
    assert {"it is no authority", "its key may not sign certificates"} <= seen


def test_a_holder_has_an_issuer_and_a_root_has_none() -> None:
    codes = {f.code for f in lint(good().certificate, profile("officer-sign"), issuer=None)}
    assert "lint-issuer-kind" in codes
    issued = lint(root().certificate, profile("root"), issuer=persons().certificate)
    assert "lint-issuer-kind" in {f.code for f in issued}


def test_an_authority_without_room_below_it_issues_no_authority() -> None:
    seen = lint(issuer_case().certificate, profile("issuing-person"), issuer=persons().certificate)
    assert ("lint-path-length", "the issuer allows 0") in {(f.code, dict(f.values)["found"]) for f in seen}


def test_an_issuer_gives_no_purpose_that_it_does_not_have() -> None:
    infra = make_issuer("infra").certificate
    seen = {f.code for f in lint(good(issuer=infra).certificate, profile("officer-sign"), issuer=infra)}
    assert seen == {"lint-usage-within-issuer"}


def test_good_certificates_break_no_rule() -> None:
    assert lint(good().certificate, profile("officer-sign"), issuer=persons().certificate) == ()
    assert lint(good(NATIONAL).certificate, profile(NATIONAL), issuer=persons().certificate) == ()
    assert lint(issuer_case().certificate, profile("issuing-person"), issuer=root().certificate) == ()
    assert lint(root().certificate, profile("root"), issuer=None) == ()
    infra = make_issuer("infra").certificate
    assert lint(service("tsa", 600, infra).certificate, profile("tsa"), issuer=infra) == ()


def test_the_common_name_of_an_organisation_is_its_name_or_its_mailbox() -> None:
    issuer = persons().certificate
    named, addressed = seal().certificate, seal().with_subject(common_name="devon@agency.uz").certificate
    assert named.subject.common_name == "Agentlik"
    assert lint(named, profile("agency-seal-mail"), issuer=issuer) == ()
    assert lint(addressed, profile("agency-seal-mail"), issuer=issuer) == ()


@pytest.mark.parametrize(
    "common_name", ["Aliyev Vali", "Vali ALIYEV", "Vali Karimovich Aliyev", "v.aliyev@agency.example"]
)
def test_the_common_name_of_an_officer_has_both_names_or_is_the_mailbox(common_name: str) -> None:
    certificate = good().with_subject(common_name=common_name).certificate
    assert lint(certificate, profile("officer-sign"), issuer=persons().certificate) == ()


def test_a_mailbox_is_no_common_name_where_there_is_no_mail() -> None:
    certificate = good(NATIONAL).with_subject(common_name="v@agency.uz").certificate
    seen = lint(certificate, profile(NATIONAL), issuer=persons().certificate)
    assert [f.code for f in seen] == ["lint-common-name"]


def test_the_common_name_of_a_gateway_is_its_reserved_mailbox() -> None:
    certificate = gateway().certificate
    assert certificate.subject.common_name == "domain-signing-authority@agency.uz"
    assert lint(certificate, profile("gateway-domain-sign"), issuer=persons().certificate) == ()


def test_a_gateway_of_a_long_domain_is_called_by_its_organisation() -> None:
    made = gateway(f"{'a' * 40}.agency.uz")
    seen = lint(made.certificate, profile("gateway-domain-sign"), issuer=persons().certificate)
    assert [f.code for f in seen] == ["lint-subject-strings"]
    named = made.with_subject(common_name="Agentlik").certificate
    assert lint(named, profile("gateway-domain-sign"), issuer=persons().certificate) == ()


def delegated(**permitted: tuple[str, ...]) -> tuple[Profile, Certificate]:
    """An authority for the names of one agency, and its profile."""
    made = issuer_case(**permitted)
    return made.profile, made.certificate


def test_an_authority_of_one_agency_is_bound_to_its_names() -> None:
    bound, issuer = delegated(permitted_emails=("agency.example", ".agency.example"))
    assert lint(issuer, bound, issuer=root().certificate) == ()
    unbound = [f.code for f in lint(issuer, profile("issuing-person"), issuer=root().certificate)]
    assert unbound == ["lint-critical", "lint-extensions", "lint-name-constraints"]


@pytest.mark.parametrize(
    ("email", "refused"),
    [
        ("v@agency.example", False),
        ("v@desk.agency.example", False),
        ("v@other.example", True),
        ("v@notagency.example", True),
        ("вали@other.example", True),
        ("вали@agency.example", False),
    ],
)
def test_no_name_outside_the_issuers_is_certified(email: str, refused: bool) -> None:
    """RFC 9598 §6: constraints on mailboxes bind those with letters outside ASCII too."""
    _, issuer = delegated(permitted_emails=("agency.example", ".agency.example"))
    made = good(issuer=issuer).with_emails(email).certificate
    seen = [(f.code, dict(f.values)["found"]) for f in lint(made, profile("officer-sign"), issuer=issuer)]
    assert [one for one in seen if one[0] == "lint-names-within-issuer"] == (
        [("lint-names-within-issuer", email)] if refused else []
    )


def test_an_authority_of_one_agencys_hosts_is_bound_to_them() -> None:
    made = issuer_case("issuing-infra", permitted_dns_names=("agency.uz",))
    assert lint(made.certificate, made.profile, issuer=root().certificate) == ()
    for host, refused in (("mx.agency.uz", False), ("mx.other.uz", True)):
        stated = Subject.of({"organization": "Agentlik"}, dns_names=(host,))
        subject, _ = settle(profile("relay-tls"), stated, request())
        below = replace(
            good(issuer=made.certificate).with_contents(subject=subject, not_after=AT + 90 * DAY),
            profile=profile("relay-tls"),
        )
        codes = [f.code for f in lint(below.certificate, profile("relay-tls"), issuer=made.certificate)]
        assert ("lint-names-within-issuer" in codes) is refused


def test_each_authority_may_name_who_registers_for_it() -> None:
    """RFC 6402 §2.10: as with answers, whatever else it certifies."""
    made = good()
    subject, _ = settle(profile("ra-operator"), replace(officer(), emails=()), request())
    certificate = replace(made.with_contents(subject=subject), profile=profile("ra-operator")).certificate
    assert lint(certificate, profile("ra-operator"), issuer=persons().certificate) == ()
    assert persons().certificate.extended_key_usage and "1.3.6.1.5.5.7.3.28" in (
        certificate.extended_key_usage or ()
    )


def test_each_authority_may_name_who_answers_for_it() -> None:
    """RFC 6960 §2.6: the responder is delegated by the authority itself, whatever else that certifies."""
    for above in (persons().certificate, root().certificate, make_issuer("infra").certificate):
        responder = service("ocsp", issuer=above).certificate
        assert lint(responder, profile("ocsp"), issuer=above) == ()


def test_a_responder_does_not_say_where_to_ask_about_itself() -> None:
    made = service("ocsp").with_contents(publication=SOMEWHERE).certificate
    assert not made.crl_urls and not made.ocsp_urls


def test_the_throw_away_signature_is_not_judged() -> None:
    """Lint looks at what will be signed: the signature here is zeros."""
    assert good().certificate.signature == b"\0" * 64


def test_validity_of_exactly_the_profiles_days_is_allowed() -> None:
    """Both ends are inclusive: RFC 5280 §4.1.2.5."""
    last = AT + 730 * DAY - timedelta(seconds=1)
    kept = good().with_contents(not_after=last).certificate
    beyond = good().with_contents(not_after=last + timedelta(seconds=1)).certificate
    issuer = persons().certificate
    assert lint(kept, profile("officer-sign"), issuer=issuer) == ()
    assert [f.code for f in lint(beyond, profile("officer-sign"), issuer=issuer)] == ["lint-validity"]


def test_a_certificate_may_end_with_its_issuer_and_not_later() -> None:
    issuer = persons().certificate
    long = profile("officer-sign").model_copy(update={"days": 9000})
    ends = good().with_contents(not_after=issuer.not_after).certificate
    outlives = good().with_contents(not_after=issuer.not_after + timedelta(seconds=1)).certificate
    assert lint(ends, long, issuer=issuer) == ()
    assert [f.code for f in lint(outlives, long, issuer=issuer)] == ["lint-validity-within-issuer"]


def test_every_rule_has_a_failing_case() -> None:
    elsewhere = {
        "lint-issuer-may-sign",
        "lint-issuer-kind",
        "lint-usage-within-issuer",
        "lint-names-within-issuer",
    }
    assert {code for code, _, _ in faults()} | elsewhere == {rule.code for rule in RULES}


def test_codes_of_rules_are_unique_and_bear_the_name_of_the_room() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith(f"{room.__name__.rpartition('.')[2]}-") for code in codes)

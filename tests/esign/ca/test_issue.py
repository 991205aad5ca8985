"""Preparing, linting and signing; the octets are compared with what the builder of `cryptography` makes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from esign.algorithms import SignatureScheme
from esign.ca.issue import Prepared, new_serial, prepare, sign
from esign.ca.profile import Profile
from esign.ca.request import settle
from esign.ca.template import Publication, issuing_scheme
from esign.errors import IssuanceRefused
from esign.findings import Finding
from esign.keys import SoftwareKey
from esign.x509 import Certificate
from tests.esign.ca.world import (
    AT,
    authority_subject,
    info,
    key,
    make_issuer,
    make_root,
    officer,
    officer_request,
    profile,
)

URLS = Publication(("http://pki.uz/a.crl",), ("http://ocsp.pki.uz/",), ("http://pki.uz/a.cer",))


def prepared(issuer: Certificate, **changes: Any) -> Prepared:
    chosen: Profile = changes.pop("profile", profile("officer-sign"))
    subject, _ = settle(chosen, changes.pop("stated", officer()), officer_request())
    arguments = {"public_key_info": info(key("p-256", 1)), "serial": new_serial(), "at": AT, **changes}
    return prepare(chosen, subject, issuer=issuer, **arguments)


@pytest.mark.parametrize("key_name", ["p-256", "p-384", "rsa-2048", "ed25519", "ml-dsa-65"])
def test_what_was_linted_is_signed_octet_by_octet(key_name: str) -> None:
    subject, own = authority_subject("root"), key(key_name, 7)
    relaxed = profile("root").model_copy(update={"keys": (key_name,)})
    made = prepare(relaxed, subject, issuer=None, public_key_info=info(own), serial=new_serial(), at=AT)
    assert made.findings == ()
    certificate = sign(made, SoftwareKey(own))
    assert certificate.tbs == made.template.tbs
    assert certificate.signature != made.template.signature
    scheme = issuing_scheme(own.public_key())
    assert scheme.is_valid(own.public_key(), certificate.signature, certificate.tbs)
    assert not scheme.is_valid(own.public_key(), made.template.signature, made.template.tbs)


def test_the_octets_are_those_of_an_independent_builder() -> None:
    issuer = make_issuer()
    made = prepared(issuer.certificate, publication=URLS)
    own = made.template
    above = x509.load_der_x509_certificate(issuer.certificate.raw)
    usages = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    )
    printable, text = x509.name._ASN1Type.PrintableString, x509.NameAttribute
    subject = x509.Name(
        [
            text(NameOID.COUNTRY_NAME, "UZ"),
            text(NameOID.ORGANIZATION_NAME, "Agentlik"),
            text(NameOID.ORGANIZATION_IDENTIFIER, "GOVUZ"),
            text(NameOID.SURNAME, "Aliyev"),
            text(NameOID.GIVEN_NAME, "Vali"),
            text(NameOID.SERIAL_NUMBER, "PNOUZ-31201901234563", _type=printable),
            text(NameOID.COMMON_NAME, "Aliyev Vali"),
        ]
    )
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(URLS.crl_urls[0])], None, None, None)
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, URLS.ocsp_urls[0]),
            (AuthorityInformationAccessOID.CA_ISSUERS, URLS.issuer_urls[0]),
        )
    ]
    document_signing = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
    policy = x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.5.3.2"), None)
    public_key = key("p-256", 1).public_key()
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.subject)
        .public_key(public_key)
        .serial_number(own.serial_number)
        .not_valid_before(own.not_before)
        .not_valid_after(own.not_after)
        .add_extension(
            x509.AuthorityKeyIdentifier(issuer.certificate.subject_key_identifier, None, None), False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                encipher_only=False,
                decipher_only=False,
                **usages,
            ),
            True,
        )
        .add_extension(x509.CertificatePolicies([policy]), False)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("v.aliyev@agency.example")]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, document_signing]), False)
        .add_extension(x509.CRLDistributionPoints([point]), False)
        .add_extension(x509.AuthorityInformationAccess(access), False)
        .sign(key("p-256", 101), hashes.SHA256())
    )
    assert built.tbs_certificate_bytes == own.tbs


def test_a_template_with_an_error_is_not_signed() -> None:
    issuer = make_issuer()
    made = prepared(issuer.certificate, serial=5)
    assert not made.is_clean
    assert [f.code for f in made.errors] == ["lint-serial-entropy"]
    with pytest.raises(IssuanceRefused) as caught:
        sign(made, issuer.signer.key)
    assert caught.value.code == "lint-refused"
    assert caught.value.values["codes"] == "lint-serial-entropy"


def test_notes_stand_among_the_findings_and_do_not_refuse() -> None:
    issuer = make_issuer()
    note = Finding.info("request-field-left-out", name="email", value="x")
    made = prepared(issuer.certificate, notes=(note,))
    assert made.findings == (note,) and made.is_clean
    assert sign(made, issuer.signer.key)


def forgeries(made: Prepared, other: Certificate) -> list[Prepared]:
    worse = prepared(made.issuer, serial=5) if made.issuer else made
    return [
        replace(made, template=worse.template),
        replace(worse, findings=()),
        replace(made, issuer=other),
        replace(made, issuer=None),
        replace(made, profile=profile("agency-seal-mail")),
        replace(made, seal=bytes(32)),
        Prepared(made.profile, made.template, made.issuer, made.findings, b""),
    ]


@pytest.mark.parametrize("number", range(7))
def test_only_what_prepare_made_is_signed(number: int) -> None:
    issuer = make_issuer()
    forged = forgeries(prepared(issuer.certificate), make_issuer("infra").certificate)[number]
    with pytest.raises(IssuanceRefused) as caught:
        sign(forged, issuer.signer.key)
    assert caught.value.code == "prepared-by-another"


def test_another_key_does_not_sign() -> None:
    issuer = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        sign(prepared(issuer.certificate), SoftwareKey(key("p-256", 9)))
    assert caught.value.code == "issuer-key-mismatch"


class FaultyKey:
    """A token whose arithmetic failed."""

    def __init__(self, key: SoftwareKey) -> None:
        self._key = key

    @property
    def public_key(self) -> Any:
        return self._key.public_key

    def sign(self, scheme: SignatureScheme, message: bytes) -> bytes:
        return self._key.sign(scheme, message + b"!")


def test_a_faulty_signature_never_leaves() -> None:
    issuer = make_issuer()
    with pytest.raises(IssuanceRefused) as caught:
        sign(prepared(issuer.certificate), FaultyKey(SoftwareKey(key("p-256", 101))))
    assert caught.value.code == "issuer-key-mismatch"


def test_the_issuers_name_is_copied_octet_by_octet() -> None:
    issuer = make_issuer()
    assert prepared(issuer.certificate).template.issuer.raw == issuer.certificate.subject.raw


def test_validity_starts_before_now_but_not_before_the_issuer() -> None:
    root, issuer = make_root(), make_issuer()
    assert root.certificate.not_before == AT - timedelta(seconds=300)
    assert prepared(issuer.certificate).template.not_before == issuer.certificate.not_before
    later = prepared(issuer.certificate, at=AT + timedelta(days=1)).template
    assert later.not_before == AT + timedelta(days=1, seconds=-300)
    assert later.not_after - later.not_before == timedelta(days=730, seconds=-1)


def test_an_end_of_ones_own_is_kept() -> None:
    made = prepared(make_issuer().certificate, not_after=AT + timedelta(days=30))
    assert made.is_clean and made.template.not_after == AT + timedelta(days=30)


def test_a_certificate_that_would_outlive_its_issuer_is_not_shortened_silently() -> None:
    issuer = make_issuer()
    made = prepared(issuer.certificate, at=issuer.certificate.not_after - timedelta(days=10))
    assert [f.code for f in made.errors] == ["lint-validity-within-issuer"]


def test_serial_numbers_have_twenty_octets_and_do_not_recur() -> None:
    serials = {new_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert {serial.bit_length() for serial in serials} == {159}


def test_a_mailbox_that_is_not_ascii_becomes_an_smtp_utf8_mailbox() -> None:
    subject = replace(officer(), emails=("вали@agency.uz",))
    template = prepared(make_issuer().certificate, stated=subject).template
    assert [(n.kind, n.text) for n in template.subject_alt_names] == [("smtpUTF8Mailbox", "вали@agency.uz")]


def test_without_addresses_of_publication_their_extensions_are_absent() -> None:
    made = prepared(make_issuer().certificate).template
    assert (made.crl_urls, made.ocsp_urls, made.issuer_urls) == ((), (), ())
    assert not {e.oid for e in made.extensions} & {"2.5.29.31", "1.3.6.1.5.5.7.1.1"}


def test_an_authority_on_rsa_signs_by_pkcs1() -> None:
    assert issuing_scheme(key("rsa-2048").public_key()).name == "rsa-sha256"

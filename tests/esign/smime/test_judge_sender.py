"""Which certificate may sign for which mailbox (RFC 8550 §3)."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from esign import der, keys
from esign.findings import Indication
from esign.mime import Mailbox
from esign.smime.sender import Binding, Bindings, matches
from esign.validation.report import Report, SignatureReport
from esign.x509 import Certificate
from tests.esign.people import AT, DER

UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


def utf8_mailbox(text: str) -> x509.GeneralName:
    return x509.OtherName(UTF8_MAILBOX, der.tlv(der.UTF8_STRING, text.encode()))


def issued(*names: x509.GeneralName, email: str = "") -> Certificate:
    key = keys.generate("p-256")
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, "Alice")]
    if email:
        subject.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, email))
    builder = (
        x509.CertificateBuilder(public_key=key.public_key())  # type: ignore[arg-type]
        .subject_name(x509.Name(subject))
        .issuer_name(x509.Name(subject))
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Certificate.load(builder.sign(key, hashes.SHA256()).public_bytes(DER))  # type: ignore[arg-type]


def report_on(*certificates: Certificate | None) -> Report:
    passed = Indication.TOTAL_PASSED
    signatures = tuple(SignatureReport(passed, None, "valid", certificate=one) for one in certificates)
    return Report(passed, None, AT, signatures=signatures)


def binds(certificate: Certificate, mailbox: str) -> bool:
    return bool(matches(report_on(certificate), Mailbox.parse(mailbox), None))


@pytest.mark.parametrize(
    ("names", "mailbox", "expected"),
    [
        ((x509.RFC822Name("alice@a.test"),), "alice@a.test", True),
        ((x509.RFC822Name("Alice@A.test"),), "ALICE@a.TEST", True),
        ((x509.RFC822Name("alice@a.test"),), "alice@b.test", False),
        ((x509.RFC822Name("alice@a.test"),), "alice@a.test.e.test", False),
        ((x509.RFC822Name("a.test"),), "alice@a.test", False),
        ((x509.RFC822Name("@a.test"),), "alice@a.test", False),
        ((x509.RFC822Name("bob@a.test"), x509.RFC822Name("alice@a.test")), "alice@a.test", True),
        ((x509.RFC822Name("alice@xn--80a1acny.test"),), "alice@почта.test", True),
        ((utf8_mailbox("алиса@почта.test"),), "алиса@почта.test", True),
        ((utf8_mailbox("алиса@xn--80a1acny.test"),), "алиса@почта.test", True),
        ((utf8_mailbox("Алиса@почта.test"),), "алиса@почта.test", False),
        ((utf8_mailbox("alice@a.test"),), "alice@a.test", True),
        ((x509.DNSName("a.test"),), "alice@a.test", False),
        ((x509.UniformResourceIdentifier("mailto:alice@a.test"),), "alice@a.test", False),
        ((utf8_mailbox("alice@a.test\0.e.test"),), "alice@a.test", False),
    ],
)
def test_a_mailbox_is_bound_by_the_names_of_the_certificate(
    names: tuple[x509.GeneralName, ...], mailbox: str, expected: bool
) -> None:
    assert binds(issued(*names), mailbox) is expected


def test_the_subject_counts_where_there_are_no_other_names() -> None:
    assert binds(issued(email="alice@a.test"), "alice@a.test")
    assert not binds(issued(x509.RFC822Name("bob@a.test"), email="alice@a.test"), "alice@a.test")
    assert not binds(issued(), "alice@a.test")


def test_a_directory_binds_what_the_certificate_does_not() -> None:
    plain, named = issued(), issued(x509.RFC822Name("alice@a.test"))
    directory = Bindings.of({"alice@a.test": [plain], "bob@a.test": []})
    found = matches(report_on(None, plain, named), Mailbox.parse("Alice@a.test"), directory)
    assert [binding for _, binding in found] == [Binding.DIRECTORY, Binding.CERTIFICATE]
    assert matches(report_on(plain), Mailbox.parse("bob@a.test"), directory) == ()
    assert matches(report_on(plain), Mailbox.parse("carol@a.test"), directory) == ()

"""The judge before messages that others made: nothing foreign is raised, and no part is hidden."""

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from esign import Certificate, Trust, smime
from esign.keys import Decryptor
from esign.mime import canonical
from esign.smime import Opening, Verdict
from esign.validation.policy import Policy, Revocation
from tests.esign.smime.letters import codes, errors
from tests.peers import corpus

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POLICY = replace(Policy.default(), revocation=Revocation.UNSAFE_OFF)

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER"),
]


def messages(name: str) -> list[Path]:
    return sorted(path for path in corpus(name).rglob("*") if path.suffix in (".txt", ".msg", ".eml"))


def judge(octets: bytes, trust: Trust | None = None, keys: tuple[Decryptor, ...] = ()) -> smime.Judgement:
    return smime.judge(octets, trust=trust or Trust.empty(), at=AT, keys=keys, policy=POLICY)


# --- messages of other parsers' tests ---


_DECIDING = re.compile(rb"(?i)(from|sender|reply-to|to|cc|subject|date|message-id)[ \t]*:")


def sent_anew(octets: bytes) -> bytes:
    """The message with a header that nothing is wrong with, so that its MIME structure is what is judged."""
    head, gap, body = octets.partition(b"\r\n\r\n")
    fields = [one for one in re.split(rb"\r\n(?![ \t])", head) if not _DECIDING.match(one)]
    return b"\r\n".join((b"From: a@b.test", *fields)) + gap + body


def leaves(octets: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """The parts that a forgiving parser shows: media type, content decoded and as received."""
    for part in email.message_from_bytes(octets).walk():
        if part.get_content_maintype() in ("multipart", "message"):
            continue
        decoded, raw = part.get_payload(decode=True), part.get_payload()
        assert isinstance(decoded, bytes) and isinstance(raw, str)
        yield part.get_content_type(), squeezed(decoded), squeezed(raw.encode("utf-8", "surrogateescape"))


def squeezed(octets: bytes) -> bytes:
    return b"".join(octets.split())


@pytest.mark.parametrize(("name", "least"), [("mime4j", 45), ("cpython_email", 30)])
def test_no_part_that_another_parser_shows_is_hidden_from_the_judge(name: str, least: int) -> None:
    judged = 0
    for path in messages(name):
        octets = sent_anew(canonical(path.read_bytes()))
        found = judge(octets)
        assert found.verdict is not Verdict.ACCEPTED
        if found.verdict is Verdict.REFUSED:
            continue
        judged += 1
        seen = [squeezed(part.content) for part in found.parts]
        for kind, decoded, raw in leaves(octets):
            assert any(decoded in one or raw in one for one in seen), (path.name, kind)
    assert judged >= least


@pytest.mark.parametrize("name", ["mime4j", "cpython_email"])
def test_a_message_is_refused_or_its_parts_are_listed(name: str) -> None:
    for path in messages(name):
        found = judge(canonical(path.read_bytes()))
        assert found.verdict is Verdict.REFUSED or found.parts, path.name
        assert all(found.explain(language) for language in ("en", "uz"))


@pytest.mark.parametrize("name", ["mime4j", "cpython_email", "thunderbird", "rfc9788"])
def test_messages_are_judged_as_they_lie_on_the_disk(name: str) -> None:
    for path in messages(name):
        octets = path.read_bytes()
        for given in (octets, octets.replace(b"\r\n", b"\n"), octets[: len(octets) // 2]):
            assert judge(given).to_dict()["schema"] == "exat.judgement/1"


# --- Thunderbird ---


def thunderbird() -> tuple[Trust, tuple[Decryptor, ...]]:
    folder = corpus("thunderbird") / "smime"
    keys = tuple(
        Decryptor.from_pkcs12((folder / f"{name}.p12").read_bytes(), "nss")
        for name in ("Alice", "Bob", "Dave")
    )
    # Their authority is none by RFC 5280 §4.2.1.9 (the extension is not critical): Alice is the anchor.
    return Trust.from_pem(Certificate.load(keys[0].certificate or b"").pem), keys


@pytest.mark.parametrize(
    ("name", "verdict", "expected"),
    [
        ("alice.dsig.SHA256.multipart", Verdict.ACCEPTED, []),
        ("alice.sig.SHA256.opaque", Verdict.ACCEPTED, []),
        ("alice.html.sig.SHA256.opaque", Verdict.ACCEPTED, []),
        ("alice.dsig.SHA256.multipart.env", Verdict.ACCEPTED, []),
        ("alice.sig.SHA256.opaque.env", Verdict.ACCEPTED, []),
        ("alice.html.sig.SHA256.opaque.env", Verdict.ACCEPTED, []),
        ("alice.dsig.SHA256.multipart.bad", Verdict.REFUSED, ["signature-not-valid"]),
        ("alice.future.dsig.SHA256.multipart", Verdict.UNDETERMINED, ["date-differs"]),
        (
            "alice.dsig.SHA256.multipart.mismatch-econtent",
            Verdict.REFUSED,
            ["detached-signature-with-content"],
        ),
        ("alice.env.sig.SHA256.opaque", Verdict.UNDETERMINED, ["envelope-not-vouched"]),
        ("alice.env.dsig.SHA256.multipart", Verdict.REFUSED, ["signature-not-valid", "envelope-not-opened"]),
    ],
)
def test_messages_of_thunderbird_are_judged(name: str, verdict: Verdict, expected: list[str]) -> None:
    trust, keys = thunderbird()
    octets = canonical((corpus("thunderbird") / "smime" / f"{name}.eml").read_bytes())
    found = judge(octets, trust, keys)
    assert (found.verdict, errors(found)) == (verdict, expected)
    if verdict is Verdict.ACCEPTED:
        assert found.sender.signer is not None and found.sender.signer.common_name == "Alice"
        assert b"This is a test message from Alice to Bob." in found.parts[0].content


def test_an_envelope_that_somebody_signed_badly_opens_only_on_demand() -> None:
    trust, keys = thunderbird()
    path = corpus("thunderbird") / "smime" / "alice.env.dsig.SHA256.multipart.eml"
    octets = canonical(path.read_bytes())
    found = smime.judge(octets, trust=trust, at=AT, keys=keys, policy=POLICY, unsafe_release=True)
    assert (found.verdict, found.envelopes[0].opening) == (Verdict.REFUSED, Opening.OPENED)
    assert b"This is a test message from Alice to Bob." in found.parts[0].content


@pytest.mark.parametrize("name", ["in.mixed", "in.mixed.with.header"])
def test_a_letter_that_a_mailing_list_wrapped_is_not_refused(name: str) -> None:
    path = corpus("thunderbird") / "ui" / f"alice.dsig.SHA256.multipart.{name}.eml"
    trust, _ = thunderbird()
    found = judge(canonical(path.read_bytes()), trust)
    assert (found.verdict, errors(found)) == (Verdict.UNDETERMINED, ["layer-not-at-root", "message-unsigned"])
    assert [one.report.indication.value for one in found.inside] == ["TOTAL-PASSED"]


# --- RFC 9788 ---


@pytest.mark.parametrize(
    ("name", "verdict", "expected"),
    [
        ("smime-multipart-hp", Verdict.ACCEPTED, []),
        ("neg-outer-subject-changed", Verdict.ACCEPTED, ["outer-header-differs"]),
        ("neg-outer-from-changed", Verdict.REFUSED, ["from-differs", "signer-not-sender"]),
        ("neg-inner-subject-changed", Verdict.REFUSED, ["signature-not-valid", "outer-header-differs"]),
    ],
)
def test_samples_of_rfc_9788_are_judged(name: str, verdict: Verdict, expected: list[str]) -> None:
    root = "3.1-rsa-certification-authority-root-certificate.pem"
    trust = Trust.from_pem((corpus("rfc9216") / root).read_bytes())
    found = judge(canonical((corpus("rfc9788") / f"{name}.eml").read_bytes()), trust)
    assert (found.verdict, codes(found)) == (verdict, expected)
    assert found.sender.mailbox is not None
    if verdict is Verdict.ACCEPTED:
        assert found.sender.is_signed
        subject = next(one for one in found.header if one.key == "subject")
        assert subject.text == "smime-multipart-hp"


# --- NIST ---


def test_signed_mails_of_the_nist_suite_are_judged_and_none_is_accepted_without_trust() -> None:
    found = [judge(canonical(path.read_bytes())) for path in messages("pkits")]
    assert len(found) > 200
    assert all(one.verdict is not Verdict.ACCEPTED for one in found)
    assert all(one.layers and one.layers[0].to_dict()["kind"] == "multipart-signed" for one in found)

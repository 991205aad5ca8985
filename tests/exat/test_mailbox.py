"""A mailbox key opens for its officers only, and a letter is opened only under a good outer signature."""

import dataclasses
from datetime import timedelta
from functools import cache

import pytest

import esign
from esign import Certificate, Decryptor, EsignError, Indication, smime
from exat.directory import Directory
from exat.errors import MalformedMessage
from exat.mailbox import MailboxError, Reading, open_letter, rewrap, unlock, wrap_key
from exat.message import Requisites
from exat.policy import Verdict
from tests.exat.test_policy import ENTITY, an_agency_to_revoke_in, with_one_octet_changed
from tests.exat.world import (
    ARCHIVE,
    AT,
    CHANCERY,
    TAX,
    TAX_ARCHIVE,
    address,
    adliya,
    everyone,
    house,
    native,
    ordinary,
    ordinary_header,
    plain,
    private_octets,
    soliq,
    there,
)


def encryption_of(mailbox: str) -> Certificate:
    found = soliq().officer(mailbox).authorised.encryption
    assert found is not None
    return found


@cache
def wrapped_key() -> bytes:
    return wrap_key(private_octets(soliq().keys[TAX]), [encryption_of(TAX)])


def test_an_authorised_officer_unlocks_the_mailbox() -> None:
    key = unlock(wrapped_key(), soliq().officer(TAX).decryptor, soliq().certificate(TAX))
    assert key.certificate == soliq().certificate(TAX).raw
    reading = open_letter(native(), address(TAX), [key], there(), at=AT)
    assert reading.decision.verdict is Verdict.ACCEPT


def test_another_officer_does_not() -> None:
    with pytest.raises(EsignError) as caught:
        unlock(wrapped_key(), soliq().officer(TAX_ARCHIVE).decryptor, soliq().certificate(TAX))
    assert caught.value.code == "not-a-recipient"


def test_the_key_of_another_mailbox_is_not_taken_for_this_one() -> None:
    with pytest.raises(MailboxError) as caught:
        unlock(wrapped_key(), soliq().officer(TAX).decryptor, soliq().certificate(TAX_ARCHIVE))
    assert caught.value.code == "wrapped-key-unusable"
    assert caught.value.values == {"mailbox": TAX_ARCHIVE}


@pytest.mark.parametrize("content", [b"", b"no key", b"\x30\x00"])
def test_what_is_no_key_is_unusable(content: bytes) -> None:
    wrapped = wrap_key(content, [encryption_of(TAX)])
    with pytest.raises(MailboxError) as caught:
        unlock(wrapped, soliq().officer(TAX).decryptor, soliq().certificate(TAX))
    assert caught.value.code == "wrapped-key-unusable"


def test_a_broken_envelope_is_the_librarys_error() -> None:
    for length in range(0, len(wrapped_key()), 37):
        with pytest.raises(EsignError):
            unlock(wrapped_key()[:length], soliq().officer(TAX).decryptor, soliq().certificate(TAX))


def test_a_key_is_wrapped_to_somebody() -> None:
    with pytest.raises(ValueError):
        wrap_key(b"key", [])


def test_a_key_is_wrapped_anew_when_people_come_and_go() -> None:
    anew = rewrap(wrapped_key(), soliq().officer(TAX).decryptor, [encryption_of(TAX_ARCHIVE)])
    certificate = soliq().certificate(TAX)
    assert unlock(anew, soliq().officer(TAX_ARCHIVE).decryptor, certificate).certificate == certificate.raw
    with pytest.raises(EsignError):
        unlock(anew, soliq().officer(TAX).decryptor, certificate)


def test_several_officers_share_a_mailbox() -> None:
    shared = wrap_key(private_octets(soliq().keys[TAX]), [encryption_of(TAX), encryption_of(TAX_ARCHIVE)])
    for mailbox in (TAX, TAX_ARCHIVE):
        assert unlock(shared, soliq().officer(mailbox).decryptor, soliq().certificate(TAX))


# --- reading ---


def reading(raw: bytes, *, mailbox: str = TAX, directory: Directory | None = None) -> Reading:
    return open_letter(raw, address(mailbox), [soliq().keys[mailbox]], directory or there(), at=AT)


def test_a_letter_is_read_with_its_author_and_requisites() -> None:
    found = reading(native(text="Hurmatli hamkasblar"))
    assert found.letter is not None
    assert found.letter.text.strip() == "Hurmatli hamkasblar"
    assert found.letter.header.subject == "So'rov"
    assert found.letter.requisites == Requisites(outgoing_number="01-12/345")
    assert found.letter.is_protected
    assert found.signer is not None and found.signer.name == adliya().officer(CHANCERY).name
    assert found.report is not None and found.report.indication is Indication.TOTAL_PASSED
    assert [layer.kind.value for layer in found.layers] == [
        "multipart-signed",
        "auth-enveloped",
        "multipart-signed",
    ]


def test_a_letter_of_an_ordinary_client_is_read_under_the_seal() -> None:
    found = reading(smime.wrap(ordinary(), adliya().seal, at=AT))
    assert found.decision.verdict is Verdict.ACCEPT
    assert found.letter is not None and found.letter.text.strip() == "Salom"
    assert found.signer is not None and not found.letter.is_protected


def test_a_changed_letter_is_not_even_decrypted() -> None:
    found = reading(with_one_octet_changed(native()))
    assert (found.decision.verdict, found.decision.code) == (Verdict.REFUSE, "signature-invalid")
    assert (found.letter, found.opened, found.report, found.layers) == (None, None, None, ())


@pytest.mark.parametrize(("raw", "code"), [(ordinary, "unsigned-letter"), (plain, "unsigned-letter")])
def test_a_letter_without_an_outer_signature_is_not_opened(raw: object, code: str) -> None:
    assert callable(raw)
    found = reading(raw())
    assert found.decision.code == code
    assert found.opened is None


def test_a_letter_whose_author_is_not_authorised_has_no_signer() -> None:
    raw = native(author=adliya().officer(ARCHIVE).signer, outer=adliya().officer(CHANCERY).signer)
    found = reading(raw)
    assert found.decision.code == "inner-signer-not-authorised"
    assert found.signer is None
    assert found.report is not None


def test_a_letter_that_nobody_signed_inside_has_no_report() -> None:
    found = reading(smime.wrap(ordinary(signed=False), adliya().seal, at=AT))
    assert found.decision.code == "inner-signature-missing"
    assert (found.signer, found.report) == (None, None)


def test_a_letter_of_a_revoked_author_is_refused_with_the_reason() -> None:
    theirs = an_agency_to_revoke_in()
    raw = smime.wrap(ordinary(author=theirs.officer(CHANCERY).signer), theirs.seal, at=AT)
    found = reading(raw, directory=Directory(soliq().agency, (theirs.agency,)))
    assert (found.decision.verdict, found.decision.code) == (Verdict.REFUSE, "signer-revoked")


@pytest.mark.parametrize(
    ("received", "verdict", "codes"),
    [
        (timedelta(0), Verdict.ACCEPT, ["signer-revoked-later", "signer-revoked-later"]),
        (timedelta(days=4, hours=23), Verdict.ACCEPT, ["signer-revoked-later", "signer-revoked-later"]),
        (timedelta(days=5), Verdict.REFUSE, ["signer-revoked"]),
        (timedelta(days=6), Verdict.REFUSE, ["signer-revoked"]),
        (None, Verdict.REFUSE, ["signer-revoked"]),
    ],
)
def test_a_revocation_after_the_arrival_does_not_close_a_letter(
    received: timedelta | None, verdict: Verdict, codes: list[str]
) -> None:
    raw, directory = revoked_five_days_later()
    found = open_letter(
        raw,
        address(TAX),
        [soliq().keys[TAX]],
        directory,
        at=AT + timedelta(days=10),
        received_at=None if received is None else AT + received,
    )
    assert found.decision.verdict is verdict
    assert [f.code for f in found.decision.findings] == codes
    assert (found.letter is not None) is (verdict is Verdict.ACCEPT)


@cache
def revoked_five_days_later() -> tuple[bytes, Directory]:
    theirs = house("adliya.uz", (CHANCERY,))
    officer = theirs.officer(CHANCERY).signer
    theirs.pki.revoke(officer, at=AT + timedelta(days=5))
    raw = native(author=officer, keys=[soliq().certificate(TAX)])
    return raw, Directory(soliq().agency, (theirs.refreshed(AT + timedelta(days=10)).agency,))


def test_a_changed_letter_is_not_saved_by_its_age() -> None:
    raw, directory = revoked_five_days_later()
    changed = with_one_octet_changed(raw)
    at = AT + timedelta(days=10)
    found = open_letter(changed, address(TAX), [soliq().keys[TAX]], directory, at=at, received_at=AT)
    assert found.decision.code == "signature-invalid"


def test_without_a_revocation_list_a_letter_is_shown_and_not_confirmed() -> None:
    mute = dataclasses.replace(adliya().agency, crls=())
    found = reading(native(), directory=Directory(soliq().agency, (mute,)))
    assert (found.decision.verdict, found.decision.code) == (Verdict.DEFER, "revocation-undetermined")
    assert found.letter is not None


def test_a_letter_for_another_mailbox_does_not_open() -> None:
    with pytest.raises(EsignError) as caught:
        reading(native(), mailbox=TAX_ARCHIVE)
    assert caught.value.code == "not-a-recipient"


def test_an_older_key_opens_an_older_letter() -> None:
    newer = soliq().pki.decryptor(TAX, name="Newer Key")
    found = open_letter(native(), address(TAX), [newer, soliq().keys[TAX]], there(), at=AT)
    assert found.letter is not None


def test_content_that_cannot_be_read_is_a_refusal() -> None:
    entity = b"Content-Type: message/partial; id=1; number=1\r\n\r\nx\r\n"
    signed = smime.sign(entity, adliya().officer(CHANCERY).signer, at=AT)
    closed = smime.message(ordinary_header(), smime.encrypt(signed, everyone(TAX)))
    found = reading(smime.wrap(closed, adliya().seal, at=AT))
    assert (found.decision.verdict, found.decision.code) == (Verdict.REFUSE, "malformed-letter")
    assert found.letter is None and found.report is not None


@pytest.mark.parametrize("raw", [b"", b"From: a\r\n\r\n", b"\x00", ENTITY])
def test_what_is_no_letter_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        reading(raw)


def test_a_key_without_its_certificate_does_not_open() -> None:
    bare = Decryptor(soliq().keys[TAX].private)
    try:
        open_letter(native(), address(TAX), [bare], there(), at=AT)
    except EsignError as e:
        assert isinstance(e, esign.EsignError)

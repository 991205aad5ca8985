"""A letter is signed, encrypted with its subject, signed around; its reader judges it and answers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from esign import Certificate, smime
from esign.testing import TestPKI

pki = TestPKI()
at = (datetime.now(UTC) + timedelta(seconds=1)).replace(microsecond=0)
aliyev = pki.signer("Aliyev Anvar", email="aliyev@test.example")
karimova = pki.signer("Karimova Lola", email="karimova@test.example")
mailbox = pki.decryptor("karimova@test.example")
material = pki.crls_at(at)

header = b"".join(
    (
        smime.text_field("From", "aliyev@test.example"),
        smime.text_field("To", "karimova@test.example"),
        smime.text_field("Subject", "Buyruq loyihasi"),
        smime.field("Date", format_datetime(at)),
        smime.field("Message-ID", "<1@test.example>"),
    )
)
text = b'Content-Type: text/plain; charset="utf-8"\r\n\r\nAssalomu alaykum!\r\n'
letter = smime.triple_wrap(
    smime.protect(text, header, mode="cipher"),
    [Certificate.load(mailbox.certificate or b"")],
    signer=aliyev,
    outer_signer=pki.seal(email="node@test.example"),
    at=at,
    receipt=smime.request_receipt([smime.Party.of("aliyev@test.example")]),
)
print(f"outside: {next(line for line in letter.decode().splitlines() if line.startswith('Subject'))}")

found = smime.judge(letter, trust=pki.trust, at=at, keys=[mailbox], material=material)
print(f"{found.verdict.value}: {found.sender.mailbox.address if found.sender.mailbox else ''}")
print(next(one.text for one in found.header if one.key == "subject"))

forged = letter.replace(b"To: karimova@", b"To: everyone@", 1)
found = smime.judge(forged, trust=pki.trust, at=at, keys=[mailbox], material=material)
print(f"changed on the way: {found.verdict.value}, {found.findings[0].code}")

answer = smime.make_receipt(letter, karimova, at=at, keys=[mailbox])
report = smime.verify_receipt(
    smime.message(b"Subject: Receipt\r\n", answer.entity),
    letter,
    trust=pki.trust,
    at=at,
    keys=[mailbox],
    material=material,
)
print(f"receipt: {report.indication.value}")

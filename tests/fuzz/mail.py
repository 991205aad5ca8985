"""The targets about mail: entities of MIME, the judgement on messages, and what comes of envelopes."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Final

from esign import smime
from esign.envelope import decrypt, encrypt
from esign.errors import EsignError
from esign.findings import Indication
from esign.keys import KeyEncryptionKey, OpeningKey, Password
from esign.mime import Entity, canonical, decode_words, read_date, read_mailboxes, walk
from esign.smime import Judgement, Verdict
from esign.smime.structure import Opening
from tests.esign.validation.world import AT
from tests.fuzz import archive, world
from tests.fuzz.archive import SIGNED_AT
from tests.fuzz.belief import WrongVerdict, believing, touch

SENDER: Final = "a.aliyev@agency.uz"
SECRET: Final = b"what only the recipient may read"
_TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + SECRET + b"\r\n"
_HEAD: Final = (
    b"From: a.aliyev@agency.uz\r\nTo: b@agency.uz\r\nSubject: x\r\nDate: Mon, 23 Nov 2026 13:00:00 +0500\r\n"
)
_SHARED: Final = KeyEncryptionKey(bytes(range(32)), b"shared")
_PASSWORD: Final = Password("no secret at all", iterations=1_000)


def _demand(claim: bool, why: str) -> None:
    if not claim:
        raise WrongVerdict(why)


# --- MIME ---


def run_mime(data: bytes) -> None:
    """As an entity of MIME: what is read is what was there, and each part can be asked for everything."""
    text = data.decode("latin-1")
    for read in (partial(read_mailboxes, where="From"), read_date, decode_words):
        try:
            read(text)
        except EsignError:
            continue
    try:
        entity = Entity.read(canonical(data))
    except EsignError:
        return
    _demand(entity.raw == canonical(data), "other octets than were read")
    try:
        parts = list(walk(entity))
    except EsignError:
        return
    for part in parts:
        _demand(part.raw in entity.raw, "a part that is not in the whole")
        touch(part)
        for one in part.header:
            touch(one)


def _entities() -> Iterator[bytes]:
    yield from world.messages()
    yield from letters()
    yield (
        b'From: "Aliyev, A." <a.aliyev@agency.uz>, =?utf-8?B?0JA=?= <b@xn--e1afmkfd.uz>\r\n'
        b"Date: Mon, 23 Nov 2026 13:00:00 +0500 (a comment)\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset*0*=utf-8''; charset*1=x; format=flowed\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''%d0%b0.txt\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=D0=90 =\r\nb\r\n"
    )


# --- the judgement on a message ---


@cache
def letters() -> tuple[bytes, ...]:
    """Signed in both forms, closed, closed and signed again, compressed, with protected header."""
    signer = archive.signer(archive.person())
    clear, opaque = (smime.sign(_TEXT, signer, at=SIGNED_AT, opaque=opaque) for opaque in (False, True))
    recipients = [world.person().certificate]
    closed = smime.encrypt(clear, recipients)
    weak = smime.encrypt(opaque, recipients, cipher="aes-256-cbc")
    whole = smime.message(_HEAD, closed)
    return (
        smime.message(_HEAD, clear),
        smime.message(_HEAD, opaque),
        whole,
        smime.message(_HEAD, weak),
        smime.message(_HEAD, smime.sign(weak, signer, at=SIGNED_AT)),
        smime.message(_HEAD, smime.compress(clear)),
        smime.message(_HEAD, smime.encrypt(_TEXT, recipients, cipher="aes-256-cbc")),
        smime.wrap(whole, signer, at=SIGNED_AT),
        smime.message(_HEAD, smime.certificates_only(recipients)),
    )


def judge(data: bytes) -> Judgement:
    """The judgement on a letter, with the key of its recipient."""
    return smime.judge(
        data, trust=archive.root().trust, at=AT, keys=[world.decryptor()], material=archive.material()
    )


def run_smime(data: bytes) -> None:
    """As a letter: accepted is only what its sender signed; what was closed comes out whole or not at all."""
    archive.note_all()
    letters()
    judged = judge(data)
    _check_accepted(judged)
    _check_released(judged)
    judged.to_dict()
    judged.explain("uz-Cyrl")
    with believing():
        _check_released(judge(data))


def _check_accepted(judged: Judgement) -> None:
    if judged.verdict is not Verdict.ACCEPTED:
        return
    _demand(bool(judged.signatures), "accepted, and nobody signed")
    mailbox = judged.sender.mailbox
    _demand(mailbox is not None and mailbox.key == SENDER, "accepted for somebody else")
    for layer in judged.signatures:
        _demand(layer.report.indication is Indication.TOTAL_PASSED, "accepted with a bad signature")
        for one in layer.report.signatures:
            _demand(one.certificate == archive.person().certificate, "signed by somebody else")
    _demand(
        judged.payload is not None and judged.payload.content() in _CONTENTS, "accepted with another text"
    )


_CONTENTS: Final = (SECRET + b"\r\n", SECRET)


def _check_released(judged: Judgement) -> None:
    """What came out of an envelope is the whole that went in, and nothing comes out of a refused letter."""
    opened = [one for one in judged.envelopes if one.opening is Opening.OPENED]
    if judged.payload is None or not opened:
        return
    _demand(judged.verdict is not Verdict.REFUSED, "a refused letter gave its content away")
    vouched = bool(judged.signatures) or opened[-1].authenticated
    _demand(vouched, "content that nothing vouches for")
    if SECRET in judged.payload.raw:
        _demand(judged.payload.raw == _TEXT, "the secret among other octets")


# --- envelopes ---


@cache
def _closed() -> tuple[bytes, ...]:
    """For each kind of recipient, by each cipher, and for several at once."""
    certificate = world.person().certificate
    everybody = (certificate, _SHARED, _PASSWORD)
    made = [encrypt(world.DOCUMENT, [one]) for one in everybody]
    made += [encrypt(world.DOCUMENT, [one], cipher="aes-128-cbc") for one in everybody]
    made.append(encrypt(world.DOCUMENT, everybody, derive_key=True, user_keying_material=b"u" * 16))
    return tuple(made)


def run_enveloped(data: bytes) -> None:
    """As an envelope for each kind of key: what opens and is authenticated is the document."""
    keys: tuple[tuple[OpeningKey, ...], ...] = ((world.decryptor(),), (_SHARED,), (_PASSWORD,))
    for several in (*keys, (world.decryptor(), _SHARED, _PASSWORD)):
        try:
            opened = decrypt(data, several, unsafe_legacy_ciphers=True)
        except EsignError:
            continue
        touch(opened)
        if opened.authenticated:
            _demand(opened.content == world.DOCUMENT, "changed content came out of an authenticated envelope")
            _demand(not any(f.code == "content-not-authenticated" for f in opened.findings), "two opinions")
        else:
            _demand(any(f.code == "content-not-authenticated" for f in opened.findings), "CBC, and not told")


Run = Callable[[bytes], None]

MAIL: Final[tuple[tuple[str, Run, Callable[[], Iterable[bytes]]], ...]] = (
    ("mime", run_mime, _entities),
    ("smime", run_smime, letters),
)
ENVELOPES: Final = ("enveloped", run_enveloped, _closed)

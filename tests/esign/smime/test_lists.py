"""A mail list passes messages on: the examples of RFC 2634 §4.2.1, and loops."""

from collections.abc import Callable

import pytest

from esign import cms, ess, smime
from esign.errors import EsignError
from esign.ess import (
    ExpansionLoop,
    Party,
    ReceiptPolicy,
    ReceiptRule,
    SecurityLabel,
    Services,
    request_receipt,
)
from esign.keys import Signer
from esign.mime import field
from esign.smime import LayerKind, pass_on
from tests.esign.people import AT, recipient, signatory

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
HEADER = (
    field("From", "Alice <alice@a.test>")
    + field("To", "list@l.test")
    + field("Subject", "[...]")
    + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    + field("Message-ID", "<1@a.test>")
)
ALICE = signatory("p-256").signer
FIRST, SECOND = signatory("p-384"), signatory("p-256", 2)
LIST, MEMBER, OTHER = recipient("p-256"), recipient("p-256", 2), recipient("rsa-2048")
LABEL = SecurityLabel("1.2.3", 2)
REQUEST = request_receipt((Party.of("alice@a.test"),), identifier=b"1")

SIGNED = smime.sign(TEXT, ALICE, at=AT, receipt=REQUEST)


def said(layer: smime.Layer) -> Services:
    return Services.read(cms.SignedData.read(layer.cms).signer_infos[0])


def signers(layers: tuple[smime.Layer, ...]) -> list[str]:
    """The kinds of the layers, with who signed."""
    found = []
    for layer in layers:
        if layer.is_signature:
            (info,) = cms.SignedData.read(layer.cms).signer_infos
            found.append(next(name for name, one in NAMES if info.names(one)))
        else:
            found.append("E")
    return found


NAMES = [
    ("alice", signatory("p-256").certificate),
    ("first", FIRST.certificate),
    ("second", SECOND.certificate),
]


def closed(inside: bytes = SIGNED) -> bytes:
    return smime.encrypt(inside, [LIST.certificate])


def wrapped(signer: Signer = ALICE, **others: SecurityLabel) -> bytes:
    return smime.wrap(smime.message(HEADER, closed()), signer, at=AT, **others)


def passed_on(received: bytes, agent: Signer = FIRST.signer, **options: ReceiptPolicy) -> bytes:
    return pass_on(
        received,
        agent,
        at=AT,
        members=[MEMBER.certificate, OTHER.certificate],
        keys=[LIST.decryptor],
        **options,
    )


@pytest.mark.parametrize(
    ("received", "before", "after"),
    [
        (lambda: smime.message(HEADER, TEXT), [], ["first"]),
        (lambda: smime.message(HEADER, SIGNED), ["alice"], ["first", "alice"]),
        (
            lambda: smime.wrap(smime.message(HEADER, SIGNED), ALICE, at=AT),
            ["alice", "alice"],
            ["first", "alice", "alice"],
        ),
        (lambda: smime.message(HEADER, closed()), ["E", "alice"], ["first", "E", "alice"]),
        (wrapped, ["alice", "E", "alice"], ["first", "E", "alice"]),
        (
            lambda: smime.wrap(wrapped(), ALICE, at=AT),
            ["alice", "alice", "E", "alice"],
            ["first", "E", "alice"],
        ),
        (
            lambda: smime.message(HEADER, smime.sign(closed(), ALICE, at=AT)),
            ["alice", "E", "alice"],
            ["first", "E", "alice"],
        ),
    ],
    ids=["content", "signed", "signed-twice", "closed", "triple", "quadruple", "bare"],
)
def test_the_list_signs_around_and_the_inside_stays(
    received: Callable[[], bytes], before: list[str], after: list[str]
) -> None:
    original = received()
    assert signers(smime.open(original, [LIST.decryptor]).layers) == before
    made = passed_on(original)
    for member in (MEMBER, OTHER):
        opened = smime.open(made, [member.decryptor])
        assert signers(opened.layers) == after
        assert opened.payload.body == b"Salom\r\n"
        assert "from-differs" not in [finding.code for finding in opened.findings]
    author = opened.author_signature
    if "alice" in before:
        assert author is not None and author.cms == smime.read(smime.message(HEADER, SIGNED)).signature
    assert opened.outer.root.header_octets.startswith(HEADER)
    history = said(opened.layers[0]).history
    assert history is not None and history.includes(FIRST.certificate)


def test_a_second_list_continues_the_history_in_place_of_the_first() -> None:
    first = pass_on(wrapped(), FIRST.signer, at=AT, members=[LIST.certificate], keys=[LIST.decryptor])
    both = passed_on(first, SECOND.signer)
    opened = smime.open(both, [MEMBER.decryptor])
    assert signers(opened.layers) == ["second", "E", "alice"]
    history = said(opened.layers[0]).history
    assert history is not None and len(history.expansions) == 2


def test_a_list_continues_a_history_over_what_is_only_signed() -> None:
    first = pass_on(smime.message(HEADER, SIGNED), FIRST.signer, at=AT)
    both = smime.read(pass_on(first, SECOND.signer, at=AT))
    assert signers(both.layers) == ["second", "alice"]


@pytest.mark.parametrize(
    "received", [wrapped, lambda: smime.message(HEADER, SIGNED)], ids=["closed", "signed"]
)
def test_a_message_that_comes_back_is_not_passed_on(received: Callable[[], bytes]) -> None:
    def on(message: bytes, agent: Signer) -> bytes:
        return pass_on(message, agent, at=AT, members=[LIST.certificate], keys=[LIST.decryptor])

    twice = on(on(received(), FIRST.signer), SECOND.signer)
    for agent in (FIRST.signer, SECOND.signer):
        with pytest.raises(ExpansionLoop):
            on(twice, agent)


def test_what_the_outer_signature_said_is_said_again() -> None:
    opened = smime.open(passed_on(wrapped(label=LABEL)), [MEMBER.decryptor])
    outer = said(opened.layers[0])
    assert outer.label == LABEL and outer.history is not None
    (info,) = cms.SignedData.read(opened.layers[0].cms).signer_infos
    assert info.signed_attributes_are_der


def test_the_policy_of_the_list_reaches_the_member() -> None:
    nobody = ReceiptPolicy(ReceiptRule.NONE)
    made = passed_on(wrapped(), policy=nobody)
    with pytest.raises(ess.ReceiptRefused) as caught:
        smime.make_receipt(made, ALICE, at=AT, keys=[MEMBER.decryptor])
    assert caught.value.code == "receipt-policy-none"
    answered = smime.make_receipt(passed_on(wrapped()), ALICE, at=AT, keys=[MEMBER.decryptor])
    assert answered.to == REQUEST.receipts_to


def test_the_envelope_keeps_its_cipher() -> None:
    weaker = smime.wrap(
        smime.message(HEADER, smime.encrypt(SIGNED, [LIST.certificate], cipher="aes-256-cbc")), ALICE, at=AT
    )
    layers = smime.read(passed_on(weaker)).layers
    assert layers[1].kind is LayerKind.ENVELOPED


@pytest.mark.parametrize(
    ("received", "members", "code"),
    [
        (wrapped().replace(b"<1@a.test>", b"<2@a.test>"), True, "list-signature-unproved"),
        (smime.message(HEADER, SIGNED.replace(b"Salom", b"salom")), True, "list-signature-unproved"),
        (wrapped(), False, "list-members-missing"),
        (
            smime.wrap(smime.message(HEADER, smime.encrypt(SIGNED, [OTHER.certificate])), ALICE, at=AT),
            True,
            "not-a-recipient",
        ),
    ],
    ids=["outer", "signed", "members", "key"],
)
def test_what_a_list_cannot_answer_for_is_not_passed_on(received: bytes, members: bool, code: str) -> None:
    with pytest.raises(EsignError) as caught:
        pass_on(
            received,
            FIRST.signer,
            at=AT,
            members=[MEMBER.certificate] if members else [],
            keys=[LIST.decryptor],
        )
    assert caught.value.code == code

"""`encrypt` and `decrypt` of many files, for many kinds of recipients; `smime` and its receipts."""

import json
from typing import Any

import pytest

from esign import Certificate, EsignError
from esign.keys import dump_private_key
from exat_cli.failures import Exit, Failure
from exat_cli.recipients import MAX_LINES, recipients_of
from tests.cli.desk import World
from tests.cli.sessions import exat

LETTER = (
    b"From: Aliyev A. <signer@test.example>\nTo: lola@test.example\nSubject: Qaror\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\n\nSalom!\n"
)


def refused(result: Any) -> tuple[str, int]:
    """The code and the status of a command that failed."""
    assert isinstance(result.exception, Failure), result.exception
    return result.exception.code, result.exception.status


@pytest.fixture
def desk(world: World) -> World:
    """The desk, with Lola's certificate and key of decryption and a letter to her."""
    lola = world.pki.decryptor("lola@test.example")
    private: Any = lola.private
    world.write("lola.pem", dump_private_key(private, "blue kettle"))
    world.write("lola.crt", Certificate.load(lola.certificate or b"").pem)
    world.write("letter.eml", LETTER)
    return world


def opening(world: World, prefix: str = "") -> list[str]:
    return [
        *(f"--{prefix}key", world.path("lola.pem"), f"--{prefix}certificate", world.path("lola.crt")),
        *(f"--{prefix}passphrase", f"file:{world.path('key.pass')}"),
    ]


# --- files ---


def test_a_folder_is_encrypted_and_opened_with_one_unlock(desk: World) -> None:
    orders = desk.orders()
    assert desk.run("encrypt", orders, "--to", desk.path("lola.crt")).exit_code == 0
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (desk.folder / "orders" / name).unlink()
    told = desk.json("decrypt", orders, *opening(desk))
    assert told["schema"] == "exat.decrypt-files/1"
    assert [one["authenticated"] for one in told["files"]] == [True] * 3
    assert desk.read("orders/sub/c.txt") == b"sub/c.txt"


def test_one_place_is_not_enough_for_several_envelopes(desk: World) -> None:
    orders = desk.orders()
    found = desk.run("encrypt", orders, "--to", desk.path("lola.crt"), "-o", desk.path("x"))
    assert refused(found) == ("place-of-many", Exit.USAGE)
    assert refused(desk.run("decrypt", orders, *opening(desk), "-o", "x")) == ("place-of-many", Exit.USAGE)


def test_what_nothing_vouches_for_is_told(desk: World) -> None:
    file = desk.path("decree.txt")
    desk.run("encrypt", file, "--to", desk.path("lola.crt"), "--cipher", "aes-256-cbc")
    found = desk.run("decrypt", f"{file}.p7e", *opening(desk), "-o", desk.path("back"))
    assert found.exit_code == 0
    assert "[content-not-authenticated]" in found.stderr
    assert desk.read("back") == b"a decree"


def test_nothing_is_written_of_an_envelope_that_was_changed(desk: World) -> None:
    file = desk.path("decree.txt")
    desk.run("encrypt", file, "--to", desk.path("lola.crt"))
    envelope = desk.read("decree.txt.p7e")
    desk.write("decree.txt.p7e", envelope[:-1] + bytes((envelope[-1] ^ 1,)))
    found = desk.run("decrypt", f"{file}.p7e", *opening(desk), "-o", desk.path("back"))
    assert isinstance(found.exception, EsignError)
    assert found.exception.code == "decryption-failed"
    assert not [path for path in desk.folder.iterdir() if "back" in path.name]


def test_recipients_stand_in_a_file_and_each_counts_once(desk: World) -> None:
    certificate = desk.path("lola.crt")
    desk.write("people.txt", f"# chancery\n{certificate}  # Lola\n\n{certificate}\n".encode())
    found = recipients_of([certificate], [desk.path("people.txt")], None)
    assert [one.emails for one in found.certificates] == [("lola@test.example",)]
    desk.write("many.txt", b"x\n" * (MAX_LINES + 1))
    with pytest.raises(Failure) as many:
        recipients_of([], [desk.path("many.txt")], None)
    assert (many.value.code, many.value.status) == ("recipients-too-many", Exit.USAGE)


def test_somebody_must_be_named_and_found(desk: World) -> None:
    file = desk.path("decree.txt")
    assert refused(desk.run("encrypt", file)) == ("recipients-missing", Exit.USAGE)
    found = desk.run("encrypt", file, "--to", "lola@test.example")
    assert refused(found) == ("directory-needed", Exit.USAGE)
    assert refused(desk.run("encrypt", file, "--to", "nobody.crt")) == ("file-unreadable", Exit.UNREADABLE)
    assert not (desk.folder / "decree.txt.p7e").exists()


def test_a_directory_names_mailboxes_and_agencies(desk: World) -> None:
    (desk.folder / "a.pass").write_text("fluffy dice\n")
    made = exat(
        *("node", "init", "a", "--agency", "Adliya vazirligi", "--domain", "adliya.uz", "--ca", "ca-a"),
        *("--mailbox", "kanselyariya@adliya.uz", "--officer", "Aliyev Anvar"),
        *("--node-passphrase", "file:a.pass", "--ca-passphrase", "file:a.pass"),
        folder=desk.folder,
    )
    assert made.status == 0, made.stderr
    home = str(desk.folder / "a")
    (one,) = recipients_of(["kanselyariya@adliya.uz"], [], home).certificates
    assert recipients_of(["@adliya.uz"], [], home).certificates == (one,)
    for name in ("nobody@adliya.uz", "@moliya.uz"):
        with pytest.raises(Failure) as unknown:
            recipients_of([name], [], home)
        assert (unknown.value.code, unknown.value.status) == ("mailbox-not-known", Exit.USAGE)
    said = exat(*("encrypt", "decree.txt", "--to", "@adliya.uz", "--home", "a", "--json"), folder=desk.folder)
    assert len(json.loads(said.text)["recipients"]) == 1


# --- messages ---


@pytest.mark.parametrize("opaque", [False, True])
def test_a_signed_letter_is_accepted_and_a_changed_one_refused(desk: World, opaque: bool) -> None:
    words = ["smime", "sign", desk.path("letter.eml"), "-o", desk.path("signed.eml"), *desk.key]
    assert desk.run(*words, *["--opaque"] * opaque).exit_code == 0
    judged = desk.run("smime", "judge", desk.path("signed.eml"), *desk.evidence)
    assert judged.exit_code == 0, judged.stdout
    assert judged.stdout.startswith("ACCEPTED")
    changed = desk.read("signed.eml").replace(b"<signer@test.example>", b"<rais@test.example>", 1)
    desk.write("changed.eml", changed.replace(b"Salom", b"Xayr."))
    told = desk.json("smime", "judge", desk.path("changed.eml"), *desk.evidence)
    assert told["schema"] == "exat.judgement/1"
    assert told["verdict"] != "accepted"


def test_a_letter_is_signed_encrypted_wrapped_and_opened(desk: World) -> None:
    closed, wrapped, inner = (desk.path(f"{name}.eml") for name in ("closed", "wrapped", "inner"))
    to = ["--to", desk.path("lola.crt"), "--legacy-display"]
    assert desk.run("smime", "encrypt", desk.path("letter.eml"), "-o", closed, *to, *desk.key).exit_code == 0
    assert b"Qaror" not in desk.read("closed.eml")
    assert desk.run("smime", "wrap", closed, "-o", wrapped, *desk.key).exit_code == 0
    shut = desk.run("smime", "judge", wrapped, *desk.evidence)
    assert shut.exit_code == Exit.INDETERMINATE
    assert refused(desk.run("smime", "open", wrapped, *desk.evidence)) == (
        "not-released",
        Exit.INDETERMINATE,
    )
    keys = opening(desk, "open-")
    shown = desk.run("smime", "open", wrapped, *desk.evidence, *keys)
    assert (shown.exit_code, shown.stdout.strip()) == (0, "Salom!")
    assert desk.run("smime", "open", wrapped, *desk.evidence, *keys, "-o", inner).exit_code == 0
    assert b"Subject: Qaror" in desk.read("inner.eml")
    told = desk.json("smime", "open", wrapped, *desk.evidence, *keys)
    assert (told["schema"], told["text"], told["verdict"]) == ("exat.smime-open/1", "Salom!\n", "accepted")


def test_what_a_refused_letter_holds_is_not_given_away(desk: World) -> None:
    closed, keys = desk.path("closed.eml"), opening(desk, "open-")
    desk.run("smime", "encrypt", desk.path("letter.eml"), "-o", closed, "--to", desk.path("lola.crt"))
    forged = desk.read("closed.eml").replace(b"From: Aliyev A. <signer@test.example>", b"From: a@b.example")
    desk.write("closed.eml", forged)
    found = desk.run("smime", "open", closed, *desk.evidence, *keys)
    assert found.exit_code != 0
    assert "Salom" not in found.stdout
    released = desk.run("smime", "open", closed, *desk.evidence, *keys, "--unsafe-release")
    assert "Salom" in released.stdout
    assert released.exit_code != 0


def test_messages_of_a_folder_are_judged_each(desk: World) -> None:
    (desk.folder / "inbox").mkdir()
    assert refused(desk.run("smime", "judge", desk.path("inbox"))) == ("no-messages", Exit.UNREADABLE)
    desk.run("smime", "sign", desk.path("letter.eml"), "-o", desk.path("inbox/signed.eml"), *desk.key)
    desk.write("inbox/plain.eml", LETTER)
    judged = desk.run("smime", "judge", desk.path("inbox"), *desk.evidence)
    assert judged.exit_code in (Exit.INDETERMINATE, Exit.REFUSED)
    told = desk.json("smime", "judge", desk.path("inbox"), *desk.evidence)
    assert told["schema"] == "exat.judgement-files/1"
    assert [one["verdict"] for one in told["files"]][1] == "accepted"


def test_what_does_not_fit_a_message_is_refused(desk: World) -> None:
    letter, signed = desk.path("letter.eml"), desk.path("signed.eml")
    assert refused(desk.run("smime", "sign", letter, *desk.key)) == ("place-missing", Exit.USAGE)
    desk.run("smime", "sign", letter, "-o", signed, *desk.key)
    again = desk.run("smime", "sign", signed, "-o", desk.path("x"), *desk.key)
    assert refused(again) == ("message-layered", Exit.USAGE)
    to = ["--to", desk.path("lola.crt"), "--receipt-to", "signer@test.example"]
    asked = desk.run("smime", "encrypt", letter, "-o", desk.path("x"), *to)
    assert refused(asked) == ("options-clash", Exit.USAGE)
    desk.write("broken.eml", b"no header\n")
    broken = desk.run("smime", "sign", desk.path("broken.eml"), "-o", desk.path("x"), *desk.key)
    assert isinstance(broken.exception, EsignError)


# --- receipts ---


@pytest.mark.parametrize("closed", [False, True])
def test_a_receipt_is_given_and_proves_that_letter_alone(desk: World, closed: bool) -> None:
    letter, receipt, keys = desk.path("signed.eml"), desk.path("receipt.eml"), opening(desk, "open-")
    ask = ["-o", letter, *desk.key, "--receipt-to", "signer@test.example"]
    assert desk.run("smime", "sign", desk.path("letter.eml"), *ask).exit_code == 0
    more = ["--to-certificate", desk.path("lola.crt")] if closed else []
    made = desk.json("smime", "receipt", "make", letter, "-o", receipt, *desk.key, *desk.evidence, *more)
    assert (made["schema"], made["to"]) == ("exat.smime-receipt-make/1", ["signer@test.example"])
    verify = ["smime", "receipt", "verify", receipt, *desk.evidence, *keys]
    assert desk.run(*verify, "--original", letter).exit_code == 0
    other = desk.path("other.eml")
    desk.run(
        "smime",
        "sign",
        desk.path("letter.eml"),
        "-o",
        other,
        *desk.key,
        "--receipt-to",
        "signer@test.example",
    )
    told = desk.json(*verify, "--original", other)
    assert (told["schema"], told["indication"]) == ("exat.receipt/1", "TOTAL-FAILED")


def test_no_receipt_is_given_unasked_or_for_what_is_not_accepted(desk: World) -> None:
    letter, receipt = desk.path("signed.eml"), desk.path("receipt.eml")
    desk.run("smime", "sign", desk.path("letter.eml"), "-o", letter, *desk.key)
    words = ["smime", "receipt", "make", letter, *desk.key]
    assert refused(desk.run(*words)) == ("place-missing", Exit.USAGE)
    unasked = desk.run(*words, "-o", receipt, *desk.evidence)
    assert isinstance(unasked.exception, EsignError)
    assert refused(desk.run(*words, "-o", receipt)) == ("receipt-not-given", Exit.INDETERMINATE)
    desk.write("signed.eml", desk.read("signed.eml").replace(b"Salom", b"Xayr."))
    forged = desk.run(*words, "-o", receipt, *desk.evidence)
    assert refused(forged) == ("receipt-not-given", Exit.REFUSED)
    assert not (desk.folder / "receipt.eml").exists()

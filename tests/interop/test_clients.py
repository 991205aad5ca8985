"""Every cell of docs/clients.md that ends in T, by the programs that stand under the mail programs."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Final

import pytest

from esign import Certificate, smime
from esign.capabilities import SMIME_CAPABILITIES
from esign.keys import Decryptor, write_pkcs12
from esign.mime import canonical, field, multipart
from esign.testing import TestPKI
from esign.x509 import Trust
from exat.policy import DEFAULT_POLICY
from exat.shell.config import LimitsSection, ListenSection
from tests.esign.people import AT, Holder, recipient, root, signatory
from tests.interop.gnupg import Home
from tests.interop.programs import nss_database
from tests.peers import require, require_newer, run

pytestmark = pytest.mark.peer

PAGE: Final = (Path(__file__).parents[2] / "docs" / "clients.md").read_text("utf-8")
MADE_BY_THUNDERBIRD: Final = Path(__file__).with_name("thunderbird")
TAKEN_AT: Final = datetime(2026, 11, 23, 14, 11, tzinfo=UTC)
TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSalom\r\n"
HEADER: Final = (
    field("From", "alice@a.test")
    + field("To", "bob@b.test")
    + field("Subject", "Salom")
    + field("Date", "Mon, 23 Nov 2026 12:00:00 +0000")
    + field("Message-ID", "<1@a.test>")
)
PASSPHRASE: Final = "secret"
READ: Final = "What they read"
SEND: Final = "What they send"
PACKED: Final = "Key files"
QUICK: Final = "s2k-count 65536\n"
SECRET: Final = f"{PASSPHRASE}\n".encode()
LOOPBACK: Final = ("--pinentry-mode", "loopback", "--passphrase-fd", "0")


def table(heading: str) -> dict[tuple[str, str], str]:
    """The cells of the table below `heading`, by row and column."""
    below = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    head, _, *rows = [line.strip("| ").split(" | ") for line in below.splitlines() if line.startswith("|")]
    return {(row[0], column): word for row in rows for column, word in zip(head[1:], row[1:], strict=True)}


def repeated(heading: str) -> dict[tuple[str, str], str]:
    """What the page says is tried here by a test: `yes` or `no`, by row and column."""
    cells = table(heading)
    return {place: word.removesuffix(" T") for place, word in cells.items() if word.endswith(" T")}


def each(heading: str) -> pytest.MarkDecorator:
    """The cells that a test repeats, as its parameters."""
    found = sorted(repeated(heading).items())
    named = [f"{row}-{column}".replace(" ", "_") for (row, column), _ in found]
    return pytest.mark.parametrize(("place", "word"), found, ids=named)


def reader(kind: str, number: int = 0) -> Holder:
    """Who reads what is closed here."""
    return recipient(kind, number)


# --- key files ---


def pkcs12(kind: str, *, compatible: bool = False) -> bytes:
    """The file of a reader of letters; of another holder where it is `compatible`."""
    own = reader(kind, int(compatible))
    return write_pkcs12(
        own.private,
        own.certificate.raw,
        passphrase=PASSPHRASE,
        name=f"{kind} {int(compatible)}",
        chain=(root().certificate.raw,),
        compatible=compatible,
    )


FILES: Final[dict[str, Callable[[], bytes]]] = {
    "as made, key on a curve": lambda: pkcs12("p-256"),
    "as made, RSA key": lambda: pkcs12("rsa-2048"),
    "`--compatible`, key on a curve": lambda: pkcs12("p-256", compatible=True),
    "`--compatible`, RSA key": lambda: pkcs12("rsa-2048", compatible=True),
}


def nss(folder: Path) -> str:
    (folder / "root.pem").write_bytes(root().certificate.pem)
    return nss_database(folder / "nss", folder / "root.pem")


def imported_by_nss(database: str, file: str) -> bool:
    command = ("-d", database, "-i", file, "-W", PASSPHRASE, "-K", "")
    return run([*require_newer("pk12util"), *command]).returncode == 0


def gnupg(folder: Path) -> Home:
    home = Home.make(folder / "gnupg", root().certificate)
    (home.folder / "gpg-agent.conf").write_text(QUICK)
    return home


def imported_by_gpgsm(done: CompletedProcess[bytes]) -> bool:
    return done.returncode == 0 and b"secret keys imported: 1" in done.stderr


def into_nss(folder: Path, files: Iterable[str]) -> list[bool]:
    database = nss(folder)
    return [imported_by_nss(database, file) for file in files]


def into_newer_gpgsm(folder: Path, files: Iterable[str]) -> list[bool]:
    home = gnupg(folder)
    try:
        return [imported_by_gpgsm(home(*LOOPBACK, "--import", file, input=SECRET)) for file in files]
    finally:
        home.stop()


def into_older_gpgsm(folder: Path, files: Iterable[str]) -> list[bool]:
    home, program = folder / "gnupg", require("gpgsm")
    home.mkdir(mode=0o700)
    (home / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\nno-tty\nbatch\n")
    (home / "gpg-agent.conf").write_text(QUICK)
    own = {"GNUPGHOME": str(home)}
    try:
        done = [run([program, *LOOPBACK, "--import", file], input=SECRET, env=own) for file in files]
    finally:
        run([require("gpg-connect-agent"), "--no-autostart", "killagent", "/bye"], env=own)
    return [imported_by_gpgsm(one) for one in done]


def into_openssl(folder: Path, files: Iterable[str]) -> list[bool]:
    command = (require("openssl"), "pkcs12", "-passin", f"pass:{PASSPHRASE}", "-nodes", "-in")
    return [run([*command, file]).returncode == 0 for file in files]


IMPORTS: Final[dict[str, Callable[[Path, Iterable[str]], list[bool]]]] = {
    "Thunderbird": into_nss,
    "NeoMutt": into_openssl,
    "gpgsm 2.4": into_newer_gpgsm,
    "gpgsm 2.2": into_older_gpgsm,
}


@pytest.mark.parametrize("column", IMPORTS)
def test_key_files_are_taken_as_the_page_says(tmp_path: Path, column: str) -> None:
    said = repeated(PACKED)
    names = [str(tmp_path / f"{number}.p12") for number in range(len(FILES))]
    for name, make in zip(names, FILES.values(), strict=True):
        Path(name).write_bytes(make())
    taken = IMPORTS[column](tmp_path, names)
    found = {row: "yes" if one else "no" for row, one in zip(FILES, taken, strict=True)}
    assert found == {row: said[row, column] for row in FILES}


# --- what is read ---


def signed(kind: str, *, opaque: bool = False) -> bytes:
    return smime.sign(TEXT, signatory(kind).signer, at=AT, opaque=opaque)


def closed(kind: str, cipher: str) -> bytes:
    return smime.encrypt(signed("p-256"), [reader(kind).certificate], cipher=cipher)


def wrapped(cipher: str) -> bytes:
    inner = smime.message(HEADER, closed("p-256", cipher))
    return smime.wrap(inner, signatory("p-384").signer, at=AT)


LETTERS: Final[dict[str, Callable[[], bytes]]] = {
    "signed": lambda: signed("p-256"),
    "signed, RSA": lambda: signed("rsa-2048"),
    "signed, opaque": lambda: signed("p-256", opaque=True),
    "closed, AES-CBC, key on a curve": lambda: closed("p-256", "aes-256-cbc"),
    "closed, AES-CBC, RSA key": lambda: closed("rsa-2048", "aes-256-cbc"),
    "closed, AES-GCM": lambda: closed("p-256", "aes-256-gcm"),
    "three layers, AES-CBC": lambda: wrapped("aes-256-cbc"),
}


@cache
def letter(row: str) -> bytes:
    made = LETTERS[row]()
    return made if row.startswith("three") else smime.message(HEADER, made)


class Program:
    """What stands under a mail program: it verifies, it looks into a good signature, it decrypts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "root.pem").write_bytes(root().certificate.pem)

    def put(self, name: str, octets: bytes) -> str:
        (self.folder / name).write_bytes(octets)
        return str(self.folder / name)

    def verify(self, signature: bytes, document: bytes) -> bool:
        raise NotImplementedError

    def look(self, signature: bytes) -> bytes | None:
        raise NotImplementedError

    def decrypt(self, envelope: bytes) -> bytes | None:
        raise NotImplementedError

    def stop(self) -> None:
        """End what was started."""

    def reads(self, raw: bytes) -> bool:
        """Whether it takes all layers off, one by one, and comes to the text."""
        while (found := smime.read(raw)).layers:
            layer = found.layers[0]
            if layer.document is not None:
                inside = layer.document if self.verify(layer.cms, layer.document) else None
            else:
                inside = self.look(layer.cms) if layer.is_signature else self.decrypt(layer.cms)
            if inside is None:
                return False
            raw = canonical(inside)
        return raw == TEXT


class NSS(Program):
    """The library of Thunderbird and Evolution."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.database = nss(folder)
        for kind in READERS:
            assert imported_by_nss(self.database, self.put("own.p12", pkcs12(kind))), kind

    def _decode(self, cms: bytes, *options: str) -> tuple[int, bytes]:
        done = run(
            [*require_newer("cmsutil"), "-D", "-d", self.database, "-i", self.put("cms", cms), *options]
        )
        return done.returncode, done.stdout

    def verify(self, signature: bytes, document: bytes) -> bool:
        status, said = self._decode(signature, "-h", "1", "-n", "-c", self.put("document", document))
        return status == 0 and set(re.findall(rb"status=(\w+);", said)) == {b"GoodSignature"}

    def look(self, signature: bytes) -> bytes | None:
        status, said = self._decode(signature, "-h", "1", "-n")
        good = status == 0 and set(re.findall(rb"status=(\w+);", said)) == {b"GoodSignature"}
        return self._decode(signature)[1] if good else None

    def decrypt(self, envelope: bytes) -> bytes | None:
        status, content = self._decode(envelope)
        return content if status == 0 else None


class NeoMutt(Program):
    """The commands of openssl that docs/clients.md gives to NeoMutt."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for kind in READERS:
            self.put(f"{kind}.key", reader(kind).key_pem)
            self.put(f"{kind}.crt", reader(kind).certificate.pem)

    def __call__(self, setting: str, **files: str) -> tuple[int, bytes]:
        require("openssl")
        command = re.search(rf'set smime_{setting}_command="(.*)"', PAGE)
        assert command, setting
        words = command[1].replace("%C", f"-CAfile {self.folder / 'root.pem'}").replace("-passin stdin", "")
        for letter, value in {"d": "sha256", "a": "aes256", **files}.items():
            words = words.replace(f"%{letter}", value)
        done = run(words.split())
        return done.returncode, done.stdout

    def verify(self, signature: bytes, document: bytes) -> bool:
        return self("verify", s=self.put("signature", signature), f=self.put("document", document))[0] == 0

    def look(self, signature: bytes) -> bytes | None:
        status, content = self("verify_opaque", s=self.put("signature", signature))
        return content if status == 0 else None

    def decrypt(self, envelope: bytes) -> bytes | None:
        closed = self.put("closed", envelope)
        for kind in READERS:
            own = self.folder / kind
            status, content = self("decrypt", f=closed, k=f"{own}.key", c=f"{own}.crt")
            if status == 0:
                return content
        return None


class GnuPG(Program):
    """gpgsm, which KMail and Claws Mail call."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.home = gnupg(folder)
        for kind in READERS:
            file = self.put("own.p12", pkcs12(kind))
            assert imported_by_gpgsm(self.home(*LOOPBACK, "--import", file, input=SECRET)), kind

    def verify(self, signature: bytes, document: bytes) -> bool:
        files = self.put("signature", signature), self.put("document", document)
        return b"] TRUST_FULLY" in self.home("--status-fd", "1", "--assume-binary", "--verify", *files).stdout

    def look(self, signature: bytes) -> bytes | None:
        out = self.folder / "held"
        options = ("--status-fd", "1", "--assume-binary", "--yes", "--output", str(out))
        done = self.home(*options, "--verify", self.put("signature", signature))
        return out.read_bytes() if b"] TRUST_FULLY" in done.stdout else None

    def decrypt(self, envelope: bytes) -> bytes | None:
        done = self.home(
            *LOOPBACK, "--assume-binary", "--decrypt", self.put("closed", envelope), input=SECRET
        )
        return done.stdout if done.returncode == 0 else None

    def stop(self) -> None:
        self.home.stop()


READERS: Final = ("p-256", "rsa-2048")
PROGRAMS: Final = {"Thunderbird": NSS, "NeoMutt": NeoMutt, "gpgsm 2.4": GnuPG}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Program]]:
    made: dict[str, Program] = {}

    def the(column: str) -> Program:
        if column not in made:
            made[column] = PROGRAMS[column](tmp_path_factory.mktemp("program"))
        return made[column]

    yield the
    for program in made.values():
        program.stop()


@each(READ)
def test_a_program_reads_what_the_page_says(
    programs: Callable[[str], Program], place: tuple[str, str], word: str
) -> None:
    row, column = place
    assert word == ("yes" if programs(column).reads(letter(row)) else "no")


@pytest.mark.parametrize("column", PROGRAMS)
def test_a_changed_letter_gives_nobody_the_text(programs: Callable[[str], Program], column: str) -> None:
    changed = letter("signed").replace(b"\r\nSalom\r\n", b"\r\nsalom\r\n")
    assert changed != letter("signed")
    assert not programs(column).reads(changed)


# --- what is sent ---


def by_thunderbird(name: str) -> bytes:
    """A letter that Thunderbird 153.7.0esr made, as it stood in its folder, with CRLF."""
    return canonical((MADE_BY_THUNDERBIRD / f"{name}.eml").read_bytes())


def mailbox_of_thunderbirds_letter() -> Decryptor:
    return Decryptor.from_pkcs12((MADE_BY_THUNDERBIRD / "mailbox.p12").read_bytes(), PASSPHRASE)


def judged(raw: bytes) -> smime.Judgement:
    found = [(MADE_BY_THUNDERBIRD / name).read_bytes() for name in ("persons.crl", "root.crl")]
    trust = Trust.from_pem((MADE_BY_THUNDERBIRD / "root.pem").read_bytes())
    keys = [mailbox_of_thunderbirds_letter()]
    return smime.judge(raw, trust=trust, at=TAKEN_AT, keys=keys, material=found)


def by_neomutt(program: NeoMutt) -> bytes:
    """Signed and closed by the commands of the page; NeoMutt itself puts the parts together."""
    own = signatory("p-256")
    key, certificate = program.put("own.key", own.key_pem), program.put("own.crt", own.certificate.pem)
    above = program.put("above.crt", root().certificate.pem)
    status, signature = program("sign", f=program.put("document", TEXT), k=key, c=certificate, i=above)
    assert status == 0
    part = smime.base64_leaf(b"Content-Type: application/x-pkcs7-signature; name=smime.p7s\r\n", signature)
    inside = multipart("signed", (TEXT, part), parameters={"protocol": "application/x-pkcs7-signature"})
    whom = program.put("reader.crt", reader("p-256").certificate.pem)
    status, envelope = program("encrypt", f=program.put("inside", inside), c=whom)
    assert status == 0
    kind = b"Content-Type: application/x-pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
    return smime.message(HEADER, smime.base64_leaf(kind, envelope))


def sent(programs: Callable[[str], Program], column: str) -> tuple[bytes, Decryptor]:
    if column == "Thunderbird":
        return by_thunderbird("closed"), mailbox_of_thunderbirds_letter()
    neomutt = programs(column)
    assert isinstance(neomutt, NeoMutt)
    return by_neomutt(neomutt), reader("p-256").decryptor


@each(SEND)
def test_a_program_sends_what_the_page_says(
    programs: Callable[[str], Program], place: tuple[str, str], word: str
) -> None:
    row, column = place
    raw, key = sent(programs, column)
    layers = smime.read(raw)
    assert layers.envelope is not None
    envelope = smime.read_envelope(layers.envelope.cms)
    found = {
        "layers, from outside": ", ".join(layer.kind.value for layer in smime.open(raw, [key]).layers),
        "text closed by": envelope.cipher_name,
        "key closed by": ", ".join(sorted({one.algorithm_name for one in envelope.recipient_ids})),
    }
    assert word == found[row]


@pytest.mark.parametrize("name", ["closed", "signed"])
def test_a_letter_of_thunderbird_is_accepted_as_its_senders(name: str) -> None:
    judgement = judged(by_thunderbird(name))
    assert judgement.verdict is smime.Verdict.ACCEPTED
    assert [finding.code for finding in judgement.findings] == ["header-unprotected"]
    assert judgement.sender.signer is not None
    assert judgement.sender.signer.name == "Aliyev Anvar"
    assert judgement.payload is not None
    assert "Salom, дўстлар".encode() in judgement.payload.content()


def test_a_letter_of_thunderbird_under_another_sender_is_not_accepted() -> None:
    forged = by_thunderbird("closed").replace(b"<kanselyariya@soliq.uz>", b"<vazir@soliq.uz>")
    assert judged(forged).verdict is not smime.Verdict.ACCEPTED


@pytest.mark.parametrize("column", ["Thunderbird", "NeoMutt"])
def test_a_node_takes_the_cipher_that_a_program_sends(column: str) -> None:
    cipher = repeated(SEND)["text closed by", column]
    key = repeated(SEND)["key closed by", column]
    assert cipher in DEFAULT_POLICY.unauthenticated_ciphers
    assert key.startswith(DEFAULT_POLICY.key_encryption)


# --- the page ---


@pytest.mark.parametrize("heading", [READ, SEND, PACKED])
def test_every_cell_says_how_it_is_known(heading: str) -> None:
    assert not {place: word for place, word in table(heading).items() if not re.search(r" [TSDR]$|^-$", word)}


def test_every_letter_and_file_that_a_test_knows_stands_on_the_page() -> None:
    assert {row for row, _ in repeated(READ)} == set(LETTERS)
    assert {row for row, _ in repeated(PACKED)} == set(FILES)


def test_a_node_has_no_other_door_than_the_page_says() -> None:
    assert "A node has no POP3 or IMAP door" in " ".join(PAGE.split())
    assert set(ListenSection.model_fields) == {"submission", "relay", "advertised"}


def test_the_largest_letter_is_what_the_page_says() -> None:
    assert f"| largest letter | {LimitsSection().message_size >> 20} MiB," in PAGE


def test_a_certificate_carries_no_capabilities_as_the_page_says() -> None:
    assert "do not carry that extension" in " ".join(PAGE.split())
    certificate = Certificate.load(TestPKI().decryptor().certificate or b"")
    assert certificate.extension(SMIME_CAPABILITIES) is None

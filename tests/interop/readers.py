"""Programs made by others that open envelopes and make them, with keys and certificates of ours.

desk = Desk(folder)
assert READERS["nss"].open(desk, tuple(envelopes().values()))["p-256-aes-256-cbc"] == ""
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from esign.ciphers import KEMS
from tests.esign.people import root
from tests.interop.envelopes import CURVES, HOLDERS, MECHANISMS, PASSWORD, SHARED, Enveloped, holder, key_pem
from tests.interop.gnupg import Home
from tests.interop.makers import certificate, seed_pem
from tests.interop.programs import SCRIPTS, java
from tests.interop.samples import DOCUMENT
from tests.peers import node_modules, require, require_newer, run

_NIST = CURVES[:3]
_ALL_CIPHERS = tuple(f"aes-{size}-{mode}" for mode in ("gcm", "cbc") for size in (128, 192, 256))
_MECHANISM_OIDS = {row.name: oid for oid, row in KEMS.items()}


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with the keys and certificates of all holders, the password, the shared key, the document."""

    folder: Path

    def __post_init__(self) -> None:
        for kind in HOLDERS:
            self.put(f"{kind}.crt", holder(kind).certificate.pem)
            self.put(f"{kind}.key", key_pem(kind))
        self.put("root.pem", root().certificate.pem)
        self.put("password", PASSWORD.octets)
        self.put("shared-key", SHARED.key)
        self.put("document", DOCUMENT)

    def put(self, name: str, octets: bytes) -> None:
        """Write a file."""
        (self.folder / name).write_bytes(octets)

    def each(
        self, wanted: Iterable[Enveloped], ask: Callable[[Enveloped], tuple[bytes, str]]
    ) -> dict[str, str]:
        """What `ask` gives for each envelope: empty where it is the document, else the reason."""
        said = {}
        for one in wanted:
            self.put(f"{one.name}.env", one.envelope)
            content, reason = ask(one)
            said[one.name] = "" if content == DOCUMENT else reason or "another content"
        return said

    def out(self, *command: str | Path) -> bytes:
        """The standard output of a command that must do its work."""
        done = run([*command], cwd=self.folder)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that opens envelopes (why not, by name; empty for success) and makes some (by name)."""

    title: str
    open: Callable[[Desk, Sequence[Enveloped]], dict[str, str]] | None
    make: Callable[[Desk], dict[str, Enveloped]]


def _openssl_opens(desk: Desk, wanted: Sequence[Enveloped]) -> dict[str, str]:
    program = require("openssl")

    def ask(one: Enveloped) -> tuple[bytes, str]:
        keys = {
            "password": ["-pwri_password", PASSWORD.octets.decode()],
            "shared-key": ["-secretkey", SHARED.key.hex(), "-secretkeyid", SHARED.identifier.hex()],
        }.get(one.opener, ["-recip", f"{one.opener}.crt", "-inkey", f"{one.opener}.key"])
        done = run(
            [program, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", f"{one.name}.env", *keys],
            cwd=desk.folder,
        )
        return done.stdout, done.stderr.decode()

    return desk.each(wanted, ask)


def _openssl_makes(desk: Desk) -> dict[str, Enveloped]:
    made = {}
    rsa, curve = ("-recip", "rsa-3072.crt"), ("-recip", "p-256.crt", "-keyopt")
    oaep = (*rsa, "-keyopt", "rsa_padding_mode:oaep")
    ways: list[tuple[str, str, str, tuple[str, ...]]] = [
        (f"{kind}-{cipher}", kind, cipher, ("-recip", f"{kind}.crt"))
        for kind in ("rsa-3072", *_NIST)
        for cipher in _ALL_CIPHERS
    ]
    ways += [
        (f"p-256-kdf-{by}", "p-256", "aes-256-gcm", (*curve, f"ecdh_kdf_md:{by}"))
        for by in ("sha1", "sha384", "sha512")
    ]
    ways += [
        ("p-256-cofactor", "p-256", "aes-256-cbc", (*curve, "ecdh_cofactor_mode:1")),
        ("oaep-sha1", "rsa-3072", "aes-256-cbc", oaep),
        ("oaep-sha256", "rsa-3072", "aes-256-gcm", (*oaep, "-keyopt", "rsa_oaep_md:sha256")),
        ("key-identifier", "rsa-3072", "aes-256-gcm", (*rsa, "-keyid")),
        ("password", "password", "aes-256-cbc", ("-pwri_password", PASSWORD.octets.decode())),
        ("shared-key", "shared-key", "aes-256-gcm", _shared_key()),
        ("streamed", "rsa-3072", "aes-256-cbc", (*rsa, "-stream")),
        ("triple-des", "rsa-3072", "des3", rsa),
    ]
    for name, opener, cipher, options in ways:
        command = ["cms", "-encrypt", "-binary", "-in", "document", "-outform", "DER", f"-{cipher}"]
        made[name] = Enveloped(name, desk.out(require("openssl"), *command, *options), opener)
    return made


def _shared_key() -> tuple[str, ...]:
    return ("-secretkey", SHARED.key.hex(), "-secretkeyid", SHARED.identifier.hex())


def _castle(desk: Desk, lines: Iterable[str]) -> dict[str, str]:
    for kind in MECHANISMS:
        desk.put(f"{kind}.key", seed_pem(holder(kind).private, _MECHANISM_OIDS[kind]))
    return _answers([*java("CastleEnvelopes"), desk.folder], lines)


def _answers(command: Sequence[str | Path], lines: Iterable[str], **environment: str) -> dict[str, str]:
    done = run(command, input="".join(f"{line}\n" for line in lines).encode(), env=environment or None)
    said = dict(line.split("\t", 1) for line in done.stdout.decode().splitlines())
    assert said, done.stderr.decode()
    return {name: "" if word == "good" else word for name, word in said.items()}


def _tasks(desk: Desk, wanted: Iterable[Enveloped]) -> Iterable[str]:
    for one in wanted:
        desk.put(f"{one.name}.env", one.envelope)
        yield f"open\t{one.name}\t{one.name}.env\t{one.opener}"


def _sealed(
    desk: Desk, said: dict[str, str], ways: Iterable[tuple[str, str, str, str]]
) -> dict[str, Enveloped]:
    assert not any(said.values()), said
    return {
        name: Enveloped(name, (desk.folder / f"{name}.theirs").read_bytes(), whom)
        for name, whom, _, _ in ways
    }


def _castle_opens(desk: Desk, wanted: Sequence[Enveloped]) -> dict[str, str]:
    return _castle(desk, _tasks(desk, wanted))


def _castle_makes(desk: Desk) -> dict[str, Enveloped]:
    ways = [
        (f"{kind}-{cipher}", kind, cipher, "")
        for kind in (*_NIST, *MECHANISMS)
        for cipher in ("aes-256-gcm", "aes-256-cbc")
    ]
    ways += [(f"rsa-3072-{cipher}", "rsa-3072", cipher, "") for cipher in _ALL_CIPHERS]
    ways += [(f"oaep-{by.lower()}", "rsa-3072", "aes-256-gcm", by) for by in ("SHA-1", "SHA-256", "SHA-512")]
    ways += [(f"p-384-{by}", "p-384", "aes-256-gcm", by) for by in ("sha1", "sha384", "sha512", "cofactor")]
    ways += [
        ("password-aes-256-cbc", "password", "aes-256-cbc", ""),
        ("shared-key-aes-256-gcm", "shared-key", "aes-256-gcm", ""),
        ("shared-key-aes-256-cbc", "shared-key", "aes-256-cbc", ""),
        ("triple-des", "rsa-3072", "triple-des", ""),
    ]
    return _sealed(desk, _castle(desk, map(_seal, ways)), ways)


def _seal(way: tuple[str, str, str, str]) -> str:
    return "\t".join(("seal", *way))


def _pkijs(desk: Desk, lines: Iterable[str]) -> dict[str, str]:
    modules = node_modules("pkijs")
    command = [require("node"), SCRIPTS / "js" / "envelopes.cjs", desk.folder]
    return _answers(command, lines, NODE_PATH=str(modules))


def _pkijs_opens(desk: Desk, wanted: Sequence[Enveloped]) -> dict[str, str]:
    return _pkijs(desk, _tasks(desk, wanted))


def _pkijs_makes(desk: Desk) -> dict[str, Enveloped]:
    ways = [
        (f"{kind}-{cipher}", kind, cipher, "") for kind in _NIST for cipher in ("aes-256-cbc", "aes-128-cbc")
    ]
    ways += [
        ("oaep-sha256", "rsa-3072", "aes-256-cbc", "SHA-256"),
        ("oaep-sha1", "rsa-3072", "aes-256-cbc", "SHA-1"),
        ("shared-key", "shared-key", "aes-256-cbc", ""),
    ]
    return _sealed(desk, _pkijs(desk, map(_seal, ways)), ways)


def _nss(desk: Desk, *arguments: str) -> tuple[str | Path, ...]:
    """A command of NSS over the database of `desk`, which is made where it is absent."""
    database = desk.folder / "nss"
    name = f"sql:{database}"
    if not database.exists():
        database.mkdir()
        certutil = require_newer("certutil")
        desk.out(*certutil, "-d", name, "-N", "--empty-password")
        desk.out(*certutil, "-d", name, "-A", "-n", "root", "-t", "CT,C,C", "-i", "root.pem")
        for kind in ("rsa-3072", *_NIST):
            desk.put(f"{kind}.p12", _pkcs12(kind))
            command = ("-d", name, "-i", f"{kind}.p12", "-W", "secret", "-K", "")
            desk.out(*require_newer("pk12util"), *command)
    program, *rest = arguments
    return (*require_newer(program), *rest[:1], "-d", name, *rest[1:])


def _pkcs12(kind: str) -> bytes:
    own = holder(kind)
    by = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048).hmac_hash(hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(
        kind.encode(), own.private, certificate(own.certificate.raw), None, by.build(b"secret")
    )


def _nss_opens(desk: Desk, wanted: Sequence[Enveloped]) -> dict[str, str]:
    def ask(one: Enveloped) -> tuple[bytes, str]:
        done = run([*_nss(desk, "cmsutil", "-D"), "-i", f"{one.name}.env"], cwd=desk.folder)
        return done.stdout, done.stderr.decode()

    return desk.each(wanted, ask)


def _nss_makes(desk: Desk) -> dict[str, Enveloped]:
    made = {}
    for kind in ("rsa-3072", *_NIST):
        command = _nss(desk, "cmsutil", "-E")
        made[kind] = Enveloped(kind, desk.out(*command, "-r", kind, "-i", "document"), kind)
    return made


def _gpgsm_opens(desk: Desk, wanted: Sequence[Enveloped]) -> dict[str, str]:
    # A home for each key, for it opens with whichever it has.
    homes = {}
    for kind in ("rsa-3072", *_NIST):
        homes[kind] = Home.make(desk.folder / kind, root().certificate)
        homes[kind].take(holder(kind).private, holder(kind).certificate)
    told = ("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--assume-binary", "--decrypt")

    def ask(one: Enveloped) -> tuple[bytes, str]:
        home = homes.get(one.opener, homes["rsa-3072"])
        done = home(*told, f"{one.name}.env", cwd=desk.folder, input=PASSWORD.octets)
        return done.stdout, done.stderr.decode(errors="replace")

    try:
        return desk.each(wanted, ask)
    finally:
        for home in homes.values():
            home.stop()


def _gpgsm_makes(desk: Desk) -> dict[str, Enveloped]:
    home = Home.make(desk.folder / "gnupg", root().certificate)
    made = {}
    for kind in ("rsa-3072", *_NIST):
        whom = home.take(holder(kind).private, holder(kind).certificate)
        for cipher in ("AES128", "AES256", "3DES") if kind == "rsa-3072" else ("AES128", "AES256"):
            name = "triple-des" if cipher == "3DES" else f"{kind}-{cipher.lower()}"
            done = home(
                "--recipient", whom, "--cipher-algo", cipher, "--encrypt", "document", cwd=desk.folder
            )
            assert done.returncode == 0, done.stderr.decode()
            made[name] = Enveloped(name, done.stdout, kind)
    home.stop()
    return made


def _pyca_makes(desk: Desk) -> dict[str, Enveloped]:
    own = certificate(holder("rsa-3072").certificate.raw)
    made = {}
    for name, by in (
        ("rsa-3072-aes-128-cbc", algorithms.AES128),
        ("rsa-3072-aes-256-cbc", algorithms.AES256),
    ):
        builder = pkcs7.PKCS7EnvelopeBuilder().set_data(DOCUMENT).add_recipient(own)
        octets = builder.set_content_encryption_algorithm(by).encrypt(
            serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]
        )
        made[name] = Enveloped(name, octets, "rsa-3072")
    return made


READERS: dict[str, Reader] = {
    "openssl": Reader("OpenSSL 3.0", _openssl_opens, _openssl_makes),
    "castle": Reader("Bouncy Castle 1.80", _castle_opens, _castle_makes),
    "nss": Reader("NSS 3.110", _nss_opens, _nss_makes),
    "gpgsm": Reader("gpgsm 2.4", _gpgsm_opens, _gpgsm_makes),
    "pkijs": Reader("PKI.js 4.0", _pkijs_opens, _pkijs_makes),
    "pyca": Reader("cryptography", None, _pyca_makes),
}

"""Signatures that programs of others make with keys and certificates of ours, for our verification.

for name, made in MAKERS["openssl"].make(Path(folder)).items(): ...
"""

import asyncio
import sys
from base64 import encodebytes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from esign import der, tsp
from esign.keys import Signer
from esign.x509 import Certificate
from tests.interop.gnupg import Home
from tests.interop.programs import SCRIPTS, java, nss_database
from tests.interop.samples import DOCUMENT, world
from tests.peers import node_modules, require, require_module, run

PASSWORD = "a passphrase"
ML_DSA = ("ml-dsa-44", "ml-dsa-65", "ml-dsa-87")
KINDS = ("p-256", "p-384", "p-521", "rsa-3072", "ed25519", "ed448", *ML_DSA)


@dataclass(frozen=True, slots=True)
class Made:
    """A signature of another program; `document` is what a detached one covers."""

    signature: bytes
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Maker:
    """A program that signs: `make` gives its signatures by name, its files in the folder that it is given."""

    title: str
    make: Callable[[Path], dict[str, Made]]


@cache
def signer(kind: str) -> Signer:
    """The one signer of a run with a key of `kind`."""
    return world().signer(kind)


def key_pem(one: Signer) -> bytes:
    """The private key of a signer, PKCS#8 without a passphrase."""
    octets: bytes = one.key.private.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return octets


def seed_pem(private: Any, oid: str) -> bytes:
    """A post-quantum key as Bouncy Castle 1.80 reads it: the seed without the tag of RFC 9881 §6."""
    algorithm = der.sequence(der.oid(oid))
    info = der.sequence(der.integer(0), algorithm, der.octet_string(private.private_bytes_raw()))
    return b"-----BEGIN PRIVATE KEY-----\n" + encodebytes(info) + b"-----END PRIVATE KEY-----\n"


def certificate(octets: bytes) -> x509.Certificate:
    """As the cryptographic library has it."""
    return x509.load_der_x509_certificate(octets)


def _pem(octets: bytes) -> bytes:
    return certificate(octets).public_bytes(serialization.Encoding.PEM)


def identity(folder: Path, kind: str) -> Signer:
    """The signer of `kind`; `folder` takes `KIND.key`, `KIND.crt`, `KIND.p12` and `above.pem`."""
    one = signer(kind)
    (folder / f"{kind}.key").write_bytes(key_pem(one))
    (folder / f"{kind}.crt").write_bytes(_pem(one.certificate))
    (folder / "above.pem").write_bytes(b"".join(map(_pem, one.chain)))
    (folder / "document").write_bytes(DOCUMENT)
    if not kind.startswith("ml-dsa"):
        (folder / f"{kind}.p12").write_bytes(_pkcs12(one, kind))
    return one


def _pkcs12(one: Signer, name: str) -> bytes:
    private = one.key.private  # type: ignore[attr-defined]
    by = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
    encrypted = by.hmac_hash(hashes.SHA256()).build(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(
        name.encode(),
        private,
        certificate(one.certificate),
        [certificate(octets) for octets in one.chain],
        encrypted,
    )


def _openssl(folder: Path) -> dict[str, Made]:
    for kind in KINDS[:4]:
        identity(folder, kind)
    made = {}
    for name, kind, options in (
        *((f"{kind}-attached", kind, ("-nodetach",)) for kind in KINDS[:4]),
        ("p-256-detached", "p-256", ()),
        ("p-256-cades", "p-256", ("-nodetach", "-cades")),
        ("p-384-sha512", "p-384", ("-nodetach", "-md", "sha512")),
        ("streamed", "p-256", ("-nodetach", "-stream")),
        ("no-attributes", "p-256", ("-nodetach", "-noattr")),
        ("key-identifier", "p-256", ("-nodetach", "-keyid")),
        ("rsa-pss", "rsa-3072", ("-nodetach", "-keyopt", "rsa_padding_mode:pss")),
        ("rsa-pss-cades", "rsa-3072", ("-nodetach", "-cades", "-keyopt", "rsa_padding_mode:pss")),
    ):
        signed = _openssl_signs(folder, kind, *options)
        made[name] = Made(signed, DOCUMENT if name == "p-256-detached" else None)
    made["two-signers"] = Made(_openssl_signs_again(folder, made["p-256-cades"].signature))
    here = replace(world(), tsa=stamps_of_openssl(folder))
    made["B-LTA-by-openssl-ts"] = Made(here.raised(made["p-256-cades"].signature, "B-LTA"))
    return made


def _openssl_signs(folder: Path, kind: str, *options: str) -> bytes:
    command = ["cms", "-sign", "-binary", "-outform", "DER", "-in", "document", "-certfile", "above.pem"]
    signing = ["-signer", f"{kind}.crt", "-inkey", f"{kind}.key"]
    return _out([require("openssl"), *command, *signing, *options], folder)


def _openssl_signs_again(folder: Path, signed: bytes) -> bytes:
    command = ["cms", "-resign", "-inform", "DER", "-outform", "DER", "-cades"]
    signing = ["-signer", "rsa-3072.crt", "-inkey", "rsa-3072.key"]
    return _out([require("openssl"), *command, *signing], folder, signed)


def _out(command: list[str], folder: Path, octets: bytes | None = None, **environment: str) -> bytes:
    done = run(command, cwd=folder, input=octets, env=environment or None)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def _libcrypto(folder: Path) -> dict[str, Made]:
    require_module("psycopg_binary")
    for kind in KINDS:
        identity(folder, kind)
    lines = "".join(f"sign\t{kind}\tdocument\t-\n" for kind in KINDS)
    _out([sys.executable, str(SCRIPTS / "libcrypto.py"), str(folder)], folder, lines.encode())
    return {kind: Made((folder / f"{kind}.theirs").read_bytes()) for kind in KINDS}


def _castle(folder: Path) -> dict[str, Made]:
    for kind in KINDS:
        identity(folder, kind)
    wanted = {
        **{f"{kind}-cades": (kind, "cades") for kind in KINDS},
        "rsa-pss-cades": ("rsa-3072", "cades,pss"),
        "p-256-detached": ("p-256", "cades,detached"),
        "p-256-plain": ("p-256", ""),
        "p-256-direct": ("p-256", "direct"),
        "p-256-B-T": ("p-256", "cades,stamped"),
        "rsa-3072-B-T": ("rsa-3072", "cades,stamped"),
        "countersigned": ("p-256", "cades,countersigned"),
        "two-signers": ("p-256", "cades,second"),
    }
    for kind in ML_DSA:
        scheme = signer(kind).signature_scheme
        private = signer(kind).key.private  # type: ignore[attr-defined]
        (folder / f"{kind}.key").write_bytes(seed_pem(private, scheme.identifier.oid))
    tasks = [f"sign\t{name}\t{kind}\t{options}" for name, (kind, options) in wanted.items()]
    made = _castle_makes(folder, tasks)
    return {
        name: replace(one, document=DOCUMENT) if "detached" in wanted[name][1] else one
        for name, one in made.items()
    }


def castle_evidence(folder: Path) -> dict[str, Made]:
    """A time stamp and an evidence record of Bouncy Castle over the document."""
    (folder / "document").write_bytes(DOCUMENT)
    return _castle_makes(folder, [f"{act}\t{act}\t-\t-" for act in ("stamp", "record")])


def _castle_makes(folder: Path, tasks: list[str]) -> dict[str, Made]:
    stamping = world().pki.stamping_signer(at=world().at)
    (folder / "tsa.key").write_bytes(key_pem(stamping))
    (folder / "tsa.crt").write_bytes(_pem(stamping.certificate))
    (folder / "tsa-above.pem").write_bytes(b"".join(map(_pem, stamping.chain)))
    said = _out([*java("CastleSigner"), str(folder)], folder, "\n".join(tasks).encode()).decode().splitlines()
    assert said and all(line.endswith("\tgood") for line in said), said
    names = [line.partition("\t")[0] for line in said]
    return {name: Made((folder / f"{name}.theirs").read_bytes()) for name in names}


def _gnutls(folder: Path) -> dict[str, Made]:
    made = {}
    for kind in KINDS[:5]:
        identity(folder, kind)
        command = ["--outder", "--infile", "document", "--load-certificate", f"{kind}.crt"]
        command += [
            "--load-privkey",
            f"{kind}.key",
            "--p7-include-cert",
            "--load-ca-certificate",
            "above.pem",
        ]
        certtool = require("certtool")
        made[f"{kind}-attached"] = Made(_out([certtool, "--p7-sign", "--p7-time", *command], folder))
        detached = _out([certtool, "--p7-detached-sign", "--p7-time", *command], folder)
        made[f"{kind}-detached"] = Made(detached, DOCUMENT)
    return made


def _nss(folder: Path) -> dict[str, Made]:
    made = {}
    (folder / "root.pem").write_bytes(world().pki.root.pem)
    database = nss_database(folder / "nss", folder / "root.pem")
    for kind in KINDS[:4]:
        identity(folder, kind)
        taken = [require("pk12util"), "-d", database, "-i", f"{kind}.p12", "-W", PASSWORD, "-K", ""]
        _out(taken, folder)
        command = [require("cmsutil"), "-S", "-d", database, "-N", kind, "-i", "document", "-G", "-o"]
        # Without it NSS wants the signer's certificate to be fit for encryption too.
        command[2:2] = ["-Y", "NONE"]
        for name, options in (("attached", ()), ("detached", ("-T",)), ("sha384", ("-H", "SHA384"))):
            _out([*command, f"{kind}-{name}", *options], folder)
            octets = (folder / f"{kind}-{name}").read_bytes()
            made[f"{kind}-{name}"] = Made(octets, DOCUMENT if name == "detached" else None)
    return made


_GPGSM = (("p-256", "SHA256"), ("p-384", "SHA384"), ("p-521", "SHA512"), ("rsa-3072", "SHA256"))


def _gpgsm(folder: Path) -> dict[str, Made]:
    home = Home.make(folder / "gnupg", world().pki.root)
    made = {}
    for kind, by in _GPGSM:
        one = identity(folder, kind)
        assert home("--import", "above.pem", cwd=folder).returncode == 0
        who = home.take(one.key.private, Certificate.load(one.certificate))  # type: ignore[attr-defined]
        for name, act in (("attached", "--sign"), ("detached", "--detach-sign")):
            done = home("--local-user", who, "--digest-algo", by, act, "document", cwd=folder)
            assert done.returncode == 0, done.stderr.decode()
            made[f"{kind}-{name}"] = Made(done.stdout, DOCUMENT if name == "detached" else None)
    home.stop()
    return made


def _pyhanko(folder: Path) -> dict[str, Made]:
    require_module("pyhanko")
    return dict(_pyhanko_signs(folder))


def _pyhanko_signs(folder: Path) -> Iterator[tuple[str, Made]]:
    from asn1crypto import cms as foreign
    from pyhanko.sign.signers.pdf_cms import SimpleSigner

    # pyHanko adds names to a table that may have been turned around before it came.
    known = foreign.CMSAttributeType
    known._reverse_map = {name: oid for oid, name in known._map.items()}
    for kind in (*KINDS[:5], *ML_DSA):
        identity(folder, kind)
        own: Any = SimpleSigner.load(
            str(folder / f"{kind}.key"),
            str(folder / f"{kind}.crt"),
            ca_chain_files=[str(folder / "above.pem")],
            prefer_pss=kind == "rsa-3072",
        )
        by = "sha512" if kind in ("ed25519", *ML_DSA) else "sha256"
        for level, detached in (("B-B", False), ("B-B", True), ("B-T", True)):
            signed = asyncio.run(_pyhanko_signs_one(own, level, detached, by))
            name = f"{kind}-{level}-{'detached' if detached else 'attached'}"
            yield name, Made(signed, DOCUMENT if detached else None)


async def _pyhanko_signs_one(own: Any, level: str, detached: bool, by: str) -> bytes:
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    signed = await own.async_sign_general_data(
        DOCUMENT,
        by,
        detached=detached,
        use_cades=True,
        timestamper=_stamper() if level == "B-T" else None,
        signed_attr_settings=PdfCMSSignedAttributes(signing_time=world().at),
    )
    octets: bytes = signed.dump()
    return octets


def _stamper() -> Any:
    from asn1crypto import tsp as foreign
    from pyhanko.sign.timestamps import TimeStamper

    class Ours(TimeStamper):
        """Our authority, asked by pyHanko."""

        async def async_request_tsa_response(self, req: Any) -> Any:
            return foreign.TimeStampResp.load(world().tsa(req.dump()))

    return Ours()


def _pkijs(folder: Path) -> dict[str, Made]:
    modules = node_modules("pkijs")
    kinds = KINDS[:4]
    for kind in kinds:
        identity(folder, kind)
    lines = "".join(f"{kind}-{form}\t{kind}\t{form}\n" for kind in kinds for form in ("attached", "detached"))
    script = str(SCRIPTS / "js" / "sign.cjs")
    _out([require("node"), script, str(folder)], folder, lines.encode(), NODE_PATH=str(modules))
    return {
        f"{kind}-{form}": Made(
            (folder / f"{kind}-{form}.theirs").read_bytes(), DOCUMENT if form == "detached" else None
        )
        for kind in kinds
        for form in ("attached", "detached")
    }


def _pyca(folder: Path) -> dict[str, Made]:
    """The PKCS#7 builder of the cryptographic library that we stand on: its own encoder."""
    made = {}
    for kind in KINDS[:4]:
        one = signer(kind)
        private = one.key.private  # type: ignore[attr-defined]
        builder = pkcs7.PKCS7SignatureBuilder().set_data(DOCUMENT)
        builder = builder.add_signer(certificate(one.certificate), private, hashes.SHA256())
        for octets in one.chain:
            builder = builder.add_certificate(certificate(octets))
        whole = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
        options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature]
        apart = builder.sign(serialization.Encoding.DER, options)
        made |= {f"{kind}-attached": Made(whole), f"{kind}-detached": Made(apart, DOCUMENT)}
    return made


def stamps_of_openssl(folder: Path) -> tsp.TimeStamper:
    """A time-stamp authority that `openssl ts -reply` runs with a certificate of ours."""
    stamping = world().pki.stamping_signer(at=world().at, key="rsa-3072", name="TSA of OpenSSL")
    for name, octets in (
        ("tsa.pem", _pem(stamping.certificate)),
        ("tsa.key", key_pem(stamping)),
        ("infra.pem", b"".join(map(_pem, stamping.chain))),
        ("serial", b"01\n"),
        ("ts.cnf", _TS.encode()),
    ):
        (folder / name).write_bytes(octets)

    def answer(request: bytes) -> bytes:
        (folder / "q.tsq").write_bytes(request)
        command = ["ts", "-reply", "-config", "ts.cnf", "-queryfile", "q.tsq", "-signer", "tsa.pem"]
        command += ["-inkey", "tsa.key", "-chain", "infra.pem", "-out", "r.tsr"]
        _out([require("openssl"), *command], folder)
        return (folder / "r.tsr").read_bytes()

    return answer


_TS = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
signer_digest = sha256
default_policy = 2.999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""

MAKERS: dict[str, Maker] = {
    "openssl": Maker("OpenSSL 3.0", _openssl),
    "libcrypto": Maker("libcrypto 3.5", _libcrypto),
    "castle": Maker("Bouncy Castle 1.80", _castle),
    "gnutls": Maker("GnuTLS 3.7", _gnutls),
    "nss": Maker("NSS 3.87", _nss),
    "gpgsm": Maker("gpgsm 2.4", _gpgsm),
    "pyhanko": Maker("pyHanko 0.38", _pyhanko),
    "pkijs": Maker("PKI.js 4.0", _pkijs),
    "pyca": Maker("cryptography", _pyca),
}

"""Programs made by others that judge signatures, each asked about many at a time.

with tempfile.TemporaryDirectory() as folder:
    said = PROGRAMS["gnutls"].judge(Case(Path(folder), root, samples))
assert said["p-256-attached"] == ""
"""

import asyncio
import hashlib
import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from esign.cms import SignedData
from esign.x509 import Certificate
from tests.interop.gnupg import Home
from tests.interop.samples import Sample
from tests.peers import jars, node_modules, require, require_module, run

JAVA = Path(__file__).with_name("java")
SCRIPTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: samples under one root, each written into `folder` with what it covers."""

    folder: Path
    root: Certificate
    samples: tuple[Sample, ...]
    above: tuple[Certificate, ...] = ()

    def __post_init__(self) -> None:
        (self.folder / "root.pem").write_bytes(self.root.pem)
        (self.folder / "above.pem").write_bytes(b"".join(one.pem for one in self.above))
        for one in self.samples:
            (self.folder / f"{one.name}.sig").write_bytes(one.signature)
            if one.content is not None:
                (self.folder / f"{one.name}.doc").write_bytes(one.content)

    def each(self, ask: Callable[[Sample], str]) -> dict[str, str]:
        """What `ask` says of each sample, two at a time."""
        with ThreadPoolExecutor(2) as workers:
            said = workers.map(ask, self.samples)
            return {one.name: word for one, word in zip(self.samples, said, strict=True)}

    def lines(self, act: str) -> bytes:
        """A question a line: act, name, signature's file, document's file or `-`."""
        return "".join(
            f"{act}\t{one.name}\t{one.name}.sig\t{one.name + '.doc' if one.content is not None else '-'}\n"
            for one in self.samples
        ).encode()


Judge = Callable[[Case], dict[str, str]]
"""By a sample's name, why it is refused; empty where it is accepted."""


@dataclass(frozen=True, slots=True)
class Program:
    """A judge with the name that stands at the head of its column."""

    title: str
    judge: Judge


def _content(one: Sample, option: str) -> Iterator[str]:
    if one.content is not None:
        yield from (option, f"{one.name}.doc")


def _openssl(case: Case) -> dict[str, str]:
    program = require("openssl")

    def ask(one: Sample) -> str:
        done = run(
            [
                *(program, "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{one.name}.sig"),
                *("-CAfile", "root.pem", "-purpose", "any", "-out", "/dev/null"),
                *_content(one, "-content"),
            ],
            cwd=case.folder,
        )
        return "" if done.returncode == 0 else done.stderr.decode()

    return case.each(ask)


def _libcrypto(case: Case) -> dict[str, str]:
    """OpenSSL's library of another line than the program's: the one that the PostgreSQL driver brings."""
    require_module("psycopg_binary")
    done = run([sys.executable, SCRIPTS / "libcrypto.py", case.folder], input=case.lines("signature"))
    return _answers(done.stdout, done.stderr)


def _castle(case: Case) -> dict[str, str]:
    return castle(case, case.lines("signature"))


def castle(case: Case, questions: bytes) -> dict[str, str]:
    """Bouncy Castle's answers to lines of questions."""
    done = run([*java("Castle"), case.folder], input=questions)
    return _answers(done.stdout, done.stderr)


def java(program: str) -> tuple[str, ...]:
    """How to run one of our programs over Bouncy Castle."""
    path = ":".join((_classes().name, *jars("bcprov", "bcpkix", "bcutil")))
    return (require("java"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp", path, program)


@cache
def _classes() -> tempfile.TemporaryDirectory[str]:
    """The programs compiled, once in a run; the folder goes with the process."""
    made = tempfile.TemporaryDirectory()
    path = ":".join(jars("bcprov", "bcpkix", "bcutil"))
    sources = sorted(JAVA.glob("Castle*.java"))
    done = run([require("javac"), "-nowarn", "-cp", path, "-d", made.name, *sources])
    assert done.returncode == 0, done.stderr.decode()
    return made


def _answers(out: bytes, errors: bytes) -> dict[str, str]:
    said = dict(line.split("\t", 1) for line in out.decode().splitlines())
    assert said, errors.decode()
    return {name: "" if word == "good" else word for name, word in said.items()}


def _gnutls(case: Case) -> dict[str, str]:
    program = require("certtool")

    def ask(one: Sample) -> str:
        done = run(
            [
                *(program, "--p7-verify", "--inder", "--infile", f"{one.name}.sig"),
                *("--load-ca-certificate", "root.pem", *_content(one, "--load-data")),
            ],
            cwd=case.folder,
        )
        said = (done.stdout + done.stderr).decode()
        # A signer whose key it does not know is passed over in silence.
        every = len(SignedData.read(one.signature).signer_infos)
        return "" if done.returncode == 0 and said.count("Signature status: ok") == every else said

    return case.each(ask)


def nss_database(folder: Path, root: Path) -> str:
    """A database of NSS in `folder` that trusts `root`, as its tools name it."""
    folder.mkdir()
    name = f"sql:{folder}"
    for command in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i", str(root)]):
        done = run([require("certutil"), "-d", name, *command])
        assert done.returncode == 0, done.stderr.decode()
    return name


def _nss(case: Case) -> dict[str, str]:
    program = require("cmsutil")
    database = nss_database(case.folder / "nss", case.folder / "root.pem")

    def ask(one: Sample) -> str:
        command = [program, "-D", "-d", database, "-h", "1", "-n", "-i", f"{one.name}.sig"]
        done = run([*command, *_content(one, "-c")], cwd=case.folder)
        said = (done.stdout + done.stderr).decode()
        states = re.findall(r"status=(\w+);", said)
        return "" if done.returncode == 0 and set(states) == {"GoodSignature"} else said

    return case.each(ask)


def _gpgsm(case: Case) -> dict[str, str]:
    home = Home.make(case.folder / "gnupg", case.root)

    def ask(one: Sample) -> str:
        output = [] if one.content is not None else ["--output", "/dev/null", "--yes"]
        covered = [f"{one.name}.doc"] if one.content is not None else []
        options = ["--status-fd", "1", "--assume-binary", *output]
        done = home(*options, "--verify", f"{one.name}.sig", *covered, cwd=case.folder)
        said = (done.stdout + done.stderr).decode(errors="replace")
        good = "[GNUPG:] TRUST_FULLY" in said and "[GNUPG:] BADSIG" not in said
        return "" if done.returncode == 0 and good else said

    # Not two at a time: each writes the certificates that it meets into one keyring.
    try:
        return {one.name: ask(one) for one in case.samples}
    finally:
        home.stop()


def _pyhanko(case: Case) -> dict[str, str]:
    require_module("pyhanko")
    return {one.name: asyncio.run(_ask_pyhanko(case.root, one)) for one in case.samples}


async def _ask_pyhanko(root: Certificate, one: Sample) -> str:
    from asn1crypto import cms, x509
    from pyhanko.sign.validation import generic_cms
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    anchors = [x509.Certificate.load(root.raw)]
    context = ValidationContext(trust_roots=anchors, allow_fetching=False, revocation_mode="soft-fail")
    usage = KeyUsageConstraints(key_usage={"digital_signature"})
    try:
        signed = cms.ContentInfo.load(one.signature, strict=True)["content"]
        if one.content is None:
            # Of attached content it can say only that it is intact and by whom.
            status = await generic_cms.async_validate_cms_signature(
                signed, validation_context=context, key_usage_settings=usage
            )
        else:
            status = await generic_cms.async_validate_detached_cms(
                io.BytesIO(one.content),
                signed,
                signer_validation_context=context,
                ts_validation_context=context,
                key_usage_settings=usage,
            )
    except Exception as e:  # noqa: BLE001
        return f"{type(e).__name__}: {e}"
    return "" if status.intact and status.valid and status.trusted else str(status.summary())


def _pkijs(case: Case) -> dict[str, str]:
    modules = node_modules("pkijs")
    done = run(
        [require("node"), SCRIPTS / "js" / "judge.cjs", case.folder],
        input=case.lines("signature"),
        env={"NODE_PATH": str(modules)},
    )
    return _answers(done.stdout, done.stderr)


def _openssl_stamps(case: Case) -> dict[str, str]:
    program = require("openssl")

    def ask(one: Sample) -> str:
        done = run(
            [
                *(program, "ts", "-verify", "-token_in", "-in", f"{one.name}.sig"),
                *("-data", f"{one.name}.doc", "-CAfile", "root.pem", "-untrusted", "above.pem"),
            ],
            cwd=case.folder,
        )
        said = (done.stdout + done.stderr).decode()
        return "" if "Verification: OK" in said else said

    return case.each(ask)


def _castle_stamps(case: Case) -> dict[str, str]:
    return castle(case, case.lines("token"))


def _pyhanko_stamps(case: Case) -> dict[str, str]:
    require_module("pyhanko")
    return {one.name: asyncio.run(_ask_pyhanko_stamp(case.root, one)) for one in case.samples}


async def _ask_pyhanko_stamp(root: Certificate, one: Sample) -> str:
    from asn1crypto import cms, x509
    from pyhanko.sign.validation import generic_cms
    from pyhanko_certvalidator import ValidationContext

    anchors = [x509.Certificate.load(root.raw)]
    context = ValidationContext(trust_roots=anchors, allow_fetching=False, revocation_mode="soft-fail")
    try:
        signed = cms.ContentInfo.load(one.signature, strict=True)["content"]
        said = await generic_cms.validate_tst_signed_data(
            signed, context, lambda by: hashlib.new(by, one.content or b"").digest()
        )
    except Exception as e:  # noqa: BLE001
        return f"{type(e).__name__}: {e}"
    return "" if said["intact"] and said["valid"] and said["trust_problem_indic"] is None else str(said)


PROGRAMS: dict[str, Program] = {
    "openssl": Program("OpenSSL 3.0", _openssl),
    "libcrypto": Program("libcrypto 3.5", _libcrypto),
    "castle": Program("Bouncy Castle 1.80", _castle),
    "gnutls": Program("GnuTLS 3.7", _gnutls),
    "nss": Program("NSS 3.87", _nss),
    "gpgsm": Program("gpgsm 2.4", _gpgsm),
    "pyhanko": Program("pyHanko 0.38", _pyhanko),
    "pkijs": Program("PKI.js 4.0", _pkijs),
}

STAMP_JUDGES: dict[str, Program] = {
    "openssl": Program("OpenSSL 3.0 (`ts`)", _openssl_stamps),
    "castle": Program("Bouncy Castle 1.80", _castle_stamps),
    "pyhanko": Program("pyHanko 0.38", _pyhanko_stamps),
    "pkijs": Program("PKI.js 4.0", _pkijs),
}

"""What independent programs say about the certificates and lists that our authority makes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings.openssl.binding import Binding

from esign.algorithms import ECDSA_SHA256
from esign.ca.authority import public_key_info
from esign.ca.issue import new_serial, prepare, sign
from esign.ca.profile import EXTENDED_USAGES
from esign.ca.request import Subject, settle
from esign.ca.template import Contents, Issuer, assemble, write
from esign.extensions import KEY_USAGES
from esign.keys import generate
from esign.x509 import Certificate
from tests.esign.ca.world import AT, authority_subject, make_root, officer, officer_request, profile
from tests.interop.issued import AUTHORITIES, CLASSICAL, HOLDERS, ISSUED, NOW, POST_QUANTUM, Issued
from tests.interop.path_judges import Chain, opinions
from tests.peers import require, run

pytestmark = pytest.mark.peer
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    made = Issued(tmp_path_factory.mktemp("judges"))
    yield made
    made.ca.close()


# --- openssl ---

PURPOSES = {
    "relay-tls": "sslserver",
    "ra-operator": "sslclient",
    "tsa": "timestampsign",
    "officer-encrypt-rsa": "smimeencrypt",
    "ocsp": "ocsphelper",
    **dict.fromkeys(
        ("officer-sign", "officer-sign-rsa", "officer-sign-cyrillic", "agency-seal-mail"), "smimesign"
    ),
    "gateway-domain-sign": "smimesign",
}


def openssl_verify(world: Issued, certificate: Certificate, *options: str) -> tuple[int, str]:
    answer = run(
        [
            *(require("openssl"), "verify", "-x509_strict", "-crl_check_all", *options),
            *("-CRLfile", world.lists(*AUTHORITIES), "-CAfile", world.folder / "root.pem"),
            *("-untrusted", world.folder / "chain.pem", world.file("judged", certificate)),
        ]
    )
    return answer.returncode, (answer.stdout + answer.stderr).decode()


@pytest.mark.parametrize("name", CLASSICAL)
def test_openssl_verifies_each_profile_strictly_with_its_lists(world: Issued, name: str) -> None:
    options = ["-purpose", PURPOSES[name]] if name in PURPOSES else []
    status, said = openssl_verify(world, world.certificates[name], *options)
    assert status == 0, said


def test_openssl_refuses_the_revoked_one_with_the_reason(world: Issued) -> None:
    status, said = openssl_verify(world, world.revoked)
    assert status != 0 and "certificate revoked" in said
    text = run(
        [require("openssl"), "crl", "-inform", "DER", "-text", "-noout"], input=world.crls["persons"].raw
    )
    assert b"Key Compromise" in text.stdout
    assert f"{world.revoked.serial_number:040X}".encode() in text.stdout


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("officer-sign", "smimeencrypt"),
        ("officer-encrypt-rsa", "smimesign"),
        ("gateway-domain-encrypt", "smimesign"),
        ("citizen-sign", "smimesign"),
        ("agency-seal", "sslclient"),
        ("ra-operator", "smimesign"),
        ("relay-tls", "timestampsign"),
    ],
)
def test_openssl_refuses_a_purpose_that_the_profile_does_not_have(
    world: Issued, name: str, purpose: str
) -> None:
    status, said = openssl_verify(world, world.certificates[name], "-purpose", purpose)
    assert status != 0, said


class OpenSSL4:
    """The library that `cryptography` brings, as a judge: it knows the keys that the program does not."""

    def __init__(self, anchor: Certificate, chain: list[Certificate]) -> None:
        binding = Binding()
        self._lib, self._ffi = binding.lib, binding.ffi
        self._store = self._lib.X509_STORE_new()
        self._chain = self._lib.sk_X509_new_null()
        self._lib.X509_STORE_add_cert(self._store, self._load(anchor))
        for one in chain:
            self._lib.sk_X509_push(self._chain, self._load(one))

    def verify(self, certificate: Certificate, purpose: int) -> str:
        """`ok`, or why not."""
        lib, context = self._lib, self._lib.X509_STORE_CTX_new()
        lib.X509_STORE_set_flags(self._store, lib.X509_V_FLAG_X509_STRICT)
        lib.X509_STORE_set_purpose(self._store, purpose)
        assert lib.X509_STORE_CTX_init(context, self._store, self._load(certificate), self._chain) == 1
        lib.X509_verify_cert(context)
        code = lib.X509_STORE_CTX_get_error(context)
        said = self._ffi.string(lib.X509_verify_cert_error_string(code)).decode()
        lib.X509_STORE_CTX_free(context)
        lib.ERR_clear_error()
        return said

    def purpose(self, name: str) -> int:
        """The number of a purpose: `SMIME_SIGN`, `SMIME_ENCRYPT`, `ANY`."""
        return int(getattr(self._lib, f"X509_PURPOSE_{name}"))

    def _load(self, certificate: Certificate) -> Any:
        octets = self._ffi.new("unsigned char[]", certificate.raw)
        buffer = self._lib.BIO_new_mem_buf(octets, len(certificate.raw))
        loaded = self._lib.d2i_X509_bio(buffer, self._ffi.NULL)
        assert loaded != self._ffi.NULL
        return loaded


@pytest.mark.parametrize(
    ("name", "signs", "opens"),
    [
        ("officer-sign-ml-dsa", True, False),
        ("officer-encrypt-ml-kem", False, True),
        ("gateway-domain-encrypt-ml-kem", False, True),
        ("officer-sign", True, False),
    ],
)
def test_a_new_openssl_gives_post_quantum_certificates_their_purposes(
    world: Issued, name: str, signs: bool, opens: bool
) -> None:
    openssl = OpenSSL4(world.ca.root, [world.certificates["persons"]])
    for purpose, wanted in {"ANY": True, "SMIME_SIGN": signs, "SMIME_ENCRYPT": opens}.items():
        said = openssl.verify(world.certificates[name], openssl.purpose(purpose))
        assert (said == "ok") is wanted, (purpose, said)


def test_each_post_quantum_certificate_has_a_judge(world: Issued) -> None:
    openssl = OpenSSL4(world.ca.root, [world.certificates["persons"]])
    for name in POST_QUANTUM:
        assert openssl.verify(world.certificates[name], openssl.purpose("ANY")) == "ok", name


# --- OpenSSL and Java, as judges of paths ---


@pytest.mark.parametrize("revoked", [False, True])
def test_java_and_openssl_judge_paths_with_lists_alike(world: Issued, tmp_path: Path, revoked: bool) -> None:
    chosen = {"revoked": world.revoked} if revoked else {n: world.certificates[n] for n in CLASSICAL}
    pool = tuple(world.certificates[name].raw for name in ("persons", "infra"))
    lists = tuple(crl.raw for crl in world.crls.values())
    chains = [
        Chain(
            name,
            certificate.raw,
            (world.ca.root.raw,),
            NOW,
            pool,
            lists,
            revocation=name != "ocsp",
            path=(certificate.raw, world.certificates[issuer_of(name)].raw),
        )
        for name, certificate in chosen.items()
    ]
    said = opinions(chains, tmp_path)
    if revoked:
        assert not said["revoked"].somebody_accepts, said
    else:
        refused = {name: one for name, one in said.items() if not one.everybody_accepts or one.java_path}
        assert not refused


def test_an_authority_of_one_agency_certifies_nothing_else_for_openssl_and_java(tmp_path: Path) -> None:
    """The second certificate is one that our lint refuses, so it is signed behind its back."""
    root, key = make_root(), generate("p-256")
    bound = profile("issuing-person").model_copy(update={"permitted_emails": ("agency.uz", ".agency.uz")})
    prepared = prepare(
        bound,
        authority_subject("agency"),
        issuer=root.certificate,
        public_key_info=public_key_info(key.public_key()),
        serial=new_serial(),
        at=AT,
    )
    issuing = sign(prepared, root.signer.key)
    above = Issuer(issuing.subject.raw, issuing.subject_key_identifier or b"", ECDSA_SHA256)
    chains = []
    for email in ("v@agency.uz", "v@desk.agency.uz", "v@other.uz", "v@notagency.uz"):
        subject = replace(officer(), emails=(email,))
        settled, _ = settle(profile("officer-sign"), subject, officer_request())
        info = officer_request().public_key_info
        contents = Contents(settled, info, new_serial(), AT, AT + timedelta(days=99))
        tbs = write(profile("officer-sign"), contents, above)
        raw = assemble(tbs, ECDSA_SHA256, ECDSA_SHA256.sign(key, tbs))
        path = (raw, issuing.raw)
        chains.append(Chain(email, raw, (root.certificate.raw,), AT + DAY, (issuing.raw,), path=path))
    said = opinions(chains, tmp_path)
    assert said["v@agency.uz"].everybody_accepts and said["v@desk.agency.uz"].everybody_accepts
    assert not said["v@other.uz"].somebody_accepts and not said["v@notagency.uz"].somebody_accepts


def issuer_of(name: str) -> str:
    return HOLDERS[name].issuer if name in HOLDERS else "persons"


# --- keytool ---

JAVA_NAMES = {
    "digitalSignature": "DigitalSignature",
    "nonRepudiation": "Non_repudiation",
    "keyEncipherment": "Key_Encipherment",
    "keyAgreement": "Key_Agreement",
    "keyCertSign": "Key_CertSign",
    "cRLSign": "Crl_Sign",
}


def test_keytool_reads_the_key_usage_of_each_certificate(world: Issued) -> None:
    file = world.folder.parent / "all.pem"
    file.write_bytes(b"".join(one.pem for one in world.certificates.values()))
    answer = run([require("keytool"), "-J-XX:TieredStopAtLevel=1", "-printcert", "-file", file])
    said = answer.stdout.decode()
    assert answer.returncode == 0, said
    found = [part.partition("]")[0].split() for part in said.split("\nKeyUsage [")[1:]]
    for (name, certificate), usage in zip(world.certificates.items(), found, strict=True):
        usages = [bit for bit in KEY_USAGES if bit in (certificate.key_usage or ())]
        assert usage == [JAVA_NAMES[bit] for bit in usages], name


# --- GnuTLS ---


@pytest.mark.parametrize("name", CLASSICAL)
def test_certtool_verifies_each_profile_with_its_list(world: Issued, name: str) -> None:
    certificate = world.certificates[name]
    assert certtool(world, issuer_of(name), certificate) == 0
    # GnuTLS wants a purpose from each authority above too, and these two are given to none.
    delegated = {EXTENDED_USAGES[usage] for usage in ("OCSPSigning", "cmcRA")}
    for purpose in set(certificate.extended_key_usage or ()) - delegated:
        assert certtool(world, issuer_of(name), certificate, f"--verify-purpose={purpose}") == 0, purpose
    for email in (one for one in certificate.emails if one.isascii()):
        assert certtool(world, issuer_of(name), certificate, f"--verify-email={email}") == 0


def test_certtool_refuses_the_revoked_one(world: Issued) -> None:
    assert certtool(world, "persons", world.revoked) != 0


def test_certtool_refuses_another_purpose_and_another_mailbox(world: Issued) -> None:
    certificate = world.certificates["officer-sign"]
    assert certtool(world, "persons", certificate, "--verify-purpose=1.3.6.1.5.5.7.3.1") != 0
    assert certtool(world, "persons", certificate, "--verify-email=devon@agency.exat.uz") != 0


def certtool(world: Issued, issuer: str, certificate: Certificate, *options: str) -> int:
    chain = world.folder.parent / "certtool.pem"
    chain.write_bytes(certificate.pem + world.certificates[issuer].pem + world.ca.root.pem)
    answer = run(
        [
            *(require("certtool"), "--verify", "--load-ca-certificate", world.folder / "root.pem"),
            *("--load-crl", world.lists(issuer, "root"), "--infile", chain, *options),
        ]
    )
    return answer.returncode


# --- NSS ---

MAIL_SIGNERS = ("officer-sign", "officer-sign-cyrillic", "agency-seal-mail", "gateway-domain-sign")
USAGES = {  # S signs mail, R receives encrypted mail, V serves TLS, C calls as TLS client, O answers OCSP
    **dict.fromkeys(MAIL_SIGNERS, "SR"),
    "officer-sign-rsa": "S",
    "officer-encrypt-ec": "R",
    "officer-encrypt-rsa": "R",
    "mailbox-encrypt": "R",
    "gateway-domain-encrypt": "R",
    "relay-tls": "VC",
    "ra-operator": "C",
    "agency-seal": "",
    "citizen-sign": "",
    "business-sign": "",
    "tsa": "",
    "ocsp": "O",
}
"""`R` also for those that sign on a curve: NSS asks such a key for a purpose and not for its usage."""


@pytest.fixture(scope="module")
def nss(world: Issued) -> Path:
    folder = world.folder.parent / "nss"
    folder.mkdir()
    certutil = require("certutil")
    assert run([certutil, "-N", "-d", folder, "--empty-password"]).returncode == 0
    for name in (*AUTHORITIES, *CLASSICAL):
        file = world.file(name, world.certificates[name])
        trust = "CT,CT,CT" if name == "root" else ",,"
        added = run([certutil, "-A", "-d", folder, "-n", name, "-t", trust, "-i", file])
        assert added.returncode == 0, added.stderr
    return folder


@pytest.mark.parametrize("name", CLASSICAL)
def test_nss_gives_each_certificate_its_usages_and_no_other(nss: Path, name: str) -> None:
    certutil, found = require("certutil"), ""
    for usage in "SRVCO":
        answer = run([certutil, "-V", "-d", nss, "-n", name, "-u", usage])
        found += usage if answer.returncode == 0 else ""
    assert found == USAGES[name]


# --- PKCS#12 ---


@pytest.mark.parametrize("compatible", [False, True])
def test_delivered_keys_are_read_by_four_readers(world: Issued, tmp_path: Path, compatible: bool) -> None:
    subject = Subject.of({"organization": "Agentlik"}, emails=("devon@agency.exat.uz",))
    delivery = world.ca.deliver("mailbox-encrypt", subject, at=ISSUED, compatible=compatible)
    file, secret = tmp_path / "key.p12", delivery.passphrase
    file.write_bytes(delivery.pkcs12)
    legacy = ["-legacy"] if compatible else []
    by_openssl = ["openssl", "pkcs12", "-in", file, "-passin", f"pass:{secret}", "-nodes", *legacy]
    by_gnutls = ["certtool", "--p12-info", "--inder", "--infile", file, f"--password={secret}"]
    by_nss = ["pk12util", "-l", file, "-W", secret]
    by_java = ["keytool", "-list", "-storetype", "PKCS12", "-keystore", file, "-storepass", secret]
    for program, *arguments in (by_openssl, by_gnutls, by_nss, by_java):
        answer = run([require(str(program)), *arguments])
        assert answer.returncode == 0, (program, answer.stdout + answer.stderr)


def test_the_key_of_each_certificate_is_the_one_that_was_asked_for(world: Issued) -> None:
    for name in HOLDERS:
        if name != "officer-sign":  # asked for twice
            own = public_key_info(world.keys[name].public_key())
            assert world.certificates[name].public_key_info == own, name

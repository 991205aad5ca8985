"""What is expected of each pair of a program and a kind of signature, and the page that says so.

    python -m tests.interop.matrix           writes docs/interop.md
    python -m tests.interop.matrix --check   says whether it is up to date

The tests run every cell. A cell without acceptance has its reason and the words of the program that prove it.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "interop.md"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a program says of a kind: accepted, or not with the `reason`.

    `proof` is a regular expression that finds the reason in the program's words.
    """

    word: str = "yes"
    reason: str = ""
    proof: str = ""

    def agrees(self, said: str) -> bool:
        """Whether the program said what is expected; `said` is empty for acceptance."""
        if self.word == "yes":
            return said == ""
        return bool(said) and re.search(self.proof, said, re.DOTALL) is not None


def cannot(reason: str, proof: str) -> Cell:
    """The program has no code for it."""
    return Cell("cannot", reason, proof)


def refused(reason: str, proof: str = "") -> Cell:
    """It is refused, as it must be."""
    return Cell("no", reason, proof)


YES: Final = Cell()
FORGED: Final = refused("nobody may accept it")
Rules = Mapping[str, tuple[tuple[str, Cell], ...]]
"""By program, the kinds (patterns) whose cell is not `yes`; the first that fits counts."""

SIGNATURES: Final[Rules] = {
    "openssl": (
        ("ed25519-*", cannot("`cms` has no EdDSA before 3.2", "invalid digest")),
        ("ml-dsa-*", cannot("no ML-DSA before 3.5", "X509_PUBKEY_get0:decode error")),
        ("hybrid*", cannot("no ML-DSA before 3.5", "X509_PUBKEY_get0:decode error")),
    ),
    "libcrypto": (),
    "castle": (),
    "gnutls": (
        ("ml-dsa-*", cannot("no ML-DSA; the signer is passed over in silence", "")),
        ("hybrid*", cannot("no ML-DSA; only the classical signer is looked at", "Signature status: ok")),
        ("empty", cannot("empty content counts as no content", "no embedded data")),
    ),
    "nss": (
        ("ed25519-*", cannot("no EdDSA in CMS", "ProcessingError")),
        ("ml-dsa-*", cannot("no ML-DSA", "ProcessingError")),
        ("hybrid*", cannot("no ML-DSA; the classical signer is good", "GoodSignature.*ProcessingError")),
        ("empty", cannot("empty content counts as no content", "no message digests")),
    ),
    "gpgsm": (
        ("ed25519-*", cannot("no EdDSA in CMS", "DSA requires the hash length")),
        ("ml-dsa-*", cannot("no ML-DSA", "no signature value available")),
        ("hybrid*", cannot("no ML-DSA; the classical signer is good", "Good signature.*no signature value")),
    ),
    "pyhanko": (
        ("two-signers*", cannot("one signer in a signature", "exactly one entry")),
        ("hybrid*", cannot("one signer in a signature", "exactly one entry")),
    ),
    "pkijs": (
        ("ed25519-*", cannot("no EdDSA", "Unsupported signature algorithm: 1.3.101.112")),
        ("ml-dsa-*", cannot("no ML-DSA", "Unsupported signature algorithm: 2.16")),
        (
            "hybrid*",
            cannot("no ML-DSA; the classical signer is good", "Unsupported signature algorithm: 2.16"),
        ),
    ),
}

TIME_STAMPS: Final[Rules] = {
    "openssl": (("time-stamp-ed25519", cannot("`ts` has no EdDSA before 3.2", "not supported")),),
    "castle": (),
    "pyhanko": (),
    "pkijs": (("time-stamp-ed25519", cannot("no EdDSA", "Unsupported signature algorithm")),),
}


def _of(kinds: str, forms: str) -> tuple[str, ...]:
    return tuple(f"{kind}-{form}" for kind in kinds.split() for form in forms.split())


_FOUR: Final = "p-256 p-384 p-521 rsa-3072"
_ML_DSA: Final = "ml-dsa-44 ml-dsa-65 ml-dsa-87"
_BOTH: Final = "attached detached"
_LEVELS: Final = _of("B-T B-LT B-LTA", _BOTH)

KINDS: Final = (
    *_of(f"p-256 p-384 p-521 rsa-pss rsa-v1.5 ed25519 {_ML_DSA}", _BOTH),
    *(*_of("p-256", " ".join(_LEVELS)), "p-256-renewed"),
    *(*_of("rsa-v1.5", " ".join(_LEVELS)), "rsa-v1.5-renewed"),
    *_of("p-384 ed25519 ml-dsa-65", "B-LTA-attached"),
    *("streamed", "claims", "evidence-record", "empty"),
    *("two-signers", "hybrid", "countersigned"),
    *_of("two-signers hybrid countersigned", "B-LTA"),
    *("asic-s", "asic-e"),
)
"""What we sign, in the order of the page; `tests.interop.samples` makes it."""

FORGERIES: Final = (
    "changed-content-attached",
    "changed-content-detached",
    "changed-attributes",
    "another-root",
)
TOKENS: Final = (
    *_of("time-stamp", "p-256 p-384 rsa-3072 ed25519 sha512"),
    "asic-s-time-stamp",
)


def expected(rules: Rules, program: str, kind: str) -> Cell:
    """The cell of `program` and `kind`."""
    return next((cell for pattern, cell in rules[program] if fnmatchcase(kind, pattern)), YES)


def table(rules: Rules, titles: Mapping[str, str], kinds: Iterable[str], notes: list[str]) -> Iterator[str]:
    """The lines of a table, a kind a row; reasons go to `notes` and are named by their number."""
    yield "| | " + " | ".join(titles[program] for program in rules) + " |"
    yield "|---" * (len(rules) + 1) + "|"
    for kind in kinds:
        cells = (expected(rules, program, kind) for program in rules)
        yield f"| {kind} | " + " | ".join(_shown(cell, notes) for cell in cells) + " |"


def _shown(cell: Cell, notes: list[str]) -> str:
    if not cell.reason:
        return cell.word
    if cell.reason not in notes:
        notes.append(cell.reason)
    return f"{cell.word} ({notes.index(cell.reason) + 1})"


HEAD: Final = """\
# Who accepts whose

What programs of others say of what we make, and we of theirs. Each cell is a test in `tests/interop/` that
runs the program and compares; this page is written from the same tables (`python -m tests.interop.matrix`),
so that it cannot say what the tests do not. *yes*: accepted, with the path to the root and the content as it
was. *cannot*: the program has no code for it, and its words, which the test knows, say so. The programs are
those of Debian 12, but for Bouncy Castle, gpgsm and the newer NSS (of Debian 13), libcrypto (OpenSSL's
library of the line 3.5), pyHanko and PKI.js. GnuTLS encrypts nothing in CMS.

Kinds bear the name of the key; *rsa-pss* is how we sign by default, *rsa-v1.5* what a policy may ask for.
Envelopes for RSA are by OAEP with SHA-256, those with AES-GCM are AuthEnvelopedData, and *derived-key* is by
RFC 9709. Who writes to a mail program that stands on NSS, or to gpgsm, takes AES-CBC. NSS opens no envelope
that has a recipient with ML-KEM beside others, and no program here knows X25519 in CMS.
"""


def page() -> str:
    """The whole page."""
    from tests.interop.makers import MAKERS
    from tests.interop.programs import PROGRAMS, STAMP_JUDGES
    from tests.interop.readers import READERS

    notes: list[str] = []
    titles = {name: program.title for name, program in PROGRAMS.items()}
    lines = [HEAD, "## Signatures that we make", ""]
    lines += table(SIGNATURES, titles, KINDS, notes)
    lines += ["", "Forgeries, which everybody refuses: " + ", ".join(FORGERIES) + ".", ""]
    lines += ["## Time stamps that we make", ""]
    lines += table(TIME_STAMPS, {n: p.title for n, p in STAMP_JUDGES.items()}, TOKENS, notes)
    lines += ["", "## Signatures and time stamps of others that we verify", ""]
    lines += ["| program | kinds |", "|---|---|"]
    lines += [f"| {MAKERS[name].title} | {', '.join(THEIRS[name])} |" for name in MAKERS]
    lines += ["", "## Envelopes that we make", ""]
    titles = {name: reader.title for name, reader in READERS.items()}
    lines += table(ENVELOPES, titles, ENVELOPE_KINDS, notes)
    lines += ["", "## Envelopes of others that we open", "", "| program | kinds |", "|---|---|"]
    lines += [f"| {titles[name]} | {', '.join(kinds)} |" for name, kinds in SEALED.items()]
    lines += ["", "## Reasons", ""]
    lines += [f"{number}. {reason}" for number, reason in enumerate(notes, 1)]
    return "\n".join(lines) + "\n"


THEIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "openssl": (
        *_of(_FOUR, "attached"),
        *("p-256-detached", "p-256-cades", "p-384-sha512", "streamed", "no-attributes", "key-identifier"),
        *("rsa-pss", "rsa-pss-cades", "two-signers", "B-LTA-by-openssl-ts"),
    ),
    "libcrypto": (*_FOUR.split(), "ed25519", "ed448", *_ML_DSA.split()),
    "castle": (
        *_of(f"{_FOUR} ed25519 ed448 {_ML_DSA} rsa-pss", "cades"),
        *("p-256-detached", "p-256-plain", "p-256-direct", "p-256-B-T", "rsa-3072-B-T"),
        *("countersigned", "two-signers"),
    ),
    "gnutls": _of(f"{_FOUR} ed25519", _BOTH),
    "nss": _of(_FOUR, f"{_BOTH} sha384"),
    "gpgsm": _of("p-256 p-384 p-521 rsa-3072", _BOTH),
    "pyhanko": _of(f"{_FOUR} ed25519 {_ML_DSA}", "B-B-attached B-B-detached B-T-detached"),
    "pkijs": _of(_FOUR, _BOTH),
    "pyca": _of(_FOUR, _BOTH),
}
"""By maker, what it makes that is TOTAL-PASSED for us."""


_SIX: Final = "aes-128-gcm aes-192-gcm aes-256-gcm aes-128-cbc aes-192-cbc aes-256-cbc"
_TWO: Final = "aes-256-gcm aes-256-cbc"
_MECHANISMS: Final = "ml-kem-768 ml-kem-1024"
_NIST: Final = "p-256 p-384 p-521"
_NO_GCM: Final = "EnvelopedData alone, so AES-CBC alone"
_NO_ML_KEM: Final = "no ML-KEM"
_NO_X25519: Final = "no X25519 in CMS (RFC 8418)"
_ONLY_V15: Final = cannot("RSA by PKCS#1 v1.5 alone, which we never make", "encrypted session key")

ENVELOPE_KINDS: Final = (
    *_of("rsa-3072 p-256", _SIX),
    *_of(f"p-384 p-521 x25519 {_MECHANISMS} password shared-key", _TWO),
    *_of("p-256-keying-material", _TWO),
    *_of("rsa-3072 p-256 ml-kem-768", "derived-key"),
    *_of("all-opened-with", "rsa-3072 p-256 ml-kem-768"),
)
"""What we encrypt, in the order of the page; `tests.interop.envelopes` makes it."""

ENVELOPES: Final[Rules] = {
    "openssl": (
        ("x25519-*", cannot(_NO_X25519, "no matching recipient")),
        ("*ml-kem*", cannot(_NO_ML_KEM, "Could not read")),
        ("*-derived-key", cannot("no derived content key (RFC 9709)", "unknown cipher")),
    ),
    "castle": (
        ("x25519-*", cannot(_NO_X25519, "no such algorithm: 1.2.840.113549.1.9.16.3.19")),
        ("rsa-3072-derived-key", YES),
        (
            "*-derived-key",
            cannot("derived content keys (RFC 9709) only with RSA", "mac check in GCM failed|illegal object"),
        ),
    ),
    "nss": (
        ("all-*", cannot("no ML-KEM, and no envelope that has such a recipient", "UNRECOGNIZED_OID")),
        ("x25519-*-cbc", cannot(_NO_X25519, "NOT_A_RECIPIENT")),
        ("ml-kem-*-cbc", cannot(_NO_ML_KEM, "UNRECOGNIZED_OID")),
        ("password-*-cbc", cannot("no passwords", "UNRECOGNIZED_OID")),
        ("shared-key-*-cbc", cannot("no shared keys in its command", "BAD_DATA")),
        ("*-cbc", YES),
        ("*", cannot(_NO_GCM, "UNRECOGNIZED_OID")),
    ),
    "gpgsm": (
        ("rsa-3072-*-cbc", _ONLY_V15),
        ("p-256-keying-*-cbc", cannot("ECDH without keying material alone", "Checksum error")),
        ("x25519-*-cbc", cannot(_NO_X25519, "failed to find the certificate")),
        ("ml-kem-*-cbc", cannot(_NO_ML_KEM, "error getting info")),
        ("shared-key-*-cbc", cannot("no shared keys", "unsupported KEK info")),
        ("all-opened-with-rsa-3072", _ONLY_V15),
        ("all-opened-with-ml-kem-768", cannot(_NO_ML_KEM, "error getting info")),
        ("*-cbc", YES),
        ("all-*", YES),
        ("*-derived-key", cannot("no derived content key (RFC 9709)", "unsupported algorithm")),
        ("*", cannot("no AES-GCM: it opens nobody's", "error getting IV")),
    ),
    "pkijs": (
        ("p-256-keying-material-*-cbc", YES),
        ("p-*-cbc", cannot("ECDH only with keying material", "operation-specific")),
        ("x25519-*-cbc", cannot(_NO_X25519, "Cannot read properties")),
        ("ml-kem-*-cbc", cannot(_NO_ML_KEM, "Unknown recipient type")),
        ("password-*-cbc", cannot("passwords with another key wrap", "1.2.840.113549.1.9.16.3.9")),
        ("all-opened-with-rsa-3072", YES),
        (
            "all-opened-with-p-256",
            cannot("ECDH only with keying material", "operation-specific|JWK"),
        ),
        ("all-*", cannot(_NO_ML_KEM, "Unknown recipient type")),
        ("*-cbc", YES),
        ("*", cannot(_NO_GCM, "schema was not verified")),
    ),
}

SEALED: Final[Mapping[str, tuple[str, ...]]] = {
    "openssl": (
        *_of(f"rsa-3072 {_NIST}", _SIX),
        *_of("p-256", "kdf-sha1 kdf-sha384 kdf-sha512 cofactor"),
        *("oaep-sha1", "oaep-sha256", "key-identifier", "password", "shared-key", "streamed", "triple-des"),
    ),
    "castle": (
        *_of(f"{_NIST} {_MECHANISMS}", _TWO),
        *_of("rsa-3072", _SIX),
        *_of("oaep", "sha-1 sha-256 sha-512"),
        *_of("p-384", "sha1 sha384 sha512 cofactor"),
        *("password-aes-256-cbc", "shared-key-aes-256-gcm", "shared-key-aes-256-cbc", "triple-des"),
    ),
    "nss": ("rsa-3072", "p-256", "p-384", "p-521"),
    "gpgsm": (*_of(f"rsa-3072 {_NIST}", "aes128 aes256"), "triple-des"),
    "pkijs": (*_of(_NIST, "aes-256-cbc aes-128-cbc"), "oaep-sha256", "oaep-sha1", "shared-key"),
    "pyca": ("rsa-3072-aes-128-cbc", "rsa-3072-aes-256-cbc"),
}
"""By maker, what it encrypts that we open."""


def main(arguments: list[str]) -> int:
    """Write the page, or say with `--check` whether it is as it would be written."""
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        print("docs/interop.md is up to date" if fresh else "docs/interop.md is stale", file=sys.stderr)
        return 0 if fresh else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

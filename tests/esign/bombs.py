"""Input made to cost more than it is worth: signatures, records and messages (packages: `bombs_packed`).

Each is built in a moment. Some are far beyond the limits, some as much as the limits allow.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509 as foreign
from cryptography.hazmat.primitives.asymmetric import ec

from esign import cades, der, signing
from esign.algorithms import OZDST_1106, SHA256, AlgorithmIdentifier
from esign.attributes import Attribute
from esign.cades import Claims
from esign.cms import DATA, SIGNED_DATA, SignedData
from esign.keys import Signer, SoftwareKey
from esign.signing.frame import Frame
from esign.tsa import TimeStampAuthority
from esign.tsp import MessageImprint, TimeStampRequest, TimeStampResponse
from tests.esign.validation.world import AT, Node, issue
from tests.fuzz import archive
from tests.fuzz.archive import DOCUMENT

MANY: Final = 10_000
TEN_GIGABYTES: Final = 10 * 1024**3
LARGE: Final = 1 << 24
_END: Final = b"\0\0"


def _open(tag: int, *parts: bytes) -> bytes:
    """An element of indefinite length, left open: what is around it need not know how long it is."""
    return bytes((tag, 0x80)) + b"".join(parts)


def _claiming(tag: int, size: int, content: bytes) -> bytes:
    """An element that says it has `size` octets and has fewer."""
    return bytes((tag, 0x88)) + size.to_bytes(8, "big") + content


def _frame(level: str = "B-B") -> Frame:
    return Frame.read(archive.levels()[level])


def _with_values(frame: Frame, oid: str, values: Sequence[bytes]) -> bytes:
    found = Attribute(oid, tuple(values))
    return frame.with_signers(one.adding(found) for one in frame.signers).encode()


def _numbered(raw: bytes, count: int) -> tuple[bytes, ...]:
    """Each another one, by the last octets of its signature."""
    return tuple(raw[:-4] + n.to_bytes(4, "big") for n in range(count))


def _several_signers(level: str, count: int, *more: Attribute) -> bytes:
    frame = _frame(level)
    (signer,) = frame.signers
    numbered = (signer.adding(*more, Attribute("2.999.1", (der.integer(n),))) for n in range(count))
    return frame.with_signers(numbered).encode()


# --- signers and countersignatures ---


def signers() -> bytes:
    """10,000 signers, each with a good signature."""
    return _several_signers("B-B", MANY)


def allowed_signers() -> bytes:
    """As many signers as are judged."""
    return _several_signers("B-B", 100)


@cache
def _counter() -> bytes:
    made = signing.countersign(archive.levels()["B-B"], archive.signer(archive.chief()), at=AT)
    (info,) = SignedData.read(made).signer_infos
    (found,) = cades.unsigned_values(info, cades.COUNTERSIGNATURE)
    return found


def flat_countersignatures() -> bytes:
    """10,000 countersignatures side by side."""
    return _with_values(_frame(), cades.COUNTERSIGNATURE, [_counter()] * MANY)


def allowed_countersignatures() -> bytes:
    """64 countersignatures at each of 100 signers."""
    return _several_signers("B-B", 100, Attribute(cades.COUNTERSIGNATURE, (_counter(),) * 64))


def nested_countersignatures() -> bytes:
    """A countersignature of a countersignature, 10,000 deep."""
    named = der.oid(cades.COUNTERSIGNATURE)
    layer = _open(0x30, der.decode(_counter()).content) + _open(0xA1) + _open(0x30, named) + _open(0x31)
    inner = layer * MANY + _counter() + _END * 4 * MANY
    attribute = _open(0x30, named) + _open(0x31, inner) + _END * 2
    frame = _frame()
    return frame.with_signers(replace(one, unsigned=(attribute,)) for one in frame.signers).encode()


# --- time stamps ---


def _token_of(level: str) -> bytes:
    (info,) = SignedData.read(archive.levels()[level]).signer_infos
    found: tuple[bytes, ...] = cades.unsigned_values(info, cades.ARCHIVE_TIME_STAMP_V3)
    return found[0] if found else cades.signature_time_stamps(info)[0]


def signature_time_stamps() -> bytes:
    """10,000 time stamps over the signature."""
    return _with_values(_frame(), cades.SIGNATURE_TIME_STAMP, [_token_of("B-T")] * MANY)


def archive_time_stamps() -> bytes:
    """10,000 archive time stamps, each of which is over the whole."""
    return _with_values(_frame("B-LT"), cades.ARCHIVE_TIME_STAMP_V3, [_token_of("B-LTA")] * MANY)


def allowed_time_stamps() -> bytes:
    """100 signers with two time stamps each."""
    return _several_signers("B-LTA", 100)


def distinct_time_stamps() -> bytes:
    """45 time stamps over the signature, each another one."""
    (info,) = SignedData.read(archive.levels()["B-B"]).signer_infos
    value, at = SHA256.of(info.signature), archive.STAMPED_AT
    tokens = [archive.token(value, SHA256, at + n * timedelta(seconds=1)).raw for n in range(45)]
    return _with_values(_frame("B-LT"), cades.SIGNATURE_TIME_STAMP, tokens)


@cache
def _large() -> Frame:
    return Frame.read(signing.sign(bytes(LARGE), archive.signer(archive.person()), at=archive.SIGNED_AT))


def old_archives_over_much() -> bytes:
    """49 archive time stamps of version 2 over 16 MiB: the octets to hash may be read in four ways."""
    tokens = [archive.token(SHA256.of(b"%d" % n), SHA256, archive.ARCHIVED_AT).raw for n in range(49)]
    return _with_values(_large(), cades.ARCHIVE_TIME_STAMP_V2, tokens)


def archives_over_much() -> bytes:
    """49 archive time stamps of version 3 over 16 MiB."""
    return _with_values(_large(), cades.ARCHIVE_TIME_STAMP_V3, [_token_of("B-LTA")] * 49)


def _slow_token() -> bytes:
    authority = replace(archive.authority(), digests=(OZDST_1106,))
    imprint = MessageImprint(AlgorithmIdentifier(OZDST_1106.oid), bytes(32))
    asked = TimeStampRequest(imprint, nonce=7, certificates=True).encode()
    token = TimeStampResponse.read(authority.answer(asked, at=archive.STAMPED_AT, serial=9)).token
    assert token is not None
    return token.raw


def slow_digest_of_much() -> bytes:
    """A time stamp over 16 MiB by a digest that is computed in Python: minutes."""
    claims = Claims(content_time_stamps=(_slow_token(),))
    return signing.sign(bytes(LARGE), archive.signer(archive.person()), at=archive.SIGNED_AT, claims=claims)


def slow_digest_in_four_ways() -> bytes:
    """The same as an archive time stamp of version 2."""
    return _with_values(_large(), cades.ARCHIVE_TIME_STAMP_V2, [_slow_token()])


# --- certificates and lists ---


def certificates() -> bytes:
    """100,000 certificates beside the signature."""
    return replace(_frame(), certificates=(archive.person().certificate.raw,) * 10 * MANY).encode()


def distinct_certificates() -> bytes:
    """100,000 certificates, each another one, all in the name of the issuer."""
    return replace(_frame(), certificates=_numbered(archive.issuing().certificate.raw, 10 * MANY)).encode()


def allowed_certificates() -> bytes:
    """999 certificates, each another one, all in the name of the issuer."""
    own = (archive.person().certificate.raw,)
    return replace(_frame(), certificates=own + _numbered(archive.issuing().certificate.raw, 999)).encode()


@cache
def _namesakes(count: int) -> tuple[Node, list[bytes]]:
    """An authority, and so many others of its name and with a key that is slow to check with."""

    def one(number: int) -> Node:
        private = ec.generate_private_key(ec.BrainpoolP512R1())
        return issue("Same", ca=True, private=private, serial=number + 1, key_identifiers=False)

    first, *others = (one(number) for number in range(count + 1))
    return first, [other.certificate.raw for other in others]


def namesakes_of_issuer() -> bytes:
    """150 authorities that could have issued the signer's certificate, and have not."""
    issuer, others = _namesakes(150)
    node = issue("x", by=issuer, key_identifiers=False)
    signer = Signer(SoftwareKey(node.private), node.certificate.raw)
    made = signing.sign(DOCUMENT, signer, at=archive.SIGNED_AT)
    return Frame.read(made).with_material(others, ()).encode()


def namesakes_of_stampers() -> bytes:
    """150 such authorities for each of 50 time stamps."""
    issuer, others = _namesakes(150)
    frame = Frame.read(archive.structures()["two"])
    infos = SignedData.read(frame.encode()).signer_infos
    stamps = (
        Attribute(
            cades.SIGNATURE_TIME_STAMP, tuple(_by_another(info.signature, issuer, n) for n in range(49))
        )
        for info in infos
    )
    grown = frame.with_signers(one.adding(held) for one, held in zip(frame.signers, stamps, strict=True))
    return grown.with_material(others, ()).encode()


def _by_another(value: bytes, issuer: Node, number: int) -> bytes:
    usage = foreign.ExtendedKeyUsage([foreign.ObjectIdentifier("1.3.6.1.5.5.7.3.8")])
    options: dict[str, Any] = {"usages": ("digitalSignature",), "extensions": [(usage, True)]}
    node = issue(f"tsa {number}", by=issuer, key_identifiers=False, **options)
    authority = TimeStampAuthority(Signer(SoftwareKey(node.private), node.certificate.raw), policy="2.999.1")
    imprint = MessageImprint(SHA256.identifier, SHA256.of(value))
    asked = TimeStampRequest(imprint, nonce=7, certificates=True).encode()
    token = TimeStampResponse.read(authority.answer(asked, at=archive.STAMPED_AT, serial=number + 1)).token
    assert token is not None
    return token.raw


def revocation_lists() -> bytes:
    """10,000 lists beside the signature."""
    return replace(_frame(), crls=_numbered(archive.lists()[0].raw, MANY)).encode()


def allowed_revocation_lists() -> bytes:
    """999 lists beside the signature, each another one, of the issuer."""
    return replace(_frame(), crls=_numbered(archive.lists()[1].raw, 999)).encode()


# --- shapes ---


def attributes() -> bytes:
    """100,000 unsigned attributes."""
    held = tuple(Attribute("2.999.1", (der.integer(n),)).encode() for n in range(10 * MANY))
    frame = _frame()
    return frame.with_signers(replace(one, unsigned=held) for one in frame.signers).encode()


def values() -> bytes:
    """A million values of one attribute."""
    return _with_values(_frame(), "2.999.1", [der.null()] * 1_000_000)


def _until_content(content_type: str) -> bytes:
    head = _open(0x30, der.oid(SIGNED_DATA)) + _open(0xA0)
    return (
        head + _open(0x30, der.integer(1), der.tlv(0x31)) + _open(0x30, der.oid(content_type)) + _open(0xA0)
    )


def nested_signed_data() -> bytes:
    """SignedData in SignedData, 10,000 deep."""
    return (_until_content(SIGNED_DATA) + _open(0x24)) * MANY + _END * 6 * MANY


def nested_elements() -> bytes:
    """A million SEQUENCEs, each in the one before."""
    return _open(0x30) * 1_000_000


def pieces() -> bytes:
    """A content in 100,000 pieces of no octets."""
    empty = der.tlv(0x04) * 100_000
    return _until_content(DATA) + _open(0x24) + empty + _END * 3 + der.tlv(0x31) + _END * 3


def long_element() -> bytes:
    """An element of 10 GB of which there are a few octets."""
    return _claiming(0x30, TEN_GIGABYTES, der.oid(SIGNED_DATA))


def long_content() -> bytes:
    """SignedData with a content of 10 GB of which there are a few octets."""
    return _until_content(DATA) + _claiming(0x04, TEN_GIGABYTES, b"text")


def long_signers() -> bytes:
    """SignedData with signers of 10 GB of which there are a few octets."""
    return _until_content(DATA) + der.tlv(0x04, b"text") + _END * 2 + _claiming(0x31, TEN_GIGABYTES, b"")


# --- evidence records ---


def _record(*chains: bytes) -> bytes:
    by = der.sequence(SHA256.identifier.encode())
    return der.sequence(der.integer(1), by, der.sequence(*chains))


def chains() -> bytes:
    """An evidence record of 10,000 chains."""
    (chain,) = archive.records()["among"].chains
    return _record(*(chain.raw,) * MANY)


def chained_time_stamps() -> bytes:
    """An evidence record with 10,000 archive time stamps in a chain."""
    (chain,) = archive.records()["among"].chains
    return _record(der.sequence(*(one.raw for one in chain.time_stamps * MANY)))


def allowed_chains() -> bytes:
    """An evidence record with as many time stamps as are read, in 32 chains."""
    (chain,) = archive.records()["among"].chains
    return _record(*(der.sequence(*(one.raw for one in chain.time_stamps * 4)) for _ in range(32)))


def _over_tree(lists: int, hashes: int) -> bytes:
    one = der.sequence(*(der.octet_string(SHA256.of(b"x")),) * hashes)
    tree = der.tlv(der.context(2), *(one,) * lists)
    return _record(der.sequence(der.sequence(tree, archive.records()["alone"].last.token.raw)))


def hashes() -> bytes:
    """An evidence record with a million hashes in its tree."""
    return _over_tree(1_000, 1_000)


def allowed_hashes() -> bytes:
    """An evidence record with as many hashes in its tree as are read."""
    return _over_tree(50, 1_000)


# --- messages ---

_MIXED: Final = b"From: a@b.uz\r\nMIME-Version: 1.0\r\n"


def nested_parts() -> bytes:
    """A message of 10,000 parts, each in the one before."""
    layer = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return _MIXED + b"".join(layer % (n, n) for n in range(MANY)) + b"\r\ntext\r\n"


def parts() -> bytes:
    """A message of 100,000 parts."""
    one = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return _MIXED + head + one * 100_000 + b"--b--\r\n"


def header_fields() -> bytes:
    """A message with 100,000 header fields."""
    head = b"Content-Type: multipart/signed; boundary=b\r\n\r\n"
    return b"Subject: x\r\n" * 100_000 + head + b"text\r\n"

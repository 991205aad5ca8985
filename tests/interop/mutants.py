"""Chains that nobody would issue: odd extensions at random, and certificates whose DER was changed and signed
again. The same seed makes the same chain, but for the signatures.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from cryptography import x509 as foreign
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from esign import der
from esign.errors import EsignError
from esign.x509 import Certificate, CertificateList
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY, Node

_EMAIL, _TLS = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.1"
_POLICIES = ("2.999.1", "2.999.2", "2.5.29.32.0")
_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Made:
    """A chain, DER: `lists` are fresh ones of each authority."""

    name: str
    certificate: bytes
    anchor: bytes
    pool: tuple[bytes, ...]
    lists: tuple[bytes, ...]


def odd(seed: int) -> Made:
    """A chain of up to four authorities, each with a few extensions at random."""
    chance = random.Random(seed)  # noqa: S311
    # Where authorities share a name, key identifiers tell them apart: OpenSSL tries one key only.
    alike = chance.random() < 0.2
    node = _issue("Root", None, chance, ca=True, alike=alike)
    authorities = [node]
    for number in range(chance.randint(0, _MAX_DEPTH - 1)):
        node = _issue(f"CA {number}", node, chance, ca=True, alike=alike)
        authorities.append(node)
    target = _issue("Person", node, chance, ca=chance.random() < 0.1, alike=alike)
    lists = [_list(a, *_revoked(chance, [*authorities[1:], target])) for a in authorities]
    raw = [a.certificate.raw for a in authorities]
    return Made(
        f"odd {seed}", target.certificate.raw, raw[0], tuple(raw[1:]), tuple(crl.raw for crl in lists)
    )


def changed(seed: int) -> Made:
    """A good chain of three below its root, one certificate of it changed in one or two places."""
    chance = random.Random(seed)  # noqa: S311
    nodes = _sound()
    which = chance.randrange(1, len(nodes))
    issuer = nodes[which - 1]
    tree = _Tree.read(nodes[which].certificate.tbs)
    for _ in range(chance.choice((1, 1, 1, 2))):
        tree.change(chance)
    raw = [node.certificate.raw for node in nodes]
    raw[which] = _signed(tree.encode(), issuer.private)
    lists = tuple(node.crl().raw for node in nodes[:-1])
    return Made(f"changed {seed}", raw[-1], raw[0], tuple(raw[1:-1]), lists)


def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()) >> 1, ec.SECP256R1())


def _issue(name: str, by: Node | None, chance: random.Random, *, ca: bool, alike: bool) -> Node:
    options: dict[str, Any] = {"ca": ca, "private": _key(name), "serial": chance.randrange(1, 1 << 60)}
    if by is not None and ca and chance.random() < 0.3:
        options["path_length"] = chance.choice((0, 1, 2))
    if by is not None and chance.random() < 0.05:
        options["constraints"] = False
    if chance.random() < 0.15:
        options["usages"] = chance.choice((None, ("keyCertSign",), ("digitalSignature",), ("cRLSign",)))
    if chance.random() < 0.2:
        options[chance.choice(("not_before", "not_after"))] = AT + chance.choice((-1, 0, 1)) * world.SECOND
    if not alike and chance.random() < 0.15:
        options["key_identifiers"] = False
    if chance.random() < 0.2:
        options["eku"] = chance.sample((_EMAIL, _TLS, "2.5.29.37.0"), chance.choice((1, 2)))
    options["extensions"] = [] if by is None else list(_authority(chance) if ca else _person(chance))
    if chance.random() < 0.05:
        options["signed_with"] = _key("a stranger")
    if by is not None and alike and chance.random() < 0.5:
        options["subject"] = by.subject
    return world.issue(name, by=by, **options)


def _authority(chance: random.Random) -> Iterator[tuple[Any, bool]]:
    if chance.random() < 0.25:
        sides = [_subtrees(chance) if chance.random() < 0.6 else None for _ in range(2)]
        if any(sides):
            yield foreign.NameConstraints(*sides), chance.random() < 0.9
    yield from _policies(chance)
    if chance.random() < 0.1:
        counts = [chance.choice((None, 0, 1)) for _ in range(2)]
        if counts != [None, None]:
            yield foreign.PolicyConstraints(*counts), True
    if chance.random() < 0.1:
        yield foreign.InhibitAnyPolicy(chance.choice((0, 1))), True
    yield from _strange(chance)


def _person(chance: random.Random) -> Iterator[tuple[Any, bool]]:
    if chance.random() < 0.8:
        yield foreign.SubjectAlternativeName(_names(chance)), chance.random() < 0.3
    yield from _policies(chance)
    yield from _strange(chance)


def _policies(chance: random.Random) -> Iterator[tuple[Any, bool]]:
    if chance.random() < 0.5:
        oids = chance.sample(_POLICIES, chance.choice((1, 2)))
        informations = [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), None) for oid in oids]
        yield foreign.CertificatePolicies(informations), chance.random() < 0.3


def _strange(chance: random.Random) -> Iterator[tuple[Any, bool]]:
    if chance.random() < 0.1:
        yield world.unknown(), chance.random() < 0.5


def _subtrees(chance: random.Random) -> list[foreign.GeneralName]:
    """None of host names: Java applies those to common names too, and refuses almost everything."""
    forms = (
        foreign.RFC822Name(chance.choice(("agency.uz", ".agency.uz", "a@agency.uz", "edu.uz"))),
        foreign.UniformResourceIdentifier(chance.choice(("agency.uz", ".agency.uz"))),
        foreign.IPAddress(ip_network(chance.choice(("192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32")))),
        foreign.DirectoryName(world.name("Person")),
        foreign.DirectoryName(foreign.Name(list(world.name("x"))[:1])),
    )
    return chance.sample(forms, chance.choice((1, 1, 2)))


def _names(chance: random.Random) -> list[foreign.GeneralName]:
    forms = (
        foreign.DNSName(chance.choice(("agency.uz", "Mail.Agency.UZ", "notagency.uz", "*.agency.uz"))),
        foreign.RFC822Name(chance.choice(("a@agency.uz", "b@mail.agency.uz", "A@AGENCY.UZ", "c@edu.uz"))),
        foreign.UniformResourceIdentifier(chance.choice(("http://agency.uz/", "http://mail.agency.uz:80/x"))),
        foreign.IPAddress(ip_network(chance.choice(("192.0.2.7/32", "198.51.100.1/32")))[0]),
        foreign.DirectoryName(world.name("Person")),
    )
    return chance.sample(forms, chance.choice((1, 1, 2)))


def _list(node: Node, *revoked: tuple[int, Any, str | None]) -> CertificateList:
    """A list that says whose key signed it: authorities may share a name."""
    identifier = foreign.AuthorityKeyIdentifier.from_issuer_public_key(node.private.public_key())
    return node.crl(*revoked, extensions=[(identifier, False), (foreign.CRLNumber(1), False)])


def _revoked(chance: random.Random, nodes: list[Node]) -> Iterator[tuple[int, Any, str | None]]:
    for node in nodes:
        if chance.random() < 0.03:
            reason = chance.choice((None, "keyCompromise", "certificateHold"))
            yield node.certificate.serial_number, AT - DAY, reason


def _sound() -> list[Node]:
    policies = foreign.CertificatePolicies(
        [foreign.PolicyInformation(foreign.ObjectIdentifier("2.999.1"), None)]
    )
    permitted = [
        foreign.RFC822Name("agency.uz"),
        foreign.DirectoryName(foreign.Name(list(world.name("x"))[:1])),
    ]
    constraints = foreign.NameConstraints(permitted, [foreign.RFC822Name("b@agency.uz")])
    more: tuple[dict[str, Any], ...] = (
        {"ca": True, "extensions": [(policies, False)], "path_length": 2},
        {"ca": True, "extensions": [(policies, False), (constraints, True)], "path_length": 1},
        {"ca": True, "extensions": [(policies, False)], "eku": (_EMAIL,)},
        {"extensions": [(policies, False)], "eku": (_EMAIL,), "emails": ["a@agency.uz"]},
    )
    nodes: list[Node] = []
    for number, (name, options) in enumerate(zip(("Root", "First", "Second", "Person"), more, strict=True)):
        above = nodes[-1] if nodes else None
        nodes.append(world.issue(name, by=above, private=_key(name), serial=number + 1, **options))
    return nodes


def _signed(tbs: bytes, private: ec.EllipticCurvePrivateKey) -> bytes:
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    return der.sequence(tbs, algorithm, der.bit_string(private.sign(tbs, ec.ECDSA(hashes.SHA256()))))


@dataclass(slots=True)
class _Tree:
    """DER as a tree that can be changed: `content` are the elements, or octets where there are none.

    OCTET STRINGs that hold DER are trees too.
    """

    tag: int
    content: "list[_Tree] | bytes"

    @classmethod
    def read(cls, octets: bytes) -> "_Tree":
        return cls._of(der.decode(octets))

    @classmethod
    def _of(cls, element: der.TLV) -> "_Tree":
        if element.tag & 0x20:
            return cls(element.tag, [cls._of(child) for child in element.children()])
        if element.tag == der.OCTET_STRING:
            try:
                return cls(element.tag, [cls.read(element.content)])
            except EsignError:
                pass
        return cls(element.tag, bytes(element.content))

    def encode(self) -> bytes:
        inner = self.content
        return der.tlv(self.tag, inner if isinstance(inner, bytes) else b"".join(c.encode() for c in inner))

    def parents(self) -> "Iterator[_Tree]":
        if not isinstance(self.content, bytes) and self.content:
            yield self
            for child in self.content:
                yield from child.parents()

    def change(self, chance: random.Random) -> None:
        """One change at one place below."""
        parent = chance.choice(list(self.parents()))
        assert isinstance(parent.content, list)
        place = chance.randrange(len(parent.content))
        child = parent.content[place]
        match chance.choice(("drop", "double", "swap", "tag", "value", "value", "value")):
            case "drop":
                del parent.content[place]
            case "double":
                parent.content.insert(place, child)
            case "swap":
                other = chance.randrange(len(parent.content))
                parent.content[place], parent.content[other] = parent.content[other], child
            case "tag":
                child = _Tree(
                    chance.choice((1, 2, 4, 5, 0x0C, 0x13, 0x16, 0x30, 0x80, 0x82, 0xA0)), child.content
                )
                parent.content[place] = child
            case _:
                parent.content[place] = _Tree(child.tag, _other(child.content, chance))


def _other(content: "list[_Tree] | bytes", chance: random.Random) -> "list[_Tree] | bytes":
    if not isinstance(content, bytes) or not content:
        return chance.choice((b"", b"\0", b"\xff"))
    octets = bytearray(content)
    octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    return chance.choice((bytes(octets), bytes(octets), content[:-1], content + b"\0", content.upper()))


def readable(octets: bytes) -> Certificate | None:
    """What we read in `octets`; None for nothing."""
    try:
        return Certificate.load(octets)
    except EsignError:
        return None

"""EvidenceRecord: chains of archive time stamps, as received and written as DER (RFC 4998 §3, RFC 4998 §4).

Each part keeps its octets, because what comes later in a record is over the octets of what came before. What
is read may be hostile: depth, counts and sizes are bounded.

    record = EvidenceRecord.read(octets)
    record.chains[0].time_stamps[0].token.info.gen_time
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Self

from esign import der
from esign.algorithms import AlgorithmIdentifier, Digest, digest
from esign.attributes import Attributes, bounded
from esign.der import TLV, Fields
from esign.encoded import reported_as
from esign.errors import LimitExceeded, MalformedInput
from esign.tsp import TimeStampToken

MAX_RECORD: Final = 1 << 23
"""Octets of one record."""
MAX_CHAINS: Final = 32
MAX_TIME_STAMPS: Final = 128
"""Of one record, over all its chains."""
MAX_LISTS: Final = 64
"""Of one reduced hash tree: a tree over 2**64 documents."""
MAX_HASHES: Final = 50_000
"""Of one record, over all lists of all its trees."""
_MAX_ALGORITHMS: Final = 64
_MAX_HASH: Final = 64
_STRING: Final = (der.OCTET_STRING, der.OCTET_STRING | der.CONSTRUCTED)

HashLists = tuple[tuple[bytes, ...], ...]
"""A reducedHashtree: the first list has the hash of the data object, each next one the node's siblings."""


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """A time stamp over the root of a hash tree (RFC 4998 §4.1); `raw` is the element as received.

    `reduced_hash_tree` is empty where the time stamp is over one hash alone.
    """

    raw: bytes = field(repr=False)
    digest_algorithm: AlgorithmIdentifier | None
    attributes: Attributes = field(repr=False)
    reduced_hash_tree: HashLists = field(repr=False)
    token: TimeStampToken

    @classmethod
    def read(cls, element: TLV, room: int = MAX_HASHES) -> Self:
        """From its SEQUENCE, with at most `room` hashes.

        Raises:
            MalformedInput: `malformed-input`, `limit-exceeded`, `tsp-malformed`.
        """
        where = "archiveTimeStamp"
        fields = Fields.of(element, where)
        algorithm = fields.optional(der.context(0))
        attributes = fields.optional(der.context(1))
        tree = fields.optional(der.context(2))
        token = TimeStampToken.read(fields.take(der.SEQUENCE).raw)
        fields.end()
        return cls(
            element.raw,
            None if algorithm is None else read_implicit_algorithm(algorithm, where),
            Attributes(()) if attributes is None else Attributes.read(attributes, f"{where}.attributes"),
            () if tree is None else _read_tree(tree, room),
            token,
        )

    @classmethod
    def make(cls, token: TimeStampToken, lists: HashLists, *, by: Digest) -> Self:
        """Over a token and the lists that lead to what it stamps; `by` is named in any case."""
        named = AlgorithmIdentifier(by.oid, der.null())
        trees = (der.sequence(*map(der.octet_string, hashes)) for hashes in lists)
        raw = der.sequence(
            der.implicit(0, named.encode()),
            der.implicit(2, der.sequence(*trees)) if lists else b"",
            token.raw,
        )
        return cls(raw, named, Attributes(()), lists, token)

    def with_token(self, token: TimeStampToken) -> Self:
        """The same around another encoding of its token; what it is over stays as it is."""
        parts = [child.raw for child in der.decode(self.raw).children()]
        return replace(self, raw=der.sequence(*parts[:-1], token.raw), token=token)

    @property
    def hashes(self) -> int:
        """How many hashes its tree has."""
        return sum(map(len, self.reduced_hash_tree))

    @property
    def named_digest(self) -> AlgorithmIdentifier:
        """How its digest is named: by itself, or else by the imprint of the token (RFC 4998 §4.1)."""
        return self.digest_algorithm or self.token.info.imprint.digest_algorithm

    @property
    def digest(self) -> Digest:
        """The digest of its hash tree.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
        """
        return digest(self.named_digest)


@dataclass(frozen=True, slots=True)
class ArchiveTimeStampChain:
    """Archive time stamps by one digest, each over the time stamp before it (RFC 4998 §5.1)."""

    raw: bytes = field(repr=False)
    time_stamps: tuple[ArchiveTimeStamp, ...]

    @classmethod
    def read(cls, element: TLV, room: int, hashes: int = MAX_HASHES) -> Self:
        """From its SEQUENCE, with at most `room` time stamps and `hashes` hashes.

        Raises:
            MalformedInput: `malformed-input` also for an empty one, `limit-exceeded`, `tsp-malformed`.
        """
        _wanted(element, "archiveTimeStampChain")
        found: list[ArchiveTimeStamp] = []
        for child in bounded(element, room, "archiveTimeStampChain"):
            found.append(ArchiveTimeStamp.read(child, hashes))
            hashes -= found[-1].hashes
        if not found:
            raise MalformedInput(found="a chain without a time stamp", where="archiveTimeStampChain")
        return cls(element.raw, tuple(found))

    @classmethod
    def make(cls, time_stamps: Iterable[ArchiveTimeStamp]) -> Self:
        """Over archive time stamps, the earliest first; their octets are kept."""
        found = tuple(time_stamps)
        return cls(der.sequence(*(one.raw for one in found)), found)


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Evidence that data existed (RFC 4998 §3.1); `raw` is the record as received, BER or DER.

    `crypto_infos` and `encryption_info` (an element, or None) are kept and not judged here.
    """

    raw: bytes = field(repr=False)
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    crypto_infos: Attributes = field(repr=False)
    encryption_info: bytes | None = field(repr=False)
    chains: tuple[ArchiveTimeStampChain, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From one EvidenceRecord.

        Raises:
            MalformedInput: `ers-malformed`, also over 8 MiB, 32 chains, 128 time stamps, 50,000 hashes, or
                64 lists in one tree.
        """
        with reported_as("ers-malformed"):
            if len(data) > MAX_RECORD:
                raise LimitExceeded(limit=MAX_RECORD, found=f"{len(data)} octets")
            return cls.read_fields(der.decode(data), data)

    @classmethod
    def read_fields(cls, element: TLV, raw: bytes) -> Self:
        """From a constructed element of any tag that has the fields of a record; `raw` is kept as its octets.

        Raises:
            MalformedInput: `malformed-input`, `limit-exceeded`, `tsp-malformed`.
        """
        where = "EvidenceRecord"
        fields = Fields.of(element, where, tag=None if element.tag == der.context(1) else der.SEQUENCE)
        if fields.take(der.INTEGER).integer() != 1:
            raise MalformedInput(found="an unknown version", where="version")
        listed = bounded(_wanted(fields.take(), "digestAlgorithms"), _MAX_ALGORITHMS, "digestAlgorithms")
        infos, encryption = fields.optional(der.context(0)), fields.optional(der.context(1))
        chains = _read_chains(fields.take(der.SEQUENCE))
        fields.end()
        return cls(
            raw,
            tuple(AlgorithmIdentifier.read(e, "digestAlgorithms") for e in listed),
            Attributes(()) if infos is None else Attributes.read(infos, "cryptoInfos"),
            None if encryption is None else encryption.raw,
            chains,
        )

    @classmethod
    def make(cls, chains: Iterable[ArchiveTimeStampChain]) -> Self:
        """A record over chains, the earliest first; their octets are kept."""
        return cls._assembled(tuple(chains), (), Attributes(()), None)

    @classmethod
    def _assembled(
        cls,
        chains: tuple[ArchiveTimeStampChain, ...],
        algorithms: tuple[AlgorithmIdentifier, ...],
        infos: Attributes,
        encryption: bytes | None,
    ) -> Self:
        named: dict[str, AlgorithmIdentifier] = {}
        for algorithm in (*algorithms, *(one.named_digest for chain in chains for one in chain.time_stamps)):
            named.setdefault(algorithm.oid, algorithm)
        raw = der.sequence(
            der.integer(1),
            der.sequence(*(algorithm.encode() for algorithm in named.values())),
            der.tlv(der.context(0), *(item.encode() for item in infos.items)) if infos.items else b"",
            encryption or b"",
            der.sequence(*(chain.raw for chain in chains)),
        )
        return cls(raw, tuple(named.values()), infos, encryption, chains)

    @property
    def time_stamps(self) -> tuple[ArchiveTimeStamp, ...]:
        """The archive time stamps of all chains, in received order."""
        return tuple(one for chain in self.chains for one in chain.time_stamps)

    @property
    def last(self) -> ArchiveTimeStamp:
        """The archive time stamp that is to be renewed next."""
        return self.chains[-1].time_stamps[-1]

    def with_last_token(self, token: TimeStampToken) -> Self:
        """The same with another encoding of its last token, to which validation data were added."""
        chain = self.chains[-1].time_stamps
        held = ArchiveTimeStampChain.make((*chain[:-1], chain[-1].with_token(token)))
        return self._with((*self.chains[:-1], held))

    def with_time_stamp(self, found: ArchiveTimeStamp) -> Self:
        """The same with one more archive time stamp in the last chain: after a time-stamp renewal."""
        chain = ArchiveTimeStampChain.make((*self.chains[-1].time_stamps, found))
        return self._with((*self.chains[:-1], chain))

    def with_chain(self, found: ArchiveTimeStamp) -> Self:
        """The same with one more chain, of one archive time stamp: after a hash-tree renewal."""
        return self._with((*self.chains, ArchiveTimeStampChain.make((found,))))

    def _with(self, chains: tuple[ArchiveTimeStampChain, ...]) -> Self:
        return self._assembled(chains, self.digest_algorithms, self.crypto_infos, self.encryption_info)


def sequence_of(chains: Iterable[ArchiveTimeStampChain]) -> bytes:
    """ArchiveTimeStampSequence over chains as received: what a hash-tree renewal hashes (RFC 4998 §5.2)."""
    return der.sequence(*(chain.raw for chain in chains))


def read_implicit_algorithm(element: TLV, where: str) -> AlgorithmIdentifier:
    """An AlgorithmIdentifier under an IMPLICIT tag."""
    return AlgorithmIdentifier.read(der.decode(der.tlv(der.SEQUENCE, element.content)), where)


def _wanted(element: TLV, where: str) -> TLV:
    if element.tag != der.SEQUENCE:
        raise MalformedInput(found=f"tag 0x{element.tag:02x}, wanted a sequence", where=where)
    return element


def _read_chains(element: TLV) -> tuple[ArchiveTimeStampChain, ...]:
    chains: list[ArchiveTimeStampChain] = []
    room, hashes = MAX_TIME_STAMPS, MAX_HASHES
    for child in bounded(element, MAX_CHAINS, "archiveTimeStampSequence"):
        chains.append(ArchiveTimeStampChain.read(child, room, hashes))
        room -= len(chains[-1].time_stamps)
        hashes -= sum(one.hashes for one in chains[-1].time_stamps)
    if not chains:
        raise MalformedInput(found="a sequence without a chain", where="archiveTimeStampSequence")
    return tuple(chains)


def _read_tree(element: TLV, room: int) -> HashLists:
    where = "reducedHashtree"
    lists: list[tuple[bytes, ...]] = []
    for child in bounded(element, MAX_LISTS, where):
        elements = bounded(_wanted(child, where), room, where)
        if any(e.tag not in _STRING for e in elements):
            raise MalformedInput(found="a hash that is no octet string", where=where)
        hashes = [e.octets() for e in elements]
        if not hashes or max(map(len, hashes)) > _MAX_HASH:
            raise MalformedInput(found="a list without hashes, or a hash over 64 octets", where=where)
        lists.append(tuple(hashes))
        room -= len(hashes)
    return tuple(lists)

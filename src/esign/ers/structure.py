"""Whether the hashes of an evidence record hold together, from the data up to the last time stamp.

Only hashes are judged here: each archive time stamp covers what it has to, by one digest in a chain, later
than the one before. Whether the time stamps are to be believed is asked in `esign.validation.evidence`.

    verify_structure(record, [content.digest]).findings == ()
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from esign.algorithms import Digest
from esign.errors import EsignError, UnsupportedAlgorithm
from esign.ers.record import ArchiveTimeStamp, EvidenceRecord, sequence_of
from esign.ers.tree import node, root_of
from esign.findings import Finding
from esign.tsp import TimeStampToken

Digester = Callable[[Digest], bytes]
"""The digest of one data object by any algorithm: `Content.digest`, or `lambda by: by.of(data)`."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One archive time stamp: its place, its token, and the hash that the token has to bear.

    `root` and `by` are None where the digest is not supported.
    """

    chain: int
    position: int
    token: TimeStampToken
    by: Digest | None
    root: bytes | None

    def imprint(self, by: Digest) -> bytes:
        """What the token has to bear by its own digest; empty, and so equal to no digest, for another one."""
        return self.root or b"" if by is self.by else b""


@dataclass(frozen=True, slots=True)
class Structure:
    """What was found about the hashes: errors and warnings, and the time stamps in received order."""

    findings: tuple[Finding, ...]
    covered: tuple[Covered, ...]


def verify_structure(
    record: EvidenceRecord, objects: Iterable[Digester], *, exactly: bool = False
) -> Structure:
    """RFC 4998 §5.3 as far as hashes go; raises on no record.

    Args:
        record: as received, hostile.
        objects: the data objects; each must be covered from the first archive time stamp on.
        exactly: they are a whole group, so that the record must cover no other object with them
            (RFC 4998 §4.3).
    """
    digests = _remembered(tuple(objects))
    findings = [*_listed(record), *_ordered(record.time_stamps)]
    covered: list[Covered] = []
    for number, chain in enumerate(record.chains):
        first = chain.time_stamps[0]
        for position, stamp in enumerate(chain.time_stamps):
            where = f"chains[{number}].timeStamps[{position}]"
            by = _digest_of(stamp, first, where, findings)
            covered.append(_covered(stamp, by, number, position))
            if by is None:
                continue
            findings += _well_formed(stamp, by, where)
            findings += _reaches(covered[-1], stamp, where)
            if position:
                findings += _renews(stamp, chain.time_stamps[position - 1], by, where)
            else:
                findings += _covers(record, number, digests(by), by, exactly=exactly)
    return Structure(tuple(findings), tuple(covered))


def _remembered(digesters: Sequence[Digester]) -> Callable[[Digest], list[bytes]]:
    """The digests of all objects, made once for all chains that use an algorithm."""
    made: dict[Digest, list[bytes]] = {}

    def of(by: Digest) -> list[bytes]:
        if by not in made:
            made[by] = [digester(by) for digester in digesters]
        return made[by]

    return of


def _digest_of(
    stamp: ArchiveTimeStamp, first: ArchiveTimeStamp, where: str, findings: list[Finding]
) -> Digest | None:
    """RFC 4998 §5.3: all archive time stamps within a chain MUST use the same hash algorithm."""
    try:
        by, wanted = stamp.digest, first.digest
        stated = stamp.token.info.imprint.digest_algorithm.oid
        if by.octets_per_check is not None:
            # A record may ask for megabytes to be hashed many times.
            raise UnsupportedAlgorithm(algorithm=by.name, where="digestAlgorithm")
    except EsignError as e:
        findings.append(Finding.error(e.code, clause="RFC 4998 §4.1", where=where, **e.values))
        return None
    if by is not wanted:
        findings.append(_differs(by.oid, wanted.oid, "RFC 4998 §5.3", where))
    if stated != by.oid:
        findings.append(_differs(stated, by.oid, "RFC 4998 §4.3", where))
    return by


def _differs(found: str, wanted: str, clause: str, where: str) -> Finding:
    return Finding.error("ers-digest-differs", clause=clause, where=where, found=found, wanted=wanted)


def _covered(stamp: ArchiveTimeStamp, by: Digest | None, chain: int, position: int) -> Covered:
    root: bytes | None = None
    if by is not None:
        tree = stamp.reduced_hash_tree
        root = root_of(tree, by) if tree else stamp.token.info.imprint.value
    return Covered(chain, position, stamp.token, by, root)


def _well_formed(stamp: ArchiveTimeStamp, by: Digest, where: str) -> Iterator[Finding]:
    for hashes in stamp.reduced_hash_tree:
        if any(len(value) != by.size for value in hashes):
            # Hashes are joined before they are hashed: other lengths could be cut in another way.
            yield Finding.error("ers-hash-size", clause="RFC 4998 §4.2", where=where, wanted=by.size)
            return
    if any(list(hashes) != sorted(hashes) for hashes in stamp.reduced_hash_tree):
        yield Finding.warning("ers-list-unsorted", clause="RFC 4998 §4.2", where=where)


def _reaches(covered: Covered, stamp: ArchiveTimeStamp, where: str) -> Iterator[Finding]:
    if covered.root is None or not secrets.compare_digest(covered.root, stamp.token.info.imprint.value):
        yield Finding.error("ers-root-mismatch", clause="RFC 4998 §4.3", where=where)


def _first_list(stamp: ArchiveTimeStamp) -> tuple[bytes, ...]:
    tree = stamp.reduced_hash_tree
    return tree[0] if tree else (stamp.token.info.imprint.value,)


def _renews(stamp: ArchiveTimeStamp, before: ArchiveTimeStamp, by: Digest, where: str) -> Iterator[Finding]:
    """RFC 4998 §5.3: the first hash value list MUST contain the hash of the time stamp before."""
    if by.of(before.token.raw) not in _first_list(stamp):
        yield Finding.error("ers-renewal-mismatch", clause="RFC 4998 §5.3", where=where)


def _covers(
    record: EvidenceRecord, chain: int, plain: Sequence[bytes], by: Digest, *, exactly: bool
) -> Iterator[Finding]:
    """The first archive time stamp of a chain is over the data, and over all chains before it."""
    where = f"chains[{chain}].timeStamps[0]"
    clause = "RFC 4998 §4.3" if chain == 0 else "RFC 4998 §5.3"
    if not plain:
        yield Finding.error("ers-data-missing", clause=clause, where=where)
        return
    listed = _first_list(record.chains[chain].time_stamps[0])
    known = frozenset(listed)
    wanted = plain if chain == 0 else renewed_hashes(record, plain, by, chain=chain)
    if chain and len(plain) > 1 and (joined := _joined(record, plain, by, chain)) in known:
        # Some hash a group before they add the chains to it: it binds the same octets.
        wanted = [joined]
    for number, value in enumerate(wanted):
        if value not in known:
            yield Finding.error("ers-object-missing", clause=clause, where=where, object=number)
    if exactly and len(wanted) == len(plain) and len(listed) != len(wanted):
        yield Finding.error("ers-object-extra", clause="RFC 4998 §4.3", where=where, found=len(listed))


def _joined(record: EvidenceRecord, plain: Sequence[bytes], by: Digest, chain: int) -> bytes:
    return renewed_hashes(record, [node(plain, by)], by, chain=chain)[0]


def renewed_hashes(
    record: EvidenceRecord, hashes: Iterable[bytes], by: Digest, *, chain: int | None = None
) -> list[bytes]:
    """What a hash-tree renewal puts into its tree: each hash of data with the hash of all chains before.

    RFC 4998 §5.2: "Concatenate each h(i) with ha(i)", in this order and not sorted. `chain` is the number of
    the chain that renews; None for one that is still to be made.
    """
    older = by.of(sequence_of(record.chains[:chain]))
    return [by.of(value + older) for value in hashes]


def _listed(record: EvidenceRecord) -> Iterator[Finding]:
    """RFC 4998 §3.1: digestAlgorithms names every algorithm that was used."""
    named = {algorithm.oid for algorithm in record.digest_algorithms}
    used = dict.fromkeys(stamp.named_digest.oid for stamp in record.time_stamps)
    if record.encryption_info is not None:
        yield Finding.warning("ers-encrypted", clause="RFC 4998 §6.1", where="encryptionInfo")
    for oid in used:
        if oid not in named:
            yield Finding.warning(
                "ers-digest-unlisted", clause="RFC 4998 §3.1", where="digestAlgorithms", found=oid
            )


def _ordered(stamps: Sequence[ArchiveTimeStamp]) -> Iterator[Finding]:
    """RFC 4998 §5.1: archive time stamps are ordered ascending by time."""
    before: datetime | None = None
    for number, stamp in enumerate(stamps):
        at = stamp.token.info.gen_time
        if before is not None and at < before:
            yield Finding.error("ers-order", clause="RFC 4998 §5.1", where=f"timeStamps[{number}]")
        before = at

"""Evidence records made and renewed: one time stamp for many documents (RFC 4998 §4.2, RFC 4998 §5.2).

Who carries the request for a time stamp is an argument, as in `esign.tsp`. A renewal is over the records that
are given; it looks at hashes alone, so judge them before (`esign.validation.evidence`): what is not valid any
more is not made valid by a new time stamp.

    first, second = stamp_many([SHA256.of(one), SHA256.of(two)], tsa)
    (renewed,) = renew_time_stamps([first], tsa)
"""

from collections.abc import Iterable, Sequence

from esign import der
from esign.algorithms import SHA256, AlgorithmIdentifier, Digest
from esign.ers.record import ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord
from esign.ers.structure import Digester, renewed_hashes
from esign.ers.tree import Group, grow
from esign.tsp import MessageImprint, TimeStamper, TimeStampToken, stamp


def stamp_many(
    digests: Iterable[bytes | Group], tsa: TimeStamper, *, by: Digest = SHA256, policy: str | None = None
) -> tuple[EvidenceRecord, ...]:
    """One time stamp over many documents: a record for each, in their order.

    Args:
        digests: the digest of a document by `by`, or the digests of all documents of a group.
        tsa: answers the one request.
        by: the digest of the hash tree and of the time stamp.
        policy: the policy of the authority that is demanded (dotted).

    Raises:
        TimeStampFailed: as `esign.tsp.stamp` does. ValueError: there is nothing to stamp, or a digest of
            another size.
    """
    groups = [(one,) if isinstance(one, bytes) else tuple(one) for one in digests]
    return tuple(
        EvidenceRecord.make((ArchiveTimeStampChain.make((found,)),))
        for found in _stamped(groups, tsa, by, policy)
    )


def renew_time_stamps(
    records: Iterable[EvidenceRecord], tsa: TimeStamper, *, policy: str | None = None
) -> tuple[EvidenceRecord, ...]:
    """One new time stamp over the last ones of all records, by the digest that their chains have.

    Records that share their last time stamp, as those of `stamp_many` do, share a leaf of the tree. There is
    one time stamp for each digest that the last chains of the records have.

    Raises:
        TimeStampFailed: as `esign.tsp.stamp` does. UnsupportedAlgorithm: `unsupported-algorithm`.
    """
    several = tuple(records)
    found: dict[tuple[Digest, bytes], ArchiveTimeStamp] = {}
    tokens: dict[Digest, dict[bytes, TimeStampToken]] = {}
    for record in several:
        last = record.last
        tokens.setdefault(last.digest, {})[last.token.raw] = last.token
    for by, raws in tokens.items():
        stamps = _stamped([(by.of(raw),) for raw in raws], tsa, by, policy)
        found |= {(by, raw): one for raw, one in zip(raws, stamps, strict=True)}
    return tuple(
        record.with_time_stamp(found[record.last.digest, record.last.token.raw]) for record in several
    )


def renew_hash_trees(
    records: Iterable[tuple[EvidenceRecord, Sequence[Digester]]],
    tsa: TimeStamper,
    *,
    by: Digest,
    policy: str | None = None,
) -> tuple[EvidenceRecord, ...]:
    """One new time stamp over the data and all that the records hold, by a digest that will last longer.

    Args:
        records: each with the data objects that it covers: a document, or all of a group.
        tsa: answers the one request.
        by: the new digest.
        policy: the policy of the authority that is demanded (dotted).

    Raises:
        TimeStampFailed: as `esign.tsp.stamp` does. ValueError: a record without data objects.
    """
    several = tuple(records)
    groups = [
        tuple(renewed_hashes(record, [digester(by) for digester in objects], by))
        for record, objects in several
    ]
    stamps = _stamped(groups, tsa, by, policy)
    return tuple(record.with_chain(one) for (record, _), one in zip(several, stamps, strict=True))


def _stamped(
    groups: Sequence[Group], tsa: TimeStamper, by: Digest, policy: str | None
) -> list[ArchiveTimeStamp]:
    root, ways = grow(groups, by)
    imprint = MessageImprint(AlgorithmIdentifier(by.oid, der.null()), root)
    token = stamp(imprint, tsa, policy=policy)
    return [ArchiveTimeStamp.make(token, lists, by=by) for lists in ways]

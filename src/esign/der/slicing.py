"""The plain form of a structure, read as places in octets: one pass, no object for an element.

For structures that are read often. Only what nearly all encoders write is taken: definite lengths and tags of
one octet. For all else the answer is None, and the reader of `esign.der.reading` says what it is.

>>> spans(b"\\x30\\x03\\x02\\x01\\x05", 0, 5, limit=1)
[(48, 0, 2, 5)]
"""

from typing import Final

Span = tuple[int, int, int, int]
"""Tag, first octet, first octet of the content, and the one after the end."""

_LONG_TAGS: Final = frozenset(tag for tag in range(0x100) if tag & 0x1F == 0x1F)


def spans(data: bytes, at: int, stop: int, *, limit: int) -> list[Span] | None:
    """The elements of `data` from `at` to before `stop`; None when they are over `limit` or not plain."""
    found: list[Span] = []
    try:
        for _ in range(limit):
            if at >= stop:
                break
            tag = data[at]
            size = data[at + 1]
            if size < 0x80:
                body = at + 2
            elif 0x80 < size < 0x85:
                body = at + size - 0x7E
                size = int.from_bytes(data[at + 2 : body], "big")
            else:
                return None
            end = body + size
            if end > stop or tag in _LONG_TAGS:
                return None
            found.append((tag, at, body, end))
            at = end
    except IndexError:
        return None
    return found if at == stop else None


def pieces(data: bytes, at: int, stop: int, *, limit: int) -> tuple[bytes, ...] | None:
    """The octets of each element, as `spans`."""
    found = spans(data, at, stop, limit=limit)
    return None if found is None else tuple([data[start:end] for _, start, _, end in found])


def inside(data: bytes, at: int, stop: int, tag: int) -> int:
    """Where the content begins of the one plain element with `tag` that `data` is from `at` to before `stop`.

    -1 when it is something else.
    """
    body = at + 2
    if body > stop or data[at] != tag:
        return -1
    size = data[at + 1]
    if size >= 0x80:
        count = size - 0x80
        if not 0 < count < 5 or body + count > stop:
            return -1
        size = int.from_bytes(data[body : body + count], "big")
        body += count
    return body if body + size == stop else -1

"""Gets what a validation misses (`Need`) by HTTP: revocation lists, OCSP answers, certificates, time stamps.

Addresses come out of certificates, that is from strangers: each hop is held to http and https, to addresses
of the public network, to a size for its kind, to a time and to a budget for the whole act. What comes back is
not judged here; the validation is asked again with it.

    fetcher = Fetcher(cache=Cache(folder))
    report = verify(signature, trust=trust, fetch=fetcher)
    fetcher.findings            # why something did not come
"""

import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final

import httpx2

from esign.cms import SignedData, read_pem_or_der
from esign.errors import EsignError
from esign.findings import Finding
from esign.io import clock
from esign.io.addresses import FetchFailed, Resolve, resolved, system_addresses
from esign.io.cache import Cache
from esign.io.exchange import Answer, Deadline, direct_transport, exchange
from esign.material import Need, NeedKind
from esign.x509 import Certificate

MAX_URL: Final = 2048
_MIB: Final = 1 << 20
_HOST: Final = re.compile(rb"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+")
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
# RFC 9110 §15.4: these alone promise that a request with a body is sent again as it was.
_REPEATING: Final = frozenset((307, 308))

# RFC 5280 §4.2.2.1, RFC 6960 §A.1, RFC 3161 §3.4.
_MEDIA: Final[Mapping[NeedKind, tuple[str, str]]] = MappingProxyType(
    {
        "crl": ("", "application/pkix-crl, */*;q=0.5"),
        "certificate": ("", "application/pkix-cert, application/pkcs7-mime, */*;q=0.5"),
        "ocsp": ("application/ocsp-request", "application/ocsp-response"),
        "timestamp": ("application/timestamp-query", "application/timestamp-reply"),
    }
)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may cost: octets of each kind, seconds, hops; `requests` and `act_...` for a whole act."""

    crl: int = 64 * _MIB
    certificate: int = _MIB
    ocsp: int = _MIB // 4
    timestamp: int = _MIB // 4
    connect_seconds: float = 5.0
    total_seconds: float = 30.0
    redirects: int = 3
    requests: int = 32
    act_octets: int = 128 * _MIB
    act_seconds: float = 120.0

    def octets(self, kind: NeedKind) -> int:
        """The octets that an answer of this kind may have."""
        sizes = {"crl": self.crl, "certificate": self.certificate, "ocsp": self.ocsp}
        return sizes.get(kind, self.timestamp)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a need: octets, or the reason why there are none; `cached` when no network was asked."""

    need: Need
    octets: bytes | None
    reason: Finding | None = None
    cached: bool = False

    def to_dict(self) -> dict[str, object]:
        """For JSON, without the octets."""
        return {
            "kind": self.need.kind,
            "url": self.need.url,
            "octets": None if self.octets is None else len(self.octets),
            "cached": self.cached,
            "reason": None if self.reason is None else self.reason.to_dict(),
        }


class Fetcher:
    """Answers needs for one act, each once; make another for the next act: its budget starts anew.

    Args:
        limits: sizes, times and numbers that hold.
        allow_private: connect also to addresses that are not of the public network (an agency's own).
        cache: where answers are kept between acts; nothing is kept without it.
        resolve: the name service.
        transport: what carries the exchanges; direct HTTP when None.
        tls: whom to trust for https; the system's store when None.
        now: the clock by which answers in the cache grow old.
    """

    def __init__(
        self,
        *,
        limits: FetchLimits | None = None,
        allow_private: bool = False,
        cache: Cache | None = None,
        resolve: Resolve = system_addresses,
        transport: httpx2.BaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._allow_private = allow_private
        self._cache = cache
        self._resolve = resolve
        self._given, self._tls = transport, tls
        self._now = now
        self._requests, self._octets = self._limits.requests, self._limits.act_octets
        self._outcomes: dict[tuple[str, str, bytes], Fetched] = {}
        self._warnings: dict[Finding, None] = {}

    def __call__(self, need: Need) -> bytes | None:
        """The octets for `need`, None when there are none; nothing is raised."""
        return self.fetch(need).octets

    def fetch(self, need: Need) -> Fetched:
        """What became of `need`; asked again, the same answer is given without another request."""
        key = (need.kind, need.url, need.request)
        if key not in self._outcomes:
            self._outcomes[key] = self._kept(need) or self._asked(need)
        return self._outcomes[key]

    def forget(self, need: Need) -> None:
        """Drop what the cache has for `need`: it did not help, the next act shall ask anew."""
        if self._cache is not None:
            try:
                self._cache.drop(need)
            except OSError as e:
                self._warn(e)

    @property
    def outcomes(self) -> tuple[Fetched, ...]:
        """What became of each need, in the order in which they were first asked."""
        return tuple(self._outcomes.values())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why needs were not met, and whether the cache fails."""
        reasons = (f.reason for f in self._outcomes.values() if f.reason is not None)
        return (*reasons, *self._warnings)

    def _transport(self, scheme: str) -> httpx2.BaseTransport:
        return self._given or (self._protected if scheme == "https" else self._plain)

    @cached_property
    def _protected(self) -> httpx2.BaseTransport:
        return direct_transport(self._tls)

    @cached_property
    def _plain(self) -> httpx2.BaseTransport:
        """It makes no TLS connection, so the many roots of the system are not read for it."""
        return direct_transport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    @cached_property
    def _end(self) -> Deadline:
        """The end of the act, counted from its first request."""
        return Deadline.after(self._limits.act_seconds)

    def _warn(self, cause: OSError) -> None:
        self._warnings[Finding.warning("fetch-cache-failed", reason=cause.strerror or str(cause))] = None

    def _kept(self, need: Need) -> Fetched | None:
        try:
            octets = None if self._cache is None else self._cache.get(need, at=self._now())
        except OSError as e:
            self._warn(e)
            return None
        return None if octets is None else Fetched(need, octets, cached=True)

    def _asked(self, need: Need) -> Fetched:
        try:
            octets = self._download(need)
        except FetchFailed as e:
            found = Finding.warning(e.code, where=need.url[:MAX_URL], **e.values)
            return Fetched(need, None, found)
        self._octets -= len(octets)
        if need.kind == "certificate":
            octets = _unpacked(octets)
        self._keep(need, octets)
        return Fetched(need, octets)

    def _keep(self, need: Need, octets: bytes) -> None:
        try:
            if self._cache is not None:
                self._cache.put(need, octets, at=self._now())
        except OSError as e:
            self._warn(e)

    def _download(self, need: Need) -> bytes:
        deadline = Deadline.after(self._limits.total_seconds).earlier(self._end)
        url = _url(need.url)
        for _ in range(self._limits.redirects + 1):
            answer = self._hop(need, url, deadline)
            if answer.status == httpx2.codes.OK:
                return answer.octets
            followed = _REPEATING if need.request else _REDIRECTS
            if answer.status not in followed or not answer.location:
                raise FetchFailed("fetch-status", status=answer.status)
            url = _url(answer.location, base=url)
        raise FetchFailed("fetch-redirects", limit=self._limits.redirects)

    def _hop(self, need: Need, url: httpx2.URL, deadline: Deadline) -> Answer:
        """One request; each hop of a redirect comes through here, so each is judged."""
        if self._requests <= 0 or self._octets <= 0:
            raise FetchFailed("fetch-budget", requests=self._limits.requests, octets=self._limits.act_octets)
        self._requests -= 1
        addresses = resolved(
            url.raw_host.decode("ascii"),
            url.port or _PORTS[url.scheme],
            resolve=self._resolve,
            seconds=deadline.require(),
            allow_private=self._allow_private,
        )
        return exchange(
            self._transport(url.scheme),
            _request(need, url),
            addresses,
            limit=min(self._limits.octets(need.kind), self._octets),
            connect_seconds=self._limits.connect_seconds,
            deadline=deadline,
        )


def _request(need: Need, url: httpx2.URL) -> httpx2.Request:
    content_type, accept = _MEDIA[need.kind]
    headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "esign", "Connection": "close"}
    if not need.request:
        return httpx2.Request("GET", url, headers=headers)
    headers["Content-Type"] = content_type
    return httpx2.Request("POST", url, headers=headers, content=need.request)


def _url(text: str, *, base: httpx2.URL | None = None) -> httpx2.URL:
    """An address that may be asked, absolute, http or https, without a user's name in it.

    Raises:
        FetchFailed: `fetch-url-refused`.
    """
    try:
        if len(text) > MAX_URL:
            raise ValueError("it is too long")
        url = httpx2.URL(text) if base is None else base.join(text)
        if url.scheme not in _PORTS or not _HOST.fullmatch(url.raw_host) or url.userinfo:
            raise ValueError("only http and https to a host, without a user name")
        if url.port is not None and not 0 < url.port < 65536:
            raise ValueError("there is no such port")
    except (httpx2.InvalidURL, ValueError) as e:
        raise FetchFailed("fetch-url-refused", reason=str(e)) from e
    return url


def _unpacked(octets: bytes) -> bytes:
    """The certificates of a certs-only message (RFC 5280 §4.2.2.1) as PEM; everything else as it is."""
    try:
        return _pem(SignedData.read(read_pem_or_der(octets)).certificates) or octets
    except EsignError:
        return octets


def _pem(certificates: Iterable[bytes]) -> bytes:
    found = []
    for raw in certificates:
        try:
            found.append(Certificate.load(raw).pem)
        except EsignError:
            continue
    return b"".join(found)

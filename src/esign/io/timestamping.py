"""A time-stamp authority behind a URL (RFC 3161 §3.4): POST of the request, within the limits of every fetch.

tsa = HTTPTimeStamper("https://tsa.example/")
token = stamp(MessageImprint.of(document), tsa)
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from esign.io.addresses import FetchFailed
from esign.io.fetch import Fetcher
from esign.material import Need


@dataclass(frozen=True, slots=True)
class HTTPTimeStamper:
    """Asks the authority at `url`: called with a TimeStampReq, gives the TimeStampResp, both DER.

    `fetcher` makes what carries one request, with its limits and its idea of which addresses may be asked;
    each request has a budget of its own.
    """

    url: str
    fetcher: Callable[[], Fetcher] = field(default=Fetcher)

    def __call__(self, request: bytes) -> bytes:
        """The answer to `request` as it came; not judged here.

        Raises:
            FetchFailed: `fetch-...` when nothing came.
        """
        got = self.fetcher().fetch(Need("timestamp", self.url, request))
        if (reason := got.reason) is not None:
            raise FetchFailed(reason.code, where=reason.where, **dict(reason.values))
        return got.octets or b""

"""TLS contexts: for users, for the nodes that come, and for each node that we call. TLS 1.3 between nodes."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from esign import Certificate
from exat.errors import ConfigurationError
from exat.records import Agency


@dataclass(frozen=True, slots=True)
class Identity:
    """The node's TLS key and certificate chain: PEM files, the key encrypted under `passphrase`."""

    certificate: Path
    key: Path
    passphrase: str = field(repr=False)

    def load(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Give `context` this identity.

        Raises:
            ConfigurationError: `tls-key-unusable` when the files do not belong together or do not open.
        """
        try:
            context.load_cert_chain(self.certificate, self.key, lambda: self.passphrase)
        except (OSError, ssl.SSLError) as e:
            raise ConfigurationError(
                "tls-key-unusable",
                f"cannot use {self.key} with {self.certificate}",
                where=str(self.key),
                values={"file": self.key},
            ) from e
        return context


def for_users(identity: Identity) -> ssl.SSLContext:
    """For submission: TLS 1.2 or 1.3, no client certificate asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return identity.load(context)


def for_nodes(identity: Identity, peers: Iterable[Agency]) -> ssl.SSLContext:
    """For relay in: a client certificate is asked, and must lead to a root of one of `peers`.

    A stranger without a certificate gets through the handshake, so that it hears why it is refused.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_OPTIONAL
    # A resumed session would bring back a certificate that was revoked, or a peer that was removed.
    context.num_tickets = 0
    _trust(context, (root for peer in peers for root in peer.roots))
    return identity.load(context)


def to_node(identity: Identity, peer: Agency) -> ssl.SSLContext:
    """For relay out to `peer`: its certificate must lead to its own root and bear the name that is called."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _trust(context, peer.roots)
    return identity.load(context)


def _trust(context: ssl.SSLContext, roots: Iterable[Certificate]) -> None:
    known = {root.fingerprint: root for root in roots}
    if known:
        context.load_verify_locations(cadata=b"".join(root.pem for root in known.values()).decode("ascii"))

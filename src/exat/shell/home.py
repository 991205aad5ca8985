"""The folder of a node: its configuration, its store, its keys, and the directory that they make together.

    exat.toml              configuration; relative paths in it start here
    store.sqlite segments/ letters, queue, evidence, people, peers
    keys/                  seal and relay: key (PKCS#8, encrypted) and certificates
    trust/                 the agency's root, and what stands between it and holders
    node.json              where a running node listens

The authority lives in a folder of its own; the lists of revoked certificates that it publishes are read from
where `exat.toml` names them, again when they change.
"""

import json
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from esign import Certificate, CertificateAuthority, CertificateList, EsignError, Signer
from esign.ca.request import Subject
from esign.ca.request import read as read_request
from esign.io import disk
from esign.io.keystore import new_request
from exat.directory import Bundle, Directory, read_bundle
from exat.errors import ConfigurationError, DirectoryError
from exat.records import Agency
from exat.shell.config import FILE, Config, host_port, load_config
from exat.shell.tls import Identity
from exat.store import Store, StoredBundle

T = TypeVar("T")

_log = logging.getLogger(__name__)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_REVISION: Final = "directory-revision"
_ROOT_OF_PEER: Final = "peer-root:"


class Home:
    """An open home. `directory` may be asked from any thread; `close` lets the store go.

    Raises:
        ConfigurationError: the codes of `load_config`.
        StoreError: the codes of `Store.open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: Config = load_config(folder)
        self.store = Store.open(folder)
        self._lock = threading.Lock()
        self._seen: object = None
        self._directory: Directory | None = None
        self._stale_at = _NEVER
        self._bundles: dict[bytes, Bundle] = {}

    def close(self) -> None:
        """Let the store go."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Who is who

    def directory(self, at: datetime) -> Directory:
        """This agency and its peers as they are known at `at`; read anew when a row or a file has changed.

        A peer whose bundle cannot be believed any more is left out.

        Raises:
            ConfigurationError: `file-unreadable` for a certificate or a list of this agency.
        """
        with self._lock:
            sources = (self.store.setting(_REVISION), self._files())
            if self._directory is None or sources != self._seen or at >= self._stale_at:
                peers = self._peers(at)
                self._directory = Directory(self._own(), tuple(bundle.agency for bundle in peers))
                self._stale_at = min((bundle.expires_at for bundle in peers), default=_NEVER)
                self._seen = sources
            return self._directory

    def changed(self) -> None:
        """Tell every process that uses this home that people, mailboxes or peers are others now."""
        self.store.put_setting(_REVISION, secrets.token_hex(8))

    def own(self) -> Agency:
        """This agency as a bundle tells it.

        Raises:
            ConfigurationError: `file-unreadable`.
        """
        return self._own()

    def peer_bundle(self, stored: StoredBundle) -> Bundle:
        """A stored bundle, judged again at the time that it was taken, under the root confirmed for it.

        Raises:
            DirectoryError: the codes of `read_bundle`.
        """
        known = self._bundles.get(stored.raw)
        if known is None:
            fingerprint = self.store.setting(_ROOT_OF_PEER + stored.domain)
            known = read_bundle(stored.raw, at=stored.taken_at, root_fingerprint=fingerprint)
            self._bundles[stored.raw] = known
        return known

    def confirm_root(self, domain: str, fingerprint: str) -> None:
        """Note under which root the bundles of a peer are believed."""
        self.store.put_setting(_ROOT_OF_PEER + domain, fingerprint)

    # Keys

    def seal(self, passphrase: str) -> Signer:
        """The agency's seal.

        Raises:
            ConfigurationError: `file-unreadable`.
            EsignError: `wrong-passphrase`, `key-mismatch` and other codes of `Signer.from_pem`.
        """
        base = self.config.keys.seal
        own, *above = self._certificates(f"{base}.crt")
        return Signer.from_pem(
            self._read(f"{base}.pem"), own.raw, chain=[c.raw for c in above], passphrase=passphrase
        )

    def identity(self, passphrase: str) -> Identity:
        """The node's identity in TLS."""
        base = self.config.keys.relay
        return Identity(self.folder / f"{base}.crt", self.folder / f"{base}.pem", passphrase)

    # Inside

    def _own(self) -> Agency:
        config = self.config
        host, port = host_port(config.listen.advertised or config.listen.relay)
        return Agency(
            domain=config.agency.domain,
            name=config.agency.name,
            node=config.agency.node,
            host=host,
            port=port,
            seal=self._certificates(f"{config.keys.seal}.crt")[0],
            roots=self._certificates(config.trust.root),
            intermediates=self._certificates(config.trust.chain),
            crls=tuple(crl for name in config.trust.crls for crl in self._crls(name)),
            mailboxes=self.store.mailboxes(),
        )

    def _peers(self, at: datetime) -> tuple[Bundle, ...]:
        found = []
        for stored in self.store.bundles():
            try:
                bundle = self.peer_bundle(stored)
            except DirectoryError as e:
                _log.warning("the bundle of %s is not used: %s", stored.domain, e)
                continue
            if bundle.expires_at > at:
                found.append(bundle)
            else:
                _log.warning("the bundle of %s has expired", stored.domain)
        return tuple(found)

    def _files(self) -> tuple[tuple[str, int, int, int], ...]:
        """What tells that a file is another one: name, inode, size, time."""
        config = self.config
        names = (config.trust.root, config.trust.chain, f"{config.keys.seal}.crt", *config.trust.crls)
        found = []
        for name in names:
            try:
                state = (self.folder / name).stat()
            except OSError:
                found.append((name, 0, 0, 0))
            else:
                found.append((name, state.st_ino, state.st_size, state.st_mtime_ns))
        return tuple(found)

    def _certificates(self, name: str) -> tuple[Certificate, ...]:
        return self._loaded(name, Certificate.load_all)

    def _crls(self, name: str) -> tuple[CertificateList, ...]:
        return self._loaded(name, CertificateList.load_all)

    def _loaded(self, name: str, load: Callable[[bytes], tuple[T, ...]]) -> tuple[T, ...]:
        """What a file holds; one that holds nothing is damaged: an absent list would revoke nobody."""
        try:
            found = load(self._read(name))
        except EsignError as e:
            raise _unreadable(self.folder / name, e.message) from e
        if not found:
            raise _unreadable(self.folder / name, "nothing is in it")
        return found

    def _read(self, name: str) -> bytes:
        path = self.folder / name
        try:
            return path.read_bytes()
        except OSError as e:
            raise _unreadable(path, e.strerror or "unreadable") from e


def open_home(folder: Path) -> Home:
    """The home in `folder`, open.

    Raises:
        ConfigurationError: the codes of `load_config`.
        StoreError: the codes of `Store.open`.
    """
    return Home(folder)


def make_home(
    folder: Path,
    *,
    agency: str,
    domain: str,
    node: str,
    authority: CertificateAuthority,
    passphrase: str,
    at: datetime,
    submission: str = "127.0.0.1:0",
    relay: str = "127.0.0.1:0",
    advertised: str = "",
    stir: str = "",
    seal_address: str = "",
    key: str = "p-256",
) -> Home:
    """Make the home of a node whose certificates `authority` issues; it appears complete or not at all.

    Args:
        folder: where; must not stand, or be empty.
        agency: the organisation's name, at most 64 characters.
        domain: the domain of its addresses.
        node: the DNS name of the node, in its TLS certificate.
        authority: issues the seal (`agency-seal-mail`) and the node's certificate (`relay-tls`).
        passphrase: encrypts both keys.
        at: the moment of birth.
        submission: `host:port` for users; port 0 is replaced by a free one, for good.
        relay: `host:port` for other nodes, likewise.
        advertised: `host:port` at which peers reach the relay; `relay` when empty.
        stir: the organisation's tax number, nine digits.
        seal_address: the address in the seal; `seal@` the domain when empty.
        key: the kind of both keys.

    Raises:
        ConfigurationError: `home-not-empty`, `config-invalid`.
        EsignError: what the authority refuses, `passphrase-needed`.
    """
    subject = {"organization": agency, **({"stir": stir} if stir else {})}
    listen = {"submission": _with_port(submission), "relay": _with_port(relay)}
    if advertised:
        listen["advertised"] = advertised
    sections: Mapping[str, Mapping[str, object]] = {
        "agency": {"name": agency, "domain": domain, "node": node},
        "listen": listen,
        "trust": {"crls": _places(authority, folder)},
    }
    try:
        with disk.new_folder(folder) as draft:
            disk.write(draft / FILE, _toml(sections).encode())
            load_config(draft)
            for name in ("keys", "trust"):
                disk.make_private_folder(draft / name)
            seal = Subject.of(subject, emails=[seal_address or f"seal@{domain}"])
            _make_key(draft / "keys/seal", "agency-seal-mail", seal, authority, passphrase, key, at)
            relay_name = Subject.of(subject, dns_names=[node])
            _make_key(draft / "keys/relay", "relay-tls", relay_name, authority, passphrase, key, at)
            disk.write(draft / "trust/root.pem", authority.root.pem)
            disk.write(draft / "trust/chain.pem", b"".join(c.pem for c in authority.chain))
            Store.create(draft).close()
    except FileExistsError as e:
        raise ConfigurationError(
            "home-not-empty", f"{folder} is not empty", where=str(folder), values={"folder": folder}
        ) from e
    return Home(folder)


def _make_key(
    base: Path,
    profile: str,
    subject: Subject,
    authority: CertificateAuthority,
    passphrase: str,
    key: str,
    at: datetime,
) -> None:
    """A key born here, with its certificate and what stands above it, without the root."""
    private, request = new_request(dict(subject.attributes), key=key, passphrase=passphrase)
    certificate = authority.issue(profile, subject, at=at, request=read_request(request))
    disk.write_private(base.with_suffix(".pem"), private)
    disk.write(base.with_suffix(".crt"), authority.export(certificate.serial_number))


def _places(authority: CertificateAuthority, folder: Path) -> list[str]:
    """Where the authority publishes its lists, relative when both folders stand side by side."""
    lists = sorted((authority.folder / "crl").resolve().glob("*.crl"))
    home = folder.resolve()
    near = authority.folder.resolve().parent == home.parent
    return [os.path.relpath(path, home) if near else str(path) for path in lists]


def _with_port(value: str) -> str:
    """`host:port` with a free port in place of 0."""
    host, separator, port = value.rpartition(":")
    if port != "0":
        return value
    name = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in name else socket.AF_INET) as probe:
        probe.bind((name, 0))
        return f"{host}{separator}{probe.getsockname()[1]}"


def _toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    """The text of the configuration; strings and lists of JSON are those of TOML."""
    blocks = []
    for name, values in sections.items():
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        blocks.append("\n".join([f"[{name}]", *lines, ""]))
    return "\n".join(blocks)


def _unreadable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        "file-unreadable",
        f"cannot read {path}: {reason}",
        where=str(path),
        values={"file": path, "reason": reason},
    )

"""The work that one validation may do: counted, so that no input, however made, can ask for more."""

from collections.abc import Mapping
from typing import Final

from esign.algorithms import AlgorithmIdentifier, PublicKey, SignatureScheme, key_kind, signature_scheme
from esign.validation.policy import Limits
from esign.x509 import Certificate

_RENEWALS: Final = 10
# RSA that costs as much as one check by a fast curve: modulus squared times exponent, each in bits.
_RSA_PER_CHECK: Final = 8192**2 * 17
_SLOW_CURVE: Final = 512


class WorkExceeded(Exception):  # noqa: N818
    """The limit `name` is reached. It never leaves this package: it becomes the finding `work-limit`."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        super().__init__(name)


class Work:
    """Counters for one validation; signatures that were checked are remembered and not checked twice."""

    __slots__ = ("_checked", "_in_all", "_left", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._limits: Mapping[str, int] = {
            "signature_checks": limits.signature_checks,
            "links": limits.links,
            "name_comparisons": limits.name_comparisons,
            "paths": limits.paths,
            "policy_nodes": limits.policy_nodes,
        }
        self._left = dict(self._limits)
        # However often the counters begin anew, an act as a whole costs no more than this.
        self._in_all = {name: _RENEWALS * limit for name, limit in self._limits.items()}
        self._checked: dict[tuple[bytes, bytes, bytes], bool] = {}

    def spend(self, name: str, amount: int = 1) -> None:
        """Take `amount` from what is left of `name`.

        Raises:
            WorkExceeded: there is not so much left.
        """
        self._left[name] -= amount
        self._in_all[name] -= amount
        if self._left[name] < 0 or self._in_all[name] < 0:
            raise WorkExceeded(name, self._limits[name])

    def renew(self) -> None:
        """Begin anew with signature checks and paths: for the next time stamp of one act.

        All other counters go on, and so does the memory of what was checked. All time stamps together get ten
        times as much as one.
        """
        for name in ("signature_checks", "paths"):
            self._left[name] = self._limits[name]

    def begin(self) -> None:
        """Begin anew with every counter: for the next of several signatures that are judged in one act.

        The memory of what was checked goes on; together they get ten times as much as one.
        """
        self._left = dict(self._limits)

    def compare_names(self, amount: int) -> None:
        """Take `amount` name comparisons."""
        self.spend("name_comparisons", amount)

    def count_policies(self, amount: int) -> None:
        """Take `amount` nodes and edges of a policy graph."""
        self.spend("policy_nodes", amount)

    def spent(self, name: str) -> int:
        """How much of `name` was taken so far."""
        return self._limits[name] - self._left[name]

    def holds(
        self, issuer: Certificate, algorithm: AlgorithmIdentifier, *, signature: bytes, message: bytes
    ) -> bool:
        """Whether `signature` over `message` is good under the key of `issuer`.

        Raises:
            UnsupportedAlgorithm: `unsupported-algorithm`.
            MalformedInput: `malformed-input` in the parameters.
            WorkExceeded: too many signatures were checked.
        """
        scheme, public_key = signature_scheme(algorithm), issuer.public_key
        key = (issuer.public_key_info, signature, message)
        if key not in self._checked:
            self.spend(
                "signature_checks", 1 + _checks_for_digest(scheme, len(message)) + _checks_for(public_key)
            )
            self._checked[key] = scheme.is_valid(public_key, signature, message)
        return self._checked[key]


def _checks_for_digest(scheme: SignatureScheme, octets: int) -> int:
    """How many signature checks the digest of so many octets is worth: none, but for one made in Python."""
    by = scheme.digest
    return 0 if by is None or by.octets_per_check is None else octets // by.octets_per_check


def _checks_for(public_key: PublicKey) -> int:
    """How many more signature checks one with this key is worth: some keys are as slow as they like."""
    kind = key_kind(public_key)
    if kind == "rsa":
        return int(public_key.key_size**2 * public_key.public_numbers().e.bit_length() // _RSA_PER_CHECK)
    return int(public_key.key_size // _SLOW_CURVE) if kind == "ec" else 0

"""What is acceptable: algorithms with their end dates, key sizes, purposes and limits, as data.

The message never chooses: it names an algorithm, and the policy says whether, and until when, its word
counts. The policy that is built in equals `policies/default.toml` of the profiles; a test compares them.
"""

import enum
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from esign.algorithms import KeyDescription, PublicKey, SignatureScheme, describe_key
from esign.errors import MalformedInput


class Revocation(enum.Enum):
    """What a path demands about revocation. Evidence that is supplied binds in each mode.

    `REQUIRE`: each certificate must be shown not to be revoked. `UNSAFE_IF_SUPPLIED`: a certificate without
    any list of its issuer passes with a warning. `UNSAFE_OFF`: only a revocation that is shown counts.
    """

    REQUIRE = "require"
    UNSAFE_IF_SUPPLIED = "unsafe-if-supplied"
    UNSAFE_OFF = "unsafe-off"


class ConstraintLevel(enum.Enum):
    """What a finding weighs that is no error of itself (EN 319 102-1 cl. 5.1.4.1)."""

    FAIL = "fail"
    WARN = "warn"
    INFORM = "inform"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Constraint:
    """The level of one finding code; only codes of `CONSTRAINTS` may be set."""

    code: str
    level: ConstraintLevel


CONSTRAINTS: Final[Mapping[str, ConstraintLevel]] = {
    "signed-attributes-absent": ConstraintLevel.WARN,
    "signing-certificate-unbound": ConstraintLevel.WARN,
    "signing-certificate-issuer-serial": ConstraintLevel.WARN,
    "signing-certificate-sha1": ConstraintLevel.WARN,
    "signing-time-missing": ConstraintLevel.IGNORE,
    "time-stamp-not-passed": ConstraintLevel.WARN,
    "signature-time-stamp-missing": ConstraintLevel.IGNORE,
    "archive-time-stamp-missing": ConstraintLevel.IGNORE,
}
"""Findings whose level a policy may set, with the level that they have where it does not."""

FAMILIES: Final = ("classical", "post-quantum")
"""Kinds of signatures that a policy may demand over the same content."""


@dataclass(frozen=True, slots=True)
class DigestRule:
    """A digest that may stand under a signature, until `until` (exclusive); None for no end in sight."""

    name: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Keys that may sign: by kind, size in bits (ends inclusive) and curves, until `until` (exclusive)."""

    kind: str
    minimum: int = 0
    maximum: int = 1 << 20
    curves: tuple[str, ...] = ()
    until: datetime | None = None

    def covers(self, key: KeyDescription) -> bool:
        """Whether the rule speaks about `key`."""
        if self.kind != key.kind or not self.minimum <= key.bits <= self.maximum:
            return False
        return not self.curves or key.curve in self.curves


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a certificate must allow for a use: any of `key_usage`, any of `extended_key_usage` (dotted).

    A certificate without keyUsage allows every use; one without extKeyUsage too, unless `explicit`.
    """

    name: str
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...] = ()
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a statement about revocation may be: `max_age` in seconds since thisUpdate, 0 for no limit.

    The time that the statement itself sets, its nextUpdate, binds in any case (EN 319 102-1 cl. 5.2.5).
    """

    max_age: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one validation may cost: signers, signature checks of certificates and lists, candidate links, ...

    `name_comparisons` counts names against constraints, `paths` the candidates that are judged whole,
    `policy_nodes` nodes and edges of their policy graphs; `depth` is the longest path without its anchor.
    """

    signers: int = 100
    signature_checks: int = 100
    links: int = 10_000
    name_comparisons: int = 250_000
    paths: int = 100
    policy_nodes: int = 100_000
    depth: int = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """A validation policy. `usage` is the purpose that signing certificates must serve; None for any.

    `signatures` are the families that must each have a good signature over the content: `classical` and
    `post-quantum` for a hybrid; empty for any. `constraints` set the level of findings that are no errors.
    """

    name: str
    digests: tuple[DigestRule, ...]
    keys: tuple[KeyRule, ...]
    purposes: tuple[Purpose, ...]
    usage: str | None = "document-signing"
    revocation: Revocation = Revocation.REQUIRE
    limits: Limits = field(default_factory=Limits)
    freshness: Freshness = field(default_factory=Freshness)
    signatures: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def __hash__(self) -> int:
        # Names tell policies apart well enough for a table; equality compares them whole.
        return hash((self.name, self.usage, self.revocation))

    @classmethod
    def default(cls) -> "Policy":
        """The policy that is built in."""
        return _default()

    @classmethod
    def read(cls, text: str) -> "Policy":
        """From TOML.

        Raises:
            MalformedInput: `policy-malformed` with the key that is unknown, missing or of a wrong kind.
        """
        try:
            return _policy(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, TypeError, ValueError, RecursionError) as e:
            raise MalformedInput("policy-malformed", reason=str(e)) from e

    def for_usage(self, usage: str | None) -> "Policy":
        """The same policy for signing certificates of another purpose."""
        if usage is not None:
            self.purpose(usage)
        return replace(self, usage=usage)

    def level_of(self, code: str) -> ConstraintLevel | None:
        """The level of a finding that the policy may set; None for one that it may not."""
        set_to = next((c.level for c in self.constraints if c.code == code), None)
        return set_to or CONSTRAINTS.get(code)

    def timeless(self) -> "Policy":
        """The same policy without end dates: what was ever acceptable is.

        For the shape of a path that is judged at a past time (EN 319 102-1 cl. 5.6.2.1); when each algorithm
        ended is asked apart.
        """
        return replace(
            self,
            digests=tuple(replace(rule, until=None) for rule in self.digests),
            keys=tuple(replace(rule, until=None) for rule in self.keys),
        )

    def reliable_until(self, scheme: SignatureScheme, key: PublicKey) -> datetime | None:
        """When the last of digest and key stops to be acceptable (exclusive); None when no end is in sight.

        For a scheme and key that were acceptable once; the earliest time there is for those that never were.
        """
        described = describe_key(key)
        keys = [rule.until for rule in self.keys if rule.covers(described)]
        ends = [_latest(keys)]
        if scheme.digest is not None:
            name = scheme.digest.name
            ends.append(_latest([rule.until for rule in self.digests if rule.name == name]))
        return min((end for end in ends if end is not None), default=None)

    def purpose(self, name: str) -> Purpose:
        """The purpose of that name.

        Raises:
            ValueError: the policy does not know it.
        """
        found = next((p for p in self.purposes if p.name == name), None)
        if found is None:
            known = ", ".join(p.name for p in self.purposes)
            raise ValueError(f"unknown usage {name!r}; known: {known}")
        return found

    def accepts_digest(self, name: str, at: datetime) -> bool:
        """Whether the digest may stand under a signature at `at`."""
        for rule in self.digests:
            if rule.name == name and (rule.until is None or at < rule.until):
                return True
        return False

    def accepts_key(self, key: PublicKey, at: datetime) -> bool:
        """Whether signatures of `key` count at `at`."""
        described = describe_key(key)
        for rule in self.keys:
            if (rule.until is None or at < rule.until) and rule.covers(described):
                return True
        return False

    def objection(self, scheme: SignatureScheme, key: PublicKey, at: datetime) -> str:
        """What is not acceptable about a signature by `scheme` and `key` at `at`; empty for nothing."""
        if scheme.digest is not None and not self.accepts_digest(scheme.digest.name, at):
            return scheme.name
        if self.accepts_key(key, at):
            return ""
        described = describe_key(key)
        return f"{described.kind} {described.curve or described.bits}"


_NEVER: Final = datetime(1, 1, 2, tzinfo=UTC)


def _latest(ends: list[datetime | None]) -> datetime | None:
    known = [end for end in ends if end is not None]
    return None if len(known) < len(ends) else max(known, default=_NEVER)


def _policy(data: Mapping[str, Any]) -> Policy:
    known = {"name", "usage", "revocation", "digest", "key", "purpose", "limits", "freshness"}
    known |= {"signatures", "constraint"}
    if unknown := data.keys() - known:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    if missing := {"name", "digest", "key", "purpose"} - data.keys():
        raise ValueError(f"missing key {sorted(missing)[0]!r}")
    found = Policy(
        name=_checked("name", data["name"], str),
        digests=_rows(DigestRule, data["digest"]),
        keys=_rows(KeyRule, data["key"]),
        purposes=_rows(Purpose, data["purpose"]),
        revocation=Revocation(data.get("revocation", "require")),
        limits=_row(Limits, data.get("limits", {})),
        freshness=_row(Freshness, data.get("freshness", {})),
        signatures=_families(data.get("signatures", [])),
        constraints=tuple(map(_constraint, _checked("constraint", data.get("constraint", []), list))),
    )
    usage = data.get("usage", "document-signing")
    return found.for_usage(_checked("usage", usage, str) or None)


def _families(names: Any) -> tuple[str, ...]:
    found = tuple(_checked("signatures", name, str) for name in _checked("signatures", names, list))
    if unknown := [name for name in found if name not in FAMILIES]:
        raise ValueError(f"unknown family of signatures {unknown[0]!r}")
    return found


def _constraint(row: Any) -> Constraint:
    values = _checked("constraint", row, dict)
    if values.keys() != {"code", "level"}:
        raise ValueError("a constraint has a code and a level")
    code = _checked("code", values["code"], str)
    if code not in CONSTRAINTS:
        raise ValueError(f"the level of {code!r} cannot be set")
    return Constraint(code, ConstraintLevel(values["level"]))


def _rows(kind: Callable[..., Any], rows: Any) -> tuple[Any, ...]:
    return tuple(_row(kind, row) for row in _checked("table", rows, list))


def _row(kind: Any, row: Any) -> Any:
    kinds = {f.name: str(f.type) for f in fields(kind)}
    values = {}
    for name, value in _checked("row", row, dict).items():
        if name not in kinds:
            raise ValueError(f"unknown key {name!r}")
        values[name] = _checked(name, value, *_KINDS[name])
        if isinstance(value, list):
            values[name] = tuple(_checked(name, item, str) for item in value)
    return kind(**values)


_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "name": (str,),
    "kind": (str,),
    "until": (datetime,),
    "curves": (list,),
    "key_usage": (list,),
    "extended_key_usage": (list,),
    "explicit": (bool,),
    **dict.fromkeys(
        (
            *("minimum", "maximum", "signers", "signature_checks", "links"),
            *("name_comparisons", "paths", "policy_nodes", "depth", "max_age"),
        ),
        (int,),
    ),
}


def _checked(name: str, value: Any, *kinds: type) -> Any:
    right = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not right or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(f"{name!r} is of a wrong kind")
    return value


EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
ANY_EXTENDED_KEY_USAGE: Final = "2.5.29.37.0"
_SIGNING: Final = ("digitalSignature", "nonRepudiation")
_END_OF_SHORT_KEYS: Final = datetime(2029, 1, 1, tzinfo=UTC)
_CURVES: Final = (
    "secp256r1",
    "secp384r1",
    "secp521r1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
)


@cache
def _default() -> Policy:
    digests = ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "shake256")
    return Policy(
        name="default",
        digests=(*map(DigestRule, digests), DigestRule("sha224", _END_OF_SHORT_KEYS)),
        keys=(
            KeyRule("ec", curves=_CURVES),
            KeyRule("ed25519"),
            KeyRule("ed448"),
            KeyRule("ml-dsa-44"),
            KeyRule("ml-dsa-65"),
            KeyRule("ml-dsa-87"),
            KeyRule("rsa", 3000, 16384),
            KeyRule("rsa", 2048, 2999, until=_END_OF_SHORT_KEYS),
        ),
        purposes=(
            Purpose(
                "document-signing",
                _SIGNING,
                (
                    DOCUMENT_SIGNING,
                    EMAIL_PROTECTION,
                    "1.3.6.1.4.1.311.10.3.12",
                    "1.2.840.113583.1.1.5",
                ),
            ),
            Purpose("email-signing", _SIGNING, (EMAIL_PROTECTION,)),
            Purpose("email-encryption", ("keyEncipherment", "keyAgreement"), (EMAIL_PROTECTION,)),
            Purpose("crl-signing", ("cRLSign",)),
            Purpose("time-stamping", _SIGNING, ("1.3.6.1.5.5.7.3.8",), explicit=True),
            Purpose("ocsp-signing", ("digitalSignature",), ("1.3.6.1.5.5.7.3.9",), explicit=True),
            Purpose(
                "tls-server",
                ("digitalSignature", "keyEncipherment", "keyAgreement"),
                ("1.3.6.1.5.5.7.3.1",),
                explicit=True,
            ),
            Purpose(
                "tls-client", ("digitalSignature", "keyAgreement"), ("1.3.6.1.5.5.7.3.2",), explicit=True
            ),
        ),
    )

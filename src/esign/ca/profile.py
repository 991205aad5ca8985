"""Certificate profiles: what a certificate of one kind contains, as data that is checked once.

A profile that exists is a legal one: its key usage fits its keys, a certificate of a person never has a key
that the authority made unless the key only decrypts, and an authority signs nothing but certificates and
lists.

>>> Profile.read("x", {"sumary": {}})
Traceback (most recent call last):
    ...
esign.errors.EsignError: the profile x is not a legal one: sumary: unknown key, did you mean summary?
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from esign import names
from esign.errors import EsignError
from esign.extensions import KEY_USAGES
from esign.keys import KEY_NAMES

ATTRIBUTES: Final[Mapping[str, tuple[str, int]]] = {
    "country": (names.COUNTRY, 2),
    "state": ("2.5.4.8", 128),
    "locality": ("2.5.4.7", 128),
    "organization": (names.ORGANIZATION, 64),
    "organization_identifier": (names.ORGANIZATION_IDENTIFIER, 64),
    "organizational_unit": (names.ORGANIZATIONAL_UNIT, 64),
    "stir": (names.STIR, 9),
    "surname": (names.SURNAME, 64),
    "given_name": (names.GIVEN_NAME, 64),
    "serial_number": (names.SERIAL_NUMBER, 64),
    "pinfl": (names.PINFL, 14),
    "user_id": (names.USER_ID, 64),
    "title": (names.TITLE, 64),
    "common_name": (names.COMMON_NAME, 64),
}
"""Subject attributes in the order they are written: OID and longest value in characters (RFC 5280 §A.1)."""

EXTENDED_USAGES: Final[Mapping[str, str]] = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8",
    "OCSPSigning": "1.3.6.1.5.5.7.3.9",
    "cmcRA": "1.3.6.1.5.5.7.3.28",
    "documentSigning": "1.3.6.1.5.5.7.3.36",
}
QC_TYPES: Final[Mapping[str, str]] = {
    "eSign": "0.4.0.1862.1.6.1",
    "eSeal": "0.4.0.1862.1.6.2",
}
REVOCATION_REASONS: Final = (
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
)
HOLDERS_REASONS: Final = tuple(reason for reason in REVOCATION_REASONS if reason != "cACompromise")
DOMAIN_AUTHORITIES: Final = (
    "domain-signing-authority",
    "domain-confidentiality-authority",
    "attribute-authority",
    "review-authority",
)
"""Local parts of mailboxes that speak for a whole domain (RFC 3183 §3.1.1, RFC 3183 §4.1): nobody else has
them.
"""
SIGNING_USAGES: Final = frozenset(("digitalSignature", "nonRepudiation"))
AUTHORITY_USAGES: Final = frozenset(("keyCertSign", "cRLSign"))
MOST_DAYS_FOR_MAIL: Final = 825
MOST_DAYS_OF_A_HOLDER: Final = 1096
MOST_DAYS_OF_A_TIME_STAMPER: Final = 1827
MOST_DAYS_WITHOUT_CHECK: Final = 31

_EC_KEYS: Final = frozenset(("p-256", "p-384", "p-521"))
_RSA_KEYS: Final = frozenset(("rsa-2048", "rsa-3072", "rsa-4096"))
_KEM_KEYS: Final = frozenset(name for name in KEY_NAMES if name.startswith("ml-kem-"))
_AGREEING_KEYS: Final = frozenset((*_EC_KEYS, "x25519"))
_KEYS_THAT_SIGN: Final = frozenset(KEY_NAMES) - _KEM_KEYS - {"x25519"}
_DECIPHERING: Final = frozenset(
    ("keyEncipherment", "dataEncipherment", "keyAgreement", "encipherOnly", "decipherOnly")
)
# RFC 9935 §5: with ML-KEM, "keyEncipherment MUST be the only key usage set".
_FITTING_KEYS: Final = {
    **dict.fromkeys(sorted(SIGNING_USAGES | AUTHORITY_USAGES), _KEYS_THAT_SIGN),
    "keyEncipherment": _RSA_KEYS | _KEM_KEYS,
    "dataEncipherment": _RSA_KEYS,
    **dict.fromkeys(("keyAgreement", "encipherOnly", "decipherOnly"), _AGREEING_KEYS),
}
_STRICT: Final = ConfigDict(extra="forbid", frozen=True)

AttributeName = Literal[
    "country", "state", "locality", "organization", "organization_identifier", "organizational_unit", "stir",
    "surname", "given_name", "serial_number", "pinfl", "user_id", "title", "common_name",
]  # fmt: skip
Domain = Annotated[
    str,
    StringConstraints(
        pattern=r"^\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", max_length=253
    ),
]
Oid = Annotated[str, StringConstraints(pattern=r"^[012](\.(0|[1-9]\d{0,38}))+$", max_length=128)]


class Presence(Enum):
    """Whether something must, may or must not stand in the certificate."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


class KeyOrigin(Enum):
    """Who makes the key: `HOLDER` proves possession by a request; `EITHER` lets the authority make it too."""

    HOLDER = "holder"
    EITHER = "either"


class Summary(BaseModel):
    """What the certificate is for, one sentence in each language."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    en: str
    ru: str
    uz: str
    uz_cyrl: str = Field(alias="uz-Cyrl")

    def in_language(self, language: str) -> str:
        """The sentence in `language`; English where it is not one of ours."""
        return str(getattr(self, language.lower().replace("-", "_"), self.en))


class SubjectRules(BaseModel):
    """Which attributes the subject has: stated by the registrar, taken from the request, by default, or
    composed.
    """

    model_config = _STRICT

    required: tuple[AttributeName, ...]
    optional: tuple[AttributeName, ...] = ()
    from_request: tuple[AttributeName, ...] = ()
    defaults: Mapping[AttributeName, str] = {}
    common_name_from: tuple[Literal["surname", "given_name", "organization", "email", "dns_name"], ...] = ()

    @property
    def allowed(self) -> frozenset[str]:
        """Every attribute that may stand in the subject."""
        return frozenset((*self.required, *self.optional))

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if set(self.required) & set(self.optional):
            raise ValueError("an attribute is both required and optional")
        if not (set(self.from_request) | set(self.defaults)) <= self.allowed:
            raise ValueError("from_request or defaults name an attribute that the subject does not have")
        if "country" not in self.required or "common_name" not in self.required:
            raise ValueError("country and common_name are always required")
        return self


class Profile(BaseModel):
    """One kind of certificate. `issuer` names the authority that issues it, `any` each for itself.

    `days` is the longest life, `renewals` how often it may be extended (None: as often as one likes);
    `private_key_days` is how long of it the key signs; `no_check` says that nobody asks whether it is revoked
    (RFC 6960 §4.2.2.2.1); `mailbox` is the local part that its mailboxes have, one of `DOMAIN_AUTHORITIES`.

    An authority with `permitted_emails` or `permitted_dns_names` certifies no names outside these domains; a
    domain of `permitted_emails` with a dot in front stands for all below it, and not for itself; one of
    `permitted_dns_names`, without a dot, for itself and all below it (RFC 5280 §4.2.1.10).
    """

    model_config = _STRICT

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    summary: Summary
    issuer: Literal["self", "root", "persons", "infra", "any"]
    key_origin: KeyOrigin = KeyOrigin.HOLDER
    keys: Annotated[tuple[str, ...], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=9200)]
    renewals: Annotated[int, Field(ge=0, le=100)] | None = None
    backdate_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    key_usage: Annotated[tuple[str, ...], Field(min_length=1)]
    extended_key_usage: tuple[str, ...] = ()
    ca: bool = False
    path_length: Annotated[int, Field(ge=0, le=10)] | None = None
    permitted_emails: tuple[Domain, ...] = ()
    permitted_dns_names: tuple[Domain, ...] = ()
    private_key_days: Annotated[int, Field(ge=1, le=9200)] | None = None
    no_check: bool = False
    policies: tuple[Oid, ...] = ()
    qc_types: tuple[str, ...] = ()
    emails: Presence = Presence.FORBIDDEN
    mailbox: str | None = None
    dns_names: Presence = Presence.FORBIDDEN
    revocation_reasons: tuple[str, ...] = HOLDERS_REASONS
    crl_days: Annotated[int, Field(ge=1, le=400)] = 7
    subject: SubjectRules

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any]) -> Self:
        """A profile from its parsed file; `name` is the name of the file without ending.

        Raises:
            EsignError: `profile-malformed`: an unknown key, a wrong value, or rules that contradict each
                other.
        """
        try:
            return cls.model_validate({**data, "name": name})
        except ValidationError as e:
            raise EsignError("profile-malformed", name=name, reason=_reason(e)) from e

    @classmethod
    def from_toml(cls, name: str, document: str) -> Self:
        """A profile from the text of its TOML file.

        Raises:
            EsignError: `profile-malformed`.
        """
        try:
            data = tomllib.loads(document)
        except (tomllib.TOMLDecodeError, RecursionError) as e:
            raise EsignError("profile-malformed", name=name, reason=str(e)) from e
        return cls.read(name, data)

    @property
    def extended_usages(self) -> tuple[str, ...]:
        """The extended key usages, dotted."""
        return tuple(EXTENDED_USAGES[usage] for usage in self.extended_key_usage)

    @property
    def extended_usage_is_critical(self) -> bool:
        """Whether extended key usage is critical: for time stamps it must be (RFC 3161 §2.3)."""
        return not self.ca and self.extended_key_usage == ("timeStamping",)

    @property
    def signs(self) -> bool:
        """Whether a holder signs with the key, so that nobody else may ever have it."""
        return not self.ca and bool(SIGNING_USAGES & set(self.key_usage))

    @model_validator(mode="after")
    def _is_legal(self) -> Self:
        checks = (
            _names_are_known,
            _usage_fits_role,
            _keys_fit_usage,
            _names_fit_usage,
            _services_stand_alone,
        )
        for check in checks:
            if fault := check(self):
                raise ValueError(fault)
        return self


def _names_are_known(profile: Profile) -> str | None:
    for field, known in (
        ("keys", KEY_NAMES),
        ("key_usage", KEY_USAGES),
        ("extended_key_usage", tuple(EXTENDED_USAGES)),
        ("qc_types", tuple(QC_TYPES)),
        ("revocation_reasons", REVOCATION_REASONS),
    ):
        values = getattr(profile, field)
        if len(set(values)) != len(values):
            return f"{field}: a value twice"
        for value in values:
            if value not in known:
                return f"{field}: {value} is unknown{_suggestion(value, known)}"
    return None


def _usage_fits_role(profile: Profile) -> str | None:
    usage = set(profile.key_usage)
    if profile.ca:
        if usage != AUTHORITY_USAGES:
            return "an authority has key_usage keyCertSign and cRLSign, nothing else"
        if profile.issuer == "self" and profile.extended_key_usage:
            return "a root has no extended_key_usage"
        return None
    if usage & AUTHORITY_USAGES or profile.path_length is not None:
        return "only an authority has keyCertSign, cRLSign or path_length"
    if profile.issuer in ("self", "root"):
        return "a root issues authorities only"
    if "cACompromise" in profile.revocation_reasons:
        return "cACompromise is a reason for authorities alone"
    most = _most_days(profile.extended_key_usage)
    if profile.days > most:
        return f"days: at most {most} for a holder's certificate"
    return None


def _most_days(usages: tuple[str, ...]) -> int:
    if usages == ("timeStamping",):
        return MOST_DAYS_OF_A_TIME_STAMPER
    return MOST_DAYS_FOR_MAIL if "emailProtection" in usages else MOST_DAYS_OF_A_HOLDER


def _services_stand_alone(profile: Profile) -> str | None:
    """RFC 3161 §2.3: time stamps need a key for them alone; who answers is not asked about."""
    usage, answers = profile.extended_key_usage, profile.extended_key_usage == ("OCSPSigning",)
    if not profile.ca and len(usage) > 1 and {"timeStamping", "OCSPSigning"} & set(usage):
        return "timeStamping or OCSPSigning stands alone in extended_key_usage"
    if profile.no_check and not (answers and profile.days <= MOST_DAYS_WITHOUT_CHECK):
        return f"no_check is for OCSPSigning alone and at most {MOST_DAYS_WITHOUT_CHECK} days"
    if profile.issuer == "any" and not answers:
        return "only OCSPSigning has issuer = any"
    if profile.private_key_days is not None and (profile.ca or profile.private_key_days > profile.days):
        return "private_key_days: at most days, and not for an authority"
    if profile.days > MOST_DAYS_OF_A_HOLDER and not profile.ca and profile.private_key_days is None:
        return f"more than {MOST_DAYS_OF_A_HOLDER} days need private_key_days"
    return None


def _keys_fit_usage(profile: Profile) -> str | None:
    usage = set(profile.key_usage)
    if usage & SIGNING_USAGES and usage & _DECIPHERING:
        return "one key does not both sign and decrypt: make two profiles"
    for bit, fitting in _FITTING_KEYS.items():
        if bit in usage and not set(profile.keys) <= fitting:
            return f"{bit} does not fit the keys {', '.join(sorted(set(profile.keys) - fitting))}"
    if usage & {"encipherOnly", "decipherOnly"} and "keyAgreement" not in usage:
        return "encipherOnly and decipherOnly mean something beside keyAgreement alone"
    if profile.signs and profile.key_origin is not KeyOrigin.HOLDER:
        return "a key that signs is made by its holder: key_origin must be holder"
    return None


def _names_fit_usage(profile: Profile) -> str | None:
    mail = "emailProtection" in profile.extended_key_usage and not profile.ca
    if mail and profile.emails is not Presence.REQUIRED:
        return "emailProtection needs emails = required"
    if profile.mailbox is not None and not (mail and profile.mailbox in DOMAIN_AUTHORITIES):
        return f"mailbox is for emailProtection, one of {', '.join(DOMAIN_AUTHORITIES)}"
    if "serverAuth" in profile.extended_key_usage and not profile.ca:
        if profile.dns_names is not Presence.REQUIRED:
            return "serverAuth needs dns_names = required"
    permitted = (*profile.permitted_emails, *profile.permitted_dns_names)
    if permitted and (not profile.ca or profile.issuer == "self"):
        return "permitted_emails and permitted_dns_names are for authorities below a root"
    if any(domain.startswith(".") for domain in profile.permitted_dns_names):
        return "permitted_dns_names: no dot in front"
    if profile.ca and Presence.FORBIDDEN not in (profile.emails, profile.dns_names):
        return "an authority has no e-mail and DNS names"
    return None


def _reason(error: ValidationError) -> str:
    """Unknown keys alone, if there are any: what is missing is then mostly what was misspelt."""
    found = error.errors(include_url=False)
    unknown = [one for one in found if one["type"] == "extra_forbidden"]
    return "; ".join(_one_reason(dict(one)) for one in (unknown or found)[:5])


def _one_reason(found: Mapping[str, Any]) -> str:
    place = [str(part) for part in found["loc"]]
    message = re.sub(r"^Value error, ", "", str(found["msg"]))
    if found["type"] == "extra_forbidden":
        known = _known_keys(place[:-1])
        message = f"unknown key{_suggestion(place[-1], known)}"
    return ": ".join(filter(None, (".".join(place), message)))


def _known_keys(place: list[str]) -> tuple[str, ...]:
    inner: dict[str, type[BaseModel]] = {"subject": SubjectRules, "summary": Summary}
    model = inner.get(".".join(place), Profile)
    return tuple(name for name in model.model_fields if name != "name")


def _suggestion(found: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(found, known, n=1)
    return f", did you mean {near[0]}?" if near else ""

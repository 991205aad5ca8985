"""A certificate profile in words, for the registrar who chooses one.

explain(profile, "uz")
"""

from collections.abc import Iterator, Mapping
from typing import Final

from esign.ca.profile import KeyOrigin, Presence, Profile
from esign.language import text

_ISSUERS: Final[Mapping[str, str]] = {
    "self": "issuer-self",
    "root": "issuer-root",
    "persons": "issuer-persons",
    "infra": "issuer-infra",
    "any": "issuer-any",
}
_USAGES: Final[Mapping[str, str]] = {
    "digitalSignature": "usage-digital-signature",
    "nonRepudiation": "usage-non-repudiation",
    "keyEncipherment": "usage-key-encipherment",
    "dataEncipherment": "usage-data-encipherment",
    "keyAgreement": "usage-key-agreement",
    "keyCertSign": "usage-key-cert-sign",
    "cRLSign": "usage-crl-sign",
    "encipherOnly": "usage-encipher-only",
    "decipherOnly": "usage-decipher-only",
}
_PURPOSES: Final[Mapping[str, str]] = {
    "serverAuth": "purpose-server-auth",
    "clientAuth": "purpose-client-auth",
    "emailProtection": "purpose-email-protection",
    "timeStamping": "purpose-time-stamping",
    "OCSPSigning": "purpose-ocsp-signing",
    "cmcRA": "purpose-cmc-ra",
    "documentSigning": "purpose-document-signing",
}
_NAMES: Final[Mapping[str, str]] = {
    "country": "name-country",
    "state": "name-state",
    "locality": "name-locality",
    "organization": "name-organization",
    "organization_identifier": "name-organization-identifier",
    "organizational_unit": "name-organizational-unit",
    "stir": "name-stir",
    "surname": "name-surname",
    "given_name": "name-given-name",
    "serial_number": "name-serial-number",
    "pinfl": "name-pinfl",
    "user_id": "name-user-id",
    "title": "name-title",
    "common_name": "name-common-name",
}
_ORIGINS: Final = {KeyOrigin.HOLDER: "profile-key-holder", KeyOrigin.EITHER: "profile-key-either"}
_EMAILS: Final = {
    Presence.REQUIRED: "profile-emails-required",
    Presence.OPTIONAL: "profile-emails-optional",
}
_HOSTS: Final = {
    Presence.REQUIRED: "profile-hosts-required",
    Presence.OPTIONAL: "profile-hosts-optional",
}


def explain(profile: Profile, language: str = "en") -> str:
    """What `profile` permits and demands, several lines in `language`.

    Beside each word stands, in brackets, the name that the profile, the standard and the command give it.
    """
    values = {
        "name": profile.name,
        "summary": profile.summary.in_language(language),
        "issuer": text(_ISSUERS[profile.issuer], language),
        "keys": ", ".join(profile.keys),
        "usage": _words(_USAGES, profile.key_usage, language),
        "purposes": _words(_PURPOSES, profile.extended_key_usage, language),
        "required": _words(_NAMES, profile.subject.required, language),
        "optional": _words(_NAMES, profile.subject.optional, language),
        "policies": ", ".join(profile.policies),
        "reasons": ", ".join(profile.revocation_reasons),
    }
    return "\n".join(text(code, language, {**values, **own}) for code, own in _lines(profile))


def _words(table: Mapping[str, str], named: tuple[str, ...], language: str) -> str:
    said = ((name, text(table[name], language)) for name in named)
    return ", ".join(word if word == name else f"{word} ({name})" for name, word in said)


def _lines(profile: Profile) -> Iterator[tuple[str, dict[str, object]]]:
    """The codes of the lines, each with values of its own."""
    yield "profile-title", {}
    yield "profile-life", {"days": profile.days}
    if profile.renewals is not None:
        yield "profile-renewals", {"renewals": profile.renewals}
    if profile.private_key_days is not None:
        yield "profile-private-key", {"days": profile.private_key_days}
    yield _ORIGINS[profile.key_origin], {}
    yield "profile-usage", {}
    if profile.extended_key_usage:
        yield "profile-purposes", {}
    if profile.path_length is not None:
        yield "profile-authorities-below", {"count": profile.path_length}
    if permitted := (*profile.permitted_emails, *profile.permitted_dns_names):
        yield "profile-permitted", {"permitted": ", ".join(dict.fromkeys(permitted))}
    yield "profile-subject", {}
    if profile.subject.optional:
        yield "profile-subject-optional", {}
    yield from _alternatives(profile)
    if profile.policies:
        yield "profile-policies", {}
    yield ("profile-no-check" if profile.no_check else "profile-reasons"), {}


def _alternatives(profile: Profile) -> Iterator[tuple[str, dict[str, object]]]:
    if profile.mailbox is not None:
        yield "profile-mailbox", {"mailbox": profile.mailbox}
    elif profile.emails is not Presence.FORBIDDEN:
        yield _EMAILS[profile.emails], {}
    if profile.dns_names is not Presence.FORBIDDEN:
        yield _HOSTS[profile.dns_names], {}

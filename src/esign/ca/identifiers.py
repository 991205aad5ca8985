"""Identifiers that a certificate states: of a person, of an organisation, a mailbox, a host.

Only the form is judged: whether the number belongs to the person is the registrar's duty.

>>> is_person_identifier("PNOUZ-31201901234567"), is_mailbox("devon@agency.uz"), is_host("mx.agency.uz")
(False, True, True)
"""

import re
from typing import Final

from esign.national.identifiers import is_pinfl, is_stir

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ORGANIZATION: Final = re.compile(r"(?:NTR|VAT|PSD|LEI)[A-Z]{2}-\S{1,50}|GOV[A-Z]{2}(?:-\S{1,50})?")
_NATIONAL_ORGANIZATION: Final = re.compile(r"NTRUZ-(.*)")
_PERSON: Final = re.compile(r"(?:PAS|IDC|PNO|TAX|TIN)[A-Z]{2}-\S{1,50}")
_NATIONAL_PERSON: Final = re.compile(r"PNOUZ-(.*)")


def is_organization_identifier(value: str) -> bool:
    """Whether `value` is an organisation's identifier by EN 319 412-1 cl. 5.1.4; behind `NTRUZ-` stands a
    STIR.
    """
    national = _NATIONAL_ORGANIZATION.fullmatch(value)
    return bool(_ORGANIZATION.fullmatch(value)) and (national is None or is_stir(national[1]))


def is_person_identifier(value: str) -> bool:
    """Whether `value` is a person's identifier by EN 319 412-1 cl. 5.1.3; behind `PNOUZ-` stands a PINFL."""
    national = _NATIONAL_PERSON.fullmatch(value)
    return bool(_PERSON.fullmatch(value)) and (national is None or is_pinfl(national[1]))


def is_mailbox(value: str) -> bool:
    """Whether `value` is a mailbox with a dot-atom and a host name of two labels or more, in ASCII or UTF-8
    local part.

    Quoted local parts and address literals are legal mail and are not certified.
    """
    local, at, domain = value.rpartition("@")
    return (
        bool(at)
        and len(local.encode()) <= 64
        and bool(_LOCAL_PART.fullmatch(local))
        and ("." in domain and is_host(domain))
    )


def is_host(value: str) -> bool:
    """Whether `value` is a host name of letters, digits and hyphens; no wildcard, no trailing dot, no
    address.
    """
    return len(value) <= 253 and bool(_HOST.fullmatch(value)) and not value.rpartition(".")[2].isdigit()


def names_the_person(common_name: str, *names: str) -> bool:
    """Whether `common_name` has each word of `names`, in any order and case: it is a person's, not an
    office's.

    >>> names_the_person("Vali ALIYEV o'g'li", "Aliyev", "Vali"), names_the_person("Director", "Aliyev")
    (True, False)
    """
    return {word for name in names for word in name.casefold().split()} <= set(common_name.casefold().split())

"""Revocation lists: places of errors, centuries, and which lines are read all at once."""

import base64
from dataclasses import fields

import pytest

from esign import der, extensions
from esign.crl import CertificateList
from esign.errors import MalformedInput
from esign.names import Name
from tests.esign.test_crl import DATE, FORMS, INVALIDITY, extension, line, listing, names_issuer, reason
from tests.esign.test_crl import OTHER as OTHER_ISSUER
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY


def test_what_is_shown_of_a_list_is_short() -> None:
    shown = [f.name for f in fields(CertificateList) if f.repr]
    assert shown == ["version", "issuer", "this_update", "next_update"]


@pytest.mark.parametrize(
    ("digits", "year"), [(b"49", 2049), (b"50", 1950), (b"99", 1999), (b"00", 2000), (b"51", 1951)]
)
def test_a_year_of_two_digits_is_of_1950_to_2049(digits: bytes, year: int) -> None:
    """RFC 5280 §4.1.2.5.1."""
    date = der.tlv(der.UTC_TIME, digits + b"0102030405Z")
    entry = listing(line(5, date=date)).find(5)
    assert entry is not None
    assert entry.revoked_at == AT.replace(year=year, month=1, day=2, hour=3, minute=4, second=5)
    assert tuple(listing(line(5, date=date)).entries) == (entry,)


COMMON = ("bare", "reason", "invalidity date", "reason, then invalidity date", "invalidity date, then reason")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("serial", [0, 1, -1, 128, (1 << 63) + 1, (1 << 159) + 5, (1 << 167) - 1])
def test_lines_of_a_common_form_are_read_all_at_once(form: str, serial: int) -> None:
    lines = listing(FORMS[form](serial))._lines
    assert len(lines.uncommon) == (0 if form in COMMON else 1)
    assert len(lines.offsets) == 1


@pytest.mark.parametrize("number", [*range(7), *range(8, 11)])
def test_every_reason_is_of_the_common_form(number: int) -> None:
    found = listing(line(1, reason(number)))
    entry = found.find(1)
    assert entry is not None
    assert entry.reason == extensions.REASONS[number]
    assert not found._lines.uncommon


@pytest.mark.parametrize(
    "moment",
    [
        b"260101000000Z",
        b"260131235959Z",
        b"261231195959Z",
        b"260919093000Z",
        b"261009203059Z",
    ],
)
def test_every_date_is_of_the_common_form(moment: bytes) -> None:
    assert not listing(line(1, date=der.tlv(der.UTC_TIME, moment)))._lines.uncommon


def unsigned(*fields: bytes, tail: bytes = b"") -> bytes:
    algorithm = world.root().crl().signature_algorithm.encode()
    tbs = der.sequence(der.integer(1), algorithm, *fields)
    return der.sequence(tbs, algorithm, der.bit_string(bytes(64)), tail)


NAME = world.root().certificate.subject.raw


@pytest.mark.parametrize(
    ("octets", "where"),
    [
        (unsigned(), "tbsCertList"),
        (unsigned(der.integer(1)), "issuer"),
        (unsigned(NAME), "tbsCertList"),
        (unsigned(NAME, DATE, DATE, der.null()), "tbsCertList"),
        (unsigned(NAME, DATE, der.explicit(1, der.null())), "tbsCertList"),
    ],
    ids=range(5),
)
def test_the_place_of_what_is_wrong_is_told(octets: bytes, where: str) -> None:
    with pytest.raises(MalformedInput) as e:
        CertificateList.load(octets)
    assert (e.value.code, e.value.where) == ("crl-malformed", where)


@pytest.mark.parametrize(
    ("version", "more"), [(der.integer(2), b""), (der.integer(0), b""), (b"", b"extensions")]
)
def test_the_place_of_a_wrong_version_is_told(version: bytes, more: bytes) -> None:
    algorithm = world.root().crl().signature_algorithm.encode()
    number = der.sequence(extension(extensions.CRL_NUMBER, der.integer(1)))
    tbs = der.sequence(version, algorithm, NAME, DATE, DATE, der.explicit(0, number) if more else b"")
    with pytest.raises(MalformedInput) as e:
        CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(bytes(64))))
    assert e.value.where == "version"


@pytest.mark.parametrize("label", ["X509 CRL", "CRL"])
def test_both_labels_of_pem_are_read(label: str) -> None:
    made = listing(line(1))
    body = base64.encodebytes(made.raw).decode()
    text = f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"
    assert CertificateList.load(text.encode()) == made


def test_the_place_of_a_day_that_does_not_exist_is_that_of_the_date() -> None:
    found = listing(line(2, date=der.tlv(der.UTC_TIME, b"260230000000Z")))
    with pytest.raises(MalformedInput) as e:
        found.find(2)
    assert e.value.where == f"octet {found.raw.index(b'260230000000Z') - 2}"


def test_the_place_of_a_line_beyond_the_list_is_told() -> None:
    cut = b"\x30\x7f" + line(5)[2:]
    found = listing(line(1), cut)
    assert found.revoked is not None
    with pytest.raises(MalformedInput) as e:
        found.find(1)
    assert e.value.code == "crl-malformed"
    assert e.value.where == f"octet {found.revoked.body + len(line(1))}"


@pytest.mark.parametrize("count", [8, 9])
def test_a_line_belongs_to_at_most_eight_issuers(count: int) -> None:
    names = [Name.of((("2.5.4.3", str(n)),)) for n in range(count)]
    found = listing(line(1, names_issuer(*names)))
    if count == 8:
        assert all(found.find(1, name) for name in names)
        return
    with pytest.raises(MalformedInput) as e:
        found.find(1, names[0])
    assert e.value.where == "certificateIssuer"


def test_a_line_that_is_not_critical_names_its_issuer_all_the_same() -> None:
    value = der.sequence(der.explicit(4, OTHER_ISSUER.raw))
    found = listing(line(1, extension(extensions.CERTIFICATE_ISSUER, value)))
    assert found.critical_entry_extensions == {extensions.CERTIFICATE_ISSUER}
    assert found.find(1, OTHER_ISSUER) is not None


def test_an_extension_of_a_line_is_critical_only_when_it_says_so() -> None:
    found = listing(line(1, extension("1.2.3", b"\x05\x00"), extension("1.2.4", b"\x05\x00", critical=True)))
    assert found.critical_entry_extensions == {"1.2.4"}


def test_extensions_of_a_line_of_the_common_form_are_given() -> None:
    entry = listing(line(1, reason(1), INVALIDITY)).find(1)
    assert entry is not None
    assert [e.oid for e in entry.extensions] == [extensions.REASON_CODE, extensions.INVALIDITY_DATE]


def test_a_list_without_lines_has_none() -> None:
    empty = world.root().crl(this_update=AT - DAY)
    assert (tuple(empty.entries), empty.find(1), empty.critical_entry_extensions) == ((), None, frozenset())


def test_a_serial_number_that_stands_too_often_is_told_with_its_place() -> None:
    found = listing(*[line(1)] * 10)
    assert found.revoked is not None
    with pytest.raises(MalformedInput) as e:
        found.find(1)
    assert e.value.where == f"octet {found.revoked.body + 8 * len(line(1))}"


def test_the_place_of_a_wrong_extension_of_a_line_is_told() -> None:
    found = listing(line(1, der.sequence(der.oid("1.2.3"))))
    with pytest.raises(MalformedInput) as e:
        found.find(1)
    assert e.value.where == "crlEntryExtensions"
    with pytest.raises(MalformedInput) as e:
        tuple(found.entries)
    assert (e.value.code, e.value.where) == ("crl-malformed", "crlEntryExtensions")


def test_the_place_of_a_field_too_many_in_a_line_is_told() -> None:
    found = listing(der.sequence(der.integer(1), DATE, der.null()))
    with pytest.raises(MalformedInput) as e:
        found.find(1)
    assert e.value.where == "revokedCertificates"


def test_a_list_that_names_its_version_is_of_version_2() -> None:
    algorithm = world.root().crl().signature_algorithm.encode()
    for named, version in ((der.integer(1), 2), (b"", 1)):
        tbs = der.sequence(named, algorithm, NAME, DATE)
        found = CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(bytes(64))))
        assert found.version == version
        assert found.next_update is None

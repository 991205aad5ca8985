"""Lines of revocation lists: each common form and each other one is found, and one bad line spoils all."""

import base64
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import der, extensions
from esign.crl import MAX_UNCOMMON_LINES, CertificateList, RevokedEntry
from esign.errors import EsignError, MalformedInput
from esign.names import Name
from tests.esign.validation import world
from tests.esign.validation.world import AT, DAY

REVOKED = AT - DAY
DATE = der.time(REVOKED)
OTHER, THIRD = (Name.of((("2.5.4.6", "UZ"), ("2.5.4.3", common))) for common in ("Other", "Third"))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octet_string(value))


def reason(number: int, *, critical: bool = False) -> bytes:
    return extension(extensions.REASON_CODE, der.tlv(der.ENUMERATED, bytes([number])), critical=critical)


INVALIDITY = extension(extensions.INVALIDITY_DATE, der.generalized_time(AT))
HOLD = extension(extensions.HOLD_INSTRUCTION, der.oid("1.2.840.10040.2.1"))


def names_issuer(*names: Name) -> bytes:
    value = der.sequence(*(der.explicit(4, name.raw) for name in names))
    return extension(extensions.CERTIFICATE_ISSUER, value, critical=True)


def line(serial: int, *extra: bytes, date: bytes = DATE) -> bytes:
    found = der.sequence(*extra) if extra else b""
    return der.sequence(der.integer(serial), date, found)


def listing(*lines: bytes) -> CertificateList:
    """A list with these lines; its signature is not good."""
    plain = world.root().crl()
    algorithm = plain.signature_algorithm.encode()
    tbs = der.sequence(
        der.integer(1), algorithm, plain.issuer.raw, DATE, der.time(AT + DAY), der.sequence(*lines)
    )
    return CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(bytes(64))))


FORMS: dict[str, Callable[[int], bytes]] = {
    "bare": lambda n: line(n),
    "reason": lambda n: line(n, reason(1)),
    "invalidity date": lambda n: line(n, INVALIDITY),
    "reason, then invalidity date": lambda n: line(n, reason(1), INVALIDITY),
    "invalidity date, then reason": lambda n: line(n, INVALIDITY, reason(1)),
    "critical reason": lambda n: line(n, reason(1, critical=True)),
    "hold instruction": lambda n: line(n, HOLD),
    "GeneralizedTime": lambda n: line(n, date=der.generalized_time(REVOKED)),
    "long length": lambda n: line(n, extension("1.2.3", bytes(200))),
}
SERIALS = (0, 1, 127, 128, -1, -129, 1 << 63, (1 << 159) + 5, (1 << 167) - 1, 1 << 168, (1 << 511) - 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("serial", SERIALS)
def test_a_line_of_each_form_is_found_among_others(form: str, serial: int) -> None:
    found = listing(line(5), FORMS[form](serial), line(6, reason(4)))
    entry = found.find(serial)
    assert entry is not None
    assert (entry.serial_number, entry.revoked_at) == (serial, REVOKED)
    assert entry.reason == ("keyCompromise" if "reason" in form else None)
    assert entry in tuple(found.entries)
    assert [found.find(n) is not None for n in (5, 6, 7)] == [True, True, False]


def test_a_serial_number_longer_than_any_is_not_found() -> None:
    assert listing(line(5)).find(1 << 4000) is None


def test_dates_before_the_year_2000_are_of_the_last_century() -> None:
    entry = listing(line(5, date=der.tlv(der.UTC_TIME, b"991231235959Z"))).find(5)
    assert entry is not None and entry.revoked_at.year == 1999


def test_lines_belong_to_the_issuer_that_was_named_last() -> None:
    found = listing(line(1), line(2, names_issuer(OTHER)), line(3), line(4, names_issuer(THIRD)), line(5))
    own = found.issuer
    expected = {1: own, 2: OTHER, 3: OTHER, 4: THIRD, 5: THIRD}
    for serial, issuer in expected.items():
        for asked in (own, OTHER, THIRD):
            assert (found.find(serial, asked) is not None) is (asked == issuer), (serial, asked)
    assert found.find(1, Name.of((("2.5.4.3", "Fourth"),))) is None
    assert found.find(1) is not None and found.find(3) is None
    assert found.critical_entry_extensions == {extensions.CERTIFICATE_ISSUER}


def test_lines_may_return_to_the_issuer_of_the_list() -> None:
    root = world.root().certificate.subject
    found = listing(line(1, names_issuer(OTHER)), line(2, names_issuer(root)), line(3))
    assert [found.find(n) is not None for n in (1, 2, 3)] == [False, True, True]


def test_lines_of_several_names_belong_to_each() -> None:
    found = listing(line(1, names_issuer(OTHER, THIRD)), line(2))
    assert all(found.find(n, name) for n in (1, 2) for name in (OTHER, THIRD))
    assert found.find(1) is None


def test_one_serial_number_of_two_issuers_is_two_lines() -> None:
    found = listing(line(1, reason(4)), line(1, names_issuer(OTHER), reason(1)))
    own, other = found.find(1), found.find(1, OTHER)
    assert own is not None and other is not None
    assert (own.reason, other.reason) == ("superseded", "keyCompromise")


@pytest.mark.parametrize(
    "lines",
    [
        (line(1, reason(6)), line(1, reason(1))),
        (line(1, reason(1)), line(1, reason(6))),
        (line(1, reason(1)), line(2), line(1, reason(8))),
        (line(1, reason(8)), line(1, HOLD, reason(1))),
        (line(1, HOLD, reason(1)), line(1, reason(8))),
        (line(1, HOLD, reason(8)), line(1, HOLD, reason(1))),
    ],
)
def test_of_two_lines_the_gravest_counts(lines: tuple[bytes, ...]) -> None:
    entry = listing(*lines).find(1)
    assert entry is not None and entry.reason == "keyCompromise"


BAD = {
    "no sequence": b"\x31\x03\x02\x01\x05",
    "no date": der.sequence(der.integer(5)),
    "needless octets": der.sequence(b"\x02\x02\x00\x05", DATE),
    "an empty integer": der.sequence(b"\x02\x00", DATE),
    "a longer serial number": line(1 << 600),
    "no such month": line(5, date=der.tlv(der.UTC_TIME, b"261301000000Z")),
    "no seconds": line(5, date=der.tlv(der.UTC_TIME, b"2611010000Z")),
    "no such reason": line(5, reason(7)),
    "a reason of another kind": line(5, extension(extensions.REASON_CODE, der.integer(1) + b"\0")),
    "two reasons": line(5, reason(1), reason(1)),
    "no names": line(5, extension(extensions.CERTIFICATE_ISSUER, der.sequence())),
    "no distinguished name": line(
        5, extension(extensions.CERTIFICATE_ISSUER, der.sequence(b"\x82\x01a"), critical=True)
    ),
    "too many names": line(5, names_issuer(*(Name.of((("2.5.4.3", str(n)),)) for n in range(9)))),
    "a field too many": der.sequence(der.integer(5), DATE, der.sequence(reason(1)), der.null()),
    "a length of another": b"\x30\x14" + line(5)[2:] + b"\x05",
    "a length beyond": b"\x30\x7f" + line(5)[2:],
    "extensions of another length": der.sequence(der.integer(5), DATE, b"\x30\x0d" + reason(1)),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("where", [0, 1, 2])
def test_one_line_that_cannot_be_read_spoils_all(bad: str, where: int) -> None:
    lines = [line(1), line(2, reason(1))]
    lines.insert(where, BAD[bad])
    found = listing(*lines)
    for _ in range(2):
        for ask in (lambda: found.find(1), lambda: found.critical_entry_extensions):
            with pytest.raises(MalformedInput) as e:
                ask()
            assert e.value.code == "crl-malformed"


def test_a_day_that_does_not_exist_is_met_where_it_stands() -> None:
    found = listing(line(1), line(2, date=der.tlv(der.UTC_TIME, b"260230000000Z")))
    assert found.find(1) is not None
    with pytest.raises(MalformedInput) as e:
        found.find(2)
    assert e.value.code == "crl-malformed"


def test_a_serial_number_may_not_stand_too_often() -> None:
    assert listing(*[line(1)] * 9).find(1) is not None
    with pytest.raises(MalformedInput):
        listing(*[line(1)] * 10).find(1)


@pytest.mark.slow
def test_more_uncommon_lines_than_the_limit_are_refused_once_and_for_all() -> None:
    found = listing(*[line(n, HOLD) for n in range(MAX_UNCOMMON_LINES + 1)])
    # A thousand questions would take hours if each read the lines anew.
    for _ in range(1000):
        with pytest.raises(MalformedInput):
            found.find(1)


@given(st.lists(st.tuples(st.integers(-(1 << 80), 1 << 180), st.sampled_from(sorted(FORMS))), max_size=30))
def test_every_line_is_found_as_it_is_read_in_order(lines: list[tuple[int, str]]) -> None:
    found = listing(*[FORMS[form](serial) for serial, form in lines])
    in_order: dict[int, list[RevokedEntry]] = {}
    for entry in found.entries:
        in_order.setdefault(entry.serial_number, []).append(entry)
    assert [serial for serial, _ in lines] == [e.serial_number for e in found.entries]
    for serial, entries in in_order.items():
        if len(entries) <= 9:
            assert found.find(serial) in entries


def spoiled() -> Iterable[bytes]:
    whole = listing(
        *[FORMS[form](n) for n, form in enumerate(FORMS)], line(99, names_issuer(OTHER)), line(100)
    )
    lines = whole.revoked
    assert lines is not None
    for offset in range(lines.body, lines.stop):
        for bit in (0x01, 0x80):
            octets = bytearray(whole.raw)
            octets[offset] ^= bit
            yield bytes(octets)


def test_only_our_errors_leave_and_no_index_differs_from_the_lines() -> None:
    for octets in spoiled():
        try:
            found = CertificateList.load(octets)
            found.find(0)
            entries = tuple(found.entries)
        except EsignError:
            continue
        asked = found.find(entries[0].serial_number)
        assert asked is None or asked.serial_number == entries[0].serial_number


def test_what_a_list_of_changes_says_about_itself() -> None:
    delta = world.root().crl(extensions=[(world.foreign.DeltaCRLIndicator(7), True)])
    assert (delta.is_delta, delta.base_number) == (True, 7)
    assert delta.critical_extensions == {extensions.DELTA_CRL_INDICATOR}
    plain = world.root().crl()
    assert (plain.is_delta, plain.base_number, plain.freshest_urls, plain.issuer_urls) == (
        False,
        None,
        (),
        (),
    )
    assert len(plain.fingerprint) == 32 and plain.fingerprint != delta.fingerprint


def test_several_lists_of_one_file_are_read_in_order() -> None:
    made = [listing(line(n)) for n in range(2)]
    armoured = b"".join(
        b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(crl.raw) + b"-----END X509 CRL-----\n"
        for crl in made
    )
    assert CertificateList.load_all(armoured) == tuple(made)
    assert CertificateList.load_all(made[0].raw) == (made[0],)
    assert made[0] != made[1] and len({*made, *made}) == 2


@pytest.mark.parametrize(
    ("version", "extended"), [(der.integer(2), False), (der.integer(0), False), (b"", True)]
)
def test_a_list_of_another_version_is_refused(version: bytes, extended: bool) -> None:
    plain = world.root().crl()
    algorithm = plain.signature_algorithm.encode()
    number = der.sequence(extension(extensions.CRL_NUMBER, der.integer(1)))
    tbs = der.sequence(
        version, algorithm, plain.issuer.raw, DATE, DATE, der.explicit(0, number) if extended else b""
    )
    with pytest.raises(MalformedInput) as e:
        CertificateList.load(der.sequence(tbs, algorithm, der.bit_string(bytes(64))))
    assert e.value.code == "crl-malformed"


def test_the_two_names_of_the_algorithm_must_agree() -> None:
    plain = world.root().crl()
    other = der.sequence(der.oid("1.2.840.10045.4.3.3"))
    tbs = der.sequence(der.integer(1), other, plain.issuer.raw, DATE)
    with pytest.raises(MalformedInput) as e:
        CertificateList.load(der.sequence(tbs, plain.signature_algorithm.encode(), der.bit_string(bytes(64))))
    assert e.value.code == "crl-malformed"

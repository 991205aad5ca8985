"""Whom a national certificate names, for what, and what is told about its ways."""

import pytest

from esign import der
from esign.algorithms import OZDST_1092_OID
from esign.gost import CRYPTOPRO_A, CRYPTOPRO_C, PublicKey
from esign.names import COMMON_NAME, PINFL, STIR, USER_ID
from esign.national import profile
from esign.national.profile import Holder, PolicyPurpose
from tests.esign.national import world
from tests.esign.national.world import USER, issue
from tests.esign.validation.world import AT
from tests.esign.validation.world import person as ordinary


def codes(*subject: tuple[str, str], **options: object) -> list[str]:
    made = issue(subject or USER, 33, at=AT, **options)  # type: ignore[arg-type]
    return [finding.code for finding in profile.findings(made.certificate)]


def test_a_holder_is_read_from_the_subject() -> None:
    holder = Holder.of(issue(USER, 33, at=AT).certificate)
    assert holder == Holder(
        common_name="ALIYEV ALI",
        surname="ALIYEV",
        given_name="ALI",
        organization="NAMUNA",
        title="direktor",
        locality="Toshkent",
        state="Toshkent shahri",
        country="UZ",
        stir="301234567",
        uid="512345678",
        pinfl=world.PINFL,
    )
    assert holder.is_organization
    assert not Holder.of(issue([(COMMON_NAME, "ALIYEV ALI")], 33, at=AT).certificate).is_organization


def test_numbers_of_a_person_are_masked_unless_asked_for() -> None:
    holder = Holder.of(issue(USER, 33, at=AT).certificate)
    assert holder.to_dict()["pinfl"] == "**********4563"
    assert holder.to_dict()["uid"] == "*****5678"
    assert holder.to_dict()["stir"] == "301234567"
    assert holder.to_dict(unmasked=True)["pinfl"] == world.PINFL
    assert world.PINFL not in repr(holder)
    assert "512345678" not in repr(holder)


def test_policies_stand_for_purposes() -> None:
    policies = ("1.2.860.3.2.2.1.2.3", "1.2.3", "1.3.6.1.4.1.46709.1.2.1", "1.2.860.3.2.11.1")
    certificate = issue(USER, 33, at=AT, policies=policies).certificate
    assert profile.purposes(certificate) == (
        PolicyPurpose("1.2.860.3.2.2.1.2.3", "payments"),
        PolicyPurpose("1.3.6.1.4.1.46709.1.2.1", "electronic-reporting", test=True),
        PolicyPurpose("1.2.860.3.2.11.1", "time-stamping"),
    )
    assert profile.purposes(issue(USER, 33, at=AT).certificate) == ()


def test_a_right_certificate_has_no_finding() -> None:
    assert not codes()
    assert not codes(ca=True)
    assert not codes(family="286", number=2)
    assert not profile.findings(ordinary().certificate)


@pytest.mark.parametrize(
    ("number", "curve", "told"),
    [
        (1, CRYPTOPRO_A, False),
        (5, CRYPTOPRO_A, False),
        (3, CRYPTOPRO_C, False),
        (2, CRYPTOPRO_C, True),
        (3, CRYPTOPRO_A, True),
        (9, CRYPTOPRO_A, False),
    ],
)
def test_a_parameter_set_that_names_another_curve_is_told(number: int, curve: object, told: bool) -> None:
    made = issue(USER, 33, at=AT, number=number, curve=curve).certificate  # type: ignore[arg-type]
    assert made.public_key.curve is curve
    found = profile.findings(made)
    assert [f.code for f in found] == (["national-parameter-set"] if told else [])
    if told:
        assert dict(found[0].values) == {"oid": f"1.2.860.3.15.1.1.2.1.{number}", "curve": curve.name}
    assert profile.parameter_set(made) == f"1.2.860.3.15.1.1.2.1.{number}"
    assert world.PINFL not in str([f.to_dict() for f in found])


@pytest.mark.parametrize(
    ("oid", "value"), [(STIR, "30123456"), (USER_ID, "51234567x"), (PINFL, "31201901234567")]
)
def test_a_number_of_a_wrong_form_is_told(oid: str, value: str) -> None:
    made = issue([(COMMON_NAME, "x"), (oid, value)], 33, at=AT).certificate
    (found,) = profile.findings(made)
    assert found.code == "national-number"
    assert value not in str(found.to_dict()["values"])


def test_an_authority_that_leaves_the_standards_ways_is_told() -> None:
    assert codes(ca=True, identifiers=False) == ["national-authority-identifier"]
    assert codes(ca=True, usages=("keyCertSign", "nonRepudiation")) == ["national-authority-lists"]
    assert not codes(identifiers=False)


@pytest.mark.parametrize(
    "parameters", [b"", der.null(), der.sequence(), der.sequence(der.null()), der.integer(1)]
)
def test_a_key_may_name_no_parameter_set(parameters: bytes) -> None:
    point = world.key_info(issue(USER, 33, at=AT).certificate.public_key, number=None)
    bits = list(der.decode(point).children())[1].raw
    info = der.sequence(der.sequence(der.oid(OZDST_1092_OID), parameters), bits)
    made = issue(USER, 33, at=AT, info=info).certificate
    assert made.public_key.curve is CRYPTOPRO_A
    assert profile.parameter_set(made) is None
    assert not profile.findings(made)


def test_a_broken_key_is_not_a_finding_of_this_room() -> None:
    made = issue(USER, 33, at=AT, info=world.key_info(PublicKey(CRYPTOPRO_A, 1, 2))).certificate
    assert profile.parameter_set(made) == f"{OZDST_1092_OID}.1"
    assert not profile.findings(made)

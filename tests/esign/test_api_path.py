"""The front door's `validate_path` passes on what it is asked, and tells what it could not read."""

from typing import Any

import pytest
from cryptography import x509 as foreign

from esign import Indication, PathReport, der, validate_path
from tests.esign.validation import world
from tests.esign.validation.world import AT, Node

ANY, P1, P2 = "2.5.29.32.0", "1.2.1", "1.2.2"


def _policies(*oids: str) -> Any:
    information = [foreign.PolicyInformation(foreign.ObjectIdentifier(oid), None) for oid in oids]
    return (foreign.CertificatePolicies(information), False)


def _mapped(issuer: str, subject: str) -> Any:
    value = der.sequence(der.sequence(der.oid(issuer), der.oid(subject)))
    return (foreign.UnrecognizedExtension(foreign.ObjectIdentifier("2.5.29.33"), value), True)


def judge(authority: Node, target: Node, **options: Any) -> PathReport:
    return validate_path(
        target.certificate,
        pool=[authority.certificate],
        trust=world.root().trust,
        at=AT,
        revocation="unsafe-off",
        **options,
    )


@pytest.mark.parametrize(
    ("above", "below", "options", "policies"),
    [
        ([_policies(P1)], [_policies(P1)], {}, [P1]),
        ([_policies(P1)], [_policies(P1)], {"require_explicit_policy": True}, [P1]),
        ([], [], {}, []),
        ([], [], {"require_explicit_policy": True}, None),
        ([_policies(P1)], [_policies(P1)], {"policies": [P2]}, []),
        ([_policies(P1)], [_policies(P1)], {"policies": [P2], "require_explicit_policy": True}, None),
        ([_policies(ANY)], [_policies(P1)], {"require_explicit_policy": True}, [P1]),
        (
            [_policies(ANY)],
            [_policies(P1)],
            {"require_explicit_policy": True, "inhibit_any_policy": True},
            None,
        ),
        ([_policies(P1), _mapped(P1, P2)], [_policies(P2)], {"require_explicit_policy": True}, [P1]),
        (
            [_policies(P1), _mapped(P1, P2)],
            [_policies(P2)],
            {"require_explicit_policy": True, "inhibit_policy_mapping": True},
            None,
        ),
    ],
)
def test_each_policy_input_reaches_the_path(
    above: list[Any], below: list[Any], options: dict[str, Any], policies: list[str] | None
) -> None:
    authority = world.root().issue("CA", ca=True, extensions=above)
    report = judge(authority, authority.issue("x", extensions=below), **options)
    assert report.indication is (Indication.FAILED if policies is None else Indication.PASSED)
    assert list(report.policies) == (policies or [])
    assert report.to_dict()["policies"] == (policies or [])


def test_a_list_that_cannot_be_read_is_told() -> None:
    report = judge(world.intermediate(), world.person(), crls=[b"no list"])
    assert "material-unreadable" in {f.code for f in report.findings}


def test_an_unknown_mode_of_revocation_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="never"):
        validate_path(world.person().certificate, trust=world.root().trust, revocation="never")
